"""The numbers of the policy clocks as they are shown, each against one worked out by hand.

A chat's first and next reply are due after 60 s and at risk from 48 s on.
"""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.definitions import Definitions
from aggregators.events import Event
from stream.offline import Offline
from tests.adversary import logs
from tests.aggregators.observed import shown
from tests.aggregators.running import EVERYTHING, Counted, incoming
from tests.logs import T0, Log, after, offline


def clock(
    log: Log, at: str, which: str = "first_reply", *, window: str = "5m", of: str = "default"
) -> dict[str, float]:
    """Return what is shown of one clock of a tenant at a clock reading, by the name without `sla_`."""
    found = shown(log, at, of, window=window)
    return {
        name.removeprefix("sla_").removesuffix(f":{which}"): value
        for name, value in found.items()
        if name.startswith("sla_") and name.endswith(f":{which}")
    }


def test_the_life_of_a_clock() -> None:
    """M47: written at 10 s; at risk after 58 s, breached after 70 s by timer, answered at 100 s, gone from the state.

    10 s                      58 s      70 s              100 s
     |=========================|=========|=================|
           open                  at risk    past deadline
    """
    log = Log().customer("00:10")
    nothing = {"breached": 0, "attained": 0, "breaches_total": 0}

    assert clock(log, "00:58") == nothing | {"open": 1, "at_risk": 0, "past_deadline": 0}
    assert clock(log, "00:58.001") == nothing | {"open": 1, "at_risk": 1, "past_deadline": 0}
    assert clock(log, "01:10") == nothing | {"open": 1, "at_risk": 1, "past_deadline": 0}
    breached = {"breached": 1, "attained": 0, "attainment_ratio": 0, "breaches_total": 1}
    assert clock(log, "01:10.001") == breached | {"open": 1, "at_risk": 0, "past_deadline": 1}

    log.human("01:40")
    assert clock(log, "01:40.001") == breached | {"open": 0, "at_risk": 0, "past_deadline": 0}


def test_a_deadline_inside_the_current_pane_is_not_counted_before_it() -> None:
    """Due at 72 s: neither at 71 s nor at 72 s sharp, though the pane from 70 s to 80 s is that of now."""
    log = Log().customer("00:12")

    assert clock(log, "01:11")["breached"] == 0
    assert clock(log, "01:12")["breached"] == 0
    assert clock(log, "01:12.001")["breached"] == 1


def test_a_breach_counts_where_it_was_due() -> None:
    """Due at 70 s: in the window of 5 min until 370 s, with nothing happening; the counter keeps it."""
    log = Log().customer("00:10")

    assert [clock(log, at)["breached"] for at in ("06:10", "06:20")] == [1, 0]
    assert clock(log, "06:20", window="1h")["breached"] == 1
    assert clock(log, "06:20")["breaches_total"] == 1


def test_a_breach_has_rows_though_nothing_else_is_counted() -> None:
    """A chat with a bot, due at 12 h, given up at 24 h: three days later the week still holds the breach.

    With the clocks alone its start is in no hour. With one more event, elsewhere, the same is shown.
    """
    log = Log().started("00:00", bot=True)
    quiet, busy = (Offline(definitions=Definitions(families=("sla",))) for _ in range(2))
    quiet.feed(log.lines)
    busy.feed(log.add("source.heartbeat", "72:00:00", conversation=None, source="s").lines)
    of_queue = (("tenant", "default"), ("channel", "chat"), ("queue", "none"))

    found = quiet.values(after("72:00:01"))

    assert found["support_queue_rolling_sla_breached", (*of_queue, ("window", "7d"), ("clock", "resolution"))] == 1
    assert found == busy.values(after("72:00:01"))


def test_a_reply_in_time_takes_the_timer_back() -> None:
    """Before the deadline, with the timer waiting: answered at 60 s."""
    log = Log().customer("00:10")
    assert clock(log, "00:59")["breached"] == 0

    log.human("01:00")

    assert clock(log, "02:00") == {
        "open": 0, "at_risk": 0, "past_deadline": 0, "breached": 0, "attained": 1, "attainment_ratio": 1,
        "breaches_total": 0,
    }  # fmt: skip


def test_a_reply_that_is_learnt_late_takes_the_breach_back() -> None:
    """An hour has passed, and the breach is in the panes; then comes the reply of 40 s."""
    log = Log().customer("00:10")
    log.of(conversation=None).add("source.heartbeat", "1:00:00", source="s")
    assert clock(log, "1:00:01", window="today")["breached"] == 1

    log.human("00:40")

    found = clock(log, "1:00:01", window="today")
    assert (found["breached"], found["attained"], found["breaches_total"]) == (0, 1, 0)


def test_a_deadline_that_had_passed_before_it_was_learnt() -> None:
    """The message of 10 s comes after an hour: breached at 70 s, at once, and past its deadline now."""
    log = Log()
    log.of(conversation=None).add("source.heartbeat", "1:00:00", source="s")
    log.customer("00:10")

    found = clock(log, "1:00:01", window="today")
    assert (found["breached"], found["past_deadline"], found["breaches_total"]) == (1, 1, 1)
    assert clock(log, "1:00:01")["breached"] == 0


def test_attainment() -> None:
    """M47: of four clocks three kept, one not; a fifth was closed without a result and is in neither: 3/4."""
    log = Log()
    for number, replied in enumerate(("00:20", "00:40", "01:00", "01:01")):
        log.of(conversation=f"c{number}").customer("00:00").human(replied)
    log.of(conversation="c4").customer("00:00").closed("00:30")

    found = clock(log, "04:00")

    assert (found["attained"], found["breached"], found["attainment_ratio"]) == (3, 1, 0.75)


def test_of_nothing_there_is_no_share() -> None:
    """Counts are 0, the ratio is absent."""
    found = clock(Log().queued("00:00"), "01:00", "next_reply")

    assert found == {
        "open": 0, "at_risk": 0, "past_deadline": 0, "breached": 0, "attained": 0, "breaches_total": 0,
    }  # fmt: skip


def test_levels_are_sums() -> None:
    """One breach each in billing and sales: two at the channel, one at each queue."""
    log = Log()
    for queue in ("billing", "sales"):
        log.of(conversation=queue, queue=queue).customer("00:00")

    name = "sla_breached:first_reply"
    assert shown(log, "02:00", "default", "chat")[name] == 2
    assert shown(log, "02:00", "default", "chat", "sales")[name] == 1


def test_a_chat_that_is_given_up_is_cleaned_up_after_its_timers() -> None:
    """The day on which its facts may go comes after its last possible deadline, 24 h after its last event."""
    clocks = Definitions(families=("sla",))
    (day,) = Counted(clocks).feed(Log().customer("00:00").lines).expiry

    assert day == (T0 + clocks.retention_ms + clocks.silent_ms) // 86_400_000


# -------------------------------------------------------------------------------------------------- properties


def few() -> settings:
    """Return the settings of one property."""
    return settings(max_examples=25, derandomize=True, database=None, deadline=None)


@few()
@given(lines=logs(), data=st.data())
def test_chunks_and_restarts_leave_the_same_tables(lines: list[bytes], data: st.DataObject) -> None:
    """However a log is cut, with an engine made anew from the tables after each chunk."""
    records = incoming(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=6)))
    whole, parts = Counted(EVERYTHING), Counted(EVERYTHING)

    whole.take(records)
    for start, end in pairwise([0, *cuts, len(records)]):
        parts.take(records[start:end])
        parts.restart()

    assert parts.lines() == whole.lines()


@few()
@given(lines=logs(), ahead=st.sampled_from((1, 60_001, 3_600_000, 86_400_000, 60 * 3_600_000)))
def test_a_timer_counts_the_same_whether_or_not_the_watermark_has_passed_it(lines: list[bytes], ahead: int) -> None:
    """A partition in which nothing happens shows what one shows that a heartbeat has moved on: counters too."""
    instants = [record.content.at for record in incoming(lines) if isinstance(record.content, Event)]
    t = max([T0, *instants]) + ahead
    moved = [*lines, *Log(conversation=None).add("source.heartbeat", t - 1, source="s").lines]

    def clocks(of: list[bytes]) -> dict[object, float]:
        return {name: value for name, value in offline(of, t).values(t).items() if "_sla_" in name[0]}

    assert clocks(moved) == clocks(lines)


@few()
@given(lines=logs())
def test_the_clocks_say_the_same_whatever_else_is_counted(lines: list[bytes]) -> None:
    """What follows from other families where these are asked for is counted where they are not."""
    alone = Offline(definitions=Definitions(families=("sla",)))
    alone.feed(lines)
    t = max([T0, *(record.content.at for record in incoming(lines) if isinstance(record.content, Event))]) + 1

    def clocks(product: Offline) -> dict[object, float]:
        # Label sets that something else counts under have zeros more.
        shown = product.values(t).items()
        return {name: value for name, value in shown if "_sla_" in name[0] and (value or "ratio" in name[0])}

    assert clocks(alone) == clocks(offline(lines, t))
