"""States that offers make of an agent (M21): incoming, missed, rejected; by hand, and from wire-format lines."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from aggregators.definitions import Definitions
from aggregators.presence import Day
from aggregators.samples import MISSED
from stream.offline import Offline
from tests.aggregators.agents import TODAY, Diary, read, shown, spans, states
from tests.logs import Log, after

if TYPE_CHECKING:
    from aggregators.samples import Interval

DAY_S = 86_400.0
WITHOUT = Definitions(families=("work", "people"))
ASKED = Definitions(families=("work", "people", "offers"))


def minutes(diary: Diary, *, until: str = "10:10:00") -> list[tuple[str, float, float]]:
    """Return (state, from, until) before a clock reading, in minutes after 8:00."""
    end = (after(until) - after("8:00:00")) / 60_000
    rows = [(name, start / 60 - 480, stop / 60 - 480) for name, start, stop in states(diary.day(), ASKED)]
    return [(name, start, min(stop, end)) for name, start, stop in rows if start < end]


def layers(said: str) -> Diary:
    """Return a morning with one state upon the other, and off again; *said* at 8:00 and 9:20, available at 10:00.

    8:00  said                                                     ── 10:00
    8:10    rings                                         ── 9:50
    8:20      wrap-up                            ── 9:40
    8:30        contact                 ── 9:30
    8:40          rejected ── 9:20
    8:50            missed ── 9:20
    """
    diary = Diary().says("8:00:00", said).says("9:20:00", said).says("10:00:00", "available")
    diary.offer("8:10:00", "9:50:00").chat("8:20:00", "8:20:00", "9:40:00").chat("8:30:00", "9:30:00")
    return diary.offer("8:40:00", "8:40:00", 2).offer("8:35:00", "8:50:00", 1)


def test_the_precedence_of_all_eight() -> None:
    """M21: error > missed > rejected > on contact > acw > incoming > custom > available, as Amazon Connect has it."""
    assert minutes(layers("custom:lunch")) == [
        ("custom", 0, 10),
        ("incoming", 10, 20),
        ("acw", 20, 30),
        ("busy", 30, 40),
        ("rejected", 40, 50),
        ("missed", 50, 80),
        ("busy", 80, 90),
        ("acw", 90, 100),
        ("incoming", 100, 110),
        ("custom", 110, 120),
        ("available", 120, 130),
    ]
    assert minutes(layers("error")) == [("error", 0, 120), ("available", 120, 130)]
    assert minutes(layers("available"))[:2] == [("available", 0, 10), ("incoming", 10, 20)]


@pytest.mark.parametrize("said", ["available", "break", "away", "offline", "custom:x"])
def test_what_rings_goes_before_whatever_is_said_but_error_contact_and_acw(said: str) -> None:
    """For as long as it rings, here without being missed."""
    name = said.partition(":")[0]
    diary = Diary().says("8:00:00", said).offer("8:10:00", "8:11:00")

    assert minutes(diary, until="8:20:00") == [(name, 0, 10), ("incoming", 10, 11), (name, 11, 20)]


@pytest.mark.parametrize("said", ["busy", "acw"])
def test_who_says_busy_or_acw_is_not_incoming(said: str) -> None:
    """Contact and after-contact work go before what rings, whoever says so."""
    assert minutes(Diary().says("8:00:00", said).offer("8:10:00", "8:11:00"), until="8:20:00") == [(said, 0, 20)]


@pytest.mark.parametrize(("how", "state"), [(1, "missed"), (2, "rejected")])
def test_missed_until_the_next_change_of_state(how: int, state: str) -> None:
    """M21: a heartbeat is none, nor is what was said before, or at the very instant of the miss."""
    diary = Diary().says("8:00:00", "available").offer("8:10:00", "8:11:00", how).says("8:11:00", "away")
    diary.beats("8:20:00", "away").says("8:22:00", "available")

    assert minutes(diary, until="8:23:00") == [
        *[("available", 0, 10), ("incoming", 10, 11), (state, 11, 22), ("available", 22, 23)]
    ]


def test_missed_until_the_next_offer() -> None:
    """Who is offered something again is in line again; what rang before the miss, and rings on, ends nothing."""
    diary = Diary().says("8:00:00", "available").offer("8:05:00", "8:20:00").offer("8:10:00", "8:11:00", 1)
    diary.offer("8:15:00", "8:16:00", 2).offer("8:30:00", "8:31:00")

    assert minutes(diary, until="8:40:00") == [
        *[("available", 0, 5), ("incoming", 5, 11), ("missed", 11, 15), ("incoming", 15, 16)],
        *[("rejected", 16, 30), ("incoming", 30, 31), ("available", 31, 40)],
    ]


def test_missed_for_a_day_at_most() -> None:
    """Over midnight too, and of an agent of whom nothing else is known."""
    diary = Diary().offer("23:00:00", "23:30:00", 1)

    assert states(diary.day(), ASKED) == [("incoming", 82_800, 84_600), ("missed", 84_600, DAY_S)]
    assert states(diary.day(1), ASKED) == [("missed", DAY_S, DAY_S + 84_600)]
    assert states(diary.day(2), ASKED) == []


def test_what_was_over_the_day_before_is_over() -> None:
    """Missed at 23:10, available at 23:20: stale 12 h later, at 11:20 of the next day, 40,800 s."""
    diary = Diary().offer("23:00:00", "23:10:00", 1).says("23:20:00", "available")

    assert states(diary.day(1), ASKED)[0] == ("available", DAY_S, DAY_S + 40_800)


class Told:
    """A day of an agent who is available from 8:00 on, told bit by bit."""

    def __init__(self) -> None:
        self.day = Day("default", TODAY, ASKED)
        self.lasting: Counter[Interval] = Counter()
        self.says("8:00:00", "available")

    def says(self, clock: str, state: str) -> None:
        """Tell of a change of state."""
        self.day.sign(Diary().says(clock, state).signs[0], 1)

    def missed(self, start: str, end: str, by: int = 1) -> None:
        """Tell of an offer that was missed, or take it back."""
        self.day.offer(Diary().offer(start, end, 1).offers[0], by)

    def minutes(self) -> list[tuple[float, float]]:
        """Return from when until when an offer is missed, as what changed adds up to, in minutes after 8:00."""
        before, after_it = self.day.settle()
        self.lasting.subtract(before.intervals)
        self.lasting.update(after_it.intervals)
        at = after("8:00:00")
        return sorted(
            ((each.start - at) / 60_000, ((each.end or 0) - at) / 60_000)
            for each, number in self.lasting.items()
            for _ in range(number)
            if each.kind == MISSED and not each.labels.queue
        )


def test_what_is_missed_twice_is_taken_back_twice() -> None:
    """M21: two offers missed at 8:11 are one state until 8:22; it stays without one of them, not without both."""
    told = Told()
    told.says("8:22:00", "available")
    told.missed("8:10:00", "8:11:00")
    told.missed("8:10:00", "8:11:00")
    assert told.minutes() == [(11, 22)]

    told.missed("8:10:00", "8:11:00", -1)
    assert told.minutes() == [(11, 22)]

    told.missed("8:10:00", "8:11:00", -1)
    assert told.minutes() == []


def test_a_change_that_is_heard_of_later_ends_what_was_missed_earlier() -> None:
    """M21: until the end of the day while nobody knows of one; then until 8:30, then until 8:22."""
    told = Told()
    told.missed("8:10:00", "8:11:00")
    found = [told.minutes()]
    for clock in ("8:30:00", "8:22:00"):
        told.says(clock, "available")
        found.append(told.minutes())

    assert found == [[(11, 16 * 60)], [(11, 30)], [(11, 22)]]


def test_slots_and_chats_are_what_they_were() -> None:
    """One of two slots is used by a chat from 8:00 to 8:30, also from 8:10 on, when an offer was missed.

    What rings takes no slot. Busy without a chat keeps all of them taken, missed or not, until it is stale.
    """
    diary = Diary().slots("8:00:00", 2).says("8:00:00", "available").chat("8:00:00", "8:30:00")
    diary.offer("8:05:00", "8:10:00", 1)
    busy = Diary().slots("8:00:00", 2).says("8:00:00", "busy").offer("8:05:00", "8:10:00", 1)

    assert spans(diary.day(), "slots_used", "chats", definitions=ASKED) == [
        ("chats", 28_800, 30_600, 1),
        ("slots_used", 28_800, 30_600, 1),
    ]
    assert spans(busy.day(), "slots_used", definitions=ASKED) == [("slots_used", 28_800, 72_000, 2)]


def test_concurrency_is_of_chats_whatever_was_missed() -> None:
    """Two chats from 8:00 to 8:20, an offer missed at 8:10: 40 min of chats in 20 min with any.

    Time in which an offer is missed is in no part of the occupancy, like error: 10 min on contact until 8:10, and 10
    min available from the change at 8:30 until 8:40.
    """
    diary = Diary().slots("8:00:00", 3).says("8:00:00", "available").chat("8:00:00", "8:20:00")
    diary.chat("8:00:00", "8:20:00").offer("8:09:00", "8:10:00", 1).says("8:30:00", "available")

    found = shown([diary.day()], "8:40:00", window="1h")

    assert found["concurrency_mean"] == 2
    assert found["agent_state_seconds:missed"] == 1_200
    assert found["occupancy_time_ratio"] == 0.5


def ann() -> Log:
    """Ann, available at 8:00, is offered a chat at 8:10 and misses it at 8:11; again at 8:20, and accepts at 8:21.

    Bob rejects one at 8:10 that is offered to him at 8:09.
    """
    log = Log()
    for agent in ("ann", "bob"):
        log.of(conversation=None, agent=agent).add("agent.state_changed", "8:00:00", state="available")
    log.queued("8:05:00").add("chat.offered", "8:10:00", agent="ann")
    log.add("chat.offer_missed", "8:11:00", agent="ann", reason="timeout").add("chat.offered", "8:20:00", agent="ann")
    log.accepted("8:21:00", agent="ann").closed("8:31:00")
    bob = log.of(conversation="d").queued("8:05:00").add("chat.offered", "8:09:00", agent="bob")
    bob.add("chat.offer_missed", "8:10:00", agent="bob", reason="rejected")
    return log


def agents(log: Log, clock: str, definitions: Definitions = ASKED) -> dict[str, float]:
    """Return how many agents are in which state at a clock reading, but for the states without any."""
    made = Offline(definitions=definitions)
    made.feed(log.lines)
    found = read(made.board, after(clock), window="1h")
    return {name.removeprefix("agents:"): n for name, n in found.items() if name.startswith("agents:") and n}


def test_from_the_wire() -> None:
    """M21: what conversations tell of their offers and what the agents say, put together."""
    log = ann()
    found = {clock: agents(log, clock) for clock in ("8:05:00", "8:10:30", "8:15:00", "8:20:30", "8:25:00", "8:40:00")}

    assert found == {
        "8:05:00": {"available": 2},
        "8:10:30": {"incoming": 1, "rejected": 1},
        "8:15:00": {"missed": 1, "rejected": 1},
        "8:20:30": {"incoming": 1, "rejected": 1},
        "8:25:00": {"busy": 1, "rejected": 1},
        "8:40:00": {"available": 1, "rejected": 1},
    }


def test_what_was_missed_before_midnight_is_known_behind_it() -> None:
    """Missed at 23:50 by an agent who says nothing: so until 23:50 of the next day."""
    log = Log().queued("23:40:00").add("chat.offered", "23:45:00", agent="ann")
    log.add("chat.offer_missed", "23:50:00", agent="ann")

    assert [agents(log, clock) for clock in ("23:55:00", "24:10:00", "47:49:00", "47:51:00")] == [
        *[{"missed": 1}, {"missed": 1}, {"missed": 1}, {}]
    ]


def test_without_the_family_offers_make_no_state() -> None:
    """Nor is there a label of theirs."""
    made = Offline(definitions=WITHOUT)
    made.feed(ann().lines)
    found = read(made.board, after("8:10:30"), window="1h")

    assert found["agents:available"] == 2
    assert not {"agents:missed", "agents:rejected", "agents:incoming", "agent_state_seconds:missed"} & set(found)
    assert agents(ann(), "8:25:00", WITHOUT) == {"busy": 1, "available": 1}


def test_an_offer_of_spam_was_none() -> None:
    """It is taken back from the agents; a flag that is taken back gives it back."""
    log = ann()
    log.of(conversation="d").flagged("8:30:00", id="on")
    assert agents(log, "8:40:00") == {"available": 2}

    log.of(conversation="d").flagged("8:35:00", id="off", value=False)
    assert agents(log, "8:40:00") == {"available": 1, "rejected": 1}


def test_no_order_makes_a_difference() -> None:
    """Shuffled, and everything twice."""
    log = ann()
    right = [agents(log, clock) for clock in ("8:10:30", "8:15:00", "8:25:00")]
    log.lines += log.lines
    random.Random(1).shuffle(log.lines)

    assert [agents(log, clock) for clock in ("8:10:30", "8:15:00", "8:25:00")] == right
