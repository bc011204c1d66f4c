"""The benchmark's table has its shape; no time is asserted."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.expectations import monte_carlo
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture
from theorycheck.studies import benchmark, competitors
from theorycheck.studies.experiment import Options

CASE = Mixture(["1.5", "-0.7", 2], [1, 2, 1])


@pytest.mark.long
def test_rows_have_times_errors_and_a_ratio_with_its_spread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(benchmark, "cases", lambda: {"rank 1 moderate": CASE})
    monkeypatch.setattr(competitors, "SAMPLES", 1000)
    small = Options(dimension=2, components=(2, 3), steps=4, samples=100, sampled_steps=0)
    monkeypatch.setattr(benchmark, "REFERENCE", small)
    rows = list(benchmark.timings(rounds=1))
    assert {"Monte Carlo", "Gauss-Hermite", "scipy quad", "flint acb", "mpmath"} <= {
        row.rival.partition(",")[0].replace(".integral", "").replace(" quad", "")
        if row.rival != "scipy quad, 1e-12"
        else "scipy quad"
        for row in rows
    }
    for row in rows:
        assert row.ratio_low <= row.ratio <= row.ratio_high
        assert row.our_seconds > 0
        assert math.isfinite(row.rival_error), row.rival
        assert row.our_error < (1e-6 if row.case == "three panels" else 1e-12)
    assert rows[-1].case == "three panels"
    assert rows[-1].rival_error > 1e-3
    lines = list(benchmark.lines(rows, [benchmark.Growth("rank", 2, 1e-3)]))
    assert len(lines) == len(rows) + 2


def test_seconds_of_a_call() -> None:
    assert 0 < benchmark.seconds(lambda: sum(range(10))) < 1


def test_rivals_agree_with_ours() -> None:
    """A rival that computes something else would be no rival."""
    c, w = FLOAT64.array(CASE.means), FLOAT64.array(CASE.weights)
    at = population(CASE)
    entries = [*at.overlap[np.triu_indices(3)], at.loss]
    np.testing.assert_allclose(competitors.gauss_hermite(c, w, 200), at.gradient, atol=1e-12)
    np.testing.assert_allclose(competitors.scipy_quad(c, w, 1e-12), entries, atol=1e-11)
    np.testing.assert_allclose(competitors.monte_carlo(c, w), at.gradient, atol=0.02)
    np.testing.assert_allclose(competitors.scipy_cubature(c, w, 1e-8), entries, atol=1e-8)
    found = [float(value.real) for value in competitors.acb_integral(c, w, 15)]
    np.testing.assert_allclose(found, entries, atol=1e-13)
    loss, gradient = monte_carlo.sampled_step(c, w, np.random.default_rng(0), 350_000)
    assert loss == pytest.approx(at.loss, abs=0.01)
    np.testing.assert_allclose(gradient, at.gradient, atol=0.02)
    assert not math.isnan(loss)


def test_jax_is_a_rival_where_it_is_installed() -> None:
    compiled = competitors.jax_monte_carlo(*CASE.doubles)
    if compiled is None:
        pytest.skip("JAX is not installed")
    exact = population(CASE).gradient
    assert abs(compiled() - exact).max() < 0.02


def test_without_jax_there_is_one_rival_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    assert competitors.jax_monte_carlo(*CASE.doubles) is None
