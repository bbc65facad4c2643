"""`python -m stream.alerting`: write into the runbooks here when their alerts fire, by the usual targets."""

from __future__ import annotations

import sys
from pathlib import Path

from aggregators.definitions import Definitions
from stream.alerting import groups
from stream.alerting.runbooks import with_conditions

FOLDER = Path(__file__).parents[1] / "runbooks"


def main() -> None:
    """Write those that change."""
    made = groups(Definitions())
    for path in FOLDER.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        new = with_conditions(text, path.stem, made)
        if new != text:
            path.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
