// The address: what it asks for, and what is said where there is no such thing, rather than something else shown.

import { h, say } from "./dom.js";
import { moment } from "./format.js";
import { texts } from "./texts.js";
import { STEP_MS } from "./then.js";

const LOOKS_BACK = "/then"; // the address of a board that looks back, at `as_of`

export const asked = new URLSearchParams(location.search);

/**
 * Return what is wrong with what was asked for, as its parameter, its value and the values there are; null if nothing
 * is. Tenants are those that have numbers and this screen may see; while none is known none is wrong.
 */
export function wrongWith({ tenant, window }, { tenants, windows }) {
  if (window && !windows.includes(window)) {
    return { parameter: "window", value: window, others: windows };
  }
  if (tenant && tenants.length && !tenants.includes(tenant)) {
    return { parameter: "tenant", value: tenant, others: tenants };
  }
  return null;
}

/** Return what stands in place of a board whose address is wrong: why, and a door to each board there is instead. */
export function makeWrong(wrong) {
  const to = (value) => {
    const query = new URLSearchParams(location.search);
    query.set(wrong.parameter, value);
    return `${location.pathname}?${query}${location.hash}`;
  };
  const doors = wrong.others.map((value) => h("li", {}, h("a", { href: to(value) }, texts.windowNames[value] ?? value)));
  const why = h("p", { role: "alert" });
  const box = h("div", { class: "notice wrong" }, h("h1", { class: "hidden" }, texts.wallboard), why, h("ul", {}, ...doors));
  const words = texts.wrong(wrong.parameter, wrong.value);
  return { box, tenant: null, show: () => say(why, words) ?? null, arrange: () => {}, focus: () => {}, close: () => {} };
}

/** Tell whether the address is that of a board that looks back; one on a wall, which nobody could bring back, lives. */
export function wantsBack(laidOut) {
  return location.pathname === LOOKS_BACK && laidOut.has_restatements && !asked.has("kiosk");
}

/** Return why another instant is shown than the address asks for, "" if it is the one. */
export function noteOf(meant, shown) {
  if (Number.isNaN(meant)) {
    return asked.has("as_of") ? texts.then.noInstant(asked.get("as_of"), moment(shown)) : "";
  }
  return Math.abs(meant - shown) > STEP_MS ? texts.then.notKept(moment(meant), moment(shown)) : "";
}

/** Let the address be that of the board as it is shown: passed on it shows the same. */
export function keepAddress(backMs, tenant) {
  const query = new URLSearchParams(asked);
  query.delete("as_of");
  if (backMs !== null) {
    query.set("as_of", new Date(backMs).toISOString());
    if (tenant) {
      query.set("tenant", tenant);
    }
  }
  const path = backMs === null ? "/" : LOOKS_BACK;
  history.replaceState(null, "", `${path}${query.size ? `?${query}` : ""}${location.hash}`);
}

/** Return a board with what the address of this screen asks for in place of what was laid out. */
export function adapted(board) {
  const [channel, queue] = [asked.get("channel"), asked.get("queue")];
  if (!channel) {
    return board;
  }
  const place = { channel, queue: queue ?? null };
  return { ...board, ...place, tiles: board.tiles.map((tile) => ({ ...tile, ...place })) };
}
