"""The expectations that a student is described by, and how they are put together.

In one dimension a float64 grid has 30 to 700 nodes, and NumPy's calls cost as much as its sums. So
where it matters, products are written `a.dot(b)`, which begins sooner than `a @ b`, and sums of a
few entries as products with ones.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.inputs.numbers import Floats


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


def embedded(inner: Moments, axes: Array, offset: Array | None) -> Moments:
    """The moments of means w + sum_k c_ik u_k, from those of their reduced coordinates c.

    axes: (k, d), the orthonormal u_k. offset: (d,), w, orthogonal to them; None where there is none
    because the axes span everything. It adds |w|^2/2 to the loss, p_i w to grad_i, |w|^2 to F.
    """
    if offset is None:
        return inner._replace(gradient=inner.gradient @ axes, positions=inner.positions @ axes)
    square = offset.dot(offset)
    shift = np.multiply.outer(inner.responsibilities, offset)
    gradient, positions = shift, 0 * shift
    if len(axes) > 0:
        gradient, positions = inner.gradient @ axes + shift, inner.positions @ axes
    return Moments(
        inner.loss + square / 2,
        inner.responsibilities,
        inner.overlap,
        gradient,
        inner.fisher_divergence + square,
        positions,
    )


def weighted_sum(shares: Iterable[Scalar], parts: Iterable[Moments]) -> Moments:
    """The sum of the parts times their shares, field by field."""
    factors = list(shares)
    columns = zip(*parts, strict=True)
    return Moments(*(sum(map(operator.mul, factors, column)) for column in columns))


def component_average(shares: Array, parts: Sequence[Moments], centres: Array) -> Moments:
    """The moments under a mixture truth, from those under each of its components.

    shares: (m,), the weights of the truth. centres: (m, d), its means. parts: m moments of the
    student moved by -centre, whose truth is N(0, I): only E psi_i x must be moved back.
    The truth's own entropy and score are not yet subtracted from loss and Fisher divergence.
    """
    found = weighted_sum(shares.tolist(), parts)
    shift = np.array([part.responsibilities for part in parts]).T.dot(shares[:, None] * centres)
    return found._replace(positions=found.positions + shift)


@lru_cache(maxsize=16)
def ones(n: int) -> Array:
    """An array of n ones, shared: it must not be changed."""
    return np.ones(n)


@lru_cache(maxsize=64)
def pairs(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All i <= j below n: found once, as NumPy takes longer to find them than to sum a few."""
    return np.triu_indices(n)


def symmetric(entries: Array, n: int) -> Array:
    """Entries (n (n + 1) / 2, ...) of `pairs` as a symmetric matrix (n, n, ...)."""
    matrix = np.empty((n, n, *entries.shape[1:]), dtype=entries.dtype)
    i, j = pairs(n)
    matrix[i, j] = matrix[j, i] = entries
    return matrix


@lru_cache(maxsize=64)
def mirrored(n: int) -> list[int]:
    """Which of `pairs` each entry of a symmetric matrix (n, n) is, row by row."""
    numbers: list[int] = symmetric(np.arange(n * (n + 1) // 2), n).ravel().tolist()
    return numbers


_FEW_ROWS = 24


def gram(rows: Floats) -> Floats:
    """Products of all pairs of rows (..., n, N), (..., n, n).

    Of few rows BLAS finds that of two arrays in half the time of that of an array with itself.
    """
    other = rows.copy() if rows.shape[-2] <= _FEW_ROWS else rows
    found: Floats = np.matmul(rows, other.swapaxes(-1, -2)) if rows.ndim > 2 else rows.dot(other.T)
    return found


def positions(c: Array, overlap: Array) -> Array:
    """E psi_i x = p_i c_i - grad_i = sum_j G_ij (c_i - c_j), in which little cancels."""
    found: Array
    if c.shape[1] == 1:
        found = (overlap * (c - c.T)).dot(ones(len(c)))[:, None]
    else:
        found = np.einsum("ij,ijk->ik", overlap, c[:, None] - c)
    return found
