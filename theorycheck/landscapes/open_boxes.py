"""What is left open of a landscape: boxes united, and exact fits that explain them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import numpy as np

from theorycheck.inputs.numbers import Matrix, Vector
from theorycheck.landscapes.exclusion import Boxes
from theorycheck.landscapes.problem import Problem

_MOST_UNITED = 1000

Range = tuple[tuple[float, ...], tuple[float, ...]]
"""A box: lower and upper bounds of all coordinates of n means, mean by mean."""


def exact_fits(problem: Problem, left: Boxes) -> str:
    """A sentence on the open boxes in which the student is the truth itself, or ""."""
    fits = [[float(entry) for mean in fit for entry in mean] for fit in _fits(problem)]
    held = [fit for fit in fits if ((left.lower <= fit) & (fit <= left.upper)).all(axis=1).any()]
    if not held:
        return ""
    d = problem.dimension
    shown_fits = ", ".join(
        f"({', '.join(_shown(fit[k : k + d]) for k in range(0, len(fit), d))})" for fit in held[:4]
    )
    return (
        f"At {shown_fits} the student is the truth: a minimum of loss 0 with a singular Hessian, "
        "which cannot be isolated."
    )


def _shown(mean: list[float]) -> str:
    entries = ", ".join(f"{entry:g}" for entry in mean)
    return entries if len(mean) == 1 else f"({entries})"


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


def united(boxes: Boxes) -> tuple[Range, ...]:
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
