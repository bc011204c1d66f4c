"""Screening: evaluate many cases in float64, and certify a selection of them in balls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from theorycheck.expectations.reduction import mixture_rank
from theorycheck.inputs.case import Case
from theorycheck.statements.claim import Claim
from theorycheck.statements.cost import BALL_COST, EXPENSIVE_RANK
from theorycheck.statements.decision import Decision, decide, screen
from theorycheck.statements.verdicts import Sign

Item = TypeVar("Item")
HISTOGRAM_EDGES = list(range(-17, 1))
"""Powers of ten between which relative margins are counted; the first bin holds all smaller."""


@dataclass(frozen=True)
class Examined:
    """A case and the decision about it."""

    case: Case
    decision: Decision

    @property
    def relative(self) -> float:
        """The distance of the case from failing, on the claim's own scale."""
        return self.decision.relative


def examine_cases(claim: Claim, cases: list[Case], quota: int) -> list[Examined]:
    """Every case in float64; in balls those that may fail, the tightest, and an even sample.

    quota: how many cases balls decide, beside those that may fail.
    """
    if claim.only_balls:
        return [Examined(case, decide(claim, case)) for case in _affordable(cases, quota)]
    seen = [Examined(case, screen(claim, case)) for case in cases]
    suspicious = [k for k, e in enumerate(seen) if e.decision.sign != Sign.POSITIVE]
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
    """About `count` cheap cases, evenly spaced, and an eighth as many of the expensive ones."""
    expensive = [case for case in cases if mixture_rank(case.mixture) >= EXPENSIVE_RANK]
    cheap = [case for case in cases if case not in expensive]
    few = max(1, count // BALL_COST)
    return _sample(cheap, count) + _sample(expensive, few)[:few]


def _sample(items: Sequence[Item], count: int) -> list[Item]:
    """About `count` items, evenly spaced."""
    step = max(1, math.ceil(len(items) / max(count, 1)))
    return list(items[::step])


def most_suspicious(claim: Claim, cases: list[Case]) -> list[Case]:
    """The twenty cases most likely to fail, cheap ones first."""
    if claim.only_balls:
        return cases[:20]
    seen = sorted((Examined(c, screen(claim, c)) for c in cases), key=lambda e: e.relative)[:20]
    return [examined.case for examined in sorted(seen, key=_urgency)]


def _urgency(examined: Examined) -> tuple[bool, int]:
    """A key: suspicious cases before the others, and cheap ones (of low affine rank) first."""
    return examined.decision.sign == Sign.POSITIVE, mixture_rank(examined.case.mixture)


def histogram(examined: Sequence[Examined]) -> tuple[int, ...]:
    """Counts of relative margins per power of ten."""
    low = HISTOGRAM_EDGES[0] + 1
    counts = [0] * (len(HISTOGRAM_EDGES) - 1)
    for size in (e.relative for e in examined):
        power = math.ceil(math.log10(size)) if size > 0 else low
        counts[min(max(power - low, 0), len(counts) - 1)] += 1
    return tuple(counts)
