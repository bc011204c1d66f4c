"""Mixtures and cases: exact input, validation, JSON.

Every number is kept as a `fractions.Fraction`: a float enters at its exact binary value, a string
at its decimal or "p/q" value. Whatever is computed later starts from these exact values.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from theorycheck.arithmetic.arithmetics import FLOAT64, Array
from theorycheck.errors import InvalidType, InvalidValue

Number: TypeAlias = int | float | Fraction | Decimal | str
Vector: TypeAlias = tuple[Fraction, ...]
Matrix: TypeAlias = tuple[Vector, ...]

MAX_ENTRIES = 1_000_000
MAX_COMPONENTS = 10_000
MAX_DIGITS = 2_000  # of a numerator or a denominator; Python converts 4300 either way
MAX_JSON_BYTES = 20_000_000  # of empty lists, the worst, are less than a gigabyte in memory
_TOO_LONG = 10**MAX_DIGITS
_NUMBER = re.compile(
    r"\s*[+-]?(\d+/\d+|(\d+(\.\d*)?|\.\d+)([eE](?P<exponent>[+-]?\d+))?)\s*", flags=re.ASCII
)
_ACCEPTED = 'an int, a float, a Fraction, a decimal string or a string "p/q"'


def exact(value: object, name: str = "value") -> Fraction:
    """The exact rational behind a number.

    Raises InvalidType if it is no number, InvalidValue if it is not finite or not readable.
    """
    if isinstance(value, Fraction):
        return _bounded(value, name)
    if isinstance(value, (bool, np.bool_)):
        raise InvalidType(f"{name} is the boolean {value}; give {_ACCEPTED}")
    if isinstance(value, (int, np.integer)):
        return _bounded(Fraction(int(value)), name)
    if isinstance(value, (str, Decimal)):
        return _read_string(str(value), name)
    if isinstance(value, (float, np.floating)):
        if not math.isfinite(value):
            raise InvalidValue(f"{name} is {value}; a finite number is needed")
        return _bounded(Fraction.from_float(float(value)), name)
    raise InvalidType(f"{name} is {shown(value)}, which is not a number; give {_ACCEPTED}")


def _bounded(value: Fraction, name: str) -> Fraction:
    """The number itself, if it is short enough to be written and read back."""
    if max(abs(value.numerator), value.denominator) >= _TOO_LONG:
        raise InvalidValue(f"{name} needs more than {MAX_DIGITS} digits")
    return value


def _read_string(text: str, name: str) -> Fraction:
    if len(text) > 2 * MAX_DIGITS + 2:
        raise InvalidValue(f"{name} is a string of {len(text)} characters, which is too long")
    found = _NUMBER.fullmatch(text)
    if not found:
        raise InvalidValue(f"{name} is {shown(text)}, which is not a number; give {_ACCEPTED}")
    if abs(int(found["exponent"] or 0)) > 3 * MAX_DIGITS:  # no digits before it make up for that
        raise InvalidValue(f"{name} is {shown(text)}, which needs more than {MAX_DIGITS} digits")
    try:
        return _bounded(Fraction(text.strip()), name)
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
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            raise InvalidType(f"{name} is a single number; give a list")
        return list(value.tolist()) if value.dtype != object else list(value)
    if isinstance(value, (str, bytes, Mapping, Set)) or not isinstance(value, Iterable):
        raise InvalidType(f"{name} is {shown(value)}; give a list of numbers")
    return list(islice(value, MAX_ENTRIES + 1))  # an iterable may have no end


def _is_list(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def exact_vector(value: object, name: str) -> Vector:
    """A tuple of exact numbers from any list-like of numbers."""
    entries = _listed(value, name)
    if len(entries) > MAX_ENTRIES:
        raise InvalidValue(f"{name} has {len(entries)} entries; at most {MAX_ENTRIES} are read")
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


def _exact_weights(value: object, components: int) -> Vector:
    if value is None:
        return (Fraction(1, components),) * components
    weights = exact_vector(value, "weights")
    if len(weights) != components:
        raise InvalidValue(
            f"weights has {len(weights)} entries for {components} means; one each is needed"
        )
    for i, weight in enumerate(weights):
        if weight <= 0:
            raise InvalidValue(f"weights[{i}] is {shown(str(weight))}; it must be positive")
    total = Fraction(0)
    for weight in weights:  # bounded at every step: a sum of many denominators grows without end
        total = _bounded(total + weight, "weights: the sum of the weights")
    return tuple(_bounded(weight / total, f"weights[{i}]") for i, weight in enumerate(weights))


def _plain(value: Fraction) -> int | str:
    """The JSON form of an exact number: an int, or a string "p/q"."""
    return int(value) if value.denominator == 1 else str(value)


def _plain_rows(rows: Matrix) -> list[list[int | str]]:
    return [[_plain(entry) for entry in row] for row in rows]


@dataclass(frozen=True, init=False, repr=False)
class Mixture:
    """A mixture of n Gaussians with unit covariance in d dimensions, held exactly.

    means: n rows of d numbers, or a flat list of n numbers when d = 1.
    weights: n positive relative weights, normalised exactly to sum 1; equal when omitted.
    Raises InvalidValue (a ValueError) or InvalidType (a TypeError), naming the argument.
    """

    means: Matrix
    weights: Vector

    def __init__(self, means: object, weights: object = None) -> None:
        rows = exact_matrix(means, "means")
        object.__setattr__(self, "means", rows)
        object.__setattr__(self, "weights", _exact_weights(weights, len(rows)))

    @property
    def components(self) -> int:
        """n, the number of components."""
        return len(self.means)

    @property
    def dimension(self) -> int:
        """d, the dimension of the data."""
        return len(self.means[0])

    @cached_property
    def doubles(self) -> tuple[Array, Array]:
        """The nearest float64 numbers to the means (n, d) and the weights (n,), found once.

        Raises InvalidValue if a mean is beyond the range of float64.
        """
        nearest = FLOAT64.array(self.means), FLOAT64.array(self.weights)
        for numbers in nearest:
            numbers.flags.writeable = False
        return nearest

    @cached_property
    def centre(self) -> Array:
        """sum_i pi_i mu_i, (d,), summed exactly: the nearest float64 numbers, found once."""
        columns = zip(*self.means, strict=True)
        nearest = FLOAT64.array(
            [
                sum((w * m for w, m in zip(self.weights, column, strict=True)), Fraction(0))
                for column in columns
            ]
        )
        nearest.flags.writeable = False
        return nearest

    @property
    def has_equal_weights(self) -> bool:
        """Whether every component weighs 1/n, decided exactly."""
        return len(set(self.weights)) == 1

    def scaled(self, factor: Number) -> Mixture:
        """The mixture with every mean multiplied by an exact factor."""
        t = exact(factor, "factor")
        return Mixture([[t * entry for entry in row] for row in self.means], self.weights)

    def shifted(self, offset: object) -> Mixture:
        """The mixture with an exact vector of length d added to every mean."""
        vector = exact_vector(offset, "offset")
        if len(vector) != self.dimension:
            raise InvalidValue(f"offset has {len(vector)} entries; {self.dimension} are needed")
        moved = [[entry + s for entry, s in zip(row, vector, strict=True)] for row in self.means]
        return Mixture(moved, self.weights)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary that `from_dict` reads back exactly."""
        return {
            "means": _plain_rows(self.means),
            "weights": [_plain(weight) for weight in self.weights],
        }

    @classmethod
    def from_dict(cls, data: object) -> Mixture:
        """Read {"means": …, "weights": …}; weights may be left out."""
        return cls(*_means_and_weights(data, "mixture"))

    def to_json(self) -> str:
        """The mixture as JSON text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes) -> Mixture:
        """Read JSON text written by `to_json` or by hand."""
        return cls.from_dict(_parse(text))

    def __repr__(self) -> str:
        entries = self.to_dict()
        return f"Mixture(means={entries['means']!r}, weights={entries['weights']!r})"


def _means_and_weights(data: object, name: str) -> tuple[Any, Any]:
    entries = _object(data, name, {"means", "weights"})
    if "means" not in entries:
        raise InvalidValue(f'{name} has no "means"')
    return entries["means"], entries.get("weights")


def _object(data: object, name: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidType(f"{name} is {shown(data)}; a JSON object is needed")
    unknown = sorted(str(key) for key in set(data) - known)
    if unknown:
        raise InvalidValue(
            f"{name} has the unknown key {shown(unknown[0])}; known are {', '.join(sorted(known))}"
        )
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in pairs:
        if key in entries:
            raise InvalidValue(f"the JSON has the key {shown(key)} twice")
        entries[key] = value
    return entries


def _parse(text: str | bytes) -> Any:
    """Parse JSON text, with one clear error for whatever is wrong with it."""
    if not isinstance(text, (str, bytes)):
        raise InvalidType(f"the JSON is {shown(text)}; give text")
    if len(text) > MAX_JSON_BYTES:
        raise InvalidValue(f"the JSON has more than {MAX_JSON_BYTES} bytes; no more are read")
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise InvalidValue("the JSON is nested too deeply") from None
    except UnicodeDecodeError:
        raise InvalidValue("the JSON is not valid UTF-8 text") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise InvalidValue(f"not valid JSON: {error.msg} at {where}") from None
    except InvalidValue:
        raise
    except ValueError as error:  # an integer literal beyond the interpreter's digit limit
        raise InvalidValue(f"not readable JSON: {str(error)[:60]}") from None


@dataclass(frozen=True)
class Case:
    """Everything a claim is evaluated on: a mixture and whatever else the claim names.

    mixture: the student. step_size: positive number eta. truth: a Mixture, or None for N(0, I).
    x, direction: vectors of length d. target: n rows of d numbers (other means).
    s: a non-negative number. steps: a number of iterations.
    Every number may be given as for `Mixture`. Raises as `Mixture` does.
    """

    mixture: Mixture
    step_size: Fraction | None = None
    truth: Mixture | None = None
    x: Vector | None = None
    direction: Vector | None = None
    target: Matrix | None = None
    s: Fraction | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.mixture, Mixture):
            raise InvalidType(f"mixture is {shown(self.mixture)}; give a Mixture")
        if self.truth is not None:
            self._check_truth()
        for name in ("step_size", "s"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, exact(value, name))
        if self.step_size is not None and self.step_size <= 0:
            raise InvalidValue(f"step_size is {shown(str(self.step_size))}; it must be positive")
        if self.s is not None and self.s < 0:
            raise InvalidValue(f"s is {shown(str(self.s))}; it must not be negative")
        self._check_vectors()
        if self.steps is not None:
            object.__setattr__(self, "steps", _count(self.steps))

    def _check_truth(self) -> None:
        if not isinstance(self.truth, Mixture):
            raise InvalidType(f"truth is {shown(self.truth)}; give a Mixture")
        if self.truth.dimension != self.mixture.dimension:
            raise InvalidValue(
                f"truth has dimension {self.truth.dimension}; "
                f"the mixture has {self.mixture.dimension}"
            )

    def _check_vectors(self) -> None:
        d = self.mixture.dimension
        for name in ("x", "direction"):
            value = getattr(self, name)
            if value is None:
                continue
            vector = exact_vector(value, name)
            if len(vector) != d:
                raise InvalidValue(f"{name} has {len(vector)} entries; {d} are needed")
            object.__setattr__(self, name, vector)
        if self.target is not None:
            rows = exact_matrix(self.target, "target")
            if (len(rows), len(rows[0])) != (self.mixture.components, d):
                raise InvalidValue(
                    f"target has {len(rows)} rows of {len(rows[0])}; "
                    f"{self.mixture.components} rows of {d} are needed"
                )
            object.__setattr__(self, "target", rows)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary that `from_dict` reads back exactly."""
        entries = self.mixture.to_dict()
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if value is None:
                continue
            if isinstance(value, Mixture):
                entries[field.name] = value.to_dict()
            elif isinstance(value, Fraction):
                entries[field.name] = _plain(value)
            elif field.name == "target":
                entries[field.name] = _plain_rows(value)
            elif isinstance(value, tuple):
                entries[field.name] = [_plain(entry) for entry in value]
            else:
                entries[field.name] = value
        return entries

    @classmethod
    def from_dict(cls, data: object) -> Case:
        """Read a case file's object: means, weights, and the optional fields of a case."""
        optional = {field.name for field in fields(cls)[1:]}
        entries = _object(data, "case", {"means", "weights"} | optional)
        if "means" not in entries:
            raise InvalidValue('the case has no "means"')
        given = {name: entries[name] for name in optional if entries.get(name) is not None}
        if "truth" in given:
            given["truth"] = _truth(given["truth"])
        return cls(Mixture(entries["means"], entries.get("weights")), **given)

    def to_json(self) -> str:
        """The case as JSON text, ready to be a case file."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes) -> Case:
        """Read JSON text written by `to_json` or by hand."""
        return cls.from_dict(_parse(text))

    @classmethod
    def from_file(cls, path: str | Path) -> Case:
        """Read a case file. Raises InvalidValue if it can not be read."""
        if not isinstance(path, (str, os.PathLike)):  # a number would be a file descriptor
            raise InvalidType(f"path is {shown(path)}; give the name of a case file")
        try:
            with open(path, "rb") as stream:
                text = stream.read(MAX_JSON_BYTES + 1)
        except OSError as error:
            raise InvalidValue(f"case file {path}: {error.strerror}") from None
        except ValueError:
            raise InvalidValue(f"case file {shown(str(path))} has no name for a file") from None
        return cls.from_json(text)


def _truth(data: object) -> Mixture:
    given = _means_and_weights(data, "truth")
    try:
        return Mixture(*given)
    except (InvalidType, InvalidValue) as error:
        raise type(error)(f"truth.{error}") from None


def _count(value: object) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise InvalidType(f"steps is {shown(value)}; give a whole number")
    if value < 0:
        raise InvalidValue(f"steps is {shown(int(value))}; it must not be negative")
    return int(value)
