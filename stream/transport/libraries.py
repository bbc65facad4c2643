"""The versions of Faust and aiokafka whose internals are overridden, and the signatures of these."""

# ruff: noqa: SLF001 - internals are what this is about

from __future__ import annotations

import inspect
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import faust
from aiokafka.consumer import fetcher as aiokafka_fetcher
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance, GroupCoordinator
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from faust.transport.drivers import aiokafka as driver

from stream.errors import UsageError

VERSIONS = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14."}
SIGNATURES: dict[str, tuple[Any, str]] = {
    "faust Consumer._drain_messages": (driver.Consumer._drain_messages, "self fetcher"),
    "faust Consumer._new_offset": (driver.Consumer._new_offset, "self tp"),
    "faust Consumer._wait_next_records": (driver.Consumer._wait_next_records, "self timeout"),
    "faust Consumer.on_partitions_assigned": (driver.Consumer.on_partitions_assigned, "self assigned generation_id"),
    "faust Consumer.perform_seek": (driver.Consumer.perform_seek, "self"),
    "faust Consumer.seek_to_committed": (driver.Consumer.seek_to_committed, "self"),
    "faust Consumer.verify_event_path": (driver.Consumer.verify_event_path, "self now tp"),
    "faust Consumer._new_consumer_thread": (driver.Consumer._new_consumer_thread, "self"),
    "faust ConsumerThread._commit": (driver.AIOKafkaConsumerThread._commit, "self offsets"),
    "faust ConsumerThread._create_consumer": (driver.AIOKafkaConsumerThread._create_consumer, "self loop"),
    "faust ConsumerThread.on_partitions_assigned": (
        driver.AIOKafkaConsumerThread.on_partitions_assigned,
        "self assigned generation_id",
    ),
    "faust ConsumerThread.on_partitions_revoked": (driver.AIOKafkaConsumerThread.on_partitions_revoked, "self revoked"),
    "faust App._consumer_wait_empty": (faust.App._consumer_wait_empty, "self consumer logger"),
    "faust App._create_directories": (faust.App._create_directories, "self"),
    "faust App._new_transport": (faust.App._new_transport, "self"),
    "mode ServiceThread.on_crash": (driver.ServiceThread.on_crash, "self msg fmt kwargs"),
    "aiokafka Fetcher.fetched_records": (
        aiokafka_fetcher.Fetcher.fetched_records,
        "self partitions timeout max_records",
    ),
    "aiokafka PartitionRecords._consumer_record": (
        aiokafka_fetcher.PartitionRecords._consumer_record,
        "self tp record",
    ),
    "aiokafka FetchResult.getall": (aiokafka_fetcher.FetchResult.getall, "self max_records"),
    "aiokafka FetchResult.check_assignment": (aiokafka_fetcher.FetchResult.check_assignment, "self tp"),
    "aiokafka GroupCoordinator.check_errors": (GroupCoordinator.check_errors, "self"),
    "aiokafka GroupCoordinator._lookup_assignor": (GroupCoordinator._lookup_assignor, "self name"),
    "aiokafka GroupCoordinator.request_rejoin": (GroupCoordinator.request_rejoin, "self"),
    "aiokafka CoordinatorGroupRebalance.perform_group_join": (CoordinatorGroupRebalance.perform_group_join, "self"),
    "aiokafka RoundRobinPartitionAssignor.assign": (RoundRobinPartitionAssignor.assign, "cluster members"),
}


def check_libraries() -> None:
    """Raise UsageError if a library is not the one whose internals are overridden here; it names the package."""
    for package, wanted in VERSIONS.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            found = "none"
        if found != wanted and not (wanted.endswith(".") and found.startswith(wanted)):
            asked = f"{package}=={wanted}*" if wanted.endswith(".") else f"{package}=={wanted}"
            message = f"{package}: version {found} is installed, Deskpulse needs {asked}"
            raise UsageError(message)
    for name, (function, wanted) in SIGNATURES.items():
        found = " ".join(inspect.signature(function).parameters)
        if found != wanted:
            package = {"faust": "faust-streaming", "mode": "mode-streaming"}.get(name.split()[0], name.split()[0])
            message = (
                f"{package}: {name} takes ({found}), Deskpulse knows it with ({wanted}); install the pinned version"
            )
            raise UsageError(message)
