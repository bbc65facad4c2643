"""Service level agreements: what is due, at risk and past its deadline, and what was kept (M47).

Definitions to the letter: `docs/definitions-sla.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators.measures import FIRST_RESPONSES, REPLIES
from aggregators.metric import Metric, rolling, state
from aggregators.points import SLA_ATTAINED, SLA_BREACHED, SLA_UNMET, SOLVED
from aggregators.reading import Reading, Value, ratio
from aggregators.samples import CLOCKS, RESPONSE_LEFT, SLA_AT_RISK, SLA_OPEN, SLA_PAST, UNANSWERED, of_clock
from aggregators.sla import AFTER_RESOLVE, FIRST_REPLY, NEXT_REPLY, RESOLUTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BY_NUMBER: Final = dict(enumerate(CLOCKS, start=1))

_TAKES_BACK: Final = (
    "counted at the deadline whether or not anything happens; a reply or solve that is learnt later and came by then "
    "takes it back"
)


def _now(kind: int) -> Callable[[Reading], Mapping[str, Value]]:
    """Return what reads how many clocks are in a state, by their name."""
    return lambda r: {name: r.state.lasting.get(of_clock(kind, n), 0) for n, name in _BY_NUMBER.items()}


def _breached(r: Reading) -> Mapping[str, Value]:
    return {name: r[SLA_BREACHED.choice(number)] for number, name in _BY_NUMBER.items()}


def _open(r: Reading) -> Mapping[str, Value]:
    """Return the clocks that are open: of a first reply as first responses are, of a next one as other stretches.

    First responses stay open where the conversation is over, and clocks do not.
    """
    lasting = r.state.lasting
    first = r.state.response_open - lasting.get(RESPONSE_LEFT, 0)
    own = lasting.get(of_clock(SLA_OPEN, NEXT_REPLY), 0)
    following = lasting.get(UNANSWERED, 0) - first if "unanswered" in r.definitions.families else own
    return dict(zip(CLOCKS, (first, following, lasting.get(of_clock(SLA_OPEN, RESOLUTION), 0)), strict=True))


def _attained(r: Reading) -> dict[str, int]:
    """Return the clocks that were met: first responses, the other replies, last solves, but those that met none."""
    unmet = [r[SLA_UNMET.choice(choice)] for choice in (FIRST_REPLY, NEXT_REPLY, RESOLUTION, AFTER_RESOLVE)]
    first = r[FIRST_RESPONSES] - unmet[0] - unmet[3]
    following = r[REPLIES] - r[FIRST_RESPONSES] - unmet[1] + unmet[3]
    solved = r[SOLVED.count] - unmet[2] if "resolution" in r.definitions.families else r[SLA_ATTAINED.count]
    return dict(zip(CLOCKS, (first, following, solved), strict=True))


def _attainment(r: Reading) -> Mapping[str, Value]:
    attained = _attained(r)
    return {
        name: ratio(attained[name], attained[name] + r[SLA_BREACHED.choice(number)])
        for number, name in _BY_NUMBER.items()
    }


METRICS: tuple[Metric, ...] = (
    state(
        "sla_open",
        "clocks",
        "Policy clocks that run or are paused now.",
        "clocks started and neither met nor ended",
        "M47",
        read=_open,
        extra="clock",
        edges="pending and on hold count; solved, closed and merged do not, nor a chat 24 h after its last event",
    ),
    state(
        "sla_at_risk",
        "clocks",
        "Policy clocks that are due soon: less than 20 % of their target is left.",
        "open clocks with 0 ≤ deadline − as_of < 20 % of the target, in the time of the clock",
        "M47",
        read=_now(SLA_AT_RISK),
        extra="clock",
        edges="past the deadline it is no risk any more; paused at risk it stays so",
        vendors="Zendesk: less than a set time left · Freshdesk: escalation before the due time",
    ),
    state(
        "sla_past_deadline",
        "clocks",
        "Policy clocks that are open now and past their deadline.",
        "open clocks with as_of > deadline",
        "M47",
        read=_now(SLA_PAST),
        extra="clock",
        edges="at exactly the deadline it is not past it; while it is paused it stays, a solve ends it",
    ),
    rolling(
        "sla_breached",
        "clocks",
        "Policy clocks whose deadline passed in the window before they were met.",
        "clocks not met by their deadline, by the deadline",
        "M47",
        read=_breached,
        extra="clock",
        edges=_TAKES_BACK,
        vendors="Zammad and Chatwoot count when the reply comes, or never if none does",
    ),
    rolling(
        "sla_attained",
        "clocks",
        "Policy clocks that were met in the window, by their deadline.",
        "replies and last solves that came by the deadline",
        "M47",
        read=_attained,
        extra="clock",
        edges="met at exactly the deadline; a reopening takes the solve back, and the clock goes on with what was left",
    ),
    rolling(
        "sla_attainment_ratio",
        "ratio",
        "Share of policy clocks that were met by their deadline.",
        "attained / (attained + breached)",
        "M47",
        read=_attainment,
        extra="clock",
        edges="what ended without a result is in neither: closed or left without a reply before the deadline, "
        "contained by a bot, deleted",
    ),
    Metric(
        suffix="sla_breaches_total",
        family="total",
        kind="counter",
        unit="clocks",
        help="Policy clocks whose deadline passed before they were met.",
        formula="clocks not met by their deadline",
        source="M47",
        read=_breached,
        extra="clock",
        edges=_TAKES_BACK,
    ),
)
