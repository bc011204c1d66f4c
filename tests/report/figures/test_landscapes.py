"""Figures of a landscape: densities, ways down from saddles, and basins."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import theorycheck as tc
from theorycheck.landscapes.answers import landscape_answer
from theorycheck.report.figures import landscapes
from theorycheck.report.svg.lines import curves


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    """Truth (-2, 2, 10), three components: two minima, three saddles of index 1, one of index 2."""
    return landscape_answer(tc.landscape(tc.Mixture([-2, 2, 10]), 3), 0)


@pytest.fixture(scope="module")
def pairs(answer: dict[str, Any]) -> list[tuple[landscapes.Descent, landscapes.Descent]]:
    return landscapes.descents(answer)


@pytest.mark.long
def test_each_point_has_its_density_beside_the_truth(answer: dict[str, Any]) -> None:
    """Both are densities, and at the global minimum they agree."""
    figures = [figure.to_dict() for figure in landscapes.densities(answer)]
    assert len(figures) == 6
    for figure in figures:
        student, truth, means = figure["series"]
        for curve in (student, truth):
            assert np.trapezoid(curve["y"], curve["x"]) == pytest.approx(1, abs=1e-3)
        assert len(means["x"]) == 3
    student, truth, _ = figures[0]["series"]
    assert student["y"] == pytest.approx(truth["y"], abs=1e-6)
    assert [figure["title"].partition(": ")[2] for figure in figures] == [
        "global minimum",
        "saddle of index 1",
        "spurious minimum",
        "saddle of index 1",
        "saddle of index 1",
        "saddle of index 2",
    ]


def test_of_many_points_the_minima_come_first(answer: dict[str, Any]) -> None:
    """A landscape of four components has 18 points."""
    points = [answer["points"][4]] * 20 + [answer["points"][2]]
    shown = landscapes.shown_points({**answer, "points": points})
    assert shown == [*range(landscapes.MOST_DENSITIES - 1), 20]


@pytest.mark.long
def test_a_saddle_of_index_1_leads_down_on_two_sides(answer: dict[str, Any], pairs: Any) -> None:
    """The loss falls all along, and ends at that of a minimum: (2: 1, 1), (4: 3, 3), (5: 1, 3)."""
    found = [(left.saddle, {left.end, right.end}) for left, right in pairs]
    assert found == [(1, {0}), (3, {2}), (4, {0, 2})]
    for way in (way for pair in pairs for way in pair):
        assert (np.diff(way.loss) <= 1e-9).all()
        assert (np.diff(way.distance) >= 0).all()
        assert way.loss[-1] == pytest.approx(answer["points"][way.end]["loss"], abs=1e-7)


@pytest.mark.long
def test_the_loss_along_the_ways_has_the_saddle_on_top(answer: dict[str, Any], pairs: Any) -> None:
    for figure, (left, _) in zip(landscapes.descent_figures(answer, pairs), pairs, strict=True):
        assert "not certified" in figure.description.replace("not \n", "not ")
        along, marks = figure.to_dict()["series"]
        assert max(along["y"]) == 0
        assert marks["x"][1] == marks["y"][1] == 0
        assert f"saddle {left.saddle + 1}" in figure.title


@pytest.mark.long
def test_the_table_of_ways_tells_how_far_they_go_down(answer: dict[str, Any], pairs: Any) -> None:
    rows = landscapes.join_rows(answer, pairs)
    assert rows[0] == ["2", "0.91036", "point 1, 0.91 lower", "point 1, 0.91 lower"]
    assert set(rows[2][2:]) == {"point 1, 1.23 lower", "point 3, 0.0925 lower"}


@pytest.mark.long
def test_basins_are_those_of_gradient_em() -> None:
    """Each colour is where gradient EM itself arrives; the diagonal arrives at no minimum."""
    truth = tc.Mixture([-2, 2], [1, 2])
    answer = landscape_answer(tc.landscape(truth, weights=[1, 2]), 0)
    plot = landscapes.basins(answer)
    assert plot is not None
    ends = {
        number: tuple(map(float, name.partition("(")[2].rstrip(")").split(", ")))
        for number, name in enumerate(plot.names, start=1)
    }
    assert len(ends) == 2
    values = np.array(plot.values, dtype=float)
    assert set(np.unique(values)) == {1.0, 2.0}
    for row, column in ((3, 40), (40, 3), (30, 20), (12, 14)):
        start = tc.Mixture([plot.x[column], plot.y[row]], [1, 2])
        end = tc.gradient_em(start, 1, 3000, truth=truth).means[-1].ravel()
        assert end == pytest.approx(ends[int(values[row, column])], abs=2e-3)


def test_equal_weights_have_a_basin_for_each_order() -> None:
    plot = landscapes.basins(landscape_answer(tc.landscape(tc.Mixture([-2, 2]), 2), 0))
    assert plot is not None
    assert len(plot.names) == 2
    values = np.array(plot.values, dtype=float)
    assert np.isnan(np.diag(values)).all()
    assert (np.triu(values, 1)[np.triu_indices(len(values), 1)] == values[0, -1]).all()
    assert {values[0, -1], values[-1, 0]} == {1, 2}


def test_no_map_where_there_is_none(answer: dict[str, Any]) -> None:
    """Three means; or two, and no regular minimum."""
    assert landscapes.basins(answer) is None
    degenerate = landscape_answer(tc.landscape(tc.Mixture([0]), 2), 0)
    assert landscapes.basins(degenerate) is None


def test_a_plan_shows_means_in_circles_each_once() -> None:
    answer = landscape_answer(tc.landscape(tc.Mixture([[-2, 0], [2, 0]]), 2), 0)
    best, saddle = [figure.to_dict() for figure in landscapes.densities(answer)]
    student, truth, means = best["series"]
    assert student["x"] == truth["x"]
    assert student["x"].count(None) == 2
    assert (means["x"], means["y"]) == ([-2.0, 2.0], [0.0, 0.0])
    student, _, means = saddle["series"]
    assert student["x"].count(None) == 1  # two means that agree
    radius = [
        x * x + y * y for x, y in zip(student["x"], student["y"], strict=True) if x is not None
    ]
    assert radius == pytest.approx([1.0] * len(radius), abs=1e-4)


def test_ways_down_in_the_plane_lead_to_the_minimum() -> None:
    answer = landscape_answer(tc.landscape(tc.Mixture([[-2, 0], [2, 0]]), 2), 0)
    ((left, right),) = landscapes.descents(answer)
    assert (left.saddle, left.end, right.end) == (1, 0, 0)


def test_circles_are_not_joined() -> None:
    """A line ends where a value is missing."""
    answer = landscape_answer(tc.landscape(tc.Mixture([[-2, 0], [2, 0]]), 2), 0)
    drawing = curves(landscapes.densities(answer)[0])
    paths = re.findall(r'class="s[01] line[^"]*" d="([^"]*)"', drawing)
    assert [path.count("M") for path in paths] == [2, 2]
