"""A limit to the work that one case may cause.

A short case file can ask for hours of work. Every computation whose cost grows with the case
announces its estimated cost with `charge`; inside `work_limit` the estimate is subtracted from a
budget, and what exceeds it raises TooExpensive. Estimates are not measured, so that every machine
refuses the same cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real

from theorycheck.errors import InvalidType, InvalidValue, TooExpensive

_LEFT: ContextVar[float | None] = ContextVar("left", default=None)


@contextmanager
def work_limit(seconds: float) -> Iterator[None]:
    """Limit a block to about this many seconds of work on one core."""
    if not isinstance(seconds, Real):
        raise InvalidType(f"effort is a {type(seconds).__name__}; give a number of seconds")
    if not seconds > 0:
        raise InvalidValue(f"effort is {seconds}; give a positive number of seconds")
    token = _LEFT.set(1e6 * seconds)
    try:
        yield
    finally:
        _LEFT.reset(token)


def has_limit() -> bool:
    """True if a work limit is in force."""
    return _LEFT.get() is not None


def charge(microseconds: float, what: str) -> None:
    """Announce work of an estimated cost. Raises TooExpensive, naming it, if less is left."""
    left = _LEFT.get()
    if left is None:
        return
    if not microseconds <= left:
        raise TooExpensive(f"{what} would take more work than one case is given (--effort)")
    _LEFT.set(left - microseconds)
