"""The expectations that a student is described by, and how they are put together.

In one dimension a float64 grid has 30 to 700 nodes, and NumPy's calls cost as much as its sums. So
where it matters, products are written `a.dot(b)`, which begins sooner than `a @ b`, and sums of a
few entries as products with ones.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeVar

import flint
import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.inputs.numbers import Floats

_Class = TypeVar("_Class")


class Moments(NamedTuple):
    """Expectations under N(0, I_k), in reduced coordinates.

    loss, fisher_divergence: scalars. responsibilities (n,), overlap (n, n), gradient (n, k),
    positions (n, k): E psi_i x. Any of them may be `deferred`.
    """

    loss: Scalar
    responsibilities: Array
    overlap: Array
    gradient: Array
    fisher_divergence: Scalar
    positions: Array


class _Deferred:
    """A scalar or an array that is found when it is asked for, and then kept.

    It is found at the precision that was in force when it was deferred.
    """

    def __init__(self, make: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._make, self._arguments = make, arguments
        self._precision = flint.ctx.prec

    @cached_property
    def value(self) -> Any:
        """What it stands for."""
        before, flint.ctx.prec = flint.ctx.prec, self._precision
        try:
            found = self._make(*map(made, self._arguments))
        finally:
            flint.ctx.prec = before
        del self._make, self._arguments
        return found


def deferred(make: Callable[..., Any], *arguments: Any) -> Any:
    """What stands for `make(*arguments)` until it is asked for, as balls take long to find."""
    return _Deferred(make, arguments)


def made(value: Any) -> Any:
    """A scalar or an array, found if it is deferred."""
    return value.value if isinstance(value, _Deferred) else value


def applied(function: Callable[..., Any], *arguments: Any) -> Any:
    """`function(*arguments)`, deferred if one of the arguments is."""
    if any(isinstance(argument, _Deferred) for argument in arguments):
        return _Deferred(function, arguments)
    return function(*arguments)


class _Field:
    """An attribute that may be set to what is deferred."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        try:
            value = instance.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None
        if isinstance(value, _Deferred):
            value = value.value
            if isinstance(value, np.ndarray):
                value = value.copy()  # who asked may change it, and other fields follow from it
            instance.__dict__[self._name] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self._name] = value


def with_deferred(cls: type[_Class]) -> type[_Class]:
    """A decorator of a dataclass whose attributes include those of `Moments`: they may be given as
    deferred, and are found when they are asked for.
    """
    for name in Moments._fields:
        setattr(cls, name, _Field(name))
    return cls


def embedded(inner: Moments, axes: Array, offset: Array | None) -> Moments:
    """The moments of means w + sum_k c_ik u_k, from those of their reduced coordinates c.

    axes: (k, d), the orthonormal u_k. offset: (d,), w, orthogonal to them; None where there is none
    because the axes span everything. It adds |w|^2/2 to the loss, p_i w to grad_i, |w|^2 to F.
    """
    if offset is None:
        return inner._replace(
            gradient=applied(np.matmul, inner.gradient, axes),
            positions=applied(np.matmul, inner.positions, axes),
        )

    def beside(responsibilities: Array) -> Array:
        found: Array = np.multiply.outer(responsibilities, offset)
        return found

    square, shift = offset.dot(offset), applied(beside, inner.responsibilities)
    if len(axes) > 0:
        along = applied(np.matmul, inner.gradient, axes)
        gradient = applied(operator.add, along, shift)
        positions = applied(np.matmul, inner.positions, axes)
    else:
        gradient, positions = shift, applied(operator.mul, 0, shift)
    return Moments(
        applied(operator.add, inner.loss, square / 2),
        inner.responsibilities,
        inner.overlap,
        gradient,
        applied(operator.add, inner.fisher_divergence, square),
        positions,
    )


def weighted_sum(shares: Iterable[Scalar], parts: Iterable[Moments]) -> Moments:
    """The sum of the parts times their shares, field by field."""
    factors = list(shares)

    def total(*column: Any) -> Any:
        return sum(map(operator.mul, factors, column))

    return Moments(*(applied(total, *column) for column in zip(*parts, strict=True)))


def component_average(shares: Array, parts: Sequence[Moments], centres: Array) -> Moments:
    """The moments under a mixture truth, from those under each of its components.

    shares: (m,), the weights of the truth. centres: (m, d), its means. parts: m moments of the
    student moved by -centre, whose truth is N(0, I): only E psi_i x must be moved back.
    The truth's own entropy and score are not yet subtracted from loss and Fisher divergence.
    """
    found = weighted_sum(shares.tolist(), parts)

    def moved(places: Array, *responsibilities: Array) -> Array:
        back: Array = np.array(responsibilities).T.dot(shares[:, None] * centres)
        return places + back

    return found._replace(
        positions=applied(moved, found.positions, *(part.responsibilities for part in parts))
    )


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
