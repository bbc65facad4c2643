// Looking back: what the board said at an instant of the past day, what is known of it now, and what came between.

import { ask } from "./asking.js";
import { h, say } from "./dom.js";
import { moment } from "./format.js";
import { keepTheme } from "./theme.js";
import { makeComparison } from "./comparison.js";
import { placed, queryOf } from "./places.js";
import { texts } from "./texts.js";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const STEP_MS = 300_000;
const SETTLED_MS = 300; // a slider that is dragged asks when it rests
const query = new URLSearchParams(location.search);

keepTheme(query.get("theme"));
start();

async function start() {
  const notice = h("p", { class: "notice", role: "status" }, texts.drill.asking);
  const main = h("main", { class: "drill" }, h("h1", {}, texts.then.title), notice);
  document.body.replaceChildren(
    h("header", { class: "head" }, h("p", { class: "name" }, h("a", { href: "/" }, texts.product))),
    main,
  );
  try {
    const [laidOut, waiting] = await Promise.all([ask("/api/v1/boards"), ask("/api/v1/values?metric=support_tenant_waiting")]);
    if (waiting.as_of === null) {
      throw new Error(waiting.trouble ?? texts.nothingYet);
    }
    const tenant = query.get("tenant") ?? waiting.values.map((each) => each.labels.tenant).sort()[0];
    main.replaceChildren(h("h1", {}, texts.then.title), page(numbersOf(laidOut.boards, tenant), Date.parse(waiting.as_of)));
  } catch (error) {
    notice.textContent = error.message;
  }
}

/** Return the numbers with a window that the boards show, each once. */
function numbersOf(boards, tenant) {
  const found = new Map();
  for (const board of boards) {
    for (const tile of board.tiles.filter((each) => each.value.metric.startsWith("rolling_"))) {
      const asked = queryOf(tile.value, placed(tile, tenant), tile.window);
      found.set(asked.toString(), { tile, query: asked });
    }
  }
  return [...found.values()];
}

function page(numbers, latestMs) {
  const lastMs = latestMs - (latestMs % STEP_MS);
  const asked = Date.parse(query.get("as_of") ?? "");
  const chosen = Math.min(lastMs, Math.max(lastMs - DAY_MS, Number.isNaN(asked) ? lastMs - HOUR_MS : asked));
  const slider = h("input", { type: "range", id: "instant", min: lastMs - DAY_MS, max: lastMs, step: STEP_MS, value: chosen });
  const when = h("output", { for: "instant" });
  const comparison = makeComparison(numbers);
  let rests = null;

  function chose() {
    const at = new Date(Number(slider.value));
    say(when, moment(at.getTime()));
    slider.setAttribute("aria-valuetext", when.textContent);
    clearTimeout(rests);
    rests = setTimeout(() => {
      const here = new URLSearchParams(query);
      here.set("as_of", at.toISOString());
      history.replaceState(null, "", `?${here}`);
      comparison.show(at.toISOString());
    }, SETTLED_MS);
  }

  slider.addEventListener("input", chose);
  chose();
  return h(
    "div",
    { class: "panel" },
    h("div", { class: "controls instant" }, h("label", { for: "instant" }, texts.then.instant), slider, when),
    comparison.box,
  );
}
