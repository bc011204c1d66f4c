"""Claims made to be searched."""

from __future__ import annotations

from fractions import Fraction

from theorycheck.statements.claim import implied_constant, inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.domain import Domain


@inequality("nowhere-near", "x", domain=Domain(components=(2, 3), dimension=(1, 2)))
def nowhere_near(at):
    """False in a small valley only: where the first mean is near 2.5 and the second near -1."""
    a, b = at.means[0][0] - at.number(Fraction(5, 2)), at.means[1][0] + 1
    return at_most(at.number(Fraction(1, 1000)), a * a + b * b)


@implied_constant("radius-constant", "x", domain=Domain(components=(1, 3), dimension=(1, 2)))
def radius_constant(at):
    """n / R^2 / pi_min."""
    return at.components / (at.radius * at.radius) / at.smallest_weight
