"""M21 to M26 from wire-format lines: what agents say and what their conversations tell of them, put together."""

import random

import pytest

from aggregators.definitions import FAMILIES, Definitions
from stream.offline import Offline
from tests.aggregators.observed import shown
from tests.logs import Log, after


def a_morning() -> Log:
    """Ann, 2 slots, from 8:00:00; chats 8:10 to 8:30 (wrap-up 8:32) and 8:20 to 8:40; a break 8:50 to 9:00.

    8:00 ──── 8:10 ▒▒▒▒ 8:20 ████ 8:30 ▒ 8:40 ──── 8:50 break 9:00
    """
    log = Log()
    ann = log.of(conversation=None, agent="ann")
    ann.add("agent.capacity_changed", "8:00:00", slots=2)
    ann.add("agent.queues_changed", "8:00:00", queues=[{"queue": "billing", "skill": 1}])
    ann.add("agent.state_changed", "8:00:00", state="available")
    ann.add("agent.state_changed", "8:50:00", state="break")
    ann.add("agent.state_changed", "9:00:00", state="offline")
    one, two = log.of(conversation="c"), log.of(conversation="d")
    one.queued("8:09:00").accepted("8:10:00", agent="ann").add("chat.released", "8:30:00", agent="ann")
    one.add("chat.wrapup_ended", "8:32:00", agent="ann")
    two.queued("8:19:00").accepted("8:20:00", agent="ann").closed("8:40:00")
    return log


def test_agents_and_their_chats() -> None:
    """Contact 8:10 to 8:40, 30 min; available 8:00-8:10 and 8:40-8:50, 20 min: 0.6. Used 22 + 20 of 2 x 50 min.

    Effort: 10 + 10/2 + 2/2 = 16 min and 10/2 + 2/2 + 8 = 14 min, mean 15 min. Concurrency 40/30.
    """
    found = shown(a_morning(), "9:00:00", window="1h")

    assert found["occupancy_time_ratio"] == 0.6
    assert found["occupancy_slot_ratio"] == 0.42
    assert found["utilisation_ratio"] == 0.5
    assert found["handle_effort_mean_seconds"] == 900
    assert found["concurrency_mean"] == pytest.approx(4 / 3)
    assert (found["agent_state_seconds:partially_busy"], found["agent_state_seconds:busy"]) == (18 * 60, 12 * 60)


def test_a_chat_that_goes_on_counts_up_to_now() -> None:
    """At 8:25 both chats last: busy, no slot free; at 8:35 one slot is free again."""
    found = shown(a_morning(), "8:25:00")
    assert (found["agents:busy"], found["agents_available"], found["slots_used"]) == (1, 0, 2)
    assert found["concurrency_mean"] == 2

    found = shown(a_morning(), "8:35:00")
    assert (found["agents:partially_busy"], found["agents_available"], found["slots_free"]) == (1, 1, 1)


def test_nobody_is_counted_unless_the_definitions_ask() -> None:
    """The family `people` is off by default."""
    engine = Offline(None, definitions=Definitions(families=tuple(each for each in FAMILIES if each != "people")))
    engine.feed(a_morning().lines)

    assert [name for name, _ in engine.values(after("9:00:00")) if "agent_state" in name or "occupancy" in name] == []


def test_duplicates_and_disorder_change_nothing() -> None:
    """Each line twice, in any order: the same numbers to the last digit."""
    lines = a_morning().lines
    right = shown(a_morning(), "8:55:00", window="1h")
    for seed in range(3):
        other = Log()
        other.lines = random.Random(seed).sample(lines * 2, len(lines) * 2)

        assert shown(other, "8:55:00", window="1h") == right


def test_a_conversation_flagged_as_spam_leaves_its_agent_free() -> None:
    """KPIS 0.13: it leaves every metric retroactively, occupancy and effort too."""
    log = a_morning()
    log.of(conversation="d").flagged("8:59:00")

    found = shown(log, "9:00:00", window="1h")

    # 8:10 to 8:32 of 50 min.
    assert found["occupancy_time_ratio"] == 0.44
    assert found["handle_effort_mean_seconds"] == 22 * 60
