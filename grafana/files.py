"""The files of the dashboards: what `python -m grafana` writes, and a test compares with what is committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana import (
    first_response,
    health,
    journey,
    people,
    processor,
    queue,
    satisfaction,
    tickets,
    wallboard,
)
from grafana.frame import SITE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER: Final = Path(__file__).parent / "dashboards"
BUILDERS: Final[Mapping[str, Callable[[str], Dashboard]]] = {
    "wallboard": wallboard.dashboard,
    "queue": queue.dashboard,
    "first-response": first_response.dashboard,
    "satisfaction": satisfaction.dashboard,
    "tickets": tickets.dashboard,
    "people": people.dashboard,
    "journey": journey.dashboard,
    "health": health.dashboard,
    "processor": processor.dashboard,
}


def rendered(site: str = SITE) -> dict[str, str]:
    """Return the text of every dashboard by the name of its file; *site* is the address of `serve`."""
    return {f"{name}.json": as_text(build(site)) for name, build in BUILDERS.items()}


def as_text(dashboard: Dashboard) -> str:
    """Return a dashboard as JSON with its keys in order, so that a change shows as what it is."""
    return json.dumps(dashboard, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def as_model(parsed: Mapping[str, object]) -> Dashboard:
    """Return a dashboard from its parsed JSON; what the model does not know is lost."""
    register_default_plugins()
    return Dashboard.from_json(dict(parsed))


def write(folder: Path = FOLDER, *, site: str = SITE) -> None:
    """Write them into *folder*."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in rendered(site).items():
        (folder / name).write_text(text)
