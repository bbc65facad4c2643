"""Every metric of the catalogue: order, repeats, chunks, lateness and the stored form change nothing of any of them."""

from __future__ import annotations

import json
from functools import cache
from itertools import count, pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest

from aggregators.catalogue import METRICS
from aggregators.engine import Engine
from aggregators.hearing import Hearing
from aggregators.instants import instant_ms
from aggregators.panes import HOUR
from stream import codec
from stream.definitions_file import definitions_from
from stream.demo import definitions
from stream.offline import Offline, Values
from tests import simulated
from tests.rarities import met, rarities
from tests.simulated import DAY_MS, T0, Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.delta import Entry
    from aggregators.tables import Tables

DAYS = 8
END = T0 + DAYS * DAY_MS + 10 * 3_600_000
DEFINITIONS = definitions_from(definitions.text())
OF_EVENTS = ("_events_total", "_orphan_stops")
"""They count facts as such, or facts that lack another."""


@cache
def log() -> tuple[bytes, ...]:
    """Return eight days and some of a small centre in order of time: flags, merges, deletions, lost ends.

    At the end there is what is seldom, with the weeks before by which it is told. Of the agents one in five is seen to
    come and go, and of what repeats itself one event in fifty is left.
    """
    lines: list[Line] = [line for line in simulated.centre(days=DAYS + 1, rate=0.6) if line.at < END]
    lines = simulated.with_second_thoughts(lines, share=0.15, seed=3)
    lines = simulated.without_closes(lines, share=0.02, seed=3)
    seen = count()
    found = rarities(END)
    for line in lines:
        fields = json.loads(line.value)
        if fields["type"] in ("agent.heartbeat", "kpi.sample", "cost.recorded") and next(seen) % 50:
            continue
        if fields["type"].startswith("agent.") and int(fields["agent"].split("-")[1]) % 5:
            continue
        if line.at < END:
            found.append(line)
    return tuple(line.value for line in sorted(found, key=at))


def test_every_metric_has_something_to_say() -> None:
    """At the end each has a value other than 0, but for what learns from looks: so that what follows is of all."""
    learnt = {metric.suffix for metric in METRICS if metric.advisory}

    assert {metric.suffix for metric in METRICS} - met([right()]) <= learnt


def at(line: Line) -> int:
    """Return when it happened."""
    return line.at


def fed(*parts: Iterable[bytes]) -> Offline:
    """Return the product, which counts everything, after each of the parts."""
    made = Offline(definitions=DEFINITIONS)
    for part in parts:
        made.feed(part)
    return made


@cache
def right(after_ms: int = 0) -> Values:
    """Return what is shown of the log in order of time."""
    return fed(log()).values(END + after_ms)


def differences(shown: Values, wanted: Values) -> list[str]:
    """Return what differs, a line each: the first of them."""
    if shown == wanted:
        return []
    keys = sorted(key for key in shown.keys() | wanted.keys() if shown.get(key) != wanted.get(key))
    return [f"{key}: {shown.get(key)}, right is {wanted.get(key)}" for key in keys][:20]


def test_any_order_with_any_repeats() -> None:
    """Shuffled, one line in five twice: the same at the end, a day and a week after it."""
    dice = Random(1)
    lines = [*log(), *dice.choices(log(), k=len(log()) // 5)]
    dice.shuffle(lines)

    shuffled = fed(lines)

    for after_ms in (0, DAY_MS, 7 * DAY_MS):
        assert differences(shuffled.values(END + after_ms), right(after_ms)) == []


def test_any_split_into_chunks() -> None:
    """Cut at a hundred places; the same as in one piece."""
    dice = Random(2)
    places = sorted({0, len(log()), *(dice.randrange(len(log())) for _ in range(100))})

    cut = fed(*(log()[start:end] for start, end in pairwise(places)))

    assert differences(cut.values(END), right()) == []


def test_however_often_somebody_looks() -> None:
    """Each second, then seldom, from the end of the second day on: each time as if nobody had looked before."""
    lines = [line for line in log() if (instant_ms(json.loads(line)["at"]) or 0) < T0 + 2 * DAY_MS]
    looked, t = fed(lines), T0 + 2 * DAY_MS

    for after_ms in (0, 1_000, 2_000, 13_000, 600_000, 7_200_000):
        shown = looked.values(t + after_ms)

        assert differences(settled(shown), settled(fed(lines).values(t + after_ms))) == [], after_ms


def settled(values: Values) -> Values:
    """Leave out what learns from looks."""
    return {key: value for key, value in values.items() if "expected_wait" not in key[0]}


def test_weeks_late_is_not_too_late() -> None:
    """A third of the lines comes when the watermark is 26 days ahead: what is shown there is as if they had not.

    So are the hours in which they happened, which are kept for longer than any window.
    """
    beat = json.dumps({"id": "ahead", "type": "source.heartbeat", "at": END + 26 * DAY_MS, "source": "s"}).encode()
    dice = Random(3)
    # What is from weeks before would be too late.
    late = {
        place
        for place, line in enumerate(log())
        if (instant_ms(json.loads(line)["at"]) or 0) >= T0 and dice.random() < 1 / 3
    }

    in_time = fed(log(), [beat])
    behind = fed((line for place, line in enumerate(log()) if place not in late), [beat], (log()[n] for n in late))

    t = END + 26 * DAY_MS + 1
    assert differences(totals_aside(behind.values(t)), totals_aside(in_time.values(t))) == []
    assert hours(behind) == hours(in_time) != {}


def hours(made: Offline) -> dict[object, dict[int, int]]:
    """Return what is counted of each hour and label set up to the end, but 0; later ones may still be due."""
    return {
        (pane.start, labels, which): {measure: number for measure, number in amounts.items() if number}
        for which, tables in enumerate((made.tables, made.told))
        for pane, groups in tables.cells.items()
        if pane.width == HOUR.ms and pane.start < END
        for labels, amounts in groups.items()
        if any(amounts.values())
    }


def totals_aside(values: Values) -> Values:
    """Leave out what is kept of late facts alone."""
    return {key: value for key, value in values.items() if "late" not in key[0]}


def test_stored_and_loaded_in_the_middle() -> None:
    """All facts packed and unpacked half way, of conversations, agents and customers; engines made anew."""
    half = len(log()) // 2
    made = fed(log()[:half])

    for tables in (made.tables, made.told):
        for key, facts in tables.facts.items():
            tables.facts[key] = codec.unpack_facts(key, codec.pack_facts(key, facts.values()))
    made._engine = Engine(
        DEFINITIONS,
        watermark=made.tables.watermark,
        due=due(made.tables),
        labels=dict(made.tables.labels),
    )
    made._hearing = Hearing(
        DEFINITIONS, watermark=made.told.watermark, due=due(made.told), labels=dict(made.told.labels)
    )
    made.feed(log()[half:])

    assert differences(made.values(END), right()) == []


def due(tables: Tables) -> list[tuple[Entry, int]]:
    """Return the timers that have not passed."""
    return [item for entries in tables.due.values() for item in entries.items()]


def of_all(kind: str, after_ms: int, **fields: object) -> list[bytes]:
    """Return an event of this type of every conversation, soon after the end."""
    found = {}
    for line in log():
        record = json.loads(line)
        if "conversation" in record:
            found[record.get("tenant"), record["conversation"]] = record
    return [
        json.dumps(
            {"id": f"{kind}-{after_ms}", "type": kind, "at": END + after_ms, "conversation": conversation, **fields}
            | ({} if tenant is None else {"tenant": tenant})
        ).encode()
        for tenant, conversation in found
    ]


@pytest.mark.parametrize("event", [("chat.flagged", {"flag": "spam"}), ("ticket.merged", {})])
def test_what_is_taken_back_leaves_nothing(event: tuple[str, dict[str, object]]) -> None:
    """Once every conversation is spam or merged, all that they counted is 0 or absent.

    What is not of conversations stays: agents' presence, visits to help pages, figures from outside, facts as such.
    """
    kind, fields = event
    without = [line for line in log() if b'"conversation":' not in line]
    t = END + 2

    taken, never = fed(log(), of_all(kind, 1, **fields)), fed(without)

    wanted, shown = never.values(t), taken.values(t)
    left = {
        key: value for key, value in shown.items() if value and not key[0].endswith(OF_EVENTS) and key not in wanted
    }
    assert left == {}
    assert {key for key in wanted if shown.get(key) != wanted[key] and not key[0].endswith(OF_EVENTS)} == set()


def test_what_is_taken_back_and_given_back_is_as_it_was() -> None:
    """Flagged as spam and cleared again: every metric shows what it showed, but for the number of events."""
    on, off = of_all("chat.flagged", 1, flag="spam"), of_all("chat.flagged", 2, flag="spam", value=False)
    good = [line for line in log() if b"flagged" not in line]
    t = END + 3

    back = fed(good, on, off).values(t)
    wanted = fed(good, of_all("chat.flagged", 2, flag="spam", value=False)).values(t)

    assert (
        differences(
            {key: value for key, value in back.items() if not key[0].endswith("_events_total")},
            {key: value for key, value in wanted.items() if not key[0].endswith("_events_total")},
        )
        == []
    )
