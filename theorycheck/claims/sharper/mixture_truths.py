"""Group H of theory.md, continued: identities and bounds under any mixture truth.

p* = sum_j pi*_j N(mu*_j, I); v*(x) is the posterior mean of the true component's mean, x_bar = E x,
and E_j is the expectation under component j of the truth.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import inner_products, largest, root, squared_norms
from theorycheck.claims.sources import FINITE_MIXTURES
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Vector
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most, equal, proof_step
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

identity = partial(declare.identity, group="H")
inequality = partial(declare.inequality, group="H")

_MIXED = Domain(components=(1, 3), dimension=(1, 2), radius=2.0, truth="mixture")
_LINE = Case(Mixture([0, 1]), truth=Mixture([-2, 2], [1, 2]))


class _Parts:
    """Expectations of a student under each component of its truth, and the truth's own means.

    shares: p of every component, (m, n). overlaps: G, (m, n, n). weights: (m,). means: (m, d).
    """

    def __init__(self, at: Point) -> None:
        truth = at.truth or Mixture([[Fraction(0)] * at.dimension])
        parts = [Point(at.mixture, Mixture([row]), at.arithmetic) for row in truth.means]
        self.shares = np.array([part.responsibilities for part in parts])
        self.overlaps = np.array([part.overlap for part in parts])
        self.weights = at.arithmetic.array(truth.weights)
        self.means = at.arithmetic.array(truth.means)

    @property
    def centre(self) -> Array:
        """x_bar, (d,)."""
        centre: Array = self.weights @ self.means
        return centre

    def second_moment(self, rows: Array) -> Scalar:
        """E |sum_i psi_i r_i|^2 of rows r, (n, d)."""
        inner = rows @ rows.T
        return sum(w * (g * inner).sum() for w, g in zip(self.weights, self.overlaps, strict=True))


def _gradient(at: Point) -> Array:
    """p_i mu_i - E psi_i x, the definition of the gradient: (n, d)."""
    gradient: Array = at.responsibilities[:, None] * at.means - at.positions
    return gradient


@identity(
    "mixture-gradient",
    r"\nabla_i L = \mathbb{E} \psi_i (v - v^*) = \sum_j \pi^*_j \mathbb{E}_j \Bigl[ \psi_i"
    r" \sum_k \psi_k (\mu_k - \mu^*_j) \Bigr], \quad \sum_i \nabla_i L = \sum_i p_i \mu_i"
    r" - \bar x",
    origin="classical",
    source=f"{FINITE_MIXTURES}, Lemma 1",
    references=(FINITE_MIXTURES,),
    domain=_MIXED,
    examples=(_LINE,),
    cost=10,
)
def mixture_gradient(at: Point) -> list[Comparison]:
    """Stein's lemma under each component of the truth; on the left is p_i mu_i - E psi_i x."""
    parts = _Parts(at)
    return _drawn(at, parts, parts.means)


def _drawn(at: Point, parts: _Parts, centres: Array) -> list[Comparison]:
    gradient = _gradient(at)
    size = largest(root(squared_norms(at.means))) + at.truth_radius
    right = sum(
        weight * (overlap @ at.means - share[:, None] * centre)
        for weight, overlap, share, centre in zip(
            parts.weights, parts.overlaps, parts.shares, centres, strict=True
        )
    )
    total = at.responsibilities @ at.means - parts.centre
    return [
        equal(gradient, right, scale=size),
        equal(gradient.sum(axis=0), total, scale=size),
    ]


@mixture_gradient.control(r"$\bar x$ in place of $\mu^*_j$", examples=(_LINE,))
def _at_the_centre(at: Point) -> list[Comparison]:
    parts = _Parts(at)
    return _drawn(at, parts, np.array([parts.centre] * len(parts.weights)))


@identity(
    "mixture-projection",
    r"\sum_i \langle \nabla_i L, \mu_i - o \rangle = \mathbb{E} \langle v - o, v - v^* \rangle"
    r" \text{ for every } o, \quad \mathbb{E} \langle v, v^* \rangle = \sum_{jk} \pi^*_j"
    r" \mathbb{E}_j[\psi_k] \langle \mu_k, \mu^*_j \rangle",
    domain=replace(_MIXED, also="o is the x of a case"),
    examples=(replace(_LINE, x=(Fraction(1),)),),
    cost=10,
)
def mixture_projection(at: Point, x: Array) -> Comparison:
    """mixture-gradient, summed; so at a stationary point E|v - o|^2 <= E|v* - o|^2 for every o."""
    parts = _Parts(at)
    square, cross = _second_moments(at, parts)
    drift = at.responsibilities @ at.means - parts.centre
    return _projects(at, x, square - cross - x @ drift)


def _second_moments(at: Point, parts: _Parts) -> tuple[Scalar, Scalar]:
    """E |v|^2 and E <v, v*>."""
    square = parts.second_moment(at.means)
    cross = (parts.weights[:, None] * parts.shares * (parts.means @ at.means.T)).sum()
    return square, cross


def _projects(at: Point, x: Array, right: Scalar) -> Comparison:
    size = largest(root(squared_norms(at.means))) + at.truth_radius + root((x * x).sum())
    return equal(inner_products(_gradient(at), at.means - x).sum(), right, scale=size * size)


@mixture_projection.control(
    r"$\mathbb{E} \|v - v^*\|^2$ on the right", examples=(replace(_LINE, x=(Fraction(1),)),)
)
def _like_fisher(at: Point, x: Array) -> Comparison:
    assert at.truth is not None
    parts = _Parts(at)
    square, cross = _second_moments(at, parts)
    own = Point(at.truth, at.truth, at.arithmetic)
    true_square, _ = _second_moments(own, _Parts(own))
    return _projects(at, x, square - 2 * cross + true_square)


@inequality(
    "stationary-moments",
    r"\sum_i p_i \mu_i = \bar x \text{ and } \sum_i p_i \|\mu_i - \bar x\|^2 \le W^* + r"
    r" \text{ at a stationary point}, \quad W^* = \sum_j \pi^*_j \|\mu^*_j - \bar x\|^2,"
    r" \ r = \operatorname{rank} \{\mu_i - \bar x\}",
    sharp_when="unknown: 0.99 was seen",
    domain=replace(
        _MIXED,
        also="at any point, with the terms in the gradient that vanish at a stationary one: see "
        "the certificate",
    ),
    examples=(_LINE, Case(Mixture(["-2.32254", 0, "2.32254"]), truth=Mixture([-2, 2]))),
    certificate="for every student: with Q = E|v - x_bar|^2, the square of "
    "sum p_i |mu_i - x_bar|^2 - sum <grad_i, mu_i - x_bar> is at most (W* + r) Q, and Q is at most "
    "the first of these sums; at a stationary point that is the statement",
    cost=10,
)
def stationary_moments(at: Point) -> list[Comparison]:
    """p_i mu_i = E psi_i x there; then Cauchy-Schwarz on the span of mu_i - x_bar.

    E of the squared projection of x - x_bar on the span is at most W* + r.
    """
    return _moments(at, Fraction(1))


def _moments(at: Point, share: Fraction) -> list[Comparison]:
    parts = _Parts(at)
    shifted = at.means - parts.centre
    spread = at.responsibilities @ squared_norms(shifted)
    lean = spread - inner_products(_gradient(at), shifted).sum()
    square = parts.second_moment(shifted)
    own = parts.weights @ squared_norms(parts.means - parts.centre)
    bound = (own + at.number(share * _rank_about_centre(at))) * square
    return [at_most(lean * lean, bound), proof_step(square, spread)]


def _rank_about_centre(at: Point) -> int:
    """The rank of mu_i - x_bar, exactly."""
    truth = at.truth or Mixture([[Fraction(0)] * at.dimension])
    columns = zip(*truth.means, strict=True)
    centre = [sum(w * a for w, a in zip(truth.weights, c, strict=True)) for c in columns]
    return at.other(at.mixture.shifted([-a for a in centre])).rank


@stationary_moments.control(
    "without $r$",
    examples=(Case(Mixture(["-2.32254", 0, "2.32254"]), truth=Mixture([-2, 2])),),
)
def _without_rank(at: Point) -> Comparison:
    return _moments(at, Fraction(0))[0]


# --- where stationary means can be ----------------------------------------------------------------


def _has_two_places(case: Case) -> bool:
    return case.truth is not None and (case.truth.components <= 2 or case.mixture.dimension <= 2)


@inequality(
    "stationary-box",
    r"\langle \nabla_i L, \mu_i - o \rangle > 0 \text{ if } \|\mu_i - o\|^2 > 4 \log"
    r" \frac{1}{\pi_i \pi^*_{\min}} + \tfrac12 \Delta^2, \quad o \text{ the nearest point of the"
    r" hull of the } \mu^*_j, \ \Delta = \max_{jk} \|\mu^*_j - \mu^*_k\|",
    sharp_when="not: at most 0.38 of the distance was seen",
    domain=Domain(
        components=(1, 4),
        dimension=(1, 2),
        radius=6.0,
        truth="mixture",
        where=_has_two_places,
        also="of the truth two components, or d <= 2",
    ),
    examples=(Case(Mixture([[9, 0], [0, 1]]), truth=Mixture([[-2, 0], [2, 0]])),),
    cost=5,
)
def stationary_box(at: Point) -> Comparison:
    """So a stationary mean is no farther from the hull: a box outside of which there is none.

    Let t = |mu_i - o|, nu the normal at o, rho = psi_i p* / p_i and s = <x - o, nu>. Then
    <mu*_j - o, nu> <= 0, so E e^{l s} <= e^{l^2/2}; <grad_i, nu> <= 0 says E_rho s >= t, so t^2 <=
    2 log(1/p_i). And p_i >= pi*_j pi_i e^{-|mu_i - mu*_j|^2/4}, with |mu_i - mu*_j|^2 <= t^2 +
    Delta^2/2 for a j of the face of o. The margin is the larger of <grad_i, mu_i - o>/p_i and the
    rest.
    """
    return _boxed(at, Fraction(4), Fraction(1, 2))


def _boxed(at: Point, factor: Fraction, share: Fraction) -> Comparison:
    assert at.truth is not None
    nearest = at.arithmetic.array([_nearest(row, at.truth) for row in at.mixture.means])
    away = at.means - nearest
    squares = squared_norms(away)
    pairs = combinations(at.truth.means, 2)
    width = max((_distance_squared(a, b) for a, b in pairs), default=Fraction(0))
    logs = -np.log(at.weights * at.number(min(at.truth.weights)))
    limits = at.number(factor) * logs + at.number(share * width)
    inward = inner_products(_gradient(at), away) / at.responsibilities
    both = zip(inward, limits - squares, strict=True)
    margins = np.array([largest(pair) for pair in both])
    return at_most(0, margins, scale=squares + limits)


def _nearest(row: Vector, truth: Mixture) -> list[Fraction]:
    """The point nearest to a mean on the segments between the truth's means, exactly.

    That is the nearest one of their hull, if the mean is outside of it.
    """
    means = truth.means
    ends = list(combinations(means, 2)) or [(means[0], means[0])]
    points = [_on_segment(row, a, b) for a, b in ends]
    return min(points, key=lambda point: _distance_squared(row, point))


def _on_segment(row: Vector, a: Vector, b: Vector) -> list[Fraction]:
    along = [q - p for p, q in zip(a, b, strict=True)]
    square = sum(q * q for q in along)
    share = Fraction(0)
    if square:
        place = sum((x - p) * q for x, p, q in zip(row, a, along, strict=True))
        share = min(max(place / square, Fraction(0)), Fraction(1))
    return [p + share * q for p, q in zip(a, along, strict=True)]


def _distance_squared(a: Vector | list[Fraction], b: Vector | list[Fraction]) -> Fraction:
    return sum(((p - q) ** 2 for p, q in zip(a, b, strict=True)), Fraction(0))


_OUTSIDE = Case(
    Mixture(["0.20006", "-1.47622"], ["0.9377", "0.0623"]),
    truth=Mixture(["1.49", "-0.3077"], ["0.2155", "0.7845"]),
)


@stationary_box.control("the hull itself", examples=(_OUTSIDE,))
def _in_the_hull(at: Point) -> Comparison:
    return _boxed(at, Fraction(0), Fraction(0))
