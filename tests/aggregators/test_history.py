"""The same hours of the weeks before, and what is said of satisfaction against them."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from aggregators import measures as m
from aggregators.definitions import Definitions
from aggregators.history import History
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS
from aggregators.rolling import Group, groups_of
from aggregators.samples import Labels
from aggregators.windows import EVERYBODY, Local
from stream.offline import Offline
from stream.settings import load
from tests.logs import T0, Log
from tests.weeks import WEEK_MS, mondays

ASKED = Definitions(families=("baselines",))
BILLING = Labels("default", "chat", "billing")
QUEUE = Group("queue", ("default", "chat", "billing"))
TEN = 10 * HOUR_MS


def told(log: Log, t: int, *, zone: str = "UTC", level: str = "tenant", window: str = "1h") -> dict[str, float]:
    """Return what is shown of a level at *t*, by the name without level and window."""
    offline = Offline(load({"zone": zone}), definitions=ASKED)
    offline.feed(sorted(log.lines, key=lambda line: int(line.split(b'"at": ')[1].split(b",")[0])))
    prefix = f"support_{level}_rolling_"
    return {
        name.removeprefix(prefix): value
        for (name, pairs), value in offline.values(t).items()
        if name.startswith(prefix) and ("window", window) in pairs
    }


def jump(log: Log, t: int, *, zone: str = "UTC", window: str = "1h") -> tuple[float | None, ...]:
    """Return the jump, its standard errors and what is usual; None where it is absent."""
    found = told(log, t, zone=zone, window=window)
    return tuple(found.get(name) for name in ("csat_jump", "csat_jump_sigmas", "csat_usual_ratio"))


NOW = T0 + 3 * WEEK_MS + TEN + 50 * MINUTE_MS
"""10:50 on the fourth Monday: the last hour touches those from 9:00 and from 10:00."""


# ---------------------------------------------------------------------------------------- M64: the CSAT jump


def test_satisfaction_that_drops_below_what_is_usual_is_a_jump() -> None:
    """M64: usually 48 of 60 are satisfied, now 8 of 20.

    Together 56 of 80 are 0.7; √(0.7 · 0.3 · (1/20 + 1/60)) = √0.014 = 0.11832; (0.4 − 0.8) / 0.11832 = −3.3806.
    """
    sign, sigmas, usual = jump(mondays((20, 16), (20, 16), (20, 16), (20, 8)), NOW)

    assert (sign, usual) == (-1, 0.8)
    assert sigmas == pytest.approx(-3.3806, abs=0.0001)


def test_satisfaction_that_peaks_is_a_jump_too() -> None:
    """Two-sided: usually 24 of 60, now 16 of 20; together 40 of 80: 0.4 / √(0.25 · (1/20 + 1/60)) = 3.0984."""
    sign, sigmas, usual = jump(mondays((20, 8), (20, 8), (20, 8), (20, 16)), NOW)

    assert (sign, usual) == (1, 0.4)
    assert sigmas == pytest.approx(3.0984, abs=0.0001)


def test_what_is_usual_is_no_jump() -> None:
    """As always is 0 standard errors away: 0, which is not absent."""
    assert jump(mondays((20, 16), (20, 16), (20, 16), (20, 16)), NOW) == (0, 0, 0.8)


def test_a_monday_that_always_differs_is_no_jump() -> None:
    """Weeks of 20, 12 and 4 of 20 vary more than chance lets them: now 4 of 20 is nothing to speak of.

    φ = 20 · (0.4² + 0² + 0.4²) / (0.6 · 0.4) / 2 = 13.333; together 40 of 80: −0.4 / √(13.333 · 0.25 / 15) = −0.8485.
    """
    sign, sigmas, usual = jump(mondays((20, 20), (20, 12), (20, 4), (20, 4)), NOW)

    assert (sign, usual) == (0, 0.6)
    assert sigmas == pytest.approx(-0.8485, abs=0.0001)


def test_less_than_three_weeks_of_history_says_nothing() -> None:
    """M64: silent, and absent rather than 0; three are enough, whichever of the twelve."""
    nothing = (None, None, None)

    assert jump(mondays((0, 0), (20, 16), (20, 16), (20, 8)), NOW) == nothing
    assert jump(mondays((20, 8)), T0 + TEN + 50 * MINUTE_MS) == nothing
    later = mondays((20, 16), (20, 16), (20, 16), (0, 0), (0, 0), (20, 8))
    assert jump(later, NOW + 2 * WEEK_MS)[0] == -1


def test_small_n_says_nothing() -> None:
    """Nine responses now are too few, ten are enough; so are ten of all weeks together, and nine not."""
    assert jump(mondays((20, 16), (20, 16), (20, 16), (9, 0)), NOW) == (None, None, None)
    assert jump(mondays((20, 16), (20, 16), (20, 16), (10, 0)), NOW)[0] == -1
    assert jump(mondays((3, 3), (3, 3), (3, 3), (20, 8)), NOW) == (None, None, None)
    assert jump(mondays((4, 4), (3, 3), (3, 3), (20, 2)), NOW)[0] == -1


def test_another_hour_of_the_week_is_not_what_is_usual() -> None:
    """Mondays at 14:00 say nothing of one at 10:00."""
    log = mondays((20, 16), (20, 16), (20, 16), hour=14)
    log.lines += mondays((0, 0), (0, 0), (0, 0), (20, 8)).lines

    assert jump(log, NOW) == (None, None, None)


def test_the_hour_is_that_of_the_tenants_clocks() -> None:
    """In Berlin the clocks went forward on 31 March 2024: 10:50 of 1 April is 8:50 UTC, of the weeks before 9:50 UTC.

    By UTC the hours of the weeks before are others, and empty.
    """
    log = mondays((20, 16), (20, 16), (20, 16), (20, 16), (20, 8), hour=9, shifted_ms=-HOUR_MS)
    now = T0 + 4 * WEEK_MS + 8 * HOUR_MS + 50 * MINUTE_MS

    assert jump(log, now, zone="Europe/Berlin")[:1] == (-1,)
    assert jump(log, now) == (None, None, None)


def test_only_the_window_of_an_hour_is_set_against_hours() -> None:
    """Nothing is said of 30 minutes or of a day."""
    log = mondays((20, 16), (20, 16), (20, 16), (20, 8))

    assert [jump(log, NOW, window=window) for window in ("30m", "today", "7d")] == [(None, None, None)] * 3


def test_as_the_hour_turns_another_past_is_usual() -> None:
    """At 11:00 sharp the last hour is that from 10:00; at 11:01 it touches that from 11:00 as well.

    At 11:00 in the weeks before everybody was satisfied: 20 of 20, beside 8 of 20 at 10:00. Nothing new came now.
    """
    log = mondays((20, 8), (20, 8), (20, 8), (20, 8))
    log.lines += [line.replace(b'"conversation": "', b'"conversation": "y') for line in mondays(
        (20, 20), (20, 20), (20, 20), hour=11).lines]  # fmt: skip
    offline = Offline(definitions=ASKED)
    offline.feed(sorted(log.lines, key=lambda line: int(line.split(b'"at": ')[1].split(b",")[0])))
    hour = T0 + 3 * WEEK_MS + 11 * HOUR_MS

    found = []
    for t in (hour, hour + MINUTE_MS):
        key = ("support_tenant_rolling_csat_usual_ratio", (("tenant", "default"), ("window", "1h")))
        found.append(offline.values(t)[key])

    assert found == [8 / 20, 28 / 40]


# ------------------------------------------------------------------------- KPIS, conventions 7: Wilson interval


def test_a_share_of_few_has_a_wide_interval() -> None:
    """Small n. Wilson by hand, z = 1.96: 2 of 2 are 0.3424 to 1; 16 of 20 are 0.5840 to 0.9193."""
    few, some = (told(mondays((n, k)), T0 + TEN + 50 * MINUTE_MS) for n, k in ((2, 2), (20, 16)))

    assert few["csat_satisfied_low_ratio"] == pytest.approx(0.3424, abs=0.0001)
    assert few["csat_satisfied_high_ratio"] == 1
    assert some["csat_satisfied_low_ratio"] == pytest.approx(0.5840, abs=0.0001)
    assert some["csat_satisfied_high_ratio"] == pytest.approx(0.9193, abs=0.0001)


def test_the_service_level_has_an_interval() -> None:
    """Of two answered one within 60 s: 1 of 2 is 0.0945 to 0.9055. Who left within the target is in neither."""
    log = Log()
    for name, answered in (("a", "00:10"), ("b", "02:00")):
        log.of(conversation=name).queued("00:00").accepted(answered)
    log.of(conversation="d").queued("00:00").abandoned("00:30")

    found = told(log, T0 + 3 * MINUTE_MS)

    assert found["service_level_low_ratio"] == pytest.approx(0.0945, abs=0.0001)
    assert found["service_level_high_ratio"] == pytest.approx(0.9055, abs=0.0001)


def test_nothing_has_no_interval_and_it_is_there_where_it_is_asked_for() -> None:
    """Unknown of nothing; and without the family there is neither interval nor jump."""
    found = told(Log().queued("00:00"), T0 + MINUTE_MS)
    offline = Offline()
    offline.feed(mondays((20, 16)).lines)

    assert [name for name in found if name.endswith(("_low_ratio", "_high_ratio"))] == []
    names = {name for name, _ in offline.values(T0 + TEN + 50 * MINUTE_MS)}
    assert [name for name in names if "jump" in name or name.endswith("_low_ratio")] == []


# ------------------------------------------------------------------------------------------- what is remembered


def remembered(**zones: str) -> History:
    """Return an empty history: of tenants in UTC but for those named."""
    local = {EVERYBODY: Local(UTC)} | {tenant: Local(ZoneInfo(zone)) for tenant, zone in zones.items()}
    return History(local=local, grouping=groups_of)


def counted(history: History, group: Group, t: int) -> list[int]:
    """Return the responses in the same hours of the weeks before."""
    return [week[m.CSAT_RESPONSES] for week in history.same_hours(group, t)]


def test_partitions_and_label_sets_add_up() -> None:
    """Two partitions know of billing, one of sales: the queue has 3, the tenant 7."""
    history = remembered()
    history.put(0, T0 + TEN, BILLING, {m.CSAT_RESPONSES: 1})
    history.put(1, T0 + TEN, BILLING, {m.CSAT_RESPONSES: 2, m.CSAT_SATISFIED: 2})
    history.put(0, T0 + TEN, BILLING._replace(queue="sales"), {m.CSAT_RESPONSES: 4})
    t = T0 + WEEK_MS + TEN + HOUR_MS

    assert counted(history, QUEUE, t)[:2] == [3, 0]
    assert counted(history, Group("tenant", ("default",)), t)[0] == 7


def test_an_hour_that_is_told_again_is_replaced() -> None:
    """A correction of what was counted; 0 takes it out."""
    history = remembered()
    t = T0 + WEEK_MS + TEN + HOUR_MS
    found = []
    for number in (5, 3, 0):
        history.put(0, T0 + TEN, BILLING, {m.CSAT_RESPONSES: number})
        found.append(counted(history, QUEUE, t)[0])

    assert found == [5, 3, 0]


def test_what_changed_is_told_once() -> None:
    """Groups whose past is another: after a correction, when the hours turn, and not otherwise."""
    history = remembered()
    t = T0 + WEEK_MS + TEN + 10 * MINUTE_MS
    history.put(0, T0 + TEN, BILLING, {m.CSAT_RESPONSES: 5})
    first, again = history.changed(t), history.changed(t + MINUTE_MS)
    history.put(0, T0 + TEN, BILLING, {m.CSAT_RESPONSES: 5})
    same = history.changed(t + MINUTE_MS)
    history.put(0, T0 + TEN, BILLING, {m.CSAT_RESPONSES: 6})

    assert (first, again, same) == ({*groups_of(BILLING)}, set(), set())
    assert history.changed(t + MINUTE_MS) == {*groups_of(BILLING)}
    assert history.changed(t + HOUR_MS) == {*groups_of(BILLING)}


def test_hours_are_forgotten_when_they_are_no_longer_kept() -> None:
    """90 days and the hour itself; then the label set is too."""
    history = remembered()
    history.put(0, T0 + TEN, BILLING, {m.CSAT_RESPONSES: 5})

    kept = history.changed(T0 + TEN + 90 * DAY_MS)
    gone = history.changed(T0 + TEN + 91 * DAY_MS)

    assert (kept, gone) == ({*groups_of(BILLING)}, set())
    assert counted(history, QUEUE, T0 + WEEK_MS + TEN + HOUR_MS)[0] == 0


def test_label_sets_may_count_elsewhere() -> None:
    """Folded into `other`, their past is that of `other`."""
    history = remembered()
    history.put(0, T0 + TEN, BILLING, {m.CSAT_RESPONSES: 5})
    t = T0 + WEEK_MS + TEN + HOUR_MS
    before = counted(history, QUEUE, t)[0]

    history.regroup(lambda labels: groups_of(labels._replace(queue="other")))

    assert (before, counted(history, QUEUE, t)[0]) == (5, 0)
    assert counted(history, Group("queue", ("default", "chat", "other")), t)[0] == 5


def test_each_tenant_has_its_own_clocks() -> None:
    """Across the change of 31 March 2024: for Berlin an hour of 167 h before is the same one, for others 168 h."""
    history = remembered(berlin="Europe/Berlin")
    now = T0 + 4 * WEEK_MS + 9 * HOUR_MS
    for tenant in ("berlin", "default"):
        history.put(0, T0 + 3 * WEEK_MS + 9 * HOUR_MS, BILLING._replace(tenant=tenant), {m.CSAT_RESPONSES: 1})
        history.put(0, T0 + 3 * WEEK_MS + 8 * HOUR_MS, BILLING._replace(tenant=tenant), {m.CSAT_RESPONSES: 2})

    found = {tenant: counted(history, Group("tenant", (tenant,)), now)[0] for tenant in ("berlin", "default")}

    assert found == {"berlin": 1, "default": 2}
