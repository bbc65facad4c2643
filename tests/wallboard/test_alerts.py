"""Alerts on the wallboard: those that fire in a real Alertmanager, of the tenants that one may see."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from stream.wallboard.alerts import GOOD_FOR_MS, Firing
from tests.eventually import eventually
from tests.logs import T0
from tests.stream.api.asking import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import AlertmanagerFactory
    from tests.services import Alertmanager

ALERTS = [
    {"alertname": "QueueSpike", "severity": "warning", "tenant": "acme", "queue": "tech"},
    {"alertname": "QueueSpike", "severity": "page", "tenant": "globex", "queue": "sales"},
    {"alertname": "DataStale", "severity": "page"},
    # Of these nobody has to do anything: they are not on a wall.
    {"alertname": "Watchdog", "severity": "none"},
    {"alertname": "BaselineYoung", "severity": "info", "tenant": "acme"},
]
PROXY = {"proxy_user_header": "X-User", "proxy_peers": "127.0.0.1"}


@pytest.fixture
def firing(alertmanager: AlertmanagerFactory) -> Alertmanager:
    """Give an Alertmanager in which the alerts fire."""
    server = alertmanager()
    body = json.dumps([{"labels": labels, "annotations": {"summary": "look"}} for labels in ALERTS]).encode()
    request = urllib.request.Request(  # noqa: S310 - our own http address
        f"{server.url}/api/v2/alerts", data=body, headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - the same
    eventually(lambda: len(server.alerts()) == len(ALERTS))
    return server


@pytest.fixture
def mute() -> Iterator[str]:
    """Give the address of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def said(address: str, *, tenants: str) -> Any:
    """Return what is said of alerts to somebody who sees *tenants*."""
    headers = {"X-User": "kim", "X-Deskpulse-Scopes": "read", "X-Deskpulse-Tenants": tenants}
    return ask("/api/v1/alerts", given={"alertmanager": address, **PROXY}, headers=headers).json()


def test_alerts_that_fire_are_shown_the_worst_first(firing: Alertmanager) -> None:
    """Pages before warnings, with their summary, and since when."""
    found = said(firing.url, tenants="*")

    assert [(alert["name"], alert["severity"]) for alert in found["alerts"]] == [
        ("DataStale", "page"), ("QueueSpike", "page"), ("QueueSpike", "warning"),
    ]  # fmt: skip
    assert found["alerts"][0]["summary"] == "look"
    assert found["trouble"] is None


def test_alerts_of_other_tenants_do_not_exist(firing: Alertmanager) -> None:
    """Who sees acme hears of acme's; of those that name no tenant only who sees all."""
    assert [alert["labels"]["tenant"] for alert in said(firing.url, tenants="acme")["alerts"]] == ["acme"]
    assert said(firing.url, tenants="initech")["alerts"] == []


def test_it_is_asked_again_only_after_a_while(firing: Alertmanager) -> None:
    """Many screens cost Alertmanager what one does; what was known stays when it goes, and trouble is said."""
    alerts = Firing(firing.url)
    known = alerts.at(T0)
    firing.close()

    assert alerts.at(T0 + GOOD_FOR_MS - 1) is known
    later = alerts.at(T0 + GOOD_FOR_MS)
    assert later.alerts == known.alerts
    assert later.asked_at == T0
    assert later.trouble is not None
    assert later.trouble.startswith("Alertmanager does not answer: ")


def test_one_that_does_not_answer_is_waited_for_briefly(mute: str) -> None:
    """Two seconds, then the board says so."""
    assert said(mute, tenants="*") == {
        "configured": True, "trouble": "Alertmanager does not answer: timed out", "asked_at": None, "alerts": [],
    }  # fmt: skip


def test_one_that_speaks_another_protocol_is_trouble_like_any_other() -> None:
    """What listens there is no HTTP: the screens hear of it, and are answered."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def babble() -> None:
            taken, _ = listening.accept()
            with taken:
                taken.recv(1_024)
                taken.sendall(b"-ERR unknown command\r\n")

        speaking = threading.Thread(target=babble)
        speaking.start()
        found = said(f"http://127.0.0.1:{listening.getsockname()[1]}", tenants="*")
        speaking.join()

    assert found["alerts"] == []
    assert found["trouble"].startswith("Alertmanager does not answer: ")


def test_without_an_alertmanager_nothing_is_asked() -> None:
    """The wallboard then has no ticker."""
    assert ask("/api/v1/alerts").json()["configured"] is False


def test_of_those_who_wait_for_the_first_answer_one_asks() -> None:
    """Five screens at once before anything is known, and it hangs: it is asked once, and all hear of the trouble."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(5) as threads:
        alerts = Firing(f"http://127.0.0.1:{listening.getsockname()[1]}")
        together = threading.Barrier(5)

        def ask_now() -> str | None:
            together.wait()
            return alerts.at(T0).trouble

        found = [each.result() for each in [threads.submit(ask_now) for _ in range(5)]]
        listening.settimeout(0)
        asked = 0
        with suppress(BlockingIOError):
            while True:
                listening.accept()[0].close()
                asked += 1

    assert found == ["Alertmanager does not answer: timed out"] * 5
    assert asked == 1
