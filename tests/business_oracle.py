"""How much of first responses, replies and resolutions is business time, by brute force, without the product's code.

Written from `docs/definitions.md`, `docs/definitions-resolution.md` and `docs/definitions-file.md`: every minute is
open or it is not, by the clock on the wall and the version of the calendar in force at that minute.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from tests.oracle import (
    DAY,
    LEVELS,
    MINUTE,
    SECOND,
    channel_of,
    conversations,
    is_customer_message,
    is_human_reply,
    mean_s,
    messages_of,
    queue_at,
    windows,
    withdrawn,
)
from tests.resolution_oracle import course_of, doer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.brute_force import Right
    from tests.oracle import Event, Labels
    from tests.resolution_oracle import Settled


class Version(NamedTuple):
    """Openings in minutes of the local day, by weekday (Monday is 0) and by date, from a local day on."""

    since: date
    week: dict[int, list[tuple[int, int]]]
    special: dict[date, list[tuple[int, int]]]


class Calendar:
    """The minutes of some days in which it is open."""

    def __init__(self, zone: str, versions: Sequence[Version], *, begin: int, days: int) -> None:
        """Look at every minute from *begin* (epoch ms, a full minute) on."""
        self._begin = begin
        info = ZoneInfo(zone)
        instants = range(begin, begin + days * DAY, MINUTE)
        flags = [_is_open(datetime.fromtimestamp(at // SECOND, info), versions) for at in instants]
        self._flags = flags
        self._before = [0, *accumulate(flags)]

    def until(self, at: int) -> int:
        """Return for how many ms it was open from the beginning until *at*."""
        minutes, rest = divmod(at - self._begin, MINUTE)
        return self._before[minutes] * MINUTE + (rest if self._flags[minutes] else 0)

    def between(self, start: int, end: int) -> int:
        """Return for how many of the ms from *start* to *end* it was open."""
        return self.until(end) - self.until(start)


def _is_open(local: datetime, versions: Sequence[Version]) -> bool:
    version = [each for each in versions if each.since <= local.date()][-1]
    openings = version.special.get(local.date(), version.week.get(local.weekday(), []))
    minute = local.hour * 60 + local.minute
    return any(opens <= minute < closes for opens, closes in openings)


class Taken(NamedTuple):
    """Something that took from `start` to `at`, as it counts: first_response, reply, resolution."""

    kind: str
    labels: Labels
    dated: int
    start: int
    at: int


def taken_of(tenant: str, events: list[Event]) -> list[Taken]:
    """Return all that a conversation took time for."""
    channel = channel_of(events)
    found = []
    for sample in messages_of(events)[0]:
        kind = {"frt": "first_response", "reply": "reply"}[sample.kind]
        found.append(Taken(kind, (tenant, channel, sample.queue), sample.at, sample.at - sample.value, sample.at))
    course = course_of(events)
    for number, episode in enumerate(course.settled if course else []):
        clock = _clock(events, episode) if number == 0 else episode.received
        labels = (tenant, channel, queue_at(events, episode.at))
        found.append(Taken("resolution", labels, episode.at, clock, _stop(episode, clock)))
    return found


def _clock(events: list[Event], episode: Settled) -> int:
    """When the clock of the first episode starts: with what we began it does so there."""
    begun = [e for e in events if e.type in ("chat.started", "ticket.created") and e.at <= episode.received]
    said = [e.body["initiated_by"] for e in begun if "initiated_by" in e.body]
    return begun[0].at if said and said[-1] in ("agent", "system") else episode.received


def _stop(episode: Settled, clock: int) -> int:
    """When it stops: at the solve, but where time ran out after a human's reply at that, unless it was opened since."""
    since = clock if episode.since == episode.received else episode.since
    said = [e for e in episode.done if (is_customer_message(e) or is_human_reply(e)) and e.at >= clock]
    by_timeout = doer(episode.done[-1]) == "system" and said and is_human_reply(said[-1]) and said[-1].at >= since
    return said[-1].at if by_timeout else episode.at


class BusinessOracle:
    """What is right of one log, at any instant. `calendar_of` says by whose hours labels go, None: all time counts."""

    def __init__(self, lines: Iterable[bytes], calendar_of: Callable[[Labels], Calendar | None]) -> None:
        """Read the lines, in any order, with any repeats."""
        self._conversations = conversations(lines)
        self._calendar_of = calendar_of
        self._known: dict[tuple[tuple[str, str], int], list[Taken]] = {}

    def at(self, t: int) -> Right:
        """Return every mean that is right at *t*, of all levels."""
        taken: dict[tuple[str, Labels], list[tuple[int, int]]] = defaultdict(list)
        for key, events in self._conversations.items():
            known = [e for e in events if e.at < t]
            if (key, len(known)) not in self._known:
                self._known[key, len(known)] = [] if not known or withdrawn(known) else taken_of(key[0], known)
            for each in self._known[key, len(known)]:
                for depth in (1, 2, 3):
                    taken[each.kind, each.labels[:depth]].append((each.dated, self._business_ms(each)))
        right: Right = {}
        for (kind, labels), some in taken.items():
            level = LEVELS[len(labels) - 1]
            for window, start in windows(t).items():
                pairs = (*zip(LEVELS, labels, strict=False), ("window", window))
                values = [ms for dated, ms in some if start <= dated < t]
                right[f"support_{level}_rolling_{kind}_business_mean_seconds", pairs] = mean_s(values)
        return right

    def _business_ms(self, each: Taken) -> int:
        calendar = self._calendar_of(each.labels)
        return each.at - each.start if calendar is None else calendar.between(each.start, each.at)


def day(text: str) -> date:
    """Return a date as it is written."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).date()
