"""Float64 sums over a grid: exponentials per axis, multiplied at the nodes.

Three ways, all exact up to rounding; `float_moments` takes the first that keeps its accuracy.
- near the optimum everything is a difference from the weights: psi_i - pi_i, S - 1, v;
- at a moderate distance the overlaps are summed directly, and Stein's identity gives the rest;
- what remains is left to `general_moments`, in the log domain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from theorycheck.errors import TooExpensive
from theorycheck.float_grid import SERIES_TERMS, FloatGrid, Part, estimated_size, float_grid
from theorycheck.general_moments import NEAR, general_moments
from theorycheck.quadrature import FARTHEST, FLOAT_FLOOR, smallest_log_overlap
from theorycheck.random_points import random_moments
from theorycheck.sums import Moments

Floats = NDArray[np.float64]
MAX_FULL_RANK = 3
MAX_GRID_RANK = 5
BUDGET = 8_000_000
"""Largest number of nodes times components of a grid of rank 4 or 5."""
FINEST = math.log(1e-16)
_COARSER = [math.log(10.0**-digits) for digits in range(16, 4, -1)]
_SERIES_REACH = 0.5
_LARGEST_EXPONENT = 600.0
_KEPT = 0.01
"""A sum is taken as it is when it is at least this share of the size of what is summed."""


def float_moments(c: Floats, weights: Floats, mean: Floats) -> Moments:
    """Arguments as for `moments`.

    Up to rank 3 close to rounding. At ranks 4 and 5 the grid is as fine as BUDGET allows, with an
    error between 1e-16 and 1e-5 of the largest entry of a field: `grid_tolerance` tells. Above
    rank 5 the points are random, with a standard error (`random_points`).
    """
    if c.shape[1] > MAX_GRID_RANK:
        return random_moments(c, weights, mean)
    farthest = float(abs(c).max())
    if not farthest < FARTHEST:
        raise TooExpensive(f"a mean is farther than {FARTHEST:.0e}, so no grid can be chosen")
    norms = np.sqrt(np.add.reduce(c * c, axis=1))
    largest = float(norms.max())
    log_tolerance = _log_tolerance(c, weights, largest)
    reach = _reach(c, weights, largest, log_tolerance)
    if largest <= _SERIES_REACH:
        return _near(c, weights, mean, float_grid(_spreads(c), reach, log_tolerance))
    if largest * reach + largest * largest / 2 < _LARGEST_EXPONENT:
        found = _direct(c, weights, norms, float_grid(_spreads(c), reach, log_tolerance))
        if found is not None:
            return found
    reach = max(reach, min(largest, NEAR) + 8.7)
    grid = float_grid(_spreads(c), reach, log_tolerance)
    return general_moments(c, weights, mean, _nodes(grid))


def grid_tolerance(c: Floats, weights: Floats) -> float:
    """The accuracy aimed at for these means: 1e-16 up to rank 3, what the budget allows above."""
    return math.exp(_log_tolerance(c, weights, float(np.sqrt((c * c).sum(axis=1)).max())))


def _log_tolerance(c: Floats, weights: Floats, largest: float) -> float:
    if c.shape[1] <= MAX_FULL_RANK:
        return FINEST
    spreads = _spreads(c)
    for log_tolerance in _COARSER:
        reach = _reach(c, weights, largest, log_tolerance)
        if estimated_size(spreads, reach, log_tolerance) * len(c) <= BUDGET:
            return log_tolerance
    return _COARSER[-1]


def _spreads(c: Floats) -> list[float]:
    spreads: list[float] = (c.max(axis=0) - c.min(axis=0)).tolist()
    return spreads


def _reach(c: Floats, weights: Floats, largest: float, log_tolerance: float) -> float:
    """Beyond it nothing counts: not for the smallest overlap, nor, near the optimum, for E u^4."""
    rank = c.shape[1]
    if largest <= _SERIES_REACH:
        return math.sqrt(2 * (5 - log_tolerance + rank)) + largest
    if rank > MAX_FULL_RANK:
        return math.sqrt(2 * (rank - log_tolerance))
    # psi_i(0) >= pi_i e^{-|c_i|^2 / 2}, and the integrand is as large in a neighbourhood of 0.
    smallest = 2 * math.log(max(float(weights.min()), 5e-324)) - largest * largest - 2
    if largest > 4 or rank > 1:
        log_weights = np.log(np.maximum(weights, 5e-324))
        smallest = max(smallest, smallest_log_overlap(c, log_weights))
    return math.sqrt(2 * (rank - log_tolerance - max(smallest, FLOAT_FLOOR)))


# --------------------------------------------------------------------------- moderate means


def _direct(c: Floats, weights: Floats, norms: Floats, grid: FloatGrid) -> Moments | None:
    """The overlaps G; grad = G c, F = c^T G c, E psi_i x = p_i c_i - grad_i (Stein).

    None when the loss, the gradient or F is small against the terms that make it up.
    """
    n = len(c)
    overlap = np.zeros((n, n))
    loss = size = 0.0
    for part in grid.parts:
        tables = [
            np.exp(np.multiply.outer(column, axis.x) - (column * column / 2)[:, None])
            for column, axis in zip(c.T, part.axes, strict=True)
        ]
        tables[0] *= weights[:, None]
        for ratios, node_weights in _products(tables, part):
            total = np.add.reduce(ratios, axis=0)
            log_total = np.log(total)
            loss -= float(node_weights @ log_total)
            size += float(node_weights @ abs(log_total))
            ratios *= np.sqrt(node_weights) / total
            overlap += ratios @ ratios.T
    gradient = overlap @ c
    fisher = float((c * gradient).sum())
    sizes = overlap @ norms
    is_kept = (
        loss > _KEPT * size
        and fisher > _KEPT * float(norms @ sizes)
        and abs(gradient).max() > _KEPT * sizes.max()
    )
    if not is_kept:
        return None
    masses = np.add.reduce(overlap, axis=1)
    return Moments(loss, masses, overlap, gradient, fisher, _positions(c, masses, gradient))


def _positions(c: Floats, masses: Floats, gradient: Floats) -> Floats:
    """E psi_i x = p_i c_i - grad_i, and E x = 0 for the component where that cancels."""
    positions: Floats = masses[:, None] * c - gradient
    main = masses.argmax()
    positions[main] = 0.0
    positions[main] = -np.add.reduce(positions, axis=0)
    return positions


def _products(tables: list[Floats], part: Part) -> Iterator[tuple[Floats, Floats]]:
    """Products of one row (n, N_k) per axis at the nodes: (n, N) and the weights (N,)."""
    if len(tables) == 1:
        yield tables[0], part.axes[0].weights
        return
    prefixes = _prefix_products(tables, part)
    for block in part.blocks():
        yield (
            prefixes.take(block.prefix, axis=1) * tables[-1].take(block.last, axis=1),
            block.weights,
        )


def _prefix_products(tables: list[Floats], part: Part) -> Floats:
    result = tables[0].take(part.prefixes[0], axis=1)
    for table, index in zip(tables[1:-1], part.prefixes[1:], strict=True):
        result *= table.take(index, axis=1)
    return result


def _nodes(grid: FloatGrid) -> Iterator[tuple[Floats, Floats]]:
    """The nodes (N, k) and weights (N,), in blocks."""
    for part in grid.parts:
        lead = [axis.x.take(i) for axis, i in zip(part.axes, part.prefixes, strict=False)]
        for block in part.blocks():
            last = part.axes[-1].x.take(block.last)
            yield np.stack([*(x.take(block.prefix) for x in lead), last], axis=1), block.weights


# ------------------------------------------------------------------------- near the optimum


def _near(c: Floats, weights: Floats, mean: Floats, grid: FloatGrid) -> Moments:
    """Sums of excesses psi_i - pi_i = pi_i (e_i - u) / (1 + u), with E e_i = E u = 0.

    e_i = e^{<x, c_i> - |c_i|^2 / 2} - 1 and u = sum_i pi_i e_i, whose linear term is <x, mean>.
    """
    n, rank = c.shape
    loss = fisher = 0.0
    bends, products, turns = np.zeros(n), np.zeros((n, n)), np.zeros((n, rank))
    column, centre = weights[:, None], mean[:, None]
    for part in grid.parts:
        for e, u, node_weights in _excesses(c, weights, mean, part):
            loss += float(node_weights @ _minus_log1p(u))
            e -= u
            e *= column
            e /= 1 + u
            v = c.T @ e
            v += centre
            fisher += float(np.add.reduce(v * v, axis=0) @ node_weights)
            bends -= e @ (node_weights * u)
            weighted = e * node_weights
            products += weighted @ e.T
            turns += weighted @ v.T
    masses = weights + bends
    linear = np.multiply.outer(weights, bends)
    overlap = np.multiply.outer(weights, weights) + (linear + linear.T) + products
    gradient = np.multiply.outer(weights, mean + bends @ c) + turns
    return Moments(loss, masses, overlap, gradient, fisher, _positions(c, masses, gradient))


def _excesses(
    c: Floats, weights: Floats, mean: Floats, part: Part
) -> Iterator[tuple[Floats, Floats, Floats]]:
    """e (n, N), u (N,) and the weights (N,) at the nodes of a part, in blocks.

    Along one axis both are Hermite series; two are joined by (1 + e)(1 + e') - 1.
    """
    e, u = [], []
    for k, axis in enumerate(part.axes):
        powers = np.multiply.accumulate(np.repeat(c[:, k : k + 1], SERIES_TERMS, axis=1), axis=1)
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
    for block in part.blocks():
        joined = _joined(
            e_lead.take(block.prefix, axis=1),
            u_lead.take(block.prefix),
            e[-1].take(block.last, axis=1),
            u[-1].take(block.last),
            weights,
        )
        yield *joined, block.weights


def _joined(
    e: Floats, u: Floats, e_next: Floats, u_next: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    both = e * e_next
    u_both = u + u_next + weights @ both
    both += e
    both += e_next
    return both, u_both


_ATANH_SERIES = 2.0 / np.arange(3, 23, 2)


def _minus_log1p(u: Floats) -> Floats:
    """u - log(1 + u) without cancellation: with s = u / (2 + u), log(1 + u) = 2 atanh s."""
    s = u / (2 + u)
    square = s * s
    powers = np.multiply.accumulate(np.broadcast_to(square, (len(_ATANH_SERIES), len(s))), axis=0)
    small = s * (u - _ATANH_SERIES @ powers)
    return np.where(abs(u) < 0.25, small, u - np.log1p(u))
