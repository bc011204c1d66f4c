"""Means of functions of a product of two normal variables."""

from __future__ import annotations

import math

import flint
import pytest

from theorycheck.arithmetic import integrals
from theorycheck.arithmetic.arithmetics import FLOAT64, ball
from theorycheck.arithmetic.integrals import product_mean


@pytest.mark.parametrize("digits", [1, 2, 6, 12, 20, 40])
def test_the_square_of_a_product_has_mean_one(digits: int) -> None:
    with ball(digits).scope():
        found = product_mean(lambda p: p * p, ball(digits))
        assert found.contains(1)
        assert found.rad() < flint.arb(10) ** -digits


def test_what_is_cut_off_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the bound of the tail the integral alone is too small, by more than its radius."""
    monkeypatch.setattr(integrals, "widened", lambda middle, _: middle)
    with ball(12).scope():
        assert not product_mean(lambda p: p * p, ball(12)).contains(1)


@pytest.mark.parametrize("slope", [0.01, 0.6, 3.0, 40.0])
def test_float64_is_inside_of_the_ball(slope: float) -> None:
    """E p tanh(b p), bounded by b p^2."""
    middle = product_mean(lambda p: p * math.tanh(slope * p) / slope, FLOAT64)
    with ball(20).scope():
        b = flint.arb(slope)
        found = product_mean(lambda p: p * (b * p).tanh() / b, ball(20))
        assert abs(float(found) - middle) < 1e-10
        assert found.rad() < 1e-20
