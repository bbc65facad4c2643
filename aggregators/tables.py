"""Tables of one partition in memory, and their canonical form: one JSON line for each fact, cell and entry.

`deskpulse dump` (from Redis) and `deskpulse compute --as-applied` (from an exported log) print the same lines, sorted.
What the watermark has passed is not there, whether or not anybody has cleaned it up yet.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aggregators.delta import Entry
from aggregators.engine import is_expired
from aggregators.measures import name_of
from aggregators.panes import FINE, STOPS_KEPT_MS, is_bucket_kept, is_kept
from aggregators.samples import INTERVAL_NAMES, LEG, OUTCOME_NAMES, SAMPLE_NAMES
from aggregators.vocabulary import NAMES
from aggregators.vocabulary import name_of as type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregators.definitions import Definitions
    from aggregators.delta import Delta, Held, Holdings, Index, Restated
    from aggregators.facts import Facts, Key
    from aggregators.panes import Pane
    from aggregators.samples import Labels


MOST_LOGGED: Final = 1_000
"""So many restatements are kept of a partition, the latest."""


@dataclass(slots=True)
class Tables:
    """Everything that is stored of one partition. `offset` is the one behind its last record, None where none was read.

    Reading may go on further behind, where markers of transactions follow; those are in no export.
    """

    offset: int | None = None
    watermark: int | None = None
    facts: dict[Key, Facts] = field(default_factory=dict)
    cells: dict[Pane, dict[Labels, dict[int, int]]] = field(default_factory=dict)
    intervals: Index = field(default_factory=dict)
    due: Index = field(default_factory=dict)
    stops: Index = field(default_factory=dict)
    labels: dict[Labels, int] = field(default_factory=dict)
    hidden: set[Key] = field(default_factory=set)
    log: deque[Restated] = field(default_factory=lambda: deque(maxlen=MOST_LOGGED))
    _held: dict[tuple[str, int, Key], Held] = field(default_factory=dict)

    def apply(self, delta: Delta, *, offset: int) -> None:
        """Apply *delta*; `offset` is the one behind the last record of it."""
        self.offset = offset
        self.watermark = delta.watermark
        for key, put in delta.facts.items():
            self.facts[key] = put.facts
        for key in delta.forgotten:
            self.facts.pop(key, None)
        for pane, groups in delta.cells.items():
            known = self.cells.setdefault(pane, {})
            for labels, amounts in groups.items():
                cells = known.setdefault(labels, {})
                for measure, amount in amounts.items():
                    cells[measure] = cells.get(measure, 0) + amount
        for mine, theirs in ((self.intervals, delta.intervals), (self.due, delta.due), (self.stops, delta.stops)):
            for bucket, entries in theirs.items():
                rows = mine.setdefault(bucket, {})
                for entry, number in entries.items():
                    if number:
                        rows[entry] = number
                    else:
                        rows.pop(entry, None)
        self._hold("i", self.intervals, delta.lasting)
        self._hold("s", self.stops, delta.stopped)
        self.labels.update(delta.labels)
        for key, is_hidden in delta.hidden.items():
            if is_hidden:
                self.hidden.add(key)
            else:
                self.hidden.discard(key)
        self.log += delta.log

    def _hold(self, letter: str, index: Index, holdings: Holdings) -> None:
        """Put what owners hold in place of what they held."""
        for bucket, owners in holdings.items():
            rows = index.setdefault(bucket, {})
            for owner, held in owners.items():
                # Two owners of one name, as costs of one currency, may have the same: it stands there for both.
                for content, number in self._held.pop((letter, bucket, owner), ()):
                    _add(rows, Entry(owner.tenant, owner.subject, content), -number)
                if held:
                    self._held[letter, bucket, owner] = held
                for content, number in held:
                    _add(rows, Entry(owner.tenant, owner.subject, content), number)

    def lines(self, topic: str, partition: int, *, definitions: Definitions) -> Iterator[str]:
        """Yield the canonical lines of these tables, unsorted."""
        where = {"topic": topic, "partition": partition}
        yield _line({"table": "position", **where, "offset": self.offset, "watermark": self.watermark})
        watermark = self.watermark if self.watermark is not None else 0
        for key, facts in self.facts.items():
            if not is_expired(key, facts.values(), watermark=watermark, definitions=definitions):
                yield from _fact_lines(where, key, facts)
                if key in self.hidden:
                    yield _line({"table": "hidden", **where, "tenant": key.tenant, "subject": key.subject})
        for pane, groups in self.cells.items():
            if is_kept(pane, watermark):
                yield from _cell_lines(where, pane, groups)
        for table, index, kept_ms in (
            ("interval", self.intervals, FINE.kept_ms),
            ("due", self.due, 0),
            ("stop", self.stops, STOPS_KEPT_MS),
        ):
            for bucket, entries in index.items():
                if bucket < 0 or table == "due" or is_bucket_kept(bucket, watermark, kept_ms=kept_ms):
                    for entry, number in entries.items():
                        yield _line({"table": table, **where, "bucket": bucket, **_entry(entry), "number": number})


def _add(rows: dict[Entry, int], entry: Entry, number: int) -> None:
    total = rows.get(entry, 0) + number
    if total:
        rows[entry] = total
    else:
        rows.pop(entry, None)


def sorted_lines(lines: Iterable[str]) -> list[str]:
    """Return *lines* in the order in which they are printed and compared."""
    return sorted(lines)


def _line(row: dict[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _fact_lines(where: dict[str, object], key: Key, facts: Facts) -> Iterator[str]:
    owner = {"tenant": key.tenant, "subject": key.subject, "kind": key.kind}
    for fact in facts.values():
        fields = {NAMES[code]: value for code, value in sorted(fact.fields.items())}
        named = {"id": fact.id, "at": fact.at, "type": type_name(fact.type), "fields": fields}
        yield _line({"table": "fact", **where, **owner, **named})


def _cell_lines(where: dict[str, object], pane: Pane, groups: dict[Labels, dict[int, int]]) -> Iterator[str]:
    for labels, cells in groups.items():
        for measure, number in cells.items():
            if number:
                row = {"width": pane.width, "start": pane.start, **labels._asdict(), "measure": name_of(measure)}
                yield _line({"table": "cell", **where, **row, "number": number})


def _entry(entry: Entry) -> dict[str, object]:
    content = entry.content
    named: dict[str, object] = dict(content._asdict())
    labels: Labels = named.pop("labels")  # type: ignore[assignment]  # every sample and interval has them
    kind: int = named.pop("kind")  # type: ignore[assignment]  # as above
    if "since" in named:
        named["kind"] = INTERVAL_NAMES[kind]
    else:
        named["kind"] = SAMPLE_NAMES[kind]
        if kind == LEG:
            named["outcome"] = OUTCOME_NAMES[named["outcome"]]  # type: ignore[index]  # an int
    return {"tenant": entry.tenant, "conversation": entry.conversation, **named, **labels._asdict()}
