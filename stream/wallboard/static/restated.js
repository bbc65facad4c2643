// The latest numbers that were counted anew: what they were, what they are, because of what, and whose.

import { causesOf } from "./causes.js";
import { h, hold } from "./dom.js";
import { doorTo } from "./doors.js";
import { clock, shown, unitOf } from "./format.js";
import { texts } from "./texts.js";

/** Return the list, with `show` of what the API says of late events. */
export function makeRestated({ hasTimelines }) {
  const list = h("ol", { class: "restated", "aria-label": texts.trust.restated });
  let held = null;

  function show(events) {
    // Lines stay as they are until others come: whoever stands on a link is not thrown off.
    const now = JSON.stringify(events);
    if (held !== now) {
      held = now;
      hold(list, events.map((each) => line(each, hasTimelines)));
      list.hidden = events.length === 0;
    }
  }

  show([]);
  return { box: list, show };
}

function line(each, hasTimelines) {
  const place = [each.queue, each.channel].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    each.metric ? h("span", { class: "number" }, `${titleOf(each.metric)} ${place} ${texts.restated.hour(clock(Date.parse(each.as_of)))} `, sides(each)) : place,
    h(
      "span",
      { class: "why" },
      h("time", { datetime: each.restated_at }, clock(Date.parse(each.restated_at))),
      ` ${causesOf([each])} · `,
      doorTo(each, { hasTimelines }),
    ),
  );
}

function sides({ unit, before, after }) {
  const [was, is] = [before, after].map((value) => shown(unitOf(unit), value));
  return h("strong", { class: "sides" }, h("span", { class: "hidden" }, texts.restated.spoken(was, is)), h("span", { "aria-hidden": "true" }, `${was} → ${is}`));
}

/** Return a metric in words: as its tile is called, else by its own name. */
function titleOf(metric) {
  const name = metric.replace(/^support_[a-z]+_/, "");
  const known = texts.titles[texts.restated.tiles[name]];
  return known ?? name.replace(/^rolling_/, "").replace(/_(ratio|seconds)$/, "").replaceAll("_", " ");
}
