"""`verify`: run a campaign and gather its outcomes into a report."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from theorycheck import __version__
from theorycheck import claims as registry
from theorycheck.campaign.executors import execute, uninterrupted
from theorycheck.campaign.ledger import Ledger
from theorycheck.campaign.outcomes import is_outcome
from theorycheck.campaign.tasks import PROFILES, Task, plan
from theorycheck.errors import InvalidType, InvalidValue, NotWritten, printable
from theorycheck.inputs.mixture import Case
from theorycheck.search.screening import HISTOGRAM_EDGES
from theorycheck.search.shrinking import complexity
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import FLOAT_TRUST

SCHEMA = 1
NOT_CHECKED = (
    "No claim is proved for all mixtures by this run: a supported claim has survived a search.",
    "Ball arithmetic certifies up to affine rank 3, and mostly ranks 1 and 2; the rest is float64.",
    "Along trajectories balls certify the steps that each claim names; the rest is float64.",
    "Asymptotic statements are checked through a constant, or a limit within a tolerance, "
    "on runs of finite length.",
    "Statements recalled from the paper are checked as this page words them, which may differ "
    "from the printed theorem.",
    "Finite samples, covariances other than the identity and unknown weights are outside the "
    "setting: everything here is about population gradient EM.",
)
_LIBRARIES = ("numpy", "scipy", "mpmath", "python-flint", "hypothesis")
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
        from theorycheck.report.figures.sections import illustrated

        try:
            write(illustrated(self.data), Path(directory))
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
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise InvalidType(f"seed is a {type(seed).__name__}; give a whole number")
    _check_executor(executor)
    chosen = _chosen(claims, claims_file)
    for claim in chosen:  # before the work, what the report could not show
        words = [claim.description, *(control.statement for control in claim.controls)]
        check_claim(claim.id, claim.statement, words)
    tasks = plan(chosen, profile, int(seed), claims_file)
    run = _Run(profile, int(seed), claims_file, time.time())
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


@dataclass(frozen=True)
class _Run:
    """What a run was asked to do, and when it began (seconds since 1970)."""

    profile: str
    seed: int
    claims_file: str | None
    started: float

    def header(self, claims: list[Claim]) -> dict[str, Any]:
        """What names a run in its ledger: whatever its outcomes depend on."""
        source = None if self.claims_file is None else Path(self.claims_file).read_bytes()
        return {
            "version": __version__,
            "profile": self.profile,
            "seed": self.seed,
            "claims": [claim.id for claim in claims],
            "claims_file": source and hashlib.sha256(source).hexdigest(),
        }


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
    run: _Run, claims: list[Claim], tasks: list[Task], outcomes: dict[str, dict[str, Any]]
) -> Report:
    """The report of what is done, in the order of the tasks and not of their completion."""
    ordered = [outcomes[task.key] for task in tasks if task.key in outcomes]
    begun = {outcome["claim"] for outcome in ordered if outcome["kind"] == "batch"}
    shown = [claim for claim in claims if claim.id in begun]
    return Report(_data(run, shown, ordered))


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
    """The output directory, made if needed; a clear error if that can not be."""
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


def _data(run: _Run, claims: list[Claim], outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [
        claim_entry(claim, [o for o in outcomes if o["claim"] == claim.id]) for claim in claims
    ]
    stamp = datetime.fromtimestamp(run.started, UTC).isoformat(timespec="seconds")
    return {
        "schema": SCHEMA,
        "version": __version__,
        "profile": run.profile,
        "seed": run.seed,
        "claims_file": run.claims_file,
        "environment": environment(),
        "started": stamp,
        "seconds": round(time.time() - run.started, 1),
        "claims": entries,
        "figures": [],
        "gallery": [],
        "health": _health(outcomes),
        "not_checked": list(NOT_CHECKED),
    }


def environment() -> dict[str, str]:
    """Versions of everything that takes part in a number."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def claim_entry(claim: Claim, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """The report's entry of a claim, from the outcomes of its tasks."""
    failures = [o for o in outcomes if "failure" in o]
    outcomes = [o for o in outcomes if "failure" not in o]
    batches = [o for o in outcomes if o["kind"] == "batch"]
    verdicts: Counter[str] = Counter()
    for outcome in batches:
        verdicts.update(outcome["verdicts"])
    attacks = [o for o in outcomes if o["kind"] == "attack"]
    searched = [*batches, *attacks]
    worst = sorted((e for o in searched for e in o["worst"]), key=lambda e: float(e["relative"]))
    violations = sorted((e for o in searched for e in o["violations"]), key=_complexity)
    witnesses = sorted((e for o in searched for e in o["witnesses"]), key=_complexity)
    verdict, evidence = _verdict(claim, verdicts, violations, witnesses)
    is_broken = any(o["errors"] for o in batches) or any(o["kind"] != "control" for o in failures)
    is_suspect = any(e["sign"] == "unknown" and _fails_in_float64(e) for e in worst)
    if (is_broken or is_suspect) and verdict == "supported":
        verdict, evidence = "undecided", "none"
    return {
        "id": claim.id,
        "group": claim.group,
        "statement": claim.statement,
        "description": claim.description,
        "origin": claim.origin,
        "source": claim.source,
        "kind": claim.kind,
        "hypotheses": claim.domain.in_words(claim.inputs),
        "verdict": verdict,
        "evidence": evidence,
        "cases": {
            "generated": sum(o["generated"] for o in batches),
            "in_domain": sum(o["in_domain"] for o in batches),
            "certified": verdicts["certified"] + verdicts["no witness"] + verdicts["refuted"],
            "tight": verdicts["tight"],
            "floating": verdicts["floating"],
            "undecided": verdicts["undecided"],
            "attacked": sum(o["evaluations"] for o in attacks),
        },
        "margin": _shown_margin(claim, worst, witnesses),
        "tightness": _tightness(claim, worst),
        "constant": _constant(worst, attacks) if worst and claim.kind == "constant" else None,
        "worst": worst[:3] if claim.kind != "existence" else witnesses[:3],
        "histogram": {
            "edges": HISTOGRAM_EDGES,
            "counts": [
                sum(o["histogram"][k] for o in batches) for k in range(len(HISTOGRAM_EDGES) - 1)
            ],
        },
        "counterexample": violations[0] if violations else None,
        "witness": witnesses[0] if witnesses else None,
        "controls": [
            *(_control_entry(o) for o in outcomes if o["kind"] == "control"),
            *(_failed_control(claim, o) for o in failures if o["kind"] == "control"),
        ],
        "undecided_reasons": dict(
            sum((Counter(o["reasons"]) for o in batches), Counter(o["failure"] for o in failures))
        ),
        "certificate": claim.certificate,
        "figures": [],
        "seconds": round(sum(o["seconds"] for o in (*outcomes, *failures)), 2),
    }


def _fails_in_float64(entry: dict[str, Any]) -> bool:
    """Whether float64 sees a violation, where balls do not reach."""
    return entry["evidence"] == "floating" and float(entry["relative"]) < -FLOAT_TRUST


def _complexity(entry: dict[str, Any]) -> tuple[int, ...]:
    return complexity(Case.from_dict(entry["case"]))


def _shown_margin(
    claim: Claim, worst: list[dict[str, Any]], witnesses: list[dict[str, Any]]
) -> float | None:
    """The smallest relative margin found; of an existence claim, the largest of a witness."""
    if claim.kind == "existence":
        return max((float(e["relative"]) for e in witnesses), default=None)
    return worst[0]["relative"] if worst and claim.kind != "constant" else None


SHARP = 0.999
"""An inequality whose smaller side reached this share of the larger one is called sharp."""


def _tightness(claim: Claim, worst: list[dict[str, Any]]) -> dict[str, Any] | None:
    """How much of its bound an inequality reached, and where; no search shows that it can not."""
    closest = max(
        (e for e in worst if e["ratio"] is not None), key=lambda e: float(e["ratio"]), default=None
    )
    if closest is None:
        return None
    return {
        "ratio": closest["ratio"],
        "case": closest["case"],
        "sharp": "yes" if closest["ratio"] > SHARP else "unknown",
        "note": claim.sharp_when,
    }


def _constant(worst: list[dict[str, Any]], attacks: list[dict[str, Any]]) -> dict[str, Any]:
    """The smallest implied constant found, and how it moves with n, rank, R and pi_min."""
    moves = [move for attack in attacks for move in attack["moves"]]
    return {"value": worst[0]["relative"], "case": worst[0]["case"], "note": "", "moves": moves}


def _verdict(
    claim: Claim,
    verdicts: Counter[str],
    violations: list[dict[str, Any]],
    witnesses: list[dict[str, Any]],
) -> tuple[str, str]:
    """A claim's verdict and the strongest evidence for it."""
    if violations:
        return "refuted", "certified"
    if claim.kind == "existence":
        return ("proved", "certified") if witnesses else ("undecided", "none")
    for evidence in ("certified", "tight", "floating"):
        if verdicts[evidence]:
            return "supported", evidence
    return "undecided", "none"


def _control_entry(outcome: dict[str, Any]) -> dict[str, Any]:
    found = outcome["found"] or {}
    return {
        "id": outcome["control"],
        "statement": outcome["statement"],
        "verdict": outcome["verdict"],
        "evidence": outcome["evidence"],
        "case": found.get("case"),
        "margin": found.get("margin"),
        **({"looked": outcome["looked"]} if "looked" in outcome else {}),
    }


def _failed_control(claim: Claim, outcome: dict[str, Any]) -> dict[str, Any]:
    """A control that could not be looked at is no sign of power, and none of its absence."""
    control = claim.controls[outcome["number"]]
    unknown = {"verdict": "undecided", "evidence": "none", "case": None, "margin": None}
    return {"id": control.id, "statement": control.statement, **unknown}


def _health(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """How well the generation covered the regimes."""
    batches = [o for o in outcomes if o["kind"] == "batch" and "failure" not in o]
    inside = sum(o["in_domain"] for o in batches)
    counts: Counter[str] = sum((Counter(o["regimes"]) for o in batches), Counter())
    return {
        "generated": sum(o["generated"] for o in batches),
        "duplicates": sum(o["duplicates"] for o in batches),
        "in_domain": inside,
        "regimes": {name: round(counts[name] / max(inside, 1), 4) for name in sorted(counts)},
    }
