"""Reduction of the integrals to the principal axes of the means.

The responsibilities depend on x only through its coordinates y in the affine span of the means, so
x = m + y Q + z with z ~ N(0, I) orthogonal to the rows of Q. These are the right singular vectors
of the centred means; how many of them are needed, the rank, is decided exactly, by elimination.
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

MAX_RANK = 3
_SPARE_BITS = 40  # how far a singular value that counts must be above the rounding errors


@dataclass(frozen=True, eq=False)
class Problem:
    """Means of student and truth relative to the centre of the truth, and their affine rank.

    spread are the same means relative to the centres of their own mixtures. The numbers are
    Fractions, whose rank is exact, or the mpf iterates of a trajectory.
    """

    means: Sequence[Row]
    origin: Row
    student: list[Row]
    truth: list[Row]
    weights: Row
    truth_weights: Row
    spread: list[Row]
    rank: int

    def frame(self) -> Frame:
        """The coordinates along the principal axes, in the working precision."""
        precision = mpmath.mp.prec
        extra = _SPARE_BITS
        while True:
            with mpmath.workprec(precision + extra):
                sizes, axes = _principal_axes(self.spread)
                axes = axes[: self.rank]
                smallest = sizes[self.rank - 1] if self.rank else 1
                if smallest > sizes[0] * mpmath.ldexp(1, _SPARE_BITS // 2 - extra):
                    return self._along(axes)
            extra *= 2

    def _along(self, axes: Objects) -> Frame:
        student, truth = mpf_array(self.student), mpf_array(self.truth)
        shared = student.mean(axis=0)
        return Frame(axes, axes @ student.T, axes @ truth.T, shared - (axes @ shared) @ axes)


@dataclass(frozen=True, eq=False)
class Frame:
    """Orthonormal axes (r, d), the coordinates of the means along them, (r, n) and (r, m), and the
    offset (d,) between the two affine spans, orthogonal to the axes."""

    axes: Objects
    student: Objects
    truth: Objects
    offset: Objects

    def lifted(self, along_axes: Objects, along_offset: Objects) -> Objects:
        """The d-dimensional rows with these coordinates (n, r) and multiples (n,) of the offset."""
        rows: Objects = along_axes @ self.axes + along_offset[:, None] * self.offset
        return rows


def reduce(
    means: Sequence[Row],
    weights: Row,
    truth_means: Sequence[Row],
    truth_weights: Row,
    rounding: Scalar = 0,
) -> Problem:
    """The problem relative to the centre of the truth; directions up to `rounding` count as 0."""
    centre, origin = _centre(means), _centre(truth_means)
    spread = [_minus(mean, centre) for mean in means]
    spread += [_minus(mean, origin) for mean in truth_means]
    rank = _numerical_rank(spread, rounding) if rounding else _exact_rank(spread)
    if rank > MAX_RANK:
        raise UnsupportedRank(
            f"the means span affinely more than {MAX_RANK} dimensions; "
            f"the oracle integrates over at most {MAX_RANK}"
        )
    student = [_minus(mean, origin) for mean in means]
    truth = [_minus(mean, origin) for mean in truth_means]
    return Problem(means, origin, student, truth, weights, truth_weights, spread, rank)


def _principal_axes(rows: list[Row]) -> tuple[list[Scalar], Objects]:
    """Singular values, the largest first, and the right singular vectors as rows."""
    _, sizes, axes = mpmath.svd_r(mpmath.matrix([[mpf(entry) for entry in row] for row in rows]))
    return list(sizes), np.array(axes.tolist(), dtype=object).reshape(axes.rows, axes.cols)


def _numerical_rank(rows: list[Row], rounding: Scalar) -> int:
    return sum(size > rounding for size in _principal_axes(rows)[0])


def _exact_rank(rows: list[Row]) -> int:
    """The rank of rational rows by elimination, which stops when it is above MAX_RANK."""
    rank = 0
    while rows and rank <= MAX_RANK:
        pivot, rows = rows[0], rows[1:]
        column = next((k for k, entry in enumerate(pivot) if entry), None)
        if column is not None:
            rank += 1
            ratios = [row[column] / pivot[column] for row in rows]
            rows = [
                [a - ratio * b for a, b in zip(row, pivot, strict=True)]
                for row, ratio in zip(rows, ratios, strict=True)
            ]
    return rank


def _centre(rows: Sequence[Row]) -> Row:
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def _minus(u: Row, v: Row) -> Row:
    return [a - b for a, b in zip(u, v, strict=True)]


def mpf(value: Scalar) -> Scalar:
    """The number in the working precision."""
    if isinstance(value, Fraction):
        return mpmath.mpf(value.numerator) / value.denominator
    return mpmath.mpf(value)


def mpf_array(rows: Sequence[Row]) -> Objects:
    """Rows of numbers in the working precision."""
    return np.array([[mpf(entry) for entry in row] for row in rows], dtype=object)
