"""M45, M46, M48, M49 and M72 from the events to what is shown: conversations tell their customers, in any order."""

from __future__ import annotations

import random

import pytest

from tests.aggregators.observed import shown
from tests.logs import Log

WEEK = {"window": "7d"}


def test_across_channels() -> None:
    """A chat is solved on Monday, its customer calls on Wednesday, another customer writes once and is not solved.

    chat of u 0:00 ─ solved 0:01 ─────── call of u 48:00 · mail of v 0:00
    Solved 1, resolved at first contact 0: the customer returned. Anchors 2 (u's chat, v), one followed. Contacts 3 by
    2 customers: 1.5.
    """
    log = Log(customer="u", conversation="a").customer("00:00").accepted("00:10", agent="x", team="one")
    log.human("00:20", agent="x").closed("01:00")
    log.of(conversation="b", channel="voice").queued("48:00:00").accepted("48:00:10").closed("48:05:00")
    log.of(conversation="c", channel="email", customer="v").customer("00:00")

    for lines in (log.lines, random.Random(1).sample(log.lines, len(log.lines)), [*log.lines, *log.lines]):
        again = Log()
        again.lines.extend(lines)
        now = shown(again, "49:00:00", **WEEK)

        assert (now["fcr_episodes"], now["fcr_ratio"], now["fcr_missed_ratio:returned"]) == (1, 0, 1)
        assert now["fcr_one_teammate_ratio"] == 1
        assert (now["anchors"], now["callbacks_7d"], now["callbacks_7d_ratio"]) == (2, 1, 0.5)
        assert now["callbacks_after_resolution"] == 1
        assert (now["known_contacts"], now["unique_customers"], now["tickets_per_customer"]) == (3, 2, 1.5)
        assert now["contact_coverage_ratio"] == 1


def test_a_customer_who_gets_another_name() -> None:
    """Known later as w: the contact and the solve are w's, and u has none; so the call of w is a return."""
    log = Log(customer="u", conversation="a").customer("00:00").human("00:20").closed("01:00")
    log.of(conversation="b", channel="voice", customer="w").queued("02:00")
    assert shown(log, "03:00", **WEEK)["fcr_ratio"] == 1

    log.of(conversation="a", customer="w").human("02:30", public=False)

    now = shown(log, "03:00", **WEEK)
    assert (now["fcr_ratio"], now["unique_customers"], now["callbacks_7d"]) == (0, 1, 1)


def test_nobody_is_told_of_unknown_customers() -> None:
    """M45, M72: excluded, and the coverage says so: one of two contacts, one of two solves."""
    log = Log(conversation="a").customer("00:00").human("00:20").closed("01:00")
    log.of(conversation="b", customer="u").customer("00:00").human("00:20").closed("01:00")

    now = shown(log, "02:00", **WEEK)

    assert (now["fcr_episodes"], now["known_contacts"]) == (1, 1)
    assert (now["fcr_coverage_ratio"], now["contact_coverage_ratio"]) == (0.5, 0.5)


def test_a_bot_that_was_called_after() -> None:
    """M48: of two contained conversations one is followed by a call of its customer: 1/2 is verified."""
    log = Log(customer="u", conversation="a").started("00:00", bot=True).customer("00:10").closed("01:00", "bot")
    log.of(conversation="b", customer="v").started("00:00", bot=True).customer("00:10").closed("01:00", "bot")
    log.of(conversation="c", channel="voice").queued("24:00:00")

    now = shown(log, "25:00:00", **WEEK)

    assert now["bot_containment_ratio"] == 1
    assert now["bot_containment_verified_ratio"] == 0.5


def test_help_pages_that_spared_a_contact_and_did_not() -> None:
    """M49: two sessions of known customers, one of whom writes the next morning: 1/2; the third is nobody's: 2/3."""
    log = Log(conversation=None)
    for session, customer in (("s", "u"), ("t", "v"), ("w", None)):
        log.add("selfservice.viewed", "10:00:00", session=session, customer=customer)
    log.of(conversation="c", customer="u").customer("33:00:00")

    now = shown(log, "36:00:00", **WEEK)

    assert now["deflection_estimate_ratio"] == 0.5
    assert (now["selfservice_sessions"], round(now["selfservice_coverage_ratio"], 6)) == (3, 0.666667)


def test_spam_is_no_contact() -> None:
    """A conversation that is flagged takes back what it told."""
    log = Log(customer="u", conversation="a").customer("00:00").human("00:20").closed("01:00")
    log.of(conversation="b").customer("02:00")
    assert shown(log, "03:00", **WEEK)["fcr_ratio"] == 0

    now = shown(log.of(conversation="b").flagged("02:30"), "03:00", **WEEK)

    assert (now["fcr_ratio"], now["known_contacts"], now["callbacks_7d"]) == (1, 1, 0)


def test_closed_once_with_one_teammate() -> None:
    """Intercom's M45 of two tickets of one agent each: closed, opened again by the agent and closed: not once.

    Within five minutes that is a correction, and the ticket is closed once; solved and then closed it is too. First
    contact resolution itself asks only whether the customer came back: it is 1 for all.
    """

    def closed(reopened: str) -> dict[str, float]:
        log = Log(conversation="a", customer="u").customer("00:00").accepted("01:00", agent="kim").human("02:00")
        log.add("ticket.status_changed", "10:00", status="solved", by="human")
        log.add("ticket.status_changed", reopened, status="open", by="human")
        log.add("ticket.status_changed", "30:00", status="solved", by="human")
        log.add("ticket.status_changed", "40:00", status="closed", by="system")
        pen = log.of(conversation="b", customer="v").customer("00:00").accepted("01:00", agent="kim").human("02:00")
        pen.add("ticket.status_changed", "10:00", status="solved", by="human")
        pen.add("ticket.status_changed", "40:00", status="closed", by="system")
        return shown(log, "50:00", **WEEK)

    for reopened, share in (("20:00", 0.5), ("14:00", 1)):
        now = closed(reopened)
        assert (now["fcr_episodes"], now["fcr_ratio"], now["fcr_one_teammate_ratio"]) == (2, 1, share)


def test_a_close_that_solved_nothing_is_a_close_too() -> None:
    """Intercom's M45 of three chats of one agent each: b is closed without a reply, taken up again, answered, closed.

    a is closed once, b twice, though only its second close is a solve. c, closed and then solved while it is closed,
    is closed once: two of three.
    """
    log = Log(conversation="a", customer="u").customer("00:00").accepted("01:00", agent="kim").human("02:00")
    log.closed("10:00")
    pen = log.of(conversation="b", customer="v").customer("00:00").accepted("01:00", agent="kim").closed("03:00")
    pen.customer("20:00").human("21:00").closed("22:00")
    pen = log.of(conversation="c", customer="w").customer("00:00").accepted("01:00", agent="kim").closed("03:00")
    pen.add("ticket.status_changed", "04:00", status="solved", by="human")

    now = shown(log, "50:00", **WEEK)

    assert (now["fcr_episodes"], now["reopened"]) == (3, 0)
    assert now["fcr_one_teammate_ratio"] == pytest.approx(2 / 3)


def test_a_solve_that_the_customer_took_back_was_no_resolution_at_first_contact() -> None:
    """M45: two tickets solved at 1:00, one customer writes again at 25:00 and nobody solves it any more: 1/2, for good.

    Of the solves one was reopened: 1/2 as well. A week later both are final. Solved anew, it is the same episode still.
    """
    log = Log()
    for name in ("a", "b"):
        pen = log.of(conversation=name, customer=name).created("00:00", initiated_by="customer")
        pen.commented("30:00", "human").status("1:00:00", "solved", by="human")
    pen.commented("25:00:00", "customer")

    now = shown(log, "26:00:00", **WEEK)
    assert (now["fcr_episodes"], now["fcr_ratio"], now["fcr_missed_ratio:reopened"]) == (2, 0.5, 0.5)
    assert (now["resolved"], now["reopen_ratio"]) == (2, 0.5)
    assert shown(log, "170:00:00", **WEEK)["fcr_settled_ratio"] == 0.5

    pen.commented("27:00:00", "human").status("28:00:00", "solved", by="human")
    now = shown(log, "29:00:00", **WEEK)
    assert (now["fcr_episodes"], now["fcr_ratio"], now["fcr_missed_ratio:reopened"]) == (2, 0.5, 0.5)


def test_a_team_that_had_it_before_the_customer_wrote() -> None:
    """M45: who starts a chat is queued first and writes then. Of three chats one goes from team one to team two: 2/3.

    The third goes to another queue of the same team, which is no other team.
    """
    log = Log()
    for name, queue, team in (("a", "billing", "one"), ("b", "sales", "two"), ("c", "sales", "one")):
        pen = log.of(conversation=name, customer=name).started("00:00", team="one").queued("00:05", "billing")
        pen.customer("00:10").accepted("00:30", agent="x").human("00:40")
        if queue != "billing":
            pen.transferred("01:00", queue).queued("01:00", queue).accepted("01:10", agent="y", team=team)
            pen.human("01:20", agent="y")
        pen.closed("30:00")

    now = shown(log, "31:00", **WEEK)

    assert now["fcr_episodes"] == 3
    assert now["fcr_missed_ratio:passed_on"] == pytest.approx(1 / 3)
    assert now["fcr_ratio"] == pytest.approx(2 / 3)


def test_a_team_on_what_a_bot_closed_is_no_human() -> None:
    """M45: exactly one *human* owner-team. The bot's chat has a team's name on it, and nobody of the team in it."""
    log = Log(conversation="a", customer="u", team="one").started("00:00", bot=True).customer("00:10")
    log.says("00:20", "bot").closed("01:00", "bot")

    now = shown(log, "02:00", **WEEK)

    assert (now["fcr_episodes"], now["fcr_ratio"], now["fcr_missed_ratio:no_human"]) == (1, 0, 1)
