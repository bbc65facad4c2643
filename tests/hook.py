"""Who is called: an HTTP server that keeps what Alertmanager sends it, and when."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

from stream.clock import now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator


class Call(NamedTuple):
    """One call: the path without its slash, when it came, and its JSON."""

    path: str
    at_ms: int
    said: dict[str, Any]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alerts of a webhook."""
        return list(self.said["alerts"])


class Hook:
    """What was called so far, at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Keep one more."""
        with self._lock:
            self._calls.append(call)

    def calls(self, path: str) -> list[Call]:
        """Return the calls of *path*, the first one first."""
        with self._lock:
            return [call for call in self._calls if call.path == path]


@contextmanager
def listening() -> Iterator[Hook]:
    """Listen on a free port; every POST is kept and answered with 200 and JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.add(Call(self.path.strip("/"), now_ms(), json.loads(body)))
            answer = b'{"status": "success", "ok": true}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        hook = Hook(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()
