// How far the numbers can be trusted: asked for now and then; ages go on in between.

const EVERY_MS = 3000;
const RESTATED_EVERY_MS = 30_000; // the whole log is read for it
const HOUR_MS = 3_600_000;
const MOST = 3; // on a wall there is no room for more

export class Trust {
  said = null;
  restated = null; // what was counted anew in the last hour: how many events, and the latest of them
  #silent = [];
  #heardAt = null;

  /** Ask again and again, of the tenant that `tenant` returns. */
  follow(tenant, { hasRestatements = false } = {}) {
    if (hasRestatements) {
      this.#followRestated(tenant);
    }
    const ask = async () => {
      try {
        const chosen = tenant();
        const query = chosen ? `?${new URLSearchParams({ tenant: chosen })}` : "";
        const [trust, silence] = await Promise.all([fetch(`/api/v1/trust${query}`), fetch("/api/v1/silence")]);
        // Of a tenant that is not known there is nothing to trust; sources are silent all the same.
        this.said = trust.ok ? await trust.json() : null;
        if (silence.ok) {
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

  #followRestated(tenant) {
    const ask = async () => {
      try {
        const asOf = Date.parse(this.said?.as_of ?? "");
        if (!Number.isNaN(asOf)) {
          const query = new URLSearchParams({ since: new Date(asOf - HOUR_MS).toISOString(), limit: MOST });
          if (tenant()) {
            query.set("tenant", tenant());
          }
          const answer = await fetch(`/api/v1/restated-numbers?${query}`);
          this.restated = answer.ok ? await answer.json() : null;
        }
      } catch {
        this.restated = null;
      }
      setTimeout(ask, this.said ? RESTATED_EVERY_MS : EVERY_MS);
    };
    ask();
  }

  #sinceS() {
    return this.#heardAt === null ? 0 : (performance.now() - this.#heardAt) / 1000;
  }
}
