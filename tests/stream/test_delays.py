"""How long events were on their way, and whose clock is ahead."""

from __future__ import annotations

from aggregators.delta import Delta
from aggregators.engine import MAX_SOURCES
from aggregators.events import Rejected
from aggregators.instants import DAY_MS, SECOND_MS
from stream.decoding import decode_record
from stream.delays import LAG_SUM, REMEMBERED_MS, SourceClocks, count_lags, merged
from tests.logs import T0, Log


def records(*ats: int, source: str | None = "shop", timestamp: int = T0) -> list[tuple[int, object]]:
    """Return records of *timestamp* with an event each, at so many ms after T0."""
    log = Log(source=source)
    for at in ats:
        log.add("chat.queued", T0 + at, queue="a")
    return [(timestamp, decode_record(line)) for line in log.lines]


def lags(delta: Delta) -> dict[str, int]:
    """Return the counts that are not 0."""
    return {name: number for name, number in delta.counts.items() if number}


def test_an_event_counts_in_the_bucket_of_its_age() -> None:
    """Aged 0.1 s (on the first bound), 0.101 s, 2 s and 25 h: first, second, fifth and last; 90002.201 s together."""
    delta = Delta()

    count_lags(records(-100, -101, -2_000, -90_000_000), delta, now=T0)

    assert lags(delta) == {"lag:0": 1, "lag:1": 1, "lag:4": 1, "lag:13": 1, LAG_SUM: 90_002_201}


def test_an_event_of_the_future_has_no_age() -> None:
    """A clock that is ahead makes no lag below 0: it is in the first bucket and adds nothing."""
    delta = Delta()

    count_lags(records(30_000, -200), delta, now=T0)

    assert lags(delta) == {"lag:0": 1, "lag:1": 1, LAG_SUM: 200}


def test_what_is_rejected_is_never_applied() -> None:
    """Neither what is no event nor what the engine refuses for its instant has a lag."""
    delta = Delta()
    delta.rejected.append((1, Rejected("late")))

    count_lags([*records(-200, -300), (T0, Rejected("invalid_json"))], delta, now=T0)

    assert lags(delta) == {"lag:1": 1, LAG_SUM: 200}


def test_nothing_read_is_nothing_counted() -> None:
    """The histogram begins with the first event."""
    delta = Delta()

    count_lags([], delta, now=T0)

    assert delta.counts == {}


def test_the_quickest_event_tells_a_clock() -> None:
    """30 s ahead, as one event came within no time; others took 5 s and 60 s more."""
    clocks = SourceClocks()

    clocks.see(records(25_000, 30_000, -30_000), now=T0)
    clocks.see(records(-4_000, source="mail"), now=T0)
    clocks.see(records(50_000, source=None), now=T0)

    assert clocks.ahead_ms(now=T0) == {"shop": 30_000, "mail": -4_000}


def test_a_clock_that_was_set_right_is_right_after_ten_minutes() -> None:
    """What was seen is remembered for five minutes, and for five more while others are seen."""
    clocks = SourceClocks()
    clocks.see(records(30_000), now=T0)
    clocks.see(records(0), now=T0 + REMEMBERED_MS)

    ahead = [clocks.ahead_ms(now=T0 + age) for age in (REMEMBERED_MS, 2 * REMEMBERED_MS)]

    assert ahead == [{"shop": 30_000}, {"shop": 0}]


def test_a_source_that_fell_silent_has_no_clock() -> None:
    """Nothing is known of it after ten minutes, and nothing after the own clock was set back."""
    clocks = SourceClocks()
    clocks.see(records(30_000), now=T0)

    assert clocks.ahead_ms(now=T0 + 2 * REMEMBERED_MS) == {}
    clocks.see(records(30_000), now=T0 + 2 * REMEMBERED_MS)
    assert clocks.ahead_ms(now=T0) == {}


def test_old_days_tell_nothing_of_a_clock() -> None:
    """A source of which all took more than a day is replayed."""
    clocks = SourceClocks()
    clocks.see(records(-DAY_MS), now=T0)

    assert clocks.ahead_ms(now=T0) == {}


def test_there_are_so_many_sources_and_no_more() -> None:
    """Names of sources are bounded, like those of the freshness."""
    clocks = SourceClocks()
    for number in range(MAX_SOURCES + 5):
        clocks.see(records(SECOND_MS, source=f"s{number}"), now=T0)

    assert len(clocks.ahead_ms(now=T0)) == MAX_SOURCES


def test_partitions_together_know_the_quickest() -> None:
    """A source writes to many partitions; the most that one of them has seen counts."""
    assert merged([{"shop": -10, "mail": 5}, {"shop": 20}]) == {"shop": 20, "mail": 5}
