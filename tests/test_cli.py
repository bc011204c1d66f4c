"""The command line, as people and CI jobs use it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from malformed import MALFORMED
from theorycheck.cli import main

GOOD = '{"means": [[1]], "step_size": "%s"}'


def run(*arguments, text=None):
    """Invoke the command line in this process."""
    return CliRunner().invoke(main, list(arguments), input=text)


@pytest.mark.parametrize(("name", "data"), MALFORMED)
def test_malformed_case_files_exit_2_with_one_line(name, data, tmp_path):
    """No traceback, whatever is in the file."""
    path = tmp_path / "case.json"
    path.write_bytes(data)
    result = run("check", "likelihood-decrease", "--case", str(path))
    assert result.exit_code == 2, name
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("theorycheck: ")


def test_check_refutes_beyond_the_step_size_and_holds_below():
    """Acceptance: eta = 2.1 is refuted with exit 1, eta = 1.9 holds with exit 0."""
    long_step = run("check", "likelihood-decrease", "--case", "-", "--json", text=GOOD % "2.1")
    assert long_step.exit_code == 1
    found = json.loads(long_step.stdout)
    assert (found["verdict"], found["evidence"]) == ("refuted", "certified")
    assert found["margin"] < 0
    assert found["in_domain"] is False
    case = '{"means": [[1.5], [-0.7]], "step_size": "1.9"}'
    short = run("check", "likelihood-decrease", "--case", "-", "--json", text=case)
    assert short.exit_code == 0
    assert json.loads(short.stdout)["evidence"] == "certified"


def test_check_is_undecided_with_exit_3_when_a_case_is_no_witness():
    """An existence claim says so."""
    case = '{"means": [1, 2, 3], "step_size": 1}'
    result = run("check", "max-norm-nonmonotone", "--case", "-", text=case)
    assert result.exit_code == 3
    assert "no witness" in result.stdout


def test_list_and_show():
    """Every claim is listed; one is shown with its controls."""
    listed = json.loads(run("list", "--json").stdout)
    assert {"loss-upper", "majorisation"} <= {entry["id"] for entry in listed}
    assert "control:" in run("show", "loss-upper").stdout
    assert json.loads(run("show", "loss-upper", "--json").stdout)["origin"] == "paper"


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "no-such-claim"],
        ["check", "loss-upper", "--case", "/no/such/file"],
        ["check", "loss-upper"],
        ["verify", "loss-upper", "--profile", "fast"],
        ["verify", "--claims", "/no/such/file.py"],
        ["frobnicate"],
    ],
)
def test_bad_usage_exits_2(arguments):
    """Bad usage is not a traceback."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_verify_writes_a_report_and_is_quiet_in_a_pipe(tmp_path):
    """A real process: exit 0, no control characters, JSON on request."""
    command = [sys.executable, "-m", "theorycheck", "verify", "loss-upper", "--profile", "quick"]
    done = subprocess.run(
        [*command, "--output", str(tmp_path), "--workers", "1", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["claims"][0]["verdict"] == "supported"
    assert done.stderr == ""
    assert (tmp_path / "report.html").exists()


def test_verify_exits_1_when_something_is_refuted(tmp_path):
    """A false lemma of a user's file."""
    path = tmp_path / "lemmas.py"
    path.write_text(
        "from theorycheck import inequality, at_most\n"
        "@inequality('too-strong', 'L \\\\le W/4')\n"
        "def too_strong(at):\n"
        "    return at_most(at.loss, at.weighted_distance / 4)\n"
    )
    options = ["--claims", str(path), "--profile", "quick", "--workers", "1"]
    result = run("verify", *options, "--output", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "refuted" in result.stdout


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("def broken(:\n", "line 1"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("x = 1\n", "defines no claim"),
    ],
)
def test_a_broken_claims_file_is_named(text, named, tmp_path):
    """Syntax errors, exceptions and empty files: one line that names the file."""
    path = tmp_path / "lemmas.py"
    path.write_text(text)
    result = run("list", "--claims", str(path))
    assert result.exit_code == 2
    assert str(path) in result.stderr
    assert named in result.stderr
