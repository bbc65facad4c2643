"""However many names come in, the number of series has a limit."""

from __future__ import annotations

import json
import random
from functools import partial
from typing import TYPE_CHECKING, Any

from stream.clock import now_ms
from tests.eventually import eventually
from tests.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services
    from tests.processes import Serve

NAMES = 10_000
CAP = 500
PATIENCE_S = 240.0
"""30,000 events are there after 15 s, on a busy machine after a minute."""


def events() -> list[dict[str, Any]]:
    """Return a customer waiting in each of the queues, and another who has left it; three queues begin at each instant.

    Names are against the order of time, so that neither alone decides.
    """
    begin = now_ms() - 30 * 60_000
    found = []
    for number in range(NAMES):
        common = {"tenant": "acme", "queue": name_of(number)}
        at = begin + number // 3 * 100
        found += [
            common | {"id": f"q-{number}", "type": "chat.queued", "at": at, "conversation": f"c-{number}"},
            common | {"id": f"p-{number}", "type": "chat.queued", "at": at + 50, "conversation": f"d-{number}"},
            common | {"id": f"a-{number}", "type": "chat.abandoned", "at": at + 60_000, "conversation": f"d-{number}"},
        ]
    random.Random(7).shuffle(found)
    return found


def has(serve: Serve, name: str, labels: dict[str, str]) -> bool:
    """Tell whether a metric of the tenant counts every name."""
    return serve.value(name, tenant="acme", **labels) == NAMES


def name_of(number: int) -> str:
    """Return the name of the queue that is the *number*th to begin."""
    return f"queue-{NAMES - number:05d}"


def test_ten_thousand_queues_are_five_hundred_and_one(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """The first in event time, by name at the same instant, whatever the order of arrival; the rest is `other`."""
    pipeline = Pipeline(kafka, empty_redis, tmp_path, partitions=2, DESKPULSE_CLOCK="wall")
    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send([json.dumps(event).encode() for event in events()])
        whole = {"support_tenant_events_total": {"type": "chat.abandoned"}, "support_tenant_waiting": {}}
        for name, labels in whole.items():
            eventually(partial(has, serve, name, labels), within_s=PATIENCE_S, every_s=2)
        found = serve.scrape()

    shown = [(name, dict(labels), value) for (name, labels), value in found.items()]
    waiting = {labels["queue"]: value for name, labels, value in shown if name == "support_queue_waiting"}
    left = {
        labels["queue"]: value
        for name, labels, value in shown
        if name == "support_queue_rolling_abandoned" and labels["window"] == "1h"
    }
    first = sorted(range(NAMES), key=lambda number: (number // 3, name_of(number)))[:CAP]
    kept = {name_of(number) for number in first}
    assert waiting == dict.fromkeys(kept, 1) | {"other": NAMES - CAP}
    assert left == dict.fromkeys(kept, 1) | {"other": NAMES - CAP}
    assert found["deskpulse_folded_names", ()] == NAMES - CAP
    exported = sum(1 for name, _, _ in shown if name.startswith("support_"))
    assert found["deskpulse_exported_series", ()] == exported
    of_queues = [(name, labels) for name, labels, _ in shown if name.startswith("support_queue_")]
    of_each = {(name, *sorted(labels.items() - {("queue", labels["queue"])})) for name, labels in of_queues}
    assert len(of_queues) <= (CAP + 1) * len(of_each)
