"""Group C of theory.md: bounds at a point, for the truth N(0, I)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from theorycheck.arithmetic.arithmetics import ball
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture
from theorycheck.testing import holds

test_the_loss_is_positive_off_the_optimum = holds("loss-sign")
test_the_loss_is_at_most_half_the_weighted_distance = holds("loss-upper")
test_every_component_bounds_the_loss = holds("loss-component-bound")
test_linear_and_quadratic_functions_certify_the_loss_from_below = holds("loss-lower-certificate")
test_stein_bounds_the_fisher_divergence_from_below = holds("stein-lower-bound")
test_no_responsibility_vanishes = holds("responsibility-floor")
test_the_projected_gradient_has_an_explicit_floor = holds("projection-lower-explicit")


def test_the_explicit_floor_is_sharp() -> None:
    """Two balanced components, one of small weight, close to the optimum: F/floor -> 1."""
    weight, size = Fraction(1, 10**6), Fraction(1, 1000)
    student = Mixture([-weight * size, (1 - weight) * size], [1 - weight, weight])
    radius = float((1 - weight) * size)
    floor = float(weight) ** 2 * radius**4 / (radius + 1) ** 2
    with ball(30).scope():
        fisher = float(population(student, arithmetic=ball(30)).fisher_divergence)
    assert fisher / floor == pytest.approx(1, abs=0.01)


test_the_papers_floor_holds_with_constant_four = holds("projection-lower-paper")
test_the_fisher_divergence_dominates_the_loss = holds("log-sobolev")
test_the_gradient_vanishes_at_the_optimum_only = holds("unique-stationary-point")


def test_the_gradient_vanishes_at_the_optimum() -> None:
    assert not population(Mixture([[0, 0], [0, 0]], [1, 2])).gradient.any()


test_the_squared_gradient_dominates_the_cube_of_the_loss = holds("lojasiewicz-paper")
test_the_constant_of_that_domination_is_at_least_91 = holds("lojasiewicz-paper-constant")
test_the_squared_gradient_dominates_the_loss_to_the_three_halves = holds("lojasiewicz-sharp")
test_it_does_with_a_larger_constant_where_the_energy_is_bounded = holds("lojasiewicz-energy")


# --- sharper bounds -------------------------------------------------------------------------------

test_two_components_overlap_less_the_farther_apart_they_are = holds("overlap-bound")
test_two_components_alone_overlap_at_least_so_much = holds("overlap-lower-two")
test_no_responsibility_is_smaller_than_half_of_the_exponent_says = holds(
    "responsibility-floor-sharp"
)
test_stein_bounds_the_fisher_divergence_in_every_direction = holds("stein-direction")
test_bessel_bounds_the_fisher_divergence_from_below = holds("hermite-lower")
test_the_projected_gradient_has_a_floor_with_half_of_the_exponent = holds("projection-lower-sharp")
test_a_far_mean_keeps_the_fisher_divergence_above_an_exact_exponential = holds("fisher-floor-sharp")
test_a_far_mean_keeps_the_fisher_divergence_above_a_simple_exponential = holds("fisher-floor")
test_along_a_ray_the_fisher_divergence_grows = holds("ray-fisher")
test_along_rays_the_fisher_divergence_dominates_the_loss = holds("log-sobolev-ray")
test_the_diameter_alone_bounds_the_loss_by_the_fisher_divergence = holds("log-sobolev-diameter")
test_the_loss_is_at_least_quartic = holds("loss-lower-quartic")
test_every_far_mean_is_drawn_inward = holds("far-mean-moves-inward")


def test_the_diameter_is_sharp_to_first_order() -> None:
    """2 L / F = 1.01555 for two means a quarter apart, of at most e^(1/64) = 1.01575."""
    student = population(Mixture(["0.94", "0.69"]))
    assert 1.0145 < 2 * student.loss / student.fisher_divergence <= 1.01575
