"""Group A of theory.md: the identities that the whole theory stands on."""

from __future__ import annotations

import pytest

from theorycheck import claims
from theorycheck.testing import holds

test_the_gradient_of_q_is_minus_the_gradient_of_the_loss = holds("em-is-gradient-descent")
# In the plane each of these cases is summed to 36 digits, which takes as long as all other claims.
test_stein_turns_first_moments_into_overlaps = holds("stein-gradient", max_examples=20)
test_the_gradient_projected_on_the_means_is_the_fisher_divergence = holds(
    "projection-identity", max_examples=20
)
test_a_responsibility_has_the_jacobian_of_a_softmax = holds("responsibility-jacobian")
test_the_odd_part_of_the_posterior_mean_is_an_integrated_variance = holds("radial-variance")
test_the_loss_is_the_fisher_divergence_integrated_along_a_ray = holds("ray-formula")
test_the_hessian_at_the_optimum_has_rank_d = holds("hessian-at-optimum")
test_only_weights_and_gram_matrix_matter = holds("reduction-invariance")


def test_every_identity_of_the_theory_is_registered() -> None:
    found = [claim.id for claim in claims.all() if claim.group == "A"]
    assert len(found) == 8


@pytest.mark.slow
@pytest.mark.parametrize("claim", [claim for claim in claims.all() if claim.group == "A"])
def test_thorough(claim: claims.Claim) -> None:
    """Every identity with the thorough profile's numbers of cases."""
    from theorycheck.testing import assert_supported
    from theorycheck.verification import verify

    assert_supported(verify([claim.id], profile="thorough").claims[0])
