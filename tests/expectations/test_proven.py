"""Float64 sums with a proven error: honest in every regime, and each part of the bound alone."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.counted import Counted, CountingNumPy, all_counted, most_units
from helpers.enclosures import FIELDS, entries
from theorycheck.arithmetic.arithmetics import Array, Ball, ball
from theorycheck.arithmetic.budget import work_limit
from theorycheck.arithmetic.logarithm import ERROR
from theorycheck.errors import TooExpensive, UnsupportedRank
from theorycheck.expectations import gaussian, proven
from theorycheck.expectations.moments import Moments, made
from theorycheck.expectations.population import Population, population
from theorycheck.expectations.prepared import block_length, prepared_axis
from theorycheck.expectations.proven import PROVEN_DIGITS, proven_gradient, proven_moments
from theorycheck.expectations.trapezoid import Axis, common_axis, grid_error
from theorycheck.inputs.mixture import Mixture

Random = np.random.Generator
Rows = list[list[Fraction]]
UNIT = 2.0**-53


def proven_at(
    means: Any, weights: Any, digits: int = PROVEN_DIGITS, may_be_coarser: bool = True
) -> Moments | None:
    """The sums for exact means (n, k) and weights, of which the total is 1."""
    arithmetic = Ball(PROVEN_DIGITS)
    with arithmetic.scope():
        c, shares = arithmetic.array(means), arithmetic.array(weights)
        return proven_moments(c, shares, digits, may_be_coarser)


def exact_at(means: Any, weights: Any) -> Population:
    """The same to 30 digits, by Arb, in coordinates of the exact affine span."""
    return population(Mixture(means, weights), arithmetic=ball(30))


def assert_sound(found: Any, exact: Any) -> None:
    """Every ball holds all of the finer one."""
    with ball(60).scope():
        for name in FIELDS:
            pairs = zip(entries(getattr(found, name)), entries(getattr(exact, name)), strict=True)
            for value, finer in pairs:
                assert value.contains(finer), (name, value, finer)


# ------------------------------------------------------------------------------------ regimes


def number(rng: Random, size: float = 1.0) -> Fraction:
    return Fraction(size).limit_denominator(10**6) * Fraction(int(rng.integers(-512, 513)), 512)


def rows(rng: Random, n: int, k: int, size: float = 1.0) -> Rows:
    return [[number(rng, size) for _ in range(k)] for _ in range(n)]


def shares(rng: Random, n: int) -> list[Fraction]:
    parts = [Fraction(int(part)) for part in rng.integers(1, 100, size=n)]
    return [part / sum(parts) for part in parts]


def with_light_one(weights: list[Fraction], exponent: int) -> list[Fraction]:
    light = weights[0] / 10**exponent
    rest = sum(weights[1:])
    return [light, *[w * (1 - light) / rest for w in weights[1:]]]


def balanced(means: Rows, weights: list[Fraction], but: Fraction = Fraction(0)) -> Rows:
    """Shifted so that the weighted mean is `but` in every coordinate."""
    pairs = [zip(weights, column, strict=True) for column in zip(*means, strict=True)]
    centre = [sum(w * m for w, m in pair) for pair in pairs]
    return [[m - c + but for m, c in zip(mean, centre, strict=True)] for mean in means]


Drawn = tuple[Rows, list[Fraction]]
Regime = Callable[[Random], Drawn]


def generic(rng: Random) -> Drawn:
    n = int(rng.integers(2, 7))
    return rows(rng, n, 1, 10 ** rng.uniform(-4, 0.8)), shares(rng, n)


def near_equal(rng: Random) -> Drawn:
    means, weights = generic(rng)
    centre = number(rng, 3) * int(rng.integers(2))
    return [[centre + m / 10**30 for m in mean] for mean in means], weights


def light(rng: Random) -> Drawn:
    means, weights = generic(rng)
    shrunk = [[m / 4 for m in mean] for mean in means]
    return shrunk, with_light_one(weights, int(rng.choice([12, 40, 280])))


def far(rng: Random) -> Drawn:
    """All means out to 16, close together or not."""
    means, weights = generic(rng)
    away = int(rng.integers(-16, 17))
    return [[m + away for m in mean] for mean in means], weights


def spread(rng: Random) -> Drawn:
    """Two groups, up to 30 apart."""
    means, weights = generic(rng)
    apart = int(rng.integers(5, 16))
    return [[m / 4 + apart * (-1) ** i for m in mean] for i, mean in enumerate(means)], weights


def nearly_balanced(rng: Random) -> Drawn:
    means, weights = generic(rng)
    return balanced(means, weights, Fraction(int(rng.integers(-9, 10)), 10**10)), weights


def tied(rng: Random) -> Drawn:
    means, weights = generic(rng)
    return [means[int(rng.integers(0, 2))] for _ in means], weights


def plane(rng: Random) -> Drawn:
    n = int(rng.integers(3, 5))
    return rows(rng, n, 2, 0.7), shares(rng, n)


LINES: dict[str, tuple[Regime, int]] = {
    "generic": (generic, 60),
    "1e-30 apart": (near_equal, 40),
    "light": (light, 50),
    "far": (far, 50),
    "spread": (spread, 30),
    "nearly balanced": (nearly_balanced, 50),
    "tied": (tied, 30),
    "plane": (plane, 6),
}
"""Regimes, and how many of each are drawn."""


@pytest.mark.long
@pytest.mark.parametrize("regime", LINES)
def test_sums_hold_what_more_digits_give(regime: str) -> None:
    """Against Arb at 30 digits; few digits, where the bound is nearly reached, as well."""
    draw, count = LINES[regime]
    refused = 0
    for seed in range(count):
        rng = np.random.default_rng([13, seed])
        means, weights = draw(rng)
        digits = int(rng.choice([1, 2, 6, PROVEN_DIGITS]))
        found = proven_at(means, weights, digits)
        if found is None:
            refused += 1
            continue
        assert_sound(found, exact_at(means, weights))
    assert refused <= count * {"spread": 0.5, "light": 0.35}.get(regime, 0.1)


TURN = Fraction(3, 5), Fraction(4, 5)


def turned(means: Rows, rank: int, rng: Random) -> Rows:
    """Means embedded in R^rank by a rational rotation, and moved."""
    axes = np.array([[Fraction(int(i == j)) for j in range(rank)] for i in range(rank)])
    for k in range(rank - 1):
        one, other = axes[k].copy(), axes[k + 1].copy()
        axes[k], axes[k + 1] = TURN[0] * one + TURN[1] * other, TURN[0] * other - TURN[1] * one
    offset = np.array([number(rng, 0.5) for _ in range(rank)])
    embedded: Rows = (np.array(means) @ axes[: len(means[0])] + offset).tolist()
    return embedded


@pytest.mark.long
@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_sums_over_many_axes_hold_what_fewer_axes_give(rank: int) -> None:
    """A line or a plane in R^k, turned: its own reduction, at 30 digits, is another way there."""
    for seed in range({2: 40, 3: 24, 4: 10, 5: 5}[rank]):
        rng = np.random.default_rng([rank, seed])
        means, weights = (plane if seed % 5 == 4 else (generic, far, tied, light)[seed % 4])(rng)
        size = max(abs(m) for mean in means for m in mean)
        close = [[m / (1 + size) for m in mean] for mean in means]
        embedded = turned(close, rank, rng)
        found = proven_at(embedded, weights, digits=2 if rank > 3 or seed % 2 else 6)
        assert found is not None
        assert_sound(found, exact_at(embedded, weights))


@pytest.mark.parametrize("rank", [3, 4, 5])
def test_independent_axes_are_a_product(rank: int) -> None:
    """Losses and Fisher divergences add, overlaps and positions multiply."""
    arithmetic = ball(30)
    lines = [Mixture([Fraction(4 + k, 10), -Fraction(2, 10)], [1, 2 + k]) for k in range(rank)]
    parts = [population(line, arithmetic=arithmetic) for line in lines]
    corners = list(product(range(2), repeat=rank))
    joint = Mixture(
        [[line.means[i][0] for line, i in zip(lines, corner, strict=True)] for corner in corners],
        [
            math.prod(line.weights[i] for line, i in zip(lines, corner, strict=True))
            for corner in corners
        ],
    )
    found = population(joint, arithmetic=Ball(4, is_quick=True))
    with ball(60).scope():
        overlap, first = np.ones((1, 1), dtype=object), parts[0]
        for part in parts:
            overlap = np.kron(overlap, part.overlap)
        others = overlap.sum(axis=1) / np.repeat(first.responsibilities, 2 ** (rank - 1))
        exact = {
            "loss": sum(part.loss for part in parts),
            "fisher_divergence": sum(part.fisher_divergence for part in parts),
            "overlap": overlap,
            "responsibilities": overlap.sum(axis=1),
            "positions": others * np.repeat(first.positions[:, 0], 2 ** (rank - 1)),
        }
        values = {name: getattr(found, name) for name in exact}
        values["positions"] = found.positions[:, 0]
        for name, finer in exact.items():
            for value, expected in zip(entries(values[name]), entries(finer), strict=True):
                assert value.contains(expected), name
        assert all(value.rad() < 0.1 for value in entries(found.overlap))


def test_equal_means_are_one_component() -> None:
    """Splitting a component leaves the loss, and shares out its row of overlaps."""
    means = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [-1, -1, 0, 0]]
    weights = [Fraction(1, 5)] * 5
    whole = proven_at(means, weights, 3)
    split = proven_at([*means, means[0]], [Fraction(1, 15), *weights[1:], Fraction(2, 15)], 3)
    assert whole is not None
    assert split is not None
    with ball(60).scope():
        assert split.loss.overlaps(whole.loss)
        overlap, parts = made(whole.overlap), made(split.overlap)
        assert (3 * parts[0, 1]).overlaps(overlap[0, 1])
        assert (3 * parts[5, 1]).overlaps(2 * overlap[0, 1])
        places = made(split.positions)
        assert (places[0] + places[5])[0].overlaps(made(whole.positions)[0, 0])


def test_a_simplex_turned_is_the_same() -> None:
    """Five means of rank 4, in two systems of coordinates."""
    rng = np.random.default_rng(4)
    means, weights = rows(rng, 5, 4), shares(rng, 5)
    other = turned(means, 4, np.random.default_rng(0))
    moved = [
        [
            m - o
            for m, o in zip(
                mean, turned([[Fraction(0)] * 4], 4, np.random.default_rng(0))[0], strict=True
            )
        ]
        for mean in other
    ]
    one, two = proven_at(means, weights, 3), proven_at(moved, weights, 3)
    assert one is not None
    assert two is not None
    for name in ("loss", "responsibilities", "overlap", "fisher_divergence"):
        pairs = zip(entries(getattr(one, name)), entries(getattr(two, name)), strict=True)
        assert all(a.overlaps(b) for a, b in pairs), name


SKEW = Mixture(["1.5", "-0.7", 2], [2, 5, 3])
TRUTHS = {
    "mixture": Mixture([["0.5"], [-1]], [1, 3]),
    "student": SKEW,
    "student turned about": Mixture([2, "1.5", "-0.7"], [3, 2, 5]),
    "1e-20 away": Mixture([mean[0] + Fraction(1, 10**20) for mean in SKEW.means], [2, 5, 3]),
    "far": Mixture([12, 9]),
}


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("is_quick", [True, False])
def test_any_truth(truth: str, is_quick: bool) -> None:
    """12 digits, chosen automatically, against 30."""
    found = population(SKEW, truth=TRUTHS[truth], arithmetic=Ball(12, is_quick))
    assert_sound(found, population(SKEW, truth=TRUTHS[truth], arithmetic=ball(30)))


@pytest.mark.parametrize("d", [2, 7, 30])
def test_a_line_in_many_dimensions(d: int) -> None:
    """Collinear with an offset: one axis, and the offset exactly."""
    rng = np.random.default_rng(d)
    direction, offset = rows(rng, 2, d, 0.6)
    places = [number(rng, 2) for _ in range(4)]
    means = [[t * u + w for u, w in zip(direction, offset, strict=True)] for t in places]
    mixture = Mixture(means, shares(rng, 4))
    found = population(mixture, arithmetic=Ball(12, is_quick=True))
    assert_sound(found, population(mixture, arithmetic=ball(30)))


# ------------------------------------------------------------------------ parts of the bound


def grid_of(
    rank: int,
    n: int,
    digits: int = 1,
    width: float = 1.0,
    reach: float = 3.0,
    is_moderate: bool = False,
) -> tuple[proven._Grid, list[Axis]]:
    chosen = [common_axis(width, -digits * math.log(10), reach)] * rank
    axes = tuple(prepared_axis(axis) for axis in chosen)
    return proven._Grid(axes, n, is_moderate=is_moderate), chosen


@pytest.mark.parametrize(
    ("rank", "n", "digits", "entries_of_slab"),
    [(1, 60, 12, 1 << 15), (1, 3, 12, 30), (2, 40, 4, 1 << 15), (2, 4, 1, 20), (3, 2, 1, 1)],
)
@pytest.mark.parametrize("is_moderate", [False, True])
def test_no_sum_has_more_roundings_than_are_counted(
    monkeypatch: pytest.MonkeyPatch,
    rank: int,
    n: int,
    digits: int,
    entries_of_slab: int,
    is_moderate: bool,
) -> None:
    """The same code on numbers that count; the counts are not far above the worst case.

    In rectangles products need fewer roundings, and S of two nodes are multiplied.
    """
    if is_moderate and rank == 1:
        pytest.skip("there are no rectangles on a line")
    monkeypatch.setattr(proven, "np", CountingNumPy())
    monkeypatch.setattr(proven, "float", lambda value: value, raising=False)
    monkeypatch.setattr(proven, "_SLAB_ENTRIES", entries_of_slab)
    totals = []
    monkeypatch.setattr(
        proven, "logarithm", lambda total: totals.append(total) or all_counted(0, len(total))
    )
    grid, _ = grid_of(rank, n, digits, is_moderate=is_moderate)
    counted = tuple(
        replace(
            axis,
            weights=all_counted(2, axis.size),
            root_weights=all_counted(2, axis.size),
            columns=np.where(axis.columns == 1, 1, Counted(0)).astype(object),
            root_columns=np.where(axis.columns == 1, Counted(2), Counted(3)).astype(object),
        )
        for axis in grid.axes
    )
    start = [Counted(3)] * n
    tables = []
    for axis in counted:
        walked = most_units(proven._walks(start, start, start, axis))
        assert walked <= 3 + 4 * axis.longest_walk <= walked + 4
        tables.append(all_counted(3 + 4 * axis.longest_walk, n, axis.size))
    own = replace(grid, axes=counted)
    own.__dict__["bounds"] = proven._bounds(grid)
    sums, columns = proven._summed(proven._Terms(tables, own))
    seen = {
        "overlap": most_units(sums.overlap),
        "share": max(most_units(table) for table in columns),
        "term": max(most_units(total) for total in totals),
        "log_sum": most_units(sums.loss),
    }
    units = proven._units(grid)
    if is_moderate:
        _check_rectangles(grid, units, seen)
        return
    spare = {
        "overlap": -(-grid.axes[0].size // grid.slab) + grid.axes[0].size,
        "share": 2 * grid.size,
        "term": 0,
        "log_sum": 2 * grid.axes[0].size + 1,
    }
    for name, count in seen.items():
        assert count <= getattr(units, name) <= count + spare[name], name


def _check_rectangles(grid: proven._Grid, units: proven._Units, seen: dict[str, int]) -> None:
    """The counts of Lemma P, which those of slabs cover."""
    rank, n, slabs = len(grid.axes), grid.components, -(-grid.axes[0].size // grid.slab)
    columns = grid.axes[-1].size
    rows = grid.slab * grid.size // grid.axes[0].size // columns
    term = rank - 1 + sum(3 + 4 * axis.longest_walk for axis in grid.axes)
    overlap = 4 * term + 2 * n + 3 * rank - 2 + rows + columns + slabs
    assert seen["overlap"] <= overlap <= min(units.overlap, seen["overlap"] + slabs)
    longest = max(axis.size for axis in grid.axes)
    assert grid.additions == rows + columns + slabs + longest
    assert seen["share"] <= 2 * term + n + 3 * rank + grid.additions < units.share
    assert seen["term"] == 2 * units.term + 1
    assert seen["log_sum"] <= units.log_sum == 3 * rank + grid.additions


def test_a_table_on_a_line_tells_its_roundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that its walks pass through in the worst case, and no more than Lemma P counts."""
    with Ball(20).scope():
        table = proven.line_table([flint.arb(1), flint.arb(-1)], [flint.arb(0.5)] * 2)
    assert table is not None
    monkeypatch.setattr(proven, "np", CountingNumPy())
    start = [Counted(3)] * 2
    walked = most_units(proven._walks(start, start, start, table.axis))
    assert walked <= table.units == 3 + 4 * table.axis.longest_walk


def test_counts_by_hand() -> None:
    """Lemma P for 5 components and a grid of 9 x 9 nodes in a slab, b = 3: walks of at most 2 + 2.

    A = 1 + 2 (3 + 16) = 39, B = 78 + 5 + 6 = 89, N = 81 + 1 + 9 = 91.
    """
    axis = prepared_axis(Axis(step=0.5, half=4, strip=0.5, spread=1.0))
    grid = proven._Grid((axis, axis), 5)
    assert proven._units(grid) == proven._Units(
        overlap=2 * 89 + 91, share=89 + 6 + 1 + 91, term=39 + 4, log_sum=6 + 91
    )


def test_counts_of_slabs_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slabs of 2 of 9 rows: 18 nodes, 5 slabs, and the same 9 nodes of an axis."""
    monkeypatch.setattr(proven, "_SLAB_ENTRIES", 2 * 9 * 5)
    axis = prepared_axis(Axis(step=0.5, half=4, strip=0.5, spread=1.0))
    grid = proven._Grid((axis, axis), 5)
    assert grid.slab == 2
    assert proven._units(grid).log_sum == 6 + 18 + 5 + 9


def test_counts_of_unequal_axes_by_hand() -> None:
    """9 x 3 nodes and 3 x 9: one slab of 27, and the longer axis, whichever it is."""
    long = prepared_axis(Axis(step=0.5, half=4, strip=0.5, spread=1.0))
    short = prepared_axis(Axis(step=2.0, half=1, strip=0.5, spread=1.0))
    for axes in ((long, short), (short, long)):
        assert proven._units(proven._Grid(axes, 5)).log_sum == 6 + 27 + 1 + 9


def test_tables_are_walked_to_every_node() -> None:
    """Factors exp(d x - d^2 / 2 ...) at the nodes, with the roundings that are counted."""
    grid, _ = grid_of(1, 3, 12, width=3.0, reach=9.0)
    axis, r = grid.axes[0], 0.75
    with Ball(12).scope():
        column = [flint.arb(value) for value in (-0.7, 0.75, 2.25)]
        weights = [flint.arb(w) / 7 for w in (1, 2, 4)]
        table = proven._table(column, r, axis, weights)
    assert table is not None
    worst = 0.0
    with Ball(40).scope():
        for row, c, w in zip(table.tolist(), column, weights, strict=True):
            for value, x in zip(row, axis.nodes.tolist(), strict=True):
                exact = w * ((c - r) * x - (c * c - flint.arb(r) ** 2) / 2).exp()
                worst = max(worst, abs(float((value - exact) / exact)))
    assert worst <= (3 + 4 * axis.longest_walk) * UNIT


@pytest.mark.parametrize("rank", [1, 2, 3, 5])
@pytest.mark.parametrize(("digits", "reach"), [(1, 4.0), (2, 5.0), (5, 8.0), (8, 1.5)])
@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_the_grid_error_is_that_of_the_trapezoidal_rule(
    rank: int, digits: int, reach: float, offset: float
) -> None:
    """Against `trapezoid.grid_error`: at least that, and hardly more, with little tail or much."""
    widths = [1.0, 2.0, 1.0, 0.5, 1.0][:rank]
    chosen = [common_axis(width, -digits * math.log(10), reach + width) for width in widths]
    grid = proven._Grid(tuple(prepared_axis(axis) for axis in chosen), 3)
    c = [
        [offset + (width / 2 if i == k % 3 else -width / 2) for k, width in enumerate(widths)]
        for i in range(3)
    ]
    with Ball(30).scope():
        exact = Ball(30).array([[Fraction(entry) for entry in row] for row in c])
        columns = [column.tolist() for column in exact.T]
        error = grid_error(chosen, exact)
        bounds, means = proven._bounds(grid), proven._Means.near(columns)
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
        assert is_just_above(proven._loss_error(grid, means, 0.0), error.loss + shift, slack**3)


def test_rounding_is_a_part_of_every_bound() -> None:
    """Where the grid's error is far below it, what is left is the units, the logarithms and u."""
    grid, _ = grid_of(1, 3, 30, width=1.0, reach=13.0)
    bounds, units = proven._bounds(grid), proven._units(grid)
    means = proven._Means.near([[flint.arb(0), flint.arb(1), flint.arb(1) / 2]])
    for bound, count in ((bounds.overlap, units.overlap), (bounds.share, units.share)):
        assert count * UNIT <= bound <= count * UNIT * (1 + 1e-8)
    assert units.share * UNIT <= bounds.rounding <= units.share * UNIT * (1 + 1e-8)
    per_size = units.log_sum * UNIT + ERROR
    fixed = units.term * UNIT + ERROR
    for size in (0.0, 3.0):
        error = proven._loss_error(grid, means, bounds.log_size * size)
        assert fixed + per_size * size <= error <= (fixed + per_size * size) * (1 + 1e-8)
    exact = replace(grid.axes[0], relative=0.0, tail=0.0, edge=0.0)
    bounds, least = proven._bounds(proven._Grid((exact,), 3)), grid.size * 2.0**-1000
    assert least <= min(bounds.left_out, bounds.moment) <= 2 * least


@pytest.mark.parametrize("rank", [1, 2, 3, 5])
@pytest.mark.parametrize("unit", [proven.UNIT, 2.0**-30])
def test_bounds_are_rounded_up(monkeypatch: pytest.MonkeyPatch, rank: int, unit: float) -> None:
    """Their formulas at 40 digits, from the same doubles, are never more and hardly less.

    With a larger unit than float64's the terms of second order count as well.
    """
    monkeypatch.setattr(proven, "UNIT", unit)
    for digits, reach, offset in product((1, 3, 6, 15), (2.0, 3.5, 5.0, 9.0), (0.0, 0.3, 7.7)):
        grid, _ = grid_of(rank, 3, digits, reach=reach)
        with Ball(40).scope():
            columns = [[flint.arb(offset + i / (3 + k)) for i in range(3)] for k in range(rank)]
            means = proven._Means.near(columns)
            bounds, exact = proven._bounds(grid), exact_bounds(grid)
            pairs = [(getattr(bounds, name), value) for name, value in exact.items()]
            for size in (0.0, 1.7, 90.0):
                loss = exact_loss_error(grid, means, bounds, size)
                found = proven._loss_error(grid, means, bounds.log_size * size)
                pairs.append((found, loss))
            for bound, value in pairs:
                assert value <= bound <= value * (1 + 1e-10)


def exact_bounds(grid: proven._Grid) -> dict[str, Any]:
    """Of the overlaps, by rounding and by the grid, and what it leaves out."""
    units, total = proven._units(grid), sum(flint.arb(axis.relative) for axis in grid.axes)
    relative, tails = total * (1 + total), sum(flint.arb(axis.tail) for axis in grid.axes)
    moments = [
        relative * (2 + flint.arb(axis.strip)) + flint.arb(axis.edge) + tails for axis in grid.axes
    ]
    underflow = grid.size * flint.arb(2) ** -1000
    found = {"relative": relative, "moment": (1 + relative) * max(moments) + underflow}
    found["left_out"] = (1 + relative) * tails / (1 - relative) + underflow
    for name, count in (("overlap", units.overlap), ("share", units.share)):
        exponent = count * flint.arb(proven.UNIT)
        rounding = exponent * (1 + exponent)
        found[name] = rounding + relative * (1 + rounding) / (1 - relative)
    return found


def exact_loss_error(
    grid: proven._Grid, means: proven._Means, bounds: proven._Bounds, log_size: float
) -> flint.arb:
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
    bounds, units = proven._bounds(grid), proven._units(grid)
    with Ball(40).scope():
        one = proven.relative_error(units.term) + flint.arb(ERROR)
        least = (1 + flint.arb(bounds.relative)) * one
        assert bounds.relative > 1e-3
        assert least <= bounds.log <= least * (1 + 1e-10)


def test_a_grid_that_bounds_nothing_is_not_used() -> None:
    """From a relative error of 1 on, a sum bounds nothing from above."""
    axis = replace(grid_of(1, 2)[0].axes[0], relative=0.35)
    assert proven._bounds(proven._Grid((axis,), 2)).relative < 1
    with pytest.raises(AssertionError):
        proven._bounds(proven._Grid((axis, axis), 2))


@pytest.mark.parametrize(("digits", "reach"), [(2, 4.0), (14, 8.5), (30, 13.0)])
def test_radii_are_shares_of_what_was_computed(digits: int, reach: float) -> None:
    """A sum may be below the exact one by some 10^-10: radii are larger by 10^-9."""
    grid, _ = grid_of(1, 2, digits, reach=reach)
    bounds, size = proven._bounds(grid), grid.size
    sums = proven._Sums(np.array([[0.5, 0.125], [0.125, 0.25]]), 0.5, 2.0)
    table = np.ones((2, size)).dot(grid.axes[0].columns)
    with Ball(20).scope():
        means = proven._Means.near([[flint.arb(1), flint.arb(-1)]])
        found = proven._enclosed((sums, [table]), grid, means)
    far = float(abs(grid.axes[0].nodes).sum())
    product = bounds.overlap + proven.relative_error(5)
    slopes = [0.625 * product + 2 * bounds.left_out, 0.375 * product + 2 * bounds.left_out]
    least = {
        "gradient": slopes[1],
        "fisher_divergence": sum(slopes) + proven.relative_error(5) * 0.5,
        "overlap": 0.125 * bounds.overlap + bounds.left_out,
        "responsibilities": size * bounds.share + bounds.left_out,
        "positions": far * bounds.rounding + bounds.moment,
        "loss": proven._loss_error(grid, means, 2.0),
    }
    for name, radius in least.items():
        value = entries(getattr(found, name))[min(1, len(entries(getattr(found, name))) - 1)]
        room = 0.0 if name == "loss" else 0.9e-9
        assert radius * (1 + room) <= float(value.rad()) <= radius * (1 + 1e-8), name
    per_size = proven._units(grid).log_sum * UNIT + ERROR
    assert bounds.log_size >= per_size * (1 + 0.9e-9)


@pytest.mark.parametrize(("n", "rank"), [(2, 1), (5, 1), (4, 3)])
def test_products_with_means_have_no_more_roundings_than_are_counted(n: int, rank: int) -> None:
    """Means have 3; the overlaps' own are in their bound."""
    grid, _ = grid_of(rank, n)
    means = proven._Means.near([[flint.arb(1)] * n] * rank)
    counted = means._replace(columns=[[Counted(3)] * n] * rank)
    product = proven._times_means(all_counted(0, n, n), grid, counted)
    assert most_units(product.values) == n + 3
    assert most_units(product.means.ravel().dot(all_counted(0, n * rank))) == n * rank + 3


@pytest.mark.long
@given(
    overlap=st.lists(st.floats(1e-3, 1), min_size=9, max_size=9),
    means=st.lists(st.fractions(-9, 9, max_denominator=999), min_size=6, max_size=6),
)
def test_products_with_means_are_enclosed(overlap: list[float], means: list[Fraction]) -> None:
    """Were the overlaps exact, so that rounding alone is left; each is 0 to 2 units too small."""
    grid, _ = grid_of(2, 3)
    blank = proven._bounds(grid)._replace(overlap=2 * UNIT, left_out=0.0)
    exact = [[flint.fmpq(*mean.as_integer_ratio()) for mean in means[k::2]] for k in (0, 1)]
    with Ball(25).scope():
        columns = [[flint.arb(entry) for entry in column] for column in exact]
        near = proven._Means.near(columns)
        table = np.array(overlap).reshape(3, 3)
        grid.__dict__["bounds"] = blank
        product = proven._times_means(table, grid, near)
    gradient, divergence = product.enclosed(), proven._divergence(product)
    for share in (0, 2):
        factor = 1 + flint.fmpq(share, 2**53)
        rows = [[flint.fmpq(*x.as_integer_ratio()) * factor for x in row] for row in table.tolist()]
        total = flint.fmpq(0)
        for k, column in enumerate(exact):
            for i, row in enumerate(rows):
                entry = sum((g * c for g, c in zip(row, column, strict=True)), flint.fmpq(0))
                total += entry * column[i]
                assert gradient[i, k].contains(entry)
        assert divergence.contains(total)


def test_what_a_grid_leaves_out_is_moved_by_every_mean() -> None:
    """With room for the rounding of their sum; where overlaps are tiny it is all that is left."""
    grid, _ = grid_of(1, 3)
    grid.__dict__["bounds"] = proven._bounds(grid)._replace(left_out=0.25)
    means = proven._Means.near([[flint.arb(1), flint.arb(-2), flint.arb(4)]])
    radii = proven._times_means(np.zeros((3, 3)), grid, means).radii
    assert (radii >= 1.75 * (1 + 0.9e-9)).all()
    assert (radii <= 1.75 * (1 + 1.1e-9)).all()


def test_radii_have_room_for_what_the_sums_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every radius that is a share of a sum is multiplied by `_MORE`."""
    means, weights = [[Fraction(3, 2)], [Fraction(-7, 10)], [2]], [Fraction(1, 3)] * 3
    radii = []
    for more in (1.0, 1.5):
        monkeypatch.setattr(proven, "_MORE", more)
        proven._grid.cache_clear()
        found = proven_at(means, weights)
        assert found is not None
        radii.append(
            [float(ball.rad()) for name in FIELDS for ball in entries(getattr(found, name))]
        )
    proven._grid.cache_clear()
    assert all(other >= 1.1 * one for one, other in zip(*radii, strict=True))


def test_every_share_of_a_sum_has_that_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the grid's error is far below the rounding, a radius is nothing but such a share."""
    matrix, radii = np.array([[0.5, 0.125], [0.125, 0.25]]), []
    for more in (1.0, 1.5):
        monkeypatch.setattr(proven, "_MORE", more)
        grid, _ = grid_of(1, 2, 30, reach=13.0)
        table = np.ones((2, grid.size)).dot(grid.axes[0].columns)
        sums = proven._Sums(matrix, *proven._loss_of_logs(np.array([1e9]), np.sum, grid.bounds))
        with Ball(20).scope():
            means = proven._Means.near([[flint.arb(1), flint.arb(-1)]])
            found = proven._enclosed((sums, [table]), grid, means)
        radii.append(
            [float(value.rad()) for name in FIELDS for value in entries(getattr(found, name))]
        )
    assert all(other >= 1.49 * one for one, other in zip(*radii, strict=True))


def test_a_relative_error_of_many_units() -> None:
    """e^{m v} - 1, from above and closely."""
    for units in (1, 1000, 10**9, 2**50, 2**52):
        with Ball(40).scope():
            exact = (units * flint.arb(UNIT) / (1 - flint.arb(UNIT))).expm1()
            assert exact <= proven.relative_error(units) <= exact * (1 + units * UNIT) * (1 + 1e-11)
    assert flint.arb(UNIT) / (1 - flint.arb(UNIT)) <= proven.UNIT <= UNIT * (1 + 2.0**-49)


def true_over_bound(found: Moments, exact: Population) -> Iterator[tuple[str, float]]:
    """The largest true error over its radius, field by field."""
    with ball(60).scope():
        for name in FIELDS:
            pairs = zip(entries(getattr(found, name)), entries(getattr(exact, name)), strict=True)
            yield name, max(float(abs(a.mid() - b.mid()) / a.rad()) for a, b in pairs)


def test_the_bounds_are_not_far_above_the_errors() -> None:
    """With few digits the grid's error shows: the worst of some cases reaches a share of each.

    Measured: loss 0.017, responsibilities 0.049, overlap 0.37, gradient 0.28, F 0.22, positions
    0.011: the overlaps alone have a bound of their own for each entry.
    """
    worst = dict.fromkeys(FIELDS, 0.0)
    for seed in range(60):
        rng = np.random.default_rng([2, seed])
        apart = Fraction(2) ** int(rng.integers(1, 3)) * Fraction(999, 1000)
        middle = number(rng, 0.5)
        means = [[middle - apart / 2], [middle + apart / 2]]
        weights = shares(rng, 2)
        found = proven_at(means, weights, digits=int(rng.integers(0, 3)))
        assert found is not None
        for name, share in true_over_bound(found, exact_at(means, weights)):
            assert share <= 1
            worst[name] = max(worst[name], share)
    floors = {"loss": 0.01, "responsibilities": 0.03, "positions": 0.007}
    for name, share in worst.items():
        assert share >= floors.get(name, 0.15), name


def test_far_means_close_together() -> None:
    """The logarithms are of S / e^{<r, x> - |r|^2 / 2}: at 1000 the loss has as many digits."""
    for away in (10, 1000):
        means = [[away + Fraction(1, 3)], [away - Fraction(1, 3)]]
        found = proven_at(means, [Fraction(1, 3), Fraction(2, 3)])
        assert found is not None
        assert_sound(found, exact_at(means, [1, 2]))
        assert found.loss.rad() <= 1e-13 * away**2


def test_the_sizes_of_means_are_upper_bounds() -> None:
    """Of the exact means, which need not be doubles."""
    with Ball(30).scope():
        columns = [[flint.arb(1) / 3, -flint.arb(7) / 9], [flint.arb(5) / 7, flint.arb(-3) / 11]]
        means = proven._Means.near(columns)
        for column, width, size in zip(columns, means.spreads, means.largest, strict=True):
            assert column[0] - column[1] <= width <= (column[0] - column[1]) * (1 + 3e-12)
            largest = column[0].max(-column[1])
            assert largest <= size <= largest * (1 + 3e-12)
        square = (columns[0][1] ** 2 + columns[1][1] ** 2).max(
            columns[0][0] ** 2 + columns[1][0] ** 2
        )
        assert square <= means.square <= square * (1 + 3e-12)
        assert means.middles == [pytest.approx(-2 / 9), pytest.approx(17 / 77)]
        third = proven._Means.near([[flint.arb(1) / 3, flint.arb(0)]])
        assert flint.arb(float(flint.arb(1) / 3)) < flint.arb(1) / 3 <= third.largest[0]
        ulp = proven._Means.near([[flint.arb(1000) + flint.arb(1) / 3, flint.arb(1000)]])
        assert flint.arb(1) / 3 <= ulp.spreads[0] <= 0.34
        for away in (2**20, -(2**20) - 1):
            # Rounded by 1e-10, the spread is less than a third
            far = proven._Means.near([[away + flint.arb(1) / 3, flint.arb(away)]])
            assert flint.arb(1) / 3 <= far.spreads[0] <= 0.34


# ------------------------------------------------------------------------------------ refusals


def exponents(means: Rows, weights: list[Fraction], digits: int = PROVEN_DIGITS) -> float:
    """The largest logarithm of a start, power or product on the axis that is chosen."""
    with Ball(PROVEN_DIGITS).scope():
        arrays = [Ball(PROVEN_DIGITS).array(value) for value in (means, weights)]
    near = proven._Means.near([column.tolist() for column in arrays[0].T])
    logs = [math.log(w) for w in weights]
    (axis,) = proven._axes(near, logs, digits, True)
    farthest = axis.step * (axis.half + block_length(axis.size))
    r = near.middles[0]
    places = [float(mean[0]) for mean in means]
    return max(
        abs(log) + abs(c - r) * (farthest + abs(c + r) / 2)
        for log, c in zip(logs, places, strict=True)
    )


@pytest.mark.parametrize("middle", [0, 7, -7])
def test_refused_where_terms_leave_the_range(middle: int) -> None:
    """Just inside, just outside: as far as 690 of 708, which leaves 12 million terms to S."""
    weights = [Fraction(1, 2)] * 2
    seen = set()
    for step in range(400, 580):
        means = [[middle + Fraction(step, 20)], [middle - Fraction(step, 20)]]
        is_in_range = exponents(means, weights) < 690
        assert (proven_at(means, weights) is not None) is is_in_range
        seen.add(is_in_range)
    assert seen == {True, False}


@pytest.mark.parametrize("side", [1, -1])
def test_refused_where_a_light_term_leaves_the_range(side: int) -> None:
    """The logarithm of the weight counts too, at either end."""
    weights = [Fraction(1, 10**150), 1 - Fraction(1, 10**150)]
    seen = set()
    for step in range(1, 20):
        means = [[Fraction(side * step)], [-Fraction(side * step)]]
        is_in_range = exponents(means, weights) < 690
        assert (proven_at(means, weights) is not None) is is_in_range
        seen.add(is_in_range)
    assert seen == {True, False}


@pytest.mark.parametrize("exponent", [289, 291])
def test_refused_where_a_weight_leaves_the_range(exponent: int) -> None:
    weights = [Fraction(1, 10**exponent), 1 - Fraction(1, 10**exponent)]
    assert (proven_at([[Fraction(1, 10)], [0]], weights) is not None) is (exponent < 290)


def test_terms_in_range_are_normal_doubles() -> None:
    """At the edge of the range no entry of a table is 0, infinite or subnormal."""
    weights = [Fraction(1, 2)] * 2
    inside = [Fraction(s, 20) for s in range(480, 580)]
    edge = max(m for m in inside if exponents([[m], [-m]], weights) < 690)
    with Ball(12).scope():
        column = [flint.arb(as_arb(edge)), flint.arb(as_arb(-edge))]
        near = proven._Means.near([column])
        (chosen,) = proven._axes(near, [math.log(0.5)] * 2, 12, True)
        table = proven._table(column, 0.0, prepared_axis(chosen), [flint.arb(1) / 2] * 2)
    assert table is not None
    assert table.min() >= sys.float_info.min
    assert table.max() * proven._MOST_ENTRIES < math.inf


def as_arb(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


@pytest.mark.parametrize(("radius", "is_refused"), [(2.0**-70, False), (2.0**-60, True)])
def test_refused_where_the_input_is_not_known_well_enough(radius: float, is_refused: bool) -> None:
    """A double must be within 3 units of everything that its ball holds."""
    with Ball(20).scope():
        exact = [flint.arb(1), flint.arb(1) / 2]
        wide = [flint.arb(1, radius), flint.arb(1) / 2]
        for mean, weight in ((wide, exact), (exact, wide)):
            c = np.array([[entry] for entry in mean], dtype=object)
            found = proven_moments(c, np.array(weight, dtype=object))
            assert (found is None) is is_refused


def test_refused_where_a_mean_may_be_zero() -> None:
    """It has no double that is near to it relatively, however small its ball."""
    with Ball(20).scope():
        half = np.array([flint.arb(1) / 2] * 2, dtype=object)
        for radius, is_refused in ((0.0, False), (2.0**-200, True)):
            c = np.array([[flint.arb(0, radius)], [flint.arb(1)]], dtype=object)
            assert (proven_moments(c, half) is None) is is_refused


def test_refused_where_a_start_is_not_known_well_enough() -> None:
    """exp(d x) of a ball is wider than the ball."""
    with Ball(20).scope():
        c = np.array([[flint.arb(8, 2.0**-64)], [flint.arb(-8)]], dtype=object)
        assert c[0, 0].rel_accuracy_bits() >= proven.ENOUGH_BITS
        half = np.array([flint.arb(1) / 2] * 2, dtype=object)
        assert proven_moments(c, half) is None


@pytest.mark.parametrize(
    ("means", "light", "is_refused"),
    [
        ([flint.arb(1), flint.arb(-1)], 0.5, False),
        ([flint.arb(0, 2.0**-200), flint.arb(1)], 0.5, True),
        ([flint.arb(1, 2.0**-60), flint.arb(-1)], 0.5, True),
        ([flint.arb(8, 2.0**-64), flint.arb(-8)], 0.5, True),
        ([flint.arb(0.125), flint.arb(0)], 1e-289, False),
        ([flint.arb(0.125), flint.arb(0)], 1e-291, True),
        ([flint.arb(1e60), flint.arb(0)], 0.5, True),
        ([flint.arb(30), flint.arb(-30)], 0.5, True),
    ],
    ids=[
        "plain",
        "zero or not",
        "wide mean",
        "wide start",
        "light",
        "too light",
        "too far",
        "out of range",
    ],
)
def test_a_table_is_refused_where_sums_are(
    means: list[flint.arb], light: float, is_refused: bool
) -> None:
    with Ball(20).scope():
        table = proven.line_table(means, [flint.arb(light), flint.arb(0.5)])
    assert (table is None) is is_refused


def sums_on_a_line(means: list[flint.arb], weights: list[flint.arb]) -> Moments | None:
    return proven_moments(np.array([[mean] for mean in means]), np.array(weights, dtype=object))


@pytest.mark.parametrize("found_by", [sums_on_a_line, proven.line_table])
def test_exactly_at_the_limits(found_by: Callable[..., Any]) -> None:
    """61 bits of a weight and of its start are enough, 60 are not; so for a weight of 1e-290."""
    with Ball(20).scope():
        means, half, light = [flint.arb(0.125), flint.arb(0)], flint.arb(0.5), 1e-290
        for bits, is_refused in ((61, False), (60, True)):
            weight = flint.arb(0.5, 2.0 ** (-2 - bits))
            assert weight.rel_accuracy_bits() == bits
            assert (found_by(means, [weight, half]) is None) is is_refused
        for least, is_refused in ((light, False), (math.nextafter(light, 0), True)):
            assert (found_by(means, [flint.arb(least), half]) is None) is is_refused


def test_refused_where_there_are_too_many_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on nodes times components, and reaching it is allowed.

    All fields may have fewer digits instead, if nothing else is said; not so the gradient.
    """
    with Ball(12).scope():
        c, half = np.array([[flint.arb(1)], [flint.arb(0)]]), np.array([flint.arb(0.5)] * 2)
        near = proven._Means.near([[flint.arb(1), flint.arb(0)]])
        (axis,) = proven._axes(near, [math.log(0.5)] * 2, 12, False)
        for most, is_refused in ((2 * axis.size, False), (2 * axis.size - 1, True)):
            monkeypatch.setattr(proven, "_MOST_ENTRIES", most)
            found = proven_moments(c, half, may_be_coarser=False)
            assert (found is None) is is_refused
            assert (proven_gradient(c, half) is None) is is_refused
            assert proven_moments(c, half) is not None


def test_a_table_has_as_many_digits_as_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many terms a sum may have."""
    with Ball(20).scope():
        line = [flint.arb(1), flint.arb(0)], [flint.arb(0.5)] * 2
        table = proven.line_table(*line)
        monkeypatch.setattr(proven, "_MOST_ENTRIES", 1)
        same = proven.line_table(*line)
    assert table is not None
    assert same is not None
    assert same.axis is table.axis


def test_refused_where_a_jump_is_not_known_well_enough() -> None:
    """At means near the first node the start is known better than the jump."""
    grid, _ = grid_of(1, 2, 12, width=3.0, reach=9.0)
    axis = grid.axes[0]
    with Ball(20).scope():
        for radius, is_refused in ((2.0**-60, True), (2.0**-68, False)):
            column = [flint.arb(0.125 - axis.reach, radius), flint.arb(-0.125 - axis.reach)]
            table = proven._table(column, -axis.reach, axis, [flint.arb(1) / 2] * 2)
            assert (table is None) is is_refused


@pytest.mark.parametrize("size", [1e49, 1e60, 1e200])
def test_refused_where_means_are_too_far_for_a_square(size: float) -> None:
    """Beyond 10^100 the square is no sum of float64; below, no grid reaches over the spread."""
    with Ball(12).scope():
        c = np.array([[flint.arb(size)], [flint.arb(0)]], dtype=object)
        half = np.array([flint.arb(1) / 2] * 2, dtype=object)
        if size < 1e50:
            with pytest.raises(TooExpensive):
                proven_moments(c, half)
        else:
            assert proven_moments(c, half) is None


def test_nothing_is_prepared_before_it_is_known_to_be_of_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Means far apart would need millions of nodes: refused at no cost."""

    def forbidden(_: object) -> None:
        raise AssertionError("the axis was prepared")

    monkeypatch.setattr(proven, "prepared_axis", forbidden)
    proven._grid.cache_clear()
    assert proven_at([[3000], [0]], [Fraction(1, 2)] * 2) is None
    with pytest.raises(AssertionError):
        proven_at([[3], [0]], [Fraction(1, 2)] * 2)


# -------------------------------------------------------------------------------------- digits


@pytest.mark.parametrize("digits", [1, 4, 8, 12])
def test_as_many_digits_as_asked(digits: int) -> None:
    """Relatively, of every overlap."""
    means = [[Fraction(3, 2), 0], [Fraction(-7, 10), 1], [2, Fraction(-1, 2)]]
    found = proven_at(means, [Fraction(1, 3)] * 3, digits, may_be_coarser=False)
    assert found is not None
    for value in entries(found.overlap):
        assert value.rad() <= value.mid() * flint.arb(10) ** -digits


@pytest.mark.parametrize(
    ("rank", "size", "estimate", "smallest"),
    [
        (1, 5.0, None, 2 * math.log(0.25) - 25 - 2),
        (1, 15.0, None, 2 * math.log(0.25) - 225 - 2),
        (1, 17.0, -30.0, -30.0),
        (1, 17.0, -1000.0, 2 * math.log(0.25) - 289 - 2),
        (2, 5.0, None, 2 * math.log(0.25) - 25 - 2),
        (2, 7.0, -30.0, -30.0),
        (1, 40.0, -2000.0, -668.0),
        (2, 40.0, -2000.0, -60.0),
        (3, 40.0, -2000.0, -12.0),
        (4, 40.0, -2000.0, -6.0),
        (5, 40.0, -2000.0, -6.0),
    ],
)
def test_what_the_axes_are_chosen_for(
    monkeypatch: pytest.MonkeyPatch,
    rank: int,
    size: float,
    estimate: float | None,
    smallest: float,
) -> None:
    """Two digits more than are asked for, and a tail that small against the smallest overlap.

    That is pi_i^2 e^{-|c_i|^2 - 2} or an estimate, or what is resolved in so many dimensions.
    """
    asked: list[tuple[float, float, float]] = []
    axis = Axis(step=0.5, half=4, strip=0.5, spread=1.0)
    monkeypatch.setattr(proven, "common_axis", lambda *args: asked.append(args) or axis)
    monkeypatch.setattr(proven, "smallest_log_overlap", lambda *_: estimate)
    spreads, logs = [1.0 + k for k in range(rank)], [math.log(0.25), math.log(0.75)]
    sizes = [size] * rank
    means = proven._Means([[size, 0.0]] * rank, [0.0] * rank, spreads, sizes, spreads, size**2)
    assert proven._axes(means, logs, 12, False) == [axis] * rank
    reach = math.sqrt(2 * (math.log(rank) + 14 * math.log(10) - smallest))
    assert asked == [
        (spread, pytest.approx(-14 * math.log(10)), pytest.approx(reach)) for spread in spreads
    ]


@pytest.mark.parametrize("rank", [1, 4, 5])
def test_digits_are_given_up_one_at_a_time(monkeypatch: pytest.MonkeyPatch, rank: int) -> None:
    """Until the terms are few enough, or a tenth is left: a coarser grid would bound nothing."""
    asked: list[float] = []
    axis = Axis(step=0.5, half=4, strip=0.5, spread=1.0)
    monkeypatch.setattr(proven, "common_axis", lambda _, t, reach: asked.append(t) or axis)
    means = proven._Means(
        [[0.0, 0.0]] * rank, [0.0] * rank, [1.0] * rank, [0.0] * rank, [0.5] * rank, 0.0
    )
    entries_of_grid = 2 * 9**rank
    for most, lasts in ((entries_of_grid, [-5]), (entries_of_grid - 1, [-5, -4, -3, -2, -1])):
        monkeypatch.setattr(proven, "_MOST_ENTRIES", most)
        asked.clear()
        proven._axes(means, [math.log(0.5)] * 2, 3, True)
        assert asked[::rank] == pytest.approx([last * math.log(10) for last in lasts])


WIDE = [[4 * (i == j) - 2 for j in range(4)] for i in range(5)]


def test_fewer_digits_where_so_many_are_not_affordable() -> None:
    """Only if they will do."""
    weights = [Fraction(1, 5)] * 5
    assert proven_at(WIDE, weights, may_be_coarser=False) is None
    found = proven_at(WIDE, weights)
    assert found is not None
    with Ball(20).scope():
        total = sum(entries(found.overlap))
        assert total.contains(1)
        assert 1e-9 < total.rad() < 0.1


def calls_of(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool, bool]]:
    """Digits, may_be_coarser and success of every call of the proven sums."""
    calls: list[tuple[int, bool, bool]] = []

    def noted(c: Array, weights: Array, digits: int, may_be_coarser: bool) -> Moments | None:
        found = proven_moments(c, weights, digits, may_be_coarser)
        calls.append((digits, may_be_coarser, found is not None))
        return found

    monkeypatch.setattr(gaussian, "proven_moments", noted)
    return calls


@pytest.mark.parametrize("digits", range(1, 14))
def test_chosen_where_they_suffice(monkeypatch: pytest.MonkeyPatch, digits: int) -> None:
    """ball(1) to ball(12), and not from 13 digits on."""
    calls = calls_of(monkeypatch)
    found = population(SKEW, arithmetic=ball(digits))
    assert calls == ([(digits, False, True)] if digits <= PROVEN_DIGITS else [])
    assert_sound(found, population(SKEW, arithmetic=ball(30)))


def test_near_the_optimum_quick_balls_keep_to_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Lemma N is of no use, as of a very light component: 12 digits of the loss absolutely.

    ball(12) has them relatively, from Arb.
    """
    near = Mixture([["1e-5", 0], [0, "1e-5"], [0, 0]], [1, 2, "1e-70"])
    calls = calls_of(monkeypatch)
    quick = population(near, arithmetic=Ball(12, is_quick=True))
    assert calls == [(12, True, True)]
    assert 1e-16 < quick.loss.rad() < 1e-12
    careful = population(near, arithmetic=ball(12))
    assert calls == [(12, True, True)]
    assert careful.loss.rad() < 1e-12 * careful.loss
    assert_sound(quick, careful)


def test_arb_takes_over_where_float64_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = calls_of(monkeypatch)
    wide = Mixture([-35, 35], [1, 3])
    found = population(wide, arithmetic=ball(12))
    assert calls == [(12, False, False)]
    assert_sound(found, population(wide, arithmetic=ball(30)))


def test_ranks_of_balls() -> None:
    """Up to 5 with 12 digits, up to 3 beyond, and never what float64 cannot hold."""
    eye = Mixture(np.eye(6, 5, dtype=int))
    assert population(eye, arithmetic=Ball(2, is_quick=True)).loss.rad() < 1e-2
    assert population(Mixture(WIDE), arithmetic=ball(12)).responsibilities[0].rad() < 0.1
    for mixture, digits in ((eye, 13), (Mixture(np.eye(7, 6, dtype=int)), 12)):
        with pytest.raises(UnsupportedRank):
            population(mixture, arithmetic=ball(digits))
    with pytest.raises(UnsupportedRank):
        population(Mixture(50 * np.eye(6, 5, dtype=int)), arithmetic=ball(12))


def test_the_cost_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is prepared or summed."""
    monkeypatch.setattr(proven, "prepared_axis", None)
    eye = [[int(i == j) for j in range(4)] for i in range(5)]
    with work_limit(1e-3), pytest.raises(TooExpensive, match="nodes for 5 components"):
        proven_at(eye, [Fraction(1, 5)] * 5)


def test_the_cost_is_of_the_size_of_the_work() -> None:
    """Some 60 us and 25 ns an entry: not refused with 1 ms, refused with 10 us."""
    half = [Fraction(1, 2)] * 2
    with work_limit(1e-3):
        assert proven_at([[1], [0]], half) is not None
    with work_limit(1e-5), pytest.raises(TooExpensive):
        proven_at([[1], [0]], half)


def test_the_cost_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """60 us, and for each of 1000 nodes and 5 components 20 ns and 1 ns for each component."""
    costs: list[float] = []
    monkeypatch.setattr(proven, "charge", lambda cost, _: costs.append(cost))
    with work_limit(1.0):
        proven._announce(1000, 5)
    assert costs == [pytest.approx(60 + 5000 * (0.02 + 0.005))]


# ----------------------------------------------------------------------------- order of sums


def test_slabs_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one slab or in many, and of one row each."""
    means, weights = rows(np.random.default_rng(1), 3, 2), [Fraction(1, 3)] * 3
    line = [[mean[0]] for mean in means]
    for case in (means, line):
        exact = exact_at(case, weights)
        for size in (1 << 15, 500, 1):
            monkeypatch.setattr(proven, "_SLAB_ENTRIES", size)
            proven._grid.cache_clear()
            found = proven_at(case, weights)
            assert found is not None
            assert_sound(found, exact)
    proven._grid.cache_clear()


@pytest.mark.parametrize("most", [1, 40, 100, 1 << 15])
def test_slabs_are_the_grid_in_parts_that_are_small(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Every node once, of axes of unequal length too; a line in a single slab is its own."""
    long = prepared_axis(Axis(step=0.5, half=4, strip=0.5, spread=1.0))
    short = prepared_axis(Axis(step=2.0, half=1, strip=0.5, spread=1.0))
    monkeypatch.setattr(proven, "_SLAB_ENTRIES", most)
    rng = np.random.default_rng(1)
    for axes in ((long,), (long, short), (short, long)):
        grid = proven._Grid(axes, 2)
        tables = [rng.uniform(1, 2, size=(2, axis.size)) for axis in axes]
        slabs = list(proven._slabs(tables, grid))
        row = 2 * grid.size // axes[0].size
        assert grid.slab == min(max(1, most // row), axes[0].size)
        assert all(slab.terms.size <= max(most, row) for slab in slabs)
        assert len(slabs) == -(-axes[0].size // grid.slab)
        assert grid.is_whole_line is (len(axes) == len(slabs) == 1)
        terms, roots = tables[0], axes[0].root_weights
        for table, axis in zip(tables[1:], axes[1:], strict=True):
            terms = (terms[:, :, None] * table[:, None, :]).reshape(2, -1)
            roots = np.outer(roots, axis.root_weights).ravel()
        assert np.concatenate([slab.terms for slab in slabs], axis=1).tolist() == terms.tolist()
        assert np.concatenate([slab.roots for slab in slabs]).tolist() == roots.tolist()


def test_slabs_sum_up_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sum, those of the bounds too."""
    grid, _ = grid_of(2, 3, 4)
    rng = np.random.default_rng(3)
    tables = [10 ** rng.uniform(-1, 0.5, size=(3, axis.size)) for axis in grid.axes]
    whole, columns = proven._summed(proven._Terms(tables, grid))
    weights = np.multiply.outer(*(axis.weights for axis in grid.axes))
    logs = np.log(np.einsum("ij,ik->jk", *tables))
    size = grid.bounds.log_size * (weights * abs(logs)).sum()
    assert whole.rounding == pytest.approx(size)
    assert whole.loss == pytest.approx(-(weights * logs).sum())
    monkeypatch.setattr(proven, "_SLAB_ENTRIES", 1)
    in_rows = proven._Grid(grid.axes, 3)  # a grid keeps the slab that it was first asked for
    in_rows.__dict__["bounds"] = grid.bounds
    slabs, others = proven._summed(proven._Terms(tables, in_rows))
    assert (grid.slab, in_rows.slab) == (grid.axes[0].size, 1)
    for one, other in zip([*whole, *columns], [*slabs, *others], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


@pytest.mark.parametrize(("rank", "digits"), [(2, 4), (3, 1), (4, 1)])
@pytest.mark.parametrize("entries_of_slab", [1 << 15, 100, 1])
def test_rectangles_sum_up_to_the_same(
    monkeypatch: pytest.MonkeyPatch, rank: int, digits: int, entries_of_slab: int
) -> None:
    """But for the moduli of logarithms, of which two are found together: their sum is smaller."""
    monkeypatch.setattr(proven, "_SLAB_ENTRIES", entries_of_slab)
    grid, _ = grid_of(rank, 3, digits, reach=3.0 if rank < 4 else 1.5)
    rng = np.random.default_rng(3)
    tables = [10 ** rng.uniform(-1, 0.5, size=(3, axis.size)) for axis in grid.axes]
    slabs, others = proven._summed(proven._Terms(tables, grid))
    moderate = replace(grid, is_moderate=True)
    found, columns = proven._summed(proven._Terms(tables, moderate))
    np.testing.assert_allclose(found.overlap, slabs.overlap, rtol=1e-13)
    assert found.loss == pytest.approx(slabs.loss, rel=1e-12)
    size = found.rounding / moderate.bounds.log_size
    assert abs(found.loss) < size < slabs.rounding / grid.bounds.log_size
    for one, other in zip(columns, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    alone = proven._overlap(proven._Terms(tables, moderate))
    assert alone.tolist() == found.overlap.tolist()
    np.testing.assert_allclose(proven._overlap(proven._Terms(tables, grid)), alone, rtol=1e-13)


@pytest.mark.filterwarnings("error")
def test_rectangles_at_the_ends_of_their_range() -> None:
    """Factors, terms and S down to e^-230 and up to e^230: nothing overflows, or is lost."""
    grid, _ = grid_of(2, 2, 4)
    moderate = replace(grid, is_moderate=True)
    most, sizes = proven._MODERATE, [axis.size for axis in grid.axes]
    for a, b in ((most, 0), (-most, 0), (most, -most), (-most, most), (0, most), (0, -most)):
        for c, d in ((a, b), (b, a), (-a, 0.0), (-b, -a)):
            ends = [np.array([x, y])[:, None] for x, y in ((a, c), (b, d))]
            tables = [
                np.exp(end) * np.ones((2, size)) for end, size in zip(ends, sizes, strict=True)
            ]
            slabs, others = proven._summed(proven._Terms(tables, grid))
            found, columns = proven._summed(proven._Terms(tables, moderate))
            np.testing.assert_allclose(found.overlap, slabs.overlap, rtol=1e-12, atol=1e-100)
            assert found.loss == pytest.approx(slabs.loss, rel=1e-12)
            for one, other in zip(columns, others, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_what_underflows_is_counted() -> None:
    """More in rectangles, where it may be multiplied by 2^670."""
    for rank, least in ((1, 2.0**-1000), (2, 2.0**-340)):
        grid, _ = grid_of(rank, 3, 4, reach=40.0)
        bounds = proven._bounds(grid)
        assert min(bounds.left_out, bounds.moment, bounds.log) >= grid.size * least
        far, _ = grid_of(rank, 3, 4, reach=200.0)  # no mass is left out: what is left is underflow
        assert proven._bounds(far).left_out <= 1.01 * far.size * least


def test_which_terms_are_moderate() -> None:
    """On two axes, where the logarithms of all factors, and of n, are below a limit in all."""

    def at(*places: int) -> bool:
        with Ball(20).scope():
            c = np.array(
                [[flint.arb(x), flint.arb(y)] for x, y in zip(places, (0, 1, 0), strict=True)]
            )
            weights = np.array([flint.arb(1) / 3] * 3)
            prepared = proven._prepared(c, weights, 12, may_be_coarser=False)
            assert prepared is not None
            line = proven._prepared(c[:, :1], weights, 12, may_be_coarser=False)
            assert line is not None
            assert not line[0].grid.is_moderate
            return prepared[0].grid.is_moderate

    assert at(1, -1, 0)
    assert at(5, -5, 0)
    assert not at(14, -14, 0)


@pytest.mark.parametrize("moderate", [0.0, 30.0, proven._MODERATE])
def test_both_ways_are_sound(monkeypatch: pytest.MonkeyPatch, moderate: float) -> None:
    """Slabs alone, some of each, and rectangles alone."""
    monkeypatch.setattr(proven, "_MODERATE", moderate)
    rng = np.random.default_rng(2)
    ways = []
    summed = proven._summed_in_rectangles
    monkeypatch.setattr(
        proven, "_summed_in_rectangles", lambda terms: ways.append(1) or summed(terms)
    )
    for scale in (0.5, 2.0, 4.0):
        means, weights = rows(rng, 3, 2), shares(rng, 3)
        case = [[Fraction(scale) * entry for entry in mean] for mean in means]
        found = proven_at(case, weights)
        assert found is not None
        assert_sound(found, exact_at(case, weights))
    assert len(ways) == {0.0: 0, 30.0: 2}.get(moderate, 3)


SCRIPT = """
from fractions import Fraction
from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture
means = [[Fraction(i * j % 7, 5) for j in range(1, 4)] for i in range(1, 31)]
found = population(Mixture(means), arithmetic=Ball(4, is_quick=True))
for value in (found.loss, found.overlap[0, 1], found.positions[2, 1]):
    print(*value.mid().man_exp(), *value.rad().man_exp())
"""


def test_threads_of_blas_change_nothing_that_matters() -> None:
    """Sums in another order are other enclosures of the same numbers."""
    outputs = []
    for threads in ("1", "2"):
        environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, check=True
        )
        outputs.append([[int(word) for word in line.split()] for line in run.stdout.splitlines()])
    for one, other in zip(*outputs, strict=True):
        balls_of = [
            flint.arb((man, exp), (rad, rad_exp)) for man, exp, rad, rad_exp in (one, other)
        ]
        assert balls_of[0].overlaps(balls_of[1])


@pytest.mark.parametrize(
    "means",
    [
        [[3], [-2], [Fraction(1, 3)]],
        [[5, 1], [-2, 4], [0, Fraction(1, 7)]],
        [[1, 2, 0], [0, -1, 1], [2, 0, -1], [0, 0, Fraction(1, 2)]],
    ],
    ids=["line", "plane", "space"],
)
def test_the_gradient_alone_is_that_of_all_fields(means: Any) -> None:
    """By the same sums, in one slab or in several; the error too is the same."""
    arithmetic = Ball(PROVEN_DIGITS)
    weights = [Fraction(1, len(means))] * len(means)
    with arithmetic.scope():
        c, shares = arithmetic.array(means), arithmetic.array(weights)
        for digits in (6, PROVEN_DIGITS):
            found = proven_gradient(c, shares, digits)
            whole = proven_moments(c, shares, digits, may_be_coarser=False)
            assert found is not None
            assert whole is not None
            assert list(map(repr, found.flat)) == list(map(repr, whole.gradient.flat))


def test_the_gradient_alone_is_refused_where_all_fields_are() -> None:
    arithmetic = Ball(PROVEN_DIGITS)
    with arithmetic.scope():
        c, shares = arithmetic.array([[1000], [-1000]]), arithmetic.array([Fraction(1, 2)] * 2)
        assert proven_moments(c, shares, may_be_coarser=False) is None
        assert proven_gradient(c, shares) is None


@pytest.mark.parametrize("found_by", [proven_moments, proven_gradient])
def test_large_sums_keep_to_one_thread(
    found_by: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Products of a few thousand entries are not split: two threads only wait for each other."""
    told: list[float] = []

    def scope(entries: float) -> AbstractContextManager[None]:
        told.append(entries)
        return nullcontext()

    monkeypatch.setattr(proven, "one_thread", scope)
    with Ball(PROVEN_DIGITS).scope():
        c = Ball(PROVEN_DIGITS).array([[Fraction(i, 9)] for i in range(30)])
        found_by(c, Ball(PROVEN_DIGITS).array([Fraction(1, 30)] * 30))
    assert len(told) == 1
    assert told[0] > 2000


QUARTERS = [Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)]


def test_differences_below_an_ulp_of_the_line_may_leave_the_range() -> None:
    """Exact means 2^31 from the origin, which doubles cannot tell apart.

    What they differ by, times the offset, is 700 and more.
    """
    ulp = Fraction(1, 2**22)
    start = 2**31 * Fraction(3, 2) + ulp * Fraction(989, 1024)
    means = [[start], [start + ulp / 2048], [start - ulp / 2048]]
    exact = population(Mixture(means, QUARTERS), arithmetic=ball(30))
    assert_sound(population(Mixture(means, QUARTERS), arithmetic=ball(10)), exact)


def test_differences_below_an_ulp_of_the_plane_are_not_moderate() -> None:
    """Likewise: factors along each axis are e^320."""
    ulp = Fraction(1, 2**22)
    start = 2**31 * Fraction(5, 4) - ulp / 2
    means = [[start, start], [start + ulp / 2**13, start], [start, start + ulp / 2**12]]
    exact = population(Mixture(means, QUARTERS), arithmetic=ball(30))
    assert_sound(population(Mixture(means, QUARTERS), arithmetic=ball(10)), exact)
    arithmetic = Ball(PROVEN_DIGITS)
    with arithmetic.scope():
        c, weights = arithmetic.array(means), arithmetic.array(QUARTERS)
        assert proven.proven_gradient(c, weights, 10) is None
