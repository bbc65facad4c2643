"""A real browser for the tests: Debian's Chromium, driven by Playwright. Its pages fail the test that they err in."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

WALL = (1920, 1080)
UHD = (3840, 2160)
PHONE = (390, 844)
PATIENCE_MS = 30_000
NETWORK_CHANGED = "ERR_NETWORK_CHANGED"
"""What Chromium makes of a container that comes or goes elsewhere on this machine: it drops what is under way."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium; skip the test if there is none, fail it with `DESKPULSE_TEST_REAL=1`."""
    found = shutil.which("chromium")
    if found is None:
        why = "there is no chromium on PATH (Debian: apt-get install chromium)"
        if os.environ.get("DESKPULSE_TEST_REAL") == "1":
            pytest.fail(f"DESKPULSE_TEST_REAL=1, but {why}")
        pytest.skip(why)
    # Root has no sandbox to put it in.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page(
    browser: Browser, url: str, *, size: tuple[int, int] = WALL, may_err: bool = False, **options: Any
) -> Iterator[Page]:
    """Open *url* in a window of its own; at the end nothing may have gone wrong in it, unless that is the test."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    errors: list[str] = []
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    opened.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    try:
        _go(opened, url)
        if any(NETWORK_CHANGED in each for each in errors):
            opened.reload()
        yield opened
        wrong = [each for each in errors if NETWORK_CHANGED not in each]
        assert may_err or not wrong, wrong
    finally:
        context.close()


def _go(opened: Page, url: str) -> None:
    for _ in range(5):
        try:
            opened.goto(url)
        except Error as error:
            if NETWORK_CHANGED not in error.message:
                raise
        else:
            return


def tile(page: Page, name: str) -> dict[str, str]:
    """Return what a tile shows: state, value, detail, word."""
    found: dict[str, str] = page.evaluate(
        """(name) => {
          const box = document.querySelector(`[data-tile="${name}"]`);
          const text = (part) => box?.querySelector(part)?.textContent ?? "";
          return { state: box?.getAttribute("data-state") ?? "", value: text(".value"), detail: text(".detail"),
                   word: text(".state span") };
        }""",
        name,
    )
    return found


def eventually(look: Callable[[], Any], wanted: Callable[[Any], bool], *, within_s: float = 30.0) -> Any:
    """Return what *look* sees as soon as it is *wanted*."""
    deadline = time.monotonic() + within_s
    while not wanted(seen := look()):
        assert time.monotonic() < deadline, f"still {seen} after {within_s} s"
        time.sleep(0.05)
    return seen
