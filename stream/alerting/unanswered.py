"""Alerts of customers who wait for a reply: more than a day's work, or more than anybody keeps track of."""

from __future__ import annotations

from typing import Final

from stream.alerting.guards import FEWEST, OF_SETTLED, while_open
from stream.alerting.history import COVERED, DAY_S, known_for, new
from stream.alerting.promql import PLACE, both, gauge, grouped
from stream.alerting.rules import QUEUE, Alert, Behind

MOST: Final = 100
"""Messages without a reply, of one queue: an alarm whatever the queue works off in a day (M12)."""
_WHERE: Final = "the queue {{ $labels.queue }} ({{ $labels.channel }}, tenant {{ $labels.tenant }})"
_CONVERSATIONS: Final = gauge("unanswered_conversations")


def _more_than_a_day() -> str:
    a_day = f"{gauge('replies', window='7d')} * {DAY_S} / scalar({COVERED})"
    much = both(f"{_CONVERSATIONS} >= {FEWEST}", grouped(f"{_CONVERSATIONS} > {a_day}"))
    known = grouped(both(grouped(much), known_for(DAY_S), operator="unless on ()"))
    return while_open(both(known, new(_CONVERSATIONS), operator=f"unless on ({', '.join(PLACE)})"))


def _too_many() -> str:
    return while_open(both(f"{gauge('unanswered_messages')} > {MOST}", f"{_CONVERSATIONS} >= {FEWEST}"))


ALERTS: Final = (
    Alert(
        name="DeskpulseUnanswered",
        slug="unanswered",
        severity="warning",
        team="support",
        expr=_more_than_a_day(),
        holds="15m",
        keeps="15m",
        summary="More customers wait for a reply than are answered in a day.",
        description=(
            f"{{{{ $value | humanize }}}} conversations in {_WHERE} have a message of the customer that nobody "
            "has answered: more than are answered there in a day, as the last seven went."
        ),
        dashboard="deskpulse-first-response",
        behind=Behind("unanswered_conversations"),
        place=QUEUE,
        reason=(
            "A pile is measured by how fast it is worked off, so that one threshold serves a queue of ten "
            "replies a day and one of a thousand; what came in over night is no pile yet. A queue that was "
            "not there a week ago has no week to go by."
        ),
        condition="more unanswered conversations than replies in a day, by the last seven days",
        guard=(
            f"{FEWEST} of them; a day of history, and of the queue a week, if Prometheus remembers one; "
            f"`unanswered` counted; {OF_SETTLED}"
        ),
    ),
    Alert(
        name="DeskpulseUnansweredMany",
        slug="unanswered",
        severity="warning",
        team="support",
        expr=_too_many(),
        holds="15m",
        keeps="15m",
        summary=f"More than {MOST} messages of customers wait for a reply.",
        description=(
            f"{{{{ $value | humanize }}}} messages of customers in {_WHERE} have no reply: more than {MOST}, of at "
            f"least {FEWEST} conversations."
        ),
        dashboard="deskpulse-first-response",
        behind=Behind("unanswered_conversations"),
        place=QUEUE,
        reason=(
            "So many are too many for anybody to keep track of (M12), and no history is asked for: it fires on the "
            f"first day, and of a queue that is new. Each of {MOST} conversations has a message at least, so that it "
            "is about those too; one customer who writes line by line is no pile."
        ),
        condition=f"more than {MOST} messages of customers have no reply, as those of so many conversations",
        guard=f"{FEWEST} conversations; `unanswered` counted; {OF_SETTLED}",
    ),
)
