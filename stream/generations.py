"""Generations: the tables of one set of definitions. One of them is in force, and one write puts another in force.

What a generation counts by stands with its tables, so that whoever has another file of definitions can go on with it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from redis import exceptions as errors

from aggregators.definitions import STATE_VERSION
from stream import keys
from stream.offline import definitions_of

if TYPE_CHECKING:
    from stream.patience import Client
    from stream.settings import Settings

_SWITCH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What a generation is. `text` is its file of definitions, "" for the defaults, `form` the version of its tables.

    `zone` is that of tenants whose zone the file does not tell. `since_ms` is when it came into force by the wall
    clock, None if it never did.
    """

    name: str
    text: str
    retention_ms: int
    zone: str
    form: int
    made_by: str
    since_ms: int | None = None

    def settings(self, settings: Settings) -> Settings:
        """Return *settings* with the definitions of this generation; ValueError if they cannot be read here."""
        return settings.defining(self.text, retention_ms=self.retention_ms, zone=self.zone)

    def problem(self, settings: Settings) -> str | None:
        """Return why this process cannot count for this generation, None if it can."""
        if self.form != STATE_VERSION:
            return f"its tables have stored form {self.form} (made by version {self.made_by}), this is {STATE_VERSION}"
        try:
            here = definitions_of(self.settings(settings)).generation()
        except ValueError as error:
            return f"its definitions cannot be read by this version: {error}"
        if here != self.name:
            return f"made by version {self.made_by}; here its definitions, or the time-zone data, make {here}"
        return None


def ours(settings: Settings) -> Generation:
    """Return the generation that *settings* make."""
    return Generation(
        name=definitions_of(settings).generation(),
        text=settings.definitions_text,
        retention_ms=settings.retention_ms,
        zone=settings.zone,
        form=STATE_VERSION,
        made_by=version("deskpulse"),
    )


async def in_force(client: Client) -> str | None:
    """Return the name of the generation in force, None where none is yet."""
    name = await client.get(keys.GENERATION)
    return None if name is None else name.decode()


async def claim(client: Client, generation: Generation, *, now_ms: int) -> str:
    """Put *generation* in force if none is; return the name of the one that is then. Of several, the first wins."""
    name = await in_force(client)
    if name is None:
        await describe(client, generation)
        if await client.set(keys.GENERATION, generation.name, nx=True):
            await client.hset(keys.about(generation.name), "since", now_ms)
        name = await in_force(client)
    return name or generation.name


async def describe(client: Client, generation: Generation) -> None:
    """Write down what *generation* is, where that is not known yet."""
    about = keys.about(generation.name)
    said = {
        "definitions": generation.text,
        "retention_ms": generation.retention_ms,
        "zone": generation.zone,
        "form": generation.form,
        "made_by": generation.made_by,
    }
    if not await client.exists(about):
        await client.hset(about, mapping=said)
    await client.sadd(keys.GENERATIONS, generation.name)


async def look(client: Client, name: str) -> Generation | None:
    """Return what is known of the generation *name*; None of those that versions before this one made."""
    said = await client.hgetall(keys.about(name))
    if b"form" not in said:
        return None
    return Generation(
        name=name,
        text=said[b"definitions"].decode(),
        retention_ms=int(said[b"retention_ms"]),
        zone=said[b"zone"].decode(),
        form=int(said[b"form"]),
        made_by=said[b"made_by"].decode(),
        since_ms=int(said[b"since"]) if b"since" in said else None,
    )


async def known(client: Client) -> list[str]:
    """Return the names of all generations there are, the one in force first."""
    name = await in_force(client)
    others = {each.decode() for each in await client.smembers(keys.GENERATIONS)} - {name}
    return [*([] if name is None else [name]), *sorted(others)]


async def switch(client: Client, *, before: str, after: str, now_ms: int) -> bool:
    """Put the generation *after* in force in place of *before*, by one write; False if that one is not in force."""
    if not await client.eval(_SWITCH, 1, keys.GENERATION, before, after):
        return False
    # It is in force by now, whether or not a full Redis can note since when.
    with suppress(errors.OutOfMemoryError):
        await client.hset(keys.about(after), "since", now_ms)
    return True


async def drop(client: Client, name: str) -> int:
    """Delete everything of the generation *name*, what it is last; return how many keys."""
    about = keys.about(name)
    gone = 0
    batch: list[bytes] = []
    async for key in client.scan_iter(match=f"dp:{name}:*", count=1_000):
        if key != about.encode():
            batch.append(key)
        if len(batch) >= 1_000:  # noqa: PLR2004 - as many as one look brings
            gone += await client.unlink(*batch)
            batch.clear()
    if batch:
        gone += await client.unlink(*batch)
    gone += await client.unlink(about)
    await client.srem(keys.GENERATIONS, name)
    return int(gone)
