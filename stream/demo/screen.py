"""The demo's picture: a header, the queues, the windows, as large as the terminal allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from aggregators.windows import WINDOWS, midnight
from stream.demo.mood import Mood, mood

if TYPE_CHECKING:
    from rich.console import RenderableType

    from stream.demo.figures import Figures, Scrape

WINDOW = "1h"
NONE = "–"
WIDE = 104
_LEAST = (0, 0, 86, 92, 0, 0, 0)
"""The width of terminal from which each rolling figure is shown."""
STYLE: dict[Mood, str] = {"fine": "", "busy": "yellow", "wrong": "bold red"}
WORD: dict[Mood, str] = {"fine": "", "busy": "busy", "wrong": "WRONG"}
_LENGTH_S = {"5m": 300, "30m": 1_800, "1h": HOUR_MS / 1000, "7d": 7 * DAY_MS / 1000}
_HEADER_LINES, _TABLE_LINES, _WINDOWS_LINES = 4, 5, 5


class Line(NamedTuple):
    """One row of the table of queues."""

    tenant: str
    queue: str
    channel: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is known at the moment the picture is painted. `rate` is records per second, None if not known yet."""

    scrape: Scrape
    now_ms: int
    rate: float | None
    address: str
    trouble: str | None = None


def lines_of(scrape: Scrape) -> list[Line]:
    """Return a row for each queue that people wait in, and for each channel in which nobody stands in a queue."""
    lines = []
    waited_for = set()
    for group in scrape.groups("queue"):
        figures = scrape.figures("queue", group, window=WINDOW)
        if figures.queued or figures.waiting:
            tenant, channel, queue = group
            lines.append(Line(tenant, queue, channel, figures))
            waited_for.add((tenant, channel))
    lines.sort(key=lambda line: (line.tenant, line.queue, line.channel))
    for tenant, channel in sorted(set(scrape.groups("channel")) - waited_for):
        figures = scrape.figures("channel", (tenant, channel), window=WINDOW)
        if figures.first_responses:
            lines.append(Line(tenant, "all", channel, figures))
    return lines


def paint(view: View, *, width: int, height: int | None) -> RenderableType:
    """Return the picture; with a *height*, what does not fit is left out and said so."""
    lines = lines_of(view.scrape)
    tenants = sorted({line.tenant for line in lines})
    parts: list[RenderableType] = [_header(view, lines)]
    room = 10_000 if height is None else height - _HEADER_LINES - _TABLE_LINES - len(tenants)
    windows = room >= min(len(lines), 8) + _WINDOWS_LINES + len(WINDOWS)
    if windows:
        room -= _WINDOWS_LINES + len(WINDOWS)
    kept = _fitting(lines, room)
    parts.append(_queues(view, kept, tenants=tenants, width=width, left_out=len(lines) - len(kept)))
    if windows and tenants:
        parts += [Text(), _windows(view, tenants, width=width)]
    return Group(*parts)


def _fitting(lines: list[Line], room: int) -> list[Line]:
    """Keep those that matter most, in their places; one row says how many are left out."""
    if len(lines) <= room:
        return lines
    weight = sorted(lines, key=lambda line: (-(line.figures.past_target or 0), -(line.figures.queued or 0)))
    kept = weight[: max(1, room - 1)]
    return [line for line in lines if line in kept]


def _header(view: View, lines: list[Line]) -> Text:
    as_of_s = view.scrape.as_of_s
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(" Deskpulse ", "bold reverse")
    text.append(" demo  ", "bold")
    if as_of_s is not None:
        old_s = max(0.0, view.now_ms / 1000 - as_of_s)
        text.append(f"as of {datetime.fromtimestamp(as_of_s, UTC):%H:%M:%S} UTC")
        text.append(f" · {old_s:.1f} s old", "" if view.scrape.ready else "bold red")
    if view.rate is not None:
        text.append(f" · {view.rate:.0f} events/s · {view.scrape.accepted:,} so far")
    text.append("\n")
    text.append(f"{view.address}/", "bold cyan")
    text.append(": the wallboard; ", "dim")
    text.append("/metrics", "cyan")
    text.append(" and ", "dim")
    text.append("/ready", "cyan")
    text.append(": for Prometheus. Ctrl-C ends.", "dim")
    text.append("\n")
    text.append_text(_news(view, lines))
    text.append("\n")
    return text


def _news(view: View, lines: list[Line]) -> Text:
    if view.trouble:
        return Text(view.trouble, "bold red")
    several = len({line.tenant for line in lines}) > 1
    names = {line: f"{line.tenant}/" * several + f"{line.queue}/{line.channel}" for line in lines}
    wrong = [line for line in lines if mood(line.figures) == "wrong"]
    if not wrong:
        busy = [names[line] for line in lines if mood(line.figures) == "busy"]
        return Text(f"● busy: {', '.join(busy)}" if busy else "● all fine", "yellow" if busy else "green")
    return Text(
        "▲ "
        + " · ".join(
            f"{names[line]}: {count(line.figures.waiting)} waiting, "
            f"{count(line.figures.past_target)} past the target, the oldest {clock(line.figures.oldest_s)}"
            for line in wrong[:2]
        )
        + (f" · and {len(wrong) - 2} more" if len(wrong) > 2 else ""),  # noqa: PLR2004 - as above
        "bold red",
    )


def _queues(view: View, lines: list[Line], *, tenants: list[str], width: int, left_out: int) -> Table:
    many = len(tenants) > 1
    names = ["tenant", "queue", "channel"] if many else ["queue", "channel"]
    table = _table("now, and over the last hour", names, width=width)
    heads = ["waiting", "oldest", "past\ntarget", *_rolling_heads(width)]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("", min_width=len(WORD["wrong"]), no_wrap=True)

    def add(names: list[str], figures: Figures, style: str, word: str) -> None:
        now = [count(figures.waiting), clock(figures.oldest_s), count(figures.past_target)]
        table.add_row(*names, *now, *_rolling(figures, width), word, style=style)

    before = None
    for line in lines:
        found = mood(line.figures)
        queue = line.queue if before is None or (before.tenant, before.queue) != (line.tenant, line.queue) else ""
        tenant = line.tenant if before is None or before.tenant != line.tenant else ""
        add([*([tenant] if many else []), queue, line.channel], line.figures, STYLE[found], WORD[found])
        before = line
    if left_out:
        table.add_row(*([""] if many else []), f"+ {left_out}", "quieter", style="dim")
    if table.rows:
        table.rows[-1].end_section = True
    for tenant in tenants:
        figures = view.scrape.figures("tenant", (tenant,), window=WINDOW)
        add([*([tenant] if many else []), "all", "all"], figures, "bold", "")
    return table


def _windows(view: View, tenants: list[str], *, width: int) -> Table:
    tenant = tenants[0]
    title = "all queues, by window" if len(tenants) == 1 else f"all queues of {tenant}, by window"
    table = _table(title, ["window"], width=width)
    for head in ("queued", "answered", *_rolling_heads(width)):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("", style="dim", no_wrap=True)
    covered_s = view.scrape.covered_s
    for window in WINDOWS:
        figures = view.scrape.figures("tenant", (tenant,), window=window)
        young = age(window, covered_s.get(window), as_of_s=view.scrape.as_of_s)
        table.add_row(window, count(figures.queued), count(figures.answered), *_rolling(figures, width), young)
    return table


def _table(title: str, names: list[str], *, width: int) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold cyan",
        header_style="dim",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1 if width >= WIDE else 0, 0, 0),
    )
    for name in names:
        table.add_column(name, no_wrap=True)
    return table


def _rolling_heads(width: int) -> list[str]:
    heads = ["service\nlevel", "aban-\ndoned", "ASA", "wait\np90", "1st reply\nmedian", "satis-\nfied", "n"]
    return [head for head, least in zip(heads, _LEAST, strict=True) if width >= least]


def _rolling(figures: Figures, width: int) -> list[str]:
    cells = [
        percent(figures.service_level),
        percent(figures.abandonment),
        clock(figures.asa_s),
        clock(figures.wait_p90_s),
        clock(figures.first_response_p50_s),
        percent(figures.satisfied),
        count(figures.responses),
    ]
    return [cell for cell, least in zip(cells, _LEAST, strict=True) if width >= least]


def age(window: str, covered_s: float | None, *, as_of_s: float | None) -> str:
    """Return how much of a young window there is, "1 h 2 min so far", and nothing for one that is whole."""
    if covered_s is None or as_of_s is None:
        return ""
    length_s = _LENGTH_S.get(window, as_of_s - midnight(int(as_of_s * 1000), UTC) / 1000)
    if covered_s >= length_s - 1:
        return ""
    hours, minutes = divmod(int(covered_s * 1000) // MINUTE_MS, 60)
    return (f"{hours} h {minutes} min" if hours else f"{minutes} min") + " so far"


def count(value: float | None) -> str:
    """Return a whole number, or a dash for one that is unknown."""
    return NONE if value is None else f"{value:,.0f}"


def percent(ratio: float | None) -> str:
    """Return a ratio as percent."""
    return NONE if ratio is None else f"{ratio * 100:.0f} %"


def clock(seconds: float | None) -> str:
    """Return seconds as people say them: 8 s, 4:07, 1:02:33."""
    if seconds is None:
        return NONE
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"
