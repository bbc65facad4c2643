"""Prometheus and Alertmanager with a configuration each test gives."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml  # type: ignore[import-untyped]

from stream.devstack.process import free_port
from tests.servers.runner import ContainerRunner, ExternalRunner, ProcessRunner
from tests.servers.server import Server, choose_way

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.servers.runner import Runner

SHIPPED = Path(__file__).parents[2] / "deploy" / "prometheus"
TIMEOUT_S = 5
ITSELF = "{itself}"
"""Where a server of these listens, in the configuration that it is given."""


class Sample(NamedTuple):
    """One series of an instant query and its value."""

    labels: dict[str, str]
    value: float


class Web(Server):
    """A server of the Prometheus family; `url` is its address, without a slash at the end."""

    def __init__(self, runner: Runner, *, url: str, folder: Path | None = None) -> None:
        """Take a runner that is not started, and the folder to remove with it."""
        super().__init__(runner)
        self.url = url
        self._folder = folder

    def get(self, path: str, **parameters: str) -> Any:
        """Return the JSON that stands at *path*. Raises OSError while nothing answers, and for an error status."""
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        with urllib.request.urlopen(f"{self.url}{path}{query}", timeout=TIMEOUT_S) as answer:  # noqa: S310 - http
            return json.load(answer)

    def answers(self) -> bool:
        """Tell whether it says it is ready."""
        with urllib.request.urlopen(f"{self.url}/-/ready", timeout=TIMEOUT_S) as answer:  # noqa: S310 - http
            return bool(answer.status == 200)

    def reload(self) -> None:
        """Have it read its configuration again. Raises OSError if it refuses it."""
        request = urllib.request.Request(f"{self.url}/-/reload", method="POST")  # noqa: S310 - http
        urllib.request.urlopen(request, timeout=TIMEOUT_S).close()  # noqa: S310 - http

    def close(self) -> None:
        """End it and remove what it wrote."""
        super().close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


class Prometheus(Web):
    """A Prometheus."""

    def query(self, promql: str) -> list[Sample]:
        """Return the result of an instant query, a vector."""
        found = self.get("/api/v1/query", query=promql)["data"]["result"]
        return [Sample(one["metric"], float(one["value"][1])) for one in found]

    def alerts(self) -> list[dict[str, Any]]:
        """Return the pending and firing alerts, as Prometheus' API gives them."""
        return list(self.get("/api/v1/alerts")["data"]["alerts"])

    def targets(self) -> list[dict[str, Any]]:
        """Return the active targets, as Prometheus' API gives them."""
        return list(self.get("/api/v1/targets")["data"]["activeTargets"])


class Alertmanager(Web):
    """An Alertmanager."""

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts it holds, as its API gives them."""
        return list(self.get("/api/v2/alerts"))


def shipped(target: str) -> dict[str, Any]:
    """Return the options of `find_prometheus` that make it the one that is shipped, but for where it and others are."""
    config = yaml.safe_load((SHIPPED / "prometheus.yml").read_text())
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [ITSELF if job["job_name"] == "prometheus" else target]}]
    config.pop("alerting")
    return {"rules": [SHIPPED / name for name in config.pop("rule_files")], "config": config}


def find_prometheus(
    *,
    targets: Sequence[str] = (),
    rules: Sequence[Path] = (),
    alertmanagers: Sequence[str] = (),
    config: Mapping[str, Any] | None = None,
) -> Prometheus:
    """Return a Prometheus, not started: it scrapes host:port *targets* and evaluates the files *rules*.

    It does so each second; *config* replaces all of that but the rules, and `{itself}` in it is its own host:port.
    `DESKPULSE_TEST_PROMETHEUS` is the address of one with --web.enable-lifecycle, whose configuration file is
    `DESKPULSE_TEST_PROMETHEUS_CONFIG`, which is overwritten. Raises UnavailableError.
    """
    config = config or {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "scrape_configs": [{"job_name": "deskpulse", "static_configs": [{"targets": list(targets)}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(alertmanagers)}]}]},
    }
    folder, files = Path(tempfile.mkdtemp(prefix="deskpulse-prometheus-")), []
    for number, rule in enumerate(rules):
        files.append(str(folder / f"{number}-{rule.name}"))
        shutil.copyfile(rule, files[-1])
    binary = shutil.which("prometheus")
    runner, url = _runner(
        "Prometheus", binary=binary, image="prom/prometheus", folder=folder, config={**config, "rule_files": files},
        options=("--storage.tsdb.path={folder}/data", "--web.enable-lifecycle"),
    )  # fmt: skip
    return Prometheus(runner, url=url, folder=folder)


def find_alertmanager(
    *, webhook: str | None = None, config: Mapping[str, Any] | None = None, files: Sequence[Path] = ()
) -> Alertmanager:
    """Return an Alertmanager, not started, that sends every alert to the address *webhook* at once.

    *config* replaces its whole configuration; `{folder}` in it is where *files* are. `DESKPULSE_TEST_ALERTMANAGER` is
    the address of one whose configuration file is `DESKPULSE_TEST_ALERTMANAGER_CONFIG`, which is overwritten. Raises
    UnavailableError.
    """
    receiver: dict[str, Any] = {"name": "test"}
    if webhook:
        receiver["webhook_configs"] = [{"url": webhook}]
    route = {"receiver": "test", "group_wait": "0s", "group_interval": "1s"}
    folder = Path(tempfile.mkdtemp(prefix="deskpulse-alertmanager-"))
    for file in files:
        shutil.copy(file, folder)
    binary = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    runner, url = _runner(
        "Alertmanager", binary=binary, image="prom/alertmanager", folder=folder,
        config=config or {"route": route, "receivers": [receiver]},
        options=("--storage.path={folder}/data", "--cluster.listen-address="),
    )  # fmt: skip
    return Alertmanager(runner, url=url, folder=folder)


def _runner(
    name: str, *, binary: str | None, image: str, folder: Path, config: Mapping[str, Any], options: Sequence[str]
) -> tuple[Runner, str]:
    """Write the configuration (JSON is YAML) and return the runner and the address."""
    variable = f"DESKPULSE_TEST_{name.upper()}"
    url, text = os.environ.get(variable), json.dumps(config).replace("{folder}", str(folder))
    if url:
        Path(os.environ[f"{variable}_CONFIG"]).write_text(text.replace(ITSELF, urllib.parse.urlsplit(url).netloc))
        external = ReloadingRunner(variable, url)
        return external, url.rstrip("/")
    missing = None if binary else f"no {name.lower()} on PATH"
    try:
        way = choose_way(name, image=image, missing_for_process=missing)
    except Exception:
        shutil.rmtree(folder)
        raise
    file, port = folder / "config.yml", free_port()
    file.write_text(text.replace(ITSELF, f"127.0.0.1:{port}"))
    arguments = [f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}"]
    arguments += [option.format(folder=folder) for option in options]
    # A container on this machine's network reaches targets that listen on 127.0.0.1 alone, as ours do.
    runner = (
        ContainerRunner(image, arguments, folders=[folder])
        if way == "container"
        else ProcessRunner([str(binary), *arguments], folder)
    )
    return runner, f"http://127.0.0.1:{port}"


class ReloadingRunner(ExternalRunner):
    """A server of somebody else that reads its configuration again when a test starts it."""

    def __init__(self, variable: str, url: str) -> None:
        """Take the variable that named it, and its address."""
        super().__init__(variable)
        self._url = url

    def start(self) -> None:
        """Have it read its configuration."""
        Web(self, url=self._url).reload()
