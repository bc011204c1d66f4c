"""Starts in coordinates of the line or the plane that they span with the truth."""

from __future__ import annotations

from fractions import Fraction

import flint

from theorycheck.arithmetic.rounding import ceil_float, floor_float
from theorycheck.expectations.reduction import linear_span, rational_matrix, squared_lengths
from theorycheck.inputs.numbers import Matrix, Vector
from theorycheck.traps.certified import FARTHEST_IN_A_TUBE, MOST_IN_A_TUBE, PRECISION


def placed_starts(low: Matrix, high: Matrix) -> tuple[Vector, Vector, int] | None:
    """Ends (nd,) of coordinates of the starts in an orthonormal basis of a span, and d, 1 or 2.

    low, high: (n, D), ends of the means as seen from the truth. Gradient EM stays in the span, and
    there is what it is in d dimensions. None where no tube is for them.
    """
    columns = [k for k in range(len(low[0])) if any(row[k] for row in (*low, *high))]
    is_one_start = low == high
    if len(low) > max(MOST_IN_A_TUBE.values()) or (len(columns) > 2 and not is_one_start):
        return None
    axes = linear_span(rational_matrix(low)) if is_one_start else None
    rank = len(columns) if axes is None else axes.nrows()
    if rank > 2 or len(low) > MOST_IN_A_TUBE[rank]:
        return None
    if axes is None or len(columns) == rank:  # exact
        ends = [tuple(row[k] for row in rows for k in columns) for rows in (low, high)]
    else:
        ends = _turned(low, axes)
    if max(map(abs, (*ends[0], *ends[1]))) > FARTHEST_IN_A_TUBE:
        return None
    return ends[0], ends[1], rank


def _turned(rows: Matrix, axes: flint.fmpq_mat) -> list[Vector]:
    """Doubles around coordinates, which may be no rational numbers."""
    products = (rational_matrix(rows) * axes.transpose()).tolist()
    with PRECISION.scope():
        lengths = [flint.arb(square).sqrt() for square in squared_lengths(axes)]
        places = [
            flint.arb(product) / length
            for row in products
            for product, length in zip(row, lengths, strict=True)
        ]
        return [
            tuple(Fraction(end(place)) for place in places) for end in (floor_float, ceil_float)
        ]
