"""Every endpoint there is refuses whom it has to, and shows nobody what is another tenant's.

Neither numbers, nor conversations, nor that they exist. The routes of the application are walked, and the contract
says how to ask them: a new one is among them by itself.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from aggregators.definitions import FAMILIES
from stream.api.app import make_app
from stream.api.source import Source
from stream.definitions_file import definitions_from
from stream.scopes import as_toml
from stream.settings import load
from tests.logs import Log
from tests.stream.api.endpoints import OPEN, SAMPLES, SCOPES, Endpoint, ask_at, endpoints
from tests.stream.api.endpoints import parameters as parameters_of
from tests.stream.api.shown import behind, facts, past, restated, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fastapi import FastAPI

    from stream.behind import Asked, Behind
    from stream.conversation import Owned
    from stream.past import Past
    from stream.restated import Restatements
    from stream.settings import Settings
    from stream.snapshot import Snapshot
    from tests import services
    from tests.stream.api.driving import Answer

OURS = {"tenant": "acme", "queue": "billing", "agent": "ann", "team": "crew", "conversation": "c-1"}
THEIRS = {
    "tenant": "zyglobex",
    "queue": "zyglobsales",
    "agent": "zyglobert",
    "team": "zyglobteam",
    "conversation": "zyglob-1",
}
NOBODYS = {name: value.replace("zyglob", "zygxob") for name, value in THEIRS.items()}
MARK = b"zyglob"
DEFINITIONS = f"""
levels = ["priority", "team", "language", "agent"]
families = {[each for each in FAMILIES if each != "people"]}
[targets.wait]
queues = {{ {THEIRS["queue"]} = "30s" }}
[zones]
{THEIRS["tenant"]} = "Europe/Berlin"
[[shifts]]
tenant = "{THEIRS["tenant"]}"
name = "zyglobshift"
hours = "09:00-17:00"
"""
BOARDS = f"""
[sources]
ignored = ["zyglobledger"]
each = {{ zyglobdesk = "2h" }}
[[boards]]
name = "all"
[[boards]]
name = "zyglobtiles"
tiles = [{{ shows = "waiting", tenant = "{THEIRS["tenant"]}" }}]
[[boards]]
name = "zyglobboard"
tenant = "{THEIRS["tenant"]}"
"""


def day(*tenants: dict[str, str]) -> Log:
    """Return what happens to two conversations of each tenant: one is answered, one waits."""
    log = Log(source="desk")
    for names in tenants:
        shared = {name: names[name] for name in ("tenant", "conversation")}
        pen = log.of(**shared, queue=names["queue"], team=names["team"], priority="high", language="en")
        pen.add("chat.message", "1:00", actor="customer", message="1").add("chat.queued", "1:10")
        pen.add("chat.accepted", "1:40", agent=names["agent"])
        pen.add("chat.message", "2:00", actor="human", agent=names["agent"], message="2")
        log.of(**shared, queue=names["queue"]).add("chat.queued", "8:00", conversation=names["conversation"] + "w")
    return log


@cache
def snapshots() -> tuple[Snapshot, Snapshot]:
    """Return what is shown where there are both tenants, and where there is ours alone."""
    definitions = definitions_from(DEFINITIONS)
    both, ours = (shown(day(*names), "10:00", definitions=definitions) for names in ((OURS, THEIRS), (OURS,)))
    return both, ours


class World:
    """An application, whose snapshot may be another one."""

    def __init__(self, folder: Path, redis: str) -> None:
        self.folder = folder
        tokens = as_toml("whole", "whole", scopes=["read", "drill-down", "admin"], tenants=None)
        tokens += as_toml("ours", "ours", scopes=["read", "drill-down", "admin"], tenants=["acme"])
        tokens += as_toml("reader", "reader", scopes=["read"], tenants=["acme"])
        for name, text in (("tokens", tokens), ("definitions", DEFINITIONS), ("boards", BOARDS)):
            (folder / f"{name}.toml").write_text(text)
        files = {name: str(folder / f"{name}.toml") for name in ("tokens", "definitions", "boards")}
        proxy = {"proxy_user_header": "X-User", "proxy_peers": "10.0.0.1"}
        settings = load({"redis": redis, "rate": "100000", **files, **proxy})
        self.of_both, self.of_ours = snapshots()
        self.latest = self.of_both
        self._listeners: list[Callable[[], None]] = []
        source = Source(
            settings,
            lambda: self.latest,
            clock=lambda: self.latest.made_at,
            listen=self._listeners.append,
            read_past=lambda _: self.past(settings),
            read_behind=self.behind,
            read_facts=self.facts,
            read_restated=self.restated,
        )
        self.app: FastAPI = make_app(source)
        self.guarded = [each for each in endpoints(self.app) if not each.is_open]

    def show(self, snapshot: Snapshot) -> None:
        """Show another snapshot from now on."""
        self.latest = snapshot
        for call in self._listeners:
            call()

    def past(self, settings: Settings) -> Past:
        """Return what is kept of what is shown."""
        names = (OURS, THEIRS) if self.latest is self.of_both else (OURS,)
        return past(day(*names), definitions=definitions_from(DEFINITIONS))(settings)

    def behind(self, settings: Settings, asked: Asked) -> Behind:
        """Return who is behind what is shown."""
        names = (OURS, THEIRS) if self.latest is self.of_both else (OURS,)
        return behind(day(*names), definitions=definitions_from(DEFINITIONS))(settings, asked)

    def facts(self, settings: Settings, tenants: Sequence[str], conversation: str) -> Owned:
        """Return the facts of a conversation in what is shown."""
        names = (OURS, THEIRS) if self.latest is self.of_both else (OURS,)
        return facts(day(*names), definitions=definitions_from(DEFINITIONS))(settings, tenants, conversation)

    def restated(self, settings: Settings) -> Restatements:
        """Return what of it was counted anew."""
        names = (OURS, THEIRS) if self.latest is self.of_both else (OURS,)
        return restated(day(*names), definitions=definitions_from(DEFINITIONS))(settings)

    async def ask(self, endpoint: Endpoint, by: str | None, **values: str) -> Answer:
        """Return what the one with the token *by* is answered."""
        headers = {} if by is None else {"Authorization": f"Bearer {by}"}
        return await ask_at(self.app, endpoint, headers=headers, values=values)


@pytest.fixture
def world(tmp_path: Path, empty_redis: services.Redis) -> World:
    """Give the application, on a Redis in which nothing is."""
    return World(tmp_path, empty_redis.url)


def same(answer: Answer) -> bytes:
    """Return what of an answer is the same for whom it means the same: not the random part of ids of events."""
    return re.sub(rb"(?m)^id: .*$", b"", answer.body)


# ----------------------------------------------------------------------------------------------------------- refusals


def test_what_is_open_is_there_and_everything_else_is_guarded(world: World) -> None:
    """Each that is open is so for a reason; none that takes another scope than `read` is forgotten."""
    found = set(endpoints(world.app))

    assert set(OPEN) <= found
    assert set(SCOPES) <= found
    assert len(world.guarded) >= 10


async def test_nobody_is_let_in_without_a_token(world: World) -> None:
    """401 with the scheme that would help; nor with a token that is none, or in another scheme."""
    for endpoint in world.guarded:
        without, wrong = await world.ask(endpoint, None), await world.ask(endpoint, "wrong")
        basic = await ask_at(world.app, endpoint, headers={"Authorization": "Basic whole"})

        assert [each.status for each in (without, wrong, basic)] == [401] * 3, endpoint
        for each in (without, wrong, basic):
            assert each.headers["www-authenticate"].startswith('Bearer realm="deskpulse"'), endpoint
            assert each.headers["content-type"] == "application/problem+json", endpoint
            assert MARK not in each.body, endpoint


async def test_nobody_is_let_in_without_the_scope(world: World) -> None:
    """403 that names it: every endpoint to who has none, and those that take more to who only reads."""
    for endpoint in world.guarded:
        nothing = {"X-User": "ann", "X-Deskpulse-Tenants": "*"}
        answers = [await ask_at(world.app, endpoint, headers=nothing, peer="10.0.0.1")]
        if endpoint.scope != "read":
            answers.append(await world.ask(endpoint, "reader"))

        for each in answers:
            assert (each.status, each.detail) == (403, f"this needs the scope {endpoint.scope}"), endpoint
            assert f'scope="{endpoint.scope}"' in each.headers["www-authenticate"], endpoint


async def test_whoever_has_the_scope_is_let_in(world: World) -> None:
    """So that what refuses the others is the scope: an answer, or nothing found, as there is nothing in this Redis."""
    for endpoint in world.guarded:
        answer = await world.ask(endpoint, "whole")

        assert answer.status in {200, 201, 404}, (endpoint, answer)


# ----------------------------------------------------------------------------------------------------- other tenants


async def test_no_answer_names_another_tenant(world: World) -> None:
    """Nor its queues, agents, teams, boards, or anything else of it; who sees all tenants is told of it."""
    told = set()
    for endpoint in world.guarded:
        if endpoint.path == "/metrics":
            assert (await world.ask(endpoint, "ours")).status == 403
            continue
        assert MARK not in (await world.ask(endpoint, "ours")).body, endpoint
        assert MARK not in (await world.ask(endpoint, "ours", as_of=SAMPLES["as_of"])).body, endpoint
        if MARK in (await world.ask(endpoint, "whole")).body:
            told.add(endpoint.path.rpartition("/")[2])

    assert told >= {"values", "changes", "service-level", "identity", "definitions", "boards"}


async def test_every_answer_is_that_of_a_world_without_the_other_tenant(world: World) -> None:
    """Byte for byte: nothing that the other does changes it, neither now nor at an instant gone by."""
    for endpoint in world.guarded:
        if endpoint.path in {"/metrics", "/api/v1/links"}:
            continue
        for values in ({}, {"as_of": SAMPLES["as_of"]}):
            world.show(world.of_both)
            beside = await world.ask(endpoint, "ours", **values)
            world.show(world.of_ours)
            alone = await world.ask(endpoint, "ours", **values)

            assert same(beside) == same(alone), endpoint
            assert beside.status == alone.status, endpoint


@pytest.mark.parametrize("parameters", [*((name,) for name in THEIRS), ("tenant", "conversation")], ids=" and ".join)
async def test_what_is_another_s_is_as_what_nobody_has_ever_heard_of(world: World, parameters: tuple[str, ...]) -> None:
    """The answers are equal to the byte but for the name itself, wherever one may be given."""
    asked = 0
    for endpoint in world.guarded:
        if not set(parameters) <= {name for name, _, _ in parameters_of(world.app, endpoint)}:
            continue
        theirs = await world.ask(endpoint, "ours", **{name: THEIRS[name] for name in parameters})
        nobodys = await world.ask(endpoint, "ours", **{name: NOBODYS[name] for name in parameters})
        asked += 1

        assert theirs.status == nobodys.status, endpoint
        assert same(theirs).replace(MARK, b"zygxob") == same(nobodys), endpoint
        assert {**theirs.headers, "etag": ""} == {**nobodys.headers, "etag": ""}, endpoint

    assert asked


async def test_what_is_another_s_is_there_for_who_may_see_it(world: World) -> None:
    """So that the test before this one finds something: to who sees all tenants both answers differ."""
    values = Endpoint("GET", "/api/v1/values")
    for parameter in ("tenant", "queue", "agent", "team"):
        theirs = await world.ask(values, "whole", **{parameter: THEIRS[parameter]})
        nobodys = await world.ask(values, "whole", **{parameter: NOBODYS[parameter]})

        assert (theirs.status, nobodys.status) == (200, 404), parameter
    single = Endpoint("GET", "/api/v1/conversations/{conversation}")
    told = [
        await world.ask(single, "whole", tenant=names["tenant"], conversation=names["conversation"])
        for names in (OURS, THEIRS, NOBODYS)
    ]
    assert [each.status for each in told] == [200, 200, 404]
    assert MARK in told[1].body


async def test_a_link_lets_nobody_see_another_tenant(world: World) -> None:
    """Of whoever sees some tenants: theirs and unknown ones are refused alike."""
    links = Endpoint("POST", "/api/v1/links")
    answers = []
    for names in (THEIRS, NOBODYS):
        body = f'{{"tenants": ["{names["tenant"]}"]}}'.encode()
        answers.append(await ask_at(world.app, links, headers={"Authorization": "Bearer ours"}, body=body))

    assert answers[0] == answers[1]
    assert answers[0].status == 403
