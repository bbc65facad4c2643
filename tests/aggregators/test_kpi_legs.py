"""Which legs a conversation has, and how each ends: the sweep, sentence by sentence."""

from fractions import Fraction

import pytest

from tests.logs import Log, expects

BILLING = ("default", "chat", "billing")
SALES = ("default", "chat", "sales")


def test_queued_again_in_the_same_queue_is_nothing() -> None:
    """An open leg in the same queue goes on: the wait counts from the first chat.queued."""
    log = Log().queued("00:00").queued("00:10").accepted("00:30")

    expects(log, "01:00", queued_5m=1, answered_5m=1, asa_s_5m=30)


def test_queued_in_another_queue_flows_out() -> None:
    """An open leg in another queue ends flowed_out at that instant, and a new one opens."""
    log = Log().queued("00:00").queued("00:10", "sales")

    expects(log, "00:20", *BILLING, queued_5m=1, flowed_out_5m=1, waiting=0)
    expects(log, "00:20", *SALES, queued_5m=1, flowed_out_5m=0, waiting=1, oldest_wait_s=10)


def test_nothing_else_opens_a_leg() -> None:
    """Neither a start, an offer, an accept, a message nor a transfer opens one."""
    log = Log(queue="billing").started("00:00").customer("00:01").transferred("00:02", "sales")
    log.add("chat.offered", "00:03").accepted("00:04").add("chat.reopened", "00:05")

    expects(log, "01:00", queued_5m=0, answered_5m=0, waiting=0)


def test_a_transfer_after_the_answer_opens_nothing() -> None:
    """A transfer after the answer ends no leg and opens none."""
    log = Log().queued("00:00").accepted("00:10").transferred("00:20", "sales")

    expects(log, "01:00", queued_5m=1, answered_5m=1, flowed_out_5m=0, waiting=0)


def test_a_transfer_to_another_queue_ends_the_leg() -> None:
    """A transfer before the answer, to another queue, is a flow-out; the accept after it is of no leg."""
    log = Log().queued("00:00").transferred("00:10", "sales").accepted("00:20")

    expects(log, "01:00", *BILLING, flowed_out_5m=1, answered_5m=0, waiting=0)


@pytest.mark.parametrize("to_queue", ["billing", None])
def test_a_transfer_to_its_own_queue_leaves_the_leg_alone(to_queue: str | None) -> None:
    """A transfer to the leg's own queue, or to an agent, changes nothing."""
    log = Log().queued("00:00").transferred("00:10", to_queue, to_agent="a-1").accepted("00:20")

    expects(log, "01:00", answered_5m=1, asa_s_5m=20, flowed_out_5m=0)


def test_a_transfer_and_the_queueing_it_causes() -> None:
    """With the same stamp: chat.queued goes first and flows out; the transfer finds the leg where it should be."""
    log = Log().queued("00:00").transferred("00:10", "sales").queued("00:10", "sales").accepted("00:15")

    expects(log, "01:00", *BILLING, flowed_out_5m=1, queued_5m=1)
    expects(log, "01:00", *SALES, queued_5m=1, answered_5m=1, asa_s_5m=5)


@pytest.mark.parametrize("stage", ["bot", "queue", "ringing", "chat", "elsewhere", None])
def test_leaving_ends_an_open_leg_whatever_the_stage(stage: str | None) -> None:
    """chat.abandoned of any stage, or of none, ends an open leg as abandoned."""
    log = Log().queued("00:00").abandoned("00:30", stage)

    expects(log, "01:00", abandoned_5m=1, waiting=0)


@pytest.mark.parametrize(("by", "column"), [("customer", "abandoned_5m")] + [
    (by, "agent_closed_5m") for by in ("human", "bot", "system", "cleaner", None)
])  # fmt: skip
def test_a_close_is_of_somebody(by: str | None, column: str) -> None:
    """A close by the customer is an abandonment, by anybody else or nobody an agent's close."""
    log = Log().queued("00:00").closed("00:30", by)

    expects(log, "01:00", **{"abandoned_5m": 0, "agent_closed_5m": 0, "waiting": 0} | {column: 1})


def test_ends_without_an_open_leg_are_none() -> None:
    """No outcome makes a leg: neither before the first chat.queued nor after the end."""
    log = Log().accepted("00:00").abandoned("00:01").closed("00:02").queued("00:03").accepted("00:04")
    log.accepted("00:05").abandoned("00:06").flowed_out("00:07").callback("00:08").closed("00:09", "customer")

    expects(log, "01:00", queued_5m=1, answered_5m=1, asa_s_5m=1, abandoned_5m=0, short_abandoned_5m=0)
    expects(log, "01:00", flowed_out_5m=0, callback_5m=0, agent_closed_5m=0)


def test_a_leg_is_lost_after_four_hours() -> None:
    """At 4 h exactly it is still waiting; as soon as that instant is past it was lost at 4 h, in no ratio, no wait."""
    log = Log().queued("0:00:00")

    expects(log, "4:00:00", waiting=1, oldest_wait_s=14_400, lost_5m=0)
    expects(log, "4:00:10", waiting=0, oldest_wait_s=None, lost_5m=1, abandonment_5m=None, asa_s_5m=None)
    expects(log, "4:05:00", lost_5m=1)
    expects(log, "4:05:10", lost_5m=0, lost_30m=1)


@pytest.mark.parametrize("queue", ["billing", "sales"])
@pytest.mark.parametrize("at", ["4:00:00", "5:00:00"])
def test_queued_again_makes_the_loss_final(at: str, queue: str) -> None:
    """A chat.queued at 4 h or later, of any queue, opens a new leg; nothing flows out; an accept is of the new one."""
    log = Log().queued("0:00:00").queued(at, queue).accepted("5:00:07")

    expects(log, "5:00:10", lost_today=1, flowed_out_today=0, queued_today=2, answered_today=1)
    expects(log, "5:00:10", asa_s_5m=7 if at == "5:00:00" else 3_607, waiting=0)


@pytest.mark.parametrize(
    ("revive", "column"),
    [
        ("accepted", "answered"),
        ("abandoned", "abandoned"),
        ("flowed_out", "flowed_out"),
        ("callback", "callback"),
        ("closed", "agent_closed"),
    ],
)
@pytest.mark.parametrize("at", ["4:00:00", "6:00:00"])
def test_an_outcome_revives_a_lost_leg(at: str, revive: str, column: str) -> None:
    """The first outcome at 4 h or later, without a chat.queued before it, is the end: it was never lost."""
    log = getattr(Log().queued("0:00:00"), revive)(at).accepted("6:00:05")

    if at == "6:00:00":
        expects(log, "5:00:00", lost_today=1, waiting=0)
    expects(log, "6:00:10", **{"lost_today": 0, "waiting": 0, "queued_today": 1, f"{column}_today": 1})
    expects(log, "6:00:10", answered_today=int(revive == "accepted"))


def test_the_wait_of_a_revived_leg_is_whole() -> None:
    """Accepted after five hours: a wait of 18,000 s."""
    log = Log().queued("0:00:00").accepted("5:00:00")

    expects(log, "5:00:10", asa_s_5m=18_000, lost_today=0)


@pytest.mark.parametrize("stage", ["bot", "chat"])
def test_leaving_the_bot_or_the_chat_revives_nothing(stage: str) -> None:
    """chat.abandoned of stage bot or chat is no outcome of a lost leg; the next outcome is."""
    log = Log().queued("0:00:00").abandoned("4:10:00", stage)

    expects(log, "4:20:00", lost_today=1, abandoned_today=0)
    expects(log.accepted("4:30:00"), "4:40:00", lost_today=0, abandoned_today=0, answered_today=1)


@pytest.mark.parametrize("stage", ["queue", "ringing", None])
def test_leaving_the_queue_revives(stage: str | None) -> None:
    """chat.abandoned of another stage, or of none, ends a lost leg."""
    log = Log().queued("0:00:00").abandoned("4:10:00", stage)

    expects(log, "4:20:00", lost_today=0, abandoned_today=1)


def test_transfers_revive_only_to_another_queue() -> None:
    """A transfer to the lost leg's own queue is no outcome; to another it is its end, flowed_out."""
    log = Log().queued("0:00:00").transferred("4:10:00", "billing")

    expects(log, "4:20:00", lost_today=1, flowed_out_today=0)
    expects(log.transferred("4:30:00", "sales"), "4:40:00", lost_today=0, flowed_out_today=1)


def test_legs_of_agent_initiated_conversations_count() -> None:
    """Who called whom is nothing to the queue."""
    log = Log().started("00:00", initiated_by="agent").queued("00:00").accepted("00:10")

    expects(log, "01:00", queued_5m=1, answered_5m=1, asa_s_5m=10)


def test_leg_ids_change_nothing() -> None:
    """Events with leg ids give the legs of the sweep."""
    log = Log().queued("00:00", leg="l1").accepted("00:10", leg="l1").queued("00:20", leg="l2").abandoned(
        "01:00", leg="l2"
    )  # fmt: skip

    expects(log, "02:00", queued_5m=2, answered_5m=1, abandoned_5m=1)


# ------------------------------------------------------------ what was open earlier is closed first


@pytest.mark.parametrize(
    ("end", "column"),
    [
        ("accepted", "answered_5m"),
        ("abandoned", "abandoned_5m"),
        ("flowed_out", "flowed_out_5m"),
        ("callback", "callback_5m"),
        ("closed", "agent_closed_5m"),
    ],
)
def test_an_end_and_the_next_queue_at_one_instant(end: str, column: str) -> None:
    """A leg open from before is ended by the outcome of the instant, not by its chat.queued for another queue."""
    log = getattr(Log().queued("00:00").queued("00:30", "sales"), end)("00:30")

    expects(log, "01:00", *BILLING, **{"flowed_out_5m": 0, column: 1, "waiting": 0})
    expects(log, "01:00", *SALES, waiting=1, queued_5m=1, oldest_wait_s=30)


def test_only_the_first_outcome_goes_before() -> None:
    """Of an accept and a close with the chat.queued, the accept ends the old leg, and the close the new one."""
    log = Log().queued("00:00").closed("00:30").accepted("00:30").queued("00:30", "sales")

    expects(log, "01:00", *BILLING, answered_5m=1, agent_closed_5m=0)
    expects(log, "01:00", *SALES, agent_closed_5m=1, queued_5m=1, waiting=0)


def test_a_transfer_does_not_go_before() -> None:
    """A transfer is no outcome that overtakes: the old leg flows out by chat.queued, the transfer ends the new one."""
    log = Log().queued("00:00").queued("00:30", "sales").transferred("00:30", "vip")

    expects(log, "01:00", *BILLING, flowed_out_5m=1)
    expects(log, "01:00", *SALES, flowed_out_5m=1, waiting=0)


def test_its_own_queue_is_not_overtaken() -> None:
    """A chat.queued of the leg's own queue opens nothing; the accept of that instant is the end, and nobody waits."""
    log = Log().queued("00:00").queued("00:30").accepted("00:30")

    expects(log, "01:00", answered_5m=1, asa_s_5m=30, queued_5m=1, waiting=0)


def test_own_and_other_queue_at_one_instant() -> None:
    """The end goes just before the chat.queued for another queue, wherever the one of its own queue stands."""
    own_first = Log().queued("00:00").queued("00:30").queued("00:30", "sales").accepted("00:30")
    own_last = Log().queued("00:00").queued("00:30", "sales").queued("00:30").accepted("00:30")

    expects(own_first, "01:00", *BILLING, answered_5m=1, queued_5m=1, waiting=0)
    expects(own_first, "01:00", *SALES, queued_5m=1, waiting=1)
    expects(own_last, "01:00", *BILLING, answered_5m=1, queued_5m=2, waiting=1)
    expects(own_last, "01:00", *SALES, queued_5m=1, flowed_out_5m=1, waiting=0)


def test_a_leg_of_the_same_instant_is_not_closed_first() -> None:
    """Both chat.queued and the accept at one instant: the first leg flows out after no wait, the second is answered."""
    log = Log().queued("00:30").queued("00:30", "sales").accepted("00:30")

    expects(log, "01:00", *BILLING, queued_5m=1, flowed_out_5m=1, answered_5m=0)
    expects(log, "01:00", *SALES, queued_5m=1, answered_5m=1, asa_s_5m=0)


def test_a_lost_leg_is_not_closed_first() -> None:
    """At four hours it is not open: chat.queued makes the loss final, and the accept is of the new leg."""
    log = Log().queued("0:00:00").queued("4:00:00", "sales").accepted("4:00:00")

    expects(log, "4:00:10", *BILLING, lost_5m=1, answered_today=0)
    expects(log, "4:00:10", *SALES, answered_5m=1, asa_s_5m=0)


# ---------------------------------------------------------------------------------- where a leg stands


def test_a_leg_stands_in_its_own_queue() -> None:
    """The queue of a leg is that of its chat.queued, whatever is named later."""
    log = Log().queued("00:00").accepted("00:10").customer("00:20", queue="sales").transferred("00:30", "vip")

    expects(log, "01:00", *BILLING, queued_5m=1, answered_5m=1)
    expects(log, "01:00", *SALES, queued_5m=0, answered_5m=0)


def test_channel_and_target_are_those_known_now() -> None:
    """Once a later event says voice, the wait of 30 s is one of a call, beyond its 20 s, and stands there."""
    log = Log().queued("00:00").accepted("00:30")
    expects(log, "01:00", *BILLING, answered_5m=1, sl1_5m=1)

    log.closed("01:00", channel="voice")

    expects(log, "01:10", *BILLING, answered_5m=0, sl1_5m=None)
    expects(log, "01:10", "default", "voice", "billing", answered_5m=1, sl1_5m=0)


def test_waits_are_exact_to_the_millisecond() -> None:
    """Mixed notations of instants, 1/3 of 1.001 s."""
    log = Log()
    for name, end in (("a", "00:00"), ("b", "00:00"), ("d", "00:01.001")):
        log.of(conversation=name).queued("00:00").accepted(end)

    expects(log, "01:00", asa_s_5m=Fraction("1.001") / 3)
