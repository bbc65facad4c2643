"""The contract holds: whatever is asked, also what nobody would, is answered as OpenAPI says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from stream.api.app import make_app
from stream.api.source import Source
from stream.scopes import as_toml
from stream.settings import load
from tests.stream.api.shown import behind, eight_legs, facts, names, past, restated, shown

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests import services

CONFIG = {
    "checks": {
        # Which labels go with which metrics, and which windows are shown, no schema says.
        "positive_data_acceptance": {"expected-statuses": ["200", "201", "404", "422"]},
        # What is too long is refused before it is looked at.
        "negative_data_rejection": {"expected-statuses": ["400", "401", "404", "405", "413", "414", "422", "431"]},
    }
}


class Whole(schemathesis.AuthProvider[str]):
    """Who may do everything."""

    def get(self, case: schemathesis.Case[Any], ctx: schemathesis.AuthContext) -> str:  # noqa: ARG002 - its signature
        """Return the token."""
        return "whole"

    def set(self, case: schemathesis.Case[Any], data: str, ctx: schemathesis.AuthContext) -> None:  # noqa: ARG002
        """Send it."""
        case.headers["Authorization"] = f"Bearer {data}"
        case.cookies.clear()


@pytest.fixture
def contract(tmp_path: Path, redis: services.Redis, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the contract of an application with some rows, in which streams end after their first event."""
    monkeypatch.setattr("stream.api.changes.LASTS_S", 0.0)
    file = tmp_path / "tokens.toml"
    file.write_text(as_toml("whole", "whole", scopes=["read", "drill-down", "admin"], tenants=None))
    snapshot = shown(eight_legs(), "10:00")
    given = load({"tokens": str(file), "redis": redis.url, "rate": "100000", "hosts": "testserver"})
    log = eight_legs()
    readers: dict[str, Any] = {
        "read_past": past(log),
        "read_behind": behind(log),
        "read_facts": facts(log),
        "read_restated": restated(log),
        "read_names": names(log),
    }
    app = make_app(Source(given, lambda: snapshot, clock=lambda: snapshot.made_at, **readers))
    config = schemathesis.Config.from_dict(CONFIG)
    found = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)
    found.auth()(Whole)
    return found


schema = schemathesis.pytest.from_fixture("contract")


@schema.parametrize()
@settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_the_contract_says(case: schemathesis.Case[Any]) -> None:
    """Status, media type, headers, form; what it forbids is refused; without a token nothing is answered."""
    case.call_and_validate()
