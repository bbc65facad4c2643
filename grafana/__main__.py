"""`python -m grafana [--site URL] [--out FOLDER]`: write every dashboard anew."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from grafana.files import FOLDER, write
from grafana.frame import SITE

if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m grafana", description="Write every dashboard as JSON.")
    parser.add_argument("--site", default=SITE, metavar="URL", help=f"address of deskpulse serve ({SITE})")
    parser.add_argument("--out", default=FOLDER, type=Path, metavar="FOLDER", help="where to (grafana/dashboards)")
    asked = parser.parse_args()
    write(asked.out, site=asked.site.rstrip("/"))
