"""Days and shifts of tenants in zones of their own: at one instant, *today* is another stretch of time for each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.definitions import Definitions, Shift
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, instant_ms
from aggregators.panes import FINE, QUARTER, Pane
from aggregators.rolling import Rolling, groups_of
from aggregators.samples import Labels
from aggregators.windows import EVERYBODY, SHIFT, Local, Span, locals_of, shift_begin, span
from aggregators.zones import zone_of
from stream.offline import Offline
from stream.settings import SettingsError, load
from tests.logs import T0, Log, after

if TYPE_CHECKING:
    from pathlib import Path

    from stream.settings import Settings

UTC, NEW_YORK, TOKYO = ZoneInfo("UTC"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = {"acme": zone_of("America/New_York", NEW_YORK), "kyoto": zone_of("Asia/Tokyo", TOKYO)}
EARLY, NIGHT = Shift("", "early", 6 * 60, 14 * 60), Shift("acme", "night", 22 * 60, 6 * 60)


def at(text: str) -> int:
    """Return an instant in epoch ms."""
    found = instant_ms(text)
    assert found is not None
    return found


def legs_at(*instants: int, tenants: tuple[str, ...]) -> list[bytes]:
    """Return a leg opened at each of the instants by each of the tenants."""
    log = Log()
    for number, instant in enumerate(sorted(instants)):
        for tenant in tenants:
            log.of(tenant=tenant, conversation=f"c{number}").add("chat.queued", instant, queue="q")
    return log.lines


def queued(offline: Offline, as_of: int, window: str = "today") -> dict[str, float]:
    """Return how many legs each tenant opened in a window at an instant."""
    values = offline.values(as_of)
    return {
        dict(labels)["tenant"]: value
        for (name, labels), value in values.items()
        if name == "support_tenant_rolling_queued" and dict(labels)["window"] == window
    }


def with_shift(folder: Path) -> Settings:
    """Return settings that ask for the window *shift*."""
    file = folder / "definitions.toml"
    file.write_text('[[shifts]]\nname = "early"\nhours = "06:00-14:00"\n', encoding="utf-8")
    return load({"windows": "1h,shift", "definitions": str(file)})


def test_at_one_instant_today_is_another_stretch_for_each_tenant() -> None:
    """At 06:00 UTC: since midnight in London, for an hour in New York (01:00), since 15:00 UTC in Tokyo (15:00).

    UTC        14:00   15:00       23:00   00:00   01:00      05:00   05:30  06:00
    legs         x                   x               x                  x     as_of
    default                                [· · · · · · · · · · · · · · · · )   2
    acme                                                        [· · · · · ·)   1
    kyoto              [· · · · · · · · · · · · · · · · · · · · · · · · · · )   3
    """
    offline = Offline(definitions=Definitions(zones=ZONES))
    instants = (T0 - 10 * HOUR_MS, T0 - HOUR_MS, T0 + HOUR_MS, after("5:30:00"))
    offline.feed(legs_at(*instants, tenants=("default", "acme", "kyoto")))

    assert queued(offline, after("6:00:00")) == {"default": 2, "acme": 1, "kyoto": 3}


@pytest.mark.parametrize(
    ("midnight", "next_midnight", "hours", "elsewhere"),
    [("2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z", 23, 4), ("2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z", 25, 5)],
)
def test_a_day_of_23_or_25_hours_is_that_of_its_tenant_alone(
    midnight: str, next_midnight: str, hours: int, elsewhere: int
) -> None:
    """New York's clocks go forward on 10 March and back on 3 November 2024; in London (UTC) it is four or five o'clock.

    A leg opens each half past: 23 or 25 of them between the two midnights, and one each hour since 00:00 UTC.
    """
    start, end = at(midnight), at(next_midnight)
    offline = Offline(definitions=Definitions(zones=ZONES))
    instants = range(start - DAY_MS + 30 * MINUTE_MS, end, HOUR_MS)
    offline.feed(legs_at(*instants, tenants=("acme", "default")))

    assert queued(offline, end) == {"acme": hours, "default": elsewhere}
    assert queued(offline, end + 1) == {"acme": 0, "default": elsewhere}


def test_a_tenant_without_its_own_zone_has_that_of_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """DESKPULSE_ZONE is Berlin's: its day began at 23:00 UTC, that of acme at 05:00."""
    monkeypatch.setenv("DESKPULSE_ZONE", "Europe/Berlin")
    offline = Offline(definitions=Definitions(zones=ZONES))
    offline.feed(legs_at(T0 - 90 * MINUTE_MS, T0 - 30 * MINUTE_MS, after("5:30:00"), tenants=("default", "acme")))

    assert queued(offline, after("6:00:00")) == {"default": 2, "acme": 1}


def test_every_other_window_is_the_same_for_all() -> None:
    """At 06:00 UTC the last hour has one leg of each, the last seven days all four, wherever the tenant is."""
    offline = Offline(definitions=Definitions(zones=ZONES))
    instants = (T0 - 10 * HOUR_MS, T0 - HOUR_MS, T0 + HOUR_MS, after("5:30:00"))
    offline.feed(legs_at(*instants, tenants=("default", "acme")))

    assert queued(offline, after("6:00:00"), "1h") == {"default": 1, "acme": 1}
    assert queued(offline, after("6:00:00"), "7d") == {"default": 4, "acme": 4}


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(
    steps=st.lists(
        st.integers(T0, T0 + 3 * DAY_MS)
        | st.tuples(st.integers(T0, T0 + 3 * DAY_MS), st.sampled_from(["default", "acme", "kyoto"])),
        max_size=25,
    ),
    last=st.integers(T0, T0 + 3 * DAY_MS),
)
def test_local_windows_equal_those_made_anew(steps: list[int | tuple[int, str]], last: int) -> None:
    """Whatever comes and however the clock moves: what lies in the span of the tenant is in its sum, and no more."""
    local = {EVERYBODY: Local(UTC, (360,)), "acme": Local(NEW_YORK, (1320,)), "kyoto": Local(TOKYO)}
    rolling = Rolling(("today", SHIFT, "1h"), local=local)
    added: list[tuple[int, str]] = []
    for step in steps:
        if isinstance(step, int):
            rolling.move(step)
            continue
        instant, tenant = step
        for width in (FINE.ms, QUARTER.ms):
            rolling.add(Pane(width, instant - instant % width), Labels(tenant, "chat", "q"), {1: 1})
        added.append(step)

    rolling.move(last)

    for window in ("today", SHIFT, "1h"):
        for tenant in ("default", "acme", "kyoto"):
            held = span(window, last, local.get(tenant, local[EVERYBODY]))
            number = sum(1 for instant, whose in added if whose == tenant and held.start <= instant < held.end)
            assert rolling.sums(window, groups_of(Labels(tenant, "", ""))[-1]) == ({1: number} if number else {})


# ---------------------------------------------------------------------------------------------------------- shifts


def test_a_shift_lasts_until_the_next_begins() -> None:
    """Of 06:00 to 14:00 and 14:00 to 22:00: at night the late one goes on, for whoever hands over.

    [06:00 · early · 14:00)[14:00 · late · 22:00 · · · · 06:00)
    """
    local = Local(UTC, (6 * 60, 14 * 60))
    begins = [shift_begin(after(clock), local) for clock in ("5:59:59", "6:00:00", "13:59:00", "14:00:00", "23:00:00")]

    assert begins == [
        T0 - 10 * HOUR_MS,
        T0 + 6 * HOUR_MS,
        T0 + 6 * HOUR_MS,
        T0 + 14 * HOUR_MS,
        T0 + 14 * HOUR_MS,
    ]


def test_a_shift_that_just_began_shows_the_one_before() -> None:
    """At 14:00 sharp the window is the whole early shift, a millisecond later the running 10-second pane."""
    local = Local(UTC, (6 * 60, 14 * 60))
    two = after("14:00:00")

    assert span(SHIFT, two, local) == Span(T0 + 6 * HOUR_MS, two, two)
    assert span(SHIFT, two + 1, local) == Span(two, two, two + FINE.ms)


def test_a_night_shift_across_a_change_of_clocks() -> None:
    """From 22:00 to 06:00 in Berlin: 7 hours on the night of 31 March 2024, 9 on that of 27 October."""
    local = Local(BERLIN, (22 * 60, 6 * 60))
    spring, autumn = at("2024-03-31T06:00:00+02:00"), at("2024-10-27T06:00:00+01:00")

    assert [end - span(SHIFT, end, local).start for end in (spring, autumn)] == [7 * HOUR_MS, 9 * HOUR_MS]


def test_shifts_are_those_of_the_tenant_in_its_zone(tmp_path: Path) -> None:
    """At 06:30 UTC acme's night began at 22:00 in New York, 03:00 UTC; that of everybody else at 06:00 UTC.

    UTC        02:30   03:00   05:00   06:00  06:15  06:30
    legs         x               x              x    as_of
    default                             [· · · · · · · )   1
    acme                [· · · · · · · · · · · · · · · )   2
    """
    definitions = Definitions(zones=ZONES, shifts=(EARLY, NIGHT))
    offline = Offline(with_shift(tmp_path), definitions=definitions)
    offline.feed(legs_at(after("2:30:00"), after("5:00:00"), after("6:15:00"), tenants=("default", "acme")))

    assert queued(offline, after("6:30:00"), SHIFT) == {"default": 1, "acme": 2}


def test_a_tenant_without_shifts_has_no_such_window(tmp_path: Path) -> None:
    """Only acme has one: the others show nothing under it, not 0."""
    offline = Offline(with_shift(tmp_path), definitions=Definitions(zones=ZONES, shifts=(NIGHT,)))
    offline.feed(legs_at(after("5:00:00"), tenants=("default", "acme")))

    assert queued(offline, after("6:00:00"), SHIFT) == {"acme": 1}
    assert queued(offline, after("6:00:00"), "1h") == {"default": 1, "acme": 1}


def test_what_is_local_is_what_the_definitions_say() -> None:
    """Zones and shifts each fall back to those of everybody else on their own."""
    found = locals_of(Definitions(zones=ZONES, shifts=(EARLY, NIGHT)), UTC)

    assert found == {
        EVERYBODY: Local(UTC, (360,)),
        "acme": Local(NEW_YORK, (1320,)),
        "kyoto": Local(TOKYO, (360,)),
    }


def test_the_window_needs_shifts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """DESKPULSE_WINDOWS=shift without a file, or with one that has none, is refused; with one it is taken."""
    monkeypatch.setenv("DESKPULSE_WINDOWS", "5m,shift")
    with pytest.raises(SettingsError, match=r"^DESKPULSE_WINDOWS: 'shift' needs \[\[shifts\]\] in the file of "):
        load()

    assert with_shift(tmp_path).windows == ("1h", "shift")
