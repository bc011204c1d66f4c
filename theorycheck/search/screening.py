"""Screening: float64 orders many cases, and balls decide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from theorycheck.arithmetic.budget import work_limit
from theorycheck.expectations.reduction import mixture_rank
from theorycheck.inputs.case import Case
from theorycheck.search.shrinking import complexity
from theorycheck.statements.claim import Claim
from theorycheck.statements.cost import EXPENSIVE_RANK, is_fair, is_fast
from theorycheck.statements.decision import FLOAT_TRUST, Decision, decide, screen
from theorycheck.statements.verdicts import Sign
from theorycheck.strategies import MOST_DIMENSIONS, most_rank_of

HISTOGRAM_EDGES = list(range(-17, 1))
"""Powers of ten between which relative margins are counted; the first bin holds all smaller."""

_MOST_WORK = 6.0
"""Estimated seconds for a case: most take a hundredth or less."""
_LEAST, _LIKELY = 10, 8
"""Small cases, and likely witnesses, that are decided at the least."""
_SAMPLED, _SAMPLED_BY_BALLS, _SUSPECTED = 20, 60, 40
"""One small case in so many is decided: of the simplest, without float64, of the suspicious."""


@dataclass(frozen=True)
class Examined:
    """A case and the decision about it."""

    case: Case
    decision: Decision

    @property
    def relative(self) -> float:
        """The distance of the case from failing, on the claim's own scale."""
        return self.decision.relative


@dataclass(frozen=True)
class Screened:
    """Small cases of which balls decide some.

    chosen: those to decide, in the order of enumeration. others: how many only float64 has seen.
    """

    chosen: list[Case]
    others: int


def examine_cases(claim: Claim, cases: Sequence[Case]) -> list[Examined]:
    """Every case, decided in balls."""
    return [Examined(case, decided(claim, case)) for case in cases]


def decided(claim: Claim, case: Case) -> Decision:
    """The decision of balls about a case, as far as the work that it may cause allows."""
    with work_limit(_MOST_WORK):
        return decide(claim, case)


def screened(claim: Claim, cases: Sequence[Case]) -> Screened:
    """Choose, from many small cases, those to decide: all that balls decide fast, and some others.

    Of the others the simplest, and what looks worst: where float64 sees the claim fail, sees no
    sign, or has no finite value.
    """
    wanted = {case for case in cases if is_fast(claim, case)}
    others = [case for case in cases if case not in wanted]
    share = _SAMPLED_BY_BALLS if claim.only_balls else _SAMPLED
    most = max(_LEAST, len(others) // share)
    wanted.update(islice((case for case in others if _is_decidable(claim, case)), most))
    if not claim.only_balls:
        seen = [Examined(case, screen(claim, case)) for case in others]
        wanted.update(examined.case for examined in _suspicious(claim, seen))
    chosen = [case for case in cases if case in wanted]
    return Screened(chosen, len(cases) - len(chosen))


def _is_decidable(claim: Claim, case: Case, is_equal: bool = False) -> bool:
    most = min(most_rank_of(claim), EXPENSIVE_RANK if is_equal else MOST_DIMENSIONS)
    return mixture_rank(case.mixture) <= most and is_fair(claim, case, is_equal)


def _suspicious(claim: Claim, seen: Sequence[Examined]) -> list[Examined]:
    """The cases that look worst; of those that look alike the simplest and the extreme ones.

    Balls are asked about every case that looks violated, and of the others where they are fast.
    """
    quota = max(_LEAST // 2, len(seen) // _SUSPECTED)

    def some(those: Iterable[Examined], most: int, is_equal: bool = False) -> list[Examined]:
        return list(islice((e for e in those if _is_decidable(claim, e.case, is_equal)), most))

    ordered = sorted(seen, key=_distance)
    if claim.kind == "existence":
        return some((e for e in ordered[::-1] if e.relative > 0), quota)
    failing = [e for e in ordered if e.relative < -FLOAT_TRUST]
    simple = sorted(failing, key=lambda e: complexity(e.case))[:quota]
    without_value = some((e for e in seen if e.decision.reason), quota)
    if claim.kind == "identity":  # its residuals are rounding alone
        return failing[:quota] + simple + without_value
    equal = [e for e in seen if abs(e.relative) <= FLOAT_TRUST and not e.decision.reason]
    firsts = some({_size_of(e.case): e for e in equal[::-1]}.values(), quota, is_equal=True)
    tightest = some((e for e in ordered if e.relative > FLOAT_TRUST), quota // 2)
    return failing[:quota] + simple + without_value + firsts + tightest


def _size_of(case: Case) -> tuple[int, int]:
    return case.mixture.components, case.mixture.dimension


def most_suspicious(claim: Claim, cases: list[Case]) -> list[Case]:
    """The twenty cases most likely to fail, cheap ones first."""
    if claim.only_balls:
        return cases[:20]
    seen = sorted((Examined(c, screen(claim, c)) for c in cases), key=_distance)[:20]
    return [examined.case for examined in sorted(seen, key=_urgency)]


def likely_witnesses(claim: Claim, cases: list[Case], count: int) -> list[Case]:
    """Cases of an existence claim to decide, of those decided fast: its likely witnesses first.

    And some that are far from being one, as the likeliest may all be equalities.
    """
    if claim.only_balls:
        return cases[:count]
    seen = sorted((Examined(c, screen(claim, c)) for c in cases), key=_distance, reverse=True)
    fast = [e.case for e in seen if _is_decidable(claim, e.case)]
    return list(dict.fromkeys([*fast[: max(count, _LIKELY)], *fast[-count:]]))


def _distance(examined: Examined) -> float:
    return examined.decision.distance


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
