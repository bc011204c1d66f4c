"""Float64 sums over a grid: exponentials per axis, multiplied at the nodes.

Three ways, all exact up to rounding; `float_moments` takes the first that keeps its accuracy.
- near the optimum everything is a difference from the weights: psi_i - pi_i, S - 1, v;
- at a moderate distance the overlaps are summed directly, and Stein's identity gives the rest;
- what remains is left to `general_moments`, in the log domain.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.effort import spend
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
    if not max(map(abs, c.ravel().tolist())) < FARTHEST:
        raise TooExpensive(f"a mean is farther than {FARTHEST:.0e}, so no grid can be chosen")
    norms = abs(c[:, 0]) if c.shape[1] == 1 else np.sqrt(np.einsum("ik,ik->i", c, c))
    largest = max(norms.tolist())
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
        return _near(c, weights, mean(), _grid(c, reach, step))
    reach = max(reach, min(largest, NEAR) + 8.7)
    return general_moments(c, weights, mean(), _nodes(_grid(c, reach, step, 0.25)))


def _grid(c: Floats, reach: float, log_tolerance: float, cost: float = 0.05) -> FloatGrid:
    """The grid, announced: `cost` microseconds per node and component."""
    grid, n = float_grid(_spreads(c), reach, log_tolerance), len(c)
    spend(50 + grid.size * n * (cost + 2e-4 * n), f"a grid of {grid.size} nodes for {n} components")
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
    gradient = overlap @ c
    fisher = float(np.vdot(c, gradient))
    sizes = overlap @ norms
    is_kept = (
        loss > kept * max(size, 0.3)  # S may be near 1, and so rounded absolutely
        and fisher > kept * float(norms @ sizes)
        and max(map(abs, gradient.ravel().tolist())) > kept * max(sizes.tolist())
    )
    if not is_kept:
        return None
    masses = np.add.reduce(overlap, axis=1)
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
        total = np.add.reduce(ratios, axis=0)
        log_total = np.log(total)
        psi = ratios * (part.axes[0].root_weights / total)
        return -float(weights @ log_total), float(weights @ abs(log_total)), 0.0, psi @ psi.T
    return _rectangle_sums(_prefix_products(tables, part), tables[-1], part)


def _rectangle_sums(lead: Floats, last: Floats, part: Part) -> _Sums:
    """The same over rectangles, as matrix products: the ratios at the nodes are never formed.

    sum_pl w_pl a_ip a_jp b_il b_jl / S_pl^2 is, for every pair ij, a sum over p of a_ip a_jp times
    (b_i b_j) (w / S^2)^T.
    """
    n = len(last)
    i, j = np.triu_indices(n)
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


def _positions(c: Floats, overlap: Floats) -> Floats:
    """E psi_i x = p_i c_i - grad_i = sum_j G_ij (c_i - c_j), in which little cancels."""
    positions: Floats
    if c.shape[1] == 1:
        positions = np.add.reduce(overlap * (c - c.T), axis=1, keepdims=True)
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


def _near(c: Floats, weights: Floats, mean: Floats, grid: FloatGrid) -> Moments:
    """Sums of excesses psi_i - pi_i = pi_i (e_i - u) / (1 + u), with E e_i = E u = 0.

    e_i = e^{<x, c_i> - |c_i|^2 / 2} - 1 and u = sum_i pi_i e_i, whose linear term is <x, mean>.
    """
    loss, bends, products = 0.0, np.zeros(len(c)), np.zeros((len(c), len(c)))
    for part in grid.parts:
        for e, u, node_weights in _excesses(c, weights, mean, part):
            loss += float(node_weights @ _minus_log1p(u))
            e -= u
            e /= 1 + u
            bends -= e @ (node_weights * u)
            products += (e * node_weights) @ e.T
    bends *= weights
    pairs = np.multiply.outer(weights, weights)
    products *= pairs
    linear = np.multiply.outer(weights, bends)
    masses, overlap = weights + bends, pairs + (linear + linear.T) + products
    bend, turns = bends @ c, products @ c  # v = mean + sum_i (psi_i - pi_i) c_i
    gradient = weights[:, None] * (mean + bend) + bends[:, None] * mean + turns
    return Moments(
        loss=loss,
        responsibilities=masses,
        overlap=overlap,
        gradient=gradient,
        fisher_divergence=float(mean @ (mean + 2 * bend) + np.vdot(c, turns)),
        positions=_positions(c, overlap),
    )


def _excesses(
    c: Floats, weights: Floats, mean: Floats, part: Part
) -> Iterator[tuple[Floats, Floats, Floats]]:
    """e (n, N), u (N,) and the weights (N,) at the nodes of a part, in blocks.

    Along one axis both are Hermite series; two are joined by (1 + e)(1 + e') - 1.
    """
    e, u = [], []
    for k, axis in enumerate(part.axes):
        powers = np.multiply.accumulate(c[:, k : k + 1] + _SERIES_ZEROS, axis=1)
        sums = weights @ powers
        sums[0] = mean[k]
        e.append(powers @ axis.hermite)
        u.append(sums @ axis.hermite)
    if len(e) == 1:
        yield e[0], u[0], part.axes[0].weights
        return
    e_lead, u_lead = e[0].take(part.prefixes[0], axis=1), u[0].take(part.prefixes[0])
    for k in range(1, len(e) - 1):
        e_next, u_next = e[k].take(part.prefixes[k], axis=1), u[k].take(part.prefixes[k])
        e_lead, u_lead = _joined(e_lead, u_lead, e_next, u_next, weights)
    for block in part.blocks:
        joined, u_joined = _joined(
            *(block.lead(e_lead), block.lead(u_lead)),
            *(block.last(e[-1]), block.last(u[-1]), weights),
        )
        yield joined.reshape(len(joined), -1), u_joined.ravel(), block.weights.ravel()


def _joined(
    e: Floats, u: Floats, e_next: Floats, u_next: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    both = e * e_next
    u_both = u + u_next + (weights @ both.reshape(len(both), -1)).reshape(both.shape[1:])
    both += e
    both += e_next
    return both, u_both


def _minus_log1p(u: Floats) -> Floats:
    """u - log(1 + u) without cancellation: u^2 times the integral of s / (1 + us) over [0, 1].

    The rule has seven nodes; for |u| < 1/4 its error is below 17^-14.
    """
    small = _UNIT_WEIGHTS @ (1 / (1 + _UNIT_NODES * u))
    small *= u * u
    return np.where(abs(u) < 0.25, small, u - np.log1p(u))


_LEGENDRE_NODES, _LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(7)
_UNIT_NODES = (_LEGENDRE_NODES[:, None] + 1) / 2
_UNIT_WEIGHTS = _LEGENDRE_WEIGHTS * _UNIT_NODES[:, 0] / 2
_SERIES_ZEROS = np.zeros(SERIES_TERMS)
"""Adding zeros repeats an array sooner than NumPy's own ways do."""
