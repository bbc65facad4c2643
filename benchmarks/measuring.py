"""Reading clocks and sizes of processes and servers."""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stream import keys
from stream.chunks import Partition
from tests.pipeline import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Return the CPU seconds, user and system, that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def redis_cpu_s(client: Any) -> float:  # noqa: ANN401 - a client of redis-py
    """Return the CPU seconds, user and system, that a Redis has used."""
    info = client.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def redis_bytes(client: Any) -> int:  # noqa: ANN401 - a client of redis-py
    """Return the memory a Redis uses for what it holds."""
    return int(client.info("memory")["used_memory"])


def key_bytes(client: Any, names: Sequence[bytes]) -> int:  # noqa: ANN401 - a client of redis-py
    """Return the memory a Redis uses for these keys, all of what they hold counted."""
    asking = client.pipeline(transaction=False)
    for name in names:
        asking.memory_usage(name, samples=0)
    return sum(asking.execute())


def applied(client: Any, topics: Iterable[str], partitions: int, *, generation: str) -> int:  # noqa: ANN401 - of redis-py
    """Return how many records of *topics* are in the tables of *generation*.

    One call: a scan would be half of Redis' work.
    """
    asking = client.pipeline(transaction=False)
    for topic in topics:
        for number in range(partitions):
            asking.hget(keys.meta(generation, Partition(topic, number)), "offset")
    return sum(int(offset) for offset in asking.execute() if offset is not None)


def compiled_packages() -> Path | None:
    """Return the folder of the packages compiled from these very sources, None where they have to be made first."""
    stamp = ROOT / "build" / "compiled.stamp"
    sources = [path for folder in ("aggregators", "stream") for path in (ROOT / folder).rglob("*.py")]
    if stamp.exists() and stamp.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return stamp.with_suffix("")
    say("not compiled: `make compiled` makes the build that is meant for a lot of traffic")
    return None


def spread(figures: Sequence[float]) -> str:
    """Return median, least and most."""
    return f"median {statistics.median(figures):,.1f} (from {min(figures):,.1f} to {max(figures):,.1f})"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
