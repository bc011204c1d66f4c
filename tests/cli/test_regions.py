"""`theorycheck prove` and `theorycheck replay`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.command_line import run

REGION = '{"components": 2, "means": [[1, 2], [-2, -1]], "weights": ["2/5", "3/5"]}'
CLAIMS = """
import theorycheck as tc

@tc.inequality("false", "L <= W / 50")
def false(at):
    return tc.at_most(at.loss, at.weighted_distance / 50)

@tc.inequality("other", "tanh")
def other(at):
    return np.tanh(at.loss)

import numpy as np
"""


@pytest.fixture
def region(tmp_path: Path) -> str:
    file = tmp_path / "region.json"
    file.write_text(REGION)
    return str(file)


def test_a_claim_is_proved_and_its_proof_replayed(region: str, tmp_path: Path) -> None:
    done = run("prove", "loss-upper", "--region", region, "--output", str(tmp_path / "out"))
    assert done.exit_code == 0
    assert "loss-upper: proved on n = 2, d = 1" in done.output
    again = run("replay", str(tmp_path / "out" / "proof.json"))
    assert again.exit_code == 0
    assert again.output.startswith("proved: ")
    assert not (tmp_path / "out" / "boxes.svg").exists()  # of three parameters


@pytest.mark.long
def test_the_boxes_of_two_parameters_are_drawn(tmp_path: Path) -> None:
    file = tmp_path / "region.json"
    file.write_text(REGION.replace('["2/5", "3/5"]', '["1/2", "1/2"]'))
    done = run("prove", "pair-em-rate", "--region", str(file), "--output", str(tmp_path))
    assert done.exit_code == 0
    assert (tmp_path / "boxes.svg").read_text().startswith("<svg xmlns=")


def test_the_answer_as_json(region: str, tmp_path: Path) -> None:
    words = ("prove", "lojasiewicz-sharp", "--region", region, "--at-least", "3", "--json")
    done = run(*words, "--output", str(tmp_path))
    answer = json.loads(done.output)
    assert done.exit_code == 0
    assert answer["verdict"] == "proved"
    assert answer["bound"] >= 3
    fields = {"verdict", "bound", "boxes", "leaves", "undecided_share", "seconds", "counterexample"}
    assert fields <= set(answer)
    again = run("replay", str(tmp_path), "--sample", "5", "--json")
    assert again.exit_code == 3
    assert json.loads(again.output)["checked"] >= 5


def test_exit_codes_of_what_is_not_proved(region: str, tmp_path: Path) -> None:
    file = tmp_path / "claims.py"
    file.write_text(CLAIMS)
    refuted = run("prove", "false", "--region", region, "--claims", str(file))
    assert refuted.exit_code == 1
    assert "counterexample: {" in refuted.output
    refused = run("prove", "other", "--region", region, "--claims", str(file))
    assert refused.exit_code == 2
    assert "not on regions yet" in refused.output
    assert "claims.py, line 10" in refused.output
    words = ("prove", "gradient-fisher", "--region", region, "--time-limit", "0.001")
    assert run(*words).exit_code == 3
    for bad in (("--at-least", "x"), ("--at-least", "1"), ("--time-limit", "0")):
        assert run("prove", "loss-upper", "--region", region, *bad).exit_code == 2
    assert run("prove", "loss-upper", "--region", str(tmp_path / "none")).exit_code == 2
    assert run("replay", str(tmp_path)).exit_code == 2
