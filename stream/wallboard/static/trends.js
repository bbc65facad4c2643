// Trends: what a number was before this page was opened, asked now and then, and what has been heard since.

import { fetchInTurn } from "./asking.js";
import { queryOf } from "./places.js";
import { makeTurns } from "./turns.js";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const QUARTER_MS = 900_000; // what is longer ago is known to the quarter of an hour
const AGAIN_MS = 300_000; // what came late has changed the past by then
const SOON_MS = 10_000;
const turn = makeTurns();

/** One number over time: points at multiples of a step, and the one of now. */
class Trend {
  points = [];
  now = null;
  askedAt = null;

  constructor(made) {
    this.made = made;
    this.stepMs = made.spanMs > HOUR_MS ? QUARTER_MS : MINUTE_MS;
  }

  all() {
    return this.now === null ? this.points : [...this.points, this.now];
  }

  note(at, value) {
    const last = this.points.at(-1);
    if (!last || at - last[0] >= this.stepMs) {
      this.points.push([at, value]);
      this.points = this.points.filter(([then]) => then >= at - this.made.spanMs);
    }
    this.now = [at, value];
  }

  async ask(toMs) {
    const { tile, place, spanMs } = this.made;
    const query = queryOf(tile.value, place, tile.window);
    query.set("from", new Date(toMs - spanMs).toISOString());
    query.set("to", new Date(toMs).toISOString());
    query.set("step", `${this.stepMs / 1000}s`);
    try {
      const answer = await fetchInTurn(`/api/v1/history?${query}`);
      if (answer.ok) {
        const past = (await answer.json()).points.map(([at, value]) => [Date.parse(at), value]);
        const lastAt = past.at(-1)?.[0] ?? 0;
        this.points = [...past, ...this.points.filter(([at]) => at > lastAt)];
      }
    } catch {
      // The connection was lost: the board says so, and the trend goes on from what it has.
      this.askedAt += SOON_MS - AGAIN_MS;
    }
  }
}

/** The trends of the tiles of a screen; `hasHistory` tells whether the server knows the past. */
export class Trends {
  #trends = new Map();
  #hasHistory;

  constructor(hasHistory) {
    this.#hasHistory = hasHistory;
  }

  of(made) {
    return this.#trends.get(made);
  }

  /** Forget those of tiles that are shown no more. */
  keep(tiles) {
    for (const made of this.#trends.keys()) {
      if (!tiles.includes(made)) {
        this.#trends.delete(made);
      }
    }
  }

  /** Note what each tile shows now; ask for the past of one that has none, or an old one. */
  note(tiles, values, read) {
    const now = performance.now();
    for (const made of tiles) {
      if (!this.#trends.has(made)) {
        this.#trends.set(made, new Trend(made));
      }
      const trend = this.#trends.get(made);
      const value = read(made);
      trend.note(values.asOf, value ?? null);
      // Of a place that nobody has heard of there is no past to ask for.
      if (this.#hasHistory && value !== undefined && (trend.askedAt === null || now - trend.askedAt > AGAIN_MS)) {
        trend.askedAt = now;
        turn(() => trend.ask(values.asOf));
      }
    }
  }
}
