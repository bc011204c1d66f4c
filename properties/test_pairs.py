"""Group G of theory.md: two components, the special case that was known before."""

from __future__ import annotations

from fractions import Fraction

import pytest

from theorycheck import Mixture, claims, em, gradient_em
from theorycheck.claims.two_components import UNEVEN
from theorycheck.statements.verdicts import Refuted
from theorycheck.testing import holds

test_a_balanced_pair_moves_and_costs_as_its_closed_form_says = holds("balanced-pair")
test_a_balanced_pair_approaches_like_one_over_the_root_of_time = holds("balanced-pair-limit")


def test_eta_t_theta_squared_tends_to_one() -> None:
    run = gradient_em(Mixture([1, -1]), step_size=Fraction(1, 2), steps=2000)
    assert Fraction(1, 2) * 2000 * run.means[-1, 0, 0] ** 2 == pytest.approx(1, abs=0.02)


test_em_contracts_a_balanced_pair_between_two_rates = holds("dwivedi-balanced")
test_em_contracts_tied_means_of_unequal_weights_geometrically = holds("dwivedi-unbalanced")
test_em_contracts_towards_two_symmetric_modes = holds("daskalakis-contraction")
test_ten_steps_of_em_suffice_from_infinity = holds("ten-steps")


@pytest.mark.parametrize(("steps", "within"), [(9, False), (10, True)])
def test_nine_steps_do_not_suffice_at_the_smallest_separation(steps: int, within: bool) -> None:
    """From so far away, the first step leads to M(oo) up to rounding."""
    truth = Mixture(["0.5", "-0.5"])
    run = em(Mixture([50, -50]), steps=steps, truth=truth)
    assert (abs(run.means[-1, 0, 0] / 0.5 - 1) < 0.01) == within


test_a_polyak_step_multiplies_a_small_loss_by_three_quarters_to_the_fourth = holds(
    "polyak-contraction"
)


def test_a_polyak_step_gains_less_with_three_unequal_weights() -> None:
    """On the slow manifold, too: 0.45 in place of 0.32 at these weights."""
    claim = claims.get("polyak-contraction")
    bent = claim.as_claim(claim.controls[0])
    assert isinstance(bent.check(UNEVEN), Refuted)
