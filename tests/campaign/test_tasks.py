"""Tasks: the same every time."""

from __future__ import annotations

from helpers.plain_outcomes import run_task
from theorycheck.campaign.tasks import Task


def test_a_batch_is_the_same_every_time():
    """An outcome depends on nothing but its task, apart from the time it took."""
    task = Task("batch", "loss-upper", 0, "quick", 7)
    first, second = run_task(task), run_task(task)
    assert {**first, "seconds": 0} == {**second, "seconds": 0}
