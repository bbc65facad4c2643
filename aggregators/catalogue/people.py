"""People: what agents are, how many they can take, how busy they are (M21 to M26).

Definitions to the letter: `docs/definitions-people.md`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregators import samples as s
from aggregators.metric import Metric, rolling, state
from aggregators.points import EFFORT, EFFORT_BEFORE
from aggregators.reading import mean_s, ratio
from aggregators.spells import lasted_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.reading import Reading, Value
    from aggregators.rolling import Level

_OF_OFFERS: Final = range(s.MISSED, s.INCOMING + 1)
STATES: Final = {kind: s.INTERVAL_NAMES[kind] for kind in (*range(s.OFFLINE, s.STALE + 1), *_OF_OFFERS)}
"""The states of an agent, by their kinds of intervals."""
_TENANT: Final[tuple[Level, ...]] = ("tenant",)
_DESK: Final[tuple[Level, ...]] = ("desk", "tenant")


def _states(r: Reading) -> list[tuple[int, str]]:
    """Return the states there are by the definitions."""
    return [each for each in STATES.items() if each[0] not in _OF_OFFERS or "offers" in r.definitions.families]


def _agents(r: Reading) -> Mapping[str, Value]:
    found = {name: r.state.lasting.get(kind, 0) for kind, name in _states(r)}
    return found if any(found.values()) else {}


def _known_now(kind: int) -> Callable[[Reading], Value]:
    def read(r: Reading) -> Value:
        return r.state.lasting.get(kind, 0) if any(r.state.lasting.get(each) for each in STATES) else None

    return read


def _slots_free(r: Reading) -> Value:
    slots, used = _known_now(s.SLOTS)(r), _known_now(s.SLOTS_USED)(r)
    return None if slots is None or used is None else slots - used


def _seconds(r: Reading) -> Mapping[str, Value]:
    found = {name: lasted_ms(r, kind) / 1000 for kind, name in _states(r)}
    return found if any(found.values()) else {}


def _logged_in(r: Reading) -> Value:
    return lasted_ms(r, s.LOGGED_IN) / 1000 if _seconds(r) else None


def _on_contact_ms(r: Reading) -> int:
    """Return the time with a contact or after-contact work, whatever presence says."""
    return lasted_ms(r, s.BUSY) + lasted_ms(r, s.PARTIALLY_BUSY) + lasted_ms(r, s.ACW)


def _concurrency(r: Reading) -> Value:
    without = lasted_ms(r, s.ACW) + lasted_ms(r, s.BUSY_WITHOUT_CHAT)
    return ratio(lasted_ms(r, s.CHATS), _on_contact_ms(r) - without + lasted_ms(r, s.CHAT_IN_ERROR))


def _time_occupancy(r: Reading) -> Value:
    occupied = _on_contact_ms(r) - lasted_ms(r, s.OCCUPIED_OUTSIDE)
    return ratio(occupied, occupied + lasted_ms(r, s.AVAILABLE))


def _slot_occupancy(r: Reading) -> Value:
    return ratio(lasted_ms(r, s.SLOTS_USED), lasted_ms(r, s.SLOTS))


def _utilisation(r: Reading) -> Value:
    return ratio(_on_contact_ms(r) - lasted_ms(r, s.WORKED_OUTSIDE), lasted_ms(r, s.SHIFT))


def _effort(r: Reading) -> Value:
    return mean_s(r[EFFORT.total] + r[EFFORT_BEFORE.total], r[EFFORT.count])


_NOW: tuple[Metric, ...] = (
    replace(
        state(
            "agents",
            "agents",
            "Agents by state now; each has one.",
            "error, else missed, rejected, contact, acw, incoming, else what was said last; stale when nothing was "
            "heard for too long",
            "M21",
            read=_known_now(s.OFFLINE),
            edges="A heartbeat older than twice its period: stale, not available. With an open chat busy or partially "
            "busy, even if presence says break or offline. A day after its last sign an agent is in no state. At a "
            "queue: of those who signed up for it, each in every queue of theirs.",
            vendors="Precedence as Amazon Connect has it; missed, rejected and incoming are there where the "
            "definitions ask for `offers` too. Its agents are heard of every 120 s and up to 1 h after they log off.",
        ),
        read=_agents,
        extra="state",
        levels=_DESK,
    ),
    replace(
        state(
            "agents_available",
            "agents",
            "Agents who can take one more conversation now: at work, with a slot free.",
            "said available, busy or acw, and slots - slots used > 0",
            "M21",
            read=_known_now(s.AGENTS_FREE),
            edges="One with a chat and a slot left is among them; one on a break is not.",
        ),
        levels=_DESK,
    ),
    replace(
        state(
            "slots",
            "slots",
            "Slots of the agents at work now, used or not.",
            "Σ slots of those who say available, busy or acw",
            "M23",
            read=_known_now(s.SLOTS),
            edges="A gauge has no _total, or it would be called slots_total. What an agent on a break still has open "
            "counts at the tenant.",
        ),
        levels=_DESK,
    ),
    replace(
        state(
            "slots_free",
            "slots",
            "Slots of the agents at work that are free now.",
            "Σ slots - slots used",
            "M23",
            read=_slots_free,
            edges="At a queue an agent of several queues counts in each: waiting against slots_free says whether "
            "anybody can come.",
        ),
        levels=_DESK,
    ),
    replace(
        state(
            "slots_used",
            "slots",
            "Slots of the agents logged in that are taken now, by a chat or by its wrap-up.",
            "Σ open chats + wrap-ups",
            "M23",
            read=_known_now(s.SLOTS_USED),
            edges="Who says busy without a chat known has every slot taken.",
            vendors="Amazon Connect's active slots: contacts connected, on hold and in after-contact work.",
        ),
        levels=_DESK,
    ),
)

_WINDOWS: tuple[Metric, ...] = (
    rolling(
        "agent_state_seconds",
        "s",
        "Time that agents spent in each state within the window.",
        "Σ overlap of the state with the window",
        "M22",
        read=_seconds,
        extra="state",
        edges="Never more than one state of an agent at a time. What began before the window counts from its start, "
        "what lasts counts up to now.",
    ),
    rolling(
        "logged_in_seconds",
        "s",
        "Time that agents were logged in within the window: presence says anything but offline, and lately.",
        "Σ time in which what was said is neither offline nor stale",
        "M25",
        read=_logged_in,
        edges="Absent where no agent is known.",
    ),
    rolling(
        "concurrency_mean",
        "chats",
        "How many chats an agent who has any has at a time.",
        "Σ chat-seconds / Σ agent-seconds with at least one chat",
        "M23",
        read=_concurrency,
        edges="Wrap-ups are no chats. Of every agent that has a part in a conversation, whether presence is known "
        "or not.",
    ),
    rolling(
        "occupancy_time_ratio",
        "ratio",
        "Share of the time ready or working in which an agent had a contact or after-contact work.",
        "contact or acw / (that + available)",
        "M24",
        read=_time_occupancy,
        edges="Break, away, custom and error are in neither part; so is all time in which the agent is not logged in.",
        vendors="Amazon Connect's occupancy.",
    ),
    rolling(
        "occupancy_slot_ratio",
        "ratio",
        "Share of the slots offered that was used, by time.",
        "Σ slot-seconds used / Σ slot-seconds offered, at most 1",
        "M24",
        read=_slot_occupancy,
        edges="Who is on a break offers none but those still used. Who has more chats than slots offers as many slots.",
    ),
    rolling(
        "utilisation_ratio",
        "ratio",
        "Share of the shift in which agents had a contact or after-contact work.",
        "contact or acw / time scheduled, else time logged in",
        "M25",
        read=_utilisation,
        edges="6 h of 8 h are 0.75. A day for which a shift of the agent is known is measured by its shifts; a day "
        "without one by the time logged in. Work while logged in beyond the shift counts.",
    ),
)

METRICS: tuple[Metric, ...] = (
    *_NOW,
    *(replace(metric, levels=_TENANT, grows=True) for metric in _WINDOWS),
    rolling(
        "handle_effort_mean_seconds",
        "s",
        "Mean handle time where each second is divided by the chats that the agent had in hand.",
        "Σ time of the parts, wrap-up included, each instant divided by the parts in hand / parts ended",
        "M26",
        read=_effort,
        edges="Two chats side by side for 10 min took 5 min each. A part that nobody ended is in no mean. Of a part "
        "over a UTC midnight, what it took before is dated at that midnight.",
    ),
)
