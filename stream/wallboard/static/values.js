// What was last heard of every number: a whole picture first, then what changed.

/** The numbers by metric, labels and window; and the instant they are for. Instants are epoch milliseconds. */
export class Values {
  #values = new Map();
  #groups = new Map();
  asOf = null;
  madeAt = null;
  trouble = null;
  heardAt = null; // on the clock of performance.now()

  whole(data) {
    this.#values.clear();
    this.#groups.clear();
    this.#take(data);
  }

  changed(data) {
    for (const gone of data.gone ?? []) {
      const key = keyOf(gone.metric, gone.labels, gone.window);
      this.#values.delete(key);
      this.#groups.get(gone.metric)?.delete(key);
    }
    this.#take(data);
  }

  /** Return the value, undefined if it is not known. */
  get(metric, labels, window) {
    return this.#values.get(keyOf(metric, labels, window));
  }

  /** Return the label sets that `metric` has values for. */
  groups(metric) {
    return [...(this.#groups.get(metric)?.values() ?? [])];
  }

  /** Return the instant the numbers would be for now: that of the last snapshot, gone on for at most `mostMs`. */
  nowish(mostMs = 2500) {
    return this.asOf === null ? null : this.asOf + Math.min(performance.now() - this.heardAt, mostMs);
  }

  #take(data) {
    this.asOf = data.as_of === null ? null : Date.parse(data.as_of);
    this.madeAt = data.made_at === null ? null : Date.parse(data.made_at);
    this.trouble = data.trouble;
    this.heardAt = performance.now();
    for (const each of data.values) {
      const key = keyOf(each.metric, each.labels, each.window);
      this.#values.set(key, each.value);
      let groups = this.#groups.get(each.metric);
      if (!groups) {
        this.#groups.set(each.metric, (groups = new Map()));
      }
      groups.set(key, each.labels);
    }
  }
}

function keyOf(metric, labels, window) {
  const pairs = Object.keys(labels).sort().map((name) => [name, labels[name]]);
  return JSON.stringify([metric, window ?? null, pairs]);
}
