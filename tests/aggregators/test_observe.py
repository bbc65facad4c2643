"""What a conversation contributes, to the last sample and interval."""

from dataclasses import replace
from fractions import Fraction

import pytest

from aggregators import measures as m
from aggregators import observe as module
from aggregators.definitions import NEVER_MS, Definitions
from aggregators.events import Event
from aggregators.facts import Fact, Key
from aggregators.forgetting import stand_in
from aggregators.instants import DAY_MS, MINUTE_MS
from aggregators.measures import name_of
from aggregators.observe import NOTHING, Observation, _role, observe
from aggregators.panes import ALL_TIME
from aggregators.points import FIRST_CODE, KINDS
from aggregators.samples import (
    AGENT_CLOSED,
    ANSWERED,
    CSAT,
    FIRST_RESPONSE,
    FLOWED_OUT,
    FOLLOWING,
    INTERVAL_NAMES,
    LEG,
    LOST,
    NPS,
    QUEUED,
    REPLY,
    RESPONSE_OPEN,
    STAY,
    SURVEY_SENT,
    UNANSWERED,
    WAITED,
    WAITING,
    Interval,
    Labels,
    Leg,
    Queued,
    Rating,
    Response,
    Sample,
    Stay,
    SurveySent,
)
from aggregators.telling import BY_AGENT, BY_CUSTOMER
from aggregators.vocabulary import BY_CODE, CONTENT, TOLD, VERSION, code_of
from tests.aggregators.observed import points, spans
from tests.aggregators.running import DEFAULT, EVERYTHING, Counted, incoming
from tests.logs import T0, Log, after

KEY = Key("default", "c")
POINT_NAMES = [kind.name for kind in KINDS]
BILLING, SALES, NONE = (Labels("default", "chat", queue) for queue in ("billing", "sales", "none"))


def observed(log: Log, definitions: Definitions = DEFAULT) -> Observation:
    """Return what the conversation of *log* contributes."""
    events = [record.content for record in incoming(log.lines) if isinstance(record.content, Event)]
    facts = [Fact(each.at, each.type.rank, each.id, each.type.code, each.fields) for each in events]
    return observe(KEY, reversed(facts), definitions=definitions)


def samples(log: Log, definitions: Definitions = DEFAULT) -> dict[Sample, int]:
    """Return the samples of *log* that are no points, each with its number."""
    return {each: n for each, n in observed(log, definitions).samples.items() if each[0] < FIRST_CODE}


def of_kind(log: Log, kind: int, definitions: Definitions = DEFAULT) -> list[Sample]:
    """Return the samples of one kind by instant."""
    return sorted((sample for sample in samples(log, definitions) if sample[0] == kind), key=lambda sample: sample[1])


def intervals(log: Log) -> list[Interval]:
    """Return the waits of *log*, in queue and for a first response, by start."""
    waits = [each for each in observed(log).intervals if each.kind in (WAITED, WAITING, RESPONSE_OPEN)]
    return sorted(waits, key=lambda interval: interval.start)


# ----------------------------------------------------------------------------------------- legs and stays


def test_an_answered_leg() -> None:
    """It was queued, it ended, the stay ended with it, and while it lasted it waited."""
    log = Log().queued("00:10").accepted("00:30")

    seen = observed(log)

    assert samples(log) == {
        Queued(QUEUED, after("00:10"), BILLING): 1,
        Leg(LEG, after("00:30"), BILLING, ANSWERED, after("00:10")): 1,
        Stay(STAY, after("00:30"), BILLING, 0, 20_000): 1,
    }
    assert intervals(log) == [Interval(WAITED, BILLING, after("00:10"), after("00:30"), after("00:10"))]
    assert list(seen.intervals.values()) == [1] * len(seen.intervals)
    assert seen.open is False


def test_an_open_leg_waits_for_its_timer() -> None:
    """It waits until the timer, is lost there, and the stay has not ended."""
    log = Log().queued("00:10")
    timer = after("4:00:10")

    assert samples(log) == {
        Queued(QUEUED, after("00:10"), BILLING): 1,
        Leg(LEG, timer, BILLING, LOST, after("00:10")): 1,
    }
    assert intervals(log) == [Interval(WAITING, BILLING, after("00:10"), timer, after("00:10"))]


def test_the_wait_of_a_customer_goes_over_all_legs() -> None:
    """The second leg's age for the customer begins with the first; the stay adds up what was waited, not more.

    billing 00:00 ── 00:30 · · · sales 01:00 ── 01:40
    """
    log = Log().queued("00:00").flowed_out("00:30").queued("01:00", "sales").accepted("01:40")

    assert [(each.labels, each.start, each.end, each.since) for each in intervals(log)] == [
        (BILLING, T0, after("00:30"), T0),
        (SALES, after("01:00"), after("01:40"), T0),
    ]
    assert of_kind(log, STAY) == [Stay(STAY, after("01:40"), SALES, 0, 70_000)]


def test_a_leg_of_no_length_waited_at_no_instant() -> None:
    """Answered in the instant it opened: a leg, and no interval."""
    log = Log().queued("00:10").accepted("00:10")

    assert intervals(log) == []
    assert of_kind(log, LEG) == [Leg(LEG, after("00:10"), BILLING, ANSWERED, after("00:10"))]


def test_a_leg_that_was_lost_and_queued_again() -> None:
    """The loss is final, an end like others, and in no wait of the customer: of the second leg alone are the 30 s."""
    log = Log().queued("0:00:00").queued("5:00:00").closed("5:00:30")

    assert [(each.kind, each.start, each.end) for each in intervals(log)] == [
        (WAITED, T0, after("4:00:00")),
        (WAITED, after("5:00:00"), after("5:00:30")),
    ]
    assert [sample[3] for sample in of_kind(log, LEG)] == [LOST, AGENT_CLOSED]  # type: ignore[misc]  # legs
    assert of_kind(log, STAY) == [Stay(STAY, after("5:00:30"), BILLING, 0, 30_000)]


def test_a_lost_last_leg_ends_no_stay() -> None:
    """Nobody knows how a conversation went that a timer ended, whether it is still to come or has passed."""
    assert of_kind(Log().queued("00:00"), STAY) == []
    assert of_kind(Log().queued("00:00").flowed_out("00:10").queued("00:20", "sales"), STAY) == []


@pytest.mark.parametrize(("clock", "left"), [("00:10", []), ("00:10.001", [1])])
def test_a_short_abandonment_ends_no_stay(clock: str, left: list[int]) -> None:
    """Within ten seconds of chat it is left out; later it is a customer who left."""
    stays = of_kind(Log().queued("00:00").abandoned(clock), STAY)

    assert [stay.abandoned for stay in stays if isinstance(stay, Stay)] == left


def test_whether_it_was_short_is_of_the_last_leg_alone() -> None:
    """A customer who left a second queue after eight seconds is a short one, however long the first took."""
    log = Log().queued("00:00").flowed_out("01:00").queued("01:00", "sales")

    assert of_kind(log.abandoned("01:08"), STAY) == []


@pytest.mark.parametrize(("channel", "stays"), [("voice", 1), ("chat", 0), ("email", 1)])
def test_whether_it_was_short_is_of_its_channel(channel: str, stays: int) -> None:
    """After six seconds: not for a call, for a chat it is, and email knows no short ones."""
    assert len(of_kind(Log(channel=channel).queued("00:00").abandoned("00:06"), STAY)) == stays


def test_who_was_answered_did_not_abandon() -> None:
    """A customer somebody has written to, and who then left another queue, is no abandonment of the stay."""
    log = Log().customer("00:00").queued("00:00").flowed_out("00:20").queued("00:20", "sales").abandoned("02:00")
    assert [stay[3] for stay in of_kind(log, STAY)] == [1]  # type: ignore[misc]  # stays

    log.human("00:10")

    assert [stay[3] for stay in of_kind(log, STAY)] == [0]  # type: ignore[misc]  # stays


def test_a_flow_out_ends_a_leg_in_its_own_queue() -> None:
    """The queue it left, not the one it went to."""
    log = Log().queued("00:00").queued("00:30", "sales")

    first, second = of_kind(log, LEG)

    assert first == Leg(LEG, after("00:30"), BILLING, FLOWED_OUT, T0)
    assert second == Leg(LEG, after("4:00:30"), SALES, LOST, after("00:30"))


def test_definitions_decide_what_is_short_and_lost() -> None:
    """Other thresholds, other samples."""
    definitions = replace(DEFAULT, ghost_ms=MINUTE_MS, short_abandon_ms={"chat": NEVER_MS})

    assert of_kind(Log().queued("00:00"), LEG, definitions)[0].at == after("01:00")
    assert len(of_kind(Log().queued("00:00").abandoned("00:01"), STAY, definitions)) == 1


# ------------------------------------------------------------------------------------- replies and surveys


def test_a_first_response_is_a_reply_as_well() -> None:
    """Both at the instant of the answer, from what the customer wrote first."""
    log = Log(queue="billing").customer("00:05").human("00:50").customer("01:00").human("01:10")

    assert samples(log) == {
        Response(FIRST_RESPONSE, after("00:50"), BILLING, after("00:05")): 1,
        Response(REPLY, after("00:50"), BILLING, after("00:05")): 1,
        Response(REPLY, after("01:10"), BILLING, after("01:00")): 1,
    }


def test_two_surveys_at_one_instant_are_counted_twice() -> None:
    """Samples that are equal have a number."""
    log = Log(queue="billing").of(channel="chat").sent("00:00", "s1").sent("00:00", "s2")

    assert samples(log) == {SurveySent(SURVEY_SENT, T0, BILLING, 0): 2}


def test_a_survey_that_was_answered() -> None:
    """The sending knows that it was answered; the rating is a fraction of its scale in lowest terms."""
    log = Log(queue="billing", channel="chat").sent("00:00").responded("01:00", 3)

    assert samples(log) == {
        SurveySent(SURVEY_SENT, T0, BILLING, 1): 1,
        Rating(CSAT, after("01:00"), BILLING, 1, 2, 0): 1,
    }


def test_a_retracted_response_leaves_the_sending_unanswered() -> None:
    """No rating, and nobody has answered."""
    log = Log(queue="billing", channel="chat").sent("00:00").responded("01:00", 3).retracted("02:00")

    assert samples(log) == {SurveySent(SURVEY_SENT, T0, BILLING, 0): 1}


@pytest.mark.parametrize(
    ("score", "scale", "satisfied"),
    [
        (4, None, 1),
        (3.99, None, 0),
        (7.5, {"min": 0, "max": 10}, 1),
        (7.4, {"min": 0, "max": 10}, 0),
        (3, {"min": 1, "max": 3}, 1),
        (2.9, {"min": 1, "max": 3}, 0),
        (2, {"direction": "down"}, 1),
        (2.1, {"direction": "down"}, 0),
    ],
)
def test_who_is_satisfied(score: float, scale: dict[str, object] | None, satisfied: int) -> None:
    """From three quarters of a wide scale on; on a scale shorter than four steps only the best."""
    (sample,) = of_kind(Log(queue="billing").responded("00:00", score, scale=scale), CSAT)

    assert isinstance(sample, Rating)
    assert sample.good == satisfied


def test_definitions_decide_who_is_satisfied() -> None:
    """From half the scale on, and every scale a narrow one."""
    log = Log(queue="billing").responded("00:00", 3)
    half = replace(DEFAULT, satisfied_from=Fraction(1, 2))

    found = [of_kind(log, CSAT, each)[0] for each in (DEFAULT, half, replace(half, satisfied_wide_scale=5))]

    assert [sample[5] for sample in found] == [0, 1, 0]  # type: ignore[misc]  # ratings


# -------------------------------------------------------------------------------------------- open responses


def test_an_episode_is_open_until_it_is_answered() -> None:
    """Open without an end while nobody answers, and then an interval that ended."""
    log = Log(queue="billing").customer("00:05")
    assert intervals(log) == [Interval(RESPONSE_OPEN, BILLING, after("00:05"), None, after("00:05"))]
    assert observed(log).open

    log.human("00:50")

    assert intervals(log) == [Interval(RESPONSE_OPEN, BILLING, after("00:05"), after("00:50"), after("00:05"))]
    assert not observed(log).open


def test_an_answer_in_the_same_instant_was_never_waited_for() -> None:
    """No interval of no length."""
    assert intervals(Log(queue="billing").customer("00:05").human("00:05")) == []


def test_an_open_response_moves_with_its_queue() -> None:
    """It stands in each queue for its time, its age going on; where it began it was in the last one named by then.

    named    sales 00:00 · billing 00:10 · · · · sales 00:40 · (the same) 00:50 · billing 01:30
    open                          00:20 ────────|────────────────────────| 01:10
    """
    log = Log().customer("00:20").human("01:10")
    for clock, queue in (("00:00", "sales"), ("00:10", "billing"), ("00:40", "sales"), ("00:50", "sales")):
        log.add("chat.offered", clock, queue=queue)
    log.add("chat.offered", "01:30", queue="billing")

    assert intervals(log) == [
        Interval(RESPONSE_OPEN, BILLING, after("00:20"), after("00:40"), after("00:20")),
        Interval(RESPONSE_OPEN, SALES, after("00:40"), after("01:10"), after("00:20")),
    ]


def test_an_open_response_before_any_queue_is_in_none() -> None:
    """Until one is named; two named at one instant leave the last."""
    log = Log().customer("00:00").add("chat.offered", "00:10", queue="billing").transferred("00:10", "sales")

    assert intervals(log) == [
        Interval(RESPONSE_OPEN, NONE, T0, after("00:10"), T0),
        Interval(RESPONSE_OPEN, SALES, after("00:10"), None, T0),
    ]


def test_one_open_episode_keeps_a_conversation_open() -> None:
    """Two days later, after a resolve, the customer writes again: the first episode ended, the second waits."""
    log = Log(queue="billing").customer("00:00").status("01:00", "solved")
    assert not observed(log).open

    log.customer("48:00:00")

    assert observed(log).open
    assert [each.end for each in intervals(log)] == [after("01:00"), None]


# --------------------------------------------------------------------------------------------- everything


def events(log: Log) -> dict[tuple[str, str], int]:
    """Return how many events of *log* are counted for all time, by queue and type."""
    partition = Counted()
    partition.feed(log.lines)
    return {
        (labels.queue, name_of(measure)): number
        for labels, cells in partition.tables.cells[ALL_TIME].items()
        for measure, number in cells.items()
        if m.EVENTS <= measure < m.MESSAGES and number
    }


def test_events_are_counted_by_type() -> None:
    """In the one queue there is; where there are several, each in that of its instant."""
    log = Log().customer("00:00").queued("00:10").customer("00:20")
    assert events(log) == {("billing", "events:chat.message"): 2, ("billing", "events:chat.queued"): 1}

    log.queued("00:20", "sales").says("00:30", "bot")

    assert events(log) == {
        ("billing", "events:chat.message"): 1,
        ("billing", "events:chat.queued"): 1,
        ("sales", "events:chat.message"): 2,
        ("sales", "events:chat.queued"): 1,
    }


def test_events_without_a_queue_are_counted_in_none() -> None:
    """And move with the conversation once it is known where it is."""
    log = Log().customer("00:00").human("00:10")
    assert events(log) == {("none", "events:chat.message"): 2}

    assert events(log.queued("00:20")) == {("billing", "events:chat.message"): 2, ("billing", "events:chat.queued"): 1}


@pytest.mark.parametrize("flag", ["spam", "test"])
def test_a_withdrawn_conversation_contributes_nothing_at_all(flag: str) -> None:
    """Not even its events, and nothing is open."""
    log = Log().queued("00:00").customer("00:00")
    assert observed(log.flagged("00:10", "vip")) != NOTHING

    assert observed(log.flagged("00:10", flag)) == NOTHING


def test_only_conversations_are_observed() -> None:
    """Agents, sources and series have facts and contribute nothing yet."""
    fact = Fact(T0, 1, "x", code_of("chat.queued"), {2: "billing"})

    assert observe(Key("default", "a", "agent:x"), [fact], definitions=DEFAULT) == NOTHING
    assert observe(KEY, [fact], definitions=DEFAULT) != NOTHING


def test_a_long_silence_is_of_the_definitions() -> None:
    """How long a resolved conversation must be quiet until what is written begins an episode."""
    log = Log(queue="billing").customer("00:00").human("01:00").status("02:00", "solved")
    log.customer("24:02:00").human("24:03:00")

    assert len(of_kind(log, FIRST_RESPONSE)) == 1
    assert len(of_kind(log, FIRST_RESPONSE, replace(DEFAULT, episode_gap_ms=DAY_MS - 1))) == 2


# ----------------------------------------------------------------------------------- families, flags, channels


def names(log: Log, definitions: Definitions) -> set[str]:
    """Return the names of the points and of the intervals of *log*."""
    return {row[0] for row in points(log, *POINT_NAMES, definitions=definitions)} | {
        INTERVAL_NAMES[each.kind] for each in observed(log, definitions).intervals
    }


def test_what_a_family_counts_is_counted_where_it_is_asked_for() -> None:
    """A customer who writes twice after a reply: what waits is of `unanswered`, the clocks are of `sla`."""
    log = Log().customer("00:00").human("00:10").customer("01:00").customer("01:10")
    one = {family: names(log, Definitions(families=(family,))) for family in ("unanswered", "sla", "volume", "work")}

    assert one["unanswered"] == {"first_response_open", "unanswered", "unanswered_following"}
    assert one["volume"] == {"first_response_open", "contact"}
    assert one["work"] == {"first_response_open"}
    assert {"sla_breached", "next_reply_open", "resolution_open"} <= one["sla"]
    assert not {"unanswered", "unanswered_following", "contact", "received"} & one["sla"]
    assert spans(log, "unanswered", "unanswered_following") == [
        ("unanswered", "none", 60, 86_470),  # a chat that nobody goes on with is over after a day
        ("unanswered_following", "none", 70, 86_470),
    ]
    assert points(log, "contact") == [("contact", "none", 0, 1)]
    answered = observed(log.human("01:20"), Definitions(families=("unanswered",))).intervals
    assert {each for each in answered if each.kind != RESPONSE_OPEN} == {
        Interval(UNANSWERED, NONE, after("01:00"), after("01:20"), after("01:00")),
        Interval(FOLLOWING, NONE, after("01:10"), after("01:20"), after("01:10")),
    }


def test_contacts_of_messages_and_of_calls() -> None:
    """A call is one where it started, a chat without words where it was queued; ours are counted apart (2)."""
    call = Log(channel="voice").started("00:00").queued("00:10").accepted("00:20")
    reasons, work = (names(call, Definitions(families=(family,))) for family in ("reasons", "work"))

    assert points(call, "contact") == [("contact", "billing", 0, 1)]
    assert points(Log().started("00:00").queued("00:10"), "contact") == [("contact", "billing", 10, 1)]
    assert points(Log().started("00:00", initiated_by="agent").customer("00:10"), "contact") == [
        ("contact", "none", 10, 2)
    ]
    assert ("reasoned" in reasons, "contact" in reasons) == (True, False)
    assert not {"reasoned", "contact"} & work


def test_messages_by_who_wrote_them_where() -> None:
    """The customer's in billing, two replies and a note in sales."""
    log = Log().customer("00:00", queue="billing").human("00:10", queue="sales").human("00:20", public=False)
    log.human("00:30")
    events = observed(log, Definitions(families=("volume",))).events

    found = {labels: {n - m.MESSAGES: k for n, k in row.items() if n >= m.MESSAGES} for labels, row in events.items()}

    assert found == {BILLING: {m.CUSTOMER: 1}, SALES: {m.HUMAN: 2, m.NOTE: 1}}


def test_a_recommendation_that_was_asked_for() -> None:
    """Sent and answered with 9, a promoter's (2); sent and not answered (1); no other survey is in it."""
    log = Log().sent("00:00", "a", kind="nps").sent("00:10", "b", kind="nps").responded("01:00", 9, "a", kind="nps")

    assert points(log, "nps_sent") == [("nps_sent", "none", 0, 2), ("nps_sent", "none", 10, 1)]
    assert of_kind(log, NPS) == [Rating(NPS, after("01:00"), NONE._replace(channel="email"), 9, 10, 1)]


def test_whether_it_was_short_is_of_its_queue() -> None:
    """6 s are short in a chat, and in billing, where 1 s is, they are not."""
    log = Log().queued("00:00").abandoned("00:06")

    assert of_kind(log, STAY) == []
    assert len(of_kind(log, STAY, replace(DEFAULT, queue_short_abandon_ms={"billing": 1_000}))) == 1


def test_what_is_over_waits_for_nothing() -> None:
    """Open while an interval has no end, and a truth value either way."""
    log = Log().customer("00:00")

    assert observed(log).open is True
    assert observed(log.human("00:10").closed("00:20")).open is False


def test_a_raise_is_an_escalation_where_work_is_counted() -> None:
    """A ticket whose priority a rule raised, in which nobody has written or taken part."""
    log = (
        Log().created("00:00", priority="low").add("ticket.priority_changed", "00:10", priority="high", actor="system")
    )

    assert points(log, "escalated") == [("escalated", "none", 10, 2)]
    assert points(log, "escalated", definitions=Definitions(families=("volume",))) == []


def test_what_a_sweep_does_not_read_says_nothing_of_silence() -> None:
    """20 h after the last word a tag or an escalation of the ticket, 10 h later the next word: 24 h were silent.

    So a part has lapsed, the bot's part had a gap, and the chat that was given up revives.
    """
    part = Log().queued("0:00:00").accepted("0:00:10").add("ticket.tagged", "20:00:00", tags=[]).closed("30:00:00")
    bot = Log().started("0:00:00", bot=True).add("ticket.tagged", "20:00:00", tags=[]).customer("30:00:00")
    chat = Log().customer("0:00:00").add("ticket.escalated", "20:00:00").customer("30:00:00")

    assert points(part, "handled") == []
    assert [row[2:] for row in spans(bot, "in_bot")] == [(0, 86_400), (108_000, 194_400)]
    assert [row[2] for row in points(chat, "revived")] == [108_000]


def test_the_channel_of_what_names_none() -> None:
    """Chat if anything of a chat is in it, wherever; else e-mail."""
    chat = Log().customer("00:00").status("00:10", "open")
    ticket = Log().created("00:00").commented("00:10", "human")

    assert {each[2].channel for each in observed(chat, EVERYTHING).samples} == {"chat"}
    assert {each[2].channel for each in observed(ticket, EVERYTHING).samples} == {"email"}


def test_a_flag_that_is_taken_back_leaves_it_in() -> None:
    """The last value counts; without one it is set."""
    assert observed(Log().customer("00:00").flagged("00:10"), EVERYTHING).samples == {}
    assert observed(Log().customer("00:00").flagged("00:10").flagged("00:20", value=False), EVERYTHING).samples != {}


def test_what_is_in_no_metric_tells_that_there_is_nothing() -> None:
    """Spam of a customer who was told before: its content is nothing; otherwise the agent hears of its part too."""
    log = Log(customer="u").queued("00:00").customer("00:00").accepted("00:10", agent="a-1").closed("01:00")

    told = {to.subject: said.content for to, said in observed(log, EVERYTHING).told.items()}
    assert told["a-1"]
    assert told[stand_in("default", "u")]
    spam = {to.subject: said.content for to, said in observed(log.flagged("02:00"), EVERYTHING).told.items()}
    assert spam[stand_in("default", "u")] is None
    assert not spam.get("a-1")


# ----------------------------------------------------------------------------------------- who reads what

CHATS = (
    "chat.started chat.queued chat.offered chat.offer_missed chat.accepted chat.message chat.transferred "
    "chat.flowed_out chat.callback_requested chat.abandoned chat.closed chat.reopened chat.held chat.resumed "
    "chat.released chat.wrapup_ended chat.bot_handoff"
)
READ = {
    "_OF_LEGS": "chat.queued chat.accepted chat.transferred chat.flowed_out chat.callback_requested chat.abandoned "
    "chat.closed",
    "_OF_REPLIES": "chat.started ticket.created chat.message ticket.commented ticket.status_changed chat.closed",
    "_OF_SURVEYS": "survey.offered survey.sent survey.responded survey.retracted",
    "_FLAGGING": "chat.flagged ticket.flagged",
    "_MERGING": "ticket.merged",
    "_OF_CHAT": f"{CHATS} chat.flagged",
    "_OF_WORK": f"{CHATS} ticket.commented ticket.escalated",
    "_OF_BOTS": f"{CHATS} ticket.commented",
    "_OF_RESOLUTION": "chat.started ticket.created chat.queued chat.accepted chat.message ticket.commented "
    "chat.transferred ticket.assigned ticket.priority_changed ticket.tagged chat.callback_requested chat.abandoned "
    "ticket.status_changed chat.closed chat.reopened chat.bot_handoff ticket.deleted",
    "_WRITTEN": "chat.message ticket.commented",
    "_OF_PRIORITY": "ticket.priority_changed",
    "_HIDING": "ticket.deleted conversation.forgotten",
    "_OF_OFFERS": "chat.offered chat.offer_missed",
}


@pytest.mark.parametrize("role", READ)
def test_who_reads_which_types(role: str) -> None:
    """Each sweep those it is about, and nobody what is of no conversation."""
    assert {kind.name for kind in BY_CODE.values() if _role(kind) & getattr(module, role)} == set(READ[role].split())


def test_nobody_else_reads_anything() -> None:
    """A role is made of these and nothing more."""
    assert {_role(kind) & ~sum(getattr(module, role) for role in READ) for kind in BY_CODE.values()} == {0}


def test_what_is_no_conversation_waits_for_nothing_and_tells_only_what_it_has_to() -> None:
    """A customer, an agent's day, a session, a cost and a series: what counts in each, nothing open, nobody told."""
    pen = Log(conversation=None)
    pen.add("selfservice.viewed", "00:00", session="s").add("cost.recorded", "00:00", amount=1, currency="")
    pen.add("kpi.sample", "00:00", name="esat", value=1)
    partition = Counted(EVERYTHING)
    partition.feed(pen.lines)
    visit = {VERSION: 1, CONTENT: (((T0, "chat", "billing", "", 1),), (), (), "u")}
    owners = {key: list(facts.values()) for key, facts in partition.tables.facts.items()}
    owners[Key("acme", "u", BY_CUSTOMER)] = [Fact(T0, 0, "c:1", TOLD, visit)]
    owners[Key("acme", "a", f"{BY_AGENT}:{T0 // DAY_MS}")] = []

    seen = {key.kind.partition(":")[0]: observe(key, facts, definitions=EVERYTHING) for key, facts in owners.items()}

    assert set(seen) == {"selfservice", "cost", "kpi", BY_CUSTOMER, BY_AGENT}
    assert {each.open for each in seen.values()} == {False}
    assert {(type(each.open), type(each.told), len(each.told), len(each.events)) for each in seen.values()} == {
        (bool, dict, 0, 0)
    }
    assert {each[2] for each in seen[BY_CUSTOMER].samples} == {Labels("acme", "chat", "billing")}
    assert [each[2].tenant for each in seen["cost"].samples] == ["default"]
    assert [each[1].tenant for each in seen["kpi"].intervals] == ["default"]
