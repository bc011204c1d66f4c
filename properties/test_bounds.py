"""Group C of theory.md: bounds at a point, for the truth N(0, I)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycheck import claims
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.expectations.population import population
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.strategies import cases_of
from theorycheck.testing import assert_holds


def cases(claim: str) -> st.SearchStrategy[Case]:
    """Cases inside the domain of a claim."""
    found = claims.get(claim)
    return cases_of(found).filter(found.domain.contains)


@given(cases("loss-sign"))
def test_the_loss_is_positive_off_the_optimum(case: Case) -> None:
    assert_holds("loss-sign", case)


@given(cases("loss-upper"))
def test_the_loss_is_at_most_half_the_weighted_distance(case: Case) -> None:
    assert_holds("loss-upper", case)


@given(cases("loss-component-bound"))
def test_every_component_bounds_the_loss(case: Case) -> None:
    assert_holds("loss-component-bound", case)


@given(cases("loss-lower-certificate"))
def test_linear_and_quadratic_functions_certify_the_loss_from_below(case: Case) -> None:
    assert_holds("loss-lower-certificate", case)


@given(cases("stein-lower-bound"))
def test_stein_bounds_the_fisher_divergence_from_below(case: Case) -> None:
    assert_holds("stein-lower-bound", case)


@given(cases("responsibility-floor"))
def test_no_responsibility_vanishes(case: Case) -> None:
    assert_holds("responsibility-floor", case)


@given(cases("projection-lower-explicit"))
def test_the_projected_gradient_has_an_explicit_floor(case: Case) -> None:
    assert_holds("projection-lower-explicit", case)


def test_the_explicit_floor_is_sharp() -> None:
    """Two balanced components, one of small weight, close to the optimum: F/floor -> 1."""
    weight, size = Fraction(1, 10**6), Fraction(1, 1000)
    student = Mixture([-weight * size, (1 - weight) * size], [1 - weight, weight])
    radius = float((1 - weight) * size)
    floor = float(weight) ** 2 * radius**4 / (radius + 1) ** 2
    with ball(30).scope():
        fisher = float(population(student, arithmetic=ball(30)).fisher_divergence)
    assert fisher / floor == pytest.approx(1, abs=0.01)


@given(cases("projection-lower-paper"))
def test_the_papers_floor_holds_with_constant_one(case: Case) -> None:
    assert_holds("projection-lower-paper", case)


@given(cases("log-sobolev"))
def test_the_fisher_divergence_dominates_the_loss(case: Case) -> None:
    assert_holds("log-sobolev", case)


@given(cases("unique-stationary-point"))
def test_the_gradient_vanishes_at_the_optimum_only(case: Case) -> None:
    assert_holds("unique-stationary-point", case)


def test_the_gradient_vanishes_at_the_optimum() -> None:
    assert not population(Mixture([[0, 0], [0, 0]], [1, 2])).gradient.any()


@given(cases("lojasiewicz-paper"))
def test_the_squared_gradient_dominates_the_cube_of_the_loss(case: Case) -> None:
    assert_holds("lojasiewicz-paper", case)


@given(cases("lojasiewicz-paper-constant"))
def test_the_constant_of_that_domination_is_positive(case: Case) -> None:
    assert_holds("lojasiewicz-paper-constant", case)


@given(cases("lojasiewicz-sharp"))
def test_the_squared_gradient_seems_to_dominate_the_loss_to_the_three_halves(case: Case) -> None:
    assert_holds("lojasiewicz-sharp", case)
