"""Group G of theory.md: two components, the special case that was known before.

The pair (theta, -theta) is read off any case with two distinct means: the means relative to their
midpoint. A truth (m, -m) is read off a mixture truth: m is the norm of its first mean.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.arithmetic.functions import largest, root, smallest, squared_norms
from theorycheck.arithmetic.integrals import erf, gaussian_mean, log_cosh
from theorycheck.claims.constants import APART, APART_AND_STEPS, PAIRS
from theorycheck.claims.pair import (
    BALANCED,
    TIED,
    TWO_MODES,
    errors_from_infinity,
    pair_of,
    shrinkage,
    size_of,
    symmetric,
    tied_map,
)
from theorycheck.claims.sources import DASKALAKIS, DWIVEDI, POLYAK_STEPS, SOFTWARE
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most, equal
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

identity = partial(declare.identity, group="G")
inequality = partial(declare.inequality, group="G")


@identity(
    "balanced-pair",
    r"\theta^+ = \theta \left(1 - \tfrac12 \eta\, \mathbb{E} \tanh^2(\theta x)\right), \quad"
    r" L = \tfrac12 \theta^2 - \mathbb{E} \log \cosh(\theta x)",
    origin="classical",
    domain=replace(BALANCED, step_size=(Fraction(0), Fraction(2))),
    cost=30,
)
def balanced_pair(at: Point, step_size: Scalar) -> list[Comparison]:
    """The responsibilities of (theta, -theta) are (1 +- tanh(theta x))/2, and v = theta tanh.

    The expectations on the right are integrated anew, along one axis, with proven error.
    """
    return _closed_form(at, step_size, Fraction(1, 2))


@balanced_pair.control("the factor $0.500001\\,\\eta$ in place of $\\tfrac12 \\eta$")
def _faster_map(at: Point, step_size: Scalar) -> list[Comparison]:
    return _closed_form(at, step_size, Fraction(500_001, 10**6))


def _closed_form(at: Point, step_size: Scalar, factor: Fraction) -> list[Comparison]:
    pair = pair_of(at)
    size = size_of(pair)
    square = size * size

    def tanh_squared(x: Scalar, analytic: bool) -> Scalar:
        t = np.tanh(size * x) / size
        return t * t

    shrinks = square * gaussian_mean(tanh_squared, at.arithmetic)
    curve = gaussian_mean(lambda x, a: log_cosh(size * x, a) / square, at.arithmetic)
    moved = pair.means - pair.step(step_size).means
    rate = step_size * at.number(factor) * shrinks
    return [
        equal(moved, rate * pair.means, scale=rate * size),
        equal(pair.loss + square * curve, square / 2),
    ]


@inequality(
    "balanced-pair-limit",
    r"\tfrac14 \theta^4 - \tfrac13 \theta^6 \le L"
    r" \le \tfrac14 \theta^4 - \tfrac13 \theta^6 + \tfrac{17}{24} \theta^8, \quad"
    r" \eta (1 - 2\theta^2) \le \frac{1}{(\theta^+)^2} - \frac{1}{\theta^2}"
    r" \le \eta (1 + 3 \eta \theta^2) \text{, hence } \eta t \theta_t^2 \to 1",
    origin="classical",
    source="the explicit remainders are own",
    sharp_when=r"as $\theta \to 0$",
    domain=replace(BALANCED, step_size=(Fraction(0), Fraction(1)), radius=3.0),
    regions=(APART_AND_STEPS,),
)
def balanced_pair_limit(at: Point, step_size: Scalar) -> list[Comparison]:
    """The series of log cosh and tanh^2 envelop them, and E x^2, x^4, x^6, x^8 are 1, 3, 15, 105.

    With q = eta E tanh^2 / 2, at most 1/2 and at most eta theta^2 / 2, 1/(1-q)^2 is at least 1 + 2q
    and at most 1 + 2q + 12 q^2. So each step adds eta + O(theta^2) to 1/theta^2, and theta -> 0.
    """
    return _expansion(at, step_size, Fraction(1, 4), Fraction(2))


@balanced_pair_limit.control("the leading term $0.251\\,\\theta^4$")
def _larger_loss(at: Point, step_size: Scalar) -> list[Comparison]:
    return _expansion(at, step_size, Fraction(251, 1000), Fraction(2))


@balanced_pair_limit.control("$\\eta(1 - \\theta^2)$ in place of $\\eta(1 - 2\\theta^2)$")
def _faster_decay(at: Point, step_size: Scalar) -> Comparison:
    return _expansion(at, step_size, Fraction(1, 4), Fraction(1))[2]


def _expansion(
    at: Point, step_size: Scalar, quarter: Fraction, slack: Fraction
) -> list[Comparison]:
    pair = pair_of(at)
    square = squared_norms(pair.means)[0]
    fourth = square * square
    lead, third = at.number(quarter) * fourth, square * fourth / 3
    last = at.number(Fraction(17, 24)) * fourth * fourth
    q = step_size * shrinkage(pair) / 2
    # square * (1/theta+^2 - 1/theta^2) = 1/(1-q)^2 - 1
    gain = q * (2 - q) / ((1 - q) * (1 - q))
    unit = step_size * square
    return [
        at_most(lead, pair.loss + third),
        at_most(pair.loss + third, lead + last),
        at_most(unit, gain + at.number(slack) * square * unit),
        at_most(gain, unit + 3 * unit * unit),
    ]


@inequality(
    "dwivedi-balanced",
    r"\frac{1}{1 + 2\theta^2} \le \frac{M(\theta)}{\theta} \le 1 - p + \frac{p}{1 + \theta^2/2},"
    r" \quad p = P(|x| \le 1) + \tfrac12 P(|x| > 1)",
    origin="classical",
    source="Dwivedi et al. (2020), recalled; stated there for theta^2 <= 5/8 on the left",
    references=(DWIVEDI,),
    sharp_when=r"for $1 - M(\theta)/\theta$: the left one as $\theta \to \infty$; of the right "
    "one $p = 0.841$ is then reached",
    domain=BALANCED,
    regions=(PAIRS,),
)
def dwivedi_balanced(at: Point) -> list[Comparison]:
    """Both sides bound E tanh^2(theta x) = 1 - M(theta)/theta; the left one holds for every theta.

    tanh^2(sqrt w) is concave in w, so E tanh^2(theta x) is at most tanh^2(theta), which is at most
    2 theta^2/(1 + 2 theta^2) up to theta = 1.48; beyond, Jensen under the density sech^2/2 gives
    E sech^2(theta x) >= sqrt(2/pi) e^{-pi^2/(24 theta^2)} / theta, which is larger than needed.
    """
    pair = pair_of(at)
    return [_shrinks_at_most(pair, Fraction(2)), _shrinks_at_least(pair, _half_inside(at))]


@dwivedi_balanced.control(
    "$1/(1 + 0.98\\,\\theta^2)$ on the left", examples=(Case(Mixture(["1/20", "-1/20"])),)
)
def _slower_map(at: Point) -> Comparison:
    return _shrinks_at_most(pair_of(at), Fraction(98, 100))


@dwivedi_balanced.control("$p = 0.95$ on the right", examples=(Case(Mixture([8, -8])),))
def _nearly_certain(at: Point) -> Comparison:
    return _shrinks_at_least(pair_of(at), at.number(Fraction(95, 100)))


def _half_inside(at: Point) -> Scalar:
    """p = P(|x| <= 1) + P(|x| > 1)/2 = (1 + erf(1/sqrt 2))/2."""
    return (1 + erf(1 / root(at.number(Fraction(2))))) / 2


def _shrinks_at_most(pair: Point, factor: Fraction) -> Comparison:
    """M(theta)/theta >= 1/(1 + factor theta^2)."""
    part = pair.number(factor) * squared_norms(pair.means)[0]
    return at_most(shrinkage(pair), part / (1 + part))


def _shrinks_at_least(pair: Point, share: Scalar) -> Comparison:
    """M(theta)/theta <= 1 - share + share/(1 + theta^2/2)."""
    part = squared_norms(pair.means)[0] / 2
    return at_most(share * part / (1 + part), shrinkage(pair))


@inequality(
    "dwivedi-unbalanced",
    r"\|M(\theta)\| \le (1 - \tfrac12 \rho^2) \|\theta\|, \quad \rho = |1 - 2\pi|"
    r" \text{, tied means } \pm\theta \text{ of weights } \pi, 1 - \pi",
    origin="classical",
    source="Dwivedi et al. (2020), recalled",
    references=(DWIVEDI,),
    sharp_when=r"for equal weights as $\theta \to 0$",
    domain=TIED,
    regions=(APART,),
    larger_regions=(PAIRS,),
)
def dwivedi_unbalanced(at: Point) -> Comparison:
    """M(theta) = E[(psi_1 - psi_2) x] = theta E sech^2(<theta, x> + beta), tanh beta = 2 pi - 1.

    With probability 1/2, <theta, x> has the sign of beta, and then tanh^2 is at least rho^2.
    """
    return tied_map(at, Fraction(1, 2))


@dwivedi_unbalanced.control(
    "the factor $1 - 0.82\\,\\rho^2$",
    examples=(Case(Mixture(["7/4", "-7/4"], [97885, 2115])),),
)
def _larger_imbalance(at: Point) -> Comparison:
    return tied_map(at, Fraction(82, 100))


def _modes(student: Mixture, truth: Mixture) -> tuple[Fraction, Fraction]:
    """lambda and m, exactly."""
    (a,), (b,) = student.means
    return abs(a - b) / 2, abs(truth.means[0][0])


def _are_modes_apart(case: Case) -> bool:
    if case.truth is None:
        return False
    size, m = _modes(case.mixture, case.truth)
    return size > 0 and m > 0 and size != m


@inequality(
    "daskalakis-contraction",
    r"|M(\lambda) - m| \le e^{-\min(\lambda, m)^2/2} |\lambda - m|, \quad \lambda, m > 0"
    r" \text{, truth } \tfrac12 N(m, 1) + \tfrac12 N(-m, 1)",
    origin="classical",
    source="Daskalakis, Tzamos and Zampetakis (2017), recalled",
    references=(DASKALAKIS,),
    sharp_when=r"as $\lambda, m \to 0$",
    domain=replace(
        TWO_MODES,
        equal_weights=True,
        where=_are_modes_apart,
        also="lambda half the distance of the means, m the truth's first, lambda and m not equal",
    ),
)
def daskalakis_contraction(at: Point) -> Comparison:
    """EM on a symmetric pair under a symmetric truth contracts towards it from anywhere."""
    start, m = _start(at)
    return _contracts(start, m, smallest([size_of(start), m]))


@daskalakis_contraction.control("$\\max(\\lambda, m)$ in place of $\\min(\\lambda, m)$")
def _faster_contraction(at: Point) -> Comparison:
    start, m = _start(at)
    return _contracts(start, m, largest([size_of(start), m]))


def _start(at: Point) -> tuple[Point, Scalar]:
    """The student (lambda, -lambda) under the truth (m, -m), and m."""
    assert at.truth is not None
    size, m = _modes(at.mixture, at.truth)
    return symmetric(m, at).other(Mixture([size, -size])), at.number(m)


def _contracts(start: Point, m: Scalar, rate: Scalar) -> Comparison:
    size = start.means[0][0]
    after = size - start.gradient[0][0] / start.responsibilities[0]
    return at_most(abs(after - m), np.exp(-rate * rate / 2) * abs(size - m))


@inequality(
    "ten-steps",
    r"|\lambda_{10} - m| \le \tfrac{1}{100} m, \quad \lambda_{t+1} = M(\lambda_t),"
    r" \lambda_0 = \infty, m \ge \tfrac12",
    origin="classical",
    source="Daskalakis, Tzamos and Zampetakis (2017), recalled",
    references=(DASKALAKIS,),
    sharp_when=r"at $m = \tfrac12$ the error is 0.83 of what is allowed; it is all of it at some "
    r"$m$ between 0.48 and $\tfrac12$",
    domain=replace(
        TWO_MODES,
        components=(1, 1),
        where=lambda case: case.truth is not None and abs(case.truth.means[0][0]) <= 20,
        also="m = 1/2 + |first mean of the truth| <= 41/2",
    ),
    cost=50,
)
def ten_steps(at: Point) -> Comparison:
    """The first step leads from infinity to M(oo) = E|x|, in closed form; nine steps follow."""
    return _error_after(at, 10, Fraction(1, 2))


_CLOSEST_MODES = Case(Mixture([1]), truth=Mixture([0]))


@ten_steps.control("nine steps", examples=(_CLOSEST_MODES,))
def _nine_steps(at: Point) -> Comparison:
    return _error_after(at, 9, Fraction(1, 2))


@ten_steps.control("$m \\ge 0.48$ in place of $m \\ge \\tfrac12$", examples=(_CLOSEST_MODES,))
def _closer_modes(at: Point) -> Comparison:
    return _error_after(at, 10, Fraction(12, 25))


def _error_after(at: Point, steps: int, least: Fraction) -> Comparison:
    assert at.truth is not None
    m = least + abs(at.truth.means[0][0])
    return at_most(errors_from_infinity(at, m, steps)[-1], at.number(m) / 100)


UNEVEN = Case(
    Mixture(["-0.000150000584", "0.000849999416", "-0.006150000584"], ["0.5", "0.45", "0.05"])
)
"""On the slow manifold: sum pi_i mu_i is what makes the gradient's mean vanish to third order."""


@inequality(
    "polyak-contraction",
    r"(\tfrac34)^4 (1 - \tfrac13 \theta^2) L \le L(\mu^+) \le (\tfrac34)^4 L, \quad"
    r" \mu^+ = \mu - \frac{L}{\|\nabla L\|^2} \nabla L, \quad \mu = (\theta, -\theta)",
    origin="conjecture",
    source=f"mechanism of {POLYAK_STEPS}; the limit is derived, the remainder measured",
    references=(POLYAK_STEPS, SOFTWARE),
    sharp_when=r"both as $\theta \to 0$",
    domain=replace(BALANCED, radius=4.0),
    regions=(APART,),
)
def polyak_contraction(at: Point) -> list[Comparison]:
    """On the slow manifold L is quartic; a Polyak step along a ray leads from theta to 3/4 theta.

    Expanding, L(mu+)/L = (3/4)^4 (1 - 11/36 theta^2 + ...). With equal weights the slow flow runs
    along rays; with others a step bends, and the limit is at least (3/4)^4 (see the control).
    """
    pair = pair_of(at)
    before, after = _polyak_step(pair)
    lower = before * (1 - squared_norms(pair.means)[0] / 3)
    return [at_most(lower, after), at_most(after, before)]


@polyak_contraction.control(
    "$L(\\mu^+) \\le (\\tfrac34)^4 L$ for three components on the slow manifold, any weights",
    domain=Domain(components=(3, 3), where=lambda case: case == UNEVEN, also="this case only"),
    examples=(UNEVEN,),
)
def _bent_step(at: Point) -> Comparison:
    before, after = _polyak_step(at)
    return at_most(after, before)


@polyak_contraction.control("$1 - \\tfrac14 \\theta^2$ in place of $1 - \\tfrac13 \\theta^2$")
def _smaller_remainder(at: Point) -> Comparison:
    pair = pair_of(at)
    before, after = _polyak_step(pair)
    return at_most(before * (1 - squared_norms(pair.means)[0] / 4), after)


def _polyak_step(at: Point) -> tuple[Scalar, Scalar]:
    """(3/4)^4 L before a step of size L/|grad|^2, and L after it."""
    step_size = at.loss / squared_norms(at.gradient).sum()
    return at.number(Fraction(81, 256)) * at.loss, at.step(step_size).loss
