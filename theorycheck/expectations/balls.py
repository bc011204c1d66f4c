"""Rigorous sums: the primitive of `moments` in ball arithmetic."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from itertools import accumulate, repeat
from typing import Any, NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Ball
from theorycheck.arithmetic.budget import charge
from theorycheck.arithmetic.rounding import midpoint, widened
from theorycheck.errors import TooExpensive
from theorycheck.expectations.moments import Moments, applied, deferred, pairs, symmetric
from theorycheck.expectations.trapezoid import (
    Axis,
    axis_error,
    common_grid,
    grid_error,
    grid_size,
    half_width,
    is_admissible,
    objects,
)

FAR_OUT = 2.0
"""Farther components make the loss no larger than their weights."""
MAX_BALL_NODES = 2_000_000
_SPARE_DIGITS = 7
"""Guard digits of a scope that the sums do without: their terms are positive and pass through some
4 sqrt(N) roundings, which takes 3 or 4 of the 14. So 3 are left for exponents of 1000. In those of
a Hessian a little more cancels: what is lost shows in the radius."""
_SLAB_ENTRIES = 1 << 16
"""Nodes times components that are in memory at once, unless one node of an axis has more."""


def ball_moments(c: Array, weights: Array, arithmetic: Ball) -> Moments:
    """Enclosures of all fields for means (n, k) and weights (n,) known as balls, deferred."""
    c, weights = c.copy(), weights.copy()  # what is deferred must not see the caller change them
    axes, spare = _grid(c, weights, arithmetic)
    with arithmetic.scope(-spare):
        sums = ball_sums(axes, c, weights)
    return enclosed(sums, axes, c)


def _grid(c: Array, weights: Array, arithmetic: Ball) -> tuple[list[Axis], int]:
    """The axes of the sums, and the guard digits that these do without.

    e^{x c - c^2/2} loses as many digits as its exponent has before it.
    """
    log_weights = np.array([midpoint(weight.log()) for weight in weights])
    c_float = np.array([[midpoint(entry) for entry in row] for row in c])
    log_tolerance = -(arithmetic.digits + 1) * math.log(10)
    axes = common_grid(c_float, log_weights, log_tolerance)
    _check_size(axes, MAX_BALL_NODES)
    _charge_elimination(axes, len(c), arithmetic.digits)
    largest = float((c_float * c_float).max(initial=1.0))
    return axes, max(0, _SPARE_DIGITS - max(0, math.ceil(math.log10(largest)) - 3))


def ball_hessian(means: Array, weights: Array, arithmetic: Ball) -> Array:
    """Enclosures of the Hessian of the loss, (n, n), for means (n,) on a line and truth N(0, 1).

    means: known to the precision in force, as for `ball_moments`: their middles choose the grid.
    """
    (axis,), spare = _grid(means[:, None], weights, arithmetic)
    with arithmetic.scope(-spare):
        sums = hessian_sums(axis, means, weights)
    return enclosed_hessian(sums, axis, means)


class HessianSums(NamedTuple):
    """Sums over a grid, (n, n): of the Hessian, and of what bounds its integrands on the strip.

    With z_i = x - mu_i, H_ij = E psi_i psi_j z_i z_j for i != j; and H_ii = E psi_i - sum_j E psi_i
    psi_j z_i^2, as 1 - psi_i is the sum of the other psi_j. Their bounds are psi_i psi_j [(z_i^2 +
    z_j^2)/2 + a^2] and psi_i + sum_j psi_i psi_j (z_i^2 + a^2).
    """

    values: Array
    bounds: Array


def hessian_sums(axis: Axis, means: Array, weights: Array) -> HessianSums:
    """The sums over an axis; rounding is enclosed, the grid's error is not.

    At row s and column m z_i = (x_s - mu_i) + x_m: so all follow from the sums over columns of
    psi_i psi_j times 1, x_m and x_m^2.
    """
    part, bulge = _line(axis, means, weights), flint.arb(axis.strip) ** 2
    left, right, x = part.left, part.right, part.columns
    i, j = np.triu_indices(len(means), 1)
    total, ratios = part.total, part.ratios
    shares = (_over_columns(part, ratios, right) * left).sum(axis=1)
    densities, both = map(operator.truediv, ratios, total), right[i] * right[j]
    powers = np.concatenate([both, both * x, both * x * x])
    plain, first, second = np.split(_over_columns(part, densities, powers), 3)
    z, rows = part.rows[:, 0] - means[:, None], left[i] * left[j]

    def summed(one: Array, other: Array) -> Array:
        """Of psi_i psi_j times z of one and z of the other."""
        terms = plain * (z[one] * z[other]) + first * (z[one] + z[other]) + second
        found: Array = (terms * rows).sum(axis=1)
        return found

    values, bounds = np.diag(shares), np.diag(shares)
    squares = summed(i, i), summed(j, j)
    wide = bulge * (plain * rows).sum(axis=1)
    values[i, j] = values[j, i] = summed(i, j)
    bounds[i, j] = bounds[j, i] = (squares[0] + squares[1]) / 2 + wide
    for which, square in zip((i, j), squares, strict=True):
        np.subtract.at(values, (which, which), square)
        np.add.at(bounds, (which, which), square + wide)
    return HessianSums(values, bounds)


def enclosed_hessian(sums: HessianSums, axis: Axis, means: Array) -> Array:
    """The Hessian, with the grid's error by the Lemma Q for the Hessian in `curvature`.

    It is off by eps / (1 - 2 eps) times the bounds, and by what is left out of either.
    """
    error, reach = axis_error(axis, flint.ctx.prec), half_width(axis)
    radii: Array = sums.bounds * flint.arb("inf")
    if is_admissible(axis) and reach >= 2 and error.relative < 0.25:
        largest = reduce(flint.arb.max, map(abs, means.tolist()))
        beyond = (1 + flint.arb(axis.strip) ** 2 + 2 * largest**2) * error.tail
        beyond += 2 * (reach * error.edge + error.tail)
        radii = sums.bounds * (error.relative / (1 - 2 * error.relative)) + 2 * beyond
    found: Array = widened(sums.values, radii)
    return found


def cancellation_digits(coordinates: Array, weights: Array, mean: Array) -> int:
    """Digits that the loss loses to cancellation: L is about |mean|^2/2 + tr(C^2)/4 near 0.

    Of a light component far out L is about its weight, however far it is: so it counts as if it
    were at `FAR_OUT`. Arguments as balls, as for `moments`; the mean may have entries beyond the
    coordinates.
    """
    norms = np.array(
        [midpoint(square) ** 0.5 for square in (coordinates * coordinates).sum(axis=1)]
    )
    if norms.max() > FAR_OUT:
        coordinates = coordinates * (FAR_OUT / np.maximum(norms, FAR_OUT))[:, None]
        mean = np.concatenate([weights @ coordinates, mean[coordinates.shape[1] :]])
    covariance = (coordinates * weights[:, None]).T @ coordinates
    size = (mean * mean).sum() / 2 + (covariance * covariance).sum() / 4
    digits = -midpoint(size.log()) / math.log(10)
    return math.ceil(digits) + 2 if digits > 2 else 0


@dataclass(frozen=True, eq=False)
class _Rectangle:
    """Nodes of a grid in rows and columns, over which a component's density is a product.

    left: (n, M), of the rows; right: (n, N), of the columns: pi_i e^{<x, c_i> - |c_i|^2 / 2} is
    left_is right_im at node (s, m). Its place is row s of rows (M, k), moved by entry m of columns
    (N,) along the last axis.
    weights: of the nodes, row by row; those after the last weight are not in the grid.
    turn: nodes that follow each other in the order of weights, of which opposite ones weigh alike.
    """

    left: Array
    right: Array
    rows: Array
    columns: Array
    weights: Array
    turn: int

    @cached_property
    def total(self) -> list[flint.arb]:
        """S at the nodes, the mixture's density over that of N(0, I), as left^T right."""
        entries: list[flint.arb] = (_matrix(self.left.T) * _matrix(self.right)).entries()
        return entries[: len(self.weights)]

    @cached_property
    def ratios(self) -> list[flint.arb]:
        """w / S at the nodes."""
        return list(map(operator.truediv, self.weights.tolist(), self.total))

    @cached_property
    def by_row(self) -> Array:
        """The sums of w psi_i psi_j over each row, for all pairs i <= j, as matrix products.

        The densities at the nodes are never formed: over row s that is left_is left_js
        ((w / S^2) P^T)_s,ij, where P has the products right_i right_j.
        """
        i, j = pairs(len(self.left))
        densities = map(operator.truediv, self.ratios, self.total)
        found: Array = _over_columns(self, densities, self.right[i] * self.right[j])
        found *= self.left[i] * self.left[j]
        return found


class GridSums(NamedTuple):
    """Sums over a grid: -log S, psi_i psi_j (n, n) and psi_i x (n, k), each of them deferred.

    Rounding is enclosed, the grid's error is not.
    """

    loss: flint.arb
    overlap: Array
    positions: Array


def ball_sums(axes: list[Axis], c: Array, weights: Array) -> GridSums:
    """The sums over the grid, in slabs of the first axis: memory does not grow with its size.

    Where there are several slabs, they are found anew for each of the sums.
    """
    problem = _Problem(axes, c, weights)

    def summed(over: Callable[[_Rectangle], Any]) -> Any:
        is_single = _rows_of_slab(axes, len(c)) == axes[0].size
        parts = [_recent_slab(problem)] if is_single else _slabs(axes, c, weights)
        return reduce(operator.add, map(over, parts))

    return GridSums(*(deferred(summed, over) for over in (_loss_sum, _overlaps, _places)))


@dataclass(frozen=True, eq=False)
class _Problem:
    """Arguments of `ball_sums`, which are the same only if the object is."""

    axes: list[Axis]
    c: Array
    weights: Array


@lru_cache(maxsize=4)
def _recent_slab(problem: _Problem) -> _Rectangle:
    """The only slab of a grid: who asks for one of its sums is likely to ask for another next."""
    axes, c, weights = problem.axes, problem.c, problem.weights
    if len(axes) == 1:
        return _line(axes[0], c[:, 0], weights)
    return next(_slabs(axes, c, weights))


def _rows_of_slab(axes: list[Axis], components: int) -> int:
    """How many nodes of the first axis are summed at once: a line is."""
    if len(axes) == 1:
        return axes[0].size
    row = grid_size(axes[1:]) * components
    return min(axes[0].size, max(1, _SLAB_ENTRIES // row))


@lru_cache(maxsize=64)
def _nodes(axis: Axis, precision: int) -> tuple[Array, Array]:
    """The nodes and weights, at the precision in force, which is `precision`: kept, as they recur.

    Each (size,); balls.
    """
    return axis.nodes(), axis.weights()


def _line(axis: Axis, c: Array, weights: Array) -> _Rectangle:
    """An axis as a rectangle: node m + b s is row s and column m, and the last row is cut short."""
    x, node_weights = _nodes(axis, flint.ctx.prec)
    left, right = _walks(axis, c)
    columns = objects(flint.arb(axis.step * m) for m in range(right.shape[1]))
    rows = x[:: right.shape[1]]
    left = left * weights[:, None]
    return _Rectangle(left, right, rows[:, None], columns, node_weights, axis.size)


def _slabs(axes: list[Axis], c: Array, weights: Array) -> Iterator[_Rectangle]:
    """A tensor grid: columns are its last axis, rows the others, in slabs of the first."""
    nodes = [_nodes(axis, flint.ctx.prec) for axis in axes]
    factors = [_factors(axis, column) for axis, column in zip(axes, c.T, strict=True)]
    factors[0] = factors[0] * weights[:, None]
    step = _rows_of_slab(axes, len(c))
    for start in range(0, axes[0].size, step):
        slab = slice(start, start + step)
        lines = [nodes[0][0][slab], *(x for x, _ in nodes[1:-1])]
        mesh = np.meshgrid(*lines, indexing="ij")
        rows = np.stack([*(x.ravel() for x in mesh), 0 * mesh[0].ravel()], axis=1)
        left = reduce(_outer_rows, factors[1:-1], factors[0][:, slab])
        shares = [nodes[0][1][slab], *(own for _, own in nodes[1:])]
        node_weights = np.asarray(reduce(np.multiply.outer, shares)).ravel()
        yield _Rectangle(left, factors[-1], rows, nodes[-1][0], node_weights, axes[-1].size)


def _outer_rows(left: Array, right: Array) -> Array:
    """Products of two tables over the product of their nodes, (n, N M)."""
    products: Array = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
    return products


def _walks(axis: Axis, c: Array) -> tuple[Array, Array]:
    """Tables (n, M) and (n, b) whose products are exp(x c_i - c_i^2 / 2) at node m + b s."""
    first, block = flint.arb(-axis.step * axis.half), math.isqrt(axis.size) + 1
    count = -(-axis.size // block)
    left, right = np.empty((len(c), count), dtype=object), np.empty((len(c), block), dtype=object)
    for i, entry in enumerate(c):
        start, ratio = ((first - entry / 2) * entry).exp(), (entry * axis.step).exp()
        left[i] = _progression(start, ratio**block, count)
        right[i] = _progression(flint.arb(1), ratio, block)
    return left, right


def _factors(axis: Axis, c: Array) -> Array:
    """exp(x c_i - c_i^2 / 2) at the nodes of an axis, shape (n, size)."""
    return _outer_rows(*_walks(axis, c))[:, : axis.size]


def _progression(start: flint.arb, ratio: flint.arb, count: int) -> list[flint.arb]:
    """start, start * ratio, … by products: a rounding for every entry that is passed."""
    return list(accumulate(repeat(ratio, count - 1), operator.mul, initial=start))


def _overlaps(part: _Rectangle) -> Array:
    """The sums of w psi_i psi_j over a rectangle of nodes, (n, n)."""
    return symmetric(part.by_row.sum(axis=1), len(part.left))


def _places(part: _Rectangle) -> Array:
    """The sums of w psi_i x over a rectangle of nodes, (n, k).

    The columns' part of x is summed from w / S as overlaps are, and the rows' part from the
    overlaps of each row, as sum_j psi_i psi_j = psi_i.
    """
    found: Array = symmetric(part.by_row @ part.rows, len(part.left)).sum(axis=1)
    along = _over_columns(part, part.ratios, part.right * part.columns) * part.left
    found[:, -1] += along.sum(axis=1)
    return found


def _over_columns(part: _Rectangle, values: Iterable[flint.arb], factors: Array) -> Array:
    """The sums over columns of values at the nodes times factors (m, N) of these, (m, M)."""
    shape = part.left.shape[1], part.right.shape[1]
    nodes = [*values, *[flint.arb(0)] * (math.prod(shape) - len(part.weights))]
    return _entries(flint.arb_mat(*shape, nodes) * _matrix(factors.T)).T


def _loss_sum(part: _Rectangle) -> flint.arb:
    """The sum of -w log S over nodes; opposite ones share a logarithm."""
    total = part.total
    turn, half, found = part.turn, part.turn // 2, flint.arb(0)
    for start in range(0, len(total), turn):
        values, middle = total[start : start + turn], start + half
        pairs = map(operator.mul, values[:half], values[:half:-1])
        logs = objects(map(flint.arb.log, [*pairs, values[half]]))
        found -= part.weights[start : middle + 1].dot(logs)
    return found


def _matrix(rows: Array) -> Any:
    return flint.arb_mat(rows.shape[0], rows.shape[1], rows.ravel().tolist())


def _entries(matrix: Any) -> Array:
    return objects(matrix.entries()).reshape(matrix.nrows(), matrix.ncols())


def enclosed(sums: GridSums, axes: list[Axis], c: Array) -> Moments:
    """All fields, with the grid's proven error (Lemmas Q and Q').

    Overlaps are off by (relative * sum + tail) / (1 - relative) at most, and p_i = sum_j G_ij,
    grad_i = sum_j G_ij c_j and F = sum_i <grad_i, c_i> by what follows from that.
    """
    error = grid_error(axes, c)
    room = 1 - error.relative
    factor, left_out = 1 + _ball(error.relative / room), _ball(error.tail / room)
    moment = _ball(error.moment)
    overlap = applied(lambda sums: sums * factor + left_out, sums.overlap)
    gradient = applied(lambda rows: _entries(_matrix(rows) * _matrix(c)), overlap)
    return Moments(
        loss=applied(operator.add, sums.loss, _ball(error.loss)),
        responsibilities=applied(lambda rows: rows.sum(axis=1), overlap),
        overlap=overlap,
        gradient=gradient,
        fisher_divergence=applied(lambda slopes: (c * slopes).sum(), gradient),
        positions=applied(lambda places: places + moment, sums.positions),
    )


def _ball(radius: flint.arb) -> flint.arb:
    """The numbers of modulus at most the radius."""
    return flint.arb(0, radius.abs_upper())


def _charge_elimination(axes: list[Axis], components: int, digits: int) -> None:
    """Announce an exponential per node of an axis and some products per node of the grid."""
    exponentials = sum(axis.size for axis in axes) * (1.5 + digits / 24)
    products = grid_size(axes) * (1 + digits / 48) * (1 + components / 100)
    what = f"a grid of {grid_size(axes)} nodes for {components} components"
    charge(2000 + components * (exponentials + products), what)


def _check_size(axes: list[Axis], most: int) -> None:
    if grid_size(axes) > most:
        raise TooExpensive(
            f"the grid would have {grid_size(axes)} nodes for {most} at most; "
            "ask for fewer digits or bring the means closer together"
        )
