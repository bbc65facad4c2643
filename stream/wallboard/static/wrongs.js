// Why a page cannot show what its address asks for: the parameter that is wrong, what there is instead, a way back.

import { h } from "./dom.js";
import { texts } from "./texts.js";

/** Return it for what the API refused; each of its choices is a link to this page with it. */
export function makeRefusal({ message, parameter, choices }) {
  const to = (value) => {
    const query = new URLSearchParams(location.search);
    query.set(parameter, value);
    return `${location.pathname}?${query}`;
  };
  const doors = (choices ?? []).map((value) => h("li", {}, h("a", { href: to(value) }, value)));
  return h(
    "div",
    { class: "notice wrong", role: "alert" },
    h("p", {}, message),
    doors.length ? h("p", {}, texts.thereIs) : null,
    doors.length ? h("ul", {}, ...doors) : null,
    h("p", {}, h("a", { href: "/" }, texts.backToBoard)),
  );
}
