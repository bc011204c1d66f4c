"""The command line, as people and CI jobs use it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from click.testing import CliRunner

from helpers.malformed import MALFORMED
from theorycheck import claims
from theorycheck.claims.sources import references
from theorycheck.cli import main

FALSE_LEMMA = (
    "from theorycheck import inequality, at_most\n"
    "@inequality('too-strong', 'L \\\\le W/4')\n"
    "def too_strong(at):\n"
    "    return at_most(at.loss, at.weighted_distance / 4)\n"
)
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
    shown = run("show", "loss-upper").stdout
    assert "control:" in shown
    assert "L ≤ 1/2 W" in shown
    assert "tfrac" not in shown
    assert r"\tfrac12" in run("show", "loss-upper", "--json").stdout.replace("\\\\", "\\")
    rows = run("list").stdout.splitlines()
    assert rows[0] == "A. Identities"
    assert len(rows) == len(listed) + 8
    assert run("-V").stdout == run("--version").stdout
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


@pytest.mark.long
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


@pytest.mark.long
def test_verify_exits_1_when_something_is_refuted(tmp_path):
    """A false lemma of a user's file."""
    path = tmp_path / "lemmas.py"
    path.write_text(FALSE_LEMMA)
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


# --- help, sources, summary ---------------------------------------------------------------------


def test_the_table_of_verbs_says_what_their_docstrings_say():
    """Names and first lines: `--help` prints the table, `VERB --help` the docstring."""
    for name, row in main.commands.items():
        verb = row.load()
        assert (verb.name, verb.help.partition("\n")[0]) == (name, row.help)


def test_help_imports_neither_verbs_nor_heavy_libraries():
    """`theorycheck --help` answers at once, and so does the completion of a verb's name."""
    program = (
        "import sys\nfrom theorycheck.cli import main\n"
        "main(['--help'], standalone_mode=False)\nprint(*sys.modules)"
    )
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "verify      Check claims" in done.stdout
    imported = set(done.stdout.splitlines()[-1].split())
    assert not imported & {"numpy", "flint", "hypothesis", "mpmath", "rich", "scipy"}
    ours = {name for name in imported if name.startswith("theorycheck.cli.")}
    assert ours == {"theorycheck.cli.shared", "theorycheck.cli.shared.group"}


def test_completion_knows_verbs_options_and_claims():
    """What a shell asks for while the user types."""
    for words, offered in (
        (["ver"], "verify"),
        (["verify", "--pro"], "--profile"),
        (["show", "loss-up"], "loss-upper"),
    ):
        asked = {"COMP_WORDS": " ".join(["theorycheck", *words]), "COMP_CWORD": str(len(words))}
        environment = {"_THEORYCHECK_COMPLETE": "bash_complete", **asked}
        result = CliRunner().invoke(main, prog_name="theorycheck", env=environment)
        assert f"plain,{offered}" in result.stdout.splitlines()


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_every_verb_shows_an_example(verb):
    """The help of a verb ends in a command that can be pasted."""
    shown = " ".join(run(verb, "--help").stdout.split())
    assert f"Example: theorycheck {verb}" in shown


def test_cite_prints_the_sources_of_a_claim():
    """BibTeX with balanced braces, the paper where it is named, this software where it is not."""
    paper = run("cite", "loss-upper").stdout
    assert "eprint = {2407.00490}" in paper
    assert "@software" not in paper
    own = run("cite", "gradient-fisher").stdout
    assert "@software{theorycheck" in own
    everything = run("cite").stdout
    for text in (paper, own, everything):
        assert text.count("{") == text.count("}")
        assert "pages" not in text
    assert len(json.loads(run("cite", "--json").stdout)) == everything.count("\n@")
    assert run("cite", "no-such-claim").exit_code == 2


def test_every_named_work_has_an_entry():
    """A source that gives a year or an arXiv number is found in the bibliography."""
    for claim in claims.all():
        if re.search(r"\(\d{4}\)|arXiv", claim.source):
            assert any(entry.named for entry in references(claim)), claim.id


@pytest.mark.long
def test_summary_is_written_for_a_ci_job(tmp_path):
    """`--summary FILE` holds the verdicts in Markdown; a bad place is bad input."""
    options = ["loss-sign", "--profile", "quick", "--workers", "1", "--output", str(tmp_path)]
    path = tmp_path / "summary.md"
    assert run("verify", *options, "--summary", str(path)).exit_code == 0
    assert path.read_text(encoding="utf-8").startswith("## theorycheck: 1 supported")
    assert run("verify", *options, "--summary", str(tmp_path / "no/such/place")).exit_code == 2


@pytest.mark.long
def test_messages_name_the_next_command(tmp_path):
    """What to do next stands under what was found."""
    path = tmp_path / "lemmas.py"
    path.write_text(FALSE_LEMMA)
    options = ["--claims", str(path), "--profile", "quick", "--workers", "1"]
    last_line = run("verify", *options, "--output", str(tmp_path / "out")).stdout.splitlines()[-1]
    _, echo, case, _, program, *words = shlex.split(last_line)
    assert (echo, program) == ("echo", "theorycheck")
    assert run(*words, text=case).exit_code == 1


NOISY = """
print("while it is read")
from theorycheck import at_most, inequality

@inequality("noisy", "L \\\\le W")
def noisy(at):
    print("while it is checked")
    return at_most(at.loss, at.weighted_distance)
"""


@pytest.mark.long
def test_json_is_all_that_is_printed(tmp_path):
    """What a claims file prints, in this process or in a worker, goes to standard error.

    All of it: a worker that is ended has nothing in store.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    (tmp_path / "lemmas.py").write_text(NOISY)
    (tmp_path / "case.json").write_text(GOOD % 1)
    python = [sys.executable, "-m", "theorycheck"]
    for command in (
        "list",
        "show noisy",
        "check noisy --case case.json",
        "attack noisy --budget 20",
        "verify --profile quick --workers 1 --output out",
    ):
        words = [*python, *command.split(), "--claims", "lemmas.py", "--json"]
        options = {"cwd": tmp_path, "env": environment, "capture_output": True, "check": True}
        done = subprocess.run(words, text=True, **options)
        found = json.loads(done.stdout)
        assert "while it is read" in done.stderr
    assert "while it is checked" in done.stderr
    assert found == json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert found["not_checked"]


@pytest.mark.long
@pytest.mark.parametrize("where", ["raise SystemExit(0)", "SYSTEM_EXIT = 1"])
def test_a_claim_that_ends_the_program_does_not_succeed(where, tmp_path):
    """At the top of a file it is refused, within a claim the claim alone is undecided."""
    path = tmp_path / "lemmas.py"
    ending = "def noisy(at):\n    raise SystemExit(0)"
    path.write_text(where + NOISY.replace("print", "len").replace("def noisy(at):", ending))
    result = run("verify", "--claims", str(path), "--profile", "quick", "--output", str(tmp_path))
    assert result.exit_code == (2 if where.startswith("raise") else 3)
    assert "SystemExit: 0" in result.output


@pytest.mark.long
def test_a_control_is_verified_like_a_claim(tmp_path):
    """Its statement is words with formulae; the report shows them."""
    command = ["verify", "loss-upper-control-1", "--profile", "quick", "--workers", "1"]
    assert run(*command, "--output", str(tmp_path)).exit_code == 1
    assert "0.49" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_statement_that_can_not_be_typeset_is_told_before_the_work(tmp_path):
    """And nothing is written."""
    path, output = tmp_path / "lemmas.py", tmp_path / "out"
    path.write_text(FALSE_LEMMA.replace("'L ", "'{ L "))
    result = run("verify", "--claims", str(path), "--output", str(output))
    assert result.exit_code == 2
    assert result.stderr.startswith("theorycheck: claim too-strong: formula")
    assert not output.exists()


def test_an_empty_name_of_a_file_is_not_the_package():
    """As of a variable that a job forgot to set."""
    result = run("list", "--claims", "")
    assert result.exit_code == 2
    assert "claims file" in result.stderr


@pytest.mark.long
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_behind_the_output_is_one_line():
    """`theorycheck list > /dev/full`."""
    words = [sys.executable, "-m", "theorycheck", "list"]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "theorycheck: No space left on device\n"


# --- terminals and interruption -----------------------------------------------------------------

SLOW_LEMMAS = """
import os, time
from theorycheck import at_most, inequality

@inequality("fast", "L \\\\le W")
def fast(at):
    return at_most(at.loss, at.weighted_distance)

@inequality("slow", "L \\\\le W")
def slow(at):
    time.sleep(0.5 * ("IN_A_HURRY" not in os.environ))
    return at_most(at.loss, at.weighted_distance)
"""


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_interruption_leaves_a_usable_report(workers, tmp_path, monkeypatch):
    """Ctrl-C: exit 130, a report that says so, no traceback, and a run that can be resumed."""
    lemmas, output = tmp_path / "lemmas.py", tmp_path / "out"
    lemmas.write_text(SLOW_LEMMAS)
    command = [sys.executable, "-m", "theorycheck", "verify", "--claims", str(lemmas)]
    command += ["--profile", "quick", "--output", str(output), "--workers", workers]
    pipe = subprocess.PIPE
    running = subprocess.Popen(
        command,
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
        # Tests run in the background inherit a Ctrl-C that is ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    ledger = output / "ledger.jsonl"
    until = time.monotonic() + 60
    while not (ledger.exists() and ledger.read_text().count("fast/") == 2):
        assert time.monotonic() < until
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    stdout, stderr = running.communicate(timeout=60)
    assert running.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert "interrupted: 2 of 4 tasks are done; go on with: theorycheck verify" in stderr
    assert stderr.count("\n") == 1
    assert "fast" in stdout
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    assert [entry["id"] for entry in report["claims"]] == ["fast"]
    assert report["interrupted"] == {
        "done": 2,
        "total": 4,
        "unfinished": ["slow"],
        "reason": "Ctrl-C",
    }
    assert "Interrupted:" in (output / "report.html").read_text(encoding="utf-8")
    monkeypatch.setenv("IN_A_HURRY", "yes")
    assert run(*shlex.split(stderr.partition("go on with: ")[2])[1:]).exit_code == 0
    assert "interrupted" not in json.loads((output / "report.json").read_text(encoding="utf-8"))


def _shown_in(terminal):
    """All that was written to a terminal, once nobody writes to it any more; it is closed."""
    seen = b""
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 4096):
            seen += piece
    os.close(terminal)
    return seen


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
def test_progress_is_for_terminals_and_without_colour_on_request(tmp_path):
    """A terminal sees the remaining time, under NO_COLOR in no colour."""
    import pty

    master, slave = pty.openpty()
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, "-m", "theorycheck", "verify", "loss-sign", "--profile", "quick"]
    done = subprocess.Popen(
        [*command, "--workers", "1", "--output", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=slave,
        env=environment,
    )
    stdout, _ = done.communicate(timeout=60)
    os.close(slave)
    seen = _shown_in(master)
    assert b"loss-sign" in seen
    assert re.search(rb"\d:\d\d:\d\d", seen)
    assert not re.search(rb"\x1b\[[0-9;]*3[0-7]m", seen)
    assert b"\x1b" not in stdout


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
def test_a_notice_stands_above_the_bar():
    """It goes through what moves the bar, so the bar does not go over it."""
    import pty

    script = (
        "from theorycheck.cli.shared.workers import echo_notice, progress_bar\n"
        "with progress_bar() as show:\n"
        "    show(1, 5, 'a-claim')\n"
        "    echo_notice('refuted: another')\n"
    )
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    subprocess.run([sys.executable, "-c", script], stderr=slave, env=environment, timeout=60)
    os.close(slave)
    seen = _shown_in(master)
    line = next(line for line in seen.split(b"\n") if b"refuted: another" in line)
    assert line.rpartition(b"\x1b[2K")[2].strip() == b"refuted: another"


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="terminals of POSIX")
def test_words_are_wrapped_in_a_terminal_and_not_in_a_pipe():
    """At its width, between words."""
    import pty

    command = [sys.executable, "-m", "theorycheck", "show", "trap-threshold"]
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": "60"}
    with subprocess.Popen(command, stdout=slave, env=environment) as shown:
        os.close(slave)
        seen = _shown_in(master)
        shown.wait(timeout=60)
    wrapped, plain = seen.decode().splitlines(), run("show", "trap-threshold").stdout
    assert max(map(len, wrapped[:-1])) <= 60
    assert max(map(len, plain.splitlines())) > 100
    assert "".join(plain.split()) == "".join("".join(wrapped).split())


def test_check_explains_itself(tmp_path):
    """Both sides in words on request, and always in JSON."""
    case = tmp_path / "case.json"
    case.write_text('{"means": [1, -1], "step_size": "5/2"}')
    told = run("check", "energy-decrease", "--case", str(case), "--explain").stdout
    assert "the case: L = 0.12543" in told
    assert "along gradient EM, t = 0 to 8" in told
    assert "U █▃▂▁▁▁▁▁▁ ends at 0.0468" in told
    case.write_text('{"means": [1, -1]}')
    assert "along" not in run("check", "loss-upper", "--case", str(case), "--explain").stdout
    case.write_text('{"means": [1, -1], "step_size": "5/2"}')
    found = json.loads(run("check", "energy-decrease", "--case", str(case), "--json").stdout)
    assert float(found["why"]["upper"]) > float(found["why"]["lower"])


def test_trajectory_shows_fisher_divergence_and_distances(tmp_path):
    """As the population and the start have them."""
    case = tmp_path / "case.json"
    case.write_text('{"means": [[3], [0]], "step_size": 1}')
    told = run("trajectory", "--case", str(case), "--steps", "2").stdout.splitlines()
    assert told[0].split() == ["t", "L", "F", "U", "W"]
    assert told[1].split()[2] == "4.437956e-01"
    assert told[-2] == "distances of the means from 0 at t = 0: 3, 0"


def test_patterns_and_groups():
    """The same for list, verify and attack; what fits nothing exits 2."""
    ids = [row["id"] for row in json.loads(run("list", "loss-*", "--json").stdout)]
    assert ids[0] == "loss-sign"
    assert all(name.startswith("loss-") for name in ids)
    rows = json.loads(run("list", "--group", "D", "rate*", "--json").stdout)
    assert {row["group"] for row in rows} == {"D"}
    assert run("list", "nothing-*").exit_code == 2
    assert run("list", "--group", "X").exit_code == 2
    attacks = json.loads(run("attack", "loss-[su]*", "--budget", "10", "--json").stdout)
    assert [found["claim"] for found in attacks] == ["loss-sign", "loss-upper"]


def test_an_error_of_a_claim_is_told_by_attack_too(tmp_path):
    """With the line of the file."""
    lemmas = tmp_path / "lemmas.py"
    lemmas.write_text(FALSE_LEMMA.replace("at.loss", "at.los"))
    told = run("attack", "too-strong", "--claims", str(lemmas), "--budget", "9")
    assert told.exit_code == 2
    assert "(lemmas.py, line 4) raised AttributeError" in told.stderr


@pytest.mark.long
def test_verify_marks_refutations_in_a_job(tmp_path, monkeypatch):
    """As annotations of GitHub, at the line that declares the claim; the summary can be pasted."""
    lemmas = tmp_path / "lemmas.py"
    lemmas.write_text(FALSE_LEMMA)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.chdir(tmp_path)
    words = ["--claims", "lemmas.py", "--profile", "quick", "--workers", "1", "--summary", "s.md"]
    told = run("verify", *words)
    assert "::error file=lemmas.py,line=2,title=too-strong is refuted::" in told.stderr
    assert "refuted (certified): too-strong at" in told.stderr
    assert "it fails: 0.50000000 > 0.25000000" in told.stdout
    assert "report: reports/lemmas/report.html" in told.stdout
    assert "&#123;&#34;means&#34;" in (tmp_path / "s.md").read_text()
    again = run("verify", *words[:-2], "--resume", "--output", "other")
    assert again.exit_code == 2
    assert "there is no ledger in other" in again.stderr


def test_a_pipe_gets_a_sign_of_life(monkeypatch, capsys):
    """A line now and then, with what is done."""
    from theorycheck.cli.shared import workers

    monkeypatch.setattr(workers, "HEARTBEAT", 0.01)
    with workers.progress_bar() as show:
        show(3, 8, "claim")
        time.sleep(0.2)
    assert "3 of 8 tasks done" in capsys.readouterr().err
