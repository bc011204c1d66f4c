"""Float64 sums over a grid: exponentials per axis, multiplied at the nodes.

Three ways, all exact up to rounding; `float_moments` takes the first that keeps its accuracy.
- near the optimum everything is a difference from the weights: psi_i - pi_i, S - 1, v;
- at a moderate distance the overlaps are summed directly, and Stein's identity gives the rest;
- what remains is left to `general_moments`, in the log domain.

In one dimension the grid has 30 to 700 nodes, and NumPy's calls cost as much as its sums. So
products of small arrays are written `a.dot(b)`, which begins sooner than `a @ b`, and sums of a few
entries as products with ones.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import lru_cache, reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.effort import is_limited, spend
from theorycheck.errors import TooExpensive
from theorycheck.float_grid import SERIES_TERMS, FloatGrid, Part, estimated_size, float_grid
from theorycheck.general_moments import NEAR, general_moments
from theorycheck.quadrature import FARTHEST, FLOAT_FLOOR, smallest_log_overlap
from theorycheck.random_points import random_moments
from theorycheck.sums import Moments

Floats = NDArray[np.float64]
MAX_FULL_RANK = 3
MAX_GRID_RANK = 5
BUDGET = 18_000_000
"""Largest number of nodes times components of a grid of rank 4 or 5."""
FINEST = 1e-16
_COARSEST = 1e-3
_RUNG = math.log(10) / 3
_LATTICE_GAIN = 1.3
"""The error of D_k* is about the bound of Lemma Q for one axis to this power: measured on random
means (within a factor of 2), not proved."""
SERIES_REACH = 0.5
_COARSE, _COARSE_REACH = math.log(1e-11), 0.2
"""At ranks 4 and 5, with a tolerance above the first, direct sums are taken down to means of the
second: they are faster, and rounding is far below the grid's error."""
_PLAIN_REACH = (0.0, 8.0, 2.0, 0.0)
"""Up to here, by rank, a better estimate of the reach costs more than the nodes it spares."""
_LARGEST_EXPONENT = 300.0
"""Products of two exponentials of this size are still numbers of float64."""
_KEPT, _COARSELY_KEPT = 0.01, 1e-4
"""A sum is taken as it is when it is at least this share of the size of what is summed; the second
in those cases, whose grid is e^9 times as accurate as asked if the means are within 1."""


def float_moments(
    c: Floats,
    weights: Floats,
    mean: Callable[[], Floats],
    accuracy: float = FINEST,
    budget: int = BUDGET,
) -> Moments:
    """Arguments as for `moments`. accuracy: 1e-16 or coarser, which is faster.
    budget: the largest number of nodes times components of a grid of rank 4 or 5.

    Up to rank 3 close to rounding. At ranks 4 and 5 the grid is as fine as BUDGET allows, with an
    error of about 1e-16 to 1e-3 of the largest entry of a field: `grid_tolerance` tells. Above
    rank 5 the points are random, with a standard error (`random_points`).
    """
    if c.shape[1] > MAX_GRID_RANK:
        return random_moments(c, weights, mean())
    norms = abs(c[:, 0]) if c.shape[1] == 1 else np.sqrt(np.einsum("ik,ik->i", c, c))
    largest = max(norms.tolist())
    if not largest < FARTHEST:
        raise TooExpensive(f"a mean is farther than {FARTHEST:.0e}, so no grid can be chosen")
    log_tolerance = _log_tolerance(c, weights, largest, accuracy, budget)
    reach, step = (
        _reach(c, weights, largest, log_tolerance),
        _step_tolerance(c, largest, log_tolerance),
    )
    is_direct = largest * reach + largest * largest / 2 < _LARGEST_EXPONENT
    is_coarse = c.shape[1] > MAX_FULL_RANK and log_tolerance > _COARSE
    if is_direct and largest > (_COARSE_REACH if is_coarse else SERIES_REACH):
        kept = _COARSELY_KEPT if is_coarse else _KEPT
        is_whole = reach > largest + math.sqrt(-2 * log_tolerance)
        found = _direct(c, weights, norms, _grid(c, reach, step), is_whole, kept)
        if found is not None:
            return found
    if largest <= SERIES_REACH:
        is_tiny = largest * reach < 0.5
        return _near(c, weights, mean(), _grid(c, reach, step), is_tiny)
    reach = max(reach, min(largest, NEAR) + 8.7)
    return general_moments(c, weights, mean(), _nodes(_grid(c, reach, step, 0.25)))


def _grid(c: Floats, reach: float, log_tolerance: float, cost: float = 0.05) -> FloatGrid:
    """The grid, announced: `cost` microseconds per node and component."""
    grid, n = float_grid(_spreads(c), reach, log_tolerance), len(c)
    if is_limited():
        what = f"a grid of {grid.size} nodes for {n} components"
        spend(50 + grid.size * n * (cost + 2e-4 * n), what)
    return grid


def grid_tolerance(c: Floats, weights: Floats, accuracy: float = FINEST) -> float:
    """The accuracy aimed at for these means: as asked up to rank 3, what BUDGET allows above."""
    largest = float(np.sqrt((c * c).sum(axis=1)).max())
    return math.exp(_log_tolerance(c, weights, largest, accuracy, BUDGET))


def _log_tolerance(
    c: Floats, weights: Floats, largest: float, accuracy: float, budget: int
) -> float:
    log_tolerance = math.log(max(accuracy, FINEST))
    if c.shape[1] <= MAX_FULL_RANK:
        return log_tolerance
    spreads = _spreads(c)

    def is_affordable(rung: int) -> bool:
        coarser = log_tolerance + rung * _RUNG
        reach = _reach(c, weights, largest, coarser)
        step = _step_tolerance(c, largest, coarser)
        return estimated_size(spreads, reach, step) * len(c) <= budget

    rungs = range(max(0, math.ceil((math.log(_COARSEST) - log_tolerance) / _RUNG)))
    return log_tolerance + bisect_left(rungs, True, key=is_affordable) * _RUNG


def _step_tolerance(c: Floats, largest: float, log_tolerance: float) -> float:
    """What to ask of Lemma Q along each axis.

    Near the optimum the sums are of polynomials up to degree 4 times the density, whose relative
    error is larger by about (2 pi / h)^4, some e^9.
    """
    is_full = c.shape[1] <= MAX_FULL_RANK
    if largest <= (SERIES_REACH if is_full else 2 * SERIES_REACH):
        return log_tolerance - 9
    return log_tolerance if is_full else log_tolerance / _LATTICE_GAIN


def _spreads(c: Floats) -> list[float]:
    return [max(column) - min(column) for column in c.T.tolist()]


def _reach(c: Floats, weights: Floats, largest: float, log_tolerance: float) -> float:
    """Beyond it nothing counts: not for the smallest overlap, nor, near the optimum, for E u^4."""
    rank = c.shape[1]
    if largest <= SERIES_REACH:
        return math.sqrt(2 * (5 - log_tolerance + rank)) + largest
    if rank > MAX_FULL_RANK:
        reach = math.sqrt(2 * (rank + 3 - log_tolerance))
        return max(reach, min(largest, 1.5) + math.sqrt(-2.01 * log_tolerance))
    # psi_i(0) >= pi_i e^{-|c_i|^2 / 2}, and the integrand is as large in a neighbourhood of 0.
    smallest = 2 * math.log(max(min(weights.tolist()), 5e-324)) - largest * largest - 2
    if largest > _PLAIN_REACH[rank]:
        log_weights = np.log(np.maximum(weights, 5e-324))
        smallest = max(smallest, smallest_log_overlap(c, log_weights))
    return math.sqrt(2 * (rank - log_tolerance - max(smallest, FLOAT_FLOOR)))


# --------------------------------------------------------------------------- moderate means


def _direct(
    c: Floats, weights: Floats, norms: Floats, grid: FloatGrid, is_whole: bool, kept: float
) -> Moments | None:
    """The overlaps G; grad = G c, F = c^T G c, and E psi_i x from Stein's identity.

    is_whole: the grid holds the mass of every component, not of the truth alone.
    None when the loss, the gradient or F is below `kept` of the terms that make it up.
    """
    parts = [_direct_sums(_tables(c, weights, part), part) for part in grid.parts]
    loss, size, mass, overlap = reduce(_added, parts)
    if is_whole:  # E (S - 1) = 0, and its sum has the errors of that of log S
        loss += mass
    gradient = overlap.dot(c)
    fisher = float(np.vdot(c, gradient))
    sizes = overlap.dot(norms)
    is_kept = (
        loss > kept * max(size, 0.3)  # S may be near 1, and so rounded absolutely
        and fisher > kept * float(norms.dot(sizes))
        and max(map(abs, gradient.ravel().tolist())) > kept * max(sizes.tolist())
    )
    if not is_kept:
        return None
    masses = overlap.dot(_ones(len(c)))
    return Moments(loss, masses, overlap, gradient, fisher, _positions(c, overlap))


_Sums: TypeAlias = tuple[float, float, float, Floats]


def _added(one: _Sums, other: _Sums) -> _Sums:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


def _tables(c: Floats, weights: Floats, part: Part) -> list[Floats]:
    """For each axis, e^{x c_i - c_i^2 / 2} at its nodes, (n, N_k); the first times pi_i."""
    tables = []
    for k, axis in enumerate(part.axes):
        column = c[:, k : k + 1]
        table = axis.x - column / 2
        table *= column
        tables.append(np.exp(table, out=table))
    tables[0] *= weights[:, None]
    return tables


def _direct_sums(tables: list[Floats], part: Part) -> _Sums:
    """The sums of -log S, |log S|, S - 1 (0 in one dimension: not needed) and psi_i psi_j."""
    if len(tables) == 1:
        ratios, weights = tables[0], part.axes[0].weights
        total = _ones(len(ratios)).dot(ratios)
        log_total = np.log(total)
        psi = ratios * (part.axes[0].root_weights / total)
        loss = -float(weights.dot(log_total))
        # E S = 1 gives E |log S| <= loss + 2: a loss well above `_KEPT` of it need not be compared.
        size = loss + 2 if loss > 0.05 else float(weights.dot(abs(log_total)))
        return loss, size, 0.0, psi.dot(psi.T)
    return _rectangle_sums(_prefix_products(tables, part), tables[-1], part)


def _rectangle_sums(lead: Floats, last: Floats, part: Part) -> _Sums:
    """The same over rectangles, as matrix products: the ratios at the nodes are never formed.

    sum_pl w_pl a_ip a_jp b_il b_jl / S_pl^2 is, for every pair ij, a sum over p of a_ip a_jp times
    (b_i b_j) (w / S^2)^T.
    """
    n = len(last)
    i, j = _pairs(n)
    last_pairs = last[i] * last[j]
    sums, loss, size, mass = np.zeros(len(i)), 0.0, 0.0, 0.0
    for block in part.blocks:
        a = lead[:, block.prefixes]
        total = a.T @ last[:, block.run]
        log_total = np.log(total)
        weights = block.weights
        mass += float(np.vdot(weights, total)) - float(weights.sum())
        loss -= float(np.vdot(weights, log_total))
        size += float(np.vdot(weights, np.abs(log_total, out=log_total)))
        weights /= total
        weights /= total
        sums += np.einsum("kp,kp,kp->k", a[i], a[j], last_pairs[:, block.run] @ weights.T)
    overlap = np.empty((n, n))
    overlap[i, j] = overlap[j, i] = sums
    return loss, size, mass, overlap


@lru_cache(maxsize=16)
def _ones(n: int) -> Floats:
    return np.ones(n)


@lru_cache(maxsize=16)
def _pairs(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All i <= j: found once, as NumPy takes longer to find them than a small grid takes."""
    return np.triu_indices(n)


def _positions(c: Floats, overlap: Floats) -> Floats:
    """E psi_i x = p_i c_i - grad_i = sum_j G_ij (c_i - c_j), in which little cancels."""
    positions: Floats
    if c.shape[1] == 1:
        positions = (overlap * (c - c.T)).dot(_ones(len(c)))[:, None]
    else:
        positions = np.einsum("ij,ijk->ik", overlap, c[:, None] - c)
    return positions


def _prefix_products(tables: list[Floats], part: Part) -> Floats:
    result: Floats = tables[0].take(part.prefixes[0], axis=1)
    for table, index in zip(tables[1:-1], part.prefixes[1:], strict=True):
        result *= table.take(index, axis=1)
    return result


def _nodes(grid: FloatGrid) -> Iterator[tuple[Floats, Floats]]:
    """The nodes (N, k) and weights (N,), in blocks."""
    for part in grid.parts:
        lead = [axis.x.take(i) for axis, i in zip(part.axes, part.prefixes, strict=False)]
        for block in part.blocks:
            columns = [*(block.lead(x) for x in lead), block.last(part.axes[-1].x)]
            shape = np.broadcast_shapes(columns[0].shape, columns[-1].shape)
            rows = [np.broadcast_to(column, shape).ravel() for column in columns]
            yield np.stack(rows, axis=1), block.weights.ravel()


# ------------------------------------------------------------------------- near the optimum


def _near(c: Floats, weights: Floats, mean: Floats, grid: FloatGrid, is_tiny: bool) -> Moments:
    """Sums of excesses psi_i - pi_i = pi_i (e_i - u) / (1 + u), with E e_i = E u = 0.

    e_i = e^{<x, c_i> - |c_i|^2 / 2} - 1 and u = sum_i pi_i e_i, whose linear term is <x, mean>.
    is_tiny: -2/5 < u < 2/3 on all of the grid.
    """
    column, shares = weights[:, None], np.array([*weights.tolist(), -1.0])[:, None]
    sums = [
        _near_sums(rows, shares, node_weights, is_tiny)
        for part in grid.parts
        for rows, node_weights in _excesses(c, weights, mean, part)
    ]
    loss, products = reduce(lambda one, other: (one[0] + other[0], one[1] + other[1]), sums)
    bends = products[-1, :-1]  # E psi_i - pi_i = -E u (psi_i - pi_i)
    masses = weights + bends
    against = products[:-1, :-1] + column * bends  # E psi_i (psi_j - pi_j)
    mass_column = masses[:, None]
    overlap = mass_column * weights + against
    turns = against.dot(c)
    return Moments(
        loss=loss,
        responsibilities=masses,
        overlap=overlap,
        gradient=mass_column * mean + turns,
        fisher_divergence=float(mean.dot(mean + bends.dot(c)) + np.vdot(c, turns)),
        positions=_positions(c, overlap),
    )


def _near_sums(
    rows: Floats, shares: Floats, node_weights: Floats, is_tiny: bool
) -> tuple[float, Floats]:
    """The loss, and the products (n + 1, n + 1) of psi_i - pi_i and -u; spends the rows e and u.

    shares: pi_i, and -1, (n + 1, 1).
    """
    excesses, u = rows[:-1], rows[-1]
    loss = float(node_weights.dot(_minus_log1p(u, is_tiny)))
    excesses -= u
    excesses /= 1 + u
    rows *= shares
    return loss, (rows * node_weights).dot(rows.T)


def _excesses(
    c: Floats, weights: Floats, mean: Floats, part: Part
) -> Iterator[tuple[Floats, Floats]]:
    """e and u (n + 1, N) and the weights (N,) at the nodes of a part, in blocks.

    Along one axis both are Hermite series; two are joined by (1 + e)(1 + e') - 1.
    """
    rows = [
        _series(c[:, k : k + 1], weights, mean[k]).dot(axis.hermite)
        for k, axis in enumerate(part.axes)
    ]
    if len(rows) == 1:
        yield rows[0], part.axes[0].weights
        return
    lead = rows[0].take(part.prefixes[0], axis=1)
    for k in range(1, len(rows) - 1):
        lead = _joined(lead, rows[k].take(part.prefixes[k], axis=1), weights)
    for block in part.blocks:
        joined = _joined(block.lead(lead), block.last(rows[-1]), weights)
        yield joined.reshape(len(joined), -1), block.weights.ravel()


def _series(c: Floats, weights: Floats, mean: float) -> Floats:
    """Coefficients (n + 1, SERIES_TERMS) of the Hermite series of e_i and u along one axis."""
    series = np.empty((len(c) + 1, SERIES_TERMS))
    powers = series[:-1]
    powers[:] = c
    np.multiply.accumulate(powers, axis=1, out=powers)
    series[-1] = weights.dot(powers)
    series[-1, 0] = mean
    return series


def _joined(rows: Floats, others: Floats, weights: Floats) -> Floats:
    """(1 + e)(1 + e') - 1 = e e' + e + e' of both, and u = sum_i pi_i e_i of the result."""
    both = rows * others
    both[-1] = np.tensordot(weights, both[:-1], axes=1)
    both += rows
    both += others
    return both


def _minus_log1p(u: Floats, is_tiny: bool) -> Floats:
    """u - log(1 + u) without cancellation: u^2 times the integral of s / (1 + us) over [0, 1].

    The rule has ten nodes; its error is below 7^-20 for -2/5 < u < 2/3, which `is_tiny` promises.
    """
    kernel = _INVERSE_NODES + u
    small = _UNIT_WEIGHTS.dot(np.reciprocal(kernel, out=kernel))
    small *= u
    small *= u
    return small if is_tiny else np.where(abs(u) < 0.4, small, u - np.log1p(u))


_LEGENDRE_NODES, _LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(10)
_INVERSE_NODES = 2 / (1 + _LEGENDRE_NODES[:, None])
_UNIT_WEIGHTS = _LEGENDRE_WEIGHTS / 2
"""Weight times s / (1 + us) at a node s in [0, 1] is the former over 1/s + u."""
