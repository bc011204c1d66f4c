"""Numbers that vary over boxes: values, slopes, and what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from theorycheck.arithmetic import boxes as module
from theorycheck.arithmetic.boxes import Batch, BoxNumber, constant
from theorycheck.arithmetic.functions import largest, magnitudes, root, smallest, squared_norms
from theorycheck.arithmetic.integrals import erf
from theorycheck.arithmetic.intervals import Interval
from theorycheck.errors import NotOnRegions

BOXES = 60


def coordinates(seed: int = 4) -> tuple[list[BoxNumber], Any, Any]:
    """Two parameters over boxes of all sizes, x in [0.2, 3] and y in [-2, 2]; ends (2, B)."""
    random = np.random.default_rng(seed)
    centre = np.stack([random.uniform(0.7, 2.5, BOXES), random.uniform(-1.5, 1.5, BOXES)])
    size = random.choice([1e-6, 1e-2, 0.45], (2, BOXES))
    lo, hi = centre - size, centre + size
    batch = Batch(np.nextafter(np.maximum(hi - centre, centre - lo), np.inf))
    return [batch.coordinate(k, centre[k], lo[k], hi[k]) for k in range(2)], lo, hi


def _array(x: Any, y: Any) -> Any:
    entries = np.empty(2, dtype=object)
    entries[:] = [x, y]
    return entries


FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "polynomial": lambda x, y: x * x * y - 3 * y + 1 - x / 4,
    "power": lambda x, y: y**3 + x**2,
    "quotient": lambda x, y: (y - 1) / (x + y * y),
    "exponential": lambda x, y: np.exp(-x * y / 2) * y,
    "logarithm": lambda x, y: np.log(x + y * y) - x / 3,
    "root": lambda x, y: root(x * x + y * y),
    "error function": lambda x, y: erf(x * y) - erf(y),
    "absolute": lambda x, y: abs(y) * x - abs(x - 1),
    "largest": lambda x, y: largest(_array(x, y)) - smallest(_array(x * y, 1 - y)),
    "arrays": lambda x, y: (
        squared_norms(_array(x, y)[:, None]).sum() - (_array(x, y) @ _array(y, y))
    ),
    "beside arrays": lambda x, y: (x * _array(y, x) - _array(x, y) / x)[1],
    "numbers": lambda x, y: 0.5 * x - np.float64(0.25) * y + 2 - x,
    "magnitudes": lambda x, y: magnitudes(_array(x - 1, y)).sum(),
}


def value(function: Callable[[Any, Any], Any], x: float, y: float) -> float:
    return float(function(flint.arb(x), flint.arb(y)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_are_enclosed(name: str) -> None:
    """At the centre, and at corners and inner points of every box."""
    function = FUNCTIONS[name]
    (x, y), lo, hi = coordinates()
    found = function(x, y)
    random = np.random.default_rng(9)
    for b in range(BOXES):
        middle = value(function, x.centre.lo[b], y.centre.lo[b])
        assert found.centre.lo[b] <= middle <= found.centre.hi[b]
        for _ in range(12):
            share = random.choice([0, 1, random.uniform()], 2)
            point = np.clip(lo[:, b] + share * (hi - lo)[:, b], lo[:, b], hi[:, b])
            there = value(function, *point)
            assert found.span.lo[b] - 1e-15 <= there <= found.span.hi[b] + 1e-15


@pytest.mark.parametrize("name", FUNCTIONS)
def test_slopes_are_enclosed(name: str) -> None:
    """Difference quotients within a box are between its slopes, as the mean-value theorem says."""
    function = FUNCTIONS[name]
    (x, y), lo, hi = coordinates()
    found = function(x, y)
    random = np.random.default_rng(8)
    for b in np.flatnonzero((hi - lo > 1e-3).all(axis=0)):
        for k in range(2):
            first = lo[:, b] + random.uniform(0, 1, 2) * (hi - lo)[:, b]
            second = first.copy()
            second[k] = lo[k, b] + random.uniform() * (hi - lo)[k, b]
            quotient = (value(function, *second) - value(function, *first)) / (second - first)[k]
            error = 1e-13 / abs((second - first)[k])
            assert found.slope.lo[k, b] - error <= quotient <= found.slope.hi[k, b] + error


def test_the_mean_value_form_narrows_what_operations_give() -> None:
    """x - x^2/2 around 1 hardly varies: slopes see it, and the plain operations do not."""
    batch = Batch(np.array([[0.1]]))
    one = np.array([1.0])
    x = batch.coordinate(0, one, one - 0.1, one + 0.1)
    found = x - x * x / 2
    assert found.span.hi[0] - found.span.lo[0] < 0.03
    wide = Batch(np.array([[np.inf]]))  # where the form is not to be used
    x = wide.coordinate(0, one, one - 0.1, one + 0.1)
    found = x - x * x / 2
    assert found.span.hi[0] - found.span.lo[0] > 0.3


def test_a_constant_has_no_slope() -> None:
    batch = Batch(np.ones((2, 3)))
    third = constant(batch, Fraction(1, 3))
    assert (third * 2 + 1).slope is None
    assert third.span.lo[0] < 1 / 3 < third.span.hi[0] + 1e-16


def test_a_ball_is_a_constant_all_of_whose_numbers_count() -> None:
    (x, _), _, _ = coordinates()
    wide = x.constant(flint.arb(3, 0.5))
    assert 2.49 < wide.span.lo[0] <= 2.5
    assert 3.5 <= wide.span.hi[0] < 3.51
    assert wide.slope is None
    pi = x * flint.arb.pi() - x * Fraction(314, 100)
    assert pi.slope is not None
    assert (pi.slope.lo[0] <= math.pi - 3.14).all()
    assert (pi.slope.hi[0] >= math.pi - 3.14).all()


@pytest.mark.parametrize(
    "refused",
    [
        float,
        int,
        bool,
        hash,
        lambda x: x < 1,
        lambda x: 1 in [x],
        lambda x: max(x, 2 * x),
        lambda x: math.sqrt(x),
        lambda x: x**0.5,
        lambda x: 2**x,
        lambda x: x.gamma(),
        lambda x: x + float("nan"),
        lambda x: x + "1",
    ],
)
def test_what_is_no_function_of_boxes_is_refused(refused: Callable[[Any], Any]) -> None:
    (x, _), _, _ = coordinates()
    with pytest.raises(NotOnRegions, match="not on regions yet"):
        refused(x)


def test_unbounded_slopes_prove_nothing() -> None:
    """sqrt at 0, 1/x and log around 0: the mean-value form has nothing to say."""
    batch = Batch(np.array([[1.0]]))
    zero = np.array([0.0])
    x = batch.coordinate(0, zero, zero - 1, zero + 1)
    with np.errstate(invalid="ignore", over="ignore"):
        assert np.sqrt(x * x).span.lo[0] == 0
        unbounded = [1 / x, np.log(x), np.log(abs(x))]
    for found in unbounded:
        assert not np.isfinite(found.span.lo[0])


def test_the_slope_of_a_maximum_is_that_of_either() -> None:
    batch = Batch(np.array([[1.0, 1.0]]))
    x = batch.coordinate(0, np.array([0.0, 3.0]), np.array([-1.0, 2.0]), np.array([1.0, 4.0]))
    found = x.max(-x)
    assert isinstance(found.slope, Interval)
    assert found.slope.lo.tolist() == [[-1, 1]]
    assert found.slope.hi.tolist() == [[1, 1]]


def test_the_change_within_a_box_is_bounded_from_above() -> None:
    """Also where products and sums are rounded down: of all rows, in exact arithmetic."""
    random = np.random.default_rng(5)
    low = random.uniform(-2, 2, (4, 300))
    slope, reach = (
        Interval(low, low + random.uniform(0, 1, (4, 300))),
        random.uniform(0, 1, (4, 300)),
    )
    found = module._change(slope, reach)
    for b in range(300):
        exact = sum(
            max(abs(Fraction(slope.lo[k, b])), abs(Fraction(slope.hi[k, b])))
            * Fraction(reach[k, b])
            for k in range(4)
        )
        assert exact <= Fraction(found[b]) <= exact * (1 + Fraction(1, 2**48))
    assert module._change(Interval(0 * low, 0 * low), reach)[0] == 2.0**-1000
