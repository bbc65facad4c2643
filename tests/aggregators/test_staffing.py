"""Erlang B, C and A against published values, against the chain of states, and against each other at their limits."""

from functools import cache
from math import comb, exp, inf, lgamma, log
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregators.staffing import (
    CONCURRENCY_FACTORS,
    Demand,
    Staffed,
    effective_handle_s,
    erlang_a,
    erlang_b,
    erlang_c,
    offered_load,
    staff_required,
)

EXAMPLES = settings(max_examples=80, derandomize=True, database=None, deadline=None)
HANDLES_S = st.floats(10, 1_000)
PATIENCES_S = st.floats(5, 2_000)
# Loads from 0.1 to 60 erlangs, so that the chain of states stays short.
DEMANDS = st.builds(
    lambda load, handle_s, target_s: Demand(load * 1_800 / handle_s, 1_800, handle_s, target_s),
    st.floats(0.1, 60),
    HANDLES_S,
    st.floats(0, 120),
)
AGENTS = st.integers(1, 80)

HALF_HOUR = Demand(contacts=100, interval_s=1_800, handle_s=180, target_s=20)
"""10 erlangs."""
A_MINUTE = Demand(contacts=48, interval_s=60, handle_s=60, target_s=12.5)
"""48 erlangs."""


class Chain(NamedTuple):
    """What the states of the queue say: their probabilities, and means over them."""

    states: list[float]
    waits: float
    queue: float
    busy: float


@cache
def chain(demand: Demand, agents: int, patience_s: float) -> Chain:
    """Solve M/M/n+M state by state: k customers are left behind at the rate min(k, n)·μ + (k − n)⁺·θ."""
    arrivals = demand.contacts / demand.interval_s
    handled, leaving = 1 / effective_handle_s(demand), 1 / patience_s
    logs, k, top = [0.0], 0, 0.0
    while k <= agents or logs[-1] > top - 60 or logs[-1] > logs[-2]:
        k += 1
        logs.append(logs[-1] + log(arrivals / (min(k, agents) * handled + max(0, k - agents) * leaving)))
        top = max(top, logs[-1])
    weights = [exp(value - top) for value in logs]
    total = sum(weights)
    states = [weight / total for weight in weights]
    return Chain(
        states,
        waits=sum(states[agents:]),
        queue=sum(max(0, k - agents) * p for k, p in enumerate(states)),
        busy=sum(min(k, agents) * p for k, p in enumerate(states)),
    )


def answer(state: Staffed | None) -> Staffed:
    """Return a state that there is."""
    assert state is not None
    return state


# ------------------------------------------------------------------------------------------- load and concurrency


def test_the_load_of_the_worked_example() -> None:
    """100 calls in half an hour of 180 s: 200 an hour · 3 min = 600 min = 10 erlangs.

    Call Centre Helper, "Erlang C Formula – Made Simple With an Easy Worked Example".
    """
    assert offered_load(HALF_HOUR) == pytest.approx(10)


def test_chats_at_once_shorten_the_handle_time_by_their_factor() -> None:
    """600 s ÷ 2.5 for three at once are 240 s.

    The five factors are those of the table in "Erlang C for Chat?", Call Centre Helper.
    """
    three = Demand(contacts=30, interval_s=1_800, handle_s=600, target_s=60, concurrency=3)

    assert effective_handle_s(three) == 240
    assert offered_load(three) == pytest.approx(4)  # 30 · 240 ÷ 1800
    assert CONCURRENCY_FACTORS == {1: 1, 2: 1.7, 3: 2.5, 4: 2.9, 5: 3.5}


def test_a_chat_among_others_is_a_shorter_contact() -> None:
    """All that holds of a contact of 240 s holds of a chat of 600 s beside two others."""
    chats = Demand(contacts=30, interval_s=1_800, handle_s=600, target_s=60, concurrency=3)
    calls = Demand(contacts=30, interval_s=1_800, handle_s=240, target_s=60)

    assert erlang_c(chats, 6) == erlang_c(calls, 6)
    assert erlang_a(chats, 6, patience_s=90) == erlang_a(calls, 6, patience_s=90)


@pytest.mark.parametrize("concurrency", [0, 6])
def test_there_is_no_factor_beyond_five(concurrency: int) -> None:
    """None is published, and none is made up."""
    with pytest.raises(ValueError, match=f"no factor is known for {concurrency} contacts at once"):
        offered_load(HALF_HOUR._replace(concurrency=concurrency))


# ------------------------------------------------------------------------------------------- Erlang B


@pytest.mark.parametrize(
    ("lines", "load", "blocked"),
    [(1, 0.0204, 0.02), (5, 1.657, 0.02), (15, 9.010, 0.02), (31, 22.827, 0.02), (89, 77.342, 0.02), (15, 8.108, 0.01)],
)
def test_erlang_b_of_the_tables(lines: int, load: float, blocked: float) -> None:
    """The loads that block 2 % of calls, and 1 %, rounded to three places.

    Erlang B capacity table of Lucent Technologies; the last from the manual of the Erlang calculator, erlang.com; the
    first is 1/49 by hand.
    """
    assert erlang_b(load, lines) == pytest.approx(blocked, abs=2e-5)


def test_erlang_b_of_thirty_lines() -> None:
    """25 erlangs on 30 lines: about 0.05 (Wolfram, "Compute Loss Probabilities for a Queue")."""
    assert erlang_b(25, 30) == pytest.approx(0.05, abs=0.005)


def test_erlang_b_by_hand() -> None:
    """2 erlangs on 3 lines: (8/6) ÷ (1 + 2 + 2 + 8/6) = 4/19. Without lines all are blocked, without load nobody."""
    assert erlang_b(2, 3) == pytest.approx(4 / 19)
    assert [erlang_b(2, 0), erlang_b(0, 3)] == [1, 0]


@pytest.mark.parametrize(("load", "agents"), [(4_900, 5_000), (5_000, 5_000), (9_000, 5_000), (19_500, 20_000)])
def test_erlang_b_of_thousands(load: float, agents: int) -> None:
    """It is Poisson's probability of n, of all up to n, whose logarithms stay small."""
    logs = [k * log(load) - load - lgamma(k + 1) for k in range(agents + 1)]

    assert erlang_b(load, agents) == pytest.approx(1 / sum(exp(value - logs[-1]) for value in logs), rel=1e-6)


# ------------------------------------------------------------------------------------------- Erlang C


def test_erlang_c_of_the_worked_example() -> None:
    """14 agents: 17.413 % wait, 88.835 % within 20 s, ASA 7.836 s, occupancy 71.43 %.

    Call Centre Helper's example as computed by the R package ErlangC 0.1.0 (its README).
    """
    state = answer(erlang_c(HALF_HOUR, 14))

    assert state.wait_probability == pytest.approx(0.1741319, abs=5e-8)
    assert state.service_level == pytest.approx(0.88835, abs=5e-7)
    assert state.asa_s == pytest.approx(7.83593701177724, rel=1e-12)
    assert state.occupancy == pytest.approx(0.7142857, abs=5e-8)


def test_eleven_agents_make_two_thirds_wait() -> None:
    """The example's first try: 68.21 % wait (the same README), 38.96 % are answered within 20 s."""
    state = answer(erlang_c(HALF_HOUR, 11))

    assert state.wait_probability == pytest.approx(0.6821182, abs=5e-8)
    assert state.service_level == pytest.approx(0.3896, abs=5e-5)


def test_erlang_c_without_abandonment() -> None:
    """50 agents, 48 calls a minute of a minute: mean wait 20.8 s, 10 % wait over 58.1 s, 17 in queue, occupancy 96 %.

    Garnett, Mandelbaum and Reiman 2002, where they compare the models with and without abandonment.
    """
    state = answer(erlang_c(A_MINUTE._replace(target_s=58.1), 50))

    assert round(state.mean_wait_s, 1) == 20.8
    assert state.service_level == pytest.approx(0.9, abs=5e-4)
    assert round(state.mean_wait_s * 48 / 60) == 17
    assert state.occupancy == pytest.approx(0.96)


def test_erlang_c_by_hand() -> None:
    """One agent, load 1/2: half wait, exponentially with mean 60 ÷ (1 − 1/2) = 120 s; within 0 s, half."""
    state = answer(erlang_c(Demand(contacts=30, interval_s=3_600, handle_s=60, target_s=0), 1))

    assert tuple(state) == pytest.approx((1, 0.5, 0.5, 0.5, 0, 0, 60, 60, 0.5))


@pytest.mark.parametrize("agents", [1, 9, 10])
def test_erlang_c_has_no_answer_for_a_load_of_all_agents(agents: int) -> None:
    """The queue would grow for ever, with 10 agents for 10 erlangs too."""
    assert erlang_c(HALF_HOUR, agents) is None


def test_an_agent_more_than_the_load_is_an_answer() -> None:
    """However few: at 11 there is one."""
    assert erlang_c(HALF_HOUR, 11) is not None


# ------------------------------------------------------------------------------------------- Erlang A


def test_erlang_a_with_a_patience_of_two_minutes() -> None:
    """The same 50 agents: 3.1 % leave, mean wait 3.7 s, 10 % wait over 12.5 s, 3 in queue, occupancy 93 %.

    Garnett, Mandelbaum and Reiman 2002, where they compare the models with and without abandonment.
    """
    state = erlang_a(A_MINUTE, 50, patience_s=120)

    assert round(state.abandonment, 3) == 0.031
    assert round(state.mean_wait_s, 1) == 3.7
    assert 1 - state.answered_within - state.abandoned_within == pytest.approx(0.1, abs=1e-3)
    assert round(state.mean_wait_s * 48 / 60) == 3
    assert round(state.occupancy, 2) == 0.93


def test_erlang_a_by_hand() -> None:
    """One agent, load 1, patience as long as a call: customers in the system are Poisson with mean 1.

    All but e^−1 wait; e^−1 of the time nobody is served, so 1 − e^−1 are, and e^−1 leave, after a mean of e^−1 · 60 s.
    """
    state = erlang_a(Demand(contacts=60, interval_s=3_600, handle_s=60, target_s=0), 1, patience_s=60)

    assert state.wait_probability == pytest.approx(1 - exp(-1), rel=1e-10)
    assert state.occupancy == pytest.approx(1 - exp(-1), rel=1e-10)
    assert state.abandonment == pytest.approx(exp(-1), rel=1e-10)
    assert state.mean_wait_s == pytest.approx(60 * exp(-1), rel=1e-10)
    assert state.answered_within == pytest.approx(exp(-1), rel=1e-10)
    assert state.abandoned_within == 0


@EXAMPLES
@given(demand=DEMANDS, agents=AGENTS, patience_s=PATIENCES_S)
def test_erlang_a_is_the_chain_of_its_states(demand: Demand, agents: int, patience_s: float) -> None:
    """Who waits, who is busy; and λ·P(leaves) = θ·E(queue), the balance of those who come and leave."""
    state, states = erlang_a(demand, agents, patience_s=patience_s), chain(demand, agents, patience_s)
    arrivals = demand.contacts / demand.interval_s

    assert state.wait_probability == pytest.approx(states.waits, rel=1e-8, abs=1e-12)
    assert arrivals * state.abandonment == pytest.approx(states.queue / patience_s, rel=1e-8, abs=1e-12)
    assert arrivals * state.mean_wait_s == pytest.approx(states.queue, rel=1e-8, abs=1e-10)
    assert state.occupancy == pytest.approx(states.busy / agents, rel=1e-8)


@pytest.mark.parametrize(("agents", "load", "target_s"), [(10, 8, 20), (10, 10, 5), (20, 30, 40), (40, 36, 0.5)])
def test_the_service_level_of_erlang_a_is_the_chain_s(agents: int, load: float, target_s: float) -> None:
    """A patience as long as a call makes it a sum of binomials.

    Who finds k in queue is still there after T if they stay and, of the n calls and the k patiences before them, at
    least n last longer. Those who leave within T are θ times the time that is waited until then.
    """
    handle_s = 120
    demand = Demand(load * 30, 3_600, handle_s, target_s)
    states = chain(demand, agents, handle_s).states[agents:]

    def waits_longer(x: float) -> float:
        """Return the chance that a customer is still in queue after x seconds: that it takes so long, and they stay."""
        y = exp(-x / handle_s)
        later = (
            p * sum(comb(agents + k, j) * y**j * (1 - y) ** (agents + k - j) for j in range(agents, agents + k + 1))
            for k, p in enumerate(states)
            if p > 1e-18
        )
        return y * sum(later)

    steps = 60  # Simpson's rule
    ends = (waits_longer(0) + waits_longer(target_s)) / 2
    middles = sum(waits_longer(target_s * (n + 0.5) / steps) for n in range(steps))
    inner = sum(waits_longer(target_s * n / steps) for n in range(1, steps))
    waited_s = target_s / steps * (ends + inner + 2 * middles) / 3
    state = erlang_a(demand, agents, patience_s=handle_s)

    assert state.abandoned_within == pytest.approx(waited_s / handle_s, rel=1e-7)
    assert state.answered_within + state.abandoned_within == pytest.approx(1 - waits_longer(target_s), rel=1e-9)
    assert state.service_level == pytest.approx(state.answered_within / (1 - state.abandoned_within))


@EXAMPLES
@given(demand=DEMANDS, agents=AGENTS, patience_s=PATIENCES_S)
def test_the_mean_wait_is_of_the_answered_and_of_those_who_left(demand: Demand, agents: int, patience_s: float) -> None:
    """With all the time in the world the answered are all who do not leave, and nothing is left of the target."""
    state = erlang_a(demand._replace(target_s=1e7), agents, patience_s=patience_s)

    assert state.answered_within == pytest.approx(1 - state.abandonment)
    assert state.abandoned_within == pytest.approx(state.abandonment)
    assert state.service_level == pytest.approx(1)
    assert state.asa_s * (1 - state.abandonment) <= state.mean_wait_s * (1 + 1e-9)


def test_the_answered_wait_what_the_density_says() -> None:
    """One agent, load 1, patience as a call (60 s), by the midpoint rule.

    With u = 1 − e^(−x/60) the density e^−1·exp(u − x/60)/60 dx is e^−1·e^u du; the answered stay with chance 1 − u, and
    x = −60·ln(1 − u). All over the answered, 1 − e^−1.
    """
    steps = 200_000
    mids = [(n + 0.5) / steps for n in range(steps)]
    total = sum(-60 * log(1 - u) * (1 - u) * exp(u - 1) for u in mids) / steps
    state = erlang_a(Demand(contacts=60, interval_s=3_600, handle_s=60, target_s=0), 1, patience_s=60)

    assert state.asa_s == pytest.approx(total / (1 - exp(-1)), rel=1e-7)


# ------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize("agents", [11, 14, 40])
def test_with_endless_patience_erlang_a_is_erlang_c(agents: int) -> None:
    """Patience of 300 years, in all fields."""
    state = erlang_a(HALF_HOUR, agents, patience_s=1e10)

    assert tuple(state) == pytest.approx(tuple(answer(erlang_c(HALF_HOUR, agents))), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("agents", [1, 5, 10, 14])
def test_without_patience_erlang_a_is_erlang_b(agents: int) -> None:
    """Who does not find an agent free leaves at once: as many as a loss system blocks."""
    state = erlang_a(HALF_HOUR, agents, patience_s=1e-8)

    assert state.abandonment == pytest.approx(erlang_b(10, agents), rel=1e-8)
    assert state.asa_s == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("patience_s", [1e-3, 0.1, 1, 10])
def test_short_patience_is_as_exact(patience_s: float) -> None:
    """Where customers leave a thousand times faster than agents are free."""
    state, states = erlang_a(HALF_HOUR, 11, patience_s=patience_s), chain(HALF_HOUR, 11, patience_s)

    assert state.wait_probability == pytest.approx(states.waits, rel=1e-9)
    assert state.mean_wait_s == pytest.approx(states.queue * 18, rel=1e-9)


@pytest.mark.parametrize(("contacts", "agents"), [(18_000, 1_000), (180_000, 9_000), (180_000, 10_100), (9_000, 4_000)])
def test_erlang_a_of_thousands(contacts: float, agents: int) -> None:
    """Loads of 1,000, 10,000 (too much, and not quite) and 500 erlangs are as exact."""
    demand = Demand(contacts, 3_600, 200, 20)
    state, states = erlang_a(demand, agents, patience_s=150), chain(demand, agents, 150)

    assert state.wait_probability == pytest.approx(states.waits, rel=1e-6, abs=1e-20)
    assert state.abandonment == pytest.approx(states.queue / 150 / (contacts / 3_600), rel=1e-6, abs=1e-20)


@pytest.mark.parametrize("load", [50_000, 4_000_000])
def test_a_great_overload_is_a_fluid(load: float) -> None:
    """Half of twice the load leaves: 1 − n/a, and the answered wait until half have left, patience · ln 2."""
    state = erlang_a(Demand(load, 60, 60, 20), int(load / 2), patience_s=120)

    assert state.wait_probability == pytest.approx(1)
    assert state.abandonment == pytest.approx(0.5, abs=1e-4)
    assert state.asa_s == pytest.approx(120 * log(2), rel=1e-3)


def test_nobody_comes() -> None:
    """Then nobody would wait."""
    nobody = HALF_HOUR._replace(contacts=0)
    idle = Staffed(2, 0, 1, 1, 0, 0, 0, 0, 0)

    assert erlang_c(nobody, 2) == idle
    assert erlang_a(nobody, 2, patience_s=60) == idle
    assert erlang_a(nobody, 1, patience_s=60) == idle._replace(agents=1)


# ------------------------------------------------------------------------------------------- how many agents


def test_the_worked_example_needs_fourteen() -> None:
    """80 % within 20 s, at an occupancy of at most 85 % (Call Centre Helper): 14, for 13 reach 79.6 %."""
    assert staff_required(HALF_HOUR, service_level=0.8, max_occupancy=0.85) == erlang_c(HALF_HOUR, 14)
    assert answer(erlang_c(HALF_HOUR, 13)).service_level == pytest.approx(0.796, abs=5e-4)


def test_a_lower_occupancy_needs_more() -> None:
    """10 erlangs over at most 60 %: 17, for 10/16 is 62.5 %."""
    assert staff_required(HALF_HOUR, service_level=0.8, max_occupancy=0.6).agents == 17


def test_those_who_leave_make_room() -> None:
    """Erlang A asks for fewer agents than C at the same target, even for fewer than the load."""
    without = staff_required(HALF_HOUR, service_level=0.8)
    with_patience = staff_required(HALF_HOUR, service_level=0.8, patience_s=120)

    assert with_patience.agents < without.agents


def test_a_limit_on_abandonment_is_kept() -> None:
    """The service level alone lets a tenth leave; at most 2 % take more agents."""
    lax = staff_required(HALF_HOUR, service_level=0.8, patience_s=100)
    strict = staff_required(HALF_HOUR, service_level=0.8, patience_s=100, max_abandonment=0.02)

    assert lax.abandonment > 0.02 >= strict.abandonment
    assert erlang_a(HALF_HOUR, strict.agents - 1, patience_s=100).abandonment > 0.02


@EXAMPLES
@given(
    demand=DEMANDS,
    service_level=st.floats(0.01, 0.99),
    max_occupancy=st.floats(0.3, 1),
    patience_s=st.none() | PATIENCES_S,
    max_abandonment=st.floats(0.01, 1),
)
@example(demand=HALF_HOUR, service_level=0.8, max_occupancy=1.0, patience_s=None, max_abandonment=1.0)
def test_the_least_number_is_the_least(
    demand: Demand, service_level: float, max_occupancy: float, patience_s: float | None, max_abandonment: float
) -> None:
    """It meets all targets, and one agent fewer misses one of them; a single agent is least of all."""
    found = staff_required(
        demand,
        service_level=service_level,
        max_occupancy=max_occupancy,
        patience_s=patience_s,
        max_abandonment=max_abandonment,
    )

    def meets(agents: int) -> bool:
        state = erlang_c(demand, agents) if patience_s is None else erlang_a(demand, agents, patience_s=patience_s)
        return (
            state is not None
            and state.service_level >= service_level
            and state.occupancy <= max_occupancy
            and state.abandonment <= max_abandonment
        )

    assert meets(found.agents)
    assert found.agents == 1 or not meets(found.agents - 1)


@EXAMPLES
@given(demand=DEMANDS, agents=AGENTS, patience_s=PATIENCES_S)
def test_an_agent_more_makes_nothing_worse(demand: Demand, agents: int, patience_s: float) -> None:
    """More are answered within the target, fewer wait, leave and are busy; in Erlang C too where it has an answer."""
    pairs: list[tuple[Staffed | None, Staffed | None]] = [
        (erlang_a(demand, agents, patience_s=patience_s), erlang_a(demand, agents + 1, patience_s=patience_s)),
        (erlang_c(demand, agents), erlang_c(demand, agents + 1)),
    ]
    for fewer, more in pairs:
        if fewer is None or more is None:
            continue
        tiny = 1e-9
        assert more.service_level >= fewer.service_level - tiny
        assert more.answered_within >= fewer.answered_within - tiny
        assert more.wait_probability <= fewer.wait_probability + tiny
        assert more.abandonment <= fewer.abandonment + tiny
        assert more.mean_wait_s <= fewer.mean_wait_s * (1 + tiny)
        assert more.occupancy <= fewer.occupancy + tiny


@pytest.mark.parametrize(
    "targets",
    [
        {"service_level": 0},
        {"service_level": 1},
        {"service_level": 0.8, "max_occupancy": 0},
        {"service_level": 0.8, "max_abandonment": 0},
        {"service_level": inf},
    ],
)
def test_a_target_that_nobody_can_meet_is_refused(targets: dict[str, float]) -> None:
    """Rather than looked for without end."""
    with pytest.raises(ValueError, match="no staff meets"):
        staff_required(HALF_HOUR, **targets)
