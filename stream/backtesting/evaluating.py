"""Rules evaluated over history by a Prometheus: recorded ones first, then each alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.backtesting.firing import Firing
from stream.backtesting.prometheus import make_blocks, running
from stream.errors import UsageError
from stream.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from stream.backtesting.firing import Labels, Page
    from stream.backtesting.prometheus import Prometheus, Series, Tools
    from stream.backtesting.rules import Alert, Recorded, Rules

STEPS = 5_000
"""Prometheus answers for at most 11,000 instants at once."""


def record(
    rules: Rules, needed: Sequence[Recorded], instants: range, *, tools: Tools, folder: Path, data: Path
) -> None:
    """Add the series of the recorded rules *needed* to the blocks below *data*, at every one of *instants*.

    Each is evaluated after those it is made of, at the same instants. UsageError names the rule that cannot be.
    """
    text = folder / "recorded.om"
    for rank in _ranks(rules, needed):
        some = False
        with (
            running(tools, folder, data=data, interval_ms=instants.step) as server,
            text.open("w", encoding="utf-8") as file,
            progress("recording", len(rank)) as step,
        ):
            for rule in rank:
                for part in _parts(instants):
                    for series in _asked(server, rule.name, rule.expression, part):
                        some = True
                        file.writelines(_lines(rule, series))
                step(1)
            file.write("# EOF\n")
        if some:
            make_blocks(tools, text, data)
        text.unlink()


def evaluate(server: Prometheus, alert: Alert, instants: range) -> list[Page]:
    """Return every time *alert* fires when it is evaluated at *instants*. UsageError names it if it cannot be."""
    firing = Firing(hold_ms=alert.hold_ms, keep_ms=alert.keep_ms)
    for part in _parts(instants):
        yielded: dict[int, set[Labels]] = {}
        for series in _asked(server, alert.name, alert.expression, part):
            labels = alert.of(series.labels)
            for at, _ in series.values:
                at_once = yielded.setdefault(at, set())
                if labels in at_once:
                    message = f"{alert.name}: two series have the same labels once those of the alert are added"
                    raise UsageError(message)
                at_once.add(labels)
        for at in part:
            firing.evaluate(at, yielded.get(at, ()))
    return firing.pages()


def _asked(server: Prometheus, name: str, expression: str, part: range) -> list[Series]:
    try:
        return server.over(expression, first_ms=part[0], last_ms=part[-1], step_ms=part.step)
    except UsageError as error:
        message = f"{name}: {error}"
        raise UsageError(message) from error


def _parts(instants: range) -> Iterator[range]:
    for first in range(0, len(instants), STEPS):
        yield instants[first : first + STEPS]


def _ranks(rules: Rules, needed: Sequence[Recorded]) -> list[list[Recorded]]:
    """Return *needed* in ranks: those of one are made of those of the ranks before."""
    ranks: list[list[Recorded]] = []
    for rule in needed:
        made_of = rules.made_of(rule)
        rank = 1 + max((n for n, before in enumerate(ranks) if any(each in made_of for each in before)), default=-1)
        if rank == len(ranks):
            ranks.append([])
        ranks[rank].append(rule)
    return ranks


def _lines(rule: Recorded, series: Series) -> Iterator[str]:
    labels: Mapping[str, str] = {**series.labels, **rule.labels}
    pairs = ",".join(
        '{}="{}"'.format(name, value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"))
        for name, value in labels.items()
        if name != "__name__"
    )
    for at, value in series.values:
        yield f"{rule.name}{{{pairs}}} {value} {at // 1000}.{at % 1000:03d}\n"
