"""`for` and `keep_firing_for` of a back-test are Prometheus' own."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from stream.backtesting.firing import Firing, Page
from tests.promtool import promtool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

STEP_MS = 15_000
A, B = (("queue", "a"),), (("queue", "b"),)
SPANS_S = (0, 10, 15, 20, 30, 45, 60)
SERIES, STEPS = 12, 40


def pages(yielded: str, *, hold_s: int, keep_s: int) -> list[tuple[int, int, int | None]]:
    """Return (pending, fired, until) in steps of 15 s, where *yielded* has an `x` for a step that yields A."""
    firing = Firing(hold_ms=hold_s * 1000, keep_ms=keep_s * 1000)
    for step, mark in enumerate(yielded):
        firing.evaluate(step * STEP_MS, [A] if mark == "x" else [])
    return [
        (
            page.pending_ms // STEP_MS,
            page.fired_ms // STEP_MS,
            None if page.until_ms is None else page.until_ms // STEP_MS,
        )
        for page in firing.pages()
    ]


def test_without_for_it_fires_at_once_and_ends_at_the_first_miss() -> None:
    """Yielded at the steps 1 and 2: fires from 1 to 3."""
    assert pages(".xx..", hold_s=0, keep_s=0) == [(1, 1, 3)]


def test_it_fires_once_it_has_held_for_its_time() -> None:
    """Pending at 1; 30 s are over at 3, with a `for` of 20 s at 3 too, since nothing is evaluated between 2 and 3."""
    assert pages(".xxx.", hold_s=30, keep_s=0) == [(1, 3, 4)]
    assert pages(".xxx.", hold_s=20, keep_s=0) == [(1, 3, 4)]
    assert pages(".xx..", hold_s=30, keep_s=0) == []


def test_one_miss_while_pending_begins_anew() -> None:
    """Pending at 0, missed at 2, pending at 3; 30 s later is 5."""
    assert pages("xx.xxx.", hold_s=30, keep_s=0) == [(3, 5, 6)]


def test_it_keeps_firing_from_the_first_miss_on() -> None:
    """Missed first at 2, 30 s later is 4. What comes back before goes on; the time then begins anew, at 4."""
    assert pages("xx.....", hold_s=0, keep_s=30) == [(0, 0, 4)]
    assert pages("xx.x....", hold_s=0, keep_s=30) == [(0, 0, 6)]


def test_keeping_is_for_what_has_fired_only() -> None:
    """A pending one that is missed is forgotten, however long it would keep firing."""
    assert pages("x.x.x.", hold_s=15, keep_s=60) == []


def test_after_it_was_resolved_it_has_to_hold_again() -> None:
    """The second time has its own `for`, from 3 on."""
    assert pages("xx.xx.", hold_s=15, keep_s=0) == [(0, 1, 2), (3, 4, 5)]


def test_what_fires_at_the_end_has_no_end() -> None:
    """Neither has what still keeps firing there."""
    assert pages(".xx", hold_s=0, keep_s=0) == [(1, 1, None)]
    assert pages(".xx.", hold_s=0, keep_s=30) == [(1, 1, None)]


def test_each_label_set_fires_for_itself() -> None:
    """A from 0 to 2, B from 1 on."""
    firing = Firing(hold_ms=0, keep_ms=0)
    for at, yielded in enumerate(([A], [A, B], [B])):
        firing.evaluate(at, yielded)

    assert firing.pages() == [Page(A, 0, 0, 2), Page(B, 1, 1, None)]


@given(st.lists(st.booleans(), max_size=30), st.sampled_from(SPANS_S), st.sampled_from(SPANS_S))
def test_pages_do_not_overlap_and_each_has_held(yielded: list[bool], hold_s: int, keep_s: int) -> None:
    """From pending to firing every step yields it; it ends where nothing has been yielded for the keeping time."""
    text = "".join("x" if each else "." for each in yielded)
    end = -1
    for pending, fired, until in pages(text, hold_s=hold_s, keep_s=keep_s):
        assert pending >= end
        assert set(text[pending : fired + 1]) == {"x"}
        assert (fired - pending) * 15 >= hold_s > (fired - pending - 1) * 15
        end = len(text) if until is None else until
        if until is not None:
            assert set(text[until - -(-keep_s // 15) : until + 1]) == {"."}


def _cases() -> tuple[list[list[bool]], list[dict[str, Any]]]:
    """Return when each series is there, seeded, in runs of several lengths; and rules of every pair of spans."""
    dice = random.Random(6)
    lines = []
    for _ in range(SERIES):
        line: list[bool] = []
        while len(line) < STEPS:
            line += [bool(len(line) % 2) ^ dice.choice((True, False))] * dice.randint(1, 7)
        lines.append(line[:STEPS])
    rules = [
        {"alert": f"For{hold}Keep{keep}", "expr": "there", "for": f"{hold}s", "keep_firing_for": f"{keep}s"}
        for hold in SPANS_S
        for keep in SPANS_S
    ]
    return lines, rules


def _expected(lines: Sequence[Sequence[bool]], hold_s: int, keep_s: int) -> list[set[int]]:
    """Return the numbers of the series for which the back-test has the alert firing, step by step."""
    firing = Firing(hold_ms=hold_s * 1000, keep_ms=keep_s * 1000)
    for step in range(STEPS):
        firing.evaluate(step * STEP_MS, [(("n", str(n)),) for n, line in enumerate(lines) if line[step]])
    found: list[set[int]] = [set() for _ in range(STEPS)]
    for page in firing.pages():
        last = STEPS if page.until_ms is None else page.until_ms // STEP_MS
        for step in range(page.fired_ms // STEP_MS, last):
            found[step].add(int(page.labels[0][1]))
    return found


def _test_file(lines: Sequence[Sequence[bool]], rules: Iterable[dict[str, Any]], *, off_by: int = 0) -> str:
    """Return a file for promtool that expects of every rule, step by step, what the back-test says."""
    cases = [
        {
            "expr": f'count(ALERTS{{alertname="{rule["alert"]}",alertstate="firing"}}) or vector(0)',
            "eval_time": f"{15 * step}s",
            "exp_samples": [{"value": len(firing) + off_by, "labels": "{}"}],
        }
        for rule in rules
        for step, firing in enumerate(
            _expected(lines, int(rule["for"].rstrip("s")), int(rule["keep_firing_for"].rstrip("s")))
        )
    ]
    series = [
        {"series": f'there{{n="{n}"}}', "values": " ".join("1" if each else "stale" for each in line)}
        for n, line in enumerate(lines)
    ]
    test = {"interval": "15s", "input_series": series, "promql_expr_test": cases}
    return json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": [test]})


def test_it_is_what_prometheus_itself_says(tmp_path: Path) -> None:
    """12 series that come and go, 49 pairs of `for` and keep_firing_for, at each of 40 evaluations: as promtool has it.

    The same file with every number one too great is refused, so that it is known to be read.
    """
    lines, rules = _cases()
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    (tmp_path / "same.yml").write_text(_test_file(lines, rules))
    (tmp_path / "other.yml").write_text(_test_file(lines, rules[:1], off_by=1))

    done = promtool("test", "rules", "same.yml", folder=tmp_path)

    assert done.returncode == 0, done.stdout[:2000]
    assert promtool("test", "rules", "other.yml", folder=tmp_path).returncode == 1
