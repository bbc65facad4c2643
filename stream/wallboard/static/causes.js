// Causes in words: which events came late, and what they did to what was counted.

import { count } from "./format.js";
import { texts } from "./texts.js";

/** Return in words which events restatements come from, the most frequent kind first; "" for none. */
export function causesOf(restatements) {
  const found = new Map();
  for (const each of restatements) {
    const type = each.cause?.type ?? "";
    const events = found.get(type) ?? new Set();
    found.set(type, events);
    // Without the scope events have no ids; what one conversation is told at one instant is one of them.
    events.add(each.cause?.id ?? `${each.conversation} ${each.restated_at}`);
  }
  const rows = [...found].sort((one, other) => other[1].size - one[1].size);
  return rows.map(([type, events]) => late(type, events.size)).join(", ");
}

function late(type, number) {
  const own = texts.cause.done[type];
  if (own) {
    return own[number === 1 ? 0 : 1](count(number));
  }
  const [one, many] = texts.cause.names[type] ?? [texts.cause.event(type), texts.cause.events(type)];
  return texts.cause.late(count(number), number === 1 ? one : many);
}
