"""Functions of scalars and arrays that run in float64 and in balls."""

from __future__ import annotations

import math
from typing import Any

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, Scalar


def squared_norms(vectors: Array) -> Array:
    """|v_i|^2 of the rows of a matrix, shape (n,)."""
    squares: Array = (vectors * vectors).sum(axis=1)
    return squares


def root(values: Any) -> Any:
    """Square roots of numbers known to be >= 0, even where a ball reaches below 0.

    Two traps of balls are avoided in this module: `x**2` and `np.sqrt(x)` around 0 are nan.
    """
    return np.frompyfunc(_root, 1, 1)(values)


def _root(value: Scalar) -> Scalar:
    return value.nonnegative_part().sqrt() if isinstance(value, flint.arb) else math.sqrt(value)


def inner_products(a: Array, b: Array) -> Array:
    """<a_i, b_i> of the rows of two matrices, shape (n,)."""
    products: Array = (a * b).sum(axis=1)
    return products


def largest(values: Any) -> Scalar:
    """The maximum of the entries, in either arithmetic (NumPy's own would compare balls)."""
    entries = list(np.asarray(values, dtype=object).ravel())
    best = entries[0]
    for entry in entries[1:]:
        best = best.max(entry) if isinstance(best, flint.arb) else max(best, entry)
    return best


def smallest(values: Any) -> Scalar:
    """The minimum of the entries, in either arithmetic."""
    return -largest(-np.asarray(values, dtype=object))
