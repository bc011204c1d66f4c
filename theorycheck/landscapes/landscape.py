"""The landscape of a truth: all stationary points of a student's loss, with proof."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from numbers import Real

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import as_fmpq, ball
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import (
    Matrix,
    Number,
    Vector,
    exact,
    nearest_double,
    plain,
    shown,
    whole_number,
)
from theorycheck.landscapes.branching import Exploration, explored, joined, split
from theorycheck.landscapes.exclusion import Boxes, ordered
from theorycheck.landscapes.gathering import gathered, labelled_count
from theorycheck.landscapes.problem import Problem
from theorycheck.landscapes.reach import ends, overshoot
from theorycheck.landscapes.stationary import DIGITS, StationaryPoint
from theorycheck.notebook import landscape_html

MAX_COMPONENTS = 6
MAX_TRUTH = 8
TASKS = 16
"""Parts of the box, the same for any number of workers."""
SMALLEST = 1e-7
"""Boxes narrower than it stay open: a regular point would have been isolated long before."""
NEIGHBOURHOOD = 0.125
"""Around one Gaussian: there theory alone says that its mean is the only stationary point."""
_MOST_UNITED = 1000

Range = tuple[tuple[float, ...], tuple[float, ...]]
"""A box: lower and upper bounds of n means."""


@dataclass(frozen=True)
class Landscape:
    """All stationary points of the population loss in a box of means.

    Attributes:
        truth: of m components, in one dimension.
        weights: of the student's n components.
        low, high: every mean was searched between them.
        points: by increasing loss, up to permutations of components of equal weight.
        complete: every stationary point of the box is one of the points.
        everywhere: and there is none outside the box.
        unresolved: boxes left open, as lower and upper bounds of the n means; neighbours united.
        boxes: how many were examined.
        index_sum: the sum of (-1)^index over all points with all their permutations, which is 1 if
            they are all that there are. None where the landscape is not complete everywhere, or a
            point is degenerate.
        note: what theory adds, in a sentence, or "".
    """

    truth: Mixture
    weights: Vector
    low: float
    high: float
    points: tuple[StationaryPoint, ...]
    complete: bool
    everywhere: bool
    unresolved: tuple[Range, ...]
    boxes: int
    index_sum: int | None
    note: str

    @property
    def minima(self) -> tuple[StationaryPoint, ...]:
        """The local minima, the best first."""
        return tuple([point for point in self.points if point.kind == "minimum"])

    def _repr_html_(self) -> str:
        return landscape_html(self)


def landscape(
    truth: Mixture,
    components: int | None = None,
    weights: object = None,
    low: Number | None = None,
    high: Number | None = None,
    *,
    time_limit: float | None = None,
    executor: Executor | None = None,
) -> Landscape:
    """Find all stationary points of the population loss of a student, each with proof.

    Boxes of means are excluded, or shown to hold exactly one stationary point, by enclosures of
    gradient and Hessian; the points are then certified in balls. By default the box is the one
    outside of which there is provably none.

    Args:
        truth: a mixture in one dimension, of at most `MAX_TRUTH` components.
        components: n, of the student, at most `MAX_COMPONENTS`; may be left out with weights.
        weights: (n,), positive relative weights of the student; equal when omitted.
        low: a lower bound of every mean; given together with high.
        high: an upper bound of every mean.
        time_limit: seconds; what is not decided by then is `unresolved`, as is what is left when
            a part of the box has taken `branching.MOST_BOXES`.
        executor: worker processes for the search; the result is the same.

    Returns:
        The landscape: points, and whether they are all.

    Raises:
        InvalidValue: a ValueError, naming the argument whose value makes no sense.
        InvalidType: a TypeError, for a truth that is no Mixture or a number of the wrong type.
        TooExpensive: the means of the truth are too far apart for the sums.

    Example:
        >>> land = landscape(Mixture([-2, 2]), components=2)
        >>> land.everywhere, [point.kind for point in land.points]
        (True, ['minimum', 'saddle'])

    Source:
        theory.md, group H (stationary-hull, index-sum), and the proofs named there.
    """
    question = Question.of(truth, components, weights, low, high)
    return question.answer(time_limit, executor)


@dataclass(frozen=True)
class Question:
    """What a landscape is asked for, checked before any work: arguments as for `landscape`.

    start: the part of the box where stationary points can be. box: as asked for, infinite where
    none is given. holds_all: True if outside of the box there is none.
    """

    problem: Problem
    start: Boxes
    box: tuple[float, float]
    holds_all: bool

    @classmethod
    def of(
        cls,
        truth: Mixture,
        components: int | None = None,
        weights: object = None,
        low: Number | None = None,
        high: Number | None = None,
    ) -> Question:
        """The question, or the error that names what is wrong with it."""
        student = _student(truth, components, weights)
        box = _box(low, high)
        reach = _reach(truth, student)
        start = Boxes(np.maximum(reach.lower, box[0]), np.minimum(reach.upper, box[1]))
        low_end, high_end = float(start.lower.min()), float(start.upper.max())
        left = _left_to_theory(truth, student)
        problem = Problem(truth, student.weights, low_end, high_end, left)
        if low_end <= high_end:
            assert problem.fine.nodes.size  # raises where the truth is too far apart
        holds_all = bool((start.lower == reach.lower).all() and (start.upper == reach.upper).all())
        return cls(problem, start, box, holds_all)

    def answer(self, time_limit: float | None, executor: Executor | None) -> Landscape:
        """The landscape."""
        if executor is not None and not hasattr(executor, "submit"):
            raise InvalidType(f"executor is {shown(executor)}; give one of concurrent.futures")
        deadline = _deadline(time_limit)
        found = _searched(self.problem, self.start, deadline, executor)
        low, high = self.box
        if not math.isfinite(low):
            low, high = self.problem.low, self.problem.high
        return _landscape(found, (low, high), self.holds_all)


def _deadline(time_limit: float | None) -> float:
    if time_limit is None:
        return math.inf
    if not isinstance(time_limit, Real):
        raise InvalidType(f"time_limit is {shown(time_limit)}; give a number of seconds")
    if not time_limit >= 0:
        raise InvalidValue(f"time_limit is {time_limit}; give a number of seconds, 0 or more")
    return time.time() + float(time_limit)


@dataclass(frozen=True)
class _Found:
    """What a search found: distinct points, and boxes that are left open."""

    problem: Problem
    points: list[StationaryPoint]
    open: Boxes
    boxes: int


def _student(truth: Mixture, components: int | None, weights: object) -> Mixture:
    """The student with all means 0; only its weights count."""
    if not isinstance(truth, Mixture):
        raise InvalidType(f"truth is {shown(truth)}; give a Mixture")
    if truth.dimension != 1:
        raise InvalidValue(
            f"truth has dimension {truth.dimension}; landscapes are found in dimension 1"
        )
    whole_number(truth.components, "the number of components of truth", most=MAX_TRUTH)
    if components is None and weights is None:
        raise InvalidValue("components is None; give the number of the student's components")
    if components is None:
        components = len(weights) if hasattr(weights, "__len__") else 1
    whole_number(components, "components", least=1, most=MAX_COMPONENTS)
    return Mixture([0] * components, weights)


def _box(low: Number | None, high: Number | None) -> tuple[float, float]:
    """The box asked for, no narrower than its exact bounds; infinite where none is given."""
    if low is None and high is None:
        return -math.inf, math.inf
    if low is None or high is None:
        name = "low" if low is None else "high"
        raise InvalidValue(f"{name} is None; give both low and high, or neither")
    least, most = exact(low, "low"), exact(high, "high")
    if least >= most:
        raise InvalidValue(
            f"low is {plain(least)}; it must be less than high, which is {plain(most)}"
        )
    return _next(least, -math.inf), _next(most, math.inf)


def _next(value: Fraction, direction: float) -> float:
    """The double nearest to a number, or its neighbour where that is on the wrong side."""
    number = nearest_double(value)
    is_outside = Fraction(number) <= value if direction < 0 else Fraction(number) >= value
    return number if is_outside else math.nextafter(number, direction)


def _reach(truth: Mixture, student: Mixture) -> Boxes:
    """The box outside of which there is no stationary point, (1, n) each (stationary-hull)."""
    first, last = ends(truth)
    beyond = {weight: Fraction(overshoot(weight)) for weight in set(student.weights)}
    lower = [_next(first - beyond[weight], -math.inf) for weight in student.weights]
    upper = [_next(last + beyond[weight], math.inf) for weight in student.weights]
    return Boxes(np.array([lower]), np.array([upper]))


def _searched(problem: Problem, start: Boxes, deadline: float, executor: Executor | None) -> _Found:
    """Branch and bound on a box, then the certified points of what it isolated."""
    if not (start.lower <= start.upper).all():
        return _Found(problem, [], start.at(slice(0, 0)), 0)
    parts = _explored(problem, start, deadline, executor)
    points, uncertain = gathered(problem, joined([part.isolated for part in parts], start))
    left = joined([*(part.open for part in parts), uncertain], start)
    return _Found(problem, points, left, sum(part.examined for part in parts))


def _left_to_theory(truth: Mixture, student: Mixture) -> tuple[float, float] | None:
    """Where one Gaussian is the truth and more than one the student: around its mean."""
    if len(set(truth.means)) > 1 or student.components == 1:
        return None
    ((centre,), *_) = truth.means
    return float(centre) - NEIGHBOURHOOD, float(centre) + NEIGHBOURHOOD


def _explored(
    problem: Problem, start: Boxes, deadline: float, executor: Executor | None
) -> list[Exploration]:
    parts = ordered(problem, start)
    while 0 < len(parts) < TASKS:
        parts = ordered(problem, split(parts))
    tasks = [(problem, parts.at(slice(k, k + 1)), SMALLEST, deadline) for k in range(len(parts))]
    if executor is None:
        return [explored(*task) for task in tasks]
    waiting = [executor.submit(explored, *task) for task in tasks]
    return [future.result() for future in waiting]


def _landscape(found: _Found, box: tuple[float, float], holds_all: bool) -> Landscape:
    problem = found.problem
    points = [point for point in found.points if _may_lie_between(point, *box)]
    note = ""
    if problem.left_to_theory is not None:
        points, note = _with_the_optimum(problem, points, box)
    complete = len(found.open) == 0
    everywhere = complete and holds_all
    index_sum = None
    if everywhere and not any(point.kind == "degenerate" for point in points):
        index_sum = sum(labelled_count(problem, p) * (-1) ** p.index for p in points)
        complete = everywhere = index_sum == 1
    if not complete and not note:
        note = _exact_fits(problem, found.open)
    return Landscape(
        truth=problem.truth,
        weights=problem.weights,
        low=box[0],
        high=box[1],
        points=tuple(points),
        complete=complete,
        everywhere=everywhere,
        unresolved=_united(found.open),
        boxes=found.boxes,
        index_sum=index_sum,
        note=note,
    )


def _may_lie_between(point: StationaryPoint, low: float, high: float) -> bool:
    """False if a mean certainly lies outside of the box, as one may that a grown box isolated."""
    means = point.means.ravel().tolist()
    return not any(mean < flint.arb(low) or mean > flint.arb(high) for mean in means)


def _with_the_optimum(
    problem: Problem, points: list[StationaryPoint], box: tuple[float, float]
) -> tuple[list[StationaryPoint], str]:
    """The points with the optimum of one Gaussian as truth, and what is left to theory.

    There the Hessian has the blocks pi_i pi_j I (hessian-at-optimum), hence the eigenvalues
    sum_i pi_i^2 and 0.
    """
    n, centre = len(problem.weights), problem.truth.means[0]
    note = (
        f"One Gaussian has no stationary point but all means at its own "
        f"(unique-stationary-point); boxes within {NEIGHBOURHOOD:g} of it are left to that theorem."
    )
    if not box[0] <= centre[0] <= box[1]:
        return points, note
    with ball(DIGITS).scope():
        curvature = flint.arb(as_fmpq(sum((w * w for w in problem.weights), Fraction(0))))
        optimum = StationaryPoint(
            means=ball(DIGITS).array([centre] * n),
            loss=flint.arb(0),
            eigenvalues=(flint.arb(0),) * (n - 1) + (curvature,),
            mixture=Mixture([centre] * n, problem.weights),
            distance=0.0,
            alone=math.inf,
        )
    return [optimum, *points], note


def _exact_fits(problem: Problem, left: Boxes) -> str:
    """A sentence on the open boxes in which the student is the truth itself, or ""."""
    means = np.array([[float(mean) for (mean,) in fit] for fit in _fits(problem)])
    held = [
        fit
        for fit in means.tolist()
        if ((left.lower <= fit) & (fit <= left.upper)).all(axis=1).any()
    ]
    if not held:
        return ""
    shown_fits = ", ".join(f"({', '.join(f'{mean:g}' for mean in fit)})" for fit in held[:4])
    return (
        f"At {shown_fits} the student is the truth: a minimum of loss 0 with a singular Hessian, "
        "which cannot be isolated."
    )


def _fits(problem: Problem) -> Iterator[Matrix]:
    """Means of students that are the truth itself, up to permutations, and of which some agree.

    Where none do, the components are identified and the Hessian, their information matrix, regular.
    """
    shares: dict[Vector, Fraction] = {}
    for mean, weight in zip(problem.truth.means, problem.truth.weights, strict=True):
        shares[mean] = shares.get(mean, Fraction(0)) + weight
    for chosen in product(shares, repeat=len(problem.weights)):
        if len(set(chosen)) == len(chosen):
            continue
        if any(chosen[i] > chosen[j] for i, j in problem.neighbours):
            continue
        totals = dict.fromkeys(shares, Fraction(0))
        for mean, weight in zip(chosen, problem.weights, strict=True):
            totals[mean] += weight
        if totals == shares:
            yield chosen


def _united(boxes: Boxes) -> tuple[Range, ...]:
    """Hulls of boxes that touch each other; of very many that do not, one hull."""
    lower, upper = boxes.at(slice(0, 0))
    for low, high in zip(*boxes, strict=True):
        touching = ((lower <= high) & (low <= upper)).all(axis=1)
        if len(lower) >= _MOST_UNITED:
            touching[:] = True
        low, high = (
            np.min([low, *lower[touching]], axis=0),
            np.max([high, *upper[touching]], axis=0),
        )
        lower = np.vstack([lower[~touching], low])
        upper = np.vstack([upper[~touching], high])
    return tuple(
        [
            (tuple(low.tolist()), tuple(high.tolist()))
            for low, high in zip(lower, upper, strict=True)
        ]
    )
