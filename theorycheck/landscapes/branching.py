"""Branch and bound: all stationary points of a box, isolated, and what cannot be decided."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from theorycheck.arithmetic.budget import charge
from theorycheck.arithmetic.threads import one_thread
from theorycheck.landscapes.exclusion import Boxes, examined, in_all
from theorycheck.landscapes.problem import Problem

_BATCH = {1: 64, 2: 8}
"""Boxes at a time, by dimension: with few, calls cost more than numbers; with many, numbers leave
the cache.
"""

MOST_BOXES = 50_000
"""Examined in one part of a landscape: the hardest that ends, five means, takes a tenth of it."""
_PAIR_WORK = 0.07
"""Microseconds for a node and a pair of coordinates."""


@dataclass(frozen=True)
class Exploration:
    """Boxes with exactly one stationary point each, boxes left open, and how many were examined."""

    isolated: Boxes
    open: Boxes
    examined: int


def explored(problem: Problem, start: Boxes, smallest: float, deadline: float) -> Exploration:
    """Examine boxes until none is open but those narrower than `smallest`.

    deadline: of `time.time()`; what has not been examined by then stays open. So does what is left
    after `MOST_BOXES`: around points that are too close to singular there would be no end.
    """
    waiting, finished, isolated, count = [start], [], [], 0
    while waiting and count < MOST_BOXES and time.time() < deadline:
        batch, rest = _taken(waiting.pop(), _BATCH[problem.dimension])
        if len(rest):
            waiting.append(rest)
        count += len(batch)
        _announce(problem, len(batch))
        with one_thread(math.inf):
            result = examined(problem, batch)
        isolated.append(result.isolated)
        left = _not_left_to_theory(problem, result.open)
        is_small = (left.upper - left.lower).max(axis=1) < smallest
        finished.append(left.at(is_small))
        halves = split(left.at(~is_small))
        if len(halves):
            waiting.append(halves)
    return Exploration(joined(isolated, start), joined(finished + waiting, start), count)


def _announce(problem: Problem, boxes: int) -> None:
    work = _PAIR_WORK * len(problem.coarse.nodes) * (len(problem.weights) * problem.dimension) ** 2
    charge(boxes * work, f"{boxes} boxes of {len(problem.weights)} means")


def _not_left_to_theory(problem: Problem, boxes: Boxes) -> Boxes:
    if problem.left_to_theory is None:
        return boxes
    low, high = problem.left_to_theory
    return boxes.at(~in_all((boxes.lower >= low) & (boxes.upper <= high)))


def split(boxes: Boxes) -> Boxes:
    """Halves of boxes, along their longest sides."""
    lower, upper = boxes
    rows, axis = np.arange(len(boxes)), (upper - lower).argmax(axis=1)
    middle = (lower + (upper - lower) / 2)[rows, axis]
    left, right = upper.copy(), lower.copy()
    left[rows, axis] = right[rows, axis] = middle
    return Boxes(np.concatenate([lower, right]), np.concatenate([left, upper]))


def _taken(boxes: Boxes, count: int) -> tuple[Boxes, Boxes]:
    """The last so many boxes, and all others."""
    cut = max(len(boxes) - count, 0)
    return boxes.at(slice(cut, None)), boxes.at(slice(0, cut))


def joined(parts: list[Boxes], like: Boxes) -> Boxes:
    """All boxes of some batches."""
    empty = like.at(slice(0, 0))
    return Boxes(*(np.concatenate(sides) for sides in zip(empty, *parts, strict=True)))
