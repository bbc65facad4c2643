"""The sweep of the resolutions: what was received, solved, reopened, and how long it took.

`docs/definitions-resolution.md` has every rule of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators import business, points, touches
from aggregators.calendars import business_ms
from aggregators.episodes import Episode, Pauses, Solve, Spans
from aggregators.health import CHAT_REVIVED
from aggregators.points import Point
from aggregators.samples import Twice
from aggregators.touches import CREATED, MESSAGES, STARTED, STATUS_CHANGED, Touches, doer
from aggregators.vocabulary import ACTOR, AGENT, BY, BY_CODE, INITIATED_BY, OURS, RESOLVED, STATUS, THANKS, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aggregators.definitions import Definitions
    from aggregators.facts import Fact
    from aggregators.places import Places
    from aggregators.samples import Interval, Sample
    from aggregators.tells import Solved

_CLOSED: Final = code_of("chat.closed")
_REOPENED: Final = code_of("chat.reopened")
_DELETED: Final = code_of("ticket.deleted")
_ABANDONED: Final = code_of("chat.abandoned")

TYPES: Final = touches.TYPES | {_CLOSED, _REOPENED, _DELETED}
"""The types this sweep reads."""
_CHAT: Final = frozenset(code for code in TYPES if BY_CODE[code].family == "chat")
_SOLVED: Final = frozenset({"solved", "closed"})
_PAUSED: Final = frozenset({"pending", "on_hold"})
_OPEN: Final = frozenset({"new", "open"})
_UNSOLVED: Final = _PAUSED | _OPEN
_ASYNC: Final = frozenset({"email", "social", "offline"})
_TAKEN_UP: Final = frozenset({_REOPENED, code_of("chat.queued"), code_of("chat.accepted")})


class Lives(NamedTuple):
    """How long each episode was there to be solved: (start of its clock, when it was open, its last solve if solved).

    `pauses` are those of the status, over all episodes; `contained` the instants at which a bot contained one.
    """

    episodes: list[tuple[int, Spans, int | None]]
    pauses: Spans
    contained: list[int]


def observe(
    facts: Sequence[Fact],
    places: Places,
    definitions: Definitions,
    samples: list[Sample],
    intervals: list[Interval],
    *,
    solved: list[Solved] | None = None,
) -> Lives:
    """Add what one conversation contributes, and to *solved* its episodes that were solved and not taken back by us.

    `facts` are those of TYPES in the order of the sweep.
    """
    told: list[Solved] = [] if solved is None else solved
    sweep = _Sweep(facts, places, definitions=definitions, samples=samples, intervals=intervals, solved=told)
    sweep.run()
    return sweep.lives()


def over_at(facts: Iterable[Fact], definitions: Definitions) -> int | None:
    """Return when nobody is expected to write any more: at the deletion, and a chat once it has fallen silent.

    None of a ticket that is there. *facts* are all of a conversation, in order.
    """
    last: int | None = None
    is_chat = is_ticket = False
    for at, _, _, code, _ in facts:
        if code == _DELETED:
            return at
        if code in TYPES:
            last = at
            is_chat = is_chat or code in _CHAT
            is_ticket = is_ticket or code == CREATED
    return last + definitions.silent_ms if is_chat and not is_ticket and last is not None else None


class _Sweep:
    """One conversation while it is gone through: its current episode, and what was done since the one before."""

    def __init__(
        self,
        facts: Sequence[Fact],
        places: Places,
        *,
        definitions: Definitions,
        samples: list[Sample],
        intervals: list[Interval],
        solved: list[Solved],
    ) -> None:
        self._solved = solved
        self._facts = facts
        self._places = places
        self._definitions = definitions
        self._samples = samples
        self._intervals = intervals
        self._begun = self._left_at = -1
        self._ours = False
        self._is_ticket = False
        self._episode: Episode | None = None
        self._done = Touches(definitions.merged_sends_ms)
        self._pauses = Pauses()
        self._ends: list[tuple[int, int]] = []
        self._revived: list[int] = []
        self._episodes: list[Episode] = []
        self._contained: list[int] = []
        self._thanked = False

    def run(self) -> None:
        """Go through the facts, and add everything."""
        silent_ms, last = self._definitions.silent_ms, self._facts[0].at
        for place, fact in enumerate(self._facts):
            at, _, _, code, fields = fact
            if at - last >= silent_ms and self._episode is not None and self._episode.pending is None:
                self._revived.append(at)
            last = at
            episode = self._episode
            if episode is not None and episode.pending is not None and self._is_spared(fact):
                continue
            asks = self._done.take(fact)
            status = fields[STATUS] if code == STATUS_CHANGED else ""
            if episode is None:
                self._begin(fact, asks=asks)
            elif episode.pending is not None:
                if asks or code == _REOPENED or status in _UNSOLVED:
                    self._reopen(episode, episode.pending, place, by="customer" if asks else doer(fields))
            elif asks or code in _TAKEN_UP or status in _UNSOLVED:
                episode.resume(at)
            elif code == _ABANDONED:
                episode.halt(at)
            if status:
                self._pause(at, status)
            if code == CREATED:
                self._is_ticket = True
            elif code == _CLOSED or (status and status in _SOLVED):
                self._resolve(place)
            elif code == _DELETED:
                episode = self._received()
                if episode is not None:
                    episode.delete(at)
                    break
        self._finish()

    def lives(self) -> Lives:
        """Return the episodes as the policy clocks want them."""
        episodes = [(each.clock, each.stays, each.solved_at) for each in self._episodes]
        return Lives(episodes, self._pauses.spans, self._contained)

    def _pause(self, at: int, status: str) -> None:
        if status in _PAUSED:
            self._pauses.begin(at)
        elif status in _UNSOLVED or status in _SOLVED:
            self._pauses.end(at)

    def _begin(self, fact: Fact, *, asks: bool) -> None:
        """Take a fact while nothing is received."""
        at, _, _, code, fields = fact
        if code in (STARTED, CREATED):
            if self._begun < 0:
                self._begun = at
            by = fields.get(INITIATED_BY)
            if by is not None:
                self._ours = by in OURS
        if asks:
            self._receive(at, clock=self._begun if self._ours else at)
        elif code == _ABANDONED:
            self._left_at = at
        elif code in _TAKEN_UP:
            self._left_at = -1

    def _receive(self, at: int, *, clock: int) -> Episode:
        before = self._episode.solved_at if self._episode is not None else None
        episode = Episode(
            self._places, self._samples, self._intervals, received=at, clock=clock, before=before,
            settle_ms=self._definitions.settle_ms, ends=self._ends, solved=self._solved,
        )  # fmt: skip
        self._episode = episode
        self._episodes.append(episode)
        return episode

    def _received(self) -> Episode | None:
        """Return the episode, None without one. What nobody wrote to is received where it began, once it matters."""
        if self._episode is None and self._begun >= 0:
            episode = self._receive(self._begun, clock=self._begun)
            if self._left_at >= 0:
                episode.halt(self._left_at)
        return self._episode

    def _resolve(self, place: int) -> None:
        """Take a close, or a status of solved or closed: it is a solve, or it is not."""
        at, _, _, code, fields = self._facts[place]
        episode = self._received()
        if episode is None:
            return
        if episode.pending is None:
            done = self._done
            alone = done.asked and not done.replied
            # Who is not named, or by an unknown word, is not human, and only a human resolves without a reply.
            withdrawn = alone and doer(fields) != "human"
            if code == _CLOSED:
                solved = fields.get(RESOLVED, True)
                # A customer who closes has left the bot, unless it says that it helped.
                left = fields.get(BY) == "customer" and RESOLVED not in fields
                contained = done.contained and not left
                if not (solved and (contained or done.replied or (done.accepted and not done.asked))):
                    episode.shut(at, alone=alone, withdrawn=withdrawn)
                    return
                if contained:
                    self._contained.append(at)
                alone = withdrawn = False
            by_timeout = done.answered and done.reply_at >= episode.taken_up_at and doer(fields) == "system"
            stop = done.reply_at if by_timeout else at
            replies = done.replies if done.asked else -1
            ended = (by_timeout, alone, withdrawn)
            is_human = bool(done.touches or done.owners or replies)
            episode.solve(Solve(place, at, stop, *ended, replies, done.touches, len(done.owners), is_human))
        if code == _CLOSED or fields[STATUS] == "closed":
            episode.close(at)

    def _reopen(self, episode: Episode, solve: Solve, place: int, *, by: str | None) -> None:
        """Take what reopens: a correction, a reopening, or the customer's next episode."""
        at = self._facts[place].at
        since = at - solve.at
        if by == "human" and since <= self._definitions.correction_ms and self._is_own(solve, place):
            episode.correct()
            return
        self._thanked = False
        self._pauses.end(solve.at)
        if by != "customer" or since <= self._definitions.settle_ms:
            episode.reopen(solve, at, by_customer=by == "customer")
            return
        episode.finish(self._pauses, silent_at=None)
        self._done = Touches(self._definitions.merged_sends_ms)
        for fact in self._facts[solve.place + 1 : place + 1]:
            if not self._is_only_thanks(fact):
                self._done.take(fact)
        self._receive(at, clock=at)

    def _is_own(self, solve: Solve, place: int) -> bool:
        """Tell whether the human who reopens may be the one who solved: nothing says that it was somebody else."""
        done, undone = self._facts[solve.place].fields, self._facts[place].fields
        if doer(done) not in {"human", None}:
            return False
        return AGENT not in done or AGENT not in undone or bool(done[AGENT] == undone[AGENT])

    def _is_spared(self, fact: Fact) -> bool:
        """Tell whether a fact after a solve reopens nothing as it is thanks, or an open status that thanks led to."""
        if self._definitions.thanks_reopen:
            return False
        if self._is_only_thanks(fact):
            self._thanked = True
            return True
        fields = fact[4]
        return self._thanked and fact[3] == STATUS_CHANGED and fields[STATUS] in _OPEN and doer(fields) != "human"

    def _is_only_thanks(self, fact: Fact) -> bool:
        """Tell whether it is a customer's message that asks for nothing, where the definitions spare those."""
        if self._definitions.thanks_reopen or fact[3] not in MESSAGES:
            return False
        return fact[4][ACTOR] == "customer" and bool(fact[4].get(THANKS, False))

    def _count_business(self) -> None:
        """Say of each resolution of which business hours leave only a part how long that is."""
        for episode in self._episodes:
            solve = episode.pending
            if solve is not None:
                labels = self._places.at(solve.at)
                hours = business.hours_of(self._definitions, labels)
                took_ms = solve.stop - episode.clock
                open_ms = took_ms if hours is None else business_ms(hours, episode.clock, solve.stop)
                if open_ms != took_ms:
                    self._samples.append(Twice(points.SOLVED_BUSINESS.code, solve.at, labels, took_ms, open_ms))

    def _finish(self) -> None:
        episode = self._received()
        if episode is None:
            return
        silent_at: int | None = None
        if not self._is_ticket and any(fact.type in _CHAT for fact in self._facts):
            silent_at = self._facts[-1].at + self._definitions.silent_ms
            for at in self._revived:
                self._samples.append(Point(points.REVIVED.code, at, self._places.at(at), CHAT_REVIVED))
        episode.finish(self._pauses, silent_at=silent_at)
        if self._definitions.calendars:
            self._count_business()
        if self._is_ticket or self._places.channel in _ASYNC:
            for at, ended in self._ends:
                self._samples.append(Point(points.ASYNC_ENDED.code, at, self._places.at(at), ended))
