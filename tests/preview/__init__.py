"""Pictures of the dashboards, drawn by ourselves from their JSON and from real numbers: previews, not Grafana."""
