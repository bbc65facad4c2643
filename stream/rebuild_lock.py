"""One rebuild at a time: a key in Redis that its holder renews, and that expires after one that was killed."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING, Self

import structlog
from redis import exceptions as errors

from stream import keys
from stream.errors import UsageError

if TYPE_CHECKING:
    from stream.patience import Client

log = structlog.get_logger(__name__)

HELD_MS = 10_000
RENEW_S = 2.0
LOOK_S = 3.0
SLACK_MS = 2_500
"""One that is not renewed has LOOK_S less when it is looked at again, one that is at most RENEW_S less."""
_RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class Lock:
    """Held while the block runs. It keeps rebuilds polite; that no number is wrong is up to the commits."""

    def __init__(self, client: Client, generation: str) -> None:
        """Take the *generation* that is to be rebuilt, for those who ask what is going on."""
        self._redis = client
        self._token = f"{generation} {socket.gethostname()} {os.getpid()} {token_hex(4)}"
        self._renewing: asyncio.Task[None] | None = None
        self.is_lost = False

    async def __aenter__(self) -> Self:
        """Get it, or wait until that of a process that was killed expires. UsageError if another one lives."""
        while not await self._redis.set(keys.REBUILD, self._token, nx=True, px=HELD_MS):
            holder, left_ms = await self._redis.get(keys.REBUILD), await self._redis.pttl(keys.REBUILD)
            log.info("rebuild_lock_held", holder=(holder or b"").decode(), expires_in_s=left_ms / 1000)
            await asyncio.sleep(LOOK_S)
            if await self._redis.pttl(keys.REBUILD) > max(0, left_ms - SLACK_MS):
                generation, host, process, *_ = (holder or b"? ? ?").decode().split()
                message = f"generation {generation} is being rebuilt already, by process {process} on {host}"
                raise UsageError(message)
        self._renewing = asyncio.create_task(self._renew())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let it go."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        with suppress(errors.RedisError, OSError):
            await self._redis.eval(_RELEASE, 1, keys.REBUILD, self._token)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            with suppress(errors.RedisError, OSError):
                if not await self._redis.eval(_RENEW, 1, keys.REBUILD, self._token, HELD_MS):
                    # Redis was away for longer than that, or lost it: whoever comes first has it.
                    again = await self._redis.set(keys.REBUILD, self._token, nx=True, px=HELD_MS)
                    self.is_lost = not again
