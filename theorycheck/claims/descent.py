"""Group B of theory.md: descent in one step, for any truth unless noted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import largest, squared_norms
from theorycheck.claims.constants import APART, APART_AND_STEPS, AT_THE_OPTIMUM, BESIDE
from theorycheck.claims.sources import DEMPSTER, PAPER
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

inequality = partial(declare.inequality, group="B")

_SEPARATED = Case(
    Mixture([-7, 9]), truth=Mixture([-8, 8]), target=((Fraction(-8),), (Fraction(9),))
)
"""Each component has data of its own, so that what is an equality for n = 1 is nearly one here."""
_CLUSTER = Case(Mixture([1, "9/10"]), Fraction(3, 2), steps=8)
_ANY_TRUTH = Domain(truth="any", radius=5.0, components=(1, 5))
_MODERATE = Domain(radius=6.0)
_OPEN = replace(_ANY_TRUTH, open_above=True)


@inequality(
    "majorisation",
    r"L(\mu') \le L(\mu) + \langle \nabla L, \mu' - \mu \rangle"
    r" + \tfrac12 \sum_i p_i \|\mu'_i - \mu_i\|^2",
    origin="classical",
    source=f"the EM majorisation; {DEMPSTER}",
    references=(DEMPSTER,),
    domain=replace(_ANY_TRUTH, dimension=(1, 2)),
    sharp_when="equality for $n = 1$, and at $\\mu' = \\mu$",
    regions=(Region(**(APART.to_dict() | {"target": ((-2, -1), (1, 2))})),),
    cost=3,
)
def majorisation(at: Point, target: Array) -> Comparison:
    """EM's surrogate lies above the loss, for all other means."""
    return _majorised(at, target, Fraction(1, 2))


@majorisation.control("the factor $0.49$ in place of $\\tfrac12$", examples=(_SEPARATED,))
def _weak_surrogate(at: Point, target: Array) -> Comparison:
    return _majorised(at, target, Fraction(49, 100))


def _majorised(at: Point, target: Array, factor: Fraction) -> Comparison:
    move = target - at.means
    surrogate = (
        at.loss
        + (at.gradient * move).sum()
        + at.number(factor) * (at.responsibilities @ squared_norms(move))
    )
    return at_most(at.moved(target).loss, surrogate, _cancelled(at))


@inequality(
    "likelihood-decrease",
    r"L(\mu^+) \le L(\mu) - \eta \sum_i (1 - \tfrac12 \eta p_i) \|\nabla_i L\|^2"
    r" \text{, a decrease for } 0 < \eta < 2",
    origin="paper",
    source=f"{PAPER}, sharpened: the paper needs a step size exponentially small in U(0)",
    references=(PAPER,),
    domain=_OPEN,
    regions=(Region(2, means=((1, 2), (-2, -1)), weights=("1/2", "1/2"), step_size=(1, 1)),),
    sharp_when="equality for $n = 1$ and the truth $N(0, I)$",
)
def likelihood_decrease(at: Point, step_size: Scalar) -> list[Comparison]:
    """One step of gradient EM decreases the loss by at least this much, and the loss decreases."""
    return _decreases(at, step_size, Fraction(1, 2))


@likelihood_decrease.control(
    "$0.49\\,\\eta p_i$ in place of $\\tfrac12 \\eta p_i$",
    examples=(replace(_SEPARATED, step_size=Fraction(1)),),
)
def _larger_decrease(at: Point, step_size: Scalar) -> list[Comparison]:
    return _decreases(at, step_size, Fraction(49, 100))


def _decreases(at: Point, step_size: Scalar, factor: Fraction) -> list[Comparison]:
    after, size = at.step(step_size).loss, _cancelled(at)
    shares = 1 - at.number(factor) * step_size * at.responsibilities
    gain = (shares * squared_norms(at.gradient)).sum()
    return [at_most(after + step_size * gain, at.loss, size), at_most(after, at.loss, size)]


@inequality(
    "em-decrease",
    r"L(\mu^{EM}) \le L(\mu) - \tfrac12 \sum_i \|\nabla_i L\|^2 / p_i",
    origin="classical",
    source=str(DEMPSTER),
    references=(DEMPSTER,),
    domain=_ANY_TRUTH,
    regions=(APART,),
    larger_regions=(BESIDE,),
    sharp_when="equality for $n = 1$",
    cost=3,
)
def em_decrease(at: Point) -> Comparison:
    """A full EM step decreases the loss by at least half the scaled squared gradient."""
    return _em_decreases(at, Fraction(1, 2))


@em_decrease.control("the factor $0.51$ in place of $\\tfrac12$", examples=(_SEPARATED,))
def _larger_em_decrease(at: Point) -> Comparison:
    return _em_decreases(at, Fraction(51, 100))


def _em_decreases(at: Point, factor: Fraction) -> Comparison:
    gain = (squared_norms(at.gradient) / at.responsibilities).sum()
    return at_most(at.em_step().loss + at.number(factor) * gain, at.loss, _cancelled(at))


def _cancelled(at: Point) -> Scalar:
    """The size of the entropy that a loss against a mixture leaves: all of it near the truth."""
    return at.truth_radius * at.truth_radius


@inequality(
    "gradient-fisher",
    r"\sum_i \|\nabla_i L\|^2 / p_i \le F",
    domain=_MODERATE,
    regions=(APART,),
    larger_regions=(AT_THE_OPTIMUM,),
    sharp_when="equality where all means agree",
)
def gradient_fisher(at: Point) -> Comparison:
    """Cauchy-Schwarz on E[psi_i v], for the truth N(0, I)."""
    return at_most((squared_norms(at.gradient) / at.responsibilities).sum(), at.fisher_divergence)


@gradient_fisher.control("$0.99\\,F$ in place of $F$", examples=(_CLUSTER,))
def _smaller_fisher(at: Point) -> Comparison:
    left = (squared_norms(at.gradient) / at.responsibilities).sum()
    return at_most(left, at.number(Fraction(99, 100)) * at.fisher_divergence)


@inequality(
    "energy-decrease",
    r"U(\mu^+) \le U(\mu) - \eta (2 - \eta \max_i p_i) F"
    r" \text{, and } U \text{ never increases for } \eta \le 2",
    domain=_MODERATE,
    larger_regions=(APART_AND_STEPS,),
    sharp_when="equality for $n = 1$",
)
def energy_decrease(at: Point, step_size: Scalar) -> list[Comparison]:
    """The unweighted sum of squared distances to the optimum shrinks, for the truth N(0, I)."""
    return _spends(at, step_size, Fraction(1))


@energy_decrease.control(
    "$0.98 \\max_i p_i$ in place of $\\max_i p_i$",
    examples=(Case(Mixture([1, "99/100"]), Fraction(3, 2)),),
)
def _larger_spending(at: Point, step_size: Scalar) -> list[Comparison]:
    return _spends(at, step_size, Fraction(98, 100))


def _spends(at: Point, step_size: Scalar, share: Fraction) -> list[Comparison]:
    after = at.step(step_size).energy
    rate = step_size * (2 - at.number(share) * step_size * largest(at.responsibilities))
    spent = rate * at.fisher_divergence
    return [at_most(after + spent, at.energy), at_most(after, at.energy)]


@energy_decrease.control("the same for the weighted distance $W$")
def _weighted_decrease(at: Point, step_size: Scalar) -> Comparison:
    after = at.step(step_size).weighted_distance
    rate = step_size * (2 - step_size * largest(at.responsibilities))
    return at_most(after + rate * at.fisher_divergence, at.weighted_distance)


@inequality(
    "fisher-budget",
    r"\sum_{t} F(t) \le \frac{U(0)}{\eta (2 - \eta)}, \quad 0 < \eta < 2",
    domain=Domain(open_above=True, steps=120, dimension=(1, 1), components=(1, 4)),
    sharp_when="$n = 1$, as the number of steps grows",
    certificate="the partial sums over the first 8 steps, from the exact start",
    cost=10,
)
def fisher_budget(at: Point, step_size: Scalar, steps: int) -> Comparison:
    """Energy spent is bounded by energy at the start: energy-decrease, summed."""
    spent = at.path(step_size, steps).fisher_divergence.sum()
    return at_most(spent, fisher_bound(at.energy, step_size))


def fisher_bound(energy: Scalar, step_size: Scalar) -> Scalar:
    """U(0) / (eta (2 - eta)), the bound of fisher-budget, in either arithmetic."""
    return energy / (step_size * (2 - step_size))


@fisher_budget.control(
    "$U(0)/(2\\eta)$ in place of $U(0)/(\\eta (2 - \\eta))$", examples=(_CLUSTER,)
)
def _smaller_budget(at: Point, step_size: Scalar, steps: int) -> Comparison:
    spent = at.path(step_size, steps).fisher_divergence.sum()
    return at_most(spent, at.energy / (2 * step_size))
