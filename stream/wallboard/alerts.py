"""Alerts that fire, from Alertmanager: asked by this server, never by a browser, and no more often than needed."""

from __future__ import annotations

import threading
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

import orjson
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, ValidationError

from aggregators.instants import SECOND_MS
from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations

if TYPE_CHECKING:
    from stream.api.source import Source

PATH: Final = "/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=false"
PATIENCE_S: Final = 2.0
GOOD_FOR_MS: Final = 5 * SECOND_MS
MOST_BYTES: Final = 4 << 20
MOST_SHOWN: Final = 50
UNSHOWN: Final = frozenset({"none", "info"})
"""Severities of what nobody has to do anything about: a watchdog that always fires, what is good to know."""


class Alert(BaseModel):
    """One alert that fires. `since` as Alertmanager says it."""

    name: str
    severity: str | None
    summary: str | None
    since: str | None
    labels: dict[str, str]


class Alerts(BaseModel):
    """Those that fire; `trouble` says why they are not known, or not known anew."""

    configured: bool
    trouble: str | None = None
    asked_at: int | None = Field(default=None, description="When Alertmanager last answered, in epoch ms.")
    alerts: list[Alert] = []


class _Said(BaseModel):
    """What Alertmanager says of an alert, as far as it is used."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    startsAt: str | None = None  # noqa: N815 - its name


@dataclass(slots=True)
class Firing:
    """Asks the Alertmanager at *address* when it was last asked too long ago. May be used from any thread."""

    address: str
    latest: Alerts = field(default_factory=lambda: Alerts(configured=True))
    asked_at_ms: int | None = None
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def at(self, now_ms: int) -> Alerts:
        """Return what fires. While somebody else asks it is what was known before."""
        if self._is_old(now_ms) and self._asking.acquire(blocking=self.asked_at_ms is None):
            try:
                # Of those who waited for the first answer one asked, and the others have it.
                if self._is_old(now_ms):
                    self._ask(now_ms)
            finally:
                self._asking.release()
        return self.latest

    def _is_old(self, now_ms: int) -> bool:
        return self.asked_at_ms is None or not 0 <= now_ms - self.asked_at_ms < GOOD_FOR_MS

    def _ask(self, now_ms: int) -> None:
        try:
            alerts = _get(self.address + PATH)
            self.latest = Alerts(configured=True, asked_at=now_ms, alerts=alerts)
        except (OSError, HTTPException, ValueError, ValidationError) as error:
            why = getattr(error, "reason", None) or error
            trouble = f"Alertmanager does not answer: {str(why).splitlines()[0] if str(why) else type(why).__name__}"
            self.latest = self.latest.model_copy(update={"trouble": trouble})
        self.asked_at_ms = now_ms


def router(source: Source) -> APIRouter:
    """Return the route of the alerts."""
    routes = APIRouter(tags=["wallboard"])
    address = source.settings.alertmanager
    firing = None if address is None else Firing(address)

    @routes.get("/alerts")
    def alerts(caller: Reader, response: Response) -> Alerts:
        """The alerts that fire and want somebody; of those that name no tenant only who may see all tenants knows.

        The worst first.
        """
        # They come and go whether there is another snapshot or not.
        response.headers["Cache-Control"] = "no-store"
        if firing is None:
            return Alerts(configured=False)
        said = firing.at(source.clock())
        seen = [
            alert
            for alert in said.alerts
            if (caller.sees(alert.labels["tenant"]) if "tenant" in alert.labels else caller.tenants is None)
        ]
        return said.model_copy(update={"alerts": seen[:MOST_SHOWN]})

    return routes


def _get(url: str) -> list[Alert]:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 - the setting is checked to be http
        body = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        message = f"the answer is longer than {MOST_BYTES} bytes"
        raise ValueError(message)
    content: Any = orjson.loads(body)
    if not isinstance(content, list):
        message = "the answer is no list of alerts"
        raise ValueError(message)  # noqa: TRY004 - as what is no JSON
    alerts = [_alert(_Said.model_validate(each)) for each in content]
    return sorted((each for each in alerts if each.severity not in UNSHOWN), key=_worst_first)


def _alert(said: _Said) -> Alert:
    return Alert(
        name=said.labels.get("alertname", "?"),
        severity=said.labels.get("severity"),
        summary=said.annotations.get("summary") or said.annotations.get("description"),
        since=said.startsAt,
        labels=said.labels,
    )


_SEVERITIES: Final = ("page", "critical", "error", "warning", "ticket")


def _worst_first(alert: Alert) -> tuple[int, str, str]:
    known = alert.severity in _SEVERITIES
    return _SEVERITIES.index(alert.severity or "") if known else len(_SEVERITIES), alert.since or "", alert.name
