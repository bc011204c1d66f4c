"""The population loss as a function of coordinates in the span of start and truth.

The iterates stay in the linear span of the starting means and the truth (theory.md, section 1), so
they are kept as r coordinates there, whatever the dimension.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import chain
from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.errors import TooExpensive
from theorycheck.expectations.float64.lines import nearest_gradient
from theorycheck.expectations.float64.regimes import FINEST
from theorycheck.expectations.gaussian import moments, moments_along
from theorycheck.expectations.moments import Moments, component_average
from theorycheck.expectations.population import average_over_truth, check_student
from theorycheck.expectations.reduction import (
    linear_span,
    principal_axes,
    rational_matrix,
    squared_lengths,
)
from theorycheck.expectations.student import Student
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Matrix, nearest_doubles, within

_COARSEST = 1e-3
_FARTHEST = 1e100


def checked_accuracy(accuracy: object) -> float:
    """An accuracy that float64 sums can aim at, or a clear error."""
    return within(accuracy, "accuracy", FINEST, _COARSEST)


class SpanPopulation:
    """The population quantities as a function of coordinates in the span of start and truth.

    given: (n, d) means of the given mixture. start: (n, r), their coordinates. axes: (r, d),
    orthonormal. weights: (n,). split_weights: of each, its double w, what w lacks, and the halves
    of w.
    """

    def __init__(
        self, mixture: Mixture, truth: Mixture | None = None, accuracy: float = FINEST
    ) -> None:
        check_student(mixture, truth)
        truth_means = ((Fraction(0),) * mixture.dimension,) if truth is None else truth.means
        coordinates, self.axes = _span_coordinates(mixture.means + truth_means)
        n = mixture.components
        self.start, self._truth = coordinates[:n], coordinates[n:]
        self._is_centred = truth is None
        self._accuracy = checked_accuracy(accuracy)
        self._rank = min(n - 1, len(self.axes))
        self.given, self.weights = mixture.doubles
        self.split_weights = [
            (w, float(exact_weight - Fraction(w)), *_halves(w))
            for exact_weight, w in zip(mixture.weights, self.weights.tolist(), strict=True)
        ]
        self._truth_weights = np.ones(1) if truth is None else truth.doubles[1]
        self._truth_loss, self._truth_fisher = 0.0, 0.0
        if truth is not None:
            itself = average_over_truth(Student.exact(truth), truth, FLOAT64)
            self._truth_loss, self._truth_fisher = itself.loss, itself.fisher_divergence

    def at(self, y: Floats) -> Moments:
        """Loss, responsibilities, overlap, gradient (n, r) at coordinates (n, r)."""
        if not (abs(y) < _FARTHEST).all():
            raise TooExpensive(f"a mean is farther than {_FARTHEST:.0e}: float64 cannot go on")
        axes = principal_axes(y, self._rank)
        mean = self._weighted_mean(y)
        if self._is_centred:
            return self._against(y, mean, axes)
        parts = [self._against(y - m, mean - m, axes) for m in self._truth]
        found = component_average(self._truth_weights, parts, self._truth)
        return found._replace(
            loss=found.loss - self._truth_loss,
            fisher_divergence=found.fisher_divergence - self._truth_fisher,
        )

    def gradient(self, y: Floats) -> Floats:
        """The gradient (n, r) alone at coordinates (n, r): faster on a line near the optimum."""
        if self._is_centred and y.shape[1] == 1 and self._rank == 1:
            found = nearest_gradient(y[:, 0], self.weights)
            if found is not None:
                return found[:, None]
        return self.at(y).gradient

    def _against(self, y: Floats, mean: Floats, axes: Floats) -> Moments:
        """One Gaussian truth at the origin."""
        if y.shape[1] == 1 == len(axes):
            return moments(y, self.weights, lambda: mean, FLOAT64, self._accuracy)
        return moments_along(axes, y, self.weights, lambda: mean, FLOAT64, self._accuracy)

    def _weighted_mean(self, y: Floats) -> Floats:
        """sum_i pi_i y_i as if in twice the precision: near the optimum it nearly cancels."""
        columns = y.T.tolist()
        return np.array([_accurate_sum(self.split_weights, column) for column in columns])


def weighted_means(split_weights: Floats, y: Floats) -> Floats:
    """sum_i pi_i y_i (B,) of B students y (B, n) on lines, as if in twice the precision.

    split_weights: (4, B, n), those of their `SpanPopulation`s. The terms are those of
    `_accurate_sum`; the rounding error of every addition is added back too (Knuth).
    """
    products, errors = _products(split_weights, y)
    total, lost = products[:, 0], errors.sum(axis=1)
    for term in products.T[1:]:
        before, total = total, total + term
        moved = total - before
        lost += (before - (total - moved)) + (term - moved)
    means: Floats = total + lost
    return means


def _accurate_sum(weights: list[tuple[float, float, float, float]], values: list[float]) -> float:
    """sum_i w_i y_i with the rounding error of every product added back (Dekker).

    weights: as `SpanPopulation.split_weights`. In plain Python: for the few entries of a step it is
    faster than NumPy.
    """
    return math.fsum(chain.from_iterable(map(_products, weights, values)))


def _products(weights: Any, y: Any) -> tuple[Any, Any]:
    """w y, and what it lacks, for numbers or arrays of them."""
    w, lacking, w_high, w_low = weights
    product = w * y
    y_high, y_low = _halves(y)
    error = ((w_high * y_high - product) + w_high * y_low + w_low * y_high) + w_low * y_low
    return product, error + lacking * y


def _halves(value: Any) -> tuple[Any, Any]:
    scaled = 134217729.0 * value
    high = scaled - (scaled - value)
    return high, value - high


def _span_coordinates(means: Matrix) -> tuple[Floats, Floats]:
    """Coordinates (m, r) and orthonormal axes (r, d) of exact means in their linear span."""
    if len(means[0]) == 1 and any(mean for (mean,) in means):
        return nearest_doubles(means), np.ones((1, 1))
    rows = rational_matrix(means)
    span = linear_span(rows)
    if span is None:
        return np.zeros((rows.nrows(), 0)), np.zeros((0, rows.ncols()))
    lengths = np.sqrt(FLOAT64.array(squared_lengths(span)))
    projections = FLOAT64.array((rows * span.transpose()).tolist())
    return projections / lengths, FLOAT64.array(span.tolist()) / lengths[:, None]
