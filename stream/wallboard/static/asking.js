// Asking the API, and its words where it refuses.

import { texts } from "./texts.js";

/** Return what the API answers; an Error with its words where it refuses. */
export async function ask(url) {
  const answer = await fetch(url);
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(answer.status === 401 ? texts.refused : (said.detail ?? texts.drill.failed(answer.status)));
  }
  return said;
}
