"""deploy/: what its files name exists, agrees with each other, and is safe as it stands. tests/stack runs it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from aggregators.catalogue import METRICS
from stream.definitions_file import definitions_from

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
STACK: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = STACK["services"]


def by_default(text: str) -> str:
    """Return *text* as compose reads it where nobody has set a variable."""
    return VARIABLE.sub(r"\2", text)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_is_given_exists(name: str) -> None:
    """Files and folders of the sources by their paths, volumes by their names; the first only to be read."""
    for mount in SERVICES[name].get("volumes", ()):
        source, _, options = by_default(mount).split(":", 1)[0], *by_default(mount).partition(":ro")[1:]
        if source.startswith("."):
            assert (DEPLOY / source).exists(), mount
            assert by_default(mount).endswith(":ro"), (mount, options)
        else:
            assert source in STACK["volumes"], mount


def test_every_volume_is_used() -> None:
    """Each is of one service at least."""
    used = {by_default(mount).split(":")[0] for each in SERVICES.values() for mount in each.get("volumes", ())}

    assert set(STACK["volumes"]) <= used


def test_only_this_machine_is_let_in() -> None:
    """Each port is one of loopback until a variable of its own says otherwise; Redis and workers have none."""
    published = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}

    assert set(published) == {"kafka", "serve", "prometheus", "alertmanager", "grafana"}
    for name, ports in published.items():
        assert all(port.startswith(f"${{{name.upper()}_BIND:-127.0.0.1}}:${{{name.upper()}_PORT:-") for port in ports)


def test_no_secret_is_known_beforehand() -> None:
    """What could be a password or a token has no value here, and comes from a file that the first start makes."""
    text = (DEPLOY / "compose.yaml").read_text()
    given = [value for name, value in VARIABLE.findall(text) if re.search("PASSWORD|TOKEN|SECRET", name)]

    assert given == [""]
    for each in SERVICES.values():
        for name, value in (each.get("environment") or {}).items():
            if re.search("PASSWORD|TOKEN|SECRET", name):
                assert value.startswith("/") or value == "${GRAFANA_ADMIN_PASSWORD:-}", name


def test_images_of_others_are_of_one_version() -> None:
    """So that the same file starts the same stack next year."""
    images = {by_default(each["image"]) for each in SERVICES.values()}

    for image in images - {"deskpulse:latest"}:
        assert re.fullmatch(r"[\w/-]+:v?\d+(\.\d+)*", image), image


def test_prometheus_is_told_the_same_in_the_stack() -> None:
    """But that services have names there, and `serve` asks for a token."""
    alone, together = (
        yaml.safe_load((DEPLOY / "prometheus" / name).read_text()) for name in ("prometheus.yml", "compose.yml")
    )
    job, itself = together["scrape_configs"]

    assert (job["job_name"], itself["job_name"]) == ("deskpulse", "prometheus")
    assert job.pop("authorization") == {"credentials_file": "/run/deskpulse/prometheus.token"}
    renamed = (
        json.dumps(together).replace("serve:8420", "127.0.0.1:8420").replace("alertmanager:9093", "127.0.0.1:9093")
    )
    assert json.loads(renamed) == alone


def test_what_alerts_and_dashboards_ask_for_is_counted() -> None:
    """Every family of which a metric stands in one of them, and no other: each costs."""
    asked = {metric.name(level): metric.asked for metric in METRICS for level in metric.levels if metric.asked}
    files = [*DEPLOY.glob("prometheus/*.rules.yml"), *ROOT.glob("grafana/dashboards/*.json")]
    words = {word for file in files for word in re.findall(r"\w+", file.read_text())}
    families = {asked[stem] for word in words for stem in {word, re.sub("_(bucket|count|sum)$", "", word)} & set(asked)}

    assert set(definitions_from((DEPLOY / "definitions.toml").read_text()).families) == families


def test_the_image_is_of_this_version() -> None:
    """Its label says the version of pyproject.toml."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert f"ARG VERSION={version}\n" in (DEPLOY / "Dockerfile").read_text()


def test_the_image_takes_nothing_else() -> None:
    """Everything is left out but what is copied: a file that lies about becomes no layer."""
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source
        for line in (DEPLOY / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }

    assert "*" in ignored
    assert kept == copied
