"""M45, M46, M48 and M72 of one customer, to the last point: what comes of all conversations together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.customers import NO, NOBODY, ONCE, PASSED_ON, REOPENED, RETURNED, YES
from aggregators.instants import DAY_MS
from aggregators.points import BY_CODE, Point
from aggregators.told import Contact, Contained, SolvedEpisode, Visit
from aggregators.zones import zone_of
from tests.aggregators.observed import points as seen
from tests.aggregators.running import EVERYTHING
from tests.aggregators.visited import contact, instant, points, samples_of, solve, visit
from tests.logs import Log

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

MS = 1 / DAY_MS
HOUR = 1 / 24
FEW = settings(max_examples=150, derandomize=True, database=None, deadline=None)

# ------------------------------------------------------------------------------------------- first contact, M45


def first_contacts(visits: dict[str, Visit]) -> list[int]:
    """Return how the solved episodes came out, in order of time."""
    return [value for _, _, _, value in points(visits, "first_contact")]


def test_one_team_and_nobody_came_back() -> None:
    """M45: exactly one team, no transfer, no reopen, no new contact in 7 d. At the solve, in its queue."""
    visits = {"a": visit(contact(0), solve(0.5, "sales"))}

    assert points(visits, "first_contact") == [("first_contact", "sales", 0.5, ONCE)]


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (solve(1, teams=2), PASSED_ON),  # a second team had it
        (solve(1, transferred=True), PASSED_ON),  # it went to another one
        (solve(1, teams=0), ONCE),  # no team is named: there is no second one
        (solve(1, reopened=True), REOPENED),
        (solve(1, teams=0, owners=0, replies=0), NOBODY),  # a bot alone
        (solve(1, teams=0, owners=0, replies=1), ONCE),  # somebody unnamed replied
        (solve(1, owners=0, replies=0), ONCE),  # a team had it
        (solve(1, teams=0, replies=0), ONCE),  # an agent had it
        (solve(1, teams=0, owners=0, replies=-1), ONCE),  # a call that somebody unnamed took
        (solve(1, teams=2, reopened=True), PASSED_ON),  # the first reason
    ],
)
def test_what_keeps_an_episode_from_being_resolved_at_first_contact(told: SolvedEpisode, outcome: int) -> None:
    """M45, sentence by sentence, without any further contact."""
    assert first_contacts({"a": visit(contact(0), told)}) == [outcome]


@pytest.mark.parametrize(
    ("days", "outcome"),
    [
        (1, ONCE),  # at the instant of the solve: not after it
        (1 + MS, RETURNED),
        (8, RETURNED),  # exactly 7 d
        (8 + MS, ONCE),
    ],
)
def test_a_new_contact_within_seven_days(days: float, outcome: int) -> None:
    """M45: no new contact of the same customer in 7 d after the solve.

    contact 0 · solve 1 ─────── 7 d ─────── 8
    """
    assert first_contacts({"a": visit(contact(0), solve(1)), "b": visit(contact(days))}) == [outcome]


def test_a_contact_through_any_channel() -> None:
    """M45: a chat is solved, the customer calls."""
    assert first_contacts({"a": visit(solve(1)), "b": visit(contact(2, channel="voice"))}) == [RETURNED]


@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        ("refund", "login", ONCE),
        ("refund", "refund", RETURNED),
        ("refund", "", RETURNED),
        ("", "refund", RETURNED),
        ("", "", RETURNED),
    ],
)
def test_the_same_topic_if_it_is_known(ours: str, theirs: str, outcome: int) -> None:
    """M45: two topics that are known and differ are two matters."""
    assert first_contacts({"a": visit(solve(1, topic=ours)), "b": visit(contact(2, topic=theirs))}) == [outcome]


def test_what_we_begin_is_no_contact_of_the_customer() -> None:
    """M45, M46: agent-initiated ones are excluded."""
    visits = {"a": visit(contact(0), solve(1)), "b": visit(contact(2, by=2))}

    assert first_contacts(visits) == [ONCE]
    assert points(visits, "anchor", "called_back") == [("anchor", "billing", 0, 1)]


def test_what_follows_in_the_same_conversation_is_no_new_contact() -> None:
    """It is a reopening, or the agent's: the conversation itself knows."""
    assert first_contacts({"a": visit(contact(0), solve(1), contact(3))}) == [ONCE]
    for topic in ("", "refund"):
        assert first_contacts({"a": visit(solve(1, topic="refund"), contact(3, topic=topic))}) == [ONCE]


def test_behind_its_own_contact_another_one_counts() -> None:
    """Own follow-ups are passed over, whatever comes after them."""
    assert first_contacts({"a": visit(solve(1), contact(2)), "b": visit(contact(3))}) == [RETURNED]


def test_each_episode_for_itself() -> None:
    """Two solves in two conversations: the second contact spoils the first solve, not its own."""
    assert first_contacts({"a": visit(contact(0), solve(1)), "b": visit(contact(2), solve(3))}) == [RETURNED, ONCE]


def test_the_strict_form_wants_one_reply() -> None:
    """fcr_one_reply: one public human reply; a call, where the customer wrote nothing, is left out of it."""
    rows = {
        "one": visit(solve(1, topic="a")),
        "two": visit(solve(2, topic="b", replies=2)),
        "none": visit(solve(3, topic="c", replies=0)),
        "call": visit(solve(4, topic="d", replies=-1)),
        "open": visit(solve(5, topic="e", reopened=True)),
    }

    assert [(day, value) for _, _, day, value in points(rows, "one_reply")] == [(1, YES), (2, NO), (3, NO), (5, NO)]


def test_closed_once_with_one_teammate() -> None:
    """Intercom: one owner and closed once; a customer who returns elsewhere, or two teams, do not matter.

    Where nobody is named it cannot be known, and is left out.
    """
    rows = {
        "one": visit(solve(1, teams=2)),
        "two": visit(solve(2, owners=2)),
        "nobody": visit(solve(3, owners=0)),
        "open": visit(solve(4, reopened=True)),
        "again": visit(contact(5)),
    }

    assert [(day, value) for _, _, day, value in points(rows, "one_teammate")] == [(1, YES), (2, NO), (4, NO)]


def test_first_contact_settles_after_seven_days() -> None:
    """Provisional until 7 d: what is final is dated then, or after the settle time where that is longer."""
    visits = {"a": visit(solve(1)), "b": visit(contact(3))}

    assert points(visits, "first_contact_settled") == [("first_contact_settled", "billing", 8, RETURNED)]
    longer = replace(EVERYTHING, settle_ms=10 * DAY_MS)
    assert points(visits, "first_contact_settled", definitions=longer)[0][2] == 11


# ------------------------------------------------------------------------------------------- repeat contacts, M46


def test_anchors_are_contacts_after_a_pause() -> None:
    """M46: none in the 7×24 h before. A chain by gaps: that at 13 is none, though 7 d after the anchor are over.

    0 ─ 3 ─ 6 ──────── 13 ─────────── 20.1
    a   c   c          7 d after 6    a
    """
    visits = {str(day): visit(contact(day)) for day in (0, 3, 6, 13, 20.1)}

    assert points(visits, "anchor", "called_back") == [
        ("anchor", "billing", 0, 3),
        ("called_back", "billing", 0, 2),
        ("anchor", "billing", 20.1, 1),
    ]


@pytest.mark.parametrize(("days", "anchors", "callbacks"), [(7, 1, 1), (7 + MS, 2, 0)])
def test_seven_days_to_the_millisecond(days: float, anchors: int, callbacks: int) -> None:
    """M46: within 7×24 h, its end included on both sides: every contact is an anchor or follows one."""
    found = points({"a": visit(contact(0)), "b": visit(contact(days))}, "anchor", "called_back")

    assert sum(1 for name, *_ in found if name == "anchor") == anchors
    assert sum(value for name, _, _, value in found if name == "called_back") == callbacks


def test_callbacks_stand_where_the_anchor_stood() -> None:
    """M46: attributed to the day and queue of the anchor, whatever queue and channel the further contacts are in."""
    visits = {"a": visit(contact(0, "sales")), "b": visit(contact(1, "billing", channel="voice"))}

    assert points(visits, "called_back") == [("called_back", "sales", 0, 1)]


def test_own_follow_up_is_no_callback() -> None:
    """M46: excluded inside the same conversation; it is a contact before the next, though, so that 8 is no anchor."""
    visits = {"a": visit(contact(0), contact(3)), "b": visit(contact(8))}

    assert points(visits, "anchor", "called_back") == [("anchor", "billing", 0, 1)]


def test_two_contacts_of_one_instant() -> None:
    """The conversation that comes first by its name is the anchor, so that no order of arrival decides."""
    visits = {"b": visit(contact(0, "sales")), "a": visit(contact(0))}

    assert points(visits, "anchor", "called_back") == [("anchor", "billing", 0, 3), ("called_back", "billing", 0, 1)]


@pytest.mark.parametrize(
    ("topics", "outcome"), [(("x", "y"), 2), (("x", "y", "x"), 3), (("x", "x", "y"), 3), (("x", ""), 3), (("", "y"), 3)]
)
def test_callbacks_on_the_same_topic(topics: tuple[str, ...], outcome: int) -> None:
    """M46: topics are needed, some call habitually. Of another topic only (2); of the same, or unknown (3)."""
    visits = {str(day): visit(contact(day, topic=topic)) for day, topic in enumerate(topics)}

    assert points(visits, "anchor") == [("anchor", "billing", 0, outcome)]


def test_anchors_settle_after_seven_days() -> None:
    """M46: provisional 7 d."""
    visits = {"a": visit(contact(1)), "b": visit(contact(3))}

    assert points(visits, "anchor_settled") == [("anchor_settled", "billing", 8, 3)]


def test_the_twin_begins_at_the_last_resolution() -> None:
    """M46: of the contacts at 3, 4, 12 the first two are within 7 d after the solve at 2, the last one before them.

    solve 1 · solve 2 · contact 3 · contact 4 · · · 9 · · · contact 12
    """
    visits = {
        "a": visit(solve(1, "early")),
        "b": visit(solve(2)),
        "c": visit(contact(3), contact(12)),
        "d": visit(contact(4)),
    }

    assert points(visits, "solve_followed") == [
        ("solve_followed", "early", 1, 0),
        ("solve_followed", "billing", 2, 2),
    ]


@pytest.mark.parametrize(("days", "number"), [(1, 0), (1 + MS, 1), (8, 1), (8 + MS, 0)])
def test_the_twin_to_the_millisecond(days: float, number: int) -> None:
    """After the solve, and no more than 7 d."""
    visits = {"a": visit(solve(1)), "b": visit(contact(days))}

    assert points(visits, "solve_followed") == [("solve_followed", "billing", 1, number)]


def test_the_twin_passes_own_follow_ups_over() -> None:
    """A contact whose last resolution is that of its own conversation is nobody's callback."""
    visits = {"a": visit(solve(1), contact(3)), "b": visit(solve(0.5))}

    assert points(visits, "solve_followed") == [
        ("solve_followed", "billing", 0.5, 0),
        ("solve_followed", "billing", 1, 0),
    ]


# ------------------------------------------------------------------------------------------- bots, M48


@pytest.mark.parametrize(("days", "choice"), [(0, YES), (1, YES), (1 + MS, NO), (8, NO), (8 + MS, YES)])
def test_containment_is_verified_by_silence(days: float, choice: int) -> None:
    """M48: no contact by the same customer in the 7 d after the bot's part, on whatever topic and channel."""
    bot = Contained(instant(1), "chat", "bots")
    visits = {"a": visit(contact(0.9), bot), "b": visit(contact(days, channel="voice", topic="x"))}

    assert points(visits, "bot_verified") == [("bot_verified", "bots", 1, choice)]


def test_who_comes_back_to_the_bots_conversation_comes_back() -> None:
    """M48: no other number would tell of it."""
    visits = {"a": visit(contact(0), Contained(instant(0.1), "chat", "bots"), contact(3))}

    assert points(visits, "bot_verified") == [("bot_verified", "bots", 0.1, NO)]


# ------------------------------------------------------------------------------------------- different customers, M72


def firsts(visits: dict[str, Visit], zone: str | None = None) -> list[tuple[float, int]]:
    """Return the first contacts of days, with the greatest level they are first at."""
    zones = {} if zone is None else {"default": zone_of(zone, ZoneInfo(zone))}
    definitions = replace(EVERYTHING, zones=zones)
    return [(day, value) for _, _, day, value in points(visits, "first_of_day", definitions=definitions)]


def test_the_first_contact_of_the_day_at_each_level() -> None:
    """M72, *today*: the first at all (1), in its channel (2), in its queue (3); a second one nowhere is none."""
    visits = {
        "a": visit(contact(0.1, "billing")),
        "b": visit(contact(0.2, "billing", channel="voice")),
        "c": visit(contact(0.3, "sales")),
        "d": visit(contact(0.4, "billing")),
        "e": visit(contact(1.1, "sales")),
    }

    assert firsts(visits) == [(0.1, 1), (0.2, 2), (0.3, 3), (1.1, 1)]


def test_the_day_begins_at_midnight_sharp() -> None:
    """UTC where nothing is said: the contact at 24:00 is that of the next day."""
    assert firsts({"a": visit(contact(1 - MS)), "b": visit(contact(1))}) == [(round(1 - MS, 6), 1), (1, 1)]


def test_the_local_day_of_the_tenant() -> None:
    """M72: in New York, 5 h behind, Monday 04:00 and 06:00 UTC are of two days; 06:00 and Tuesday 04:59 of one."""
    visits = {str(n): visit(contact(hour * HOUR)) for n, hour in enumerate((4, 6, 28 + 59 / 60))}

    assert [round(day / HOUR) for day, _ in firsts(visits, "America/New_York")] == [4, 6]


def test_a_day_of_23_hours() -> None:
    """Clocks went forward on 10 March 2024: that day began at 05:00 UTC and the next at 04:00, not at 05:00.

    T0 is 4 March: 10 March 05:00 is hour 149, 11 March 04:00 is hour 172.
    """
    visits = {str(n): visit(contact(hour * HOUR)) for n, hour in enumerate((149, 171.9, 172))}

    assert [round(day / HOUR) for day, _ in firsts(visits, "America/New_York")] == [149, 172]


def test_the_zone_of_tenants_without_their_own() -> None:
    """By "": hours 13 and 15 UTC are of two days in Tokyo, 9 h ahead."""
    tokyo = replace(EVERYTHING, zones={"": zone_of("Asia/Tokyo", ZoneInfo("Asia/Tokyo"))})
    visits = {str(hour): visit(contact(hour * HOUR)) for hour in (13, 15)}

    assert len(points(visits, "first_of_day", definitions=tokyo)) == 2
    assert len(points(visits, "first_of_day")) == 1


def test_every_contact_is_a_unit_of_the_customers_cell() -> None:
    """One cell however many contacts, so that any one of them may be taken back."""
    cells = {
        value for _, _, _, value in points({"a": visit(contact(0), contact(2)), "b": visit(contact(1))}, "customer")
    }

    assert len(cells) == 1
    assert len(points({"a": visit(contact(0), contact(2)), "b": visit(contact(1))}, "customer")) == 3


def test_nothing_told_is_nothing() -> None:
    """A customer all of whose conversations were taken back."""
    assert samples_of({}) == samples_of({"a": visit()}) == []


# ------------------------------------------------------------------------------------------- coverage


def covered(**fields: Any) -> list[tuple[str, str, float, float]]:
    """Return what a conversation says of its customer, whom one event names or none: bot, queue, solve, return."""
    log = Log().started("00:00", bot=True).customer("00:10").queued("01:00").human("02:00").closed("03:00", **fields)
    log.customer("48:00:00")
    return seen(log, "contact_known", "solve_known", "bot_ended_known")


def test_coverage_is_counted_where_nobody_is_told() -> None:
    """M45, M46, M72: an unknown customer is excluded, and coverage exported; "" is no name.

    The return on the third day is another contact, and a reopening: the solve did not hold, and stands until the next.
    """
    assert covered(customer="u") == [
        ("contact_known", "billing", 10, 2),
        ("bot_ended_known", "billing", 60, 2),
        ("solve_known", "billing", 180, 2),
        ("contact_known", "billing", 172_800, 2),
    ]
    assert [row[3] for row in covered()] == [row[3] for row in covered(customer="")] == [1, 1, 1, 1]


def test_coverage_of_a_solve() -> None:
    """At the last solve of each episode, in the queue of that instant."""
    log = Log(customer="u").customer("00:10", queue="billing").human("02:00", queue="sales").closed("03:00")

    assert seen(log, "solve_known") == [("solve_known", "sales", 180, 2)]


def test_what_we_begin_has_no_coverage() -> None:
    """It is nobody's contact."""
    log = Log(customer="u").started("00:00", initiated_by="agent").customer("00:20")

    assert seen(log, "contact_known") == []


# ------------------------------------------------------------------------------------------- properties

HOURS = st.sampled_from([0, 1, 24, 24 * 7 - 1, 24 * 7, 24 * 7 + 1, 100, 300, 400]) | st.integers(0, 600)
TOPICS = st.sampled_from(["", "", "x", "y"])


@st.composite
def visitors(draw: Callable[..., Any]) -> dict[str, Visit]:
    """Return what a few conversations tell."""
    found = {}
    for name in draw(st.lists(st.sampled_from("abcdefg"), unique=True, max_size=7)):
        rows: list[Contact | SolvedEpisode | Contained] = []
        for hours in draw(st.lists(HOURS, max_size=3)):
            queue, by = draw(st.sampled_from(["q", "r"])), draw(st.sampled_from([1, 1, 1, 2]))
            rows.append(contact(hours * HOUR, queue, topic=draw(TOPICS), by=by))
        rows += [
            solve(hours * HOUR, topic=draw(TOPICS), reopened=draw(st.booleans()))
            for hours in draw(st.lists(HOURS, max_size=2))
        ]
        rows += [Contained(instant(hours * HOUR), "chat", "bots") for hours in draw(st.lists(HOURS, max_size=1))]
        found[name] = visit(*rows)
    return found


def rows_of(told: Visit) -> list[Contact | SolvedEpisode | Contained]:
    """Return all rows of a visit."""
    return [*told.contacts, *told.solved, *told.contained]


@FEW
@given(visits=visitors(), chance=st.randoms(use_true_random=False))
def test_no_order_matters(visits: dict[str, Visit], chance: random.Random) -> None:
    """Neither that of the conversations nor that of what each tells."""
    names = list(visits)
    chance.shuffle(names)
    again = {name: visit(*chance.sample(rows_of(visits[name]), len(rows_of(visits[name])))) for name in names}

    assert sorted(map(repr, samples_of(again))) == sorted(map(repr, samples_of(visits)))


def any_fits(topic: str, contacts: list[Contact]) -> bool:
    """Tell whether any of them may be on the same topic."""
    return any(not topic or not each.topic or each.topic == topic for each in contacts)


@FEW
@given(visits=visitors())
def test_all_of_it_by_force(visits: dict[str, Visit]) -> None:
    """Every pair of a row and a contact compared: the same as by looking where it may be."""
    week = 7 * DAY_MS
    contacts = sorted((c.at, name, c) for name, told in visits.items() for c in told.contacts if c.by == 1)
    solves = sorted((s.at, name, s) for name, told in visits.items() for s in told.solved)
    right = []
    for place, (at, name, row) in enumerate(contacts):
        if not any(at - week <= other <= at for other, _, _ in contacts[:place]):
            later = [c for other, of, c in contacts[place + 1 :] if other <= at + week and of != name]
            right.append(("anchor", row.queue, at, 3 if any_fits(row.topic, later) else 2 if later else 1))
    for at, name, solved in solves:
        back = any_fits(solved.topic, [c for other, of, c in contacts if at < other <= at + week and of != name])
        right += [("first_contact", "billing", at, REOPENED if solved.reopened else RETURNED if back else ONCE)]
    ended = [each.at for told in visits.values() for each in told.contained]
    right += [
        ("bot_verified", "bots", at, NO if any(at < o <= at + week for o, _, _ in contacts) else YES) for at in ended
    ]
    # A callback is that of the last solve before it.
    followed = dict.fromkeys(range(len(solves)), 0)
    for at, name, _ in contacts:
        before = [number for number, (earlier, _, _) in enumerate(solves) if earlier < at]
        if before and solves[before[-1]][1] != name and solves[before[-1]][0] >= at - week:
            followed[before[-1]] += 1
    right += [("solve_followed", "billing", solves[number][0], times) for number, times in followed.items()]

    names = {"anchor", "first_contact", "bot_verified", "solve_followed"}
    found = [
        (BY_CODE[each.kind].name, each.labels.queue, each.at, each.value)
        for each in samples_of(visits)
        if isinstance(each, Point) and BY_CODE[each.kind].name in names
    ]
    assert sorted(found) == sorted(right)
