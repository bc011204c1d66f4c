"""`tc.verify`: the same result however it is computed, honest counts, one report."""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest

import theorycheck as tc
from helpers.campaigns import CHEAP, without_times
from theorycheck import verification
from theorycheck.campaign.profiles import PROFILES
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.report.figures import sections
from theorycheck.testing import assert_supported


@pytest.fixture(scope="module")
def serial():
    """A quick campaign in this process."""
    return tc.verify(CHEAP, profile="quick", seed=3)


@pytest.mark.long
def test_supported_claims_have_all_controls_refuted(serial):
    """The built-in claims hold and their controls do not."""
    for entry in serial.claims:
        assert_supported(entry)
    assert serial.exit_code == 0


def test_a_claim_that_is_not_supported_fails_with_all_that_is_known(serial):
    """Counts, the reason, the case as JSON, and the command that decides it again."""
    entry = {**serial.claims[0], "verdict": "undecided", "reason": "2 of 16 cases undecided"}
    with pytest.raises(AssertionError) as failure:
        assert_supported(entry, "my lemmas.py")
    first, reason, case, command = str(failure.value).splitlines()
    cases = entry["cases"]
    assert first.startswith(f"{entry['id']} is undecided: {cases['in_domain']} cases, ")
    assert f"{cases['certified']} certified" in first
    assert reason == "because: 2 of 16 cases undecided"
    assert tc.Case.from_dict(json.loads(case.removeprefix("worst case: ")))
    assert command.startswith("next: echo ")
    assert f"theorycheck check {entry['id']} --claims 'my lemmas.py' --case -" in command
    found = {"case": {"means": [[1]]}, "margin": -1.0}
    refuted = {**entry, "verdict": "refuted", "reason": "", "counterexample": found}
    with pytest.raises(AssertionError, match=r'counterexample: \{"means": \[\[1\]\]\}'):
        assert_supported(refuted)


def test_counts_add_up(serial):
    """Every case in the domain is certified, tight or undecided."""
    for entry in serial.claims:
        cases = entry["cases"]
        decided = sum(cases[k] for k in ("certified", "tight", "undecided"))
        assert decided == cases["in_domain"] <= cases["generated"]
        assert cases["certified"] > 0


@pytest.mark.long
def test_workers_do_not_change_the_result(serial):
    """The same seed gives the same report from two worker processes."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parallel = tc.verify(CHEAP, profile="quick", seed=3, executor=pool)
    assert without_times(parallel.data) == without_times(serial.data)


def test_another_seed_looks_at_other_cases(serial):
    """Seeds matter."""
    other = tc.verify(CHEAP, profile="quick", seed=4)
    assert without_times(other.data) != without_times(serial.data)


def test_the_report_files_are_written(tmp_path):
    """report.html, report.json and ledger.jsonl land in the output directory."""
    report = tc.verify("loss-upper", profile="quick", output=tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["ledger.jsonl", "report.html", "report.json"]
    assert json.loads((tmp_path / "report.json").read_text())["claims"][0]["id"] == "loss-upper"
    assert report.claims[0]["verdict"] == "supported"


class _AtOnce(Executor):
    """Does a call when it is submitted, and keeps the names of the functions."""

    def __init__(self):
        self.called = []

    def submit(self, function, /, *arguments):
        self.called.append(function.__name__)
        future = Future()
        future.set_result(function(*arguments))
        return future


@pytest.mark.long
def test_what_depends_on_no_result_is_begun_once_and_after_the_tasks(tmp_path, monkeypatch):
    """Workers do it while the last tasks run; a report that is not written begins nothing."""
    workers, before, asked = _AtOnce(), verification.begun_sections, []

    def begin(ids, *rest):
        asked.append(ids)
        return before(ids, *rest)

    monkeypatch.setattr(verification, "begun_sections", begin)
    monkeypatch.setattr(sections, "begun_sections", None)  # it would be begun again
    monkeypatch.setattr(sections, "trap_starts", lambda: [])
    profile = replace(PROFILES["quick"], name="short")
    report = tc.verify(["trap-certificate", "loss-sign"], profile, 0, workers, output=tmp_path)
    assert asked == [{"trap-certificate", "loss-sign"}]
    tasks = workers.called.index("_made")
    assert set(workers.called[:tasks]) == {"run_task"}
    assert workers.called[tasks:] == ["_made"]
    tc.verify(["trap-certificate"], profile, 0, workers)
    assert len(asked) == 1
    assert report.exit_code == 0


def test_a_run_that_ends_early_begins_no_figures(tmp_path, monkeypatch):
    """They would keep workers from what is shown of a part of the claims."""
    monkeypatch.setattr(verification, "begun_sections", None)
    monkeypatch.setattr(verification, "_FEW", 0)
    report = tc.verify(["loss-sign"], "quick", 0, _AtOnce(), output=tmp_path, time_limit=1e-6)
    assert report.data["interrupted"]["reason"] == "time limit"


def test_resuming_does_only_what_is_left(tmp_path):
    """A ledger that lost its last task gives the same report as the undisturbed run."""
    whole = tc.verify(CHEAP, profile="quick", output=tmp_path)
    ledger = tmp_path / "ledger.jsonl"
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(lines[:-1]) + lines[-1][:40])
    again = tc.verify(CHEAP, profile="quick", output=tmp_path, resume=True)
    assert without_times(again.data) == without_times(whole.data)
    assert len(ledger.read_text().splitlines()) == len(lines)


def test_a_ledger_of_another_run_is_refused(tmp_path):
    """Another seed is another run."""
    tc.verify("loss-upper", profile="quick", output=tmp_path)
    with pytest.raises(InvalidValue, match="belongs to another run"):
        tc.verify("loss-upper", profile="quick", output=tmp_path, seed=1, resume=True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"claims": ["loss-uper"]}, "did you mean loss-upper"),
        ({"profile": "fast"}, "quick, standard, thorough"),
        ({"output": "/dev/null/x"}, "output directory"),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    """One clear error each."""
    with pytest.raises(InvalidValue, match=named):
        tc.verify(**{"claims": ["loss-upper"], "profile": "quick", **arguments})


def test_what_can_not_be_run_is_refused():
    """Nothing to check is no success; threads would share the precision; types are named."""
    with pytest.raises(InvalidValue, match="claims is empty"):
        tc.verify([])
    with ThreadPoolExecutor(2) as threads, pytest.raises(InvalidValue, match="threads"):
        tc.verify(CHEAP, executor=threads)
    for options in ({"claims": 5}, {"claims": [[]]}, {"executor": 3}, {"seed": 1.5}):
        with pytest.raises(InvalidType):
            tc.verify(**options)
    with pytest.raises(InvalidValue, match="profile"):
        tc.verify(CHEAP, profile=["quick"])


def test_a_report_is_one_line_in_a_terminal():
    """Not the whole of its data."""
    report = tc.verify("loss-sign", "quick")
    assert repr(report) == "Report(quick, seed 0: 1 supported)"
