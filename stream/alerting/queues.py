"""Alerts of queues, for who leads them: people who wait, and more of them than there should be."""

from __future__ import annotations

from typing import Final

from stream.alerting.guards import (
    CERTAIN,
    FEWEST,
    GRACE,
    JUST_OPENED,
    LIVE,
    LIVE_S,
    OF_OPEN,
    OF_SETTLED,
    OF_STAFFED,
    PAST_TARGET,
    SLOTS,
    TARGET,
    WAITING,
    chance,
    while_open,
)
from stream.alerting.promql import ago, both, gauge, grouped
from stream.alerting.rules import QUEUE, Alert, Behind, Group

SPIKE: Final = 5
"""So many waiting are a spike; one or two are none."""
SPIKE_SHARE: Final = 0.2
"""Five past the target of a hundred are within every usual service level."""
DEPTH: Final = 0.5
"""With half as many waiting as there are slots the last waits for half a conversation, and longer where slots are
shared: an agent of three queues has all of theirs in each. That is past the target of any queue of calls or chats."""
MORE: Final = 1.5
"""So many times as many as usual are worth a word, if it is no chance."""
ABANDONMENT: Final = 0.1
"""One in ten; of few people so much more that it is no chance (`guards.CERTAIN`)."""
WEEKS: Final = 3
"""With fewer weeks known nothing is usual (`aggregators.catalogue.baselines`)."""
_AT_DESK: Final = "on (tenant, queue)"
_WHERE: Final = "the queue {{ $labels.queue }} ({{ $labels.channel }}, tenant {{ $labels.tenant }})"


def _spike() -> str:
    many = f"{WAITING} >= {SPIKE}"
    depth = both(f"sum without (channel) ({WAITING} and {LIVE})", f"{DEPTH} * {SLOTS}", operator=f"> {_AT_DESK}")
    staffed = both(many, grouped(depth), operator=f"and {_AT_DESK}")
    past = both(many, f"{PAST_TARGET} >= {SPIKE}", f"{PAST_TARGET} / {WAITING} >= {SPIKE_SHARE}")
    either = grouped(both(grouped(staffed), grouped(past), operator="or"))
    return while_open(both(either, LIVE), settled=GRACE)


def _nobody() -> str:
    away = both(f"{WAITING} >= 1", f"{SLOTS} == 0", operator=f"and {_AT_DESK}")
    waits = both(f"{WAITING} >= 1", f"{PAST_TARGET} >= 1", f"{gauge('answered', window='5m')} == 0")
    stuck = both(grouped(waits), f"{gauge('agents_available')} == 0", operator=f"and {_AT_DESK}")
    # A day after the last of them was heard of there are no slots any more, not 0. Looked up, not read over a week.
    once = both(*(ago(SLOTS, f"{days}d") for days in range(1, 8)), operator="or")
    gone = both(grouped(once), SLOTS, operator=f"unless {_AT_DESK}")
    left = both(grouped(waits), grouped(gone), operator=f"and {_AT_DESK}")
    either = grouped(both(grouped(away), grouped(stuck), grouped(left), operator="or"))
    return while_open(both(either, LIVE), settled=GRACE)


def _demand() -> str:
    queued, usual = gauge("queued", window="1h"), gauge("queued_usual", window="1h")
    jump = f"{gauge('queued_jump', window='1h')} == 1"
    return while_open(both(queued, jump, f"{queued} >= {MORE} * {usual}"), settled="")


def _oldest() -> str:
    written = grouped(both(f"{TARGET} > {LIVE_S}", gauge("open"), operator="and on (tenant, channel, queue)"))
    return both(f"{gauge('oldest_wait_seconds')} > 2 * {TARGET}", written, JUST_OPENED, operator="unless")


def _abandonment() -> str:
    answered, left = gauge("answered", window="30m"), gauge("abandoned", window="30m")
    people = grouped(f"{answered} + {left}")
    limit = f"{ABANDONMENT} + {chance(f'{ABANDONMENT * (1 - ABANDONMENT):.6g}', people)}"
    ratio = f"{gauge('abandonment_ratio', window='30m')} > {limit}"
    return while_open(both(ratio, grouped(f"{answered} + {left} >= {FEWEST}"), LIVE))


GROUP: Final = Group(
    "deskpulse-queues",
    "Who waits now, and how many came. Live queues are those whose wait target is a quarter of an hour at most: what "
    "has to be answered within hours wakes nobody. A queue that its calendar says is closed is left in peace.",
    (
        Alert(
            name="DeskpulseQueueSpike",
            slug="queue-spike",
            severity="critical",
            team="support",
            expr=_spike(),
            holds="10s",
            keeps="2m",
            summary="More people wait in a live queue than can be served soon.",
            description=(
                f"{{{{ $value | humanize }}}} people wait in {_WHERE}: more than half as many as its agents have "
                f"slots, so that the last of them waits for long; or at least {SPIKE} of them, and a fifth, are past "
                "the target."
            ),
            dashboard="deskpulse-queue",
            behind=Behind("waiting"),
            place=QUEUE,
            reason=(
                "Where `people` is counted and agents sign up for queues: more wait at a desk, over its live "
                "channels, than half of the slots that its agents at work have, used or not. It needs no target to "
                "have passed. Slots are those of whoever takes this queue, and of others: in a large centre, or with "
                "agents of many queues, that many never wait. So everywhere: people past the target, a fifth of those "
                "waiting at least, for a full queue that moves is a good day. Five people at least, since one or two "
                "are no spike. It holds for two scrapes only, so that it is in Alertmanager within half a minute of "
                "its beginning, and keeps firing for longer than DeskpulseDataAbsent takes to fire: where the numbers "
                "end nobody is told that it is over."
            ),
            condition=(
                f"at least {SPIKE} wait, and at their desk more than {DEPTH} times as many as there are slots of "
                f"agents at work (where `people` is counted); or at least {SPIKE} are past the target, and a fifth of "
                "those waiting"
            ),
            guard=f"{SPIKE} people; live queues; {OF_STAFFED}",
        ),
        Alert(
            name="DeskpulseDemandAboveUsual",
            slug="demand-above-usual",
            severity="warning",
            team="support",
            expr=_demand(),
            holds="5m",
            keeps="10m",
            summary="Far more people come than usual at this hour of the week.",
            description=(
                f"{{{{ $value | humanize }}}} people came to {_WHERE} in the last hour: half as many again as usual at "
                "this hour of the week, or more, and that is no chance."
            ),
            dashboard="deskpulse-queue",
            behind=Behind("queued", window="1h"),
            place=QUEUE,
            reason=(
                "Against the same hour of the weeks before, from the 1-hour panes, so that a Monday at 9:00 is not "
                "held against a Sunday. Tested as `queued_jump` is, with how much the weeks differ among each other; "
                "with less than three weeks there is no such series, and DeskpulseDemandBaselineYoung says so."
            ),
            condition=f"in the last hour {MORE} times as many came as usual at this hour of the week, p ≤ 0.01",
            guard=f"10 people, now or usually; three weeks of history; `baselines` counted; {OF_OPEN}",
        ),
        Alert(
            name="DeskpulseDemandBaselineYoung",
            slug="baseline-young",
            severity="info",
            team="support",
            expr=f"{gauge('queued_usual_weeks', window='1h')} < {WEEKS}",
            holds="1h",
            keeps="1h",
            summary="It is not known yet how many people usually come.",
            description=(
                f"Of {_WHERE} {{{{ $value | humanize }}}} weeks are known, and it takes three to say what is usual: "
                "DeskpulseDemandAboveUsual is silent there until then."
            ),
            dashboard="deskpulse-health",
            behind=Behind("queued", window="1h"),
            place=QUEUE,
            reason=(
                "A rule that cannot fire says so: silence would look like calm. Of each queue, for a new one is young "
                "in an old centre."
            ),
            condition=f"of fewer than {WEEKS} of the weeks before the same hours are known",
            guard="`baselines` counted",
        ),
        Alert(
            name="DeskpulseOldestWait",
            slug="oldest-wait",
            severity="warning",
            team="support",
            expr=_oldest(),
            holds="1m",
            keeps="10m",
            summary="Somebody has waited for more than twice the target.",
            description=(
                f"The oldest in {_WHERE} has waited for {{{{ $value | humanizeDuration }}}}, more than twice the "
                "target of the queue."
            ),
            dashboard="deskpulse-queue",
            behind=Behind("oldest_wait_seconds"),
            place=QUEUE,
            reason=(
                "By the target of each queue, which is a metric, so that another one needs no other rules. A wait is "
                "elapsed time: where people have written and nights do not count, first responses and policy clocks "
                "are watched instead. It keeps firing for ten minutes: on a real day with too few agents one oldest "
                "wait after the other was over the limit, 159 times by a minute of grace, 58 by ten."
            ),
            condition="the oldest wait is above twice the wait target of its queue",
            guard=f"{OF_SETTLED}; not of written queues with a calendar",
        ),
        Alert(
            name="DeskpulseNoAgentAvailable",
            slug="no-agent-available",
            severity="critical",
            team="support",
            expr=_nobody(),
            holds="1m",
            keeps="2m",
            summary="People wait, and there is no agent who could take them.",
            description=(
                f"{{{{ $value | humanize }}}} people wait in {_WHERE}, and no agent is available: nobody is at work "
                "there, or all are taken and nobody was answered for five minutes."
            ),
            dashboard="deskpulse-people",
            behind=Behind("waiting"),
            place=QUEUE,
            reason=(
                "In a busy queue that moves nobody is available either: whoever gets free has the next one. So nobody "
                "at work at all (offline, on a break, in error or not heard of), or nobody available while somebody is "
                "past the target and five minutes went by without an answer. A day after the last agent was heard of "
                "nobody knows of slots any more: then it goes by there having been some on one of the seven days "
                "before."
            ),
            condition=(
                "somebody waits and no agent of the queue is at work; or somebody is past the target, nobody was "
                "answered in 5 min and no agent is available, or none was heard of for a day"
            ),
            guard=(
                f"`people` counted, an agent signed up for the queue in the last seven days; live queues; {OF_STAFFED}"
            ),
        ),
        Alert(
            name="DeskpulseAbandonment",
            slug="abandonment",
            severity="warning",
            team="support",
            expr=_abandonment(),
            holds="2m",
            keeps="10m",
            summary="Too many people give up before they are answered.",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of those who came to {_WHERE} left unanswered in the last 30 "
                "min; who left at once is not counted."
            ),
            dashboard="deskpulse-queue",
            behind=Behind("abandoned", window="30m"),
            place=QUEUE,
            reason=(
                "Without the short ones (M5), who called by mistake. Of twenty three leave by chance one time in three "
                "where one in ten does: it takes so many that a score test says no chance at 1 %, one-sidedly "
                "(normal approximation: Wilson 1927); of twenty six, of a hundred 17."
            ),
            condition=(
                f"more than {ABANDONMENT:.0%} of those answered or gone in 30 min had left, and by more than "
                f"chance: {CERTAIN} standard errors"
            ).replace("%", " %"),
            guard=f"{FEWEST} people; live queues; {OF_SETTLED}",
        ),
    ),
)
