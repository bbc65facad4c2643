"""`deskpulse rules`: addresses, targets of the definitions, and what it refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[3]


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "stream.cli", "rules", *arguments],
        cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_links_lead_to_the_addresses_given() -> None:
    """A slash at the end is none too many."""
    done = run("--grafana", "https://g.example.org/grafana/", "--site", "https://desk.example.org")
    rules = [rule for group in yaml.safe_load(done.stdout)["groups"] for rule in group["rules"] if "alert" in rule]

    assert {rule["annotations"]["dashboard_url"].split("/d/")[0] for rule in rules} == {"https://g.example.org/grafana"}
    assert {rule["annotations"]["runbook_url"].split("/runbooks/")[0] for rule in rules} == {"https://desk.example.org"}
    assert "127.0.0.1" not in done.stdout


def test_the_target_is_that_of_the_definitions(tmp_path: Path) -> None:
    """A file that says 95 %: a burn of 4 is a service level below 80 %."""
    file = tmp_path / "definitions.toml"
    file.write_text("[service_level]\ntarget = 0.95\n")

    done = run(DESKPULSE_DEFINITIONS=str(file))

    assert "The target is 95 %" in done.stdout
    assert '{window="15m"}) < 0.8\n' in done.stdout


def test_how_much_agents_may_have_to_do_is_that_of_the_definitions(tmp_path: Path) -> None:
    """A file that says 60 %: of the day and of the hour, and the text says so."""
    file = tmp_path / "definitions.toml"
    file.write_text("[agents]\nutilisation_warning = 0.6\n")

    done = run(DESKPULSE_DEFINITIONS=str(file))
    (rule,) = (
        rule
        for group in yaml.safe_load(done.stdout)["groups"]
        for rule in group["rules"]
        if rule.get("alert") == "DeskpulseUtilisation"
    )

    assert re.findall(r'window="(\w+)"}\) >= 0\.6$', rule["expr"], re.MULTILINE) == ["today", "1h"]
    assert "it is 60 % or more" in rule["annotations"]["description"]


@pytest.mark.parametrize("share", ["0", "1.2", '"most"'])
def test_a_utilisation_that_is_none_is_refused(share: str, tmp_path: Path) -> None:
    """From 0 on it would fire for ever."""
    file = tmp_path / "definitions.toml"
    file.write_text(f"[agents]\nutilisation_warning = {share}\n")

    done = run(DESKPULSE_DEFINITIONS=str(file))

    assert done.returncode == 2
    assert "2: agents.utilisation_warning: " in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "text"), [("--grafana", "grafana.example.org"), ("--site", "https://x y"), ("--site", "ftp://a")]
)
def test_what_is_no_address_is_refused(option: str, text: str) -> None:
    """One line that names the option, exit code 2."""
    done = run(option, text)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{option}: {text!r} is not the address of a site (try https://grafana.example.org)\n"


@pytest.mark.parametrize("share", ["1", "0", "1.2", '"most"'])
def test_a_target_that_is_none_is_refused(share: str, tmp_path: Path) -> None:
    """It lies between 0 and 1: with 1 nobody may ever wait, and every one who does burns without end."""
    file = tmp_path / "definitions.toml"
    file.write_text(f"[service_level]\ntarget = {share}\n")

    done = run(DESKPULSE_DEFINITIONS=str(file))

    assert done.returncode == 2
    assert "2: service_level.target: " in done.stderr
    assert done.stderr.count("\n") == 1
