"""Float64 sums: the three ways agree, ranks 3 to 5 against products, and the random points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import ball
from theorycheck.dynamics.trajectory import gradient_em, recorded_times
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.expectations.float64 import regimes as fm
from theorycheck.expectations.float64.lattice import float_grid
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import SampledPopulation, population
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
    monkeypatch.setattr(fm, "SERIES_REACH", 0.0)
    monkeypatch.setattr(fm, "_LARGEST_EXPONENT", 0.0)
    general = fm.float_moments(c, w, lambda: mean)
    for name in FIELDS:
        assert worst(getattr(found, name), getattr(general, name)) < 1e-11, name


@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_weights_of_a_grid_sum_to_one(rank: int) -> None:
    """The ball holds the mass of the normal distribution; no node is counted twice."""
    grid = float_grid([1.0] * rank, 7.5, np.log(1e-6))
    total = sum(block.weights.sum() for part in grid.parts for block in part.blocks)
    assert total == pytest.approx(1, abs=1e-7)
    nodes = np.concatenate([x for x, _ in fm._nodes(grid)])
    assert len(np.unique(nodes.round(9), axis=0)) == len(nodes)


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


def test_random_points_tell_their_error() -> None:
    """Above rank 5 an estimate with a standard error that covers the truth, reproducibly."""
    line = Mixture([[1, 0, 0, 0, 0, 0], [-1, 0, 0, 0, 0, 0]])
    full = Mixture(np.eye(7, 6))
    assert population(line).standard_error is None
    found, again = population(full), population(full)
    assert isinstance(found, SampledPopulation)
    assert found.loss == again.loss
    error = found.standard_error
    assert 0 < error.loss < 0.01 * found.loss
    assert abs((found.gradient * found.means).sum() - found.fisher_divergence) < 1e-3
    assert found.responsibilities.sum() == pytest.approx(1, abs=1e-12)
    # In the seven means one coordinate each: the responsibilities of the six are equal.
    six = found.responsibilities[:6]
    assert abs(six - six.mean()).max() <= 6 * error.responsibilities.max()


def test_random_points_vanish_at_the_optimum() -> None:
    """As the means shrink the estimates of loss and gradient go to 0 with the truth."""
    for size in (1e-3, 1e-6):
        at = population(Mixture(size * np.eye(7, 6)))
        assert 0 < at.loss < size**2
        assert abs(at.gradient).max() < size
        assert at.standard_error.loss < 0.1 * at.loss


def test_random_points_under_a_mixture_truth() -> None:
    """The standard errors of the parts add up."""
    truth = Mixture([[0.5] + [0.0] * 5, [-0.5] + [0.0] * 5])
    at = population(Mixture(np.eye(7, 6)), truth=truth)
    assert at.standard_error.gradient.shape == (7, 6)
    assert at.standard_error.loss > 0


def test_recorded_times() -> None:
    """Log-spaced steps, increasing, with both ends; a list as it is; errors otherwise."""
    times = recorded_times("log", 10_000)
    assert times[0] == 0
    assert times[-1] == 10_000
    assert (np.diff(times) > 0).all()
    assert 100 < len(times) < 250
    assert recorded_times("all", 3).tolist() == [0, 1, 2, 3]
    assert recorded_times("log", 0).tolist() == [0]
    for wrong, error in (("some", InvalidValue), ([2, 1], InvalidValue), ([0.5], InvalidType)):
        with pytest.raises(error):
            recorded_times(wrong, 5)  # type: ignore[arg-type]


def test_a_recorded_trajectory_is_part_of_the_whole() -> None:
    """Recording fewer iterates changes none of them."""
    start = Mixture(["1.5", "-0.7", 2], [2, 5, 3])
    whole, part = gradient_em(start, 1, 60), gradient_em(start, 1, 60, record=[0, 7, 60])
    assert part.times.tolist() == [0, 7, 60]
    assert (part.loss == whole.loss[[0, 7, 60]]).all()
    assert (part.coordinates == whole.coordinates[[0, 7, 60]]).all()


def test_coarser_accuracy_stays_close() -> None:
    """A trajectory of accuracy 1e-8 follows the exact one."""
    start = Mixture(np.random.default_rng(1).normal(size=(4, 3)))
    exact, coarse = gradient_em(start, 1, 40), gradient_em(start, 1, 40, accuracy=1e-8)
    np.testing.assert_allclose(coarse.loss, exact.loss, rtol=1e-5)
