"""promtool's cases notice each number and each guard of each rule: a rule that differs in one place fails one of them.

All of it takes minutes, and is tested with everything together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml  # type: ignore[import-untyped]

from tests.equivalents import EQUIVALENT
from tests.mutants import Mutant, mutants
from tests.promtool import RULES, TESTS, Case, Job, Rule, cases, computed_from, name_of, needed, rules, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

pytestmark = pytest.mark.stack
SLOW: Final = {"edges_test", "history_test", "weeks_test"}
"""Files whose cases are evaluated often: what is left by the others is run against them."""
OTHERWISE: Final = (
    ('queue_waiting{job="deskpulse"}) >= 5', 'queue_waiting{job="deskpulse"}) >= 4'),
    ('queue_waiting{job="deskpulse"}) >= 5', 'queue_waiting{job="deskpulse"}) >= 8'),
    ('past_target{job="deskpulse"}) >= 5', 'past_target{job="deskpulse"}) >= 4'),
    (">= 0.2", ">= 0.19"),
    (">= 0.2", ">= 0.7"),
    ("sum without (channel)", "max without (channel)"),
    ("<= 900)", "<= 90000)"),
    ("> on (tenant, queue)", ">= on (tenant, queue)"),
    ("unless on (tenant, queue)", "and on (tenant, queue)"),
    ("for: 10s\n        keep_firing_for: 2m\n", "for: 10s\n        keep_firing_for: 1m\n"),
    ("for: 10s\n        keep_firing_for: 2m\n", "for: 10s\n"),
    ("0.5 * max", "0.45 * max"),
    ("0.5 * max", "1 * max"),
    ("offset 7d", "offset 6d"),
    ("offset 3d", "offset 2d"),
    ('{job="deskpulse"}[2m]', '{job="deskpulse"}[5s]'),
    ('queue_waiting_past_target{job="deskpulse"}) >= 1', 'queue_waiting_past_target{job="deskpulse"}) >= 2'),
    (
        'absent(deskpulse_as_of_timestamp_seconds{job="deskpulse"})\n        for: 1m',
        'absent(deskpulse_as_of_timestamp_seconds{job="deskpulse"})\n        for: 2m',
    ),
    ("> 60\n        for: 1m\n        keep_firing_for: 2m", "> 60\n        for: 1m"),
    ('deskpulse"})\n        for: 1m\n        keep_firing_for: 2m', 'deskpulse"})\n        for: 1m'),
    ("        for: 10s\n", ""),
    ("max by (job, tenant, channel, queue) (support_queue_waiting{", "(support_queue_waiting{"),
    (
        "max by (job, tenant, channel, queue) (support_queue_waiting{",
        "max without (instance) (support_queue_waiting{",
    ),
    ('seconds{job="deskpulse"}) > 60\n        for: 1m', 'seconds{job="deskpulse"}) > 60\n        for: 0s'),
    ('seconds{job="deskpulse"}) > 60', 'seconds{job="deskpulse"}) > 600'),
    ("time() - max by (job) (deskpulse_as_of", "time() - min by (job) (deskpulse_as_of"),
    ("deskpulse_snapshot_timestamp_seconds", "deskpulse_as_of_timestamp_seconds"),
    ("absent(deskpulse_as_of", "absent(deskpulse_snapshot"),
    ('queued_jump{job="deskpulse",window="1h"}) == 1', 'queued_jump{job="deskpulse",window="1h"}) >= 0'),
    (">= 1.5 * max", ">= 1.2 * max"),
    (") < 3\n", ") < 4\n"),
    ("> 2 * max", ">= 2 * max"),
    ('queue_open{job="deskpulse"}[15m]', 'queue_open{job="deskpulse"}[1m]'),
    ('slots{job="deskpulse"}) == 0', 'slots{job="deskpulse"}) <= 9'),
    ('rolling_answered{job="deskpulse",window="5m"}) == 0', 'rolling_answered{job="deskpulse",window="5m"}) >= 0'),
    ("> 0.1 + 2.33", "> 0.1 - 2.33"),
    (") < 0.2\n", ") < 0.05\n"),
    (") < 0.4\n", ") <= 0.4\n"),
    (") >= 20\n", ") >= 19\n"),
    ("offset 10m or", "offset 5m or"),
    ('sum{window="1h"} offset 1h or 0', 'sum{window="1h"} offset 1s or 0'),
    (" - max without (window) (queue:", " + max without (window) (queue:"),
    ('first_response_open_past_target{job="deskpulse"}) >= 20', 'first_responses{job="deskpulse"}) >= 20'),
    ("< 86400", "< 60"),
    (") == -1", ") != 0"),
    ("  1.1 * (", "  1.09 * ("),
    ("  1.1 * (", "  1.3 * ("),
    (
        "0 * max by (job, tenant, channel) (support_channel_rolling_rec",
        "9 * max by (job, tenant, channel) (support_channel_rolling_rec",
    ),
    (
        " + max by (job, tenant, channel) (support_channel_rolling_reopened",
        " - max by (job, tenant, channel) (support_channel_rolling_reopened",
    ),
    ('received{job="deskpulse",window="7d"}) >= 100', 'received{job="deskpulse",window="7d"}) >= 99'),
    (") / 7\n", ") / 8\n"),
    ("< 601200", "< 86400"),
    ('sla_breached{job="deskpulse",window="1h"}) >= 5', 'sla_breached{job="deskpulse",window="1h"}) >= 4'),
    (" - 2.33 * sqrt", " + 2.33 * sqrt"),
    (" * (1 - 0.7 * max", " * (1 + 0.7 * max"),
    ("[1m])) > 0", "[1m])) >= 0"),
    ("> 900 < 604800", "> 900"),
    (">= 10\n", ">= 1\n"),
    ("0.01 * sum", "0.0001 * sum"),
    ("> 0.9\n", ">= 0.9\n"),
    ("> 100\n", ">= 100\n"),
    ("support_queue_unanswered_messages{", "support_queue_unanswered_conversations{"),
    (
        'unanswered_conversations{job="deskpulse"}) >= 20\n            )\n',
        'unanswered_conversations{job="deskpulse"}) > 20\n            )\n',
    ),
    (
        'utilisation_ratio{job="deskpulse",window="today"}) >= 0.7',
        'utilisation_ratio{job="deskpulse",window="today"}) > 0.7',
    ),
    ('utilisation_ratio{job="deskpulse",window="today"}', 'utilisation_ratio{job="deskpulse",window="1h"}'),
    ('utilisation_ratio{job="deskpulse",window="1h"}) >= 0.7', 'utilisation_ratio{job="deskpulse",window="1h"}) > 0.7'),
    (">= 28800", "> 28800"),
    ("vector(1)", "vector(1) > 1"),
    ('rule_group=~".+;deskpulse-.+"', 'rule_group=~".+"'),
    ('rule_group=~".+;deskpulse-.+"', 'rule_group=~".*deskpulse.*"'),
    ("max by (job, rule_group) (", "max by (job) ("),
    ('failures_total{job="prometheus",', "failures_total{"),
    ('dropped_total{job="prometheus"}', "dropped_total"),
    ("notifications_dropped", "notifications_errors"),
)
"""Changes that are neither of a number nor of an arm: operators, labels, metrics, aggregations."""


def _noticing(changed: Iterable[str], every: tuple[Rule, ...], paths: Iterable[Path]) -> list[Job]:
    """Return the cases of *paths* that ask for what is *changed* or computed from it, with the rules of *every*."""
    names = computed_from(changed, every)
    found: dict[tuple[str, frozenset[str]], list[Case]] = {}
    for case in (case for path in paths for case in cases(path) if case.names() & names):
        found.setdefault((case.interval, case.names()), []).append(case)
    return [Job(needed(asked, every), tuple(of)) for (_, asked), of in found.items()]


def _unnoticed(changed: dict[str, tuple[set[str], tuple[Rule, ...]]], folder: Path) -> set[str]:
    """Return which of the rules, by what is said of their change, no case fails of: of what is left, the next file."""
    left = dict(changed)
    for path in sorted(TESTS, key=lambda path: path.stem in SLOW):
        found = {
            f"{nth}-{part}": (said, job)
            for nth, (said, (names, every)) in enumerate(left.items())
            for part, job in enumerate(_noticing(names, every, [path]))
        }
        answers = verdicts({name: job for name, (_, job) in found.items()}, folder) if found else {}
        for name, (said, _) in found.items():
            if answers[name] != "SUCCESS":
                left.pop(said, None)
    return set(left)


def test_the_cases_notice_every_number_and_every_guard(tmp_path: Path) -> None:
    """What they do not notice is in the table of what is equal to the rule, with the reason; nothing else is there."""

    def instead(mutant: Mutant) -> tuple[Rule, ...]:
        return tuple(mutant.rule if place == mutant.place else rule for place, rule in enumerate(rules()))

    changed = {mutant.said: ({name_of(mutant.rule)}, instead(mutant)) for mutant in mutants(rules())}

    left = _unnoticed(changed, tmp_path)

    assert sorted(left - EQUIVALENT.keys()) == []
    assert sorted(EQUIVALENT.keys() - left) == []


def test_the_cases_notice_another_label_metric_or_operator(tmp_path: Path) -> None:
    """Each of the table fails a case."""
    _, *parts = RULES.read_text(encoding="utf-8").split("\n  - name: ")

    def rules_with(old: str, new: str) -> tuple[set[str], tuple[Rule, ...]]:
        every: list[dict[str, Any]] = []
        names: set[str] = set()
        first = next(part for part in parts if old in part)
        for part in parts:
            (was,) = yaml.load(f"  - name: {part}", yaml.CSafeLoader)
            text = part.replace(old, new) if part is first else part
            (now,) = yaml.load(f"  - name: {text}", yaml.CSafeLoader)
            names |= {name_of(a) for a, b in zip(was["rules"], now["rules"], strict=True) if a != b}
            every += now["rules"]
        return names, tuple(every)

    changed = {f"{old} → {new}": rules_with(old, new) for old, new in OTHERWISE}

    assert _unnoticed(changed, tmp_path) == set()
