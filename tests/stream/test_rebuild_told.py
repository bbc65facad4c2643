"""A rebuild of what customers and agents come to, where Kafka has deleted the beginning of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from stream.offline import Offline
from tests.eventually import eventually
from tests.logs import T0, Log
from tests.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests import services

FAMILIES = 'families = ["resolution", "work", "customers", "people"]\n'
OTHER = FAMILIES + '[targets.first_response]\nchannels.chat = "2s"\n'


def day(number: int) -> int:
    """Return midnight of a day after T0, in epoch ms."""
    return T0 + number * DAY_MS


def chat(log: Log, name: str, number: int, customer: str) -> None:
    """Write the five events of a chat on a day: queued, a message, a-1 accepts, answers and closes after 4 min."""
    of, at = log.of(conversation=name, customer=customer), day(number)
    of.add("chat.queued", at, queue="billing").add("chat.message", at + MINUTE_MS, actor="customer")
    of.add("chat.accepted", at + 2 * MINUTE_MS, agent="a-1").add("chat.message", at + 3 * MINUTE_MS, actor="human")
    of.add("chat.closed", at + 4 * MINUTE_MS, by="human")


def present(log: Log, *numbers: int) -> None:
    """Write the two events of each day on which a-1 is there, from 10 min before midnight to 10 min after."""
    of = log.of(conversation=None, agent="a-1")
    for number in numbers:
        of.add("agent.state_changed", day(number) - 10 * MINUTE_MS, state="available")
        of.add("agent.state_changed", day(number) + 10 * MINUTE_MS, state="away")


def told(lines: Iterable[bytes | str], table: str) -> list[dict[str, Any]]:
    """Return the rows of a table of what was told, without what another generation or log calls otherwise."""
    rows = [orjson.loads(line) for line in lines]
    found = [row for row in rows if row["table"] == table and row["topic"].endswith((".customers", ".agents"))]
    for row in found:
        del row["topic"]
        row.get("fields", {}).pop("version", None)
    return sorted(found, key=str)


def hours(lines: Iterable[bytes | str]) -> list[dict[str, Any]]:
    """Return the cells of what was told in panes of an hour, which are kept for 90 days."""
    return [row for row in told(lines, "cell") if row["width"] == HOUR_MS]


def kept(lines: Iterable[bytes | str]) -> list[dict[str, Any]]:
    """Return the facts that were told and are kept on day 60, wherever the watermark stands where they were told."""
    return [row for row in told(lines, "fact") if row["at"] > day(25)]


def in_time_order(lines: Iterable[bytes]) -> list[bytes]:
    """Return lines by their instants."""
    return sorted(lines, key=lambda line: orjson.loads(line)["at"])


def test_what_customers_and_agents_come_to_is_carried_over(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Kafka has deleted the first days of chats and of presence: nothing of what was told of them is lost.

        day 10    24    25            26    27    28          30          31    33       40    55    57    60   61
        a: u      g: z  60-retention  b: u  h: z  c: w  k: x  log begins  d: w  k is y's e: v  f: u  i: u  now  j: u
        ├ panes of before ┤├──────────────── told anew, from facts and from the log ──────────────────────────────┤

    Of a there are no facts any more; g is kept beyond the retention for whoever comes back within a week, as z does.
    k is renamed after the log begins: of x nothing is left. The other target changes nothing that is told, so every
    number is as before, and on day 61, when u comes back, as if nothing had been deleted.
    """
    pipeline, chats = Pipeline(kafka, empty_redis, tmp_path, partitions=1), Log()
    presence, later = chats.of(), chats.of()  # no id comes twice
    presence.lines, later.lines = [], []
    pipeline.define(FAMILIES)
    for name, number, customer in (("a", 10, "u"), ("g", 24, "z"), ("b", 26, "u"), ("h", 27, "z"), ("c", 28, "w")):
        chat(chats, name, number, customer)
    k = chats.of(conversation="k")
    k.add("chat.queued", day(28) + 1, queue="billing").add("chat.message", day(28) + 2, actor="customer", customer="x")
    present(presence, 10, 24, 26, 27, 28)
    deleted = {pipeline.chat: len(chats.lines), pipeline.agent: len(presence.lines)}
    chat(chats, "d", 31, "w")
    k.add("chat.accepted", day(33), agent="a-2", customer="y").add("chat.closed", day(33) + 5, by="human")
    for name, number, customer in (("e", 40, "v"), ("f", 55, "u"), ("i", 57, "u")):
        chat(chats, name, number, customer)
    present(presence, 31, 40, 55, 57)

    with pipeline.worker() as worker:
        eventually(lambda: worker.says("partitions_placed"))
        for part in (chats, presence):
            pipeline.send(part.lines)
        pipeline.heartbeat(day(60))
        before = pipeline.assert_equals_batch().splitlines()
        pipeline.define(OTHER)
        for topic, number in deleted.items():
            kafka.delete_records(topic, before=number)
        assert b"; panes before 2024-03-29T00:00:00Z of 2 partitions are those of before" in pipeline.run("rebuild")

        after = pipeline.dump().splitlines()
        assert [row for row in told(after, "fact") if row["subject"] == "x" and row["fields"]["content"]] == []
        assert hours(after) == hours(before)
        assert kept(after) == kept(before)
        assert told(after, "due") == told(before, "due")

        whole = Offline(pipeline.settings)
        whole.feed(in_time_order([*chats.lines, *presence.lines]))
        chat(later, "j", 61, "u")
        pipeline.send(later.lines)
        whole.feed(later.lines)
        right = hours(whole.told.lines("all.customers", 0, definitions=whole.definitions))
        eventually(lambda: hours(pipeline.dump().splitlines()) == right, every_s=1)
