"""Population expectations over boxes of n means on a line and of their weights, truth N(0, 1).

The enclosures at the centre of a box and over it, and the slopes, are those of `sums`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.boxes import Batch, BoxNumber, made
from theorycheck.arithmetic.intervals import Interval
from theorycheck.expectations.boxes.slopes import (
    Index,
    Linear,
    Whole,
    indices,
    plus,
    raised,
    slope_in_mean,
    slope_in_weight,
    unit,
)
from theorycheck.expectations.boxes.sums import FARTHEST, LEAST_WEIGHT, Sums, axis_of, like
from theorycheck.expectations.moments import Moments


def population_over_boxes(means: list[BoxNumber], weights: list[BoxNumber]) -> Moments:
    """The expectations of n means on a line and n weights, as object arrays of box numbers.

    Where a mean may be beyond FARTHEST or a weight below LEAST_WEIGHT they are not a number.
    """
    found, middle = _found(means, weights, 2)
    n = len(means)
    overlap = np.empty((n, n), dtype=object)
    for i in range(n):
        for j in range(i, n):
            overlap[i, j] = overlap[j, i] = found.combination({plus(unit(n, i), j): 1})
    shares = np.empty(n, dtype=object)
    shares[:] = [found.combination({plus(unit(n, i), j): 1 for j in range(n)}) for i in range(n)]
    column = np.empty(n, dtype=object)
    column[:] = means
    gradient = overlap @ column
    centre = middle.loss()
    nothing = Interval(*2 * (np.full_like(centre.lo, like(centre.lo, math.nan)),))
    slope = slope_of_loss([[mean] for mean in means], weights, gradient[:, None], shares)
    loss = found.made(centre, nothing, slope)
    places = (overlap * (column[:, None] - column)).sum(axis=1)
    fisher = (gradient * column).sum()
    return Moments(loss, shares, overlap, gradient[:, None], fisher, places[:, None])


def moments_over_boxes(
    means: list[BoxNumber], weights: list[BoxNumber], orders: Iterable[int]
) -> dict[Index, BoxNumber]:
    """The moments of some orders, as box numbers."""
    moments: dict[Index, BoxNumber] = {}
    for order in orders:
        found, _ = _found(means, weights, order)
        moments |= {index: found.combination({index: 1}) for index in indices(len(means), order)}
    return moments


def _found(means: list[BoxNumber], weights: list[BoxNumber], order: int) -> tuple[_Found, Sums]:
    """The moments of an order, and the sums at the centres of the boxes."""
    batch = means[0].batch
    size = batch.reach.shape[1]
    c, pi = _spans(means, size), _spans(weights, size)
    c0, pi0 = _centres(means, size), _centres(weights, size)
    is_wild = _wild(c, pi)
    if is_wild.any():
        c, pi, c0, pi0 = ([_tamed(part, is_wild) for part in parts] for parts in (c, pi, c0, pi0))
    axis = axis_of(c)
    top = Sums.over(axis, c, pi).moments(order + 2)
    middle = Sums.over(axis, c0, pi0)
    low = middle.moments(order)
    return _Found(batch, len(means), c, pi, means, weights, top, low, is_wild), middle


def _spans(numbers: list[BoxNumber], size: int) -> list[Interval]:
    return [_spread(number.span, size) for number in numbers]


def _centres(numbers: list[BoxNumber], size: int) -> list[Interval]:
    return [_spread(number.centre, size) for number in numbers]


def _spread(ends: Interval, size: int) -> Interval:
    """The ends for every box, also those of a constant."""
    if len(ends.lo) == size:
        return ends
    lo = np.repeat(ends.lo, size)
    return Interval(lo, lo if ends.is_thin else np.repeat(ends.hi, size))


def _wild(c: list[Interval], pi: list[Interval]) -> Array:
    """(B,), True where the lemma does not hold."""
    is_tame: Array = np.array(True)
    for ends in c:
        is_tame = is_tame & (ends.lo >= -FARTHEST) & (ends.hi <= FARTHEST)
    for ends in pi:
        is_tame = is_tame & (ends.lo >= LEAST_WEIGHT) & (ends.hi <= 2)
    return ~np.asarray(is_tame, dtype=bool)


def _tamed(ends: Interval, is_wild: Array) -> Interval:
    one = like(ends.lo, 1.0)
    lo = np.where(is_wild, one, ends.lo)
    return Interval(lo, lo if ends.lo is ends.hi else np.where(is_wild, one, ends.hi))


@dataclass(frozen=True, eq=False)
class _Found:
    """Moments at the centres of boxes, those two orders higher over them, and what they are of."""

    batch: Batch
    components: int
    c: list[Interval]
    pi: list[Interval]
    means: list[BoxNumber]
    weights: list[BoxNumber]
    top: dict[Index, Interval]
    low: dict[Index, Interval]
    is_wild: Array

    def combination(self, parts: Whole) -> BoxNumber:
        """A sum of moments of the lower order, as a function of the parameters."""
        whole: Whole = {}
        for index, factor in parts.items():
            for key, count in raised(index, 2).items():
                whole[key] = whole.get(key, 0) + factor * count
        centre = _total([self.low[index].times(factor) for index, factor in parts.items()])
        return self.made(centre, self._whole(whole), self._slope(parts))

    def made(self, centre: Interval, span: Interval, slope: Interval | None) -> BoxNumber:
        """The number with these enclosures, where anything is known."""
        if self.is_wild.any():
            centre, span = (_unknown(part, self.is_wild) for part in (centre, span))
            slope = None if slope is None else _unknown(slope, self.is_wild)
        return made(self.batch, centre, span, slope)

    def _whole(self, parts: Whole) -> Interval:
        return _total([self.top[key].times(count) for key, count in parts.items()])

    def _slope(self, parts: Whole) -> Interval | None:
        """By the chain rule, through every mean and weight that varies."""
        terms = []
        for k in range(self.components):
            in_mean, in_weight = self.means[k].slope, self.weights[k].slope
            if in_mean is not None:
                terms.append(in_mean * self._in_mean(parts, k))
            if in_weight is not None:
                terms.append(in_weight * self._in_weight(parts, k))
        return _total(terms) if terms else None

    def _in_mean(self, parts: Whole, k: int) -> Interval:
        rows: Linear = {}
        for index, factor in parts.items():
            for key, form in slope_in_mean(index, k).items():
                row = rows.setdefault(key, [0] * self.components)
                for i, entry in enumerate(form):
                    row[i] += factor * entry
        terms = [self._form(row) * self.top[key] for key, row in rows.items() if any(row)]
        return _total(terms) if terms else self._zero()

    def _form(self, row: list[int]) -> Interval:
        return _total([c.times(entry) for c, entry in zip(self.c, row, strict=True) if entry])

    def _in_weight(self, parts: Whole, k: int) -> Interval:
        whole: Whole = {}
        for index, factor in parts.items():
            for key, count in slope_in_weight(index, k).items():
                whole[key] = whole.get(key, 0) + factor * count
        whole = {key: count for key, count in whole.items() if count}
        return self._whole(whole) / self.pi[k] if whole else self._zero()

    def _zero(self) -> Interval:
        return self.c[0].times(0)


def slope_of_loss(
    means: list[list[BoxNumber]], weights: list[BoxNumber], gradient: Array, shares: Array
) -> Interval | None:
    """Slopes of L by the chain rule: dL/dmu_i = grad_i, dL/dpi_i = -p_i / pi_i.

    means: n rows of k coordinates. gradient: (n, k), shares: (n,), over the boxes.
    """
    terms = []
    for row, weight, pulls, share in zip(means, weights, gradient, shares, strict=True):
        for mean, pull in zip(row, pulls, strict=True):
            if mean.slope is not None:
                terms.append(mean.slope * pull.span)
        if weight.slope is not None:
            terms.append(weight.slope * -(share.span / weight.span))
    return _total(terms) if terms else None


def _total(terms: list[Interval]) -> Interval:
    found = terms[0]
    for term in terms[1:]:
        found = found + term
    return found


def _unknown(ends: Interval, which: Array) -> Interval:
    """The same, not a number where nothing is known."""
    nan = like(ends.lo, math.nan)
    return Interval(np.where(which, nan, ends.lo), np.where(which, nan, ends.hi))
