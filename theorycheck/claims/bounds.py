"""Group C of theory.md: bounds at a point, for the truth N(0, I).

Exponentially small factors are kept on the smaller side of a comparison, so that float64 does not
overflow where balls are still fine.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import root, squared_norms
from theorycheck.claims.constants import (
    ANYWHERE,
    APART,
    APART_WITH_DIRECTION,
    BALANCED_WITH_DIRECTION,
    NEAR,
    PAIRS,
    TOUCHING,
    diameter_squared,
    inverse_sobolev,
    reach,
)
from theorycheck.claims.sources import CHEN, DONSKER, PAPER, SOFTWARE
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

implied_constant = partial(declare.implied_constant, group="C")
inequality = partial(declare.inequality, group="C")

_PLANE = Domain(dimension=(1, 2), radius=4.0)
_SPACE = Domain(radius=4.0)
_TRAP = Case(Mixture([12, -12, 0]))
_FAR_TRAP = Case(Mixture([24, -24, 0]))
_FAR_PAIR = Case(Mixture([12, 0]))
_CLOSE_PAIR = Case(Mixture([1, "21/20"]))
_SMALL_PAIR = Case(Mixture(["1/1000", "-1/1000"]))
_LIGHT_PAIR = Case(Mixture(["1/1000", "-1/999000"], [1, 999]))
"""Of weighted mean 0: where the lighter mean carries all of the Fisher divergence."""


def _is_off_optimum(case: Case) -> bool:
    return any(any(row) for row in case.mixture.means)


_OFF_OPTIMUM = replace(_PLANE, where=_is_off_optimum, also="means not all 0")


@inequality(
    "loss-sign",
    r"L \ge 0 \text{, and } L = 0 \text{ only at } \mu = 0",
    origin="classical",
    source="Gibbs' inequality",
    sharp_when=r"equality only at $\mu = 0$",
    domain=_OFF_OPTIMUM,
    strict=True,
    examples=(_TRAP,),
    regions=(PAIRS,),
    larger_regions=(ANYWHERE,),
)
def loss_sign(at: Point) -> Comparison:
    """L is a KL divergence, and mixtures of Gaussians of unit covariance are identifiable.

    The margin is L; at mu = 0, where L = 0 is what is said, it is 1 - L.
    """
    return at_most(0, 1 - at.loss if at.mixture.is_at_optimum else at.loss)


@loss_sign.control("$L \\ge 0.49\\, \\|\\sum_i \\pi_i \\mu_i\\|^2$", examples=(_FAR_PAIR,))
def _mean_alone(at: Point) -> Comparison:
    mean = at.weights @ at.means
    return at_most(at.number(Fraction(49, 100)) * (mean * mean).sum(), at.loss)


@inequality(
    "loss-upper",
    r"L \le \tfrac12 W",
    origin="paper",
    source=str(PAPER),
    references=(PAPER,),
    sharp_when="equality where all means agree",
    domain=_SPACE,
    examples=(_TRAP,),
    regions=(APART,),
    larger_regions=(PAIRS, TOUCHING),
)
def loss_upper(at: Point) -> Comparison:
    """Convexity of the KL divergence in the student."""
    return at_most(at.loss, at.weighted_distance / 2)


@loss_upper.control("$0.49\\,W$ in place of $\\tfrac12 W$", examples=(_CLOSE_PAIR,))
def _smaller_distance(at: Point) -> Comparison:
    return at_most(at.loss, at.number(Fraction(49, 100)) * at.weighted_distance)


@inequality(
    "loss-component-bound",
    r"L \le \tfrac12 \|\mu_i\|^2 + \log(1/\pi_i) \text{ for every } i",
    origin="classical",
    sharp_when="equality for $n = 1$, and as all other means go to infinity",
    domain=_PLANE,
    examples=(_TRAP,),
    regions=(PAIRS,),
    larger_regions=(ANYWHERE,),
)
def loss_component_bound(at: Point) -> Comparison:
    """The mixture density is at least pi_i times that of component i."""
    return at_most(at.loss, squared_norms(at.means) / 2 - np.log(at.weights))


@loss_component_bound.control("$0.98 \\log(1/\\pi_i)$", examples=(_FAR_PAIR,))
def _smaller_weight_term(at: Point) -> Comparison:
    logs = at.number(Fraction(98, 100)) * np.log(at.weights)
    return at_most(at.loss, squared_norms(at.means) / 2 - logs)


def _has_direction(case: Case) -> bool:
    return case.direction is None or any(case.direction)


@inequality(
    "loss-lower-certificate",
    r"L \ge -\tfrac12 s^2 - \log \sum_i \pi_i e^{-s \langle u, \mu_i \rangle}, \quad"
    r" L \ge \tfrac12 \log(1+s) - \tfrac12 s"
    r" - \log \sum_i \pi_i e^{-s \langle u, \mu_i \rangle^2 / (2(1+s))}",
    origin="classical",
    source=str(DONSKER),
    references=(DONSKER,),
    sharp_when="the first: equality where all means agree and $s u$ is their value; the second: "
    r"only at $\mu = 0$, $s = 0$",
    domain=replace(_PLANE, where=_has_direction, also="u a unit vector, s >= 0 and -s"),
    regions=(BALANCED_WITH_DIRECTION,),
    larger_regions=(APART_WITH_DIRECTION,),
)
def loss_lower_certificate(at: Point, direction: Array, s: Scalar) -> list[Comparison]:
    """KL(P || Q) >= E_P f - log E_Q e^f, with f = -s <u, x> and with f = -s <u, x>^2 / 2.

    The first holds for every real s, and is checked for s and -s; u is the direction, normalised.
    """
    places = _along(at, direction)
    return [
        at_most(-_log_mean_exp(at, -s * places), at.loss + s * s / 2),
        at_most(-_log_mean_exp(at, s * places), at.loss + s * s / 2),
        at_most(np.log(1 + s) / 2 + _flatness(at, places, s), at.loss + s / 2),
    ]


@loss_lower_certificate.control(
    "$0.49 s$ in place of $\\tfrac12 s$ in the second bound",
    examples=(replace(_SMALL_PAIR, direction=(Fraction(1),), s=Fraction(1, 64)),),
)
def _smaller_slope(at: Point, direction: Array, s: Scalar) -> Comparison:
    places = _along(at, direction)
    slope = at.number(Fraction(49, 100)) * s
    return at_most(np.log(1 + s) / 2 + _flatness(at, places, s), at.loss + slope)


@loss_lower_certificate.control(
    "$0.49 s^2$ in place of $\\tfrac12 s^2$ in the first bound",
    examples=(replace(_CLOSE_PAIR, direction=(Fraction(1),), s=Fraction(1)),),
)
def _smaller_square(at: Point, direction: Array, s: Scalar) -> Comparison:
    square = at.number(Fraction(49, 100)) * s * s
    return at_most(-_log_mean_exp(at, -s * _along(at, direction)), at.loss + square)


def _along(at: Point, direction: Array) -> Array:
    """<u, mu_i> for the unit vector u of a direction, shape (n,)."""
    places: Array = at.means @ direction / root((direction * direction).sum())
    return places


def _log_mean_exp(at: Point, exponents: Array) -> Scalar:
    """log sum_i pi_i exp(exponent_i)."""
    return np.log(at.weights @ np.exp(exponents))


def _flatness(at: Point, places: Array, s: Scalar) -> Scalar:
    return -_log_mean_exp(at, -s * places * places / (2 * (1 + s)))


@inequality(
    "stein-lower-bound",
    r"F + \sqrt{r F} \ge \sum_i p_i \|\mu_i\|^2",
    sharp_when=r"as $\mu \to 0$ with $\sum_i \pi_i \mu_i = 0$ and $\sum_i \pi_i \mu_i \mu_i^T$ a "
    "multiple of the identity on the span, always so for $r = 1$",
    domain=_SPACE,
    examples=(_TRAP,),
    regions=(APART,),
    larger_regions=(PAIRS,),
)
def stein_lower_bound(at: Point) -> Comparison:
    """Stein gives E<x, v> = sum p_i |mu_i|^2 - F; Cauchy-Schwarz on the r-dimensional span."""
    return _stein_bound(at, at.number(Fraction(at.rank)))


@stein_lower_bound.control(
    "$\\sqrt F$ in place of $\\sqrt{rF}$",
    examples=(Case(Mixture([["1/100", 0], ["-1/200", "1/115"], ["-1/200", "-1/115"]])),),
)
def _rank_one_bound(at: Point) -> Comparison:
    return _stein_bound(at, at.number(Fraction(1)))


@stein_lower_bound.control("$\\sqrt{0.98\\,rF}$ in place of $\\sqrt{rF}$", examples=(_SMALL_PAIR,))
def _smaller_rank(at: Point) -> Comparison:
    return _stein_bound(at, at.number(Fraction(98, 100) * at.rank))


def _stein_bound(at: Point, rank: Scalar) -> Comparison:
    fisher = at.fisher_divergence
    weighted = at.responsibilities @ squared_norms(at.means)
    return at_most(weighted, fisher + root(rank * fisher))


@inequality(
    "responsibility-floor",
    r"p_i \ge \pi_i \exp(L - \tfrac12 \|\mu_i\|^2)",
    sharp_when="equality where all means agree",
    domain=_SPACE,
    examples=(_TRAP,),
    regions=(APART,),
    larger_regions=(PAIRS, NEAR),
)
def responsibility_floor(at: Point) -> Comparison:
    """Jensen's inequality on psi_i = pi_i exp(l_i - log S)."""
    floor = at.weights * np.exp(at.loss - squared_norms(at.means) / 2)
    return at_most(floor, at.responsibilities)


@responsibility_floor.control(
    "$0.49\\,\\|\\mu_i\\|^2$ in place of $\\tfrac12\\|\\mu_i\\|^2$", examples=(_CLOSE_PAIR,)
)
def _higher_floor(at: Point) -> Comparison:
    exponent = at.loss - at.number(Fraction(49, 100)) * squared_norms(at.means)
    return at_most(at.weights * np.exp(exponent), at.responsibilities)


@inequality(
    "projection-lower-explicit",
    r"F \ge \pi_{\min}^2 e^{-R^2} \frac{R^4}{(R + \sqrt r)^2}",
    sharp_when=r"as $R \to 0$ and $\pi_{\min} \to 0$, for two means with $\sum_i \pi_i \mu_i = 0$",
    domain=_OFF_OPTIMUM,
    examples=(_TRAP,),
    regions=(PAIRS,),
    larger_regions=(ANYWHERE,),
)
def projection_lower_explicit(at: Point) -> Comparison:
    """stein-lower-bound, responsibility-floor: sqrt F (sqrt F + sqrt r) >= p_i R^2, F <= R^2."""
    return at_most(_fisher_floor(at), at.fisher_divergence)


@projection_lower_explicit.control("the exponent $-R^2/9$", examples=(_FAR_PAIR,))
def _slow_decay(at: Point) -> Comparison:
    return at_most(_fisher_floor(at, decay=Fraction(1, 9)), at.fisher_divergence)


@projection_lower_explicit.control(
    "$R + 0.98 \\sqrt r$ in place of $R + \\sqrt r$", examples=(_LIGHT_PAIR,)
)
def _smaller_reach(at: Point) -> Comparison:
    return at_most(_fisher_floor(at, share=Fraction(98, 100)), at.fisher_divergence)


def _fisher_floor(
    at: Point, decay: Fraction = Fraction(1), share: Fraction = Fraction(1)
) -> Scalar:
    """pi_min^2 e^{-decay R^2} R^4 / (R + share sqrt r)^2."""
    square = at.radius * at.radius
    if at.mixture.is_at_optimum:
        return square
    reach = at.radius + at.number(share) * root(at.number(Fraction(at.rank)))
    ratio = at.smallest_weight * square / reach
    return ratio * ratio * np.exp(-at.number(decay) * square)


@implied_constant(
    "projection-lower-paper",
    r"F \ge c\, e^{-8U} \frac{\pi_{\min}^2 R^4}{n^2 d (1 + R \sqrt{dn})^2}"
    r" \text{ for some universal } c > 0 \text{: for } c = 4",
    origin="paper",
    source=f"{PAPER}, recalled; c = 4 is own",
    references=(PAPER, SOFTWARE),
    compared=(
        "some $c$",
        "$c = 4$",
        "$c = 4$",
    ),
    domain=replace(_OFF_OPTIMUM, components=(1, 4)),
    examples=(_FAR_PAIR, _LIGHT_PAIR),
    floor=Fraction(4),
    regions=(PAIRS,),
)
def projection_lower_paper(at: Point) -> Scalar:
    """c = 4 will do, and no larger one.

    E sqrt(psi_i S) <= sqrt(p_i) for S = p/phi of mean 1 gives p_i >= pi_i e^{-|mu_i|^2/4}. With f =
    <v, mu_i>/R for the farthest mean, Stein gives sqrt F (sqrt F + 1) >= p_i R^2, and sqrt F <= R.
    So F >= pi_min^2 e^{-R^2/2} R^4/(R + 1)^2, and as R^2 <= U, c may be
    n^2 d (1 + R sqrt(dn))^2/(R + 1)^2 e^{15 R^2/2}: at least 4 for n >= 2. For n = 1, where
    F = R^2, it is at least (1 + 1/R)^2 e^{8 R^2} > 38. The limit 4 is that of two means with
    sum pi_i mu_i = 0, as R -> 0 and pi_min -> 0.
    """
    return _papers_constant(at, Fraction(8))


@projection_lower_paper.control("$c = 4.05$ in place of $4$", examples=(_LIGHT_PAIR,))
def _larger_papers_constant(at: Point) -> Scalar:
    return _papers_constant(at, Fraction(8)) * at.number(Fraction(400, 405))


@projection_lower_paper.control("$e^{-U/8}$ in place of $e^{-8U}$", examples=(_FAR_PAIR,))
def _mild_decay(at: Point) -> Scalar:
    return _papers_constant(at, Fraction(1, 8))


def _papers_constant(at: Point, decay: Fraction) -> Scalar:
    n, d = at.components, at.dimension
    spread = 1 + at.radius * root(at.number(Fraction(d * n)))
    ratio = n * spread / (at.smallest_weight * at.radius * at.radius)
    return at.fisher_divergence * d * ratio * ratio * np.exp(at.number(decay) * at.energy)


@inequality(
    "log-sobolev",
    r"L \le \tfrac12 C F, \quad C = 6 (4R^2 + 1) e^{4R^2}",
    source=f"the constant is that of {CHEN}, recalled",
    references=(CHEN, SOFTWARE),
    sharp_when=r"one sixth is reached for $n = 1$ as $R \to 0$, where $L = F/2$ and $C \to 6$; "
    "elsewhere unknown",
    compared=(
        "$6 (4 R^2 + 1) e^{4 R^2}$",
        "the same",
        "see log-sobolev-diameter",
    ),
    domain=_PLANE,
    examples=(_TRAP,),
    regions=(PAIRS,),
    larger_regions=(ANYWHERE,),
)
def log_sobolev(at: Point) -> Comparison:
    """The log-Sobolev inequality of p, a Gaussian convolution of a measure on a ball of radius R.

    L and F are the entropy and the Fisher information of N(0, I) relative to p.
    """
    return _dominates(at, Fraction(4))


@log_sobolev.control("$e^{R^2/10}$ in place of $e^{4R^2}$", examples=(_FAR_TRAP,))
def _mild_sobolev(at: Point) -> Comparison:
    return _dominates(at, Fraction(1, 10))


@log_sobolev.control("$C = 1$", examples=(_TRAP,))
def _unit_constant(at: Point) -> Comparison:
    return at_most(at.loss, at.fisher_divergence / 2)


def _dominates(at: Point, growth: Fraction) -> Comparison:
    inverse = inverse_sobolev(at.radius * at.radius, growth)
    return at_most(inverse.above * at.loss, inverse.below / 2 * at.fisher_divergence)


@inequality(
    "unique-stationary-point",
    r"\nabla L = 0 \text{ only at } \mu = 0: \quad"
    r" \|\nabla L\| \ge \frac{\pi_{\min}^2 e^{-R^2} R^4}{(R + \sqrt r)^2 \sqrt U} > 0",
    origin="paper",
    source=f"{PAPER}; the explicit bound is own",
    references=(PAPER, SOFTWARE),
    sharp_when=r"$1/\sqrt 2$ is the limit where projection-lower-explicit is sharp; whether more "
    "is reached is unknown",
    domain=_OFF_OPTIMUM,
    strict=True,
    examples=(_TRAP,),
    regions=(PAIRS,),
    larger_regions=(ANYWHERE,),
)
def unique_stationary_point(at: Point) -> list[Comparison]:
    """F = <grad, mu> <= |grad| sqrt U, and projection-lower-explicit.

    Without constants: F = 0 forces v = 0, hence p = phi, hence mu = 0.
    """
    length = _gradient_length(at)
    if at.mixture.is_at_optimum:  # where the gradient is 0
        return [at_most(0, 1 - length)]
    return [at_most(_gradient_floor(at), length), at_most(0, length)]


@unique_stationary_point.control("the exponent $-R^2/9$", examples=(_FAR_PAIR,))
def _slow_gradient_decay(at: Point) -> Comparison:
    return at_most(_gradient_floor(at, Fraction(1, 9)), _gradient_length(at))


@unique_stationary_point.control("$1.45$ times the bound", examples=(_LIGHT_PAIR,))
def _larger_gradient(at: Point) -> Comparison:
    return at_most(at.number(Fraction(145, 100)) * _gradient_floor(at), _gradient_length(at))


def _gradient_floor(at: Point, decay: Fraction = Fraction(1)) -> Scalar:
    return _fisher_floor(at, decay) / root(at.energy)


def _gradient_length(at: Point) -> Scalar:
    """|grad|, of all means together."""
    return root(squared_norms(at.gradient).sum())


@inequality(
    "lojasiewicz-paper",
    r"\|\nabla L\|^2 \ge 8 \pi_{\min} c_1^2 L^3, \quad"
    r" c_1 = \frac{e^{-U}}{(\sqrt U + \sqrt r)^2}",
    origin="paper",
    source=f"{PAPER}; the explicit constant is own",
    references=(PAPER, SOFTWARE),
    domain=_OFF_OPTIMUM,
    examples=(_TRAP,),
    regions=(PAIRS,),
    larger_regions=(ANYWHERE,),
)
def lojasiewicz_paper(at: Point) -> Comparison:
    """F >= c_1 W^2; |grad|^2 >= F^2/U; W >= pi_min U; W >= 2 L."""
    return _gradient_dominates(at, at.loss * at.loss * at.loss)


@lojasiewicz_paper.control(
    "the exponent $\\tfrac54$ in place of $3$", examples=(Case(Mixture(["1/10", "-1/10"])),)
)
def _early_domination(at: Point) -> Comparison:
    return _gradient_dominates(at, at.loss * root(root(at.loss)))


@lojasiewicz_paper.control(
    "$e^{-U/10}$ in place of $e^{-U}$ in $c_1$", examples=(Case(Mixture([18, 0])),)
)
def _mild_domination(at: Point) -> Comparison:
    return _gradient_dominates(at, at.loss * at.loss * at.loss, Fraction(1, 10))


def _gradient_dominates(at: Point, power: Scalar, decay: Fraction = Fraction(1)) -> Comparison:
    small = 8 * at.smallest_weight * np.exp(-at.number(2 * decay) * at.energy) * power
    return at_most(small, _width(at) * squared_norms(at.gradient).sum())


def _width(at: Point) -> Scalar:
    """(sqrt U + sqrt r)^4."""
    size = reach(at.energy, at.number(Fraction(at.rank)))
    return size * size * size * size


@implied_constant(
    "lojasiewicz-paper-constant",
    r"\|\nabla L\|^2 \ge c \cdot 8 \pi_{\min} c_1^2 L^3 \text{, with } c_1"
    r" \text{ of lojasiewicz-paper, for some } c > 0 \text{: for } c = 91",
    origin="paper",
    source=f"{PAPER}; in units of the explicit constant, c = 91 is own",
    references=(PAPER, SOFTWARE),
    domain=replace(_OFF_OPTIMUM, radius=6.0, components=(1, 4)),
    examples=(_FAR_PAIR, Case(Mixture(["3/4"]))),
    floor=Fraction(91),
    regions=(PAIRS,),
)
def lojasiewicz_paper_constant(at: Point) -> Scalar:
    """The ratio of the two sides of lojasiewicz-paper: the room that it leaves.

    The posterior mean turns at most as fast as D^2/4 says (Popoviciu), so L <= e^{D^2/4} F/2, the
    log-Sobolev inequality along the heat flow. With |grad|^2 >= F^2/U and D^2 <= 2U the ratio is at
    least e^U (sqrt U + sqrt r)^4/(2 U pi_min L). For n >= 2, pi_min L <= pi_min pi_max U/2 <= U/8,
    and 4 e^U (1 + U^{-1/2})^4 >= 64 e > 173. For n = 1 the ratio is e^{2 R^2} (1 + 1/R)^4, whose
    least value is 91.29, at R = 0.7549: no c above that will do.
    """
    return _papers_room(at, Fraction(1))


@lojasiewicz_paper_constant.control("$c = 92$ in place of $91$", examples=(Case(Mixture(["3/4"])),))
def _larger_room(at: Point) -> Scalar:
    return _papers_room(at, Fraction(1)) * at.number(Fraction(91, 92))


@lojasiewicz_paper_constant.control(
    "$e^{-U/10}$ in place of $e^{-U}$ in $c_1$", examples=(_FAR_PAIR,)
)
def _mild_room(at: Point) -> Scalar:
    return _papers_room(at, Fraction(1, 10))


def _papers_room(at: Point, decay: Fraction) -> Scalar:
    cube = at.loss * at.loss * at.loss
    unit = 8 * at.smallest_weight * cube / np.exp(at.number(2 * decay) * at.energy)
    return _width(at) * squared_norms(at.gradient).sum() / unit


@implied_constant(
    "lojasiewicz-sharp",
    r"\|\nabla L\|^2 \ge c\, \pi_{\min}"
    r" \frac{e^{-R^2/4 - 3 D^2/8}}{R + \sqrt r} L^{3/2} \text{ for } c = \tfrac{14}{5}, \quad"
    r" D = \max_{ij} \|\mu_i - \mu_j\|",
    compared=(
        "$L^3$ (Xu, Fazel and Du)",
        r"$L^{3/2}$ with $c = \tfrac{14}{5}$",
        r"$L^{3/2}$; $c \le 7.26$",
    ),
    domain=replace(_OFF_OPTIMUM, components=(1, 4)),
    examples=(_TRAP, _FAR_PAIR, _SMALL_PAIR),
    floor=Fraction(14, 5),
    regions=(PAIRS,),
)
def lojasiewicz_sharp(at: Point) -> Scalar:
    """The exponent that a loss of order 1/t^2 asks for, with an explicit constant.

    p_i >= pi_i e^{-|mu_i|^2/4} (as in projection-lower-paper) in stein-lower-bound gives
    sqrt F (R + sqrt r) >= e^{-R^2/4} W, and F >= 2 e^{-D^2/4} L is the log-Sobolev inequality along
    the heat flow. So |grad|^2 >= F^2/U >= pi_min F^{3/2} F^{1/2}/W is at least 2 sqrt 2 times the
    rest. No c above 8 will do, the limit for mu_1 = -mu_2 -> 0 with equal weights, nor one above
    4 sqrt 2 e^{1/4} = 7.26, which n = 1 and R = 1 give. Without pi_min there is none: in one
    dimension |grad|^2/L^{3/2} tends to 8 lambda on the slow manifold, lambda an eigenvalue between
    the two smallest weights.
    """
    return _sharp_constant(at, at.loss * root(at.loss))


@lojasiewicz_sharp.control(
    "the exponent $\\tfrac54$ in place of $\\tfrac32$", examples=(_SMALL_PAIR,)
)
def _early_sharp(at: Point) -> Scalar:
    return _sharp_constant(at, at.loss * root(root(at.loss)))


@lojasiewicz_sharp.control("$c = 8.1$ in place of $\\tfrac{14}{5}$", examples=(_SMALL_PAIR,))
def _larger_sharp(at: Point) -> Scalar:
    return lojasiewicz_sharp.function(at) * at.number(Fraction(28, 81))


@lojasiewicz_sharp.control(
    "$e^{-R^2/16 - D^2/16}$ in place of $e^{-R^2/4 - 3D^2/8}$", examples=(_FAR_PAIR,)
)
def _mild_sharp(at: Point) -> Scalar:
    return _sharp_constant(at, at.loss * root(at.loss), Fraction(1, 16), Fraction(1, 16))


def _sharp_constant(
    at: Point, power: Scalar, decay: Fraction = Fraction(1, 4), spread: Fraction = Fraction(3, 8)
) -> Scalar:
    """|grad|^2 (R + sqrt r) e^{decay R^2 + spread D^2} / (pi_min power)."""
    square = at.radius * at.radius
    exponent = at.number(decay) * square + at.number(spread) * diameter_squared(at)
    reach = (at.radius + root(at.number(Fraction(at.rank)))) * np.exp(exponent)
    return reach * squared_norms(at.gradient).sum() / (at.smallest_weight * power)
