"""The ticker in a browser: what fires, that nothing does, and that nobody knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.wallboard.browsing import chromium, eventually, page
from tests.wallboard.morning import morning

if TYPE_CHECKING:
    from playwright.sync_api import Route

SPIKE: dict[str, object] = {
    "name": "Spike",
    "severity": "critical",
    "summary": "eight wait",
    "since": None,
    "labels": {},
}


def test_the_ticker_is_green_only_while_it_is_known_that_nothing_fires() -> None:
    """One alert, none, then the server answers no more: what was known before is not said again."""
    answers = [[SPIKE], [], None]

    def answer(route: Route) -> None:
        alerts = answers.pop(0) if len(answers) > 1 else answers[0]
        if alerts is None:
            route.fulfill(status=503, json={"detail": "busy"})
        else:
            route.fulfill(body=json.dumps({"configured": True, "alerts": alerts}), content_type="application/json")

    seen = []
    with (
        morning(alertmanager="http://127.0.0.1:1") as url,
        chromium() as browser,
        page(browser, "about:blank", may_err=True) as opened,
    ):
        opened.route("**/api/v1/alerts", answer)
        opened.goto(f"{url}/?tenant=acme")
        ticker = opened.locator(".ticker")
        for state in ("act", "good", "unknown"):
            eventually(lambda: ticker.get_attribute("data-state"), state.__eq__)
            seen.append(ticker.inner_text())

    assert "1 alert fires" in seen[0]
    assert "eight wait" in seen[0]
    assert seen[1:] == ["no alert fires", "it is not known what fires"]
