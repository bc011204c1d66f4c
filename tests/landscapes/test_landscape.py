"""All stationary points of a truth, and nothing else."""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context

import numpy as np
import pytest

import theorycheck as tc
from helpers.newton import zero_near
from helpers.stationary_lists import LISTS, StationaryList
from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.errors import InvalidType, InvalidValue, TooExpensive
from theorycheck.landscapes import branching, exclusion, gathering, reach
from theorycheck.landscapes import landscape as landscape_module
from theorycheck.landscapes.landscape import Landscape
from theorycheck.landscapes.question import MAX_COMPONENTS
from theorycheck.landscapes.stationary import StationaryPoint

SPURIOUS = tc.Mixture([-2, 2, 10])


def means_of(point: StationaryPoint) -> list[float]:
    return [float(mean) for mean in point.means.ravel()]


def agrees(land: Landscape, expected: StationaryList) -> None:
    """The points are those of the list, in the same order, to the digits given."""
    assert [point.index for point in land.points] == [index for _, _, index in expected.points]
    for point, (means, loss, _) in zip(land.points, expected.points, strict=True):
        assert abs(float(point.loss) - loss) < 6e-9
        assert np.abs(np.array(means_of(point)) - means).max() < 6e-8
        assert max(float(mean.rad()) for mean in point.means.ravel()) < 1e-12
    assert land.complete
    assert land.everywhere
    assert land.index_sum == 1
    assert land.unresolved == ()


@pytest.mark.parametrize("name", [name for name, one in LISTS.items() if len(one.points) < 10])
def test_the_lists_of_the_theory_are_found_and_complete(name) -> None:
    expected = LISTS[name]
    agrees(tc.landscape(tc.Mixture(expected.truth), components=expected.components), expected)


@pytest.mark.slow
def test_one_component_more_does_not_remove_the_spurious_minimum() -> None:
    """Eighteen points, four minima; the last is bad."""
    expected = LISTS["(-2, 2, 10), n = 4"]
    land = tc.landscape(SPURIOUS, components=4, low=-9, high=16)
    agrees(land, expected)
    assert [round(float(point.loss), 5) for point in land.minima] == [
        0.05031,
        0.05033,
        0.05663,
        1.29255,
    ]


@pytest.mark.parametrize("high", [8, 4, "5/2", 2.0])
def test_points_on_the_faces_of_boxes_are_not_lost(high) -> None:
    """(0, 0) and (-2, 2) lie on planes along which a symmetric box is split, or on its border."""
    land = tc.landscape(tc.Mixture([-2, 2]), components=2, low=-tc_number(high), high=high)
    assert np.abs(np.array(list(map(means_of, land.points))) - [[-2, 2], [0, 0]]).max() < 1e-15
    assert land.complete


def tc_number(value: object) -> object:
    from theorycheck.inputs.numbers import exact

    return exact(value, "value")


def test_a_box_that_holds_part_of_them_is_complete_but_not_everywhere() -> None:
    land = tc.landscape(tc.Mixture([-2, 2]), components=2, low=-1, high=1)
    (saddle,) = land.points
    assert np.abs(means_of(saddle)).max() < 1e-15
    assert land.complete
    assert not land.everywhere
    assert land.index_sum is None


@pytest.mark.parametrize(
    ("weights", "low", "high"),
    [([1, 1], -3, 1), ([1, 1], -1, 3), ([9, 1], "-2.6", "2.6")],
    ids=["above", "below", "of the light component alone"],
)
def test_a_box_that_cuts_the_reach_at_one_end_is_not_everywhere(weights, low, high) -> None:
    land = tc.landscape(tc.Mixture([-2, 2]), weights=weights, low=low, high=high)
    assert land.complete
    assert not land.everywhere
    assert land.index_sum is None


def test_a_point_that_can_not_be_certified_leaves_its_box_open(monkeypatch) -> None:
    monkeypatch.setattr(gathering, "certified_in", lambda *_: None)
    land = tc.landscape(tc.Mixture([-2, 2]), components=2)
    assert land.points == ()
    assert not land.complete
    assert len(land.unresolved) == 2


def test_a_certified_point_elsewhere_is_not_that_of_the_box(monkeypatch) -> None:
    """Newton's method may lead away from a box: what it finds then says nothing about the box."""
    truth = tc.Mixture([-2, 2])
    monkeypatch.setattr(
        gathering, "certified_in", lambda *_: gathering.stationary_point(truth, truth)
    )
    land = tc.landscape(truth, components=2)
    assert [means_of(point) for point in land.points] == [[-2, 2]]
    assert not land.complete
    assert len(land.unresolved) == 1


@pytest.mark.parametrize("low", [0, "-1/1024"])
def test_far_from_the_origin_no_point_is_lost(low) -> None:
    """With rounded nodes the box was called complete, and its one stationary point was missing."""
    place, side = 10**11, Fraction("5/3")
    truth = tc.Mixture([place - side, place + side])
    start = place + Fraction(low)
    with pytest.raises(InvalidValue, match="translate the truth"):
        tc.landscape(truth, components=1, low=start, high=start + Fraction("1/1024"))


def test_beyond_the_reach_of_the_truth_there_is_nothing() -> None:
    land = tc.landscape(tc.Mixture([-2, 2]), components=2, low=5, high=9)
    assert (land.points, land.complete, land.everywhere) == ((), True, False)


@pytest.mark.parametrize("components", [2, 3])
def test_for_one_gaussian_the_optimum_is_all_there_is(components) -> None:
    land = tc.landscape(tc.Mixture([0]), components=components)
    (optimum,) = land.points
    assert means_of(optimum) == [0] * components
    assert (optimum.kind, float(optimum.loss)) == ("degenerate", 0)
    assert optimum.eigenvalues[-1].overlaps(tc.ball(10).scalar(tc_number(f"1/{components}")))
    assert land.everywhere
    assert "within 0.125" in land.note


def test_one_component_for_one_gaussian_has_one_minimum_and_needs_no_theory() -> None:
    land = tc.landscape(tc.Mixture([0]), components=1)
    assert [point.kind for point in land.points] == ["minimum"]
    assert (land.everywhere, land.index_sum, land.note) == (True, 1, "")


def test_one_gaussian_given_twice_is_one_and_a_degenerate_point_has_no_index() -> None:
    land = tc.landscape(tc.Mixture([1, 1]), components=2)
    assert land.everywhere
    assert land.index_sum is None


def test_the_optimum_of_one_gaussian_is_not_in_a_box_elsewhere() -> None:
    land = tc.landscape(tc.Mixture([0]), components=2, low="1/4", high=4)
    assert (land.points, land.complete, land.everywhere) == ((), True, False)


@pytest.mark.long
def test_an_exact_fit_with_a_component_too_many_is_left_open_and_named() -> None:
    """Weights 1/4, 1/4, 1/2 fit (-2, 2) exactly: a degenerate minimum that no box isolates."""
    land = tc.landscape(tc.Mixture([-2, 2]), weights=[1, 1, 2], time_limit=60)
    assert not land.complete
    assert len(land.points) == 6
    assert "(-2, -2, 2)" in land.note
    assert all(max(abs(abs(a) - 2) for a in side) < 0.01 for box in land.unresolved for side in box)


def test_unequal_weights_and_a_minimum_outside_of_the_hull() -> None:
    """theory2.md, control of stationary-hull: the convex hull itself would miss a minimum."""
    truth = tc.Mixture(["1.49", "-.3077"], [".2155", ".7845"])
    land = tc.landscape(truth, weights=[".9377", ".0623"])
    assert land.everywhere
    assert [point.kind for point in land.points] == ["minimum", "minimum", "saddle"]
    assert np.abs(np.array(means_of(land.points[1])) - [0.20006, -1.47622]).max() < 1e-5


@pytest.mark.long
def test_newtons_method_finds_no_point_that_is_missing() -> None:
    """From 200 starts, near the truth and far: every zero of the gradient lies in a ball."""
    truth = tc.Mixture([-3, 0, 4], [1, 2, 2])
    weights = tc.Mixture([0, 0, 0], [1, 2, 3]).weights
    land = tc.landscape(truth, weights=weights)
    assert land.everywhere
    found = np.array([means_of(point) for point in land.points])

    def slope(means):
        return tc.population(
            tc.Mixture(means.tolist(), weights), truth=truth, arithmetic=FLOAT64
        ).gradient.ravel()

    random, hits = np.random.default_rng(1), 0
    for _ in range(200):
        point = zero_near(slope, random.uniform(-4, 5, 3))
        if point is not None:
            hits += 1
            assert np.abs(found - point).max(axis=1).min() < 1e-6
    assert hits > 20


@pytest.mark.long
def test_any_number_of_workers_gives_the_same() -> None:
    alone = tc.landscape(tc.Mixture([-2, 2]), components=3)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        together = tc.landscape(tc.Mixture([-2, 2]), components=3, executor=executor)
    assert together.boxes == alone.boxes
    for one, other in zip(alone.points, together.points, strict=True):
        assert one.mixture == other.mixture


def test_a_limit_of_time_leaves_boxes_open() -> None:
    land = tc.landscape(SPURIOUS, components=4, time_limit=0.0)
    assert not land.complete
    assert len(land.unresolved) >= 1
    assert land.index_sum is None


def test_a_regular_minimum_in_an_open_box_is_not_called_singular() -> None:
    land = tc.landscape(tc.Mixture([-2, 2]), components=2, time_limit=0.0)
    assert not land.complete
    assert land.note == ""


def test_the_box_searched_is_no_narrower_than_the_one_asked_for() -> None:
    for value in (Fraction(1, 3), Fraction(-1, 3), Fraction(1, 10), Fraction(2)):
        below, above = reach.below(value), reach.above(value)
        assert Fraction(below) <= value <= Fraction(above)
        assert above <= math.nextafter(below, math.inf)


@pytest.mark.parametrize("gap", ["1e-3", "1e-6", "1e-12"])
def test_a_point_just_outside_of_the_box_is_not_reported(gap) -> None:
    """A grown box isolates it; (0, 0) is not in the box, but as near to it as this."""
    land = tc.landscape(tc.Mixture([-2, 2]), components=2, low=-1, high=-Fraction(gap))
    assert land.complete
    assert land.points == ()


def _without_the_last(boxes: exclusion.Boxes) -> exclusion.Boxes:
    return _SPLIT(boxes).at(slice(0, -1))


_SPLIT = branching.split


def test_a_lost_box_is_seen(monkeypatch) -> None:
    """The lists are a test of completeness: here the index sum alone would not notice."""
    monkeypatch.setattr(branching, "split", _without_the_last)
    with pytest.raises(AssertionError):
        agrees(tc.landscape(tc.Mixture([-2, 2]), components=3), LISTS["(-2, 2), n = 3"])


def test_a_missing_point_is_seen_in_the_index_sum(monkeypatch) -> None:
    """A landscape whose points do not sum to 1 is never called complete."""
    monkeypatch.setattr(landscape_module, "_may_lie_between", lambda point, *_: point.index == 0)
    land = tc.landscape(tc.Mixture([-2, 2]), components=3)
    assert land.index_sum == 12
    assert not land.complete
    assert not land.everywhere


def test_boxes_that_are_not_grown_lose_points_on_faces(monkeypatch) -> None:
    """Without growth a point on a common face stays open: never is it lost silently."""
    monkeypatch.setattr(exclusion, "_grown", lambda problem, boxes: boxes)
    land = tc.landscape(tc.Mixture([-2, 2]), components=2, low=-8, high=8)
    assert not land.complete


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"components": 0}, "components is 0"),
        ({"components": 60}, f"at most {MAX_COMPONENTS}"),
        ({}, "components is None"),
        ({"components": 2, "weights": [1, 2, 3]}, "weights has 3 entries"),
        ({"components": 2, "low": 3, "high": 3}, "low is 3; it must be less than high, which is 3"),
        ({"components": 2, "low": 3}, "high is None"),
        ({"components": 2, "low": math.nan, "high": 3}, "low"),
        ({"components": 2, "time_limit": -1}, "time_limit is -1"),
        ({"components": 2, "time_limit": math.nan}, "time_limit is nan"),
    ],
)
def test_bad_input_is_named(arguments, words) -> None:
    with pytest.raises(InvalidValue, match=words):
        tc.landscape(SPURIOUS, **arguments)


def test_what_is_no_truth_is_refused() -> None:
    with pytest.raises(InvalidType, match="truth is"):
        tc.landscape([-2, 2], components=2)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="dimension 7"):
        tc.landscape(tc.Mixture([[0] * 7]), components=2)
    with pytest.raises(TooExpensive):
        tc.landscape(tc.Mixture([0, 10_000]), components=2)
    with pytest.raises(InvalidType, match="executor is 3"):
        tc.landscape(SPURIOUS, components=2, executor=3)  # type: ignore[arg-type]
    with pytest.raises(InvalidType, match="time_limit is '3'"):
        tc.landscape(SPURIOUS, components=2, time_limit="3")  # type: ignore[arg-type]


def test_weights_that_no_double_holds_ask_for_too_much() -> None:
    """A component of weight 10^-400 can be stationary 60 away from the truth."""
    with pytest.raises(TooExpensive, match="nodes"):
        tc.landscape(tc.Mixture([-1, 1]), weights=[1, Fraction(1, 10**400)])
