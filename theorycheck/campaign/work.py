"""The work of a run: its tasks, what came of them, and which of them are still wanted."""

from __future__ import annotations

from theorycheck.campaign.outcomes import Outcome
from theorycheck.campaign.tasks import Task


class Work:
    """The tasks of a run and their outcomes.

    A claim is refuted by the first task, in their order, whose outcome has a certified violation;
    its tasks after that one are not wanted, and do not count even where they are done. So what
    counts does not depend on the order in which workers finish: every task before the one that
    refutes is done in any case.

    keep_going: all tasks are wanted.
    """

    def __init__(self, tasks: list[Task], keep_going: bool = False) -> None:
        self.tasks = tasks
        self.outcomes: dict[str, Outcome] = {}
        self._keep_going = keep_going
        self._place = {task.key: place for place, task in enumerate(tasks)}
        self._last: dict[str, int] = {}

    def take(self, outcome: Outcome) -> bool:
        """Keep an outcome; True if it is the first that refutes its claim."""
        self.outcomes[outcome.task.key] = outcome
        if not getattr(outcome, "violations", ()):
            return False
        claim, place = outcome.task.claim, self._place[outcome.task.key]
        is_first = claim not in self._last
        self._last[claim] = min(place, self._last.get(claim, place))
        return is_first

    def is_wanted(self, task: Task) -> bool:
        """True unless the claim is refuted by a task before this one."""
        last = self._last.get(task.claim)
        return self._keep_going or last is None or self._place[task.key] <= last

    @property
    def finished(self) -> list[Outcome]:
        """The outcomes that count, in the order of the tasks."""
        wanted = [task for task in self.tasks if self.is_wanted(task)]
        return [self.outcomes[task.key] for task in wanted if task.key in self.outcomes]

    @property
    def left(self) -> list[Task]:
        """The wanted tasks that have no outcome."""
        return [t for t in self.tasks if self.is_wanted(t) and t.key not in self.outcomes]

    @property
    def done(self) -> int:
        """How many outcomes count: all, while no claim is refuted."""
        return len(self.finished if self._last else self.outcomes)

    @property
    def total(self) -> int:
        """How many tasks are wanted: all, while no claim is refuted."""
        return sum(map(self.is_wanted, self.tasks)) if self._last else len(self.tasks)
