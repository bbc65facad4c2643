// How far the numbers can be trusted: asked for now and then; ages go on in between.

const EVERY_MS = 3000;

export class Trust {
  said = null;
  #silent = [];
  #heardAt = null;

  /** Ask again and again, of the tenant that `tenant` returns. */
  follow(tenant) {
    const ask = async () => {
      try {
        const chosen = tenant();
        const query = chosen ? `?${new URLSearchParams({ tenant: chosen })}` : "";
        const [trust, silence] = await Promise.all([fetch(`/api/v1/trust${query}`), fetch("/api/v1/silence")]);
        if (trust.ok && silence.ok) {
          this.said = await trust.json();
          this.#silent = (await silence.json()).silent;
          this.#heardAt = performance.now();
        }
      } catch {
        // The stream of changes notices as well, and the board says so.
      }
      setTimeout(ask, EVERY_MS);
    };
    ask();
  }

  /** Return every source with the age of its latest event now, in seconds. */
  sources() {
    const known = (this.said?.sources ?? []).filter(({ age_s }) => age_s !== null);
    return known.map(({ source, age_s }) => ({ source, ageS: age_s + this.#sinceS() }));
  }

  /** Return the silent source of a board, with how many others are; undefined if none is. */
  silent(board) {
    const found = this.#silent.find((each) => each.board === board);
    return found && { ...found, ageS: found.age_s + this.#sinceS() };
  }

  #sinceS() {
    return this.#heardAt === null ? 0 : (performance.now() - this.#heardAt) / 1000;
  }
}
