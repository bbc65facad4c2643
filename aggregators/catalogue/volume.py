"""Volume: contacts, messages, events (M70 to M74)."""

from __future__ import annotations

from aggregators import measures as m
from aggregators import points
from aggregators.metric import Metric, count, counter
from aggregators.vocabulary import BY_CODE

ASKED_METRICS: tuple[Metric, ...] = (
    count(
        "contacts",
        "Episodes begun by customers",
        "M70",
        points.CONTACT.choice(1),
        unit="contacts",
        edges="An episode begins with the first customer message, and with one more than 24 h after a resolve. Spam, "
        "test and merged conversations leave every number as soon as they are flagged.",
    ),
    count(
        "contacts_outbound",
        "First episodes of conversations that we began",
        "M70",
        points.CONTACT.choice(2),
        unit="contacts",
    ),
    counter("contacts_total", "Episodes begun by customers", "M70", points.CONTACT.choice(1), unit="contacts"),
    Metric(
        suffix="messages_total",
        family="total",
        kind="counter",
        unit="messages",
        help="Messages by who wrote them: customer, human, bot, system, or a human's note to others.",
        formula="facts of chat.message and ticket.commented by actor",
        source="M71",
        read=lambda r: {name: r[m.MESSAGES + index] for index, name in m.DIRECTIONS.items() if r[m.MESSAGES + index]},
        extra="direction",
    ),
)
METRICS: tuple[Metric, ...] = (
    Metric(
        suffix="events_total",
        family="total",
        kind="counter",
        unit="events",
        help="Distinct accepted events by type.",
        formula="facts of the type",
        source="M71",
        read=lambda r: {BY_CODE[k - m.EVENTS].name: n for k, n in r.sums.items() if m.EVENTS <= k < m.MESSAGES},
        extra="type",
    ),
)
