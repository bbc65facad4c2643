"""The catalogue over HTTP."""

from __future__ import annotations

from tests.stream.api.asking import ask


def test_every_metric_has_its_definition() -> None:
    """The same lines as `deskpulse catalogue --format json`."""
    metrics = {each["name"]: each for each in ask("/api/v1/catalogue").json()["metrics"]}

    assert metrics["support_queue_waiting"]["labels"] == ["tenant", "channel", "queue"]
    assert metrics["support_tenant_rolling_csat_mean_ratio"]["definition"] == "M60"
