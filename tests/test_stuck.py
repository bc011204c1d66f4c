"""`theorycheck trap` and `trajectory`, and the figures of the bad regions."""

from __future__ import annotations

import html
import json
import math
import re
import shlex
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from theorycheck.claims.monotone import MAX_NORM_WITNESS
from theorycheck.claims.regions import SPURIOUS
from theorycheck.cli import main
from theorycheck.dynamics.gradient_flow import gradient_flow
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.report.figures.gallery import densities, gallery
from theorycheck.report.figures.regions import atlas, diagonal, exponents, plateau
from theorycheck.report.figures.traps import exhibit_of_case, exhibit_of_family
from theorycheck.traps.answers import escape_of_family, trap_of_case

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


def test_trajectory_prints_what_is_measured():
    """The loss falls, at log-spaced times that include both ends."""
    found = json.loads(
        run("trajectory", "--case", "-", "--steps", "200", "--json", text=FOUR).stdout
    )
    assert (found["t"][0], found["t"][-1]) == (0, 200)
    assert found["loss"] == sorted(found["loss"], reverse=True)
    assert "weighted distance" in run("trajectory", "--case", "-", text=FOUR).stdout


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


# --- pages and gallery ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "case", "told"),
    [
        (["--case", "-"], FOUR, ["are held outside radius", "5.5287", "certified until here"]),
        (["--case", "-"], '{"means": [3, -3, 0]}', ["No certificate", "4 steps", "simulated"]),
        (["--case", "-", "--step-size", "1/3"], FOUR, ["are held outside radius", "1/3"]),
        (["--dimension", "1000"], None, ["<msup>", "17995.91", "the paper"]),
        (["--dimension", "7", "--components", "9", "--step-size", "1/3"], None, ["1/3"]),
    ],
)
def test_trap_writes_a_page_on_request(arguments, case, told, tmp_path):
    """Numbers, a picture with the bound marked, and a command that gives the same answer."""
    result = run("trap", *arguments, "--output", str(tmp_path / "new"), text=case)
    assert result.exit_code == 0
    sentence, place = result.stdout.splitlines()
    path = tmp_path / "new" / "trap.html"
    assert place == f"page: {path}"
    page = path.read_text(encoding="utf-8")
    assert page.count("<figure") >= 1
    for words in told:
        assert words in page
    assert set(re.findall(r"https?://([^/\"]+)", page)) <= {"www.w3.org"}
    command = html.unescape(re.search(r"<pre .*?<code>(.*?)</code>", page)[1])
    assert answer(command).stdout.splitlines() == [sentence]


def answer(command):
    """What a command of the report says, with what is piped into it."""
    echo, _, program = command.rpartition(" | ")
    words = shlex.split(program)
    assert words[0] == "theorycheck"
    return run(*words[1:], text=shlex.split(echo)[1] if echo else None)


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


def test_the_gallery_shows_all_kinds_and_its_commands_repeat_them():
    """Two traps, two witnesses, a counterexample; a refuted control is folded away at the end."""
    shown = [exhibit.to_dict() for exhibit in gallery(ENTRIES)]
    codes = [answer(item["command"]).exit_code for item in shown]
    assert [item["title"].partition(" ")[0] for item in shown] == [
        *("Trap:", "Trap:", "Witness", "Witness", "Counterexample", "loss-upper-control-1")
    ]
    assert codes == [0, 0, 0, 0, 1, 1]
    assert all(item["figures"] for item in shown)
    assert [item.get("folded", False) for item in shown] == [False] * 5 + [True]
    assert "least eigenvalue of the Hessian at least 0.01384" in shown[3]["text"]


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
