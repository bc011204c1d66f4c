"""Points: the case itself, and the points that are reached from it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import FLOAT64, Ball
from theorycheck.errors import InvalidValue
from theorycheck.expectations.population import student_population
from theorycheck.expectations.reduction import mixture_rank
from theorycheck.expectations.student import Student
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.claim import inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.point import Point
from theorycheck.statements.verdicts import Holds

ON_A_LINE = Mixture([[1, 2, 0], [2, 4, 0], [-1, -2, 0]])
ELSEWHERE = Mixture([[0, 1, 1]])
ORIGIN = Mixture([[0, 0, 0]])


def ranks(point):
    return point.rank, point.affine_rank


@pytest.mark.parametrize("arithmetic", [FLOAT64, Ball(18)])
def test_the_rank_of_a_start_is_exact(arithmetic):
    """Whatever the truth; it is not rounded."""
    for mixture, expected in (
        (ON_A_LINE, (1, 1)),
        (ORIGIN, (0, 0)),
        (Mixture([[1, 0, 0], [1, Fraction(1, 10**40), 0]]), (2, 1)),
    ):
        assert ranks(Point(mixture, None, arithmetic)) == expected
        assert ranks(Point(mixture, ELSEWHERE, arithmetic)) == expected


@pytest.mark.parametrize("move", [lambda at: at.step(at.number(1)), lambda at: at.em_step()])
@pytest.mark.parametrize("arithmetic", [FLOAT64, Ball(18)])
def test_an_iterate_has_the_rank_of_start_and_truth(arithmetic, move):
    """Under N(0, I) that of the start; one that gains a direction is not given the start's."""
    for truth, expected in ((None, (1, 1)), (ELSEWHERE, (2, 2))):
        point = Point(ON_A_LINE, truth, arithmetic)
        with arithmetic.scope():
            for _ in range(2):
                point = move(point)
                assert ranks(point) == expected
    with arithmetic.scope():
        assert ranks(move(Point(ORIGIN, ELSEWHERE, arithmetic))) == (1, 0)
        assert ranks(move(Point(ORIGIN, None, arithmetic))) == (0, 0)


def test_an_iterate_of_means_off_the_origin_may_gain_an_affine_rank():
    """The rank of the differences is bounded by that of the means, not by that of the start."""
    point = Point(Mixture([[1, 0], [1, 1], [1, 3]]), None, FLOAT64)
    assert ranks(point) == (2, 1)
    after = point.step(1.0)
    assert ranks(after) == (2, 2)
    assert np.linalg.matrix_rank(after.means - after.means[0]) == 2


@pytest.mark.parametrize("arithmetic", [FLOAT64, Ball(18)])
def test_other_means_may_have_any_rank(arithmetic):
    """At most n, and d; a step from there knows no more, and does not forget it."""
    point = Point(ON_A_LINE, None, arithmetic)
    means = arithmetic.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    for moved in (point.moved(means), point.line(means, Fraction(1, 2))):
        assert ranks(moved) == (3, 2)
        with arithmetic.scope():
            assert ranks(moved.step(arithmetic.scalar(Fraction(1)))) == (3, 2)
    assert ranks(point.step(1).moved(means)) == (3, 2)
    assert ranks(Point(ELSEWHERE, None, arithmetic).moved(means[:1])) == (1, 0)


def test_an_exact_point_has_its_own_rank():
    """Also one that is reached from a case: another mixture, or a float64 iterate."""
    point = Point(ON_A_LINE, ELSEWHERE, FLOAT64)
    plane = Mixture([[1, 0, 0], [0, 1, 0]])
    assert ranks(point.other(plane)) == (2, 1)
    (iterate,) = point.iterates(1.0, [3])
    assert ranks(iterate) == (2, mixture_rank(iterate.mixture))


def test_an_iterate_does_not_depend_on_which_others_are_asked_for():
    point = Point(Mixture(["0.3", "-0.2", "0.1", 2], [1, 2, 3, 4]), None, FLOAT64)
    (alone,) = point.iterates(0.5, [40])
    assert point.iterates(0.5, [40, 10, 30, 40])[0].mixture == alone.mixture


@pytest.mark.parametrize(
    ("step_size", "times"),
    [(-0.5, [3]), (0.0, [3]), (float("nan"), [3]), (0.5, []), (0.5, [-1]), (0.5, [10**9])],
)
def test_iterates_of_no_run_are_refused(step_size, times):
    point = Point(Mixture([1, -1]), None, FLOAT64)
    with pytest.raises(InvalidValue, match=r"step_size|times"):
        point.iterates(step_size, times)


def test_cauchy_schwarz_after_a_step_holds():
    """W^2 <= r |M|^2 needs r >= the rank of the iterate, which here is not that of the start."""

    @inequality("cauchy-schwarz", "x")
    def cauchy_schwarz(at, step_size):
        after = at.step(step_size)
        gram, w = after.means @ after.means.T, after.weights
        square = after.weighted_distance * after.weighted_distance
        return at_most(square, after.rank * (np.outer(w, w) * gram * gram).sum())

    for start in ([[0, 0]], [[0, 0], [1, 1]], [[1, 0], [2, 0]]):
        case = Case(Mixture(start), 1, truth=Mixture([[0, 1], [1, 2]]))
        assert isinstance(cauchy_schwarz.check(case), Holds)


@pytest.mark.parametrize("arithmetic", [FLOAT64, Ball(12), Ball(36)])
def test_what_a_claim_does_to_its_arrays_is_its_own(arithmetic):
    case = Case(Mixture([2, -1], [1, 3]), step_size=1, steps=3)
    with arithmetic.scope():
        first = Point(case.mixture, None, arithmetic, case)
        eta = first.own_step_size
        path, (before, after) = first.path(eta, 3), first.moves(eta, 3, (1, 2))
        for array in (first.overlap, first.gradient, path.loss, before.energy, after.loss):
            array *= 2
        again = Point(case.mixture, None, arithmetic, case)
        eta = again.own_step_size
        assert str(first.overlap) != str(again.overlap)
        assert str(again.overlap) == str(_afresh(again).overlap)
        assert str(again.gradient) == str(_afresh(again).gradient)
        assert str(again.path(eta, 3).loss) == str(again._path(eta, 3).loss)
        if arithmetic != FLOAT64:
            known, anew = again.moves(eta, 3, (1, 2)), again._single_steps(eta, (1, 2))
            assert str(known[0].energy) == str(anew[0].energy)
            assert str(known[1].loss) == str(anew[1].loss)


@pytest.mark.parametrize("name", ["responsibilities", "overlap", "gradient", "positions"])
def test_an_array_of_a_population_is_a_copy_and_stays(name):
    """A claim may change it, not replace it; another point of the mixture does not notice."""
    case = Case(Mixture([2, -1], [1, 3]))
    with Ball(12).scope():
        first, again = (Point(case.mixture, None, Ball(12), case) for _ in range(2))
        getattr(first, name)[...] = 0
        assert not getattr(first, name).any()
        assert str(getattr(again, name)) == str(getattr(_afresh(again), name))
        assert not getattr(first._population, name).flags.writeable
        with pytest.raises(AttributeError):
            setattr(first, name, 0)


def test_a_step_size_that_is_not_the_given_one_has_its_own_path():
    case = Case(Mixture([2, -1]), step_size=1, steps=3)
    for arithmetic in (FLOAT64, Ball(12)):
        with arithmetic.scope():
            at = Point(case.mixture, None, arithmetic, case)
            half = at.own_step_size / 2
            assert str(at.path(half, 2).loss) == str(at._path(half, 2).loss)
            assert str(at.path(half, 2).loss) != str(at.path(at.own_step_size, 2).loss)


def _afresh(at):
    return student_population(Student.exact(at.mixture), at.truth, at.arithmetic)


def test_a_claim_may_follow_the_direction_and_the_factor_that_its_case_gives():
    """A direction (d,) moves all means alike; s may be a ball; along (n, d) each has its own."""

    @inequality("shifted-energy", r"U(\mu + s u) \le 2 U + 2 n s^2 |u|^2")
    def shifted_energy(at, direction, s):
        """By |a + b|^2 <= 2 |a|^2 + 2 |b|^2."""
        moved = at.line(direction, s)
        size = at.components * s * s * (direction @ direction)
        return at_most(moved.energy, 2 * at.energy + 2 * size)

    mixture = Mixture([[1, 2], [0, -1], [3, 1]])
    case = Case(mixture, direction=["1/3", 2], s="7/10")
    assert shifted_energy.check(case).evidence == "certified"
    for arithmetic in (FLOAT64, Ball(18)):
        point = Point(mixture, None, arithmetic)
        common = arithmetic.array([Fraction(1, 3), Fraction(2)])
        own = arithmetic.array([[Fraction(1, 3), Fraction(2)]] * 3)
        for distance in ("7/10", Fraction(7, 10), point.number("7/10")):
            means = point.line(common, distance).means
            assert np.shape(means) == (3, 2)
            assert np.abs(np.asarray(means - point.line(own, distance).means, float)).max() < 1e-15
            assert float(means[0, 0]) == pytest.approx(1 + 0.7 / 3)


@pytest.mark.parametrize("shape", [(3,), (1, 2), (3, 1), (2, 3), ()])
def test_a_direction_of_another_shape_is_refused(shape):
    """Also one that NumPy would spread over the means."""
    point = Point(Mixture([[1, 2], [0, -1], [3, 1]]))
    with pytest.raises(InvalidValue, match=r"direction has shape .*\(2,\).*\(3, 2\)"):
        point.line(np.ones(shape), 1)
