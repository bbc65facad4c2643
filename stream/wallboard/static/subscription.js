// What is listened to: every metric that some board shows, at the level of its place, and no more.

import { PARTS } from "./table.js";
import { levelOf, nameOf } from "./places.js";

const ALWAYS = "waiting"; // tells which tenants, channels, queues there are

/** Return the full names of all metrics that the boards show; `asksPlace` is whether channels and queues matter. */
export function metricsOf(boards, { asksPlace }) {
  const names = new Set(["tenant", ...(asksPlace ? ["channel", "queue"] : [])].map((level) => nameOf(ALWAYS, level)));
  for (const board of boards) {
    for (const tile of board.tiles) {
      const level = levelOf(tile);
      names.add(nameOf(ALWAYS, level));
      for (const part of [tile.value, ...Object.values(tile.beside)]) {
        names.add(nameOf(part.metric, level));
      }
    }
    if (board.panels.includes("queues")) {
      PARTS.forEach((part) => names.add(nameOf(part.metric, "queue")));
    }
  }
  // What is counted of agents has no channel.
  return [...names].filter((name) => !/^support_channel_(agents|slots)/.test(name));
}

/** Return the windows the boards show, of those there are; none is all of them. */
export function windowsOf(boards, chosen, known) {
  const wanted = new Set(["1h"]);
  for (const board of boards) {
    wanted.add(chosen ?? board.window);
    board.tiles.forEach((tile) => wanted.add(chosen ?? tile.window));
  }
  return known.filter((window) => wanted.has(window));
}
