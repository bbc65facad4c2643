"""The Faust application of a worker: consumer and agents, nothing else of Faust."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import faust
import structlog
from faust.app.base import BootStrategy
from faust.tables.manager import TableManager

from stream.agents import add_agents
from stream.kafka import client_options
from stream.transport.consumer import ChunkTransport

if TYPE_CHECKING:
    from faust.types.transports import ConsumerT, TransportT

    from stream.chunks import Processor
    from stream.settings import Settings
    from stream.transport.consumer import ChunkConsumer

log = structlog.get_logger(__name__)

FAUST_LOGGER = logging.getLogger("faust.worker")
DRAIN_S = 3.0
CHUNKS_IN_QUEUE = 8
FOREVER_S = 1e9


class ConsumerOnly(BootStrategy):
    """No producer, no cache, and never Faust's web server, which listens to everybody."""

    enable_kafka_producer = False
    enable_web = False


class NoTables(TableManager):
    """Faust's bookkeeping of an assignment runs in here; it has no tables to wait for."""

    logger = FAUST_LOGGER

    async def on_start(self) -> None:
        """Start at once; Faust sleeps a second first."""
        await self._update_channels()
        await self.recovery.start()


class WorkerApp(faust.App):
    """A Faust app that knows the settings and the processor of its worker."""

    BootStrategy = ConsumerOnly
    logger = FAUST_LOGGER

    consumer: ChunkConsumer
    settings: Settings
    processor: Processor
    client_options: dict[str, Any]

    def _new_transport(self) -> TransportT:
        return ChunkTransport(self.conf.broker_consumer, self)

    async def _consumer_wait_empty(self, consumer: ConsumerT, logger: Any) -> None:  # noqa: ANN401, ARG002 - Faust's
        """Before partitions go, and at the end: let the chunk in hand be committed, but not wait for Redis for ever."""
        try:
            async with asyncio.timeout(DRAIN_S), self.consumer.hand:
                pass
        except TimeoutError:
            log.warning("chunk_left", waited_s=DRAIN_S, hint="the tables did not answer; it will be read again")

    def _create_directories(self) -> None:
        """Make none: this app has no tables of Faust's."""


def build_app(settings: Settings, processor: Processor) -> WorkerApp:
    """Return the app that applies every chunk of the source topics by *processor*."""
    app = WorkerApp(
        settings.group,
        broker=";".join(f"kafka://{server.strip()}" for server in settings.kafka.split(",")),
        web_enabled=False,
        TableManager=NoTables,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        stream_buffer_maxsize=CHUNKS_IN_QUEUE,
        broker_commit_interval=1.0,
        broker_session_timeout=10.0,
        # Also how long Faust lets a placement last, before it goes on without; ours waits for Redis.
        broker_request_timeout=FOREVER_S,
    )
    app.settings = settings
    app.processor = processor
    app.client_options = client_options(settings)
    add_agents(app)
    return app
