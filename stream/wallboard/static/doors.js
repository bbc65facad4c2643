// Doors: from a conversation to its facts, where who asks may go through.

import { h } from "./dom.js";

/** Return the conversation as a link to its facts; as text where its id is a mask, or nobody can tell the facts. */
export function doorTo(each, { hasTimelines }) {
  if (!hasTimelines || isMask(each.conversation)) {
    return h("span", {}, each.conversation);
  }
  return h("a", { href: addressOf(each.conversation, each.tenant) }, each.conversation);
}

/** Return the address of the facts of a conversation. */
export function addressOf(conversation, tenant) {
  return `/drill?${new URLSearchParams({ conversation, tenant: tenant ?? "" })}`;
}

/** Tell whether an id is a mask, which leads nowhere. */
export function isMask(id) {
  return id.startsWith("…");
}
