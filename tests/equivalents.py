"""Mutants of rules that do what the rule does, each with the reason: no case can tell them apart."""

from __future__ import annotations

from typing import Final

_ANY_VALUE: Final = "whatever its value is, a series that is there fires, and no annotation tells the value"
EQUIVALENT: Final = {
    'DeskpulseBacklogGrowth: 0 → -1 * (received{window="7d"})': (
        "it counts where nothing was resolved alone: whoever received a hundred is above no times as many as above less"
    ),
    "DeskpulseWatchdog: 1 → 0": _ANY_VALUE,
    "DeskpulseWatchdog: 1 → 2": _ANY_VALUE,
}
"""By what is said of the mutant (`tests.mutants`)."""
