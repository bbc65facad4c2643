"""`python -m benchmarks.paging FILE [RULES]`: how soon the alerts page when a queue turns bad, and how vendors' would.

The truth is computed here from the raw events, by nothing of the product's. A *bad cohort*: those who came to a queue
within ten minutes of the clock, of whom fewer than half were answered within 20 s; of at least ten, those left out who
gave up within 20 s (SL3 by arrival). A *stretch*: bad cohorts of a queue one after the other; its *onset* is the
beginning of the first. A *firing* is of one alert for one queue: what Alertmanager groups and silences is not taken
off. A stretch is *on* if one fires at its onset already, for a trouble before; it is *found* if the first one begins
later, before the stretch ends; else it is *missed*. A firing in no stretch, nor within half an hour after one, is
*beside* them: the queue may be too small for a bad cohort of ten. It is *false* if those who came to the queue in the
hour before it were served as promised, 80 % of them in time. *Firing* is the share of the time from the first contact
to the end of the last one in which it fires for some queue.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import orjson

from stream.backtesting.run import Request, back_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RULES = Path(__file__).parents[1] / "deploy" / "prometheus" / "deskpulse.rules.yml"
TARGET_S = 20
COHORT_S, LEAST, BAD = 600, 10, 0.5
AFTER_S = 1_800
BEFORE_S, PROMISED = 3_600, 0.8
CRITICAL = "any critical alert"
STEP_S, INTERVAL = 5, "5s"
"""The evaluation interval that is shipped."""


@dataclass(slots=True)
class Contact:
    """One leg: instants in Unix seconds; `left` is when the wait ended, `closed` when the contact did."""

    queue: str
    came: int
    left: int | None = None
    answered: bool = False
    closed: int | None = None


class Firing(NamedTuple):
    """An alert that fires for a queue, [fired, until) in Unix seconds."""

    queue: str
    fired: int
    until: int


class Stretch(NamedTuple):
    """Bad cohorts of a queue one after the other, [onset, end) in Unix seconds."""

    queue: str
    onset: int
    end: int


class Outcome(NamedTuple):
    """What one rule made of the stretches: seconds from each onset to the first firing, 0 if on, None if missed."""

    firsts: list[int | None]
    firings: int
    beside: int
    false: int

    @property
    def delays(self) -> list[int]:
        """The seconds of those found."""
        return [each for each in self.firsts if each]


def contacts(file: Path) -> list[Contact]:
    """Return the legs of a file in which each conversation has one."""
    found: dict[str, Contact] = {}
    for line in file.read_bytes().splitlines():
        event = orjson.loads(line)
        at, key = int(datetime.fromisoformat(event["at"]).timestamp()), event["conversation"]
        if event["type"] == "chat.queued":
            found[key] = Contact(event["queue"], at)
        elif event["type"] in ("chat.accepted", "chat.abandoned"):
            found[key].left, found[key].answered = at, event["type"] == "chat.accepted"
            if event["type"] == "chat.abandoned":
                found[key].closed = at
        elif event["type"] == "chat.closed":
            found[key].closed = at
    return list(found.values())


def service_level(some: Iterable[Contact]) -> tuple[float, int]:
    """Return SL3 of contacts whose wait is over, and of how many; those who gave up within the target are none."""
    waits = [(one.left - one.came, one.answered) for one in some if one.left is not None]
    counted = [(wait, answered) for wait, answered in waits if answered or wait > TARGET_S]
    within = sum(answered and wait <= TARGET_S for wait, answered in counted)
    return (within / len(counted) if counted else 1.0), len(counted)


def is_bad(some: Iterable[Contact]) -> bool:
    """Tell whether fewer than half of them, at least ten, were answered in time."""
    level, number = service_level(some)
    return number >= LEAST and level < BAD


def stretches(all_of_them: Iterable[Contact]) -> list[Stretch]:
    """Return the stretches of every queue, by onset."""
    cohorts: dict[tuple[str, int], list[Contact]] = defaultdict(list)
    for one in all_of_them:
        cohorts[one.queue, one.came - one.came % COHORT_S].append(one)
    found: list[Stretch] = []
    for queue, start in sorted(key for key, some in cohorts.items() if is_bad(some)):
        if found and (found[-1].queue, found[-1].end) == (queue, start):
            found[-1] = found[-1]._replace(end=start + COHORT_S)
        else:
            found.append(Stretch(queue, start, start + COHORT_S))
    return sorted(found, key=lambda stretch: stretch.onset)


def finds(firing: Firing, stretch: Stretch) -> bool:
    """Tell whether it fires while the stretch goes on: what comes when it is over helps nobody in it."""
    return firing.queue == stretch.queue and firing.fired < stretch.end and firing.until > stretch.onset


def is_beside(firing: Firing, truth: Iterable[Stretch]) -> bool:
    """Tell whether it fires in no stretch, nor within half an hour after one."""
    return not any(finds(firing, stretch._replace(end=stretch.end + AFTER_S)) for stretch in truth)


def first_firing(firings: Iterable[Firing], stretch: Stretch) -> int | None:
    """Return how many seconds after the onset it first fires in a stretch, 0 if it does already; None without."""
    found = [firing.fired for firing in firings if finds(firing, stretch)]
    return max(0, min(found) - stretch.onset) if found else None


def judged(firings: Sequence[Firing], truth: Sequence[Stretch], all_of_them: Sequence[Contact]) -> Outcome:
    """Return how a rule does against the stretches."""
    beside = [firing for firing in firings if is_beside(firing, truth)]
    false = 0
    for each in beside:
        level, _ = service_level(
            one for one in all_of_them if one.queue == each.queue and each.fired - BEFORE_S <= one.came < each.fired
        )
        false += level >= PROMISED
    firsts = [first_firing(firings, stretch) for stretch in truth]
    return Outcome(firsts=firsts, firings=len(firings), beside=len(beside), false=false)


def share_of(spans: Iterable[tuple[int, int]], whole: tuple[int, int]) -> float:
    """Return the share of *whole* that spans [from, to) cover together, overlaps once."""
    first, last = whole
    covered, upto = 0, first
    for start, end in sorted(spans):
        covered += max(0, min(end, last) - max(start, upto))
        upto = max(upto, end)
    return covered / (last - first)


def day_of(all_of_them: Iterable[Contact]) -> tuple[int, int]:
    """Return when the first contact came and when the last one ended."""
    some = list(all_of_them)
    return min(one.came for one in some), max(one.closed or one.left or one.came for one in some)


def by_finished(
    all_of_them: Sequence[Contact], *, window_s: int, every_s: int, over: Callable[[Contact], int | None]
) -> list[Firing]:
    """Return the firings of a rule on finished contacts: fewer than half in time within the window, of at least ten.

    It is evaluated at multiples of *every_s*; `over` says when a contact is finished.
    """
    found: list[Firing] = []
    for queue in sorted({one.queue for one in all_of_them}):
        ended = sorted(
            (at, n) for n, one in enumerate(all_of_them) if one.queue == queue and (at := over(one)) is not None
        )
        since: int | None = None
        last = ended[-1][0] + window_s
        for now in range(ended[0][0] - ended[0][0] % every_s, last + every_s + 1, every_s):
            within = ended[bisect_left(ended, (now - window_s, -1)) : bisect_left(ended, (now, -1))]
            bad = is_bad(all_of_them[n] for _, n in within)
            if bad and since is None:
                since = now
            elif not bad and since is not None:
                found.append(Firing(queue, since, now))
                since = None
    return found


def shipped(file: Path, rules: Path) -> dict[str, tuple[str, list[Firing]]]:
    """Return severity and firings of every alert on a queue, by name, as the back-test has them."""
    request = Request(rules=rules, files=(file,), interval=INTERVAL, start=None, end=None, alerts=(), fmt="json")
    result = back_test(request)
    found: dict[str, tuple[str, list[Firing]]] = {}
    for each in result.found:
        firings = found.setdefault(each.alert.name, (each.alert.severity, []))[1]
        for page in each.pages:
            until_ms = result.last_ms if page.until_ms is None else page.until_ms
            queue = dict(page.labels).get("queue")
            if queue is not None:
                firings.append(Firing(queue, page.fired_ms // 1000, until_ms // 1000))
    return found


def row(name: str, outcome: Outcome, reference: Outcome, firing: float) -> str:
    """Return a line of the table; *reference* is the row whose median is taken over the onsets that both found."""
    both = [(a, b) for a, b in zip(outcome.firsts, reference.firsts, strict=True) if a and b]
    same = "–"
    if both and outcome is not reference:
        same = f"{minutes(median(a for a, _ in both))}, {minutes(median(b for _, b in both))} ({len(both)})"
    delay = f"{minutes(median(outcome.delays))} ({len(outcome.delays)})" if outcome.delays else "–"
    counts = f"{outcome.firings} | {outcome.beside} | {outcome.false} | {firing:.0%}".replace("%", " %")
    on, missed = outcome.firsts.count(0), outcome.firsts.count(None)
    return f"| {name} | {on} | {len(outcome.delays)} | {missed} | {delay} | {same} | {counts} |"


def minutes(seconds: float | None) -> str:
    """Return seconds in minutes; a dash for none, "on" for 0."""
    return "–" if seconds is None else "on" if seconds == 0 else f"{seconds / 60:.1f} min"


def clock(at: float) -> str:
    """Return the time of day."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"


def ways(all_of_them: Sequence[Contact], alerts: dict[str, tuple[str, list[Firing]]]) -> dict[str, list[Firing]]:
    """Return the firings of every rule, by name: the alerts that fired, then rules as others have them."""
    critical = [firing for severity, firings in alerts.values() if severity == "critical" for firing in firings]
    found = {CRITICAL: critical}
    found |= {f"`{name}` ({severity})": firings for name, (severity, firings) in alerts.items() if firings}
    others: tuple[tuple[str, int, int, Callable[[Contact], int | None]], ...] = (
        ("answered or gone in the last 10 min, every 5 s", 600, STEP_S, lambda one: one.left),
        ("contacts ended in the last 10 min, every 5 s", 600, STEP_S, lambda one: one.closed),
        ("answered or gone in the last 30 min, every 30 min", 1_800, 1_800, lambda one: one.left),
        ("contacts ended in the last 30 min, every 30 min", 1_800, 1_800, lambda one: one.closed),
    )
    for name, window_s, every_s, over in others:
        found[name] = by_finished(all_of_them, window_s=window_s, every_s=every_s, over=over)
    return found


def report(file: Path, rules: Path) -> list[str]:
    """Return the comparison as two tables: all together, and onset by onset."""
    all_of_them = contacts(file)
    truth = stretches(all_of_them)
    cohorts = sum((each.end - each.onset) // COHORT_S for each in truth)
    alerts = shipped(file, rules)
    every = ways(all_of_them, alerts)
    silent = [f"`{name}`" for name, (_, firings) in alerts.items() if not firings]
    day = day_of(all_of_them)
    bad = share_of([(each.onset, each.end) for each in truth], day)
    outcomes = {name: judged(firings, truth, all_of_them) for name, firings in every.items()}
    firing = {name: share_of([(each.fired, each.until) for each in firings], day) for name, firings in every.items()}
    columns = (CRITICAL, *(name for name in every if "Burn`" in name or "Spike`" in name), *[*every][-2:])
    return [
        f"{len(all_of_them)} contacts, {cohorts} bad cohorts of ten minutes in {len(truth)} stretches, in "
        f"{bad:.0%}".replace("%", " %")
        + f" of the time from {clock(day[0])} to {clock(day[1])}.",
        "",
        (
            "| rule | on | found | missed | median from onset to firing (n) "
            "| this rule, any critical alert, over the onsets that both found (n) | firings | beside | false | firing |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
        *(row(name, outcomes[name], outcomes[CRITICAL], firing[name]) for name in every),
        "",
        f"Never fired for a queue: {', '.join(silent) or 'none'}.",
        "",
        f"| queue | onset | lasts | {' | '.join(columns)} |",
        f"|---|---|---|{'---|' * len(columns)}",
        *(
            f"| {each.queue} | {clock(each.onset)} | {(each.end - each.onset) // 60} min | "
            + " | ".join(minutes(first_firing(every[name], each)) for name in columns)
            + " |"
            for each in truth
        ),
    ]


def main(arguments: list[str]) -> int:
    """Print the comparison for the file, with the rules that are named or those that are shipped."""
    if len(arguments) not in (1, 2):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    print("\n".join(report(Path(arguments[0]), Path(arguments[1]) if len(arguments) > 1 else RULES)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
