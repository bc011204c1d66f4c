"""Cross-check: a case of a claim's first batch is computed a second time, by the oracle."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np

from theorycheck import oracle
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.errors import TooExpensive, UnsupportedRank
from theorycheck.expectations.population import Population, population
from theorycheck.expectations.reduction import mixture_rank
from theorycheck.inputs.case import Case
from theorycheck.search.records import Record

DIGITS = 12
"""Of the balls: those of the first rung, on which most verdicts rest."""
ORACLE_DIGITS = 15
_CHEAPEST, _CHEAP = 8, 8
"""The number of cases among which one is chosen, and the size of n R^2 up to which it may be."""
_QUANTITIES = (
    *("loss", "responsibilities", "overlap"),
    *("gradient", "fisher_divergence", "positions"),
)
_LEAST_RADIUS = Fraction(1, 4)  # squared: nearer to 0 there is little that could go wrong


@dataclass(frozen=True)
class Disagreement(Record):
    """A quantity of a case on which balls and oracle do not agree, and by how much."""

    case: Case
    quantity: str
    distance: float


@dataclass(frozen=True)
class CrossCheck(Record):
    """The agreement of balls and oracle.

    cases: how many were computed twice. worst: the largest distance of an oracle's value from the
    middle of its ball, in units of the ball's radius and the oracle's own accuracy together; above
    1 it is a disagreement.
    """

    cases: int = 0
    worst: float = 0.0
    disagreements: tuple[Disagreement, ...] = ()

    @classmethod
    def union(cls, parts: Sequence[CrossCheck]) -> CrossCheck:
        """The agreement over all of some checks."""
        return cls(
            sum(part.cases for part in parts),
            max((part.worst for part in parts), default=0.0),
            tuple(found for part in parts for found in part.disagreements),
        )


def cross_checked(cases: Sequence[Case], number: int = 0) -> CrossCheck:
    """The agreement of balls and oracle at one of some cases, of low cost.

    number: which of the cheapest it is, so that claims with the same cases check different ones.
    """
    if not cases:
        return CrossCheck()
    case = _one_of_the_cheapest(cases, number)
    try:
        enclosed = population(case.mixture, truth=case.truth, arithmetic=ball(DIGITS))
        independent = oracle.population(case.mixture, ORACLE_DIGITS, truth=case.truth)
    except (TooExpensive, UnsupportedRank):
        return CrossCheck()
    distances = dict(_distances(enclosed, independent, case.truth is not None))
    apart = [(name, found) for name, found in distances.items() if not found <= 1]
    return CrossCheck(
        1,
        max(distances.values()),
        tuple(Disagreement(case, name, found) for name, found in apart),
    )


def _one_of_the_cheapest(cases: Sequence[Case], number: int) -> Case:
    """One of the few cases of the cheapest one's kind that are about as near to the origin."""
    first, *others = sorted(cases, key=_cost)[:_CHEAPEST]
    *kind, size = _cost(first)
    most = max(size, _CHEAP)
    near = [first, *(c for c in others if _cost(c) <= (*kind, most))]
    return near[number % len(near)]


def _cost(case: Case) -> tuple[bool, int, bool, Fraction]:
    """A key: rank 1 and means off the origin first; then few components, near each other."""
    m = case.mixture
    rank = mixture_rank(m)
    is_near_zero = m.radius_squared < _LEAST_RADIUS
    return rank != 1 or is_near_zero, rank, case.truth is not None, m.components * m.radius_squared


def _distances(
    enclosed: Population, independent: oracle.OraclePopulation, is_absolute: bool
) -> Iterator[tuple[str, float]]:
    """(quantity, largest distance of its entries), relative to the largest of them.

    is_absolute: True where values may vanish, so that the oracle is accurate absolutely.
    """
    for name in _QUANTITIES:
        values = np.atleast_1d(getattr(independent, name)).ravel()
        balls = np.atleast_1d(getattr(enclosed, name)).ravel()
        size = max(abs(float(value)) for value in values)
        floor = 1.0 if is_absolute or name == "positions" else 0.0
        accuracy = 10.0**-ORACLE_DIGITS * max(size, floor)
        pairs = zip(balls, values, strict=True)
        yield name, max(_distance(one, other, accuracy) for one, other in pairs)


def _distance(enclosure: flint.arb, value: Any, accuracy: float) -> float:
    """The distance of a value from the middle of a ball, in units of what both may err."""
    with ball(2 * ORACLE_DIGITS).scope():
        other = flint.arb(mpmath.nstr(value, 2 * ORACLE_DIGITS))
        apart = abs(float(enclosure.mid() - other.mid()))
    if not enclosure.is_finite():
        return 0.0  # a ball that says nothing contradicts nothing
    distance = apart / (float(enclosure.rad()) + accuracy) if apart else 0.0
    return distance if math.isfinite(distance) else sys.float_info.max
