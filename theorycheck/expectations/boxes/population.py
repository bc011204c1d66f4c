"""Population expectations over boxes of n means on a line and of their weights, truth N(0, 1).

The enclosures at the centre of a box and over it, and the slopes, are those of `sums`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.boxes import Batch, BoxNumber, all_made, made
from theorycheck.arithmetic.intervals import Interval
from theorycheck.expectations.boxes.combinations import (
    Coefficients,
    SumOfMoments,
    coefficients,
    stacked,
    sum_of_products,
    sums_of_forms,
    whole_sums,
)
from theorycheck.expectations.boxes.slopes import Index, indices, plus, unit
from theorycheck.expectations.boxes.sums import FARTHEST, LEAST_WEIGHT, Sums, axis_of, like
from theorycheck.expectations.moments import Moments, symmetric
from theorycheck.expectations.trapezoid import objects


class MomentsOnDemand:
    """The fields of `Moments`, each found when it is first asked for: claims use one or two."""

    def __init__(self, **finders: Callable[[], Any]) -> None:
        self._finders = finders

    def __getattr__(self, name: str) -> Any:
        if name not in Moments._fields:
            raise AttributeError(name)
        found = self._finders[name]()
        setattr(self, name, found)
        return found


def population_over_boxes(means: list[BoxNumber], weights: list[BoxNumber]) -> MomentsOnDemand:
    """The expectations of n means on a line and n weights, as object arrays of box numbers.

    The weights of every point in a box add up to 1. Where a mean may be beyond FARTHEST or a weight
    below LEAST_WEIGHT the expectations are not a number.
    """
    found, middle = _found(means, weights, 2)
    n, column = len(means), objects(means)

    def overlap() -> Array:
        some = combinations_with_replacement(range(n), 2)
        numbers = found.sums(tuple(((plus(unit(n, i), j), 1),) for i, j in some))
        return symmetric(objects(numbers), n)

    def shares() -> Array:
        rows = (tuple((plus(unit(n, i), j), 1) for j in range(n)) for i in range(n))
        return objects(found.sums(tuple(rows)))

    def loss() -> BoxNumber:
        centre = middle.loss()
        nothing = Interval(*2 * (np.full_like(centre.lo, like(centre.lo, math.nan)),))
        slope = slope_of_loss(
            [[mean] for mean in means], weights, moments.gradient, moments.responsibilities
        )
        return found.made(centre, nothing, slope)

    moments = MomentsOnDemand(
        loss=loss,
        responsibilities=shares,
        overlap=overlap,
        gradient=lambda: (moments.overlap @ column)[:, None],
        fisher_divergence=lambda: (moments.gradient[:, 0] * column).sum(),
        positions=lambda: (moments.overlap * (column[:, None] - column)).sum(axis=1)[:, None],
    )
    return moments


def moments_over_boxes(
    means: list[BoxNumber], weights: list[BoxNumber], orders: Iterable[int]
) -> dict[Index, BoxNumber]:
    """The moments of some orders, as box numbers."""
    moments: dict[Index, BoxNumber] = {}
    for order in orders:
        found, _ = _found(means, weights, order)
        some = indices(len(means), order)
        numbers = found.sums(tuple(((index, 1),) for index in some))
        moments |= dict(zip(some, numbers, strict=True))
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
    places, shares = stacked(c), stacked(pi)
    higher, lower = stacked(top.values()), stacked(low.values())
    return _Found(batch, order, means, weights, places, shares, higher, lower, is_wild), middle


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
    """Moments at the centres of boxes and over them, and what they are of.

    low: those of an order at the centres, (L, B). top: those two orders higher over the boxes,
    (T, B). c, pi: the n means and weights over the boxes, (n, B). is_wild: (B,), of which boxes
    nothing is known.
    """

    batch: Batch
    order: int
    means: list[BoxNumber]
    weights: list[BoxNumber]
    c: Interval
    pi: Interval
    top: Interval
    low: Interval
    is_wild: Array

    def sums(self, sums: tuple[SumOfMoments, ...]) -> list[BoxNumber]:
        """Some sums of moments of this order, as functions of the parameters."""
        table = coefficients(len(self.means), self.order, sums)
        centre, span = whole_sums(table.low, self.low), whole_sums(table.whole, self.top)
        parts = self._known(centre), self._known(span), self._slopes(table)
        return all_made(self.batch, *parts)

    def made(self, centre: Interval, span: Interval, slope: Interval | None) -> BoxNumber:
        """The number with these enclosures, where anything is known."""
        slope = None if slope is None else self._known(slope)
        return made(self.batch, self._known(centre), self._known(span), slope)

    def _known(self, ends: Interval) -> Interval:
        """The same, not a number where nothing is known."""
        if not self.is_wild.any():
            return ends
        nan = like(ends.lo, math.nan)
        return Interval(*(np.where(self.is_wild, nan, end) for end in (ends.lo, ends.hi)))

    def _slopes(self, table: Coefficients) -> Interval | None:
        """By the chain rule, through every mean and weight that varies: (P, parameters, B)."""
        parts = []
        if any(mean.slope is not None for mean in self.means):
            parts += _varying(self.means, sums_of_forms(table, self.c, self.top))
        if any(weight.slope is not None for weight in self.weights):
            in_weights = whole_sums(table.in_weights, self.top) / self.pi
            parts += _varying(self.weights, in_weights)
        return self._known(sum_of_products(parts)) if parts else None


def _varying(numbers: list[BoxNumber], slopes: Interval) -> list[tuple[Interval, Interval]]:
    """The slopes of numbers, where they vary, and those (P, n, B) in each of them."""
    return [
        (number.slope, slopes[:, k, None])
        for k, number in enumerate(numbers)
        if number.slope is not None
    ]


def slope_of_loss(
    means: list[list[BoxNumber]], weights: list[BoxNumber], gradient: Array, shares: Array
) -> Interval | None:
    """Slopes of L by the chain rule: dL/dmu_i = grad_i, dL/dpi_i = -p_i / pi_i.

    means: n rows of k coordinates. gradient: (n, k), shares: (n,), over the boxes.
    """
    parts = []
    for row, weight, pulls, share in zip(means, weights, gradient, shares, strict=True):
        for mean, pull in zip(row, pulls, strict=True):
            if mean.slope is not None:
                parts.append((mean.slope, pull.span))
        if weight.slope is not None:
            parts.append((weight.slope, -(share.span / weight.span)))
    return sum_of_products(parts) if parts else None
