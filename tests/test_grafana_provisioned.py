"""Grafana's own files: the data sources that dashboards name, their folder, and the stack that has both."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

pytest.importorskip("grafana_foundation_sdk", reason="the extra `dev` is not installed")

from grafana.restated import API
from tests.boards import boards, panels

ROOT = Path(__file__).parents[1]
PROVISIONING = ROOT / "grafana" / "provisioning"
COMPOSE = ROOT / "deploy" / "compose.yaml"


def read(path: Path) -> dict[str, Any]:
    """Return a file of YAML."""
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


SOURCES = read(PROVISIONING / "datasources" / "deskpulse.yaml")
BY_TYPE = {source["type"]: source for source in SOURCES["datasources"]}


def test_data_sources_are_ours_alone_and_nobody_edits_them() -> None:
    """What is taken out of the file is taken out of Grafana, and a uid never changes."""
    assert SOURCES["prune"] is True
    assert all(source["editable"] is False for source in SOURCES["datasources"])
    assert [source["uid"] for source in SOURCES["datasources"]] == ["deskpulse-prometheus", "deskpulse-api"]


def test_prometheus_is_the_usual_one_and_told_how_often_it_scrapes() -> None:
    """$__rate_interval is four scrapes; the interval is that of the Prometheus that is shipped."""
    shipped = read(ROOT / "deploy" / "prometheus" / "compose.yml")["global"]["scrape_interval"]
    prometheus = BY_TYPE["prometheus"]

    assert prometheus["isDefault"] is True
    assert prometheus["jsonData"]["timeInterval"] == shipped
    assert prometheus["jsonData"]["manageAlerts"] is True


def test_the_api_is_asked_with_a_token_and_at_its_own_address_alone() -> None:
    """The secret stands in no file, and what the dashboard of one queue asks has the uid of it."""
    api = BY_TYPE[API.type_val or ""]

    assert api["uid"] == API.uid
    assert api["jsonData"]["auth_method"] == "bearerToken"
    assert api["jsonData"]["allowedHosts"] == [api["url"]]
    assert api["secureJsonData"] == {"bearerToken": "${SITE_TOKEN}"}
    used = {panel["datasource"]["uid"] for board in boards().values() for panel in panels(board)}
    assert used == {"$datasource", api["uid"]}


def test_the_history_of_one_queue_is_one_number_to_the_api() -> None:
    """The question that the plug-in puts has every label that the metric has, and is one that the API knows."""
    from aggregators.catalogue import METRICS
    from stream.api.history import HistoryQuery

    asked = [panel["targets"][0] for panel in panels(boards()["queue"]) if panel["datasource"]["uid"] == API.uid]
    names = {metric.name("queue"): metric for metric in METRICS}

    assert len(asked) == 2
    for target in asked:
        parameters = {each["key"]: each["value"] for each in target["url_options"]["params"]}
        metric = names[parameters["metric"]]
        assert parameters.keys() == {"metric", *metric.labels("queue"), "from", "to", "step"}
        of_lists = {key: [value] for key, value in parameters.items() if key not in ("from", "to", "step")}
        HistoryQuery.model_validate({**parameters, **of_lists})
        assert target["url"] == "/api/v1/history"


def test_dashboards_come_from_their_folder() -> None:
    """Read only, in a folder of their own."""
    (provider,) = read(PROVISIONING / "dashboards" / "deskpulse.yaml")["providers"]

    assert provider["type"] == "file"
    assert provider["allowUiUpdates"] is False
    assert provider["options"] == {"path": "${DASHBOARDS_FOLDER}"}


def test_the_stack_gives_grafana_all_that_the_files_ask_for() -> None:
    """Every variable has a value, both folders are there, and the wallboard is what one sees first."""
    grafana = read(COMPOSE)["services"]["grafana"]
    wanted = {
        name
        for path in PROVISIONING.rglob("*.yaml")
        for line in path.read_text().splitlines()
        for name in re.findall(r"\$\{(\w+)\}", line)
    }
    by_default = (re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", volume) for volume in grafana["volumes"])
    mounted = dict(volume.split(":")[:2] for volume in by_default)

    assert wanted - grafana["environment"].keys() == {"SITE_TOKEN"}
    assert "SITE_TOKEN=" in str(grafana["entrypoint"])
    for name in ("datasources", "dashboards"):
        assert mounted[f"../grafana/provisioning/{name}"] == f"/etc/grafana/provisioning/{name}"
    folder = grafana["environment"]["DASHBOARDS_FOLDER"]
    assert mounted["../grafana/dashboards"] == folder
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == folder
    assert boards()[home.stem]["uid"] == "deskpulse-wallboard"
