"""Balls of mixtures whose loss cancels: S - 1 - log S summed over the whole grid."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from helpers.enclosures import FIELDS, entries
from theorycheck.arithmetic.arithmetics import Array, Ball, ball
from theorycheck.arithmetic.logarithm import ERROR, SMALL_UNITS
from theorycheck.expectations import gaussian
from theorycheck.expectations import population as populations
from theorycheck.expectations.gaussian import estimated_loss
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import population
from theorycheck.expectations.proven.axes import prepared_axis
from theorycheck.expectations.proven.bounds import _excess_error, _units, bounds_of, loss_error
from theorycheck.expectations.proven.moments import keeps_digits, proven_moments, small_moments
from theorycheck.expectations.proven.sums import _small_loss
from theorycheck.expectations.proven.terms import Grid, Means, prepared_terms
from theorycheck.expectations.student import Student
from theorycheck.expectations.trapezoid import common_axis
from theorycheck.inputs.mixture import Mixture

UNIT = 2.0**-53


def balls_of(mixture: Mixture) -> tuple[Array, Array]:
    """Means (n, k) and weights (n,), at the precision in force."""
    return Ball(12).array(mixture.means), Ball(12).array(mixture.weights)


def small_at(mixture: Mixture, loss: float | None = None) -> Moments | None:
    """The sums, for the loss that is estimated or for another one."""
    with Ball(12).scope():
        c, weights = balls_of(mixture)
        return small_moments(c, weights, estimated_loss(c, weights) if loss is None else loss)


def mixture_of(seed: int, n: int, rank: int, size: float) -> Mixture:
    """Random means, the farthest of them of this norm."""
    rng = np.random.default_rng([seed, n, rank])
    means = rng.uniform(-1, 1, (n, rank))
    means *= size / np.linalg.norm(means, axis=1).max()
    return Mixture(means.tolist(), rng.integers(1, 100, size=n).tolist())


CASES = {
    "two on a line": Mixture(["0.4", "-0.3"], [1, 2]),
    "balanced": Mixture(["0.6", "-0.2"], [1, 3]),
    "many on a line": mixture_of(1, 40, 1, 0.9),
    "one side": Mixture(["0.11", "0.1", "0.12"]),
    "nearly equal": Mixture([Fraction(1, 10), Fraction(1, 10) + Fraction(1, 2**45)]),
    "a light one far out": Mixture(["5.5", "0.1", "-0.2"], ["1e-3", 1, 1]),
    "in the plane": mixture_of(3, 6, 2, 0.6),
    "a light one in the plane": Mixture([[3, 0], ["0.1", "0.2"], ["-0.1", 0]], ["1e-3", 1, 1]),
    "in space": mixture_of(5, 4, 3, 0.55),
    "a mean at 0": Mixture([[0, 0], ["0.3", 0], [0, "-0.4"]]),
}


@pytest.mark.parametrize("case", CASES)
def test_sums_hold_what_more_digits_give(case: str) -> None:
    """Of every field; of loss and F they are known to 11 digits and more."""
    mixture = CASES[case]
    found = small_at(mixture)
    assert found is not None
    exact = population(mixture, arithmetic=ball(20))
    with ball(40).scope():
        for name in FIELDS:
            pairs = zip(entries(getattr(found, name)), entries(getattr(exact, name)), strict=True)
            for rough, fine in pairs:
                assert rough.contains(fine), name
    assert min(found.loss.rel_accuracy_bits(), found.fisher_divergence.rel_accuracy_bits()) >= 37


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_whole_grid_does_what_the_log_does(rank: int) -> None:
    """Where the loss is not small both say the same of it."""
    mixture = mixture_of(6, 4, rank, 1.2)
    found = small_at(mixture, 0.05)
    assert found is not None
    with Ball(12).scope():
        other = proven_moments(*balls_of(mixture))
    assert other is not None
    assert found.loss.overlaps(other.loss)
    assert found.loss.rad() < 1e-11


def test_refused_below_a_loss_of_some_size() -> None:
    """By the estimate, or as fewer than 11 digits are left; and where a weight might underflow."""
    tiny = mixture_of(1, 3, 1, 0.002)
    assert small_at(tiny) is None
    assert small_at(tiny, 1e-5) is None
    far = [Mixture([place, "0.1"], ["1e-3", 1]) for place in (7, 9)]
    assert [small_at(mixture) is None for mixture in far] == [False, True]


def test_sums_that_keep_11_digits() -> None:
    """Of the loss and of F both."""
    known, rough = flint.arb(1, 2.0**-38), flint.arb(1, 2.0**-36)
    row = np.array([known])
    for loss, fisher in ((known, known), (rough, known), (known, rough)):
        found = Moments(loss, row, row, row, fisher, row)
        assert keeps_digits(found) is (loss is fisher)


# --------------------------------------------------------------------------- parts of the bound


def grid_of(rank: int, n: int, digits: int, reach: float) -> Grid:
    axes = [common_axis(1.0, -digits * math.log(10), reach)] * rank
    return Grid(tuple(map(prepared_axis, axes)), n, cancels=True, is_moderate=rank > 1)


@pytest.mark.parametrize("rank", [1, 2])
def test_what_rounding_makes_of_the_loss(rank: int) -> None:
    """Where every S is off by as much as it can be, towards the same side: all of that counts."""
    bounds = bounds_of(grid_of(rank, 3, 12, 9.0))
    rng = np.random.default_rng(rank)
    for size in (1e-6, 1e-3, 0.1, 3.0):
        total = 1 + size * rng.uniform(-0.9, 1, 200) * (1 if size < 1 else 0.3)
        weights = rng.uniform(0.5, 1, 200) / 200
        loss, off = _small_loss(total, weights.dot, bounds)
        spread = flint.arb(0)
        with Ball(40).scope():
            for sign in (-1, 1):
                exact = flint.arb(0)
                for s, w in zip(total.tolist(), weights.tolist(), strict=True):
                    moved = s * (1 + sign * math.copysign(1, s - 1) * flint.arb(bounds.total))
                    exact += w * (moved - 1 - moved.log())
                difference = abs(exact - loss)
                assert difference <= off + bounds.excess
                spread = spread.max(difference)
        assert off <= 2 * float(spread) + bounds.small * loss + 2 * ERROR * (size > 0.4)


def test_far_terms_have_the_error_of_the_logarithm() -> None:
    """Where S is 2, r is 1: each node adds its own share."""
    bounds = bounds_of(grid_of(1, 3, 12, 9.0))._replace(total=0.0, small=0.0)
    loss, off = _small_loss(np.array([2.0, 1.25]), np.array([0.5, 0.25]).dot, bounds)
    assert off == pytest.approx(0.5 * ERROR * (3 + (1 - math.log(2))), rel=1e-6, abs=0)
    assert loss == pytest.approx(0.5 * (1 - math.log(2)) + 0.25 * (0.25 - math.log(1.25)))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("digits", "reach"), [(1, 4.0), (2, 10.0), (6, 10.0)])
def test_the_grid_sums_densities_to_one(rank: int, digits: int, reach: float) -> None:
    """Up to the error of Lemma Q and what is left out beyond the means: E (S - 1) = 0."""
    axis = common_axis(1.0, -digits * math.log(10), reach)
    bound = _excess_error((prepared_axis(axis),) * rank)
    spare = min(9.0, axis.step * axis.half - 0.5)
    with Ball(40).scope():
        x, w = axis.nodes(), axis.weights()
        worst = flint.arb(0)
        for c in (0.5, -0.5, 0.25, 0.1):
            line = (w * np.exp(x * c - c * c / 2)).sum()
            worst = worst.max(abs(line**rank - w.sum() ** rank))
        left_out = rank * (flint.arb(spare) / flint.arb(2).sqrt()).erfc()
    assert worst <= bound + 4 * left_out
    if reach > 9.5:
        assert left_out <= rank * 1e-18


def test_the_parts_of_what_is_beside_zero() -> None:
    """Of a grid with no error of its own, what is left are squares of roundings and underflow."""
    grid = grid_of(1, 3, 12, 9.0)
    axis = replace(grid.axes[0], plain=0.0, relative=0.0, tail=0.0, edge=0.0)
    bounds = bounds_of(replace(grid, axes=(axis,)))
    assert bounds.excess == pytest.approx(4 * bounds.total**2 + 2e-18, rel=1e-6, abs=0)
    units = _units(grid)
    assert bounds.total == pytest.approx(units.term * UNIT, rel=1e-6, abs=0)
    assert bounds.small == pytest.approx((units.log_sum + SMALL_UNITS) * UNIT, rel=1e-6, abs=0)
    coarse = bounds_of(replace(grid, axes=(replace(axis, plain=1e-3),)))
    assert coarse.excess == pytest.approx(2e-3, rel=1e-2)


def test_that_error_is_a_part_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of that of logarithms: of -log S it is none."""
    grid = grid_of(1, 2, 12, 9.0)
    bounds = bounds_of(grid)._replace(excess=0.25, log=0.5)
    monkeypatch.setattr("theorycheck.expectations.proven.bounds.bounds_of", lambda _: bounds)
    other = replace(grid, cancels=False)
    with Ball(20).scope():
        means = Means.near([[flint.arb(0.25), flint.arb(-0.25)]], cancels=True)
    assert loss_error(grid, means, 0.0625) == pytest.approx(0.3125)
    assert loss_error(other, means, 0.0625) == pytest.approx(0.5625)


def test_terms_are_relative_to_the_truth() -> None:
    """So r is 0, and the distances from it are the sizes of means."""
    with Ball(20).scope():
        columns = [[flint.arb(3), flint.arb(2)], [flint.arb(-1), flint.arb(0)]]
        around, own = Means.near(columns, cancels=True), Means.near(columns)
    assert (around.middles, own.middles) == ([0.0, 0.0], [2.5, -0.5])
    assert around.distances == around.largest
    assert own.distances == pytest.approx([0.5, 0.5])


def test_how_far_its_grid_reaches() -> None:
    """At least 9 beyond every mean, and for two digits more than those that cancel."""
    with Ball(20).scope():
        c = np.array([[flint.arb(2)], [flint.arb(-1) / 8]])
        weights = np.array([flint.arb(1) / 64, flint.arb(63) / 64])
        for digits in (13, 16):
            prepared = prepared_terms(c, weights, digits, may_be_coarser=False, cancels=True)
            assert prepared is not None
            axis = prepared[0].grid.axes[0]
            assert axis.reach >= 11
            assert axis.plain <= 10.0 ** -(digits + 2)


# ------------------------------------------------------------------------------- which sums


@pytest.mark.parametrize(
    ("mixture", "is_asked"),
    [
        (Mixture(["0.3", "-0.2"]), ["near"]),
        (Mixture(["0.74", "-0.02"], [1, 9]), ["small"]),
        (Mixture(["1e-3", "-0.02"]), ["near"]),
        (Mixture([["0.1", 0], [0, "0.1"], [0, 0]]), ["near"]),
        (Mixture([["0.3", 0], [0, "0.3"], [0, 0]], [1, 1, 5]), ["small"]),
        (Mixture([["0.6", 0], [0, "0.6"], [0, 0]], [1, 1, 999]), ["near", "small"]),
        (Mixture(["0.9", "-0.9"]), []),
    ],
    ids=["line", "far on a line", "tiny", "plane", "far in the plane", "light", "large"],
)
def test_which_sums_are_asked(
    monkeypatch: pytest.MonkeyPatch, mixture: Mixture, is_asked: list[str]
) -> None:
    """Those near the optimum first, unless the others are faster; none if nothing cancels."""
    asked = _asked(monkeypatch)
    found = population(mixture, arithmetic=ball(12))
    assert asked == is_asked
    assert found.loss.overlaps(population(mixture, arithmetic=ball(25)).loss)


@pytest.mark.parametrize(
    ("mixture", "is_asked"),
    [
        (Mixture(["0.3", "-0.2"]), ["near"]),
        (Mixture(["0.74", "-0.02"], [1, 9]), ["small"]),
        (Mixture(["0.76", "-0.02"], [1, 9]), []),
        (Mixture([["0.3", 0], [0, "0.3"], [0, 0]], [1, 1, 5]), ["small"]),
        (Mixture([["0.6", 0], [0, "0.6"], [0, 0]], [1, 1, 999]), []),
    ],
    ids=["line", "far on a line", "too far", "plane", "too far in the plane"],
)
def test_quick_balls_do_not_take_longer_for_it(
    monkeypatch: pytest.MonkeyPatch, mixture: Mixture, is_asked: list[str]
) -> None:
    """Beyond those near the optimum, sums for larger losses do, with fewer digits of the loss."""
    asked = _asked(monkeypatch)
    found = population(mixture, arithmetic=Ball(12, is_quick=True))
    assert asked == is_asked
    assert found.loss.overlaps(population(mixture, arithmetic=ball(25)).loss)
    assert found.loss.rad() < 1e-12


def _asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which sums are asked from now on."""
    asked: list[str] = []
    for name in ("near", "small"):
        own = getattr(gaussian, f"{name}_moments")

        def noted(*arguments: Any, name: str = name, own: Any = own) -> Any:
            asked.append(name)
            return own(*arguments)

        monkeypatch.setattr(gaussian, f"{name}_moments", noted)
    return asked


def test_the_estimate_of_the_loss() -> None:
    """|m|^2 / 2 + tr(C^2) / 4, where far means count as at a distance of 2."""
    with Ball(12).scope():
        for mixture in (mixture_of(1, 5, 3, 0.2), mixture_of(2, 7, 1, 0.1)):
            c, weights = balls_of(mixture)
            plain, shares = c.astype(float), weights.astype(float)
            second = (plain.T * shares) @ plain
            mean = shares @ plain
            expected = mean @ mean / 2 + (second * second).sum() / 4
            assert estimated_loss(c, weights) == pytest.approx(expected)
            exact = float(population(mixture, arithmetic=ball(12)).loss)
            assert estimated_loss(c, weights) == pytest.approx(exact, rel=0.2)
        far = balls_of(Mixture([[30, 40], [0, 0]], ["1e-3", "0.999"]))
        near = balls_of(Mixture([["1.2", "1.6"], [0, 0]], ["1e-3", "0.999"]))
        assert estimated_loss(*far) == pytest.approx(estimated_loss(*near))


@pytest.mark.parametrize(
    ("means", "is_own"),
    [
        ([1, 2], True),
        ([1, 1], False),
        ([[1, 0], [0, 1], [0, 0]], True),
        ([[1, 0], [0, 1]], False),
        ([[1, 0], [2, 0], [0, 0]], False),
        ([[5, 5], [-5, -5], [0.6, -0.6]], False),
        ([[5, 0], [-5, 0], [0, 0.6], [0, -0.6]], True),
        ([[2.0**65, 0], [0, 2.0**65], [0, 0]], False),
        (np.eye(5, 4, dtype=int).tolist(), False),
    ],
)
def test_which_means_are_their_own_coordinates(means: list[Any], is_own: bool) -> None:
    """Those that clearly span the space, and whose principal axes need no smaller a grid."""
    assert populations._is_its_own_frame(Student.exact(Mixture(means))) is is_own
