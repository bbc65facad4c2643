"""Which share of partitions a member takes: one for the topics that it reads, by whoever shared out."""

from __future__ import annotations

from typing import Any

from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment as Share
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata as Metadata

from stream.joining import MarkingAssignor

OLD = ["support.chat", "group.1.customers"]
NEW = ["support.chat", "group.2.customers"]


class Cluster:
    """Every topic has two partitions."""

    def partitions_for_topic(self, _: str) -> set[int]:
        """Return them."""
        return {0, 1}


def shared_out(*members: list[str]) -> list[Any]:
    """Return the shares, as they travel, that a leader makes for members which read so."""
    joined = {str(number): MarkingAssignor().metadata(topics) for number, topics in enumerate(members)}
    shares = MarkingAssignor().assign(Cluster(), {one: Metadata.decode(each.encode()) for one, each in joined.items()})
    return [Share.decode(shares[str(number)].encode()) for number in range(len(members))]


def test_a_share_for_what_is_read_is_taken() -> None:
    """In whatever order the topics are named; every partition is somebody's, and of one who reads it."""
    mine, other = shared_out(OLD, NEW)

    assert MarkingAssignor().accepts(mine, reversed(OLD))
    assert MarkingAssignor().accepts(other, NEW)
    assert sorted(mine.partitions() + other.partitions()) == [
        ("group.1.customers", 0), ("group.1.customers", 1), ("group.2.customers", 0), ("group.2.customers", 1),
        ("support.chat", 0), ("support.chat", 1),
    ]  # fmt: skip
    assert {topic for topic, _ in mine.partitions()} <= set(OLD)


def test_a_share_for_other_topics_is_refused_and_the_next_join_differs() -> None:
    """Also where all of it is read still: what is new may be nobody's. Kafka shares anew for metadata that differ."""
    (share,) = shared_out(["support.chat"])
    assignor = MarkingAssignor()
    first = assignor.metadata(NEW).encode()

    assert not assignor.accepts(share, NEW)
    second = assignor.metadata(NEW).encode()
    assert not assignor.accepts(share, NEW)

    assert len({first, second, assignor.metadata(NEW).encode()}) == 3
    assert Metadata.decode(second).subscription == NEW


def test_a_member_that_was_given_what_it_reads_joins_as_before() -> None:
    """Metadata that changed without need would make the group share anew each time."""
    assignor = MarkingAssignor()
    (share,) = shared_out(OLD)
    assignor.accepts(share, NEW)
    before = assignor.metadata(NEW).encode()

    assert assignor.accepts(shared_out(NEW)[0], NEW)
    assert assignor.metadata(NEW).encode() == before


def test_a_leader_that_marks_no_share_is_believed_once_it_was_asked() -> None:
    """While versions change one by one; but a share of what is not read is never taken."""
    fits, does_not = Share(0, [("support.chat", [0, 1])], b""), Share(0, [("group.1.customers", [0])], b"")
    assignor = MarkingAssignor()

    assert not assignor.accepts(fits, NEW)
    assert assignor.accepts(fits, NEW)
    assert not assignor.accepts(does_not, NEW)
