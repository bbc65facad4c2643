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

/** Return what a fact counted for: the metric, then everything else that is said of it. */
function sentence(each) {
  const { metric, ...rest } = each;
  const said = Object.entries(rest).filter(([, value]) => value !== null);
  return [metric, ...said.map(([name, value]) => `${name} ${written(value)}`)].filter(Boolean).join(" · ");
}

function written(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
