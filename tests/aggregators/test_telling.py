"""What conversations tell their customers and agents, and what those make of it, whatever happens on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.definitions import Definitions
from aggregators.engine import Engine, Incoming
from aggregators.facts import Fact, Key
from aggregators.forgetting import stand_in
from aggregators.hearing import Hearing
from aggregators.instants import DAY_MS, HOUR_MS
from aggregators.tables import Tables
from aggregators.telling import (
    AGENT,
    BY_CUSTOMER,
    CUSTOMER,
    Batch,
    Row,
    Said,
    To,
    changed,
    day_of,
    fact_of,
    joined,
    of_agent_event,
    of_session,
    visits_of,
)
from aggregators.told import AgentDay, Contact, Contained, Offer, Share, SolvedEpisode, Visit
from aggregators.vocabulary import CONTENT, RANKS, SHIFT_END, SHIFT_START, STATE, TOLD, VERSION, code_of
from tests.aggregators.observed import observed
from tests.aggregators.running import incoming
from tests.logs import T0, Log, after

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aggregators.facts import Facts

WHO = {stand_in("default", name): name for name in "uxyz"}
TELLING = Definitions(families=("volume", "work", "bots", "resolution", "customers", "people"))


def told(log: Log) -> dict[tuple[int, str], Any]:
    """Return what the conversation `c` tells, by whom it is told; a content of tuples, None where there is none.

    Customers are told under what stands for them, and their name behind the content: here they stand by name.
    """
    found = observed(log.lines, TELLING).told
    return {
        (to.which, WHO.get(to.subject, to.subject)): said.content[:3]
        if to.which == CUSTOMER and said.content
        else said.content
        for to, said in found.items()
    }


def test_a_customer_hears_of_contacts_and_solves() -> None:
    """Written at 0:10, answered, and solved by the close at 5:00: one contact, one episode with one owner."""
    log = Log(customer="u", topic="refund").started("00:00").queued("00:05").customer("00:10")
    log.accepted("00:20", agent="a-1").human("01:00").closed("05:00")

    contact = Contact(after("00:10"), "chat", "billing", "refund", 1)
    solved = SolvedEpisode(after("05:00"), "chat", "billing", "refund", 0, 1, False, False, 1, 1)  # noqa: FBT003 - a row
    assert told(log)[CUSTOMER, "u"] == ((contact,), (solved,), ())


TODAY = T0 // DAY_MS
TO_AGENT, TO_CUSTOMER = To(AGENT, "default", "a-1", "c:0:c"), To(CUSTOMER, "default", stand_in("default", "u"), "c:c")


def test_what_is_told_concerns_what_was_told_before() -> None:
    """An agent hears of every day that either telling concerns, a customer of the last; else nothing is told."""
    before = {TO_AGENT: Said(3, 10, ("x",)), TO_CUSTOMER: Said(3, 3, ("x",))}
    after_that = {TO_AGENT: Said(5, 8, ("y",)), TO_CUSTOMER: Said(5, 5, ("y",))}

    assert changed(before, after_that, again=False) == {
        TO_AGENT: Said(3, 10, ("y",)),
        TO_CUSTOMER: Said(5, 5, ("y",)),
    }
    assert changed(before, before, again=False) == {}
    assert changed(before, before, again=True) == before
    assert changed(before, {}, again=False) == {TO_AGENT: Said(3, 10, None), TO_CUSTOMER: Said(3, 3, None)}


def test_two_tellings_are_one() -> None:
    """Of both everybody, the content of the second, and the instants of both."""
    one, other = {TO_AGENT: Said(5, 20, ("x",)), TO_CUSTOMER: Said(1, 1, None)}, {TO_AGENT: Said(3, 10, ("y",))}

    assert joined(one, other) == {TO_AGENT: Said(3, 20, ("y",)), TO_CUSTOMER: Said(1, 1, None)}
    assert joined(other, one) == {TO_AGENT: Said(3, 20, ("x",)), TO_CUSTOMER: Said(1, 1, None)}


def test_what_is_told_has_the_instants_it_concerns() -> None:
    """A shift those it lasts, a session its day; on an agent's day it is as old as that day at most."""
    shift = {SHIFT_START: T0 + 30 * HOUR_MS, SHIFT_END: T0 + 38 * HOUR_MS}
    scheduled = Fact(T0, 0, "e", code_of("agent.scheduled"), shift)
    row = Row(*TO_AGENT, T0, T0 + 30 * HOUR_MS, ())

    ((_, said),) = of_agent_event(Key("default", "a-1", "agent:e"), [scheduled]).items()
    assert (said.since, said.until) == (T0 + 30 * HOUR_MS, T0 + 38 * HOUR_MS)
    assert of_session(Key("default", "s", f"selfservice:{TODAY}"), {"u": None}) == {
        To(CUSTOMER, "default", stand_in("default", "u"), f"s:{TODAY}:s"): Said(T0, T0, None)
    }
    assert [fact_of(row, 1, f"by-agent:{TODAY + day}").at for day in (0, 1)] == [T0 + DAY_MS, T0 + 30 * HOUR_MS]
    assert fact_of(row._replace(which=CUSTOMER), 1, BY_CUSTOMER).at == T0 + 30 * HOUR_MS


def test_what_is_known_of_a_customer_and_of_an_agents_day() -> None:
    """By conversation, of whichever days they were told; what is nothing is left out, wherever it stands."""
    contact, content = Contact(T0, "chat", "billing", "", 1), {VERSION: 1}
    shares = [Share("chat", "billing", T0 + start, T0 + start + 5, T0 + start + 5, lapsed=False) for start in (0, 7)]
    sign = (T0 + 5, code_of("agent.state_changed"), ((STATE, "available"),))
    nothing = Fact(T0, RANKS[TOLD], "c:0:a", TOLD, content | {CONTENT: None})

    visits = visits_of(
        [nothing, Fact(T0 + 1, RANKS[TOLD], "c:b", TOLD, content | {CONTENT: ((contact,), (), (), "u")})]
    )
    rows = [("c:0:d:e", (tuple(shares[0]),)), ("c:1:d:e", (tuple(shares[1]),)), ("e:s1", sign)]
    told_of = [Fact(T0 + 1, RANKS[TOLD], name, TOLD, content | {CONTENT: row}) for name, row in rows]
    day = day_of(Key("default", "a-1", f"by-agent:{TODAY}"), [nothing, *told_of])

    assert visits == {"b": Visit((contact,), (), ())}
    heard_of = Fact(T0 + 5, RANKS[sign[1]], "s1", sign[1], {STATE: "available"})
    assert day == AgentDay("default", "a-1", TODAY, [heard_of], {"d:e": tuple(shares)})
    assert fact_of(Row(*TO_CUSTOMER, T0, T0, None), 1, BY_CUSTOMER) == Fact(
        T0, RANKS[TOLD], "c:c", TOLD, {VERSION: 1, CONTENT: None}
    )


def written() -> Log:
    """A customer u writes in billing at 0:10."""
    return Log(customer="u").customer("00:10", queue="billing")


@pytest.mark.parametrize(
    ("log", "teams", "transferred"),
    [
        (written(), 0, False),
        (written().human("01:00", team="one"), 1, False),
        (written().human("01:00", team="one").assigned("02:00", to_team="two"), 2, True),
        (
            written().human("01:00", team="one").assigned("02:00", to_team="two").assigned("03:00", to_team="two"),
            2,
            True,
        ),
        (written().human("01:00", team="one").assigned("02:00", to_team="one"), 1, False),
        (written().assigned("02:00", to_team="one"), 1, False),
        (written().transferred("02:00", "sales"), 0, True),
        (written().transferred("02:00", "sales").transferred("03:00", "sales"), 0, True),
        (written().transferred("02:00", "sales").assigned("03:00", "sales"), 0, True),
        (written().transferred("02:00", "billing"), 0, False),
        (written().transferred("02:00", to_agent="a-2"), 0, False),
        (written().transferred("02:00", "sales", kind="reassignment"), 0, False),
        (written().assigned("02:00", "sales"), 0, True),
        (written().assigned("02:00", "billing"), 0, False),
        (Log(customer="u").customer("00:10").assigned("02:00", "sales"), 0, False),
        # Whose it was before the customer wrote had it too, as of a chat that is queued first.
        (Log(customer="u").human("00:05", team="zero").customer("00:10", team="one"), 2, False),
        (Log(customer="u").queued("00:05", team="zero").customer("00:10").assigned("01:00", to_team="two"), 3, True),
        # Where a team is known on both sides of a move, teams decide, and not queues.
        (written().human("01:00", team="one").transferred("02:00", "sales").human("03:00", team="one"), 1, False),
        (written().human("01:00", team="one").transferred("02:00", "sales").human("03:00", team="two"), 2, False),
        (written().human("01:00", team="one").transferred("02:00", "sales", team="one"), 1, False),
        (written().human("01:00", team="one").assigned("02:00", "sales", to_team="one"), 1, False),
        (written().assigned("02:00", "sales", to_team="one"), 1, True),
        (
            written()
            .human("01:00", team="one")
            .transferred("02:00", "sales")
            .transferred("02:30", "tech")
            .human("03:00", team="one"),
            1,
            True,
        ),
        (Log(customer="u").customer("00:10", team="two"), 2, False),
    ],
)
def test_how_many_teams_had_it_and_whether_it_was_passed_on(log: Log, teams: int, transferred: bool) -> None:  # noqa: FBT001 - a parameter
    """M45: until its solve, that included; what stood nowhere is not passed on."""
    log.human("04:00").closed("05:00", team="one" if teams else None).human("06:00", team="late")

    _, (solved,), _ = told(log)[CUSTOMER, "u"]

    assert (solved.teams, solved.transferred) == (teams, transferred)


def test_agents_hear_of_what_rang_at_them_on_each_day() -> None:
    """M21: kim is rung from 0:10 to 0:30 and misses it, lee from 0:40 until the answer at 1:00; a day later kim again.

    What was missed may matter for a day after it ended. Who is said to have missed what never rang is told of nothing.
    """
    log = Log().queued("0:00").add("chat.offered", "0:10", agent="kim").add("chat.offer_missed", "0:30", agent="kim")
    log.add("chat.offered", "0:40", agent="lee").accepted("1:00", agent="lee").closed("2:00")
    log.queued("24:00:00").add("chat.offered", "24:00:10", agent="kim").abandoned("24:00:30")
    log.add("chat.offer_missed", "24:01:00", agent="max")

    found = {
        (to.subject, to.id): said
        for to, said in observed(log.lines, Definitions(families=("work", "people", "offers"))).told.items()
        if to.id.startswith("o:")
    }

    def said(day: int, *offers: tuple[str, str, int]) -> Said:
        rows = tuple(Offer(after(start), after(end), how) for start, end, how in offers)
        since = T0 + day * DAY_MS
        return Said(since, max([since, *(row.end for row in rows)]) + DAY_MS, rows or None)

    assert found == {
        ("kim", f"o:{TODAY}:c"): said(0, ("0:10", "0:30", 1)),
        ("lee", f"o:{TODAY}:c"): said(0, ("0:40", "1:00", 0)),
        ("kim", f"o:{TODAY + 1}:c"): said(1, ("24:00:10", "24:00:30", 0)),
        ("max", f"o:{TODAY + 1}:c"): said(1),
    }


def test_what_there_is_nothing_of_is_nothing() -> None:
    """A customer who is named and has done nothing is told of nothing; what we began is told as ours (2)."""
    ours = Log(customer="u").started("00:00", initiated_by="agent").customer("00:10")

    assert told(Log(customer="u").started("00:00"))[CUSTOMER, "u"] is None
    assert told(ours)[CUSTOMER, "u"] == ((Contact(after("00:10"), "chat", "none", "", 2),), (), ())


def test_customers_are_told_by_the_day() -> None:
    """On the second day: of that day, whoever it is."""
    log = Log().customer("24:10:00", customer="x").customer("25:00:00", customer="y")

    said = observed(log.lines, TELLING).told

    day = T0 + DAY_MS
    assert {(WHO[to.subject], (each.since, each.until)) for to, each in said.items()} == {
        ("x", (day, day)),
        ("y", (day, day)),
    }


def agents_told(log: Log) -> dict[tuple[str, int], float]:
    """Return who is told of which day after T0, and until how many hours after T0 that reaches."""
    found = observed(log.lines, TELLING).told
    return {
        (to.subject, int(to.id.split(":")[1]) - T0 // DAY_MS): (said.until - T0) / HOUR_MS for to, said in found.items()
    }


def test_agents_are_told_of_the_day_they_accepted() -> None:
    """Each of its own, up to the full hour a day after the last that was heard; who is named later was it before."""
    two = Log().queued("0:00:00").accepted("0:10:00", agent="a-1").human("1:10:00")
    two.accepted("24:30:00", agent="a-2").human("25:10:00")
    unnamed = Log().queued("23:00:00").accepted("23:50:00").accepted("24:10:00", agent="a-1").human("24:30:00")
    silent = Log().accepted("0:10:00", agent="a-1").customer("24:10:00")

    assert agents_told(two) == {("a-1", 0): 50, ("a-2", 1): 50}
    assert agents_told(unnamed) == {("a-1", 0): 49, ("a-1", 1): 49}
    assert agents_told(silent) == {("a-1", 0): 25}
    assert agents_told(Log().accepted("0:10:00", agent="a-1")) == {("a-1", 0): 25}


def test_only_the_customer_reopens() -> None:
    """M45: an agent takes it up again after 10 min, for whatever reason: that is no reopening by the customer.

    closed 5:00 · reopened 15:00 · closed 20:00: one solve that holds, at 20:00
    """

    def reopened(by: str) -> bool:
        log = Log(customer="u").queued("00:05").customer("00:10").accepted("00:20", agent="a-1").human("01:00")
        log.closed("05:00").add("chat.reopened", "15:00", by=by).closed("20:00")
        _, (solved,), _ = told(log)[CUSTOMER, "u"]
        return bool(solved.reopened)

    assert (reopened("customer"), reopened("human"), reopened("system")) == (True, False, False)


def test_who_is_renamed_leaves_nothing_behind() -> None:
    """x, then y, then z: what there is belongs to z, and x and y are told that there is nothing."""
    log = Log().started("00:00", customer="x").customer("00:10").customer("01:00", customer="y")
    log.human("02:00", customer="z")

    found = told(log)

    assert found[CUSTOMER, "x"] is None
    assert found[CUSTOMER, "y"] is None
    assert found[CUSTOMER, "z"] == ((Contact(after("00:10"), "chat", "none", "", 1),), (), ())


def test_spam_tells_everybody_that_there_is_nothing() -> None:
    """Flagged, customers and agents lose it; the flag taken back, they have it again."""
    log = Log(customer="u").queued("00:00").customer("00:10").accepted("00:20", agent="a-1").closed("01:00")
    before = told(log)

    flagged = told(log.flagged("02:00"))
    taken_back = told(log.flagged("03:00", value=False))

    assert flagged == dict.fromkeys(before, None)
    assert taken_back == before
    assert before[AGENT, "a-1"] is not None


def test_a_contained_conversation_is_told_as_one() -> None:
    """The bot answers, nobody is asked for, and it is closed at 1:00."""
    log = Log(customer="u").started("00:00", bot=True).customer("00:10").says("00:20", "bot").closed("01:00", by="bot")

    assert told(log)[CUSTOMER, "u"][2] == (Contained(after("01:00"), "chat", "none"),)


def test_agents_hear_of_their_parts() -> None:
    """a-1 has it from 0:20 to the transfer at 2:00, a-2 from 2:30 to the close at 5:00 and wraps up until 5:40."""
    log = Log().queued("00:00").accepted("00:20", agent="a-1").transferred("02:00", to_agent="a-2")
    log.accepted("02:30", agent="a-2").closed("05:00").add("chat.wrapup_ended", "05:40", agent="a-2")

    found = told(log)

    first = Share("chat", "billing", after("00:20"), after("02:00"), after("02:00"), lapsed=False)
    second = Share("chat", "billing", after("02:30"), after("05:00"), after("05:40"), lapsed=False)
    assert found == {(AGENT, "a-1"): (first,), (AGENT, "a-2"): (second,)}


def test_a_part_that_nobody_ended_lapses_at_a_full_hour() -> None:
    """Last heard of at 0:50:00, silent for 24 h: at 1:00:00 of the next day, whatever minute that was."""
    log = Log().queued("00:00").accepted("00:20", agent="a-1").human("50:00")

    assert told(log)[AGENT, "a-1"] == (
        Share("chat", "billing", after("00:20"), T0 + 25 * HOUR_MS, T0 + 25 * HOUR_MS, lapsed=True),
    )
    assert told(log.human("59:00")) == told(log)


def test_without_the_families_nobody_is_told() -> None:
    """What is not asked for costs nothing."""
    log = Log(customer="u").queued("00:00").accepted("00:20", agent="a-1").closed("01:00")

    assert observed(log.lines, Definitions(families=("work", "resolution"))).told == {}


def test_an_event_of_an_agent_is_told_on_its_day_and_on_the_next() -> None:
    """A state of 23:00 reaches into the next day; a shift stands on the days it lasts."""
    log = Log(conversation=None, agent="a-1").add("agent.state_changed", "23:00:00", state="available")
    log.add("agent.scheduled", "0:00:00", shift_start=T0 + 30 * HOUR_MS, shift_end=T0 + 38 * HOUR_MS)
    tables = heard([log.lines])

    days = {key.kind: day_of(key, facts.values()) for key, facts in tables.facts.items()}

    today = T0 // DAY_MS
    assert {kind: [fact.at for fact in day.signs] for kind, day in days.items()} == {
        f"by-agent:{today}": [T0 + 23 * HOUR_MS],
        f"by-agent:{today + 1}": [T0, T0 + 23 * HOUR_MS],
    }


def test_a_share_stands_on_every_day_it_touches() -> None:
    """Accepted at 23:00, closed at 1:00 on the next day: both days know of it; the one after does not."""
    log = Log().queued("22:50:00").accepted("23:00:00", agent="a-1").closed("25:00:00")

    days = {key.kind: day_of(key, facts.values()).shares for key, facts in heard([log.lines]).facts.items()}

    share = Share("chat", "billing", after("23:00:00"), after("25:00:00"), after("25:00:00"), lapsed=False)
    today = T0 // DAY_MS
    assert days[f"by-agent:{today}"] == {"c": (share,)}
    assert days[f"by-agent:{today + 1}"] == {"c": (share,)}


def test_a_conversation_taken_up_again_after_weeks_is_told_for_that_day() -> None:
    """Accepted and closed each Monday for six weeks: on the day of the last one the agent has that part, and no other.

    Mondays are days 0, 7, 14, 21, 28, 35: the last lies more than 31 days after the first accept.
    """
    log = Log()
    for week in range(6):
        hour = week * 7 * 24
        log.queued(f"{hour}:00:00").accepted(f"{hour}:10:00", agent="a-1").closed(f"{hour + 1}:00:00")
    tables = heard([log.lines])

    key = Key("default", "a-1", f"by-agent:{T0 // DAY_MS + 35}")

    share = Share("chat", "billing", after("840:10:00"), after("841:00:00"), after("841:00:00"), lapsed=False)
    assert day_of(key, tables.facts[key].values()).shares == {"c": (share,)}


def test_a_day_that_was_told_hears_that_it_is_another() -> None:
    """A state of the fourth day, then the same event with an earlier instant, on the first day: that one counts."""
    log = Log(conversation=None, agent="a-1")
    log.add("agent.state_changed", "72:00:00", id="s", state="available")
    log.add("agent.state_changed", "1:00:00", id="s", state="available")

    at_once, one_by_one = heard([log.lines]), heard([[line] for line in log.lines])

    assert counted(one_by_one) == counted(at_once)


def test_a_part_that_lasts_longer_than_the_retention_is_kept_on_the_days_it_touches() -> None:
    """Three days of retention; a-1 accepted on the first day and writes every 6 h up to the sixth, takes another there.

    However the records are cut, both parts stand on the sixth day: what is told of a day is as old as that day.
    """
    log, brief = Log(), Definitions(families=TELLING.families, retention_ms=3 * DAY_MS)
    log.queued("0:00:00").accepted("0:10:00", agent="a-1")
    for hour in range(6, 126, 6):
        log.human(f"{hour}:00:00")
    other = log.of(conversation="d")
    other.queued("127:00:00").accepted("127:10:00", agent="a-1").human("128:00:00")
    key = Key("default", "a-1", f"by-agent:{T0 // DAY_MS + 5}")

    for chunks in ([log.lines], [[line] for line in log.lines]):
        assert sorted(day_of(key, heard(chunks, brief).facts[key].values()).shares) == ["c", "d"]


def counted(tables: Tables) -> dict[tuple[int, Any], int]:
    """Return how often each interval is counted, with its bucket."""
    return {
        (bucket, entry): number
        for bucket, entries in tables.intervals.items()
        for entry, number in entries.items()
        if number
    }


def heard(chunks: Iterable[Sequence[bytes]], definitions: Definitions = TELLING) -> Tables:
    """Return what is known where it is told, after chunks were counted one after the other."""
    source, tables = Source(definitions), Tables(offset=0)
    hearing = Hearing(definitions)
    for chunk in chunks:
        hear(hearing, tables, [source.take(incoming(chunk))])
    return tables


def hear(hearing: Hearing, tables: Tables, batches: Sequence[Batch]) -> None:
    """Count what was told."""
    records = [Incoming(0, batch) for batch in batches]
    delta = hearing.run(records, lambda key: dict(tables.facts.get(key, {})))
    tables.apply(delta, offset=(tables.offset or 0) + len(records))


class Source:
    """A partition of a source topic: its engine and its tables. `crash` loses what is not kept, `keep` commits."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.offset = 0
        self._tables = Tables(offset=0)
        self._engine = Engine(definitions)

    def take(self, records: Sequence[Incoming], *, again: bool = False, commits: bool = True) -> Batch:
        """Count the records from `offset` on; return what is told before the commit, if there is one."""
        delta = self._engine.run(records, self._lookup, again=again)
        version = self.offset + len(records)
        if commits:
            self._tables.apply(delta, offset=version)
            # The engine goes on with the very dicts: a crash would leave what it added in what is stored.
            self._tables.facts.update({key: dict(put.facts) for key, put in delta.facts.items()})
            self.offset = version
        else:
            self._engine = Engine(self.definitions, watermark=self._tables.watermark, labels=dict(self._tables.labels))
        return Batch(version, delta.watermark or 0, [Row(*to, *said) for to, said in delta.told.items()])

    def _lookup(self, key: Key) -> Facts | None:
        known = self._tables.facts.get(key)
        return None if known is None else dict(known)


NAMES = ["x", "y", "z"]
AGENTS = ["a-1", "a-2"]


@st.composite
def logs(draw: st.DrawFn) -> list[bytes]:
    """Draw up to three conversations, in which customers are renamed and agents pass chats on, in disorder.

    Some events come twice with other contents: the earlier one counts.
    """
    pen = Log()
    for _ in range(draw(st.integers(4, 14))):
        of = pen.of(
            conversation=draw(st.sampled_from(["c", "c", "c", "d"])), customer=draw(st.sampled_from([None, *NAMES]))
        )
        at = T0 + len(pen.lines) * HOUR_MS + draw(st.sampled_from([0, 0, 0, -2, -5])) * HOUR_MS
        kind = draw(st.sampled_from(["customer", "human", "accepted", "closed", "flagged", "flagged", "beat"]))
        again = draw(st.sampled_from([{}, {"id": "m"}]))
        if kind in ("customer", "human"):
            of.add("chat.message", at, actor=kind, **again)
        elif kind == "accepted":
            of.add("chat.accepted", at, agent=draw(st.sampled_from(AGENTS)), **again)
        elif kind == "closed":
            of.add("chat.closed", at, by="human")
        elif kind == "flagged":
            of.add("chat.flagged", at, flag="spam", value=draw(st.booleans()))
        else:
            pen.of(conversation=None, agent=draw(st.sampled_from(AGENTS))).add("agent.heartbeat", at, state="available")
    return pen.lines


def known(tables: Tables) -> dict[tuple[Key, str], Any]:
    """Return what is known of everybody who is told; versions apart, and what is nothing."""
    return {
        (key, fact.id): fact.fields[CONTENT]
        for key, facts in tables.facts.items()
        for fact in facts.values()
        if fact.fields[CONTENT] is not None and touches(key, fact.fields[CONTENT])
    }


def touches(key: Key, content: Any) -> bool:
    """Tell whether what a conversation told an agent concerns the day at all."""
    if key.kind == BY_CUSTOMER or type(content[0]) is int:
        return True
    day = day_of(key, []).day
    return any(share[2] < (day + 1) * DAY_MS and share[4] >= day * DAY_MS for share in content)


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(lines=logs(), data=st.data())
def test_crashes_between_telling_and_committing_change_nothing(lines: list[bytes], data: st.DataObject) -> None:
    """A worker tells, and dies before the commit; the next one cuts the log otherwise and tells everything again.

    So it does up to where the log ended when it began: nobody before can have told of more. In the end everybody knows
    what they know without a crash: no customer keeps a conversation that was renamed meanwhile.
    """
    records = incoming(lines)
    straight = heard([lines])
    source, tables, hearing = Source(TELLING), Tables(offset=0), Hearing(TELLING)
    until = 0
    while source.offset < len(records):
        upto = data.draw(st.integers(source.offset + 1, len(records)))
        crashes = data.draw(st.booleans()) and until < 5 * len(records)
        again = source.offset < min(until, len(records))
        batch = source.take(records[source.offset : upto], again=again, commits=not crashes)
        if crashes:
            until = max(len(records), until + len(records))
        hear(hearing, tables, [batch])

    assert known(tables) == known(straight)


@pytest.mark.parametrize("again", [True, False])
def test_what_came_and_went_within_a_crash_is_told_again(again: bool) -> None:  # noqa: FBT001 - a parameter
    """The flag is told, the worker dies, the next one reads the flag and its end in one: nothing has changed for it.

    Unless it tells everything again, the customer believes for ever that there is nothing.
    """
    log = Log(customer="u").customer("00:10").flagged("01:00").flagged("02:00", value=False)
    records = incoming(log.lines)
    source, tables, hearing = Source(TELLING), Tables(offset=0), Hearing(TELLING)

    hear(hearing, tables, [source.take(records[:1])])
    hear(hearing, tables, [source.take(records[1:2], commits=False)])
    hear(hearing, tables, [source.take(records[1:], again=again)])

    assert (known(tables) == known(heard([log.lines]))) is again


def test_a_name_that_was_replaced_within_a_crash_is_told_of_it() -> None:
    """The message of x is told, the worker dies; the next one reads it with the same one of y, whose instant counts.

    Of x there is no event any more when it tells.
    """
    log = Log().customer("00:10", customer="x", id="m").customer("00:05", customer="y", id="m")
    records = incoming(log.lines)
    source, tables, hearing = Source(TELLING), Tables(offset=0), Hearing(TELLING)

    hear(hearing, tables, [source.take(records[:1], commits=False)])
    assert {WHO[key.subject] for key, _ in known(tables)} == {"x"}
    hear(hearing, tables, [source.take(records, again=True)])

    assert {WHO[key.subject] for key, _ in known(tables)} == {"y"}
    assert known(tables) == known(heard([log.lines]))


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(lines=logs(), data=st.data())
def test_the_order_of_what_is_told_changes_nothing(lines: list[bytes], data: st.DataObject) -> None:
    """Rows of many versions, shuffled, some twice, in batches at will: the greatest version counts, nothing too."""
    source = Source(TELLING)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(lines)), max_size=4)) | {len(lines)})
    batches = []
    for first, last in zip([0, *cuts], cuts, strict=False):
        batches.append(source.take(incoming(lines[first:last])))
    straight, tables = Tables(offset=0), Tables(offset=0)
    hear(Hearing(TELLING), straight, batches)

    shuffled = data.draw(st.permutations([*batches, *batches[::2]]))
    hear(Hearing(TELLING), tables, shuffled)

    assert known(tables) == known(straight)


def test_a_worker_that_lost_its_partition_tells_too_late() -> None:
    """It waits for Kafka with what it read: x. Meanwhile the next one has read on, and told x that there is nothing."""
    log = Log().started("00:00", customer="x").customer("00:10").customer("01:00", customer="y")
    records = incoming(log.lines)
    source, tables, hearing = Source(TELLING), Tables(offset=0), Hearing(TELLING)
    delayed = source.take(records[:2], commits=False)

    hear(hearing, tables, [source.take(records, again=True)])
    hear(hearing, tables, [delayed])

    assert known(tables) == known(heard([log.lines]))


def test_a_customer_reads_visits_by_conversation() -> None:
    """Two conversations of one customer; a third is another's."""
    log = Log(customer="u").customer("00:10")
    log.of(conversation="d").customer("01:00")
    log.of(conversation="e", customer="w").customer("02:00")
    tables = heard([log.lines])

    visits = visits_of(tables.facts[Key("default", stand_in("default", "u"), BY_CUSTOMER)].values())

    assert visits == {
        "c": Visit((Contact(after("00:10"), "chat", "none", "", 1),), (), ()),
        "d": Visit((Contact(after("01:00"), "chat", "none", "", 1),), (), ()),
    }
