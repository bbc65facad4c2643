"""What all servers have in common: one choice of way, readiness, faults."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Literal

from tests.servers import docker

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from tests.servers.runner import Runner

Way = Literal["container", "process"]
PATIENCE_S = 90


class UnavailableError(Exception):
    """A server can be neither found nor started; the text says what is missing."""


def choose_way(name: str, *, image: str | None, missing_for_process: str | None) -> Way:
    """Return how to run the server *name*: a container if Docker has or can pull *image*, else a process.

    `DESKPULSE_TEST_SERVICES` = container or process leaves that way only. Raises UnavailableError if none is left.
    """
    forced = os.environ.get("DESKPULSE_TEST_SERVICES")
    if forced not in {None, "", "container", "process"}:
        message = f"DESKPULSE_TEST_SERVICES: {forced!r} is not a way (try container or process)"
        raise ValueError(message)
    reasons = []
    if forced != "process" and image:
        reason = docker.missing(image)
        if reason is None:
            return "container"
        reasons.append(reason)
    if forced != "container" or not image:
        if missing_for_process is None:
            return "process"
        reasons.append(missing_for_process)
    message = f"{name}: " + "; ".join(reasons)
    raise UnavailableError(message)


class Server:
    """A running server that tests may break: kill, stop, pause, start again at the same address."""

    def __init__(self, runner: Runner) -> None:
        """Take a runner that is not started; use `start` or a `with` block."""
        self.runner = runner

    def answers(self) -> bool:
        """Tell whether it does what it is for; False or OSError while it comes up."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it and return when it answers. Raises RuntimeError with its log if it ends or is silent for 90 s."""
        self.runner.start()
        self.wait()

    def wait(self) -> None:
        """Return when it answers. Raises RuntimeError with its log if it ends or is silent for 90 s."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if not self.runner.running() or time.monotonic() > deadline:
                message = f"{type(self).__name__} did not come up:\n{self.runner.log()[-4_000:]}"
                raise RuntimeError(message)
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return self.answers()
        except OSError:
            return False

    def stop(self) -> None:
        """Ask it to end, and wait for it."""
        self.runner.stop()

    def kill(self) -> None:
        """End it as `kill -9` does, and return when it is gone."""
        self.runner.kill()

    def restart(self) -> None:
        """Stop it in order, start it, return when it answers."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze it: connections stay, nothing answers."""
        self.runner.pause()

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self.runner.resume()

    def close(self) -> None:
        """End it and remove what it wrote."""
        self.runner.close()

    def __enter__(self) -> Self:
        """Start it; a start that fails or is interrupted leaves nothing behind."""
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it and remove what it wrote."""
        self.close()
