"""How much work one case may ask for: counted, not timed, so every machine refuses the same cases.

A case file is somebody's data: a few lines of it can name more work than anybody has time for.
Whatever grows with a case tells what it is about to do; within `work_limit`, what is left pays.
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
    """Allow a block about so many seconds of one core's work."""
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
    """Whether anybody counts."""
    return _LEFT.get() is not None


def charge(microseconds: float, what: str) -> None:
    """Announce work. Raises TooExpensive, naming it, if there is not so much left."""
    left = _LEFT.get()
    if left is None:
        return
    if not microseconds <= left:
        raise TooExpensive(f"{what} would take more work than one case is given (--effort)")
    _LEFT.set(left - microseconds)
