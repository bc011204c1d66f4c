"""Gradient EM from many starts at once, in float64: one NumPy call moves all that lie on lines.

A step in one dimension costs a few microseconds of arithmetic and ten times as much in calls, so
that starts with the same number of components are stepped together, on grids that they share.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.dynamics.span import SpanPopulation
from theorycheck.dynamics.trajectory import Record, Trajectory, iterate, recorded_times, step_count
from theorycheck.errors import InvalidType
from theorycheck.expectations.float64.direct import exponentials
from theorycheck.expectations.float64.lattice import FloatAxis, float_grid
from theorycheck.expectations.float64.near_optimum import divide_by_mixture, hermite_series
from theorycheck.expectations.float64.regimes import FINEST, SERIES_REACH
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Number, positive, shown

_LOG_TOLERANCE = math.log(FINEST)
_FAR = 8.0
_TOGETHER = 128
"""Largest number of starts in a batch: larger ones do not fit in the processor's cache."""
_NEAR, _ALONE = -1000, 1000
"""Numbers of two groups: the starts near the optimum, and those that are stepped one by one. Every
other group is numbered by the logarithm of the spread of its means."""


def gradient_em_many(
    mixtures: Sequence[Mixture], step_size: Number, steps: int, *, record: Record = "log"
) -> list[Trajectory]:
    """Gradient EM from many starts, truth N(0, I_d): `gradient_em`, several times faster.

    Starts whose means lie on a line through the origin are stepped together, by number of
    components, and the others one by one. The iterates are those of `gradient_em` up to rounding.

    Args:
        mixtures: the starts, of any sizes.
        step_size: eta, positive.
        steps: number of iterations, at most `MAX_STEPS`.
        record: "all", "log" or the steps to record, as for `gradient_em`. The fewer are recorded,
            the more time is saved.

    Returns:
        A trajectory for every start, in the same order.

    Raises:
        InvalidValue: an argument is out of its range.
        InvalidType: an argument is of the wrong type.
        TooExpensive: no grid can be formed for an iterate.

    Example:
        >>> paths = gradient_em_many([Mixture([2, -1]), Mixture([1, -1])], step_size=1, steps=9)
        >>> [round(float(path.loss[-1]), 4) for path in paths]
        [0.0067, 0.0036]

    Source:
        theory.md, section 0.
    """
    eta = FLOAT64.scalar(positive(step_size, "step_size"))
    times = recorded_times(record, step_count(steps))
    if not isinstance(mixtures, Iterable):
        raise InvalidType(f"mixtures is {shown(mixtures)}; give a list of Mixtures")
    spans = [SpanPopulation(mixture) for mixture in mixtures]
    groups: dict[int, list[int]] = defaultdict(list)
    found: dict[int, Trajectory] = {}
    for k, span in enumerate(spans):
        n, r = span.start.shape
        if n > 1 == r:
            groups[n].append(k)
        else:
            found[k] = iterate(span, times, lambda y, here: y - eta * here.gradient)
    for group in groups.values():
        for start in range(0, len(group), _TOGETHER):
            members = group[start : start + _TOGETHER]
            paths = _Lines([spans[k] for k in members]).run(eta, times)
            found.update(zip(members, paths, strict=True))
    return [found[k] for k in range(len(spans))]


class _Lines:
    """B students of n means on a line each, as arrays (B, n).

    The terms of the sums are those of one student at a time. The sums are not: a step needs the
    gradient alone, which takes n sums over the nodes where the overlaps take n^2.
    """

    def __init__(self, spans: list[SpanPopulation]) -> None:
        self.spans = spans
        self.weights = np.array([one.weights for one in spans])

    def run(self, eta: float, times: NDArray[np.int64]) -> list[Trajectory]:
        """The recorded iterates; their losses are those of one student at a time."""
        y, t = np.array([one.start[:, 0] for one in self.spans]), 0
        recorded = np.empty((len(times), *y.shape))
        for k, time in enumerate(times.tolist()):
            while t < time:
                y, t = y - eta * self.gradient(y), t + 1
            recorded[k] = y
        return [_measured(one, times, recorded[:, b, :, None]) for b, one in enumerate(self.spans)]

    def gradient(self, y: Floats) -> Floats:
        """The gradients (B, n), in groups of those that can share a grid."""
        gradient = np.empty_like(y)
        largest = abs(y).max(axis=1)
        groups = np.ceil(np.log2(np.maximum(np.ptp(y, axis=1), 2.0**-4))).astype(int)
        groups[largest <= SERIES_REACH] = _NEAR
        groups[~(largest <= _FAR)] = _ALONE
        for group in np.unique(groups).tolist():
            some = np.flatnonzero(groups == group)
            if group == _ALONE:
                for b in some.tolist():
                    gradient[b] = self.spans[b].at(y[b, :, None]).gradient[:, 0]
            elif group == _NEAR:
                gradient[some] = self._near(some, y[some], largest[some].max())
            else:
                gradient[some] = self._direct(some, y[some], largest[some].max(), group)
        return gradient

    def _near(self, some: NDArray[np.intp], c: Floats, largest: float) -> Floats:
        """E psi_i v = pi_i (E v + E (psi_i / pi_i - 1) v), as in `near_optimum_moments`."""
        axis = _axis(1.0, math.sqrt(2 * (6 - _LOG_TOLERANCE)) + largest, _LOG_TOLERANCE - 9)
        weights = self.weights[some]
        series = hermite_series(c[:, :, None], weights)
        mean = series[:, -1, :1]
        e, u = series[:, :-1] @ axis.hermite, series[:, -1] @ axis.hermite
        divide_by_mixture(e, u[:, None])
        v = np.vecmat(weights * c, e)  # less its mean
        bends = -np.matvec(e, u * axis.weights)
        turns = np.matvec(e, v * axis.weights)
        bend = (weights * c * bends).sum(axis=1, keepdims=True)
        gradient: Floats = weights * (mean + bend + bends * mean + turns)
        return gradient

    def _direct(self, some: NDArray[np.intp], c: Floats, largest: float, group: int) -> Floats:
        """E psi_i v as it is, from the exponentials of `direct_moments`.

        Its rounding errors are below those of the next iterate.
        """
        weights = self.weights[some]
        smallest = 2 * math.log(max(float(weights.min()), 5e-324)) - largest * largest - 2
        axis = _axis(2.0**group, math.sqrt(2 * (1 - _LOG_TOLERANCE - smallest)), _LOG_TOLERANCE)
        table = exponentials(c[:, :, None], axis)
        table *= weights[:, :, None]
        total = np.add.reduce(table, axis=1)
        v = np.vecmat(c, table)
        v *= axis.weights / (total * total)
        gradient: Floats = np.matvec(table, v)
        return gradient


def _measured(span: SpanPopulation, times: NDArray[np.int64], coordinates: Floats) -> Trajectory:
    along = [span.at(y) for y in coordinates]
    return Trajectory(
        coordinates=coordinates,
        axes=span.axes,
        weights=span.weights,
        loss=np.array([here.loss for here in along]),
        fisher_divergence=np.array([here.fisher_divergence for here in along]),
        times=times,
        start=span.given,
    )


def _axis(spread: float, reach: float, log_tolerance: float) -> FloatAxis:
    return float_grid([spread], reach, log_tolerance).parts[0].axes[0]
