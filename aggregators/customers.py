"""The sweep of the customers: what all conversations of one customer come to together (M45, M46, M48, M49, M72).

`docs/definitions-customers.md` has every rule of it.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import points
from aggregators.hyperloglog import add, cell_index, hash_of
from aggregators.instants import DAY_MS
from aggregators.panes import bucket_of
from aggregators.points import Point, PointKind
from aggregators.samples import Labels
from aggregators.windows import midnight

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from aggregators.definitions import Definitions
    from aggregators.samples import Interval, Sample
    from aggregators.told import SolvedEpisode, Visit

_BY_CUSTOMER: Final = 1
_DEFLECTED_MS: Final = DAY_MS
"""A contact so long after a session on the help pages is one that those did not spare (M49)."""

NO: Final = 1
YES: Final = 2
"""The choices of ONE_REPLY, ONE_TEAMMATE, BOT_VERIFIED and DEFLECTED."""
ALONE: Final = 1
OTHER_TOPIC: Final = 2
SAME_TOPIC: Final = 3
"""The choices of an anchor: nobody called back; on other topics only; on the same, or on one that is not known."""
ONCE: Final = 1
NOBODY: Final = 2
PASSED_ON: Final = 3
REOPENED: Final = 4
RETURNED: Final = 5
"""The choices of FIRST_CONTACT: resolved at first contact, or the first reason why not."""
OF_TENANT: Final = 1
OF_CHANNEL: Final = 2
OF_QUEUE: Final = 3
"""The choices of FIRST_OF_DAY: a customer's first contact of the day at all; in its channel; in its queue only."""


class _Seen(NamedTuple):
    """A contact by the customer. They are in this order, so that those of one instant have one too."""

    at: int
    conversation: str
    labels: Labels
    topic: str


def observe(  # noqa: PLR0917 - every sweep adds to both lists
    tenant: str,
    customer: str,
    visits: Mapping[str, Visit],
    definitions: Definitions,
    samples: list[Sample],
    intervals: list[Interval],  # noqa: ARG001 - as above; nothing of a customer lasts
) -> None:
    """Add what one customer contributes, who is told of by `visits`, each by the id of its conversation."""
    contacts = sorted(
        _Seen(contact.at, conversation, Labels(tenant, contact.channel, contact.queue), contact.topic)
        for conversation, visit in visits.items()
        for contact in visit.contacts
        if contact.by == _BY_CUSTOMER
    )
    solved = sorted((row.at, conversation, row) for conversation, visit in visits.items() for row in visit.solved)
    repeat_ms = definitions.repeat_ms
    if contacts:
        _observe_anchors(contacts, repeat_ms, samples)
        _observe_unique(customer, contacts, definitions, samples)
    if solved:
        _observe_solved(contacts, solved, tenant, definitions, samples)
    for visit in visits.values():
        for at, channel, queue in visit.contained:
            place = _after(contacts, at)
            verified = place == len(contacts) or contacts[place].at > at + repeat_ms
            labels = Labels(tenant, channel, queue)
            samples.append(Point(points.BOT_VERIFIED.code, at, labels, YES if verified else NO))
        for begun, ended, channel in visit.sessions:
            place = bisect_left(contacts, (begun,))
            deflected = place == len(contacts) or contacts[place].at > ended + _DEFLECTED_MS
            samples.append(Point(points.DEFLECTED.code, ended, Labels(tenant, channel, ""), YES if deflected else NO))


def _after(contacts: Sequence[_Seen], at: int) -> int:
    """Return the place of the first contact after the instant *at*."""
    return bisect_left(contacts, (at + 1,))


def _fits(one: str, other: str) -> bool:
    """Tell whether two topics may be the same: they are, or one is not known."""
    return not one or not other or one == other


def _observe_anchors(contacts: Sequence[_Seen], repeat_ms: int, samples: list[Sample]) -> None:
    """Count the contacts that came after a pause, each with those that followed (M46)."""
    before: int | None = None
    for place, (at, conversation, labels, topic) in enumerate(contacts):
        if before is None or at - before > repeat_ms:
            followed, outcome = 0, ALONE
            later = place + 1
            while later < len(contacts) and contacts[later].at <= at + repeat_ms:
                if contacts[later].conversation != conversation:
                    followed += 1
                    outcome = SAME_TOPIC if _fits(topic, contacts[later].topic) else max(outcome, OTHER_TOPIC)
                later += 1
            samples.append(Point(points.ANCHOR.code, at, labels, outcome))
            if followed:
                samples.append(Point(points.CALLED_BACK.code, at, labels, followed))
            samples.append(Point(points.ANCHOR_SETTLED.code, at + repeat_ms, labels, outcome))
        before = at


def _observe_unique(customer: str, contacts: Sequence[_Seen], definitions: Definitions, samples: list[Sample]) -> None:
    """Count the customer in every window: by a cell of the sketch, and at the first contact of each day (M72)."""
    cell = cell_index(*add(hash_of(customer)))
    zone = definitions.zone_of(contacts[0].labels.tenant)
    days: set[int] = set()
    channels: set[tuple[int, str]] = set()
    queues: set[tuple[int, Labels]] = set()
    for at, _, labels, _ in contacts:
        samples.append(Point(points.CUSTOMER.code, at, labels, cell))
        day = at // DAY_MS if zone is None else _day(bucket_of(at), zone.info)
        if (day, labels) not in queues:
            first = OF_TENANT if day not in days else OF_CHANNEL if (day, labels.channel) not in channels else OF_QUEUE
            samples.append(Point(points.FIRST_OF_DAY.code, at, labels, first))
            days.add(day)
            channels.add((day, labels.channel))
            queues.add((day, labels))


@lru_cache(maxsize=4_096)
def _day(quarter: int, zone: tzinfo) -> int:
    """Return when the day of a quarter of an hour began: clocks change between quarters."""
    return midnight(quarter, zone)


def _observe_solved(
    contacts: Sequence[_Seen],
    solved: Sequence[tuple[int, str, SolvedEpisode]],
    tenant: str,
    definitions: Definitions,
    samples: list[Sample],
) -> None:
    """Count the solved episodes, each with what came after it (M45, and M46 from the last resolution on)."""
    repeat_ms = definitions.repeat_ms
    settled_ms = max(repeat_ms, definitions.settle_ms)
    followed = _followed(contacts, solved, repeat_ms)
    by_topic: dict[str, list[_Seen]] = {}
    for seen in contacts:
        by_topic.setdefault(seen.topic, []).append(seen)
    for (at, conversation, row), number in zip(solved, followed, strict=True):
        labels = Labels(tenant, row.channel, row.queue)
        # Of thousands of contacts only those that count are gone through: of any topic, or of two.
        if row.topic:
            returned = _comes_back(by_topic.get(row.topic, []), at, at + repeat_ms, conversation) or _comes_back(
                by_topic.get("", []), at, at + repeat_ms, conversation
            )
        else:
            returned = _comes_back(contacts, at, at + repeat_ms, conversation)
        outcome = _outcome(row, returned=returned)
        samples.append(Point(points.SOLVE_FOLLOWED.code, at, labels, number))
        samples.append(Point(points.FIRST_CONTACT.code, at, labels, outcome))
        samples.append(Point(points.FIRST_CONTACT_SETTLED.code, at + settled_ms, labels, outcome))
        if row.replies >= 0:
            _choose(samples, points.ONE_REPLY, at, labels, yes=outcome == ONCE and row.replies == 1)
        if row.owners:
            _choose(samples, points.ONE_TEAMMATE, at, labels, yes=row.owners == 1 and row.closes == 1)


def _choose(samples: list[Sample], kind: PointKind, at: int, labels: Labels, *, yes: bool) -> None:
    samples.append(Point(kind.code, at, labels, YES if yes else NO))


def _followed(contacts: Sequence[_Seen], solved: Sequence[tuple[int, str, SolvedEpisode]], repeat_ms: int) -> list[int]:
    """Return for each solve how many contacts of other conversations had it as the last one before them, in time."""
    numbers = [0] * len(solved)
    for at, conversation, _, _ in contacts:
        place = bisect_left(solved, (at,)) - 1
        if place >= 0 and at - solved[place][0] <= repeat_ms and solved[place][1] != conversation:
            numbers[place] += 1
    return numbers


def _comes_back(contacts: Sequence[_Seen], after: int, until: int, conversation: str) -> bool:
    """Tell whether a contact of another conversation lies in (after, until]."""
    place = _after(contacts, after)
    while place < len(contacts) and contacts[place].at <= until:
        if contacts[place].conversation != conversation:
            return True
        place += 1
    return False


def _outcome(row: SolvedEpisode, *, returned: bool) -> int:
    """Return whether an episode was resolved at first contact, or the first reason why not."""
    if not row.teams and not row.owners and not row.replies:
        return NOBODY
    if row.teams > 1 or row.transferred:
        return PASSED_ON
    if row.reopened:
        return REOPENED
    return RETURNED if returned else ONCE
