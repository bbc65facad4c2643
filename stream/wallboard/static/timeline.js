// One conversation: every fact in order, and what each of them counted for.

import { h } from "./dom.js";
import { moment } from "./format.js";
import { texts } from "./texts.js";

const SHOWN_APART = ["type", "at", "source", "id", "contributions"];

/** Return the timeline that `said` holds. */
export function makeTimeline(said, conversation) {
  const facts = said.facts ?? [];
  return h(
    "div",
    { class: "panel" },
    h("h1", {}, texts.drill.conversation(conversation)),
    h("p", { class: "more" }, texts.drill.facts(facts.length)),
    h("ol", { class: "timeline" }, ...facts.map(factOf)),
  );
}

function factOf(fact) {
  const rest = Object.entries(fact.fields ?? without(fact)).filter(([, value]) => value !== null);
  const counted = fact.contributions ?? [];
  return h(
    "li",
    {},
    h("p", {}, h("time", { datetime: fact.at }, moment(Date.parse(fact.at))), " ", h("strong", {}, fact.type), fact.source ? ` · ${fact.source}` : ""),
    rest.length ? h("p", { class: "more" }, rest.map(([name, value]) => `${name} ${written(value)}`).join(" · ")) : null,
    counted.length ? h("ul", {}, ...counted.map((each) => h("li", {}, sentence(each)))) : null,
  );
}

function without(fact) {
  return Object.fromEntries(Object.entries(fact).filter(([name]) => !SHOWN_APART.includes(name)));
}

/** Return what a fact counted for: what counts since or no more, of when and where, and in which numbers. */
function sentence(each) {
  const { what, number, at, end, channel, queue, part, adds, metrics } = each;
  const counted = texts.drill[number > 0 ? "counts" : "noMore"](worded(what), Math.abs(number));
  const when = end ? texts.drill.fromTo(moment(Date.parse(at)), moment(Date.parse(end))) : moment(Date.parse(at));
  const said = [counted, when, [channel, queue, part].filter(Boolean).join(" "), measured(adds)];
  if (metrics?.length) {
    said.push(texts.drill.countsIn(metrics.map(worded).join(", ")));
  }
  return said.filter(Boolean).join(" · ");
}

/** Return what it adds beside 1 of itself: durations, and how much of what. */
function measured(adds) {
  return Object.entries(adds ?? {})
    .filter(([, value]) => Math.abs(value) !== 1)
    .map(([name, value]) => `${worded(name)} ${value}`)
    .join(", ");
}

function worded(name) {
  return name.replaceAll("_", " ");
}

function written(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
