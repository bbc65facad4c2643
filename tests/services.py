"""The real servers of the tests: found by an address, else a container, else a process, else a skip with the reason.

`DESKPULSE_TEST_KAFKA` (host:port), `DESKPULSE_TEST_REDIS` (redis://…), `DESKPULSE_TEST_PROMETHEUS` and
`DESKPULSE_TEST_ALERTMANAGER` (http://…) name servers that run already. `DESKPULSE_TEST_SERVICES` = container or
process allows one way only. With `DESKPULSE_TEST_REAL=1` a server that is missing is a failure.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.servers.kafka import Kafka, find_kafka, new_kafka, unique
from tests.servers.prometheus import Alertmanager, Prometheus, Sample, find_alertmanager, find_prometheus
from tests.servers.redis import Redis, find_redis, new_redis, new_valkey
from tests.servers.server import Server, UnavailableError
from tests.servers.sharing import shared_kafka

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Alertmanager",
    "Kafka",
    "Prometheus",
    "Redis",
    "Sample",
    "Server",
    "find_alertmanager",
    "find_kafka",
    "find_prometheus",
    "find_redis",
    "new_kafka",
    "new_redis",
    "new_valkey",
    "running",
    "shared_kafka",
    "unique",
]

AnyServer = TypeVar("AnyServer", bound=Server)


@contextmanager
def running(make: Callable[[], AnyServer]) -> Iterator[AnyServer]:
    """Run the server that *make* returns; skip the test if there is none, fail it with `DESKPULSE_TEST_REAL=1`."""
    try:
        server = make()
    except UnavailableError as error:
        if os.environ.get("DESKPULSE_TEST_REAL") == "1":
            pytest.fail(f"DESKPULSE_TEST_REAL=1, but {error}")
        pytest.skip(str(error))
    with server:
        yield server
