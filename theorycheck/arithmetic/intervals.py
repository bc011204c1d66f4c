"""Arrays of closed intervals, with ends in float64 or in Arb: every result holds all exact values.

The ends of an `Interval` are two arrays of one shape: of doubles, or of `flint.arb` that are exact
(of radius 0). Float64 is fast; Arb does the same sums in another arithmetic, as a replay wants it.

**Rounding.** Of doubles only + - * / sqrt of IEEE 754, to nearest, are trusted: the exact value is
between the two doubles next to what was computed, so `nextafter` bounds it. An overflow gives inf,
and the largest double bounds it from below. exp and log have the proven errors of `exponential` and
`logarithm`. Of a ball, `lower` and `upper` are its ends, rounded outwards. What has no value is NaN
(inf - inf, 0 inf), which stays so: it satisfies no comparison, hence proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic import exponential as exponentials
from theorycheck.arithmetic import logarithm as logarithms
from theorycheck.arithmetic.arithmetics import Array, as_fmpq
from theorycheck.arithmetic.rounding import ceil_float, floor_float

_INFINITY: Array = np.array(np.inf)  # of a float NumPy makes an array with every call
_MINUS_INFINITY: Array = np.array(-np.inf)
_LOWER = np.frompyfunc(lambda ball: ball.lower(), 1, 1)
_UPPER = np.frompyfunc(lambda ball: ball.upper(), 1, 1)
_ERF = np.frompyfunc(lambda ball: ball.erf(), 1, 1)
_ERF_BELOW = np.frompyfunc(lambda x: floor_float(flint.arb(x).erf()), 1, 1)
_ERF_ABOVE = np.frompyfunc(lambda x: ceil_float(flint.arb(x).erf()), 1, 1)
_FLOOR = np.frompyfunc(floor_float, 1, 1)
_CEIL = np.frompyfunc(ceil_float, 1, 1)
_LEAST_NORMAL = 2.0**-1022


def is_arb(ends: Array) -> bool:
    """True if the entries are of Arb."""
    return ends.dtype.hasobject


def down(values: Array) -> Array:
    """Lower bounds of what was rounded to these values."""
    found: Array = _LOWER(values) if is_arb(values) else np.nextafter(values, _MINUS_INFINITY)
    return found


def up(values: Array) -> Array:
    """Upper bounds of what was rounded to these values."""
    found: Array = _UPPER(values) if is_arb(values) else np.nextafter(values, _INFINITY)
    return found


_LESSER = np.frompyfunc(lambda a, b: a.min(b), 2, 1)
_GREATER = np.frompyfunc(lambda a, b: a.max(b), 2, 1)


def lesser(a: Array, b: Array) -> Array:
    """The smaller one, entry by entry; NaN where one is NaN."""
    return _LESSER(a, b) if is_arb(a) else np.minimum(a, b)


def greater(a: Array, b: Array) -> Array:
    """The larger one, entry by entry; NaN where one is NaN."""
    return _GREATER(a, b) if is_arb(a) else np.maximum(a, b)


_TIGHTER_LOW = np.frompyfunc(lambda a, b: b if a.is_nan() else a if b.is_nan() else a.max(b), 2, 1)
_TIGHTER_HIGH = np.frompyfunc(lambda a, b: b if a.is_nan() else a if b.is_nan() else a.min(b), 2, 1)


@dataclass(slots=True, eq=False)  # not frozen: that would double the time to make one
class Interval:
    """Closed intervals [lo, hi], entry by entry; of what has an end that is NaN nothing is known.

    Operations enclose the results for all numbers in the operands, which vary on their own.
    """

    lo: Array
    hi: Array

    @classmethod
    def of(cls, value: Fraction | int, like: Array | None = None) -> Interval:
        """The smallest interval that holds an exact number, of shape (1,); ends as in `like`."""
        return cls.near(flint.arb(as_fmpq(value)), like)

    @classmethod
    def near(cls, ball: flint.arb, like: Array | None = None) -> Interval:
        """The smallest interval that holds a ball, likewise."""
        if like is not None and is_arb(like):
            return _from_pairs([(ball.lower(), ball.upper())], (1,))
        return cls(np.array([floor_float(ball)]), np.array([ceil_float(ball)]))

    @property
    def is_arb(self) -> bool:
        """True if the ends are of Arb."""
        return is_arb(self.lo)

    @property
    def is_thin(self) -> bool:
        """True if every interval is known to be a single number."""
        return self.lo is self.hi or bool((self.lo == self.hi).all())

    @property
    def magnitude(self) -> Array:
        """max |x|."""
        return greater(-self.lo, self.hi)

    def doubles(self) -> tuple[Array, Array]:
        """The ends as doubles, rounded outwards."""
        if not self.is_arb:
            return self.lo, self.hi
        lo, hi = np.asarray(_FLOOR(self.lo)), np.asarray(_CEIL(self.hi))
        return lo.astype(float), hi.astype(float)

    def __getitem__(self, which: Any) -> Interval:
        return Interval(self.lo[which], self.hi[which])

    def __neg__(self) -> Interval:
        return Interval(-self.hi, -self.lo)

    def __add__(self, other: Interval) -> Interval:
        return Interval(down(self.lo + other.lo), up(self.hi + other.hi))

    def __sub__(self, other: Interval) -> Interval:
        return Interval(down(self.lo - other.hi), up(self.hi - other.lo))

    def __mul__(self, other: Interval) -> Interval:
        lo, hi = product_ends(self, other)
        return Interval(down(lo), up(hi))

    def times(self, factor: int) -> Interval:
        """The product with a whole number that is small."""
        if factor in (0, 1):
            return self if factor else Interval(0 * self.lo, 0 * self.lo)
        lo, hi = (self.lo, self.hi) if factor > 0 else (self.hi, self.lo)
        return Interval(down(lo * factor), up(hi * factor))

    def square(self) -> Interval:
        """x^2."""
        zero = 0 * self.lo
        least = greater(greater(self.lo, -self.hi), zero)
        most = self.magnitude
        return Interval(greater(down(least * least), zero), up(most * most))

    def inverse(self) -> Interval:
        """1 / x; anything where x can be 0."""
        if self.is_arb:
            ends = [_inverse(lo, hi) for lo, hi in zip(self.lo.flat, self.hi.flat, strict=True)]
            return _from_pairs(ends, self.lo.shape)
        with np.errstate(divide="ignore", over="ignore"):
            lo, hi = down(1 / self.hi), up(1 / self.lo)
        has_sign = (self.lo > 0) | (self.hi < 0)
        return Interval(np.where(has_sign, lo, -_INFINITY), np.where(has_sign, hi, _INFINITY))

    def __truediv__(self, other: Interval) -> Interval:
        return self * other.inverse()

    def root(self) -> Interval:
        """sqrt(x) of numbers known to be >= 0."""
        zero = 0 * self.lo
        low, high = greater(self.lo, zero), greater(self.hi, zero)
        return Interval(greater(down(np.sqrt(low)), zero), up(np.sqrt(high)))

    def exp(self) -> Interval:
        """e^x."""
        if self.is_arb:
            return Interval(_LOWER(np.exp(self.lo)), _UPPER(np.exp(self.hi)))
        return Interval(_exp_below(self.lo), _exp_above(self.hi))

    def log(self) -> Interval:
        """log x; from below unbounded where x can be 0."""
        if self.is_arb:
            ends = [_log(lo, hi) for lo, hi in zip(self.lo.flat, self.hi.flat, strict=True)]
            return _from_pairs(ends, self.lo.shape)
        return Interval(_log_end(self.lo, -1), _log_end(self.hi, 1))

    def erf(self) -> Interval:
        """The error function, by Arb, entry by entry."""
        if self.is_arb:
            return Interval(_LOWER(_ERF(self.lo)), _UPPER(_ERF(self.hi)))
        return Interval(_ERF_BELOW(self.lo).astype(float), _ERF_ABOVE(self.hi).astype(float))

    def max(self, other: Interval) -> Interval:
        """The larger of two numbers."""
        return Interval(greater(self.lo, other.lo), greater(self.hi, other.hi))

    def hull(self, other: Interval) -> Interval:
        """All numbers between those of either."""
        return Interval(lesser(self.lo, other.lo), greater(self.hi, other.hi))

    def meet(self, other: Interval) -> Interval:
        """What is in both, for numbers that are: where one end is unknown the other one counts."""
        if self.is_arb:
            return Interval(_TIGHTER_LOW(self.lo, other.lo), _TIGHTER_HIGH(self.hi, other.hi))
        return Interval(np.fmax(self.lo, other.lo), np.fmin(self.hi, other.hi))


def product_ends(a: Interval, b: Interval) -> tuple[Array, Array]:
    """The ends of a product, as they are rounded."""
    lows = a.lo * b.lo
    if a.lo is a.hi and b.lo is b.hi:
        return lows, lows
    ends = lows, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi
    return reduce(lesser, ends), reduce(greater, ends)


def _from_pairs(pairs: list[tuple[flint.arb, flint.arb]], shape: tuple[int, ...]) -> Interval:
    lo, hi = np.empty(len(pairs), dtype=object), np.empty(len(pairs), dtype=object)
    lo[:] = [pair[0] for pair in pairs]
    hi[:] = [pair[1] for pair in pairs]
    return Interval(lo.reshape(shape), hi.reshape(shape))


def _inverse(lo: flint.arb, hi: flint.arb) -> tuple[flint.arb, flint.arb]:
    if lo > 0 or hi < 0:
        return (1 / hi).lower(), (1 / lo).upper()
    return flint.arb("-inf"), flint.arb("inf")


def _log(lo: flint.arb, hi: flint.arb) -> tuple[flint.arb, flint.arb]:
    high = hi.log().upper() if hi > 0 else flint.arb("inf")
    return (lo.log().lower() if lo > 0 else flint.arb("-inf")), high


_EXP_UP = 1 + 2 * exponentials.ERROR
_EXP_DOWN = 1 - 2 * exponentials.ERROR


def _exp_above(x: Array) -> Array:
    """Upper bounds: the proven error, doubled for the rounding of the product."""
    fits = x <= exponentials.FARTHEST
    found = exponentials.exponential(np.where(fits, x, 0.0)) * _EXP_UP
    return np.where(fits, found, np.where(np.isnan(x), np.nan, _INFINITY))


def _exp_below(x: Array) -> Array:
    """Lower bounds: 0 below the range of `exponential`, and the end of the range above it."""
    fits = x >= -exponentials.FARTHEST
    inside = np.where(fits, np.minimum(x, exponentials.FARTHEST), 0.0)
    found = exponentials.exponential(inside) * _EXP_DOWN
    return np.where(fits, found, np.where(np.isnan(x), np.nan, 0.0))


def _log_end(x: Array, side: int) -> Array:
    """Bounds of log x, upper ones if `side` is 1, lower ones if -1; none where x is no normal."""
    fits = (x >= _LEAST_NORMAL) & (x < _INFINITY)
    found = logarithms.logarithm(np.where(fits, x, 1.0).ravel()).reshape(x.shape)
    error = 2 * logarithms.ERROR * (1 + abs(found))  # doubled for the rounding of these few terms
    bounds = found + side * error
    return np.where(fits, bounds, np.where(np.isnan(x), np.nan, side * _INFINITY))
