"""First contact resolution and repeat contacts are what brute force says: every queue, channel and tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import simulated
from tests.brute_force import metrics_of, product, wrong
from tests.customers_oracle import CustomersOracle
from tests.simulated import DAY_MS, T0, Line

if TYPE_CHECKING:
    from stream.offline import Values

DAYS = 13
FEED_MS = 15 * 3_600_000
NAMES = {
    f"rolling_{name}"
    for name in (
        *("fcr_episodes", "fcr_ratio", "fcr_settled_ratio", "fcr_missed_ratio", "fcr_one_reply_ratio"),
        *("fcr_one_teammate_ratio", "fcr_coverage_ratio", "anchors", "callbacks_7d", "callbacks_7d_ratio"),
        *("callbacks_7d_same_topic_ratio", "callbacks_7d_settled_ratio", "callbacks_after_resolution"),
        *("callbacks_after_resolution_ratio", "known_contacts", "contact_coverage_ratio", "unique_customers"),
        "tickets_per_customer",
    )
}


def log(seed: int) -> list[Line]:
    """Return thirteen days of customers who come again, over any channel, some of them renamed on the way."""
    lines = simulated.of_conversations(simulated.centre(days=DAYS, rate=2.5, seed=seed, tenants=("default", "acme")))
    lines = simulated.with_second_thoughts(lines, share=0.15, seed=seed)
    lines = simulated.with_other_customers(lines, share=0.1, seed=seed)
    lines = simulated.without_closes(lines, share=0.02, seed=seed)
    return simulated.on_the_road(lines, duplicates=0.05, disorder_ms=120_000)


def exact(values: Values) -> Values:
    """Leave out estimates: different customers of a window other than the local day."""
    return {
        (name, pairs): value
        for (name, pairs), value in values.items()
        if not name.endswith(("_unique_customers", "_tickets_per_customer")) or ("window", "today") in pairs
    }


def test_customers_are_counted_right_while_time_goes_by() -> None:
    """At 20 instants, of all events before each; every metric of theirs has had a value other than 0."""
    lines = log(1)
    oracle, offline = CustomersOracle(line.value for line in lines), product(NAMES)
    met: set[str] = set()

    for t in range(T0 + FEED_MS, T0 + DAYS * DAY_MS + 1, FEED_MS):
        offline.feed(line.value for line in lines if t - FEED_MS <= line.at < t)
        right = oracle.at(t)
        assert wrong(right, exact(offline.values(t))) == []
        met |= metrics_of(right)

    assert met == NAMES


def test_customers_are_counted_right_in_order_of_arrival() -> None:
    """With copies of other content, disorder, and lines that are a day late: at the end, and days after it."""
    lines = simulated.on_the_road(log(2), duplicates=0.05, disorder_ms=3_600_000, late=0.02)
    oracle, offline = CustomersOracle(line.value for line in lines), product(NAMES)
    offline.feed(line.value for line in lines)

    last = max(line.at for line in lines)
    for t in (last + 1, last + DAY_MS, last + 6 * DAY_MS):
        assert wrong(oracle.at(t), exact(offline.values(t))) == []
