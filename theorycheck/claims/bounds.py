"""Group C of theory.md: bounds at a point, for the truth N(0, I)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from theorycheck.claims.model import Comparison, Domain, at_most, inequality
from theorycheck.claims.point import Point, root, squared_norms

PAPER = "Xu, Fazel and Du (2024)"


@inequality("loss-upper", r"L \le \tfrac12 W", origin="paper", source=PAPER, group="C")
def loss_upper(at: Point) -> Comparison:
    """Convexity of the KL divergence in the student."""
    return at_most(at.loss, at.weighted_distance / 2)


@loss_upper.control("$0.49\\,W$ in place of $\\tfrac12 W$")
def _smaller_distance(at: Point) -> Comparison:
    return at_most(at.loss, at.number(Fraction(49, 100)) * at.weighted_distance)


@inequality(
    "stein-lower-bound",
    r"F + \sqrt{r F} \ge \sum_i p_i \|\mu_i\|^2",
    group="C",
)
def stein_lower_bound(at: Point) -> Comparison:
    """Stein gives E<x, v> = sum p_i |mu_i|^2 - F; Cauchy-Schwarz on the r-dimensional span."""
    return _stein_bound(at, at.rank)


@stein_lower_bound.control(
    "$\\sqrt F$ in place of $\\sqrt{rF}$ for $r \\ge 2$",
    domain=Domain(dimension=(2, 2), components=(2, 5)),
)
def _rank_one_bound(at: Point) -> Comparison:
    return _stein_bound(at, 1)


def _stein_bound(at: Point, rank: int) -> Comparison:
    fisher = at.fisher_divergence
    weighted = at.responsibilities @ squared_norms(at.means)
    return at_most(weighted, fisher + root(rank * fisher))


@inequality(
    "responsibility-floor",
    r"p_i \ge \pi_i \exp(L - \tfrac12 \|\mu_i\|^2)",
    group="C",
)
def responsibility_floor(at: Point) -> Comparison:
    """Jensen's inequality on psi_i = pi_i exp(l_i - log S)."""
    floor = at.weights * np.exp(at.loss - squared_norms(at.means) / 2)
    return at_most(floor, at.responsibilities)


@responsibility_floor.control("the exponent $-\\tfrac14\\|\\mu_i\\|^2$")
def _higher_floor(at: Point) -> Comparison:
    floor = at.weights * np.exp(at.loss - squared_norms(at.means) / 4)
    return at_most(floor, at.responsibilities)
