"""Moves from a case to cases that a continuous search does not reach.

Other scales, exact coincidences (two means equal, the weighted mean 0, the student equal to the
truth) and their near misses, light weights, and the ends of the step size's interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain, combinations

from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Vector
from theorycheck.search.tiers import input_tiers
from theorycheck.statements.claim import Claim
from theorycheck.strategies import farthest

_FACTORS = tuple(map(Fraction, ("2", "1/2", "10", "1/10", "1/10000", "1/100000000")))
_PARTS = 64
"""Of 1 in a factor that brings means as far out as is searched."""
_GAPS = (Fraction(0), Fraction(1, 10**4), Fraction(1, 10**10))
"""Distances left at a coincidence."""
_WEIGHTS = (Fraction(1, 100), Fraction(1, 10**6), Fraction(1, 10**17))
_MOST_PAIRS = 6


def moves(claim: Claim, case: Case) -> Iterator[Case]:
    """Distinct cases one move away from a case, inside the claim's domain and its reach."""
    reach = farthest(claim.domain)
    most = max(reach**2, case.mixture.radius_squared)
    seen = {case}
    every = chain(
        _rescaled(case, reach),
        _with_means(case, _coincident(case.mixture)),
        _with_means(case, _reweighted(claim, case.mixture)),
        _with_other_inputs(claim, case),
    )
    for moved in every:
        if moved not in seen and moved.mixture.radius_squared <= most:
            seen.add(moved)
            if claim.domain.contains(moved):
                yield moved


def _with_means(case: Case, mixtures: Iterator[Mixture]) -> Iterator[Case]:
    return (replace(case, mixture=mixture) for mixture in mixtures)


def _rescaled(case: Case, reach: Fraction) -> Iterator[Case]:
    """All means on another scale, or as far out as is searched; and those of the truth as well."""
    factors = list(_FACTORS)
    square = case.mixture.radius_squared
    radius = math.sqrt(square) if square < reach**2 else 0.0
    if radius > 0:
        factors.append(Fraction(math.floor(_PARTS * reach / radius), _PARTS))
    for factor in factors:
        moved = replace(case, mixture=case.mixture.scaled(factor))
        yield moved
        if case.truth is not None and case.truth.radius_squared * factor**2 <= reach**2:
            yield replace(moved, truth=case.truth.scaled(factor))


def _coincident(mixture: Mixture) -> Iterator[Mixture]:
    """The weighted mean or a mean at 0, two means equal, exactly or nearly; or in other order."""
    means, weights = mixture.means, mixture.weights
    columns = zip(*means, strict=True)
    centre = [-sum(w * a for w, a in zip(weights, column, strict=True)) for column in columns]
    for gap in _GAPS:
        yield mixture.shifted([a + gap for a in centre])
    for i, row in enumerate(means):
        yield _with_mean(mixture, i, tuple(Fraction(0) for _ in row))
    for i, j in list(combinations(range(len(means)), 2))[:_MOST_PAIRS]:
        for gap in _GAPS:
            near = tuple(a + gap * (b - a) for a, b in zip(means[i], means[j], strict=True))
            yield _with_mean(mixture, j, near)
        order = list(range(len(means)))
        order[i], order[j] = j, i
        yield Mixture([means[k] for k in order], weights)


def _with_mean(mixture: Mixture, place: int, row: Vector) -> Mixture:
    means = mixture.means
    return Mixture([*means[:place], row, *means[place + 1 :]], mixture.weights)


def _reweighted(claim: Claim, mixture: Mixture) -> Iterator[Mixture]:
    """All weights equal, or one of them light."""
    n = mixture.components
    if n == 1 or claim.domain.equal_weights:
        return
    yield Mixture(mixture.means)
    for weight in _WEIGHTS:
        for i in range(n):
            shares = [*mixture.weights[:i], weight, *mixture.weights[i + 1 :]]
            yield Mixture(mixture.means, shares)


def _with_other_inputs(claim: Claim, case: Case) -> Iterator[Case]:
    """One other input, or the truth, at one of its small or extreme values."""
    for name, tiers in input_tiers(claim, case.mixture).items():
        if name != "steps":
            yield from (replace(case, **{name: value}) for tier in tiers for value in tier)
