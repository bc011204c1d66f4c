"""Tensor grids of Lemma Q cut to a ball, in float64, cached because trajectories reuse them.

A grid depends on the means through their spread along each axis and the reach alone. Both are
rounded up to a few values, so that the iterates of a trajectory share a grid until the spread has
changed by some per cent. Nodes outside the ball weigh less than the tolerance and are never formed.

From rank 4 on the nodes are those of the lattice D_k* (a cubic grid and its copy moved by half a
cell), whose aliases are sqrt 2 farther than those of one cubic grid with the same step: 2.8 times
fewer nodes at rank 5 (Conway & Sloane, Sphere Packings, Lattices and Groups, chapter 4).

Near the optimum all that is summed is almost a polynomial, and Gauss's nodes are fewer still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.budget import charge
from theorycheck.errors import TooExpensive
from theorycheck.expectations.trapezoid import Axis, choose_axis
from theorycheck.inputs.numbers import Floats

MAX_NODES = 20_000_000
SERIES_TERMS = 40
_BLOCK_NODES = 8192
_RUN_LENGTHS = (1, 1, 6, 16, 16, 16)
"""By rank, the runs of the last axis are lengthened to about half as many different lengths."""
_LADDERS = (0, 20, 20, 100, 100, 100)
"""Spreads and reaches are rounded up to powers of exp(1 / ladder), a ladder for each rank."""
_CUBIC_RANK = 3
_SMALLEST_SPREAD = 0.05
_GAUSS_NODES = (16, 24, 36)
GAUSS_REACHES = (0.125, 0.25, 0.375)
"""So many nodes of Gauss along an axis suffice for means of these norms: a mixture's density has
zeros at a distance of pi over their spread, and the error is 10^-15 of each field. Beyond, equally
spaced nodes are as good."""
GAUSS_CUT = 9.75
"""Nodes farther from the origin, of ranks 2 and 3, weigh less than 10^-20."""


@dataclass(frozen=True, eq=False)
class FloatAxis:
    """The nodes (N,) of one axis, increasing, and h phi(node)."""

    x: Floats
    weights: Floats

    @cached_property
    def root_weights(self) -> Floats:
        """The square roots of the weights."""
        return np.sqrt(self.weights)

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
    """A rectangle of nodes: consecutive prefixes times a run of the last axis.

    prefixes: columns of the prefix table. run: nodes of the last axis. factors: the weights of
    both.
    """

    prefixes: slice
    run: slice
    factors: tuple[Floats, Floats]

    @property
    def weights(self) -> Floats:
        """The weights of the nodes, (P, N)."""
        return np.multiply.outer(*self.factors)

    def lead(self, table: Floats) -> Floats:
        """Entries (..., P) of the prefixes, shaped to be broadcast over the nodes."""
        return table[..., self.prefixes, None]

    def last(self, table: Floats) -> Floats:
        """Entries (..., N) of the last axis, shaped likewise."""
        return table[..., None, self.run]


@dataclass(frozen=True, eq=False)
class Part:
    """A tensor grid cut to the ball |x| <= reach, and a few nodes more.

    axes: one per dimension. prefixes: (k - 1, P) indices into all axes but the last, of those
    that have nodes in the ball; prefix_weights: (P,). ends: (P,), increasing; a prefix has the
    nodes end <= m < N - end of the last axis.
    """

    axes: tuple[FloatAxis, ...]
    prefixes: NDArray[np.intp]
    prefix_weights: Floats
    ends: NDArray[np.intp]

    @cached_property
    def blocks(self) -> list[Block]:
        """All nodes, in rectangles of about _BLOCK_NODES."""
        last = self.axes[-1].weights
        found = []
        firsts = np.flatnonzero(np.diff(self.ends, prepend=-1))
        for first, stop in zip(firsts, [*firsts[1:], len(self.ends)], strict=True):
            end = int(self.ends[first])
            run = slice(end, len(last) - end)
            step = max(1, _BLOCK_NODES // (len(last) - 2 * end))
            for start in range(int(first), int(stop), step):
                some = slice(start, min(start + step, int(stop)))
                found.append(Block(some, run, (self.prefix_weights[some], last[run])))
        return found


@dataclass(frozen=True, eq=False)
class FloatGrid:
    """The parts of a lattice cut to a ball; the weights of all nodes sum to about 1."""

    parts: tuple[Part, ...]

    @cached_property
    def size(self) -> int:
        """Number of nodes."""
        return sum(int((len(part.axes[-1].x) - 2 * part.ends).sum()) for part in self.parts)


def float_grid(spreads: list[float], reach: float, log_tolerance: float) -> FloatGrid:
    """The grid for means with these spreads along the axes.

    log_tolerance: log of the relative error wanted of every overlap (Lemma Q).
    Raises TooExpensive when there would be more than 2 * 10^7 nodes.
    """
    ladder = _LADDERS[len(spreads)]
    rungs = tuple(math.ceil(ladder * math.log(max(s, _SMALLEST_SPREAD))) for s in spreads)
    return _cached_grid(rungs, math.ceil(ladder * math.log(reach)), log_tolerance)


@lru_cache(maxsize=16)
def gauss_grid(rank: int, rung: int) -> FloatGrid:
    """The grid of Gauss's nodes for means of norms within `GAUSS_REACHES[rung]`, ranks 1 to 3.

    Its nodes and weights are G. H. Golub and J. H. Welsch's, by NumPy.
    """
    x, weights = np.polynomial.hermite_e.hermegauss(_GAUSS_NODES[rung])
    line = FloatAxis(x, weights / math.sqrt(2 * math.pi))
    return FloatGrid((_cut((line,) * rank, GAUSS_CUT, 1.0),))


def estimated_size(spreads: list[float], reach: float, log_tolerance: float) -> float:
    """About the number of nodes of `float_grid`: the volume of the ball over that of a cell."""
    k = len(spreads)
    axes = [choose_axis(max(spread, _SMALLEST_SPREAD), log_tolerance, reach) for spread in spreads]
    return _size(axes, reach, k <= _CUBIC_RANK)


def _size(axes: list[Axis], reach: float, is_cubic: bool) -> float:
    k = len(axes)
    volume = (math.pi ** (k / 2) / math.gamma(k / 2 + 1)) * reach**k
    cell = math.prod(axis.step for axis in axes)
    return float(volume / cell) * (1.0 if is_cubic else 2 / 2 ** (k / 2))


@lru_cache(maxsize=24)
def _cached_grid(rungs: tuple[int, ...], reach_rung: int, log_tolerance: float) -> FloatGrid:
    ladder = _LADDERS[len(rungs)]
    reach = math.exp(reach_rung / ladder)
    axes = [choose_axis(math.exp(rung / ladder), log_tolerance, reach) for rung in rungs]
    is_cubic = len(axes) <= _CUBIC_RANK
    size = _size(axes, reach, is_cubic)
    if not size <= MAX_NODES:
        raise TooExpensive(
            f"the grid would have {size:.3g} nodes for {MAX_NODES} at most; "
            "bring the means closer together"
        )
    charge(0.1 * size, f"a grid of {size:.3g} nodes")
    if is_cubic:
        return FloatGrid((_part(axes, reach, 1.0, 0.0),))
    return FloatGrid(tuple(_part(axes, reach, math.sqrt(2), shift) for shift in (0.0, 0.5)))


def _part(axes: list[Axis], reach: float, stretch: float, shift: float) -> Part:
    """One cubic grid, its steps stretched and its nodes moved by a share of a step.

    The weights are halved when there is a second copy.
    """
    lines = tuple(_line(axis.step * stretch, reach, shift) for axis in axes)
    return _cut(lines, reach, 1.0 if stretch == 1.0 else 0.5)


def _cut(lines: tuple[FloatAxis, ...], reach: float, share: float) -> Part:
    """The tensor grid of some lines cut to the ball, all weights times a share."""
    room = np.full(1, reach * reach)
    weights = np.full(1, share)
    prefixes = np.zeros((0, 1), dtype=np.intp)
    for line in lines[:-1]:
        left = room[:, None] - line.x**2
        row, column = np.nonzero(left >= 0)
        prefixes = np.concatenate([prefixes[:, row], column[None]])
        room, weights = left[row, column], weights[row] * line.weights[column]
    x = lines[-1].x
    ends = np.searchsorted(x, -np.sqrt(room))
    ends -= ends % max(1, len(x) // _RUN_LENGTHS[len(lines)])
    order = np.argsort(ends, kind="stable")
    order = order[2 * ends[order] < len(x)]
    return Part(lines, prefixes[:, order], weights[order], ends[order])


def _line(step: float, reach: float, shift: float) -> FloatAxis:
    half = math.floor(reach / step + shift)
    x = (np.arange(-half, half + 1, dtype=np.float64) + shift) * step
    x = x[abs(x) <= reach]
    weights: Floats = np.exp(-x * x / 2) * (step / math.sqrt(2 * math.pi))
    return FloatAxis(x, weights)
