// Trends: what a number was since this page was opened.

const POINTS = 90;

/** The trends of the tiles of a screen. */
export class Trends {
  #trends = new Map();

  of(tile) {
    return this.#trends.get(tile);
  }

  /** Note what each tile shows now. */
  note(tiles, values, read) {
    for (const made of tiles) {
      let trend = this.#trends.get(made);
      if (!trend) {
        this.#trends.set(made, (trend = { points: [], stepMs: made.spanMs / POINTS }));
      }
      const value = read(made);
      const last = trend.points.at(-1);
      if (!last || values.asOf - last[0] >= trend.stepMs) {
        trend.points.push([values.asOf, value ?? null]);
      }
    }
  }
}
