"""Group B of theory.md: one step of gradient EM or EM, for any truth unless noted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from theorycheck import claims
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.verdicts import Refuted
from theorycheck.testing import assert_holds, holds

test_the_em_surrogate_lies_above_the_loss = holds("majorisation")
test_gradient_em_decreases_the_loss_for_every_step_size_below_two = holds("likelihood-decrease")


def test_the_loss_may_increase_beyond_step_size_two() -> None:
    """One Gaussian at distance 1: a step of 2.1 overshoots the optimum."""
    case = Case(Mixture([1]), Fraction(21, 10))
    assert isinstance(claims.get("likelihood-decrease").check(case), Refuted)
    assert_holds("likelihood-decrease", replace(case, step_size=Fraction(19, 10)))


test_em_decreases_the_loss_by_half_the_scaled_gradient = holds("em-decrease")
test_the_scaled_gradient_is_at_most_the_fisher_divergence = holds("gradient-fisher")
test_the_energy_decreases = holds("energy-decrease")
test_the_fisher_divergences_of_a_run_have_a_budget = holds("fisher-budget")
