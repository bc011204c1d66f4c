"""The logarithm with a proven error, against Arb over all normal doubles."""

from __future__ import annotations

import math
import sys

import flint
import mpmath
import numpy as np
import pytest

from theorycheck.arithmetic import logarithm as module
from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.logarithm import BRANCH, ERROR, logarithm, minus_log
from theorycheck.inputs.numbers import Floats

RNG = np.random.default_rng(13)


def next_to(value: float, steps: int = 40) -> list[float]:
    """The value and its neighbours on either side."""
    found = [value]
    for towards in (0.0, math.inf):
        last = value
        for _ in range(steps):
            last = math.nextafter(last, towards)
            found.append(last)
    return found


def normal(values: list[float]) -> Floats:
    kept = [value for value in values if sys.float_info.min <= value <= sys.float_info.max]
    return np.array(kept)


PLACES = {
    "any size": (2.0 ** RNG.uniform(-1022, 1024, 2000)).tolist(),
    "around 1": [
        float(x) for size in (1e-15, 1e-9, 1e-3, 0.5) for x in 1 + size * RNG.normal(size=99)
    ],
    "next to 1": next_to(1.0),
    "powers of two": [x for e in range(-1022, 1024, 7) for x in next_to(2.0**e, 2)],
    "next to 1 / sqrt 2": [
        x * 2.0**e for e in (-1021, -1, 0, 1, 1000) for x in next_to(math.sqrt(0.5))
    ],
    "ends": [*next_to(sys.float_info.min), *next_to(sys.float_info.max)],
}


def largest_share(values: Floats) -> float:
    """Largest error over (1 + |l|) u."""
    found = logarithm(values).tolist()
    with Ball(40).scope():
        return max(
            float(abs(flint.arb(x).log() - found_log)) / (1 + abs(found_log)) * 2.0**53
            for x, found_log in zip(values.tolist(), found, strict=True)
        )


@pytest.mark.parametrize("place", PLACES)
def test_the_error_is_within_its_bound(place: str) -> None:
    """The worst of 3 * 10^5 values was 4.1 u (1 + |l|), of [1/2, 3/2]; the proof gives 7 u."""
    share = largest_share(normal(PLACES[place]))
    assert share <= 4.5 < ERROR * 2.0**53 <= 7


def test_constants() -> None:
    """A is next to 1 / sqrt(2), LOG_2 next to log 2, as close as the proof says."""
    unit = 2.0**-53
    with Ball(40).scope():
        log_2 = flint.arb(2).log()
        assert abs(flint.arb(float(module._A)).log() + log_2 / 2) < 0.62 * unit
        assert abs(float(module._LOG_2) / log_2 - 1) < 0.31 * unit


def test_the_numbers_of_the_proof() -> None:
    """The sizes of z, y and the sum, what is cut, and what the later terms are off by."""
    unit = 2.0**-53
    with Ball(40).scope():
        a = flint.arb(float(module._A))
        z = max((1 - a) / (1 + a), (a - flint.arb(0.5)) / (a + flint.arb(0.5)), key=float)
        assert z < 0.1717
        assert z**2 < 0.0295
        assert (1 + z).log() - (1 - z).log() < 0.347
        size, y = 2 * flint.arb("0.1717"), flint.arb("0.0295")
        assert size * y**9 / (19 * (1 - y)) < 2.9 * unit
        later = [(8.04 * k + 5.02) * size * y**k / (2 * k + 1) for k in range(1, 9)]
        assert sum(later, flint.arb(0)) < 0.05


def test_the_series_is_cut_where_the_proof_says() -> None:
    """Nine coefficients, the double next to 2 / (2k + 1) each."""
    assert module._COEFFICIENTS.ravel().tolist() == [2 / (2 * k + 1) for k in range(9)]


def test_what_is_left_of_a_logarithm_near_one() -> None:
    """s - 1 - log s, as Lemma 2 says, on both sides of 1 and of the ends of Gauss's rule."""
    s = np.array(
        [
            *np.linspace(0.6, 1.4, 400),
            *next_to(0.6),
            *next_to(1.4),
            *(1 + sign * 2.0**-k for k in range(2, 53) for sign in (-1, 1)),
            *(2.0 ** RNG.uniform(-900, 900, 400)),
            1e-3,
            0.3,
            1.5,
            2.0**53 + 2,
        ]
    )
    r = s - 1
    found = minus_log(r, s, abs(r) > BRANCH)
    worst = 0.0
    with Ball(60).scope():
        for value, rest, entry in zip(s.tolist(), r.tolist(), found.tolist(), strict=True):
            exact = flint.arb(value) - 1 - flint.arb(value).log()
            error = abs(entry - exact)
            if abs(rest) <= BRANCH:
                assert error <= 26 * 2.0**-53 * exact
                worst = max(worst, float(error / exact) * 2.0**53 if exact > 0 else 0.0)
            else:
                assert error <= ERROR * (1 + 2 * abs(rest) + entry) + 2.0**-53 * entry
    assert worst > 1


def test_the_kernel_of_what_is_left() -> None:
    """Also where 1 + r is rounded: within 25 units of r - log(1 + r) up to 2/5."""
    r = np.concatenate([np.linspace(-0.4, 0.4, 400), -(2.0 ** -np.arange(2, 90))])
    found = minus_log(r, 1 + r, abs(r) > BRANCH)
    with Ball(60).scope():
        for value, entry in zip(r.tolist(), found.tolist(), strict=True):
            exact = value - flint.arb(value).log1p()
            assert abs(entry - exact) <= 25 * 2.0**-53 * exact


def test_the_rule_of_what_is_left() -> None:
    """Its 12 nodes integrate what has 24 coefficients, and its error is what Lemma 2 says."""
    inverse, weights = module._INVERSE_NODES.ravel(), module._UNIT_WEIGHTS
    for k in range(24):
        assert weights @ inverse**-k == pytest.approx(1 / (k + 1), rel=1e-13)
    with mpmath.workdps(40):
        n, u = 12, mpmath.mpf(2) / 5
        factor = mpmath.factorial(n) ** 4 / ((2 * n + 1) * mpmath.factorial(2 * n) ** 2)
        assert factor * u ** (2 * n - 1) / (1 - u) ** (2 * n + 1) < 4e-18 * 0.35
        # The integral of t / (1 + r t) is at least 0.35 for r up to 2/5.
        assert mpmath.quad(lambda t: t / (1 + u * t), [0, 1]) > 0.35
