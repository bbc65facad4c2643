"""`python -m benchmarks [short|full] [catch-up|memory]`: how fast and how large, on real servers of this machine."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks import catch_up, memory
from tests import services

SIZES = {"short": (60_000, 1, 20_000), "full": (400_000, 5, 100_000)}
"""Events of the backlog, runs, conversations waiting."""


def main(arguments: list[str]) -> int:
    """Run what was asked for and print it."""
    size = next((word for word in arguments if word in SIZES), "full")
    wanted = [word for word in arguments if word not in SIZES] or ["catch-up", "memory"]
    if unknown := [word for word in wanted if word not in ("catch-up", "memory")]:
        sys.stderr.write(f"{unknown[0]}: not one of short, full, catch-up, memory\n")
        return 2
    events, runs, waiting = SIZES[size]
    folder = Path(tempfile.mkdtemp(prefix="deskpulse-bench-"))
    with services.running(services.new_kafka) as kafka, services.running(services.new_redis) as redis:
        if "catch-up" in wanted:
            catch_up.run(kafka, redis, _made(folder / "catch-up"), events=events, runs=runs)
        if "memory" in wanted:
            memory.run(kafka, redis, _made(folder / "memory"), waiting=waiting)
    return 0


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
