"""One conversation over HTTP: its facts in order, and what each of them counted for or took back."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from stream.api.timelines import Conversation
from tests.logs import Log
from tests.stream.api.asking import ask
from tests.stream.api.shown import facts, shown


def asked(log: Log, path: str) -> Any:
    """Return what is answered of *log*, an error too."""
    return ask(f"/api/v1/conversations/{path}", snapshot=shown(log, "10:00"), facts=facts(log)).json()


def counted(fact: Any, what: str) -> list[tuple[int, dict[str, int]]]:
    """Return how often a fact counted something of this kind, and what that adds."""
    return [(each["number"], each["adds"]) for each in fact["contributions"] if each["what"] == what]


def test_every_fact_says_what_it_counted_for() -> None:
    """Queued at 1:00, answered at 1:30: the leg that would have been lost at 4:01:00 is taken back, and is answered."""
    log = Log(tenant="acme", conversation="c", queue="billing", customer="zoe").queued("1:00").accepted("1:30")

    answer = asked(log, "c?tenant=acme")

    Conversation.model_validate_json(json.dumps(answer), strict=True, extra="forbid")
    assert (answer["conversation"], answer["tenant"]) == ("c", "acme")
    queued, accepted = answer["facts"]
    assert (queued["type"], queued["at"]) == ("chat.queued", "2024-03-04T00:01:00.000Z")
    assert queued["fields"] == {"queue": "billing", "customer": "zoe"}
    assert counted(queued, "queued") == [(1, {"queued": 1})]
    assert counted(queued, "leg") == [(1, {"lost": 1})]
    assert accepted["type"] == "chat.accepted"
    lost, answered = counted(accepted, "leg")
    assert lost == (-1, {"lost": -1})
    assert {name: answered[1][name] for name in ("answered", "wait_ms", "answered_within")} == {
        "answered": 1,
        "wait_ms": 30_000,
        "answered_within": 1,
    }
    of_leg = [each["metrics"] for each in accepted["contributions"] if each["adds"].get("answered")]
    assert {"answered", "wait_mean_seconds", "service_level_ratio", "abandonment_ratio"} <= set(of_leg[0])
    assert "first_responses" not in of_leg[0]


def test_what_lasts_begins_and_ends() -> None:
    """While it waits it lasts until it would be lost; answered, it has waited until then."""
    log = Log(tenant="acme", conversation="c").queued("1:00").accepted("1:30")

    queued, accepted = asked(log, "c?tenant=acme")["facts"]

    waiting = [each for each in queued["contributions"] if each["what"] == "waiting"]
    assert [(each["number"], each["at"], each["end"]) for each in waiting] == [
        (1, "2024-03-04T00:01:00.000Z", "2024-03-04T04:01:00.000Z")
    ]
    assert {"waiting", "oldest_wait_seconds", "waiting_past_target"} <= set(waiting[0]["metrics"])
    assert [(each["what"], each["number"], each["end"]) for each in accepted["contributions"] if each["end"]] == [
        ("waiting", -1, "2024-03-04T04:01:00.000Z"),
        ("waited", 1, "2024-03-04T00:01:30.000Z"),
    ]


def test_a_retracted_answer_takes_back_what_it_had_counted() -> None:
    """The survey counted as answered, and does so no more."""
    log = Log(tenant="acme", conversation="c", queue="billing", channel="chat")
    log.sent("1:00").responded("2:00", 5).retracted("3:00")

    sent, responded, retracted = asked(log, "c?tenant=acme")["facts"]

    assert counted(sent, "survey_sent") == [(1, {"surveys_sent": 1})]
    assert [number for number, _ in counted(responded, "csat")] == [1]
    assert [number for number, _ in counted(retracted, "csat")] == [-1]
    assert counted(retracted, "survey_sent")[0] == (-1, {"surveys_sent": -1, "surveys_answered": -1})


def test_texts_are_not_kept() -> None:
    """What somebody wrote is in no field; that somebody did is."""
    log = Log(tenant="acme", conversation="c").says("1:00", "customer", message="my secret")

    answer = asked(log, "c?tenant=acme")

    assert "my secret" not in json.dumps(answer)
    assert answer["facts"][0]["fields"] == {"actor": "customer"}


def test_whose_it_is_may_be_left_out_where_only_one_has_it() -> None:
    """Two tenants with a conversation of the same id: the answer asks for one of them."""
    log = Log(tenant="acme", conversation="c").queued("1:00")
    log.of(tenant="acme", conversation="mine").queued("1:00")
    log.of(tenant="other", conversation="c").queued("1:00")

    assert asked(log, "mine")["tenant"] == "acme"
    both = asked(log, "c")
    assert (both["status"], both["parameter"]) == (422, "tenant")
    assert asked(log, "c?tenant=other")["tenant"] == "other"


def test_what_nobody_has_heard_of_is_not_found() -> None:
    """404 with the parameter: no tenant that may be seen has it, also one that is named."""
    log = Log(tenant="acme", conversation="c").queued("1:00")

    assert (asked(log, "d")["status"], asked(log, "d")["parameter"]) == (404, "conversation")
    assert (asked(log, "c?tenant=nobody")["status"], asked(log, "c?tenant=nobody")["parameter"]) == (
        404,
        "conversation",
    )


@pytest.mark.parametrize("name", ["a/b", "/", "a//b/", "../c", "ä ?#"])
def test_an_id_may_hold_what_means_something_in_an_address(name: str) -> None:
    """Whoever sends events chooses it; escaped in the path it is found."""
    log = Log(tenant="acme", conversation=name, queue="billing").queued("1:00")

    answer = asked(log, f"{quote(name, safe='')}?tenant=acme")

    assert answer["conversation"] == name
    assert [fact["type"] for fact in answer["facts"]] == ["chat.queued"]
