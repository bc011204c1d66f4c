"""Group G of theory.md: two components, the special case that was known before."""

from __future__ import annotations

from fractions import Fraction

import pytest

from theorycheck import Mixture, claims, em, gradient_em
from theorycheck.claims.two_components import UNEVEN
from theorycheck.statements.verdicts import Holds, Refuted, Undecided
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


# --- the pair for every theta ---------------------------------------------------------------------

test_em_shrinks_a_pair_between_two_roots = holds("pair-map")
test_the_loss_of_a_pair_is_known_within_seven_percent = holds("pair-loss")
test_the_loss_of_a_pair_tells_its_distance = holds("pair-theta-loss")
test_the_gradient_of_a_pair_is_cubic_up_to_a_known_distance = holds("pair-gradient-cubic")
test_the_loss_of_a_close_pair_is_quartic = holds("pair-quartic")
test_the_gradient_of_a_close_pair_dominates_the_loss = holds("pair-lojasiewicz")
test_a_pair_falls_like_one_over_t_no_faster_and_no_slower = holds("pair-rate")
test_em_on_a_pair_falls_like_one_over_t_from_anywhere = holds("pair-em-rate")
test_a_hyperbolic_tangent_has_a_mean_near_one = holds("tanh-mean")
test_nearly_balanced_weights_contract_by_their_whole_imbalance = holds("dwivedi-unbalanced-sharp")
test_all_weights_contract_by_four_fifths_of_their_imbalance = holds("dwivedi-unbalanced-all")
test_two_regressions_without_signal_shrink_between_two_roots = holds(
    "mixed-regression-step", max_examples=5
)
test_three_steps_suffice_where_ten_were_asked_for = holds("steps-from-infinity", max_examples=5)


def test_no_better_factor_serves_all_weights() -> None:
    claim = claims.get("dwivedi-unbalanced-all")
    better = claim.as_claim(claim.controls[0])
    assert isinstance(better.check(claim.examples[0]), Refuted)


def test_a_bound_of_the_literature_fails_where_its_proof_does_not_look() -> None:
    """|b'| <= |b| (1 - |b|^2) holds where the proof has it, for |b| < 0.2, and fails at 3/5."""
    claim = claims.get("mixed-regression-as-stated")
    assert isinstance(claim.check(Mixture(["3/5"])), Holds)
    assert isinstance(claim.check(Mixture(["1/5"])), Undecided)
