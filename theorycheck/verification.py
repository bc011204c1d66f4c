"""`verify`: run a campaign and write its report."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theorycheck import claims as registry
from theorycheck.campaign.aggregate import Run, report_data
from theorycheck.campaign.executors import execute, uninterrupted
from theorycheck.campaign.ledger import Ledger
from theorycheck.campaign.outcomes import is_outcome
from theorycheck.campaign.tasks import PROFILES, Task, plan
from theorycheck.errors import InvalidType, InvalidValue, NotWritten, printable
from theorycheck.inputs.numbers import whole_number
from theorycheck.statements.claim import Claim

Progress = Callable[[int, int, str], None]
INTERRUPTED = 130
"""Exit code of a run that was stopped by Ctrl-C, as shells have it."""


@dataclass(frozen=True, eq=False)
class Report:
    """The outcome of `verify`: the data of report.json, and what it comes to."""

    data: dict[str, Any]

    @property
    def claims(self) -> list[dict[str, Any]]:
        """One entry per claim, in the order they were checked."""
        entries: list[dict[str, Any]] = self.data["claims"]
        return entries

    @property
    def exit_code(self) -> int:
        """0 nothing refuted; 1 something refuted or a control survived; 3 undecided only.

        130 where the run was interrupted, whatever was found until then.
        """
        if self.data.get("interrupted"):
            return INTERRUPTED
        verdicts = {entry["verdict"] for entry in self.claims}
        fates = {control["verdict"] for entry in self.claims for control in entry["controls"]}
        if "refuted" in verdicts or "survived" in fates:
            return 1
        return 3 if "undecided" in verdicts | fates else 0

    def write(self, directory: str | Path) -> None:
        """Write report.html and report.json, with figures and gallery, into a directory."""
        from theorycheck.report import write
        from theorycheck.report.figures.sections import with_figures

        try:
            write(with_figures(self.data), Path(directory))
        except OSError as error:
            told = f"report in {directory}: {error.strerror}; what is done is kept"
            raise NotWritten(f"{told}, go on with --resume") from None


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during `verify`; the report of the finished tasks was written and is carried here."""

    def __init__(self, report: Report) -> None:
        super().__init__("interrupted")
        self.report = report


def verify(
    claims: Iterable[str | Claim] | str | Claim | None = None,
    profile: str = "standard",
    seed: int = 0,
    executor: Executor | None = None,
    *,
    claims_file: str | None = None,
    output: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    notify: Callable[[str], None] | None = None,
) -> Report:
    """Generate, search, certify and control claims.

    claims: ids (default: all, or all of `claims_file`). profile: quick, standard or thorough.
    executor: any `concurrent.futures.Executor` of processes; None runs in this one, without the
    limits of time and memory that `workers.LimitedPool` sets.
    output: directory of ledger.jsonl, report.html and report.json; None writes nothing.
    resume: take over the finished tasks of the ledger in `output`. notify: called with notices.
    Raises InvalidValue for an unknown claim or profile, or a ledger of another run; RunInProgress
    when another run writes into `output`, NotWritten when that is not possible; on Ctrl-C writes
    the report of what is done, then raises Interrupted.
    """
    from theorycheck.report.formulas import check_claim

    if not isinstance(profile, str) or profile not in PROFILES:
        raise InvalidValue(f"profile is {profile!r}; give one of {', '.join(PROFILES)}")
    seed = whole_number(seed, "seed")
    _check_executor(executor)
    chosen = _chosen(claims, claims_file)
    for claim in chosen:  # before the work, what the report could not show
        words = [claim.description, *(control.statement for control in claim.controls)]
        check_claim(claim.id, claim.statement, words)
    tasks = plan(chosen, profile, seed, claims_file)
    run = Run(profile, seed, claims_file, time.time())
    outcomes: dict[str, dict[str, Any]] = {}
    with contextlib.ExitStack() as stack:
        ledger = None
        if output is not None:
            path = prepared(output) / "ledger.jsonl"
            ledger = stack.enter_context(Ledger(path, run.header(chosen), resume))
            outcomes.update(_taken_over(ledger, tasks))
            if ledger.notice and notify is not None:
                notify(ledger.notice)
        rest = [task for task in tasks if task.key not in outcomes]
        is_interrupted = False
        try:
            for outcome in execute(rest, executor):
                with uninterrupted():  # what is on disk counts, and what counts is on disk
                    if ledger is not None and "failure" not in outcome:
                        ledger.append(outcome)
                    outcomes[outcome["task"]] = outcome
                if progress is not None:
                    progress(len(outcomes), len(tasks), outcome["claim"])
        except KeyboardInterrupt:
            is_interrupted = True
        report = _gathered(run, chosen, tasks, outcomes)
        if is_interrupted:
            _tell_interruption(report, tasks, outcomes)
        if output is not None:
            report.write(output)
    if is_interrupted:
        raise Interrupted(report)
    return report


def _taken_over(ledger: Ledger, tasks: list[Task]) -> dict[str, dict[str, Any]]:
    """What an earlier run has done, if it is of the shape that this one would give it."""
    planned = {task.key: task for task in tasks}
    for key, outcome in ledger.finished.items():
        if key not in planned or not is_outcome(planned[key], outcome):
            raise InvalidValue(
                f"{ledger.path}: {printable(key)[:80]!r} has no outcome of this run; "
                "choose another --output or leave out --resume"
            )
    return ledger.finished


def _gathered(
    run: Run, claims: list[Claim], tasks: list[Task], outcomes: dict[str, dict[str, Any]]
) -> Report:
    """The report of what is done, in the order of the tasks and not of their completion."""
    ordered = [outcomes[task.key] for task in tasks if task.key in outcomes]
    begun = {outcome["claim"] for outcome in ordered if outcome["kind"] == "batch"}
    shown = [claim for claim in claims if claim.id in begun]
    return Report(report_data(run, shown, ordered))


def _tell_interruption(report: Report, tasks: list[Task], outcomes: dict[str, Any]) -> None:
    """Name in the report what the run did not get to."""
    left = dict.fromkeys(task.claim for task in tasks if task.key not in outcomes)
    report.data["interrupted"] = {
        "done": len(outcomes),
        "total": len(tasks),
        "unfinished": list(left),
    }
    report.data["not_checked"] = [
        f"The run was interrupted after {len(outcomes)} of {len(tasks)} tasks. "
        f"Not finished: {', '.join(left)}.",
        *report.data["not_checked"],
    ]


def prepared(output: str | Path) -> Path:
    """The output directory, made if needed; a clear error if that cannot be."""
    directory = Path(output)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidValue(f"output directory {directory}: {error.strerror}") from None
    return directory


def _check_executor(executor: object) -> None:
    """Raise unless it is an executor whose tasks do not share one process."""
    if executor is not None and not isinstance(executor, Executor):
        raise InvalidType(f"executor is a {type(executor).__name__}; give one of processes")
    if isinstance(executor, ThreadPoolExecutor):
        raise InvalidValue("executor has threads; precision is global, so give one of processes")


def _chosen(
    claims: Iterable[str | Claim] | str | Claim | None, claims_file: str | None
) -> list[Claim]:
    if claims is None:
        return registry.known(claims_file)
    if not isinstance(claims, (str, Claim, Iterable)):
        raise InvalidType(f"claims is a {type(claims).__name__}; give ids, or None for all")
    names = [claims] if isinstance(claims, (str, Claim)) else list(claims)
    if not names:
        raise InvalidValue("claims is empty; give ids, or None for all")
    found = [_registered(entry, claims_file) for entry in names]
    return list({claim.id: claim for claim in found}.values())


def _registered(entry: str | Claim, claims_file: str | None) -> Claim:
    """The claim of that id, which every worker finds; of a claim itself, if it is that one."""
    if not isinstance(entry, Claim):
        return registry.find(entry, claims_file)
    found = registry.find(entry.id, claims_file)
    if found.function is not entry.function:
        raise InvalidValue(
            f"claim {entry.id} is another one in {claims_file or 'the package'}; write it into a "
            "file and give its path as claims_file"
        )
    return found
