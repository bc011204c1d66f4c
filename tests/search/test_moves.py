"""Moves from a case to others that a continuous search does not reach."""

from __future__ import annotations

from fractions import Fraction

import pytest

from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.search.moves import moves
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.domain import Domain
from theorycheck.strategies import farthest

NEAR = Domain(components=(1, 3), dimension=(1, 2), truth="any", radius=4.0)


@inequality("near", "x", domain=NEAR)
def near(at):
    return at_most(0 * at.loss, at.loss)


@pytest.mark.parametrize("means", [["1/7", "-3"], [[1, 1], [0, "1/3"]], ["1/1000000", 0]])
def test_all_means_go_as_far_out_as_is_searched(means):
    reach = farthest(NEAR)
    norms = [float(c.mixture.radius_squared) ** 0.5 for c in moves(near, Case(Mixture(means)))]
    assert float(reach) - 1 / 16 < max(norms) <= reach


def test_the_truth_goes_with_the_student():
    """By the same factor, so that what they have in common stays so."""
    case = Case(Mixture([1, -2], [1, 2]), truth=Mixture([1, -2], [2, 1]))
    factors = [
        c.mixture.means[0][0]
        for c in moves(near, case)
        if c.mixture.weights == case.mixture.weights
        and c.truth == Mixture(c.mixture.means, case.truth.weights)
    ]
    assert {2, Fraction(1, 2), 6} <= set(factors)


@pytest.mark.parametrize("truth", [[20], [1, -2]])
def test_a_truth_is_not_brought_farther_than_is_searched(truth):
    """A student of norm 1e-13 may be scaled up by 1e14, the truth then not."""
    case = Case(Mixture([Fraction(1, 10**13)]), truth=Mixture(truth))
    moved = [c for c in moves(near, case) if c.mixture != case.mixture]
    most = max(farthest(NEAR) ** 2, case.truth.radius_squared)
    assert all(c.truth.radius_squared <= most for c in moved)


def test_a_mean_at_the_reach_or_beyond_it_goes_no_farther():
    for radius in (12, 13, 10**160):
        moved = list(moves(near, Case(Mixture([radius]))))
        assert moved
        assert all(c.mixture.radius_squared <= radius**2 for c in moved)
