"""The logarithm with a proven error, against Arb over all normal doubles."""

from __future__ import annotations

import math
import sys

import flint
import numpy as np
import pytest

from theorycheck.arithmetic import logarithm as module
from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.logarithm import ERROR, logarithm
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
