"""Links that work once and the sessions they begin, kept in Redis by their hashes, so that any `serve` knows them.

A link is deleted by the read that uses it: of two who come at once one gets in. Both end by themselves (TTL), or
with all others that the same person gave.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import redis
from redis import exceptions as errors
from starlette.concurrency import run_in_threadpool

from stream import keys
from stream.api.access import SCOPES, Caller
from stream.api.problems import Wrong
from stream.clock import now_ms
from stream.scopes import digest, new_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream.api.access import How, Scope
    from stream.settings import Settings

TIMEOUT_S = 2.0
LONGEST_S = 30 * 86_400
"""No session lasts longer."""
COOKIE = "deskpulse"


def cookie_name(*, is_secure: bool) -> str:
    """Return the name of the cookie of a session; under TLS one that a browser takes under TLS alone, and from us."""
    return f"__Host-{COOKIE}" if is_secure else COOKIE


class Grant(NamedTuple):
    """What a link gives to whoever uses it: what of *by* is known by *how* at most, in a session of *session_s*."""

    by: str
    how: How
    scopes: frozenset[Scope]
    tenants: frozenset[str] | None
    board: str
    session_s: int
    key: str = ""
    """That of whoever gave it: another token under the same name has not given it."""

    def caller(self, creator: Caller | None, *, key: str) -> Caller | None:
        """Return who has this session, of all of them the one called *key*, None if nobody has it any more.

        They may no more than the *creator* may now.
        """
        if creator is None or creator.key != self.key or "admin" not in creator.scopes:
            return None
        tenants = self.tenants
        if creator.tenants is not None:
            tenants = creator.tenants if tenants is None else tenants & creator.tenants
        return Caller(f"link of {self.by}", self.scopes & creator.scopes, tenants, "link", key)


class Sessions:
    """Links and sessions in the Redis of the settings. Every method raises Wrong (503) while that is away."""

    def __init__(self, settings: Settings) -> None:
        # Not the asyncio client: this one may be asked on any thread, and holds nothing that needs closing.
        self._redis: Any = redis.Redis.from_url(
            settings.redis, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )

    async def new_link(self, grant: Grant, *, valid_s: int) -> str:
        """Return the code of a new link that works for *valid_s*."""
        return await self._kept(keys.link, grant, lasts_s=valid_s)

    async def use(self, code: str) -> tuple[str, Grant] | None:
        """Use the link *code* up: return the secret of the session that it begins, None if it is none any more."""
        name = keys.link(digest(code).hex())
        grant = _grant(await _asked(self._redis.getdel, name))
        if grant is None:
            return None
        secret = await self._kept(keys.session, grant, lasts_s=grant.session_s)
        # Taken back between the two: whoever took it back saw the link, or sees the session.
        if not await _asked(self._redis.zrem, _given(grant.by, grant.how), name):
            await _asked(self._redis.delete, keys.session(digest(secret).hex()))
            return None
        return secret, grant

    async def take_back(self, by: str, how: How) -> int:
        """End every link and session that *by*, known by *how*, has given; return how many there were."""
        return int(await _asked(self._take_back, _given(by, how)))

    def _take_back(self, given: str) -> int:
        names = self._redis.zrange(given, 0, -1)
        return int(self._redis.delete(*names, given)) - 1 if names else 0

    async def of(self, secret: str) -> Grant | None:
        """Return what whoever has *secret* was given, None if that is no session any more."""
        return _grant(await _asked(self._redis.get, keys.session(digest(secret).hex())))

    async def _kept(self, key: Callable[[str], str], grant: Grant, *, lasts_s: int) -> str:
        secret = new_secret()
        held = {**grant._asdict(), "scopes": sorted(grant.scopes), "tenants": grant.tenants and sorted(grant.tenants)}
        await _asked(self._keep, key(digest(secret).hex()), json.dumps(held), _given(grant.by, grant.how), lasts_s)
        return secret

    def _keep(self, name: str, held: str, given: str, lasts_s: int) -> None:
        now_s = now_ms() // 1_000
        pipe = self._redis.pipeline(transaction=True)
        pipe.set(name, held, ex=lasts_s)
        pipe.zadd(given, {name: now_s + lasts_s})
        pipe.zremrangebyscore(given, "-inf", now_s)
        pipe.expire(given, LONGEST_S)
        pipe.execute()


def _given(by: str, how: How) -> str:
    return keys.given(digest(f"{how} {by}").hex())


async def _asked(command: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - redis-py's
    try:
        return await run_in_threadpool(command, *arguments, **options)
    except (errors.RedisError, OSError) as error:
        raise Wrong(HTTPStatus.SERVICE_UNAVAILABLE, "Redis does not answer", headers={"Retry-After": "5"}) from error


def _grant(held: bytes | None) -> Grant | None:
    if held is None:
        return None
    found = json.loads(held)
    scopes = frozenset(scope for scope in SCOPES if scope in found["scopes"])
    tenants = None if found["tenants"] is None else frozenset(found["tenants"])
    key = found.get("key", "")  # without one it was given before tokens were told apart, and ends with that
    return Grant(found["by"], found["how"], scopes, tenants, found["board"], found["session_s"], key)
