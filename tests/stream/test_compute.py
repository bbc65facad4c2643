"""The options of `deskpulse compute`, and what it prints; the numbers themselves are compared elsewhere."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from aggregators.catalogue import METRICS
from stream.printing import names
from tests.deskpulse import deskpulse, refused
from tests.promtool import promtool

if TYPE_CHECKING:
    from pathlib import Path

NOON, LATER = "2026-11-20T12:00:00Z", "2026-11-20T13:00:00Z"
WAITING = "support_tenant_waiting"
QUEUED = f'{{"id":"c-1-1","type":"chat.queued","at":"{NOON}","conversation":"c-1","queue":"billing"}}'


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an hour of a simulated centre."""
    file = tmp_path_factory.mktemp("compute") / "hour.jsonl"
    done = deskpulse("simulate", "--out", file, "--start", NOON, "--for", "1h", "--rate", "120")
    assert done.returncode == 0, done.stderr
    return file


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--as-of", NOON, "--from", NOON], "--from: goes with --every only"),
        (["--as-of", NOON, "--to", NOON], "--to: goes with --every only"),
        (["--as-applied", "--from", NOON], "--from: goes with --every only"),
        (["--as-applied", "--metric", WAITING], "--metric: does not go with --as-applied, which prints tables"),
        (["--as-applied", "--format", "csv"], "--format: does not go with --as-applied, which prints tables"),
        (["--every", "1h", "--from", LATER, "--to", NOON], f"--from: {LATER!r} is later than --to {NOON!r}"),
        (["--every", "1h", "--from", "5"], "--from: '5' is before 1990-01-01T00:00:00Z"),
        (["--every", "1h", "--to", "\N{SUPERSCRIPT TWO}"], "--to: '\N{SUPERSCRIPT TWO}' is not an instant"),
        (["--as-of", "--5"], "--as-of: '--5' is not an instant"),
        (["--as-of", "253402300799999"], "--as-of: '253402300799999' is after 9999-12-29"),
        (["--every", "0h"], "--every: '0h' is no time at all"),
        (["--every", "1h", "--format", "prom"], "--format: prom goes with --as-of only"),
        (["--as-of", NOON, "--every", "1h"], "compute: say one of --as-of, --every and --as-applied"),
        ([], "compute: say one of --as-of, --every and --as-applied"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_do_not_fit_are_named(arguments: list[str], line: str) -> None:
    """Exit code 2 and one line, before a file is looked at."""
    assert refused("compute", "nowhere.jsonl", *arguments).startswith(line)


@pytest.mark.parametrize(
    ("metric", "hint"),
    [
        ("waiting_past", "try support_queue_waiting_past_target, support_channel_waiting_past_target, support_tenant_"),
        ("support_tenant_oldest_wait_second_", "try support_tenant_oldest_wait_seconds"),
        ("zzz", "`deskpulse catalogue` lists them"),
    ],
)
def test_a_metric_that_there_is_not_is_named_with_what_is_close(metric: str, hint: str) -> None:
    """What begins no name is refused, before a file is looked at."""
    line = refused("compute", "nowhere.jsonl", "--as-of", NOON, "--metric", WAITING, "--metric", metric)

    assert line.startswith(f"--metric: no name of a metric begins with {metric!r} ({hint}")


def test_a_metric_that_is_not_counted_is_named_with_what_asks_for_it(hour: Path, tmp_path: Path) -> None:
    """Nothing printed would look as if nobody had handled anything; with the family asked for it is printed."""
    handled = "support_tenant_rolling_handled"
    line = refused("compute", "nowhere.jsonl", "--as-of", NOON, "--metric", handled)
    assert line.startswith(f"--metric: '{handled}' is counted where the definitions ask for it")
    assert line.endswith('families = ["work"])')

    file = tmp_path / "work.toml"
    file.write_text('families = ["work"]\n')
    done = deskpulse("compute", hour, "--as-of", LATER, "--metric", handled, DESKPULSE_DEFINITIONS=str(file))
    assert (done.returncode, f'{handled}{{tenant="default",window="1h"}}' in done.stdout) == (0, True)


def test_a_metric_may_be_named_by_its_beginning(hour: Path) -> None:
    """Every metric whose name begins so is printed, and no other."""
    done = deskpulse("compute", hour, "--every", "1h", "--metric", "support_tenant_waiting")

    rows = done.stdout.splitlines()[1:]
    assert {row.split(",")[1] for row in rows} == {WAITING, f"{WAITING}_past_target"}


def test_every_sample_of_a_scrape_has_a_name_that_is_known(hour: Path) -> None:
    """So no metric that has values is refused."""
    printed = deskpulse("compute", hour, "--as-of", LATER).stdout.splitlines()

    assert {line.partition("{")[0] for line in printed if not line.startswith("#")} <= set(names())


def test_blank_lines_are_no_records() -> None:
    """They are passed over, and counted as lines: what is wrong is found by its number in an editor."""
    text = f"\n{QUEUED}\r\n \t\n\r\n[]\n\n"

    done = deskpulse("compute", "-", "--as-of", LATER, "--metric", WAITING, stdin=text)

    assert done.returncode == 0
    assert f'{WAITING}{{tenant="default"}} 1\n' in done.stdout
    assert done.stderr == "1 line rejected\n  1 \u00d7 not_an_object, first in -:5\n"


def test_a_byte_order_mark_is_no_part_of_the_first_event() -> None:
    """Some editors begin every file with one; a mark anywhere else is no JSON."""
    text = f"\ufeff{QUEUED}\n\ufeff{QUEUED}\n"

    done = deskpulse("compute", "-", "--as-of", LATER, "--metric", WAITING, stdin=text)

    assert f'{WAITING}{{tenant="default"}} 1\n' in done.stdout
    assert done.stderr == "1 line rejected\n  1 \u00d7 invalid_json, first in -:2\n"


def test_seconds_are_no_milliseconds_and_that_is_said() -> None:
    """An epoch in seconds is an instant of January 1970."""
    text = QUEUED.replace(f'"{NOON}"', "1795176000")

    said = deskpulse("compute", "-", "--as-of", LATER, stdin=text).stderr.splitlines()

    assert said[1] == "  1 \u00d7 before_1990 (a number is an epoch in milliseconds), first in -:1"


def test_the_line_that_is_wrong_is_found_by_its_file(tmp_path: Path) -> None:
    """Lines are numbered from the beginning of each file."""
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text(QUEUED + "\n" + QUEUED + "\n")
    bad.write_text(QUEUED + "\n{\n[]\n")

    done = deskpulse("compute", good, bad, "--as-of", LATER, "--metric", WAITING)

    assert done.stderr.splitlines() == [
        "2 lines rejected",
        f"  1 \u00d7 invalid_json, first in {bad}:2",
        f"  1 \u00d7 not_an_object, first in {bad}:3",
    ]


def test_a_file_without_events_is_said_to_be_one(tmp_path: Path) -> None:
    """Nothing printed would look as if all were well."""
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")

    done = deskpulse("compute", empty, "--as-of", LATER)

    applied = deskpulse("compute", empty, "--as-applied")

    assert (done.returncode, done.stderr) == (0, f"there is no event in {empty}\n")
    assert (applied.returncode, applied.stdout, applied.stderr) == (0, "", f"there is no record in {empty}\n")


@pytest.mark.parametrize(("year", "step"), [("2999", "1h"), ("1990", "1d")])
def test_an_instant_that_is_wrong_makes_no_table_of_decades(tmp_path: Path, year: str, step: str) -> None:
    """The first and the last event are named; with --from and --to there are as many rows as asked for."""
    file = tmp_path / "day.jsonl"
    other = QUEUED.replace('"at":"2026', f'"at":"{year}').replace('"id":"', '"id":"odd-')
    file.write_text(f"{QUEUED}\n{other}\n")

    said = refused("compute", file, "--every", step)
    span = ("--from", "2026-11-20T00:00:00Z", "--to", "2026-11-21T00:00:00Z")
    done = deskpulse("compute", file, "--every", step, *span, "--metric", WAITING)

    assert re.fullmatch(r"--every: [0-9]+ times .*: say --from and --to, both, or mend the at that is wrong", said)
    assert f"{year}-" in said
    assert "(event 'odd-" in said
    assert done.returncode == 0


def test_what_is_no_export_is_named(tmp_path: Path) -> None:
    """With its line, its file and what it lacks."""
    log = tmp_path / "log.jsonl"
    log.write_text(QUEUED + "\n")

    done = deskpulse("compute", log, "--as-applied")

    assert done.returncode == 2
    assert done.stderr == f"line 1 of {log} is not a line of an export (it has no 'topic')\n"


def test_blank_lines_of_an_export_are_passed_over() -> None:
    """An export that went through an editor is still one."""
    row = '{"topic":"t","partition":0,"offset":4,"timestamp":1795176000000,"key":null,"value":null}'

    plain, spaced = (deskpulse("compute", "--as-applied", "-", stdin=text) for text in (row, f"\n{row}\n \n"))

    assert plain.stdout
    assert (spaced.returncode, spaced.stdout) == (0, plain.stdout)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--as-of", "2026-11-20T11:00:00Z"], "2026-11-20T11:00:00Z is before the first event, 2026-11-20T12:"),
        (["--as-of", "2026-11-29T00:00:00Z"], "2026-11-29T00:00:00Z is later than every window of the last event"),
        (
            ["--every", "1h", "--from", "2026-12-20T12:00:00Z", "--to", "2026-12-20T13:00:00Z"],
            "2026-12-20T12:00:00Z is",
        ),
        (["--every", "7h", "--from", LATER, "--to", LATER], "there is no multiple of 7h to print with --from 2026"),
        (["--every", "1h", "--from", "2026-12-20T12:00:00Z"], "there is no multiple of 1h to print with --from 2026"),
    ],
    ids=["before", "after", "range after", "no multiple", "from after"],
)
def test_an_instant_at_which_nothing_can_be_is_said_to_be_one(hour: Path, options: list[str], said: str) -> None:
    """An empty table would look as if nothing had happened."""
    done = deskpulse("compute", hour, *options)

    assert done.returncode == 0
    assert done.stderr.startswith(said)


def test_instants_within_the_events_are_not_talked_about(hour: Path) -> None:
    """Nothing on stderr where all is well."""
    assert deskpulse("compute", hour, "--as-of", LATER, "--metric", WAITING).stderr == ""


def test_exposition_text_says_what_each_metric_is(hour: Path) -> None:
    """HELP and TYPE stand once before the samples of each metric, and buckets in rising order."""
    done = deskpulse("compute", hour, "--as-of", LATER, "--format", "prom")

    lines = done.stdout.splitlines()
    helped = [line.split(maxsplit=3) for line in lines if line.startswith("# HELP ")]
    kinds = {metric.name("tenant"): metric for metric in METRICS}
    assert len({words[2] for words in helped}) == len(helped)
    for _, _, name, text in helped:
        if name in kinds:
            assert text == kinds[name].help
            assert lines[lines.index(f"# HELP {name} {text}") + 1] == f"# TYPE {name} {kinds[name].kind}"
    bounds = [
        float(line.partition('le="')[2].partition('"')[0])
        for line in lines
        if line.startswith("support_tenant_wait_seconds_bucket")
    ]
    assert len(bounds) > 5
    assert bounds == sorted(bounds)


def test_promtool_finds_nothing_to_say_about_exposition_text(hour: Path) -> None:
    """`promtool check metrics`, as of a live scrape."""
    promtool("--version")
    text = deskpulse("compute", hour, "--as-of", LATER, "--format", "prom").stdout

    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
