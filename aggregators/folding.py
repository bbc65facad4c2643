"""Folding: label sets over the caps count as `other`, chosen by (first instant, name), never by arrival.

So do names that are too long: one of 60,000 characters would be in hundreds of series.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregators.levels import part_of
from aggregators.rolling import NAMED, PARTS, Group, groups_of
from aggregators.samples import Labels

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER = "other"
MOST_CHARACTERS = 256
"""Of a name with series of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many names have series of their own: tenants in all, channels, queues and names of a level of each tenant."""

    tenants: int = 100
    channels: int = 50
    queues: int = 500
    parts: int = 200


@dataclass(frozen=True, slots=True)
class Folding:
    """The names that have series of their own, each beside its tenant; None: all do. Parts are "level=name"."""

    tenants: frozenset[str] | None = None
    channels: frozenset[tuple[str, str]] | None = None
    queues: frozenset[tuple[str, str]] | None = None
    parts: frozenset[tuple[str, str]] | None = None
    folded: int = 0

    def groups(self, labels: Labels) -> tuple[Group, ...]:
        """Return where *labels* count at each level."""
        return groups_of(self.fold(labels)) if self.folded else groups_of(labels)

    def fold(self, labels: Labels) -> Labels:
        """Return *labels* with every name over its cap replaced by `other`; where there is none, none."""
        tenant, channel, queue, part = labels
        return Labels(
            tenant if self.tenants is None or tenant in self.tenants else OTHER,
            channel if not channel or self.channels is None or (tenant, channel) in self.channels else OTHER,
            queue if not queue or self.queues is None or (tenant, queue) in self.queues else OTHER,
            part
            if not part or self.parts is None or (tenant, part) in self.parts
            else part_of(part.partition("=")[0], OTHER),
        )


def fold(first: Mapping[Labels, int], caps: Caps) -> Folding:
    """Return the folding of the label sets known, each with its first instant."""
    tenants: dict[tuple[str, str], int] = {}
    channels: dict[tuple[str, str], int] = {}
    queues: dict[tuple[str, str], int] = {}
    parts: dict[str, dict[tuple[str, str], int]] = {str(level): {} for level in (*PARTS, *NAMED)}
    for labels, at in first.items():
        for names, name in ((tenants, ("", labels[0])), (channels, labels[:2]), (queues, (labels[0], labels[2]))):
            if name[1] and at < names.get(name, at + 1):
                names[name] = at
        if labels[3]:
            level, _, named = labels[3].partition("=")
            first_of = parts[level]
            first_of[labels[0], named] = min(at, first_of.get((labels[0], named), at))
    kept_tenants, out_tenants = _first_of(tenants, caps.tenants)
    kept_channels, out_channels = _first_of(channels, caps.channels)
    kept_queues, out_queues = _first_of(queues, caps.queues)
    kept_parts: set[tuple[str, str]] = set()
    out_parts = 0
    for level, names in parts.items():
        kept, out = _first_of(names, caps.parts)
        kept_parts.update((tenant, part_of(level, name)) for tenant, name in (names if kept is None else kept))
        out_parts += out
    return Folding(
        None if kept_tenants is None else frozenset(name for _, name in kept_tenants),
        None if kept_channels is None else frozenset(kept_channels),
        None if kept_queues is None else frozenset(kept_queues),
        frozenset(kept_parts) if out_parts else None,
        out_tenants + out_channels + out_queues + out_parts,
    )


def _first_of(names: Mapping[tuple[str, str], int], cap: int) -> tuple[list[tuple[str, str]] | None, int]:
    """Return the first *cap* names of each owner, None if that is all of them, and how many are left out."""
    owned: dict[str, list[tuple[int, str]]] = {}
    for (owner, name), at in names.items():
        if len(name) <= MOST_CHARACTERS:
            owned.setdefault(owner, []).append((at, name))
    kept = [(owner, name) for owner, rows in owned.items() for _, name in sorted(rows)[:cap]]
    out = len(names) - len(kept)
    return (kept, out) if out else (None, 0)
