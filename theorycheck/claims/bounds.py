"""Group C of theory.md: bounds at a point, for the truth N(0, I).

Exponentially small factors are kept on the smaller side of a comparison, so that float64 does not
overflow where balls are still fine.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import root, squared_norms
from theorycheck.claims.constants import inverse_sobolev, reach
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
_LINE = Domain(dimension=(1, 1), radius=12.0)
_SPACE = Domain(radius=4.0)
_TRAP = Case(Mixture([12, -12, 0]))
_FAR_TRAP = Case(Mixture([24, -24, 0]))
_TINY_PAIR = Case(Mixture(["1e-6", "-1e-6"]))


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
)
def loss_sign(at: Point) -> Comparison:
    """L is a KL divergence, and mixtures of Gaussians of unit covariance are identifiable.

    The margin is L; at mu = 0, where L = 0 is what is said, it is 1 - L.
    """
    return at_most(0, 1 - at.loss if at.mixture.is_at_optimum else at.loss)


@loss_sign.control(
    "$L \\ge 0.49\\, \\|\\sum_i \\pi_i \\mu_i\\|^2$",
    domain=Domain(
        components=(2, 5),
        dimension=(1, 2),
        shapes=("generic", "one far"),
        scales=(Fraction(2), Fraction(4), Fraction(12)),
        where=_is_off_optimum,
        also="means not all 0",
    ),
)
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
)
def loss_upper(at: Point) -> Comparison:
    """Convexity of the KL divergence in the student."""
    return at_most(at.loss, at.weighted_distance / 2)


@loss_upper.control("$0.49\\,W$ in place of $\\tfrac12 W$")
def _smaller_distance(at: Point) -> Comparison:
    return at_most(at.loss, at.number(Fraction(49, 100)) * at.weighted_distance)


@inequality(
    "loss-component-bound",
    r"L \le \tfrac12 \|\mu_i\|^2 + \log(1/\pi_i) \text{ for every } i",
    origin="classical",
    sharp_when="equality for $n = 1$, and as all other means go to infinity",
    domain=_PLANE,
    examples=(_TRAP,),
)
def loss_component_bound(at: Point) -> Comparison:
    """The mixture density is at least pi_i times that of component i."""
    return at_most(at.loss, squared_norms(at.means) / 2 - np.log(at.weights))


@loss_component_bound.control("without $\\log(1/\\pi_i)$")
def _without_weight(at: Point) -> Comparison:
    return at_most(at.loss, squared_norms(at.means) / 2)


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


@loss_lower_certificate.control("$\\tfrac12 s$ dropped from the second bound")
def _without_half_s(at: Point, direction: Array, s: Scalar) -> Comparison:
    places = _along(at, direction)
    return at_most(np.log(1 + s) / 2 + _flatness(at, places, s), at.loss)


@loss_lower_certificate.control("$\\tfrac12 s^2$ dropped from the first bound")
def _without_half_square(at: Point, direction: Array, s: Scalar) -> Comparison:
    return at_most(-_log_mean_exp(at, -s * _along(at, direction)), at.loss)


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
)
def stein_lower_bound(at: Point) -> Comparison:
    """Stein gives E<x, v> = sum p_i |mu_i|^2 - F; Cauchy-Schwarz on the r-dimensional span."""
    return _stein_bound(at, at.rank)


@stein_lower_bound.control(
    "$\\sqrt F$ in place of $\\sqrt{rF}$ for $r \\ge 2$",
    domain=Domain(dimension=(2, 2), components=(2, 5), radius=4.0),
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
    sharp_when="equality where all means agree",
    domain=_SPACE,
    examples=(_TRAP,),
)
def responsibility_floor(at: Point) -> Comparison:
    """Jensen's inequality on psi_i = pi_i exp(l_i - log S)."""
    floor = at.weights * np.exp(at.loss - squared_norms(at.means) / 2)
    return at_most(floor, at.responsibilities)


@responsibility_floor.control("the exponent $-\\tfrac14\\|\\mu_i\\|^2$")
def _higher_floor(at: Point) -> Comparison:
    floor = at.weights * np.exp(at.loss - squared_norms(at.means) / 4)
    return at_most(floor, at.responsibilities)


@inequality(
    "projection-lower-explicit",
    r"F \ge \pi_{\min}^2 e^{-R^2} \frac{R^4}{(R + \sqrt r)^2}",
    sharp_when=r"as $R \to 0$ and $\pi_{\min} \to 0$, for two means with $\sum_i \pi_i \mu_i = 0$",
    domain=_OFF_OPTIMUM,
    examples=(_TRAP,),
)
def projection_lower_explicit(at: Point) -> Comparison:
    """stein-lower-bound, responsibility-floor: sqrt F (sqrt F + sqrt r) >= p_i R^2, F <= R^2."""
    return at_most(_fisher_floor(at, at.number(Fraction(1))), at.fisher_divergence)


@projection_lower_explicit.control("the exponent $-R^2/16$", examples=(_TRAP,))
def _slow_decay(at: Point) -> Comparison:
    return at_most(_fisher_floor(at, at.number(Fraction(1, 16))), at.fisher_divergence)


def _fisher_floor(at: Point, decay: Scalar) -> Scalar:
    """pi_min^2 e^{-decay R^2} R^4 / (R + sqrt r)^2."""
    square = at.radius * at.radius
    if at.mixture.is_at_optimum:
        return square
    ratio = at.smallest_weight * square / (at.radius + root(at.number(Fraction(at.rank))))
    return ratio * ratio * np.exp(-decay * square)


@implied_constant(
    "projection-lower-paper",
    r"F \ge c\, e^{-8U} \frac{\pi_{\min}^2 R^4}{n^2 d (1 + R \sqrt{dn})^2}"
    r" \text{ for some universal } c > 0",
    origin="paper",
    source=f"{PAPER}, recalled",
    references=(PAPER,),
    domain=replace(_OFF_OPTIMUM, radius=2.5, components=(1, 4)),
)
def projection_lower_paper(at: Point) -> Scalar:
    """c = 1 will do: projection-lower-explicit is larger, since R^2 <= U and r <= n d."""
    return _papers_constant(at, at.number(Fraction(8)))


@projection_lower_paper.control(
    "$e^{-U/32}$ in place of $e^{-8U}$, with $c = 10^{-9}$",
    domain=replace(_OFF_OPTIMUM, dimension=(1, 1), radius=24.0),
    examples=(_FAR_TRAP,),
)
def _mild_decay(at: Point) -> Scalar:
    return _papers_constant(at, at.number(Fraction(1, 32))) - at.number(Fraction(1, 10**9))


def _papers_constant(at: Point, decay: Scalar) -> Scalar:
    n, d = at.components, at.dimension
    spread = 1 + at.radius * root(at.number(Fraction(d * n)))
    ratio = n * spread / (at.smallest_weight * at.radius * at.radius)
    return at.fisher_divergence * d * ratio * ratio * np.exp(decay * at.energy)


@inequality(
    "log-sobolev",
    r"L \le \tfrac12 C F, \quad C = 6 (4R^2 + 1) e^{4R^2}",
    source=f"the constant is that of {CHEN}, recalled",
    references=(CHEN, SOFTWARE),
    sharp_when=r"one sixth is reached for $n = 1$ as $R \to 0$, where $L = F/2$ and $C \to 6$; "
    "elsewhere unknown",
    domain=_PLANE,
    examples=(_TRAP,),
)
def log_sobolev(at: Point) -> Comparison:
    """The log-Sobolev inequality of p, a Gaussian convolution of a measure on a ball of radius R.

    L and F are the entropy and the Fisher information of N(0, I) relative to p.
    """
    inverse = inverse_sobolev(at.radius * at.radius)
    return at_most(inverse.above * at.loss, inverse.below / 2 * at.fisher_divergence)


@log_sobolev.control("$C = 1$", examples=(_TRAP,))
def _unit_constant(at: Point) -> Comparison:
    return at_most(at.loss, at.fisher_divergence / 2)


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
)
def unique_stationary_point(at: Point) -> list[Comparison]:
    """F = <grad, mu> <= |grad| sqrt U, and projection-lower-explicit.

    Without constants: F = 0 forces v = 0, hence p = phi, hence mu = 0.
    """
    length = _gradient_length(at)
    if at.mixture.is_at_optimum:  # where the gradient is 0
        return [at_most(0, 1 - length)]
    floor = _fisher_floor(at, at.number(Fraction(1))) / root(at.energy)
    return [at_most(floor, length), at_most(0, length)]


@unique_stationary_point.control(
    "a second stationary point at $\\mu = (12, -12, 0)$",
    domain=Domain(components=(3, 3), where=lambda case: case == _TRAP, also="this case only"),
    examples=(_TRAP,),
)
def _stationary_trap(at: Point) -> Comparison:
    """Its gradient is below 1e-7, yet certainly not 0."""
    return at_most(_gradient_length(at), 0)


@unique_stationary_point.control(
    "nearly stationary points are near the optimum: $\\|\\nabla L\\| \\ge 10^{-6} R$ if $R \\ge 1$",
    domain=replace(
        _LINE, equal_weights=True, where=lambda case: _is_beyond(case, 1), also="R >= 1"
    ),
    examples=(_TRAP,),
)
def _gradient_everywhere(at: Point) -> Comparison:
    return at_most(at.number(Fraction(1, 10**6)) * at.radius, _gradient_length(at))


def _gradient_length(at: Point) -> Scalar:
    """|grad|, of all means together."""
    return root(squared_norms(at.gradient).sum())


def _is_beyond(case: Case, radius: int) -> bool:
    """True if some mean lies at that distance from the optimum or beyond."""
    return case.mixture.radius_squared >= radius * radius


@inequality(
    "lojasiewicz-paper",
    r"\|\nabla L\|^2 \ge 8 \pi_{\min} c_1^2 L^3, \quad"
    r" c_1 = \frac{e^{-U}}{(\sqrt U + \sqrt r)^2}",
    origin="paper",
    source=f"{PAPER}; the explicit constant is own",
    references=(PAPER, SOFTWARE),
    domain=_OFF_OPTIMUM,
    examples=(_TRAP,),
)
def lojasiewicz_paper(at: Point) -> Comparison:
    """F >= c_1 W^2; |grad|^2 >= F^2/U; W >= pi_min U; W >= 2 L."""
    return _gradient_dominates(at, at.loss * at.loss * at.loss)


@lojasiewicz_paper.control("the exponent 1 in place of 3")
def _linear_domination(at: Point) -> Comparison:
    return _gradient_dominates(at, at.loss)


def _gradient_dominates(at: Point, power: Scalar) -> Comparison:
    small = 8 * at.smallest_weight * np.exp(-2 * at.energy) * power
    return at_most(small, _width(at) * squared_norms(at.gradient).sum())


def _width(at: Point) -> Scalar:
    """(sqrt U + sqrt r)^4."""
    size = reach(at.energy, at.number(Fraction(at.rank)))
    return size * size * size * size


@implied_constant(
    "lojasiewicz-paper-constant",
    r"\|\nabla L\|^2 \ge c \cdot 8 \pi_{\min} c_1^2 L^3 \text{, with } c_1"
    r" \text{ of lojasiewicz-paper, for some } c > 0",
    origin="paper",
    source=f"{PAPER}; in units of the explicit constant",
    references=(PAPER,),
    domain=replace(_OFF_OPTIMUM, radius=6.0, components=(1, 4)),
)
def lojasiewicz_paper_constant(at: Point) -> Scalar:
    """The ratio of the two sides of lojasiewicz-paper: the room that it leaves.

    That c = 1 will do is lojasiewicz-paper itself.
    """
    cube = at.loss * at.loss * at.loss
    unit = 8 * at.smallest_weight * cube / np.exp(2 * at.energy)
    return _width(at) * squared_norms(at.gradient).sum() / unit


@lojasiewicz_paper_constant.control(
    "the exponent 1 in place of 3, with $c = 10^{-9}$",
    domain=replace(_OFF_OPTIMUM, radius=6.0, components=(2, 4)),
    examples=(_TINY_PAIR,),
)
def _linear_constant(at: Point) -> Scalar:
    unit = 8 * at.smallest_weight * at.loss / np.exp(2 * at.energy)
    return _width(at) * squared_norms(at.gradient).sum() / unit - at.number(Fraction(1, 10**9))


_BOUNDED = replace(
    _PLANE,
    components=(1, 4),
    radius=4.0,
    where=lambda case: _is_off_optimum(case) and not _is_beyond(case, 4),
    also="means not all 0, R < 4",
)


@implied_constant(
    "lojasiewicz-sharp",
    r"\|\nabla L\|^2 \ge c\, \pi_{\min} L^{3/2} \text{ on bounded sets, here } R < 4",
    origin="conjecture",
    domain=_BOUNDED,
)
def lojasiewicz_sharp(at: Point) -> Scalar:
    """The exponent that a loss of order 1/t^2 asks for; c may depend on n, r and the set.

    Without pi_min there is none: in one dimension |grad|^2 / L^{3/2} tends to 8 lambda on the slow
    manifold, lambda an eigenvalue between the two smallest weights.
    """
    return squared_norms(at.gradient).sum() / (at.smallest_weight * at.loss * root(at.loss))


@lojasiewicz_sharp.control(
    "the exponent 1 in place of $\\tfrac32$, with $c = 10^{-9}$", examples=(_TINY_PAIR,)
)
def _linear_sharp(at: Point) -> Any:
    constant = squared_norms(at.gradient).sum() / (at.smallest_weight * at.loss)
    return constant - at.number(Fraction(1, 10**9))
