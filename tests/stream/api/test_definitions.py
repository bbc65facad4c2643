"""The definitions in force over HTTP."""

from __future__ import annotations

from aggregators.definitions import STATE_VERSION, Definitions
from stream.api.access import Caller
from stream.api.definitions import InForce, seen_by
from stream.api.indexed import Index
from stream.definitions_file import definitions_from
from stream.definitions_told import differences, hours_now
from stream.snapshot import Snapshot
from tests.logs import T0, after
from tests.stream.api.asking import ask
from tests.stream.api.shown import eight_legs, shown

FILE = """
families = ["health"]
[targets.wait.queues]
billing = "30s"
vault = "10s"
[zones]
acme = "Europe/Berlin"
globex = "Asia/Tokyo"
[[shifts]]
tenant = "globex"
name = "late"
hours = "14:00-22:00"
[[tiers]]
name = "second"
members = ["vault"]
"""


def test_what_is_not_the_default_is_told() -> None:
    """In the words of `deskpulse check`, with the generation of the tables that are shown."""
    defined = Definitions(families=("health",), queue_wait_target_ms={"billing": 30_000})
    snapshot = shown(eight_legs(), "10:00", definitions=defined)

    answer = ask("/api/v1/definitions", snapshot=snapshot, now=after("10:00")).json()

    InForce.model_validate(answer, strict=True, extra="forbid")
    assert answer == {
        "generation": defined.generation(),
        "form": STATE_VERSION,
        "different": [
            {"key": "families", "value": "health (default none)"},
            {"key": "targets.wait.queues.billing", "value": "30s (default that of its channel)"},
        ],
        "hours": [],
        "families": ["health"],
        "levels": [],
        "windows": ["5m", "30m", "1h", "today", "7d"],
        "retention_s": 35 * 86_400,
    }


def test_before_there_are_tables_they_are_those_of_the_settings() -> None:
    """No generation is shown yet."""
    answer = ask("/api/v1/definitions", snapshot=Snapshot()).json()

    assert (answer["generation"], answer["different"]) == (None, [])


def test_somebody_elses_tenant_is_not_named() -> None:
    """Neither its zone, its shifts nor its hours, nor queues and teams that the caller has none of."""
    acme = Caller("acme's board", frozenset({"read"}), frozenset({"acme"}))
    index = Index(shown(eight_legs(), "10:00").rows)

    seen = seen_by(acme, definitions_from(FILE), index)

    told = [*differences(seen), *hours_now(seen, now_ms=T0)]
    assert ("targets.wait.queues.billing", "30s (default that of its channel)") in told
    assert ("zones.acme", "Europe/Berlin (default DESKPULSE_ZONE)") in told
    assert not any(name in str(told) for name in ("globex", "vault", "late"))
