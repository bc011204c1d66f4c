"""Float64 sums at a moderate distance: the overlaps, from which Stein's identity gives the rest."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TypeAlias

import numpy as np

from theorycheck.expectations.float64.lattice import FloatAxis, FloatGrid, Part
from theorycheck.expectations.moments import Moments, gram, ones, pairs, positions, symmetric
from theorycheck.expectations.trapezoid import CACHED
from theorycheck.inputs.numbers import Floats

Sums: TypeAlias = tuple[float, float, Floats]
"""The sums of -log S, S - 1 and psi_i psi_j, (n, n)."""


_SMALL, _NOTHING = 1e-150, 1e-304
NEAR_ONE = 0.3
"""What the loss is compared with: it is the least size of its terms."""


def direct_sums(c: Floats, weights: Floats, grid: FloatGrid) -> Sums:
    """The sums over a grid."""
    if c.shape[1] == 1:
        return line_sums(_line_sums, c, weights, grid.parts[0].axes[0])
    return reduce(_added, [_part_sums(_tables(c, weights, part), part) for part in grid.parts])


def line_sums(
    find: Callable[[Floats, Floats, FloatAxis], Sums], c: Floats, weights: Floats, axis: FloatAxis
) -> Sums:
    """The sums over an axis, in pieces whose arrays stay in the processor's cache."""
    step = max(1, CACHED // len(c))
    if step >= len(axis.x):
        return find(c, weights, axis)
    pieces = (slice(start, start + step) for start in range(0, len(axis.x), step))
    axes = (FloatAxis(axis.x[piece], axis.weights[piece]) for piece in pieces)
    return reduce(_added, (find(c, weights, piece) for piece in axes))


def direct_moments(
    c: Floats, norms: Floats, sums: Sums, is_whole: bool, kept: float
) -> Moments | None:
    """grad = G c, F = c^T G c, and E psi_i x from Stein's identity.

    is_whole: the grid holds the mass of every component, not of the truth alone.
    None when the loss, the gradient or F is below `kept` of the terms that make it up; where S is
    near 1 it is rounded absolutely, so those of the loss count 0.3 at least. E |log S| itself needs
    no sum: it is at most loss + sqrt(2 loss), as E |S - 1| is at most sqrt(2 loss) (Pinsker), and a
    loss above `kept` times 0.3 is above `kept` times that.
    """
    loss, mass, overlap = sums
    if is_whole:  # E (S - 1) = 0, and its sum has the errors of that of log S
        loss += mass
    gradient = overlap.dot(c)
    fisher = float(np.vdot(c, gradient))
    sizes = overlap.dot(norms)
    is_kept = (
        loss > kept * NEAR_ONE
        and fisher > kept * float(norms.dot(sizes))
        and max(map(abs, gradient.ravel().tolist())) > kept * max(sizes.tolist())
    )
    if not is_kept:
        return None
    masses = overlap.dot(ones(len(c)))
    return Moments(loss, masses, overlap, gradient, fisher, positions(c, overlap))


def _added(one: Sums, other: Sums) -> Sums:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _tables(c: Floats, weights: Floats, part: Part) -> list[Floats]:
    """For each axis, e^{x c_i - c_i^2 / 2} at its nodes, (n, N_k); the first times pi_i."""
    tables = [exponentials(c[:, k : k + 1], axis) for k, axis in enumerate(part.axes)]
    tables[0] *= weights[:, None]
    return tables


def exponentials(c: Floats, axis: FloatAxis) -> Floats:
    """e^{x c - c^2 / 2} at the nodes of an axis, (..., n, N), for coordinates c (..., n, 1)."""
    table: Floats = axis.x - c / 2
    table *= c
    return np.exp(table, out=table)


def _part_sums(tables: list[Floats], part: Part) -> Sums:
    """The sums over a part of a grid."""
    return _rectangle_sums(_prefix_products(tables, part), tables[-1], part)


def _line_sums(c: Floats, weights: Floats, axis: FloatAxis) -> Sums:
    """The sums in one dimension; that of S - 1 is not needed there, and 0."""
    ratios = exponentials(c, axis)
    ratios *= weights[:, None]
    total = ones(len(ratios)).dot(ratios)
    log_total = np.log(total)
    psi = ratios * (axis.root_weights / total)
    return -float(axis.weights.dot(log_total)), 0.0, scaled_gram(psi)


def scaled_gram(psi: Floats) -> Floats:
    """psi psi^T (n, n), of numbers 0 <= psi whose squares sum to 1 at most, down to 1e-290.

    Processors are a hundred times slower on numbers below 1e-308. So all are scaled up, and those
    that are nothing beside 1e-290 are left out.
    """
    if psi.min() >= _SMALL:
        return gram(psi)
    scaled = psi * (1 / _SMALL)
    np.copyto(scaled, 0.0, where=scaled < _NOTHING / _SMALL)
    return gram(scaled) * (_SMALL * _SMALL)


def _rectangle_sums(lead: Floats, last: Floats, part: Part) -> Sums:
    """The sums of `_part_sums` over rectangles of nodes, as matrix products.

    The ratios at the nodes are never formed: sum_pl w_pl a_ip a_jp b_il b_jl / S_pl^2 is, for every
    pair ij, a sum over p of a_ip a_jp times (b_i b_j) (w / S^2)^T.
    """
    n = len(last)
    i, j = pairs(n)
    last_pairs = last[i] * last[j]
    sums, loss, mass = np.zeros(len(i)), 0.0, 0.0
    for block in part.blocks:
        a, b = lead[:, block.prefixes], last[:, block.run]
        first, second = block.factors
        mass += float((a @ first).dot(b @ second)) - float(first.sum() * second.sum())
        total = a.T @ b
        weights = block.weights
        loss -= float(np.vdot(weights, np.log(total)))
        total *= total
        weights /= total
        sums += np.einsum("kp,kp,kp->k", a[i], a[j], last_pairs[:, block.run] @ weights.T)
    return loss, mass, symmetric(sums, n)


def _prefix_products(tables: list[Floats], part: Part) -> Floats:
    result: Floats = tables[0].take(part.prefixes[0], axis=1)
    for table, index in zip(tables[1:-1], part.prefixes[1:], strict=True):
        result *= table.take(index, axis=1)
    return result
