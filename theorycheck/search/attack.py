"""Adversarial search: where in its domain is a claim closest to failing?

Descents (see the module `descent`) from the worst cases known, one size after the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import whole_number
from theorycheck.search.descent import (
    NARROW,
    AttackResult,
    Search,
    descend,
    generator,
    size_of,
)
from theorycheck.search.encoding import Encoding, encodings_of
from theorycheck.search.moves import moves
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import FLOAT_TRUST

MAX_COMPONENTS = 64
MAX_DIMENSION = 64
_RUN_BUDGET = 200
_MOST_RUNS = 12
_SWEPT_SHARE = 6
"""One evaluation in so many goes to a sweep over step sizes."""
SPREADS = (NARROW, 0.7, 1.5)
"""Of the first generation: wider when all starts have been tried and budget is left."""


def attack(
    claim: Claim,
    budget: int = 2000,
    components: int | None = None,
    dimension: int | None = None,
    seed: int = 0,
    starts: Sequence[Case] = (),
) -> AttackResult:
    """Search a claim's domain for the smallest scale-free margin; the same for the same seed.

    budget: float64 evaluations; from affine rank 2 on one counts three or more, and under a truth
    that is a mixture as often as this has components. components, dimension: only cases of this
    size, up to 64. seed: any whole number. starts: cases to begin from, the worst first; random
    when there are none. Raises InvalidValue when there is nothing to search: a claim that only
    balls can evaluate, or a size outside the claim's domain or of an affine rank at which balls do
    not decide the claim.
    """
    check_attack(claim, components, dimension)
    encodings = encodings_of(claim, components, dimension)
    search = Search(claim, budget)
    chosen = [case for case in starts if _has_size(case, components, dimension)]
    rng = generator(seed)
    known = _seen(search, chosen or _random_cases(encodings, rng), budget // 2)
    known += _swept(search, known, budget // _SWEPT_SHARE)
    worst, *others = _restarts(known)
    restarts = [_walked(search, worst, (search.spent + budget) // 2), *others]
    share = max(_RUN_BUDGET, (budget - search.spent) // max(3, min(len(restarts), _MOST_RUNS)))
    for start, spread in ((start, spread) for spread in SPREADS for start in restarts):
        if search.spent + share // 4 > budget:
            break
        end = min(search.spent + share, budget)
        encoding = Encoding.of(claim, start)
        middle = (search.spent + 2 * end) // 3
        descend(search, encoding, encoding.encode(start), (middle, end), rng, spread)
    return search.result()


def _walked(search: Search, start: Case, end: int) -> Case:
    """The case that moves lead to, each the best one of its round, until they or `end` stop it."""
    best, lowest = start, search.value(start)
    while search.spent < end and not search.is_equality(lowest):
        tried = []
        for case in moves(search.claim, best):
            if search.spent >= end:
                break
            tried.append((search.value(case), case))
        value, case = min(
            (pair for pair in tried if not search.is_equality(pair[0])),
            key=lambda pair: pair[0],
            default=(lowest, best),
        )
        if value >= lowest:
            break
        best, lowest = case, value
    return best


def check_attack(claim: Claim, components: int | None, dimension: int | None) -> None:
    """Raise if there is nothing to search at a size (None: all sizes), before anything is done."""
    if claim.only_balls:
        raise InvalidValue(f"claim {claim.id} cannot be attacked: float64 does not see its margin")
    sizes = (("components", components, MAX_COMPONENTS), ("dimension", dimension, MAX_DIMENSION))
    for name, size, most in sizes:
        if size is not None:
            whole_number(size, name, least=1, most=most)
    encodings_of(claim, components, dimension)


def _has_size(case: Case, components: int | None, dimension: int | None) -> bool:
    n, d = size_of(case)
    return components in (None, n) and dimension in (None, d)


def _random_cases(encodings: list[Encoding], rng: np.random.Generator) -> Iterator[Case]:
    """Three vectors of each size that decode into the domain, as far as ten tries give them."""
    for encoding in encodings:
        vectors = rng.standard_normal((10, encoding.size))
        cases = [case for vector in vectors if (case := encoding.decode(vector)) is not None]
        yield from cases[:3]


def _seen(search: Search, cases: Iterable[Case], budget: int) -> list[tuple[float, Case]]:
    """The objective at the starts, as many as the budget allows."""
    seen: list[tuple[float, Case]] = []
    for case in cases:
        if seen and search.spent >= budget:
            break
        seen.append((search.value(_shortened(search.claim, case)), case))
    return seen


def _swept(search: Search, known: list[tuple[float, Case]], count: int) -> list[tuple[float, Case]]:
    """The objective over all step sizes, evenly spaced, where all means are equal.

    There most bounds of a step are equalities in other respects, so that one false only within a
    window of step sizes fails. A descent is drawn to step size 0, where both sides are equal.
    """
    low, high = search.claim.domain.step_size
    plain = [
        case
        for _, case in known
        if case.step_size is not None
        and case.truth is None
        and len(set(case.mixture.means)) == 1
        and not case.is_at_optimum
    ]
    if not plain or count == 0:
        return []
    usual = min(plain, key=lambda case: abs(math.log(case.mixture.radius_squared)))
    shares = (Fraction(k, count) for k in range(1, count))
    cases = [replace(usual, step_size=low + (high - low) * share) for share in shares]
    inside = [case for case in cases if search.claim.domain.contains(case)]
    return [(search.value(case), case) for case in inside]


def _shortened(claim: Claim, case: Case) -> Case:
    """The case with no more steps than balls can follow: nothing beyond can be certified."""
    if case.steps is None:
        return case
    return replace(case, steps=min(case.steps, claim.certified_steps))


def _restarts(known: list[tuple[float, Case]]) -> list[Case]:
    """The starts in order: the worst case of every size first; equalities, no use, last."""
    ranked = sorted(known, key=lambda entry: (abs(entry[0]) < FLOAT_TRUST, entry[0]))
    firsts: dict[tuple[int, int], Case] = {}
    others = []
    for _, case in ranked:
        if size_of(case) in firsts:
            others.append(case)
        firsts.setdefault(size_of(case), case)
    return [*firsts.values(), *others]
