"""Top reasons: how often each reason of a tenant came in a window, gathered from the groups of their own (M73)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.points import REASON, REASONED
from aggregators.reasons import LEVEL
from aggregators.rolling import Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregators.rolling import Rolling

SHOWN: Final = 10
"""So many reasons are shown of a tenant and window: the most frequent ones, the first by name among equals."""
USUAL: Final = "7d"
"""The window that says how frequent a reason usually is."""
_NONE: Final[dict[str, int]] = {}


class TopReasons:
    """The reasons in *rolling* at one look. `forget` before the next one."""

    def __init__(self, rolling: Rolling) -> None:
        self._rolling = rolling
        self._windows: dict[str, dict[str, dict[str, int]]] = {}

    def forget(self) -> None:
        """Look again from now on."""
        self._windows.clear()

    def of(self, window: str, tenant: str) -> Mapping[str, int]:
        """Return how often each reason of *tenant* came in *window*; nothing in a window that nobody asked for."""
        found = self._windows.get(window)
        if found is None:
            found = self._windows[window] = self._gather(window)
        return found.get(tenant, _NONE)

    def usual(self, tenant: str) -> dict[str, float]:
        """Return the usual share of each reason in the contacts of *tenant*."""
        contacts = self._rolling.sums(USUAL, Group("tenant", (tenant,))) if self._rolling.has(USUAL) else {}
        whole = contacts.get(REASONED.choice(1), 0) + contacts.get(REASONED.choice(2), 0)
        return {name: number / whole for name, number in self.of(USUAL, tenant).items()} if whole else {}

    def _gather(self, window: str) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        if self._rolling.has(window):
            for group in self._rolling.groups(window):
                if group.level == LEVEL:
                    tenant, name = group.values
                    number = self._rolling.sums(window, group).get(REASON.count, 0)
                    if number > 0:
                        found.setdefault(tenant, {})[name] = number
        return found


def spread(changed: Iterable[tuple[str, Group]], windows: Iterable[str]) -> set[tuple[str, Group]]:
    """Return the windows of the tenants whose reasons are among what *changed*: each is shown beside the usual ones.

    What is usual changes with contacts that have no reason too.
    """
    tenants = {
        group.values[0]
        for window, group in changed
        if group.level == LEVEL or (window == USUAL and group.level == "tenant")
    }
    return {(window, Group("tenant", (tenant,))) for tenant in tenants for window in windows}


def top(numbers: Mapping[str, int]) -> list[str]:
    """Return the reasons to show of how often each came, the most frequent first."""
    found = [(-number, name) for name, number in numbers.items()]
    return [name for _, name in sorted(found)[:SHOWN]]
