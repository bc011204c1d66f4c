"""Float64 sums near the optimum on one to three axes: what Lemma N bounds, each part alone."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import flint
import mpmath
import numpy as np
import pytest

from helpers.counted import Counted, most_units
from helpers.enclosures import FIELDS, entries
from helpers.near_optimum import all_nodes, axis_of, exact_sums, kept_nodes, near_of, sizes
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.arithmetic.logarithm import SMALL_UNITS
from theorycheck.expectations import gaussian
from theorycheck.expectations import population as populations
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import population
from theorycheck.expectations.proven import near_optimum as near
from theorycheck.inputs.mixture import Mixture

UNIT = 2.0**-53
GRIDS = [(rank, rung) for rank in (1, 2, 3) for rung in range(near._RUNGS[rank])]
FLAT = [grid for grid in GRIDS if grid[0] < 3] + [(3, 0), (3, 3)]


def students(rank: int, rng: np.random.Generator) -> dict[str, tuple[Any, Any]]:
    """Means and weights, by regime."""
    reach = near._REACHES[near._RUNGS[rank] - 1]

    def drawn(n: int, size: float) -> list[list[Fraction]]:
        places = rng.standard_normal((n, rank))
        places *= size / np.linalg.norm(places, axis=1).max()
        return [list(map(Fraction, place)) for place in places.tolist()]

    size = 2.0 ** -float(rng.uniform(1.5, 90))
    balanced = drawn(rank + 1, size)
    opposite = drawn(rank, 0.9 * reach)
    axes = np.eye(rank, dtype=int).tolist()
    return {
        "generic": (drawn(rank + 2, 0.99 * reach), [1, 2, 3, 4, 5][: rank + 2]),
        "symmetric": (opposite + [[-x for x in place] for place in opposite], [1] * (2 * rank)),
        "balanced": (
            [*balanced, [-sum(column) for column in zip(*balanced, strict=True)]],
            [1] * (rank + 2),
        ),
        "small": (drawn(rank + 1, 1e-8), [1, 2, 3, 4][: rank + 1]),
        "tiny": (drawn(rank + 1, 1e-30), [1, 2, 3, 4][: rank + 1]),
        "light": (drawn(rank + 1, 0.3), [1e-12, 1, 1, 1e-12][: rank + 1]),
        "one side": (
            [[abs(x) for x in place] for place in drawn(rank + 1, 0.3)],
            [1, 5, 1, 1][: rank + 1],
        ),
        "on the axes": (
            [[0] * rank] + [[Fraction(x) * Fraction(size) for x in axis] for axis in axes],
            [1] * (rank + 1),
        ),
        "nearly flat": (
            [[x, *(y * Fraction(2) ** -60 for y in rest)] for x, *rest in drawn(rank + 1, 0.2)],
            [1] * (rank + 1),
        ),
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("rank", "regime"),
    [(2, regime) for regime in students(2, np.random.default_rng(0))]
    + [(3, regime) for regime in ("generic", "symmetric", "small", "tiny", "light")],
)
def test_sums_hold_what_more_digits_give(rank: int, regime: str) -> None:
    """Of every field, and they are known to 11 digits and more."""
    rng = np.random.default_rng(sum(map(ord, regime)))
    for _ in range(6 if rank == 2 else 1):
        means, weights = students(rank, rng)[regime]
        found = near_of(means, weights)
        assert found is not None
        exact = population(Mixture(means, weights), arithmetic=ball(60 if rank == 2 else 15))
        for name in FIELDS:
            pairs = zip(entries(getattr(found, name)), entries(getattr(exact, name)), strict=True)
            for rough, fine in pairs:
                assert rough.contains(fine) if rank == 2 else rough.overlaps(fine), name
        assert found.loss.rel_accuracy_bits() >= 38
        assert found.fisher_divergence.rel_accuracy_bits() >= 37
        assert max(map(flint.arb.rel_accuracy_bits, entries(found.gradient))) >= 37
        assert min(map(flint.arb.rel_accuracy_bits, entries(found.overlap))) >= 36


@pytest.mark.long
@pytest.mark.parametrize("cut", [2.0**-84, 2.0**-74])
@pytest.mark.parametrize(("rank", "rung"), GRIDS)
def test_roundings_are_those_of_the_lemma(
    monkeypatch: pytest.MonkeyPatch, rank: int, rung: int, cut: float
) -> None:
    """As mpmath finds them from its formulae; with fewer terms what is cut off matters as well."""
    monkeypatch.setattr(near, "_CUT", cut)
    found = near._prepared.__wrapped__(rank, rung)
    rho, terms = near._REACHES[rung], len(found.hermite)
    assert (rho / 2) ** (terms + 1) <= cut < (rho / 2) ** terms
    block, nodes = found.blocks[0], kept_nodes(rank, rung)
    size = max(len(block.weights) for block in found.blocks)
    longest = max(len(block.masses) for block in found.blocks)
    most = size + longest + len(found.blocks) - 2 + 4 * rank
    assert found.loss == pytest.approx(1.01 * UNIT * (most + SMALL_UNITS), rel=1e-9)
    arrays = (block.square, block.cube, block.slope, block.far)
    for k in np.random.default_rng(rung).integers(0, len(block.square), size=5):
        errors = _errors_at(nodes[k], rho, terms, axis_of(rung).step, most)
        for array, error in zip(arrays, errors, strict=True):
            assert array[k] == pytest.approx(float(1.01 * UNIT * error), rel=1e-9, abs=0)


def _errors_at(x: tuple[float, ...], rho: float, terms: int, step: float, most: int) -> list[Any]:
    """Units of roundings at a node, by what r makes of them."""
    with mpmath.workdps(30):
        place, bend, units, off = _line_at(mpmath.mpf(x[0]), rho, terms)
        for entry in x[1:]:
            more = _line_at(mpmath.mpf(entry), rho, terms)
            t, s = place + rho * bend, units * place + rho * off
            other_t, other_s = more[0] + rho * more[1], more[2] * more[0] + rho * more[3]
            bend = max(bend, more[1]) + t * other_t / 2
            off = max(off, more[3]) + 2 * bend
            off += (s * other_t + t * other_s + (32 + 4) * t * other_t) / 2
            place, units = mpmath.hypot(place, more[0]), units + 2
        m, q = place + bend, units * place + off
        w = mpmath.mpf(step) ** len(x)
        for entry in x:
            w *= mpmath.npdf(entry)
        log = 9 + 7 * (rho * place + mpmath.mpf(rho) ** 2 / 2)
        return [w * (2 * q * m + 8 * m * m + most * m * m), 2 * w * m * m * q, w * m * q, w * log]


def _line_at(x: Any, rho: float, terms: int) -> tuple[Any, Any, int, Any]:
    """|x|, B, p and E on one axis."""
    heights = [abs(_hermite(j, x)) for j in range(terms + 1)]
    cut = (mpmath.mpf(rho) / 2) ** (terms + 1) * mpmath.exp(2 * abs(x) + 2) / rho**2
    shares = [mpmath.mpf(rho) ** (j - 2) * heights[j] for j in range(2, terms + 1)]
    units = [4 * j + terms + 32 + 3 for j in range(2, terms + 1)]
    off = sum(a * b for a, b in zip(units, shares, strict=True)) + cut / UNIT
    return abs(x), sum(shares) + cut, terms + 4, off


def _hermite(j: int, x: Any) -> Any:
    """He_j(x) / j! from its monomials."""
    return sum(
        (-1) ** k * x ** (j - 2 * k) / (mpmath.factorial(k) * 2**k * mpmath.factorial(j - 2 * k))
        for k in range(j // 2 + 1)
    )


def _grid_error(rank: int, rung: int) -> Any:
    """Of Lemma N, with l = 1/2."""
    rho, axis = mpmath.mpf(near._REACHES[rung]), axis_of(rung)
    a, h, last, k = axis.strip, axis.step, axis.step * axis.half, 4 * rho + 0.5
    assert a * rho < 1.57
    assert last >= k + 9
    e = mpmath.exp

    def size(a: float) -> Any:
        return (8 / e(1)) ** 4 * e((a + rho + 1) / 2 + rho**2) / (4 * mpmath.cos(a * rho) ** 2)

    rule = 2 * e(mpmath.mpf(a) ** 2 / 2) / mpmath.expm1(2 * mpmath.pi * a / h)
    left_out = mpmath.erfc((last - k) / mpmath.sqrt(2)) / 2
    whole = (2 * e(mpmath.mpf(k) ** 2 / 2)) ** rank
    return rank * (1 + rule) ** (rank - 1) * whole * (size(a) * rule + size(0) * left_out)


@pytest.mark.parametrize(("rank", "rung"), GRIDS)
def test_the_error_of_the_grid_is_that_of_the_lemma(rank: int, rung: int) -> None:
    """As mpmath finds it."""
    with near._BALL.scope():
        found = near._grid_error(axis_of(rung), flint.arb(near._REACHES[rung]), rank)
        assert float(found) == pytest.approx(float(_grid_error(rank, rung)), rel=1e-9, abs=0)


@pytest.mark.parametrize(("rank", "rung"), FLAT)
def test_what_is_left_out_is_all_that_may_be(rank: int, rung: int) -> None:
    """The grid's error, and what the nodes of the whole tensor grid may add that are not summed."""
    axis, rho, found = axis_of(rung), near._REACHES[rung], near._prepared(rank, rung)
    kept = kept_nodes(rank, rung)
    assert len(set(kept)) == len(kept) == found.size
    left = set(all_nodes(axis.step, axis.half, rank)).difference(kept)
    assert len(left) + len(kept) == axis.size**rank
    assert len(kept) < (1, 0.9, 0.5)[rank - 1] * axis.size**rank
    with near._BALL.scope():
        line = near._on_axis(
            np.array([m * axis.step for m in range(axis.half + 1)]),
            found.hermite[:, axis.half :],
            rho,
        )
    bends = [line]
    for _ in range(rank - 1):
        bends.append(near._joined_reach(bends[-1], line, rho))
    places = np.array(sorted(left))
    index = np.zeros(len(places), dtype=int)
    for column in places.T:
        index = index * (axis.half + 1) + np.rint(abs(column) / axis.step).astype(int)
    x, bend = bends[-1].x[index], bends[-1].bend[index]
    weights = np.exp(-(places**2).sum(axis=1) / 2) * (axis.step / np.sqrt(2 * np.pi)) ** rank
    r = np.exp(rho * x + rho * rho / 2)
    further = float((weights * ((x + bend) * r) ** 2).sum())
    grid = float(_grid_error(rank, rung))
    assert found.left_out >= grid + further
    assert found.left_out <= 1.01 * grid + near._LEFT_OUT * 1.02
    assert found.left_out < 1e-13


@pytest.mark.parametrize(("rank", "rung"), [(1, k) for k in range(7)] + [(2, 0), (2, 3)])
def test_the_grid_is_as_good_as_its_bound(rank: int, rung: int) -> None:
    """All that is summed, at twice as many nodes, and farther: the difference is within it.

    At 40 digits, so that rounding is nothing beside it.
    """
    axis, rho = axis_of(rung), near._REACHES[rung]
    bound = 2 * near._prepared(rank, rung).left_out
    fine = list(all_nodes(axis.step / 2, (3 if rank == 1 else 2) * axis.half + 8, rank))
    for ends, shares in [((1, -1), (0.5, 0.5)), ((1, 0.875), (0.25, 0.75))]:
        with ball(40).scope():
            c = [[flint.arb(rho * x), *[flint.arb(0)] * (rank - 1)] for x in ends]
            if rank == 2:
                c = [[x * 3 / 5, x * 4 / 5] for x, _ in c]
            w = list(map(flint.arb, shares))
            rough = exact_sums(c, w, flint.arb(axis.step), kept_nodes(rank, rung))
            exact = exact_sums(c, w, flint.arb(axis.step) / 2, fine)
            theta, sigma = sizes(c, w)
            for i, j in product(range(3), repeat=2):
                assert abs(rough[0][i][j] - exact[0][i][j]) < bound * theta[i] * theta[j]
            assert abs(rough[1] - exact[1]) < bound * sigma**2


@pytest.mark.long
@pytest.mark.parametrize(("rank", "rung"), FLAT)
def test_sums_in_float64_are_within_their_bound(rank: int, rung: int) -> None:
    """Beside the same sums at 40 digits, for students that come near to it."""
    rho, rng, worst = near._REACHES[rung], np.random.default_rng(rung), 0.0
    for k in range({1: 12, 2: 3, 3: 1}[rank]):
        c = rng.standard_normal((3, rank))
        c *= rho * 2.0 ** -float(3 * k) / np.linalg.norm(c, axis=1)[:, None]
        c[1:] *= rng.uniform(0, 1, size=(2, 1))
        w = np.array([1, 2, 5]) / 8 if k % 2 else np.array([2.0**-40, 0.5, 0.5 - 2.0**-40])
        if k % 3 == 0:
            c[2] = -(w[0] * c[0] + w[1] * c[1]) / w[2]
        with ball(40).scope():
            places, shares = (
                [list(map(flint.arb, row)) for row in c.tolist()],
                list(map(flint.arb, w.tolist())),
            )
            mean = [
                sum(a * b for a, b in zip(shares, column, strict=True))
                for column in zip(*places, strict=True)
            ]
            sums = near._sums(
                c.T.copy(), w, np.array(list(map(float, mean))), near._prepared(rank, rung)
            )
            step = flint.arb(axis_of(rung).step)
            exact, loss = exact_sums(places, shares, step, kept_nodes(rank, rung))
            for i, j in product(range(4), repeat=2):
                share = float(
                    abs(exact[i][j] - float(sums.products[i, j])) / float(sums.radii[i, j])
                )
                assert share <= 1
                worst = max(worst, share)
            assert float(abs(loss - sums.loss) / sums.radius) <= 1
    assert worst > 1e-4  # of a bound that is not far above what there is


@pytest.mark.parametrize(("rank", "rung"), FLAT)
def test_sizes_bound_what_is_summed(rank: int, rung: int) -> None:
    """|e_i - <c_i, x>| <= |c_i|^2 B, |u| <= sigma m and 1/S <= r at the nodes, as Lemma N says."""
    rng, rho = np.random.default_rng(2), near._REACHES[rung]
    hermite = near._prepared(rank, rung).hermite
    line = np.array(list(all_nodes(axis_of(rung).step, axis_of(rung).half, 1))).ravel()
    with near._BALL.scope():
        one = near._on_axis(line, hermite, rho)
    reach = one
    for _ in range(rank - 1):
        reach = near._joined_reach(reach, one, rho)
    x = np.array(list(product(line, repeat=rank)))
    np.testing.assert_allclose(reach.x, np.linalg.norm(x, axis=1), rtol=1e-14)
    assert reach.units == len(hermite) + 4 + 2 * (rank - 1)
    r = np.exp(rho * reach.x + rho * rho / 2)
    for _ in range(20):
        c, w = rng.standard_normal((4, rank)), rng.dirichlet(np.ones(4))
        norms = rho * np.append(1, rng.uniform(0, 1, size=3))
        c *= (norms / np.linalg.norm(c, axis=1))[:, None]
        linear = c @ x.T
        e = np.expm1(linear - (norms * norms)[:, None] / 2)
        sigma, u = max(np.linalg.norm(w @ c), w @ norms**2), w @ e
        room = 1 + 1e-9
        assert (abs(e - linear) <= (norms**2)[:, None] * reach.bend * room + 1e-15).all()
        assert (abs(u) <= sigma * (reach.x + reach.bend) * room).all()
        assert (1 / (1 + u) <= r * room).all()


def test_roundings_of_joined_axes_counted_one_by_one() -> None:
    """By numbers that count: a product of two axes, and the sum of these over the components."""
    n = near.MOST_COMPONENTS
    both = Counted(0) * Counted(0)
    assert most_units(sum([Counted(3) * both] * (n - 1), Counted(3) * both)) == n + 4
    assert most_units((both + Counted(0)) + Counted(0)) == 1 + 2


@pytest.mark.parametrize(("rank", "rung"), GRIDS)
def test_additions_counted_one_by_one(rank: int, rung: int) -> None:
    """Of terms with k weights, over a stretch, over the nodes of a block, and over blocks."""
    found = near._prepared(rank, rung)
    weight, rows = Counted(3), Counted(0)
    lead = weight if rank < 3 else weight * weight
    slabs = [rows * weight * rows] * max(len(block.weights) for block in found.blocks)
    total = sum(slabs[1:], slabs[0])
    if rank > 1:
        blocks = [lead * total] * max(len(block.masses) for block in found.blocks)
        total = sum(blocks[1:], blocks[0])
    whole = sum([total] * (len(found.blocks) - 1), total)
    assert most_units(whole) == pytest.approx(found.loss / (1.01 * UNIT) - SMALL_UNITS, abs=1e-3)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_balls_are_found_by_these_sums(monkeypatch: pytest.MonkeyPatch, dimension: int) -> None:
    """Up to 12 digits, also where the means span less than the space; with more as before."""
    asked: list[bool] = []

    def watched(*arguments: Any) -> Moments | None:
        found = near.near_moments(*arguments)
        asked.append(found is not None)
        return found

    monkeypatch.setattr(gaussian, "near_moments", watched)
    means = [["0.01", "0.02", "0.25"], ["-0.02", "0.01", "0.25"], ["0.02", "0.03", "0.25"]]
    student = Mixture([mean[:dimension] for mean in means], [3, 1, 2])
    rough = population(student, arithmetic=ball(12))
    assert asked == [True]
    fine = population(student, arithmetic=ball(13))
    assert asked == [True]
    for name in FIELDS:
        pairs = zip(entries(getattr(rough, name)), entries(getattr(fine, name)), strict=True)
        assert all(one.overlaps(other) for one, other in pairs), name
    assert rough.loss.rel_accuracy_bits() >= 37


@pytest.mark.parametrize(
    ("means", "is_refused"),
    [
        ([[0.3, 0.4, 0], [0, 0, 0]], True),
        ([[0.3, 0.2, 0], [0, 0, 0]], False),
        ([[0.3, 0.4], [0, 0]], True),
        ([[0.3, 0.399], [-0.3, -0.399]], False),
        ([[0.1, 2.0**-501], [0, 0.1]], True),
        ([[0.1, 2.0**-500], [0, 0.1]], False),
        ([[0.499], [0.49]], True),
        ([[0.37], [0.36]], False),
        ([[0.1, 0, 0, 0], [0, 0.1, 0, 0]], True),
        ([[], []], True),
    ],
)
def test_refused_where_the_lemma_does_not_hold(means: list[Any], is_refused: bool) -> None:
    """Norms beyond the reach of the rank, entries that may underflow, fewer digits, other ranks."""
    assert (near_of(means, [1, 1]) is None) is is_refused


@pytest.mark.parametrize(("rank", "rung"), FLAT)
def test_what_divides_by_the_density_is_bounded_at_every_node(rank: int, rung: int) -> None:
    """u itself is not divided: so that r counts as 1 at least, and as 1/S where that is more."""
    rho, found = near._REACHES[rung], near._prepared(rank, rung)
    c = np.full((1, rank), 0.99 * rho / np.sqrt(rank))
    sums = near._sums(c.T.copy(), np.ones(1), c[0], found)
    x = np.array(kept_nodes(rank, rung))
    r = np.maximum(1, np.exp(rho**2 * 0.99**2 / 2 - x @ c[0]))
    square, cube, slope, far = (
        np.concatenate([getattr(block, name) for block in found.blocks])
        for name in ("square", "cube", "slope", "far")
    )
    sigma = 0.99 * rho
    product_error = found.left_out + square @ r**2 + sigma * (cube @ r**3)
    theta = 1.01 * np.array([2 * sigma, sigma])
    np.testing.assert_allclose(sums.radii, np.outer(theta, theta) * product_error, rtol=1e-9)
    is_far = abs(np.expm1(x @ c[0] - sigma**2 / 2)) > 0.4
    loss_error = (found.left_out + slope @ r) * (1.01 * sigma) ** 2 + found.loss * sums.loss
    assert sums.radius == pytest.approx(loss_error + far @ is_far, rel=1e-9, abs=0)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_error_of_the_grid_is_part_of_all_bounds(
    monkeypatch: pytest.MonkeyPatch, rank: int
) -> None:
    """Of the products and of the loss, as a share of theta_i theta_j and of sigma^2."""
    monkeypatch.setattr(near, "_grid_error", lambda *_: flint.arb(1))
    found = near._prepared.__wrapped__(rank, 0)
    assert 1 <= found.left_out < 1 + 1e-12
    sums = near._sums(np.full((rank, 2), 0.01), np.array([0.25, 0.75]), np.full(rank, 0.01), found)
    size = 0.01 * np.sqrt(rank)
    assert (sums.radii >= size**2).all()
    assert sums.radius >= size**2


@pytest.mark.parametrize(
    ("means", "shape"),
    [
        ([[0.1, 0.2], [0.2, 0], [-0.1, 0]], (3, 2)),
        ([[0.1, 0.1], [0.2, 0.2], [-0.1, -0.1]], (3, 1)),
        ([[0.1, 0.2], [0.2, 0]], (2, 1)),
        ([[0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1], [0, 0, 0]], (4, 3)),
        ([[0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1]], (3, 2)),
        ([[0.1, 0, 0.2], [0, 0.1, 0.2], [0, 0.2, 0.2], [0, 0, 0.2]], (4, 2)),
        ([["1e300", 0], [0, "1e300"], [0, 0]], None),
        ([[0.1, 0.2]] * 3, None),
    ],
)
def test_means_that_clearly_span_the_space_are_their_own_coordinates(
    monkeypatch: pytest.MonkeyPatch, means: list[Any], shape: tuple[int, int] | None
) -> None:
    """Others have those of their affine span; what is far has been refused before."""
    asked: list[Any] = []

    def watched(c: Any, *others: Any) -> Moments | None:
        asked.append(c)
        return near.near_moments(c, *others)

    monkeypatch.setattr(gaussian, "near_moments", watched)
    monkeypatch.setattr(populations, "_assembled", lambda *_: None)
    monkeypatch.setattr(populations, "_widened", lambda middle, _: middle)
    population(Mixture(means), arithmetic=ball(12))
    if shape is not None:
        assert [c.shape for c in asked] == [shape]
    if shape == (len(means), len(means[0])):
        assert np.array(asked[0], dtype=float).tolist() == means
