"""The sweep of the policy clocks: when they start, pause, stop, are due and at risk.

Targets are those by default: first reply and next reply of a chat 60 s, of an e-mail 4 h; resolution of a chat 12 h,
of an e-mail 48 h; at risk with less than a fifth of it left, so after 48 s, 3 h 12 min, 9 h 36 min, 38 h 24 min.
"""

import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.definitions import Definitions
from aggregators.instants import HOUR_MS, MINUTE_MS
from aggregators.samples import FIRST_RESPONSE, REPLY
from aggregators.sla import AFTER_RESOLVE
from stream.definitions_file import definitions_from
from tests.adversary import logs
from tests.aggregators.observed import facts_of, observed, points, seconds, shown, spans
from tests.logs import T0, Log

FIRST, NEXT, RESOLUTION = 1, 2, 3
BREACHED, ATTAINED = "sla_breached", "attained"
CLOCKS_ALONE = Definitions(families=("sla",))
RESTARTED = replace(CLOCKS_ALONE, priority_restarts=("first_reply", "next_reply", "resolution"))
HOUR_S = 3_600


def results(log: Log, which: int = 0, definitions: Definitions = CLOCKS_ALONE) -> list[tuple[str, float]]:
    """Return what a clock (0: each of them) came to, and when, in seconds.

    Met is each first response, each other reply and each solve in time, but for those that are said to meet no clock.
    """
    met: Counter[tuple[float, int]] = Counter()
    for sample, number in observed(log.lines, definitions).samples.items():
        second = seconds(sample.at)
        if sample.kind == FIRST_RESPONSE:
            met.update({(second, FIRST): number, (second, NEXT): -number})
        elif sample.kind == REPLY:
            met[second, NEXT] += number
    for name, _, second, choice in points(log, "sla_attained", "sla_unmet", definitions=definitions):
        if name == "sla_attained":
            met[second, RESOLUTION] += 1
        elif choice == AFTER_RESOLVE:
            met.update({(second, FIRST): -1, (second, NEXT): 1})
        elif choice != RESOLUTION:
            met[second, int(choice)] -= 1
    assert min(met.values(), default=0) >= 0
    rows = [(second, ATTAINED, clock) for (second, clock), number in met.items() for _ in range(number)]
    rows += [(row[2], BREACHED, int(row[3])) for row in points(log, BREACHED, definitions=definitions)]
    return [(name, second) for second, name, clock in sorted(rows) if which in (0, clock)]


def lasts(log: Log, clock: str, definitions: Definitions = CLOCKS_ALONE) -> dict[str, list[tuple[float, float | None]]]:
    """Return from when until when a clock is open, at risk, past its deadline."""
    states = {state: f"{clock}_{state}" for state in ("open", "at_risk", "past_deadline")}
    if clock == "first_reply":
        states["open"] = "first_response_open"
    return {state: [row[2:] for row in spans(log, name, definitions=definitions)] for state, name in states.items()}


def email(**fields: Any) -> Log:
    """A ticket that its customer creates at midnight."""
    return Log(channel="email", queue="billing").created("0:00:00", **fields)


# ------------------------------------------------------------------------------------------------- first reply


def test_a_first_reply_in_time() -> None:
    """M47: written at 10 s, answered at 40 s; never at risk, which it would have been from 58 s on."""
    log = Log().customer("00:10").human("00:40")

    assert results(log, FIRST) == [(ATTAINED, 40)]
    assert lasts(log, "first_reply") == {"open": [(10, 40)], "at_risk": [], "past_deadline": []}


def test_a_target_is_met_at_exactly_its_deadline() -> None:
    """60 s is kept; a millisecond later it is not, and the breach is dated at the deadline, not at the reply."""
    assert results(Log().customer("00:10").human("01:10"), FIRST) == [(ATTAINED, 70)]
    assert results(Log().customer("00:10").human("01:10.001"), FIRST) == [(BREACHED, 70)]


def test_breach_at_the_deadline_by_timer() -> None:
    """M47: nobody has answered and nothing has happened since; the breach is there, dated when it will be.

    A ticket waits for good: created at midnight, at risk from 3:12 on, due at 4:00.
    """
    assert results(email(), FIRST) == [(BREACHED, 14_400)]
    assert lasts(email(), "first_reply") == {
        "open": [(0, None)],
        "at_risk": [(11_520, 14_400)],
        "past_deadline": [(14_400, None)],
    }


def test_a_late_reply_ends_the_state_and_not_the_breach() -> None:
    """Answered at 3 min: past its deadline from 70 s to 180 s."""
    log = Log().customer("00:10").human("03:00")

    assert results(log, FIRST) == [(BREACHED, 70)]
    assert lasts(log, "first_reply") == {"open": [(10, 180)], "at_risk": [(58, 70)], "past_deadline": [(70, 180)]}


def test_what_replies_is_what_replies_elsewhere() -> None:
    """Notes, autoresponders and bots stop no clock."""
    log = Log().customer("00:00").human("00:01", public=False).human("00:02", auto=True).says("00:03", "bot")

    assert results(log, FIRST) == [(BREACHED, 60)]


def test_closed_without_reply_before_the_deadline() -> None:
    """No result; after it the breach stays."""
    assert results(Log().customer("00:00").closed("00:59"), FIRST) == []
    assert results(Log().customer("00:00").closed("01:00"), FIRST) == []
    assert results(Log().customer("00:00").closed("01:01"), FIRST) == [(BREACHED, 60)]


def test_what_we_began_has_no_first_reply() -> None:
    """M10, agent-initiated: what the customer says to it is a next reply."""
    log = Log().started("00:00", initiated_by="agent").human("00:01").customer("05:00").human("05:30")

    assert results(log, FIRST) == []
    assert results(log, NEXT) == [(ATTAINED, 330)]


def test_another_episode_has_a_first_reply_of_its_own() -> None:
    """A message more than 24 h after the resolve."""
    log = Log().customer("0:00:00").human("0:00:30").closed("0:01:00").customer("25:00:00").human("25:00:50")

    assert results(log, FIRST) == [(ATTAINED, 30), (ATTAINED, 25 * HOUR_S + 50)]


def test_what_a_bot_contained_has_no_reply_clock() -> None:
    """M48: the breach at 60 s is taken back once the bot closes; one that was handed off counts from the message on."""
    log = Log().started("00:00", bot=True).customer("00:00").says("00:05", "bot")
    assert results(log, FIRST) == [(BREACHED, 60)]

    contained = Log().started("00:00", bot=True).customer("00:00").says("00:05", "bot").closed("03:00", "bot")
    assert results(contained) == [(ATTAINED, 180)]
    assert lasts(contained, "first_reply") == {"open": [(0, 180)], "at_risk": [], "past_deadline": []}

    log.add("chat.bot_handoff", "02:00").human("02:10")
    assert results(log, FIRST) == [(BREACHED, 60)]


# -------------------------------------------------------------------------------------------------- next reply


def test_each_later_stretch_has_a_clock() -> None:
    """From the first message nobody has replied to: 100 s to 150 s kept, 200 s to 270 s not."""
    log = Log().customer("00:00").human("00:10").customer("01:40").customer("02:20").human("02:30")
    log.customer("03:20").human("04:30")

    assert results(log, NEXT) == [(ATTAINED, 150), (BREACHED, 260)]
    assert lasts(log, "next_reply") == {
        "open": [(100, 150), (200, 270)],
        "at_risk": [(148, 150), (248, 260)],
        "past_deadline": [(260, 270)],
    }


def test_the_targets_of_the_clocks_are_their_own() -> None:
    """First response 30 s, reply 2 min in billing: 40 s is late for the one and soon for the other."""
    definitions = replace(
        CLOCKS_ALONE, queue_response_target_ms={"billing": 30_000}, queue_reply_target_ms={"billing": 2 * MINUTE_MS}
    )
    log = Log(queue="billing").customer("00:00").human("00:40").customer("01:00").human("02:40")

    assert results(log, FIRST, definitions=definitions) == [(BREACHED, 30)]
    assert results(log, NEXT, definitions=definitions) == [(ATTAINED, 160)]


def test_reply_clocks_never_pause() -> None:
    """A customer who has written waits, whatever the status says."""
    log = email().status("1:00:00", "pending").commented("5:00:00", "human")

    assert results(log, FIRST) == [(BREACHED, 4 * HOUR_S)]


# -------------------------------------------------------------------------------------------------- resolution


def test_a_resolution_in_time_and_one_too_late() -> None:
    """48 h for an e-mail."""
    assert results(email().status("48:00:00", "solved"), RESOLUTION) == [(ATTAINED, 48 * HOUR_S)]
    assert results(email().status("48:00:01", "solved"), RESOLUTION) == [(BREACHED, 48 * HOUR_S)]


def test_pause_on_pending() -> None:
    """M47: paused from 10 h to 20 h and on hold from 30 h to 31 h, so due at 59 h and at risk from 49 h 24 min on."""
    log = email().status("10:00:00", "pending").status("20:00:00", "open")
    log.status("30:00:00", "on_hold").status("31:00:00", "open")

    assert results(log, RESOLUTION) == [(BREACHED, 59 * HOUR_S)]
    assert lasts(log, "resolution") == {
        "open": [(0, None)],
        "at_risk": [(49.4 * HOUR_S, 59 * HOUR_S)],
        "past_deadline": [(59 * HOUR_S, None)],
    }


def test_paused_there_is_no_deadline() -> None:
    """Pending since 40 h: nothing is due, and it stays at risk, which it was from 38 h 24 min on."""
    log = email().status("40:00:00", "pending")

    assert results(log, RESOLUTION) == []
    assert lasts(log, "resolution") == {"open": [(0, None)], "at_risk": [(38.4 * HOUR_S, None)], "past_deadline": []}


def test_solved_out_of_a_pause() -> None:
    """40 h had run when it was paused, so 48 h never passed: kept, at 100 h."""
    assert results(email().status("40:00:00", "pending").status("100:00:00", "solved"), RESOLUTION) == [
        (ATTAINED, 100 * HOUR_S)
    ]


def test_a_pause_that_begins_at_the_deadline_comes_too_late() -> None:
    """The target has passed at 48 h sharp, and the conversation stays open."""
    log = email().status("48:00:00", "pending").status("50:00:00", "solved")

    assert results(log, RESOLUTION) == [(BREACHED, 48 * HOUR_S)]


def test_pauses_that_are_spoilt() -> None:
    """Pending twice is one pause; an open status without a pause ends none; one from the very beginning counts."""
    log = email().status("0:00:00", "pending").status("1:00:00", "pending").status("2:00:00", "open")
    log.status("3:00:00", "open")

    assert results(log, RESOLUTION) == [(BREACHED, 50 * HOUR_S)]


def test_a_reopening_takes_the_solve_back_and_goes_on_with_what_was_left() -> None:
    """Solved at 40 h, reopened at 100 h: 8 h are left, so due at 108 h. Solved at 107 h it is kept, once."""
    log = email().status("40:00:00", "solved")
    assert results(log, RESOLUTION) == [(ATTAINED, 40 * HOUR_S)]

    log.commented("100:00:00", "customer")
    assert results(log, RESOLUTION) == [(BREACHED, 108 * HOUR_S)]
    assert lasts(log, "resolution") == {
        "open": [(0, 40 * HOUR_S), (100 * HOUR_S, None)],
        "at_risk": [(38.4 * HOUR_S, 40 * HOUR_S), (100 * HOUR_S, 108 * HOUR_S)],
        "past_deadline": [(108 * HOUR_S, None)],
    }

    log.status("107:00:00", "solved")
    assert results(log, RESOLUTION) == [(ATTAINED, 107 * HOUR_S)]


def test_solved_at_the_deadline_and_reopened() -> None:
    """Nothing is left, so it is past its deadline as soon as it is open again."""
    log = email().status("48:00:00", "solved").commented("50:00:00", "customer")

    assert results(log, RESOLUTION) == [(BREACHED, 50 * HOUR_S)]


def test_a_pause_after_a_reopening_is_one_of_the_time_after_it() -> None:
    """40 h had run at the solve; reopened at 100 h, pending from 104 h to 114 h: 4 h are left then, so due at 118 h."""
    log = email().status("40:00:00", "solved").commented("100:00:00", "customer")
    log.status("104:00:00", "pending").status("114:00:00", "open")

    assert results(log, RESOLUTION) == [(BREACHED, 118 * HOUR_S)]


def test_reopened_as_pending_nothing_is_due_before_it_goes_on() -> None:
    """Solved at its deadline and pending from 50 h to 60 h: late as soon as it is open again."""
    log = email().status("48:00:00", "solved").status("50:00:00", "pending", by="customer")
    assert results(log, RESOLUTION) == []

    log.status("60:00:00", "open")
    assert results(log, RESOLUTION) == [(BREACHED, 60 * HOUR_S)]


def test_a_correction_has_never_stopped_the_clock() -> None:
    """Solved by mistake at 47 h 59 min and taken back 2 min later by the agent: due at 48 h."""
    log = email().status("47:59:00", "solved").status("48:01:00", "open", by="human").status("49:00:00", "solved")

    assert results(log, RESOLUTION) == [(BREACHED, 48 * HOUR_S)]


def test_another_episode_has_a_resolution_clock_of_its_own() -> None:
    """The customer comes back 8 days after the solve: due 48 h later."""
    log = email().status("1:00:00", "solved").commented("193:00:00", "customer")

    assert results(log, RESOLUTION) == [(ATTAINED, HOUR_S), (BREACHED, 241 * HOUR_S)]


def test_closed_by_timeout_after_the_agents_answer() -> None:
    """M40: it stopped with that answer at 47 h, so the breach at 48 h is taken back by the close at 60 h."""
    log = email().commented("47:00:00", "human")
    assert results(log, RESOLUTION) == [(BREACHED, 48 * HOUR_S)]

    log.status("60:00:00", "closed", by="system")
    assert results(log, RESOLUTION) == [(ATTAINED, 60 * HOUR_S)]
    assert lasts(log, "resolution") == {
        "open": [(0, 47 * HOUR_S)],
        "at_risk": [(38.4 * HOUR_S, 47 * HOUR_S)],
        "past_deadline": [],
    }


@pytest.mark.parametrize("kind", ["chat.closed", "chat.abandoned"])
def test_left_or_closed_without_a_reply_it_is_stopped(kind: str) -> None:
    """Nobody is there any more: without a result, until the customer writes again at 20 h; 11 h are left then."""
    log = Log().customer("0:00:00").add(kind, "1:00:00", by="customer")
    assert results(log, RESOLUTION) == []
    assert lasts(log, "resolution")["open"] == [(0, HOUR_S)]

    log.customer("20:00:00")
    assert results(log, RESOLUTION) == [(BREACHED, 31 * HOUR_S)]
    assert lasts(log, "resolution")["open"] == [(0, HOUR_S), (20 * HOUR_S, 44 * HOUR_S)]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("chat.queued", {"queue": "billing"}),
        ("chat.accepted", {}),
        ("chat.reopened", {}),
        ("ticket.status_changed", {"status": "open"}),
    ],
)
def test_what_takes_it_up_again(kind: str, fields: dict[str, Any]) -> None:
    """A queue, an accept, a reopening or a status: 11 h after it; an agent's note is none."""
    log = Log().customer("0:00:00").closed("1:00:00").human("2:00:00", public=False)
    assert results(log, RESOLUTION) == []

    log.add(kind, "3:00:00", **fields)

    assert results(log, RESOLUTION) == [(BREACHED, 14 * HOUR_S)]


def test_solved_while_stopped_is_kept() -> None:
    """Closed unsolved at 1 h, followed up by the agent and solved at 20 h."""
    log = Log().customer("0:00:00").closed("1:00:00").human("2:00:00").status("20:00:00", "solved")

    assert results(log, RESOLUTION) == [(ATTAINED, 20 * HOUR_S)]


def test_a_call_that_was_left_before_anybody_spoke() -> None:
    """Abandoned and never closed: stopped there; called again in the same conversation it goes on."""
    log = Log(channel="voice", queue="billing").started("0:00:00").queued("0:00:10").abandoned("0:01:00")
    assert results(log) == []
    assert lasts(log, "resolution")["open"] == [(0, 60)]

    closed = Log(channel="voice", queue="billing").started("0:00:00").queued("0:00:10").abandoned("0:01:00")
    assert lasts(closed.closed("0:02:00"), "resolution")["open"] == [(0, 60)]

    log.queued("2:00:00").accepted("2:00:10").closed("2:10:00")
    assert results(log, RESOLUTION) == [(ATTAINED, 2 * HOUR_S + 600)]
    assert lasts(log, "resolution")["open"] == [(0, 2 * HOUR_S + 600)]


def test_a_silent_chat_is_given_up_after_its_deadline_and_a_quick_target_is_missed() -> None:
    """12 h pass before the 24 h do; with a target of 30 h it ends without a result."""
    log = Log().customer("0:00:00").human("0:00:10")

    assert results(log, RESOLUTION) == [(BREACHED, 12 * HOUR_S)]
    assert lasts(log, "resolution")["past_deadline"] == [(12 * HOUR_S, 24 * HOUR_S + 10)]
    long = replace(CLOCKS_ALONE, resolution_target_ms={"chat": 30 * HOUR_MS})
    assert results(log, RESOLUTION, definitions=long) == []


def test_deleted_without_a_result() -> None:
    """And a deadline that had passed before stays."""
    assert results(email().add("ticket.deleted", "48:00:00"), RESOLUTION) == []
    assert results(email().add("ticket.deleted", "48:00:01"), RESOLUTION) == [(BREACHED, 48 * HOUR_S)]


def test_a_deleted_ticket_waits_for_no_reply() -> None:
    """M47: due at 4 h, deleted at 1 h: neither breached nor open after it; deleted at 5 h, it was breached at 4 h.

    A reply after it meets no clock, and neither does one to what the customer writes after it.
    """
    log = email().add("ticket.deleted", "1:00:00")
    assert results(log, FIRST) == []
    assert shown(log, "0:59:00")["sla_open:first_reply"] == 1
    assert shown(log, "5:00:00")["sla_open:first_reply"] == 0
    assert results(email().add("ticket.deleted", "5:00:00"), FIRST) == [(BREACHED, 4 * HOUR_S)]

    log.commented("2:00:00", "human").commented("3:00:00", "customer").commented("3:30:00", "human")
    assert results(log, FIRST) == results(log, NEXT) == []
    late = email().add("ticket.deleted", "5:00:00").commented("6:00:00", "human")
    assert results(late, FIRST) == [(BREACHED, 4 * HOUR_S)]


def test_a_chat_that_fell_silent_waits_for_no_reply() -> None:
    """Convention 16: given up 24 h after its last event, at 0:05:00 here; who writes again has waited all the time."""
    log = Log().customer("0:00:00").queued("0:00:10").abandoned("0:05:00")
    assert results(log, FIRST) == [(BREACHED, 60)]
    assert shown(log, "24:04:00")["sla_open:first_reply"] == 1
    assert shown(log, "24:06:00")["sla_open:first_reply"] == 0
    assert lasts(log, "first_reply")["past_deadline"] == [(60, 24 * HOUR_S + 300)]

    log.customer("48:00:00")
    assert shown(log, "48:01:00")["sla_open:first_reply"] == 1


@pytest.mark.parametrize(
    ("clocks", "first", "resolution"),
    [
        ((), [14_400], [48 * HOUR_S]),
        (("resolution",), [14_400], [49 * HOUR_S]),
        (("first_reply",), [18_000], [48 * HOUR_S]),
    ],
)
def test_which_clocks_stand_still_while_it_is_pending(
    clocks: tuple[str, ...], first: list[int], resolution: list[int]
) -> None:
    """M47: pending from 1:00 to 2:00. An e-mail is to be answered by 4:00, to be solved by 48:00, or an hour later."""
    log = email().status("1:00:00", "pending").status("2:00:00", "open")
    definitions = replace(CLOCKS_ALONE, pending_pauses=clocks)

    assert [second for _, second in results(log, FIRST, definitions)] == first
    assert [second for _, second in results(log, RESOLUTION, definitions)] == resolution


@pytest.mark.parametrize("fields", [{"kind": "ticket.merged"}, {"kind": "ticket.flagged", "flag": "spam"}])
def test_merged_and_spam_leave_everything(fields: dict[str, Any]) -> None:
    """What was counted is taken back."""
    fields = dict(fields)
    log = email().add(fields.pop("kind"), "60:00:00", **fields)

    assert results(log) == []
    assert lasts(log, "resolution") == {"open": [], "at_risk": [], "past_deadline": []}


# ------------------------------------------------------------------------------------------- policy, queues, risk


def test_the_clock_keeps_the_policy_of_its_start() -> None:
    """M47: 30 s in billing, where it began; in sales it would be 10 s. The breach counts where it stood then."""
    definitions = replace(CLOCKS_ALONE, queue_response_target_ms={"billing": 30_000, "sales": 10_000})
    log = Log().queued("00:00").customer("00:00").transferred("00:20", "sales")

    assert points(log, BREACHED, definitions=definitions)[:1] == [(BREACHED, "sales", 30, FIRST)]
    assert [row[1:] for row in spans(log, "first_response_open", definitions=definitions)] == [
        ("billing", 0, 20),
        ("sales", 20, 24 * HOUR_S + 20),
    ]


def test_a_queue_has_a_target_of_its_own_to_resolve() -> None:
    """An hour in billing, where an e-mail has 48 h elsewhere."""
    hour = replace(CLOCKS_ALONE, queue_resolution_target_ms={"billing": HOUR_MS})

    assert results(email(), RESOLUTION, definitions=hour) == [(BREACHED, HOUR_S)]
    assert results(Log(channel="email", queue="sales").created("0:00:00"), RESOLUTION, definitions=hour) == [
        (BREACHED, 48 * HOUR_S)
    ]


def test_what_comes_too_late_counts_where_it_was_done() -> None:
    """Due at 60 s in billing, answered at 180 s in sales; and after a resolve (4), which had stopped the clock."""
    late = Log().customer("00:00", queue="billing").human("03:00", queue="sales")
    resolved = Log().customer("00:00", queue="billing").closed("00:30").human("00:40", queue="sales")

    assert points(late, BREACHED, "sla_unmet", definitions=CLOCKS_ALONE)[:2] == [
        (BREACHED, "billing", 60, FIRST),
        ("sla_unmet", "sales", 180, FIRST),
    ]
    assert points(resolved, "sla_unmet", definitions=CLOCKS_ALONE) == [("sla_unmet", "sales", 40, AFTER_RESOLVE)]


def test_what_other_families_count_is_not_counted_again() -> None:
    """A solve in time is a last solve of `resolution`; an open next reply one of `unanswered`. Alone, both are here."""
    log = Log(queue="billing").customer("00:00").human("00:10").customer("01:00").human("01:10", queue="sales")
    log.closed("02:00", queue="sales")
    resolution, unanswered = (replace(CLOCKS_ALONE, families=("sla", name)) for name in ("resolution", "unanswered"))

    assert points(log, "sla_attained", definitions=CLOCKS_ALONE) == [("sla_attained", "sales", 120, 0)]
    assert points(log, "sla_attained", definitions=resolution) == []
    assert spans(log, "next_reply_open", definitions=CLOCKS_ALONE) == [("next_reply_open", "billing", 60, 70)]
    assert spans(log, "next_reply_open", definitions=unanswered) == []


def test_clocks_run_in_business_hours() -> None:
    """Written on Monday at 0:00 UTC to an office in Berlin, open from 9 to 17, 8 to 16 UTC: from 8:00 on.

    First reply 4 h: due at 12:00, at risk after 3 h 12 min. Resolution 48 h: Monday to Friday 40 h, so due at the end
    of next Monday; at risk with 38 h 24 min, on Friday at 14:24. Pending from 10:00 to 10:00 on Tuesday: a day later.
    """
    office = definitions_from(
        """
        families = ["sla"]
        [calendars.office]
        zone = "Europe/Berlin"
        week = { mon-fri = "09:00-17:00" }
        [[business_hours]]
        tenant = "default"
        channel = "email"
        calendar = "office"
        """
    )
    day = 24 * HOUR_S
    pending = email().status("10:00:00", "pending").status("34:00:00", "open")

    assert results(email(), FIRST, office) == [(BREACHED, 12 * HOUR_S)]
    assert lasts(email(), "first_reply", office)["at_risk"] == [(11.2 * HOUR_S, 12 * HOUR_S)]
    assert results(email(), RESOLUTION, office) == [(BREACHED, 7 * day + 16 * HOUR_S)]
    assert lasts(email(), "resolution", office)["at_risk"] == [(4 * day + 14.4 * HOUR_S, 7 * day + 16 * HOUR_S)]
    assert results(pending, RESOLUTION, office) == [(BREACHED, 8 * day + 16 * HOUR_S)]


def test_a_queue_has_hours_of_its_own() -> None:
    """Billing is open from 8 to 16 UTC, sales all day, as its channel is: 4 h are over at 12:00 and at 4:00."""
    of_billing = definitions_from(
        """
        families = ["sla"]
        [calendars.office]
        zone = "UTC"
        week = { mon-fri = "08:00-16:00" }
        [[business_hours]]
        queue = "billing"
        calendar = "office"
        """
    )
    of_sales = Log(channel="email", queue="sales").created("0:00:00")

    assert results(email(), FIRST, of_billing) == [(BREACHED, 12 * HOUR_S)]
    assert results(of_sales, FIRST, of_billing) == [(BREACHED, 4 * HOUR_S)]


def test_a_change_of_priority_restarts_nothing() -> None:
    """M47: no target depends on it."""
    log = email().add("ticket.priority_changed", "10:00:00", priority="urgent")

    assert results(log, RESOLUTION) == [(BREACHED, 48 * HOUR_S)]


def test_at_risk_by_the_time_that_is_left() -> None:
    """The earlier of the two: a fifth of 4 h are 48 min, so from 3 h 12 min on; within an hour, from 3 h on."""
    hour = replace(CLOCKS_ALONE, at_risk_ms=HOUR_MS)
    third = replace(CLOCKS_ALONE, at_risk_share=CLOCKS_ALONE.at_risk_share * 5 / 3, at_risk_ms=HOUR_MS)

    assert lasts(email(), "first_reply")["at_risk"] == [(3.2 * HOUR_S, 4 * HOUR_S)]
    assert lasts(email(), "first_reply", definitions=hour)["at_risk"] == [(3 * HOUR_S, 4 * HOUR_S)]
    assert lasts(email(), "first_reply", definitions=third)["at_risk"] == [(4 * HOUR_S * 2 / 3, 4 * HOUR_S)]
    # Two fifths of 4 h are 96 min.
    fifths = replace(CLOCKS_ALONE, at_risk_share=Fraction(2, 5))
    assert lasts(email(), "first_reply", definitions=fifths)["at_risk"] == [(2.4 * HOUR_S, 4 * HOUR_S)]
    chat = Log().customer("00:10")
    assert lasts(chat, "first_reply", definitions=hour)["at_risk"] == [(10, 70)]
    # A seventh of 60 s are 8 571 ms and a part of one, which is left out.
    seventh = replace(CLOCKS_ALONE, at_risk_share=Fraction(1, 7))
    assert lasts(chat, "first_reply", definitions=seventh)["at_risk"] == [(61.429, 70)]


# -------------------------------------------------------------------------------------------------- properties


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(lines=logs(), chance=st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(lines: list[bytes], chance: random.Random) -> None:
    """The clocks are a function of the set of facts."""
    again = [*lines, *chance.choices(lines, k=len(lines) // 2)]
    chance.shuffle(again)

    assert observed(lines, CLOCKS_ALONE) == observed(again, CLOCKS_ALONE)


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@pytest.mark.parametrize("definitions", [CLOCKS_ALONE, RESTARTED], ids=["usual", "restarted"])
@given(lines=logs(), changed=st.lists(st.integers(0, 50 * HOUR_S), max_size=5))
def test_a_clock_is_at_risk_or_past_its_deadline_only_while_it_is_open(
    lines: list[bytes], changed: list[int], definitions: Definitions
) -> None:
    """At each instant of the log and around: never more of the one than of the other, never both at once."""
    for number, second in enumerate(changed):
        lines = [
            *lines,
            *Log().add("ticket.priority_changed", T0 + 1000 * second, priority=str(number), id=f"p{number}").lines,
        ]
    found = observed(lines, definitions)
    instants = {fact.at + by for fact in facts_of(lines).values() for by in (0, 1, MINUTE_MS, HOUR_MS, 48 * HOUR_MS)}
    for t in instants:
        held = dict.fromkeys((3, 21, 22, 120, 121, 122, 220, 221, 222), 0)
        for interval, number in found.intervals.items():
            if interval.kind in held and interval.start < t and (interval.end is None or t <= interval.end):
                held[interval.kind] += number
        for is_open, clock in ((3, 0), (120, 100), (220, 200)):
            assert held[is_open] >= held[clock + 21] + held[clock + 22]
