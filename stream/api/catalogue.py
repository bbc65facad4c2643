"""The catalogue: every metric there is, with its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel

from stream.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from stream.metrics_page import as_data
from stream.settings import FIXED_WINDOWS

if TYPE_CHECKING:
    from stream.api.source import Source


class Catalogue(BaseModel):
    """See `deskpulse catalogue --format json`."""

    metrics: list[dict[str, Any]]


def router(_: Source) -> APIRouter:
    """Return the route of the catalogue."""
    routes = APIRouter(tags=["catalogue"])
    whole = Catalogue(metrics=as_data(FIXED_WINDOWS)["metrics"])

    @routes.get("/catalogue")
    async def catalogue(_: Reader) -> Catalogue:
        """Every metric at each level: name, unit, labels, what it says, its formula and where that comes from."""
        return whole

    return routes
