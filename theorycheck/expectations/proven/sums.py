"""The sums of Lemma P over the nodes of a grid, part by part of its first axis, in float64.

A part is a slab, whose responsibilities are formed, or a rectangle of rows times columns, whose
sums are products of matrices; what rounding makes of the loss is summed beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.logarithm import BRANCH, ERROR, logarithm, minus_log
from theorycheck.expectations.moments import gram, ones, pairs, symmetric
from theorycheck.expectations.proven.bounds import MORE, Bounds, bounds_of
from theorycheck.expectations.proven.rectangles import apart, rectangles_of
from theorycheck.expectations.proven.terms import Grid, Terms, outer
from theorycheck.inputs.numbers import Floats


class Sums(NamedTuple):
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


def _slabs(tables: list[Floats], grid: Grid) -> Iterator[_Slab]:
    """The grid in slabs of its first axis."""
    axes, n = grid.axes, grid.components
    if grid.is_whole_line:
        yield _Slab(tables[0], axes[0].root_weights, slice(None))
        return
    rest = reduce(outer, tables[1:], np.ones((n, 1)))
    roots = reduce(np.multiply.outer, [axis.root_weights for axis in axes[1:]], np.ones(()))
    for start in range(0, axes[0].size, grid.slab):
        first = slice(start, start + grid.slab)
        yield _Slab(
            outer(tables[0][:, first], rest),
            np.multiply.outer(axes[0].root_weights[first], roots).ravel(),
            first,
        )


def _responsibilities(t: Floats, roots: Floats) -> tuple[Floats, Floats]:
    """psi_i sqrt(w) at the nodes, (n, N), and S there, (N,), from a table t (n, N)."""
    total = ones(len(t)).dot(t)
    rows: Floats = t / total
    rows *= roots
    return rows, total


def _slab_sums(slab: _Slab, weights: Floats, grid: Grid) -> tuple[Sums, Floats]:
    """Sums over the nodes of a slab of these weights, and psi_i sqrt(w) at the nodes, (n, N)."""
    rows, total = _responsibilities(slab.terms, slab.roots)
    return Sums(gram(rows), *_loss(total, weights.dot, grid)), rows


def _loss(total: Floats, summed: Callable[[Floats], float], grid: Grid) -> tuple[float, float]:
    """The sum that is the loss, and what rounding makes of it, from S at the nodes (N,).

    summed: gives the sum of w times values.
    """
    if grid.cancels:
        return _small_loss(total, summed, bounds_of(grid))
    return _loss_of_logs(logarithm(total), summed, bounds_of(grid))


def _loss_of_logs(
    logs: Floats, summed: Callable[[Floats], float], bounds: Bounds
) -> tuple[float, float]:
    """The sum of -w log S, and what rounding makes of it."""
    return -float(summed(logs)), bounds.log_size * float(summed(abs(logs)))


def _small_loss(
    total: Floats, summed: Callable[[Floats], float], bounds: Bounds
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
    return loss, MORE * off


_PAIRS = 1 << 17
"""Entries of an array of pairs at rows: some of the pairs at a time where there are many."""


class _Rectangle(NamedTuple):
    """The nodes of a rectangle: rows, of all axes but the longest, times columns, of that.

    left: (n, P), right: (n, T), whose products are t_i. right_pairs: (m, T), products of two of the
    right for every pair. row_weights, column_weights: (P,), (T,). rows, columns: which they are.
    """

    left: Floats
    right: Floats
    right_pairs: Floats
    row_weights: Floats
    column_weights: Floats
    rows: slice
    columns: slice


def _rectangles(terms: Terms) -> Iterator[_Rectangle]:
    """The rectangles of the grid, one after the other."""
    longest, places, parts = rectangles_of(terms.grid)
    tables, right = apart(terms.tables, longest)
    others, last = apart([axis.weights for axis in terms.grid.axes], longest)
    i, j = pairs(terms.grid.components)
    right_pairs = right.take(i, axis=0)
    right_pairs *= right.take(j, axis=0)
    left = _at_rows(tables, places)
    weights = _at_rows(others, places)
    for rows, columns in parts:
        yield _Rectangle(
            left[:, rows],
            right[:, columns],
            right_pairs[:, columns],
            weights[rows],
            last[columns],
            rows,
            columns,
        )


def _at_rows(factors: list[Floats], places: list[NDArray[np.intp]]) -> Floats:
    """Products over axes of their factors (..., N) at the rows, (..., P)."""
    return reduce(np.multiply, map(partial(np.take, axis=-1), factors, places))


def _shares(part: _Rectangle) -> tuple[Floats, Floats]:
    """w / S and S at the nodes of a rectangle, (P, T)."""
    total = part.left.T.dot(part.right)
    shares: Floats = np.multiply.outer(part.row_weights, part.column_weights)
    shares /= total
    return shares, total


def _rectangle_overlap(part: _Rectangle, shares: Floats) -> Floats:
    """The sums (n, n) of psi_i psi_j over a rectangle, from w / S^2 at its nodes."""
    i, j = pairs(len(part.left))
    sums, some = np.empty(len(i)), max(1, _PAIRS // len(shares))
    for start in range(0, len(i), some):
        own = slice(start, start + some)
        at_rows = part.right_pairs[own].dot(shares.T)
        at_rows *= part.left[i[own]]
        at_rows *= part.left[j[own]]
        sums[own] = at_rows.sum(axis=1)
    return symmetric(sums, len(part.left))


def _rectangle_loss(part: _Rectangle, total: Floats, grid: Grid) -> tuple[float, float]:
    """The same over a rectangle, from S at its nodes (P, T), which is spent."""
    if not grid.cancels:
        half = total.shape[1] // 2
        total[:, :half] *= total[:, :half:-1]
        total = total[:, : half + 1]
    columns = part.column_weights[: total.shape[1]]

    def summed(values: Floats) -> float:
        found: float = part.row_weights.dot(values.reshape(total.shape).dot(columns))
        return found

    return _loss(total.ravel(), summed, grid)


def overlap_sums(terms: Terms) -> Floats:
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


def grid_sums(terms: Terms) -> tuple[Sums, list[Floats]]:
    """The sums over the grid, and along each axis those of psi_i, psi_i x and psi_i |x|, (n, 3)."""
    tables, grid = terms.tables, terms.grid
    if grid.is_whole_line:
        (slab,), axis = _slabs(tables, grid), grid.axes[0]
        part, rows = _slab_sums(slab, axis.weights, grid)
        return part, [rows.dot(axis.root_columns)]
    return _summed_in_rectangles(terms) if grid.is_moderate else _summed_in_slabs(tables, grid)


def _summed_in_rectangles(terms: Terms) -> tuple[Sums, list[Floats]]:
    """The same on two axes or more, from products of matrices, where no number leaves its range."""
    n, (longest, places, _) = terms.grid.components, rectangles_of(terms.grid)
    others, last = apart([axis.columns for axis in terms.grid.axes], longest)
    overlap, loss, rounding = np.zeros((n, n)), 0.0, 0.0
    at_rows = [axis[place] for axis, place in zip(others, places, strict=True)]
    columns = [np.zeros((n, 3)) for _ in others]
    marginal = np.zeros((n, len(last)))
    for part in _rectangles(terms):
        shares, total = _shares(part)
        marginal[:, part.columns] += part.left.dot(shares) * part.right
        rows = part.right.dot(shares.T) * part.left
        for found, coordinates in zip(columns, at_rows, strict=True):
            found += rows.dot(coordinates[part.rows])
        shares /= total
        overlap += _rectangle_overlap(part, shares)
        own_loss, own_rounding = _rectangle_loss(part, total, terms.grid)
        loss += own_loss
        rounding += own_rounding
    columns.insert(longest, marginal.dot(last))
    return Sums(overlap, loss, rounding), columns


def _summed_in_slabs(tables: list[Floats], grid: Grid) -> tuple[Sums, list[Floats]]:
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
    return Sums(overlap, loss, rounding), columns


def _add_along(marginals: list[Floats], shares: Floats, first: slice) -> None:
    """Add the sums of a slab's shares, (n, and by axis), over all axes but one to that one's."""
    for k, marginal in enumerate(marginals):
        others = tuple(j + 1 for j in range(len(marginals)) if j != k)
        (marginal[:, first] if k == 0 else marginal)[:] += shares.sum(axis=others)
