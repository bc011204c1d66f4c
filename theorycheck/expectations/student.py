"""Students: exact means and weights, or those nearest to means known in some arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import FLOAT64, Array, as_fmpq
from theorycheck.arithmetic.rounding import exact_midpoint, midpoint
from theorycheck.expectations.reduction import projected, rational_matrix
from theorycheck.inputs.mixture import Mixture


@dataclass(frozen=True)
class Student:
    """Exact means (n, d) and weights, each mean known up to a distance of `uncertainty`."""

    means: flint.fmpq_mat
    weights: list[flint.fmpq]
    uncertainty: flint.arb | None = None

    @classmethod
    def exact(cls, mixture: Mixture) -> Student:
        """A mixture as it is given."""
        return cls(rational_matrix(mixture.means), [as_fmpq(w) for w in mixture.weights])

    @cached_property
    def entries(self) -> list[flint.fmpq]:
        """Those of the means, row by row."""
        entries: list[flint.fmpq] = self.means.entries()
        return entries

    def centre(self) -> list[flint.fmpq]:
        """sum_i pi_i mu_i, d rationals."""
        entries: list[flint.fmpq] = (flint.fmpq_mat([self.weights]) * self.means).entries()
        return entries

    @classmethod
    def near(cls, means: Array, weights: list[flint.fmpq], axes: flint.fmpq_mat | None) -> Student:
        """The exact student nearest to means (n, d) known in some arithmetic.

        axes: orthogonal rational axes (r, d) of a space that the means may lie in (None for the
        origin alone). If they do, their rank does not grow through rounding; if not, all of R^d is
        used. Any choice is sound: the uncertainty covers what it leaves out.
        """
        if means.shape[1] == 1 and axes is not None:
            middle = _midpoints(means)
        else:
            middle = _nearest_in_span(means, axes)
            if _distance(means, middle) > _IN_SPAN * _resolution(means):
                middle = _midpoints(means)
        if isinstance(means.flat[0], flint.arb):
            return cls(middle, weights, _upper_distance(means, middle))
        return cls(middle, weights)


_IN_SPAN = 2.0**20
"""Means further from the axes than this multiple of their own resolution are not on them."""


def _resolution(means: Array) -> float:
    """The largest radius of the means' entries, and their rounding error."""
    entries = list(means.ravel())
    if not isinstance(entries[0], flint.arb):
        return 2.0**-53 * float(abs(means).max())
    rounding = 2.0**-flint.ctx.prec * max(abs(midpoint(entry)) for entry in entries)
    return rounding + max(midpoint(entry.rad()) for entry in entries)


def _nearest_in_span(means: Array, axes: flint.fmpq_mat | None) -> flint.fmpq_mat:
    """The means' midpoints projected on the space of the axes, with coefficients of few bits."""
    if axes is None:
        return flint.fmpq_mat(*means.shape)
    return projected(_midpoints(means), axes, _rounded)


def _midpoints(means: Array) -> flint.fmpq_mat:
    return flint.fmpq_mat([[exact_midpoint(entry) for entry in row] for row in means])


def _upper_distance(means: Array, middle: flint.fmpq_mat) -> flint.arb:
    """An upper bound of the largest distance between a mean and its exact counterpart."""
    away = means - np.array(middle.tolist(), dtype=object)
    distance = flint.arb(0)
    for square in (away * away).sum(axis=1):
        distance = distance.max(square.abs_upper().sqrt())
    return flint.arb(distance.upper())


def _distance(means: Array, middle: flint.fmpq_mat) -> float:
    """About the largest distance between a mean and its exact counterpart, in float64."""
    middles = np.array([[midpoint(entry) for entry in row] for row in means])
    away = middles - FLOAT64.array(middle.tolist())
    return float(np.sqrt((away**2).sum(axis=1)).max())


def _rounded(value: flint.fmpq) -> flint.fmpq:
    """A rational of few bits close to the given one: the ball's precision is the limit anyway."""
    return exact_midpoint(flint.arb(value))
