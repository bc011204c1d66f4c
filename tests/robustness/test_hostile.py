"""Files made to do harm: too large, too deep, endless, or with text that wants to be more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from random import Random

import pytest
from click.testing import CliRunner

import theorycheck as tc
from theorycheck import claims
from theorycheck.arithmetic.budget import charge, work_limit
from theorycheck.cli import main
from theorycheck.errors import InvalidValue, TooExpensive, printable
from theorycheck.expectations.reduction import affine_rank, rational_matrix
from theorycheck.inputs.case import Case
from theorycheck.traps.answers import trap_of_case

# --- work and memory ----------------------------------------------------------------------------

_RANDOM = Random(0)


def _ratio() -> str:
    return f"{_RANDOM.getrandbits(6000)}/{2**6000 + _RANDOM.getrandbits(6000)}"


def _means(means: object, **more: object) -> str:
    return json.dumps({"means": means, **more})


CHECK, TRAP = ["check", "loss-upper", "--case", "-"], ["trap", "--case", "-"]
HEAVY: dict[str, tuple[list[str], str, int]] = {
    # What is asked, on what, and the exit code of a clear answer or refusal.
    "10^5 components": (CHECK, _means([1] * 10**5), 2),
    "10^4 components": (CHECK, _means(list(range(10**4))), 3),
    "10^4 components, trapped": (TRAP, _means(list(range(10**4))), 0),
    "1000 components, spread wide": (CHECK, _means([k * k for k in range(1000)]), 3),
    "1000 components in 100 dimensions": (TRAP, _means([[k] * 99 + [1] for k in range(1000)]), 0),
    "10^5 dimensions": (CHECK, _means([[1] * 10**5, [0] * 10**5]), 0),
    "2 * 10^7 dimensions": (CHECK, '{"means": [[' + "0," * 10**7 + "0" * 10**7 + "]]}", 2),
    "6 million lists": (CHECK, '{"means": [' + "[]," * 6_600_000 + "[]]}", 2),
    "60 ratios of 1800 digits": (CHECK, _means([_ratio() for _ in range(60)]), 0),
    "ratios of 1800 digits in 15 dimensions": (
        TRAP,
        _means([[_ratio() for _ in range(15)] for _ in range(15)], step_size="1e-999"),
        0,
    ),
    "40 means in general position": (
        TRAP,
        _means([[_RANDOM.gauss(0, 1) for _ in range(40)] for _ in range(40)]),
        0,
    ),
    "a wide grid of high precision": (
        ["check", "likelihood-decrease", "--case", "-"],
        _means([-300, 300, 0], step_size=1),
        3,
    ),
    "10^30 steps": (
        ["check", "rate-explicit", "--case", "-"],
        _means([1, 2], steps=10**30, step_size=1),
        0,
    ),
    "a step of 1e-900": (TRAP, _means([12, -12, 0], step_size="1e-900"), 0),
    "means of 1e300": (TRAP, _means([1e300, -1e300, 1]), 0),
    "means of 1e999": (CHECK, _means(["1e999", "-1e999"]), 2),
    "weights of 1e-999": (CHECK, _means([1, 2], weights=["1e-999", 1]), 0),
    "an exponent of 10^9": (CHECK, _means(["1e999999999"]), 2),
    "10^6 digits": (CHECK, _means(["1" * 10**6]), 2),
    "a division by zero": (CHECK, _means(["1/0"]), 2),
    "10^6 brackets": (CHECK, "[" * 10**6, 2),
}
_CHILD = """
import json, resource, sys, time
from click.testing import CliRunner
from theorycheck.cli import main
for name, (arguments, text, _) in json.load(sys.stdin).items():
    started = time.process_time()
    result = CliRunner().invoke(main, arguments, input=text)
    found = {"name": name, "code": result.exit_code, "error": repr(result.exception)}
    found |= {"lines": len(result.stderr.splitlines()), "seconds": time.process_time() - started}
    print(json.dumps(found), flush=True)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(peak * (1 if sys.platform == "darwin" else 1024)))
"""


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="measures memory as POSIX does")
def test_heavy_cases_get_an_answer_or_a_refusal():
    """Each within 10 seconds, all within a gigabyte, and in one process."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input=json.dumps(HEAVY),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    *rows, peak = map(json.loads, done.stdout.splitlines())
    assert [row["name"] for row in rows] == list(HEAVY)
    for row in rows:
        assert row["code"] == HEAVY[row["name"]][2], row
        assert row["lines"] == (row["code"] == 2), row
        assert row["seconds"] < 10, row
    assert peak < 1e9
    assert done.stderr == ""


def test_work_is_counted_and_given_back():
    """A refusal costs nothing; a limit ends with its block; without one nothing is refused."""
    with work_limit(1e-6):
        with pytest.raises(TooExpensive, match="a walk would take more work"):
            charge(2, "a walk")
        charge(1, "a step")
        with pytest.raises(TooExpensive):
            charge(0.1, "another step")
        with pytest.raises(TooExpensive):
            charge(float("nan"), "nothing that can be told")
    charge(1e300, "a walk")


def test_what_is_too_much_work_is_undecided_and_effort_raises_it():
    """The same case, with less and with more to spend."""
    case = json.dumps({"means": [1, -2, 3]})
    little = CliRunner().invoke(main, [*CHECK, "--effort", "1e-4"], input=case)
    assert little.exit_code == 3
    assert "more work than one case is given" in little.stdout
    assert CliRunner().invoke(main, CHECK, input=case).exit_code == 0


@pytest.mark.parametrize("d", [1, 2, 5])
def test_affine_rank_by_either_side(d):
    """Rows or their products: more means than dimensions, or fewer."""
    rows = tuple(tuple(Fraction(i * (j + 1)) for j in range(d)) for i in range(3))
    assert affine_rank(rational_matrix(rows)) == 1
    assert affine_rank(rational_matrix((*rows, (Fraction(1),) * d))) == min(d, 2)


def test_the_smallest_and_the_largest_means_are_simulated_honestly():
    """Squares that underflow or overflow do not make a start look as if it had left at once."""
    tiny = trap_of_case(Case.from_dict({"means": ["1e-200", "1e-200"], "step_size": "1/10"}))
    assert tiny["simulated_steps"] == 4  # 0.95^4 < 5/6 < 0.95^3
    huge = trap_of_case(Case.from_dict({"means": ["1e300", "1e300"]}))
    assert huge["simulated_steps"] is None
    assert "not simulated" in huge["sentence"]


# --- files that are none ------------------------------------------------------------------------


def refused(*arguments: str) -> str:
    """The one line on stderr of a command that is refused."""
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 2, result.exception
    (line,) = result.stderr.splitlines()
    assert line.startswith("theorycheck: ")
    assert line.isprintable()
    return line


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"\xef\xbb\xbf{}", 'no "means"'),
        ('{"means": ["x"]}'.encode("utf-16"), "means[0] is 'x'"),
        (b'{"means": [1]}\x00', "not valid JSON"),
        (b'{"means": ["1\\u0000"]}', r"'1\x00'"),
        (b'{"means": ["\\ud800"]}', r"'\ud800'"),
        (b'{"\\u001b[31m": 1}', r"'\x1b[31m'"),
        ('{"means": ["\u202e1"]}'.encode(), r"'\u202e1'"),
        ('{"means": ["\u0661"]}'.encode(), "not a number"),
        (b'{"means": [1], "truth": {"means": ["1/0"]}}', "truth.means[0]"),
    ],
)
def test_strange_bytes_are_named_in_plain_text(data, named, tmp_path):
    """Byte order marks, NULs, surrogates, escape sequences, reversed text."""
    path = tmp_path / "case.json"
    path.write_bytes(data)
    assert named in refused("check", "loss-upper", "--case", str(path))


def test_a_directory_and_a_loop_of_links_are_no_case_files(tmp_path):
    """The file system's own traps."""
    assert "case file" in refused("check", "loss-upper", "--case", str(tmp_path))
    assert "no report" in refused("diff", "x\0y", "x\0y")
    assert "has no name" in refused("check", "loss-upper", "--case", "x\0y")
    if os.name == "posix":
        loop = tmp_path / "loop"
        loop.symlink_to(loop)
        assert "case file" in refused("trap", "--case", str(loop))
        assert "more than 20000000 bytes" in refused("trap", "--case", "/dev/zero")
        assert "more than 20000000 bytes" in refused("diff", "/dev/zero", "/dev/zero")


def test_file_names_are_shown_in_plain_text():
    """A name with a line break or an escape sequence does not write over the terminal."""
    assert r"no \x1b[2Jsuch \u202efile" in refused("trap", "--case", "no\n\x1b[2Jsuch \u202efile")
    assert printable("a\tb\x07\ud800é") == r"a b\x07\ud800é"


@pytest.mark.long
def test_output_is_never_beyond_the_terminal():
    """A terminal of few letters gets escapes, not a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "theorycheck", "trap", "--dimension", "1000"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "…" not in done.stdout.decode("ascii", "replace")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["frobnicate"], "frobnicate"),
        (["--bogus"], "--bogus"),
        (["check", "loss-upper"], "--case"),
        (["trap"], "give either --case FILE or --dimension D"),
        (["trap", "--dimension", "1.5"], "'1.5' is not a valid integer"),
        (["trap", "--dimension", "9" * 5000], "9…"),
        (
            ["trap", "--dimension", "3", "--components", "9" * 4000],
            "components is a very large integer",
        ),
        (["trap", "--dimension", "3", "--step-size", "9" * 1500], "step_size is 999"),
        (["check", "../../etc/passwd", "--case", "-"], "no claim '../../etc/passwd'"),
        (["show", "<script>\x1b[0m"], r"no claim '<script>\x1b[0m'"),
        (["verify", "--workers", "0"], "--workers"),
    ],
)
def test_bad_usage_is_one_short_line(arguments, named):
    """It names the argument and the value, shortened, and where to read on."""
    line = refused(*arguments)
    assert named in line
    assert len(line) < 300


# --- reports that are none ----------------------------------------------------------------------

ENTRY = {
    "id": "a",
    "verdict": "supported",
    "evidence": "certified",
    "margin": 0.1,
    "worst": [],
    "controls": [{"id": "b", "verdict": "refuted"}],
}


@pytest.mark.parametrize(
    "change",
    [
        {"id": ["a"]},
        {"id": None},
        {"verdict": {}},
        {"evidence": 1},
        {"margin": "0.1"},
        {"margin": [1]},
        {"margin": float("nan")},
        {"tightness": {"ratio": 10**400}},
        {"constant": {"value": float("inf")}},
        {"constant": []},
        {"worst": [{"case": {}, "relative": "x"}]},
        {"controls": [{"id": [], "verdict": "refuted"}]},
        {"controls": {"id": "b"}},
        {"controls": None},
    ],
)
@pytest.mark.parametrize("verb", ["diff", "baseline"])
def test_a_report_with_entries_of_another_kind_is_none(change, verb, tmp_path):
    """Whatever is in the place of a name or a number."""
    path = tmp_path / "report.json"
    report = {"schema": 1, "profile": "quick", "seed": 0, "claims": [ENTRY | change]}
    path.write_text(json.dumps(report))
    other = str(path) if verb == "diff" else f"--output={tmp_path / 'kept.json'}"
    assert "is no report.json" in refused(verb, str(path), other)


def test_what_a_report_says_is_shown_in_plain_text(tmp_path):
    """Ids and verdicts with escapes and surrogates are data."""
    for name, word in (("old", "\x1b[31m\ud800"), ("new", "supported\nfake: line")):
        report = {"schema": 1, "profile": "p", "seed": 0, "claims": [ENTRY | {"verdict": word}]}
        (tmp_path / name).write_text(json.dumps(report))
    result = CliRunner().invoke(main, ["diff", str(tmp_path / "old"), str(tmp_path / "new")])
    assert result.exit_code == 1
    first, _ = result.stdout.splitlines()
    assert first == r"! a: verdict \x1b[31m\ud800 -> supported fake: line"


# --- claims that are markup ---------------------------------------------------------------------

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)><a href='javascript:alert(2)'>"
HOSTILE_LEMMA = """
from theorycheck import at_most, inequality

@inequality("harmless", "L \\\\le W", origin={markup!r}, source={markup!r}, certificate={markup!r},
            sharp_when={markup!r})
def harmless(at):
    {markup!r}
    return at_most(at.loss, at.weighted_distance)

@harmless.control({markup!r})
def _(at):
    return at_most(at.loss, at.weighted_distance / 9)
"""


@pytest.mark.long
def test_a_claims_file_never_becomes_markup(tmp_path):
    """A whole run: texts, sources, controls and the file's own name are text in the report."""
    name = "lem<img src=x onerror=alert(3)>mas.py" if os.name == "posix" else "lemmas.py"
    (tmp_path / name).write_text(HOSTILE_LEMMA.format(markup=MARKUP))
    options = ["--claims", str(tmp_path / name), "--profile", "quick", "--workers", "1"]
    result = CliRunner().invoke(main, ["verify", *options, "--output", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<a href='javascript:" not in page
    assert 'href="javascript:' not in page
    policy = page.partition("Content-Security-Policy")[2].partition(">")[0]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("id", ["../x", "<b>", "a b", "", "a\n", "a/b", "a\\b", "a'b", "\x1b[0m"])
def test_ids_are_words(id):
    """No path, no markup, no control character."""
    with pytest.raises(InvalidValue, match="claim id is"):
        tc.inequality(id, "x")


def test_a_statement_with_a_link_is_refused(tmp_path):
    """One line and no report, instead of a page with somebody's link."""
    statement = r"\href{javascript:alert(1)}{x}"
    path = tmp_path / "lemmas.py"
    lemma = HOSTILE_LEMMA.replace(
        '"L \\\\le W"', repr(statement).replace("{", "{{").replace("}", "}}")
    )
    path.write_text(lemma.format(markup="text"), encoding="utf-8")
    assert repr(statement) in path.read_text(encoding="utf-8")
    options = ["--claims", str(path), "--profile", "quick", "--workers", "1"]
    assert "formula" in refused("verify", *options, "--output", str(tmp_path / "out"))
    assert not (tmp_path / "out" / "report.html").exists()


def test_the_help_says_that_claims_are_code():
    """Case files are data; this file is not."""
    for verb in ("verify", "check", "list", "show", "attack"):
        shown = " ".join(CliRunner().invoke(main, [verb, "--help"]).stdout.split())
        assert "runs as code" in shown


# --- files that are written ---------------------------------------------------------------------


@pytest.mark.long
def test_nothing_is_written_outside_the_output_directory(tmp_path):
    """A real process with a home and a working directory of its own."""
    places = {name: tmp_path / name for name in ("home", "work", "scratch")}
    for place in places.values():
        place.mkdir()
    command = [sys.executable, "-W", "error", "-m", "theorycheck", "verify"]
    command += ["loss-upper", "likelihood-decrease", "--profile", "quick", "--workers", "1"]
    scratch = str(places["scratch"])
    done = subprocess.run(
        [*command, "--output", "out"],
        capture_output=True,
        text=True,
        check=False,
        cwd=places["work"],
        env={
            **os.environ,
            **{"HOME": str(places["home"]), "USERPROFILE": str(places["home"])},
            **{"TMPDIR": scratch, "TEMP": scratch, "TMP": scratch, "PYTHONDONTWRITEBYTECODE": "1"},
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
    )
    assert (done.returncode, done.stderr) == (0, "")
    files = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    names = ("report.html", "report.json", "ledger.jsonl")
    assert files == {os.path.join("work", "out", name) for name in names}


def test_every_claim_refuses_a_case_of_ten_thousand_components():
    """Whatever a claim would do with it."""
    case = Case.from_dict(
        {
            **{"means": [0] * 9999 + [1], "step_size": "1/2", "x": [1], "direction": [1]},
            **{"target": [1] * 10**4, "s": 1, "steps": 2},
        }
    )
    for claim in claims.all():
        with work_limit(1):
            assert type(claim.check(case)).__name__ == "Undecided", claim.id
