"""What one grid, or one set of points, is summed into."""

from __future__ import annotations

from typing import NamedTuple

from theorycheck.arithmetic import Array, Scalar


class Moments(NamedTuple):
    """Expectations under N(0, I_k), in reduced coordinates.

    loss, fisher_divergence: scalars. responsibilities (n,), overlap (n, n), gradient (n, k),
    positions (n, k): E psi_i x.
    """

    loss: Scalar
    responsibilities: Array
    overlap: Array
    gradient: Array
    fisher_divergence: Scalar
    positions: Array
