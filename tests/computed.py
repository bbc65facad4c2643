"""What `deskpulse compute` prints, as rows to compare with the reference tables."""

import csv
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

from tests.columns import NAMES, Series, Shown, rows

ROOT = Path(__file__).parents[1]
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
ESCAPED = re.compile(r"\\(.)")


@cache
def labels(text: str) -> tuple[tuple[str, str], ...]:
    """Pairs of a text like `tenant="acme",queue="billing"`, with the escapes of exposition text undone."""
    return tuple(
        (name, ESCAPED.sub(lambda found: {"n": "\n"}.get(found[1], found[1]), value))
        for name, value in LABEL.findall(text)
    )


def compute(file: Path, *, every: str, first: str, last: str, level: str) -> dict[str, dict[str, Shown]]:
    """Run `deskpulse compute` on a file in a process of its own: instant → level → label set → column → value.

    It is asked for the metrics that have a column.
    """
    command = [sys.executable, "-m", "stream.cli", "compute", str(file), "--every", every, "--format", "csv"]
    command += ["--from", first, "--to", last]
    for name in sorted(NAMES):
        if name.startswith(f"support_{level}_"):
            command += ["--metric", name]
    values: dict[str, dict[Series, float]] = defaultdict(dict)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = csv.reader(process.stdout)
        assert next(printed) == ["t", "metric", "labels", "value"]
        for t, metric, text, value in printed:
            values[t][metric, labels(text)] = float(value)
    assert process.returncode == 0
    return {t: rows(of_this) for t, of_this in values.items()}
