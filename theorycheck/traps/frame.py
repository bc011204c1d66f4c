"""Coordinates in which the boxes around gradient EM are followed, on a line or in the plane.

One row for each far mean: <e_i, mu_i>, e_i the direction in which it is at the start; on a line
that is its distance. In the plane then one for each, <e_i', mu_i>, e_i' at a right angle to e_i.
For the near group S first the weighted sum sum_S pi_k mu_k, along each axis, which gradient EM
contracts fast, then rows orthogonal to it and to each other, along which it creeps. All rows are
exact and orthogonal: so with T their matrix and tau_i their squared lengths, T^{-1} =
T' diag(1/tau). The e_i are rational and of length 1, so that |mu_i|^2 is the sum of the squares of
its two coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import as_fmpq
from theorycheck.errors import InvalidValue
from theorycheck.inputs.numbers import Floats, Matrix, Vector


@dataclass(frozen=True)
class Frame:
    """Orthogonal coordinates y = T mu.

    rows: (nd, nd), exact; the columns are the coordinates of the first mean, then of the second,
    and so on. far: how many of the first rows are distances of far means. dimension: d, 1 or 2.
    """

    rows: Matrix
    far: int
    dimension: int = 1

    def __post_init__(self) -> None:
        for i, row in enumerate(self.rows):
            for other in self.rows[:i]:
                if sum(a * b for a, b in zip(row, other, strict=True)) != 0:
                    raise InvalidValue("the rows of a frame must be orthogonal")

    @property
    def fast(self) -> range:
        """The rows of the weighted sum of the near means; none where there is no near mean."""
        first = self.far * self.dimension
        return range(first, min(first + self.dimension, len(self.rows)))

    @property
    def tangential(self) -> range:
        """In the plane the rows at right angles to the distances; none on a line."""
        return range(self.far, self.far * self.dimension)

    @property
    def has_several_near(self) -> bool:
        """True if there are rows along which near means creep."""
        return self.fast.stop < len(self.rows)

    @cached_property
    def lengths(self) -> Vector:
        """tau, the squared lengths of the rows."""
        return tuple([sum((a * a for a in row), Fraction(0)) for row in self.rows])

    @cached_property
    def inverse(self) -> Matrix:
        """T^{-1}, exact."""
        return tuple(
            tuple(row[k] / tau for row, tau in zip(self.rows, self.lengths, strict=True))
            for k in range(len(self.rows))
        )

    @cached_property
    def balls(self) -> tuple[list[list[flint.arb]], list[list[flint.arb]]]:
        """T and its inverse as balls of the precision in force when first asked for."""
        return _balls(self.rows), _balls(self.inverse)

    @cached_property
    def doubles(self) -> tuple[Floats, Floats]:
        """T and its inverse, each entry the nearest double."""
        return np.array(self.rows, dtype=float), np.array(self.inverse, dtype=float)


def _balls(rows: Matrix) -> list[list[flint.arb]]:
    return [[flint.arb(as_fmpq(entry)) for entry in row] for row in rows]


def frame_of(middle: Vector, weights: Vector, far: tuple[int, ...], dimension: int = 1) -> Frame:
    """The frame for means near `middle`, (nd,), in whose directions the far means are."""
    n = len(weights)
    ways = [_direction(middle[i * dimension : (i + 1) * dimension]) for i in far]
    rows = [_row_of(i, way, n) for i, way in zip(far, ways, strict=True)]
    if dimension == 2:
        rows += [_row_of(i, (-b, a), n) for i, (a, b) in zip(far, ways, strict=True)]
    axes = [tuple(Fraction(int(j == k)) for j in range(dimension)) for k in range(dimension)]
    for shares in _near_rows(weights, far):
        rows += [tuple(share * entry for share in shares for entry in axis) for axis in axes]
    return Frame(tuple(rows), len(far), dimension)


def _direction(mean: Vector) -> Vector:
    """A rational vector of length 1 in about the direction of a mean: its sign, on a line."""
    if len(mean) == 1:
        return (Fraction(1 if mean[0] > 0 else -1),)
    # (1 - t^2, 2 t) / (1 + t^2), t the tangent of half the angle, for an angle within 90 degrees
    x, y = mean
    t = _short(Fraction(math.tan(math.atan2(abs(float(y)), abs(float(x))) / 2)))
    a, b = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    return (a if x > 0 else -a), (b if y > 0 else -b)


def _row_of(i: int, way: Vector, n: int) -> Vector:
    """The row of n means that is a coordinate of the mean i."""
    none = (Fraction(0),) * len(way)
    return tuple(entry for k in range(n) for entry in (way if k == i else none))


def _near_rows(weights: Vector, far: tuple[int, ...]) -> list[Vector]:
    """Orthogonal rows (n,) of the near group, the weighted sum first."""
    n = len(weights)
    near = [k for k in range(n) if k not in far]
    if not near:
        return []
    heaviest = max(weights[k] for k in near)
    # Any orthogonal rows are a frame: few digits can be read back, and cost nothing.
    basis = [[_short(weights[k] / heaviest) if k in near else Fraction(0) for k in range(n)]]
    for k in near[1:]:
        # e_k made orthogonal to the rows so far
        row = [Fraction(int(j == k)) for j in range(n)]
        for other in basis:
            share = other[k] / sum((a * a for a in other), Fraction(0))
            row = [a - share * b for a, b in zip(row, other, strict=True)]
        basis.append(row)
    return [_scaled(row) for row in basis]


def _short(share: Fraction) -> Fraction:
    """A number from 0 to 1 to 40 bits after the point."""
    return Fraction(round(share * 2**40), 2**40)


def _scaled(row: list[Fraction]) -> Vector:
    """A multiple of a row, of a length near 1."""
    largest = max(map(abs, row))  # squares of tiny weights are 0 in float64
    row = [a / largest for a in row]
    size = float(sum(a * a for a in row)) ** 0.5
    factor = Fraction(round(1024 / size), 1024)
    return tuple(a * factor for a in row)
