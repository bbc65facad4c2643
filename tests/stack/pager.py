"""What a pager is to the stack of the test: an address that prints what it is sent, a line each."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Pager(BaseHTTPRequestHandler):
    """Prints the path and the body of each request, in JSON."""

    def do_POST(self) -> None:
        """Print one."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sys.stdout.write(json.dumps({"receiver": self.path.strip("/"), **body}) + "\n")
        sys.stdout.flush()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing else."""


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8080), Pager).serve_forever()  # noqa: S104 - in a container that publishes nothing
