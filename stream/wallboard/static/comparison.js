// Numbers side by side: known then, known now, and the events that came between.

import { ask } from "./asking.js";
import { h, hold, mark } from "./dom.js";
import { count, moment, shown } from "./format.js";
import { texts } from "./texts.js";

const MOST_EVENTS = 100;

/** Return the comparison of `numbers`, each with its tile and its query; `show` asks what was known at an instant. */
export function makeComparison(numbers) {
  const body = h("tbody");
  const events = h("ol", { class: "timeline" });
  const status = h("p", { class: "more", role: "status" });
  const heads = ["number", "then", "now", "between"].map((name) => h("th", { scope: "col" }, texts.then.columns[name]));
  const box = h("div", {}, h("table", {}, h("thead", {}, h("tr", {}, ...heads)), body), status, events);
  let latest = null;

  async function show(asOf) {
    latest = asOf;
    mark(box, "aria-busy", "true");
    const told = await Promise.all(numbers.map((number) => known(number, asOf)));
    // A slider that went on meanwhile has asked anew.
    if (latest !== asOf) {
      return;
    }
    mark(box, "aria-busy", null);
    hold(body, told.map((each) => row(each, asOf)));
    const found = unique(told.flatMap((each) => each.said?.restatements ?? []));
    hold(events, found.slice(0, MOST_EVENTS).map(event));
    const isWhole = told.every((each) => each.said?.is_whole ?? true);
    status.textContent = [texts.then.found(count(found.length)), isWhole ? null : texts.then.missing].filter(Boolean).join(" ");
  }

  return { box, show };
}

async function known(number, asOf) {
  const query = new URLSearchParams(number.query);
  query.set("as_of", asOf);
  try {
    return { number, said: await ask(`/api/v1/known-then?${query}`) };
  } catch (error) {
    return { number, why: error.message };
  }
}

function row({ number, said, why }, asOf) {
  const { tile } = number;
  const query = new URLSearchParams(number.query);
  query.set("as_of", asOf);
  const where = [tile.channel, tile.queue].filter(Boolean).join(" · ");
  const title = tile.title ?? texts.titles[tile.name.replace(/-\d+$/, "")] ?? tile.name.replaceAll("_", " ");
  const head = h("th", { scope: "row" }, h("a", { href: `/drill?${query}` }, title), where ? ` · ${where}` : "");
  if (!said) {
    return h("tr", {}, head, h("td", { colspan: "3" }, why));
  }
  const isOther = said.then !== said.now;
  return h(
    "tr",
    { "data-changed": isOther ? "" : null },
    head,
    h("td", {}, shown(tile.unit, said.then)),
    h("td", {}, isOther ? h("strong", {}, shown(tile.unit, said.now)) : shown(tile.unit, said.now)),
    h("td", {}, count(said.restatements.length)),
  );
}

function event(each) {
  const counted = each.number > 0 ? texts.then.counts(each.what) : texts.then.noMore(each.what);
  const where = [each.channel, each.queue].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    h("p", {}, h("time", { datetime: each.restated_at }, moment(Date.parse(each.restated_at))), " ", h("strong", {}, each.cause?.type ?? texts.none)),
    h("p", { class: "more" }, [counted, texts.then.at(moment(Date.parse(each.at))), each.conversation, where].filter(Boolean).join(" · ")),
  );
}

/** Return every restatement once, the latest first: one may change several numbers. */
function unique(restatements) {
  const found = new Map(restatements.map((each) => [JSON.stringify(each), each]));
  return [...found.values()].sort((one, other) => Date.parse(other.restated_at) - Date.parse(one.restated_at));
}
