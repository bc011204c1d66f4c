"""What is searched: a truth, the weights of a student, and a box for its means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from theorycheck.expectations.hessian import Grid
from theorycheck.expectations.hessian_grid import landscape_grid
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Vector

_MARGIN = 0.1
"""By how much boxes may be grown beyond the box that is searched."""
_ROUGH, _COARSE = math.log(1e-2), math.log(1e-4)
_FINE = {1: math.log(1e-12), 2: math.log(1e-9)}
"""By dimension: in the plane there are the squares of as many nodes."""


@dataclass(frozen=True)
class Problem:
    """Stationary points of a student with n weights under a truth, on a line or in the plane.

    low, high: (d,), of every mean, or wider. left_to_theory: boxes all of whose means lie in this
    range are not examined; on a line only. Among components of equal weight only means with
    increasing first coordinates are searched: all others are permutations of these.
    """

    truth: Mixture
    weights: Vector
    low: tuple[float, ...]
    high: tuple[float, ...]
    left_to_theory: tuple[float, float] | None = None

    @property
    def dimension(self) -> int:
        """d, of the means."""
        return len(self.low)

    @property
    def rough(self) -> Grid:
        """The grid for wide boxes in the plane, where nodes are many."""
        return self._grid(_ROUGH)

    @property
    def coarse(self) -> Grid:
        """The grid for boxes, whose own width is what limits them."""
        return self._grid(_COARSE)

    @property
    def fine(self) -> Grid:
        """The grid for points."""
        return self._grid(_FINE[self.dimension])

    def _grid(self, log_tolerance: float) -> Grid:
        low = tuple([entry - _MARGIN for entry in self.low])
        high = tuple([entry + _MARGIN for entry in self.high])
        return landscape_grid(self.truth, self.weights, low, high, log_tolerance)

    @cached_property
    def groups(self) -> list[list[int]]:
        """The components of each weight, in order."""
        places: dict[object, list[int]] = {}
        for i, weight in enumerate(self.weights):
            places.setdefault(weight, []).append(i)
        return list(places.values())

    @cached_property
    def neighbours(self) -> list[tuple[int, int]]:
        """Pairs (i, j) of components of equal weight: the first coordinate of i is at most that
        of j.
        """
        return [pair for group in self.groups for pair in pairwise(group)]
