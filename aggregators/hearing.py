"""Hearing: the engine of a partition of what is told. Its records are batches of rows, its owners whom they tell.

Nothing of it is late and nothing is rejected for its instant: whoever told it has judged that. The watermark is how
far the tellers had come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.delta import Delta
from aggregators.engine import COUNTED_AS, Engine, Life
from aggregators.events import Rejected
from aggregators.facts import Key
from aggregators.instants import DAY_MS
from aggregators.tally import Tally
from aggregators.telling import BY_CUSTOMER, Batch, fact_of, owners

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregators.engine import Records
    from aggregators.facts import Facts

FORGOTTEN_AFTER_MS: Final = 21 * DAY_MS
"""So long after the retention a customer's conversation is forgotten, where the customer comes on and on.

Its contacts and solves concern what lies a week and what settles another week around them; of all the rest there is
no telling any more.
"""


_NEVER: Final = 1 << 62


class Hearing(Engine):
    """The engine of one partition of what is told."""

    def owners(self, records: Records) -> set[Key]:
        """Return the owners whose facts `run` will look up."""
        return {
            Key(*owner)
            for _, content in records
            if isinstance(content, Batch)
            for row in content.rows
            for owner in owners(row)
        }

    def run(self, records: Records, lookup: Callable[[Key], Facts | None], *, again: bool = False) -> Delta:
        """Apply consecutive records; return what they change. Whoever is told tells nobody, *again* or not."""
        self._again = again
        delta = Delta()
        tally = Tally(delta, self._definitions)
        lives: dict[tuple[str, str, str], Life] = {}
        oldest: dict[tuple[str, str, str], int] = {}
        watermark = self.watermark
        for index, (_, content) in enumerate(records):
            if not isinstance(content, Batch):
                delta.rejected.append((index, content if isinstance(content, Rejected) else Rejected("unknown_type")))
                continue
            version, reached, rows = content
            if watermark is None or reached > watermark:
                watermark = reached
            for row in rows:
                for owner in owners(row):
                    life = lives.get(owner)
                    if life is None:
                        life = lives[owner] = self._life(Key(*owner), lookup)
                        oldest[owner] = min([fact[0] for fact in life.facts.values()], default=_NEVER)
                    # Nothing is kept as well: a worker that has lost its partition may tell something older after it.
                    fact = fact_of(row, version, owner[2])
                    life = lives[owner] = self._awake(life, watermark, tally, oldest=oldest[owner])
                    oldest[owner] = min(oldest[owner], fact.at)
                    change = life.add(fact)
                    if change != "new":
                        delta.counts[COUNTED_AS[change]] += 1
            delta.counts["told"] += len(rows)
        if watermark is not None:
            self._settle_all(lives.values(), tally, watermark)
            self._pass_timers(tally, watermark)
        self.watermark = delta.watermark = watermark
        return delta

    def _first(self, life: Life) -> int:
        """Return an instant at which whoever tells has counted under the same labels before."""
        return max([fact[0] for fact in life.facts.values()]) + DAY_MS

    def _awake(self, life: Life, watermark: int, tally: Tally, *, oldest: int) -> Life:
        """Return *life*, or a new one without what is long past: what that contributed stays as it is.

        Nothing of it is before *oldest*.
        """
        if not life.facts:
            return life
        retention_ms = self._definitions.retention_ms
        if watermark > life.last + retention_ms:
            return self._renew(life, watermark, tally)
        if life.key.kind != BY_CUSTOMER:
            return life
        since = watermark - retention_ms - FORGOTTEN_AFTER_MS
        if oldest >= since:
            return life
        kept = {identifier: fact for identifier, fact in life.facts.items() if fact[0] >= since}
        if len(kept) == len(life.facts):
            return life
        if life.changed:
            self._settle(life, tally, watermark)
        fresh = Life(life.key, kept)
        fresh.added = None
        return fresh
