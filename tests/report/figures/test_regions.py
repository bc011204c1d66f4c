"""Figures of the bad regions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from theorycheck.dynamics.gradient_flow import gradient_flow
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.inputs.mixture import Mixture
from theorycheck.report.figures.regions import atlas, diagonal, exponents, plateau


def test_the_diagonal_holds_the_golden_counts():
    """4, 24 and 414 steps from 3, 5 and 7; the certificate stays below, by few decades."""
    true, certified = (np.array(series["y"]) for series in diagonal().to_dict()["series"])
    assert 10 ** true[:3] == pytest.approx([4, 24, 414], rel=1e-5)
    assert (certified <= true).all()
    assert (certified >= true - 2.7).all()


def test_the_exponents_of_the_figure_are_ordered():
    """Certificate below truth below 18, and the paper's bound below both from d = 2."""
    true, certified, paper = (series["y"] for series in exponents().to_dict()["series"])
    assert all(c < t < 18 for c, t in zip(certified, true, strict=True))
    assert all(p < c for p, c in zip(paper, certified, strict=True))
    assert true == sorted(true)


def test_the_flow_has_a_plateau_and_the_predicted_tail():
    """Stuck at first, then falling like 9 / (16 t^2); small steps of gradient EM go along."""
    flow, stepped, tail = plateau().to_dict()["series"]
    assert flow["y"][1] > 0.99 * flow["y"][0]
    assert flow["y"][-1] == pytest.approx(tail["y"][-1], rel=1e-3)
    assert stepped["y"][0] > 1 > 1e-4 > stepped["y"][-1]
    there = gradient_flow(Mixture([7, -7, 0]), stepped["x"]).loss
    assert stepped["y"] == pytest.approx(there, rel=3e-3)


def test_the_atlas_sets_certificates_beside_simulations():
    """In one and in two dimensions: the same starts, the same scale, never above."""
    maps = [plot.to_dict() for plot in atlas()]
    assert [plot["title"].split(",")[0] for plot in maps[::3]] == [
        "Escape time on the line",
        "Escape time in the plane",
    ]
    for simulated, certified, beyond in (maps[:3], maps[3:]):
        assert (simulated["x"], simulated["scale"]) == (certified["x"], certified["scale"])
        slack = np.array(simulated["values"]) - np.array(certified["values"])
        assert slack.min() >= 0
        assert np.max(certified["values"]) > 0
        assert np.max(beyond["values"]) > 7
        assert simulated["values"] == np.transpose(simulated["values"]).tolist()
    run = gradient_em(Mixture([[3, 0], [0, 6], [0, 0]]), 1, 200)
    steps = int(np.argmax(np.linalg.norm(run.means, axis=2).max(axis=1) <= 5))
    at = maps[3]["x"].index(6), maps[3]["x"].index(3)
    assert maps[3]["values"][at[0]][at[1]] == pytest.approx(math.log10(steps), abs=1e-5)
