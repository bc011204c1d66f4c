"""Figures of the bad regions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from theorycheck.dynamics.gradient_flow import gradient_flow
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.inputs.mixture import Mixture
from theorycheck.report.figures.data import DRAWN
from theorycheck.report.figures.regions import (
    FACTORS,
    STANDARD,
    THOROUGH,
    Fineness,
    diagonal,
    exponents,
    line_atlas,
    line_maps,
    plane_atlas,
    plane_maps,
    plateau,
    thresholds,
)
from theorycheck.traps.atlas import Atlas, side


@pytest.fixture(scope="module")
def maps():
    """All maps of a standard report, with few pixels on the line."""
    return [
        plot.to_dict()
        for of in (line_maps, plane_maps)
        for plot in of(Fineness(line=8, plane=0, centres=4))
    ]


def test_the_diagonal_holds_the_golden_counts():
    """4, 24 and 414 steps from 3, 5 and 7; the certificate stays below, by few decades."""
    true, certified = (np.array(series["y"]) for series in diagonal().to_dict()["series"])
    assert true[:3] == pytest.approx(np.log10([4, 24, 414]), rel=DRAWN)
    assert (certified <= true).all()
    assert (certified >= true - 2.7).all()


def test_the_exponents_of_the_figure_are_ordered():
    """Certificate below truth below 18, and the paper's bound below both from d = 2."""
    true, certified, paper = (series["y"] for series in exponents().to_dict()["series"])
    assert all(c < t < 18 for c, t in zip(certified, true, strict=True))
    assert all(p < c for p, c in zip(paper, certified, strict=True))
    assert true == sorted(true)


def test_the_threshold_is_at_the_root_of_eight():
    """What is enclosed comes to the curve as d grows, and e^d lies between c = 2.75 and c = 3."""
    limit, *others = thresholds().to_dict()["series"]
    at = {entry["label"].partition(",")[0]: entry for entry in others}
    off = [np.array(at[f"$d = {d}$"]["y"]) - np.array(FACTORS) ** 2 / 8 for d in (10, 1000)]
    assert abs(off[1]).max() < 0.01
    assert abs(off[1]).max() < abs(off[0]).max() / 10
    steps = dict(zip(FACTORS, at["$d = 1000$"]["y"], strict=True))
    assert steps[2.75] < 1 < steps[3.0]
    assert limit["y"][-1] == 18


@pytest.mark.long
def test_the_flow_has_a_plateau_and_the_predicted_tail():
    """Stuck at first, then falling like 9 / (16 t^2); small steps of gradient EM go along."""
    flow, stepped, tail = plateau().to_dict()["series"]
    assert flow["y"][1] > 0.99 * flow["y"][0]
    assert flow["y"][-1] == pytest.approx(tail["y"][-1], rel=1e-3)
    assert stepped["y"][0] > 1 > 1e-4 > stepped["y"][-1]
    there = gradient_flow(Mixture([7, -7, 0]), stepped["x"]).loss
    assert stepped["y"] == pytest.approx(there, rel=3e-3)


@pytest.mark.long
def test_the_atlas_on_the_line_is_full_on_both_sides(maps):
    """Every pixel has a lower and an upper bound, and its centre is simulated between them."""
    lower, upper, simulated, beyond = maps[:4]
    assert lower["scale"] == upper["scale"] == simulated["scale"]
    low, high, middle = (np.array(plot["values"]) for plot in (lower, upper, simulated))
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert (high > low).all()
    assert low.max() > 1.7
    for values in (low, high, middle):  # (a, -b) and (b, -a)
        assert (values == np.flip(values.T)).all()
    assert np.max(beyond["values"]) > 7


def test_the_mirrored_half_of_the_atlas_is_what_it_would_be():
    """The pixels that are not computed have the ranges and the bounds of their own."""
    data = line_atlas(3)
    mixture = Mixture([5, -5, 0])
    asked = Atlas(mixture, Fraction(1), side(mixture, 0, 3, 7, 3), side(mixture, 1, -7, -3, 3))
    own = asked.answer([asked.pixel(*place).to_dict() for place in asked.places()])
    for pixel, known in zip(own["pixels"], data["pixels"], strict=True):
        assert np.ravel(pixel["ranges"]) == pytest.approx(np.ravel(known["ranges"]))
        assert pixel["steps_lower"] == known["steps_lower"]
        assert pixel["steps_upper"] == known["steps_upper"]
        assert pixel["simulated"] == known["simulated"]


@pytest.mark.long
def test_the_atlas_in_the_plane_is_full_on_both_sides(maps):
    """The same starts, the same scale, and bounds that agree but for the longest traps."""
    lower, upper, simulated, beyond = maps[4:]
    assert lower["x"] == simulated["x"] == [3, 4, 5, 6]
    assert lower["scale"] == upper["scale"] == simulated["scale"]
    low, high, middle = (np.array(plot["values"]) for plot in (lower, upper, simulated))
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert (high - low).max() < 0.01
    assert low.max() > 1.9
    assert "in the thorough profile" in lower["description"]
    assert np.max(beyond["values"]) > 7
    run = gradient_em(Mixture([[3, 0], [0, 6], [0, 0]]), 1, 200)
    steps = int(np.argmax((np.linalg.norm(run.means, axis=2)[:, :2] <= [2.5, 5]).any(axis=1)))
    assert simulated["values"][3][0] == pytest.approx(math.log10(steps), abs=1e-5)


def test_the_atlas_of_regions_in_the_plane_is_in_the_thorough_profile():
    """Of all starts of its pixels; here of few and near ones."""
    found = plane_atlas(2, 3, Fraction(7, 2), at_centres=False)
    assert found["complete"]
    for pixel in found["pixels"]:
        assert pixel["steps_lower"] <= pixel["simulated"] <= pixel["steps_upper"]
    assert THOROUGH.plane > 0
    assert STANDARD.plane == 0
