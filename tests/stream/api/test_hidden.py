"""Deleted or to be forgotten: a conversation still counts, and nobody is told of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from aggregators.definitions import FAMILIES, Definitions
from aggregators.forgetting import stand_in
from stream.api.conversations import Members
from stream.api.restatements import Log as Restated
from tests.logs import Log, after
from tests.pipeline import Pipeline
from tests.stream.api.asking import ask
from tests.stream.api.shown import behind, facts, names, restated, shown

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services

PLACE = {"tenant": "acme", "channel": "chat", "queue": "billing"}
WAITS = f"/api/v1/conversations?metric=support_queue_rolling_wait_mean_seconds&{urlencode(PLACE)}&window=1h"
MASK = re.compile("…[0-9a-f]{10}")
KINDS = ["conversation.forgotten", "ticket.deleted"]


def two_waits(kind: str) -> Log:
    """Return c1, answered after 30 s, and c2 after 90 s, to whom *kind* happens after that."""
    log = Log(**PLACE)
    log.of(conversation="c1", **PLACE).queued("1:00").accepted("1:30", id="c1-accepted")
    log.of(conversation="c2", **PLACE).queued("1:00").accepted("2:30", id="c2-accepted").add(kind, "3:00")
    return log


def asked(log: Log, path: str, clock: str = "10:00") -> Any:
    """Return what is answered of *log*, whoever asks may see ids."""
    return ask(
        path, snapshot=shown(log, clock), behind=behind(log), facts=facts(log), restated=restated(log), now=after(clock)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_it_counts_and_is_not_named(kind: str) -> None:
    """The mean of both is 60 s, made of both; of c2 there is a mask only, the same one each time."""
    log = two_waits(kind)

    first, again = (asked(log, WAITS) for _ in range(2))

    answer = first.json()
    Members.model_validate_json(json.dumps(answer), strict=True, extra="forbid")
    assert (answer["value"], answer["reproduced"], answer["n"]) == (60.0, 60.0, 2)
    found = {each["value"]: (each["conversation"], each["is_hidden"]) for each in answer["members"]}
    assert found[30.0] == ("c1", False)
    mask, is_hidden = found[90.0]
    assert is_hidden
    assert MASK.fullmatch(mask)
    assert '"c2' not in first.text  # a mask may hold these two characters
    assert again.json()["members"] == answer["members"]


@pytest.mark.parametrize("kind", KINDS)
def test_its_facts_are_told_to_nobody(kind: str) -> None:
    """Who knows its id learns that it is gone; another one of the same log is told."""
    log = two_waits(kind)

    gone, there = (asked(log, f"/api/v1/conversations/{name}?tenant=acme") for name in ("c2", "c1"))

    assert gone.status_code == 410
    assert gone.json()["detail"] == "conversation: 'c2' was deleted or is to be forgotten; its numbers stay"
    assert gone.json()["parameter"] == "conversation"
    assert "billing" not in gone.text
    assert there.status_code == 200


def test_what_was_merged_into_it_does_not_name_it() -> None:
    """t1 was merged into t2, which is to be forgotten: the facts of t1 say so no more; into t3 they do."""
    log = Log(tenant="acme")
    log.of(conversation="t1", tenant="acme").created("1:00").add("ticket.merged", "2:00", into="t2")
    log.of(conversation="t3", tenant="acme").created("1:00").add("ticket.merged", "2:00", into="t1")
    log.of(conversation="t2", tenant="acme").created("1:00").add("conversation.forgotten", "3:00")

    hidden, shown_ = (asked(log, f"/api/v1/conversations/{name}?tenant=acme").json() for name in ("t1", "t3"))

    assert [fact["fields"].get("into") for fact in hidden["facts"]] == [None, None]
    assert [fact["fields"].get("into") for fact in shown_["facts"]] == [None, "t1"]


def test_what_was_counted_anew_does_not_name_it_either() -> None:
    """An accept two hours late, of one that is to be forgotten: what it changed is told, whose it was not."""
    log = Log(**PLACE)
    for name in ("c1", "c2"):
        log.of(conversation=name, **PLACE).queued("1:00")
    log.of(conversation="c2", **PLACE).add("conversation.forgotten", "2:00", id="c2-forgotten")
    log.add("source.heartbeat", "2:30:00", source="desk")
    for name in ("c1", "c2"):
        log.of(conversation=name, **PLACE).accepted("1:30", id=f"{name}-late")

    rows = asked(log, "/api/v1/restatements?tenant=acme", "2:40:00").json()
    answered = {"metric": "support_queue_rolling_answered", **PLACE, "window": "1h", "as_of": after("20:00")}
    known = asked(log, f"/api/v1/known-then?{urlencode(answered)}", "2:40:00").json()
    numbers = asked(log, "/api/v1/restated-numbers?tenant=acme", "2:40:00").json()

    Restated.model_validate_json(json.dumps(rows), strict=True, extra="forbid")
    assert (known["then"], known["now"]) == (0, 2)
    for found in (rows["restatements"], known["restatements"], numbers["restated"]):
        causes = {(each["conversation"], each["cause"]["id"]) for each in found}
        assert {(whose, cause) for whose, cause in causes if cause} == {("c1", "c1-late")}
        masked = [each for each in found if each["conversation"] != "c1"]
        assert masked
        assert all(MASK.fullmatch(each["conversation"]) for each in masked)
        assert {each["cause"]["type"] for each in masked} == {"chat.accepted"}
    assert '"c2' not in json.dumps([rows, known, numbers])


def test_from_kafka_to_the_answer(kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path) -> None:
    """On real servers: no table names the customer, the list names nobody, facts are gone; a batch says the same."""
    pipeline = Pipeline(kafka, empty_redis, tmp_path)
    named = {**PLACE, "customer": "anastasia"}
    log = Log(**named)
    log.of(conversation="c1", **named).queued("1:00").accepted("1:30")
    log.of(conversation="c2", **named).queued("1:00").accepted("2:30")

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        pipeline.heartbeat(after("3:00"))
        serve.at(after("3:00"))
        for name in ("c1", "c2"):
            pipeline.send(Log(**PLACE, conversation=name).add("conversation.forgotten", "4:00", id=f"{name}-f").lines)
        pipeline.heartbeat(after("10:00"))
        serve.at(after("10:00"))

        status, body = serve.get(WAITS)
        gone, _ = serve.get("/api/v1/conversations/c2?tenant=acme")
        pipeline.assert_equals_batch()

    with empty_redis.client() as client:
        hashes = [key for key in client.scan_iter("dp:*") if client.type(key) == b"hash"]
        stored = b"\n".join(part for key in hashes for pair in client.hgetall(key).items() for part in pair)
    assert (status, gone) == (200, 410)
    assert [(each["value"], each["is_hidden"]) for each in json.loads(body)["members"]] == [(90.0, True), (30.0, True)]
    assert b"c2" in stored
    assert b"anastasia" not in stored


def test_a_customer_is_named_while_a_conversation_names_them() -> None:
    """Who called back is ana, until both are forgotten; then a mask is, and the number is the same."""
    definitions = Definitions(families=FAMILIES)

    def behind_anchors(*forgotten: str) -> list[tuple[str, bool, float]]:
        log = Log(tenant="acme")
        for name, begun in (("c1", "1:00"), ("c2", "2:00")):
            pen = log.of(conversation=name, tenant="acme", queue="billing", channel="chat", customer="ana")
            pen.customer(begun)
        for name in forgotten:
            log.of(conversation=name, tenant="acme").add("conversation.forgotten", "3:00", id=f"f-{name}")
        answer = ask(
            f"/api/v1/conversations?metric=support_queue_rolling_callbacks_7d&{urlencode(PLACE)}&window=1h",
            snapshot=shown(log, "10:00", definitions=definitions),
            behind=behind(log, definitions=definitions),
            names=names(log, definitions=definitions),
        )
        assert stand_in("acme", "ana") not in answer.text
        return [(each["conversation"], each["is_hidden"], each["value"]) for each in answer.json()["members"]]

    assert behind_anchors() == [("ana", False, 1.0)]
    assert behind_anchors("c2") == [("ana", False, 1.0)]
    ((mask, is_hidden, value),) = behind_anchors("c1", "c2")
    assert (is_hidden, value) == (True, 1.0)
    assert MASK.fullmatch(mask)


def test_names_and_their_forgetting_on_real_servers(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Customers are named behind their numbers; forgotten, no table has the name, and a batch says the same."""
    file = tmp_path / "definitions.toml"
    file.write_text('families = ["customers"]\n')
    pipeline = Pipeline(kafka, empty_redis, tmp_path, DESKPULSE_DEFINITIONS=str(file))
    named = {**PLACE, "customer": "anastasia"}
    log = Log(**named)
    for name, begun in (("c1", "1:00"), ("c2", "2:00"), ("c3", "2:30")):
        log.of(conversation=name, **{**named, "customer": "ben" if name == "c3" else "anastasia"}).customer(begun)
    path = f"/api/v1/conversations?metric=support_queue_rolling_anchors&{urlencode(PLACE)}&window=1h"

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(log.lines)
        pipeline.heartbeat(after("3:00"))
        serve.at(after("3:00"))
        before = json.loads(serve.get(path)[1])
        for name in ("c1", "c2"):
            pipeline.send(Log(**PLACE, conversation=name).add("conversation.forgotten", "4:00", id=f"{name}-f").lines)
        pipeline.heartbeat(after("10:00"))
        serve.at(after("10:00"))
        now = json.loads(serve.get(path)[1])
        pipeline.assert_equals_batch()

    with empty_redis.client() as client:
        hashes = [key for key in client.scan_iter("dp:*") if client.type(key) == b"hash"]
        stored = b"\n".join(part for key in hashes for pair in client.hgetall(key).items() for part in pair)
    assert sorted(each["conversation"] for each in before["members"]) == ["anastasia", "ben"]
    assert [each["conversation"] for each in now["members"] if not each["is_hidden"]] == ["ben"]
    assert (before["value"], now["value"]) == (2, 2)
    assert stand_in("acme", "anastasia").encode() in stored
    assert b"anastasia" not in stored
