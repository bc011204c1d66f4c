"""Settings of a project: found upwards, checked, and obeyed by `verify`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from theorycheck.campaign.profiles import PROFILES
from theorycheck.cli import main
from theorycheck.errors import InvalidValue
from theorycheck.project import project

SETTINGS = """
[tool.theorycheck]
claims = ["theory/*.py"]
profile = "small"
seed = 5
output = "build"

[tool.theorycheck.profiles.small]
based_on = "quick"
batch_size = 4
enumerated = 8
"""
LEMMA = """
from theorycheck import at_most, inequality

@inequality("{name}", r"L \\le W")
def lemma(at):
    return at_most(at.loss, at.weighted_distance)
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "theory").mkdir()
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    for name in ("one", "two"):
        (tmp_path / "theory" / f"{name}.py").write_text(LEMMA.format(name=name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_are_found_from_a_folder_below(root: Path) -> None:
    """Files relative to the project, profiles based on the package's."""
    found = project(root / "theory")
    assert [Path(file).name for file in found.files()] == ["one.py", "two.py"]
    small = found.named("small")
    assert (small.batch_size, small.enumerated, small.attack) == (4, 8, PROFILES["quick"].attack)
    assert found.named("thorough") is PROFILES["thorough"]


@pytest.mark.long
def test_verify_obeys_them(root: Path) -> None:
    """Every file of claims has a report of its own, in the project's profile and seed."""
    result = CliRunner().invoke(main, ["verify", "--workers", "1"])
    assert result.exit_code == 0, result.output
    for name in ("one", "two"):
        report = json.loads((root / "build" / name / "report.json").read_text())
        assert (report["profile"], report["seed"]) == ("small", 5)
        assert [entry["id"] for entry in report["claims"]] == [name]


@pytest.mark.long
def test_the_command_line_goes_before_them(root: Path) -> None:
    """Another profile, seed, file and folder."""
    words = ["verify", "--claims", "theory/one.py", "--profile", "quick", "--seed", "0"]
    result = CliRunner().invoke(main, [*words, "--workers", "1", "--output", "here"])
    assert result.exit_code == 0, result.output
    report = json.loads((root / "here" / "report.json").read_text())
    assert (report["profile"], report["seed"]) == ("quick", 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("claim = 'a.py'", "tool.theorycheck.claim is not known"),
        ("claims = 'a.py'", "no list of file names"),
        ("seed = 'x'", "no whole number"),
        ("seed = true", "no whole number"),
        ("profile = 'none'", "give one of quick, standard, thorough"),
        ("[tool.theorycheck.profiles.quick]", "choose another"),
        ("[tool.theorycheck.profiles.own]\nbatches = 0", "give a whole number >= 1"),
        ("[tool.theorycheck.profiles.own]\nbatches = 1.5", "give a whole number >= 1"),
        ("[tool.theorycheck.profiles.own]\nbatch = 3", "own.batch is not known"),
        ("[tool.theorycheck.profiles.own]\nbased_on = 'x'", "based_on is 'x'"),
        ("[tool.theorycheck.profiles.own]\nbased_on = []", r"based_on is \[\]"),
        ("profiles = 3", "profiles is no table"),
        ("profiles = []", "profiles is no table"),
        ("profile = ", "cannot be read"),
        ("[tool.theorycheck.profiles.own]\nregions = 1", "give one of none, some, all"),
    ],
)
def test_what_can_not_be_used_is_named(text: str, told: str, tmp_path: Path) -> None:
    """With the key; nothing is guessed."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.theorycheck]\n{text}\n")
    with pytest.raises(InvalidValue, match=told):
        project(tmp_path)


def test_a_pattern_that_fits_no_file_is_an_error(tmp_path: Path) -> None:
    """A run without a claim must not pass."""
    (tmp_path / "pyproject.toml").write_text('[tool.theorycheck]\nclaims = ["no/*.py"]\n')
    with pytest.raises(InvalidValue, match=r"no file fits 'no/\*\.py'"):
        project(tmp_path).files()


def test_other_projects_have_no_settings(tmp_path: Path) -> None:
    """And a file that is no TOML is not theorycheck's to judge."""
    (tmp_path / "pyproject.toml").write_text("[project\n")
    assert project(tmp_path).claims == ()
    assert os.fspath(project(tmp_path).root) == "."
