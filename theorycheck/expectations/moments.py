"""What one grid, or one set of points, is summed into.

In one dimension a float64 grid has 30 to 700 nodes, and NumPy's calls cost as much as its sums. So
where it matters, products are written `a.dot(b)`, which begins sooner than `a @ b`, and sums of a
few entries as products with ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar


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


@lru_cache(maxsize=16)
def ones(n: int) -> Array:
    """Ones, shape (n,), which nobody may change."""
    return np.ones(n)


def positions(c: Array, overlap: Array) -> Array:
    """E psi_i x = p_i c_i - grad_i = sum_j G_ij (c_i - c_j), in which little cancels."""
    found: Array
    if c.shape[1] == 1:
        found = (overlap * (c - c.T)).dot(ones(len(c)))[:, None]
    else:
        found = np.einsum("ij,ijk->ik", overlap, c[:, None] - c)
    return found
