"""What facts no longer tell: panes, and totals that would be less, as the tables of another generation have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from aggregators.panes import ALL_TIME, Pane, is_kept
from stream import codec, keys
from stream.tables import script_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.samples import Labels
    from stream.chunks import Partition
    from stream.patience import Client

log = structlog.get_logger(__name__)


class Panes:
    """Takes over panes of generation *before* into *ours*. Where that was done before it changes nothing."""

    def __init__(self, client: Client, *, before: str, ours: str) -> None:
        self._redis = client
        self._before, self._ours = before, ours
        self._carry = client.register_script(script_text("carry"))

    async def take(self, partition: Partition, *, before: int, of: Partition | None = None) -> None:
        """Take over panes of *partition* that begin before an instant (epoch ms), and what all of them come to.

        They come from the partition *of*, where it has another name there. A partition in which nothing was counted
        yet takes nothing.
        """
        source = of or partition
        theirs, ours = keys.prefix(self._before, source), keys.prefix(self._ours, partition)
        if not await self._redis.hexists(ours + "m", "offset"):
            return
        numbers = {labels: lid for lid, labels in (await self._labels(ours)).items()}
        to = {lid: numbers[labels] for lid, labels in (await self._labels(theirs)).items() if labels in numbers}
        watermark, taken = int(await self._redis.hget(ours + "m", "watermark") or 0), 0
        for name in [name.decode() for name in await self._redis.zrange(theirs + "z", 0, -1)]:
            if not name.startswith("c:"):
                continue
            width, start = map(int, name[2:].split(":"))
            pane = Pane(width, start)
            if pane == ALL_TIME or (start < before and is_kept(pane, watermark)):
                message = codec.pack_message(await self._cells(theirs, name[2:], to))
                taken += await self._carry(keys=[ours + "m"], args=[ours, name[2:], int(pane != ALL_TIME), message])
        await self._take_counts(ours, theirs)
        log.info("panes_carried", **partition._asdict(), cells=taken, before_ms=before)

    async def _cells(self, base: str, pane: str, to: Mapping[int, int]) -> list[int | list[bytes]]:
        """Return [our number of a label set, [measure, number, …], …] of a pane of theirs."""
        pipe = self._redis.pipeline(transaction=False)
        lids = [lid for lid in map(int, await self._redis.hkeys(f"{base}p:{pane}")) if lid in to]
        for lid in lids:
            pipe.hgetall(f"{base}c:{pane}:{lid}")
        found: list[int | list[bytes]] = []
        for lid, cells in zip(lids, await pipe.execute(), strict=True):
            found += [to[lid], [part for cell in cells.items() for part in cell]]
        return found

    async def _labels(self, base: str) -> dict[int, Labels]:
        rows = await self._redis.hgetall(base + "l")
        return {int(lid): codec.unpack_labels(blob)[0] for lid, blob in rows.items()}

    async def _take_counts(self, ours: str, theirs: str) -> None:
        """Let no counter of the processor fall."""
        have = await self._redis.hgetall(ours + "n")
        for name, number in (await self._redis.hgetall(theirs + "n")).items():
            missing = int(number) - int(have.get(name, 0))
            if missing > 0:
                await self._redis.hincrby(ours + "n", name, missing)
