"""What dashboards and rules ask for is there: the demo, scraped by a real Prometheus as it is shipped, for two minutes.

What rightly has no answer stands in a table, with the reason; what stands there and has one fails.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml  # type: ignore[import-untyped]

pytest.importorskip("grafana_foundation_sdk", reason="the extra `dev` is not installed")

from aggregators.catalogue import METRICS
from aggregators.catalogue.voice import FEWEST
from stream.demo.absent import absent
from tests import services
from tests.boards import boards, data_links, is_of_prometheus, panels, queries
from tests.eventually import eventually
from tests.preview.answers import INTERVAL, Answers
from tests.preview.drawing import page
from tests.queries import selectors, vectors
from tests.servers.prometheus import shipped
from tests.stream.test_demo import demo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.boards import Link

pytestmark = pytest.mark.stack

SCRAPED_S: Final = 120.0
AGO_S: Final = 15.0
"""So long ago are the instants of which conversations are asked for: what is shown then is known by now."""
MORE_S: Final = 60.0
"""A queue in which nobody waits has no longest wait: until somebody does."""
ALL: Final = {"channel": ".+", "queue": ".+"}
WINDOWS: Final = ("30m", "1h", "today", "7d")
RETRIES: Final = 20
LEVELS: Final = ("tenant", "channel", "queue")
RATE: Final = "1200"
"""Contacts an hour: enough that every number has something behind it, few enough that lists are quick."""

ABSENT: Final = absent(0)
NOTHING: Final[Mapping[str, str]] = {
    metric.name(metric.levels[0]).removeprefix(f"support_{metric.levels[0]}_"): f"absent {ABSENT[metric.suffix]}"
    for metric in METRICS
    if metric.suffix in ABSENT
}
"""By metric without prefix and level: why the demo has nothing of it."""
GUARD: Final = f">= {FEWEST}"
FEW: Final = f"shown from {FEWEST} answers on, and nobody has so many within the hour"
"""Why the demo has nothing of what is shown by a GUARD."""
ON_NO_DASHBOARD: Final = {"rolling_ces_settled_response_ratio", "rolling_nps_settled_response_ratio"}
SILENT: Final[Mapping[str, str]] = {
    "rolling_csat_jump{": NOTHING["rolling_csat_jump"],
    "rolling_queued_jump{": NOTHING["rolling_queued_jump"],
    "rolling_queued_usual{": NOTHING["rolling_queued_usual"],
    "deskpulse_redis_memory_limit_bytes{": "the embedded Redis has no limit",
    " offset ": "it looks back for 5 min or longer, and these tests come first, after two",
}
"""By what stands in a selector of a rule: why the demo has nothing of it."""


@dataclass(frozen=True, slots=True)
class Scraped:
    """The demo's `serve`, and the Prometheus that has scraped it."""

    site: str
    prometheus: services.Prometheus

    def answers(self, query: str) -> bool:
        """Tell whether Prometheus has anything to say to *query*."""
        return bool(self.prometheus.query(query))

    def get(self, url: str) -> tuple[int, Any]:
        """Return what `serve` answers, its status and the JSON; asked again while it has too much to do."""
        for _ in range(RETRIES):
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own address
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503):
                    return error.code, json.load(error)
                time.sleep(0.5)
        return 503, "it has too much to do"


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    """Give the demo and a Prometheus with the settings and rules as shipped, two minutes after its first scrape."""
    folder = tmp_path_factory.mktemp("scraped")
    with demo(folder, "--for", "9m", "--rate", RATE) as running:
        address = running.until(r"Prometheus\s+http://(\S+)/metrics")
        running.drain()
        with services.running(partial(services.find_prometheus, **shipped(address))) as prometheus:
            eventually(lambda: prometheus.query("deskpulse_ready == 1"), within_s=60)
            time.sleep(SCRAPED_S)
            yield Scraped(f"http://{address}", prometheus)


def places(scraped: Scraped) -> list[dict[str, str]]:
    """Return the queues of the demo, those with most who wait first."""
    found = sorted(scraped.prometheus.query("support_queue_waiting"), key=lambda sample: -sample.value)
    return [{name: sample.labels[name] for name in ("channel", "queue")} for sample in found]


def filled(query: str, *, window: str, **place: str) -> str:
    """Return a query of a dashboard with values in place of its variables, in all queues unless one is named."""
    values = {"tenant": "default", "window": window, "__rate_interval": INTERVAL, **ALL, **place}
    return re.sub(r"\$(\w+)", lambda found: values[found[1]], query)


def reason(query: str) -> str | None:
    """Return why the demo has nothing to say to *query*, if it need not have."""
    if GUARD in query:
        return FEW
    names = {re.sub(r"^support_[a-z]+_", "", each.name) for each in selectors(query)}
    return next((NOTHING[name] for name in sorted(names & NOTHING.keys())), None)


def answers(scraped: Scraped, name: str, query: str, window: str) -> bool:
    """Tell whether *query* of the dashboard *name* has an answer, on that of one queue for any of them."""
    if name != "queue":
        return scraped.answers(filled(query, window=window))
    return any(scraped.answers(filled(query, window=window, **place)) for place in places(scraped))


def test_every_rule_looks_at_something(scraped: Scraped) -> None:
    """Each series that an expression selects exists: that an alert is silent is because all is well.

    But for what the table excuses; and each line of the table excuses something, and nothing that is there.
    """
    asked = {each for rule in rules() for each in vectors(rule["expr"])}
    excused = {each for each in asked if any(part in each for part in SILENT)}

    for each in sorted(asked - excused):
        eventually(partial(scraped.answers, each), within_s=MORE_S, every_s=1, what=each)
    assert [each for each in excused if scraped.answers(each)] == []
    assert [part for part in SILENT if not any(part in each for each in excused)] == []


def test_what_is_recorded_is_there(scraped: Scraped) -> None:
    """Under the name and with the labels of its rule."""
    for rule in rules():
        if "record" in rule:
            labels = ",".join(f'{name}="{value}"' for name, value in rule.get("labels", {}).items())
            assert scraped.answers(f"{rule['record']}{{{labels}}}"), (rule["record"], labels)


def test_no_rule_failed(scraped: Scraped) -> None:
    """Prometheus evaluated every rule that is shipped without an error."""
    groups = scraped.prometheus.get("/api/v1/rules")["data"]["groups"]
    found = [rule for group in groups for rule in group["rules"]]

    assert {rule["name"] for rule in found} == {rule.get("alert") or rule["record"] for rule in rules()}
    assert {rule["health"] for rule in found} == {"ok"}
    assert not [rule["name"] for rule in found if rule.get("lastError")]


@pytest.mark.parametrize("name", boards())
def test_every_panel_has_an_answer(scraped: Scraped, name: str) -> None:
    """Each query of the dashboard, over each window, but of what the table excuses."""
    for query in queries(boards()[name]):
        for window in WINDOWS if "$window" in query else WINDOWS[:1]:
            if reason(query) is None:
                asked = partial(answers, scraped, name, query, window)
                eventually(asked, within_s=MORE_S, every_s=1, what=f"{window}: {query}")


@pytest.mark.parametrize("name", boards())
def test_every_dashboard_can_be_drawn(scraped: Scraped, name: str) -> None:
    """For its picture in the documentation: each panel stands on the page, and few have nothing to show."""
    place = places(scraped)[0] if name == "queue" else ALL
    chosen = {"tenant": "default", "window": "30m", "__rate_interval": INTERVAL, **place}
    drawn = page(boards()[name], Answers(scraped.prometheus, chosen, time.time(), SCRAPED_S))

    for panel in panels(boards()[name]):
        if is_of_prometheus(panel):
            assert escape(panel["title"].replace("$window", "30m")) in drawn
    assert drawn.count("no data") <= 6
    assert "Not Grafana" in drawn


def test_what_is_excused_is_asked_for_and_has_no_answer(scraped: Scraped) -> None:
    """A line of the table that excuses nothing any more is taken out."""
    excused = [query for board in boards().values() for query in queries(board) if reason(query)]

    asked = {re.sub(r"^support_[a-z]+_", "", each.name) for query in excused for each in selectors(query)}
    assert NOTHING.keys() - asked == ON_NO_DASHBOARD
    assert not [query for query in excused if scraped.answers(filled(query, window="7d"))]


def test_every_link_opens_the_list_behind_its_number(scraped: Scraped) -> None:
    """The API answers for the labels of the panel, its window and its instant: of each kind once."""
    at_ms = int((time.time() - AGO_S) * 1000)
    iso = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at_ms / 1000))
    one = {"tenant": "default", **places(scraped)[0], "state": "busy"}
    quoted = {name: urllib.parse.quote(text, safe="") for name, text in one.items()}
    values = {
        "site": scraped.site,
        "window": "5m",
        "__to:date:iso": iso,
        "__value.time": str(at_ms),
        **{f"{name}:percentencode": text for name, text in quoted.items()},
        **{f"__field.labels.{name}:percentencode": text for name, text in quoted.items()},
        **{f"__data.fields.{name}:percentencode": text for name, text in quoted.items()},
    }
    # Of the levels the narrowest, which is last: it is the quickest to be told.
    ordered = sorted(conversations(), key=lambda link: LEVELS.index(link.parameters["metric"].split("_")[1]))
    found = {kind(link.parameters["metric"]): link.filled(values) for link in ordered}
    assert len(found) > 30
    for url in found.values():
        status, said = scraped.get(url.replace("/drill?", "/api/v1/conversations?") + "&limit=1")
        assert status == 200, (url, said)
        assert said["as_of"][:19] == iso[:19], url


def conversations() -> Iterator[Link]:
    """Yield the links to conversations of all dashboards."""
    for board in boards().values():
        for panel in panels(board):
            yield from (link for link in data_links(panel) if link.is_to_conversations)


def kind(name: str) -> tuple[str | None, ...]:
    """Return of which kind a metric is: lists of one kind are made in the same way; tests/test_grafana.py has each."""
    metric = next(each for each in METRICS for level in each.levels if each.name(level) == name)
    return metric.asked, metric.family, metric.unit, metric.extra


def rules() -> list[dict[str, Any]]:
    """Return every rule that is shipped."""
    groups = [group for path in shipped("")["rules"] for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]
