"""Regions, and their files."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import theorycheck as tc
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region

FULL = Region(
    components=2,
    dimension=2,
    means=((-2, 2), ("-1/3", 0.5)),
    weights=("1/5", "4/5"),
    step_size=("1/10", "19/10"),
    spread_at_least="1/4",
    radius_at_least="1/2",
)


def test_a_region_survives_json_exactly() -> None:
    assert tc.Region is Region
    assert Region.from_json(FULL.to_json()) == FULL
    assert FULL.means == ((-2, 2), (Fraction(-1, 3), Fraction(1, 2)))
    assert Region.from_dict({"components": 3}) == Region(components=3)
    assert FULL.to_dict()["weights"] == ["1/5", "4/5"]  # one range for all is written once


def test_one_range_serves_all_means() -> None:
    assert Region(3, means=[0, 1]) == Region(3, means=[[0, 1]] * 3)


@pytest.mark.parametrize(
    ("means", "weights", "inside"),
    [
        ([[2, -2], [0, 0]], [1, 4], True),
        ([[2, -2], [0, 0]], [1, 5], False),
        ([[2, "-2.0001"], [0, 0]], [1, 1], False),
        ([[0, 0], ["1/2", 0]], [1, 1], True),
        ([["1/3", 0], ["1/3", 0]], [1, 1], False),  # no spread, and too near 0
        ([["1/2", 0], ["1/2", 0]], [1, 1], False),  # no spread
        ([["1/5", 0], ["-1/5", 0]], [1, 1], False),  # spread 2/5, radius 1/5
        ([["1/4", 0], ["1/2", 0]], [1, 1], True),  # both at their least
    ],
)
def test_contains_is_exact(means: Any, weights: Any, inside: bool) -> None:
    assert FULL.contains(Case(Mixture(means, weights), step_size=1)) is inside


def test_contains_looks_at_everything() -> None:
    mixture = Mixture([[2, -2], [0, 0]])
    assert FULL.contains(mixture)
    assert not FULL.contains(Case(mixture, step_size=2))
    assert not FULL.contains(Case(mixture, truth=mixture))
    assert not FULL.contains(Mixture([1, 0]))
    assert not FULL.contains(Mixture([[1, 0]]))
    assert Region(1).contains(Mixture([[1]]))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"components": 0}, InvalidValue, "components"),
        ({"components": 2.5}, InvalidType, "components"),
        ({"dimension": 0}, InvalidValue, "dimension"),
        ({"means": 3}, InvalidType, "means"),
        ({"means": (1, 2, 3)}, InvalidValue, "means has 3 entries"),
        ({"means": ((1, 2), (0, 1), (0, 1))}, InvalidValue, "means has 3 ranges"),
        ({"means": ((1, 2), (1, 0))}, InvalidValue, "means[1]"),
        ({"means": ((1, 2), 3)}, InvalidType, "means[1]"),
        ({"means": ("a", 1)}, InvalidValue, "means[0]"),
        ({"weights": (0, 1)}, InvalidValue, "weights[0]"),
        ({"weights": ("1/2", 2)}, InvalidValue, "weights[0]"),
        ({"weights": ("2/3", 1)}, InvalidValue, "no mixture"),
        ({"weights": ("1/5", "2/5")}, InvalidValue, "no mixture"),
        ({"step_size": (0, 1)}, InvalidValue, "step_size"),
        ({"step_size": 1}, InvalidType, "step_size"),
        ({"spread_at_least": 0}, InvalidValue, "spread_at_least"),
        ({"radius_at_least": -1}, InvalidValue, "radius_at_least"),
        ({"radius": 1}, InvalidValue, "unknown key 'radius'"),
        ({"dimension": "all"}, InvalidValue, "dimension is"),
        ({"radius_at_most": 0}, InvalidValue, "radius_at_most"),
        ({"radius_at_most": 1, "radius_at_least": 2}, InvalidValue, "no mixture has both"),
        ({"energy_at_most": 0}, InvalidValue, "energy_at_most"),
        ({"energy_at_most": 1, "radius_at_least": "5/4"}, InvalidValue, "as U >= R^2"),
        ({"s": (-1, 1)}, InvalidValue, "s begins at"),
        ({"x": 1}, InvalidType, "x"),
        ({"target": ((1, 2), 3)}, InvalidType, "target[1]"),
        ({"direction": (2, 1)}, InvalidValue, "direction"),
    ],
)
def test_nonsense_is_refused_by_name(given: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        Region.from_dict({"components": 2, **given})
    assert words in str(caught.value)


def test_a_region_file_is_read_or_refused(tmp_path: Any) -> None:
    file = tmp_path / "region.json"
    file.write_text(FULL.to_json())
    assert Region.from_file(file) == FULL
    with pytest.raises(InvalidValue, match="region file"):
        Region.from_file(tmp_path / "none.json")
    with pytest.raises(InvalidValue, match="components"):
        Region.from_json("{}")
    with pytest.raises(InvalidType, match="region"):
        Region.from_json("[]")


def test_a_region_in_words() -> None:
    assert FULL.in_words() == (
        "n = 2, d = 2, means in [-2, 2] x [-1/3, 1/2], weights in [1/5, 4/5], "
        "step size in [1/10, 19/10], spread >= 1/4, R >= 1/2"
    )


BALL = Region(
    2,
    dimension="any",
    radius_at_most=2,
    x=(-1, 1),
    direction=(1, 2),
    target=((0, 1), (-1, 0)),
    s=(0, 3),
)


def test_a_region_of_any_dimension() -> None:
    assert Region.from_json(BALL.to_json()) == BALL
    assert BALL.in_words() == (
        "n = 2, any d, target in [0, 1] x [-1, 0], s in [0, 3], x in [-1, 1], "
        "direction in [1, 2], R <= 2"
    )
    assert BALL.contains(Mixture([2, -2]))
    assert BALL.contains(Mixture([["6/5", "8/5", 0], [0, 0, 0]]))
    assert not BALL.contains(Mixture([["6/5", "1.6001"], [0, 0]]))
    assert not BALL.contains(Mixture([1, 2, -1]))


def test_a_region_of_bounded_energy() -> None:
    region = Region(2, dimension="any", energy_at_most="5/4", radius_at_least="1/4")
    assert Region.from_json(region.to_json()) == region
    assert region.in_words() == "n = 2, any d, R >= 1/4, U <= 5/4"
    assert region.contains(Mixture([[1, 0], [0, "1/2"]]))
    assert not region.contains(Mixture([[1, 0], ["1/1000", "1/2"]]))


def test_contains_looks_at_all_inputs() -> None:
    mixture = Mixture([[1, 1], [0, 0]])
    inside = {"x": [1, -1], "direction": [1, 2], "target": [[0, 1], [-1, 0]], "s": 3}
    assert BALL.contains(Case(mixture, **inside))
    outside = {"x": [1, 2], "direction": [0, 1], "target": [[0, 1], [1, 0]], "s": 4}
    for name, value in outside.items():
        assert not BALL.contains(Case(mixture, **(inside | {name: value}))), name
