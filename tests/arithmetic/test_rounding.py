"""Middles of balls, and rounding in one direction."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import (
    Ball,
    as_fmpq,
    ball,
)
from theorycheck.arithmetic.rounding import (
    around,
    between,
    ceil_float,
    exact_midpoint,
    floor_float,
    midpoint,
    widened,
)


def test_midpoints() -> None:
    """The midpoint of a ball is read as a double or exactly; a float is its own midpoint."""
    value = flint.arb("0.5", "1e-3")
    assert midpoint(value) == midpoint(0.5) == 0.5
    assert exact_midpoint(value) == exact_midpoint(0.5) == flint.fmpq(1, 2)
    assert exact_midpoint(0.1) == as_fmpq(Fraction(0.1))
    with ball(40).scope():
        assert abs(exact_midpoint(flint.arb(1) / 3) - flint.fmpq(1, 3)) < flint.fmpq(1, 10**40)
    assert midpoint(flint.arb(10) ** 400) == math.inf
    assert midpoint(flint.arb(10) ** -400) == 0


@pytest.mark.parametrize("radius", [flint.arb(1) / 8, -flint.arb(1) / 8, flint.arb(0, 0.125)])
def test_widened_grows_by_the_whole_radius(radius: flint.arb) -> None:
    """A widened ball holds the old one and everything up to the largest |radius| around it."""
    wide = widened(flint.arb(1, 0.25), radius)
    assert wide.contains(flint.fmpq(1) + flint.fmpq(3, 8))
    assert wide.contains(flint.fmpq(1) - flint.fmpq(3, 8))
    assert not wide.contains(flint.fmpq(1) + flint.fmpq(7, 18))


def test_a_ball_between_two_doubles_holds_both_ends_and_little_more() -> None:
    """At any precision; without an upper end nothing bounds it."""
    for bits in (10, 53, 200):
        with flint.ctx.workprec(bits):
            ball_of = between(0.1, 0.7)
            assert ball_of.contains(flint.fmpq(*(0.1).as_integer_ratio()))
            assert ball_of.contains(flint.fmpq(*(0.7).as_integer_ratio()))
            assert float(ball_of.rad()) < 0.31
    assert not between(0.0, math.inf).is_finite()


def test_directed_rounding() -> None:
    """The doubles are outside the ball, whatever its size."""
    with Ball(30).scope():
        for value in (flint.arb(1) / 3, -flint.arb(2).sqrt(), flint.arb("1e400"), flint.arb(5)):
            assert flint.arb(floor_float(value)) <= value.lower()
            assert flint.arb(floor_float(-value)) <= (-value).lower()
            assert -ceil_float(value) == floor_float(-value)
        assert floor_float(flint.arb("nan")) == -math.inf
        assert ceil_float(flint.arb("1e400")) == math.inf


def test_balls_around_doubles_take_both_exactly() -> None:
    """In any shape, also of arrays that are not contiguous, and at any precision."""
    middles = np.array([[1 / 3, -(2.0**-70), 0.0], [5e300, 1.0, -7.5]]).T
    radii = np.array([[2.0**-80, 0.0, 1e-300], [1.0, 2.0**-52, 0.25]]).T
    with Ball(12).scope():
        flint.ctx.prec = 20
        found = around(middles, radii)
    assert found.shape == (3, 2)
    for ball_entry, middle, radius in zip(
        found.ravel().tolist(), middles.ravel().tolist(), radii.ravel().tolist(), strict=True
    ):
        assert float(ball_entry.mid()) == middle
        assert radius <= float(ball_entry.rad()) <= radius * (1 + 1e-8)
