"""The numbers of resolution as they are shown, each against one worked out by hand."""

import pytest

from aggregators.formulas import number_quantiles
from aggregators.instants import DAY_MS, HOUR_MS
from aggregators.points import REPLIES_TO_SOLVE
from aggregators.reading import Reading, State
from tests.logs import T0, Log, after, offline


def shown(log: Log, clock: str, *, window: str = "today", **definitions: object) -> dict[str, float]:
    """Return the values of the tenant at a clock reading, by name and the value of another label if there is one.

    *definitions* are those that are not the default.
    """
    found: dict[str, float] = {}
    for (name, pairs), value in offline(log.lines, after(clock), **definitions).values(after(clock)).items():
        labels = dict(pairs)
        if name.startswith("support_tenant_") and labels.pop("window", window) == window:
            del labels["tenant"]
            suffix = name.removeprefix("support_tenant_").removeprefix("rolling_")
            found[" ".join([suffix, *labels.values()])] = value
    return found


def ticket(log: Log, name: str, clock: str = "0:00:00") -> Log:
    """Return a pen for a ticket of billing that its customer creates on *log*."""
    return log.of(conversation=name, queue="billing", channel="email").created(clock)


# --------------------------------------------------------------------------------- M40: how long it took


def test_resolution_times() -> None:
    """M40: the mean is over all, quantiles are within 1 %: solved after 1 h, 3 h and 20 h, one not at all.

    mean (3600 + 10800 + 72000) / 3 = 28800 · median 10800 · within 12 h two of three, within 48 h all
    """
    log = Log()
    for name, solved in (("a", "1:00:00"), ("b", "3:00:00"), ("d", "20:00:00")):
        ticket(log, name).commented("0:30:00", "human").status(solved, "solved")
    ticket(log, "e").commented("0:40:00", "human")

    found = shown(log, "23:00:00")

    assert found["resolution_mean_seconds"] == 28_800
    assert found["resolution_seconds 0.5"] == pytest.approx(10_800, rel=0.01)
    assert found["resolution_seconds 0.99"] == pytest.approx(72_000, rel=0.01)
    assert (found["resolved_within_ratio 12h"], found["resolved_within_ratio 48h"]) == (2 / 3, 1)


def test_a_band_is_met_at_exactly_its_value() -> None:
    """M40: solved at 12 h is within 12 h, a millisecond later it is not; so it is with 48 h."""
    for band, clock, bound in (("12h", "13:00:00", 12 * HOUR_MS), ("48h", "49:00:00", 48 * HOUR_MS)):
        log = Log()
        ticket(log, "a").status(T0 + bound, "solved")
        ticket(log, "b").status(T0 + bound + 1, "solved")
        ticket(log, "c").status(T0 + bound - 1, "solved")

        assert shown(log, clock, window="7d")[f"resolved_within_ratio {band}"] == 2 / 3


def test_resolved_and_closed() -> None:
    """M40: solved at 1 h and closed at 5 h: 3,600 s to the one, 18,000 s to the other."""
    log = Log()
    ticket(log, "a").status("1:00:00", "solved").status("5:00:00", "closed")

    found = shown(log, "6:00:00")

    assert (found["resolution_mean_seconds"], found["closed_mean_seconds"]) == (3_600, 18_000)


def test_time_waiting_on_the_customer_is_removed() -> None:
    """M40, excl_pending: of 4 h it was 1 h pending and 30 min on hold: 2.5 h."""
    log = Log()
    ticket(log, "a").status("1:00:00", "pending").status("2:00:00", "open").status("3:00:00", "on_hold").status(
        "3:30:00", "open"
    ).status("4:00:00", "solved")

    found = shown(log, "5:00:00")

    assert (found["resolution_mean_seconds"], found["resolution_unpaused_mean_seconds"]) == (14_400, 9_000)


def test_a_reopened_resolution_is_withdrawn_and_added_again() -> None:
    """M40: never two samples of one episode. Solved 1 h, reopened 2 h, solved 3 h; the first twin stays as it was."""
    log = Log()
    pen = ticket(log, "a").status("1:00:00", "solved")
    assert shown(log, "1:30:00")["resolution_mean_seconds"] == 3_600

    pen.commented("2:00:00", "customer")
    found = shown(log, "2:30:00")
    assert "resolution_mean_seconds" not in found
    assert found["first_resolution_mean_seconds"] == 3_600

    pen.status("3:00:00", "solved")
    found = shown(log, "3:30:00")
    assert (found["resolution_mean_seconds"], found["first_resolution_mean_seconds"]) == (10_800, 3_600)
    assert found["resolved"] == 2
    assert found["resolution_seconds 0.5"] == pytest.approx(10_800, rel=0.01)


def test_a_resolution_is_final_a_week_after_its_last_solve() -> None:
    """M40: received at 0:00, solved at 2:00 and never reopened: 7,200 s, from 7 d after the solve on, not before.

    Another is solved at 1:00, reopened on the third day and solved again at 73:00: of it 262,800 s are final on day 10,
    and nothing before. Mean of both: 135,000 s.
    """
    log = Log()
    ticket(log, "a").status("2:00:00", "solved")
    ticket(log, "b").status("1:00:00", "solved").commented("72:00:00", "customer").status("73:00:00", "solved")
    names = ("resolutions_settled", "resolution_settled_mean_seconds", "resolution_settled_seconds 0.5")

    def final(clock: str) -> tuple[float | None, ...]:
        now = shown(log, clock, window="7d")
        return tuple(now.get(name) for name in names)

    assert final("170:00:00") == (0, None, None)
    assert final("170:00:00.001") == pytest.approx((1, 7_200, 7_200), rel=0.01)
    assert final("241:00:00.001")[:2] == (2, 135_000)


@pytest.mark.parametrize(("by", "clock"), [("system", "169:00:01"), ("human", "300:00:00")])
def test_a_reopening_by_the_centre_takes_back_what_was_final(by: str, clock: str) -> None:
    """M40: solved at 1:00, final at 169:00, the customer silent; then the system, or an agent, opens it: none is.

    It is the same episode, reopened and open since, and in no cohort of the customer's reopenings; solved an hour after
    it is one resolution again, at that solve.
    """
    log = Log()
    ticket(log, "a").status("1:00:00", "solved")
    assert shown(log, "169:00:00.001", window="7d")["resolutions_settled"] == 1

    ticket(log, "a").status(clock, "open", by=by)
    now = shown(log, "301:00:00", window="7d")
    assert (now["resolutions_settled"], now["reopened"], now["backlog_open"]) == (0, 1, 1)
    assert now.get("reopen_ratio", 0) == 0

    ticket(log, "a").status("301:30:00", "solved")
    now = shown(log, "302:00:00", window="7d")
    assert (now["resolved"], now["resolution_mean_seconds"]) == (1, 301.5 * 3_600)
    assert shown(log, "469:30:00.001", window="7d")["resolutions_settled"] == 1


def test_a_merged_duplicate_leaves() -> None:
    """M40, M42: two tickets of 1 h and 3 h, the second merged into the first: 3,600 s, and one received."""
    log = Log()
    ticket(log, "a").status("1:00:00", "solved")
    other = ticket(log, "b").status("3:00:00", "solved")
    assert shown(log, "4:00:00")["resolution_mean_seconds"] == 7_200

    other.add("ticket.merged", "5:00:00", into="a")

    found = shown(log, "6:00:00")
    assert (found["resolution_mean_seconds"], found["received"], found["resolved_total"]) == (3_600, 1, 1)


def test_time_runs_on_where_it_was_reopened_since_the_answer() -> None:
    """M40: the provisional sample is withdrawn and comes again at the new solve, so it is never before the reopening.

    a: answered 0:10, closed 0:20, opened again by the agent at 4:00, closed by the system at 10:00: 36000 s, as nobody
    has answered since; its first resolution took 1200 s. b: answered again at 5:00 it took 18000 s, by time-out.
    """
    for answered, took, timeouts in ((None, 36_000, 0), ("5:00:00", 18_000, 1)):
        log = Log().customer("0:00:00").human("0:10:00").closed("0:20:00").add("chat.reopened", "4:00:00", by="human")
        if answered is not None:
            log.human(answered)
        found = shown(log.closed("10:00:00", "system"), "11:00:00")

        assert (found["resolution_mean_seconds"], found["first_resolution_mean_seconds"]) == (took, 1_200)
        assert found["auto_closed"] == timeouts


def test_a_clock_runs_on_where_the_customer_opened_it_again() -> None:
    """M40, M47: answered at 2:00, solved 2:30, opened by the customer at 3:00, solved by the system at 4:00.

    4 h to resolve, and on the clock 2 h 30 min + 1 h: with a target of 165 min it was due at 3:15, and not kept.
    """
    log = Log()
    pen = ticket(log, "a").commented("2:00:00", "human").status("2:30:00", "solved", by="human")
    pen.status("3:00:00", "open", by="customer").status("4:00:00", "solved", by="system")

    found = shown(log, "5:00:00", other_resolution_target_ms=165 * 60_000, resolution_target_ms={})

    assert (found["resolution_mean_seconds"], found["first_resolution_mean_seconds"]) == (14_400, 9_000)
    assert (found["sla_breached resolution"], found["sla_attained resolution"]) == (1, 0)


def test_what_another_agent_takes_back_is_reopened() -> None:
    """M44: the agent's *own* reopening is a correction. Solved by kim at 1:00, opened by lee at 1:03, solved at 2:00.

    Two solves, one reopening, and first resolved after 3600 s; by kim it would be one solve, after 7200 s.
    """
    for who, solves, reopened, first in (("lee", 2, 1, 3_600), ("kim", 1, 0, 7_200)):
        log = Log()
        pen = ticket(log, "a").status("1:00:00", "solved", by="human", agent="kim")
        pen.status("1:03:00", "open", by="human", agent=who).status("2:00:00", "solved", by="human", agent=who)

        found = shown(log, "3:00:00")

        assert (found["resolved"], found["reopened"], found["first_resolution_mean_seconds"]) == (
            solves,
            reopened,
            first,
        )


def test_closed_by_timeout_after_the_agents_answer() -> None:
    """M40: stop = last human reply, and flagged: answered after 10 min, closed by the system after 20 h."""
    log = Log()
    ticket(log, "a").commented("0:10:00", "human").status("20:00:00", "closed", by="system")

    found = shown(log, "21:00:00")

    assert (found["resolution_mean_seconds"], found["auto_closed"], found["closed_mean_seconds"]) == (600, 1, 72_000)


# ------------------------------------------------------------------------------- M41 to M44: flows and backlog


def test_the_rate_of_a_window_may_exceed_one() -> None:
    """M41: of two received at 0:00 and one at 5:00 three are solved at 6:00.

    today 3 of 3 · the last hour before 6:30: 3 solved, none received: absent · 2 received, 3 solved of old: 1.5
    """
    log = Log()
    for name, created in (("a", "0:00:00"), ("b", "0:00:00"), ("d", "5:00:00")):
        ticket(log, name, created).status("6:00:00", "solved")

    assert shown(log, "6:30:00")["resolution_rate_ratio"] == 1
    assert "resolution_rate_ratio" not in shown(log, "6:30:00", window="1h")

    ticket(log, "e", "6:20:00")
    ticket(log, "f", "6:20:00")

    assert shown(log, "6:30:00", window="1h")["resolution_rate_ratio"] == 1.5


def test_the_cohort_of_those_received() -> None:
    """M41: of three received in the hour two are solved by now, one of them is open again: a third."""
    log = Log()
    ticket(log, "a").status("0:10:00", "solved")
    ticket(log, "b").status("0:10:00", "solved").commented("0:20:00", "customer")
    ticket(log, "d")

    assert shown(log, "0:15:00")["received_resolved_ratio"] == 2 / 3
    assert shown(log, "0:30:00")["received_resolved_ratio"] == 1 / 3


def test_the_backlog_under_merge_and_delete() -> None:
    """M42: open = received + reopened − resolved − merged − deleted.

    a stays open · b solved · d solved and reopened · e deleted · f merged · g reopened and solved · h of spam
    received a b d e g = 5 (f and h leave it) + reopened d g = 2 − resolved b d g g = 4 − deleted e = 1: 2 open
    """
    log = Log()
    ticket(log, "a", "0:10:00").status("0:20:00", "pending")
    ticket(log, "b").status("1:00:00", "solved").status("2:00:00", "closed")
    ticket(log, "d").status("1:00:00", "solved").commented("2:00:00", "customer")
    ticket(log, "e").add("ticket.deleted", "1:00:00")
    ticket(log, "f").add("ticket.merged", "1:00:00", into="a")
    ticket(log, "g").status("1:00:00", "solved").status("2:00:00", "open", by="system").status("3:00:00", "solved")
    ticket(log, "h").add("ticket.flagged", "1:00:00", flag="spam")

    found = shown(log, "4:00:00")

    assert [found[name] for name in ("received", "reopened", "resolved", "deleted")] == [5, 2, 4, 1]
    assert [found[f"{name}_total"] for name in ("received", "reopened", "resolved")] == [5, 2, 4]
    assert found["backlog_open"] == 2
    # a has been open since 0:10, d since 2:00: 3 h 50 min.
    assert found["backlog_oldest_seconds"] == 13_800


def test_an_agents_correction_leaves_no_trace() -> None:
    """M44: the agent's own reopening within 5 min is no reopening, and what it took back is no resolution."""
    log = Log()
    pen = ticket(log, "a").status("1:00:00", "solved")
    assert shown(log, "1:02:00")["backlog_open"] == 0

    pen.status("1:03:00", "open", by="human")

    found = shown(log, "1:10:00")
    assert (found["backlog_open"], found["backlog_oldest_seconds"]) == (1, 4_200)
    assert (found["resolved"], found["reopened"], found["resolved_total"]) == (0, 0, 0)
    assert "reopen_ratio" not in found


def test_opened_by_resolved() -> None:
    """M43: (3 received + 1 reopened) / 2 solved = 2; with nothing resolved it is absent."""
    log = Log()
    ticket(log, "a").status("1:00:00", "solved").commented("2:00:00", "customer")
    ticket(log, "b").status("1:00:00", "solved")
    ticket(log, "d")

    assert "opened_resolved_ratio" not in shown(log, "0:30:00")
    assert shown(log, "3:00:00")["opened_resolved_ratio"] == 2


def test_the_reopen_rate_is_of_the_customers() -> None:
    """M44, by the day of the solve: of four solves today the customer came back to one; an agent to another."""
    log = Log()
    for name in ("a", "b", "d", "e"):
        ticket(log, name).status("1:00:00", "solved")
    log.of(conversation="a").commented("2:00:00", "customer")
    log.of(conversation="b").status("2:00:00", "open", by="human")

    assert shown(log, "3:00:00")["reopen_ratio"] == 1 / 4


def test_the_reopen_rate_settles_after_seven_days() -> None:
    """M44: ≤ 7 d after the solve it counts, in the pane of the solve; after that it is another episode."""
    on_time, late = Log(), Log()
    for log, more in ((on_time, 0), (late, 1)):
        ticket(log, "a").status("23:00:00", "solved")
        log.of(conversation="a").add("ticket.commented", after("23:00:00") + 7 * DAY_MS + more, actor="customer")

    # At 191:00:10 the window of 7 d begins at 23:00, so the solve is in it.
    names = ("reopen_ratio", "reopened", "received")
    assert [shown(on_time, "191:00:10", window="7d")[name] for name in names] == [1, 1, 0]
    assert [shown(late, "191:00:10", window="7d")[name] for name in names] == [0, 0, 1]


def test_thanks_reopen_nothing_where_the_definitions_spare_them() -> None:
    """M44: of four solves one is thanked for, one asked about, one thanked for and then asked about, one left alone.

    By default three of four are reopened; where thanks are spared two are. The ticket that was thanked for stays
    solved, also when the desk opens it for the message; it took 1 h.
    """
    log = Log()
    for name in ("a", "b", "d", "e"):
        ticket(log, name).status("1:00:00", "solved")
    log.of(conversation="a").commented("2:00:00", "customer", thanks=True).status("2:00:00", "open", by="customer")
    log.of(conversation="b").commented("2:00:00", "customer", thanks=False)
    log.of(conversation="d").commented("2:00:00", "customer", thanks=True).commented("2:10:00", "customer")

    usual, spared = shown(log, "3:00:00"), shown(log, "3:00:00", thanks_reopen=False)

    assert (usual["reopen_ratio"], usual["reopened"], usual["backlog_open"]) == (3 / 4, 4 - 1, 3)
    assert (spared["reopen_ratio"], spared["reopened"], spared["backlog_open"]) == (2 / 4, 2, 2)
    assert spared["resolution_mean_seconds"] == 3_600


def test_who_opens_a_ticket_after_thanks_reopens_it() -> None:
    """M44: an agent who takes it up again does, and a chat that is reopened; thanks before a solve are a word.

    What was thanked for, taken up and solved again is opened by the desk for another reason: a second time.
    """
    log = Log()
    ticket(log, "a").status("1:00:00", "solved").commented("2:00:00", "customer", thanks=True)
    log.of(conversation="a").status("2:01:00", "open", by="human").status("2:10:00", "solved")
    log.of(conversation="a").status("2:30:00", "open", by="system")
    chat = log.of(conversation="b", queue="billing").customer("0:00:00").human("0:01:00").closed("1:00:00")
    chat.add("chat.reopened", "2:00:00", by="customer").customer("2:00:00", thanks=True)
    ticket(log, "d").commented("0:30:00", "customer", thanks=True).status("1:00:00", "solved")

    found = shown(log, "3:00:00", thanks_reopen=False)

    assert (found["reopened"], found["backlog_open"], found["received"]) == (3, 2, 3)


def test_only_a_customers_thanks_are_spared() -> None:
    """M13, M44: an agent who thanks for the thanks has replied: with the answer to the next question two replies."""
    log = Log()
    pen = ticket(log, "a").status("1:00:00", "solved").commented("2:00:00", "customer", thanks=True)
    pen.commented("2:01:00", "human", thanks=True).commented("3:00:00", "customer").commented("3:10:00", "human")
    pen.status("3:20:00", "solved")

    found = shown(log, "4:00:00", thanks_reopen=False)

    assert (found["reopened"], found["replies_per_resolution_mean"]) == (1, 2)


def test_thanks_after_the_settle_time_begin_no_episode() -> None:
    """M41, M44: eight days after the solve thanks are spared too; a day later somebody asks: a second episode.

    It counts one reply, the one after the question.
    """
    log = Log()
    pen = ticket(log, "a").status("1:00:00", "solved").commented("192:00:00", "customer", thanks=True)
    pen.commented("193:00:00", "human").commented("216:00:00", "customer").commented("216:10:00", "human")
    pen.status("216:20:00", "solved")

    found = shown(log, "217:00:00", window="7d", thanks_reopen=False)

    assert (found["received"], found["reopened"], found["resolved"]) == (1, 0, 1)
    assert found["replies_per_resolution_mean"] == 1


# ------------------------------------------------------------------------------------- M10 to M14, M29, M5c


def test_replies_per_resolution() -> None:
    """M13: solved after 1, 1, 2, 3 and 10 replies: median 2, three quarters at most 3, mean 17 / 5."""
    log = Log()
    for name, replies in zip("abdef", (1, 1, 2, 3, 10), strict=True):
        pen = ticket(log, name)
        for number in range(replies):
            pen.commented(f"0:{10 + number}:00", "human")
        pen.status("1:00:00", "solved")

    found = shown(log, "2:00:00")

    assert [found[f"replies_per_resolution {q}"] for q in (0.5, 0.75, 0.9, 0.95, 0.99)] == [2, 3, 10, 10, 10]
    assert found["replies_per_resolution_mean"] == 17 / 5


def test_replies_within_seconds_are_one_where_they_are_merged() -> None:
    """M13: an agent's replies at 0:00, 0:08, 0:18 and 0:29 after 10 min: within 10 s of the last, so two and not four.

    With one of another agent at 0:05 three; where the customer says yes at 0:10, the one at 0:18 stands apart too.
    """
    log = Log()
    for name, more in (("a", ()), ("b", ("other",)), ("d", ("other", "yes"))):
        pen = ticket(log, name)
        for second in ("00", "08", "18", "29"):
            pen.commented(f"0:10:{second}", "human", agent="a-1")
        if "other" in more:
            pen.commented("0:10:05", "human", agent="a-2")
        if "yes" in more:
            pen.commented("0:10:10", "customer")
        pen.status("1:00:00", "solved")

    apart, merged = shown(log, "2:00:00"), shown(log, "2:00:00", merged_sends_ms=10_000)

    assert apart["replies_per_resolution_mean"] == (4 + 5 + 5) / 3
    assert merged["replies_per_resolution_mean"] == (2 + 3 + 4) / 3
    assert merged["replies_per_resolution 0.5"] == 3


def test_replies_are_merged_in_every_episode() -> None:
    """M13: the customer comes back after eight days, and is answered twice within 8 s: one reply, or two."""
    log = Log()
    pen = ticket(log, "a").commented("0:10:00", "human", agent="a-1").status("1:00:00", "solved")
    pen.commented("200:00:00", "customer").commented("200:10:00", "human", agent="a-1")
    pen.commented("200:10:08", "human", agent="a-1").status("201:00:00", "solved")

    assert shown(log, "202:00:00", window="1h", merged_sends_ms=10_000)["replies_per_resolution_mean"] == 1
    assert shown(log, "202:00:00", window="1h")["replies_per_resolution_mean"] == 2


def test_touches_per_resolution() -> None:
    """M14: a reply, a note, a tag and the solve are 4 by humans, a bot's answer and a rule's tag none; the other 0."""
    log = Log()
    pen = ticket(log, "a").commented("0:10:00", "human").commented("0:11:00", "human", public=False)
    pen.add("ticket.tagged", "0:12:00", actor="human").add("ticket.tagged", "0:13:00", actor="system")
    pen.commented("0:14:00", "bot").status("1:00:00", "solved", by="human")
    ticket(log, "b").status("1:00:00", "solved", by="system")

    assert shown(log, "2:00:00")["touches_per_resolution_mean"] == 2


def test_owners_per_resolution() -> None:
    """M29: 1, 3 and an unknown number of owners: 2 in the mean, and one of two had a single one."""
    log = Log()
    for name, agents in (("a", ["a-1", "a-1"]), ("b", ["a-1", "a-2", "a-3"]), ("d", [])):
        pen = ticket(log, name)
        for agent in agents:
            pen.add("ticket.assigned", "0:10:00", agent=agent)
        pen.status("1:00:00", "solved")

    found = shown(log, "2:00:00")

    assert (found["owners_per_resolution_mean"], found["one_owner_ratio"]) == (2, 0.5)


def test_who_is_assigned_owns_and_who_replies_does_not() -> None:
    """M29: a bot and an agent assigned are two owners; of two who only reply none is known, so the mean is of the one.

    An agent who accepted and passed it on to another, who replies without accepting, is its only owner: 1.5 of both.
    """
    log = Log()
    pen = ticket(log, "a").add("ticket.assigned", "0:10:00", agent="bot-1", actor="bot")
    pen.add("ticket.assigned", "0:20:00", agent="a-1").status("1:00:00", "solved")
    pen = ticket(log, "b").commented("0:10:00", "human", agent="a-1").commented("0:20:00", "human", agent="a-2")
    pen.status("1:00:00", "solved")
    assert shown(log, "2:00:00")["owners_per_resolution_mean"] == 2

    pen = ticket(log, "d").accepted("0:05:00", agent="a-1").add("chat.transferred", "0:10:00", to_agent="a-2")
    pen.commented("0:20:00", "human", agent="a-2").status("1:00:00", "solved")
    assert shown(log, "2:00:00")["owners_per_resolution_mean"] == 1.5


def test_closed_without_reply() -> None:
    """M10: no sample of the first response, and one closed without a reply; the bot's containment is none."""
    log = Log()
    log.of(conversation="a").customer("0:00:00").queued("0:00:10").closed("0:05:00", "system")
    log.of(conversation="b").started("0:00:00", bot=True).customer("0:00:05").closed("0:05:00", "bot")

    found = shown(log, "0:10:00")

    assert (found["no_reply_closed"], found["first_responses"], found["resolved"]) == (1, 0, 1)


@pytest.mark.parametrize("closing", ["0:04:59", "0:05:00", "0:05:01"])
def test_a_closing_message_is_no_reply(closing: str) -> None:
    """M10: an automatic one before the close, with it or behind it: no first response, and closed without a reply."""
    log = Log().customer("0:00:00").queued("0:00:10").accepted("0:00:20").human(closing, auto=True)
    log.closed("0:05:00", "agent", reason="closing message")

    found = shown(log, "0:10:00")

    assert (found["first_responses"], found["no_reply_closed"], found["first_response_open"]) == (0, 1, 0)


def test_asynchronous_abandonment() -> None:
    """M5c: withdrawn before any reply, closed by time-out before any, two answered: a half; chats are not in it.

    Two more that agents solved without a word are resolved, not abandoned: 2 of 6.
    """
    log = Log()
    ticket(log, "a").status("1:00:00", "closed", by="customer")
    ticket(log, "b").status("1:00:00", "closed", by="system")
    for name in ("d", "e"):
        ticket(log, name).commented("0:30:00", "human").status("1:00:00", "solved")
    log.of(conversation="f", channel="chat").customer("0:00:00").queued("0:00:10").closed("0:05:00", "customer")

    assert shown(log, "2:00:00")["async_abandonment_ratio"] == 0.5
    ticket(log, "g").status("1:00:00", "solved", by="human")
    ticket(log, "h").status("1:00:00", "closed", by="human")
    assert shown(log, "2:00:00")["async_abandonment_ratio"] == pytest.approx(2 / 6)


@pytest.mark.parametrize(
    ("by", "abandoned"), [({}, 1), ({"by": "robot"}, 1), ({"by": "agent"}, 1), ({"by": "human"}, 0)]
)
def test_who_is_not_named_is_no_agent_who_resolved_it(by: dict[str, str], abandoned: float) -> None:
    """M5c, §0.11: an unknown doer is not human, so a ticket that nobody replied to and somebody ended is abandoned."""
    log = Log()
    ticket(log, "a").status("1:00:00", "closed", **by)

    assert shown(log, "2:00:00")["async_abandonment_ratio"] == abandoned


def test_first_response_time_by_resolved() -> None:
    """M10L: responses after 10 and 30 min, four resolved: 2,400 s / 4; the mean of the responses is 1,200 s."""
    log = Log()
    for name, replied in (("a", "0:10:00"), ("b", "0:30:00"), ("d", None), ("e", None)):
        pen = ticket(log, name)
        if replied:
            pen.commented(replied, "human")
        pen.status("1:00:00", "solved")

    found = shown(log, "2:00:00")

    assert (found["first_response_per_resolved_seconds"], found["first_response_mean_seconds"]) == (600, 1_200)


# ------------------------------------------------------------------------------------------------- in general


def test_nothing_is_absent_and_counts_are_zero() -> None:
    """One received: no ratio, mean or quantile of resolutions, and counts of 0."""
    log = Log()
    ticket(log, "a")

    found = shown(log, "1:00:00")

    counts = ("received", "resolved", "reopened", "deleted", "no_reply_closed", "auto_closed")
    assert [found[name] for name in counts] == [1, 0, 0, 0, 0, 0]
    absent = (
        "resolution_",
        "first_resol",
        "resolved_w",
        "closed",
        "reopen_",
        "opened",
        "replies_per",
        "touches",
        "owners",
        "one_",
    )
    assert [name for name in found if name.startswith(absent)] == ["resolution_rate_ratio"]
    assert (found["resolution_rate_ratio"], found["received_resolved_ratio"]) == (0, 0)


def test_resolution_stands_by_channel_and_queue() -> None:
    """In the queue it had when it was solved; received where it was then."""
    log = Log().of(channel="email").created("0:00:00", queue="billing").assigned("0:30:00", "sales")
    log.status("1:00:00", "solved")

    values = offline(log.lines, after("2:00:00")).values(after("2:00:00"))

    def of(queue: str, name: str) -> float | None:
        labels = (("tenant", "default"), ("channel", "email"), ("queue", queue), ("window", "today"))
        return values.get((f"support_queue_rolling_{name}", labels))

    assert [of("billing", name) for name in ("received", "resolved", "resolution_mean_seconds")] == [1, 0, None]
    assert [of("sales", name) for name in ("received", "resolved", "resolution_mean_seconds")] == [0, 1, 3_600]


def test_quantiles_of_small_numbers_are_exact() -> None:
    """By nearest rank: of ten the ninth is the 0.9; what is counted as often as it was taken back is not there."""
    read = number_quantiles(REPLIES_TO_SOLVE.bins)

    def quantiles(counts: dict[int, int]) -> list[float | int | None]:
        sums = {REPLIES_TO_SOLVE.bins + number: n for number, n in counts.items()}
        other = {REPLIES_TO_SOLVE.bins - 1: 7, REPLIES_TO_SOLVE.bins + 4_096: 7}
        return list(read(Reading({**sums, **other}, State(), 0)).values())

    assert quantiles({}) == []
    assert quantiles({3: 0}) == []
    assert quantiles({0: 1}) == [0, 0, 0, 0, 0]
    assert quantiles({4: 4, 1: 5, 9: 1}) == [1, 4, 4, 9, 9]
    assert quantiles(dict.fromkeys(range(1, 101), 1)) == [50, 75, 90, 95, 99]
    assert quantiles({4_095: 1, 2: 0, 0: 2}) == [0, 4_095, 4_095, 4_095, 4_095]
