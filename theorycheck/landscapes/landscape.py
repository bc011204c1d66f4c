"""The landscape of a truth: all stationary points of a student's loss, with proof."""

from __future__ import annotations

import math
import time
from concurrent.futures import Executor
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any

import flint

from theorycheck.arithmetic.arithmetics import as_fmpq, ball
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, Vector, shown
from theorycheck.landscapes.branching import Exploration, explored, joined, split
from theorycheck.landscapes.exclusion import Boxes, ordered
from theorycheck.landscapes.gathering import gathered, labelled_count
from theorycheck.landscapes.open_boxes import Range, exact_fits, united
from theorycheck.landscapes.problem import Problem
from theorycheck.landscapes.question import NEIGHBOURHOOD, Question
from theorycheck.landscapes.stationary import DIGITS, StationaryPoint
from theorycheck.notebook import landscape_html
from theorycheck.pictures import plot_landscape

TASKS = 16
"""Parts of the box, the same for any number of workers."""
SMALLEST = 1e-7
"""Boxes narrower than it stay open: a regular point would have been isolated long before."""
LINE_NOTE = (
    "The truth lies on a line, and so do the means of every stationary point: only there was "
    "searched."
)


@dataclass(frozen=True)
class Landscape:
    """All stationary points of the population loss in a box of means.

    Attributes:
        truth: of m components, on a line or in the plane.
        weights: of the student's n components.
        low, high: every coordinate of every mean was searched between them.
        points: by increasing loss, up to permutations of components of equal weight.
        complete: every stationary point of the box is one of the points.
        everywhere: and there is none outside the box.
        unresolved: boxes left open, as lower and upper bounds of all coordinates, mean by mean;
            neighbours united.
        boxes: how many were examined.
        index_sum: the sum of (-1)^index over all points with all their permutations, which is 1 if
            they are all that there are. None where the landscape is not complete everywhere, or
            the index of a point is not known.
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

    def plot(self, axes: Any = None) -> Any:
        """Draw the means of every stationary point, on a line at the height of its loss.

        axes: of Matplotlib; those of a new figure by default. Returns them.
        """
        return plot_landscape(self, axes)

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
        truth: a mixture in one or two dimensions, of at most `question.MAX_TRUTH` components.
        components: n, of the student, at most `question.MAX_COMPONENTS`; may be left out where
            weights are given.
        weights: (n,), positive relative weights of the student; equal when omitted.
        low: a lower bound of every coordinate of every mean; given together with high.
        high: an upper bound of them.
        time_limit: seconds; what is not decided by then is `unresolved`, as is what is left when
            a part of the box has taken `branching.MOST_BOXES`.
        executor: worker processes for search and certification; the result is the same.

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
        theory.md, group H (stationary-hull, stationary-box, index-sum), and the proofs named
        there; Lemma H (`expectations.hessian`), Lemma A (`landscapes.line`).
    """
    question = Question.of(truth, components, weights, low, high)
    return answered(question, time_limit, executor)


def answered(
    question: Question, time_limit: float | None = None, executor: Executor | None = None
) -> Landscape:
    """The landscape that a question asks for. Arguments as for `landscape`."""
    if executor is not None and not hasattr(executor, "submit"):
        raise InvalidType(f"executor is {shown(executor)}; give one of concurrent.futures")
    found = _searched(question.problem, question.start, _deadline(time_limit), executor)
    return _landscape(found, question)


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


def _searched(problem: Problem, start: Boxes, deadline: float, executor: Executor | None) -> _Found:
    """Branch and bound on a box, then the certified points of what it isolated."""
    if not (start.lower <= start.upper).all():
        return _Found(problem, [], start.at(slice(0, 0)), 0)
    parts = _explored(problem, start, deadline, executor)
    points, uncertain = gathered(
        problem, joined([part.isolated for part in parts], start), executor
    )
    left = joined([*(part.open for part in parts), uncertain], start)
    return _Found(problem, points, left, sum(part.examined for part in parts))


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


def _landscape(found: _Found, question: Question) -> Landscape:
    problem, line = found.problem, question.line
    points = [point for point in found.points if _may_lie_between(point, *question.within)]
    notes = []
    if problem.left_to_theory is not None:
        points, note = _with_the_optimum(problem, points, question.within)
        notes.append(note)
    complete = len(found.open) == 0
    everywhere = complete and question.holds_all
    index_sum = None
    if everywhere and not any(point.kind == "degenerate" for point in points):
        index_sum = sum(labelled_count(problem, p) * (-1) ** p.index for p in points)
        complete = everywhere = index_sum == 1
    if not complete and not notes:
        notes.append(exact_fits(problem, found.open))
    left = united(found.open)
    if line is not None:
        points = [line.lifted(point, problem.truth) for point in points]
        left = tuple([line.lifted_range(*box) for box in left])
        notes.append(LINE_NOTE)
    low, high = question.box or question.reach
    return Landscape(
        truth=question.truth,
        weights=problem.weights,
        low=low,
        high=high,
        points=tuple(points),
        complete=complete,
        everywhere=everywhere,
        unresolved=left,
        boxes=found.boxes,
        index_sum=index_sum,
        note=" ".join([note for note in notes if note]),
    )


def _may_lie_between(point: StationaryPoint, low: float, high: float) -> bool:
    """False if a mean certainly lies outside of the box, as one may that a grown box isolated."""
    means = point.means.ravel().tolist()
    return not any(mean < flint.arb(low) or mean > flint.arb(high) for mean in means)


def _with_the_optimum(
    problem: Problem, points: list[StationaryPoint], within: tuple[float, float]
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
    if not within[0] <= centre[0] <= within[1]:
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
