"""Float64 sums near the optimum: honest in every regime, and each part of their bound alone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest

from helpers.counted import Counted, most_units
from helpers.enclosures import FIELDS, entries
from theorycheck.arithmetic.arithmetics import Ball, ball
from theorycheck.arithmetic.logarithm import ERROR
from theorycheck.expectations import population as populations
from theorycheck.expectations import proven_near as near
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import Population, population
from theorycheck.expectations.trapezoid import choose_axis
from theorycheck.inputs.mixture import Mixture

UNIT = 2.0**-53
RUNGS = range(len(near._REACHES))


def near_at(means: list[Any], weights: list[Any]) -> Moments | None:
    """The sums for exact means and shares, which are made to be 1 in all."""
    means = [Fraction(mean) for mean in means]
    shares = [Fraction(weight) / sum(map(Fraction, weights)) for weight in weights]
    with Ball(12).scope():
        c, w = (
            np.array([flint.arb(x.numerator) / x.denominator for x in row])
            for row in (means, shares)
        )
        centre = sum(map(lambda a, b: a * b, means, shares), Fraction(0))
        return near.near_moments(c, w, lambda: flint.arb(centre.numerator) / centre.denominator)


def students(rng: np.random.Generator) -> dict[str, tuple[list[Any], list[Any]]]:
    """Means and weights, by regime."""

    def drawn(n: int, size: float) -> list[Fraction]:
        return [Fraction(x) for x in rng.uniform(-size, size, size=n)]

    size = 2.0 ** -float(rng.uniform(1.5, 90))
    balanced = drawn(4, size)
    third = Fraction(1, 3)
    return {
        "generic": (drawn(int(rng.integers(2, 9)), 0.31), list(rng.uniform(0.01, 1, size=8))),
        "small": (drawn(3, size), [1, 2, 3]),
        "many": (drawn(32, 0.2), list(rng.uniform(0.1, 1, size=32))),
        "balanced": ([*balanced, -sum(balanced)], [1] * 5),
        "nearly balanced": ([size, -size * (1 + 2.0**-40)], [1, 1]),
        "light": ([0.3, -size], [1e-50, 1]),
        "light and balanced": ([0.3, Fraction(-3, 10) / 10**20], [Fraction(1, 10**20), 1]),
        "with a mean of 0": ([0, size, -size / 2], [third, third, third]),
        "nearly equal": ([0.25, 0.25 + 2.0**-45], [2, 1]),
        "one side": ([0.31, 0.3, 0.25], [1, 5, 1]),
        "apart": ([0.3125 * (1 - 2.0**-30), -0.312], [1, 1 + size]),
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
        assert found.loss.rel_accuracy_bits() >= 39
        assert found.fisher_divergence.rel_accuracy_bits() >= 37
        assert max(map(flint.arb.rel_accuracy_bits, entries(found.gradient))) >= 37
        assert min(map(flint.arb.rel_accuracy_bits, entries(found.overlap))) >= 38


@pytest.mark.parametrize(
    ("means", "weights"),
    [
        ([0.3125, 0], [1, 1]),
        ([2.0**-101, 0.1], [1, 1]),
        ([0.1, -0.1], [2.0**-201, 1]),
        ([0, 0], [1, 1]),
        ([0.1] + [-0.1] * 32, [1] * 33),
    ],
    ids=["far", "mean that may underflow", "light", "all at 0", "many"],
)
def test_refused_where_the_lemma_does_not_hold(means: list[Any], weights: list[Any]) -> None:
    """Just beyond each limit, or at it where a double may hide more; just within there are sums."""
    assert near_at(means, weights) is None
    within = {
        0.3125: [0.3125 * (1 - 1e-11), 0],
        2.0**-101: [2.0**-100, 0.1],
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
        c = np.array([mean, flint.arb(-0.125)])
        return near.near_moments(c, np.array([weight, flint.arb(0.5)]), lambda: centre)

    with Ball(12).scope():
        assert at(58) is None
        assert at(64) is not None


def test_exactly_known_well_enough() -> None:
    """61 bits are enough, 60 are not."""
    with Ball(20).scope():
        for bits, is_refused in ((61, False), (60, True)):
            weight = flint.arb(0.5, 2.0 ** (-2 - bits))
            assert weight.rel_accuracy_bits() == bits
            c, weights = [flint.arb(0.25), flint.arb(0)], [weight, flint.arb(0.5)]
            found = near.near_moments(np.array(c), np.array(weights), lambda: flint.arb(0.125))
            assert (found is None) is is_refused


@pytest.mark.parametrize("cut", [2.0**-84, 2.0**-66])
@pytest.mark.parametrize("rung", RUNGS)
def test_roundings_are_those_of_the_lemma(
    monkeypatch: pytest.MonkeyPatch, rung: int, cut: float
) -> None:
    """As mpmath finds them from its formulae; with fewer terms what is cut off matters as well."""
    monkeypatch.setattr(near, "_CUT", cut)
    axis, rho = _axis(rung), near._REACHES[rung]
    with near._BALL.scope():
        rows = near._hermite(axis.nodes(), near._terms(rung))
        found = [float(bound) for bound in near._rounding(axis, rows, flint.arb(rho))]
    for one, other in zip(found, _roundings(axis, rho, len(rows)), strict=True):
        assert one == pytest.approx(float(1.001 * UNIT * other), rel=1e-9, abs=0)


def _roundings(axis: Any, rho: float, terms: int) -> tuple[Any, Any]:
    """Units of all roundings in products and in the loss."""
    n, product, loss = axis.size, mpmath.mpf(0), mpmath.mpf(0)
    with mpmath.workdps(40):
        for k in range(axis.half + 1):
            x = mpmath.mpf(k * axis.step)
            sizes = [abs(_hermite(j, x)) for j in range(terms + 1)]
            cut = (mpmath.mpf(rho) / 2) ** (terms + 1) * mpmath.exp(2 * x + 2) / rho**2
            shares = [rho ** (j - 2) * sizes[j] for j in range(2, terms + 1)]
            m = x + sum(shares) + cut
            units = [4 * j + terms + 32 + 3 for j in range(2, terms + 1)]
            q = (
                (terms + 4) * x
                + sum(a * b for a, b in zip(units, shares, strict=True))
                + cut / UNIT
            )
            slope = rho * x + rho * rho / mpmath.mpf(2)
            r = mpmath.exp(slope)
            d = q * r + rho * m * q * r * r + 4 * m * r
            assert max(rho * q * r, d / (m * r)) < 2**36
            w = (1 if k == 0 else 2) * axis.step * mpmath.npdf(x)
            product += w * (2 * d * m * r + (n + 4) * (m * r) ** 2)
            loss += w * (m * q * r + (n + 30) * m * m * r / 2 + 7 * (9 + 7 * slope) * m * m)
    return product, loss


@pytest.mark.parametrize("rung", RUNGS)
def test_constants_are_all_errors_together(rung: int) -> None:
    """Roundings and the grid's, which is far smaller, as mpmath finds it."""
    axis, rho = _axis(rung), near._REACHES[rung]
    assert (rho / 2) ** (near._terms(rung) + 1) <= 2.0**-84
    with near._BALL.scope():
        grid = near._grid_error(axis, flint.arb(rho))
        assert float(grid) == pytest.approx(float(_grid_error(rung)), rel=1e-9, abs=0)
        assert 1e-21 < float(grid) < 1e-16
        rows = near._hermite(axis.nodes(), near._terms(rung))
        found = near._prepared(rung)
        bounds = near._rounding(axis, rows, flint.arb(rho))
        for constant, rounding in zip((found.product, found.loss), bounds, strict=True):
            assert constant >= float(grid + rounding) > float(rounding)
            assert constant - float(rounding) >= 0.99 * float(grid)


@pytest.mark.parametrize("rung", RUNGS)
def test_means_are_within_what_constants_are_for(
    monkeypatch: pytest.MonkeyPatch, rung: int
) -> None:
    """The least of the four that holds them."""
    asked: list[int] = []
    prepared = near._prepared
    monkeypatch.setattr(near, "_prepared", lambda k: asked.append(k) or prepared(k))
    reach = Fraction(near._REACHES[rung])
    for share in (1 - Fraction(1, 10**9), 1 - Fraction(1, 10**11), 1 + Fraction(1, 10**9)):
        near_at([reach * share, 0], [1, 1])
        near_at([0, -reach * share], [1, 1])
    beyond = [] if rung == RUNGS[-1] else [rung + 1] * 2
    assert asked == [rung] * 4 + beyond


def _hermite(j: int, x: Any) -> Any:
    """He_j(x) / j! from its monomials."""
    return sum(
        (-1) ** k * x ** (j - 2 * k) / (mpmath.factorial(k) * 2**k * mpmath.factorial(j - 2 * k))
        for k in range(j // 2 + 1)
    )


def _grid_error(rung: int) -> Any:
    """Of Lemma N, with l = 1/2."""
    rho, axis = near._REACHES[rung], _axis(rung)
    a, h, last, k = axis.strip, axis.step, axis.step * axis.half, 4 * rho + 0.5
    assert a * rho < 1.57
    assert last >= k + 10
    e = mpmath.exp
    size = (8 / e(1)) ** 4 * e((a + rho + 1) / 2 + rho**2) / (4 * mpmath.cos(a * rho) ** 2)
    rule = 2 * e(mpmath.mpf(a) ** 2 / 2) / mpmath.expm1(2 * mpmath.pi * a / h)
    left_out = mpmath.erfc((last - k) / mpmath.sqrt(2)) / 2
    return 2 * size * e(mpmath.mpf(k) ** 2 / 2) * (rule + left_out)


def _axis(rung: int) -> Any:
    rho = near._REACHES[rung]
    axis = choose_axis(2 * rho, near._LOG_TOLERANCE, near._FARTHEST + 4 * rho + 0.5)
    assert axis.size == near._prepared(rung).axis.size
    return axis


@pytest.mark.parametrize("rung", RUNGS)
def test_the_grid_is_as_good_as_its_bound(rung: int) -> None:
    """All that is summed, at twice as many nodes, and farther: the difference is within it.

    At 40 digits, so that rounding is nothing beside it.
    """
    axis, rho = _axis(rung), mpmath.mpf(near._REACHES[rung])
    with mpmath.workdps(45):
        bound = 2 * _grid_error(rung)
        for means, weights in [((1, -1), (0.5, 0.5)), ((1, 0.9), (0.25, 0.75))]:
            c, w = [rho * x for x in means], [mpmath.mpf(x) for x in weights]
            rough = _exact_sums(c, w, mpmath.mpf(axis.step), axis.half)
            fine = _exact_sums(c, w, mpmath.mpf(axis.step) / 2, 3 * axis.half)
            for one, other, size in zip(rough, fine, _sizes(c, w), strict=True):
                assert abs(one - other) <= bound * size


def _sizes(c: list[Any], w: list[Any]) -> list[Any]:
    mu, nu = (sum(a * b**k for a, b in zip(w, c, strict=True)) for k in (1, 2))
    sigma = max(abs(mu), nu)
    theta = [abs(x) + sigma for x in c] + [sigma]
    return [a * b for a in theta for b in theta] + [sigma**2]


def _exact_sums(c: list[Any], w: list[Any], h: Any, half: int) -> list[Any]:
    """The sums of products of d_1, ..., d_n and u over nodes, row by row, and of the loss."""
    found = [mpmath.mpf(0)] * ((len(c) + 1) ** 2 + 1)
    for k in range(-half, half + 1):
        x = k * h
        e = [mpmath.expm1(mean * x - mean * mean / 2) for mean in c]
        u = sum(a * b for a, b in zip(w, e, strict=True))
        rows = [(one - u) / (1 + u) for one in e] + [u]
        terms = [a * b for a in rows for b in rows] + [u - mpmath.log1p(u)]
        weight = h * mpmath.npdf(x)
        found = [total + weight * term for total, term in zip(found, terms, strict=True)]
    return found


@pytest.mark.parametrize("rung", RUNGS)
def test_sums_in_float64_are_within_their_bound(rung: int) -> None:
    """Beside the same sums at 45 digits, for students that come near to it."""
    axis, rho = _axis(rung), near._REACHES[rung]
    rng = np.random.default_rng(rung)
    worst = 0.0
    for k in range(12):
        c = rho * rng.uniform(-1, 1, size=3) * 2.0 ** -float(k)
        c[0] = rho * 2.0 ** -float(k) * (1 - 1e-9)
        w = np.array([1, 2, 5]) / 8 if k % 2 else np.array([2.0**-40, 0.5, 0.5 - 2.0**-40])
        if k % 3 == 0:
            c[2] = -(w[0] * c[0] + w[1] * c[1]) / w[2]
        with mpmath.workdps(45):
            exact_c, exact_w = ([mpmath.mpf(x) for x in row.tolist()] for row in (c, w))
            mean = sum(a * b for a, b in zip(exact_w, exact_c, strict=True))
            sums = near._sums(c, w, float(mean), near._prepared(rung))
            exact = _exact_sums(exact_c, exact_w, mpmath.mpf(axis.step), axis.half)
            found = [*sums.products.ravel().tolist(), sums.loss]
            radii = [*sums.radii.ravel().tolist(), sums.radius]
            for one, other, radius in zip(found, exact, radii, strict=True):
                share = float(abs(one - other) / radius)
                assert share <= 1
                worst = max(worst, share)
    assert worst > 1e-4  # of a bound that is not far above what there is


def test_roundings_counted_one_by_one() -> None:
    """By numbers that count, in the order of the sums: the series and the kernel of the loss."""
    found = near._prepared(1)
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
    assert nodes == found.axis.size


def test_the_kernel_of_the_loss() -> None:
    """u - log(1 + u) within 25 units below 2/5, and within the logarithm's error beyond."""
    u = np.concatenate([np.linspace(-0.4, 0.4, 400), -(2.0 ** -np.arange(2, 90)), [0.41, 3, -0.7]])
    found = near._minus_log1p(u.copy())
    with mpmath.workdps(60):
        for value, entry in zip(u.tolist(), found.tolist(), strict=True):
            exact = value - mpmath.log1p(mpmath.mpf(value))
            if abs(value) <= 0.4:
                assert abs(entry - exact) <= 25 * UNIT * exact
            else:
                size = 1 + abs(mpmath.log1p(value))
                assert abs(entry - exact) <= ERROR * size + UNIT * (1 + exact)


def test_the_rule_of_the_kernel() -> None:
    """Its 12 nodes integrate what has 24 coefficients, and its error is what Lemma N says."""
    inverse, weights = near._INVERSE_NODES.ravel(), near._UNIT_WEIGHTS
    for k in range(24):
        assert weights @ inverse**-k == pytest.approx(1 / (k + 1), rel=1e-13)
    with mpmath.workdps(40):
        n, u = 12, mpmath.mpf(2) / 5
        factor = mpmath.factorial(n) ** 4 / ((2 * n + 1) * mpmath.factorial(2 * n) ** 2)
        assert factor * u ** (2 * n - 1) / (1 - u) ** (2 * n + 1) < 4e-18 * 0.35
        # The integral of s / (1 + us) is at least 0.35 for u up to 2/5.
        assert mpmath.quad(lambda s: s / (1 + u * s), [0, 1]) > 0.35


def test_balls_on_a_line_are_found_by_these_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 12 digits; more of them as before."""
    asked: list[int] = []

    def watched(*arguments: Any) -> Moments | None:
        asked.append(1)
        return near.near_moments(*arguments)

    monkeypatch.setattr(populations, "near_moments", watched)
    student = Mixture(["0.01", "-0.02"], [3, 1])
    rough: Population = population(student, arithmetic=ball(12))
    assert len(asked) == 1
    fine = population(student, arithmetic=ball(13))
    assert len(asked) == 1
    for name in FIELDS:
        pairs = zip(entries(getattr(rough, name)), entries(getattr(fine, name)), strict=True)
        assert all(one.overlaps(other) for one, other in pairs), name


def test_the_cost_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a millisecond, where there are sums at all."""
    costs: list[float] = []
    monkeypatch.setattr(near, "charge", lambda cost, _: costs.append(cost))
    assert near_at([1, 0], [1, 1]) is None
    assert costs == []
    assert near_at([0.1, 0], [1, 1]) is not None
    assert costs == [100]


def test_sizes_bound_what_is_summed() -> None:
    """|e_i| <= |c_i| m, |u| <= sigma m and 1/S <= r at the nodes, as Lemma N says."""
    rng = np.random.default_rng(2)
    for rung in RUNGS:
        rho, x = near._REACHES[rung], near._prepared(rung).axis.nodes
        hermite = near._prepared(rung).hermite
        m = abs(x) + sum(rho ** (j - 2) * abs(row) for j, row in enumerate(hermite[1:], start=2))
        r = np.exp(rho * abs(x) + rho * rho / 2)
        for _ in range(20):
            c, w = rho * rng.uniform(-1, 1, size=4), rng.dirichlet(np.ones(4))
            c[0] = rho * rng.choice([-1, 1])
            e = np.expm1(c[:, None] * x - (c * c)[:, None] / 2)
            sigma, u = max(abs(w @ c), w @ (c * c)), w @ e
            room = 1 + 1e-9
            assert (abs(e) <= abs(c)[:, None] * m * room).all()
            assert (abs(u) <= sigma * m * room).all()
            assert (1 / (1 + u) <= r * room).all()
