"""Two independent ways to the same numbers: the grids with a proven error, and the oracle.

The oracle has another formula (the definition), another library and its own step control. The
cases are generated from a seed; a sample runs by default, all of them with `-m slow`.
"""

from __future__ import annotations

from typing import Any

import flint
import mpmath
import numpy as np
import pytest

from theorycheck import oracle
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.expectations.population import population
from theorycheck.expectations.reduction import affine_rank, rational_matrix
from theorycheck.inputs.mixture import Mixture

TINY = 1e-290  # float64 is not asked for relative accuracy below this
LINES, PLANES = 200, 50  # the acceptance run
FIELDS = ("loss", "responsibilities", "overlap", "gradient", "fisher_divergence")


def line(seed: int) -> Mixture:
    """A mixture of affine rank 1, the spread of its means between 1e-6 and 60.

    In dimension 1 to 3, with a random place of the line, and a weight that may be tiny; every
    fourth case has weighted mean zero, where the loss is of fourth order.
    """
    rng = np.random.default_rng([1, seed])
    n = int(rng.integers(2, 5))
    size = 10 ** rng.uniform(-6, np.log10(60))
    weights = rng.dirichlet(np.ones(n)) + 1e-3
    weights[0] *= 1 if seed % 5 else 1e-9
    t = rng.uniform(size=n)
    t = size * (t - t.min()) / np.ptp(t)
    d = int(rng.integers(1, 4))
    if seed % 4 == 0:
        t -= weights @ t / weights.sum()
        offset = np.zeros(d)
    else:
        t -= t[rng.integers(n)] * rng.integers(2)
        offset = rng.normal(size=d) * min(size, 2) * rng.integers(2)
    # Few bits, so that the points are exactly on their line.
    direction = np.round(rng.uniform(-8, 8, size=d))
    direction[0] += 9
    t, offset = np.round(t / size * 2**16) / 2**16 * size, np.round(offset * 2**10) / 2**10
    length = float(np.round(np.linalg.norm(direction)))
    exact = Mixture([[float(entry)] for entry in t / length], weights.tolist())
    rows = [[row[0] * int(v) for v in direction] for row in exact.means]
    return Mixture(rows, weights.tolist()).shifted(offset.tolist())


def plane(seed: int) -> Mixture:
    """A mixture of affine rank 2 in the plane, the spread of its means up to 8."""
    rng = np.random.default_rng([2, seed])
    n = int(rng.integers(3, 5))
    size = 10 ** rng.uniform(-2, np.log10(8))
    means = rng.uniform(-1, 1, size=(n, 2))
    means *= size / np.ptp(means, axis=0).max()
    weights = rng.dirichlet(np.ones(n)) + 1e-3
    if seed % 4 == 0:
        means -= weights @ means / weights.sum()
    return Mixture(means.tolist(), weights.tolist())


def enclosing(value: Any, digits: int) -> flint.arb:
    """An oracle's mpf, exactly, grown by one unit of its last digit."""
    sign, man, exp, _ = mpmath.mpf(value)._mpf_
    exact = flint.arb(-int(man) if sign else int(man)) * flint.arb(2) ** exp
    return exact + flint.arb(0, abs(exact).upper()) * flint.arb(10) ** -digits


def pairs(found: Any, expected: Any) -> list[tuple[Any, Any]]:
    a, b = (np.asarray(value, dtype=object).ravel() for value in (found, expected))
    return list(zip(a, b, strict=True))


def float_errors(mixture: Mixture, expected: oracle.OraclePopulation) -> dict[str, float]:
    """The largest relative error of each float64 field; the gradient's by its largest entry."""
    found = population(mixture)
    errors = {}
    for name in FIELDS:
        entries = pairs(getattr(found, name), getattr(expected, name))
        largest = max(abs(exact) for _, exact in entries)
        scales = [largest if name == "gradient" else abs(exact) for _, exact in entries]
        errors[name] = max(
            (
                float(abs(mpmath.mpf(float(value)) - exact) / scale)
                for (value, exact), scale in zip(entries, scales, strict=True)
                if scale > TINY
            ),
            default=0.0,
        )
    return errors


def assert_enclosed(mixture: Mixture, expected: oracle.OraclePopulation) -> float:
    """The oracle's 60 digits are in the 40-digit balls; returns the widest overlap, relatively."""
    found = population(mixture, arithmetic=ball(40))
    widest = 0.0
    with ball(200).scope():
        for name in FIELDS:
            entries = pairs(getattr(found, name), getattr(expected, name))
            for value, exact in entries:
                # Some entries of the gradient are 0, and the oracle's digits are the largest's.
                slack = max(abs(e) for _, e in entries) * mpmath.mpf(10) ** -58
                near = enclosing(exact, 58) + flint.arb(0, enclosing(slack, 5).upper())
                assert value.overlaps(near), (name, value, exact)
        for value in found.overlap.ravel():
            widest = max(widest, float((value.rad() / abs(value)).upper()))
    return widest


def assert_agreement(mixture: Mixture, record: Any) -> None:
    """Float64 to 1e-12, balls around the oracle, overlaps narrower than 1e-35: all relative."""
    with mpmath.workdps(70):
        expected = oracle.population(mixture, digits=60)
        errors = float_errors(mixture, expected)
        widest = assert_enclosed(mixture, expected)
    for name, error in {**errors, "width": widest}.items():
        record(name, error)
    assert max(errors.values()) <= 1e-12, errors
    assert widest <= 1e-35


# Some of these are chosen: the sample is to be fast, and the oracle needs seconds for far means.
FAST_LINES = [seed for seed in range(60) if np.ptp(np.array(line(seed).means, float)) < 20][:20]
FAST_PLANES = [seed for seed in range(60) if np.ptp(np.array(plane(seed).means, float)) < 2][:3]


@pytest.mark.long
@pytest.mark.parametrize("seed", FAST_LINES)
def test_agreement_on_a_line(seed: int, record_property: Any) -> None:
    """A sample of the acceptance run, affine rank 1."""
    assert_agreement(line(seed), record_property)


@pytest.mark.parametrize("seed", FAST_PLANES)
def test_agreement_in_the_plane(seed: int, record_property: Any) -> None:
    """A sample of the acceptance run, affine rank 2, at half the digits."""
    mixture = plane(seed)
    with mpmath.workdps(40):
        expected = oracle.population(mixture, digits=30)
        errors = float_errors(mixture, expected)
    assert max(errors.values()) <= 1e-12, errors


@pytest.mark.parametrize(
    ("student", "truth"),
    [
        (Mixture([1, "-0.5"], [1, 2]), Mixture([0, 2], [3, 1])),
        (Mixture(["0.1", 8, "8.5"]), Mixture([-2, 2, 9])),
    ],
)
def test_agreement_under_a_mixture_truth(student: Mixture, truth: Mixture) -> None:
    """Both ways take the truth's entropy and score into account, by different formulas."""
    with mpmath.workdps(50):
        expected = oracle.population(student, digits=40, truth=truth)
        found = population(student, truth=truth, arithmetic=ball(25))
        floats = population(student, truth=truth)
        for name in FIELDS:
            for value, exact in pairs(getattr(found, name), getattr(expected, name)):
                assert value.overlaps(enclosing(exact, 30)), name
            for value, exact in pairs(getattr(floats, name), getattr(expected, name)):
                assert float(value) == pytest.approx(float(exact), rel=1e-11, abs=1e-14), name


def test_generated_cases_are_what_they_claim() -> None:
    """Ranks are exact, spreads reach both ends, and the tiny weights and zero means are there."""
    lines, planes = [line(k) for k in range(LINES)], [plane(k) for k in range(PLANES)]
    assert {affine_rank(rational_matrix(m.means)) for m in lines} == {1}
    assert {affine_rank(rational_matrix(m.means)) for m in planes} == {2}
    spreads = []
    for mixture in lines:
        means = np.array(mixture.means, dtype=float)
        spreads.append(max(np.linalg.norm(a - b) for a in means for b in means))
    assert min(spreads) < 3e-6
    assert 50 < max(spreads) < 70
    assert min(float(min(m.weights)) for m in lines) < 1e-9
    assert max(np.ptp(np.array(m.means, dtype=float), axis=0).max() for m in planes) <= 8.001


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(LINES))
def test_every_line_agrees(seed: int, record_property: Any) -> None:
    """The acceptance run, affine rank 1."""
    assert_agreement(line(seed), record_property)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(PLANES))
def test_every_plane_agrees(seed: int, record_property: Any) -> None:
    """The acceptance run, affine rank 2."""
    assert_agreement(plane(seed), record_property)
