"""Stationary points of the population loss, certified one by one in balls.

**Lemma S.** Let H be the Hessian of the loss at mu, kappa the least modulus of its eigenvalues, T a
bound of the third derivative within distance r of mu, and lambda = kappa - T r > 0. If
|grad L(mu)| < lambda r, the ball of radius r around mu holds exactly one stationary point, at a
distance of at most |grad L(mu)| / lambda, and its Hessian has as many negative eigenvalues as H,
each eigenvalue within T |grad L(mu)| / lambda of one of H, in order.

Proof. For x, y in the ball, grad L(x) - grad L(y) = A (x - y) with A a mean of Hessians, each
within T r of H in norm. So |A (x - y)| >= lambda |x - y|: at most one zero, as near as said. The
map x -> x - H^-1 grad L(x) takes the ball into itself, as its values are within
(|grad L(mu)| + T r^2) / kappa <= r of mu: so it has a fixed point (Brouwer). Eigenvalues of
symmetric matrices move by at most the norm of the difference (Weyl). QED
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import FLOAT64, Arithmetic, Array, as_fmpq, ball
from theorycheck.arithmetic.functions import largest, root, smallest, squared_norms
from theorycheck.arithmetic.rounding import ceil_float, floor_float, midpoint
from theorycheck.expectations.balls import ball_hessian
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats

DIGITS = 40


class _Precision(NamedTuple):
    """How closely a point is to be known.

    digits: of the sums. close: the mixture is nearer than that to the point, and Newton's method
    rests when it moves by less.
    """

    digits: int
    close: float


_ON_A_LINE, _IN_SPACE = _Precision(DIGITS, 1e-18), _Precision(24, 1e-15)
"""In space a sum takes the square of the time, and more in higher dimensions."""
_HESSIAN_DIGITS = 20
"""Of the Hessian on a line: its eigenvalues are not to be known as closely as the point."""
_STEP = Fraction(1, 10**12)
"""Of differences, which are off by the third derivative times half of it."""
_WIDEST = 1e-6
"""Radius in which a point is to be the only one."""
_NEARBY = 1e-3
"""Means that seem to be farther than this from a stationary point are not near it."""
_ROOM = 4
"""Times its distance that a point is alone within, at least: for `StationaryPoint.is_at`."""
_NEWTON_STEPS, _SEEN_IN_FLOATS = 9, 1e-8
"""Steps of Newton's method, and the size of one from which on float64 is not accurate enough."""
_LEFT = 1e-6
"""The share of a small step of Newton's method that the next one takes, unless H is all but
singular."""
_FLOAT_STEP = Fraction(1, 2**17)
"""Of differences in float64: rounding and curvature are both small."""


@dataclass(frozen=True)
class StationaryPoint:
    """A stationary point of the loss that is certified to exist.

    Attributes:
        means: (n, d) balls, which hold exactly one stationary point.
        loss: a ball with the loss there.
        eigenvalues: of the Hessian there, in increasing order: balls.
        mixture: exact, next to it.
        distance: of the point from the means of `mixture`, in the norm of R^(n d): at most this.
        alone: within this distance of `mixture` there is no other.
        proved_kind: where theory knows it although an eigenvalue may be 0; None elsewhere.
    """

    means: Array
    loss: flint.arb
    eigenvalues: tuple[flint.arb, ...]
    mixture: Mixture
    distance: float
    alone: float
    proved_kind: str | None = None

    @property
    def index(self) -> int:
        """The number of negative eigenvalues of the Hessian."""
        return sum(value.upper() < 0 for value in self.eigenvalues)

    @property
    def kind(self) -> str:
        """ "minimum", "saddle" or "maximum"; "degenerate" where an eigenvalue may be 0.

        Not so where theory knows more: of a truth on a line in the plane (`landscapes.line`).
        """
        if self.proved_kind is not None:
            return self.proved_kind
        if any(value.contains(0) for value in self.eigenvalues):
            return "degenerate"
        if self.index == 0:
            return "minimum"
        return "maximum" if self.index == len(self.eigenvalues) else "saddle"

    def is_at(self, other: StationaryPoint) -> bool:
        """True if they certainly are the same point; if not, they certainly differ."""
        with ball(DIGITS).scope():
            apart = _distance(self.mixture, other.mixture)
            if apart + other.distance < self.alone or apart + self.distance < other.alone:
                return True
            # `alone` is at least `_ROOM` = 4 distances: so apart >= 3/2 of the sum of both.
            assert apart > self.distance + other.distance
            return False

    def __getstate__(self) -> dict[str, Any]:
        """Balls as exact numbers: they do not pickle by themselves."""
        state = dict(self.__dict__)
        for name in ("means", "eigenvalues"):
            state[name] = [_exact(value) for value in np.ravel(state[name])]
        return {**state, "loss": _exact(self.loss), "shape": self.means.shape}

    def __setstate__(self, state: dict[str, Any]) -> None:
        shape = state.pop("shape")
        means = np.array([_ball_of(value) for value in state["means"]], dtype=object)
        eigenvalues = tuple([_ball_of(value) for value in state["eigenvalues"]])
        loss = _ball_of(state["loss"])
        self.__dict__.update(state, means=means.reshape(shape), eigenvalues=eigenvalues, loss=loss)

    def permuted(self, order: Sequence[int]) -> StationaryPoint:
        """The point with its components in another order, those of equal weight exchanged."""
        means, weights = self.mixture.means, self.mixture.weights
        return replace(
            self,
            means=self.means[list(order)],
            mixture=Mixture([means[i] for i in order], [weights[i] for i in order]),
        )

    def distance_from(self, mixture: Mixture) -> float:
        """An upper bound of its distance from the means of another mixture."""
        with ball(DIGITS).scope():
            return ceil_float(_distance(self.mixture, mixture) + self.distance)


_Exact = tuple[tuple[int, int], tuple[int, int]]


def _exact(value: flint.arb) -> _Exact:
    """Midpoint and radius of a ball, each as m and e of m 2^e."""
    (middle, power), (radius, other) = value.mid().man_exp(), value.rad().man_exp()
    return (int(middle), int(power)), (int(radius), int(other))


def _ball_of(exact: _Exact) -> flint.arb:
    """The ball, at a precision that holds its midpoint."""
    with ball(2 * DIGITS).scope():
        return flint.arb(*exact)


def stationary_point(mixture: Mixture, truth: Mixture | None = None) -> StationaryPoint | None:
    """Certify a stationary point with a regular Hessian next to a mixture's means, or None.

    Means that are only near it are first improved by Newton's method.
    Source: Lemma S above; E. Kantorovich's theorem is of the same kind.

    Example:
        >>> found = stationary_point(Mixture([0, 0]), Mixture([-2, 2]))
        >>> found.kind, round(float(found.loss), 8)
        ('saddle', 1.36727981)
    """
    truth = truth or Mixture([[0] * mixture.dimension])
    for centre in _improved(mixture, truth):
        with ball(DIGITS).scope():
            found = _certified(centre, truth)
        if found is not None:
            return found
    return None


def _precision(mixture: Mixture) -> _Precision:
    return _ON_A_LINE if mixture.dimension == 1 else _IN_SPACE


def _improved(mixture: Mixture, truth: Mixture) -> Iterator[Mixture]:
    """Newton's method with float64 Hessians: where it is likely to be close, and where it rests.

    Gradients are in float64 as long as that is accurate enough, in balls after that. Nothing where
    it does not stay near. Whatever it gives is certified afterwards.
    """
    precision = _precision(mixture)
    arithmetic: Arithmetic = FLOAT64
    is_early = True
    for _ in range(_NEWTON_STEPS):
        gradient = population(mixture, truth=truth, arithmetic=arithmetic).gradient
        slope = np.array([midpoint(entry) for entry in gradient.ravel()])
        hessian = _float_hessian(mixture, truth)
        try:
            change = np.linalg.solve(hessian, slope)
        except np.linalg.LinAlgError:
            return
        size = float(np.linalg.norm(change))
        if not size < _NEARBY:
            return
        rows = zip(mixture.means, change.reshape(gradient.shape).tolist(), strict=True)
        moved = [[m - Fraction(c) for m, c in zip(row, by, strict=True)] for row, by in rows]
        mixture = Mixture(moved, mixture.weights)
        if arithmetic != FLOAT64:
            if size < precision.close:
                yield mixture
                return
            if is_early and size * _LEFT < precision.close:
                yield mixture
                is_early = False
        if size < _SEEN_IN_FLOATS:
            arithmetic = ball(precision.digits)


def _certified(mixture: Mixture, truth: Mixture) -> StationaryPoint | None:
    """The point next to a mixture by Lemma S, at the precision in force; None where it fails."""
    precision = _precision(mixture)
    here = population(mixture, truth=truth, arithmetic=ball(precision.digits))
    third = _third_derivative(mixture, truth)
    eigenvalues = _eigenvalues(mixture, truth, here.gradient, third)
    least = smallest([value.abs_lower() for value in eigenvalues])
    radius = max(min(_WIDEST, floor_float(least / (2 * third))), 0.0)
    curvature, slope = least - third * radius, root(squared_norms(here.gradient).sum())
    if not (curvature > 0 and slope < curvature * min(radius / _ROOM, precision.close)):
        return None
    distance = slope / curvature
    steepest = slope + (third * distance + largest([abs(v) for v in eigenvalues])) * distance
    moved = flint.arb(0, (third * distance).abs_upper())
    return StationaryPoint(
        means=here.means + flint.arb(0, distance.abs_upper()),
        loss=here.loss + flint.arb(0, (steepest * distance).abs_upper()),
        eigenvalues=tuple([value + moved for value in eigenvalues]),
        mixture=mixture,
        distance=ceil_float(distance),
        alone=radius,
    )


def _distance(one: Mixture, other: Mixture) -> flint.arb:
    squares = [
        (p - q) ** 2
        for row, other_row in zip(one.means, other.means, strict=True)
        for p, q in zip(row, other_row, strict=True)
    ]
    return flint.arb(as_fmpq(sum(squares, Fraction(0)))).sqrt()


def _third_derivative(mixture: Mixture, truth: Mixture) -> flint.arb:
    """A bound of the third derivative of L along unit directions, within distance 1 of mu.

    Along a line with |delta| <= 1 the third derivative of log S is at most 8 A^3 + 3 A with
    A = max_i |<x - mu_i, delta_i>| <= max_i |<z, delta_i>| + rho, z standard normal and rho a
    bound of all |mu_i - mu*_j|; so E A <= n + rho and E A^3 <= 4 (2 n + rho^3).
    """
    rho, n = farthest(mixture, truth) + 1, mixture.components
    return 32 * (2 * n + rho * rho * rho) + 3 * (n + rho)


def farthest(mixture: Mixture, truth: Mixture) -> flint.arb:
    """The largest distance between a mean of one and a mean of the other."""
    found = flint.arb(0)
    for row in mixture.means:
        for centre in truth.means:
            square = sum(((p - q) ** 2 for p, q in zip(row, centre, strict=True)), Fraction(0))
            found = found.max(flint.arb(as_fmpq(square)).sqrt())
    return found


def _eigenvalues(
    mixture: Mixture, truth: Mixture, gradient: Array, third: flint.arb
) -> list[flint.arb]:
    """The eigenvalues of the Hessian at a mixture, in increasing order: balls.

    gradient: there, in balls. third: a bound of the third derivative, as for Lemma S.
    """
    if mixture.dimension == 1:
        return eigenvalue_balls(_line_hessian(mixture, truth))
    hessian = _differences(mixture, truth, gradient)
    off = third * flint.arb(len(hessian)).sqrt() * as_fmpq(_STEP) / 2
    return [value + flint.arb(0, off.abs_upper()) for value in eigenvalue_balls(hessian)]


def _line_hessian(mixture: Mixture, truth: Mixture) -> Array:
    """The Hessian for means on a line, (n, n), in balls.

    It is the average, over the means nu of the truth, of the Hessians for N(0, 1) at mu - nu.
    """
    arithmetic = ball(_HESSIAN_DIGITS)
    with arithmetic.scope():
        weights = arithmetic.array(mixture.weights)
        parts = [
            ball_hessian(arithmetic.array([m - nu for (m,) in mixture.means]), weights, arithmetic)
            for (nu,) in truth.means
        ]
        average: Array = np.tensordot(arithmetic.array(truth.weights), np.array(parts), axes=1)
        return average


def _differences(mixture: Mixture, truth: Mixture, gradient: Array) -> Array:
    """The Hessian by differences from the gradient at a mixture, (nd, nd), in balls.

    Column j is the mean of H(mu + s e_j) e_j over 0 <= s <= step, so that it is off by at most
    third * step / 2, and the whole by sqrt(nd) as much in norm.
    """
    arithmetic = ball(_precision(mixture).digits)
    columns = []
    for place in range(gradient.size):
        moved = _displaced(mixture, place, _STEP)
        ahead = population(moved, truth=truth, arithmetic=arithmetic).gradient
        columns.append((ahead - gradient).ravel() / arithmetic.scalar(_STEP))
    hessian: Array = np.array(columns)
    return (hessian + hessian.T) / 2


def _float_hessian(mixture: Mixture, truth: Mixture) -> Floats:
    """The Hessian by central differences of the gradient, (nd, nd), in float64."""
    columns = []
    for place in range(mixture.components * mixture.dimension):
        ahead, behind = (
            population(_displaced(mixture, place, step), truth=truth).gradient.ravel()
            for step in (_FLOAT_STEP, -_FLOAT_STEP)
        )
        columns.append((ahead - behind) / float(2 * _FLOAT_STEP))
    return np.array(columns)


def _displaced(mixture: Mixture, place: int, step: Fraction) -> Mixture:
    """The mixture with one coordinate of its means moved by a step."""
    row, column = divmod(place, mixture.dimension)
    mean = list(mixture.means[row])
    mean[column] += step
    return mixture.with_mean(row, mean)


def eigenvalue_balls(matrix: Array) -> list[flint.arb]:
    """Enclosures of the eigenvalues of a symmetric matrix, in increasing order.

    Gershgorin's discs of Q^-1 A Q, for Q the eigenvectors found in float64. As many eigenvalues lie
    in a connected union of discs as it has discs.
    """
    middle = np.array([[midpoint(entry) for entry in row] for row in matrix])
    vectors = np.linalg.eigh(middle)[1]
    exact: Any = flint.arb_mat([[flint.arb(float(entry)) for entry in row] for row in vectors])
    size = len(matrix)
    similar = exact.solve(flint.arb_mat(size, size, list(matrix.ravel())) * exact)
    discs = []
    for i in range(size):
        spread = sum((abs(similar[i, j]) for j in range(size) if j != i), flint.arb(0))
        discs.append(similar[i, i] + flint.arb(0, spread.abs_upper()))
    discs.sort(key=flint.arb.lower)  # exact numbers, so that they are in order
    found: list[flint.arb] = []
    cluster: list[flint.arb] = []
    for disc in discs:
        if cluster and not any(disc.overlaps(other) for other in cluster):
            found += _united(cluster)
            cluster = []
        cluster.append(disc)
    return found + _united(cluster)


def _united(cluster: list[flint.arb]) -> list[flint.arb]:
    whole = cluster[0]
    for disc in cluster[1:]:
        whole = whole.union(disc)
    return [whole] * len(cluster)
