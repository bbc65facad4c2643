"""CONTRIBUTING and `make help` speak of what there is."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_path_on_the_page_exists() -> None:
    """Those that begin with a folder of the project."""
    folders = "|".join(re.escape(path.name) for path in ROOT.iterdir() if path.is_dir())
    paths = re.findall(rf"`((?:{folders})/[^` ]*)`", PAGE)

    assert len(paths) > 10
    assert [path for path in paths if not list(ROOT.glob(path))] == []


def test_every_module_that_is_to_be_run_is_there() -> None:
    """`python -m NAME`."""
    modules = re.findall(r"python -m ([\w.]+)", PAGE)

    assert "stream.settings_table" in modules
    assert [name for name in modules if find_spec(name) is None] == []


def test_every_folder_of_deploy_is_on_the_page() -> None:
    """A newcomer finds out what each is for."""
    assert [
        path.name for path in (ROOT / "deploy").iterdir() if path.is_dir() and f"`deploy/{path.name}/`" not in PAGE
    ] == []


def test_make_help_has_a_line_for_every_target() -> None:
    """`make` alone prints it too."""
    targets = re.findall(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()
    named, bare = (
        subprocess.run(
            ["make", "--no-print-directory", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for words in (["help"], [])
    )

    assert [line.split()[1] for line in named.splitlines()] == targets
    assert all(len(line.split()) > 3 for line in named.splitlines())
    assert bare == named


def test_types_are_checked_wherever_there_is_python() -> None:
    """Every folder with a module in it, `tests` too."""
    checked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["files"]
    folders = [
        path
        for path in ROOT.iterdir()
        if path.is_dir() and path.name[0] != "." and path.name not in {"build", "mutants"}
    ]

    assert {path.name for path in folders if any(path.rglob("*.py"))} <= set(checked)


def test_every_file_that_is_mutated_has_its_figures() -> None:
    """As many killed and survived as there are mutants, 85 % of each file killed at least, and all of them added up."""
    mutated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]["only_mutate"]
    page = (ROOT / "docs/mutation.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+\.py)` \| (\d+) \| (\d+)(?: \(.*?\))? \| (\d+) \|", page, re.MULTILINE)
    figures = {name: tuple(map(int, numbers)) for name, *numbers in rows}
    totals = [sum(column) for column in zip(*figures.values(), strict=True)]

    assert sorted(f"aggregators/{name}" for name in figures) == sorted(mutated)
    assert [name for name, (made, killed, left) in figures.items() if made != killed + left] == []
    assert [name for name, (made, killed, _) in figures.items() if killed < 0.85 * made] == []
    assert "| all | {:,} | {:,} | {:,} |".format(*totals) in page
