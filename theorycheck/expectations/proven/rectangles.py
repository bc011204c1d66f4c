"""The nodes of a grid on two axes or more that lie in a ball, as rectangles of rows and columns.

A column is a node of the longest axis, of which there are most, a row one of all others. Nodes in
the corners of the grid weigh no more than what lies beyond it: they are left out, and their weight
is added to the bounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache, reduce
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from theorycheck.expectations.proven.terms import Grid

_Item = TypeVar("_Item")
_ENTRIES = 15_000
"""Nodes of a rectangle: an array of them stays in the cache, and is no larger than 128 KB, as it
takes longer to have larger ones mapped anew than to fill them."""


class Rectangles(NamedTuple):
    """The rows of a grid, nearest to 0 first, and the rectangles in which they are summed.

    longest: which axis is that of the columns. places: of the rows on each of the others, (P,).
    parts: the rows and the columns of each rectangle; the columns are as many on either side of 0.
    """

    longest: int
    places: list[NDArray[np.intp]]
    parts: list[tuple[slice, slice]]

    @property
    def additions(self) -> int:
        """N of Lemma P: the most rows, the most columns, and the number of rectangles."""
        rows = max(rows.stop - rows.start for rows, _ in self.parts)
        columns = max(columns.stop - columns.start for _, columns in self.parts)
        return int(rows + columns + len(self.parts))


def apart(items: Iterable[_Item], place: int) -> tuple[list[_Item], _Item]:
    """All items but that at a place, and that."""
    others = list(items)
    one = others.pop(place)
    return others, one


@lru_cache(maxsize=16)
def rectangles_of(grid: Grid) -> Rectangles:
    """The rectangles of a grid; the latest are kept.

    Where the loss cancels nothing is left out, as S - 1 is summed to 0 over the whole grid.
    """
    sizes = [axis.size for axis in grid.axes]
    longest = sizes.index(max(sizes))
    others, last = apart(grid.axes, longest)
    limit = math.inf if grid.cancels else _square_radius(grid)
    squares = reduce(np.add.outer, [axis.nodes**2 for axis in others]).ravel()
    kept = np.flatnonzero(squares <= limit)
    kept = kept[np.argsort(squares[kept], kind="stable")]
    middle, nearest = last.size // 2, squares[kept].tolist()
    parts, start = [], 0
    while start < len(kept):
        beside = int(min(math.sqrt(limit - nearest[start]) / last.step, middle))
        stop = min(start + max(1, _ENTRIES // (2 * beside + 1)), len(kept))
        parts.append((slice(start, stop), slice(middle - beside, middle + beside + 1)))
        start = stop
    places = np.unravel_index(kept, [axis.size for axis in others])
    return Rectangles(longest, list(places), parts)


def weight_left_out(grid: Grid) -> float:
    """What the nodes in no rectangle weigh, but for rounding."""
    longest, places, parts = rectangles_of(grid)
    others, last = apart([axis.weights for axis in grid.axes], longest)
    weights = reduce(np.multiply.outer, others)
    rows = weights[tuple(places)]
    is_left_out = np.ones(weights.shape, dtype=bool)
    is_left_out[tuple(places)] = False
    total = float(weights[is_left_out].sum()) * float(last.sum())
    for own, columns in parts:
        beside = float(last[: columns.start].sum()) + float(last[columns.stop :].sum())
        total += float(rows[own].sum()) * beside
    return total


def _square_radius(grid: Grid) -> float:
    """The square of a radius beyond which about as much lies as beyond the ends of the axes.

    That is some R^(k - 2) e^(-R^2 / 2) on k axes, and X^-1 e^(-X^2 / 2). What it is, is a matter of
    cost: what is left out is summed.
    """
    reach = max(axis.reach for axis in grid.axes)
    return reach * reach + 2 * (len(grid.axes) - 1) * math.log(max(reach, 1.0))
