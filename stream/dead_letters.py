"""Rejected records to the dead-letter topic: at least once, with where they stood and why."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, TopicAlreadyExistsError, for_code

from stream.kafka import admin_client, backoff_s, client_options, makes_topics, why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka.admin import AIOKafkaAdminClient

    from stream.chunks import DeadLetter
    from stream.settings import Settings

log = structlog.get_logger(__name__)

HEADERS_BYTES = 65_536
"""Room for our headers and for a batch's own: `max.message.bytes` of the topic is so much over the sources'."""
DEFAULT_MESSAGE_BYTES = 1_048_588
MAX_MESSAGE_BYTES = "max.message.bytes"


class KafkaDeadLetters:
    """A DeadLetterSink that waits, with back-off and a log line, while Kafka is away."""

    def __init__(self, settings: Settings) -> None:
        """Connect at the first letter, not before."""
        self._settings = settings
        self._topic = settings.topics_deadletter
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connection."""
        await self.close()

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Return when every letter is durably stored; may store one more than once. Raises on cancellation only."""
        left = list(letters)
        for wait_s in backoff_s():
            try:
                left = await self._attempt(left)
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning(
                    "dead_letters_waiting", topic=self._topic, letters=len(left), error=why(error), retry_in_s=wait_s
                )
            if not left:
                return
            await asyncio.sleep(wait_s)

    async def close(self) -> None:
        """Close the connection; `send` returned for every letter it took, so nothing waits in it."""
        producer, self._producer = self._producer, None
        if producer:
            await producer.stop()

    async def _attempt(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Send; return the letters that are not stored. Raises KafkaError if none can be sent now."""
        producer = await self._started()
        waiting = [
            await producer.send(self._topic, value=letter.value, key=_key(letter), headers=_headers(letter))
            for letter in letters
            if not await self._too_large(producer, letter)
        ]
        results = await asyncio.gather(*waiting, return_exceptions=True)
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            log.warning("dead_letters_failed", topic=self._topic, letters=len(failed), error=str(failed[0]))
            return list(letters)
        return []

    async def _too_large(self, producer: AIOKafkaProducer, letter: DeadLetter) -> bool:
        """Store a letter that the topic cannot take whole without its value, and say so; tell whether it was one."""
        size = len(letter.value or b"") + len(letter.key or b"")
        if size + HEADERS_BYTES // 2 <= self._limit:
            return False
        log.error("dead_letter_too_large", topic=self._topic, bytes=size, limit=self._limit, offset=letter.offset)
        headers = [*_headers(letter), ("deskpulse-value-bytes", str(size).encode())]
        try:
            await producer.send_and_wait(self._topic, key=(letter.key or b"")[:1024], headers=headers)
        except MessageSizeTooLargeError:
            log.exception("dead_letter_lost", topic=self._topic, source=letter.topic, offset=letter.offset)
        return True

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                async with admin_client(self._settings) as admin:
                    self._limit = await _ensure_topic(admin, self._settings)
                producer = AIOKafkaProducer(
                    **client_options(self._settings),
                    client_id="deskpulse-dead-letters",
                    acks="all",
                    enable_idempotence=True,
                    max_request_size=self._limit,
                    request_timeout_ms=10_000,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer


def _key(letter: DeadLetter) -> bytes | None:
    # aiokafka sends no record without both; `deskpulse-absent` tells the empty key from a real one.
    return b"" if letter.key is None and letter.value is None else letter.key


def _headers(letter: DeadLetter) -> list[tuple[str, bytes]]:
    absent = [("deskpulse-absent", b"key")] if letter.key is None and letter.value is None else []
    return [
        ("deskpulse-reason", letter.reason.encode()),
        ("deskpulse-topic", letter.topic.encode()),
        ("deskpulse-partition", str(letter.partition).encode()),
        ("deskpulse-offset", str(letter.offset).encode()),
        ("deskpulse-timestamp", str(letter.timestamp).encode()),
        *absent,
    ]


async def _ensure_topic(admin: AIOKafkaAdminClient, settings: Settings) -> int:
    """Make the topic if it is missing; return the largest batch it takes, in bytes. Raises KafkaError."""
    if not await makes_topics(admin):
        # It does not tell its limits either.
        return DEFAULT_MESSAGE_BYTES + HEADERS_BYTES
    name = settings.topics_deadletter
    existing = set(await admin.list_topics())
    sources = [topic for topic in settings.source_topics if topic in existing]
    limits = [await _message_bytes(admin, topic) for topic in sources] or [DEFAULT_MESSAGE_BYTES]
    wanted = max(limits) + HEADERS_BYTES
    if name in existing:
        limit = await _message_bytes(admin, name)
        if limit <= max(limits):
            log.warning("dead_letter_topic_small", topic=name, setting=MAX_MESSAGE_BYTES, is_=limit, needed=wanted)
        return limit
    topic = NewTopic(name, 1, 1, topic_configs={MAX_MESSAGE_BYTES: str(wanted)})
    topic.replication_factor = -1  # the broker's default; the constructor does not take it
    response = await admin.create_topics([topic])
    code, reason = response.topic_errors[0][1:3]
    if code not in (0, TopicAlreadyExistsError.errno):
        raise for_code(code)(reason)
    log.info("dead_letter_topic_made", topic=name, max_message_bytes=wanted)
    return wanted


async def _message_bytes(admin: AIOKafkaAdminClient, topic: str) -> int:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {MAX_MESSAGE_BYTES: None})
    for response in await admin.describe_configs([resource]):
        for *_, entries in response.resources:
            for entry in entries:
                if entry[0] == MAX_MESSAGE_BYTES:
                    return int(entry[1])
    return DEFAULT_MESSAGE_BYTES
