"""Numbers that vary over boxes: the third arithmetic, in which claims are proved on regions.

A `BoxNumber` is a function of a few free parameters, over every box of a batch at once. It has
enclosures of its value at the centre of the box, of all its values over the box, and of its slopes:
the derivatives along the parameters. Claims compute with it as with a float or a ball, as entries
of NumPy's object arrays: `np.exp` and its like call the methods below.

**Slopes.** f is Lipschitz on the box and, along any segment in it, almost everywhere the derivative
of f is <g, direction> for some g in the slopes. It holds for the parameters, for constants, and by
the chain rule for +, -, *, / and every smooth function; for the maximum of two with the hull of the
slopes of both where either may be the larger, as almost everywhere its derivative is that of one of
them. Where an operation is not Lipschitz on the box (1/x or log x around 0, sqrt x at 0) the slopes
are unbounded or not a number. So along the segment from the centre m to x

    f(x) in f(m) + sum_k g_k (x_k - m_k),

the mean-value form, for any x of the box such that the slopes hold on that segment. The values over
the box are those that the operation gives, met with those of this form (`_made`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn, TypeAlias

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.intervals import Interval, is_arb, up
from theorycheck.errors import NotOnRegions

Operand: TypeAlias = "BoxNumber | int | float | Fraction | flint.fmpq"


_Operation: TypeAlias = Callable[["BoxNumber", Any], "BoxNumber"]


class Reflected:
    """What has rules of its own for sums and products with numbers, and the last word on them."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _unless_array(operation: _Operation) -> _Operation:
    """The operation; an array as the other operand is left to NumPy, which takes its entries."""

    def either(self: BoxNumber, other: Any) -> BoxNumber:
        is_foreign = isinstance(other, (np.ndarray, Reflected))
        return NotImplemented if is_foreign else operation(self, other)

    return either


@dataclass(frozen=True, eq=False)
class Batch:
    """Boxes of P free parameters each, side by side.

    reach: (P, B), upper bounds of |x_k - m_k| over the box, m its centre; inf where the mean-value
    form is not to be used.
    """

    reach: Array

    def coordinate(self, index: int, centre: Array, lo: Array, hi: Array) -> BoxNumber:
        """The parameter of an index, whose centres and ends are (B,)."""
        slope = np.full_like(self.reach, flint.arb(0) if is_arb(self.reach) else 0.0)
        slope[index] = slope[index] + 1
        return BoxNumber(self, Interval(centre, centre), Interval(lo, hi), Interval(slope, slope))


class BoxNumber:
    """A function of the parameters over every box of a batch; see above.

    centre, span: (B,), enclosures of the values at the centre and over the box. slope: (P, B), of
    the derivatives, or None for a constant.
    """

    __slots__ = ("batch", "centre", "slope", "span")

    def __init__(
        self, batch: Batch, centre: Interval, span: Interval, slope: Interval | None
    ) -> None:
        self.batch, self.centre, self.span, self.slope = batch, centre, span, slope

    def constant(self, value: Any) -> BoxNumber:
        """A constant beside this number, from an exact one."""
        return constant(self.batch, value)

    def __neg__(self) -> BoxNumber:
        slope = None if self.slope is None else -self.slope
        return BoxNumber(self.batch, -self.centre, -self.span, slope)

    def __pos__(self) -> BoxNumber:
        return self

    @_unless_array
    def __add__(self, other: Operand) -> BoxNumber:
        b = self._other(other)
        slope = _sum(self.slope, b.slope)
        return made(self.batch, self.centre + b.centre, self.span + b.span, slope)

    __radd__ = __add__

    @_unless_array
    def __sub__(self, other: Operand) -> BoxNumber:
        return self + (-self._other(other))

    @_unless_array
    def __rsub__(self, other: Operand) -> BoxNumber:
        return self._other(other) + (-self)

    @_unless_array
    def __mul__(self, other: Operand) -> BoxNumber:
        if other is self:
            return self._square()
        b = self._other(other)
        slope = _sum(_scaled(self.slope, b.span), _scaled(b.slope, self.span))
        return made(self.batch, self.centre * b.centre, self.span * b.span, slope)

    __rmul__ = __mul__

    def _square(self) -> BoxNumber:
        return self._smooth(Interval.square, lambda x, _: x.times(2))

    @_unless_array
    def __truediv__(self, other: Operand) -> BoxNumber:
        return self * self._other(other)._inverse()

    @_unless_array
    def __rtruediv__(self, other: Operand) -> BoxNumber:
        return self._other(other) * self._inverse()

    def _inverse(self) -> BoxNumber:
        return self._smooth(Interval.inverse, lambda _, y: -y.square())

    def __pow__(self, power: object) -> BoxNumber:
        if not isinstance(power, int) or isinstance(power, bool) or not 1 <= power <= 64:
            refuse(f"a power that is no whole number from 1 to 64, but {str(power)[:20]}")
        if power == 1:
            return self
        half = self ** (power // 2)
        return half * half if power % 2 == 0 else half * half * self

    def __abs__(self) -> BoxNumber:
        found, zero = self.max(-self), self.constant(0).span
        return BoxNumber(self.batch, found.centre.max(zero), found.span.max(zero), found.slope)

    def sqrt(self) -> BoxNumber:
        """The root; of a number that is known to be >= 0."""
        return self._smooth(Interval.root, lambda _, y: y.times(2).inverse())

    def exp(self) -> BoxNumber:
        """e^x."""
        return self._smooth(Interval.exp, lambda _, y: y)

    def log(self) -> BoxNumber:
        """The natural logarithm."""
        return self._smooth(Interval.log, lambda x, _: x.inverse())

    def erf(self) -> BoxNumber:
        """The error function, whose derivative is 2 e^{-x^2} / sqrt(pi)."""
        peak = Interval.near(2 / flint.arb.pi().sqrt(), self.batch.reach)
        return self._smooth(Interval.erf, lambda x, _: (-x.square()).exp() * peak)

    def max(self, other: Operand) -> BoxNumber:
        """The larger of two numbers."""
        b = self._other(other)
        span, slope = self.span.max(b.span), _sum(self.slope, None)
        if self.slope is not None or b.slope is not None:
            slope = self._slope_of_maximum(b)
        return made(self.batch, self.centre.max(b.centre), span, slope)

    def min(self, other: Operand) -> BoxNumber:
        """The smaller of two numbers."""
        return -(-self).max(-self._other(other))

    def _slope_of_maximum(self, b: BoxNumber) -> Interval:
        first, second = _full(self), _full(b)
        hull = first.hull(second)
        # A comparison with NaN is False: then both may be the larger.
        only_first, only_second = self.span.lo > b.span.hi, b.span.lo > self.span.hi
        return Interval(
            *(
                np.where(only_first, one, np.where(only_second, two, both))
                for one, two, both in zip(
                    (first.lo, first.hi), (second.lo, second.hi), (hull.lo, hull.hi), strict=True
                )
            )
        )

    def _smooth(
        self,
        function: Callable[[Interval], Interval],
        derivative: Callable[[Interval, Interval], Interval],
    ) -> BoxNumber:
        """A function of this number; its derivative in terms of the argument and the value."""
        span = function(self.span)
        slope = None if self.slope is None else _scaled(self.slope, derivative(self.span, span))
        return made(self.batch, function(self.centre), span, slope)

    def _other(self, value: Any) -> BoxNumber:
        if not isinstance(value, BoxNumber):
            return self.constant(value)
        return of_batch(value, self.batch)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # asked by NumPy and Python of everything
            raise AttributeError(name)
        refuse(f"the function or attribute {name!r}")


def made(batch: Batch, centre: Interval, span: Interval, slope: Interval | None) -> BoxNumber:
    """The number with these enclosures, its values met with those of the mean-value form."""
    return BoxNumber(batch, centre, _met(batch, centre, span, slope), slope)


def all_made(
    batch: Batch, centres: Interval, spans: Interval, slopes: Interval | None
) -> list[BoxNumber]:
    """The same of N numbers at once: centres and spans (N, B), slopes (N, P, B)."""
    spans = _met(batch, centres, spans, slopes)
    return [
        BoxNumber(batch, centres[k], spans[k], None if slopes is None else slopes[k])
        for k in range(len(spans.lo))
    ]


def _met(batch: Batch, centre: Interval, span: Interval, slope: Interval | None) -> Interval:
    """The values (..., B) over the box, met with those of the mean-value form."""
    if slope is None:
        return span
    change = _change(slope, batch.reach)
    return span.meet(centre + Interval(-change, change))


def _change(slope: Interval, reach: Array) -> Array:
    """Upper bounds of |sum_k g_k (x_k - m_k)|, (..., B); NaN or inf where there is none."""
    with np.errstate(invalid="ignore"):  # 0 inf, where the form is not used
        total = np.add.reduce(slope.magnitude * reach, axis=-2)
    if is_arb(total):
        return up(total)
    # P products and P - 1 sums, of numbers >= 0: P roundings, and two of the bound itself. What
    # underflows is below 2^-1000, or nothing beside the two roundings in reserve.
    grown: Array = total * (1 + 2.0**-52 * (len(reach) + 2)) + 2.0**-1000
    return grown


def constant(batch: Batch, value: Any) -> BoxNumber:
    """A constant over a batch, from an int, a Fraction, a rational of flint, a double or a ball."""
    if isinstance(value, flint.arb):
        ends = Interval.near(value, batch.reach)
        return BoxNumber(batch, ends, ends, None)
    if isinstance(value, flint.fmpq):
        value = Fraction(int(value.p), int(value.q))
    elif isinstance(value, (float, np.floating)) and np.isfinite(value):
        value = Fraction(float(value))
    elif isinstance(value, np.integer):
        value = int(value)
    if not isinstance(value, (int, Fraction)):
        refuse(f"a {type(value).__name__} among the numbers")
    ends = Interval.of(value, batch.reach)
    return BoxNumber(batch, ends, ends, None)


def of_batch(number: BoxNumber, batch: Batch) -> BoxNumber:
    """The number, if it is one of these boxes: one that a claim kept says nothing of others."""
    if number.batch is not batch:
        refuse("a number that was kept from other boxes")
    return number


_refusals: ContextVar[list[NotOnRegions] | None] = ContextVar("refusals", default=None)


def refuse(what: str) -> NoReturn:
    """Raise NotOnRegions: what the arithmetic of boxes does not have."""
    error = NotOnRegions(f"not on regions yet: {what}")
    seen = _refusals.get()
    if seen is not None:
        seen.append(error)
    raise error


@contextmanager
def refusals() -> Generator[list[NotOnRegions]]:
    """All that is refused meanwhile, also where NumPy, or a claim, goes on as if it had not been.

    NumPy asks an object whether it is a sequence, and takes an error for a no.
    """
    seen: list[NotOnRegions] = []
    token = _refusals.set(seen)
    try:
        yield seen
    finally:
        _refusals.reset(token)


def _sum(a: Interval | None, b: Interval | None) -> Interval | None:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _scaled(slope: Interval | None, factor: Interval) -> Interval | None:
    return None if slope is None else slope * factor


def _full(number: BoxNumber) -> Interval:
    """The slopes, 0 for a constant."""
    if number.slope is not None:
        return number.slope
    zero = Interval.of(0, number.batch.reach)
    shape = number.batch.reach.shape
    return Interval(np.broadcast_to(zero.lo, shape), np.broadcast_to(zero.hi, shape))


def _refusing(what: str) -> Callable[..., NoReturn]:
    def method(self: BoxNumber, *_: object) -> NoReturn:
        refuse(what)

    return method


_ORDER = "a comparison of numbers that vary: return at_most(a, b), or use largest and smallest"
_REFUSED = {
    **{f"__{name}__": _ORDER for name in ("lt", "le", "gt", "ge", "eq", "ne", "bool", "contains")},
    **{f"__{name}__": f"{name}() of a number that varies" for name in ("float", "int", "complex")},
    **{f"__{name}__": f"{name}() of a number that varies" for name in ("round", "index", "hash")},
    **{f"__{name}__": "a whole quotient or a remainder" for name in ("floordiv", "mod", "divmod")},
    **{f"__{name}__": "a power with a varying exponent" for name in ("rpow",)},
}
for _name, _what in _REFUSED.items():
    setattr(BoxNumber, _name, _refusing(_what))
