"""Workers: any may die, hang or eat memory; what they finish is the same as in one process."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass

import pytest

import theorycheck as tc
from helpers.calls import Numbered, number_of
from helpers.campaigns import CHEAP, without_times
from theorycheck.campaign.executors import LimitedPool, _Worker
from theorycheck.errors import WorkersLost

MISBEHAVING = r"""
import os
from theorycheck import Domain, at_most, inequality

LINE = Domain(dimension=(1, 1))

@inequality("good", r"L \le W", domain=LINE)
def good(at):
    return at_most(at.loss, at.weighted_distance)

@good.control("too strong")
def _(at):
    return at_most(at.loss, at.weighted_distance / 4)

@inequality("raises", r"L \le W", domain=LINE)
def raises(at):
    if at.components == 2:
        raise KeyError("two")
    return at_most(at.loss, at.weighted_distance)

@inequality("not-a-number", r"L \le W", domain=LINE)
def not_a_number(at):
    return at.loss * float("nan")

@inequality("wrong-shape", r"L \le W", domain=LINE)
def wrong_shape(at):
    return {"margin": at.loss}

@inequality("endless", r"L \le W", domain=LINE)
def endless(at):
    while True:
        pass

@inequality("hungry", r"L \le W", domain=LINE)
def hungry(at):
    return at_most(at.loss, at.loss + len(bytearray(10**10)))

@inequality("deadly", r"L \le W", domain=LINE)
def deadly(at):
    os._exit(3)

@inequality("fine-but-its-control", r"L \le W", domain=LINE)
def fine(at):
    return at_most(at.loss, at.weighted_distance)

@fine.control("ends the process", id="deadly-control")
def _(at):
    os._exit(3)
"""
REASONS = {
    "raises": "claim raises (lemmas.py, line 18) raised KeyError: 'two'",
    "not-a-number": "the margin is not a number",
    "wrong-shape": "claim wrong-shape (lemmas.py) returned dict",
    "endless": "the task took longer than its time limit",
    "hungry": "claim hungry (lemmas.py, line ",
    "deadly": "the worker process died",
}


@pytest.fixture(scope="module")
def misbehaving(tmp_path_factory):
    """The report of a run over claims that misbehave in every way, and its pool."""
    path = tmp_path_factory.mktemp("claims") / "lemmas.py"
    path.write_text(MISBEHAVING)
    with LimitedPool(2, seconds=8, megabytes=4096) as pool:
        report = tc.verify(profile="quick", claims_file=str(path), executor=pool)
    return {entry["id"]: entry for entry in report.claims}, report


@pytest.mark.long
@pytest.mark.parametrize("id", REASONS)
def test_a_misbehaving_claim_is_undecided_with_the_reason(misbehaving, id):
    """Never supported, whatever it returned at other cases."""
    entries, _ = misbehaving
    assert entries[id]["verdict"] == "undecided"
    assert any(reason.startswith(REASONS[id]) for reason in entries[id]["undecided_reasons"])


@pytest.mark.long
def test_the_others_are_unharmed(misbehaving):
    """The good claim, its control, and the exit code."""
    entries, report = misbehaving
    assert entries["good"]["verdict"] == "supported"
    assert entries["good"]["controls"][0]["verdict"] == "refuted"
    assert report.exit_code == 3


@pytest.mark.long
def test_a_control_that_can_not_be_looked_at_is_undecided(misbehaving):
    """It neither survived nor was refuted, and the run does not pass."""
    entries, _ = misbehaving
    assert entries["fine-but-its-control"]["verdict"] == "supported"
    (control,) = entries["fine-but-its-control"]["controls"]
    assert (control["id"], control["verdict"]) == ("deadly-control", "undecided")


@pytest.mark.long
def test_no_process_is_left(misbehaving):
    """Neither workers nor zombies."""
    assert multiprocessing.active_children() == []


@pytest.mark.long
def test_the_report_of_misbehaving_claims_can_be_written(misbehaving, tmp_path):
    """The page shows the reasons."""
    _, report = misbehaving
    report.write(tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "the worker process died" in page
    assert "time limit" in page


@pytest.fixture(scope="module")
def serial():
    """The report of this process alone."""
    return without_times(tc.verify(CHEAP, profile="quick", seed=3).data)


@pytest.mark.long
@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_the_number_of_workers_does_not_change_the_result(serial, workers):
    """Nor does the order of completion."""
    with LimitedPool(workers, seconds=120) as pool:
        report = tc.verify(CHEAP, profile="quick", seed=3, executor=pool)
    assert without_times(report.data) == serial


@dataclass(frozen=True)
class Errand:
    """Something to do, after the gate is open."""

    kin: str
    gate: threading.Event | None = None


def _in_order(monkeypatch, first, rest):
    """The order in which one worker begins the rest, when the last of the first errands ends.

    Each of the first keeps a worker; the workers are threads of this process.
    """
    monkeypatch.setattr(_Worker, "run", lambda self, function, *given: function(*given))
    begun = []

    def do(errand):
        if errand.gate is None:
            begun.append(errand.kin)
        else:
            assert errand.gate.wait(60)

    with LimitedPool(len(first), seconds=60) as pool:
        busy = [Errand(kin, threading.Event()) for kin in first]
        for errand in busy:
            pool.submit(do, errand)
        others = [pool.submit(do, Errand(kin)) for kin in rest]
        busy[-1].gate.set()
        wait(others)
        for errand in busy:
            errand.gate.set()
    return begun


def test_a_worker_goes_on_with_tasks_of_one_kin(monkeypatch):
    """They share what it has found; those of one kin begin in the order they came in."""
    assert _in_order(monkeypatch, ["a"], ["b", "a", "c", "a", "b"]) == ["a", "a", "b", "b", "c"]


def test_a_worker_leaves_the_kin_of_another_for_last(monkeypatch):
    """Which finds there what it has found already."""
    assert _in_order(monkeypatch, ["a", "b"], ["a", "c", "a", "c"]) == ["c", "c", "a", "a"]


def test_a_cancelled_task_is_not_begun(monkeypatch):
    """And the others are."""
    monkeypatch.setattr(_Worker, "run", lambda self, function, *given: function(*given))
    gate, begun = threading.Event(), []
    with LimitedPool(1, seconds=60) as pool:
        pool.submit(gate.wait, 60)
        left, done = pool.submit(begun.append, 1), pool.submit(begun.append, 2)
        assert left.cancel()
        gate.set()
        wait([done])
    assert begun == [2]


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_worker_that_is_killed_loses_nothing(serial):
    """Its task is begun anew by another one."""
    killed = []

    def kill_one(done, total, claim):
        if not killed:
            worker = multiprocessing.active_children()[0]
            os.kill(worker.pid, 9)
            killed.append(worker)

    with LimitedPool(2, seconds=120) as pool:
        report = tc.verify(CHEAP, profile="quick", seed=3, executor=pool, progress=kill_one)
    assert killed
    assert without_times(report.data) == serial


def test_a_pool_that_broke_is_told_and_what_is_done_is_kept(tmp_path):
    """The standard library's pool does not survive the death of a worker."""
    lemmas = tmp_path / "lemmas.py"
    lemmas.write_text(MISBEHAVING)
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, mp_context=context) as pool,
        pytest.raises(WorkersLost, match="--resume"),
    ):
        tc.verify(
            ["good", "deadly"],
            profile="quick",
            claims_file=str(lemmas),
            executor=pool,
            output=tmp_path,
        )
    assert len((tmp_path / "ledger.jsonl").read_text().splitlines()) == 4


# --- a Dask cluster -------------------------------------------------------------------------------


@pytest.fixture
def cluster():
    """Two worker processes of one thread each."""
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as found:
        yield found


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_gives_the_same_report(serial, cluster):
    """Also when one of its workers is killed in the middle."""
    from theorycheck.campaign.executors import cluster as connected

    pids = [worker.pid for worker in cluster.workers.values()]
    killed = []

    def kill_one(done, total, claim):
        if not killed:
            os.kill(pids[0], 9)
            killed.append(pids[0])
            time.sleep(0.1)

    with connected(cluster.scheduler_address) as executor:
        undisturbed = tc.verify(CHEAP, profile="quick", seed=3, executor=executor)
        disturbed = tc.verify(CHEAP, profile="quick", seed=3, executor=executor, progress=kill_one)
    assert without_times(undisturbed.data) == serial
    assert without_times(disturbed.data) == serial
    assert killed


def test_a_worker_has_one_thread_for_linear_algebra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the user says otherwise; the environment of the caller stays as it was."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    worker = _Worker(60, 4096)
    try:
        assert worker.run(os.getenv, "OPENBLAS_NUM_THREADS") == "1"
        assert worker.run(os.getenv, "OMP_NUM_THREADS") == "2"
        assert "OPENBLAS_NUM_THREADS" not in os.environ
    finally:
        worker.end()


@pytest.mark.long
def test_who_ends_a_call_that_is_done_ends_no_other():
    """Its worker may have been killed all the same: the next call has another process."""
    with LimitedPool(1, seconds=60) as pool:
        first = pool.submit(abs, -1)
        first.add_done_callback(pool.end)
        second = pool.submit(abs, -2)
        assert (first.result(), second.result()) == (1, 2)


@pytest.mark.long
def test_who_waits_for_a_cancelled_call_is_told():
    """As by the pools of the standard library, also when it is shut down."""
    with LimitedPool(1, seconds=60) as pool:
        running = pool.submit(time.sleep, 0.5)
        cancelled = pool.submit(abs, -1)
        assert cancelled.cancel()
        running.result()
        assert wait([cancelled], timeout=20).done
        left = [pool.submit(time.sleep, 60), pool.submit(abs, -1)]
        pool.shutdown(cancel_futures=True)
        assert wait(left, timeout=20).done == set(left)


@pytest.mark.long
def test_kin_may_be_anything():
    """Also what has no hash: only equality is asked."""
    with LimitedPool(2, seconds=60) as pool:
        calls = [pool.submit(number_of, Numbered([1], k)) for k in range(3)]
        assert [call.result(timeout=20) for call in calls] == [0, 1, 2]
