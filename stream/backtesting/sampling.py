"""History as a Prometheus would have scraped it: what the rules select, at every instant, as blocks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aggregators.pipeline_metrics import AS_OF, COVERED, READY, SNAPSHOT_TIME
from stream.backtesting.prometheus import BLOCK_MS, make_blocks
from stream.backtesting.selectors import TARGET_LABELS, selected
from stream.offline import Offline
from stream.printing import metrics_named, names
from stream.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from aggregators.board import Board, Row
    from aggregators.engine import Incoming
    from stream.backtesting.prometheus import Tools
    from stream.backtesting.selectors import Selector
    from stream.settings import Settings

_UP = "up"


class Sampler:
    """Computes what *wanted* selects; `seen` counts the samples of each name."""

    def __init__(self, settings: Settings, wanted: Sequence[Selector]) -> None:
        self.seen: Counter[str] = Counter()
        self._wanted = wanted
        asked = tuple(sorted({each.name for each in wanted} & set(names())))
        anything = any(not each.name for each in wanted)
        nothing = not asked and not anything
        shown = {} if nothing else metrics_named(() if anything else asked)
        windows = _windows(wanted, settings.windows)
        self._windows = windows
        self._offline = Offline(settings.model_copy(update={"windows": windows}), metrics=shown)
        self._prefixes: dict[tuple[object, ...], tuple[str, str] | None] = {}
        self._position = 0

    def write(
        self, records: Sequence[Incoming], instants: Sequence[int], *, tools: Tools, folder: Path, data: Path
    ) -> None:
        """Make blocks below *data* with the samples of *instants*, each of all *records* before it."""
        text = folder / "history.om"
        with progress("computing", len(instants)) as step:
            for some in _by_block(instants):
                with text.open("w", encoding="utf-8") as file:
                    for now in some:
                        file.writelines(self._lines(records, now))
                        step(1)
                    file.write("# EOF\n")
                if self.seen:
                    make_blocks(tools, text, data)
                text.unlink()

    def _lines(self, records: Sequence[Incoming], now: int) -> Iterator[str]:
        upto = self._position
        while upto < len(records) and records[upto].timestamp < now:
            upto += 1
        self._offline.apply(records[self._position : upto])
        self._position = upto
        board = self._offline.board
        board.move(now)
        at = f" {now // 1000}.{now % 1000:03d}\n"
        seen = self.seen
        for row in board.rows():
            key = row[:4]
            if key not in self._prefixes:
                self._prefixes[key] = self._prefix(row)
            prefix = self._prefixes[key]
            if prefix is not None:
                seen[prefix[0]] += 1
                yield f"{prefix[1]}{row.value!r}{at}"
        for name, labels, value in _of_the_scrape(board, self._windows, now):
            if selected(name, labels, self._wanted):
                seen[name] += 1
                yield f"{_series(name, labels.items())}{value!r}{at}"

    def _prefix(self, row: Row) -> tuple[str, str] | None:
        name = row.name
        return (name, _series(name, row.pairs)) if selected(name, dict(row.pairs), self._wanted) else None


def _windows(wanted: Iterable[Selector], counted: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the windows *counted* that are asked for; all of them if a selector does not pin one."""
    pinned = {each.equal.get("window") for each in wanted if not each.name or "rolling" in each.name}
    found = tuple(each for each in counted if None in pinned or each in pinned)
    return found or counted[:1]


def _of_the_scrape(board: Board, windows: Iterable[str], now: int) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield what a scrape says of itself where nothing is late: it is of now, and ready."""
    yield _UP, {}, 1
    yield READY.name, {}, 1
    yield AS_OF.name, {}, now / 1000
    yield SNAPSHOT_TIME.name, {}, now / 1000
    for window in windows:
        yield COVERED.name, {"window": window}, board.covered_s(window)


def _series(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    text = ",".join(f'{label}="{_escaped(value)}"' for label, value in (*TARGET_LABELS.items(), *pairs))
    return f"{name}{{{text}}} "


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _by_block(instants: Sequence[int]) -> Iterator[list[int]]:
    some: list[int] = []
    for now in instants:
        if some and now // BLOCK_MS != some[0] // BLOCK_MS:
            yield some
            some = []
        some.append(now)
    if some:
        yield some
