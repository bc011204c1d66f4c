"""`verify`: run a campaign and write its report."""

from __future__ import annotations

import contextlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Set
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from theorycheck import claims as registry
from theorycheck import exit_codes
from theorycheck.campaign.aggregate import Run, claim_entries, report_data
from theorycheck.campaign.entries import ClaimEntry
from theorycheck.campaign.executors import execute, uninterrupted
from theorycheck.campaign.ledger import Ledger, prepared
from theorycheck.campaign.outcomes import FailedOutcome, Outcome, read_outcome
from theorycheck.campaign.profiles import PROFILES, Profile
from theorycheck.campaign.running import run_task
from theorycheck.campaign.tasks import Task, plan
from theorycheck.campaign.work import Work
from theorycheck.errors import InvalidType, InvalidValue, NotWritten, printable
from theorycheck.inputs.numbers import whole_number
from theorycheck.notebook import in_cell, report_html
from theorycheck.report import write
from theorycheck.report.figures.sections import Sections, begun_sections, with_figures
from theorycheck.report.formulas import check_claim
from theorycheck.report.values import case_json
from theorycheck.statements.claim import Claim
from theorycheck.statements.verdicts import ClaimVerdict, Fate
from theorycheck.verdict_cache import CachedRun

Progress = Callable[[int, int, str], None]
_FEW = 8
"""Tasks left when the figures are begun: a run that ends before has not begun them in vain."""


@dataclass(frozen=True, eq=False, repr=False)
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

        3 where something is undecided, or the time limit ended the run, and nothing worse. A
        measured constant counts as 0.

        130 where the run was interrupted by Ctrl-C, whatever was found until then.
        """
        halt = self.data.get("interrupted")
        if halt and halt.get("reason") != "time limit":
            return exit_codes.INTERRUPTED
        verdicts = {entry["verdict"] for entry in self.claims}
        fates = {control["verdict"] for entry in self.claims for control in entry["controls"]}
        is_apart = bool(self.data.get("oracle", {}).get("disagreements"))
        if ClaimVerdict.REFUTED in verdicts or Fate.SURVIVED in fates or is_apart:
            return exit_codes.REFUTED
        is_undecided = bool(halt) or ClaimVerdict.UNDECIDED in verdicts | fates
        return exit_codes.UNDECIDED if is_undecided else exit_codes.OK

    def __repr__(self) -> str:
        counts = Counter(str(entry["verdict"]) for entry in self.claims)
        told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        return f"Report({self.data['profile']}, seed {self.data['seed']}: {told or 'no claim'})"

    def _repr_html_(self) -> str:
        return report_html(self.data)

    def write(self, directory: str | Path) -> None:
        """Write report.html and report.json, with figures and gallery, into a directory.

        Raises:
            NotWritten: The disk is full, or the directory cannot be written.
        """
        self._write(directory)

    def _write(
        self,
        directory: str | Path,
        executor: Executor | None = None,
        begun: Sections | None = None,
    ) -> None:
        """The same; the figures are made by worker processes, if there are any."""
        try:
            write(with_figures(self._with_cases(), executor, begun), Path(directory))
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
    profile: str | Profile = "standard",
    seed: int = 0,
    executor: Executor | None = None,
    *,
    claims_file: str | None = None,
    output: str | Path | None = None,
    resume: bool = False,
    keep_going: bool = False,
    time_limit: float | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
    notify: Callable[[str], None] | None = None,
) -> Report:
    """Search for violations of claims, certify what is found, and check the controls.

    Args:
        claims: One or several ids or claims; None for all, or for all of `claims_file`. A claim
            that is in no file, such as one of a notebook's cell, runs in this process.
        profile: How much effort: "quick", "standard" or "thorough", or a profile of one's own.
        seed: Any whole number. Equal runs with equal seeds give equal reports.
        executor: Any `concurrent.futures.Executor` of processes. None runs in this process, without
            the limits of time and memory that `campaign.executors.LimitedPool` sets.
        claims_file: A Python file that declares further claims.
        output: Directory for ledger.jsonl, report.html and report.json; None writes nothing.
        resume: Take over the finished tasks of the ledger in `output`.
        keep_going: Go on with a claim that is refuted. By default what comes after the first task,
            in their order, that refutes it is left; so the report is the same for any number of
            workers.
        time_limit: Seconds after which the run ends with the report of what is done.
        cache: Folder of outcomes of earlier runs. A claim whose outcomes come from it is `cached`
            in the report. They do if the package, the file of claims, the profile and the seed are
            what they were; in doubt they are computed (see `verdict_cache`).
        progress: Called after each task with the number of tasks done, of all tasks, and the claim;
            in a notebook by default a line below the cell.
        notify: Called with notices for the user, such as a refutation as soon as it is certified.

    Returns:
        The report. Its verdicts are `report.claims[k]["verdict"]`.

    Raises:
        InvalidValue: An unknown claim or profile, a ledger of another run, or none to resume.
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
    effort = _effort(profile)
    seed = whole_number(seed, "seed")
    _check_executor(executor)
    if time_limit is not None and not time_limit > 0:
        raise InvalidValue(f"time_limit is {time_limit}; give a number of seconds above 0")
    chosen = _chosen(claims, claims_file)
    own = {claim.id: claim for claim in chosen if not _is_found(claim, claims_file)}
    _check_own(own, executor, resume)
    _check_words(chosen)
    work = Work(plan(chosen, effort, seed, claims_file), keep_going)
    run = Run(effort, seed, claims_file, time.time())
    deadline = time.monotonic() + (math.inf if time_limit is None else time_limit)
    told = notify or (lambda notice: None)
    with contextlib.ExitStack() as stack:
        ledger = None
        if resume and (output is None or not (Path(output) / "ledger.jsonl").is_file()):
            raise InvalidValue(f"there is no ledger in {output} to resume; leave out --resume")
        if output is not None:
            path = prepared(output) / "ledger.jsonl"
            ledger = stack.enter_context(Ledger(path, run.header(chosen), resume))
            for outcome in _taken_over(ledger, work.tasks):
                work.take(outcome)
            if ledger.notice:
                told(ledger.notice)
        kept = CachedRun(cache, run, executor, told)
        kept.serve(work, own, ledger)
        is_interrupted = False
        begun: list[Sections] = []

        def begin_page() -> None:
            if output is not None and executor is not None and not begun:
                ids = {claim.id for claim in chosen}
                begun.append(begun_sections(ids, seed, effort.name, executor))

        try:
            _execute(work, executor, ledger, deadline, own, progress or in_cell(), told, begin_page)
        except KeyboardInterrupt:
            is_interrupted = True
        report = _report(run, chosen, work, kept.served)
        if is_interrupted or work.left:
            _note_interruption(report, work, "Ctrl-C" if is_interrupted else "time limit")
        if output is not None:
            report._write(output, executor, begun[0] if begun else None)
        kept.fill(work)
    if is_interrupted:
        raise Interrupted(report)
    return report


def _check_own(own: dict[str, Claim], executor: Executor | None, resume: bool) -> None:
    """Raise if claims that no worker, or later run, can find are to be found by one."""
    if own and executor is not None:
        raise InvalidValue(
            f"claim {next(iter(own))} is in no file, so that no worker process finds it; leave out "
            "executor, or write it into a file and give its path as claims_file"
        )
    if own and resume:
        raise InvalidValue(
            f"claim {next(iter(own))} is in no file, so that it may have changed since; leave out "
            "resume"
        )


def _effort(profile: object) -> Profile:
    """The profile itself. Raises InvalidValue if there is none of this name."""
    if isinstance(profile, Profile):
        return profile
    if not isinstance(profile, str) or profile not in PROFILES:
        raise InvalidValue(f"profile is {profile!r}; give one of {', '.join(PROFILES)}")
    return PROFILES[profile]


def _check_words(claims: list[Claim]) -> None:
    """Raise before the work if a statement cannot be typeset, not after it."""
    for claim in claims:
        words = [claim.description, *(control.statement for control in claim.controls)]
        check_claim(claim.id, claim.statement, words)


def _taken_over(ledger: Ledger, tasks: list[Task]) -> list[Outcome]:
    """The outcomes of an earlier run. Raises InvalidValue if they are not of this run."""
    planned = {task.key: task for task in tasks}
    outcomes = []
    for key, data in ledger.finished.items():
        try:
            outcomes.append(read_outcome(planned[key], data))
        except (KeyError, InvalidValue):
            raise InvalidValue(
                f"{ledger.path}: {printable(key)[:80]!r} has no outcome of this run; "
                "choose another --output or leave out --resume"
            ) from None
    return outcomes


def _execute(
    work: Work,
    executor: Executor | None,
    ledger: Ledger | None,
    deadline: float,
    own: dict[str, Claim],
    progress: Progress | None,
    notify: Callable[[str], None],
    begin_page: Callable[[], None],
) -> None:
    """Do the tasks that have no outcome yet; each outcome is kept as soon as it is there.

    begin_page: called when few are left: what it has workers do comes after these, and no worker
    waits for another one's last task.
    """

    def run(task: Task) -> Outcome:
        return run_task(task, own.get(task.claim))

    rest = [task for task in work.tasks if task.key not in work.outcomes]
    doing = run if executor is None else run_task
    for outcome in execute(rest, executor, work.is_wanted, deadline, doing):
        with uninterrupted():  # or an outcome could be in the ledger and not in the report
            if ledger is not None and not isinstance(outcome, FailedOutcome):
                ledger.append(outcome.to_dict())
            is_news = work.take(outcome)
        if work.total - work.done <= _FEW:
            begin_page()
        if is_news:
            notify(_announcement(outcome))
        if progress is not None:
            progress(work.done, work.total, outcome.task.claim)


def _announcement(outcome: Outcome) -> str:
    """The line that tells of a refutation while the run goes on."""
    found = outcome.violations[-1]  # type: ignore[attr-defined]  # the simplest
    return f"refuted (certified): {outcome.task.claim} at {case_json(found.case)}"


def _report(run: Run, claims: list[Claim], work: Work, cached: Set[str]) -> Report:
    """The report of the finished tasks, in the order of the tasks and not of their completion.

    cached: the keys of those that came from the cache.
    """
    ordered = work.finished
    begun = {outcome.task.claim for outcome in ordered if outcome.task.kind == "batch"}
    computed = {outcome.task.claim for outcome in ordered if outcome.task.key not in cached}
    entries = tuple(
        replace(entry, cached=entry.id not in computed)
        for entry in claim_entries([claim for claim in claims if claim.id in begun], ordered)
    )
    return Report(report_data(run, entries, ordered), entries)


def _note_interruption(report: Report, work: Work, reason: str) -> None:
    """Name in the report the claims that are not finished."""
    unfinished = list(dict.fromkeys(task.claim for task in work.left))
    left = ", ".join(unfinished) or "nothing"
    report.data["interrupted"] = {
        "done": work.done,
        "total": work.total,
        "unfinished": unfinished,
        "reason": reason,
    }
    report.data["not_checked"] = [
        f"The run was interrupted after {work.done} of {work.total} tasks ({reason}). "
        f"Not finished: {left}.",
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
    """The claim of an id; a claim is itself."""
    return entry if isinstance(entry, Claim) else registry.find(entry, claims_file)


def _is_found(claim: Claim, claims_file: str | None) -> bool:
    """True if workers find this very claim under its id."""
    try:
        return registry.find(claim.id, claims_file).function is claim.function
    except InvalidValue:
        return False
