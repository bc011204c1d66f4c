"""Float64 sums near the optimum, where everything is a difference from the weights.

psi_i - pi_i, S - 1 and v are formed as such, from Hermite series along each axis: nothing of size
one cancels, and all fields keep their relative accuracy down to means of 1e-30 and less.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce

import numpy as np

from theorycheck.expectations.float64.lattice import SERIES_TERMS, FloatGrid, Part
from theorycheck.expectations.moments import Moments, positions
from theorycheck.inputs.numbers import Floats


def near_optimum_moments(
    c: Floats, weights: Floats, mean: Floats, grid: FloatGrid, is_tiny: bool
) -> Moments:
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
        positions=positions(c, overlap),
    )


def _near_sums(
    rows: Floats, shares: Floats, node_weights: Floats, is_tiny: bool
) -> tuple[float, Floats]:
    """The loss, and the products (n + 1, n + 1) of psi_i - pi_i and -u; spends the rows e and u.

    shares: pi_i, and -1, (n + 1, 1).
    """
    excesses, u = rows[:-1], rows[-1]
    loss = float(node_weights.dot(minus_log1p(u, is_tiny)))
    divide_by_mixture(excesses, u)
    rows *= shares
    return loss, (rows * node_weights).dot(rows.T)


def _excesses(
    c: Floats, weights: Floats, mean: Floats, part: Part
) -> Iterator[tuple[Floats, Floats]]:
    """e and u (n + 1, N) and the weights (N,) at the nodes of a part, in blocks.

    Along one axis both are Hermite series; two are joined by (1 + e)(1 + e') - 1.
    """
    rows = []
    for k, axis in enumerate(part.axes):
        series = hermite_series(c[:, k : k + 1], weights)
        series[-1, 0] = mean[k]  # known better than as a sum of the coefficients
        rows.append(series.dot(axis.hermite[: series.shape[-1]]))
    if len(rows) == 1:
        yield rows[0], part.axes[0].weights
        return
    lead = rows[0].take(part.prefixes[0], axis=1)
    for k in range(1, len(rows) - 1):
        lead = _joined(lead, rows[k].take(part.prefixes[k], axis=1), weights)
    for block in part.blocks:
        joined = _joined(block.lead(lead), block.last(rows[-1]), weights)
        yield joined.reshape(len(joined), -1), block.weights.ravel()


def hermite_series(c: Floats, weights: Floats) -> Floats:
    """Coefficients (..., n + 1, M) of the Hermite series of e_i and u along one axis.

    c: (..., n, 1). weights: (..., n). The first coefficients are c_i and their weighted mean. The
    series is cut off where nothing is left: E (He_m / m!)^2 = 1 / m!, so that the m-th term is
    |c|^m / sqrt(m!), to be compared with |c|.
    """
    largest = float(abs(c).max())
    terms, left = 2, largest / math.sqrt(2)
    while left > _NEGLIGIBLE and terms < SERIES_TERMS:
        terms += 1
        left *= largest / math.sqrt(terms)
    *batch, n, _ = c.shape
    series = np.empty((*batch, n + 1, terms))
    powers = series[..., :-1, :]
    powers[...] = c
    np.multiply.accumulate(powers, axis=-1, out=powers)
    np.vecmat(weights, powers, out=series[..., -1, :])
    return series


def divide_by_mixture(excesses: Floats, u: Floats) -> None:
    """Turn e_i (..., n, N), in place, into (psi_i - pi_i) / pi_i = (e_i - u) / (1 + u)."""
    excesses -= u
    excesses *= np.reciprocal(1 + u)


def _joined(rows: Floats, others: Floats, weights: Floats) -> Floats:
    """(1 + e)(1 + e') - 1 = e e' + e + e' of both, and u = sum_i pi_i e_i of the result."""
    both = rows * others
    both[-1] = weights.dot(both[:-1].reshape(len(weights), -1)).reshape(both.shape[1:])
    both += rows
    both += others
    return both


def minus_log1p(u: Floats, is_tiny: bool) -> Floats:
    """u - log(1 + u) without cancellation: u^2 times the integral of s / (1 + us) over [0, 1].

    The rule has ten nodes; its error is below 7^-20 for -2/5 < u < 2/3, which `is_tiny` promises.
    """
    kernel = _INVERSE_NODES + u
    small = _UNIT_WEIGHTS.dot(np.reciprocal(kernel, out=kernel))
    small *= u
    small *= u
    return small if is_tiny else np.where(abs(u) < 0.4, small, u - np.log1p(u))


_NEGLIGIBLE = 1e-18
"""Terms of a series that are smaller, as a share of the first, are not summed."""
_LEGENDRE_NODES, _LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(10)
_INVERSE_NODES = 2 / (1 + _LEGENDRE_NODES[:, None])
_UNIT_WEIGHTS = _LEGENDRE_WEIGHTS / 2
"""Weight times s / (1 + us) at a node s in [0, 1] is the former over 1/s + u."""
