"""The servers and processes of the demo: started together, ended together, nothing left."""

from __future__ import annotations

import logging
import os
import socket
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stream import log as logs
from stream.demo import boards, definitions
from stream.devstack.broker import embedded_broker
from stream.devstack.process import end, free_port, spawn
from stream.devstack.redis import embedded_redis
from stream.settings import PREFIX, Settings
from stream.told import read_topics

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    Say = Callable[[str, str], None]

HOST = "127.0.0.1"
DEFINITIONS = "definitions.toml"
BOARDS = "boards.toml"


@dataclass(frozen=True, slots=True)
class Child:
    """A process of the demo, and the file that it logs to."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path

    def trouble(self) -> str | None:
        """Return one line that says how it ended, None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        lines = self.output.read_text(errors="replace").strip().splitlines()
        # What it said of its usual work is not why it ended.
        last = lines[-1] if lines and "[info" not in lines[-1] else "no word of why"
        return f"demo: {self.name} ended with {code}: {last}"


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs: the settings that reach it, the address of `serve`, the processes."""

    settings: Settings
    address: str
    children: tuple[Child, ...]

    def trouble(self) -> str | None:
        """Return what ended although nobody asked it to, in one line; None if all is well."""
        return next((found for child in self.children if (found := child.trouble())), None)


@contextmanager
def running(*, port: int, say: Say) -> Iterator[Stack]:
    """Start broker, Redis, worker and serve; end them afterwards and remove every file.

    `say(what, text)` hears of each. Nothing of the environment's settings is used, and no `.env`: the demo touches
    no Kafka and no Redis but its own. Raises UsageError if one does not come up.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deskpulse-demo-")))
        stack.enter_context(_log_to(folder / "demo.log"))
        kafka = stack.enter_context(embedded_broker(read_topics(_house())))
        say("broker", f"{kafka} (the mock cluster of librdkafka, in memory: no Kafka)")
        redis = stack.enter_context(embedded_redis())
        say("Redis", f"{redis.url} ({redis.server}, process {redis.pid})")
        found = port if port and _is_free(port) else free_port()
        if port not in (0, found):
            say("port", f"{port} is taken, serve gets {found}")
        settings = Settings.model_construct(kafka=kafka, redis=redis.url, listen=f"{HOST}:{found}")
        (folder / DEFINITIONS).write_text(definitions.text())
        (folder / BOARDS).write_text(boards.TEXT)
        children: list[Child] = []
        stack.callback(_end, children)
        for name in ("worker", "serve"):
            child = _child(name, settings, folder)
            children.append(child)
            say(name, f"process {child.process.pid}")
        watched = (*children, Child("Redis", redis.process, redis.output))
        yield Stack(settings, f"http://{settings.listen}", watched)


@contextmanager
def _log_to(path: Path) -> Iterator[None]:
    """Keep log lines of this process off the terminal, where the picture is."""
    logs.configure(Settings.model_construct())
    with path.open("w") as file:
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(file)
        try:
            yield
        finally:
            logging.root.handlers.clear()


def _house() -> Settings:
    """Return the settings of the demo's processes, but for their addresses."""
    settings = Settings.model_construct()
    return settings.defining(definitions.text(), retention_ms=settings.retention_ms, zone=settings.zone)


def _child(name: str, settings: Settings, folder: Path) -> Child:
    env = {key: value for key, value in os.environ.items() if not key.upper().startswith(PREFIX)}
    env |= {f"{PREFIX}{key.upper()}": getattr(settings, key) for key in ("kafka", "redis", "listen")}
    env[f"{PREFIX}DEFINITIONS"] = str(folder / DEFINITIONS)
    env[f"{PREFIX}BOARDS"] = str(folder / BOARDS)
    output = folder / f"{name}.log"
    # -P: the folder is not where modules come from. It holds no .env either.
    command = [sys.executable, "-P", "-m", "stream.cli", name]
    return Child(name, spawn(command, folder=folder, log=output, env=env), output)


def _end(children: list[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    for child in children:
        end(child.process)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As `serve` does: what was closed a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
