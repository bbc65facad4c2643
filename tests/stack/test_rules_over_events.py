"""Shipped alerts over events, by `deskpulse backtest`: what their metrics make of conversations that cross queues.

The cases of promtool are of made-up series; here the series are what is counted.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, rfc3339
from tests.deskpulse import ROOT, deskpulse
from tests.logs import T0
from tests.promtool import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not shutil.which("promtool"), reason="no prometheus on PATH (Debian's package)"),
]
LAST = T0 + 9 * DAY_MS
FROM = LAST - 4 * HOUR_MS


def event(name: str, kind: str, at: int, **fields: Any) -> dict[str, Any]:
    """Return an event of the conversation *name*."""
    return {"id": f"{name}-{kind}", "type": kind, "at": at, "conversation": name, "tenant": "acme", **fields}


def bots(contained_of_24: int) -> Iterator[dict[str, Any]]:
    """Yield nine days of four an hour, of which the bot keeps three, and a last hour of 24, of which it keeps so many.

    Who is handed over queues for billing; who is kept never names a queue.
    """
    for hour in range(9 * 24):
        is_last = hour == 9 * 24 - 1
        for number in range(24 if is_last else 4):
            name, at = f"b-{hour}-{number}", T0 + hour * HOUR_MS + number * MINUTE_MS
            yield event(name, "chat.started", at, channel="chat", bot=True)
            if number < (contained_of_24 if is_last else 3):
                yield event(name, "chat.closed", at + 30_000, channel="chat", by="bot", resolved=True)
            else:
                yield event(name, "chat.queued", at + 20_000, channel="chat", queue="billing")
                yield event(name, "chat.accepted", at + 30_000, channel="chat", agent="kim")
                yield event(name, "chat.closed", at + 50_000, channel="chat", by="human")


def tickets(*, solved: bool) -> Iterator[dict[str, Any]]:
    """Yield nine days of a ticket an hour that come in by triage and are at once tech's, which solves them or not."""
    for hour in range(9 * 24):
        name, at = f"t-{hour}", T0 + hour * HOUR_MS
        yield event(name, "ticket.created", at, channel="email", queue="triage")
        yield event(name, "ticket.assigned", at + MINUTE_MS, to_queue="tech")
        if solved:
            yield event(name, "ticket.status_changed", at + 20 * MINUTE_MS, status="solved", by="human")


@pytest.mark.parametrize(
    ("alert", "events", "where"),
    [
        ("DeskpulseBotContainment", bots(2), {"channel": "chat"}),
        ("DeskpulseBotContainment", bots(18), None),
        ("DeskpulseBacklogGrowth", tickets(solved=False), {"channel": "email"}),
        ("DeskpulseBacklogGrowth", tickets(solved=True), None),
    ],
    ids=["the bot keeps 2 of 24", "it keeps 18 of 24", "nothing is solved", "all is solved, in another queue"],
)
def test_what_crosses_queues_is_told_of_its_channel(
    tmp_path: Path, alert: str, events: Iterator[dict[str, Any]], where: dict[str, str] | None
) -> None:
    """Where it fires, and where it does not, though each queue by itself would look as if it should."""
    file = tmp_path / "events.jsonl"
    file.write_text("".join(f"{json.dumps(each)}\n" for each in sorted(events, key=lambda each: each["at"])))
    span = ("--from", rfc3339(FROM), "--to", rfc3339(LAST), "--interval", "5m")

    done = deskpulse(
        "backtest", RULES, file, "--alert", alert, *span, "--format", "json",
        DESKPULSE_DEFINITIONS=str(ROOT / "deploy" / "definitions.toml"),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    (said,) = json.loads(done.stdout)["alerts"]
    assert said["tested"] is True, said
    fired = [
        {name: value for name, value in each["labels"].items() if name in {"channel", "queue"}}
        for each in said["firings"]
    ]
    assert fired == ([] if where is None else [where])
