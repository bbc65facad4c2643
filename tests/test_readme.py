"""The README and the pages of docs/ do what they say: commands run, names exist, links lead somewhere."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import typer

from aggregators.catalogue import METRICS
from aggregators.events import REASONS, Event
from aggregators.pipeline_metrics import PIPELINE
from aggregators.vocabulary import COMMON, NAMES, TYPES
from stream.cli import app
from stream.decoding import decode_record
from stream.devstack.process import free_port
from stream.settings import PREFIX, Settings
from stream.settings_table import renewed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests import services

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md")), *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
BLOCK = re.compile(r"^(?:<!-- ([^\n]+) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN_S = 120
EXPOSED_AS = re.compile(r"_(bucket|count|sum)$")
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


class Block(NamedTuple):
    """A fenced block: the words of the comment right above it, its language, its text."""

    mark: str
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    return [Block(*found) for found in BLOCK.findall(page.read_text(encoding="utf-8"))]


def marked(mark: str) -> list[Block]:
    """Return the README's blocks whose mark begins with *mark*."""
    return [block for block in blocks(README) if block.mark == mark or block.mark.startswith(f"{mark}:")]


def shell(folder: Path, **variables: str) -> Mapping[str, str]:
    """Return the environment of somebody who has activated `.venv` and set nothing of ours but *variables*."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder), **variables}


def test_what_the_readme_marks_as_runnable_runs(tmp_path: Path) -> None:
    """In order, in an empty folder with the files it shows; what it shows as output is the output."""
    for block in marked("file"):
        (tmp_path / block.mark.partition(": ")[2]).write_text(block.text, encoding="utf-8")
    steps = [block for block in blocks(README) if block.mark in ("runnable", "output")]
    printed = ""

    assert len(steps) > 2
    for block in steps:
        if block.mark == "output":
            assert printed == block.text
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text],
            cwd=tmp_path, env=shell(tmp_path), capture_output=True, text=True, timeout=RUN_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (block.text, done.stderr)
        printed = done.stdout


@pytest.mark.services_smoke
def test_what_the_readme_runs_on_real_servers_runs(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Addresses, topics and port are this test's; after the last line `serve` is ready and has numbers."""
    [block] = marked("runnable with Kafka and Redis")
    port = free_port()
    text = block.text.replace("127.0.0.1:9092", kafka.address).replace("redis://127.0.0.1:6379/0", empty_redis.url)
    topics = {f"{PREFIX}TOPICS_{kind}": f"readme-{port}-{kind.lower()}" for kind in ("CHAT", "TICKET", "AGENT")}
    ours = {**topics, f"{PREFIX}TOPICS_DEADLETTER": f"readme-{port}", f"{PREFIX}GROUP": f"readme-{port}"}
    env = shell(tmp_path, **ours, DESKPULSE_LISTEN=f"127.0.0.1:{port}")
    # As an interactive shell does, bash stays until what it has put into the background has ended.
    command = ["bash", "-eu", "-c", f"trap wait TERM\n{text}\nwait"]

    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log, start_new_session=True) as script,
    ):
        try:
            page = _numbers(f"http://127.0.0.1:{port}", until_s=time.monotonic() + RUN_S, script=script)
        finally:
            os.killpg(script.pid, signal.SIGTERM)

    assert "\nsupport_tenant_rolling_answered{" in page, (tmp_path / "log").read_text()


def _numbers(address: str, *, until_s: float, script: subprocess.Popen[bytes]) -> str:
    """Return /metrics once /ready says so; what there is when the time is over, or the script has ended."""
    page = ""
    while time.monotonic() < until_s and script.poll() is None:
        try:
            _get(f"{address}/ready")
            page = _get(f"{address}/metrics")
            if "support_tenant_rolling_answered{" in page:
                break
        except (URLError, OSError):
            pass
        time.sleep(0.5)
    return page


def _get(url: str) -> str:
    with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
        text: bytes = answer.read()
    return text.decode()


def test_every_example_of_an_event_is_one() -> None:
    """Each line of JSON in the README, and the event that stands in docs/events.md."""
    lines = [line for block in blocks(README) if block.language == "json" for line in block.text.splitlines()]
    [shown] = [block.text for block in blocks(ROOT / "docs" / "events.md") if block.language == "json"]

    for line in [*lines, shown]:
        assert isinstance(decode_record(line.encode()), Event), line
    assert {"chat", "ticket", "survey", "source"} <= {line.split('"type": "')[1].partition(".")[0] for line in lines}


def test_the_table_of_settings_is_the_one_of_today() -> None:
    """`python -m stream.settings_table docs/operations.md` would change nothing."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    assert page == renewed(page)


def test_a_page_without_marks_is_not_renewed() -> None:
    """The table goes where its marks are, and nowhere else."""
    with pytest.raises(ValueError, match="there is no"):
        renewed("a page")


def test_the_page_of_events_has_every_type_with_its_fields() -> None:
    """Own fields by name, the required ones bold; common ones only where the type requires them."""
    rows = {}
    for line in (ROOT / "docs" / "events.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for name in re.findall(r"`([\w.]+)`", cells[0]):
            if name in TYPES and line.startswith("|"):
                rows[name] = (set(re.findall(r"`(\w+)`", cells[1])), set(re.findall(r"\*\*`(\w+)`\*\*", cells[1])))

    assert rows.keys() == TYPES.keys()
    for name, kind in TYPES.items():
        required = {NAMES[code] for code in kind.required} | ({"source"} if name == "source.heartbeat" else set())
        assert rows[name] == ({*kind.fields} - {*COMMON} | required, required), name


def test_the_page_of_events_has_every_common_field_and_every_reason() -> None:
    """Fields that any event may have; reasons for which a record is rejected."""
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")

    assert [name for name in (*COMMON, "id", "type", "at", "conversation", "source") if f"`{name}`" not in page] == []
    assert [reason for reason in REASONS if f"| `{reason}` |" not in page] == []


@pages
def test_names_on_a_page_exist(page: Path) -> None:
    """Metrics, alerts, settings, commands and targets of make; names that end in … or _ stand for several."""
    text = page.read_text(encoding="utf-8")
    rules = (ROOT / "deploy" / "prometheus" / "deskpulse.rules.yml").read_text(encoding="utf-8")
    metrics = {metric.name(level) for metric in METRICS for level in metric.levels} | {each.name for each in PIPELINE}
    named = set(re.findall(r"\b((?:support_(?:queue|channel|tenant)|deskpulse)_\w*[a-z])\b(?!…)", text))
    settings = {PREFIX + field.upper() for field in Settings.model_fields}
    commands = set(getattr(typer.main.get_command(app), "commands", {})) | {"COMMAND"}

    assert {EXPOSED_AS.sub("", name) for name in named} - metrics == set()
    assert {name for name in re.findall(r"\b(Deskpulse[A-Z]\w+)", text) if f"alert: {name}" not in rules} == set()
    assert {
        name for name in re.findall(r"\bDESKPULSE_[A-Z_]*[A-Z]\b", text) if not name.startswith("DESKPULSE_TEST")
    } - settings == set()
    assert set(re.findall(r"(?:^|[`|] ?)deskpulse ([a-z-]+)", text, re.MULTILINE)) - commands == set()
    assert set(re.findall(r"`make ([a-z-]+)`|^make ([a-z-]+)$", text, re.MULTILINE)) <= {
        *((target, "") for target in TARGETS),
        *(("", target) for target in TARGETS),
    }


@pages
def test_links_on_a_page_lead_somewhere(page: Path) -> None:
    """Files and folders of the project, and headings in them."""
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        if anchor:
            assert anchor in {_anchor(line) for line in there.read_text(encoding="utf-8").splitlines()}, target


def _anchor(line: str) -> str | None:
    """Return what GitHub links a heading by."""
    heading = re.fullmatch(r"#+ (.*)", line)
    return re.sub(r"[^\w\- ]", "", heading[1].lower()).replace(" ", "-") if heading else None
