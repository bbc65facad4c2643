"""Sums kept up to date as windows roll equal sums made anew, whatever comes when."""

from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from aggregators.panes import ALL_TIME, FINE, HOUR, QUARTER, Pane
from aggregators.rolling import TOTALS, Group, Rolling, Sums, groups_of
from aggregators.samples import Labels
from aggregators.windows import EVERYBODY, WINDOWS, Local, span
from tests.logs import T0, after

BERLIN = ZoneInfo("Europe/Berlin")
BILLING, SALES, ACME = (
    Labels("default", "chat", "billing"),
    Labels("default", "web", "sales"),
    Labels("acme", "chat", "x"),
)
LABELS = (BILLING, SALES, ACME)
QUEUE, TENANT = groups_of(BILLING)[0], groups_of(BILLING)[2]

Add = tuple[int, Labels, dict[int, int]]
ADDS = st.tuples(
    st.integers(T0, T0 + 9 * DAY_MS) | st.integers(T0, T0 + 2 * HOUR_MS),
    st.sampled_from(LABELS),
    st.dictionaries(st.integers(1, 3), st.integers(-2, 3), min_size=1, max_size=3),
)
MOVES = st.integers(T0 - HOUR_MS, T0 + 10 * DAY_MS) | st.integers(T0, T0 + 3 * HOUR_MS)


def panes(instant: int) -> list[Pane]:
    """Return the panes of every width that hold *instant*."""
    return [Pane(width.ms, instant - instant % width.ms) for width in (FINE, QUARTER, HOUR)]


def add(rolling: Rolling, instant: int, labels: Labels, amounts: dict[int, int]) -> None:
    """Add to the panes of all widths, as a commit does."""
    for pane in panes(instant):
        rolling.add(pane, labels, amounts)


def anew(adds: list[Add], as_of: int, window: str, group: Group) -> Sums:
    """Return the sums of a group by looking at everything that was ever added."""
    held = span(window, as_of, Local(BERLIN))
    sums: Sums = {}
    for instant, labels, amounts in adds:
        if held.start <= instant < held.end and group in groups_of(labels):
            for measure, amount in amounts.items():
                sums[measure] = sums.get(measure, 0) + amount
    return {measure: total for measure, total in sums.items() if total}


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(steps=st.lists(ADDS | MOVES, max_size=30), last=MOVES)
@example(steps=[T0 + DAY_MS, (T0, BILLING, {1: 1}), T0 + 8 * DAY_MS, T0 + DAY_MS], last=T0 + HOUR_MS)
def test_rolling_sums_equal_sums_made_anew(steps: list[Add | int], last: int) -> None:
    """Random additions, also far behind and ahead, and random moves, also back."""
    rolling = Rolling(WINDOWS, local={EVERYBODY: Local(BERLIN)})
    added: list[Add] = []
    for step in steps:
        if isinstance(step, int):
            rolling.move(step)
        else:
            add(rolling, *step)
            added.append(step)

    rolling.move(last)

    for window in WINDOWS:
        for group in {group for labels in LABELS for group in groups_of(labels)}:
            assert rolling.sums(window, group) == anew(added, last, window, group), (window, group)


def test_what_is_added_shows_at_once() -> None:
    """Without a move in between, in the windows that hold it.

    5m [09:50 · · · · · 14:50)   added at 09:00: not in 5m, in 30m
    """
    rolling = Rolling(("5m", "30m"), local={EVERYBODY: Local(BERLIN)})
    rolling.move(after("14:50"))

    add(rolling, after("09:00"), BILLING, {1: 7})
    add(rolling, after("09:50"), BILLING, {1: 1})

    assert (rolling.sums("5m", QUEUE), rolling.sums("30m", QUEUE)) == ({1: 1}, {1: 8})


def test_a_pane_leaves_at_its_instant() -> None:
    """At as_of = its start + W it is in, ten seconds later (when the window starts behind it) it is out.

    [00:00 ── pane ── 00:10)
    5m at 05:00 [00:00 · · · 05:00)    5m at 05:10 [00:10 · · · 05:10)
    """
    rolling = Rolling(("5m",), local={EVERYBODY: Local(BERLIN)})
    add(rolling, T0, BILLING, {1: 1})

    rolling.move(after("05:00"))
    inside = dict(rolling.sums("5m", QUEUE))
    rolling.move(after("05:10"))

    assert (inside, rolling.sums("5m", QUEUE)) == ({1: 1}, {})


def test_an_empty_sum_has_no_members() -> None:
    """What was taken back leaves nothing, not a zero."""
    rolling = Rolling(("5m",), local={EVERYBODY: Local(BERLIN)})
    rolling.move(after("01:00"))
    add(rolling, T0, BILLING, {1: 2, 2: 5})

    add(rolling, T0, BILLING, {1: -2})

    assert rolling.sums("5m", TENANT) == {2: 5}


def test_totals_are_of_all_time() -> None:
    """They are in no window and never roll out."""
    rolling = Rolling(WINDOWS, local={EVERYBODY: Local(BERLIN)})
    rolling.add(ALL_TIME, BILLING, {40: 3})
    rolling.move(T0 + 100 * DAY_MS)
    rolling.forget(before=T0 + 90 * DAY_MS)
    rolling.add(ALL_TIME, SALES, {40: 4})

    assert rolling.sums(TOTALS, TENANT) == {40: 7}
    assert list(rolling.groups("5m")) == []


def test_only_what_changed_is_changed() -> None:
    """Groups of a window are named when a pane of theirs comes, changes or goes; nobody else's are."""
    rolling = Rolling(("5m",), local={EVERYBODY: Local(BERLIN)})
    add(rolling, T0, BILLING, {1: 1})
    rolling.move(after("01:00"))
    came = set(rolling.changed)
    rolling.changed.clear()

    rolling.move(after("02:00"))
    stayed = set(rolling.changed)
    rolling.move(after("10:00"))

    assert (came, stayed) == ({("5m", group) for group in groups_of(BILLING)}, set())
    assert rolling.changed == came


def test_forgotten_panes_are_out_of_every_window() -> None:
    """What is still shown is not forgotten; what is, does not come back when the clock does."""
    rolling = Rolling(("5m", "today"), local={EVERYBODY: Local(ZoneInfo("UTC"))})
    add(rolling, T0, BILLING, {1: 1})
    rolling.move(after("3:00:00"))

    rolling.forget(before=after("1:00:00"))
    kept = dict(rolling.sums("today", QUEUE))
    rolling.move(after("02:00"))

    assert (kept, rolling.sums("5m", QUEUE)) == ({1: 1}, {})


def test_a_fine_pane_that_a_window_holds_is_never_forgotten() -> None:
    """Even where it begins before the limit."""
    rolling = Rolling(("1h",), local={EVERYBODY: Local(BERLIN)})
    add(rolling, T0, BILLING, {1: 1})
    rolling.move(after("30:00"))

    rolling.forget(before=after("40:00"))
    rolling.move(after("31:00"))
    rolling.move(after("2:00:00"))

    assert rolling.sums("1h", QUEUE) == {}


def test_regrouped_everything_counts_elsewhere() -> None:
    """In every window and in the totals; the old groups are changed and empty."""
    rolling = Rolling(("5m",), local={EVERYBODY: Local(BERLIN)})
    rolling.move(after("01:00"))
    add(rolling, T0, BILLING, {1: 1})
    rolling.add(ALL_TIME, BILLING, {40: 2})
    rolling.changed.clear()
    other = Group("queue", ("default", "chat", "other"))

    rolling.regroup(lambda _: (other,))

    assert (rolling.sums("5m", other), rolling.sums(TOTALS, other)) == ({1: 1}, {40: 2})
    assert (rolling.sums("5m", QUEUE), list(rolling.groups("5m"))) == ({}, [other])
    assert {(window, group) for window in ("5m", TOTALS) for group in (QUEUE, other)} <= rolling.changed


def test_a_week_keeps_its_quarters() -> None:
    """Fifteen minutes after its 10-second panes went, a number is still in 7d.

    15 min |=======| · · · · |=======|--|--  as_of
            ^ counted
    """
    rolling = Rolling(("7d",), local={EVERYBODY: Local(BERLIN)})
    add(rolling, T0 + MINUTE_MS, BILLING, {1: 1})

    found = []
    for instant in (T0 + 2 * MINUTE_MS, T0 + DAY_MS, T0 + 7 * DAY_MS + QUARTER.ms - 1, T0 + 7 * DAY_MS + QUARTER.ms):
        rolling.move(instant)
        rolling.forget(before=instant - FINE.kept_ms)
        found.append(dict(rolling.sums("7d", QUEUE)))

    assert found == [{1: 1}, {1: 1}, {1: 1}, {}]


def test_labels_count_at_the_levels_they_have() -> None:
    """Without a queue not at level queue, without a channel not at level channel; a queue without channel is a desk."""
    found = [groups_of(Labels("t", *rest)) for rest in (("chat", "q"), ("chat", ""), ("", ""), ("", "q"))]

    assert [[(group.level, group.values) for group in groups] for groups in found] == [
        [("queue", ("t", "chat", "q")), ("channel", ("t", "chat")), ("tenant", ("t",))],
        [("channel", ("t", "chat")), ("tenant", ("t",))],
        [("tenant", ("t",))],
        [("desk", ("t", "q"))],
    ]
