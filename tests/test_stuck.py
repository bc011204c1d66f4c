"""`theorycheck trap` and `trajectory`, and the figures of the bad regions."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

from theorycheck.atlas import atlas, exponents, plateau
from theorycheck.cli import main
from theorycheck.flow import gradient_flow
from theorycheck.mixture import Mixture

FOUR = '{"means": [9, -10, 0.05, -0.03], "weights": [2, 3, 2.5, 2.5], "step_size": 1}'


def run(*arguments, text=None):
    """Invoke the command line."""
    return CliRunner().invoke(main, list(arguments), input=text)


def test_a_trapped_start_is_told_with_its_certificate():
    """The golden four components: at least 4 steps, at most the 6750 that simulation takes."""
    result = run("trap", "--case", "-", "--json", text=FOUR)
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert found["held"] is True
    assert math.log(4) < found["log_steps"] < math.log(6750)
    assert found["far"] == [0, 1]
    assert "are held outside radius" in run("trap", "--case", "-", text=FOUR).stdout


def test_a_start_that_is_not_trapped_gets_the_time_it_really_took():
    """(3, -3, 0) leaves after 4 steps, and no certificate claims otherwise."""
    found = json.loads(run("trap", "--case", "-", "--json", text='{"means": [3, -3, 0]}').stdout)
    assert found["held"] is False
    assert found["simulated_steps"] == 4
    assert found["sentence"].startswith("no certificate: ")


def test_the_papers_start_in_dimension_1000():
    """log(steps)/d is near 18 and the sentence is readable."""
    found = json.loads(run("trap", "--dimension", "1000", "--json").stdout)
    assert 17.99 < found["log_steps_lower"] / 1000 < 18
    assert "≈ 10^{7815}" in found["sentence"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--dimension", "0"], "dimension is 0"),
        (["--dimension", "2", "--step-size", "0"], "step_size is 0"),
        (["--dimension", "2", "--step-size", "-1"], "step_size is -1"),
        (["--dimension", "2", "--step-size", "1.5"], "step_size is 1.5"),
        (["--dimension", "2", "--components", "2"], "components is 2"),
        ([], "give either --case FILE or --dimension D"),
    ],
)
def test_bad_input_of_trap(arguments, named):
    """One clear line and exit code 2."""
    result = run("trap", *arguments)
    assert result.exit_code == 2
    assert named in result.stderr


@pytest.mark.parametrize(
    ("means", "told"), [("[0, 0, 0]", "all components are near"), ("[9, 9]", "all components")]
)
def test_all_near_and_all_far_are_told(means, told):
    """No split into far and near components."""
    result = run("trap", "--case", "-", text=f'{{"means": {means}}}')
    assert result.exit_code == 0
    assert told in result.stdout


def test_a_mixture_truth_has_no_trap_certificate():
    """The theorem is about N(0, I)."""
    case = '{"means": [9, 0], "truth": {"means": [1, 2]}}'
    assert run("trap", "--case", "-", text=case).exit_code == 2


def test_trajectory_prints_what_is_measured():
    """The loss falls, at log-spaced times that include both ends."""
    found = json.loads(
        run("trajectory", "--case", "-", "--steps", "200", "--json", text=FOUR).stdout
    )
    assert (found["t"][0], found["t"][-1]) == (0, 200)
    assert found["loss"] == sorted(found["loss"], reverse=True)
    assert "weighted distance" in run("trajectory", "--case", "-", text=FOUR).stdout


def test_the_exponents_of_the_figure_are_ordered():
    """Certificate below truth below 18, and the paper's bound below both from d = 2."""
    true, certified, paper = (series["y"] for series in exponents()["series"])
    assert all(c < t < 18 for c, t in zip(certified, true, strict=True))
    assert all(p < c for p, c in zip(paper, certified, strict=True))
    assert true == sorted(true)


def test_the_flow_has_a_plateau_and_the_predicted_tail():
    """Stuck at first, then falling like 9 / (16 t^2); small steps of gradient EM go along."""
    flow, stepped, tail = plateau()["series"]
    assert flow["y"][1] > 0.99 * flow["y"][0]
    assert flow["y"][-1] == pytest.approx(tail["y"][-1], rel=1e-3)
    assert stepped["y"][0] > 1 > 1e-4 > stepped["y"][-1]
    there = gradient_flow(Mixture([7, -7, 0]), stepped["x"]).loss
    assert stepped["y"] == pytest.approx(there, rel=3e-3)


def test_the_atlas_sets_certificates_beside_simulations():
    """In one and in two dimensions: the same starts, the same scale, never above."""
    maps = atlas()
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
