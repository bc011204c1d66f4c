"""Terms of float64 sums: their tables, the axes that are chosen for them, and which are refused."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from helpers.counted import Counted, CountingNumPy, most_units
from helpers.proven_sums import Rows, grid_of, proven_at
from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.arithmetic.budget import work_limit
from theorycheck.errors import TooExpensive
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.proven import terms as module
from theorycheck.expectations.proven.axes import block_length, prepared_axis
from theorycheck.expectations.proven.moments import proven_gradient, proven_moments
from theorycheck.expectations.proven.terms import (
    _FEW_ENTRIES,
    _MOST_WORK,
    ENOUGH_BITS,
    PROVEN_DIGITS,
    Grid,
    Means,
    _axes,
    _grid,
    _table,
    _walks,
    _work,
    line_table,
    prepared_terms,
)
from theorycheck.expectations.trapezoid import Axis

UNIT = 2.0**-53


def test_a_table_on_a_line_tells_its_roundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that its walks pass through in the worst case, and no more than Lemma P counts."""
    with Ball(20).scope():
        table = line_table([flint.arb(1), flint.arb(-1)], [flint.arb(0.5)] * 2)
    assert table is not None
    monkeypatch.setattr(module, "np", CountingNumPy())
    start = [Counted(3)] * 2
    walked = most_units(_walks(start, start, start, table.axis))
    assert walked <= table.units == 3 + 4 * table.axis.longest_walk


def test_tables_are_walked_to_every_node() -> None:
    """Factors exp(d x - d^2 / 2 ...) at the nodes, with the roundings that are counted."""
    grid, _ = grid_of(1, 3, 12, width=3.0, reach=9.0)
    axis, r = grid.axes[0], 0.75
    with Ball(12).scope():
        column = [flint.arb(value) for value in (-0.7, 0.75, 2.25)]
        weights = [flint.arb(w) / 7 for w in (1, 2, 4)]
        table = _table(column, r, axis, weights)
    assert table is not None
    worst = 0.0
    with Ball(40).scope():
        for row, c, w in zip(table.tolist(), column, weights, strict=True):
            for value, x in zip(row, axis.nodes.tolist(), strict=True):
                exact = w * ((c - r) * x - (c * c - flint.arb(r) ** 2) / 2).exp()
                worst = max(worst, abs(float((value - exact) / exact)))
    assert worst <= (3 + 4 * axis.longest_walk) * UNIT


def test_the_sizes_of_means_are_upper_bounds() -> None:
    """Of the exact means, which need not be doubles."""
    with Ball(30).scope():
        columns = [[flint.arb(1) / 3, -flint.arb(7) / 9], [flint.arb(5) / 7, flint.arb(-3) / 11]]
        means = Means.near(columns)
        for column, width, size in zip(columns, means.spreads, means.largest, strict=True):
            assert column[0] - column[1] <= width <= (column[0] - column[1]) * (1 + 3e-12)
            largest = column[0].max(-column[1])
            assert largest <= size <= largest * (1 + 3e-12)
        square = (columns[0][1] ** 2 + columns[1][1] ** 2).max(
            columns[0][0] ** 2 + columns[1][0] ** 2
        )
        assert square <= means.square <= square * (1 + 3e-12)
        assert means.middles == [pytest.approx(-2 / 9), pytest.approx(17 / 77)]
        third = Means.near([[flint.arb(1) / 3, flint.arb(0)]])
        assert flint.arb(float(flint.arb(1) / 3)) < flint.arb(1) / 3 <= third.largest[0]
        ulp = Means.near([[flint.arb(1000) + flint.arb(1) / 3, flint.arb(1000)]])
        assert flint.arb(1) / 3 <= ulp.spreads[0] <= 0.34
        for away in (2**20, -(2**20) - 1):
            # Rounded by 1e-10, the spread is less than a third
            far = Means.near([[away + flint.arb(1) / 3, flint.arb(away)]])
            assert flint.arb(1) / 3 <= far.spreads[0] <= 0.34


# ------------------------------------------------------------------------------------ refusals


def exponents(means: Rows, weights: list[Fraction], digits: int = PROVEN_DIGITS) -> float:
    """The largest logarithm of a start, power or product on the axis that is chosen."""
    with Ball(PROVEN_DIGITS).scope():
        arrays = [Ball(PROVEN_DIGITS).array(value) for value in (means, weights)]
    near = Means.near([column.tolist() for column in arrays[0].T])
    logs = [math.log(w) for w in weights]
    (axis,) = _axes(near, logs, digits, True)
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
        near = Means.near([column])
        (chosen,) = _axes(near, [math.log(0.5)] * 2, 12, True)
        table = _table(column, 0.0, prepared_axis(chosen), [flint.arb(1) / 2] * 2)
    assert table is not None
    assert table.min() >= sys.float_info.min
    assert table.max() * _FEW_ENTRIES < math.inf


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
        assert c[0, 0].rel_accuracy_bits() >= ENOUGH_BITS
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
        table = line_table(means, [flint.arb(light), flint.arb(0.5)])
    assert (table is None) is is_refused


def sums_on_a_line(means: list[flint.arb], weights: list[flint.arb]) -> Moments | None:
    return proven_moments(np.array([[mean] for mean in means]), np.array(weights, dtype=object))


@pytest.mark.parametrize("found_by", [sums_on_a_line, line_table])
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
    """The limit is on what the sums take, and reaching it is allowed.

    All fields may have fewer digits instead, if nothing else is said; not so the gradient.
    """
    with Ball(12).scope():
        c, half = np.array([[flint.arb(1)], [flint.arb(0)]]), np.array([flint.arb(0.5)] * 2)
        near = Means.near([[flint.arb(1), flint.arb(0)]])
        (axis,) = _axes(near, [math.log(0.5)] * 2, 12, False)
        work = _work(axis.size, 2, False)
        for most, is_refused in ((work, False), (math.nextafter(work, 0), True)):
            monkeypatch.setattr(module, "_MOST_WORK", most)
            found = proven_moments(c, half, may_be_coarser=False)
            assert (found is None) is is_refused
            assert (proven_gradient(c, half) is None) is is_refused
            assert proven_moments(c, half) is not None
        monkeypatch.setattr(module, "_MOST_WORK", _MOST_WORK)
        monkeypatch.setattr(module, "_COARSEST", -12 * math.log(10))
        few = axis.size
        (coarser,) = _axes(near, [math.log(0.5)] * 2, 12, True)
        assert coarser == axis
        for most, is_refused in ((2 * few, False), (1, True)):
            monkeypatch.setattr(module, "_FEW_ENTRIES", most)
            assert (proven_moments(c, half) is None) is is_refused
            assert proven_moments(c, half, may_be_coarser=False) is not None


def test_a_table_has_as_many_digits_as_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many terms a sum may have."""
    with Ball(20).scope():
        line = [flint.arb(1), flint.arb(0)], [flint.arb(0.5)] * 2
        table = line_table(*line)
        monkeypatch.setattr(module, "_MOST_WORK", 1.0)
        same = line_table(*line)
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
            table = _table(column, -axis.reach, axis, [flint.arb(1) / 2] * 2)
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

    monkeypatch.setattr(module, "prepared_axis", forbidden)
    _grid.cache_clear()
    assert proven_at([[3000], [0]], [Fraction(1, 2)] * 2) is None
    with pytest.raises(AssertionError):
        proven_at([[3], [0]], [Fraction(1, 2)] * 2)


def test_which_terms_are_moderate() -> None:
    """On two axes, where the logarithms of all factors, and of n, are below a limit in all."""

    def at(*places: int) -> bool:
        with Ball(20).scope():
            c = np.array(
                [[flint.arb(x), flint.arb(y)] for x, y in zip(places, (0, 1, 0), strict=True)]
            )
            weights = np.array([flint.arb(1) / 3] * 3)
            prepared = prepared_terms(c, weights, 12, may_be_coarser=False)
            assert prepared is not None
            line = prepared_terms(c[:, :1], weights, 12, may_be_coarser=False)
            assert line is not None
            assert not line[0].grid.is_moderate
            return prepared[0].grid.is_moderate

    assert at(1, -1, 0)
    assert at(5, -5, 0)
    assert not at(14, -14, 0)


# -------------------------------------------------------------------------------------- digits


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
    monkeypatch.setattr(module, "common_axis", lambda *args: asked.append(args) or axis)
    monkeypatch.setattr(module, "smallest_log_overlap", lambda *_: estimate)
    spreads, logs = [1.0 + k for k in range(rank)], [math.log(0.25), math.log(0.75)]
    sizes = [size] * rank
    means = Means([[size, 0.0]] * rank, [0.0] * rank, spreads, sizes, spreads, size**2)
    assert _axes(means, logs, 12, False) == [axis] * rank
    reach = math.sqrt(2 * (math.log(rank) + 14 * math.log(10) - smallest))
    assert asked == [
        (spread, pytest.approx(-14 * math.log(10)), pytest.approx(reach)) for spread in spreads
    ]


@pytest.mark.parametrize("rank", [1, 4, 5])
def test_digits_are_given_up_one_at_a_time(monkeypatch: pytest.MonkeyPatch, rank: int) -> None:
    """Until the terms are few enough, or a tenth is left: a coarser grid would bound nothing."""
    asked: list[float] = []
    axis = Axis(step=0.5, half=4, strip=0.5, spread=1.0)
    monkeypatch.setattr(module, "common_axis", lambda _, t, reach: asked.append(t) or axis)
    means = Means([[0.0, 0.0]] * rank, [0.0] * rank, [1.0] * rank, [0.0] * rank, [0.5] * rank, 0.0)
    entries_of_grid = 2 * 9**rank
    for most, lasts in ((entries_of_grid, [-5]), (entries_of_grid - 1, [-5, -4, -3, -2, -1])):
        monkeypatch.setattr(module, "_FEW_ENTRIES", most)
        asked.clear()
        _axes(means, [math.log(0.5)] * 2, 3, True)
        assert asked[::rank] == pytest.approx([last * math.log(10) for last in lasts])


# ---------------------------------------------------------------------------------------- cost


def test_the_cost_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is prepared or summed."""
    monkeypatch.setattr(module, "prepared_axis", None)
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
    """60 us, and for each of 1000 nodes 50 ns, 12 ns a component, and 80 ns for n^2 = 1000.

    In rectangles 20 ns in place of the former two.
    """
    assert _work(1000, 5, False) == pytest.approx(60 + 50 + 60 + 2)
    assert _work(1000, 5, True) == pytest.approx(60 + 20 + 2)
    costs: list[float] = []
    monkeypatch.setattr(module, "charge", lambda cost, _: costs.append(cost))
    for means in ([[1], [0]], [[1, 0], [0, 1], [0, 0]]):
        found = grid_at(means)
        assert costs.pop() == _work(found.size, len(means), len(means) > 2)
        assert not costs


def grid_at(means: list[list[int]]) -> Grid:
    """The grid that is chosen for means of equal weights."""
    arithmetic = Ball(20)
    with arithmetic.scope():
        weights = arithmetic.array([Fraction(1, len(means))] * len(means))
        prepared = prepared_terms(arithmetic.array(means), weights, 12, may_be_coarser=False)
    assert prepared is not None
    return prepared[0].grid
