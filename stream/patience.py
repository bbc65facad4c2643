"""Patience with Redis: what is away, full or failing over is asked again, with back-off and a word in the log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import structlog
from redis import asyncio as aioredis
from redis import exceptions as errors
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")
Client: TypeAlias = Any
"""An asyncio client of redis-py, whose types say text or bytes of every answer; ours are bytes."""

TIMEOUT_S = 10.0
FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 1.0
_PASSING = (
    errors.ConnectionError,
    errors.TimeoutError,
    OSError,
    # Of these redis-py takes the word away that the answer began with.
    errors.OutOfMemoryError,
    errors.ReadOnlyError,
    errors.ClusterDownError,
    errors.TryAgainError,
)
_PASSING_WORDS = ("BUSY", "NOREPLICAS", "MISCONF")


def connect(url: str) -> Client:
    """Return a client for *url*; nothing is sent yet. A command is tried once: what a retry means is the caller's."""
    return aioredis.Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
    )


def is_passing(error: Exception) -> bool:
    """Tell whether Redis may answer the same call later."""
    return isinstance(error, _PASSING) or str(error).startswith(_PASSING_WORDS)


class Patience:
    """Repeats calls while Redis is in trouble. `trouble` says what it is, None while all is well.

    Calls may run side by side: the first that waits says so, and the last that goes on.
    """

    def __init__(self) -> None:
        self.trouble: str | None = None
        self._waiting = 0

    async def persist(self, what: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the answer of *call*, tried until Redis gives one. Other errors than passing ones are raised."""
        wait_s = FIRST_WAIT_S
        waiting = False
        try:
            while True:
                try:
                    answer = await call()
                    break
                except (errors.RedisError, OSError) as error:
                    if not is_passing(error):
                        raise
                    if self.trouble is None:
                        log.warning("redis_waiting", doing=what, error=str(error) or type(error).__name__)
                    self.trouble = str(error) or type(error).__name__
                self._waiting += not waiting
                waiting = True
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        finally:
            self._waiting -= waiting
        if self.trouble is not None and not self._waiting:
            log.info("redis_back", doing=what)
            self.trouble = None
        return answer
