"""Reduction of the integrals to the affine span of the means.

The responsibilities depend on x only through its coordinates y in the plane (or line) spanned by
the differences of the means, so x = m + Q y + z with z ~ N(0, I) orthogonal to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import mpmath
import numpy as np
from numpy.typing import NDArray

from theorycheck.errors import UnsupportedRank

Scalar: TypeAlias = Any  # an mpf, or a Fraction where the input is exact
Row: TypeAlias = Sequence[Scalar]
Objects: TypeAlias = NDArray[Any]  # of mpf, or of int in fixed point

MAX_RANK = 2


@dataclass(frozen=True, eq=False)
class Problem:
    """Means relative to the first truth mean, and an orthogonal basis of all their differences.

    origin is that first truth mean, offset what the student means share orthogonally to the basis.
    The numbers are Fractions, so the rank is exact, or the mpf iterates of a trajectory.
    """

    means: Sequence[Row]
    origin: Row
    student: list[Row]
    truth: list[Row]
    weights: Row
    truth_weights: Row
    basis: list[Row]
    offset: Row

    @property
    def rank(self) -> int:
        """The number of dimensions to integrate over."""
        return len(self.basis)

    def coordinates(self, vectors: list[Row]) -> Objects:
        """Orthonormal coordinates (2, k) in the basis, zero on the axes it does not need."""
        result = np.full((MAX_RANK, len(vectors)), mpmath.mpf(0), dtype=object)
        for axis, direction in enumerate(self.basis):
            length = mpmath.sqrt(mpf(dot(direction, direction)))
            result[axis] = [mpf(dot(vector, direction)) / length for vector in vectors]
        return result

    def lifted(self, in_span: Objects, along_offset: Objects) -> Objects:
        """The d-dimensional rows with these coordinates (n, 2) and multiples of the offset."""
        rows: Objects = along_offset[:, None] * mpf_array([self.offset])
        for axis, direction in enumerate(self.basis):
            length = mpmath.sqrt(mpf(dot(direction, direction)))
            rows = rows + in_span[:, axis, None] / length * mpf_array([direction])
        return rows


def reduce(
    means: Sequence[Row],
    weights: Row,
    truth_means: Sequence[Row],
    truth_weights: Row,
    rounding: Scalar = 0,
) -> Problem:
    """The problem in the coordinates of the affine span; vectors up to `rounding` count as 0."""
    student = [_minus(mean, truth_means[0]) for mean in means]
    truth = [_minus(mean, truth_means[0]) for mean in truth_means]
    differences = [_minus(vector, student[0]) for vector in student[1:]] + truth[1:]
    basis = _orthogonal_basis(differences, rounding)
    offset = student[0]
    for direction in basis:
        offset = _orthogonal_part(offset, direction)
    origin = truth_means[0]
    return Problem(means, origin, student, truth, weights, truth_weights, basis, offset)


def _orthogonal_basis(vectors: list[Row], rounding: Scalar) -> list[Row]:
    """Gram-Schmidt without normalising, longest vector first; vectors up to `rounding` are 0."""
    basis: list[Row] = []
    while vectors:
        longest = max(vectors, key=lambda vector: dot(vector, vector))
        if dot(longest, longest) <= rounding**2:
            break
        if len(basis) == MAX_RANK:
            raise UnsupportedRank(
                f"the means span affinely more than {MAX_RANK} dimensions; "
                f"the oracle integrates over at most {MAX_RANK}"
            )
        basis.append(longest)
        vectors = [_orthogonal_part(vector, longest) for vector in vectors if vector is not longest]
    return basis


def dot(u: Row, v: Row) -> Scalar:
    """The inner product of two rows."""
    return sum(a * b for a, b in zip(u, v, strict=True))


def _minus(u: Row, v: Row) -> Row:
    return [a - b for a, b in zip(u, v, strict=True)]


def _orthogonal_part(vector: Row, direction: Row) -> Row:
    ratio = dot(vector, direction) / dot(direction, direction)
    return [a - ratio * b for a, b in zip(vector, direction, strict=True)]


def mpf(value: Scalar) -> Scalar:
    """The number in the working precision."""
    if isinstance(value, Fraction):
        return mpmath.mpf(value.numerator) / value.denominator
    return mpmath.mpf(value)


def mpf_array(rows: Sequence[Row]) -> Objects:
    """Rows of numbers in the working precision."""
    return np.array([[mpf(entry) for entry in row] for row in rows], dtype=object)


def logs(weights: Row) -> Objects:
    """The logarithms of the weights, in the working precision."""
    return np.array([mpmath.log(mpf(weight)) for weight in weights], dtype=object)
