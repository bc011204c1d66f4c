"""The logarithm with a proven error, against Arb over all normal doubles."""

from __future__ import annotations

import math
import sys

import flint
import numpy as np
import pytest

from theorycheck.arithmetic import logarithm as module
from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.logarithm import BRANCH, ERROR, SMALL_UNITS, logarithm, minus_log
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
    """s - 1 - log s, as Lemma 2 says, on both sides of 1 and of the ends of the series."""
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
                assert error <= SMALL_UNITS * 2.0**-53 * exact
                worst = max(worst, float(error / exact) * 2.0**53 if exact > 0 else 0.0)
            else:
                assert error <= ERROR * (1 + 2 * abs(rest) + entry) + 2.0**-53 * entry
    assert worst > 1


def test_the_kernel_of_what_is_left() -> None:
    """Also where 1 + r is rounded: within 6 u of r - log(1 + r) up to 2/5."""
    r = np.concatenate([np.linspace(-0.4, 0.4, 400), -(2.0 ** -np.arange(2, 90))])
    found = minus_log(r, 1 + r, abs(r) > BRANCH)
    with Ball(60).scope():
        for value, entry in zip(r.tolist(), found.tolist(), strict=True):
            exact = value - flint.arb(value).log1p()
            assert abs(entry - exact) <= SMALL_UNITS * 2.0**-53 * exact


def test_the_series_of_what_is_left() -> None:
    """Twelve coefficients, and the numbers of the proof of Lemma 2, at either end of the series."""
    assert BRANCH == 0.4
    assert module._LATER.ravel().tolist() == [2 / (2 * k + 3) for k in range(12)]
    unit = 2.0**-53
    with Ball(40).scope():
        for r in (flint.arb(-2) / 5, flint.arb(2) / 5):
            y = (r / (2 + r)) ** 2
            assert y <= flint.arb(1) / 16 or y.overlaps(flint.arb(1) / 16)
            whole = abs((r - (1 + r).log()) * (2 + r) / r)  # r - P
            assert 2 * y / 3 <= 0.094 * whole
            first = 2 * y / 3
            later = [(6.4 * k + 10.1) * 2 * y ** (k + 1) / (2 * k + 3) for k in range(12)]
            assert sum(later, flint.arb(0)) < 10.8 * first
            assert 10.8 * first < 1.02 * whole
            assert 2 * y**13 / (27 * (1 - y)) < 0.37 * unit * whole
        for power, off in ((1, 5.03), (2, 11.07), (3, 17.11)):
            assert (2.01 * 2 + 1) * power + power - 1 < off
        for j in range(4):
            for i in range(3):
                k = 3 * j + i
                assert 6.04 * i + 5.03 + j * 18.12 + 2 + 2 + j + 1 < 6.4 * k + 10.1


@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 23, 24])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """One or many, of which the last has less to do, and the values are as they were."""
    values, r = RNG.uniform(0.1, 9.0, size), RNG.uniform(-0.9, 0.9, size)
    before, far = values.tolist(), abs(r) > BRANCH
    whole, rest = logarithm(values), minus_log(r, 1 + r, far)
    monkeypatch.setattr(module, "_BLOCK", 8)
    np.testing.assert_allclose(logarithm(values), whole, rtol=1e-15)
    np.testing.assert_allclose(minus_log(r, 1 + r, far), rest, rtol=1e-15)
    assert values.tolist() == before
