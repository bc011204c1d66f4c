"""Group H of theory.md: all stationary points of mixture truths on a line."""

from __future__ import annotations

import pytest

import theorycheck as tc
from theorycheck.testing import assert_holds, holds

SPURIOUS = tc.Mixture([-2, 2, 10])

test_a_mean_beyond_the_reach_of_the_truth_is_drawn_back = holds("stationary-hull")
test_the_indices_of_all_stationary_points_sum_to_one = holds("index-sum", max_examples=4)


def test_three_components_have_six_stationary_points_one_of_them_a_spurious_minimum() -> None:
    assert_holds("stationary-list", tc.Case(SPURIOUS, truth=SPURIOUS))
    land = tc.landscape(SPURIOUS, components=3)
    assert land.everywhere
    assert [float(point.loss) for point in land.minima] == pytest.approx([0, 1.14049380], abs=1e-8)


def test_a_symmetric_truth_has_no_spurious_minimum() -> None:
    truth = tc.Mixture([-4, 0, 4])
    assert_holds("no-spurious-minimum", tc.Case(truth, truth=truth))


def test_one_component_more_does_not_remove_the_spurious_minimum() -> None:
    stuck = tc.Mixture(["-.0076539", "9.6085957", "10.1720444", "10.1720444"])
    assert_holds("spurious-minimum-overparameterised", tc.Case(stuck, truth=SPURIOUS))


def test_one_gaussian_has_no_stationary_point_but_itself() -> None:
    land = tc.landscape(tc.Mixture([0]), components=3)
    assert land.everywhere
    assert [point.kind for point in land.points] == ["degenerate"]
