"""Rigorous sums: the primitive of `moments` in ball arithmetic."""

from __future__ import annotations

import math
import operator
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


class _Nodes(NamedTuple):
    """Nodes of an axis as balls of some precision, each (size,), and their weights and roots."""

    x: Array
    weights: Array
    roots: Array


@lru_cache(maxsize=64)
def _nodes(axis: Axis, precision: int) -> _Nodes:
    """The nodes at the precision in force, which is `precision`: kept, as axes recur in a run."""
    return _Nodes(axis.nodes(), axis.weights(), axis.root_weights())


def ball_sums(axes: list[Axis], c: Array, weights: Array) -> Moments:
    """The sums over the grid alone: rounding is enclosed, the grid's error is not yet.

    The grid is summed in slabs of the first axis, so that memory does not grow with its size.
    """
    nodes = [_nodes(axis, flint.ctx.prec) for axis in axes]
    factors = [_factors(axis, column) for axis, column in zip(axes, c.T, strict=True)]
    factors[0] = factors[0] * weights
    size = axes[0].size
    step = min(size, max(1, _SLAB_ENTRIES * size // (grid_size(axes) * len(c))))
    parts = (
        _slab_sums(
            [_Nodes(*(column[start : start + step] for column in nodes[0])), *nodes[1:]],
            [factors[0][start : start + step], *factors[1:]],
            is_whole=step == size,
        )
        for start in range(0, size, step)
    )
    loss, products, places = reduce(lambda a, b: tuple(map(operator.add, a, b)), parts)
    overlap = _entries(products)
    return Moments(
        loss=loss,
        responsibilities=overlap.sum(axis=1),
        overlap=overlap,
        gradient=overlap @ c,
        fisher_divergence=(c * (overlap @ c)).sum(),
        positions=_entries(places),
    )


def _factors(axis: Axis, c: Array) -> Array:
    """exp(x c_i - c_i^2 / 2) at the nodes of an axis, shape (size, n): geometric progressions."""
    first, block = flint.arb(-axis.step * axis.half), math.isqrt(axis.size) + 1
    blocks = -(-axis.size // block)
    factors = np.empty((axis.size, len(c)), dtype=object)
    for i, entry in enumerate(c):
        start, ratio = ((first - entry / 2) * entry).exp(), (entry * axis.step).exp()
        rows = flint.arb_mat(blocks, 1, _progression(start, ratio**block, blocks))
        row = flint.arb_mat(1, block, _progression(flint.arb(1), ratio, block))
        factors[:, i] = objects((rows * row).entries()[: axis.size])
    return factors


def _progression(start: flint.arb, ratio: flint.arb, count: int) -> list[flint.arb]:
    """start, start * ratio, … by products: a rounding for every entry that is passed."""
    return list(accumulate(repeat(ratio, count - 1), operator.mul, initial=start))


def _slab_sums(nodes: list[_Nodes], factors: list[Array], is_whole: bool) -> tuple[Any, Any, Any]:
    """The sums of -log S, psi_i psi_j and psi_i x over a tensor grid, given axis by axis.

    Flint's matrix product does the sums over nodes, of psi_i sqrt(w) with itself and with x.
    """
    ratios = _outer_rows(factors)
    root_weights = _outer([axis.roots for axis in nodes])
    total = ratios.sum(axis=1)
    psi = _matrix(ratios * (root_weights / total)[:, None])
    mesh = np.meshgrid(*(axis.x for axis in nodes), indexing="ij")
    places = _matrix(np.stack([x.ravel() for x in mesh], axis=1) * root_weights[:, None])
    logs = _log_sum(_outer([axis.weights for axis in nodes]), total, is_whole)
    psi_transposed = psi.transpose()
    return -logs, psi_transposed * psi, psi_transposed * places


def _log_sum(weights: Array, total: Array, is_whole: bool) -> flint.arb:
    """The sum of w log S over nodes; on a whole grid opposite nodes share a logarithm."""
    half = len(total) // 2 if is_whole else 0
    pairs = total[:half] * total[::-1][:half]
    rest = slice(half, len(total) - half)
    found: flint.arb = weights[:half] @ np.log(pairs) + weights[rest] @ np.log(total[rest])
    return found


def _outer(vectors: list[Array]) -> Array:
    """The outer product of vectors, flattened."""
    return np.asarray(reduce(np.multiply.outer, vectors)).ravel()


def _matrix(rows: Array) -> Any:
    return flint.arb_mat(rows.shape[0], rows.shape[1], list(rows.ravel()))


def _entries(matrix: Any) -> Array:
    return objects(matrix.entries()).reshape(matrix.nrows(), matrix.ncols())


def _outer_rows(factors: list[Array]) -> Array:
    """Products over a tensor grid of one (N_k, n) table per axis: (prod N_k, n)."""
    result = factors[0]
    for factor in factors[1:]:
        result = (result[:, None, :] * factor[None, :, :]).reshape(-1, factor.shape[1])
    return result


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
