"""Links that let a screen in once, with a real Redis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from stream import keys
from stream.api.app import make_app
from stream.api.sessions import Grant, Sessions
from stream.api.source import Source
from stream.scopes import as_toml, digest, new_secret
from stream.settings import load
from tests.deskpulse import deskpulse, refused
from tests.logs import T0
from tests.stream.api.asking import FRESH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from httpx2 import Response

    from tests import services

HERE = "http://127.0.0.1:8420"
LINKS = "/api/v1/links"
GIVEN = "/api/v1/given-links"
TOKENS = (
    ("boss", ["read", "drill-down", "admin"], None),
    ("acme boss", ["read", "admin"], ["acme", "globex"]),
    ("reader", ["read"], None),
)
Client = TestClient


def write(file: Path, *left_out: str, secrets: Mapping[str, str] = MappingProxyType({}), **changed: Any) -> None:
    """Write the file of tokens; each token is its own name, unless *secrets* has another."""
    lines = ""
    for name, scopes, tenants in TOKENS:
        if name not in left_out:
            held, seen = changed.get(name.replace(" ", "_"), (scopes, tenants))
            lines += as_toml(name, secrets.get(name, name), scopes=held, tenants=seen)
    file.write_text(lines)


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """Give the file of tokens."""
    write(tmp_path / "tokens.toml")
    return tmp_path / "tokens.toml"


@pytest.fixture
def browser(tokens: Path, empty_redis: services.Redis) -> Iterator[Callable[..., Client]]:
    """Give a function that gives a new browser at a `serve` of its own; all of them share one Redis."""
    clients: list[Client] = []

    def new(base: str = HERE, **given: str) -> Client:
        settings = load({"tokens": str(tokens), "redis": empty_redis.url, **given})
        app = make_app(Source(settings, lambda: FRESH, clock=lambda: T0))
        clients.append(TestClient(app, base, follow_redirects=False, client=("10.0.0.1", 5)))
        return clients[-1].__enter__()

    yield new
    for client in clients:
        client.__exit__(None, None, None)


def order(client: Client, *, by: str = "boss", **body: Any) -> Response:
    """Return the answer to who wants a link."""
    return client.post(LINKS, json=body, headers={"Authorization": f"Bearer {by}"})


def link(client: Client, **body: Any) -> str:
    """Return the path of a new link."""
    answer = order(client, **body)
    assert answer.status_code == 201, answer.text
    return str(urlsplit(answer.json()["url"]).path)


def test_a_link_lets_a_screen_in(browser: Callable[..., Client]) -> None:
    """Where it is told to go, with a cookie that scripts do not see, that other sites cannot use, and that ends."""
    made = order(browser(), valid_s=60, session_s=3_600, board="/?board=floor&kiosk")
    screen = browser()
    assert screen.get("/api/v1/catalogue").status_code == 401

    joined = screen.get(urlsplit(made.json()["url"]).path)

    assert made.json()["url"].startswith(f"{HERE}/join/")
    assert made.json()["expires_at"] == "2024-03-04T00:01:00.000Z"
    assert made.headers["Cache-Control"] == joined.headers["Cache-Control"] == "no-store"
    assert (joined.status_code, joined.headers["Location"]) == (303, "/?board=floor&kiosk")
    name, _, rest = joined.headers["Set-Cookie"].partition("=")
    assert name == "deskpulse"
    assert rest.split("; ")[1:] == ["HttpOnly", "Max-Age=3600", "Path=/", "SameSite=strict"]
    assert screen.get("/api/v1/catalogue").status_code == 200


def test_a_link_works_once(browser: Callable[..., Client]) -> None:
    """The second gets the answer of a link that never was; also of eight who come at once, one gets in."""
    path, client = link(browser()), browser()
    screens = [browser() for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(each.status_code for each in threads.map(lambda screen: screen.get(path), screens))

    again, never = client.get(path), client.get("/join/never")

    assert statuses == [303] + [404] * 7
    assert (again.status_code, again.content) == (404, never.content)
    assert again.json()["detail"] == "this link was used already, or is too old, or never was one"


def test_redis_holds_hashes_that_end(browser: Callable[..., Client], empty_redis: services.Redis) -> None:
    """Neither a code nor a cookie stands in it, and each goes by itself when its time is over."""
    client, redis = browser(), empty_redis.client()
    path = link(client, valid_s=60, session_s=3_600)
    code = path.rpartition("/")[2]
    given = keys.given(digest("token boss").hex())
    assert sorted(redis.keys("*")) == [given.encode(), keys.link(digest(code).hex()).encode()]
    assert 0 < redis.ttl(given) <= 30 * 86_400
    assert 0 < redis.ttl(keys.link(digest(code).hex())) <= 60

    client.get(path)

    (secret,) = client.cookies.values()
    assert sorted(redis.keys("*")) == [given.encode(), keys.session(digest(secret).hex()).encode()]
    assert redis.zrange(given, 0, -1) == [keys.session(digest(secret).hex()).encode()]
    assert 60 < redis.ttl(keys.session(digest(secret).hex())) <= 3_600
    redis.flushall()
    assert client.get("/api/v1/catalogue").status_code == 401


def test_under_tls_the_cookie_stays_there(browser: Callable[..., Client]) -> None:
    """Also where a proxy does TLS and says so, from its address; from another one it says nothing."""
    proxy = {"X-Forwarded-Proto": "https"}

    def cookie(client: Client, **headers: str) -> str:
        return str(client.get(link(client), headers=headers).headers["Set-Cookie"])

    own, behind = cookie(browser("https://127.0.0.1:8420")), cookie(browser(proxy_peers="10.0.0.1"), **proxy)

    for each in (own, behind):
        assert each.startswith("__Host-deskpulse=")
        assert each.endswith("; Secure")
    assert cookie(browser(proxy_peers="10.0.0.2"), **proxy).startswith("deskpulse=")
    behind_proxy = browser(proxy_peers="10.0.0.1").post(
        LINKS, json={}, headers={"Authorization": "Bearer boss", **proxy}
    )
    assert behind_proxy.json()["url"].startswith("https://")


def seen(client: Client) -> list[str]:
    """Return whose numbers are shown."""
    return [each["labels"]["tenant"] for each in client.get("/api/v1/values").json()["values"]]


@pytest.mark.parametrize(
    ("by", "body", "tenants"),
    [
        ("boss", {}, ["acme"]),
        ("boss", {"tenants": ["globex"]}, []),
        ("boss", {"tenants": ["acme", "other"]}, ["acme"]),
        ("acme boss", {"tenants": ["globex"]}, []),
        ("acme boss", {}, ["acme"]),
    ],
)
def test_a_screen_sees_what_its_link_gives(
    browser: Callable[..., Client], by: str, body: dict[str, Any], tenants: list[str]
) -> None:
    """Some of the tenants of whoever made it, or all of them. It never makes links itself."""
    screen = browser()
    screen.get(link(browser(), by=by, **body))

    assert seen(screen) == tenants
    assert screen.post(LINKS, json={}).status_code == 403


@pytest.mark.parametrize(
    ("by", "body", "status", "parameter"),
    [
        ("reader", {}, 403, None),
        ("acme boss", {"scopes": ["read", "drill-down"]}, 403, "scopes"),
        ("acme boss", {"tenants": ["acme", "initech"]}, 403, "tenants"),
        ("boss", {"scopes": ["admin"]}, 422, "scopes.0"),
        ("boss", {"scopes": []}, 422, "scopes"),
        ("boss", {"tenants": []}, 422, "tenants"),
        ("boss", {"valid_s": 86_401}, 422, "valid_s"),
        ("boss", {"session_s": 30 * 86_400 + 1}, 422, "session_s"),
        ("boss", {"board": "https://evil.example"}, 422, "board"),
        ("boss", {"board": "//evil.example"}, 422, "board"),
        ("boss", {"board": "/\\evil.example"}, 422, "board"),
        ("boss", {"board": "/\n"}, 422, "board"),
        ("boss", {"bord": "/"}, 422, "bord"),
    ],
)
def test_a_link_gives_no_more_than_its_maker_has(
    browser: Callable[..., Client], by: str, body: dict[str, Any], status: int, parameter: str | None
) -> None:
    """Nor more than a screen needs, for longer, or a way to another server; what is wrong is named."""
    answer = order(browser(), by=by, **body)

    assert (answer.status_code, answer.json().get("parameter")) == (status, parameter)


def test_each_screen_is_counted_by_itself(browser: Callable[..., Client]) -> None:
    """One that asks too often is told so, another of the same token is not."""
    one, other = browser(rate="1"), browser()
    one.get(link(browser()))
    other.get(link(browser()))
    cookie = {"Cookie": f"deskpulse={next(iter(other.cookies.values()))}"}

    assert 429 in [one.get("/api/v1/catalogue").status_code for _ in range(12)]
    one.cookies.clear()
    assert one.get("/api/v1/catalogue", headers=cookie).status_code == 200


def test_what_a_token_gave_ends_with_it(browser: Callable[..., Client], tokens: Path) -> None:
    """Taken away, its screens are let in no more; given less, so are they."""
    screen = browser()
    screen.get(link(browser(), by="boss", scopes=["read", "drill-down"]))
    assert seen(screen) == ["acme"]

    write(tokens, boss=(["read", "admin"], ["globex"]))
    assert seen(screen) == []
    write(tokens, boss=(["read"], None))
    assert screen.get("/api/v1/values").status_code == 401
    write(tokens)
    assert seen(screen) == ["acme"]
    write(tokens, "boss")
    assert screen.get("/api/v1/values").status_code == 401


def test_what_a_token_gave_ends_with_its_secret(browser: Callable[..., Client], tokens: Path) -> None:
    """Also a link that nobody has used yet: another secret under the same name is another token."""
    screen, unused = browser(), browser()
    screen.get(link(browser(), by="boss"))
    path = link(browser(), by="boss")
    assert seen(screen) == ["acme"]

    write(tokens, secrets={"boss": "another"})
    assert screen.get("/api/v1/values").status_code == 401
    unused.get(path)
    assert unused.get("/api/v1/values").status_code == 401
    write(tokens)
    assert seen(screen) == ["acme"]


def test_what_was_given_where_nobody_is_known_is_nothing_where_somebody_is(
    browser: Callable[..., Client], tokens: Path
) -> None:
    """A link made before there were tokens lets nobody in afterwards; a user of a proxy gives what they have."""
    open_to_all, proxied = browser(tokens=""), browser(proxy_user_header="X-User", proxy_peers="10.0.0.1")
    first, second = browser(), browser(proxy_user_header="X-User", proxy_peers="10.9.9.9")
    first.get(urlsplit(open_to_all.post(LINKS, json={}).json()["url"]).path)
    ann = {"X-User": "ann", "X-Deskpulse-Scopes": "read,admin", "X-Deskpulse-Tenants": "acme"}

    made = proxied.post(LINKS, json={}, headers=ann)
    second.get(urlsplit(made.json()["url"]).path)

    assert first.get("/api/v1/values").status_code == 401
    assert (made.status_code, seen(second)) == (201, ["acme"])
    assert tokens.exists()


def test_while_redis_is_away_a_screen_is_told_so(browser: Callable[..., Client]) -> None:
    """503, and a token goes on without it."""
    client = browser(redis="redis://127.0.0.1:1/0")
    client.cookies.set("deskpulse", new_secret())

    away = client.get("/api/v1/values")

    assert (away.status_code, away.json()["detail"], away.headers["Retry-After"]) == (503, "Redis does not answer", "5")
    assert client.get("/join/x").status_code == 503
    assert order(client).status_code == 503
    assert client.get("/api/v1/values", headers={"Authorization": "Bearer reader"}).status_code == 200


def test_a_request_asks_redis_once_at_most(browser: Callable[..., Client], empty_redis: services.Redis) -> None:
    """Of several cookies none is believed, in one header or in many; nor is what cannot be one looked for."""
    client, redis = browser(), empty_redis.client()
    client.get(link(client))
    (own,) = client.cookies.values()
    client.cookies.clear()

    def asked(*cookies: str) -> tuple[int, int]:
        before = redis.info("commandstats").get("cmdstat_get", {"calls": 0})["calls"]
        status = client.get("/api/v1/catalogue", headers=[("Cookie", each) for each in cookies]).status_code
        return status, redis.info("commandstats").get("cmdstat_get", {"calls": 0})["calls"] - before

    good, other = f"deskpulse={own}", f"deskpulse={new_secret()}"
    assert asked(good) == asked(f"a=b; {good}", good) == (200, 1)
    assert asked(other) == (401, 1)
    assert asked(other, good) == asked(good, other) == asked(f"{other}; {good}") == (401, 0)
    assert asked(*(f"deskpulse={new_secret()}" for _ in range(100))) == (401, 0)
    assert asked("deskpulse=x") == asked(f"{good}x") == asked("deskpulse=") == asked(f"not{good}") == (401, 0)


def test_neither_codes_nor_cookies_are_logged(
    browser: Callable[..., Client], capsys: pytest.CaptureFixture[str]
) -> None:
    """Who made a link, and that it was used."""
    client = browser()
    path = link(client)
    client.get(path)
    client.get(path)

    said = capsys.readouterr().out
    assert "link_made" in said
    assert "link_used" in said
    assert path.rpartition("/")[2] not in said
    assert next(iter(client.cookies.values())) not in said


def typed(tokens: Path, redis: services.Redis, *options: str) -> str:
    """Return the path that `deskpulse link` prints."""
    done = deskpulse("link", *options, DESKPULSE_TOKENS=str(tokens), DESKPULSE_REDIS=redis.url)
    assert (done.returncode, done.stderr) == (0, "")
    (address,) = done.stdout.splitlines()
    assert address.startswith(f"{HERE}/join/")
    return str(urlsplit(address).path)


def test_a_link_can_be_typed(browser: Callable[..., Client], tokens: Path, empty_redis: services.Redis) -> None:
    """Whoever has the settings of `serve` needs no token: one of the file gives it, and it ends with that."""
    path = typed(
        tokens, empty_redis, "--token", "acme boss", "--tenant", "acme", "--session", "1h", "--board", "/?kiosk"
    )
    screen = browser()

    joined = screen.get(path)

    assert (joined.status_code, joined.headers["Location"]) == (303, "/?kiosk")
    assert "Max-Age=3600" in joined.headers["Set-Cookie"]
    assert seen(screen) == ["acme"]
    assert browser().get(path).status_code == 404
    write(tokens, "acme boss")
    assert screen.get("/api/v1/values").status_code == 401


def test_a_typed_link_leads_to_where_people_open_the_site(tokens: Path, empty_redis: services.Redis) -> None:
    """DESKPULSE_SITE, which `serve` need not know for anything else."""
    write(tokens, "acme boss")
    done = deskpulse(
        "link",
        DESKPULSE_TOKENS=str(tokens),
        DESKPULSE_REDIS=empty_redis.url,
        DESKPULSE_SITE="https://wall.example.org/",
    )

    assert done.stdout.startswith("https://wall.example.org/join/")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ((), "--token: name one of those with the scope admin (boss, acme boss)"),
        (("--token", "reader"), "--token: name one of those with the scope admin (boss, acme boss)"),
        (("--token", "acme boss", "--drill-down"), "--drill-down: the token 'acme boss' has not that scope itself"),
        (("--token", "acme boss", "--tenant", "initech"), "--tenant: 'initech' is none of the token 'acme boss'"),
        (
            ("--token", "boss", "--board", "//evil.example"),
            "--board: '//evil.example' is not a path of the site (try /?kiosk)",
        ),
        (("--token", "boss", "--valid", "2d"), "--valid: '2d' is not from 10s to 1d"),
        (("--token", "boss", "--session", "31d"), "--session: '31d' is not from 60s to 30d"),
        (
            ("--token", "boss", "--valid", "soon"),
            "--valid: 'soon' is not a duration: a whole number with s, m, h or d (try 5m)",
        ),
        (
            ("--token", "boss", "--redis", "redis://127.0.0.1:1/0"),
            "DESKPULSE_REDIS: redis://127.0.0.1:1/0 does not answer",
        ),
    ],
)
def test_a_link_that_cannot_be_typed_is_refused(tokens: Path, options: tuple[str, ...], line: str) -> None:
    """One line that names the option, as the API names the parameter."""
    assert refused("link", *options, DESKPULSE_TOKENS=str(tokens)) == line


def test_where_nobody_is_asked_nobody_needs_a_link() -> None:
    """Without a file of tokens the wallboard is open to this machine."""
    assert refused("link") == f"DESKPULSE_TOKENS: names no file, so nobody needs a link: open {HERE}"


PROXY = {"proxy_user_header": "X-User", "proxy_peers": "10.0.0.1"}
KIM = {"X-User": "kim", "X-Deskpulse-Scopes": "read,admin", "X-Deskpulse-Tenants": "*"}


def test_what_a_user_of_a_proxy_gave_is_taken_back(browser: Callable[..., Client]) -> None:
    """Nothing here knows that kim left: who may see all tenants says so; links and screens of kim end, no others."""
    front = browser(**PROXY)

    def from_kim(**body: Any) -> str:
        return str(urlsplit(front.post(LINKS, json=body, headers=KIM).json()["url"]).path)

    screen, other, unused = browser(**PROXY), browser(**PROXY), from_kim()
    screen.get(from_kim())
    other.get(link(front))
    assert [each.get("/api/v1/catalogue").status_code for each in (screen, other)] == [200, 200]

    ended = front.delete(f"{GIVEN}?by=kim", headers={"Authorization": "Bearer boss"})

    assert (ended.status_code, ended.json()) == (200, {"ended": 2})
    assert [each.get("/api/v1/catalogue").status_code for each in (screen, other)] == [401, 200]
    assert browser(**PROXY).get(unused).status_code == 404
    assert front.delete(f"{GIVEN}?by=kim", headers={"Authorization": "Bearer boss"}).json() == {"ended": 0}


def test_what_a_user_of_a_proxy_gave_lets_nobody_in_where_there_is_no_proxy(browser: Callable[..., Client]) -> None:
    """A server that knows no proxy believes none of its users, whatever stands in the same Redis."""
    made = browser(**PROXY).post(LINKS, json={}, headers=KIM).json()["url"]
    behind, alone = browser(**PROXY), browser()
    behind.get(str(urlsplit(made).path))
    alone.cookies = behind.cookies

    assert behind.get("/api/v1/catalogue").status_code == 200
    assert alone.get("/api/v1/catalogue").status_code == 401


def test_ones_own_links_are_taken_back_and_others_only_by_who_sees_all(browser: Callable[..., Client]) -> None:
    """The boss of acme ends what they gave themselves, and nobody else's."""
    client, screen, other = browser(), browser(), browser()
    screen.get(str(urlsplit(order(client, by="acme boss").json()["url"]).path))
    other.get(link(client))

    refused = client.delete(f"{GIVEN}?by=boss", headers={"Authorization": "Bearer acme boss"})
    ended = client.delete(GIVEN, headers={"Authorization": "Bearer acme boss"})

    assert refused.status_code == 403
    assert ended.json() == {"ended": 1}
    assert [each.get("/api/v1/catalogue").status_code for each in (screen, other)] == [401, 200]


async def test_a_link_that_is_taken_back_while_it_is_used_lets_nobody_in(empty_redis: services.Redis) -> None:
    """Between the link that is gone and the session that begins."""
    sessions = Sessions(load({"redis": empty_redis.url}))
    grant = Grant("kim", "proxy", frozenset({"read"}), None, "/", 60)
    code = await sessions.new_link(grant, valid_s=60)
    keep = sessions._keep

    def taking_back(name: str, held: str, given: str, lasts_s: int) -> None:
        assert sessions._take_back(given) == 0
        keep(name, held, given, lasts_s)

    sessions._keep = taking_back  # type: ignore[method-assign]

    assert await sessions.use(code) is None
    assert await sessions.take_back("kim", "proxy") == 0
