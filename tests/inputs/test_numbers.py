"""Numbers enter exactly, and are refused when they cannot."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from theorycheck.errors import InvalidValue
from theorycheck.inputs import numbers as exact_numbers
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import exact


@pytest.mark.parametrize(
    ("given_as", "value"),
    [
        (3, Fraction(3)),
        (-(10**40), Fraction(-(10**40))),
        (0.1, Fraction(3602879701896397, 36028797018963968)),
        (5e-324, Fraction(1, 2**1074)),
        (-0.0, Fraction(0)),
        (Fraction(1, 3), Fraction(1, 3)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Decimal("1e400"), Fraction(10**400)),
        ("0.1", Fraction(1, 10)),
        ("2/6", Fraction(1, 3)),
        ("-1/2", Fraction(-1, 2)),
        (" +1.5e-3 ", Fraction(3, 2000)),
        (".5", Fraction(1, 2)),
        ("1.", Fraction(1)),
        ("1e-999", Fraction(1, 10**999)),
        ("1e1000", Fraction(10**1000)),
        (Decimal("1E-1000"), Fraction(1, 10**1000)),
        ("0." + "0" * 3000 + "1e+3002", Fraction(10)),
        (np.float32(0.1), Fraction(13421773, 134217728)),
        (np.float64(0.1), Fraction(0.1)),
        (np.longdouble(0.5), Fraction(1, 2)),
        (np.int8(-7), Fraction(-7)),
    ],
    ids=repr,
)
def test_number_enters_exactly(given_as: object, value: Fraction) -> None:
    """A float enters at its binary value, a string or a Decimal at its decimal value."""
    assert exact(given_as) == value
    assert Mixture([given_as]).means == ((value,),)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(-3, 2), "-3/2"),
        (np.float32(0.1), "0.1"),
        (np.int64(-7), "-7"),
        (np.float64(1.5), "1.5"),
        (Decimal("-1.50"), "-1.50"),
        (Fraction(1, 10**5000), "a fraction of very large integers"),
        (10**5000, "a very large integer"),
        ("a", "'a'"),
        ([1], "a list"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_messages_show_numbers(value: object, text: str) -> None:
    """Numbers of every type as themselves, unless they are long."""
    assert exact_numbers.shown(value) == text


def test_digit_limit() -> None:
    """A number of as many digits as allowed is read, one more is refused."""
    longest = "9" * exact_numbers.MAX_DIGITS
    assert exact(f"-{longest}/{longest[1:]}8") == Fraction(-int(longest), int(longest) - 1)
    for longer in (longest + "0", "1e-2000", "1e99999", "1e" + "9" * 3000, Decimal("1e9999")):
        with pytest.raises(InvalidValue, match="more than 2000 digits"):
            exact(longer)
