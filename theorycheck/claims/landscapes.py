"""Group H of theory.md: stationary points of mixture truths on a line."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache, partial

from theorycheck.arithmetic.arithmetics import Scalar
from theorycheck.arithmetic.budget import work_limit
from theorycheck.arithmetic.functions import smallest
from theorycheck.claims.sources import JIN, SOFTWARE
from theorycheck.errors import TooCoarse
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Vector
from theorycheck.landscapes.landscape import Landscape, landscape
from theorycheck.landscapes.reach import ends, overshoot
from theorycheck.landscapes.stationary import StationaryPoint, stationary_point
from theorycheck.statements import claim as declare
from theorycheck.statements.comparison import Comparison, at_most, equal
from theorycheck.statements.domain import Domain
from theorycheck.statements.point import Point

existence = partial(declare.existence, group="H")
identity = partial(declare.identity, group="H")
inequality = partial(declare.inequality, group="H")

_ON_A_LINE = "d = 1"


def _is_on_a_line(case: Case) -> bool:
    return case.mixture.dimension == 1


_EFFORT = 60.0
"""Estimated seconds that a landscape may take."""


@lru_cache(maxsize=16)
def known_landscape(truth: Mixture, weights: Vector) -> Landscape:
    """All stationary points of a student with these weights; found once in a process.

    The work is counted apart from that of the case that asks first, so that none depends on it.
    """
    with work_limit(_EFFORT):
        return landscape(truth, weights=weights)


@inequality(
    "stationary-hull",
    r"\mu_i \ge \max_j \mu^*_j + t_0(\pi_i) \implies \nabla_i L > 0 \quad (d = 1)",
    source="own: a stationary mean is no farther than $t_0$ outside of the hull of the truth",
    domain=Domain(
        components=(1, 5), dimension=(1, 1), truth="any", where=_is_on_a_line, also=_ON_A_LINE
    ),
    strict=True,
    cost=30,
)
def stationary_hull(at: Point) -> list[Comparison]:
    """Every mean in turn is moved to the border of the reach, right and left; the others stay.

    With o the last mean of the truth on that side, E psi_i (x - o) is less than (mu_i - o) E psi_i.
    t_0(p) is the root of phi(t) - t Phibar(t) = p h(t): beyond it the part of E psi_i (x - mu_i)
    where x > mu_i is outweighed by the rest, for any psi_i that the other means can make.
    """
    return _outward(at, Fraction(1))


def _outward(at: Point, share: Fraction) -> list[Comparison]:
    first, last = ends(at.truth or Mixture([0]))
    found = []
    for i, weight in enumerate(at.mixture.weights):
        beyond = share * Fraction(overshoot(weight))
        for side, end in ((1, last), (-1, first)):
            means = [mean for (mean,) in at.mixture.means]
            means[i] = end + side * beyond
            point = at.other(Mixture(means, at.mixture.weights))
            p, place = point.responsibilities[i], point.positions[i, 0]
            found.append(at_most(side * (place - at.number(end) * p), at.number(beyond) * p))
    return found


@stationary_hull.control(
    "$0.7 t_0$ in place of $t_0$",
    examples=(Case(Mixture(["-.84646", ".62746", "-.88408"])),),
)
def _shorter_reach(at: Point) -> list[Comparison]:
    return _outward(at, Fraction(7, 10))


_PAIR = Case(Mixture([-1, 1]), truth=Mixture([-2, 2]))


@identity(
    "index-sum",
    r"\sum_{\nabla L(\mu) = 0} (-1)^{\text{index}(\mu)} = 1",
    source="own, by the theorem of Poincare and Hopf",
    domain=Domain(
        components=(1, 2),
        dimension=(1, 1),
        radius=3.0,
        truth="mixture",
        where=lambda case: case.mixture.components <= 2 and _is_on_a_line(case),
        also="d = 1, n <= 2; truth and weights are moved away from singular points (see below)",
    ),
    examples=(
        _PAIR,
        Case(Mixture([0, 1], [1, 9]), truth=Mixture([0, 1, 2, 3, 4], [1, 2, 3, 2, 1])),
    ),
    only_balls=True,
    cost=400,
)
def index_sum(at: Point) -> Comparison:
    """The index is the number of negative eigenvalues of the Hessian; permutations count.

    Outside of a box the gradient points outward (stationary-hull), so its zeros have the index sum
    of mu - c. All of them are found by exclusion, hence a list with a point left out would be seen.
    No point may be singular, as some are for means that nearly agree. So the truth has two to five
    means, the first at 0 and the next at 2 j plus the fraction of the case's j-th mean, and half of
    each weight comes from equal weights, as for the student.
    """
    return equal(at.number(Fraction(_landscape_of(at).index_sum or 0)), at.number(Fraction(1)))


def _landscape_of(at: Point) -> Landscape:
    """The landscape of the case's truth and weights, moved apart."""
    truth = at.truth or Mixture([0])
    centres = [mean for (mean, *_) in truth.means[:_MOST_CENTRES]]
    means = [2 * j + centre % 1 for j, centre in enumerate(centres)]
    shares = _evened(truth.weights[:_MOST_CENTRES])
    if len(means) == 1:
        means, shares = [*means, Fraction(2)], shares * 2
    student = Mixture([0] * at.components, _evened(at.mixture.weights))
    found = known_landscape(Mixture([0, *means[1:]], shares), student.weights)
    if found.unresolved:
        raise TooCoarse("a stationary point is too close to singular to be isolated")
    return found


_MOST_CENTRES = 5


def _evened(weights: Vector) -> list[Fraction]:
    total = sum(weights, Fraction(0))
    return [weight / total + Fraction(1, len(weights)) for weight in weights]


@index_sum.control("every point counted once, whatever its permutations", examples=(_PAIR,))
def _unlabelled(at: Point) -> Comparison:
    total = sum((-1) ** point.index for point in _landscape_of(at).points)
    return equal(at.number(Fraction(total)), at.number(Fraction(1)))


_THREE = Mixture([-2, 2, 10])
_SPREAD = Mixture([-4, 0, 4])
_OF_THREE = Domain(components=(3, 3), dimension=(1, 1), truth="mixture", radius=3.0)
_LISTED = Case(Mixture([-2, 2, 10]), truth=_THREE)
_TIDY = Case(Mixture([-4, 0, 4]), truth=_SPREAD)


def _least_eigenvalue(at: Point, points: tuple[StationaryPoint, ...]) -> Scalar:
    """How far the points are from singular: the margin of a complete list."""
    return smallest([abs(value) for point in points for value in point.eigenvalues])


def _matches(at: Point, truth: Mixture, points: int, minima: int) -> Scalar:
    """The margin of "the truth has so many points, so many of them minima, and no other anywhere".

    Of another truth than the one that is meant, a case is no witness.
    """
    if at.truth != truth or not at.mixture.has_equal_weights:
        return at.number(Fraction(-1))
    found = known_landscape(truth, at.mixture.weights)
    counts = (len(found.points), len(found.minima))
    if not found.everywhere or counts != (points, minima):
        return at.number(Fraction(-1))
    return _least_eigenvalue(at, found.points)


@existence(
    "stationary-list",
    r"\text{the truth } (-2, 2, 10) \text{ has exactly six stationary points with } n = 3",
    source="own; by exclusion over boxes, each point certified",
    references=(SOFTWARE,),
    domain=_OF_THREE,
    examples=(_LISTED,),
    only_balls=True,
    certificate="gradient and Hessian enclosed over boxes; outside of them stationary-hull",
    cost=3000,
)
def stationary_list(at: Point) -> Scalar:
    """Truth (-2, 2, 10), equal weights: six points up to permutation, two of them minima.

    The margin is the least modulus of an eigenvalue of a Hessian; -1 where the list differs.
    """
    return _matches(at, _THREE, 6, 2)


@stationary_list.control("five points, the saddle $(-0.12, 7.33, 10.23)$ left out")
def _one_left_out(at: Point) -> Scalar:
    return _matches(at, _THREE, 5, 2)


@existence(
    "no-spurious-minimum",
    r"\text{the truth } (-4, 0, 4) \text{ has no other minimum with } n = 3",
    source="own; by exclusion over boxes",
    references=(SOFTWARE,),
    domain=_OF_THREE,
    examples=(_TIDY,),
    only_balls=True,
    certificate="gradient and Hessian enclosed over boxes; outside of them stationary-hull",
    cost=3000,
)
def no_spurious_minimum(at: Point) -> Scalar:
    """Truth (-4, 0, 4), equal weights: four points up to permutation, one minimum."""
    return _matches(at, _SPREAD, 4, 1)


@no_spurious_minimum.control("the same for the truth $(-2, 2, 10)$", examples=(_LISTED,))
def _of_the_distant(at: Point) -> Scalar:
    return _matches(at, _THREE, 4, 1)


_OF_FOUR = Domain(
    components=(4, 4), dimension=(1, 1), truth="mixture", where=_is_on_a_line, also=_ON_A_LINE
)
_STUCK = Case(Mixture(["-.0076539", "9.6085957", "10.1720444", "10.1720444"]), truth=_THREE)


@existence(
    "spurious-minimum-overparameterised",
    r"\text{some truth of three components has, for four, a minimum worse than the best of two}",
    source=f"{JIN}; for n = 4 own",
    references=(JIN, SOFTWARE),
    domain=_OF_FOUR,
    examples=(_STUCK,),
    only_balls=True,
    certificate="a positive definite Hessian; the best of two by a complete landscape",
    cost=1000,
)
def spurious_minimum_overparameterised(at: Point) -> Scalar:
    """One component more than the truth has does not always remove its bad minimum.

    Truth (-2, 2, 10), n = 4: L = 1.2926 at a strict minimum, and no student of two components with
    equal weights is worse at its best than 0.9667. The margin is the smaller of the least
    eigenvalue and the difference of the losses.
    """
    return _worse_than_two(at)


def _worse_than_two(at: Point) -> Scalar:
    truth = at.truth or Mixture([0])
    found = stationary_point(at.mixture, truth)
    if found is None or found.kind != "minimum":
        return at.number(Fraction(-1))
    two = known_landscape(truth, Mixture([0, 0]).weights)
    if not two.everywhere:
        return at.number(Fraction(-1))
    return smallest([found.eigenvalues[0], found.loss - two.points[0].loss])


@spurious_minimum_overparameterised.control(
    "the same at the best minimum, $(-2.11, 1.35, 2.36, 10)$",
    examples=(Case(Mixture(["-2.1068463", "1.3477233", "2.3631189", "10.0003054"]), truth=_THREE),),
    domain=_OF_FOUR,
)
def _at_the_best(at: Point) -> Scalar:
    return _worse_than_two(at)
