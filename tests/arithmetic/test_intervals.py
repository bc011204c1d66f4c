"""Arrays of intervals: they hold what they should, in float64 and in Arb."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.intervals import Interval
from theorycheck.inputs.numbers import Floats

N = 400


def drawn(seed: int, low: float, high: float) -> tuple[Interval, Floats]:
    """Intervals of all widths, some with an end at 0; and a point in each."""
    random = np.random.default_rng(seed)
    a = random.uniform(low, high, N)
    b = a + random.choice([0, 1e-15, 1e-6, 1.0], N) * (high - a)
    a[::17], b[::23] = np.clip(0.0, low, a[::17]), np.maximum(b[::23], a[::23])
    inside = np.clip(a + random.uniform(0, 1, N) * (b - a), a, b)
    return Interval(a, b), inside


def in_arb(interval: Interval) -> Interval:
    ends = []
    for end in (interval.lo, interval.hi):
        entries = np.empty(len(end), dtype=object)
        entries[:] = [flint.arb(x) for x in end.tolist()]
        ends.append(entries)
    return Interval(*ends)


def exact(values: Floats) -> list[flint.arb]:
    return [flint.arb(x) for x in values.tolist()]


ONE: dict[str, tuple[Callable[[Interval], Interval], Callable[[Any], Any], float, float]] = {
    "square": (Interval.square, lambda x: x * x, -3, 3),
    "inverse": (Interval.inverse, lambda x: 1 / x, 0.01, 3),
    "inverse below 0": (Interval.inverse, lambda x: 1 / x, -3, -1e-9),
    "root": (Interval.root, lambda x: x.sqrt(), 0, 9),
    "exp": (Interval.exp, lambda x: x.exp(), -800, 690),
    "log": (Interval.log, lambda x: x.log(), 1e-9, 1e9),
    "erf": (Interval.erf, lambda x: x.erf(), -7, 7),
    "negative": (Interval.__neg__, lambda x: -x, -3, 3),
    "times": (lambda a: a.times(-3), lambda x: -3 * x, -3, 3),
}
TWO: dict[str, tuple[Callable[[Interval, Interval], Interval], Callable[[Any, Any], Any]]] = {
    "sum": (Interval.__add__, lambda x, y: x + y),
    "difference": (Interval.__sub__, lambda x, y: x - y),
    "product": (Interval.__mul__, lambda x, y: x * y),
    "maximum": (Interval.max, lambda x, y: x.max(y)),
    "quotient": (lambda a, b: a / (b.square() + Interval.of(1)), lambda x, y: x / (y * y + 1)),
}


def assert_holds(found: Interval, values: list[flint.arb]) -> None:
    """Every value is in its interval, certainly."""
    for lo, hi, value in zip(found.lo.tolist(), found.hi.tolist(), values, strict=True):
        assert flint.arb(lo) <= value.upper()
        assert flint.arb(hi) >= value.lower()


@pytest.mark.parametrize("name", ONE)
def test_functions_of_one(name: str) -> None:
    """Ends and inner points go into the enclosure; ends in Arb are no wider."""
    function, of_ball, low, high = ONE[name]
    a, inside = drawn(1, low, high)
    found = function(a)
    with Ball(40).scope():
        for points in (a.lo, a.hi, inside):
            assert_holds(found, [of_ball(x) for x in exact(points)])
    with Ball(20).scope():
        finer = function(in_arb(a))
        pairs = zip(finer.lo.tolist(), finer.hi.tolist(), found.lo, found.hi, strict=True)
        for lo, hi, wider_lo, wider_hi in pairs:
            assert lo >= float(wider_lo) or not lo.is_finite()
            assert hi <= float(wider_hi) or not hi.is_finite()


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two(name: str) -> None:
    function, of_balls = TWO[name]
    (a, inside), (b, other) = drawn(2, -3, 3), drawn(3, -2, 5)
    found = function(a, b)
    with Ball(40).scope():
        for x, y in ((a.lo, b.lo), (a.lo, b.hi), (a.hi, b.lo), (a.hi, b.hi), (inside, other)):
            values = [of_balls(p, q) for p, q in zip(exact(x), exact(y), strict=True)]
            assert_holds(found, values)


def test_results_are_narrow() -> None:
    """Of single numbers they are a few units in the last place wide."""
    x = Interval(np.array([1.7, 0.3]), np.array([1.7, 0.3]))
    for found in (x + x, x * x, x.square(), x.inverse(), x.root(), x.exp(), x.log(), x - x):
        assert (found.hi - found.lo <= 5e-14).all()


def test_what_has_no_value_is_unknown_and_stays_so() -> None:
    around = Interval(np.array([-1.0, 0.0]), np.array([1.0, 2.0]))
    assert (around.inverse().lo == -np.inf).all()
    assert (around.inverse().hi == np.inf).all()
    assert (around.log().lo == -np.inf).all()
    with np.errstate(invalid="ignore"):
        nothing = around.inverse() * Interval.of(0)
    assert np.isnan(nothing.lo).all()
    assert np.isnan((nothing + around).hi).all()
    assert np.isnan(nothing.exp().lo).all()
    assert (nothing.meet(around).lo == around.lo).all()


def test_exponents_beyond_the_range() -> None:
    found = Interval(np.array([-1000.0, 0.0]), np.array([-900.0, 800.0])).exp()
    assert (found.lo == np.array([0.0, found.lo[1]])).all()
    assert 0 < found.hi[0] < 1e-300
    assert found.hi[1] == np.inf
    assert Interval(np.array([750.0]), np.array([800.0])).exp().lo[0] > 1e300


def test_exact_numbers_are_enclosed_tightly() -> None:
    third = Interval.of(Fraction(1, 3))
    assert Fraction(float(third.lo[0])) < Fraction(1, 3) < Fraction(float(third.hi[0]))
    assert third.hi[0] - third.lo[0] < 2e-16
    assert Interval.of(-7).is_thin
