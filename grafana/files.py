"""The files of the dashboards: what `python -m grafana` writes, and a test compares with what is committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana import live

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "dashboards"


def rendered() -> dict[str, str]:
    """Return the text of every dashboard by the name of its file."""
    return {"live.json": as_text(live.dashboard())}


def as_text(dashboard: Dashboard) -> str:
    """Return a dashboard as JSON with its keys in order, so that a change shows as what it is."""
    return json.dumps(dashboard, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def as_model(parsed: Mapping[str, object]) -> Dashboard:
    """Return a dashboard from its parsed JSON; what the model does not know is lost."""
    register_default_plugins()
    return Dashboard.from_json(dict(parsed))


def write() -> None:
    """Write them into the folder `dashboards`."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text)
