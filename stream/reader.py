"""The read side of one partition: what changed since the last look, brought onto the board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from aggregators.panes import HOUR, Pane, bucket_of, is_kept
from stream import codec, keys
from stream.chunks import START, Partition
from stream.tables import is_passed, script_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.delta import Entry
    from aggregators.samples import Labels
    from stream.patience import Client

NAMES_A_CALL = 500
SIZE_A_CALL = 40_000
"""Fields and values that a call reads before it leaves the rest to the next: Redis does nothing else meanwhile."""
_UNSEEN = -2


class Shown(Protocol):
    """What the tables are shown to: a board, or what keeps it for one."""

    def add(self, pane: Pane, labels: Labels, amounts: Mapping[int, int], /) -> None:
        """Add a difference to the cells of a pane."""

    def set_hour(
        self, partition: object, start: int, labels: Labels, *, filled: bool, amounts: Mapping[int, int]
    ) -> None:
        """Say whether an hour holds anything, and what it counts of some measures."""

    def set_intervals(self, partition: object, bucket: int, entries: Mapping[Entry, int], /) -> None:
        """Replace a bucket of intervals."""

    def set_due(self, partition: object, bucket: int, entries: Mapping[Entry, int], /) -> None:
        """Replace a bucket of timers."""

    def see_labels(self, first: Mapping[Labels, int], /) -> None:
        """Take in label sets and their first instants."""


class Cut(NamedTuple):
    """What one look tells of the tables. `since` is "offset:nonce" of when their owner began to count on them.

    A chunk cut otherwise gives label sets other numbers. Whoever counts again what was counted once has begun anew.
    """

    offset: int = START
    born: bytes | None = None
    since: bytes | None = None

    def leads_to(self, later: Cut) -> bool:
        """Tell whether *later* is of these tables counted on: neither made anew nor gone back meanwhile."""
        if later.offset < self.offset or (self.born is not None and later.born != self.born):
            return False
        if later.since == self.since:
            return True
        return later.since is not None and int(later.since.partition(b":")[0]) >= self.offset


class PartitionReader:
    """What is known of one partition. `offset` and `watermark` are those of the cut last read."""

    def __init__(
        self, client: Client, generation: str, partition: Partition, *, of_hours: tuple[int, ...] = ()
    ) -> None:
        """Read *partition*; of the hours the measures *of_hours*, beside whether they hold anything."""
        self._of_hours = of_hours
        self._script = client.register_script(script_text("read"))
        self._generation = generation
        self.partition = partition
        self._seen = _UNSEEN
        self._cut = Cut()
        self._cells: dict[Pane, dict[int, dict[int, int]]] = {}
        self._forgot: int | None = None
        self._labels: dict[int, Labels] = {}
        self._buckets: dict[str, dict[tuple[bytes, bytes], dict[Entry, int]]] = {}
        self.watermark: int | None = None
        self.committed_at: int | None = None
        self.carried_before: int | None = None
        self.sources: dict[str, int] = {}
        self.counts: dict[str, int] = {}
        self.told: dict[Partition, int] = {}

    @property
    def offset(self) -> int:
        """The offset of the cut last read, START before there is one."""
        return self._cut.offset

    async def read(self) -> list[Any] | None:
        """Return everything that changed, as pages of the script, or None if the tables are not what was read before.

        In that case (wiped, rolled back) the whole picture has to be read anew by a fresh reader.
        """
        base = keys.prefix(self._generation, self.partition)
        pages: list[Any] = []
        reached, cut = self._seen, self._cut
        names, size = NAMES_A_CALL, SIZE_A_CALL
        left: list[bytes] = []
        chases = False
        while True:
            chases = chases or (bool(pages) and not left and reached >= cut_of(pairs(pages[0][0])).offset)
            if chases:
                # What was committed since the first page, and goes on being: only ever larger pages come to its end.
                names, size = 2 * names, 2 * size
            args = [base, self._seen, names, HOUR.ms, "cidl", reached, size, codec.pack_message(left[:names])]
            args.append(codec.pack_message([*map(str, self._of_hours)]))
            page = codec.unpack_raw(await self._script(keys=[base + "m"], args=args))
            pages.append(page)
            before, cut = cut, cut_of(pairs(page[0]))
            if not before.leads_to(cut):
                return None
            reached, left = page[5], [*page[6], *left[names:]]
            if not page[4] and not left:
                return pages

    def show(self, pages: list[Any], board: Shown) -> None:
        """Bring what *pages* say onto *board*. What is read and not shown will be read again.

        KeyError: they name label sets nobody has seen. The board is of no use any more, nor is this reader.
        """
        last = pages[-1]
        meta = pairs(last[0])
        self._seen, self._cut = last[5], cut_of(meta)
        self.watermark = int(meta[b"watermark"]) if b"watermark" in meta else None
        self.committed_at = int(meta[b"committed"]) if b"committed" in meta else None
        self.carried_before = int(meta[b"carried"]) if b"carried" in meta else None
        self.sources = {source.decode(): int(at) for source, at in pairs(last[2]).items()}
        self.counts = {name.decode(): int(number) for name, number in pairs(last[3]).items()}
        self.told = keys.told(meta)
        names: dict[bytes, Any] = {}
        for page in pages:
            for name, content in page[1]:
                if name.startswith(b"c:"):
                    names.setdefault(name, {}).update(pairs(content))
                else:
                    names[name] = content
        if b"l" in names:
            self._see_labels(pairs(names.pop(b"l")), board)
        for name, content in names.items():
            letter, _, rest = name.decode().partition(":")
            if letter == "c":
                width, start = rest.split(":")
                self._show_pane(Pane(int(width), int(start)), content, board)
            else:
                self._show_bucket(name.decode(), pairs(content), board)
        # A clean-up takes the names away as well, and with them the news that the last entry went.
        for bucket in [each for each in self._buckets if is_passed(each, self.watermark or 0)]:
            self._show_bucket(bucket, {}, board)

    def forget(self, *, as_of: int) -> None:
        """Drop what is remembered of panes that are gone from the tables at *as_of*, and a little longer."""
        if bucket_of(as_of) == self._forgot:
            return
        self._forgot = bucket_of(as_of)
        for pane in [each for each in self._cells if not is_kept(each, as_of - HOUR.ms)]:
            del self._cells[pane]

    def _see_labels(self, rows: Mapping[bytes, bytes], board: Shown) -> None:
        first: dict[Labels, int] = {}
        for lid, blob in rows.items():
            labels, at = codec.unpack_labels(blob)
            self._labels[int(lid)] = labels
            first[labels] = at
        board.see_labels(first)

    def _show_bucket(self, name: str, content: Mapping[bytes, bytes], board: Shown) -> None:
        letter, _, number = name.partition(":")
        unpack, put = {
            "i": (codec.unpack_intervals, board.set_intervals),
            "d": (codec.unpack_samples, board.set_due),
        }[letter]
        # A bucket with one entry more comes whole: those known from the last time need not be unpacked again.
        known = self._buckets.pop(name, {})
        held = {each: known.get(each) or unpack(*each, self._labels) for each in content.items()}
        entries: dict[Entry, int] = {}
        for some in held.values():
            for entry, number_of in some.items():
                entries[entry] = entries.get(entry, 0) + number_of
        put(self.partition, int(number), entries)
        if held:
            self._buckets[name] = held

    def _show_pane(self, pane: Pane, groups: Mapping[bytes, Any], board: Shown) -> None:
        if pane.width == HOUR.ms:
            for lid, (held, *numbers) in groups.items():
                amounts = {
                    measure: int(number) for measure, number in zip(self._of_hours, numbers, strict=True) if number
                }
                labels = self._labels[int(lid)]
                board.set_hour(self.partition, pane.start, labels, filled=bool(held), amounts=amounts)
            return
        shown = self._cells.setdefault(pane, {})
        for lid, content in groups.items():
            cells = {int(measure): int(number) for measure, number in pairs(content).items()}
            old = shown.get(int(lid), {})
            change = {
                measure: cells.get(measure, 0) - old.get(measure, 0)
                for measure in cells.keys() | old.keys()
                if cells.get(measure, 0) != old.get(measure, 0)
            }
            shown[int(lid)] = cells
            if change:
                board.add(pane, self._labels[int(lid)], change)


def cut_of(meta: Mapping[bytes, bytes]) -> Cut:
    """Return what the meta hash of a partition tells."""
    return Cut(int(meta.get(b"offset", START)), meta.get(b"born"), meta.get(b"since"))


def pairs(flat: list[Any] | dict[Any, Any]) -> dict[Any, Any]:
    """Return [key, value, key, value, …] as a dict. An empty table of Lua arrives as an empty map or list."""
    return dict(zip(flat[::2], flat[1::2], strict=True)) if isinstance(flat, list) else flat
