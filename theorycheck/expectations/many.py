"""The populations of many students at once, in float64."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.threads import one_thread
from theorycheck.errors import InvalidType
from theorycheck.expectations.float64.lines import in_batches, line_moments
from theorycheck.expectations.float64.regimes import float_moments
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import Population, check_student, population
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, shown


def population_many(
    mixtures: Sequence[Mixture], *, truth: Mixture | None = None
) -> list[Population]:
    """The populations of many students, in float64: `population`, several times faster on lines.

    Students in one dimension under the truth N(0, 1) are summed together, by number of components;
    the others one by one, as there is nothing to be gained where sums take longer than calls.

    Args:
        mixtures: the students, of any sizes.
        truth: None for N(0, I_d), or a mixture of the same dimension.

    Returns:
        The population of every student, in the same order, each as accurate as that of
        `population`.

    Raises:
        InvalidValue: the dimensions differ, or a number is beyond the range of float64.
        InvalidType: an argument is of the wrong type.
        TooExpensive: a grid cannot be formed.

    Example:
        >>> [round(at.loss, 6) for at in population_many([Mixture([2, -1]), Mixture([1, -1])])]
        [0.421877, 0.125433]

    Source:
        theory.md, section 0.
    """
    if not isinstance(mixtures, Iterable):
        raise InvalidType(f"mixtures is {shown(mixtures)}; give a list of Mixtures")
    students = list(mixtures)
    for student in students:
        check_student(student, truth)
    on_lines = {
        k: student.components
        for k, student in enumerate(students)
        if truth is None and student.dimension == 1 and len(set(student.means)) > 1
    }
    found = in_batches(on_lines, lambda some: _on_lines([students[k] for k in some]))
    for k, student in enumerate(students):
        if k not in on_lines:
            found[k] = population(student, truth=truth)
    return [found[k] for k in range(len(students))]


def _on_lines(students: list[Mixture]) -> list[Population]:
    """The populations of students with n means in one dimension, not all equal."""
    doubles = [student.doubles for student in students]
    means, weights = (np.array(entries) for entries in zip(*doubles, strict=True))
    c = means[:, :, 0]

    def centres(some: NDArray[np.intp]) -> Floats:
        return np.array([students[b].centre[0] for b in some.tolist()])

    def alone(b: int) -> Moments:
        return float_moments(means[b], weights[b], lambda: students[b].centre)

    with one_thread(math.inf):
        together = line_moments(c, weights, centres, alone)
    rows = zip(*together, means, weights, strict=True)
    return [
        Population(float(loss), masses, overlap, gradient, float(fisher), *rest)
        for loss, masses, overlap, gradient, fisher, *rest in rows
    ]
