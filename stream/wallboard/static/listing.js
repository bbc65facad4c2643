// The list behind a number: sorted by what one clicks on, filtered by what one types, taken along as a link or a file.

import { button, h, hold, mark, say } from "./dom.js";
import { toCsv } from "./csv.js";
import { addressOf, isMask } from "./doors.js";
import { count, moment, shown, unitOf } from "./format.js";
import { texts } from "./texts.js";

const COLUMNS = ["conversation", "at", "channel", "queue", "value"];

/** Return the list that `said` holds; `more` asks for what comes after a cursor, `hasTimelines` is whether ids lead on. */
export function makeList(said, query, { more, hasTimelines }) {
  const members = [...said.members];
  let [sorted, falling] = ["value", true];
  let cursor = said.next;
  const body = h("tbody");
  const found = h("p", { class: "more", role: "status" });
  const filter = h("input", { type: "search", id: "filter" });
  const heads = COLUMNS.map((name) => {
    const sort = button(texts.drill.columns[name], () => {
      [sorted, falling] = [name, sorted === name ? !falling : name !== "conversation"];
      show();
    });
    return h("th", { scope: "col", class: name }, sort);
  });
  const next = button(texts.drill.more, async () => {
    const page = await more(cursor);
    members.push(...page.members);
    cursor = page.next;
    show();
  });
  const link = h("input", { type: "text", readonly: "", value: linkTo(said, query), id: "link" });
  link.addEventListener("focus", () => link.select());
  filter.addEventListener("input", show);
  const rows = new Map();

  function show() {
    const wanted = filter.value.trim().toLowerCase();
    const seen = members.filter((each) => textOf(each).includes(wanted));
    seen.sort((one, other) => (falling ? -1 : 1) * compare(one[sorted], other[sorted]));
    hold(body, seen.map((each) => rowOf(each)));
    heads.forEach((head, place) =>
      mark(head, "aria-sort", COLUMNS[place] !== sorted ? null : falling ? "descending" : "ascending"),
    );
    next.hidden = !cursor;
    say(found, texts.drill.found(count(seen.length), count(said.found)));
  }

  function rowOf(each) {
    if (!rows.has(each)) {
      const unit = unitOf(each.unit);
      const id = each.is_hidden ? texts.drill.hidden(each.conversation) : each.conversation;
      const name = isMasked(each) || !hasTimelines ? id : h("a", { href: addressOf(each.conversation, query.get("tenant")) }, each.conversation);
      rows.set(
        each,
        h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, moment(Date.parse(each.at))), h("td", { class: "channel" }, each.channel), h("td", { class: "queue" }, each.queue), h("td", {}, shown(unit, each.value))),
      );
    }
    return rows.get(each);
  }

  const save = button(texts.drill.csv, () => download(toCsv(COLUMNS, members), `${said.metric}.csv`));
  show();
  return h(
    "div",
    { class: "panel" },
    h("h1", {}, texts.drill.title),
    h("p", { class: "what" }, h("code", {}, said.metric), ` ${placeOf(said)}`),
    h("p", { class: "sum" }, summary(said)),
    h("div", { class: "controls" }, h("label", { for: "filter" }, texts.drill.filter), filter, save, h("label", { for: "link" }, texts.drill.link), link),
    found,
    h("table", {}, h("thead", {}, h("tr", {}, ...heads)), body),
    next,
  );
}

function summary(said) {
  const unit = unitOf(said.unit);
  const words = [texts.drill.number(shown(unit, said.value)), texts.drill.n(count(said.n))];
  // Shares add up to a count: how many of them did.
  const sumUnit = unit === "ratio" ? "count" : unit;
  for (const [name, value, of] of [["sum", said.sum, sumUnit], ["reproduced", said.reproduced, unit], ["percentile", said.percentile, unit]]) {
    if (value !== null && value !== undefined) {
      words.push(texts.drill[name](shown(of, value)));
    }
  }
  words.push(texts.asOf(moment(Date.parse(said.as_of))));
  return words.join(" · ");
}

function placeOf(said) {
  return [...Object.values(said.labels ?? {}), said.window ?? ""].filter(Boolean).join(" · ");
}

/** Return the address of this list as it was at this instant. */
function linkTo(said, query) {
  const pinned = new URLSearchParams(query);
  pinned.set("as_of", said.as_of);
  return `${location.origin}/drill?${pinned}`;
}

/** Without the scope ids are masked and lead nowhere, and so do those of customers and agents. */
function isMasked(member) {
  return member.of !== "conversation" || isMask(member.conversation);
}

function textOf(member) {
  return `${member.conversation} ${member.at} ${member.value}`.toLowerCase();
}

function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

function download(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  h("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
