"""Ways to run a server: a process, a container, or one that somebody else runs."""

from __future__ import annotations

import os
import signal
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import pytest

from stream.devstack.process import end, spawn

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from testcontainers.core.container import DockerContainer

LABEL = "org.deskpulse.test"
GRACE_S = 20


class Runner(Protocol):
    """One server that can be started any number of times; its address and its data stay."""

    def start(self) -> None:
        """Start it; may return before it answers."""

    def stop(self) -> None:
        """Ask it to end and wait for it; kill it after 20 s."""

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""

    def pause(self) -> None:
        """Freeze it: connections stay, nothing answers."""

    def resume(self) -> None:
        """Let it go on after `pause`."""

    def running(self) -> bool:
        """Tell whether it was started and has not ended."""

    def log(self) -> str:
        """Return what it has printed."""

    def close(self) -> None:
        """End it and remove what the runner made."""


@dataclass
class ProcessRunner:
    """A process of this machine, killed with the tests."""

    command: Sequence[str | Path]
    folder: Path
    env: Mapping[str, str] | None = None
    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; may return before it answers."""
        self._child = spawn(self.command, folder=self.folder, log=self.folder / "log", env=self.env)

    def stop(self) -> None:
        """Ask it to end and wait for it; kill it after 20 s."""
        if self._child:
            end(self._child, patience_s=GRACE_S)

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        if self._child:
            self._child.kill()
            self._child.wait()

    def pause(self) -> None:
        """Freeze it: connections stay, nothing answers."""
        if self._child:
            self._child.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        if self._child:
            self._child.send_signal(signal.SIGCONT)

    def running(self) -> bool:
        """Tell whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def log(self) -> str:
        """Return what it has printed."""
        log = self.folder / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def close(self) -> None:
        """End it; its folder belongs to the caller."""
        self.kill()


@dataclass
class ContainerRunner:
    """A container. `ports` are {container port: port of 127.0.0.1}; None shares this machine's network.

    `folders` are mounted under the same path, and `user` (this one, for files that can be removed) runs it.
    """

    image: str
    command: Sequence[str] = ()
    ports: Mapping[int, int] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    folders: Sequence[Path] = ()
    entrypoint: str | None = None
    _container: DockerContainer | None = None

    def start(self) -> None:
        """Start it; may return before it answers."""
        if self._container is None:
            self._container = self._create()
            self._container.start()
        else:
            self._wrapped().start()

    def _create(self) -> DockerContainer:
        from testcontainers.core.container import DockerContainer

        more: dict[str, Any] = {"labels": {LABEL: owner(os.getpid())}}
        if self.ports is None:
            more["network_mode"] = "host"
        if self.folders:
            more["user"] = f"{os.getuid()}:{os.getgid()}"
        if self.entrypoint:
            more["entrypoint"] = self.entrypoint
        container = DockerContainer(self.image).with_kwargs(**more)
        for inner, outer in (self.ports or {}).items():
            bindings: dict[str, Any] = container.ports  # docker takes an address as well, which keeps the port private
            bindings[f"{inner}/tcp"] = ("127.0.0.1", outer)
        if self.command:
            container = container.with_command(list(self.command))
        for name, value in self.env.items():
            container = container.with_env(name, value)
        for folder in self.folders:
            container = container.with_volume_mapping(str(folder), str(folder), "rw")
        return container

    def _wrapped(self) -> Any:
        if self._container is None:
            message = f"{self.image} was not started"
            raise RuntimeError(message)
        return self._container.get_wrapped_container()

    def stop(self) -> None:
        """Ask it to end and wait for it; kill it after 20 s."""
        self._wrapped().stop(timeout=GRACE_S)

    def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        if self.running():
            self._wrapped().kill()
            self._wrapped().wait()

    def pause(self) -> None:
        """Freeze it: connections stay, nothing answers."""
        self._wrapped().pause()

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._wrapped().unpause()

    def running(self) -> bool:
        """Tell whether it was started and has not ended."""
        if self._container is None:
            return False
        wrapped = self._wrapped()
        wrapped.reload()
        return wrapped.status in {"running", "paused"}

    def log(self) -> str:
        """Return what it has printed."""
        return str(self._wrapped().logs().decode(errors="replace")) if self._container else ""

    def close(self) -> None:
        """End it and remove it with its volumes."""
        if self._container is not None:
            self._container.stop()
            self._container = None


@dataclass
class ExternalRunner:
    """A server that somebody else runs: it can be talked to, and a test that wants to break it is skipped."""

    variable: str

    def start(self) -> None:
        """Do nothing: it runs."""

    def stop(self) -> None:
        """Skip the test."""
        self._refuse()

    def kill(self) -> None:
        """Skip the test."""
        self._refuse()

    def pause(self) -> None:
        """Skip the test."""
        self._refuse()

    def resume(self) -> None:
        """Skip the test."""
        self._refuse()

    def running(self) -> bool:
        """Return True."""
        return True

    def log(self) -> str:
        """Return nothing."""
        return ""

    def close(self) -> None:
        """Leave it running."""

    def _refuse(self) -> NoReturn:
        pytest.skip(f"the server of {self.variable} is not ours to break")


def owner(pid: int) -> str:
    """Return the label value of containers started by process *pid* of this machine."""
    return f"{socket.gethostname()}/{pid}"
