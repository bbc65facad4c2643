"""Grafana dashboards, built from the catalogue. `python -m grafana` writes them; the JSON is committed."""
