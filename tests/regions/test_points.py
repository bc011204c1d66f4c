"""Random points of the regions on which claims are proved: none is below the certified bound."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

import theorycheck as tc
from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.errors import TheoryCheckError
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import ANY, Range, Region
from theorycheck.regions.examination import batches
from theorycheck.regions.frame import Frame
from theorycheck.regions.margins import margins
from theorycheck.regions.proof import Proof, prove
from theorycheck.regions.scope import reach_of_means
from theorycheck.statements.claim import Claim
from theorycheck.statements.decision import evaluate

PROVED = [(claim, region) for claim in tc.claims.all() for region in claim.regions]
_ROUNDING = 1e-11
"""Of margins in float64 that are relative to the larger side."""


@cache
def proof_of(claim: Claim, region: Region) -> Proof:
    return prove(claim, region)


def between(ends: Range, random: Any) -> Fraction:
    """A number in a range, at times one of its ends."""
    share = random.choice([0.0, 1.0, *random.uniform(size=6)])
    return ends[0] + Fraction(float(share)) * (ends[1] - ends[0])


def drawn(region: Region, equal_weights: bool, random: Any) -> Case | None:
    """A case of the region, or None where what was drawn is not in it."""
    n = region.components
    weights = [Fraction(1, n)] * n
    if not equal_weights and region.weights is not None:
        weights = [between(ends, random) for ends in region.weights]
        weights[-1] = 1 - sum(weights[:-1])
    inputs = {
        name: between(getattr(region, name), random)
        for name in ("step_size", "s")
        if getattr(region, name) is not None
    }
    if min(weights) <= 0:
        return None
    for name in ("x", "direction"):
        if getattr(region, name) is not None:
            inputs[name] = [between(getattr(region, name), random)]  # type: ignore[assignment]
    if region.target is not None:
        inputs["target"] = [[between(ends, random)] for ends in region.target]  # type: ignore[assignment]
    case = Case(Mixture(means_in(region, random), weights), **inputs)  # type: ignore[arg-type]
    return case if region.contains(case) else None


def means_in(region: Region, random: Any) -> Any:
    if region.dimension == 1 and region.means is not None:
        return [between(ends, random) for ends in region.means]
    d = int(random.integers(1, 5)) if region.dimension == ANY else region.dimension
    rows = random.normal(size=(region.components, d))
    if random.uniform() < 0.2:  # means that nearly agree
        rows[1:] = rows[0] + 0.3 * rows[1:]
    for row, reach in zip(rows, reach_of_means(region), strict=True):
        row *= float(reach) * random.choice([1 - 1e-9, *random.uniform(size=3)])
        row /= np.linalg.norm(row)
    return rows.tolist()


def value_at(claim: Claim, case: Case) -> float:
    """The constant, or the relative margin, in float64."""
    margins = evaluate(claim, case, FLOAT64)
    values = margins.values.astype(float)
    if claim.kind == "constant":
        return float(values.min() + float(claim.floor or 0))
    if margins.sides is None:
        return float(values.min())
    larger = (margins.sides.astype(float) + abs(values)) / 2
    return float((values / larger).min())


def checked(claim: Claim, region: Region, count: int, seed: int) -> None:
    proof = proof_of(claim, region)
    assert proof.verdict == "proved", (claim.id, region.in_words())
    random, found = np.random.default_rng(seed), 0
    while found < count:
        case = drawn(region, claim.domain.equal_weights, random)
        if case is None:
            continue
        found += 1
        try:
            value = value_at(claim, case)
        except TheoryCheckError:  # float64 does not resolve it
            continue
        assert value >= proof.bound - _ROUNDING, (claim.id, case.to_json())


@pytest.mark.long
@pytest.mark.parametrize(("claim", "region"), PROVED[::4])
def test_no_point_is_below_the_bound(claim: Claim, region: Region) -> None:
    checked(claim, region, 150, seed=8)


def points_in(frame: Frame, count: int, random: Any) -> Any:
    """(P, count) random points of a region's frame, many of them on its faces."""
    lo, hi = frame.root
    found = np.zeros((len(lo), 0))
    while found.shape[1] < count:
        share = random.uniform(-0.1, 1.1, (len(lo), 2 * count)).clip(0, 1)
        points = np.clip(lo + share * (hi - lo), lo, hi)
        found = np.concatenate([found, points[:, ~frame.is_outside(points, points)]], axis=1)
    return found[:, :count]


def enclosed(claim: Claim, frame: Frame, points: Any) -> tuple[Any, Any]:
    """(N,) each, between which the least value at every point is: rounded outwards, no box."""
    low, high = np.full(points.shape[1], np.nan), np.full(points.shape[1], np.nan)
    for part in batches(frame, points, points, np.arange(points.shape[1])):
        found = margins(claim, frame, frame.numbers(points[:, part], points[:, part]))
        rows = [np.broadcast_arrays(number.span.lo, number.span.hi, part)[:2] for number in found]
        low[part], high[part] = np.min(rows, axis=0)
    return low, high


def scattered(claim: Claim, region: Region, count: int, seed: int) -> None:
    """No value at random points is certainly below the bound; some are held against float64."""
    proof, random = proof_of(claim, region), np.random.default_rng(seed)
    points = points_in(proof.frame, count, random)
    low, high = enclosed(claim, proof.frame, points)
    assert (high >= proof.bound).all(), points[:, ~(high >= proof.bound)][:, :1]
    for k in range(20):
        exact = dict(zip(proof.frame.free, map(Fraction, points[:, k]), strict=True))
        case = proof.frame.case(exact)
        assert case is not None
        try:
            value = value_at(claim, case)
        except TheoryCheckError:  # float64 does not resolve it
            continue
        assert low[k] - 1e-9 <= value <= high[k] + 1e-9, case.to_json()


@pytest.mark.slow
@pytest.mark.parametrize(("claim", "region"), PROVED[2::4])
def test_no_point_of_thousands_is_below_the_bound(claim: Claim, region: Region) -> None:
    scattered(claim, region, 2_000, seed=10)


@pytest.mark.slow
@pytest.mark.parametrize(("claim", "region"), PROVED)
def test_none_of_very_many_points_is_below_the_bound(claim: Claim, region: Region) -> None:
    """10^5 points of every region, enclosed; and 700 by float64, with a formula of its own."""
    scattered(claim, region, 100_000, seed=11)
    checked(claim, region, 700, seed=9)


@pytest.mark.long
def test_a_bound_that_is_too_large_is_noticed() -> None:
    """So that the tests above can fail."""
    claim = tc.claims.get("loss-component-bound")
    region = claim.regions[0]
    random = np.random.default_rng(1)
    cases = [case for _ in range(2000) if (case := drawn(region, False, random)) is not None]
    assert min(value_at(claim, case) for case in cases) < 8 * proof_of(claim, region).bound
