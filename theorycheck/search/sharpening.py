"""Sharpening: by how much a claim could be stronger without the cases of a run noticing.

Read off the balls that decide the cases, so that it costs no evaluation of its own.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import zip_longest
from typing import Any, TypeAlias

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import as_fmpq
from theorycheck.arithmetic.rounding import ceil_float
from theorycheck.inputs.case import Case
from theorycheck.statements.claim import Claim
from theorycheck.statements.comparison import Comparison
from theorycheck.statements.point import Point
from theorycheck.statements.statement import Kind

Sharpening: TypeAlias = tuple[float | None, ...]
"""How much stronger a claim could be at some cases without failing, as a relative change.

Of an inequality for each of its comparisons: 0.0003 means that lower * 1.0003 <= upper holds at all
of them; None where no lower side is positive, so that no factor sharpens it. Of an identity one
number: the relative residual that would have passed everywhere. Of an implied constant with a
floor: how far the smallest value is above it.
"""

EQUAL = 1e-12
"""A bound that could be sharper by less than this is shown as reached."""


class Recorder:
    """Notes what a claim compares whenever balls evaluate it.

    claim: the claim, to be decided in place of the original.
    """

    def __init__(self, claim: Claim) -> None:
        self._original = claim
        self._noted: dict[Case, Sharpening] = {}
        self.claim = replace(claim, function=self._watched())

    def _watched(self) -> Any:
        function = self._original.function

        @functools.wraps(function)
        def watched(at: Point, **inputs: Any) -> Any:
            result = function(at, **inputs)
            if at.arithmetic.is_rigorous and at.case is not None:
                with contextlib.suppress(TypeError, ValueError):  # refused when it is evaluated
                    self._note(at.case, result)
            return result

        return watched

    def _note(self, case: Case, result: Any) -> None:
        """Keep the smallest changes that any precision shows at a case."""
        found = tuple(_relative_changes(self._original, result))
        self._noted[case] = _smallest([self._noted.get(case, ()), found])

    def sharpening(self, decided: Iterable[Case]) -> Sharpening:
        """The claim's sharpening at the cases that were decided, and hold."""
        noted = [self._noted[case] for case in decided if case in self._noted]
        return combined(self._original.kind, noted)


def combined(kind: Kind, parts: Iterable[Sharpening]) -> Sharpening:
    """The sharpening of a claim of some kind at the cases of several searches together."""
    if kind == "identity":  # an error in one corner passes if it passes there
        known = [change for part in parts for change in part if change is not None]
        return (max(known),) if known else ()
    return _smallest(list(parts))


def _smallest(parts: list[Sharpening]) -> Sharpening:
    """The smallest known change of each comparison."""
    columns = zip_longest(*parts)
    return tuple(min((c for c in column if c is not None), default=None) for column in columns)


def _relative_changes(claim: Claim, result: Any) -> Iterator[float | None]:
    """The change that each comparison of a claim's result allows."""
    if claim.kind == "constant":
        if claim.floor is not None:
            yield _above_floor(claim.floor, result)
        return
    comparisons = result if isinstance(result, (list, tuple)) else [result]
    for comparison in comparisons:
        if isinstance(comparison, Comparison):
            change = _residual if claim.kind == "identity" else _factor
            changes = [change(*entry) for entry in _entries(comparison)]
            known = [c for c in changes if c is not None]
            yield None if comparison.is_step else _worst(claim.kind, known)


def _above_floor(floor: Fraction, values: Any) -> float | None:
    """The relative distance of the smallest value from the floor of an implied constant."""
    least = flint.arb(as_fmpq(floor))
    found = (_certain(_ball(value) / least - 1) for value in np.atleast_1d(values).ravel())
    return min((change for change in found if change is not None), default=None)


def _worst(kind: Kind, changes: list[float]) -> float | None:
    return (max if kind == "identity" else min)(changes, default=None)


def _entries(comparison: Comparison) -> Iterator[tuple[Any, Any, Any]]:
    """Lower side, upper side and scale of every entry."""
    sides = np.broadcast_arrays(np.asarray(comparison.lower), np.asarray(comparison.upper))
    lower, upper = (np.atleast_1d(side).ravel() for side in sides)
    return zip(lower, upper, comparison.scales, strict=True)


def _factor(lower: Any, upper: Any, scale: Any) -> float | None:
    """The certain relative distance of two sides of one sign; None if there is no such."""
    low, high = _ball(lower), _ball(upper)
    smaller = low if low > 0 else -high
    if not smaller > 0:
        return None
    return _certain((high - low) / smaller)


def _residual(left: Any, right: Any, scale: Any) -> float | None:
    """The relative residual that a comparison of two balls allows; None for 0 = 0."""
    size = _ball(scale)
    return _certain(abs(_ball(right) - _ball(left)) / size) if size > 0 else None


def _ball(value: Any) -> flint.arb:
    """A side's entry as a ball; a side that depends on no integral may be a plain number."""
    return flint.arb(value.item() if isinstance(value, np.generic) else value)


def _certain(change: flint.arb) -> float | None:
    """An upper bound of a change; None if it is not known, or negative."""
    bound = ceil_float(change)
    return abs(bound) if math.isfinite(bound) and bound >= 0 else None


def is_equality(sharpening: Sharpening) -> bool:
    """True if every comparison was an equality somewhere, as far as double precision shows."""
    return bool(sharpening) and all(c is not None and c < EQUAL for c in sharpening)


def in_words(kind: Kind, sharpening: Sharpening) -> str:
    """A sharpening in a line: factors, or the residual that would have passed."""
    if kind == "identity":
        return ", ".join(f"residual {change:.1g}" for change in sharpening if change is not None)
    if is_equality(sharpening):
        return "equality reached"
    return ", ".join("any" if change is None else _as_factor(change) for change in sharpening)


def _as_factor(change: float) -> str:
    """A factor with the digits in which it differs from 1."""
    if change >= 1e-6:
        return f"{1 + change:.{max(3, 2 + math.ceil(-math.log10(change)))}g}"
    return f"1 + {change:.1g}" if change else "1"
