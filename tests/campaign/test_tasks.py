"""Tasks: the same every time."""

from __future__ import annotations

import theorycheck as tc
from helpers.plain_outcomes import run_task
from theorycheck.campaign.tasks import Task, plan


def test_a_batch_is_the_same_every_time():
    """An outcome depends on nothing but its task, apart from the time it took."""
    task = Task("batch", "loss-upper", 0, "quick", 7)
    first, second = run_task(task), run_task(task)
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_claims_of_equal_hypotheses_and_inputs_have_tasks_of_one_kin():
    """Those of others have another."""
    claims = [tc.claims.get(id) for id in ("loss-upper", "stein-gradient", "energy-decrease")]
    kin = {task.claim: task.kin for task in plan(claims, "quick", 0, None)}
    assert kin["loss-upper"] == kin["stein-gradient"] != kin["energy-decrease"]
