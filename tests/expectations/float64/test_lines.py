"""Many students on lines at once: the same as one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from theorycheck.expectations.float64.lines import line_gradients, line_moments, nearest_gradient
from theorycheck.expectations.float64.regimes import float_moments
from theorycheck.expectations.moments import Moments


def batch(n: int, *scales: float) -> tuple[Any, Any]:
    """Seven students at every scale, of generic means and weights."""
    rng = np.random.default_rng(n)
    means = np.concatenate([scale * rng.normal(size=(7, n)) for scale in scales])
    return means, rng.dirichlet(np.full(n, 2.0), size=len(means))


BATCHES = {
    "near": batch(3, 1e-9, 1e-3, 0.03, 0.2),
    "moderate": batch(3, 0.3, 0.6, 1, 2, 4),
    "sums that cancel": (
        np.array([[0.6, 0.1, -0.1], [0.9, 0, -0.05], [1.4, -0.1, 0], [1.5, -1.5, 0.01]]),
        np.array([[1, 49, 50], [3, 50, 47], [1, 49, 50], [1, 1, 98]]) / 100,
    ),
    "far": batch(3, 6, 9, 15, 20),
    "too far": batch(2, 50, 1e4),
    "many": batch(20, 0.1, 1, 5),
    "losses near 0": (
        np.array([[1, -1e-6, 0], [4, 0, 0]]),
        np.tile([1e-6, 0.3, 0.7 - 1e-6], (2, 1)),
    ),
    "small weights": (batch(3, 0.3, 2, 8)[0], np.tile([1e-12, 1e-3, 1 - 1e-3], (21, 1))),
}


@pytest.mark.long
@pytest.mark.parametrize("name", BATCHES)
def test_all_fields_of_all_students(name: str) -> None:
    c, weights = BATCHES[name]
    means = (weights * c).sum(axis=1)

    def alone(b: int) -> Moments:
        return float_moments(c[b, :, None], weights[b], lambda: means[b : b + 1])

    found = line_moments(c, weights, lambda some: means[some], alone)
    gradients = line_gradients(c, weights, alone)
    for b in range(len(c)):
        one = alone(b)
        for field, entries, exact in zip(Moments._fields, found, one, strict=True):
            assert np.shape(entries[b]) == np.shape(exact), field
            np.testing.assert_allclose(entries[b], exact, rtol=1e-11, atol=1e-280, err_msg=field)
        size = abs(one.gradient).max()
        np.testing.assert_allclose(gradients[b], one.gradient[:, 0], atol=1e-12 * size)


@pytest.mark.parametrize("size", [1e-30, 1e-3, 0.1, 0.37])
def test_the_gradient_alone_near_the_optimum(size: float) -> None:
    c, weights = size * np.array([1.0, -0.4, 0.3]), np.array([0.2, 0.5, 0.3])
    exact = float_moments(c[:, None], weights, lambda: np.array([weights.dot(c)]))
    found = nearest_gradient(c, weights)
    assert found is not None
    np.testing.assert_allclose(found, exact.gradient[:, 0], atol=1e-13 * size)


def test_farther_off_there_is_no_gradient_alone() -> None:
    assert nearest_gradient(np.array([0.4, -0.1]), np.array([0.5, 0.5])) is None


def test_a_mean_that_cancels_is_the_one_that_is_given() -> None:
    """Its rounding error is larger than the rest of the loss."""
    c, weights = 2.0**-60 * np.array([[7.0, 1, -3]]), np.array([[1 / 6, 1 / 3, 1 / 2]])
    zero = np.zeros(1)
    exact = float_moments(c.T, weights[0], lambda: zero)
    found = line_moments(c, weights, lambda some: zero[some], lambda _: exact)
    assert found.loss[0] == pytest.approx(exact.loss, rel=1e-12, abs=0)
    assert exact.loss < 1e-69


@pytest.mark.parametrize("name", ["near", "moderate", "sums that cancel", "far", "many"])
def test_hardly_any_is_left_to_be_summed_alone(name: str) -> None:
    """A group that fell back to sums one by one would still be right, and slow."""
    c, weights = BATCHES[name]
    means, left = (weights * c).sum(axis=1), []

    def alone(b: int) -> Moments:
        left.append(b)
        return float_moments(c[b, :, None], weights[b], lambda: means[b : b + 1])

    line_moments(c, weights, lambda some: means[some], alone)
    line_gradients(c, weights, alone)
    assert len(left) <= (0 if name == "sums that cancel" else 2)
