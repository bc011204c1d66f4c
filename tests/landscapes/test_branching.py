"""Branch and bound: nothing is dropped but what was excluded, or is left to theory."""

from __future__ import annotations

import math

import numpy as np
import pytest

from theorycheck.inputs.mixture import Mixture
from theorycheck.landscapes import branching
from theorycheck.landscapes.branching import explored, split
from theorycheck.landscapes.exclusion import Boxes
from theorycheck.landscapes.problem import Problem

GAUSSIAN = Problem(Mixture([0]), Mixture([0, 0]).weights, (-1.0,), (1.0,), (-0.125, 0.125))


def box(*ends: tuple[float, float]) -> Boxes:
    return Boxes(*(np.array([[pair[side] for pair in ends]]) for side in (0, 1)))


@pytest.mark.parametrize(
    ("ends", "is_left"),
    [
        (((-0.125, 0.125), (0.0, 0.1)), True),
        (((-0.126, 0.125), (0.0, 0.1)), False),
        (((0.0, 0.1), (0.1, 0.2)), False),
        (((0.0, 0.1), (0.5, 0.6)), False),
    ],
)
def test_only_boxes_within_the_range_are_left_to_theory(ends, is_left) -> None:
    left = branching._not_left_to_theory(GAUSSIAN, box(*ends))
    assert len(left) == (0 if is_left else 1)


def test_narrow_boxes_that_are_not_decided_stay_open() -> None:
    """Around the optimum of one Gaussian, without theory."""
    alone = Problem(Mixture([0]), Mixture([0, 0]).weights, (-1.0,), (1.0,))
    found = explored(alone, box((-0.01, 0.01), (-0.01, 0.01)), 1e-3, math.inf)
    assert len(found.open) > 0
    assert ((found.open.upper - found.open.lower) < 1e-3).all()
    assert ((found.open.lower <= 0).all(axis=1) & (found.open.upper >= 0).all(axis=1)).any()


def test_what_is_left_after_so_many_boxes_stays_open(monkeypatch) -> None:
    monkeypatch.setattr(branching, "MOST_BOXES", 1)
    found = explored(GAUSSIAN, box((-1.0, 1.0), (-1.0, 1.0)), 1e-3, math.inf)
    assert found.examined == 1
    assert len(found.open) == 2


def test_halves_cover_the_box_and_share_a_face() -> None:
    boxes = Boxes(np.array([[0.0, 0.0], [-1.0, 2.0]]), np.array([[1.0, 4.0], [2.0, 3.0]]))
    halves = split(boxes)
    assert len(halves) == 4
    assert halves.lower.tolist() == [[0, 0], [-1, 2], [0, 2], [0.5, 2]]
    assert halves.upper.tolist() == [[1, 2], [0.5, 3], [1, 4], [2, 3]]
