"""Exact rational functions of a few parameters: what is 0 among them is 0 as a function."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

import flint

from theorycheck.arithmetic.arithmetics import as_fmpq
from theorycheck.errors import InvalidValue

Number: TypeAlias = "Quotient | int | Fraction | flint.fmpq"


class Quotient:
    """A quotient of two polynomials with rational coefficients, the one below not 0.

    It is what it says wherever the one below does not vanish, as it does not where the operations
    that led to it are defined.

    Example:
        >>> m, p = Quotient.variables(["m", "p"])
        >>> (m * p / p - m).is_zero
        True
    """

    __slots__ = ("above", "below")

    def __init__(self, above: flint.fmpq_mpoly, below: flint.fmpq_mpoly) -> None:
        common = above.gcd(below)
        self.above, self.below = above / common, below / common

    @classmethod
    def variables(cls, names: Iterable[str]) -> list[Quotient]:
        """The parameters of these names, which go together."""
        context = flint.fmpq_mpoly_ctx.get(tuple(names))
        one = context.constant(1)
        return [cls(entry, one) for entry in context.gens()]

    def constant(self, value: int | Fraction | flint.fmpq) -> Quotient:
        """A number among functions of the same parameters."""
        context = self.above.context()
        return Quotient(context.constant(as_fmpq(value)), context.constant(1))

    @property
    def is_zero(self) -> bool:
        """True if it is 0 for all parameters."""
        return len(self.above) == 0

    @property
    def is_one(self) -> bool:
        """True if it is 1 for all parameters."""
        return bool(self.above == self.below)

    def _other(self, value: Number) -> Quotient:
        return value if isinstance(value, Quotient) else self.constant(value)

    def __neg__(self) -> Quotient:
        return Quotient(-self.above, self.below)

    def __add__(self, other: Number) -> Quotient:
        b = self._other(other)
        return Quotient(self.above * b.below + b.above * self.below, self.below * b.below)

    __radd__ = __add__

    def __sub__(self, other: Number) -> Quotient:
        return self + (-self._other(other))

    def __rsub__(self, other: Number) -> Quotient:
        return self._other(other) - self

    def __mul__(self, other: Number) -> Quotient:
        b = self._other(other)
        return Quotient(self.above * b.above, self.below * b.below)

    __rmul__ = __mul__

    def inverse(self) -> Quotient:
        """1 / x. Raises InvalidValue if this is 0."""
        if self.is_zero:
            raise InvalidValue("the inverse of 0")
        return Quotient(self.below, self.above)

    def __truediv__(self, other: Number) -> Quotient:
        return self * self._other(other).inverse()
