"""The constants that several groups of the theory use, as functions of what a start gives."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.arithmetic.functions import root
from theorycheck.inputs.region import Region

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
