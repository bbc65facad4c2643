"""Hindsight: what is told of an instant gone by is what the board shows there; the rest is unknown, and it says why."""

from __future__ import annotations

from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING

import pytest

from aggregators.board import Board, Row
from aggregators.catalogue import METRICS
from aggregators.definitions import FAMILIES, Definitions
from aggregators.folding import Caps
from aggregators.hindsight import Hindsight, Kept, Recorded
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.panes import FINE, QUARTER, Pane, is_bucket_kept, is_kept
from aggregators.rolling import Group, groups_of
from aggregators.windows import WINDOWS
from stream.metrics_page import stateful
from stream.offline import Offline
from stream.simulator import Centre
from tests.logs import T0, Log, after
from tests.recorded import recorded

if TYPE_CHECKING:
    from collections.abc import Mapping

END = T0 + 12 * HOUR_MS
DEFINITIONS = Definitions(families=FAMILIES, currency="EUR", agent_hour_micros=30_000_000)
Key = tuple[object, ...]


@cache
def day() -> Offline:
    """Return half a simulated day, counted in full."""
    offline = Offline(definitions=DEFINITIONS)
    offline.feed(event.value for event in Centre(rate=12, heartbeat_ms=600_000).events(T0, END))
    return offline


@cache
def kept(*, everything: bool = False) -> Recorded:
    """Return what is kept of it, or everything."""
    return recorded(day(), everything=everything)


@cache
def firsts() -> Mapping[Group, int]:
    """Return when each group was first heard of."""
    found: dict[Group, int] = {}
    for labels, at in kept().first.items():
        for group in groups_of(labels):
            found[group] = min(at, found.get(group, at))
    return found


def hindsight(offline: Offline) -> Hindsight:
    """Return what can be told of the past of *offline* by what is kept of it."""
    return Hindsight(
        kept() if offline is day() else recorded(offline),
        offline.definitions,
        zone=UTC,
        windows=WINDOWS,
        caps=Caps(),
        metrics=METRICS,
        stateful=stateful,
    )


def shown(rows: list[Row] | tuple[Row, ...]) -> Mapping[Key, float]:
    """Return the rows by what they are of."""
    return {row[:4]: row.value for row in rows}


def right(at: int) -> Mapping[Key, float]:
    """Return what a board shows at *at* from which nothing was ever taken away.

    What became known two hours later stands in no 10-second pane. So where windows are whole 15-minute panes, it is by
    those.
    """
    found: dict[Key, float] = {}
    for coarse in (False, True) if at % QUARTER.ms == 0 else (False,):
        board = Board(DEFINITIONS, zone=UTC)
        kept(everything=True).show(board, lambda _: True, coarse=coarse)
        board.move(at)
        whole = ("30m", "1h") if coarse else tuple(WINDOWS)
        found = {key: value for key, value in found.items() if key[2] not in whole}
        found |= shown([row for row in board.rows() if not coarse or row.window in whole])
    return found


@pytest.mark.parametrize(
    "ago_ms",
    [
        11 * HOUR_MS,
        3 * HOUR_MS + 15 * MINUTE_MS,
        2 * HOUR_MS + 20_000,
        2 * HOUR_MS,
        115 * MINUTE_MS,
        105 * MINUTE_MS,
        HOUR_MS + 10_000,
        HOUR_MS - 1,
        1_234_567,
        0,
    ],
)
def test_what_is_told_is_right_and_the_rest_has_a_reason(ago_ms: int) -> None:
    """Every row of every metric, with every family: equal, or `why_not` says why it is left out."""
    at = END - ago_ms
    looking = hindsight(day())

    told, true = shown(looking.rows(at)), right(at)

    assert {key: true.get(key) for key in told} == told
    unsaid = []
    for metric, group, window, extra in true.keys() - told.keys():
        why = looking.why_not(metric, extra, window, tenant=group.values[0], at=at)  # type: ignore[attr-defined,arg-type]
        # A board that knows what comes shows zeros of those of whom nothing has happened yet.
        if why is None and firsts()[group] < at:  # type: ignore[index]
            unsaid.append((metric.suffix, group, window, extra))  # type: ignore[attr-defined]
    assert unsaid == []


def test_something_is_told_of_days_ago() -> None:
    """At multiples of 15 min: windows of 30 min and more, without who waited; at other instants nothing."""
    at = END - 6 * HOUR_MS
    told = hindsight(day()).rows(at)
    names = {(row.metric.suffix, row.window, row.extra) for row in told}

    assert ("answered", "30m", None) in names
    assert ("wait_seconds", "1h", "0.95") in names
    assert ("service_level_ratio", "today", "SL3") in names
    assert ("csat_mean_ratio", "today", None) in names
    assert {row.window for row in told} == {"30m", "1h", "today", "7d"} - {"7d"} | {"7d"}
    assert not {"waiting", "first_response_attainment_ratio"} & {row.metric.suffix for row in told}
    assert "SL_live" not in {row.extra for row in told}
    assert hindsight(day()).rows(at + 10 * SECOND_MS) == []


def test_it_is_what_compute_said_then() -> None:
    """Of what no later event takes back: at each instant as from a log that ends there."""
    log = Log(tenant="acme", queue="billing")
    for number in range(40):
        pen = log.of(conversation=f"c{number}", tenant="acme", queue="billing")
        at = after("0:00") + number * 7 * MINUTE_MS
        pen.add("chat.message", at, actor="customer").add("chat.queued", at + 1_000)
        if number % 3:
            pen.add("chat.accepted", at + number * 5_000, agent="a")
            pen.add("chat.message", at + number * 6_000, actor="human", agent="a")
        else:
            pen.add("chat.abandoned", at + 30_000, stage="queue")
    lines = sorted(log.lines, key=lambda line: int(line.partition(b'"at": ')[2].partition(b",")[0]))
    whole = Offline()
    whole.feed(lines)
    looking = hindsight(whole)
    compared = 0
    for at in (T0 + HOUR_MS, T0 + 2 * HOUR_MS + 15 * MINUTE_MS, T0 + 3 * HOUR_MS + 12_345, T0 + 4 * HOUR_MS):
        then = Offline()
        then.feed(line for line in lines if int(line.partition(b'"at": ')[2].partition(b",")[0]) < at)
        then.board.move(at)
        true = shown([*then.board.rows()])

        told = shown(looking.rows(at))

        assert {key: true.get(key) for key in told} == told
        compared += len(told)
    assert compared > 500


def test_how_far_back_is_by_what_is_kept() -> None:
    """By the rules of the tables, to the pane: what lies before may be gone, and what lies after is not."""
    for watermark in (END, END + 1, END + 9_999, END + 10_000, END + QUARTER.ms - 1, END + 123_456):
        kept = Kept(watermark)
        for first, width in ((kept.fine_from, FINE.ms), (kept.quarters_from, QUARTER.ms)):
            assert is_kept(Pane(width, first), watermark)
            assert not is_kept(Pane(width, first - width), watermark)
        assert is_bucket_kept(kept.states_from, watermark, kept_ms=FINE.kept_ms)
        assert not is_bucket_kept(kept.states_from - QUARTER.ms, watermark, kept_ms=FINE.kept_ms)


def test_every_reason_names_what_is_gone() -> None:
    """By family and window, at instants that go further and further back."""
    looking = hindsight(day())
    by_name = {(metric.suffix, metric.family): metric for metric in METRICS}
    waiting, answered = by_name["waiting", "state"], by_name["answered", "rolling"]
    level, total = by_name["service_level_ratio", "rolling"], by_name["events_total", "total"]
    of_days, old, odd = END - 6 * HOUR_MS, END - 9 * DAY_MS, END - 6 * HOUR_MS + 1

    def why(metric: object, extra: str | None, window: str | None, at: int) -> str | None:
        return looking.why_not(metric, extra, window, tenant="x", at=at)  # type: ignore[arg-type]

    assert why(answered, None, "5m", END - HOUR_MS) is None
    assert why(total, "chat.queued", None, END) == "counters are of all time: what they were is not kept"
    assert why(waiting, None, None, of_days) == "who was there before 2024-03-04T09:45:00Z is not kept"
    assert why(answered, None, "1h", odd) == (
        "10-second panes are kept from 2024-03-04T09:59:50Z on; before, only multiples of 15 min"
    )
    assert why(answered, None, "5m", of_days) == (
        "10-second panes are kept from 2024-03-04T09:59:50Z on, and 5m is of no others"
    )
    assert why(answered, None, "1h", of_days) is None
    assert why(answered, None, "today", old) == "15-minute panes are kept from 2024-02-25T11:45:00Z on"
    assert why(answered, None, "1h", old) == "15-minute panes are kept from 2024-02-25T11:45:00Z on"
    assert why(answered, None, "7d", END - 2 * DAY_MS) == "15-minute panes are kept from 2024-02-25T11:45:00Z on"
    assert why(level, "SL3", "1h", of_days) is None
    assert why(level, "SL_live", "1h", of_days) == (
        "it depends on who was there, which is kept from 2024-03-04T09:45:00Z on"
    )
