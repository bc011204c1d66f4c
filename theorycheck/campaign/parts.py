"""The parts of one long answer, kept in a ledger, so that a killed run can be resumed.

Those of a landscape's search appear as it goes on; those of a map, its pixels, are known before.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from typing import Any, TypeAlias

import numpy as np

from theorycheck.campaign.ledger import Ledger
from theorycheck.errors import InvalidValue, WorkersLost, in_words
from theorycheck.landscapes.branching import Exploration, explored
from theorycheck.landscapes.exclusion import Boxes

Answer: TypeAlias = dict[str, Any]


def answered(
    function: Callable[..., Answer],
    parts: Mapping[str, tuple[Any, ...]],
    workers: Executor,
    ledger: Ledger | None,
    notify: Callable[[int, int], None],
) -> dict[str, Answer]:
    """The answers of a function to all parts, in their order; those in a ledger are not asked for.

    Args:
        function: sent to the workers; its answers are JSON data, all with the same entries.
        parts: the arguments of each part, by a key that is unique in the ledger.
        workers: the executor that does the work.
        ledger: None keeps nothing.
        notify: called with the number of parts that are done, and of all.

    Raises InvalidValue for a ledger with other answers, WorkersLost where a worker died.
    """
    known = {} if ledger is None else {key: ledger.finished.get(key) for key in parts}
    found = {key: _answer(entry, ledger) for key, entry in known.items() if entry is not None}
    notify(len(found), len(parts))
    missing = {key: arguments for key, arguments in parts.items() if key not in found}
    futures = {workers.submit(function, *missing[key]): key for key in missing}
    for future in as_completed(futures):
        key = futures[future]
        try:
            found[key] = future.result()
        except BrokenExecutor as error:
            raise WorkersLost(f"a worker process died: {in_words(error)}") from None
        if ledger is not None:
            ledger.append({"task": key, "answer": found[key]})
        notify(len(found), len(parts))
    return {key: found[key] for key in parts}


def _answer(entry: dict[str, Any], ledger: Ledger | None) -> Answer:
    """The answer in an entry. Raises InvalidValue if it has none."""
    found = entry.get("answer")
    if not isinstance(found, dict):
        raise InvalidValue(
            f"{ledger.path if ledger else ''}: a part has no answer; "
            "choose another --output or leave out --resume"
        )
    return found


class PartsExecutor(Executor):
    """Submits the tasks of a landscape to an executor, but for parts that a ledger has already.

    A part is known by its bounds: the header of the ledger says what the search is for. Only a part
    that was searched to its end is kept; one that met the time limit is searched again.

    Args:
        workers: the executor that does the work.
        ledger: None keeps nothing.
        notify: called with the number of tasks that are done, and of those submitted so far.
    """

    def __init__(
        self, workers: Executor, ledger: Ledger | None, notify: Callable[[int, int], None]
    ) -> None:
        self._workers, self._ledger, self._notify = workers, ledger, notify
        self._lock = threading.Lock()
        self._done = self._submitted = 0

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:  # type: ignore[override]
        """Schedule the search of a part, `branching.explored`, or what else there is to do."""
        with self._lock:
            self._submitted += 1
        answer: Future[Any] = Future()
        part = arguments[1] if function is explored else None
        kept = self._kept(part) if part is not None else None
        if kept is not None:
            answer.set_result(kept)
            self._count()
            return answer
        work = self._workers.submit(function, *arguments)
        keep = functools.partial(self._keep, arguments) if part is not None else None
        work.add_done_callback(lambda done: self._take(done, answer, keep))
        return answer

    def _kept(self, part: Boxes) -> Exploration | None:
        """What the ledger has of a part."""
        if self._ledger is None:
            return None
        entry = self._ledger.finished.get(_key(part))
        return None if entry is None else _read(entry, part, str(self._ledger.path))

    def _keep(self, arguments: tuple[Any, ...], found: Exploration) -> None:
        """Write a part that was searched to its end. arguments: as for `branching.explored`."""
        _, part, smallest, _ = arguments
        if self._ledger is not None and _is_whole(found, smallest):
            with self._lock:
                self._ledger.append(_entry(found, part))

    def _take(
        self, done: Future[Any], answer: Future[Any], keep: Callable[[Any], None] | None
    ) -> None:
        """Keep a result, and hand it on. Runs in whatever thread the executor has for it."""
        try:
            found = done.result()
            if keep is not None:
                keep(found)
        except BrokenExecutor as error:
            answer.set_exception(WorkersLost(f"a worker process died: {in_words(error)}"))
        except BaseException as error:  # what it was is for the caller to handle
            answer.set_exception(error)
        else:
            self._count()
            answer.set_result(found)

    def _count(self) -> None:
        with self._lock:
            self._done += 1
            self._notify(self._done, self._submitted)


def _key(part: Boxes) -> str:
    return json.dumps([part.lower.tolist(), part.upper.tolist()])


def _is_whole(found: Exploration, smallest: float) -> bool:
    """True if no box was left open for want of time."""
    return bool(((found.open.upper - found.open.lower).max(axis=1) < smallest).all())


def _entry(found: Exploration, part: Boxes) -> dict[str, Any]:
    return {
        "task": _key(part),
        "isolated": [side.tolist() for side in found.isolated],
        "open": [side.tolist() for side in found.open],
        "examined": found.examined,
    }


def _read(entry: dict[str, Any], part: Boxes, path: str) -> Exploration:
    """The result in an entry. Raises InvalidValue if it is none."""
    try:
        isolated, left = (_boxes(entry[name], part) for name in ("isolated", "open"))
        return Exploration(isolated, left, int(entry["examined"]))
    except (KeyError, TypeError, ValueError):
        raise InvalidValue(
            f"{path}: a part has no outcome of this search; "
            "choose another --output or leave out --resume"
        ) from None


def _boxes(sides: list[Any], part: Boxes) -> Boxes:
    lower, upper = (np.array(side, dtype=float).reshape(-1, part.lower.shape[1]) for side in sides)
    if len(lower) != len(upper) or not (lower <= upper).all():
        raise ValueError("these are no boxes")
    return Boxes(lower, upper)
