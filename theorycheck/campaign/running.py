"""Doing a task: generate cases and decide each of them in balls."""

from __future__ import annotations

import math
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from theorycheck import claims as registry
from theorycheck.campaign.cross_check import cross_checked
from theorycheck.campaign.outcomes import (
    AttackOutcome,
    BatchOutcome,
    ControlOutcome,
    FailedOutcome,
    Outcome,
    RegionOutcome,
)
from theorycheck.campaign.profiles import Profile
from theorycheck.campaign.ranges import Ranges
from theorycheck.campaign.tasks import Task
from theorycheck.errors import TheoryCheckError, in_words, with_type
from theorycheck.inputs.case import Case
from theorycheck.regions.proof import prove
from theorycheck.search.attack import attack
from theorycheck.search.descent import AttackResult
from theorycheck.search.enumeration import enumerated
from theorycheck.search.findings import (
    Finding,
    case_verdict,
    finding,
    findings,
    simplified,
    telling,
)
from theorycheck.search.generation import attacked, generated
from theorycheck.search.screening import (
    Examined,
    decided,
    examine_cases,
    histogram,
    likely_witnesses,
    most_suspicious,
    screened,
)
from theorycheck.search.sensitivity import sensitivity, smallest_constant
from theorycheck.search.sharpening import Recorder
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import FLOAT_TRUST
from theorycheck.statements.verdicts import CaseVerdict, Evidence, Fate, Sign
from theorycheck.strategies import regimes

_SHARE = 0.7
"""Of a task's time limit, after which a batch begins no further case, to report what it has."""
TIME_UP = "the time of its task was up before this case was reached"
_seconds = math.inf
"""The time limit of every task in this process."""
_FIRST = 60
"""Small cases of a control that are looked at before any is drawn."""


def limit_tasks(seconds: float) -> None:
    """Have every task of this process report what it has done before so many seconds are over."""
    global _seconds
    _seconds = seconds


def run_task(task: Task, own: Claim | None = None) -> Outcome:
    """Do a task; its outcome is the same in every process, unless its time is up.

    A task that raises has a FailedOutcome, so that it harms no other.

    own: the claim, where it is in no file and not in the package.
    """
    started = time.perf_counter()
    outcome: Outcome
    try:
        claim = own or registry.find(task.claim, task.claims_file)
        outcome = _RUNNERS[task.kind](claim, task)
    except (Exception, SystemExit) as error:
        is_expected = isinstance(error, TheoryCheckError)
        outcome = FailedOutcome(task, in_words(error) if is_expected else with_type(error))
    return replace(outcome, seconds=round(time.perf_counter() - started, 3))


def _run_batch(claim: Claim, task: Task) -> BatchOutcome:
    started = time.monotonic()
    profile = task.effort
    looked, size = profile.cases(claim.cost)
    small = screened(claim, enumerated(claim, 0 if task.number else looked))
    examples = () if task.number else claim.examples
    drawn = generated(replace(claim, examples=examples), size, task.seed_for(claim))
    cases = list(dict.fromkeys([*small.chosen, *drawn]))
    inside = [case for case in cases if claim.domain.contains(case)]
    recorder = Recorder(claim)
    examined = _in_time(recorder.claim, inside, started)
    left = len(inside) - len(examined)
    settled = [e for e in examined if e.decision.sign != Sign.UNKNOWN]
    undecided = [e for e in examined if e.decision.sign == Sign.UNKNOWN]
    decisions = [e.decision for e in examined]
    return BatchOutcome(
        task,
        generated=len(cases),
        screened=small.others,
        duplicates=size + len(examples) - len(drawn),
        in_domain=len(inside),
        verdicts=dict(_decided(claim, examined) + Counter({CaseVerdict.UNDECIDED: left})),
        **vars(findings(claim, examined, profile.simplified)),
        histogram=histogram(settled),
        margin=min((e.relative for e in telling(settled)), default=None),
        suspects=sum(decision.looks_violated for decision in decisions),
        reasons=dict(Counter(e.decision.reason for e in undecided) + Counter({TIME_UP: left})),
        errors=sum(decision.failed for decision in decisions),
        regimes=dict(Counter(name for e in examined for name in regimes(e.case))),
        first_half=_smallest(claim, examined[: (len(examined) + 1) // 2]),
        searched=Ranges.of([e.case for e in examined]),
        oracle=cross_checked([] if task.number else [e.case for e in examined], _mark(claim)),
        sharpening=recorder.sharpening(_holding(settled)),
    )


def _mark(claim: Claim) -> int:
    """A number that differs from claim to claim, and is the same in every process."""
    return zlib.crc32(claim.id.encode())


def _in_time(claim: Claim, cases: list[Case], started: float) -> list[Examined]:
    """The cases that can be decided before the task's time is up."""
    examined: list[Examined] = []
    for case in cases:
        if time.monotonic() - started > _SHARE * _seconds:
            break
        examined += examine_cases(claim, [case])
    return examined


def _decided(claim: Claim, examined: Sequence[Examined]) -> Counter[CaseVerdict]:
    return Counter(case_verdict(claim, e.decision) for e in examined)


def _smallest(claim: Claim, examined: Sequence[Examined]) -> float | None:
    """The smallest implied constant of the decided cases; None if the claim is about none."""
    if claim.kind != "constant":
        return None
    found = (e.relative for e in examined if e.decision.sign != Sign.UNKNOWN)
    return min(found, default=None)


def _run_attack(claim: Claim, task: Task) -> AttackOutcome:
    profile, seed = task.effort, task.seed_for(claim)
    recorder = Recorder(claim)
    watched = recorder.claim
    result = attacked(watched, profile.attack_on(claim.cost), seed)
    has_moves = claim.kind == "constant" and profile.moves > 0
    moves = sensitivity(watched, profile.moves, seed) if has_moves else []
    worst = Examined(*smallest_constant(watched, result, moves))
    decision = worst.decision
    is_decided = decision.sign != Sign.UNKNOWN
    return AttackOutcome(
        task,
        evaluations=result.evaluations,
        **vars(findings(claim, [worst], profile.simplified)),
        margin=worst.relative if is_decided else None,
        suspects=int(decision.looks_violated),
        reasons={} if is_decided else {decision.reason: 1},
        first_half=_halfway(result) if claim.kind == "constant" else None,
        moves=tuple(moves),
        sharpening=recorder.sharpening(_holding([worst])),
    )


def _halfway(result: AttackResult) -> float | None:
    """The best margin after half of the evaluations of a search."""
    early = [best for count, best in result.history if 2 * count <= result.evaluations]
    return early[-1] if early else None


def _holding(examined: list[Examined]) -> list[Case]:
    """The cases at which balls decide that a claim holds."""
    held = (Sign.POSITIVE, Sign.TIGHT)
    return [e.case for e in examined if e.decision.sign in held]


def _run_control(claim: Claim, task: Task) -> ControlOutcome:
    """Search for a certified refutation of a control: at small cases first, then at drawn ones."""
    control = claim.controls[task.number]
    false_claim = claim.as_claim(control)
    profile = task.effort
    outcome = ControlOutcome(
        task,
        control=control.id,
        statement=control.statement,
        cases=0,
        verdict=Fate.SURVIVED,
        evidence=Evidence.NONE,
        found=None,
    )
    looked, _ = profile.cases(claim.cost)
    first = [*false_claim.examples, *enumerated(false_claim, min(_FIRST, 1 + looked // 4))]
    small = [case for case in dict.fromkeys(first) if false_claim.domain.contains(case)]
    search = _witnessed if claim.kind == "existence" else _held_against
    return search(false_claim, small, profile, outcome)


def _held_against(
    claim: Claim, small: list[Case], profile: Profile, outcome: ControlOutcome
) -> ControlOutcome:
    """The outcome for a false statement about all cases: refuted by one of them, or not at all."""
    seed = outcome.task.seed_for(claim)
    cases, refuting = small, _suspicious_one(claim, small)
    if refuting is None:
        drawn = _drawn(claim, profile, seed, small)
        cases, refuting = [*small, *drawn], _suspicious_one(claim, drawn)
    if refuting is None and not claim.only_balls:
        result = attack(claim, profile.control_attack, seed=seed, starts=cases)
        refuting = result.worst if result.decision.sign == Sign.NEGATIVE else None
    outcome = replace(outcome, cases=len(cases))
    if refuting is None:
        return outcome
    return _refuted(outcome, simplified(claim, refuting, profile.simplified))


def _drawn(claim: Claim, profile: Profile, seed: int, known: list[Case]) -> list[Case]:
    """Cases of a control that are drawn, without those that are known."""
    seen, drawn = set(known), generated(claim, profile.controls, seed)
    return [case for case in drawn if case not in seen and claim.domain.contains(case)]


def _suspicious_one(claim: Claim, cases: list[Case]) -> Case | None:
    """The first of the suspicious cases that certainly refutes a claim."""
    suspicious = most_suspicious(claim, cases)
    return next((c for c in suspicious if decided(claim, c).sign == Sign.NEGATIVE), None)


def _witnessed(
    claim: Claim, small: list[Case], profile: Profile, outcome: ControlOutcome
) -> ControlOutcome:
    """The outcome for a false existence statement: refuted, case by case, if it has no witness."""
    seed = outcome.task.seed_for(claim)
    cases = [*small, *_drawn(claim, profile, seed, small)]
    outcome = replace(outcome, cases=len(cases))
    examined = examine_cases(claim, likely_witnesses(claim, cases, profile.witnesses))
    if not claim.only_balls:
        search = attack(claim, profile.control_attack, seed=seed, starts=cases)
        examined.append(Examined(search.worst, search.decision))
    for possible in examined:
        if possible.decision.sign == Sign.POSITIVE:
            return replace(outcome, evidence=Evidence.CERTIFIED, found=finding(possible))
    certain = [e for e in examined if e.decision.sign == Sign.NEGATIVE]
    likely = [e for e in examined if e.decision.sign == Sign.UNKNOWN and e.relative > FLOAT_TRUST]
    if likely:  # float64 takes it for a witness, and balls cannot tell
        return replace(outcome, found=finding(likely[0]))
    looked = len({e.case for e in certain})
    if not certain:
        return replace(outcome, found=finding(examined[0]), looked=looked)
    clearest = min(certain, key=lambda e: e.relative)
    return replace(_refuted(outcome, finding(clearest)), looked=looked)


def _run_region(claim: Claim, task: Task) -> RegionOutcome:
    limit = _SHARE * _seconds if math.isfinite(_seconds) else None
    proof = prove(claim, claim.all_regions[task.number], time_limit=limit)
    cases = [] if proof.counterexample is None else [proof.counterexample]
    found = findings(claim, examine_cases(claim, cases), task.effort.simplified)
    return RegionOutcome(
        task,
        verdict=proof.verdict,
        bound=proof.bound if math.isfinite(proof.bound) else None,
        boxes=proof.boxes,
        violations=found.violations,
        picture=proof.picture(),
    )


def _refuted(outcome: ControlOutcome, found: Finding) -> ControlOutcome:
    return replace(outcome, verdict=Fate.REFUTED, evidence=Evidence.CERTIFIED, found=found)


_RUNNERS: dict[str, Callable[[Claim, Task], Outcome]] = {
    "batch": _run_batch,
    "attack": _run_attack,
    "control": _run_control,
    "region": _run_region,
}
