"""Functions of scalars and arrays that run in float64, in balls, and over boxes."""

from __future__ import annotations

import math
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar
from theorycheck.arithmetic.boxes import BoxNumber, Reflected

_VARYING = (flint.arb, BoxNumber, Reflected)
"""Of these the maximum is a method."""


def squared_norms(vectors: Array) -> Array:
    """Return |v_i|^2 of the rows of a matrix.

    Args:
        vectors: Shape (n, d), float64 or balls.

    Returns:
        Shape (n,), in the same arithmetic.

    Example:
        >>> squared_norms(np.array([[3.0, 4.0]]))
        array([25.])
    """
    squares: Array = (vectors * vectors).sum(axis=1)
    return squares


def root(values: Any) -> Any:
    """Return the square roots of numbers known to be >= 0, even where a ball reaches below 0.

    Of a ball around 0, `x**2` and `np.sqrt(x)` are not a number; write `x * x` and `root(x)`.

    Args:
        values: A number or an array, float64 or balls.

    Returns:
        A number, or an array of the same shape.

    Example:
        >>> root(2.25)
        1.5
    """
    return np.frompyfunc(_root, 1, 1)(values)


def _root(value: Scalar) -> Scalar:
    if isinstance(value, (BoxNumber, Reflected)):
        return value.sqrt()
    return value.nonnegative_part().sqrt() if isinstance(value, flint.arb) else math.sqrt(value)


def magnitudes(values: Any) -> Any:
    """Return |v| of numbers; of a ball around 0 one that reaches no further below 0 than rounding.

    Args:
        values: A number or an array, float64 or balls.

    Returns:
        A number, or an array of the same shape.

    Example:
        >>> magnitudes([-2.5, 1])
        array([2.5, 1. ])
    """
    sizes = np.asarray(abs(np.asarray(values)))
    return _POSITIVE_PART(sizes) if sizes.dtype == object else sizes


_POSITIVE_PART = np.frompyfunc(
    lambda size: size.nonnegative_part() if isinstance(size, flint.arb) else size, 1, 1
)


def inner_products(a: Array, b: Array) -> Array:
    """Return <a_i, b_i> of the rows of two matrices.

    Args:
        a: Shape (n, d), float64 or balls.
        b: The same shape.

    Returns:
        Shape (n,), in the same arithmetic.

    Example:
        >>> inner_products(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
        array([11.])
    """
    products: Array = (a * b).sum(axis=1)
    return products


def largest(values: Any) -> Scalar:
    """Return the maximum, in either arithmetic.

    NumPy's own would compare balls. This encloses the maximum of all numbers within them.

    Args:
        values: A non-empty array or sequence, float64 or balls.

    Returns:
        A number, or a ball.

    Example:
        >>> largest([0.5, -2.0])
        0.5
    """
    entries = list(np.asarray(values, dtype=object).ravel())
    best = entries[0]
    for entry in entries[1:]:
        best = best.max(entry) if isinstance(best, _VARYING) else max(best, entry)
    return best


def smallest(values: Any) -> Scalar:
    """Return the minimum, in either arithmetic.

    Args:
        values: A non-empty array or sequence, float64 or balls.

    Returns:
        A number, or a ball.

    Example:
        >>> smallest([0.5, -2.0])
        -2.0
    """
    return -largest(-np.asarray(values, dtype=object))
