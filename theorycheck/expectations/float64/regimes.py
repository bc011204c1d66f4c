"""Float64 sums over a grid, by one of three methods, chosen by the distance of the means.

All are exact up to rounding; `float_moments` takes the first that keeps its accuracy.
- `direct_moments`, at a distance: the overlaps, and Stein's identity gives the rest; `direct_sums`
  finds the overlaps at a moderate distance, `far_line_sums` and `far_sums` beyond;
- `near_optimum_moments`, near the optimum: everything is a difference from the weights;
- `log_domain_moments`, in all other cases: in the log domain.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator

import numpy as np

from theorycheck.arithmetic.budget import charge, is_counted
from theorycheck.arithmetic.threads import one_thread
from theorycheck.errors import TooExpensive
from theorycheck.expectations.float64.direct import Sums, direct_moments, direct_sums
from theorycheck.expectations.float64.far import far_line_sums, far_sums
from theorycheck.expectations.float64.lattice import (
    GAUSS_CUT,
    GAUSS_REACHES,
    FloatGrid,
    estimated_size,
    float_grid,
    gauss_grid,
)
from theorycheck.expectations.float64.log_domain import NEAR, log_domain_moments
from theorycheck.expectations.float64.near_optimum import near_optimum_moments
from theorycheck.expectations.float64.sobol import sobol_moments
from theorycheck.expectations.float64.tiles import tiles
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.trapezoid import FARTHEST, FLOAT_FLOOR, smallest_log_overlap
from theorycheck.inputs.numbers import Floats

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
SERIES_REACH, SERIES_FARTHEST = 0.5, 1.5
"""Series are used up to the first; up to the second, at full ranks, where direct sums cancel."""
_COARSE, _COARSE_REACH = math.log(1e-11), 0.2
"""At ranks 4 and 5, with a tolerance above `_COARSE`, direct sums are used down to means of norm
`_COARSE_REACH`: they are faster, and their rounding errors are far below the grid's error."""
_PLAIN_REACH = (0.0, 16.0, 2.0, 0.0)
"""Up to here, by rank, a better estimate of the reach costs more than the nodes it spares; farther
with more components than `_PLAIN_COMPONENTS`, as it looks at all pairs."""
_PLAIN_COMPONENTS = 24
_TILED = 8.0
"""From here on at ranks 2 and 3 tiles are chosen; nearer, a whole ball of nodes is as fast."""
_LARGEST_EXPONENT, _LARGEST_ON_A_LINE = 300.0, 600.0
"""Products of two exponentials of this size are still numbers of float64; on a line there are none.
"""
KEPT, _COARSELY_KEPT = 0.01, 1e-4
"""`KEPT`: a direct sum is accepted if |sum| >= 0.01 times the sum of |terms|, so that at most two
digits cancel. `_COARSELY_KEPT`: the same at ranks 4 and 5, where the grid's error dominates; if the
means are within 1, their grid is e^9 times as accurate as asked."""


def float_moments(
    c: Floats,
    weights: Floats,
    mean: Callable[[], Floats],
    accuracy: float = FINEST,
    budget: int = BUDGET,
    is_absolute: bool = False,
) -> Moments:
    """The moments by the first method that keeps its accuracy; arguments as for `moments`.

    accuracy: 1e-16 or coarser, which is faster. budget: the largest number of nodes times
    components of a grid of rank 4 or 5. is_absolute: up to rank 3 the accuracy is that of overlaps
    absolutely; otherwise it is relative to each of them.

    Up to rank 3 the error is close to rounding. At ranks 4 and 5 the grid is as fine as the budget
    allows, with an error of about 1e-16 to 1e-3 of the largest entry of a field; `grid_tolerance`
    gives it. Above rank 5 the points are random, with a standard error (`sobol_moments`).
    """
    if c.shape[1] > MAX_GRID_RANK:
        return sobol_moments(c, weights, mean())
    norms = abs(c[:, 0]) if c.shape[1] == 1 else np.sqrt(np.einsum("ik,ik->i", c, c))
    largest = max(norms.tolist())
    if not largest < FARTHEST:
        raise TooExpensive(f"a mean is farther than {FARTHEST:.0e}, so no grid can be chosen")
    gauss = _gauss(c, largest)
    if gauss is not None:
        is_tiny = largest * GAUSS_CUT < 0.5
        return _near_moments(c, weights, mean, _charged(gauss, len(c)), is_tiny)
    log_tolerance = _log_tolerance(c, weights, largest, accuracy, budget)
    floor = 0.0 if is_absolute else FLOAT_FLOOR
    reach = _reach(c, weights, largest, log_tolerance, floor)
    step = _step_tolerance(c, largest, log_tolerance)
    is_coarse = c.shape[1] > MAX_FULL_RANK and log_tolerance > _COARSE
    if largest > (_COARSE_REACH if is_coarse else SERIES_REACH):
        sums = _sums(c, weights, largest, reach, step, floor)
        kept = _COARSELY_KEPT if is_coarse else KEPT
        is_whole = reach > largest + math.sqrt(-2 * log_tolerance)
        found = None if sums is None else direct_moments(c, norms, sums, is_whole, kept)
        if found is not None:
            return found
    if (largest <= SERIES_FARTHEST and c.shape[1] <= MAX_FULL_RANK) or largest <= SERIES_REACH:
        grid = _grid(c, _near_reach(c, largest, log_tolerance), log_tolerance - 9)
        return _near_moments(c, weights, mean, grid, is_tiny=largest * reach < 0.5)
    reach = max(reach, min(largest, NEAR) + 8.7)
    if _is_tiled(c, largest):
        nodes = tiles(c, weights, reach, step, floor, NEAR, 0.25).nodes()
    else:
        nodes = _nodes(_grid(c, reach, step, 0.25))
    with one_thread(math.inf):
        return log_domain_moments(c, weights, mean(), nodes)


def _near_moments(
    c: Floats, weights: Floats, mean: Callable[[], Floats], grid: FloatGrid, is_tiny: bool
) -> Moments:
    """`near_optimum_moments`, by one thread where products are small."""
    with one_thread(grid.size * len(c)):
        return near_optimum_moments(c, weights, mean(), grid, is_tiny)


def _gauss(c: Floats, largest: float) -> FloatGrid | None:
    """The grid of Gauss's nodes that suffices for means of these norms; None where none does."""
    if c.shape[1] > MAX_FULL_RANK or largest > GAUSS_REACHES[-1]:
        return None
    return gauss_grid(c.shape[1], bisect_left(GAUSS_REACHES, largest))


def _sums(
    c: Floats, weights: Floats, largest: float, reach: float, step: float, floor: float
) -> Sums | None:
    """The overlaps, in the way that suits the distance; None if none does (far at ranks 4, 5)."""
    if _is_tiled(c, largest):
        turned = _turned(c)
        some = tiles(turned, weights, reach, step, floor)
        with one_thread(math.inf):
            return far_sums(turned, weights, some)
    most = _LARGEST_ON_A_LINE if c.shape[1] == 1 else _LARGEST_EXPONENT
    is_direct = largest * reach + largest * largest / 2 < most
    if not is_direct and c.shape[1] > 1:
        return None
    grid = _grid(c, reach, step)
    with one_thread(grid.size * len(c)):
        if is_direct:
            return direct_sums(c, weights, grid)
        return far_line_sums(c, weights, grid.parts[0].axes[0])


def node_count(c: Floats, weights: Floats) -> int:
    """The number of nodes that `float_moments` first sums over, up to rank 3."""
    largest = float(np.sqrt((c * c).sum(axis=1)).max())
    gauss = _gauss(c, largest)
    if gauss is not None:
        return gauss.size
    log_tolerance = math.log(FINEST)
    reach = _reach(c, weights, largest, log_tolerance)
    step = _step_tolerance(c, largest, log_tolerance)
    if _is_tiled(c, largest):
        return tiles(_turned(c), weights, reach, step).size
    return float_grid(_spreads(c), reach, step).size


def _is_tiled(c: Floats, largest: float) -> bool:
    """True where tiles have so many fewer nodes than a ball that it pays to choose them."""
    return 1 < c.shape[1] <= MAX_FULL_RANK and largest > _TILED


def _turned(c: Floats) -> Floats:
    """The means along their principal axes, where their spreads are small, and so the grid."""
    turned: Floats = c @ np.linalg.svd(c - c.mean(axis=0))[2].T
    return turned


def _grid(c: Floats, reach: float, log_tolerance: float, cost: float = 0.05) -> FloatGrid:
    """The grid, after a charge of `cost` microseconds per node and component."""
    return _charged(float_grid(_spreads(c), reach, log_tolerance), len(c), cost)


def _charged(grid: FloatGrid, n: int, cost: float = 0.05) -> FloatGrid:
    """The grid, after that charge."""
    if is_counted():
        what = f"a grid of {grid.size} nodes for {n} components"
        charge(50 + grid.size * n * (cost + 2e-4 * n), what)
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
    """The log of the relative error to ask of Lemma Q along each axis.

    Near the optimum the sums are of polynomials up to degree 4 times the density, whose relative
    error is larger by about (2 pi / h)^4, some e^9.
    """
    is_full = c.shape[1] <= MAX_FULL_RANK
    if largest <= (SERIES_REACH if is_full else 2 * SERIES_REACH):
        return log_tolerance - 9
    return log_tolerance if is_full else log_tolerance / _LATTICE_GAIN


def _spreads(c: Floats) -> list[float]:
    return [max(column) - min(column) for column in c.T.tolist()]


def _reach(
    c: Floats, weights: Floats, largest: float, log_tolerance: float, floor: float = FLOAT_FLOOR
) -> float:
    """The radius outside of which nodes are negligible, even in the smallest overlap or E u^4.

    floor: the logarithm of the smallest overlap that is to be resolved.
    """
    rank = c.shape[1]
    if largest <= SERIES_REACH:
        return _near_reach(c, largest, log_tolerance)
    if rank > MAX_FULL_RANK:
        reach = math.sqrt(2 * (rank + 3 - log_tolerance))
        return max(reach, min(largest, 1.5) + math.sqrt(-2.01 * log_tolerance))
    # psi_i(0) >= pi_i e^{-|c_i|^2 / 2}, and the integrand is as large in a neighbourhood of 0.
    smallest = 2 * math.log(max(min(weights.tolist()), 5e-324)) - largest * largest - 2
    if largest > _PLAIN_REACH[rank] * max(1.0, len(c) / _PLAIN_COMPONENTS):
        log_weights = np.log(np.maximum(weights, 5e-324))
        smallest = max(smallest, smallest_log_overlap(c, log_weights))
    return math.sqrt(2 * (rank - log_tolerance - max(smallest, floor)))


def _near_reach(c: Floats, largest: float, log_tolerance: float) -> float:
    return math.sqrt(2 * (5 - log_tolerance + c.shape[1])) + largest


def _nodes(grid: FloatGrid) -> Iterator[tuple[Floats, Floats]]:
    """The nodes (N, k) and weights (N,), in blocks."""
    for part in grid.parts:
        lead = [axis.x.take(i) for axis, i in zip(part.axes, part.prefixes, strict=False)]
        for block in part.blocks:
            columns = [*(block.lead(x) for x in lead), block.last(part.axes[-1].x)]
            shape = np.broadcast_shapes(columns[0].shape, columns[-1].shape)
            rows = [np.broadcast_to(column, shape).ravel() for column in columns]
            yield np.stack(rows, axis=1), block.weights.ravel()
