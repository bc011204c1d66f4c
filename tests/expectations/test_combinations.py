"""Sums over boxes hold the exact ones, of which rounding alone would lose many (Lemma D)."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.intervals import Interval
from theorycheck.expectations.boxes import combinations
from theorycheck.expectations.boxes.combinations import (
    coefficients,
    sum_of_products,
    sums_of_forms,
    whole_sums,
)
from theorycheck.expectations.boxes.slopes import indices, raised, slope_in_mean, slope_in_weight

SIZE = 200


def random_interval(random: Any, *shape: int, width: float, least: float = -3.0) -> Interval:
    lo = random.uniform(least, 3, shape)
    return Interval(lo, lo + width * random.uniform(0, 1, shape))


def ends_of(value: Interval, k: int, where: Any) -> Fraction:
    return Fraction(float((value.lo, value.hi)[k][where]))


def sums_of(n: int, order: int) -> Any:
    """Single moments, and sums of some of them."""
    some = indices(n, order)
    return (*(((index, 1),) for index in some), tuple((index, k) for k, index in enumerate(some)))


@pytest.mark.parametrize(("n", "order"), [(1, 2), (2, 2), (2, 4), (3, 2)])
def test_coefficients_are_those_of_the_slopes(n: int, order: int) -> None:
    """At exact means and moments, whatever they are."""
    random = np.random.default_rng(n)
    c = [Fraction(k, 7) for k in random.integers(-50, 50, n).tolist()]
    higher = indices(n, order + 2)
    moments = {index: Fraction(int(random.integers(1, 99))) for index in higher}
    sums = sums_of(n, order)
    table = coefficients(n, order, sums)
    values = [moments[index] for index in higher]
    for p, parts in enumerate(sums):
        low = dict(zip(indices(n, order), map(int, table.low[p]), strict=True))
        assert {key: count for key, count in low.items() if count} == {
            index: factor for index, factor in parts if factor
        }
        whole = sum(f * k * moments[key] for a, f in parts for key, k in raised(a, 2).items())
        assert sum(int(x) * v for x, v in zip(table.whole[p], values, strict=True)) == whole
        for k in range(n):
            expected = sum(
                f * sum(x * place for x, place in zip(row, c, strict=True)) * moments[key]
                for a, f in parts
                for key, row in slope_in_mean(a, k).items()
            )
            rows = zip(table.keys[p, k].tolist(), table.forms[p, k].tolist(), strict=True)
            assert expected == sum(
                values[key] * sum(int(x) * place for x, place in zip(form, c, strict=True))
                for key, form in rows
            )
            in_weight = sum(
                f * x * moments[key] for a, f in parts for key, x in slope_in_weight(a, k).items()
            )
            row = table.in_weights[p, k].tolist()
            assert in_weight == sum(int(x) * v for x, v in zip(row, values, strict=True))


@pytest.mark.parametrize("width", [0.0, 0.4])
def test_whole_sums_hold_all_sums(width: float) -> None:
    random = np.random.default_rng(1)
    factors = random.integers(-4, 5, (3, 6)).astype(float)
    parts = random_interval(random, 6, SIZE, width=width)
    found = whole_sums(factors, parts)
    for q, b in product(range(3), range(SIZE)):
        ends = [
            sum(Fraction(x) * ends_of(parts, k ^ (x < 0), (t, b)) for t, x in enumerate(factors[q]))
            for k in (0, 1)
        ]
        assert Fraction(found.lo[q, b]) <= ends[0] <= ends[1] <= Fraction(found.hi[q, b])
        assert found.hi[q, b] - found.lo[q, b] <= float(ends[1] - ends[0]) + 1e-12


@pytest.mark.long
@pytest.mark.parametrize("width", [0.0, 0.4])
def test_sums_of_forms_hold_all_slopes(width: float) -> None:
    """Each form is an interval, and so are the moments, which vary on their own."""
    random = np.random.default_rng(2)
    table = coefficients(2, 2, sums_of(2, 2))
    means = random_interval(random, 2, SIZE, width=width)
    moments = random_interval(random, len(indices(2, 4)), SIZE, width=width, least=0.0)
    found = sums_of_forms(table, means, moments)
    for p, k, b in product(range(len(table.keys)), range(2), range(SIZE)):
        low = high = Fraction(0)
        for key, form in zip(table.keys[p, k], table.forms[p, k], strict=True):
            ends = [
                sum(Fraction(x) * ends_of(means, e ^ (x < 0), (i, b)) for i, x in enumerate(form))
                for e in (0, 1)
            ]
            values = [f * ends_of(moments, e, (key, b)) for f in ends for e in (0, 1)]
            low, high = low + min(values), high + max(values)
        assert Fraction(found.lo[p, k, b]) <= low <= high <= Fraction(found.hi[p, k, b])
        assert found.hi[p, k, b] - found.lo[p, k, b] <= float(high - low) + 1e-11


@pytest.mark.parametrize("width", [0.0, 0.4])
def test_sums_of_products_hold_all_of_them(width: float) -> None:
    random = np.random.default_rng(3)
    parts = [
        (random_interval(random, SIZE, width=width), random_interval(random, SIZE, width=width))
        for _ in range(4)
    ]
    found = sum_of_products(parts)
    for b in range(SIZE):
        low = high = Fraction(0)
        for one, other in parts:
            values = [ends_of(one, k, b) * ends_of(other, j, b) for k, j in product((0, 1), (0, 1))]
            low, high = low + min(values), high + max(values)
        assert Fraction(found.lo[b]) <= low <= high <= Fraction(found.hi[b])


def test_ends_in_arb_are_rounded_outwards() -> None:
    """To ends that are exact; no error of float64 is added."""
    random = np.random.default_rng(4)
    parts = random_interval(random, 3, 5, width=0.2)
    factors = np.array([[1.0, -2.0, 3.0]])
    with Ball(20).scope():
        exact = Interval(
            *(np.vectorize(flint.arb, otypes=[object])(x) for x in (parts.lo, parts.hi))
        )
        found = whole_sums(factors, exact)
        near = whole_sums(factors, parts)
        for b in range(5):
            assert found.lo[0, b].rad() == 0 == found.hi[0, b].rad()
            assert near.lo[0, b] < found.lo[0, b]
            assert found.hi[0, b] < near.hi[0, b]


@pytest.mark.parametrize("roundings", [0, 9])
def test_errors_are_as_large_as_the_lemma_says(roundings: int) -> None:
    """K + 2 roundings of the moduli, and what underflows."""
    one = np.ones(1)
    found = combinations._outwards(one, one, 8 * one, roundings)
    least = 8 * 1.01 * (roundings + 2) * 2.0**-53
    assert found.hi[0] - 1 >= least
    assert 1 - found.lo[0] >= least
    nothing = combinations._outwards(0 * one, 0 * one, 0 * one, roundings)
    assert nothing.hi[0] == 2.0**-1000 == -nothing.lo[0]


def test_what_the_errors_are_shares_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of the largest moduli; and no term passes through more roundings than are counted.

    Products with whole numbers and their sums: T + 1 for T terms of either sign. Forms in n means
    have n + 1, times moments one more, and a sum of G of these G - 1. A product has one.
    """
    asked: list[tuple[Any, int]] = []
    monkeypatch.setattr(combinations, "_outwards", lambda *a: asked.append(a[2:]) or a[0])
    parts = Interval(np.array([[-3.0], [1.0]]), np.array([[-2.0], [2.0]]))
    whole_sums(np.array([[2.0, -1.0]]), parts)
    (size, roundings) = asked.pop()
    assert size == 2 * 3 + 2
    assert roundings >= 2 + 1
    table = coefficients(2, 2, sums_of(2, 2))
    moments = Interval(np.full((5, 1), 0.25), np.full((5, 1), 0.5))
    sums_of_forms(table, parts, moments)
    (size, roundings) = asked.pop()
    assert (size == 0.5 * (abs(table.forms) @ [3.0, 2.0]).sum(axis=-1)[..., None]).all()
    assert roundings >= 2 + 1 + 1 + table.keys.shape[-1] - 1
    sum_of_products([(parts[0], parts[1])] * 5)
    (size, roundings) = asked.pop()
    assert size == 5 * 3 * 2
    assert roundings >= 1 + 4
