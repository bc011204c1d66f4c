"""Certified strict local minima of the population loss.

Strong convexity around a point and a small gradient there enclose a minimum: if the Hessian is at
least lambda > 0 on the ball of radius r around mu and |grad L(mu)| < lambda r, then on its sphere
<grad L, . - mu> > 0, so exactly one critical point lies inside, a strict minimum, within
|grad L(mu)| / lambda of mu.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar, ball
from theorycheck.arithmetic.functions import largest, root, squared_norms
from theorycheck.arithmetic.rounding import ceil_float, floor_float, midpoint
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.point import Point

RADIUS = Fraction(1, 10**10)
DISTANCE = Fraction(1, 10**12)
DIGITS = 30
NEARBY = Fraction(1, 1000)
"""Means that seem to be farther than this from a minimum are not near it."""
NEWTON_STEPS = 4


@dataclass(frozen=True)
class LocalMinimum:
    """A strict local minimum that is certified to exist.

    distance: it lies at most this far from the given means, in the norm of R^(n d).
    curvature: lower bound of the Hessian's smallest eigenvalue on the ball of radius 1e-10.
    loss_lower, loss_upper: bounds of the loss at the minimum. All four are rounded outward.
    """

    distance: float
    curvature: float
    loss_lower: float
    loss_upper: float


def local_minimum(mixture: Mixture, truth: Mixture | None = None) -> LocalMinimum | None:
    """Certify a strict local minimum next to a mixture's means; None if that fails.

    Means that are only near it are first improved by Newton's method.
    Source: theory.md, spurious-minimum-mixture-truth; the test is explained above.
    """
    arithmetic = ball(DIGITS)
    centre = mixture
    with arithmetic.scope():
        for _ in range(NEWTON_STEPS + 1):
            at = Point(centre, truth, arithmetic)
            hessian = _hessian(at)
            size = root(at.number(Fraction(at.components * at.dimension)))
            slack = _third_derivative(at) * (at.number(RADIUS) + size * at.number(DISTANCE))
            curvature = _smallest_eigenvalue(hessian) - slack
            slope = root(squared_norms(at.gradient).sum())
            if not curvature > 0 or not slope < curvature * at.number(NEARBY):
                return None
            distance = slope / curvature
            if distance < at.number(RADIUS):
                away = at.means - Point(mixture, truth, arithmetic).means
                return LocalMinimum(
                    distance=ceil_float(root(squared_norms(away).sum()) + distance),
                    curvature=floor_float(curvature),
                    loss_lower=floor_float(at.loss - slope * distance),
                    loss_upper=ceil_float(at.loss),
                )
            centre = _improved(centre, hessian, at.gradient)
    return None


def _improved(mixture: Mixture, hessian: Array, gradient: Array) -> Mixture:
    """One Newton step, in float64: any point may be tried."""
    middles = [
        np.array([midpoint(e) for e in a.ravel()]).reshape(a.shape) for a in (hessian, gradient)
    ]
    change = np.linalg.solve(middles[0], middles[1].ravel()).reshape(gradient.shape)
    rows = zip(mixture.means, change.tolist(), strict=True)
    moved = [[m - Fraction(c) for m, c in zip(row, by, strict=True)] for row, by in rows]
    return Mixture(moved, mixture.weights)


def _third_derivative(at: Point) -> Scalar:
    """A bound of the third derivative of L along unit directions, within distance 1 of mu.

    Along a line with |delta| <= 1 the third derivative of log S is at most 8 A^3 + 3 A with
    A = max_i |<x - mu_i, delta_i>| <= max_i |<z, delta_i>| + rho, z standard normal and rho a
    bound of all |mu_i - mu*_j|; so E A <= n + rho and E A^3 <= 4 (2 n + rho^3).
    """
    rho = at.radius + at.truth_radius + 1
    return 32 * (2 * at.components + rho * rho * rho) + 3 * (at.components + rho)


def _hessian(at: Point) -> Array:
    """Central differences of the gradient, (nd, nd).

    Every column is off by at most third * DISTANCE / 2, the whole by sqrt(nd) as much in norm.
    """
    n, d = at.components, at.dimension
    columns = []
    for k in range(n * d):
        direction = at.arithmetic.array(
            [[Fraction(int(i * d + j == k)) for j in range(d)] for i in range(n)]
        )
        ahead, behind = at.line(direction, DISTANCE), at.line(direction, -DISTANCE)
        columns.append(((ahead.gradient - behind.gradient) / (2 * at.number(DISTANCE))).ravel())
    hessian: Array = np.array(columns)
    return (hessian + hessian.T) / 2


def _smallest_eigenvalue(matrix: Array) -> Scalar:
    """A lower bound: Gershgorin's discs of Q^-1 A Q, for Q the eigenvectors found in float64."""
    middle = np.array([[midpoint(entry) for entry in row] for row in matrix])
    vectors = np.linalg.eigh(middle)[1]
    exact: Any = flint.arb_mat([[flint.arb(float(entry)) for entry in row] for row in vectors])
    size = len(matrix)
    similar = exact.solve(flint.arb_mat(size, size, list(matrix.ravel())) * exact)
    discs = []
    for i in range(size):
        spread = sum((abs(similar[i, j]) for j in range(size) if j != i), flint.arb(0))
        discs.append(similar[i, i] - spread)
    return -largest([-disc for disc in discs])
