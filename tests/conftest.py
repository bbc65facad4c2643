"""Fixtures for all tests: real servers, shared by the session or of the test's own."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Protocol

import pytest

from stream import build
from tests import parallel, services
from tests.pipeline import COMPILED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any


class PrometheusFactory(Protocol):
    """What the fixture `prometheus` is."""

    def __call__(
        self,
        *,
        targets: Sequence[str] = (),
        rules: Sequence[Path] = (),
        alertmanagers: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
    ) -> services.Prometheus:
        """Return a running Prometheus that scrapes host:port *targets* and evaluates *rules*, or has the *config*."""


class AlertmanagerFactory(Protocol):
    """What the fixture `alertmanager` is."""

    def __call__(
        self, *, webhook: str | None = None, config: Mapping[str, Any] | None = None, files: Sequence[Path] = ()
    ) -> services.Alertmanager:
        """Return a running Alertmanager that sends to *webhook*, or has the whole *config*, with *files* beside it."""


def pytest_configure(config: pytest.Config) -> None:
    """Let `kill` end the run as Ctrl-C does, so that fixtures end their servers."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = getattr(config, "workerinput", None)
    if running:
        parallel.take_ports(int(running["workerid"].removeprefix("gw")), of=running["workercount"])
    if COMPILED and not build.is_compiled():
        message = f"DESKPULSE_TEST_COMPILED={COMPILED}, but the tests import the packages of the sources"
        raise pytest.UsageError(message)


def pytest_report_header() -> str:
    """Say what is tested."""
    return f"deskpulse {build.name()}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured: each `record_property("figure", text)`, wherever the test ran."""
    for reports in (terminalreporter.getreports(outcome) for outcome in ("passed", "failed")):
        for report in reports:
            for name, text in report.user_properties:
                if name == "figure":
                    terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Say how many processes `-n auto` is."""
    return parallel.processes()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest files where several run side by side."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: parallel.place(item.path))


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.Kafka]:
    """Give the Kafka of the session, with all its processes. Use topics of your own: `kafka.topic()`."""
    run = partial(services.running, services.find_kafka)
    is_one_of_several = hasattr(request.config, "workerinput")
    with services.shared_kafka(tmp_path_factory.getbasetemp().parent, run) if is_one_of_several else run() as server:
        yield server


@pytest.fixture
def own_kafka() -> Iterator[services.Kafka]:
    """Give a Kafka that this test alone has, and may break."""
    with services.running(services.new_kafka) as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[services.Redis]:
    """Give the Redis 7 of the session; it may hold what other tests wrote. See `empty_redis`."""
    with services.running(services.find_redis) as server:
        yield server


@pytest.fixture
def empty_redis(redis: services.Redis) -> services.Redis:
    """Give the Redis of the session with nothing in it."""
    redis.flush()
    return redis


@pytest.fixture
def own_redis() -> Iterator[services.Redis]:
    """Give a Redis that this test alone has, and may break."""
    with services.running(services.new_redis) as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[services.Redis]:
    """Give the Valkey 9 of the session."""
    with services.running(services.new_valkey) as server:
        yield server


@pytest.fixture(params=["redis", "valkey"])
def each_redis(request: pytest.FixtureRequest) -> services.Redis:
    """Give Redis 7, then Valkey 9, with nothing in them."""
    server: services.Redis = request.getfixturevalue(request.param)
    server.flush()
    return server


@pytest.fixture
def prometheus() -> Iterator[PrometheusFactory]:
    """Give a function that starts a Prometheus; it ends with the test."""
    with ExitStack() as stack:

        def start(**options: Any) -> services.Prometheus:
            return stack.enter_context(services.running(partial(services.find_prometheus, **options)))

        yield start


@pytest.fixture
def alertmanager() -> Iterator[AlertmanagerFactory]:
    """Give a function that starts an Alertmanager; it ends with the test."""
    with ExitStack() as stack:

        def start(**options: Any) -> services.Alertmanager:
            return stack.enter_context(services.running(partial(services.find_alertmanager, **options)))

        yield start
