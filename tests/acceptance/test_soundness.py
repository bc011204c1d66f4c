"""Enclosures under test: random (case, digits), every regime, two precisions, two formulas.

As in Arb's own test suite, whatever is computed at p digits must contain what is computed at p + 30
digits, and what another formula gives. THEORYCHECK_MULTIPLIER scales the slow runs.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest

from theorycheck import oracle
from theorycheck.arithmetic.arithmetics import Ball, as_fmpq, ball
from theorycheck.expectations.population import Population, population
from theorycheck.inputs.mixture import Mixture

MULTIPLIER = float(os.environ.get("THEORYCHECK_MULTIPLIER", "1"))
"""Times as many slow evaluations; 100 makes 10^5, and 10^4 comparisons with the oracle."""
FIELDS = tuple(field.name for field in fields(Population))
MORE = 30  # digits

Random = np.random.Generator
Rows = list[list[Fraction]]


# ------------------------------------------------------------------------------------- regimes


def number(rng: Random, size: float = 1.0) -> Fraction:
    """A short rational in [-size, size]."""
    return Fraction(size).limit_denominator(10**6) * Fraction(int(rng.integers(-512, 513)), 512)


def row(rng: Random, d: int, size: float = 1.0) -> list[Fraction]:
    return [number(rng, size) for _ in range(d)]


def on_a_line(rng: Random, places: list[Fraction]) -> Rows:
    """The places on a line of R^d, d = 1 mostly; the line may miss the origin."""
    d = int(rng.choice([1, 1, 1, 2, 3]))
    if d == 1:
        return [[t] for t in places]
    direction, offset = [number(rng) for _ in range(d)], row(rng, d)
    return [[t * u + w for u, w in zip(direction, offset, strict=True)] for t in places]


def generic(rng: Random, n: int) -> Rows:
    """Means within 10^-4 to 3."""
    size = 10 ** rng.uniform(-4, 0.5)
    return on_a_line(rng, row(rng, n, size))


def near_equal(rng: Random, n: int) -> Rows:
    """Means 1e-30 apart, around the optimum or elsewhere."""
    centre = number(rng, 2) * int(rng.integers(2))
    return on_a_line(rng, [centre + t / 10**30 for t in row(rng, n)])


def far(rng: Random, n: int) -> Rows:
    """One mean up to 16 away from the others: overlaps down to 1e-30."""
    places = row(rng, n)
    places[0] += int(rng.choice([-1, 1])) * round(3 + 12 * rng.uniform() ** 2)
    return [[t] for t in places]


def tied(rng: Random, n: int) -> Rows:
    """Some means exactly equal."""
    places = row(rng, n, 2)
    return on_a_line(rng, [places[int(rng.integers(0, (n + 1) // 2))] for _ in range(n)])


def plane(rng: Random, n: int) -> Rows:
    """Affine rank up to 2."""
    return [row(rng, 2, 0.5) for _ in range(n)]


SHAPES: dict[str, Callable[[Random, int], Rows]] = {
    "generic": generic,
    "near-equal": near_equal,
    "far": far,
    "tied": tied,
    "plane": plane,
}
SHARES = {  # of 100 evaluations; far means, planes and mixture truths cost more
    "generic": 22,
    "near-equal": 20,
    "far": 7,
    "tied": 14,
    "tiny weight": 15,
    "balanced": 15,
    "mixture truth": 5,
    "plane": 2,
}
REGIMES = tuple(SHARES)


def weights_of(rng: Random, n: int) -> list[Fraction]:
    return [Fraction(int(w)) for w in rng.integers(1, 100, size=n)]


def balanced(means: Rows, weights: list[Fraction]) -> Rows:
    """The means shifted so that their weighted mean is 0, where the loss is of fourth order."""
    centre = [
        sum((w * m for w, m in zip(weights, column, strict=True)), Fraction(0)) / sum(weights)
        for column in zip(*means, strict=True)
    ]
    return [[m - c for m, c in zip(mean, centre, strict=True)] for mean in means]


def drawn(regime: str, seed: int) -> tuple[Mixture, Mixture | None, int]:
    """A student, a truth or None, and a number of digits from 15 to 60, low ones more often."""
    rng = np.random.default_rng([REGIMES.index(regime), seed])
    n, digits = int(rng.integers(1, 7)), int(15 + 46 * rng.uniform() ** 3)
    means, weights = SHAPES.get(regime, generic)(rng, n), weights_of(rng, n)
    if regime == "tiny weight":
        weights[0] /= 10 ** int(rng.choice([12, 40, 300]))
    elif regime == "balanced":
        means = balanced(means, weights)
    elif regime == "plane":
        digits = min(digits, 20)
    elif regime == "mixture truth":
        k = int(rng.integers(1, 4))
        means = [[number(rng, 2)] for _ in range(n)]
        beside = [[means[int(rng.integers(n))][0] + number(rng)] for _ in range(k)]
        return Mixture(means, weights), Mixture(beside, weights_of(rng, k)), digits
    return Mixture(means, weights), None, digits


# ------------------------------------------------------------------------- two precisions


def entries(value: Any) -> list[Any]:
    return list(np.asarray(value, dtype=object).ravel())


def assert_meet(found: Any, other: Any) -> None:
    """Two enclosures of the same numbers have a point in common."""
    for value, expected in zip(entries(found), entries(other), strict=True):
        assert value.overlaps(expected), (value, expected)


def assert_contain(found: Any, finer: Any) -> None:
    """Every ball holds all of a finer ball of the same number."""
    for value, expected in zip(entries(found), entries(finer), strict=True):
        assert value.contains(expected), (value, expected)


def by_definition(at: Population) -> Any:
    """grad_i = E psi_i (mu_i - x), where `population` has sum_j G_ij mu_j (Stein)."""
    return at.responsibilities[:, None] * at.means - at.positions


def assert_sound(regime: str, seed: int) -> None:
    """One evaluation: the value at 30 more digits is inside, and other formulas agree."""
    student, truth, digits = drawn(regime, seed)
    found = population(student, truth=truth, arithmetic=ball(digits))
    finer = population(student, truth=truth, arithmetic=ball(digits + MORE))
    with ball(digits + 2 * MORE).scope():
        for name in FIELDS:
            assert_contain(getattr(found, name), getattr(finer, name))
        assert_meet(found.gradient, by_definition(finer))
        assert_meet(found.responsibilities, finer.overlap.sum(axis=1))
        assert_meet(found.overlap, finer.overlap.T)
        if truth is None:
            assert_meet(found.fisher_divergence, (finer.gradient * finer.means).sum())


def regimes_of(count: int, seed: int) -> list[tuple[str, int]]:
    """Regimes with their shares, each with seeds of its own."""
    return [
        (regime, seed * 10**6 + k)
        for regime, share in SHARES.items()
        for k in range(max(1, round(count * share / 100)))
    ]


def test_enclosures_contain_what_more_digits_give() -> None:
    """A sample over all regimes."""
    for regime, seed in regimes_of(150, seed=0):
        assert_sound(regime, seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_enclosures_contain_what_more_digits_give_at_length(part: int) -> None:
    """1000 evaluations; 10^5 with THEORYCHECK_MULTIPLIER=100."""
    for regime, seed in regimes_of(round(100 * MULTIPLIER), seed=1 + part):
        assert_sound(regime, seed)


# ------------------------------------------------------- float64 sums with a proven error


def stretched(student: Mixture, rng: Random) -> Mixture:
    """Means up to 30 apart, maybe all of them out to 40."""
    size = max(1, *(abs(entry) for mean in student.means for entry in mean))
    factor = Fraction(int(rng.integers(1, 16))) / size
    away = int(rng.choice([0, 0, 25]))
    means = [[factor * entry + away for entry in mean] for mean in student.means]
    return Mixture(means, student.weights)


def in_many_dimensions(student: Mixture, rng: Random) -> Mixture:
    """The first coordinates on a line of R^d, d up to 30, that misses the origin."""
    d = int(rng.integers(2, 31))
    direction, offset = row(rng, d, 0.5), row(rng, d)
    places = [mean[0] for mean in student.means]
    means = [[t * u + w for u, w in zip(direction, offset, strict=True)] for t in places]
    return Mixture(means, student.weights)


def drawn_for_float64(regime: str, seed: int) -> tuple[Mixture, Mixture | None, Ball]:
    """A student, a truth or None, and 1 to 12 digits, with the regimes that float64 fears."""
    student, truth, _ = drawn(regime, seed)
    rng = np.random.default_rng([13, REGIMES.index(regime), seed])
    kind = str(rng.choice(["as it is"] * 3 + ["stretched", "many", "1e-280", "itself", "beside"]))
    if kind == "stretched" and regime != "plane":
        student = stretched(student, rng)
    elif kind == "many" and truth is None and regime != "plane":
        student = in_many_dimensions(student, rng)
    elif kind == "1e-280":
        weights = [student.weights[0] / 10**280, *student.weights[1:]]
        student = Mixture(student.means, weights)
    elif kind in ("itself", "beside"):
        away = Fraction(int(kind == "beside"), 10**20)
        means = [[entry + away for entry in mean] for mean in student.means]
        truth = Mixture(means, student.weights) if regime not in ("far", "plane") else truth
    return student, truth, Ball(int(rng.integers(1, 13)), is_quick=bool(rng.integers(2)))


def assert_float64_is_sound(regime: str, seed: int) -> None:
    """What up to 12 digits give holds what 60 more give, summed by Arb.

    20 more do not suffice: near the optimum a responsibility's place is known better by the former.
    """
    student, truth, arithmetic = drawn_for_float64(regime, seed)
    found = population(student, truth=truth, arithmetic=arithmetic)
    finer = population(student, truth=truth, arithmetic=ball(arithmetic.digits + 60))
    with ball(120).scope():
        for name in FIELDS:
            assert_contain(getattr(found, name), getattr(finer, name))


@pytest.mark.long
def test_float64_sums_contain_what_more_digits_give() -> None:
    """A sample over all regimes."""
    for regime, seed in regimes_of(100, seed=50):
        assert_float64_is_sound(regime, seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_float64_sums_contain_what_more_digits_give_at_length(part: int) -> None:
    """1000 evaluations; 10^5 with THEORYCHECK_MULTIPLIER=100."""
    for regime, seed in regimes_of(round(100 * MULTIPLIER), seed=51 + part):
        assert_float64_is_sound(regime, seed)


# ------------------------------------------------------------------ an independent integral


def integrated(student: Mixture, truth: Mixture, i: int, digits: int) -> list[Any]:
    """E psi_i, E psi_i (mu_i - x) and the loss for d = 1, by Arb's own adaptive integration.

    The definition, at the working precision. Beyond `reach` from every mean there is less than
    10^-digits of any of the three, as |mu| < 100 and the weights are above e^-1000.
    """
    mus, truth_mus = ([flint.acb(as_fmpq(mean[0])) for mean in m.means] for m in (student, truth))
    pi, truth_pi = ([flint.acb(as_fmpq(w)) for w in m.weights] for m in (student, truth))

    def terms(x: Any, centres: list[Any], shares: list[Any]) -> list[Any]:
        return [w * (-(x - m) * (x - m) / 2).exp() for m, w in zip(centres, shares, strict=True)]

    def responsibility(x: Any, _: bool) -> Any:
        parts = terms(x, mus, pi)
        return sum(terms(x, truth_mus, truth_pi)) * parts[i] / sum(parts)

    def slope(x: Any, _: bool) -> Any:
        return responsibility(x, _) * (mus[i] - x)

    def divergence(x: Any, analytic: bool) -> Any:
        density = sum(terms(x, truth_mus, truth_pi))
        log_student = sum(terms(x, mus, pi)).log(analytic=analytic)
        return density * (density.log(analytic=analytic) - log_student)

    reach = math.sqrt(2 * math.log(10) * (digits + 15))
    places = [float(mean[0]) for mean in (*student.means, *truth.means)]
    low, high = math.floor(min(places) - reach), math.ceil(max(places) + reach)
    left_out = flint.arb(0, flint.arb(10) ** -digits)
    return [
        flint.acb.integral(f, low, high).real / (2 * flint.arb.pi()).sqrt() + left_out
        for f in (responsibility, slope, divergence)
    ]


def assert_integral_agrees(regime: str, seed: int) -> None:
    """One component of one evaluation, against the definition integrated by Arb."""
    student, truth, digits = drawn(regime, seed)
    student = Mixture([mean[:1] for mean in student.means], student.weights)
    i = seed % student.components
    found = population(student, truth=truth, arithmetic=ball(digits))
    with ball(digits + 15).scope():
        expected = integrated(student, truth or Mixture([0]), i, digits + 8)
        assert_meet([found.responsibilities[i], found.gradient[i, 0], found.loss], expected)
        assert all(value.rad() < flint.arb(10) ** -digits for value in expected)


@pytest.mark.long
def test_enclosures_meet_an_independent_integral() -> None:
    """A sample, projected on a line."""
    for regime in ("generic", "tiny weight", "mixture truth"):
        assert_integral_agrees(regime, 20)


@pytest.mark.slow
def test_enclosures_meet_an_independent_integral_at_length() -> None:
    """100 evaluations, times the multiplier."""
    for regime, seed in regimes_of(round(10 * MULTIPLIER), seed=21):
        assert_integral_agrees(regime, seed)


# -------------------------------------------------------------------------------- the oracle

ORACLE_DIGITS = 20


def enclosing(value: Any, slack: Any) -> flint.arb:
    """An oracle's mpf, exactly, grown by another."""
    middle, radius = (_exactly(v) for v in (value, slack))
    return middle + flint.arb(0, radius.abs_upper())


def _exactly(value: Any) -> flint.arb:
    sign, man, exp, _ = mpmath.mpf(value)._mpf_
    return flint.arb(-int(man) if sign else int(man)) * flint.arb(2) ** exp


def assert_oracle_agrees(regime: str, seed: int) -> None:
    """Every field that the oracle has, to its digits, relative to the field's largest entry."""
    student, truth, digits = drawn(regime, seed)
    may_cancel = truth is not None or not any(any(mean) for mean in student.means)
    with mpmath.workdps(ORACLE_DIGITS + 10):
        expected = oracle.population(student, digits=ORACLE_DIGITS, truth=truth)
        found = population(student, truth=truth, arithmetic=ball(digits))
        with ball(200).scope():
            for name in FIELDS:
                if not hasattr(expected, name):
                    continue
                exact = entries(getattr(expected, name))
                # Where the student may be the truth, the oracle's digits are absolute.
                is_absolute = may_cancel or name == "positions"
                size = max(abs(value) for value in exact) + int(is_absolute)
                slack = size * mpmath.mpf(10) ** (2 - ORACLE_DIGITS)
                assert_meet(getattr(found, name), [enclosing(value, slack) for value in exact])


def is_near(regime: str, seed: int) -> bool:
    """True if the oracle needs a fraction of a second: a line, means within 6."""
    student, _, _ = drawn(regime, seed)
    return regime != "plane" and all(abs(entry) < 6 for mean in student.means for entry in mean)


def nearby(count: int, seed: int) -> list[tuple[str, int]]:
    return [drawing for drawing in regimes_of(count, seed) if is_near(*drawing)]


@pytest.mark.long
def test_enclosures_meet_the_oracle() -> None:
    """A sample over the regimes of a line."""
    for regime, seed in nearby(20, seed=30):
        assert_oracle_agrees(regime, seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_enclosures_meet_the_oracle_at_length(part: int) -> None:
    """More than 100 comparisons, times the multiplier."""
    drawings = nearby(round(12 * MULTIPLIER), seed=31 + part)
    assert len(drawings) >= 10 * MULTIPLIER
    for regime, seed in drawings:
        assert_oracle_agrees(regime, seed)
