"""Offers: when a leg rings at an agent, by hand. Names of agents are short, and times are MM:SS."""

from __future__ import annotations

import json

from aggregators.definitions import Definitions
from aggregators.instants import HOUR_MS
from stream.offline import Offline
from tests import simulated
from tests.aggregators.observed import Span, observed, seconds, spans
from tests.logs import Log, after
from tests.simulated import T0 as MORNING

ENDING = (
    *("chat.offer_missed", "chat.accepted", "chat.abandoned", "chat.closed", "chat.flowed_out"),
    *("chat.callback_requested", "chat.queued", "chat.transferred"),
)
END = MORNING + 8 * HOUR_MS
"""Two hours after the centre opens."""
ASKED = Definitions(families=("offers",))
TOLD = Definitions(families=("people", "offers"))


def rings(log: Log) -> list[Span]:
    """Return when what rang, by queue and seconds."""
    return spans(log, "offered", definitions=ASKED)


def told(log: Log) -> dict[str, list[tuple[float, float, int]]]:
    """Return what each agent is told of: from and until which second it rang, and 1 if missed, 2 rejected, else 0."""
    return {
        to.subject: [(seconds(start), seconds(end), how) for start, end, how in said.content or ()]
        for to, said in observed(log.lines, TOLD).told.items()
    }


def offered(log: Log, clock: str, *, definitions: Definitions = ASKED) -> tuple[float | None, float | None]:
    """Return how many legs of billing wait and how many of them ring at a clock reading."""
    made = Offline(definitions=definitions)
    made.feed(log.lines)
    shown = {name: value for (name, _), value in made.values(after(clock)).items()}
    return shown.get("support_queue_waiting"), shown.get("support_queue_offered")


def test_what_rings_is_waiting_and_offered() -> None:
    """M1: in the queue all the time; offered from 5 to 15 s and from 16 s until it is answered after 30 s.

    waiting  00:00 ────────────────────────────────── 00:30
    offered        00:05 ──── 00:15  00:16 ────────── 00:30
    """
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offer_missed", "00:15", agent="a")
    log.add("chat.offered", "00:16", agent="b").accepted("00:30", agent="b")

    assert rings(log) == [("offered", "billing", 5, 15), ("offered", "billing", 16, 30)]
    assert [offered(log, f"00:{second}") for second in ("05", "06", "15", "16", "17", "30", "31")] == [
        (1, 0), (1, 1), (1, 1), (1, 0), (1, 1), (1, 1), (0, 0),
    ]  # fmt: skip


def test_it_is_there_only_where_it_is_asked_for() -> None:
    """Without the family nothing of it is counted, and the waiting are as many."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a")

    assert offered(log, "00:10") == (1, 1)
    assert offered(log, "00:10", definitions=Definitions()) == (1, None)
    assert spans(log, "offered", definitions=Definitions()) == []


def test_while_ringing_the_customer_may_leave() -> None:
    """M1, M5: it rings until then."""
    log = Log().queued("00:00").add("chat.offered", "00:15", agent="a").abandoned("00:30", stage="ringing")

    assert rings(log) == [("offered", "billing", 15, 30)]


def test_a_leg_that_rings_at_several_is_one() -> None:
    """At a from 5 s, at b from 8 s, both missed: it rings until the last of them misses it."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offered", "00:08", agent="b")
    log.add("chat.offer_missed", "00:15", agent="a").add("chat.offer_missed", "00:18", agent="b")

    assert rings(log) == [("offered", "billing", 5, 18)]
    assert offered(log, "00:10") == (1, 1)


def test_a_miss_that_names_nobody_is_of_all_that_rang_before() -> None:
    """Nor does it matter who missed what was offered to nobody in particular."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offer_missed", "00:15")
    log.add("chat.offered", "00:20").add("chat.offer_missed", "00:25", agent="b")

    assert rings(log) == [("offered", "billing", 5, 15), ("offered", "billing", 20, 25)]


def test_a_miss_of_somebody_else_ends_nothing() -> None:
    """It rings at a; b has missed something that nobody was told of."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offer_missed", "00:10", agent="b")

    assert offered(log, "00:20") == (1, 1)


def test_each_agent_is_told_of_its_own_offers() -> None:
    """M21: a missed one, b rejected one, and c has the one that was accepted."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offer_missed", "00:15", agent="a")
    log.add("chat.offered", "00:16", agent="b").add("chat.offer_missed", "00:20", agent="b", reason="rejected")
    log.add("chat.offered", "00:25", agent="c").accepted("00:30", agent="c")

    assert told(log) == {"a": [(5, 15, 1)], "b": [(16, 20, 2)], "c": [(25, 30, 0)]}


def test_who_missed_is_whoever_is_named_in_the_offer_or_in_the_miss() -> None:
    """M21: nobody is named in the first miss, nor in the second offer."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offer_missed", "00:15")
    log.add("chat.offered", "00:20").add("chat.offer_missed", "00:25", agent="b")

    assert told(log) == {"a": [(5, 15, 1)], "b": [(20, 25, 1)]}


def test_missed_at_the_instant_at_which_the_leg_ends_is_missed() -> None:
    """M21: it rang until then in either case; what is offered at that instant rings for no time."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offer_missed", "00:15", agent="a")
    log.add("chat.offered", "00:15", agent="b").abandoned("00:15", stage="ringing")

    assert told(log) == {"a": [(5, 15, 1)], "b": [(15, 15, 0)]}


def test_offered_again_while_it_rings_is_one_offer() -> None:
    """M21: it rings since the first of three, until it is missed."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offered", "00:08", agent="a")
    log.add("chat.offered", "00:12", agent="a").add("chat.offer_missed", "00:15", agent="a")

    assert told(log) == {"a": [(5, 15, 1)]}
    assert rings(log) == [("offered", "billing", 5, 15)]


def test_offered_and_missed_at_one_instant_is_over() -> None:
    """It rang before for nobody, so that the miss is of this very offer."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offer_missed", "00:05", agent="a")

    assert told(log) == {"a": [(5, 5, 1)]}
    assert offered(log, "00:20") == (1, 0)


def test_a_miss_that_names_an_agent_leaves_what_rings_at_nobody_in_particular() -> None:
    """At a from 5 s, at whoever is free from 8 s: when a misses it at 10 s it rings on."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offered", "00:08")
    log.add("chat.offer_missed", "00:10", agent="a")

    assert offered(log, "00:20") == (1, 1)


def test_missed_and_offered_again_at_one_instant_rings_on() -> None:
    """To the next agent, and to the same one: the offer of that instant is the new one."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offer_missed", "00:15")
    log.add("chat.offered", "00:15", agent="b").add("chat.offer_missed", "00:25", agent="b")
    log.add("chat.offered", "00:25", agent="b")
    log.accepted("00:40", agent="b")

    assert rings(log) == [("offered", "billing", 5, 40)]


def test_each_leg_has_its_own_offers() -> None:
    """What rang in billing is over when it flows out at 20 s; in sales nothing rings until 30 s.

    billing 00:00 ── offered 00:10 ─── 00:20
    sales                              00:20 ── offered 00:30 ── 00:45 accepted
    """
    log = Log().queued("00:00").add("chat.offered", "00:10", agent="a").queued("00:20", "sales")
    log.add("chat.offered", "00:30", agent="b").accepted("00:45", agent="b")

    assert rings(log) == [("offered", "billing", 10, 20), ("offered", "sales", 30, 45)]


def test_outside_a_queue_nothing_rings() -> None:
    """Before the leg, after it, and at the very instant of its end."""
    log = Log().add("chat.offered", "00:01", agent="a").queued("00:05").accepted("00:10", agent="b")
    log.add("chat.offered", "00:10", agent="c").add("chat.offered", "00:20", agent="d")

    assert rings(log) == []


def test_an_offer_that_comes_late_is_put_where_it_belongs() -> None:
    """In whatever order the events come it is the same."""
    log = Log().queued("00:00").add("chat.offered", "00:05", agent="a").add("chat.offer_missed", "00:15", agent="a")
    log.add("chat.offered", "00:16", agent="b").accepted("00:30", agent="b")
    straight = [offered(log, clock) for clock in ("00:10", "00:16", "00:20", "00:40")]
    log.lines.reverse()

    assert [offered(log, clock) for clock in ("00:10", "00:16", "00:20", "00:40")] == straight
    assert straight == [(1, 1), (1, 0), (1, 1), (0, 0)]


def test_at_every_20_seconds_of_a_simulated_morning_it_is_what_the_last_event_says() -> None:
    """A centre in which one event after the other is gone through: what was offered last and not ended yet rings."""
    lines = [line for line in simulated.centre(days=1, rate=200) if b'"chat.' in line.value and line.at < END]
    made = Offline(definitions=ASKED)
    ringing: set[str] = set()
    fed = most = 0
    for now in range(END - 2 * HOUR_MS, END, 20_000):
        before = fed
        while fed < len(lines) and lines[fed].at < now:
            event = json.loads(lines[fed].value)
            about = event["conversation"]
            if event["type"] == "chat.offered":
                ringing.add(about)
            elif event["type"] in ENDING:
                ringing.discard(about)
            fed += 1
        made.feed(line.value for line in lines[before:fed])
        shown = made.values(now)

        assert sum(value for (name, _), value in shown.items() if name == "support_tenant_offered") == len(ringing)
        most = max(most, len(ringing))

    assert most > 1
