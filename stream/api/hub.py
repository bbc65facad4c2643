"""The hub: each change is worked out once for everybody, written once for each selection, and handed to who follows it.

All of it lives on the loop of the server; what takes long is done on a thread beside it. `tell` alone may be called on
any thread. Who does not read is dropped, so that memory is bounded and nobody else waits.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from typing import TYPE_CHECKING, Final
from zlib import crc32

import orjson
import structlog

from stream.api.differing import Change, Ring, Version, following, together
from stream.api.indexed import Index
from stream.api.instants import stamp, stamp_or_none
from stream.api.numbers import as_value, labels_of, trouble_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregators.board import Row
    from stream.api.indexed import Indexes
    from stream.api.selecting import Chosen
    from stream.snapshot import Snapshot

log = structlog.get_logger(__name__)

WAITING_EVENTS: Final = 30
"""So many events may wait for a client: with more it is dropped."""
FORGET_AFTER: Final = 120
"""So many snapshots without anybody who follows, and what changed is not worked out any more."""


Who = tuple[str, str] | None
"""Whose a stream is; None where nobody says who they are."""


class Client:
    """One who follows: the events that wait for them; None is the end. `drop` cuts the connection."""

    def __init__(self, feed: Feed, *, at: int, cut: Callable[[], None] | None, who: Who = None) -> None:
        self.feed = feed
        self.who = who
        self.at = at
        self.events: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_EVENTS)
        self._cut = cut

    def give(self, event: bytes) -> bool:
        """Let *event* wait for them; False if too many do already."""
        if self.events.full():
            return False
        self.events.put_nowait(event)
        return True

    def end(self) -> None:
        """Let nothing come after what they are reading."""
        while not self.events.empty():
            self.events.get_nowait()
        self.events.put_nowait(None)

    def drop(self) -> None:
        """End it at once, though they do not even read the end."""
        self.end()
        if self._cut is not None:
            self._cut()


class Feed:
    """What those with one selection follow, written once for all of them."""

    def __init__(self, chosen: Chosen, *, epoch: str) -> None:
        self.chosen = chosen
        self.clients: set[Client] = set()
        # What is known by a version of one selection is not what is known by that of another.
        words = [each.metric.name(each.level) + str(each.part) for each in chosen.named]
        shape = (words, *(_sorted(each) for each in (chosen.places, chosen.narrowing)), sorted(chosen.windows))
        self._mark = f"{epoch}-{crc32(repr((shape, chosen.tenants and sorted(chosen.tenants))).encode()):08x}"
        self._whole: tuple[int, asyncio.Future[bytes]] | None = None

    def number_of(self, known: str) -> int | None:
        """Return the number of the version that an id names, None if it is none of these."""
        mark, _, number = known.rpartition("-")
        return int(number) if mark == self._mark and number.isascii() and number.isdigit() else None

    async def whole(self, version: Version, indexes: Indexes) -> bytes:
        """Return everything as an event."""
        if self._whole is None or self._whole[0] != version.number:
            writing = asyncio.ensure_future(asyncio.to_thread(self._write_whole, version, indexes))
            self._whole = (version.number, writing)
        return await asyncio.shield(self._whole[1])

    def changed(self, version: Version, change: Change | None = None) -> bytes:
        """Return as an event what changed with *version*, or *change* up to it."""
        if change is None:
            change = Change(self.chosen.rows(version.changed), self.chosen.rows(version.gone))
        said = {
            **self._standing(version.snapshot),
            "values": [as_value(row) for row in change.rows],
            "gone": [_gone(row) for row in change.gone],
        }
        return self._event("changed", version, said)

    def _standing(self, snapshot: Snapshot) -> dict[str, object]:
        return {
            "as_of": stamp_or_none(snapshot.as_of),
            "made_at": stamp(snapshot.made_at) if snapshot.made_at else None,
            "trouble": trouble_for(snapshot.trouble, sees_all=self.chosen.tenants is None),
            "generation": snapshot.generation,
        }

    def _write_whole(self, version: Version, indexes: Indexes) -> bytes:
        rows = self.chosen.rows(indexes.of(version.snapshot))
        said = {
            **self._standing(version.snapshot),
            "values": [as_value(row) for row in rows],
            "more": False,
            "left_out": [],
        }
        return self._event("whole", version, said)

    def _event(self, kind: str, version: Version, said: object) -> bytes:
        return b"event: %b\nid: %b\ndata: %b\n\n" % (
            kind.encode(),
            f"{self._mark}-{version.number}".encode(),
            orjson.dumps(said),
        )


class Hub:
    """Follows the snapshots for everybody. `latest` gives the newest one, `indexes` the rows of one by metric."""

    def __init__(self, latest: Callable[[], Snapshot], indexes: Indexes) -> None:
        self._latest, self._indexes = latest, indexes
        self._epoch = secrets.token_hex(4)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._feeds: dict[Chosen, Feed] = {}
        self._current: Version | None = None
        self._ring = Ring()
        self._news = asyncio.Event()
        self._unheard = 0
        self._ended = False
        self._following: asyncio.Task[None] | None = None

    @property
    def clients(self) -> int:
        """How many follow."""
        return sum(len(feed.clients) for feed in self._feeds.values())

    def tell(self) -> None:
        """Say, on any thread, that there is a new snapshot."""
        self._on_loop(self._news.set)

    def close(self) -> None:
        """Say, on any thread, that the server ends: so do those who follow, and come back to the next one."""
        self._on_loop(self._close)

    def followed_by(self, who: Who) -> Counter[Chosen]:
        """Return what *who* follows, and by how many streams each."""
        return Counter(
            client.feed.chosen for feed in self._feeds.values() for client in feed.clients if client.who == who
        )

    async def join(
        self, chosen: Chosen, *, known: str | None, cut: Callable[[], None] | None, who: Who = None
    ) -> tuple[Client, bytes]:
        """Let somebody follow who has *known* last, an id; return them and their first event."""
        self._start()
        if self._current is None:
            self._current = Version(self._number + 1, self._latest(), Index(()), Index(()))
            self._number = self._current.number
        version = self._current
        feed = self._feeds.get(chosen)
        if feed is None:
            feed = self._feeds[chosen] = Feed(chosen, epoch=self._epoch)
        client = Client(feed, at=version.number, cut=cut, who=who)
        if self._ended:
            client.end()
        feed.clients.add(client)
        try:
            number = None if known is None else feed.number_of(known)
            missed = [] if number == version.number else None if number is None else self._ring.since(number)
            if missed is None:
                return client, await feed.whole(version, self._indexes)
            return client, await asyncio.to_thread(lambda: feed.changed(version, together(missed, chosen)))
        except BaseException:
            self.leave(client)
            raise

    def leave(self, client: Client) -> None:
        """Let somebody follow no longer."""
        feed = client.feed
        feed.clients.discard(client)
        if not feed.clients and self._feeds.get(feed.chosen) is feed:
            del self._feeds[feed.chosen]

    _number = 0

    def _on_loop(self, call: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(call)
            except RuntimeError:  # it has ended, and with it everybody who followed
                log.debug("changes_told_to_nobody")

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._news = loop, asyncio.Event()
            self._feeds.clear()
            self._forget()
            self._following = loop.create_task(self._follow())

    def _close(self) -> None:
        self._ended = True
        self._end_all()

    def _end_all(self) -> None:
        for feed in self._feeds.values():
            for client in feed.clients:
                client.end()

    def _forget(self) -> None:
        self._current = None
        self._ring.clear()

    async def _follow(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._step()
            except Exception:
                # They come back, and get everything anew.
                log.exception("changes_failed")
                self._forget()
                self._end_all()

    async def _step(self) -> None:
        before, snapshot = self._current, self._latest()
        self._unheard = 0 if self._feeds else self._unheard + 1
        if self._unheard > FORGET_AFTER:
            self._forget()
        if self._current is None or before is None or snapshot is before.snapshot:
            return
        version = await asyncio.to_thread(following, before, snapshot)
        self._current, self._number = version, version.number
        self._ring.add(version)
        feeds = list(self._feeds.values())
        events = await asyncio.to_thread(lambda: [feed.changed(version) for feed in feeds])
        for feed, event in zip(feeds, events, strict=True):
            for client in list(feed.clients):
                # Who has joined meanwhile has it already.
                if client.at < version.number and not client.give(event):
                    log.info("follower_dropped", why="does not read", events=WAITING_EVENTS)
                    self.leave(client)
                    client.drop()


def _gone(row: Row) -> dict[str, object]:
    return {"metric": row.name, "labels": labels_of(row), "window": row.window}


def _sorted(asked: tuple[tuple[str, frozenset[str]], ...]) -> list[tuple[str, list[str]]]:
    return [(name, sorted(values)) for name, values in asked]
