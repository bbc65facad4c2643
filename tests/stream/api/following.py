"""Following the changes as a browser does, in a test."""

from __future__ import annotations

import json
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2

from stream.api.app import make_app
from stream.api.server import Server
from stream.api.source import Source
from stream.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stream.snapshot import Snapshot


class Event(NamedTuple):
    """What was sent: a kind, an id, and data."""

    kind: str
    id: str
    data: Any


class Stage:
    """What is shown, to be replaced by hand."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._listeners: list[Callable[[], None]] = []

    def show(self, snapshot: Snapshot) -> None:
        """Replace it, and tell those who listen."""
        self.snapshot = snapshot
        for call in self._listeners:
            call()

    @contextmanager
    def server(self, **given: str) -> Iterator[str]:
        """Serve it under the settings *given*; give the address."""
        settings = load({"listen": "127.0.0.1:0", **given})
        source = Source(settings, lambda: self.snapshot, clock=lambda: self.snapshot.made_at, listen=self.listen)
        with Server(make_app(source), settings) as server:
            yield server.address

    def listen(self, call: Callable[[], None]) -> None:
        """Let *call* be made whenever it is replaced."""
        self._listeners.append(call)


@contextmanager
def following(
    address: str,
    query: str = "",
    *,
    known: str | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    patience_s: float = 30.0,
) -> Iterator[Iterator[Event]]:
    """Give the events of a stream as they come."""
    headers = {**headers} if known is None else {**headers, "Last-Event-ID": known}
    url = f"{address}/api/v1/changes?{query}"
    with httpx2.stream("GET", url, headers=headers, timeout=patience_s) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield events(answer.iter_lines())


def events(lines: Iterator[str]) -> Iterator[Event]:
    """Read the events of *lines*; comments and `retry` are passed over."""
    said: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            said[name] = value
        elif "event" in said:
            yield Event(said["event"], said["id"], json.loads(said["data"]))
            said = {}
