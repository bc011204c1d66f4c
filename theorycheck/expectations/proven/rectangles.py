"""The nodes of a grid on two axes or more that lie in a ball, as rectangles of rows and columns.

A row is a node of all axes but the last, a column one of the last. Nodes in the corners of the grid
weigh no more than what lies beyond it: they are left out, and their weight is added to the bounds.
"""

from __future__ import annotations

import math
from functools import lru_cache, reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theorycheck.expectations.proven.terms import Grid
from theorycheck.inputs.numbers import Floats

_ENTRIES = 1 << 15
"""Nodes of a rectangle, so that an array of them stays in the cache."""


class Rectangles(NamedTuple):
    """The rows of a grid, nearest to 0 first, and the rectangles in which they are summed.

    places: of the rows on each axis but the last, (P,). parts: the rows and the columns of each
    rectangle; the columns are as many on either side of 0.
    """

    places: list[NDArray[np.intp]]
    parts: list[tuple[slice, slice]]

    @property
    def additions(self) -> int:
        """N of Lemma P: the most rows, the most columns, and the number of rectangles."""
        rows = max(rows.stop - rows.start for rows, _ in self.parts)
        columns = max(columns.stop - columns.start for _, columns in self.parts)
        return int(rows + columns + len(self.parts))


@lru_cache(maxsize=16)
def rectangles_of(grid: Grid) -> Rectangles:
    """The rectangles of a grid; the latest are kept.

    Where the loss cancels nothing is left out, as S - 1 is summed to 0 over the whole grid.
    """
    limit = math.inf if grid.cancels else _square_radius(grid)
    squares, last = _squares(grid), grid.axes[-1]
    kept = np.flatnonzero(squares <= limit)
    kept = kept[np.argsort(squares[kept], kind="stable")]
    middle, nearest = last.size // 2, squares[kept].tolist()
    parts, start = [], 0
    while start < len(kept):
        columns = min(math.sqrt(limit - nearest[start]) / last.step, middle)
        beside = int(columns)
        stop = min(start + max(1, _ENTRIES // (2 * beside + 1)), len(kept))
        parts.append((slice(start, stop), slice(middle - beside, middle + beside + 1)))
        start = stop
    sizes = [axis.size for axis in grid.axes[:-1]]
    return Rectangles(list(np.unravel_index(kept, sizes)), parts)


def weight_left_out(grid: Grid) -> float:
    """What the nodes in no rectangle weigh, but for rounding."""
    weights = reduce(np.multiply.outer, [axis.weights for axis in grid.axes[:-1]])
    places, parts = rectangles_of(grid)
    rows, last = weights[tuple(places)], grid.axes[-1].weights
    is_left_out = np.ones(weights.shape, dtype=bool)
    is_left_out[tuple(places)] = False
    total = float(weights[is_left_out].sum()) * float(last.sum())
    for own, columns in parts:
        beside = float(last[: columns.start].sum()) + float(last[columns.stop :].sum())
        total += float(rows[own].sum()) * beside
    return total


def _squares(grid: Grid) -> Floats:
    """The squared distance of every row from 0, of the axes but the last."""
    squares: Floats = reduce(np.add.outer, [axis.nodes**2 for axis in grid.axes[:-1]]).ravel()
    return squares


def _square_radius(grid: Grid) -> float:
    """The square of a radius beyond which about as much lies as beyond the ends of the axes.

    That is some R^(k - 2) e^(-R^2 / 2) on k axes, and X^-1 e^(-X^2 / 2). What it is, is a matter of
    cost: what is left out is summed.
    """
    reach = max(axis.reach for axis in grid.axes)
    return reach * reach + 2 * (len(grid.axes) - 1) * math.log(max(reach, 1.0))
