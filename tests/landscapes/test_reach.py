"""How far beyond the truth a stationary mean can lie."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.special import ndtr

from theorycheck.landscapes.reach import overshoot


@pytest.mark.parametrize(
    ("inverse", "published"), [(1, 0.328733), (2, 0.664754), (3, 0.863219), (4, 1.004354)]
)
def test_the_published_values_are_met_and_never_undercut(inverse, published) -> None:
    """theory2.md and its review: .66475333, .86321889, 1.00435305, rounded up."""
    assert published - 1.1e-6 < overshoot(Fraction(1, inverse)) <= published + 1e-6


@pytest.mark.parametrize("weight", ["1", "9/10", "1/7", "1/1000", "1/10000000000"])
def test_it_is_beyond_the_root_and_next_to_it(weight) -> None:
    p = float(Fraction(weight))

    def difference(t: float) -> float:
        normal, decay = np.exp(-t * t / 2) / np.sqrt(2 * np.pi), np.exp(-t * t / 4)
        right = decay * (decay + t * np.sqrt(np.pi) * ndtr(t / np.sqrt(2))) / np.sqrt(8 * np.pi)
        return normal - t * ndtr(-t) - p * right

    t = overshoot(Fraction(weight))
    assert difference(t * (1 + 1e-6)) < 0 < difference(t * (1 - 1e-6))


def test_smaller_components_reach_farther() -> None:
    reaches = [overshoot(Fraction(1, n)) for n in (1, 2, 5, 100, 10**9)]
    assert reaches == sorted(reaches)
