"""The parts of a landscape's search are kept, and searched once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import pytest

import theorycheck as tc
from theorycheck.campaign.ledger import Ledger
from theorycheck.campaign.parts import PartsExecutor, answered
from theorycheck.errors import InvalidValue, WorkersLost
from theorycheck.landscapes.branching import explored
from theorycheck.landscapes.landscape import TASKS

TRUTH = tc.Mixture([-2, 2])
HEADER = {"truth": "(-2, 2)"}


class Here(Executor):
    """Does everything at once, in this process, and counts the parts that it searches."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls, self.error = 0, error

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        self.calls += function in (explored, doubled)
        future: Future[Any] = Future()
        if self.error is not None:
            future.set_exception(self.error)
        else:
            future.set_result(function(*arguments))
        return future


def searched(
    path: Path, resume: bool, components: int = 3, **options: Any
) -> tuple[tc.Landscape, int, list[tuple[int, int]]]:
    """The landscape, how many parts were searched, and what was notified."""
    workers, told = Here(), []
    with Ledger(path, HEADER, resume) as ledger:
        executor = PartsExecutor(workers, ledger, lambda *numbers: told.append(numbers))
        found = tc.landscape(TRUTH, components, executor=executor, **options)
    return found, workers.calls, told


def same(one: tc.Landscape, other: tc.Landscape) -> bool:
    """Balls have no equality of their own; what they print is exact."""
    return repr(one) == repr(other)


@pytest.mark.long
def test_what_is_kept_is_not_searched_again(tmp_path: Path) -> None:
    """The result is that of one run, whatever was lost in between."""
    path = tmp_path / "landscape.jsonl"
    first, calls, told = searched(path, resume=False)
    assert calls >= TASKS
    tasks = len(told)
    assert tasks >= calls + len(first.points)  # points are certified in workers too
    assert told[-1] == (tasks, tasks)
    assert same(first, tc.landscape(TRUTH, 3))
    again, none, told = searched(path, resume=True)
    assert none == 0
    assert told[-1] == (tasks, tasks)
    assert same(again, first)
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:6]) + b"\n" + lines[6][:-9])  # the last line is torn
    rest, some, _ = searched(path, resume=True)
    assert some == calls - 5
    assert same(rest, first)


def test_a_part_that_met_the_time_limit_is_searched_again(tmp_path: Path) -> None:
    """Otherwise no later run could ever be complete."""
    path = tmp_path / "landscape.jsonl"
    cut, _, _ = searched(path, resume=False, time_limit=1e-9)
    assert not cut.complete
    assert len(path.read_bytes().splitlines()) == 1
    whole, calls, _ = searched(path, resume=True)
    assert calls >= TASKS
    assert whole.complete


@pytest.mark.parametrize(
    "change",
    [
        {"isolated": [[[1.0]], []]},
        {"open": [[["a", 1]], [[1, 2]]]},
        {"open": [[[3.0, 3.0]], [[2.0, 2.0]]]},
        {"open": [[[1.0, 1.0, 1.0]], [[4.0, 4.0, 4.0]]]},
        {"open": 3},
        {"examined": None},
    ],
)
def test_an_outcome_that_is_none_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "landscape.jsonl"
    searched(path, resume=False, components=2)
    with Ledger(path, HEADER, resume=True) as ledger:
        entries = list(ledger.finished.values())
    with Ledger(path, HEADER) as ledger:
        ledger.append({**entries[0], **change})
    with pytest.raises(InvalidValue, match="a part has no outcome of this search"):
        searched(path, resume=True, components=2)


def test_the_death_of_a_worker_is_told() -> None:
    executor = PartsExecutor(Here(BrokenExecutor("it was killed")), None, lambda *_: None)
    with pytest.raises(WorkersLost, match="it was killed"):
        tc.landscape(TRUTH, 2, executor=executor)


def test_other_errors_arrive_as_they_are() -> None:
    executor = PartsExecutor(Here(MemoryError("too much")), None, lambda *_: None)
    with pytest.raises(MemoryError, match="too much"):
        tc.landscape(TRUTH, 2, executor=executor)


def doubled(number: int) -> dict[str, Any]:
    return {"double": 2 * number}


def test_answers_are_kept_and_asked_for_once(tmp_path: Path) -> None:
    """In the order of the parts, whatever was known; a damaged answer is refused."""
    path, told = tmp_path / "atlas.jsonl", []
    parts = {str(number): (number,) for number in range(4)}
    with Ledger(path, HEADER) as ledger:
        ledger.append({"task": "2", "answer": {"double": 4}})
        workers = Here()
        found = answered(doubled, parts, workers, ledger, lambda *now: told.append(now))
    assert list(found.items()) == [(str(n), {"double": 2 * n}) for n in range(4)]
    assert workers.calls == 3
    assert told[0] == (1, 4)
    assert told[-1] == (4, 4)
    with Ledger(path, HEADER, resume=True) as ledger:
        assert answered(doubled, parts, Here(), ledger, lambda *now: None) == found
    with Ledger(path, HEADER) as ledger:
        ledger.append({"task": "2", "answer": 4})
        with pytest.raises(InvalidValue, match="a part has no answer"):
            answered(doubled, parts, Here(), ledger, lambda *now: None)


def test_answers_of_a_dead_worker() -> None:
    """Are an error of this package."""
    with pytest.raises(WorkersLost, match="a worker process died"):
        answered(doubled, {"1": (1,)}, Here(BrokenExecutor("gone")), None, lambda *now: None)
