"""Group E of theory.md: what is and what is not monotone along gradient EM, truth N(0, I)."""

from __future__ import annotations

from fractions import Fraction

from theorycheck.arithmetic import Scalar
from theorycheck.claims.model import Domain, existence
from theorycheck.claims.point import Point, root
from theorycheck.mixture import Case, Mixture

PAPER = "Xu, Fazel and Du (2024)"
_SHORT_STEP = (Fraction(0), Fraction(1))
_UNEQUAL = Domain(components=(2, 4), dimension=(1, 2), step_size=_SHORT_STEP)
_EQUAL = Domain(
    components=(3, 5), dimension=(1, 2), step_size=_SHORT_STEP, equal_weights=True, radius=4.0
)
WEIGHTED_WITNESS = Case(
    Mixture(["0.0785", "-0.0242", "0.1824"], ["0.098", "0.757", "0.146"]), Fraction(1)
)
MAX_NORM_WITNESS = Case(Mixture(["0.0756", "-0.0744", "-0.0714"]), Fraction(1))


@existence(
    "weighted-distance-nonmonotone",
    r"W(\mu^+) > W(\mu) \text{ for some mixture and } \eta \le 1",
    origin="paper",
    source=PAPER + ": the parametric distance is not monotone",
    group="E",
    domain=_UNEQUAL,
    examples=(WEIGHTED_WITNESS,),
)
def weighted_distance_nonmonotone(at: Point, step_size: Scalar) -> Scalar:
    """The weighted distance to the optimum can grow in one step."""
    return at.step(step_size).weighted_distance - at.weighted_distance


@weighted_distance_nonmonotone.control("$U$ in place of $W$")
def _energy_grows(at: Point, step_size: Scalar) -> Scalar:
    return at.step(step_size).energy - at.energy


@weighted_distance_nonmonotone.control("the same with equal weights", domain=_EQUAL)
def _equal_weights_grow(at: Point, step_size: Scalar) -> Scalar:
    return at.step(step_size).weighted_distance - at.weighted_distance


@existence(
    "max-norm-nonmonotone",
    r"\max_i \|\mu_i^+\| > \max_i \|\mu_i\| \text{ for some mixture with equal weights, } n \ge 3",
    origin="paper",
    source=PAPER,
    group="E",
    domain=_EQUAL,
    examples=(MAX_NORM_WITNESS,),
)
def max_norm_nonmonotone(at: Point, step_size: Scalar) -> Scalar:
    """The largest norm can grow in one step, even with equal weights."""
    return at.step(step_size).radius - at.radius


@max_norm_nonmonotone.control("the root mean square $\\sqrt{U/n}$ in place of the maximum")
def _mean_norm_grows(at: Point, step_size: Scalar) -> Scalar:
    after = at.step(step_size)
    return root(after.energy / at.components) - root(at.energy / at.components)
