"""`theorycheck trap` and `trajectory`: answers and their words."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction

import pytest

from helpers.command_line import FOUR, run
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.traps.answers import trap_of_case


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
    assert found["sentence"].startswith("no trap certificate: ")


def test_the_papers_start_in_dimension_1000():
    """log(steps)/d is near 18 and the sentence is readable."""
    found = json.loads(run("trap", "--dimension", "1000", "--json").stdout)
    assert 17.99 < found["log_steps_lower"] / 1000 < 18
    assert "> 10^{7815}" in found["sentence"]


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


@pytest.mark.parametrize("eta", [Fraction(3, 2), "3/2", "1.5"])
def test_a_refused_step_size_is_shown(eta):
    """Not its type, which the user did not choose."""
    with pytest.raises(InvalidValue, match="step_size is 3/2; it must be above 0 and at most 1"):
        trap_of_case(Case(Mixture([3, -3, 0])), eta)


@pytest.mark.parametrize(
    ("means", "told"),
    [
        ("[0, 0, 0]", "all components are near: every mean is at the truth; the start is the opt"),
        ("[9, 9]", "all components are far"),
    ],
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


@pytest.mark.long
def test_trajectory_prints_what_is_measured():
    """The loss falls, at log-spaced times that include both ends."""
    found = json.loads(
        run("trajectory", "--case", "-", "--steps", "200", "--json", text=FOUR).stdout
    )
    assert (found["t"][0], found["t"][-1]) == (0, 200)
    assert found["loss"] == sorted(found["loss"], reverse=True)
    assert "weighted distance" in run("trajectory", "--case", "-", text=FOUR).stdout


def test_both_bounds_are_told() -> None:
    """(3, -3, 0) leaves after exactly 4 steps; a start at the truth has nothing to leave."""
    found = json.loads(run("trap", "--case", "-", "--json", text='{"means": [3, -3, 0]}').stdout)
    assert (found["escape"]["steps_lower"], found["escape"]["steps_upper"]) == (4, 4)
    assert found["escape"]["method"] == "tube"
    shown = run("trap", "--case", "-", text='{"means": [3, -3, 0]}').stdout
    assert "one of components 0, 1 comes to 5/6 of its distance after exactly 4 steps" in shown
    at_truth = run("trap", "--case", "-", "--json", text='{"means": [0, 0, 0]}').stdout
    assert json.loads(at_truth)["escape"] is None


def test_bounds_of_a_region(tmp_path) -> None:
    """For all of its starts; its step size may be in the file."""
    region = {"components": 3, "means": [[5, "5.25"], ["-5.25", -5], [0, 0]], "step_size": [1, 1]}
    file = tmp_path / "region.json"
    file.write_text(json.dumps(region), encoding="utf-8")
    found = json.loads(run("trap", "--region", str(file), "--json").stdout)["escape"]
    assert found["steps_lower"] <= 24 <= found["steps_upper"] <= 45
    assert "5/6 of its distance after" in run("trap", "--region", str(file)).stdout
    file.write_text(json.dumps({**region, "step_size": ["1/2", 1]}), encoding="utf-8")
    assert run("trap", "--region", str(file)).exit_code == 2
    assert run("trap", "--region", str(file), "--step-size", "1/2").exit_code == 0
    assert run("trap", "--region", str(file), "--dimension", "3").exit_code == 2


def test_no_start_of_a_wide_region_leaves_at_once(tmp_path) -> None:
    """At t = 0 none has come to 5/6 of its own distance, whatever the radius of the others."""
    file = tmp_path / "region.json"
    file.write_text('{"components": 2, "means": [[1, 5], [0, 0]]}', encoding="utf-8")
    result = run("trap", "--region", str(file), "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)["escape"]
    assert (found["steps_lower"], found["log_steps_lower"]) == (1, 0.0)
    assert " 1 to " in found["sentence"]


@pytest.mark.parametrize("radius", [300, 310, 370, 400])
def test_bounds_in_words_are_rounded_outward(radius) -> None:
    """Of six digits: the lower one down, the upper one up."""
    escape = trap_of_case(Case(Mixture([radius, -radius, 0])))["escape"]
    low, high = map(float, re.findall(r"e\^\{([0-9.e+]+)\}", escape["sentence"]))
    assert low <= escape["log_steps_lower"] < escape["log_steps_upper"] <= high
    assert high - low < 1.0001 * (escape["log_steps_upper"] - escape["log_steps_lower"])
