"""Float64 sums near the optimum: honest in every regime, and each part of their bound alone.

On a line; on more axes see `test_near_optimum_axes`.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from helpers.counted import Counted, most_units
from helpers.enclosures import FIELDS, entries
from helpers.near_optimum import near_of
from theorycheck.arithmetic.arithmetics import Ball, ball
from theorycheck.expectations import gaussian
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import Population, population
from theorycheck.expectations.proven import near_optimum as near
from theorycheck.inputs.mixture import Mixture

UNIT = 2.0**-53
RUNGS = range(len(near._REACHES))


def near_at(means: list[Any], weights: list[Any]) -> Moments | None:
    """The sums for exact means on a line and shares, which are made to be 1 in all."""
    return near_of([[mean] for mean in means], weights)


def students(rng: np.random.Generator) -> dict[str, tuple[list[Any], list[Any]]]:
    """Means and weights, by regime."""

    def drawn(n: int, size: float) -> list[Fraction]:
        return [Fraction(x) for x in rng.uniform(-size, size, size=n)]

    size = 2.0 ** -float(rng.uniform(1.5, 90))
    balanced = drawn(4, size)
    third = Fraction(1, 3)
    return {
        "generic": (drawn(int(rng.integers(2, 9)), 0.49), list(rng.uniform(0.01, 1, size=8))),
        "small": (drawn(3, size), [1, 2, 3]),
        "many": (drawn(32, 0.2), list(rng.uniform(0.1, 1, size=32))),
        "balanced": ([*balanced, -sum(balanced)], [1] * 5),
        "nearly balanced": ([size, -size * (1 + 2.0**-40)], [1, 1]),
        "light": ([0.3, -size], [1e-50, 1]),
        "light and balanced": ([0.3, Fraction(-3, 10) / 10**20], [Fraction(1, 10**20), 1]),
        "with a mean of 0": ([0, size, -size / 2], [third, third, third]),
        "nearly equal": ([0.25, 0.25 + 2.0**-45], [2, 1]),
        "one side": ([0.37, 0.36, 0.3], [1, 5, 1]),
        "apart": ([0.5 * (1 - 2.0**-30), -0.499], [1, 1 + size]),
    }


@pytest.mark.parametrize("regime", students(np.random.default_rng(0)))
def test_sums_hold_what_more_digits_give(regime: str) -> None:
    """Of every field, and they are known to 11 digits and more."""
    rng = np.random.default_rng(sum(map(ord, regime)))
    for _ in range(12):
        means, weights = students(rng)[regime]
        weights = weights[: len(means)]
        found = near_at(means, weights)
        assert found is not None
        exact = population(Mixture([[mean] for mean in means], weights), arithmetic=ball(70))
        for name in FIELDS:
            pairs = zip(entries(getattr(found, name)), entries(getattr(exact, name)), strict=True)
            for rough, fine in pairs:
                assert rough.contains(fine), name
        assert found.loss.rel_accuracy_bits() >= 41
        assert found.fisher_divergence.rel_accuracy_bits() >= 37
        assert max(map(flint.arb.rel_accuracy_bits, entries(found.gradient))) >= 37
        assert min(map(flint.arb.rel_accuracy_bits, entries(found.overlap))) >= 36


@pytest.mark.parametrize(
    ("means", "weights"),
    [
        ([0.75, -0.5], [1, 1]),
        ([2.0**-101, 0], [1, 1]),
        ([2.0**-501, 0.1], [1, 1]),
        ([0.1, -0.1], [2.0**-201, 1]),
        ([0, 0], [1, 1]),
        ([0.1] + [-0.1] * 32, [1] * 33),
    ],
    ids=["far", "all may underflow", "one may underflow", "light", "all at 0", "many"],
)
def test_refused_where_the_lemma_does_not_hold(means: list[Any], weights: list[Any]) -> None:
    """Just beyond each limit, or at it where a double may hide more; just within there are sums."""
    assert near_at(means, weights) is None
    within = {
        0.75: [0.75 * (1 - 1e-11), -0.5],
        2.0**-101: [2.0**-100, 0],
        2.0**-501: [2.0**-500, 0.1],
        0.1: [0.1, *[-0.1] * (min(len(means), 32) - 1)],
        0: [0, 0.1],
    }[means[0]]
    lighter = [max(weight, 2.0**-199) for weight in weights]
    assert near_at(within, lighter[: len(within)]) is not None


@pytest.mark.parametrize("which", ["mean", "weight", "centre"])
def test_refused_where_a_number_is_not_known(which: str) -> None:
    def known(bits: int, value: float) -> flint.arb:
        return flint.arb(value, value * 2.0**-bits)

    def at(bits: int) -> Moments | None:
        mean, weight, centre = (
            known(bits if name == which else 80, value)
            for name, value in [("mean", 0.25), ("weight", 0.5), ("centre", 0.0625)]
        )
        c = np.array([[mean], [flint.arb(-0.125)]])
        weights = np.array([weight, flint.arb(0.5)])
        return near.near_moments(c, weights, lambda: np.array([centre]))

    with Ball(12).scope():
        assert at(58) is None
        assert at(64) is not None


def test_exactly_known_well_enough() -> None:
    """61 bits are enough, 60 are not."""
    centre = np.array([flint.arb(0.125)])
    with Ball(20).scope():
        for bits, is_refused in ((61, False), (60, True)):
            weight = flint.arb(0.5, 2.0 ** (-2 - bits))
            assert weight.rel_accuracy_bits() == bits
            c, weights = [[flint.arb(0.25)], [flint.arb(0)]], [weight, flint.arb(0.5)]
            found = near.near_moments(np.array(c), np.array(weights), lambda: centre)
            assert (found is None) is is_refused


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rungs whose constants are asked for."""
    rungs: list[int] = []
    prepared = near._prepared
    monkeypatch.setattr(near, "_prepared", lambda *k: rungs.append(k[1]) or prepared(*k))
    return rungs


@pytest.mark.parametrize("rung", RUNGS)
def test_means_are_within_what_constants_are_for(asked: list[int], rung: int) -> None:
    """The least of all that hold them; the other component is heavy, so that the loss is small."""
    reach = Fraction(near._REACHES[rung])
    for share in (1 - Fraction(1, 10**9), 1 - Fraction(1, 10**11), 1 + Fraction(1, 10**9)):
        near_at([reach * share, 0], [1, 99])
        near_at([0, -reach * share], [99, 1])
    beyond = [] if rung == RUNGS[-1] else [rung + 1] * 2
    assert asked == [rung] * 4 + beyond


def test_roundings_counted_one_by_one() -> None:
    """By numbers that count, in the order of the sums: the series and the kernel of the loss."""
    found = near._prepared(1, 1)
    n, (terms, nodes) = near.MOST_COMPONENTS, found.hermite.shape
    powers = Counted(3)
    for j in range(1, terms + 1):
        assert most_units(powers) == 4 * j - 1
        mean_power = sum([Counted(3) * powers] * (n - 1), Counted(3) * powers)
        assert most_units(mean_power) <= 4 * j + n + 2
        term = mean_power * Counted(1)
        assert most_units(term) + terms - 1 <= 4 * j + terms + n + 3
        powers = powers * Counted(3)
    first = Counted(3) * Counted(1)
    assert most_units(first) + terms - 1 == terms + 4
    kernel = Counted(5) + Counted(0)  # 1/s + u, as a share of which 1/s is off by 5 units
    total = sum([Counted(3) * (1 * kernel * Counted(-1))] * 11, Counted(3) * kernel)
    assert most_units(total) <= 22
    assert nodes % 2 == 1


def test_balls_on_a_line_are_found_by_these_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 12 digits; more of them as before."""
    asked: list[int] = []

    def watched(*arguments: Any) -> Moments | None:
        asked.append(1)
        return near.near_moments(*arguments)

    monkeypatch.setattr(gaussian, "near_moments", watched)
    student = Mixture(["0.01", "-0.02"], [3, 1])
    rough: Population = population(student, arithmetic=ball(12))
    assert len(asked) == 1
    fine = population(student, arithmetic=ball(13))
    assert len(asked) == 1
    for name in FIELDS:
        pairs = zip(entries(getattr(rough, name)), entries(getattr(fine, name)), strict=True)
        assert all(one.overlaps(other) for one, other in pairs), name


def test_the_cost_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are sums at all: about a tenth of a millisecond on a line."""
    costs: list[float] = []
    monkeypatch.setattr(near, "charge", lambda cost, _: costs.append(cost))
    assert near_at([1, 0], [1, 1]) is None
    assert costs == []
    assert near_at([0.1, 0], [1, 1]) is not None
    assert costs == [pytest.approx(100 + 20 + 0.14 * near._prepared(1, 1).size)]


# ---------------------------------------------------------------- the fields from their sums


def exact_fields(
    table: list[list[Fraction]], means: list[list[Fraction]], weights: list[Fraction]
) -> dict[str, list[Fraction]]:
    """The identities of Lemma N, for means (n, k)."""
    n, k = len(means), len(means[0])
    bends = [-entry for entry in table[-1][:-1]]
    mean = [sum(w * c[j] for w, c in zip(weights, means, strict=True)) for j in range(k)]
    overlap = [
        [weights[i] * weights[j] * (1 + bends[i] + bends[j] + table[i][j]) for j in range(n)]
        for i in range(n)
    ]
    gradient = [
        weights[i]
        * (
            (1 + bends[i]) * mean[a]
            + sum(weights[j] * means[j][a] * (bends[j] + table[i][j]) for j in range(n))
        )
        for i in range(n)
        for a in range(k)
    ]
    flat = [entry for row in means for entry in row]
    return {
        "responsibilities": [w * (1 + b) for w, b in zip(weights, bends, strict=True)],
        "overlap": [entry for row in overlap for entry in row],
        "gradient": gradient,
        "fisher_divergence": [sum(map(operator.mul, flat, gradient), Fraction(0))],
        "positions": [
            sum(overlap[i][j] * (means[i][a] - means[j][a]) for j in range(n))
            for i in range(n)
            for a in range(k)
        ],
    }


RADII = {
    "none": (0.0, 0.0),
    "of bends": (0.0, 1e-9),
    "of products": (1e-9, 0.0),
    "both": (1e-9,) * 2,
}


@pytest.mark.parametrize("radii", RADII)
@pytest.mark.parametrize(("n", "rank"), [(2, 1), (3, 2), (7, 1), (12, 3)])
@pytest.mark.parametrize("spread", [0, 1], ids=["close together", "apart"])
def test_fields_hold_all_that_their_sums_allow(n: int, rank: int, radii: str, spread: int) -> None:
    """Rounding alone, where sums are exact; and sums at either end of what they can be."""
    of_products, of_bends = RADII[radii]
    rng = np.random.default_rng([n, rank])
    for _ in range(5):
        table = rng.uniform(-0.3, 0.3, (n + 1, n + 1))
        table = np.tril(table) + np.tril(table, -1).T
        scale = 999 if spread else 999 * 10**12
        places = rng.integers(-300, 300, (n, rank)).tolist()
        means = [[Fraction(1 - spread, 3) + Fraction(x, scale) for x in row] for row in places]
        parts = [int(x) for x in rng.integers(1, 99, n)]
        weights = [Fraction(part, sum(parts)) for part in parts]
        off = np.full((n + 1, n + 1), of_products)
        off[-1] = off[:, -1] = of_bends
        with Ball(20).scope():
            columns = [list(map(_ball, column)) for column in zip(*means, strict=True)]
            shares = list(map(_ball, weights))
            mean = [sum(map(operator.mul, shares, column), flint.arb(0)) for column in columns]
            c = np.array([list(map(float, column)) for column in columns])
            masses = np.array(list(map(float, shares)))
            sums = near._Sums(table, off, 0.25, 0.0)
            found = near._enclosed(sums, c, masses, columns, shares, mean)
        with Ball(60).scope():
            for sign in (-1, 0, 1):
                moved = [
                    [Fraction(x) + sign * Fraction(r) for x, r in zip(row, own, strict=True)]
                    for row, own in zip(table.tolist(), off.tolist(), strict=True)
                ]
                for name, values in exact_fields(moved, means, weights).items():
                    for rough, fine in zip(entries(getattr(found, name)), values, strict=True):
                        assert rough.contains(_ball(fine)), name
        if radii == "none":
            for name in ("overlap", "gradient", "positions", "responsibilities"):
                assert max(float(x.rad()) for x in entries(getattr(found, name))) < 1e-14


def _ball(value: Fraction) -> flint.arb:
    return flint.arb(value.numerator) / value.denominator


def test_roundings_of_sums_over_components_counted_one_by_one() -> None:
    """pi_i c_i has 7, a product one more and a sum n - 1; an overlap 11 in all, of 12."""
    share = Counted(3) * Counted(3)
    assert most_units(share) == 7
    n = 9
    turn = Counted(0) + Counted(0)
    row, column = np.array([turn] * n), np.array([share] * n)
    assert most_units(row.dot(column)) == n + 8
    assert most_units(share * ((Counted(0) + Counted(0)) + turn)) == 10
    known = near._times(near._Known(np.ones(n), np.zeros(n)), np.ones(n))
    assert float(known.radii) == pytest.approx(1.01 * n * (n + 8) * UNIT, rel=1e-9)
