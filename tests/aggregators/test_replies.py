"""The sweep of the messages row by row, where what is shown does not tell two results apart."""

import pytest

from aggregators.events import Event
from aggregators.facts import Fact
from aggregators.instants import DAY_MS
from aggregators.replies import TYPES, OpenResponse, Replies, Stretch, sweep
from tests.aggregators.running import incoming
from tests.logs import T0, Log, after

NOTHING = Replies([], [], [], [], [], replied_at=[])


def said(log: Log) -> Replies:
    """Return what the messages of *log* say."""
    events = [record.content for record in incoming(log.lines) if isinstance(record.content, Event)]
    facts = sorted(Fact(each.at, each.type.rank, each.id, each.type.code, each.fields) for each in events)
    return sweep([fact for fact in facts if fact.type in TYPES], episode_gap_ms=DAY_MS)


def waits(log: Log) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[OpenResponse]]:
    """Return the first responses, the replies and the waits for a first response."""
    return said(log)[:3]


def test_nobody_said_anything() -> None:
    """Neither no facts nor bots, notes, resolves."""
    log = Log().started("00:00").says("00:01", "bot").says("00:02", "human", public=False).closed("00:03")

    assert said(Log()) == NOTHING
    assert said(log) == NOTHING


def test_a_first_response_and_a_reply() -> None:
    """One message is both; the wait for it ended with it."""
    assert waits(Log().customer("00:05").human("00:50")) == (
        [(after("00:50"), after("00:05"))],
        [(after("00:50"), after("00:05"))],
        [OpenResponse(after("00:05"), after("00:50"))],
    )


def test_stretches_and_contacts() -> None:
    """Two messages until the reply, one until the resolve, one until now; the last is another episode, a day later."""
    log = Log().customer("0:00:00").customer("0:00:10").human("0:00:20").customer("0:01:00").closed("0:02:00")
    log.customer("25:00:00")
    ours = Log().started("00:00", initiated_by="agent").customer("00:10")

    assert said(log).stretches == [
        Stretch([T0, after("0:00:10")], after("0:00:20")),
        Stretch([after("0:01:00")], after("0:02:00")),
        Stretch([after("25:00:00")], None),
    ]
    assert said(log).contacts == [(T0, False), (after("25:00:00"), False)]
    assert said(ours).contacts == [(after("00:10"), True)]


def test_of_one_instant_the_customer_wrote_first() -> None:
    """Whatever the ids are, of one human message and of two."""
    for log in (Log().human("00:00").customer("00:00"), Log().human("00:00").human("00:00").customer("00:00")):
        assert said(log).replies == [(T0, T0)]


def test_a_human_who_speaks_first_replies_to_nobody() -> None:
    """But a human has written; the customer's first message after it begins an episode."""
    assert said(Log().human("00:00")) == NOTHING._replace(replied_at=[T0])
    assert said(Log().human("00:00").customer("00:10")).open_responses == [OpenResponse(after("00:10"), None)]


def test_a_resolve_ends_the_wait_once() -> None:
    """Resolved unanswered the wait is over; resolved again it does not get longer, answered it was answered late."""
    log = Log().customer("00:00").status("01:00", "solved").closed("02:00").human("03:00")

    assert waits(log) == ([(after("03:00"), T0)], [], [OpenResponse(T0, after("01:00"))])


def test_a_resolve_before_anybody_wrote_is_nothing() -> None:
    """The episode that begins behind it waits until its first response."""
    log = Log().status("00:00", "closed").customer("00:10").human("00:30")

    assert said(log).open_responses == [OpenResponse(after("00:10"), after("00:30"))]
    assert said(log).replies == [(after("00:30"), after("00:10"))]


def test_a_resolve_after_the_reply_changes_no_wait() -> None:
    """It was over; the next thing the customer says within the day is no episode."""
    log = Log().customer("00:00").human("00:30").status("01:00", "solved").customer("02:00").human("02:20")

    assert said(log).open_responses == [OpenResponse(T0, after("00:30"))]
    assert said(log).first_responses == [(after("00:30"), T0)]
    assert said(log).replies == [(after("00:30"), T0), (after("02:20"), after("02:00"))]


@pytest.mark.parametrize(("clock", "episodes"), [("24:01:00", 1), ("24:01:00.001", 2)])
def test_an_episode_begins_after_a_day_of_quiet(clock: str, episodes: int) -> None:
    """More than 24 h after the resolve; at exactly 24 h it is the same one.

    customer 00:00 · human 00:30 · solved 01:00 |· · · 24 h · · ·|customer
    """
    log = Log().customer("0:00:00").human("0:00:30").status("0:01:00", "solved").customer(clock)

    assert len(said(log).open_responses) == episodes


@pytest.mark.parametrize("who", ["customer", "human"])
def test_whoever_writes_breaks_the_quiet(who: str) -> None:
    """An hour after the resolve somebody wrote: a day after that the customer is still in the same episode."""
    log = Log().customer("0:00:00").human("0:00:30").status("0:01:00", "solved").says("1:00:00", who)

    assert len(said(log.customer("30:00:00")).open_responses) == 1


def test_the_latest_resolve_counts() -> None:
    """Solved and, a day later, closed: the quiet begins with the second."""
    log = Log().customer("0:00:00").human("0:00:30").status("0:01:00", "solved").status("24:00:30", "closed")

    assert len(said(log.customer("25:00:00")).open_responses) == 1


def test_a_second_episode_has_a_first_response_of_its_own() -> None:
    """Also where the first was resolved without one."""
    log = Log().customer("0:00:00").status("0:01:00", "solved").customer("30:00:00").human("30:00:20")

    assert waits(log) == (
        [(after("30:00:20"), after("30:00:00"))],
        [(after("30:00:20"), after("30:00:00"))],
        [OpenResponse(T0, after("0:01:00")), OpenResponse(after("30:00:00"), after("30:00:20"))],
    )


@pytest.mark.parametrize("by", ["agent", "system"])
def test_an_episode_that_we_began_has_no_first_response(by: str) -> None:
    """Its replies count; the episode after a day of quiet is the customer's."""
    log = Log().started("0:00:00", initiated_by=by).customer("0:01:00").human("0:02:00").closed("0:03:00")
    assert waits(log) == ([], [(after("02:00"), after("01:00"))], [])

    log.customer("30:00:00").human("30:00:20")

    assert said(log).first_responses == [(after("30:00:20"), after("30:00:00"))]
    assert said(log).open_responses == [OpenResponse(after("30:00:00"), after("30:00:20"))]


def test_a_ticket_that_we_created_is_no_message_of_the_customer() -> None:
    """One that the customer created, or nobody says who, is."""
    assert said(Log().created("00:00", initiated_by="agent")) == NOTHING
    for by in ("customer", None):
        assert said(Log().created("00:00", initiated_by=by)).open_responses == [OpenResponse(T0, None)]


def test_the_last_word_on_who_began_counts() -> None:
    """Of two starts the later one that names somebody."""
    log = Log().started("00:00", initiated_by="agent").started("00:10", initiated_by="customer").started("00:20")

    assert len(said(log.customer("01:00")).open_responses) == 1


def test_at_one_instant_customers_come_first() -> None:
    """Whatever the ids, also before several replies of that instant, but not before those of an earlier one."""
    for more in ([], ["b"]):
        log = Log().human("00:00").human("00:10", id="a").customer("00:10", id="c")
        for identifier in more:
            log.human("00:10", id=identifier)

        assert said(log).replies == [(after("00:10"), after("00:10"))]
        assert said(log).first_responses == [(after("00:10"), after("00:10"))]


@pytest.mark.parametrize(("fields", "replies"), [({"auto": True}, 0), ({"auto": False}, 1), ({"public": True}, 1)])
def test_what_a_human_reply_is(fields: dict[str, bool], replies: int) -> None:
    """Public and not automatic, which both are so unless it says otherwise."""
    found = said(Log().customer("00:00").human("00:10", **fields))

    assert (len(found.replies), bool(found.replied_at)) == (replies, bool(replies))


@pytest.mark.parametrize(("status", "ends"), [("solved", True), ("closed", True), ("open", False), ("pending", False)])
def test_which_status_resolves(status: str, ends: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """Solved and closed."""
    (wait,) = said(Log().customer("00:00").status("00:10", status)).open_responses

    assert (wait.end is not None) == ends
