// Behind a number: the conversations that make it, and behind a conversation: its facts, and what each counted for.

import { ask } from "./asking.js";
import { h } from "./dom.js";
import { keepTheme } from "./theme.js";
import { makeList } from "./listing.js";
import { makeTimeline } from "./timeline.js";
import { texts } from "./texts.js";
import { makeWrong } from "./wrongs.js";

const HERE = "/api/v1/conversations";
const NOW_MS = 3_600_000; // of less than an hour ago everything is kept: what is refused there lies ahead
const query = new URLSearchParams(location.search);

keepTheme(query.get("theme"));
query.delete("theme");
start();

async function start() {
  document.documentElement.dataset.runs = "";
  const notice = h("p", { class: "notice", role: "status" }, texts.drill.asking);
  const main = h("main", { class: "drill" }, h("h1", {}, texts.drill.title), notice);
  document.body.replaceChildren(
    h("header", { class: "head" }, h("p", { class: "name" }, h("a", { href: "/" }, texts.product))),
    main,
  );
  try {
    const conversation = query.get("conversation");
    const box = conversation === null ? await list() : makeTimeline(await ask(timelineOf(conversation)), conversation);
    main.replaceChildren(box);
  } catch (error) {
    notice.replaceWith(makeWrong({ why: error.message, doors: doorsOf(error), home: "/" }));
  }
}

/** Return a door to this page with each of the choices that the API names where it refuses. */
function doorsOf({ parameter, choices }) {
  return (choices ?? []).map((value) => ({ words: value, query: { [parameter]: value } }));
}

async function list() {
  const [said, laidOut] = await Promise.all([first(), ask("/api/v1/boards")]);
  const more = (cursor) => {
    const next = new URLSearchParams(query);
    next.delete("as_of"); // the cursor stays at the instant of the list
    next.set("cursor", cursor);
    return ask(`${HERE}?${next}`);
  };
  return makeList(said, query, { more, hasTimelines: laidOut.has_timelines });
}

/** Return the list; of an instant that a dashboard calls now, and the numbers have not reached, the latest there is. */
async function first() {
  try {
    return await ask(`${HERE}?${query}`);
  } catch (error) {
    const at = query.get("as_of") ?? "";
    const at_ms = /^\d+$/.test(at) ? Number(at) : Date.parse(at);
    if (error.parameter !== "as_of" || !(at_ms > Date.now() - NOW_MS)) {
      throw error;
    }
    query.delete("as_of");
    return ask(`${HERE}?${query}`);
  }
}

function timelineOf(conversation) {
  const tenant = query.get("tenant");
  return `${HERE}/${encodeURIComponent(conversation)}${tenant ? `?${new URLSearchParams({ tenant })}` : ""}`;
}
