"""Balls that refuse what would lose their radius: a user's claim is evaluated on these.

Ball arithmetic proves something only as long as every operation is one of balls. `float(x)` takes
a midpoint, and a comparison of two balls that overlap is False whatever the numbers are. In a
claim either turns rounding into a certified sign. So the points and the inputs that a claim is
given have guarded balls: what is computed from them is guarded too, and what leaves the balls
raises, with the line that asked for it, however it is written.

The claims of this package are not guarded: they are read by a test of the architecture, and
compare balls where a proof stands next to it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from pathlib import Path as FilePath
from types import CodeType, FrameType
from typing import Any, NoReturn

import flint
import numpy as np

from theorycheck.errors import ClaimFailed
from theorycheck.statements.comparison import Comparison
from theorycheck.statements.point import Path, Point

_NUMBER = "takes the midpoint of a ball and drops its radius: what comes out is no proof"
_ORDER = "balls that overlap have no order: return at_most(a, b), or use largest and smallest"
_TRUTH = "a ball has no truth value: return at_most(a, b)"
_PART = "leaves ball arithmetic: what comes out is no proof"

_REFUSED = {
    **{f"__{name}__": f"{name}() {_NUMBER}" for name in ("float", "int", "complex", "round")},
    **{f"__{name}__": f"math.{name}() {_NUMBER}" for name in ("floor", "ceil", "trunc")},
    **{f"__{name}__": f"a comparison: {_ORDER}" for name in ("lt", "le", "gt", "ge", "eq", "ne")},
    "__contains__": f"a comparison: {_ORDER}",
    "__hash__": f"a comparison: {_ORDER}",
    "__bool__": _TRUTH,
    "__index__": f"int() {_NUMBER}",
    "_mpf_": f"mpmath {_NUMBER}",
    "__reduce_ex__": f"a copy {_PART}",
    **{
        name: f".{name}() {_PART}"
        for name in (
            *("mid", "rad", "lower", "upper", "abs_lower", "abs_upper", "str", "repr", "bits"),
            *("fmpq", "fmpz", "unique_fmpz", "man_exp", "mid_rad_10exp", "intersection"),
            *("is_exact", "is_finite", "is_integer", "is_nan", "is_zero", "overlaps", "contains"),
            *("contains_integer", "contains_interior", "rel_accuracy_bits"),
            "rel_one_accuracy_bits",
        )
    },
}
"""Methods that leave the balls, and what is said of them."""
_OPERATORS = (
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv"),
    *("rfloordiv", "pow", "rpow", "neg", "pos", "abs"),
)
_PACKAGES = tuple(
    str(FilePath(module.__file__ or "").parent) for module in (sys.modules["theorycheck"], np)
)


@dataclass(frozen=True)
class Watched:
    """A claim that is evaluated: its file, and the refusals so far, in words."""

    file: str
    leaks: list[str] = field(default_factory=list)


_WATCHED: ContextVar[Watched | None] = ContextVar("watched", default=None)


class GuardedBall(flint.arb):
    """A ball whose results are guarded, and which refuses to be anything else than a ball."""

    def __str__(self) -> str:
        return f"<{flint.arb.str(self)}>"  # in brackets, so that it is no number in words

    __repr__ = __str__

    def __format__(self, style: str) -> str:
        return str(self)


def _guarding(name: str) -> Callable[..., Any]:
    plain = getattr(flint.arb, name)

    def operation(self: GuardedBall, *others: Any) -> Any:
        return guarded(plain(self, *others))

    return operation


def _refusing(what: str) -> Callable[..., NoReturn]:
    def refuse(self: GuardedBall, *_: Any, **__: Any) -> NoReturn:
        watched = _WATCHED.get()
        words = f"({_place(watched.file if watched else '')}): {what}"
        if watched:
            watched.leaks.append(words)
        raise ClaimFailed(words)

    return refuse


def _place(file: str) -> str:
    """The line of the claim's file that asked for an operation, or of another file in its place."""
    frame = sys._getframe(2)
    places = [(code.co_filename, line) for code, line in _outwards(frame)]
    own = [place for place in places if place[0] == file]
    others = [place for place in places if not place[0].startswith(_PACKAGES)]
    path, line = (own or others or places)[0]
    return f"{FilePath(path).name}, line {line}"


def _outwards(frame: FrameType | None) -> Iterator[tuple[CodeType, int]]:
    while frame is not None:
        yield frame.f_code, frame.f_lineno
        frame = frame.f_back


for _name in (*(f"__{name}__" for name in _OPERATORS), *dir(flint.arb)):
    if not _name.startswith("_") or _name[2:-2] in _OPERATORS:
        setattr(GuardedBall, _name, _guarding(_name))
for _name, _what in _REFUSED.items():
    _refusal: Any = _refusing(_what)
    setattr(GuardedBall, _name, property(_refusal) if _name == "_mpf_" else _refusal)


class GuardedPoint:
    """A point with guarded balls: all that a `Point` offers, and the points reached from it."""

    def __init__(self, point: Point) -> None:
        self._point = point

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._point, name)
        if not callable(value):
            return guarded(value)
        return lambda *args, **named: guarded(value(*map(bare, args), **_each(bare, named)))


def is_guarded(function: Callable[..., Any]) -> bool:
    """True for the function of a user's claim; those of this package are read by a test."""
    return not (getattr(function, "__module__", "") or "").startswith("theorycheck.")


@contextmanager
def watching(file: str) -> Iterator[list[str]]:
    """The refusals within a block, in words: also those that something in it has caught.

    file: of the claim whose lines are to be named.
    """
    watched = Watched(file)
    token = _WATCHED.set(watched)
    try:
        yield watched.leaks
    finally:
        _WATCHED.reset(token)


def guarded(value: Any) -> Any:
    """The same value with guarded balls: a ball, a point, a path, or arrays and lists of them."""
    if isinstance(value, Point):
        return GuardedPoint(value)
    if isinstance(value, Path):
        return Path(*(guarded(getattr(value, part.name)) for part in fields(value)))
    return _mapped(_guarded_ball, guarded, value)


def bare(value: Any) -> Any:
    """The same value with plain balls."""
    if isinstance(value, GuardedPoint):
        return value._point
    if isinstance(value, Comparison):
        lower, upper, scale = map(bare, (value.lower, value.upper, value.scale))
        return Comparison(lower, upper, scale, value.is_step)
    return _mapped(_bare_ball, bare, value)


def _mapped(change: Callable[[Any], Any], inner: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, flint.arb):
        return change(value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        changed = np.empty(value.shape, dtype=object)
        changed.ravel()[:] = [inner(entry) for entry in value.ravel()]
        return changed
    if isinstance(value, dict):
        return _each(inner, value)
    return type(value)(map(inner, value)) if type(value) in (list, tuple) else value


def _each(change: Callable[[Any], Any], values: dict[str, Any]) -> dict[str, Any]:
    return {name: change(value) for name, value in values.items()}


def _guarded_ball(value: flint.arb) -> flint.arb:
    return value if type(value) is GuardedBall else GuardedBall(value)


def _bare_ball(value: flint.arb) -> flint.arb:
    return flint.arb(value) if type(value) is GuardedBall else value
