"""Group A of theory.md: identities.

A derivative is checked as a central difference with an explicit remainder: the residual must stay
within a proven bound, which shrinks with the square of the distance. With balls, a distance of
1e-6 gives the derivative to 10 digits or more.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import inner_products, largest, root, squared_norms
from theorycheck.arithmetic.integrals import integral
from theorycheck.claims.sources import PAPER
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most, equal
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

identity = partial(declare.identity, group="A")
inequality = partial(declare.inequality, group="A")

DISTANCE = Fraction(1, 10**6)
_NEAR = Domain(radius=4.0, components=(1, 4), dimension=(1, 2))
_IN_REACH = Domain(radius=2.0)
"""An identity is decided at 30 digits only, which in a plane the grid reaches for close means."""
_ONE_DERIVATIVE = (
    "one difference quotient, {}, equals the predicted derivative up to a proven remainder; about "
    "10 digits of it"
)
_ANY_TRUTH = replace(_NEAR, truth="any")


def _slope(at: Point, direction: Array) -> tuple[Scalar, Scalar]:
    """The derivative of L along a direction (n, d), and a bound of what it can be off by.

    Along the line, with A the largest |<x - mu_i, delta_i>|, the third derivative of log S is at
    most 8 A^3 + 3 A |delta|^2, and E A^3 <= 4 |delta|^3 (2 n + rho^3) for rho a bound of all
    norms of mu_i - mu*_j on the segment.
    """
    ahead, behind = at.line(direction, DISTANCE), at.line(direction, -DISTANCE)
    h = at.number(DISTANCE)
    size = largest(root(squared_norms(direction)))
    rho = at.radius + at.truth_radius + h * size
    third = 32 * size**3 * (2 * at.components + rho**3) + 3 * size**3 * (at.components + rho)
    return (ahead.loss - behind.loss) / (2 * h), third * h * h / 6


@inequality(
    "em-is-gradient-descent",
    r"\nabla_{\mu'} Q(\mu'; \mu)\big|_{\mu' = \mu} = -\nabla L(\mu), \quad"
    r" Q = -\tfrac12 \mathbb{E} \sum_i \psi_i(x; \mu) \|x - \mu'_i\|^2",
    origin="paper",
    source=str(PAPER),
    references=(PAPER,),
    domain=_ANY_TRUTH,
    only_balls=True,
    certificate=_ONE_DERIVATIVE.format("along one direction in the space of all means"),
)
def em_is_gradient_descent(at: Point, target: Array) -> Comparison:
    """The M-step objective and the loss have opposite gradients at the current means.

    The gradient of Q is E psi_i x - p_i mu_i; that of L is a central difference of the loss itself
    along a random direction, whose remainder is bounded.
    """
    slope, remainder = _slope(at, target)
    return at_most(abs(slope + (_ascent(at) * target).sum()), remainder)


def _ascent(at: Point) -> Array:
    """grad Q = E psi_i (x - mu_i), from first moments."""
    ascent: Array = at.positions - at.responsibilities[:, None] * at.means
    return ascent


@em_is_gradient_descent.control("$Q$ with the factor $-1$ in place of $-\\tfrac12$")
def _doubled_objective(at: Point, target: Array) -> Comparison:
    slope, remainder = _slope(at, target)
    return at_most(abs(slope + 2 * (_ascent(at) * target).sum()), remainder)


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


@stein_gradient.control("$G_{ij}$ replaced by $p_i p_j$", domain=Domain(components=(2, 4)))
def _independent_overlap(at: Point) -> Comparison:
    p = at.responsibilities
    return equal(-_ascent(at), np.outer(p, p) @ at.means, scale=_terms(at))


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


@projection_identity.control("$\\tfrac12 F$ in place of $F$")
def _half_fisher(at: Point) -> Comparison:
    return equal(-inner_products(_ascent(at), at.means).sum(), at.fisher_divergence / 2)


@inequality(
    "responsibility-jacobian",
    r"\nabla_x \psi_i(x) = \psi_i(x) (\mu_i - v(x))",
    origin="classical",
    domain=_NEAR,
    only_balls=True,
    certificate=_ONE_DERIVATIVE.format("at one x along one direction"),
)
def responsibility_jacobian(at: Point, x: Array, direction: Array) -> Comparison:
    """At any x, along any direction: a central difference of psi, whose remainder is bounded.

    With D the spread of <mu_i, direction>, the third derivative of a softmax is at most 5 D^3.
    """
    return _jacobian_residual(at, x, direction, sign=1)


@responsibility_jacobian.control("the sign of $v$ reversed")
def _reversed_mean(at: Point, x: Array, direction: Array) -> Comparison:
    return _jacobian_residual(at, x, direction, sign=-1)


def _jacobian_residual(at: Point, x: Array, direction: Array, sign: int) -> Comparison:
    h = at.number(DISTANCE)
    ahead = at.responsibilities_at(x + h * direction)
    behind = at.responsibilities_at(x - h * direction)
    psi = at.responsibilities_at(x)
    v = psi @ at.means
    predicted = psi * ((at.means - sign * v) @ direction)
    spread = 2 * at.radius * root((direction * direction).sum())
    remainder = 5 * spread**3 * h * h / 6 + 0 * psi
    return at_most(abs((ahead - behind) / (2 * h) - predicted), remainder, scale=psi)


@identity(
    "radial-variance",
    r"\langle x, v(x) - v(-x) \rangle"
    r" = \int_{-1}^{1} \mathrm{Var}_{\psi(tx)} \langle \mu, x \rangle \, dt",
    origin="paper",
    source=f"{PAPER}, recalled",
    references=(PAPER,),
    domain=_NEAR,
)
def radial_variance(at: Point, x: Array) -> Comparison:
    """At any x: the derivative of <x, v(tx)> in t is a variance, integrated over t."""
    variance = integral(lambda t: _variance(at, t * x, x), -1, 1, at.arithmetic)
    return equal(_odd_part(at, x), variance, scale=_reach(at, x))


@radial_variance.control("the interval halved to $[0, 1]$")
def _half_interval(at: Point, x: Array) -> Comparison:
    variance = integral(lambda t: _variance(at, t * x, x), 0, 1, at.arithmetic)
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
    domain=_NEAR,
    only_balls=True,
    certificate=_ONE_DERIVATIVE.format("along the ray, at the given means (t = 1)"),
)
def ray_formula(at: Point) -> list[Comparison]:
    """Checked in its differential form: d/dt L(t mu) = F(t mu)/t at t = 1, and L(0) = 0.

    Every point of a ray is t = 1 of a scaled mixture, so by the fundamental theorem of calculus
    the two forms are equivalent. The remainder of the central difference is bounded.
    """
    slope, remainder = _slope(at, at.means)
    origin = at.other(at.mixture.scaled(0))
    return [at_most(abs(slope - at.fisher_divergence), remainder), at_most(abs(origin.loss), 0)]


@ray_formula.control("$F(t\\mu)\\,dt$ in place of $F(t\\mu)\\,dt/t$")
def _without_denominator(at: Point) -> Comparison:
    """If L were the integral of F(t mu) dt, its derivative along the ray would be F - L."""
    slope, remainder = _slope(at, at.means)
    return at_most(abs(slope - (at.fisher_divergence - at.loss)), remainder)


@inequality(
    "hessian-at-optimum",
    r"\nabla^2_{ij} L(0) = \pi_i \pi_j I",
    origin="classical",
    domain=_NEAR,
    only_balls=True,
    certificate="one second difference of L at 0, along the given means, equals the predicted one "
    "up to a proven remainder; about 10 digits of it",
)
def hessian_at_optimum(at: Point) -> Comparison:
    """The Hessian at mu = 0 has rank d and nullity (n-1)d; the flat directions slow the rate down.

    Checked as a quadratic form: the second difference of L along mu is |sum pi_i mu_i|^2 up to a
    bounded remainder. Directions with sum pi_i mu_i = 0 are the flat ones.
    """
    mean = at.weights @ at.means
    return _second_difference(at, (mean * mean).sum())


@hessian_at_optimum.control("nullity $nd$: every direction is flat")
def _all_flat(at: Point) -> Comparison:
    return _second_difference(at, at.number(Fraction(0)))


def _second_difference(at: Point, curvature: Scalar) -> Comparison:
    """Remainder: h^2/12 times a bound (42 n + 20) 12 R^4 / 12 of the fourth derivative of L."""
    h = DISTANCE
    ahead, behind = at.other(at.mixture.scaled(h)), at.other(at.mixture.scaled(-h))
    step = at.number(h)
    second = (ahead.loss + behind.loss) / (step * step)
    remainder = (42 * at.components + 20) * at.radius**4 * step * step
    return at_most(abs(second - curvature), remainder)


@identity(
    "reduction-invariance",
    r"L, p, G \text{ do not change under rotation, embedding, permutation, merging, splitting}",
    domain=replace(_IN_REACH, components=(1, 4), dimension=(1, 2)),
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


@reduction_invariance.control("translation of the means only")
def _translated(at: Point) -> Comparison:
    moved = at.mixture.shifted([Fraction(1, 2)] * at.dimension)
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
