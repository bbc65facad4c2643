"""Alerts of what takes hours and days, for who leads: replies, satisfaction, backlog, policies, bots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stream.alerting import unanswered
from stream.alerting.burn import percent
from stream.alerting.guards import CERTAIN, FEWEST, OF_SETTLED, chance, while_open
from stream.alerting.history import DAY_S, known_for, new
from stream.alerting.promql import both, gauge, grouped
from stream.alerting.rules import CHANNEL, QUEUE, Alert, Behind, Group

if TYPE_CHECKING:
    from fractions import Fraction

BREACHES: Final = 5
GROWTH: Final = 1.1
CONTAINED: Final = 0.7
"""A third less than usual; of few conversations so much less that it is no chance: `guards.CERTAIN`."""
_WHERE: Final = "the queue {{ $labels.queue }} ({{ $labels.channel }}, tenant {{ $labels.tenant }})"
_WHERE_OF_CHANNEL: Final = "{{ $labels.channel }} (tenant {{ $labels.tenant }})"


def _growth() -> str:
    def of_week(suffix: str) -> str:
        return gauge(suffix, window="7d", level="channel")

    received, reopened = of_week("received"), of_week("reopened")
    # No share of them: of nothing resolved there is none, and that is the worst week.
    resolved = grouped(both(of_week("resolved"), f"0 * {received}", operator="or"))
    came = grouped(both(grouped(f"{received} + {reopened}"), received, operator="or"))
    grows = both(came, f"{GROWTH} * {resolved}", operator=">")
    left = gauge("backlog_open", level="channel")
    much = both(grouped(grows), f"{received} >= 100", grouped(both(left, f"{resolved} / 7", operator=">")))
    known = grouped(both(grouped(much), known_for(7 * DAY_S - 3_600), operator="unless on ()"))
    return both(known, new(received, CHANNEL), operator=f"unless on ({', '.join(CHANNEL)})")


def _contained() -> str:
    def of(suffix: str, window: str) -> str:
        return gauge(suffix, window=window, level="channel")

    lately, usually = of("bot_containment_ratio", "1h"), of("bot_containment_ratio", "7d")
    count = of("bot_conversations", "1h")
    asked = f"{CONTAINED} * {usually}"
    far = both(lately, f"{asked} - {chance(f'({asked}) * (1 - {asked})', count)}", operator="<")
    return both(grouped(far), f"{count} >= {FEWEST}")


def _in_time(target: Fraction) -> Fraction:
    """Return the least share of first responses in time: half of it missed is worth a word, as at a burn of 2."""
    return max(1 - 2 * (1 - target), target / 2)


def group(target: Fraction) -> Group:
    """Return the rules; *target* is the share that is to be in time."""
    limit, kept = _in_time(target), target
    attainment = gauge("first_response_attainment_ratio", window="1h")
    counted = f"{gauge('first_responses', window='1h')} + {gauge('first_response_open_past_target')} >= {FEWEST}"
    # The clock is left: each has an alert of its own.
    breached = f"{gauge('sla_breached', window='1h')} >= {BREACHES}"
    attained = f"{gauge('sla_attainment_ratio', window='1h')} < {float(kept):.6g}"
    jump = f"{gauge('csat_jump', window='1h')} == -1"
    return Group(
        "deskpulse-conversations",
        "What takes hours and days. All of it is looked at during the day; nobody is woken.",
        (
            Alert(
                name="DeskpulseFirstResponseAttainment",
                slug="first-response-attainment",
                severity="warning",
                team="support",
                expr=while_open(both(f"{attainment} < {float(limit):.6g}", grouped(counted))),
                holds="5m",
                keeps="15m",
                summary="Too few first messages are answered in time.",
                description=(
                    f"Only {{{{ $value | humanizePercentage }}}} of the first responses of the last hour in {_WHERE} "
                    f"were in time, those still open past their target counted; less than {percent(limit)}."
                ),
                dashboard="deskpulse-first-response",
                behind=Behind("first_response_attainment_ratio", window="1h"),
                place=QUEUE,
                reason=(
                    "Who is still waiting past the target counts as missed, so that it is noticed before they are "
                    "answered. In business hours, where the queue has a calendar."
                ),
                condition=f"less than {percent(limit)} of first responses of 1 h in time, those open past it missed",
                guard=f"{FEWEST} of them; {OF_SETTLED}",
            ),
            *unanswered.ALERTS,
            Alert(
                name="DeskpulseSatisfactionDrop",
                slug="satisfaction-drop",
                severity="warning",
                team="support",
                expr=while_open(both(gauge("csat_satisfied_ratio", window="1h"), jump)),
                holds="5m",
                keeps="30m",
                summary="Customers are less satisfied than usual at this hour of the week.",
                description=(
                    f"{{{{ $value | humanizePercentage }}}} of the answers of the last hour to surveys of {_WHERE} are "
                    "satisfied: less than usual at this hour of the week, and that is no chance."
                ),
                dashboard="deskpulse-satisfaction",
                behind=Behind("csat_satisfied_ratio", window="1h"),
                place=QUEUE,
                reason="Tested against the same hours of the weeks before (M64), two-sidedly at 1 %.",
                condition="the satisfied share of 1 h is below the usual of this hour of the week, p ≤ 0.01",
                guard=f"10 answers; three weeks of history; `baselines` counted; {OF_SETTLED}",
            ),
            Alert(
                name="DeskpulseBacklogGrowth",
                slug="backlog-growth",
                severity="warning",
                team="support",
                expr=_growth(),
                holds="1h",
                keeps="1h",
                summary="More comes in than is resolved, for a week.",
                description=(
                    f"In seven days {{{{ $value | humanize }}}} conversations came into {_WHERE_OF_CHANNEL} or came "
                    "back, a tenth more than were resolved, at least, and more than a day's work is open."
                ),
                dashboard="deskpulse-tickets",
                behind=Behind("backlog_open", level="channel"),
                place=CHANNEL,
                reason=(
                    "Over whole weeks, for within one a Monday brings more than it takes away. By counts, for where "
                    "nothing was resolved there is no ratio. By channel, for what comes in by one queue is resolved in "
                    "another. In the first week of a channel everything has come and little has gone."
                ),
                condition=(
                    f"more than {GROWTH} times as much came in or back as was resolved in 7 d, and more is open than "
                    "one day of it"
                ),
                guard=(
                    "100 received; seven days of history, and of the channel, if Prometheus remembers them; "
                    "`resolution` counted"
                ),
            ),
            Alert(
                name="DeskpulseSlaBreaches",
                slug="sla-breaches",
                severity="warning",
                team="support",
                expr=while_open(both(breached, grouped(attained))),
                holds="2m",
                keeps="30m",
                summary="Deadlines of service level agreements pass.",
                description=(
                    f"{{{{ $value | humanize }}}} {{{{ $labels.clock }}}} deadlines passed in the last hour in "
                    f"{_WHERE} before they were met, so that less than {percent(kept)} are kept."
                ),
                dashboard="deskpulse-tickets",
                behind=Behind("sla_breached", window="1h", labels=("clock",)),
                place=QUEUE,
                reason=(
                    "By event time: what comes late or is taken back corrects it, which a counter that only rises "
                    "cannot. The clocks stop at night where the queue has a calendar."
                ),
                condition=f"at least {BREACHES} deadlines of a clock passed in 1 h, less than {percent(kept)} kept",
                guard=f"{BREACHES} of them; `sla` counted; {OF_SETTLED}",
            ),
            Alert(
                name="DeskpulseBotContainment",
                slug="bot-containment",
                severity="warning",
                team="support",
                expr=_contained(),
                holds="10m",
                keeps="15m",
                summary="The bot hands over far more than it usually does.",
                description=(
                    f"Only {{{{ $value | humanizePercentage }}}} of the conversations of the last hour with bots in "
                    f"{_WHERE_OF_CHANNEL} ended with it: far less than in the week before, and that is no chance."
                ),
                dashboard="deskpulse-journey",
                behind=Behind("bot_containment_ratio", window="1h", level="channel"),
                place=CHANNEL,
                reason=(
                    "Against its own week, for what a bot can contain differs from one to the next. By channel: a "
                    "conversation that is handed over counts in the queue it comes to, one that is kept in none. Of "
                    "few it takes so many handed over that a score test of the share says no chance at 1 %, to one "
                    "side (normal approximation: Wilson 1927)."
                ),
                condition=(
                    f"containment of 1 h below {CONTAINED} of that of 7 d, and by more than chance: {CERTAIN} "
                    "standard errors"
                ),
                guard=f"{FEWEST} conversations; `bots` counted",
            ),
        ),
    )
