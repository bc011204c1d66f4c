"""Trapezoidal grids with a proven error (theory.md, section 2, Lemmas Q and Q').

A grid is chosen before anything is summed: the step size and the reach of every axis follow from
the wanted relative error, the spread of the means and the smallest overlap that is to be resolved.
The error bounds are then evaluated in ball arithmetic for the grid that was chosen, so a poor
choice costs width, never truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.budget import charge
from theorycheck.errors import TooExpensive

FLOAT_FLOOR = -668.0
"""log of 1e-290: overlaps below this are not resolved in float64."""
FARTHEST = 1e100
_ESTIMATE_POINTS = 82
"""Points that an estimate of the reach looks at: more than 8 components have."""
CACHED = 12_000
"""Entries of an array that stays in the cache, and that memory is not mapped anew for (128 KB)."""
_RUNGS = 6
"""Rungs of the ladder of spreads for a factor of 2: a coarser one wastes nodes."""
_REACH_STEP = 0.5
"""Reaches are rounded up to multiples of it."""
_LEAST_SPREAD = 2.0**-4
"""Below it the Gaussian weight alone decides how coarse a grid can be."""
_STRIP_CANDIDATES = np.linspace(0.02, 0.995, 196)


@dataclass(frozen=True)
class Axis:
    """One axis of a tensor grid: the 2 half + 1 nodes m * step, |m| <= half.

    strip: half-width a of the strip on which the integrand is bounded, 0 < a < pi / spread.
    spread: an upper bound of the spread D of the means along the axis.
    All three reals are exact binary numbers, the step one of few bits: its multiples are exact too.
    """

    step: float
    half: int
    strip: float
    spread: float

    @property
    def size(self) -> int:
        """Number of nodes."""
        return 2 * self.half + 1

    def nodes(self) -> Array:
        """The nodes as exact balls, shape (size,)."""
        return objects(flint.arb(self.step * m) for m in range(-self.half, self.half + 1))

    def weights(self) -> Array:
        """step * phi(node) as balls of the precision in force, shape (size,)."""
        return self._weights(self.step / (2 * flint.arb.pi()).sqrt(), 1)

    def root_weights(self) -> Array:
        """The roots of the weights as balls, shape (size,)."""
        return self._weights((self.step / (2 * flint.arb.pi()).sqrt()).sqrt(), 2)

    def _weights(self, middle: flint.arb, divisor: int) -> Array:
        """middle * exp(-node^2 / (2 divisor)): ratios of neighbours are a geometric progression."""
        exponent = -(flint.arb(self.step) ** 2) / divisor
        ratio, shrinking = (exponent / 2).exp(), exponent.exp()
        half = [middle]
        for _ in range(self.half):
            half.append(half[-1] * ratio)
            ratio *= shrinking
        return objects(half[:0:-1] + half)


def objects(entries: Iterable[Any]) -> Array:
    """A flat array of balls, or other numbers that are objects.

    NumPy's own constructor asks each of them whether it is a sequence.
    """
    return np.fromiter(entries, dtype=object)


@dataclass(frozen=True)
class GridError:
    """Upper bounds, as balls, of the error of a grid's sums.

    relative: of every overlap E psi_i psi_j, over all nodes of the infinite grid.
    tail: absolute, what the nodes left out can contribute to any such overlap.
    loss: absolute error of the loss, discretisation and truncation together.
    moment: absolute error of any E psi_i x_k, likewise.
    """

    relative: flint.arb
    tail: flint.arb
    loss: flint.arb
    moment: flint.arb


def choose_grid(
    coordinates: NDArray[np.float64],
    log_weights: NDArray[np.float64],
    log_tolerance: float,
) -> list[Axis]:
    """The coarsest tensor grid for the wanted relative error.

    coordinates: (n, k) reduced means, in float64. log_weights: (n,).
    log_tolerance: log of the relative error wanted of every overlap.
    Raises TooExpensive when the grid cannot be formed.
    """
    spreads, reach = _extent(coordinates, log_weights, log_tolerance)
    return [choose_axis(spread, log_tolerance, reach) for spread in spreads]


def common_grid(
    coordinates: NDArray[np.float64],
    log_weights: NDArray[np.float64],
    log_tolerance: float,
) -> list[Axis]:
    """A grid as good as that of `choose_grid`, of axes that many mixtures have in common."""
    spreads, reach = _extent(coordinates, log_weights, log_tolerance)
    return [common_axis(spread, log_tolerance, reach) for spread in spreads]


def common_axis(spread: float, log_tolerance: float, reach: float) -> Axis:
    """An axis as good as that of `choose_axis`, on the ladders of spreads and of reaches."""
    rounded = math.ceil(reach / _REACH_STEP) * _REACH_STEP
    return choose_axis(_rounded_up(spread), log_tolerance, rounded)


def _extent(
    coordinates: NDArray[np.float64], log_weights: NDArray[np.float64], log_tolerance: float
) -> tuple[list[float], float]:
    """The spreads of the means along the axes, and how far a grid has to reach."""
    if not (abs(coordinates) < FARTHEST).all():
        raise TooExpensive(f"a mean is farther than {FARTHEST:.0e}, so no grid can be chosen")
    rank = coordinates.shape[1]
    smallest = smallest_log_overlap(coordinates, log_weights)
    reach = math.sqrt(2 * (math.log(rank) - log_tolerance - smallest))
    # An upper bound of the exact spread: the coordinates may be rounded by a few ulp.
    spreads = np.ptp(coordinates, axis=0) + 1e-14 * abs(coordinates).max(axis=0) + 1e-300
    return spreads.tolist(), reach


def _rounded_up(spread: float) -> float:
    """An upper bound of a spread on a geometric ladder.

    The axis of a rung serves all spreads below it, as its bounds grow with the spread; so a few
    axes serve all mixtures of a run, and their weights are kept.
    """
    rung = math.ceil(_RUNGS * math.log2(max(spread, _LEAST_SPREAD)))
    return math.pow(2, rung / _RUNGS) * (1 + 1e-9)  # more than what the functions round


@lru_cache(maxsize=1024)
def choose_axis(spread: float, log_tolerance: float, reach: float) -> Axis:
    """The coarsest step of Lemma Q: h = 2 pi a / log(1 + 2 e^{a^2/2} / (cos^2(aD/2) tol))."""
    widest = math.sqrt(2 * (math.log(2) - log_tolerance))
    strip = _STRIP_CANDIDATES * (min(widest, math.pi / spread))
    growth = math.log(2) + strip**2 / 2 - 2 * np.log(np.cos(strip * spread / 2)) - log_tolerance
    steps = 2 * math.pi * strip / np.logaddexp(0.0, growth)
    best = int(np.argmax(steps))
    step = _short(float(steps[best]))
    half = reach / step
    if not half < 1e8:
        raise TooExpensive(f"an axis with means spread over {spread:.3g} needs {half:.2g} nodes")
    return Axis(step, math.ceil(half), float(strip[best]), spread)


def _short(value: float) -> float:
    """Rounded down to 20 bits, so that multiples of it are exact."""
    mantissa, exponent = math.frexp(value)
    return math.ldexp(math.floor(mantissa * 2**20) / 2**20, exponent)


def smallest_log_overlap(
    coordinates: NDArray[np.float64], log_weights: NDArray[np.float64]
) -> float:
    """An estimate from below of min log E psi_i psi_j, from the integrand at a few points.

    Only the reach of the grid depends on it; what the grid leaves out is bounded separately.
    """
    c = coordinates
    n, rank = c.shape
    charge(n * n * (0.05 + 4e-4 * n), f"the overlaps of {n} components")
    points = [np.zeros((1, rank)), c / 2, c]
    if n <= 8:
        points.append(((c[:, None, :] + c[None, :, :]) / 2).reshape(-1, rank))
    x = np.concatenate(points)
    x = x[:: 1 + len(x) // _ESTIMATE_POINTS]
    logits = x @ c.T - (c * c).sum(axis=1) / 2 + log_weights
    peak = logits.max(axis=1, keepdims=True)
    log_psi = logits - peak - np.log(np.exp(logits - peak).sum(axis=1, keepdims=True))
    half_phi = -(x * x).sum(axis=1, keepdims=True) / 4
    values = log_psi + half_phi
    some = max(1, CACHED // values.size)
    smallest = min(
        float((values[:, i : i + some, None] + values[:, None, i:]).max(axis=0).min())
        for i in range(0, n, some)
    )
    return smallest - float(np.log1p(np.ptp(c, axis=0)).sum())


def grid_size(axes: list[Axis]) -> int:
    """Number of nodes of the tensor grid."""
    return math.prod([axis.size for axis in axes])


def grid_error(axes: list[Axis], coordinates: Array) -> GridError:
    """Rigorous error bounds of a grid for means with these ball coordinates, shape (n, k).

    Lemma Q for the overlaps, Lemma Q' for the loss; both axis by axis. For E psi_i x_k the
    integrand on the strip is at most (|x_k| + a) / |x_k| times as large, and E |x_k| < 1.
    """
    growth, loss, moment = flint.arb(1), flint.arb(0), flint.arb(0)
    parts = [axis_error(axis, flint.ctx.prec) for axis in axes]
    for part in parts:
        growth *= 1 + part.relative
    # From a relative error of 1 on, a sum bounds nothing from above.
    if not (growth < 2 and all(is_admissible(axis) for axis in axes)):
        return GridError(*(flint.arb("inf"),) * 4)
    tails = sum([part.tail for part in parts], flint.arb(0))
    largest = [_upper_maximum(abs(column)) for column in coordinates.T]
    half_square = _upper_maximum((coordinates * coordinates).sum(axis=1)) / 2
    for k, (axis, part) in enumerate(zip(axes, parts, strict=True)):
        others = sum((b for j, b in enumerate(largest) if j != k), flint.arb(0))
        size = flint.arb(axis.spread) / 2 + others + half_square + part.bend
        loss += part.plain * growth * size
        loss += growth * (part.edge * largest[k] + part.tail * (others + half_square))
        left_out = growth * (part.edge + tails)
        moment = moment.max((growth - 1) * growth * (2 + flint.arb(axis.strip)) + left_out)
    return GridError(
        relative=_upper(growth - 1),
        tail=_upper(tails * growth),
        loss=_upper(loss),
        moment=_upper(moment),
    )


class AxisError(NamedTuple):
    """What one axis contributes to `grid_error`: `discretisation_error` with two cosines and none,
    `tail`, `edge` and `bend`.
    """

    relative: flint.arb
    plain: flint.arb
    tail: flint.arb
    edge: flint.arb
    bend: flint.arb


@lru_cache(maxsize=1024)
def axis_error(axis: Axis, precision: int) -> AxisError:
    """At the precision in force, which is `precision`: kept, as axes recur in a run."""
    return AxisError(
        relative=discretisation_error(axis, cosines=2),
        plain=discretisation_error(axis, cosines=0),
        tail=tail(axis),
        edge=edge(axis),
        bend=bend(axis),
    )


def is_admissible(axis: Axis) -> bool:
    """True where the assumptions of the bounds hold: aD < pi, h <= 2 pi and X >= 1.

    By the last two, the grid's sum of |x| phi is at most that of phi, and its tail at most the
    integral's.
    """
    return axis.strip * axis.spread < 3.14 and axis.step < 6 and axis.step * axis.half >= 1


def tail(axis: Axis) -> flint.arb:
    """P(|z| > X), z ~ N(0, 1)."""
    return (half_width(axis) / flint.arb(2).sqrt()).erfc()


def edge(axis: Axis) -> flint.arb:
    """E |z| 1(|z| > X), z ~ N(0, 1)."""
    return (-(half_width(axis) ** 2) / 2).exp() * (flint.arb(2) / flint.arb.pi()).sqrt()


def bend(axis: Axis) -> flint.arb:
    """aD/2 - log cos(aD/2), by which Lemma Q' bounds the logarithm on the strip."""
    angle = flint.arb(axis.strip) * flint.arb(axis.spread) / 2
    return angle - angle.cos().log()


def half_width(axis: Axis) -> flint.arb:
    """X, the last node."""
    return flint.arb(axis.step) * axis.half


def discretisation_error(axis: Axis, cosines: int) -> flint.arb:
    """2 e^{a^2/2} / (cos^m(aD/2) (e^{2 pi a/h} - 1))."""
    a, spread, h = flint.arb(axis.strip), flint.arb(axis.spread), flint.arb(axis.step)
    cosine = (a * spread / 2).cos() ** cosines
    return 2 * (a * a / 2).exp() / (cosine * (2 * flint.arb.pi() * a / h).expm1())


def _upper(value: flint.arb) -> flint.arb:
    return flint.arb(value.upper())


def _upper_maximum(values: Array) -> flint.arb:
    best = flint.arb(0)
    for value in values:
        best = best.max(value.abs_upper())
    return best
