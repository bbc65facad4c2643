"""The files of the dashboards: what `python -m grafana` writes, and a test compares with what is committed."""

from __future__ import annotations

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana import live

FOLDER = Path(__file__).parent / "dashboards"


def rendered() -> dict[str, str]:
    """Return the text of every dashboard by the name of its file."""
    return {"live.json": json.dumps(live.dashboard(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"}


def write() -> None:
    """Write them into the folder `dashboards`."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text)
