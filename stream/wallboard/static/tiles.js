// Tiles: a number as large as the place allows, what it is held against, how it came about, and whether it is known.

import { h, mark, s, say } from "./dom.js";
import { duration, shown } from "./format.js";
import { stateOf, targetOf } from "./knowing.js";
import { placed, queryOf, valueOf, windowOf } from "./places.js";
import { draw, sparkline } from "./spark.js";
import { texts } from "./texts.js";

const MARKS = {
  good: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Z",
  watch: "M8 1 15 14H1Z",
  act: "M2 2h12v12H2Z",
  plain: "",
  unknown: "M2 7h12v2H2Z",
};
const HOUR_MS = 3_600_000;
/** How far back a trend goes, by window: what is of an hour or of now moves within one. */
const SPAN_MS = { today: 6 * HOUR_MS, shift: 6 * HOUR_MS, "7d": 24 * HOUR_MS };

/** Return a tile with `show`, which brings it up to date and returns its state. */
export function makeTile(tile, { tenant, door }) {
  const place = placed(tile, tenant);
  const title = titleOf(tile);
  const isRolling = tile.value.metric.startsWith("rolling_");
  const spanMs = (isRolling && SPAN_MS[tile.window]) || HOUR_MS;
  const link = h("a", { href: door(queryOf(tile.value, place, tile.window)) }, title);
  const icon = s("path", { d: "" });
  const word = h("span");
  const value = h("p", { class: "value" });
  const target = h("span", { class: "target" });
  const detail = h("p", { class: "detail" });
  const spark = sparkline();
  const box = h(
    "article",
    { class: "tile", "data-tile": tile.name, "data-state": "unknown" },
    h(
      "header",
      {},
      h("h3", {}, link),
      h("p", { class: "over" }, whereOf(tile, place)),
    ),
    value,
    spark.box,
    detail,
    h("p", { class: "state" }, s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, icon), word, target),
  );
  say(target, targetOf(tile));

  function show({ values, why, trend }) {
    const parts = partsOf(tile, values, place);
    const missing = why ?? whyMissing(tile, parts, values, place);
    const isIdle = !missing && parts.value === undefined;
    const state = missing ? "unknown" : isIdle ? "good" : stateOf(tile, parts);
    mark(box, "data-state", state);
    const text = missing || isIdle ? texts.none : shown(tile.unit, parts.value);
    say(value, text);
    // A long one is set smaller, so that it is never cut.
    mark(value, "data-length", Math.min(9, text.length));
    say(detail, missing ?? (isIdle ? texts.nobodyWaits : detailOf(parts)));
    say(word, texts.states[state]);
    mark(icon, "d", MARKS[state]);
    draw(spark, trend?.all() ?? [], { spanMs, toMs: values.nowish() ?? Date.now(), target: tile.judged_by ? null : tile.target });
    return { state, title, value: text };
  }

  return { title, box, show, tile, place, spanMs };
}

/** Return what stands above a tile. */
export function titleOf(tile) {
  return tile.title ?? texts.titles[tile.name.replace(/-\d+$/, "")] ?? tile.name.replaceAll("_", " ");
}

/** Return of what a tile is: channel, queue, window. */
export function whereOf(tile, place) {
  const over = windowOf(tile.value.metric, tile.window);
  return [place.channel, place.queue, over ? texts.windowNames[over] : texts.now].filter(Boolean).join(" · ");
}

/** Return every number of a tile by its role; an age goes on between two snapshots. */
export function partsOf(tile, values, place) {
  const parts = { value: valueOf(values, tile.value, place, tile.window) };
  for (const [role, part] of Object.entries(tile.beside)) {
    parts[role] = valueOf(values, part, place, tile.window);
  }
  if (tile.value.metric === "oldest_wait_seconds" && parts.value !== undefined) {
    parts.value += (values.nowish() - values.asOf) / 1000;
  }
  return parts;
}

function whyMissing(tile, parts, values, place) {
  if (parts.value !== undefined || (tile.value.metric === "oldest_wait_seconds" && parts.waiting !== undefined)) {
    return null;
  }
  if (tile.value.metric.startsWith("rolling_") && valueOf(values, { metric: "waiting" }, place, null) !== undefined) {
    return texts.nothingIn(texts.windows[tile.window] ?? tile.window);
  }
  return texts.notCounted;
}

function detailOf(parts) {
  const said = [];
  for (const [role, words] of Object.entries(texts.details.n)) {
    if (parts[role] !== undefined) {
      said.push(words(shown("count", parts[role])));
    }
  }
  if (parts.low !== undefined && parts.high !== undefined) {
    said.push(texts.details.interval(shown("ratio", parts.low), shown("ratio", parts.high)));
  }
  if (parts.p90 !== undefined) {
    said.push(texts.details.p90(duration(parts.p90)));
  }
  if (parts.past_target !== undefined) {
    said.push(texts.details.past_target(shown("count", parts.past_target)));
  }
  const atWork = ["available", "busy", "partially_busy", "acw"].map((state) => parts[state]).filter((n) => n !== undefined);
  if (atWork.length) {
    said.push(texts.details.staffed(shown("count", atWork.reduce((sum, n) => sum + n, 0))));
  }
  if (parts.oldest !== undefined) {
    said.push(texts.details.oldest(duration(parts.oldest)));
  }
  return said.join(" · ");
}
