"""`python -m benchmarks [short|full] [catch-up|memory|streams|breadth]`: speed and size, on real servers here."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks import breadth, catch_up, memory, streams
from tests import services

SIZES = {"short": (60_000, 1, 20_000, 10), "full": (400_000, 5, 100_000, 60)}
"""Events of the backlog, runs, conversations waiting, seconds of following."""
USUAL = ("catch-up", "memory", "streams")
ALL = (*USUAL, "breadth")
"""Each family by itself takes long, so that it is measured where it is asked for."""
FOLLOWING = 500


def main(arguments: list[str]) -> int:
    """Run what was asked for and print it."""
    size = next((word for word in arguments if word in SIZES), "full")
    wanted = [word for word in arguments if word not in SIZES] or [*USUAL]
    if unknown := [word for word in wanted if word not in ALL]:
        sys.stderr.write(f"{unknown[0]}: not one of short, full, {', '.join(ALL)}\n")
        return 2
    events, runs, waiting, seconds = SIZES[size]
    folder = Path(tempfile.mkdtemp(prefix="deskpulse-bench-"))
    with services.running(services.new_kafka) as kafka, services.running(services.new_redis) as redis:
        if "catch-up" in wanted:
            catch_up.run(kafka, redis, _made(folder / "catch-up"), events=events, runs=runs)
        if "memory" in wanted:
            memory.run(kafka, redis, _made(folder / "memory"), waiting=waiting)
        if "streams" in wanted:
            streams.run(kafka, redis, _made(folder / "streams"), clients=FOLLOWING, seconds=seconds)
        if "breadth" in wanted:
            breadth.run(kafka, redis, _made(folder / "breadth"), events=min(events, 60_000), runs=min(runs, 3))
    return 0


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
