"""The HTTP side of `serve`: /metrics, /live, /ready."""

from __future__ import annotations

import asyncio
import gzip
import signal
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import structlog
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, ThreadingWSGIServer

from stream import log as logs
from stream.clock import now_ms
from stream.errors import UsageError
from stream.exporter import Exporter
from stream.snapshot import Snapshot, Snapshots, ready_trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any
    from wsgiref.simple_server import WSGIServer

    from stream.settings import Settings

log = structlog.get_logger(__name__)
_TEXT = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
CANCEL_AGAIN_S = 0.2
_HOME = b"Deskpulse serves /metrics, /live and /ready.\n"


class _Silent(WSGIRequestHandler):
    """Scrapes every few seconds are nobody's news."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def web(latest: Callable[[], Snapshot], *, clock: Callable[[], int] = now_ms) -> Callable[..., Iterable[bytes]]:
    """Return the WSGI application; *clock* is the wall clock, in epoch ms."""
    exporter = Exporter(latest, clock=clock)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        def answer(status: HTTPStatus, body: bytes) -> Iterable[bytes]:
            # A list of its own: wsgiref adds the length of the body to it.
            start_response(f"{status.value} {status.phrase}", list(_TEXT))
            return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

        if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return answer(HTTPStatus.METHOD_NOT_ALLOWED, b"only GET and HEAD\n")
        match environ.get("PATH_INFO"):
            case "/metrics":
                return metrics(exporter, environ, start_response)
            case "/live":
                return answer(HTTPStatus.OK, b"ok\n")
            case "/ready":
                trouble = ready_trouble(latest(), clock())
                if trouble is None:
                    return answer(HTTPStatus.OK, b"ready\n")
                return answer(HTTPStatus.SERVICE_UNAVAILABLE, f"not ready: {trouble}\n".encode())
            case "/":
                return answer(HTTPStatus.OK, _HOME)
        return answer(HTTPStatus.NOT_FOUND, b"not found; " + _HOME)

    return application


def metrics(exporter: Exporter, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
    """Answer a scrape: always the text format, which every Prometheus reads, so that it can be made quickly."""
    body = exporter.text()
    headers = [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)]
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        # The least level: the text repeats itself, and higher ones cost more than making it did.
        body = gzip.compress(body, compresslevel=1)
        headers.append(("Content-Encoding", "gzip"))
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code. Raises UsageError if the address cannot be had."""
    logs.configure(settings)
    return asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
    snapshots = Snapshots(settings)
    server = _listen(settings, web(lambda: snapshots.latest))
    thread = threading.Thread(target=server.serve_forever, name="http", daemon=True)
    thread.start()
    address = f"http://{settings.listen_address[0]}:{server.server_port}"
    log.info("serving", address=address, clock=settings.clock)
    refreshing = asyncio.create_task(snapshots.run())
    try:
        await asyncio.wait({refreshing, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if refreshing.done():
            await refreshing
        return 0
    finally:
        await end(refreshing)
        server.shutdown()
        server.server_close()
        log.info("serve_stopped")


async def end(task: asyncio.Task[None]) -> None:
    """Cancel *task* until it has ended, and drop what it raises: a client of Redis may swallow a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(task, return_exceptions=True)


def _listen(settings: Settings, application: Callable[..., Iterable[bytes]]) -> WSGIServer:
    host, port = settings.listen_address
    try:
        return make_server(host, port, application, ThreadingWSGIServer, handler_class=_Silent)
    except OSError as error:
        message = f"DESKPULSE_LISTEN: {settings.listen} cannot be listened on ({error.strerror})"
        raise UsageError(message) from error
