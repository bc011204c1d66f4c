"""Outcomes and entries as the plain data that a ledger and report.json hold."""

from __future__ import annotations

from typing import Any

from theorycheck.campaign import aggregate, running
from theorycheck.campaign.outcomes import read_outcome
from theorycheck.campaign.tasks import Task
from theorycheck.errors import InvalidValue
from theorycheck.statements.claim import Claim


def run_task(task: Task) -> dict[str, Any]:
    """The line of a task in a ledger."""
    return running.run_task(task).to_dict()


def is_outcome(task: Task, data: dict[str, Any]) -> bool:
    """True if a ledger's line is taken over as the outcome of a task."""
    try:
        read_outcome(task, data)
    except InvalidValue:
        return False
    return True


def claim_entry(claim: Claim, lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The entry of report.json from the lines of a ledger."""
    outcomes = []
    for line in lines:
        kind, number = line["task"].split("/")[1:]
        outcomes.append(read_outcome(Task(kind, claim.id, int(number), "quick", 0), line))
    return aggregate.claim_entry(claim, outcomes).to_dict()
