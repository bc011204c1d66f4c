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
