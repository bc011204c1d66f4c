"""Affine rank and reduced coordinates, decided exactly (theory.md, section 1).

A responsibility depends on x only through its component in the affine span of the means. So the
means are written as mu_i = w + sum_k c_ik u_k, with u_k orthonormal and w orthogonal to all u_k:
every expectation is then an integral over the k = affine rank coordinates c_i alone.
All of this is rational arithmetic on the Gram matrix; only a square root per axis is left to the
arithmetic that the coordinates are lifted into.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic import Arithmetic, Array, as_fmpq
from theorycheck.effort import is_limited, spend
from theorycheck.mixture import Matrix


@dataclass(frozen=True)
class Reduction:
    """Means in exact reduced coordinates: c_ik = projections_ik / sqrt(squared_lengths_k).

    projections: (n, k) inner products <mu_i, q_k> with orthogonal rational axes q_k.
    squared_lengths: k positive rationals |q_k|^2, each scaled into [1, 4).
    axes: (k, d), the q_k. offset: d rationals, the common part w orthogonal to every axis.
    """

    projections: list[list[flint.fmpq]]
    squared_lengths: list[flint.fmpq]
    axes: list[list[flint.fmpq]]
    offset: list[flint.fmpq]

    @property
    def rank(self) -> int:
        """The affine rank k."""
        return len(self.squared_lengths)

    def lengths(self, arithmetic: Arithmetic) -> Array:
        """|q_k|, shape (k,)."""
        lifted: Array = np.sqrt(arithmetic.array(self.squared_lengths))
        return lifted

    def coordinates(self, arithmetic: Arithmetic) -> Array:
        """c, shape (n, k)."""
        values = arithmetic.array(self.projections).reshape(len(self.projections), self.rank)
        lifted: Array = values / self.lengths(arithmetic)
        return lifted

    def mean_coordinates(self, weights: list[flint.fmpq], arithmetic: Arithmetic) -> Array:
        """sum_i pi_i c_i, shape (k,): summed exactly, so that nothing cancels."""
        if is_limited():
            words = _words(weights) + _words(self.projections[0])
            _spend(len(weights) * self.rank * words * words)
        sums = [
            sum((w * row[k] for w, row in zip(weights, self.projections, strict=True)), _ZERO)
            for k in range(self.rank)
        ]
        lifted: Array = arithmetic.array(sums) / self.lengths(arithmetic)
        return lifted

    def directions(self, arithmetic: Arithmetic) -> Array:
        """The orthonormal axes u_k, shape (k, d)."""
        values = arithmetic.array(self.axes).reshape(self.rank, len(self.offset))
        lifted: Array = values / self.lengths(arithmetic)[:, None]
        return lifted


_ZERO = flint.fmpq(0)


def rational_matrix(rows: Matrix) -> flint.fmpq_mat:
    """An exact flint matrix from rows of Fractions."""
    return flint.fmpq_mat([[as_fmpq(entry) for entry in row] for row in rows])


def affine_rank(means: flint.fmpq_mat) -> int:
    """The exact dimension of the affine span of the means (n, d), without coordinates for it."""
    n, d = means.nrows(), means.ncols()
    if n == 1:
        return 0
    _spend_on(means, min(n, d), 0)
    first, *others = means.tolist()
    away = flint.fmpq_mat([[a - b for a, b in zip(row, first, strict=True)] for row in others])
    return int((away if d < n else away * away.transpose()).rank())


def affine_reduction(means: flint.fmpq_mat) -> Reduction:
    """Reduced coordinates of the means with respect to their affine span.

    means: (n, d) exact. The reference is theory.md, section 1, items 1 and 4.
    """
    n, d = means.nrows(), means.ncols()
    _spend_on(means, n, min(n - 1, d))
    gram = means * means.transpose()
    differences = [[int(j == i) - int(j == 0) for j in range(n)] for i in range(1, n)]
    combinations = _orthogonal_combinations(differences, gram)
    rank = len(combinations)
    if rank == 0:
        return Reduction([[] for _ in range(n)], [], [], [means[0, j] for j in range(d)])
    basis = flint.fmpq_mat(combinations)
    products = basis * gram
    lengths = [(basis * products.transpose())[k, k] for k in range(rank)]
    axes = basis * means
    first = [products[k, 0] / lengths[k] for k in range(rank)]
    offset = [
        means[0, j] - sum((first[k] * axes[k, j] for k in range(rank)), _ZERO) for j in range(d)
    ]
    return Reduction(
        projections=[[products[k, i] for k in range(rank)] for i in range(n)],
        squared_lengths=lengths,
        axes=[[axes[k, j] for j in range(d)] for k in range(rank)],
        offset=offset,
    )


def linear_span(means: flint.fmpq_mat) -> flint.fmpq_mat | None:
    """Orthogonal rational axes (r, d) of the linear span of the means; None when all are zero."""
    n = means.nrows()
    _spend_on(means, n, min(n, means.ncols()))
    identity = [[int(j == i) for j in range(n)] for i in range(n)]
    combinations = _orthogonal_combinations(identity, means * means.transpose())
    return flint.fmpq_mat(combinations) * means if combinations else None


def _spend_on(means: flint.fmpq_mat, size: int, rank: int) -> None:
    """Announce the elimination of so many rows, `rank` of them one after the other.

    The Gram matrix, then (rank + 1)^2 sweeps: numbers grow with every one of them.
    """
    if is_limited():
        words = (rank + 1) * _words(means.entries())
        entries = means.nrows() * means.ncols()
        _spend(200 + 5 * entries)
        _spend((entries * size + size**3 * (rank + 1) ** 2) * (0.01 + 5e-5 * words * words))


def _spend(microseconds: float) -> None:
    spend(microseconds, "the exact geometry of the means")


def _words(values: Iterable[flint.fmpq]) -> float:
    """64-bit words of the numbers over their common denominator; infinite from 10^4 on."""
    common, bits = 1, 0
    for value in values:
        common = math.lcm(common, int(value.q))
        bits = max(bits, int(value.p).bit_length())
        if common.bit_length() > 640_000:
            return math.inf
    return (bits + common.bit_length()) / 64


def _orthogonal_combinations(
    vectors: list[list[int]], gram: flint.fmpq_mat
) -> list[list[flint.fmpq]]:
    """Gram-Schmidt on combinations of the means, the longest remainder first.

    vectors: rows of coefficients on the means. Returns rows whose combinations are orthogonal,
    non-zero, of squared length in [1, 4), and span the same space.
    """
    rest = flint.fmpq_mat(vectors) if vectors else None
    found: list[list[flint.fmpq]] = []
    while rest is not None:
        products = rest * gram
        squares = [
            sum((products[i, j] * rest[i, j] for j in range(rest.ncols())), _ZERO)
            for i in range(rest.nrows())
        ]
        longest = max(range(len(squares)), key=lambda i: squares[i])
        if squares[longest] == 0:
            break
        scale = flint.fmpq(2) ** _halving_exponent(squares[longest])
        axis = flint.fmpq_mat([[rest[longest, j] * scale for j in range(rest.ncols())]])
        square = squares[longest] * scale * scale
        overlaps = rest * (axis * gram).transpose()
        rest -= overlaps * axis / square
        found.append([axis[0, j] for j in range(axis.ncols())])
    return found


def _halving_exponent(square: flint.fmpq) -> int:
    """The e for which square * 4^e lies in [1, 4)."""
    exponent = -((int(square.p).bit_length() - int(square.q).bit_length()) // 2)
    scaled = square * flint.fmpq(4) ** exponent
    if scaled < 1:
        return exponent + 1
    return exponent - 1 if scaled >= 4 else exponent


def principal_axes(means: NDArray[np.float64], rank: int) -> NDArray[np.float64]:
    """Orthonormal axes (rank, r) of the affine span of float64 means (n, r).

    rank: how many axes to keep, an exact bound of the affine rank.
    """
    if means.shape[1] <= 1:
        return np.eye(means.shape[1])[:rank]
    axes: NDArray[np.float64] = np.linalg.svd(means - means.mean(axis=0))[2]
    return axes[:rank]
