"""Ranges: what a run generated for a claim, from the smallest to the largest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from theorycheck.expectations.reduction import mixture_rank
from theorycheck.inputs.case import Case
from theorycheck.search.records import Record

Range: TypeAlias = tuple[float, float]
_LARGEST = Fraction(10) ** 300
_NAMES = {
    "n": "n",
    "d": "d",
    "rank": "rank",
    "radius": "R",
    "step_size": "step size",
    "steps": "steps",
    "truth": "truth components",
}


@dataclass(frozen=True)
class Ranges(Record):
    """The inclusive ranges of the cases of a run that met the hypotheses; None where none has any.

    rank: affine, of the means. radius: R, the largest norm of a mean, of cases where it is not 0.
    zero: the number of cases with all means at 0. weight: the smallest weight of a case. truth: the
    number of components of a truth that is a mixture.
    """

    n: Range | None = None
    d: Range | None = None
    rank: Range | None = None
    radius: Range | None = None
    weight: Range | None = None
    step_size: Range | None = None
    steps: Range | None = None
    truth: Range | None = None
    zero: int = 0

    @classmethod
    def of(cls, cases: Sequence[Case]) -> Ranges:
        """The ranges of some cases."""
        mixtures = [case.mixture for case in cases]
        radii = [m.radius_squared for m in mixtures]
        return cls(
            n=_range(m.components for m in mixtures),
            d=_range(m.dimension for m in mixtures),
            rank=_range(map(mixture_rank, mixtures)),
            radius=_range(math.sqrt(_float(r)) for r in radii if r),
            weight=_range(_float(min(m.weights)) for m in mixtures),
            step_size=_range(_float(c.step_size) for c in cases if c.step_size is not None),
            steps=_range(c.steps for c in cases if c.steps is not None),
            truth=_range(c.truth.components for c in cases if c.truth is not None),
            zero=sum(not r for r in radii),
        )

    @classmethod
    def union(cls, parts: Iterable[Ranges]) -> Ranges:
        """The ranges that contain all of some ranges."""
        parts = list(parts)
        ends = {name: _ends(getattr(part, name) for part in parts) for name in (*_NAMES, "weight")}
        return cls(**ends, zero=sum(part.zero for part in parts))

    def in_words(self) -> str:
        """The ranges as one line of plain text; "" if there was no case."""
        words = []
        for name, label in _NAMES.items():
            if (found := getattr(self, name)) is not None:
                words.append(f"{label} {_shown(found)}")
            if name == "radius" and self.zero:
                words.append("all means 0")
            if name == "radius" and self.weight is not None:
                words.append(f"weights from {self.weight[0]:.2g}")
        return ", ".join(words)


def _range(values: Iterable[float]) -> Range | None:
    found = list(values)
    return (min(found), max(found)) if found else None


def _ends(ranges: Iterable[Range | None]) -> Range | None:
    return _range(end for found in ranges if found is not None for end in found)


def _float(value: Fraction) -> float:
    """A number >= 0 as a float; what no float reaches is cut."""
    return float(min(value, _LARGEST))


def _shown(ends: Range) -> str:
    low, high = (f"{end:.4g}" for end in ends)
    return low if low == high else f"{low} to {high}"
