"""Where `serve` may listen, and under which names it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stream.api.addresses import is_on_this_machine, listen
from stream.errors import UsageError
from stream.settings import load
from tests.deskpulse import refused
from tests.stream.api.asking import ask

if TYPE_CHECKING:
    from pathlib import Path

OPEN = {"listen": "0.0.0.0:0"}
PROXY = {"proxy_user_header": "X-User", "proxy_peers": "10.0.0.1"}


# ------------------------------------------------------------------------------------------------------------- address


def test_open_to_others_it_asks_who_they_are() -> None:
    """Without tokens and proxy `serve` ends at once, exit code 2, with one line that says what to do."""
    line = refused("serve", "--listen", "0.0.0.0:0")

    assert line == (
        "DESKPULSE_LISTEN: 0.0.0.0:0 can be reached by other machines, and nobody has to say who they are: name a file"
        " of tokens in DESKPULSE_TOKENS (`deskpulse token new` makes one), or a proxy's header in"
        " DESKPULSE_PROXY_USER_HEADER"
    )


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0", "192.0.2.1:0"])
def test_what_others_reach_is_known(address: str) -> None:
    """Every address but those of the machine itself, also where it is not this machine's."""
    with pytest.raises(UsageError, match="can be reached by other machines"):
        listen(load({"listen": address}))


@pytest.mark.parametrize("address", ["127.0.0.1:0", "127.9.9.9:0", "localhost:0"])
def test_what_only_this_machine_reaches_is_open(address: str) -> None:
    """The whole of 127.0.0.0/8, and its name."""
    settings = load({"listen": address})

    with listen(settings) as found:
        assert found.getsockname()[1] > 0
    assert is_on_this_machine(settings)


@pytest.mark.parametrize("known", ["tokens", "proxy"])
def test_with_tokens_or_a_proxy_others_may_ask(known: str, tmp_path: Path) -> None:
    """Either is enough to listen everywhere."""
    file = tmp_path / "tokens.toml"
    file.touch()
    settings = load(OPEN | ({"tokens": str(file)} if known == "tokens" else PROXY))

    with listen(settings) as found:
        assert found.getsockname()[0] == "0.0.0.0"  # noqa: S104 - as was asked for


# --------------------------------------------------------------------------------------------------------------- names


def status(host: str, **given: str) -> int:
    """Return what a request to the name *host* is answered."""
    return ask("/live", headers={"Host": host}, given=given).status_code


def test_a_stranger_s_name_is_refused_on_this_machine() -> None:
    """DNS rebinding: whatever such a name points to, the page behind it reads nothing here."""
    answer = ask("/live", headers={"Host": "evil.example"})

    assert answer.status_code == 421
    assert answer.json()["detail"] == "this name is none of this server's; if it is, add it to DESKPULSE_HOSTS"
    assert [status(host) for host in ("", "127.0.0.1.evil.example", "[::1].evil.example", "[")] == [421] * 4


def test_this_machine_has_its_names() -> None:
    """With and without a port, in any case, with the dot of a full name."""
    names = ("localhost", "LOCALHOST:8420", "localhost.", "127.0.0.1:8420", "[::1]:8420")

    assert [status(host) for host in names] == [200] * 5
    assert status("127.0.0.2", listen="127.0.0.2:8420") == 200


def test_settings_give_it_more_names() -> None:
    """As a proxy on the same machine passes on the name that people know."""
    assert status("wall.example.org") == 421
    assert status("wall.example.org", hosts="other.example.org, Wall.Example.org") == 200


def test_open_to_others_names_are_asked_where_settings_have_some() -> None:
    """Whoever is let in has said who they are; a name proves nothing then."""
    assert status("wall.example.org", **OPEN, **PROXY) == 200
    assert status("wall.example.org", **OPEN, **PROXY, hosts="other.example.org") == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8421"},
        {"Origin": "http://["},
        {"Origin": ""},
    ],
    ids=str,
)
def test_another_site_changes_nothing_here(headers: dict[str, str]) -> None:
    """A browser says where a request comes from; one that writes has to come from here."""
    answer = ask("/live", method="POST", headers=headers)

    assert (answer.status_code, answer.json()["detail"]) == (403, "another site asks for this")


def test_one_s_own_site_and_programs_may_write() -> None:
    """They are let through to the application, which knows no such method here; reading is not looked at."""
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8420"}

    assert ask("/live", method="POST", headers=own).status_code == 405
    assert ask("/live", method="POST").status_code == 405
    assert ask("/live", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
