"""The two arithmetics: float64 to search, ball arithmetic to prove.

A formula written with NumPy's `@`, `+`, `np.exp`, `np.log`, `np.sqrt` runs unchanged on float64
arrays and on object arrays of `flint.arb`. This module converts exact rationals to either, and
sets flint's precision for the length of a block.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.errors import InvalidType
from theorycheck.inputs.numbers import (
    Number,
    nearest_double,
    nearest_quotient,
    whole_number,
    within,
)

Array: TypeAlias = NDArray[Any]
"""float64, or object entries that are all `flint.arb`."""
Scalar: TypeAlias = Any
"""A float, or a `flint.arb`."""
Rational: TypeAlias = Fraction | flint.fmpq

MAX_BALL_DIGITS = 20_000
GUARD_BITS = 48
_FEWEST_DIGITS = 12
"""Digits to which numbers are known at least, so that float64 sums of them can be proven."""
_BITS_PER_DIGIT = math.log2(10)


@dataclass(frozen=True)
class Float64:
    """IEEE double precision: fast, and never trusted for a verdict.

    absolute_accuracy: of the overlaps up to affine rank 3; None for relative accuracy in each.
    """

    absolute_accuracy: float | None = None

    @property
    def digits(self) -> int:
        """Decimal digits aimed at."""
        return 16

    @property
    def is_rigorous(self) -> bool:
        """True if results are enclosures."""
        return False

    def scope(self, extra_digits: int = 0) -> AbstractContextManager[None]:
        """Nothing to set: float64 has one precision."""
        return nullcontext()

    def scalar(self, value: Rational) -> float:
        """The nearest double."""
        if isinstance(value, flint.fmpq):  # a Fraction of it would take much longer
            return nearest_quotient(int(value.p), int(value.q))
        return nearest_double(value)

    def array(self, values: Any) -> Array:
        """Nested rationals as a float64 array."""
        exact = np.asarray(values, dtype=object)
        flat = [self.scalar(value) for value in exact.ravel().tolist()]
        return np.array(flat, dtype=float).reshape(exact.shape)


class _Precision:
    """A block with flint's working precision set; it costs a third of a generator's."""

    __slots__ = ("_before", "_bits")

    def __init__(self, bits: int) -> None:
        self._bits = bits

    def __enter__(self) -> None:
        self._before = flint.ctx.prec
        flint.ctx.prec = self._bits

    def __exit__(self, *_: object) -> None:
        flint.ctx.prec = self._before


@dataclass(frozen=True)
class Ball:
    """Ball arithmetic (Arb): every result is an interval proven to hold the exact value.

    digits: decimal digits aimed at in the results. is_quick: near the optimum the loss has so many
    digits absolutely, not relatively, and with many axes all quantities may have fewer.
    """

    digits: int
    is_quick: bool = False

    @property
    def is_rigorous(self) -> bool:
        """True if results are enclosures."""
        return True

    def scope(self, extra_digits: int = 0) -> AbstractContextManager[None]:
        """Set flint's working precision for a block and restore it afterwards."""
        digits = max(self.digits + extra_digits, _FEWEST_DIGITS)
        return _Precision(math.ceil(digits * _BITS_PER_DIGIT) + GUARD_BITS)

    def scalar(self, value: Rational) -> flint.arb:
        """The ball around a rational, at the working precision."""
        return flint.arb(as_fmpq(value))

    def array(self, values: Any) -> Array:
        """Nested rationals as an object array of balls."""
        exact = np.asarray(values, dtype=object)
        return self.vector([as_fmpq(value) for value in exact.ravel().tolist()]).reshape(
            exact.shape
        )

    def vector(self, values: list[flint.fmpq]) -> Array:
        """A list of flint's rationals as an object array of balls; faster than `array`."""
        return np.fromiter(map(flint.arb, values), dtype=object)


Arithmetic: TypeAlias = Float64 | Ball
FLOAT64 = Float64()
"""The arithmetic of double precision, for `population`: fast, but no proof."""


def float64(*, absolute_accuracy: Number) -> Float64:
    """Double precision that aims at an absolute accuracy only: faster for means that are far.

    `FLOAT64` finds every overlap to full relative accuracy, even one of 1e-100, and needs far more
    nodes for that where means are far apart in the plane.

    Args:
        absolute_accuracy: the error of an overlap E psi_i psi_j aimed at, 1e-16 to 1e-3, up to
            affine rank 3. That of a gradient is larger by the norm of the means; near the optimum
            it is taken relative to the weights.

    Returns:
        An arithmetic for `population`.

    Raises:
        InvalidValue: the accuracy is out of range.
        InvalidType: it is no number.

    Example:
        >>> float64(absolute_accuracy=1e-8).absolute_accuracy
        1e-08
    """
    return Float64(within(absolute_accuracy, "absolute_accuracy", 1e-16, 1e-3))


def ball(digits: int) -> Ball:
    """Ball arithmetic that aims at a number of decimal digits.

    Args:
        digits: of the results, from 1 to `MAX_BALL_DIGITS`.

    Returns:
        An arithmetic for `population`: its results are intervals that hold the exact values.

    Raises:
        InvalidValue: digits is out of range.
        InvalidType: digits is not a whole number.

    Example:
        >>> ball(digits=40).digits
        40
    """
    return Ball(whole_number(digits, "digits", least=1, most=MAX_BALL_DIGITS))


def check_arithmetic(arithmetic: object) -> None:
    """Raise unless it is `FLOAT64` or a `ball`."""
    if not isinstance(arithmetic, (Float64, Ball)):
        kind = type(arithmetic).__name__
        raise InvalidType(f"arithmetic is a {kind}; give FLOAT64 or ball(digits)")


def as_fmpq(value: Rational | int) -> flint.fmpq:
    """A flint rational from a Fraction, an int or itself."""
    if isinstance(value, flint.fmpq):  # asked first: a question about Fraction, an ABC, is slow
        return value
    return flint.fmpq(value.numerator, value.denominator)  # a float has none: it is refused


def as_fraction(value: Rational | int) -> Fraction:
    """A Fraction from a flint rational, an int or itself."""
    if isinstance(value, flint.fmpq):
        return Fraction(int(value.p), int(value.q))
    return Fraction(value)
