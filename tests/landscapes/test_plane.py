"""Truths that span the plane: all stationary points in a box, and everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest

import theorycheck as tc
from helpers.newton import zero_near
from theorycheck.expectations.population import population
from theorycheck.inputs.numbers import Floats
from theorycheck.landscapes.exclusion import Boxes, ordered
from theorycheck.landscapes.problem import Problem
from theorycheck.landscapes.reach import _share, reach

TRIANGLE = tc.Mixture([[0, 0], [4, 0], [1, 3]])


def means_of(point: tc.StationaryPoint) -> Floats:
    return np.array([float(entry) for entry in point.means.ravel()])


def test_one_mean_has_the_centre_alone() -> None:
    land = tc.landscape(tc.Mixture([[0, 0], [4, 0], [1, 3]], [1, 2, 3]), components=1)
    (minimum,) = land.points
    assert (land.everywhere, land.index_sum, minimum.kind) == (True, 1, "minimum")
    assert np.abs(means_of(minimum) - [11 / 6, 3 / 2]).max() < 1e-12
    assert max(float(mean.rad()) for mean in minimum.means.ravel()) < 1e-12
    assert [float(value) for value in minimum.eigenvalues] == pytest.approx([1, 1], abs=1e-7)


def test_equal_means_are_a_regular_saddle_in_a_box_around_the_centre() -> None:
    """The Hessian in the difference of the means is minus their covariance, over 4."""
    land = tc.landscape(TRIANGLE, components=2, low="0.9", high="1.9")
    assert land.complete
    assert not land.everywhere
    (saddle,) = land.points
    assert np.abs(means_of(saddle) - [5 / 3, 1, 5 / 3, 1]).max() < 1e-12
    assert (saddle.kind, saddle.index) == ("saddle", 2)
    covariance = np.cov(np.array(TRIANGLE.means, dtype=float).T, bias=True)
    expected = [*(-np.linalg.eigvalsh(covariance)[::-1] / 2), 0.5, 0.5]
    assert [float(value) for value in saddle.eigenvalues] == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_two_means_have_three_points_and_newtons_method_finds_no_other() -> None:
    """From 150 starts: every zero of the gradient lies in a ball."""
    land = tc.landscape(TRIANGLE, components=2)
    assert land.everywhere
    assert [point.index for point in land.points] == [0, 1, 2]
    assert [float(point.loss) for point in land.points] == pytest.approx(
        [0.50367367, 1.15725354, 1.50156832], abs=1e-8
    )
    assert max(float(mean.rad()) for point in land.points for mean in point.means.ravel()) < 1e-12
    found = np.array([means_of(point) for point in land.points])
    orders = np.concatenate([found, found[:, [2, 3, 0, 1]]])
    random, hits = np.random.default_rng(1), 0
    for _ in range(150):
        point = zero_near(_slope, random.uniform(-1, 5, 4))
        if point is not None:
            hits += 1
            assert np.abs(orders - point).max(axis=1).min() < 1e-6
    assert hits > 20


def _slope(c: Floats) -> Floats:
    found: Floats = population(tc.Mixture(c.reshape(-1, 2).tolist()), truth=TRIANGLE).gradient
    return found.ravel()


def test_a_search_without_time_says_what_is_open() -> None:
    land = tc.landscape(TRIANGLE, components=3, time_limit=0.0)
    assert not land.complete
    assert all(len(lower) == 6 for lower, _ in land.unresolved)


def test_a_mean_at_the_border_of_the_reach_is_drawn_back() -> None:
    """Lemma R, at places beyond an edge or a corner; the other means anywhere."""
    random = np.random.default_rng(7)
    for _ in range(60):
        centres = random.uniform(-2, 2, (3, 2)).round(2)
        truth = tc.Mixture(centres.tolist(), random.uniform(0.2, 1, 3).round(2).tolist())
        n = int(random.integers(1, 4))
        weights = tc.Mixture([0] * n, random.uniform(0.1, 1, n).round(2).tolist()).weights
        upper = reach(truth, weights).upper.reshape(n, 2)
        beyond = upper[0, 0] - centres[:, 0].max()
        outer, axis = centres[centres[:, 0].argmax()], np.array([1.0, 0.0])
        means = random.uniform(-4, 4, (n, 2))
        means[0] = outer + beyond * axis
        gradient = population(tc.Mixture(means.tolist(), weights), truth=truth).gradient
        assert gradient[0] @ axis > 0


def test_the_share_of_lemma_r_is_that_of_the_worst_edge() -> None:
    """Weights of equal means add up; a mean inside of the hull has no edge."""
    root = math.sqrt(2)
    assert _share(TRIANGLE) == pytest.approx(math.exp(-18 / 16) / 3 / root, rel=1e-12)
    light = tc.Mixture([[0, 0], [4, 0], [1, 3]], [1, 1, 2])
    assert _share(light) == pytest.approx(math.exp(-18 / 16) / 4 / root, rel=1e-12)
    doubled = tc.Mixture([[0, 0], [4, 0], [1, 3], [4, 0], [1, 1]], [2, 1, 2, 1, "0.01"])
    assert _share(doubled) == pytest.approx(2 / 6.01 * math.exp(-18 / 16) / root, rel=1e-12)


def test_first_coordinates_increase_among_equal_weights() -> None:
    weights = tc.Mixture([0, 0, 0], [1, 2, 1]).weights
    problem = Problem(TRIANGLE, weights, (-2.0, -2.0), (6.0, 5.0))
    boxes = Boxes(np.zeros((1, 6)), np.array([[3.0, 1.0, 9.0, 1.0, 2.0, 1.0]]))
    lower, upper = ordered(problem, boxes)
    assert lower.tolist() == [[0.0] * 6]
    assert upper.tolist() == [[2.0, 1.0, 9.0, 1.0, 2.0, 1.0]]
    behind = Boxes(np.array([[1.0, 0, 0, 0, 0, 0]]), np.array([[2.0, 1, 1, 1, 0.5, 1]]))
    assert len(ordered(problem, behind)) == 0


def test_the_reach_is_longer_for_light_components_and_long_edges() -> None:
    def beyond(truth: tc.Mixture, weights: list[int]) -> float:
        box = reach(truth, tc.Mixture([0] * len(weights), weights).weights)
        return float(-box.lower[0, 0])

    near, far = (tc.Mixture([[0, 0], [side, 0], [0, side]]) for side in (1, 6))
    assert beyond(near, [1, 1]) < beyond(near, [1, 9])
    assert beyond(near, [1, 1]) < beyond(far, [1, 1])
    inside = tc.Mixture([[0, 0], [6, 0], [0, 6], [2, 2]], [3, 3, 3, "0.001"])
    assert beyond(inside, [1, 1]) == pytest.approx(beyond(far, [1, 1]), abs=1e-3)
