"""Hypothesis strategies for mixtures and cases that reach the corners of a claim's domain.

Numbers are short rationals, so that what is found can be read, shrinks well and stays exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import event
from hypothesis import strategies as st

from theorycheck.expectations.reduction import mixture_rank as affine_rank
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.claim import Claim
from theorycheck.statements.domain import Domain

_GRID = 64
SHAPES = ("generic", "symmetric", "clustered", "balanced", "regular", "one far")


def numbers(largest: Fraction | int = 4) -> st.SearchStrategy[Fraction]:
    """Multiples of largest/256 in [-largest, largest]."""
    step = Fraction(largest) / (4 * _GRID)
    return st.integers(-4 * _GRID, 4 * _GRID).map(lambda k: k * step)


def weights(components: int, lightest: Fraction) -> st.SearchStrategy[list[Fraction]]:
    """Weights: equal, spread over two decades, or with a tiny one of 1e-12; or none too light."""
    some = st.integers(1, 100).map(Fraction)
    free = st.lists(some, min_size=components, max_size=components)
    equal = st.just([Fraction(1)] * components)
    tiny = st.tuples(free, st.integers(0, components - 1), st.sampled_from([3, 6, 12])).map(
        lambda drawn: [
            Fraction(1, 10 ** drawn[2]) if i == drawn[1] else w for i, w in enumerate(drawn[0])
        ]
    )
    drawn = st.one_of(equal, free, free, tiny)
    return drawn.map(lambda pi: _not_below(lightest, pi)) if lightest else drawn


def _not_below(lightest: Fraction, weights: list[Fraction]) -> list[Fraction]:
    """The weights drawn towards equality, until none can be below a share of the whole."""
    rest = (1 - lightest * len(weights)) / sum(weights)
    return [lightest + rest * weight for weight in weights]


@st.composite
def mixtures(
    draw: st.DrawFn,
    components: tuple[int, int] = (1, 5),
    dimension: tuple[int, int] = (1, 3),
    radius: float = 12.0,
    equal_weights: bool = False,
    lightest: Fraction = Fraction(0),
    shapes: Sequence[str] = (),
    scales: Sequence[Fraction] = (),
) -> Mixture:
    """Mixtures of affine rank at most 2, in every regime the theory speaks about.

    Generic, symmetric, clustered (near-equal or equal means), balanced (weighted mean 0, the slow
    manifold of gradient EM), regular (evenly spread, and balanced), and one far mean; scales from
    1e-6 to the radius.
    """
    n = draw(st.integers(*components))
    d = draw(st.sampled_from(_dimensions(*dimension)))
    pi = [Fraction(1)] * n if equal_weights else draw(weights(n, lightest))
    scale = draw(st.sampled_from(list(scales) or _scales(radius)))
    shape = draw(st.sampled_from(list(shapes) or SHAPES))
    points = draw(_points(n, min(d, 2), shape, pi).filter(lambda rows: any(map(any, rows))))
    frame = draw(_frame(min(d, 2), d))
    means = [
        [
            scale * sum((a * row[j] for a, row in zip(p, frame, strict=True)), Fraction(0))
            for j in range(d)
        ]
        for p in points
    ]
    return Mixture(means, pi)


def _dimensions(low: int, high: int) -> list[int]:
    """Dimension 1 most often, where everything is certified fast; high ones now and then."""
    choices = [1] * 5 + [2] * 2 + list(range(3, high + 1))
    return [d for d in choices if low <= d <= high] or [low]


def _scales(radius: float) -> list[Fraction]:
    """Sizes of the unit cube that the points are drawn in."""
    most = Fraction(radius).limit_denominator(100)
    ordinary = [Fraction(1, 2), Fraction(1), Fraction(2), Fraction(3)]
    small = [Fraction(1, 10), Fraction(1, 10**3), Fraction(1, 10**6)]
    return [s for s in ordinary * 2 if s <= most] + small + [most]


def _points(
    n: int, k: int, shape: str, pi: Sequence[Fraction]
) -> st.SearchStrategy[list[list[Fraction]]]:
    """n points in the unit cube of dimension k."""
    point = st.lists(numbers(1), min_size=k, max_size=k)
    free = st.lists(point, min_size=n, max_size=n)
    if shape == "symmetric":
        return st.lists(point, min_size=(n + 1) // 2, max_size=(n + 1) // 2).map(
            lambda half: ([*half, *([-a for a in p] for p in half)])[:n]
        )
    if shape == "clustered":
        offsets = st.sampled_from([Fraction(0), Fraction(1, 10**3), Fraction(1, 10**9)])
        return st.tuples(point, free, offsets).map(
            lambda drawn: [
                [a + drawn[2] * b for a, b in zip(drawn[0], p, strict=True)] for p in drawn[1]
            ]
        )
    if shape == "balanced" and n > 1:
        return free.map(lambda points: _balanced(points, pi))
    if shape == "regular" and n > 1:
        return st.just(_balanced(_regular(n, k), pi))
    if shape == "trapped" and n > 1:
        return st.tuples(free, st.integers(1, n - 1)).map(lambda drawn: _trapped(*drawn))
    if shape == "one far" and n > 1:
        return free.map(lambda points: [points[0], *([a / 16 for a in p] for p in points[1:])])
    return free


def _trapped(points: list[list[Fraction]], far: int) -> list[list[Fraction]]:
    """The first points pushed out beyond 3/5, the others pulled in within 1/32."""
    outer = [[a + (1 if a >= 0 else -1) * Fraction(3, 5) for a in p] for p in points[:far]]
    return outer + [[a / 32 for a in p] for p in points[far:]]


def _regular(n: int, k: int) -> list[list[Fraction]]:
    """n points evenly spaced on [-1, 1], or on the circle to 1/16."""
    if k == 1:
        return [[Fraction(2 * i - n + 1, n - 1)] for i in range(n)]
    angles = [2 * math.pi * i / n for i in range(n)]
    return [[Fraction(round(16 * f(a)), 16) for f in (math.cos, math.sin)] for a in angles]


def _balanced(points: list[list[Fraction]], pi: Sequence[Fraction]) -> list[list[Fraction]]:
    """Shift the points so that their weighted mean is 0."""
    total = sum(pi, Fraction(0))
    k = len(points[0])
    mean = [
        sum((w * p[j] for w, p in zip(pi, points, strict=True)), Fraction(0)) / total
        for j in range(k)
    ]
    return [[a - m for a, m in zip(p, mean, strict=True)] for p in points]


def _frame(k: int, d: int) -> st.SearchStrategy[list[list[int]]]:
    """k directions in R^d with small whole entries; the unit vectors when d = k."""
    if d == k:
        return st.just([[int(i == j) for j in range(d)] for i in range(k)])
    row = st.lists(st.integers(-1, 1), min_size=d, max_size=d).filter(any)
    return st.lists(row, min_size=k, max_size=k)


def step_sizes(low: Fraction, high: Fraction, open_above: bool) -> st.SearchStrategy[Fraction]:
    """Step sizes in (low, high], the ends' neighbourhoods included."""
    inside = st.integers(1, 63).map(lambda k: low + (high - low) * Fraction(k, 64))
    near = [low + (high - low) / 1000, high - (high - low) / 1000]
    return st.one_of(inside, st.sampled_from(near if open_above else [*near, high]))


@st.composite
def cases(draw: st.DrawFn, domain: Domain | None = None, inputs: Sequence[str] = ()) -> Case:
    """Cases of a domain with the extra inputs a claim names."""
    where = domain or Domain()
    mixture = draw(
        mixtures(
            where.components,
            where.dimension,
            where.radius,
            where.equal_weights,
            where.lightest,
            where.shapes,
            where.scales,
        )
    )
    d, n = mixture.dimension, mixture.components
    given: dict[str, Any] = {}
    if where.truth == "mixture" or (where.truth == "any" and draw(st.integers(0, 3)) == 0):
        given["truth"] = draw(mixtures((1, 3 if d == 1 else 2), (d, d), min(where.radius, 4.0)))
    if "step_size" in inputs:
        given["step_size"] = draw(step_sizes(*where.step_size, where.open_above))
    for name in ("x", "direction"):
        if name in inputs:
            given[name] = draw(st.lists(numbers(3), min_size=d, max_size=d))
    if "target" in inputs:
        row = st.lists(numbers(3), min_size=d, max_size=d)
        given["target"] = draw(st.lists(row, min_size=n, max_size=n))
    if "s" in inputs:
        given["s"] = abs(draw(numbers(4)))
    if "steps" in inputs:
        given["steps"] = where.steps
    case = Case(mixture, **given)
    for regime in regimes(case):
        event(regime)  # `pytest --hypothesis-show-statistics` prints the shares
    return case


def cases_of(claim: Claim) -> st.SearchStrategy[Case]:
    """Cases of a claim's domain, up to its condition `where`, which the campaign counts."""
    return cases(claim.domain, claim.inputs)


def regimes(case: Case) -> list[str]:
    """The regimes a case belongs to, for the health section of the report."""
    m = case.mixture
    rank = affine_rank(m)
    found = [f"affine rank {rank}", f"n = {m.components}" if m.components < 4 else "n >= 4"]
    found.append("equal weights" if m.has_equal_weights else "unequal weights")
    if min(m.weights) < Fraction(1, 1000):
        found.append("a weight below 1/1000")
    if m.radius_squared < Fraction(1, 10**4):
        found.append("all means within 0.01")
    if m.radius_squared > 25:
        found.append("a mean beyond 5")
    if m.dimension > 2:
        found.append("dimension above 2")
    if case.truth is not None:
        found.append("mixture truth")
    if case.step_size is not None and case.step_size > 1:
        found.append("step size above 1")
    return found
