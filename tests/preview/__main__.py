"""`python -m tests.preview FOLDER [SECONDS]`: the demo, a Prometheus that scrapes it, a picture of each dashboard."""

from __future__ import annotations

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests import services
from tests.boards import boards
from tests.eventually import eventually
from tests.preview.answers import INTERVAL, Answers
from tests.preview.drawing import WIDTH, page
from tests.servers.prometheus import shipped
from tests.stream.test_demo import demo
from tests.wallboard.browsing import chromium

AFTER_S = 240.0


def main(folder: Path, *, after_s: float) -> None:
    """Run the demo for a while, and write what its dashboards look like."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, demo(Path(temporary), "--for", "30m") as running:
        address = running.until(r"Prometheus\s+http://(\S+)/metrics")
        running.drain()
        with (
            services.running(partial(services.find_prometheus, **shipped(address))) as prometheus,
            chromium() as browser,
        ):
            eventually(lambda: prometheus.query("deskpulse_ready == 1"), within_s=60)
            began_s = time.time()
            time.sleep(after_s)
            busiest = max(prometheus.query("support_queue_waiting"), key=lambda sample: sample.value).labels
            at_s = time.time()
            for name, board in boards().items():
                one = {key: busiest[key] for key in ("channel", "queue")} if name == "queue" else {}
                chosen = {"tenant": "default", "channel": ".+", "queue": ".+", "window": "30m", **one}
                answers = Answers(prometheus, chosen | {"__rate_interval": INTERVAL}, at_s, at_s - began_s)
                with browser.new_context(viewport={"width": WIDTH, "height": 900}) as context:
                    opened = context.new_page()
                    opened.set_content(page(board, answers))
                    opened.screenshot(path=folder / f"{name}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), after_s=float(sys.argv[2]) if len(sys.argv) > 2 else AFTER_S)
