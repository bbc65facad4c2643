"""M49: sessions on the help pages, what they look for, and whether their customer makes contact all the same."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aggregators import selfservice
from aggregators.facts import Key
from aggregators.forgetting import stand_in
from aggregators.instants import DAY_MS
from aggregators.points import BY_CODE
from aggregators.samples import Labels
from aggregators.telling import BY_CUSTOMER, Row, fact_of, visits_of
from aggregators.told import Session
from tests.aggregators.observed import shown
from tests.aggregators.running import EVERYTHING, Counted
from tests.aggregators.visited import contact, instant, points, samples_of, visit
from tests.aggregators.visited import shown as shown_of
from tests.logs import T0, Log

if TYPE_CHECKING:
    from aggregators.samples import Sample

MS = 1 / DAY_MS
DAY = T0 // DAY_MS


def pages(**shared: object) -> Log:
    """Return a pen for events of session `s` without a conversation."""
    return Log(**{"conversation": None, "session": "s", **shared})


def viewed(log: Log, clock: str, **fields: object) -> Log:
    """Write one page view."""
    return log.add("selfservice.viewed", clock, **fields)


def searched(log: Log, clock: str, **fields: object) -> Log:
    """Write one search."""
    return log.add("selfservice.searched", clock, **fields)


def counted(log: Log, *families: str) -> Counted:
    """Return a partition that has counted *log*, by all families or by these."""
    partition = Counted(replace(EVERYTHING, families=families) if families else EVERYTHING)
    partition.feed(log.lines)
    return partition


# ------------------------------------------------------------------------------------------- sessions


def test_what_sessions_look_for() -> None:
    """Two sessions: two views, three searches, one of them in vain (1/3); that which does not say has not failed."""
    log = viewed(searched(pages(), "00:00", found=False), "00:10")
    searched(viewed(log.of(session="t"), "00:20"), "00:30", found=True)
    searched(log.of(session="t"), "00:40")

    for labels in (("default",), ("default", "selfservice")):
        now = shown(log, "01:00", *labels)
        assert now["selfservice_sessions"] == 2
        assert now["selfservice_views"] == 2
        assert (now["selfservice_searches"], now["selfservice_failed_searches"]) == (3, 1)
        assert now["selfservice_failed_search_ratio"] == pytest.approx(1 / 3)
        assert now["failed_searches_total"] == 1


def test_each_page_and_each_search_by_itself() -> None:
    """A search is in vain (2) if it says so, not if it found something or says nothing."""
    log = viewed(searched(searched(searched(pages(), "00:00", found=False), "00:10"), "00:20", found=True), "00:30")
    facts = sorted(next(iter(counted(log).tables.facts.values())).values())
    samples: list[Sample] = []

    assert selfservice.observe("default", facts, samples) == {}

    assert [(BY_CODE[each[0]].name, each[1:]) for each in samples] == [
        ("kb_search", (T0, Labels("default", "selfservice", ""), 2)),
        ("kb_search", (T0 + 10_000, Labels("default", "selfservice", ""), 1)),
        ("kb_search", (T0 + 20_000, Labels("default", "selfservice", ""), 1)),
        ("kb_view", (T0 + 30_000, Labels("default", "selfservice", ""), 0)),
        ("kb_session", (T0 + 30_000, Labels("default", "selfservice", ""), 1)),
    ]


def test_a_session_counts_at_its_last_event() -> None:
    """5m: [00:00 ── page 04:59 ── 05:00) [05:00 ── page 05:01 ── 10:00)."""
    log = viewed(viewed(pages(), "04:59"), "05:01")

    assert shown(log, "05:00")["selfservice_sessions"] == 1
    assert shown(log, "10:00")["selfservice_sessions"] == 1
    assert shown(log, "10:20")["selfservice_sessions"] == 0
    assert shown(log, "10:20", window="1h")["selfservice_sessions"] == 1


def test_a_session_over_midnight_is_two() -> None:
    """By its UTC day, so that no session grows for ever; one that everybody shares is small on each day."""
    log = viewed(viewed(pages(), "23:59:59"), "24:00:00")

    assert shown(log, "24:01:00")["selfservice_sessions"] == 2
    assert {key.kind for key in counted(log).tables.facts} == {f"selfservice:{DAY}", f"selfservice:{DAY + 1}"}


def test_sessions_of_two_tenants_are_two() -> None:
    """A session is one of its tenant."""
    log = viewed(pages(), "00:00")
    viewed(log.of(tenant="other"), "00:00")

    assert shown(log, "01:00")["selfservice_sessions"] == 1
    assert shown(log, "01:00", "other")["selfservice_sessions"] == 1


def test_the_channel_that_a_session_names() -> None:
    """The last one, for all of it; without one it has one of its own."""
    log = viewed(viewed(pages(), "00:00", channel="web"), "00:01", channel="app")

    assert shown(log, "01:00", "default", "app")["selfservice_views"] == 2
    assert "selfservice_views" not in shown(log, "01:00", "default", "web")


def test_a_session_stands_in_no_queue() -> None:
    """No series at level queue, though an event names one."""
    partition = counted(viewed(pages(), "00:00", queue="billing"))

    assert {labels.queue for labels in partition.tables.labels} == {""}


def test_the_share_of_sessions_whose_customer_is_known() -> None:
    """Coverage: one of four; it takes any one event to name it, and "" is no name."""
    log = viewed(viewed(pages(), "00:00"), "00:01", customer="u")
    viewed(log.of(session="t"), "00:02")
    viewed(log.of(session="v"), "00:02")
    viewed(log.of(session="w"), "00:02", customer="")

    assert shown(log, "01:00")["selfservice_coverage_ratio"] == 0.25


def test_order_and_repeats_change_nothing() -> None:
    """Late, twice, in whatever order: the same tables."""
    log = searched(viewed(pages(), "00:00", customer="u"), "00:10", found=False)
    viewed(viewed(log, "24:00:01", customer="v"), "00:20", customer="w")
    again = [*log.lines, *log.lines]
    random.Random(4).shuffle(again)
    other = Counted(EVERYTHING)
    other.feed(again)

    assert [line for line in other.lines() if '"position"' not in line] == [
        line for line in counted(log).lines() if '"position"' not in line
    ]


def test_sessions_are_counted_where_they_are_asked_for() -> None:
    """Without the family `selfservice` nothing of them is, and nobody is told."""
    partition = counted(viewed(pages(), "00:00", customer="u"), "customers")

    assert (partition.cells(), partition.deltas[0].told) == ({}, {})


# ------------------------------------------------------------------------------------------- deflection


def session(begun: float, ended: float) -> Session:
    """Return a session from and to days after T0."""
    return Session(instant(begun), instant(ended), "web")


@pytest.mark.parametrize(
    ("days", "choice"),
    [
        (1 - MS, 2),  # before the session
        (1, 1),
        (1.5, 1),  # while it lasts
        (2, 1),
        (3, 1),  # exactly 24 h after it
        (3 + MS, 2),
    ],
)
def test_a_contact_within_a_day_of_the_session(days: float, choice: int) -> None:
    """M49: no contact ≤ 24 h, through any channel (2); one (1). Dated at the session's end, in its channel.

    session 1 ───── 2 ── 24 h ── 3
    """
    visits = {"s": visit(session(1, 2)), "a": visit(contact(days, channel="voice", topic="x"))}

    assert points(visits, "deflected") == [("deflected", "", 2, choice)]


def test_what_we_begin_is_no_contact() -> None:
    """The session may have spared one all the same."""
    assert points({"s": visit(session(1, 2)), "a": visit(contact(2.1, by=2))}, "deflected")[0][3] == 2


def test_the_estimate() -> None:
    """Three sessions of three customers, one of whom writes on the next morning: 2/3, at level channel and tenant."""
    samples = [
        *samples_of({"s": visit(session(1, 1.1)), "a": visit(contact(1.9))}, customer="u1"),
        *samples_of({"s": visit(session(1, 1.1))}, customer="u2"),
        *samples_of({"s": visit(session(1, 1.1)), "a": visit(contact(2.5))}, customer="u3"),
    ]

    assert shown_of(samples, 3)["deflection_estimate_ratio"] == pytest.approx(2 / 3)
    assert shown_of(samples, 3, "default", "web")["deflection_estimate_ratio"] == pytest.approx(2 / 3)
    assert "deflection_estimate_ratio" not in shown_of(samples, 3, "default", "chat")


def test_the_customer_is_told_of_the_session() -> None:
    """The last one named hears from when to when, the one before that it is nothing to them; nobody of nobody's."""
    log = viewed(viewed(pages(), "00:00", customer="u"), "00:01", customer="v")
    viewed(log.of(session="t"), "00:02")

    told = counted(log).deltas[0].told

    assert {(to.subject, said.content) for to, said in told.items()} == {
        (stand_in("default", "u"), None),
        (stand_in("default", "v"), (*Session(T0, T0 + 1_000, "selfservice"), "v")),
    }
    of_v = [fact_of(Row(*to, *said), 1, BY_CUSTOMER) for to, said in told.items() if said.content]
    assert list(visits_of(of_v).values()) == [visit(Session(T0, T0 + 1_000, "selfservice"))]


def test_a_session_is_never_taken_for_a_conversation() -> None:
    """Whatever the two are called: each is told of by itself."""
    key = Key("default", "s:19786:x")
    told = counted(viewed(pages(session="x"), "00:00", customer="u")).deltas[0].told
    (of_session,) = [Row(*to, *said) for to, said in told.items()]
    of_conversation = of_session._replace(id=f"c:{key.subject}", content=((contact(0),), (), (), "u"))

    assert len(visits_of([fact_of(of_session, 1, BY_CUSTOMER), fact_of(of_conversation, 1, BY_CUSTOMER)])) == 2
