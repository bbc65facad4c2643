// Trends: what a number was before this page was opened, asked once, and what has been heard since.

import { queryOf } from "./places.js";

const POINTS = 90;
const AGAIN_MS = 300_000; // what came late has changed the past by then

/** The trends of the tiles of a screen. */
export class Trends {
  #trends = new Map();

  of(tile) {
    return this.#trends.get(tile);
  }

  /** Note what each tile shows now; ask for the past of one that has none, or an old one. */
  note(tiles, values, read) {
    const now = performance.now();
    for (const made of tiles) {
      let trend = this.#trends.get(made);
      if (!trend) {
        this.#trends.set(made, (trend = { points: [], askedAt: null, stepMs: made.spanMs / POINTS }));
      }
      const value = read(made);
      const last = trend.points.at(-1);
      if (!last || values.asOf - last[0] >= trend.stepMs) {
        trend.points.push([values.asOf, value ?? null]);
      }
      // Of a place that nobody has heard of there is no past to ask for.
      if (value !== undefined && (trend.askedAt === null || now - trend.askedAt > AGAIN_MS)) {
        trend.askedAt = now;
        this.#ask(made, trend, values.asOf);
      }
    }
  }

  async #ask(made, trend, toMs) {
    const query = queryOf(made.tile.value, made.place, made.tile.window);
    query.set("from", new Date(toMs - made.spanMs).toISOString());
    query.set("to", new Date(toMs).toISOString());
    query.set("step", `${Math.max(10, Math.round(trend.stepMs / 10_000) * 10)}s`);
    try {
      const answer = await fetch(`/api/v1/history?${query}`);
      if (answer.ok) {
        const past = (await answer.json()).points.map(([at, value]) => [Date.parse(at), value]);
        const lastAt = past.at(-1)?.[0] ?? 0;
        trend.points = [...past, ...trend.points.filter(([at]) => at > lastAt)];
      }
    } catch {
      // The connection is lost: the board says so, and the trend goes on from what it has.
    }
  }
}
