"""Every verb's exit codes, as the design has them, and plain text in a pipe."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from theorycheck.cli import doctor, main

LEMMAS = """
from theorycheck import at_most, existence, inequality

@inequality("true", "L \\\\le W")
def true(at):
    return at_most(at.loss, at.weighted_distance)

@true.control("a quarter")
def _(at):
    return at_most(at.loss, at.weighted_distance / 4)

@inequality("false", "L \\\\le W/4")
def false(at):
    return at_most(at.loss, at.weighted_distance / 4)

@inequality("powerless", "L \\\\le 3 W")
def powerless(at):
    return at_most(at.loss, 3 * at.weighted_distance)

@powerless.control("which is true")
def _(at):
    return at_most(at.loss, 2 * at.weighted_distance)

@existence("nowhere", "L > W")
def nowhere(at):
    return at.loss - at.weighted_distance
"""
CASE = '{"means": [[1]], "step_size": "%s"}'
REGION = '{"components": 2, "means": %s, "weights": ["2/5", "3/5"]}'
QUICK = "--claims lemmas.py --profile quick --workers 1 --output out"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with claims, cases and two reports that differ in a verdict."""
    monkeypatch.chdir(tmp_path)
    Path("lemmas.py").write_text(LEMMAS)
    Path("short.json").write_text(CASE % "1")
    Path("long.json").write_text(CASE % "2.5")
    Path("pair.json").write_text('{"means": [-2, 2]}')
    Path("broken.json").write_text("{")
    Path("far.json").write_text('{"means": [3, -3, 0]}')
    Path("apart.json").write_text(REGION % "[[1, 2], [-2, -1]]")
    Path("right.json").write_text(REGION % "[3, 4]")
    Path("wide.json").write_text(REGION % "[-3, 3]")
    for name, verdict in (("old", "supported"), ("new", "refuted")):
        claim = {
            "id": "a",
            "verdict": verdict,
            "evidence": "certified",
            "margin": 0,
            "controls": [],
        }
        data = {"schema": 1, "profile": "quick", "seed": 0, "claims": [claim]}
        Path(f"{name}.json").write_text(json.dumps(data))
    claim |= {"statement": r"L \\le W", "origin": "own", "cases": {}, "undecided_share": 0}
    Path("whole.json").write_text(json.dumps(data | {"claims": [claim]}))
    return tmp_path


def run(command: str) -> Result:
    return CliRunner().invoke(main, shlex.split(command))


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (f"verify true {QUICK}", 0),
        (f"verify true false {QUICK}", 1),
        (f"verify unknown {QUICK}", 2),
        (f"verify true nowhere {QUICK}", 3),
        ("document", 0),
        ("document --claims none.py", 2),
        ("new-pack a-theory", 0),
        ("new-pack lemmas.py", 2),
        (f"verify true {QUICK} --time-limit 1e-9", 3),
        (f"verify true {QUICK} --resume", 2),
        (f"verify 'no-*' {QUICK}", 2),
        (f"verify --group - {QUICK}", 2),
        ("list", 0),
        ("list 'loss-*' --group C", 0),
        ("list 'none-*'", 2),
        ("list --claims none.py", 2),
        ("show loss-upper", 0),
        ("show nothing", 2),
        ("check likelihood-decrease --case short.json", 0),
        ("check likelihood-decrease --case long.json", 1),
        ("check likelihood-decrease --case long.json --explain", 1),
        ("check likelihood-decrease --case broken.json", 2),
        ("check max-norm-nonmonotone --case short.json", 3),
        ("attack true --claims lemmas.py --budget 50", 0),
        ("attack false --claims lemmas.py --budget 50", 1),
        ("attack trap-paper", 2),
        ("attack nowhere --claims lemmas.py --budget 50", 3),
        ("power true --claims lemmas.py", 0),
        ("power nothing", 2),
        ("cite loss-upper", 0),
        ("cite nothing", 2),
        ("diff old.json old.json", 0),
        ("diff old.json new.json", 1),
        ("diff old.json none.json", 2),
        ("export whole.json", 0),
        ("export whole.json --format counterexamples", 0),
        ("export old.json", 2),
        ("export none.json", 2),
        ("baseline old.json --output kept.json", 0),
        ("baseline broken.json", 2),
        ("doctor", 0),
        ("doctor now", 2),
        ("landscape --truth pair.json --components 2 --workers 1", 0),
        ("landscape --truth pair.json --components 2 --workers 1 --time-limit 1e-9", 3),
        ("landscape --truth broken.json --components 2", 2),
        ("landscape --truth pair.json --components 60", 2),
        ("prove loss-upper --region apart.json --output proof", 0),
        ("prove false --claims lemmas.py --region right.json", 1),
        ("prove loss-upper --region broken.json", 2),
        ("prove stein-gradient --region apart.json", 2),
        ("prove loss-upper --region wide.json --time-limit 1e-3", 3),
        ("replay none.json", 2),
        ("atlas --case far.json --vary 0 3 4 --vary 1 -4 -3 --pixels 1", 0),
        ("atlas --case far.json --vary 0 4 3 --vary 1 -4 -3", 2),
        ("trap --dimension 10", 0),
        ("trap --case short.json", 0),
        ("trap --dimension 0", 2),
        ("trajectory --case short.json --steps 3", 0),
        ("trajectory --case short.json --steps 3 --output run", 0),
        ("trajectory --case broken.json", 2),
        ("explore --case pair.json --output out", 0),
        ("explore --output out", 0),
        ("explore --case broken.json", 2),
        ("bench --rounds 0", 2),
        ("figures --components many", 2),
        ("figures --traps --landscapes", 2),
        ("atlas --case far.json --vary 0 -1 1 --vary 1 -1 1 --pixels 1", 3),
    ],
)
def test_exit_codes(command: str, code: int, here: Path) -> None:
    """0 nothing refuted, 1 something refuted, 2 bad usage or input, 3 undecided or not complete."""
    result = run(command)
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, (SystemExit, type(None)))
    if code == 2:
        assert result.stdout == ""
        assert result.stderr.strip()


@pytest.mark.slow
def test_a_surviving_control_exits_1(here: Path) -> None:
    """All that a run spends on a control has to be spent before it is said to survive."""
    result = run(f"verify powerless {QUICK}")
    assert result.exit_code == 1
    assert "CONTROL SURVIVED: powerless-control-1" in result.stdout


def test_doctor_exits_1_when_a_check_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation stops a job."""
    checks = [{"name": "golden case", "ok": False, "detail": "differs"}]
    monkeypatch.setattr(doctor, "diagnose", lambda: {"environment": {}, "checks": checks})
    assert run("doctor").exit_code == 1


@pytest.mark.long
def test_every_verb_prints_json_on_request(here: Path) -> None:
    """And nothing else, wherever it gives an answer; those that take long only have the option."""
    once: dict[str, str] = {}  # a verb that takes seconds is asked once: its answers have one form
    for command, code in test_exit_codes.pytestmark[0].args[1]:  # type: ignore[attr-defined]
        verb = command.split()[0]
        if code != 2:
            once.setdefault(verb if verb in ("verify", "landscape", "atlas") else command, command)
    for command in once.values():
        json.loads(run(f"{command} --json").stdout)
    for name in ("bench", "figures"):
        assert "--json" in run(f"{name} --help").stdout


def test_every_verb_is_here() -> None:
    """A new verb gets its exit codes tested."""
    marks = test_exit_codes.pytestmark  # type: ignore[attr-defined]
    tried = {command.split()[0] for command, _ in marks[0].args[1]}
    assert tried == set(main.commands)


@pytest.mark.long
@pytest.mark.parametrize(
    "command",
    [
        f"verify true {QUICK}",
        "list",
        "trap --dimension 3",
        "landscape --truth pair.json --components 2 --workers 1",
        "doctor",
        "--help",
    ],
)
def test_a_pipe_gets_no_control_characters(command: str, here: Path) -> None:
    """`theorycheck … | cat`, even where a terminal with colours is promised."""
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m theorycheck {command} | cat",
        shell=True,
        capture_output=True,
        check=False,
    )
    assert done.stdout
    assert done.stderr == b""
    assert not [c for c in done.stdout if c < 32 and c != 10]
