"""`verify`: run a campaign and write its report."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from theorycheck import claims as registry
from theorycheck import exit_codes
from theorycheck.campaign.aggregate import Run, claim_entries, report_data
from theorycheck.campaign.entries import ClaimEntry
from theorycheck.campaign.executors import execute, uninterrupted
from theorycheck.campaign.ledger import Ledger, prepared
from theorycheck.campaign.outcomes import FailedOutcome, Outcome, read_outcome
from theorycheck.campaign.profiles import PROFILES
from theorycheck.campaign.tasks import Task, plan
from theorycheck.errors import InvalidType, InvalidValue, NotWritten, printable
from theorycheck.inputs.numbers import whole_number
from theorycheck.report import write
from theorycheck.report.figures.sections import with_figures
from theorycheck.report.formulas import check_claim
from theorycheck.statements.claim import Claim
from theorycheck.statements.verdicts import ClaimVerdict, Fate

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Report:
    """The result of `verify`.

    Attributes:
        data: The contents of report.json, as plain dictionaries and lists.
        entries: What `data["claims"]` was made from, with cases as objects.

    Example:
        >>> import theorycheck as tc
        >>> report = tc.verify("loss-upper", profile="quick")
        >>> report.claims[0]["verdict"], report.exit_code
        ('supported', 0)
    """

    data: dict[str, Any]
    entries: tuple[ClaimEntry, ...] = field(default=(), repr=False)

    @property
    def claims(self) -> list[dict[str, Any]]:
        """One entry per claim, in the order they were checked."""
        entries: list[dict[str, Any]] = self.data["claims"]
        return entries

    @property
    def exit_code(self) -> int:
        """0 nothing refuted; 1 something refuted, a control survived, or the oracle disagrees.

        3 where something is undecided and nothing worse. A measured constant counts as 0.

        130 where the run was interrupted, whatever was found until then.
        """
        if self.data.get("interrupted"):
            return exit_codes.INTERRUPTED
        verdicts = {entry["verdict"] for entry in self.claims}
        fates = {control["verdict"] for entry in self.claims for control in entry["controls"]}
        is_apart = bool(self.data.get("oracle", {}).get("disagreements"))
        if ClaimVerdict.REFUTED in verdicts or Fate.SURVIVED in fates or is_apart:
            return exit_codes.REFUTED
        is_undecided = ClaimVerdict.UNDECIDED in verdicts | fates
        return exit_codes.UNDECIDED if is_undecided else exit_codes.OK

    def write(self, directory: str | Path) -> None:
        """Write report.html and report.json, with figures and gallery, into a directory.

        Raises:
            NotWritten: The disk is full, or the directory cannot be written.
        """
        try:
            write(with_figures(self._with_cases()), Path(directory))
        except OSError as error:
            message = f"report in {directory}: {error.strerror}; what is done is kept"
            raise NotWritten(f"{message}, go on with --resume") from None

    def _with_cases(self) -> dict[str, Any]:
        """The data with cases as objects, which no figure has to read again.

        Data whose claims were changed, or that came without entries, is shown as it is.
        """
        if [entry.to_dict() for entry in self.entries] != self.claims:
            return self.data
        return {**self.data, "claims": [entry.entries() for entry in self.entries]}


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during `verify`. `report` has the finished tasks, and was written if asked for."""

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
    """Search for violations of claims, certify what is found, and check the controls.

    Args:
        claims: One or several ids or claims; None for all, or for all of `claims_file`.
        profile: How much effort: "quick", "standard" or "thorough".
        seed: Any whole number. Equal runs with equal seeds give equal reports.
        executor: Any `concurrent.futures.Executor` of processes. None runs in this process, without
            the limits of time and memory that `campaign.executors.LimitedPool` sets.
        claims_file: A Python file that declares further claims.
        output: Directory for ledger.jsonl, report.html and report.json; None writes nothing.
        resume: Take over the finished tasks of the ledger in `output`.
        progress: Called after each task with the number of tasks done, of all tasks, and the claim.
        notify: Called with notices for the user.

    Returns:
        The report. Its verdicts are `report.claims[k]["verdict"]`.

    Raises:
        InvalidValue: An unknown claim or profile, or a ledger of another run.
        InvalidType: An argument of the wrong type.
        RunInProgress: Another run writes into `output`.
        NotWritten: Nothing can be written into `output`.
        WorkersLost: The executor takes no more work.
        Interrupted: Ctrl-C; the report of the finished tasks has been written.

    Example:
        >>> import theorycheck as tc
        >>> tc.verify(["loss-upper"], profile="quick").claims[0]["evidence"]
        'certified'
    """
    if not isinstance(profile, str) or profile not in PROFILES:
        raise InvalidValue(f"profile is {profile!r}; give one of {', '.join(PROFILES)}")
    seed = whole_number(seed, "seed")
    _check_executor(executor)
    chosen = _chosen(claims, claims_file)
    _check_words(chosen)
    tasks = plan(chosen, profile, seed, claims_file)
    run = Run(profile, seed, claims_file, time.time())
    with contextlib.ExitStack() as stack:
        ledger = None
        outcomes: dict[str, Outcome] = {}
        if output is not None:
            path = prepared(output) / "ledger.jsonl"
            ledger = stack.enter_context(Ledger(path, run.header(chosen), resume))
            outcomes = _taken_over(ledger, tasks)
            if ledger.notice and notify is not None:
                notify(ledger.notice)
        is_interrupted = False
        try:
            _execute(tasks, executor, ledger, outcomes, progress)
        except KeyboardInterrupt:
            is_interrupted = True
        report = _report(run, chosen, tasks, outcomes)
        if is_interrupted:
            _note_interruption(report, tasks, outcomes)
        if output is not None:
            report.write(output)
    if is_interrupted:
        raise Interrupted(report)
    return report


def _check_words(claims: list[Claim]) -> None:
    """Raise before the work if a statement cannot be typeset, not after it."""
    for claim in claims:
        words = [claim.description, *(control.statement for control in claim.controls)]
        check_claim(claim.id, claim.statement, words)


def _taken_over(ledger: Ledger, tasks: list[Task]) -> dict[str, Outcome]:
    """The outcomes of an earlier run, by task. Raises InvalidValue if they are not of this run."""
    planned = {task.key: task for task in tasks}
    outcomes = {}
    for key, data in ledger.finished.items():
        try:
            outcomes[key] = read_outcome(planned[key], data)
        except (KeyError, InvalidValue):
            raise InvalidValue(
                f"{ledger.path}: {printable(key)[:80]!r} has no outcome of this run; "
                "choose another --output or leave out --resume"
            ) from None
    return outcomes


def _execute(
    tasks: list[Task],
    executor: Executor | None,
    ledger: Ledger | None,
    outcomes: dict[str, Outcome],
    progress: Progress | None,
) -> None:
    """Do the tasks that have no outcome yet; each outcome is kept as soon as it is there."""
    rest = [task for task in tasks if task.key not in outcomes]
    for outcome in execute(rest, executor):
        with uninterrupted():  # or an outcome could be in the ledger and not in the report
            if ledger is not None and not isinstance(outcome, FailedOutcome):
                ledger.append(outcome.to_dict())
            outcomes[outcome.task.key] = outcome
        if progress is not None:
            progress(len(outcomes), len(tasks), outcome.task.claim)


def _report(
    run: Run, claims: list[Claim], tasks: list[Task], outcomes: dict[str, Outcome]
) -> Report:
    """The report of the finished tasks, in the order of the tasks and not of their completion."""
    ordered = [outcomes[task.key] for task in tasks if task.key in outcomes]
    begun = {outcome.task.claim for outcome in ordered if outcome.task.kind == "batch"}
    entries = claim_entries([claim for claim in claims if claim.id in begun], ordered)
    return Report(report_data(run, entries, ordered), entries)


def _note_interruption(report: Report, tasks: list[Task], outcomes: dict[str, Outcome]) -> None:
    """Name in the report the claims that are not finished."""
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
    """The claim of an id; a claim itself only if workers find the same one under its id."""
    if not isinstance(entry, Claim):
        return registry.find(entry, claims_file)
    found = registry.find(entry.id, claims_file)
    if found.function is not entry.function:
        raise InvalidValue(
            f"claim {entry.id} is another one in {claims_file or 'the package'}; write it into a "
            "file and give its path as claims_file"
        )
    return found
