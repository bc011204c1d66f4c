"""Conversions of scalars: midpoints, directed rounding to doubles, and wider balls."""

from __future__ import annotations

import math
import sys
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.errors import TooCoarse
from theorycheck.inputs.numbers import Floats


def midpoint(value: Scalar) -> float:
    """The double nearest to a scalar's midpoint; zero or infinite when out of range."""
    return float(value.mid()) if isinstance(value, flint.arb) else float(value)


def exact_midpoint(value: Scalar) -> flint.fmpq:
    """A ball's midpoint, or a float's value, as a rational. Raises TooCoarse if not finite."""
    is_ball = isinstance(value, flint.arb)
    if not (value.is_finite() if is_ball else math.isfinite(value)):
        raise TooCoarse("a number has grown beyond all bounds at this precision")
    return value.mid().fmpq() if is_ball else flint.fmpq(*float(value).as_integer_ratio())


def widened(value: Any, radius: Any) -> Any:
    """Balls grown by an upper bound of |radius|, entry by entry."""
    grown: Any = _WIDEN(value, radius)
    return grown


_WIDEN: Any = np.frompyfunc(lambda value, radius: value + flint.arb(0, radius.abs_upper()), 2, 1)


def between(low: float, high: float) -> flint.arb:
    """A ball that holds all numbers from low to high."""
    ball: flint.arb = flint.arb(low).union(flint.arb(high))
    return ball


def around(middles: Floats, radii: Floats) -> Array:
    """Balls around doubles, in their shape: both are taken exactly."""
    values = map(flint.arb, middles.ravel().tolist(), radii.ravel().tolist())
    return np.fromiter(values, dtype=object).reshape(middles.shape)


def floor_float(value: flint.arb) -> float:
    """A double that is certainly at most every number in the ball; -inf if there is none."""
    bound = value.lower()
    if bound.is_nan():
        return -math.inf
    number = min(float(bound), sys.float_info.max)
    return number if flint.arb(number) <= bound else math.nextafter(number, -math.inf)


def ceil_float(value: flint.arb) -> float:
    """A double that is certainly at least every number in the ball; inf if there is none."""
    return -floor_float(-value)
