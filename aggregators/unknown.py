"""The unknown: what stands for the state of an instant of which the intervals are gone, so that nothing is guessed.

Whatever is computed from it is unknown as well. Whether it is more or less than something cannot be told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from aggregators.reading import State
from aggregators.states import States

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregators.delta import Entry
    from aggregators.metric import Metric
    from aggregators.reading import Reading, Value
    from aggregators.rolling import Group
    from aggregators.samples import Labels
    from aggregators.states import Grouping


class UnknowableError(Exception):
    """Something depends on whether what is unknown is more or less than something."""


class Unknown:
    """A number that is unknown. Sums, products and quotients of it are."""

    def _unknown(self, _: object = None) -> Unknown:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _unknown
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __neg__ = _unknown

    def _unknowable(self, _: object) -> NoReturn:
        raise UnknowableError

    __lt__ = __le__ = __gt__ = __ge__ = _unknowable

    def __bool__(self) -> bool:
        """Be something: what is divided by it is unknown, and were it nothing that would be absent."""
        return True


class _Anything(dict[int, Any]):
    """Has the same unknown for every key."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self._value = value

    def get(self, _: int, __: object = None) -> Any:  # noqa: ANN401 - stands for numbers and pairs of them
        return self._value

    __getitem__ = get

    def _unknowable(self) -> NoReturn:
        raise UnknowableError

    items = values = keys = __iter__ = _unknowable


UNKNOWN: Final = Unknown()
_ANY: Any = UNKNOWN
UNKNOWN_STATE: Final = State(
    waiting=_ANY,
    oldest_wait=_ANY,
    oldest_customer_wait=_ANY,
    waiting_past_target=_ANY,
    response_open=_ANY,
    oldest_response_open=_ANY,
    response_open_past_target=_ANY,
    unanswered_messages=_ANY,
    lasting=_Anything(UNKNOWN),
    oldest=_Anything(UNKNOWN),
    latest=(_ANY, _ANY),
    ahead=_Anything((UNKNOWN, UNKNOWN)),
)


class UnknownStates(States):
    """States of which nothing is known: nobody is known to wait, and nobody is known not to."""

    def put(self, partition: object, bucket: int, entries: Mapping[Entry, int]) -> None:
        """Do without the intervals."""

    def at(self, as_of: int, grouping: Grouping) -> dict[Group, State]:
        """Return what has no groups, and an unknown state for each of them."""
        del as_of, grouping
        return _Everywhere()

    def kept(self, as_of: int) -> set[Labels]:
        """Return that nothing of an interval is kept."""
        del as_of
        return set()


class _Everywhere(dict["Group", State]):
    def get(self, _: Group, __: object = None) -> State:
        return UNKNOWN_STATE


def careful(metric: Metric) -> Metric:
    """Return *metric* so that it reads nothing where that would be unknown."""
    return replace(metric, read=_careful(metric.read))


def _careful(read: Callable[[Reading], Value | Mapping[str, Value]]) -> Callable[[Reading], Any]:
    def known(reading: Reading) -> Any:  # noqa: ANN401 - whatever is read
        try:
            found: Any = read(reading)
        except UnknowableError:
            return None
        if isinstance(found, dict):
            return {extra: value for extra, value in found.items() if value is not UNKNOWN}
        return None if found is UNKNOWN else found

    return known


def unknown_of(metric: Metric, reading: Reading) -> frozenset[str | None] | None:
    """Return which extras of *metric* are unknown where the state is, (None,) of one without; None: any may be.

    *reading* is one in which there is something of everything.
    """
    try:
        found: Any = metric.read(replace(reading, state=UNKNOWN_STATE))
    except UnknowableError:
        return None
    if isinstance(found, dict):
        return frozenset(extra for extra, value in found.items() if value is UNKNOWN)
    return frozenset((None,)) if found is UNKNOWN else frozenset()
