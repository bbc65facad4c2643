"""The changes as server-sent events: once what is there, then what is new; who comes back misses nothing."""

from __future__ import annotations

import socket
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from aggregators.board import Row
from aggregators.rolling import Group
from stream.api.access import ANEW, ANYBODY, Caller, Unknown
from stream.api.app import make_app
from stream.api.changes import ALIVE, MOST_OF_ONE, MOST_SELECTIONS_OF_ONE, _events, _is_still, _leave_room
from stream.api.differing import REMEMBERED, Ring, Version, difference, following, together
from stream.api.hub import FORGET_AFTER, Hub
from stream.api.indexed import Index, Indexes
from stream.api.problems import Wrong
from stream.api.selecting import Chosen, Selection, choose
from stream.api.server import Server
from stream.api.source import Source
from stream.scopes import as_toml
from stream.settings import FIXED_WINDOWS, load
from stream.snapshot import Snapshot
from tests.eventually import eventually
from tests.logs import T0
from tests.stream.api.asking import WAITING, ask
from tests.stream.api.following import Stage
from tests.stream.api.following import following as follow
from tests.stream.test_exporter import snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from stream.api.hub import Client, Who


def waiting(queue: str, number: int, *, tenant: str = "acme") -> Row:
    """Return how many wait in a queue."""
    return Row(WAITING, Group("queue", (tenant, "chat", queue)), None, None, number)


BILLING, SALES = waiting("billing", 3), waiting("sales", 0)


def chosen(caller: Caller = ANYBODY, **asked: list[str]) -> Chosen:
    """Return a selection."""
    return choose(Selection.model_validate(asked), caller, windows=FIXED_WINDOWS, index=None)


def test_first_everything_then_what_is_new() -> None:
    """One value changed, one is gone, one is new; the one that stayed is not said again. Then nothing changed.

    billing   3   4   4
    sales     0   0   0
    support   1       .
    claims        2   2
    """
    stage = Stage(snapshot(BILLING, SALES, waiting("support", 1)))
    with stage.server() as address, follow(address) as stream:
        whole = next(stream)
        stage.show(snapshot(waiting("billing", 4), SALES, waiting("claims", 2)))
        changed = next(stream)
        stage.show(replace(stage.snapshot, trouble="Redis does not answer"))
        same = next(stream)

    assert (whole.kind, changed.kind, same.kind) == ("whole", "changed", "changed")
    assert whole.data == ask("/api/v1/values", snapshot=snapshot(BILLING, SALES, waiting("support", 1))).json() | {
        "trouble": None
    }
    assert {each["labels"]["queue"]: each["value"] for each in changed.data["values"]} == {"billing": 4, "claims": 2}
    assert changed.data["gone"] == [
        {
            "metric": "support_queue_waiting",
            "labels": {"tenant": "acme", "channel": "chat", "queue": "support"},
            "window": None,
        }
    ]
    assert (same.data["values"], same.data["gone"], same.data["trouble"]) == ([], [], "Redis does not answer")
    assert len({whole.id, changed.id, same.id}) == 3


def test_a_selection_is_followed_alone() -> None:
    """What changes elsewhere is an event without values; a queue that comes up later is there when it does."""
    stage = Stage(snapshot(BILLING, SALES))
    with stage.server() as address, follow(address, "queue=billing") as stream:
        whole = next(stream)
        stage.show(snapshot(BILLING, waiting("sales", 1)))
        elsewhere = next(stream)
        stage.show(snapshot(waiting("billing", 7), SALES))
        here = next(stream)

    assert [each["value"] for each in whole.data["values"]] == [3]
    assert elsewhere.data["values"] == []
    assert [each["value"] for each in here.data["values"]] == [7]


def test_who_comes_back_is_told_what_they_missed() -> None:
    """In one event: of each value the last, and what is gone. An id that is of nothing known gets everything."""
    stage = Stage(snapshot(BILLING, SALES))
    with stage.server() as address:
        with follow(address) as stream, follow(address) as other:
            known = next(stream).id
            next(other)
            stage.show(snapshot(waiting("billing", 4), SALES, waiting("claims", 2)))
            next(other)
            stage.show(snapshot(waiting("billing", 5), SALES))
            last = next(other)
        with follow(address, known=known) as stream:
            missed = next(stream)
        with follow(address, known=last.id) as stream:
            nothing = next(stream)
        others = []
        for query, id_ in (("", "nobody-00000000-1"), ("queue=billing", known), ("", f"{known}9"), ("", "")):
            with follow(address, query, known=id_) as stream:
                others.append(next(stream).kind)

    assert (missed.kind, missed.id) == ("changed", last.id)
    assert {each["labels"]["queue"]: each["value"] for each in missed.data["values"]} == {"billing": 5}
    assert [each["labels"]["queue"] for each in missed.data["gone"]] == ["claims"]
    assert (nothing.kind, nothing.data["values"], nothing.data["gone"]) == ("changed", [], [])
    assert others == ["whole"] * 4


def test_who_does_not_read_is_dropped_and_nobody_else_waits() -> None:
    """Events of 50 kB: a few fill what is written ahead, 30 more wait, with the next one the connection is cut."""
    names = [f"q-{number}" for number in range(500)]
    stage = Stage(snapshot(*(waiting(name, 0) for name in names)))
    with stage.server() as address, follow(address, "queue=q-0") as reader:
        next(reader)
        split = urlsplit(address)
        with socket.create_connection((split.hostname, split.port)) as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            sleeper.sendall(b"GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert sleeper.recv(15) == b"HTTP/1.1 200 OK"
            for number in range(1, 60):
                stage.show(snapshot(*(waiting(name, number) for name in names)))
                assert [each["value"] for each in next(reader).data["values"]] == [number]

            rest = b"".join(iter(lambda: sleeper.recv(1 << 16), b""))

    assert rest.count(b"event: changed") < 10
    assert not rest.endswith(b"0\r\n\r\n")


def test_the_end_of_the_server_ends_the_streams() -> None:
    """At once, and completely: nobody is cut off in the middle of an event."""
    stage = Stage(snapshot(BILLING))
    server = stage.server()
    address = server.__enter__()
    with follow(address) as stream:
        next(stream)
        server.__exit__(None, None, None)

        assert list(stream) == []


async def still() -> bool:
    """Say that who follows still may."""
    return True


async def test_a_comment_says_that_the_connection_lives() -> None:
    """After a while without an event; None is the end."""
    hub = Hub(lambda: snapshot(BILLING), Indexes())
    client, first = await hub.join(chosen(), known=None, cut=None)
    stream = _events(client, first, is_still=still, quiet_s=0)

    begin, comment = await anext(stream), await anext(stream)
    client.end()

    assert begin.startswith(b"retry: 1000\n\nevent: whole\nid: ")
    assert comment == ALIVE
    assert [each async for each in stream] == []


async def test_an_event_is_written_once_for_all_of_one_selection() -> None:
    """The same bytes for two of them; other ones for those of another selection."""
    shown = [snapshot(BILLING)]
    hub = Hub(lambda: shown[-1], Indexes())
    clients = [
        (await hub.join(each, known=None, cut=None))[0] for each in (chosen(), chosen(), chosen(queue=["billing"]))
    ]
    shown.append(snapshot(waiting("billing", 4)))
    hub.tell()

    one, two, other = [await client.events.get() for client in clients]

    assert one is two
    assert one is not other
    assert hub.clients == 3
    for client in clients:
        hub.leave(client)
    assert hub.clients == 0


async def test_somebody_elses_tenant_is_not_followed() -> None:
    """Neither at first nor as a change."""
    shown = [snapshot(BILLING, waiting("vault", 1, tenant="globex"))]
    hub = Hub(lambda: shown[-1], Indexes())
    acme = chosen(Caller("acme's board", frozenset({"read"}), frozenset({"acme"})))
    client, first = await hub.join(acme, known=None, cut=None)
    shown.append(snapshot(waiting("billing", 4), waiting("vault", 2, tenant="globex")))
    hub.tell()
    changed = await client.events.get()
    shown.append(snapshot(waiting("billing", 5)))
    hub.tell()
    gone = await client.events.get()

    assert changed is not None
    assert gone is not None
    assert b"billing" in first + changed + gone
    assert b"globex" not in first + changed + gone


async def test_what_fails_ends_the_streams_and_not_the_hub() -> None:
    """Those who follow are told nothing wrong: they come back, and get everything."""
    shown = [snapshot(BILLING)]
    hub = Hub(lambda: shown[-1], Indexes())
    client, _ = await hub.join(chosen(), known=None, cut=None)
    shown.append(snapshot(None))  # type: ignore[arg-type]  # rows that are none
    with capture_logs() as logs:
        hub.tell()
        end = await client.events.get()
    hub.leave(client)
    shown.append(snapshot(waiting("billing", 4)))

    again, first = await hub.join(chosen(), known=None, cut=None)
    shown.append(snapshot(waiting("billing", 5)))
    hub.tell()

    assert end is None
    assert [each["event"] for each in logs] == ["changes_failed"]
    assert b'"value":4}' in first
    assert b'"value":5}' in (await again.events.get() or b"")


async def test_without_anybody_nothing_is_worked_out() -> None:
    """After two minutes of it; who comes then gets everything."""
    shown = [snapshot(BILLING)]
    hub = Hub(lambda: shown[-1], Indexes())
    client, first = await hub.join(chosen(), known=None, cut=None)
    hub.leave(client)
    known = first.partition(b"id: ")[2].partition(b"\n")[0].decode()
    for number in range(FORGET_AFTER + 1):
        shown[0] = snapshot(waiting("billing", number))
        await hub._step()

    _, event = await hub.join(chosen(), known=known, cut=None)

    assert event.startswith(b"event: whole\n")
    assert b'"value":120}' in event


WAITERS = chosen(metric=["support_queue_waiting"])
KEYS = st.sampled_from(["a", "b", "c", "d"])
STATES = st.lists(st.dictionaries(KEYS, st.integers(0, 2)), min_size=1, max_size=6)


@given(STATES)
def test_all_changes_together_lead_from_any_version_to_the_last(states: list[Mapping[str, int]]) -> None:
    """Whatever came and went in between, and whether or not rows are the same objects."""
    known: dict[tuple[str, int], Row] = {}
    snapshots = [
        snapshot(*(known.setdefault(each, waiting(*each)) for each in state.items()), refreshes=number)
        for number, state in enumerate(states)
    ]
    versions = [Version(1, snapshots[0], Index(()), Index(()))]
    for each in snapshots[1:]:
        versions.append(following(versions[-1], each))

    for number, state in enumerate(states):
        change = together(versions[number + 1 :], WAITERS)
        found = dict(state) | {row.group.values[2]: int(row.value) for row in change.rows}
        for row in change.gone:
            found.pop(row.group.values[2], None)  # it came and went
        assert found == states[-1]


def test_what_was_made_anew_with_the_same_value_did_not_change() -> None:
    """Rows are compared by what they say."""
    assert difference((BILLING, SALES), (waiting("billing", 3), SALES)) == ([], [])
    assert difference((BILLING,), (waiting("billing", 4),)) == ([waiting("billing", 4)], [])


def test_only_the_last_versions_are_remembered() -> None:
    """So many of them, and no more than so many rows of them: of older ones nobody can say what followed."""
    nothing = Index(())
    long, wide = Ring(), Ring(versions=10, rows=100)
    for number in range(1, REMEMBERED + 11):
        long.add(Version(number, Snapshot(), nothing, nothing))
        wide.add(Version(number, Snapshot(), nothing, nothing, size=40))

    assert [each.number for each in long.since(128) or ()] == [129, 130]
    assert len(long.since(10) or ()) == REMEMBERED
    assert long.since(9) is None
    assert long.since(131) is None
    assert [each.number for each in wide.since(128) or ()] == [129, 130]
    assert wide.since(127) is None


async def test_nobody_takes_the_streams_of_all() -> None:
    """200 of one caller, of 50 selections at most; others go on, and where nobody is known nobody has too many."""
    hub = Hub(lambda: snapshot(BILLING), Indexes())
    ann, ben = ("token", "ann"), ("token", "ben")
    queues = [chosen(queue=[f"q-{number}"]) for number in range(MOST_SELECTIONS_OF_ONE + 1)]

    async def join(each: Chosen, who: Who) -> Client:
        _leave_room(hub, who, each)
        return (await hub.join(each, known=None, cut=None, who=who))[0]

    first, *_ = [await join(each, ann) for each in queues[:-1]]
    with pytest.raises(Wrong, match="you follow 50 selections already") as selections:
        await join(queues[-1], ann)
    for _ in range(MOST_OF_ONE - MOST_SELECTIONS_OF_ONE):
        await join(queues[1], ann)
    with pytest.raises(Wrong, match="you follow by 200 streams already"):
        await join(queues[1], ann)
    for _ in range(MOST_OF_ONE + 1):
        await join(queues[1], None)
    await join(queues[-1], ben)
    hub.leave(first)
    await join(queues[-1], ann)

    assert (selections.value.status_code, selections.value.headers) == (429, {"Retry-After": "10"})


def test_streams_are_counted_by_who_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token: at the server one too many is answered 429, and one that has ended counts no more."""
    monkeypatch.setattr("stream.api.changes.MOST_OF_ONE", 1)
    (tmp_path / "tokens.toml").write_text(as_toml("ann", "ann", scopes=["read"], tenants=None))
    settings = load({"listen": "127.0.0.1:0", "tokens": str(tmp_path / "tokens.toml")})
    source = Source(settings, lambda: snapshot(BILLING), clock=lambda: T0)
    with Server(make_app(source), settings) as server:

        def following() -> AbstractContextManager[httpx2.Response]:
            bearer = {"Authorization": "Bearer ann"}
            return httpx2.stream("GET", f"{server.address}/api/v1/changes", headers=bearer, timeout=30)

        def answered() -> int:
            with following() as answer:
                return answer.status_code

        with following() as one:
            assert (one.status_code, answered()) == (200, 429)
        eventually(lambda: answered() == 200)


def test_what_cannot_be_followed_is_a_problem() -> None:
    """Before anything is sent, as for the values."""
    refused = ask("/api/v1/changes?metric=nothing")

    assert (refused.status_code, refused.json()["parameter"]) == (422, "metric")


@pytest.mark.parametrize(
    "after", [{}, {"scopes": ["read", "drill-down"]}, {"tenants": ["globex"]}, {"secret": "another"}]
)
def test_a_stream_ends_with_the_right_to_it(
    after: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that is taken away, or gets other rights or another secret, is asked for in seconds, not minutes."""
    monkeypatch.setattr("stream.api.changes.ANEW_S", 0.1)
    token: dict[str, Any] = {"secret": "r", "scopes": ["read"], "tenants": ["acme"]}
    file = tmp_path / "tokens.toml"
    file.write_text(as_toml("r", **token))
    stage = Stage(snapshot(BILLING))
    with (
        stage.server(tokens=str(file)) as address,
        follow(address, headers={"Authorization": "Bearer r"}, patience_s=10) as stream,
    ):
        next(stream)
        stage.show(snapshot(waiting("billing", 4)))
        assert next(stream).kind == "changed"

        file.write_text(as_toml("r", **{**token, **after}) if after else "")

        assert list(stream) == []


async def test_a_stream_goes_on_while_nobody_can_say_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis that is away for a moment has not ended a session."""
    monkeypatch.setattr("stream.api.changes.ANEW_S", 0.0)
    caller = Caller("link of kim", frozenset({"read"}), None, "link", "k")
    answers: list[Caller | Exception] = [Wrong(HTTPStatus.SERVICE_UNAVAILABLE, "away"), caller, Unknown()]

    async def anew() -> Caller:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    request = Request({"type": "http", ANEW: anew})

    assert [await _is_still(request, caller) for _ in range(3)] == [True, True, False]
