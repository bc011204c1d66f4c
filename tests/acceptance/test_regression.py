"""Regression: what the committed baseline says of the theory is still so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import theorycheck as tc
from theorycheck.campaign.executors import LimitedPool
from theorycheck.report.baseline import compare, extract, read_report, replayed

BASELINE = read_report(Path(__file__).parents[2] / "reports" / "baseline.json")
ENTRIES = {entry["id"]: entry for entry in BASELINE["claims"]}


def test_every_claim_is_in_the_baseline():
    """With its verdict, a worst case, and all its controls refuted at a kept case."""
    assert list(ENTRIES) == [claim.id for claim in tc.claims.all()]
    for claim in tc.claims.all():
        entry = ENTRIES[claim.id]
        assert entry["verdict"] in ("supported", "proved")
        assert len(entry["worst"]) == 1
        assert [control["id"] for control in entry["controls"]] == [c.id for c in claim.controls]
        assert all(control["verdict"] == "refuted" for control in entry["controls"])
        assert all(control["case"] for control in entry["controls"])


@pytest.mark.long
@pytest.mark.parametrize("id", ENTRIES)
def test_nothing_moved_at_the_kept_cases(id):
    """The tightest case has the tightness it had; controls fail where they failed."""
    assert replayed(ENTRIES[id]) == []


@pytest.mark.slow
def test_nothing_that_matters_moved_in_a_fresh_run():
    """The profile and seed of the baseline, searched anew."""
    with LimitedPool(os.cpu_count() or 1, seconds=600) as pool:
        report = tc.verify(profile=BASELINE["profile"], seed=BASELINE["seed"], executor=pool)
    moved = compare(BASELINE, extract(report.data))
    assert [str(change) for change in moved if change.matters] == []
