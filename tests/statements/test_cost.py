"""What a case costs is estimated without doing it, and what costs too much is not generated."""

from __future__ import annotations

from fractions import Fraction

import pytest

import theorycheck as tc
from theorycheck import Case, Mixture
from theorycheck.campaign.profiles import PROFILES
from theorycheck.statements.cost import is_fair, is_fast

TRIANGLE = Mixture([[0, 0], [1, 0], [0, 1]])
FAR_TRIANGLE = TRIANGLE.scaled(12)
TETRAHEDRON = Mixture([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
NEAR = Mixture([[1, 1, 1], [1, -1, 1]])
LOSS, RESIDUAL = tc.claims.get("loss-upper"), tc.claims.get("stein-gradient")
RUN, STEP = tc.claims.get("rate-explicit"), tc.claims.get("em-decrease")
PLAN = tc.claims.get("majorisation")


@pytest.mark.parametrize(
    ("claim", "case", "expected"),
    [
        (LOSS, Case(Mixture([0, 3])), True),
        (LOSS, Case(TRIANGLE), True),
        (LOSS, Case(FAR_TRIANGLE), True),  # 12 digits in a plane with a large grid
        (LOSS, Case(TRIANGLE.scaled(60)), False),  # beyond the reach of sums in float64
        (RESIDUAL, Case(FAR_TRIANGLE), False),
        (LOSS, Case(TETRAHEDRON), True),  # 12 digits
        (RESIDUAL, Case(TETRAHEDRON), False),  # 36 digits
        (RESIDUAL, Case(Mixture([45, -45])), True),
        (RUN, Case(Mixture([60, -60]), Fraction(1), steps=8), False),
        (STEP, Case(TETRAHEDRON, truth=Mixture([[1, 0, 0]])), True),
        (STEP, Case(TETRAHEDRON, truth=TETRAHEDRON), False),  # an equality
        (STEP, Case(TETRAHEDRON, truth=NEAR), False),  # a small margin at rank 3
        (PLAN, Case(TETRAHEDRON, target=TETRAHEDRON.means), False),  # an equality
        (PLAN, Case(TETRAHEDRON, target=TETRAHEDRON.means[::-1]), True),
        (LOSS, Case(Mixture([[10**120], [0]])), False),  # no grid at all
        (LOSS, Case(Mixture([[10**400], [0]])), False),  # no doubles
    ],
)
def test_what_balls_decide_in_fair_time(claim, case, expected):
    """More digits where an equality must be seen, many axes, a wide grid or a run cost more."""
    assert is_fair(claim, case) is expected


def test_an_equality_takes_more_than_an_inequality():
    """What looks equal is seen at 36 digits or not at all."""
    case = Case(TRIANGLE.scaled(2))
    assert is_fair(LOSS, case)
    assert not is_fair(LOSS, case, is_equal=True)


@pytest.mark.parametrize("id", ["ray-formula", "rate-explicit"])
def test_what_only_balls_see_and_runs_are_not_fast(id):
    """However small they are."""
    claim = tc.claims.get(id)
    assert is_fast(LOSS, Case(Mixture([0, 1])))
    assert not is_fast(claim, Case(Mixture([0, 1]), Fraction(1), steps=1 if "steps" in id else 8))


def test_of_a_dear_claim_fewer_cases_are_decided():
    """But a few at the least, and never more than of a cheap one."""
    for profile in PROFILES.values():
        plain, some = profile.cases(1), profile.cases(100)
        assert plain == (profile.enumerated, profile.batch_size)
        assert all(4 <= few <= many for few, many in zip(some, plain, strict=True))
        assert profile.attack_on(1) == profile.attack
        assert profile.attack_on(100) < profile.attack
