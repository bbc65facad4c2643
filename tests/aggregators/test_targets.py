"""Targets that change at an instant: what started before keeps those it started with (M47, M10x, M10o).

Logs begin on 2024-03-04 at 0:00 UTC. From 2:00 on an e-mail has 1 h instead of 4 h to the first response, 30 min
instead of 3 h to a reply, 10 h instead of 48 h to its resolution; in billing it has 15 min, 10 min and 5 h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aggregators.targets import Targets
from stream.definitions_file import definitions_from
from stream.offline import Offline
from tests.aggregators.observed import points, spans
from tests.logs import Log, after

if TYPE_CHECKING:
    from aggregators.definitions import Definitions

CHANGED = definitions_from(
    """
    families = ["sla"]

    [[targets.first_response]]
    [[targets.first_response]]
    from = 2024-03-04T03:00:00+01:00
    channels = { email = "1h" }
    queues = { billing = "15m" }

    [[targets.reply]]
    channels = { email = "3h" }
    [[targets.reply]]
    from = 2024-03-04T02:00:00Z
    channels = { email = "30m" }
    queues = { billing = "10m" }

    [[targets.resolution]]
    [[targets.resolution]]
    from = 2024-03-04T02:00:00Z
    other = "10h"
    queues = { billing = "5h" }
    """
)
HOUR_S = 3_600


def created(clock: str, *, queue: str = "sales") -> Log:
    """A ticket that its customer creates."""
    return Log(channel="email", queue=queue).created(clock)


def breached(log: Log, which: int, definitions: Definitions = CHANGED) -> list[float]:
    """Return when clocks (1 first reply, 2 next reply, 3 resolution) were breached, in hours."""
    return [row[2] / HOUR_S for row in points(log, "sla_breached", definitions=definitions) if row[3] == which]


def test_a_clock_keeps_the_target_that_was_in_force_when_it_started() -> None:
    """M47: begun at 1:59:59 it has 4 h and 48 h, whatever came into force at 2:00; begun at 2:00 1 h and 10 h."""
    before, after_it = created("1:59:59"), created("2:00:00")

    assert breached(before, 1) == [6 - 1 / HOUR_S]
    assert breached(before, 3) == [50 - 1 / HOUR_S]
    assert breached(after_it, 1) == [3]
    assert breached(after_it, 3) == [12]
    # At risk with a fifth left: of 4 h from 3 h 12 min on, of 1 h from 48 min on.
    assert spans(before, "first_reply_at_risk", definitions=CHANGED)[0][2] == 2 * HOUR_S - 1 + 3.2 * HOUR_S
    assert spans(after_it, "first_reply_at_risk", definitions=CHANGED)[0][2] == 2.8 * HOUR_S


def test_the_next_reply_has_the_target_of_its_own_start() -> None:
    """M47: of one conversation a message at 1:00 has 3 h, one at 5:00 half an hour."""
    log = created("0:00:00").commented("0:30:00", "human").commented("1:00:00", "customer")
    log.commented("4:30:00", "human").commented("5:00:00", "customer")

    assert breached(log, 2) == [4, 5.5]


def test_a_queue_has_versions_too() -> None:
    """M47: billing has no target of its own before 2:00, and 15 min, 10 min and 5 h from then on."""
    early, late = created("0:00:00", queue="billing"), created("3:00:00", queue="billing")
    late.commented("3:05:00", "human").commented("4:00:00", "customer")

    assert (breached(early, 1), breached(early, 3)) == ([4], [48])
    assert breached(created("3:00:00", queue="billing"), 1) == [3.25]
    assert breached(late, 2) == [4 + 1 / 6]
    assert breached(late, 3) == [8]


def test_a_version_says_everything() -> None:
    """What the later one leaves out is as by default: 4 h for an e-mail again, not the 1 h of the version above."""
    twice = definitions_from(
        'families = ["sla"]\n[[targets.first_response]]\nchannels = { email = "1h" }\n'
        '[[targets.first_response]]\nfrom = 2024-03-04T02:00:00Z\nchannels = { chat = "30s" }\n'
        '[[targets.first_response]]\nfrom = 2024-03-04T08:00:00Z\nchannels = { email = "2h" }\n'
    )

    found = [breached(created(clock), 1, twice) for clock in ("1:00:00", "2:00:00", "8:00:00")]

    assert found == [[2], [6], [10]]


def test_before_the_first_version_with_a_beginning_the_defaults_hold() -> None:
    """4 h for an e-mail until 2:00; a date is its midnight in UTC."""
    late = definitions_from(
        'families = ["sla"]\n[targets.first_response]\nfrom = 2024-03-05\nchannels = { email = "1h" }\n'
    )

    assert breached(created("23:59:59"), 1, late) == [28 - 1 / HOUR_S]
    assert breached(created("24:00:00"), 1, late) == [25]


@pytest.mark.parametrize(
    ("asked", "answered", "share"),
    [
        ("1:59:59", "5:59:59", 1),
        ("1:59:59", "6:00:00", 0),
        ("2:00:00", "3:00:00", 1),
        ("2:00:00", "3:00:01", 0),
    ],
)
def test_a_first_response_is_in_time_by_the_target_of_its_start(asked: str, answered: str, share: int) -> None:
    """M10x: 4 h for what was asked before 2:00, also if it is answered after; 1 h for what was asked from then on."""
    log = created(asked).commented(answered, "human")

    assert shown(log, "6:00:10")["rolling_first_response_attainment_ratio"] == share


def test_open_past_the_target_of_its_start() -> None:
    """M10o: asked at 1:00 it is late after 5:00, asked at 2:00 after 3:00."""
    early, late = created("1:00:00"), created("2:00:00")
    name = "first_response_open_past_target"

    assert [shown(early, clock)[name] for clock in ("5:00:00", "5:00:01")] == [0, 1]
    assert [shown(late, clock)[name] for clock in ("3:00:00", "3:00:01")] == [0, 1]


def test_the_longest_is_that_of_a_channel_a_queue_or_all_others() -> None:
    """Wherever it is said."""
    assert Targets(0, {"email": 3, "chat": 1}, 2, {"billing": 1}).longest == 3
    assert Targets(0, {"email": 1}, 2, {"billing": 4, "sales": 1}).longest == 4
    assert Targets(0, {"email": 1}, 2, {}).longest == 2


def test_in_whatever_order_targets_are_said_they_are_the_same() -> None:
    """A file that is only put in another order counts nothing anew; nor does one that says what holds anyway."""
    here = Targets(5, {"email": 3, "chat": 1}, 2, {"billing": 4, "sales": 1})
    there = Targets(5, {"chat": 1, "web": 2, "email": 3}, 2, {"sales": 1, "billing": 4})

    assert here.content == there.content == [5, [("chat", 1), ("email", 3)], 2, [("billing", 4), ("sales", 1)]]


def shown(log: Log, clock: str) -> dict[str, float]:
    """Return what is shown of the tenant, over the last week."""
    offline = Offline(definitions=CHANGED)
    offline.feed(log.lines)
    values = offline.values(after(clock))
    return {
        name.removeprefix("support_tenant_"): value
        for (name, pairs), value in values.items()
        if name.startswith("support_tenant_") and dict(pairs).get("window", "7d") == "7d"
    }
