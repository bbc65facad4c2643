"""What is received, open, solved, reopened and abandoned, by brute force: M5c, M41 to M44, without the product's code.

Written from `KPIS.md` and `docs/definitions-resolution.md`. Every question looks at all that was done before anew.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from tests.oracle import (
    DAY,
    LEVELS,
    MINUTE,
    SECOND,
    Event,
    channel_of,
    conversations,
    is_customer_message,
    is_human_reply,
    queue_at,
    ratio,
    windows,
    withdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.brute_force import Right, Value
    from tests.oracle import Labels

SETTLE, CORRECTION, SILENT = 7 * DAY, 5 * MINUTE, DAY
READ = {
    *("chat.started", "chat.queued", "chat.accepted", "chat.message", "chat.transferred", "chat.abandoned"),
    *("chat.callback_requested", "chat.bot_handoff", "chat.closed", "chat.reopened", "ticket.created"),
    *("ticket.commented", "ticket.assigned", "ticket.status_changed", "ticket.priority_changed", "ticket.tagged"),
    "ticket.deleted",
}
"""The types that the definitions of resolution name."""


class Solve(NamedTuple):
    """A solve, and whether the customer reopened it."""

    at: int
    reopened: bool


class Settled(NamedTuple):
    """An episode that is solved by now: received when, solved last when, and all that was done in it until then."""

    received: int
    at: int
    reopened: bool
    once: bool
    """Nobody opened it again after a solve, or took it up after a close that was none."""
    done: list[Event]
    since: int
    """Since when it had been open without a break at its last solve: its receipt, or when it was taken up again."""
    before: int | None
    """The last solve of the episode before it."""


class Course(NamedTuple):
    """What became of one conversation: instants, and for receipts whether the episode is solved by now."""

    received: list[tuple[int, bool]]
    solves: list[Solve]
    reopened: list[int]
    deleted: list[int]
    open_since: int | None
    open_until: int | None
    """A chat that nobody ends falls silent; a ticket is open for good (None)."""
    settled: list[Settled]
    lost: list[Settled]
    """Episodes that the customer opened again and nobody has solved since, each with the solve that did not hold."""
    ends: list[tuple[int, bool]]
    """Of what is asynchronous the first end of each episode, and whether it was abandoned."""


def doer(e: Event) -> str | None:
    """Who did it."""
    by: str | None = e.body.get("by", e.body.get("actor"))
    return by


def is_end(e: Event) -> bool:
    """Whether it closes or solves, if it counts as that."""
    return e.type == "chat.closed" or (e.type == "ticket.status_changed" and e.body["status"] in ("solved", "closed"))


def reopens(e: Event) -> bool:
    """Whether it opens what is solved."""
    again = e.type == "ticket.status_changed" and e.body["status"] in ("new", "open", "pending", "on_hold")
    return is_customer_message(e) or e.type == "chat.reopened" or again


def is_own(solve: Event, again: Event) -> bool:
    """Whether an agent who opens it again may be the one who solved it: no other kind of doer, and no other name."""
    names = {e.body["agent"] for e in (solve, again) if "agent" in e.body}
    return doer(again) == "human" and doer(solve) in ("human", None) and len(names) < 2


def by_bot(done: Sequence[Event], closing: Event) -> bool:
    """Whether a bot contained it: of all that was *done* until the closing."""
    written = [e for e in done if e.type in ("chat.message", "ticket.commented") and not e.body.get("auto", False)]
    took_part = any(e.type == "chat.started" and e.body.get("bot", False) for e in done) or any(
        e.type == "chat.message" and e.body["actor"] == "bot" for e in written
    )
    asked = {"chat.queued", "chat.accepted", "chat.bot_handoff", "chat.callback_requested", "chat.abandoned"}
    human = any(e.body["actor"] == "human" for e in written) or any(e.type in asked for e in done)
    left = closing.body.get("by") == "customer" and closing.body.get("resolved") is not True
    return took_part and not human and not left


def solves(done: Sequence[Event], e: Event) -> bool:
    """Whether an end, of what is open, is a solve: *done* is all that was done in the episode before."""
    if e.type == "ticket.status_changed":
        return True
    if e.body.get("resolved", True) is False:
        return False
    replied = any(is_human_reply(each) for each in done)
    call = any(each.type == "chat.accepted" for each in done) and not any(is_customer_message(each) for each in done)
    return replied or call or by_bot(done, e)


def is_abandoned(done: Sequence[Event], e: Event) -> bool:
    """Whether an end comes before any human reply to the customer, and from nobody who is known to be human."""
    waited = any(is_customer_message(each) for each in done) and not any(is_human_reply(each) for each in done)
    contained = e.type == "chat.closed" and solves(done, e)
    return waited and not contained and doer(e) != "human"


def course_of(events: list[Event]) -> Course | None:  # noqa: PLR0915 - one sweep, told in one piece
    """What became of a conversation; None if nothing of it counts."""
    read = sorted((e for e in events if e.type in READ), key=lambda e: (e.at, e.rank, not is_customer_message(e), e.id))
    received: list[int] = []
    by_now: list[bool] = []
    """Of each receipt whether that episode is solved."""
    found: list[Solve] = []
    reopened: list[int] = []
    deleted: list[int] = []
    settled: list[Settled] = []
    undone: Settled | None = None
    """The present episode up to the last solve that did not hold, if the customer ever opened it again."""
    since = 0
    """Since when the present episode has been open without a break."""
    before_it: int | None = None
    gone = False
    """It is closed without being solved, or the customer gave up waiting."""
    opened = first = 0
    """Since when the present episode is open; the place from which on what was done belongs to it."""
    ended: dict[int, tuple[int, bool]] = {}
    """By number of the episode its first end."""
    before: dict[int, tuple[int, bool]] = {}
    """The same without the solve that holds, for an agent may take that back."""
    last: int | None = None
    """The place of the solve that holds, None while it is open."""
    again = more = False
    """The customer has reopened the present episode; anybody has, or took it up again, but for corrections."""
    shut = False
    """It is closed without being solved."""

    def receive(at: int) -> None:
        nonlocal opened, since, gone
        received.append(at)
        by_now.append(False)
        opened = since = at
        gone = False

    def until(solve: int) -> Settled:
        done = read[first : solve + 1]
        return Settled(received[-1], read[solve].at, again, not more, done, since, before_it)

    swept: list[Event] = []
    for place, e in enumerate(read):
        swept.append(e)
        begun = beginnings(read[:place])
        if shut and (reopens(e) or e.type in ("chat.queued", "chat.accepted")) and last is None:
            shut, more = False, True
        if gone and last is None and (reopens(e) or e.type in ("chat.queued", "chat.accepted")):
            gone, since = False, e.at
        if last is not None and reopens(e):
            gap, by = e.at - read[last].at, "customer" if is_customer_message(e) else doer(e)
            if by == "human" and gap <= CORRECTION and is_own(read[last], e):
                found.pop()
                ended = before
            elif by == "customer" and gap > SETTLE:
                by_now[-1] = True
                settled.append(until(last))
                first, again, more, shut, undone, before_it = last + 1, False, False, False, None, read[last].at
                receive(e.at)
            else:
                found[-1] = Solve(found[-1].at, by == "customer")
                again, more, shut = again or by == "customer", True, False
                undone = until(last) if again else None
                reopened.append(e.at)
                opened = since = e.at
                gone = False
            last = None
        elif not received and is_customer_message(e):
            receive(e.at)
        if not received and begun and (is_end(e) or e.type == "ticket.deleted"):
            receive(begun[0])
        if received and e.type == "ticket.deleted":
            deleted += [e.at] if last is None else []
            break
        if received and e.type == "chat.abandoned" and last is None:
            gone = True
        if received and is_end(e) and last is None:
            solved = solves(read[first:place], e)
            before, ended = ended, {len(received): (e.at, is_abandoned(read[first:place], e)), **ended}
            shut = shut or not solved
            gone = gone or not solved
            if solved:
                found.append(Solve(e.at, reopened=False))
                last = place
    if not received:
        if not beginnings(read):
            return None
        receive(beginnings(read)[0])
    by_now[-1] = last is not None
    if last is not None:
        settled.append(until(last))
    lost = [undone] if last is None and undone is not None else []
    is_open = last is None and not deleted
    is_chat = any(e.type.startswith("chat.") for e in read) and not any(e.type == "ticket.created" for e in read)
    silent = read[-1].at + SILENT if is_open and is_chat else None
    receipts = list(zip(received, by_now, strict=True))
    is_async = channel_of(events) in ("email", "social", "offline") or "ticket.created" in [e.type for e in swept]
    ends = list(ended.values()) if is_async else []
    return Course(receipts, found, reopened, deleted, opened if is_open else None, silent, settled, lost, ends)


def beginnings(events: Sequence[Event]) -> list[int]:
    """When a source said that the conversation began."""
    return [e.at for e in events if e.type in ("chat.started", "ticket.created")]


class _Sums:
    """What all conversations of one label set come to."""

    def __init__(self) -> None:
        self.received: list[tuple[int, bool]] = []
        self.solves: list[Solve] = []
        self.reopened: list[int] = []
        self.deleted: list[int] = []
        self.open: list[int] = []
        self.ends: list[tuple[int, bool]] = []
        self.final: list[int] = []


class ResolutionOracle:
    """What is right of one log, at any instant."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        """Read the lines, in any order, with any repeats."""
        self._conversations = conversations(lines)
        self._known: dict[tuple[tuple[str, str], int], Course | None] = {}

    def _course(self, key: tuple[str, str], known: list[Event]) -> Course | None:
        if (key, len(known)) not in self._known:
            self._known[key, len(known)] = None if withdrawn(known) else course_of(known)
        return self._known[key, len(known)]

    def at(self, t: int) -> Right:
        """Return every value that is right at *t*, of all levels: counts that are not 0, ratios that there are."""
        sums: dict[Labels, _Sums] = defaultdict(_Sums)
        for key, events in self._conversations.items():
            known = [e for e in events if e.at < t]
            course = self._course(key, known) if known else None
            if course is None:
                continue
            channel = channel_of(known)
            facts: list[tuple[int, str, object]] = [(each[0], "received", each) for each in course.received]
            facts += [(each.at, "solves", each) for each in course.solves]
            facts += [(at, "reopened", at) for at in course.reopened]
            facts += [(at, "deleted", at) for at in course.deleted]
            facts += [(each[0], "ends", each) for each in course.ends]
            facts += [(each.at, "final", each.at + SETTLE) for each in course.settled]
            if course.open_since is not None and (course.open_until is None or t <= course.open_until):
                facts.append((t - 1, "open", course.open_since))
            for at, name, what in facts:
                labels: Labels = (key[0], channel, queue_at(known, at))
                for depth in (1, 2, 3):
                    getattr(sums[labels[:depth]], name).append(what)
        right: Right = {}
        for labels, of_this in sums.items():
            level = LEVELS[len(labels) - 1]
            pairs = tuple(zip(LEVELS, labels, strict=False))
            right[f"support_{level}_backlog_open", pairs] = len(of_this.open)
            right[f"support_{level}_backlog_oldest_seconds", pairs] = (
                ratio(t - min(of_this.open), SECOND) if of_this.open else None
            )
            for window, start in windows(t).items():
                for name, value in _flows(of_this, start, t).items():
                    right[f"support_{level}_rolling_{name}", (*pairs, ("window", window))] = value
        return right


def _flows(sums: _Sums, start: int, t: int) -> dict[str, Value]:
    received = [by_now for at, by_now in sums.received if start <= at < t]
    found = [solve.reopened for solve in sums.solves if start <= solve.at < t]
    reopened = sum(start <= at < t for at in sums.reopened)
    ends = [abandoned for at, abandoned in sums.ends if start <= at < t]
    return {
        "received": len(received),
        "resolved": len(found),
        "reopened": reopened,
        "deleted": sum(start <= at < t for at in sums.deleted),
        "resolutions_settled": sum(start <= at < t for at in sums.final),
        "resolution_rate_ratio": ratio(len(found), len(received)),
        "received_resolved_ratio": ratio(sum(received), len(received)),
        "opened_resolved_ratio": ratio(len(received) + reopened, len(found)),
        "reopen_ratio": ratio(sum(found), len(found)),
        "async_abandonment_ratio": ratio(sum(ends), len(ends)),
    }
