"""A real server of a morning in which an accept and a retraction come late, as it lives on."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from stream.api.app import make_app
from stream.api.server import Server
from stream.api.source import Source
from stream.clock import now_ms
from stream.devstack.process import free_port
from stream.settings import load
from tests.logs import after
from tests.stream.api.shown import behind, facts, late_morning, past, restated, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVERY_S = 1.0


@contextmanager
def morning(**given: str) -> Iterator[str]:
    """Give the address of a server under the settings *given*, at 2:40:00 of `late_morning`."""
    log = late_morning()
    settings, snapshot = load({"listen": f"127.0.0.1:{free_port()}", **given}), shown(log, "2:40:00")
    told: list[Callable[[], None]] = []
    source = Source(
        settings,
        # Each is another one, so that the board knows itself alive.
        lambda: replace(snapshot, made_at=now_ms()),
        clock=lambda: after("2:40:00"),
        listen=told.append,
        read_past=past(log),
        read_behind=behind(log),
        read_facts=facts(log),
        read_restated=restated(log),
    )
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(EVERY_S):
            for tell in told:
                tell()

    ticking = threading.Thread(target=tick)
    with Server(make_app(source), settings) as server:
        ticking.start()
        try:
            yield server.address
        finally:
            ended.set()
            ticking.join()
