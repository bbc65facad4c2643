"""kpi.sample: series computed elsewhere, the last value of each on the same board."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC

import pytest

from aggregators.board import Board
from aggregators.folding import Caps
from aggregators.samples import Labels
from stream.offline import Offline
from tests.aggregators.running import EVERYTHING, Counted
from tests.logs import T0, Log, after


def samples(*rows: tuple[str, str, float], tenant: str = "default") -> Log:
    """Return a log of (name, clock, value)."""
    log = Log(conversation=None, tenant=tenant)
    for name, clock, value in rows:
        log.add("kpi.sample", clock, name=name, value=value)
    return log


def values(lines: list[bytes], clock: str, metric: str = "value") -> dict[str, float]:
    """Return what is shown of each series, by name, when *lines* have come in this order."""
    product = Offline(definitions=EVERYTHING)
    product.feed(lines)
    found = product.values(after(clock))
    return {dict(pairs)["name"]: n for (name, pairs), n in found.items() if name == f"support_series_{metric}"}


def test_the_last_value_of_each_series() -> None:
    """By its instant, with the instant beside it; integers and fractions to a millionth, negative ones too."""
    log = samples(("esat", "00:00", 4.25), ("churn", "00:10", -0.0123456), ("esat", "10:00", 4))

    assert values(log.lines, "05:00") == {"esat": 4.25, "churn": -0.012346}
    assert values(log.lines, "11:00") == {"esat": 4, "churn": -0.012346}
    assert values(log.lines, "11:00", "timestamp_seconds") == {"esat": T0 / 1000 + 600, "churn": T0 / 1000 + 10}


def test_the_last_by_its_instant_not_by_its_arrival() -> None:
    """A value that comes late, or twice, changes nothing that is later."""
    log = samples(("esat", "00:00", 1), ("esat", "00:10", 2), ("esat", "24:00:00", 3), ("esat", "24:00:10", 4))
    again = [*log.lines, *log.lines]
    random.Random(3).shuffle(again)

    assert values(again, "24:01:00") == {"esat": 4}
    assert values(again, "24:00:05") == {"esat": 3}
    assert values(again, "05:00") == {"esat": 2}


def test_each_value_holds_until_the_next() -> None:
    """The first, the one between and the last, at the instant of the next one still."""
    log = samples(("esat", "00:00", 1), ("esat", "10:00", 2), ("esat", "20:00", 3))
    counted = Counted(EVERYTHING)
    counted.feed(log.lines)
    spans = {each.content[2:4] for rows in counted.tables.intervals.values() for each in rows}

    assert [values(log.lines, clock)["esat"] for clock in ("05:00", "10:00", "15:00", "25:00")] == [1, 1, 2, 3]
    ten, twenty = T0 + 600_000, T0 + 1_200_000
    assert spans == {(T0, ten), (ten, twenty), (twenty, twenty + 35 * 86_400_000)}
    assert set(counted.tables.labels) == {Labels("default", "", "", "series=esat")}


def test_a_value_holds_over_midnight() -> None:
    """Until the next one, whatever day that is of."""
    log = samples(("esat", "23:59:00", 3), ("esat", "48:00:00", 5))

    assert values(log.lines, "24:00:01") == {"esat": 3}
    assert values(log.lines, "48:00:01") == {"esat": 5}


def test_two_of_one_instant() -> None:
    """The greater id is the last, and the other never held."""
    log = Log(conversation=None, name="esat")
    log.add("kpi.sample", "00:00", id="b", value=2).add("kpi.sample", "00:00", id="a", value=1)

    counted = Counted(EVERYTHING)
    counted.feed(log.lines)
    assert values(log.lines, "01:00") == {"esat": 2}
    assert sum(len(entries) for entries in counted.tables.intervals.values()) == 1


def test_a_value_is_gone_after_the_retention() -> None:
    """35 d after it nobody knows any more."""
    log = samples(("churn", "00:00", 0.1))

    assert values(log.lines, f"{35 * 24}:00:00") == {"churn": 0.1}
    assert values(log.lines, f"{35 * 24}:00:01") == {}


@pytest.mark.parametrize("value", [9e12 + 1, -1e300])
def test_a_value_that_cannot_be_kept_is_none(value: float) -> None:
    """Beyond 9·10^12 there is no value, and not the one before it either."""
    assert values(samples(("n", "00:00", 1), ("n", "00:10", value)).lines, "01:00") == {}
    assert values(samples(("n", "00:00", 9e12)).lines, "01:00") == {"n": 9e12}


def test_series_of_two_tenants_are_two() -> None:
    """A name is one of its tenant."""
    lines = samples(("esat", "00:00", 1)).lines + samples(("esat", "00:00", 2), tenant="other").lines
    product = Offline(definitions=EVERYTHING)
    product.feed(lines)
    found = product.values(after("01:00"))

    assert found["support_series_value", (("tenant", "default"), ("name", "esat"))] == 1
    assert found["support_series_value", (("tenant", "other"), ("name", "esat"))] == 2


def test_a_name_in_two_partitions_is_one_series() -> None:
    """Whichever partition has the later sample."""
    board = Board(EVERYTHING, zone=UTC)
    for partition, log in (("p", samples(("esat", "00:10", 2))), ("q", samples(("esat", "00:00", 1)))):
        counted = Counted(EVERYTHING)
        counted.feed(log.lines)
        board.see_labels(counted.tables.labels)
        for bucket, entries in counted.tables.intervals.items():
            board.set_intervals(partition, bucket, entries)
    board.move(after("01:00"))

    assert [row.value for row in board.rows() if row.name == "support_series_value"] == [2]


def test_series_over_the_cap_are_not_shown() -> None:
    """Bounded: the first by instant and name have series; a mixture of the others would be the value of nothing."""
    counted = Counted(EVERYTHING)
    counted.feed(samples(("b", "00:00", 1), ("a", "00:10", 2), ("c", "00:20", 3)).lines)
    board = Board(EVERYTHING, zone=UTC, caps=Caps(parts=2))
    board.see_labels(counted.tables.labels)
    for bucket, entries in counted.tables.intervals.items():
        board.set_intervals("p", bucket, entries)
    board.move(after("01:00"))

    assert {row.group.values[1]: row.value for row in board.rows() if row.name == "support_series_value"} == {
        "b": 1,
        "a": 2,
    }
    assert board.folded == 1


def test_series_are_shown_where_they_are_asked_for() -> None:
    """The family `kpi` of the definitions."""
    product = Offline(definitions=replace(EVERYTHING, families=("volume",)))
    product.feed(samples(("esat", "00:00", 1)).lines)

    assert not [name for name, _ in product.values(after("01:00")) if name.startswith("support_series")]
