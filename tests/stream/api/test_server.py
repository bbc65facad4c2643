"""Where the application is served, and that one answer does not wait for another."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from stream.api.addresses import listen
from stream.api.app import make_app
from stream.api.server import Server
from stream.api.source import Source
from stream.errors import UsageError
from stream.settings import load
from tests.logs import T0
from tests.stream.api.asking import FRESH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.snapshot import Snapshot


@contextmanager
def taken() -> Iterator[str]:
    """Give an address on which somebody listens already."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield "{}:{}".format(*other.getsockname())


def test_an_address_that_is_taken_is_named() -> None:
    """One line with the variable, the address, and what is wrong with it."""
    with taken() as address, pytest.raises(UsageError) as caught:
        listen(load({"listen": address}))

    assert str(caught.value) == f"DESKPULSE_LISTEN: {address} cannot be listened on (Address already in use)"


def test_scrapes_are_answered_side_by_side() -> None:
    """A scrape that hangs holds nobody up."""
    hanging, go_on = threading.Event(), threading.Event()
    calls = iter([True])

    def latest() -> Snapshot:
        if next(calls, False):
            hanging.set()
            assert go_on.wait(20)
        return FRESH

    settings = load({"listen": "127.0.0.1:0"})
    with Server(make_app(Source(settings, latest, clock=lambda: T0)), settings) as server:
        slow = threading.Thread(target=lambda: httpx2.get(f"{server.address}/metrics", timeout=30))
        slow.start()
        assert hanging.wait(20)

        assert httpx2.get(f"{server.address}/ready", timeout=20).text == "ready\n"

        go_on.set()
        slow.join(20)
