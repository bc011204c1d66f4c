"""Tensor grids of Lemma Q cut to a ball, in float64, cached because trajectories reuse them.

A grid depends on the means through their spread along each axis and the reach alone. Both are
rounded up to a few values, so that the iterates of a trajectory share a grid until the spread has
changed by a twentieth. Nodes outside the ball weigh less than the tolerance and are never formed.

From rank 4 on the nodes are those of the lattice D_k* (a cubic grid and its copy moved by half a
cell), whose aliases are sqrt 2 farther than those of one cubic grid with the same step: 2.8 times
fewer nodes at rank 5 (Conway & Sloane, Sphere Packings, Lattices and Groups, chapter 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from theorycheck.errors import TooExpensive
from theorycheck.quadrature import Axis, choose_axis

Floats = NDArray[np.float64]
MAX_NODES = 20_000_000
SERIES_TERMS = 26
_KEPT_NODES = 400_000
_BLOCK_NODES = 8192
_LADDER = 20.0
"""Spreads and reaches are rounded up to powers of exp(1 / 20)."""
_CUBIC_RANK = 3


@dataclass(frozen=True, eq=False)
class FloatAxis:
    """The nodes (N,) of one axis, increasing, and h phi(node)."""

    x: Floats
    weights: Floats

    @cached_property
    def hermite(self) -> Floats:
        """He_m(x) / m!, shape (SERIES_TERMS, N): e^{cx - c^2/2} - 1 = sum_m c^m He_m(x) / m!."""
        rows = np.empty((SERIES_TERMS + 1, len(self.x)))
        rows[0], rows[1] = 1.0, self.x
        for m in range(1, SERIES_TERMS):
            rows[m + 1] = (self.x * rows[m] - rows[m - 1]) / (m + 1)
        return rows[1:]


@dataclass(frozen=True, eq=False)
class Block:
    """Some nodes of a ball: rows of a prefix table and of the last axis, and their weights.

    prefix: (N,), columns of the prefix table. last: (N,), of the last axis. weights: (N,).
    """

    prefix: NDArray[np.intp]
    last: NDArray[np.intp]
    weights: Floats


@dataclass(frozen=True, eq=False)
class Part:
    """A tensor grid cut to the ball |x| <= reach.

    axes: one per dimension. prefixes: (k - 1, P) indices into all axes but the last, of those
    that have nodes in the ball. spans: (P, 2) first and past-the-last node of the last axis.
    """

    axes: tuple[FloatAxis, ...]
    prefixes: NDArray[np.intp]
    prefix_weights: Floats
    spans: NDArray[np.intp]

    @cached_property
    def size(self) -> int:
        """Number of nodes."""
        return int((self.spans[:, 1] - self.spans[:, 0]).sum())

    def blocks(self) -> Iterable[Block]:
        """All nodes in blocks; those of small grids are kept."""
        return self._kept_blocks if self.size <= _KEPT_NODES else self._new_blocks()

    @cached_property
    def _kept_blocks(self) -> list[Block]:
        return list(self._new_blocks())

    def _new_blocks(self) -> Iterator[Block]:
        counts = self.spans[:, 1] - self.spans[:, 0]
        ends = np.cumsum(counts)
        goals = np.arange(_BLOCK_NODES, ends[-1] + _BLOCK_NODES, _BLOCK_NODES)
        stops = np.minimum(np.searchsorted(ends, goals) + 1, len(counts))
        start = 0
        for stop in stops.tolist():
            if stop > start:
                yield self._block(start, stop, counts[start:stop])
                start = stop

    def _block(self, start: int, stop: int, counts: NDArray[np.intp]) -> Block:
        prefix = np.repeat(np.arange(start, stop), counts)
        firsts = self.spans[start:stop, 0] - (np.cumsum(counts) - counts)
        last = np.arange(len(prefix)) + np.repeat(firsts, counts)
        return Block(prefix, last, self.prefix_weights[prefix] * self.axes[-1].weights[last])


@dataclass(frozen=True, eq=False)
class FloatGrid:
    """The parts of a lattice cut to a ball; the weights of all nodes sum to about 1."""

    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Number of nodes."""
        return sum(part.size for part in self.parts)


def float_grid(spreads: list[float], reach: float, log_tolerance: float) -> FloatGrid:
    """The grid for means with these spreads along the axes.

    log_tolerance: log of the relative error wanted of every overlap (Lemma Q).
    Raises TooExpensive when there would be more than 2 * 10^7 nodes.
    """
    rungs = tuple(_rung(max(spread, 0.05)) for spread in spreads)
    return _cached_grid(rungs, _rung(reach), log_tolerance)


def _rung(value: float) -> int:
    return math.ceil(_LADDER * math.log(value))


def estimated_size(spreads: list[float], reach: float, log_tolerance: float) -> float:
    """About the number of nodes of `float_grid`: the volume of the ball over that of a cell."""
    k = len(spreads)
    axes = [choose_axis(max(spread, 0.05), log_tolerance, reach) for spread in spreads]
    return _size(axes, reach, k <= _CUBIC_RANK)


def _size(axes: list[Axis], reach: float, is_cubic: bool) -> float:
    k = len(axes)
    volume = (math.pi ** (k / 2) / math.gamma(k / 2 + 1)) * reach**k
    return volume / math.prod(axis.step for axis in axes) * (1.0 if is_cubic else 2 / 2 ** (k / 2))


@lru_cache(maxsize=24)
def _cached_grid(rungs: tuple[int, ...], reach_rung: int, log_tolerance: float) -> FloatGrid:
    reach = math.exp(reach_rung / _LADDER)
    axes = [choose_axis(math.exp(rung / _LADDER), log_tolerance, reach) for rung in rungs]
    is_cubic = len(axes) <= _CUBIC_RANK
    size = _size(axes, reach, is_cubic)
    if not size <= MAX_NODES:
        raise TooExpensive(
            f"the grid would have {size:.3g} nodes for {MAX_NODES} at most; "
            "bring the means closer together"
        )
    if is_cubic:
        return FloatGrid((_part(axes, reach, 1.0, 0.0),))
    return FloatGrid(tuple(_part(axes, reach, math.sqrt(2), shift) for shift in (0.0, 0.5)))


def _part(axes: list[Axis], reach: float, stretch: float, shift: float) -> Part:
    """One cubic grid, its steps stretched and its nodes moved by a share of a step.

    The weights are halved when there is a second copy.
    """
    copies = 1.0 if stretch == 1.0 else 2.0
    lines = tuple(_line(axis.step * stretch, reach, shift) for axis in axes)
    room = np.full(1, reach * reach)
    weights = np.full(1, 1.0 / copies)
    prefixes = np.zeros((0, 1), dtype=np.intp)
    for line in lines[:-1]:
        left = room[:, None] - line.x**2
        row, column = np.nonzero(left >= 0)
        prefixes = np.concatenate([prefixes[:, row], column[None]])
        room, weights = left[row, column], weights[row] * line.weights[column]
    half = np.sqrt(room)
    x = lines[-1].x
    spans = np.stack([np.searchsorted(x, -half), np.searchsorted(x, half, side="right")], axis=1)
    return Part(lines, prefixes, weights, spans)


def _line(step: float, reach: float, shift: float) -> FloatAxis:
    half = math.floor(reach / step + shift)
    x = (np.arange(-half, half + 1) + shift) * step
    x = x[abs(x) <= reach]
    return FloatAxis(x, np.exp(-x * x / 2) * (step / math.sqrt(2 * math.pi)))
