"""Prepared axes: their doubles against Arb, their bounds against the formulas of Lemma Q."""

from __future__ import annotations

import math

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import Array, Ball
from theorycheck.expectations.proven.axes import PreparedAxis, block_length, prepared_axis
from theorycheck.expectations.trapezoid import Axis, common_axis
from theorycheck.inputs.numbers import Floats

UNIT = 2.0**-53
CHOICES = {
    "narrow": (0.0, -14 * math.log(10), 9.0),
    "wide": (7.3, -14 * math.log(10), 37.2),
    "coarse": (1.0, -2 * math.log(10), 4.1),
    "as wide as can be": (170.0, -14 * math.log(10), 37.4),
}
choices = pytest.mark.parametrize("choice", CHOICES)


def both(choice: str) -> tuple[Axis, PreparedAxis]:
    chosen = common_axis(*CHOICES[choice])
    return chosen, prepared_axis(chosen)


def assert_next_to(doubles: Floats, exact: Array, units: float) -> None:
    """Within so many units of rounding, relatively; below the normal doubles, absolutely."""
    for value, ball in zip(doubles.tolist(), exact, strict=True):
        assert abs(value - ball) <= units * UNIT * abs(ball) + flint.arb(2) ** -1074


@choices
def test_doubles_are_next_to_what_they_stand_for(choice: str) -> None:
    """One rounding each, where the proof counts two; nodes are exact and symmetric."""
    axis, found = both(choice)
    with Ball(40).scope():
        x = [flint.arb(axis.step) * m for m in range(-axis.half, axis.half + 1)]
        weights = [axis.step * (-t * t / 2).exp() / (2 * flint.arb.pi()).sqrt() for t in x]
        assert all(value == exact for value, exact in zip(found.nodes.tolist(), x, strict=True))
        assert_next_to(found.weights, weights, 1.001)
        assert_next_to(found.root_weights, [w.sqrt() for w in weights], 1.001)
        for column, factors in zip(found.root_columns.T, found.columns.T, strict=True):
            exact = [w.sqrt() * factor for w, factor in zip(weights, factors.tolist(), strict=True)]
            assert_next_to(column, np.array(exact), 2.001)
    np.testing.assert_array_equal(found.nodes, -found.nodes[::-1])
    np.testing.assert_array_equal(found.columns.T, [found.nodes**0, found.nodes, abs(found.nodes)])


@choices
def test_bounds_are_those_of_the_formulas(choice: str) -> None:
    """Each at least the exact number, and hardly more."""
    axis, found = both(choice)
    with Ball(40).scope():
        a, spread, h = (flint.arb(value) for value in (axis.strip, axis.spread, axis.step))
        reach = h * axis.half
        plain = 2 * (a * a / 2).exp() / ((2 * flint.arb.pi() * a / h).exp() - 1)
        cosine = (a * spread / 2).cos()
        exact = {
            "relative": plain / cosine**2,
            "plain": plain,
            "bend": a * spread / 2 - cosine.log(),
            "tail": (reach / flint.arb(2).sqrt()).erfc(),
            "edge": 2 * (-reach * reach / 2).exp() / (2 * flint.arb.pi()).sqrt(),
        }
        for name, value in exact.items():
            bound = getattr(found, name)
            assert value <= bound <= value * (1 + 1e-13), name
    assert found.strip == axis.strip
    assert (found.step, found.reach, found.size) == (axis.step, axis.step * axis.half, axis.size)


@choices
def test_the_axis_covers_what_was_asked(choice: str) -> None:
    """The spread and the reach are rounded up, by little."""
    spread, log_tolerance, reach = CHOICES[choice]
    axis, found = both(choice)
    assert max(spread, 2.0**-4) < axis.spread < 1.13 * max(spread, 2.0**-4)
    assert reach <= found.reach < reach + 0.5 + axis.step
    assert found.relative <= math.exp(log_tolerance)


@pytest.mark.parametrize("size", [3, 9, 10, 11, 101, 5000])
def test_no_walk_is_longer_than_the_longest(size: int) -> None:
    """By brute force over m + b s, and it is not longer than it has to be."""
    axis = prepared_axis(Axis(step=1.0, half=(size - 1) // 2, strip=0.5, spread=1.0))
    walks = [k % axis.block + k // axis.block for k in range(axis.size)]
    assert axis.block == block_length(axis.size)
    assert max(walks) <= axis.longest_walk <= max(walks) + 1
    assert axis.longest_walk <= 2 * math.sqrt(axis.size)


def test_an_axis_is_prepared_once() -> None:
    """All mixtures below a rung share it."""
    one, other = (common_axis(spread, -20.0, reach) for spread, reach in [(0.99, 8.6), (0.95, 8.9)])
    assert prepared_axis(one) is prepared_axis(other)


def test_an_axis_that_proves_nothing_is_refused() -> None:
    """The bounds assume X >= 1, h <= 2 pi and aD < pi."""
    for axis in (Axis(0.25, 3, 0.5, 1.0), Axis(6.5, 3, 0.5, 1.0), Axis(0.25, 40, 3.2, 1.0)):
        with pytest.raises(AssertionError):
            prepared_axis(axis)
