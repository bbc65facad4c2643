"""M61: response rates are final once the surveys have settled, 72 h after they were sent."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.definitions import Definitions
from aggregators.engine import is_expired
from aggregators.instants import DAY_MS, HOUR_MS
from stream.offline import Offline
from tests.aggregators.observed import KEY, facts_of
from tests.aggregators.running import Counted
from tests.logs import T0, Log, after

SETTLING = Definitions(families=("surveys",))
NAMES = {"csat": "survey", "ces": "ces", "nps": "nps"}


def shown(log: Log, as_of: int, kind: str = "csat", definitions: Definitions = SETTLING) -> tuple[float, float | None]:
    """Return how many surveys of a kind have settled in the last seven days, and the share answered in time."""
    offline = Offline(definitions=definitions)
    offline.feed(log.lines)
    values = offline.values(as_of)
    labels = (("tenant", "default"), ("window", "7d"))
    number = f"support_tenant_rolling_{'' if kind == 'csat' else kind + '_'}surveys_settled"
    share = f"support_tenant_rolling_{NAMES[kind]}_settled_response_ratio"
    return values.get((number, labels), 0), values.get((share, labels))


@pytest.mark.parametrize("kind", NAMES)
def test_who_answers_within_72_hours_is_in_time(kind: str) -> None:
    """M61: sent at 00:00 and answered at 71:59, at 72:00 and 1 ms later, and not at all: two of four."""
    log = Log()
    for name, answer in (("a", "71:59:00"), ("b", "72:00:00"), ("c", "72:00:00.001"), ("d", None)):
        pen = log.of(conversation=name).sent("00:00", kind=kind)
        if answer is not None:
            pen.responded(answer, 5, kind=kind)

    assert shown(log, after("72:00:00"), kind) == (0, None)
    assert shown(log, after("72:00:00.001"), kind) == (4, 0.5)


def test_a_cohort_is_that_of_when_it_settles() -> None:
    """Two of Monday, one of them answered, settle on Thursday; that of Tuesday on Friday, answered: 0.5, then 2/3."""
    log = Log()
    log.of(conversation="a").sent("00:00").responded("01:00", 5)
    log.of(conversation="b").sent("1:00:00")
    log.of(conversation="c").sent("24:00:00").responded("25:00:00", 5)

    assert shown(log, after("95:59:59")) == (2, 0.5)
    assert shown(log, after("96:00:01")) == (3, 2 / 3)


def test_a_rating_that_is_changed_later_was_an_answer_in_time() -> None:
    """Answered after an hour, changed after four days: in time. Retracted: nobody answered. Again: too late."""
    log = Log().sent("00:00").responded("1:00:00", 1).responded("96:00:00", 5)
    assert shown(log, after("97:00:00")) == (1, 1)

    assert shown(log.retracted("98:00:00"), after("99:00:00")) == (1, 0)
    assert shown(log.responded("99:00:00", 5), after("99:30:00")) == (1, 0)


def test_only_what_was_sent_settles() -> None:
    """An answer to a survey that nobody sent is in neither part."""
    assert shown(Log().responded("00:00", 5), after("73:00:00")) == (0, None)


def test_settling_is_a_definition() -> None:
    """24 h: an answer after a day and a second is too late."""
    log = Log().sent("00:00").responded("24:00:01", 5)

    assert shown(log, after("25:00:00"), definitions=replace(SETTLING, survey_settle_ms=DAY_MS)) == (1, 0)
    assert shown(log, after("73:00:00")) == (1, 1)


def test_nothing_settles_unless_it_is_asked_for() -> None:
    """The family `surveys` is off by default: no timer waits for it."""
    counted = Counted()
    counted.feed(Log().sent("00:00").lines)

    assert not any(counted.tables.due.values())


def test_a_conversation_stays_until_its_survey_has_settled() -> None:
    """Kept for the retention after the timer, not after the last event."""
    facts = facts_of(Log().sent("00:00").lines).values()
    settled = T0 + 72 * HOUR_MS + SETTLING.retention_ms

    assert not is_expired(KEY, facts, watermark=settled, definitions=SETTLING)
    assert is_expired(KEY, facts, watermark=settled + 1, definitions=SETTLING)
    assert is_expired(KEY, facts, watermark=settled + 1 - 72 * HOUR_MS, definitions=Definitions())


@settings(max_examples=40, derandomize=True, database=None, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["sent", "responded", "retracted", "beat"]), st.integers(0, 100)), max_size=9
    ),
    cut=st.integers(0, 9),
)
def test_the_cuts_decide_nothing(steps: list[tuple[str, int]], cut: int) -> None:
    """However the records are cut, and whether or not the watermark had passed the timer: the same tables."""
    log = Log()
    for kind, hour in steps:
        at = T0 + hour * HOUR_MS
        if kind == "beat":
            log.of(conversation="other").add("chat.message", at, actor="customer")
        else:
            score = {"score": 4} if kind == "responded" else {}
            log.add(f"survey.{kind}", at, survey="s", kind=None if kind == "retracted" else "csat", **score)
    log.of(conversation="last").add("chat.message", T0 + 200 * HOUR_MS, actor="customer")
    whole, cut_up, sorted_up = Counted(SETTLING), Counted(SETTLING), Counted(SETTLING)
    whole.feed(log.lines)
    cut_up.feed(log.lines[:cut])
    cut_up.restart()
    cut_up.feed(log.lines[cut:])
    sorted_up.feed(sorted(log.lines))

    assert cut_up.lines() == sorted_up.lines() == whole.lines()


def test_a_disputed_rating_is_in_the_raw_number_alone() -> None:
    """M60: 5, 4 and 1 of 5, the 1 retracted: adjusted 2 of 2 are satisfied, raw 2 of 3; the 5: 1 of 2, and 2 of 3.

    Who rates anew after it counts once, with the last rating, in both.
    """

    def found(retracted: str, again: int | None = None) -> tuple[float | None, ...]:
        log = Log()
        for name, score in (("a", 5), ("b", 4), ("c", 1)):
            pen = log.of(conversation=name).sent("00:00").responded("01:00", score)
            if name == retracted:
                pen.retracted("02:00")
                if again is not None:
                    pen.responded("03:00", again)
        offline = Offline(definitions=SETTLING)
        offline.feed(log.lines)
        values = offline.values(after("04:00"))
        names = ("csat_responses", "csat_satisfied_ratio", "csat_raw_responses", "csat_raw_satisfied_ratio")
        return tuple(
            values.get((f"support_tenant_rolling_{name}", (("tenant", "default"), ("window", "1h")))) for name in names
        )

    assert found("c") == pytest.approx((2, 1, 3, 2 / 3))
    assert found("a") == pytest.approx((2, 1 / 2, 3, 2 / 3))
    assert found("c", again=5) == pytest.approx((3, 1, 3, 1))


@pytest.mark.parametrize("kind", NAMES)
def test_who_was_only_shown_a_survey_is_counted_apart(kind: str) -> None:
    """M61: a was shown one twice, b shown and sent it under the same id, c sent one and answers: 2 sent.

    d answers what was shown, which was not sent: 3 offered, and of the two that were sent 1 is answered.
    """
    log = Log()
    log.of(conversation="a").add("survey.offered", "00:01", survey="w", kind=kind)
    log.of(conversation="a").add("survey.offered", "00:09", survey="w", kind=kind)
    log.of(conversation="b").add("survey.offered", "00:02", survey="w", kind=kind).sent("00:03", survey="w", kind=kind)
    log.of(conversation="c").sent("00:04", kind=kind).responded("00:30", 5, kind=kind)
    log.of(conversation="d").add("survey.offered", "00:05", survey="s", kind=kind).responded("00:30", 5, kind=kind)
    prefix = "" if kind == "csat" else f"{kind}_"

    def of_7d(suffix: str, *families: str) -> float | None:
        offline = Offline(definitions=Definitions(families=families))
        offline.feed(log.lines)
        labels = (("tenant", "default"), ("window", "7d"))
        return offline.values(after("00:40")).get((f"support_tenant_rolling_{suffix}", labels))

    assert of_7d(f"{prefix}surveys_offered", "surveys") == 3
    assert of_7d(f"{prefix}surveys_sent", "surveys") == 2
    assert of_7d(f"{NAMES[kind]}_response_ratio", "surveys") == 0.5
    assert of_7d(f"{prefix}surveys_offered") is None
    assert of_7d(f"{NAMES[kind]}_response_ratio") == 0.5


def test_first_contact_resolution_as_customers_see_it() -> None:
    """M45 by survey: a says yes, b no, c (kind nps) yes, d does not say, e said yes and took it back: 2 of 3.

    f said yes and changes its answer to no: 2 of 4. Who does not ask for surveys has none of it.
    """
    log = Log()
    for name, kind, said in (("a", "csat", True), ("b", "csat", False), ("c", "nps", True), ("d", "csat", None)):
        log.of(conversation=name).sent("00:00", kind=kind).responded("01:00", 5, kind=kind, first_contact=said)
    log.of(conversation="e").sent("00:00").responded("01:00", 5, first_contact=True).retracted("02:00")

    def found(*families: str) -> tuple[float | None, ...]:
        offline = Offline(definitions=Definitions(families=families))
        offline.feed(log.lines)
        values = offline.values(after("04:00"))
        labels = (("tenant", "default"), ("window", "1h"))
        return tuple(
            values.get((f"support_tenant_rolling_fcr_survey_{name}", labels)) for name in ("responses", "ratio")
        )

    assert found("surveys") == pytest.approx((3, 2 / 3))
    log.of(conversation="f").responded("01:00", 5, first_contact=True).responded("01:30", 5, first_contact=False)
    assert found("surveys") == (4, 0.5)
    assert found() == (None, None)


def test_the_agent_who_is_rated_has_the_word_on_first_contact_too() -> None:
    """Ann replied last before the survey was sent, ben after it: the yes is ann's."""
    log = Log(agent="ann").human("00:00").sent("00:10").responded("30:00", 5, first_contact=True, agent=None)
    log.human("20:00", agent="ben")
    offline = Offline(definitions=Definitions(families=("surveys",), levels=("agent",)))
    offline.feed(log.lines)
    values = offline.values(after("40:00"))

    by_agent = {
        dict(labels)["agent"]: value
        for (name, labels), value in values.items()
        if name == "support_agent_rolling_fcr_survey_responses" and dict(labels)["window"] == "1h"
    }
    assert by_agent == {"ann": 1}


def test_ratings_by_score_are_those_nearest_to_a_quarter_of_the_scale() -> None:
    """M60: of five steps 1, 4 and 5 twice are 0, 0.75 and 1 twice; thumbs up is 1; 6 of 0 to 10 is nearest to 0.5.

    1 of 0 to 8 lies between 0 and 0.25, so it is of the upper one; a 5 that was taken back is none.
    """
    log = Log()
    long, thumbs, eight = {"min": 0, "max": 10}, {"min": 0, "max": 1}, {"min": 0, "max": 8}
    for number, (score, scale) in enumerate(
        [(1, None), (4, None), (5, None), (5, None), (1, thumbs), (6, long), (1, eight)]
    ):
        log.of(conversation=f"c{number}").responded("01:00", score, scale=scale)
    log.of(conversation="gone").responded("01:00", 5).retracted("02:00")
    offline = Offline(definitions=SETTLING)
    offline.feed(log.lines)

    values = offline.values(after("04:00"))
    by_score = {
        dict(labels)["score"]: value
        for (name, labels), value in values.items()
        if name == "support_tenant_rolling_csat_scores" and dict(labels)["window"] == "1h"
    }
    assert by_score == {"0": 1, "0.25": 1, "0.5": 1, "0.75": 1, "1": 3}


def test_a_disputed_rating_is_on_the_scale_of_the_definitions_too() -> None:
    """M60: csat is 1 to 10 here: the 5 that was taken back is 4/9 of it, and not satisfied. Of 1 to 5 it would be."""
    ten = {**SETTLING.scales, "csat": SETTLING.scales["csat"]._replace(most=Fraction(10))}
    log = Log().sent("00:00").responded("01:00", 5).retracted("02:00")

    def raw(definitions: Definitions) -> float | None:
        offline = Offline(definitions=definitions)
        offline.feed(log.lines)
        labels = (("tenant", "default"), ("window", "1h"))
        return offline.values(after("04:00")).get(("support_tenant_rolling_csat_raw_satisfied_ratio", labels))

    assert raw(SETTLING) == 1
    assert raw(replace(SETTLING, scales=ten)) == 0
