"""Edge cases that KPIS names and that several metrics meet in: how people leave, who is rated, who comes back."""

from __future__ import annotations

from fractions import Fraction

from tests.aggregators.observed import shown
from tests.logs import Log, expects


def test_abandonment_while_ringing() -> None:
    """M1, M5: who hangs up while it rings has abandoned the queue, after 30 s of waiting.

    queued 00:00 |── waits ── offered 00:15 ── rings ──| 00:30 abandoned
    """
    log = Log().queued("00:00").add("chat.offered", "00:15", agent="a-1").abandoned("00:30", stage="ringing")

    expects(
        log, "01:00", answered_5m=0, abandoned_5m=1, abandonment_5m=Fraction(1), abandon_wait_mean_s_5m=Fraction(30)
    )


def test_abandonment_after_a_re_queue() -> None:
    """M3, M5: answered after 10 s, back in the queue and gone after 30 s: one leg of two abandoned, and each its wait.

    billing |─ 10 s ─| answered    |── 30 s ──| abandoned
            00:00  00:10         00:50      01:20
    """
    log = Log().queued("00:00").accepted("00:10").queued("00:50").abandoned("01:20")

    expects(log, "02:00", queued_5m=2, answered_5m=1, abandoned_5m=1, abandonment_5m=Fraction(1, 2),
            asa_s_5m=Fraction(10), abandon_wait_mean_s_5m=Fraction(30))  # fmt: skip


def test_leaving_by_flow_out_is_no_abandonment() -> None:
    """M5: passed on to a form after 40 s, and another one left after 50 s: one flow-out in no ratio, 1 of 1 left."""
    log = Log().queued("00:00").flowed_out("00:40", to="form")
    log.of(conversation="d").queued("00:00").abandoned("00:50")

    expects(log, "01:00", flowed_out_5m=1, answered_5m=0, abandoned_5m=1, abandonment_5m=Fraction(1))


def test_a_rating_after_reassignment_stays_where_it_was_asked_for() -> None:
    """M60: asked for in billing; sales has the chat when the answer comes, five of five: it is billing's."""
    log = Log().queued("00:00").accepted("00:05").customer("00:06").human("00:10").sent("00:20")
    log.transferred("00:30", "sales").queued("00:31", "sales").accepted("00:40").responded("01:00", 5)

    expects(log, "02:00", "default", "chat", "billing", csat_responses_5m=1, csat_mean_5m=Fraction(1))
    expects(log, "02:00", "default", "chat", "sales", csat_responses_5m=0, csat_mean_5m=None)


def test_unassigned_at_the_close_the_rating_still_counts() -> None:
    """M60: nobody is assigned any more when it closes; the rating of 4 of 5, 3/4 of the scale, has its queue."""
    log = Log().queued("00:00").accepted("00:05", agent="a-1").customer("00:06").human("00:10")
    log.add("chat.released", "00:20", agent="a-1").closed("00:30", by="system").sent("00:31").responded("01:00", 4)

    expects(log, "02:00", "default", "chat", "billing", csat_responses_5m=1, csat_mean_5m=Fraction(3, 4))


def test_a_call_about_the_same_is_no_first_contact_resolution() -> None:
    """M45: a chat is solved at 10:00 of the first hour; a call of its customer on the next day, about the same: 0 of 1.

    On another topic it is no return: 1 of 1.
    """

    def fcr(topic: str) -> float | None:
        chat = Log(customer="u").queued("0:00:00", topic="refund").customer("0:00:05").accepted("0:00:10", agent="a")
        chat.human("0:00:30").closed("0:10:00")
        chat.of(conversation="call").queued("25:00:00", channel="voice", topic=topic).accepted("25:00:20")
        return shown(chat, "26:00:00", window="7d").get("fcr_ratio")

    assert (fcr("refund"), fcr("login")) == (0, 1)


def test_repeat_contacts_across_channels() -> None:
    """M46: a chat, a ticket a day later and a call in between by us: one anchor, one callback; ours is none of both."""
    log = Log(customer="u").queued("0:00:00").customer("0:00:05").human("0:00:30").closed("0:10:00")
    log.of(conversation="ours").started("12:00:00", channel="voice", initiated_by="agent").queued("12:00:01")
    log.of(conversation="mail").created("25:00:00", channel="email", initiated_by="customer")

    found = shown(log, "26:00:00", window="7d")

    assert (found["anchors"], found["callbacks_7d"], found["callbacks_7d_ratio"]) == (1, 1, 1)


def test_a_deleted_ticket_leaves_the_backlog_and_a_merged_one_every_number() -> None:
    """M42: three received; one deleted, one merged: one open, two received, as the deleted one keeps its receipt."""
    log = Log(conversation="a").created("00:00", initiated_by="customer")
    log.of(conversation="b").created("00:01", initiated_by="customer").add("ticket.deleted", "00:30")
    log.of(conversation="c").created("00:02", initiated_by="customer").add("ticket.merged", "00:40", into="a")

    found = shown(log, "01:00")

    assert (found["backlog_open"], found["received"], found["deleted"]) == (1, 2, 1)
