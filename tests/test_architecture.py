"""The directions of DESIGN hold: aggregators are pure, stream builds on them, one file reads the clock."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CLOCK = ROOT / "stream" / "clock.py"
IMPURE_MODULES = frozenset(
    {"time", "sched", "random", "secrets", "uuid", "logging", "warnings"}
    | {"asyncio", "concurrent", "threading", "multiprocessing", "queue", "signal", "subprocess", "ctypes"}
    | {"io", "os", "pathlib", "glob", "shutil", "tempfile", "fcntl", "mmap", "sqlite3", "shelve"}
    | {"socket", "socketserver", "select", "selectors", "ssl", "http", "urllib"}
)
"""What reads a clock, does I/O, logs, waits or draws lots."""
IMPURE_BUILTINS = frozenset({"open", "print", "input", "exec", "eval", "__import__"})
CLOCK_READS = frozenset(
    {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
)


def sources(package: str) -> list[Path]:
    """Return the Python files of a package."""
    return sorted((ROOT / package).rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """Return the first names of what a module imports, also inside functions and for type checking."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." if node.level else str(node.module))
    return {name.partition(".")[0] for name in names}


def called(tree: ast.AST) -> set[str]:
    """Return the plain names a module calls."""
    return {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def clock_reads(tree: ast.AST) -> set[str]:
    """Return the ways in which a module reads the wall clock."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(".".join(ast.unparse(node).split(".")[-2:]))
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            found |= {f"time.{alias.name}" for alias in node.names}
    return found & CLOCK_READS


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(), str(path))


@pytest.mark.parametrize("path", sources("aggregators"), ids=lambda path: path.stem)
def test_aggregators_need_python_and_nothing_else(path: Path) -> None:
    """A module of `aggregators` imports the standard library and its own package, never `stream`."""
    assert imported(parse(path)) <= sys.stdlib_module_names | {"aggregators"}


@pytest.mark.parametrize("path", sources("aggregators"), ids=lambda path: path.stem)
def test_aggregators_are_pure(path: Path) -> None:
    """A module of `aggregators` reads no clock, does no I/O, logs nothing and draws no lots."""
    tree = parse(path)

    assert not imported(tree) & IMPURE_MODULES
    assert not called(tree) & IMPURE_BUILTINS
    assert not clock_reads(tree)


@pytest.mark.parametrize("path", sources("stream"), ids=lambda path: str(path.relative_to(ROOT / "stream")))
def test_one_file_reads_the_wall_clock(path: Path) -> None:
    """Everything but `stream/clock.py` is told the time, so that tests and replays can tell it another."""
    reads = clock_reads(parse(path))

    assert bool(reads) == (path == CLOCK)


@pytest.mark.parametrize("package", ["aggregators", "stream"])
def test_the_product_does_not_import_its_tests(package: str) -> None:
    """What is installed never needs what is not."""
    for path in sources(package):
        assert not imported(parse(path)) & {"tests", "benchmarks", "pytest"}, path


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import time\ntime.time()", {"time.time"}),
        ("from time import time_ns", {"time.time_ns"}),
        ("import datetime\ndatetime.datetime.now()", {"datetime.now"}),
        ("from datetime import date\ndate.today()", {"date.today"}),
        ("import time\ntime.monotonic()", set()),
    ],
)
def test_this_test_sees_a_clock_read(code: str, found: set[str]) -> None:
    """Each spelling of a clock read is seen; a monotonic clock is no wall clock."""
    assert clock_reads(ast.parse(code)) == found
