"""M45, M46, M48 and M72 as they are shown: by queue, channel and tenant, over windows."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from aggregators.coverage import observe as cover
from aggregators.hyperloglog import STANDARD_ERROR
from aggregators.places import Places
from aggregators.points import BOT_ENDED, Point
from aggregators.samples import Labels, Sample
from aggregators.told import Contained, Visit
from aggregators.zones import zone_of
from stream.offline import definitions_of
from stream.settings import load
from tests.aggregators.running import EVERYTHING
from tests.aggregators.visited import contact, instant, samples_of, shown, solve, visit

HOUR = 1 / 24


def of_all(customers: dict[str, dict[str, Visit]]) -> list[Sample]:
    """Return what several customers contribute, by name and conversation."""
    return [each for name, visits in customers.items() for each in samples_of(visits, customer=name)]


def told(visits: dict[str, Visit], *, known: bool) -> list[Sample]:
    """Return what the conversations themselves count of these visits; bots ended where they were contained."""
    samples: list[Sample] = []
    for each in visits.values():
        own: list[Sample] = [
            Point(BOT_ENDED.code, at, Labels("default", channel, queue), 1) for at, channel, queue in each.contained
        ]
        places = Places("default")
        places.channel, places.named_at, places.named = "chat", [0], ["billing"]
        contacts = [(row.at, row.by == 2) for row in each.contacts]
        cover(places, own, contacts=contacts, solved=[row.at for row in each.solved], known=known)
        samples += own
    return samples


# ------------------------------------------------------------------------------------------- first contact, M45


def test_first_contact_resolution_and_its_variants() -> None:
    """M45, five episodes of five customers: resolved at once, with two replies, passed on, reopened, returned.

    fcr 2/5; missed: passed on, reopened, returned, each 1/5; one reply: the first, 1/5; one teammate (one owner, closed
    once): the first, the second, that of who returned, and the one passed on between teams by one owner, 4/5.
    """
    samples = of_all(
        {
            "u1": {"a": visit(contact(0), solve(1))},
            "u2": {"b": visit(contact(0), solve(1, replies=2))},
            "u3": {"c": visit(contact(0), solve(1, teams=2))},
            "u4": {"d": visit(contact(0), solve(1, reopened=True))},
            "u5": {"e": visit(contact(0), solve(1)), "f": visit(contact(2, channel="voice"))},
        }
    )

    now = shown(samples, 3)

    assert now["fcr_episodes"] == 5
    assert now["fcr_ratio"] == 0.4
    assert {why: now[f"fcr_missed_ratio:{why}"] for why in ("no_human", "passed_on", "reopened", "returned")} == {
        "no_human": 0,
        "passed_on": 0.2,
        "reopened": 0.2,
        "returned": 0.2,
    }
    assert now["fcr_one_reply_ratio"] == 0.2
    assert now["fcr_one_teammate_ratio"] == 0.8
    assert "fcr_settled_ratio" not in now


def test_what_is_settled_is_a_week_late() -> None:
    """M45, M46: provisional until 7 d. A solve and an anchor on day 1 are final on day 8, for the windows of then."""
    samples = of_all({"u": {"a": visit(contact(1), solve(1)), "b": visit(contact(2))}})

    before, after = shown(samples, 8), shown(samples, 8.1)

    assert ("fcr_settled_ratio" in before, "callbacks_7d_settled_ratio" in before) == (False, False)
    assert (after["fcr_settled_ratio"], after["callbacks_7d_settled_ratio"]) == (0, 1)


def test_unknown_customers_are_covered_not_counted() -> None:
    """M45, M72: of 4 solves and contacts 3 have a customer: coverage 3/4; of two bots one: 1/2."""
    known = {"a": visit(contact(0), solve(1), contact(2), contact(2.5), solve(3), solve(4))}
    known["b"] = visit(Contained(instant(1), "chat", "billing"))
    unknown = {"c": visit(contact(0), solve(1), Contained(instant(1), "chat", "billing"))}

    now = shown(told(known, known=True) + told(unknown, known=False), 5)

    assert (now["fcr_coverage_ratio"], now["contact_coverage_ratio"]) == (0.75, 0.75)
    assert now["bot_customer_coverage_ratio"] == 0.5
    assert now["known_contacts"] == 0


# ------------------------------------------------------------------------------------------- repeat contacts, M46


def test_repeat_contacts() -> None:
    """M46: of four anchors two are followed, one by two contacts on another topic, one by one of its own: 2/4, 1/4.

    They stand in the queues of their anchors: `sales` has 2 of the 3 callbacks, though all came to `billing`.
    """
    samples = of_all(
        {
            "u1": {
                "a": visit(contact(0, "sales", topic="x")),
                "b": visit(contact(1, topic="y"), contact(2, topic="y")),
            },
            "u2": {"c": visit(contact(0, topic="x")), "d": visit(contact(3, channel="voice", topic="x"))},
            "u3": {"e": visit(contact(0))},
            "u4": {"f": visit(contact(0), contact(1))},
        }
    )

    now = shown(samples, 4)

    assert (now["anchors"], now["callbacks_7d"]) == (4, 3)
    assert (now["callbacks_7d_ratio"], now["callbacks_7d_same_topic_ratio"]) == (0.5, 0.25)
    assert shown(samples, 4, "default", "chat", "sales")["callbacks_7d"] == 2
    assert shown(samples, 4, "default", "voice").get("callbacks_7d", 0) == 0


def test_the_twin_by_resolutions() -> None:
    """M46, anchored on the last resolution: of three solves one is followed, by two contacts."""
    samples = of_all(
        {
            "u1": {"a": visit(solve(1)), "b": visit(solve(2)), "c": visit(contact(3)), "d": visit(contact(4))},
            "u2": {"e": visit(solve(1))},
        }
    )

    now = shown(samples, 5)

    assert now["callbacks_after_resolution"] == 2
    assert now["callbacks_after_resolution_ratio"] == pytest.approx(1 / 3)


# ------------------------------------------------------------------------------------------- bots, M48


def test_verified_containment() -> None:
    """M48: four bot conversations of known customers, three contained, one of them followed by a call: 2/4.

    What a bot lost or handed off is not contained; the fifth is nobody's, and in no share but the coverage: 4/5.
    """
    contained = {name: visit(Contained(instant(0), "chat", "bots")) for name in ("a", "b", "c")}
    samples = of_all(
        {
            "u1": {"a": contained["a"]},
            "u2": {"b": contained["b"]},
            "u3": {"c": contained["c"], "d": visit(contact(1, channel="voice"))},
        }
    )
    lost: list[Sample] = [Point(BOT_ENDED.code, instant(0), Labels("default", "chat", "bots"), 3)]
    cover(Places("default"), lost, contacts=(), solved=(), known=True)
    samples += lost + told(contained, known=True)
    samples += told({"e": visit(Contained(instant(0), "chat", "bots"))}, known=False)

    now = shown(samples, 2)

    assert now["bot_containment_verified_ratio"] == 0.5
    assert now["bot_customer_coverage_ratio"] == 0.8


# ------------------------------------------------------------------------------------------- customers, M72


def two_of_two_queues() -> list[Sample]:
    """Contacts of today: u1 thrice in `billing` and once by voice; u2 in `billing` and `sales`; u3 yesterday."""
    return of_all(
        {
            "u1": {
                "a": visit(contact(1.1), contact(1.2)),
                "b": visit(contact(1.3)),
                "c": visit(contact(1.4, channel="voice")),
            },
            "u2": {"d": visit(contact(1.1)), "e": visit(contact(1.2, "sales"))},
            "u3": {"f": visit(contact(0.5))},
        }
    )


@pytest.mark.parametrize(
    ("labels", "contacts", "customers"),
    [
        (("default",), 6, 2),
        (("default", "chat"), 5, 2),
        (("default", "voice"), 1, 1),
        (("default", "chat", "billing"), 4, 2),
        (("default", "chat", "sales"), 1, 1),
    ],
)
def test_customers_of_today_at_each_level(labels: tuple[str, ...], contacts: int, customers: int) -> None:
    """M72: *today* is exact by the first contact of the local day, at every level; one of two queues is one person."""
    now = shown(two_of_two_queues(), 1.5, *labels, window="today")

    assert (now["known_contacts"], now["unique_customers"]) == (contacts, customers)
    assert now["tickets_per_customer"] == contacts / customers


def test_customers_of_a_week_are_an_estimate() -> None:
    """M72: three, of seven contacts; few customers are told apart for certain, but where two share a register."""
    now = shown(two_of_two_queues(), 1.5)

    assert (now["known_contacts"], now["unique_customers"]) == (7, 3)
    assert now["tickets_per_customer"] == pytest.approx(7 / 3)


def test_many_customers_are_estimated_within_the_error() -> None:
    """M72, HyperLogLog: 2,000 customers with two contacts each, within three standard errors."""
    samples = of_all({f"u{n}": {"a": visit(contact(0.1)), "b": visit(contact(0.2))} for n in range(2_000)})

    now = shown(samples, 0.5)

    assert now["unique_customers"] == pytest.approx(2_000, rel=3 * STANDARD_ERROR)
    assert shown(samples, 0.5, window="today")["unique_customers"] == 2_000


def test_what_is_taken_back_leaves_the_estimate() -> None:
    """M72: units are subtracted from the sketch, and the customer who stays is one still."""
    board = of_all({"u1": {"a": visit(contact(0.1))}, "u2": {"b": visit(contact(0.1))}})
    gone = of_all({"u2": {"b": visit(contact(0.1))}})

    assert shown(board, 0.5)["unique_customers"] == 2
    assert shown(board, 0.5, taken=gone)["unique_customers"] == 1


def test_nobody() -> None:
    """Counts are 0, shares absent."""
    now = shown(samples_of({"a": visit(contact(0))}), 2, window="1h")

    assert (now["unique_customers"], now["known_contacts"], now["anchors"], now["callbacks_7d"]) == (0, 0, 0, 0)
    assert not {name for name in now if name.endswith("ratio") or name == "tickets_per_customer"}


def test_customers_are_counted_where_they_are_asked_for() -> None:
    """The family `customers` of the definitions."""
    samples = samples_of({"a": visit(contact(0))})

    assert "unique_customers" not in shown(samples, 0.5, definitions=replace(EVERYTHING, families=("volume",)))


def test_the_zone_of_the_setting_is_one_of_the_definitions() -> None:
    """DESKPULSE_ZONE decides where the days of customers begin, and so makes another generation; theirs only."""
    berlin = zone_of("Europe/Berlin", ZoneInfo("Europe/Berlin"))
    asked, others = load({"zone": "Europe/Berlin"}), load({})
    asked._defined = others._defined = replace(EVERYTHING, families=("customers",))

    assert definitions_of(asked).zone_of("acme") == berlin
    assert definitions_of(others).zone_of("acme") is None
    assert definitions_of(asked).generation() != definitions_of(others).generation()
    asked._defined = None
    assert definitions_of(asked).zones == {}
