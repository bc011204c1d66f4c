"""Group F of theory.md: bad local regions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from theorycheck import claims
from theorycheck.claims.regions import SPURIOUS
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.landscapes.stationary import stationary_point
from theorycheck.statements.verdicts import Refuted
from theorycheck.testing import assert_holds, holds


@pytest.mark.parametrize("step_size", [Fraction(1, 100), Fraction(1)])
@pytest.mark.parametrize("components", [3, 5])
def test_the_papers_start_is_stuck_for_exponentially_many_steps(components, step_size) -> None:
    start = Case(Mixture([[1, 0]] * components), step_size)
    assert_holds("trap-paper", start)
    assert_holds("trap-scaling", start)


test_a_central_component_takes_the_responsibility_away = holds("trap-responsibility")
test_what_a_certificate_holds_is_held = holds("trap-certificate", max_examples=8)
test_the_enclosed_number_of_steps_is_the_number_taken = holds("escape-time", max_examples=6)
test_the_fisher_divergence_is_exponentially_small_in_a_trap = holds("trap-exponent")


def test_a_mixture_truth_has_a_spurious_minimum() -> None:
    assert_holds("spurious-minimum-mixture-truth", SPURIOUS)


def test_the_minimum_has_the_published_loss_and_curvature() -> None:
    """Loss 1.140494 and smallest Hessian eigenvalue 0.01387, up to what the enclosure costs."""
    found = stationary_point(SPURIOUS.mixture, SPURIOUS.truth)
    assert found is not None
    assert found.kind == "minimum"
    assert 1.140493 < found.loss < 1.140495
    assert 0.0138 < found.eigenvalues[0] < 0.01388
    assert found.distance < 1e-18


def test_the_minimum_is_found_from_its_published_digits() -> None:
    """Five decimals are near enough: Newton's method leads to it, and says how far it was."""
    near = Mixture(["-0.00597", "9.77846", "10.19815"])
    found = stationary_point(near, SPURIOUS.truth)
    assert found is not None
    assert 2e-6 < found.distance_from(near) < 3e-6
    assert 1.140493 < found.loss < 1.140495


def test_a_trap_is_no_minimum() -> None:
    """For one Gaussian the certified test finds no minimum away from the truth."""
    assert stationary_point(Mixture([12, -12, 0])) is None


def test_a_saddle_is_no_minimum() -> None:
    """A stationary point with an indefinite Hessian: two students at the middle of two truths."""
    found = stationary_point(Mixture([0, 0]), Mixture([-3, 3]))
    assert found is not None
    assert (found.kind, found.index) == ("saddle", 1)


def test_every_control_of_a_trap_can_be_refuted() -> None:
    """One step more than the enclosed number is one too many."""
    claim = claims.get("escape-time")
    case = Case(Mixture([1, 2, 3]), Fraction(1))
    assert isinstance(claim.as_claim(claim.controls[0]).check(case), Refuted)


test_the_exponent_of_a_trap_is_exact = holds("trap-exponent-sharp")
test_gradient_em_preserves_the_order_around_a_trap = holds("order-preserving")
test_two_components_are_enough_for_a_trap = holds("trap-two", max_examples=5)
test_no_start_is_held_for_ever = holds("escape-upper", max_examples=5)
test_a_symmetric_trap_is_explicit = holds("trap-explicit", max_examples=4)
test_the_time_in_a_symmetric_trap_is_known_up_to_a_factor_near_one = holds(
    "trap-constant", max_examples=4
)
test_the_threshold_of_a_trap_is_the_root_of_eight = holds("trap-threshold", max_examples=4)


@pytest.mark.parametrize(
    "id",
    [
        "trap-exponent-sharp",
        "trap-two",
        "escape-upper",
        "trap-explicit",
        "trap-threshold",
        "order-preserving",
    ],
)
def test_the_controls_of_escapes_are_refuted(id: str) -> None:
    claim = claims.get(id)
    for control in claim.controls:
        assert isinstance(claim.as_claim(control).check(control.examples[0]), Refuted)
