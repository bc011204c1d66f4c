"""What a landscape is asked for: a truth, the weights of a student, and a box for its means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from theorycheck.expectations.hessian import Grid, landscape_grid
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Vector

_COARSE, _FINE = math.log(1e-4), math.log(1e-12)
_MARGIN = 0.1
"""By how much boxes may be grown beyond the box that is searched."""


@dataclass(frozen=True)
class Problem:
    """Stationary points of a student with n weights under a truth, in one dimension.

    low, high: of every mean, or wider. left_to_theory: boxes all of whose means lie in this range
    are not examined. Among components of equal weight only increasing means are searched: all
    others are permutations of these.
    """

    truth: Mixture
    weights: Vector
    low: float
    high: float
    left_to_theory: tuple[float, float] | None = None

    @property
    def coarse(self) -> Grid:
        """The grid for boxes, whose own width is what limits them."""
        return self._grid(_COARSE)

    @property
    def fine(self) -> Grid:
        """The grid for points."""
        return self._grid(_FINE)

    def _grid(self, log_tolerance: float) -> Grid:
        low, high = self.low - _MARGIN, self.high + _MARGIN
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
        """Pairs (i, j) of components of equal weight for which mu_i <= mu_j is demanded."""
        return [pair for group in self.groups for pair in pairwise(group)]
