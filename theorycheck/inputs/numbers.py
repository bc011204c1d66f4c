"""Exact numbers from whatever a user may write, and the checks of whole and real numbers.

Every number is kept as a `fractions.Fraction`: a float enters at its exact binary value, a string
at its decimal or "p/q" value. All computations start from these exact values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.errors import InvalidType, InvalidValue

Number: TypeAlias = int | float | Fraction | Decimal | str
Vector: TypeAlias = tuple[Fraction, ...]
Matrix: TypeAlias = tuple[Vector, ...]
Floats: TypeAlias = NDArray[np.float64]

MAX_ENTRIES = 1_000_000
MAX_COMPONENTS = 10_000
MAX_DIGITS = 2_000  # of a numerator or a denominator; Python converts 4300 either way
_TOO_LONG = 10**MAX_DIGITS
_NUMBER = re.compile(
    r"\s*[+-]?(\d+/\d+|(\d+(\.\d*)?|\.\d+)([eE](?P<exponent>[+-]?\d+))?)\s*", flags=re.ASCII
)
_PLAIN_LISTS = (tuple, list)
_ACCEPTED = 'an int, a float, a Fraction, a decimal string or a string "p/q"'


def exact(value: object, name: str = "value") -> Fraction:
    """The exact rational behind a number.

    Raises InvalidType if it is no number, InvalidValue if it is not finite or not readable.
    """
    if isinstance(value, Fraction):
        return bounded(value, name)
    if isinstance(value, (bool, np.bool_)):
        raise InvalidType(f"{name} is the boolean {value}; give {_ACCEPTED}")
    if isinstance(value, (int, np.integer)):
        return bounded(Fraction(int(value)), name)
    if isinstance(value, (str, Decimal)):
        return _read_string(str(value), name)
    if isinstance(value, (float, np.floating)):
        if not math.isfinite(value):
            raise InvalidValue(f"{name} is {value}; a finite number is needed")
        return bounded(Fraction.from_float(float(value)), name)
    raise InvalidType(f"{name} is {shown(value)}, which is not a number; give {_ACCEPTED}")


def bounded(value: Fraction, name: str) -> Fraction:
    """The number itself, if it is short enough to be written and read back."""
    if not _is_short(value):
        raise InvalidValue(f"{name} needs more than {MAX_DIGITS} digits")
    return value


def _is_short(value: Fraction) -> bool:
    numerator, denominator = value.as_integer_ratio()
    return bool(-_TOO_LONG < numerator < _TOO_LONG and denominator < _TOO_LONG)


def _read_string(text: str, name: str) -> Fraction:
    if len(text) > 2 * MAX_DIGITS + 2:
        raise InvalidValue(f"{name} is a string of {len(text)} characters, which is too long")
    found = _NUMBER.fullmatch(text)
    if not found:
        raise InvalidValue(f"{name} is {shown(text)}, which is not a number; give {_ACCEPTED}")
    if abs(int(found["exponent"] or 0)) > 3 * MAX_DIGITS:  # no digits before it make up for that
        raise InvalidValue(f"{name} is {shown(text)}, which needs more than {MAX_DIGITS} digits")
    try:
        return bounded(Fraction(text.strip()), name)
    except ZeroDivisionError:
        raise InvalidValue(f"{name} is {shown(text)}, a division by zero") from None


def shown(value: object) -> str:
    """A value in a few characters, for a message."""
    if isinstance(value, int) and value.bit_length() > 128:
        return "a very large integer"
    if isinstance(value, Fraction) and max(abs(value.numerator), value.denominator) >> 128:
        return "a fraction of very large integers"  # or Python refuses to print it
    if isinstance(value, (str, int, float, Fraction, Decimal, np.number, type(None))):
        text = str(value) if isinstance(value, (Fraction, Decimal, np.number)) else repr(value)
        return text if len(text) <= 40 else text[:37] + "..."
    return f"a {type(value).__name__}"


def _listed(value: object, name: str) -> list[Any]:
    """The entries of a list-like argument."""
    if type(value) in _PLAIN_LISTS:  # before the slower questions
        return list(value[: MAX_ENTRIES + 1])  # type: ignore[index]
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            raise InvalidType(f"{name} is a single number; give a list")
        return list(value.tolist()) if value.dtype != object else list(value)
    if isinstance(value, (str, bytes, Mapping, Set)) or not isinstance(value, Iterable):
        raise InvalidType(f"{name} is {shown(value)}; give a list of numbers")
    return list(islice(value, MAX_ENTRIES + 1))  # an iterable may have no end


def _is_list(value: object) -> bool:
    if type(value) in _PLAIN_LISTS:
        return True
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def exact_vector(value: object, name: str) -> Vector:
    """A tuple of exact numbers from any list-like of numbers."""
    entries = _listed(value, name)
    if len(entries) > MAX_ENTRIES:
        raise InvalidValue(f"{name} has {len(entries)} entries; at most {MAX_ENTRIES} are read")
    if all(type(entry) is Fraction and _is_short(entry) for entry in entries):
        return tuple(entries)  # what a search makes: no time is lost on a name for every entry
    return tuple(exact(entry, f"{name}[{k}]") for k, entry in enumerate(entries))


def exact_matrix(value: object, name: str) -> Matrix:
    """Rows of exact numbers, all of the same positive length; a flat list is one column."""
    rows = _listed(value, name)
    if not rows:
        raise InvalidValue(f"{name} is empty; at least one mean is needed")
    if len(rows) > MAX_COMPONENTS:
        raise InvalidValue(f"{name} has {len(rows)} rows; at most {MAX_COMPONENTS} are read")
    if not any(_is_list(row) for row in rows):
        return tuple((entry,) for entry in exact_vector(rows, name))
    lengths = [len(row) if _is_list(row) else 0 for row in rows]
    if len(set(lengths)) > 1 or lengths[0] == 0:
        raise InvalidValue(
            f"{name} has rows of lengths {shown(str(lengths))}; all must be equal and positive"
        )
    if len(rows) * lengths[0] > MAX_ENTRIES:
        raise InvalidValue(
            f"{name} has {len(rows)} x {lengths[0]} entries; at most {MAX_ENTRIES} are read"
        )
    return tuple(exact_vector(row, f"{name}[{i}]") for i, row in enumerate(rows))


def nearest_double(value: Fraction) -> float:
    """The double nearest to an exact number. Raises InvalidValue if it is beyond all doubles."""
    return nearest_quotient(value.numerator, value.denominator)


def nearest_quotient(numerator: int, denominator: int) -> float:
    """The double nearest to a quotient of integers. Raises as `nearest_double`."""
    try:
        return numerator / denominator  # Python rounds such quotients correctly
    except OverflowError:
        raise InvalidValue("a number is beyond the range of float64 (1.8e308)") from None


def nearest_doubles(rows: Matrix) -> Floats:
    """The doubles nearest to rows of exact numbers, as an array that nobody may change."""
    nearest = np.array([[nearest_double(entry) for entry in row] for row in rows])
    nearest.flags.writeable = False
    return nearest


def plain(value: Fraction) -> int | str:
    """The JSON form of an exact number: an int, or a string "p/q"."""
    return int(value) if value.denominator == 1 else str(value)


def plain_rows(rows: Matrix) -> list[list[int | str]]:
    """The JSON form of a matrix."""
    return [[plain(entry) for entry in row] for row in rows]


def whole_number(
    value: object, name: str, least: int | None = None, most: int | None = None
) -> int:
    """A whole number from `least` to `most` (None: no limit), or a clear error."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        # "steps is 2.0" would not show what is wrong; "steps is 1.5" does.
        is_fraction = isinstance(value, float) and not value.is_integer()
        given = shown(value) if is_fraction else f"a {type(value).__name__}"
        raise InvalidType(f"{name} is {given}; give a whole number")
    number = int(value)
    if least is not None and number < least:
        raise InvalidValue(f"{name} is {shown(number)}; it must be at least {least}")
    if most is not None and number > most:
        raise InvalidValue(f"{name} is {shown(number)}; give at most {most}")
    return number


def positive(value: object, name: str, most: int | None = None) -> Fraction:
    """An exact number above 0 and at most `most` (None: no limit), or a clear error."""
    number = exact(value, name)
    if number <= 0 or (most is not None and number > most):
        given = shown(value).strip("'")
        allowed = "positive" if most is None else f"above 0 and at most {most}"
        raise InvalidValue(f"{name} is {given}; it must be {allowed}")
    return number


def within(value: object, name: str, least: float, most: float) -> float:
    """The double nearest to a number in a closed range, or a clear error."""
    number = nearest_double(exact(value, name))
    if not least <= number <= most:
        given = shown(value).strip("'")
        raise InvalidValue(f"{name} is {given}; give {least} to {most}")
    return number
