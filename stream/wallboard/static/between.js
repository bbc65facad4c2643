// What came between: every event that changed a number of the board since, the latest first.

import { causesOf } from "./causes.js";
import { h, hold, say } from "./dom.js";
import { count, moment } from "./format.js";
import { doorTo } from "./doors.js";
import { texts } from "./texts.js";

const MOST = 100;

/** Return the panel, with `show` of restatements. */
export function makeBetween({ hasTimelines }) {
  const list = h("ol", { class: "between-list" });
  const more = h("p", { class: "more" });
  const rows = h("div", { class: "rows", tabindex: "0", role: "region", "aria-labelledby": "between-title" }, list);
  const box = h("section", { class: "panel between", "aria-labelledby": "between-title" }, h("h2", { id: "between-title" }, texts.then.between), rows, more);

  function show(restatements) {
    const found = unique(restatements);
    hold(list, found.slice(0, MOST).map((each) => line(each, hasTimelines)));
    say(more, found.length > MOST ? texts.then.earlier(count(found.length - MOST)) : found.length ? "" : texts.then.nothing);
  }

  return { box, show };
}

function line(each, hasTimelines) {
  const what = texts.then.what[each.what] ?? each.what.replaceAll("_", " ");
  const counted = texts.then[each.number > 0 ? "counts" : "noMore"](what, moment(Date.parse(each.at)));
  const where = [each.queue, each.channel].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    h("time", { datetime: each.restated_at }, moment(Date.parse(each.restated_at))),
    " ",
    h("strong", {}, causesOf([each])),
    ` · ${counted} · `,
    doorTo(each, { hasTimelines }),
    where ? ` · ${where}` : "",
  );
}

/** Return every restatement once, the latest first: one may change several numbers. */
function unique(restatements) {
  const found = new Map(restatements.map((each) => [JSON.stringify(each), each]));
  return [...found.values()].sort((one, other) => Date.parse(other.restated_at) - Date.parse(one.restated_at));
}
