"""Hearing: the engine of a partition of what is told. Its records are batches of rows, its owners whom they tell.

Nothing of it is late and nothing is rejected for its instant: whoever told it has judged that. The watermark is how
far the tellers had come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.delta import Delta
from aggregators.engine import Engine, Life
from aggregators.events import Rejected
from aggregators.facts import Key
from aggregators.instants import DAY_MS
from aggregators.observe import Observation
from aggregators.presence import Day
from aggregators.tally import Tally
from aggregators.telling import BY_CUSTOMER, Batch, day_number, fact_of, name_in, offers_of, owners, shares_of, sign_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregators.engine import Records
    from aggregators.facts import Fact, Facts

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
                        if owner[2] == BY_CUSTOMER:
                            oldest[owner] = min([fact[0] for fact in life.facts.values()], default=_NEVER)
                    # Nothing is kept as well: a worker that has lost its partition may tell something older after it.
                    fact = fact_of(row, version, owner[2])
                    first = oldest.get(owner, _NEVER)
                    life = lives[owner] = self._awake(life, watermark, tally, oldest=first)
                    if fact.at < first:
                        oldest[owner] = fact.at
                    known = life.facts.get(fact.id)
                    life.add(fact)  # what was told before, or anew, is no event that came twice
                    if known is not None and owner[2] == BY_CUSTOMER and name_in(known) and not name_in(fact):
                        life.all_anew = True  # nothing of who is forgotten stays behind what replaces it
            delta.counts["told"] += len(rows)
        if watermark is not None:
            self._settle_all(lives.values(), tally, watermark)
            self._pass_timers(tally, watermark)
        self.watermark = delta.watermark = watermark
        return delta

    def _first(self, life: Life) -> int:
        """Return an instant at which whoever tells has counted under the same labels before."""
        return life.last + DAY_MS

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
        if life.changes:
            self._settle(life, tally, watermark)
        return Life(life.key, kept, fresh=True)

    def _seen(self, life: Life) -> tuple[Observation, Observation]:
        """Return what changes: of an agent's day only what follows the first instant that is not as it was."""
        if self._is_whole(life.key):
            return super()._seen(life)
        day = life.day
        if day is None:
            day = life.day = Day(life.key.tenant, day_number(life.key.kind), self._definitions)
            for fact in life.original:
                _tell(day, fact, 1)
            day.settle()
        for identifier, known in life.changes.items():
            if known is not None:
                _tell(day, known, -1)
            _tell(day, life.facts[identifier], 1)
        before, after = day.settle()
        return Observation(*before, {}, open=False, told={}), Observation(*after, {}, open=False, told={})


def _tell(day: Day, fact: Fact, by: int) -> None:
    """Tell a day what it is to know (*by* is 1), or not to know any more (-1)."""
    sign = sign_of(fact)
    if sign is not None:
        day.sign(sign, by)
        return
    for share in shares_of(fact):
        day.share(share, by)
    for offer in offers_of(fact):
        day.offer(offer, by)
