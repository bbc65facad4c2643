"""What every answer has, and what no request may be."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from stream.api.access import CALLER, Caller
from stream.api.app import make_app
from stream.api.headers import SecurityHeaders
from stream.api.refusals import Refusals
from stream.api.server import Server
from stream.api.sizes import MOST_ADDRESS, MOST_BODY, MOST_HEADERS
from stream.api.source import Source
from stream.settings import load
from tests.logs import T0
from tests.stream.api.asking import FRESH, ask
from tests.stream.api.driving import drive, fine, scope_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


# ------------------------------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize("path", ["/live", "/metrics", "/api/v1/catalogue", "/nothing"])
def test_every_answer_says_what_a_browser_may_do_with_it(path: str) -> None:
    """Errors too; scripts only from here, and none within a page."""
    headers = ask(path).headers

    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_an_answer_that_should_not_have_happened_has_them_too() -> None:
    """And says nothing of what went wrong."""

    def broken() -> int:
        message = "secret"
        raise RuntimeError(message)

    app = make_app(Source(load({}), lambda: FRESH, clock=broken))
    with TestClient(app, "http://localhost", raise_server_exceptions=False) as client:
        answer = client.get("/ready")

    assert (answer.status_code, "secret" in answer.text) == (500, False)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_wall_may_be_shown_inside_another_page_if_settings_say_so() -> None:
    """The sites are named; the older header, which knows no sites, is left out."""
    headers = ask("/live", given={"frame_ancestors": "'self' https://intranet.example.org"}).headers

    assert "; frame-ancestors 'self' https://intranet.example.org; " in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


async def test_under_tls_it_stays_under_tls() -> None:
    """Browsers come back that way. What an answer says itself stays."""

    async def own(_: Scope, __: Receive, send: Send) -> None:
        headers = [(b"referrer-policy", b"no-referrer")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    headers = (await drive(SecurityHeaders(own, load({})), scope_of(scheme="https"))).headers

    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["referrer-policy"] == "no-referrer"


# --------------------------------------------------------------------------------------------------------------- sizes


def test_the_head_of_a_request_is_limited() -> None:
    """Its address, and its headers together."""
    address, headers = ask("/live?" + "x" * MOST_ADDRESS), ask("/live", headers={"X": "x" * MOST_HEADERS})

    assert (address.status_code, address.json()["detail"]) == (414, "path and query may have 8192 bytes")
    assert (headers.status_code, headers.json()["detail"]) == (431, "headers may have 16384 bytes")
    assert ask("/live?" + "x" * (MOST_ADDRESS - 100), headers={"X": "x" * (MOST_HEADERS - 1_000)}).status_code == 200


def test_the_body_of_a_request_is_limited() -> None:
    """413 before the whole of it has come, by what it says and by what it is."""
    app = make_app(Source(load({}), lambda: FRESH, clock=lambda: T0))

    @app.post("/echo")
    async def echo(body: dict[str, str]) -> int:
        return len(body["x"])

    def statuses(size: int) -> list[int]:
        whole = json.dumps({"x": "x" * size}).encode()
        parts = (whole[at : at + 1_000] for at in range(0, len(whole), 1_000))
        kind = {"Content-Type": "application/json"}
        with TestClient(app, "http://localhost") as client:
            return [client.post("/echo", content=content, headers=kind).status_code for content in (whole, parts)]

    assert statuses(MOST_BODY - 100) == [200, 200]
    assert statuses(MOST_BODY) == [413, 413]


def test_a_connection_on_which_nothing_is_asked_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one on which a request never comes to its end."""
    monkeypatch.setattr("stream.api.server.HEAD_S", 0.05)
    settings = load({"listen": "127.0.0.1:0"})
    with Server(make_app(Source(settings, lambda: FRESH, clock=lambda: T0)), settings) as server:
        where = urlsplit(server.address)
        for begun in (b"", b"GET /live HTTP/1.1\r\nHost: local"):
            with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
                connection.sendall(begun)
                assert connection.recv(1) == b""


# --------------------------------------------------------------------------------------------------------- compression


def test_answers_are_compressed_for_who_takes_it() -> None:
    """Long ones; short ones would not become shorter."""
    plain = ask("/api/v1/catalogue")
    small = ask("/api/v1/catalogue", headers={"Accept-Encoding": "gzip"})

    assert small.headers["Content-Encoding"] == "gzip"
    assert small.content == plain.content
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in ask("/live", headers={"Accept-Encoding": "gzip"}).headers


# ----------------------------------------------------------------------------------------------------------------- log


async def test_a_refusal_is_logged_by_names_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Who, from where, which route; neither the address with its ids, nor what was sent. Of a flood how many."""
    now_s = [0.0]

    async def refusing(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 403, "headers": []})

    app = Refusals(refusing, clock=lambda: now_s[0])
    headers = [(b"authorization", b"Bearer dp_secret"), (b"cookie", b"dp_cookie")]
    scope = scope_of("/conversations/c-1", headers=headers, query_string=b"tenant=acme", peer="10.0.0.9")
    scope[CALLER] = Caller("ann", frozenset())
    for now_s[0] in (0.0, 0.5, 0.9, 1.0):
        await drive(app, scope)

    said = capsys.readouterr().out
    assert said.count("request_refused") == 2
    for part in ("403", "ann", "10.0.0.9", "unsaid"):
        assert part in said
    assert not [part for part in ("c-1", "dp_", "acme") if part in said]
    assert "unsaid=2" in said.replace("\x1b[0m", "").replace("\x1b[36m", "").replace("\x1b[35m", "")


async def test_what_is_answered_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor that the numbers are not ready, which the log says elsewhere."""
    await drive(Refusals(fine), scope_of("/metrics"))
    ask("/ready", now=T0 + 10**9)

    assert "request_refused" not in capsys.readouterr().out
