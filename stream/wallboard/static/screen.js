// One board on the screen: its tiles, its panels, and the words for whoever does not see the colours.

import { arranged, makeArranging } from "./arranging.js";
import { h, say } from "./dom.js";
import { whyNone } from "./knowing.js";
import { makePeople } from "./people.js";
import { makeTable } from "./table.js";
import { texts } from "./texts.js";
import { makeTile, partsOf } from "./tiles.js";
import { makeTrust } from "./trust_panel.js";

/** Return a board with `show`, which returns why nothing of it is known, or null. */
export function makeScreen({ board, tenant, window, sources, door, hasDoors, hasTimelines, trends, trust, announcer }) {
  const chosen = (tile) => (window ? { ...tile, window } : tile);
  const tiles = arranged(board).map((tile) => makeTile(chosen(tile), { tenant, door }));
  trends.keep(tiles);
  const grid = h("div", { class: "tiles", "data-count": tiles.length }, ...tiles.map((tile) => tile.box));
  const panels = [];
  if (board.panels.includes("queues")) {
    panels.push(makeTable({ board: chosen(board), tenant, door }));
  }
  // Until the server can tell who they are there is nothing to show.
  if (board.panels.includes("waiting") && hasDoors) {
    panels.push(makePeople({ board, tenant, hasTimelines }));
  }
  if (board.panels.includes("trust")) {
    panels.push(makeTrust({ trust, board, tenant, sources, hasTimelines }));
  }
  const box = h(
    "div",
    { class: "board", "data-panels": panels.length },
    h("h1", { class: "hidden" }, board.title ?? texts.wallboard),
    h("section", { class: "headlines", "aria-labelledby": "headlines-title" }, h("h2", { id: "headlines-title", class: "hidden" }, texts.headlines), grid),
    ...(panels.length ? [h("div", { class: "panels" }, ...panels.map((panel) => panel.box))] : []),
  );
  const arranging = makeArranging({ board, grid, tiles });
  const states = new Map();
  let wasKnown = null; // until the numbers have come for the first time

  function show({ values, link }) {
    const why = whyNone({ link, values, trust, board });
    const shownTiles = tiles.filter((made) => !made.box.hidden);
    if (!why) {
      trends.note(shownTiles, values, (made) => partsOf(made.tile, values, made.place).value);
    }
    const news = [];
    for (const made of tiles) {
      const { state, title, value } = made.show({ values, why, trend: trends.of(made) });
      const before = states.get(made);
      states.set(made, state);
      if (before !== undefined && before !== state && state !== "plain" && !why && wasKnown) {
        news.push(texts.stateNow(title, texts.states[state], value));
      }
    }
    announce(why, news);
    panels.forEach((panel) => panel.show({ values, why, link }));
    return why;
  }

  /** Say states that are others than before, for colours are not read out; and once, not each second, that none is. */
  function announce(why, news) {
    if (wasKnown === Boolean(why)) {
      news.push(why ?? texts.knownAgain);
    }
    wasKnown = why ? wasKnown && false : true;
    if (news.length) {
      say(announcer, news.join("; "));
    }
  }

  return { box, tenant, show, arrange: arranging.set };
}
