"""Group A of theory.md: identities.

A derivative is checked as a central difference with an explicit remainder: the derivative so
enclosed must agree with the predicted one to 10 digits of a size that is named. The distance is
chosen at each case such that the remainder allows that; what it costs in digits, the precision
ladder pays.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import inner_products, largest, root, smallest, squared_norms
from theorycheck.arithmetic.integrals import integral
from theorycheck.arithmetic.rounding import midpoint, widened
from theorycheck.claims.sources import PAPER
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most, equal
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

identity = partial(declare.identity, group="A")
inequality = partial(declare.inequality, group="A")

_NEAR = Domain(radius=4.0, components=(1, 4), dimension=(1, 2))
_TRIANGLE = Mixture([[1, "1/4"], ["-1/2", "3/4"], [0, -1]], [3, 2, 2])
_IN_REACH = Domain(radius=2.0)
"""An identity is decided at 30 digits only, which in a plane the grid reaches for close means."""
_CERTIFICATE = "one difference quotient, {}, whose enclosure equals the predicted one to 10 digits"
_ANY_TRUTH = replace(
    _NEAR,
    truth="any",
    where=lambda case: case.truth is None or set(case.truth.means) != set(case.mixture.means),
    also="the truth has other means: where both gradients vanish, no digits can be compared",
)
_TOLERANCE = Fraction(1, 10**10)
_ROOM = 1e-3
"""The share of the tolerance that a remainder may use."""


def _distance(size: Scalar, per_square: Scalar) -> Fraction:
    """A power of ten h, at most 1e-6, at which per_square * h^2 is below the tolerance.

    Any distance is allowed, so this one is chosen in float64.
    """
    allowed = _ROOM * float(_TOLERANCE) * abs(midpoint(size))
    bound = midpoint(per_square)
    if not (allowed > 0 and 0 < bound < math.inf):
        return Fraction(1, 10**20)
    digits = math.ceil((math.log10(bound) - math.log10(allowed)) / 2)
    return Fraction(1, 10 ** max(6, digits))


def _agrees(
    at: Point, quotient: Any, remainder: Any, predicted: Any, size: Any, terms: Any = 0
) -> Comparison:
    """The derivative, enclosed as quotient +- remainder, is the predicted one up to 1e-10 sizes.

    As an enclosure, so that a difference within the remainder refutes nothing. Where the size is 0,
    both sides are: tight, on the scale of the terms that cancel.
    """
    if at.arithmetic.is_rigorous:
        quotient = widened(quotient, remainder)
    return at_most(abs(quotient - predicted), at.number(_TOLERANCE) * size, scale=terms)


def _has_slope(at: Point, direction: Array, predicted: Scalar, size: Scalar) -> Comparison:
    """The derivative of L along a direction (n, d) is the predicted one.

    Along the line, with A the largest |<x - mu_i, delta_i>|, the third derivative of log S is at
    most 8 A^3 + 3 A |delta|^2, and E A^3 <= 4 |delta|^3 (2 n + rho^3) for rho a bound of all
    norms of mu_i - mu*_j on the segment.
    """
    length = largest(root(squared_norms(direction)))
    rho = at.radius + at.truth_radius + length / 10**6
    cube = length * length * length
    third = 32 * cube * (2 * at.components + rho * rho * rho) + 3 * cube * (at.components + rho)
    distance = _distance(size, third / 6)
    h = at.number(distance)
    ahead, behind = at.line(direction, distance), at.line(direction, -distance)
    quotient = (ahead.loss - behind.loss) / (2 * h)
    return _agrees(at, quotient, third * h * h / 6, predicted, size, (length + 1) * (rho + 1))


@inequality(
    "em-is-gradient-descent",
    r"\nabla_{\mu'} Q(\mu'; \mu)\big|_{\mu' = \mu} = -\nabla L(\mu), \quad"
    r" Q = -\tfrac12 \mathbb{E} \sum_i \psi_i(x; \mu) \|x - \mu'_i\|^2",
    origin="paper",
    source=str(PAPER),
    references=(PAPER,),
    domain=_ANY_TRUTH,
    examples=(Case(_TRIANGLE, target=_TRIANGLE.means),),
    only_balls=True,
    certificate=_CERTIFICATE.format("along one direction in the space of all means")
    + " of sum_i |grad_i| |delta_i|, delta the direction",
    cost=30,
)
def em_is_gradient_descent(at: Point, target: Array) -> Comparison:
    """The M-step objective and the loss have opposite gradients at the current means.

    The gradient of Q is E psi_i x - p_i mu_i; that of L is a central difference of the loss itself
    along a random direction, whose remainder is bounded.
    """
    return _opposes(at, target, Fraction(1))


def _ascent(at: Point) -> Array:
    """grad Q = E psi_i (x - mu_i), from first moments."""
    ascent: Array = at.positions - at.responsibilities[:, None] * at.means
    return ascent


def _opposes(at: Point, direction: Array, factor: Fraction) -> Comparison:
    ascent = _ascent(at)
    lengths = root(squared_norms(ascent)) * root(squared_norms(direction))
    predicted = -at.number(factor) * (ascent * direction).sum()
    return _has_slope(at, direction, predicted, lengths.sum())


@em_is_gradient_descent.control("$Q$ with the factor $-0.500001$ in place of $-\\tfrac12$")
def _larger_objective(at: Point, target: Array) -> Comparison:
    return _opposes(at, target, 1 + Fraction(2, 10**6))


@identity(
    "stein-gradient",
    r"\mathbb{E} \psi_i (\mu_i - x) = \sum_j G_{ij} \mu_j",
    origin="paper",
    source=str(PAPER),
    references=(PAPER,),
    domain=_IN_REACH,
)
def stein_gradient(at: Point) -> Comparison:
    """Stein's lemma turns the first moment of a responsibility into overlaps."""
    return equal(-_ascent(at), at.overlap @ at.means, scale=_terms(at))


def _terms(at: Point) -> Array:
    """The size of the terms of E psi_i (mu_i - x), which cancel where symmetry makes it 0."""
    terms: Array = (at.responsibilities * at.radius)[:, None] + 0 * at.means
    return terms


@stein_gradient.control("$G_{ij}$ replaced by $p_i p_j$")
def _independent_overlap(at: Point) -> Comparison:
    p = at.responsibilities
    return equal(-_ascent(at), np.outer(p, p) @ at.means, scale=_terms(at))


@stein_gradient.control("$(1 - 10^{-9}) G_{ij}$ in place of $G_{ij}$")
def _smaller_overlap(at: Point) -> Comparison:
    share = at.number(1 - Fraction(1, 10**9))
    return equal(-_ascent(at), share * (at.overlap @ at.means), scale=_terms(at))


@identity(
    "projection-identity",
    r"\sum_i \langle \nabla_i L, \mu_i \rangle = F",
    origin="paper",
    source=str(PAPER),
    references=(PAPER,),
    domain=_IN_REACH,
)
def projection_identity(at: Point) -> Comparison:
    """The gradient projected on the means is the Fisher divergence."""
    return equal(-inner_products(_ascent(at), at.means).sum(), at.fisher_divergence)


@projection_identity.control("$(1 - 10^{-9}) F$ in place of $F$")
def _smaller_fisher(at: Point) -> Comparison:
    share = at.number(1 - Fraction(1, 10**9))
    return equal(-inner_products(_ascent(at), at.means).sum(), share * at.fisher_divergence)


@inequality(
    "responsibility-jacobian",
    r"\nabla_x \psi_i(x) = \psi_i(x) (\mu_i - v(x))",
    origin="classical",
    domain=_NEAR,
    only_balls=True,
    certificate=_CERTIFICATE.format("at one x along one direction")
    + " of psi_i max_jk <mu_j - mu_k, u>, u the direction",
)
def responsibility_jacobian(at: Point, x: Array, direction: Array) -> Comparison:
    """At any x, along any direction: a central difference of psi, whose remainder is bounded.

    With D the spread of <mu_i, direction>, the third derivative of a softmax psi_i is at most
    5 D^3 psi_i, and psi_i grows by e^{hD} at most on the way.
    """
    return _has_jacobian(at, x, direction, Fraction(1))


@responsibility_jacobian.control("$(1 - 10^{-6}) v$ in place of $v$")
def _smaller_mean(at: Point, x: Array, direction: Array) -> Comparison:
    return _has_jacobian(at, x, direction, 1 - Fraction(1, 10**6))


def _has_jacobian(at: Point, x: Array, direction: Array, share: Fraction) -> Comparison:
    psi, places = at.responsibilities_at(x), at.means @ direction
    predicted = psi * (places - at.number(share) * (psi @ places))
    spread = largest(places) - smallest(places)
    cube = 5 * spread * spread * spread / 6
    distance = _distance(spread, cube)
    h = at.number(distance)
    ahead, behind = (at.responsibilities_at(x + step * direction) for step in (h, -h))
    remainder = cube * h * h * np.exp(h * spread) * psi
    return _agrees(at, (ahead - behind) / (2 * h), remainder, predicted, psi * spread, psi)


@identity(
    "radial-variance",
    r"\langle x, v(x) - v(-x) \rangle"
    r" = \int_{-1}^{1} \mathrm{Var}_{\psi(tx)} \langle \mu, x \rangle \, dt",
    origin="paper",
    source=f"{PAPER}, recalled",
    references=(PAPER,),
    domain=_NEAR,
    cost=60,
)
def radial_variance(at: Point, x: Array) -> Comparison:
    """At any x: the derivative of <x, v(tx)> in t is a variance, integrated over t."""
    variance = integral(lambda t: _variance(at, t * x, x), -1, 1, at.arithmetic)
    return equal(_odd_part(at, x), variance, scale=_reach(at, x))


@radial_variance.control("the interval cut to $[-1, 0.999]$")
def _shorter_interval(at: Point, x: Array) -> Comparison:
    variance = integral(lambda t: _variance(at, t * x, x), -1, 0.999, at.arithmetic)
    return equal(_odd_part(at, x), variance, scale=_reach(at, x))


def _reach(at: Point, x: Array) -> Scalar:
    """A bound of |<x, v>|: both sides vanish when all means agree."""
    return at.radius * root((x * x).sum())


def _odd_part(at: Point, x: Array) -> Scalar:
    change = at.responsibilities_at(x) - at.responsibilities_at(-x)
    return change @ at.means @ x


def _variance(at: Point, place: Array, x: Array) -> Scalar:
    psi = at.responsibilities_at(place)
    values = at.means @ x
    mean = psi @ values
    away = values - mean
    return psi @ (away * away)


@inequality(
    "ray-formula",
    r"L(\mu) = \int_0^1 F(t\mu) \, \frac{dt}{t}",
    domain=replace(_NEAR, radius=2.0),
    examples=(Case(_TRIANGLE),),
    only_balls=True,
    certificate=_CERTIFICATE.format("along the ray, at the given means (t = 1)") + " of F",
    cost=20,
)
def ray_formula(at: Point) -> list[Comparison]:
    """Checked in its differential form: d/dt L(t mu) = F(t mu)/t at t = 1, and L(0) = 0.

    Every point of a ray is t = 1 of a scaled mixture, so by the fundamental theorem of calculus
    the two forms are equivalent. The remainder of the central difference is bounded.
    """
    origin = at.other(at.mixture.scaled(0))
    fisher = at.fisher_divergence
    return [_has_slope(at, at.means, fisher, fisher), at_most(abs(origin.loss), 0)]


@ray_formula.control("$F(t\\mu)\\,t^{-0.999}\\,dt$ in place of $F(t\\mu)\\,dt/t$")
def _smaller_power(at: Point) -> Comparison:
    """If L were that integral, its derivative along the ray would be F - L/1000."""
    fisher = at.fisher_divergence
    return _has_slope(at, at.means, fisher - at.loss / 1000, fisher)


@inequality(
    "hessian-at-optimum",
    r"\nabla^2_{ij} L(0) = \pi_i \pi_j I",
    origin="classical",
    domain=_NEAR,
    examples=(Case(_TRIANGLE),),
    only_balls=True,
    certificate="one second difference of L at 0, along the given means, whose enclosure equals "
    "the predicted one to 10 digits of W",
    cost=20,
)
def hessian_at_optimum(at: Point) -> Comparison:
    """The Hessian at mu = 0 has rank d and nullity (n-1)d; the flat directions slow the rate down.

    Checked as a quadratic form: the second difference of L along mu is |sum pi_i mu_i|^2 up to a
    bounded remainder. Directions with sum pi_i mu_i = 0 are the flat ones.
    """
    mean = at.weights @ at.means
    return _second_difference(at, (mean * mean).sum())


@hessian_at_optimum.control("$0.999999\\,\\pi_i \\pi_j I$ in place of $\\pi_i \\pi_j I$")
def _flatter(at: Point) -> Comparison:
    mean = at.weights @ at.means
    return _second_difference(at, at.number(1 - Fraction(1, 10**6)) * (mean * mean).sum())


def _second_difference(at: Point, curvature: Scalar) -> Comparison:
    """Remainder: h^2/12 times a bound (42 n + 20) 12 R^4 of the fourth derivative of L."""
    square, size = at.radius * at.radius, at.weighted_distance
    fourth = (42 * at.components + 20) * square * square
    h = _distance(size, fourth)
    ahead, behind = at.other(at.mixture.scaled(h)), at.other(at.mixture.scaled(-h))
    step = at.number(h)
    second = (ahead.loss + behind.loss) / (step * step)
    return _agrees(at, second, fourth * step * step, curvature, size)


@identity(
    "reduction-invariance",
    r"L, p, G \text{ do not change under rotation, embedding, permutation, merging, splitting}",
    domain=replace(_IN_REACH, components=(1, 4), dimension=(1, 2)),
    cost=10,
)
def reduction_invariance(at: Point) -> list[Comparison]:
    """Only the weights and the Gram matrix of the means matter; equal means merge."""
    moved = at.other(_reversed(_embedded(_rotated(at.mixture))))
    split = at.other(_split(at.mixture))
    return [
        equal(at.loss, moved.loss),
        equal(at.responsibilities, moved.responsibilities[::-1]),
        equal(at.overlap, moved.overlap[::-1, ::-1]),
        equal(at.loss, split.loss),
        equal(at.responsibilities, _merged(split.responsibilities)),
        equal(at.overlap, _merged(_merged(split.overlap).T)),
    ]


@reduction_invariance.control("translation of the means only, by $10^{-6}$")
def _translated(at: Point) -> Comparison:
    moved = at.mixture.shifted([Fraction(1, 10**6)] * at.dimension)
    return equal(at.loss, at.other(moved).loss)


def _merged(entries: Array) -> Array:
    """The last entry, or row, added to the first: of a split component they are the two halves."""
    return np.concatenate([entries[:1] + entries[-1:], entries[1:-1]])


def _rotated(mixture: Mixture) -> Mixture:
    """A rotation by the angle of the 3-4-5 triangle in the first plane, one axis added."""
    cosine, sine = Fraction(3, 5), Fraction(4, 5)
    rows = [[*row, Fraction(0)] for row in mixture.means]
    turned = [[cosine * r[0] - sine * r[-1], *r[1:-1], sine * r[0] + cosine * r[-1]] for r in rows]
    return Mixture(turned, mixture.weights)


def _embedded(mixture: Mixture) -> Mixture:
    return Mixture([[Fraction(0), *row] for row in mixture.means], mixture.weights)


def _reversed(mixture: Mixture) -> Mixture:
    return Mixture(mixture.means[::-1], mixture.weights[::-1])


def _split(mixture: Mixture) -> Mixture:
    first = mixture.weights[0]
    weights = [first / 3, *mixture.weights[1:], first * Fraction(2, 3)]
    return Mixture([*mixture.means, mixture.means[0]], weights)
