"""When an alert fires: `for` and `keep_firing_for` as Prometheus takes them.

The states are those of `AlertingRule.Eval` in Prometheus' rules/alerting.go (2.42 to 3.x): an expression that yields a
label set makes it pending; once it has done so at every evaluation over `for`, it fires; at the first evaluation that
no longer yields it `keep_firing_for` begins, and when that is over without the label set coming back, it is resolved. A
pending one that is not yielded is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

Labels = tuple[tuple[str, str], ...]
"""Pairs of name and value, by name."""


class Page(NamedTuple):
    """One time that an alert fired for a label set, in epoch ms; `until_ms` is None if it still did at the end."""

    labels: Labels
    pending_ms: int
    fired_ms: int
    until_ms: int | None


@dataclass(slots=True)
class _Active:
    pending_ms: int
    fired_ms: int | None = None
    keeping_ms: int | None = None


class Firing:
    """One alert rule, evaluated at one instant after the other. `hold_ms` is its `for`, `keep_ms` keep_firing_for."""

    def __init__(self, *, hold_ms: int, keep_ms: int) -> None:
        self._hold_ms, self._keep_ms = hold_ms, keep_ms
        self._active: dict[Labels, _Active] = {}
        self._over: list[Page] = []

    def evaluate(self, at_ms: int, yielded: Collection[Labels]) -> None:
        """Take in the label sets that the expression yields at *at_ms*, which is later than every one before."""
        for labels in yielded:
            alert = self._active.setdefault(labels, _Active(at_ms))
            alert.keeping_ms = None
            if alert.fired_ms is None and at_ms - alert.pending_ms >= self._hold_ms:
                alert.fired_ms = at_ms
        for labels in [each for each in self._active if each not in yielded]:
            self._miss(at_ms, labels)

    def pages(self) -> list[Page]:
        """Return every time it fired up to now, by the instant of firing."""
        still = (
            Page(labels, alert.pending_ms, alert.fired_ms, None)
            for labels, alert in self._active.items()
            if alert.fired_ms is not None
        )
        return sorted((*self._over, *still), key=lambda page: (page.fired_ms, page.labels))

    def _miss(self, at_ms: int, labels: Labels) -> None:
        alert = self._active[labels]
        if alert.fired_ms is not None:
            if alert.keeping_ms is None:
                alert.keeping_ms = at_ms
            if at_ms - alert.keeping_ms < self._keep_ms:
                return
            self._over.append(Page(labels, alert.pending_ms, alert.fired_ms, at_ms))
        del self._active[labels]
