"""The exponential of float64 arrays, and its proven error."""

from __future__ import annotations

import math

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.exponential import ERROR, FARTHEST, exponential
from theorycheck.errors import InvalidValue
from theorycheck.inputs.numbers import Floats


def worst_error(x: Floats) -> float:
    """The largest relative error at some points, from Arb."""
    with Ball(30).scope():
        exact = [flint.arb(entry).exp() for entry in x.tolist()]
        found = exponential(x).tolist()
        return max(float(abs(y / e - 1).upper()) for y, e in zip(found, exact, strict=True))


def points() -> Floats:
    """Points of all sizes; ends and midpoints of the table's cells, where the error is largest."""
    random = np.random.default_rng(5)
    cells = (random.integers(-129_000, 129_000, 20_000) + 0.5) * (math.log(2) / 128)
    ends = np.array([-FARTHEST, FARTHEST, 0.0, -0.0, 5e-324, -1e-300, 1e-16])
    small = random.uniform(-0.003, 0.003, 5_000)
    wide = random.uniform(-FARTHEST, FARTHEST, 20_000)
    return np.concatenate([cells, np.nextafter(cells, np.inf), small, wide, ends])


def test_the_error_is_below_its_bound_and_near_it() -> None:
    worst = worst_error(points())
    assert worst <= ERROR
    assert worst > ERROR / 2  # or the bound is not worth its name


def test_shapes_are_kept_and_inputs_not_changed() -> None:
    x = np.linspace(-5, 5, 60_000).reshape(3, 2, -1)[:, ::-1]
    before = x.copy()
    found = exponential(x)
    assert found.shape == x.shape
    assert (x == before).all()
    assert np.allclose(found, np.exp(x), rtol=1e-14)
    assert exponential(np.zeros((0, 3))).shape == (0, 3)


def test_far_below_it_is_tiny_and_never_zero() -> None:
    found = exponential(np.array([-700.1, -1e300, -np.inf]))
    assert (found > 0).all()
    assert (found < 1e-303).all()


@pytest.mark.parametrize("value", [700.1, np.inf, np.nan])
def test_what_has_no_bound_is_refused(value: float) -> None:
    with pytest.raises(InvalidValue, match="exponent"):
        exponential(np.array([0.0, value]))
