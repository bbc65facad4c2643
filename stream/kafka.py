"""How every client of ours reaches Kafka, and how a worker waits for it."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stream.errors import UsageError
from stream.settings import PREFIX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from stream.settings import Settings

log = structlog.get_logger(__name__)

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 5.0


def client_options(settings: Settings) -> dict[str, Any]:
    """Return the options that consumers, producers and admin clients of aiokafka share.

    Raises UsageError if a file of the TLS settings cannot be read.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.kafka.split(",") if server.strip()],
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_plain_username
        options["sasl_plain_password"] = settings.sasl_plain_password
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    return options


def why(error: BaseException) -> str:
    """Return *error* as one line for people: of brokers that do not answer aiokafka shows a list of sockets."""
    text = " ".join(str(error).split())
    if "Unable to bootstrap from" in text:
        return f"nobody listens there, or not as {PREFIX}SECURITY_PROTOCOL says"
    return text or type(error).__name__


def backoff_s() -> Iterator[float]:
    """Yield the seconds to wait before each next attempt: doubling, up to LONGEST_WAIT_S."""
    wait_s = FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)


@asynccontextmanager
async def admin_client(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Give a connected admin client. Raises KafkaError while no broker answers."""
    admin = AIOKafkaAdminClient(**client_options(settings), client_id="deskpulse", request_timeout_ms=10_000)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def makes_topics(admin: AIOKafkaAdminClient) -> bool:
    """Tell whether topics are made on request. Raises KafkaError.

    librdkafka's mock cluster has no controller to ask: the one it names is none of its brokers. It makes a topic by
    itself when somebody asks about it.
    """
    cluster = await admin.describe_cluster()
    return cluster["controller_id"] in {broker["node_id"] for broker in cluster["brokers"]}


async def wait_for_kafka(settings: Settings) -> None:
    """Return when a broker answers; until then say so in the log, with back-off."""
    for attempt, wait_s in enumerate(backoff_s(), 1):
        try:
            async with admin_client(settings) as admin:
                await admin.list_topics()
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("kafka_unreachable", kafka=settings.kafka, error=why(error), attempt=attempt, retry_in_s=wait_s)
            await asyncio.sleep(wait_s)
        else:
            log.info("kafka_connected", kafka=settings.kafka)
            return


async def wait_for_topics(settings: Settings) -> None:
    """Return when every source topic exists; until then name the missing ones and how to make them."""
    for wait_s in backoff_s():
        try:
            async with admin_client(settings) as admin:
                missing = sorted(set(settings.source_topics) - set(await admin.list_topics()))
        except (KafkaError, OSError, TimeoutError):
            await wait_for_kafka(settings)
            continue
        if not missing:
            return
        log.warning(
            "topics_missing",
            topics=missing,
            hint="make them, or let `deskpulse replay` or `deskpulse simulate` make them",
            retry_in_s=wait_s,
        )
        await asyncio.sleep(wait_s)


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ssl_cafile)
        if settings.ssl_certfile:
            context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile)
    except OSError as error:
        message = f"DESKPULSE_SSL_CAFILE, _CERTFILE or _KEYFILE cannot be used: {error}"
        raise UsageError(message) from error
    return context
