"""Rates on a set {U <= U0}, which no run leaves: what boxes prove there, and what follows from it.

For 0 < eta <= 2 the energy U never increases along gradient EM (energy-decrease), so an inequality
that holds at every point of {U <= U0} holds at every time of every run that starts there. If
|grad L|^2 >= c L^{3/2} on the set, then likelihood-decrease, L+ <= L - g |grad L|^2 with
g = eta (1 - eta/2), makes L+ <= L (1 - c g sqrt L), and as (1 - y)^{-1/2} >= 1 + y/2,

    L(t+1)^{-1/2} >= L(t)^{-1/2} + c g / 2,   so that   L(t) <= 1 / (L(0)^{-1/2} + c g t / 2)^2.

The set has the optimum in it, where no box can decide |grad L|^2 >= c L^{3/2}: both sides are 0. So
boxes prove it for R >= 1/4, and lojasiewicz-sharp near the optimum: for R <= 1/4, two components
and no weight below 1/5 it has D <= 1/2, r <= 2 and

    14/5 * 1/5 * e^{-1/64 - 3/32} / (1/4 + sqrt 2) > 0.3016 > 3/10.

Of two components one has a weight of at most 1/2: with the lighter one first, all weights from 1/5
on are in [1/5, 1/2] x [1/2, 4/5], and nothing here depends on the order. QED
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.arithmetic.functions import root, squared_norms
from theorycheck.claims.constants import Ratio
from theorycheck.claims.runs import CERTIFICATE, Start, falls_like_a_square
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region, energy_of
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

MOST_ENERGY = Fraction(4)
"""U0."""
DOMINATION = Fraction(3, 10)
"""c, which boxes prove for R >= NEAREST; `_SHARPEST` is too large."""
NEAREST = Fraction(1, 4)
LIGHTEST = Fraction(1, 5)
_SHARPEST = Fraction(8, 25)
_NO_FARTHER = Region(
    components=2,
    dimension="any",
    weights=("1/2", "1/2"),
    radius_at_least=NEAREST,
    energy_at_most=MOST_ENERGY,
)
_HALVES = ((LIGHTEST, Fraction(1, 2)), (Fraction(1, 2), 1 - LIGHTEST))
_UNBALANCED = Region(**(_NO_FARTHER.to_dict() | {"weights": _HALVES}))
_FAR, _FARTHER = Mixture(["-1993/1000", "4/25"], [1, 4]), Mixture([3, 0])
_SMALL = Mixture(["1/1000", "-1/1000"])


def _is_within(case: Case) -> bool:
    return energy_of(case.mixture) <= MOST_ENERGY


def _is_off_optimum(case: Case) -> bool:
    return _is_within(case) and not case.mixture.is_at_optimum


_WITHIN = Domain(
    components=(2, 2),
    dimension=(1, 2),
    radius=0.7,
    lightest=LIGHTEST,
    where=_is_off_optimum,
    also=f"U <= {MOST_ENERGY}, means not all 0",
)
_RUNS_WITHIN = replace(
    _WITHIN,
    open_above=True,
    steps=32,
    where=_is_within,
    also=f"U(0) <= {MOST_ENERGY}",
)
_ANYWHERE = Domain(components=(2, 2), lightest=LIGHTEST, open_above=True, steps=8)


@declare.implied_constant(
    "lojasiewicz-energy",
    r"n = 2, \ \pi_{\min} \ge \tfrac15, \ U \le 4: \quad \|\nabla L\|^2 \ge c\, L^{3/2}"
    r" \text{ for } c = \tfrac{3}{10}",
    group="C",
    compared=(
        "$L^3$ (Xu, Fazel and Du)",
        r"$c = \tfrac{3}{10}$; lojasiewicz-sharp has $0.006$ at worst, for $r = 1$",
        r"$c \le 0.3174$",
    ),
    domain=_WITHIN,
    examples=(Case(_FAR), Case(_SMALL)),
    floor=DOMINATION,
    regions=(_NO_FARTHER,),
    larger_regions=(_UNBALANCED,),
)
def lojasiewicz_energy(at: Point) -> Scalar:
    """Proved by boxes for R >= 1/4, and by lojasiewicz-sharp within: in every dimension.

    The worst mixtures are the farthest, with one mean near 0. Of other sets {U <= U0} `prove` finds
    the constant: about 1.15 for U <= 1, 0.70 for U <= 2.
    """
    return _domination(at, at.loss * root(at.loss))


def _domination(at: Point, power: Scalar) -> Scalar:
    return squared_norms(at.gradient).sum() / power


@lojasiewicz_energy.control("$c = \\tfrac{8}{25}$ in place of $\\tfrac{3}{10}$")
def _larger_domination(at: Point) -> Scalar:
    return lojasiewicz_energy.function(at) * at.number(DOMINATION / _SHARPEST)


@lojasiewicz_energy.control("the exponent $\\tfrac54$ in place of $\\tfrac32$")
def _early_domination(at: Point) -> Scalar:
    return _domination(at, at.loss * root(root(at.loss)))


@lojasiewicz_energy.control(
    "without $U \\le 4$", domain=Domain(components=(2, 2)), examples=(Case(_FARTHER),)
)
def _domination_anywhere(at: Point) -> Scalar:
    return lojasiewicz_energy.function(at)


@declare.inequality(
    "rate-energy",
    r"n = 2, \ \pi_{\min} \ge \tfrac15, \ U(0) \le 4: \quad"
    r" L(t) \le \frac{1}{(L(0)^{-1/2} + \gamma t)^2}, \quad"
    r" \gamma = \tfrac{3}{20}\, \eta (1 - \tfrac{\eta}{2}), \quad 0 < \eta < 2",
    group="D",
    sharp_when=r"as $\eta \to 0$ with $t$ fixed; $\gamma$ could be 1.058 times as large, no more",
    compared=(
        r"$1 / \sqrt{\gamma t}$ (Xu, Fazel and Du)",
        r"$1/(\gamma t)^2$, $\gamma$ 58 times that of rate-t2 at $U(0) = 4$, $\pi_{\min} = "
        r"\tfrac15$, $r = 1$",
        r"$\gamma$ at most $1.058$ times as large",
    ),
    domain=_RUNS_WITHIN,
    examples=(Case(_FAR, Fraction(1, 1000), steps=8), Case(_SMALL, Fraction(1), steps=8)),
    certificate=CERTIFICATE + "L(t+1)^(-1/2) >= L(t)^(-1/2) + gamma",
    cost=20,
)
def rate_energy(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    """lojasiewicz-energy at every time of a run: L^{-1/2} grows by at least c/2 eta (1 - eta/2).

    A run that starts in {U <= 4} stays there, by energy-decrease, and likelihood-decrease makes a
    bound of its steps of a bound of the gradient. For all times, starts, dimensions and step sizes.
    """
    return _falls(at, step_size, steps, DOMINATION / 2)


def _falls(at: Point, step_size: Scalar, steps: int, share: Fraction) -> list[Comparison]:
    gain = Start.of(at, step_size).gain
    rate = Ratio(share.numerator * gain, at.number(share.denominator))
    return falls_like_a_square(at, step_size, steps, rate)


@rate_energy.control("$\\tfrac{4}{25}$ in place of $\\tfrac{3}{20}$")
def _faster(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    return _falls(at, step_size, steps, _SHARPEST / 2)


@rate_energy.control(
    "without $U(0) \\le 4$", domain=_ANYWHERE, examples=(Case(_FARTHER, Fraction(1), steps=8),)
)
def _anywhere(at: Point, step_size: Scalar, steps: int) -> list[Comparison]:
    return _falls(at, step_size, steps, DOMINATION / 2)
