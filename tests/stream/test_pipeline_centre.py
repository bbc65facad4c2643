"""The adversarial centre through Kafka, a worker, Redis and /metrics agrees with its tables, in every column."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tests.columns import NAMES, Shown, rows
from tests.oracle import instant, parsed, well_formed
from tests.pipeline import Pipeline
from tests.reference import by_instant, centre_lines, centre_table, mismatches, surplus

if TYPE_CHECKING:
    from pathlib import Path

    from tests import services
    from tests.processes import Values
    from tests.reference import Row

LEVELS = ("tenant", "channel", "queue")
EVERY = 6


def tables() -> dict[str, list[Row]]:
    """Rows of all three levels, of the instants they have in common."""
    found = [by_instant(centre_table(level)) for level in LEVELS]
    common = set.intersection(*(set(table) for table in found))
    return {t: [row for table in found for row in table[t]] for t in sorted(common)}


def ms(t: str) -> int:
    """Epoch milliseconds of an instant of the tables."""
    found = instant(t)
    assert found is not None
    return found


def wrong(right: list[Row], values: Values) -> list[str]:
    """What is not shown as the rows say; of a label set without a row nothing but noughts may be shown."""
    shown: dict[str, Shown] = rows(values)
    return mismatches(right, shown) + surplus(right, shown)


def valid(lines: list[bytes]) -> list[tuple[int, bytes]]:
    """The lines that are events, those without a conversation too, each after its instant, in order of time."""
    timed: list[tuple[int, bytes]] = []
    for line in lines:
        record: dict[str, Any] = parsed(line) or {}
        at = instant(record.get("at"))
        if at is not None and ("conversation" not in record or well_formed(record)):
            timed.append((at, line))
    return sorted(timed, key=itemgetter(0))


def test_in_order_of_time_stopped_at_instants(
    kafka: services.Kafka, empty_redis: services.Redis, tmp_path: Path
) -> None:
    """Every sixth, both midnights and the last: all columns, with every event before the instant, and none later."""
    pipeline, right = Pipeline(kafka, empty_redis, tmp_path), tables()
    midnights = {t for t in right if t.endswith("T00:00:00Z")}
    instants = sorted({*list(right)[::EVERY], *midnights, *list(right)[-2:]})
    assert len(instants) >= 24
    events = valid(centre_lines())
    pipeline.learn(line for _, line in events)

    with pipeline.worker(), pipeline.serve() as serve:
        found = []
        since = 0
        for t in instants:
            pipeline.send([line for at, line in events if since <= at < ms(t)])
            pipeline.heartbeat(ms(t))
            found += wrong(right[t], serve.at(ms(t), only=NAMES))
            since = ms(t)

        assert found == []
        assert since > events[-1][0]


def test_as_it_arrived(kafka: services.Kafka, valkey: services.Redis, tmp_path: Path) -> None:
    """Copies, disorder, late corrections and invalid lines: right at its last instants, two hours and two days after.

    The tables in Redis are then those that `compute` makes of the exported log, byte for byte, and the 60 invalid
    lines are dead letters.
    """
    valkey.flush()
    pipeline, right, lines = Pipeline(kafka, valkey, tmp_path), tables(), centre_lines()

    with pipeline.worker(), pipeline.serve() as serve:
        pipeline.send(lines)
        for t in list(right)[-2:]:
            pipeline.heartbeat(ms(t))
            values = serve.at(ms(t))
            assert wrong(right[t], values) == []
        assert sum(value for (name, _), value in values.items() if name == "deskpulse_rejected_total") == 60
        pipeline.assert_equals_batch()

    letters = pipeline.dead_letters(61)
    assert len(letters) == 60
    assert {letter.value() for letter in letters} <= {line.removesuffix(b"\n") for line in lines}
