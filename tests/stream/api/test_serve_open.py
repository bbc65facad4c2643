"""A real `serve` that other machines reach: it asks who they are, and its log keeps what they said to itself."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from stream.devstack.process import free_port
from stream.scopes import as_toml, new_token
from stream.settings import PREFIX
from tests.eventually import eventually
from tests.processes import Process

if TYPE_CHECKING:
    from tests import services

ROOT = Path(__file__).parents[3]


def test_open_to_others_it_answers_who_has_a_token(empty_redis: services.Redis, tmp_path: Path) -> None:
    """A token that is added while it runs lets in, one taken out does not; without TLS it warns.

    Nothing of a token is in the log, nor of the address that was asked for.
    """
    port, first, second = free_port(), new_token(), new_token()
    file = tmp_path / "tokens.toml"
    file.write_text(as_toml("prometheus", first, scopes=["read"], tenants=None))
    env = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    env |= {
        "DESKPULSE_LISTEN": f"0.0.0.0:{port}",
        "DESKPULSE_TOKENS": str(file),
        "DESKPULSE_REDIS": empty_redis.url,
        "DESKPULSE_LOG_FORMAT": "json",
        "PYTHONPATH": str(ROOT),
    }
    serve = Process("serve", env=env, folder=tmp_path, name="serve")

    def status(token: str, path: str = "/metrics") -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=20).status_code

    eventually(lambda: serve.says("serving"))

    assert [status(token) for token in ("", first, second)] == [401, 200, 401]
    assert status("", "/live") == 200
    file.write_text(as_toml("board", second, scopes=["read"], tenants=None))
    assert [status(token) for token in ("", first, second)] == [401, 401, 200]
    assert status(second, "/api/v1/values?tenant=zyglobex") in {200, 404}
    assert status("", "/api/v1/values?tenant=zyglobex") == 401
    assert serve.stop() == 0
    said = [json.loads(line) for line in serve.log.splitlines()]
    events = [line["event"] for line in said]
    assert {"serving", "serving_in_the_clear", "request_refused", "tokens_read"} <= set(events)
    assert not [part for part in (first, second, "zyglob") if part in serve.log]
