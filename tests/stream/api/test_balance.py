"""The identity over HTTP: whether the legs of each queue add up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aggregators.rolling import Group
from stream.api.balance import Identity
from tests.logs import after
from tests.stream.api.asking import ask
from tests.stream.api.shown import eight_legs, shown

if TYPE_CHECKING:
    from stream.snapshot import Snapshot

SHOWN = shown(eight_legs(), "10:00")


def asked(query: str, of: Snapshot = SHOWN) -> Any:
    """Return what is answered, which is what the contract says."""
    answer = ask(f"/api/v1/identity?{query}", snapshot=of, now=after("10:00"))
    Identity.model_validate(answer.json(), strict=True, extra="forbid")
    return answer.json()


def test_both_sides_stand_there() -> None:
    """KPIS M8. In the last five minutes one queued and one, who had waited from before, left; one waits at the end.

    c5        |-----------x              queued 3:00, abandoned at 5:00: waits at the start of [5:00, 10:00)
    c8                         |------   queued 6:00
              3     4     5    6    10
    """
    (five,) = asked("tenant=acme&queue=billing&window=5m")["queues"]
    (half_an_hour,) = asked("window=30m")["queues"]

    assert five == {
        "labels": {"tenant": "acme", "channel": "chat", "queue": "billing"},
        "window": "5m",
        "waiting_at_start": 1,
        "queued": 1,
        "answered": 0,
        "abandoned": 1,
        "short_abandoned": 0,
        "flowed_out": 0,
        "callback_requested": 0,
        "agent_closed": 0,
        "lost": 0,
        "waiting_at_end": 1,
        "off_by": 0,
        "holds": True,
    }
    ends = {key: half_an_hour[key] for key in ("waiting_at_start", "queued", "waiting_at_end", "holds")}
    assert ends == {"waiting_at_start": 0, "queued": 8, "waiting_at_end": 1, "holds": True}


def test_where_it_does_not_hold_it_says_by_how_many() -> None:
    """Two legs more were counted than the intervals know of."""
    billing = Group("queue", ("acme", "chat", "billing"))
    wrong = replace(SHOWN, grown={**SHOWN.grown, "5m": {billing: -2}})

    (found,) = asked("window=5m", wrong)["queues"]

    assert (found["waiting_at_start"], found["off_by"], found["holds"]) == (3, 2, False)


def test_where_it_cannot_be_told_it_is_not_claimed() -> None:
    """Panes are gone: neither held nor violated."""
    (found,) = asked("window=5m", replace(SHOWN, grown={}))["queues"]

    assert (found["waiting_at_start"], found["off_by"], found["holds"]) == (None, None, None)


def test_it_is_checked_for_the_short_windows() -> None:
    """All three unless told; intervals are not kept for longer ones."""
    refused = ask("/api/v1/identity?window=7d", snapshot=SHOWN, now=after("10:00")).json()

    assert {each["window"] for each in asked("")["queues"]} == {"5m", "30m", "1h"}
    assert (refused["status"], refused["parameter"]) == (422, "window")
    assert asked("limit=1")["more"] is True
