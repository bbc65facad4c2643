"""What the transport needs of Faust and aiokafka, and how it says that it is not there."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import aiokafka
import pytest
from aiokafka.consumer.fetcher import Fetcher, PartitionRecords
from aiokafka.consumer.subscription_state import Assignment, TopicPartitionState
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.utils.queues import FlowControlEvent

from stream.chunks import Partition
from stream.errors import UsageError
from stream.transport import libraries, thread


def test_the_installed_libraries_are_the_ones_it_was_made_for() -> None:
    """Versions and signatures are those of the pins."""
    libraries.check_libraries()


def test_another_version_is_named_with_the_one_that_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that can be pasted behind pip install."""
    monkeypatch.setitem(libraries.VERSIONS, "faust-streaming", "9.9.9")

    with pytest.raises(UsageError, match=r"faust-streaming: version 0\.15\.3 .* needs faust-streaming==9\.9\.9"):
        libraries.check_libraries()


def test_another_signature_names_the_package_and_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """A patched library with the right version is found out as well."""
    monkeypatch.setitem(libraries.SIGNATURES, "mode Service.stop", (driver.Consumer.stop, "self gently"))

    with pytest.raises(UsageError, match=r"mode-streaming: mode Service\.stop takes \(self\)"):
        libraries.check_libraries()


def test_the_three_kinds_of_partition_are_one_key() -> None:
    """Ours, Faust's and aiokafka's find each other in a mapping."""
    assert len({Partition("a", 1), TP("a", 1), TopicPartition("a", 1)}) == 1


def test_a_decoded_record_has_what_is_read_of_one() -> None:
    """Records are handed on as the decoder made them, without aiokafka's copy."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=0,
        batch_size=1_000,
    )  # fmt: skip
    builder.append(0, timestamp=1_700_000_000_000, key=b"k", value=None, headers=[("h", b"v")])
    (decoded,) = DefaultRecordBatch(bytes(builder.build()))

    record: Any = thread._as_decoded(None, TopicPartition("a", 1), decoded)

    assert (record.offset, record.timestamp, record.key, record.value) == (0, 1_700_000_000_000, b"k", None)
    assert list(record.headers) == [("h", b"v")]


@pytest.mark.parametrize(
    ("function", "relied_on"),
    [
        (Fetcher.fetched_records, "if drained or not timeout:\n                return drained"),
        (Fetcher.seek_to, "self._records"),
        (Consumer.perform_seek, "await self.seek_to_committed()"),
        (PartitionRecords._unpack_records, "self._consumer_record(tp, record)"),
        (FlowControlEvent.resume, "self.clear()"),
    ],
)
def test_what_is_relied_on_stands_in_the_source(function: Any, relied_on: str) -> None:
    """Nothing is awaited after records are drained; a seek empties what was fetched; and so on."""
    assert relied_on in inspect.getsource(function)


async def test_aiokafka_tells_the_position_after_what_was_drained() -> None:
    """`next` of a chunk is the consumer's position, which goes over holes such as control records."""
    assignment = Assignment([TopicPartition("a", 1)])
    state: TopicPartitionState = assignment.state_value(Partition("a", 1))
    assert not state.has_valid_position

    state.seek(7)
    state.consumed_to(12)

    assert state.position == 12


async def test_a_paused_partition_is_not_fetched_until_it_is_placed() -> None:
    """Pause and resume are there, and take several partitions."""
    assert [*inspect.signature(aiokafka.AIOKafkaConsumer.pause).parameters] == ["self", "partitions"]
    assert [*inspect.signature(aiokafka.AIOKafkaConsumer.resume).parameters] == ["self", "partitions"]
    await asyncio.sleep(0)
