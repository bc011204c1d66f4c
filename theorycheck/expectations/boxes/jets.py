"""Population expectations as jets: their Taylor coefficients in s, along means c_i(s) on a line.

dM_a/ds = sum_k c_k'(s) dM_a/dc_k is a sum of moments of order |a| + 2 (`slopes`), with coefficients
that are linear in c. So the coefficients of M_a up to K follow from those of moments of higher
order up to K - 1, and in the end from values of moments of order |a| + 2 K: enclosures over the
boxes, and pi_1^a_1 ... pi_n^a_n at s = 0, if there all means agree. The loss has dL/ds =
sum_i grad_i c_i'(s); where all means are m it is m^2 / 2.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from theorycheck.arithmetic.boxes import BoxNumber, refuse
from theorycheck.arithmetic.jets import Jet, Series, plus, times
from theorycheck.expectations.boxes.population import (
    MomentsOnDemand,
    moments_over_boxes,
    population_over_boxes,
)
from theorycheck.expectations.boxes.slopes import Index, slope_in_mean, unit
from theorycheck.expectations.boxes.slopes import plus as with_one_more
from theorycheck.expectations.trapezoid import objects

Values = Callable[[Index], Any]


def population_of_jets(places: list[Jet], weights: list[Jet]) -> MomentsOnDemand:
    """The expectations of n means on a line and n weights that do not depend on s."""
    space, n = places[0].space, len(places)
    if any(len(weight.over) > 1 for weight in weights):
        refuse("weights that vary with the distance of the means")
    c = [place.coefficient(0) for place in places]
    pi = [weight.coefficient(0) for weight in weights]
    inner = population_over_boxes(c, pi)
    found = moments_over_boxes(c, pi, [2 + 2 * k for k in range(space.order + 1)])
    over = _Moments(lambda a: found[a], [place.over for place in places])
    exact = _exact_moments(places, weights)
    overlap = np.empty((n, n), dtype=object)
    for i in range(n):
        for j in range(i, n):
            index = with_one_more(unit(n, i), j)
            known = None if exact is None else exact.series(index, space.order)
            entry = Jet(space, over.series(index, space.order + 1), known)
            overlap[i, j] = overlap[j, i] = entry
    column = objects(places)
    gradient = overlap @ column
    return MomentsOnDemand(
        loss=lambda: _loss(inner.loss, places, gradient.tolist(), exact is not None),
        responsibilities=lambda: overlap.sum(axis=1),
        overlap=lambda: overlap,
        gradient=lambda: gradient[:, None],
        fisher_divergence=lambda: (gradient * column).sum(),
        positions=lambda: (overlap * (column[:, None] - column)).sum(axis=1)[:, None],
    )


class _Moments:
    """Taylor coefficients of moments, from their values and those of the means."""

    def __init__(self, values: Values, places: list[Series]) -> None:
        self._values, self._places = values, places
        self._known: dict[tuple[Index, int], Series] = {}

    def series(self, index: Index, size: int) -> Series:
        """The first coefficients of a moment."""
        key = (index, size)
        if key not in self._known:
            self._known[key] = self._series(index, size)
        return self._known[key]

    def _series(self, index: Index, size: int) -> Series:
        found: Series = [self._values(index)]
        if size == 1:
            return found
        slope: Series = []
        for k, place in enumerate(self._places):
            speed = _derivative(place)
            if not speed:
                continue
            part: Series = []
            for key, row in slope_in_mean(index, k).items():
                moment = self.series(key, size - 1)
                part = plus(part, times(self._form(row), moment, size - 1))
            slope = plus(slope, times(speed, part, size - 1))
        return [*found, *(_divided(entry, k + 1) for k, entry in enumerate(slope))]

    def _form(self, row: list[int]) -> Series:
        total: Series = []
        for place, factor in zip(self._places, row, strict=True):
            if factor:
                total = plus(total, [0 if _is_0(e) else e * factor for e in place])
        return total


def _exact_moments(places: list[Jet], weights: list[Jet]) -> _Moments | None:
    """Those at s = 0, if all means are known to agree there."""
    rows = [place.exact for place in places]
    shares = [weight.exact for weight in weights]
    known = [row for row in rows if row is not None]
    if len(known) < len(rows) or any(share is None for share in shares):
        return None
    parameter = places[0].space.parameter
    firsts = [parameter.constant(0) + row[0] for row in known]
    if not all((first - firsts[0]).is_zero for first in firsts):
        return None

    def value(index: Index) -> Any:
        found = parameter.constant(1)
        for share, power in zip(shares, index, strict=True):
            assert share is not None
            for _ in range(power):
                found = found * share[0]
        return found

    return _Moments(value, known)


def _loss(value: BoxNumber, places: list[Jet], gradient: list[Jet], is_exact: bool) -> Jet:
    space = places[0].space
    slope: Series = []
    known: Series = []
    for place, pull in zip(places, gradient, strict=True):
        slope = plus(slope, times(_derivative(place.over), pull.over, space.order))
        if is_exact:
            assert place.exact is not None
            assert pull.exact is not None
            speed = _derivative(place.exact)
            known = plus(known, times(speed, pull.exact, space.order - 1)) if speed else known
    over = [value, *(_divided(entry, k + 1) for k, entry in enumerate(slope))]
    if not is_exact:
        return Jet(space, over, None)
    assert places[0].exact is not None
    first = space.parameter.constant(0) + places[0].exact[0]
    exact = [first * first / 2, *(_divided(entry, k + 1) for k, entry in enumerate(known))]
    return Jet(space, over, exact)


def _derivative(series: Series) -> Series:
    found = [0 if _is_0(entry) else entry * k for k, entry in enumerate(series) if k]
    return found if any(not _is_0(entry) for entry in found) else []


def _divided(entry: Any, by: int) -> Any:
    return 0 if _is_0(entry) else entry * Fraction(1, by)


def _is_0(entry: Any) -> bool:
    return isinstance(entry, int) and entry == 0
