"""Small logs for tests, and what to expect of them.

A `Log` writes wire-format lines; its clock starts at T0, a Monday midnight UTC, and reads `MM:SS` or `H:MM:SS`, either
with milliseconds. `expects` compares values worked out by hand with the brute-force oracle, and the whole of what the
product shows with the whole of what the oracle says.
"""

import json
from collections.abc import Iterable
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from tests.columns import Shown, differences, rows
from tests.oracle import LEVELS, Oracle, instant, nothing, parsed

if TYPE_CHECKING:
    from stream.offline import Offline

T0 = 1_709_510_400_000
"""2024-03-04T00:00:00Z."""


def after(clock: str, *, since: int = T0) -> int:
    """Milliseconds since 1970 of a clock reading `[H:]MM:SS[.mmm]` after T0."""
    *hours, minutes, seconds = clock.split(":")
    return since + round((int(hours[0] if hours else 0) * 60 + int(minutes)) * 60_000 + float(seconds) * 1000)


class Log:
    """Lines under construction; ids are numbered in the order of writing. Fields given at the start are in every line.

    `of` is the same log with other such fields: another conversation, another tenant.
    """

    def __init__(self, **shared: Any) -> None:
        """Start an empty log, of conversation `c` unless told."""
        self.lines: list[bytes] = []
        self._shared = {"conversation": "c", **shared}
        self._numbers = count(1)

    def of(self, **shared: Any) -> "Log":
        """Return a pen for other fields on the same log."""
        other = Log(**self._shared | shared)
        other.lines, other._numbers = self.lines, self._numbers
        return other

    def add(self, kind: str, clock: str | int, /, **fields: Any) -> Self:
        """Write one event; a field given as None is left out. `clock` may be milliseconds since 1970."""
        at = after(clock) if isinstance(clock, str) else clock
        event = {"id": f"e{next(self._numbers):06}", "type": kind, "at": at, **self._shared, **fields}
        self.lines.append(json.dumps({k: v for k, v in event.items() if v is not None}).encode())
        return self

    def raw(self, line: bytes) -> Self:
        """Write a line as it is."""
        self.lines.append(line)
        return self

    def started(self, clock: str, **fields: Any) -> Self:
        """chat.started."""
        return self.add("chat.started", clock, **fields)

    def queued(self, clock: str, queue: str = "billing", **fields: Any) -> Self:
        """chat.queued."""
        return self.add("chat.queued", clock, queue=queue, **fields)

    def accepted(self, clock: str | int, **fields: Any) -> Self:
        """chat.accepted."""
        return self.add("chat.accepted", clock, **fields)

    def abandoned(self, clock: str | int, stage: str | None = "queue", **fields: Any) -> Self:
        """chat.abandoned."""
        return self.add("chat.abandoned", clock, stage=stage, **fields)

    def flowed_out(self, clock: str, **fields: Any) -> Self:
        """chat.flowed_out."""
        return self.add("chat.flowed_out", clock, **fields)

    def callback(self, clock: str, **fields: Any) -> Self:
        """chat.callback_requested."""
        return self.add("chat.callback_requested", clock, **fields)

    def transferred(self, clock: str, to_queue: str | None = None, **fields: Any) -> Self:
        """chat.transferred."""
        return self.add("chat.transferred", clock, to_queue=to_queue, **fields)

    def closed(self, clock: str, by: str | None = "human", **fields: Any) -> Self:
        """chat.closed."""
        return self.add("chat.closed", clock, by=by, **fields)

    def says(self, clock: str, actor: str, **fields: Any) -> Self:
        """chat.message."""
        return self.add("chat.message", clock, actor=actor, **fields)

    def customer(self, clock: str, **fields: Any) -> Self:
        """chat.message of the customer."""
        return self.says(clock, "customer", **fields)

    def human(self, clock: str, **fields: Any) -> Self:
        """chat.message of an agent."""
        return self.says(clock, "human", **fields)

    def created(self, clock: str | int, **fields: Any) -> Self:
        """ticket.created."""
        return self.add("ticket.created", clock, **fields)

    def commented(self, clock: str | int, actor: str, **fields: Any) -> Self:
        """ticket.commented."""
        return self.add("ticket.commented", clock, actor=actor, **fields)

    def assigned(self, clock: str, to_queue: str | None = None, **fields: Any) -> Self:
        """ticket.assigned."""
        return self.add("ticket.assigned", clock, to_queue=to_queue, **fields)

    def status(self, clock: str | int, status: str, **fields: Any) -> Self:
        """ticket.status_changed."""
        return self.add("ticket.status_changed", clock, status=status, **fields)

    def flagged(self, clock: str, flag: str = "spam", **fields: Any) -> Self:
        """chat.flagged."""
        return self.add("chat.flagged", clock, flag=flag, **fields)

    def sent(self, clock: str, survey: str = "s", kind: str = "csat", **fields: Any) -> Self:
        """survey.sent."""
        return self.add("survey.sent", clock, survey=survey, kind=kind, **fields)

    def responded(self, clock: str, score: float, survey: str = "s", **fields: Any) -> Self:
        """survey.responded."""
        return self.add("survey.responded", clock, **{"survey": survey, "kind": "csat", "score": score, **fields})

    def retracted(self, clock: str, survey: str = "s", **fields: Any) -> Self:
        """survey.retracted."""
        return self.add("survey.retracted", clock, survey=survey, **fields)


def offline(lines: Iterable[bytes], t: int, **definitions: Any) -> "Offline":
    """Return the product, fed with every record with `at` < `t` in the order given, and with none later.

    It counts every family, whether or not it is asked for by default, by these *definitions*.
    """
    from aggregators.definitions import FAMILIES, Definitions
    from stream.offline import Offline

    def known(line: bytes) -> bool:
        at = instant((parsed(line) or {}).get("at"))
        return at is None or at < t

    engine = Offline(None, definitions=Definitions(**{"families": FAMILIES, **definitions}))
    engine.feed(line for line in lines if known(line))
    return engine


def shown_by_product(lines: Iterable[bytes], t: int) -> dict[str, Shown]:
    """Rows of the product at `t`."""
    return rows(offline(lines, t).values(t))


def expects(log: Log, clock: str, *labels: str, **columns: int | Fraction | None) -> None:
    """Assert the given columns of one label set (the tenant `default` unless told) at a clock reading."""
    t = after(clock)
    of_this = labels or ("default",)

    right = Oracle(log.lines).at(t)

    row = right[LEVELS[len(of_this) - 1]].get(of_this, nothing(t))
    by_oracle = {column: row[column] for column in columns}
    assert by_oracle == columns, f"the oracle says {by_oracle}"
    wrong = differences(right, shown_by_product(log.lines, t), t)
    assert not wrong, f"right value, shown value: {wrong}"
