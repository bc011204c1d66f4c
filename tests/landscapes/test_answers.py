"""The answer of `theorycheck landscape`: honest numbers, and no word too many."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import flint
import pytest

import theorycheck as tc
from theorycheck.landscapes.answers import (
    landscape_answer,
    means_text,
    scope_in_words,
    unresolved_in_words,
)


@pytest.fixture(scope="module")
def found() -> tc.Landscape:
    return tc.landscape(tc.Mixture([-2, 2, 10]), 3)


@pytest.fixture(scope="module")
def answer(found: tc.Landscape) -> dict[str, Any]:
    return landscape_answer(found, 1.5)


def test_the_numbers_are_as_near_as_they_say(found: tc.Landscape, answer: dict[str, Any]) -> None:
    """Means, loss and eigenvalues lie within the stated radii of what the balls hold."""
    with tc.ball(60).scope():
        for point, data in zip(found.points, answer["points"], strict=True):
            for ball, (number,) in zip(point.means.ravel(), data["means"], strict=True):
                assert abs(ball - flint.arb(number)) <= flint.arb(data["radius"])
            for ball, number in zip(point.eigenvalues, data["eigenvalues"], strict=True):
                assert abs(ball - flint.arb(number)) <= flint.arb(data["eigenvalue_radius"])
            assert flint.arb(data["loss_lower"]) <= point.loss or data["loss_lower"] == 0
            assert point.loss <= flint.arb(data["loss_upper"])
            assert data["loss_lower"] <= data["loss"] <= data["loss_upper"]
            assert data["radius"] < 1e-14
            assert data["eigenvalue_radius"] < 1e-12


def test_means_that_are_equal_are_equal_numbers(answer: dict[str, Any]) -> None:
    """By symmetry: two of the second and fourth point, all of the last, none of the first."""
    different = [len({mean for (mean,) in point["means"]}) for point in answer["points"]]
    assert different == [3, 2, 3, 2, 3, 1]


def test_equal_means_and_zeros_survive_noise(found: tc.Landscape) -> None:
    """Balls whose midpoints differ in the last digit, and one about 0 with its midpoint below."""
    point = found.points[3]
    noise = [[flint.arb(k * 4e-15, 1e-14)] for k in range(3)]
    noisy = replace(point, means=point.means + noise, loss=flint.arb(-1e-40, 1e-39))
    (data,) = landscape_answer(replace(found, points=(noisy,)), 0)["points"]
    assert data["means"][1] == data["means"][2] != data["means"][0]
    assert data["radius"] > 8e-15
    assert (data["loss"], data["loss_lower"]) == (0, 0)


def test_the_headline_and_the_spurious_minimum(answer: dict[str, Any]) -> None:
    assert answer["sentence"] == (
        "complete: 6 stationary points, 2 minima; the second has loss 1.1405: a spurious minimum"
    )
    assert answer["spurious"] == [2]
    assert "outside of [-2.8633, 10.8633] is not stationary" in scope_in_words(answer)


def test_it_is_json_without_infinities_or_signed_zeros(answer: dict[str, Any]) -> None:
    text = json.dumps(answer, allow_nan=False)
    assert "-0.0," not in text
    assert json.loads(text) == answer
    assert answer["points"][0]["loss"] == 0


def test_a_minimum_is_spurious_if_an_open_box_has_less_loss(found: tc.Landscape) -> None:
    """Also where the better point could not be isolated; an open box far up tells nothing."""
    worse = found.points[2]
    near = (((-2.001, 1.999, 9.999), (-1.999, 2.001, 10.001)),)
    far = (((3.0, 3.0, 3.0), (3.5, 3.5, 3.5)),)
    for boxes, expected in ((near, [0]), (far, []), ((), [])):
        left = replace(found, points=(worse,), unresolved=boxes, complete=False, everywhere=False)
        said = landscape_answer(left, 0)
        assert said["spurious"] == expected
        assert "global" not in said["sentence"]
        assert said["sentence"].startswith("not complete: 1 stationary point found, 1 minimum")
        assert "open boxes" in scope_in_words(said) or not boxes


def test_open_boxes_come_with_their_size_the_widest_first() -> None:
    boxes = [[[0.0, 1.0], [0.5, 1.5]], [[2.0, 3.0], [4.0, 3.25]]]
    told = unresolved_in_words({"unresolved": boxes})
    assert told == ["width 2: [2, 4] x [3, 3.25]", "width 0.5: [0, 0.5] x [1, 1.5]"]


def test_in_a_box_nothing_is_said_of_the_outside() -> None:
    """Nor that a minimum is the global one."""
    found = landscape_answer(tc.landscape(tc.Mixture([-2, 2]), 2, low="-9/4", high=3), 0)
    assert found["complete"]
    assert not found["everywhere"]
    assert found["sentence"] == (
        "complete between -2.25 and 3: 2 stationary points, 1 minimum: loss 0"
    )
    assert "outside there may be other stationary points" in scope_in_words(found)
    assert found["index_sum"] is None


def test_two_minima_of_equal_loss_are_not_ranked() -> None:
    """They are mirror images; neither is called spurious or global."""
    found = landscape_answer(tc.landscape(tc.Mixture([-2, 2]), 3), 0)
    assert found["spurious"] == []
    assert "2 minima whose losses agree: 0.049442" in found["sentence"]


def test_the_optimum_of_one_gaussian_is_degenerate() -> None:
    found = landscape_answer(tc.landscape(tc.Mixture([0]), 2), 0)
    assert found["sentence"] == "complete: 1 stationary point, degenerate, with loss 0"
    assert found["points"][0]["radius"] == 0


def test_no_sign_before_zero() -> None:
    assert means_text({"means": [[-1e-9], [0.25]]}) == "(0.0000000, 0.2500000)"
    assert math.copysign(1, float(means_text({"means": [[-0.0]]})[1:-1])) == 1
