"""Float64 sums with a proven error for exact means, random means, and a grid for them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from helpers.enclosures import FIELDS, entries
from theorycheck.arithmetic.arithmetics import Ball, ball
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import Population, population
from theorycheck.expectations.proven.axes import prepared_axis
from theorycheck.expectations.proven.moments import proven_moments
from theorycheck.expectations.proven.terms import PROVEN_DIGITS, Grid
from theorycheck.expectations.trapezoid import Axis, common_axis
from theorycheck.inputs.mixture import Mixture

Random = np.random.Generator
Rows = list[list[Fraction]]


def proven_at(
    means: Any, weights: Any, digits: int = PROVEN_DIGITS, may_be_coarser: bool = True
) -> Moments | None:
    """The sums for exact means (n, k) and weights, of which the total is 1."""
    arithmetic = Ball(PROVEN_DIGITS)
    with arithmetic.scope():
        c, shares = arithmetic.array(means), arithmetic.array(weights)
        return proven_moments(c, shares, digits, may_be_coarser)


def exact_at(means: Any, weights: Any) -> Population:
    """The same to 30 digits, by Arb, in coordinates of the exact affine span."""
    return population(Mixture(means, weights), arithmetic=ball(30))


def assert_sound(found: Any, exact: Any) -> None:
    """Every ball holds all of the finer one."""
    with ball(60).scope():
        for name in FIELDS:
            pairs = zip(entries(getattr(found, name)), entries(getattr(exact, name)), strict=True)
            for value, finer in pairs:
                assert value.contains(finer), (name, value, finer)


def number(rng: Random, size: float = 1.0) -> Fraction:
    return Fraction(size).limit_denominator(10**6) * Fraction(int(rng.integers(-512, 513)), 512)


def rows(rng: Random, n: int, k: int, size: float = 1.0) -> Rows:
    return [[number(rng, size) for _ in range(k)] for _ in range(n)]


def shares(rng: Random, n: int) -> list[Fraction]:
    parts = [Fraction(int(part)) for part in rng.integers(1, 100, size=n)]
    return [part / sum(parts) for part in parts]


def grid_of(
    rank: int,
    n: int,
    digits: int = 1,
    width: float = 1.0,
    reach: float = 3.0,
    is_moderate: bool = False,
) -> tuple[Grid, list[Axis]]:
    chosen = [common_axis(width, -digits * math.log(10), reach)] * rank
    axes = tuple(prepared_axis(axis) for axis in chosen)
    return Grid(axes, n, is_moderate=is_moderate), chosen
