"""The constants that several groups of the theory use, as functions of what a start gives."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.arithmetic.functions import largest, root, squared_norms
from theorycheck.inputs.region import Region
from theorycheck.statements.point import Point

PAIRS = Region(
    components=2,
    means=(-2, 2),
    weights=("1/5", "4/5"),
    spread_at_least="1/4",
    radius_at_least="1/2",
)
"""Two components on a line, neither at the optimum nor nearly equal: claims are proved there."""

PAIRS_AND_STEPS = Region(**(PAIRS.to_dict() | {"step_size": ("1/10", "3/2")}))
"""The same, with a step size."""

TOUCHING = Region(**(PAIRS.to_dict() | {"spread_at_least": None}))
"""The same with means that are nearly equal, or equal."""

ANYWHERE = Region(
    components=2,
    dimension="any",
    weights=("1/10", "9/10"),
    spread_at_least="1/4",
    radius_at_least="1/2",
    radius_at_most=2,
)
"""Two components in every dimension, no weight below 1/10."""

APART = Region(components=2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))
"""Two components of similar weight on either side of the optimum."""

APART_AND_STEPS = Region(**(APART.to_dict() | {"step_size": ("1/2", 1)}))
"""The same, with a step size."""

APART_WITH_DIRECTION = Region(**(APART.to_dict() | {"direction": (1, 1), "s": (0, 1)}))
BALANCED_WITH_DIRECTION = Region(**(APART_WITH_DIRECTION.to_dict() | {"weights": ("1/2", "1/2")}))
"""The same, with the direction of the line and s; and with equal weights."""

_NEARLY_EQUAL = ("49/100", "51/100")
NEAR = Region(components=2, means=("1/2", 1), weights=("2/5", "3/5"))
BESIDE = Region(components=2, means=(1, "5/4"), weights=_NEARLY_EQUAL)
AT_THE_OPTIMUM = Region(components=2, means=("-1/20", "1/20"), weights=_NEARLY_EQUAL)
"""Regions in which means may be equal, as both sides of some claims are then."""


@dataclass(frozen=True, eq=False)
class Ratio:
    """A constant above / below, kept apart: the part below may be 0, the one above underflow."""

    above: Scalar
    below: Scalar

    @property
    def value(self) -> Scalar:
        """The constant itself."""
        return self.above / self.below


def inverse_sobolev(square: Scalar, growth: Fraction = Fraction(4)) -> Ratio:
    """1/C with the C of log-sobolev at R^2 = square; it underflows where C would overflow.

    growth: the factor in its exponent; with any other than 4 it is not proved.
    """
    exponent = growth.numerator * square / growth.denominator
    return Ratio(np.exp(-exponent), 6 * (4 * square + 1))


def reach(energy: Scalar, rank: Scalar) -> Scalar:
    """sqrt(U) + sqrt(r): what the root of F is compared with in stein-lower-bound."""
    return root(energy) + root(rank)


def diameter_squared(at: Point) -> Scalar:
    """D^2, D the largest distance of two means."""
    pairs = (at.means[:, None] - at.means).reshape(-1, at.means.shape[1])
    return largest(squared_norms(pairs))
