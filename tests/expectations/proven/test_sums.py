"""Float64 sums over grids: their roundings, counted, and the same in whatever order."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest

from helpers.counted import Counted, CountingNumPy, all_counted, most_units
from helpers.proven_sums import assert_sound, exact_at, grid_of, proven_at, rows, shares
from theorycheck.expectations.proven import rectangles
from theorycheck.expectations.proven import sums as module
from theorycheck.expectations.proven.axes import prepared_axis
from theorycheck.expectations.proven.bounds import _Units, _units, bounds_of
from theorycheck.expectations.proven.rectangles import rectangles_of, weight_left_out
from theorycheck.expectations.proven.sums import (
    _slabs,
    _summed_in_rectangles,
    grid_sums,
    overlap_sums,
)
from theorycheck.expectations.proven.terms import _MODERATE, Grid, Terms, _grid, _walks
from theorycheck.expectations.trapezoid import Axis


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
    for name in ("terms", "sums"):
        monkeypatch.setattr(f"theorycheck.expectations.proven.{name}.np", CountingNumPy())
    monkeypatch.setattr(module, "float", lambda value: value, raising=False)
    monkeypatch.setattr("theorycheck.expectations.proven.terms._SLAB_ENTRIES", entries_of_slab)
    monkeypatch.setattr(rectangles, "_ENTRIES", entries_of_slab // n)
    totals = []
    monkeypatch.setattr(
        module, "logarithm", lambda total: totals.append(total) or all_counted(0, len(total))
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
        walked = most_units(_walks(start, start, start, axis))
        assert walked <= 3 + 4 * axis.longest_walk <= walked + 4
        tables.append(all_counted(3 + 4 * axis.longest_walk, n, axis.size))
    own = replace(grid, axes=counted)
    monkeypatch.setattr(module, "bounds_of", lambda _: bounds_of(grid))
    sums, columns = grid_sums(Terms(tables, own))
    seen = {
        "overlap": most_units(sums.overlap),
        "share": max(most_units(table) for table in columns),
        "term": max(most_units(total) for total in totals),
        "log_sum": most_units(sums.loss),
    }
    units = _units(grid)
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


def _check_rectangles(grid: Grid, units: _Units, seen: dict[str, int]) -> None:
    """The counts of Lemma P, which those of slabs cover."""
    rank, n, parts = len(grid.axes), grid.components, rectangles_of(grid).parts
    rows = max(part.stop - part.start for part, _ in parts)
    columns = max(part.stop - part.start for _, part in parts)
    additions = rows + columns + len(parts)
    term = rank - 1 + sum(3 + 4 * axis.longest_walk for axis in grid.axes)
    overlap = 4 * term + 2 * n + 3 * rank - 2 + additions
    assert seen["overlap"] <= overlap <= min(units.overlap, seen["overlap"] + len(parts) + rows)
    assert rectangles_of(grid).additions == additions
    assert seen["share"] <= 2 * term + n + 3 * rank + 1 + additions < units.share
    assert seen["term"] == 2 * units.term + 1
    assert seen["log_sum"] <= units.log_sum == 3 * rank + additions


# ------------------------------------------------------------------------------- order of sums


def test_slabs_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one slab or in many, and of one row each."""
    means, weights = rows(np.random.default_rng(1), 3, 2), [Fraction(1, 3)] * 3
    line = [[mean[0]] for mean in means]
    for case in (means, line):
        exact = exact_at(case, weights)
        for size in (1 << 15, 500, 1):
            monkeypatch.setattr("theorycheck.expectations.proven.terms._SLAB_ENTRIES", size)
            _grid.cache_clear()
            found = proven_at(case, weights)
            assert found is not None
            assert_sound(found, exact)
    _grid.cache_clear()


@pytest.mark.parametrize("most", [1, 40, 100, 1 << 15])
def test_slabs_are_the_grid_in_parts_that_are_small(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Every node once, of axes of unequal length too; a line in a single slab is its own."""
    long = prepared_axis(Axis(step=0.5, half=4, strip=0.5, spread=1.0))
    short = prepared_axis(Axis(step=2.0, half=1, strip=0.5, spread=1.0))
    monkeypatch.setattr("theorycheck.expectations.proven.terms._SLAB_ENTRIES", most)
    rng = np.random.default_rng(1)
    for axes in ((long,), (long, short), (short, long)):
        grid = Grid(axes, 2)
        tables = [rng.uniform(1, 2, size=(2, axis.size)) for axis in axes]
        slabs = list(_slabs(tables, grid))
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
    whole, columns = grid_sums(Terms(tables, grid))
    weights = np.multiply.outer(*(axis.weights for axis in grid.axes))
    logs = np.log(np.einsum("ij,ik->jk", *tables))
    size = bounds_of(grid).log_size * (weights * abs(logs)).sum()
    assert whole.rounding == pytest.approx(size)
    assert whole.loss == pytest.approx(-(weights * logs).sum())
    monkeypatch.setattr("theorycheck.expectations.proven.terms._SLAB_ENTRIES", 1)
    in_rows = Grid(grid.axes, 3)  # a grid keeps the slab that it was first asked for
    monkeypatch.setattr(module, "bounds_of", lambda _: bounds_of(grid))
    slabs, others = grid_sums(Terms(tables, in_rows))
    assert (grid.slab, in_rows.slab) == (grid.axes[0].size, 1)
    for one, other in zip([*whole, *columns], [*slabs, *others], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


@pytest.mark.parametrize(("rank", "digits"), [(2, 4), (3, 1), (4, 1)])
@pytest.mark.parametrize("entries_of_slab", [1 << 15, 100, 1])
def test_rectangles_sum_up_to_the_same(
    monkeypatch: pytest.MonkeyPatch, rank: int, digits: int, entries_of_slab: int
) -> None:
    """But for the moduli of logarithms, of which two are found together: their sum is smaller."""
    monkeypatch.setattr("theorycheck.expectations.proven.terms._SLAB_ENTRIES", entries_of_slab)
    monkeypatch.setattr(rectangles, "_ENTRIES", entries_of_slab)
    monkeypatch.setattr(rectangles, "_square_radius", lambda _: math.inf)
    grid, _ = grid_of(rank, 3, digits, reach=3.0 if rank < 4 else 1.5)
    rng = np.random.default_rng(3)
    tables = [10 ** rng.uniform(-1, 0.5, size=(3, axis.size)) for axis in grid.axes]
    slabs, others = grid_sums(Terms(tables, grid))
    moderate = replace(grid, is_moderate=True)
    found, columns = grid_sums(Terms(tables, moderate))
    np.testing.assert_allclose(found.overlap, slabs.overlap, rtol=1e-13)
    assert found.loss == pytest.approx(slabs.loss, rel=1e-12)
    size = found.rounding / bounds_of(moderate).log_size
    assert abs(found.loss) < size < slabs.rounding / bounds_of(grid).log_size
    for one, other in zip(columns, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    alone = overlap_sums(Terms(tables, moderate))
    assert alone.tolist() == found.overlap.tolist()
    np.testing.assert_allclose(overlap_sums(Terms(tables, grid)), alone, rtol=1e-13)


@pytest.mark.parametrize("entries", [1, 300, 1 << 17])
def test_pairs_in_parts_sum_up_to_the_same(monkeypatch: pytest.MonkeyPatch, entries: int) -> None:
    """One at a time, some, or all; of a grid of many rows."""
    grid, _ = grid_of(2, 5, 4, is_moderate=True)
    rng = np.random.default_rng(4)
    tables = [10 ** rng.uniform(-1, 0.5, size=(5, axis.size)) for axis in grid.axes]
    terms = np.einsum("ij,ik->ijk", *tables)
    weights = np.multiply.outer(*(axis.weights for axis in grid.axes))
    expected = np.einsum("ijk,ljk,jk->il", *[terms / terms.sum(axis=0)] * 2, weights)
    monkeypatch.setattr(module, "_PAIRS", entries)
    found = overlap_sums(Terms(tables, grid))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=weight_left_out(grid))
    assert weight_left_out(grid) < 1e-3


@pytest.mark.filterwarnings("error")
def test_rectangles_at_the_ends_of_their_range() -> None:
    """Factors, terms and S down to e^-230 and up to e^230: nothing overflows, or is lost."""
    grid, _ = grid_of(2, 2, 4)
    moderate = replace(grid, is_moderate=True)
    most, sizes = _MODERATE, [axis.size for axis in grid.axes]
    for a, b in ((most, 0), (-most, 0), (most, -most), (-most, most), (0, most), (0, -most)):
        for c, d in ((a, b), (b, a), (-a, 0.0), (-b, -a)):
            ends = [np.array([x, y])[:, None] for x, y in ((a, c), (b, d))]
            tables = [
                np.exp(end) * np.ones((2, size)) for end, size in zip(ends, sizes, strict=True)
            ]
            slabs, others = grid_sums(Terms(tables, grid))
            found, columns = grid_sums(Terms(tables, moderate))
            np.testing.assert_allclose(found.overlap, slabs.overlap, rtol=1e-12, atol=1e-100)
            assert found.loss == pytest.approx(slabs.loss, rel=1e-12)
            for one, other in zip(columns, others, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("moderate", [0.0, 30.0, _MODERATE])
def test_both_ways_are_sound(monkeypatch: pytest.MonkeyPatch, moderate: float) -> None:
    """Slabs alone, some of each, and rectangles alone."""
    monkeypatch.setattr("theorycheck.expectations.proven.terms._MODERATE", moderate)
    rng = np.random.default_rng(2)
    ways = []
    summed = _summed_in_rectangles
    monkeypatch.setattr(
        module, "_summed_in_rectangles", lambda terms: ways.append(1) or summed(terms)
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
