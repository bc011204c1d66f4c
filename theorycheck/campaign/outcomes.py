"""What a task comes to, as plain data; and whether what a file holds is such an outcome.

A ledger's checksum tells what was damaged, not what was made up. Whatever a report is built from is
therefore looked at, field by field, before it is taken over.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from theorycheck.campaign.tasks import Task
from theorycheck.inputs.case import Case
from theorycheck.search.screening import HISTOGRAM_EDGES

VERDICTS = ("certified", "tight", "floating", "undecided", "refuted", "no witness")


def is_outcome(task: Task, outcome: dict[str, Any]) -> bool:
    """Whether plain data has the shape of what `campaign.run_task` returns for a task."""
    named = {"task": task.key, "claim": task.claim, "kind": task.kind}
    try:
        fits = all(outcome[name] == value for name, value in named.items())
        return fits and _is_number(outcome["seconds"]) and _SHAPES[task.kind](outcome)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        return False


def _is_batch(outcome: dict[str, Any]) -> bool:
    counts = [outcome[name] for name in ("generated", "duplicates", "in_domain", "errors")]
    tallies = [outcome[name] for name in ("verdicts", "reasons", "regimes")]
    return (
        all(map(_is_count, [*counts, *outcome["histogram"]]))
        and len(outcome["histogram"]) == len(HISTOGRAM_EDGES) - 1
        and all(_is_count(count) for tally in tallies for count in tally.values())
        and set(outcome["verdicts"]) <= set(VERDICTS)
        and _has_findings(outcome)
    )


def _is_attack(outcome: dict[str, Any]) -> bool:
    return (
        _is_count(outcome["evaluations"])
        and _has_findings(outcome)
        and all(
            isinstance(move["quantity"], str)
            and _is_number(move["value"])
            and _is_number(move["constant"])
            and _is_case(move["case"])
            for move in outcome["moves"]
        )
    )


def _is_control(outcome: dict[str, Any]) -> bool:
    found = outcome["found"]
    return (
        all(isinstance(outcome[name], str) for name in ("control", "statement"))
        and outcome["verdict"] in ("refuted", "survived")
        and outcome["evidence"] in ("certified", "none")
        and (_is_finding(found) if found is not None else outcome["verdict"] == "survived")
        and _is_count(outcome.get("looked", 0))
    )


_SHAPES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "batch": _is_batch,
    "attack": _is_attack,
    "control": _is_control,
}


def _has_findings(outcome: dict[str, Any]) -> bool:
    ratios = [found["ratio"] for found in outcome["worst"] if found["ratio"] is not None]
    lists = [outcome[name] for name in ("worst", "violations", "witnesses")]
    return all(map(_is_number, ratios)) and all(
        _is_finding(found) for kept in lists for found in kept
    )


def _is_finding(found: dict[str, Any]) -> bool:
    """A case with its decision."""
    return (
        _is_case(found["case"])
        and all(isinstance(found[name], str) for name in ("sign", "evidence"))
        and all(_is_number(found[name]) for name in ("margin", "relative"))
    )


def _is_case(data: object) -> bool:
    """True, or the error that tells what is wrong with it."""
    Case.from_dict(data)
    return True


def _is_number(value: object) -> bool:
    is_real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_real and math.isfinite(value)  # type: ignore[arg-type]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
