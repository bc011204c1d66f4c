"""In the plane enclosures of gradient and Hessian over boxes hold the exact values inside."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from helpers.plane_derivatives import plane_derivatives
from theorycheck.errors import InvalidValue, TooExpensive
from theorycheck.expectations import hessian as module
from theorycheck.expectations import hessian_grid
from theorycheck.expectations.hessian import Grid, Intervals
from theorycheck.expectations.hessian_grid import landscape_grid
from theorycheck.expectations.trapezoid import Axis
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats

MULTIPLIER = float(os.environ.get("THEORYCHECK_MULTIPLIER", "1"))
BOXES = 60
WIDTHS = (0.0, 1e-12, 1e-6, 1e-3, 1e-2, 0.1, 0.5, 2.0)
TOLERANCES = (1e-2, 1e-4, 1e-8)


class Instance:
    """A truth, weights, a point in the plane, and exact derivatives there."""

    def __init__(self, random: np.random.Generator) -> None:
        size = float(random.choice([0.01, 1.0, 2.0]))
        m, n = int(random.integers(1, 4)), int(random.integers(1, 4))
        means = random.uniform(-1, 1, (m, 2)) * size
        self.truth = Mixture(means.tolist(), random.uniform(0.1, 1, m).tolist())
        self.weights = Mixture([0] * n, (10 ** random.uniform(-2, 0, n)).tolist()).weights
        self.point: Floats = random.uniform(-1, 1, (n, 2)) * (size + 0.5)
        if random.random() < 0.3:
            self.point[:] = self.point[random.integers(0, n, n)]  # means that coincide
        self.high = size + 3.0
        self.gradient, self.hessian = plane_derivatives(self.point, self.weights, self.truth)

    def grid(self, tolerance: float) -> Grid:
        """A grid for boxes around the point."""
        ends = (-self.high,) * 2, (self.high,) * 2
        return landscape_grid(self.truth, self.weights, *ends, math.log(tolerance))

    def boxes(self, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Boxes of all widths that hold the point, some of them on a face or in a corner."""
        point = self.point.ravel()
        width = random.choice(WIDTHS, (BOXES, 1)) * random.uniform(0, 1, (BOXES, len(point)))
        lower = np.minimum(point - random.choice([0.0, 1.0, 0.5, 0.3], width.shape) * width, point)
        return lower, np.maximum(lower + width, point)

    def violations(self, grid: Grid, lower: Floats, upper: Floats) -> int:
        """In how many boxes the exact value of an entry is certainly outside of its bounds."""
        over = grid.enclosure(lower, upper)
        bad = np.zeros(len(lower), dtype=bool)
        for bounds, exact in zip(over, (self.gradient, self.hessian), strict=True):
            value = np.array([float(entry) for entry in exact.ravel()])
            sides = [side.reshape(len(lower), -1) for side in bounds]
            bad |= ((sides[0] > value + SLACK) | (sides[1] < value - SLACK)).any(axis=1)
        return int(bad.sum())

    @property
    def at_the_point(self) -> tuple[Floats, Floats]:
        """The box that is the point itself."""
        return self.point.reshape(1, -1), self.point.reshape(1, -1)


SLACK = 1e-11
"""More than what the exact values are known to."""


def instances(count: int, seed: int) -> Iterator[tuple[Instance, np.random.Generator]]:
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield Instance(random), random


def violations(drawn: list[tuple[Instance, np.random.Generator]]) -> int:
    """Over instances times boxes, with grids of all tolerances."""
    return sum(
        one.violations(one.grid(TOLERANCES[k % len(TOLERANCES)]), *one.boxes(random))
        for k, (one, random) in enumerate(drawn)
    )


@pytest.fixture(scope="module")
def drawn() -> list[tuple[Instance, np.random.Generator]]:
    return list(instances(5, seed=3))


@pytest.mark.long
def test_every_point_of_a_box_has_its_derivatives_within_the_bounds(drawn) -> None:
    assert violations(drawn) == 0


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_the_same_for_many_boxes(part: int) -> None:
    """6,000 pairs of a box and a point in it."""
    assert violations(list(instances(round(25 * MULTIPLIER), seed=100 + part))) == 0


def test_a_point_is_known_as_well_as_the_grid_promises(drawn) -> None:
    """Bounds that were wide would hold everything."""
    for one, _ in drawn:
        for bounds in one.grid(1e-8).enclosure(*one.at_the_point):
            assert (bounds.upper - bounds.lower).max() < 1e-5


def test_a_larger_box_has_wider_bounds(drawn) -> None:
    for one, random in drawn[:3]:
        grid = one.grid(1e-2)
        lower, upper = one.boxes(random)
        inner, outer = grid.enclosure(lower, upper), grid.enclosure(lower - 0.01, upper + 0.01)
        for small, large in zip(inner, outer, strict=True):
            slack = 1e-12 * (1 + abs(small.lower) + abs(small.upper))
            assert (large.lower <= small.lower + slack).all()
            assert (small.upper <= large.upper + slack).all()


def test_without_its_error_bounds_a_grid_is_wrong(drawn) -> None:
    broken = 0
    for one, _ in drawn:
        grid = replace(one.grid(1e-2), share=0.0, left_out=0.0)
        broken += one.violations(grid, *one.at_the_point)
    assert broken >= 3


def test_the_nodes_that_are_left_out_are_accounted_for(drawn) -> None:
    """With a good part of the nodes taken away, only what they contribute saves the bounds."""
    for one, _ in drawn[:3]:
        grid = one.grid(1e-4)
        squares = np.maximum(grid.nodes - grid.low, grid.high - grid.nodes) ** 2
        sizes = grid.weights * (1 + squares.sum(axis=1) + 2 * grid.strip**2)
        kept, dropped = hessian_grid._kept_nodes(sizes, 0.3 * float(sizes.sum()))
        cut = replace(grid, nodes=grid.nodes[kept], weights=grid.weights[kept])
        assert one.violations(cut, *one.at_the_point)
        assert not one.violations(replace(cut, left_out=grid.left_out + dropped), *one.at_the_point)


def test_what_nodes_left_out_contribute_is_counted(monkeypatch) -> None:
    """Beside a grid with all nodes: the difference of the sums of weight (1 + P_i1 + P_i2)."""
    arguments = (
        Mixture([[0, 0], [2, 1]]),
        Mixture([0, 0]).weights,
        (-3.0, -3.0),
        (5.0, 4.0),
        math.log(1e-2),
    )
    grid = landscape_grid(*arguments)
    monkeypatch.setattr(
        hessian_grid, "_kept_nodes", lambda sizes, _: (np.full(len(sizes), True), 0.0)
    )
    whole = landscape_grid.__wrapped__(*arguments)
    assert len(grid.nodes) < 0.9 * len(whole.nodes)
    missing = _size(whole) - _size(grid)
    assert 0 < missing <= grid.left_out - whole.left_out


def _size(grid: Grid) -> float:
    squares = np.maximum(grid.nodes - grid.low, grid.high - grid.nodes) ** 2
    return float(grid.weights @ (1 + (squares + grid.strip**2).sum(axis=1)))


def test_what_is_beyond_the_reach_on_either_axis_is_bounded() -> None:
    """Lemma H: the sum of (|t_1| + s_1)^2 + (|t_2| + s_2)^2 outside of a rectangle."""
    cases = ((4.0, 2.0, 0.25), (2.0, 9.0, 0.5), (3.0, 0.2, 1.5), (8.0, 20.0, 0.25))
    for one, other in product(cases, cases):
        (p, q), (t, v) = _sums(*one), _sums(*other)
        inside = [abs(_places(step)) <= reach for reach, _, step in (one, other)]
        outside = ~np.logical_and.outer(*inside)
        exact = float(((np.multiply.outer(q, t) + np.multiply.outer(p, v)) * outside).sum())
        lines = [_line(*one), _line(*other)]
        assert exact <= float(hessian_grid._left_out(lines, 0.0))


def _places(step: float) -> Floats:
    return step * np.arange(-300, 301)


def _sums(reach: float, farthest: float, step: float) -> tuple[Floats, Floats]:
    """h phi(t), and h phi(t) (|t| + s)^2."""
    t = _places(step)
    weight = step * np.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    return weight, weight * (abs(t) + farthest) ** 2


def _line(reach: float, farthest: float, step: float) -> hessian_grid.Line:
    axis = Axis(step, round(reach / step), 0.5, 1.0)
    return hessian_grid.Line(axis, (Fraction(0),), -300, 300, reach, farthest)


def test_the_bounds_are_as_wide_as_the_lemma_asks() -> None:
    """At a point: the shares of the positive sums that bound the error of the grid."""
    truth, weights = Mixture([[-1, 0], [1, 1]], [1, 2]), Mixture([0, 0], [1, 2]).weights
    grid = landscape_grid(truth, weights, (-3.0, -2.0), (3.0, 2.0), math.log(1e-2))
    point = np.array([[-1.0, 0.3], [0.4, 1.1]])
    over = grid.enclosure(point.reshape(1, -1), point.reshape(1, -1))
    u = point[:, :, None] - grid.nodes.T
    psi = np.exp(grid.log_weights[:, None] - (u * u).sum(axis=1) / 2)
    psi /= psi.sum(axis=0)
    sizes = u * u + grid.strip**2
    relative = grid.share * (1 - 1e-9)
    plain, moment = psi @ grid.weights, (psi[:, None] * sizes) @ grid.weights
    both = (psi[0] * psi[1] * sizes) @ grid.weights
    for i, k in np.ndindex(2, 2):
        row = 2 * i + k
        assert _half(over.gradient, 0, row) >= relative * math.sqrt(plain[i] * moment[i, k])
        assert _half(over.hessian, 0, row, row) >= relative * (plain[i] + moment[i, k])
        crossing = (moment[i, 0] + moment[i, 1]) / 2
        assert _half(over.hessian, 0, row, 2 * i + 1 - k) >= relative * crossing
        for m in range(2):
            size = (both[i, k] + both[1 - i, m]) / 2
            assert _half(over.hessian, 0, row, 2 * (1 - i) + m) >= relative * size


def _half(bounds: Intervals, *place: int) -> float:
    return float(bounds.upper[place] - bounds.lower[place]) / 2


def test_the_errors_of_both_axes_are_counted() -> None:
    """One axis alone would promise half of it."""
    truth, weights = Mixture([[0, 0], [1, 1]]), Mixture([0, 0]).weights
    one = landscape_grid(truth, weights, (-2.0, -2.0), (2.0, 2.0), math.log(1e-2))
    assert one.share > 0.9e-2


@pytest.mark.long
@pytest.mark.parametrize(
    "fault",
    [
        ("_others", lambda values: np.zeros_like(values)),
        ("_kept", lambda psi, square: psi * (1 + (1 - psi) * square)),
        ("_products", lambda u, psi: Intervals(u.lower * psi.lower[:, None], u.upper)),
        ("_product", lambda a, b, c, d: Intervals(a * c, b * d)),
        ("_over_axes", lambda squares: squares[:, 0]),
        ("_crossing", lambda psi, a, b, c, d: Intervals(0 * a, 0 * b)),
    ],
    ids=["a term", "a wrong sign", "the wrong end", "two corners", "one axis", "no crossing"],
)
def test_a_planted_fault_is_seen(fault, monkeypatch, drawn) -> None:
    name, replacement = fault
    monkeypatch.setattr(module, name, replacement)
    assert violations(drawn) > 0


def test_bounds_of_crossing_entries_are_those_of_the_corners() -> None:
    random = np.random.default_rng(2)
    for _ in range(300):
        psi, u, v = (
            np.sort(random.uniform(low, high, 2)) for low, high in ((0, 1), (-2, 2), (-2, 2))
        )
        bounds = module._crossing(Intervals(psi[:1], psi[1:]), u[:1], u[1:], v[:1], v[1:])
        p, a, b = np.meshgrid(*(np.linspace(*side, 21) for side in (psi, u, v)))
        values = -p * (1 - p) * a * b
        assert bounds.lower[0] <= values.min() + 1e-15
        assert values.max() <= bounds.upper[0] + 1e-15
        assert bounds.upper[0] - values.max() < 0.02
        assert values.min() - bounds.lower[0] < 0.02


def test_boxes_beyond_the_grid_on_either_axis_are_refused() -> None:
    grid = landscape_grid(
        Mixture([[0, 0]]), Mixture([0]).weights, (-1.0, -2.0), (1.0, 2.0), math.log(1e-2)
    )
    grid.gradient(np.array([[0.0, 1.5]]), np.array([[0.0, 2.0]]))
    for far in ([1.5, 0.0], [0.0, -2.5]):
        with pytest.raises(InvalidValue, match="leaves"):
            grid.gradient(np.array([far]), np.array([far]))


def test_a_truth_that_is_spread_too_far_is_refused() -> None:
    with pytest.raises(TooExpensive, match="nodes"):
        landscape_grid(
            Mixture([[0, 0], [60, 60]]),
            Mixture([0]).weights,
            (-1.0, -1.0),
            (61.0, 61.0),
            math.log(1e-9),
        )
