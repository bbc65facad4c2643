// Whether a tile knows its number, and whether that is good. What it does not know it says, and says why; never 0.

import { duration, shown } from "./format.js";
import { texts } from "./texts.js";

/** Return why no number of the board may be shown now, null if they may. */
export function whyNone({ link, values, trust, board }) {
  if (!link.isConnected) {
    const age = duration(link.silentMs / 1000);
    return !link.wasConnected ? texts.connecting : link.isOpen ? texts.noSnapshot(age) : texts.lost(age);
  }
  if (values.trouble) {
    return values.trouble;
  }
  if (values.asOf === null) {
    return texts.nothingYet;
  }
  return whySilent(trust, board);
}

/** Return which source that the board stands on has said nothing for too long, null if none has. */
function whySilent(trust, board) {
  const silent = trust.silent(board.name);
  if (!silent) {
    return null;
  }
  const first = texts.silent(silent.source, duration(silent.ageS));
  return silent.others ? `${first}, ${texts.andMore(silent.others)}` : first;
}

/** Return "good", "watch", "act" or "plain" for what a tile shows. */
export function stateOf(tile, parts) {
  const value = tile.judged_by ? parts[tile.judged_by] : parts.value;
  if (tile.target === null || value === undefined) {
    return "plain";
  }
  if (meets(tile, value, tile.target)) {
    return "good";
  }
  if (tile.limit === null || meets(tile, value, tile.limit)) {
    return "watch";
  }
  // So few were counted that the target may be met all the same: nobody is called to act on chance.
  const best = tile.better === "up" ? parts.high : parts.low;
  return best !== undefined && meets(tile, best, tile.target) ? "watch" : "act";
}

/** Return the target in words, "" for none. */
export function targetOf(tile) {
  return tile.target === null || tile.judged_by ? "" : texts.target[tile.better](shown(tile.unit, tile.target));
}

function meets(tile, value, target) {
  return tile.better === "up" ? value >= target : value <= target;
}
