"""From boxes that isolate stationary points to the points themselves, each once."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from itertools import permutations, product

import flint
import numpy as np

from theorycheck.arithmetic.rounding import midpoint
from theorycheck.inputs.mixture import Mixture
from theorycheck.landscapes.exclusion import Boxes, narrowed
from theorycheck.landscapes.problem import Problem
from theorycheck.landscapes.stationary import StationaryPoint, stationary_point

_NEAR = 0.02
"""Boxes that isolate points are no wider by far; so near to each other they hold the same one."""


def gathered(
    problem: Problem, isolated: Boxes, executor: Executor | None
) -> tuple[list[StationaryPoint], Boxes]:
    """The distinct points, by increasing loss, and those boxes whose point was not certified.

    A box whose point is that of an earlier one, up to a permutation, holds no other. So of boxes
    next to each other the first is certified, in worker processes if there are any, and the others
    only where its point is not theirs.
    """
    first = _first_of_each_cluster(isolated)
    tasks = [isolated.at(slice(place, place + 1)) for place in first]
    if executor is None:
        here = [certified_in(problem, box) for box in tasks]
        # As they come from a worker, where radii of balls are rounded once more.
        certified = pickle.loads(pickle.dumps(here))
    else:
        waiting = [executor.submit(certified_in, problem, box) for box in tasks]
        certified = [future.result() for future in waiting]
    known = dict(zip(first, certified, strict=True))
    points: list[StationaryPoint] = []
    is_open = np.zeros(len(isolated), dtype=bool)
    for place in range(len(isolated)):
        box = isolated.at(slice(place, place + 1))
        if any(_holds(box, other) for point in points for other in orbit(problem, point)):
            continue
        found = known[place] if place in known else certified_in(problem, box)
        if found is None or not _holds(box, found):
            is_open[place] = True
        elif not any(found.is_at(other) for point in points for other in orbit(problem, point)):
            points.append(_sorted(problem, found))
    points.sort(key=lambda point: midpoint(point.loss))
    return points, isolated.at(is_open)


def _first_of_each_cluster(boxes: Boxes) -> list[int]:
    """The places of boxes none of whose predecessors among these is near."""
    centres = (boxes.lower + boxes.upper) / 2
    chosen: list[int] = []
    for place, centre in enumerate(centres):
        if not (abs(centres[chosen] - centre).max(axis=1, initial=0.0) < _NEAR).any():
            chosen.append(place)
    return chosen


def certified_in(problem: Problem, box: Boxes) -> StationaryPoint | None:
    """The point that one box (1, nd) isolates, or None where it is not certified."""
    ((lower,), (upper,)) = narrowed(problem, box)
    middle = ((lower + upper) / 2).reshape(-1, problem.dimension)
    return stationary_point(Mixture(middle.tolist(), problem.weights), problem.truth)


def orbit(problem: Problem, point: StationaryPoint) -> Iterator[StationaryPoint]:
    """The point with components of equal weight permuted in all ways."""
    for images in product(*(permutations(group) for group in problem.groups)):
        yield _permuted(problem, point, images)


def labelled_count(problem: Problem, point: StationaryPoint) -> int:
    """How many different points its permutations are."""
    fixed = sum(point.is_at(other) for other in orbit(problem, point))
    return math.prod(math.factorial(len(group)) for group in problem.groups) // fixed


def _holds(box: Boxes, point: StationaryPoint) -> bool:
    """True if the point certainly lies in a box (1, nd)."""
    means = point.means.ravel().tolist()
    return all(
        flint.arb(low) <= mean <= flint.arb(high)
        for mean, low, high in zip(means, box.lower[0], box.upper[0], strict=True)
    )


def _sorted(problem: Problem, point: StationaryPoint) -> StationaryPoint:
    """The point with means in increasing order among components of equal weight."""
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
