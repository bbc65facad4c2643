"""What a browser loads: pages, styles, scripts. Everything lies in this package, so that it works without a network."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Final, NamedTuple

from fastapi import APIRouter, Request, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from importlib.resources.abc import Traversable

    from stream.api.source import Source

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
PAGES: Final = {"/": "board", "/drill": "drill", "/then": "board", "/week": "week"}
"""Which page stands where: of its name are what it shows at first, its script, and its style if it has one."""
FRAME_STYLE: Final = "board"
"""Its style is every page's."""
METHODS: Final = ["GET", "HEAD"]


class File(NamedTuple):
    """A file as it is sent."""

    body: bytes
    media_type: str
    etag: str


def router(_: Source) -> APIRouter:
    """Return the routes of the pages: they hold no number, and are nobody's secret."""
    routes = APIRouter(include_in_schema=False)
    found = dict(static_files())
    for path, name in PAGES.items():
        routes.add_api_route(path, sends(page(name)), methods=METHODS)
    for name, file in found.items():
        if not name.endswith(".html"):
            routes.add_api_route(f"/static/{name}", sends(file), methods=METHODS)
    return routes


def page(name: str, *, title: str = "Deskpulse", body: str = "") -> File:
    """Return the page *name* within the frame that every page has; *title* and *body* are HTML."""
    found = dict(static_files())
    more = [f'<script type="module" src="/static/{name}.js"></script>']
    if f"{name}.css" in found and name != FRAME_STYLE:
        more.insert(0, f'<link rel="stylesheet" href="/static/{name}.css">')
    shown = found[f"{name}.html"].body.decode()
    if "<noscript>" in shown:
        # Without its script there is nothing to read on it.
        more.insert(-1, '<script src="/static/boot.js" defer></script>')
    framed = Template(found["page.html"].body.decode()).substitute(
        title=title,
        more="\n".join(f"    {each}" for each in more),
        body=Template(shown).substitute(body=body).rstrip("\n"),
    )
    return file_of(framed.encode(), TYPES["html"])


def static_files() -> Iterator[tuple[str, File]]:
    """Yield every file of the folder `static`, by name."""
    for each in sorted(files("stream.wallboard").joinpath("static").iterdir(), key=_name):
        yield each.name, file_of(each.read_bytes(), TYPES[each.name.rpartition(".")[2]])


def file_of(body: bytes, media_type: str) -> File:
    """Return *body* as a file, with the tag that tells it from another one."""
    return File(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def _name(file: Traversable) -> str:
    return file.name


def sends(file: File) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that sends *file*, unless the browser has it already."""
    headers = {
        "ETag": file.etag,
        # Asked for again each time, and sent again only after an update: scripts and pages are always of one version.
        "Cache-Control": "no-cache",
    }

    async def send(request: Request) -> Response:
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(file.body, media_type=file.media_type, headers=headers)

    return send
