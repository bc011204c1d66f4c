"""Estimates from random points above rank 5, with their standard errors."""

from __future__ import annotations

import numpy as np
import pytest

from theorycheck.expectations.population import SampledPopulation, population
from theorycheck.inputs.mixture import Mixture


def test_random_points_tell_their_error() -> None:
    """Above rank 5 an estimate with a standard error that covers the truth, reproducibly."""
    line = Mixture([[1, 0, 0, 0, 0, 0], [-1, 0, 0, 0, 0, 0]])
    full = Mixture(np.eye(7, 6))
    assert population(line).standard_error is None
    found, again = population(full), population(full)
    assert isinstance(found, SampledPopulation)
    assert found.loss == again.loss
    error = found.standard_error
    assert 0 < error.loss < 0.01 * found.loss
    assert abs((found.gradient * found.means).sum() - found.fisher_divergence) < 1e-3
    assert found.responsibilities.sum() == pytest.approx(1, abs=1e-12)
    # In the seven means one coordinate each: the responsibilities of the six are equal.
    six = found.responsibilities[:6]
    assert abs(six - six.mean()).max() <= 6 * error.responsibilities.max()


def test_random_points_vanish_at_the_optimum() -> None:
    """As the means shrink the estimates of loss and gradient go to 0 with the truth."""
    for size in (1e-3, 1e-6):
        at = population(Mixture(size * np.eye(7, 6)))
        assert 0 < at.loss < size**2
        assert abs(at.gradient).max() < size
        assert at.standard_error.loss < 0.1 * at.loss


def test_random_points_under_a_mixture_truth() -> None:
    """The standard errors of the parts add up."""
    truth = Mixture([[0.5] + [0.0] * 5, [-0.5] + [0.0] * 5])
    at = population(Mixture(np.eye(7, 6)), truth=truth)
    assert at.standard_error.gradient.shape == (7, 6)
    assert at.standard_error.loss > 0
