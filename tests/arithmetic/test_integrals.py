"""Means of functions of a product of two normal variables."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
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


@pytest.mark.parametrize("digits", [2, 12])
def test_the_sum_alone_is_off_by_more_than_its_radius(digits: int, monkeypatch: Any) -> None:
    """So the bound is needed; and it is no larger than what was asked for."""
    monkeypatch.setattr(integrals, "widened", lambda middle, _: middle)
    with ball(digits).scope():
        alone = product_mean(lambda p: p * p, ball(digits))
        assert not alone.contains(1)
        error = integrals._product_nodes(digits).error
        assert abs(alone - 1) < error < flint.arb(10) ** -digits


@pytest.mark.parametrize("slope", [0.01, 0.6, 3.0, 40.0])
def test_float64_is_inside_of_the_ball(slope: float) -> None:
    """E p tanh(b p), bounded by b p^2."""
    middle = product_mean(lambda p: p * np.tanh(slope * p) / slope, FLOAT64)
    with ball(20).scope():
        b = flint.arb(slope)
        found = product_mean(lambda p: p * np.tanh(b * p) / b, ball(20))
        assert abs(float(found) - middle) < 1e-10
        assert found.rad() < 1e-20
