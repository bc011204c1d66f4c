"""Coordinates in which the boxes around gradient EM are followed, on a line.

One row for each far mean, its distance s_i mu_i from the truth, s_i its sign at the start. For the
near group S first the weighted sum sum_S pi_k mu_k, which gradient EM contracts fast, then rows
orthogonal to it and to each other, along which it creeps. All rows are exact and orthogonal: so
with T their matrix and tau_i their squared lengths, T^{-1} = T' diag(1/tau).
"""

from __future__ import annotations

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

    rows: (n, n), exact. far: how many of the first rows are distances of far means. fast: the row
    of the near group's weighted sum, or None where there is no near mean.
    """

    rows: Matrix
    far: int

    def __post_init__(self) -> None:
        for i, row in enumerate(self.rows):
            for other in self.rows[:i]:
                if sum(a * b for a, b in zip(row, other, strict=True)) != 0:
                    raise InvalidValue("the rows of a frame must be orthogonal")

    @property
    def fast(self) -> int | None:
        """The row of the weighted sum of the near means."""
        return self.far if self.far < len(self.rows) else None

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


def frame_of(middle: Vector, weights: Vector, far: tuple[int, ...]) -> Frame:
    """The frame for means near `middle`, whose signs are those of the far means."""
    n = len(middle)
    rows = []
    for i in far:
        sign = 1 if middle[i] > 0 else -1
        rows.append(tuple(Fraction(sign * (k == i)) for k in range(n)))
    near = [k for k in range(n) if k not in far]
    if near:
        heaviest = max(weights[k] for k in near)
        # Any orthogonal rows are a frame: few digits can be read back, and cost nothing.
        first = [_short(weights[k] / heaviest) if k in near else Fraction(0) for k in range(n)]
        basis = [first]
        for k in near[1:]:
            # e_k made orthogonal to the rows so far
            row = [Fraction(int(j == k)) for j in range(n)]
            for other in basis:
                share = other[k] / sum((a * a for a in other), Fraction(0))
                row = [a - share * b for a, b in zip(row, other, strict=True)]
            basis.append(row)
        rows += [_scaled(row) for row in basis]
    return Frame(tuple(rows), len(far))


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
