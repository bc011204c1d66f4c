"""Float64 sums: the three ways agree, ranks 3 to 5 against products and balls."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import ball
from theorycheck.expectations.float64 import regimes as fm
from theorycheck.expectations.float64.lattice import GAUSS_REACHES, float_grid
from theorycheck.expectations.float64.near_optimum import near_optimum_moments
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture

FIELDS = Moments._fields


def worst(found: Any, exact: Any) -> float:
    a, b = np.asarray(found, dtype=float), np.asarray(exact, dtype=float)
    return float(abs(a - b).max() / abs(b).max())


def student(rank: int, size: float, n: int = 6) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(rank)
    c, w = size * rng.normal(size=(n, rank)), rng.dirichlet(np.full(n, 3.0))
    return c, w, w @ c


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("size", [0.1, 0.4, 1.0])
def test_the_ways_agree(monkeypatch: pytest.MonkeyPatch, rank: int, size: float) -> None:
    """Series near the optimum, direct sums and the log domain give the same fields."""
    c, w, mean = student(rank, size / 2)
    found = fm.float_moments(c, w, lambda: mean)
    monkeypatch.setattr(fm, "direct_moments", lambda *_: None)
    series = fm.float_moments(c, w, lambda: mean)
    monkeypatch.setattr(fm, "_gauss", lambda *_: None)
    monkeypatch.setattr(fm, "SERIES_REACH", 0.0)
    monkeypatch.setattr(fm, "SERIES_FARTHEST", 0.0)
    general = fm.float_moments(c, w, lambda: mean)
    for name in FIELDS:
        assert worst(getattr(found, name), getattr(general, name)) < 1e-11, name
        assert worst(getattr(series, name), getattr(general, name)) < 1e-11, name


@pytest.mark.parametrize("size", GAUSS_REACHES)
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("shares", [(1, 1), (1, 3), (1e-6, 1)])
def test_gauss_is_as_good_as_a_finer_grid(
    rank: int, size: float, shares: tuple[float, float]
) -> None:
    """Two opposite means as far as its nodes are used: the zeros of S are nearest to them."""
    direction = np.array([3.0, -2, 6])[:rank]
    direction /= np.sqrt(direction @ direction)
    c, w = size * np.array([1.0, -1])[:, None] * direction, np.array(shares) / sum(shares)
    found = fm.float_moments(c, w, lambda: w @ c)
    finer = float_grid([1.0] * rank, 10.5, math.log(1e-16) - 9)
    exact = near_optimum_moments(c, w, w @ c, finer, False)
    for name in FIELDS:
        assert worst(getattr(found, name), getattr(exact, name)) < 2e-14, name


@pytest.mark.parametrize(("rank", "tolerance"), [(3, 1e-13), (4, 1e-9), (5, 1e-6)])
def test_a_box_is_a_product(rank: int, tolerance: float) -> None:
    """Two means per axis: the loss adds up, the gradient is a product."""
    sides = [Mixture([1, "-0.4"], [1, 2]), Mixture([1, -1], [3, 1]), Mixture(["0.3", 0])]
    sides += [Mixture(["0.2", "-0.1"]), Mixture(["0.5", "-0.2"])]
    sides = sides[:rank]
    corners = list(np.ndindex(*(2,) * rank))
    means = [[side.means[k][0] for side, k in zip(sides, c, strict=True)] for c in corners]
    weights = [
        np.prod([float(side.weights[k]) for side, k in zip(sides, c, strict=True)]) for c in corners
    ]
    found, parts = population(Mixture(means, weights)), [population(side) for side in sides]
    assert found.loss == pytest.approx(sum(part.loss for part in parts), rel=tolerance)
    masses = parts[1].responsibilities
    for part in parts[2:]:
        masses = np.multiply.outer(masses, part.responsibilities).ravel()
    expected = np.multiply.outer(parts[0].gradient[:, 0], masses).ravel()
    assert worst(found.gradient[:, 0], expected) < tolerance


def test_rank_three_agrees_with_balls() -> None:
    """Balls of rank 3 enclose what float64 finds."""
    mixture = Mixture(np.eye(4, 3) * 0.6, [1, 2, 3, 4])
    floats, balls = population(mixture), population(mixture, arithmetic=ball(12))
    for name in FIELDS:
        assert worst(getattr(floats, name), getattr(balls, name)) < 1e-12, name


@pytest.mark.long
@pytest.mark.parametrize("rank", [4, 5])
@pytest.mark.parametrize("size", [0.15, 1.0])
def test_the_tolerance_is_kept(rank: int, size: float) -> None:
    """The error of a grid of high rank is below what `grid_tolerance` tells."""
    c, w, mean = student(rank, size)
    found = fm.float_moments(c, w, lambda: mean)
    fine = fm.float_moments(c, w, lambda: mean, budget=4 * fm.BUDGET)
    tolerance = fm.grid_tolerance(c, w)
    for name in ("responsibilities", "overlap", "gradient", "fisher_divergence"):
        assert worst(getattr(found, name), getattr(fine, name)) <= tolerance + 1e-15, name


@pytest.mark.parametrize("size", [0.0003, 0.05, 0.15, 0.3])
def test_coarse_sums_keep_the_loss_near_the_optimum(size: float) -> None:
    """At rank 5 and a coarse accuracy, loss and gradient of centred means stay relatively right."""
    c, w, _ = student(5, size)
    c -= w @ c
    mean = np.zeros(5)
    found, fine = (
        fm.float_moments(c, w, lambda: mean, 1e-6),
        fm.float_moments(c, w, lambda: mean, 1e-10),
    )
    assert worst(found.loss, fine.loss) < 1e-4
    assert worst(found.gradient, fine.gradient) < 1e-6


@pytest.mark.parametrize("size", [1e-9, 0.2, 1.0, 4.0])
@pytest.mark.parametrize("rank", [1, 2])
def test_the_slow_way_is_left_for_what_remains(
    rank: int, size: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Near and moderate means never fall back to sums in the log domain."""

    def refuse(*_: Any) -> None:
        raise AssertionError("the log domain")

    monkeypatch.setattr(fm, "log_domain_moments", refuse)
    c, w, mean = student(rank, size)
    assert fm.float_moments(c, w, lambda: mean).loss > 0
