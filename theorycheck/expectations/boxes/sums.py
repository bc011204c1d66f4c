"""Sums over the nodes of a grid: moments and loss over boxes of n means on a line, truth N(0, 1).

With E_i(x) = pi_i e^{-(x - c_i)^2 / 2} the responsibilities are psi_i = E_i / sum_j E_j. Everything
is computed from the moments M_a = E psi_1^a_1 ... psi_n^a_n, of which G_ij are those of order 2;
their slopes are sums of moments too (`slopes`). And dL/dc_i = sum_j G_ij c_j,
dL/dpi_i = -p_i / pi_i.

**Over a box.** Each E_i rises in pi_i and falls in |x - c_i|, and no two share a mean. So at a node
E_i ranges over [pi_lo e^{-far^2/2}, pi_hi e^{-near^2/2}], far and near the largest and smallest
distance, whatever the others are; psi_i rises in E_i and falls in the other E_j. A product of
powers is between those of the ends. Of two components, psi_2 = 1 - psi_1: p^a (1 - p)^b has its
least value at an end of the range of p, and its largest one at an end or at p = a / (a + b).

**Lemma B (rounding).** u = 2^-53; T bounds |x| + |c|, and T <= 36. The distances are off by u, half
their squares by 3.01 u T^2 / 2, `exponential` by 16 u, the product with pi by u: E_i by
delta = (1.6 T^2 + 18) u, relatively. Then psi_i is off by 2 delta + n u, a product of m of them by
m (2 delta + n u) + (m - 1) u, and its sum over K nodes, with weights off by 1.01 u, in any order,
with or without fused multiply-add, by K + 2 units more. So

    rho = 1.01 (m (2 delta + n u) + (m + K + 2) u) < 10^-6

covers products of these errors too. No E_i is below e^{-T^2/2} 10^-9, so all are normal; products
may underflow, by less than 2^-1000 in sum. As the terms are positive, Lemma Q of `trapezoid` with m
cosines gives the error eps of the grid relatively, and the nodes left out add at most their share
`tail` of the Gaussian weight:

    S (1 - rho) - 2^-1000 <= M (1 + eps),   M (1 - eps) <= S (1 + rho) + tail + 2^-1000.

**Loss.** L = -E (log sum_j E_j + x^2 / 2), for weights that add up to 1, as Lemma Q' asks. At a
node the logarithm is off by 1.01 (delta + n u) from its argument and by 7 u (1 + |log|), the sum
with x^2 / 2 by 2 u (x^2 + |log|), and the weighted sum by (K + 3) u of that of the moduli; the grid
by Lemma Q', as in `trapezoid.grid_error`.

Over an arithmetic of Arb the same sums are balls, and only the errors of the grid are added. QED
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Ball
from theorycheck.arithmetic.exponential import exponential
from theorycheck.arithmetic.intervals import Interval, down, greater, lesser, up
from theorycheck.arithmetic.logarithm import logarithm
from theorycheck.arithmetic.rounding import ceil_float, floor_float
from theorycheck.expectations.boxes.slopes import Index, indices
from theorycheck.expectations.trapezoid import (
    Axis,
    bend,
    common_axis,
    discretisation_error,
    edge,
    is_admissible,
    tail,
)

FARTHEST = 24.0
"""Of means: farther ones are not looked at, and nothing is known of their boxes."""
LEAST_WEIGHT = 1e-9
_LOG_TOLERANCE = math.log(1e-10)
_REACH = 8.0
_NEAR = 1.0
_BALL = Ball(20)
_U = 2.0**-53
_UNDERFLOW = 2.0**-1000
_SLACK = 1e-9
HIGHEST = 12
"""Order of moments."""


def axis_of(c: list[Interval]) -> Axis:
    """An axis whose spread bounds that of the means in every box of the batch.

    The same one for ends in Arb as for the same ends in float64.
    """
    lows = [_doubles(ends.lo, floor_float) for ends in c]
    highs = [_doubles(ends.hi, ceil_float) for ends in c]
    return axis_for(float(up(np.max(highs, axis=0) - np.min(lows, axis=0)).max()))


def _doubles(ends: Array, rounded: Callable[[flint.arb], float]) -> Array:
    return np.array([rounded(end) for end in ends]) if ends.dtype == object else ends


def axis_for(spread: float) -> Axis:
    """The axis for boxes of means that spread by so much; a few of them serve all.

    It is one for a larger spread, as its bounds grow with it: boxes that share an axis are examined
    side by side, and of small batches the cost is that of calling NumPy. But not where means nearly
    agree, as there moments of high order must be narrow (`regions.equality`).
    """
    if spread >= _NEAR:
        spread = max(spread, 2 ** (math.ceil(2 * math.log2(spread)) / 2) * (1 - 1e-6))
    return common_axis(spread, _LOG_TOLERANCE, _REACH)


@dataclass(frozen=True, eq=False)
class _Nodes:
    """An axis prepared: nodes and weights (K,) in one arithmetic, bounds as doubles rounded up."""

    x: Array
    weights: Array
    relative: tuple[float, ...]
    plain: float
    bend: float
    tail: float
    edge: float
    spread: float


@lru_cache(maxsize=512)
def _nodes(axis: Axis, precision: int | None) -> _Nodes:
    """The nodes in float64 (None), or in Arb at the precision in force."""
    assert is_admissible(axis)
    if precision is None:
        with _BALL.scope():  # or the products of which weights are made round more than doubles do
            x, weights = axis.nodes().astype(float), axis.weights().astype(float)
    else:
        x, weights = axis.nodes(), axis.weights()
    errors = [ceil_float(discretisation_error(axis, cosines=m)) for m in range(HIGHEST + 1)]
    return _Nodes(
        x,
        weights,
        tuple(errors),
        errors[0],
        ceil_float(bend(axis)),
        ceil_float(tail(axis)),
        ceil_float(edge(axis)),
        axis.spread,
    )


@dataclass(frozen=True, eq=False)
class Sums:
    """The E_i at the nodes, between `low` and `high` (n arrays (B, K)), from which sums are made.

    square: (B,), upper bounds of max c_i^2.
    """

    nodes: _Nodes
    low: list[Array]
    high: list[Array]
    square: Array

    @classmethod
    def over(cls, axis: Axis, c: list[Interval], pi: list[Interval]) -> Sums:
        """For means and weights, each (B,)."""
        nodes = _nodes(axis, flint.ctx.prec if c[0].is_arb else None)
        low, high = [], []
        for place, weight in zip(c, pi, strict=True):
            least, most = _densities(nodes.x, place, weight)
            low.append(least)
            high.append(most)
        square = c[0].magnitude
        for place in c[1:]:
            square = greater(square, place.magnitude)
        return cls(nodes, low, high, up(square * square))

    @property
    def _is_arb(self) -> bool:
        return bool(self.square.dtype == object)

    @property
    def _density_error(self) -> float:
        """delta of Lemma B."""
        farthest = float(self.nodes.x[-1]) + math.sqrt(float(self.square.max())) * (1 + 1e-12)
        assert farthest <= 36
        return (1.6 * farthest**2 + 18) * _U

    def moments(self, order: int) -> dict[Index, Interval]:
        """The moments of an order, each (B,), in the order of `indices`; no end is below 0."""
        n = len(self.low)
        if all(a is b for a, b in zip(self.low, self.high, strict=True)):
            total = sum(self.low[1:], self.low[0])
            shares = [entry / total for entry in self.low]
            products = _products(shares, shares, order)
        else:
            all_low, all_high = sum(self.low[1:], self.low[0]), sum(self.high[1:], self.high[0])
            least, most = [], []
            for i in range(n):
                others_low = sum(self.low[:i] + self.low[i + 1 :], 0 * all_low)
                others_high = sum(self.high[:i] + self.high[i + 1 :], 0 * all_high)
                least.append(self.low[i] / (self.low[i] + others_high))
                most.append(self.high[i] / (self.high[i] + others_low))
            products = (_products_of_two if n == 2 else _products)(least, most, order)
        return {index: self._outward(low, high, order) for index, low, high in products}

    def _outward(self, low: Array, high: Array, order: int) -> Interval:
        """The moment whose integrand at the nodes is between two arrays (B, K)."""
        nodes = self.nodes
        least = low @ nodes.weights
        most = least if low is high else high @ nodes.weights
        relative, left_out = nodes.relative[order], nodes.tail
        if self._is_arb:
            one: Any = flint.arb(1)
            lo = greater(down(least / (one + relative)), 0 * least)
            return Interval(lo, up((most + left_out) / (one - relative)))
        delta, n, k = self._density_error, len(self.low), len(nodes.x)
        rho = 1.01 * (order * (2 * delta + n * _U) + (order + k + 2) * _U)
        shrunk = (1 - 2 * rho) / (1 + relative)  # twice rho: these few operations are rounded too
        grown = (1 + 2 * rho) / (1 - relative)
        lo = np.maximum(least * shrunk - _UNDERFLOW, 0.0)
        return Interval(lo, most * grown + (left_out * grown + _UNDERFLOW))

    def loss(self) -> Interval:
        """L over the boxes, (B,)."""
        nodes = self.nodes
        is_thin = all(a is b for a, b in zip(self.low, self.high, strict=True))
        logs = [self._logs(self.high)]
        logs.append(logs[0] if is_thin else self._logs(self.low))
        sums = [-(part @ nodes.weights) for part in logs]
        size = nodes.spread / 2 + nodes.bend
        growth = (1 + nodes.relative[2]) * (1 + 1e-12)
        both = nodes.plain + nodes.tail
        half = self.square / 2
        # of |c| the larger of 1 and c^2 is a bound
        grid = growth * (nodes.plain * size + both * half + nodes.edge * (1 + self.square))
        if self._is_arb:
            return Interval(down(sums[0] - grid), up(sums[1] + grid))
        n, k = len(self.low), len(nodes.x)
        moduli = np.maximum(*((abs(part) + nodes.x**2) @ nodes.weights for part in logs))
        rounding = 1.01 * (self._density_error + n * _U) + (k + 20) * _U * (1 + moduli)
        error = (grid + rounding) * (1 + 1e-9)
        return Interval(down(sums[0] - error), up(sums[1] + error))

    def _logs(self, densities: list[Array]) -> Array:
        """log sum_j E_j + x^2 / 2 at the nodes, (B, K)."""
        total = sum(densities[1:], densities[0])
        half_square = self.nodes.x * self.nodes.x / 2
        if self._is_arb:
            return np.asarray(np.log(total) + half_square)
        return logarithm(total.ravel()).reshape(total.shape) + half_square


def _densities(x: Array, c: Interval, pi: Interval) -> tuple[Array, Array]:
    """Bounds of pi e^{-(x - c)^2 / 2} at the nodes, (B, K); one array where nothing varies."""
    exp = np.exp if c.is_arb else exponential
    from_low, from_high = x - c.lo[:, None], x - c.hi[:, None]
    if c.is_thin:
        found = exp(-from_low * from_low / 2)
        low = found * pi.lo[:, None]
        return low, low if pi.is_thin else found * pi.hi[:, None]
    far = greater(from_low, -from_high)
    near = greater(greater(-from_low, from_high), 0 * far)
    low, high = exp(-far * far / 2), exp(-near * near / 2)
    return low * pi.lo[:, None], high * pi.hi[:, None]


def _products(
    least: list[Array], most: list[Array], order: int
) -> Iterator[tuple[Index, Array, Array]]:
    """Products of `order` responsibilities at the nodes, from those of their ends."""
    is_thin = least is most
    lows, highs = _powers(least, order), _powers(most, order)
    for index in indices(len(least), order):
        low = _product(lows, index)
        yield index, low, low if is_thin else _product(highs, index)


def _powers(bases: list[Array], order: int) -> list[list[Array]]:
    """The powers 1 to `order` of each."""
    return [list(itertools.accumulate([base] * order, np.multiply)) for base in bases]


def _product(powers: list[list[Array]], index: Index) -> Array:
    factors = [powers[i][power - 1] for i, power in enumerate(index) if power]
    found = factors[0]
    for factor in factors[1:]:
        found = found * factor
    return found


def _products_of_two(
    least: list[Array], most: list[Array], order: int
) -> Iterator[tuple[Index, Array, Array]]:
    """The same of two components, exactly: p^a (1 - p)^b for p between two ends."""
    at_low = _powers([least[0], most[1]], order)
    at_high = _powers([most[0], least[1]], order)
    for index in indices(2, order):
        first, second = _product(at_low, index), _product(at_high, index)
        low, high = lesser(first, second), greater(first, second)
        a, b = index
        if a and b:
            mode = a / order
            # What is certainly beside the mode; where it is not, the peak is an upper bound.
            is_beside = (least[0] > mode * (1 + _SLACK)) | (most[0] < mode * (1 - _SLACK))
            peak = mode**a * (1 - mode) ** b * (1 + _SLACK)
            high = np.where(np.asarray(is_beside, dtype=bool), high, like(high, peak))
        yield index, low, high


def like(values: Array, number: float) -> Any:
    """A double as an entry of such an array."""
    return flint.arb(number) if values.dtype == object else number
