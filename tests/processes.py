"""Processes of Deskpulse with their logs, and what a `serve` answers."""

from __future__ import annotations

import re
import signal
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, TypeAlias

from prometheus_client.parser import text_string_to_metric_families

from stream.devstack.process import spawn
from tests.eventually import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

Values: TypeAlias = dict[tuple[str, tuple[tuple[str, str], ...]], float]
"""(name, label pairs sorted by name) → value; what is absent has no key. `tests.columns.rows` makes tables of it."""
AS_OF = "deskpulse_as_of_timestamp_seconds"
LOOK_S = 0.2
"""Each look makes the whole text anew, and what is looked for changes once a second."""


class Process:
    """A process of Deskpulse with its log (stdout and stderr). It is killed with the tests at the latest."""

    def __init__(self, command: str, *arguments: str, env: dict[str, str], folder: Path, name: str) -> None:
        self.path = folder / f"{name}.log"
        assert not self.path.exists(), f"{self.path}: what another process said would be taken for this one's words"
        whole = [sys.executable, "-m", "stream.cli", command, *arguments]
        self.child = spawn(whole, folder=folder, log=self.path, env=env)

    @property
    def log(self) -> str:
        """What it has written so far, one JSON object a line."""
        return self.path.read_text()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.child.poll() is None

    def says(self, text: str) -> bool:
        """Tell whether its log has *text*; fails if it has ended."""
        assert self.running, self.log
        return text in self.log

    def stop(self, *, by: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; return the exit code (negative: the signal that ended it)."""
        self.child.send_signal(by)
        return self.child.wait(timeout=20)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.stop(by=signal.SIGKILL)


def values_of(text: str) -> Values:
    """Return the samples of exposition text."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Serve(Process):
    """A `serve` that answers at `url`."""

    def __init__(self, *, env: dict[str, str], folder: Path, name: str) -> None:
        super().__init__("serve", env=env, folder=folder, name=name)
        self.target = env["DESKPULSE_LISTEN"]
        self.url = f"http://{self.target}"

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a path; status 0 while nobody listens."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=20) as answer:  # noqa: S310 - our own http address
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError):
            assert self.running, self.log
            return 0, ""

    def scrape(self) -> Values:
        """Return all that /metrics shows now; nothing while nobody listens."""
        return values_of(self.get("/metrics")[1])

    def value(self, name: str, **labels: str) -> float | None:
        """Return the only sample of *name* that has *labels*, whatever else it has; None if there is none."""
        # Only its own lines are parsed: a scrape of 500 queues takes seconds.
        lines = [line for line in self.get("/metrics")[1].splitlines() if line.startswith(name)]
        values = [
            sample.value
            for family in text_string_to_metric_families("\n".join([*lines, ""]))
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert len(values) <= 1, f"{len(values)} series of {name} have {labels}"
        return values[0] if values else None

    def at(self, t: int, *, only: Collection[str] = (), within_s: float = PATIENCE_S) -> Values:
        """Return what is shown for the instant *t* (epoch ms), as soon as that is what is shown; of the names *only*.

        With the clock of the events, send a heartbeat of *t* before: it must be the least watermark.
        """
        deadline = time.monotonic() + within_s
        while (shown := as_of(text := self.get("/metrics")[1])) != t:
            assert time.monotonic() < deadline, f"shows {shown} instead of {t} after {within_s} s"
            time.sleep(LOOK_S)
        if only:
            # A scrape of a whole centre takes a second to parse.
            kept = [line for line in text.splitlines() if line.partition("{")[0] in only]
            text = "\n".join([*kept, ""])
        return values_of(text)

    def as_of(self) -> int | None:
        """Return the instant (epoch ms) that is shown, None while there is none."""
        return as_of(self.get("/metrics")[1])


def as_of(text: str) -> int | None:
    """Return the instant (epoch ms) that exposition text is for, None if it is for none."""
    found = re.search(rf"^{AS_OF} (\S+)$", text, re.MULTILINE)
    return round(float(found[1]) * 1000) if found else None
