"""Group A of theory.md: the identities that the whole theory stands on."""

from __future__ import annotations

import pytest
from hypothesis import given

from theorycheck import claims
from theorycheck.inputs.case import Case
from theorycheck.strategies import cases, cases_of
from theorycheck.testing import assert_holds


@given(cases_of(claims.get("em-is-gradient-descent")))
def test_the_gradient_of_q_is_minus_the_gradient_of_the_loss(case: Case) -> None:
    assert_holds("em-is-gradient-descent", case)


@given(cases(claims.get("stein-gradient").domain))
def test_stein_turns_first_moments_into_overlaps(case: Case) -> None:
    assert_holds("stein-gradient", case)


@given(cases(claims.get("projection-identity").domain))
def test_the_gradient_projected_on_the_means_is_the_fisher_divergence(case: Case) -> None:
    assert_holds("projection-identity", case)


@given(cases_of(claims.get("responsibility-jacobian")))
def test_a_responsibility_has_the_jacobian_of_a_softmax(case: Case) -> None:
    assert_holds("responsibility-jacobian", case)


@given(cases_of(claims.get("radial-variance")))
def test_the_odd_part_of_the_posterior_mean_is_an_integrated_variance(case: Case) -> None:
    assert_holds("radial-variance", case)


@given(cases_of(claims.get("ray-formula")))
def test_the_loss_is_the_fisher_divergence_integrated_along_a_ray(case: Case) -> None:
    assert_holds("ray-formula", case)


@given(cases_of(claims.get("hessian-at-optimum")))
def test_the_hessian_at_the_optimum_has_rank_d(case: Case) -> None:
    assert_holds("hessian-at-optimum", case)


@given(cases_of(claims.get("reduction-invariance")))
def test_only_weights_and_gram_matrix_matter(case: Case) -> None:
    assert_holds("reduction-invariance", case)


def test_every_identity_of_the_theory_is_registered() -> None:
    found = [claim.id for claim in claims.all() if claim.group == "A"]
    assert len(found) == 8


@pytest.mark.slow
@pytest.mark.parametrize("claim", [claim for claim in claims.all() if claim.group == "A"])
def test_thorough(claim: claims.Claim) -> None:
    """The same statements with the thorough profile's numbers of cases."""
    from theorycheck.testing import assert_supported
    from theorycheck.verification import verify

    assert_supported(verify([claim.id], profile="thorough").claims[0])
