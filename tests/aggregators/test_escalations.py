"""M28: conversations moved to a higher tier, or given a higher priority by a rule, are escalated, each once."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from aggregators.definitions import FAMILIES, Definitions, Tier
from tests.aggregators.observed import Row, observed, points
from tests.logs import Log

TIERS = (
    Tier("front", ("billing", "sales")),
    Tier("experts", ("second-line", "night crew")),
    Tier("supervisor", ("boss",)),
)
TIERED = Definitions(families=FAMILIES, tiers=TIERS)
WITHOUT = replace(TIERED, tiers=())


def escalated(log: Log, definitions: Definitions = TIERED) -> list[Row]:
    """Return the escalations, without whether an agent had it too."""
    return [(*row[:3], 0) for row in points(log, "escalated", definitions=definitions)]


def test_to_a_later_tier_is_an_escalation() -> None:
    """By a plain transfer, in the queue it left; where there are no tiers it is a transfer and no more."""
    log = Log().queued("00:00", "billing").accepted("00:10").transferred("01:00", "second-line")

    assert escalated(log) == [("escalated", "billing", 60, 0)]
    assert escalated(log, WITHOUT) == []


def test_each_conversation_once() -> None:
    """Billing, second line, boss: up twice, counted at the first; and down and up again is no second time."""
    log = Log().queued("00:00", "billing").transferred("01:00", "second-line").transferred("02:00", "boss")
    log.transferred("03:00", "sales").transferred("04:00", "boss")

    assert escalated(log) == [("escalated", "billing", 60, 0)]


@pytest.mark.parametrize("queues", [("billing", "sales"), ("second-line", "billing"), ("boss", "boss"), ("boss",)])
def test_along_or_down_is_none(queues: tuple[str, ...]) -> None:
    """Within a tier, to an earlier one, and beginning with the last resort: nobody has risen."""
    log = Log()
    for minute, queue in enumerate(queues):
        log.queued(f"{minute:02}:00", queue)

    assert escalated(log) == []


def test_a_queue_without_a_tier_changes_nothing() -> None:
    """From the front over a queue of no tier to the experts it has risen; from that queue alone it has not."""
    risen = Log().queued("00:00", "billing").queued("01:00", "parking").queued("02:00", "second-line")
    entered = Log().queued("00:00", "parking").queued("01:00", "second-line")

    assert escalated(risen) == [("escalated", "parking", 120, 0)]
    assert escalated(entered) == []


def test_a_team_has_a_tier_as_well() -> None:
    """A ticket that stays in its queue and is assigned to a team of the next tier; a tier's own name is one of it."""
    for team in ("night crew", "experts"):
        log = Log().created("00:00", queue="billing").add("ticket.assigned", "01:00", to_team=team)
        assert escalated(log) == [("escalated", "billing", 60, 0)]


def test_the_team_of_an_event_counts_where_it_is_not_moved() -> None:
    """The last that names it: front, then the boss in a comment."""
    log = Log().created("00:00", queue="billing", team="front")
    log.add("ticket.commented", "00:30", actor="human", team="boss")

    assert escalated(log) == [("escalated", "billing", 30, 0)]


def test_the_higher_of_queue_and_team() -> None:
    """Of a queue of the experts and a team of the front it is the experts': the same team later does not raise it."""
    log = Log().created("00:00", queue="second-line", team="front")
    log.add("ticket.assigned", "01:00", to_team="night crew").add("ticket.assigned", "02:00", to_queue="billing")
    assert escalated(log) == []

    assert escalated(log.add("ticket.assigned", "03:00", to_team="boss")) == [("escalated", "billing", 180, 0)]


def test_what_is_called_an_escalation_may_come_first_or_second() -> None:
    """Whichever is earlier counts, and one alone."""
    before = Log().queued("00:00", "billing").add("ticket.escalated", "00:30").transferred("01:00", "second-line")
    after = Log().queued("00:00", "billing").transferred("01:00", "second-line").add("ticket.escalated", "01:30")

    assert escalated(before) == [("escalated", "billing", 30, 0)]
    assert escalated(after) == [("escalated", "billing", 60, 0)]


@pytest.mark.parametrize(
    ("before", "priority", "actor", "raised"),
    [
        ("normal", "high", "system", True),
        ("low", "normal", "system", True),
        ("High", "URGENT", "system", True),
        ("normal", "medium", "system", False),
        ("high", "normal", "system", False),
        ("normal", "high", "human", False),
        ("normal", "high", None, False),
        (None, "urgent", "system", False),
        ("gold", "urgent", "system", False),
        ("normal", "gold", "system", False),
    ],
)
def test_a_priority_raised_by_a_rule(before: str | None, priority: str, actor: str | None, *, raised: bool) -> None:
    """The system raised it: not a human, not down, not to or from a name that is on no ladder, not a first one."""
    log = Log().created("00:00", queue="billing", priority=before)
    log.add("ticket.priority_changed", "01:00", priority=priority, actor=actor)

    for definitions in (TIERED, WITHOUT):
        assert escalated(log, definitions) == ([("escalated", "billing", 60, 0)] if raised else [])


def test_what_was_raised_by_hand_is_not_raised_by_the_rule_again() -> None:
    """A human made it urgent; the rule that says urgent afterwards raises nothing."""
    log = Log().created("00:00", queue="billing", priority="low")
    log.add("ticket.priority_changed", "01:00", priority="urgent", actor="human")
    log.add("ticket.priority_changed", "02:00", priority="urgent", actor="system")

    assert escalated(log) == []


def test_in_whatever_order_they_come() -> None:
    """Five events of a ticket, in every order: the same."""
    log = Log().created("00:00", queue="billing", priority="low").add("ticket.assigned", "01:00", to_queue="sales")
    log.add("ticket.priority_changed", "02:00", priority="high", actor="system")
    log.add("ticket.assigned", "03:00", to_team="boss").add("ticket.escalated", "04:00")
    expected = observed(log.lines, TIERED)

    assert escalated(log) == [("escalated", "sales", 120, 0)]
    assert all(observed(lines, TIERED) == expected for lines in permutations(log.lines))


def test_the_rest_of_the_work_does_not_see_it() -> None:
    """Who is merely assigned has said nothing in the chat: what is active lasts 24 h after the last that did."""
    log = Log().queued("00:00", "billing").accepted("00:10").add("ticket.assigned", "1:00:00", to_team="boss")
    silent = Log().queued("00:00", "billing").accepted("00:10")

    # A queue is named by neither, so all intervals are the same.
    assert observed(log.lines, TIERED).intervals == observed(silent.lines, TIERED).intervals
    assert escalated(log) == [("escalated", "billing", 3600, 0)]
