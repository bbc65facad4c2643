// The table of queues: those that need somebody first.

import { h, hold, mark, say } from "./dom.js";
import { duration, shown } from "./format.js";
import { queryOf, valueOf } from "./places.js";
import { texts } from "./texts.js";

const RANK = { act: 0, watch: 1, good: 2, unknown: 3 };
/** The columns that are numbers: unit, and the part they show. */
const COLUMNS = {
  waiting: ["count", { metric: "waiting" }],
  oldest: ["s", { metric: "oldest_wait_seconds" }],
  past_target: ["count", { metric: "waiting_past_target" }],
  service_level: ["ratio", { metric: "rolling_service_level_ratio", labels: { variant: "SL3" } }],
  abandonment: ["ratio", { metric: "rolling_abandonment_ratio" }],
  first_response: ["s", { metric: "rolling_first_response_seconds", labels: { q: "0.5" } }],
  csat: ["ratio", { metric: "rolling_csat_satisfied_ratio" }],
};
const ONE_SCREEN = matchMedia("(min-width: 900px) and (min-height: 500px)"); // as board.css has it
const RESPONSES = { metric: "rolling_csat_responses" };

/** Every part the table shows, for the subscription. */
export const PARTS = [...Object.values(COLUMNS).map(([, part]) => part), RESPONSES, { metric: "rolling_queued" }];

/** Return a panel with the table of the board's queues. */
export function makeTable({ board, tenant, door }) {
  const head = ["queue", "channel", ...Object.keys(COLUMNS), "state"];
  const body = h("tbody");
  const more = h("p", { class: "more" });
  const box = h(
    "section",
    { class: "panel queues", "aria-labelledby": "queues-title" },
    h("h2", { id: "queues-title" }, texts.queues),
    h(
      "div",
      { class: "rows", tabindex: "0", role: "region", "aria-labelledby": "queues-title" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col", class: name }, texts.columns[name])))),
        body,
      ),
    ),
    more,
  );
  const rows = new Map();
  let lastShown = [];

  function show({ values, why }) {
    const found = values
      .groups("support_queue_waiting")
      .filter((place) => place.tenant === tenant)
      .filter((place) => (!board.channel || place.channel === board.channel) && (!board.queue || place.queue === board.queue));
    const shownRows = found.map((place) => {
      const key = `${place.channel} ${place.queue}`;
      if (!rows.has(key)) {
        rows.set(key, makeRow(place, board.window, door));
      }
      return rows.get(key);
    });
    for (const row of shownRows) {
      row.show(values, why);
    }
    shownRows.sort(
      (one, other) =>
        RANK[one.state] - RANK[other.state] ||
        one.isIdle - other.isIdle ||
        (one.name < other.name ? -1 : one.name > other.name ? 1 : 0),
    );
    hold(body, shownRows.map((row) => row.box));
    lastShown = shownRows;
    if (shownRows.length) {
      fit(shownRows);
    } else {
      say(more, why ?? texts.noQueues);
    }
  }

  function fit(shownRows) {
    const list = box.querySelector(".rows");
    const isWall = document.documentElement.hasAttribute("data-kiosk");
    if (!ONE_SCREEN.matches || !isWall) {
      shownRows.forEach((row) => mark(row.box, "hidden", null));
      say(more, ONE_SCREEN.matches ? furtherOn(list, shownRows) : "");
      return;
    }
    fitWall(list, shownRows);
  }

  /** On a wall nobody scrolls: what does not fit is counted, and not there. */
  function fitWall(list, shownRows) {
    const roomFor = () => Math.floor((list.clientHeight - heightOf(box.querySelector("thead"))) / (heightOf(shownRows[0].box) || 1));
    say(more, "");
    let room = roomFor();
    if (shownRows.length > room) {
      // The line that counts them takes room as well.
      say(more, texts.moreQueues("1"));
      room = roomFor();
    }
    shownRows.forEach((row, place) => mark(row.box, "hidden", place < room ? null : ""));
    say(more, shownRows.length > room ? texts.moreQueues(shown("count", shownRows.length - room)) : "");
  }

  /** Return how many rows one has to scroll for; "" where all of them fit without the line that says so. */
  function furtherOn(list, shownRows) {
    if (list.scrollHeight <= list.clientHeight + more.offsetHeight) {
      return "";
    }
    const [seen, head] = [list.getBoundingClientRect(), heightOf(box.querySelector("thead"))];
    const isBelow = (row) => row.box.getBoundingClientRect().bottom > seen.bottom + 1;
    const isAbove = (row) => row.box.getBoundingClientRect().top < seen.top + head - 1;
    const below = shownRows.filter(isBelow).length;
    return below ? texts.below(shown("count", below)) : texts.above(shown("count", shownRows.filter(isAbove).length));
  }

  box.querySelector(".rows").addEventListener("scroll", () => lastShown.length && fit(lastShown), { passive: true });
  return { box, show };
}

function heightOf(part) {
  return part.getBoundingClientRect().height;
}

function makeRow(place, window, door) {
  const cells = Object.fromEntries(Object.entries(COLUMNS).map(([name, [, part]]) => [name, makeCell(name, door(queryOf(part, place, window)))]));
  const state = h("td", { class: "state" });
  const link = h("a", { href: door(queryOf({ metric: "waiting" }, place, null)) }, place.queue);
  const box = h(
    "tr",
    {},
    h("th", { scope: "row", class: "queue" }, link),
    h("td", { class: "channel" }, place.channel),
    ...Object.values(cells).map((cell) => cell.box),
    state,
  );
  const of = `${place.queue} · ${place.channel}`;
  const row = { box, name: `${place.queue} ${place.channel}`, state: "unknown", isIdle: 0, show };

  function show(values, why) {
    for (const [name, [unit, part]] of Object.entries(COLUMNS)) {
      let value = why ? undefined : valueOf(values, part, place, window);
      if (name === "oldest" && value !== undefined) {
        value += (values.nowish() - values.asOf) / 1000;
      }
      const n = name === "csat" && value !== undefined ? valueOf(values, RESPONSES, place, window) : undefined;
      const text = name === "oldest" && value !== undefined ? duration(value) : shown(unit, value);
      cells[name].show(n === undefined ? text : texts.ofN(text, shown("count", n)), { isKnown: value !== undefined, of });
    }
    row.isIdle = Number((valueOf(values, { metric: "rolling_queued" }, place, window) ?? 0) === 0);
    row.state = why ? "unknown" : moodOf(values, place);
    mark(box, "data-state", row.state);
    say(state, texts.queueStates[row.state]);
  }

  return row;
}

/** Return a cell whose number is a door to who makes it; where there is no number there is no door. */
function makeCell(name, address) {
  const link = h("a");

  function show(text, { isKnown, of }) {
    say(link, text);
    mark(link, "href", isKnown ? address : null);
    mark(link, "aria-label", isKnown ? texts.numberOf(texts.columns[name], of, text) : null);
  }

  return { box: h("td", { class: name }, link), show };
}

/** Return how a queue does: wrong when as many are past the target as come in a minute, and five at least. */
function moodOf(values, place) {
  const waiting = valueOf(values, { metric: "waiting" }, place, null);
  const past = valueOf(values, { metric: "waiting_past_target" }, place, null);
  if (waiting === undefined || past === undefined) {
    return "unknown";
  }
  const perMinute = (valueOf(values, { metric: "rolling_queued" }, place, "1h") ?? 0) / 60;
  if (past >= Math.max(5, perMinute)) {
    return "act";
  }
  return past > 0 || waiting >= Math.max(10, 3 * perMinute) ? "watch" : "good";
}
