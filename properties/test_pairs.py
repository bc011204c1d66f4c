"""Group G of theory.md: two components, the special case that was known before."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycheck import Mixture, claims, em, gradient_em
from theorycheck.claims.two_components import UNEVEN
from theorycheck.inputs.case import Case
from theorycheck.statements.verdicts import Refuted
from theorycheck.strategies import cases_of
from theorycheck.testing import assert_holds


def cases(claim: str) -> st.SearchStrategy[Case]:
    """Cases inside the domain of a claim."""
    found = claims.get(claim)
    return cases_of(found).filter(found.domain.contains)


@given(cases("balanced-pair"))
def test_a_balanced_pair_moves_and_costs_as_its_closed_form_says(case: Case) -> None:
    assert_holds("balanced-pair", case)


@given(cases("balanced-pair-limit"))
def test_a_balanced_pair_approaches_like_one_over_the_root_of_time(case: Case) -> None:
    assert_holds("balanced-pair-limit", case)


def test_eta_t_theta_squared_tends_to_one() -> None:
    run = gradient_em(Mixture([1, -1]), step_size=Fraction(1, 2), steps=2000)
    assert Fraction(1, 2) * 2000 * run.means[-1, 0, 0] ** 2 == pytest.approx(1, abs=0.02)


@given(cases("dwivedi-balanced"))
def test_em_contracts_a_balanced_pair_between_two_rates(case: Case) -> None:
    assert_holds("dwivedi-balanced", case)


@given(cases("dwivedi-unbalanced"))
def test_em_contracts_tied_means_of_unequal_weights_geometrically(case: Case) -> None:
    assert_holds("dwivedi-unbalanced", case)


@given(cases("daskalakis-contraction"))
def test_em_contracts_towards_two_symmetric_modes(case: Case) -> None:
    assert_holds("daskalakis-contraction", case)


@given(cases("ten-steps"))
def test_ten_steps_of_em_suffice_from_infinity(case: Case) -> None:
    assert_holds("ten-steps", case)


@pytest.mark.parametrize(("steps", "within"), [(9, False), (10, True)])
def test_nine_steps_do_not_suffice_at_the_smallest_separation(steps: int, within: bool) -> None:
    """From so far away, the first step leads to M(oo) up to rounding."""
    truth = Mixture(["0.5", "-0.5"])
    run = em(Mixture([50, -50]), steps=steps, truth=truth)
    assert (abs(run.means[-1, 0, 0] / 0.5 - 1) < 0.01) == within


@given(cases("polyak-contraction"))
def test_a_polyak_step_multiplies_a_small_loss_by_three_quarters_to_the_fourth(case: Case) -> None:
    assert_holds("polyak-contraction", case)


def test_a_polyak_step_gains_less_with_three_unequal_weights() -> None:
    """On the slow manifold, too: 0.45 in place of 0.32 at these weights."""
    claim = claims.get("polyak-contraction")
    bent = claim.as_claim(claim.controls[0])
    assert isinstance(bent.check(UNEVEN), Refuted)
