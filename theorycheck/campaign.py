"""A campaign: generate cases, suspect in float64, convict in balls, claim by claim.

The work is cut into tasks that depend on nothing but the claim, the seed and their own number, so
that their outcomes are the same whoever runs them and in whatever order.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, as_completed
from dataclasses import asdict, dataclass
from typing import Any, Literal

import hypothesis
from hypothesis import HealthCheck, Phase

from theorycheck import claims as registry
from theorycheck.certify import Decision, decide, suspect
from theorycheck.claims.model import Claim
from theorycheck.errors import InvalidValue, TheoryCheckError
from theorycheck.mixture import Case
from theorycheck.reproducible import BACKEND
from theorycheck.strategies import affine_rank, cases_of, regimes

KEPT_CASES = 3
HISTOGRAM_EDGES = list(range(-17, 1))
"""Powers of ten between which relative margins are counted; the first bin holds all smaller."""


@dataclass(frozen=True)
class Profile:
    """How hard a campaign looks: batches of cases per claim, and how many of each are certified."""

    name: str
    batches: int
    batch_size: int
    certified: int


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", batches=1, batch_size=24, certified=4),
        Profile("standard", batches=2, batch_size=60, certified=8),
        Profile("thorough", batches=12, batch_size=120, certified=16),
    )
}


@dataclass(frozen=True)
class Task:
    """One unit of work: a batch of cases of a claim, or the search for a control's refutation."""

    kind: Literal["batch", "control"]
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
        for number in range(len(claim.controls)):
            tasks.append(Task(kind="control", number=number, **common))  # type: ignore[arg-type]
    return tasks


def run_task(task: Task) -> dict[str, Any]:
    """Do a task. The outcome is plain data, the same in every process."""
    started = time.perf_counter()
    claim = registry.find(task.claim, task.claims_file)
    if task.kind == "batch":
        outcome = _run_batch(claim, task)
    else:
        outcome = _run_control(claim, task)
    seconds = round(time.perf_counter() - started, 3)
    return {"task": task.key, "claim": task.claim, "kind": task.kind, **outcome, "seconds": seconds}


def execute(tasks: list[Task], executor: Executor | None) -> Iterator[dict[str, Any]]:
    """Outcomes as they are finished: in this process, or by the executor's workers."""
    if executor is None:
        for task in tasks:
            yield run_task(task)
        return
    futures: list[Future[dict[str, Any]]] = [executor.submit(run_task, task) for task in tasks]
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def generated(claim: Claim, count: int, seed: int) -> list[Case]:
    """Distinct cases of a claim's domain drawn by Hypothesis, the claim's examples first."""
    found: dict[Case, None] = dict.fromkeys(claim.examples)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        backend=BACKEND,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(cases_of(claim))
    def collect(case: Case) -> None:
        found.setdefault(case)

    collect()
    return list(found)


def task_seed(task: Task) -> int:
    """A seed of its own for every task."""
    text = f"{task.seed}:{task.key}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


@dataclass(frozen=True)
class _Looked:
    """A case and what is known of it."""

    case: Case
    decision: Decision


def _run_batch(claim: Claim, task: Task) -> dict[str, Any]:
    profile = PROFILES[task.profile]
    cases = generated(claim, profile.batch_size, task_seed(task))
    inside = [case for case in cases if claim.domain.contains(case)]
    looked = _look(claim, inside, profile.certified)
    return {
        "generated": len(cases),
        "duplicates": profile.batch_size + len(claim.examples) - len(cases),
        "in_domain": len(inside),
        "verdicts": dict(Counter(_verdict_name(claim, entry.decision) for entry in looked)),
        "worst": [_entry(e) for e in sorted(looked, key=_tightness)[:KEPT_CASES]],
        "violations": [_entry(e) for e in looked if _is_violation(claim, e)][:KEPT_CASES],
        "witnesses": [_entry(e) for e in looked if _is_witness(claim, e)][:KEPT_CASES],
        "histogram": _histogram(looked),
        "reasons": dict(Counter(e.decision.reason for e in looked if e.decision.reason)),
        "regimes": dict(Counter(name for case in inside for name in regimes(case))),
        "digests": [_digest(case) for case in cases],
    }


def _look(claim: Claim, cases: list[Case], quota: int) -> list[_Looked]:
    """Float64 view of every case; balls for all suspects, the tightest, and an even sample."""
    if claim.only_balls:
        return [_Looked(case, decide(claim, case)) for case in _affordable(cases, quota)]
    seen = [_Looked(case, _suspected(claim, case)) for case in cases]
    suspicious = [k for k, e in enumerate(seen) if e.decision.sign != "positive"]
    if claim.kind == "existence":
        suspicious = [k for k, e in enumerate(seen) if e.decision.relative > 0][:quota]
    tightest = sorted(range(len(seen)), key=lambda k: _tightness(seen[k]))[: quota // 2]
    even = _affordable(cases, quota // 2)
    chosen = {*suspicious, *tightest, *(k for k, case in enumerate(cases) if case in even)}
    for k in sorted(chosen):
        seen[k] = _Looked(seen[k].case, decide(claim, seen[k].case))
    return seen


def _suspected(claim: Claim, case: Case) -> Decision:
    try:
        return suspect(claim, case)
    except TheoryCheckError as error:
        if isinstance(error, InvalidValue):
            raise
        return Decision("unknown", 0.0, 0.0, "floating", str(error))


def _affordable(cases: list[Case], count: int) -> list[Case]:
    """About `count` cases, evenly spaced; one in eight at most of the dear ones of rank 2."""
    dear = [case for case in cases if affine_rank(case.mixture) > 1]
    cheap = [case for case in cases if case not in dear]
    return _sample(cheap, count) + _sample(dear, max(1, count // 8))[: max(1, count // 8)]


def _sample(items: Any, count: int) -> list[Any]:
    """About `count` items, evenly spaced."""
    step = max(1, math.ceil(len(items) / max(count, 1)))
    return list(items[::step])


def _run_control(claim: Claim, task: Task) -> dict[str, Any]:
    """Look for a certified refutation: the most suspicious cases are convicted first."""
    control = claim.controls[task.number]
    false_claim = claim.as_claim(control)
    profile = PROFILES[task.profile]
    count = max(profile.batches * profile.batch_size, 60)
    cases = [
        case
        for case in generated(false_claim, count, task_seed(task))
        if false_claim.domain.contains(case)
    ]
    outcome = {"control": control.id, "statement": control.statement, "cases": len(cases)}
    if claim.kind == "existence":
        return {**outcome, **_no_witness(false_claim, cases, profile.certified)}
    for case in _most_suspicious(false_claim, cases):
        decision = decide(false_claim, case)
        if decision.sign == "negative":
            found = _entry(_Looked(case, decision))
            return {**outcome, "verdict": "refuted", "evidence": "certified", "found": found}
    return {**outcome, "verdict": "survived", "evidence": "none", "found": None}


def _most_suspicious(claim: Claim, cases: list[Case]) -> list[Case]:
    if claim.only_balls:
        return cases[:20]
    seen = sorted((_Looked(c, _suspected(claim, c)) for c in cases), key=_tightness)[:20]
    return [entry.case for entry in sorted(seen, key=_cost)]


def _cost(entry: _Looked) -> tuple[bool, int]:
    """What is not suspicious last, and cheap cases (of low affine rank) before dear ones."""
    return entry.decision.sign == "positive", affine_rank(entry.case.mixture)


def _no_witness(claim: Claim, cases: list[Case], quota: int) -> dict[str, Any]:
    """A false existence statement has no witness: certified case by case."""
    ordered = _most_suspicious(claim, cases)[::-1]
    nearest = sorted(cases, key=lambda case: -_suspected(claim, case).relative)[: max(quota, 8)]
    for case in [*nearest, *ordered[:quota]]:
        decision = decide(claim, case)
        if decision.sign == "positive":
            found = _entry(_Looked(case, decision))
            return {"verdict": "survived", "evidence": "certified", "found": found}
    last = decide(claim, ordered[0])
    evidence = "certified" if last.sign == "negative" else "none"
    verdict = "refuted" if evidence == "certified" else "survived"
    return {"verdict": verdict, "evidence": evidence, "found": _entry(_Looked(ordered[0], last))}


def _verdict_name(claim: Claim, decision: Decision) -> str:
    if claim.kind == "existence" and decision.evidence == "floating":
        return "floating"
    if decision.sign == "unknown":
        return "undecided"
    if decision.sign == "negative" and decision.evidence != "certified":
        return "undecided"
    if decision.sign == "negative":
        return "no witness" if claim.kind == "existence" else "refuted"
    return decision.evidence


def _is_violation(claim: Claim, entry: _Looked) -> bool:
    return _verdict_name(claim, entry.decision) == "refuted"


def _is_witness(claim: Claim, entry: _Looked) -> bool:
    decision = entry.decision
    certified = decision.sign == "positive" and decision.evidence == "certified"
    return claim.kind == "existence" and certified


def _tightness(entry: _Looked) -> float:
    return entry.decision.relative


def _entry(looked: _Looked) -> dict[str, Any]:
    kept = {key: value for key, value in asdict(looked.decision).items() if key != "reason"}
    return {"case": looked.case.to_dict(), **kept}


def _histogram(looked: list[_Looked]) -> list[int]:
    """Counts of relative margins per power of ten."""
    low = HISTOGRAM_EDGES[0] + 1
    counts = [0] * (len(HISTOGRAM_EDGES) - 1)
    for entry in looked:
        size = entry.decision.relative
        power = math.ceil(math.log10(size)) if size > 0 else low
        counts[min(max(power - low, 0), len(counts) - 1)] += 1
    return counts


def _digest(case: Case) -> str:
    return hashlib.sha256(case.to_json().encode()).hexdigest()[:12]


Progress = Callable[[dict[str, Any]], None]
