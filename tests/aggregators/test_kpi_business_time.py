"""Business time, as it is shown, each number against one worked out by hand.

Offices are in Berlin and open from Monday to Friday from 9 to 17 unless a test says otherwise.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.business import corrected
from aggregators.definitions import FAMILIES
from aggregators.instants import HOUR_MS
from aggregators.points import HANDLED
from aggregators.samples import Twice
from stream.definitions_file import definitions_from
from stream.offline import Offline
from tests.adversary import logs
from tests.aggregators.observed import observed, points, spans
from tests.aggregators.running import Counted, incoming
from tests.logs import Log

ASKED = f"families = {list(FAMILIES)}\n"
OFFICE = """
[calendars.office]
zone = "Europe/Berlin"
week = { mon-fri = "09:00-17:00" }
special = { 2026-12-24 = "09:00-12:00" }
holidays = [2026-12-25]

[[business_hours]]
calendar = "office"

[[business_hours]]
queue = "emergency"
calendar = "always"
"""


def at(text: str) -> int:
    """Return the epoch ms of an instant."""
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def email(log: Log, name: str = "c", queue: str = "billing") -> Log:
    """Return a pen for an e-mail on *log*."""
    return log.of(conversation=name, channel="email", queue=queue)


def shown(log: Log, text: str, definitions: str = OFFICE, *, window: str = "7d", queue: str = "") -> dict[str, float]:
    """Return what is shown of the tenant, or of one queue, at an instant, by name and the value of a further label."""
    offline = Offline(definitions=definitions_from(ASKED + definitions))
    offline.feed(log.lines)
    level = "queue" if queue else "tenant"
    found: dict[str, float] = {}
    for (name, pairs), value in offline.values(at(text)).items():
        labels = dict(pairs)
        if (
            name.startswith(f"support_{level}_")
            and labels.pop("window", window) == window
            and labels.pop("queue", "") == queue
        ):
            del labels["tenant"]
            labels.pop("channel", None)
            suffix = name.removeprefix(f"support_{level}_").removeprefix("rolling_")
            found[":".join([suffix, *labels.values()])] = value
    return found


# -------------------------------------------------------------------------------------------- both clocks


def test_a_correction_of_a_resolution_stands_where_it_was_solved() -> None:
    """Written on Monday at 0:00 UTC to billing and solved at 12:00 in sales: 12 h, 4 of them in office hours."""
    log = Log(channel="email").created("0:00:00", queue="billing").commented("10:00:00", "human", queue="sales")
    samples = observed(log.status("12:00:00", "solved").lines, definitions_from(ASKED + OFFICE)).samples

    found = [(each[2].queue, each[3], each[4]) for each in samples if isinstance(each, Twice)]

    assert found == [("sales", 12 * HOUR_MS, 4 * HOUR_MS)]


def test_a_correction_moves_one_duration() -> None:
    """Of 10 s 4 s were open: 6 s less in all, one less where 10 s are and one more where 4 s are."""
    amounts = corrected(HANDLED, 10_000, 4_000)

    assert [amount for _, amount in amounts] == [-6_000, -1, 1]
    assert corrected(HANDLED, 10_000, 10_000) == ()


def test_each_duration_is_stored_twice() -> None:
    """Friday 16:00 to Monday 11:00 are 67 h, of which 1 h + 2 h are open; a later reply takes 30 min in both."""
    log = Log()
    pen = email(log).created(at("2026-11-20T16:00+01:00")).commented(at("2026-11-23T11:00+01:00"), "human")
    pen.commented(at("2026-11-23T12:30+01:00"), "customer").commented(at("2026-11-23T13:00+01:00"), "human")

    found = shown(log, "2026-11-23T14:00+01:00")

    assert found["first_response_mean_seconds"] == 67 * 3600
    assert found["first_response_business_mean_seconds"] == 3 * 3600
    assert found["first_response_business_seconds:0.5"] == pytest.approx(3 * 3600, rel=0.01)
    # Σ (67 h + 30 min) / 2 and Σ (3 h + 30 min) / 2; the median of two is the lesser.
    assert found["reply_mean_seconds"] == 33.75 * 3600
    assert found["reply_business_mean_seconds"] == 1.75 * 3600
    assert found["reply_business_seconds:0.5"] == pytest.approx(1800, rel=0.01)
    assert found["reply_business_seconds:0.99"] == pytest.approx(3 * 3600, rel=0.01)


def test_resolution_in_both_clocks() -> None:
    """M40: created Friday 16:00, solved Tuesday 10:00: 90 h, of which 1 h + 8 h + 1 h are open."""
    log = Log()
    email(log).created(at("2026-11-20T16:00+01:00")).status(at("2026-11-24T10:00+01:00"), "solved")

    found = shown(log, "2026-11-24T12:00+01:00")

    assert found["resolution_mean_seconds"] == 90 * 3600
    assert found["resolution_business_mean_seconds"] == 10 * 3600
    assert found["resolution_business_seconds:0.5"] == pytest.approx(10 * 3600, rel=0.01)


def test_a_reopened_resolution_is_withdrawn_in_both_clocks() -> None:
    """M40: solved Monday 10:00 (2 h), reopened, solved Tuesday 10:00: one sample of 10 h."""
    log = Log()
    pen = email(log).created(at("2026-11-20T16:00+01:00")).status(at("2026-11-23T10:00+01:00"), "solved")
    assert shown(log, "2026-11-23T11:00+01:00")["resolution_business_mean_seconds"] == 2 * 3600

    pen.commented(at("2026-11-23T12:00+01:00"), "customer")
    assert "resolution_business_mean_seconds" not in shown(log, "2026-11-23T13:00+01:00")

    pen.status(at("2026-11-24T10:00+01:00"), "solved")
    assert shown(log, "2026-11-24T11:00+01:00")["resolution_business_mean_seconds"] == 10 * 3600


def test_closed_by_timeout_ends_with_the_last_word_in_both_clocks() -> None:
    """M40: answered Monday 11:00, closed by the system on Wednesday: 3 h open."""
    log = Log()
    pen = email(log).created(at("2026-11-20T16:00+01:00")).commented(at("2026-11-23T11:00+01:00"), "human")
    pen.status(at("2026-11-25T11:00+01:00"), "closed", by="system")

    assert shown(log, "2026-11-25T12:00+01:00")["resolution_business_mean_seconds"] == 3 * 3600


# ------------------------------------------------------------------------------------------- without a calendar


def test_without_a_calendar_business_time_is_elapsed_time() -> None:
    """Not 0 (M10, KPIS 0.14): the same 67 h in both."""
    log = Log()
    pen = email(log).created(at("2026-11-20T16:00+01:00")).commented(at("2026-11-23T11:00+01:00"), "human")
    pen.status(at("2026-11-23T11:00+01:00"), "solved")

    found = shown(log, "2026-11-23T14:00+01:00", "")

    for name in ("first_response", "reply", "resolution"):
        assert found[f"{name}_business_mean_seconds"] == found[f"{name}_mean_seconds"] == 67 * 3600
        assert found[f"{name}_business_seconds:0.5"] == found[f"{name}_seconds:0.5"]


def test_a_tenant_adds_up_queues_with_and_without_a_calendar() -> None:
    """Billing by the office's hours, emergency always: (3 h + 67 h) / 2 of the tenant, 67 h of emergency."""
    log = Log()
    for queue in ("billing", "emergency"):
        pen = email(log, queue, queue)
        pen.created(at("2026-11-20T16:00+01:00")).commented(at("2026-11-23T11:00+01:00"), "human")

    name = "first_response_business_mean_seconds"
    assert shown(log, "2026-11-23T14:00+01:00")[name] == 35 * 3600
    assert shown(log, "2026-11-23T14:00+01:00", queue="emergency")[name] == 67 * 3600
    assert shown(log, "2026-11-23T14:00+01:00", queue="billing")[name] == 3 * 3600


def test_a_quantile_counts_each_reply_once() -> None:
    """3 h in billing, 10 h and 20 h in emergency: the median of the three is 10 h."""
    log = Log()
    for name, queue, hours in (("a", "billing", 67), ("b", "emergency", 10), ("d", "emergency", 20)):
        asked = at("2026-11-20T16:00+01:00")
        email(log, name, queue).created(asked).commented(asked + hours * HOUR_MS, "human")

    found = shown(log, "2026-11-23T14:00+01:00")

    assert found["first_response_business_seconds:0.5"] == pytest.approx(10 * 3600, rel=0.01)


@pytest.mark.parametrize(
    ("where", "hours"), [('tenant = "default"', 3), ('channel = "email"', 3), ('tenant = "x"', 67)]
)
def test_a_calendar_holds_for_a_tenant_or_a_channel(where: str, hours: int) -> None:
    """Of this tenant, of this channel, of another tenant: 3 of 67 h are open where it holds."""
    office = OFFICE.partition("[[business_hours]]")[0]
    log = Log()
    email(log).created(at("2026-11-20T16:00+01:00")).commented(at("2026-11-23T11:00+01:00"), "human")

    found = shown(log, "2026-11-23T14:00+01:00", f'{office}[[business_hours]]\n{where}\ncalendar = "office"\n')

    assert found["first_response_business_mean_seconds"] == hours * 3600


def test_outside_of_business_hours_a_reply_took_no_time() -> None:
    """Saturday to Saturday: 0 s, which counts (a genuine zero is no missing value)."""
    log = Log()
    email(log).created(at("2026-11-21T10:00+01:00")).commented(at("2026-11-21T15:00+01:00"), "human")

    found = shown(log, "2026-11-21T16:00+01:00")

    assert found["first_response_business_mean_seconds"] == 0
    assert found["first_response_business_seconds:0.5"] == 0
    assert found["first_response_attainment_ratio"] == 1


# ----------------------------------------------------------------------- days of 23 and 25 h, holidays, versions


@pytest.mark.parametrize(
    ("zone", "asked", "answered", "hours"),
    [
        # Sundays, all day; from Saturday noon to Monday noon, whose offsets differ by an hour.
        ("Europe/Berlin", "2026-03-28T12:00+01:00", "2026-03-30T12:00+02:00", 23),
        ("Europe/Berlin", "2026-10-24T12:00+02:00", "2026-10-26T12:00+01:00", 25),
        ("America/New_York", "2026-03-07T12:00-05:00", "2026-03-09T12:00-04:00", 23),
        ("America/New_York", "2026-10-31T12:00-04:00", "2026-11-02T12:00-05:00", 25),
    ],
)
def test_days_of_23_and_25_hours(zone: str, asked: str, answered: str, hours: int) -> None:
    """First response, resolution and the policy clock, on the Sunday on which the clocks change."""
    definitions = (
        f'[calendars.sundays]\nzone = "{zone}"\nweek = {{ sun = "00:00-24:00" }}\n'
        '[[business_hours]]\ncalendar = "sundays"\n'
        f'[targets.first_response]\nchannels = {{ email = "{hours}h" }}\n'
    )
    log = Log()
    email(log).created(at(asked)).commented(at(answered), "human").status(at(answered), "solved")

    found = shown(log, answered[:11] + "23:00" + answered[16:], definitions)

    assert found["first_response_business_mean_seconds"] == hours * 3600
    assert found["resolution_business_mean_seconds"] == hours * 3600
    # It was due at the midnight at which Sunday ended.
    assert found["first_response_attainment_ratio"] == 0
    assert found["sla_breached:first_reply"] == 1


def test_a_holiday() -> None:
    """Thursday the 24th from 10 to 12, not the 25th, not the weekend, Monday from 9 to 11: 4 of 97 h."""
    log = Log()
    email(log).created(at("2026-12-24T10:00+01:00")).commented(at("2026-12-28T11:00+01:00"), "human")

    found = shown(log, "2026-12-28T12:00+01:00")

    assert found["first_response_mean_seconds"] == 97 * 3600
    assert found["first_response_business_mean_seconds"] == 4 * 3600


CHANGED = """
[[calendars.office]]
zone = "Europe/Berlin"
week = { mon-fri = "09:00-17:00" }

[[calendars.office]]
from = 2027-01-04
zone = "Europe/Berlin"
week = { mon-fri = "08:00-18:00" }

[[business_hours]]
calendar = "office"
"""


def test_a_calendar_changed_mid_ticket() -> None:
    """Thursday 15-17, Friday 9-17 by the old one, Monday 8-10 by the new one: 2 + 8 + 2 h."""
    log = Log()
    pen = email(log).created(at("2026-12-31T15:00+01:00")).commented(at("2027-01-04T10:00+01:00"), "human")
    pen.status(at("2027-01-04T10:00+01:00"), "solved")

    found = shown(log, "2027-01-04T11:00+01:00", CHANGED)

    assert found["first_response_business_mean_seconds"] == 12 * 3600
    assert found["resolution_business_mean_seconds"] == 12 * 3600


# ------------------------------------------------------------------------------------------ targets, clocks


def test_a_target_is_met_in_business_time() -> None:
    """M10x: 4 h for an e-mail. Friday 16:00 is due Monday 12:00: kept at 12:00, missed a second later."""
    for answered, share in (("2026-11-23T12:00:00+01:00", 1), ("2026-11-23T12:00:01+01:00", 0)):
        log = Log()
        email(log).created(at("2026-11-20T16:00+01:00")).commented(at(answered), "human")
        assert shown(log, "2026-11-23T13:00+01:00")["first_response_attainment_ratio"] == share


def test_open_past_its_target_in_business_time() -> None:
    """M10o, business-clock aware: late on Monday from 12:00 on, not all weekend; in emergency since Friday 20:00."""
    log = Log()
    email(log).created(at("2026-11-20T16:00+01:00"))
    always = Log()
    email(always, queue="emergency").created(at("2026-11-20T16:00+01:00"))
    name = "first_response_open_past_target"

    assert [shown(log, f"2026-11-23T12:00:0{second}+01:00")[name] for second in (0, 1)] == [0, 1]
    assert [shown(always, f"2026-11-20T20:00:0{second}+01:00")[name] for second in (0, 1)] == [0, 1]


def test_what_is_never_open_is_never_due() -> None:
    """A calendar without any hours: neither late nor missed, and no clock has a deadline."""
    closed = '[calendars.none]\nzone = "UTC"\nweek = { mon = "closed" }\n[[business_hours]]\ncalendar = "none"\n'
    log = Log()
    email(log).created(at("2026-11-20T16:00+01:00"))
    assert shown(log, "2026-11-23T12:00+01:00", closed)["first_response_open_past_target"] == 0
    assert shown(log, "2026-11-23T12:00+01:00", closed)["sla_past_deadline:first_reply"] == 0

    email(log).commented(at("2026-11-23T12:00+01:00"), "human")

    found = shown(log, "2026-11-23T13:00+01:00", closed)
    assert found["first_response_attainment_ratio"] == found["sla_attained:first_reply"] == 1


def test_policy_clocks_run_in_business_time() -> None:
    """M47: the first reply is due Monday 12:00 and at risk from 11:12 on, when 48 of its 240 minutes are left.

    48 h to the resolution: 1 h on Friday, 8 h a day from Monday 23 to Friday 27, 7 h on Monday 30: due at 16:00.
    """
    log = Log()
    email(log).created(at("2026-11-20T16:00+01:00"))
    definitions = definitions_from(ASKED + OFFICE)

    (first, second) = points(log, "sla_breached", definitions=definitions)
    ((_, _, begin, end),) = spans(log, "first_reply_at_risk", definitions=definitions)

    epoch = at("2024-03-04T00:00+00:00") / 1000
    assert (first[2] + epoch, second[2] + epoch) == (
        at("2026-11-23T12:00+01:00") / 1000,
        at("2026-11-30T16:00+01:00") / 1000,
    )
    assert (begin + epoch, end) == (at("2026-11-23T11:12+01:00") / 1000, first[2])


def test_a_pause_in_business_time() -> None:
    """M47: pending from Monday 10:00 to Tuesday 10:00 leaves out 7 h + 1 h: due a day later, on the 1st at 16:00."""
    log = Log()
    pen = email(log).created(at("2026-11-20T16:00+01:00")).status(at("2026-11-23T10:00+01:00"), "pending")
    pen.status(at("2026-11-24T10:00+01:00"), "open")

    due = [row[2] for row in points(log, "sla_breached", definitions=definitions_from(ASKED + OFFICE)) if row[3] == 3]

    assert [second * 1000 + at("2024-03-04T00:00+00:00") for second in due] == [at("2026-12-01T16:00+01:00")]


def test_a_calendar_that_changes_while_a_clock_runs() -> None:
    """M47: 12 h from Thursday 15:00: 2 h, 8 h on Friday, 2 h on Monday, which opens at 8 by then: due at 10:00."""
    log = Log()
    email(log).created(at("2026-12-31T15:00+01:00"))
    target = '[targets.first_response]\nchannels = { email = "12h" }\n'

    due = [row[2] for row in points(log, "sla_breached", definitions=definitions_from(ASKED + CHANGED + target))]

    assert due[0] * 1000 + at("2024-03-04T00:00+00:00") == at("2027-01-04T10:00+01:00")


def test_the_clock_keeps_the_calendar_of_the_queue_it_started_in() -> None:
    """M47: begun in emergency, where all time counts: due Friday 20:00, also after a transfer to billing."""
    log = Log()
    pen = email(log, queue="emergency").created(at("2026-11-20T16:00+01:00"))
    pen.add("ticket.assigned", at("2026-11-20T17:00+01:00"), to_queue="billing")

    (first, *_) = points(log, "sla_breached", definitions=definitions_from(ASKED + OFFICE))

    assert first[1] == "billing"
    assert first[2] * 1000 + at("2024-03-04T00:00+00:00") == at("2026-11-20T16:00+01:00") + 4 * HOUR_MS


# ------------------------------------------------------------------------------------------------ properties

BY_NIGHT = definitions_from(
    ASKED + '[calendars.night]\nzone = "America/New_York"\nweek = { mon-sun = "19:00-19:20, 22:00-23:00" }\n'
    '[[business_hours]]\ncalendar = "night"\n'
)
"""Short hours around the midnight UTC at which the logs begin, so that much lies inside and outside of them."""


@settings(max_examples=40, derandomize=True, database=None, deadline=None)
@given(lines=logs(), data=st.data())
def test_corrections_can_be_taken_back(lines: list[bytes], data: st.DataObject) -> None:
    """In any order and with repeats the tables are the same; once all is spam no cell is left."""
    one, other = Counted(BY_NIGHT), Counted(BY_NIGHT)
    one.feed(lines)
    again = data.draw(st.permutations(lines))
    other.feed([*again, *again[:5]])
    assert [line for line in other.lines() if '"position"' not in line] == [
        line for line in one.lines() if '"position"' not in line
    ]

    flags = Log()
    for key in one.tables.facts:
        if not key.kind:
            pen = flags.of(conversation=key.subject, tenant=key.tenant)
            pen.add("ticket.flagged", one.tables.watermark or 0, flag="spam", id="spam")
    one.take(incoming(flags.lines))

    assert not [line for line in one.lines() if '"table":"cell"' in line and '"events:' not in line]
