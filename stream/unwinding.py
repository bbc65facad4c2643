"""A command that is asked to end takes away what it has made: SIGTERM and SIGHUP unwind it, as Ctrl-C does by itself.

Python ends at once for them otherwise, and no `finally` has its turn. For commands that work in the main thread; those
that serve have a loop, which is told to stop.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ASKED: Final = (signal.SIGTERM, signal.SIGHUP)
HELD: Final = (*ASKED, signal.SIGINT)
_OF_A_SIGNAL: Final = 128
"""What a shell adds to the number of the signal that ended a command."""


@contextmanager
def unwound() -> Iterator[None]:
    """Raise SystemExit in the body at the first SIGTERM or SIGHUP, with the exit code that a shell shows for it.

    Those that come while the body unwinds do nothing more. What was ignored before, as nohup does, stays so.
    """
    before = {number: signal.getsignal(number) for number in ASKED}
    taken = [number for number, was in before.items() if was is not signal.SIG_IGN]

    def unwind(number: int, _frame: FrameType | None) -> None:
        for each in taken:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(_OF_A_SIGNAL + number)

    for number in taken:
        signal.signal(number, unwind)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])


@contextmanager
def held() -> Iterator[None]:
    """Keep signals that would unwind until the body is through: a child that starts is known, one that ends is gone.

    In another thread than the main one there is nothing to keep, as signals unwind that one alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in HELD}
    kept = [number for number, was in before.items() if callable(was)]
    for number in kept:
        signal.signal(number, lambda each, _frame: came.append(each))
    try:
        yield
    finally:
        for number in kept:
            signal.signal(number, before[number])
        for first in came[:1]:
            signal.raise_signal(first)
