"""The file of definitions: what it says is in force, and what is wrong in it is named with its line and its key."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.calendars import after_business, business_ms
from aggregators.definitions import FAMILIES, NEVER_MS, Definitions, Scale, Shift, Tier
from aggregators.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, instant_ms
from aggregators.zones import rules_of
from stream.definitions_file import definitions_from
from stream.definitions_told import differences, duration_text, hours_now
from stream.definitions_values import duration
from stream.offline import definitions_of
from stream.settings import SettingsError, load
from stream.toml_file import MAX_BYTES
from stream.toml_table import dotted
from tests.deskpulse import deskpulse, refused

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "definitions-file.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"^<!-- example -->\n```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DEFAULT = Definitions()
FROM_THEN_ON = "targets of what starts from then on; what runs keeps its own"
HOURS = """
[calendars.x]
zone = "Europe/Berlin"
week = { mon-fri = "09:00-17:00" }
[[business_hours]]
calendar = "x"
"""


def at(text: str) -> int:
    """Return an instant in epoch ms."""
    found = instant_ms(text)
    assert found is not None
    return found


def wrong(text: str) -> str:
    """Return what is said of a text: line, key and what is wrong."""
    with pytest.raises(ValueError, match=r"^[0-9]+: ") as error:
        definitions_from(text)
    (line,) = str(error.value).splitlines()
    return line


# ------------------------------------------------------------------------------------------------------ what it says


def test_a_file_that_says_nothing_changes_nothing() -> None:
    """Empty, comments only, or empty tables: the definitions are the defaults, and so is the generation."""
    for text in (
        "",
        "# nothing\n",
        "[targets.wait.queues]\n[surveys]\n[calendars]\n",
        "\ufeff".encode().decode("utf-8-sig"),
    ):
        assert definitions_from(text) == DEFAULT
    assert definitions_from(PAGE[:0]).generation() == DEFAULT.generation()


def test_the_example_of_the_docs_says_what_it_shows() -> None:
    """Each of its values, by hand."""
    found = definitions_from(EXAMPLE)

    assert (found.levels, found.families) == (("team",), ("work", "resolution"))
    assert (found.wait_target("voice"), found.wait_target("chat")) == (20 * SECOND_MS, 45 * SECOND_MS)
    assert (found.wait_target("email", "billing"), found.wait_target("fax")) == (30 * SECOND_MS, 60 * SECOND_MS)
    assert (found.response_target("email"), found.response_target("offline")) == (8 * HOUR_MS, 4 * HOUR_MS)
    changes = at("2027-01-01T06:00:00+01:00")
    assert [found.response_target("email", start=start) for start in (changes - 1, changes)] == [
        8 * HOUR_MS,
        6 * HOUR_MS,
    ]
    assert (found.reply_target("email", "billing"), found.reply_target("chat")) == (2 * MINUTE_MS, MINUTE_MS)
    assert (found.resolution_target("email"), found.resolution_target("chat")) == (3 * DAY_MS, 12 * HOUR_MS)
    assert [found.is_short("voice", ms) for ms in (6_000, 6_001)] == [True, False]
    assert not found.is_short("voice", 0, "callback")
    assert (found.ghost_ms, found.silent_ms, found.idle_ms) == (4 * HOUR_MS, DAY_MS, 30 * MINUTE_MS)
    assert (found.episode_gap_ms, found.settle_ms, found.correction_ms) == (DAY_MS, 7 * DAY_MS, 5 * MINUTE_MS)
    assert (found.repeat_ms, found.survey_settle_ms) == (7 * DAY_MS, 3 * DAY_MS)
    assert (found.at_risk_share, found.at_risk_ms) == (Fraction(1, 4), 10 * MINUTE_MS)
    assert (found.response_limit_ms, found.response_elapsed_limit_ms) == (DAY_MS, 4 * DAY_MS)
    assert found.priority_restarts == ("resolution",)
    assert found.pending_pauses == ("next_reply", "resolution")
    assert (found.heartbeat_ms, found.slots) == (2 * MINUTE_MS, 1)
    assert found.scales["ces"] == Scale(Fraction(1), Fraction(7), falling=False)
    assert (found.satisfied_from, found.easy_from) == (Fraction(3, 4), Fraction(2, 3))
    assert (found.promoter_from, found.detractor_to) == (Fraction(9, 10), Fraction(3, 5))
    assert found.tiers == (Tier("front", ("billing", "sales")), Tier("experts", ("second-line",)))
    assert found.genesys == ("short_out",)
    assert found.zones["acme"].name == "America/New_York"
    assert found.shifts == (Shift("", "early", 360, 840), Shift("acme", "night", 1_320, 360))
    assert (found.currency, found.agent_hour_micros, found.fixed_hour_micros) == ("EUR", 32_500_000, 12_000_000)
    assert found.hour_micros("voice") == 4_800_000


def test_the_calendars_of_the_example_are_open_when_it_says() -> None:
    """Office: Monday 12:00 to 13:30 is 30 min + 30 min; the 24th closes at 12; from the new year it opens at 8."""
    found = definitions_from(EXAMPLE)
    office, night = found.calendar_of("x", "chat", "sales"), found.calendar_of("acme", "email", "sales")

    assert business_ms(office, at("2026-11-23T12:00:00+01:00"), at("2026-11-23T13:30:00+01:00")) == HOUR_MS
    assert after_business(office, at("2026-12-24T10:00:00+01:00"), 2 * HOUR_MS) == at("2026-12-24T12:00:00+01:00")
    # Thursday the 24th from 12, the holidays, Sunday: nothing; the next hour is that of Monday the 28th.
    assert after_business(office, at("2026-12-24T12:00:00+01:00"), HOUR_MS) == at("2026-12-28T10:00:00+01:00")
    assert after_business(office, at("2026-12-31T09:00:00+01:00"), HOUR_MS) == at("2027-01-01T09:00:00+01:00")
    assert business_ms(night, at("2026-11-23T21:00:00-05:00"), at("2026-11-24T07:00:00-05:00")) == 8 * HOUR_MS
    assert found.calendar_of("acme", "email", "emergency") is None


def test_every_key_that_there_is_stands_in_the_example() -> None:
    """Whatever a file may say is shown: no definition but the retention, which is a setting, is without its key."""
    shown = set(re.findall(r"^(?:\[\[?[a-z_.]*?)?([a-z_]+)(?: =|\]\]?)", EXAMPLE, re.MULTILINE))
    renamed = {
        "wait_target_ms": "wait", "response_target_ms": "first_response", "reply_target_ms": "reply",
        "resolution_target_ms": "resolution", "scales": "direction", "satisfied_wide_scale": "wide_from",
        "agent_hour_micros": "agent_hour", "fixed_hour_micros": "fixed_hour", "channel_hour_micros": "channels",
        "response_versions": "from", "reply_versions": "from", "resolution_versions": "from",
        "response_limit_ms": "first_response_limit", "response_elapsed_limit_ms": "first_response_elapsed_limit",
        "calendars": "business_hours", "service_level_target": "target", "at_risk_ms": "at_risk_within",
    }  # fmt: skip
    names = {field.name for field in fields(Definitions) if not field.name.startswith(("other_", "queue_"))}

    assert {renamed.get(name, name.removesuffix("_ms")) for name in names - {"retention_ms"}} <= shown


def test_a_limit_that_makes_a_target_shorter_is_told() -> None:
    """30 h for an e-mail are more than 24 h; without a limit, and with 36 h, they stay."""
    text = '[targets]\nfirst_response_limit = "{}"\nfirst_response.channels.email = "30h"\n'
    key, what = "targets.first_response_limit", "longer targets of first responses count as this, but for the policy"

    assert [told(text.format(limit))[key].partition(":")[0] for limit in ("24h", "36h", "never", "2h")] == [
        "1d (default 1d)", "36h (default 1d)", "never (default 1d)", "2h (default 1d)",
    ]  # fmt: skip
    assert [what in told(text.format(limit))[key] for limit in ("24h", "36h", "never", "2h")] == [
        True, False, False, True,
    ]  # fmt: skip


def test_a_name_may_have_256_characters() -> None:
    """As names that are shown may."""
    assert definitions_from(f'[zones]\n{"a" * 256} = "UTC"\n').zones["a" * 256].name == "UTC"


def test_keys_may_be_written_in_any_way_of_toml() -> None:
    """Dotted, in tables, inline or quoted: the same definitions, the same generation."""
    one = '[targets.wait.queues]\nbilling = "30s"\n"VIP line" = "10s"\n'
    other = 'targets."wait" = { queues = { "VIP line" = "10s", billing = "30s" } }\n'
    third = 'targets.wait.queues.billing = "30s"\ntargets.wait.queues.\'VIP line\' = """10s"""\n'

    assert definitions_from(one) == definitions_from(other) == definitions_from(third)
    assert definitions_from(one).wait_target("chat", "VIP line") == 10 * SECOND_MS


def test_channels_that_the_file_names_leave_the_others() -> None:
    """And what it leaves out is as by default."""
    found = definitions_from('[targets.wait]\nchannels = { chat = "45s" }\n[short_abandon.channels]\nchat = "never"\n')

    assert (found.wait_target("chat"), found.wait_target("voice")) == (45 * SECOND_MS, 20 * SECOND_MS)
    assert found.short_abandon_ms == DEFAULT.short_abandon_ms | {"chat": NEVER_MS}


def test_a_version_holds_from_a_date_in_its_zone_or_from_an_instant() -> None:
    """Midnight in New York is 05:00 UTC in winter."""
    text = """
[[calendars.office]]
zone = "America/New_York"
from = {}
[[business_hours]]
calendar = "office"
"""
    for since, begins in (
        ("2027-01-01", "2027-01-01T05:00:00Z"),
        ("2027-01-01T06:30:00+01:00", "2027-01-01T05:30:00Z"),
    ):
        schedule = definitions_from(text.format(since)).calendar_of("", "", "")
        assert schedule is not None
        assert [version.since for version in schedule.versions] == [at(begins)]


def test_days_and_hours_may_be_written_in_more_than_one_way() -> None:
    """Spans over the week's end, a list, a date in quotes, closed."""
    week = 'zone = "UTC"\nweek = {{ {} }}\nholidays = [{}]\n[[business_hours]]\ncalendar = "x"\n'

    def calendar(days: str, holiday: str) -> object:
        schedule = definitions_from("[calendars.x]\n" + week.format(days, holiday)).calendar_of("", "", "")
        assert schedule is not None
        return schedule.versions[0].calendar

    spelt = (
        'fri = "09:00-17:00", sat = ["09:00-12:00", "12:00-17:00"], sun = "12:00-17:00, 09:00-12:00", mon = "closed"'
    )
    assert calendar('fri-sun = "09:00-17:00"', "2026-12-25") == calendar(spelt, '"2026-12-25"')


# ------------------------------------------------------------------------------------------------------ what is wrong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[targets.wait.queues]\nbilling = 30\n", '2: targets.wait.queues.billing: 30 is not a duration (try "90s")'),
        ('[targets.wait.queues]\n\nbilling = "30"\n', "3: targets.wait.queues.billing: '30' is not a duration"),
        ('[targets.wait.queues]\n"VIP.x" = "0s"\n', "2: targets.wait.queues.\"VIP.x\": '0s' is no time at all"),
        ('[targets]\nwait = { other = "1y" }\n', "2: targets.wait.other: '1y' is not a duration"),
        ('[times]\nghost = "9999d"\n', "2: times.ghost: '9999d' is longer than ten years"),
        ('[times]\nghost = "never"\n', "2: times.ghost: 'never' is not a duration"),
        ('[short_abandon]\nother = "sometimes"\n', "2: short_abandon.other: 'sometimes' is not a duration"),
        ("times = 5\n", "1: times: 5 stands where a table belongs (try [times])"),
        ("tiers = [1]\n", "1: tiers: 1 stands where a table belongs"),
        ("[targets.waits]\n", "1: targets.waits: is not a key of this file (try wait)"),
        ('[targets.wait]\nchat = "1m"\n', "2: targets.wait.chat: is not a key of this file (try chan"),
        ('[[targets.wait]]\nother = "1m"\n', "1: targets.wait: a list stands where a table belongs"),
        ('[targets]\nfirst_response_limit = "soon"\n', "2: targets.first_response_limit: 'soon' is not a duration"),
        ("[targets.wait]\nfrom = 2026-01-01\n", "2: targets.wait.from: is not a key of this file"),
        (
            '[[targets.reply]]\nother = "1m"\n[[targets.reply]]\nother = "2m"\n',
            "3: targets.reply.from: is missing",
        ),
        (
            '[[targets.first_response]]\n[[targets.first_response]]\nfrom = "2026-01-01"\n',
            "3: targets.first_response.from: '2026-01-01' is neither a date nor an instant with offset",
        ),
        (
            "[targets.resolution]\nfrom = 2026-01-01T00:00:00\n",
            "2: targets.resolution.from: 2026-01-01 00:00:00 is neither a date nor an instant with offset",
        ),
        (
            "[[targets.reply]]\nfrom = 2026-01-02\n[[targets.reply]]\nfrom = 2026-01-02T01:00:00+01:00\n",
            "4: targets.reply.from: has to be later than that of the version above",
        ),
        (
            "[[targets.reply]]\nfrom = 2026-01-02\n[[targets.reply]]\nfrom = 2026-01-01\n",
            "4: targets.reply.from: has to be later than that of the version above",
        ),
        (
            '[[targets.reply]]\n[[targets.reply]]\nfrom = 2026-01-02\nqueues = { a = "soon" }\n',
            "4: targets.reply.queues.a: 'soon' is not a duration",
        ),
        ('\n\ntarget.wait.other = "5s"\n', "3: target: is not a key of this file (try targets)"),
        ("[times]\nidel = 5\n", "2: times.idel: is not a key of this file (try idle)"),
        ("[surveys.thumbs]\n", "1: surveys.thumbs: is not a key of this file (try ces, csat, nps, rated)"),
        ('[targets.wait.queues]\n"" = "5s"\n', "2: targets.wait.queues.\"\": '' is not a name"),
        ('[targets.wait.queues]\n"a\\nb" = "5s"\n', "2: targets.wait.queues.\"a\\nb\": 'a\\nb' is not a name"),
        ('levels = ["team", "town"]\n', "1: levels: 'town' is not one of priority, team, language, agent"),
        ('levels = ["team", "team"]\n', "1: levels: 'team' stands there twice"),
        ("[service_level]\ngenesys = true\n", "2: service_level.genesys: true is not a list of names"),
        (
            '[service_level]\ngenesys = ["short"]\n',
            "2: service_level.genesys: 'short' is not one of flow_outs_in, short_out, abandoned_out",
        ),
        (
            '[service_level]\ngenesys = ["abandoned_out", "short_out"]\n',
            "2: service_level.genesys: 'abandoned_out' takes the short ones out already",
        ),
        (
            '[sla]\npriority_restarts = ["reply"]\n',
            "2: sla.priority_restarts: 'reply' is not one of first_reply, next_reply, resolution",
        ),
        ("[resolution]\nthanks_reopen = 1\n", "2: resolution.thanks_reopen: 1 is neither true nor false"),
        (
            '[sla]\npending_pauses = ["all"]\n',
            "2: sla.pending_pauses: 'all' is not one of first_reply, next_reply, resolution",
        ),
        ("[sla]\npriority_restarts = true\n", "2: sla.priority_restarts: true is not a list of names"),
        ('levels = "team"\n', "1: levels: 'team' is not a list of names"),
        (
            'families = "work"\n',
            f"1: families: 'work' is not a list of names (try [\"{FAMILIES[0]}\", \"{FAMILIES[1]}\"])",
        ),
        (
            'families = ["cost"]\n[costs]\ncurrency = "EUR"\nagent_hour = 30\n',
            '1: families: \'cost\' takes hours of agents, at costs.agent_hour, from \'people\' (try ["cost", "people"',
        ),
        (
            'families = ["people"]\n',
            '1: families: \'people\' counts what \'work\' finds (try ["people", "work"])',
        ),
        ('families = ["works"]\n', f"1: families: 'works' is not one of {', '.join(FAMILIES)}"),
        ("[surveys.csat]\nmin = 5\n", "2: surveys.csat.min: is not below max (here 5 and 5)"),
        ("[surveys.nps]\nmax = -1\n", "2: surveys.nps.max: is not above min (here 0 and -1)"),
        ("[surveys.csat]\nmin = true\n", "2: surveys.csat.min: true is not a number"),
        ("[surveys.csat]\nmax = inf\n", "2: surveys.csat.max: Infinity is not a number"),
        ("[surveys.csat]\nmax = 1e999999999\n", "2: surveys.csat.max: 1E+999999999 is not a number"),
        (f"[surveys.csat]\nmax = 0x{'f' * 5_000}\n", "2: surveys.csat.max: a number of that size is not a number"),
        ('[surveys.ces]\ndirection = "left"\n', "2: surveys.ces.direction: 'left' is not one of up, down"),
        ("[surveys.ces]\ndirection = []\n", "2: surveys.ces.direction: a list is not one of up, down"),
        ("[surveys.csat]\nsatisfied_from = 4\n", "2: surveys.csat.satisfied_from: 4 is not a share from 0 to 1"),
        ('[surveys.ces]\neasy_from = "2/0"\n', "2: surveys.ces.easy_from: '2/0' is not a share from 0 to 1"),
        ("[surveys.csat]\nwide_from = 0.5\n", "2: surveys.csat.wide_from: 0.5 is not a whole number from 1 on"),
        ("[agents]\nslots = 0\n", "2: agents.slots: 0 is not a whole number from 1 to 100 (try 3)"),
        ("[agents]\nslots = 101\n", "2: agents.slots: 101 is not a whole number from 1 to 100 (try 3)"),
        ("[surveys.nps]\ndetractor_to = 0.9\n", "2: surveys.nps.detractor_to: makes one and the same a promoter and"),
        ('[[tiers]]\nmembers = ["a"]\n', "1: tiers.name: is missing"),
        ('[[tiers]]\nname = "a"\n[[tiers]]\nname = "b"\nmembers = ["a"]\n', "3: tiers: 'a' belongs to a tier above"),
        ('[[tiers]]\nname = "a"\n[[tiers]]\nname = "a"\n', "4: tiers.name: 'a' is a tier above already"),
        ('[zones]\nacme = "Mars/Olympus"\n', "2: zones.acme: 'Mars/Olympus' is not an IANA time zone"),
        ('[zones]\nacme = "../../etc/passwd"\n', "2: zones.acme: '../../etc/passwd' is not an IANA time zone"),
        ("[zones]\nacme = 1\n", "2: zones.acme: 1 is not an IANA time zone"),
        ('[[shifts]]\nname = "x"\nhours = "6-14"\n', "3: shifts.hours: '6' is not a time from 00:00 to 24:00"),
        ('[[shifts]]\nhours = "06:00-14:00"\n', "1: shifts.name: is missing"),
        (
            '[[shifts]]\nname = "x"\nhours = "06:00-14:00"\n' * 2,
            "5: shifts.name: 'x' is a shift above already",
        ),
        ("[costs]\nagent_hour = 10\n", '1: costs.currency: is missing (try currency = "EUR")'),
        ('[costs]\ncurrency = "euro"\n', "2: costs.currency: 'euro' is not a currency's three letters"),
        ('[costs]\ncurrency = "EUR"\nagent_hour = -1\n', "3: costs.agent_hour: -1 is not an amount of money"),
        ("[costs.channels]\nchat = 0.0000001\n", "2: costs.channels.chat: 1E-7 is not an amount of money"),
        ("[calendars.x]\n", "1: calendars.x.zone: is missing"),
        ("calendars.x = []\n", "1: calendars.x: has no version (try [calendars.x])"),
        ('[calendars.x]\nzone = "UTC"\n', "1: calendars.x: is used nowhere (try [[business_hours]]"),
        ('[calendars.always]\nzone = "UTC"\n', "1: calendars.always: stands for no calendar"),
        ('[[business_hours]]\ncalendar = "x"\n', "2: business_hours.calendar: there is no calendar 'x' (try always)"),
        (
            '[[business_hours]]\ncalendar = "always"\nqueue = "q"\n' * 2,
            "4: business_hours: says again what one above says",
        ),
        ('[[business_hours]]\nqueue = "x"\n', "1: business_hours.calendar: is missing"),
        (HOURS.replace("mon-fri", "mon-fry"), "4: calendars.x.week.mon-fry: is not a weekday"),
        (HOURS.replace("17:00", "24:01"), "4: calendars.x.week.mon-fri: '24:01' is not a time from 00:00 to 24:00"),
        (HOURS.replace("17:00", "10:60"), "4: calendars.x.week.mon-fri: '10:60' is not a time"),
        (HOURS.replace("17:00", "09:00"), "4: calendars.x.week.mon-fri: '09:00-09:00' ends before it begins"),
        (HOURS.replace("17:00", "17:00, 16:00-18:00"), "4: calendars.x.week.mon-fri: '09:00-17:00, 16:00-18:00' over"),
        (HOURS.replace('"09:00-17:00"', "9"), "4: calendars.x.week.mon-fri: 9 is not a span of local time"),
        (HOURS.replace("{ mon-fri", '{ wed = "closed", mon-fri'), "4: calendars.x.week.mon-fri: has a day that"),
        (HOURS.replace("week", "holidays = 2026-12-25\nweek"), "4: calendars.x.holidays: 2026-12-25 is not a list"),
        (HOURS.replace("week", 'holidays = ["25.12."]\nweek'), "4: calendars.x.holidays: '25.12.' is not a date"),
        (HOURS.replace("week", "holidays = [0026-12-25]\nweek"), "4: calendars.x.holidays: 0026-12-25 is not a date"),
        (HOURS.replace("week", "special.2026-02-30 = []\nweek"), "4: calendars.x.special.2026-02-30: '2026-02-30' is"),
        (
            HOURS.replace("week", "holidays = [2026-12-25]\nspecial = { 2026-12-25 = [] }\nweek"),
            "5: calendars.x.special.2026-12-25: is a date that stands above already, or among the holidays",
        ),
        (HOURS.replace("week", "from = 2026-01-01T00:00:00\nweek"), "4: calendars.x.from: 2026-01-01 00:00:00 is"),
        (HOURS.replace("week", 'from = "2026-01-01"\nweek'), "4: calendars.x.from: '2026-01-01' is neither a date"),
        (HOURS.replace("week", "from = 1026-01-01\nweek"), "4: calendars.x.from: 1026-01-01 is not a date"),
        (f'[zones]\n{"a" * 257} = "UTC"\n', f"2: zones.{'a' * 257}: '{'a' * 59}… is not a name of 1 to 256 printable"),
        (HOURS.replace("week", "until = 2026-01-01\nweek"), "4: calendars.x.until: is not a key of this file"),
        (
            '[[calendars.x]]\nzone = "UTC"\n[[calendars.x]]\nzone = "UTC"\n',
            "3: calendars.x.from: is missing",
        ),
        (
            '[[calendars.x]]\nzone = "UTC"\nfrom = 2026-01-02\n[[calendars.x]]\nzone = "UTC"\nfrom = 2026-01-02\n',
            "6: calendars.x.from: has to be later than that of the version above",
        ),
    ],
    ids=lambda text: text[:48] if ": " in text else "",
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line_and_its_key(text: str, said: str) -> None:
    """One line, whatever the file holds."""
    assert wrong(text).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[times]\nidle = "5m\n', "2: is not TOML (Illegal character"),
        ("[times]\n\nidle\n", "3: is not TOML (Expected '=' after a key"),
        ("a = 1\na = 2\n", "2: is not TOML (Cannot overwrite a value"),
        ("[times]\nidle = [\n\n", "2: is not TOML (Invalid value"),
        ("d = 2026-02-30\n", "1: is not TOML (Invalid date or datetime"),
        (f"a = {'9' * 5_000}\n", "1: is not TOML ("),
        (f"a = {'[' * 100_000}\n", "1: is not TOML ("),
    ],
    ids=["string", "key", "twice", "end", "date", "number", "deep"],
)  # fmt: skip
def test_what_is_no_toml_is_named_with_its_line(text: str, said: str) -> None:
    """Where the text ends too early, its last line."""
    assert wrong(text).startswith(said)


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(place=st.integers(0, len(EXAMPLE)), length=st.integers(0, 12), put=st.text("ab \n\"'=[]{}#.,0-:", max_size=4))
def test_whatever_somebody_does_to_a_file_is_said_in_one_line(place: int, length: int, put: str) -> None:
    """A slip of the hand anywhere: the definitions are read, or one line says what is wrong and where."""
    text = EXAMPLE[:place] + put + EXAMPLE[place + length :]
    try:
        definitions_from(text)
    except ValueError as error:
        found = re.fullmatch(r"([0-9]+): .+", str(error))
        assert found is not None
        assert 1 <= int(found[1]) <= text.count("\n") + 1


# ------------------------------------------------------------------------------------------------- through the commands


def file_of(folder: Path, content: str | bytes) -> Path:
    """Write a file of definitions."""
    path = folder / "definitions.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_mistake_in_the_file_ends_a_command_with_one_line(tmp_path: Path) -> None:
    """Exit code 2: the variable, the file and the line, the key, what is wrong and what to try."""
    path = file_of(tmp_path, "[times]\nidle = 5\n")

    for command in (["check"], ["worker"], ["serve"], ["compute", "-", "--as-of", "2026-11-01T12:00:00Z"]):
        line = refused(*command, stdin=WAITED_40_S, DESKPULSE_DEFINITIONS=str(path))
        assert line == f'DESKPULSE_DEFINITIONS: {path}:2: times.idle: 5 is not a duration (try "90s")'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[times]\nidle = '5m'\n# \xff\n", ":3: is not UTF-8 (save the file as UTF-8)"),
        (b"#" * (MAX_BYTES + 1), ": cannot be read (it is longer than 1 MiB)"),
        (b"[times\n", ":1: is not TOML (Expected ']' at the end of a table declaration)"),
    ],
    ids=["latin", "long", "syntax"],
)
def test_a_file_that_cannot_be_read_is_named(content: bytes, said: str, tmp_path: Path) -> None:
    """With the line where there is one."""
    path = file_of(tmp_path, content)

    with pytest.raises(SettingsError) as error:
        load({"definitions": str(path)})

    assert str(error.value) == f"DESKPULSE_DEFINITIONS: {path}{said}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.toml", "nowhere.toml: cannot be read (No such file or directory)"),
        (".", ".: cannot be read (it is a folder)"),
        ("/dev/null", "/dev/null: cannot be read (it is not a file)"),
        ("a\0b", "'a\\x00b': cannot be read (embedded null byte)"),
        ("two\nlines", "'two\\nlines': cannot be read (No such file or directory)"),
    ],
)
def test_a_file_that_is_none_is_named(name: str, said: str) -> None:
    """Missing, a folder, a device, or no name of a file at all."""
    with pytest.raises(SettingsError) as error:
        load({"definitions": name})

    assert str(error.value) == f"DESKPULSE_DEFINITIONS: {said}"


def test_a_mark_at_the_beginning_of_the_file_is_passed_over(tmp_path: Path) -> None:
    """Some editors write one."""
    settings_ = load({"definitions": str(file_of(tmp_path, b'\xef\xbb\xbf[times]\nidle = "5m"\n'))})

    assert definitions_of(settings_).idle_ms == 5 * MINUTE_MS


def test_the_file_is_read_once(tmp_path: Path) -> None:
    """What a process has begun with holds until it ends; the retention is the one of the setting."""
    path = file_of(tmp_path, '[times]\nidle = "5m"\n')
    begun = load({"definitions": str(path), "retention": "9d"})
    path.write_text("[times]\nidle = 5\n")

    assert (definitions_of(begun).idle_ms, definitions_of(begun).retention_ms) == (5 * MINUTE_MS, 9 * DAY_MS)
    assert definitions_of(begun).generation() != definitions_of(load({"retention": "9d"})).generation()


def test_without_a_file_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not set, or set to nothing as compose files do."""
    assert definitions_of(load()) == DEFAULT
    monkeypatch.setenv("DESKPULSE_DEFINITIONS", "")
    assert definitions_of(load()) == DEFAULT


WAITED_40_S = """\
{"id":"1","type":"chat.queued","at":"2026-11-01T10:00:00Z","conversation":"c","queue":"billing"}
{"id":"2","type":"chat.accepted","at":"2026-11-01T10:00:40Z","conversation":"c","queue":"billing"}
{"id":"3","type":"chat.queued","at":"2026-11-01T10:00:00Z","conversation":"d","queue":"sales"}
{"id":"4","type":"chat.accepted","at":"2026-11-01T10:00:40Z","conversation":"d","queue":"sales"}
"""


def level(text: str | None, folder: Path) -> dict[str, str]:
    """Return SL1 by queue, and of the channel, of two who waited 40 s each, as `deskpulse compute` prints it."""
    variables = {} if text is None else {"DESKPULSE_DEFINITIONS": str(file_of(folder, text))}
    options = ("--as-of", "2026-11-01T10:05:00Z", "--metric", "support_queue_rolling_service_level_ratio",
               "--metric", "support_channel_rolling_service_level_ratio")  # fmt: skip
    done = deskpulse("compute", "-", *options, stdin=WAITED_40_S, **variables)
    assert done.returncode == 0, done.stderr
    row = re.compile(r'support_(\w+?)_rolling.*?(?:queue="(\w+)",)?window="1h",variant="SL1"} (\S+)')
    return {queue or kind: value for kind, queue, value in row.findall(done.stdout)}


def test_a_target_of_a_queue_changes_its_service_level(tmp_path: Path) -> None:
    """40 s is within the 60 s of chat and past the 30 s of billing: 0 of 1 there, 1 of 1 in sales, 1 of 2 together."""
    usual = level(None, tmp_path)
    queue = level('[targets.wait.queues]\nbilling = "30s"\n', tmp_path)
    channel = level('[targets.wait.channels]\nchat = "39s"\n', tmp_path)
    both = level('[targets.wait]\nchannels = { chat = "39s" }\nqueues = { billing = "40s" }\n', tmp_path)

    assert {name: float(value) for name, value in usual.items()} == {"billing": 1, "sales": 1, "channel": 1}
    assert {name: float(value) for name, value in queue.items()} == {"billing": 0, "sales": 1, "channel": 0.5}
    assert {name: float(value) for name, value in channel.items()} == {"billing": 0, "sales": 0, "channel": 0}
    assert {name: float(value) for name, value in both.items()} == {"billing": 1, "sales": 0, "channel": 0.5}


# ------------------------------------------------------------------------------------------------------ how it is told


def rules(zone: str) -> str:
    """Return the digits by which `check` shows the rules of a zone; they are those of the data on this machine."""
    return rules_of(ZoneInfo(zone))[:8]


def told(text: str) -> dict[str, str]:
    """Return what differs from the defaults."""
    return dict(differences(definitions_from(text)))


def test_nothing_is_told_of_the_defaults() -> None:
    """Also where a file spells them out."""
    assert told("") == told('[times]\nidle = "30m"\n[targets.wait]\nother = "60s"\nchannels = { chat = "1m" }\n') == {}
    assert list(hours_now(DEFAULT, now_ms=0)) == []


def test_each_difference_is_told_by_its_key() -> None:
    """With the default beside it."""
    assert told(EXAMPLE) == {
        "levels": "team (default none)",
        "families": "work, resolution (default none)",
        "targets.wait.channels.chat": "45s (default 1m)",
        "targets.wait.queues.billing": "30s (default that of its channel)",
        "targets.first_response.channels.email": "8h (default 4h)",
        "targets.first_response.from 2027-01-01T05:00:00Z": FROM_THEN_ON,
        "targets.first_response.channels.email from 2027-01-01T05:00:00Z": "6h (default 4h)",
        "targets.reply.queues.billing": "2m (default that of its channel)",
        "targets.resolution.other": "3d (default 2d)",
        "targets.first_response_elapsed_limit": "4d (default never)",
        "short_abandon.channels.voice": "6s (default 5s)",
        "short_abandon.queues.callback": "never (default that of its channel)",
        "service_level.genesys": "short_out (default: SLg is not shown)",
        "times.merged_sends": "10s (default never)",
        "resolution.thanks_reopen": "false (default true)",
        "sla.at_risk_share": "0.25 (default 0.2)",
        "sla.at_risk_within": "10m (default never)",
        "sla.priority_restarts": "resolution (default none)",
        "sla.pending_pauses": "next_reply, resolution (default resolution)",
        "tiers 1": "front: billing, sales (default none)",
        "tiers 2": "experts: second-line (default none)",
        "zones.acme": "America/New_York (default DESKPULSE_ZONE)",
        "shifts early": "06:00-14:00 for every tenant without its own (default none)",
        "shifts night": "22:00-06:00 for tenant acme (default none)",
        "costs.agent_hour": "32.5 EUR (default 0)",
        "costs.fixed_hour": "12 EUR (default 0)",
        "costs.channels.voice": "4.8 EUR (default 0)",
    }
    assert told(
        '[times]\nidle = "90s"\nheartbeat = "1m"\n[agents]\nslots = 3\n'
        "[sla]\npending_pauses = []\n"
        '[targets.wait.channels]\nfax = "2h"\n[[tiers]]\nname = "a"\n'
        '[[shifts]]\nname = "s"\nhours = "12:00-24:00"\n'
        "[service_level]\ngenesys = []\n"
        '[surveys.csat]\nmax = 10\nwide_from = 9\n[surveys.ces]\ndirection = "down"\neasy_from = 0.5\n'
    ) == {
        "times.idle": "90s (default 30m)",
        "times.heartbeat": "1m (default 2m)",
        "agents.slots": "3 (default 1)",
        "sla.pending_pauses": "none (default resolution)",
        "targets.wait.channels.fax": "2h (default that of other channels)",
        "service_level.genesys": "no switch (default: SLg is not shown)",
        "tiers 1": "a: no queue and no team (default none)",
        "shifts s": "12:00-24:00 for every tenant without its own (default none)",
        "surveys.csat": "1 to 10, the most is best (default 1 to 5, the most is best)",
        "surveys.csat.wide_from": "9 (default 4)",
        "surveys.ces": "1 to 7, the least is best (default 1 to 7, the most is best)",
        "surveys.ces.easy_from": "0.5 (default 2/3)",
    }


def test_the_calendars_that_hold_now_are_told() -> None:
    """Sunday 22 November 2026, 12:00 UTC: the office opens on Monday at 9 in Berlin; the night desk on Sunday at 22."""
    hours = dict(hours_now(definitions_from(EXAMPLE), now_ms=at("2026-11-22T12:00:00Z")))

    assert hours == {
        "business hours of everybody else": "calendar office, version 1 of 2 in force since ever, zone Europe/Berlin "
        f"with rules {rules('Europe/Berlin')}; closed now, opens 2026-11-23T08:00:00Z",
        "business hours of tenant acme, channel email": "calendar night-desk, version 1 of 1 in force since ever, zone "
        f"America/New_York with rules {rules('America/New_York')}; closed now, opens 2026-11-23T03:00:00Z",
        "business hours of queue emergency": "no calendar, all time counts",
    }


def test_the_version_in_force_is_told() -> None:
    """Before the first, in the second, and closed for good."""
    text = HOURS.replace("[calendars.x]", "[[calendars.x]]\nfrom = 2026-01-01").replace(
        "[[business_hours]]", '[[calendars.x]]\nfrom = 2027-01-01\nzone = "UTC"\n[[business_hours]]'
    )
    definitions = definitions_from(text)

    def hours(now: str) -> str:
        [(_, text)] = hours_now(definitions, now_ms=at(now))
        return text

    berlin, utc = (f"{zone} with rules {rules(zone)}" for zone in ("Europe/Berlin", "UTC"))
    begun = "version 1 of 2 in force since 2025-12-31T23:00:00Z"
    changed = "version 2 of 2 in force since 2027-01-01T00:00:00Z"
    assert hours("2025-06-01T00:00:00Z") == (
        "calendar x, in force from 2025-12-31T23:00:00Z; until then all time counts"
    )
    assert hours("2026-01-05T09:00:00Z") == f"calendar x, {begun}, zone {berlin}; open now"
    assert hours("2027-06-01T00:00:00Z") == f"calendar x, {changed}, zone {utc}; closed now, for good"


@pytest.mark.parametrize("text", ["1s", "90s", "5m", "36h", "7d", "61m"])
def test_a_duration_is_told_as_it_is_written(text: str) -> None:
    """In the greatest unit that divides it."""
    assert duration_text(duration(text)) == text


def test_a_key_is_told_as_toml_writes_it() -> None:
    """Quoted where it has to be, without the places in arrays."""
    assert dotted(("tiers", 3, "mem bers", "a\nb", "c-d_1")) == 'tiers."mem bers"."a\\nb".c-d_1'


def test_ordinals_of_days_are_those_of_dates() -> None:
    """25 December 2026 is what the office of the example has as a holiday."""
    schedule = definitions_from(EXAMPLE).calendar_of("", "", "")

    assert schedule is not None
    assert schedule.versions[0].calendar.days[date(2026, 12, 25).toordinal()] == ()
