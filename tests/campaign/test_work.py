"""What counts of a run does not depend on the order in which tasks finish."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import theorycheck as tc
from helpers.campaigns import without_times
from theorycheck.campaign import running
from theorycheck.campaign.executors import LimitedPool
from theorycheck.campaign.outcomes import FailedOutcome, RegionOutcome
from theorycheck.campaign.profiles import PROFILES
from theorycheck.campaign.tasks import Task
from theorycheck.campaign.work import Work
from theorycheck.errors import InvalidValue
from theorycheck.search.findings import Finding
from theorycheck.statements.verdicts import Evidence, Sign

LEMMAS = r"""
import time
from dataclasses import replace
from theorycheck import Domain, at_most, inequality

@inequality("false", r"L \le W/4", domain=Domain(dimension=(1, 1)))
def false(at):
    return at_most(at.loss, at.weighted_distance / 4)

@false.control("a fifth")
def _(at):
    return at_most(at.loss, at.weighted_distance / 5)

@inequality("true", r"L \le W", domain=Domain(dimension=(1, 1)))
def true(at):
    return at_most(at.loss, at.weighted_distance)

@true.control("a quarter")
def _(at):
    return at_most(at.loss, at.weighted_distance / 4)
"""
CASE = tc.Case(tc.Mixture([1]))
VIOLATION = Finding(CASE, Sign.NEGATIVE, -1.0, -1.0, Evidence.CERTIFIED)


def outcome(task: Task, refutes: bool) -> Any:
    from theorycheck.regions.proof import RegionVerdict

    found = (VIOLATION,) if refutes else ()
    return RegionOutcome(
        task, verdict=RegionVerdict.UNDECIDED, bound=None, boxes=0, violations=found
    )


def test_the_first_refuting_task_ends_the_claim_whoever_comes_first() -> None:
    """In every order the outcomes that count are those up to the first that refutes."""
    tasks = [Task("batch", "a", k, "quick", 0) for k in range(4)]
    tasks += [Task("batch", "b", 0, "quick", 0)]
    for order in itertools.permutations(range(5)):
        work = Work(tasks)
        news = 0
        for k in order:
            if work.is_wanted(tasks[k]):
                news += work.take(outcome(tasks[k], tasks[k].claim == "a" and k in (1, 3)))
        assert [o.task.key for o in work.finished] == ["a/batch/0", "a/batch/1", "b/batch/0"]
        assert not work.left
        assert (work.done, work.total, news) == (3, 3, 1)


def test_all_tasks_are_wanted_on_request() -> None:
    """--keep-going."""
    tasks = [Task("batch", "a", k, "quick", 0) for k in range(3)]
    work = Work(tasks, keep_going=True)
    assert work.take(outcome(tasks[0], True))
    assert not work.take(outcome(tasks[1], True))
    assert work.left == [tasks[2]]
    assert not work.take(FailedOutcome(tasks[2], "x"))
    assert not work.left


@pytest.fixture(scope="module")
def lemmas(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("claims") / "lemmas.py"
    path.write_text(LEMMAS)
    return str(path)


SMALL = replace(PROFILES["quick"], name="small", batches=3, batch_size=6, enumerated=6)


@pytest.mark.long
def test_workers_do_not_change_what_a_refuted_claim_shows(lemmas: str) -> None:
    """Nor does it matter which batch is done first; the refutation is told once."""
    told: list[str] = []
    serial = tc.verify(None, SMALL, claims_file=lemmas, notify=told.append)
    with LimitedPool(2, seconds=120) as pool:
        parallel = tc.verify(None, SMALL, executor=pool, claims_file=lemmas)
    assert without_times(serial.data) == without_times(parallel.data)
    assert len(told) == 1
    assert told[0].startswith('refuted (certified): false at {"means"')
    found = {entry["id"]: entry for entry in serial.claims}
    assert [c["verdict"] for c in found["false"]["controls"]] == ["not run"]
    assert [c["verdict"] for c in found["true"]["controls"]] == ["refuted"]
    whole = tc.verify(["false"], SMALL, claims_file=lemmas, keep_going=True).claims[0]
    assert [c["verdict"] for c in whole["controls"]] == ["refuted"]
    assert whole["cases"]["generated"] > found["false"]["cases"]["generated"]


def test_a_batch_reports_what_it_has_when_its_time_is_up(
    lemmas: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cases that it did not reach are undecided, with the reason; a refutation among the first
    counts."""
    ticks = itertools.count()
    monkeypatch.setattr(running.time, "monotonic", lambda: float(next(ticks)))
    monkeypatch.setattr(running, "_seconds", 10.0)
    for name, verdict in (("true", "undecided"), ("false", "refuted")):
        entry = tc.verify([name], SMALL, claims_file=lemmas).claims[0]
        assert entry["verdict"] == verdict
        assert 0 < entry["cases"]["certified"] + entry["cases"]["tight"] <= 8 * 3
        reasons = entry["undecided_reasons"]
        assert reasons == {running.TIME_UP: entry["cases"]["undecided"]}


def test_a_time_limit_ends_the_run_with_its_report(lemmas: str, tmp_path: Path) -> None:
    """Nothing is done in no time, and the run can be resumed."""
    short = tc.verify(
        None, SMALL, claims_file=lemmas, output=tmp_path, time_limit=1e-9, progress=lambda *_: None
    )
    assert short.data["interrupted"]["reason"] == "time limit"
    assert short.exit_code == 3
    whole = tc.verify(None, SMALL, claims_file=lemmas, output=tmp_path, resume=True)
    assert "interrupted" not in whole.data


@pytest.mark.long
def test_a_running_task_that_is_not_wanted_is_ended() -> None:
    """Its worker is free for other work at once."""
    with LimitedPool(1, seconds=600) as pool:
        pool.submit(time.sleep, 0).result()
        future = pool.submit(time.sleep, 500)
        while not pool.running():
            time.sleep(0.01)
        pool.end(future)
        assert pool.submit(time.monotonic).result() > 0
        assert isinstance(future.exception(), Exception)


def test_resuming_without_a_ledger_is_an_error(lemmas: str, tmp_path: Path) -> None:
    """A full run instead would not be what was asked for."""
    with pytest.raises(InvalidValue, match="there is no ledger"):
        tc.verify(None, SMALL, claims_file=lemmas, output=tmp_path, resume=True)


def test_a_claim_of_no_file_runs_in_this_process(tmp_path: Path) -> None:
    """As one of a notebook's cell does; workers could not find it."""

    @tc.inequality("cell", r"L \le W")
    def cell(at: Any) -> Any:
        return tc.at_most(at.loss, at.weighted_distance)

    @cell.control("a quarter")
    def _(at: Any) -> Any:
        return tc.at_most(at.loss, at.weighted_distance / 4)

    entry = tc.verify([cell], SMALL, output=tmp_path).claims[0]
    assert (entry["verdict"], entry["controls"][0]["verdict"]) == ("supported", "refuted")
    with pytest.raises(InvalidValue, match="leave out resume"):
        tc.verify([cell], SMALL, output=tmp_path, resume=True)
    with (
        LimitedPool(1, seconds=60) as pool,
        pytest.raises(InvalidValue, match="leave out executor"),
    ):
        tc.verify([cell], SMALL, executor=pool)


def test_a_claim_that_hides_one_of_the_package_is_itself() -> None:
    """Not the package's of the same name."""

    @tc.inequality("loss-upper", r"L \le W/4")
    def impostor(at: Any) -> Any:
        return tc.at_most(at.loss, at.weighted_distance / 4)

    assert tc.verify([impostor], SMALL).claims[0]["verdict"] == "refuted"
