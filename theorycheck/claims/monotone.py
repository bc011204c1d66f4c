"""Group E of theory.md: what is and what is not monotone along gradient EM, truth N(0, I)."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import largest, root, smallest, squared_norms
from theorycheck.claims.constants import PAIRS_AND_STEPS
from theorycheck.claims.sources import PAPER
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

existence = partial(declare.existence, group="E")
inequality = partial(declare.inequality, group="E")

_SHORT_STEP = (Fraction(0), Fraction(1))
_UNEQUAL = Domain(components=(2, 4), dimension=(1, 2), step_size=_SHORT_STEP, radius=4.0)
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
    source=f"{PAPER}: the parametric distance is not monotone",
    references=(PAPER,),
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
    source=str(PAPER),
    references=(PAPER,),
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


@existence(
    "component-distance-nonmonotone",
    r"\|\mu_i^+\| > \|\mu_i\| \text{ for some } i \text{, some mixture and } \eta \le 1",
    origin="paper",
    source=str(PAPER),
    references=(PAPER,),
    domain=_UNEQUAL,
    examples=(WEIGHTED_WITNESS, MAX_NORM_WITNESS),
)
def component_distance_nonmonotone(at: Point, step_size: Scalar) -> Scalar:
    """The distance of one component to the optimum can grow in one step."""
    return largest(_growth(at, step_size))


@component_distance_nonmonotone.control("every $\\|\\mu_i\\|$ grows in the same step")
def _all_grow(at: Point, step_size: Scalar) -> Scalar:
    """Impossible: the sum of their squares never increases (energy-decrease)."""
    return smallest(_growth(at, step_size))


@component_distance_nonmonotone.control(
    "the same for one component",
    domain=Domain(components=(1, 1), dimension=(1, 2), step_size=_SHORT_STEP),
)
def _single_grows(at: Point, step_size: Scalar) -> Scalar:
    return largest(_growth(at, step_size))


def _growth(at: Point, step_size: Scalar) -> Array:
    """|mu_i+| - |mu_i|, shape (n,)."""
    growth: Array = root(squared_norms(at.step(step_size).means)) - root(squared_norms(at.means))
    return growth


@inequality(
    "equal-weights-distance-monotone",
    r"\pi_i = \tfrac1n: \quad W(\mu^+) \le W(\mu) \text{ for } 0 < \eta \le 2",
    sharp_when=r"equality for $n = 1$ and $\eta = 2$; trivially as $\eta \to 0$",
    domain=Domain(equal_weights=True, radius=3.0),
    regions=(PAIRS_AND_STEPS,),
)
def equal_weights_distance_monotone(at: Point, step_size: Scalar) -> Comparison:
    """With equal weights W = U/n, and U never increases (energy-decrease)."""
    return _distance_decreases(at, step_size)


@equal_weights_distance_monotone.control(
    "the same for any weights",
    domain=Domain(components=(2, 4), dimension=(1, 1), radius=4.0, step_size=_SHORT_STEP),
    examples=(WEIGHTED_WITNESS,),
)
def _any_weights(at: Point, step_size: Scalar) -> Comparison:
    return _distance_decreases(at, step_size)


@equal_weights_distance_monotone.control(
    "$\\max_i \\|\\mu_i\\|$ in place of $W$", examples=(MAX_NORM_WITNESS,)
)
def _maximum_decreases(at: Point, step_size: Scalar) -> Comparison:
    return _largest_norm_decreases(at, step_size)


def _distance_decreases(at: Point, step_size: Scalar) -> Comparison:
    return at_most(at.step(step_size).weighted_distance, at.weighted_distance)


@inequality(
    "two-balanced-monotone",
    r"n = 2, \ \pi_i = \tfrac12: \quad \max_i \|\mu_i^+\| \le \max_i \|\mu_i\|"
    r" \text{ for } 0 < \eta \le 2",
    origin="own",
    source="conjectured for step sizes up to 1, as the classical contraction for two components",
    sharp_when=r"as $\mu \to 0$ with $\mu_1 = -\mu_2$; trivially as $\eta \to 0$",
    domain=Domain(components=(2, 2), dimension=(1, 3), equal_weights=True),
    regions=(PAIRS_AND_STEPS,),
)
def two_balanced_monotone(at: Point, step_size: Scalar) -> Comparison:
    """With two components of equal weight not even the larger norm grows.

    Let a = |mu_1| >= b = |mu_2| and c = <mu_1, mu_2>. The log-odds l of component 1 are
    N(-k D^2, D^2) with D = |mu_1 - mu_2| and 0 <= k = (a^2 - b^2)/(2 D^2), and G_11 - G_12 =
    E h(l), h = s (2 s - 1), s the logistic function. At k = 1/2 this is 0, since e^l then turns the
    law of l into that of -l; any smaller k tilts it by e^{(1/2 - k) l} >= 1 just where h > 0.
    So G_11 >= G_12 if k <= 1/2, and always G_22 >= G_12 (l reversed). Also p_1 <= 1/2.
    If c < 0 then k <= 1/2, and |mu_1+| <= (1 - eta G_11) a + eta G_12 b <= a. If c >= 0 then
    |mu_1+|^2 <= a^2 - 2 eta G_11 a^2 + eta^2 (G_11^2 a^2 + G_12^2 b^2) <= a^2, by G_12^2 <=
    G_11 G_22 and G_11 + G_22 <= 1. And |mu_2+| <= |1 - eta G_22| b + eta G_12 a <= a.
    """
    return _largest_norm_decreases(at, step_size)


@two_balanced_monotone.control(
    "$\\min_i \\|\\mu_i\\|$ in place of the maximum",
    examples=(Case(Mixture([1, "1/10"]), Fraction(1)),),
)
def _smallest_norm_decreases(at: Point, step_size: Scalar) -> Comparison:
    before, after = squared_norms(at.means), squared_norms(at.step(step_size).means)
    return at_most(smallest(after), smallest(before))


@two_balanced_monotone.control(
    "the same for three components",
    domain=Domain(components=(3, 3), dimension=(1, 2), equal_weights=True),
    examples=(MAX_NORM_WITNESS,),
)
def _three_balanced(at: Point, step_size: Scalar) -> Comparison:
    return _largest_norm_decreases(at, step_size)


@two_balanced_monotone.control(
    "the same for unequal weights",
    domain=Domain(components=(2, 2), dimension=(1, 2), radius=4.0),
    examples=(Case(Mixture(["-47/256", "47/256"], [46, 93]), Fraction(1)),),
)
def _two_unequal(at: Point, step_size: Scalar) -> Comparison:
    return _largest_norm_decreases(at, step_size)


def _largest_norm_decreases(at: Point, step_size: Scalar) -> Comparison:
    before, after = squared_norms(at.means), squared_norms(at.step(step_size).means)
    return at_most(largest(after), largest(before))
