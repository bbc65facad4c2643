"""Days of agents against brute force: every minute of four days looked at by itself, with all that was ever known.

Nothing here is shared with the sweep: no cutting into days, no looking back for two days only, no sums of turns.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.definitions import FAMILIES, Definitions
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from aggregators.points import BY_CODE, EFFORT, EFFORT_BEFORE, Point
from aggregators.samples import INTERVAL_NAMES
from aggregators.told import AgentDay
from aggregators.vocabulary import BY_CODE as TYPE_OF
from aggregators.vocabulary import NAMES
from tests.aggregators.agents import Diary, board, observed, read
from tests.logs import T0

if TYPE_CHECKING:
    from random import Random

    from aggregators.told import Share

STEP_MS = 20 * MINUTE_MS
"""Everything happens on this grid, so that the middle of a step stands for all of it."""
DAYS = 4
STEPS = DAYS * DAY_MS // STEP_MS
DEFINITIONS = Definitions(families=FAMILIES, heartbeat_ms=40 * MINUTE_MS)
EXAMPLES = settings(max_examples=80, derandomize=True, database=None, deadline=None)


def clock(step: int) -> str:
    """Return the reading of a step."""
    return f"{step * STEP_MS // HOUR_MS}:{step * STEP_MS // MINUTE_MS % 60:02}:00"


WORDS = st.sampled_from(["available", "available", "busy", "acw", "break", "away", "offline", "error", "custom:x"])
MOMENTS = st.integers(0, STEPS - 80)  # the last day and a bit is quiet
SIGNS = st.one_of(
    st.tuples(st.sampled_from(["says", "beats"]), MOMENTS, WORDS),
    st.tuples(st.just("slots"), MOMENTS, st.tuples(st.integers(0, 3), st.sampled_from([None, "chat", "voice"]))),
    st.tuples(st.just("queues"), MOMENTS, st.sets(st.sampled_from(["billing", "sales"]))),
    st.tuples(st.just("shift"), MOMENTS, st.tuples(st.integers(-10, 40), st.integers(-5, 30))),
)
OFFERS = st.tuples(MOMENTS, st.integers(0, 8), st.integers(0, 2))
CHATS = st.tuples(MOMENTS, st.integers(0, 60), st.integers(0, 4), st.booleans())


@st.composite
def diaries(draw: st.DrawFn) -> Diary:
    """Up to 15 signs, 6 chats and 5 offers of an agent, in three days."""
    diary = Diary()
    what: Any
    for kind, step, what in draw(st.lists(SIGNS, max_size=15)):
        if kind in {"says", "beats"}:
            getattr(diary, kind)(clock(step), what)
        elif kind == "slots":
            diary.slots(clock(step), what[0], **({"channel": what[1]} if what[1] else {}))
        elif kind == "queues":
            diary.queues(clock(step), *sorted(what))
        else:
            start = max(0, step + what[0])
            diary.shift(clock(step), clock(start), clock(max(0, start + what[1])))
    for step, length, wrap, lapsed in draw(st.lists(CHATS, max_size=6)):
        diary.chat(clock(step), clock(step + length), clock(step + length + (0 if lapsed else wrap)), lapsed=lapsed)
    for step, length, how in draw(st.lists(OFFERS, max_size=5)):
        diary.offer(clock(step), clock(step + length), how)
    return diary


def facts(diary: Diary, kind: str, t: int) -> list[tuple[int, dict[str, Any]]]:
    """Return (at, fields by name) of the events of a kind up to *t*, in order."""
    named = [
        (fact.at, {NAMES[code]: value for code, value in fact.fields.items()})
        for fact in sorted(diary.signs)
        if TYPE_OF[fact.type].name == f"agent.{kind}" and fact.at <= t
    ]
    return sorted(named, key=lambda row: row[0])


def said(diary: Diary, t: int) -> str:
    """Return what presence says at *t*, "" if nothing."""
    heard = [fact for fact in sorted(diary.signs) if "state" in {NAMES[code] for code in fact.fields} and fact.at <= t]
    if not heard or t - heard[-1].at > DAY_MS:
        return ""
    last = heard[-1].at
    word = str(next(value for code, value in heard[-1].fields.items() if NAMES[code] == "state")).partition(":")[0]
    beats = [at for at, _ in facts(diary, "heartbeat", last) if at >= last - 12 * HOUR_MS]
    limit = 2 * DEFINITIONS.heartbeat_ms if beats else 12 * HOUR_MS
    return "stale" if t - last > limit and word != "offline" else word


def slots(diary: Diary, t: int) -> int:
    """Return how many slots the agent has at *t*: what was said on that day or the day before."""
    said_of = {
        str(fields.get("channel", "")): fields["slots"]
        for at, fields in facts(diary, "capacity_changed", t)
        if at // DAY_MS >= t // DAY_MS - 1
    }
    found = said_of[""] if "" in said_of else sum(said_of.values()) if said_of else 1
    assert isinstance(found, int)
    return found


def missed(diary: Diary, t: int) -> set[int]:
    """Return how offers were missed that have neither a change of state nor another offer behind them at *t*."""
    over = [at for at, _ in facts(diary, "state_changed", t)] + [each.start for each in diary.offers if each.start < t]
    return {
        each.how
        for each in diary.offers
        if each.how and each.end < t <= each.end + DAY_MS and not any(each.end < at for at in over)
    }


def lasting(diary: Diary, t: int) -> Counter[tuple[str, str]]:
    """Return what lasts at *t*, an instant at which nothing happens, by name and queue ("" the tenant)."""
    shares: list[Share] = [share for parts in diary.shares.values() for share in parts]
    opened = sum(share.opened < t < share.ended for share in shares)
    wrapping = sum(share.ended < t < share.wrapped for share in shares)
    word, most = said(diary, t), slots(diary, t)
    here = word not in ("", "offline", "stale")
    works = word in ("available", "busy", "acw")
    if word == "error":
        state = "error"
    elif opened:
        state = "partially_busy" if opened + wrapping < most else "busy"
    elif word == "busy":
        state = "busy"
    elif wrapping or word == "acw":
        state = "acw"
    else:
        state = word
    used = max(opened + wrapping, {"busy": most, "acw": 1}.get(state, 0))
    free = max(0, most - used) if works else 0
    ways = missed(diary, t)
    if state != "error" and ways:
        state = "missed" if 1 in ways else "rejected"
    elif state not in ("error", "busy", "partially_busy", "acw") and any(a < t < b for a, b, _ in diary.offers):
        state = "incoming"
    on_contact = state in ("busy", "partially_busy", "acw")
    day = t // DAY_MS * DAY_MS
    spans = [
        (fields["shift_start"], fields["shift_end"]) for _, fields in facts(diary, "scheduled", T0 + DAYS * DAY_MS)
    ]
    of_day = [(a, b) for a, b in spans if max(a, day) < min(b, day + DAY_MS)]
    shift = any(a < t < b for a, b in of_day) if of_day else here
    queues = [
        each["queue"]
        for at, fields in facts(diary, "queues_changed", t)[-1:]
        if at // DAY_MS >= t // DAY_MS - 1
        for each in fields["queues"]
    ]
    found: Counter[tuple[str, str]] = Counter()
    found["chats", ""], found["shift", ""], found["logged_in", ""] = opened, int(shift), int(here)
    found["occupied_outside", ""] = int(on_contact and not here)
    found["worked_outside", ""] = int(on_contact and not here and not shift)
    found["busy_without_chat", ""] = int(state == "busy" and not opened)
    found["chat_in_error", ""] = int(state in ("error", "missed", "rejected") and opened > 0)
    # What is not stored, but read.
    found["chatting", "-"], found["occupied", "-"] = int(opened > 0), int(here and on_contact)
    found["worked", "-"] = int(on_contact and (shift or here))
    if here and not works:
        found["slots", ""], found["slots_used", ""] = used, used
    for queue in ("", *queues):
        found[state or "none", queue] = 1
        if works:
            found["slots", queue], found["slots_used", queue] = max(most, used), used
            found["agents_free", queue] = int(free > 0)
        if queue and len(set(queues)) > 1:
            found["agents_shared", queue] = int(state in ("available", "busy", "partially_busy", "acw", "incoming"))
    return Counter({key: number for key, number in found.items() if number and key[0] != "none"})


@EXAMPLES
@given(diaries())
def test_each_day_and_all_days_are_what_every_minute_says(diary: Diary) -> None:
    """Each day tells of itself only, from two days of signs, and together they tell of every instant once."""
    found: list[Counter[tuple[str, str]]] = [Counter() for _ in range(STEPS)]
    for day in range(DAYS):
        for each, number in observed(diary.day(day), DEFINITIONS)[1].items():
            assert each.end is not None
            assert T0 + day * DAY_MS <= each.start < each.end <= T0 + (day + 1) * DAY_MS
            for step in range((each.start - T0) // STEP_MS, (each.end - T0) // STEP_MS):
                found[step][INTERVAL_NAMES[each.kind], each.labels.queue] += number

    right = [lasting(diary, T0 + step * STEP_MS + STEP_MS // 2) for step in range(STEPS)]
    assert found == [Counter({key: n for key, n in each.items() if key[1] != "-"}) for each in right]


@EXAMPLES
@given(diaries(), st.integers(1, STEPS), st.sampled_from(["1h", "today", "7d"]))
def test_time_in_each_state_is_the_sum_of_its_minutes(diary: Diary, now: int, window: str) -> None:
    """In windows that begin and end anywhere: by sums of turns here, by looking at every step there."""
    as_of = T0 + now * STEP_MS
    start = {"1h": as_of - HOUR_MS, "7d": T0, "today": (as_of - 1) // DAY_MS * DAY_MS}[window]
    steps = range(max(0, (start - T0) // STEP_MS), now)
    right: Counter[str] = Counter()
    for step in steps:
        for (name, queue), number in lasting(diary, T0 + step * STEP_MS + STEP_MS // 2).items():
            if queue in ("", "-"):
                right[name] += number * STEP_MS // 1000

    found = read(board([diary.day(day) for day in range(DAYS)], DEFINITIONS), as_of, window=window)

    states = {name.removeprefix("agent_state_seconds:"): value for name, value in found.items() if "state_sec" in name}
    assert {name: value for name, value in states.items() if value} == {
        name: right[name] for name in states if right[name]
    }
    parts = {
        "concurrency_mean": (right["chats"], right["chatting"]),
        "occupancy_time_ratio": (right["occupied"], right["occupied"] + right["available"]),
        "utilisation_ratio": (right["worked"], right["shift"]),
        "occupancy_slot_ratio": (right["slots_used"], right["slots"]),
    }
    assert {name: found[name] for name in parts if name in found} == {
        name: part / whole for name, (part, whole) in parts.items() if whole
    }


@EXAMPLES
@given(diaries(), st.randoms(use_true_random=False))
def test_the_order_in_which_conversations_are_told_changes_nothing(diary: Diary, random: Random) -> None:
    """A set of facts is a set."""
    for number in range(DAYS):
        day = diary.day(number)
        conversations = list(day.shares)
        random.shuffle(conversations)
        offers = tuple(random.sample(day.offers, len(day.offers)))
        other = AgentDay(*day[:4], {conversation: day.shares[conversation] for conversation in conversations}, offers)

        assert observed(other, DEFINITIONS) == observed(day, DEFINITIONS)


@EXAMPLES
@given(diaries())
def test_effort_is_each_minute_divided_by_the_parts_in_hand(diary: Diary) -> None:
    """M26: over all days, to within a millisecond for each day and number of parts; one sample for each part ended."""
    parts = [share for shares in diary.shares.values() for share in shares]
    right = 0.0
    for step in range(STEPS + 80):
        t = T0 + step * STEP_MS + STEP_MS // 2
        in_hand = [share for share in parts if share.opened < t < share.wrapped]
        right += sum(STEP_MS / len(in_hand) for share in in_hand if not share.lapsed)

    samples: Counter[Point] = Counter()
    for day in range(DAYS + 2):
        for each, number in observed(diary.day(day))[0].items():
            if isinstance(each, Point) and BY_CODE[each.kind] in (EFFORT, EFFORT_BEFORE):
                samples[each] += number

    found = sum(each.value * number for each, number in samples.items())
    assert right - len(parts) * 6 * (DAYS + 2) <= found <= right + 1
    ended = sorted(each.at for each in samples.elements() if BY_CODE[each.kind] is EFFORT)
    assert ended == sorted(share.wrapped for share in parts if not share.lapsed)
