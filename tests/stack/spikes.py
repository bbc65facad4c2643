"""Spikes: people who wait in a queue, sent by hand or simulated, and when the rule's condition first holds of them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, NamedTuple

import yaml  # type: ignore[import-untyped]

from aggregators.instants import MINUTE_MS, SECOND_MS
from stream.clock import now_ms
from stream.offline import Offline, definitions_of
from tests.promtool import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.offline import Values
    from tests import services
    from tests.hook import Call
    from tests.pipeline import Pipeline

SPIKE = "DeskpulseQueueSpike"
PEOPLE = 8
SOON_S = 5.0
"""They are past their target so long after they were sent, so that the instant at which the spike begins is known."""
TARGET_MS = MINUTE_MS
"""The wait target of chat."""
LIVE_S = 900
"""The rule is about queues whose target is no more than this."""
FEWEST = 5
STEP_MS = 500
BEFORE_MS = MINUTE_MS


class Spike(NamedTuple):
    """People who wait in a queue of a tenant, and when the condition of the rule first holds of them."""

    tenant: str
    queue: str
    begins_ms: int


def sent(pipeline: Pipeline, tenant: str, queue: str) -> Spike:
    """Let people wait from now on who will be past the target soon, all at once. No agent is known of in the queue."""
    at = now_ms() + round(SOON_S * SECOND_MS) - TARGET_MS
    pipeline.send([_line(f"{tenant}-{number}", "chat.queued", at, tenant, queue) for number in range(PEOPLE)])
    return Spike(tenant, queue, at + TARGET_MS)


def served(pipeline: Pipeline, spike: Spike) -> None:
    """Let agents take all of those who were sent now."""
    of = (f"{spike.tenant}-{number}" for number in range(PEOPLE))
    pipeline.send([_line(name, "chat.accepted", now_ms(), spike.tenant, spike.queue, agent="kim") for name in of])


def taken(pipeline: Pipeline, tenant: str, queue: str, waiting: Iterable[tuple[str, str]]) -> None:
    """Let agents take these now: channels and names of conversations of whoever sent them."""
    at = now_ms()
    lines = [_line(name, "chat.accepted", at, tenant, queue, agent="kim", channel=channel) for channel, name in waiting]
    pipeline.send(lines)


def simulated(pipeline: Pipeline, tenant: str, queue: str, *, before_ms: int) -> Spike:
    """Return the spike of a simulated centre that fired at *before_ms*, by what a batch makes of all that was sent.

    More wait then than half of the slots, for the first time, and it is not that they are past the target.
    """
    offline = Offline(pipeline.settings, definitions=definitions_of(pipeline.settings))
    offline.feed(sorted(_values(pipeline), key=lambda line: str(json.loads(line)["at"])))
    for at in range(before_ms - BEFORE_MS, before_ms, STEP_MS):
        why = held_by(offline.values(at), tenant=tenant, queue=queue)
        if why:
            assert why == {"slots"}
            assert at > before_ms - BEFORE_MS, "it has held for longer"
            # It began within the step before.
            return Spike(tenant, queue, at - STEP_MS)
    message = f"the condition of the spike did not hold in the minute before {before_ms}"
    raise AssertionError(message)


def held_by(values: Values, *, tenant: str, queue: str) -> set[str]:
    """Return by which arms of the rule so many wait in a live channel of a queue: docs/alerts.md in Python."""

    def by_channel(name: str) -> dict[str, float]:
        mine = {"tenant": tenant, "queue": queue}.items()
        return {
            dict(labels).get("channel", ""): value
            for (metric, labels), value in values.items()
            if metric == name and mine <= dict(labels).items()
        }

    targets = by_channel("support_queue_wait_target_seconds")
    waiting = {
        channel: number
        for channel, number in by_channel("support_queue_waiting").items()
        if targets.get(channel, LIVE_S + 1) <= LIVE_S
    }
    late = by_channel("support_queue_waiting_past_target")
    slots = sum(by_channel("support_queue_slots").values()) if by_channel("support_queue_slots") else None
    many = slots is not None and sum(waiting.values()) > slots / 2
    found = set()
    for channel, number in waiting.items():
        if number >= FEWEST and many:
            found.add("slots")
        if number >= FEWEST and late.get(channel, 0) >= max(FEWEST, number / 5):
            found.add("target")
    return found


def first_ms(server: services.Prometheus, selector: str) -> int:
    """Return the instant of the first sample of any series, in the last five minutes."""
    found = server.get("/api/v1/query", query=f"{selector}[5m]")["data"]["result"]
    return round(min(float(series["values"][0][0]) for series in found) * SECOND_MS)


def scraped_ms(server: services.Prometheus, spike: Spike) -> int:
    """Return when Prometheus first had what the rule looks for: its own expression, asked for each half second."""
    expression = next(
        rule["expr"]
        for group in yaml.safe_load(RULES.read_text())["groups"]
        for rule in group["rules"]
        if rule.get("alert") == SPIKE
    )
    found = server.get(
        "/api/v1/query_range",
        query=expression,
        start=str((spike.begins_ms - BEFORE_MS) / SECOND_MS),
        end=str(now_ms() / SECOND_MS),
        step="0.5",
    )["data"]["result"]
    return min(
        round(float(series["values"][0][0]) * SECOND_MS)
        for series in found
        if series["metric"]["tenant"] == spike.tenant and series["metric"]["queue"] == spike.queue
    )


def parts(
    spike: Spike, server: services.Prometheus, *, shown_ms: int | None, held_ms: int, call: Call
) -> dict[str, float]:
    """Return what the time from the beginning of a spike to its page is made of, in seconds.

    Freshness and scrape are one where nobody looked at when `serve` showed it.
    """
    place = f'tenant="{spike.tenant}",queue="{spike.queue}"'
    alert = f'ALERTS{{alertname="{SPIKE}",{place},alertstate='
    scraped = scraped_ms(server, spike)
    marks = {
        **({} if shown_ms is None else {"freshness": min(shown_ms, scraped)}),
        "freshness and scrape" if shown_ms is None else "scrape": scraped,
        "evaluation": first_ms(server, f'{alert}"pending"}}'),
        "for": first_ms(server, f'{alert}"firing"}}'),
        "sending": held_ms,
        "group_wait": call.at_ms,
    }
    before = [spike.begins_ms, *marks.values()]
    return {name: (at - since) / SECOND_MS for (name, at), since in zip(marks.items(), before, strict=False)}


def _values(pipeline: Pipeline) -> Iterator[bytes]:
    """Yield the events of the sources; what workers tell one another follows from them."""
    for line in pipeline.export().read_bytes().splitlines():
        row = json.loads(line)
        if row["topic"] in pipeline.topics:
            yield base64.b64decode(row["value"])


def _line(conversation: str, kind: str, at: int, tenant: str, queue: str, **more: str) -> bytes:
    event = {"id": f"{conversation}-{kind}", "type": kind, "at": at, "conversation": conversation}
    return json.dumps(event | {"tenant": tenant, "channel": "chat", "queue": queue} | more).encode()
