"""Boards: what the wallboard shows and when it turns, as the file of DESKPULSE_BOARDS lays it out, or as it is without.

Every key is optional, unknown ones are refused. `docs/wallboard.md` is the page for whoever writes the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from stream import definitions_values as values
from stream import toml_file
from stream.settings import KNOWN_WINDOWS
from stream.toml_table import Table, Wrong
from stream.wallboard.headlines import NAMES, Better, Headline, headlines, of_metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregators.definitions import Definitions
    from stream.toml_lines import KeyPath

T = TypeVar("T")
Panel = Literal["queues", "waiting", "trust"]
PANELS: Final[tuple[Panel, ...]] = ("queues", "waiting", "trust")
MOST_TILES: Final = 24
NONE: Final[tuple[str, ...]] = ()
SILENT_AFTER_MS: Final = 90_000
"""Three heartbeats of a connector that sends one each half minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What numbers are of; None is any: the tenant that the screen shows, all channels, all queues."""

    tenant: str | None = None
    channel: str | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A tile; what is None in it is as its board says."""

    name: str
    headline: Headline
    title: str | None = None
    window: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One screen full. `sources` None: it stands on every source, and knows nothing when one of them is silent."""

    name: str
    title: str | None = None
    place: Place = field(default_factory=Place)
    window: str = "1h"
    tiles: tuple[Tile, ...] = ()
    panels: tuple[Panel, ...] = PANELS
    sources: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Boards:
    """Every board. `rotate_ms` None: none gives way to the next by itself."""

    boards: tuple[Board, ...]
    rotate_ms: int | None = None
    silent_after_ms: int = SILENT_AFTER_MS
    silent_after_of_ms: dict[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def usual(defined: Definitions | None = None) -> Boards:
    """Return the one board there is without a file: every headline, over the last hour."""
    tiles = tuple(Tile(name=name, headline=headline) for name, headline in headlines(defined).items())
    return Boards(boards=(Board(name="board", tiles=tiles),))


def read_boards(file: str, defined: Definitions | None = None) -> Boards:
    """Return the boards of *file*; SettingsError, one line `DESKPULSE_BOARDS: <file>:<line>: <key>: what is wrong`."""
    return toml_file.read(file, "boards", partial(boards_from, defined=defined))[1]


def boards_from(text: str, defined: Definitions | None = None) -> Boards:
    """Return the boards of the TOML *text*; ValueError with `<line>: <key>: what is wrong`."""
    return toml_file.made_of(text, partial(_boards, defined=defined))


def _boards(top: Table, *, defined: Definitions | None) -> Boards:
    rotate_ms = top.optional("rotate", _rotation, None)
    sources = top.table("sources")
    silent_after_ms = sources.optional("silent_after", values.duration, SILENT_AFTER_MS)
    ignored = sources.optional("ignored", values.names, NONE)
    each = sources.table("each").each(values.duration)
    sources.done()
    known = headlines(defined)
    boards: list[Board] = []
    for table in top.tables("boards"):
        board = _board(table, known)
        if any(board.name == other.name for other in boards):
            raise Wrong((*table.path, "name"), f"{board.name!r} is a board above already")
        boards.append(board)
    top.done()
    return Boards(
        boards=tuple(boards) or usual(defined).boards,
        rotate_ms=rotate_ms,
        silent_after_ms=silent_after_ms,
        silent_after_of_ms=each,
        ignored=ignored,
    )


def _board(table: Table, known: dict[str, Headline]) -> Board:
    tiles = table.optional("tiles", _array, [*known])
    where = (*table.path, "tiles")
    if len(tiles) > MOST_TILES:
        raise Wrong(where, f"are {len(tiles)}: a screen holds {MOST_TILES} at most")
    found = Board(
        name=table.take("name", values.name),
        title=table.optional("title", values.name, None),
        place=_place(table),
        window=table.optional("window", _window, "1h"),
        tiles=tuple(_tile(each, (*where, index), known) for index, each in enumerate(tiles)),
        panels=table.optional("panels", _panels, PANELS),
        sources=table.optional("sources", values.names, None),
    )
    table.done()
    names = [tile.name for tile in found.tiles]
    # Two of one kind are told apart by their place on the board.
    tiles_named = tuple(
        replace(tile, name=f"{tile.name}-{names[:place].count(tile.name) + 1}") if tile.name in names[:place] else tile
        for place, tile in enumerate(found.tiles)
    )
    return replace(found, tiles=tiles_named)


def _tile(content: object, path: KeyPath, known: dict[str, Headline]) -> Tile:
    table = Table({"shows": content} if isinstance(content, str) else content, path)
    name = table.take("shows", values.name)
    shows = known.get(name) or of_metric(name)
    if shows is None:
        wrong = path if isinstance(content, str) else (*path, "shows")
        raise Wrong(wrong, f"{name!r} is no headline and no metric of one number (try {', '.join(NAMES)})")
    target = table.optional("target", _number, shows.target)
    limit = table.optional("limit", _number, shows.limit if not table.has("target") else target)
    better = table.optional("better", _better, shows.better)
    if target is not None and limit is not None and (limit < target if better == "down" else limit > target):
        raise Wrong((*path, "limit"), f"is on the good side of the target ({limit:g} and {target:g})")
    has_place = any(table.has(key) for key in ("tenant", "channel", "queue"))
    found = Tile(
        name=name,
        # Whoever names a target means the number that is shown.
        headline=replace(
            shows, target=target, limit=limit, better=better, judged_by=None if table.has("target") else shows.judged_by
        ),
        title=table.optional("title", values.name, None),
        window=table.optional("window", _window, None),
        place=_place(table) if has_place else None,
    )
    table.done()
    return found


def _place(table: Table) -> Place:
    tenant, channel, queue = (table.optional(key, values.name, None) for key in ("tenant", "channel", "queue"))
    if queue is not None and channel is None:
        raise Wrong((*table.path, "queue"), "needs the channel it is of")
    return Place(tenant=tenant, channel=channel, queue=queue)


def _array(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        message = f'{values.shown(value)} is not a list (try ["waiting", "oldest_wait"])'
        raise ValueError(message)
    return value


def _panels(value: object) -> tuple[Panel, ...]:
    given = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(_one_of(PANELS)(each) for each in given))


def _rotation(value: object) -> int:
    found = values.duration(value)
    if found < 1000 * 5:
        message = f"{value!r} is too quick to be read (try 30s)"
        raise ValueError(message)
    return found


def _number(value: object) -> float:
    return float(values.number(value))


def _one_of(choices: tuple[T, ...]) -> Callable[[object], T]:
    def chosen(value: object) -> T:
        for choice in choices:
            if choice == value:
                return choice
        message = f"{values.shown(value)} is not one of {', '.join(map(str, choices))}"
        raise ValueError(message)

    return chosen


_window = _one_of(KNOWN_WINDOWS)
_UP_OR_DOWN: Final[tuple[Better, ...]] = ("up", "down")
_better = _one_of(_UP_OR_DOWN)
