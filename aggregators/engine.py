"""The engine: records of one partition in, the difference they make out. Pure; the tables are somebody else's.

Whatever depends on position depends on it record by record: how records are cut into chunks changes nothing.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.delta import Cause, Delta, Entry, FactsPut, Restated
from aggregators.events import Event, Rejected
from aggregators.facts import Fact, Facts, Key, Merge, key_of, merge
from aggregators.forgetting import FORGOTTEN, blank, blanked
from aggregators.indexing import change_intervals, hold_intervals, hold_stops
from aggregators.instants import DAY_MS, MINUTE_MS
from aggregators.observe import NOTHING, Observation, observe
from aggregators.panes import bucket_of
from aggregators.samples import Labels, Sample, is_timer
from aggregators.tally import NO_BUCKET, Tally
from aggregators.telling import BY_CUSTOMER, Batch, changed, is_told, joined
from aggregators.vocabulary import AGENT, BY_CODE, CONVERSATION, CURRENCY, NAME, RANKS, SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aggregators.definitions import Definitions
    from aggregators.presence import Day

    Records = Sequence[tuple[int, Event | Rejected | Batch]]

CLAMP_MS: Final = MINUTE_MS
"""An `at` further ahead of its record's timestamp is a wrong clock: the timestamp is taken instead."""
LATE_MS: Final = 10 * MINUTE_MS
"""A fact that comes this far behind the watermark counts as applied late, and what it changes as restated."""
_new: Final = tuple.__new__
"""As in events: a named tuple in half the time."""
WARM_OWNERS: Final = 2_000
"""So many owners lately touched are remembered whole: their next event needs neither a look-up nor a sweep before."""
MAX_SOURCES: Final = 100
_FAMILIES: Final = {AGENT: "people", SESSION: "selfservice", CURRENCY: "cost", NAME: "kpi"}
"""The family that counts what an event without a conversation is about."""
COUNTED_AS: Final[dict[Merge, str]] = {"duplicate": "duplicates", "replaced": "replaced"}


class Incoming(NamedTuple):
    """A record as the engine sees it: its timestamp in epoch ms and what its value decoded to."""

    timestamp: int
    content: Event | Rejected | Batch


class Life:
    """The facts of one owner while a run of records touches them. `last` is the instant of the latest, `was` before.

    `changes` are the ids that came in, each with the fact that it was before, None where it is new; in a `fresh` life
    nothing of what is stored goes on. `lost` are all the facts as they were whenever one of them was replaced, noted
    where all is told again. `before` is what the owner contributed, None where nobody has looked yet. Of a `forgotten`
    one no fact names a customer.
    """

    __slots__ = (
        "all_anew", "before", "changes", "day", "facts", "forgotten", "fresh", "garbage", "key", "last", "lost",
        "original", "was",
    )  # fmt: skip

    def __init__(self, key: Key, facts: Facts | None, *, fresh: bool = False) -> None:
        self.key = key
        self.fresh = fresh
        self.all_anew = False
        self.before: Observation | None = None
        self.day: Day | None = None
        self.changes: dict[str, Fact | None] = {}
        self.lost: list[tuple[Fact, ...]] = []
        self.facts: Facts = facts or {}
        self.original: tuple[Fact, ...] = tuple(self.facts.values())
        self.forgotten = FORGOTTEN in [fact[3] for fact in self.original]
        self.last = max([fact[0] for fact in self.original], default=0)
        self.was: int | None = self.last if facts else None
        self.garbage = -1 if facts else 0  # how many replaced facts are stored; nobody knows where they are read back

    def again(self) -> Life:
        """Return what the next run goes on with."""
        self.fresh = False
        self.original = ()
        self.changes = {}
        self.lost = []
        self.was = self.last
        return self

    def add(self, fact: Fact, *, again: bool = False) -> Merge:
        """Merge an event that came in. Where all is told *again* it is noted what was known before a replacement."""
        if self.forgotten:
            fact = blanked(fact, self.key.tenant)
        identifier = fact[2]
        known = self.facts.get(identifier)
        if known is None:
            self.facts[identifier] = fact
            self.changes[identifier] = None
            self.last = max(self.last, fact[0])
            if fact[3] == FORGOTTEN:
                self._forget()
            return "new"
        stood = tuple(self.facts.values()) if again else ()
        change = merge(self.facts, fact, self.key)
        if change == "replaced":
            if again:
                self.lost.append(stood)
            self.changes.setdefault(identifier, known)
            if FORGOTTEN in (fact[3], known[3]):
                self._forget()
            if fact[0] >= self.last:
                self.last = fact[0]
            elif known[0] == self.last:
                self.last = max([each[0] for each in self.facts.values()])
        return change

    def _forget(self) -> None:
        """Take the customer out, if that is what is asked for by now."""
        self.forgotten = FORGOTTEN in [fact[3] for fact in self.facts.values()]
        # A name that only had a later form added behind it would stay where it is.
        if self.forgotten and blank(self.facts, self.key.tenant):
            self.all_anew = True

    def cause(self) -> Cause:
        """Return the event that came in and lies furthest back."""
        first = min([self.facts[identifier] for identifier in self.changes])
        return Cause(first[3], first[2])

    def put(self) -> FactsPut:
        """Return what to write. What was replaced stays where it is, until there is more of it than of the rest."""
        replaced = 0
        for known in self.changes.values():
            if known is not None:
                replaced += 1
        if replaced and self.garbage >= 0:
            self.garbage += replaced
        if self.fresh or self.all_anew or self.garbage > len(self.facts) or (replaced and self.garbage < 0):
            self.garbage, self.all_anew = 0, False
            return FactsPut(self.facts, None)
        return FactsPut(self.facts, [self.facts[identifier] for identifier in self.changes])


class Engine:
    """One partition. `watermark` is the greatest accepted `at`, None before the first.

    `due` are the timers of open legs that the watermark has not passed, `labels` the first instant of each label set.
    """

    def __init__(
        self,
        definitions: Definitions,
        *,
        watermark: int | None = None,
        due: Iterable[tuple[Entry, int]] = (),
        labels: dict[Labels, int] | None = None,
        sources: dict[str, int] | None = None,
        warm_owners: int = WARM_OWNERS,
    ) -> None:
        self._definitions = definitions
        self.watermark = watermark
        self._due: dict[Entry, int] = dict(due)
        self._timers = [(entry.content.at, entry) for entry in self._due]  # type: ignore[union-attr]  # samples
        heapq.heapify(self._timers)
        self._late_ms = min(LATE_MS, definitions.retention_ms)
        self._expires_after_ms = expires_after_ms(definitions)
        self._kept = kept_subjects(definitions)
        self._again = False
        self._warm_owners = warm_owners
        self._warm: dict[Key, Life] = {}
        self._labels = labels if labels is not None else {}
        self._sources = sources if sources is not None else {}

    def is_warm(self, key: Key) -> bool:
        """Tell whether `run` will do without a look-up of *key*."""
        return key in self._warm

    def owners(self, records: Records) -> set[Key]:
        """Return the owners whose facts `run` will look up."""
        kept = self._kept
        return {key_of(content) for _, content in records if isinstance(content, Event) and content[0].subject in kept}

    def run(self, records: Records, lookup: Callable[[Key], Facts | None], *, again: bool = False) -> Delta:
        """Apply consecutive records; return what they change, and what that tells others (all of it *again*).

        `lookup` returns a copy of the stored facts of an owner, or None. The engine moves on at once, so a delta that
        could not be committed means an engine made anew from what is stored.
        """
        self._again = again
        delta = Delta()
        tally = Tally(delta, self._definitions)
        lives: dict[tuple[str, str, str], Life] = {}
        retention_ms, kept = self._definitions.retention_ms, self._kept
        accepted = [0] * len(RANKS)
        watermark = self.watermark
        for index, (timestamp, content) in enumerate(records):
            if not isinstance(content, Event):
                delta.rejected.append((index, content if isinstance(content, Rejected) else Rejected("unknown_type")))
                continue
            kind, at, tenant, subject, identifier, source, fields = content
            if at > timestamp + CLAMP_MS:
                if at > timestamp + DAY_MS:
                    delta.rejected.append((index, Rejected("in_the_future")))
                    continue
                delta.counts["clamped"] += 1
                at = timestamp
            if watermark is None or at > watermark:
                passed = at
            else:
                passed = watermark
                if at < watermark - self._late_ms:
                    if at < watermark - retention_ms:
                        delta.rejected.append((index, Rejected("late")))
                        continue
                    self._see_late(at, delta)
            if source is not None:
                self._see_source(source, at, delta)
            accepted[kind.code] += 1
            if kind.subject in kept:
                # Equal to its Key, and made in no time.
                owner = (tenant, subject, "" if kind.subject == CONVERSATION else key_of(content)[2])
                life = lives.get(owner)
                if life is None:
                    life = lives[owner] = self._life(_new(Key, owner), lookup)
                if watermark is not None and watermark > life.last + retention_ms and life.facts:
                    life = lives[owner] = self._renew(life, watermark, tally)
                change = life.add(_new(Fact, (at, kind.rank, identifier, kind.code, fields)), again=again)
                if change != "new":
                    delta.counts[COUNTED_AS[change]] += 1
            watermark = passed
        delta.counts.update({BY_CODE[code].name: number for code, number in enumerate(accepted) if number})
        if watermark is not None:
            delta.is_coarse = delta.is_coarse or watermark > self._begins_at(records, watermark) + LATE_MS
            self._settle_all(lives.values(), tally, watermark)
            self._pass_timers(tally, watermark)
        self.watermark = delta.watermark = watermark
        return delta

    def _life(self, key: Key, lookup: Callable[[Key], Facts | None]) -> Life:
        warm = self._warm.pop(key, None)
        return Life(key, lookup(key)) if warm is None else warm.again()

    def _settle_all(self, lives: Iterable[Life], tally: Tally, watermark: int) -> None:
        """Settle what changed, and remember the latest of it."""
        for life in lives:
            if life.changes:
                self._settle(life, tally, watermark)
            elif life.before is None and life.day is None:
                continue
            if not life.key.kind or is_told(life.key.kind):
                self._warm[life.key] = life
        for key in list(self._warm)[: max(0, len(self._warm) - self._warm_owners)]:
            del self._warm[key]

    def _renew(self, life: Life, watermark: int, tally: Tally) -> Life:
        """Return *life*, or a new one if it has expired by now: the old one's difference stays in the delta."""
        if not is_expired(life.key, life.facts.values(), watermark=watermark, definitions=self._definitions):
            return life
        if life.changes:
            self._settle(life, tally, watermark)
        return Life(life.key, None, fresh=True)

    def _settle(self, life: Life, tally: Tally, watermark: int) -> None:
        """Commit the difference between what the life contributed before and what it does now."""
        definitions, delta, key = self._definitions, tally.delta, life.key
        delta.facts[key] = life.put()
        # By then every timer has expired too: whoever looks for what to clean up looks once.
        day = (life.last + self._expires_after_ms) // DAY_MS
        if life.was is None or (life.was + self._expires_after_ms) // DAY_MS != day:
            delta.expiry[day].add(key)
        before, after = self._seen(life)
        known = before.told
        for stood in life.lost:
            # Whoever counted up to there, and could not commit it, has told this.
            known = joined(known, observe(key, stood, definitions=definitions).told)
        if known or after.told:
            delta.told.update(changed(known, after.told, again=self._again))
        if after.hidden or life.fresh:
            delta.hidden[key] = after.hidden
        if after is NOTHING and before is NOTHING:
            return
        touched = self._change_events(before, after, tally)
        old, new, logged = before.samples, after.samples, len(delta.log)
        is_whole = self._is_whole(key)
        buckets: set[int] = set()
        for sample, number in new.items():
            by = number - old.get(sample, 0) if old else number
            if by:
                touched.add(sample[2])
                buckets.add(self._change(key, sample, by, number, tally, watermark, held=is_whole))
        for sample, number in old.items():
            if sample not in new:
                buckets.add(self._change(key, sample, -number, 0, tally, watermark, held=is_whole))
        if len(delta.log) > logged:
            cause = life.cause()
            delta.log[logged:] = [row._replace(cause=cause) for row in delta.log[logged:]]
        buckets.discard(NO_BUCKET)
        if buckets:
            hold_stops(key, buckets, new, delta)
        put = hold_intervals if is_whole else change_intervals
        touched |= put(key, before.intervals, after.intervals, delta, watermark=watermark)
        self._see_labels(touched, life, delta)

    def _is_whole(self, key: Key) -> bool:
        """Tell whether what is seen of an owner is always all of it: of an agent's day it is what changes."""
        return not is_told(key.kind) or key.kind == BY_CUSTOMER or "people" not in self._definitions.families

    def _seen(self, life: Life) -> tuple[Observation, Observation]:
        """Return what the life contributed before, and what it does now, but for what is the same."""
        before = life.before
        if before is None:
            before = observe(life.key, life.original, definitions=self._definitions) if life.original else NOTHING
        after = life.before = observe(life.key, life.facts.values(), definitions=self._definitions)
        return before, after

    def _change_events(self, before: Observation, after: Observation, tally: Tally) -> set[Labels]:
        """Count the events anew; return the label sets that have any."""
        for labels, numbers in after.events.items():
            tally.add_events(labels, before.events.get(labels, {}), numbers)
        for labels, numbers in before.events.items():
            if labels not in after.events:
                tally.add_events(labels, numbers, {})
        return set(after.events)

    def _change(  # noqa: PLR0917 - called for every sample: names would cost
        self, key: Key, sample: Sample, by: int, number: int, tally: Tally, watermark: int, *, held: bool
    ) -> int:
        """Count a sample *by* times more (*number* in all), or note its timer while that lies ahead.

        Returns the bucket in which all that is *held* of its owner has to be put, NO_BUCKET if there is none.
        """
        at, known, timer = sample[1], self.watermark, is_timer(sample)
        bucket = NO_BUCKET
        if held and not timer:
            bucket = tally.add(sample, by, watermark=watermark)
        else:
            entry = _new(Entry, (key[0], key[1], sample))
            if timer and (known is None or at >= known):
                if entry not in self._due and number:
                    heapq.heappush(self._timers, (at, entry))
                if number:
                    self._due[entry] = number
                else:
                    self._due.pop(entry, None)
                tally.delta.due[bucket_of(at)][entry] = number
                return NO_BUCKET
            tally.add_single(entry, by, number, watermark=watermark)
        if known is not None and at < known - LATE_MS:
            tally.delta.counts["restatements"] += 1
            tally.delta.log.append(Restated(known, key[0], key[1], sample, by))
        return bucket

    def _pass_timers(self, tally: Tally, watermark: int) -> None:
        """Count the timers that the watermark has passed."""
        while self._timers and self._timers[0][0] < watermark:
            at, entry = heapq.heappop(self._timers)
            number = self._due.pop(entry, 0)
            if number:
                tally.delta.due[bucket_of(at)][entry] = 0
                tally.add_single(entry, number, number, watermark=watermark)

    def _see_labels(self, touched: Iterable[Labels], life: Life, delta: Delta) -> None:
        """Note for each label set the first instant of any conversation that ever counted under it."""
        first = self._first(life)
        for labels in touched:
            known = self._labels.get(labels)
            if known is None or first < known:
                self._labels[labels] = delta.labels[labels] = first

    def _first(self, life: Life) -> int:
        """Return the first instant of an owner that has facts."""
        return min([fact[0] for fact in life.facts.values()])

    def _see_late(self, at: int, delta: Delta) -> None:
        delta.counts["late_applied"] += 1
        if self.watermark is None or at >= self.watermark - LATE_MS:
            # Late by what came before it in this run, so that nothing of it is logged.
            delta.is_coarse = True

    def _begins_at(self, records: Records, watermark: int) -> int:
        """Return the watermark behind the first event of *records*; that behind all is *watermark*."""
        first = next((content[1] for _, content in records if isinstance(content, Event)), watermark)
        return min(watermark, first if self.watermark is None else max(first, self.watermark))

    def _see_source(self, source: str, at: int, delta: Delta) -> None:
        known = self._sources.get(source)
        if (known is None and len(self._sources) < MAX_SOURCES) or (known is not None and at > known):
            self._sources[source] = delta.sources[source] = at


def kept_subjects(definitions: Definitions) -> frozenset[int]:
    """Return the subjects whose events are kept as facts: conversations, and whatever else a family counts.

    A centre's agents send more heartbeats than its customers send messages. Of what nobody counts only the number of
    events by type is kept, each repeat one of them.
    """
    return frozenset(
        {CONVERSATION, *(subject for subject, family in _FAMILIES.items() if family in definitions.families)}
    )


def expires_after_ms(definitions: Definitions) -> int:
    """Return how long after its latest fact an owner's facts have expired at the latest, unless something is open."""
    longest_ms = max(definitions.ghost_ms, definitions.silent_ms)
    if "surveys" in definitions.families:
        longest_ms = max(longest_ms, definitions.survey_settle_ms)
    if "resolution" in definitions.families:
        longest_ms = max(longest_ms, definitions.settle_ms)
    if "customers" in definitions.families:
        # A day more: what a customer is told of stands at the day.
        longest_ms = max(longest_ms, definitions.repeat_ms + DAY_MS, definitions.settle_ms + DAY_MS)
    return definitions.retention_ms + longest_ms


def is_expired(key: Key, facts: Iterable[Fact], *, watermark: int | None, definitions: Definitions) -> bool:
    """Tell whether what is stored of *key* is closed and older than the retention, and so is not there any more."""
    known = tuple(facts)
    last = max((fact.at for fact in known), default=0)
    if watermark is None or watermark <= last + definitions.retention_ms:
        return False
    seen = observe(key, known, definitions=definitions)
    timers = [sample.at for sample in seen.samples if is_timer(sample)]
    return not seen.open and watermark > max([last, *timers]) + definitions.retention_ms
