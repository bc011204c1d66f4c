"""The two arithmetics: exact lifting, honest balls, a precision that never leaks."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycheck.arithmetic.arithmetics import (
    FLOAT64,
    MAX_BALL_DIGITS,
    Ball,
    as_fmpq,
    as_fraction,
    ball,
    check_arithmetic,
)
from theorycheck.arithmetic.rounding import exact_midpoint, midpoint
from theorycheck.errors import InvalidType, InvalidValue

finite = st.floats(allow_nan=False, allow_infinity=False)

rationals = st.fractions() | finite.map(Fraction)


def test_scope_sets_and_restores_the_precision() -> None:
    """Inside a scope there are bits for the digits asked, more for extra ones; then none stay."""
    before = flint.ctx.prec
    with ball(40).scope():
        outer = flint.ctx.prec
        assert outer > 40 * math.log2(10)
        with ball(40).scope(extra_digits=30):
            assert flint.ctx.prec >= outer + 29 * math.log2(10)
        assert flint.ctx.prec == outer
        with ball(5).scope():
            assert flint.ctx.prec < outer
        assert flint.ctx.prec == outer
    assert flint.ctx.prec == before


def test_scope_restores_the_precision_after_an_error() -> None:
    """An exception inside nested scopes leaves the precision as it was."""
    before = flint.ctx.prec
    with pytest.raises(ZeroDivisionError), ball(100).scope(), ball(200).scope():
        raise ZeroDivisionError
    assert flint.ctx.prec == before


def test_float64_scope_leaves_the_precision_alone() -> None:
    """Float64 has one precision, and does not touch that of the balls."""
    before = flint.ctx.prec
    with FLOAT64.scope(extra_digits=100):
        assert flint.ctx.prec == before


@given(rationals, st.integers(1, 200))
@settings(deadline=None)
def test_ball_contains_the_rational(value: Fraction, digits: int) -> None:
    """The lifted ball holds the exact rational, and is as narrow as the digits promise."""
    arithmetic = ball(digits)
    with arithmetic.scope():
        lifted = arithmetic.scalar(value)
        assert lifted.contains(as_fmpq(value))
        assert as_fraction(lifted.rad().fmpq()) <= abs(value) / 10**digits


@given(finite)
@settings(deadline=None)
def test_float_is_lifted_without_error(value: float) -> None:
    """A double is a dyadic rational: at any precision of 53 bits or more its ball is a point."""
    arithmetic = ball(1)
    with arithmetic.scope(extra_digits=1):
        lifted = arithmetic.scalar(Fraction(value))
        assert lifted.is_exact()
        assert as_fraction(exact_midpoint(lifted)) == Fraction(value)
    assert FLOAT64.scalar(Fraction(value)) == value


@given(st.fractions())
@settings(deadline=None)
def test_rationals_convert_both_ways(value: Fraction) -> None:
    """Fractions and flint rationals are the same numbers."""
    assert as_fraction(as_fmpq(value)) == value
    assert as_fmpq(as_fmpq(value)) == as_fmpq(value)
    assert as_fmpq(value.numerator) == as_fmpq(Fraction(value.numerator))
    assert as_fraction(value.numerator) == value.numerator


def test_float64_rounds_to_nearest() -> None:
    """Lifting to float64 is one correct rounding, also for flint rationals and beyond 2^53."""
    assert FLOAT64.scalar(Fraction(1, 3)) == 1 / 3
    assert FLOAT64.scalar(flint.fmpq(1, 3)) == 1 / 3
    assert FLOAT64.scalar(Fraction(2**53 + 1)) == 2.0**53
    assert FLOAT64.scalar(Fraction(1, 10**400)) == 0.0


def test_float64_overflow_is_an_error() -> None:
    """A number beyond the doubles is refused; no infinity enters a computation."""
    with pytest.raises(InvalidValue, match="float64"):
        FLOAT64.scalar(Fraction(10**400))
    with pytest.raises(InvalidValue, match="float64"):
        FLOAT64.array([[1, -(10**400)]])


@pytest.mark.parametrize("arithmetic", [FLOAT64, ball(30)], ids=["float64", "ball"])
@pytest.mark.parametrize(
    "values",
    [Fraction(1, 3), [], [Fraction(1, 3)], ((1, Fraction(1, 3)), (2, flint.fmpq(5, 7)))],
    ids=["number", "empty", "vector", "matrix"],
)
def test_array_keeps_shape_and_order(arithmetic: Ball, values: object) -> None:
    """Nested rationals become an array of the same shape with the same entries."""
    nested = np.asarray(values, dtype=object)
    with arithmetic.scope():
        array = arithmetic.array(values)
        assert array.shape == nested.shape
        assert array.dtype == (object if arithmetic.is_rigorous else float)
        for lifted, value in zip(array.ravel(), nested.ravel(), strict=True):
            assert float(lifted) == pytest.approx(float(as_fraction(value)), rel=1e-15)


@pytest.mark.parametrize("arithmetic", [FLOAT64, ball(30)], ids=["float64", "ball"])
def test_one_formula_runs_in_either_arithmetic(arithmetic: Ball) -> None:
    """NumPy's operators and functions work on both: here sum_k log(exp(x_k)) sqrt(x_k)^2 = 14."""
    with arithmetic.scope():
        x = arithmetic.array([1, 2, 3])
        total = np.log(np.exp(x)) @ np.sqrt(x) ** 2
        assert midpoint(total) == pytest.approx(14, rel=1e-14)
        if arithmetic.is_rigorous:
            assert total.contains(14)
            assert total.rad() < 1e-30


def test_ball_reports_what_it_is() -> None:
    """Only balls are rigorous, and they know the digits they aim at."""
    assert ball(40).digits == ball(digits=np.int64(40)).digits == 40
    assert ball(40).is_rigorous
    assert not FLOAT64.is_rigorous
    assert FLOAT64.digits == 16


def test_arithmetics_travel_between_processes() -> None:
    """Pickled arithmetics are equal to the originals, and usable as keys."""
    for arithmetic in (FLOAT64, ball(40)):
        copy = pickle.loads(pickle.dumps(arithmetic))
        assert copy == arithmetic
        assert hash(copy) == hash(arithmetic)
    assert ball(40) != ball(41)


@pytest.mark.parametrize("digits", [0, -1, MAX_BALL_DIGITS + 1, 10**30])
def test_digits_out_of_range(digits: int) -> None:
    """A number of digits that makes no sense is refused by name."""
    with pytest.raises(InvalidValue, match="digits"):
        ball(digits)


@pytest.mark.parametrize("digits", [True, 40.0, "40", None, np.float64(40)], ids=repr)
def test_digits_of_the_wrong_type(digits: object) -> None:
    """Digits are a whole number, and nothing that merely looks like one."""
    with pytest.raises(InvalidType, match="digits"):
        ball(digits)


@pytest.mark.parametrize(
    "given", ["float64", None, 40, ball, Ball], ids=["name", "none", "digits", "function", "class"]
)
def test_what_is_no_arithmetic_is_refused(given: object) -> None:
    """Neither its name, nor its digits, nor the function that makes one."""
    with pytest.raises(InvalidType, match=r"arithmetic is a .*; give FLOAT64 or ball\(digits\)"):
        check_arithmetic(given)
    check_arithmetic(FLOAT64)
    check_arithmetic(ball(40))
