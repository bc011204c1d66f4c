"""Float64 sums of the overlaps for far means: where exponentials overflow, or grids are large.

On a line, logits are taken relative to the largest one at every node. Beyond, the sums are over the
tiles that matter. On a tile the logits are taken relative to those of the component that is largest
in its middle. A tile is a fixed number of steps wide, and steps are the shorter the farther the
means are apart. So no exponential overflows; what underflows belongs to overlaps below
`FLOAT_FLOOR`.
"""

from __future__ import annotations

import numpy as np

from theorycheck.expectations.float64.direct import Sums, line_sums, scaled_gram
from theorycheck.expectations.float64.lattice import FloatAxis
from theorycheck.expectations.float64.tiles import Tiles, log_weights, phi
from theorycheck.expectations.moments import pairs, symmetric
from theorycheck.inputs.numbers import Floats

_BLOCK_ENTRIES = 88_000
"""Entries of the arrays of a block of tiles: what stays in the processor's cache, and is not mapped
anew for every block."""

_NEGLIGIBLE = -700.0
"""Exponents below it belong to nothing that is resolved, and their exponentials take far longer."""


def far_line_sums(c: Floats, weights: Floats, axis: FloatAxis) -> Sums:
    """The sums of -log S and psi_i psi_j in one dimension, as in `direct_sums`."""
    return line_sums(_far_line_sums, c, weights, axis)


def _far_line_sums(c: Floats, weights: Floats, axis: FloatAxis) -> Sums:
    logits = axis.x - c / 2
    logits *= c
    logits += log_weights(weights)[:, None]
    peaks = logits.max(axis=0)
    logits -= peaks
    np.maximum(logits, _NEGLIGIBLE, out=logits)
    ratios = np.exp(logits, out=logits)
    total = ratios.sum(axis=0)
    log_total = np.log(total)
    log_total += peaks
    ratios *= axis.root_weights / total
    return -float(axis.weights.dot(log_total)), 0.0, scaled_gram(ratios)


def far_sums(c: Floats, weights: Floats, tiles: Tiles) -> Sums:
    """The sums of -log S and psi_i psi_j over the tiles, as in `direct_sums`."""
    n, rank = c.shape
    count = n * (n + 1) // 2
    halves = (c * c).sum(axis=1) / 2 - log_weights(weights)
    loss, sums = 0.0, np.zeros(count)
    some = max(2, _BLOCK_ENTRIES // (2 * tiles.side**rank + 3 * count * tiles.side))
    for start in range(0, len(tiles.middles), some):
        found = _block_sums(c, weights, halves, tiles, tiles.middles[start : start + some])
        loss, sums = loss + found[0], sums + found[1]
    return loss, 0.0, symmetric(sums, n)


def _block_sums(
    c: Floats, weights: Floats, halves: Floats, tiles: Tiles, middles: Floats
) -> tuple[float, Floats]:
    """The sums over B tiles at once; those of psi_i psi_j by pairs i <= j.

    Arrays are (B, n, k, T): tiles, components, axes, nodes along a side. Those of all axes but the
    last are joined, and the sums over the nodes are matrix products, as in `direct_moments`. What
    the ratios and the density are in the middle is left out of all sums over nodes, which are
    slow on numbers below 1e-308. So are factors of the density, and the logit of the component that
    is largest in the middle, which is linear.
    """
    first = (middles @ c.T - halves).argmax(axis=1)
    reference = c[first][:, None]
    against = c - reference
    # l_i - l_first in the middle, formed from differences: the logits themselves are large.
    shift = (against * (middles[:, None] - (c + reference) / 2)).sum(axis=2)
    ratios = np.exp(shift) * (weights / weights[first][:, None])
    masses = phi(middles)
    tables = np.exp(against[..., None] * tiles.offsets)
    densities = tiles.densities(middles)
    lead, density = tables[:, :, 0], densities[:, 0]
    for k in range(1, c.shape[1] - 1):
        lead = _flat(lead[..., None] * tables[:, :, k, None])
        density = _flat(density[..., None] * densities[:, k, None])
    last, last_density = tables[:, :, -1], densities[:, -1]
    total = (lead * ratios[..., None]).transpose(0, 2, 1) @ last
    logs = np.vecdot(density, np.matvec(np.log(total), last_density))
    logs += _linear(reference[:, 0], tiles.offsets + middles[..., None], densities, halves[first])
    total *= total
    np.reciprocal(total, out=total)
    inner = _products(last, last_density) @ total.transpose(0, 2, 1)
    sums = np.vecdot(_products(lead, density), inner)
    i, j = pairs(len(c))
    sums *= ratios[:, i] * ratios[:, j] * masses[:, None]
    return -float(masses.dot(logs)), sums.sum(axis=0)


def _linear(slopes: Floats, x: Floats, densities: Floats, halves: Floats) -> Floats:
    """The sums (B,) of <slope, x> - half over the nodes of B tiles, from those along each axis."""
    masses = densities.sum(axis=2)
    means = slopes * np.vecdot(densities, x) / masses
    found: Floats = masses.prod(axis=1) * (means.sum(axis=1) - halves)
    return found


def _products(tables: Floats, density: Floats) -> Floats:
    """The products of pairs i <= j of the rows of tables (B, n, T), times densities (B, T)."""
    i, j = pairs(tables.shape[1])
    found: Floats = tables.take(i, axis=1)
    found *= (tables * density[:, None]).take(j, axis=1)
    return found


def _flat(entries: Floats) -> Floats:
    return entries.reshape(*entries.shape[:-2], -1)
