"""What a landscape is asked for, checked before any work."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, exact, plain, shown, whole_number
from theorycheck.landscapes.exclusion import Boxes
from theorycheck.landscapes.line import Line
from theorycheck.landscapes.problem import Problem
from theorycheck.landscapes.reach import above, below, reach

MAX_DIMENSION = 2
MAX_COMPONENTS = 6
MAX_TRUTH = 8
NEIGHBOURHOOD = 0.125
"""Around one Gaussian: there theory alone says that its mean is the only stationary point."""
_EVERYWHERE = (-math.inf, math.inf)

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Question:
    """What a landscape is asked for, and what is searched for it.

    truth: as given. line: of the plane, where the truth lies on it: the problem is on it then.
    start: the boxes in which stationary points can be. box: of all coordinates of all means, as
    asked for; None where none is given. within: the same for coordinates of the problem, infinite
    where none is given. holds_all: True if outside of the box there is none.
    """

    truth: Mixture
    line: Line | None
    problem: Problem
    start: Boxes
    box: Bounds | None
    within: Bounds
    holds_all: bool

    @property
    def reach(self) -> Bounds:
        """Between which all coordinates of the means searched lie."""
        low, high = self.problem.low, self.problem.high
        if self.line is not None:
            low, high = self.line.lifted_range(low, high)
        return min(low), max(high)

    @classmethod
    def of(
        cls,
        truth: Mixture,
        components: int | None = None,
        weights: object = None,
        low: Number | None = None,
        high: Number | None = None,
    ) -> Question:
        """The question, or the error that names what is wrong with it.

        Arguments as for `landscape.landscape`.
        """
        student = _student(truth, components, weights)
        asked = _box(low, high)
        line = Line.through(truth.means) if truth.dimension > 1 else None
        searched = truth if line is None else line.coordinates(truth)
        possible = reach(searched, student.weights)
        within = _EVERYWHERE if asked is None else _within(asked, line)
        start = Boxes(np.maximum(possible.lower, within[0]), np.minimum(possible.upper, within[1]))
        d = searched.dimension
        problem = Problem(
            searched,
            student.weights,
            tuple(start.lower.reshape(-1, d).min(axis=0).tolist()),
            tuple(start.upper.reshape(-1, d).max(axis=0).tolist()),
            _left_to_theory(searched, student),
        )
        if all(a <= b for a, b in zip(problem.low, problem.high, strict=True)):
            assert problem.fine.nodes.size  # raises where the truth is too far apart
        box = None if asked is None else (below(asked[0]), above(asked[1]))
        holds_all = (start.lower == possible.lower).all() and (start.upper == possible.upper).all()
        return cls(truth, line, problem, start, box, within, bool(holds_all))


def _within(asked: tuple[Fraction, Fraction], line: Line | None) -> Bounds:
    """Bounds of the coordinates of the problem, no narrower than what is asked for.

    The first is above the last where the line misses the box.
    """
    sides = asked if line is None else line.within(*asked)
    return (math.inf, -math.inf) if sides is None else (below(sides[0]), above(sides[1]))


def _student(truth: Mixture, components: int | None, weights: object) -> Mixture:
    """The student with all means 0; only its weights count."""
    if not isinstance(truth, Mixture):
        raise InvalidType(f"truth is {shown(truth)}; give a Mixture")
    if truth.dimension > MAX_DIMENSION:
        raise InvalidValue(
            f"truth has dimension {truth.dimension}; landscapes are found in dimension 1 and 2"
        )
    whole_number(truth.components, "the number of components of truth", most=MAX_TRUTH)
    if components is None and weights is None:
        raise InvalidValue("components is None; give the number of the student's components")
    if components is None:
        components = len(weights) if hasattr(weights, "__len__") else 1
    whole_number(components, "components", least=1, most=MAX_COMPONENTS)
    return Mixture([0] * components, weights)


def _box(low: Number | None, high: Number | None) -> tuple[Fraction, Fraction] | None:
    """The box asked for, None where none is given."""
    if low is None and high is None:
        return None
    if low is None or high is None:
        name = "low" if low is None else "high"
        raise InvalidValue(f"{name} is None; give both low and high, or neither")
    least, most = exact(low, "low"), exact(high, "high")
    if least >= most:
        raise InvalidValue(
            f"low is {plain(least)}; it must be less than high, which is {plain(most)}"
        )
    return least, most


def _left_to_theory(truth: Mixture, student: Mixture) -> Bounds | None:
    """Where one Gaussian is the truth and more than one the student: around its mean."""
    if len(set(truth.means)) > 1 or student.components == 1:
        return None
    ((centre,), *_) = truth.means
    return float(centre) - NEIGHBOURHOOD, float(centre) + NEIGHBOURHOOD
