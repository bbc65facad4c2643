"""M11: how long customers wait for the next reply."""

import pytest

from tests.logs import Log, after, expects, offline


def test_several_messages_are_one_stretch() -> None:
    """Three customer messages in a row wait from the first: one sample of 50 s."""
    log = Log().customer("00:00").customer("00:10").customer("00:40").human("00:50")

    expects(log, "01:00", reply_samples_5m=1, reply_mean_s_5m=50, reply_p50_s_5m=50)


def test_every_stretch_has_a_sample() -> None:
    """10 s and 30 s and 80 s: mean 40 s, median 30 s; the first of them is the first response as well."""
    log = Log().customer("00:00").human("00:10").customer("01:00").human("01:30").customer("02:00").human("03:20")

    expects(log, "05:00", reply_samples_5m=3, reply_mean_s_5m=40, reply_p50_s_5m=30, first_responses_5m=1)


def test_the_median_of_two_is_the_lesser() -> None:
    """Nearest rank: of 10 s and 30 s the median is 10 s."""
    log = Log().customer("00:00").human("00:10").customer("01:00").human("01:30")

    expects(log, "05:00", reply_p50_s_5m=10)


def test_what_a_close_ends_without_a_reply_is_counted() -> None:
    """M11: answered after 10 s; "thanks" at 1:00 and closed at 1:30; written to again at 2:00, which waits still.

    One reply of 10 s, one stretch dropped at 1:30, none at 1:20 and none of the one that waits.
    """
    log = Log().customer("00:00").human("00:10").customer("01:00").closed("01:30").customer("02:00")

    def dropped(clock: str) -> float:
        found = offline(log.lines, after(clock)).values(after(clock))
        return found["support_tenant_rolling_replies_dropped", (("tenant", "default"), ("window", "5m"))]

    expects(log, "03:00", reply_samples_5m=1, reply_mean_s_5m=10)
    assert (dropped("01:20"), dropped("01:40"), dropped("03:00")) == (0, 1, 1)


def test_a_second_reply_is_none() -> None:
    """Two replies in a row: the second answers nothing."""
    log = Log().customer("00:00").human("00:10").human("00:20")

    expects(log, "01:00", reply_samples_5m=1, reply_mean_s_5m=10)


@pytest.mark.parametrize("resolve", ["closed", "solved"])
def test_thanks_and_close(resolve: str) -> None:
    """A resolve ends the stretch without a sample; the next customer message starts a new one."""
    log = Log().customer("00:00").human("00:10").customer("00:20")
    log = log.closed("00:30") if resolve == "closed" else log.status("00:30", resolve)

    expects(log, "00:40", reply_samples_5m=1, reply_mean_s_5m=10)
    expects(log.human("00:50"), "01:00", reply_samples_5m=1)
    expects(log.customer("01:10").human("01:40"), "01:50", reply_samples_5m=2, reply_mean_s_5m=20)


@pytest.mark.parametrize("status", ["new", "open", "pending", "on_hold", "dormant"])
def test_other_statuses_resolve_nothing(status: str) -> None:
    """Only solved and closed end a stretch."""
    log = Log().customer("00:00").status("00:10", status).human("00:30")

    expects(log, "01:00", reply_samples_5m=1, reply_mean_s_5m=30)


def test_a_reopening_is_no_message() -> None:
    """chat.reopened starts no stretch: after it the customer's next message does."""
    log = Log().customer("00:00").human("00:10").closed("00:20").add("chat.reopened", "01:00", by="customer")
    log.customer("01:10").human("01:30")

    expects(log, "02:00", reply_samples_5m=2, reply_mean_s_5m=15)


def test_agent_initiated_ones_are_included() -> None:
    """Who is written to by an agent has no first response, but replies."""
    log = Log().started("00:00", initiated_by="agent").human("00:01").customer("00:10").human("00:30")

    expects(log, "01:00", first_responses_5m=0, frt_mean_s_5m=None, reply_samples_5m=1, reply_mean_s_5m=20)


@pytest.mark.parametrize(
    "fields",
    [
        {"actor": "bot"},
        {"actor": "system"},
        {"actor": "robot"},
        {"actor": "human", "public": False},
        {"actor": "human", "auto": True},
    ],
)
@pytest.mark.parametrize("kind", ["chat.message", "ticket.commented"])
def test_what_is_no_reply(kind: str, fields: dict[str, object]) -> None:
    """Bots, systems, unknown actors, internal notes and autoresponders end no stretch."""
    log = Log().customer("00:00").add(kind, "00:10", **fields).human("00:30")

    expects(log, "01:00", reply_samples_5m=1, reply_mean_s_5m=30)


def test_at_one_instant_the_customer_comes_first() -> None:
    """Whatever the ids: the reply of the same instant answers at once, and the next one nothing."""
    log = Log().human("00:10", id="a").customer("00:10", id="z").human("00:30")

    expects(log, "01:00", reply_samples_5m=1, reply_mean_s_5m=0, first_responses_5m=1, frt_mean_s_5m=0)


def test_at_one_instant_the_close_comes_last() -> None:
    """Message, reply and close with the same stamp: the reply counts, and nothing is left open."""
    log = Log().closed("00:10").human("00:10").customer("00:10")

    expects(log, "01:00", reply_samples_5m=1, frt_open=0)


def test_the_sample_stands_at_the_reply() -> None:
    """At its instant and in the queue of that instant.

    5m: [00:00 ── customer, sales ── 05:00) [05:00 ── billing, reply ── 10:00)
    """
    log = Log(channel="chat").customer("04:50", queue="sales").assigned("04:55", "billing").human("05:00")

    expects(log, "05:00", reply_samples_5m=0)
    expects(log, "10:00", "default", "chat", "billing", reply_samples_5m=1, reply_mean_s_5m=10)
    expects(log, "10:00", "default", "chat", "sales", reply_samples_5m=0)


def test_a_ticket_is_the_first_message() -> None:
    """The ticket itself waits for a reply; comments and chat messages are of one conversation."""
    log = Log().created("00:00").customer("00:10").commented("00:30", "human")

    expects(log, "01:00", reply_samples_5m=1, reply_mean_s_5m=30)


@pytest.mark.parametrize("fields", [{"public": False}, {"auto": True}])
def test_a_customer_message_is_one_in_any_case(fields: dict[str, bool]) -> None:
    """`public` and `auto` say nothing of customers."""
    log = Log().customer("00:00", **fields).human("00:10")

    expects(log, "01:00", reply_samples_5m=1, first_responses_5m=1)


def test_a_stretch_may_take_long() -> None:
    """Two days without a resolve are one stretch and one episode."""
    log = Log().customer("0:00:00").customer("30:00:00").human("48:00:00")

    expects(log, "48:00:10", reply_mean_s_5m=172_800, frt_mean_s_5m=172_800)
