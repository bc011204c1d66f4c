"""What float64 sums can be off by: counts by hand, and bounds at many digits."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import flint
import pytest

from helpers.proven_sums import grid_of
from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.logarithm import ERROR
from theorycheck.expectations.proven import bounds as module
from theorycheck.expectations.proven.axes import prepared_axis
from theorycheck.expectations.proven.bounds import (
    Bounds,
    _Units,
    _units,
    bounds_of,
    loss_error,
    relative_error,
)
from theorycheck.expectations.proven.terms import Grid, Means
from theorycheck.expectations.trapezoid import Axis, common_axis, grid_error

UNIT = 2.0**-53


# -------------------------------------------------------------------------------------- counts


def test_counts_by_hand() -> None:
    """Lemma P for 5 components and a grid of 9 x 9 nodes in a slab, b = 3: walks of at most 2 + 2.

    A = 1 + 2 (3 + 16) = 39, B = 78 + 5 + 6 = 89, N = 81 + 1 + 9 = 91.
    """
    axis = prepared_axis(Axis(step=0.5, half=4, strip=0.5, spread=1.0))
    grid = Grid((axis, axis), 5)
    assert _units(grid) == _Units(
        overlap=2 * 89 + 91, share=89 + 6 + 1 + 91, term=39 + 4, log_sum=6 + 91
    )


def test_counts_of_slabs_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slabs of 2 of 9 rows: 18 nodes, 5 slabs, and the same 9 nodes of an axis."""
    monkeypatch.setattr("theorycheck.expectations.proven.terms._SLAB_ENTRIES", 2 * 9 * 5)
    axis = prepared_axis(Axis(step=0.5, half=4, strip=0.5, spread=1.0))
    grid = Grid((axis, axis), 5)
    assert grid.slab == 2
    assert _units(grid).log_sum == 6 + 18 + 5 + 9


def test_counts_of_unequal_axes_by_hand() -> None:
    """9 x 3 nodes and 3 x 9: one slab of 27, and the longer axis, whichever it is."""
    long = prepared_axis(Axis(step=0.5, half=4, strip=0.5, spread=1.0))
    short = prepared_axis(Axis(step=2.0, half=1, strip=0.5, spread=1.0))
    for axes in ((long, short), (short, long)):
        assert _units(Grid(axes, 5)).log_sum == 6 + 27 + 1 + 9


def test_a_relative_error_of_many_units() -> None:
    """e^{m v} - 1, from above and closely."""
    for units in (1, 1000, 10**9, 2**50, 2**52):
        with Ball(40).scope():
            exact = (units * flint.arb(UNIT) / (1 - flint.arb(UNIT))).expm1()
            assert exact <= relative_error(units) <= exact * (1 + units * UNIT) * (1 + 1e-11)
    assert flint.arb(UNIT) / (1 - flint.arb(UNIT)) <= module.UNIT <= UNIT * (1 + 2.0**-49)


# -------------------------------------------------------------------------- parts of the bound


@pytest.mark.parametrize("rank", [1, 2, 3, 5])
@pytest.mark.parametrize(("digits", "reach"), [(1, 4.0), (2, 5.0), (5, 8.0), (8, 1.5)])
@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_the_grid_error_is_that_of_the_trapezoidal_rule(
    rank: int, digits: int, reach: float, offset: float
) -> None:
    """Against `trapezoid.grid_error`: at least that, and hardly more, with little tail or much."""
    widths = [1.0, 2.0, 1.0, 0.5, 1.0][:rank]
    chosen = [common_axis(width, -digits * math.log(10), reach + width) for width in widths]
    grid = Grid(tuple(prepared_axis(axis) for axis in chosen), 3)
    c = [
        [offset + (width / 2 if i == k % 3 else -width / 2) for k, width in enumerate(widths)]
        for i in range(3)
    ]
    with Ball(30).scope():
        exact = Ball(30).array([[Fraction(entry) for entry in row] for row in c])
        columns = [column.tolist() for column in exact.T]
        error = grid_error(chosen, exact)
        bounds, means = bounds_of(grid), Means.near(columns)
        total = float(error.relative)
        slack = 1 + total + 1e-10

        def is_just_above(ours: float, theirs: flint.arb, factor: float = slack) -> bool:
            return bool(theirs.lower() * (1 - 1e-8) <= ours <= theirs.upper() * factor * (1 + 1e-8))

        assert is_just_above(bounds.relative, error.relative)
        assert is_just_above(bounds.left_out, error.tail / (1 - error.relative), slack**4)
        assert is_just_above(bounds.moment, error.moment, slack**2)
        relative = error.relative / (1 - error.relative)
        assert is_just_above(bounds.overlap, relative, slack**4 * (1 + 1e-4))
        assert is_just_above(bounds.share, relative, slack**4 * (1 + 1e-4))
        shift = sum(r * r for r in means.middles) / 2 * (error.relative + error.tail)
        assert is_just_above(loss_error(grid, means, 0.0), error.loss + shift, slack**3)


def test_rounding_is_a_part_of_every_bound() -> None:
    """Where the grid's error is far below it, what is left is the units, the logarithms and u."""
    grid, _ = grid_of(1, 3, 30, width=1.0, reach=13.0)
    bounds, units = bounds_of(grid), _units(grid)
    means = Means.near([[flint.arb(0), flint.arb(1), flint.arb(1) / 2]])
    for bound, count in ((bounds.overlap, units.overlap), (bounds.share, units.share)):
        assert count * UNIT <= bound <= count * UNIT * (1 + 1e-8)
    assert units.share * UNIT <= bounds.rounding <= units.share * UNIT * (1 + 1e-8)
    per_size = units.log_sum * UNIT + ERROR
    fixed = units.term * UNIT + ERROR
    for size in (0.0, 3.0):
        error = loss_error(grid, means, bounds.log_size * size)
        assert fixed + per_size * size <= error <= (fixed + per_size * size) * (1 + 1e-8)
    exact = replace(grid.axes[0], relative=0.0, tail=0.0, edge=0.0)
    bounds, least = bounds_of(Grid((exact,), 3)), grid.size * 2.0**-1000
    assert least <= min(bounds.left_out, bounds.moment) <= 2 * least


@pytest.mark.parametrize("rank", [1, 2, 3, 5])
@pytest.mark.parametrize("unit", [module.UNIT, 2.0**-30])
def test_bounds_are_rounded_up(monkeypatch: pytest.MonkeyPatch, rank: int, unit: float) -> None:
    """Their formulas at 40 digits, from the same doubles, are never more and hardly less.

    With a larger unit than float64's the terms of second order count as well.
    """
    monkeypatch.setattr(module, "UNIT", unit)
    for digits, reach, offset in product((1, 3, 6, 15), (2.0, 3.5, 5.0, 9.0), (0.0, 0.3, 7.7)):
        grid, _ = grid_of(rank, 3, digits, reach=reach)
        with Ball(40).scope():
            columns = [[flint.arb(offset + i / (3 + k)) for i in range(3)] for k in range(rank)]
            means = Means.near(columns)
            bounds, exact = bounds_of(grid), exact_bounds(grid)
            pairs = [(getattr(bounds, name), value) for name, value in exact.items()]
            for size in (0.0, 1.7, 90.0):
                loss = exact_loss_error(grid, means, bounds, size)
                found = loss_error(grid, means, bounds.log_size * size)
                pairs.append((found, loss))
            for bound, value in pairs:
                assert value <= bound <= value * (1 + 1e-10)


def exact_bounds(grid: Grid) -> dict[str, Any]:
    """Of the overlaps, by rounding and by the grid, and what it leaves out."""
    units, total = _units(grid), sum(flint.arb(axis.relative) for axis in grid.axes)
    relative, tails = total * (1 + total), sum(flint.arb(axis.tail) for axis in grid.axes)
    moments = [
        relative * (2 + flint.arb(axis.strip)) + flint.arb(axis.edge) + tails for axis in grid.axes
    ]
    underflow = grid.size * flint.arb(2) ** -1000
    found = {"relative": relative, "moment": (1 + relative) * max(moments) + underflow}
    found["left_out"] = (1 + relative) * tails / (1 - relative) + underflow
    for name, count in (("overlap", units.overlap), ("share", units.share)):
        exponent = count * flint.arb(module.UNIT)
        rounding = exponent * (1 + exponent)
        found[name] = rounding + relative * (1 + rounding) / (1 - relative)
    return found


def exact_loss_error(grid: Grid, means: Means, bounds: Bounds, log_size: float) -> flint.arb:
    """Lemma Q' axis by axis, and what the logarithms add."""
    growth = 1 + flint.arb(bounds.relative)
    square = flint.arb(means.square) / 2
    found = flint.arb(bounds.log) + flint.arb(bounds.log_size) * log_size
    for k, (axis, spread) in enumerate(zip(grid.axes, means.spreads, strict=True)):
        largest = [flint.arb(size) for size in means.largest]
        own, others = largest[k], square + sum(largest[:k] + largest[k + 1 :])
        found += growth * flint.arb(axis.plain) * (flint.arb(spread) / 2 + others + axis.bend)
        found += growth * (flint.arb(axis.edge) * own + flint.arb(axis.tail) * others)
        shift = growth * (flint.arb(bounds.relative) + bounds.left_out) / 2
        found += shift * flint.arb(means.middles[k]) ** 2
    return found


@pytest.mark.parametrize("rank", [1, 2, 5])
def test_the_weights_of_a_coarse_grid_may_add_up_to_more_than_one(rank: int) -> None:
    """By the grid's relative error: so does the absolute error of the logarithms at its nodes."""
    grid, _ = grid_of(rank, 3)
    bounds, units = bounds_of(grid), _units(grid)
    with Ball(40).scope():
        one = relative_error(units.term) + flint.arb(ERROR)
        least = (1 + flint.arb(bounds.relative)) * one
        assert bounds.relative > 1e-3
        assert least <= bounds.log <= least * (1 + 1e-10)


def test_a_grid_that_bounds_nothing_is_not_used() -> None:
    """From a relative error of 1 on, a sum bounds nothing from above."""
    axis = replace(grid_of(1, 2)[0].axes[0], relative=0.35)
    assert bounds_of(Grid((axis,), 2)).relative < 1
    with pytest.raises(AssertionError):
        bounds_of(Grid((axis, axis), 2))


def test_what_underflows_is_counted() -> None:
    """More in rectangles, where it may be multiplied by 2^670."""
    for rank, least in ((1, 2.0**-1000), (2, 2.0**-340)):
        grid, _ = grid_of(rank, 3, 4, reach=40.0)
        bounds = bounds_of(grid)
        assert min(bounds.left_out, bounds.moment, bounds.log) >= grid.size * least
        far, _ = grid_of(rank, 3, 4, reach=200.0)  # no mass is left out: what is left is underflow
        assert bounds_of(far).left_out <= 1.01 * far.size * least
