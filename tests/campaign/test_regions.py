"""Claims proved on their regions, as a part of a run."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import theorycheck as tc
from theorycheck.campaign.aggregate import claim_entry
from theorycheck.campaign.outcomes import FailedOutcome, RegionOutcome, read_outcome
from theorycheck.campaign.running import run_task
from theorycheck.campaign.tasks import Task, plan
from theorycheck.cli import main
from theorycheck.errors import InvalidValue
from theorycheck.regions.proof import RegionVerdict
from theorycheck.regions.tree import LEAF, packed
from theorycheck.statements.verdicts import ClaimVerdict

CLAIM = tc.claims.get("loss-component-bound")
TASK = Task("region", CLAIM.id, 0, "standard", 0)
LEVEL = np.array([LEAF], dtype=np.int8)
FALSE = """
import theorycheck as tc

near = tc.Region(2, means=((1, 2), (-2, -1)), weights=("2/5", "3/5"))


@tc.inequality("half", r"L \\\\le 0.01 W", regions=(near,))
def half(at):
    return tc.at_most(at.loss, at.weighted_distance / 100)
"""


EXACT = r"""
import theorycheck as tc

LINE = tc.Domain(components=(2, 2), dimension=(1, 1))
near = tc.Region(2, means=(-1, 1), weights=("2/5", "3/5"))


@tc.inequality("exact-means", r"L \le U", domain=LINE, regions=(near,))
def exact_means(at):
    means = [row[0] for row in at.mixture.means]
    return tc.at_most(at.loss, at.number(sum(mean * mean for mean in means)))
"""


def test_a_claim_is_proved_on_its_region_and_the_outcome_survives_a_ledger() -> None:
    outcome = run_task(TASK)
    assert isinstance(outcome, RegionOutcome)
    assert outcome.verdict == RegionVerdict.PROVED
    assert outcome.bound is not None
    assert 0 < outcome.bound < 1
    assert read_outcome(TASK, outcome.to_dict()) == outcome
    (entry,) = claim_entry(CLAIM, [outcome]).to_dict()["regions"]
    assert entry["region"] == CLAIM.regions[0].to_dict()
    assert entry["verdict"] == "proved"
    assert entry["bound"] == outcome.bound
    assert entry["words"].startswith("n = 2, d = 1, means in [-2, 2]")


def test_a_counterexample_in_a_region_refutes_the_claim(tmp_path) -> None:
    """Even where no generated case does."""
    file = tmp_path / "false.py"
    file.write_text(FALSE.replace("\\\\\\\\", "\\\\"))
    (claim,) = tc.claims.load(str(file))
    outcome = run_task(Task("region", "half", 0, "standard", 0, str(file)))
    assert isinstance(outcome, RegionOutcome)
    assert outcome.verdict == RegionVerdict.REFUTED
    entry = claim_entry(claim, [outcome])
    assert entry.verdict == ClaimVerdict.REFUTED
    assert entry.counterexample is not None


def test_a_proof_that_failed_leaves_the_region_open_and_the_claim_as_it_is() -> None:
    failed = FailedOutcome(TASK, "the worker process died")
    (entry,) = claim_entry(CLAIM, [failed]).regions
    assert (entry.verdict, entry.bound) == (RegionVerdict.UNDECIDED, None)
    assert entry.reason == "the worker process died"
    assert "no result" not in claim_entry(CLAIM, [failed]).reason


@pytest.mark.long
def test_a_proof_that_gives_nothing_is_told(tmp_path) -> None:
    """On the terminal and among the limits of the report, which is written as ever."""
    file = tmp_path / "exact.py"
    file.write_text(EXACT)
    options = ["--profile", "standard", "--workers", "1", "--output", str(tmp_path / "out")]
    result = CliRunner().invoke(main, ["verify", "--claims", str(file), *options])
    assert result.exit_code == 0
    assert "exact-means  supported" in result.stdout
    assert "NOT PROVED for all mixtures with n = 2" in result.stdout
    assert "number is a Jet" in result.stdout
    data = json.loads((tmp_path / "out" / "report.json").read_text())
    assert "The proofs on regions of exact-means were not completed." in data["not_checked"]
    assert "number is a Jet" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize(("profile", "count"), [("quick", 0), ("standard", 1), ("thorough", 2)])
def test_all_profiles_but_quick_prove_on_regions(profile, count) -> None:
    tasks = plan([CLAIM], profile, 0, None)
    assert sum(task.kind == "region" for task in tasks) == count


def test_what_is_no_outcome_of_a_proof_is_refused() -> None:
    data = RegionOutcome(
        TASK, verdict=RegionVerdict.PROVED, bound=0.5, boxes=3, violations=()
    ).to_dict()
    assert read_outcome(TASK, data)
    for name, value in (("verdict", "certain"), ("bound", "much"), ("boxes", -1)):
        with pytest.raises(InvalidValue):
            read_outcome(TASK, data | {name: value})


def test_a_picture_is_kept_and_one_that_is_none_is_refused() -> None:
    picture = {"axes": [["mean 1", 0.0, 1.0], ["weight 1", 0.2, 0.8]], "tree": packed([LEVEL])}
    proved = RegionOutcome(TASK, verdict=RegionVerdict.PROVED, bound=0.5, boxes=3, violations=())
    assert "picture" not in proved.to_dict()
    data = replace(proved, picture=picture).to_dict()
    assert read_outcome(TASK, data) == replace(proved, picture=picture)
    entry = claim_entry(CLAIM, [replace(proved, picture=picture)]).regions[0]
    assert entry.to_dict()["picture"] == picture
    for wrong in ({"tree": "no tree"}, {"axes": [["mean 1", 0, 1]]}, {"axes": [["x", "y", 1]] * 2}):
        with pytest.raises(InvalidValue):
            read_outcome(TASK, data | {"picture": picture | wrong})


def test_controls_are_on_no_region() -> None:
    assert CLAIM.as_claim(CLAIM.controls[0]).regions == ()
