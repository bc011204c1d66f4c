"""Affine rank and reduced coordinates: exact, whatever the size or the dimension of the means."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycheck.arithmetic.arithmetics import FLOAT64, as_fmpq, ball
from theorycheck.expectations.reduction import (
    Reduction,
    affine_rank,
    affine_reduction,
    linear_span,
    principal_axes,
    rational_matrix,
)
from theorycheck.inputs.mixture import Mixture

EPSILON = Fraction(1, 10**30)
DIRECTION = [Fraction((k * k) % 17 - 8, k + 1) for k in range(300)]


def on_a_line(*parameters: object) -> list[list[Fraction]]:
    """Points of one line in 300 dimensions that misses the origin."""
    return [[1 + Fraction(t) * entry for entry in DIRECTION] for t in parameters]  # type: ignore[arg-type]


def bent(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """The last row moved by 1e-30 in its last coordinate."""
    return [*rows[:-1], [*rows[-1][:-1], rows[-1][-1] + EPSILON]]


RANKS: list[tuple[str, Any, int, int]] = [
    ("one point", [[3, 4]], 0, 1),
    ("the origin", [[0, 0]], 0, 0),
    ("duplicates", [[1, 2]] * 4, 0, 1),
    ("duplicated pair", [[1, 2], [3, 4], [1, 2], [3, 4]], 1, 2),
    ("1e-30 apart", [[1], [1 + EPSILON]], 1, 1),
    ("1e-30 apart at the origin", [[EPSILON, 0], [0, 0]], 1, 1),
    ("1e-300 and 1e300", [["1e-300", 0], [0, "1e300"], [0, 0]], 2, 2),
    ("collinear thirds", [["1/3", "1/7"], ["2/3", "2/7"], [1, "3/7"]], 1, 1),
    ("collinear, missing the origin", [[1, 0], [1, 1], [1, 5]], 1, 2),
    ("not collinear by 1e-30", bent([[Fraction(k), Fraction(2 * k)] for k in (1, 2, 3)]), 2, 2),
    ("collinear floats", [[0.1, 0.2], [0.2, 0.4], [0.4, 0.8]], 1, 1),
    ("floats that only look collinear", [[0.1, 0.3], [0.2, 0.6], [0.3, 0.9]], 2, 2),
    ("collinear in 300 dimensions", on_a_line(0, 1, "-7/3", "1e-20", 10**9), 1, 2),
    ("bent in 300 dimensions", bent(on_a_line(0, 1, "-7/3", 10**9)), 2, 3),
    ("tetrahedron", [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], 3, 3),
    ("flat in 3 dimensions", [[0, 0, 1], [1, 0, 1], [0, 1, 1], [5, 7, 1]], 2, 3),
]
ranks = pytest.mark.parametrize(
    ("means", "affine", "linear"), [row[1:] for row in RANKS], ids=[row[0] for row in RANKS]
)


def exact_matrix(means: Any) -> flint.fmpq_mat:
    return rational_matrix(Mixture(means).means)


def assert_exact(means: flint.fmpq_mat, found: Reduction) -> None:
    """The reduction reproduces every inner product of the means, in rationals."""
    n, rank = means.nrows(), found.rank
    axes = [flint.fmpq_mat([axis]) for axis in found.axes]
    offset = flint.fmpq_mat([found.offset])
    for k in range(rank):
        assert 1 <= found.squared_lengths[k] < 4
        assert (offset * axes[k].transpose())[0, 0] == 0
        for j in range(rank):
            product = (axes[k] * axes[j].transpose())[0, 0]
            assert product == (found.squared_lengths[k] if j == k else 0)
    for i in range(n):
        rebuilt = offset
        for k in range(rank):
            rebuilt += axes[k] * (found.projections[i][k] / found.squared_lengths[k])
        assert rebuilt.tolist()[0] == means.tolist()[i]


@ranks
def test_ranks_are_exact(means: Any, affine: int, linear: int) -> None:
    """Affine and linear rank are decided in rationals: 1e-30 counts, rounding does not."""
    matrix = exact_matrix(means)
    assert affine_rank(matrix) == affine
    assert affine_reduction(matrix).rank == affine
    span = linear_span(matrix)
    assert (0 if span is None else span.nrows()) == linear


@ranks
def test_reduction_is_exact(means: Any, affine: int, linear: int) -> None:
    """Orthogonal axes, an offset orthogonal to them, and the means rebuilt exactly from both."""
    matrix = exact_matrix(means)
    assert_exact(matrix, affine_reduction(matrix))


entries = st.integers(-3, 3) | st.fractions(max_denominator=50) | st.floats(-1e3, 1e3)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 4).flatmap(lambda d: st.lists(st.tuples(*[entries] * d), min_size=1)))
def test_any_reduction_is_exact(rows: list[tuple[Any, ...]]) -> None:
    """The same for any rational means; and the two ways to the rank agree."""
    matrix = exact_matrix([list(row) for row in rows[:6]])
    found = affine_reduction(matrix)
    assert_exact(matrix, found)
    assert affine_rank(matrix) == found.rank


@ranks
def test_coordinates_reproduce_distances(means: Any, affine: int, linear: int) -> None:
    """|c_i - c_j|^2 = |mu_i - mu_j|^2 as balls, to full relative accuracy."""
    matrix = exact_matrix(means)
    n = matrix.nrows()
    arithmetic = ball(40)
    with arithmetic.scope():
        c = affine_reduction(matrix).coordinates(arithmetic)
        assert c.shape == (n, affine)
    exact = {}
    for i in range(n):
        for j in range(i):
            away = flint.fmpq_mat([matrix.tolist()[i]]) - flint.fmpq_mat([matrix.tolist()[j]])
            exact[i, j] = (away * away.transpose())[0, 0]
    with ball(400).scope():
        for (i, j), square in exact.items():
            away = c[i] - c[j]
            found = (away * away).sum() if affine else flint.arb(0)
            assert found.overlaps(flint.arb(square))
            size = max(sum((a * a for a in c[k]), flint.arb(0)).abs_upper() for k in (i, j))
            assert found.rad() <= size * flint.arb(10) ** -40


@ranks
def test_directions_are_orthonormal(means: Any, affine: int, linear: int) -> None:
    """The axes that coordinates are put back along: U U^T = I, and mu = w + c U."""
    matrix = exact_matrix(means)
    reduction = affine_reduction(matrix)
    arithmetic = ball(40)
    with arithmetic.scope():
        u, c = reduction.directions(arithmetic), reduction.coordinates(arithmetic)
        assert u.shape == (affine, matrix.ncols())
        if affine == 0:
            return
        gram, rebuilt = u @ u.T, c @ u + arithmetic.array(reduction.offset)
    with ball(400).scope():
        for k in range(affine):
            for j in range(affine):
                assert gram[k, j].contains(flint.arb(int(j == k)))
        for found, exact in zip(rebuilt.ravel(), matrix.entries(), strict=True):
            assert found.overlaps(flint.arb(exact))


def test_float_coordinates_are_the_rounded_ball_coordinates() -> None:
    """One code path: float64 coordinates agree with the balls to a few ulp."""
    matrix = exact_matrix([[1, "0.3"], ["-2", 7], [5, "1e-9"]])
    reduction = affine_reduction(matrix)
    with ball(30).scope():
        precise = reduction.coordinates(ball(30))
    floats = reduction.coordinates(FLOAT64)
    np.testing.assert_allclose(
        floats, [[float(entry.mid()) for entry in row] for row in precise], rtol=1e-15, atol=0
    )


def test_weighted_mean_does_not_cancel() -> None:
    """sum_i pi_i c_i is summed in rationals: a mean of 1e-40 keeps all its digits."""
    weights = [as_fmpq(Fraction(1, 3)), as_fmpq(Fraction(2, 3))]
    matrix = exact_matrix([[2 + 3 * EPSILON * EPSILON], [-1]])
    reduction = affine_reduction(matrix)
    (found,) = reduction.mean_coordinates(weights, FLOAT64)
    assert abs(found) == pytest.approx(1e-60, rel=1e-15)
    shifted = affine_reduction(exact_matrix([[2, 1], [-1, 1]]))
    assert shifted.mean_coordinates(weights, FLOAT64).tolist() == [0.0]


@ranks
def test_linear_span_is_orthogonal_and_holds_the_means(
    means: Any, affine: int, linear: int
) -> None:
    """Rational orthogonal axes; projecting the means on them changes nothing."""
    matrix = exact_matrix(means)
    span = linear_span(matrix)
    if span is None:
        assert not any(entry for row in matrix.tolist() for entry in row)
        return
    products = (span * span.transpose()).tolist()
    for k, row in enumerate(products):
        assert all((value != 0) == (j == k) for j, value in enumerate(row))
    shares = (matrix * span.transpose()).tolist()
    scaled = [[s / products[k][k] for k, s in enumerate(row)] for row in shares]
    assert flint.fmpq_mat(scaled) * span == matrix


@pytest.mark.parametrize(
    ("n", "r", "rank"), [(2, 3, 1), (3, 3, 2), (4, 3, 3), (3, 2, 2), (5, 1, 1)]
)
def test_principal_axes_keep_distances(n: int, r: int, rank: int) -> None:
    """Orthonormal axes of the affine span of float64 means: projecting on them is an isometry."""
    rng = np.random.default_rng(n)
    means = rng.normal(size=(n, r))
    axes = principal_axes(means, rank)
    assert axes.shape == (rank, r)
    np.testing.assert_allclose(axes @ axes.T, np.eye(rank), atol=1e-14)
    differences = means - means[0]
    np.testing.assert_allclose(differences @ axes.T @ axes, differences, atol=1e-14)


def test_principal_axes_of_a_point() -> None:
    """Rank 0 keeps no axis, in any dimension, even in none."""
    assert principal_axes(np.ones((1, 3)), 0).shape == (0, 3)
    assert principal_axes(np.zeros((2, 0)), 0).shape == (0, 0)
    assert principal_axes(np.ones((1, 1)), 0).shape == (0, 1)
