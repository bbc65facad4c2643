"""The server: the application on a thread of its own, so that neither a refresh nor a scrape holds up the other."""

from __future__ import annotations

import socket
import threading
from os import strerror
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from stream.errors import UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Self

    from fastapi import FastAPI

    from stream.settings import Settings

GRACE_S = 2
"""So long an answer under way may take when the server ends."""
BACKLOG = 2_048


class _Protocol(H11Protocol):
    """Shows those who answer without an end the transport, as `request.state.transport`: they may have to cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Server:
    """Serves *app* while its context lasts; `address` is where. Raises UsageError if that cannot be listened on."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._socket = listen(settings)
        host, port = settings.listen_address[0], self._socket.getsockname()[1]
        self.address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._at_end: list[Callable[[], None]] = getattr(app.state, "at_end", [])
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=_Protocol,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                # It would let X-Forwarded-For say from where a request comes, and with that which proxy is believed.
                proxy_headers=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="http", daemon=True)

    def __enter__(self) -> Self:
        """Serve from now on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Answer what is under way, and end."""
        for call in self._at_end:
            call()
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens on the address of *settings*; UsageError if it cannot be had."""
    host, port = settings.listen_address
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        # `create_server` adds the address to what went wrong, and it stands here already.
        why = strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        message = f"DESKPULSE_LISTEN: {settings.listen} cannot be listened on ({why})"
        raise UsageError(message) from error
