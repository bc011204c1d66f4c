"""Rigorous sums: the primitive of `moments` in ball arithmetic."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Iterator
from functools import lru_cache, reduce
from itertools import accumulate, repeat
from typing import Any, NamedTuple

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Ball
from theorycheck.arithmetic.budget import charge
from theorycheck.arithmetic.rounding import midpoint, widened
from theorycheck.errors import TooExpensive
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.trapezoid import Axis, common_grid, grid_error, grid_size, objects

MAX_BALL_NODES = 2_000_000
_SLAB_ENTRIES = 1 << 16
"""Nodes times components that are in memory at once, unless one node of an axis has more."""


def ball_moments(c: Array, weights: Array, arithmetic: Ball) -> Moments:
    """Enclosures of all fields for means (n, k) and weights (n,) known as balls."""
    log_weights = np.array([midpoint(weight.log()) for weight in weights])
    c_float = np.array([[midpoint(entry) for entry in row] for row in c])
    log_tolerance = -(arithmetic.digits + 1) * math.log(10)
    axes = common_grid(c_float, log_weights, log_tolerance)
    _check_size(axes, MAX_BALL_NODES)
    _charge_elimination(axes, len(c), arithmetic.digits)
    return enclosed(ball_sums(axes, c, weights), axes, c)


def cancellation_digits(coordinates: Array, weights: Array, mean: Array) -> int:
    """Digits that the loss loses to cancellation: L is about |mean|^2/2 + tr(C^2)/4 near 0.

    Arguments as balls, as for `moments`; the mean may have entries beyond the coordinates.
    """
    covariance = (coordinates * weights[:, None]).T @ coordinates
    size = (mean * mean).sum() / 2 + (covariance * covariance).sum() / 4
    digits = -midpoint(size.log()) / math.log(10)
    return math.ceil(digits) + 2 if digits > 2 else 0


class _Rectangle(NamedTuple):
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


def ball_sums(axes: list[Axis], c: Array, weights: Array) -> Moments:
    """The sums over the grid alone: rounding is enclosed, the grid's error is not yet.

    The grid is summed in slabs of the first axis, so that memory does not grow with its size.
    """
    if len(axes) == 1:
        rectangles = iter([_line(axes[0], c[:, 0], weights)])
    else:
        rectangles = _slabs(axes, c, weights)
    parts = map(_rectangle_sums, rectangles)
    loss, overlap, places = reduce(lambda a, b: tuple(map(operator.add, a, b)), parts)
    return Moments(
        loss=loss,
        responsibilities=overlap.sum(axis=1),
        overlap=overlap,
        gradient=overlap @ c,
        fisher_divergence=(c * (overlap @ c)).sum(),
        positions=places,
    )


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
    size = axes[0].size
    step = min(size, max(1, _SLAB_ENTRIES * size // (grid_size(axes) * len(c))))
    for start in range(0, size, step):
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


def _rectangle_sums(part: _Rectangle) -> tuple[flint.arb, Array, Array]:
    """The sums of -log S, psi_i psi_j and psi_i x over a rectangle of nodes, as matrix products.

    The densities at the nodes are never formed. With S = left^T right, the sum of w psi_i psi_j is
    that over rows s of left_is left_js ((w / S^2) P^T)_s,ij, where P has the products right_i
    right_j; and that of w psi_i x is formed from w / S likewise.
    """
    left, right, n = part.left, part.right, len(part.left)
    total = (_matrix(left).transpose() * _matrix(right)).entries()[: len(part.weights)]
    ratios = list(map(operator.truediv, part.weights.tolist(), total))
    squares = map(operator.truediv, ratios, total)
    i, j = np.triu_indices(n)
    overlap = np.empty((n, n), dtype=object)
    over_columns = _over_columns(part, squares, right[i] * right[j])
    overlap[i, j] = overlap[j, i] = (left[i] * left[j] * over_columns).sum(axis=1)
    over_columns = _over_columns(part, ratios, np.concatenate([right, right * part.columns]))
    shares, moved = over_columns.reshape(2, n, -1) * left
    places = shares @ part.rows
    places[:, -1] += moved.sum(axis=1)
    return -_log_sum(part, objects(total)), overlap, places


def _over_columns(part: _Rectangle, values: Iterable[flint.arb], factors: Array) -> Array:
    """The sums over columns of values at the nodes times factors (m, N) of these, (m, M)."""
    shape = part.left.shape[1], part.right.shape[1]
    nodes = [*values, *[flint.arb(0)] * (math.prod(shape) - len(part.weights))]
    return _entries(_matrix(factors) * flint.arb_mat(*shape, nodes).transpose())


def _log_sum(part: _Rectangle, total: Array) -> flint.arb:
    """The sum of w log S over nodes; opposite ones share a logarithm."""
    half = part.turn // 2
    weights, total = part.weights.reshape(-1, part.turn), total.reshape(-1, part.turn)
    pairs = total[:, :half] * total[:, :half:-1]
    values = [*pairs.ravel().tolist(), *total[:, half].tolist()]
    shares = np.concatenate([weights[:, :half].ravel(), weights[:, half]])
    found: flint.arb = shares.dot(objects(map(flint.arb.log, values)))
    return found


def _matrix(rows: Array) -> Any:
    return flint.arb_mat(rows.shape[0], rows.shape[1], rows.ravel().tolist())


def _entries(matrix: Any) -> Array:
    return objects(matrix.entries()).reshape(matrix.nrows(), matrix.ncols())


def enclosed(sums: Moments, axes: list[Axis], c: Array) -> Moments:
    """Add the grid's proven error to every sum (Lemmas Q and Q')."""
    error = grid_error(axes, c)
    relative, tail = error.relative, error.tail

    def radius(value: Any) -> Any:
        return (relative * abs(value) + tail) / (1 - relative)

    norms = np.sqrt((c * c).sum(axis=1))
    radii = radius(sums.overlap)
    # The sums are sum_j G_ij c_j and sum_ij G_ij <c_i, c_j>, so the errors of G carry over.
    gradient_radii = np.broadcast_to((radii @ norms)[:, None], sums.gradient.shape)
    return Moments(
        loss=widened(sums.loss, error.loss),
        responsibilities=widened(sums.responsibilities, radius(sums.responsibilities)),
        overlap=widened(sums.overlap, radii),
        gradient=widened(sums.gradient, gradient_radii),
        fisher_divergence=widened(sums.fisher_divergence, norms @ radii @ norms),
        positions=widened(sums.positions, error.moment),
    )


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
