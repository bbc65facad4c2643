"""The past as it is asked for: read when somebody asks, and kept for a moment for whoever asks next."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import structlog

from aggregators.hindsight import Hindsight
from stream.api.indexed import Index
from stream.api.instants import parse, stamp
from stream.api.problems import Wrong
from stream.metrics_page import stateful
from stream.offline import caps_of, definitions_of
from stream.past import NotNowError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from aggregators.board import Row
    from aggregators.metric import Metric
    from aggregators.samples import Labels
    from stream.api.selecting import Chosen
    from stream.past import Past
    from stream.snapshot import Snapshot

log = structlog.get_logger(__name__)

KEPT_S: Final = 10.0
"""So long what was read is kept for whoever asks next."""
_WHOLE: Final = ("people", "cost", "reasons", "baselines", "expected_wait")
"""Families that read more of a tenant than the place that is asked about."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known now of an instant gone by (epoch ms)."""

    at: int
    generation: str
    rows: list[Row]
    left_out: dict[str, list[str]] = field(default_factory=dict)


class _Read(NamedTuple):
    past: Past
    upto: int
    when: float


class Pasts:
    """Reads the past by `read`, whose last result serves for a moment. May be called on any thread; it blocks."""

    def __init__(self, read: Callable[[], Past]) -> None:
        self._read = read
        self._known: _Read | None = None
        # Of those who ask at once one reads, and the others wait for what it finds.
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Let go of what was read a while ago, unless somebody looks at it."""
        if self._lock.acquire(blocking=False):
            if self._known is not None and time.monotonic() - self._known.when > KEPT_S:
                self._known = None
            self._lock.release()

    def past(self, snapshot: Snapshot, *, until: int | None = None) -> Past:
        """Return what is kept up to *until*, else the instant of *snapshot*; Wrong where nothing may be shown now."""
        with self._lock:
            return self._past(snapshot, known_upto(snapshot) if until is None else until)

    def hindsight(
        self, snapshot: Snapshot, metrics: Collection[Metric], *, until: int, wanted: Callable[[Labels], bool] | None
    ) -> tuple[Past, Hindsight]:
        """Return what shows *metrics* up to *until*, or the instant of *snapshot*, of label sets that are *wanted*.

        Raises Wrong where nothing may be shown now.
        """
        past = self.past(snapshot, until=until)
        whole = wanted is None or snapshot.folded or any(each.asked in _WHOLE for each in metrics)
        settings = past.settings
        return past, Hindsight(
            past.recorded,
            definitions_of(settings),
            zone=ZoneInfo(settings.zone),
            windows=settings.windows,
            caps=caps_of(settings),
            metrics=metrics,
            stateful=stateful,
            wanted=_every if wanted is None or whole else wanted,
        )

    def look(self, snapshot: Snapshot, chosen: Chosen, text: str) -> Look:
        """Return what is *chosen* of the instant that the parameter as_of gives as *text*; Wrong if it gives none."""
        at = parse("as_of", text)
        latest = known_upto(snapshot)
        if at > latest:
            detail = f"as_of: {stamp(at)} is after {stamp(latest)}, the instant of the latest numbers"
            raise Wrong(HTTPStatus.UNPROCESSABLE_ENTITY, detail, parameter="as_of")
        metrics = [*dict.fromkeys(each.metric for each in chosen.named)]
        tenants = dict(chosen.places).get("tenant") or chosen.tenants
        past, hindsight = self.hindsight(
            snapshot, metrics, until=at, wanted=None if tenants is None else lambda labels: labels.tenant in tenants
        )
        rows = chosen.rows(Index(hindsight.rows(at)))
        return Look(at, past.generation, rows, _left_out(hindsight, chosen, at, past))

    def _past(self, snapshot: Snapshot, until: int) -> Past:
        latest, known = known_upto(snapshot), self._known
        if (
            known is None
            or known.past.generation != snapshot.generation
            # What came after it was read is not in it.
            or known.upto < min(until, latest)
            or known.upto < latest - KEPT_S * 1_000
            or time.monotonic() - known.when > KEPT_S
        ):
            try:
                known = self._known = _Read(self._read(), latest, time.monotonic())
            except NotNowError as error:
                raise not_now(error) from error
        return known.past


def known_upto(snapshot: Snapshot) -> int:
    """Return the latest instant of which anything is known; Wrong if no number may be shown."""
    if snapshot.as_of is None:
        raise Wrong(HTTPStatus.SERVICE_UNAVAILABLE, "no number may be shown now; /ready says why to whoever may scrape")
    return snapshot.as_of


def not_now(error: NotNowError) -> Wrong:
    """Return what is answered where the tables cannot be read. Why may name what is not the caller's: it is logged."""
    log.warning("tables_not_read", why=str(error))
    detail = "what is kept cannot be read now; the log of serve says why"
    return Wrong(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "2"})


def _every(_: Labels) -> bool:
    return True


def _left_out(hindsight: Hindsight, chosen: Chosen, at: int, past: Past) -> dict[str, list[str]]:
    """Return by why what of *chosen* cannot be told: a metric as a whole, or one window or extra of it."""
    found: dict[str, list[str]] = {}
    tenant = min(dict(chosen.places).get("tenant", {""}))
    for each in chosen.named:
        metric, name = each.metric, each.metric.name(each.level)
        rolling = metric.family == "rolling"
        windows: list[str | None] = [*past.settings.windows] if rolling else [None]
        for window in windows:
            if window is not None and chosen.windows and window not in chosen.windows:
                continue
            shown = "" if window is None else f'window="{window}"'
            some = sorted(stateful(metric) or (), key=str) if metric.extra else [None]
            whole = hindsight.why_not(metric, "" if metric.extra else None, window, tenant=tenant, at=at)
            if whole is not None:
                found.setdefault(whole, []).append(f"{name}{{{shown}}}" if shown else name)
                continue
            for extra in some:
                why = hindsight.why_not(metric, extra, window, tenant=tenant, at=at)
                if why is not None:
                    found.setdefault(why, []).append(f'{name}{{{shown},{metric.extra}="{extra}"}}')
    return found
