"""Burn rates: how fast the share of people who may wait too long is used up, and where that is worth a page.

With a target of 80 % one in five may wait too long. Where all of them do the budget burns five times as fast as it may:
no burn above 1 / (1 − target) can ever be, so tables made for 99.9 % (14.4, 6) would never fire here.

Prometheus' windows of 15 min and 3 h are no windows of ours. Both are put together of three that are, one after the
other: their counts add up, and those who are waiting too long now are added once.

    15 min   |== 5m ==|== 5m ==|== 5m ==|      the older ones as they were shown then: what came late since is in the
                                       now     windows that still hold it
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from stream.alerting.guards import FEWEST, LIVE, OF_SETTLED, PAST_TARGET, while_open
from stream.alerting.promql import both, gauge, grouped, lines
from stream.alerting.rules import QUEUE, Alert, Behind, Group, Recording, Severity

IN_TIME: Final = "queue:support_queue_service_level_in_time:sum"
LEGS: Final = "queue:support_queue_service_level_legs:sum"
LIVE_RATIO: Final = "queue:support_queue_service_level_ratio:live"


class Burn(NamedTuple):
    """A line of the table: it fires where the long and the short window both burn so fast."""

    severity: Severity
    long: str
    short: str
    rate: Fraction

    def limit(self, target: Fraction) -> Fraction:
        """Return the service level below which the budget of *target* burns so fast; not above 0: it never does."""
        return 1 - self.rate * (1 - target)


TABLE: Final = (
    Burn("critical", "15m", "5m", Fraction(4)),
    Burn("critical", "30m", "5m", Fraction(3)),
    Burn("critical", "1h", "15m", Fraction(2)),
    Burn("warning", "3h", "30m", Fraction(3, 2)),
)
"""For a day of ten hours: 10 %, 15 %, 20 % and 45 % of its budget are spent when it fires."""
COMPOSED: Final = {"15m": ("5m", "5m", "10m"), "3h": ("1h", "1h", "2h")}
"""Window → the window it is made of three of, and by how much the other two are earlier."""
_PAGES: Final = (
    "The long window says that it matters, the short one that it still goes on, and SL_live that somebody can still be "
    "helped: who has waited too long counts before they are answered or leave. One alert for all windows, so that a "
    "spike is one page."
)
_SLOW: Final = "Never so bad that somebody has to come, but too bad for too long: half of what a day allows is gone."
_NAMES: Final[dict[Severity, str]] = {
    "critical": "DeskpulseServiceLevelBurn",
    "warning": "DeskpulseServiceLevelBurnSlow",
}
_WORDS: Final = {"5m": "5 min", "15m": "15 min", "30m": "30 min", "1h": "1 h", "3h": "3 h"}


def recordings() -> tuple[Recording, ...]:
    """Return what the windows of the table need that no gauge has."""
    bases = {base for base, *_ in COMPOSED.values()}
    counted = [window for window in ("5m", "30m", "1h") if window in bases | {line.long for line in TABLE}]
    return (
        *(_in_time(window) for window in counted),
        *(_legs(window) for window in counted),
        *(_composed(name, window) for window in COMPOSED for name in (IN_TIME, LEGS)),
        *(_ratio(window) for window in COMPOSED),
    )


def alerts(target: Fraction) -> tuple[Alert, ...]:
    """Return the alert of each severity that *target* leaves a line to."""
    return tuple(
        _alert(severity, tuple(line for line in TABLE if line.severity == severity), target)
        for severity in _NAMES
        if any(line.severity == severity and line.limit(target) > 0 for line in TABLE)
    )


def group(target: Fraction) -> Group:
    """Return the rules of the service level; what cannot be reached is left out, and the reason says so."""
    left_out = [f"{float(line.rate):g} in {_WORDS[line.long]}" for line in TABLE if line.limit(target) <= 0]
    reason = (
        f"The target is {percent(target)} (service_level.target of the definitions): the budget burns at most "
        f"{float(1 / (1 - target)):.3g} times as fast as it may."
    )
    if left_out:
        reason += f" Left out, for they cannot be reached: {', '.join(left_out)}."
    return Group("deskpulse-service-level", reason, (*recordings(), *alerts(target)))


def _recorded(name: str, window: str) -> str:
    return f'{name}{{window="{window}"}}'


def _in_time(window: str) -> Recording:
    answered = gauge("answered", window=window)
    share = gauge("service_level_ratio", window=window, variant="SL1")
    return Recording(
        record=IN_TIME,
        expr=both(f"{answered} * {share}", answered, operator="or"),
        labels={"window": window},
        reason=f"Answered in time in {_WORDS[window]}. Of nobody answered there is no share, and 0 were.",
    )


def _legs(window: str) -> Recording:
    answered = gauge("answered", window=window)
    ended = grouped(both(*(gauge(each, window=window) for each in _ENDED), operator="+"))
    share = gauge("service_level_ratio", window=window, variant="SL4")
    in_time = f"max without (window) ({_recorded(IN_TIME, window)})"
    left_in_time = both(f"{ended} * {share} - {in_time}", f"0 * {answered}", operator="or")
    return Recording(
        record=LEGS,
        expr=both(ended, grouped(left_in_time), operator="-"),
        labels={"window": window},
        reason=f"Whoever counts in SL3 in {_WORDS[window]}: answered, or left after the target.",
    )


_ENDED: Final = ("answered", "abandoned", "short_abandoned")


def _composed(name: str, window: str) -> Recording:
    base, *before = COMPOSED[window]
    now = _recorded(name, base)
    parts = [now, *(grouped(f"{now} offset {offset} or 0 * {now}") for offset in before)]
    return Recording(
        record=name,
        expr=both(*parts, operator="+"),
        labels={"window": window},
        reason=f"{_WORDS[window]} of three times {_WORDS[base]}; what Prometheus does not know of is nothing.",
    )


def _ratio(window: str) -> Recording:
    legs = f"max without (window) ({_recorded(LEGS, window)})"
    in_time = f"max without (window) ({_recorded(IN_TIME, window)})"
    return Recording(
        record=LIVE_RATIO,
        expr=f"{lines(in_time)}\n/\n{lines(grouped(f'{legs} + {PAST_TARGET} > 0'))}",
        labels={"window": window},
        reason=f"SL_live over {_WORDS[window]}.",
    )


def _share(window: str) -> str:
    if window in COMPOSED:
        return f"max without (window) ({_recorded(LIVE_RATIO, window)})"
    return gauge("service_level_ratio", window=window, variant="SL_live")


def _line(line: Burn, target: Fraction) -> str:
    limit = f"{float(line.limit(target)):.6g}"
    counted = f"max without (window) ({_recorded(LEGS, line.long)}) + {PAST_TARGET} >= {FEWEST}"
    return grouped(both(f"{_share(line.long)} < {limit}", f"{_share(line.short)} < {limit}", counted))


def _alert(severity: Severity, table: tuple[Burn, ...], target: Fraction) -> Alert:
    reachable = [line for line in table if line.limit(target) > 0]
    limits = ", ".join(f"{percent(line.limit(target))} over {_WORDS[line.long]}" for line in reachable)
    pages = severity == "critical"
    shown = reachable[-1].long if reachable[-1].long not in COMPOSED else COMPOSED[reachable[-1].long][0]
    return Alert(
        name=_NAMES[severity],
        slug="service-level-burn",
        severity=severity,
        team="support",
        expr=while_open(both(grouped(both(*(_line(line, target) for line in reachable), operator="or")), LIVE)),
        holds="30s" if pages else "5m",
        keeps="5m" if pages else "15m",
        summary="Far too few are answered in time." if pages else "Too few are answered in time, for hours.",
        description=(
            "Only {{ $value | humanizePercentage }} of those who came to the queue {{ $labels.queue }} "
            "({{ $labels.channel }}, tenant {{ $labels.tenant }}) were answered in time, those counted who have waited "
            f"too long by now. That is below {limits}; the target is {percent(target)}."
        ),
        dashboard="deskpulse-queue",
        behind=Behind("service_level_ratio", window="30m" if pages else shown, pinned=(("variant", "SL_live"),)),
        place=QUEUE,
        reason=_PAGES if pages else _SLOW,
        condition="SL_live below "
        + "; ".join(
            f"{percent(line.limit(target))} over {_WORDS[line.long]} and over {_WORDS[line.short]} "
            f"(burn {float(line.rate):g})"
            for line in reachable
        ),
        guard=f"{FEWEST} people in the long window; live queues; {OF_SETTLED}",
    )


def percent(share: Fraction) -> str:
    """Return a share as people write it: 80 %."""
    return f"{float(100 * share):.4g} %"
