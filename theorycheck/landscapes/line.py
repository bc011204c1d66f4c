"""Truths on a line in the plane: there every stationary point is one of a problem on the line.

**Lemma A (affine hull).** If the means of the truth lie in an affine subspace V, so do the means of
every stationary point. And for means in V the Hessian is that of the problem in V, beside G x I in
the directions across V, G_ij = E psi_i psi_j; moving all means straight towards V lowers the loss.

Proof. Let V be y = 0 in orthonormal coordinates (s, y), so that y ~ N(0, I) is independent of s
under the truth. For a student with mu_i = (m_i, y_i) let w = sum_i psi_i y_i. The derivative of
psi_i in y is psi_i (y_i - w). So by Stein's lemma

    sum_i <dL/dy_i, y_i> = sum_i E psi_i (|y_i|^2 - <y, y_i>) = E sum_i psi_i |y_i|^2
        - E sum_i psi_i <y_i - w, y_i> = E |w|^2.

At a stationary point w = 0 almost everywhere, hence everywhere, and with it the sum of
pi_i y_i e^{-|x - mu_i|^2 / 2}. Gaussians about different means are linearly independent, and equal
means have equal y_i: so all y_i are 0. The same sum is t d/dt L(m, t y) for means (m_i, t y_i): the
loss rises with t.
For means in V psi does not depend on y, so E psi_i psi_j (m_i - s) y = 0, and across V the Hessian
has the blocks delta_ij (p_i - E psi_i) I + E psi_i psi_j I. QED

G is positive semidefinite, and singular where means agree. So a point has as many negative
eigenvalues as on the line; where it is a minimum there, it is one in the plane, and else there are
both ways down and ways up. Its index in the sense of Poincare and Hopf is the one on the line too:
the fields (dL/dm (m, (1 - t) y), (1 - t) dL/dy + t y) vanish for no t but where y = 0, as the sum
above is positive elsewhere, and lead to (dL/dm (m, 0), y).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, as_fmpq, ball
from theorycheck.errors import InvalidValue
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Vector
from theorycheck.landscapes.reach import above, below
from theorycheck.landscapes.stationary import (
    DIGITS,
    StationaryPoint,
    eigenvalue_balls,
    farthest,
)

Bounds = tuple[Fraction, Fraction]
"""A lower and an upper bound."""


@dataclass(frozen=True)
class Line:
    """The points origin + s direction, s real; both are rational, and the direction has length 1.

    origin: the point of the line that is nearest to 0, hence orthogonal to the direction.
    """

    origin: Vector
    direction: Vector

    @classmethod
    def through(cls, means: tuple[Vector, ...]) -> Line | None:
        """The line that holds all means of a truth; None where there is none.

        Of the lines through one single point it is the one along the first axis. Raises
        InvalidValue where the direction has no rational length, so that no rational numbers are
        the places of the means on the line.

        Example:
            >>> Line.through(Mixture([[-2, 1], [2, 4]]).means).direction
            (Fraction(4, 5), Fraction(3, 5))
        """
        first, *others = means
        ways = [_moved(other, Fraction(-1), first) for other in others if other != first]
        way = ways[0] if ways else (Fraction(1),) + (Fraction(0),) * (len(first) - 1)
        if any(not _are_parallel(way, other) for other in ways):
            return None
        length = _rational_root(_product(way, way))
        if length is None:
            shown = ", ".join(str(entry) for entry in way)
            raise InvalidValue(
                f"truth lies on a line along ({shown}), of irrational length; so do the means of "
                "every stationary point: give the truth in dimension 1, by places on that line"
            )
        sign = 1 if next(entry for entry in way if entry) > 0 else -1
        direction = tuple([sign * entry / length for entry in way])
        along = _product(first, direction)
        return cls(_moved(first, -along, direction), direction)

    def coordinates(self, mixture: Mixture) -> Mixture:
        """A mixture whose means lie on the line, as one in one dimension."""
        return Mixture([_product(mean, self.direction) for mean in mixture.means], mixture.weights)

    def within(self, low: Fraction, high: Fraction) -> Bounds | None:
        """Between which s all coordinates lie in [low, high]; None where there are none."""
        least: list[Fraction] = []
        most: list[Fraction] = []
        for start, slope in zip(self.origin, self.direction, strict=True):
            if slope == 0:
                if not low <= start <= high:
                    return None
                continue
            ends = sorted([(low - start) / slope, (high - start) / slope])
            least.append(ends[0])
            most.append(ends[1])
        bounds = max(least), min(most)
        return bounds if bounds[0] <= bounds[1] else None

    def at(self, s: Fraction) -> Vector:
        """The point with this coordinate."""
        return _moved(self.origin, s, self.direction)

    def lifted(self, point: StationaryPoint, truth: Mixture) -> StationaryPoint:
        """A stationary point on the line as one of the plane (Lemma A). truth: on the line."""
        with ball(DIGITS).scope():
            eigenvalues = [*point.eigenvalues, *_across(point, truth)]
            return replace(
                point,
                means=self._lifted(point.means),
                eigenvalues=_sorted(eigenvalues),
                mixture=Mixture(
                    [self.at(s) for (s,) in point.mixture.means], point.mixture.weights
                ),
                proved_kind="saddle" if point.kind == "maximum" else point.kind,
            )

    def lifted_range(
        self, lower: tuple[float, ...], upper: tuple[float, ...]
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """A box of means in the plane that holds a box of means on the line."""
        lows: list[float] = []
        highs: list[float] = []
        for ends in zip(lower, upper, strict=True):
            for coordinates in zip(*(self.at(Fraction(end)) for end in ends), strict=True):
                lows.append(below(min(coordinates)))
                highs.append(above(max(coordinates)))
        return tuple(lows), tuple(highs)

    def _lifted(self, means: Array) -> Array:
        """Balls of means on the line (n, 1) as balls in the plane (n, d)."""
        direction = np.array([as_fmpq(entry) for entry in self.direction], dtype=object)
        origin = np.array([flint.arb(as_fmpq(entry)) for entry in self.origin], dtype=object)
        lifted: Array = origin + means * direction
        return lifted


def _across(point: StationaryPoint, truth: Mixture) -> list[flint.arb]:
    """The eigenvalues of G at a stationary point on the line.

    A unit vector of displacements changes psi_i psi_j by at most 4 A psi_i psi_j, with A as for the
    third derivative in `stationary`, so each G_ij by 4 (n + rho) times the distance at most.
    """
    overlap = population(point.mixture, truth=truth, arithmetic=ball(DIGITS)).overlap
    n = len(overlap)
    change = 4 * n * (n + farthest(point.mixture, truth) + 1) * flint.arb(point.distance)
    around = flint.arb(0, change.abs_upper())
    return [value + around for value in eigenvalue_balls(overlap)]


def _sorted(values: list[flint.arb]) -> tuple[flint.arb, ...]:
    """Enclosures of the numbers in increasing order: of k-th lower and k-th upper bounds."""
    lower = sorted((flint.arb(value.lower()) for value in values), key=flint.arb.mid)
    upper = sorted((flint.arb(value.upper()) for value in values), key=flint.arb.mid)
    return tuple([one.union(other) for one, other in zip(lower, upper, strict=True)])


def _moved(start: Vector, by: Fraction, way: Vector) -> Vector:
    return tuple([a + by * b for a, b in zip(start, way, strict=True)])


def _product(one: Vector, other: Vector) -> Fraction:
    return sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0))


def _are_parallel(one: Vector, other: Vector) -> bool:
    """True if Cauchy and Schwarz's inequality is an equality."""
    return _product(one, other) ** 2 == _product(one, one) * _product(other, other)


def _rational_root(square: Fraction) -> Fraction | None:
    roots = math.isqrt(square.numerator), math.isqrt(square.denominator)
    root = Fraction(*roots)
    return root if root * root == square else None
