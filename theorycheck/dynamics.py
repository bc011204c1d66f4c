"""Gradient EM and EM in float64, from exact expectations.

The iterates stay in the linear span of the starting means and the truth (theory.md, section 1), so
they are kept as r coordinates there, whatever the dimension.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic import FLOAT64
from theorycheck.errors import InvalidType, InvalidValue, TooExpensive
from theorycheck.geometry import linear_span, principal_axes, rational_matrix
from theorycheck.mixture import Mixture, Number, exact
from theorycheck.moments import moments
from theorycheck.sums import Moments
from theorycheck.population import Student, check_student, unrelated_population

Floats = NDArray[np.float64]
MAX_STEPS = 100_000_000
_FARTHEST = 1e100


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Iterates t = 0 … steps, and what is measured along them.

    coordinates: (steps + 1, n, r) means in the orthonormal axes (r, d) of their span.
    weights: (n,). loss, fisher_divergence: (steps + 1,), of the iterates from the truth.
    """

    coordinates: Floats
    axes: Floats
    weights: Floats
    loss: Floats
    fisher_divergence: Floats

    @property
    def means(self) -> Floats:
        """The iterates in the original coordinates, shape (steps + 1, n, d)."""
        means: Floats = self.coordinates @ self.axes
        return means

    @property
    def energy(self) -> Floats:
        """U(t) = sum_i |mu_i(t)|^2, shape (steps + 1,)."""
        energy: Floats = (self.coordinates**2).sum(axis=(1, 2))
        return energy

    @property
    def weighted_distance(self) -> Floats:
        """W(t) = sum_i pi_i |mu_i(t)|^2, shape (steps + 1,)."""
        distance: Floats = (self.coordinates**2).sum(axis=2) @ self.weights
        return distance


def gradient_em(
    mixture: Mixture, step_size: Number, steps: int, *, truth: Mixture | None = None
) -> Trajectory:
    """Gradient EM: mu_i+ = mu_i - eta grad_i, on the population loss.

    mixture: the start. step_size: eta, positive. steps: number of iterations.
    truth: None for N(0, I_d), or a mixture. Raises InvalidValue or InvalidType for bad input,
    UnsupportedRank above rank 3. Source: theory.md, section 0.

    >>> gradient_em(Mixture([2.0]), step_size=0.5, steps=2).means.ravel().tolist()
    [2.0, 1.0, 0.5]
    """
    eta = FLOAT64.scalar(positive(step_size, "step_size"))
    return _iterate(mixture, truth, steps, lambda y, here: y - eta * here.gradient)


def em(mixture: Mixture, steps: int, *, truth: Mixture | None = None) -> Trajectory:
    """EM: mu_i+ = E[psi_i x] / E psi_i, on the population.

    Arguments and errors as for `gradient_em`. Source: theory.md, section 0.
    """
    return _iterate(mixture, truth, steps, _em_step)


def _em_step(y: Floats, here: Moments) -> Floats:
    p = here.responsibilities
    if p.min() < 1e-290:
        raise TooExpensive(
            f"the responsibility of component {int(p.argmin())} is below 1e-290, "
            "so float64 can not resolve its EM step"
        )
    step: Floats = here.gradient / p[:, None]
    return y - step


def positive(value: object, name: str) -> Fraction:
    """An exact positive number, or a clear error."""
    number = exact(value, name)
    if number <= 0:
        raise InvalidValue(f"{name} is {value}; it must be positive")
    return number


def step_count(steps: object) -> int:
    """A non-negative whole number, or a clear error."""
    if isinstance(steps, (bool, np.bool_)) or not isinstance(steps, (int, np.integer)):
        raise InvalidType(f"steps is a {type(steps).__name__}; give a whole number")
    if not 0 <= steps <= MAX_STEPS:
        raise InvalidValue(f"steps is {steps}; give 0 to {MAX_STEPS}")
    return int(steps)


def _iterate(
    mixture: Mixture,
    truth: Mixture | None,
    steps: int,
    advance: Callable[[Floats, Moments], Floats],
) -> Trajectory:
    count = step_count(steps)
    landscape = Landscape(mixture, truth)
    y = landscape.start
    coordinates = np.empty((count + 1, *y.shape))
    loss, fisher = np.empty(count + 1), np.empty(count + 1)
    for t in range(count + 1):
        here = landscape.at(y)
        coordinates[t], loss[t], fisher[t] = y, here.loss, here.fisher_divergence
        if t < count:
            y = advance(y, here)
    return Trajectory(coordinates, landscape.axes, landscape.weights, loss, fisher)


class Landscape:
    """The population quantities as a function of coordinates in the span of start and truth.

    start: (n, r) coordinates of the given mixture. axes: (r, d), orthonormal. weights: (n,).
    """

    def __init__(self, mixture: Mixture, truth: Mixture | None = None) -> None:
        check_student(mixture, truth)
        truth_means = ((Fraction(0),) * mixture.dimension,) if truth is None else truth.means
        together = rational_matrix(mixture.means + truth_means)
        coordinates, self.axes = _span_coordinates(together)
        n = mixture.components
        self.start, self._truth = coordinates[:n], coordinates[n:]
        self._is_centred = truth is None
        self._rank = min(n - 1, len(self.axes))
        self.weights = FLOAT64.array(mixture.weights)
        self._weights_low = FLOAT64.array(
            [w - Fraction(high) for w, high in zip(mixture.weights, self.weights, strict=True)]
        )
        self._truth_weights = np.ones(1) if truth is None else FLOAT64.array(truth.weights)
        self._truth_loss, self._truth_fisher = 0.0, 0.0
        if truth is not None:
            itself = unrelated_population(Student.exact(truth), truth, FLOAT64)
            self._truth_loss, self._truth_fisher = itself.loss, itself.fisher_divergence

    def at(self, y: Floats) -> Moments:
        """Loss, responsibilities, overlap, gradient (n, r) at coordinates (n, r)."""
        if not (abs(y) < _FARTHEST).all():
            raise TooExpensive(f"a mean is farther than {_FARTHEST:.0e}: float64 can not go on")
        axes = principal_axes(y, self._rank)
        mean = self._weighted_mean(y)
        parts = [self._against(y - m, mean - m, axes) for m in self._truth]
        if self._is_centred:
            return parts[0]
        pairs = list(zip(self._truth_weights, parts, strict=True))
        return Moments(
            loss=sum(s * part.loss for s, part in pairs) - self._truth_loss,
            responsibilities=sum(s * part.responsibilities for s, part in pairs),
            overlap=sum(s * part.overlap for s, part in pairs),
            gradient=sum(s * part.gradient for s, part in pairs),
            fisher_divergence=sum(s * part.fisher_divergence for s, part in pairs)
            - self._truth_fisher,
            positions=sum(
                s * (part.positions + np.outer(part.responsibilities, m))
                for (s, part), m in zip(pairs, self._truth, strict=True)
            ),
        )

    def _against(self, y: Floats, mean: Floats, axes: Floats) -> Moments:
        """One Gaussian truth at the origin."""
        reduced_mean = axes @ mean
        # The offset is common to all means, hence also a component of their weighted mean.
        offset = mean - reduced_mean @ axes if len(axes) < len(mean) else np.zeros_like(mean)
        inner = moments(y @ axes.T, self.weights, reduced_mean, FLOAT64)
        square = float(offset @ offset)
        return Moments(
            loss=inner.loss + square / 2,
            responsibilities=inner.responsibilities,
            overlap=inner.overlap,
            gradient=inner.gradient @ axes + np.outer(inner.responsibilities, offset),
            fisher_divergence=inner.fisher_divergence + square,
            positions=inner.positions @ axes,
        )

    def _weighted_mean(self, y: Floats) -> Floats:
        """sum_i pi_i y_i as if in twice the precision: near the optimum it nearly cancels."""
        products, errors = _two_product(self.weights[:, None], y)
        corrections = errors + self._weights_low[:, None] * y
        terms = np.concatenate([products, corrections])
        return np.array([math.fsum(column) for column in terms.T])


def _span_coordinates(rows: flint.fmpq_mat) -> tuple[Floats, Floats]:
    """Coordinates (m, r) and orthonormal axes (r, d) of exact rows in their linear span."""
    span = linear_span(rows)
    if span is None:
        return np.zeros((rows.nrows(), 0)), np.zeros((0, rows.ncols()))
    squares = [sum((q * q for q in axis), flint.fmpq(0)) for axis in span.tolist()]
    lengths = np.sqrt(FLOAT64.array(squares))
    projections = FLOAT64.array((rows * span.transpose()).tolist())
    return projections / lengths, FLOAT64.array(span.tolist()) / lengths[:, None]


def _two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a * b rounded, and its rounding error (Dekker)."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _split(a: Floats) -> tuple[Floats, Floats]:
    scaled = 134217729.0 * a
    high = scaled - (scaled - a)
    return high, a - high
