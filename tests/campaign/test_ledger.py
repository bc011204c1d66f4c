"""The ledger: what is finished is kept, whatever happens to the run, the disk or the file."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

import theorycheck as tc
from helpers.campaigns import CHEAP, without_times
from theorycheck.campaign.ledger import Ledger
from theorycheck.errors import InvalidValue, NotWritten, RunInProgress
from theorycheck.verification import Interrupted

HEADER = {"version": "1", "seed": 0}
OUTCOMES = [{"task": f"claim/batch/{k}", "found": [k, None, 0.1]} for k in range(4)]


@pytest.fixture
def path(tmp_path):
    """A ledger with four outcomes."""
    found = tmp_path / "ledger.jsonl"
    with Ledger(found, HEADER) as ledger:
        for outcome in OUTCOMES:
            ledger.append(outcome)
    return found


def resumed(path, header=HEADER):
    """The outcomes and the notice of a resumed ledger."""
    with Ledger(path, header, resume=True) as ledger:
        return list(ledger.finished.values()), ledger.notice


def test_what_was_appended_is_read_back(path):
    """Nothing is lost, doubled or rewritten by resuming, however often."""
    before = path.read_bytes()
    assert resumed(path) == (OUTCOMES, "")
    assert resumed(path) == (OUTCOMES, "")
    assert path.read_bytes() == before


def test_a_line_torn_anywhere_costs_that_line_alone(path):
    """At each byte of the last line; and the ledger can be written on."""
    content = path.read_bytes()
    start = content[:-1].rindex(b"\n") + 1
    for end in range(start + 1, len(content)):
        path.write_bytes(content[:end])
        outcomes, notice = resumed(path)
        assert outcomes == OUTCOMES[:-1]
        assert "torn" in notice
        with Ledger(path, HEADER, resume=True) as ledger:
            ledger.append(OUTCOMES[-1])
        assert path.read_bytes() == content


def test_a_header_torn_anywhere_begins_anew(path):
    """A run that was killed in its first moment."""
    first = path.read_bytes().split(b"\n")[0]
    for end in range(len(first)):
        path.write_bytes(first[:end])
        assert resumed(path)[0] == []


def test_a_damaged_byte_is_refused(path):
    """Each byte of the file that is not part of a torn end, flipped."""
    content = path.read_bytes()
    for place in range(len(content) - 1):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(bytes(damaged))
        with pytest.raises(InvalidValue, match=r"ledger\.jsonl"):
            resumed(path)


@pytest.mark.parametrize(
    "content",
    [b"\n", b"{}\n", b"[" * 5000 + b"\n", b"\xff\xfe\n", b"null 12345678\n", b"x" * 99 + b"\n"],
)
def test_what_is_no_ledger_is_refused(tmp_path, content):
    """One clear error, and the file is left as it is."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidValue, match="not a line of a ledger"):
        resumed(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["version", "seed"])
def test_a_ledger_of_another_run_is_refused(path, name):
    """What differs is named, and the ledger is left as it is."""
    before = path.read_bytes()
    with pytest.raises(InvalidValue, match=f"another run \\({name} differs\\)"):
        resumed(path, {**HEADER, name: 7})
    assert path.read_bytes() == before


def test_a_claims_file_that_changed_is_another_run(tmp_path):
    """The ledger knows the claims by their text and not by their names alone."""
    lemmas = tmp_path / "lemmas.py"
    text = (
        "from theorycheck import inequality, at_most\n"
        "@inequality('mine', 'L \\\\le W')\n"
        "def mine(at):\n"
        "    return at_most(at.loss, {} * at.weighted_distance)\n"
    )
    options = {"profile": "quick", "claims_file": str(lemmas), "output": tmp_path / "out"}
    lemmas.write_text(text.format(1))
    tc.verify(**options)
    lemmas.write_text(text.format(2))
    with pytest.raises(InvalidValue, match="claims_file differs"):
        tc.verify(**options, resume=True)


def test_a_second_run_into_the_directory_is_refused(path):
    """It is told so, and the first one goes on."""
    with Ledger(path, HEADER, resume=True) as first:
        with pytest.raises(RunInProgress, match="another run"):
            Ledger(path, HEADER)
        with pytest.raises(RunInProgress, match="another run"):
            Ledger(path, HEADER, resume=True)
        first.append({"task": "claim/batch/9"})
    assert len(resumed(path)[0]) == 5


@pytest.mark.long
def test_a_full_disk_ends_with_one_line_and_keeps_what_is_done(tmp_path):
    """A limit on the size of files stands in for the disk."""
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "from theorycheck.cli import main\n"
        f"main(['verify', *{CHEAP!r}, '--profile', 'quick', '--output', {str(tmp_path)!r}])\n"
    )
    pytest.importorskip("resource")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("theorycheck: ")
    assert done.stderr.count("\n") == 1
    assert "go on with --resume" in done.stderr
    kept = (tmp_path / "ledger.jsonl").read_bytes().count(b"\n") - 1
    assert kept > 0
    again = tc.verify(CHEAP, profile="quick", output=tmp_path, resume=True)
    assert without_times(again.data) == without_times(tc.verify(CHEAP, profile="quick").data)


def test_a_directory_that_can_not_be_written_is_named(tmp_path):
    """A directory stands where the ledger should be."""
    (tmp_path / "ledger.jsonl").mkdir()
    with pytest.raises(NotWritten, match=r"ledger\.jsonl"):
        tc.verify("loss-upper", profile="quick", output=tmp_path)


@pytest.fixture
def ctrl_c():
    """Ctrl-C raises KeyboardInterrupt, also where tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_the_ledger_has_is_what_an_interrupted_run_counts(tmp_path, monkeypatch, ctrl_c, when):
    """Ctrl-C in the very moment in which the second outcome is written."""
    to_disk, written = os.fsync, []

    def interrupted_at_the_second_outcome(stream):
        written.append(stream)
        is_now = len(written) == 3  # after the header
        if is_now and when == "before":
            ctrl_c()
        to_disk(stream)
        if is_now and when == "after":
            ctrl_c()

    monkeypatch.setattr(os, "fsync", interrupted_at_the_second_outcome)
    with pytest.raises(Interrupted) as caught:
        tc.verify(CHEAP, profile="quick", output=tmp_path)
    monkeypatch.undo()
    kept = lines_of(tmp_path / "ledger.jsonl")
    assert len(kept) == 3
    assert caught.value.report.data["interrupted"]["done"] == 2
    again = tc.verify(CHEAP, profile="quick", output=tmp_path, resume=True)
    assert without_times(again.data) == without_times(tc.verify(CHEAP, profile="quick").data)


# --- killed ---------------------------------------------------------------------------------------


def verifying(output, *more):
    """A run of the command line, begun in a process group of its own."""
    command = [sys.executable, "-m", "theorycheck", "verify", *CHEAP, "--profile", "quick"]
    command += ["--output", str(output), "--workers", "2", *more]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def lines_of(path):
    """The whole lines of a ledger."""
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1].splitlines()


def assert_survives_kills(tmp_path, kills, seed):
    """Killed at random moments and resumed, a run ends as an undisturbed one."""
    rng = random.Random(seed)
    ledger = tmp_path / "ledger.jsonl"
    undisturbed = tc.verify(CHEAP, profile="quick")
    for k in range(kills):
        before = lines_of(ledger)
        run = verifying(tmp_path, *(["--resume"] if before else []))
        has_ended = False
        try:
            run.wait(timeout=rng.uniform(0.3, 6.0))
            has_ended = True
        except subprocess.TimeoutExpired:
            os.kill(run.pid, 9)
            run.wait()
        after = lines_of(ledger)
        assert after[: len(before)] == before, k
        assert len(after) == len(set(after))
        assert_no_process_is_left(run.pid)
        if has_ended:
            report = json.loads((tmp_path / "report.json").read_text())
            assert without_times(report) == whole(undisturbed)
            ledger.unlink()
    if ledger.exists():
        last = tc.verify(CHEAP, profile="quick", output=tmp_path, resume=True)
        assert without_times(last.data) == without_times(undisturbed.data)


def whole(report):
    """The report as it is written, figures and gallery included."""
    from theorycheck.report.figures.sections import with_figures

    return without_times(json.loads(json.dumps(with_figures(report.data))))


def assert_no_process_is_left(group):
    """The workers of a killed run end by themselves."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("workers outlive the run that began them")


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
def test_a_killed_run_can_be_resumed(tmp_path):
    """A few kills in every run of the tests."""
    assert_survives_kills(tmp_path, 2, seed=1)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
def test_fifty_kills_lose_nothing(tmp_path):
    """Fifty random moments."""
    assert_survives_kills(tmp_path, 50, seed=2)
