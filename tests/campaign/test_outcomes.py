"""The outcomes in a ledger are checked before a report is built from them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

import theorycheck as tc
from helpers.plain_outcomes import claim_entry, is_outcome, run_task
from theorycheck import claims
from theorycheck.campaign.ledger import Ledger
from theorycheck.campaign.tasks import Task, plan
from theorycheck.errors import InvalidValue

WRONG: tuple[Any, ...] = (None, True, -1, 0.5, "x", [], {}, [None], {"a": "b"}, float("nan"))
TASKS = [
    Task("batch", "loss-upper", 0, "quick", 0),
    Task("control", "loss-upper", 0, "quick", 0),
    Task("attack", "lojasiewicz-sharp", 0, "standard", 0),
    Task("control", "weighted-distance-nonmonotone", 0, "quick", 0),
]


@pytest.fixture(scope="module", params=TASKS, ids=lambda task: task.key)
def done(request: pytest.FixtureRequest) -> tuple[Task, dict[str, Any]]:
    """A task, and its outcome as a ledger gives it back."""
    return request.param, json.loads(json.dumps(run_task(request.param)))


def forged(value: Any) -> Iterator[Any]:
    """Copies with one place, however deep, replaced or left out; cases are left to `Case`."""
    yield from WRONG
    places = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for place, inner in places:
        if isinstance(value, dict):
            yield {name: kept for name, kept in value.items() if name != place}
        replacements = forged(inner) if isinstance(inner, (dict, list)) else WRONG
        for replacement in WRONG if place in ("case", "histogram") else replacements:
            changed = copy.copy(value)
            changed[place] = replacement
            yield changed


def test_an_outcome_is_one(done: tuple[Task, dict[str, Any]]) -> None:
    """Of its own task and of no other."""
    task, outcome = done
    assert is_outcome(task, outcome)
    assert not any(is_outcome(other, outcome) for other in TASKS if other != task)


def test_a_forged_outcome_is_refused_or_harmless(done: tuple[Task, dict[str, Any]]) -> None:
    """Nothing that is taken over makes the report fail; most of what is wrong is seen."""
    task, outcome = done
    claim = claims.get(task.claim)
    tried = refused = 0
    for other in forged(outcome):
        tried += 1
        if not (isinstance(other, dict) and is_outcome(task, other)):
            refused += 1
            continue
        entry = claim_entry(claim, [other])
        assert entry["verdict"] in ("supported", "refuted", "undecided", "proved")
        json.dumps(entry, allow_nan=False)
    assert tried > 100
    assert refused > 0.8 * tried


def test_a_ledger_with_a_forged_line_is_refused_in_one_line(tmp_path: Any) -> None:
    """Its checksum is right, its outcome is not."""
    options: dict[str, Any] = {"profile": "quick", "output": tmp_path}
    tc.verify(["loss-upper"], **options)
    path = tmp_path / "ledger.jsonl"
    header = json.loads(path.read_bytes().split(b"\n")[0].rpartition(b" ")[0])
    first = plan([claims.get("loss-upper")], "quick", 0, None)[0]
    for outcome in ({"task": "other/batch/0"}, {"task": first.key, "claim": "loss-upper"}):
        with Ledger(path, header) as ledger:
            ledger.append(outcome)
        with pytest.raises(InvalidValue, match=r"ledger\.jsonl: '.*/batch/0' has no outcome"):
            tc.verify(["loss-upper"], **options, resume=True)
