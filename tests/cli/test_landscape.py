"""`theorycheck landscape`: answers, exit codes, and a search that can be resumed."""

from __future__ import annotations

import html
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import theorycheck as tc
from helpers.command_line import answer, run

PAIR = '{"means": [-2, 2]}'
KEYS = {
    *("complete", "everywhere", "unresolved", "boxes", "seconds", "points", "truth", "weights"),
    *("low", "high", "index_sum", "note", "spurious", "sentence"),
}


def landscape(*arguments: str, text: str | None = PAIR) -> Any:
    return run("landscape", "--truth", "-", "--workers", "1", *arguments, text=text)


def without_seconds(text: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(text).items() if name != "seconds"}


@pytest.mark.long
def test_the_answer_in_words() -> None:
    """A headline, a table, what it says of everywhere, and what it cost."""
    result = landscape("--components", "2")
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "complete: 2 stationary points, 1 minimum, which is the global one: loss 0"
    assert lines[1].split() == ["means", "loss", "kind", "index", "least", "eigenvalue"]
    assert lines[2].startswith("1  (-2.0000000, 2.0000000)  0 ")
    assert lines[3].startswith("2  (0.0000000, 0.0000000)   1.3673  saddle   1")
    assert lines[4].startswith("everywhere: ")
    assert lines[5] == "index sum: 1 (1 if these are all)"
    assert re.fullmatch(r"\d+ boxes examined in \d+\.\d s", lines[6])
    assert len(lines) == 7


@pytest.mark.long
def test_json_has_what_python_has() -> None:
    result = landscape("--components", "2", "--json")
    found = json.loads(result.stdout)
    assert set(found) == KEYS
    land = tc.landscape(tc.Mixture([-2, 2]), 2)
    assert (found["boxes"], found["low"], found["high"]) == (land.boxes, land.low, land.high)
    assert found["points"][1]["means"] == [[0.0], [0.0]]
    assert [point["kind"] for point in found["points"]] == ["minimum", "saddle"]


@pytest.mark.long
def test_a_search_that_has_no_time_is_not_complete() -> None:
    """Exit 3, and the open box with its size."""
    result = landscape("--components", "3", "--time-limit", "1e-9", "--box", "-1", "5/2")
    assert result.exit_code == 3
    assert result.stdout.startswith("not complete: 0 stationary points found")
    assert "open boxes, neighbours united: 1\n  width 3.5: [-1, 2.5] x" in result.stdout


@pytest.mark.long
def test_weights_are_words_after_the_option() -> None:
    """Or the option is given several times; they are relative."""
    for words in (["1", "3"], ["2", "--weights", "6"]):
        found = json.loads(landscape("--weights", *words, "--json").stdout)
        assert found["weights"] == [0.25, 0.75]


@pytest.mark.parametrize(
    ("arguments", "text", "named"),
    [
        ([], PAIR, "--components"),
        (["--components", "0"], PAIR, "components is 0"),
        (["--components", "60"], PAIR, "components is 60; give at most 6"),
        (["--components", "two"], PAIR, "'two' is not a valid integer"),
        (["--components", "2", "--box", "3", "-3"], PAIR, "low is 3"),
        (["--components", "2", "--box", "a", "b"], PAIR, "low is 'a'"),
        (["--components", "2", "--box", "nan", "1"], PAIR, "low is 'nan'"),
        (["--components", "2", "--box", "1"], PAIR, "'--box' requires 2 arguments"),
        (["--components", "2", "stray"], PAIR, "unexpected argument (stray)"),
        (["--components", "3", "--weights", "1", "2"], PAIR, "2 entries for 3 means"),
        (["--weights", "1", "0"], PAIR, "weights[1] is '0'"),
        (["--components", "2", "--time-limit", "nan"], PAIR, "--time-limit is nan"),
        (["--components", "2", "--resume"], PAIR, "--output"),
        (
            ["--components", "2"],
            '{"means": [[1, 2], [3, 4]]}',
            "along (2, 2), of irrational length",
        ),
        (["--components", "2"], '{"means": [[1, 2, 3]]}', "truth has dimension 3"),
        (["--components", "2"], '{"means": [0, 1000000]}', "nodes"),
        (["--components", "2"], '{"weights": [1]}', 'no "means"'),
        (["--components", "2"], "[1, 2]", "a JSON object is needed"),
        (["--components", "2"], "", "not valid JSON"),
    ],
)
def test_bad_input_exits_2_with_one_line(arguments: list[str], text: str, named: str) -> None:
    result = landscape(*arguments, text=text)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert named in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_missing_truth_file_is_named() -> None:
    result = run("landscape", "--truth", "/no/such/file", "--components", "2")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "truth file /no/such/file: No such file" in result.stderr


@pytest.mark.long
def test_a_killed_search_goes_on_with_the_same_result(tmp_path: Path) -> None:
    """Parts whose lines are whole are kept; another problem is refused."""
    options = ("--components", "2", "--output", str(tmp_path), "--json")
    first = landscape(*options)
    ledger = tmp_path / "landscape.jsonl"
    content = ledger.read_bytes()
    lines = content.splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:7]) + lines[7][:40])
    again = landscape(*options, "--resume")
    assert again.exit_code == 0
    assert "the last line was torn" in again.stderr
    assert without_seconds(again.stdout) == without_seconds(first.stdout)
    assert sorted(ledger.read_bytes().splitlines()) == sorted(content.splitlines())
    other = landscape(*options, "--resume", text='{"means": [-2, "5/2"]}')
    assert other.exit_code == 2
    assert "belongs to another run (truth differs)" in other.stderr


def test_ctrl_c_tells_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 130; without a ledger nothing is kept, and nothing is said of it."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["theorycheck.cli.landscape"], "answered", interrupted)
    result = landscape("--components", "2", "--output", str(tmp_path))
    assert (result.exit_code, result.stdout) == (130, "")
    assert "go on with the same command and --resume" in result.stderr
    assert "--resume" not in landscape("--components", "2").stderr


@pytest.mark.long
def test_the_page_has_the_answer_and_the_command_that_repeats_it(tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    truth.write_text(PAIR)
    output = tmp_path / "new"
    arguments = ("--truth", str(truth), "--weights", "1", "2", "--box", "-3", "4")
    result = run("landscape", *arguments, "--workers", "1", "--output", str(output))
    assert result.exit_code == 0
    *lines, place = result.stdout.splitlines()
    assert place == f"page: {output / 'landscape.html'}"
    page = (output / "landscape.html").read_text(encoding="utf-8")
    command = html.unescape(re.search(r"<pre .*?<code>(.*?)</code>", page)[1])
    assert answer(f"echo 0 | {command}").stdout.splitlines()[:-1] == lines[:-1]
    data = json.loads((output / "landscape.json").read_text(encoding="utf-8"))
    assert data["sentence"] == lines[0]


def test_an_output_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = landscape("--components", "2", "--output", str(tmp_path / "file" / "in"))
    assert result.exit_code == 2
    assert "output directory" in result.stderr
