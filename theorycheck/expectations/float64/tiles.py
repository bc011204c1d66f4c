"""The parts of a fine grid where some overlap gains anything, for far means of rank 2 or 3.

The farther the means, the finer the grid, and the smaller the part of it that matters. The
psi_i psi_j phi are log-concave, at least as much as phi, so that each is negligible beyond a
distance of sqrt(-2 log tolerance) from its maximum, and often much nearer. So the grid is cut into
tiles, boxes of nodes, and a tile is left out if no overlap gains more than the tolerance there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.budget import charge
from theorycheck.errors import TooExpensive
from theorycheck.expectations.float64.lattice import MAX_NODES
from theorycheck.expectations.trapezoid import FLOAT_FLOOR, choose_axis
from theorycheck.inputs.numbers import Floats

_SIDES = (0, 0, 48, 14)
"""Nodes along each side of a tile, by rank."""
_WIDEST = 12.0
"""Of a tile, along an axis: the density at its nodes is at most e^{+-300} times that in the middle,
which is a normal number of float64 within any reach."""
_MAX_TILES = 2_000_000
_SLACK = 3.0
"""Added to the logarithm of what a tile may contribute, as many are left out."""
_BLOCK_NODES = 8192


@dataclass(frozen=True, eq=False)
class Tiles:
    """Boxes of side^k nodes.

    steps: of the grid, (k,). middles: (M, k). side: nodes along each side.
    """

    steps: Floats
    middles: Floats
    side: int

    @property
    def size(self) -> int:
        """Number of nodes."""
        tiles, rank = self.middles.shape
        return int(tiles * self.side**rank)

    @property
    def offsets(self) -> Floats:
        """The nodes (k, side) of any tile along each axis, less its middle."""
        places = np.arange(self.side) - (self.side - 1) / 2
        offsets: Floats = self.steps[:, None] * places
        return offsets

    def densities(self, middles: Floats) -> Floats:
        """h phi(x) / phi(middle) along each axis, (B, k, side), for the middles (B, k) of tiles."""
        offsets = self.offsets
        weights: Floats = np.exp(-offsets * (middles[:, :, None] + offsets / 2))
        weights *= self.steps[:, None]
        return weights

    def nodes(self) -> Iterator[tuple[Floats, Floats]]:
        """The nodes (N, k) and weights (N,), in blocks."""
        tiles, rank = self.middles.shape
        some = max(1, _BLOCK_NODES // self.side**rank)
        for start in range(0, tiles, some):
            middles = self.middles[start : start + some]
            x, weights = middles[:, :, None] + self.offsets, self.densities(middles)
            weights[:, 0] *= phi(middles)[:, None]
            shape = (len(x), *(self.side,) * rank)
            lines = [_along(k, rank, x) for k in range(rank)]
            product = math.prod((_along(k, rank, weights) for k in range(rank)), start=1.0)
            rows = [np.broadcast_to(line, shape).ravel() for line in lines]
            yield np.stack(rows, axis=1), np.broadcast_to(product, shape).ravel()


def log_weights(weights: Floats) -> Floats:
    """The logarithms, finite even of a weight that float64 rounds to 0."""
    logarithms: Floats = np.log(np.maximum(weights, 5e-324))
    return logarithms


def phi(x: Floats) -> Floats:
    """The normal density at points (B, k)."""
    density: Floats = np.exp(-(x * x).sum(axis=1) / 2) / (2 * math.pi) ** (x.shape[1] / 2)
    return density


def _along(axis: int, rank: int, entries: Floats) -> Floats:
    """Entries (B, k, side) of one axis, shaped to be broadcast over the nodes of B tiles."""
    side = entries.shape[-1]
    return entries[:, axis].reshape(-1, *(side if k == axis else 1 for k in range(rank)))


def tiles(
    c: Floats,
    weights: Floats,
    reach: float,
    log_tolerance: float,
    floor: float = FLOAT_FLOOR,
    whole: float = -1.0,
    cost: float = 0.02,
) -> Tiles:
    """The tiles that matter, for coordinates c (n, k).

    log_tolerance: log of the error wanted of every overlap, relative to it or, where it is smaller,
    to e^floor. whole: tiles that have mass of components up to this norm are kept too. cost: in
    microseconds per node and component.
    Raises TooExpensive when there are more than 2 * 10^7 nodes.
    """
    n, rank = c.shape
    axes = [choose_axis(spread, log_tolerance, reach) for spread in np.ptp(c, axis=0).tolist()]
    side = _SIDES[rank]
    steps = np.array([min(axis.step, _WIDEST / side) for axis in axes])
    middles = _within(reach, side * steps)
    charge(0.02 * len(middles) * n * n, f"{len(middles)} tiles of a grid")
    half_widths = (side - 1) / 2 * steps
    is_kept = _matters(c, log_weights(weights), middles, half_widths, log_tolerance, floor)
    for mean in c[(c * c).sum(axis=1) <= whole * abs(whole)]:
        is_kept |= _nearest(middles - mean, half_widths) <= -2 * log_tolerance
    found = Tiles(steps, middles[is_kept], side)
    _check_size(found.size)
    charge(50 + found.size * n * (cost + 2e-4 * n), f"a grid of {found.size} nodes")
    return found


def _check_size(size: float) -> None:
    if not size <= MAX_NODES:
        raise TooExpensive(
            f"the grid would have {size:.3g} nodes for {MAX_NODES} at most; "
            "bring the means closer together"
        )


def _within(reach: float, widths: Floats) -> Floats:
    """The middles (M, k) of all tiles of these widths that meet the ball |x| <= reach."""
    halves = np.ceil(reach / widths)
    if not math.prod((2 * halves).tolist()) <= _MAX_TILES:
        _check_size(math.inf)
    lines = (
        (np.arange(-half, half) + 0.5) * width for half, width in zip(halves, widths, strict=True)
    )
    middles = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, len(widths))
    inside: Floats = middles[_nearest(middles, widths / 2) <= reach * reach]
    return inside


def _nearest(middles: Floats, half_widths: Floats) -> Floats:
    """|x|^2 at the point of each tile that is nearest to 0."""
    away = np.maximum(abs(middles) - half_widths, 0.0)
    squares: Floats = (away * away).sum(axis=1)
    return squares


def _matters(
    c: Floats,
    log_weights: Floats,
    middles: Floats,
    half_widths: Floats,
    log_tolerance: float,
    floor: float,
) -> NDArray[np.bool_]:
    """True for the tiles (M,) on which some psi_i psi_j phi is not negligible.

    psi_i <= e^{l_i - l_j} for all j, and l_i - l_j is linear: that bounds it on all of the tile.
    The maximum of psi_i psi_j phi is at least what it is in the middles; the overlap is smaller by
    the width of that peak, at least 1 / (1 + spread) along each axis.
    """
    logits = middles @ c.T - ((c * c).sum(axis=1) / 2 - log_weights)
    log_psi = logits - logits.max(axis=1, keepdims=True)
    log_psi -= np.log(np.exp(log_psi).sum(axis=1, keepdims=True))
    bounds = np.zeros_like(logits)
    for j, other in enumerate(c):
        turns = abs(c - other) @ half_widths
        np.minimum(bounds, logits - logits[:, j : j + 1] + turns, out=bounds)
    inner = log_psi - (middles * middles).sum(axis=1, keepdims=True) / 4
    outer = bounds - _nearest(middles, half_widths)[:, None] / 4
    room = log_tolerance - _SLACK - float(np.log1p(np.ptp(c, axis=0)).sum())
    found = np.zeros(len(middles), dtype=bool)
    for i in range(len(c)):
        largest = np.maximum((inner[:, i : i + 1] + inner[:, i:]).max(axis=0), floor)
        found |= (outer[:, i : i + 1] + outer[:, i:] >= largest + room).any(axis=1)
    return found
