"""Pairs of means, from which the claims about two components read off what they need.

The pair (theta, -theta) is read off any case with two distinct means: the means relative to their
midpoint. A truth (m, -m) is given by m.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.functions import root, squared_norms
from theorycheck.arithmetic.integrals import folded_mean
from theorycheck.errors import ClaimFailed
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.comparison import Comparison, at_most
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

TWO_MODES = Domain(components=(2, 2), dimension=(1, 1), radius=4.0, truth="mixture")


def _has_distinct_means(case: Case) -> bool:
    return case.mixture.means[0] != case.mixture.means[1]


TIED = Domain(
    components=(2, 2),
    radius=6.0,
    where=_has_distinct_means,
    also="the means about their midpoint are the pair",
)
BALANCED = replace(TIED, equal_weights=True)


def pair_of(at: Point) -> Point:
    """The student (theta, -theta) with the case's weights, under N(0, I)."""
    if at.components != 2:
        raise ClaimFailed(f"this is about two components, and the case has {at.components}")
    middle = [-(a + b) / 2 for a, b in zip(*at.mixture.means, strict=True)]
    return at.other(at.mixture.shifted(middle))


def size_of(pair: Point) -> Scalar:
    """|theta|."""
    return root(squared_norms(pair.means)[0])


def shrinkage(pair: Point) -> Scalar:
    """1 - M(theta)/theta for the EM map M of the balanced pair, from the gradient."""
    return 2 * (pair.gradient[0] @ pair.means[0]) / squared_norms(pair.means)[0]


def tied_map(at: Point, factor: Fraction) -> Comparison:
    """|M(theta)| <= (1 - factor rho^2) |theta|, for the pair of a case."""
    pair = pair_of(at)
    image = pair.positions[0] - pair.positions[1]
    imbalance = at.weights[0] - at.weights[1]
    shrinks = 1 - at.number(factor) * imbalance * imbalance
    return at_most(root((image * image).sum()), shrinks * size_of(pair))


def symmetric(m: Fraction, at: Point) -> Point:
    """The student that equals its truth (m, -m)."""
    pair = Mixture([m, -m])
    return Point(pair, pair, at.arithmetic)


def opposite(size: Scalar) -> Array:
    """The means (size, -size)."""
    return np.array([[size], [-size]])


def errors_from_infinity(at: Point, m: Fraction, steps: int) -> list[Scalar]:
    """|lambda_t - m| for t = 1, …, steps of EM from infinity, under the truth (m, -m).

    The first step leads to M(oo) = E|x|, in closed form.
    """
    truth = symmetric(m, at)
    size = truth.means[0][0]
    student = truth.moved(opposite(folded_mean(size)))
    errors = [abs(student.means[0][0] - size)]
    for _ in range(steps - 1):
        after = student.means - student.gradient / student.responsibilities[:, None]
        student = truth.moved(opposite(after[0][0]))
        errors.append(abs(student.means[0][0] - size))
    return errors
