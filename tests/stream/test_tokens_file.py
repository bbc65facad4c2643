"""The file of tokens: what it says counts, and what is wrong in it is named with its line and its key."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from stream.scopes import SCOPES, as_toml, digest, new_token, scopes_of
from stream.tokens_file import Token, read_tokens, tokens_from
from tests.deskpulse import deskpulse, refused

ROOT = Path(__file__).parents[2]
ONE = "a1" * 32
TWO = "b2" * 32
LINES = f"""\
# who asks
[[tokens]]
name = "wall"
sha256 = "{ONE}"
scopes = ["read"]
tenants = ["acme", "globex"]
"""


def wrong(text: str) -> str:
    """Return what is said of a text: line, key and what is wrong."""
    with pytest.raises(ValueError, match=r"^[0-9]+: ") as error:
        tokens_from(text)
    (line,) = str(error.value).splitlines()
    return line


def test_tokens_have_scopes_and_tenants() -> None:
    """Named tenants, or all of them; a file without tokens is one, which lets nobody in."""
    everything = f'[[tokens]]\nname = "all"\nsha256 = "{TWO.upper()}"\nscopes = ["admin", "read"]\ntenants = "all"\n'

    assert tokens_from(LINES + everything) == (
        Token("wall", bytes.fromhex(ONE), frozenset({"read"}), frozenset({"acme", "globex"})),
        Token("all", bytes.fromhex(TWO), frozenset({"read", "admin"}), None),
    )
    assert tokens_from("") == ()


def test_a_tenant_may_be_called_all() -> None:
    """In a list it is a name like others."""
    (token,) = tokens_from(LINES.replace('["acme", "globex"]', '["all"]'))

    assert token.tenants == frozenset({"all"})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('name = "wall"', "", "2: tokens.name: is missing"),
        (f'sha256 = "{ONE}"', "", "2: tokens.sha256: is missing"),
        ('scopes = ["read"]', "", "2: tokens.scopes: is missing"),
        ('tenants = ["acme", "globex"]', "", "2: tokens.tenants: is missing"),
        ('"wall"', '""', '3: tokens.name: \'\' is not a name of 1 to 256 printable characters (try "billing")'),
        ('["read"]', '["drill-down"]', "5: tokens.scopes: lacks 'read', without which the others are of no use"),
        ('["read"]', "[]", "5: tokens.scopes: lacks 'read', without which the others are of no use"),
        ('["read"]', '["read", "root"]', "5: tokens.scopes: 'root' is not one of read, drill-down, admin"),
        ('["read"]', '"read"', '5: tokens.scopes: \'read\' is not a list of names (try ["billing", "sales"])'),
        (
            '["acme", "globex"]', '"acme"',
            '6: tokens.tenants: \'acme\' is neither "all" nor a list of tenants (try ["acme"])',
        ),
        ('["acme", "globex"]', "[]", '6: tokens.tenants: names no tenant (try ["acme"], or "all")'),
        ("tenants =", "tenant =", "2: tokens.tenants: is missing"),
        ("# who asks", 'users = "x"', "1: users: is not a key of this file (try tokens)"),
        ("[[tokens]]", "[[tokens]", "2: is not TOML (Expected ']]' at the end of an array declaration)"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_line_and_its_key(before: str, after: str, said: str) -> None:
    """As in the file of definitions."""
    assert before in LINES

    assert wrong(LINES.replace(before, after)) == said


def test_two_tokens_are_two() -> None:
    """Neither a name twice, which a log could not tell apart, nor a secret twice."""
    assert wrong(LINES + LINES.replace(ONE, TWO)) == "9: tokens.name: 'wall' is a token above already"
    assert wrong(LINES + LINES.replace("wall", "other")) == "10: tokens.sha256: is that of 'wall' above"


def test_a_secret_in_the_wrong_place_is_not_shown() -> None:
    """Who pastes the token where its hash belongs is told so, and no log has it."""
    token = new_token()

    said = wrong(LINES.replace(ONE, token))

    assert said == "4: tokens.sha256: is not 64 hexadecimal digits (`deskpulse token new` prints them)"


def test_the_file_is_named(tmp_path: Path) -> None:
    """With the setting that names it."""
    file = tmp_path / "tokens.toml"
    file.write_text("x")

    with pytest.raises(Exception, match=rf"^DESKPULSE_TOKENS: {file}:1: is not TOML"):
        read_tokens(str(file))


def test_a_token_is_kept_as_its_hash() -> None:
    """SHA-256 of the whole of it; two are never the same, and have 256 bits."""
    token = new_token()

    assert digest(token) == hashlib.sha256(token.encode("ascii")).digest()
    assert new_token() != token
    assert (token[:3], len(token)) == ("dp_", 3 + 43)  # 43 characters of 6 bits hold 256


def test_what_the_command_prints_is_what_the_file_takes() -> None:
    """First the token, then the lines to add, in which it does not stand; names may be any."""
    name = 'back "office" ü'
    done = deskpulse("token", "new", "--name", name, "--scope", "read", "--scope", "admin", "--tenant", "a'b")

    token, empty, *lines = done.stdout.splitlines()

    assert (done.returncode, done.stderr, empty) == (0, "", "")
    assert token not in "\n".join(lines)
    assert tokens_from("\n".join(lines)) == (
        Token(name, digest(token), frozenset({"read", "admin"}), frozenset({"a'b"})),
    )


def test_a_token_reads_unless_more_is_asked_for() -> None:
    """The scope that is given without asking is the least."""
    done = deskpulse("token", "new", "--name", "grafana", "--all-tenants")

    assert 'scopes = ["read"]\ntenants = "all"\n' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "--tenant: name the tenants it shows, or give --all-tenants"),
        (("--all-tenants", "--tenant", "a"), "--tenant: goes without --all-tenants, and both were given"),
        (("--tenant", "a", "--tenant", "a"), "--tenant: 'a' stands there twice"),
        (("--all-tenants", "--scope", "root"), "--scope: 'root' is not one of read, drill-down, admin"),
        (("--all-tenants", "--scope", "admin"), "--scope: lacks 'read', without which the others are of no use"),
    ],
)
def test_a_token_that_cannot_be_is_refused(arguments: tuple[str, ...], line: str) -> None:
    """One line that names the option."""
    assert refused("token", "new", "--name", "x", *arguments) == line


def test_a_token_can_be_kept_at_once(tmp_path: Path) -> None:
    """Its lines stand in the file of DESKPULSE_TOKENS, behind those that were there; it alone is printed."""
    file = tmp_path / "tokens.toml"
    file.write_text(LINES.rstrip("\n"))

    done = deskpulse(
        "token", "new", "--name", "x", "--scope", "read", "--scope", "admin", "--all-tenants", "--keep",
        DESKPULSE_TOKENS=str(file),
    )  # fmt: skip

    (token,) = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert file.read_text().startswith(LINES)
    assert [each.name for each in read_tokens(str(file))] == ["wall", "x"]
    assert read_tokens(str(file))[1] == Token("x", digest(token), frozenset({"read", "admin"}), None)


def test_a_token_is_kept_where_it_fits(tmp_path: Path) -> None:
    """Not under a name that is taken, and not without a file; the file stays as it was."""
    file = tmp_path / "tokens.toml"
    file.write_text(LINES)
    new = ("token", "new", "--all-tenants", "--keep", "--name")

    assert refused(*new, "wall", DESKPULSE_TOKENS=str(file)) == f"--name: 'wall' is a token of {file} already"
    assert refused(*new, "x") == "--keep: DESKPULSE_TOKENS names no file"
    assert file.read_text() == LINES


def test_the_page_shows_what_the_file_takes() -> None:
    """The example of docs/access.md is a file of tokens as it stands."""
    page = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    (token,) = tokens_from(example)

    assert (token.name, sorted(token.scopes)) == ("floor lead", ["drill-down", "read"])


def test_every_scope_may_be_held_at_once() -> None:
    """Their order is their own, whatever that of the question."""
    lines = as_toml("x", "secret", scopes=scopes_of(reversed(SCOPES)), tenants=None)

    assert 'scopes = ["read", "drill-down", "admin"]' in lines
