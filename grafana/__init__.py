"""Grafana dashboards, built from the catalogue. `python -m grafana` writes them; the JSON is committed."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # The SDK would rather have dashboardv2, which only the newest Grafana imports; every Grafana imports this model.
    warnings.filterwarnings("ignore", message="Prefer using dashboardv2", category=DeprecationWarning)
    import grafana_foundation_sdk.builders.dashboard
    import grafana_foundation_sdk.builders.prometheus
    import grafana_foundation_sdk.models.dashboard  # noqa: F401 - loaded here, so that they warn nowhere else
