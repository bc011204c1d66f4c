"""Proofs by worker processes: the same certificate, whoever examines the boxes."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import pytest

import theorycheck as tc
from theorycheck.campaign.executors import MEMORY, LimitedPool, cluster
from theorycheck.errors import InvalidValue, WorkersLost
from theorycheck.inputs.region import Region
from theorycheck.regions import workers
from theorycheck.regions.proof import Proof, prove
from theorycheck.statements.claim import Claim, inequality
from theorycheck.statements.comparison import at_most

REGION = Region(2, means=((0, 2), (-2, 0)), weights=("2/5", "3/5"), spread_at_least="1/2")
SMALL = Region(2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))
CLAIM = tc.claims.get("loss-upper")
CLAIMS = """
import theorycheck as tc

@tc.inequality("mine", "L <= a W")
def mine(at):
    return tc.at_most(at.loss, at.weighted_distance * FACTOR)
"""


class Here(Executor):
    """Does the work at once; the first `deaths` batches end a worker."""

    def __init__(self, deaths: int = 0) -> None:
        self.deaths, self.batches = deaths, 0

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        self.batches += 1
        if self.batches <= self.deaths:
            future.set_exception(BrokenExecutor("died"))
            return future
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


def plain(proof: Proof) -> dict[str, Any]:
    """The certificate but for what differs between runs: the time, and the hash that has it."""
    rest = proof.to_dict()
    del rest["seconds"], rest["hash"]
    return rest


def test_the_certificate_does_not_depend_on_who_examines() -> None:
    alone = plain(prove(CLAIM, REGION))
    assert alone["verdict"] == "proved"
    one = Here()
    assert plain(prove(CLAIM, REGION, executor=one)) == alone
    assert one.batches > 5


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_processes_give_the_same(count: int) -> None:
    pool = LimitedPool(count, 600, MEMORY)
    try:
        found = plain(prove(CLAIM, REGION, executor=pool))
    finally:
        pool.shutdown()
    assert found == plain(prove(CLAIM, REGION))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_dask_gives_the_same() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        cluster(local.scheduler_address) as executor,
    ):
        found = plain(prove(CLAIM, REGION, executor=executor))
    assert found == plain(prove(CLAIM, REGION))


def test_a_counterexample_does_not_depend_on_them_either() -> None:
    false = CLAIM.as_claim(CLAIM.controls[0])
    region = Region(2, means=((1, 2), (1, 2)), weights=("2/5", "3/5"))
    alone = prove(false, region)
    assert alone.verdict == "refuted"
    assert plain(prove(false, region, executor=Here())) == plain(alone)


def test_a_worker_that_dies_once_is_no_loss_and_twice_is_told() -> None:
    assert plain(prove(CLAIM, REGION, executor=Here(deaths=1))) == plain(prove(CLAIM, REGION))
    with pytest.raises(WorkersLost, match="died"):
        prove(CLAIM, REGION, executor=Here(deaths=10**6))


def test_a_pool_that_is_shut_takes_no_more_boxes() -> None:
    pool = LimitedPool(1, 60, MEMORY)
    pool.shutdown()
    with pytest.raises(WorkersLost, match="no more boxes"):
        prove(CLAIM, REGION, executor=pool)


def test_claims_of_a_file_are_found_by_workers(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CLAIMS.replace("FACTOR", "2"))
    (mine,) = tc.claims.load(str(file))
    assert prove(mine, SMALL, executor=Here()).verdict == "proved"
    job = workers.Job.of(mine, None, REGION)
    assert (job.claims_file, job.claim) == (str(file), "mine")
    file.write_text(CLAIMS.replace("FACTOR", "3"))
    workers._prepared.cache_clear()
    with pytest.raises(InvalidValue, match="has changed"):
        workers._prepared(job)


def test_a_claim_that_no_file_has_cannot_be_sent() -> None:
    with pytest.raises(InvalidValue, match="mine-alone is in no file"):
        prove(_local(), REGION, executor=Here())


def _local() -> Claim:
    @inequality("mine-alone", "L <= W")
    def mine(at: Any) -> Any:
        return at_most(at.loss, at.weighted_distance)

    return mine


def test_errors_of_a_claim_arrive_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(CLAIMS.replace("FACTOR", "at.nothing"))
    (mine,) = tc.claims.load(str(file))
    with pytest.raises(tc.NotOnRegions, match=r"at\.nothing.*mine\.py, line 6"):
        prove(mine, REGION, executor=Here())


def test_progress_is_told_within_a_level() -> None:
    told: list[tuple[int, float]] = []
    prove(CLAIM, REGION, progress=lambda boxes, share: told.append((boxes, share)))
    assert len(told) > 10
    assert [boxes for boxes, _ in told] == sorted(boxes for boxes, _ in told)
    shares = [share for _, share in told]
    assert all(a >= b - 1e-12 for a, b in itertools.pairwise(shares))
    assert shares[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
def test_kill_and_resume_give_the_same_proof(tmp_path: Path) -> None:
    """With worker processes, killed with a signal that no process can handle."""
    region = Region(2, means=((0, 2), (-2, 0)), weights=("1/5", "4/5"), spread_at_least="1/4")
    file = tmp_path / "region.json"
    file.write_text(region.to_json())
    out = tmp_path / "out"
    words = ["prove", "loss-upper", "--region", str(file), "--output", str(out), "--workers", "2"]
    code = "import theorycheck.regions.proof as p; p._KEPT_EVERY = 0.0\n"
    code += "from theorycheck.cli import main; main()"
    run = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not (out / "proof.json").exists():
        time.sleep(0.05)
    time.sleep(1.0)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    unfinished = json.loads((out / "proof.json").read_text())
    subprocess.run([sys.executable, "-m", "theorycheck", *words, "--resume"], check=True)
    found = json.loads((out / "proof.json").read_text())
    whole = plain(prove(CLAIM, region))
    assert {name: found[name] for name in whole} == whole
    assert unfinished["boxes"] <= found["boxes"]
