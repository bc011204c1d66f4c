"""Taylor coefficients in one variable s over boxes, with exact ones at s = 0.

A `Jet` is a function of s and of the parameters, by its Taylor coefficients f^(k) / k!, k <= K:
enclosures of each over a box that contains s = 0, as box numbers, and the first K of them at s = 0
as exact functions of the parameters, or None where those are not rational. Claims compute with jets
as with numbers. If the exact coefficients before the K-th vanish then, by Taylor's formula,

    f(s) = s^K f^(K)(xi) / K!   for some xi between 0 and s,

so that for even K a positive enclosure of the K-th coefficient proves f > 0 for s != 0, and f = 0
at s = 0 is exact algebra, never a numerical zero.

Both kinds of coefficients follow the same rules: those of products, and for y = 1/x, e^x, log x and
sqrt x what x y = 1, y' = x' y, x y' = x' and y^2 = x say of coefficients. Lists that end early have
zeros; an int 0 is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import flint
import numpy as np

from theorycheck.arithmetic.boxes import Batch, BoxNumber, Reflected, constant, refuse
from theorycheck.arithmetic.quotients import Quotient

Series: TypeAlias = list[Any]
"""Coefficients: box numbers or quotients, or an int 0."""


def _at(a: Series, k: int) -> Any:
    return a[k] if k < len(a) else 0


def _is_nothing(value: Any) -> bool:
    return isinstance(value, int) and value == 0


def plus(a: Series, b: Series) -> Series:
    """a + b."""
    size = max(len(a), len(b))
    return [_sum([_at(a, k), _at(b, k)]) for k in range(size)]


def times(a: Series, b: Series, size: int) -> Series:
    """The first coefficients of a b."""
    count = min(size, len(a) + len(b) - 1)
    return [_sum([_product(_at(a, i), _at(b, k - i)) for i in range(k + 1)]) for k in range(count)]


def inverse(a: Series, size: int) -> Series:
    """The first coefficients of 1 / a."""
    first = 1 / a[0] if isinstance(a[0], BoxNumber) else a[0].inverse()
    found = [first]
    for k in range(1, size):
        found.append(_product(first, _negative(_convolution(a, found, k))))
    return found


def exponential(first: Any, a: Series, size: int) -> Series:
    """The first coefficients of e^a, from that of order 0."""
    found = [first]
    for k in range(1, size):
        parts = [_product(_scaled(_at(a, j), j), found[k - j]) for j in range(1, k + 1)]
        found.append(_scaled(_sum(parts), Fraction(1, k)))
    return found


def logarithm(first: Any, a: Series, size: int) -> Series:
    """The first coefficients of log a, from that of order 0."""
    found, under = [first], inverse(a, 1)[0]
    for k in range(1, size):
        parts = [_product(_scaled(found[j], -j), _at(a, k - j)) for j in range(1, k)]
        whole = _sum([_scaled(_at(a, k), k), *parts])
        found.append(_product(_scaled(whole, Fraction(1, k)), under))
    return found


def square_root(first: Any, a: Series, size: int) -> Series:
    """The first coefficients of sqrt a, from that of order 0."""
    found, under = [first], inverse([first + first], 1)[0]
    for k in range(1, size):
        parts = [_product(found[j], found[k - j]) for j in range(1, k)]
        found.append(_product(_sum([_at(a, k), _negative(_sum(parts))]), under))
    return found


def _convolution(a: Series, b: Series, k: int) -> Any:
    """sum_{j >= 1} a_j b_{k - j}."""
    return _sum([_product(_at(a, j), b[k - j]) for j in range(1, k + 1)])


def _sum(parts: list[Any]) -> Any:
    total: Any = 0
    for part in parts:
        if not _is_nothing(part):
            total = part if _is_nothing(total) else total + part
    return total


def _product(a: Any, b: Any) -> Any:
    return 0 if _is_nothing(a) or _is_nothing(b) else a * b


def _negative(a: Any) -> Any:
    return 0 if _is_nothing(a) else -a


def _scaled(a: Any, factor: int | Fraction) -> Any:
    if _is_nothing(a) or factor == 0:
        return 0
    return a if factor == 1 else a * factor


@dataclass(frozen=True, eq=False)
class Space:
    """Where jets live: boxes, the order K, and one of the exact parameters."""

    batch: Batch
    order: int
    parameter: Quotient

    def constant(self, value: Any) -> Jet:
        """A number as a jet; exact unless it is a ball."""
        if isinstance(value, flint.arb):
            return Jet(self, [constant(self.batch, value)], None)
        if isinstance(value, (float, np.floating)):
            value = Fraction(float(value))
        if isinstance(value, flint.fmpq):
            value = Fraction(int(value.p), int(value.q))
        number = constant(self.batch, value)
        return Jet(self, [number], [self.parameter.constant(Fraction(value))])


class Jet(Reflected):
    """A function of s and of parameters; see above. over: coefficients over the boxes."""

    __slots__ = ("exact", "over", "space")

    def __init__(self, space: Space, over: Series, exact: Series | None) -> None:
        self.space, self.over, self.exact = space, over, exact

    def coefficient(self, k: int) -> BoxNumber:
        """The enclosure of the coefficient of an order."""
        found = _at(self.over, k)
        return constant(self.space.batch, 0) if _is_nothing(found) else found

    @property
    def vanishing(self) -> int | None:
        """The least order of an exact coefficient that is not 0; K if all vanish, None unknown."""
        if self.exact is None:
            return None
        for k, entry in enumerate(self.exact):
            if not _is_nothing(entry) and not entry.is_zero:
                return k
        return self.space.order

    def _binary(self, other: Any, rule: Callable[[Series, Series, int], Series]) -> Jet:
        b = other if isinstance(other, Jet) else self.space.constant(other)
        order = self.space.order
        exact = None
        if self.exact is not None and b.exact is not None:
            exact = rule(self.exact, b.exact, order)
        return Jet(self.space, rule(self.over, b.over, order + 1), exact)

    def __add__(self, other: Any) -> Any:
        if _is_foreign(other):
            return NotImplemented
        return self._binary(other, lambda a, b, _: plus(a, b))

    __radd__ = __add__

    def __neg__(self) -> Jet:
        exact = None if self.exact is None else [_negative(a) for a in self.exact]
        return Jet(self.space, [_negative(a) for a in self.over], exact)

    def __sub__(self, other: Any) -> Any:
        if _is_foreign(other):
            return NotImplemented
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if _is_foreign(other):
            return NotImplemented
        return self._binary(other, times)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if _is_foreign(other):
            return NotImplemented
        b = other if isinstance(other, Jet) else self.space.constant(other)
        return self * b._inverse()

    def __rtruediv__(self, other: Any) -> Any:
        return self._inverse() * other

    def _inverse(self) -> Jet:
        exact = self.exact
        is_known = exact is not None and not _is_nothing(exact[0]) and not exact[0].is_zero
        return self._made(inverse, inverse if is_known else None)

    def _made(
        self,
        over: Callable[[Series, int], Series],
        exact: Callable[[Series, int], Series] | None,
    ) -> Jet:
        order = self.space.order
        found = None if exact is None or self.exact is None else exact(self.exact, order)
        return Jet(self.space, over(self.over, order + 1), found)

    def _function(self, name: str, rule: Any, at: int, value: int) -> Jet:
        """A function by its rule; exact where the value at s = 0 is that of one argument."""
        first = getattr(self.coefficient(0), name)()
        exact = None
        if self.exact is not None:
            start = self.exact[0] if not _is_nothing(self.exact[0]) else self._number(0)
            if (start - at).is_zero:
                exact = rule(self._number(value), [start, *self.exact[1:]], self.space.order)
        return Jet(self.space, rule(first, self.over, self.space.order + 1), exact)

    def _number(self, value: int) -> Quotient:
        return self.space.parameter.constant(value)

    def exp(self) -> Jet:
        """e^x; exact where x = 0 at s = 0."""
        return self._function("exp", exponential, 0, 1)

    def log(self) -> Jet:
        """The natural logarithm; exact where x = 1 at s = 0."""
        return self._function("log", logarithm, 1, 0)

    def sqrt(self) -> Jet:
        """The root; exact where x = 1 at s = 0."""
        return self._function("sqrt", square_root, 1, 1)

    def __pow__(self, power: object) -> Jet:
        if not isinstance(power, int) or isinstance(power, bool) or not 1 <= power <= 64:
            refuse("a power that is no whole number from 1 to 64")
        found = self
        for _ in range(power - 1):
            found = found * self
        return found

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"{name!r} through a set on which both sides agree")


def _is_foreign(other: Any) -> bool:
    """What has the last word on sums and products with jets: arrays, and vectors of them."""
    if isinstance(other, np.ndarray):
        return True
    return isinstance(other, Reflected) and not isinstance(other, Jet)


def _refusing(what: str) -> Any:
    def method(*_: object) -> Any:
        refuse(f"{what} through a set on which both sides agree")

    return method


for _name in ("abs", "float", "int", "bool", "lt", "le", "gt", "ge", "eq", "ne", "hash"):
    setattr(Jet, f"__{_name}__", _refusing(f"{_name}()"))
