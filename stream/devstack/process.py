"""Servers as child processes that never outlive this one, and ports for them."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FIRST_PORT, LAST_PORT = 20_000, 32_000

# Linux counts the *thread* that forked as the parent. This one lives as long as the interpreter, so that a server
# started from a short-lived thread does not die with it.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="deskpulse-spawn")

# The new process asks to be killed with its parent, then becomes the server. A preexec_fn would run Python between
# fork and exec, beside librdkafka's threads.
_TRAMPOLINE = """
import ctypes, os, sys
parent = int(sys.argv[1])
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != parent:
    os._exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""


def spawn(
    command: Sequence[str | Path], *, folder: Path, log: Path, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start *command* in *folder* with both outputs appended to *log*; on Linux it is killed when this process ends.

    It has a session of its own: Ctrl-C reaches this process only, which ends its servers in the right order.
    Raises FileNotFoundError if *folder* is missing; a command that is missing exits with a traceback in *log*.
    """
    return _spawner.submit(_spawn, [str(part) for part in command], folder, log, env).result()


def _spawn(command: Sequence[str], folder: Path, log: Path, env: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    start = [sys.executable, "-I", "-S", "-c", _TRAMPOLINE, str(os.getpid()), *command]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the caller's own command
            start,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(child: subprocess.Popen[bytes], *, patience_s: float = 10) -> None:
    """Ask *child* to end, kill it after *patience_s*; return when it is gone. Fine if it ended before."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(patience_s)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on, below the range that outgoing connections use.

    A server that comes back later finds its port free: no client was given it meanwhile, and no client that retries
    can connect to itself.
    """
    for _ in range(1_000):
        port = random.randrange(FIRST_PORT, LAST_PORT)  # noqa: S311 - no secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    message = f"no free port between {FIRST_PORT} and {LAST_PORT}"
    raise OSError(message)
