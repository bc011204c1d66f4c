"""Affine rank and reduced coordinates, decided exactly (theory.md, section 1).

A responsibility depends on x only through its component in the affine span of the means. So the
means are written as mu_i = w + sum_k c_ik u_k, with u_k orthonormal and w orthogonal to all u_k:
every expectation is then an integral over the k = affine rank coordinates c_i alone.
All of this is rational arithmetic on the Gram matrix; only a square root per axis is left to the
arithmetic that the coordinates are lifted into.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import Arithmetic, Array, as_fmpq
from theorycheck.arithmetic.budget import charge, is_counted, remembered
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Matrix


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
        if is_counted():
            words = _words(weights) + _words(self.projections[0])
            _charge(len(weights) * self.rank * words * words)
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
    entries = [as_fmpq(entry) for row in rows for entry in row]
    return flint.fmpq_mat(len(rows), len(rows[0]), entries)


def affine_rank(means: flint.fmpq_mat) -> int:
    """The exact dimension of the affine span of the means (n, d), without coordinates for it."""
    n, d = means.nrows(), means.ncols()
    if n == 1:
        return 0
    _charge_elimination(means, min(n, d), 0)
    if d <= n:
        return int(_differences(means).rank())
    combinations = _differences(_identity(n))
    return int((combinations * (means * means.transpose()) * combinations.transpose()).rank())


@remembered(1024)
def mixture_rank(mixture: Mixture) -> int:
    """The exact affine rank of a mixture's means."""
    return affine_rank(rational_matrix(mixture.means))


def affine_reduction(means: flint.fmpq_mat) -> Reduction:
    """Reduced coordinates of the means with respect to their affine span.

    means: (n, d) exact. The reference is theory.md, section 1, items 1 and 4.
    """
    n, d = means.nrows(), means.ncols()
    _charge_elimination(means, min(n, d), min(n - 1, d))
    found = None if n == 1 else _orthogonal_axes(means, _differences)
    if found is None:
        return Reduction([[] for _ in range(n)], [], [], [means[0, j] for j in range(d)])
    products, axes = (found * means.transpose()).tolist(), found.tolist()
    lengths = squared_lengths(found)
    first = [row[0] / length for row, length in zip(products, lengths, strict=True)]
    offset = (flint.fmpq_mat([means.tolist()[0]]) - flint.fmpq_mat([first]) * found).entries()
    return Reduction(
        projections=[list(column) for column in zip(*products, strict=True)],
        squared_lengths=lengths,
        axes=axes,
        offset=offset,
    )


def linear_span(means: flint.fmpq_mat) -> flint.fmpq_mat | None:
    """Orthogonal rational axes (r, d) of the linear span of the means; None when all are zero."""
    size = min(means.nrows(), means.ncols())
    _charge_elimination(means, size, size)
    return _orthogonal_axes(means, lambda rows: rows)


def squared_lengths(axes: flint.fmpq_mat) -> list[flint.fmpq]:
    """|q_k|^2 of the rows q_k."""
    return [_product(axis, axis) for axis in axes.tolist()]


def projected(
    points: flint.fmpq_mat, axes: flint.fmpq_mat, rounded: Callable[[flint.fmpq], flint.fmpq]
) -> flint.fmpq_mat:
    """Points (m, d) projected on the space of orthogonal axes (r, d), their coefficients rounded.

    However the coefficients are rounded, the results lie in that space exactly.
    """
    squares = squared_lengths(axes)
    rows = [
        [rounded(product / square) for product, square in zip(row, squares, strict=True)]
        for row in (points * axes.transpose()).tolist()
    ]
    return flint.fmpq_mat(rows) * axes


def _charge_elimination(means: flint.fmpq_mat, size: int, rank: int) -> None:
    """Charge the elimination of `size` rows, `rank` of them one after the other.

    The Gram matrix, then (rank + 1)^2 sweeps: numbers grow with every one of them.
    """
    if is_counted():
        words = (rank + 1) * _words(means.entries())
        entries = means.nrows() * means.ncols()
        _charge(200 + 5 * entries)
        _charge((entries * size + size**3 * (rank + 1) ** 2) * (0.01 + 5e-5 * words * words))


def _charge(microseconds: float) -> None:
    charge(microseconds, "the exact geometry of the means")


def _words(values: Iterable[flint.fmpq]) -> float:
    """64-bit words of the numbers over their common denominator; infinite from 10^4 on."""
    common, bits = 1, 0
    for value in values:
        common = math.lcm(common, int(value.q))
        bits = max(bits, int(value.p).bit_length())
        if common.bit_length() > 640_000:
            return math.inf
    return (bits + common.bit_length()) / 64


def _orthogonal_axes(
    means: flint.fmpq_mat, spanning: Callable[[flint.fmpq_mat], flint.fmpq_mat]
) -> flint.fmpq_mat | None:
    """Orthogonal axes (k, d), of squared length in [1, 4), of what `spanning` rows span.

    Computed in R^d, or on coefficients of the means if they are fewer; None when k = 0.
    """
    n, d = means.nrows(), means.ncols()
    if d <= n:
        found = _orthogonalised(spanning(means), None)
        return flint.fmpq_mat(found) if found else None
    found = _orthogonalised(spanning(_identity(n)), means * means.transpose())
    return flint.fmpq_mat(found) * means if found else None


def _differences(rows: flint.fmpq_mat) -> flint.fmpq_mat:
    """The rows but the first, minus the first."""
    first, *others = rows.tolist()
    return flint.fmpq_mat([[q - p for p, q in zip(first, row, strict=True)] for row in others])


def _identity(n: int) -> flint.fmpq_mat:
    return flint.fmpq_mat(n, n, [int(k % (n + 1) == 0) for k in range(n * n)])


def _orthogonalised(rest: flint.fmpq_mat, gram: flint.fmpq_mat | None) -> list[list[flint.fmpq]]:
    """Gram-Schmidt on rows, the longest remainder first; gram: of their basis, None if I.

    Returns rows that are orthogonal, of squared length in [1, 4), and span the same space.
    """
    found: list[list[flint.fmpq]] = []
    while len(found) < min(rest.nrows(), rest.ncols()):
        rows = rest.tolist()
        products = rows if gram is None else (rest * gram).tolist()
        squares = [_product(row, image) for row, image in zip(rows, products, strict=True)]
        square = max(squares)
        if square == 0:
            break
        scale = flint.fmpq(2) ** _halving_exponent(square)
        longest = squares.index(square)
        axis = [entry * scale for entry in rows[longest]]
        image = flint.fmpq_mat([[entry / square] for entry in products[longest]])
        rest -= (rest * image) * flint.fmpq_mat([rows[longest]])
        found.append(axis)
    return found


def _product(one: list[flint.fmpq], other: list[flint.fmpq]) -> flint.fmpq:
    return sum((p * q for p, q in zip(one, other, strict=True)), _ZERO)


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
