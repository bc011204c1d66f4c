"""Grids for sums over boxes of means: nodes, weights, and what they leave out (Lemma H).

The lemma and its proof are in `expectations.hessian`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import as_fmpq, ball
from theorycheck.arithmetic.exponential import ERROR
from theorycheck.arithmetic.rounding import ceil_float
from theorycheck.errors import InvalidValue, TooExpensive
from theorycheck.expectations.hessian import Grid
from theorycheck.expectations.trapezoid import Axis, choose_axis, discretisation_error
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Vector

Mask: TypeAlias = NDArray[np.bool_]

MAX_NODES = 20_000
"""On an axis."""
MAX_TENSOR = 300_000
"""In the plane, before those that contribute nothing are left out."""
_MOST_STEPS = 2**33
"""From 0: multiples of a step of 20 bits are doubles up to here. Lemma H rests on exact nodes."""
_UNIT = 2.0**-53
_UP = 1 + 1e-12
"""Covers the few roundings in which an error bound itself is formed."""
_SUMMED = 1 + 1e-9
"""Covers a sum over all nodes."""
_LEAST = 1e-300
_MARGIN = {1: 5.0, 2: 8.0}
"""By which the reach is larger, by dimension: a matter of cost, as what it leaves out is known."""
_TINY = 1e-9
_DIGITS = 20
_ZERO = flint.arb(0)


@lru_cache(maxsize=16)
def landscape_grid(
    truth: Mixture,
    weights: Vector,
    low: tuple[float, ...],
    high: tuple[float, ...],
    log_tolerance: float,
) -> Grid:
    """A grid for boxes of means between low and high, (d,), of a student with these weights.

    truth: in d = 1 or 2 dimensions. log_tolerance: log of the relative error aimed at. Raises
    TooExpensive where that needs more than `MAX_NODES` nodes on an axis or `MAX_TENSOR` in all,
    InvalidValue where the truth is so far from 0 that these are no doubles.
    """
    with ball(_DIGITS).scope():
        chosen = chosen_lines(truth, weights, low, high, log_tolerance)
        lines, strip, d = chosen.lines, chosen.strip, len(chosen.lines)
        tables = [line.table() for line in lines]
        logs = np.array([float(flint.arb(as_fmpq(weight)).log()) for weight in weights])
        relative, beyond = ceil_float(chosen.relative), ceil_float(chosen.beyond)
    size = math.prod([line.size for line in lines])
    values = _tensor(tables, [float(weight) for weight in truth.weights])
    nodes = np.stack(np.meshgrid(*(line.nodes for line in lines), indexing="ij"), axis=-1)
    nodes = nodes.reshape(-1, d)
    squares = (np.maximum(nodes - low, high - nodes) ** 2 * _UP).sum(axis=1)
    underflow = size * (truth.components + 1) * _LEAST * (1 + squares.max())
    kept, dropped = _kept_nodes(values * (1 + squares + d * strip**2), beyond)
    rounding = _rounding(
        squares.max() / 2 - logs.min(), len(logs), int(kept.sum()), truth.components, d
    )
    return Grid(
        nodes=nodes[kept],
        weights=values[kept],
        log_weights=logs,
        low=np.array(low),
        high=np.array(high),
        strip=strip,
        share=_UP * (relative + rounding),
        left_out=_UP * (beyond + dropped + underflow),
    )


class Lines(NamedTuple):
    """The axes of a grid and its errors by Lemma H, but for rounding, as balls.

    strip: a. relative: rho. beyond: what the nodes beyond the reach contribute at most.
    """

    lines: list[Line]
    strip: float
    relative: flint.arb
    beyond: flint.arb


def chosen_lines(
    truth: Mixture,
    weights: Vector,
    low: tuple[float, ...],
    high: tuple[float, ...],
    log_tolerance: float,
) -> Lines:
    """The axes of `landscape_grid`, and their errors at the precision in force."""
    columns = list(zip(*truth.means, strict=True))
    margin = _MARGIN[len(columns)] - _smallest(columns, weights, low, high)
    tolerance = log_tolerance - math.log(len(columns))
    lines = [
        _line(column, ends, tolerance, margin)
        for column, ends in zip(columns, zip(low, high, strict=True), strict=True)
    ]
    size = math.prod([line.size for line in lines])
    if size > MAX_TENSOR:
        raise TooExpensive(
            f"a truth so spread in the plane needs {size} nodes, more than {MAX_TENSOR}; "
            "give one with means closer together"
        )
    strip = max(line.axis.strip for line in lines)
    errors = [discretisation_error(line.axis, cosines=2) for line in lines]
    assert all(error < 0.25 for error in errors)  # so that Lemma H divides by more than a half
    product = math.prod([1 - 2 * error for error in errors])
    return Lines(lines, strip, sum(errors, _ZERO) / product, 2 * _left_out(lines, strip))


@dataclass(frozen=True)
class Line:
    """One axis of a grid: nodes step * m, first <= m <= last, about the means `column` of a truth.

    reach: X. farthest: an upper bound of |c - nu| along the axis.
    """

    axis: Axis
    column: Vector
    first: int
    last: int
    reach: float
    farthest: float

    @property
    def size(self) -> int:
        """Number of nodes."""
        return self.last - self.first + 1

    @property
    def nodes(self) -> Floats:
        """Exact: multiples of a step of few bits."""
        places: Floats = np.arange(float(self.first), float(self.last + 1)) * self.axis.step
        return places

    def table(self) -> Floats:
        """h phi(x - nu_j), (m, size), each rounded once; 0 below `_LEAST`."""
        step = flint.arb(self.axis.step)
        scale = step / (2 * flint.arb.pi()).sqrt()
        found = np.empty((len(self.column), self.size))
        for row, centre in zip(found, map(as_fmpq, self.column), strict=True):
            row[:] = [
                float(scale * (-((step * m - centre) ** 2) / 2).exp())
                for m in range(self.first, self.last + 1)
            ]
        found[found <= _LEAST] = 0.0
        return found


def _line(column: Vector, ends: tuple[float, float], log_tolerance: float, margin: float) -> Line:
    low, high = ends
    middles = sorted(map(float, column))
    wanted = max(2.0, math.sqrt(2 * (margin - log_tolerance)))
    axis = choose_axis((high - low) * _UP + _TINY, log_tolerance, wanted)
    reach = axis.step * axis.half
    first = math.floor((middles[0] - reach) / axis.step) - 1
    last = math.ceil((middles[-1] + reach) / axis.step) + 1
    if last - first > MAX_NODES:
        raise TooExpensive(
            f"means from {low:.4g} to {high:.4g} need {last - first} nodes, more than {MAX_NODES}; "
            "give a truth with means closer together"
        )
    if max(-first, last) >= _MOST_STEPS:
        raise InvalidValue(
            f"a mean of the truth is {middles[-1]:.4g}, so far from 0 that float64 cannot place "
            "nodes around it; translate the truth"
        )
    farthest = max(high - middles[0], middles[-1] - low) * _UP + _TINY
    return Line(axis, column, first, last, reach, farthest)


def _smallest(
    columns: list[Vector], weights: Vector, low: tuple[float, ...], high: tuple[float, ...]
) -> float:
    """The log of the least E psi_i, about pi_i e^{-distance^2 / 4}: what is left out is to be small
    even beside it. A matter of cost only: whatever it is, what is left out is bounded.
    """
    lightest = min(weights)  # its double may be 0
    found = math.log(lightest.numerator) - math.log(lightest.denominator)
    for column, least, most in zip(columns, low, high, strict=True):
        centres = sorted(map(float, column))
        edges = [2 * least - centres[0], *centres, 2 * most - centres[-1]]
        found -= (max(b - a for a, b in pairwise(edges)) / 2) ** 2 / 4
    return found


def _tensor(tables: list[Floats], shares: list[float]) -> Floats:
    """h^d p*(x) at all nodes, (N,)."""
    weighted = np.array(shares)[:, None] * tables[0]
    values = weighted.sum(axis=0) if len(tables) == 1 else weighted.T @ tables[1]
    flat: Floats = values.reshape(-1)
    return flat


def _kept_nodes(sizes: Floats, allowed: float) -> tuple[Mask, float]:
    """All nodes but those of least size whose sizes sum to no more than allowed, and that sum."""
    order = np.argsort(sizes)
    sums = np.cumsum(sizes[order])
    cut = int(np.searchsorted(sums, allowed))
    kept = np.ones(len(sizes), dtype=bool)
    kept[order[:cut]] = False
    return kept, float(sums[cut - 1]) * _SUMMED if cut else 0.0


def _left_out(lines: list[Line], strip: float) -> flint.arb:
    """What the nodes beyond the reach contribute at most, on all sides (Lemma H)."""
    found = flint.arb(0)
    for line in lines:
        farthest = flint.arb(line.farthest) + strip
        part = _beyond(flint.arb(line.reach), farthest, flint.arb(line.axis.step))
        for other in lines:
            if other is not line:
                part *= _across(flint.arb(other.farthest) + strip, flint.arb(other.axis.step))
        found += part
    return found


def _beyond(reach: flint.arb, farthest: flint.arb, step: flint.arb) -> flint.arb:
    """Of h phi(t) (|t| + s)^2, s = farthest: the sum over nodes beyond the reach on both sides."""
    density = (-(reach**2) / 2).exp() / (2 * flint.arb.pi()).sqrt()
    return 2 * (1 + farthest / reach) ** 2 * (reach + 1 / reach + step * reach**2) * density


def _across(farthest: flint.arb, step: flint.arb) -> flint.arb:
    """Of h phi(t) and h phi(t) (|t| + s)^2, s = farthest: the sums over all nodes, together."""
    plain = 1 + 0.4 * step
    return plain + 2 * (1 + 0.59 * step) + 2 * farthest**2 * plain


def _rounding(largest: float, components: int, nodes: int, centres: int, axes: int) -> float:
    """What rounding adds to the share (Lemma H)."""
    of_term = (7.1 + axes) * _UNIT * (largest + 1) + ERROR
    of_psi = 1.01 * (2 * of_term + (components + 3) * _UNIT)
    return 2 * of_psi + (nodes + centres + 2 * axes + 22) * _UNIT
