"""The stack of deploy/compose.yaml under a name and ports of its own, and what a test does to it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from stream.devstack.process import free_port
from tests.servers import docker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "compose.yaml"
NO_VARIABLES = Path(__file__).with_name("no.env")
"""In place of the .env of whoever runs the tests."""
BASE = "python:3.11-slim-bookworm"
IMAGES = {
    "KAFKA_IMAGE": "apache/kafka:4.1.0",
    "REDIS_IMAGE": "redis:7",
    "PROMETHEUS_IMAGE": "prom/prometheus:latest",
    "ALERTMANAGER_IMAGE": "prom/alertmanager:latest",
}
SERVERS = ("KAFKA", "REDIS", "PROMETHEUS", "ALERTMANAGER", "GRAFANA")
PORTS = ("KAFKA_PORT", "SERVE_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT", "GRAFANA_PORT")
BUILD_S, UP_S, ASK_S = 600, 240, 10
PROXIES = [each for name in ("http_proxy", "https_proxy", "no_proxy") for each in (name, name.upper())]


def command() -> list[str] | None:
    """Return how compose is called here, None if it is not."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    plugin = ["docker", "compose"]
    if not shutil.which("docker") or subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode:
        return None
    return plugin


def missing() -> str | None:
    """Return why the stack cannot run here, None if it can. Pulls images that Docker does not have."""
    if command() is None:
        return "neither docker-compose nor docker compose is here"
    return next(filter(None, map(docker.missing, (*IMAGES.values(), BASE))), None)


def variables() -> dict[str, str]:
    """Return the environment without settings of whoever runs the tests."""
    ours = tuple(f"{name}_" for name in ("DESKPULSE", "COMPOSE", "STACK", "SERVE", *SERVERS))
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def config(*profiles: str) -> dict[str, Any]:
    """Return the file as compose understands it, with its defaults."""
    chosen = [part for profile in profiles for part in ("--profile", profile)]
    done = subprocess.run(
        [*(command() or []), "--env-file", NO_VARIABLES, "-f", FILE, *chosen, "config"],
        env=variables(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    found: dict[str, Any] = yaml.safe_load(done.stdout)
    return found


class Stack:
    """A stack of its own, up within the `with` block. *changes* are a second file of compose."""

    def __init__(self, changes: Path) -> None:
        self.project = f"deskpulse-test-{uuid.uuid4().hex[:8]}"
        self._image = os.environ.get("DESKPULSE_TEST_IMAGE")
        self.image = self._image or f"{self.project}:test"
        self.ports = {name: free_port() for name in PORTS}
        given = {**IMAGES, **{name: str(port) for name, port in self.ports.items()}, "STACK_IMAGE": self.image}
        self._env = variables() | given | {"DESKPULSE_SITE": self.site}
        self._compose = [
            *(command() or []), "--env-file", str(NO_VARIABLES), "-p", self.project,
            "-f", str(FILE), "-f", str(changes),
        ]  # fmt: skip

    @property
    def site(self) -> str:
        """Where `serve` is."""
        return f"http://127.0.0.1:{self.ports['SERVE_PORT']}"

    @property
    def kafka(self) -> str:
        """Kafka's address on this machine."""
        return f"127.0.0.1:{self.ports['KAFKA_PORT']}"

    def __enter__(self) -> Self:
        """Build the image, start everything; a start that fails leaves nothing behind."""
        try:
            if self._image is None:
                self._build()
            self.compose("up", "-d", "--no-build", within_s=UP_S)
        except BaseException as error:
            if isinstance(error, subprocess.CalledProcessError):
                error.add_note(f"{error.stdout[-4_000:]}{error.stderr}")
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take everything down; where a test failed, say what each service said last."""
        if error is not None:
            error.add_note(self.compose("logs", "--no-color", "--tail=30"))
        self.end()

    def end(self) -> None:
        """Take down what there is of it: containers, networks, volumes, the image."""
        self.compose("--profile", "tools", "--profile", "simulator", "down", "-v", "--remove-orphans", within_s=UP_S)
        if self._image is None:
            subprocess.run(["docker", "rmi", "-f", self.image], capture_output=True, check=False)

    def compose(self, *arguments: str, stdin: str = "", within_s: float = 60) -> str:
        """Return what compose prints."""
        done = subprocess.run(
            [*self._compose, *arguments], env=self._env, input=stdin, capture_output=True, text=True, check=False,
            timeout=within_s,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def deskpulse(self, *arguments: str) -> str:
        """Return what a command of Deskpulse prints beside the others."""
        return self.compose("run", "--rm", "--no-deps", "-T", "deskpulse", *arguments)

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return what Docker says of each service's container."""
        ids = docker_lines("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}")
        looked: list[dict[str, Any]] = json.loads("".join(docker_lines("inspect", *ids))) if ids else []
        label = "com.docker.compose.service"
        return {each["Config"]["Labels"][label]: each for each in looked}

    def is_healthy(self, service: str) -> bool:
        """Tell whether Docker has found it well."""
        health: str = self.containers()[service]["State"].get("Health", {}).get("Status", "")
        return health == "healthy"

    def crash(self, service: str) -> str:
        """Kill what runs in it, as the kernel would, so that Docker starts it again. Returns when it began before.

        From a container that sees the daemon's processes, which need not be those of this machine.
        """
        state = self.containers()[service]["State"]
        docker_lines(
            "run", "--rm", "--pid=host", "--network=none", "--user=0", "--entrypoint=bash", self.image,
            "-c", f"kill -9 {state['Pid']}",
        )  # fmt: skip
        return str(state["StartedAt"])

    def ask(self, service: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        """Return what a service answers, from JSON if it is that; HTTPError for what is none."""
        headers |= {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports[f'{service.upper()}_PORT']}{path}", body, headers
        )
        with urllib.request.urlopen(request, timeout=ASK_S) as answer:  # noqa: S310 - http
            text = answer.read().decode()
        return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text

    def query(self, promql: str) -> list[float]:
        """Return the values that Prometheus finds now, none while it is away."""
        try:
            found = self.ask("prometheus", f"/api/v1/query?{urllib.parse.urlencode({'query': promql})}")
        except OSError:
            return []
        return [float(each["value"][1]) for each in found["data"]["result"]]

    def _build(self) -> None:
        """Make the image, by the builder that is everywhere, with this machine's way to packages."""
        proxies = [part for name in PROXIES if os.environ.get(name) for part in ("--build-arg", name)]
        subprocess.run(
            ["docker", "build", "--force-rm", "--network=host", *proxies, "-f", ROOT / "deploy" / "Dockerfile",
             "-t", self.image, ROOT],
            env={**os.environ, "DOCKER_BUILDKIT": "0"}, capture_output=True, text=True, check=True, timeout=BUILD_S,
        )  # fmt: skip


def docker_lines(*arguments: str) -> list[str]:
    """Return the lines that Docker's client prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def left(project: str) -> Mapping[str, list[str]]:
    """Return what there is of a project, by kind."""
    label = f"label=com.docker.compose.project={project}"
    return {
        "containers": docker_lines("ps", "-aq", "--filter", label),
        "networks": docker_lines("network", "ls", "-q", "--filter", label),
        "volumes": docker_lines("volume", "ls", "-q", "--filter", label),
    }
