"""Joining the group: a share of partitions counts only if it was made for the topics that are read now.

Kafka gives a static member (`DESKPULSE_INSTANCE`) that comes back the share it had, and asks nobody (KIP-345). By
then it may read other topics: those of what is told by other definitions, or another list of sources. Nobody would read
the new ones, and the member what it does not know, until something else makes the group share anew.

So whoever shares out writes into each share the topics it was made for. Who is given one for others joins once more
with metadata that Kafka has not seen of it, and that is what makes a stable group share anew.
"""

# ruff: noqa: SLF001, ANN401 - as in transport: aiokafka asks no assignor whether a share is still good

from __future__ import annotations

from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment as Share
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata as Metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

log = structlog.get_logger(__name__)


class MarkingAssignor:
    """aiokafka's round robin, whose shares say which topics they were made for. Each consumer has one of its own."""

    name: Final = RoundRobinPartitionAssignor.name

    def __init__(self) -> None:
        """Join as every member does."""
        self._asked = b""

    def metadata(self, topics: Iterable[str]) -> Any:
        """Return what a member that reads *topics* joins with: something new after each share that was refused."""
        plain = RoundRobinPartitionAssignor.metadata(topics)
        return Metadata(plain.version, plain.subscription, self._asked)

    def assign(self, cluster: Any, members: Mapping[str, Any]) -> dict[str, Any]:
        """Share out among *members*, {id: metadata}."""
        shares = RoundRobinPartitionAssignor.assign(cluster, members)
        return {
            member: Share(share.version, share.assignment, _mark(members[member].subscription))
            for member, share in shares.items()
        }

    def on_assignment(self, assignment: Any) -> None:
        """Do nothing: what is not good was refused before."""

    def accepts(self, share: Any, topics: Iterable[str]) -> bool:
        """Tell whether *share* was made for *topics*; after a no the next join asks for another one.

        A share without a mark is of a leader that makes none: once one was asked for, it is believed if it fits.
        """
        reads = frozenset(topics)
        if share.user_data:
            is_good = bool(share.user_data == _mark(reads))
        else:
            is_good = self._asked != b"" and {topic for topic, _ in share.assignment} <= reads
        if not is_good:
            self._asked = token_bytes(8)
        return is_good


def join_by_marks() -> None:
    """Let every consumer of this process that has a MarkingAssignor look at its share before it takes it."""
    CoordinatorGroupRebalance.perform_group_join = _perform_group_join


def _mark(topics: Iterable[str]) -> bytes:
    return "\n".join(sorted(topics)).encode()


_joined = CoordinatorGroupRebalance.perform_group_join


async def _perform_group_join(self: Any) -> tuple[str, bytes] | None:
    """Join as aiokafka does; None, so that it joins again a moment later, if the share is not for what is read."""
    joined: tuple[str, bytes] | None = await _joined(self)
    if joined is None:
        return None
    protocol, share = joined
    assignor = self._coordinator._lookup_assignor(protocol)
    if isinstance(assignor, MarkingAssignor) and not assignor.accepts(Share.decode(share), self._subscription.topics):
        log.info("share_refused", group=self.group_id, why="it was made for other topics", asked="to share anew")
        self._coordinator.request_rejoin()
        return None
    return joined
