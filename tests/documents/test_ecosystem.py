"""pytest, Hypothesis, notebooks and data frames: the tools around."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theorycheck as tc
from theorycheck import pytest_plugin
from theorycheck.arithmetic.budget import work_limit
from theorycheck.campaign import tasks
from theorycheck.hypothesis_plugin import EXAMPLES, register

LEMMAS = """
from theorycheck import at_most, inequality

@inequality("half", r"L \\le \\tfrac12 W")
def half(at):
    return at_most(at.loss, at.weighted_distance / 2)

@inequality("quarter", r"L \\le \\tfrac14 W")
def quarter(at):
    return at_most(at.loss, at.weighted_distance / 4)

@half.control("with 0.4")
def _(at):
    return at_most(at.loss, 0.4 * at.weighted_distance)
"""


def pytest_on(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a directory, with the plugin of this package and no other."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "theorycheck.pytest_plugin", *arguments]
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "lemmas.py").write_text(LEMMAS)
    (tmp_path / "pytest.ini").write_text("[pytest]\ntheorycheck_claims = lemmas.py\n")
    return tmp_path


@pytest.mark.long
def test_claims_of_a_file_become_tests(project: Path) -> None:
    """One item per claim; the header tells version, profile and seed; JUnit gets the verdicts."""
    done = pytest_on(project, "--theorycheck-seed", "5", "--junitxml=out.xml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"theorycheck: {tc.__version__} (python-flint" in done.stdout
    assert "profile quick, seed 5" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert "quarter is refuted" in done.stdout
    assert "Traceback" not in done.stdout
    found = {
        case.get("name"): {e.get("name"): e.get("value") for e in case.iter("property")}
        for case in ElementTree.parse(project / "out.xml").iter("testcase")
    }
    assert found["half"]["verdict"] == "supported"
    assert found["half"]["evidence"] == "certified"
    assert found["quarter"]["verdict"] == "refuted"


@pytest.mark.long
def test_files_may_be_named_on_the_command_line_and_selected_by_marker(project: Path) -> None:
    """--theorycheck-claims works without any configuration, -m theorycheck selects."""
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_other.py").write_text("def test_other():\n    pass\n")
    done = pytest_on(
        project, "--theorycheck-claims", "lemmas.py", "-m", "theorycheck", "-k", "half"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # How many of the files beside it are collected at all depends on pytest's version.
    assert re.search(r"1 passed, [12] deselected", done.stdout)
    (project / "lemmas.py").write_text("x = 1\n")
    broken = pytest_on(project, "--theorycheck-claims", "lemmas.py")
    assert "defines no claim" in broken.stdout


@pytest.mark.long
def test_claim_tests_obey_the_options_and_record_properties(project: Path) -> None:
    """The two lines of the README run, with the seed of the command line."""
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_lemmas.py").write_text(
        "from theorycheck.testing import claim_tests\ntest_lemmas = claim_tests('lemmas.py')\n"
    )
    done = pytest_on(project, "test_lemmas.py", "-k", "half", "--junitxml=out.xml")
    assert done.returncode == 0, done.stdout + done.stderr
    names = [e.get("name") for e in ElementTree.parse(project / "out.xml").iter("property")]
    assert {"verdict", "evidence", "cases"} <= set(names)


@pytest.mark.long
def test_a_failure_can_be_pasted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counterexample as JSON, both sides, the command, no library source; marked, and annotated."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_lemmas.py").write_text(
        "from theorycheck.testing import claim_tests\ntest_lemmas = claim_tests('lemmas.py')\n"
        "def test_other():\n    pass\n"
    )
    done = pytest_on(project, "test_lemmas.py", "-m", "theorycheck", "--junitxml=out.xml")
    assert "1 failed, 1 passed, 1 deselected" in done.stdout, done.stdout + done.stderr
    case = '{"means": [[1]], "weights": [1]}'
    assert f"counterexample: {case}" in done.stdout
    assert "it fails: 0.50000000 > 0.25000000" in done.stdout
    command = re.search(r"^ *next: (echo .*)$", done.stdout, re.M)
    assert command is not None
    assert command[1] == f"echo '{case}' | theorycheck check quarter --claims lemmas.py --case -"
    assert "assert_supported" not in done.stdout
    assert "::error file=test_lemmas.py," in done.stdout
    (project / "pytest.ini").write_text("[pytest]\ntheorycheck_claims = lemmas.py\n")
    collected = pytest_on(project, "lemmas.py", "-k", "quarter")
    lines = (project / "lemmas.py").read_text(encoding="utf-8").splitlines()
    at = next(k for k, line in enumerate(lines, 1) if '"quarter"' in line)
    assert f"::error file=lemmas.py,line={at},title=" in collected.stdout
    found = {
        e.get("name"): e.get("value")
        for e in ElementTree.parse(project / "out.xml").iter("property")
    }
    assert found["counterexample"] == case


@pytest.mark.long
def test_patterns_of_files(project: Path) -> None:
    """In the ini file and on the command line; one that fits nothing is an error."""
    (project / "pytest.ini").write_text("[pytest]\ntheorycheck_claims = lem*.py\n")
    assert "1 failed, 1 passed" in pytest_on(project).stdout
    (project / "pytest.ini").write_text("[pytest]\n")
    assert "1 failed, 1 passed" in pytest_on(project, "--theorycheck-claims", "l*.py").stdout
    assert "no file fits" in pytest_on(project, "--theorycheck-claims", "n*.py").stderr


@pytest.mark.long
def test_settings_of_a_project(project: Path) -> None:
    """Claims, profile and seed of [tool.theorycheck]; an unknown profile is an error."""
    (project / "pytest.ini").unlink()
    (project / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\n[tool.theorycheck]\nclaims = ["lemmas.py"]\n'
        'profile = "own"\nseed = 4\n[tool.theorycheck.profiles.own]\nbased_on = "quick"\n'
    )
    done = pytest_on(project)
    assert "profile own, seed 4" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    refused = pytest_on(project, "--theorycheck-profile", "none")
    assert "give one of quick, standard, thorough, own" in refused.stderr


def test_regimes_are_events_of_hypothesis(project: Path) -> None:
    """The statistics of Hypothesis tell the share of each regime."""
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_cases.py").write_text(
        "from hypothesis import given, settings\nfrom theorycheck.strategies import cases\n"
        "@settings(max_examples=10, database=None)\n@given(cases())\ndef test(case):\n    pass\n"
    )
    options = ("-p", "_hypothesis_pytestplugin", "--hypothesis-show-statistics")
    done = pytest_on(project, "test_cases.py", *options)
    assert "affine rank" in done.stdout, done.stdout + done.stderr


register()


@settings(max_examples=5)
@given(st.from_type(tc.Mixture), st.from_type(tc.Case))
def test_types_have_strategies(mixture: tc.Mixture, case: tc.Case) -> None:
    """An annotation is enough for Hypothesis."""
    assert isinstance(mixture, tc.Mixture)
    assert isinstance(case, tc.Case)


def test_profiles_are_registered_once() -> None:
    """quick, standard, thorough exist; a profile of the user's own is not replaced."""
    for name, count in EXAMPLES.items():
        assert settings.get_profile(name).max_examples == count
        assert settings.get_profile(f"theorycheck-{name}").max_examples == count
    settings.register_profile("quick", max_examples=7)
    register()
    assert settings.get_profile("quick").max_examples == 7
    settings.register_profile("quick", max_examples=EXAMPLES["quick"], deadline=None)
    assert settings.get_profile("ci") is not None


def test_options_know_the_profiles_of_campaigns() -> None:
    """The plugin repeats the names, so that pytest starts without loading the package."""
    assert tuple(tasks.PROFILES) == pytest_plugin.PROFILES


def test_the_entry_points_are_declared() -> None:
    """What pytest and Hypothesis look for is in pyproject.toml."""
    import tomllib

    path = Path(__file__).parents[2] / "pyproject.toml"
    declared = tomllib.loads(path.read_text(encoding="utf-8"))["project"]["entry-points"]
    assert declared["pytest11"] == {"theorycheck": "theorycheck.pytest_plugin"}
    assert declared["hypothesis"] == {"theorycheck": "theorycheck.hypothesis_plugin:register"}


class Tags(HTMLParser):
    """Collects the names of elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.add(tag)


def test_verdicts_certificates_and_trajectories_show_themselves_in_notebooks() -> None:
    """A small table; text stays text."""
    case = tc.Case(tc.Mixture([1]), "2.1")
    verdicts = [
        tc.Holds(0.25, "certified"),
        tc.Refuted(case, -1e-3),
        tc.Undecided("<script>alert(1)</script>"),
    ]
    for verdict, word in zip(verdicts, ("certified", "-0.001", "&lt;script&gt;"), strict=True):
        shown = verdict._repr_html_()
        assert word in shown
        assert type(verdict).__name__ in shown
        assert Tags(shown).found == {"table", "caption", "tbody", "tr", "th", "td"}
    held = tc.trap_certificate(tc.Mixture([12, -12, 0]), 1)
    assert held is not None
    assert "<td style='text-align: left'>(0, 1)</td>" in held._repr_html_()
    escape = tc.escape_time(dimension=1, components=3, step_size=1, start=6, end=5)
    assert "<td style='text-align: left'>88</td>" in escape._repr_html_()
    run = tc.gradient_em(tc.Mixture([1.0, -2.0]), 1, 10)
    assert "t = 5" in run._repr_html_()
    assert "Trajectory to t = 10, 2 components in dimension 1" in run._repr_html_()


def test_notebooks_show_the_times_that_were_recorded() -> None:
    """Of a thinned trajectory and of a flow, the times and not the rows' numbers."""
    shown = tc.gradient_em(tc.Mixture([1.0, -2.0]), 1, 1000, record=[0, 900, 1000])._repr_html_()
    assert "to t = 1000" in shown
    assert re.findall(r"t = (\d+)</th>", shown) == ["0", "900", "1000"]
    shown = tc.gradient_flow(tc.Mixture([1.0, -2.0]), [0.5, 10, 1e9])._repr_html_()
    assert "Flow to t = 1e+09, " in shown
    assert re.findall(r"t = ([^<]+)</th>", shown) == ["0.5", "10", "1e+09"]


@pytest.mark.parametrize("effort", [float("nan"), 0, -1, "5", None], ids=str)
def test_effort_is_a_positive_number(effort: Any) -> None:
    """Nothing that compares with nothing, so that no work would ever be too much or too little."""
    with pytest.raises((tc.InvalidValue, tc.InvalidType), match="effort is"), work_limit(effort):
        pass


def test_claims_mixtures_reports_landscapes_and_proofs_show_themselves_in_notebooks() -> None:
    """As escaped HTML; statements and mixtures as LaTeX too."""
    mixture = tc.Mixture([1, "-1/2"])
    claim = tc.claims.get("loss-upper")
    region = tc.Region(components=2, means=[[1, 2], [-2, -1]], weights=["2/5", "3/5"])
    shown: list[tuple[Any, str]] = [
        (tc.landscape(tc.Mixture([-2, 2]), components=2), "2 stationary points, and there is no"),
        (tc.prove(claim, region), "loss-upper: proved"),
        (tc.verify("loss-upper", profile="quick"), "supported, "),
    ]
    for item, words in shown:
        text = item._repr_html_()
        assert words in text
        Tags(text)
    assert "1: weight 1/2" in mixture._repr_html_()
    assert mixture._repr_latex_() == (
        r"$\tfrac{1}{2} \, N(1, I) + \tfrac{1}{2} \, N(-\tfrac{1}{2}, I)$"
    )
    assert claim._repr_latex_() == rf"${claim.statement}$"
    assert "<b>" not in tc.inequality("a", "<b>")(lambda at: at.loss)._repr_html_()


def test_a_notebook_shows_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line below the cell, which is empty in the end; nothing outside of a notebook."""
    from types import SimpleNamespace

    from theorycheck.notebook import in_cell, steps_in_cell

    told: list[str] = []
    line = SimpleNamespace(update=told.append)
    tools = SimpleNamespace(HTML=str, display=lambda *_, **__: line)
    shell = SimpleNamespace(kernel=object())
    assert in_cell() is None
    assert steps_in_cell() is None
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", tools)
    show = in_cell()
    assert show is not None
    show(1, 2, "a<b")
    show(2, 2, "a")
    assert told == ["<p>1 of 2 tasks are done; the last: a&lt;b</p>", ""]
    told.clear()
    steps = steps_in_cell()
    assert steps is not None
    steps(9, 9)
    assert told == []  # a run that was over before the line was needed has none
    steps(1000, 2000)
    steps(2000, 2000)
    assert told == ["<p>step 1,000 of 2,000</p>", ""]
