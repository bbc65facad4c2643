"""The engine: records of one partition in, the difference they make out. Pure; the tables are somebody else's.

Whatever depends on position depends on it record by record: how records are cut into chunks changes nothing.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from aggregators import measures
from aggregators.delta import Delta, Entry, FactsPut, Restated
from aggregators.events import Event, Rejected
from aggregators.facts import Fact, Facts, Key, Merge, key_of, merge
from aggregators.instants import DAY_MS, MINUTE_MS
from aggregators.observe import NOTHING, Observation, observe
from aggregators.panes import ALL_TIME, FINE, STOPS_KEPT_MS, WIDTHS, Pane, bucket_of, is_bucket_kept, is_kept
from aggregators.samples import Interval, Labels, Leg, Sample, is_timer
from aggregators.vocabulary import SOURCE, EventType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aggregators.definitions import Definitions

CLAMP_MS = MINUTE_MS
"""An `at` further ahead of its record's timestamp is a wrong clock: the timestamp is taken instead."""
LATE_MS = 10 * MINUTE_MS
"""A fact that comes this far behind the watermark counts as applied late, and what it changes as restated."""
OPEN_BUCKETS = 64
WARM_OWNERS = 5_000
"""So many owners lately touched are remembered whole: their next event needs neither a look-up nor a sweep before."""
MAX_SOURCES = 100


class Incoming(NamedTuple):
    """A record as the engine sees it: its timestamp in epoch ms and what its value decoded to."""

    timestamp: int
    content: Event | Rejected


class _Life:
    """The facts of one owner while a run of records touches them."""

    __slots__ = ("added", "before", "changed", "facts", "last", "original")

    def __init__(self, facts: Facts | None, before: Observation | None = None) -> None:
        self.changed = False
        self.before = before
        self.added: list[Fact] | None = []
        if facts:
            self.facts = facts
            self.original: tuple[Fact, ...] = tuple(facts.values())
            self.last = max([fact.at for fact in self.original])
        else:
            self.facts = {}
            self.original = ()
            self.last = 0

    def take(self, at: int, change: Merge) -> None:
        """Note that a fact of *at* came in, or took another's place; it is the last of `facts` if it is new."""
        self.changed = True
        if change == "replaced":
            self.added = None
            self.last = max([fact.at for fact in self.facts.values()])
            return
        self.last = max(self.last, at)
        if self.added is None:
            return
        self.added.append(next(reversed(self.facts.values())))


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
    ) -> None:
        self._definitions = definitions
        self.watermark = watermark
        self._due: dict[Entry, int] = dict(due)
        self._timers = [(entry.content.at, entry) for entry in self._due]  # type: ignore[union-attr]  # samples
        heapq.heapify(self._timers)
        self._slots: dict[int, list[dict[Labels, dict[int, int]]]] = {}
        self._warm: dict[Key, tuple[Facts, Observation]] = {}
        self._labels = labels if labels is not None else {}
        self._sources = sources if sources is not None else {}

    def is_warm(self, key: Key) -> bool:
        """Tell whether `run` will do without a look-up of *key*."""
        return key in self._warm

    def run(self, records: Sequence[Incoming], lookup: Callable[[Key], Facts | None]) -> Delta:
        """Apply consecutive records; return what they change.

        `lookup` returns a copy of the stored facts of an owner, or None. The engine moves on at once, so a delta that
        could not be committed means an engine made anew from what is stored.
        """
        delta = Delta()
        self._slots = {}
        lives: dict[Key, _Life] = {}
        retention_ms = self._definitions.retention_ms
        late_ms = min(LATE_MS, retention_ms)
        types: dict[EventType, int] = {}
        watermark = self.watermark
        for index, (timestamp, content) in enumerate(records):
            if isinstance(content, Rejected):
                delta.rejected.append((index, content))
                continue
            kind, at, _, _, identifier, source, fields = content
            if at > timestamp + CLAMP_MS:
                if at > timestamp + DAY_MS:
                    delta.rejected.append((index, Rejected("in_the_future")))
                    continue
                delta.counts["clamped"] += 1
                at = timestamp
            if watermark is not None and at < watermark - late_ms:
                if at < watermark - retention_ms:
                    delta.rejected.append((index, Rejected("late")))
                    continue
                delta.counts["late_applied"] += 1
            if source is not None:
                self._see_source(source, at, delta)
            types[kind] = types.get(kind, 0) + 1
            if kind.subject != SOURCE:
                key = key_of(content)
                life = lives.get(key)
                if life is None:
                    warm = self._warm.pop(key, None)
                    life = lives[key] = _Life(lookup(key)) if warm is None else _Life(*warm)
                if watermark is not None and watermark > life.last + retention_ms and life.facts:
                    life = lives[key] = self._renew(key, life, watermark, delta)
                change = merge(life.facts, tuple.__new__(Fact, (at, kind.rank, identifier, kind.code, fields)), key)
                if change == "duplicate":
                    delta.counts["duplicates"] += 1
                else:
                    life.take(at, change)
                    if change == "replaced":
                        delta.counts["replaced"] += 1
            if watermark is None or at > watermark:
                watermark = at
        delta.counts.update({kind.name: number for kind, number in types.items()})
        for key, life in lives.items():
            if life.changed:
                self._warm[key] = (life.facts, self._settle(key, life, delta, watermark))
        for key in list(self._warm)[: max(0, len(self._warm) - WARM_OWNERS)]:
            del self._warm[key]
        self._pass_timers(delta, watermark)
        self.watermark = delta.watermark = watermark
        return delta

    def _renew(self, key: Key, life: _Life, watermark: int, delta: Delta) -> _Life:
        """Return *life*, or a new one if it has expired by now: the old one's difference stays in *delta*."""
        if not is_expired(key, life.facts.values(), watermark=watermark, definitions=self._definitions):
            return life
        if life.changed:
            self._settle(key, life, delta, watermark)
        fresh = _Life(None)
        fresh.added = None
        return fresh

    def _settle(self, key: Key, life: _Life, delta: Delta, watermark: int | None) -> Observation:
        """Add to *delta* the difference between what the life contributed before and what it does now: return that."""
        definitions = self._definitions
        delta.facts[key] = FactsPut(life.facts, life.added)
        # By then every timer has expired too: whoever looks for what to clean up looks once.
        expires_after_ms = definitions.retention_ms + definitions.ghost_ms
        day = (life.last + expires_after_ms) // DAY_MS
        if not life.original or (max(fact.at for fact in life.original) + expires_after_ms) // DAY_MS != day:
            delta.expiry[day].add(key)
        if key.kind:
            return NOTHING
        before = life.before
        if before is None:
            before = observe(key, life.original, definitions=definitions) if life.original else NOTHING
        after = observe(key, life.facts.values(), definitions=definitions)
        first = min([fact.at for fact in life.facts.values()])
        for pair, number in after.events.items():
            if (more := number - before.events.get(pair, 0)) != 0:
                _add(_groups(delta, ALL_TIME), pair[0], ((measures.EVENTS + pair[1], more),), 1)
            self._see_labels(pair[0], first, delta)
        for pair, number in before.events.items():
            if pair not in after.events:
                _add(_groups(delta, ALL_TIME), pair[0], ((measures.EVENTS + pair[1], number),), -1)
        old, new = before.samples, after.samples
        for sample, number in new.items():
            had = old.get(sample, 0)
            if had != number:
                self._change(Entry(key.tenant, key.subject, sample), number - had, number, delta, watermark)
                self._see_labels(sample[2], first, delta)
        for sample, number in old.items():
            if sample not in new:
                self._change(Entry(key.tenant, key.subject, sample), -number, 0, delta, watermark)
        for interval, number in after.intervals.items():
            if before.intervals.get(interval, 0) != number:
                self._put_interval(Entry(key.tenant, key.subject, interval), number, delta, watermark)
                self._see_labels(interval.labels, first, delta)
        for interval in before.intervals:
            if interval not in after.intervals:
                self._put_interval(Entry(key.tenant, key.subject, interval), 0, delta, watermark)
        return after

    def _change(self, entry: Entry, by: int, number: int, delta: Delta, watermark: int | None) -> None:
        """Count a sample *by* times more (now *number* in all), or note its timer while that lies ahead."""
        sample: Sample = entry.content  # type: ignore[assignment]  # never an interval here
        if is_timer(sample) and (self.watermark is None or sample.at >= self.watermark):
            if entry not in self._due and number:
                heapq.heappush(self._timers, (sample.at, entry))
            if number:
                self._due[entry] = number
            else:
                self._due.pop(entry, None)
            delta.due[bucket_of(sample.at)][entry] = number
            return
        self._count(entry, by, number, delta, watermark)
        if self.watermark is not None and sample.at < self.watermark - LATE_MS:
            delta.counts["restatements"] += 1
            delta.log.append(Restated(self.watermark, entry.tenant, entry.conversation, sample, by))

    def _count(self, entry: Entry, by: int, number: int, delta: Delta, watermark: int | None) -> None:
        """Add a sample to its panes and to the index of stops, *by* times (now *number* in all)."""
        sample: Sample = entry.content  # type: ignore[assignment]  # never an interval here
        at, labels = sample[1], sample[2]
        totals = measures.all_time(sample)
        if totals:
            _add(_groups(delta, ALL_TIME), labels, totals, by)
        now = at if watermark is None else watermark
        slot = self._slots.get(at // FINE.ms)
        if slot is None:
            panes = (Pane(width.ms, at - at % width.ms) for width in WIDTHS)
            slot = self._slots[at // FINE.ms] = [_groups(delta, pane) for pane in panes if is_kept(pane, now)]
        amounts = measures.rolling(sample, self._definitions)
        for groups in slot:
            _add(groups, labels, amounts, by)
        bucket = bucket_of(at)
        if is_bucket_kept(bucket, now, kept_ms=STOPS_KEPT_MS):
            delta.stops[bucket][entry] = number

    def _pass_timers(self, delta: Delta, watermark: int | None) -> None:
        """Count the timers that the watermark has passed."""
        while self._timers and watermark is not None and self._timers[0][0] < watermark:
            _, entry = heapq.heappop(self._timers)
            number = self._due.pop(entry, 0)
            if number:
                delta.due[bucket_of(entry.content.at)][entry] = 0  # type: ignore[union-attr]  # a sample
                self._count(entry, number, number, delta, watermark)

    def _put_interval(self, entry: Entry, number: int, delta: Delta, watermark: int | None) -> None:
        interval: Interval = entry.content  # type: ignore[assignment]  # never a sample here
        if interval.end is None:
            delta.intervals[open_bucket(entry)][entry] = number
            return
        bucket = bucket_of(interval.end)
        if watermark is None or is_bucket_kept(bucket, watermark, kept_ms=FINE.kept_ms):
            delta.intervals[bucket][entry] = number

    def _see_labels(self, labels: Labels, first: int, delta: Delta) -> None:
        known = self._labels.get(labels)
        if known is None or first < known:
            self._labels[labels] = delta.labels[labels] = first

    def _see_source(self, source: str, at: int, delta: Delta) -> None:
        known = self._sources.get(source)
        if (known is None and len(self._sources) < MAX_SOURCES) or (known is not None and at > known):
            self._sources[source] = delta.sources[source] = at


def open_bucket(entry: Entry) -> int:
    """Return the bucket of an interval without an end: below 0, spread by conversation."""
    return -1 - crc32(entry.conversation.encode()) % OPEN_BUCKETS


def is_expired(key: Key, facts: Iterable[Fact], *, watermark: int | None, definitions: Definitions) -> bool:
    """Tell whether what is stored of *key* is closed and older than the retention, and so is not there any more."""
    known = tuple(facts)
    last = max((fact.at for fact in known), default=0)
    if watermark is None or watermark <= last + definitions.retention_ms:
        return False
    seen = observe(key, known, definitions=definitions)
    timers = [sample.at for sample in seen.samples if isinstance(sample, Leg) and is_timer(sample)]
    return not seen.open and watermark > max([last, *timers]) + definitions.retention_ms


def _groups(delta: Delta, pane: Pane) -> dict[Labels, dict[int, int]]:
    groups = delta.cells.get(pane)
    if groups is None:
        groups = delta.cells[pane] = {}
    return groups


def _add(groups: dict[Labels, dict[int, int]], labels: Labels, amounts: measures.Amounts, by: int) -> None:
    cells = groups.get(labels)
    if cells is None:
        cells = groups[labels] = {}
    for measure, amount in amounts:
        cells[measure] = cells.get(measure, 0) + amount * by
