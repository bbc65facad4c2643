"""The demo shows every headline number by itself, and leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from rich.console import Console

from aggregators.catalogue import METRICS
from aggregators.windows import WINDOWS
from stream.demo.figures import Figures, Scrape
from stream.demo.mood import mood
from stream.demo.plan import FIRST_SPIKE_MS, SPIKE_GAPS_MS, Plan, spikes
from stream.demo.screen import View, age, clock, lines_of, paint
from stream.demo.show import is_complete
from stream.simulator.profile import QUEUE_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON_MS = 1_795_262_400_000
HOUR_MS = 3_600_000
PATIENCE_S = 120
HEADLINES = ("support_tenant_waiting", "support_tenant_waiting_past_target", "support_tenant_first_response_open")
ROLLING = (
    "answered",
    "abandonment_ratio",
    "service_level_ratio",
    "wait_mean_seconds",
    "wait_seconds",
    "first_response_mean_seconds",
    "first_response_seconds",
    "first_response_attainment_ratio",
    "csat_mean_ratio",
    "csat_satisfied_ratio",
    "csat_responses",
)


class Demo:
    """A demo under way. All its processes inherit the folder for temporary files, by which they are found."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder = process, folder
        self.said: list[str] = []

    def until(self, pattern: str) -> str:
        """Read what it says until a line matches; return the match's first group, or all of it."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found[found.re.groups and 1]
        raise AssertionError("".join(self.said))

    def finish(self) -> int:
        """Wait for its end; return its exit code."""
        rest, _ = self.process.communicate(timeout=PATIENCE_S)
        self.said.append(rest)
        return self.process.returncode

    def drain(self) -> None:
        """Let it say on what it likes: a pipe that is full would make it wait."""
        assert self.process.stdout
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def processes(self) -> list[int]:
        """Return every process that has the folder in its environment."""
        mark = f"TMPDIR={self.folder}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def left(self) -> list[object]:
        """Return the processes and files that are left, after some patience with the kernel."""
        end = time.monotonic() + 10
        while self.processes() and time.monotonic() < end:
            time.sleep(0.05)
        return [*self.processes(), *self.folder.iterdir()]


@contextmanager
def demo(folder: Path, *options: str, path: str | None = None) -> Iterator[Demo]:
    """Start a demo; afterwards it is gone in any case."""
    temporary = folder / "tmp"
    temporary.mkdir()
    environment = os.environ | {"TMPDIR": str(temporary), "DESKPULSE_KAFKA": "not.used:1", "DESKPULSE_ZONE": "Not/Used"}
    if path is not None:
        environment["PATH"] = path
    process = subprocess.Popen(
        [sys.executable, "-m", "stream.cli", "demo", "--port", "0", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    started = Demo(process, temporary)
    try:
        yield started
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def test_every_headline_number_is_there_with_nothing_but_python(tmp_path: Path) -> None:
    """Without redis-server on PATH all KPIs of all windows are scraped; the demo ends by itself, and all of it."""
    with demo(tmp_path, "--for", "3s", path=str(tmp_path)) as running:
        running.until("valkey")
        address = running.until(r"Prometheus\s+(http://\S+)")
        with urlopen(address) as answer:  # noqa: S310 - our own address
            text = answer.read().decode()
        code = running.finish()

    names = {line.partition("{")[0] for line in text.splitlines() if not line.startswith("#")}
    assert set(HEADLINES) <= names
    for name in ROLLING:
        for window in WINDOWS:
            assert re.search(rf'^support_tenant_rolling_{name}{{tenant="default",window="{window}"', text, re.MULTILINE)
    assert is_complete(Scrape.of(text))
    rejected = re.findall(r"^deskpulse_rejected_total{.*} (.*)$", text, re.MULTILINE)
    assert set(rejected) == {"0.0"}
    assert code == 0
    assert running.left() == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_it_while_it_starts_finds_nothing_left(tmp_path: Path, sent: signal.Signals) -> None:
    """Ctrl-C, SIGTERM or a closed terminal: exit code 0, no process, no file."""
    with demo(tmp_path) as running:
        running.until("broker")

        running.process.send_signal(sent)

        assert running.finish() == 0, running.said
        assert running.left() == []


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """Exit code 0, no process, no file; how often it is pressed makes no difference."""
    with demo(tmp_path, "--rate", "600") as running:
        running.until("Prometheus")

        for _ in range(3):
            running.process.send_signal(signal.SIGINT)
            time.sleep(0.05)

        assert running.finish() == 0, running.said
        assert running.left() == []


def test_a_reader_that_goes_ends_it(tmp_path: Path) -> None:
    """`deskpulse demo | head` ends with its reader, and leaves nothing."""
    with demo(tmp_path) as running:
        running.until("worker")
        assert running.process.stdout

        running.process.stdout.close()

        assert running.process.wait(PATIENCE_S) == 0
        assert running.left() == []


def test_killed_it_leaves_no_process(tmp_path: Path) -> None:
    """After kill -9 nobody can tidy up files, but no process goes on."""
    with demo(tmp_path) as running:
        running.until("serve")

        running.process.kill()
        running.process.wait()
        running.left()

        assert running.processes() == []


@pytest.mark.parametrize("name", ["serve", "Redis"])
def test_a_process_of_it_that_dies_ends_it_with_one_line(name: str, tmp_path: Path) -> None:
    """Exit code 2, the reason in one line, and nothing left."""
    with demo(tmp_path) as running:
        pid = int(running.until(rf"{name}\s.*process (\d+)"))
        running.until("simulator")

        os.kill(pid, signal.SIGKILL)

        assert running.finish() == 2
        assert running.said[-1].splitlines()[-1].startswith(f"demo: {name} ended with -9")
        assert "Traceback" not in running.said[-1]
        assert running.left() == []


def test_a_port_that_is_taken_gives_way_to_a_free_one(tmp_path: Path) -> None:
    """It says which port it has instead."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with demo(tmp_path, "--port", str(port)) as running:
            other = running.until(rf"{port} is taken, serve gets (\d+)")
            running.process.send_signal(signal.SIGINT)
            running.finish()

    assert other != str(port)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    """One line and exit code 2."""
    (tmp_path / "confluent_kafka.py").write_text("raise ImportError('not here')\n")
    run = subprocess.run(
        [sys.executable, "-m", "stream.cli", "demo"],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert run.returncode == 2
    assert run.stderr == "demo: the embedded broker needs confluent-kafka: pip install 'deskpulse[demo]'\n"


@pytest.mark.parametrize(
    ("option", "value"),
    [("--rate", "0"), ("--rate", "1e9"), ("--rate", "nan"), ("--for", "soon"), ("--tenants", "a b")],
)
def test_a_wrong_option_is_named(option: str, value: str) -> None:
    """Exit code 2 and one line, before anything is started."""
    run = subprocess.run(
        [sys.executable, "-m", "stream.cli", "demo", option, value],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert run.returncode == 2
    assert run.stderr.startswith(f"{option}: ")
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""


@pytest.mark.parametrize("hour", range(0, 24, 4))
def test_it_is_as_busy_at_night_as_at_noon(hour: int) -> None:
    """The past hour holds about as many contacts as asked for, whatever the hour of the day."""
    now_ms = NOON_MS + hour * HOUR_MS

    events = Plan(rate=1_000).centre(now_ms).events(now_ms - HOUR_MS, now_ms)

    assert (
        850
        < sum(1 for event in events if b'"chat.started"' in event.value or b'"ticket.created"' in event.value)
        < 1_200
    )


def test_a_queue_goes_wrong_early_and_every_few_minutes() -> None:
    """The first spike comes at once; there are always five to eight minutes to the next, each of a queue there is."""
    found = list(spikes(NOON_MS, seed=3))

    gaps = {after.at_ms - before.at_ms for before, after in pairwise(found)}
    assert found[0].at_ms == NOON_MS + FIRST_SPIKE_MS
    assert SPIKE_GAPS_MS[0] <= min(gaps) <= max(gaps) < SPIKE_GAPS_MS[1]
    assert {spike.queue for spike in found} == set(QUEUE_WEIGHTS)


def figures(**given: float) -> Figures:
    """Return figures of which only those given are known."""
    return Figures(**(dict.fromkeys(Figures._fields) | given))


@pytest.mark.parametrize(
    ("waiting", "late", "queued", "expected"),
    [
        (4, 0, 60, "fine"),
        (9, 1, 60, "busy"),
        (10, 0, 60, "busy"),
        (9, 5, 60, "wrong"),
        (90, 9, 600, "busy"),
        (90, 10, 600, "wrong"),
    ],
)
def test_a_queue_goes_wrong_when_a_minutes_worth_is_late(waiting: int, late: int, queued: int, expected: str) -> None:
    """Five at least are past the target then."""
    assert mood(figures(waiting=waiting, past_target=late, queued=queued)) == expected


def test_a_young_window_is_shown_as_what_it_is() -> None:
    """7d of which an hour has been seen says so; a window that is whole says nothing."""
    as_of_s = NOON_MS / 1000

    assert age("7d", 3_725, as_of_s=as_of_s) == "1 h 2 min so far"
    assert age("today", 3_599, as_of_s=as_of_s) == "59 min so far"
    assert age("1h", 3_600, as_of_s=as_of_s) == ""
    assert age("today", 12 * 3_600, as_of_s=as_of_s) == ""


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, "–"), (0.4, "0 s"), (59.6, "1:00"), (247, "4:07"), (3_753, "1:02:33")]
)
def test_times_read_as_people_say_them(seconds: float | None, shown: str) -> None:
    """Seconds, minutes, hours."""
    assert clock(seconds) == shown


def exposition(queues: int) -> str:
    """Return a scrape of so many queues, the first of which goes wrong."""
    lines = [f"deskpulse_as_of_timestamp_seconds {NOON_MS / 1000}", "deskpulse_ready 1"]
    for number in range(queues):
        labels = f'tenant="default",channel="chat",queue="q{number:02}"'
        late = 7 if number == 0 else 0
        lines += [
            f"support_queue_waiting{{{labels}}} {late + 1}",
            f"support_queue_waiting_past_target{{{labels}}} {late}",
            f'support_queue_rolling_queued{{{labels},window="1h"}} {100 - number}',
            f'support_queue_rolling_service_level_ratio{{{labels},window="1h",variant="SL3"}} 0.81',
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (110, 40), (200, 60)])
def test_the_picture_fits_the_terminal_and_shows_what_goes_wrong(width: int, height: int) -> None:
    """What does not fit is left out and counted; the queue that goes wrong stays, and the total."""
    scrape = Scrape.of(exposition(30))
    console = Console(width=width, height=height)
    view = View(scrape=scrape, now_ms=NOON_MS + 700, rate=12.3, address="http://127.0.0.1:8420")

    with console.capture() as capture:
        console.print(paint(view, width=width, height=height))

    lines = capture.get().rstrip().splitlines()
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert "q00/chat: 8 waiting, 7 past the target" in capture.get()
    assert any(line.startswith("q00") and line.rstrip().endswith("WRONG") for line in lines)
    assert any(line.startswith("all ") for line in lines)
    assert len(lines_of(scrape)) == 30


def test_with_several_tenants_a_queue_is_named_with_its_own() -> None:
    """Both have a queue of that name, in one of them it goes wrong."""
    text = exposition(1)
    scrape = Scrape.of(text + text.replace('"default"', '"acme"').replace("} 7", "} 0").replace("} 8", "} 1"))
    view = View(scrape=scrape, now_ms=NOON_MS, rate=None, address="http://127.0.0.1:8420")
    console = Console(width=120)

    with console.capture() as capture:
        console.print(paint(view, width=120, height=None))

    assert "▲ default/q00/chat: 8 waiting, 7 past the target" in capture.get()
    assert "acme/q00" not in capture.get()


def test_the_demo_reads_metrics_that_the_catalogue_has() -> None:
    """Each headline of these tests is a metric of the catalogue."""
    assert set(ROLLING) <= {metric.suffix for metric in METRICS if metric.family == "rolling"}
