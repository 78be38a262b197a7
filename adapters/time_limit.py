"""
Work that must end in time, in the thread that does it: the kernel's timer interrupts it. Predicting calls it.

A thread per request would cost more than most answers, and could not be stopped.
"""

import signal
from functools import cache
from typing import Any


class TooSlow(TimeoutError):
    """The work was interrupted."""


class at_most:  # read as a sentence: `with at_most(seconds):`
    """
    Only in a process's main thread, which is where Lambda calls a handler.

    Raises:
        TooSlow: from within the work, once *seconds* of wall time have passed.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        _listen()
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_error: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


@cache
def _listen() -> None:
    signal.signal(signal.SIGALRM, _interrupt)


def _interrupt(_number: int, _frame: Any) -> None:
    raise TooSlow
