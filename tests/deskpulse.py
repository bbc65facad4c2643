"""`deskpulse` as somebody types it, in an environment without settings of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from stream.settings import PREFIX

ROOT = Path(__file__).parents[1]


def deskpulse(*arguments: str | Path, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command with these variables and no other setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.run(
        [sys.executable, "-m", "stream.cli", *map(str, arguments)], cwd=ROOT, env={**kept, **variables}, input=stdin,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def refused(*arguments: str | Path, stdin: str = "", **variables: str) -> str:
    """Return the one line with which a command ends that prints nothing, exit code 2."""
    done = deskpulse(*arguments, stdin=stdin, **variables)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line
