"""Float64 sums of the overlaps for far means: where exponentials overflow, or grids are large.

On a line, logits are taken relative to the largest one at every node. Beyond, the sums are over the
tiles that matter. On a tile the logits are taken relative to those of the component that is largest
in its middle. A tile is a fixed number of steps wide, and steps are the shorter the farther the
means are apart. So no exponential overflows; what underflows belongs to overlaps below
`FLOAT_FLOOR`.
"""

from __future__ import annotations

import numpy as np

from theorycheck.expectations.float64.direct import Sums, line_sums, pairs, scaled_gram
from theorycheck.expectations.float64.lattice import FloatAxis
from theorycheck.expectations.float64.tiles import Tiles, log_weights, phi
from theorycheck.inputs.numbers import Floats

_BLOCK_ENTRIES = (0, 0, 1 << 15, 1 << 14)
"""Entries of the arrays of a block of tiles, by rank: what stays in the processor's cache."""

_NEGLIGIBLE = -700.0
"""Exponents below it belong to nothing that is resolved, and their exponentials take far longer."""


def far_line_sums(c: Floats, weights: Floats, axis: FloatAxis) -> Sums:
    """The sums of -log S, |log S| and psi_i psi_j in one dimension, as in `direct_sums`."""
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
    loss = -float(axis.weights.dot(log_total))
    size = float(axis.weights.dot(np.abs(log_total, out=log_total)))
    ratios *= axis.root_weights / total
    return loss, size, 0.0, scaled_gram(ratios)


def far_sums(c: Floats, weights: Floats, tiles: Tiles) -> Sums:
    """The sums of -log S, |log S| and psi_i psi_j over the tiles, as in `direct_sums`."""
    n, rank = c.shape
    halves = (c * c).sum(axis=1) / 2 - log_weights(weights)
    loss, size, sums = 0.0, 0.0, np.zeros(n * (n + 1) // 2)
    some = max(1, _BLOCK_ENTRIES[rank] // (tiles.side**rank + n * n * tiles.side))
    for start in range(0, len(tiles.middles), some):
        found = _block_sums(c, weights, halves, tiles, tiles.middles[start : start + some])
        loss, size, sums = loss + found[0], size + found[1], sums + found[2]
    overlap = np.empty((n, n))
    i, j = pairs(n)
    overlap[i, j] = overlap[j, i] = sums
    return loss, size, 0.0, overlap


def _block_sums(
    c: Floats, weights: Floats, halves: Floats, tiles: Tiles, middles: Floats
) -> tuple[float, float, Floats]:
    """The sums over B tiles at once; those of psi_i psi_j by pairs i <= j.

    Arrays are (B, n, k, T): tiles, components, axes, nodes along a side. Those of all axes but the
    last are joined, and the sums over the nodes are matrix products, as in `direct_moments`. What
    the ratios and the density are in the middle is left out of all sums over nodes, which are
    slow on numbers below 1e-308.
    """
    first = (middles @ c.T - halves).argmax(axis=1)
    reference = c[first][:, None]
    against = c - reference
    # l_i - l_first in the middle, formed from differences: the logits themselves are large.
    shift = (against * (middles[:, None] - (c + reference) / 2)).sum(axis=2)
    ratios = np.exp(shift) * (weights / weights[first][:, None])
    masses = phi(middles)
    tables = np.exp(against[..., None] * tiles.offsets)
    slopes = reference.transpose(0, 2, 1) * (middles[:, :, None] + tiles.offsets)
    slopes[:, 0] -= halves[first][:, None]
    densities = tiles.densities(middles)
    lead, density, logit = tables[:, :, 0], densities[:, 0], slopes[:, 0]
    for k in range(1, c.shape[1] - 1):
        lead = _flat(lead[..., None] * tables[:, :, k, None])
        density = _flat(density[..., None] * densities[:, k, None])
        logit = _flat(logit[..., None] + slopes[:, k, None])
    last = tables[:, :, -1]
    total = (lead * ratios[..., None]).transpose(0, 2, 1) @ last
    log_total = np.log(total)
    log_total += logit[..., None]
    log_total += slopes[:, None, -1]
    node_weights = density[..., None] * densities[:, None, -1]
    loss = -float(masses @ np.einsum("bpt,bpt->b", node_weights, log_total))
    np.abs(log_total, out=log_total)
    size = float(masses @ np.einsum("bpt,bpt->b", node_weights, log_total))
    node_weights /= total
    node_weights /= total
    i, j = pairs(len(c))
    inner = (last[:, i] * last[:, j]) @ node_weights.transpose(0, 2, 1)
    sums = np.einsum("bkp,bkp,bkp->bk", lead[:, i], lead[:, j], inner)
    sums *= ratios[:, i] * ratios[:, j] * masses[:, None]
    return loss, size, sums.sum(axis=0)


def _flat(entries: Floats) -> Floats:
    return entries.reshape(*entries.shape[:-2], -1)
