"""Gradient EM and EM in float64, from exact expectations.

The iterates stay in the linear span of the starting means and the truth (theory.md, section 1), so
they are kept as r coordinates there, whatever the dimension.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.errors import InvalidType, InvalidValue, TooExpensive
from theorycheck.expectations.float64.regimes import FINEST
from theorycheck.expectations.gaussian import moments
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import Student, check_student, unrelated_population
from theorycheck.expectations.reduction import linear_span, principal_axes, rational_matrix
from theorycheck.inputs.mixture import Mixture, Number, exact, shown
from theorycheck.notebook import trajectory_html

Floats = NDArray[np.float64]
Record: TypeAlias = str | Sequence[int] | NDArray[np.int64]
MAX_STEPS = 100_000_000
_PER_DECADE = 50
_COARSEST = 1e-3
_FARTHEST = 1e100


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The recorded iterates, all of t = 0 … steps if not asked otherwise, and what they measure.

    times: (T,) steps t, increasing. coordinates: (T, n, r) means in the orthonormal axes (r, d) of
    their span. weights: (n,). loss, fisher_divergence: (T,), of the iterates from the truth.
    start: (n, d), the means at t = 0. The arrays are read-only.
    """

    coordinates: Floats
    axes: Floats
    weights: Floats
    loss: Floats
    fisher_divergence: Floats
    times: NDArray[Any]
    start: Floats

    def __post_init__(self) -> None:
        for array in vars(self).values():  # some are shared: with a mixture, a cache, a batch
            array.setflags(write=False)

    @property
    def means(self) -> Floats:
        """The iterates in the original coordinates, shape (T, n, d)."""
        means: Floats = self.coordinates @ self.axes
        if self.times[0] == 0:
            means[0] = self.start  # the coordinates are rounded
        return means

    @property
    def energy(self) -> Floats:
        """U(t) = sum_i |mu_i(t)|^2, shape (T,)."""
        energy: Floats = (self.coordinates**2).sum(axis=(1, 2))
        return energy

    @property
    def weighted_distance(self) -> Floats:
        """W(t) = sum_i pi_i |mu_i(t)|^2, shape (T,)."""
        distance: Floats = (self.coordinates**2).sum(axis=2) @ self.weights
        return distance

    def _repr_html_(self) -> str:
        return trajectory_html(self)


def gradient_em(
    mixture: Mixture,
    step_size: Number,
    steps: int,
    *,
    truth: Mixture | None = None,
    record: Record = "all",
    accuracy: float = FINEST,
) -> Trajectory:
    """Gradient EM: mu_i+ = mu_i - eta grad_i, on the population loss.

    mixture: the start. step_size: eta, positive. steps: number of iterations.
    truth: None for N(0, I_d), or a mixture. record: "all" iterates, "log" for about 50 per factor
    of ten, or the steps wanted. accuracy: relative, aimed at in every overlap, 1e-16 to 1e-3; the
    loss near the optimum has about two digits less. Raises InvalidValue or InvalidType for bad
    input, TooExpensive where no grid can be formed. Source: theory.md, section 0.

    >>> gradient_em(Mixture([2.0]), step_size=0.5, steps=2).means.ravel().tolist()
    [2.0, 1.0, 0.5]
    """
    eta = FLOAT64.scalar(positive(step_size, "step_size"))
    landscape = Landscape(mixture, truth, accuracy)
    times = recorded_times(record, step_count(steps))
    return iterate(landscape, times, lambda y, here: y - eta * here.gradient)


def em(
    mixture: Mixture,
    steps: int,
    *,
    truth: Mixture | None = None,
    record: Record = "all",
    accuracy: float = FINEST,
) -> Trajectory:
    """EM: mu_i+ = E[psi_i x] / E psi_i, on the population.

    Arguments and errors as for `gradient_em`. Source: theory.md, section 0.
    """
    landscape = Landscape(mixture, truth, accuracy)
    return iterate(landscape, recorded_times(record, step_count(steps)), _em_step)


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
        given = shown(value).strip("'")
        raise InvalidValue(f"{name} is {given}; it must be positive")
    return number


def within(value: object, name: str, least: float, most: float) -> float:
    """The double nearest to a number in a closed range, or a clear error."""
    number = FLOAT64.scalar(exact(value, name))
    if not least <= number <= most:
        given = shown(value).strip("'")
        raise InvalidValue(f"{name} is {given}; give {least} to {most}")
    return number


def checked_accuracy(accuracy: object) -> float:
    """An accuracy that float64 sums can aim at, or a clear error."""
    return within(accuracy, "accuracy", FINEST, _COARSEST)


def step_count(steps: object) -> int:
    """A non-negative whole number, or a clear error."""
    if isinstance(steps, (bool, np.bool_)) or not isinstance(steps, (int, np.integer)):
        raise InvalidType(f"steps is a {type(steps).__name__}; give a whole number")
    if not 0 <= steps <= MAX_STEPS:
        raise InvalidValue(f"steps is {shown(int(steps))}; give 0 to {MAX_STEPS}")
    return int(steps)


def recorded_times(record: Record, steps: int) -> NDArray[np.int64]:
    """The steps to keep, increasing, within 0 … steps; "all" and "log" end with the last one.

    >>> recorded_times([0, 7, 100], 100).tolist()
    [0, 7, 100]
    """
    if isinstance(record, str):
        if record not in ("all", "log"):
            raise InvalidValue(f'record is {record!r}; give "all", "log" or a list of steps')
        if record == "all":
            return np.arange(steps + 1)
        exponents = np.arange(0, _PER_DECADE * math.log10(max(steps, 1)))
        powers = np.rint(10 ** (exponents / _PER_DECADE)).astype(np.int64)
        return np.unique(np.concatenate([[0, steps], powers[powers <= steps]]))
    times = np.asarray(record)
    if times.ndim != 1 or times.size == 0 or not np.issubdtype(times.dtype, np.integer):
        raise InvalidType('record is neither "all", "log" nor a list of whole numbers')
    if times[0] < 0 or times[-1] > steps or (np.diff(times) <= 0).any():
        raise InvalidValue(f"record must be increasing and within 0 to {steps}")
    return times.astype(np.int64)


def iterate(
    landscape: Landscape, times: NDArray[np.int64], advance: Callable[[Floats, Moments], Floats]
) -> Trajectory:
    """Advance from the landscape's start, given what it is like there; keep the asked times."""
    y, t = landscape.start, 0
    coordinates = np.empty((len(times), *y.shape))
    loss, fisher = np.empty(len(times)), np.empty(len(times))
    here = landscape.at(y)
    for k, time in enumerate(times.tolist()):
        while t < time:
            y, t = advance(y, here), t + 1
            here = landscape.at(y)
        coordinates[k], loss[k], fisher[k] = y, here.loss, here.fisher_divergence
    return Trajectory(
        *(coordinates, landscape.axes, landscape.weights, loss, fisher, times, landscape.given)
    )


class Landscape:
    """The population quantities as a function of coordinates in the span of start and truth.

    given: (n, d) means of the given mixture. start: (n, r), their coordinates. axes: (r, d),
    orthonormal. weights: (n,).
    """

    def __init__(
        self, mixture: Mixture, truth: Mixture | None = None, accuracy: float = FINEST
    ) -> None:
        check_student(mixture, truth)
        truth_means = ((Fraction(0),) * mixture.dimension,) if truth is None else truth.means
        together = rational_matrix(mixture.means + truth_means)
        coordinates, self.axes = _span_coordinates(together)
        n = mixture.components
        self.start, self._truth = coordinates[:n], coordinates[n:]
        self._is_centred = truth is None
        self._accuracy = checked_accuracy(accuracy)
        self._rank = min(n - 1, len(self.axes))
        self.given, self.weights = mixture.doubles
        self._split_weights = [
            (w, float(exact_weight - Fraction(w)), *_halves(w))
            for exact_weight, w in zip(mixture.weights, self.weights.tolist(), strict=True)
        ]
        self._truth_weights = np.ones(1) if truth is None else truth.doubles[1]
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
        if self._is_centred:
            return self._against(y, mean, axes)
        parts = [self._against(y - m, mean - m, axes) for m in self._truth]
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
        if y.shape[1] == 1 == len(axes):
            return moments(y, self.weights, lambda: mean, FLOAT64, self._accuracy)
        reduced_mean = axes @ mean
        inner = moments(y @ axes.T, self.weights, lambda: reduced_mean, FLOAT64, self._accuracy)
        found = inner._replace(gradient=inner.gradient @ axes, positions=inner.positions @ axes)
        if len(axes) == len(mean):
            return found
        # The offset is common to all means, hence also a component of their weighted mean.
        offset = mean - reduced_mean @ axes
        square = float(offset @ offset)
        return found._replace(
            loss=inner.loss + square / 2,
            gradient=found.gradient + np.multiply.outer(inner.responsibilities, offset),
            fisher_divergence=inner.fisher_divergence + square,
        )

    def _weighted_mean(self, y: Floats) -> Floats:
        """sum_i pi_i y_i as if in twice the precision: near the optimum it nearly cancels."""
        columns = y.T.tolist()
        return np.array([_accurate_sum(self._split_weights, column) for column in columns])


def _accurate_sum(weights: list[tuple[float, float, float, float]], values: list[float]) -> float:
    """sum_i w_i y_i with the rounding error of every product added back (Dekker).

    weights: of each, its double w, what w lacks, and the halves of w. In plain Python: for the few
    entries of a step it is faster than NumPy.
    """
    terms: list[float] = []
    for (w, lacking, w_high, w_low), y in zip(weights, values, strict=True):
        product = w * y
        y_high, y_low = _halves(y)
        error = ((w_high * y_high - product) + w_high * y_low + w_low * y_high) + w_low * y_low
        terms += (product, error + lacking * y)
    return math.fsum(terms)


def _halves(value: float) -> tuple[float, float]:
    scaled = 134217729.0 * value
    high = scaled - (scaled - value)
    return high, value - high


def _span_coordinates(rows: flint.fmpq_mat) -> tuple[Floats, Floats]:
    """Coordinates (m, r) and orthonormal axes (r, d) of exact rows in their linear span."""
    span = linear_span(rows)
    if span is None:
        return np.zeros((rows.nrows(), 0)), np.zeros((0, rows.ncols()))
    squares = [sum((q * q for q in axis), flint.fmpq(0)) for axis in span.tolist()]
    lengths = np.sqrt(FLOAT64.array(squares))
    projections = FLOAT64.array((rows * span.transpose()).tolist())
    return projections / lengths, FLOAT64.array(span.tolist()) / lengths[:, None]
