"""Group E of theory.md: what is and what is not monotone along gradient EM."""

from __future__ import annotations

from fractions import Fraction

from theorycheck import claims
from theorycheck.claims.monotone import MAX_NORM_WITNESS, WEIGHTED_WITNESS
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.verdicts import Holds, Refuted
from theorycheck.testing import holds


def assert_witness(claim_id: str, case: Case) -> None:
    verdict = claims.get(claim_id).check(case)
    assert isinstance(verdict, Holds)
    assert verdict.evidence == "certified"


def test_the_weighted_distance_can_grow() -> None:
    assert_witness("weighted-distance-nonmonotone", WEIGHTED_WITNESS)


def test_the_largest_norm_can_grow_with_equal_weights() -> None:
    assert_witness("max-norm-nonmonotone", MAX_NORM_WITNESS)


def test_the_distance_of_one_component_can_grow() -> None:
    assert_witness("component-distance-nonmonotone", WEIGHTED_WITNESS)
    assert_witness("component-distance-nonmonotone", MAX_NORM_WITNESS)


test_the_distance_never_grows_with_equal_weights = holds("equal-weights-distance-monotone")


def test_the_distance_grows_beyond_step_size_two() -> None:
    case = Case(Mixture([1]), Fraction(21, 10))
    assert isinstance(claims.get("equal-weights-distance-monotone").check(case), Refuted)


test_the_larger_norm_of_two_balanced_components_never_grows = holds("two-balanced-monotone")


def test_the_larger_norm_can_grow_with_a_third_component_or_unequal_weights() -> None:
    claim = claims.get("two-balanced-monotone")
    assert isinstance(claim.check(MAX_NORM_WITNESS), Refuted)
    unequal = Case(Mixture(["-47/256", "47/256"], [46, 93]), Fraction(1))
    assert isinstance(claim.check(unequal), Refuted)
