"""Staffing, the what-if (M30): how a number of agents would serve a load, and the least number that meets a target.

Erlang C (customers wait for ever) and Erlang A (M/M/n+M: each hangs up once an exponential patience is over). Both
take arrivals as Poisson and handle times as exponential. An estimate of a steady state, outside "equal".
"""

from __future__ import annotations

from itertools import pairwise
from math import exp, expm1, inf, log
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

CONCURRENCY_FACTORS: Final = {1: 1.0, 2: 1.7, 3: 2.5, 4: 2.9, 5: 3.5}
"""By how much the handle time is divided for an agent with so many chats at once (callcentrehelper, "Erlang C for
Chat?"): less than their number, for an agent does not always have them all."""

_NEGLIGIBLE: Final = 45.0
"""What is e^−45 of the greatest is left out of an integral: less than a float's rounding."""
_PANELS: Final = 100
_GAUSS: Final = (
    (-0.9061798459386640, 0.2369268850561891),
    (-0.5384693101056831, 0.4786286704993665),
    (0.0, 0.5688888888888889),
    (0.5384693101056831, 0.4786286704993665),
    (0.9061798459386640, 0.2369268850561891),
)
"""(Node, weight) of the Gauss-Legendre rule with five nodes on [−1, 1]."""


class Demand(NamedTuple):
    """So many contacts in an interval, each of `handle_s` of an agent who has up to `concurrency` at once.

    They are to be answered within `target_s`.
    """

    contacts: float
    interval_s: float
    handle_s: float
    target_s: float
    concurrency: int = 1


class Staffed(NamedTuple):
    """How `agents` serve a demand; shares are between 0 and 1 and of all contacts, but for `service_level`.

    `service_level` is SL3 of M6, as boards show it: answered within the target ÷ (all but those who left within it);
    `answered_within` is SL2, `answered_within` + `abandoned_within` SL4. `asa_s` is the mean wait of the answered (M3),
    `mean_wait_s` of all. `occupancy` is the share of their time in which agents are busy.
    """

    agents: int
    wait_probability: float
    service_level: float
    answered_within: float
    abandoned_within: float
    abandonment: float
    asa_s: float
    mean_wait_s: float
    occupancy: float


def effective_handle_s(demand: Demand) -> float:
    """Return the agent's time in s that one contact takes. Raise ValueError where no factor is published."""
    factor = CONCURRENCY_FACTORS.get(demand.concurrency)
    if factor is None:
        message = f"no factor is known for {demand.concurrency} contacts at once (1 to {max(CONCURRENCY_FACTORS)} are)"
        raise ValueError(message)
    return demand.handle_s / factor


def offered_load(demand: Demand) -> float:
    """Return the load in erlangs: the agents who would be busy if nobody ever waited or left."""
    return demand.contacts * effective_handle_s(demand) / demand.interval_s


def erlang_b(load: float, agents: int) -> float:
    """Return the share of contacts that find all `agents` busy where nobody waits.

    By the recursion B(n) = a·B(n−1) / (n + a·B(n−1)), in which nothing overflows (Jagerman 1974).
    """
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(demand: Demand, agents: int) -> Staffed | None:
    """Return the steady state in which nobody leaves, or None where there is none: the load is not below `agents`.

    C = B / (1 − occupancy·(1 − B)); who waits, waits exponentially with mean handle time ÷ (agents − load).
    """
    load = offered_load(demand)
    if load >= agents:
        return None
    blocked = erlang_b(load, agents)
    occupancy = load / agents
    waits = blocked / (1 - occupancy * (1 - blocked))
    drain = (agents - load) / effective_handle_s(demand)
    within = 1 - waits * exp(-drain * demand.target_s)
    return Staffed(
        agents=agents,
        wait_probability=waits,
        service_level=within,
        answered_within=within,
        abandoned_within=0.0,
        abandonment=0.0,
        asa_s=waits / drain,
        mean_wait_s=waits / drain,
        occupancy=occupancy,
    )


def erlang_a(demand: Demand, agents: int, *, patience_s: float) -> Staffed:
    """Return the steady state in which a customer's patience is exponential with mean `patience_s` (finite, over 0).

    There is one for every load, with at least one agent. With λ contacts and μ handled per second and θ = 1 ÷ patience,
    the wait that a customer without end to their patience would have is 0, or lies at x > 0 with the density
    λ·π(n−1)·exp(λ·(1 − e^−θx)/θ − nμx) (Baccelli and Hebuterne 1981; Zeltyn and Mandelbaum 2005). π(n−1) is the chance
    of n − 1 agents being busy, B(n−1) times the chance that one is free. All else are integrals over it.
    """
    arrivals, leaving = demand.contacts / demand.interval_s, 1 / patience_s
    serving = agents / effective_handle_s(demand)
    load, target_s = offered_load(demand), demand.target_s

    def gone(x: float) -> float:
        """Return the chance that a patience is over at x."""
        return -expm1(-leaving * x)

    def exponent(x: float) -> float:
        return arrivals * gone(x) / leaving - serving * x

    # Concave, with its peak at 0 unless more arrive than can be served.
    peak = log(arrivals / serving) / leaving if arrivals > serving else 0.0
    top = exponent(peak)
    start, end = _reach(exponent, peak, floor=top - _NEGLIGIBLE)
    # Beyond this, hardly anybody is left: the integrands bend at this scale too.
    edges = sorted({start, min(max(start, _NEGLIGIBLE / leaving), end), end})

    def integral(weight: Callable[[float], float], until: float = inf) -> float:
        def integrand(x: float) -> float:
            return weight(x) * exp(exponent(x) - top)

        total = 0.0
        for since, to in pairwise(edges):
            if since < until:
                total += _gauss(integrand, since, min(until, to))
        return total

    some_wait = integral(lambda _: 1.0)
    # π(n−1) = (1 − P(wait))·B(n−1), so the odds of a wait are B(n−1) times λ times the integral.
    odds = erlang_b(load, agents - 1) * arrivals * some_wait
    waits = _logistic(log(odds) + top) if odds > 0 else 0.0
    scale = waits / some_wait

    abandonment = scale * integral(gone)
    served = 1 - abandonment
    longer = waits - scale * integral(lambda _: 1.0, target_s)
    abandoned_within = scale * integral(gone, target_s) + longer * gone(target_s)
    answered_within = 1 - abandoned_within - longer * (1 - gone(target_s))
    return Staffed(
        agents=agents,
        wait_probability=waits,
        service_level=answered_within / (1 - abandoned_within),
        answered_within=answered_within,
        abandoned_within=abandoned_within,
        abandonment=abandonment,
        asa_s=scale * integral(lambda x: x * (1 - gone(x))) / served,
        mean_wait_s=abandonment * patience_s,
        occupancy=load * served / agents,
    )


def staff_required(
    demand: Demand,
    *,
    service_level: float,
    max_occupancy: float = 1.0,
    patience_s: float | None = None,
    max_abandonment: float = 1.0,
) -> Staffed:
    """Return the state with the least agents that meets every target: by Erlang A given a patience, else by Erlang C.

    A service level alone may be met while a tenth of all leave; `max_abandonment` keeps them. ValueError unless
    `service_level` is between 0 and 1 and neither, and both others are above 0: no number of agents meets those.
    """
    if not (0 < service_level < 1 and max_occupancy > 0 and max_abandonment > 0):
        message = f"no staff meets {service_level=}, {max_occupancy=}, {max_abandonment=}"
        raise ValueError(message)

    def good(agents: int) -> Staffed | None:
        state = erlang_c(demand, agents) if patience_s is None else erlang_a(demand, agents, patience_s=patience_s)
        if state is None or state.service_level < service_level:
            return None
        return state if state.occupancy <= max_occupancy and state.abandonment <= max_abandonment else None

    # All targets are met by every number above one that meets them, so halving finds the least.
    too_few, enough, best = 0, 1, good(1)
    while best is None:
        too_few, enough = enough, 2 * enough
        best = good(enough)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        state = good(middle)
        if state is None:
            too_few = middle
        else:
            enough, best = middle, state
    return best


def _reach(exponent: Callable[[float], float], peak: float, *, floor: float) -> tuple[float, float]:
    """Return where a concave function with its peak at `peak` rises over `floor`, not below 0, and falls under it."""
    start = 0.0 if exponent(0.0) >= floor else _crossing(exponent, 0.0, peak, floor=floor)
    step = max(peak, 1.0)
    while exponent(peak + step) > floor:
        step *= 2
    return start, _crossing(exponent, peak + step, peak, floor=floor)


def _crossing(exponent: Callable[[float], float], outside: float, inside: float, *, floor: float) -> float:
    """Return the point between one under `floor` and one over it where the function crosses it, by halving."""
    for _ in range(60):
        middle = (outside + inside) / 2
        if exponent(middle) < floor:
            outside = middle
        else:
            inside = middle
    return outside


def _gauss(function: Callable[[float], float], start: float, end: float) -> float:
    """Return the integral of a smooth function that grows or falls by no more than e^45 or so."""
    half = (end - start) / (2 * _PANELS)
    total = 0.0
    for panel in range(_PANELS):
        middle = start + (2 * panel + 1) * half
        for node, share in _GAUSS:
            total += share * function(middle + half * node)
    return half * total


def _logistic(x: float) -> float:
    """Return e^x / (1 + e^x)."""
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))
