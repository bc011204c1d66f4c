"""Errors that balls cause say what to write instead."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import theorycheck as tc

CASE = tc.Case(tc.Mixture([[1, 2], [0, 1]]))


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda at: np.linalg.norm(at.gradient, axis=1), "tc.squared_norms"),
        (lambda at: Fraction(1, 2) * at.loss, "at.number"),
        (lambda at: np.cbrt(at.gradient), "tc.largest"),
        (lambda at: "a" + 1, ""),
    ],
)
def test_what_to_write_instead(function: Any, told: str) -> None:
    """In the words of a claim; an error of another kind gets no advice."""
    verdict = tc.inequality("advised", "x")(lambda at: function(at)).check(CASE)
    assert isinstance(verdict, tc.Undecided)
    assert told in verdict.reason
    assert ("; " in verdict.reason) == bool(told)


def test_sides_of_different_shapes_are_no_statement() -> None:
    """(n,) against (n, 1) would be every pair; a number goes with any array."""
    wrong = tc.inequality("pairs", "x")(lambda at: tc.at_most(at.weights, at.means))
    verdict = wrong.check(tc.Case(tc.Mixture([1, -1])))
    assert isinstance(verdict, tc.Undecided)
    assert "the sides have shapes (2,) and (2, 1); compare numbers, or" in verdict.reason
    right = tc.inequality("all", "x")(lambda at: tc.at_most(at.weights, 1))
    assert isinstance(right.check(CASE), tc.Holds)


def test_a_bad_argument_of_the_claim_costs_a_case_and_not_the_run() -> None:
    """It is told like any other error, with the line."""
    wrong = tc.inequality("other", "x")(lambda at: at.other(tc.Mixture([1], [-1])).loss)
    verdict = wrong.check(CASE)
    assert isinstance(verdict, tc.Undecided)
    assert "test_advice.py, line" in verdict.reason
    assert "InvalidValue: weights[0] is '-1'" in verdict.reason
