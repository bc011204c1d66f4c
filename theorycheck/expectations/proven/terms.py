"""The terms of Lemma P: factors of t_i along the axes of a grid, next to means as doubles.

From means and weights, known as balls, follow the axes of a grid and whether its terms stay in the
range of float64; then two exponentials per mean and axis, and products, give tables of the terms.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.budget import charge
from theorycheck.expectations.proven.axes import PreparedAxis, block_length, prepared_axis
from theorycheck.expectations.trapezoid import (
    FARTHEST,
    FLOAT_FLOOR,
    Axis,
    common_axis,
    grid_size,
    smallest_log_overlap,
)
from theorycheck.inputs.numbers import Floats

PROVEN_DIGITS = 12
ENOUGH_BITS = 61
"""Relative accuracy of a ball whose double is within 3 units of all that it holds."""
_RANGE, _MODERATE = 690.0, 230.0
_LEAST_WEIGHT = 1e-290
UP = 1 + 1e-12
"""Covers the rounding of the few float64 operations in which an error bound itself is formed."""
_FEW_ENTRIES = 12_000_000
"""Nodes times components beyond which digits are given up, where fewer will do."""
_MOST_WORK = 2e6
"""Microseconds that others may take: in Arb they would take a hundred times as long."""
_SPARE_REACH, _FARTHEST_NODE = 9.0, 17.0
"""Where the loss cancels: how far the grid reaches beyond all means, so that it sums S to 1, and
how far at most, so that no weight underflows."""
_LOG_10 = math.log(10)
_COARSEST = -2 * _LOG_10
_FLOORS = (0.0, FLOAT_FLOOR, -60.0, -12.0, -6.0, -6.0)
"""Logarithms, by rank, of the smallest overlap that is still resolved relative to itself."""
_SLAB_ENTRIES = 1 << 15
"""Nodes times components of a slab, so that it stays in the cache."""
_PLAIN_SQUARES = (0.0, 256.0, 36.0, 36.0, 36.0, 36.0)
"""Up to these squared norms, by rank, a better estimate of the reach costs more than the nodes that
it spares."""


def prepared_terms(
    c: Array, weights: Array, digits: int, may_be_coarser: bool, cancels: bool = False
) -> tuple[Terms, Means] | None:
    """The terms t_i at the nodes of a grid, and the means; None as for `proven_moments`.

    cancels: the loss does, and is to be found from S - 1 - log S.
    """
    columns, shares = c.T.tolist(), weights.tolist()
    if fewest_bits(chain(shares, *columns)) < ENOUGH_BITS:
        return None
    means = Means.near(columns, cancels)
    if not means.square < FARTHEST:
        return None
    doubles = list(map(float, shares))
    if min(doubles) < _LEAST_WEIGHT:
        return None
    log_weights = list(map(math.log, doubles))
    least = math.sqrt(means.square) + _SPARE_REACH if cancels else 0.0
    axes = _axes(means, log_weights, digits, may_be_coarser, least)
    if cancels and max(axis.step * axis.half for axis in axes) > _FARTHEST_NODE:
        return None
    nodes = grid_size(axes)
    if may_be_coarser and nodes * len(shares) > _FEW_ENTRIES:
        return None
    size = _log_range(means, log_weights, axes)
    if not size < _RANGE:
        return None
    is_moderate = len(axes) > 1 and size + math.log(len(shares)) < _MODERATE
    work = _work(nodes, len(shares), is_moderate)
    if not may_be_coarser and work > _MOST_WORK:
        return None
    charge(work, f"a grid of {nodes} nodes for {len(shares)} components")
    # Only here: what is in range spreads by less than 200, so that its axes are short.
    grid = _grid(tuple(axes), len(shares), cancels, is_moderate)
    tables = []
    for column, r, axis in zip(columns, means.middles, grid.axes, strict=True):
        table = _table(column, r, axis, shares)
        if table is None:
            return None
        tables.append(table)
        shares = [_ONE] * len(shares)  # the weights belong to one axis only
    return Terms(tables, grid), means


class Terms(NamedTuple):
    """Factors of t_i along the axes of a grid, (n, N) each."""

    tables: list[Floats]
    grid: Grid


class LineTable(NamedTuple):
    """The terms t_i of Lemma P at the nodes of an axis, (n, N).

    units: roundings that each of them has passed through; see `relative_error`.
    """

    axis: PreparedAxis
    terms: Floats
    units: int


def line_table(
    entries: list[flint.arb], shares: list[flint.arb], digits: int = PROVEN_DIGITS
) -> LineTable | None:
    """The terms of means and weights on a line, on one axis, whose spread covers all the means.

    digits: decimal digits aimed at. None where `proven_moments` gives none, for the same reasons.
    """
    if fewest_bits(chain(shares, entries)) < ENOUGH_BITS:
        return None
    means = Means.near([entries])
    doubles = list(map(float, shares))
    if not means.square < FARTHEST or min(doubles) < _LEAST_WEIGHT:
        return None
    log_weights = list(map(math.log, doubles))
    axes = _axes(means, log_weights, digits, may_be_coarser=False)
    if not _log_range(means, log_weights, axes) < _RANGE:
        return None
    axis = prepared_axis(axes[0])
    table = _table(entries, means.middles[0], axis, shares)
    return None if table is None else LineTable(axis, table, 3 + 4 * axis.longest_walk)


class Means(NamedTuple):
    """The doubles next to the means, by axis and then by component, and their sizes.

    middles: r, between the extremes of each axis, or 0. spreads, largest, and distances from r: by
    axis; square: the largest squared norm. These four are upper bounds for the exact means, which
    may be an ulp away.
    """

    columns: list[list[float]]
    middles: list[float]
    spreads: list[float]
    largest: list[float]
    distances: list[float]
    square: float

    @classmethod
    def near(cls, columns: list[list[flint.arb]], cancels: bool = False) -> Means:
        """The doubles next to balls. cancels: r is 0."""
        doubles: list[list[float]] = []
        middles, spreads, largest, distances = [], [], [], []
        squares = [0.0] * len(columns[0])
        for column in columns:
            entries = list(map(float, column))
            low, high = min(entries), max(entries)
            size = UP * max(high, -low)
            spread = (high - low) * UP + 1e-15 * size
            doubles.append(entries)
            middles.append(0.0 if cancels else low / 2 + high / 2)
            spreads.append(spread)
            largest.append(size)
            distances.append(size if cancels else spread / 2)
            squares = [total + a * a for total, a in zip(squares, entries, strict=True)]
        return cls(doubles, middles, spreads, largest, distances, UP * max(squares))


_ONE, _HALF = flint.arb(1), flint.arb(0.5)


@dataclass(frozen=True, eq=False)
class Grid:
    """A tensor grid of prepared axes for n components, summed in slabs of the first axis, or in
    rectangles.

    cancels: the loss does, and is summed as E (S - 1 - log S).
    is_moderate: there are two axes or more, and all factors, t_i and S are within e^{+-_MODERATE}.
    """

    axes: tuple[PreparedAxis, ...]
    components: int
    cancels: bool = False
    is_moderate: bool = False

    @cached_property
    def size(self) -> int:
        """Number of nodes."""
        return math.prod(axis.size for axis in self.axes)

    @cached_property
    def slab(self) -> int:
        """Nodes of the first axis in a slab."""
        others = self.size // self.axes[0].size
        return min(max(1, _SLAB_ENTRIES // (others * self.components)), self.axes[0].size)

    @cached_property
    def additions(self) -> int:
        """N of Lemma P, in slabs."""
        nodes = self.slab * math.prod(axis.size for axis in self.axes[1:])
        slabs = -(-self.axes[0].size // self.slab)
        return nodes + slabs + max(axis.size for axis in self.axes)

    @cached_property
    def is_whole_line(self) -> bool:
        """True if it is a single axis in a single slab."""
        return len(self.axes) == 1 and self.slab == self.axes[0].size


@lru_cache(maxsize=1024)
def _grid(axes: tuple[Axis, ...], components: int, cancels: bool, is_moderate: bool) -> Grid:
    """The grid of these axes, prepared and kept."""
    return Grid(tuple([prepared_axis(axis) for axis in axes]), components, cancels, is_moderate)


def _axes(
    means: Means, log_weights: list[float], digits: int, may_be_coarser: bool, least: float = 0.0
) -> list[Axis]:
    """The axes of the grid: their choice is a matter of cost, their bounds hold whatever it is.

    least: how far they reach at least.
    """
    rank, log_tolerance = len(means.columns), -(digits + 2) * _LOG_10
    # psi_i(0) >= pi_i e^{-|c_i|^2 / 2}, and the integrand is as large in a neighbourhood of 0.
    smallest = 2 * min(log_weights) - means.square - 2
    if means.square > _PLAIN_SQUARES[rank]:
        estimate = smallest_log_overlap(np.array(means.columns).T, np.array(log_weights))
        smallest = max(smallest, estimate)
    smallest = max(smallest, _FLOORS[rank])
    while True:
        reach = max(least, math.sqrt(2 * (math.log(rank) - log_tolerance - smallest)))
        axes = [common_axis(spread, log_tolerance, reach) for spread in means.spreads]
        if not may_be_coarser or log_tolerance > _COARSEST:
            return axes
        if len(log_weights) * grid_size(axes) <= _FEW_ENTRIES:
            return axes
        log_tolerance += _LOG_10


def _log_range(means: Means, log_weights: list[float], axes: list[Axis]) -> float:
    """An upper bound, but for its own rounding, of |log| of all starts, powers and products.

    Along an axis they are e^{d x - d (c + r) / 2}, where |d| <= distance and |c|, |r| <= largest:
    mostly that is enough, and no mean needs to be looked at.
    """
    farthest = [axis.step * (axis.half + block_length(axis.size)) for axis in axes]
    size = -min(log_weights)
    for distance, largest, x in zip(means.distances, means.largest, farthest, strict=True):
        size += distance * (x + largest)
    if size < (_RANGE if len(axes) == 1 else _MODERATE):
        return size
    sizes = [abs(size) for size in log_weights]
    for column, r, x, largest in zip(
        means.columns, means.middles, farthest, means.largest, strict=True
    ):
        off = 1e-15 * largest  # the exact means may be an ulp away
        sizes = [
            size + (abs(entry - r) + off) * (x + abs(entry + r) / 2)
            for size, entry in zip(sizes, column, strict=True)
        ]
    return max(sizes)


def _work(nodes: int, components: int, is_moderate: bool) -> float:
    """About how many microseconds the sums take: most at a node is its logarithm, or quotients."""
    each = 0.02 if is_moderate else 0.05 + 0.012 * components
    return 60 + nodes * (each + 8e-5 * components**2)


def _table(
    column: list[flint.arb], r: float, axis: PreparedAxis, shares: list[flint.arb]
) -> Floats | None:
    """The factors of t_i along one axis, (n, N), from two exponentials per mean and products.

    shares: further factors, the weights on one axis. None where a ball is too wide for its double.
    """
    middle, step = flint.arb(r), flint.arb(axis.step)  # once, and not with every product
    first, block = -axis.reach - middle, axis.block
    distances = [entry - middle for entry in column]
    starts = list(map(flint.arb.exp, [d * (first - d * _HALF) for d in distances]))
    starts = list(map(operator.mul, starts, shares))
    ratios = list(map(flint.arb.exp, [d * step for d in distances]))
    jumps = [ratio**block for ratio in ratios]
    if fewest_bits(chain(starts, jumps)) < ENOUGH_BITS:
        return None
    a, b, c = (list(map(float, balls)) for balls in (starts, ratios, jumps))
    return _walks(a, b, c, axis)


def fewest_bits(balls: Iterable[flint.arb]) -> int:
    """The least relative accuracy of the balls."""
    return min(map(flint.arb.rel_accuracy_bits, balls))


def _walks(
    starts: list[float], ratios: list[float], jumps: list[float], axis: PreparedAxis
) -> Floats:
    """start * jump^s * ratio^m at the nodes m + b s of an axis, (n, N)."""
    n, b = len(starts), axis.block
    # Rows 1, ratio, ratio^2, … and start, start * jump, …, by one product after the other; the
    # last are at most at node N + b, as (b - 1)^2 < N, and so in the range of `_log_range`.
    walks = np.empty((2 * n, b))
    walks.T[:] = ratios + jumps
    walks[:, 0] = [1.0] * n + starts
    np.multiply.accumulate(walks, axis=1, out=walks)
    large = walks[n:, : -(-axis.size // b)]
    return outer(large, walks[:n])[:, : axis.size]


def outer(left: Floats, right: Floats) -> Floats:
    """Products of two tables over the product of their nodes, (n, N M)."""
    products: Floats = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
    return products
