"""Guards: for whom, when and how many an alert is about, the same for every alert that says so."""

from __future__ import annotations

from typing import Final

from stream.alerting.promql import PLACE, both, gauge, grouped, least

LIVE_S: Final = 900
"""Where somebody is to be answered within a quarter of an hour people stand and wait; else they have written."""
FEWEST: Final = 20
"""Of fewer a share says nothing that is worth a page: one of ten is a tenth."""
CERTAIN: Final = 2.33
"""So many standard errors a share may be off by chance once in a hundred times, to one side: the 0.99 quantile of the
normal distribution. The error is that of the share which is asked for, not of the one that was seen, so that it is not
0 where all or none were: the score test of a proportion (E. B. Wilson, "Probable inference, the law of succession, and
statistical inference", Journal of the American Statistical Association 22, 1927), by the normal approximation."""
SETTLED: Final = "15m"
"""What was left over night is not the fault of who has just opened: so long a queue has to be open."""
GRACE: Final = "2m"
"""People wait at 8:59 and agents sign in at 9:00: what cannot wait for SETTLED waits for that."""
WAITING: Final = gauge("waiting")
PAST_TARGET: Final = gauge("waiting_past_target")
TARGET: Final = gauge("wait_target_seconds")
SLOTS: Final = gauge("slots")
LIVE: Final = f"{TARGET} <= {LIVE_S}"
CLOSED: Final = f"{gauge('open')} == 0"
JUST_OPENED: Final = f"{least('open', SETTLED)} == 0"
"""Closed now, or not open for long yet. Without a calendar there is no such series: all time counts."""


def chance(variance: str, count: str) -> str:
    """Return by how much a share of *count* may differ by chance from one whose p (1 - p) is *variance*."""
    return f"{CERTAIN} * sqrt({variance} / {count})"


def while_open(expression: str, *, settled: str = SETTLED) -> str:
    """Return *expression* for queues that are not closed by their calendar, nor have been within *settled*."""
    closed = f"{least('open', settled)} == 0" if settled else CLOSED
    return both(grouped(expression), closed, operator=f"unless on ({', '.join(PLACE)})")


OF_OPEN: Final = "open by its calendar, if it has one"
OF_STAFFED: Final = "open for 2 min by its calendar, if it has one"
OF_SETTLED: Final = "open for 15 min by its calendar, if it has one"
