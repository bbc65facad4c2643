"""Parts: what one agent does in a conversation, from an accept on, and what lasts within it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.samples import ACTIVE, HELD, IDLE, Interval

if TYPE_CHECKING:
    from aggregators.samples import Labels


class Part:
    """The part of `agent` (None: nobody was named), which stands in the queue it was accepted in.

    `gaps_ms` is the sum of the gaps longer than the idle time between its signs of life: its opening, messages, holds,
    resumptions, its end. `wrapped` is where its wrap-up was said to end while it still lasted. While nobody has written
    in the whole conversation, `talks` is false and nothing of it is idle: a telephone system sends no messages.
    """

    __slots__ = (
        "_held",
        "_idle_ms",
        "_intervals",
        "_sign",
        "_spoke",
        "_start",
        "_talks",
        "agent",
        "ended",
        "gaps_ms",
        "labels",
        "opened",
        "wrapped",
    )

    def __init__(
        self,
        agent: str | None,
        labels: Labels,
        opened: int,
        *,
        talks: bool,
        idle_ms: int,
        intervals: list[Interval],
    ) -> None:
        self.agent = agent
        self.labels = labels
        self.opened = opened
        self.ended = opened
        self.gaps_ms = 0
        self.wrapped: int | None = None
        self._talks = talks
        self._idle_ms = idle_ms
        self._intervals = intervals
        self._sign = opened
        self._spoke = opened
        self._held = False
        self._start = opened  # of being active, or held

    def is_of(self, agent: str | None) -> bool:
        """Tell whether it may be the part of *agent*: somebody unnamed may be anybody."""
        return agent is None or self.agent is None or agent == self.agent

    def write(self, at: int) -> None:
        """Note a message."""
        self._live(at)
        self._rest(at)
        self._spoke = at
        self._talks = True

    def hold(self, at: int, *, held: bool) -> None:
        """Note that it is on hold from now on, or no longer."""
        self._live(at)
        if held != self._held:
            self._turn(at)

    def end(self, at: int) -> None:
        """Note that it ended."""
        self._live(at)
        self.lapse(at)
        self.ended = at

    def lapse(self, at: int) -> None:
        """End what lasts, and nothing more: nobody said that it ended."""
        self._rest(at)
        self._turn(at)

    def _live(self, at: int) -> None:
        gap_ms = at - self._sign
        if self._talks and gap_ms > self._idle_ms:
            self.gaps_ms += gap_ms
        self._sign = at

    def _rest(self, at: int) -> None:
        """Let it have been idle until *at*, if nobody wrote for long enough."""
        idle = self._spoke + self._idle_ms
        if self._talks and at > idle:
            self._intervals.append(Interval(IDLE, self.labels, idle, at, self._spoke))

    def _turn(self, at: int) -> None:
        """Let it have been active, or held, until *at*, and be the other from then on."""
        start = self._start
        if at > start:
            kind, since = (HELD, start) if self._held else (ACTIVE, self.opened)
            self._intervals.append(Interval(kind, self.labels, start, at, since))
        self._held = not self._held
        self._start = at
