"""M21 to M26 as they are shown: numbers worked out by hand."""

import pytest

from tests.aggregators.agents import Diary, board, read, shown
from tests.logs import after

# --------------------------------------------------------------------------------------------------------------- M21


def test_agents_by_state() -> None:
    """M21: at 9:30 one is available, one has one of two slots in use, one is busy, one on a break."""
    ann = Diary("ann").says("9:00:00", "available").slots("9:00:00", 2)
    bob = Diary("bob").says("9:00:00", "available").slots("9:00:00", 2).chat("9:10:00", "10:00:00")
    cid = Diary("cid").says("9:00:00", "available").chat("9:10:00", "10:00:00")
    dee = Diary("dee").says("9:00:00", "available").says("9:20:00", "break")

    now = shown([each.day() for each in (ann, bob, cid, dee)], "9:30:00")

    assert {name: value for name, value in now.items() if name.startswith("agents:") and value} == {
        "agents:available": 1,
        "agents:partially_busy": 1,
        "agents:busy": 1,
        "agents:break": 1,
    }
    # Free: two of ann's, one of bob's, none of cid's; dee offers none. Offered: 2 + 2 + 1.
    assert (now["agents_available"], now["slots_free"], now["slots_used"], now["slots"]) == (2, 3, 2, 5)


def test_no_agents_is_absent_not_zero() -> None:
    """Where nobody has told of any agent there is nothing about agents; where somebody is known, zeros are shown."""
    known = board([Diary().says("9:00:00", "available").day()])

    before = read(known, after("8:59:59"), window="5m")
    assert [name for name in before if name.startswith(("agents", "agent_state", "occupancy", "slots"))] == []
    now = read(known, after("9:00:01"), window="5m")
    assert (now["agents:available"], now["agents:stale"]) == (1, 0)
    assert now["occupancy_time_ratio"] == 0
    assert "concurrency_mean" not in now


def test_a_state_holds_after_its_sign_and_stale_comes_by_time_alone() -> None:
    """Said at 9:00:00 by a heartbeat: from just after it, up to 9:04:00; then stale, though nothing has come."""
    known = board([Diary().beats("9:00:00", "available").day()])

    found = [
        [name for name, value in read(known, after(clock), window="5m").items() if name.startswith("agents:") and value]
        for clock in ("9:00:00", "9:00:00.001", "9:04:00", "9:04:00.001")
    ]

    assert found == [[], ["agents:available"], ["agents:available"], ["agents:stale"]]


def test_what_holds_no_more_is_no_more_in_the_window_however_long_nobody_looked() -> None:
    """A sign at 9:00 makes it stale from 21:00 on. Of the 5 minutes up to 22:00 all were; 20 h later nothing holds."""
    known = board([Diary().says("9:00:00", "available").day()])

    found = [read(known, after(clock), window="5m") for clock in ("22:00:00", "42:00:00")]

    assert [each.get("agent_state_seconds:stale") for each in found] == [300, None]


def test_agents_by_queue() -> None:
    """Depth against staffed slots: ann takes billing and sales with 3 slots, one used; bob takes sales, on a break."""
    ann = Diary("ann").queues("9:00:00", "billing", "sales").slots("9:00:00", 3).says("9:00:00", "available")
    bob = Diary("bob").queues("9:00:00", "sales").says("9:00:00", "break")
    ann.chat("9:01:00", "9:30:00")

    now = shown([ann.day(), bob.day()], "9:02:00", level="desk")

    assert (now["billing:agents_available"], now["billing:slots"], now["billing:slots_free"]) == (1, 3, 2)
    assert (now["sales:agents_available"], now["sales:slots"], now["sales:slots_free"]) == (1, 3, 2)
    assert (now["sales:agents:partially_busy"], now["sales:agents:break"], now["billing:agents:break"]) == (1, 1, 0)


def test_metrics_of_agents_are_named_after_what_they_count() -> None:
    """At a queue they have no channel, and nothing else stands there: no row has an empty label."""
    ann = Diary("ann").queues("9:00:00", "billing").says("9:00:00", "available")
    known = board([ann.day()])

    known.move(after("9:02:00"))

    rows = list(known.rows())
    assert {row.name for row in rows if row.group.level == "desk"} == {
        "support_queue_agents",
        "support_queue_agents_available",
        "support_queue_slots",
        "support_queue_slots_free",
        "support_queue_slots_used",
    }
    assert {row.pairs[:2] for row in rows if row.group.level == "desk"} == {
        (("tenant", "default"), ("queue", "billing"))
    }
    assert {row.group.level for row in rows} == {"desk", "tenant"}
    assert all(value for row in rows for _, value in row.pairs)


# --------------------------------------------------------------------------------------------------------------- M22


@pytest.mark.parametrize(
    ("clock", "available", "on_break"),
    [
        # The window is the panes from the one of as_of - 5 min on.
        ("9:00:00", 0, 0),
        ("9:02:00", 120, 0),
        ("9:05:00", 300, 0),
        ("9:06:40", 300, 0),
        ("9:11:00", 240, 60),  # available 9:06 to 9:10, then a break
        ("9:11:03.500", 240, 63.5),  # from 9:06:00 on: 240 s, then 63.5 s
        ("9:15:00", 0, 300),
        ("9:20:00", 0, 300),
        ("9:24:00", 240, 60),  # back at 9:20
    ],
)
def test_time_in_a_state_is_clipped_to_the_window(clock: str, available: float, on_break: float) -> None:
    """M22, interval clipped to window: available from 9:00, break from 9:10, available from 9:20; over 5 min.

    9:00 ──── available ──── 9:10 ════ break ════ 9:20 ──── available
    """
    diary = Diary().says("9:00:00", "available").says("9:10:00", "break").says("9:20:00", "available")

    found = shown([diary.day()], clock)

    assert (found.get("agent_state_seconds:available", 0), found.get("agent_state_seconds:break", 0)) == (
        available,
        on_break,
    )


def test_overlapping_states_count_once() -> None:
    """M22, overlapping states resolved by precedence: an hour with a break said in it and a chat all along is busy."""
    diary = Diary().says("9:00:00", "available").says("9:20:00", "break").says("9:40:00", "available")

    found = shown([diary.chat("9:00:00", "10:00:00").day()], "10:00:00", window="1h")

    assert {name: value for name, value in found.items() if name.startswith("agent_state") and value} == {
        "agent_state_seconds:busy": 3_600
    }


def test_a_login_gap_is_in_no_state() -> None:
    """M22, login gap: offline from 9:20 to 9:40 is offline; before the first sign at 9:10 there is no state."""
    diary = Diary().says("9:10:00", "available").says("9:20:00", "offline").says("9:40:00", "available")

    found = shown([diary.day()], "10:00:00", window="1h")

    assert (found["agent_state_seconds:available"], found["agent_state_seconds:offline"]) == (1_800, 1_200)
    assert sum(value for name, value in found.items() if name.startswith("agent_state")) == 3_000
    assert found["logged_in_seconds"] == 1_800


def test_a_week_is_exact_to_the_second() -> None:
    """M22 over 7 d at 12:00:00 of the fifth day: available 10:00:03 to 10:00:05 on each day, 5 x 2 s, and stale."""
    diary = Diary()
    for day in range(5):
        diary.says(f"{24 * day + 10}:00:03", "available").says(f"{24 * day + 10}:00:05", "offline")

    found = shown([diary.day(day) for day in range(6)], "108:00:00", window="7d")

    assert found["agent_state_seconds:available"] == 10
    # Offline for a day, or until the next login: 4 days less 2 s each time, and 10:00:05 to 12:00:00.
    assert found["agent_state_seconds:offline"] == 4 * (86_400 - 2) + 7_195


def test_what_lies_ahead_of_now_is_not_counted_yet() -> None:
    """At 9:00:03 a partition further on knows of the break at 9:00:07: the pane holds its turns, the window not yet."""
    diary = Diary().says("8:00:00", "available").says("9:00:07", "break").says("9:00:09", "available")
    known = board([diary.day()])

    found = [
        [
            read(known, after(clock), window="5m").get(f"agent_state_seconds:{state}", 0)
            for state in ("available", "break")
        ]
        for clock in ("9:00:03", "8:59:58", "9:00:03", "9:00:08", "9:00:10", "9:00:03")
    ]

    # The window begins at 8:55:00: at :03 303 s; at :08 307 s and 1 s of break; at :10 298 s and 2 s. At 8:59:58 it
    # began at 8:54:50.
    assert found == [[303, 0], [308, 0], [303, 0], [307, 1], [298, 2], [303, 0]]


# --------------------------------------------------------------------------------------------------------- M23 and M24


def test_concurrency() -> None:
    """M23, Σ chat-seconds ÷ seconds with ≥ 1 chat: 20 min + 10 min within 20 min: 1.5; a wrap-up is no chat."""
    diary = Diary().slots("9:00:00", 3).says("9:00:00", "available")
    diary.chat("9:10:00", "9:30:00", "9:35:00").chat("9:20:00", "9:30:00")

    assert shown([diary.day()], "10:00:00", window="1h")["concurrency_mean"] == 1.5


@pytest.mark.parametrize("absent", ["break", "away", "training", "error"])
def test_occupancy_in_both_bases(absent: str) -> None:
    """M24: 9:00 to 10:00, 3 slots, chats 9:00-9:30 and 9:10-9:20, wrap-up to 9:36, a break 9:50-10:00.

    Time: 36 min of contact or acw ÷ (36 + 14 min available) = 0.72.
    Slots: (36 + 10) slot-minutes ÷ 3 x 50 = 46/150. The break is in neither; nor is being away, what a centre of its
    own has, or an error.
    """
    diary = Diary().slots("9:00:00", 3).says("9:00:00", "available").says("9:50:00", absent)
    diary.chat("9:00:00", "9:30:00", "9:36:00").chat("9:10:00", "9:20:00")

    found = shown([diary.day()], "10:00:00", window="1h")

    assert found["occupancy_time_ratio"] == 0.72
    assert found["occupancy_slot_ratio"] == pytest.approx(46 / 150)


def test_an_error_is_in_no_occupancy() -> None:
    """M24, M21's precedence: an error 9:10-9:20 with a chat 9:00-9:30 open, one of 3 slots, over 9:00 to 10:00.

    Time: the error goes before the contact: 20 min of contact ÷ (20 + 30 min available) = 0.4.
    Slots: in the error as many are offered as are used: 30 ÷ (3 x 10 + 1 x 10 + 3 x 40) = 30/160.
    """
    diary = Diary().slots("9:00:00", 3).says("9:00:00", "available").chat("9:00:00", "9:30:00")
    diary.says("9:10:00", "error").says("9:20:00", "available")

    found = shown([diary.day()], "10:00:00", window="1h")

    assert found["agent_state_seconds:error"] == 600
    assert found["occupancy_time_ratio"] == 0.4
    assert found["occupancy_slot_ratio"] == 30 / 160


def test_slot_occupancy_is_at_most_one() -> None:
    """M24, cap at 1: three chats in one slot."""
    diary = Diary().says("9:00:00", "available")
    for _ in range(3):
        diary.chat("9:00:00", "9:30:00")

    found = shown([diary.day()], "9:30:00", window="30m")

    assert (found["occupancy_slot_ratio"], found["occupancy_time_ratio"], found["slots_used"]) == (1, 1, 3)


def test_a_capacity_change_counts_from_its_instant() -> None:
    """M23, capacity change event: 30 min with 1 slot and 30 min with 3, one chat all the time: 60 ÷ (30 + 90)."""
    diary = Diary().says("9:00:00", "available").slots("9:30:00", 3).chat("9:00:00", "10:00:00")

    assert shown([diary.day()], "10:00:00", window="1h")["occupancy_slot_ratio"] == 0.5


def test_who_is_not_logged_in_is_in_no_occupancy() -> None:
    """Chats of an agent of whom presence tells nothing, or who logged out: no data is not 100 %."""
    unknown = Diary("u").chat("9:00:00", "10:00:00")
    gone = Diary("g").says("9:00:00", "offline").chat("9:00:00", "10:00:00")

    found = shown([unknown.day(), gone.day()], "10:00:00", window="1h")

    assert "occupancy_time_ratio" not in found
    assert "occupancy_slot_ratio" not in found
    assert found["agent_state_seconds:busy"] == 7_200
    assert found["concurrency_mean"] == 1


# --------------------------------------------------------------------------------------------------------------- M25


def test_utilisation() -> None:
    """M25, 6 h / 8 h = 75 %: shift 8 to 16, on contact 5.5 h and in acw 0.5 h."""
    diary = Diary().shift("7:00:00", "8:00:00", "16:00:00").beats("8:00:00", "available")
    diary.chat("8:00:00", "13:30:00", "14:00:00")

    assert shown([diary.day()], "16:00:00", window="today")["utilisation_ratio"] == 0.75


def test_without_a_schedule_the_shift_is_the_time_logged_in() -> None:
    """M25: logged in for 4 h, 1 h of contact: 25 %; with a shift of 8 h of the same day 12.5 %."""
    diary = Diary().says("8:00:00", "available").chat("9:00:00", "10:00:00").says("12:00:00", "offline")
    assert shown([diary.day()], "16:00:00", window="today")["utilisation_ratio"] == 0.25

    diary.shift("7:00:00", "8:00:00", "16:00:00")
    assert shown([diary.day()], "16:00:00", window="today")["utilisation_ratio"] == 0.125


# --------------------------------------------------------------------------------------------------------------- M26


def test_effort() -> None:
    """M26, effort_handle: 9:00-9:20 and 9:10-9:30 side by side for 10 min took 10 + 5 min each: mean 900 s."""
    diary = Diary().chat("9:00:00", "9:20:00").chat("9:10:00", "9:30:00")

    found = shown([diary.day()], "9:30:01")

    assert found["handle_effort_mean_seconds"] == 900


def test_effort_stands_where_the_part_was_accepted() -> None:
    """At the end of the wrap-up, in its queue and channel."""
    diary = Diary().chat("9:00:00", "9:20:00", "9:22:00", queue="sales", channel="web")

    assert shown([diary.day()], "9:22:01", level="queue")["web:sales:handle_effort_mean_seconds"] == 1_320
