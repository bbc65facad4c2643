// Why a page cannot show what its address asks for: what is wrong with it, and doors to what there is instead.

import { h } from "./dom.js";
import { texts } from "./texts.js";

/**
 * Return it. Each door is its words and what this address then asks for otherwise, null being no longer, in its `query`
 * and behind its `hash`. What stands in place of a whole page has a `title`, what stands on a page of its own leads back
 * `home`.
 */
export function makeWrong({ why, doors, title, home }) {
  const links = doors.map(({ words, query, hash }) => h("li", {}, h("a", { href: addressWith(query ?? {}, hash) }, words)));
  return h(
    "div",
    { class: "notice wrong" },
    title ? h("h1", { class: "hidden" }, title) : null,
    h("p", { role: "alert" }, why),
    links.length ? h("p", {}, texts.thereIs) : null,
    links.length ? h("ul", {}, ...links) : null,
    home ? h("p", {}, h("a", { href: home }, texts.backToBoard)) : null,
  );
}

function addressWith(changes, hash = location.hash) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) {
      query.delete(name);
    } else {
      query.set(name, value);
    }
  }
  return `${location.pathname}${query.size ? `?${query}` : ""}${hash}`;
}
