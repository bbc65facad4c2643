"""Runbooks: what to do when an alert fires, as pages. Their Markdown lies in `stream/runbooks` and is rendered here."""

from __future__ import annotations

import html
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from fastapi import APIRouter
from markdown_it import MarkdownIt

from stream.wallboard.pages import METHODS, page, sends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from stream.api.source import Source

BELOW: Final = "/runbooks/"
ENDS: Final = ".md"


class Runbook(NamedTuple):
    """A runbook: its slug, the alerts that it is of, and itself as HTML."""

    slug: str
    title: str
    body: str


def router(_: Source) -> APIRouter:
    """Return the routes of the runbooks: like every page they hold no number, and whoever is paged can open them."""
    routes = APIRouter(include_in_schema=False)
    found = list(runbooks())

    def add(path: str, title: str, body: str) -> None:
        made = page("runbook", title=f"{html.escape(title)} · Deskpulse", body=body)
        routes.add_api_route(path, sends(made), methods=METHODS)

    for path in (BELOW, BELOW.removesuffix("/")):
        add(path, "Runbooks", _index(found))
    for each in found:
        add(f"{BELOW}{each.slug}", each.title, each.body)
    return routes


def runbooks() -> Iterator[Runbook]:
    """Yield every runbook, by slug."""
    folder = files("stream").joinpath("runbooks")
    for name in sorted(each.name for each in folder.iterdir() if each.name.endswith(ENDS)):
        yield rendered(name.removesuffix(ENDS), folder.joinpath(name).read_text(encoding="utf-8"))


def rendered(slug: str, text: str) -> Runbook:
    """Return the runbook *slug* of which *text* is the Markdown. HTML in it is text, and is shown as such."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    title = slug
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h1":
            title = inline.content
        elif opening.type == "heading_open":
            opening.attrSet("id", inline.content.lower().replace(" ", "-"))
        _lead_to_pages(inline)
    return Runbook(slug, title, markdown.renderer.render(tokens, markdown.options, {}))


def _lead_to_pages(token: Token) -> None:
    """Let links to files beside this one lead to their pages."""
    for each in token.children or ():
        name = str(each.attrGet("href") or "") if each.type == "link_open" else ""
        if name.endswith(ENDS) and "/" not in name:
            each.attrSet("href", f"{BELOW}{name.removesuffix(ENDS)}")


def _index(found: list[Runbook]) -> str:
    items = "\n".join(
        f'<li><a href="{BELOW}{html.escape(each.slug)}">{html.escape(each.title)}</a></li>' for each in found
    )
    return f"<h1>Runbooks</h1>\n<p>What to do when an alert fires.</p>\n<ul>\n{items}\n</ul>"
