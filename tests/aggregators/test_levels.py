"""Levels that the definitions ask for: by team, priority, language and agent, beside queue, channel and tenant."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.board import Board
from aggregators.definitions import FAMILIES, LEVELS, Definitions
from aggregators.folding import Caps
from aggregators.rolling import PARTS
from aggregators.samples import (
    CSAT,
    FIRST_RESPONSE,
    LEG,
    QUEUED,
    REPLY,
    RESPONSE_OPEN,
    SURVEY_SENT,
    WAITED,
    Labels,
)
from aggregators.windows import UTC
from stream.errors import UsageError
from stream.offline import Offline, show
from stream.printing import refuse_metric_not_asked_for
from tests.aggregators.observed import observed
from tests.aggregators.running import Counted
from tests.logs import T0, Log, after

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

NAMED = ("team=red", "priority=high", "language=de")
WITHOUT = Definitions(families=FAMILIES)
EVERYWHERE = replace(WITHOUT, levels=LEVELS)


def shown(
    lines: Iterable[bytes], clock: str, level: str, name: str, *, definitions: Definitions = EVERYWHERE
) -> dict[str, float]:
    """Return what is shown of one name of a level at a clock reading, by the name of the metric without its level."""
    offline = Offline(definitions=definitions)
    offline.feed(lines)
    found: dict[str, float] = {}
    for (metric, pairs), value in offline.values(after(clock)).items():
        labels = dict(pairs)
        if metric.startswith(f"support_{level}_") and labels.pop(level) == name and labels.pop("window", "5m") == "5m":
            suffix = metric.removeprefix(f"support_{level}_").removeprefix("rolling_")
            found[":".join([suffix, *[each for name, each in labels.items() if name != "tenant"]])] = value
    return found


def names(lines: Iterable[bytes], clock: str, level: str) -> set[str]:
    """Return the names that stand at a level at a clock reading."""
    offline = Offline(definitions=EVERYWHERE)
    offline.feed(lines)
    return {
        dict(pairs)[level] for metric, pairs in offline.values(after(clock)) if metric.startswith(f"support_{level}_")
    }


def handed_on() -> Log:
    """Return a chat that a-1 accepts and answers, passes on to a-2, who never says a word and closes it.

    00:00 queued, billing      00:10 customer writes      00:30 a-1 accepts      00:40 a-1 replies (first response)
    01:00 to sales and a-2     01:30 a-2 accepts          02:00 closed           02:10 survey, answered 5 at 03:00
    """
    log = Log().queued("00:00", "billing", team="one").says("00:10", "customer")
    log.accepted("00:30", agent="a-1").says("00:40", "human", agent="a-1")
    log.transferred("01:00", "sales", agent="a-1", to_agent="a-2").queued("01:00", "sales", team="two")
    log.accepted("01:30", agent="a-2").closed("02:00", by="human", agent="a-2")
    return log.sent("02:10").responded("03:00", 5)


def copies(log: Log, level: str, definitions: Definitions) -> list[tuple[str, int, float]]:
    """Return the name, the kind and the second of what stands at a level: of a sample when, of an interval since."""
    seen = observed(log.lines, definitions)
    rows = [(each[2].part, each[0], each[1]) for each in Counter(seen.samples).elements()]
    rows += [(each[1].part, each[0], each[2]) for each in Counter(seen.intervals).elements()]
    return sorted((part.partition("=")[2], kind, (at - T0) / 1000) for part, kind, at in rows if part.startswith(level))


# ----------------------------------------------------------------------------------------------------- by agent


def test_each_is_credited_with_what_it_did_and_no_more() -> None:
    """Of the passed-on chat: a-1 answered a leg and replied, and its survey; a-2 answered the other leg."""
    found = copies(handed_on(), "agent", replace(EVERYWHERE, families=("volume",)))

    assert found == [
        ("a-1", LEG, 30),
        ("a-1", FIRST_RESPONSE, 40),
        ("a-1", REPLY, 40),
        ("a-1", SURVEY_SENT, 130),
        ("a-1", CSAT, 180),
        ("a-2", LEG, 90),
    ]


def test_who_is_rated_by_assignee() -> None:
    """M60's other form: a-2 had it when the survey went out, a-3 when it was answered; a-4 only replied."""
    log = handed_on().assigned("02:30", agent="a-3").human("02:40", agent="a-4")
    by_assignee = replace(EVERYWHERE, families=("volume",), rated="assigned")

    found = [row for row in copies(log, "agent", by_assignee) if row[1] in (SURVEY_SENT, CSAT)]

    assert found == [("a-2", SURVEY_SENT, 130), ("a-3", CSAT, 180)]


def test_two_legs_answered_at_one_instant_are_of_two() -> None:
    """Of two accepts each answered one, of one the first only; who is not named answered none."""
    two = Log().queued("00:00", "billing").queued("01:00", "sales")
    two.add("chat.accepted", "01:00", id="x1", agent="a-1").add("chat.accepted", "01:00", id="x2", agent="a-2")
    unnamed = Log().queued("00:00").customer("00:00").accepted("00:10").human("00:20")

    assert copies(two, "agent", replace(EVERYWHERE, families=())) == [("a-1", LEG, 60), ("a-2", LEG, 60)]
    assert copies(unnamed, "agent", replace(EVERYWHERE, families=())) == []


def test_two_surveys_of_one_instant_are_two() -> None:
    """What is counted twice is credited twice; a survey before anybody replied is nobody's."""
    volume = replace(EVERYWHERE, families=("volume",))
    early = Log().sent("00:10").responded("00:20", 5)
    log = Log().says("00:00", "human", agent="a-1").sent("01:00", survey="s").sent("01:00", survey="t")

    assert copies(early, "agent", volume) == []
    assert copies(log, "agent", volume) == [("a-1", SURVEY_SENT, 60), ("a-1", SURVEY_SENT, 60)]


def test_a_team_has_all_of_it_but_surveys_of_another() -> None:
    """The team named last, two, has both legs and what was waited for; the survey too, for it went out when two had it.

    With one naming itself after the survey was sent, all is of one but the survey and its answer.
    """
    volume = replace(EVERYWHERE, families=("volume",))
    of_all = [(QUEUED, 0.0), (WAITED, 0.0), (LEG, 30.0), (FIRST_RESPONSE, 40.0), (REPLY, 40.0), (LEG, 90.0)]
    surveys = [("two", SURVEY_SENT, 130), ("two", CSAT, 180)]
    told = handed_on()

    two = copies(told, "team", volume)
    after_all = copies(told.add("chat.message", "02:20", actor="system", team="one"), "team", volume)

    assert {("two", *row) for row in of_all} | set(surveys) <= set(two)
    assert {name for name, *_ in two} == {"two"}
    assert {("one", *row) for row in of_all} <= set(after_all)
    assert [row for row in after_all if row[0] == "two"] == surveys


def test_what_lasts_and_what_counts_stand_at_every_level() -> None:
    """An open first response stands at the team, the priority and the language, in its queue; no health."""
    log = Log().customer("00:00", queue="billing", team="red", priority="high", language="de").says("00:10", "robot")
    health = replace(EVERYWHERE, families=("health",))

    for level, name in (("team", "red"), ("priority", "high"), ("language", "de")):
        assert copies(log, level, health) == [(name, RESPONSE_OPEN, 0)]
        assert copies(log, level, replace(health, levels=(level,))) == [(name, RESPONSE_OPEN, 0)]
    assert copies(log, "team", WITHOUT) == []
    parts = {each.labels for each in observed(log.lines, health).intervals}
    assert parts == {Labels("default", "chat", "billing", part) for part in ("", *NAMED)}


def test_a_first_response_is_credited_to_who_replied_not_to_the_last_assignee() -> None:
    """M10, transfer, several assignees: a-1 replied after 30 s; a-2 had it last and replied to nobody."""
    one, two = (shown(handed_on().lines, "04:00", "agent", agent) for agent in ("a-1", "a-2"))

    assert (one["first_responses"], one["first_response_mean_seconds"]) == (1, 30)
    assert (one["replies"], one["reply_mean_seconds"]) == (1, 30)
    assert (two["first_responses"], two["replies"]) == (0, 0)
    assert "first_response_mean_seconds" not in two


def test_a_rating_after_reassignment_is_of_who_replied_last() -> None:
    """M60: frozen at survey send. a-2 had the chat when the survey went out; the last human word was a-1's."""
    one, two = (shown(handed_on().lines, "04:00", "agent", agent) for agent in ("a-1", "a-2"))

    assert (one["surveys_sent"], one["survey_response_ratio"]) == (1, 1)
    assert (one["csat_responses"], one["csat_mean_ratio"], one["csat_satisfied_ratio"]) == (1, 1, 1)
    assert (two["surveys_sent"], two["csat_responses"]) == (0, 0)


def test_a_rating_by_the_assignee_is_of_who_had_it_when_it_was_answered() -> None:
    """M60's other form: a-2 accepted it last, a-3 is assigned before the answer; who replied has nothing of it."""
    log = handed_on().assigned("02:30", agent="a-3")
    by_assignee = replace(EVERYWHERE, rated="assigned")

    one, two, three = (
        shown(log.lines, "04:00", "agent", name, definitions=by_assignee) for name in ("a-1", "a-2", "a-3")
    )

    assert [each["csat_responses"] for each in (one, three)] == [0, 1]
    assert (two["surveys_sent"], two["csat_responses"]) == (1, 0)


def test_a_rating_of_what_nobody_is_assigned_to_at_close() -> None:
    """M60: unassigned at close. Nobody accepted it and nobody is named but in the reply: the rating is not orphaned."""
    log = Log().says("00:00", "customer").says("00:30", "human", agent="a-1").closed("01:00", by="system")
    log.sent("01:10").responded("02:00", 1)

    assert shown(log.lines, "03:00", "agent", "a-1")["csat_mean_ratio"] == 0


def test_a_reply_after_the_survey_changes_nothing_of_it() -> None:
    """M60: frozen at survey send, whenever the answer comes and whoever wrote in between."""
    log = Log().says("00:00", "human", agent="a-1").sent("01:00").says("01:30", "human", agent="a-2")
    log.responded("02:00", 5)

    assert shown(log.lines, "03:00", "agent", "a-1")["csat_responses"] == 1
    assert names(log.lines, "03:00", "agent") == {"a-1"}


def test_a_survey_that_nobody_sent_is_rated_by_the_answer() -> None:
    """Without a survey.sent it is who replied last before the answer; effort and recommendation alike."""
    for kind, score in (("csat", 5), ("ces", 7), ("nps", 10)):
        log = Log().says("00:00", "human", agent="a-1").says("01:30", "human", agent="a-2")
        log.responded("02:00", score, kind=kind)

        assert shown(log.lines, "03:00", "agent", "a-2")[f"{kind}_responses"] == 1
        assert names(log.lines, "03:00", "agent") == {"a-2"}


@pytest.mark.parametrize("fields", [{"public": False}, {"auto": True}])
def test_notes_and_autoresponders_are_no_last_word(fields: dict[str, bool]) -> None:
    """M60: the last human reply, as everywhere: in public and not by itself."""
    log = Log().says("00:00", "human", agent="a-1").says("00:30", "human", agent="a-2", **fields)
    log.sent("01:00").responded("02:00", 5)

    assert shown(log.lines, "03:00", "agent", "a-1")["csat_responses"] == 1


def test_a_changed_rating_and_a_retracted_one() -> None:
    """M60: the last answer replaces the one before at the agent too; withdrawn, the agent has none."""
    log = handed_on().responded("03:30", 1)
    assert shown(log.lines, "04:00", "agent", "a-1")["csat_mean_ratio"] == 0

    log.retracted("03:40")
    assert shown(log.lines, "04:00", "agent", "a-1")["csat_responses"] == 0


def test_nobody_is_credited_where_nobody_is_named() -> None:
    """A reply without an agent, and a rating after it: in the queue, and of no agent, whoever wrote before."""
    log = Log().says("00:00", "human", agent="a-1").says("00:10", "customer").says("00:30", "human")
    log.sent("01:00").responded("02:00", 5)

    found = shown(log.lines, "03:00", "agent", "a-1")
    assert found.get("replies", 0) == found.get("csat_responses", 0) == 0


def test_each_agent_has_its_own_part() -> None:
    """M26, several agents: a-1 from 00:30 to 01:00, a-2 from 01:30 to 02:00, 30 s each. M3: both after 30 s."""
    for agent in ("a-1", "a-2"):
        found = shown(handed_on().lines, "04:00", "agent", agent)
        assert (found["handled"], found["handle_mean_seconds"]) == (1, 30)
        assert (found["answered"], found["wait_mean_seconds"]) == (1, 30)


def test_transfers_are_of_who_passes_on_and_who_gets() -> None:
    """M27: out of a-1, in to a-2. Where the transfer names nobody it is out of who has it."""
    one, two = (shown(handed_on().lines, "04:00", "agent", agent) for agent in ("a-1", "a-2"))
    assert (one["transfers_out"], one["transfers_in"], one["transfer_ratio"]) == (1, 0, 1)
    assert (two["transfers_out"], two["transfers_in"], two["transfer_ratio"]) == (0, 1, 0)

    log = Log().queued("00:00").accepted("00:10", agent="a-3").transferred("01:00", "sales")
    assert shown(log.lines, "02:00", "agent", "a-3")["transfers_out"] == 1


def test_a_missed_offer_is_of_whom_it_was_made_to() -> None:
    """M9: per agent; one leg may have several."""
    log = Log().queued("00:00").add("chat.offer_missed", "00:20", agent="a-1")
    log.add("chat.offer_missed", "00:40", agent="a-2").add("chat.offer_missed", "01:00", agent="a-1")

    found = {agent: shown(log.lines, "02:00", "agent", agent)["offers_missed"] for agent in ("a-1", "a-2")}
    assert found == {"a-1": 2, "a-2": 1}


def test_what_an_agent_has_now() -> None:
    """M20: active, then on hold; of who was named after the accept too; lapsed 24 h after the last sign."""
    log = Log().queued("00:00").accepted("00:10").accepted("00:20", agent="a-1").add("chat.held", "02:00")

    at_one, at_three = (shown(log.lines, clock, "agent", "a-1") for clock in ("01:00", "03:00"))
    assert (at_one["active_chats"], at_one["held_chats"]) == (1, 0)
    assert (at_three["active_chats"], at_three["held_chats"]) == (0, 1)
    assert shown(log.lines, "24:02:00", "agent", "a-1")["held_chats"] == 1
    assert shown(log.lines, "24:02:00.001", "agent", "a-1")["held_chats"] == 0


def test_two_legs_that_are_answered_at_one_instant() -> None:
    """The first accept answers the leg that was open before, the second the one that opened then."""
    log = Log().queued("00:00", "billing").queued("01:00", "sales")
    log.add("chat.accepted", "01:00", id="x1", agent="a-1").add("chat.accepted", "01:00", id="x2", agent="a-2")

    assert shown(log.lines, "02:00", "agent", "a-1")["wait_mean_seconds"] == 60
    assert shown(log.lines, "02:00", "agent", "a-2")["wait_mean_seconds"] == 0


def test_what_is_nobodys_deed_does_not_stand_at_agents() -> None:
    """Waiting, abandonment, service level, backlog and escalations are of queues; no agent has a 0 of them."""
    found = shown(handed_on().lines, "04:00", "agent", "a-1")

    for suffix in ("waiting", "queued", "abandoned", "service_level_ratio:SL1", "received", "escalations", "contacts"):
        assert suffix not in found
    assert shown(handed_on().lines, "04:00", "team", "two")["service_level_ratio:SL1"] == 1


# ----------------------------------------------------------------------------- by team, priority and language


def test_the_last_that_is_named_has_the_whole_conversation() -> None:
    """Team one is named, then team two: two has both legs, one has nothing; so with priority and language."""
    log = handed_on().add("ticket.priority_changed", "03:10", priority="high", language="de")

    assert shown(log.lines, "04:00", "team", "two")["answered"] == 2
    assert shown(log.lines, "04:00", "team", "one").get("answered", 0) == 0
    assert shown(log.lines, "04:00", "priority", "high")["first_responses"] == 1
    assert shown(log.lines, "04:00", "language", "de")["handled"] == 2


def test_where_it_is_assigned_to_is_its_team() -> None:
    """`to_team` wins over `team` in the same event."""
    log = Log().created("00:00", team="one").add("ticket.assigned", "01:00", team="one", to_team="two")

    assert shown(log.lines, "02:00", "team", "two")["first_response_open"] == 1
    assert names(log.lines, "02:00", "team") == {"two"}


def test_a_team_is_rated_for_what_it_had_when_the_survey_went_out() -> None:
    """M60, frozen at survey send: team two had it then, and team three later has the legs and not the rating."""
    log = handed_on().add("ticket.tagged", "02:30", tags=["x"], team="three")

    two, three = (shown(log.lines, "04:00", "team", team) for team in ("two", "three"))
    assert (two["csat_responses"], two["surveys_sent"], two["answered"]) == (1, 1, 0)
    assert (three["csat_responses"], three["surveys_sent"], three["answered"]) == (0, 0, 2)


def test_who_names_none_is_at_none() -> None:
    """A conversation without a team, a priority, a language or an agent is in its queue, and nowhere else."""
    log = Log().queued("00:00").says("00:10", "customer").says("00:20", "human").abandoned("00:30")

    assert [names(log.lines, "01:00", level) for level in PARTS] == [set()] * 4
    assert [names(Log().queued("00:00", team="").lines, "01:00", level) for level in PARTS] == [set()] * 4


def test_targets_are_those_of_channel_and_queue() -> None:
    """M6: one team, in voice (20 s) and chat (60 s): 30 s is late there and in time here, one of two within."""
    log = Log(team="one")
    log.of(conversation="v", channel="voice").queued("00:00").accepted("00:30")
    log.of(conversation="c", channel="chat").queued("00:00").accepted("00:30")

    assert shown(log.lines, "01:00", "team", "one")["service_level_ratio:SL1"] == 0.5


def test_who_waits_waits_at_the_team() -> None:
    """State as well: waiting, the oldest, past the target; and not any more after the answer."""
    log = Log().queued("00:00", "billing", team="one").accepted("02:00")
    before, at_the_end = (shown(log.lines, clock, "team", "one") for clock in ("02:00", "02:00.001"))

    assert (before["waiting"], before["oldest_wait_seconds"], before["waiting_past_target"]) == (1, 120, 1)
    assert (at_the_end["waiting"], at_the_end["waiting_past_target"]) == (0, 0)


def test_a_lost_leg_is_lost_at_the_team_by_its_timer() -> None:
    """4 h after it opened, as time alone goes on."""
    log = Log().queued("00:00", team="one")

    assert shown(log.lines, "4:00:00", "team", "one")["lost"] == 0
    assert shown(log.lines, "4:00:00.001", "team", "one")["lost"] == 1


def test_unanswered_messages_count_one_by_one() -> None:
    """Three that nobody answered, of one conversation, at its team as in its queue."""
    log = Log(team="one").says("00:00", "customer").says("00:10", "customer").says("00:20", "customer")

    assert shown(log.lines, "01:00", "team", "one")["unanswered_messages"] == 3
    assert shown(log.lines, "01:00", "team", "one")["unanswered_conversations"] == 1


# --------------------------------------------------------------------------------------------------- the whole

EVENTS = st.sampled_from(
    [
        ("chat.queued", {"queue": "billing", "team": "one", "priority": "low"}),
        ("chat.queued", {"queue": "sales", "team": "two"}),
        ("chat.accepted", {"agent": "a-1"}),
        ("chat.accepted", {"agent": "a-2", "language": "de"}),
        ("chat.message", {"actor": "customer"}),
        ("chat.message", {"actor": "human", "agent": "a-1"}),
        ("chat.message", {"actor": "human", "agent": "a-2", "team": "two"}),
        ("chat.transferred", {"to_queue": "sales", "to_agent": "a-2", "agent": "a-1"}),
        ("chat.offer_missed", {"agent": "a-2"}),
        ("chat.released", {"agent": "a-1"}),
        ("chat.abandoned", {}),
        ("chat.closed", {"by": "human"}),
        ("survey.sent", {"survey": "s", "kind": "csat"}),
        ("survey.responded", {"survey": "s", "kind": "csat", "score": 4}),
        ("ticket.assigned", {"to_team": "one", "to_queue": "billing"}),
        ("ticket.priority_changed", {"priority": "high", "actor": "system"}),
    ]
)
LOGS = st.lists(st.tuples(st.integers(0, 600), EVENTS, st.sampled_from("cd")), min_size=1, max_size=14)
EXAMPLES = settings(max_examples=30, derandomize=True, database=None, deadline=None)


def written(rows: list[tuple[int, tuple[str, dict[str, str | int]], str]]) -> list[bytes]:
    """Return events by second, type and conversation as lines."""
    log = Log()
    for second, (kind, fields), conversation in rows:
        log.of(conversation=conversation).add(kind, after("00:00") + 1_000 * second, id=f"e{len(log.lines)}", **fields)
    return log.lines


@EXAMPLES
@given(rows=LOGS)
def test_the_levels_above_know_nothing_of_the_copies(
    rows: list[tuple[int, tuple[str, dict[str, str | int]], str]],
) -> None:
    """Every value at queue, channel and tenant is the same with all levels and with none, and so is the identity."""
    lines = written(rows)
    boards = []
    for definitions in (WITHOUT, EVERYWHERE):
        offline = Offline(definitions=definitions)
        offline.feed(lines)
        values = offline.values(after("11:00"))
        kept = {key: value for key, value in values.items() if key[0].split("_")[1] not in PARTS}
        boards.append((kept, offline.board.violations("1h"), offline.board.folded))

    assert boards[0] == boards[1]


@EXAMPLES
@given(rows=LOGS, chance=st.randoms(use_true_random=False), cut=st.integers(0, 14))
def test_the_order_and_the_cuts_decide_nothing(
    rows: list[tuple[int, tuple[str, dict[str, str | int]], str]], chance: random.Random, cut: int
) -> None:
    """In any order, twice, and cut in two: the same tables."""
    lines = written(rows)
    shuffled = [*lines, *lines[:3]]
    chance.shuffle(shuffled)
    at_once, in_two = Counted(EVERYWHERE), Counted(EVERYWHERE)
    at_once.feed(lines)
    in_two.feed(shuffled[:cut])
    in_two.feed(shuffled[cut:])

    assert in_two.cells() == at_once.cells()
    assert {each for rows in in_two.tables.intervals.values() for each in rows} == {
        each for rows in at_once.tables.intervals.values() for each in rows
    }


@EXAMPLES
@given(rows=LOGS)
def test_a_flag_takes_everything_back(rows: list[tuple[int, tuple[str, dict[str, str | int]], str]]) -> None:
    """Spam: every cell of every level is back at zero."""
    counted = Counted(EVERYWHERE)
    counted.feed(written(rows))

    counted.feed([Log(conversation=each).add("chat.flagged", "12:00", id="f", flag="spam").lines[0] for each in "cd"])

    assert counted.cells() == {}


def test_without_levels_there_is_no_copy() -> None:
    """The default: nothing is labelled with a part, so that nothing is stored or shown of it."""
    found = observed(handed_on().lines, WITHOUT)
    labels = {sample[2] for sample in found.samples} | {interval[1] for interval in found.intervals}

    assert {each.part for each in labels} == {""}
    assert {each.part for each in (sample[2] for sample in observed(handed_on().lines, EVERYWHERE).samples)} == {
        "", "team=two", "agent=a-1", "agent=a-2",
    }  # fmt: skip


@pytest.mark.parametrize("level", LEVELS)
def test_only_the_levels_asked_for_are_there(level: str) -> None:
    """Each for itself."""
    log = handed_on().add("ticket.priority_changed", "03:10", priority="high", language="de")
    found = observed(log.lines, replace(WITHOUT, levels=(level,)))

    parts = {sample[2].part for sample in found.samples} - {""}
    assert {each.partition("=")[0] for each in parts} == {level}


def test_names_over_the_cap_are_one_other() -> None:
    """Three agents of two: the one first heard of last is `other`; tenants have each their own."""
    log = Log()
    for number, agent in enumerate(("a-1", "a-2", "a-3")):
        log.of(conversation=agent).queued(f"{number:02}:00").accepted(f"{number:02}:30", agent=agent)
    counted = Counted(EVERYWHERE)
    board = Board(EVERYWHERE, zone=UTC.zone, windows=("5m",), caps=Caps(parts=2))
    show(board, counted.feed(log.lines), counted.tables)
    board.move(after("04:00"))

    answered = {row.group.values[1]: row.value for row in board.rows() if row.name == "support_agent_rolling_answered"}
    assert answered == {"a-1": 1, "a-2": 1, "other": 1}
    assert board.folded == 1


def test_a_metric_at_a_level_that_is_off_is_refused() -> None:
    """`compute --metric support_team_` says which level to ask for; with the level it is taken."""
    refuse_metric_not_asked_for("support_team_rolling_answered", (), ("team",))
    with pytest.raises(UsageError, match=r'DESKPULSE_DEFINITIONS: levels = \["team"\]\)$'):
        refuse_metric_not_asked_for("support_team_rolling_answered", (), ("agent",))
    with pytest.raises(UsageError, match=r'DESKPULSE_DEFINITIONS: families = \["work"\]\)$'):
        refuse_metric_not_asked_for("support_team_rolling_handled", (), ("team",))
