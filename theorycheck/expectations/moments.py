"""The expectations that a student is described by, and how they are put together.

In one dimension a float64 grid has 30 to 700 nodes, and NumPy's calls cost as much as its sums. So
where it matters, products are written `a.dot(b)`, which begins sooner than `a @ b`, and sums of a
few entries as products with ones.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.inputs.numbers import Floats

_Class = TypeVar("_Class")


class Moments(NamedTuple):
    """Expectations under N(0, I_k), in reduced coordinates.

    loss, fisher_divergence: scalars. responsibilities (n,), overlap (n, n), gradient (n, k),
    positions (n, k): E psi_i x. Overlap and positions may be `deferred`.
    """

    loss: Scalar
    responsibilities: Array
    overlap: Array
    gradient: Array
    fisher_divergence: Scalar
    positions: Array


@dataclass(frozen=True)
class _Deferred:
    """An array that is made when it is asked for."""

    make: Callable[..., Array]
    arguments: tuple[Any, ...]


def deferred(make: Callable[..., Array], *arguments: Any) -> Any:
    """What stands for an array until it is asked for: n^2 balls take longer than their sums."""
    return _Deferred(make, arguments)


def made(value: Any) -> Array:
    """An array, made if it is deferred."""
    found: Array = value.make(*value.arguments) if isinstance(value, _Deferred) else value
    return found


class _Field:
    """An attribute that may be set to what is deferred."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        found = instance.__dict__[self._name] = made(instance.__dict__[self._name])
        return found

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self._name] = value


def may_be_deferred(*names: str) -> Callable[[type[_Class]], type[_Class]]:
    """A decorator of a dataclass: attributes that are given as deferred are made when asked for."""

    def decorate(cls: type[_Class]) -> type[_Class]:
        for name in names:
            setattr(cls, name, _Field(name))
        return cls

    return decorate


def embedded(inner: Moments, axes: Array, offset: Array | None) -> Moments:
    """The moments of means w + sum_k c_ik u_k, from those of their reduced coordinates c.

    axes: (k, d), the orthonormal u_k. offset: (d,), w, orthogonal to them; None where there is none
    because the axes span everything. It adds |w|^2/2 to the loss, p_i w to grad_i, |w|^2 to F.
    """
    if offset is None:
        return inner._replace(
            gradient=inner.gradient @ axes, positions=made(inner.positions) @ axes
        )
    square = offset.dot(offset)
    shift = np.multiply.outer(inner.responsibilities, offset)
    gradient, positions = shift, 0 * shift
    if len(axes) > 0:
        gradient, positions = inner.gradient @ axes + shift, made(inner.positions) @ axes
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
