"""`python -m benchmarks.promql_wrong`: questions whose answer in PromQL is wrong, put to a real Prometheus.

A conventional exporter is stood in for: a counter and a classic histogram that count what they hear when they hear it,
scraped at 7, 22, 37 and 52 s of each minute. The same calls go through Deskpulse. What is right is worked out by hand.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stream.backtesting.prometheus import find_tools, make_blocks, running
from stream.offline import Offline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stream.backtesting.prometheus import Prometheus

DAY = datetime(2026, 11, 20, tzinfo=UTC)
SCRAPE_S = 15
BOUNDS_S = (10, 30, 60, 120, 300)
FIRST_S, LAST_S = 9 * 3600 + 7, 11 * 3600
"""The scrapes, in seconds of the day: nobody's scrapes fall on the instants that are asked for."""


class Call(NamedTuple):
    """A call: seconds of the day when it came and was answered (None: it still waits), and how late that was told."""

    queue: str
    came_s: float
    answered_s: float | None
    late_s: float = 0


class Case(NamedTuple):
    """A question at an instant, the right answer, and both ways to ask: PromQL, and a value of Deskpulse."""

    what: str
    at_s: int
    truth: str
    promql: str
    ours: tuple[str, dict[str, str]]


def calls() -> list[Call]:
    """Return the calls of all questions, each in queues of its own."""
    ten, eleven = 10 * 3600, 11 * 3600
    # late: a call each minute from 09:40 to 09:49, answered after 15 s, which is told an hour later.
    late = [Call("late", 9 * 3600 + 2400 + 60 * n, 9 * 3600 + 2415 + 60 * n, 3600) for n in range(10)]
    # sparse: four in an hour, answered after 12, 14, 16 and 61 s; one long before, so that the counter is there.
    sparse = [Call("sparse", 9 * 3600 + 60, 9 * 3600 + 70)]
    sparse += [Call("sparse", ten + 600 * n, ten + 600 * n + wait) for n, wait in ((1, 12), (2, 14), (3, 16), (4, 61))]
    # busy and quiet: 100 calls answered after 10 s, 2 after 300 s.
    busy = [Call("busy", ten + 30 * n, ten + 30 * n + 10) for n in range(100)]
    quiet = [Call("quiet", ten + 600 * n, ten + 600 * n + 300) for n in (1, 2)]
    # stuck: 20 calls come at 10:50, two are answered after 10 s, 18 wait on.
    stuck = [Call("stuck", 9 * 3600 + 60, 9 * 3600 + 70)]
    stuck += [Call("stuck", eleven - 600, eleven - 590 if n < 2 else None) for n in range(20)]  # noqa: PLR2004 - the two
    # new: the first calls of a queue that nobody had heard of, answered at 10:30:10 and 10:40:10.
    new = [Call("new", ten + 600 * n, ten + 600 * n + 10) for n in (3, 4)]
    return [*late, *sparse, *busy, *quiet, *stuck, *new]


def cases() -> list[Case]:
    """Return the questions; `truth` is by hand."""
    ten, eleven = 10 * 3600, 11 * 3600
    level, window = 'queue="{}",job="calls"', {"window": "1h"}
    late, sparse, stuck = (level.format(queue) for queue in ("late", "sparse", "stuck"))
    return [
        # The ten answers of 09:40:15 to 09:49:15.
        Case(
            "late: answered from 09:30 to 10:00, asked at 11:00",
            ten,
            "10",
            f"increase(answered_total{{{late}}}[30m])",
            ("support_queue_rolling_answered", {"queue": "late", "window": "30m"}),
        ),
        # None: what was told then had happened an hour before.
        Case(
            "late: answered from 10:30 to 11:00, asked at 11:00",
            eleven,
            "0",
            f"increase(answered_total{{{late}}}[30m])",
            ("support_queue_rolling_answered", {"queue": "late", "window": "30m"}),
        ),
        # Those of 10:10, 10:20, 10:30 and 10:40.
        Case(
            "sparse: answered in the hour to 11:00",
            eleven,
            "4",
            f"increase(answered_total{{{sparse}}}[1h])",
            ("support_queue_rolling_answered", {"queue": "sparse", **window}),
        ),
        # Two. A counter with labels is there from its first count on, and what it begins with is no increase.
        Case(
            "new: answered in the hour to 11:00",
            eleven,
            "2",
            f"increase(answered_total{{{level.format('new')}}}[1h])",
            ("support_queue_rolling_answered", {"queue": "new", **window}),
        ),
        # 12, 14, 16, 61: the second of four (nearest rank: 0.5 × 4 = 2).
        Case(
            "sparse: median wait in that hour, seconds",
            eleven,
            "14",
            f"histogram_quantile(0.5, sum by (le) (increase(wait_seconds_bucket{{{sparse}}}[1h])))",
            ("support_queue_rolling_wait_seconds", {"queue": "sparse", "q": "0.5", **window}),
        ),
        # The fourth of four (0.9 × 4 = 3.6, rounded up).
        Case(
            "sparse: wait that 90 % do not exceed, seconds",
            eleven,
            "61",
            f"histogram_quantile(0.9, sum by (le) (increase(wait_seconds_bucket{{{sparse}}}[1h])))",
            ("support_queue_rolling_wait_seconds", {"queue": "sparse", "q": "0.9", **window}),
        ),
        # busy and quiet: (100 × 10 + 2 × 300) ÷ 102 = 1600 ÷ 102.
        Case(
            "averages: mean wait of both queues, seconds",
            eleven,
            "15.686",
            'avg(support_queue_rolling_wait_mean_seconds{window="1h",queue=~"busy|quiet"})',
            ("support_tenant_rolling_wait_mean_seconds", {"tenant": "two", **window}),
        ),
        # 0.9 × 102 = 91.8: the 92nd of 102, of which the first hundred are 10.
        Case(
            "averages: wait that 90 % of both queues do not exceed, seconds",
            eleven,
            "10",
            'avg(support_queue_rolling_wait_seconds{q="0.9",window="1h",queue=~"busy|quiet"})',
            ("support_tenant_rolling_wait_seconds", {"tenant": "two", "q": "0.9", **window}),
        ),
        # stuck: of 20 calls 2 were answered within 30 s, and 18 have waited 10 minutes: 2 ÷ 20. (Of the one at 09:01
        # the hour knows nothing.) The target of Deskpulse is 20 s, which changes nothing here.
        Case(
            "waiting: share of calls answered in time, in the hour to 11:00",
            eleven,
            "0.1",
            f'increase(wait_seconds_bucket{{le="30",{stuck}}}[1h]) / '
            f"ignoring (le) increase(wait_seconds_count{{{stuck}}}[1h])",
            ("support_queue_rolling_service_level_ratio", {"queue": "stuck", "variant": "SL_live", **window}),
        ),
        # 18 wait, since 10:50.
        Case(
            "waiting: longest wait up to 11:00, seconds",
            eleven,
            "600",
            f"histogram_quantile(1, sum by (le) (increase(wait_seconds_bucket{{{stuck}}}[1h])))",
            ("support_queue_oldest_wait_seconds", {"queue": "stuck"}),
        ),
    ]


def answers() -> list[tuple[Case, str, str]]:
    """Return every question with the answer of PromQL and that of Deskpulse. UsageError without a Prometheus."""
    tools = find_tools()
    all_of_them = calls()
    values = {at_s: _ours(all_of_them, at_s) for at_s in {case.at_s for case in cases()}}
    with tempfile.TemporaryDirectory(prefix="deskpulse-promql-") as name:
        folder = Path(name)
        text = folder / "calls.om"
        gauges = (_gauge(key, value, at_s) for at_s, found in values.items() for key, value in found.items())
        text.write_text("".join((*_scrapes(all_of_them), *gauges, "# EOF\n")))
        make_blocks(tools, text, folder / "data")
        with running(tools, folder, data=folder / "data", interval_ms=SCRAPE_S * 1000) as server:
            return [(case, _asked(server, case), _shown(_value_of(values[case.at_s], case.ours))) for case in cases()]


def page(found: list[tuple[Case, str, str]]) -> list[str]:
    """Return the part of docs/why-not-promql.md that is measured: a table, and below it what was asked."""
    lines = ["| | question | right | PromQL | Deskpulse |", "|---|---|---|---|---|"]
    asked = []
    for number, (case, promql, ours) in enumerate(found, start=1):
        lines.append(f"| {number} | {case.what} | **{case.truth}** | {promql} | {ours} |")
        name, labels = case.ours
        asked += [f"{number}  {case.promql}", f"   {_series(name, labels.items())}"]
    return [*lines, "", "```promql", *asked, "```"]


def _tenant(call: Call) -> str:
    return "two" if call.queue in ("busy", "quiet") else "one"


def _ours(all_of_them: Iterable[Call], at_s: int) -> dict[tuple[str, tuple[tuple[str, str], ...]], float | int]:
    """Return the values of Deskpulse at *at_s*, asked when everything had been told."""
    offline = Offline()
    offline.feed(_lines(all_of_them))
    return offline.values(_ms(at_s))


def _lines(all_of_them: Iterable[Call]) -> list[bytes]:
    """Return the events in the order in which they are told."""
    told: list[tuple[float, dict[str, object]]] = []
    for number, call in enumerate(all_of_them):
        said = {"tenant": _tenant(call), "conversation": str(number), "channel": "voice", "queue": call.queue}
        told.append((call.came_s, {"id": f"{number}-1", "type": "chat.queued", "at": _ms(call.came_s), **said}))
        if call.answered_s is not None:
            event = {"id": f"{number}-2", "type": "chat.accepted", "at": _ms(call.answered_s), **said, "agent": "kim"}
            told.append((call.answered_s + call.late_s, event))
    return [json.dumps(event).encode() for _, event in sorted(told, key=lambda each: each[0])]


def _scrapes(all_of_them: Iterable[Call]) -> Iterator[str]:
    """Yield what the exporter shows at every scrape: what it has been told of by then."""
    told = [(call.answered_s + call.late_s, call) for call in all_of_them if call.answered_s is not None]
    for now in range(FIRST_S, LAST_S + 1, SCRAPE_S):
        for queue in sorted({call.queue for _, call in told}):
            labels = f'queue="{queue}",job="calls"'
            waits = [
                call.answered_s - call.came_s
                for at, call in told
                if call.queue == queue and at < now and call.answered_s
            ]
            if not waits and queue == "new":
                continue
            at = _ms(now) // 1000
            yield f"answered_total{{{labels}}} {len(waits)} {at}\n"
            yield f"wait_seconds_count{{{labels}}} {len(waits)} {at}\n"
            for bound in (*BOUNDS_S, "+Inf"):
                number = sum(wait <= float(bound) for wait in waits)
                yield f'wait_seconds_bucket{{le="{bound}",{labels}}} {number} {at}\n'


def _gauge(key: tuple[str, tuple[tuple[str, str], ...]], value: float, at_s: int) -> str:
    name, pairs = key
    return f"{_series(name, pairs)} {value!r} {_ms(at_s) // 1000}\n"


def _series(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    text = ",".join(f'{label}="{value}"' for label, value in pairs)
    return f"{name}{{{text}}}"


def _asked(server: Prometheus, case: Case) -> str:
    found = server.over(case.promql, first_ms=_ms(case.at_s), last_ms=_ms(case.at_s), step_ms=1000)
    return _shown(float(found[0].values[0][1])) if found else "nothing"


def _value_of(
    values: dict[tuple[str, tuple[tuple[str, str], ...]], float | int], asked: tuple[str, dict[str, str]]
) -> float:
    name, labels = asked
    (found,) = (
        value for (its, pairs), value in values.items() if its == name and labels.items() <= dict(pairs).items()
    )
    return found


def _shown(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _ms(second_of_day: float) -> int:
    return int((DAY.timestamp() + second_of_day) * 1000)


if __name__ == "__main__":
    sys.stdout.write("\n".join(page(answers())) + "\n")
