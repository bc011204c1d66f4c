"""`theorycheck atlas`: maps of the time to leave."""

from __future__ import annotations

import json

import pytest

from helpers.command_line import run

CASE = '{"means": [5, -5, 0.05], "weights": [2, 3, 5]}'
SIDES = ["--vary", "0", "4", "5", "--vary", "1", "-5", "-4", "--pixels", "2"]


def test_a_map_has_both_bounds_and_a_simulation_of_every_pixel(tmp_path) -> None:
    result = run("atlas", "--case", "-", *SIDES, "--json", "--output", str(tmp_path), text=CASE)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert json.loads((tmp_path / "atlas.json").read_text()) == found
    assert found["complete"] is True
    assert [pixel["ranges"] for pixel in found["pixels"]] == [
        [[a, a + 0.5], [b, b + 0.5]] for b in (-5, -4.5) for a in (4, 4.5)
    ]
    for pixel in found["pixels"]:
        assert 1 < pixel["steps_lower"] <= pixel["simulated"] <= pixel["steps_upper"]
        assert pixel["steps_upper"] < 8 * pixel["steps_lower"]


def test_a_map_in_words() -> None:
    shown = run("atlas", "--case", "-", *SIDES, text=CASE).stdout.splitlines()
    assert len(shown) == 5
    assert shown[1].startswith("[4, 4.5]  [-5, -4.5]  ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (SIDES[:4], "give --vary MEAN LOW HIGH twice"),
        ([*SIDES[:4], *SIDES[:4]], "both sides vary mean 0"),
        ([*SIDES[:4], "--vary", "3", "1", "2"], "mean is 3"),
        ([*SIDES[:4], "--vary", "1", "2", "1"], "ends at 1, before it begins"),
        ([*SIDES, "--pixels", "0"], "pixels is 0"),
        ([*SIDES, "--step-size", "2"], "step_size is 2"),
    ],
)
def test_bad_input_of_a_map(arguments, told) -> None:
    result = run("atlas", "--case", "-", *arguments, text=CASE)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_mixture_truth_has_no_map() -> None:
    case = '{"means": [5, -5, 0], "truth": {"means": [1, 2]}}'
    assert run("atlas", "--case", "-", *SIDES, text=case).exit_code == 2
