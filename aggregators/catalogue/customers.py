"""Customers: what their conversations come to together (M45, M46, M48, M72), and of how many the customer is known.

Definitions to the letter: `docs/definitions-customers.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregators import customers as c
from aggregators import hyperloglog
from aggregators import points as p
from aggregators.coverage import KNOWN
from aggregators.metric import Metric, count, rolling
from aggregators.reading import Reading, Value, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROVISIONAL: Final = "by the instant of the {}, provisional for 7 d"
_WHY: Final = {
    c.NOBODY: "no_human",
    c.PASSED_ON: "passed_on",
    c.REOPENED: "reopened",
    c.RETURNED: "returned",
}


def unique(r: Reading) -> Value:
    """Return how many different customers made contact: exact in the window `today`, else an estimate, rounded."""
    if r.window == "today":
        found = r[p.FIRST_OF_DAY.choice(c.OF_TENANT)]
        if r.level != "tenant":
            found += r[p.FIRST_OF_DAY.choice(c.OF_CHANNEL)]
        if r.level == "queue":
            found += r[p.FIRST_OF_DAY.choice(c.OF_QUEUE)]
        return found
    cells = {hyperloglog.cell_of(cell): n for cell, n in r.counted(p.CELLS, hyperloglog.CELLS).items()}
    return round(hyperloglog.estimate(hyperloglog.ranks(cells)))


def _tickets_per_customer(r: Reading) -> Value:
    customers = unique(r)
    return r[p.CUSTOMER.count] / customers if customers else None


def _missed(r: Reading) -> Mapping[str, Value]:
    return {why: ratio(r[p.FIRST_CONTACT.choice(choice)], r[p.FIRST_CONTACT.count]) for choice, why in _WHY.items()}


def _called_back(r: Reading) -> Value:
    return ratio(r[p.ANCHOR.choice(c.OTHER_TOPIC)] + r[p.ANCHOR.choice(c.SAME_TOPIC)], r[p.ANCHOR.count])


def _called_back_settled(r: Reading) -> Value:
    called = r[p.ANCHOR_SETTLED.choice(c.OTHER_TOPIC)] + r[p.ANCHOR_SETTLED.choice(c.SAME_TOPIC)]
    return ratio(called, r[p.ANCHOR_SETTLED.count])


METRICS: tuple[Metric, ...] = (
    count(
        "fcr_episodes",
        "Solved episodes of known customers",
        "M45",
        p.FIRST_CONTACT.count,
        unit="episodes",
        edges="by the last solve of each episode: the samples of fcr_ratio; what the customer opened again is "
        "one still, whether or not anybody solves it anew",
    ),
    rolling(
        "fcr_ratio",
        "ratio",
        "Share of solved episodes that one team resolved, and that neither came back nor made the customer come back.",
        "one human team, no transfer to another, not reopened, no new contact of the customer in 7 d / solved episodes",
        "M45",
        read=lambda r: ratio(r[p.FIRST_CONTACT.choice(c.ONCE)], r[p.FIRST_CONTACT.count]),
        edges=f"{_PROVISIONAL.format('solve')}; any channel, the same topic where both are known; what a bot solved "
        "alone is none; unknown customers are left out: fcr_coverage_ratio",
        vendors="SQM and COPC ask customers instead: fcr_survey_ratio",
    ),
    rolling(
        "fcr_settled_ratio",
        "ratio",
        "First contact resolution of the solves that became final in the window: nothing of it is provisional.",
        "resolved at first contact / solved episodes, by solve + 7 d",
        "M45",
        read=lambda r: ratio(r[p.FIRST_CONTACT_SETTLED.choice(c.ONCE)], r[p.FIRST_CONTACT_SETTLED.count]),
        edges="a week late by definition; a late event still corrects it",
    ),
    rolling(
        "fcr_missed_ratio",
        "ratio",
        "Share of solved episodes that were not resolved at first contact, by the first reason of why not.",
        "episodes with the reason / solved episodes",
        "M45",
        read=_missed,
        extra="why",
        edges="in this order: no human had it, passed on to another team, reopened by the customer, customer returned",
    ),
    rolling(
        "fcr_one_reply_ratio",
        "ratio",
        "Share of solved episodes resolved at first contact with one human reply: the strict form.",
        "resolved at first contact with exactly one public human reply / solved episodes in which the customer wrote",
        "M45",
        read=lambda r: ratio(r[p.ONE_REPLY.choice(c.YES)], r[p.ONE_REPLY.count]),
        edges=f"{_PROVISIONAL.format('solve')}; calls have no replies and are left out",
        vendors="Zendesk: one-touch tickets, which do not look at further contacts",
    ),
    rolling(
        "fcr_one_teammate_ratio",
        "ratio",
        "Share of solved episodes closed once with one teammate.",
        "one owner and one close / solved episodes that name an owner",
        "M45",
        read=lambda r: ratio(r[p.ONE_TEAMMATE.choice(c.YES)], r[p.ONE_TEAMMATE.count]),
        edges=f"{_PROVISIONAL.format('solve')}; a close that was no solve, and that anybody took up again, is one too; "
        "further contacts of the customer do not matter",
        vendors="Intercom: first contact resolution",
    ),
    rolling(
        "fcr_coverage_ratio",
        "ratio",
        "Share of solved episodes whose customer is known.",
        "solved episodes with a customer / solved episodes",
        "M45",
        read=lambda r: ratio(r[p.SOLVE_KNOWN.choice(KNOWN)], r[p.SOLVE_KNOWN.count]),
        edges="the rest is in no number of the customers",
    ),
    count(
        "anchors",
        "Contacts of customers who had made none in the 7 d before",
        "M46",
        p.ANCHOR.count,
        unit="contacts",
        edges="the samples of callbacks_7d_ratio; what we began is neither contact nor callback",
    ),
    count(
        "callbacks_7d",
        "Further contacts within 7 d after an anchor",
        "M46",
        p.CALLED_BACK.total,
        unit="contacts",
        edges=f"{_PROVISIONAL.format('anchor')}, in the anchor's queue; not those of the anchor's own conversation",
    ),
    rolling(
        "callbacks_7d_ratio",
        "ratio",
        "Share of anchors that the customer followed by another contact within 7 d.",
        "anchors with a further contact in another conversation within 7 d / anchors",
        "M46",
        read=_called_back,
        edges=f"{_PROVISIONAL.format('anchor')}; any topic: some customers call habitually",
        vendors="SQM: repeat call rate",
    ),
    rolling(
        "callbacks_7d_same_topic_ratio",
        "ratio",
        "Share of anchors that the customer followed by a contact on the same topic within 7 d.",
        "anchors with a further contact on the same topic, or one that is not known, within 7 d / anchors",
        "M46",
        read=lambda r: ratio(r[p.ANCHOR.choice(c.SAME_TOPIC)], r[p.ANCHOR.count]),
        edges=_PROVISIONAL.format("anchor"),
    ),
    rolling(
        "callbacks_7d_settled_ratio",
        "ratio",
        "Share of anchors followed by another contact, of those that became final in the window.",
        "anchors with a further contact within 7 d / anchors, by anchor + 7 d",
        "M46",
        read=_called_back_settled,
        edges="a week late by definition; a late event still corrects it",
    ),
    count(
        "callbacks_after_resolution",
        "Contacts within 7 d after the customer's last resolution",
        "M46",
        p.SOLVE_FOLLOWED.total,
        unit="contacts",
        edges=f"{_PROVISIONAL.format('solve')}, in its queue; not those of the same conversation",
    ),
    rolling(
        "callbacks_after_resolution_ratio",
        "ratio",
        "Share of resolutions that were the last one before a further contact within 7 d.",
        "solved episodes with a contact within 7 d and before the next resolution / solved episodes",
        "M46",
        read=lambda r: ratio(r[p.SOLVE_FOLLOWED.count] - r[p.SOLVE_FOLLOWED.bins], r[p.SOLVE_FOLLOWED.count]),
        edges=_PROVISIONAL.format("solve"),
    ),
    rolling(
        "bot_containment_verified_ratio",
        "ratio",
        "Share of bot conversations that were contained and followed by no contact of the customer in 7 d.",
        "contained with no contact within 7 d / bot conversations, of known customers",
        "M48",
        read=lambda r: ratio(r[p.BOT_VERIFIED.choice(c.YES)], r[p.BOT_ENDED_KNOWN.choice(KNOWN)]),
        edges=f"{_PROVISIONAL.format('end of the bot’s part')}; any channel and topic, the same conversation too",
    ),
    rolling(
        "bot_customer_coverage_ratio",
        "ratio",
        "Share of bot conversations whose customer is known.",
        "bot conversations with a customer / bot conversations",
        "M48",
        read=lambda r: ratio(r[p.BOT_ENDED_KNOWN.choice(KNOWN)], r[p.BOT_ENDED_KNOWN.count]),
        edges="the rest is in no verified containment",
    ),
    rolling(
        "unique_customers",
        "customers",
        "Different known customers who made contact: exact in the window `today`, else an estimate.",
        "today: first contacts of the local day; else HyperLogLog of 1,024 registers, standard error 3.2 %",
        "M72",
        read=unique,
        edges="a customer of two queues is one of the channel, and one of the tenant; estimates stand outside *equal*",
    ),
    rolling(
        "tickets_per_customer",
        "contacts",
        "Contacts by customer, of known customers: an estimate but in the window `today`.",
        "contacts of known customers / unique_customers",
        "M72",
        read=_tickets_per_customer,
        edges="unknown customers are left out: contact_coverage_ratio",
    ),
    count(
        "known_contacts",
        "Contacts begun by known customers",
        "M72",
        p.CUSTOMER.count,
        unit="contacts",
        edges="what we began is no contact; whose customer is not known is left out",
    ),
    rolling(
        "contact_coverage_ratio",
        "ratio",
        "Share of contacts whose customer is known.",
        "contacts with a customer / contacts begun by customers",
        "M72",
        read=lambda r: ratio(r[p.CONTACT_KNOWN.choice(KNOWN)], r[p.CONTACT_KNOWN.count]),
        edges="the rest is in neither unique_customers nor tickets_per_customer",
    ),
)
