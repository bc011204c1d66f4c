"""Populations over boxes hold those of all their points; slopes those of all differences."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import FLOAT64, Ball, ball
from theorycheck.arithmetic.boxes import Batch, BoxNumber
from theorycheck.arithmetic.intervals import Interval
from theorycheck.claims import get
from theorycheck.expectations.boxes import sums as module
from theorycheck.expectations.boxes.population import population_over_boxes
from theorycheck.expectations.boxes.slopes import indices, slope_in_mean, slope_in_weight
from theorycheck.expectations.population import population
from theorycheck.expectations.trapezoid import grid_error
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Region
from theorycheck.regions.frame import Frame

FIELDS = ("loss", "responsibilities", "overlap", "gradient", "fisher_divergence", "positions")
N_BOXES = 24


def boxes(n: int, size: float, far: float = 2.5) -> tuple[Frame, Any, Any]:
    """A frame of n means and weights, and boxes in it, (P, B) each."""
    region = Region(n, means=(-4, 4), weights=("1/1000", "999/1000") if n > 1 else None)
    frame = Frame.of(region, get("loss-upper"))
    random = np.random.default_rng(n)
    centre = np.concatenate(
        [
            random.uniform(-far, far, (n, N_BOXES)),
            random.dirichlet(np.full(n, 4.0), N_BOXES).T[:-1],
        ]
    )
    sizes = np.array([size] * n + [size / 8] * (n - 1))[:, None]
    return frame, centre - sizes, centre + sizes


def entries(value: Any) -> list[Any]:
    return list(np.atleast_1d(np.asarray(value, dtype=object)).ravel())


def mixture_at(point: Any, n: int) -> Mixture:
    weights = [Fraction(x) for x in point[n:].tolist()]
    return Mixture(point[:n].tolist(), [*weights, 1 - sum(weights)])


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("size", [1e-9, 0.03, 0.3])
@pytest.mark.parametrize("arb", [False, True])
def test_populations_at_points_are_enclosed(n: int, size: float, arb: bool) -> None:
    """Certainly: the exact populations are balls of 20 digits."""
    frame, lo, hi = boxes(n, size)
    lo, hi = lo[:, :6] if arb else lo, hi[:, :6] if arb else hi
    random = np.random.default_rng(3)
    with Ball(20).scope():
        numbers = frame.numbers(lo, hi, arb=arb)
        found = population_over_boxes(numbers.means, numbers.weights)
        for b in range(0, lo.shape[1], 3):
            share = random.choice([0.0, 1.0, random.uniform()], len(lo))
            point = np.clip(lo[:, b] + share * (hi - lo)[:, b], lo[:, b], hi[:, b])
            exact = population(mixture_at(point, n), arithmetic=ball(20))
            for name in FIELDS:
                for number, value in zip(
                    entries(getattr(found, name)), entries(getattr(exact, name)), strict=True
                ):
                    k = min(b, len(number.span.lo) - 1)
                    assert flint.arb(number.span.lo[k]) <= value.upper(), name
                    assert flint.arb(number.span.hi[k]) >= value.lower(), name


@pytest.mark.parametrize("n", [2, 3])
def test_centres_are_known_well(n: int) -> None:
    frame, lo, hi = boxes(n, 0.1)
    numbers = frame.numbers(lo, hi)
    found = population_over_boxes(numbers.means, numbers.weights)
    for b in range(0, N_BOXES, 5):
        centre = np.array([row.centre.lo[b] for row in [*numbers.means, *numbers.weights]])
        exact = population(Mixture(centre[:n].tolist(), centre[n:].tolist()), arithmetic=FLOAT64)
        for name in FIELDS:
            for number, value in zip(
                entries(getattr(found, name)), entries(getattr(exact, name)), strict=True
            ):
                assert number.centre.lo[b] - 1e-14 <= value <= number.centre.hi[b] + 1e-14
                assert number.centre.hi[b] - number.centre.lo[b] < 1e-8


@pytest.mark.parametrize("n", [2, 3])
def test_difference_quotients_are_between_the_slopes(n: int) -> None:
    frame, lo, hi = boxes(n, 0.1)
    numbers = frame.numbers(lo, hi)
    found = population_over_boxes(numbers.means, numbers.weights)
    random = np.random.default_rng(11)
    for b in range(0, N_BOXES, 4):
        for k in range(len(lo)):
            first = lo[:, b] + random.uniform(0, 1, len(lo)) * (hi - lo)[:, b]
            second = first.copy()
            second[k] = lo[k, b] if first[k] > (lo + hi)[k, b] / 2 else hi[k, b]
            exact = [population(mixture_at(point, n)) for point in (first, second)]
            step = (second - first)[k]
            for name in FIELDS:
                for number, old, new in zip(
                    entries(getattr(found, name)),
                    *(entries(getattr(one, name)) for one in exact),
                    strict=True,
                ):
                    quotient = (new - old) / step
                    assert number.slope.lo[k, b] - 1e-11 <= quotient, (name, k)
                    assert number.slope.hi[k, b] + 1e-11 >= quotient, (name, k)


def test_slopes_of_moments_sum_as_they_must() -> None:
    """sum_i M over all of an order is 1, so its slopes are 0; weights have no common scale."""
    for n in (2, 3):
        for k in range(n):
            total: dict[Any, Any] = {}
            for i in range(n):
                unit = tuple(int(j == i) for j in range(n))
                for key, row in slope_in_mean(unit, k).items():
                    total[key] = [a + b for a, b in zip(total.get(key, [0] * n), row, strict=True)]
            assert all(not any(row) for row in total.values())
        for index in indices(n, 2):
            scaled: dict[Any, int] = {}
            for k in range(n):
                for key, count in slope_in_weight(index, k).items():
                    scaled[key] = scaled.get(key, 0) + count
            assert not any(scaled.values())


def test_a_chain_of_slopes_goes_through_moved_means() -> None:
    """The loss after a step of gradient EM, as a function of the start."""
    frame, lo, hi = boxes(2, 0.05)
    numbers = frame.numbers(lo, hi)
    before = population_over_boxes(numbers.means, numbers.weights)
    moved: list[BoxNumber] = [
        mean - gradient / 2
        for mean, gradient in zip(numbers.means, before.gradient[:, 0], strict=True)
    ]
    after = population_over_boxes(moved, numbers.weights)
    for b in range(N_BOXES):
        for point in (lo[:, b], hi[:, b], (lo + hi)[:, b] / 2):
            start = population(mixture_at(point, 2))
            means = (start.means - start.gradient / 2)[:, 0]
            weights = start.weights
            exact = population(Mixture(means.tolist(), weights.tolist()))
            assert after.loss.span.lo[b] - 1e-13 <= exact.loss <= after.loss.span.hi[b] + 1e-13
    assert (after.loss.span.hi - after.loss.span.lo).max() < 0.5


def test_of_means_that_are_too_far_nothing_is_known() -> None:
    batch = Batch(np.full((1, 2), 0.1))
    x = batch.coordinate(0, np.array([1.0, 30.0]), np.array([0.9, 29.9]), np.array([1.1, 30.1]))
    found = population_over_boxes([x, x.constant(0)], [x.constant(Fraction(1, 2))] * 2)
    assert np.isfinite(found.loss.span.lo[0])
    assert not np.isfinite(found.loss.span.lo[1])
    for number in (found.overlap[0, 0], found.responsibilities[1], found.gradient[0, 0]):
        assert not np.isfinite(number.span.lo[1])
        assert np.isnan(number.slope.lo[0, 1])
        assert np.isfinite(number.slope.lo[0, 0])


def test_a_moment_is_not_below_zero_however_little_is_known() -> None:
    """Sums of moments rely on it."""
    with Ball(20).scope():
        thin = Interval(*2 * (np.array([flint.arb(1)], dtype=object),))
        sums = module.Sums.over(module.axis_for(1.0), [thin], [thin])
        wide = np.full((1, len(sums.nodes.x)), flint.arb(0, 1), dtype=object)
        assert sums._outward(wide, wide, 2).lo[0] == 0


def moments_at(mixture: Mixture, order: int) -> dict[Any, float]:
    """The moments of an order by a fine sum in float64."""
    x = np.linspace(-12, 12, 1201)
    means, weights = (np.array(part, dtype=float) for part in (mixture.means, mixture.weights))
    densities = weights[:, None] * np.exp(-((x - means) ** 2) / 2)
    psi = densities / densities.sum(axis=0)
    share = 0.02 * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    return {
        index: float(
            (share * np.prod([p**a for p, a in zip(psi, index, strict=True)], axis=0)).sum()
        )
        for index in indices(len(psi), order)
    }


@pytest.mark.long
@pytest.mark.parametrize("n", [2, 3])
def test_moments_over_wide_boxes_need_no_slopes(n: int) -> None:
    """The ranges at the nodes alone hold the moments at all points: also where psi has its peak."""
    frame, lo, hi = boxes(n, 0.8, far=1.0)
    numbers = frame.numbers(lo, hi)
    c, pi = ([number.span for number in part] for part in (numbers.means, numbers.weights))
    found = module.Sums.over(module.axis_of(c), c, pi).moments(4)
    random = np.random.default_rng(2)
    widest = dict.fromkeys(found, 1e9)
    for b in range(N_BOXES):
        for _ in range(60):
            share = random.choice([0.0, 1.0, 0.5, random.uniform()], len(lo))
            point = np.clip(lo[:, b] + share * (hi - lo)[:, b], lo[:, b], hi[:, b])
            if not 1 - point[n:].sum() > 0.002 or point[n:].min() < 0.002:
                continue
            for index, value in moments_at(mixture_at(point, n), 4).items():
                assert found[index].lo[b] <= value + 1e-12
                assert found[index].hi[b] >= value - 1e-12
                gap = (found[index].hi[b] - value) / (found[index].hi[b] - found[index].lo[b])
                widest[index] = min(widest[index], gap)
    assert n > 2 or max(widest.values()) < 0.2  # nearly reached, so not wide without need


def test_products_of_two_have_their_peak_within_the_range() -> None:
    """p^a (1 - p)^b where the range of p has its mode in the middle, at an end, or beside."""
    ends = np.array([[0.1, 0.4], [0.5, 0.9], [0.4, 0.6], [0.74, 0.76], [0.9, 0.95], [0.0, 1.0]])
    least, most = [ends[:, :1], 1 - ends[:, 1:]], [ends[:, 1:], 1 - ends[:, :1]]
    share = np.linspace(0, 1, 1001)
    p = ends[:, :1] + share * (ends[:, 1:] - ends[:, :1])
    for (a, b), low, high in module._products_of_two(least, most, 4):
        values = p**a * (1 - p) ** b
        assert (low[:, 0] <= values.min(axis=1) + 1e-15).all()
        assert (high[:, 0] >= values.max(axis=1) - 1e-15).all()
        assert (low[:, 0] >= values.min(axis=1) - 1e-6).all()
        assert (high[:, 0] <= values.max(axis=1) + 1e-5).all()


def test_a_mean_within_its_range_at_a_node_has_distance_0() -> None:
    x = np.array([-1.0, 0.1, 2.0])
    c = Interval(np.array([0.0]), np.array([0.5]))
    low, high = module._densities(x, c, Interval(np.array([0.2]), np.array([0.4])))
    assert np.allclose(high, [[0.4 * np.exp(-0.5), 0.4, 0.4 * np.exp(-1.125)]])
    assert np.allclose(low, 0.2 * np.exp(-(np.array([[1.5, 0.4, 2.0]]) ** 2) / 2))


def test_what_the_grid_leaves_out_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fine grid that reaches only to 2 lacks up to 0.0455 of every moment."""
    monkeypatch.setattr(module, "_REACH", 2.0)
    frame, lo, hi = boxes(2, 1e-9)
    numbers = frame.numbers(lo, hi)
    c, pi = ([number.span for number in part] for part in (numbers.means, numbers.weights))
    found = module.Sums.over(module.axis_of(c), c, pi).moments(2)
    for b in range(N_BOXES):
        for index, value in moments_at(mixture_at((lo + hi)[:, b] / 2, 2), 2).items():
            assert found[index].lo[b] - 1e-9 <= value <= found[index].hi[b] + 1e-9


@pytest.mark.parametrize("reach", [2.0, 8.0])
@pytest.mark.parametrize("log_tolerance", [-3.0, -23.0])
def test_the_error_of_the_loss_is_that_of_the_lemma(
    monkeypatch: pytest.MonkeyPatch, reach: float, log_tolerance: float
) -> None:
    """Never below the bound that balls use, which is proved apart."""
    monkeypatch.setattr(module, "_REACH", reach)
    monkeypatch.setattr(module, "_LOG_TOLERANCE", log_tolerance)
    frame, lo, hi = boxes(2, 1e-9)
    with Ball(20).scope():
        for b in range(N_BOXES):
            numbers = frame.numbers(lo[:, b : b + 1], hi[:, b : b + 1])
            c, pi = (
                [number.centre for number in part] for part in (numbers.means, numbers.weights)
            )
            axis = module.axis_of(c)
            found = module.Sums.over(axis, c, pi).loss()
            coordinates = np.array([[flint.arb(float(ends.lo[0]))] for ends in c])
            error = float(grid_error([axis], coordinates).loss.upper())
            assert found.hi[0] - found.lo[0] >= 2 * error


def test_rounding_is_covered_where_nothing_else_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a grid of 40 digits the enclosures in float64 are as wide as rounding, and hold."""
    monkeypatch.setattr(module, "_LOG_TOLERANCE", -90.0)
    monkeypatch.setattr(module, "_REACH", 14.0)
    frame, lo, hi = boxes(2, 1e-9, far=4.0)
    found = []
    for arb in (False, True):
        with Ball(45).scope():
            numbers = frame.numbers(lo, hi, arb=arb)
            c = [number.centre for number in numbers.means]
            pi = [number.centre for number in numbers.weights]
            sums = module.Sums.over(module.axis_of(c), c, pi)
            found.append({**sums.moments(2), "loss": sums.loss()})
    wide, narrow = found
    for key, ends in wide.items():
        for b in range(N_BOXES):
            assert flint.arb(float(ends.lo[b])) <= narrow[key].lo[b]
            assert flint.arb(float(ends.hi[b])) >= narrow[key].hi[b]
            assert ends.hi[b] - ends.lo[b] < 1e-11


@pytest.mark.parametrize("spread", [0.1, 3.0, 8.0, 40.0])
def test_weights_of_the_grid_are_next_to_the_exact_ones(spread: float) -> None:
    """At whatever precision is in force where they are made first."""
    axis = module.axis_for(spread)
    module._nodes.cache_clear()
    nodes = module._nodes(axis, None)
    with Ball(40).scope():
        for x, weight, exact_x, exact in zip(
            nodes.x.tolist(), nodes.weights.tolist(), axis.nodes(), axis.weights(), strict=True
        ):
            assert exact_x == x
            assert abs(flint.arb(weight) / exact - 1) <= 1.01 * 2.0**-53


def test_the_errors_of_the_grid_are_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a coarse grid the enclosures are wide, and still hold."""
    monkeypatch.setattr(module, "_LOG_TOLERANCE", -3.0)
    monkeypatch.setattr(module, "_REACH", 2.5)
    frame, lo, hi = boxes(2, 1e-9)
    numbers = frame.numbers(lo, hi)
    found = population_over_boxes(numbers.means, numbers.weights)
    for b in range(N_BOXES):
        exact = population(mixture_at((lo + hi)[:, b] / 2, 2))
        for name in FIELDS:
            for number, value in zip(
                entries(getattr(found, name)), entries(getattr(exact, name)), strict=True
            ):
                assert number.span.lo[b] <= value + 1e-8
                assert number.span.hi[b] >= value - 1e-8
    assert (found.loss.span.hi - found.loss.span.lo > 1e-3).all()
