"""Branch and bound: all stationary points of a box, isolated, and what cannot be decided."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from theorycheck.inputs.numbers import Floats
from theorycheck.landscapes.exclusion import Boxes, examined
from theorycheck.landscapes.problem import Problem

_BATCH = 64
_SHRUNK = 0.6
"""A box all of whose sides became shorter than this share is looked at again before it is split."""


@dataclass(frozen=True)
class Exploration:
    """Boxes with exactly one stationary point each, boxes left open, and how many were examined."""

    isolated: Boxes
    open: Boxes
    examined: int


def explored(
    problem: Problem, start: Boxes, *, smallest: float, most: int, seconds: float | None = None
) -> Exploration:
    """Examine boxes until none is open but those narrower than `smallest`.

    most: boxes examined at most. seconds: time at most.
    """
    waiting, finished, isolated, count = [start], [], [], 0
    begin = time.monotonic()
    while waiting and count < most:
        if seconds is not None and time.monotonic() - begin > seconds:
            break
        batch, rest = _taken(waiting.pop(), _BATCH)
        if len(rest):
            waiting.append(rest)
        count += len(batch)
        result = examined(problem, batch)
        isolated.append(result.isolated)
        widths = (result.open.upper - result.open.lower).max(axis=1)
        finished.append(result.open.where(widths < smallest))
        halves = split(result.open.where(widths >= smallest))
        if len(halves):
            waiting.append(halves)
    return Exploration(
        _joined(isolated, start), _joined(finished + waiting, start), count
    )


def split(boxes: Boxes) -> Boxes:
    """Halves of boxes, along their longest sides."""
    lower, upper = boxes
    rows, axis = np.arange(len(boxes)), (upper - lower).argmax(axis=1)
    middle = (lower + (upper - lower) / 2)[rows, axis]
    left, right = upper.copy(), lower.copy()
    left[rows, axis] = right[rows, axis] = middle
    return Boxes(np.concatenate([lower, right]), np.concatenate([left, upper]))


def _taken(boxes: Boxes, count: int) -> tuple[Boxes, Boxes]:
    cut = max(len(boxes) - count, 0)
    return boxes.where(slice(cut, None)), boxes.where(slice(0, cut))


def _joined(parts: list[Boxes], like: Boxes) -> Boxes:
    empty = like.where(slice(0, 0))
    return Boxes(*(np.concatenate(sides) for sides in zip(empty, *parts, strict=True)))
