"""The server: the application on a thread of its own, so that neither a refresh nor a scrape holds up the other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from stream.api import tls
from stream.api.addresses import listen
from stream.api.sizes import MOST_HEAD

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Self

    from fastapi import FastAPI
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

    from stream.settings import Settings

GRACE_S = 2
"""So long an answer under way may take when the server ends."""


MOST_CONNECTIONS = 3_000
"""Beyond them connections are answered 503."""
HEAD_S = 10.0
"""A request has begun and come to the end of its headers after twice this, or the connection is closed."""


class _Protocol(H11Protocol):
    """Shows those who answer without an end the transport, as `request.state.transport`: they may have to cut it.

    And closes connections on which nothing is asked, also where a byte comes now and then.
    """

    _looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._looking is not None:
            self._looking.cancel()

    def _look_later(self) -> None:
        self._looking = self.loop.call_later(HEAD_S, self._look, self.cycle)

    def _look(self, before: RequestResponseCycle | None) -> None:
        if self.cycle is before and (before is None or before.response_complete):
            self.transport.close()
        else:
            self._look_later()


class Server:
    """Serves *app* while its context lasts; `address` is where. Raises UsageError if that cannot be listened on."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        context = tls.context(settings)
        self._socket = listen(settings)
        host, port = settings.listen_address[0], self._socket.getsockname()[1]
        scheme = "https" if context else "http"
        self.address = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
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
                ssl_context_factory=(lambda *_: context) if context else None,
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=MOST_HEAD,
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
