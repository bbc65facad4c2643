"""The command line itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer

from stream import build
from stream.cli import app
from stream.printing import refuse_unknown_metric
from tests.deskpulse import refused

ROOT = Path(__file__).parents[2]
HEAVY = {"aiokafka", "faust", "redis", "orjson", "prometheus_client", "pydantic_settings", "structlog", "aggregators"}
"""What a help text does not need."""


def paths() -> list[tuple[str, ...]]:
    """Return every command and sub-command as the words that call it."""
    found: list[tuple[str, ...]] = []

    def walk(group: object, words: tuple[str, ...]) -> None:
        for name, command in getattr(group, "commands", {}).items():
            found.append((*words, name))
            walk(command, (*words, name))

    walk(typer.main.get_command(app), ())
    return found


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `deskpulse` in a wide terminal; stderr has what it imported."""
    command = [sys.executable, "-X", "importtime", "-m", "stream.cli", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "COLUMNS": "160"}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def test_every_command_of_the_design_is_there() -> None:
    """DESIGN names them."""
    commands = {" ".join(words) for words in paths()}

    assert commands >= {
        *("demo", "worker", "serve", "simulate", "replay", "compute", "export", "dump", "catalogue", "check"),
        *("dead-letters list", "dead-letters show", "dead-letters retry"),
    }


@pytest.mark.parametrize("words", paths(), ids=" ".join)
def test_the_help_of_a_command_has_an_example_and_is_quick(words: tuple[str, ...]) -> None:
    """One that can be copied: it begins with `deskpulse` and the command. What does the work is not imported for it."""
    done = run(*words, "--help")

    assert done.returncode == 0, done.stderr
    assert "Example" in done.stdout
    assert f"deskpulse {' '.join(words)}" in done.stdout.partition("Example")[2]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert imported & HEAVY == set()


@pytest.mark.parametrize("words", ["rules --format", "catalogue --format", "dead-letters list --format"])
def test_a_value_that_is_no_choice_is_told_in_one_line(words: str) -> None:
    """The option first, then what it takes; no box, no usage."""
    done = subprocess.run(
        [sys.executable, "-m", "stream.cli", *words.split(), "xml"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"--format: 'xml' is not one of ('\w+', )*'\w+'\n", done.stderr)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("simulate --out - --late 2", "--late: '2' should be less than or equal to 1"),
        ("demo --port 99999", "--port: '99999' should be less than or equal to 65535"),
        ("simulate --seed one", "--seed: 'one' should be a valid integer, unable to parse string as an integer"),
    ],
)
def test_a_value_out_of_bounds_is_named_with_its_option(words: str, said: str) -> None:
    """What was typed stands in the line."""
    assert refused(*words.split()) == said


def test_metrics_in_examples_exist() -> None:
    """Whatever follows `--metric` in the help of a command begins the name of one."""
    texts = [file.read_text() for file in (ROOT / "stream" / "commands").glob("*.py")]

    prefixes = {prefix for text in texts for prefix in re.findall(r"--metric (\w+)", text)}

    assert prefixes
    for prefix in prefixes:
        refuse_unknown_metric(prefix)


def test_a_closed_standard_output_is_said_to_be_one() -> None:
    """Exit code 2 and one line: what was asked for cannot be printed anywhere."""
    command = ["sh", "-c", f"exec {sys.executable} -m stream.cli catalogue >&-"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (2, "standard output is closed: there is nowhere to print to\n")


def test_an_output_without_utf_8_is_written_to_all_the_same() -> None:
    """What it has no letter for stands there as an escape."""
    command = [sys.executable, "-m", "stream.cli", "catalogue"]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = subprocess.run(command, cwd=ROOT, env=ascii_only, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "SL1 \\u2026 SL6" in done.stdout


def test_the_version_is_that_of_the_distribution() -> None:
    """`deskpulse --version` prints one line."""
    done = run("--version")

    assert (done.returncode, done.stdout) == (0, f"deskpulse {build.name()}\n")
    assert build.name().split()[0] == version("deskpulse")


def test_no_command_is_a_request_for_help() -> None:
    """The commands are listed."""
    done = run()

    assert "dead-letters" in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [("fly",), ("worker", "--wings"), ("dead-letters", "show", "t", "-1", "0")])
def test_what_there_is_not_ends_with_exit_code_2(arguments: tuple[str, ...]) -> None:
    """No traceback."""
    done = run(*arguments)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_crash() -> None:
    """`deskpulse catalogue | head -1` ends without a traceback."""
    command = f"{sys.executable} -m stream.cli catalogue --format json | head -1"

    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr
