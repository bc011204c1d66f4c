"""The field of a tube in the plane: sums on tensor grids, in float64 with a proven error."""

from __future__ import annotations

import math

import flint
import numpy as np

from theorycheck.arithmetic.budget import charge
from theorycheck.errors import TooExpensive
from theorycheck.expectations.curvature import Curvature, Enclosure
from theorycheck.expectations.hessian_grid import landscape_grid
from theorycheck.expectations.proven.moments import proven_gradient
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Vector
from theorycheck.traps.field import Field, Slopes
from theorycheck.traps.frame import Frame

_DIGITS = 6
"""Of the gradient: tubes get no tighter with more."""
LOG_TOLERANCE = -6 * math.log(10)
"""Of the Hessian, over boxes over which it changes by far more."""
_SQUARE = 0.5
"""Boxes of means within the same squares of this width share a grid."""
_COST = 0.07
"""Microseconds a node and entry of the Hessian over a box."""
TRUTH = Mixture([[0, 0]])


class PlaneField(Field):
    """h and K for means in the plane: by Lemma P of `proven` and Lemma H of `hessian`."""

    def _gradient(self, means: list[flint.arb]) -> list[flint.arb]:
        places = np.array(means, dtype=object).reshape(-1, 2)
        shares = np.array(self._shares, dtype=object)
        found = proven_gradient(places, shares, _DIGITS)
        if found is None:
            raise TooExpensive("the means are too far out for sums in float64")
        gradient: list[flint.arb] = found.ravel().tolist()
        return gradient

    def _over(self, low: Floats, high: Floats, third: bool) -> Curvature:
        """The Hessian over boxes of means, (B, 2n); there are no third derivatives."""
        grid = landscape_grid(TRUTH, self.weights, *squares_around(low, high), LOG_TOLERANCE)
        charge(_COST * len(grid.weights) * low.size * low.shape[1] / 2, "a Hessian over boxes")
        found = grid.enclosure(low, high).hessian
        return Curvature(Enclosure(found.lower, found.upper), None)

    def _along(self, slopes: Slopes, low: Floats, high: Floats) -> Enclosure:
        """K over the larger box: a Hessian for every path would take too long."""
        return Enclosure(*(np.broadcast_to(end, (len(low), *end.shape)) for end in slopes.bounds))


def squares_around(low: Floats, high: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Ends (2,) of a box around all means of some boxes, (B, 2n): what their grid is made for."""
    least, most = low.reshape(-1, 2).min(axis=0), high.reshape(-1, 2).max(axis=0)
    corner, other = np.floor(least / _SQUARE), np.ceil(most / _SQUARE)
    return tuple((_SQUARE * corner).tolist()), tuple((_SQUARE * other).tolist())


def field_of(frame: Frame, weights: Vector) -> Field:
    """The field of the line or of the plane."""
    return (PlaneField if frame.dimension == 2 else Field)(frame, weights)
