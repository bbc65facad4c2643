// Which channels and queues are known: those that have or had numbers since the page was opened, those a board names.

import { nameOf } from "./places.js";

export class Heard {
  #heard = new Map();
  #named;

  /** `boards` are as they are laid out: what they name is meant, whether it has numbers or not. */
  constructor(boards) {
    this.#named = boards.flatMap((board) => [board, ...board.tiles]).filter(({ channel }) => channel);
  }

  /** Take what has numbers now; while they are in trouble some may be missing, and none is new. */
  meet(values) {
    if (values.trouble) {
      return;
    }
    for (const place of ["channel", "queue"].flatMap((level) => values.groups(nameOf("waiting", level)))) {
      this.#heard.set(JSON.stringify([place.tenant, place.channel, place.queue]), place);
    }
  }

  /** Return the places of these tenants; none while none has had numbers, for then nobody knows which there are. */
  of(tenants) {
    const heard = [...this.#heard.values()].filter(({ tenant }) => tenants.has(tenant));
    return heard.length ? [...heard, ...this.#named.filter(({ tenant }) => tenant === null || tenants.has(tenant))] : [];
  }
}
