"""Asking the application without a server, as its tests do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from aggregators.board import Row
from aggregators.catalogue import METRICS
from aggregators.rolling import Group
from stream.api.app import make_app
from stream.api.source import Source
from stream.behind import read_behind
from stream.conversation import read_facts
from stream.named import read_names
from stream.past import read_past
from stream.restated import read_restated
from stream.settings import load
from stream.snapshot import Snapshot
from tests.logs import T0

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from httpx2 import Response

    from stream.behind import Asked, Behind
    from stream.conversation import Owned
    from stream.named import Customers, Names
    from stream.past import Past
    from stream.restated import Restatements
    from stream.settings import Settings

WAITING = next(each for each in METRICS if each.suffix == "waiting")
ROW = Row(WAITING, Group("queue", ("acme", "chat", "billing")), None, None, 3)
FRESH = Snapshot(rows=(ROW,), made_at=T0, as_of=T0, trouble=None, redis_up=True, generation="abc")


def ask(
    path: str,
    *,
    method: str = "GET",
    snapshot: Snapshot = FRESH,
    now: int = T0,
    headers: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
    peer: str = "127.0.0.1",
    past: Callable[[Settings], Past] = read_past,
    behind: Callable[[Settings, Asked], Behind] = read_behind,
    facts: Callable[[Settings, Sequence[str], str], Owned] = read_facts,
    restated: Callable[[Settings], Restatements] = read_restated,
    names: Callable[[Settings, Customers], Names] = read_names,
) -> Response:
    """Return what is answered of *snapshot* at *now*, under the settings *given*, to somebody at the address *peer*.

    *past* reads what is kept of instants gone by, *behind* who is behind a number,
    *facts* one conversation, *restated* what was counted anew, *names* what customers are called.
    """
    readers: Any = {
        "read_past": past, "read_behind": behind, "read_facts": facts, "read_restated": restated, "read_names": names,
    }  # fmt: skip
    source = Source(load(given or {}), lambda: snapshot, clock=lambda: now, **readers)
    app = make_app(source)
    with TestClient(app, "http://127.0.0.1:8420", raise_server_exceptions=False, client=(peer, 50_000)) as client:
        return client.request(method, path, headers={"Accept-Encoding": "identity", **(headers or {})})
