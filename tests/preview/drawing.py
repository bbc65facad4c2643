"""A dashboard as a page of HTML: every panel where its JSON puts it, with its unit, its colours and its words."""

from __future__ import annotations

import math
import re
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.preview.answers import Answers, Line

WIDTH = 1600
CELL_H, GAP = 30, 8
"""Grafana's: a cell of the grid is 30 px high, with 8 px between two."""
COLOURS = {"blue": "#5794f2", "orange": "#ff9830", "dark-red": "#e02f44", "text": "#d8d9da", None: "#d8d9da"}
"""Dark red is lighter than Grafana's here, as in its own dark theme."""
LINES = ("#5794f2", "#ff9830", "#b877d9", "#73bfb8", "#f2cc0c", "#c4c4c4")
LEFT = 66
MOST_LINES = 10
NOTE = "Preview: drawn by Deskpulse's own test page from the dashboard's JSON and the demo's numbers. Not Grafana."
STYLE = """
* { box-sizing: border-box; margin: 0 } body { background: #111217; color: #ccccdc;
font: 13px/1.35 "DejaVu Sans", Inter, sans-serif } header { padding: 12px 16px 4px; display: flex; gap: 16px;
align-items: baseline } h1 { font-size: 17px; font-weight: 500 } header span { background: #181b1f; padding: 3px 8px;
border: 1px solid #2c3235; border-radius: 2px } .note { padding: 2px 16px 8px; color: #ff9830 }
main { position: relative } section { position: absolute; background: #181b1f; border: 1px solid #24292e;
border-radius: 3px; overflow: hidden; padding: 6px 8px } h2 { font-size: 13px; font-weight: 500; white-space: nowrap;
overflow: hidden; text-overflow: ellipsis } .row { background: none; border: 0; padding: 4px 2px }
.row h2 { font-size: 14px } .big { height: calc(100% - 18px); display: flex; flex-direction: column;
align-items: center; justify-content: center; line-height: 1.15 } .big b { font-weight: 500; white-space: nowrap }
.none { color: #8e8e8e } table { border-collapse: collapse; width: 100%; margin-top: 4px } td, th { text-align: right;
padding: 3px 8px; border-bottom: 1px solid #24292e; font-weight: 400; white-space: nowrap } th { color: #6e9fff }
td.key, th.key { text-align: left } svg text { fill: #8e8e8e;
font-size: 11px; text-anchor: end } .legend { font-size: 12px; color: #9fa7b3; columns: 2; margin-top: 2px }
.legend i { display: inline-block; width: 12px; height: 3px; margin-right: 6px; vertical-align: middle }
"""


class Box(NamedTuple):
    """Where lines are drawn: px, from the instant `begin` to `end`, from 0 to `most`."""

    width: float
    height: float
    begin: float
    end: float
    most: float

    def x(self, at: float) -> float:
        """Return where *at* is."""
        return LEFT + (at - self.begin) / (self.end - self.begin) * self.width

    def y(self, value: float) -> float:
        """Return where *value* is."""
        return self.height - min(value / self.most, 1.0) * self.height + 4


def page(board: dict[str, Any], answers: Answers) -> str:
    """Return the page; its height is that of the last panel."""
    names = ("tenant", "channel", "queue", "window")
    values = {name: answers.chosen[name].replace(".+", "All") for name in names}
    chosen = "".join(f"<span>{name}: {escape(value)}</span>" for name, value in values.items())
    shown = [_panel(panel, answers) for panel in board["panels"]]
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    return (
        f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>"
        f"<header><h1>{escape(board['title'])}</h1>{chosen}</header><p class=note>{NOTE}</p>"
        f'<main style="height:{bottom * (CELL_H + GAP) + GAP}px">{"".join(shown)}</main>'
    )


def _panel(panel: dict[str, Any], answers: Answers) -> str:
    at = panel["gridPos"]
    column = (WIDTH - GAP) / 24
    style = (
        f"left:{at['x'] * column + GAP:.0f}px;top:{at['y'] * (CELL_H + GAP):.0f}px;"
        f"width:{at['w'] * column - GAP:.0f}px;height:{at['h'] * (CELL_H + GAP) - GAP:.0f}px"
    )
    title = escape(answers.text(panel["title"]))
    if panel["type"] == "row":
        return f'<section class=row style="{style}"><h2>{"▸" if panel["collapsed"] else "▾"} {title}</h2></section>'
    draw = {"stat": _stat, "table": _table, "timeseries": _graph}[panel["type"]]
    return f'<section style="{style}"><h2>{title}</h2>{draw(panel, answers)}</section>'


def _stat(panel: dict[str, Any], answers: Answers) -> str:
    defaults = panel["fieldConfig"]["defaults"]
    found = answers.now(panel["targets"][0]["expr"])
    if not found:
        return f"<div class=big><b class=none>{defaults['noValue']}</b></div>"
    value = found[0][1]
    colour = _coloured(value, defaults.get("thresholds"))
    size = 34 if panel["gridPos"]["w"] > 3 else 24
    big = f'<b style="font-size:{size}px;color:{colour}">{_text(value, defaults)}</b>'
    if len(panel["targets"]) > 1:
        (_, number), *_ = answers.now(panel["targets"][1]["expr"])
        mapping = next(iter(_words(panel)))["options"][f"{number:g}"]
        big += f'<b style="font-size:{size - 12}px;color:{COLOURS[mapping["color"]]}">{mapping["text"]}</b>'
    return f"<div class=big>{big}</div>"


def _words(panel: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for override in panel["fieldConfig"]["overrides"]:
        for each in override["properties"]:
            if each["id"] == "mappings":
                yield from each["value"]


def _table(panel: dict[str, Any], answers: Answers) -> str:
    organized = next(each for each in panel["transformations"] if each["id"] == "organize")["options"]
    names = list(organized["renameByName"].values())
    places = organized["indexByName"]
    keys = sorted((name for name in places if name not in organized["renameByName"]), key=places.__getitem__)
    properties = {
        override["matcher"]["options"]: {each["id"]: each["value"] for each in override["properties"]}
        for override in panel["fieldConfig"]["overrides"]
    }
    rows: dict[tuple[str, ...], dict[str, float]] = {}
    for target, name in zip(panel["targets"], names, strict=True):
        for labels, value in answers.now(target["expr"]):
            rows.setdefault(tuple(labels.get(key, "") for key in keys), {})[name] = value
    by = next(each for each in panel["transformations"] if each["id"] == "sortBy")["options"]["sort"][0]["field"]
    ordered = sorted(rows.items(), key=lambda row: -row[1].get(by, -math.inf))
    head = "".join(f"<th class=key>{escape(key)}</th>" for key in keys) + "".join(
        f"<th>{escape(name)}</th>" for name in names
    )
    body = "".join(
        "<tr>" + "".join(f"<td class=key>{escape(key)}</td>" for key in place)
        + "".join(_cell(values.get(name), properties[name]) for name in names) + "</tr>"
        for place, values in ordered
    )  # fmt: skip
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: float | None, properties: dict[str, Any]) -> str:
    if value is None:
        return "<td class=none>–</td>"
    if "mappings" in properties:
        word = properties["mappings"][0]["options"][f"{value:g}"]
        return f'<td style="color:{COLOURS[word["color"]]}">{word["text"]}</td>'
    return f'<td style="color:{_coloured(value, properties.get("thresholds"))}">{_text(value, properties)}</td>'


def _graph(panel: dict[str, Any], answers: Answers) -> str:
    drawn = [(target, line) for target in panel["targets"] for line in answers.lines(target["expr"])]
    if not drawn:
        return "<div class=big><b class=none>no data</b></div>"
    defaults = panel["fieldConfig"]["defaults"]
    most = defaults.get("max") or max(value for _, line in drawn for _, value in line.points) * 1.05 or 1.0
    height = panel["gridPos"]["h"] * (CELL_H + GAP) - GAP - 62 - 18 * math.ceil(min(len(drawn), MOST_LINES) / 2)
    box = Box(
        panel["gridPos"]["w"] * (WIDTH - GAP) / 24 - 90, height, answers.at_s - answers.span_s, answers.at_s, most
    )
    svg = [f'<svg width="{box.width + LEFT + 8:.0f}" height="{height + 22:.0f}">']
    for step in range(5):
        y = height - height * step / 4 + 4
        svg.append(f'<path d="M{LEFT} {y:.0f}H{box.width + LEFT:.0f}" stroke="#2c3235"/>')
        svg.append(f'<text x={LEFT - 6} y="{y + 4:.0f}">{_text(most * step / 4, defaults)}</text>')
    colours = [LINES[place % len(LINES)] for place in range(len(drawn))]
    svg += [_line(line, colour, box) for (_, line), colour in zip(drawn, colours, strict=True)]
    legend = "".join(
        f'<div><i style="background:{colour}"></i>{escape(_legend(target, line))}: '
        f"{_text(line.points[-1][1], defaults)}</div>"
        for (target, line), colour in list(zip(drawn, colours, strict=True))[:MOST_LINES]
    )
    return f"{''.join(svg)}</svg><div class=legend>{legend}</div>"


def _line(line: Line, colour: str, box: Box) -> str:
    points = " ".join(f"{box.x(at):.1f},{box.y(value):.1f}" for at, value in line.points)
    return f'<polyline fill=none stroke="{colour}" stroke-width=2 points="{points}"/>'


def _legend(target: dict[str, Any], line: Line) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: line.labels.get(found[1], ""), target.get("legendFormat", ""))


def _coloured(value: float, thresholds: dict[str, Any] | None) -> str:
    reached: Sequence[str | None] = [None]
    if thresholds:
        reached = [step["color"] for step in thresholds["steps"] if step["value"] is None or value >= step["value"]]
    return COLOURS[reached[-1]]


def _text(value: float, config: dict[str, Any]) -> str:
    """Return a value in its unit, about as Grafana writes it."""
    unit = config.get("unit", "short")
    if unit == "percentunit":
        return f"{value * 100:.1f}%"
    if unit == "s":
        for size, name in ((86_400, "days"), (3_600, "hours"), (60, "mins")):
            if abs(value) >= size:
                return f"{value / size:.3g} {name}"
        return f"{value:.3g} s" if value >= 1 or value == 0 else f"{value * 1000:.3g} ms"
    for size, name in ((1_000_000, " Mil"), (1_000, " K")):
        if abs(value) >= size:
            return f"{value / size:.3g}{name}"
    return f"{value:.3g}"
