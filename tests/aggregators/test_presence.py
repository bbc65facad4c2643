"""One day of an agent: which state it is in when, from signs and from chats."""

import pytest

from aggregators.definitions import Definitions
from aggregators.instants import HOUR_MS
from aggregators.samples import Labels
from tests.aggregators.agents import Diary, observed, spans, states
from tests.logs import after

DAY_S = 86_400.0
HOURLY = Definitions(families=("people",), heartbeat_ms=HOUR_MS)


# ------------------------------------------------------------------------------------------------- what presence says


def test_a_state_holds_until_the_next_sign() -> None:
    """M21: available at 8, on a break at 9, back at 10; a heartbeat that repeats the state changes nothing.

    8:00 available ── 9:00 break ── 9:30 heartbeat: break ── 10:00 available ── 10:01 heartbeat ── 10:05 stale
    """
    diary = Diary().says("8:00:00", "available").says("9:00:00", "break").beats("9:30:00", "break")
    diary.says("10:00:00", "available").beats("10:01:00", "available")

    assert states(diary.day())[:3] == [
        ("available", 8 * 3600, 9 * 3600),
        ("break", 9 * 3600, 9.5 * 3600 + 240),
        ("stale", 9.5 * 3600 + 240, 10 * 3600),
    ]
    assert states(diary.day())[3:] == [
        ("available", 10 * 3600, 10 * 3600 + 60 + 240),
        ("stale", 10 * 3600 + 300, DAY_S),
    ]


def test_a_heartbeat_older_than_twice_its_period_is_stale_not_available() -> None:
    """M21: the last one at 8:02, 2 x 120 s later stale, until a sign comes."""
    diary = Diary().says("8:00:00", "available").beats("8:02:00", "available").says("9:00:00", "available")

    assert states(diary.day())[:2] == [("available", 28_800, 29_160), ("stale", 29_160, 32_400)]


@pytest.mark.parametrize(
    ("beat", "until"),
    [
        ("19:59:59.999", 158_400),  # 12 h and 1 ms before the sign, none lately: 8:00 + 12 h
        ("20:00:00", 122_400),  # just 12 h before it: 8:00 + 2 x 1 h
    ],
)
def test_without_a_heartbeat_lately_what_is_said_holds_twelve_hours(beat: str, until: float) -> None:
    """Said at 8:00 on the second day, 115,200 s; the last heartbeat was on the first. One is due every hour."""
    diary = Diary().beats(beat, "break").says("32:00:00", "available")

    assert ("available", 115_200, until) in states(diary.day(1), HOURLY)


def test_nothing_is_believed_for_longer_than_twelve_hours() -> None:
    """Heartbeats every 8 h would be stale after 16 h; then two days of signs would not decide about a day."""
    slow = Definitions(families=("people",), heartbeat_ms=8 * HOUR_MS)

    assert states(Diary().beats("8:00:00", "available").day(), slow)[0] == ("available", 28_800, 72_000)


def test_a_sign_that_is_a_heartbeat_itself_needs_no_other() -> None:
    """The first ever heard: stale two periods later."""
    assert states(Diary().beats("8:00:00", "busy").day())[:2] == [("busy", 28_800, 29_040), ("stale", 29_040, DAY_S)]


def test_offline_stays_offline() -> None:
    """KPIS: heartbeats keep coming up to 1 h after log-off; offline they are, and after the last it is not stale."""
    diary = Diary().beats("8:00:00", "available").says("8:01:00", "offline").beats("9:00:00", "offline")

    assert states(diary.day()) == [("available", 28_800, 28_860), ("offline", 28_860, DAY_S)]
    assert states(diary.day(1)) == [("offline", DAY_S, DAY_S + 9 * 3600)]


def test_nobody_is_counted_a_day_after_the_last_sign() -> None:
    """Last heard of at 20:00: stale until 20:00 of the next day, then in no state; two days later nothing at all."""
    diary = Diary().says("20:00:00", "available")

    assert states(diary.day()) == [("available", 72_000, DAY_S)]
    assert states(diary.day(1)) == [("available", DAY_S, DAY_S + 8 * 3600), ("stale", DAY_S + 8 * 3600, DAY_S + 72_000)]
    assert states(diary.day(2)) == []


def test_who_was_forgotten_in_between_was_so() -> None:
    """Offline at 8:00 and heard of again at 10:00 of the next day: two hours of that day in no state."""
    diary = Diary().says("8:00:00", "offline").says("34:00:00", "offline")

    assert states(diary.day(1)) == [
        ("offline", DAY_S, DAY_S + 8 * 3600),
        ("offline", DAY_S + 10 * 3600, 2 * DAY_S),
    ]


def test_a_word_of_ones_own_is_custom() -> None:
    """custom:training, and a word that is in no list; away is away."""
    diary = Diary().says("8:00:00", "custom:training").says("9:00:00", "lunch").says("10:00:00", "away")

    assert [row[0] for row in states(diary.day())][:2] == ["custom", "away"]


def test_the_last_of_several_signs_of_an_instant_holds() -> None:
    """By their ids: whole-second stamps are common."""
    diary = Diary().says("8:00:00", "break").says("8:00:00", "available")

    assert [row[0] for row in states(diary.day())] == ["available", "stale"]


# ---------------------------------------------------------------------------------------------------------- precedence


@pytest.mark.parametrize(
    ("said", "free"),
    [
        *((said, "partially_busy") for said in ("available", "busy", "acw", "break", "away", "custom:x", "offline")),
        ("error", "error"),
    ],
)
def test_contact_goes_before_whatever_is_said_but_error(said: str, free: str) -> None:
    """M21, precedence: error > on contact > acw > custom > available; with both slots taken busy."""
    diary = Diary().says("8:00:00", said).slots("8:00:00", 2).chat("9:00:00", "10:00:00")
    assert ("partially_busy" if free != "error" else "error", 9 * 3600, 10 * 3600) in [
        (name, max(start, 9 * 3600), min(end, 10 * 3600)) for name, start, end in states(diary.day())
    ]

    diary.chat("9:00:00", "10:00:00")
    assert ("busy" if free != "error" else "error", 9 * 3600, 10 * 3600) in [
        (name, max(start, 9 * 3600), min(end, 10 * 3600)) for name, start, end in states(diary.day())
    ]


def test_who_is_stale_with_an_open_chat_is_on_contact() -> None:
    """The conversation tells of the agent what its presence does not: busy until the chat ends, then stale."""
    diary = Diary().beats("8:00:00", "available").chat("8:03:00", "8:10:00")

    assert states(diary.day()) == [
        ("available", 28_800, 28_980),
        ("busy", 28_980, 29_400),
        ("stale", 29_400, DAY_S),
    ]


def test_after_contact_work_follows_the_chat() -> None:
    """Wrap-up 9:10 to 9:12: acw; a second chat in between goes before it, and takes the second slot."""
    diary = Diary().says("8:00:00", "available").slots("8:00:00", 2).chat("9:00:00", "9:10:00", "9:12:00")
    assert states(diary.day())[:4] == [
        ("available", 28_800, 32_400),
        ("partially_busy", 32_400, 33_000),
        ("acw", 33_000, 33_120),
        ("available", 33_120, 28_800 + 12 * 3600),
    ]

    diary.chat("9:11:00", "9:13:00")
    assert states(diary.day())[2:6] == [
        ("acw", 33_000, 33_060),
        ("busy", 33_060, 33_120),
        ("partially_busy", 33_120, 33_180),
        ("available", 33_180, 28_800 + 12 * 3600),
    ]


def test_what_is_said_of_contact_counts_where_no_chat_is_known() -> None:
    """A telephone system says busy and acw itself; busy goes before the wrap-up of a chat, acw before available."""
    diary = Diary().says("8:00:00", "busy").says("8:05:00", "acw").says("8:06:00", "available")
    diary.chat("7:50:00", "8:01:00", "8:02:00")

    assert states(diary.day())[:5] == [
        ("busy", 28_200, 28_860 + 240),
        ("acw", 29_100, 29_160),
        ("available", 29_160, 29_160 + 12 * 3600),
        ("stale", 29_160 + 12 * 3600, DAY_S),
    ]


def test_an_agent_of_whom_only_chats_tell_is_on_contact_and_else_in_no_state() -> None:
    """No agent.* event at all: busy while a chat lasts, in acw after it; not logged in."""
    day = Diary().chat("9:00:00", "9:10:00", "9:12:00").day()

    assert states(day) == [("busy", 32_400, 33_000), ("acw", 33_000, 33_120)]
    assert spans(day, "logged_in", "slots", "slots_used", "shift") == []
    assert spans(day, "chats", "occupied_outside") == [
        ("chats", 32_400, 33_000, 1),
        ("occupied_outside", 32_400, 33_120, 1),
    ]


# --------------------------------------------------------------------------------------------------------------- slots


def test_slots_are_those_said_last() -> None:
    """M23, capacity change event: 1 unless told, 3 from 9:00, 2 from 10:00, of them one used from 9:30 to 10:30."""
    diary = Diary().says("8:00:00", "available").slots("9:00:00", 3).slots("10:00:00", 2)
    day = diary.chat("9:30:00", "10:30:00").says("11:00:00", "offline").day()

    assert spans(day, "slots") == [
        ("slots", 28_800, 32_400, 1),
        ("slots", 32_400, 36_000, 3),
        ("slots", 36_000, 39_600, 2),
    ]
    assert spans(day, "slots_used") == [("slots_used", 34_200, 37_800, 1)]
    assert spans(day, "agents_free") == [("agents_free", 28_800, 39_600, 1)]


def test_a_wrap_up_keeps_its_slot_beside_a_chat() -> None:
    """Of three slots two are taken from 9:10 to 9:12, by the wrap-up of one chat and by the other."""
    diary = Diary().says("8:00:00", "available").slots("8:00:00", 3).chat("9:00:00", "9:10:00", "9:12:00")
    diary.chat("9:00:00", "9:20:00")

    assert spans(diary.day(), "slots_used") == [("slots_used", 32_400, 33_120, 2), ("slots_used", 33_120, 33_600, 1)]


def test_more_chats_than_slots_are_as_many_slots() -> None:
    """Three chats where one is allowed: three slots offered and used, none free."""
    diary = Diary().says("8:00:00", "available").says("9:00:00", "offline")
    for _ in range(3):
        diary.chat("8:30:00", "9:00:00")

    assert spans(diary.day(), "slots") == [("slots", 28_800, 30_600, 1), ("slots", 30_600, 32_400, 3)]
    assert spans(diary.day(), "slots_used", "agents_free") == [
        ("agents_free", 28_800, 30_600, 1),
        ("slots_used", 30_600, 32_400, 3),
    ]


def test_slots_of_channels_add_up_and_slots_overall_go_before_them() -> None:
    """3 for chat and 1 for voice are 4; said without a channel they are 2, whatever channels say later."""
    diary = (
        Diary().says("8:00:00", "available").slots("8:00:00", 3, channel="chat").slots("8:00:00", 1, channel="voice")
    )
    diary.slots("9:00:00", 2).slots("10:00:00", 5, channel="chat").says("11:00:00", "offline")

    assert spans(diary.day(), "slots") == [("slots", 28_800, 32_400, 4), ("slots", 32_400, 39_600, 2)]


@pytest.mark.parametrize(("said", "slots"), [(-3, 0), (0, 0), (100, 100), (101, 100), (10**12, 100)])
def test_nobody_has_more_than_a_hundred_slots_or_less_than_none(said: int, slots: int) -> None:
    """An integer is any integer; each slot costs an interval."""
    day = Diary().says("8:00:00", "available").slots("8:00:00", said).says("9:00:00", "offline").day()

    assert spans(day, "slots") == ([("slots", 28_800, 32_400, slots)] if slots else [])


def test_slots_hold_to_the_end_of_the_next_day() -> None:
    """Said on Monday, in force on Tuesday, forgotten on Wednesday."""
    diary = Diary().slots("8:00:00", 3)
    for day in range(3):
        diary.says(f"{8 + 24 * day}:00:00", "available").says(f"{9 + 24 * day}:00:00", "offline")

    assert [spans(diary.day(day), "slots")[0][3] for day in range(3)] == [3, 3, 1]
    all_known = diary.day(2)._replace(signs=sorted(diary.signs))
    assert spans(all_known, "slots")[0][3] == 1
    midnight = Diary().slots("0:00:00", 3).says("32:00:00", "available").says("33:00:00", "offline")
    assert spans(midnight.day(1), "slots") == [("slots", 115_200, 118_800, 3)]


def test_who_usually_has_no_slot_has_none() -> None:
    """None by the definitions, until slots are said."""
    none = Definitions(families=("people",), slots=0)

    assert spans(Diary().says("8:00:00", "available").day(), "slots", "agents_free", definitions=none) == []


def test_a_break_offers_only_what_is_still_in_use() -> None:
    """M24: on a break with one of three chats left, one slot is offered and used; then none."""
    diary = Diary().says("8:00:00", "available").slots("8:00:00", 3).chat("8:00:00", "9:30:00")
    day = diary.says("9:00:00", "break").says("10:00:00", "offline").day()

    assert spans(day, "slots") == [("slots", 28_800, 32_400, 3), ("slots", 32_400, 34_200, 1)]
    assert spans(day, "slots_used", "agents_free") == [
        ("agents_free", 28_800, 32_400, 1),
        ("slots_used", 28_800, 34_200, 1),
    ]


def test_who_says_busy_has_no_slot_free() -> None:
    """Busy is at least one contact and no slot free, acw at least one slot, though no chat is known."""
    diary = Diary().says("8:00:00", "busy").slots("8:00:00", 3).says("9:00:00", "acw").says("10:00:00", "offline")

    assert spans(diary.day(), "slots_used") == [("slots_used", 28_800, 32_400, 3), ("slots_used", 32_400, 36_000, 1)]
    assert spans(diary.day(), "slots", "agents_free") == [
        ("slots", 28_800, 36_000, 3),
        ("agents_free", 32_400, 36_000, 1),
    ]


# -------------------------------------------------------------------------------------------------------------- queues


def test_an_agent_counts_in_each_of_its_queues() -> None:
    """Billing and sales from 8:00, sales alone from 9:00: state and free slots of each; the tenant has it once."""
    diary = Diary().queues("8:00:00", "billing", "sales", "billing").says("8:00:00", "available")
    diary.queues("9:00:00", "sales").says("10:00:00", "offline").says("10:00:01", "available")

    found = {
        (each.labels.queue, (each.start // 1000) % 86_400)
        for each in observed(diary.day())[1]
        if each.kind == 31  # available
    }

    assert found == {("", 28_800), ("billing", 28_800), ("sales", 28_800), ("", 36_001), ("sales", 36_001)}


def test_an_agent_has_no_channel() -> None:
    """What lasts, and what begins and ends, stands at its tenant; what lasts at its queues too."""
    diary = Diary(tenant="acme").queues("8:00:00", "billing").says("8:00:00", "available")

    samples, intervals = observed(diary.day())

    assert {each[2] for each in samples} == {Labels("acme", "", "")}
    assert {each.labels for each in intervals} == {Labels("acme", "", ""), Labels("acme", "", "billing")}


# -------------------------------------------------------------------------------------------------------------- shifts


def test_a_day_with_a_shift_is_measured_by_it() -> None:
    """M25: scheduled 8 to 16 and, said again, 15 to 17: 9 h; logged in longer does not matter."""
    diary = Diary().shift("7:00:00", "8:00:00", "16:00:00").shift("7:00:00", "15:00:00", "17:00:00")
    diary.says("7:30:00", "available").says("18:00:00", "offline")

    assert spans(diary.day(), "shift") == [("shift", 28_800, 61_200, 1)]


def test_a_day_without_a_shift_is_measured_by_the_time_logged_in() -> None:
    """M25: logged in from 7:30 to 18:00, of which stale or offline is none."""
    diary = Diary().says("7:30:00", "available").says("12:00:00", "break").says("18:00:00", "offline")

    assert spans(diary.day(), "shift", "logged_in") == [("logged_in", 27_000, 64_800, 1), ("shift", 27_000, 64_800, 1)]


def test_a_night_shift_lies_in_two_days() -> None:
    """22:00 to 6:00, said on the first day: 2 h of it, and 6 h of the second; another of the third day, said then."""
    diary = Diary().shift("21:00:00", "22:00:00", "30:00:00").shift("21:00:00", "48:00:00", "56:00:00")

    assert spans(diary.day(), "shift") == [("shift", 79_200, DAY_S, 1)]
    assert spans(diary.day(1), "shift") == [("shift", DAY_S, DAY_S + 21_600, 1)]
    assert spans(diary.day(2), "shift") == [("shift", 2 * DAY_S, 2 * DAY_S + 28_800, 1)]


def test_a_shift_that_ends_before_it_begins_is_none() -> None:
    """Nor one of no length, or without an end that can be read: the day is measured by the time logged in."""
    diary = Diary().shift("7:00:00", "9:00:00", "8:00:00").shift("7:00:00", "9:00:00", "9:00:00")
    diary.add("scheduled", "7:00:00", shift_start=after("8:00:00"), shift_end="soon")
    assert spans(diary.day(), "shift") == []

    diary.says("7:30:00", "available").says("18:00:00", "offline")
    assert spans(diary.day(), "shift") == [("shift", 27_000, 64_800, 1)]


def test_work_counts_in_the_shift_and_while_logged_in() -> None:
    """A chat from 7:00 to 9:00, shift from 8:00, presence unknown: an hour is outside; logged in from 7:30 half one."""
    diary = Diary().shift("7:00:00", "8:00:00", "16:00:00").chat("7:00:00", "9:00:00")
    assert spans(diary.day(), "worked_outside") == [("worked_outside", 25_200, 28_800, 1)]

    diary.says("7:30:00", "available")
    assert spans(diary.day(), "worked_outside") == [("worked_outside", 25_200, 27_000, 1)]


def test_contact_without_a_chat_and_chats_without_contact() -> None:
    """Busy said from 8:00 with a chat from 8:10 to 8:20, then an error with another: what concurrency must know."""
    diary = Diary().says("8:00:00", "busy").says("8:30:00", "error").says("9:00:00", "offline")
    diary.chat("8:10:00", "8:20:00").chat("8:40:00", "8:50:00")

    assert spans(diary.day(), "busy_without_chat", "chat_in_error") == [
        ("busy_without_chat", 28_800, 29_400, 1),
        ("busy_without_chat", 30_000, 30_600, 1),
        ("chat_in_error", 31_200, 31_800, 1),
    ]


def test_nobody_signs_up_for_more_than_a_hundred_queues() -> None:
    """The first hundred named count; one without a name is none."""
    diary = Diary().queues("8:00:00", "", *(f"q{number:03}" for number in range(101))).says("8:00:00", "available")

    found = {each.labels.queue for each in observed(diary.day())[1]} - {""}

    assert found == {f"q{number:03}" for number in range(100)}
