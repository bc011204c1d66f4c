"""A campaign: generate cases, suspect in float64, convict in balls, claim by claim.

The work is cut into tasks that depend on nothing but the claim, the seed and their own number, so
that their outcomes are the same whoever runs them and in whatever order.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from theorycheck import claims as registry
from theorycheck.errors import TheoryCheckError, in_words, with_type
from theorycheck.inputs.case import Case
from theorycheck.search.attack import attack
from theorycheck.search.generation import attacked, generated
from theorycheck.search.screening import (
    Examined,
    entry,
    examine_cases,
    findings,
    histogram,
    most_suspicious,
    simplified,
    verdict_name,
)
from theorycheck.search.sensitivity import sensitivity, smallest_constant
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import decide, screen
from theorycheck.strategies import regimes


@dataclass(frozen=True)
class Profile:
    """How hard a campaign looks.

    batches, batch_size: of cases per claim. certified: how many of a batch balls look at.
    attack: evaluations of the adversarial search of a claim. moves: of each search that shows how
    an implied constant moves. simplified: evaluations that simplifying a case may take.
    controls, control_attack: cases of each control, and evaluations of the attack on one that no
    case refutes. seconds: that a task may take in a worker process before it is given up.
    """

    name: str
    batches: int
    batch_size: int
    certified: int
    attack: int
    moves: int
    simplified: int
    controls: int
    control_attack: int
    seconds: float


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", 1, 16, 3, 0, 0, 30, 24, 120, 120),
        Profile("standard", 2, 48, 7, 240, 40, 50, 80, 140, 300),
        Profile("thorough", 12, 120, 16, 3000, 300, 400, 1440, 1500, 3600),
    )
}


@dataclass(frozen=True)
class Task:
    """One unit of work: a batch of cases of a claim, an attack, or a control's refutation."""

    kind: Literal["batch", "attack", "control"]
    claim: str
    number: int
    profile: str
    seed: int
    claims_file: str | None = None

    @property
    def key(self) -> str:
        """The task's name in the ledger."""
        return f"{self.claim}/{self.kind}/{self.number}"


def plan(claims: Iterable[Claim], profile: str, seed: int, claims_file: str | None) -> list[Task]:
    """The tasks of a campaign, in the order of its claims."""
    tasks = []
    for claim in claims:
        common = {"claim": claim.id, "profile": profile, "seed": seed, "claims_file": claims_file}
        for number in range(PROFILES[profile].batches):
            tasks.append(Task(kind="batch", number=number, **common))  # type: ignore[arg-type]
        if PROFILES[profile].attack and is_attackable(claim):
            tasks.append(Task(kind="attack", number=0, **common))  # type: ignore[arg-type]
        for number in range(len(claim.controls)):
            tasks.append(Task(kind="control", number=number, **common))  # type: ignore[arg-type]
    return tasks


def is_attackable(claim: Claim) -> bool:
    """Whether there is a margin for float64 to make smaller."""
    return not claim.only_balls and claim.kind != "identity"


def run_task(task: Task) -> dict[str, Any]:
    """Do a task. The outcome is plain data, the same in every process.

    A task that raises has a `failed` outcome, so that it harms no other.
    """
    started = time.perf_counter()
    try:
        claim = registry.find(task.claim, task.claims_file)
        outcome = _named(task, **_RUNNERS[task.kind](claim, task))
    except (Exception, SystemExit) as error:
        is_expected = isinstance(error, TheoryCheckError)
        outcome = failed(task, in_words(error) if is_expected else with_type(error))
    return {**outcome, "seconds": round(time.perf_counter() - started, 3)}


def failed(task: Task, reason: str) -> dict[str, Any]:
    """The outcome of a task that came to nothing, and why."""
    return _named(task, number=task.number, failure=reason, seconds=0.0)


def _named(task: Task, **outcome: Any) -> dict[str, Any]:
    return {"task": task.key, "claim": task.claim, "kind": task.kind, **outcome}


def task_seed(task: Task) -> int:
    """A seed of its own for every task."""
    text = f"{task.seed}:{task.key}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _run_batch(claim: Claim, task: Task) -> dict[str, Any]:
    profile = PROFILES[task.profile]
    cases = generated(claim, profile.batch_size, task_seed(task))
    inside = [case for case in cases if claim.domain.contains(case)]
    looked = examine_cases(claim, inside, profile.certified)
    return {
        "generated": len(cases),
        "duplicates": profile.batch_size + len(claim.examples) - len(cases),
        "in_domain": len(inside),
        "verdicts": dict(Counter(verdict_name(claim, e.decision) for e in looked)),
        **findings(claim, looked, profile.simplified),
        "histogram": histogram(looked),
        "reasons": dict(Counter(e.decision.reason for e in looked if e.decision.reason)),
        "errors": sum(e.decision.failed for e in looked),
        "regimes": dict(Counter(name for case in inside for name in regimes(case))),
    }


def _run_attack(claim: Claim, task: Task) -> dict[str, Any]:
    profile, seed = PROFILES[task.profile], task_seed(task)
    result = attacked(claim, profile.attack, seed)
    moves = sensitivity(claim, profile.moves, seed) if claim.kind == "constant" else []
    return {
        "evaluations": result.evaluations,
        **findings(claim, [Examined(*smallest_constant(claim, result, moves))], profile.simplified),
        "moves": [move.to_dict() for move in moves],
    }


def _run_control(claim: Claim, task: Task) -> dict[str, Any]:
    """Look for a certified refutation: the most suspicious cases are convicted first."""
    control = claim.controls[task.number]
    false_claim = claim.as_claim(control)
    profile = PROFILES[task.profile]
    cases = [
        case
        for case in generated(false_claim, profile.controls, task_seed(task))
        if false_claim.domain.contains(case)
    ]
    outcome = {"control": control.id, "statement": control.statement, "cases": len(cases)}
    if claim.kind == "existence":
        return {**outcome, **_no_witness(false_claim, cases, profile, task_seed(task))}
    refuting = _refuting(false_claim, cases, profile.control_attack, task_seed(task))
    if refuting is None:
        return {**outcome, "verdict": "survived", "evidence": "none", "found": None}
    found = simplified(false_claim, refuting, profile.simplified)
    return {**outcome, "verdict": "refuted", "evidence": "certified", "found": found}


def _refuting(claim: Claim, cases: list[Case], budget: int, seed: int) -> Case | None:
    """A case that certainly refutes a claim: a suspicious one, or what an attack finds."""
    for case in most_suspicious(claim, cases):
        if decide(claim, case).sign == "negative":
            return case
    if claim.only_balls:
        return None
    found = attack(claim, budget, seed=seed, starts=cases)
    return found.worst if found.decision.sign == "negative" else None


def _no_witness(claim: Claim, cases: list[Case], profile: Profile, seed: int) -> dict[str, Any]:
    """A false existence statement has no witness: certified case by case, and attacked."""
    ordered = most_suspicious(claim, cases)[::-1]
    quota = profile.certified
    chosen = ordered[:quota]
    if not claim.only_balls:
        chosen += sorted(cases, key=lambda case: -screen(claim, case).relative)[: max(quota, 8)]
    looked = [Examined(case, decide(claim, case)) for case in chosen]
    if not claim.only_balls:
        search = attack(claim, profile.control_attack, seed=seed, starts=cases)
        looked.append(Examined(search.worst, search.decision))
    for seen in looked:
        if seen.decision.sign == "positive":
            return {"verdict": "survived", "evidence": "certified", "found": entry(seen)}
    certain = [seen for seen in looked if seen.decision.sign == "negative"]
    return {
        "verdict": "refuted" if certain else "survived",
        "evidence": "certified" if certain else "none",
        "found": entry(certain[0] if certain else looked[0]),
        "looked": len({seen.case for seen in certain}),
    }


_RUNNERS = {"batch": _run_batch, "attack": _run_attack, "control": _run_control}
