// How far the numbers can be trusted: asked for now and then; ages go on in between.

const EVERY_MS = 3000;

export class Trust {
  said = null;
  #heardAt = null;

  /** Ask again and again, of the tenant that `tenant` returns. */
  follow(tenant) {
    const ask = async () => {
      try {
        const chosen = tenant();
        const answer = await fetch(`/api/v1/trust${chosen ? `?${new URLSearchParams({ tenant: chosen })}` : ""}`);
        if (answer.ok) {
          this.said = await answer.json();
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
    const sinceS = this.#heardAt === null ? 0 : (performance.now() - this.#heardAt) / 1000;
    const known = (this.said?.sources ?? []).filter(({ age_s }) => age_s !== null);
    return known.map(({ source, age_s }) => ({ source, ageS: age_s + sinceS }));
  }
}
