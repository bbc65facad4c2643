"""The exporter says what its snapshot says, in the words of the catalogue."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric as LibraryMetric
from prometheus_client.parser import text_string_to_metric_families

from aggregators import pipeline_metrics as p
from aggregators.board import Row
from aggregators.calendars import Schedule
from aggregators.catalogue import METRICS, Metric
from aggregators.definitions import FAMILIES, Definitions
from aggregators.instants import DAY_MS, HOUR_MS
from aggregators.rolling import Group
from stream.chunks import Partition
from stream.event_clock import PartitionHealth
from stream.exporter import SPARE_SERIES, Exporter
from stream.offline import Offline
from stream.simulator import Centre as SimulatedCentre
from stream.simulator import Spike
from stream.snapshot import Memory, Snapshot
from tests.logs import Log, after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

AS_OF = after("10:00")
BILLING = Group("queue", ("acme", "chat", "billing"))


def metric(suffix: str, family: str = "state") -> Metric:
    """Return a metric of the catalogue."""
    (found,) = (each for each in METRICS if (each.suffix, each.family) == (suffix, family))
    return found


WEEKS_BEFORE = ("queued_usual", "queued_jump", "queued_jump_sigmas")
WAITING = Row(metric("waiting"), BILLING, None, None, 3)
EVENTS = metric("events_total", "total")


def snapshot(*rows: Row, **more: Any) -> Snapshot:
    """Return a snapshot of *rows*."""
    return Snapshot(rows=rows, made_at=AS_OF, as_of=AS_OF, trouble=None, redis_up=True, generation="abc", **more)


def exporter_of(latest: Callable[[], Snapshot], *, now: int = AS_OF) -> Exporter:
    """Return an exporter that is asked at *now*, in epoch ms."""
    return Exporter(latest, clock=lambda: now)


def values(exporter: Exporter) -> dict[tuple[str, ...], float]:
    """Return what a scrape has: name and label values to value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(exporter.text().decode())
        for sample in family.samples
    }


def test_a_value_has_the_name_and_the_labels_of_the_catalogue() -> None:
    """In their order, with the help and the type above them."""
    text = exporter_of(lambda: snapshot(WAITING)).text().decode()

    assert text.startswith(
        "# HELP support_queue_waiting Legs waiting in queue now.\n"
        "# TYPE support_queue_waiting gauge\n"
        'support_queue_waiting{tenant="acme",channel="chat",queue="billing"} 3\n'
    )


def test_nothing_known_is_nothing_said() -> None:
    """Before the first snapshot there is no number of the centre, no instant, and it is not ready."""
    found = values(exporter_of(Snapshot))

    assert found == {(p.READY.name,): 0, (p.REDIS_UP.name,): 0}


def centre(log: Log) -> Snapshot:
    """Return the snapshot of a log at AS_OF, without Kafka and Redis."""
    offline = Offline()
    offline.feed(log.lines)
    offline.board.move(AS_OF)
    return snapshot(*offline.board.rows())


def conversation() -> Log:
    """Return one that fills every family, and another that waits."""
    pen = Log(conversation="c", tenant="acme", queue="billing")
    pen.add("chat.message", "1:00", actor="customer", message="1").add("chat.queued", "1:10")
    pen.add("chat.accepted", "1:40", agent="a").add("chat.message", "2:00", actor="human", agent="a", message="2")
    pen.add("survey.sent", "3:00", survey="s", kind="csat").add(
        "survey.responded", "4:00", survey="s", kind="csat", score=4
    )
    pen.of(conversation="d", tenant="acme", queue="billing").add("chat.queued", "9:00")
    return pen


def test_an_empty_window_has_counts_and_no_means() -> None:
    """A queue that somebody has just entered: counts are 0, means, ratios and quantiles absent; none is NaN or 0."""
    log = Log(conversation="c", tenant="acme", queue="billing").add("chat.queued", "9:59")

    found = values(exporter_of(lambda: centre(log)))
    rolling = {name: value for name, value in found.items() if name[0].startswith("support_queue_rolling_")}

    assert rolling["support_queue_rolling_answered", "acme", "chat", "billing", "5m"] == 0
    assert {name for name in rolling if name[0].endswith("_seconds")} == set()
    # But for those of the legs queued, of which there is one: nobody of it was answered in time, and nobody left.
    of_queued = {name: value for name, value in rolling.items() if "of_queued" in name[0] or name[-1] == "SL6"}
    assert set(of_queued.values()) == {0}
    assert {name for name in rolling.keys() - of_queued.keys() if name[0].endswith("_ratio")} == set()
    assert not any(math.isnan(value) for value in found.values())


def test_a_queue_without_anybody_waiting_has_no_oldest_wait() -> None:
    """Its depth is 0; the age of nobody is absent."""
    log = Log(conversation="c", tenant="acme", queue="billing").add("chat.queued", "1:00").add("chat.accepted", "2:00")

    names = {name[0]: value for name, value in values(exporter_of(lambda: centre(log))).items()}

    assert names["support_queue_waiting"] == 0
    assert "support_queue_oldest_wait_seconds" not in names
    assert "support_queue_oldest_wait_timestamp_seconds" not in names


def test_a_snapshot_of_a_minute_ago_says_nothing_of_now() -> None:
    """Redis does not answer this instance. What was waiting then is shown for 60 s; later only how old that is.

    Another instance may show 0 by then, and queries take the greatest of all.
    """
    frozen = replace(snapshot(WAITING), trouble="Redis does not answer: gone", redis_up=False)

    at_60 = values(exporter_of(lambda: frozen, now=AS_OF + 60_000))
    later = values(exporter_of(lambda: frozen, now=AS_OF + 60_001))

    assert at_60["support_queue_waiting", "acme", "chat", "billing"] == 3
    assert not [name for name, *_ in later if name.startswith("support_")]
    assert later[(p.AS_OF.name,)] == later[(p.SNAPSHOT_TIME.name,)] == AS_OF / 1000
    assert later[(p.READY.name,)] == 0


def test_every_family_has_help_and_type() -> None:
    """Once each, above its samples, which stand together."""
    lines = exporter_of(lambda: centre(conversation())).text().decode().splitlines()
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]

    assert [line.split()[2] for line in lines if line.startswith("# HELP")] == families
    assert len(families) == len(set(families))
    current = ""
    for line in lines:
        if line.startswith("# HELP"):
            current = line.split()[2]
        elif not line.startswith("#"):
            assert line.partition("{")[0].partition(" ")[0].startswith(current)


def recommended(times: int, clock: str) -> Log:
    """Return a log in which so many customers of a queue say whether they would recommend it."""
    log = Log(queue="billing")
    for number in range(times):
        log.of(conversation=f"n{number}").add("survey.responded", clock, survey="s", kind="nps", score=number % 11)
    return log


def test_every_metric_of_the_catalogue_is_exported() -> None:
    """At each level, after a simulated day in which everything happens, at noon when a queue goes wrong.

    What is advisory needs more looks than one, and a jump three weeks of before. Everything settles within the
    day, and there are costs.
    """
    definitions = Definitions(
        families=FAMILIES,
        survey_settle_ms=HOUR_MS,
        settle_ms=HOUR_MS,
        repeat_ms=HOUR_MS,
        currency="EUR",
        agent_hour_micros=30_000_000,
        calendars={("", "", ""): Schedule("always", ())},
    )
    offline, noon = Offline(definitions=definitions), after("12:00:00")
    simulated = SimulatedCentre(rate=60, spikes=(Spike("billing", noon - 300_000),), heartbeat_ms=3_600_000)
    offline.feed(event.value for event in simulated.events(noon - DAY_MS, noon))
    offline.feed(recommended(30, "11:00:00").lines)
    offline.board.move(noon)

    text = exporter_of(lambda: snapshot(*offline.board.rows())).text().decode()

    families = {family.name: family.type for family in text_string_to_metric_families(text)}
    missing = [
        name
        for metric_ in METRICS
        if not metric_.advisory and metric_.source != "M64" and metric_.suffix not in WEEKS_BEFORE
        for level in metric_.levels
        if families.get((name := metric_.name(level)).removesuffix("_total")) != metric_.kind
    ]
    assert missing == []


def test_redis_is_as_full_as_it_says() -> None:
    """Bytes used, and the limit where there is one; nothing where it may not be asked."""
    used, limit = p.REDIS_MEMORY.name, p.REDIS_LIMIT.name
    full = values(exporter_of(lambda: snapshot(redis_memory=Memory(used=900, limit=1_000))))
    endless = values(exporter_of(lambda: snapshot(redis_memory=Memory(used=900, limit=0))))
    forbidden = values(exporter_of(snapshot))

    assert (full[(used,)], full[(limit,)]) == (900, 1_000)
    assert (endless[(used,)], endless.get((limit,))) == (900, None)
    assert {(used,), (limit,)} & forbidden.keys() == set()


def test_a_histogram_is_cumulative_and_ends_with_its_count() -> None:
    """Buckets by their bound, `+Inf` the same as the count, the sum in seconds."""
    found = {
        (sample.name, sample.labels.get("le")): sample.value
        for family in text_string_to_metric_families(exporter_of(lambda: centre(conversation())).text().decode())
        for sample in family.samples
        if sample.name.startswith("support_queue_wait_seconds")
    }

    assert found["support_queue_wait_seconds_bucket", "20.0"] == 0
    assert found["support_queue_wait_seconds_bucket", "30.0"] == 1
    assert found["support_queue_wait_seconds_bucket", "+Inf"] == 1
    assert found["support_queue_wait_seconds_count", None] == 1
    assert found["support_queue_wait_seconds_sum", None] == 30


def test_a_counter_never_falls() -> None:
    """Redis takes an event back, or is lost; the counter stays where it was until it is passed."""
    shown = [snapshot(Row(EVENTS, BILLING, None, "chat.queued", number)) for number in (5, 3, 6)]
    exporter = exporter_of(lambda: shown.pop(0))
    name = ("support_queue_events_total", "acme", "chat", "billing", "chat.queued")

    assert [values(exporter)[name] for _ in range(3)] == [5, 5, 6]


def test_a_counter_of_the_processor_never_falls() -> None:
    """The same for what Deskpulse says of itself."""
    shown = [snapshot(counts={"duplicates": number, "rejected:late": number}) for number in (5, 3, 6)]
    exporter = exporter_of(lambda: shown.pop(0))
    scrapes = [values(exporter) for _ in range(3)]

    assert [scrape[p.DUPLICATES.name,] for scrape in scrapes] == [5, 5, 6]
    assert [scrape[p.REJECTED.name, "late"] for scrape in scrapes] == [5, 5, 6]


def test_a_gauge_falls() -> None:
    """What is state now is what it is now."""
    shown = [snapshot(WAITING), snapshot(WAITING._replace(value=1))]
    exporter = exporter_of(lambda: shown.pop(0))

    assert [values(exporter)["support_queue_waiting", "acme", "chat", "billing"] for _ in range(2)] == [3, 1]


def test_what_left_the_snapshot_leaves_the_scrape() -> None:
    """A queue that is gone has no series, not an old one."""
    shown = [snapshot(WAITING), snapshot()]
    exporter = exporter_of(lambda: shown.pop(0))

    assert "support_queue_waiting" in exporter.text().decode()
    assert "support_queue_waiting" not in exporter.text().decode()


def test_a_scrape_reads_the_snapshot_once() -> None:
    """All of its numbers are of one instant; nothing else is read."""
    reads = []

    def latest() -> Snapshot:
        reads.append(1)
        return snapshot(WAITING)

    exporter = exporter_of(latest)

    assert not reads
    exporter.text()
    assert len(reads) == 1


@pytest.mark.parametrize("name", ["a\\b", 'a"b', "a\nb", "Käse, {Brot} = 1", ""])
def test_any_name_survives(name: str) -> None:
    """Quotes, backslashes, line ends and letters of all kinds come out as they went in."""
    row = WAITING._replace(group=Group("queue", ("acme", "chat", name)))

    assert values(exporter_of(lambda: snapshot(row)))["support_queue_waiting", "acme", "chat", name] == 3


class Rows:
    """The rows of a snapshot as prometheus_client has them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def collect(self) -> Iterator[LibraryMetric]:
        """Yield a family for each metric and level that has rows."""
        for metric_ in METRICS:
            for level in metric_.levels:
                found = [row for row in self._rows if row.metric is metric_ and row.group.level == level]
                family = LibraryMetric(metric_.name(level).removesuffix("_total"), metric_.help, metric_.kind)
                for row in found:
                    family.add_sample(row.name, dict(row.pairs), float(row.value))
                if found:
                    yield family


def test_the_quick_text_is_the_librarys_text() -> None:
    """What prometheus_client writes of the rows has the same families and the same samples in the same order."""
    made = centre(conversation())
    library = CollectorRegistry()
    library.register(Rows(made.rows))
    ours = [
        family
        for family in text_string_to_metric_families(exporter_of(lambda: made).text().decode())
        if family.name.startswith("support_")
    ]

    assert ours == list(text_string_to_metric_families(generate_latest(library).decode()))


def test_what_is_remembered_of_series_is_bounded() -> None:
    """Names that come and go do not fill the memory."""
    number = 0

    def latest() -> Snapshot:
        nonlocal number
        number += 1
        rows = [WAITING._replace(group=Group("queue", ("acme", "chat", f"{number}-{each}"))) for each in range(5_000)]
        return snapshot(*rows)

    exporter = exporter_of(latest)
    for _ in range(12):
        exporter.text()

    assert sum(len(known) for known in exporter._known.values()) <= 2 * 5_000 + SPARE_SERIES + 5_000


def test_the_processor_says_what_it_is() -> None:
    """Instants in seconds, labels by partition, source, window and generation; unknown ones absent."""
    partitions = (
        PartitionHealth(Partition("support.chat", 0), AS_OF, 7, AS_OF + 500, AS_OF + 2_500),
        PartitionHealth(Partition("support.chat", 1), None, None, None),
    )
    made = snapshot(
        WAITING,
        partitions=partitions,
        sources={"shop": AS_OF},
        covered_s={"5m": 60.0},
        folded=2,
        refreshes=9,
        failures=1,
        counts={"conflicts": 4},
    )

    found = values(exporter_of(lambda: made))

    assert found[p.AS_OF.name,] == AS_OF / 1000
    assert found[p.LAG.name, "0", "support.chat"] == 7
    assert found[p.REPORTED.name, "0", "support.chat"] == AS_OF / 1000 + 0.5
    assert found[p.WATERMARK.name, "0", "support.chat"] == AS_OF / 1000
    assert found[p.COMMITTED.name, "0", "support.chat"] == AS_OF / 1000 + 2.5
    assert found[p.EVENT_LAG.name, "0", "support.chat"] == 2.5
    assert (p.LAG.name, "1", "support.chat") not in found
    assert (p.EVENT_LAG.name, "1", "support.chat") not in found
    assert (found[p.REFRESHES.name,], found[p.REFRESH_FAILURES.name,], found[p.CONFLICTS.name,]) == (9, 1, 4)
    assert (p.ACCEPTED.name, "conflicts") not in found
    assert found[p.SOURCE_SEEN.name, "shop"] == AS_OF / 1000
    assert found[p.COVERED.name, "5m"] == 60
    assert found[p.FOLDED.name,] == 2
    assert found[p.SERIES.name,] == 1
    assert found[p.GENERATION.name, "abc"] == 1
