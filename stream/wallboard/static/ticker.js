// The ticker: alerts that fire, the worst first. It stands still for whoever asked for less motion, and when pointed at.

import { h, hold, mark, say } from "./dom.js";
import { duration } from "./format.js";
import { texts } from "./texts.js";

const EVERY_MS = 10_000;
const TURN_MS = 8000;

/** Return the ticker, which asks by itself. */
export function makeTicker() {
  const word = h("span", { class: "ticker-word" }, texts.alerts.title);
  const list = h("ul", {});
  const box = h("footer", { class: "ticker", "aria-label": texts.alerts.title, "data-state": "unknown" }, word, list);
  let said = null;
  let first = 0;

  async function ask() {
    try {
      const answer = await fetch("/api/v1/alerts");
      said = answer.ok ? await answer.json() : { alerts: [], trouble: texts.alerts.unknown };
    } catch {
      // The board says that the connection is lost; what fires by now is not known either.
      said = { alerts: [], trouble: texts.alerts.unknown };
    }
    show();
    setTimeout(ask, EVERY_MS);
  }

  function show() {
    if (!said) {
      return;
    }
    const alerts = said.alerts;
    mark(box, "data-state", said.trouble ? "unknown" : alerts.length ? "act" : "good");
    say(word, said.trouble ? said.trouble : alerts.length ? texts.alerts.firing(alerts.length) : texts.alerts.none);
    const turned = alerts.map((_, place) => alerts[(first + place) % alerts.length]);
    hold(list, turned.map(line));
  }

  function line(alert) {
    const since = alert.since ? texts.alerts.since(duration((Date.now() - Date.parse(alert.since)) / 1000)) : "";
    return h("li", { "data-severity": alert.severity }, h("strong", {}, alert.name), ` ${alert.summary ?? ""} ${since}`);
  }

  setInterval(() => {
    if (said?.alerts.length > 1 && !box.matches(":hover, :focus-within")) {
      first = (first + 1) % said.alerts.length;
      show();
    }
  }, TURN_MS);
  ask();
  return { box };
}
