"""Generated cases."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import find

import theorycheck as tc
from theorycheck import strategies
from theorycheck.expectations.reduction import mixture_rank
from theorycheck.search.generation import generated
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.domain import Domain


@pytest.mark.long
def test_generated_cases_are_distinct_and_in_the_domain():
    """Generation draws from the domain itself."""
    for claim in tc.claims.all():
        cases = generated(claim, 30, 1)
        assert len(set(cases)) == len(cases)
        inside = sum(claim.domain.contains(case) for case in cases)
        assert inside > len(cases) / 2, claim.id


@inequality("everywhere", "x", domain=Domain(truth="any"))
def everywhere(at, step_size, x, direction, target, s):
    """True everywhere; with every input but a run."""
    return at_most(0 * s, at.weights[0])


DRAWN = generated(everywhere, 1500, 4)

CORNERS = {
    "rank 3": lambda case: mixture_rank(case.mixture) == 3,
    "rank 4": lambda case: mixture_rank(case.mixture) == 4,
    "n beyond 5": lambda case: case.mixture.components > 5,
    "all means 0": lambda case: case.mixture.is_at_optimum,
    "some means equal": lambda case: 1 < len(set(case.mixture.means)) < case.mixture.components,
    "R beyond 40": lambda case: case.mixture.radius_squared > 1600,
    "R below 1e-12": lambda case: 0 < case.mixture.radius_squared < Fraction(1, 10**24),
    "a weight below 1e-16": lambda case: min(case.mixture.weights) < 1e-16,
    "weighted mean 1e-10": lambda case: 0 < max(map(abs, case.mixture.centre)) < 1e-9,
    "step size 2": lambda case: case.step_size == 2,
    "step size in [1.97, 1.999]": lambda case: 1.97 <= case.step_size <= 1.999,
    "step size below 1e-4": lambda case: case.step_size < 1e-4,
    "student = truth": lambda case: case.truth == case.mixture,
    "a far truth": lambda case: case.truth is not None and case.truth.radius_squared > 225,
    "x far": lambda case: max(map(abs, case.x)) == 40,
    "x = 0": lambda case: not any(case.x),
    "s far": lambda case: case.s == 40,
}


def test_a_scale_of_1_is_not_taken_for_a_dimension():
    """Strategies are kept by their options, and Fraction(1) == 1."""
    strategies._one_of(Fraction(1), Fraction(2))
    assert type(find(strategies._one_of(1, 2), lambda drawn: True)) is int


@pytest.mark.parametrize("corner", CORNERS)
def test_the_corners_are_drawn(corner):
    """Each one in 1500 cases of an open domain."""
    assert any(map(CORNERS[corner], DRAWN))


def test_most_cases_are_cheap():
    """At most 6 % have affine rank 3 or 4, and those are small."""
    high = [case for case in DRAWN if mixture_rank(case.mixture) > 2]
    assert 0.01 < len(high) / len(DRAWN) < 0.06
    assert max(case.mixture.radius_squared for case in high) < 150


def test_a_range_with_equal_ends_is_kept():
    """It is a hypothesis; so is a claim about what only balls see left at the sizes asked for."""
    for id in ("two-balanced-monotone", "ray-formula"):
        claim = tc.claims.get(id)
        for case in generated(claim, 60, 2):
            assert case.mixture.components <= claim.domain.components[1]
            assert case.mixture.dimension <= max(claim.domain.dimension[1], 4)


def test_draws_depend_on_the_seed_alone():
    """The same cases twice, others with another seed."""
    assert generated(everywhere, 40, 9) == generated(everywhere, 40, 9)
    assert generated(everywhere, 40, 9) != generated(everywhere, 40, 10)
