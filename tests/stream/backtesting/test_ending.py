"""A back-test that is asked to end leaves nothing: no folder, no Prometheus."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deskpulse import ROOT
from tests.eventually import eventually

pytestmark = [
    pytest.mark.skipif(
        not (shutil.which("prometheus") and shutil.which("promtool")), reason="no prometheus on PATH (Debian's package)"
    ),
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="what runs is read from /proc"),
]
STAGES = {
    "it has a folder": "deskpulse-backtest-*",
    "Prometheus starts for the rules": "deskpulse-backtest-*/prometheus.log",
    "numbers are written": "deskpulse-backtest-*/data",
    "blocks are there": "deskpulse-backtest-*/data/*/meta.json",
}
"""How far it is, by the first file of it that is there."""
NINE_MS = 1_795_510_800_000
"""09:00 of 23 November 2026."""
HOURS = 6
AT_MOST_S = 30
"""Prometheus has 10 s to end before it is killed; with room for a busy machine."""


def started(folder: Path) -> subprocess.Popen[bytes]:
    """Start a back-test of some seconds that has *folder* for what it keeps meanwhile."""
    folder.mkdir()
    lines = [
        {"id": str(n), "type": "chat.queued", "at": NINE_MS + n * 60_000, "conversation": str(n), "queue": f"q{n % 7}"}
        for n in range(HOURS * 60)
    ]
    events, rules = folder.parent / "events.jsonl", folder.parent / "rules.yml"
    events.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    recorded = {"record": "twice", "expr": "2 * support_queue_waiting"}
    alerts = [{"alert": f"Over{n}", "expr": f"twice > {n}"} for n in range(20)]
    rules.write_text(json.dumps({"groups": [{"name": "all", "rules": [recorded, *alerts]}]}))
    return subprocess.Popen(
        [sys.executable, "-m", "stream.cli", "backtest", str(rules), str(events)],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(folder)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def reaches(stage: str, running: subprocess.Popen[bytes], folder: Path) -> None:
    """Return when it is as far as that, and goes on."""
    eventually(lambda: list(folder.glob(STAGES[stage])) or running.poll() is not None, every_s=0.002, what=stage)
    assert running.poll() is None, running.communicate()


def of(folder: Path) -> list[str]:
    """Return the command lines of what runs with something below *folder*."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in said:
            found.append(said)
    return found


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda each: each.name)
@pytest.mark.parametrize("stage", STAGES)
def test_one_that_is_asked_to_end_leaves_nothing(tmp_path: Path, stage: str, asked: signal.Signals) -> None:
    """Whatever it is doing; it prints no result and no traceback. Ctrl-C has an exit code of its own."""
    folder = tmp_path / "kept"
    with started(folder) as running:
        reaches(stage, running, folder)
        running.send_signal(asked)
        said, failed = running.communicate(timeout=AT_MOST_S)

    assert list(folder.iterdir()) == []
    assert of(folder) == []
    assert running.returncode == (130 if asked == signal.SIGINT else 128 + asked)
    assert said == b""
    assert b"Traceback" not in failed


def test_what_comes_while_it_ends_changes_nothing(tmp_path: Path) -> None:
    """Who asks twice, as a supervisor and a terminal at once, gets the same."""
    folder = tmp_path / "kept"
    with started(folder) as running:
        reaches("blocks are there", running, folder)
        for asked in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
            running.send_signal(asked)
        running.communicate(timeout=AT_MOST_S)

    assert list(folder.iterdir()) == []
    assert of(folder) == []
    assert running.returncode in {128 + signal.SIGTERM, 128 + signal.SIGHUP}
