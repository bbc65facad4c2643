"""Who asks: by a token, by a proxy, or nobody knows; and what that lets them do."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stream.api.access import ANYBODY, Caller, requires_all_tenants
from stream.api.problems import Wrong
from stream.api.proxy import Proxy
from stream.api.tokens import Tokens
from stream.errors import UsageError
from stream.scopes import as_toml
from stream.settings import load
from stream.snapshot import Snapshot
from tests.logs import T0
from tests.stream.api.asking import FRESH, ask

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response

READS, SOME, NOTHING_MORE = "dp_reads", "dp_some", "dp_none"
PROXY = {"proxy_user_header": "X-User", "proxy_peers": "10.0.0.0/8, ::1"}
BY = {"X-User": "ann", "X-Deskpulse-Scopes": "read", "X-Deskpulse-Tenants": "*"}


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """Give a file with the token of one who reads all tenants, and of one who reads one."""
    file = tmp_path / "tokens.toml"
    file.write_text(
        as_toml("reads", READS, scopes=["read"], tenants=None)
        + as_toml("some", SOME, scopes=["read"], tenants=["acme"])
    )
    return file


def with_token(path: str, file: Path, token: str | None, *, scheme: str = "Bearer") -> Response:
    """Return the answer to somebody with a token."""
    headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
    return ask(path, headers=headers, given={"tokens": str(file)})


# -------------------------------------------------------------------------------------------------------------- tokens


def test_without_a_token_one_is_asked_for(tokens: Path) -> None:
    """401, as a problem, with the scheme that would help. Another scheme is no token."""
    answer = with_token("/api/v1/catalogue", tokens, None)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="deskpulse"')
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "say who you are: Authorization: Bearer and a token"
    assert with_token("/api/v1/catalogue", tokens, READS, scheme="Basic").status_code == 401


def test_a_token_that_is_none_is_refused(tokens: Path) -> None:
    """Whatever it is like, also empty; the answer does not repeat it."""
    for wrong in ("dp_wrong", READS[:-1], READS + " x", ""):
        answer = with_token("/api/v1/catalogue", tokens, wrong)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="deskpulse", error="invalid_token"'
        assert "dp_" not in answer.text


def test_a_token_lets_in(tokens: Path) -> None:
    """The scheme may be written in any case."""
    assert with_token("/api/v1/catalogue", tokens, READS).status_code == 200
    assert with_token("/api/v1/catalogue", tokens, READS, scheme="bearer").status_code == 200


def test_a_scrape_is_of_all_tenants(tokens: Path) -> None:
    """Once there are tokens it takes one that reads every tenant."""
    assert with_token("/metrics", tokens, None).status_code == 401
    assert with_token("/metrics", tokens, SOME).status_code == 403
    assert b"support_queue_waiting" in with_token("/metrics", tokens, READS).content


def test_health_is_open_and_tells_nothing(tokens: Path) -> None:
    """Whether it lives and is ready, whoever asks; why not only to whom it is shown on /metrics as well."""
    away = Snapshot(made_at=T0, trouble="Redis does not answer: redis.acme.example:6379")
    given = {"tokens": str(tokens)}

    def ready(token: str) -> str:
        return ask("/ready", snapshot=away, given=given, headers={"Authorization": f"Bearer {token}"}).text

    assert with_token("/live", tokens, None).text == "ok\n"
    assert ask("/ready", snapshot=away, given=given).text == "not ready\n"
    assert (ready("wrong"), ready(SOME)) == ("not ready\n", "not ready\n")
    assert ready(READS) == "not ready: Redis does not answer: redis.acme.example:6379\n"


def test_why_the_numbers_are_wrong_is_said_to_whom_all_of_it_may_be(tokens: Path) -> None:
    """It may name what is not one's own: who sees some tenants hears that there is trouble, and no more."""
    troubled = replace(FRESH, trouble="no worker reports on the topic globex.chats")
    given = {"tokens": str(tokens)}

    def trouble(path: str, token: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return ask(f"/api/v1/{path}", snapshot=troubled, given=given, headers=headers).json()["trouble"]

    for path in ("values", "trust", "identity"):
        assert trouble(path, READS) == "no worker reports on the topic globex.chats"
        assert trouble(path, SOME) == "the numbers may be old or wrong"


def test_the_file_is_read_again_when_it_changes(tokens: Path) -> None:
    """A token taken out lets nobody in any more, one put in does."""
    known = Tokens(str(tokens))
    assert known.whose(READS) == Caller("reads", frozenset({"read"}), None, "token")
    assert known.whose(SOME) == Caller("some", frozenset({"read"}), frozenset({"acme"}), "token")

    tokens.write_text(as_toml("other", "dp_other", scopes=["read", "admin"], tenants=None))

    assert known.whose(READS) is None
    assert known.whose("dp_other") == Caller("other", frozenset({"read", "admin"}), None, "token")


def test_a_file_put_in_the_place_of_another_is_seen(tokens: Path, tmp_path: Path) -> None:
    """Of the same size and the same time of change, as a mounted secret may be."""
    known, then = Tokens(str(tokens)), tokens.stat()
    other = tmp_path / "other.toml"
    other.write_text(tokens.read_text().replace('name = "reads"', 'name = "other"'))
    os.utime(other, ns=(then.st_atime_ns, then.st_mtime_ns))

    other.replace(tokens)

    found = known.whose(READS)
    assert found is not None
    assert found.name == "other"


def test_a_file_that_is_wrong_later_changes_nothing(tokens: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was read before goes on, and the log says why, once; when it is mended it counts."""
    known = Tokens(str(tokens))

    tokens.write_text("[[tokens]]\nname = 1\n")
    assert known.whose(READS) is not None
    assert known.whose(READS) is not None
    said = capsys.readouterr().out
    tokens.unlink()
    assert known.whose(READS) is not None
    tokens.write_text("")

    assert said.count("tokens_kept") == 1
    assert f"DESKPULSE_TOKENS: {tokens}:2: tokens.name: 1 is not a name" in said
    assert known.whose(READS) is None


def test_a_file_that_is_wrong_at_the_start_ends_it(tokens: Path) -> None:
    """One line with the setting, the file, the line and the key."""
    tokens.write_text("[[tokens]]\nname = 1\n")

    with pytest.raises(UsageError, match=rf"^DESKPULSE_TOKENS: {tokens}:2: tokens.name: "):
        ask("/live", given={"tokens": str(tokens)})


# --------------------------------------------------------------------------------------------------------------- proxy


def by_proxy(path: str = "/api/v1/catalogue", *, peer: str = "10.1.2.3", **changed: str) -> Response:
    """Return the answer to somebody of whom a proxy says what BY says, with *changed*."""
    headers = BY | {name.replace("_", "-"): value for name, value in changed.items()}
    return ask(path, headers=headers, given=PROXY, peer=peer)


def test_a_proxy_is_believed_from_its_addresses() -> None:
    """Networks and single addresses, of both versions; nobody else may say who they are."""
    assert by_proxy().status_code == 200
    assert by_proxy(peer="::ffff:10.9.9.9").status_code == 200
    assert by_proxy(peer="::1").status_code == 200
    assert by_proxy(peer="11.0.0.1").status_code == 401
    assert by_proxy(peer="somewhere").status_code == 401


def test_only_the_header_of_the_setting_is_believed(tokens: Path) -> None:
    """Another one is a client's; and so are all of them where there are tokens and no proxy."""
    others = {**PROXY, "proxy_user_header": "X-Other"}

    for given in (others, {"tokens": str(tokens)}):
        assert ask("/api/v1/catalogue", headers=BY, given=given, peer="10.0.0.1").status_code == 401


def test_what_a_proxy_does_not_say_is_not_granted() -> None:
    """No user: nobody. No scopes: none. No tenants: none."""
    proxy = Proxy(load(PROXY))

    def whose(**said: str) -> Caller | None:
        return proxy.whose({f"x-{name.replace('_', '-')}": [value] for name, value in said.items()}, peer="10.0.0.1")

    assert whose(user="") is None
    assert whose(user="ann") == Caller("ann", frozenset(), frozenset(), "proxy")
    assert whose(user="ann", deskpulse_scopes="read, admin,root", deskpulse_tenants="*") == Caller(
        "ann", frozenset({"read", "admin"}), None, "proxy"
    )


def test_a_header_that_comes_twice_is_not_believed() -> None:
    """One of them may be the client's, which the proxy passed on."""
    said = {"x-user": ["ann"], "x-deskpulse-scopes": ["read"], "x-deskpulse-tenants": ["acme", "*"]}

    assert Proxy(load(PROXY)).whose(said, peer="10.0.0.1") is None


def test_names_of_tenants_are_percent_encoded() -> None:
    """So that they may have commas, letters beyond ASCII, and a tenant may be called `*`."""
    said = {"x-user": ["ann"], "x-deskpulse-tenants": ["a%2Cb, %C3%BC ,%2A"]}

    caller = Proxy(load(PROXY)).whose(said, peer="10.0.0.1")

    assert caller is not None
    assert caller.tenants == frozenset({"a,b", "ü", "*"})


def test_a_token_wins_over_a_proxy(tokens: Path) -> None:
    """A wrong one too: it is not passed over."""

    def status(token: str) -> int:
        headers = {**BY, "Authorization": f"Bearer {token}"}
        return ask("/metrics", headers=headers, given={**PROXY, "tokens": str(tokens)}, peer="10.0.0.1").status_code

    assert (status(READS), status(SOME), status("wrong")) == (200, 403, 401)


def test_a_scope_that_is_lacking_is_named() -> None:
    """403, as a problem, and in the header where programs look."""
    answer = by_proxy(X_Deskpulse_Scopes="admin")

    assert (answer.status_code, answer.json()["detail"]) == (403, "this needs the scope read")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="deskpulse", error="insufficient_scope", scope="read"'


# ------------------------------------------------------------------------------------------------------------- neither


def test_on_this_machine_nobody_has_to_say_who_they_are() -> None:
    """Without tokens and proxy everybody may do everything; a token is not looked at."""
    assert ask("/api/v1/catalogue").status_code == 200
    assert ask("/metrics", headers={"Authorization": "Bearer x"}).status_code == 200
    assert ANYBODY.sees("acme")


def test_a_tenant_that_is_not_ones_own_is_not_seen() -> None:
    """Not by a caller of others, and of all tenants only by a caller of all."""
    some = Caller("x", frozenset({"read"}), frozenset({"acme"}))

    assert (some.sees("acme"), some.sees("globex")) == (True, False)
    with pytest.raises(Wrong):
        requires_all_tenants(some)
    requires_all_tenants(ANYBODY)
