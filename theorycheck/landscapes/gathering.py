"""From boxes that isolate stationary points to the points themselves, each once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations, product

import flint
import numpy as np

from theorycheck.arithmetic.rounding import midpoint
from theorycheck.inputs.mixture import Mixture
from theorycheck.landscapes.exclusion import Boxes, narrowed
from theorycheck.landscapes.problem import Problem
from theorycheck.landscapes.stationary import StationaryPoint, stationary_point


def gathered(problem: Problem, isolated: Boxes) -> tuple[list[StationaryPoint], Boxes]:
    """The distinct points, by increasing loss, and those boxes whose point was not certified.

    A box whose point is that of an earlier one, up to a permutation, holds no other.
    """
    points: list[StationaryPoint] = []
    is_open = np.zeros(len(isolated), dtype=bool)
    for place, (lower, upper) in enumerate(zip(*narrowed(problem, isolated), strict=True)):
        sides = isolated.lower[place].tolist(), isolated.upper[place].tolist()
        bounds = list(zip(*sides, strict=True))
        if any(_holds(bounds, other) for point in points for other in orbit(problem, point)):
            continue
        found = _certified(problem, ((lower + upper) / 2).tolist())
        if found is None or not _holds(bounds, found):
            is_open[place] = True
        elif not any(found.is_at(other) for point in points for other in orbit(problem, point)):
            points.append(_sorted(problem, found))
    points.sort(key=lambda point: midpoint(point.loss))
    return points, isolated.at(is_open)


def orbit(problem: Problem, point: StationaryPoint) -> Iterator[StationaryPoint]:
    """The point with components of equal weight permuted in all ways."""
    for images in product(*(permutations(group) for group in problem.groups)):
        yield _permuted(problem, point, images)


def labelled_count(problem: Problem, point: StationaryPoint) -> int:
    """How many different points its permutations are."""
    fixed = sum(point.is_at(other) for other in orbit(problem, point))
    return math.prod(math.factorial(len(group)) for group in problem.groups) // fixed


def _certified(problem: Problem, means: list[float]) -> StationaryPoint | None:
    return stationary_point(Mixture(means, problem.weights), problem.truth)


def _holds(bounds: list[tuple[float, float]], point: StationaryPoint) -> bool:
    """True if the point certainly lies in a box."""
    means = point.means.ravel().tolist()
    return all(
        flint.arb(low) <= mean <= flint.arb(high)
        for mean, (low, high) in zip(means, bounds, strict=True)
    )


def _sorted(problem: Problem, point: StationaryPoint) -> StationaryPoint:
    """The point with increasing means among components of equal weight."""
    means = point.mixture.means
    ranked = [sorted(group, key=lambda i: means[i]) for group in problem.groups]
    return _permuted(problem, point, ranked)


def _permuted(
    problem: Problem, point: StationaryPoint, images: Iterable[Sequence[int]]
) -> StationaryPoint:
    """The point with the components of each weight in another order."""
    order = list(range(len(problem.weights)))
    for group, others in zip(problem.groups, images, strict=True):
        for place, image in zip(group, others, strict=True):
            order[place] = image
    return point.permuted(order)
