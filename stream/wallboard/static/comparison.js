// A tile that looks back: what it said then and what is known now, side by side, and why they differ.

import { causesOf } from "./causes.js";
import { h, mark, s, say } from "./dom.js";
import { clock, shown } from "./format.js";
import { targetOf } from "./knowing.js";
import { placed, queryOf, windowOf } from "./places.js";
import { texts } from "./texts.js";
import { titleOf, whereOf } from "./tiles.js";

const MARKS = { anew: "M1 6h8V2l6 6-6 6v-4H1Z", plain: "", neither: "M2 7h12v2H2Z", unknown: "M2 7h12v2H2Z" };

/** Return a tile with `wait`, `show` of what the API says of it, and `fail` with why it says nothing. */
export function makeComparison(tile, { tenant, door }) {
  const place = placed(tile, tenant);
  const hasLog = windowOf(tile.value.metric, tile.window) !== null;
  const query = queryOf(tile.value, place, tile.window);
  const link = h("a", {}, titleOf(tile));
  const [then, now] = [side("then"), side("now")];
  const detail = h("p", { class: "detail" });
  const icon = s("path", { d: "" });
  const word = h("span");
  const target = h("span", { class: "target" }, targetOf(tile));
  const box = h(
    "article",
    { class: "tile compared", "data-tile": tile.name, "data-state": "plain" },
    h("header", {}, h("h3", {}, link), h("p", { class: "over" }, hasLog ? whereOf(tile, place) : "")),
    h("div", { class: "sides" }, then.box, now.box),
    detail,
    h("p", { class: "state" }, s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, icon), word, target),
  );

  function wait(atMs) {
    const pinned = new URLSearchParams(query);
    pinned.set("as_of", new Date(atMs).toISOString());
    mark(link, "href", door(pinned));
    mark(box, "aria-busy", "true");
    say(then.when, texts.then.said(clock(atMs)));
    say(now.when, texts.then.known);
    return pinned;
  }

  function show(said) {
    const isOther = said.then !== said.now;
    const isNeither = said.then === null && said.now === null;
    const [before, after] = [shown(tile.unit, said.then), shown(tile.unit, said.now)];
    const why = causesOf(said.restatements);
    put(isOther ? "anew" : isNeither ? "neither" : "plain", before, after, [
      isNeither ? texts.then.neither : null,
      why || (isOther || isNeither ? null : texts.then.nothing),
      isOther && before === after ? texts.then.little : null,
      said.is_whole ? null : texts.then.missing,
    ]);
    say(word, isOther ? texts.then.other : isNeither ? texts.states.unknown : texts.then.same);
    return isOther;
  }

  function fail(why) {
    put("unknown", texts.none, texts.none, [why]);
    say(word, texts.states.unknown);
  }

  function put(state, before, after, words) {
    mark(box, "aria-busy", null);
    mark(box, "data-state", state);
    mark(icon, "d", MARKS[state]);
    say(then.value, before);
    say(now.value, after);
    // Both of one size: that of the longer one.
    mark(box, "data-length", Math.min(9, Math.max(before.length, after.length)));
    say(detail, words.filter(Boolean).join("; "));
  }

  return { title: titleOf(tile), box, tile, place, hasLog, wait, show, fail };
}

function side(name) {
  const when = h("span", { class: "when" });
  const value = h("strong", { class: "value" });
  return { when, value, box: h("p", { class: `side ${name}` }, when, " ", value) };
}
