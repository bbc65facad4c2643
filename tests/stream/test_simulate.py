"""`deskpulse simulate`: an option out of bounds is named, and a file is written whole or not at all."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stream.clock import now_ms
from stream.errors import UsageError
from stream.simulate import span_ms, spike_of, start_of
from tests.deskpulse import ROOT, deskpulse, refused
from tests.eventually import eventually

if TYPE_CHECKING:
    from pathlib import Path

NOON = "2026-11-20T12:00:00Z"
NOON_MS = 1_795_176_000_000


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--start", "noon", "--for", "1h"], "--start: 'noon' is not an instant"),
        (["--start", "1989-12-31T23:59:59Z", "--for", "1h"], "--start: '1989-12-31T23:59:59Z' is before 1990-01-01"),
        (["--start", "1795176000", "--for", "1h"], "--start: '1795176000' is before 1990-01-01T00:00:00Z"),
        (["--start", "2100-01-01T00:00:01Z", "--for", "1h"], "--start: '2100-01-01T00:00:01Z' is after 2100-01-01"),
        (["--for", "3661d"], "--for: '3661d' is longer than 3660d"),
        (["--past", "87841h"], "--past: '87841h' is longer than 3660d"),
        (["--past", "1h", "--for", "-1h"], "--for: '-1h' is not a duration"),
        (["--past", "99999999999999999999s"], "--past: '99999999999999999999s' is not a duration"),
        (["--past", "1h", "--disorder", "9999d"], "--disorder: '9999d' is longer than 3660d"),
        (["--past", "1h", "--spike", "billing@+9999d"], "--spike: '9999d' is longer than 3660d"),
        (["--past", "1h", "--spike", "billing@+1m:2m:ten"], "--spike: 'billing@+1m:2m:ten' is not QUEUE@+TIME[:LENGTH"),
        (["--past", "1h", "--spike", "billing@+1m:0s"], "--spike: 'billing@+1m:0s' brings nobody"),
        (["--past", "1h", "--spike", "billing@+1m:2m:1"], "--spike: 'billing@+1m:2m:1' brings nobody"),
        (["--past", "1h", "--spike", "billing@+1m:2m:101"], "--spike: 'billing@+1m:2m:101' brings nobody"),
        (["--past", "1h", "--spike", "billing@+1m:2x"], "--spike: '2x' is not a duration"),
        (["--past", "1h", "--spike", "lunch@+1m"], "--spike: 'lunch' is not a queue"),
        (["--start", NOON, "--for", "1m", "--spike", "billing@+60s"], "--spike: 'billing@+60s' begins after the end"),
        (["--for", "0s", "--events", "9", "--disorder", "0x"], "--disorder: '0x' is not a duration: a whole number"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_option_out_of_bounds_is_named(arguments: list[str], line: str) -> None:
    """Exit code 2, one line, no file."""
    assert refused("simulate", "--out", "-", *arguments).startswith(line)


def test_the_bounds_themselves_are_allowed() -> None:
    """1990 to 2100, ten years at a time; no time at all is 0."""
    assert start_of("1990-01-01T00:00:00Z", into_kafka=True) == 631_152_000_000
    assert start_of("2100-01-01T00:00:00Z", into_kafka=False) == 4_102_444_800_000
    assert start_of(str(NOON_MS), into_kafka=False) == start_of(NOON, into_kafka=False) == NOON_MS
    assert span_ms("--for", "3660d") == 3_660 * 86_400_000
    assert span_ms("--for", None) == span_ms("--for", "0") == span_ms("--for", "0s") == 0
    assert spike_of("billing@+0s", from_ms=NOON_MS, end_ms=None).at_ms == NOON_MS
    assert spike_of("billing@+1s", from_ms=NOON_MS, end_ms=NOON_MS + 1_001).at_ms == NOON_MS + 1_000


def test_a_spike_is_as_long_and_as_high_as_asked_for() -> None:
    """Ten minutes of five times the customers unless given."""

    def asked(text: str) -> tuple[int, float]:
        spike = spike_of(text, from_ms=NOON_MS, end_ms=None)
        return spike.length_ms, spike.factor

    assert asked("billing@+1m") == (600_000, 5)
    assert asked("billing@+1m:30s") == (30_000, 5)
    assert asked("billing@+1m:2m:7.5") == (120_000, 7.5)
    assert asked("billing@+1m:2m:100") == (120_000, 100)


def test_what_has_not_happened_yet_does_not_go_into_kafka() -> None:
    """It would be waited for in silence; a file takes any time."""
    tomorrow = str(now_ms() + 86_400_000)

    with pytest.raises(UsageError, match=r"^--start: .* is in the future"):
        start_of(tomorrow, into_kafka=True)
    assert start_of(tomorrow, into_kafka=False) == int(tomorrow)


@pytest.mark.parametrize("name", ["day.jsonl", "day.jsonl.gz"])
def test_a_file_that_is_not_finished_has_no_name(tmp_path: Path, name: str) -> None:
    """Ctrl-C in the middle leaves what stood there before, and nothing beside it."""
    file = tmp_path / name
    file.write_bytes(b"before")
    command = [sys.executable, "-m", "stream.cli", "simulate", "--out", str(file), "--start", NOON, "--for", "3660d"]

    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: len([*tmp_path.iterdir()]) == 2)
        child.send_signal(signal.SIGINT)
        code = child.wait(timeout=30)
    finally:
        child.kill()

    assert code != 0
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [(name, b"before")]


def test_a_file_that_is_finished_is_whole(tmp_path: Path) -> None:
    """It has its own name, and what is packed can be unpacked."""
    file = tmp_path / "day.jsonl.gz"

    done = deskpulse("simulate", "--out", file, "--start", NOON, "--for", "1m", "--heartbeat", "1s")

    assert done.returncode == 0
    assert [each.name for each in tmp_path.iterdir()] == ["day.jsonl.gz"]
    assert b'"source.heartbeat"' in gzip.decompress(file.read_bytes())
