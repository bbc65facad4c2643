// When they come: how many in each hour of the week on average, as a heat map that says its numbers.

import { ask } from "./asking.js";
import { h } from "./dom.js";
import { count, day as dayOf, weekday } from "./format.js";
import { keepTheme } from "./theme.js";
import { texts } from "./texts.js";
import { wrong, wrongWith } from "./wrong_places.js";
import { makeWrong } from "./wrongs.js";

const WHAT = ["contacts", "queued"]; // the first of them that is counted
const LABELS = ["tenant", "channel", "queue"];
const WEEKS = [1, 2, 4, 8, 12];
const MOST_WEEKS = 12;
const USUAL_WEEKS = 4;
const STEPS = 4;
const query = new URLSearchParams(location.search);

keepTheme(query.get("theme"));
start();

async function start() {
  document.documentElement.dataset.runs = "";
  const main = h("main", { class: "week" }, h("h1", {}, texts.week.title), h("p", { class: "notice", role: "status" }, texts.drill.asking));
  document.body.replaceChildren(h("header", { class: "head" }, h("p", { class: "name" }, h("a", { href: "/" }, texts.product))), main);
  try {
    const places = await placesOf();
    const found = wrongNow(places);
    main.lastChild.replaceWith(
      ...(found ? [makeWrong({ ...found, home: "/" })]
      : places.length ? await shownOf(places)
      : [h("p", { class: "notice" }, texts.week.noPlace)]),
    );
  } catch (error) {
    main.lastChild.replaceWith(makeWrong({ why: error.message, doors: [], home: "/" }));
  }
}

/** Return every place of which anything is counted, the widest first: its metric and its labels. */
async function placesOf() {
  for (const what of WHAT) {
    const asked = new URLSearchParams();
    LABELS.forEach((level) => asked.append("metric", `support_${level}_rolling_${what}`));
    const { values } = await ask(`/api/v1/values?${asked}`);
    const found = new Map(values.map(({ metric, labels }) => [LABELS.map((name) => labels[name]).join("\n"), { what, metric, labels }]));
    if (found.size) {
      return [...found.values()].sort((one, other) => compare(one.labels, other.labels));
    }
  }
  return [];
}

function compare(one, other) {
  const [mine, theirs] = [one, other].map((labels) => LABELS.map((name) => labels[name] ?? ""));
  const place = mine.findIndex((name, at) => name !== theirs[at]);
  return place < 0 ? 0 : mine[place] < theirs[place] ? -1 : 1;
}

/** Return what is wrong with what the address asks for; null if nothing is, and where there is nothing to choose from. */
function wrongNow(places) {
  const weeks = weeksAsked();
  if (!Number.isInteger(weeks) || weeks < 1 || weeks > MOST_WEEKS) {
    return wrong("number of weeks", query.get("weeks"), WEEKS.map((number) => ({ words: String(number), query: { weeks: number } })));
  }
  if (!places.length || chosenOf(places)) {
    return null;
  }
  const { tenant, channel, queue } = placeAsked(places);
  const narrower = places.map(({ labels }) => labels).filter((labels) => labels.tenant === tenant && labels.channel);
  const tenants = [...new Set(places.map(({ labels }) => labels.tenant))];
  return wrongWith({ tenant, channel, queue }, { tenants, windows: [], places: narrower }) ?? wrong("queue", queue ?? "", []);
}

function weeksAsked() {
  return query.get("weeks") ? Number(query.get("weeks")) : USUAL_WEEKS;
}

/** Return the place that the address asks for, of the first tenant where it names none. */
function placeAsked(places) {
  const asked = Object.fromEntries(LABELS.map((name) => [name, query.get(name) || null]));
  return { ...asked, tenant: asked.tenant ?? places[0].labels.tenant };
}

function chosenOf(places) {
  const asked = placeAsked(places);
  return places.find(({ labels }) => LABELS.every((name) => (labels[name] ?? null) === asked[name]));
}

async function shownOf(places) {
  const chosen = chosenOf(places);
  const weeks = weeksAsked();
  const asked = new URLSearchParams({ metric: chosen.metric, ...chosen.labels, weeks });
  const said = await ask(`/api/v1/week?${asked}`);
  const place = choice(texts.week.place, places, chosen, nameOf, ({ labels }) => go({ ...labels, weeks }));
  const back = choice(texts.week.weeks, [...new Set([...WEEKS, weeks])].sort((one, other) => one - other), weeks, String, (value) => go({ ...chosen.labels, weeks: value }));
  return [h("div", { class: "controls" }, place, back), ...table(said, chosen)];
}

function table(said, chosen) {
  const days = [...new Array(7)].map((_, day) => said.cells.slice(day * 24, day * 24 + 24));
  const known = said.cells.filter(({ mean }) => mean !== null);
  const most = known.reduce((one, other) => (other.mean > one.mean ? other : one), { mean: 0 });
  const words = most.mean ? texts.week.busiest(weekday(most.day), clockOf(most.hour), count(most.mean)) : texts.week.nobody;
  const caption = texts.week.caption(texts.week.said[chosen.what], nameOf(chosen), dayOf(Date.parse(said.from)), dayOf(Date.parse(said.to)), said.zone);
  const hours = [...new Array(24)].map((_, hour) => h("th", { scope: "col" }, String(hour)));
  const rows = days.map((cells, day) => {
    const some = cells.filter(({ mean }) => mean !== null);
    const sum = some.length ? count(some.reduce((all, { mean }) => all + mean, 0)) : texts.none;
    return h("tr", {}, h("th", { scope: "row" }, weekday(day + 1)), ...cells.map((cell) => cellOf(cell, most.mean)), h("td", { class: "sum" }, sum));
  });
  const head = h("tr", {}, h("th", { scope: "col" }, texts.week.day), ...hours, h("th", { scope: "col" }, texts.week.all));
  const made = h("table", {}, h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, ...rows));
  return [h("p", { role: "status" }, words), h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": texts.week.title }, made)];
}

function cellOf({ mean, hours }, most) {
  if (mean === null) {
    return h("td", { "data-level": "unknown", title: texts.week.unknown }, texts.none);
  }
  const level = most ? Math.ceil((mean / most) * STEPS) : 0;
  return h("td", { "data-level": level, title: texts.week.cell(count(mean), hours) }, count(mean));
}

function nameOf({ labels }) {
  return LABELS.map((name) => labels[name]).filter(Boolean).join(" · ");
}

function clockOf(hour) {
  return `${hour}:00`;
}

function choice(label, values, chosen, wordOf, take) {
  const select = h("select", {}, ...values.map((value, place) => h("option", { value: place }, wordOf(value))));
  select.value = String(values.indexOf(chosen));
  select.addEventListener("change", () => take(values[Number(select.value)]));
  return h("label", {}, label, select);
}

function go(changes) {
  const next = new URLSearchParams(query);
  LABELS.forEach((name) => next.delete(name));
  Object.entries(changes).forEach(([name, value]) => next.set(name, value));
  location.search = next;
}
