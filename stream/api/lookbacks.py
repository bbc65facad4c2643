"""Looking back: who is behind the numbers of one place and window, as is known now, and as was known at an instant.

A board asks for several such numbers at once: what they are made of is read once, and kept for a moment.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from aggregators.drilling import gather
from aggregators.drilling.undoing import undone
from stream.api.conversations import behind_of, lasting_behind, seen_by
from stream.api.pasts import not_now
from stream.past import NotNowError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregators.delta import Restated
    from aggregators.drilling import Pool, Where
    from stream.api.access import Caller
    from stream.api.single import Number
    from stream.api.source import Source
    from stream.restated import Restatements
    from stream.snapshot import Snapshot

KEPT_S: Final = 5.0
"""So long what was read serves whoever asks next, while nothing is counted anew."""
TRIES: Final = 5


class Looked(NamedTuple):
    """What was found: all there is now, the same without what came `later`, and the log that tells that."""

    where: Where
    now: Pool
    then: Pool
    later: list[Restated]
    log: Restatements


class _Kept(NamedTuple):
    key: object
    looked: Looked
    when: float


class Lookbacks:
    """Looks back for callers, one after the other. May be called on any thread; it blocks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._kept: _Kept | None = None
        # Of those who ask for the same at once one reads, and the others have what it finds.
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Let go of what was read a while ago, unless somebody looks at it."""
        if self._lock.acquire(blocking=False):
            if self._kept is not None and time.monotonic() - self._kept.when > KEPT_S:
                self._kept = None
            self._lock.release()

    def of(self, snapshot: Snapshot, number: Number, as_of: int, caller: Caller) -> Looked:
        """Return what is behind *number* at *as_of*, as far as *caller* sees it; Wrong where that cannot be read."""
        lasting = lasting_behind(number.metric, number.extra)
        key = (snapshot.generation, number.group, number.window, as_of, lasting, caller.tenants)
        with self._lock:
            kept, log = self._kept, log_of(self._source)
            # Names that are folded count elsewhere from one snapshot to the next.
            is_still_so = kept is not None and kept.key == key and kept.looked.log == log and not snapshot.folded
            if kept is not None and is_still_so and time.monotonic() - kept.when <= KEPT_S:
                return kept.looked
            looked = self._look(snapshot, number, as_of, caller, log)
            self._kept = _Kept(key, looked, time.monotonic())
            return looked

    def _look(self, snapshot: Snapshot, number: Number, as_of: int, caller: Caller, log: Restatements) -> Looked:
        for _ in range(TRIES):
            before, behind, log = log, behind_of(self._source, snapshot, number, as_of), log_of(self._source)
            # What is counted anew between the two would be in one of them only.
            if before == log:
                break
        else:
            raise not_now(NotNowError("what is counted anew changes under the reader"))
        index, later = seen_by(caller, behind.index), [row for row in seen(log.rows, caller) if row.watermark > as_of]
        now, then = (gather(each, behind.where) for each in (index, undone(index, later)))
        return Looked(behind.where, now, then, later, log)


def log_of(source: Source) -> Restatements:
    """Return what was counted anew; Wrong (503) where it cannot be read."""
    try:
        return source.read_restated(source.settings)
    except NotNowError as error:
        raise not_now(error) from error


def seen(rows: Iterable[Restated], caller: Caller) -> list[Restated]:
    """Return those of tenants that *caller* sees."""
    return [row for row in rows if caller.sees(row.tenant)]
