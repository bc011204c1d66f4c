"""Looking at cases: in float64 first, in balls where it matters; and what is written down of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from theorycheck.expectations.reduction import mixture_rank
from theorycheck.inputs.case import Case
from theorycheck.search.shrinking import shrink
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import Decision, decide, screen, tightness

KEPT_CASES = 3
HISTOGRAM_EDGES = list(range(-17, 1))
"""Powers of ten between which relative margins are counted; the first bin holds all smaller."""


@dataclass(frozen=True)
class Examined:
    """A case and what is known of it."""

    case: Case
    decision: Decision

    @property
    def relative(self) -> float:
        """How far the case is from failing, on the claim's own scale."""
        return self.decision.relative


def examine_cases(claim: Claim, cases: list[Case], quota: int) -> list[Examined]:
    """Float64 view of every case; balls for all suspects, the tightest, and an even sample."""
    if claim.only_balls:
        return [Examined(case, decide(claim, case)) for case in _affordable(cases, quota)]
    seen = [Examined(case, screen(claim, case)) for case in cases]
    suspicious = [k for k, e in enumerate(seen) if e.decision.sign != "positive"]
    if claim.kind == "existence":
        suspicious = [k for k, e in enumerate(seen) if e.relative > 0][:quota]
    tightest = sorted(range(len(seen)), key=lambda k: seen[k].relative)[: quota // 2]
    if claim.kind == "identity":  # its residuals are rounding alone
        tightest = []
    even = _affordable(cases, quota // 2)
    chosen = {*suspicious, *tightest, *(k for k, case in enumerate(cases) if case in even)}
    for k in sorted(chosen):
        seen[k] = Examined(seen[k].case, decide(claim, seen[k].case))
    return seen


def _affordable(cases: list[Case], count: int) -> list[Case]:
    """About `count` cases, evenly spaced; one in eight at most of the dear ones of rank 2."""
    dear = [case for case in cases if mixture_rank(case.mixture) > 1]
    cheap = [case for case in cases if case not in dear]
    return _sample(cheap, count) + _sample(dear, max(1, count // 8))[: max(1, count // 8)]


def _sample(items: Any, count: int) -> list[Any]:
    """About `count` items, evenly spaced."""
    step = max(1, math.ceil(len(items) / max(count, 1)))
    return list(items[::step])


def most_suspicious(claim: Claim, cases: list[Case]) -> list[Case]:
    """The twenty cases most likely to fail, cheap ones first."""
    if claim.only_balls:
        return cases[:20]
    seen = sorted((Examined(c, screen(claim, c)) for c in cases), key=lambda e: e.relative)[:20]
    return [looked.case for looked in sorted(seen, key=_cost)]


def _cost(looked: Examined) -> tuple[bool, int]:
    """What is not suspicious last, and cheap cases (of low affine rank) before dear ones."""
    return looked.decision.sign == "positive", mixture_rank(looked.case.mixture)


def verdict_name(claim: Claim, decision: Decision) -> str:
    """What a case counts as in the report."""
    if claim.kind == "existence" and decision.evidence == "floating":
        return "floating"
    if decision.sign == "unknown":
        return "undecided"
    if decision.sign == "negative" and decision.evidence != "certified":
        return "undecided"
    if decision.sign == "negative":
        return "no witness" if claim.kind == "existence" else "refuted"
    return decision.evidence


def findings(claim: Claim, looked: Sequence[Examined], budget: int) -> dict[str, Any]:
    """The tightest cases; and of the violations, or witnesses, the strongest and the simplest."""
    ordered = sorted(looked, key=lambda e: e.relative)
    is_existence = claim.kind == "existence"
    refuting = [e for e in ordered if not is_existence and _is_certified(e, "negative")]
    witnessing = [e for e in ordered[::-1] if is_existence and _is_certified(e, "positive")]
    return {
        "worst": [_with_ratio(claim, e) for e in ordered[:KEPT_CASES]],
        "violations": _strongest_and_simplest(claim, refuting, budget),
        "witnesses": _strongest_and_simplest(claim, witnessing, budget),
    }


def _is_certified(looked: Examined, sign: str) -> bool:
    return looked.decision.sign == sign and looked.decision.evidence == "certified"


def _strongest_and_simplest(
    claim: Claim, ordered: list[Examined], budget: int
) -> list[dict[str, Any]]:
    if claim.only_balls:  # too dear to be simplified
        return [entry(looked) for looked in ordered[:1]]
    return [entry(ordered[0]), simplified(claim, ordered[0].case, budget)] if ordered else []


def simplified(claim: Claim, case: Case, budget: int) -> dict[str, Any]:
    """The simplest case with a case's certified verdict, certified anew."""
    simple = shrink(claim, case, budget)
    return entry(Examined(simple, decide(claim, simple)))


def entry(looked: Examined) -> dict[str, Any]:
    """A case and its decision as plain data."""
    kept = {k: v for k, v in asdict(looked.decision).items() if k not in ("reason", "failed")}
    return {"case": looked.case.to_dict(), **kept}


def _with_ratio(claim: Claim, looked: Examined) -> dict[str, Any]:
    return {**entry(looked), "ratio": tightness(claim, looked.case)}


def histogram(looked: Sequence[Examined]) -> list[int]:
    """Counts of relative margins per power of ten."""
    low = HISTOGRAM_EDGES[0] + 1
    counts = [0] * (len(HISTOGRAM_EDGES) - 1)
    for size in (e.relative for e in looked):
        power = math.ceil(math.log10(size)) if size > 0 else low
        counts[min(max(power - low, 0), len(counts) - 1)] += 1
    return counts
