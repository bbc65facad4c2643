"""Source: what the web side reads from, handed to it once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stream.api.indexed import Indexes
from stream.api.pasts import Pasts
from stream.behind import read_behind
from stream.clock import now_ms
from stream.conversation import read_facts
from stream.named import read_names
from stream.past import read_past
from stream.restated import read_restated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream.behind import Asked, Behind
    from stream.conversation import Owned
    from stream.named import Customers, Names
    from stream.past import Past
    from stream.restated import Restatements
    from stream.settings import Settings
    from stream.snapshot import Snapshot


def _never(_: Callable[[], None]) -> None:
    """Call nobody: there is one snapshot."""


@dataclass(frozen=True, slots=True)
class Source:
    """`latest` gives the latest snapshot and may be called on any thread; `clock` is the wall clock, in epoch ms.

    What `listen` is given is called after each new snapshot, on a thread of its own choice; what stands in `at_end`
    when the server is to end. `read_past` reads all that is kept, `read_behind` who is behind a number,
    `read_facts` one conversation, `read_restated` what was counted anew, `read_names` what customers are called; they
    block, and raise NotNowError.
    """

    settings: Settings
    latest: Callable[[], Snapshot]
    clock: Callable[[], int] = now_ms
    listen: Callable[[Callable[[], None]], None] = _never
    indexes: Indexes = field(default_factory=Indexes)
    at_end: list[Callable[[], None]] = field(default_factory=list)
    read_past: Callable[[Settings], Past] = read_past
    read_behind: Callable[[Settings, Asked], Behind] = read_behind
    read_facts: Callable[[Settings, Sequence[str], str], Owned] = read_facts
    read_restated: Callable[[Settings], Restatements] = read_restated
    read_names: Callable[[Settings, Customers], Names] = read_names
    pasts: Pasts = field(init=False)

    def __post_init__(self) -> None:
        """Make what is shared by those who ask."""
        pasts = Pasts(lambda: self.read_past(self.settings))
        object.__setattr__(self, "pasts", pasts)
        self.listen(pasts.forget)
