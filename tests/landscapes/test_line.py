"""A truth on a line in the plane: every stationary point is on it (Lemma A)."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest

import theorycheck as tc
from theorycheck.errors import InvalidValue
from theorycheck.expectations.population import population
from theorycheck.inputs.numbers import Floats
from theorycheck.landscapes.line import Line, _sorted
from theorycheck.landscapes.stationary import stationary_point

PAIR = tc.Mixture([[-2, 0], [2, 0]])
SLANTED = tc.Mixture([[-2, 1], [2, 4]])


def means_of(point: tc.StationaryPoint) -> Floats:
    return np.array([[float(entry) for entry in row] for row in point.means])


def test_two_means_on_an_axis() -> None:
    """As on the line; at (0, 0), (0, 0) across the line an eigenvalue is 0, and yet no minimum."""
    land = tc.landscape(PAIR, components=2)
    assert land.everywhere
    assert land.index_sum == 1
    assert [point.kind for point in land.points] == ["minimum", "saddle"]
    assert np.abs(means_of(land.points[0]) - [[-2, 0], [2, 0]]).max() < 1e-15
    assert np.abs(means_of(land.points[1])).max() < 1e-15
    assert abs(float(land.points[1].loss) - 1.36727981) < 6e-9
    assert land.points[1].eigenvalues[1].contains(0)
    assert "on a line" in land.note


def test_a_slanted_line_has_the_points_of_its_places() -> None:
    """Distance 5 along (4, 3) / 5."""
    land = tc.landscape(tc.Mixture(SLANTED.means, [2, 3]), components=3)
    on_the_line = tc.landscape(tc.Mixture([0, 5], [2, 3]), components=3)
    assert land.everywhere
    assert (land.index_sum, len(land.points)) == (1, len(on_the_line.points))
    assert land.low == pytest.approx(min(-2 + 0.8 * on_the_line.low, 1 + 0.6 * on_the_line.low))
    assert land.high == pytest.approx(max(-2 + 0.8 * on_the_line.high, 1 + 0.6 * on_the_line.high))
    for point, other in zip(land.points, on_the_line.points, strict=True):
        places = np.array([float(mean) for mean in other.means.ravel()])
        expected = np.array([-2, 1]) + places[:, None] * np.array([4, 3]) / 5
        assert np.abs(means_of(point) - expected).max() < 1e-12
        assert point.loss.overlaps(other.loss)
        assert point.index == other.index


def test_a_minimum_with_equal_means_stays_a_minimum() -> None:
    """theory2.md: the spurious minimum of (-2, 2, 10) with n = 4 has two equal means."""
    truth = tc.Mixture([-2, 2, 10])
    stuck = tc.Mixture(["-.0076539", "9.6085957", "10.1720444", "10.1720444"])
    point = stationary_point(stuck, truth)
    assert point is not None
    lifted = Line((Fraction(0), Fraction(0)), (Fraction(1), Fraction(0))).lifted(point, truth)
    assert lifted.eigenvalues[0].contains(0)
    assert (lifted.kind, lifted.index) == ("minimum", 0)
    assert len(lifted.eigenvalues) == 8


def test_the_hessian_in_the_plane_has_the_eigenvalues_given() -> None:
    """By differences of the gradient in all coordinates."""
    for truth, components in ((PAIR, 2), (SLANTED, 3)):
        for point in tc.landscape(truth, components).points:
            expected = np.linalg.eigvalsh(_hessian(means_of(point), truth))
            found = [float(value) for value in point.eigenvalues]
            assert np.abs(np.array(found) - expected).max() < 1e-6


def _hessian(means: Floats, truth: tc.Mixture) -> Floats:
    def slope(c: Floats) -> Floats:
        student = tc.Mixture(c.reshape(-1, 2).tolist())
        found: Floats = population(student, truth=truth).gradient.ravel()
        return found

    flat, step = means.ravel(), 1e-4
    rows = [(slope(flat + step * e) - slope(flat - step * e)) / 2 / step for e in np.eye(flat.size)]
    matrix: Floats = np.array(rows)
    return (matrix + matrix.T) / 2


def test_the_sum_of_lemma_a() -> None:
    """Of <dL/dy_i, y_i>: E |sum_i psi_i y_i|^2, for any student and a truth on a line."""
    random = np.random.default_rng(5)
    truth = tc.Mixture([[-1, 0], [2, 0]], [1, 2])
    x = np.stack(np.meshgrid(np.arange(-9, 9, 0.2), np.arange(-9, 9, 0.2)), axis=-1).reshape(-1, 2)
    density = sum(
        float(w) * np.exp(-((x - [float(c) for c in mean]) ** 2).sum(axis=1) / 2) / (2 * np.pi)
        for mean, w in zip(truth.means, truth.weights, strict=True)
    )
    for _ in range(5):
        means, weights = random.uniform(-2, 2, (3, 2)), random.dirichlet([1, 1, 1])
        student = tc.Mixture(means.tolist(), weights.tolist())
        gradient = population(student, truth=truth).gradient
        t = weights * np.exp(-((x[:, None] - means) ** 2).sum(axis=2) / 2)
        w = (t / t.sum(axis=1, keepdims=True)) @ means[:, 1]
        assert float(gradient[:, 1] @ means[:, 1]) == pytest.approx(
            float((density * w * w).sum()) * 0.04, rel=1e-9
        )


def test_one_gaussian_in_the_plane_has_its_optimum_alone() -> None:
    land = tc.landscape(tc.Mixture([[1, -1]]), components=3)
    (optimum,) = land.points
    assert land.everywhere
    assert np.abs(means_of(optimum) - [1, -1]).max() == 0
    assert optimum.kind == "degenerate"
    assert "within 0.125" in land.note


@pytest.mark.parametrize(
    ("low", "high", "points", "everywhere"),
    [(-4, 6, 2, True), (-2, 4, 2, False), (-1, 3, 1, False), (2, 3, 0, False), (7, 8, 0, False)],
)
def test_a_box_cuts_the_line(low, high, points, everywhere) -> None:
    """The truth (-2, 1), (2, 4) and the saddle (0, 5/2), twice."""
    land = tc.landscape(SLANTED, components=2, low=low, high=high)
    assert land.complete
    assert (len(land.points), land.everywhere) == (points, everywhere)
    assert (land.low, land.high) == (low, high)


def test_a_box_beside_the_line_holds_nothing() -> None:
    land = tc.landscape(tc.Mixture([[-2, 5], [2, 5]]), components=2, low=-4, high=4)
    assert (land.points, land.complete, land.everywhere) == ((), True, False)


def test_open_boxes_are_those_of_the_plane() -> None:
    land = tc.landscape(SLANTED, components=2, time_limit=0.0)
    assert not land.complete
    for lower, upper in land.unresolved:
        assert len(lower) == len(upper) == 4
    assert any(
        all(a <= b <= c for a, b, c in zip(lower, (-2, 1, 2, 4), upper, strict=True))
        for lower, upper in land.unresolved
    )


@pytest.mark.parametrize(
    ("means", "direction"),
    [
        ([[3, 1], [3, -1]], (0, 1)),
        ([[0, 0], [-3, -4], [6, 8]], ("3/5", "4/5")),
        ([[2, 2], [2, 2]], (1, 0)),
    ],
)
def test_the_line_through_means(means, direction) -> None:
    truth = tc.Mixture(means)
    line = Line.through(truth.means)
    assert line is not None
    assert line.direction == tuple(map(Fraction, direction))
    places = line.coordinates(truth)
    assert [line.at(s) for (s,) in places.means] == list(truth.means)


def test_means_that_span_the_plane_have_no_line() -> None:
    assert Line.through(tc.Mixture([[0, 0], [1, 0], [0, 1]]).means) is None


def test_a_direction_of_irrational_length_is_named() -> None:
    with pytest.raises(InvalidValue, match=r"along \(1, 1\), of irrational length"):
        tc.landscape(tc.Mixture([[0, 0], [1, 1], [3, 3]]), components=2)


def test_enclosures_in_order() -> None:
    """Two that overlap stand for either order."""
    values = [flint.arb(2, 1), flint.arb(2.5, 0.1), flint.arb(-1)]
    found = _sorted(values)
    assert [float(value.lower()) for value in found] == pytest.approx([-1, 1, 2.4], abs=1e-8)
    assert [float(value.upper()) for value in found] == pytest.approx([-1, 2.6, 3], abs=1e-8)
