"""Resolution, sample by sample: what is received, solved, reopened, and from when to when it is open."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import resolution
from aggregators.definitions import Definitions
from aggregators.events import Event
from aggregators.facts import Fact, Key
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.observe import Observation, observe
from aggregators.places import Places
from aggregators.points import BY_CODE, MOVED_IN, MOVED_OUT, RESOLVED, REVIVED
from aggregators.samples import OPEN
from aggregators.tells import Solved
from aggregators.touches import Touches
from tests.aggregators.observed import points_of
from tests.aggregators.running import EVERYTHING, incoming
from tests.logs import T0, Log, after

KEY = Key("default", "c")
OURS = [
    "received", "resolved", "reopened", "deleted", "solved", "solved_unpaused", "closed", "first_solved", "solve",
    "replies_to_solve", "touches_to_solve", "owners", "async_ended", "no_reply_closed", "auto_closed",
]  # fmt: skip


def facts_of(log: Log) -> list[Fact]:
    """Return the facts of *log* in the order of writing."""
    events = [record.content for record in incoming(log.lines) if isinstance(record.content, Event)]
    return [Fact(each.at, each.type.rank, each.id, each.type.code, each.fields) for each in events]


def observed(log: Log, definitions: Definitions = EVERYTHING) -> Observation:
    """Return what the conversation of *log* contributes."""
    return observe(KEY, facts_of(log), definitions=definitions)


def points(log: Log, *names: str, definitions: Definitions = EVERYTHING) -> list[tuple[str, str, int]]:
    """Return the points of these kinds as (kind, clock, value), by instant and then in the order of *names*."""
    found = [
        (point.at, names.index(BY_CODE[point.kind].name), point.value)
        for point in points_of(observed(log, definitions))
        if BY_CODE[point.kind].name in names
    ]
    return [(names[place], clock(at), value) for at, place, value in sorted(found)]


def values(log: Log, name: str, definitions: Definitions = EVERYTHING) -> list[int]:
    """Return the values of the points of one kind, by instant."""
    return [value for _, _, value in points(log, name, definitions=definitions)]


def seconds(log: Log, name: str) -> list[float]:
    """Return the values of the points of one kind in seconds, by instant."""
    return [value / SECOND_MS for value in values(log, name)]


def at(log: Log, name: str) -> list[str]:
    """Return the clock readings of the points of one kind."""
    return [when for _, when, _ in points(log, name)]


def clock(instant: int) -> str:
    """Return an instant as a clock reading, H:MM:SS after T0."""
    minutes, rest = divmod(instant - T0, MINUTE_MS)
    return f"{minutes // 60}:{minutes % 60:02}:{rest / SECOND_MS:02.0f}"


def opened(log: Log, definitions: Definitions = EVERYTHING) -> list[tuple[str, str | None]]:
    """Return from when to when the conversation is open."""
    found = sorted((each for each in observed(log, definitions).intervals if each.kind == OPEN), key=lambda i: i.start)
    assert all(each.since <= each.start for each in found)
    return [(clock(each.start), None if each.end is None else clock(each.end)) for each in found]


def ticket(**fields: Any) -> Log:
    """Return the log of a ticket that a customer created at T0."""
    return Log(queue="billing").created("0:00:00", **fields)


def solved(**fields: Any) -> Log:
    """Return the log of a ticket created at T0, answered after ten minutes and solved after an hour."""
    return ticket().commented("0:10:00", "human").status("1:00:00", "solved", **fields)


# ------------------------------------------------------------------------------------------------- received


def test_received_at_the_first_customer_message() -> None:
    """Not at the start of the thread; the later messages are none."""
    log = Log().started("0:00:00").says("0:00:01", "bot").customer("0:00:20").customer("0:00:30").human("0:01:00")

    assert points(log, "received") == [("received", "0:00:20", 1)]


@pytest.mark.parametrize("by", [None, "customer"])
def test_a_ticket_by_a_customer_is_received_with_its_creation(by: str | None) -> None:
    """ticket.created is a customer message, unless agents or the system created it."""
    log = ticket(initiated_by=by).commented("0:05:00", "customer")

    assert at(log, "received") == ["0:00:00"]


@pytest.mark.parametrize("by", ["agent", "system"])
def test_what_we_began_is_received_with_the_customer_but_timed_from_its_beginning(by: str) -> None:
    """Created 0:00, the customer writes at 0:30, solved 1:00: received 0:30, solved after 3,600 s."""
    log = ticket(initiated_by=by).commented("0:10:00", "human").commented("0:30:00", "customer")
    log.commented("0:40:00", "human").status("1:00:00", "solved")

    assert points(log, "received", "solved") == [("received", "0:30:00", 2), ("solved", "1:00:00", HOUR_MS)]
    assert values(log, "replies_to_solve") == [1]


def test_without_any_customer_message_received_at_the_first_start() -> None:
    """Of two starts the first; nobody wrote, so how many replies it took is unknown."""
    log = Log().started("0:00:10", initiated_by="agent").created("0:00:30", initiated_by="agent")
    log.human("0:01:00").status("0:02:00", "solved")

    assert points(log, "received", "solved") == [("received", "0:00:10", 2), ("solved", "0:02:00", 110 * SECOND_MS)]
    assert values(log, "replies_to_solve") == []


def test_a_start_that_nobody_wrote_to_is_received_where_it_is_solved() -> None:
    """A notice, solved at once: the customer who writes back reopens it, and is not the first of it."""
    log = Log().created("0:00:00", initiated_by="agent").status("0:01:00", "solved").commented("2:00:00", "customer")

    assert points(log, "received", "resolved", "reopened") == [
        ("received", "0:00:00", 1),
        ("resolved", "0:01:00", 0),
        ("reopened", "2:00:00", 0),
    ]


def test_the_last_word_on_who_began_counts() -> None:
    """An agent's start, then one that says nothing, then a customer's: timed from the customer's message."""
    log = Log().started("0:00:00", initiated_by="agent").started("0:00:10").started("0:00:20", initiated_by="customer")
    log.started("0:00:30").customer("0:01:00").human("0:01:10").closed("0:02:00")
    assert seconds(log, "solved") == [60]

    log = Log().started("0:00:00", initiated_by="agent").started("0:00:10").customer("0:01:00").human("0:01:10")
    assert seconds(log.closed("0:02:00"), "solved") == [120]


def test_what_never_began_contributes_nothing() -> None:
    """A stop without a start: no close, status or deletion, no reply and no change makes a resolution."""
    log = Log().queued("0:00:00").accepted("0:00:01").human("0:00:02").status("0:00:03", "solved").closed("0:00:04")
    log.add("chat.reopened", "0:00:05", by="customer").add("ticket.deleted", "0:00:06")

    assert points(log, *OURS) == []
    assert opened(log) == []
    assert at(log.customer("0:00:10"), "received") == ["0:00:10"]


# --------------------------------------------------------------------------------------------------- solves


@pytest.mark.parametrize("status", ["solved", "closed"])
def test_a_status_solves(status: str) -> None:
    """Solved or closed, also where nobody replied."""
    log = ticket().status("1:00:00", status)

    assert points(log, "received", "resolved", "solved") == [
        ("received", "0:00:00", 2),
        ("resolved", "1:00:00", 0),
        ("solved", "1:00:00", HOUR_MS),
    ]


@pytest.mark.parametrize("status", ["new", "open", "pending", "on_hold", "waiting"])
def test_other_statuses_solve_nothing(status: str) -> None:
    """Nor does one that is in no list of words."""
    log = ticket().status("1:00:00", status)

    assert points(log, *OURS) == [("received", "0:00:00", 1)]
    assert opened(log) == [("0:00:00", None)]


def test_a_chat_is_solved_by_its_close_after_a_human_reply() -> None:
    """Whoever closes it, and when there is no word on whether it was resolved, or a good one."""
    for fields in ({}, {"by": "customer"}, {"resolved": True}):
        log = Log().customer("0:00:00").human("0:01:00").closed("0:05:00", **fields)

        assert points(log, "resolved", "solved") == [("resolved", "0:05:00", 0), ("solved", "0:05:00", 300_000)]


@pytest.mark.parametrize(
    "who",
    [{"actor": "bot"}, {"actor": "human", "public": False}, {"actor": "human", "auto": True}, {"actor": "system"}],
)
def test_a_close_without_a_human_reply_solves_nothing(who: dict[str, Any]) -> None:
    """Neither a bot in the queue, a note nor an autoresponder replied; it stays open for 24 h after the last event."""
    log = Log(queue="billing").customer("0:00:00").queued("0:00:10").says("0:00:20", **who).closed("0:05:00")

    assert points(log, "received", "resolved", "no_reply_closed") == [
        ("received", "0:00:00", 1),
        ("no_reply_closed", "0:05:00", 0),
    ]
    assert opened(log) == [("0:00:00", "24:05:00")]


def test_a_close_as_unresolved_solves_nothing() -> None:
    """Answered, but not resolved: nor is it one without a reply."""
    log = Log().customer("0:00:00").human("0:01:00").closed("0:05:00", resolved=False)

    assert points(log, *OURS) == [("received", "0:00:00", 1)]
    assert points(log.closed("0:06:00"), "resolved") == [("resolved", "0:06:00", 0)]


@pytest.mark.parametrize("bot", ["greets", "writes"])
def test_a_bot_that_contains_solves(bot: str) -> None:
    """A bot took part, and nobody was queued or accepted: resolved, and not closed without a reply."""
    log = Log().started("0:00:00", bot=True if bot == "greets" else None).started("0:00:01").customer("0:00:10")
    if bot == "writes":
        log.says("0:00:20", "bot")
    log.closed("0:01:00", "bot")

    assert points(log, "resolved", "solved", "no_reply_closed") == [
        ("resolved", "0:01:00", 0),
        ("solved", "0:01:00", 50 * SECOND_MS),
    ]


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("chat.queued", {"queue": "billing"}),
        ("chat.accepted", {}),
        ("chat.bot_handoff", {}),
        ("chat.callback_requested", {}),
        ("chat.abandoned", {"stage": "bot"}),
        ("chat.message", {"actor": "human", "public": False}),
    ],
)
def test_a_bot_that_hands_on_contains_nothing(event: str, fields: dict[str, Any]) -> None:
    """Queued, accepted, handed off, left, with a wish for a call or a human's note: closed without a reply."""
    log = Log().started("0:00:00", bot=True).customer("0:00:10").add(event, "0:00:30", **fields)
    log.closed("0:01:00", "system")

    assert points(log, "resolved", "no_reply_closed") == [("no_reply_closed", "0:01:00", 0)]


@pytest.mark.parametrize("bot", [False, None])
def test_a_close_without_a_bot_is_no_containment(bot: bool | None) -> None:  # noqa: FBT001 - of pytest
    """A chat without a queue, closed by the system: nobody replied but that, and nothing was solved."""
    log = Log().started("0:00:00", bot=bot).customer("0:00:10").says("0:00:20", "system").closed("0:01:00", "system")

    assert points(log, "resolved", "no_reply_closed") == [("no_reply_closed", "0:01:00", 0)]


@pytest.mark.parametrize(("resolved", "ends"), [(None, "no_reply_closed"), (True, "resolved")])
def test_a_customer_who_closes_has_left_the_bot(resolved: bool | None, ends: str) -> None:  # noqa: FBT001 - of pytest
    """Unless the close says that it was resolved."""
    log = Log().started("0:00:00", bot=True).customer("0:00:10").closed("0:01:00", "customer", resolved=resolved)

    assert points(log, "resolved", "no_reply_closed") == [(ends, "0:01:00", 0)]


def test_an_autoresponder_is_no_bot() -> None:
    """What it writes, and what a bot writes on a ticket, contains nothing."""
    log = Log().customer("0:00:00").says("0:00:01", "bot", auto=True).commented("0:00:02", "bot").closed("0:01:00")

    assert points(log, "resolved", "no_reply_closed") == [("no_reply_closed", "0:01:00", 0)]


def test_an_automatic_text_of_a_human_hands_on_nothing() -> None:
    """The bot contains it all the same."""
    log = Log().started("0:00:00", bot=True).customer("0:00:10").human("0:00:20", auto=True).closed("0:01:00", "bot")

    assert points(log, "resolved", "no_reply_closed") == [("resolved", "0:01:00", 0)]


def test_a_bot_that_could_not_help_contains_nothing() -> None:
    """Its chat is closed as unresolved: not solved, and closed without a reply."""
    log = Log().started("0:00:00", bot=True).customer("0:00:10").closed("0:01:00", "bot", resolved=False)

    assert points(log, "resolved", "no_reply_closed") == [("no_reply_closed", "0:01:00", 0)]


def test_a_call_is_solved_by_its_close_once_it_was_accepted() -> None:
    """Where the customer writes nothing, the accept is the reply; without it there was none."""
    call = Log(channel="voice").started("0:00:00").queued("0:00:05")
    lost = Log(channel="voice").started("0:00:00").queued("0:00:05").closed("0:03:05", "customer")

    call.accepted("0:00:20", agent="a-1").closed("0:05:00")

    assert points(call, "received", "resolved", "solved", "owners", "no_reply_closed") == [
        ("received", "0:00:00", 2),
        ("resolved", "0:05:00", 0),
        ("solved", "0:05:00", 300_000),
        ("owners", "0:05:00", 1),
    ]
    assert points(lost, *OURS) == [("received", "0:00:00", 1)]


def test_only_the_first_solve_while_open_is_one() -> None:
    """Solved, solved again and closed: one, and the first of all; closed after 4 h."""
    log = solved().status("2:00:00", "solved").status("4:00:00", "closed").closed("5:00:00")

    assert points(log, "resolved", "solve", "solved", "first_solved", "closed") == [
        ("resolved", "1:00:00", 0),
        ("solve", "1:00:00", 1),
        ("solved", "1:00:00", HOUR_MS),
        ("first_solved", "1:00:00", HOUR_MS),
        ("closed", "4:00:00", 4 * HOUR_MS),
    ]


@pytest.mark.parametrize("kind", ["status", "chat"])
def test_a_close_that_solves_is_a_close(kind: str) -> None:
    """Resolved and closed at one instant."""
    log = ticket().commented("0:10:00", "human")
    log = log.status("1:00:00", "closed") if kind == "status" else log.closed("1:00:00")

    assert points(log, "solved", "closed") == [("solved", "1:00:00", HOUR_MS), ("closed", "1:00:00", HOUR_MS)]


def test_a_close_before_the_last_solve_is_of_no_account() -> None:
    """Closed at 1 h, reopened, solved at 3 h: not closed since. At 4 h it is."""
    log = ticket().status("1:00:00", "closed").commented("2:00:00", "customer").status("3:00:00", "solved")
    assert values(log, "closed") == []

    assert values(log.status("4:00:00", "closed"), "closed") == [4 * HOUR_MS]


# ------------------------------------------------------------------------------------------------- reopening


def test_a_customer_reopens() -> None:
    """The provisional sample is withdrawn while it is open: one first resolution, one solve that came back.

    0:00 ──────── solved 1:00 · · · · 2:00 ──────────
    """
    log = solved().commented("2:00:00", "customer")

    assert points(log, "received", "resolved", "solve", "first_solved", "solved", "reopened") == [
        ("received", "0:00:00", 1),
        ("resolved", "1:00:00", 0),
        ("solve", "1:00:00", 2),
        ("first_solved", "1:00:00", HOUR_MS),
        ("reopened", "2:00:00", 0),
    ]
    assert opened(log) == [("0:00:00", "1:00:00"), ("2:00:00", None)]


def test_two_solves_make_one_resolution() -> None:
    """Re-added at the new solve, from the first customer message: never two samples of one episode."""
    log = solved().commented("2:00:00", "customer").status("3:00:00", "solved")

    assert points(log, "solve", "first_solved", "solved") == [
        ("solve", "1:00:00", 2),
        ("first_solved", "1:00:00", HOUR_MS),
        ("solve", "3:00:00", 1),
        ("solved", "3:00:00", 3 * HOUR_MS),
    ]
    assert points(log, "received") == [("received", "0:00:00", 2)]
    assert opened(log) == [("0:00:00", "1:00:00"), ("2:00:00", "3:00:00")]


@pytest.mark.parametrize(
    ("event", "by", "outcome"),
    [
        ("chat.reopened", "customer", 2),
        ("chat.reopened", "system", 1),
        ("chat.reopened", None, 1),
        ("open", "customer", 2),
        ("new", None, 1),
        ("pending", "human", 1),
        ("on_hold", "bot", 1),
    ],
)
def test_what_reopens_and_who(event: str, by: str | None, outcome: int) -> None:
    """chat.reopened and each status that is not solved; the customer's if it says so."""
    log = solved()
    log = log.add(event, "2:00:00", by=by) if event == "chat.reopened" else log.status("2:00:00", event, by=by)

    assert at(log, "reopened") == ["2:00:00"]
    assert values(log, "solve") == [outcome]


@pytest.mark.parametrize("event", ["human", "note", "bot", "status", "assigned", "tagged", "queued", "started"])
def test_what_does_not_reopen(event: str) -> None:
    """Neither a word of ours, a change, a start, nor a status that is in no list."""
    log = solved()
    match event:
        case "human" | "bot":
            log.commented("2:00:00", event)
        case "note":
            log.commented("2:00:00", "human", public=False)
        case "status":
            log.status("2:00:00", "waiting")
        case "assigned" | "tagged":
            log.add(f"ticket.{event}", "2:00:00", actor="human")
        case _:
            log.add(f"chat.{event}", "2:00:00", queue="billing", initiated_by="customer")

    assert at(log, "reopened") == []
    assert seconds(log, "solved") == [3_600]


def test_only_the_first_of_several_reopens() -> None:
    """The status change that follows the customer's message, and a second message, are none."""
    log = solved().commented("2:00:00", "customer").status("2:00:01", "open", by="system")
    log.commented("2:00:02", "customer").add("chat.reopened", "2:00:03")

    assert at(log, "reopened") == ["2:00:00"]


def test_an_agent_who_reopens_first_makes_it_no_return_of_the_customer() -> None:
    """The customer's message an hour later finds it open."""
    log = solved().status("2:00:00", "open", by="human").commented("3:00:00", "customer")

    assert points(log, "solve", "reopened") == [("solve", "1:00:00", 1), ("reopened", "2:00:00", 0)]


@pytest.mark.parametrize("who", [{"by": "human"}, {"actor": "human"}])
def test_an_agents_own_reopening_within_five_minutes_is_a_correction(who: dict[str, str]) -> None:
    """No reopening is counted, and the solve was none: open on, and solved once."""
    log = solved().status("1:05:00", "open", **who)
    assert points(log, "received", "resolved", "solve", "first_solved", "solved", "closed", "reopened") == [
        ("received", "0:00:00", 1)
    ]
    assert opened(log) == [("0:00:00", None)]

    log.status("2:00:00", "closed")

    assert points(log, "resolved", "solve", "first_solved", "solved", "closed") == [
        ("resolved", "2:00:00", 0),
        ("solve", "2:00:00", 1),
        ("first_solved", "2:00:00", 2 * HOUR_MS),
        ("solved", "2:00:00", 2 * HOUR_MS),
        ("closed", "2:00:00", 2 * HOUR_MS),
    ]
    assert opened(log) == [("0:00:00", "2:00:00")]


@pytest.mark.parametrize(
    ("done", "undone", "is_own"),
    [
        ({"by": "human", "agent": "a-1"}, {"by": "human", "agent": "a-1"}, True),
        ({"by": "human", "agent": "a-1"}, {"by": "human", "agent": "a-2"}, False),
        ({"by": "human", "agent": "a-1"}, {"by": "human"}, True),  # nothing says that it is somebody else
        ({"agent": "a-1"}, {"by": "human", "agent": "a-2"}, False),
        ({"by": "customer"}, {"by": "human"}, False),
        ({"by": "system"}, {"by": "human"}, False),
        ({"by": "bot"}, {"by": "human", "agent": "a-1"}, False),
    ],
)
def test_what_somebody_else_solved_is_reopened_and_not_corrected(
    done: dict[str, str],
    undone: dict[str, str],
    is_own: bool,  # noqa: FBT001 - a parameter
) -> None:
    """M44: the agent's *own* reopening within 5 min. Solved at 1:00, opened again at 1:03."""
    log = ticket().status("1:00:00", "solved", **done).status("1:03:00", "open", **undone)

    assert points(log, "solve", "reopened") == ([] if is_own else [("solve", "1:00:00", 1), ("reopened", "1:03:00", 0)])


def test_after_five_minutes_an_agent_reopens() -> None:
    """A correction at 5 min exactly is the last; a millisecond later it is a reopening, but none of the customer."""
    log = solved().add("ticket.status_changed", after("1:05:00") + 1, status="open", by="human")

    assert points(log, "solve", "reopened") == [("solve", "1:00:00", 1), ("reopened", "1:05:00", 0)]
    shorter = replace(EVERYTHING, correction_ms=MINUTE_MS)
    assert len(values(solved().status("1:02:00", "open", by="human"), "reopened", shorter)) == 1


def test_only_an_agent_corrects() -> None:
    """A customer within five minutes reopens, and so do the system and who has no name."""
    assert len(values(solved().commented("1:01:00", "customer"), "reopened")) == 1
    for by in ("system", None):
        assert len(values(solved().status("1:01:00", "open", by=by), "reopened")) == 1


def test_a_correction_of_a_second_solve_leaves_the_first() -> None:
    """Solved 1:00, reopened 2:00, solved 3:00 by mistake, corrected 3:01: once resolved, and open since 2:00."""
    log = solved().commented("2:00:00", "customer").status("3:00:00", "solved").status("3:01:00", "open", by="human")

    assert points(log, "received", "solve", "solved") == [("received", "0:00:00", 1), ("solve", "1:00:00", 2)]
    assert opened(log) == [("0:00:00", "1:00:00"), ("2:00:00", None)]


# -------------------------------------------------------------------------------------------------- episodes


def test_a_customer_after_seven_days_begins_another_episode() -> None:
    """Received again and reopened by nobody; the first resolution stays, and the second is timed from the return.

    0:00 ── solved 1:00 · · · more than 7 d · · · 200:00 ── solved 202:00
    """
    log = solved().commented("200:00:00", "customer").commented("201:00:00", "human").status("202:00:00", "solved")

    assert points(log, "received", "reopened", "solve", "first_solved", "solved", "replies_to_solve") == [
        ("received", "0:00:00", 2),
        ("solve", "1:00:00", 1),
        ("first_solved", "1:00:00", HOUR_MS),
        ("solved", "1:00:00", HOUR_MS),
        ("replies_to_solve", "1:00:00", 1),
        ("received", "200:00:00", 2),
        ("solve", "202:00:00", 1),
        ("first_solved", "202:00:00", 2 * HOUR_MS),
        ("solved", "202:00:00", 2 * HOUR_MS),
        ("replies_to_solve", "202:00:00", 1),
    ]
    assert opened(log) == [("0:00:00", "1:00:00"), ("200:00:00", "202:00:00")]


def test_at_seven_days_exactly_it_is_a_reopening() -> None:
    """A millisecond later it is another episode."""
    on_time = solved().add("ticket.commented", after("1:00:00") + 7 * DAY_MS, actor="customer")
    late = solved().add("ticket.commented", after("1:00:00") + 7 * DAY_MS + 1, actor="customer")

    assert (values(on_time, "received"), values(on_time, "solve"), len(values(on_time, "reopened"))) == ([1], [2], 1)
    assert (values(late, "received"), values(late, "solve"), len(values(late, "reopened"))) == ([2, 1], [1], 0)


def test_who_is_no_customer_begins_no_episode() -> None:
    """Reopened by an agent after eight days: the episode goes on, and its resolution is withdrawn."""
    log = solved().status("200:00:00", "open", by="human")

    assert values(log, "received") == [1]
    assert values(log, "solved") == []
    assert at(log, "reopened") == ["200:00:00"]
    assert seconds(log.status("201:00:00", "solved"), "solved") == [201 * 3_600]


def test_a_customer_who_reopens_without_a_word_begins_an_episode_too() -> None:
    """chat.reopened by the customer after eight days; replies count from the first word."""
    log = solved().add("chat.reopened", "200:00:00", by="customer").commented("200:10:00", "human")
    log.commented("200:20:00", "customer").commented("200:30:00", "human").status("201:00:00", "solved")

    assert at(log, "received") == ["0:00:00", "200:00:00"]
    assert seconds(log, "solved") == [3_600, 3_600]
    assert values(log, "replies_to_solve") == [1, 1]


def test_an_episode_knows_what_was_done_since_the_solve_before() -> None:
    """Queued and accepted by a-2 just before the customer wrote again: its owner, and no containment.

    Of the first episode it has neither the reply nor the owner nor the touches.
    """
    log = Log().customer("0:00:00").accepted("0:00:10", agent="a-1").human("0:01:00").closed("0:02:00")
    log.says("199:00:00", "bot").queued("200:00:00").accepted("200:00:05", agent="a-2").customer("200:00:10")
    log.closed("200:01:00")
    assert points(log, "received", "resolved", "no_reply_closed")[-2:] == [
        ("received", "200:00:10", 1),
        ("no_reply_closed", "200:01:00", 0),
    ]

    log.human("200:02:00").closed("200:03:00")

    assert values(log, "owners") == [1, 1]
    assert values(log, "touches_to_solve") == [1, 1]
    assert values(log, "replies_to_solve") == [1, 1]


def test_a_third_episode() -> None:
    """Each is received, solved and timed by itself."""
    log = solved().commented("200:00:00", "customer").status("201:00:00", "solved")
    log.commented("400:00:00", "customer").status("400:30:00", "closed")

    assert seconds(log, "solved") == [3_600, 3_600, 1_800]
    assert seconds(log, "closed") == [1_800]
    assert seconds(log, "first_solved") == [3_600, 3_600, 1_800]
    assert values(log, "received") == [2, 2, 2]


def test_settling_is_of_the_definitions() -> None:
    """With an hour to settle a customer two hours later begins an episode."""
    log = solved().commented("3:00:00", "customer")

    assert values(log, "received", replace(EVERYTHING, settle_ms=HOUR_MS)) == [2, 1]


# ------------------------------------------------------------------------------------------- times and pauses


def test_time_in_pending_and_on_hold_is_left_out() -> None:
    """3 h in all, 30 min of it pending and 60 min on hold, at one stretch: 1.5 h.

    0:00 ── pending 0:30 · · on hold 1:00 · · · · open 2:00 ── solved 3:00
    """
    log = ticket().status("0:30:00", "pending").status("1:00:00", "on_hold").status("2:00:00", "open")
    log.status("3:00:00", "solved")

    assert points(log, "solved", "solved_unpaused") == [
        ("solved", "3:00:00", 3 * HOUR_MS),
        ("solved_unpaused", "3:00:00", 90 * MINUTE_MS),
    ]


@pytest.mark.parametrize(("status", "unpaused_s"), [("new", 3_600), ("open", 3_600), ("waiting", 1_800)])
def test_what_ends_a_pause(status: str, unpaused_s: int) -> None:
    """Each status that is in the list; 30 min open, 30 paused, and 30 more paused if it is not. Solved ends it too."""
    log = ticket().status("0:30:00", "pending").status("1:00:00", status).status("1:30:00", "solved")

    assert seconds(log, "solved_unpaused") == [unpaused_s]


def test_two_pauses_add_up() -> None:
    """10 min and 20 min of an hour; what is pending after the solve is of no account."""
    log = ticket().status("0:10:00", "pending").status("0:20:00", "open")
    log.status("0:30:00", "on_hold").status("0:50:00", "open").status("1:00:00", "solved")

    assert seconds(log, "solved_unpaused") == [1_800]


def test_a_close_ends_a_pause() -> None:
    """Pending from 0:10, closed 0:30, back at 1:30, closed 2:00: of two hours twenty minutes were paused."""
    log = Log(queue="billing").customer("0:00:00").human("0:05:00").status("0:10:00", "pending").closed("0:30:00")
    assert seconds(log, "solved_unpaused") == [600]

    log.customer("1:30:00").closed("2:00:00")

    assert seconds(log, "solved_unpaused") == [6_000]


def test_a_pause_before_the_clock_started_is_none_of_it() -> None:
    """Pending since before the customer wrote: from there on it is paused, of an hour half."""
    log = Log().started("0:00:00").status("0:10:00", "pending").customer("0:20:00").status("0:50:00", "open")
    log.status("1:20:00", "solved")

    assert points(log, "solved", "solved_unpaused") == [
        ("solved", "1:20:00", HOUR_MS),
        ("solved_unpaused", "1:20:00", 30 * MINUTE_MS),
    ]


def test_a_pause_that_ended_before_anybody_wrote_is_none() -> None:
    """Pending and solved while nothing was received: of the 40 min since the customer wrote none is paused."""
    log = Log().status("0:00:00", "pending").status("0:10:00", "solved").customer("0:20:00").status("1:00:00", "solved")

    assert seconds(log, "solved_unpaused") == [2_400]


def test_reopened_into_a_pause() -> None:
    """Solved 1:00, set to pending at 2:00 and open at 3:00, solved 4:00: three hours of four."""
    log = solved().status("2:00:00", "pending").status("3:00:00", "open").status("4:00:00", "solved")

    assert seconds(log, "solved_unpaused") == [3 * 3_600]


def test_pauses_of_an_episode_are_its_own() -> None:
    """What was pending in the first episode does not shorten the second."""
    log = Log(queue="billing").customer("0:00:00").human("0:01:00").status("0:10:00", "pending").closed("0:30:00")
    log.customer("200:00:00").human("200:10:00").status("201:00:00", "solved")

    assert seconds(log, "solved_unpaused") == [600, 3_600]


# ---------------------------------------------------------------------------------------- closed by a time-out


@pytest.mark.parametrize("how", ["chat", "by", "actor"])
def test_closed_by_timeout_the_clock_stops_at_the_last_reply(how: str) -> None:
    """The customer never came back: 600 s until the reply, dated at the close, flagged; closed counts all of it."""
    log = ticket().commented("0:05:00", "customer").commented("0:10:00", "human")
    match how:
        case "chat":
            log.closed("48:00:00", "system")
        case "by":
            log.status("48:00:00", "closed", by="system")
        case _:
            log.status("48:00:00", "closed", actor="system")

    assert points(log, "solved", "solved_unpaused", "first_solved", "closed", "auto_closed") == [
        ("solved", "48:00:00", 600_000),
        ("solved_unpaused", "48:00:00", 600_000),
        ("first_solved", "48:00:00", 600_000),
        ("closed", "48:00:00", 48 * HOUR_MS),
        ("auto_closed", "48:00:00", 0),
    ]


def test_pauses_after_the_last_reply_are_no_part_of_it() -> None:
    """Pending from 5 to 8 min and again from the reply on: seven minutes of ten."""
    log = ticket().status("0:05:00", "pending").status("0:08:00", "open").commented("0:10:00", "human")
    log.status("0:10:00", "pending").status("48:00:00", "solved", by="system")

    assert seconds(log, "solved_unpaused") == [420]


def test_what_the_clock_stops_at_is_the_last_word_of_a_human() -> None:
    """Of two replies the second; what a bot, the system or a note says after it changes nothing."""
    log = ticket().commented("0:10:00", "human").commented("0:20:00", "human").commented("0:30:00", "bot")
    log.commented("0:40:00", "system").commented("0:50:00", "human", public=False)
    log.commented("0:55:00", "human", auto=True).status("48:00:00", "solved", by="system")

    assert seconds(log, "solved") == [1_200]


@pytest.mark.parametrize("by", ["human", "customer", "bot", None])
def test_only_the_system_times_out(by: str | None) -> None:
    """Whoever else closes resolves then."""
    log = ticket().commented("0:10:00", "human").status("1:00:00", "solved", by=by)

    assert points(log, "solved", "auto_closed") == [("solved", "1:00:00", HOUR_MS)]


def test_a_customer_without_an_answer_is_not_timed_out() -> None:
    """The customer had the last word, and the system closed: resolved then, and no time-out."""
    log = (
        ticket().commented("0:10:00", "human").commented("0:20:00", "customer").status("1:00:00", "solved", by="system")
    )

    assert points(log, "solved", "auto_closed") == [("solved", "1:00:00", HOUR_MS)]
    unanswered = ticket().status("1:00:00", "solved", by="system")
    assert points(unanswered, "solved", "auto_closed") == [("solved", "1:00:00", HOUR_MS)]


def test_a_reply_of_the_instant_is_the_last_word_whatever_its_id() -> None:
    """At one instant customers come first: the reply with the lesser id still ends it."""
    log = ticket().commented("0:10:00", "human", id="a").commented("0:10:00", "customer", id="b")

    assert seconds(log.status("1:00:00", "solved", by="system"), "solved") == [600]


def test_a_reply_where_the_clock_starts_ends_it() -> None:
    """Answered in the instant of the message, timed out an hour later: no time at all."""
    log = ticket().commented("0:00:00", "human").status("1:00:00", "solved", by="system")

    assert points(log, "solved", "auto_closed") == [("solved", "1:00:00", 0), ("auto_closed", "1:00:00", 0)]


def test_a_reply_before_the_clock_started_is_no_time_out() -> None:
    """After eight days a customer reopens without a word, and the system closes: 60 s, not less than nothing."""
    log = solved().commented("199:00:00", "human").add("chat.reopened", "200:00:00", by="customer")
    log.status("200:01:00", "solved", by="system")

    assert seconds(log, "solved") == [3_600, 60]
    assert at(log, "auto_closed") == []


# -------------------------------------------------------------------------------- without a reply, asynchronous


def test_closed_without_a_reply_counts_once() -> None:
    """By a status it is a resolution too; closed again it is counted no more."""
    log = ticket().status("1:00:00", "solved").commented("2:00:00", "customer").status("3:00:00", "closed")

    assert at(log, "no_reply_closed") == ["1:00:00"]
    assert values(log, "replies_to_solve") == [0]


def test_without_a_customer_message_nobody_waited_for_a_reply() -> None:
    """What an agent created and solved."""
    log = ticket(initiated_by="agent").status("1:00:00", "solved")

    assert points(log, "resolved", "no_reply_closed", "async_ended") == [
        ("resolved", "1:00:00", 0),
        ("async_ended", "1:00:00", 1),
    ]


def test_contained_first_and_left_alone_then() -> None:
    """A bot resolved it; the customer came back, was queued and closed without a reply."""
    log = Log().started("0:00:00", bot=True).customer("0:00:10").closed("0:01:00", "bot").customer("0:10:00")
    log.queued("0:10:10").closed("0:20:00", "system")

    assert at(log, "no_reply_closed") == ["0:20:00"]


@pytest.mark.parametrize("channel", ["email", "social", "offline"])
def test_asynchronous_channels_count_their_ends(channel: str) -> None:
    """At the first resolve of the episode: 2 without a human reply before it, else 1. A chat counts none."""
    alone = Log(channel=channel).customer("0:00:00").closed("1:00:00", "customer").human("2:00:00").closed("3:00:00")
    answered = Log(channel=channel).customer("0:00:00").human("0:30:00").closed("1:00:00", "customer")

    assert points(alone, "async_ended") == [("async_ended", "1:00:00", 2)]
    assert points(answered, "async_ended") == [("async_ended", "1:00:00", 1)]
    assert values(Log(channel="chat").customer("0:00:00").closed("1:00:00"), "async_ended") == []


def test_every_ticket_is_asynchronous() -> None:
    """Whatever its channel, also where it was made a ticket later; each episode has its own end."""
    log = Log(channel="chat").customer("0:00:00").closed("0:10:00", "customer").human("0:20:00").closed("1:00:00")
    assert values(log, "async_ended") == []

    log.created("1:00:00", initiated_by="agent").customer("200:00:00").human("201:00:00").status("202:00:00", "solved")

    assert points(log, "async_ended") == [("async_ended", "0:10:00", 2), ("async_ended", "202:00:00", 1)]


def test_a_corrected_solve_is_no_end() -> None:
    """Solved by mistake without a reply, corrected, answered and solved: not abandoned."""
    log = ticket().status("0:10:00", "solved").status("0:11:00", "open", by="human").commented("0:20:00", "human")
    log.status("1:00:00", "solved")

    assert points(log, "async_ended", "no_reply_closed") == [("async_ended", "1:00:00", 1)]


# -------------------------------------------------------------------------------- replies, touches and owners


def test_replies_until_the_last_solve() -> None:
    """Two within ten seconds are two; no notes, bots, autoresponders, nor what is said after the solve."""
    log = ticket().commented("0:10:00", "human").commented("0:10:05", "human").commented("0:20:00", "customer")
    log.commented("0:21:00", "human", public=False).commented("0:22:00", "bot").commented("0:23:00", "human", auto=True)
    log.commented("0:30:00", "human").status("1:00:00", "solved").commented("1:10:00", "human")
    assert points(log, "replies_to_solve") == [("replies_to_solve", "1:00:00", 3)]

    log.commented("2:00:00", "customer").status("3:00:00", "solved")

    assert points(log, "replies_to_solve") == [("replies_to_solve", "3:00:00", 4)]


def test_replies_count_from_the_first_customer_message() -> None:
    """What an agent wrote before is no reply; at its instant it is, whatever the ids."""
    log = Log().human("0:00:00", id="a").human("0:01:00", id="b").human("0:01:00", id="c").customer("0:01:00", id="d")
    log.human("0:02:00").closed("0:03:00")

    assert values(log, "replies_to_solve") == [3]


def test_touches_are_what_humans_did() -> None:
    """A reply, a note and five kinds of changes, the solving one too; of bots, the system and nobody none."""
    log = ticket()
    for actor in ("human", "bot", "system", None):
        log.add("ticket.assigned", "0:10:00", actor=actor).add("ticket.priority_changed", "0:10:00", actor=actor)
        log.add("ticket.tagged", "0:10:00", actor=actor).transferred("0:10:00", "sales", actor=actor)
        if actor:
            log.commented("0:20:00", actor).commented("0:20:00", actor, public=False)
    log.commented("0:30:00", "human", auto=True).status("1:00:00", "solved", by="human").commented("2:00:00", "human")

    assert points(log, "touches_to_solve") == [("touches_to_solve", "1:00:00", 7)]


def test_where_nothing_was_done_there_is_nothing() -> None:
    """Nobody wrote, replied or accepted; no reply is the latest; without a bot nothing is contained."""
    done = Touches()

    assert (done.asked, done.replied, done.answered, done.accepted, done.contained) == (False,) * 5
    assert (done.replies, done.reply_at, done.touches, done.owners) == (0, -1, 0, set())


def test_who_accepts_owns() -> None:
    """Two agents accept it one after the other, one of them twice: two owners."""
    log = Log().customer("00:00").accepted("00:10", agent="a").accepted("00:20", agent="b").accepted("00:30", agent="a")

    assert values(log.human("00:40").closed("01:00"), "owners") == [2]


def test_a_pause_after_the_clock_stopped_takes_nothing_off() -> None:
    """Answered at 10 s, pending since 20 s, closed for silence at 60 s: 10 s, of which it was paused for none."""
    log = Log().customer("00:00").human("00:10").status("00:20", "pending").closed("01:00", by="system")

    assert points(log, "solved", "solved_unpaused") == [
        ("solved", "0:01:00", 10_000),
        ("solved_unpaused", "0:01:00", 10_000),
    ]


def test_owners_are_different_agents() -> None:
    """Those who accepted or were assigned; twice the same is one, a bot that accepts is none."""
    log = ticket().add("ticket.assigned", "0:01:00", agent="a-1", actor="system").accepted("0:02:00", agent="a-1")
    log.accepted("0:03:00", agent="b-1", actor="bot").accepted("0:04:00").assigned("0:05:00", "sales")
    log.human("0:05:30", agent="a-9").add("ticket.tagged", "0:05:40", agent="a-8").accepted("0:06:00", agent="a-2")
    log.add("ticket.assigned", "0:07:00", agent="a-4").add("ticket.assigned", "0:08:00", agent="a-5")
    log.status("1:00:00", "solved")
    log.add("ticket.assigned", "2:00:00", agent="a-3")

    assert points(log, "owners") == [("owners", "1:00:00", 4)]
    assert values(ticket().status("1:00:00", "solved"), "owners") == [0]


# ------------------------------------------------------------------------------------- what it tells, and moves


def told(log: Log) -> list[Solved]:
    """Return the solved episodes that a conversation tells of."""
    found: list[Solved] = []
    facts = [fact for fact in facts_of(log) if fact.type in resolution.TYPES]
    resolution.observe(facts, Places("default"), EVERYTHING, [], [], solved=found)
    return found


def test_a_solved_episode_tells_whose_it_was_and_whether_the_customer_came_back() -> None:
    """Received at 0:00, one owner, one reply, solved at 1:00; again at 2:00 after a second reply.

    While it is open in between it is the solve of 1:00 that did not hold, and who closes it will have closed it twice.
    """
    log = ticket().accepted("0:01:00", agent="a-1").commented("0:10:00", "human").status("1:00:00", "solved")
    first = Solved(None, T0 + HOUR_MS, is_human=True, owners=1, replies=1, reopened=False, closes=1)
    assert told(log) == [first]

    log.commented("1:30:00", "customer").commented("1:40:00", "human")
    assert told(log) == [first._replace(reopened=True, closes=2)]

    log.status("2:00:00", "solved")
    assert told(log) == [first._replace(at=T0 + 2 * HOUR_MS, replies=2, reopened=True, closes=2)]


def test_what_only_the_centre_opened_again_is_told_of_once_it_is_solved() -> None:
    """An agent who takes the solve back an hour later has not failed the customer yet."""
    log = solved().status("2:00:00", "open", by="human")
    assert told(log) == []

    log.status("3:00:00", "solved")
    assert [(row.at, row.reopened, row.closes) for row in told(log)] == [(T0 + 3 * HOUR_MS, False, 2)]


def test_the_next_episode_begins_behind_the_solve_of_the_last() -> None:
    """Solved at 1:00, written to 200 hours later, solved at 202:00."""
    log = solved().commented("200:00:00", "customer").commented("201:00:00", "human").status("202:00:00", "solved")

    assert [(row.before, row.at) for row in told(log)] == [
        (None, T0 + HOUR_MS),
        (T0 + HOUR_MS, T0 + 202 * HOUR_MS),
    ]


@pytest.mark.parametrize(
    ("did", "is_human"),
    [
        ({}, False),  # a team's name is not a human
        ({"noted": "1:00"}, True),
        ({"accepted": "1:00"}, True),
        ({"by": "human"}, True),  # who is nobody to the centre's lists, and solved it
    ],
)
def test_whether_a_human_had_it(did: dict[str, str], is_human: bool) -> None:  # noqa: FBT001 - a parameter
    """A ticket of a team that the system solves at 2:00 without a reply, but for what somebody did."""
    log = Log(queue="billing", team="one").created("00:00", initiated_by="customer")
    if "noted" in did:
        log.commented(did["noted"], "human", public=False)
    if "accepted" in did:
        log.accepted(did["accepted"], agent="a-1")
    log.status("02:00", "solved", by=did.get("by", "system"))

    assert [row.is_human for row in told(log)] == [is_human]


def test_it_tells_how_often_it_was_closed_solved_or_not() -> None:
    """A chat closed without a reply at 1 and 3 min, each time written to again; answered and closed at 10 min: 3.

    The close at 4 min, while it is closed, is none. Opened again by the customer, who writes twice more: then it is 4.
    """
    log = Log(queue="billing").customer("00:00").closed("01:00").customer("02:00").customer("02:30").closed("03:00")
    log.closed("04:00").customer("05:00").human("06:00").closed("10:00")
    assert [row.closes for row in told(log)] == [3]

    log.customer("20:00").customer("21:00").customer("22:00").human("23:00").closed("30:00")
    assert [row.closes for row in told(log)] == [4]

    shut_and_solved = Log(queue="billing").created("00:00").add("chat.closed", "01:00", by="human")
    shut_and_solved.status("02:00", "solved", by="human").commented("30:00", "customer").commented("31:00", "customer")
    shut_and_solved.status("40:00", "solved", by="human")
    assert [row.closes for row in told(shut_and_solved)] == [2]


def test_a_move_counts_where_it_leaves_and_where_it_arrives() -> None:
    """Billing until 10 min, sales until it is solved at 20 min by an event of voice, each at its instant."""
    log = ticket().assigned("0:10:00", "sales", queue="sales").status("0:20:00", "solved", queue="voice")

    found = [
        (BY_CODE[each.kind].name, each.labels.queue, clock(each.at), each.value)
        for each in sorted(points_of(observed(log)))
        if BY_CODE[each.kind] in (MOVED_IN, MOVED_OUT)
    ]

    assert found == [
        ("moved_out", "billing", "0:10:00", 0),
        ("moved_out", "sales", "0:20:00", 0),
        ("moved_in", "sales", "0:10:00", 0),
        ("moved_in", "voice", "0:20:00", 0),
    ]


@pytest.mark.parametrize(
    ("back", "revived"),
    [("24:00:09.999", []), ("24:00:10", ["24:00:10"])],
)
def test_a_chat_that_was_given_up_revives(back: str, revived: list[str]) -> None:
    """Silent since 10 s, given up 24 h later: what comes at that instant revives it, in the queue it names."""
    log = Log(queue="billing").customer("0:00:00").human("0:00:10")
    assert points(log, "lapsed", "revived") == [("lapsed", "24:00:10", 0)]

    log.customer(back, queue="sales")

    assert at(log, "revived") == revived
    assert [each.labels.queue for each in points_of(observed(log)) if each.kind == REVIVED.code] == ["sales"] * len(
        revived
    )
    assert values(log.closed("48:00:00", resolved=True).customer("80:00:00"), "revived") == [2] * len(revived)


def test_closed_by_timeout_and_reopened_it_was_closed_by_timeout() -> None:
    """Flagged at the close, whatever comes of it."""
    log = ticket().commented("0:10:00", "human").status("1:00:00", "closed", by="system")
    log.commented("2:00:00", "customer")

    assert points(log, "auto_closed", "reopened") == [("auto_closed", "1:00:00", 0), ("reopened", "2:00:00", 0)]


# ------------------------------------------------------------------------------------- open, deleted, left out


def test_a_ticket_stays_open_and_a_chat_ends_by_silence() -> None:
    """A chat 24 h after its last event; what has no chat event, or was created as a ticket, when an event ends it."""
    assert opened(Log().customer("0:00:00").human("0:10:00")) == [("0:00:00", "24:10:00")]
    assert opened(ticket().human("0:10:00")) == [("0:00:00", None)]
    assert opened(Log().commented("0:00:00", "customer")) == [("0:00:00", None)]
    hour = replace(EVERYTHING, silent_ms=HOUR_MS)
    assert opened(Log().started("0:00:00").says("0:10:00", "bot"), hour) == [("0:00:00", "1:10:00")]


def test_a_reopened_chat_ends_by_silence_too() -> None:
    """24 h after the message that reopened it."""
    log = Log().customer("0:00:00").human("0:01:00").closed("0:02:00").customer("1:00:00")

    assert opened(log) == [("0:00:00", "0:02:00"), ("1:00:00", "25:00:00")]


def test_open_moves_with_the_queue() -> None:
    """Its age goes on from where it was received."""
    log = Log().customer("0:00:00", queue="billing").add("ticket.assigned", "0:10:00", to_queue="sales")
    log.status("1:00:00", "solved")
    found = [each for each in observed(log).intervals if each.kind == OPEN]

    assert sorted((each.start - T0, each.labels.queue, (each.end or 0) - T0, each.since - T0) for each in found) == [
        (0, "billing", 600_000, 0),
        (600_000, "sales", 3_600_000, 0),
    ]
    assert {point.labels.queue for point in points_of(observed(log)) if point.kind == RESOLVED.code} == {"sales"}


def test_a_deleted_one_leaves_the_backlog() -> None:
    """It is deleted once, while open, and nothing of it counts after that."""
    log = ticket().add("ticket.deleted", "1:00:00").status("2:00:00", "solved").add("ticket.deleted", "3:00:00")
    log.commented("4:00:00", "customer")

    assert points(log, *OURS) == [("received", "0:00:00", 1), ("deleted", "1:00:00", 0)]
    assert opened(log) == [("0:00:00", "1:00:00")]


def test_deleted_while_reopened() -> None:
    """The resolution that was withdrawn does not come back."""
    log = solved().commented("2:00:00", "customer").add("ticket.deleted", "3:00:00")

    assert points(log, "received", "resolved", "solved", "deleted") == [
        ("received", "0:00:00", 1),
        ("resolved", "1:00:00", 0),
        ("deleted", "3:00:00", 0),
    ]
    assert opened(log) == [("0:00:00", "1:00:00"), ("2:00:00", "3:00:00")]


def test_deleted_after_the_solve() -> None:
    """It was not in the backlog: its resolution stays, and nobody reopens it."""
    log = solved().add("ticket.deleted", "2:00:00").commented("3:00:00", "customer")

    assert points(log, "received", "solved", "deleted", "reopened") == [
        ("received", "0:00:00", 2),
        ("solved", "1:00:00", HOUR_MS),
    ]


def test_what_nobody_wrote_to_is_deleted_too() -> None:
    """Created by an agent: received where it began."""
    log = ticket(initiated_by="agent").add("ticket.deleted", "1:00:00")

    assert points(log, "received", "deleted") == [("received", "0:00:00", 1), ("deleted", "1:00:00", 0)]


@pytest.mark.parametrize("event", ["flagged", "merged"])
def test_spam_test_and_merged_ones_contribute_nothing(event: str) -> None:
    """Everything that was counted is taken back: neither a duplicate that was merged nor spam is resolved."""
    log = solved().flagged("2:00:00") if event == "flagged" else solved().add("ticket.merged", "2:00:00", into="d")

    assert points(log, *OURS) == []
    assert opened(log) == []


# ------------------------------------------------------------------------------------------------- in general

KINDS = sorted(
    ["chat.started", "ticket.created", "chat.queued", "chat.accepted", "chat.closed", "chat.reopened", "ticket.deleted"]
    + ["chat.message"] * 6 + ["ticket.status_changed"] * 6 + ["ticket.assigned", "chat.bot_handoff"]
)  # fmt: skip
OWN: dict[str, dict[str, list[Any]]] = {
    "chat.started": {"initiated_by": ["customer", "agent", None], "bot": [True, None]},
    "ticket.created": {"initiated_by": ["customer", "agent", "system", None]},
    "chat.queued": {"queue": ["billing", "sales"]},
    "chat.accepted": {"agent": ["a-1", "a-2", None]},
    "chat.closed": {"by": ["customer", "human", "system", None], "resolved": [False, True, None, None]},
    "chat.reopened": {"by": ["customer", "human", None]},
    "chat.message": {"actor": ["customer", "customer", "human", "human", "bot"], "public": [False, None, None]},
    "ticket.status_changed": {
        "status": ["open", "pending", "on_hold", "solved", "solved", "closed"],
        "by": ["customer", "human", "system", None],
    },
    "ticket.assigned": {"agent": ["a-1", "a-2"], "to_queue": ["billing", None], "actor": ["human", None]},
}
STEPS = [0, 0, 1, MINUTE_MS, 5 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS, 7 * DAY_MS + 1]


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Draw a conversation of up to twenty events."""
    log, instant = Log(), T0
    for _ in range(draw(st.integers(1, 20))):
        kind = draw(st.sampled_from(KINDS))
        fields = {name: draw(st.sampled_from(choices)) for name, choices in OWN.get(kind, {}).items()}
        instant += draw(st.sampled_from(STEPS))
        log.add(kind, instant, **fields)
    return log


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(log=logs(), data=st.data())
def test_order_and_repetition_of_what_arrives_change_nothing(log: Log, data: st.DataObject) -> None:
    """Any permutation of the facts, some of them delivered again under their id, gives the same observation."""
    facts = facts_of(log)
    shuffled = data.draw(st.permutations(facts))
    distinct = {fact.id: fact for fact in [*shuffled, *shuffled[::2]]}

    assert observe(KEY, distinct.values(), definitions=EVERYTHING) == observe(KEY, facts, definitions=EVERYTHING)


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(log=logs())
def test_the_backlog_is_what_came_and_did_not_go(log: Log) -> None:
    """At every event's instant: received + reopened − resolved − deleted = open just after it (M42, no drift)."""
    seen = observed(log)
    signs = {"received": 1, "reopened": 1, "resolved": -1, "deleted": -1}
    last = max(fact.at for fact in facts_of(log))
    for instant in {fact.at for fact in facts_of(log)}:
        flow = sum(signs.get(BY_CODE[point.kind].name, 0) for point in points_of(seen) if point.at <= instant)
        state = sum(
            number
            for each, number in seen.intervals.items()
            if each.kind == OPEN and each.start <= instant and (each.end is None or each.end > instant)
        )

        assert flow == state, f"{flow} by flow, {state} by state, {clock(instant)} of {clock(last)}"


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(log=logs())
def test_no_episode_has_two_resolutions(log: Log) -> None:
    """As many resolutions as episodes solved by now, none of negative time, and each at a solve that is counted."""
    solves = set(points(log, "solve"))
    received, done = values(log, "received"), points(log, "solved", "solved_unpaused")

    assert received.count(2) == len(done) / 2
    assert all(value >= 0 for _, _, value in done)
    assert {when for _, when, _ in done} <= {when for _, when, _ in solves}
    assert len(solves) <= len(values(log, "resolved"))
