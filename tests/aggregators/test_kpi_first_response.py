"""M10: how long customers wait for the first human reply, and who still does."""

from fractions import Fraction

import pytest

from tests.logs import Log, expects

TARGETS = {
    "chat": "01:00",
    "web": "01:00",
    "sms": "01:00",
    "voice": "01:00",
    "social": "1:00:00",
    "email": "4:00:00",
    "offline": "4:00:00",
    "whatsapp": "1:00:00",
}


def later(clock: str, by: str) -> str:
    """Put `by` in place of the seconds of a clock reading that ends in 00."""
    return clock[: -len("00")] + by


# ------------------------------------------------------------------------------------ start and stop


def test_it_starts_at_the_first_customer_message() -> None:
    """Not when the room was made, nor when the customer was queued: 40 s, not 60."""
    log = Log().started("00:00").queued("00:05").customer("00:20").customer("00:30").human("01:00")

    expects(log, "01:10", first_responses_5m=1, frt_mean_s_5m=40, frt_p50_s_5m=40, frt_p90_s_5m=40)


def test_bot_first() -> None:
    """A bot that answers does not stop it and a hand-off does not restart it: the customer has waited 90 s."""
    log = Log().started("00:00", bot=True).customer("00:00").says("00:01", "bot").add("chat.bot_handoff", "00:30")
    log.queued("00:30").accepted("01:00").human("01:30")

    expects(log, "02:00", first_responses_5m=1, frt_mean_s_5m=90)


@pytest.mark.parametrize(
    "fields",
    [
        {"actor": "bot"},
        {"actor": "system"},
        {"actor": "supervisor"},
        {"actor": "human", "public": False},
        {"actor": "human", "auto": True},
        {"actor": "human", "public": False, "auto": True},
    ],
    ids=["bot", "system line", "unknown actor", "internal note", "autoresponder", "automatic note"],
)
@pytest.mark.parametrize("kind", ["chat.message", "ticket.commented"])
def test_what_does_not_stop_it(kind: str, fields: dict[str, object]) -> None:
    """A bot, a system line, an unknown actor, a note, an autoresponder: the first response is the one after."""
    log = Log().customer("00:00").add(kind, "00:10", **fields)
    expects(log, "00:20", first_responses_5m=0, frt_open=1)

    expects(log.human("00:30"), "00:40", first_responses_5m=1, frt_mean_s_5m=30, frt_open=0)


def test_surveys_closes_and_offers_do_not_stop_it() -> None:
    """Neither an accept, a survey, an assignment, nor a close is a reply."""
    log = Log().customer("00:00").queued("00:01").accepted("00:02").assigned("00:03", "sales").sent("00:04")
    log.closed("00:05", reason="closing message")

    expects(log, "01:00", first_responses_5m=0, reply_samples_5m=0)


@pytest.mark.parametrize("edit", [{"id": "m-1"}, {"id": "m-2", "message": "m"}])
def test_an_edited_message_begins_when_it_was_written(edit: dict[str, str]) -> None:
    """Written at 0:00, edited at 0:20, by the same event sent again or by another of that message: 30 s, not 10."""
    log = Log().customer("00:00", id="m-1", message="m").customer("00:20", **edit).human("00:30")

    expects(log, "01:00", first_responses_5m=1, frt_mean_s_5m=30)


def test_a_closing_message_behind_the_close_is_no_response() -> None:
    """Rocket.Chat writes it after it has closed: sent as `auto` it answers nothing, and the chat had no reply."""
    log = Log().customer("00:00").closed("00:20").human("00:21", auto=True)

    expects(log, "01:00", first_responses_5m=0, reply_samples_5m=0, frt_open=0)
    # As if a person had written it, it would be one: what is automatic only its source knows.
    expects(Log().customer("00:00").closed("00:20").human("00:21"), "01:00", first_responses_5m=1, frt_mean_s_5m=21)


def test_a_greeting_before_the_customer_is_no_response() -> None:
    """What a person says first answers nothing; the reply after the customer's message does."""
    log = Log().human("00:00").customer("00:10").human("00:30")

    expects(log, "01:00", first_responses_5m=1, frt_mean_s_5m=20, reply_samples_5m=1)


def test_a_reply_stamped_too_early_is_not_negative() -> None:
    """By a skewed clock the reply is stamped before the message: no sample, and it is still open."""
    log = Log().customer("00:10").human("00:09.999")

    expects(log, "01:00", first_responses_5m=0, frt_mean_s_5m=None, frt_open=1, frt_open_oldest_s=50)


def test_a_reply_at_the_same_instant_is_after() -> None:
    """Stamps to the second tie: a response after 0 s, which counts."""
    log = Log().human("00:10").customer("00:10").of(conversation="d").customer("00:00").human("00:10")

    expects(log, "01:00", first_responses_5m=2, frt_mean_s_5m=5, frt_p50_s_5m=0)


def test_reply_and_close_at_once() -> None:
    """A reply with the stamp of the close counts."""
    log = Log().customer("00:00").closed("00:20").human("00:20")

    expects(log, "01:00", first_responses_5m=1, frt_mean_s_5m=20, frt_open=0)


def test_closed_without_a_reply() -> None:
    """No sample, and nothing is open any more."""
    log = Log().customer("00:00").closed("00:20")

    expects(log, "00:20", frt_open=1)
    expects(log, "01:00", first_responses_5m=0, frt_open=0, frt_attainment_5m=None)


def test_a_resolve_in_between_does_not_cancel() -> None:
    """Closed, then replied to after all: a sample from the first message; no reply time, that stretch had ended."""
    log = Log().customer("00:00").closed("00:20").human("01:00")

    expects(log, "01:10", first_responses_5m=1, frt_mean_s_5m=60, reply_samples_5m=0)


def test_transfers_credit_the_queue_of_the_reply() -> None:
    """Asked in billing, answered in sales, assigned to vip afterwards: the sample is of sales."""
    log = Log(channel="chat").customer("00:00", queue="billing").transferred("00:10", "sales").human("00:30")
    log.assigned("00:40", "vip")

    expects(log, "01:00", "default", "chat", "sales", first_responses_5m=1, frt_mean_s_5m=30)
    expects(log, "01:00", "default", "chat", "billing", first_responses_5m=0)
    expects(log, "01:00", "default", "chat", "vip", first_responses_5m=0)


def test_one_sample_each_episode() -> None:
    """The second reply of an episode is no first response, nor is one after a reopening within a day."""
    log = Log().customer("00:00").human("00:10").human("00:20").closed("01:00").add("chat.reopened", "02:00")
    log.customer("02:00").human("02:40")

    expects(log, "03:00", first_responses_5m=1, frt_mean_s_5m=10, reply_samples_5m=2, reply_mean_s_5m=25)


def test_the_sample_belongs_to_the_reply() -> None:
    """Asked in one window and answered in the next.

    5m: [00:00 ── asked ── 05:00) [05:00 ── answered ── 10:00)
    """
    log = Log().customer("04:30").human("05:00")

    expects(log, "05:00", first_responses_5m=0, frt_open=1)
    expects(log, "10:00", first_responses_5m=1, frt_mean_s_5m=30)
    expects(log, "10:10", first_responses_5m=0, frt_mean_s_5m=None)


def test_quantiles_are_nearest_ranks() -> None:
    """Of 10, 20, … 100 s the median is 50 s and p90 90 s."""
    log = Log()
    for tens in range(1, 11):
        log.of(conversation=f"c{tens}").customer("00:00").human(f"00:00:{tens * 10}")

    expects(log, "05:00", frt_p50_s_5m=50, frt_p90_s_5m=90, frt_mean_s_5m=55)


# -------------------------------------------------------------------------------------------- tickets


@pytest.mark.parametrize("initiated_by", [None, "customer", "partner"])
def test_a_ticket_is_a_customer_message(initiated_by: str | None) -> None:
    """ticket.created starts the wait, whoever but an agent or the system began it."""
    log = Log().created("00:00", initiated_by=initiated_by).commented("00:30", "human")

    expects(log, "01:00", "default", "email", first_responses_5m=1, frt_mean_s_5m=30)


@pytest.mark.parametrize("initiated_by", ["agent", "system"])
def test_a_ticket_of_ours_is_none(initiated_by: str) -> None:
    """A ticket that an agent or the system made is no customer message and has no first response."""
    log = Log().created("00:00", initiated_by=initiated_by).commented("00:10", "customer").commented("00:30", "human")

    expects(log, "00:10", frt_open=0)
    expects(log, "00:20", frt_open=0)
    expects(log, "01:00", first_responses_5m=0, reply_samples_5m=1, reply_mean_s_5m=20)


def test_a_ticket_goes_by_its_own_initiator() -> None:
    """The ticket is no message by its own word; the conversation is the customer's by the last one."""
    log = Log().created("00:00", initiated_by="agent").started("00:10", initiated_by="customer")
    log.customer("00:20").human("00:30")

    expects(log, "01:00", first_responses_5m=1, frt_mean_s_5m=10)


# ---------------------------------------------------------------------------------------- agent first


@pytest.mark.parametrize("initiated_by", ["agent", "system"])
def test_agent_initiated_has_none_in_its_first_episode(initiated_by: str) -> None:
    """Nobody waits for a first response where we began: no sample, nothing open."""
    log = Log().started("00:00", initiated_by=initiated_by).human("00:00").customer("00:10")
    expects(log, "00:20", frt_open=0, frt_open_oldest_s=None)

    expects(log.human("00:30"), "01:00", first_responses_5m=0, reply_samples_5m=1)


def test_later_episodes_of_agent_initiated_have_it() -> None:
    """The episode that the customer begins more than a day after the resolve has one, and may be open."""
    log = Log().started("0:00:00", initiated_by="agent").customer("0:01:00").closed("0:02:00").customer("24:02:00.001")
    expects(log, "24:03:00", frt_open=1, frt_open_oldest_s=Fraction("59.999"))

    expects(log.human("24:03:00"), "24:04:00", first_responses_5m=1, frt_mean_s_5m=Fraction("59.999"), frt_open=0)


def test_the_last_event_that_names_the_initiator_decides() -> None:
    """By order, not by arrival; an event that does not name it says nothing."""
    agent_last = Log().started("00:02", initiated_by="agent").started("00:01", initiated_by="customer").started("00:03")
    customer_last = Log().started("00:01", initiated_by="agent").started("00:02", initiated_by="customer")

    expects(agent_last.customer("00:10").human("00:20"), "01:00", first_responses_5m=0)
    expects(customer_last.customer("00:10").human("00:20"), "01:00", first_responses_5m=1)


# ------------------------------------------------------------------------------------------- episodes


def test_a_day_after_the_resolve_a_new_episode_begins() -> None:
    """24 h exactly is the old episode, a millisecond more a new one with its own first response."""
    exactly = Log().customer("0:00:00").human("0:00:10").closed("0:01:00").customer("24:01:00").human("24:02:00")
    beyond = Log().customer("0:00:00").human("0:00:10").closed("0:01:00").customer("24:01:00.001").human("24:02:00.001")

    expects(exactly, "24:03:00", first_responses_5m=0, reply_samples_5m=1, reply_mean_s_5m=60)
    expects(beyond, "24:03:00", first_responses_5m=1, frt_mean_s_5m=60, reply_samples_5m=1)


def test_a_reused_conversation() -> None:
    """The same room after 25.75 days: its own response time of 30 s, not one of weeks."""
    log = Log().customer("0:00:00").closed("0:01:00").customer("618:00:00").human("618:00:30")

    expects(log, "618:01:00", first_responses_7d=1, frt_mean_s_7d=30)


@pytest.mark.parametrize("resolve", ["solved", "closed"])
def test_a_solved_ticket_is_resolved(resolve: str) -> None:
    """Solved and closed end an episode, after which a message a day later begins another."""
    log = Log().created("0:00:00").commented("0:00:10", "human").status("0:01:00", resolve)
    log.commented("25:00:00", "customer").commented("25:00:20", "human")

    expects(log, "25:01:00", first_responses_5m=1, frt_mean_s_5m=20)


def test_a_pending_ticket_is_not() -> None:
    """Without a resolve there is one episode for ever."""
    log = Log().created("0:00:00").commented("0:00:10", "human").status("0:01:00", "pending")
    log.commented("25:00:00", "customer").commented("25:00:20", "human")

    expects(log, "25:01:00", first_responses_5m=0, reply_samples_5m=1)


@pytest.mark.parametrize("actor", ["customer", "human"])
def test_somebody_spoke_in_between(actor: str) -> None:
    """A customer message or a human reply between the resolve and the message: the episode goes on."""
    log = Log().customer("0:00:00").human("0:00:10").closed("0:01:00").says("10:00:00", actor)
    log.customer("30:00:00").human("30:01:00")

    expects(log, "30:02:00", first_responses_5m=0)


def test_bots_and_notes_in_between_are_nobody() -> None:
    """What is neither a customer's message nor a human reply does not keep an episode going."""
    log = Log().customer("0:00:00").human("0:00:10").closed("0:01:00").says("10:00:00", "bot")
    log.human("11:00:00", public=False).customer("30:00:00").human("30:01:00")

    expects(log, "30:02:00", first_responses_5m=1, frt_mean_s_5m=60)


def test_the_latest_resolve_counts() -> None:
    """Resolved again in between: the day is from the second resolve."""
    log = Log().customer("0:00:00").human("0:00:10").closed("0:01:00").status("20:00:00", "closed")
    within = log.customer("30:00:00").human("30:01:00")

    expects(within, "30:02:00", first_responses_5m=0)


def test_a_resolve_before_anything_begins_no_episode() -> None:
    """The first customer message starts the first episode, whatever was resolved before."""
    log = Log().started("0:00:00", initiated_by="agent").closed("0:01:00").customer("30:00:00").human("30:01:00")

    expects(log, "30:02:00", first_responses_5m=0, reply_samples_5m=1)


def test_a_reply_after_the_next_episode_began_is_of_that_one() -> None:
    """The unanswered first episode gets no sample from a reply in the second."""
    log = Log().customer("0:00:00").closed("0:01:00").customer("30:00:00").human("30:00:40")

    expects(log, "30:01:00", first_responses_7d=1, frt_mean_s_7d=40)


# --------------------------------------------------------------------------- open, targets, attainment


def test_open_is_without_reply_and_resolve() -> None:
    """Two wait since 00:00 and 00:20; who was answered or resolved does not."""
    log = Log()
    log.of(conversation="a").customer("00:00")
    log.of(conversation="b").customer("00:20").customer("00:40")
    log.of(conversation="d").customer("00:00").human("00:30")
    log.of(conversation="e").created("00:00").status("00:30", "solved")

    expects(log, "01:00", frt_open=2, frt_open_oldest_s=60)


def test_writing_again_after_the_resolve_does_not_open() -> None:
    """Within a day it is the same episode, and that was resolved: nothing is open, but a reply still answers it."""
    log = Log().customer("0:00:00").closed("0:01:00").customer("2:00:00")
    expects(log, "2:01:00", frt_open=0)

    expects(log.human("2:01:00"), "2:02:00", first_responses_5m=1, frt_mean_s_5m=7_260, reply_mean_s_5m=60)


def test_open_ones_stand_in_the_last_queue() -> None:
    """The last queue named before t, though the wait began in another."""
    log = Log(channel="chat").customer("00:00", queue="billing").assigned("00:30", "sales")

    expects(log, "00:30", "default", "chat", "billing", frt_open=1)
    expects(log, "01:00", "default", "chat", "billing", frt_open=0)
    expects(log, "01:00", "default", "chat", "sales", frt_open=1, frt_open_oldest_s=60)


@pytest.mark.parametrize(("channel", "target"), TARGETS.items())
def test_past_target_is_beyond_it(channel: str, target: str) -> None:
    """Open for exactly the target is not past it; ten seconds later it is, and lowers every window's attainment."""
    log = Log(channel=channel).customer("00:00")

    expects(log, target, frt_open=1, frt_open_past_target=0, frt_attainment_5m=None)
    expects(log, later(target, "10"), frt_open=1, frt_open_past_target=1, frt_attainment_5m=0, frt_attainment_7d=0)


@pytest.mark.parametrize(("channel", "target"), TARGETS.items())
def test_within_target_includes_it(channel: str, target: str) -> None:
    """A response after exactly the target attains it, one a millisecond later does not."""
    log = Log(channel=channel)
    log.of(conversation="a").customer("00:00").human(target)
    log.of(conversation="b").customer("00:00").human(later(target, "00.001"))

    expects(log, later(target, "10"), first_responses_5m=2, frt_attainment_5m=Fraction(1, 2))


def test_attainment_knows_who_still_waits() -> None:
    """Two in time, one late, one open past its target, one open within it: 2 / (3 + 1)."""
    log = Log(channel="chat")
    log.of(conversation="a").customer("00:00").human("00:30")
    log.of(conversation="b").customer("00:00").human("01:00")
    log.of(conversation="d").customer("00:00").human("01:30")
    log.of(conversation="e").customer("00:00")
    log.of(conversation="f").customer("01:30")

    expects(log, "02:00", frt_attainment_5m=Fraction(2, 4), frt_open=2, frt_open_past_target=1)


def test_a_day_of_silence_keeps_it_open() -> None:
    """A first response may be open for a week, and is answered with its whole wait."""
    log = Log().customer("0:00:00")
    expects(log, "168:00:00", frt_open=1, frt_open_oldest_s=604_800)

    expects(log.human("168:00:00"), "168:10:00", frt_open=0, first_responses_1h=1, frt_mean_s_1h=604_800)
