"""M73: what contacts are about, the most frequent topics and tags with their share and its change."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC

import pytest

from aggregators.board import Board
from aggregators.folding import Caps
from aggregators.points import REASON, REASONED, Point
from aggregators.samples import Labels
from aggregators.top_reasons import SHOWN, top
from stream.offline import Offline
from tests.aggregators.observed import observed, shown
from tests.aggregators.running import EVERYTHING, Counted
from tests.logs import T0, Log, after


def about(log: Log, clock: str, *conversations: str, topic: str | None = None, tags: list[str] | None = None) -> Log:
    """Let customers write at *clock*, each in a conversation of its own, about *topic* and *tags*."""
    for name in conversations:
        log.of(conversation=name).customer(clock, topic=topic, tags=tags)
    return log


def of(shown: dict[str, float], name: str) -> dict[str, float]:
    """Return the values of one metric by reason."""
    return {key.partition(":")[2]: value for key, value in shown.items() if key.startswith(f"{name}:")}


def test_reasons_with_their_share() -> None:
    """Of five contacts three are about refunds, two of these tagged vip as well; one is about nothing known.

    Shares 3/5, 2/5, 1/5: they need not add up to 1. Coverage 4/5.
    """
    log = about(Log(), "00:00", "a", topic="refund")
    about(log, "00:10", "b", "c", topic="refund", tags=["vip"])
    about(log, "00:20", "d", topic="login")
    about(log, "00:30", "e")

    now = shown(log, "01:00")

    assert of(now, "contact_reasons") == {"refund": 3, "vip": 2, "login": 1}
    assert of(now, "contact_reason_share_ratio") == {"refund": 0.6, "vip": 0.4, "login": 0.2}
    assert now["contact_reason_coverage_ratio"] == 0.8


def test_reasons_stand_at_their_tenant() -> None:
    """The coverage at every level, the reasons at the tenant's, each tenant's for itself."""
    log = about(Log(), "00:00", "a", topic="refund")
    about(log.of(tenant="other"), "00:00", "b", topic="login")

    assert of(shown(log, "01:00"), "contact_reasons") == {"refund": 1}
    assert of(shown(log, "01:00", "other"), "contact_reasons") == {"login": 1}
    queue = shown(log, "01:00", "default", "chat", "none")
    assert (of(queue, "contact_reasons"), queue["contact_reason_coverage_ratio"]) == ({}, 1)


def test_a_reason_has_labels_of_its_own() -> None:
    """Without channel and queue, that it be one whatever they are; the coverage stands where the contact was."""
    log = Log().customer("00:10", topic="refund", queue="billing")

    samples = observed(log.lines).samples

    assert [each for each in samples if each[0] in (REASON.code, REASONED.code)] == [
        Point(REASONED.code, T0 + 10_000, Labels("default", "chat", "billing"), 2),
        Point(REASON.code, T0 + 10_000, Labels("default", "", "", "reason=refund"), 0),
    ]


def test_a_tag_that_is_added_later_corrects_the_contact() -> None:
    """Tag added later ⇒ restatement: it counts when the contact was, and the tag it replaces does not any more."""
    log = about(Log(), "00:00", "a", tags=["unclear"])
    assert of(shown(log, "00:10"), "contact_reasons") == {"unclear": 1}

    log.of(conversation="a").add("ticket.tagged", "10:00", tags=["refund", "vip"])

    assert of(shown(log, "10:10", window="1h"), "contact_reasons") == {"refund": 1, "vip": 1}
    assert of(shown(log, "10:10", window="5m"), "contact_reasons") == {}


def test_the_last_topic_counts() -> None:
    """As everywhere: the last one named; the tags beside it, each once, "" not at all."""
    log = about(Log(), "00:00", "a", topic="x", tags=["y", "", "y", "z"]).of(conversation="a").human("00:10", topic="z")

    assert of(shown(log, "01:00"), "contact_reasons") == {"y": 1, "z": 1}


def test_every_episode_is_a_contact_about_it() -> None:
    """Two episodes of one conversation, a day apart; what we begin is nobody's reason to call."""
    log = about(Log(), "00:00", "a", topic="x").of(conversation="a").closed("01:00").customer("25:00:00")
    log.of(conversation="ours").started("00:00", initiated_by="agent").customer("25:00:00", topic="offer")

    assert of(shown(log, "25:10:00", window="7d"), "contact_reasons") == {"x": 2}


def test_a_call_has_a_reason_too() -> None:
    """Nobody writes in it."""
    log = Log(channel="voice", topic="cards").queued("00:00").accepted("00:10")

    assert of(shown(log, "01:00"), "contact_reasons") == {"cards": 1}


def test_spam_has_none() -> None:
    """It leaves every metric."""
    log = about(Log(), "00:00", "a", topic="x").of(conversation="a").flagged("00:10")

    assert of(shown(log, "01:00"), "contact_reasons") == {}


def test_the_most_frequent_ones_are_shown() -> None:
    """Ten of a window, the first by name among equals, whatever came first."""
    numbers = {f"r{n:02}": 1 for n in range(15)} | {"often": 3, "twice": 2}

    assert top(numbers) == ["often", "twice", *(f"r{n:02}" for n in range(8))]
    assert len(top(numbers)) == SHOWN


def test_at_most_ten_tags_of_a_conversation_count() -> None:
    """The first ten by name: nobody fills the tables with one event."""
    log = about(Log(), "00:00", "a", tags=[f"t{n:03}" for n in reversed(range(100))])
    partition = Counted(EVERYTHING)
    partition.feed(log.lines)

    assert sorted(labels.part for labels in partition.tables.labels if labels.part) == [
        f"reason=t{n:03}" for n in range(10)
    ]


def test_the_change_against_the_week() -> None:
    """Yesterday one of three was about login, in the last hour it is one of one: 1 ÷ (2/4) = 2.

    7d: login 2 of 4. 1h: login 1 of 1. In 7d itself there is nothing to compare.
    """
    log = about(Log(), "00:00", "a", topic="login")
    about(log, "00:00", "b", "c", topic="refund")
    about(log, "24:00:00", "d", topic="login")

    assert of(shown(log, "24:00:10", window="1h"), "contact_reason_change_ratio") == {"login": 2}
    assert of(shown(log, "24:00:10", window="7d"), "contact_reason_change_ratio") == {}


def test_the_change_follows_what_leaves_the_week() -> None:
    """A look later, with nothing new in the hour, shows what a board made anew shows: the week has moved on."""
    log = about(Log(), "00:00", "a", "b", topic="refund")
    about(log, "167:50:00", "c", topic="login")
    product = Offline(definitions=EVERYTHING)
    product.feed(log.lines)
    before = product.values(after("168:00:00"))

    later = product.values(after("168:20:00"))

    anew = Offline(definitions=EVERYTHING)
    anew.feed(log.lines)
    assert later == anew.values(after("168:20:00"))
    name = "support_tenant_rolling_contact_reason_change_ratio"
    labels = (("tenant", "default"), ("window", "1h"), ("reason", "login"))
    assert (before[name, labels], later[name, labels]) == (3, 1)


def test_the_change_follows_contacts_without_a_reason_that_leave_the_week() -> None:
    """What was about nothing known is in the whole of the week too: while it is, 1 ÷ (1/2) = 2, after it 1 ÷ (1/1)."""
    log = about(about(Log(), "00:00", "a"), "167:50:00", "b", topic="login")
    product = Offline(definitions=EVERYTHING)
    product.feed(log.lines)
    name = "support_tenant_rolling_contact_reason_change_ratio"
    labels = (("tenant", "default"), ("window", "1h"), ("reason", "login"))

    assert product.values(after("168:14:00"))[name, labels] == 2
    assert product.values(after("168:15:00"))[name, labels] == 1


def test_names_over_the_cap_are_one() -> None:
    """The first two seen have names, the rest is `other`."""
    log = about(Log(), "00:00", "a", topic="x")
    about(log, "00:10", "b", topic="y")
    about(log, "00:20", "c", "d", topic="z")
    about(log, "00:30", "e", topic="w")
    partition = Counted(EVERYTHING)
    partition.feed(log.lines)
    board = Board(EVERYTHING, zone=UTC, caps=Caps(parts=2))
    for pane, groups in partition.tables.cells.items():
        for labels, amounts in groups.items():
            board.add(pane, labels, amounts)
            board.set_hour("p", after("00:00"), labels, filled=True)
    board.see_labels(partition.tables.labels)
    board.move(after("01:00"))

    found = {
        row.extra: row.value for row in board.rows() if row.metric.suffix == "contact_reasons" and row.window == "1h"
    }

    assert found == {"x": 1, "y": 1, "other": 3}


def test_order_and_repeats_change_nothing() -> None:
    """Late, twice, in whatever order: the same tables."""
    log = about(Log(), "00:00", "a", "b", topic="x", tags=["y"])
    log.of(conversation="a").add("ticket.tagged", "00:10", tags=["z"])
    again = [*log.lines, *log.lines]
    random.Random(7).shuffle(again)
    one, other = Counted(EVERYTHING), Counted(EVERYTHING)
    one.feed(log.lines)
    other.feed(again)

    assert [line for line in one.lines() if '"position"' not in line] == [
        line for line in other.lines() if '"position"' not in line
    ]


@pytest.mark.parametrize(("families", "found"), [(("reasons",), {"x": 1}), (("volume", "customers"), {})])
def test_reasons_are_counted_where_they_are_asked_for(families: tuple[str, ...], found: dict[str, float]) -> None:
    """The family `reasons` of the definitions, by itself."""
    product = Offline(definitions=replace(EVERYTHING, families=families))
    product.feed(about(Log(), "00:00", "a", topic="x").lines)
    values = product.values(after("01:00"))

    reasons = {dict(pairs)["reason"]: n for (name, pairs), n in values.items() if name.endswith("_contact_reasons")}
    assert reasons == found
