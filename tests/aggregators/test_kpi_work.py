"""M5d, M9, M20, M26 to M28 as they are shown: by queue, channel and tenant, now and over windows."""

import pytest

from aggregators.definitions import Definitions
from stream.offline import Offline
from tests.aggregators.observed import shown
from tests.logs import Log, after

BILLING = ("default", "chat", "billing")
SALES = ("default", "chat", "sales")


def accepted(log: Log, conversation: str, clock: str, agent: str = "a-1") -> Log:
    """Let *conversation* be queued and accepted at *clock*; return a pen for it."""
    return log.of(conversation=conversation).queued(clock).accepted(clock, agent=agent)


# -------------------------------------------------------------------------------------------------- M20, now


def test_chats_now() -> None:
    """M20: three accepted, of which one is on hold and one has been idle since 31:00; the fourth only waits.

    c 00:10 ───────── · d 00:20 ── held 00:50 ═════ · e 00:30 ── message 01:00 ───(30 min)─── 31:00 idle
    """
    log = Log()
    accepted(log, "c", "00:10")
    accepted(log, "d", "00:20").add("chat.held", "00:50")
    accepted(log, "e", "00:30").human("01:00")
    log.of(conversation="f").queued("00:40")

    now = shown(log, "00:50")
    assert (now["active_chats"], now["held_chats"], now["idle_chats"]) == (3, 0, 0)
    now = shown(log, "31:00")
    assert (now["active_chats"], now["held_chats"], now["idle_chats"]) == (2, 1, 0)
    now = shown(log, "31:00.001")
    assert (now["active_chats"], now["held_chats"], now["idle_chats"]) == (2, 1, 1)


def test_a_chat_is_active_after_its_accept_and_until_its_end() -> None:
    """Just before the accept it waits, just before the close it is active, after it neither."""
    log = Log().queued("00:00").accepted("00:10").closed("01:00")

    assert [shown(log, clock)["active_chats"] for clock in ("00:10", "00:10.001", "01:00", "01:00.001")] == [0, 1, 1, 0]


def test_a_chat_that_nobody_ended() -> None:
    """KPIS 0.16, an active chat silent for more than 24 h: out of the gauges, in no mean; the close comes too late."""
    log = Log().queued("0:00:00").accepted("0:00:10").closed("30:00:00")

    assert shown(log, "24:00:10")["active_chats"] == 1
    assert shown(log, "24:00:10.001")["active_chats"] == 0
    late = shown(log, "30:00:10")
    assert late["handled"] == 0
    assert "handle_mean_seconds" not in late


@pytest.mark.parametrize("sign", [{"actor": "customer"}, {"actor": "human", "agent": "a-1"}])
def test_a_chat_that_was_given_up_and_goes_on(sign: dict[str, str]) -> None:
    """KPIS 0.16, a later event revives it: accepted at 0:00:10, silent, written in at 30:00:00, closed at 30:10:00.

    It is there until 24:00:10, and again from 30:00:00 on, in the queue and of the agent it was; 600 s are handled, and
    the six hours between are nobody's. A note of a machine revives nothing.
    """
    log = Log().queued("0:00:00", "sales").accepted("0:00:10", agent="a-1")
    machine = Log().queued("0:00:00", "sales").accepted("0:00:10", agent="a-1").says("30:00:00", "system")
    by_itself = Log().queued("0:00:00", "sales").accepted("0:00:10", agent="a-1").says("30:00:00", "human", auto=True)
    log.add("chat.message", "30:00:00", **sign)

    assert shown(log, "29:59:59")["active_chats"] == 0
    assert shown(log, "30:00:01", *SALES)["active_chats"] == 1
    assert shown(machine, "30:00:01")["active_chats"] == shown(by_itself, "30:00:01")["active_chats"] == 0
    ended = shown(log.closed("30:10:00"), "30:10:01")
    assert (ended["active_chats"], ended["handled"], ended["handle_mean_seconds"]) == (0, 1, 600)


def test_a_chat_is_idle_though_nobody_wrote_since_it_was_accepted() -> None:
    """M20: written at 0:00, accepted at 0:10: idle from 0:40 on. So is one that is taken from hold after days."""
    log = Log().queued("0:00:00").customer("0:00:00").accepted("0:10:00")
    assert [shown(log, clock)["idle_chats"] for clock in ("0:39:59", "0:40:01")] == [0, 1]

    log.add("chat.resumed", "60:00:00")
    assert [shown(log, clock)["idle_chats"] for clock in ("60:29:59", "60:30:01")] == [0, 1]


def test_chats_of_several_queues() -> None:
    """Each in the queue it was accepted in; the tenant has the sum."""
    log = Log()
    accepted(log, "c", "00:10")
    log.of(conversation="d").queued("00:20", "sales").accepted("00:30", agent="a-2")

    assert [shown(log, "01:00", *labels)["active_chats"] for labels in (BILLING, SALES, ("default",))] == [1, 1, 2]


# -------------------------------------------------------------------------------------------- M26, handle time


def test_handle_time() -> None:
    """M26, Σ ÷ handled: talk 40 s, hold 20 s and wrap-up 30 s are 90 s; a second one of 30 s: mean 60 s.

    c accepted 00:00 ── held 00:20 ══ resumed 00:40 ── released 01:00 ── wrap-up ── 01:30
    d accepted 01:00 ── closed 01:30
    """
    log = Log()
    one = accepted(log, "c", "00:00").add("chat.held", "00:20").add("chat.resumed", "00:40")
    one.add("chat.released", "01:00", agent="a-1").add("chat.wrapup_ended", "01:30", agent="a-1")
    accepted(log, "d", "01:00", "a-2").closed("01:30")

    now = shown(log, "02:00")

    assert now["handled"] == 2
    assert now["handle_mean_seconds"] == 60
    assert now["handle_active_mean_seconds"] == 60
    assert now["after_work_mean_seconds"] == 30


def test_handle_time_without_idleness() -> None:
    """M26, active_handle: 3,600 s with one gap of 2,400 s are 1,200 s."""
    log = accepted(Log(), "c", "00:00").human("05:00").customer("45:00").human("50:00").closed("60:00")

    now = shown(log, "60:10")

    assert now["handle_mean_seconds"] == 3_600
    assert now["handle_active_mean_seconds"] == 1_200


def test_quantiles_of_the_handle_time() -> None:
    """Of 10, 20, …, 100 s the median is 50 s and p90 90 s, within 1 %."""
    log = Log()
    for number in range(1, 11):
        at = f"{number:02}:00"
        accepted(log, f"c{number}", at).closed(f"{number + number // 6:02}:{number * 10 % 60:02}")

    now = shown(log, "15:00", window="30m")

    assert now["handle_seconds:0.5"] == pytest.approx(50, rel=0.01)
    assert now["handle_seconds:0.9"] == pytest.approx(90, rel=0.01)


def test_attributed_at_the_end_of_the_wrap_up() -> None:
    """M26: released at 04:50, wrapped up at 05:10: of the five minutes from 05:00 on; before that, of those before.

    5m: [00:00 ── accepted 04:00 ── released 04:50 ── 05:00) [05:00 ── wrapped up 05:10 ── 10:00)
    """
    log = accepted(Log(), "c", "04:00").add("chat.released", "04:50", agent="a-1").add("chat.wrapup_ended", "05:10")

    assert shown(log, "05:00")["handle_mean_seconds"] == 50
    now = shown(log, "10:00")
    assert (now["handled"], now["handle_mean_seconds"], now["after_work_mean_seconds"]) == (1, 70, 20)


def test_one_sample_for_each_agent() -> None:
    """M26, several agents: 50 s in billing and 100 s in sales, to the queue each accepted it in.

    Together the conversation took 150 s, counted where its last part ended.
    """
    log = accepted(Log(), "c", "00:10").transferred("01:00", "sales").queued("01:00", "sales")
    log.accepted("01:20", agent="a-2").closed("03:00")

    assert shown(log, "04:00", *BILLING)["handle_mean_seconds"] == 50
    assert shown(log, "04:00", *SALES)["handle_mean_seconds"] == 100
    assert shown(log, "04:00")["handle_mean_seconds"] == 75
    assert shown(log, "04:00")["handle_conversation_mean_seconds"] == 150
    assert shown(log, "04:00", *SALES)["handle_conversation_mean_seconds"] == 150
    assert "handle_conversation_mean_seconds" not in shown(log, "04:00", *BILLING)
    # While the second part goes on it is the first alone.
    assert shown(log, "02:00")["handle_conversation_mean_seconds"] == 50


def test_of_nothing() -> None:
    """Counts are 0, means, quantiles and ratios absent."""
    now = shown(Log().queued("00:00"), "01:00")

    counts = ("handled", "transfers_out", "transfers_in", "escalations", "offers_missed", "chats_ended")
    states = ("active_chats", "held_chats", "idle_chats")
    absent = ("handle_mean_seconds", "handle_seconds:0.5", "handle_active_mean_seconds", "after_work_mean_seconds")
    ratios = ("transfer_ratio", "escalation_ratio", "mid_chat_abandonment_ratio")
    assert [now[name] for name in (*counts, *states)] == [0] * 9
    assert not {*absent, *ratios} & now.keys()


# ------------------------------------------------------------------------- M9, M27, M28: moves and missed offers


def test_transfers() -> None:
    """M27: of four legs answered one went to sales and one to a colleague; one was reassigned, which is none.

    Out of billing 2 ÷ 3 answered there; into sales 1; 2 ÷ 4 in all.
    """
    log = Log()
    accepted(log, "c", "00:00").transferred("00:10", "sales").queued("00:10", "sales").accepted("00:20", agent="a-2")
    accepted(log, "d", "00:00").transferred("00:10", to_agent="a-2", kind="transfer")
    accepted(log, "e", "00:00").transferred("00:10", to_agent="a-3", kind="reassignment")

    billing, sales, tenant = (shown(log, "01:00", *labels) for labels in (BILLING, SALES, ("default",)))

    assert (billing["transfers_out"], billing["transfers_in"]) == (2, 0)
    assert (sales["transfers_out"], sales["transfers_in"]) == (0, 1)
    assert billing["transfer_ratio"] == pytest.approx(2 / 3)
    assert tenant["transfer_ratio"] == 0.5
    assert sales["transfer_ratio"] == 0


def test_escalations() -> None:
    """M28: one of two conversations went up, and once more; three parts were handled: a third."""
    log = Log()
    up = (
        accepted(log, "c", "00:00")
        .transferred("00:10", to_agent="a-2", kind="escalation")
        .accepted("00:20", agent="a-2")
    )
    up.transferred("00:30", to_agent="a-3", kind="escalation")
    accepted(log, "d", "00:00").closed("00:40")

    now = shown(log, "01:00")

    assert (now["escalations"], now["handled"]) == (1, 3)
    assert now["escalation_ratio"] == pytest.approx(1 / 3)


def test_tickets_that_escalate_make_no_ratio_of_chats() -> None:
    """M28: three tickets go up and no chat of two does: 3 escalations, and 0 of the 2 parts handled."""
    log = Log()
    for name in ("t", "u", "v"):
        log.of(conversation=name, queue="billing", channel="email").created("00:00").add("ticket.escalated", "00:30")
    for name in ("c", "d"):
        accepted(log, name, "00:00").closed("00:40")

    now = shown(log, "01:00")

    assert (now["escalations"], now["handled"], now["escalation_ratio"]) == (3, 2, 0)


def test_offers_missed() -> None:
    """M9: two misses of one leg, which waits on; the leg that was answered has none."""
    log = Log().queued("00:00").add("chat.offer_missed", "00:20", agent="a-1").add("chat.offer_missed", "00:40")
    accepted(log, "d", "00:00")

    now = shown(log, "01:00")

    assert (now["offers_missed"], now["waiting"], now["answered"]) == (2, 1, 1)


# ------------------------------------------------------------------------------------ M5d, mid-chat abandonment


def test_mid_chat_abandonment() -> None:
    """M5d: of four answered chats one customer fell silent; one was resolved, one wrote last, one left at once.

    Each: agent's message 00:10, end 31:00; the one who left did so at 00:30.
    """
    log = Log()
    accepted(log, "silent", "00:00").human("00:10").closed("31:00", "system")
    accepted(log, "resolved", "00:00").human("00:10").closed("31:00", "system", resolved=True)
    accepted(log, "wrote", "00:00").human("00:10").customer("00:20").closed("31:00", "system")
    accepted(log, "left", "00:00").human("00:10").abandoned("00:30", "chat").closed("00:40", "system")
    log.of(conversation="queued").queued("00:00").human("00:10").abandoned("31:00")

    now = shown(log, "31:10", window="1h")

    assert now["chats_ended"] == 4
    assert now["mid_chat_abandonment_ratio"] == 0.25
    assert now["abandoned"] == 1


def test_mid_chat_abandonment_of_nothing() -> None:
    """A chat that goes on is in no ratio; one that was resolved makes it 0."""
    log = accepted(Log(), "c", "00:00").human("00:10")
    assert "mid_chat_abandonment_ratio" not in shown(log, "02:00")

    assert shown(log.closed("01:00", resolved=True), "02:00")["mid_chat_abandonment_ratio"] == 0


# ---------------------------------------------------------------------------------------------- taking it back


def test_spam_takes_it_all_back() -> None:
    """KPIS 0.13: flagged, it has left every metric, those of the past too."""
    log = accepted(Log(), "c", "00:00").transferred("00:10", "sales", kind="escalation").queued("00:10", "sales")
    log.add("chat.offer_missed", "00:12").accepted("00:20", agent="a-2").human("00:25").closed("00:40")
    log.add("chat.wrapup_ended", "00:50")
    names = ("handled", "transfers_out", "transfers_in", "escalations", "offers_missed", "chats_ended", "active_chats")
    before = shown(log, "01:00")
    assert [before[name] for name in names] == [2, 1, 1, 1, 1, 1, 0]

    after_flag = shown(log.flagged("01:00"), "01:10")

    assert [after_flag.get(name, 0) for name in names] == [0] * 7
    assert "handle_mean_seconds" not in after_flag


def test_what_is_not_asked_for_is_neither_counted_nor_shown() -> None:
    """By default no family is; asked for by name it is, and no other."""
    log = Log().queued("00:00").accepted("00:10", agent="a").closed("05:00")

    def handled(*families: str) -> list[str]:
        product = Offline(definitions=Definitions(families=families))
        product.feed(log.lines)
        return [name for name, _ in product.values(after("06:00")) if name.endswith(("_handled", "_received"))]

    assert handled() == []
    assert len(handled("work")) == 3 * 5
    assert all(name.endswith("_handled") for name in handled("work"))
