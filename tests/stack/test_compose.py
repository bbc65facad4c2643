"""deploy/compose.yaml for real: up, an event in, a page out, each service killed, down without a trace.

The tests of this file are one story, told in the order in which they stand, on one stack.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]
from confluent_kafka import Producer

from tests.eventually import eventually
from tests.stack.compose import ROOT, UP_S, Stack, command, config, docker_lines, left, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.stack

ONCE = {"init", "topics"}
"""Services that end when they are done."""
RUNNING = {"kafka", "redis", "worker-1", "worker-2", "serve", "prometheus", "alertmanager"}
QUEUED = 'support_tenant_rolling_queued{tenant="default",window="1h"}'
PATIENCE_S = 90.0


class Centre:
    """A support centre that writes into the Kafka of a stack, through the port that is published for it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.queued = 0
        """How many customers have come so far."""

    @cached_property
    def _producer(self) -> Producer:
        # The partitioner of Java's producers, so that a conversation stays in one partition whoever writes of it.
        return Producer({"bootstrap.servers": self.stack.kafka, "partitioner": "murmur2_random", "acks": "all"})

    def serves(self, customers: int) -> None:
        """Let so many come, of whom each is answered after two seconds. Returns when Kafka has all of it."""
        for _ in range(customers):
            name = self._comes(ago_s=3)
            self._tells("chat.accepted", name, ago_s=1, agent="kim")
        assert self._producer.flush(PATIENCE_S) == 0

    def keeps_waiting(self, customers: int, *, ago_s: float) -> None:
        """Let so many have come some time ago whom nobody has answered."""
        for _ in range(customers):
            self._comes(ago_s=ago_s)
        assert self._producer.flush(PATIENCE_S) == 0

    def is_counted(self) -> bool:
        """Tell whether Prometheus has the number of all who came, neither more nor less."""
        return self.stack.query(f"max without (instance) ({QUEUED})") == [self.queued]

    def _comes(self, *, ago_s: float) -> str:
        self.queued += 1
        name = f"c-{self.queued}"
        self._tells("chat.queued", name, ago_s=ago_s, queue="billing", channel="chat")
        return name

    def _tells(self, kind: str, conversation: str, *, ago_s: float, **fields: str) -> None:
        at = (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat()
        event = {"id": f"{conversation}/{kind}", "type": kind, "at": at, "conversation": conversation, **fields}
        self._producer.produce("support.chat", json.dumps(event).encode(), key=conversation.encode())
        self._producer.poll(0)


def changes(folder: Path) -> Path:
    """Return the second file of compose: what is sent to receivers of the shipped Alertmanager goes to a pager."""
    shipped = ROOT / "deploy" / "alertmanager"
    shutil.copytree(shipped, folder / "alertmanager")
    config = yaml.safe_load((shipped / "alertmanager.yml").read_text())
    for receiver in config["receivers"]:
        receiver["webhook_configs"] = [{"url": f"http://pager:8080/{receiver['name']}"}]
    (folder / "alertmanager" / "alertmanager.yml").write_text(yaml.safe_dump(config))
    pager = {
        "image": "${STACK_IMAGE}",
        "entrypoint": ["python", "/pager.py"],
        "networks": ["watch"],
        "volumes": [f"{ROOT}/tests/stack/pager.py:/pager.py:ro"],
        "healthcheck": {"disable": True},
    }
    alertmanager = {"volumes": [f"{folder}/alertmanager:/etc/alertmanager:ro"]}
    (folder / "changes.yaml").write_text(yaml.safe_dump({"services": {"pager": pager, "alertmanager": alertmanager}}))
    return folder / "changes.yaml"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a stack that is up; skipped where it cannot be, and failed with `DESKPULSE_TEST_REAL=1`."""
    reason = missing()
    if reason and os.environ.get("DESKPULSE_TEST_REAL") == "1":
        pytest.fail(f"DESKPULSE_TEST_REAL=1, but {reason}")
    if reason:
        pytest.skip(reason)
    with Stack(changes(tmp_path_factory.mktemp("stack"))) as stack:
        yield stack


@pytest.fixture(scope="module")
def centre(stack: Stack) -> Centre:
    """Give the support centre of the stack."""
    return Centre(stack)


@pytest.fixture(scope="module")
def screen(stack: Stack) -> urllib.request.OpenerDirector:
    """Give a browser that has opened the link of `deskpulse link`."""
    link = stack.deskpulse("link", "--drill-down").strip()
    assert link.startswith(f"{stack.site}/join/")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with browser.open(link, timeout=10) as board:
        assert board.url == f"{stack.site}/"
        assert "text/html" in board.headers["Content-Type"]
    return browser


def test_the_file_is_understood_with_every_profile() -> None:
    """Grafana's as well, whose image cannot be had everywhere: every path of this machine that is named is there."""
    if command() is None:
        pytest.skip("neither docker-compose nor docker compose is here")
    services = config("grafana", "simulator", "tools", "more")["services"]

    assert services.keys() == RUNNING | ONCE | {"grafana", "simulator", "deskpulse", "worker"}
    for each in services.values():
        for mount in each.get("volumes", ()):
            source = mount.split(":")[0] if isinstance(mount, str) else mount["source"]
            assert not source.startswith("/") or Path(source).exists()


def test_everything_is_healthy(stack: Stack) -> None:
    """By Docker's own checks; what runs once has ended well; `check` finds nothing to mend."""
    for service in sorted(RUNNING):
        eventually(partial(stack.is_healthy, service), within_s=PATIENCE_S, every_s=1, what=service)

    assert {name: stack.containers()[name]["State"]["ExitCode"] for name in ONCE} == dict.fromkeys(ONCE, 0)
    eventually(lambda: stack.ask("serve", "/ready").startswith("ready"), every_s=1)
    found = stack.deskpulse("check").splitlines()
    assert [line for line in found if not line.startswith("ok ")] == []
    assert "ok    topic support.chat: 12 partitions, kept 100 days" in found


def test_nothing_listens_beyond_this_machine(stack: Stack) -> None:
    """Each port that is published is one of loopback; Redis has none."""
    published = {
        (name, each["HostIp"])
        for name, container in stack.containers().items()
        for ports in container["NetworkSettings"]["Ports"].values()
        for each in ports or ()
    }

    assert published == {(name, "127.0.0.1") for name in ("kafka", "serve", "prometheus", "alertmanager")}


def test_a_service_may_no_more_than_it_needs(stack: Stack) -> None:
    """No root, no capability and no way to get one; nothing can be written but in volumes and memory."""
    for name, container in stack.containers().items():
        host, user = container["HostConfig"], container["Config"]["User"]
        if name == "pager":
            continue
        assert user.partition(":")[0] not in {"", "0", "root"}, name
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"], name
        assert host["SecurityOpt"] == ["no-new-privileges:true"], name
        assert host["ReadonlyRootfs"] == (name != "kafka"), name  # it writes its configuration when it starts
        assert host["Memory"] > 0, name
        assert host["PidsLimit"] > 0, name
        assert host["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"}, name
        assert host["RestartPolicy"]["Name"] == {"init": "no", "topics": "on-failure"}.get(name, "unless-stopped")

    (user,) = docker_lines("exec", stack.containers()["serve"]["Id"], "id", "-u")
    assert user == "10001"
    written = stack.compose("exec", "-T", "serve", "sh", "-c", "touch /app/x /etc/x /var/lib/deskpulse/x 2>&1 || true")
    assert written.count("Read-only file system") == 3


def test_an_event_goes_all_the_way(stack: Stack, centre: Centre) -> None:
    """From the port for producers on this machine through Kafka, a worker, Redis and `serve` into Prometheus."""
    centre.serves(40)

    eventually(centre.is_counted, within_s=PATIENCE_S, every_s=0.5)
    assert stack.query('max without (instance) (support_queue_waiting{queue="billing",channel="chat"})') == [0]


def test_numbers_are_for_whom_knows_a_token(stack: Stack, screen: urllib.request.OpenerDirector) -> None:
    """One that was made at the first start and that Prometheus alone has; a screen has its link, which works once."""
    token = stack.compose("exec", "-T", "prometheus", "cat", "/run/deskpulse/prometheus.token").strip()

    with pytest.raises(urllib.error.HTTPError, match="401"):
        stack.ask("serve", "/metrics")
    assert f"\n{QUEUED} 40\n" in stack.ask("serve", "/metrics", Authorization=f"Bearer {token}")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        stack.ask("serve", "/api/v1/links", b"{}", Authorization=f"Bearer {token}")
    assert is_let_in(screen, stack)


def test_a_spike_pages_somebody(
    stack: Stack,
    centre: Centre,
    screen: urllib.request.OpenerDirector,
    record_property: Callable[[str, object], None],
) -> None:
    """Through the rules and the routes that are shipped, to whom they call; the page says what to do."""
    began = time.monotonic()
    centre.keeps_waiting(20, ago_s=100)

    eventually(lambda: pages(stack, "DeskpulseQueueSpike"), within_s=PATIENCE_S, every_s=1)
    record_property("figure", f"{time.monotonic() - began:.1f} s from the spike to the pager")

    (page,) = pages(stack, "DeskpulseQueueSpike")
    (alert,) = [each for each in page["alerts"] if each["labels"]["alertname"] == "DeskpulseQueueSpike"]
    assert (page["receiver"], page["status"]) == ("support-page", "firing")
    labels = {"tenant": "default", "queue": "billing", "channel": "chat", "severity": "critical", "team": "support"}
    assert labels.items() <= alert["labels"].items()
    runbook = urllib.parse.urlsplit(alert["annotations"]["runbook_url"]).path
    with screen.open(f"{stack.site}{runbook}", timeout=10) as answer:
        assert "Mitigation" in answer.read().decode()


@pytest.mark.parametrize("service", ["worker-1", "worker-2", "serve", "redis", "kafka"])
def test_a_service_that_is_killed_comes_back(
    stack: Stack,
    centre: Centre,
    screen: urllib.request.OpenerDirector,
    service: str,
    record_property: Callable[[str, object], None],
) -> None:
    """Docker starts it again; what comes meanwhile and afterwards is counted, once; screens are let in as before."""
    centre.serves(10)
    killed = time.monotonic()
    before = stack.crash(service)
    centre.serves(10)

    eventually(lambda: runs_since(stack, service) not in {None, before}, what=f"{service} started again")
    centre.serves(10)

    eventually(centre.is_counted, within_s=PATIENCE_S, every_s=0.5, what=service)
    record_property("figure", f"{time.monotonic() - killed:.1f} s from the kill until everything sent is in Prometheus")
    eventually(partial(stack.is_healthy, service), within_s=PATIENCE_S, every_s=1, what=service)
    assert is_let_in(screen, stack)


def test_prometheus_that_is_killed_keeps_its_history(stack: Stack, centre: Centre) -> None:
    """What it had scraped is there, what follows too."""
    past = f"{QUEUED} @ {time.time() - 20:.0f}"
    held = stack.query(past)
    assert held

    before = stack.crash("prometheus")
    eventually(lambda: runs_since(stack, "prometheus") not in {None, before})
    centre.serves(10)

    eventually(centre.is_counted, within_s=PATIENCE_S, every_s=0.5)
    assert stack.query(past) == held


def test_alertmanager_that_is_killed_knows_again_what_fires(stack: Stack) -> None:
    """Prometheus tells it, as it tells it all the time."""
    before = stack.crash("alertmanager")
    eventually(lambda: runs_since(stack, "alertmanager") not in {None, before})

    eventually(lambda: "DeskpulseQueueSpike" in firing(stack), within_s=PATIENCE_S, every_s=1)


def test_the_tables_are_those_of_the_log(stack: Stack) -> None:
    """After all of that: what workers counted into Redis, and a batch over what Kafka holds, line by line."""
    compared = stack.compose(
        "run", "--rm", "--no-deps", "-T", "--entrypoint", "bash", "deskpulse", "-euc",
        "cd /tmp && deskpulse export --out log.jsonl >&2 && deskpulse dump >tables"
        " && deskpulse compute --as-applied log.jsonl >batch && cmp tables batch >&2 && wc -l <tables",
        within_s=120,
    )  # fmt: skip

    assert int(compared) > 100


def test_the_simulator_is_a_centre_too_and_comes_back(stack: Stack, centre: Centre) -> None:
    """Started by its profile; killed it begins anew, as a centre whose conversations have other names."""
    counted = f"max without (instance) ({QUEUED})"
    stack.compose("--profile", "simulator", "up", "-d", "--no-build", "simulator", within_s=UP_S)
    eventually(lambda: stack.query(counted) > [centre.queued], within_s=PATIENCE_S, every_s=1)

    before = stack.crash("simulator")
    eventually(lambda: runs_since(stack, "simulator") not in {None, before})
    (reached,) = stack.query(counted)

    eventually(lambda: stack.query(counted) > [reached], within_s=PATIENCE_S, every_s=1)


def test_it_goes_down_without_a_trace(stack: Stack) -> None:
    """Neither containers nor networks nor volumes are left, where volumes are to go too."""
    assert all(left(stack.project).values())

    stack.end()

    assert not any(left(stack.project).values())


def pages(stack: Stack, name: str) -> list[dict[str, Any]]:
    """Return what the pager was sent of an alert."""
    lines = docker_lines("logs", stack.containers()["pager"]["Id"])
    sent = [json.loads(line) for line in lines if line.startswith("{")]
    return [page for page in sent if any(each["labels"]["alertname"] == name for each in page["alerts"])]


def firing(stack: Stack) -> set[str]:
    """Return the names of the alerts that Alertmanager holds, none while it is away."""
    try:
        return {alert["labels"]["alertname"] for alert in stack.ask("alertmanager", "/api/v2/alerts")}
    except OSError:
        return set()


def runs_since(stack: Stack, service: str) -> str | None:
    """Return since when a service runs, None if it does not."""
    state = stack.containers()[service]["State"]
    return str(state["StartedAt"]) if state["Running"] else None


def is_let_in(screen: urllib.request.OpenerDirector, stack: Stack) -> bool:
    """Tell whether the screen sees numbers."""
    with screen.open(f"{stack.site}/api/v1/catalogue", timeout=10) as answer:
        return bool(answer.status == 200)
