"""Definitions: targets, thresholds and times that decide what is counted. They are part of the generation."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Final, NamedTuple

from aggregators.calendars import Schedule
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from aggregators.targets import Targets, in_force, target_of
from aggregators.zones import Zone

STATE_VERSION: Final = 7
"""Goes up when the stored form or the meaning of a stored number changes; tables are then rebuilt, never misread."""

NEVER_MS: Final = -1
"""As a short-abandon threshold: no abandonment is short."""

EVER: Final = -(1 << 62)
"""Before any instant: what started then has the targets of the first version."""

MOST_SLOTS: Final = 100
"""No agent has more: what says so is a mistake."""

RATED: Final = ("replied", "assigned")
"""Who is rated by a survey: who replied last before it was sent, or who had the conversation when it was answered."""

LEVELS: Final = ("priority", "team", "language", "agent")
"""The levels there are beside queue, channel and tenant, in the order in which they are shown."""


class Scale(NamedTuple):
    """What a survey of a kind is answered on, where it does not say so itself. `falling`: the least is the best."""

    least: Fraction
    most: Fraction
    falling: bool

    @property
    def ends(self) -> tuple[int | float, int | float]:
        """The least and the greatest score, as an event would write them."""
        return _written_as(self.least), _written_as(self.most)


class Tier(NamedTuple):
    """A tier of support, and the queues and teams that belong to it, by name."""

    name: str
    members: tuple[str, ...]


class Shift(NamedTuple):
    """A shift of a tenant ("": of those that have none of their own), in minutes of the local day.

    One that ends at or before its beginning ends on the next day.
    """

    tenant: str
    name: str
    begins: int
    ends: int


def _live(target_ms: int) -> dict[str, int]:
    return dict.fromkeys(("chat", "web", "sms", "voice"), target_ms)


def _wait_targets() -> dict[str, int]:
    return {**_live(60 * SECOND_MS), "voice": 20 * SECOND_MS, "social": HOUR_MS, **_written(4 * HOUR_MS)}


def _response_targets() -> dict[str, int]:
    return {**_live(60 * SECOND_MS), "social": HOUR_MS, **_written(4 * HOUR_MS)}


def _resolution_targets() -> dict[str, int]:
    return _live(12 * HOUR_MS)


def _written(target_ms: int) -> dict[str, int]:
    return dict.fromkeys(("email", "offline"), target_ms)


def _short_abandons() -> dict[str, int]:
    return {"voice": 5 * SECOND_MS, "chat": 10 * SECOND_MS, "web": 10 * SECOND_MS, "sms": 10 * SECOND_MS}


def _written_as(number: Fraction) -> int | float:
    return number.numerator if number.denominator == 1 else float(number)


def usual_scales() -> dict[str, Scale]:
    """Return what surveys are answered on if nobody says otherwise, by kind."""
    ends = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10)}
    return {kind: Scale(Fraction(least), Fraction(most), falling=False) for kind, (least, most) in ends.items()}


GENESYS: Final = ("flow_outs_in", "short_out", "abandoned_out")
"""Switches of the service level SLg: whether its denominator has flow-outs, lacks short abandons, lacks all of them."""

FAMILIES: Final = (
    "patience",
    "offers",
    "unanswered",
    "volume",
    "work",
    "people",
    "cost",
    "bots",
    "resolution",
    "sla",
    "business_time",
    "customers",
    "selfservice",
    "surveys",
    "reasons",
    "kpi",
    "health",
    "expected_wait",
    "baselines",
)
"""What is counted where it is asked for, beside legs, first responses, replies and surveys."""
NEEDS: Final = {"people": "work"}
"""Families that count what another one finds, and are asked for together with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Every duration is in milliseconds; a target or threshold is met at exactly its value.

    Targets and thresholds stand by channel, with `other_…` for channels that have none, and by queue, which wins.
    `…_versions` are the targets that came into force later, in order; what started before keeps those it started with.
    No first response is in time after `response_limit_ms` on the clock of its target, nor after
    `response_elapsed_limit_ms` whatever the clock. `priority_restarts` names the policy clocks that a change of
    priority restarts, `pending_pauses` those that stand still while the status is pending or on hold. Replies of one
    agent within `merged_sends_ms` of the last are one to a resolution; `thanks_reopen` is whether a customer who only
    says thanks reopens. Calendars stand by (tenant, channel, queue), "" for any; None is no calendar. Money is in
    millionths of `currency`. `genesys` are the switches of SLg, None where it is not shown.
    `service_level_target` is the share to be answered in time, `utilisation_warning` the utilisation from which on
    agents have too much to do: alerts go by these, and no number does.
    """

    wait_target_ms: dict[str, int] = field(default_factory=_wait_targets)
    other_wait_target_ms: int = 60 * SECOND_MS
    queue_wait_target_ms: dict[str, int] = field(default_factory=dict)
    response_target_ms: dict[str, int] = field(default_factory=_response_targets)
    other_response_target_ms: int = HOUR_MS
    queue_response_target_ms: dict[str, int] = field(default_factory=dict)
    response_versions: tuple[Targets, ...] = ()
    response_limit_ms: int = 24 * HOUR_MS
    response_elapsed_limit_ms: int = NEVER_MS
    reply_target_ms: dict[str, int] = field(default_factory=_response_targets)
    other_reply_target_ms: int = HOUR_MS
    queue_reply_target_ms: dict[str, int] = field(default_factory=dict)
    reply_versions: tuple[Targets, ...] = ()
    resolution_target_ms: dict[str, int] = field(default_factory=_resolution_targets)
    other_resolution_target_ms: int = 48 * HOUR_MS
    queue_resolution_target_ms: dict[str, int] = field(default_factory=dict)
    resolution_versions: tuple[Targets, ...] = ()
    short_abandon_ms: dict[str, int] = field(default_factory=_short_abandons)
    other_short_abandon_ms: int = NEVER_MS
    queue_short_abandon_ms: dict[str, int] = field(default_factory=dict)
    ghost_ms: int = 4 * HOUR_MS
    silent_ms: int = 24 * HOUR_MS
    idle_ms: int = 30 * MINUTE_MS
    episode_gap_ms: int = 24 * HOUR_MS
    settle_ms: int = 7 * DAY_MS
    correction_ms: int = 5 * MINUTE_MS
    merged_sends_ms: int = NEVER_MS
    thanks_reopen: bool = True
    repeat_ms: int = 7 * DAY_MS
    heartbeat_ms: int = 2 * MINUTE_MS
    slots: int = 1
    survey_settle_ms: int = 72 * HOUR_MS
    retention_ms: int = 35 * DAY_MS
    at_risk_share: Fraction = Fraction(1, 5)
    at_risk_ms: int = NEVER_MS
    priority_restarts: tuple[str, ...] = ()
    pending_pauses: tuple[str, ...] = ("resolution",)
    scales: dict[str, Scale] = field(default_factory=usual_scales)
    satisfied_from: Fraction = Fraction(3, 4)
    satisfied_wide_scale: int = 4
    rated: str = "replied"
    easy_from: Fraction = Fraction(2, 3)
    promoter_from: Fraction = Fraction(9, 10)
    detractor_to: Fraction = Fraction(6, 10)
    genesys: tuple[str, ...] | None = None
    service_level_target: Fraction = Fraction(4, 5)
    utilisation_warning: Fraction = Fraction(7, 10)
    tiers: tuple[Tier, ...] = ()
    calendars: dict[tuple[str, str, str], Schedule | None] = field(default_factory=dict)
    zones: dict[str, Zone] = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
    currency: str = ""
    agent_hour_micros: int = 0
    fixed_hour_micros: int = 0
    channel_hour_micros: dict[str, int] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    families: tuple[str, ...] = ()

    def wait_target(self, channel: str, queue: str = "") -> int:
        """Return the target of a wait in *queue* of *channel*."""
        return target_of(self.wait_target_ms, self.other_wait_target_ms, self.queue_wait_target_ms, channel, queue)

    def response_target(self, channel: str, queue: str = "", *, start: int = EVER) -> int:
        """Return the target of a first response in *queue* of *channel* to what came at *start*."""
        version = in_force(self.response_versions, start)
        if version is not None:
            return version.of(channel, queue)
        return target_of(
            self.response_target_ms, self.other_response_target_ms, self.queue_response_target_ms, channel, queue
        )

    @property
    def is_limiting(self) -> bool:
        """Whether any target of a first response is longer than its limit."""
        return 0 <= self.response_limit_ms < self._longest_response_target

    @property
    def _longest_response_target(self) -> int:
        """The longest target of a first response there is, of any time."""
        first = Targets(EVER, self.response_target_ms, self.other_response_target_ms, self.queue_response_target_ms)
        return max([version.longest for version in (first, *self.response_versions)])

    def reply_target(self, channel: str, queue: str = "", *, start: int = EVER) -> int:
        """Return the target of a later reply in *queue* of *channel* to what came at *start*."""
        version = in_force(self.reply_versions, start)
        if version is not None:
            return version.of(channel, queue)
        return target_of(self.reply_target_ms, self.other_reply_target_ms, self.queue_reply_target_ms, channel, queue)

    def resolution_target(self, channel: str, queue: str = "", *, start: int = EVER) -> int:
        """Return the target of a resolution in *queue* of *channel* of what came at *start*."""
        version = in_force(self.resolution_versions, start)
        if version is not None:
            return version.of(channel, queue)
        return target_of(
            self.resolution_target_ms, self.other_resolution_target_ms, self.queue_resolution_target_ms, channel, queue
        )

    def is_short(self, channel: str, wait_ms: int, queue: str = "") -> bool:
        """Tell whether an abandonment after *wait_ms* in *queue* of *channel* is a short one."""
        return wait_ms <= target_of(
            self.short_abandon_ms, self.other_short_abandon_ms, self.queue_short_abandon_ms, channel, queue
        )

    def calendar_of(self, tenant: str, channel: str, queue: str) -> Schedule | None:
        """Return the business hours that hold there, None if all time counts.

        What is said of the queue wins over what is said of the channel, and that over what is said of the tenant.
        """
        if self.calendars:
            for named in (queue, ""):
                for through in (channel, ""):
                    for whose in (tenant, ""):
                        if (whose, through, named) in self.calendars:
                            return self.calendars[whose, through, named]
        return None

    def zone_of(self, tenant: str) -> Zone | None:
        """Return the zone in which days of *tenant* begin: its own, else that of everybody (""); None is UTC."""
        own = self.zones.get(tenant)
        return self.zones.get("") if own is None else own

    def shifts_of(self, tenant: str) -> tuple[Shift, ...]:
        """Return the shifts of *tenant*: its own, else those of everybody."""
        own = tuple(shift for shift in self.shifts if shift.tenant == tenant)
        return own or tuple(shift for shift in self.shifts if not shift.tenant)

    def tier_of(self, name: str) -> int:
        """Return the number of the tier that is called *name* or has it as a queue or team, from 1; 0 for none."""
        for number, tier in enumerate(self.tiers, start=1):
            if name == tier.name or name in tier.members:
                return number
        return 0

    def hour_micros(self, channel: str) -> int:
        """Return what *channel* costs an hour whoever works, in millionths."""
        return self.channel_hour_micros.get(channel, 0)

    def generation(self) -> str:
        """Return the name of the tables that these definitions fill: eight hexadecimal digits.

        It is another one if and only if something in force that is counted by is: not for names of calendars and zones,
        nor for what alerts alone go by, nor for what is spelt out though it would hold without; and for a zone
        whose rules a new release of the time-zone data changes.
        """
        said = {each.name: _plain(getattr(self, each.name)) for each in fields(self)}
        for name in ("service_level_target", "utilisation_warning"):
            del said[name]
        for name in ("wait_target_ms", "response_target_ms", "reply_target_ms", "resolution_target_ms",
                     "short_abandon_ms"):  # fmt: skip
            kept = getattr(self, name)
            other = getattr(self, f"other_{name}")
            said[name] = _plain({channel: value for channel, value in kept.items() if value != other})
        for name in ("response_versions", "reply_versions", "resolution_versions"):
            versions: tuple[Targets, ...] = getattr(self, name)
            if versions:
                said[name] = [version.content for version in versions]
            else:  # so that who has one version keeps the tables there are
                del said[name]
        if not self.priority_restarts:
            del said["priority_restarts"]
        if self.pending_pauses == ("resolution",):
            del said["pending_pauses"]
        if self.merged_sends_ms == NEVER_MS:
            del said["merged_sends_ms"]
        if self.thanks_reopen:
            del said["thanks_reopen"]
        if not self.is_limiting:
            del said["response_limit_ms"]
        elapsed_ms = self.response_elapsed_limit_ms
        if elapsed_ms == NEVER_MS or (not self.calendars and elapsed_ms >= self._longest_response_target):
            del said["response_elapsed_limit_ms"]
        said["tiers"] = [[tier.name, sorted(tier.members)] for tier in self.tiers]
        said["shifts"] = sorted(self.shifts)
        said["channel_hour_micros"] = _plain({key: cost for key, cost in self.channel_hour_micros.items() if cost})
        text = json.dumps([STATE_VERSION, said], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def _plain(value: object) -> object:
    """Return *value* in JSON's types, with only what is in force of it. Fractions are left to `default`."""
    if isinstance(value, Schedule):
        return _plain(value.content)
    if isinstance(value, Zone):
        return value.rules
    if isinstance(value, dict):
        return [[_plain(key), _plain(each)] for key, each in sorted(value.items(), key=_key)]
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _key(item: tuple[str | tuple[str, str, str], object]) -> str | tuple[str, str, str]:
    return item[0]
