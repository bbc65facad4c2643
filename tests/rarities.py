"""What is seldom: events by which every metric of the catalogue has something to say at one instant.

A small log rarely has somebody on hold, a ringing phone and a rating that jumps, all at the instant that is looked at.
Here each of them is so at *t*, whatever else goes on. Names begin with `rare-`, so that they are nobody else's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aggregators.catalogue import METRICS
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from tests.logs import Log
from tests.simulated import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stream.offline import Values

_WEEK_MS = 7 * DAY_MS
_WEEKS = 3
"""So many weeks before there has to be something for anything to be usual."""
_RATED = 12
_NPS = 30


def rarities(t: int, *, tenant: str = "default") -> list[Line]:
    """Return the events, none at *t* (epoch ms) or later, in order of time."""
    log = Log(conversation=None, tenant=tenant)
    for write in (_weeks, _queue, _customers, _chats, _tickets, _surveys, _agents, _others):
        write(log, t)
    for place, line in enumerate(log.lines):
        log.lines[place] = json.dumps({**json.loads(line), "id": f"rare-{place}"}).encode()
    return sorted((Line(json.loads(line)["at"], line) for line in log.lines), key=lambda line: line.at)


def _pen(log: Log, name: str, *, channel: str = "chat", queue: str = "billing", **fields: str) -> Log:
    return log.of(conversation=f"rare-{name}", channel=channel, queue=queue, customer=f"rare-of-{name}", **fields)


def _weeks(log: Log, t: int) -> None:
    """Twelve in the same hour of each week, all of them content until the last, in which nobody is."""
    for weeks in range(_WEEKS, -1, -1):
        for number in range(_RATED * (1 if weeks else 3)):
            at = t - weeks * _WEEK_MS - 50 * MINUTE_MS + number * MINUTE_MS
            pen = _pen(log, f"week-{weeks}-{number}")
            pen.add("chat.queued", at).add("chat.message", at, actor="customer").accepted(at + 9_000, agent="rare-a")
            pen.add("chat.message", at + 20_000, actor="human", agent="rare-a", team="rare-team")
            pen.add("chat.closed", at + 40_000, by="human")
            pen.add("survey.sent", at + 41_000, survey="s", kind="csat")
            pen.add("survey.responded", at + 50_000, survey="s", kind="csat", score=5 if weeks else 1)


def _queue(log: Log, t: int) -> None:
    """One of each outcome in the last hour; one who waits, one at whom it rings."""
    at = t - 30 * MINUTE_MS
    _pen(log, "waits").add("chat.queued", t - 10 * MINUTE_MS).add("chat.message", t - 10 * MINUTE_MS, actor="customer")
    _pen(log, "rings").add("chat.queued", t - 20_000).add("chat.offered", t - 10_000, agent="rare-a")
    _pen(log, "missed").add("chat.queued", at).add("chat.offered", at + 1_000, agent="rare-a").add(
        "chat.offer_missed", at + 20_000, agent="rare-a"
    ).accepted(at + 30_000, agent="rare-b").add("chat.closed", at + 90_000, by="human")
    _pen(log, "leaves").add("chat.queued", at).abandoned(at + 5 * MINUTE_MS)
    _pen(log, "short").add("chat.queued", at).abandoned(at + 4_000)
    _pen(log, "flows").add("chat.queued", at).add("chat.flowed_out", at + 60_000, to="sales")
    _pen(log, "callback").add("chat.queued", at).add("chat.callback_requested", at + 60_000)
    _pen(log, "sent-away").add("chat.queued", at).add("chat.closed", at + 60_000, by="system")
    _pen(log, "lost").add("chat.queued", t - 4 * HOUR_MS - 30 * MINUTE_MS)
    _pen(log, "found-again").add("chat.queued", t - 5 * HOUR_MS).accepted(t - 20 * MINUTE_MS, agent="rare-a")
    _pen(log, "nobody-queued").accepted(at, agent="rare-a")
    _pen(log, "robot").add("chat.queued", at).add("chat.message", at, actor="robot").abandoned(at + 30_000)


def _customers(log: Log, t: int) -> None:
    """One who comes back after what was solved; one who has to be answered within seconds."""
    for name, ago in (("comes", 40), ("comes-back", 10)):
        pen = log.of(conversation=f"rare-{name}", customer="rare-of-comes", channel="chat", queue="billing")
        at = t - ago * MINUTE_MS
        pen.add("chat.queued", at, topic="invoice", tags=["rare"]).add("chat.message", at, actor="customer")
        pen.accepted(at + 9_000, agent="rare-a").add("chat.message", at + 20_000, actor="human", agent="rare-a")
        pen.add("chat.closed", at + MINUTE_MS, by="human")
    _pen(log, "soon").add("chat.queued", t - 50_000).add("chat.message", t - 50_000, actor="customer")
    _pen(log, "lapses").add("chat.started", t - 24 * HOUR_MS - 20 * MINUTE_MS).add(
        "chat.message", t - 24 * HOUR_MS - 20 * MINUTE_MS, actor="customer"
    )


def _chats(log: Log, t: int) -> None:
    """Chats that go on, are held, silent, with a bot; that were left in the middle; that came to life again."""
    for name in ("held", "idle", "goes-on"):
        pen = _pen(log, name).add("chat.queued", t - 50 * MINUTE_MS).accepted(t - 49 * MINUTE_MS, agent="rare-b")
        pen.add("chat.message", t - 48 * MINUTE_MS, actor="customer")
    _pen(log, "held").add("chat.held", t - 5 * MINUTE_MS)
    _pen(log, "goes-on").add("chat.message", t - MINUTE_MS, actor="customer")
    _pen(log, "in-bot").add("chat.started", t - 2 * MINUTE_MS, bot=True).add(
        "chat.message", t - 2 * MINUTE_MS, actor="customer"
    )
    for name in ("helped", "handed", "left-bot"):
        _pen(log, name).add("chat.started", t - 40 * MINUTE_MS, bot=True)
        _pen(log, name).add("chat.message", t - 40 * MINUTE_MS, actor="customer")
        _pen(log, name).add("chat.message", t - 40 * MINUTE_MS + 1, actor="bot")
    _pen(log, "helped").add("chat.closed", t - 38 * MINUTE_MS, by="bot", resolved=True)
    _pen(log, "handed").add("chat.bot_handoff", t - 38 * MINUTE_MS).add("chat.queued", t - 38 * MINUTE_MS)
    _pen(log, "handed").accepted(t - 37 * MINUTE_MS, agent="rare-b")
    _pen(log, "handed").add("chat.message", t - 36 * MINUTE_MS, actor="human", agent="rare-b")
    _pen(log, "handed").add("chat.transferred", t - 35 * MINUTE_MS, to_queue="tech")
    _pen(log, "left-bot").abandoned(t - 38 * MINUTE_MS, stage="bot")
    pen = _pen(log, "left-middle").add("chat.queued", t - 100 * MINUTE_MS).accepted(t - 99 * MINUTE_MS, agent="rare-b")
    pen.add("chat.message", t - 98 * MINUTE_MS, actor="customer").add(
        "chat.message", t - 97 * MINUTE_MS, actor="human", agent="rare-b"
    ).add("chat.closed", t - 20 * MINUTE_MS, by="system", resolved=False)
    pen = _pen(log, "revived").add("chat.queued", t - 40 * HOUR_MS).accepted(t - 40 * HOUR_MS + 9_000, agent="rare-b")
    pen.add("chat.message", t - 40 * HOUR_MS + MINUTE_MS, actor="customer")
    pen.add("chat.message", t - 10 * MINUTE_MS, actor="customer")
    pen = _pen(log, "wraps-up").add("chat.queued", t - 30 * MINUTE_MS).accepted(t - 29 * MINUTE_MS, agent="rare-b")
    pen.add("chat.released", t - 25 * MINUTE_MS, agent="rare-b").add("chat.closed", t - 25 * MINUTE_MS, by="human")
    pen.add("chat.wrapup_ended", t - 24 * MINUTE_MS, agent="rare-b")


def _tickets(log: Log, t: int) -> None:
    """Tickets that are solved for good, opened again, deleted, withdrawn, escalated, past their deadline."""
    final = t - _WEEK_MS - 20 * MINUTE_MS
    pen = _pen(log, "final", channel="email").created(final - HOUR_MS, topic="invoice")
    pen.add("ticket.assigned", final - 50 * MINUTE_MS, agent="rare-a", to_team="rare-team")
    pen.commented(final - 40 * MINUTE_MS, "human", agent="rare-a").status(final, "solved", by="human")
    again = log.of(conversation="rare-again", channel="voice", queue="billing", customer="rare-of-final")
    again.add("chat.queued", final + DAY_MS).accepted(final + DAY_MS + 9_000, agent="rare-a")
    pen = _pen(log, "reopened", channel="email").created(t - 3 * HOUR_MS).commented(t - 170 * MINUTE_MS, "human")
    pen.status(t - 160 * MINUTE_MS, "solved", by="human").commented(t - 30 * MINUTE_MS, "customer")
    _pen(log, "deleted", channel="email").created(t - HOUR_MS).add("ticket.deleted", t - 30 * MINUTE_MS)
    _pen(log, "withdrawn", channel="email").created(t - HOUR_MS).status(t - 30 * MINUTE_MS, "solved", by="customer")
    _pen(log, "overdue", channel="email").created(t - 20 * DAY_MS)
    pen = _pen(log, "auto-closed", channel="email").created(t - 3 * HOUR_MS).commented(t - 2 * HOUR_MS, "human")
    pen.status(t - 10 * MINUTE_MS, "solved", by="system")
    pen = (
        _pen(log, "escalated", channel="email")
        .created(t - HOUR_MS)
        .add("ticket.assigned", t - 55 * MINUTE_MS, to_queue="billing", agent="rare-a")
    )
    pen.add("ticket.escalated", t - 50 * MINUTE_MS, to="tech")
    _pen(log, "merged", channel="email").created(t - HOUR_MS).add(
        "ticket.merged", t - 50 * MINUTE_MS, into="rare-final"
    )
    _pen(log, "moved", channel="email").created(t - HOUR_MS).add("ticket.assigned", t - 40 * MINUTE_MS, to_queue="tech")
    _pen(log, "ours", channel="email").created(t - HOUR_MS, initiated_by="agent")
    _pen(log, "ours", channel="email").commented(t - 59 * MINUTE_MS, "human", agent="rare-a").commented(
        t - 30 * MINUTE_MS, "customer"
    )


def _surveys(log: Log, t: int) -> None:
    """Every kind of survey offered, sent and answered, one answer disputed; thirty who say whether they recommend."""
    for kind, score in (("csat", 5), ("ces", 6), ("nps", 10)):
        pen = _pen(log, f"asked-{kind}")
        pen.add("survey.offered", t - 20 * MINUTE_MS, survey="o", kind=kind)
        pen.add("survey.sent", t - 19 * MINUTE_MS, survey="s", kind=kind)
        pen.add("survey.responded", t - 10 * MINUTE_MS, survey="s", kind=kind, score=score, first_contact=True)
        old = t - 72 * HOUR_MS - 20 * MINUTE_MS
        _pen(log, f"settled-{kind}").add("survey.sent", old, survey="s", kind=kind).add(
            "survey.responded", old + MINUTE_MS, survey="s", kind=kind, score=score
        )
    pen = _pen(log, "disputed").add("survey.sent", t - 20 * MINUTE_MS, survey="s", kind="csat")
    pen.add("survey.responded", t - 15 * MINUTE_MS, survey="s", kind="csat", score=1)
    pen.add("survey.retracted", t - 5 * MINUTE_MS, survey="s")
    for number in range(_NPS):
        _pen(log, f"recommends-{number}").add(
            "survey.responded", t - DAY_MS - number * HOUR_MS, survey="s", kind="nps", score=number % 11
        )


def _agents(log: Log, t: int) -> None:
    """Agents of every state, two with more than one slot, on shift; heard of until now but for one."""
    begin = t - 2 * HOUR_MS
    for name, state in (
        *(("rare-a", "available"), ("rare-b", "available"), ("rare-c", "break"), ("rare-d", "away")),
        *(("rare-e", "error"), ("rare-f", "acw"), ("rare-g", "custom"), ("rare-h", "offline"), ("rare-i", "available")),
    ):
        pen = log.of(agent=name)
        pen.add("agent.scheduled", begin, shift_start=begin, shift_end=begin + 8 * HOUR_MS)
        pen.add("agent.capacity_changed", begin, slots=4)
        pen.add("agent.queues_changed", begin, queues=[{"queue": "billing", "skill": 1}])
        pen.add("agent.state_changed", begin, state="available").add(
            "agent.state_changed", begin + HOUR_MS, state=state
        )
        if name != "rare-i":
            for ago in range(0, 120, 2):
                pen.add("agent.heartbeat", t - ago * MINUTE_MS - SECOND_MS, state=state if ago < 60 else "available")


def _others(log: Log, t: int) -> None:
    """Costs in two currencies, help pages, series from elsewhere."""
    hour = t - HOUR_MS
    for currency in ("EUR", "USD"):
        log.add(
            "cost.recorded", hour, amount=40, currency=currency, period_start=hour, period_end=t - 1, channel="chat"
        )
    pen = log.of(session="rare-s", customer="rare-of-session")
    pen.add("selfservice.viewed", t - 40 * MINUTE_MS).add("selfservice.searched", t - 39 * MINUTE_MS, found=False)
    log.add("kpi.sample", t - MINUTE_MS, name="rare", value=7)
    log.add("source.heartbeat", t - 1, source="rare-source")


def met(values: Iterable[Values]) -> set[str]:
    """Return the suffixes of the metrics that have a value other than 0 at any level in any of *values*."""
    known = {metric.name(level): metric.suffix for metric in METRICS for level in metric.every_level}
    return {known[name] for shown in values for (name, _), value in shown.items() if value and name in known}
