"""Explanations: the sides are those of the claim, and the entry is the one that decides."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import pytest

import theorycheck as tc
from theorycheck.statements.comparison import equal, proof_step
from theorycheck.statements.explanation import explain

PAIR = tc.Case(tc.Mixture([3, 0]), step_size=1, steps=5)


@tc.inequality("gradients", r"\\|\\nabla_i L\\|^2 \\le p_i/40")
def gradients(at: Any) -> Any:
    return tc.at_most(tc.squared_norms(at.gradient), at.responsibilities / 40)


@tc.inequality("fisher-falls", r"F(t+1) \\le F(t)")
def fisher_falls(at: Any, step_size: Any, steps: int) -> Any:
    fisher = at.path(step_size, steps).fisher_divergence
    return tc.at_most(fisher[1:], fisher[:-1])


@tc.inequality("in-steps", r"L \\le 3 W")
def in_steps(at: Any) -> Any:
    return [
        tc.at_most(at.loss, 3 * at.weighted_distance),
        proof_step(at.loss, at.weighted_distance / 100),
    ]


@tc.identity("wrong", r"L = W")
def wrong(at: Any) -> Any:
    return equal(at.loss, at.weighted_distance)


@tc.inequality("bare", r"W \\ge L")
def bare_margin(at: Any) -> Any:
    return at.weighted_distance - at.loss


@tc.implied_constant("floored", r"W \\ge c L", floor=1)
def floored(at: Any) -> Any:
    return at.weighted_distance / at.loss


def explained(claim: tc.Claim, case: tc.Case = PAIR) -> Any:
    found = explain(claim, case)
    assert found is not None
    return found


def test_the_sides_are_those_of_the_deciding_entry() -> None:
    """Of two components the light one fails: 0.0219 > 0.0986/40, and the other holds."""
    found = explained(gradients)
    view = tc.population(PAIR.mixture)
    assert found.entry == "i = 1"
    assert float(found.lower) == pytest.approx((view.gradient[0] ** 2).sum(), rel=1e-6)
    assert float(found.upper) == pytest.approx(view.responsibilities[0] / 40, rel=1e-6)
    assert float(found.difference) < 0


def test_sides_that_differ_are_shown_to_differ() -> None:
    """0.5 against 0.499999999, not 0.50000000 against 0.50000000; equal sides stay short."""

    @tc.inequality("by-a-hair", r"L \\le (1/2 - 10^{-9}) W")
    def by_a_hair(at: Any) -> Any:
        return tc.at_most(at.loss, (0.5 - 1e-9) * at.weighted_distance)

    one = tc.Case(tc.Mixture([1]))
    found = explained(by_a_hair, one)
    assert float(found.upper) == pytest.approx(0.5 - 1e-9, rel=1e-12)
    assert float(found.lower) == 0.5
    assert explained(tc.claims.get("loss-upper"), one).lower == "0.50000000"


def test_along_a_run_the_step_is_named() -> None:
    """F rises in the first three steps; the largest relative rise is that of the first."""
    found = explained(fisher_falls)
    run = tc.gradient_em(PAIR.mixture, 1, 5)
    rises = run.fisher_divergence[1:] / run.fisher_divergence[:-1]
    assert found.entry == f"t = {1 + int(rises.argmax())}"
    assert float(found.lower) == pytest.approx(run.fisher_divergence[1 + rises.argmax()], rel=1e-6)


def test_a_failing_step_of_the_argument_is_told_from_the_bound() -> None:
    """The first comparison holds, the second fails."""
    found = explained(in_steps)
    assert (found.comparison, found.comparisons, found.is_step) == (2, 2, True)


def test_an_entry_that_certainly_fails_goes_before_one_that_only_may() -> None:
    """The first margin is -0.5 with a radius of 1, the second -0.01 and certain."""

    @tc.inequality("two", r"x")
    def two(at: Any) -> Any:
        return tc.at_most(np.array([flint.arb(1, 1), flint.arb(1)]), np.array([0.5, 0.99]))

    assert explained(two).entry == "i = 2"


def test_the_precision_is_that_of_the_deciding_rung() -> None:
    """An equality is seen at 36 digits; an inequality at the first rung, with fewer."""
    assert explained(tc.claims.get("projection-identity")).digits == 36
    assert explained(gradients).digits < 36


def test_bare_margins_identities_and_constants() -> None:
    """Each has the relation, and the sides, that it has."""
    assert explained(bare_margin).lower is None
    assert (explained(wrong).relation, explained(wrong).upper) == ("=", "4.5000000")
    constant = explained(floored)
    assert (constant.relation, constant.upper) == (">=", "1.0000000")
    assert float(constant.lower) > 8


def test_the_case_is_shown_in_numbers() -> None:
    """Those of the population, in balls."""
    numbers = dict(explained(gradients).numbers)
    assert float(numbers["L"]) == pytest.approx(tc.population(PAIR.mixture).loss, rel=1e-7)
    assert numbers["W"] == "4.5000000"
    assert len(numbers["p_i"].split(", ")) == 2


def test_nothing_is_explained_where_no_ball_was_computed() -> None:
    """Where the claim's function raises, there are no sides."""

    @tc.inequality("raises", r"x")
    def raises(at: Any) -> Any:
        return at.nothing

    assert explain(raises, PAIR) is None


def test_explaining_changes_no_verdict() -> None:
    """The claim itself is left as it was."""
    before = gradients.check(PAIR)
    explain(gradients, PAIR)
    assert gradients.check(PAIR) == before
