"""First contact resolution and repeat contacts by brute force: M45, M46, M72 of a day. No code of the product.

Written from `KPIS.md` and `docs/definitions-customers.md`: each contact is compared with each other of its customer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from tests.oracle import (
    DAY,
    LEVELS,
    Event,
    channel_of,
    conversations,
    is_customer_message,
    is_human_reply,
    is_resolve,
    queue_at,
    ratio,
    windows,
    withdrawn,
)
from tests.resolution_oracle import Settled, course_of, doer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from tests.brute_force import Right, Value
    from tests.oracle import Labels

WEEK = 7 * DAY
WHYS = ("no_human", "passed_on", "reopened", "returned")


class Contact(NamedTuple):
    """An episode that the customer began; contacts compare in their order."""

    at: int
    conversation: str
    labels: Labels
    topic: str
    customer: str
    """"" where nobody knows who it was."""


class Solved(NamedTuple):
    """A solved episode, and what is known of it alone."""

    at: int
    conversation: str
    labels: Labels
    topic: str
    customer: str
    why: str
    """The first of the WHYS that hold, "" if none does; whether the customer returned is not seen here."""
    owners: int
    replies: int | None
    reopened: bool
    once: bool


def episodes_of(events: Sequence[Event]) -> list[tuple[int, bool]]:
    """When each episode began, and whether the customer began it."""
    ordered = sorted(events, key=lambda e: (e.at, e.rank, not is_customer_message(e), e.id))
    named = [e.body["initiated_by"] for e in ordered
             if e.type in ("chat.started", "ticket.created") and "initiated_by" in e.body]  # fmt: skip
    by_us = bool(named) and named[-1] in ("agent", "system")
    found: list[tuple[int, bool]] = []
    for place, e in enumerate(ordered):
        if not is_customer_message(e):
            continue
        before = ordered[:place]
        if not any(is_customer_message(each) for each in before):
            found.append((e.at, not by_us))
            continue
        resolves = [n for n, each in enumerate(before) if is_resolve(each)]
        if resolves and e.at - before[resolves[-1]].at > DAY:
            between = before[resolves[-1] + 1 :]
            if not any(is_customer_message(each) or is_human_reply(each) for each in between):
                found.append((e.at, True))
    if not found:
        types = {"chat.queued"} | ({"chat.started"} if channel_of(list(events)) == "voice" else set())
        begun = [e.at for e in ordered if e.type in types]
        return [(begun[0], not by_us)] if begun else []
    return found


def teams_of(events: Sequence[Event], episode: Settled) -> tuple[int, bool]:
    """How many teams had an episode, from whatever came before it on, and whether it went to another team or queue."""
    mine = [e for e in events if e.at <= episode.at and (episode.before is None or e.at > episode.before)]
    labels = [{e.body["team"]} if "team" in e.body else set() for e in mine]
    to = [{e.body["to_team"]} if e.type == "ticket.assigned" and "to_team" in e.body else set() for e in mine]
    moves = [_moves(e, events) for e in mine]
    passed_on = False
    for place in range(len(mine)):
        known = set().union(*labels[:place], *to[:place])
        if to[place] and (known | labels[place]) and not to[place] <= known | labels[place]:
            passed_on = True
        if moves[place]:
            # Teams say whether it is another one, where they are known on both sides.
            following = moves.index(True, place + 1) if True in moves[place + 1 :] else len(mine) - 1
            said = to[place] or set().union(*labels[place + 1 : following + 1])
            passed_on = passed_on or not known or not said
    return len(set().union(*labels, *to)), passed_on


def _moves(e: Event, events: Sequence[Event]) -> bool:
    """Whether it moves the conversation to a queue other than the one it stood in."""
    sends = e.type == "ticket.assigned" or (e.type == "chat.transferred" and e.body.get("kind") != "reassignment")
    return (
        sends
        and "to_queue" in e.body
        and queue_at([each for each in events if each.at < e.at], e.at)
        not in (
            "none",
            e.body["to_queue"],
        )
    )


def is_by_human(e: Event) -> bool:
    """Whether a human of the centre wrote, noted or changed something."""
    if e.type in ("chat.message", "ticket.commented"):
        return e.body["actor"] == "human" and not e.body.get("auto", False)
    changes = ("ticket.assigned", "ticket.priority_changed", "ticket.tagged", "ticket.status_changed")
    return e.type in (*changes, "chat.transferred") and doer(e) == "human"


def solved_of(events: Sequence[Event], episode: Settled) -> tuple[str, int, int | None]:
    """Return why the episode was not resolved at first contact, its owners and its replies; None: nobody wrote."""
    owners = {
        e.body["agent"]
        for e in episode.done
        if "agent" in e.body
        and (e.type == "ticket.assigned" or (e.type == "chat.accepted" and e.body.get("actor") != "bot"))
    }
    wrote = [place for place, e in enumerate(episode.done) if is_customer_message(e)]
    replies = sum(is_human_reply(e) for e in episode.done[wrote[0] :]) if wrote else None
    teams, passed_on = teams_of(events, episode)
    if not owners and replies == 0 and not any(is_by_human(e) for e in episode.done):
        return "no_human", 0, replies
    if teams > 1 or passed_on:
        return "passed_on", len(owners), replies
    return ("reopened" if episode.reopened else ""), len(owners), replies


def may_be(one: str, other: str) -> bool:
    """Whether two topics may be the same."""
    return one == other or "" in (one, other)


class CustomersOracle:
    """What is right of one log, at any instant."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        """Read the lines, in any order, with any repeats."""
        self._conversations = conversations(lines)
        self._known: dict[tuple[tuple[str, str], int], tuple[list[Contact], list[Solved]]] = {}

    def _tells(self, key: tuple[str, str], events: list[Event]) -> tuple[list[Contact], list[Solved]]:
        if (key, len(events)) not in self._known:
            self._known[key, len(events)] = ([], []) if withdrawn(events) else _tells(key, events)
        return self._known[key, len(events)]

    def at(self, t: int) -> Right:
        """Return every value that is right at *t*, of all levels."""
        contacts: list[Contact] = []
        solved: list[Solved] = []
        for key, events in self._conversations.items():
            known = [e for e in events if e.at < t]
            if known:
                told = self._tells(key, known)
                contacts += told[0]
                solved += told[1]
        return _right(sorted(contacts), solved, t)


def _tells(key: tuple[str, str], events: list[Event]) -> tuple[list[Contact], list[Solved]]:
    def last(field: str) -> str:
        named: list[str] = [e.body[field] for e in events if field in e.body]
        return named[-1] if named else ""

    def labels(at: int) -> Labels:
        return key[0], channel_of(events), queue_at(events, at)

    topic, customer = last("topic"), last("customer")
    course = course_of(events)
    return (
        [Contact(at, key[1], labels(at), topic, customer) for at, by_customer in episodes_of(events) if by_customer],
        [
            Solved(
                each.at,
                key[1],
                labels(each.at),
                topic,
                customer,
                *solved_of(events, each),
                reopened=each.reopened,
                once=each.once,
            )
            for each in ([*course.settled, *course.lost] if course else [])
        ],
    )


class _Anchor(NamedTuple):
    """A contact with none before it, how many followed, and whether one of them may be about the same."""

    at: int
    labels: Labels
    callbacks: int
    same_topic: bool


class _Outcome(NamedTuple):
    """A solve of a known customer: why it was no resolution at first contact, and how many contacts came of it."""

    row: Solved
    why: str
    followed: int


def _right(contacts: list[Contact], solved: list[Solved], t: int) -> Right:
    mine: dict[tuple[str, str], list[Contact]] = defaultdict(list)
    solves: dict[tuple[str, str], list[Solved]] = defaultdict(list)
    for contact in contacts:
        if contact.customer:
            mine[contact.labels[0], contact.customer].append(contact)
    for row in solved:
        if row.customer:
            solves[row.labels[0], row.customer].append(row)
    anchors = [anchor for of_one in mine.values() for anchor in _anchors(of_one)]
    outcomes = [each for who, of_one in solves.items() for each in _outcomes(sorted(of_one), mine[who])]
    right: Right = {}
    met = {each.labels for each in contacts} | {each.labels for each in solved}
    everywhere = {labels[:depth] for labels in met for depth in (1, 2, 3)}
    for at in everywhere:
        level = LEVELS[len(at) - 1]
        pairs = tuple(zip(LEVELS, at, strict=False))

        def here(labels: Labels, at: Labels = at) -> bool:
            return labels[: len(at)] == at

        for window, start in windows(t).items():
            of_these = (
                [each for each in contacts if here(each.labels) and start <= each.at < t],
                [each for each in solved if here(each.labels) and start <= each.at < t],
                [each for each in anchors if here(each.labels)],
                [each for each in outcomes if here(each.row.labels)],
            )
            for name, value in _numbers(*of_these, start=start, t=t).items():
                metric, _, why = name.partition(":")
                extra = (("why", why),) if why else ()
                right[f"support_{level}_rolling_{metric}", (*pairs, ("window", window), *extra)] = value
            if window == "today":
                known = [each for each in of_these[0] if each.customer]
                unique = len({(each.labels[0], each.customer) for each in known})
                today = (*pairs, ("window", window))
                right[f"support_{level}_rolling_unique_customers", today] = unique
                right[f"support_{level}_rolling_tickets_per_customer", today] = ratio(len(known), unique)
    return right


def _anchors(contacts: list[Contact]) -> list[_Anchor]:
    found = []
    for place, one in enumerate(contacts):
        if any(one.at - before.at <= WEEK for before in contacts[:place]):
            continue
        later = [each for each in contacts[place + 1 :]
                 if each.at - one.at <= WEEK and each.conversation != one.conversation]  # fmt: skip
        same = any(may_be(one.topic, each.topic) for each in later)
        found.append(_Anchor(one.at, one.labels, len(later), same))
    return found


def _outcomes(solved: list[Solved], contacts: list[Contact]) -> list[_Outcome]:
    found = []
    for row in solved:
        returned = any(
            row.at < each.at <= row.at + WEEK
            and each.conversation != row.conversation
            and may_be(row.topic, each.topic)
            for each in contacts
        )
        followed = 0
        for each in contacts:
            before = [other for other in solved if other.at < each.at]
            if before and before[-1] == row and each.at - row.at <= WEEK and each.conversation != row.conversation:
                followed += 1
        found.append(_Outcome(row, row.why or ("returned" if returned else ""), followed))
    return found


def _numbers(
    contacts: list[Contact],
    solved: list[Solved],
    anchors: list[_Anchor],
    outcomes: list[_Outcome],
    *,
    start: int,
    t: int,
) -> dict[str, Value]:
    def share(part: Sequence[object], whole: Sequence[object]) -> Fraction | None:
        return ratio(len(part), len(whole))

    all_outcomes, all_anchors = outcomes, anchors
    outcomes = [each for each in all_outcomes if start <= each.row.at < t]
    anchors = [each for each in all_anchors if start <= each.at < t]
    final = [each for each in all_outcomes if start <= each.row.at + WEEK < t]
    final_anchors = [each for each in all_anchors if start <= each.at + WEEK < t]
    wrote = [each for each in outcomes if each.row.replies is not None]
    owned = [each for each in outcomes if each.row.owners]
    return {
        "fcr_episodes": len(outcomes),
        "fcr_ratio": share([each for each in outcomes if not each.why], outcomes),
        "fcr_settled_ratio": share([each for each in final if not each.why], final),
        **{f"fcr_missed_ratio:{why}": share([each for each in outcomes if each.why == why], outcomes) for why in WHYS},
        "fcr_one_reply_ratio": share([each for each in wrote if not each.why and each.row.replies == 1], wrote),
        "fcr_one_teammate_ratio": share([each for each in owned if each.row.owners == 1 and each.row.once], owned),
        "fcr_coverage_ratio": share([each for each in solved if each.customer], solved),
        "anchors": len(anchors),
        "callbacks_7d": sum(each.callbacks for each in anchors),
        "callbacks_7d_ratio": share([each for each in anchors if each.callbacks], anchors),
        "callbacks_7d_same_topic_ratio": share([each for each in anchors if each.same_topic], anchors),
        "callbacks_7d_settled_ratio": share([each for each in final_anchors if each.callbacks], final_anchors),
        "callbacks_after_resolution": sum(each.followed for each in outcomes),
        "callbacks_after_resolution_ratio": share([each for each in outcomes if each.followed], outcomes),
        "known_contacts": sum(bool(each.customer) for each in contacts),
        "contact_coverage_ratio": share([each for each in contacts if each.customer], contacts),
    }
