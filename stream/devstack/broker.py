"""An embedded broker: the mock cluster inside librdkafka, called what it is."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from stream.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

log = structlog.get_logger()

PARTITIONS = 4
TIMEOUT_S = 10


@contextmanager
def embedded_broker(topics: Iterable[str] = ()) -> Iterator[str]:
    """Run a broker on 127.0.0.1 inside this process and yield its address; afterwards it and its records are gone.

    It is no Kafka. It speaks enough of the protocol for producers and consumer groups of one member, with a session
    timeout of 3 s at least; a second member of a group is refused. A topic has 4 partitions and exists from the
    moment somebody asks for it, as *topics* do at once; requests to create one are not answered. A partition keeps
    its newest 5 MB, in memory. Raises UsageError if confluent-kafka is not installed.
    """
    try:
        from confluent_kafka import Producer  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "demo: the embedded broker needs confluent-kafka: pip install 'deskpulse[demo]'"
        raise UsageError(message) from error
    # The cluster lives as long as this handle. log_level 0: librdkafka would write to stderr on its own.
    with _no_signals():
        handle = Producer({"bootstrap.servers": "embedded", "test.mock.num.brokers": 1, "log_level": 0})
    broker = next(iter(handle.list_topics(timeout=TIMEOUT_S).brokers.values()))
    address = f"{broker.host}:{broker.port}"
    for topic in topics:
        handle.list_topics(topic, timeout=TIMEOUT_S)
    log.info("broker_embedded", kind="mock cluster of librdkafka, in memory", address=address, partitions=PARTITIONS)
    try:
        yield address
    finally:
        handle.flush(0)
        del handle


@contextmanager
def _no_signals() -> Iterator[None]:
    """Let the threads that are started meanwhile never be the ones to get a signal.

    The kernel gives Ctrl-C to any thread. If that is the cluster's own, its poll() is interrupted, which it takes
    for its end: it destroys itself, and the process with it when the handle goes.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
