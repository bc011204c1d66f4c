"""The escape of the symmetric start, counted and enclosed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import flint
import mpmath
import numpy as np
import pytest

from helpers.simulation import steps_until
from theorycheck.arithmetic.arithmetics import Ball, ball
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture
from theorycheck.traps import escape_time as escape
from theorycheck.traps.certificate import (
    escape_time,
)


def symmetric(a: float, n: int) -> Mixture:
    """The symmetric start, its n - 2 means at 0 merged into one."""
    return Mixture([a, -a, 0], [1, 1, n - 2])


# ---------------------------------------------------------------------------- escape times

GOLDEN = [(3, 4), (4, 8), (5, 24), (6, 88), (7, 414)]


@pytest.mark.parametrize(("start", "steps"), GOLDEN)
def test_golden_escape(start: int, steps: int) -> None:
    """Symmetric start, n = 3, eta = 1: the first t at which a_t <= 5/6 a_0, counted in balls."""
    found = escape_time(1, 3, 1, start=start, end=Fraction(5 * start, 6))
    assert found.steps == steps
    assert found.log_steps_lower <= math.log(steps) <= found.log_steps_upper
    assert found.log_steps_upper - found.log_steps_lower < 1e-14
    assert steps_until(symmetric(start, 3), 1.0, 5 * start / 6, (0, 1)) == steps


@pytest.mark.parametrize("eta", ["0.01", "1"])
@pytest.mark.parametrize("n", [3, 5, 50])
def test_paper_example(n: int, eta: str) -> None:
    """Enclosed to 1e-6 within 5 s for every d, above e^d/(30 eta), and near e^{18 d}."""
    for d in (1, 2, 5, 10, 100, 1000, 100_000):
        began = time.process_time()
        found = escape_time(dimension=d, components=n, step_size=eta)
        assert time.process_time() - began < 5
        low, high = found.log_steps_lower, found.log_steps_upper
        assert low > d - math.log(30 * float(eta))
        assert 0 <= high - low < 1e-6 * low
        assert abs(low - 18 * d) < 14 + math.log(d)
        assert abs(low / d - 18) < 21 / d


@pytest.mark.long
@pytest.mark.parametrize(
    ("n", "eta", "start"), [(3, "1", 5), (3, "0.3", 6), (5, "1", 6), (50, "1", 7), (3, "1", 7)]
)
def test_integral_holds_the_count(
    n: int, eta: str, start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two-sided bound by the integral contains the number of steps of a simulation."""
    end = 5 * start / 6
    counted = escape_time(1, n, eta, start, end).steps
    assert counted == steps_until(symmetric(start, n), float(eta), end, (0, 1))
    monkeypatch.setattr(escape, "MAX_COUNTED", 0)
    found = escape_time(1, n, eta, start, end)
    assert found.steps is None
    assert found.log_steps_lower <= math.log(counted) <= found.log_steps_upper
    missed = (start**2 - end**2) / 8 + 1
    assert math.exp(found.log_steps_upper) - math.exp(found.log_steps_lower) < 1.2 * missed


def test_integral_and_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """An escape to a small radius is enclosed above and counted below."""
    counted = escape_time(1, 3, 1, start=6, end=1).steps
    assert counted == steps_until(symmetric(6, 3), 1.0, 1.0, (0, 1))
    monkeypatch.setattr(escape, "MAX_COUNTED", 50)
    found = escape_time(1, 3, 1, start=6, end=1)
    assert found.steps is None
    assert found.log_steps_lower <= math.log(counted) <= found.log_steps_upper
    assert found.log_steps_upper - found.log_steps_lower < 0.1


@pytest.mark.long
@pytest.mark.parametrize(("end", "wanted"), [("20/3", "1e-2"), ("10", "1e-5"), ("10", "1e-3")])
def test_a_coarser_enclosure_holds_the_finer_one(end: str, wanted: str) -> None:
    """It is no wider than wanted, and steps that it need not count are not counted."""
    start = 8 if end == "20/3" else 12
    fine = escape_time(1, 3, 1, start, end)
    found = escape_time(1, 3, 1, start, end, accuracy=wanted)
    assert found.steps is None
    low, high = found.log_steps_lower, found.log_steps_upper
    assert low <= fine.log_steps_lower <= fine.log_steps_upper <= high
    assert fine.log_steps_upper - fine.log_steps_lower < high - low < float(wanted) * high


@pytest.mark.parametrize("n", [3, 5, 50])
@pytest.mark.parametrize("s", ["0.3", "1.5", "4", "9"])
def test_drift_against_the_population(n: int, s: str) -> None:
    """g(s) = eta s (G_11 - G_12), by the quadrature of `population`, n - 2 means merged."""
    at = population(Mixture([s, "-" + s, 0], [1, 1, n - 2]), arithmetic=ball(25))
    with Ball(20).scope():
        drift = escape._Drift(n - 2, Fraction(1))
        size = drift.size(flint.arb(s))
        expected = flint.arb(s) * (at.overlap[0, 0] - at.overlap[0, 1])
        assert size.overlaps(expected)
        assert size.rad() < size / 10**6


@pytest.mark.parametrize(("n", "s"), [(3, 30), (50, 120)])
def test_profile_far_out(n: int, s: int) -> None:
    """H(s) for a drift of e^-112 and e^-1800, against mpmath on the definition."""
    with mpmath.workdps(40), Ball(20).scope():
        exact = mpmath.quad(_integrand(n - 2, s), [-60, -20, -5, 0, 5, 10, 20, 40, 80, 200])
        profile = escape._Drift(n - 2, Fraction(1))._profile(flint.arb(s))
        assert profile.contains(flint.arb(mpmath.nstr(exact, 30)))
        assert profile.rad() < 1e-7


@pytest.mark.parametrize("n", [1, 2, 48, 10**6, 10**12])
def test_profiles_in_float64_hold_those_of_balls(n: int) -> None:
    """All at once, though they need different nodes; most are off by no more than is claimed."""
    radii = np.array([99.9, 40.3, 12.7, 7.1, 5.3, 4.0, 2.6, 1.9, 1.3, 1.0])
    lower, upper = escape.profile_bounds(radii, n)
    with Ball(30).scope():
        drift = escape._Drift(n, Fraction(1))
        for s, low, high in zip(radii.tolist(), lower.tolist(), upper.tolist(), strict=True):
            exact, width = drift._profile(flint.arb(s)), flint.arb(high) - flint.arb(low)
            assert flint.arb(low) < exact.upper()
            assert exact.lower() < flint.arb(high)
            assert width < 4 * exact.rad() + exact * 4e-9 + flint.arb(2e-9) / n**2


@pytest.mark.long
@pytest.mark.parametrize("n", [1, 48])
@pytest.mark.parametrize("s", [1.0, 1.75, 3.25, 6.0, 11.0])
def test_what_profiles_in_float64_leave_out_is_covered(
    monkeypatch: pytest.MonkeyPatch, n: int, s: float
) -> None:
    """Against mpmath: both ends, also of a grid that reaches so little that its ends are seen."""
    with mpmath.workdps(30):
        exact = float(mpmath.quad(_integrand(n, s), _places(s)))
    for decay in (20.0, 6.0):
        monkeypatch.setattr(escape, "_DECAY", decay)
        lower, upper = (float(bound[0]) for bound in escape.profile_bounds(np.array([s]), n))
        assert lower * (1 - 1e-14) <= exact <= upper * (1 + 1e-14)
    assert exact > lower * (1 + 1e-6)


def _integrand(n: int, s: float) -> Callable[[mpmath.mpf], mpmath.mpf]:
    """That of H."""

    def value(v: mpmath.mpf) -> mpmath.mpf:
        q = mpmath.exp(-v - s * s)
        difference = (mpmath.exp(v) - q) / (mpmath.exp(v) + q + n)
        return difference**2 * mpmath.exp(-v / 2 - v * v / (2 * s * s))

    return value


def _places(s: float) -> list[float]:
    """From the lower end on."""
    low = -s * s / 2
    return [low, *(v for v in (-40, -15, -5) if v > low), 0, 2, 5, 10, 20, 40, 90]


@pytest.mark.parametrize("n", [1, 48, 10**9])
@pytest.mark.parametrize(("start", "end", "pieces"), [(12, 10, 50), (3, 1, 200), (99, 98.9, 400)])
def test_integrals_in_float64_are_those_of_balls(
    n: int, start: float, end: float, pieces: int
) -> None:
    """Of the same pieces, and as narrow."""
    cuts = np.linspace(start, end, pieces)
    with Ball(20).scope():
        drift = escape._Drift(n, Fraction(1))
        found = escape.integral_in_float64(cuts, n)
        exact = drift._over(list(map(flint.arb, cuts.tolist())))
        exact /= (2 * flint.arb.pi()).sqrt()
        assert found.overlaps(exact)
        assert found.rad() < exact.rad() + exact * 1e-7


def test_an_integral_of_what_may_be_0_has_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """H(1) is about 1e-23 for the most components, hardly more than what it may be off by."""
    cuts = np.linspace(1.2, 1.0, 40)
    low, high = escape.profile_bounds(cuts, 10**12)
    assert 0 < low.min() < 1e-23
    monkeypatch.setattr(escape, "profile_bounds", lambda s, _: (low - low.min(), high))
    assert not escape.integral_in_float64(cuts, 10**12).is_finite()


def test_pieces_in_float64_are_integrated_as_the_series_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With H = 1 what is left is the integral of e^{s^2/8}, of pieces as wide as they may be."""
    monkeypatch.setattr(escape, "profile_bounds", lambda s, _: (np.ones_like(s), np.ones_like(s)))
    with Ball(30).scope():
        for cuts in ([3.0, 2.0, 1.0], [8.0, 7.5, 7.0], [64.0, 63.9375], [1.5, 1.0, 1.0]):
            ends = [(flint.arb(s) / flint.arb(8).sqrt()).erfi() for s in (cuts[0], cuts[-1])]
            exact = (ends[0] - ends[1]) * (2 * flint.arb.pi()).sqrt()
            found = escape.integral_in_float64(np.array(cuts), 1)
            assert found.contains(exact)
            assert found.rad() < exact * 3e-2


def test_the_constants_of_float64_are_those_of_the_lemma() -> None:
    """eps, X and the two geometric series, for h = 5/16 and s >= 1."""
    with Ball(30).scope():
        h, a, pi = flint.arb(escape._STEP), flint.arb("1.3"), flint.arb.pi()
        eps = 2 * (a * a / 2).exp() / (a.cos() ** 2 * (2 * pi * a / h).expm1())
        assert eps / (1 - eps) + 8000 * flint.arb(2) ** -53 < escape._OFF
        assert 4 * a.sin() ** 2 * (pi / 2).sqrt() * (-flint.arb(7) / 8).exp() < 2
        assert 1 / (1 - (-h / 2).exp()) < 7
        assert 1 / (1 - (-3 * h / 2).exp()) < 2.7
        assert 10**4 * flint.arb(2) ** -53 < escape._ROUNDED


def test_float64_is_used_only_where_its_lemmas_hold() -> None:
    fine = np.linspace(12, 10, 100).tolist()
    assert escape._in_float64(fine) == 100
    assert escape._in_float64([*fine, 9.5, 9.4]) == 100
    assert escape._in_float64([s - 9.5 for s in fine]) == 75
    for cuts in ([s + 90 for s in fine], [s - 11.5 for s in fine], []):
        assert escape._in_float64(cuts) == 0


@pytest.mark.long
def test_a_long_fall_is_summed_in_float64_as_far_as_that_goes() -> None:
    """Pieces grow on the way down, and the last ones are those of balls."""
    with Ball(20).scope():
        drift = escape._Drift(1000, Fraction(1))
        start, end = flint.arb(15), flint.arb("6.2")
        cuts = drift._cuts(start, end)
        known = escape._in_float64(cuts)
        assert 500 < known < len(cuts)
        found = drift.integral(start, end)
        exact = drift._over([start, *map(flint.arb, cuts), end])
        assert found.overlaps(exact)
        assert found.rad() < 1.01 * exact.rad()


def test_the_finest_accuracy_is_kept_where_cuts_are_nearest() -> None:
    """Nearer than single precision tells apart: n large, and g only just decreases."""
    found = escape_time(1, 10**7, 1, "10.064", "10.06", accuracy=1e-8)
    low, high = found.log_steps_lower, found.log_steps_upper
    assert high - low < 1e-8 * low
    far = escape_time(1, 3, 1, 9 * 10**8, 8 * 10**8, accuracy=1e-2)
    assert far.log_steps_lower > 1e16


def test_integral_is_enclosed() -> None:
    """The integral of 1/g over [10, 12] against Gauss-Legendre, well inside a tight enclosure."""
    x, weights = np.polynomial.legendre.leggauss(40)
    with Ball(20).scope():
        drift = escape._Drift(48, Fraction(1))
        sizes = [float(drift.size(flint.arb(11 + node)).mid()) for node in x]
        expected = float(weights @ (1 / np.array(sizes)))
        found = drift.integral(flint.arb(12), flint.arb(10))
        assert found.lower() * (1 + 1e-9) < expected < found.upper() * (1 - 1e-9)
        assert found.rad() < expected * 1e-5


def test_monotone_structure() -> None:
    """H increases within its slope bound, and g decreases where it is certified to."""
    with Ball(20).scope():
        for n in (1, 3, 48):
            drift = escape._Drift(n, Fraction(1))
            radii = [flint.arb(k) / 4 for k in range(2, 60)]
            for low, high in pairwise(radii):
                rise = drift._profile(high) - drift._profile(low)
                assert rise > 0
                assert rise < drift._slope(low.union(high)).upper() / 4
            certified = [s for s in radii if drift.decreases_above(s)]
            assert certified == radii[-len(certified) :]
            assert certified[0] < 5
            sizes = [drift.size(s) for s in certified]
            assert all(b < a for a, b in pairwise(sizes))


# ---------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 3, 1), "dimension is 0; it must be at least 1"),
        ((-2, 3, 1), "dimension is -2"),
        ((1, 2, 1), "components is 2; it must be at least 3"),
        ((1, 3, 1, 5, 6), "end is 6; it must be below start, 5"),
        ((1, 3, 1, 0, 6), "start is 0"),
        ((1, 3, 1, 6, -1), "end is -1"),
        ((1, 3, 1, "1e10", 6), "start is 1.00000e+10"),
        ((10**30, 3, 1), "start is"),
        ((1, 3, 1, "0.1", "0.00001"), "too many to be counted"),
    ],
)
def test_escape_time_refuses(arguments: tuple[object, ...], message: str) -> None:
    """Each with one line that names the argument."""
    with pytest.raises(InvalidValue) as raised:
        escape_time(*arguments)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("dimension", [1.5, "1", None, True])
def test_dimension_must_be_whole(dimension: object) -> None:
    """A float, a string, nothing, a boolean."""
    with pytest.raises(InvalidType, match="dimension"):
        escape_time(dimension, 3, 1)


def profile_bound(n: flint.arb, a: int) -> flint.arb:
    """The bound of H(a) for N components at 0 in the docstring of trap-constant."""
    x = n.log() / a**2
    inner = 1 / (flint.arb(1) / 2 + x) + 1 / (flint.arb(3) / 2 - x)
    return inner * (-(n.log() ** 2) / (2 * a**2)).exp() / n.sqrt()


def test_the_upper_half_of_trap_constant_needs_a_bound_on_the_components() -> None:
    """At a_0 = 24 it fails for 10^38 components at 0, by the proof in its docstring."""
    a, n = 24, flint.arb(10) ** 38
    with Ball(20).scope():
        for held in (1, 10**3, 10**10):
            found = escape._Drift(held, Fraction(1))._profile(flint.arb(a))
            assert found < profile_bound(flint.arb(held), a) < 3 * found
        longest = (-((a - flint.arb(4) / a) ** 2) / 8).exp() * profile_bound(n, a)
        steps = flint.arb(4) / a / (longest / (2 * flint.arb.pi()).sqrt())
        limit = 8 * (2 * n / flint.arb.pi()).sqrt() * (flint.arb(a * a) / 8).exp() / a
        allowed = 1 + 12 * (1 + n.log()) ** 2 / flint.arb(a) ** 2
        assert 196 < steps / limit < 197
        assert 164 < allowed < 165
        assert n > flint.arb(a).exp()
