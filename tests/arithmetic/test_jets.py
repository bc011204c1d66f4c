"""Taylor coefficients: over boxes and exact at s = 0."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from theorycheck.arithmetic.boxes import Batch
from theorycheck.arithmetic.jets import Jet, Space
from theorycheck.arithmetic.quotients import Quotient
from theorycheck.errors import InvalidValue, NotOnRegions

ORDER = 4
S, M = 0.25, 1.5


def variables(size: float) -> tuple[Jet, Jet]:
    """s around S, or from 0 to beyond it, and a parameter m around M; exact at s = 0."""
    (m,) = Quotient.variables(["m"])
    batch = Batch(np.full((2, 1), size))
    space = Space(batch, ORDER, m)
    ends = [[np.array([value + by]) for by in (0.0, -size, size)] for value in (S, M)]
    s, mean = (batch.coordinate(k, *places) for k, places in enumerate(ends))
    one = batch.coordinate(0, *ends[0]).constant(1)
    return Jet(space, [s, one], [0, m.constant(1)]), Jet(space, [mean], [m])


FUNCTIONS: list[tuple[Any, bool]] = [
    (lambda s, m, _: s * s * m + 3 - m, True),
    (lambda s, m, _: (s + m) / (1 + s * m), True),
    (lambda s, m, _: 2 / (m - s) - s / 3, True),
    (lambda s, m, f: f.exp(s * m) * (m + s), True),
    (lambda s, m, f: f.log(1 + s * m + s**3), True),
    (lambda s, m, f: f.sqrt(1 + s * m) * -s, True),
    (lambda s, m, f: f.exp(m + s) - f.log(m + s * s), False),
    (lambda s, m, f: f.sqrt(m + s) ** 2, False),
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_coefficients_are_those_of_taylor(function: Any) -> None:
    rule, is_exact = function
    found = rule(*variables(1e-12), np)
    with mpmath.workdps(30):
        around = mpmath.taylor(lambda s: rule(s, mpmath.mpf(M), mpmath), S, ORDER)
        at_0 = mpmath.taylor(lambda s: rule(s, mpmath.mpf(M), mpmath), 0, ORDER - 1)
    for k, value in enumerate(around):
        ends = found.coefficient(k).span
        assert ends.lo[0] - 1e-9 <= value <= ends.hi[0] + 1e-9, k
        assert ends.hi[0] - ends.lo[0] < 1e-8
    assert (found.exact is not None) == is_exact
    if is_exact:
        for k, value in enumerate(at_0):
            entry = found.exact[k] if k < len(found.exact) else 0
            assert math.isclose(evaluated(entry), value, abs_tol=1e-12), k


def evaluated(entry: Any) -> float:
    if isinstance(entry, int):
        return entry
    above, below = (dict(part.to_dict()) for part in (entry.above, entry.below))
    values = [
        sum(float(q) * M ** int(powers[0]) for powers, q in p.items()) for p in (above, below)
    ]
    return values[0] / values[1]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_coefficients_over_a_box_hold_those_at_its_points(function: Any) -> None:
    rule, _ = function
    found = rule(*variables(0.2), np)
    random = np.random.default_rng(1)
    for _ in range(10):
        s, m = (
            place + float(random.choice([-0.2, 0.2, random.uniform(-0.2, 0.2)])) for place in (S, M)
        )
        with mpmath.workdps(30):
            exact = mpmath.taylor(lambda s, m=m: rule(s, mpmath.mpf(m), mpmath), s, ORDER)
        for k, value in enumerate(exact):
            ends = found.coefficient(k).span
            assert ends.lo[0] - 1e-9 <= value <= ends.hi[0] + 1e-9, k


def test_the_order_in_which_a_jet_vanishes_is_exact() -> None:
    s, m = variables(0.1)
    assert (m * m / m - m).vanishing == ORDER
    assert (s * m).vanishing == 1
    assert (np.exp(s) - 1 - s).vanishing == 2
    assert (m - m + Fraction(1, 10**30)).vanishing == 0
    assert np.exp(m).vanishing is None
    assert (1 / s).vanishing is None


def test_quotients_are_functions() -> None:
    m, p = Quotient.variables(["m", "p"])
    assert ((m + p) * (m - p) - m * m + p * p).is_zero
    assert not (m - p).is_zero
    assert ((1 - p) / (1 - p) - 1).is_zero
    assert ((m / p + 1) - (m + p) / p).is_zero
    with pytest.raises(InvalidValue, match="inverse of 0"):
        _ = 1 * m / (p - p)


@pytest.mark.parametrize("what", [abs, float, bool, lambda x: x > 1, lambda x: np.tanh(x)])
def test_what_has_no_coefficients_is_refused(what: Any) -> None:
    s, _ = variables(0.1)
    with pytest.raises((NotOnRegions, TypeError), match=r"not on regions yet|loop of ufunc"):
        what(s)
