"""M50, cost per resolution: what was recorded and what work costs by the hour, worked out by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.costs import observe
from aggregators.definitions import FAMILIES, Definitions
from aggregators.facts import Fact
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from aggregators.points import COST, COST_LEFT_OUT, Point
from aggregators.samples import Labels
from aggregators.vocabulary import AMOUNT, CHANNEL, CURRENCY, PERIOD_END, PERIOD_START
from stream.offline import Offline
from tests.logs import T0, Log, after

if TYPE_CHECKING:
    from aggregators.samples import Sample

EUR = Definitions(families=FAMILIES, currency="EUR")
TENANT = ("default",)
CHAT = ("default", "chat")


def shown(log: Log, clock: str, *labels: str, definitions: Definitions = EUR, window: str = "1h") -> dict[str, float]:
    """Return what is shown of cost of one label set, by the name and the currency."""
    t = after(clock)
    level = ("tenant", "channel")[len(labels) - 1]
    engine = Offline(None, definitions=definitions)
    engine.feed(log.lines)
    found = {}
    for (name, pairs), value in engine.values(t).items():
        rest = dict(pairs)
        group = tuple(rest.pop(each) for each in ("tenant", "channel") if each in rest)
        prefix = f"support_{level}_rolling_"
        if name.startswith(f"{prefix}cost") and group == labels and rest.pop("window") == window:
            found[":".join([name.removeprefix(prefix), *rest.values()])] = value
    return found


def spent(log: Log, clock: str, amount: float, start: str | None = None, end: str | None = None, **fields: str) -> Log:
    """Note a recorded cost."""
    period = {name: after(each) for name, each in (("period_start", start), ("period_end", end)) if each is not None}
    log.of(conversation=None).add("cost.recorded", clock, amount=amount, **period, **fields)
    return log


def resolved(log: Log, number: int, clock: str) -> Log:
    """Let so many chats come in and be resolved a minute later."""
    for each in range(number):
        pen = log.of(conversation=f"{clock}-{each}").customer(clock).human(clock)
        pen.add("chat.closed", after(clock) + MINUTE_MS, by="human", resolved=True)
    return log


# ------------------------------------------------------------------------------------------------------------ recorded


def test_two_equal_costs_stand_behind_the_number_twice_until_one_is_corrected() -> None:
    """Twelve times 5 EUR each over the hour; halved, the second is twelve times 2.50 EUR. In units of a millionth."""
    engine = Offline(None, definitions=EUR)

    def behind() -> dict[tuple[int, int], int]:
        rows = [item for entries in engine.tables.stops.values() for item in entries.items()]
        return {
            (value, number): sum(entry.content[3:] == (value,) and each == number for entry, each in rows)
            for value in (5_000_000, 2_500_000)
            for number in (1, 2)
        }

    for name in "ab":
        engine.feed(spent(Log(), "9:00:00", 60, "8:00:00", "9:00:00", id=name).lines)
    assert behind() == {(5_000_000, 1): 0, (5_000_000, 2): 12, (2_500_000, 1): 0, (2_500_000, 2): 0}

    engine.feed(spent(Log(), "8:59:59", 30, "8:00:00", "9:00:00", id="b").lines)
    assert behind() == {(5_000_000, 1): 12, (5_000_000, 2): 0, (2_500_000, 1): 12, (2_500_000, 2): 0}


def test_cost_per_resolution() -> None:
    """M50, Σ cost in window ÷ resolved in window: 60 EUR over the hour, 5 of 6 resolved: 12; per received 10."""
    log = resolved(spent(Log(), "9:00:00", 60, "8:00:00", "9:00:00"), 5, "8:30:00")
    log.of(conversation="x").customer("8:40:00")

    found = shown(log, "9:00:10", *TENANT)

    # The window begins at 8:00:10, and no piece ends in its first 10 s.
    assert found == {
        "cost:EUR": 60,
        "cost_per_resolution:EUR": 12,
        "cost_per_received:EUR": 10,
        "cost_left_out": 0,
    }


def test_nothing_resolved_is_absent() -> None:
    """M50, 0 resolved: absent, not 0 and not infinite."""
    found = shown(spent(Log(), "9:00:00", 60, "8:00:00", "9:00:00"), "9:00:10", *TENANT)

    assert found == {"cost:EUR": 60, "cost_left_out": 0}


def test_an_amount_is_spread_over_its_period() -> None:
    """60 EUR for 8:00 to 9:00, in 12 pieces: at 8:30:10 six of them, 30 EUR; in the five minutes before one, 5 EUR."""
    log = spent(Log(), "8:00:00", 60, "8:00:00", "9:00:00")

    assert shown(log, "8:30:10", *TENANT)["cost:EUR"] == 30
    assert shown(log, "8:30:10", *TENANT, window="5m")["cost:EUR"] == 5
    assert shown(log, "8:59:50", *TENANT)["cost:EUR"] == 55


def test_costs_of_a_channel_and_of_none() -> None:
    """20 EUR for chat, 30 for voice, 50 for the house: the tenant has 100. A credit takes 5 back."""
    log = Log()
    for amount, fields in ((20, {"channel": "chat"}), (30, {"channel": "voice"}), (50, {}), (-5, {"channel": "voice"})):
        spent(log, "9:00:00", amount, **fields)

    assert [shown(log, "9:00:10", *labels)["cost:EUR"] for labels in (CHAT, ("default", "voice"), TENANT)] == [
        20,
        25,
        95,
    ]


def test_a_cost_stands_in_its_channel_or_in_none_and_in_no_queue() -> None:
    """8 EUR for voice, 10^9 EUR for the house; twice as much is a mistake, and so are dollars."""
    samples: list[Sample] = []
    house, voice = Labels("default", "", ""), Labels("default", "voice", "")
    rows = (
        {AMOUNT: 1e9},
        {AMOUNT: 8, CHANNEL: "voice"},
        {AMOUNT: -2e9},
        {AMOUNT: 1, CURRENCY: "USD", CHANNEL: "voice"},
    )
    observe("default", [Fact(T0, 15, "e", 1, fields) for fields in rows], EUR, samples)

    assert samples == [
        Point(COST.code, T0, house, 10**15),
        Point(COST.code, T0, voice, 8_000_000),
        Point(COST_LEFT_OUT.code, T0, house, 0),
        Point(COST_LEFT_OUT.code, T0, voice, 0),
    ]


def test_another_currency_is_counted_under_its_own_name() -> None:
    """M50, currency: dollars and what nobody can mean are in no sum; what names no currency is in that of the file."""
    log = Log()
    spent(spent(log, "9:00:00", 20, currency="USD"), "9:00:00", 7, currency="EUR")
    spent(spent(log, "9:00:00", 3), "9:00:00", 1e9 + 1)

    assert shown(log, "9:00:10", *TENANT) == {"cost:EUR": 10, "cost_left_out": 2}
    nowhere = replace(EUR, currency="")
    assert shown(log, "9:00:10", *TENANT, definitions=nowhere) == {"cost:none": 3, "cost_left_out": 3}


def test_without_any_cost_there_is_none() -> None:
    """No data is not 0."""
    assert shown(resolved(Log(), 1, "8:30:00"), "9:00:00", *TENANT) == {"cost_left_out": 0}


@pytest.mark.parametrize(
    ("start", "end", "step", "pieces"),
    [
        (0, HOUR_MS, 5 * MINUTE_MS, 12),
        (-MINUTE_MS, HOUR_MS, 5 * MINUTE_MS, 13),
        (0, 750 * 5 * MINUTE_MS, 5 * MINUTE_MS, 750),
        (0, 751 * 5 * MINUTE_MS, HOUR_MS, 63),
        (0, 750 * HOUR_MS, HOUR_MS, 750),
        (0, 751 * HOUR_MS, DAY_MS, 32),
        (0, 750 * DAY_MS, DAY_MS, 750),
        (0, 751 * DAY_MS, 751 * DAY_MS, 1),
        (0, 0, 1, 1),
        (HOUR_MS, 0, 1, 1),
    ],
)
def test_pieces_are_as_coarse_as_the_period_is_long(start: int, end: int, step: int, pieces: int) -> None:
    """They end at whole steps and at the end of the period, and add up to the amount."""
    samples = parts(Fact(T0, 15, "e", 1, {AMOUNT: 100, PERIOD_START: T0 + start, PERIOD_END: T0 + end}))

    assert len(samples) == pieces
    assert samples[-1].at == T0 + end
    assert {each.at % step for each in samples[:-1]} <= {0}
    assert sum(each.value for each in samples) == 100_000_000


def test_pieces_are_whole_millionths() -> None:
    """1 EUR over a quarter of an hour: a third of it, rounded down, by 5 min and by 10 min; the rest at its end."""
    samples = parts(Fact(T0, 15, "e", 1, {AMOUNT: 1, PERIOD_START: T0, PERIOD_END: T0 + 15 * MINUTE_MS}))

    assert [each.value for each in samples] == [333_333, 333_333, 333_334]


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(
    amount=st.one_of(st.floats(-1e9, 1e9), st.integers(-(10**9), 10**9)),
    start=st.integers(-DAY_MS, DAY_MS),
    length_ms=st.integers(1, 3 * DAY_MS),
)
def test_no_millionth_is_lost_and_none_of_it_comes_too_early(amount: float, start: int, length_ms: int) -> None:
    """Whatever the period: at the end of each piece as much is spent as time has passed, to the millionth."""
    samples = parts(
        Fact(T0, 15, "e", 1, {AMOUNT: amount, PERIOD_START: T0 + start, PERIOD_END: T0 + start + length_ms})
    )
    micros = round(amount * 1_000_000) if isinstance(amount, int) else sum(each.value for each in samples)

    assert abs(micros - amount * 1_000_000) <= 1
    spent_by_then = 0
    for each in samples:
        spent_by_then += each.value
        assert abs(spent_by_then - micros * (each.at - T0 - start) / length_ms) <= 1


def parts(fact: Fact) -> list[Point]:
    """Return what one recorded cost contributes."""
    samples: list[Point] = []
    observe("default", [fact], EUR, samples)  # type: ignore[arg-type]  # points are all there is
    assert {each.kind for each in samples} == {COST.code}
    return samples


# ---------------------------------------------------------------------------------------------------------------- live

RATES = replace(
    EUR, agent_hour_micros=30_000_000, fixed_hour_micros=6_000_000, channel_hour_micros={"voice": 2_000_000}
)


def a_shift() -> Log:
    """Ann, logged in from 8:00 to 9:00, 20 min on a chat, 40 min on a call; both resolved."""
    log = Log()
    ann = log.of(conversation=None, agent="ann")
    ann.add("agent.state_changed", "8:00:00", state="available").add("agent.state_changed", "9:00:00", state="offline")
    for conversation, channel, start, end in (
        ("c", "chat", "8:00:00", "8:20:00"),
        ("v", "voice", "8:20:00", "9:00:00"),
    ):
        pen = log.of(conversation=conversation, channel=channel).customer(start)
        pen.queued(start).accepted(start, agent="ann").human(start).closed(end, resolved=True)
    return log


def test_live_cost_is_split_by_effort() -> None:
    """M50: 1 h × 30 EUR + 6 EUR fixed, a third of it chat, two thirds voice, whose lines cost 2 EUR; 38 EUR in all."""
    found = [
        shown(a_shift(), "9:00:00.001", *labels, definitions=RATES, window="today")
        for labels in (CHAT, ("default", "voice"), TENANT)
    ]

    # Fixed costs run 1 ms longer than the agent, for the call ends at 9:00:00 sharp.
    assert [each["cost:EUR"] for each in found] == pytest.approx([12, 26, 38], abs=1e-5)
    assert found[2]["cost_per_resolution:EUR"] == pytest.approx(19, abs=1e-5)
    assert found[0]["cost_per_resolution:EUR"] == pytest.approx(12, abs=1e-5)


def test_live_cost_and_recorded_cost_add_up() -> None:
    """10 EUR more, recorded for voice."""
    log = spent(a_shift(), "8:30:00", 10, channel="voice")

    found = [
        shown(log, "9:00:00.001", *labels, definitions=RATES, window="today")["cost:EUR"]
        for labels in (CHAT, ("default", "voice"), TENANT)
    ]

    assert found == pytest.approx([12, 36, 48], abs=1e-5)


def test_without_effort_agents_cost_the_tenant_alone() -> None:
    """Half an hour available, nobody came: 15 EUR of agents and 3 EUR fixed; a channel costs what is its own."""
    log = Log()
    log.of(conversation=None, agent="ann").add("agent.state_changed", "8:00:00", state="available")
    log.of(conversation="v", channel="voice").add("chat.queued", "8:00:00", queue="billing")

    voice, tenant = (
        shown(log, "8:30:00", *labels, definitions=RATES, window="today")["cost:EUR"]
        for labels in (("default", "voice"), TENANT)
    )

    assert (voice, tenant) == (1, 15 + 3 + 1)


def test_a_tenant_pays_since_its_own_first_hour() -> None:
    """Another tenant was there at 0:00, this one since 5:30: from 5:00 to 7:00 are 2 h of 6 EUR, and not 7 h."""
    log = Log(tenant="acme").customer("0:00:00")
    log.of(tenant="default", conversation="d").customer("5:30:00")

    assert shown(log, "7:00:00", *TENANT, definitions=RATES, window="today")["cost:EUR"] == 12


@pytest.mark.parametrize("size", [1, 9])
def test_what_was_taken_back_costs_nothing_however_the_log_was_cut(size: int) -> None:
    """Spam of 0:00 whose flag comes a second later, then a contact at 5:00: since 5:00 whether or not they came in one.

    Fixed costs of 6 EUR an hour until 6:00.
    """
    log = Log(conversation="spam").customer("0:00:00").flagged("0:00:01")
    log.of(conversation="c").customer("5:00:00")
    product = Offline(None, definitions=RATES)
    for start in range(0, len(log.lines), size):
        product.feed(log.lines[start : start + size])

    found = {
        name: value for (name, pairs), value in product.values(after("6:00:00")).items() if ("window", "7d") in pairs
    }

    assert found["support_tenant_rolling_cost"] == 6


def test_a_cost_twice_or_in_any_order_is_spent_once() -> None:
    """One fact for each event id."""
    log = spent(spent(a_shift(), "8:30:00", 10, channel="voice"), "9:00:00", 60, "8:00:00", "9:00:00")
    right = shown(log, "9:00:00.001", *TENANT, definitions=RATES, window="today")
    for seed in range(3):
        other = Log()
        other.lines = random.Random(seed).sample(log.lines * 2, len(log.lines) * 2)

        assert shown(other, "9:00:00.001", *TENANT, definitions=RATES, window="today") == right
