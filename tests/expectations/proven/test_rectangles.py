"""Rectangles of nodes in a ball: which they are, what they leave out, and that it is added."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from helpers.proven_sums import assert_sound, exact_at, grid_of, proven_at, rows, shares
from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.expectations.proven import bounds as bounds_module
from theorycheck.expectations.proven import rectangles as module
from theorycheck.expectations.proven import terms
from theorycheck.expectations.proven.axes import prepared_axis
from theorycheck.expectations.proven.bounds import bounds_of
from theorycheck.expectations.proven.moments import proven_gradient
from theorycheck.expectations.proven.rectangles import rectangles_of, weight_left_out
from theorycheck.expectations.proven.terms import Grid, _grid
from theorycheck.expectations.trapezoid import Axis


def of_axes(*halves: int, cancels: bool = False) -> Grid:
    """A grid of so many nodes on either side of 0, by axis, half a unit apart."""
    axes = [prepared_axis(Axis(step=0.5, half=half, strip=0.5, spread=1.0)) for half in halves]
    return Grid(tuple(axes), 3, cancels=cancels, is_moderate=True)


def times_summed(grid: Grid) -> np.ndarray[tuple[int, ...], np.dtype[np.int_]]:
    """In how many rectangles each node is."""
    longest, places, parts = rectangles_of(grid)
    count = np.zeros([axis.size for axis in grid.axes], dtype=int)
    by_row = np.moveaxis(count, longest, -1)
    for own, columns in parts:
        for row in zip(*(place[own] for place in places), strict=True):
            by_row[row][columns] += 1
    return count


@pytest.fixture(autouse=True)
def no_grid_is_kept() -> Iterator[None]:
    """Neither before, nor after other limits were set."""
    _grid.cache_clear()
    yield
    _grid.cache_clear()


@pytest.mark.parametrize("halves", [(8, 8), (8, 5), (3, 11), (6, 6, 6), (5, 6, 3), (3, 3, 3, 3)])
@pytest.mark.parametrize("entries", [1, 40, 1 << 15])
def test_every_node_of_the_ball_is_in_one_rectangle(
    monkeypatch: pytest.MonkeyPatch, halves: tuple[int, ...], entries: int
) -> None:
    """Others in one or in none; those of a column weigh alike on either side."""
    monkeypatch.setattr(module, "_ENTRIES", entries)
    monkeypatch.setattr(module, "_square_radius", lambda _: 6.25)
    grid = of_axes(*halves)
    count, middle = times_summed(grid), max(halves)
    squares = sum(np.meshgrid(*(axis.nodes**2 for axis in grid.axes), indexing="ij"))
    assert count.max() == 1
    assert count[squares <= 6.25].min() == 1
    longest = rectangles_of(grid).longest
    assert halves[longest] == middle
    assert (count == np.flip(count, longest)).all()
    for own, columns in rectangles_of(grid).parts:
        size = (own.stop - own.start) * (columns.stop - columns.start)
        assert size <= max(entries, columns.stop - columns.start)
        assert columns.start + columns.stop == 2 * middle + 1
    if entries == 1:  # then a row has no node beyond
        assert (count == (squares <= 6.25)).all()


def test_where_the_loss_cancels_all_nodes_are_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And there is nothing left out."""
    monkeypatch.setattr(module, "_square_radius", lambda _: 1.0)
    whole, cut = of_axes(5, 7, 4, cancels=True), of_axes(5, 7, 4)
    assert (times_summed(whole) == 1).all()
    assert weight_left_out(whole) == 0
    assert times_summed(cut).min() == 0
    assert weight_left_out(cut) > 0.1


@pytest.mark.parametrize("halves", [(8, 8), (8, 5), (5, 6, 3), (3, 4, 3, 3)])
@pytest.mark.parametrize("entries", [1, 40, 1 << 15])
def test_the_weight_of_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch, halves: tuple[int, ...], entries: int
) -> None:
    """Node by node; and no weight of an axis is changed by it."""
    monkeypatch.setattr(module, "_ENTRIES", entries)
    monkeypatch.setattr(module, "_square_radius", lambda _: 4.0)
    grid = of_axes(*halves)
    before = [axis.weights.tolist() for axis in grid.axes]
    count = times_summed(grid)
    total = math.fsum(
        math.prod(axis.weights[k] for axis, k in zip(grid.axes, node, strict=True))
        for node in product(*(range(axis.size) for axis in grid.axes))
        if not count[node]
    )
    assert weight_left_out(grid) == pytest.approx(total, rel=1e-13)
    assert total > 1e-3
    assert [axis.weights.tolist() for axis in grid.axes] == before


@pytest.mark.parametrize("halves", [(8, 8), (6, 6, 6)])
def test_what_is_added_to_the_bounds(
    monkeypatch: pytest.MonkeyPatch, halves: tuple[int, ...]
) -> None:
    """By hand, for a weight W: against the bounds where nothing is left out."""
    grid, rank, weight = of_axes(*halves), len(halves), 0.25
    reach = grid.axes[0].reach
    monkeypatch.setattr(bounds_module, "weight_left_out", lambda _: 0.0)
    without = bounds_of(grid)
    bounds_of.cache_clear()
    monkeypatch.setattr(bounds_module, "weight_left_out", lambda _: weight)
    found = bounds_of(grid)
    bounds_of.cache_clear()

    def is_just_above(ours: float, theirs: float) -> bool:
        return theirs <= ours <= theirs * (1 + without.relative) * (1 + 1e-9)

    assert is_just_above(found.left_out - without.left_out, weight / (1 - without.relative))
    assert is_just_above(found.moment - without.moment, reach * weight)
    assert is_just_above(found.loss.square - without.loss.square, weight / 2)
    assert found.loss.shift - without.loss.shift >= weight / 2
    for ours, theirs in zip(found.loss.largest, without.loss.largest, strict=True):
        assert is_just_above(ours - theirs, 2 * reach * weight)
    assert len(found.loss.largest) == rank
    assert found.overlap == without.overlap
    slabs = replace(grid, is_moderate=False)
    assert bounds_of(slabs).left_out == pytest.approx(without.left_out, rel=1e-12)


def test_rounding_of_the_weight_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many roundings as there are nodes, and more."""
    grid = of_axes(200, 200)
    monkeypatch.setattr(bounds_module, "weight_left_out", lambda _: 1.0)
    least = 1 + 2 * grid.size * 2.0**-53
    assert least <= bounds_module._corners(grid) <= least * (1 + 1e-11)


@pytest.mark.parametrize("rank", [2, 3])
def test_balls_hold_what_corners_take(monkeypatch: pytest.MonkeyPatch, rank: int) -> None:
    """However small the ball of the nodes is; also where means are far off 0."""
    rng = np.random.default_rng(rank)
    for _ in range(2):
        means, weights = rows(rng, rank + 1, rank, 1 / rank), shares(rng, rank + 1)
        means = [[entry + Fraction(3, 2) for entry in mean] for mean in means]
        exact = exact_at(means, weights)
        for square in (2.0, 9.0, 30.0):
            monkeypatch.setattr(module, "_square_radius", lambda _, square=square: square)
            _grid.cache_clear()
            found = proven_at(means, weights)
            assert found is not None
            assert_sound(found, exact)
            with Ball(20).scope():
                arithmetic = Ball(20)
                gradient = proven_gradient(arithmetic.array(means), arithmetic.array(weights))
            assert gradient is not None
            with Ball(60).scope():
                for ours, theirs in zip(gradient.ravel(), exact.gradient.ravel(), strict=True):
                    assert ours.contains(theirs)


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_what_is_left_out_is_no_more_than_what_lies_beyond(rank: int) -> None:
    """So that as many digits remain; and it is a share of the nodes."""
    least = {2: 0.7, 3: 0.45, 4: 0.25}[rank]
    for digits, reach in ((3, 5.0), (6, 7.0), (12, 9.0)):
        if rank == 4 and digits == 12:
            continue
        grid, _ = grid_of(rank, 3, digits, reach=reach, width=2.0, is_moderate=True)
        tails = sum(axis.tail for axis in grid.axes)
        assert weight_left_out(grid) <= tails
        kept = sum(
            (own.stop - own.start) * (columns.stop - columns.start)
            for own, columns in rectangles_of(grid).parts
        )
        assert least * grid.size <= kept <= grid.size


def test_additions_by_hand() -> None:
    """The most rows and columns, and the number of rectangles."""
    for halves, expected in (((4, 3), 7 + 9 + 1), ((3, 4), 7 + 9 + 1), ((3, 5, 4), 63 + 11 + 1)):
        assert rectangles_of(of_axes(*halves, cancels=True)).additions == expected


def test_additions_of_many_rectangles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of 9 at a time, of 9."""
    monkeypatch.setattr(module, "_ENTRIES", 18)
    assert rectangles_of(of_axes(4, 4, cancels=True)).additions == 2 + 9 + 5
    assert terms._SLAB_ENTRIES > 18
