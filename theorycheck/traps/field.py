"""The gradient and the Hessian in the coordinates of a frame, enclosed at points and over boxes.

`Field` is the one of means on a line; that of the plane is in `plane`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import as_fmpq
from theorycheck.arithmetic.budget import charge
from theorycheck.arithmetic.rounding import ceil_float, floor_float
from theorycheck.errors import TooExpensive
from theorycheck.expectations.curvature import Curvature, Enclosure, curvature_over
from theorycheck.expectations.proven.moments import proven_gradient
from theorycheck.inputs.numbers import Floats, Vector
from theorycheck.traps.frame import Frame

_COST = 150
"""Microseconds a mean and power of n, with the rest of a macro-step: about what is measured."""
_ROUNDING = 1e-13
"""Covers products of three matrices of at most 12 rows, and their entries rounded to doubles."""


@dataclass(frozen=True)
class Field:
    """h = T grad and K = T H T^{-1}, for means mu = T^{-1} y and the truth N(0, I).

    All in float64 with a proven error (`proven`, `curvature`). Raises TooExpensive where that
    cannot be done. The precision in force is to be the same in all calls.
    """

    frame: Frame
    weights: Vector
    _shares: list[flint.arb] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        shares = [flint.arb(as_fmpq(weight)) for weight in self.weights]
        object.__setattr__(self, "_shares", shares)

    def forces(self, y: Sequence[flint.arb]) -> list[flint.arb]:
        """h(y), (n,) balls, at an exact point.

        The gradient is taken at the middles of balls of the means, whose nd entries are off by up
        to delta: so it is off by at most (1 + rho^2) sqrt(nd) delta, rho^2 a bound of the squared
        norms, d times the largest square of an entry (see `population._widened`).
        """
        rows, inverse = self.frame.balls
        means = _applied(inverse, y)
        delta = reduce(flint.arb.max, [flint.arb(mean.rad()) for mean in means])
        rho = reduce(flint.arb.max, [mean.abs_upper() for mean in means])
        square = self.frame.dimension * rho * rho
        off = flint.arb(0, ((1 + square) * flint.arb(len(means)).sqrt() * delta).upper())
        gradient = self._gradient([flint.arb(mean.mid()) for mean in means])
        return _applied(rows, [entry + off for entry in gradient])

    def _gradient(self, means: list[flint.arb]) -> list[flint.arb]:
        column = np.array(means, dtype=object)[:, None]
        found = proven_gradient(column, np.array(self._shares, dtype=object))
        if found is None:
            raise TooExpensive("the means are too far out for sums in float64")
        gradient: list[flint.arb] = found[:, 0].tolist()
        return gradient

    def curvature(self, low: Floats, high: Floats) -> Slopes:
        """K over the box [low, high] of y, (n,) doubles each."""
        if not np.isfinite([low, high]).all():
            raise TooExpensive("a step is so long that its box has no end")
        ends = self._means_over(low[None], high[None])
        hessian, third = self._over(*ends, self.frame.has_several_near)
        plain = self._turned(hessian)
        bounds = Enclosure(plain.lower[0], plain.upper[0])
        if third is None:
            return Slopes(self, bounds, None)
        t, inverse = (abs(matrix) for matrix in self.frame.doubles)
        bend = np.einsum("ia,abc,bj,cl->ijl", t, third[0], inverse, inverse, optimize=True)
        slopes = Slopes(self, bounds, bend * (1 + _ROUNDING))
        near = slopes.along(low[None], high[None])
        tighter = Enclosure(
            np.maximum(bounds.lower, near.lower[0]), np.minimum(bounds.upper, near.upper[0])
        )
        return Slopes(self, tighter, slopes.bend)

    def _over(self, low: Floats, high: Floats, third: bool) -> Curvature:
        """The Hessian, and bounds of the third derivatives, over boxes of means, (B, n)."""
        charge(_COST * low.size * low.shape[1] ** (1 + third), "a Hessian over boxes")
        found = curvature_over(low, high, self._shares, third)
        if found is None or not all(np.isfinite(end).all() for end in found.hessian):
            raise TooExpensive("the means are too far out, or too wide, for sums in float64")
        return found

    def _along(self, slopes: Slopes, low: Floats, high: Floats) -> Enclosure:
        """K over boxes, (B, n) each, within that of some slopes without bends."""
        return self._turned(self._over(*self._means_over(low, high), False)[0])

    def _means_over(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Hulls of the means, (B, n), for boxes of y, (B, n), rounded outward."""
        inverse = self.frame.doubles[1]
        middle, half = (low + high) / 2, (high - low) / 2
        centre, reach = middle @ inverse.T, half @ abs(inverse).T
        reach = reach + _ROUNDING * (abs(middle) @ abs(inverse).T + reach) + 1e-300
        return centre - reach, centre + reach

    def _turned(self, hessian: Enclosure) -> Enclosure:
        """K from H, (B, n, n)."""
        t, inverse = self.frame.doubles
        middle, half = (hessian.upper + hessian.lower) / 2, (hessian.upper - hessian.lower) / 2
        half = half + _ROUNDING * (abs(middle) + half)
        centre = t @ middle @ inverse
        spread = abs(t) @ half @ abs(inverse) + _ROUNDING * (abs(t) @ abs(middle) @ abs(inverse))
        spread = spread * (1 + _ROUNDING) + 1e-300
        return Enclosure(centre - spread, centre + spread)


@dataclass(frozen=True)
class Slopes:
    """K over a box: bounds (n, n), and what |dK_ij / dy_l| is at most there, (n, n, n), or None."""

    field: Field
    bounds: Enclosure
    bend: Floats | None

    def along(self, low: Floats, high: Floats) -> Enclosure:
        """K over smaller boxes within, (B, n) each; (B, n, n)."""
        if self.bend is None:
            return self.field._along(self, low, high)
        # By the mean value theorem from a point that is exact in y, so known to be in its hull.
        middle = (low + high) / 2
        reach = np.maximum(high - middle, middle - low) * (1 + _ROUNDING)
        points = self.field._means_over(middle, middle)
        centre = self.field._turned(self.field._over(*points, False)[0])
        spread = np.einsum("ijl,bl->bij", self.bend, reach) * (1 + _ROUNDING)
        return Enclosure(centre.lower - spread, centre.upper + spread)


def _applied(matrix: list[list[flint.arb]], vector: Sequence[flint.arb]) -> list[flint.arb]:
    return [
        sum((a * b for a, b in zip(row, vector, strict=True) if a != 0), flint.arb(0))
        for row in matrix
    ]


def outward(lower: Sequence[flint.arb], upper: Sequence[flint.arb]) -> tuple[Floats, Floats]:
    """Doubles around intervals."""
    low = np.array([floor_float(value) for value in lower])
    return low, np.array([ceil_float(value) for value in upper])
