"""Sums of moments over boxes, and their slopes: all sums of a kind at once.

Of small batches the cost is that of calling NumPy; so sums are products of matrices, which are
rounded outwards at the end and not after every operation.

**Lemma D.** A sum of products in floating point, in any order, with or without fused multiply-add,
in which no term passes through more than K < 10^6 roundings, is off by at most 1.005 K u times the
sum of the moduli, u = 2^-53; the products may be of such sums with further numbers. So is a sum of
terms that are the least, or largest, of some such products, with the largest modulus for the
term's: min and max are exact and 1-Lipschitz. The bound itself is added, which is rounded by u
times the modulus of the sum and of the bound, and the moduli are rounded K times: K + 3 for K and
1.01 for 1.005 cover that. What underflows, some 2^-1074 a product, is multiplied by at most 2^10
and makes less than 2^-1000. Where a modulus is infinite or no number, so is the bound. QED (N. J.
Higham, Accuracy and Stability of Numerical Algorithms, section 3.1.)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.intervals import (
    Interval,
    down,
    greater,
    is_arb,
    lesser,
    product_ends,
    up,
)
from theorycheck.expectations.boxes.slopes import (
    Index,
    Whole,
    indices,
    raised,
    slope_in_mean,
    slope_in_weight,
)
from theorycheck.inputs.numbers import Floats

SumOfMoments: TypeAlias = tuple[tuple[Index, int], ...]
"""Moments of one order, and how often each is added."""
_U = 2.0**-53
_UNDERFLOW = 2.0**-1000


class Coefficients(NamedTuple):
    """P sums of moments of an order of n responsibilities, and their slopes.

    low: (P, L), of the moments of this order. whole: (P, T), of those two orders higher. In these
    are the slopes too. keys: (P, n, G), which of them the slopes in every mean have; forms:
    (P, n, G, n), with which linear forms in the means. in_weights: (P, n, T), with which whole
    numbers pi_k times those in every weight.
    """

    low: Floats
    whole: Floats
    keys: NDArray[np.intp]
    forms: Floats
    in_weights: Floats


@lru_cache(maxsize=256)
def coefficients(n: int, order: int, sums: tuple[SumOfMoments, ...]) -> Coefficients:
    """The coefficients of some sums: whole numbers, as doubles."""
    places = {index: k for k, index in enumerate(indices(n, order))}
    higher = {index: k for k, index in enumerate(indices(n, order + 2))}
    low, whole = np.zeros((len(sums), len(places))), np.zeros((len(sums), len(higher)))
    in_weights = np.zeros((len(sums), n, len(higher)))
    linear = [[_linear(parts, k) for k in range(n)] for parts in sums]
    most = max(1, *(len(rows) for each in linear for rows in each))
    keys = np.zeros((len(sums), n, most), dtype=np.intp)
    forms = np.zeros((len(sums), n, most, n))
    for p, parts in enumerate(sums):
        for index, factor in parts:
            low[p, places[index]] += factor
            _add(whole[p], raised(index, 2), factor, higher)
            for k in range(n):
                _add(in_weights[p, k], slope_in_weight(index, k), factor, higher)
        for k in range(n):
            for g, (index, row) in enumerate(linear[p][k].items()):
                keys[p, k, g], forms[p, k, g] = higher[index], row
    return Coefficients(low, whole, keys, forms, in_weights)


def _add(row: Floats, parts: Whole, factor: int, places: dict[Index, int]) -> None:
    for index, count in parts.items():
        row[places[index]] += factor * count


def _linear(parts: SumOfMoments, k: int) -> dict[Index, Floats]:
    """The slope of a sum in a mean: linear forms, by the moment that they multiply."""
    rows: dict[Index, Floats] = {}
    for index, factor in parts:
        for key, form in slope_in_mean(index, k).items():
            rows[key] = rows.get(key, 0.0) + factor * np.array(form, dtype=float)
    return {key: row for key, row in rows.items() if row.any()}


def stacked(parts: Iterable[Interval]) -> Interval:
    """Intervals of one shape as one, along a new first axis."""
    lows, highs = zip(*[(part.lo, part.hi) for part in parts], strict=True)
    return Interval(np.array(lows), np.array(highs))


def whole_sums(factors: Floats, parts: Interval) -> Interval:
    """Sums (..., B) of numbers (T, B) times whole numbers (..., T)."""
    return _outwards(*_signed_sums(factors, parts), 2 * len(parts.lo))


def sums_of_forms(table: Coefficients, means: Interval, moments: Interval) -> Interval:
    """The slopes (P, n, B) in every mean, from means (n, B) and moments (T, B), which are >= 0."""
    _, n, most, _ = table.forms.shape
    lo, hi, size = _signed_sums(table.forms, means)
    least, largest = moments.lo[table.keys], moments.hi[table.keys]
    low = lesser(lo * least, lo * largest).sum(axis=2)
    high = greater(hi * least, hi * largest).sum(axis=2)
    return _outwards(low, high, (size * largest).sum(axis=2), 2 * n + most)


def sum_of_products(pairs: list[tuple[Interval, Interval]]) -> Interval:
    """The sum of some products of intervals of one shape; NaN where one of them has no value."""
    low, high, size = zip(*[_product(a, b) for a, b in pairs], strict=True)
    return _outwards(sum(low), sum(high), sum(size), 1 + len(pairs))


def _product(a: Interval, b: Interval) -> tuple[Array, Array, Array]:
    """The ends of a product, and of its modulus, as they are rounded."""
    return *product_ends(a, b), a.magnitude * b.magnitude


def _signed_sums(factors: Floats, parts: Interval) -> tuple[Array, Array, Array]:
    """The ends of such sums, and of their moduli, as they are rounded."""
    more, less = np.maximum(factors, 0.0), np.minimum(factors, 0.0)
    lo, hi = more @ parts.lo + less @ parts.hi, more @ parts.hi + less @ parts.lo
    return lo, hi, abs(factors) @ parts.magnitude


def _outwards(lo: Array, hi: Array, size: Array, roundings: int) -> Interval:
    """The ends of sums, rounded outwards. size: sums of the moduli; see Lemma D."""
    if is_arb(lo):
        return Interval(down(lo), up(hi))
    error = size * (1.01 * (roundings + 3) * _U) + _UNDERFLOW
    return Interval(lo - error, hi + error)
