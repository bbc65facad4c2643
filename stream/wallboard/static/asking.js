// Asking the API, and its words where it refuses.

import { texts } from "./texts.js";

const PATIENCE_MS = 60_000;

/** Fetch; where the server says that it is busy and when to come back, come back then, for a minute. */
export async function fetchInTurn(url, options = {}) {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(url, options);
    const later = Number(answer.headers.get("retry-after")) * 1000;
    if (answer.status !== 503 || !later || performance.now() + later > until) {
      return answer;
    }
    await new Promise((done) => setTimeout(done, later));
  }
}

/** Return what the API answers; an Error with its words where it refuses, the parameter that is wrong, and its choices. */
export async function ask(url, options = {}) {
  const answer = await fetchInTurn(url, options);
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const words = answer.status === 401 ? texts.refused : (said.detail ?? texts.drill.failed(answer.status));
    throw Object.assign(new Error(words), { parameter: said.parameter, choices: said.choices });
  }
  return said;
}
