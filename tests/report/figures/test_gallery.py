"""The gallery of counterexamples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.command_line import answer, run
from theorycheck.claims.monotone import MAX_NORM_WITNESS
from theorycheck.claims.regions import SPURIOUS
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.report.figures.gallery import densities, gallery, run_from, trap_starts

ENTRIES = [
    {
        "id": "trap-certificate",
        "kind": "inequality",
        "witness": None,
        "counterexample": None,
        "controls": [
            {
                "id": "loss-upper-control-1",
                "statement": "$0.49\\,W$",
                "case": {"means": [[1], [0]], "weights": ["999/1000", "1/1000"]},
                "margin": -0.0084,
            },
            {"id": "survivor", "statement": "", "case": None, "margin": None},
        ],
    },
    {
        "id": "max-norm-nonmonotone",
        "kind": "existence",
        "witness": {"case": MAX_NORM_WITNESS.to_dict(), "margin": 1e-3},
        "counterexample": None,
        "controls": [],
    },
    {
        "id": "spurious-minimum-mixture-truth",
        "kind": "existence",
        "witness": {"case": SPURIOUS.to_dict(), "margin": 0.0138},
        "counterexample": None,
        "controls": [],
    },
    {
        "id": "likelihood-decrease",
        "kind": "inequality",
        "witness": None,
        "counterexample": {
            "case": {"means": [[1]], "weights": [1], "step_size": "21/10"},
            "margin": -0.105,
        },
        "controls": [],
    },
]


@pytest.mark.long
def test_the_gallery_shows_all_kinds_and_its_commands_repeat_them():
    """Two traps, two witnesses, a counterexample; a refuted control is folded away at the end."""
    shown = [exhibit.to_dict() for exhibit in [*trap_starts(), *gallery(ENTRIES)]]
    codes = [answer(item["command"]).exit_code for item in shown]
    assert [item["title"].partition(" ")[0] for item in shown] == [
        *("Trap:", "Trap:", "Witness", "Witness", "Counterexample", "loss-upper-control-1")
    ]
    assert codes == [0, 0, 0, 0, 1, 1]
    assert all(item["figures"] for item in shown)
    assert [item.get("folded", False) for item in shown] == [False] * 5 + [True]
    assert "least eigenvalue of the Hessian at least 0.01387" in shown[3]["text"]


def test_densities_are_those_of_the_mixtures():
    """Against the formula; none where there is nothing to see."""
    figure = densities(Case(Mixture([[3, 4], [0, 0]], [1, 3]))).to_dict()
    student, truth = figure["series"]
    x = np.array(student["x"])
    x = x if abs(x).max() == x.max() else -x
    bump = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    there = np.exp(-((x - 5) ** 2) / 2) / math.sqrt(2 * math.pi)
    assert student["y"] == pytest.approx((there + 3 * bump) / 4, rel=1e-4)
    assert truth["y"] == pytest.approx(bump, rel=1e-4)
    assert densities(Case(Mixture([0, 0]))) is None


def test_controls_are_found_by_their_id():
    """So that the refutation of a control can be repeated."""
    assert "0.49" in run("show", "loss-upper-control-1").stdout


def test_a_counterexample_with_a_step_size_shows_its_run():
    """Relative to the start, over its own steps, and where the claim fails; none without a step."""
    case = Case(Mixture([3, 0]), step_size=1, steps=20)
    figure = run_from(case, "t = 3").to_dict()
    assert "It fails at t = 3." in figure["description"]
    assert [curve["label"] for curve in figure["series"]] == ["L", "F", "W", "U"]
    for curve in figure["series"]:
        assert curve["x"] == list(range(21))
        assert curve["y"][0] == 1
    expected = gradient_em(case.mixture, 1, 20).fisher_divergence
    assert figure["series"][1]["y"] == pytest.approx(expected / expected[0], rel=1e-5)
    assert run_from(Case(Mixture([3, 0]))) is None
    assert run_from(Case(Mixture([0]), step_size=1)) is None  # nothing moves
    assert len(run_from(Case(Mixture([1]), truth=Mixture([2]), step_size=1)).series) == 2
    shown = [exhibit.to_dict() for exhibit in gallery(ENTRIES)]
    assert [item["title"] for item in shown[2]["figures"]] == [
        *("Densities of student and truth", "Along gradient EM from the counterexample")
    ]
