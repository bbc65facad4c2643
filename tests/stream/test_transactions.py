"""Producers that write in transactions: markers take up offsets, what is aborted never happened."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import orjson
from confluent_kafka import Producer

from tests.eventually import eventually
from tests.logs import Log, after
from tests.pipeline import Pipeline
from tests.services import unique

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services


class Transactions:
    """One transactional producer of the chats of a pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._topic = pipeline.chat
        self._producer = Producer(
            {"bootstrap.servers": pipeline.kafka.address, "transactional.id": unique("shop"), "log_level": 0}
        )
        self._producer.init_transactions(30)

    def begin(self, lines: list[bytes]) -> None:
        """Store *lines* in a transaction that stays open."""
        self._producer.begin_transaction()
        for line in lines:
            self._producer.produce(self._topic, line, key=b"k", partition=0)
        assert self._producer.flush(30) == 0

    def commit(self) -> None:
        """End it: all of it counts."""
        self._producer.commit_transaction(30)

    def abort(self) -> None:
        """End it: it never happened."""
        self._producer.abort_transaction(30)


def conversations(dump: bytes) -> set[str]:
    """Return the conversations of which *dump* has facts."""
    rows = map(orjson.loads, dump.splitlines())
    return {row["subject"] for row in rows if row["table"] == "fact"}


def test_markers_at_the_end_of_a_log_are_no_lag(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """No record comes with them, and so no chunk: nothing is left to read all the same, and the clock goes on.

    offset      0         1         2         3
            | record | commit | aborted | abort |
    stored           ^ or      ^                ^ end
    """
    pipeline = Pipeline(kafka, empty_redis, tmp_path, partitions=1, DESKPULSE_CLOCK="wall")
    shop = Transactions(pipeline)

    with pipeline.worker(), pipeline.serve() as serve:
        eventually(lambda: serve.get("/ready")[0] == 200)
        shop.begin(Log().add("chat.queued", time.time_ns() // 1_000_000, queue="billing").lines)
        shop.commit()
        eventually(lambda: serve.value("support_queue_waiting", queue="billing") == 1)
        shop.begin(Log().add("chat.accepted", time.time_ns() // 1_000_000).lines)
        shop.abort()
        stored = time.time_ns() // 1_000_000

        # A worker that has not asked for the end since may show the next second; not one ten seconds later.
        eventually(lambda: (serve.as_of() or 0) > stored + 10_000)

        assert serve.value("deskpulse_partition_lag_records", topic=pipeline.chat) == 0
        assert serve.value("support_queue_waiting", queue="billing") == 1
        assert serve.get("/ready") == (200, "ready\n")
        pipeline.assert_equals_batch()


def test_what_was_aborted_is_not_counted(kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path) -> None:
    """Neither by the worker nor in the export, though the log ends with it: both say the same of where it ends."""
    pipeline = Pipeline(kafka, empty_redis, tmp_path, partitions=1)
    shop, log, t = Transactions(pipeline), Log(), after("01:00")
    shop.begin(log.of(conversation="kept").queued("00:00").lines)
    shop.commit()
    shop.begin(Log(conversation="aborted").queued("00:10").lines)
    shop.abort()

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.heartbeat(t)
        shop.begin(Log(conversation="aborted too").queued("00:20").lines)
        shop.abort()
        serve.at(t)
        stands = pipeline.assert_equals_batch()

    assert conversations(stands) == {"kept"}


def test_a_transaction_counts_when_it_ends(kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path) -> None:
    """While it is open its records are not there yet: no lag, and the numbers are of now without them."""
    pipeline = Pipeline(kafka, empty_redis, tmp_path, partitions=1, DESKPULSE_CLOCK="wall")
    shop = Transactions(pipeline)

    with pipeline.worker(), pipeline.serve() as serve:
        eventually(lambda: serve.get("/ready")[0] == 200)
        shop.begin(Log().add("chat.queued", time.time_ns() // 1_000_000, queue="billing").lines)
        stored = time.time_ns() // 1_000_000
        eventually(lambda: (serve.as_of() or 0) > stored)
        before = serve.value("support_queue_waiting", queue="billing")
        lag = serve.value("deskpulse_partition_lag_records", topic=pipeline.chat)
        exported = pipeline.export().read_text()
        shop.commit()
        eventually(lambda: serve.value("support_queue_waiting", queue="billing") == 1)

    assert (before, lag, exported) == (None, 0, "")
