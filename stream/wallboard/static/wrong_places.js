// What an address asks for and there is not: a window, a tenant, a channel, a queue, a board.

import { texts } from "./texts.js";

/**
 * Return what is wrong with what is asked for, as the words for it and doors to what there is; null if nothing is.
 * Tenants and places are those that are known and this screen may see; while none is known none is wrong.
 */
export function wrongWith({ tenant, window, channel, queue }, { tenants, windows, places }) {
  if (window && !windows.includes(window)) {
    return wrong("window", window, windows.map((name) => ({ words: texts.windowNames[name] ?? name, query: { window: name } })));
  }
  if (tenant && tenants.length && !tenants.includes(tenant)) {
    return wrong("tenant", tenant, tenants.map((name) => ({ words: name, query: { tenant: name } })));
  }
  return wrongPlace({ tenant, channel, queue }, places);
}

function wrongPlace({ tenant, channel, queue }, places) {
  const isThere = (place) => places.some((each) => each.channel === place.channel && each.queue === place.queue);
  // The tenant may have been chosen since.
  const to = (words, place) => ({ words, query: { ...(tenant ? { tenant } : {}), ...place } });
  if (channel && places.length && !places.some((each) => each.channel === channel)) {
    const kept = (name) => (queue && isThere({ channel: name, queue }) ? queue : null);
    return wrong("channel", channel, unique(places.map((each) => each.channel)).map((name) => to(name, { channel: name, queue: kept(name) })));
  }
  const queues = places.filter((each) => each.queue && (!channel || each.channel === channel));
  if (!queue || !queues.length || isThere({ channel, queue })) {
    return null;
  }
  if (channel) {
    return wrong("queue", queue, unique(queues.map((each) => each.queue)).map((name) => to(name, { queue: name })));
  }
  const namesakes = queues.filter((each) => each.queue === queue);
  const pairs = unique((namesakes.length ? namesakes : queues).map((each) => JSON.stringify([each.queue, each.channel])));
  const doors = pairs.map((each) => JSON.parse(each)).map(([name, of]) => to(`${name} · ${of}`, { channel: of, queue: name }));
  return namesakes.length ? { why: texts.noChannel(queue), doors } : wrong("queue", queue, doors);
}

/** Return what is wrong where a board is asked for that is not laid out. */
export function wrongBoard(name, boards) {
  const doors = boards.map((board) => ({ words: board.title ?? board.name, hash: `#${encodeURIComponent(board.name)}` }));
  return { why: texts.noBoard(name), doors };
}

/** Return that there are no numbers of a `value`, and doors to those of which there are. */
export function wrong(parameter, value, doors) {
  return { why: texts.wrong(parameter, value), doors };
}

function unique(names) {
  return [...new Set(names)].sort();
}
