"""The reference tables: of the adversarial centre, which is ours, and of the real day, which is read where it lies."""

import csv
import io
import lzma
from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TypeAlias

from tests.columns import is_quantile
from tests.oracle import LEVELS, Labels

Row: TypeAlias = dict[str, str]
Cells: TypeAlias = Mapping[str, Mapping[Labels, Mapping[str, int | float | Fraction | None]]]
"""Level → label set → column → value, of one instant."""

DATA = Path(__file__).parent / "data"
REAL_DAY = Path(__file__).parents[2] / "shared" / "data" / "bank-1999-05-23.jsonl"


@cache
def centre_log() -> bytes:
    """The adversarial centre's lines in order of arrival."""
    return lzma.decompress((DATA / "centre-1.jsonl.xz").read_bytes())


def centre_lines() -> list[bytes]:
    """Return the same line by line, each with its line feed."""
    return [line + b"\n" for line in centre_log().removesuffix(b"\n").split(b"\n")]


def centre_table(level: str) -> list[Row]:
    """One of its three tables."""
    text = lzma.decompress((DATA / f"centre-1.{level}.csv.xz").read_bytes()).decode()
    return list(csv.DictReader(io.StringIO(text)))


def real_day_table(level: str) -> list[Row]:
    """One of the two tables of the real day; its columns are renamed to those of the centre, `wait_max_s` left out."""
    with REAL_DAY.with_name(f"bank-1999-05-23.{level}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    everywhere = {"tenant": "default"} | ({"channel": "voice"} if level == "queue" else {})
    return [
        everywhere | {name.replace("past_20s", "past_target"): text for name, text in row.items() if "max" not in name}
        for row in rows
    ]


def by_instant(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows of the same `t` together."""
    result: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        result[row["t"]].append(row)
    return result


def labels_of(row: Row) -> Labels:
    """The label set a row is about."""
    return tuple(row[name] for name in LEVELS if name in row)


def matches(column: str, printed: str, value: float | Fraction | None, *, sketch: bool = True) -> bool:
    """Whether a value is what the table prints: counts equal, the rest to the last digit, quantiles within 1 %.

    A value may be missing where the table has nothing or a count of 0. `sketch=False` asks for exact quantiles.
    """
    if not printed or value is None:
        return value is None and (not printed or (printed == "0" and not is_quantile(column)))
    right, decimals = Fraction(printed), len(printed.partition(".")[2])
    if not decimals and not is_quantile(column):
        return value == right
    allowed = Fraction(1, 2 * 10**decimals) + Fraction(1, 10**9)
    if sketch and is_quantile(column):
        allowed += right / 100
    return abs(Fraction(value) - right) <= allowed


def mismatches(rows: Iterable[Row], cells: Cells, *, sketch: bool = True) -> list[str]:
    """Return what differs from the rows of one instant, a line each."""
    wrong = []
    for row in rows:
        labels = labels_of(row)
        shown = cells[LEVELS[len(labels) - 1]].get(labels, {})
        for column, printed in row.items():
            if column not in ("t", *LEVELS) and not matches(column, printed, shown.get(column), sketch=sketch):
                wrong.append(f"{row['t']} {'/'.join(labels)} {column}: {shown.get(column)} instead of {printed!r}")
    return wrong


def surplus(rows: Iterable[Row], cells: Cells) -> list[str]:
    """Return the label sets without a row of this instant of which anything but noughts is shown, a line each."""
    known = {labels_of(row) for row in rows}
    return [
        f"{'/'.join(labels)}: not in the tables, but {columns}"
        for of_level in cells.values()
        for labels, columns in of_level.items()
        if labels not in known and any(columns.values())
    ]
