"""Hypothesis strategies for mixtures and cases that reach the corners of a claim's domain.

Numbers are short rationals, so that what is found can be read, shrinks well and stays exact.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from hypothesis import event
from hypothesis import strategies as st

from theorycheck.dynamics.trajectory import Trajectory, gradient_em
from theorycheck.expectations.reduction import mixture_rank as affine_rank
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.claim import Claim
from theorycheck.statements.cost import is_fair
from theorycheck.statements.domain import Domain

_STEPS = 256
"""Numbers are drawn from so many on either side of 0."""
SHAPES = (
    "generic",
    "symmetric",
    "clustered",
    "balanced",
    "nearly balanced",
    "regular",
    "tied",
    "one far",
)
_SHAPES_IN_SPACE = ("generic", "symmetric", "balanced", "regular")
_LIGHTEST_IN_SPACE = Fraction(1, 1000)
"""Above affine rank 2 balls have 12 digits: too few to tell apart what is nearly equal."""
_LEAST_OF_RUNS = Fraction(1, 1000)
"""A run is seen in float64 to its end, and rounding hides how much smaller means move."""
MOST_COMPONENTS = 8
MOST_DIMENSIONS = 4
"""Sizes up to which an open range is searched beyond its upper end, which is no hypothesis."""
_USUAL_RADIUS, _USUAL_RANK = 12, 2
_USUAL_REACH, _REACH = 3, 5
"""Norms of means in units of the radius: in general, and where the radius is not restricted."""
_FAR_TRUTH = 20
_TINIEST = (3, 6, 12, 17, 20)
"""Powers of ten below 1 of a light weight."""


def searched_sizes(domain: Domain) -> tuple[range, range]:
    """The numbers of components and of dimensions to search: further than asked where open."""
    return (
        _searched(domain.components, MOST_COMPONENTS),
        _searched(domain.dimension, MOST_DIMENSIONS),
    )


def _searched(ends: tuple[int, int], most: int) -> range:
    low, high = ends
    return range(low, (high if low == high else max(high, most)) + 1)


def farthest(domain: Domain) -> Fraction:
    """The norm up to which means of a domain are searched."""
    reach = _REACH if domain.radius >= _USUAL_RADIUS else _USUAL_REACH
    return reach * Fraction(domain.radius).limit_denominator(100)


@lru_cache
def numbers(largest: Fraction | int = 4) -> st.SearchStrategy[Fraction]:
    """Multiples of largest/256 in [-largest, largest]."""
    step = Fraction(largest) / _STEPS
    return st.integers(-_STEPS, _STEPS).map(lambda k: k * step)


@lru_cache
def weights(components: int, lightest: Fraction) -> st.SearchStrategy[list[Fraction]]:
    """Weights: equal, spread over two decades, or with a tiny one to 1e-20; or none too light."""
    whole = st.lists(st.integers(1, 100), min_size=components, max_size=components)
    free = whole.map(lambda parts: list(map(Fraction, parts)))
    equal = st.just([Fraction(1)] * components)
    tiny = st.tuples(free, st.integers(0, components - 1), st.sampled_from(_TINIEST)).map(
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
    radius: float = _USUAL_RADIUS,
    equal_weights: bool = False,
    lightest: Fraction = Fraction(0),
    shapes: Sequence[str] = (),
    scales: Sequence[Fraction] = (),
    most_rank: int = _USUAL_RANK,
) -> Mixture:
    """Mixtures of affine rank at most 2, or `most_rank`, in every regime the theory speaks about.

    Generic, symmetric, clustered (near-equal or equal means), balanced (weighted mean 0, the slow
    manifold of gradient EM) and nearly so, regular (evenly spread, and balanced), tied (some equal,
    or at 0), and one far mean; scales from 1e-13 to the radius, and on a line now and then to five
    times the usual radius.
    """
    n = draw(st.integers(*components))
    d = draw(_one_of(*_dimensions(*dimension)))
    k = draw(_one_of(*_ranks(d, most_rank)))
    lightest = max(lightest, _LIGHTEST_IN_SPACE if k > _USUAL_RANK else Fraction(0))
    pi = [Fraction(1)] * n if equal_weights else draw(weights(n, lightest))
    scale = draw(_one_of(*(scales or _scales(radius, k))))
    shape = draw(_one_of(*(shapes or (_SHAPES_IN_SPACE if k > _USUAL_RANK else SHAPES))))
    points = _points(draw, n, k, shape, pi)
    if k < d:
        points = _placed(points, draw(_frames(k, d)))
    return Mixture(_scaled(points, scale), pi)


_kept_mixtures = lru_cache(mixtures)
"""For one claim they are asked for again and again, and building a strategy takes a while."""


@lru_cache(typed=True)  # 1 and Fraction(1) are no options for each other
def _one_of(*options: Any) -> st.SearchStrategy[Any]:
    """One of the options, with equal chances; kept, as building a strategy takes a while."""
    return st.sampled_from(options)


def _dimensions(low: int, high: int) -> list[int]:
    """Dimension 1 most often, where everything is certified fast; high ones now and then."""
    choices = [1] * 5 + [2] * 2 + list(range(3, high + 1))
    return [d for d in choices if low <= d <= high] or [low]


def _ranks(dimension: int, most: int) -> list[int]:
    """Rank 2 as far as the dimension allows; higher ones, which are expensive, now and then."""
    if dimension <= _USUAL_RANK or most <= _USUAL_RANK:
        return [min(dimension, _USUAL_RANK)]
    return [2, 2, 2, *range(3, min(dimension, most) + 1)]


def _scales(radius: float, rank: int) -> list[Fraction]:
    """Sizes of the unit cube that the points are drawn in: small ones where grids are large."""
    most = Fraction(radius).limit_denominator(100)
    ordinary = [s for s in (Fraction(1, 2), Fraction(1), Fraction(2), Fraction(3)) if s <= most]
    small = [Fraction(1, 10), Fraction(1, 10**3), Fraction(1, 10**6), Fraction(1, 10**13)]
    if rank > _USUAL_RANK:
        return [s for s in (*ordinary[:3], small[0]) if s <= most] or [most]
    far = [most, _REACH * most] if rank == 1 and radius >= _USUAL_RADIUS else [most]
    return ordinary * 2 + small + far


def _scales_of_runs(radius: float) -> tuple[Fraction, ...]:
    return tuple(s for s in _scales(radius, _USUAL_RANK) if s >= _LEAST_OF_RUNS)


@lru_cache
def _clouds(n: int, k: int) -> st.SearchStrategy[list[list[Fraction]]]:
    """n points in the unit cube of dimension k; kept, as building a strategy takes a while.

    Their entries are drawn in one list of whole numbers: to Hypothesis every list, and every number
    that is made of another, is one more draw.
    """
    entries = st.lists(st.integers(-_STEPS, _STEPS), min_size=n * k, max_size=n * k)
    return entries.map(
        lambda drawn: [
            [Fraction(entry, _STEPS) for entry in drawn[start : start + k]]
            for start in range(0, n * k, k)
        ]
    )


def _points(
    draw: st.DrawFn, n: int, k: int, shape: str, pi: Sequence[Fraction]
) -> list[list[Fraction]]:
    """n points of a shape in the unit cube of dimension k."""
    if shape == "regular" and n > 1:
        return _balanced(_regular(n, k), pi)
    if shape == "symmetric":
        half = draw(_clouds((n + 1) // 2, k))
        return ([*half, *([-a for a in p] for p in half)])[:n]
    if shape == "tied":
        pool = [[Fraction(0)] * k, *draw(_clouds(2, k))]
        return [pool[draw(_PLACES)] for _ in range(n)]
    points = draw(_clouds(n, k))
    if shape == "clustered":
        centre, offset = draw(_clouds(1, k))[0], draw(_OFFSETS)
        return [[a + offset * b for a, b in zip(centre, p, strict=True)] for p in points]
    if shape == "balanced" and n > 1:
        return _balanced(points, pi)
    if shape == "nearly balanced" and n > 1:
        by = draw(_clouds(1, k))[0]
        return _shifted(_balanced(points, pi), by, draw(_NEAR_BALANCE))
    if shape == "trapped" and n > 1:
        return _trapped(points, draw(st.integers(1, n - 1)))
    if shape == "one far" and n > 1:
        return [points[0], *([a / 16 for a in p] for p in points[1:])]
    return points


_PLACES = st.integers(0, 2)
_OFFSETS = st.sampled_from([Fraction(0), Fraction(1, 10**3), Fraction(1, 10**9)])
_NEAR_BALANCE = st.sampled_from([Fraction(1, 10**power) for power in (3, 6, 10)])


def _trapped(points: list[list[Fraction]], far: int) -> list[list[Fraction]]:
    """The first points pushed out beyond 3/5, the others pulled in within 1/32."""
    outer = [[a + (1 if a >= 0 else -1) * Fraction(3, 5) for a in p] for p in points[:far]]
    return outer + [[a / 32 for a in p] for p in points[far:]]


def _shifted(
    points: list[list[Fraction]], by: list[Fraction], factor: Fraction
) -> list[list[Fraction]]:
    return [[a + factor * b for a, b in zip(p, by, strict=True)] for p in points]


def _scaled(points: list[list[Fraction]], factor: Fraction | int) -> list[list[Fraction]]:
    return [[factor * a for a in p] for p in points]


def _placed(points: list[list[Fraction]], frame: list[list[int]]) -> list[list[Fraction]]:
    """Points of R^k in R^d, with k directions of it as axes."""
    columns = list(zip(*frame, strict=True))
    return [[sum(map(operator.mul, p, column), Fraction(0)) for column in columns] for p in points]


def _regular(n: int, k: int) -> list[list[Fraction]]:
    """n points evenly spaced on [-1, 1], on the circle to 1/16, or corners of a cube or simplex."""
    if k == 1:
        return [[Fraction(2 * i - n + 1, n - 1)] for i in range(n)]
    if k > 2:
        corners = [[Fraction(int(i == j)) for j in range(k)] for i in range(-1, k)]
        cube = [[Fraction(1 - 2 * (i >> j & 1)) for j in range(k)] for i in range(2**k)]
        return corners[:n] if n <= k + 1 else [cube[i % len(cube)] for i in range(n)]
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


@lru_cache
def _frames(k: int, d: int) -> st.SearchStrategy[list[list[int]]]:
    """k directions in R^d with small whole entries."""
    row = st.lists(st.integers(-1, 1), min_size=d, max_size=d).filter(any)
    return st.lists(row, min_size=k, max_size=k)


@lru_cache
def step_sizes(low: Fraction, high: Fraction, open_above: bool) -> st.SearchStrategy[Fraction]:
    """Step sizes in (low, high], the neighbourhoods of both ends included."""
    width = high - low
    inside = st.integers(1, 63).map(lambda k: low + width * Fraction(k, 64))
    below = [width * Fraction(1, k) for k in (50, 66, 200, 1000, 10**6)]
    near = [low + gap for gap in below[2:]] + [high - gap for gap in below]
    return st.one_of(inside, st.sampled_from(near if open_above else [*near, high]))


@st.composite
def cases(
    draw: st.DrawFn,
    domain: Domain | None = None,
    inputs: Sequence[str] = (),
    most_rank: int = _USUAL_RANK,
) -> Case:
    """Cases of a domain with the extra inputs a claim names, of affine rank at most `most_rank`.

    Where that is above 2, open ranges of n and d are left at times, up to n = 8 and d = 4.
    """
    where = domain or Domain()
    is_wide = most_rank > _USUAL_RANK
    mixture = draw(
        _kept_mixtures(
            draw(_component_ranges(where)) if is_wide else where.components,
            (where.dimension[0], searched_sizes(where)[1][-1]) if is_wide else where.dimension,
            where.radius,
            where.equal_weights,
            where.lightest,
            where.shapes,
            where.scales or (_scales_of_runs(where.radius) if "steps" in inputs else ()),
            most_rank,
        )
    )
    d, n = mixture.dimension, mixture.components
    given: dict[str, Any] = {}
    if where.truth == "mixture" or (where.truth == "any" and draw(st.integers(0, 3)) == 0):
        given["truth"] = draw(_truths(mixture, where))
    if "step_size" in inputs:
        given["step_size"] = draw(step_sizes(*where.step_size, where.open_above))
    for name in ("x", "direction"):
        if name in inputs:
            given[name] = draw(_vectors(mixture))
    if "target" in inputs:
        related = st.permutations(list(map(list, mixture.means)))
        given["target"] = draw(_often(_clouds(n, d).map(lambda p: _scaled(p, 3)), related))
    if "s" in inputs:
        some = st.sampled_from([Fraction(0), Fraction(10), Fraction(40)])
        given["s"] = draw(_often(numbers(4).map(abs), some))
    if "steps" in inputs:
        given["steps"] = where.steps
    case = Case(mixture, **given)
    for regime in regimes(case):
        event(regime)  # `pytest --hypothesis-show-statistics` prints the shares
    return case


def trajectories(domain: Domain | None = None, steps: int = 50) -> st.SearchStrategy[Trajectory]:
    """Runs of gradient EM in float64, for some steps, from the cases of a domain."""
    return cases(domain, ("step_size",)).map(
        lambda case: gradient_em(case.mixture, _step_of(case), steps, truth=case.truth)
    )


def _step_of(case: Case) -> Fraction:
    assert case.step_size is not None
    return case.step_size


def _often(usual: st.SearchStrategy[Any], seldom: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly the first, one time in eight the second."""
    return st.integers(0, 7).flatmap(lambda k: usual if k else seldom)


def _component_ranges(domain: Domain) -> st.SearchStrategy[tuple[int, int]]:
    """The range of the components; where it is open, seldom what lies beyond its upper end."""
    low, high = domain.components
    most = searched_sizes(domain)[0][-1]
    return _often(st.just((low, high)), st.just((high + 1, most) if most > high else (low, high)))


def _vectors(mixture: Mixture) -> st.SearchStrategy[list[Fraction]]:
    """Vectors within 3 in each coordinate; at times 0, a mean, or far out on an axis."""
    d = mixture.dimension
    zero = [Fraction(0)] * d
    far = [[Fraction(length), *zero[1:]] for length in (10, -10, 40, -40)]
    special = st.sampled_from([zero, *map(list, mixture.means), *far])
    return _often(st.lists(numbers(3), min_size=d, max_size=d), special)


def _truths(mixture: Mixture, domain: Domain) -> st.SearchStrategy[Mixture]:
    """Few components within 4; at times far out, or a relative of the student."""
    d = mixture.dimension
    free = _kept_mixtures((1, 3 if d == 1 else 2), (d, d), min(domain.radius, 4.0))
    some = free.filter(lambda truth: not truth.is_at_optimum)
    distance = min(Fraction(_FAR_TRUTH), farthest(domain))
    shift = [distance, *[Fraction(0)] * (d - 1)]
    related = st.sampled_from(_RELATIVES).map(lambda relative: relative(mixture))
    return st.integers(0, 7).flatmap(
        lambda k: related if k == 0 else some.map(lambda m: m.shifted(shift)) if k == 1 else some
    )


def reweighted(mixture: Mixture) -> Mixture:
    """The means of a mixture, the weight of the first one doubled."""
    return Mixture(mixture.means, [2 * mixture.weights[0], *mixture.weights[1:]])


def without(mixture: Mixture, place: int) -> Mixture:
    """A mixture without one of its components, if it has several."""
    kept = [k for k in range(mixture.components) if k != place % mixture.components]
    if not kept:
        return mixture
    return Mixture([mixture.means[k] for k in kept], [mixture.weights[k] for k in kept])


_RELATIVES: tuple[Callable[[Mixture], Mixture], ...] = (
    lambda m: m,
    lambda m: Mixture(m.means[::-1], m.weights),
    lambda m: m.shifted([1] * m.dimension),
    reweighted,
    lambda m: without(m, 0),
    lambda m: without(m, -1),
)
"""Truths that are related to the student."""


def cases_of(claim: Claim) -> st.SearchStrategy[Case]:
    """Cases of a claim's domain that balls decide in fair time.

    Up to its condition `where`, which the campaign counts.
    """
    some = cases(claim.domain, claim.inputs, most_rank_of(claim))
    return some.filter(lambda case: is_fair(claim, case))


def most_rank_of(claim: Claim) -> int:
    """The largest affine rank at which balls decide a claim of this kind in fair time.

    Above rank 2 they are fast with few digits only: too few for a residual that should be 0, and
    for what float64 cannot resolve.
    """
    is_slow = claim.only_balls or claim.kind == "identity"
    return _USUAL_RANK if is_slow else MOST_DIMENSIONS


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
    if m.is_at_optimum:
        found.append("all means 0")
    elif 1 < len(set(m.means)) < m.components:
        found.append("some means equal")
    if m.radius_squared > 25:
        found.append("a mean beyond 5")
    if m.dimension > 2:
        found.append("dimension above 2")
    if case.truth is not None:
        found.append("mixture truth")
        if case.truth == m:
            found.append("student = truth")
    if case.step_size is not None and case.step_size > 1:
        found.append("step size above 1")
    return found
