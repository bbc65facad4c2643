"""promtool's cases, each with the rules that it is about alone: of all of them, promtool takes ten times as long."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
import yaml  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER: Final = Path(__file__).parents[1] / "deploy" / "prometheus"
RULES: Final = FOLDER / "deskpulse.rules.yml"
TESTS: Final = sorted(FOLDER.glob("*_test.yml"))
_NAME: Final = re.compile(r"\bDeskpulse[A-Z]\w+|\bqueue:[a-z_]+:[a-z]+")
_LESS_OFTEN: Final = {"GOGC": "400", "GOMAXPROCS": "1"}
"""What a case keeps is little: collecting garbage seldom spares a third of promtool's time."""

Rule = dict[str, Any]


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]
    """YAML as promtool reads it where 0x40 are forty zeroes and no 64."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, found) for tag, found in resolvers if tag != "tag:yaml.org,2002:int"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(0|[1-9][0-9]*)$"), list("-0123456789"))


class Case(NamedTuple):
    """One case of a file, which is a group of its own where it is evaluated at another interval."""

    interval: str
    said: dict[str, Any]

    def names(self) -> frozenset[str]:
        """Return the rules that it asks for; what its title says is for people."""
        return frozenset(_NAME.findall(json.dumps({key: self.said[key] for key in self.said.keys() - {"name"}})))


class Job(NamedTuple):
    """Rules, and the cases that they are run against."""

    rules: tuple[Rule, ...]
    cases: tuple[Case, ...]


def name_of(rule: Rule) -> str:
    """Return the name of an alert, or of what is recorded."""
    return str(rule.get("alert") or rule["record"])


@cache
def groups() -> list[dict[str, Any]]:
    """Return the groups of the rules that are shipped."""
    found: list[dict[str, Any]] = yaml.load(RULES.read_text(encoding="utf-8"), _Loader)["groups"]  # noqa: S506 - it is a safe one
    return found


def rules() -> tuple[Rule, ...]:
    """Return every rule that is shipped, in the order of evaluation."""
    return tuple(rule for group in groups() for rule in group["rules"])


@cache
def cases(path: Path) -> tuple[Case, ...]:
    """Return the cases of a file that is shipped, which is about the rules that are."""
    file = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it is a safe one
    assert file["rule_files"] == [RULES.name]
    return tuple(Case(file["evaluation_interval"], each) for each in file["tests"])


def needed(names: Iterable[str], every: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules of these names with what they are computed from."""
    every, wanted, found = tuple(every), set(names), set[str]()
    while wanted - found:
        found |= wanted
        wanted |= {name for rule in every if name_of(rule) in found for name in _NAME.findall(rule["expr"])}
    return tuple(rule for rule in every if name_of(rule) in found)


def computed_from(names: Iterable[str], every: Iterable[Rule]) -> frozenset[str]:
    """Return these names, and those of every rule that is computed from one of them."""
    found, every = set(names), tuple(every)
    while more := {name_of(rule) for rule in every if found & set(_NAME.findall(rule["expr"]))} - found:
        found |= more
    return frozenset(found)


def jobs(found: Iterable[Case], every: Iterable[Rule]) -> dict[str, Job]:
    """Return the cases put together by what they are about. AssertionError where one is about nothing."""
    together: dict[tuple[str, frozenset[str]], list[Case]] = {}
    for case in found:
        assert case.names(), f"{case.said['name']!r} names no rule"
        together.setdefault((case.interval, case.names()), []).append(case)
    every = tuple(every)
    return {
        f"{number}-{'-'.join(sorted(names))}".replace(":", "_"): Job(needed(names, every), tuple(of))
        for number, ((_, names), of) in enumerate(together.items())
    }


def promtool(*arguments: str | Path, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    """Run promtool; skip the test where there is none."""
    if not shutil.which("promtool"):
        pytest.skip("no promtool on PATH (Debian's package prometheus)")
    return subprocess.run(
        ["promtool", *map(str, arguments)],
        cwd=folder, env=_LESS_OFTEN | dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=900, check=False,
    )  # fmt: skip


def verdicts(found: Mapping[str, Job], folder: Path) -> dict[str, str]:
    """Return what one promtool says of each job: "SUCCESS", or what failed in it."""
    for name, (run, against) in found.items():
        (folder / f"{name}.rules.yml").write_text(json.dumps({"groups": [{"name": "tested", "rules": run}]}))
        file = {
            "rule_files": [f"{name}.rules.yml"],
            "evaluation_interval": against[0].interval,
            "tests": [case.said for case in against],
        }
        (folder / f"{name}.yml").write_text(json.dumps(file))
    done = promtool("test", "rules", *(f"{name}.yml" for name in found), folder=folder)
    said = re.split(r"^Unit Testing:  (.+)\.yml$", done.stdout, flags=re.MULTILINE)
    answers = {name: text.strip() for name, text in zip(said[1::2], said[2::2], strict=True)}
    assert answers.keys() == found.keys(), done.stdout
    return answers
