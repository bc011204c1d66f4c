"""`theorycheck atlas`: maps of the time to leave."""

from __future__ import annotations

import json

import pytest

from helpers.command_line import run

CASE = '{"means": [5, -5, 0.05], "weights": [2, 3, 5]}'
SIDES = ["--vary", "0", "4", "5", "--vary", "1", "-5", "-4", "--pixels", "2"]


@pytest.mark.long
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


@pytest.mark.long
def test_a_map_is_a_page_and_a_figure(tmp_path) -> None:
    """Three maps on one scale and one of the ratio; whoever points at a pixel gets its numbers."""
    run("atlas", "--case", "-", *SIDES, "--output", str(tmp_path), text=CASE)
    page = (tmp_path / "atlas.html").read_text()
    shown = ("certified lower bound", "certified upper bound", "simulated", "Upper over lower")
    assert all(title in page for title in shown)
    assert page.count("<title>4 to 4.5, -5 to -4.5: ") == 4
    assert "4 of 4 pixels have both bounds" in page
    names = [f"atlas.{kind}" for kind in ("svg", "pdf", "png")]
    pictures = [(tmp_path / name).read_bytes() for name in names]
    assert pictures[1].startswith(b"%PDF")
    run("atlas", "--case", "-", *SIDES, "--output", str(tmp_path), text=CASE)
    assert [(tmp_path / name).read_bytes() for name in names] == pictures
    assert (tmp_path / "atlas.html").read_text() == page


@pytest.mark.long
def test_a_map_is_resumed(tmp_path) -> None:
    """What the ledger has is not computed again, and another map is refused."""
    first = run("atlas", "--case", "-", *SIDES, "--json", "--output", str(tmp_path), text=CASE)
    ledger = tmp_path / "atlas.jsonl"
    whole = ledger.read_bytes().split(b"\n")
    assert len(whole) == 6  # a header, four pixels, and the end of the last line
    ledger.write_bytes(b"\n".join(whole[:3]) + b"\n" + whole[3][:-9])  # the last line is torn
    again = ["--output", str(tmp_path), "--resume", "--json"]
    second = run("atlas", "--case", "-", *SIDES, *again, text=CASE)
    assert second.exit_code == 0
    assert json.loads(second.stdout) == json.loads(first.stdout)
    assert ledger.read_bytes().split(b"\n")[:3] == whole[:3]
    other = run("atlas", "--case", "-", *SIDES, "--step-size", "1/2", *again, text=CASE)
    assert other.exit_code == 2
    assert "another run (step_size differs)" in other.stderr


@pytest.mark.long
def test_pixels_around_the_truth_do_not_stop_a_map() -> None:
    """They have no bounds, or those of the means that are surely away from it; and a reason."""
    sides = ["--vary", "0", "-1", "3", "--vary", "1", "-1", "3", "--pixels", "2"]
    result = run("atlas", "--case", "-", *sides, "--json", text='{"means": [1, 1, 0]}')
    assert result.exit_code == 3
    first, *others = json.loads(result.stdout)["pixels"]
    assert first["reason"] == "all means may be at the truth"
    assert first["log_steps_lower"] is first["log_steps_upper"] is first["simulated"] is None
    for pixel in others:
        assert 1 <= pixel["steps_lower"] <= pixel["simulated"] <= pixel["steps_upper"]
    assert [pixel["reason"] for pixel in others] == [None] * 3
    wide = ["--vary", "0", "-1", "2", "--vary", "1", "-1", "2", "--pixels", "1"]
    result = run("atlas", "--case", "-", *wide, "--json", text='{"means": [1, 1, "0.4"]}')
    (pixel,) = json.loads(result.stdout)["pixels"]
    assert pixel["reason"] == "mean 0, 1 may be at the truth"
    assert pixel["steps_lower"] == 1  # of the third mean, which is watched


PLANE = '{"means": [[3, 0], [0, 3], [0, 0]]}'
IN_PLANE = ["--vary", "0,0", "3", "3.5", "--vary", "1,1", "3", "3.5", "--pixels", "2"]


@pytest.mark.long
def test_a_map_in_the_plane(tmp_path) -> None:
    """Of two coordinates; of all starts of the pixels, or of their centres alone."""
    output = ["--json", "--output", str(tmp_path)]
    result = run("atlas", "--case", "-", *IN_PLANE, *output, text=PLANE)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert [(s["mean"], s["coordinate"]) for s in found["vary"]] == [(0, 0), (1, 1)]
    for pixel in found["pixels"]:
        assert 1 < pixel["steps_lower"] <= pixel["simulated"] <= pixel["steps_upper"] < 10
    page = (tmp_path / "atlas.html").read_text()
    assert "--vary 0,0 3 7/2 --vary 1,1 3 7/2" in page
    resumed = run("atlas", "--case", "-", *IN_PLANE, *output, "--resume", text=PLANE)
    assert json.loads(resumed.stdout) == found
    other = run("atlas", "--case", "-", *IN_PLANE, *output, "--resume", "--centres", text=PLANE)
    assert "another run" in other.stderr
    result = run("atlas", "--case", "-", *IN_PLANE, "--json", "--centres", text=PLANE)
    centres = json.loads(result.stdout)
    assert centres["at_centres"] is True
    assert centres["pixels"][0]["ranges"] == [[3.125, 3.125]] * 2
    for pixel, whole in zip(centres["pixels"], found["pixels"], strict=True):
        assert pixel["simulated"] == whole["simulated"]
        assert pixel["steps_lower"] == pixel["simulated"] == pixel["steps_upper"]


@pytest.mark.long
def test_a_map_over_the_places_of_one_mean() -> None:
    """Around the truth there are no bounds."""
    sides = ["--vary", "0,0", "-1", "3", "--vary", "0,1", "-1", "1", "--pixels", "1"]
    result = run("atlas", "--case", "-", *sides, "--json", text='{"means": [[3, 0], [0, 0]]}')
    assert result.exit_code == 3
    assert json.loads(result.stdout)["pixels"][0]["reason"] == "mean 0 may be at the truth"
    sides = ["--vary", "0,0", "2", "2.1", "--vary", "0,1", "-0.1", "0.1", "--pixels", "1"]
    result = run("atlas", "--case", "-", *sides, "--json", text='{"means": [[3, 0], [0, 0]]}')
    (pixel,) = json.loads(result.stdout)["pixels"]
    assert 1 <= pixel["steps_lower"] <= pixel["simulated"] <= pixel["steps_upper"] <= 6


@pytest.mark.long
def test_a_map_in_words() -> None:
    shown = run("atlas", "--case", "-", *SIDES, text=CASE).stdout.splitlines()
    assert len(shown) == 4
    assert shown[0].startswith("4 to 4.5, -5 to -4.5: ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (SIDES[:4], "give --vary MEAN LOW HIGH twice"),
        ([*SIDES[:4], *SIDES[:4]], "both sides vary mean 0"),
        ([*SIDES[:4], "--vary", "3", "1", "2"], "mean is 3"),
        ([*SIDES[:4], "--vary", "1", "2", "1"], "ends at 1, before it begins"),
        ([*SIDES[:4], "--vary", "1,1", "1", "2"], "coordinate is 1; give at most 0"),
        ([*SIDES[:4], "--vary", "x", "1", "2"], "--vary x: give the index of a mean"),
        ([*SIDES[:4], "--vary", "1,0,0", "1", "2"], "--vary 1,0,0: give the index of a mean"),
        ([*SIDES, "--pixels", "0"], "pixels is 0"),
        ([*SIDES, "--step-size", "2"], "step_size is 2"),
        ([*SIDES, "--resume"], "--resume goes on with a map in --output DIR"),
    ],
)
def test_bad_input_of_a_map(arguments, told) -> None:
    result = run("atlas", "--case", "-", *arguments, text=CASE)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_mixture_truth_has_no_map() -> None:
    case = '{"means": [5, -5, 0], "truth": {"means": [1, 2]}}'
    assert run("atlas", "--case", "-", *SIDES, text=case).exit_code == 2
