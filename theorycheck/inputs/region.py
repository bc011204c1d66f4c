"""Regions: sets of cases, given by a range for every number, on which statements are proved."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.json_text import json_object, parse_json, read_file
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import (
    MAX_COMPONENTS,
    Vector,
    exact_vector,
    plain,
    positive,
    shown,
    whole_number,
)

Range: TypeAlias = tuple[Fraction, Fraction]
"""A closed interval [low, high]."""
ANY: Literal["any"] = "any"
"""In place of a dimension: every one, from 1 on."""
_BOUNDS = {
    "spread_at_least": "spread >=",
    "radius_at_least": "R >=",
    "radius_at_most": "R <=",
    "energy_at_most": "U <=",
}
"""Bounds of the means in all directions, and how they read."""
_INPUTS = {"step_size": "step size", "s": "s", "x": "x", "direction": "direction"}
"""Inputs that have one range, and how they read."""


@dataclass(frozen=True)
class Region:
    """All mixtures, and step sizes, within given ranges: what a statement is proved on.

    Every number may be given as for `Mixture`, and is kept exactly. A range is a pair (low, high),
    both ends included. What is left out is not restricted.

    Args:
        components: n.
        dimension: d, of the means; "any" for every dimension, from 1 on.
        means: one range for every coordinate of every mean, or a list of n of them, one a mean.
        weights: one range for every weight, or a list of n of them. They sum to 1 besides.
        step_size: the range of eta, positive.
        spread_at_least: the largest distance of two means is at least so much.
        radius_at_least: the largest norm of a mean is at least so much.
        radius_at_most: the largest norm of a mean is at most so much.
        energy_at_most: U = sum_i |mu_i|^2 is at most so much: a set that no run leaves.
        x: the range of every coordinate of the point x.
        direction: likewise of the vector `direction`.
        target: one range for every coordinate of every other mean, or a list of n of them.
        s: the range of s, from 0 on.

    Raises:
        InvalidValue: a range is empty, or a number makes no sense.
        InvalidType: an argument cannot be read.

    Example:
        >>> region = Region(components=2, means=(-2, 2), weights=("1/5", "4/5"))
        >>> region.contains(Case(Mixture([1, -2])))
        True
        >>> region.to_json()
        '{"components": 2, "dimension": 1, "means": [-2, 2], "weights": ["1/5", "4/5"]}'
        >>> Region(2, dimension="any", radius_at_most=2).contains(Mixture([[1, 1], [0, -2]]))
        True
    """

    components: int
    dimension: int | Literal["any"] = 1
    means: tuple[Range, ...] | None = None
    weights: tuple[Range, ...] | None = None
    step_size: Range | None = None
    spread_at_least: Fraction | None = None
    radius_at_least: Fraction | None = None
    radius_at_most: Fraction | None = None
    energy_at_most: Fraction | None = None
    x: Range | None = None
    direction: Range | None = None
    target: tuple[Range, ...] | None = None
    s: Range | None = None

    def __init__(
        self,
        components: int,
        dimension: int | Literal["any"] = 1,
        means: object = None,
        weights: object = None,
        step_size: object = None,
        spread_at_least: object = None,
        radius_at_least: object = None,
        radius_at_most: object = None,
        energy_at_most: object = None,
        x: object = None,
        direction: object = None,
        target: object = None,
        s: object = None,
    ) -> None:
        n = whole_number(components, "components", least=1, most=MAX_COMPONENTS)
        readers: dict[str, tuple[object, Callable[[object, str], Any]]] = {
            "means": (means, lambda value, name: _ranges(value, name, n)),
            "weights": (weights, lambda value, _: _weight_ranges(value, n)),
            "step_size": (step_size, _positive_range),
            "spread_at_least": (spread_at_least, positive),
            "radius_at_least": (radius_at_least, positive),
            "radius_at_most": (radius_at_most, positive),
            "energy_at_most": (energy_at_most, positive),
            "x": (x, _range),
            "direction": (direction, _range),
            "target": (target, lambda value, name: _ranges(value, name, n)),
            "s": (s, _range_from_0),
        }
        object.__setattr__(self, "components", n)
        object.__setattr__(self, "dimension", _dimension(dimension))
        for name, (value, read) in readers.items():
            object.__setattr__(self, name, None if value is None else read(value, name))
        least, most, energy = self.radius_at_least, self.radius_at_most, self.energy_at_most
        if least is not None and most is not None and least > most:
            raise InvalidValue(
                f"radius_at_least is {shown(str(least))} and radius_at_most {shown(str(most))}; "
                "no mixture has both"
            )
        if least is not None and energy is not None and least**2 > energy:
            raise InvalidValue(
                f"radius_at_least is {shown(str(least))} and energy_at_most {shown(str(energy))}; "
                "no mixture has both, as U >= R^2"
            )

    def contains(self, case: Case | Mixture) -> bool:
        """True if an exact case, or a mixture alone, is in the region; its truth is N(0, I).

        Inputs that a case does not give are not looked at.
        """
        mixture = case.mixture if isinstance(case, Case) else case
        if mixture.components != self.components:
            return False
        if self.dimension not in (ANY, mixture.dimension):
            return False
        if isinstance(case, Case) and (case.truth is not None or not self._has_inputs(case)):
            return False
        return self._has_means(mixture) and self._has_weights(mixture.weights)

    def _has_inputs(self, case: Case) -> bool:
        for name in _INPUTS:
            value, ends = getattr(case, name), getattr(self, name)
            if value is None or ends is None:
                continue
            if not _are_within(value if isinstance(value, tuple) else (value,), ends):
                return False
        if self.target is None or case.target is None:
            return True
        return all(map(_are_within, case.target, self.target))

    def _has_means(self, mixture: Mixture) -> bool:
        if self.means is not None and not all(map(_are_within, mixture.means, self.means)):
            return False
        square, most = mixture.radius_squared, self.radius_at_most
        if most is not None and square > most**2:
            return False
        if self.energy_at_most is not None and energy_of(mixture) > self.energy_at_most:
            return False
        leasts = (self.radius_at_least or 0, self.spread_at_least or 0)
        pairs = combinations(mixture.means, 2)
        widest = max((_distance_squared(*pair) for pair in pairs), default=Fraction(0))
        return square >= leasts[0] ** 2 and widest >= leasts[1] ** 2

    def _has_weights(self, weights: Vector) -> bool:
        if self.weights is None:
            return True
        pairs = zip(weights, self.weights, strict=True)
        return all(low <= weight <= high for weight, (low, high) in pairs)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary that `from_dict` reads back exactly."""
        entries: dict[str, Any] = {"components": self.components, "dimension": self.dimension}
        for name in ("means", "weights", "target"):
            ranges = getattr(self, name)
            if ranges is not None:
                rows = [[plain(end) for end in ends] for ends in ranges]
                entries[name] = rows[0] if self._is_one(ranges) else rows
        for name in _INPUTS:
            ends = getattr(self, name)
            if ends is not None:
                entries[name] = [plain(end) for end in ends]
        for name in _BOUNDS:
            value = getattr(self, name)
            if value is not None:
                entries[name] = plain(value)
        return entries

    @staticmethod
    def _is_one(ranges: tuple[Range, ...]) -> bool:
        return len(set(ranges)) == 1

    @classmethod
    def from_dict(cls, data: object) -> Region:
        """Read a region's object: the arguments by name."""
        entries = json_object(data, "region", {field.name for field in fields(cls)})
        if "components" not in entries:
            raise InvalidValue('the region has no "components"')
        return cls(**{name: value for name, value in entries.items() if value is not None})

    def to_json(self) -> str:
        """The region as JSON text, ready to be a region file."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, text: str | bytes) -> Region:
        """Read JSON text written by `to_json` or by hand."""
        return cls.from_dict(parse_json(text))

    @classmethod
    def from_file(cls, path: str | Path) -> Region:
        """Read a region file. Raises InvalidValue if it cannot be read."""
        return cls.from_json(read_file(path, "region file"))

    def in_words(self) -> str:
        """The region as one line of plain text."""
        dimension = "any d" if self.dimension == ANY else f"d = {self.dimension}"
        parts = [f"n = {self.components}", dimension]
        for name in ("means", "weights", "target"):
            ranges = getattr(self, name)
            if ranges is not None:
                listed = [f"[{low}, {high}]" for low, high in ranges]
                parts.append(
                    f"{name} in {listed[0] if self._is_one(ranges) else ' x '.join(listed)}"
                )
        for name, words in _INPUTS.items():
            ends = getattr(self, name)
            if ends is not None:
                parts.append(f"{words} in [{ends[0]}, {ends[1]}]")
        for name, words in _BOUNDS.items():
            value = getattr(self, name)
            if value is not None:
                parts.append(f"{words} {value}")
        return ", ".join(parts)


def _dimension(value: object) -> int | Literal["any"]:
    if isinstance(value, str) and value != ANY:
        raise InvalidValue(f'dimension is {shown(value)}; give a whole number, or "{ANY}"')
    return ANY if value == ANY else whole_number(value, "dimension", least=1)


def _are_within(row: Vector, ends: Range) -> bool:
    return all(ends[0] <= entry <= ends[1] for entry in row)


def energy_of(mixture: Mixture) -> Fraction:
    """U = sum_i |mu_i|^2, exactly."""
    return sum((entry**2 for row in mixture.means for entry in row), Fraction(0))


def _distance_squared(a: Vector, b: Vector) -> Fraction:
    return sum(((x - y) ** 2 for x, y in zip(a, b, strict=True)), Fraction(0))


def _is_listed(value: object) -> bool:
    return isinstance(value, (list, tuple, np.ndarray))


def _range(value: object, name: str) -> Range:
    """A closed interval from a pair of numbers."""
    if not _is_listed(value):
        raise InvalidType(f"{name} is {shown(value)}; give a pair (low, high)")
    ends = exact_vector(value, name)
    if len(ends) != 2:
        raise InvalidValue(f"{name} has {len(ends)} entries; give a pair (low, high)")
    low, high = ends
    if low > high:
        raise InvalidValue(f"{name} is [{shown(str(low))}, {shown(str(high))}], which is empty")
    return low, high


def _positive_range(value: object, name: str) -> Range:
    low, high = _range(value, name)
    if low <= 0:
        raise InvalidValue(f"{name} begins at {shown(str(low))}; it must be positive")
    return low, high


def _range_from_0(value: object, name: str) -> Range:
    low, high = _range(value, name)
    if low < 0:
        raise InvalidValue(f"{name} begins at {shown(str(low))}; it must not be negative")
    return low, high


def _ranges(value: object, name: str, components: int) -> tuple[Range, ...]:
    """A range for every component, from one for all or a list of them."""
    if not _is_listed(value):
        raise InvalidType(f"{name} is {shown(value)}; give a pair (low, high), or one a component")
    entries = list(value)  # type: ignore[call-overload]
    if not any(map(_is_listed, entries)):
        return (_range(value, name),) * components
    if len(entries) != components:
        raise InvalidValue(f"{name} has {len(entries)} ranges; {components} are needed")
    return tuple(_range(entry, f"{name}[{i}]") for i, entry in enumerate(entries))


def _weight_ranges(value: object, components: int) -> tuple[Range, ...]:
    """Ranges of positive weights among which some sum to 1."""
    ranges = _ranges(value, "weights", components)
    for i, (low, high) in enumerate(ranges):
        if low <= 0 or high > 1:
            given = f"[{shown(str(low))}, {shown(str(high))}]"
            raise InvalidValue(f"weights[{i}] is {given}; give a range above 0 and up to 1")
    least, most = (sum(ends, Fraction(0)) for ends in zip(*ranges, strict=True))
    if not least <= 1 <= most:
        raise InvalidValue(
            f"weights sum to {shown(str(least))} at least and {shown(str(most))} at most; "
            "no mixture has such weights"
        )
    return ranges
