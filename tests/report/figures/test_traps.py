"""Pictures and pages of one start that is trapped, and of the symmetric family."""

from __future__ import annotations

import html
import math
import re

import numpy as np
import pytest

from helpers.command_line import FOUR, answer, run
from theorycheck.inputs.case import Case
from theorycheck.report.figures.traps import exhibit_of_case, exhibit_of_family
from theorycheck.traps.answers import escape_of_family, trap_of_case


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "case", "told"),
    [
        (["--case", "-"], FOUR, ["are held outside radius", "5.5287", "certified until here"]),
        (["--case", "-"], '{"means": [3, -3, 0]}', ["No trap certificate", "4 steps", "simulated"]),
        (["--case", "-", "--step-size", "1/3"], FOUR, ["are held outside radius", "1/3"]),
        (["--dimension", "1000"], None, ["<msup>", "17995.91", "the paper"]),
        (["--dimension", "7", "--components", "9", "--step-size", "1/3"], None, ["1/3"]),
    ],
)
def test_trap_writes_a_page_on_request(arguments, case, told, tmp_path):
    """Numbers, a picture with the bound marked, and a command that gives the same answer."""
    result = run("trap", *arguments, "--output", str(tmp_path / "new"), text=case)
    assert result.exit_code == 0
    *sentences, place = result.stdout.splitlines()
    path = tmp_path / "new" / "trap.html"
    assert place == f"page: {path}"
    page = path.read_text(encoding="utf-8")
    assert page.count("<figure") >= 1
    for words in told:
        assert words in page
    assert set(re.findall(r"https?://([^/\"]+)", page)) <= {"www.w3.org"}
    command = html.unescape(re.search(r"<pre .*?<code>(.*?)</code>", page)[1])
    assert answer(command).stdout.splitlines() == sentences


@pytest.mark.long
def test_the_picture_of_a_trap_has_the_bounds_where_they_hold():
    """Until the certified time far means are above their line and near ones below theirs."""
    case = Case.from_json(FOUR)
    distances, loss = exhibit_of_case(case, trap_of_case(case), "").to_dict()["figures"]
    far, near, above, below = distances["series"]
    until = above["x"][1]
    assert above["x"] == below["x"]
    assert until == pytest.approx(math.log10(251.8), abs=1e-3)
    assert loss["series"][1]["x"] == [until, until]
    held = np.array(far["x"]) <= until
    assert min(np.array(far["y"])[held]) > above["y"][0] > 8.7
    assert max(np.array(near["y"])[held]) < below["y"][0] < 0.3
    assert far["y"][-1] < 1e-3
    assert loss["series"][0]["y"][-1] < 1e-20


def test_the_picture_of_the_family_is_the_enclosure():
    """Radii fall from 12 sqrt(d) to 10 sqrt(d), reached at the enclosed time, after both bounds."""
    found = escape_of_family(5, 3)
    (figure,) = exhibit_of_family(found, "").to_dict()["figures"]
    radius, *bounds = figure["series"]
    assert radius["y"] == sorted(radius["y"], reverse=True)
    assert (radius["y"][0], radius["y"][-1]) == pytest.approx((12 * 5**0.5, 10 * 5**0.5))
    assert radius["x"] == sorted(radius["x"])
    assert radius["x"][-1] == pytest.approx(found["log_steps_lower"] / math.log(10), rel=1e-5)
    certified, paper = (bound["x"][0] for bound in bounds)
    assert paper == pytest.approx((5 - math.log(30)) / math.log(10), rel=1e-5)
    assert paper < certified < radius["x"][-1]


def test_a_page_tells_why_it_has_no_picture(tmp_path):
    """Beyond what the flow can follow the certificate stands alone."""
    far = '{"means": [1e9, -1e9, 0]}'
    result = run("trap", "--case", "-", "--output", str(tmp_path), text=far)
    assert result.exit_code == 0
    page = (tmp_path / "trap.html").read_text(encoding="utf-8")
    assert "There is no picture:" in page
    assert "<figure" not in page


def test_a_page_that_can_not_be_written_is_bad_input(tmp_path):
    """One line that names the directory."""
    (tmp_path / "file").write_text("")
    result = run("trap", "--dimension", "100", "--output", str(tmp_path / "file" / "in"))
    assert result.exit_code == 2
    assert "output directory" in result.stderr
    assert len(result.stderr.splitlines()) == 1
