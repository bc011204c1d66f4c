"""Sums in float64 with a proven error: the fast way to balls of some 13 digits.

Everything that is summed is positive, so rounding is a relative error that is known in advance.
Only + - * / of IEEE 754 doubles (to nearest) are trusted, in any order of summation, with or
without fused multiply-add. The few exponentials come from Arb, the grid's error from Lemma Q.

**Lemma P.** Let u = 2^-53 and v = u / (1 - u). A rounding moves the logarithm of a positive double
by at most v unless it underflows. These errors add up; they are counted in units of v. For any
fixed vector r let t_i(x) = pi_i exp(<c_i - r, x> - (|c_i|^2 - |r|^2) / 2). Then
psi_i = t_i / sum_j t_j and log S(x) = log sum_j t_j(x) + <r, x> - |r|^2 / 2. Along an axis, at the
nodes x_0 + k h, t_i is a geometric progression start * q^k, q = e^{d h} with d = c_i - r; for
k = m + b s it is the product of start * (q^b)^s and q^m.

- start, q and q^b are doubles next to balls of relative radius below 2^-60: at most 3 units each.
- start * (q^b)^s by products has 3 + 4s units, q^m 4m - 1, their product 3 + 4(m + s). Products
  over the k axes: t_i has at most A = k - 1 + sum over axes of (3 + 4 max(m + s)) units.
- S, a sum of n terms: A + n - 1. psi_i: 2A + n. The root weights of k axes have 2 units each and
  k - 1 products: psi_i times the root weight has B = 2A + n + 3k.
- G_ij: a product, and fewer than N sums: 2B + N. Marginal sums of psi_i w, then products with |x|
  or 1, then sums: p_i and E psi_i |x| have B + 3k + 1 + N, and E psi_i x is off by that share of
  E psi_i |x|. On one axis in one slab psi_i times the root weight is multiplied by the root weight
  times |x| or 1, of 3 units: B + 4 + N again.
- log S(x): A + n - 1 units and the error of `logarithm`. Its sum, with weights of 3k - 1 units, is
  off by 3k + N units of sum w |log S| more.
- On two axes or more, and within +-_MODERATE, psi_i is not formed. The nodes of a slab are P rows,
  of all axes but the last, times T columns; t_i = a_i b_i, of A' + A'' + 1 = A units together, and
  S is a sum of n products as before. With the weight w of 3k - 1 units, w/S has A + n + 3k - 1 and
  w/S^2 2A + 2n + 3k - 1. The sum over columns of b_i b_j w/S^2, times a_i a_j, and over rows and
  slabs: 4A + 2n + 3k + N, less than 2B + N. That over columns of b_i w/S, times a_i, and of a_i w/S
  over rows, times b_i: 2A + n + 3k + N, less than those of p_i.
  Two nodes that are mirrored in the last axis weigh alike, up to the 2 units of each weight, and
  share the logarithm of the product of both S: of 2(A + n - 1) + 1 units, and with one error of
  `logarithm`, which is 7, in place of two.
- grad_i = sum_j G_ij c_j: the doubles next to means have 3 units, or are off by 2^-1022, and a
  product and its sums n more units. So it is off by n + 3 units of sum_j G_ij |c_j|, by the sum of
  |c_j| times what G_ij is off by, and by less than _UNDERFLOW, as n < 2^20. F = sum_i <c_i, grad_i>
  has n k products: it is off by n k + 3 units of the sum of |c_i| |grad_i|, by that of |c_i| times
  what grad_i is off by, and by _UNDERFLOW. In both |c| is that of the doubles, and sums of moduli
  are rounded themselves: a relative n k + 6 units, for which _MORE has room.
- Where the loss cancels, r = 0, and with R the double next to S - 1 it is the sum of w (R - log S),
  whose terms are positive. As d(S - 1 - log S) = (S - 1) d log S, the e^{m v} - 1 = eta that S is
  off by moves them by at most eta |R| (1 + 2 eta) + 3 eta^2. By Lemma 2 of `logarithm` each is off
  by 26 units, and where |R| > 2/5 by ERROR (1 + 2 |R| + itself); with weights and sums there are
  3k + N units more.

N bounds the additions that any term passes through: nodes of a slab, or P + T where its rows are
summed first, number of slabs, nodes of the longest axis. A relative error e^{m v} - 1 is at most
m v (1 + m v) where m v <= 1.

**Range.** The logarithms of starts, powers and products stay within +-_RANGE, so that all t_i and S
are normal doubles. Weights, later quotients and products are at most 2^7 and may underflow, by less
than 2^-1022 each; times |x| <= 2^10 and |log S| <= 2^10 that is below _UNDERFLOW a node. Within
+-_MODERATE a_i, b_i, t_i and S are within e^{+-230}; as t_i <= S, b_i / S is at most 1 / a_i, and
all that is formed is below 2^670. What underflows in w is multiplied by psi_i psi_j or psi_i |x|,
in w/S by S times that, in w/S^2 by S^2 times it, in sums of b_i b_j w/S^2 by a_i a_j, in sums of
b_i w/S by a_i |x|: by less than 2^670, which makes less than _MODERATE_UNDERFLOW a node. QED

The counting is that of N. J. Higham, Accuracy and Stability of Numerical Algorithms, section 3.1.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from itertools import chain
from typing import NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.budget import charge, is_counted
from theorycheck.arithmetic.logarithm import BRANCH, ERROR, logarithm, minus_log
from theorycheck.arithmetic.threads import one_thread
from theorycheck.expectations.moments import (
    Moments,
    deferred,
    gram,
    mirrored,
    ones,
    pairs,
    symmetric,
)
from theorycheck.expectations.prepared import PreparedAxis, block_length, prepared_axis
from theorycheck.expectations.trapezoid import (
    FARTHEST,
    FLOAT_FLOOR,
    Axis,
    common_axis,
    grid_size,
    objects,
    smallest_log_overlap,
)
from theorycheck.inputs.numbers import Floats

MAX_PROVEN_RANK = 5
PROVEN_DIGITS = 12
UNIT = 2.0**-53 * (1 + 2.0**-50)
"""v, rounded up."""
ENOUGH_BITS = 61
"""Relative accuracy of a ball whose double is within 3 units of all that it holds."""
_RANGE, _MODERATE = 690.0, 230.0
_LEAST_WEIGHT = 1e-290
_UNDERFLOW, _MODERATE_UNDERFLOW = 2.0**-1000, 2.0**-340
_UP = 1 + 1e-12
"""Covers the rounding of the few float64 operations in which an error bound itself is formed."""
_MORE = 1 + 1e-9
"""Covers the rounding of what was summed, where a radius is a share of it."""
_MOST_ENTRIES = 12_000_000
"""Nodes times components: about a second."""
_LEAST_LOSS, _FEWEST_BITS = 1e-5, 37
"""Below that loss fewer than 11 digits would remain of it or of F."""
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


def proven_moments(
    c: Array, weights: Array, digits: int = PROVEN_DIGITS, may_be_coarser: bool = True
) -> Moments | None:
    """Enclosures of all fields for means (n, k) and weights (n,), known as balls, of rank 1 to 5.

    digits: decimal digits aimed at, `PROVEN_DIGITS` at most. may_be_coarser: where those are not
    affordable, fewer will do. None where these sums cannot do it: the input is not known to
    `ENOUGH_BITS`, terms leave the range of float64, or there would be too many of them. Raises
    TooExpensive when no grid can be formed. The precision in force is that of the results.
    Source: Lemma P above.
    """
    return _moments(c, weights, _prepared(c, weights, digits, may_be_coarser))


def small_moments(c: Array, weights: Array, loss: float) -> Moments | None:
    """The same for a mixture whose loss cancels; loss and F keep 11 digits or more.

    The weights are 1 in all. loss: an estimate, which the grid is chosen for. None where fewer
    digits remain, as below a loss of 1e-5, or terms leave the range of float64, as above.
    """
    if not loss >= _LEAST_LOSS:
        return None
    digits = PROVEN_DIGITS - math.ceil(math.log10(loss))
    prepared = _prepared(c, weights, digits, may_be_coarser=False, cancels=True)
    found = _moments(c, weights, prepared)
    return found if found is not None and keeps_digits(found) else None


def keeps_digits(found: Moments) -> bool:
    """True if loss and F have 11 digits: where fewer remain, more costly sums give more."""
    return fewest_bits([found.loss, found.fisher_divergence]) >= _FEWEST_BITS


def _moments(c: Array, weights: Array, prepared: tuple[_Terms, _Means] | None) -> Moments | None:
    if prepared is None:
        return None
    terms, means = prepared
    with one_thread(terms.grid.size * len(c)):
        summed = _summed(terms)
    return _enclosed(summed, terms.grid, means)


def proven_gradient(c: Array, weights: Array, digits: int = PROVEN_DIGITS) -> Array | None:
    """The gradient alone, (n, k) balls, in about half the time.

    Arguments, results and errors as of `proven_moments` with no fewer digits.
    """
    prepared = _prepared(c, weights, digits, may_be_coarser=False)
    if prepared is None:
        return None
    terms, means = prepared
    with one_thread(terms.grid.size * len(c)):
        overlap = _overlap(terms)
    return _times_means(overlap, terms.grid, means).enclosed()


def _prepared(
    c: Array, weights: Array, digits: int, may_be_coarser: bool, cancels: bool = False
) -> tuple[_Terms, _Means] | None:
    """The terms t_i at the nodes of a grid, and the means; None as above.

    cancels: the loss does, and is to be found from S - 1 - log S.
    """
    columns, shares = c.T.tolist(), weights.tolist()
    if fewest_bits(chain(shares, *columns)) < ENOUGH_BITS:
        return None
    means = _Means.near(columns, cancels)
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
    if nodes * len(shares) > _MOST_ENTRIES:
        return None
    size = _log_range(means, log_weights, axes)
    if not size < _RANGE:
        return None
    _announce(nodes, len(shares))
    # Only here: what is in range spreads by less than 200, so that its axes are short.
    is_moderate = len(axes) > 1 and size + math.log(len(shares)) < _MODERATE
    grid = _grid(tuple(axes), len(shares), cancels, is_moderate)
    tables = []
    for column, r, axis in zip(columns, means.middles, grid.axes, strict=True):
        table = _table(column, r, axis, shares)
        if table is None:
            return None
        tables.append(table)
        shares = [_ONE] * len(shares)  # the weights belong to one axis only
    return _Terms(tables, grid), means


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
    means = _Means.near([entries])
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


class _Means(NamedTuple):
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
    def near(cls, columns: list[list[flint.arb]], cancels: bool = False) -> _Means:
        """The doubles next to balls. cancels: r is 0."""
        doubles: list[list[float]] = []
        middles, spreads, largest, distances = [], [], [], []
        squares = [0.0] * len(columns[0])
        for column in columns:
            entries = list(map(float, column))
            low, high = min(entries), max(entries)
            size = _UP * max(high, -low)
            spread = (high - low) * _UP + 1e-15 * size
            doubles.append(entries)
            middles.append(0.0 if cancels else low / 2 + high / 2)
            spreads.append(spread)
            largest.append(size)
            distances.append(size if cancels else spread / 2)
            squares = [total + a * a for total, a in zip(squares, entries, strict=True)]
        return cls(doubles, middles, spreads, largest, distances, _UP * max(squares))


_ONE, _HALF = flint.arb(1), flint.arb(0.5)


@dataclass(frozen=True)
class _Grid:
    """A tensor grid of prepared axes for n components, summed in slabs of the first axis.

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
        """N of Lemma P."""
        others = math.prod(axis.size for axis in self.axes[1:])
        nodes = self.slab * others
        if self.is_moderate:
            columns = self.axes[-1].size
            nodes = self.slab * (others // columns) + columns
        slabs = -(-self.axes[0].size // self.slab)
        return nodes + slabs + max(axis.size for axis in self.axes)

    @cached_property
    def is_whole_line(self) -> bool:
        """True if it is a single axis in a single slab."""
        return len(self.axes) == 1 and self.slab == self.axes[0].size

    @cached_property
    def bounds(self) -> _Bounds:
        """What its sums can be off by."""
        return _bounds(self)


@lru_cache(maxsize=1024)
def _grid(axes: tuple[Axis, ...], components: int, cancels: bool, is_moderate: bool) -> _Grid:
    """The grid of these axes, prepared and kept."""
    return _Grid(tuple([prepared_axis(axis) for axis in axes]), components, cancels, is_moderate)


def _axes(
    means: _Means, log_weights: list[float], digits: int, may_be_coarser: bool, least: float = 0.0
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
        if len(log_weights) * grid_size(axes) <= _MOST_ENTRIES:
            return axes
        log_tolerance += _LOG_10


def _log_range(means: _Means, log_weights: list[float], axes: list[Axis]) -> float:
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


def _announce(nodes: int, components: int) -> None:
    if is_counted():
        cost = 60 + nodes * components * (0.02 + 1e-3 * components)
        charge(cost, f"a grid of {nodes} nodes for {components} components")


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
    return _outer(large, walks[:n])[:, : axis.size]


def _outer(left: Floats, right: Floats) -> Floats:
    """Products of two tables over the product of their nodes, (n, N M)."""
    products: Floats = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
    return products


class _Sums(NamedTuple):
    """Float64 sums over nodes.

    overlap: (n, n). loss: of -w log sum_j t_j, or of w (S - 1 - log S). rounding: what that is off
    by, in proportion to what was added.
    """

    overlap: Floats
    loss: float
    rounding: float


class _Slab(NamedTuple):
    """The nodes of some of the first axis: a table t (n, N), and root weights, (N,).

    first: which nodes of the first axis.
    """

    terms: Floats
    roots: Floats
    first: slice


class _Terms(NamedTuple):
    """Factors of t_i along the axes of a grid, (n, N) each."""

    tables: list[Floats]
    grid: _Grid


def _slabs(tables: list[Floats], grid: _Grid) -> Iterator[_Slab]:
    """The grid in slabs of its first axis."""
    axes, n = grid.axes, grid.components
    if grid.is_whole_line:
        yield _Slab(tables[0], axes[0].root_weights, slice(None))
        return
    rest = reduce(_outer, tables[1:], np.ones((n, 1)))
    roots = reduce(np.multiply.outer, [axis.root_weights for axis in axes[1:]], np.ones(()))
    for start in range(0, axes[0].size, grid.slab):
        first = slice(start, start + grid.slab)
        yield _Slab(
            _outer(tables[0][:, first], rest),
            np.multiply.outer(axes[0].root_weights[first], roots).ravel(),
            first,
        )


def _responsibilities(t: Floats, roots: Floats) -> tuple[Floats, Floats]:
    """psi_i sqrt(w) at the nodes, (n, N), and S there, (N,), from a table t (n, N)."""
    total = ones(len(t)).dot(t)
    rows: Floats = t / total
    rows *= roots
    return rows, total


def _slab_sums(slab: _Slab, weights: Floats, grid: _Grid) -> tuple[_Sums, Floats]:
    """Sums over the nodes of a slab of these weights, and psi_i sqrt(w) at the nodes, (n, N)."""
    rows, total = _responsibilities(slab.terms, slab.roots)
    if grid.cancels:
        loss = _small_loss(total, weights.dot, grid.bounds)
    else:
        loss = _loss_of_logs(logarithm(total), weights.dot, grid.bounds)
    return _Sums(gram(rows), *loss), rows


def _loss_of_logs(
    logs: Floats, summed: Callable[[Floats], float], bounds: _Bounds
) -> tuple[float, float]:
    """The sum of -w log S, and what rounding makes of it. summed: gives that of w times values."""
    return -float(summed(logs)), bounds.log_size * float(summed(abs(logs)))


def _small_loss(
    total: Floats, summed: Callable[[Floats], float], bounds: _Bounds
) -> tuple[float, float]:
    """The sum of w (S - 1 - log S), in which nothing cancels, and what rounding makes of it."""
    excess = total - 1
    sizes = abs(excess)
    is_far = sizes > BRANCH
    terms = minus_log(excess, total, is_far)
    loss = float(summed(terms))
    off = bounds.total * float(summed(sizes)) + bounds.small * loss
    if is_far.any():
        off += ERROR * float(summed(is_far * (1 + 2 * sizes + terms)))
    return loss, _MORE * off


class _Rectangle(NamedTuple):
    """The nodes of a slab as rows, of all axes but the last, times columns, of the last.

    left: (n, P), right: (n, T), whose products are t_i. row_weights, column_weights: (P,), (T,).
    first: which nodes of the first axis.
    """

    left: Floats
    right: Floats
    row_weights: Floats
    column_weights: Floats
    first: slice


def _rectangles(terms: _Terms) -> Iterator[_Rectangle]:
    """The grid in slabs of its first axis."""
    tables, axes, n = terms.tables, terms.grid.axes, terms.grid.components
    rest = reduce(_outer, tables[1:-1], np.ones((n, 1)))
    weights = reduce(np.multiply.outer, [axis.weights for axis in axes[1:-1]], np.ones(()))
    for start in range(0, axes[0].size, terms.grid.slab):
        first = slice(start, start + terms.grid.slab)
        yield _Rectangle(
            _outer(tables[0][:, first], rest),
            tables[-1],
            np.multiply.outer(axes[0].weights[first], weights).ravel(),
            axes[-1].weights,
            first,
        )


def _shares(part: _Rectangle) -> tuple[Floats, Floats]:
    """w / S and S at the nodes of a rectangle, (P, T)."""
    total = part.left.T.dot(part.right)
    shares: Floats = np.multiply.outer(part.row_weights, part.column_weights)
    shares /= total
    return shares, total


def _rectangle_overlap(part: _Rectangle, shares: Floats) -> Floats:
    """The sums (n, n) of psi_i psi_j over a rectangle, from w / S^2 at its nodes."""
    i, j = pairs(len(part.left))
    sums = (part.left[i] * part.left[j]) * (part.right[i] * part.right[j]).dot(shares.T)
    return symmetric(sums.sum(axis=1), len(part.left))


def _rectangle_loss(part: _Rectangle, total: Floats, grid: _Grid) -> tuple[float, float]:
    """The sum that is the loss, and what rounding makes of it, from S at the nodes (P, T)."""
    if not grid.cancels:
        half = total.shape[1] // 2
        total[:, :half] *= total[:, :half:-1]
        total = total[:, : half + 1]
    columns = part.column_weights[: total.shape[1]]

    def summed(values: Floats) -> float:
        found: float = part.row_weights.dot(values.reshape(total.shape).dot(columns))
        return found

    if grid.cancels:
        return _small_loss(total.ravel(), summed, grid.bounds)
    return _loss_of_logs(logarithm(total.ravel()), summed, grid.bounds)


def _overlap(terms: _Terms) -> Floats:
    """The sums (n, n) of psi_i psi_j over the grid."""
    overlap = np.zeros((terms.grid.components,) * 2)
    if terms.grid.is_moderate:
        for part in _rectangles(terms):
            shares, total = _shares(part)
            overlap += _rectangle_overlap(part, shares / total)
        return overlap
    for slab in _slabs(terms.tables, terms.grid):
        overlap += gram(_responsibilities(slab.terms, slab.roots)[0])
    return overlap


def _summed(terms: _Terms) -> tuple[_Sums, list[Floats]]:
    """The sums over the grid, and along each axis those of psi_i, psi_i x and psi_i |x|, (n, 3)."""
    tables, grid = terms.tables, terms.grid
    if grid.is_whole_line:
        (slab,), axis = _slabs(tables, grid), grid.axes[0]
        part, rows = _slab_sums(slab, axis.weights, grid)
        return part, [rows.dot(axis.root_columns)]
    return _summed_in_rectangles(terms) if grid.is_moderate else _summed_in_slabs(tables, grid)


def _summed_in_rectangles(terms: _Terms) -> tuple[_Sums, list[Floats]]:
    """The same on two axes or more, from products of matrices, where no number leaves its range."""
    axes, n = terms.grid.axes, terms.grid.components
    overlap, loss, rounding = np.zeros((n, n)), 0.0, 0.0
    marginals = [np.zeros((n, axis.size)) for axis in axes]
    sizes = [axis.size for axis in axes[1:-1]]
    for part in _rectangles(terms):
        shares, total = _shares(part)
        marginals[-1] += part.left.dot(shares) * part.right
        rows = (part.right.dot(shares.T) * part.left).reshape(n, -1, *sizes)
        _add_along(marginals[:-1], rows, part.first)
        shares /= total
        overlap += _rectangle_overlap(part, shares)
        own_loss, own_rounding = _rectangle_loss(part, total, terms.grid)
        loss += own_loss
        rounding += own_rounding
    columns = [rows.dot(axis.columns) for rows, axis in zip(marginals, axes, strict=True)]
    return _Sums(overlap, loss, rounding), columns


def _summed_in_slabs(tables: list[Floats], grid: _Grid) -> tuple[_Sums, list[Floats]]:
    """The same, slab by slab."""
    axes, n = grid.axes, grid.components
    overlap, loss, rounding = np.zeros((n, n)), 0.0, 0.0
    marginals = [np.zeros((n, axis.size)) for axis in axes]
    weights = reduce(np.multiply.outer, [axis.weights for axis in axes[1:]], np.ones(()))
    for slab in _slabs(tables, grid):
        part, rows = _slab_sums(
            slab, np.multiply.outer(axes[0].weights[slab.first], weights).ravel(), grid
        )
        overlap += part.overlap
        loss += part.loss
        rounding += part.rounding
        shares = (rows * slab.roots).reshape(n, -1, *weights.shape)
        _add_along(marginals, shares, slab.first)
    columns = [rows.dot(axis.columns) for rows, axis in zip(marginals, axes, strict=True)]
    return _Sums(overlap, loss, rounding), columns


def _add_along(marginals: list[Floats], shares: Floats, first: slice) -> None:
    """Add the sums of a slab's shares, (n, and by axis), over all axes but one to that one's."""
    for k, marginal in enumerate(marginals):
        others = tuple(j + 1 for j in range(len(marginals)) if j != k)
        (marginal[:, first] if k == 0 else marginal)[:] += shares.sum(axis=others)


class _Units(NamedTuple):
    """Roundings on the way to a sum, by Lemma P.

    overlap: of G_ij. share: of p_i and E psi_i |x|. term: of sum_j t_j at a node. log_sum: of the
    sum of w log S, but for its logarithms.
    """

    overlap: int
    share: int
    term: int
    log_sum: int


def _units(grid: _Grid) -> _Units:
    axes, n, rank, additions = grid.axes, grid.components, len(grid.axes), grid.additions
    of_term = rank - 1 + sum(3 + 4 * axis.longest_walk for axis in axes)
    of_row = 2 * of_term + n + 3 * rank
    return _Units(
        overlap=2 * of_row + additions,
        share=of_row + 3 * rank + 1 + additions,
        term=of_term + n - 1,
        log_sum=3 * rank + additions,
    )


class _Bounds(NamedTuple):
    """What the sums over a grid can be off by, as doubles rounded up.

    overlap, share: of G_ij, and of p_i and E psi_i |x|, relative to what was computed; all errors.
    rounding: the same of the last two, by rounding alone. left_out: absolute, of G_ij and p_i.
    moment: absolute, of E psi_i x by the grid. relative: of the grid, for all overlaps.
    log_size, log: of the sum of w log S, relative to that of w |log S|, and absolute.
    total, small: of the sum of w (S - 1 - log S), relative to that of w |S - 1|, and to itself;
    excess: absolute, with what the sum of w (S - 1) is beside 0.
    loss: of the loss by the grid; it is linear in the sizes of the means.
    """

    overlap: float
    share: float
    rounding: float
    left_out: float
    moment: float
    relative: float
    log_size: float
    log: float
    total: float
    small: float
    excess: float
    loss: _LossBound


class _LossBound(NamedTuple):
    """Factors of |r|^2, of the largest squared norm and, by axis, of spreads and largest means."""

    shift: float
    square: float
    spreads: list[float]
    largest: list[float]
    fixed: float


def _bounds(grid: _Grid) -> _Bounds:
    """The bounds of Lemma P, and of `trapezoid.grid_error` for prepared axes."""
    axes, units = grid.axes, _units(grid)
    rounding, total_error = relative_error(units.share), relative_error(units.term)
    # prod (1 + e_k) - 1 <= s (1 + s) for s = sum e_k <= 1
    total = _UP * sum(axis.relative for axis in axes)
    assert total <= 0.6  # 1/10 an axis is the coarsest tolerance, so that relative < 1
    relative, growth = _UP * total * (1 + total), 1 + _UP * total * (1 + total)
    tails = sum(axis.tail for axis in axes)
    underflow = grid.size * (_UNDERFLOW if len(axes) == 1 else _MODERATE_UNDERFLOW)

    def with_grid(share: float) -> float:
        return _UP * (share + relative * (1 + share) / (1 - relative))

    moments = [relative * growth * (2 + axis.strip) + growth * (axis.edge + tails) for axis in axes]
    left_out = _UP * (growth * tails / (1 - relative) + underflow)
    return _Bounds(
        overlap=with_grid(relative_error(units.overlap)),
        share=with_grid(rounding),
        rounding=rounding,
        left_out=left_out,
        moment=_UP * (max(moments) + underflow),
        relative=relative,
        log_size=_MORE * (relative_error(units.log_sum) + ERROR),
        log=_UP * growth * (relative_error(units.term) + ERROR) + underflow,
        total=total_error * (1 + 2 * total_error),
        small=relative_error(units.log_sum + 26),
        excess=_UP * (4 * total_error**2 + _excess_error(axes)) + underflow,
        loss=_loss_bound(axes, relative, left_out),
    )


def relative_error(units: float) -> float:
    """An upper bound of e^{units v} - 1, for at most 2^52 units."""
    exponent = units * UNIT
    return _UP * exponent * (1 + exponent)


def _loss_bound(axes: tuple[PreparedAxis, ...], relative: float, left_out: float) -> _LossBound:
    """Lemma Q' axis by axis and what the grid leaves out, as in `trapezoid.grid_error`.

    With D_k the spread, b_k the largest mean and o_k = max |c_i|^2 / 2 + sum_{j != k} b_j, that is
    (1 + relative) sum_k plain_k (D_k / 2 + o_k + bend_k) + edge_k b_k + tail_k o_k. The weights of
    the grid multiply |r|^2 / 2 by nearly 1. From rank 5 on, |r|^2 may be larger than any |c_i|^2.
    """
    growth = _UP * (1 + relative)
    both = [axis.plain + axis.tail for axis in axes]
    return _LossBound(
        shift=growth * (relative + left_out) / 2,
        square=growth * sum(both) / 2,
        spreads=[growth * axis.plain / 2 for axis in axes],
        largest=[
            growth * (axis.edge + sum(both[:k]) + sum(both[k + 1 :])) for k, axis in enumerate(axes)
        ],
        fixed=growth * sum(axis.plain * axis.bend for axis in axes),
    )


def _excess_error(axes: tuple[PreparedAxis, ...]) -> float:
    """An upper bound of |sum w (S - 1)| for means no farther out than X - `_SPARE_REACH`.

    Up to pi_i, e^{<x, c_i> - |c_i|^2 / 2} phi is the density of N(c_i, I), whose modulus on the
    strip is that on the line times e^{a^2/2}. So the rule sums it on each axis to 1 up to the error
    of Lemma Q without a cosine, and what is left out up to P(|z| > `_SPARE_REACH`) < 1e-18; and phi
    as well. prod (1 + e_k) - 1 as above.
    """
    total = sum(axis.plain + 1e-18 for axis in axes)
    return 2 * total * (1 + total)


def _loss_error(grid: _Grid, means: _Means, rounding: float) -> float:
    """An upper bound of the error of the sum that is the loss, but for |r|^2 / 2."""
    bounds = grid.bounds
    loss = bounds.loss
    absolute = bounds.excess if grid.cancels else bounds.log
    error = loss.fixed + loss.square * means.square + absolute + rounding
    for r, spread, size, of_spread, of_size in zip(
        means.middles, means.spreads, means.largest, loss.spreads, loss.largest, strict=True
    ):
        error += loss.shift * r * r + of_spread * spread + of_size * size
    return _UP * error


def _enclosed(summed: tuple[_Sums, list[Floats]], grid: _Grid, means: _Means) -> Moments:
    """The sums as balls; gradient and F follow from the overlaps by Stein's identity."""
    sums, columns = summed
    bounds = grid.bounds
    left_out = flint.arb(0, _MORE * bounds.left_out)
    factor = flint.arb(1, _MORE * bounds.share)
    shares = [share * factor + left_out for share in columns[0][:, 0].tolist()]
    product = _times_means(sums.overlap, grid, means)
    loss = flint.arb(sums.loss, _loss_error(grid, means, sums.rounding))
    for r in means.middles:
        loss += flint.arb(r) * r / 2
    return Moments(
        loss=loss,
        responsibilities=objects(shares),
        overlap=deferred(_enclosed_overlap, sums.overlap, bounds),
        gradient=product.enclosed(),
        fisher_divergence=_divergence(product),
        positions=deferred(_enclosed_positions, columns, bounds),
    )


def _enclosed_positions(columns: list[Floats], bounds: _Bounds) -> Array:
    """E psi_i x as balls, (n, k), from the sums (n, 3) of each axis."""
    _, places, sizes = np.stack(columns, axis=1).transpose(2, 0, 1)
    radii = sizes * (_MORE * bounds.rounding) + _MORE * bounds.moment
    balls = objects(map(flint.arb, places.ravel().tolist(), radii.ravel().tolist()))
    return balls.reshape(places.shape)


def _enclosed_overlap(overlap: Floats, bounds: _Bounds) -> Array:
    """G as balls, (n, n); it is symmetric."""
    n = len(overlap)
    middles = overlap[pairs(n)]
    radii = middles * (_MORE * bounds.overlap) + _MORE * bounds.left_out
    balls = list(map(flint.arb, middles.tolist(), radii.tolist()))
    return objects(map(balls.__getitem__, mirrored(n))).reshape(n, n)


class _Product(NamedTuple):
    """G c in float64 for means c, both (n, k), and upper bounds of what it is off by."""

    means: Floats
    values: Floats
    radii: Floats

    def enclosed(self) -> Array:
        """G c as balls."""
        values, radii = self.values.ravel().tolist(), self.radii.ravel().tolist()
        return objects(map(flint.arb, values, radii)).reshape(self.values.shape)


def _times_means(overlap: Floats, grid: _Grid, means: _Means) -> _Product:
    """G c from the sums (n, n): in units, means have 3, a product 1 and its sums n - 1."""
    c, bounds, n = np.array(means.columns).T, grid.bounds, grid.components
    sizes = abs(c)
    relative = _MORE * (bounds.overlap + relative_error(n + 3))
    left_out = _MORE * bounds.left_out * np.add.reduce(sizes, axis=0) + _UNDERFLOW
    return _Product(c, overlap.dot(c), overlap.dot(sizes) * relative + left_out)


def _divergence(product: _Product) -> flint.arb:
    """F = sum_i <c_i, (G c)_i>: again 3 units of the means, a product and its sums."""
    c, values = product.means.ravel(), product.values.ravel()
    rounding = relative_error(c.size + 3) * abs(values) + product.radii.ravel()
    return flint.arb(float(c.dot(values)), _MORE * float(abs(c).dot(rounding)) + _UNDERFLOW)
