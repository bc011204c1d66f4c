"""Enclosures of gradient and Hessian over boxes hold the exact values at every point of the box."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest

from helpers.derivatives import derivatives
from theorycheck.errors import InvalidValue, TooExpensive
from theorycheck.expectations import hessian as module
from theorycheck.expectations import hessian_grid
from theorycheck.expectations.hessian import Grid, Intervals
from theorycheck.expectations.hessian_grid import landscape_grid
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Vector

MULTIPLIER = float(os.environ.get("THEORYCHECK_MULTIPLIER", "1"))
BOXES = 80
WIDTHS = (0.0, 1e-15, 1e-12, 1e-8, 1e-4, 1e-2, 0.1, 0.5, 2.0, 6.0)
TOLERANCES = (1e-2, 1e-4, 1e-8, 1e-12)


class Instance:
    """A truth, weights, a point, and exact derivatives there."""

    def __init__(self, random: np.random.Generator) -> None:
        size = random.choice([0.0, 0.01, 1.0, 5.0, 15.0])
        m, n = int(random.integers(1, 5)), int(random.integers(1, 6))
        self.truth = Mixture(
            (random.uniform(-1, 1, m) * size).tolist(), random.uniform(0.01, 1, m).tolist()
        )
        least = random.choice([0.0, -2.0, -8.0])
        self.weights: Vector = Mixture(
            [0] * n, (10 ** random.uniform(least, 0, n)).tolist()
        ).weights
        self.point: Floats = random.uniform(-1, 1, n) * (size + 1)
        if random.random() < 0.3:
            self.point[:] = self.point[random.integers(0, n, n)]  # means that coincide
        if random.random() < 0.2:
            self.point[:] = np.round(self.point)
        self.low, self.high = -size - 9.0, size + 9.0
        self.gradient, self.hessian = derivatives(self.point.tolist(), self.weights, self.truth)

    def grid(self, tolerance: float) -> Grid:
        """A grid for boxes around the point."""
        return landscape_grid(
            self.truth, self.weights, (self.low,), (self.high,), math.log(tolerance)
        )

    def boxes(self, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Boxes of all widths that hold the point, some of them on a face or in a corner."""
        width = random.choice(WIDTHS, (BOXES, 1)) * random.uniform(0, 1, (BOXES, len(self.point)))
        share = random.choice([0.0, 1.0, 0.5, 0.3], (BOXES, len(self.point)))
        lower = np.minimum(self.point - share * width, self.point)
        return lower, np.maximum(lower + width, self.point)

    def violations(self, grid: Grid, lower: Floats, upper: Floats) -> int:
        """In how many boxes the exact value of an entry is certainly outside of its bounds."""
        over = grid.enclosure(lower, upper)
        bad = np.zeros(len(lower), dtype=bool)
        for i, value in enumerate(self.gradient):
            bad |= _outside(over.gradient, (slice(None), i), value)
            for j, entry in enumerate(self.hessian[i]):
                bad |= _outside(over.hessian, (slice(None), i, j), entry)
        return int(bad.sum())


def _outside(bounds: Intervals, place: tuple[object, ...], value: object) -> Floats:
    exact, slack = float(value.mid()), 1e-15 * abs(float(value.mid())) + 1e-22  # type: ignore[attr-defined]
    lower, upper = bounds.lower[place], bounds.upper[place]  # type: ignore[index]
    outside: Floats = (lower > exact + slack) | (upper < exact - slack)
    return outside


def instances(count: int, seed: int) -> Iterator[tuple[Instance, np.random.Generator]]:
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield Instance(random), random


def violations(count: int, seed: int) -> int:
    """Over instances times boxes, with grids of all tolerances."""
    return sum(
        one.violations(one.grid(TOLERANCES[k % len(TOLERANCES)]), *one.boxes(random))
        for k, (one, random) in enumerate(instances(count, seed))
    )


@pytest.mark.long
def test_every_point_of_a_box_has_its_derivatives_within_the_bounds() -> None:
    assert violations(24, seed=3) == 0


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_the_same_for_many_boxes(part: int) -> None:
    """25,000 pairs of a box and a point in each of four parts; 10^5 in all."""
    assert violations(round(313 * MULTIPLIER), seed=100 + part) == 0


def test_a_point_is_known_as_well_as_the_grid_promises() -> None:
    """Bounds that were wide would hold everything."""
    for one, _ in instances(6, seed=8):
        over = one.grid(1e-12).enclosure(one.point[None], one.point[None])
        for bounds in over:
            assert (bounds.upper - bounds.lower).max() < 1e-9 * (1 + one.high**2)


@pytest.mark.long
def test_a_larger_box_has_wider_bounds() -> None:
    for one, random in instances(10, seed=4):
        grid = one.grid(1e-6)
        lower, upper = one.boxes(random)
        inner = grid.enclosure(lower, upper)
        outer = grid.enclosure(lower - 0.01, upper + 0.01)
        for small, large in zip(inner, outer, strict=True):
            slack = 1e-13 * (1 + abs(small.lower) + abs(small.upper))
            assert (large.lower <= small.lower + slack).all()
            assert (small.upper <= large.upper + slack).all()


def test_narrow_boxes_have_narrow_bounds() -> None:
    """The width of the bounds is in proportion to that of the box."""
    one, _ = next(instances(1, seed=6))
    grid = one.grid(1e-12)
    widths = []
    for radius in (1e-3, 1e-4):
        over = grid.enclosure(one.point[None] - radius, one.point[None] + radius)
        widths.append(float((over.hessian.upper - over.hessian.lower).max()))
    assert 8 < widths[0] / widths[1] < 12


@pytest.mark.long
@pytest.mark.parametrize(("tolerance", "least"), [(1e-2, 3), (1e-12, 5)])
def test_without_its_error_bounds_a_grid_is_wrong(tolerance, least) -> None:
    """The errors of a coarse grid, and of rounding on a fine one, are there."""
    broken = 0
    for one, _ in instances(24, seed=11):
        grid, point = replace(one.grid(tolerance), share=0.0), one.point[None]
        broken += one.violations(grid, point, point)
    assert broken >= least


def test_the_nodes_that_are_left_out_are_accounted_for() -> None:
    """With nodes taken away on either side, only `left_out` saves the bounds."""
    truth, weights = Mixture([0]), Mixture([0, 0]).weights
    grid = landscape_grid(truth, weights, (-3.0,), (3.0,), math.log(1e-9))
    short = abs(grid.nodes[:, 0]) < 2.5
    cut = replace(grid, nodes=grid.nodes[short], weights=grid.weights[short])
    point = np.array([[-1.0, 0.7]])
    gradient, _ = derivatives(point[0].tolist(), weights, truth)
    assert _outside(cut.gradient(point, point), (slice(None), 0), gradient[0]).any()
    with_tail = replace(cut, left_out=_tail(cut))
    assert not _outside(with_tail.gradient(point, point), (slice(None), 0), gradient[0]).any()


def _tail(cut: Grid) -> float:
    step, reach = cut.nodes[1, 0] - cut.nodes[0, 0], float(cut.nodes[-1, 0])
    farthest = flint.arb(3.0 + cut.strip)
    return float(hessian_grid._beyond(flint.arb(reach), farthest, flint.arb(step)))


@pytest.mark.long
@pytest.mark.parametrize(
    "fault",
    [
        ("_others", lambda values: module.np.zeros_like(values)),
        ("_kept", lambda psi, square: psi * (1 + (1 - psi) * square)),
        ("_products", lambda u, psi: Intervals(u.lower * psi.lower, u.upper * psi.upper)),
        ("_product", lambda a, b, c, d: Intervals(a * c, b * d)),
    ],
    ids=["a term dropped", "a wrong sign", "the wrong end", "two corners only"],
)
def test_a_planted_fault_is_seen(fault, monkeypatch) -> None:
    name, replacement = fault
    monkeypatch.setattr(module, name, replacement)
    assert violations(12, seed=3) > 0


def test_boxes_beyond_the_grid_are_refused() -> None:
    grid = landscape_grid(Mixture([0]), (Fraction(1),), (-1.0,), (1.0,), math.log(1e-3))
    with pytest.raises(InvalidValue, match="leaves"):
        grid.gradient(np.array([[0.0]]), np.array([[1.5]]))


def test_a_truth_that_is_spread_too_far_is_refused() -> None:
    with pytest.raises(TooExpensive, match="nodes"):
        landscape_grid(Mixture([0, 3000]), (Fraction(1),), (-1.0,), (3001.0,), math.log(1e-3))


def test_what_is_left_out_is_the_sum_over_the_nodes_beyond() -> None:
    """Lemma H: of a lattice of steps from X on, on both sides; and not far more than that."""
    for reach, farthest, step in ((5.0, 0.1, 0.01), (2.0, 9.0, 0.5), (8.0, 0.0, 0.2)):
        t = reach + step * np.arange(5000)
        density = np.exp(-t * t / 2) / math.sqrt(2 * math.pi)
        exact = 2 * step * float((density * (t + farthest) ** 2).sum())
        bound = float(hessian_grid._beyond(*map(flint.arb, (reach, farthest, step))))
        assert exact <= bound
        if farthest < 1:
            assert bound < 1.5 * exact


def test_the_bounds_are_as_wide_as_the_lemma_asks() -> None:
    """At a point: the shares of the positive sums that bound the error of the grid."""
    truth, weights = Mixture([-1, 2], [1, 2]), Mixture([0, 0, 0], [1, 2, 3]).weights
    grid = landscape_grid(truth, weights, (-3.0,), (3.0,), math.log(1e-2))
    point = np.array([-1.0, 0.3, 1.1])
    over = grid.enclosure(point[None], point[None])
    u = point[:, None] - grid.nodes[:, 0]
    psi = np.exp(grid.log_weights[:, None] - u * u / 2)
    psi /= psi.sum(axis=0)
    squares = u * u + grid.strip**2
    relative = grid.share * (1 - 1e-9)
    for i in range(3):
        plain, moment = psi[i] @ grid.weights, (psi[i] * squares[i]) @ grid.weights
        assert _half_width(over.gradient, 0, i) >= relative * math.sqrt(plain * moment)
        assert _half_width(over.hessian, 0, i, i) >= relative * (plain + moment)
        for j in range(i):
            size = (psi[i] * psi[j] * (squares[i] + squares[j])) @ grid.weights / 2
            assert _half_width(over.hessian, 0, i, j) >= relative * size


def _half_width(bounds: Intervals, *place: int) -> float:
    return float(bounds.upper[place] - bounds.lower[place]) / 2


def test_rounding_alone_is_covered() -> None:
    """On a grid so fine that its own error is far below that of rounding."""
    for one, _ in instances(24, seed=11):
        assert one.violations(one.grid(1e-19), one.point[None], one.point[None]) == 0


@pytest.mark.parametrize("place", [10**11, 10**12, -(10**13)])
def test_means_so_far_away_that_nodes_are_rounded_are_refused(place) -> None:
    """Multiples of a step of 20 bits are exact below 2^33 steps; u = c - x is wrong beyond."""
    with pytest.raises(InvalidValue, match="translate"):
        landscape_grid(
            Mixture([place]), (Fraction(1),), (place - 1.0,), (place + 1.0,), math.log(1e-4)
        )
