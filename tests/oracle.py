"""The numbers of a log by brute force: slow, plain, and sharing no code with the product.

`Oracle(lines).at(t)` gives, for the levels tenant, channel and queue, what is right at instant `t` (integer
milliseconds): the state just before `t` and the windows 5m, 30m, 1h, today, 7d up to `t`, from all distinct events
with `at` < `t`, whatever their order in `lines`. Counts are integers; seconds and ratios are exact fractions; a mean,
quantile or ratio without samples is None. Days are UTC and nothing expires.

Everything is swept anew for every conversation; the only thing remembered is the sweep of a prefix of its events.
"""

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

Value: TypeAlias = int | Fraction | None
Labels: TypeAlias = tuple[str, ...]
Row: TypeAlias = dict[str, Value]
Table: TypeAlias = dict[Labels, Row]

LEVELS = ("tenant", "channel", "queue")
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
QUARTER = 15 * MINUTE
GHOST = 4 * HOUR
EARLIEST = 631_152_000_000
"""1990-01-01T00:00:00Z."""
LONGEST_RECORD = 65_536
LONGEST_ID = 128

RANKED = (
    ("chat.started", "ticket.created"),
    ("chat.queued",),
    ("chat.offered",),
    ("chat.offer_missed",),
    ("chat.accepted",),
    ("chat.message", "ticket.commented"),
    ("chat.transferred", "ticket.assigned", "ticket.priority_changed", "ticket.tagged"),
    ("chat.flowed_out", "chat.callback_requested", "chat.abandoned"),
    ("ticket.status_changed",),
    ("chat.closed",),
    ("chat.reopened",),
    ("survey.sent",),
    ("survey.responded",),
    ("survey.retracted",),
    ("chat.flagged", "ticket.flagged"),
)
RANK = {name: rank for rank, names in enumerate(RANKED) for name in names}
LAST_RANK = len(RANKED)

COMMON = ["tenant", "channel", "queue", "team", "priority", "language", "topic", "customer", "actor", "agent", "source"]
OWN = {
    "chat.started": "initiated_by bot?",
    "chat.queued": "queue! leg",
    "chat.offered": "leg reason",
    "chat.offer_missed": "leg reason",
    "chat.accepted": "leg",
    "chat.message": "message actor! public? auto?",
    "chat.transferred": "to_queue to_agent kind",
    "chat.abandoned": "stage leg",
    "chat.flowed_out": "to leg",
    "chat.callback_requested": "to leg",
    "chat.held": "",
    "chat.resumed": "",
    "chat.released": "",
    "chat.wrapup_ended": "",
    "chat.bot_handoff": "reason",
    "chat.closed": "by reason resolved?",
    "chat.reopened": "by",
    "chat.flagged": "flag! value?",
    "ticket.flagged": "flag! value?",
    "ticket.created": "via initiated_by",
    "ticket.commented": "message actor! public? auto?",
    "ticket.assigned": "to_queue to_team",
    "ticket.status_changed": "status! by",
    "ticket.priority_changed": "",
    "ticket.tagged": "",
    "ticket.escalated": "to",
    "ticket.merged": "into",
    "ticket.deleted": "into",
    "survey.offered": "survey! kind! scale#",
    "survey.sent": "survey! kind! scale#",
    "survey.responded": "survey! kind! score scale#",
    "survey.retracted": "survey! reason",
    "conversation.forgotten": "",
}
"""The own fields of every type that has a conversation: `!` required text, `?` boolean, `#` scale, else text."""
OUTSIDE_THE_CONTENT = {"id", "at", "message", "reason", "via", "source", "article"}
SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}

WAIT_TARGET = defaultdict(lambda: 60, voice=20, chat=60, web=60, sms=60, social=3_600, email=14_400, offline=14_400)
RESPONSE_TARGET = defaultdict(
    lambda: 3_600, chat=60, web=60, sms=60, voice=60, social=3_600, email=14_400, offline=14_400
)
SHORT = defaultdict(lambda: -1, voice=5, chat=10, web=10, sms=10)


class Event(NamedTuple):
    """One distinct event; compares in the order of its conversation."""

    at: int
    rank: int
    id: str
    type: str
    body: dict[str, Any]


class Leg(NamedTuple):
    """One stay in one queue. What nobody ended ends `lost` four hours after it opened."""

    queue: str
    opened: int
    ended: int
    outcome: str


class Sample(NamedTuple):
    """Something that happened at an instant in a queue: frt, reply (milliseconds), sent (0), csat (score, full)."""

    kind: str
    queue: str
    at: int
    value: Any


class Known(NamedTuple):
    """All that a conversation contributes, as known from some of its events."""

    channel: str
    legs: list[Leg]
    samples: list[Sample]
    unanswered: list[tuple[str, int]]
    """Queue and first customer message of each episode that waits for its first response."""


# ---------------------------------------------------------------------------------------------- records


def instant(at: object) -> int | None:
    """Milliseconds since 1970 of an RFC 3339 text with zone or an integer; None if it is neither."""
    if isinstance(at, int) and not isinstance(at, bool):
        return at
    pattern = r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))"
    found = re.fullmatch(pattern, at, re.ASCII) if isinstance(at, str) else None
    if found is None:
        return None
    *date, fraction, sign, hours, minutes = found.groups()
    try:
        seconds = int(datetime(*map(int, date), tzinfo=UTC).timestamp())  # type: ignore[arg-type, misc]
    except ValueError:
        return None
    if int(hours or 0) > 23 or int(minutes or 0) > 59:
        return None
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * MINUTE * (-1 if sign == "-" else 1)
    return seconds * SECOND + int((fraction or "0")[:3].ljust(3, "0")) - offset


def is_number(value: object) -> bool:
    """Whether this is a JSON number: a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def texts(value: object) -> Iterable[str]:
    """Every key and every text anywhere in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from texts(member)


def parsed(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line without its null fields, or None."""

    def refuse(text: str) -> None:
        raise ValueError(text)

    def double(text: str) -> float:
        if math.isinf(float(text)):
            refuse(text)
        return float(text)

    def integer(text: str) -> int:
        double(text)
        return int(text)

    line = line.removesuffix(b"\n")
    if len(line) > LONGEST_RECORD:
        return None
    try:
        record = json.loads(line.decode(), parse_constant=refuse, parse_float=double, parse_int=integer)
        "".join(texts(record)).encode()
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    return {key: value for key, value in record.items() if value is not None}


def scale_of(record: dict[str, Any]) -> tuple[Fraction, Fraction, bool] | None:
    """(min, max, whether the least score is best), or None if the scale is none."""
    scale = {key: value for key, value in record.get("scale", {}).items() if value is not None}
    low, high = SCALES.get(record["kind"], SCALES["csat"])
    low, high, direction = scale.get("min", low), scale.get("max", high), scale.get("direction", "up")
    if not is_number(low) or not is_number(high) or not isinstance(direction, str) or low >= high:
        return None
    return Fraction(repr(low)), Fraction(repr(high)), direction == "down"


def well_formed(record: dict[str, Any]) -> bool:
    """Whether an object is an event of a conversation that counts as sent."""
    if not all(isinstance(record.get(key), str) for key in ("id", "type", "conversation")):
        return False
    if not 1 <= len(record["id"]) <= LONGEST_ID or record["type"] not in OWN:
        return False
    at = instant(record.get("at"))
    if at is None or at < EARLIEST:
        return False
    tags = record.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return False
    for field in (*COMMON, *OWN[record["type"]].split()):
        key = field.rstrip("!?#")
        if key not in record:
            if field.endswith("!"):
                return False
        elif key != "score" and not isinstance(record[key], {"?": bool, "#": dict}.get(field[-1], str)):
            return False
    if record["type"] in ("survey.offered", "survey.sent", "survey.responded") and scale_of(record) is None:
        return False
    if record["type"] == "survey.responded":
        if not is_number(record.get("score")):
            return False
        if record["kind"] not in SCALES and "scale" not in record:
            return True
        low, high, _ = scale_of(record) or (0, 0, False)
        return low <= Fraction(repr(record["score"])) <= high
    return True


def content(record: dict[str, Any]) -> bytes:
    """The canonical bytes that decide between two contents of one id."""
    named = {"type", "conversation", "tags", *COMMON, *(f.rstrip("!?#") for f in OWN[record["type"]].split())}
    chosen = {key: record[key] for key in named - OUTSIDE_THE_CONTENT if key in record}
    return json.dumps(chosen, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def conversations(lines: Iterable[bytes]) -> dict[tuple[str, str], list[Event]]:
    """The distinct events of every (tenant, conversation), in order."""
    chosen: dict[tuple[str, str], dict[str, tuple[int, bytes, Event]]] = defaultdict(dict)
    for line in lines:
        record = parsed(line)
        if record is None or not well_formed(record):
            continue
        at = instant(record["at"])
        assert at is not None
        event = Event(at, RANK.get(record["type"], LAST_RANK), record["id"], record["type"], record)
        same = chosen[record.get("tenant", "default"), record["conversation"]]
        candidate = (at, content(record), event)
        if event.id not in same or candidate[:2] < same[event.id][:2]:
            same[event.id] = candidate
    return {key: sorted((e for _, _, e in by_id.values()), key=lambda e: e[:3]) for key, by_id in chosen.items()}


# ----------------------------------------------------------------------------------------------- sweeps


def withdrawn(events: list[Event]) -> bool:
    """Whether the conversation is spam, a test, or a merged ticket."""
    flags = {}
    for e in events:
        if e.type in ("chat.flagged", "ticket.flagged"):
            flags[e.body["flag"]] = e.body.get("value", True)
    return flags.get("spam", False) or flags.get("test", False) or any(e.type == "ticket.merged" for e in events)


def channel_of(events: list[Event]) -> str:
    """The last channel named, else the default."""
    named = [e.body["channel"] for e in events if "channel" in e.body]
    default = "chat" if any(e.type.startswith("chat.") for e in events) else "email"
    return named[-1] if named else default


def queue_at(events: list[Event], at: int) -> str:
    """The queue of a conversation at an instant, all events of that instant included."""
    named = []
    for e in events:
        moved_to = e.body.get("to_queue") if e.type in ("ticket.assigned", "chat.transferred") else None
        queue = e.body.get("queue") if moved_to is None else moved_to
        if queue is not None:
            named.append((e.at, queue))
    until = [queue for named_at, queue in named if named_at <= at]
    return until[-1] if until else named[0][1] if named else "none"


def outcome_of(e: Event, queue: str) -> str | None:
    """What an event makes of an open leg in `queue`; None if it is no outcome."""
    if e.type == "chat.transferred":
        return "flowed_out" if e.body.get("to_queue", queue) != queue else None
    if e.type == "chat.closed":
        return "abandoned" if e.body.get("by") == "customer" else "agent_closed"
    return {
        "chat.accepted": "answered",
        "chat.abandoned": "abandoned",
        "chat.flowed_out": "flowed_out",
        "chat.callback_requested": "callback",
    }.get(e.type)


def closed_first(group: list[Event], queue: str) -> list[Event]:
    """The events of one instant at which a leg in `queue` is open from before: its end precedes the next leg."""
    elsewhere = [e for e in group if e.type == "chat.queued" and e.body["queue"] != queue]
    ends = [e for e in group if e.rank in (4, 7, 9)]
    if not elsewhere or not ends:
        return group
    rest = [e for e in group if e is not ends[0]]
    place = rest.index(elsewhere[0])
    return [*rest[:place], ends[0], *rest[place:]]


def legs_of(events: list[Event]) -> list[Leg]:
    """All legs. The last one may be lost at an instant that has yet to come: until then it is open."""
    legs: list[Leg] = []
    current: tuple[str, int] | None = None
    for at, together in groupby(events, key=lambda e: e.at):
        group = list(together)
        if current is not None and current[1] < at < current[1] + GHOST:
            group = closed_first(group, current[0])
        for e in group:
            is_lost = current is not None and at >= current[1] + GHOST
            if e.type == "chat.queued":
                if current is not None and is_lost:
                    legs.append(Leg(*current, current[1] + GHOST, "lost"))
                    current = None
                if current is not None and current[0] != e.body["queue"]:
                    legs.append(Leg(*current, at, "flowed_out"))
                    current = None
                if current is None:
                    current = (e.body["queue"], at)
                continue
            outcome = None if current is None else outcome_of(e, current[0])
            if is_lost and e.type == "chat.abandoned" and e.body.get("stage") in ("bot", "chat"):
                outcome = None
            if current is not None and outcome is not None:
                legs.append(Leg(*current, at, outcome))
                current = None
    if current is not None:
        legs.append(Leg(*current, current[1] + GHOST, "lost"))
    return legs


def is_customer_message(e: Event) -> bool:
    """Whether the customer said something."""
    if e.type == "ticket.created":
        return e.body.get("initiated_by") not in ("agent", "system")
    return e.type in ("chat.message", "ticket.commented") and e.body["actor"] == "customer"


def is_human_reply(e: Event) -> bool:
    """Whether a person of the support centre said something that the customer sees."""
    said = e.type in ("chat.message", "ticket.commented") and e.body["actor"] == "human"
    return said and e.body.get("public", True) and not e.body.get("auto", False)


def is_resolve(e: Event) -> bool:
    """Whether the conversation was resolved."""
    return e.type == "chat.closed" or (e.type == "ticket.status_changed" and e.body["status"] in ("solved", "closed"))


def messages_of(events: list[Event]) -> tuple[list[Sample], list[tuple[str, int]]]:
    """Samples of first responses and replies, and what waits for its first response."""
    named = [
        e.body["initiated_by"]
        for e in events
        if e.type in ("chat.started", "ticket.created") and "initiated_by" in e.body
    ]
    by_us = bool(named) and named[-1] in ("agent", "system")
    samples = []
    episodes = 0
    first: int | None = None
    """First customer message of the current episode, while it waits for its first response."""
    resolved_since = False
    stretch: int | None = None
    quiet_since: int | None = None
    """The latest resolve, while nobody has said anything since."""
    for e in sorted(events, key=lambda e: (e.at, e.rank, not is_customer_message(e), e.id)):
        if is_customer_message(e):
            if episodes == 0 or (quiet_since is not None and e.at - quiet_since > DAY):
                episodes += 1
                first, resolved_since = (None if by_us and episodes == 1 else e.at), False
            stretch = e.at if stretch is None else stretch
            quiet_since = None
        elif is_human_reply(e):
            queue = queue_at(events, e.at)
            if first is not None:
                samples.append(Sample("frt", queue, e.at, e.at - first))
            if stretch is not None:
                samples.append(Sample("reply", queue, e.at, e.at - stretch))
            first = stretch = quiet_since = None
        elif is_resolve(e):
            resolved_since, stretch, quiet_since = True, None, e.at
    if first is None or resolved_since:
        return samples, []
    return samples, [(queue_at(events, events[-1].at), first)]


def surveys_of(events: list[Event]) -> list[Sample]:
    """Surveys sent, and the responses that count."""
    samples = []
    known = [e for e in events if e.type != "survey.offered"]
    csat = [e for e in known if e.type == "survey.retracted" or e.body.get("kind") == "csat"]
    for survey in sorted({e.body["survey"] for e in csat if e.type.startswith("survey.")}):
        of_this = [e for e in csat if e.type.startswith("survey.") and e.body["survey"] == survey]
        sent = next((e for e in of_this if e.type == "survey.sent"), None)
        if sent:
            samples.append(Sample("sent", queue_at(events, sent.at), sent.at, 0))
        last = [e for e in of_this if e.type != "survey.sent"][-1:]
        if last and last[0].type == "survey.responded":
            response = last[0]
            low, high, least_is_best = scale_of(response.body) or (Fraction(1), Fraction(5), False)
            score = (Fraction(repr(response.body["score"])) - low) / (high - low)
            score = 1 - score if least_is_best else score
            satisfied = score >= Fraction(3, 4) if high - low >= 4 else score == 1
            queue = queue_at(events, (sent or response).at)
            samples.append(Sample("csat", queue, response.at, (score, satisfied)))
    return samples


def sweep(events: list[Event]) -> Known | None:
    """What a conversation contributes, of these events; None if it is withdrawn."""
    if withdrawn(events):
        return None
    samples, unanswered = messages_of(events)
    return Known(channel_of(events), legs_of(events), samples + surveys_of(events), unanswered)


# ---------------------------------------------------------------------------------------------- reading


def windows(t: int) -> dict[str, int]:
    """Where each window up to `t` starts."""
    return {
        "5m": t - 5 * MINUTE,
        "30m": t - 30 * MINUTE,
        "1h": t - HOUR,
        "today": (t - 1) // DAY * DAY,
        "7d": (t - 7 * DAY) // QUARTER * QUARTER,
    }


def nearest_rank(values: list[int], share: Fraction) -> Fraction | None:
    """The least value that at least `share` of the values do not exceed, in seconds."""
    return Fraction(sorted(values)[math.ceil(share * len(values)) - 1], SECOND) if values else None


def mean_s(values: list[int]) -> Fraction | None:
    """Mean of milliseconds, in seconds."""
    return Fraction(sum(values), len(values) * SECOND) if values else None


def ratio(part: Fraction | int, whole: int) -> Fraction | None:
    """The share, absent if there is no whole."""
    return Fraction(part, whole) if whole else None


class Part(NamedTuple):
    """The leg, sample or unanswered episode that one conversation brings to a label set."""

    channel: str
    leg: Leg | None = None
    sample: Sample | None = None
    since: int = 0
    """First customer message of an unanswered episode."""


def row(parts: list[Part], t: int) -> Row:
    """All columns of one label set."""
    legs = [(p.channel, p.leg) for p in parts if p.leg]
    waiting = [(channel, leg) for channel, leg in legs if leg.opened < t <= leg.ended]
    past_target = sum(t - leg.opened > WAIT_TARGET[channel] * SECOND for channel, leg in waiting)
    unanswered = [(p.channel, t - p.since) for p in parts if p.leg is None and p.sample is None]
    open_past_target = sum(age > RESPONSE_TARGET[channel] * SECOND for channel, age in unanswered)
    result: Row = {
        "waiting": len(waiting),
        "oldest_wait_s": max((Fraction(t - leg.opened, SECOND) for _, leg in waiting), default=None),
        "waiting_past_target": past_target,
        "frt_open": len(unanswered),
        "frt_open_oldest_s": max((Fraction(age, SECOND) for _, age in unanswered), default=None),
        "frt_open_past_target": open_past_target,
    }
    for window, start in windows(t).items():
        ended = [(channel, leg) for channel, leg in legs if start <= leg.ended < t]
        samples = [(p.channel, p.sample) for p in parts if p.sample and start <= p.sample.at < t]
        cells = leg_columns(ended, queued=sum(start <= leg.opened < t for _, leg in legs), past_target=past_target)
        cells |= sample_columns(samples, open_past_target=open_past_target)
        result |= {f"{column}_{window}": value for column, value in cells.items()}
    return result


def nothing(t: int) -> Row:
    """The row of a label set that has contributed nothing."""
    return row([], t)


def leg_columns(ended: list[tuple[str, Leg]], *, queued: int, past_target: int) -> Row:
    """Counts, waits and service levels of the legs that ended in a window."""

    def wait(leg: Leg) -> int:
        return leg.ended - leg.opened

    def within(channel: str, leg: Leg) -> bool:
        return wait(leg) <= WAIT_TARGET[channel] * SECOND

    count = {o: sum(leg.outcome == o for _, leg in ended) for o in ("flowed_out", "callback", "agent_closed", "lost")}
    answered = [(channel, leg) for channel, leg in ended if leg.outcome == "answered"]
    left = [(channel, leg) for channel, leg in ended if leg.outcome == "abandoned"]
    waits = [wait(leg) for _, leg in answered]
    short = sum(wait(leg) <= SHORT[channel] * SECOND for channel, leg in left)
    a, b = len(answered), len(left)
    a_in, b_in = sum(within(*pair) for pair in answered), sum(within(*pair) for pair in left)
    callbacks_in = sum(within(*pair) for pair in ended if pair[1].outcome == "callback")
    return {
        "queued": queued,
        "answered": a,
        "abandoned": b - short,
        "short_abandoned": short,
        **count,
        "abandonment": ratio(b - short, a + b - short),
        "abandonment_with_short": ratio(b, a + b),
        "asa_s": mean_s(waits),
        "wait_p50_s": nearest_rank(waits, Fraction(1, 2)),
        "wait_p90_s": nearest_rank(waits, Fraction(9, 10)),
        "wait_max_s": nearest_rank(waits, Fraction(1)),
        "abandon_wait_mean_s": mean_s([wait(leg) for _, leg in left]),
        "sl1": ratio(a_in, a),
        "sl2": ratio(a_in, a + b),
        "sl3": ratio(a_in, a + b - b_in),
        "sl4": ratio(a_in + b_in, a + b),
        "sl5": ratio(a_in + short, a + b),
        "sl6": ratio(a_in + b_in + callbacks_in, queued),
        "sl_live": ratio(a_in, a + b - b_in + past_target),
    }


def sample_columns(samples: list[tuple[str, Sample]], *, open_past_target: int) -> Row:
    """First responses, replies and surveys of a window."""
    first = [sample.value for _, sample in samples if sample.kind == "frt"]
    replies = [sample.value for _, sample in samples if sample.kind == "reply"]
    scores = [sample.value for _, sample in samples if sample.kind == "csat"]
    in_time = sum(s.kind == "frt" and s.value <= RESPONSE_TARGET[channel] * SECOND for channel, s in samples)
    return {
        "first_responses": len(first),
        "frt_mean_s": mean_s(first),
        "frt_p50_s": nearest_rank(first, Fraction(1, 2)),
        "frt_p90_s": nearest_rank(first, Fraction(9, 10)),
        "frt_attainment": ratio(in_time, len(first) + open_past_target),
        "reply_samples": len(replies),
        "reply_mean_s": mean_s(replies),
        "reply_p50_s": nearest_rank(replies, Fraction(1, 2)),
        "surveys_sent": sum(sample.kind == "sent" for _, sample in samples),
        "csat_responses": len(scores),
        "csat_mean": ratio(sum((score for score, _ in scores), Fraction(0)), len(scores)),
        "csat_satisfied": ratio(sum(satisfied for _, satisfied in scores), len(scores)),
    }


class Oracle:
    """What is right of one log, at any instant."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        """Read the lines, in any order, with any repeats."""
        self._conversations = conversations(lines)
        self._known: dict[tuple[tuple[str, str], int], Known | None] = {}

    def _as_known(self, key: tuple[str, str], before: int) -> Known | None:
        events = [e for e in self._conversations[key] if e.at < before]
        if not events:
            return None
        if (key, len(events)) not in self._known:
            self._known[key, len(events)] = sweep(events)
        return self._known[key, len(events)]

    def at(self, t: int, levels: Iterable[str] = LEVELS) -> dict[str, Table]:
        """The rows of every label set that has contributed anything known at `t`."""
        parts: dict[Labels, list[Part]] = defaultdict(list)

        def add(key: Labels, part: Part) -> None:
            for depth, level in enumerate(LEVELS, start=1):
                if level in levels:
                    parts[key[:depth]].append(part)

        for key in self._conversations:
            known = self._as_known(key, t)
            if known is None:
                continue
            tenant, channel = key[0], known.channel
            for leg in known.legs:
                add((tenant, channel, leg.queue), Part(channel, leg=leg))
            for sample in known.samples:
                add((tenant, channel, sample.queue), Part(channel, sample=sample))
            for queue, since in known.unanswered:
                add((tenant, channel, queue), Part(channel, since=since))
        tables: dict[str, Table] = {level: {} for level in levels}
        for labels, of_this in parts.items():
            tables[LEVELS[len(labels) - 1]][labels] = row(of_this, t)
        return tables
