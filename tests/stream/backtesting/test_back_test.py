"""`deskpulse backtest` on small histories whose firings are worked out by hand, with a real Prometheus."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from stream.backtesting.report import PER_SERIES
from tests.deskpulse import deskpulse, refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DAY = "2026-11-20"
pytestmark = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")), reason="no prometheus on PATH (Debian's package)"
)


def event(number: int, kind: str, clock: str, **fields: Any) -> str:
    """Return a line about the conversation *number*, in the queue billing."""
    line = {
        "id": f"{kind}-{number}-{clock}",
        "type": f"chat.{kind}",
        "at": f"{DAY}T{clock}Z",
        "conversation": str(number),
    }
    return json.dumps({**line, "queue": "billing", **fields})


def written(path: Path, lines: Iterable[str]) -> Path:
    """Write lines, return where."""
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def rules_of(path: Path, *rules: dict[str, Any], **group: Any) -> Path:
    """Write a file of rules."""
    path.write_text(json.dumps({"groups": [{"name": "all", "rules": list(rules), **group}]}))
    return path


def found(*arguments: str | Path, **variables: str) -> dict[str, Any]:
    """Run a back-test, return its JSON."""
    done = deskpulse("backtest", *arguments, "--format", "json", **variables)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def times(said: dict[str, Any], number: int = 0) -> list[tuple[str, str | None]]:
    """Return from when to when an alert of the report fired."""
    return [
        (_clock(page["fired"]), page["until"] and _clock(page["until"])) for page in said["alerts"][number]["firings"]
    ]


def _clock(instant: str) -> str:
    return instant.removeprefix(f"{DAY}T").removesuffix("Z")


@pytest.fixture
def morning(tmp_path: Path) -> Path:
    """Three wait from 10:00:05, 10:00:10 and 10:00:20 on, all served at 10:02:05, and one from 10:04 to 10:05."""
    lines = [event(n, "queued", f"10:00:{s:02}") for n, s in ((1, 5), (2, 10), (3, 20))]
    lines += [event(n, "accepted", "10:02:05", agent="kim") for n in (1, 2, 3)]
    lines += [event(4, "queued", "10:04:00"), event(4, "accepted", "10:05:00", agent="kim")]
    return written(tmp_path / "morning.jsonl", lines)


def test_when_it_would_have_fired(morning: Path, tmp_path: Path) -> None:
    """Three wait at 10:00:30, the first evaluation after 10:00:20; 30 s later it fires.

    At 10:02:15 nobody waits any more: 10:02:05 is no evaluation.
    """
    rules = rules_of(
        tmp_path / "r.yml",
        {"alert": "Three", "expr": "support_queue_waiting >= 3", "for": "30s", "labels": {"severity": "critical"}},
    )

    said = found(rules, morning)

    assert times(said) == [("10:01:00", "10:02:15")]
    (page,) = said["alerts"][0]["firings"]
    assert page["pending"] == f"{DAY}T10:00:30Z"
    assert page["labels"] == {
        "channel": "chat", "instance": "backtest", "job": "deskpulse", "queue": "billing", "severity": "critical",
        "tenant": "default",
    }  # fmt: skip
    assert said["alerts"][0]["seconds"] == 75
    assert (said["from"], said["to"]) == (f"{DAY}T10:00:15Z", f"{DAY}T10:05:15Z")


def test_a_value_that_has_gone_is_gone_at_the_next_evaluation(morning: Path, tmp_path: Path) -> None:
    """Nobody waits at 10:02:15, so there is no oldest wait: not the one of 10:02:00 for five minutes more.

    At 10:01:15 the oldest has waited 70 s; the one of 10:04 waits 60 s, not more.
    """
    rules = rules_of(tmp_path / "r.yml", {"alert": "Old", "expr": "support_queue_oldest_wait_seconds > 60"})

    assert times(found(rules, morning)) == [("10:01:15", "10:02:15")]


def test_recorded_rules_are_evaluated_first_in_their_order(morning: Path, tmp_path: Path) -> None:
    """What is recorded from what is recorded: twice the greatest of three waiting is 6, from 10:00:30 on."""
    rules = rules_of(
        tmp_path / "r.yml",
        {"record": "a:double", "expr": "2 * b:waiting:max", "labels": {"kind": "x"}},
        {"record": "b:waiting:max", "expr": "max without (instance) (support_queue_waiting)"},
        {"alert": "Six", "expr": 'a:double{kind="x"} > 5', "labels": {"who": "{{ $labels.queue }}"}},
    )

    said = found(rules, morning)

    assert times(said) == [("10:00:30", "10:02:15")]
    assert said["alerts"][0]["firings"][0]["labels"]["who"] == "billing"


def test_rules_of_one_name_are_told_apart_by_their_labels(morning: Path, tmp_path: Path) -> None:
    """Three wait at 10:00:30; with those of 15 s before, of which there are two, they are five, later six.

    At 10:02:15 nobody waits, but three did 15 s before; at 10:02:30 that is over.
    """
    now = {"record": "queue:waiting:sum", "expr": "support_queue_waiting", "labels": {"window": "now"}}
    both = {
        "record": "queue:waiting:sum",
        "expr": 'queue:waiting:sum{window="now"} + queue:waiting:sum{window="now"} offset 15s',
        "labels": {"window": "both"},
    }
    alerts = [{"alert": f"Over{n}", "expr": f'queue:waiting:sum{{window="both"}} > {n}'} for n in (2, 4)]
    rules = rules_of(tmp_path / "r.yml", both, now, *alerts)

    said = found(rules, morning)

    assert times(said) == [("10:00:30", "10:02:30")]
    assert times(said, 1) == [("10:00:30", "10:02:15")]


def test_ranges_offsets_and_the_time_are_those_of_the_evaluation(morning: Path, tmp_path: Path) -> None:
    """With --from, what a range looks back to is there: three waited within the two minutes before 10:03:00.

    The last sample with three is of 10:02:00, which the range of 10:04:00 still has (up to Prometheus 2.x, whose ranges
    are closed at both ends) or has no more. 10:04 by the clock is 36,240 s into the day.
    """
    rules = rules_of(
        tmp_path / "r.yml",
        {"alert": "Lately", "expr": "max_over_time(support_queue_waiting[119s]) >= 3"},
        {"alert": "After", "expr": "vector(time()) % 86400 >= 36240 and on () support_queue_waiting"},
    )

    said = found(rules, morning, "--from", f"{DAY}T10:03:00Z", "--to", f"{DAY}T10:04:30Z")

    assert times(said) == [("10:03:00", "10:04:00")]
    assert times(said, 1) == [("10:04:00", None)]
    assert said["to"] == f"{DAY}T10:04:30Z"


def test_keep_firing_for_and_the_interval_of_a_group(morning: Path, tmp_path: Path) -> None:
    """Evaluated each minute: three wait at 10:01 and 10:02, at 10:03 first nobody; a minute later it ends."""
    rules = rules_of(
        tmp_path / "r.yml",
        {"alert": "Three", "expr": "support_queue_waiting >= 3", "keep_firing_for": "1m"},
        interval="1m",
    )

    assert times(found(rules, morning)) == [("10:01:00", "10:04:00")]


def test_what_a_rule_can_do_without_is_named_once_and_not_beside_it(morning: Path, tmp_path: Path) -> None:
    """Two rules spare closed queues, of which there are none."""
    rules = rules_of(
        tmp_path / "r.yml",
        {"alert": "Five", "expr": "support_queue_waiting >= 5 unless on (queue) support_queue_open == 0"},
        {"alert": "Nine", "expr": "support_queue_waiting >= 9 unless on (queue) support_queue_open == 0"},
    )

    done = deskpulse("backtest", rules, morning)

    said = [line.strip() for line in done.stdout.splitlines()]
    assert "Nine would not have fired" in said
    assert [line for line in said if "support_queue_open" in line] == [
        "without data, and not needed: support_queue_open (nothing of it in these events)"
    ]


def test_a_selection_of_windows_is_computed_as_with_all_of_them(morning: Path, tmp_path: Path) -> None:
    """3 answered within 5m from 10:02:15 on, until the pane of 10:02:00 to 10:02:10 leaves the five minutes.

    That is the first multiple of 15 s at which a window cut to panes of 10 s begins at 10:02:10 or later: 10:07:15.
    """
    rules = rules_of(
        tmp_path / "r.yml", {"alert": "Served", "expr": 'support_queue_rolling_answered{window="5m"} == 3'},
        {"alert": "Any", "expr": 'support_queue_rolling_answered{window=~"5m"} >= 3'},
    )  # fmt: skip

    said = found(rules, morning, "--to", f"{DAY}T10:09:00Z")

    # At 10:05:15 the fourth is answered too; from 10:07:15 on only that one counts.
    assert times(said) == [("10:02:15", "10:05:15")]
    assert times(said, 1) == [("10:02:15", "10:07:15")]


def test_what_never_had_data_is_said_with_what_asks_for_it(morning: Path, tmp_path: Path) -> None:
    """Nobody handled anything, as far as these definitions count."""
    rules = rules_of(tmp_path / "r.yml", {"alert": "Handled", "expr": 'support_queue_rolling_handled{window="5m"} > 0'})

    done = deskpulse("backtest", rules, morning)

    assert done.returncode == 0, done.stderr
    assert "Handled was not tested: it never had data: support_queue_rolling_handled (" in done.stdout
    assert "would not have fired" not in done.stdout
    assert 'families = ["work"]' in done.stdout


def test_a_metric_that_only_takes_away_does_not_leave_a_rule_untested(morning: Path, tmp_path: Path) -> None:
    """No queue has a calendar, so that none is ever shut: of five who wait it would have told all the same.

    Whether more come than usual cannot be said of one morning, and what is recorded of it is not there either.
    """
    rules = rules_of(
        tmp_path / "r.yml",
        {"alert": "Five", "expr": "support_queue_waiting >= 5 unless on (queue) support_queue_open == 0"},
        {"record": "jump", "expr": 'support_queue_rolling_queued_jump{window="1h"} == 1'},
        {"alert": "More", "expr": "support_queue_waiting >= 1 and on (queue) jump"},
    )

    said = {each["alert"]: each for each in found(rules, morning)["alerts"]}

    assert {name: (each["times"], each["tested"]) for name, each in said.items()} == {
        "Five": (0, True),
        "More": (0, False),
    }
    asked = tmp_path / "definitions.toml"
    asked.write_text('families = ["baselines"]\n')
    told = deskpulse("backtest", rules, morning, "--alert", "More", DESKPULSE_DEFINITIONS=str(asked)).stdout
    assert "More was not tested" in told
    assert "fewer than three of the twelve weeks before" in told


def test_the_table_says_it_in_a_sentence(morning: Path, tmp_path: Path) -> None:
    """Once for one alert, twice for the other: 120 s and 60 s."""
    rules = rules_of(
        tmp_path / "r.yml",
        {"alert": "Three", "expr": "support_queue_waiting >= 3", "labels": {"severity": "critical"}},
        {"alert": "One", "expr": "support_queue_waiting >= 1"},
        {"alert": "Stale", "expr": "time() - deskpulse_as_of_timestamp_seconds > 60"},
    )

    lines = deskpulse("backtest", rules, morning).stdout.splitlines()

    assert "2026-11-20 10:00:30  2026-11-20 10:02:15  105 s  Three  channel=chat queue=billing tenant=default" in [
        line.rstrip() for line in lines
    ]
    assert "  Three would have fired once, for 105 s" in lines
    # One: 10:00:15 to 10:02:15 and 10:04:15 to 10:05:15, for the one served at 10:05:00 is gone only after 10:05:00.
    assert "  One would have fired 2 times, 3 min altogether, longest 2 min" in lines
    assert "  left out, for a replay has no pipeline: Stale" in lines
    assert f"  {PER_SERIES}" in lines


def test_as_csv_there_is_a_line_for_each_time(morning: Path, tmp_path: Path) -> None:
    """With the head."""
    rules = rules_of(tmp_path / "r.yml", {"alert": "Three", "expr": "support_queue_waiting >= 3"})

    done = deskpulse("backtest", rules, morning, "--format", "csv")

    assert done.stdout.splitlines() == [
        "alert,severity,labels,pending,fired,until,seconds",
        f"Three,,channel=chat queue=billing tenant=default,{DAY}T10:00:30Z,{DAY}T10:00:30Z,{DAY}T10:02:15Z,105",
    ]


def test_only_the_alerts_asked_for(morning: Path, tmp_path: Path) -> None:
    """By name, one of the pipeline too: the numbers of a replay are never late."""
    rules = rules_of(
        tmp_path / "r.yml",
        {"alert": "Three", "expr": "support_queue_waiting >= 3"},
        {"alert": "Stale", "expr": "time() - deskpulse_as_of_timestamp_seconds > 0", "labels": {"team": "platform"}},
    )

    said = found(rules, morning, "--alert", "Stale")

    assert [(each["alert"], each["times"]) for each in said["alerts"]] == [("Stale", 0)]
    assert said["alerts"][0]["never_had_data"] == []


def test_what_is_wrong_with_a_rule_is_said_with_its_place(morning: Path, tmp_path: Path) -> None:
    """The line of what is no rule, the rule of what is no PromQL, the file that is not there."""
    no_rule = tmp_path / "no_rule.yml"
    no_rule.write_text("groups:\n  - name: g\n    rules:\n      - alert: A\n        exprr: up\n")
    no_promql = rules_of(tmp_path / "no_promql.yml", {"alert": "Odd", "expr": "up > > 1"})

    assert "line 5: field exprr not found" in refused("backtest", no_rule, morning)
    assert '"Odd": could not parse expression' in refused("backtest", no_promql, morning)
    assert "nowhere.yml' does not exist" in refused("backtest", "nowhere.yml", morning)


def test_a_rule_that_fails_over_the_history_is_named(morning: Path, tmp_path: Path) -> None:
    """Prometheus would log it at each evaluation; here it ends the back-test."""
    lines = [*morning.read_text().splitlines(), event(5, "queued", "10:01:00", queue="sales")]
    rules = rules_of(
        tmp_path / "r.yml",
        {"alert": "Many", "expr": "support_queue_waiting > on (tenant) support_queue_oldest_wait_seconds"},
    )
    line = refused("backtest", rules, written(tmp_path / "two.jsonl", lines))

    assert line.startswith("Many: ")
    assert "many-to-many" in line or "duplicate series" in line


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--interval", "soon"], "--interval: 'soon' is not a duration"),
        (["--interval", "2h"], "--interval: '2h' is longer than an hour"),
        (["--format", "xml"], "--format: 'xml' is not one of table, json, csv"),
        (["--from", "later"], "--from: 'later' is not an instant"),
        (["--from", f"{DAY}T11:00:00Z", "--to", f"{DAY}T10:00:00Z"], f"--from: '{DAY}T11:00:00Z' is later than --to"),
        (["--from", f"{DAY}T11:00:00Z"], "backtest: nothing is evaluated from 2026-11-20T11:00:00Z"),
        (["--alert", "Tree"], "--alert: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_do_not_fit_are_named(arguments: list[str], line: str, morning: Path, tmp_path: Path) -> None:
    """Exit code 2 and one line."""
    rules = rules_of(tmp_path / "r.yml", {"alert": "Three", "expr": "support_queue_waiting >= 3"})

    assert refused("backtest", rules, morning, *arguments).startswith(line)


def test_files_without_an_event_are_named(tmp_path: Path) -> None:
    """An empty one, and one that is something else."""
    rules = rules_of(tmp_path / "r.yml", {"alert": "Three", "expr": "support_queue_waiting >= 3"})
    empty, other = written(tmp_path / "empty.jsonl", []), written(tmp_path / "other.jsonl", ["hello"])

    assert refused("backtest", rules, empty) == f"backtest: there is no event in {empty}"
    done = deskpulse("backtest", rules, other)
    assert done.returncode == 2
    assert done.stderr.endswith(f"backtest: no line of {other} is an event\n")


def test_rules_that_leave_nothing_to_test_are_named(morning: Path, tmp_path: Path) -> None:
    """None at all, recorded ones only from themselves, and nothing but the pipeline."""
    none = rules_of(tmp_path / "none.yml", {"record": "a:b", "expr": "support_queue_waiting"})
    itself = rules_of(tmp_path / "itself.yml", {"record": "a:b", "expr": "a:b + 1"}, {"alert": "Ab", "expr": "a:b > 1"})
    pipeline = rules_of(tmp_path / "pipeline.yml", {"alert": "Dog", "expr": "vector(1)"})

    assert refused("backtest", none, morning) == f"{none}: there is no alert in it"
    assert refused("backtest", itself, morning).startswith("a:b: it is recorded from itself")
    assert refused("backtest", pipeline, morning).startswith(f"{pipeline}: its alerts are on the pipeline")


def test_without_prometheus_it_says_where_to_get_one(morning: Path, tmp_path: Path) -> None:
    """The package, and the place for everybody else."""
    rules = rules_of(tmp_path / "r.yml", {"alert": "Three", "expr": "support_queue_waiting >= 3"})

    line = refused("backtest", rules, morning, PATH=str(tmp_path))

    assert line.startswith("backtest: no prometheus on PATH: install it (Debian and Ubuntu: apt install prometheus;")
