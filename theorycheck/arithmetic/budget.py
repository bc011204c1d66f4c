"""A limit to the work that one case may cause.

A short case file can ask for hours of work. Every computation whose cost grows with the case
announces its estimated cost with `charge`; inside `work_limit` the estimate is subtracted from a
budget, and what exceeds it raises TooExpensive. Estimates are not measured, so that every machine
refuses the same cases.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from numbers import Real
from typing import TypeVar, TypeVarTuple

from theorycheck.errors import InvalidType, InvalidValue, TooExpensive

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


@dataclass
class _Account:
    """The microseconds that were announced in a block."""

    spent: float = 0.0


_LEFT: ContextVar[float | None] = ContextVar("left", default=None)
_ACCOUNT: ContextVar[_Account | None] = ContextVar("account", default=None)


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


def is_counted() -> bool:
    """True if work is to be announced: a limit is in force, or the work is added up."""
    return _LEFT.get() is not None or _ACCOUNT.get() is not None


def charge(microseconds: float, what: str) -> None:
    """Announce work of an estimated cost. Raises TooExpensive, naming it, if less is left."""
    account = _ACCOUNT.get()
    if account is not None:
        account.spent += microseconds
    left = _LEFT.get()
    if left is None:
        return
    if not microseconds <= left:
        raise TooExpensive(f"{what} would take more work than one case is given (--effort)")
    _LEFT.set(left - microseconds)


def remembered(
    most: int,
) -> Callable[[Callable[[*_Arguments], _Result]], Callable[[*_Arguments], _Result]]:
    """Keep the latest results of a function, and announce the work again whenever one is recalled.

    So what a case is refused for does not depend on the cases before it, as it would with a plain
    cache. The arguments have to be hashable. most: how many results are kept.
    """

    def decorate(
        function: Callable[[*_Arguments], _Result],
    ) -> Callable[[*_Arguments], _Result]:
        @functools.lru_cache(most)
        def found(*arguments: *_Arguments) -> tuple[_Result, float]:
            account = _Account()
            tokens = _ACCOUNT.set(account), _LEFT.set(_LEFT.get())
            try:
                return function(*arguments), account.spent
            finally:
                _ACCOUNT.reset(tokens[0])
                _LEFT.reset(tokens[1])

        @functools.wraps(function)
        def recalled(*arguments: *_Arguments) -> _Result:
            result, cost = found(*arguments)
            left = _LEFT.get()
            if left is not None and cost > left:
                function(*arguments)  # raises where it would have, and names what was too much
            charge(cost, "what was found before")
            return result

        recalled.cache_clear = found.cache_clear  # type: ignore[attr-defined]
        return recalled

    return decorate
