"""Findings: the cases of a search that a report names, each with its decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from theorycheck.inputs.case import Case
from theorycheck.search.records import Record
from theorycheck.search.screening import Examined
from theorycheck.search.shrinking import BUDGET, complexity, shrink
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import Decision, decide, tightness
from theorycheck.statements.verdicts import CaseVerdict, Evidence, Sign

KEPT_CASES = 3
_DECIDED = (Evidence.CERTIFIED, Evidence.TIGHT)


@dataclass(frozen=True)
class Finding(Record):
    """A case with its decision; the fields are those of `Decision`."""

    case: Case
    sign: Sign
    margin: float
    relative: float
    evidence: Evidence


@dataclass(frozen=True)
class WorstCase(Finding):
    """One of the cases closest to failing.

    ratio: the share of its bound that an inequality reaches there; None where there is none.
    """

    ratio: float | None


@dataclass(frozen=True)
class Findings:
    """The tightest cases, and of the violations, or witnesses, the strongest and the simplest."""

    worst: tuple[WorstCase, ...]
    violations: tuple[Finding, ...]
    witnesses: tuple[Finding, ...]


def findings(claim: Claim, examined: Sequence[Examined], budget: int) -> Findings:
    """The findings among examined cases. budget: evaluations for simplifying a witness.

    A counterexample has a budget of its own, so that a quick run shows a simple one too. The
    optimum is the tightest case only where there is no other.
    """
    ordered = sorted(examined, key=lambda e: e.relative)
    is_existence = claim.kind == "existence"
    refuting = [e for e in ordered if not is_existence and _is_certified(e, Sign.NEGATIVE)]
    witnessing = [e for e in ordered[::-1] if is_existence and _is_certified(e, Sign.POSITIVE)]
    return Findings(
        tuple(_worst_case(claim, e) for e in _closest(ordered)),
        _strongest_and_simplest(claim, refuting, BUDGET),
        _strongest_and_simplest(claim, witnessing, budget),
    )


def telling(examined: Sequence[Examined]) -> list[Examined]:
    """The cases that say how tight a claim is: all but the optimum, where there are others."""
    return [e for e in examined if not e.case.is_at_optimum] or list(examined)


def _closest(ordered: Sequence[Examined]) -> list[Examined]:
    """The cases closest to failing, then the closest of the others that have a margin.

    ordered: by their margins. Equalities and 0 <= 0 show that a claim holds, and not how tight it
    is where it is none.
    """
    told = telling(ordered)
    others = (e for e in told[KEPT_CASES:] if e.relative > 0)
    apart = [e for e in others if e.decision.sign == Sign.POSITIVE]
    return [*told[:KEPT_CASES], *apart[:KEPT_CASES]]


def _is_certified(examined: Examined, sign: Sign) -> bool:
    decision = examined.decision
    return decision.sign == sign and decision.evidence == Evidence.CERTIFIED


def _strongest_and_simplest(
    claim: Claim, ordered: list[Examined], budget: int
) -> tuple[Finding, ...]:
    """Of cases in the order of their margins: the first, and the simplest, made simpler still."""
    if not ordered:
        return ()
    simplest = min(ordered, key=lambda examined: complexity(examined.case))
    if claim.only_balls:  # too expensive to be simplified
        return tuple(map(finding, dict.fromkeys((ordered[0], simplest))))
    return finding(ordered[0]), simplified(claim, simplest.case, budget)


def simplified(claim: Claim, case: Case, budget: int) -> Finding:
    """The simplest case with a case's certified verdict, certified anew."""
    simple = shrink(claim, case, budget)
    return finding(Examined(simple, decide(claim, simple)))


def finding(examined: Examined) -> Finding:
    """An examined case as a finding."""
    decision = examined.decision
    return Finding(
        examined.case, decision.sign, decision.margin, decision.relative, decision.evidence
    )


def _worst_case(claim: Claim, examined: Examined) -> WorstCase:
    return WorstCase(**vars(finding(examined)), ratio=tightness(claim, examined.case))


def case_verdict(claim: Claim, decision: Decision) -> CaseVerdict:
    """The word under which a report counts a case."""
    if decision.sign == Sign.UNKNOWN or decision.evidence not in _DECIDED:
        return CaseVerdict.UNDECIDED
    if decision.sign == Sign.NEGATIVE:
        return CaseVerdict.NO_WITNESS if claim.kind == "existence" else CaseVerdict.REFUTED
    return CaseVerdict(decision.evidence)
