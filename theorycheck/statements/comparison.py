"""Comparisons of two sides, which a claim's function returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import Array


@dataclass(frozen=True, eq=False)
class Comparison:
    """lower <= upper, or lower = upper for an identity; scalars or arrays of one shape.

    scale: the size of terms that cancel within a side, where a side can be 0 because they do.
    is_step: a step of the argument and not the bound itself: how close it comes to an equality
    says nothing on how tight the bound is.
    """

    lower: Any
    upper: Any
    scale: Any = 0
    is_step: bool = False

    @property
    def margins(self) -> Array:
        """upper - lower, flattened."""
        return np.atleast_1d(np.asarray(self.upper - self.lower)).ravel()

    @property
    def sides(self) -> Array:
        """|lower| + |upper|, flattened like the margins; 0 for a step of the argument."""
        both = abs(np.asarray(self.upper)) + abs(np.asarray(self.lower))
        return self._flattened(0 * both if self.is_step else both)

    @property
    def scales(self) -> Array:
        """What the margins are compared with: the sides and the terms that cancel within them."""
        both = abs(np.asarray(self.upper)) + abs(np.asarray(self.lower)) + self.scale
        return self._flattened(both)

    def _flattened(self, sizes: Any) -> Array:
        return np.broadcast_to(np.atleast_1d(sizes).ravel(), self.margins.shape)


def at_most(lower: Any, upper: Any, scale: Any = 0) -> Comparison:
    """The statement lower <= upper, entry by entry."""
    return Comparison(lower, upper, scale)


def proof_step(lower: Any, upper: Any) -> Comparison:
    """The statement lower <= upper as a step of the argument, not as the bound itself."""
    return Comparison(lower, upper, is_step=True)


def equal(left: Any, right: Any, scale: Any = 0) -> Comparison:
    """The statement left = right, entry by entry."""
    return Comparison(left, right, scale)
