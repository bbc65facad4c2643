// The people who wait now, the oldest first, with their age by the second.

import { h, hold, say } from "./dom.js";
import { doorTo } from "./doors.js";
import { count, duration } from "./format.js";
import { labelsOf, levelOf, nameOf } from "./places.js";
import { texts } from "./texts.js";

const EVERY_MS = 10_000; // after the answer before: it may take its time
const MOST = 100; // more than any screen has room for

/** Return the panel of a board. It asks while it is shown; `hasTimelines` is whether ids lead on. */
export function makePeople({ board, tenant, hasTimelines }) {
  const body = h("tbody");
  const more = h("p", { class: "more" });
  const head = ["conversation", "queue", "age"].map((name) => h("th", { scope: "col", class: name }, texts.people[name]));
  const rows = h("div", { class: "rows", tabindex: "0", role: "region", "aria-labelledby": "people-title" });
  rows.append(h("table", {}, h("thead", {}, h("tr", {}, ...head)), body));
  const box = h(
    "section",
    { class: "panel people", "aria-labelledby": "people-title" },
    h("h2", { id: "people-title" }, texts.people.title),
    rows,
    more,
  );
  const place = { tenant, channel: board.channel, queue: board.queue };
  const made = new Map();
  let waiting = null; // until the first answer, and while there is none
  let number = 0;
  let refused = null;
  let askedAt = null;
  let isAsking = false;

  async function ask() {
    isAsking = true;
    const query = new URLSearchParams({ metric: nameOf("oldest_wait_seconds", levelOf(place)), ...labelsOf(place), limit: MOST });
    try {
      const answer = await fetch(`/api/v1/conversations?${query}`);
      const said = await answer.json();
      if (answer.ok) {
        waiting = said.members.map((each) => ({ ...each, sinceMs: Date.parse(each.at) }));
        waiting.sort((one, other) => one.sinceMs - other.sinceMs);
        [number, refused] = [said.n, null];
      } else {
        [waiting, refused] = [null, said.detail ?? texts.drill.failed(answer.status)];
      }
    } catch {
      [waiting, refused] = [null, null]; // the board says that the connection is lost
    }
    isAsking = false;
    askedAt = performance.now();
  }

  function show({ values, why }) {
    if (!why && tenant !== null && !isAsking && (askedAt === null || performance.now() - askedAt > EVERY_MS)) {
      ask();
    }
    const known = (!why && waiting) || [];
    const seen = known.slice(0, roomFor());
    for (const name of [...made.keys()].filter((key) => !seen.some((each) => each.conversation + each.at === key))) {
      made.delete(name);
    }
    hold(body, seen.map((each) => rowOf(each, values.nowish())));
    say(more, why ?? refused ?? (waiting === null ? texts.drill.asking : wordsFor(number, seen.length)));
  }

  function wordsFor(known, seen) {
    return known > seen ? texts.people.more(count(known - seen)) : known ? "" : texts.nobodyWaits;
  }

  /** As many as there is room for; one at least, so that the room for one is known. */
  function roomFor() {
    const height = body.firstElementChild?.offsetHeight ?? 0;
    return height ? Math.max(1, Math.min(50, Math.floor((rows.clientHeight - rows.querySelector("thead").offsetHeight) / height))) : 1;
  }

  function rowOf(each, nowMs) {
    const key = each.conversation + each.at;
    if (!made.has(key)) {
      const age = h("td", { class: "age" });
      const row = h("tr", {}, h("th", { scope: "row", class: "conversation" }, doorTo({ ...each, tenant }, { hasTimelines })), h("td", { class: "queue" }, `${each.queue} · ${each.channel}`), age);
      made.set(key, { row, age });
    }
    const { row, age } = made.get(key);
    say(age, duration((nowMs - each.sinceMs) / 1000));
    return row;
  }

  return { box, show };
}
