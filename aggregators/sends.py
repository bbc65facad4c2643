"""Sends: the human replies of an episode, where that is asked for what one agent sends within a while as one."""

from __future__ import annotations


class Sends:
    """Counts replies in `number`, from the first customer message on.

    A reply of an agent at most `within_ms` after the same agent's last one is part of that, unless the customer wrote
    in between. At one instant customers come before all other messages. Below 0 every reply counts, and so does each
    of nobody's name.
    """

    __slots__ = ("_agents", "_at", "_before", "_fresh", "_last", "_within_ms", "number")

    def __init__(self, within_ms: int) -> None:
        self.number = 0
        self._within_ms = within_ms
        self._last: dict[str, int] = {}
        # Of the instant of the latest reply: the number before it, and what its replies come to on their own.
        self._at = self._before = -1
        self._fresh = 0
        self._agents: set[str] = set()

    def send(self, at: int, agent: str | None) -> None:
        """Take in a reply."""
        if at != self._at:
            self._at, self._before, self._fresh, self._agents = at, self.number, 0, set()
        if agent is None or self._within_ms < 0:
            self.number += 1
            self._fresh += 1
            return
        if agent not in self._agents:
            self._agents.add(agent)
            self._fresh += 1
            last = self._last.get(agent)
            if last is None or at - last > self._within_ms:
                self.number += 1
        self._last[agent] = at

    def ask(self, at: int, *, first: bool) -> None:
        """Take in a customer message; nothing counts that is before the *first*."""
        if at != self._at:
            self._last = {}
            if first:
                self.number = 0
            return
        if first:
            self._before = 0
        self.number = self._before + self._fresh
        self._last = dict.fromkeys(self._agents, at)
