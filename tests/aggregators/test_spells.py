"""How long something lasted within a window: from what holds at its end, and what began and ended in it."""

from __future__ import annotations

from aggregators.points import BY_CODE
from aggregators.reading import Reading, State
from aggregators.samples import AVAILABLE, SPELLS
from aggregators.spells import lasted_ms

TURN = BY_CODE[SPELLS[AVAILABLE]]


def test_what_the_last_pane_holds_beyond_now_is_not_there_yet() -> None:
    """Available since 1 100 s, as now at 1 300 s; a second agent will be at 1 305 s, in the pane until 1 310 s: 200 s.

    window 1 000 s ──── 1 100 s ══════════ 1 300 s now · 1 305 s · 1 310 s
    """
    sums = {TURN.count: 2, TURN.total: 1_100_000 + 1_305_000}
    state = State(lasting={AVAILABLE: 1}, ahead={AVAILABLE: (1, 1_305_000)})

    assert lasted_ms(Reading(sums, state, as_of=1_300_000, start=1_000_000), AVAILABLE) == 200_000


def test_what_holds_throughout_and_what_ended() -> None:
    """One for all of 300 s, another until 40 s after the window began: 340 s."""
    sums = {TURN.count: -1, TURN.total: -1_040_000}

    assert (
        lasted_ms(Reading(sums, State(lasting={AVAILABLE: 1}), as_of=1_300_000, start=1_000_000), AVAILABLE) == 340_000
    )
