"""The picture of the README: the wallboard of the demo, as a browser shows it. `make picture` makes it anew.

python -m tests.wallboard.picture FILE.png [SECONDS]: so long after its first numbers, when a queue has gone wrong.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.wallboard.browsing import chromium, page

ROOT = Path(__file__).parents[2]
AFTER_S = 60.0
MOST_BYTES = 400_000


def main(file: Path, *, after_s: float) -> None:
    """Run the demo, wait until it has something to show, and write what it shows to *file*."""
    command = [sys.executable, "-m", "stream.cli", "demo", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as demo:
        try:
            address = _address(demo)
            with chromium() as browser, page(browser, f"{address}?theme=dark&lang=en-GB") as board:
                time.sleep(after_s)
                file.parent.mkdir(parents=True, exist_ok=True)
                board.screenshot(path=file)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.communicate()
    size = file.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{file} has {size:,} bytes, and {MOST_BYTES:,} at most are wanted")


def _address(demo: subprocess.Popen[str]) -> str:
    if demo.stdout:
        for line in demo.stdout:
            if found := re.search(r"wallboard\s+(http://\S+)", line):
                return found[1]
    sys.exit("the demo ended before it had numbers")


if __name__ == "__main__":
    main(Path(sys.argv[1]), after_s=float(sys.argv[2]) if len(sys.argv) > 2 else AFTER_S)
