"""Settings, through the command line: a wrong one ends with exit code 2 and one line that names it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stream.settings import PREFIX, Settings, SettingsError, hidden, load

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
NOWHERE = "/there/is/no/such.pem"
BAD = [
    ("KAFKA", "localhost"),
    ("KAFKA", ""),
    ("KAFKA", "one:9092,two"),
    ("KAFKA", "one:99999"),
    ("KAFKA", "one:0"),
    ("REDIS", "localhost:6379"),
    ("REDIS", "http://localhost"),
    ("REDIS", "redis://localhost:99999/0"),
    ("REDIS", "redis://localhost/first"),
    ("REDIS", "redis://localhost/0?colour=red"),
    ("TOPICS_CHAT", "support chat"),
    ("TOPICS_CHAT", ""),
    ("TOPICS_TICKET", "one,,two"),
    ("TOPICS_AGENT", "agent/1"),
    ("TOPICS_CHAT", "one,two, one"),
    ("TOPICS_DEADLETTER", "one,two"),
    ("TOPICS_DEADLETTER", "support.ticket"),
    ("TOPICS_TOLD", "one,two"),
    ("GROUP", ""),
    ("INSTANCE", "worker 1"),
    ("LISTEN", "8420"),
    ("LISTEN", "localhost:http"),
    ("HOSTS", "wall.example.org:8420"),
    ("HOSTS", "a,,b"),
    ("TLS_CERTFILE", NOWHERE),
    ("TLS_KEYFILE", NOWHERE),
    ("TOKENS", NOWHERE),
    ("PROXY_USER_HEADER", "X User"),
    ("PROXY_SCOPES_HEADER", ""),
    ("PROXY_TENANTS_HEADER", "X-Tenants:"),
    ("PROXY_PEERS", "proxy"),
    ("PROXY_PEERS", "10.0.0.1/8"),
    ("RATE", "0"),
    ("FRAME_ANCESTORS", "https://a.example; script-src *"),
    ("FRAME_ANCESTORS", " "),
    ("BOARDS", NOWHERE),
    ("BOARDS", str(ROOT / "LICENSE")),
    ("ALERTMANAGER", "127.0.0.1:9093"),
    ("ALERTMANAGER", "file:///etc/passwd"),
    ("ALIVE", "/"),
    ("SITE", "wall.example.org"),
    ("SITE", "https://wall.example.org/?board=1"),
    ("CLOCK", "sundial"),
    ("ZONE", "Mars/Olympus"),
    ("ZONE", ""),
    ("DEFINITIONS", NOWHERE),
    ("DEFINITIONS", "/"),
    ("DEFINITIONS", str(ROOT / "LICENSE")),
    ("WINDOWS", "5x"),
    ("WINDOWS", "10m"),
    ("WINDOWS", ""),
    ("RETENTION", "35"),
    ("RETENTION", "0d"),
    ("RETENTION", "3651d"),
    ("RETENTION", "9" * 5_000 + "d"),
    ("MAX_QUEUES", "0"),
    ("MAX_QUEUES", "many"),
    ("MAX_CHANNELS", "-1"),
    ("MAX_OF_LEVEL", "0"),
    ("MAX_TENANTS", "1.5"),
    ("LOG_LEVEL", "loud"),
    ("LOG_FORMAT", "xml\nwith a newline"),
    ("SECURITY_PROTOCOL", "TLS"),
    ("SASL_MECHANISM", "GSSAPI"),
    ("SSL_CAFILE", NOWHERE),
    ("SSL_CERTFILE", NOWHERE),
    ("SSL_KEYFILE", NOWHERE),
]


def run(folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command that needs settings before anything else, in a folder without `.env` of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    command = [sys.executable, "-m", "stream.cli", "check"]
    return subprocess.run(
        command, env={**kept, "PYTHONPATH": str(ROOT), **env}, cwd=folder, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line on stderr of a command that ended with exit code 2."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.endswith("\n")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(("name", "value"), BAD, ids=lambda text: text[:20] or "empty")
def test_a_wrong_setting_is_one_line_that_names_it(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable stands first on the line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PREFIX + name, value)

    with pytest.raises(SettingsError) as refused:
        load()

    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{PREFIX}{name}: ")


@pytest.mark.parametrize(("name", "value"), [BAD[0], ("LOG_FORMAT", "xml\nwith a newline"), ("MAX_QUEUES", "many")])
def test_a_wrong_setting_ends_a_command(name: str, value: str, tmp_path: Path) -> None:
    """Exit code 2, that line alone, no traceback."""
    assert refusal(run(tmp_path, {PREFIX + name: value})).startswith(f"{PREFIX}{name}: ")


@pytest.mark.parametrize("missing", ["SASL_PLAIN_USERNAME", "SASL_PLAIN_PASSWORD"])
def test_a_setting_that_another_needs_is_named(missing: str, tmp_path: Path) -> None:
    """SASL without a user or without a password: the line names what is missing, and why it is needed."""
    env = {
        f"{PREFIX}SECURITY_PROTOCOL": "SASL_SSL",
        f"{PREFIX}SASL_PLAIN_USERNAME": "u",
        f"{PREFIX}SASL_PLAIN_PASSWORD": "p",
    }
    del env[PREFIX + missing]

    line = refusal(run(tmp_path, env))

    assert line == f"{PREFIX}{missing}: is needed, as {PREFIX}SECURITY_PROTOCOL is SASL_SSL"


def test_a_header_is_believed_from_somewhere(tmp_path: Path) -> None:
    """Without the addresses of the proxy everybody could say that they are anybody."""
    line = refusal(run(tmp_path, {f"{PREFIX}PROXY_USER_HEADER": "X-User"}))

    assert line == f"{PREFIX}PROXY_PEERS: is needed, as {PREFIX}PROXY_USER_HEADER is set (try 127.0.0.1)"


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [("log_level", "INFO", "info"), ("clock", "Event", "event"), ("security_protocol", "sasl_ssl ", "SASL_SSL")],
)
def test_words_are_taken_in_any_case(name: str, given: str, taken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs write their log levels in capitals."""
    for variable in ("SASL_PLAIN_USERNAME", "SASL_PLAIN_PASSWORD"):
        monkeypatch.setenv(PREFIX + variable, "x")
    monkeypatch.setenv(PREFIX + name.upper(), given)

    assert getattr(load(), name) == taken


def test_every_setting_has_a_wrong_value_here() -> None:
    """A new setting comes with a test; the two that take any text are wrong only where they are missing."""
    anything = {"sasl_plain_username", "sasl_plain_password"}

    assert {name.lower() for name, _ in BAD} | anything == set(Settings.model_fields)


def test_two_groups_never_hear_what_the_other_tells() -> None:
    """The topics in which workers tell one another begin with the group's name, as a topic may have it, or as told."""
    assert load({"group": "day shift/a"}).told_prefix == "day-shift-a"
    assert load({"group": "b"}).told_prefix == "b"
    assert load({"group": "b", "topics_told": "ours"}).told_prefix == "ours"


def test_every_setting_says_what_it_is() -> None:
    """Each has a description that ends like a sentence."""
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []


@pytest.mark.parametrize(
    "value", ["http://user:s3cret@host", "redis://user:s3cret@host:99999", "redis://h/x?password=s3cret"]
)
def test_no_error_shows_a_password(value: str, tmp_path: Path) -> None:
    """The address of Redis may hold one."""
    assert "s3cret" not in refusal(run(tmp_path, {f"{PREFIX}REDIS": value}))


def test_a_file_of_settings_counts_where_the_environment_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option wins over the environment, and that over `.env`."""
    (tmp_path / ".env").write_text("DESKPULSE_GROUP=file\nDESKPULSE_ZONE=Europe/Berlin\nDESKPULSE_CLOCK=event\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKPULSE_ZONE", "Asia/Tokyo")
    monkeypatch.setenv("DESKPULSE_CLOCK", "wall")

    found = load({"clock": "event", "zone": None})

    assert (found.group, found.zone, found.clock) == ("file", "Asia/Tokyo", "event")


def test_a_mistake_in_the_file_is_named_as_well(tmp_path: Path) -> None:
    """The same line as for the environment; a file that is no text is named itself."""
    (tmp_path / ".env").write_text("DESKPULSE_LISTEN=everywhere\n")
    assert refusal(run(tmp_path, {})).startswith("DESKPULSE_LISTEN: 'everywhere' is not an address")

    (tmp_path / ".env").write_bytes(b"DESKPULSE_LISTEN=\xff\n")
    assert refusal(run(tmp_path, {})).startswith(".env: ")

    (tmp_path / ".env").unlink()
    (tmp_path / ".env").mkdir()
    assert refusal(run(tmp_path, {})) == ".env: cannot be read (Is a directory)"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# ours\nDESKPULSE_KAFKA: 127.0.0.1:5\n", 2),
        ("DESKPULSE_ZONE\n", 1),
        ('A=1\n\nDESKPULSE_REDIS="redis://127.0.0.1\n', 3),
    ],
    ids=["a colon", "no value", "a quote left open"],
)
def test_a_line_of_the_file_that_is_no_setting_is_named(
    text: str, line: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Passed over, it would let a worker go to servers that nobody named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(text)

    with pytest.raises(SettingsError, match=rf"^\.env:{line}: is not NAME=value$"):
        load()


def test_other_programs_lines_are_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only lines that name a setting of ours are looked at; an empty value is one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("export OTHER=1\nFLAG\nDESKPULSE_INSTANCE=\nexport DESKPULSE_GROUP='g'\n")

    assert (load().group, load().instance) == ("g", None)


def test_a_link_that_leads_nowhere_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was meant to be one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").symlink_to("gone")

    with pytest.raises(SettingsError, match=r"^\.env: cannot be read \(No such file or directory\)$"):
        load()


def test_what_is_given_twice_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that is named twice is not published twice; a topic of two settings is not read twice."""
    monkeypatch.setenv("DESKPULSE_WINDOWS", "5m, 1h,5m")
    monkeypatch.setenv("DESKPULSE_TOPICS_CHAT", "one, two")
    monkeypatch.setenv("DESKPULSE_TOPICS_TICKET", "two")

    found = load()

    assert found.windows == ("5m", "1h")
    assert found.source_topics == ("one", "two", "support.agent")


def test_an_empty_member_id_or_file_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files pass on variables that nobody set as empty ones."""
    for name in ("INSTANCE", "DEFINITIONS", "SASL_PLAIN_USERNAME", "SSL_CAFILE", "SSL_CERTFILE", "SSL_KEYFILE"):
        monkeypatch.setenv(PREFIX + name, "")

    found = load()

    assert (found.instance, found.definitions, found.sasl_plain_username, found.ssl_cafile) == (None,) * 4


@pytest.mark.parametrize("kind", ["SSL", "TLS"])
def test_a_key_needs_its_certificate(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key alone is a mistake, named before anybody connects."""
    monkeypatch.setenv(f"DESKPULSE_{kind}_KEYFILE", str(ROOT / "LICENSE"))

    with pytest.raises(SettingsError, match=rf"^DESKPULSE_{kind}_KEYFILE: .*see DESKPULSE_{kind}_CERTFILE"):
        load()


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("redis", "redis://:p@ss@h:1/0", "redis://***@h:1/0"),
        ("redis", "rediss://h/0?Password=p&db=1", "rediss://h/0?Password=***&db=1"),
        ("redis", "redis://h:1/0", "redis://h:1/0"),
        ("sasl_plain_password", "p", "***"),
        ("windows", ("5m", "1h"), "5m,1h"),
        ("group", "g", "g"),
    ],
)
def test_passwords_are_hidden_and_nothing_else(name: str, value: object, shown: str) -> None:
    """What is shown of an address is what one needs to find it."""
    assert hidden(name, value) == shown


def test_the_defaults_are_right_and_reach_no_other_machine() -> None:
    """A worker that is told nothing talks to this machine."""
    addresses = [str(Settings.model_fields[name].default) for name in ("kafka", "redis", "listen")]

    assert all(re.search(r"\b127\.0\.0\.1:\d+", each) for each in addresses)
