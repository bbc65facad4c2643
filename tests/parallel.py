"""Tests side by side: `make test` deals out their files to several processes (pytest-xdist)."""

from __future__ import annotations

import os
from pathlib import Path

from stream.devstack import process

ROOT = Path(__file__).parents[1]
MOST = 6
EMPTIED = ("DESKPULSE_TEST_REDIS", "DESKPULSE_TEST_PROMETHEUS", "DESKPULSE_TEST_ALERTMANAGER")
"""The name of a server that a test has for itself: it empties it, or writes its configuration."""

LONGEST = (
    "tests/wallboard/test_browser.py",
    "tests/stream/test_pipeline_centre.py",
    "tests/aggregators/test_drilling_everything.py",
    "tests/stream/test_rebuild.py",
    "tests/stream/test_demo.py",
    "tests/stream/test_worker.py",
    "tests/stream/api/test_contract.py",
    "tests/test_alertmanager.py",
    "tests/test_product_equals_oracle.py",
    "tests/wallboard/test_live.py",
    "tests/stream/test_replay.py",
    "tests/test_centre.py",
    "tests/stream/test_cardinality.py",
    "tests/stream/api/test_links.py",
    "tests/stream/test_transactions.py",
    "tests/test_every_metric.py",
    "tests/stream/test_pipeline_real_day.py",
    "tests/stream/test_dead_letters.py",
    "tests/stream/backtesting/test_back_test.py",
    "tests/wallboard/test_trust_panel.py",
    "tests/wallboard/test_drill.py",
    "tests/wallboard/test_then.py",
    "tests/stream/api/test_pipeline_numbers.py",
    "tests/stream/test_reader.py",
    "tests/stream/test_compute.py",
    "tests/test_customers_by_force.py",
    "tests/wallboard/test_runbooks.py",
    "tests/stream/test_rebuild_told.py",
    "tests/stream/test_pipeline_smoke.py",
    "tests/aggregators/test_order.py",
    "tests/stream/test_bad_input.py",
    "tests/stream/test_devstack.py",
    "tests/stream/test_cli.py",
    "tests/stream/test_simulator.py",
    "tests/stream/test_check.py",
    "tests/aggregators/test_hindsight.py",
    "tests/test_resolution_by_force.py",
    "tests/stream/test_demo_history.py",
    "tests/test_readme.py",
)
"""The files that take longest, these first: the run is not to end with one of them alone. Measured on two cores."""


def processes() -> int:
    """Return how many share the tests: one more than there are processors, as much of it is waiting.

    0, so that pytest goes on alone, where there is but one server of a kind.
    """
    if any(os.environ.get(name) for name in EMPTIED):
        return 0
    return min(MOST, (os.cpu_count() or 1) + 1)


def place(file: Path) -> int:
    """Return when a test file's turn is: those with the same place are in their usual order."""
    name = file.relative_to(ROOT).as_posix()
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


def take_ports(number: int, *, of: int) -> None:
    """Let this process have ports that the others do not try: one it was given is free until its server listens."""
    first, last = process.FIRST_PORT, process.LAST_PORT
    share = (last - first) // of
    process.FIRST_PORT = first + number * share
    process.LAST_PORT = process.FIRST_PORT + share
