"""Who is behind a number, worked out by hand for each way of making one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregators.catalogue import METRICS
from aggregators.drilling import Drilled, Member, NotDrilled, chosen, drill, gather
from aggregators.forgetting import stand_in
from aggregators.rolling import Group, Level
from tests.drilling import index_of, where_of
from tests.logs import Log, after, offline

if TYPE_CHECKING:
    from aggregators.metric import Metric

TENANT = ("default",)
_LEVELS: tuple[Level, ...] = ("tenant", "channel", "queue")


def metric(suffix: str, family: str = "rolling") -> Metric:
    """Return the metric of the catalogue that is called so."""
    return next(each for each in METRICS if (each.suffix, each.family) == (suffix, family))


def opened(
    log: Log,
    clock: str,
    suffix: str,
    *labels: str,
    window: str = "1h",
    extra: str | None = None,
    family: str = "rolling",
) -> Drilled | NotDrilled:
    """Open a number as it stands at a clock reading; state metrics in the window ""."""
    group = Group(_LEVELS[max(0, len(labels) - 1)], labels or TENANT)
    at = after(clock)
    made = offline(log.lines, at)
    where = where_of(group, window if family == "rolling" else "", at, made.definitions)
    return drill(metric(suffix, family), gather(index_of(made), where), extra=extra)


def drilled(log: Log, clock: str, suffix: str, *labels: str, **more: str) -> Drilled:
    """Open a number that has members."""
    found = opened(log, clock, suffix, *labels, **more)
    assert isinstance(found, Drilled)
    return found


def rows(found: Drilled) -> list[tuple[str, float | None]]:
    """Return who the members are, each with its value, in the order of the ids."""
    return sorted((each.id, each.value) for each in found.members)


def waits() -> Log:
    """Three legs answered after 10, 20 and 60 s, one abandoned after 40 s, one that still waits, all in billing."""
    log = Log()
    for name, queued, answered in (("a", "10:00", "10:10"), ("b", "11:00", "11:20"), ("c", "12:00", "13:00")):
        log.of(conversation=name).queued(queued).accepted(answered)
    log.of(conversation="d").queued("14:00").abandoned("14:40")
    log.of(conversation="e").queued("15:00")
    return log


def test_a_count_is_made_of_those_it_counts() -> None:
    """Three were answered, each once."""
    found = drilled(waits(), "20:00", "answered")

    assert (found.value, found.how, found.n, found.total) == (3, "sum", 3, 3.0)
    assert rows(found) == [("a", 1.0), ("b", 1.0), ("c", 1.0)]


def test_a_mean_is_made_of_its_values() -> None:
    """(10 + 20 + 60) / 3 = 30 s; in the parts the sum stands in ms."""
    found = drilled(waits(), "20:00", "wait_mean_seconds", "default", "chat", "billing")

    assert (found.value, found.how, found.n, found.total) == (30.0, "mean", 3, 90.0)
    assert rows(found) == [("a", 10.0), ("b", 20.0), ("c", 60.0)]
    assert found.parts == {"answered": 3, "wait_ms": 90_000}


def test_a_ratio_is_made_of_those_above_and_below_the_line() -> None:
    """One abandoned of four that ended: its value is 1, theirs is 0."""
    found = drilled(waits(), "20:00", "abandonment_ratio")

    assert (found.value, found.how, found.n) == (0.25, "mean", 4)
    assert rows(found) == [("a", 0.0), ("b", 0.0), ("c", 0.0), ("d", 1.0)]


def test_a_percentile_is_shown_from_its_bin_and_known_exactly() -> None:
    """The nearest rank of p95 of three is the third, 60 s; its bin stands for something within 1 %."""
    found = drilled(waits(), "20:00", "wait_seconds", extra="0.95")

    shown = offline(waits().lines, after("20:00")).values(after("20:00"))
    key = ("support_tenant_rolling_wait_seconds", (("tenant", "default"), ("window", "1h"), ("q", "0.95")))
    assert found.value == shown[key]
    assert found.value == pytest.approx(60.0, rel=0.01)
    assert (found.how, found.exact) == ("percentile", 60.0)
    assert rows(found) == [("a", 10.0), ("b", 20.0), ("c", 60.0)]


def test_who_waits_now_and_who_has_waited_longest() -> None:
    """At 20:00 e waits, since 15:00: 5 min. At 14:30 it was d, for 30 s."""
    now = drilled(waits(), "20:00", "oldest_wait_seconds", family="state")
    before = drilled(waits(), "14:30", "oldest_wait_seconds", family="state")

    assert (now.value, now.how, rows(now)) == (300.0, "oldest", [("e", 300.0)])
    assert (before.value, rows(before)) == (30.0, [("d", 30.0)])
    assert rows(drilled(waits(), "20:00", "waiting", family="state")) == [("e", 1.0)]


def test_each_variant_of_the_service_level_has_its_own_members() -> None:
    """The target of a chat is 60 s: all that ended were in time. SL1 leaves out who gave up, SL_live has who waits.

    SL1 3/3 · SL3 3/(3 + 1 - 1): the one who gave up in time is in neither part · SL4 (3 + 1)/4 · SL_live 3/(3 + 1).
    """
    found = {
        variant: drilled(waits(), "20:00", "service_level_ratio", extra=variant)
        for variant in ("SL1", "SL3", "SL4", "SL_live")
    }

    answered = [("a", 1.0), ("b", 1.0), ("c", 1.0)]
    assert rows(found["SL1"]) == answered
    assert rows(found["SL3"]) == answered
    assert rows(found["SL4"]) == [*answered, ("d", 1.0)]
    assert rows(found["SL_live"]) == [*answered, ("e", 0.0)]
    assert [each.value for each in found.values()] == [1.0, 1.0, 1.0, 0.75]


def test_a_quotient_of_two_populations_is_told_by_its_parts() -> None:
    """One transfer for two answered legs: who was only transferred has no ratio of its own."""
    log = Log()
    log.of(conversation="a").queued("10:00").accepted("10:10").transferred("10:40", to_queue="tech")
    log.of(conversation="b").queued("11:00").accepted("11:10")

    found = drilled(log, "20:00", "transfer_ratio")

    assert (found.value, found.how) == (0.5, "quotient")
    assert found.parts == {"answered": 2, "transferred_out": 1}
    assert sorted((each.what, each.value) for each in found.members if each.value is not None) == [
        ("leg", 0.0),
        ("leg", 0.0),
    ]


def test_a_timer_counts_from_its_instant_whether_or_not_anybody_has_passed_it() -> None:
    """A leg that nobody ends is lost 4 h after it opened; no event has come since."""
    log = Log()
    log.of(conversation="ghost").queued("10:00")

    assert drilled(log, "4:09:59", "lost").value == 0
    assert rows(drilled(log, "4:10:01", "lost")) == [("ghost", 1.0)]


def test_what_cancels_out_has_no_members() -> None:
    """A first reply is a reply as well: of the next replies that met their clock it is none."""
    log = Log()
    log.of(conversation="a").customer("10:00").human("10:30")
    log.of(conversation="b").customer("11:00").human("11:30").customer("12:00").human("12:30")

    found = drilled(log, "20:00", "sla_attained", extra="next_reply")

    assert (found.value, rows(found)) == (1, [("b", 1.0)])
    assert rows(drilled(log, "20:00", "sla_attained", extra="first_reply")) == [("a", 1.0), ("b", 1.0)]


def test_a_median_of_small_numbers_is_exact() -> None:
    """Two episodes solved, with one reply and with three: the lower is the median."""
    log = Log()
    log.of(conversation="a").customer("10:00").human("10:10").closed("10:20")
    log.of(conversation="b").customer("10:00").human("10:10").human("10:20").human("10:30").closed("10:40")

    found = drilled(log, "20:00", "replies_per_resolution", extra="0.5")

    assert (found.value, found.exact, rows(found)) == (1, 1.0, [("a", 1.0), ("b", 3.0)])


def test_customers_are_named_as_what_they_are() -> None:
    """What is counted over all conversations of a customer has what stands for the customer behind it."""
    log = Log()
    log.of(conversation="a", customer="ann").customer("10:00")

    found = drilled(log, "20:00", "anchors")

    assert [(each.owner, each.id) for each in found.members] == [("customer", stand_in("default", "ann"))]
    assert {each.owner for each in drilled(waits(), "20:00", "answered").members} == {"conversation"}


@pytest.mark.parametrize(
    ("suffix", "family", "extra"),
    [
        ("events_total", "total", "chat.queued"),
        ("unique_customers", "rolling", None),
        ("csat_jump", "rolling", None),
        ("agent_state_seconds", "rolling", "busy"),
        ("cost", "rolling", "EUR"),
        ("contact_reason_change_ratio", "rolling", "refund"),
    ],
)
def test_a_number_with_nobody_behind_it_says_why(suffix: str, family: str, extra: str | None) -> None:
    """Counters of all time, estimates, sums of turns, money: the reason ends the sentence."""
    log = waits().of(conversation="f", topic="refund").customer("10:00")

    found = opened(log, "20:00", suffix, family=family, extra=extra)

    assert isinstance(found, NotDrilled)
    assert found.why.split()[0] in {"is", "counts"}


def test_the_greatest_is_exact() -> None:
    """Waits of 10.001 and 61.237 s: the sketch has a p99 within 1 % of the greatest, its member to the millisecond."""
    log = Log().queued("00:00").accepted("00:10.001")
    log.of(conversation="b").queued("00:00").accepted("01:01.237")
    found = drilled(log, "20:00", "wait_seconds", extra="0.99")

    assert found.value != 61.237
    assert found.value == pytest.approx(61.237, rel=0.01)
    assert [(each.id, each.value) for each in chosen(found.members, quantile=1.0)] == [("b", 61.237)]


def test_members_are_chosen_by_value_and_by_percentile() -> None:
    """Of 10, 20 and 60 s: at least 20 s have two, at least the median two, at least p95 one; who has none is left."""
    members = drilled(waits(), "20:00", "wait_mean_seconds").members

    def ids(found: tuple[Member, ...]) -> list[str]:
        return sorted(each.id for each in found)

    assert ids(chosen(members, at_least=20.0)) == ["b", "c"]
    assert ids(chosen(members, quantile=0.5)) == ["b", "c"]
    assert ids(chosen(members, quantile=0.95)) == ["c"]
    assert ids(chosen(members, at_least=0.0)) == ["a", "b", "c"]
    assert ids(chosen(members)) == ["a", "b", "c"]


def test_members_are_those_of_the_group_and_of_the_window() -> None:
    """In five minutes at 20:00 nobody ended; in another queue nobody ever did."""
    assert drilled(waits(), "20:00", "answered", window="5m").members == ()
    assert drilled(waits(), "20:00", "answered", "default", "chat", "tech").members == ()
    assert len(drilled(waits(), "20:00", "answered", "default", "chat").members) == 3
