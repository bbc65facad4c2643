"""How often one may ask."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.api.access import ANYBODY, CALLER, Caller, Unknown
from stream.api.rates import BURST_S, MOST_BUCKETS, Buckets, Rates
from tests.stream.api.asking import ask
from tests.stream.api.driving import drive, fine, scope_of

A, B = ("token", "a"), ("token", "b")
ANN = Caller("ann", frozenset(), None, "token")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


def test_a_burst_is_fine_and_going_on_like_that_is_not() -> None:
    """2 a second: 20 at once, the next one half a second later, and not a moment sooner.

    bucket   20 ... 1 0 | 0.5 | 1 0
    seconds  0          | .25 | .5
    """
    buckets = Buckets(2)

    assert [buckets.wait_s(A, now_s=0) for _ in range(2 * BURST_S)] == [0] * 20
    assert buckets.wait_s(A, now_s=0) == 0.5
    assert buckets.wait_s(A, now_s=0.25) == 0.25
    assert buckets.wait_s(A, now_s=0.5) == 0
    assert buckets.wait_s(A, now_s=0.5) == 0.5


def test_one_caller_does_not_wait_for_another() -> None:
    """Each has a bucket, which holds no more than a burst however long nothing was asked."""
    buckets = Buckets(1)

    assert [buckets.wait_s(A, now_s=0) for _ in range(11)] == [0] * 10 + [1]
    assert buckets.wait_s(B, now_s=0) == 0
    assert [buckets.wait_s(A, now_s=1_000) for _ in range(11)] == [0] * 10 + [1]


def test_the_number_of_buckets_is_bounded() -> None:
    """The one that was not asked for longest goes: whoever asks all the time keeps an empty one."""
    buckets = Buckets(1)
    for _ in range(11):
        buckets.wait_s(A, now_s=0)

    for number in range(2 * MOST_BUCKETS):
        buckets.wait_s(("nobody", str(number)), now_s=0)
        if number % 1_000 == 0:
            assert buckets.wait_s(A, now_s=0) == 1

    assert len(buckets._buckets) == MOST_BUCKETS


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(
    st.integers(min_value=1, max_value=5),
    st.lists(st.integers(min_value=0, max_value=4_000), min_size=1, max_size=120),
)
def test_no_span_of_time_lets_more_through(per_s: int, gaps_ms: list[int]) -> None:
    """Whenever one asks: within any span at most a burst and what comes in meanwhile."""
    buckets, now_s, let_through = Buckets(per_s), 0.0, []
    for gap_ms in gaps_ms:
        now_s += gap_ms / 1_000
        if buckets.wait_s(A, now_s=now_s) == 0:
            let_through.append(now_s)

    for first, begin in enumerate(let_through):
        for last, end in enumerate(let_through[first:], first):
            assert last - first + 1 <= per_s * BURST_S + (end - begin) * per_s + 1e-6


async def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    """429 with whole seconds, at least one; by then it works again. Health is always answered, and so are pages."""
    clock = Clock()
    app = Rates(fine, per_s=1, clock=clock)
    statuses = [(await drive(app, scope_of("/a"))).status for _ in range(10)]

    refused = await drive(app, scope_of("/a"))
    clock.now_s = float(refused.headers["retry-after"])

    assert statuses == [200] * 10
    assert (refused.status, refused.headers["retry-after"], refused.detail) == (429, "1", "you ask too often")
    assert (await drive(app, scope_of("/a"))).status == 200
    assert (await drive(app, scope_of("/a"))).status == 429
    for path in ("/live", "/", "/drill", "/then", "/static/board.js", "/runbooks/queue-spike"):
        assert (await drive(app, scope_of(path))).status == 200


async def test_who_is_known_is_counted_by_name_and_others_by_address() -> None:
    """Of IPv6 by the first half of it, as the second is anybody's to choose; a wrong token makes nobody known."""
    app = Rates(fine, per_s=1)

    async def asks(**scope: object) -> list[int]:
        return [(await drive(app, scope_of("/a", **scope))).status for _ in range(6)]  # type: ignore[arg-type]

    ann = {CALLER: ANN}
    await asks(peer="10.0.0.1", **ann)
    assert 429 in await asks(peer="10.0.0.2", **ann)
    assert await asks(peer="10.0.0.1") == [200] * 6
    await asks(peer="2001:db8::1")
    assert 429 in await asks(peer="2001:db8::2", **{CALLER: Unknown()})
    assert await asks(peer="2001:db8:0:1::1", **{CALLER: ANYBODY}) == [200] * 6
    assert await asks(peer="somewhere") == [200] * 6


async def test_the_screens_of_one_token_do_not_wait_for_each_other() -> None:
    """Each is counted by its session, as all of them have one name."""
    app = Rates(fine, per_s=1)
    hall, floor = (Caller("link of ann", frozenset(), None, "link", key) for key in ("hall", "floor"))

    async def asks(caller: Caller) -> list[int]:
        return [(await drive(app, {**scope_of("/a"), CALLER: caller})).status for _ in range(11)]

    assert await asks(hall) == await asks(floor) == [200] * 10 + [429]


def test_the_setting_is_the_rate() -> None:
    """Of an application with one a second, the first ten are answered."""
    assert ask("/api/v1/catalogue", given={"rate": "1"}).status_code == 200
