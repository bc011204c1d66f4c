"""Stationary points, certified one by one."""

from __future__ import annotations

import pickle
from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest

import theorycheck as tc
from theorycheck.arithmetic.arithmetics import Array, as_fmpq, ball
from theorycheck.expectations.population import population
from theorycheck.landscapes import stationary
from theorycheck.landscapes.stationary import stationary_point

TRUTH = tc.Mixture([-2, 2, 10])


def test_the_gradient_vanishes_in_the_ball_and_changes_sign_around_it() -> None:
    found = stationary_point(tc.Mixture(["-0.12", "7.334", "10.232"]), TRUTH)
    assert found is not None
    gradient = population(found.mixture, truth=TRUTH, arithmetic=ball(40)).gradient
    assert max(float(abs(entry).upper()) for entry in gradient.ravel()) < 1e-18
    assert found.kind == "saddle"
    assert found.distance < 1e-18 < found.alone


def test_eigenvalues_are_those_of_the_hessian_in_order() -> None:
    """Against differences of the float64 gradient."""
    found = stationary_point(tc.Mixture(["10/3"] * 3), TRUTH)
    assert found is not None
    middle = np.array([float(mean) for mean in found.means.ravel()])

    def slope(means):
        return population(tc.Mixture(means.tolist()), truth=TRUTH).gradient.ravel()

    columns = [(slope(middle + 1e-5 * e) - slope(middle - 1e-5 * e)) / 2e-5 for e in np.eye(3)]
    matrix = np.array(columns)
    expected = np.linalg.eigvalsh((matrix + matrix.T) / 2)
    assert np.abs(expected - [float(value) for value in found.eigenvalues]).max() < 1e-7
    assert found.index == 2


def test_in_the_plane_as_well() -> None:
    """Two components under two Gaussians: the truth, and the saddle in the middle."""
    truth = tc.Mixture([[0, -2], [0, 2]])
    found = stationary_point(tc.Mixture([[0, "-1.9999"], ["0.0001", 2]]), truth)
    assert found is not None
    assert found.kind == "minimum"
    assert found.distance_from(truth) < 1e-18
    # Across the line of the truth the Hessian is singular where both means are in the middle.
    assert stationary_point(tc.Mixture([[0, 0], [0, 0]]), truth) is None


@pytest.mark.parametrize(
    ("means", "truth"),
    [([12, -12, 0], None), ([0, 0], None), ([-1, 3], tc.Mixture([-2, 2])), ([50, -50], TRUTH)],
    ids=["a trap", "a singular Hessian", "nothing near", "flat"],
)
def test_where_there_is_none_nothing_is_certified(means, truth) -> None:
    assert stationary_point(tc.Mixture(means), truth) is None


def test_permutations_are_the_same_point_only_where_means_agree() -> None:
    found = stationary_point(
        tc.Mixture(["-2.0638863", "1.9294029", "1.9294029"]), tc.Mixture([-2, 2])
    )
    assert found is not None
    assert found.is_at(found.permuted([0, 2, 1]))
    assert not found.is_at(found.permuted([1, 0, 2]))


def test_enclosures_of_eigenvalues_hold_them_where_discs_meet() -> None:
    """Random symmetric matrices with equal and nearly equal eigenvalues, known exactly."""
    random = np.random.default_rng(2)
    for gap in (0.0, 1e-18, 1e-12, 1.0):
        with ball(60).scope():
            exact = [flint.arb(-1), flint.arb(-1) + flint.arb(gap), flint.arb(0.5), flint.arb(2)]
            orthogonal = _orthogonal(random)
            matrix = (
                orthogonal
                * flint.arb_mat(
                    [[exact[i] if i == j else flint.arb(0) for j in range(4)] for i in range(4)]
                )
                * orthogonal.transpose()
            )
            entries = np.array([[matrix[i, j] for j in range(4)] for i in range(4)], dtype=object)
            found = stationary.eigenvalue_balls((entries + entries.T) / 2)
            assert all(a.overlaps(b) for a, b in zip(found, exact, strict=True))


def _orthogonal(random: np.random.Generator) -> flint.arb_mat:
    """A product of exact reflections."""
    product = flint.arb_mat([[flint.arb(int(i == j)) for j in range(4)] for i in range(4)])
    for _ in range(3):
        v = [int(entry) for entry in random.integers(1, 5, 4)]
        square = sum(entry * entry for entry in v)
        product = product * flint.arb_mat(
            [
                [flint.arb(int(i == j)) - 2 * flint.arb(v[i] * v[j]) / square for j in range(4)]
                for i in range(4)
            ]
        )
    return product


def test_hessians_differ_by_no_more_than_the_third_derivative_allows() -> None:
    """|H(mu + delta) - H(mu)| <= T |delta|, for steps of all sizes up to 1."""
    random = np.random.default_rng(3)
    for _ in range(12):
        means, weights = random.uniform(-4, 6, 3), random.uniform(0.1, 1, 3).tolist()
        step = random.standard_normal(3)
        step *= random.choice([1e-2, 1.0]) / np.linalg.norm(step)
        start, end = (
            tc.Mixture(means.tolist(), weights),
            tc.Mixture((means + step).tolist(), weights),
        )
        with ball(stationary.DIGITS).scope():
            change = _hessian(end) - _hessian(start)
            third = float(stationary._third_derivative(start, TRUTH))
        size = np.linalg.norm([[float(entry) for entry in row] for row in change], 2)
        assert size <= third * np.linalg.norm(step)


def _hessian(mixture: tc.Mixture) -> Array:
    return stationary._line_hessian(mixture, TRUTH)


@pytest.mark.parametrize("means", [[-2, 2, 10], ["10/3"] * 3, ["-0.12", "7.334", "10.232"], [0]])
def test_differences_see_the_same_hessian(means) -> None:
    """That of a line by its own sums, and as in the plane by differences of the gradient."""
    mixture, truth = tc.Mixture(means, range(1, len(means) + 1)), tc.Mixture([-2, 2, 10], [1, 2, 5])
    with ball(stationary.DIGITS).scope():
        gradient = tc.population(mixture, truth=truth, arithmetic=ball(stationary.DIGITS)).gradient
        differences = stationary._differences(mixture, truth, gradient)
        apart = differences - stationary._line_hessian(mixture, truth)
        off = stationary._third_derivative(mixture, truth) * as_fmpq(stationary._STEP) / 2
        assert all(abs(entry) <= off for entry in apart.ravel())
        assert max(float(abs(entry).upper()) for entry in apart.ravel()) < 1e-10


@pytest.mark.parametrize("power", [5, 6, 7])
def test_a_point_among_others_is_told_from_them(power) -> None:
    """Both means at 0, between the truth's at +-d: alone within a few of its distances."""
    d, off = Fraction(1, 5 * 10**power), Fraction(1, 10**16)
    found = stationary_point(tc.Mixture([off, -off]), tc.Mixture([-d, d]))
    assert found is not None
    assert 4 * found.distance <= found.alone
    assert found.permuted([1, 0]).is_at(found)
    far = tc.Mixture([Fraction(found.alone) / 4, -Fraction(found.alone) / 4])
    with ball(stationary.DIGITS).scope():
        assert stationary._certified(far, tc.Mixture([-d, d])) is None


def test_points_known_to_different_distances_are_compared_both_ways() -> None:
    """One is alone within less than the other may be off by."""
    found = stationary_point(tc.Mixture([-2, 2]), tc.Mixture([-2, 2]))
    assert found is not None
    rough = replace(found, distance=1e-18, alone=1e-6)
    fine = replace(found, distance=1e-30, alone=2e-19)
    assert fine.is_at(rough)
    assert rough.is_at(fine)


def test_where_newton_only_creeps_up_to_a_point_it_is_certified_twice_at_most(monkeypatch) -> None:
    """A singular Hessian: each step halves the distance, and none is at rest."""
    tried = []
    monkeypatch.setattr(stationary, "_certified", lambda *mixtures: tried.append(mixtures))
    near = tc.Mixture([[0, 0], ["0.001", 0], [0, "0.001"]])
    assert stationary_point(near, near) is None
    assert len(tried) <= 2


def _next_to_the_truth(offset: Fraction) -> tc.Mixture:
    """Means that are `offset` away from the minimum (-2, 2)."""
    return tc.Mixture([-2 + offset, 2])


@pytest.mark.parametrize("offset", [Fraction(1, 2), Fraction(1, 10**4), Fraction(1, 10**10)])
def test_a_gradient_too_large_certifies_nothing(offset) -> None:
    """Lemma S asks for |grad L| < lambda r, whatever the Hessian is."""
    with ball(stationary.DIGITS).scope():
        assert stationary._certified(_next_to_the_truth(offset), tc.Mixture([-2, 2])) is None


def test_the_balls_hold_the_point_itself_and_not_only_the_means_next_to_it() -> None:
    offset = Fraction(1, 10**20)
    with ball(stationary.DIGITS).scope():
        found = stationary._certified(_next_to_the_truth(offset), tc.Mixture([-2, 2]))
        assert found is not None
        assert found.means.ravel()[0].contains(-2)
        assert found.loss.contains(0)
        assert found.distance >= 1e-20


def test_the_error_of_differences_is_part_of_the_eigenvalues(monkeypatch) -> None:
    """Of a step of 1e-6 the error is far beyond that of the balls."""
    truth = tc.Mixture([[0, -2], [1, 2]], [1, 2])
    fine = stationary_point(truth, truth)
    monkeypatch.setattr(stationary, "_STEP", Fraction(1, 10**6))
    coarse = stationary_point(truth, truth)
    assert fine is not None
    assert coarse is not None
    for one, other in zip(fine.eigenvalues, coarse.eigenvalues, strict=True):
        assert one.overlaps(other)


def test_a_point_that_comes_from_another_process_is_no_narrower() -> None:
    """Midpoints are the same, radii rounded up at most, whatever the precision in force."""
    point = stationary_point(tc.Mixture(["0.05"] * 2), tc.Mixture([-2, "2.1"]))
    assert point is not None
    copy = pickle.loads(pickle.dumps(point))
    assert (copy.mixture, copy.distance, copy.kind) == (point.mixture, point.distance, "saddle")
    balls = [*point.means.ravel(), point.loss, *point.eigenvalues]
    copies = [*copy.means.ravel(), copy.loss, *copy.eigenvalues]
    assert copy.means.shape == (2, 1)
    for one, other in zip(copies, balls, strict=True):
        assert one.mid() == other.mid()
        assert other.rad() <= one.rad() <= other.rad() * 1.000001
    assert copy.is_at(point)
