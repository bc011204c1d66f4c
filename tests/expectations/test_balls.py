"""Sums of balls against exact values, and what is out of their reach.

`assert_honest` asks only that the true error is within the reported one; `assert_converged` asks
only that the reported error is as small as was wanted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import flint
import numpy as np
import pytest

from helpers.enclosures import FIELDS, all_made, assert_honest, entries
from theorycheck.arithmetic.arithmetics import FLOAT64, Array, as_fmpq, ball
from theorycheck.errors import TooExpensive
from theorycheck.expectations import balls
from theorycheck.expectations.population import Population, population
from theorycheck.expectations.trapezoid import (
    Axis,
    axis_error,
    choose_grid,
    grid_error,
    grid_size,
)
from theorycheck.inputs.mixture import Mixture

DIGITS = 20


def assert_converged(found: Any, digits: int = DIGITS, scale: float = 1.0) -> None:
    """The reported radius is at most 10^-digits of the scale."""
    for ball_entry in entries(found):
        assert ball_entry.rad() <= scale * flint.arb(10) ** -digits, ball_entry


# ------------------------------------------------------------------------------ exact values


@dataclass(frozen=True)
class Known:
    """A student, maybe a truth, and fields of its population whose exact values are known."""

    name: str
    mixture: Mixture
    exact: Callable[[Mixture], dict[str, Any]]
    truth: Mixture | None = None


def weights_of(m: Mixture) -> Array:
    return np.array([as_fmpq(w) for w in m.weights], dtype=object)


def means_of(m: Mixture) -> Array:
    return np.array([[as_fmpq(entry) for entry in row] for row in m.means], dtype=object)


def all_means_equal(m: Mixture) -> dict[str, Any]:
    """One Gaussian in disguise: L = |mu|^2/2, grad_i = pi_i mu, F = |mu|^2."""
    weights, mean = weights_of(m), means_of(m)[0]
    square = (mean * mean).sum()
    return {
        "loss": square / 2,
        "responsibilities": weights,
        "overlap": np.outer(weights, weights),
        "gradient": np.outer(weights, mean),
        "fisher_divergence": square,
        "positions": np.outer(weights, 0 * mean),
    }


def symmetric_pair(m: Mixture) -> dict[str, Any]:
    """By x -> -x both components are responsible for one half."""
    return {"responsibilities": [flint.fmpq(1, 2)] * 2}


def mirrored_pairs(m: Mixture) -> dict[str, Any]:
    """Four corners of a rectangle: a quarter each."""
    return {"responsibilities": [flint.fmpq(1, 4)] * 4}


def student_is_truth(m: Mixture) -> dict[str, Any]:
    """E_{p*} psi_i = pi_i and E_{p*} psi_i x = pi_i mu_i, and nothing is left to learn."""
    weights, means = weights_of(m), means_of(m)
    return {
        "loss": 0,
        "responsibilities": weights,
        "gradient": 0 * means,
        "fisher_divergence": 0,
        "positions": weights[:, None] * means,
    }


SKEW = Mixture(["1.5", "-0.7", 2], [2, 5, 3])
PLANE = Mixture([[1, 0], ["-0.5", 1], ["0.3", -2]], [3, 1, 1])

KNOWN = [
    Known("one component", Mixture([[3, "-1/3"]]), all_means_equal),
    Known("equal means", Mixture([["0.1", 2]] * 3, [1, 2, 3]), all_means_equal),
    Known("all at the origin", Mixture([0, 0], [1, 6]), all_means_equal),
    Known("close pair", Mixture(["1e-9", "-1e-9"]), symmetric_pair),
    Known("pair", Mixture(["1.3", "-1.3"]), symmetric_pair),
    Known("far pair", Mixture([20, -20]), symmetric_pair),
    Known("slanted pair", Mixture([["0.6", 1], ["-0.6", -1]]), symmetric_pair),
    Known("rectangle", Mixture([[1, 2], [1, -2], [-1, 2], [-1, -2]]), mirrored_pairs),
    Known("truth", SKEW, student_is_truth, SKEW),
    Known("far truth", Mixture([9, -8], [1, 3]), student_is_truth, Mixture([9, -8], [1, 3])),
    Known("truth of rank 2", PLANE, student_is_truth, PLANE),
]

known = pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.name)


@known
@pytest.mark.parametrize("digits", [3, DIGITS])
def test_balls_contain_the_exact_values(case: Known, digits: int) -> None:
    """Whatever accuracy is asked for, the exact value is inside."""
    found = population(case.mixture, truth=case.truth, arithmetic=ball(digits))
    with ball(60).scope():
        for name, exact in case.exact(case.mixture).items():
            assert_honest(getattr(found, name), exact)


@known
def test_balls_are_as_narrow_as_asked(case: Known) -> None:
    """The reported radii keep what `digits` promises, on the scale of the means."""
    found = population(case.mixture, truth=case.truth, arithmetic=ball(DIGITS))
    size = 1 + max(abs(float(entry)) for row in case.mixture.means for entry in row)
    for name in FIELDS:
        assert_converged(getattr(found, name), DIGITS - 1, size**2)


@pytest.mark.parametrize("digits", [15, 30])
@pytest.mark.parametrize("far", [30, 1000, 10**6])
def test_means_far_from_the_truth_cost_no_digits(far: int, digits: int) -> None:
    """Their exponents have up to 12 digits before the point, which the guard digits make up for."""
    mixture = Mixture([Fraction(far), far + Fraction(1, 2), far - Fraction(1, 3)], [1, 2, 3])
    found = population(mixture, arithmetic=ball(digits))
    for field in (found.loss, found.responsibilities, found.fisher_divergence):
        for entry in entries(field):
            assert entry.rad() <= abs(entry) * flint.arb(10) ** -digits, entry


@pytest.mark.parametrize("mixture", [SKEW, PLANE, Mixture([12, -12, 0]), Mixture([1, 2])])
def test_totals(mixture: Mixture) -> None:
    """sum_ij G_ij = sum_i p_i = 1, p_i = sum_j G_ij, and sum_i E psi_i x = E x = 0."""
    found = population(mixture, arithmetic=ball(DIGITS))
    with ball(60).scope():
        assert_honest([found.overlap.sum(), found.responsibilities.sum()], [1, 1])
        assert_honest(found.overlap.sum(axis=1) - found.responsibilities, [0] * mixture.components)
        assert_honest(found.positions.sum(axis=0), [0] * mixture.dimension)
        assert_converged(found.overlap.sum(), DIGITS - 1)


def test_separable_mixture_is_a_product() -> None:
    """Means on a rectangle, product weights: losses add, overlaps multiply, axis by axis."""
    first, second = Mixture([1, "-0.4"], [1, 2]), Mixture(["2.5", -1], [3, 1])
    pairs = [(i, j) for i in range(2) for j in range(2)]
    joint = Mixture(
        [[first.means[i][0], second.means[j][0]] for i, j in pairs],
        [first.weights[i] * second.weights[j] for i, j in pairs],
    )
    one, two, both = (population(m, arithmetic=ball(DIGITS)) for m in (first, second, joint))
    with ball(60).scope():
        assert_honest(both.loss, one.loss + two.loss)
        assert_honest(both.fisher_divergence, one.fisher_divergence + two.fisher_divergence)
        assert_honest(both.overlap, np.kron(one.overlap, two.overlap))
        assert_honest(both.positions[0, 0], one.positions[0, 0] * two.responsibilities[0])


# ------------------------------------------------------------------ sums, node by node

CROSSED = [Axis(0.5, 3, 0.5, 2.0), Axis(0.75, 2, 0.5, 2.0), Axis(0.625, 1, 0.5, 2.0)]
"""Axes of different lengths and steps, so that none can take another's place."""


def summed_by_definition(axes: list[Axis], c: Array, weights: Array) -> dict[str, Any]:
    """The sums over a grid, one node after the other, from densities at the node."""
    n, k = c.shape
    found = {
        "loss": flint.arb(0),
        "overlap": np.full((n, n), flint.arb(0), dtype=object),
        "positions": np.full((n, k), flint.arb(0), dtype=object),
    }
    lines = [zip(axis.nodes(), axis.weights(), strict=True) for axis in axes]
    for node in product(*lines):
        x = np.array([place for place, _ in node], dtype=object)
        share = math.prod((weight for _, weight in node), start=flint.arb(1))
        terms = weights * np.array([(x @ m - m @ m / 2).exp() for m in c], dtype=object)
        psi = terms / terms.sum()
        found["loss"] -= share * terms.sum().log()
        found["overlap"] += share * np.outer(psi, psi)
        found["positions"] += share * np.outer(psi, x)
    return found


@pytest.mark.parametrize("entries_of_slab", [1, 200, 1 << 16])
@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_sums_are_those_over_the_nodes(
    monkeypatch: pytest.MonkeyPatch, rank: int, entries_of_slab: int
) -> None:
    """Whatever the number of axes and the slabs: every field, to nearly all digits."""
    monkeypatch.setattr(balls, "_SLAB_ENTRIES", entries_of_slab)
    axes = [*CROSSED, replace(CROSSED[0], half=2)][:rank]
    with ball(DIGITS).scope():
        rows = [[1, "-0.5", "0.3", 0], ["-0.7", 1, 0, "0.4"], ["0.2", "0.6", -1, "-0.9"]]
        c = np.array([[as_fmpq(Fraction(m)) for m in row[:rank]] for row in rows], dtype=object)
        c, weights = c * flint.arb(1), np.array([flint.arb(w) / 10 for w in (2, 5, 3)])
        found = balls.ball_sums(axes, c, weights)
        for name, value in summed_by_definition(axes, c, weights).items():
            for one, other in zip(entries(getattr(found, name)), entries(value), strict=True):
                assert one.overlaps(other), name
                assert one.rad() < 1e-18, name


def test_every_field_is_widened_by_what_is_proven() -> None:
    """By Lemmas Q and Q' and no less: a share of the lemma's own width would pass most cases."""
    axes = [Axis(1.0, 4, 1.2, 2.0 + 1e-12), Axis(0.75, 4, 1.3, 1.5 + 1e-12)]
    with ball(30).scope():
        c = ball(30).array([[Fraction(1), Fraction(1)], [-1, Fraction(-1, 2)], [Fraction(1, 4), 0]])
        weights = ball(30).array([Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)])
        sums, error = all_made(balls.ball_sums(axes, c, weights)), grid_error(axes, c)
        found = balls.enclosed(sums, axes, c)
        relative, tail = float(error.relative), float(error.tail)
        assert 1e-3 < tail < relative < 0.5

        def radius(values: Array) -> Array:
            return (relative * values.astype(float) + tail) / (1 - relative)

        radii, sizes = radius(sums.overlap), abs(c.astype(float))
        stated = {
            "loss": float(error.loss),
            "responsibilities": radii.sum(axis=1),
            "overlap": radii,
            "gradient": radii @ sizes,
            "fisher_divergence": (sizes * (radii @ sizes)).sum(),
            "positions": np.full(c.shape, float(error.moment)),
        }
        for name, bounds in stated.items():
            radii_found = [float(entry.rad()) for entry in entries(getattr(found, name))]
            assert radii_found == pytest.approx(np.ravel(bounds), rel=1e-6), name


# ------------------------------------------------------------------------ Hessians on a line


def hessian_by_definition(axis: Axis, c: Array, weights: Array) -> Array:
    """H over a grid, one node after the other, from responsibilities at the node."""
    found = np.full((len(c), len(c)), flint.arb(0), dtype=object)
    for x, share in zip(axis.nodes(), axis.weights(), strict=True):
        terms = weights * np.array([(x * m - m * m / 2).exp() for m in c], dtype=object)
        psi, z = terms / terms.sum(), x - c
        found += share * (np.outer(psi * z, psi * z) + np.diag(psi * (1 - z * z)))
    return found


class Curved(NamedTuple):
    """Means and weights on a line, (n,) balls each, and the Hessian by a grid for 40 digits."""

    c: Array
    weights: Array
    hessian: Array


@pytest.fixture(scope="module")
def students() -> list[Curved]:
    """One to five components, near each other and far apart."""
    rng = np.random.default_rng(4)
    found = []
    for n in (1, 2, 3, 5):
        for scale in (0.3, 2, 5):
            means = [Fraction(int(entry), 100) for entry in rng.uniform(-100, 100, n) * scale]
            shares = Mixture([0] * n, rng.integers(1, 9, n).tolist()).weights
            with ball(60).scope():
                c, weights = ball(60).array(means), ball(60).array(shares)
            (axis,), _ = balls._grid(c[:, None], weights, ball(40))
            with ball(40).scope():
                found.append(Curved(c, weights, hessian_by_definition(axis, c, weights)))
    return found


def test_hessians_are_summed_over_the_nodes(students: list[Curved]) -> None:
    axis = Axis(0.375, 7, 0.5, 2.0)
    with ball(DIGITS).scope():
        for c, weights, _ in students:
            found = balls.hessian_sums(axis, c, weights).values
            exact = hessian_by_definition(axis, c, weights)
            for one, other in zip(entries(found), entries(exact), strict=True):
                assert one.overlaps(other)
                assert one.rad() < 1e-15


@pytest.mark.long
@pytest.mark.parametrize("digits", [2, 3, 5, 9, 30])
def test_hessians_are_those_of_a_finer_grid(students: list[Curved], digits: int) -> None:
    """Whatever the grid: by the sums of one for 40 digits, whose own error does not count here."""
    missed = 0
    for c, weights, exact in students:
        with ball(digits).scope():
            (axis,), _ = balls._grid(c[:, None], weights, ball(digits))
            found = balls.ball_hessian(c, weights, ball(digits))
            bare = balls.hessian_sums(axis, c, weights).values
        assert_honest(found, exact)
        assert_converged(found, digits - 2)
        missed += any(not a.overlaps(b) for a, b in zip(entries(bare), entries(exact), strict=True))
    assert missed > 6  # what the grid misses is there, and covered


@pytest.mark.long
@pytest.mark.parametrize(("step", "half"), [(0.125, 16), (0.125, 20), (0.875, 16), (1.0, 16)])
def test_short_and_coarse_axes_say_what_they_miss(
    students: list[Curved], step: float, half: int
) -> None:
    """Nodes up to 2 or 2.5 miss the tails, steps near 1 the poles."""
    missed = 0
    for c, weights, exact in students:
        with ball(30).scope():
            spread = np.ptp(c.astype(float)) + 1e-9
            axis = Axis(step, half, min(2.0, 2.0 / spread), spread)
            sums = balls.hessian_sums(axis, c, weights)
            found = balls.enclosed_hessian(sums, axis, c)
        assert_honest(found, exact)
        apart = zip(entries(sums.values), entries(exact), strict=True)
        missed += max(abs(a - b) for a, b in apart) > 1e-7
    assert missed > 3


def test_hessians_are_widened_by_what_is_proven() -> None:
    """By the lemma and no less, also where little is missed."""
    axis = Axis(1.25, 3, 1.3, 1.5 + 1e-12)
    with ball(30).scope():
        c, weights = ball(30).array([1, Fraction(-1, 2)]), ball(30).array([Fraction(1, 2)] * 2)
        sums, error = balls.hessian_sums(axis, c, weights), axis_error(axis, flint.ctx.prec)
        relative, tail, edge = float(error.relative), float(error.tail), float(error.edge)
        assert 1e-4 < tail < 0.01 < relative < 0.1
        left_out = (1 + 1.3**2 + 2) * tail + 2 * (3.75 * edge + tail)
        stated = relative / (1 - 2 * relative) * sums.bounds.astype(float) + 2 * left_out
        radii = [float(entry.rad()) for entry in entries(balls.enclosed_hessian(sums, axis, c))]
        assert radii == pytest.approx(stated.ravel(), rel=1e-6)


def test_the_integrands_on_the_strip_are_bounded_at_every_node() -> None:
    """Those of psi_i psi_j z_i z_j and of psi_i [1 - (1 - psi_i) z_i^2]: here at the node 0."""
    axis = Axis(0.75, 0, 1.3, 1.5)
    with ball(30).scope():
        c, weights = ball(30).array([1, Fraction(-1, 2)]), ball(30).array([Fraction(1, 2)] * 2)
        terms = [(-(m * m) / 2).exp() for m in c]
        one, other = (term / (terms[0] + terms[1]) for term in terms)
        bulge = flint.arb(1.3) ** 2
        (share,) = axis.weights()
        found = balls.hessian_sums(axis, c, weights).bounds
        assert found[0, 1].overlaps(share * one * other * ((1 + flint.arb(0.25)) / 2 + bulge))
        assert found[0, 0].overlaps(share * one * (1 + other * (1 + bulge)))


def test_hessians_of_grids_that_prove_nothing_have_no_bounds() -> None:
    with ball(20).scope():
        c, weights = ball(20).array([1, Fraction(-1, 2)]), ball(20).array([Fraction(1, 2)] * 2)
        short, wide = Axis(0.125, 15, 0.5, 1.6), Axis(0.5, 9, 2.0, 1.6)
        coarse = Axis(2.0, 4, 1.3, 1.6)
        assert 0.25 < axis_error(coarse, flint.ctx.prec).relative < 0.4
        for axis in (short, wide, coarse):
            found = balls.enclosed_hessian(balls.hessian_sums(axis, c, weights), axis, c)
            assert not any(entry.is_finite() for entry in entries(found))


# -------------------------------------------------------------------------- out of reach

TETRAHEDRON = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, -1]]


@pytest.mark.parametrize(
    ("means", "digits"),
    [
        ([10**6, 0], None),
        ([1e90, -1e90], None),
        ([1e308, -1e308], None),
        ([[40 * entry for entry in row] for row in TETRAHEDRON], None),
        ([10**5, 0], 10),
        ([[30, 0], [0, 30], [-30, -30]], 20),
        ([1, 0], 20_000),
        ([1e200, 0], 10),
        (["1e999", 0], 10),
    ],
    ids=str,
)
def test_unaffordable_grid_is_never_formed(
    monkeypatch: pytest.MonkeyPatch, means: list[Any], digits: int | None
) -> None:
    """Beyond the limits there is an error before a single node is laid out."""

    def forbidden(*_: object) -> None:
        raise AssertionError("the grid was formed")

    monkeypatch.setattr(Axis, "nodes", forbidden)
    if means == [1, 0]:
        monkeypatch.setattr(balls, "MAX_BALL_NODES", 10_000)
    arithmetic = FLOAT64 if digits is None else ball(digits)
    with pytest.raises(TooExpensive):
        population(Mixture(means), arithmetic=arithmetic)


def test_just_within_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on the number of nodes, and reaching it exactly is allowed."""
    c, log_weights = np.array([[1.5], [-0.7], [2.0]]), np.log([0.2, 0.5, 0.3])
    axes = choose_grid(c, log_weights, -21 * math.log(10))

    def run(limit: int) -> Population:
        monkeypatch.setattr(balls, "MAX_BALL_NODES", limit)
        return population(Mixture(["1.5", "-0.7", 2], [2, 5, 3]), arithmetic=ball(20))

    # The reduced coordinates may be mirrored or shifted: the size is near, not the same.
    assert run(2 * grid_size(axes)).loss.is_finite()
    with pytest.raises(TooExpensive, match="nodes"):
        run(grid_size(axes) // 2)


def test_slabs_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grid summed in many slabs gives what it gives at once."""
    mixture = Mixture([["0.5", 0], ["-0.2", "0.3"], [0, "-0.4"]], [1, 2, 3])
    whole = population(mixture, arithmetic=ball(15))
    monkeypatch.setattr(balls, "_SLAB_ENTRIES", 1)
    slabs = population(mixture, arithmetic=ball(15))
    for name in FIELDS:
        assert_honest(getattr(slabs, name), getattr(whole, name))
        assert_converged(getattr(slabs, name), 15)
