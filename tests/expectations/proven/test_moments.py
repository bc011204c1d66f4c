"""Float64 sums with a proven error: honest in every regime, and balls as wide as said."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from itertools import product
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.counted import Counted, all_counted, most_units
from helpers.enclosures import FIELDS, entries
from helpers.proven_sums import (
    Random,
    Rows,
    assert_sound,
    exact_at,
    grid_of,
    number,
    proven_at,
    rows,
    shares,
)
from theorycheck.arithmetic.arithmetics import Array, Ball, ball
from theorycheck.arithmetic.logarithm import ERROR
from theorycheck.errors import UnsupportedRank
from theorycheck.expectations import gaussian
from theorycheck.expectations.moments import Moments, made
from theorycheck.expectations.population import Population, population
from theorycheck.expectations.proven import moments as module
from theorycheck.expectations.proven.bounds import _units, bounds_of, loss_error, relative_error
from theorycheck.expectations.proven.moments import (
    _divergence,
    _enclosed,
    _times_means,
    proven_gradient,
    proven_moments,
)
from theorycheck.expectations.proven.sums import Sums, _loss_of_logs
from theorycheck.expectations.proven.terms import PROVEN_DIGITS, Means, _grid
from theorycheck.inputs.mixture import Mixture

UNIT = 2.0**-53


def with_light_one(weights: list[Fraction], exponent: int) -> list[Fraction]:
    light = weights[0] / 10**exponent
    rest = sum(weights[1:])
    return [light, *[w * (1 - light) / rest for w in weights[1:]]]


def balanced(means: Rows, weights: list[Fraction], but: Fraction = Fraction(0)) -> Rows:
    """Shifted so that the weighted mean is `but` in every coordinate."""
    pairs = [zip(weights, column, strict=True) for column in zip(*means, strict=True)]
    centre = [sum(w * m for w, m in pair) for pair in pairs]
    return [[m - c + but for m, c in zip(mean, centre, strict=True)] for mean in means]


# ------------------------------------------------------------------------------------- regimes


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


# --------------------------------------------------------------------------------------- radii


@pytest.mark.parametrize(("digits", "reach"), [(2, 4.0), (14, 8.5), (30, 13.0)])
def test_radii_are_shares_of_what_was_computed(digits: int, reach: float) -> None:
    """A sum may be below the exact one by some 10^-10: radii are larger by 10^-9."""
    grid, _ = grid_of(1, 2, digits, reach=reach)
    bounds, size = bounds_of(grid), grid.size
    sums = Sums(np.array([[0.5, 0.125], [0.125, 0.25]]), 0.5, 2.0)
    table = np.ones((2, size)).dot(grid.axes[0].columns)
    with Ball(20).scope():
        means = Means.near([[flint.arb(1), flint.arb(-1)]])
        found = _enclosed((sums, [table]), grid, means)
    far = float(abs(grid.axes[0].nodes).sum())
    product = bounds.overlap + relative_error(5)
    slopes = [0.625 * product + 2 * bounds.left_out, 0.375 * product + 2 * bounds.left_out]
    least = {
        "gradient": slopes[1],
        "fisher_divergence": sum(slopes) + relative_error(5) * 0.5,
        "overlap": 0.125 * bounds.overlap + bounds.left_out,
        "responsibilities": size * bounds.share + bounds.left_out,
        "positions": far * bounds.rounding + bounds.moment,
        "loss": loss_error(grid, means, 2.0),
    }
    for name, radius in least.items():
        value = entries(getattr(found, name))[min(1, len(entries(getattr(found, name))) - 1)]
        room = 0.0 if name == "loss" else 0.9e-9
        assert radius * (1 + room) <= float(value.rad()) <= radius * (1 + 1e-8), name
    per_size = _units(grid).log_sum * UNIT + ERROR
    assert bounds.log_size >= per_size * (1 + 0.9e-9)


@pytest.mark.parametrize(("n", "rank"), [(2, 1), (5, 1), (4, 3)])
def test_products_with_means_have_no_more_roundings_than_are_counted(n: int, rank: int) -> None:
    """Means have 3; the overlaps' own are in their bound."""
    grid, _ = grid_of(rank, n)
    means = Means.near([[flint.arb(1)] * n] * rank)
    counted = means._replace(columns=[[Counted(3)] * n] * rank)
    product = _times_means(all_counted(0, n, n), grid, counted)
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
    blank = bounds_of(grid)._replace(overlap=2 * UNIT, left_out=0.0)
    exact = [[flint.fmpq(*mean.as_integer_ratio()) for mean in means[k::2]] for k in (0, 1)]
    with Ball(25).scope():
        columns = [[flint.arb(entry) for entry in column] for column in exact]
        near = Means.near(columns)
        table = np.array(overlap).reshape(3, 3)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "bounds_of", lambda _: blank)
            product = _times_means(table, grid, near)
    gradient, divergence = product.enclosed(), _divergence(product)
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


def test_what_a_grid_leaves_out_is_moved_by_every_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for the rounding of their sum; where overlaps are tiny it is all that is left."""
    grid, _ = grid_of(1, 3)
    bounds = bounds_of(grid)._replace(left_out=0.25)
    monkeypatch.setattr(module, "bounds_of", lambda _: bounds)
    means = Means.near([[flint.arb(1), flint.arb(-2), flint.arb(4)]])
    radii = _times_means(np.zeros((3, 3)), grid, means).radii
    assert (radii >= 1.75 * (1 + 0.9e-9)).all()
    assert (radii <= 1.75 * (1 + 1.1e-9)).all()


def set_room(monkeypatch: pytest.MonkeyPatch, more: float) -> None:
    for name in ("bounds", "sums", "moments"):
        monkeypatch.setattr(f"theorycheck.expectations.proven.{name}.MORE", more)


def test_radii_have_room_for_what_the_sums_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every radius that is a share of a sum is multiplied by `MORE`."""
    means, weights = [[Fraction(3, 2)], [Fraction(-7, 10)], [2]], [Fraction(1, 3)] * 3
    radii = []
    for more in (1.0, 1.5):
        set_room(monkeypatch, more)
        _grid.cache_clear()
        found = proven_at(means, weights)
        assert found is not None
        radii.append(
            [float(ball.rad()) for name in FIELDS for ball in entries(getattr(found, name))]
        )
    _grid.cache_clear()
    assert all(other >= 1.1 * one for one, other in zip(*radii, strict=True))


def test_every_share_of_a_sum_has_that_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the grid's error is far below the rounding, a radius is nothing but such a share."""
    matrix, radii = np.array([[0.5, 0.125], [0.125, 0.25]]), []
    for more in (1.0, 1.5):
        set_room(monkeypatch, more)
        grid, _ = grid_of(1, 2, 30, reach=13.0)
        table = np.ones((2, grid.size)).dot(grid.axes[0].columns)
        sums = Sums(matrix, *_loss_of_logs(np.array([1e9]), np.sum, bounds_of(grid)))
        with Ball(20).scope():
            means = Means.near([[flint.arb(1), flint.arb(-1)]])
            found = _enclosed((sums, [table]), grid, means)
        radii.append(
            [float(value.rad()) for name in FIELDS for value in entries(getattr(found, name))]
        )
    assert all(other >= 1.49 * one for one, other in zip(*radii, strict=True))


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


# -------------------------------------------------------------------------------------- digits


@pytest.mark.parametrize("digits", [1, 4, 8, 12])
def test_as_many_digits_as_asked(digits: int) -> None:
    """Relatively, of every overlap."""
    means = [[Fraction(3, 2), 0], [Fraction(-7, 10), 1], [2, Fraction(-1, 2)]]
    found = proven_at(means, [Fraction(1, 3)] * 3, digits, may_be_coarser=False)
    assert found is not None
    for value in entries(found.overlap):
        assert value.rad() <= value.mid() * flint.arb(10) ** -digits


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


# -------------------------------------------------------------------------- the gradient alone


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

    monkeypatch.setattr(module, "one_thread", scope)
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
        assert proven_gradient(c, weights, 10) is None
