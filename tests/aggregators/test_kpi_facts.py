"""What counts as one event, whose it is, and in which order: the facts under every number."""

import json
import random

import pytest

from tests.logs import T0, Log, expects

BILLING = ("default", "chat", "billing")
SALES = ("default", "chat", "sales")


def test_repeats_are_nothing() -> None:
    """The same event three times is one event."""
    log = Log().queued("00:00").accepted("00:10")
    log.lines *= 3

    expects(log, "01:00", queued_5m=1, answered_5m=1, asa_s_5m=10)


def test_arrival_order_is_nothing() -> None:
    """Shuffled, the conversation has the same legs and replies."""
    log = Log().queued("00:00").customer("00:01").accepted("00:10").human("00:12").queued("00:20").abandoned("01:00")
    random.Random(3).shuffle(log.lines)

    expects(log, "02:00", queued_5m=2, answered_5m=1, abandoned_5m=1, first_responses_5m=1, frt_mean_s_5m=11)


@pytest.mark.parametrize("reverse", [False, True])
def test_of_one_id_the_earliest_counts(*, reverse: bool) -> None:
    """Of two contents of one id, that with the least instant, whichever arrives first."""
    log = Log().queued("00:00").accepted("00:30", id="x").accepted("00:20", id="x")
    log.lines[1:] = sorted(log.lines[1:], reverse=reverse)

    expects(log, "01:00", answered_5m=1, asa_s_5m=20)


@pytest.mark.parametrize("reverse", [False, True])
def test_at_one_instant_the_least_content_counts(*, reverse: bool) -> None:
    """Of two contents of one id and one instant, that whose canonical bytes are the least: billing before sales."""
    log = Log().queued("00:00", "sales", id="x").queued("00:00", "billing", id="x")
    log.lines.sort(reverse=reverse)

    expects(log, "01:00", *BILLING, queued_5m=1, waiting=1)
    expects(log, "01:00", *SALES, queued_5m=0, waiting=0)


@pytest.mark.parametrize("field", ["message", "reason", "via", "source", "article", "meta"])
def test_some_fields_decide_nothing(field: str) -> None:
    """message, reason, via, source, article and unknown fields are no part of the content that decides."""
    log = Log().queued("00:00").flagged("00:30", id="x", value=True, **{field: "aaa"})
    log.flagged("00:30", id="x", value=False, **{field: "zzz"})

    expects(log, "01:00", queued_5m=1)


def test_the_content_is_as_sent() -> None:
    """No defaults are filled in, nulls are left out: `value` absent is after `value` false, so the flag is off."""
    log = Log().queued("00:00").flagged("00:01", id="x").flagged("00:01", id="x", value=False)
    log.raw(log.lines[1].replace(b'"flag"', b'"value": null, "flag"'))

    expects(log, "01:00", queued_5m=1)


def test_an_id_is_of_its_conversation() -> None:
    """The same id in another conversation, or in the same one of another tenant, is another event."""
    log = Log()
    for pen in (log, log.of(conversation="d"), log.of(tenant="acme"), log.of(tenant="acme", conversation="d")):
        pen.queued("00:00", id="x")

    expects(log, "01:00", "default", queued_5m=2)
    expects(log, "01:00", "acme", queued_5m=2)


def test_the_default_tenant_is_a_tenant() -> None:
    """An event that says `default` and one that says nothing are of the same conversation."""
    log = Log().queued("00:00", tenant="default").accepted("00:10")

    expects(log, "01:00", "default", queued_5m=1, answered_5m=1)


@pytest.mark.parametrize("wrong", [{"queue": 7}, {"leg": True}, {"tags": {}}, {"agent": ["a"]}, {"type": "chat.queue"}])
def test_rejected_records_take_no_part(wrong: dict[str, object]) -> None:
    """A rejected record with the least instant of its id does not push out the good one."""
    log = Log().queued("00:10", id="x")
    log.raw(json.dumps(json.loads(log.lines[0]) | {"at": T0} | wrong).encode())

    expects(log, "01:00", queued_5m=1, waiting=1, oldest_wait_s=50)


def test_extra_fields_may_hold_anything() -> None:
    """Fields that the event's type does not have are not looked at."""
    log = Log().queued("00:00", score="high", stage=7, flag=None, meta={"queue": 7}, value="x").accepted("00:10", by=1)

    expects(log, "01:00", answered_5m=1)


def test_events_without_conversation_touch_nothing() -> None:
    """Records of agents, sources, costs, samples and self-service name a queue and a channel in vain."""
    log = Log(conversation="c", queue="sales", channel="voice")
    log.add("agent.state_changed", "00:01", agent="a", state="busy").add(
        "agent.heartbeat", "00:01", agent="a", state="x"
    )
    log.add("source.heartbeat", "00:02", source="s").add("cost.recorded", "00:03", amount=1.5)
    log.add("kpi.sample", "00:04", name="n", value=1).add("selfservice.viewed", "00:05", session="s")
    log.of(queue=None, channel=None).queued("00:00")

    expects(log, "01:00", *BILLING, queued_5m=1)
    expects(log, "01:00", "default", "voice", queued_5m=0)


def test_ties_go_by_rank() -> None:
    """Written in any order, at one instant: queued, accepted, message, closed."""
    log = Log().closed("00:00").human("00:00").customer("00:00").accepted("00:00").queued("00:00")

    expects(log, "01:00", answered_5m=1, agent_closed_5m=0, first_responses_5m=1, frt_mean_s_5m=0)


@pytest.mark.parametrize(("first", "last"), [("Z", "a"), ("e10", "e9"), ("\uffff", "\U00010000"), ("x", "xx")])
def test_ties_of_rank_go_by_the_code_points_of_the_id(first: str, last: str) -> None:
    """Two writers at one instant: the greater id is the last, by code points (not by UTF-16, nor as numbers)."""
    log = Log().queued("00:00").flagged("00:01", id=last, value=False).flagged("00:01", id=first)
    expects(log, "01:00", queued_5m=1)

    log = Log().queued("00:00").flagged("00:01", id=first, value=False).flagged("00:01", id=last)
    expects(log, "01:00", queued_5m=0)


# ------------------------------------------------------------------------------------ channel and queue


def test_the_channel_is_the_last_one_named() -> None:
    """By any event, in the order of events: a survey may name it, and an earlier stamp that arrives late does not."""
    log = Log().queued("00:00", channel="voice").sent("00:20", channel="sms").customer("00:10", channel="web")

    expects(log, "01:00", "default", "sms", queued_5m=1, surveys_sent_5m=1)
    expects(log, "01:00", "default", "voice", queued_5m=0)


def test_the_default_channel() -> None:
    """Without a name it is chat if there is any chat event, else email."""
    log = Log()
    log.of(conversation="a").created("00:00").says("00:10", "bot")
    log.of(conversation="b").created("00:00").commented("00:10", "human")
    log.of(conversation="d").sent("00:00")

    expects(log, "01:00", "default", "chat", frt_open=1)
    expects(log, "01:00", "default", "email", first_responses_5m=1, surveys_sent_5m=1)


def test_the_queue_at_an_instant() -> None:
    """The last one named at or before it, events of that instant included, whatever their rank."""
    log = Log(channel="chat").customer("00:00", queue="billing").human("00:10").customer("00:20").human("00:30")
    log.transferred("00:30", "sales")

    expects(log, "01:00", *BILLING, first_responses_5m=1, reply_samples_5m=1)
    expects(log, "01:00", *SALES, first_responses_5m=0, reply_samples_5m=1)


@pytest.mark.parametrize("mover", ["assigned", "transferred"])
def test_to_queue_wins_over_queue(mover: str) -> None:
    """In one ticket.assigned or chat.transferred, the queue it goes to counts."""
    log = Log(channel="chat").customer("00:00")
    getattr(log, mover)("00:05", "sales", queue="billing").human("00:10")

    expects(log, "01:00", *SALES, first_responses_5m=1)


def test_a_mover_without_to_queue_names_its_queue() -> None:
    """A transfer to an agent names the queue in `queue`; to_queue of another type is an extra field."""
    log = Log(channel="chat").customer("00:00").transferred("00:05", queue="sales").human("00:10", to_queue="vip")

    expects(log, "01:00", *SALES, first_responses_5m=1)


def test_a_queue_named_only_later() -> None:
    """Else the first one named later; and `none` where none is named at all."""
    log = Log(channel="chat").customer("00:00").human("00:10").closed("00:20", queue="sales").sent("00:30", queue="vip")
    log.of(conversation="d").customer("00:00").human("00:10")

    expects(log, "00:20", "default", "chat", "none", first_responses_5m=2)
    expects(log, "01:00", *SALES, first_responses_5m=1)
    expects(log, "01:00", "default", "chat", "none", first_responses_5m=1)


@pytest.mark.parametrize(
    "kind",
    ["chat.offered", "chat.reopened", "chat.held", "chat.bot_handoff", "ticket.deleted", "conversation.forgotten"],
)
def test_silent_types_count_for_the_channel_and_queue_they_name(kind: str) -> None:
    """Offers, reopenings, holds, hand-offs, deletions and forgetting do nothing but name a channel and a queue."""
    log = Log().queued("00:00").customer("00:00").add(kind, "00:05", queue="sales", channel="web").human("00:10")

    expects(log, "01:00", "default", "web", "sales", first_responses_5m=1)
    expects(log, "01:00", "default", "web", "billing", queued_5m=1, waiting=1)


# --------------------------------------------------------------------------------- spam, tests, merged


@pytest.mark.parametrize("kind", ["chat.flagged", "ticket.flagged"])
@pytest.mark.parametrize("flag", ["spam", "test"])
def test_a_flag_withdraws_everything(kind: str, flag: str) -> None:
    """While it is set the conversation contributes nothing, also of the past; before it was set, it did."""
    log = Log().queued("00:00").customer("00:01").accepted("00:10").human("00:12").sent("00:20").responded("00:30", 5)
    log.add(kind, "01:00", flag=flag)

    expects(log, "01:00", queued_5m=1, answered_5m=1, first_responses_5m=1, surveys_sent_5m=1, csat_responses_5m=1)
    expects(log, "01:10", queued_5m=0, answered_5m=0, first_responses_5m=0, surveys_sent_5m=0, csat_responses_5m=0)


def test_a_flag_can_be_taken_back() -> None:
    """`value` false brings everything back, the wait that went on as well."""
    log = Log().queued("00:00").flagged("00:10").flagged("00:30", value=False)

    expects(log, "00:20", waiting=0, queued_5m=0)
    expects(log, "01:00", waiting=1, queued_5m=1, oldest_wait_s=60)


def test_spam_and_test_are_two_registers() -> None:
    """Taking back the one leaves the other."""
    log = Log().queued("00:00").flagged("00:01", "spam").flagged("00:02", "test").flagged("00:03", "spam", value=False)

    expects(log, "01:00", queued_5m=0)
    expects(log.flagged("01:00", "test", value=False), "01:10", queued_5m=1)


def test_the_last_writer_of_a_flag_is_by_order() -> None:
    """The flag that arrives last but was set earlier does not win."""
    log = Log().queued("00:00").flagged("00:20", value=False).flagged("00:10", value=True)

    expects(log, "01:00", queued_5m=1)


def test_other_flags_mean_nothing() -> None:
    """A flag of another name is kept and has no effect."""
    log = Log().queued("00:00").flagged("00:01", "vip").flagged("00:02", "SPAM")

    expects(log, "01:00", queued_5m=1)


def test_a_merged_ticket_is_withdrawn_for_good() -> None:
    """Merging takes the ticket out of every number; no flag brings it back."""
    log = Log().created("00:00").commented("00:10", "human").add("ticket.merged", "00:30", into="t-1")
    log.add("ticket.flagged", "00:40", flag="spam", value=False)

    expects(log, "00:30", first_responses_5m=1)
    expects(log, "01:00", first_responses_5m=0, frt_open=0)


def test_a_deleted_ticket_keeps_its_numbers() -> None:
    """Neither deleting nor forgetting takes anything away."""
    log = Log().created("00:00").commented("00:10", "human").add("ticket.deleted", "00:20")
    log.add("conversation.forgotten", "00:30")

    expects(log, "01:00", first_responses_5m=1)
