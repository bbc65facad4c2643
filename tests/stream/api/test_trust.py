"""Trust: what is known of the numbers themselves."""

from __future__ import annotations

from typing import Any

from aggregators.definitions import Definitions
from aggregators.instants import HOUR_MS
from stream.api.trust import Trust, counts_of
from stream.chunks import Partition
from stream.delays import LAG, LAG_SUM
from stream.event_clock import PartitionHealth
from stream.snapshot import Snapshot
from tests.logs import Log, after
from tests.stream.api.asking import ask
from tests.stream.api.shown import eight_legs, shown

AS_OF = after("10:00")


def asked(of: Snapshot, query: str = "") -> Any:
    """Return what is answered, which is what the contract says."""
    answer = ask(f"/api/v1/trust?{query}", snapshot=of, now=AS_OF)
    Trust.model_validate(answer.json(), strict=True, extra="forbid")
    return answer.json()


def test_sources_and_partitions_say_how_fresh_they_are() -> None:
    """By the instant of the numbers; what is not known is null."""
    snapshot = shown(
        eight_legs(),
        "10:00",
        sources={"zendesk": AS_OF - 95_000, "shop": AS_OF},
        clocks={"shop": 1_500},
        partitions=(
            PartitionHealth(Partition("support.chat", 1), None, None, None),
            PartitionHealth(Partition("support.chat", 0), AS_OF, 7, AS_OF + 500, AS_OF + 250),
        ),
    )

    answer = asked(snapshot)

    assert answer["sources"] == [
        {"source": "shop", "latest": "2024-03-04T00:10:00.000Z", "age_s": 0, "clock_ahead_s": 1.5},
        {"source": "zendesk", "latest": "2024-03-04T00:08:25.000Z", "age_s": 95, "clock_ahead_s": None},
    ]
    assert answer["partitions"] == [
        {
            "topic": "support.chat",
            "partition": 0,
            "watermark": "2024-03-04T00:10:00.000Z",
            "lag": 7,
            "reported_at": "2024-03-04T00:10:00.500Z",
            "committed_at": "2024-03-04T00:10:00.250Z",
        },
        {
            "topic": "support.chat",
            "partition": 1,
            "watermark": None,
            "lag": None,
            "reported_at": None,
            "committed_at": None,
        },
    ]
    assert (answer["violations"], answer["folded"], answer["backlog_drift"]) == ({"5m": 0, "30m": 0, "1h": 0}, 0, None)
    assert answer["covered_s"]["5m"] == 300


def test_what_became_of_the_records_is_counted() -> None:
    """By what the workers count: types are accepted ones, lags are no records."""
    counts = {
        "chat.queued": 5,
        "chat.closed": 4,
        "duplicates": 2,
        "late_applied": 1,
        "rejected:late": 3,
        "rejected:json": 1,
        f"{LAG}4": 9,
        LAG_SUM: 1_234,
    }

    found = counts_of(Snapshot(counts=counts))

    assert found == {
        "accepted": 9,
        "duplicates": 2,
        "replaced": 0,
        "clamped": 0,
        "late_applied": 1,
        "restatements": 0,
        "conflicts": 0,
        "late_dropped": 3,
        "rejected": 4,
    }
    assert asked(Snapshot())["counts"] == {}


def test_ghosts_and_coverage_are_by_tenant() -> None:
    """Nobody ended a leg: it is given up after the time of the definitions. One conversation in two names a queue."""
    health = Definitions(families=("health",), ghost_ms=HOUR_MS // 20)
    log = Log(tenant="acme").queued("1:00", queue="billing")
    log.of(conversation="d", tenant="acme").customer("2:00")
    log.of(conversation="e", tenant="globex").customer("2:00")

    answer = asked(shown(log, "10:00", definitions=health), "tenant=acme")

    assert {(each["tenant"], each["window"], each["legs"]) for each in answer["ghosts"]} == {
        ("acme", window, 0 if window == "5m" else 1) for window in ("5m", "30m", "1h", "today", "7d")
    }
    assert {"tenant": "acme", "window": "30m", "field": "queue", "ratio": 0.5} in answer["coverage"]
    assert asked(shown(log, "10:00"))["coverage"] is None
