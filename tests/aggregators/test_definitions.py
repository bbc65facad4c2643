"""Definitions: what holds where, and when it is another generation."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, timedelta, timezone
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aggregators.calendars import Calendar, Schedule, Version
from aggregators.definitions import NEVER_MS, Definitions, Scale, Shift, Tier
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.targets import Targets
from aggregators.zones import zone_of

DEFAULT = Definitions()
BERLIN = zone_of("Europe/Berlin", ZoneInfo("Europe/Berlin"))
TOKYO = zone_of("Asia/Tokyo", ZoneInfo("Asia/Tokyo"))
OFFICE = Schedule("office", (Version(None, Calendar(BERLIN, week={0: ((540, 1_020),)})),))
NIGHT = Schedule("night", (Version(None, Calendar(BERLIN, week={0: ((0, 360),)})),))


# ------------------------------------------------------------------------------------------------------------ defaults


@pytest.mark.parametrize(
    ("channel", "wait_ms", "response_ms", "reply_ms", "resolution_ms"),
    [
        ("voice", 20 * SECOND_MS, 60 * SECOND_MS, 60 * SECOND_MS, 12 * HOUR_MS),
        *(
            (channel, 60 * SECOND_MS, 60 * SECOND_MS, 60 * SECOND_MS, 12 * HOUR_MS)
            for channel in ("chat", "web", "sms")
        ),
        ("social", HOUR_MS, HOUR_MS, HOUR_MS, 48 * HOUR_MS),
        *((channel, 4 * HOUR_MS, 4 * HOUR_MS, 4 * HOUR_MS, 48 * HOUR_MS) for channel in ("email", "offline")),
        ("fax", 60 * SECOND_MS, HOUR_MS, HOUR_MS, 48 * HOUR_MS),
    ],
)
def test_every_channel_has_its_targets(
    channel: str, wait_ms: int, response_ms: int, reply_ms: int, resolution_ms: int
) -> None:
    """Those of the wait and of the first response are the table of `docs/definitions.md`; a queue changes nothing."""
    for queue in ("", "billing", "none"):
        assert DEFAULT.wait_target(channel, queue) == wait_ms
        assert DEFAULT.response_target(channel, queue) == response_ms
        assert DEFAULT.reply_target(channel, queue) == reply_ms
        assert DEFAULT.resolution_target(channel, queue) == resolution_ms
    assert (DEFAULT.wait_target(channel), DEFAULT.response_target(channel)) == (wait_ms, response_ms)


def test_a_short_abandon_is_short_at_its_threshold() -> None:
    """5 s in voice, 10 s in chat, web and sms; in e-mail none is, however quick."""
    assert [DEFAULT.is_short("voice", ms) for ms in (0, 5_000, 5_001)] == [True, True, False]
    for channel in ("chat", "web", "sms"):
        assert [DEFAULT.is_short(channel, ms) for ms in (10_000, 10_001)] == [True, False]
    assert not DEFAULT.is_short("email", 0)


def test_the_times_are_those_of_the_definitions() -> None:
    """Ghost 4 h, silent 24 h, idle 30 min, gap 24 h, settle 7 d, correction 5 min, repeat 7 d, surveys 72 h."""
    assert (DEFAULT.ghost_ms, DEFAULT.silent_ms, DEFAULT.idle_ms) == (4 * HOUR_MS, 24 * HOUR_MS, 30 * MINUTE_MS)
    assert (DEFAULT.episode_gap_ms, DEFAULT.settle_ms, DEFAULT.correction_ms) == (DAY_MS, 7 * DAY_MS, 5 * MINUTE_MS)
    assert (DEFAULT.repeat_ms, DEFAULT.survey_settle_ms) == (7 * DAY_MS, 72 * HOUR_MS)
    assert (DEFAULT.heartbeat_ms, DEFAULT.slots) == (2 * MINUTE_MS, 1)


def test_the_shares_are_those_of_the_usual_scales() -> None:
    """Satisfied from 4 of 1-5, easy from 5 of 1-7, promoters from 9 and detractors up to 6 of 0-10."""
    assert DEFAULT.scales == {
        "csat": Scale(Fraction(1), Fraction(5), falling=False),
        "ces": Scale(Fraction(1), Fraction(7), falling=False),
        "nps": Scale(Fraction(0), Fraction(10), falling=False),
    }
    assert DEFAULT.satisfied_from == Fraction(4 - 1, 5 - 1)
    assert DEFAULT.easy_from == Fraction(5 - 1, 7 - 1)
    assert (DEFAULT.promoter_from, DEFAULT.detractor_to) == (Fraction(9, 10), Fraction(6, 10))


# ------------------------------------------------------------------------------------------------------ what wins where


def test_the_target_of_a_queue_wins_over_that_of_its_channel() -> None:
    """In every channel; other queues keep theirs."""
    queues = {"billing": 30 * SECOND_MS}
    changed = replace(
        DEFAULT,
        queue_wait_target_ms=queues,
        queue_response_target_ms=queues,
        queue_reply_target_ms=queues,
        queue_resolution_target_ms=queues,
    )

    for target in ("wait_target", "response_target", "reply_target", "resolution_target"):
        assert getattr(changed, target)("chat", "billing") == 30 * SECOND_MS
        assert getattr(changed, target)("email", "billing") == 30 * SECOND_MS
        assert getattr(changed, target)("email", "sales") == getattr(DEFAULT, target)("email")


def test_the_short_abandon_of_a_queue_wins_over_that_of_its_channel() -> None:
    """Longer, or never; and channels without one may have another than never."""
    changed = replace(
        DEFAULT, queue_short_abandon_ms={"vip": NEVER_MS, "billing": 20_000}, other_short_abandon_ms=3_000
    )

    assert [changed.is_short("voice", 0, queue) for queue in ("vip", "sales")] == [False, True]
    assert [changed.is_short("voice", ms, "billing") for ms in (20_000, 20_001)] == [True, False]
    assert [changed.is_short("email", ms) for ms in (3_000, 3_001)] == [True, False]


def test_the_calendar_of_the_queue_wins_over_the_channel_and_that_over_the_tenant() -> None:
    """What names more of them wins among those that name a queue, a channel or only a tenant."""
    schedules: list[Schedule | None] = [
        Schedule(str(number), (Version(None, Calendar(BERLIN, week={0: ((0, number + 1),)})),)) for number in range(6)
    ]
    everybody, acme, email, acme_email, billing, acme_billing = schedules
    definitions = replace(
        DEFAULT,
        calendars={
            ("", "", ""): everybody,
            ("acme", "", ""): acme,
            ("", "email", ""): email,
            ("acme", "email", ""): acme_email,
            ("", "", "billing"): billing,
            ("acme", "", "billing"): acme_billing,
            ("", "", "emergency"): None,
        },
    )

    found = [
        definitions.calendar_of(*where)
        for where in (
            ("other", "chat", "sales"),
            ("acme", "chat", "sales"),
            ("other", "email", "sales"),
            ("acme", "email", "sales"),
            ("other", "email", "billing"),
            ("acme", "email", "billing"),
        )
    ]

    assert found == schedules
    assert definitions.calendar_of("acme", "email", "emergency") is None
    assert DEFAULT.calendar_of("acme", "email", "billing") is None


def test_a_tenant_has_its_own_shifts_or_those_of_everybody() -> None:
    """Not both."""
    early, late = Shift("", "early", 360, 840), Shift("", "late", 840, 1_320)
    night = Shift("acme", "night", 1_320, 360)
    definitions = replace(DEFAULT, shifts=(early, night, late))

    assert definitions.shifts_of("acme") == (night,)
    assert definitions.shifts_of("other") == (early, late)
    assert DEFAULT.shifts_of("acme") == ()


def test_tiers_are_numbered_in_their_order() -> None:
    """By their own name and by their members; 0 is what belongs to none."""
    tiers = Tier("front", ("billing", "sales")), Tier("experts", ("second-line",))
    definitions = replace(DEFAULT, tiers=tiers)

    found = [definitions.tier_of(name) for name in ("front", "sales", "experts", "second-line", "garage")]

    assert found == [1, 1, 2, 2, 0]


def test_costs_of_a_channel_are_by_its_name() -> None:
    """In millionths; none is 0."""
    definitions = replace(DEFAULT, currency="EUR", channel_hour_micros={"voice": 4_800_000})

    assert [definitions.hour_micros(channel) for channel in ("voice", "chat")] == [4_800_000, 0]


# ---------------------------------------------------------------------------------------------------------- generation

CHANGES: dict[str, Any] = {
    "wait_target_ms": {"chat": 1_000},
    "other_wait_target_ms": 1_000,
    "queue_wait_target_ms": {"billing": 60_000},
    "response_target_ms": {"chat": 1_000},
    "other_response_target_ms": 1_000,
    "queue_response_target_ms": {"billing": 1_000},
    "response_versions": (Targets(0, {"chat": 1_000}, 2_000, {}),),
    "response_limit_ms": 1_000,
    "response_elapsed_limit_ms": 1_000,
    "reply_target_ms": {"chat": 1_000},
    "other_reply_target_ms": 1_000,
    "queue_reply_target_ms": {"billing": 1_000},
    "reply_versions": (Targets(0, {"chat": 1_000}, 2_000, {}),),
    "resolution_target_ms": {"chat": 1_000},
    "other_resolution_target_ms": 1_000,
    "queue_resolution_target_ms": {"billing": 1_000},
    "resolution_versions": (Targets(0, {"chat": 1_000}, 2_000, {}),),
    "short_abandon_ms": {"chat": 1_000},
    "other_short_abandon_ms": 1_000,
    "queue_short_abandon_ms": {"billing": NEVER_MS},
    "ghost_ms": 1_000,
    "silent_ms": 1_000,
    "idle_ms": 1_000,
    "episode_gap_ms": 1_000,
    "settle_ms": 1_000,
    "correction_ms": 1_000,
    "merged_sends_ms": 10_000,
    "thanks_reopen": False,
    "repeat_ms": 1_000,
    "heartbeat_ms": 1_000,
    "slots": 2,
    "survey_settle_ms": 1_000,
    "retention_ms": 1_000,
    "at_risk_share": Fraction(1, 4),
    "at_risk_ms": 1_000,
    "priority_restarts": ("resolution",),
    "pending_pauses": (),
    "scales": DEFAULT.scales | {"ces": Scale(Fraction(1), Fraction(7), falling=True)},
    "satisfied_from": Fraction(1, 2),
    "satisfied_wide_scale": 3,
    "rated": "assigned",
    "easy_from": Fraction(1, 2),
    "promoter_from": Fraction(8, 10),
    "detractor_to": Fraction(5, 10),
    "genesys": (),
    "service_level_target": Fraction(9, 10),
    "utilisation_warning": Fraction(6, 10),
    "tiers": (Tier("front", ()),),
    "calendars": {("", "", ""): OFFICE},
    "zones": {"acme": TOKYO},
    "shifts": (Shift("", "early", 360, 840),),
    "currency": "EUR",
    "agent_hour_micros": 1,
    "fixed_hour_micros": 1,
    "channel_hour_micros": {"chat": 1},
    "levels": ("team",),
    "families": ("work",),
}


NOT_COUNTED_BY = {"service_level_target", "utilisation_warning"}
COUNTED_BY = {name: value for name, value in CHANGES.items() if name not in NOT_COUNTED_BY}


@pytest.mark.parametrize("name", COUNTED_BY)
def test_whatever_changes_makes_another_generation(name: str) -> None:
    """Each definition for itself."""
    assert replace(DEFAULT, **{name: CHANGES[name]}).generation() != DEFAULT.generation()


@pytest.mark.parametrize("name", sorted(NOT_COUNTED_BY))
def test_what_no_number_depends_on_is_the_same_generation(name: str) -> None:
    """Alerts go by the target of the service level and by the most utilisation: another one needs no rebuild."""
    assert replace(DEFAULT, **{name: CHANGES[name]}).generation() == DEFAULT.generation()


def test_every_definition_is_changed_here() -> None:
    """A new one comes with a test."""
    assert [each.name for each in fields(Definitions)] == list(CHANGES)


def test_a_limit_that_no_target_reaches_is_the_same_generation() -> None:
    """The longest target of a first response is 4 h: neither 24 h, 4 h nor never is in force; of 25 h any is."""
    long = replace(DEFAULT, queue_response_target_ms={"billing": 25 * HOUR_MS})
    later = replace(DEFAULT, response_versions=(Targets(0, {}, 25 * HOUR_MS, {}),))
    limits = [NEVER_MS, 4 * HOUR_MS, 24 * HOUR_MS]

    assert {replace(DEFAULT, response_limit_ms=limit).generation() for limit in limits} == {DEFAULT.generation()}
    for each in (long, later):
        assert len({replace(each, response_limit_ms=limit).generation() for limit in limits}) == 3
    office = replace(DEFAULT, calendars={("", "", ""): OFFICE})
    assert replace(DEFAULT, response_elapsed_limit_ms=4 * HOUR_MS).generation() == DEFAULT.generation()
    for each in (long, later, office):
        assert replace(each, response_elapsed_limit_ms=4 * HOUR_MS).generation() != each.generation()


def test_whatever_changes_in_a_version_of_targets_makes_another_generation() -> None:
    """When it begins, a channel, the others, a queue, and another version; not a channel with what the others have."""
    version = Targets(0, {"chat": 1_000}, 2_000, {"billing": 3_000})
    made = [
        replace(DEFAULT, reply_versions=versions).generation()
        for versions in (
            (version,),
            (version._replace(since=1),),
            (version._replace(by_channel={"chat": 2_500}),),
            (version._replace(other=2_500),),
            (version._replace(by_queue={}),),
            (version, version._replace(since=1)),
        )
    ]
    same = version._replace(by_channel={"fax": 2_000, "chat": 1_000})

    assert len({*made}) == len(made)
    assert replace(DEFAULT, reply_versions=(same,)).generation() == made[0]


def test_each_change_makes_a_generation_of_its_own() -> None:
    """No two of them share a name."""
    names = {replace(DEFAULT, **{name: value}).generation() for name, value in COUNTED_BY.items()}

    assert len(names) == len(COUNTED_BY)
    assert all(len(name) == 8 for name in names)


def calendar_of(schedule: Schedule | None, *, where: tuple[str, str, str] = ("", "", "")) -> str:
    """Return the generation of definitions with one calendar."""
    return replace(DEFAULT, calendars={where: schedule}).generation()


def test_whatever_changes_in_a_calendar_makes_another_generation() -> None:
    """Hours, a holiday, a version, its beginning, the zone's rules, where it holds, and that all time counts."""
    calendar = OFFICE.versions[0].calendar
    hours = calendar.week[0]
    made = [
        calendar_of(OFFICE),
        calendar_of(NIGHT),
        calendar_of(OFFICE, where=("acme", "", "")),
        calendar_of(OFFICE, where=("", "acme", "")),
        calendar_of(OFFICE, where=("", "", "acme")),
        calendar_of(None),
        calendar_of(Schedule("office", (Version(0, calendar),))),
        calendar_of(Schedule("office", (Version(1, calendar),))),
        calendar_of(Schedule("office", (Version(None, calendar), Version(1, calendar)))),
        calendar_of(Schedule("office", (Version(None, Calendar(TOKYO, week={0: hours})),))),
        calendar_of(Schedule("office", (Version(None, Calendar(BERLIN, week={0: hours}, days={738_000: hours})),))),
    ]

    assert len({*made}) == len(made)


def test_what_changes_nothing_in_force_keeps_the_generation() -> None:
    """Names of calendars and zones, defaults spelt out, a cost of 0, and the order in which things stand."""
    calendar = OFFICE.versions[0].calendar
    renamed = zone_of("Europe/Paris", ZoneInfo("Europe/Paris"))
    both: dict[tuple[str, str, str], Schedule | None] = {("", "", ""): OFFICE, ("acme", "", ""): NIGHT}

    assert calendar_of(Schedule("bureau", (Version(None, Calendar(renamed, week={0: calendar.week[0]})),))) == (
        calendar_of(OFFICE)
    )
    for same in (
        {"wait_target_ms": DEFAULT.wait_target_ms | {"fax": DEFAULT.other_wait_target_ms}},
        {"wait_target_ms": dict(reversed(DEFAULT.wait_target_ms.items()))},
        {"short_abandon_ms": DEFAULT.short_abandon_ms | {"fax": NEVER_MS}},
        {"channel_hour_micros": {"chat": 0}},
    ):
        assert replace(DEFAULT, **same).generation() == DEFAULT.generation()  # type: ignore[arg-type]  # each its own
    assert replace(DEFAULT, calendars=both).generation() == (
        replace(DEFAULT, calendars=dict(reversed(both.items()))).generation()
    )
    assert replace(DEFAULT, tiers=(Tier("a", ("x", "y")),)).generation() == (
        replace(DEFAULT, tiers=(Tier("a", ("y", "x")),)).generation()
    )
    early, late = Shift("", "early", 360, 840), Shift("", "late", 840, 1_320)
    assert replace(DEFAULT, shifts=(early, late)).generation() == replace(DEFAULT, shifts=(late, early)).generation()


def test_a_default_for_others_is_in_force_where_no_channel_has_its_own() -> None:
    """With 90 s for others, 60 s for chat is no default any more."""
    others = replace(DEFAULT, other_wait_target_ms=90_000)
    chat = {channel: ms for channel, ms in DEFAULT.wait_target_ms.items() if channel != "chat"}

    assert replace(others, wait_target_ms=chat).generation() != others.generation()
    assert replace(DEFAULT, wait_target_ms=chat).generation() == DEFAULT.generation()


def test_new_time_zone_data_makes_another_generation_where_it_changes_the_zone() -> None:
    """The name stays, the rules are others: as if Tokyo introduced an hour more."""
    changed = zone_of("Asia/Tokyo", timezone(timedelta(hours=10)))
    reissued = zone_of("Asia/Tokyo", timezone(timedelta(hours=9)))
    today = [replace(DEFAULT, zones={"acme": zone}).generation() for zone in (TOKYO, reissued, changed)]
    open_ = [
        calendar_of(Schedule("x", (Version(None, Calendar(zone, week={0: ((0, 60),)})),)))
        for zone in (TOKYO, reissued, changed)
    ]

    assert today[0] == today[1] != today[2]
    assert open_[0] == open_[1] != open_[2]
    assert zone_of("UTC", UTC).rules == zone_of("Etc/UTC", ZoneInfo("Etc/UTC")).rules
