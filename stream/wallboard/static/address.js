// The address: what it asks for, and what is said where there is no such thing, rather than something else shown.

import { moment } from "./format.js";
import { texts } from "./texts.js";
import { STEP_MS } from "./then.js";
import { makeWrong } from "./wrongs.js";

const LOOKS_BACK = "/then"; // the address of a board that looks back, at `as_of`

export const asked = new URLSearchParams(location.search);

/** Return what stands in place of a board whose address is wrong. */
export function makeWrongScreen(found) {
  const box = makeWrong({ ...found, title: texts.wallboard });
  return { box, tenant: null, show: () => null, arrange: () => {}, focus: () => {}, close: () => {} };
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
