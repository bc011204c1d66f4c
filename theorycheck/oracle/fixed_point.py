"""Exponentials and logarithms of fixed-point numbers: integers in units of 2^-bits.

NumPy's object arrays add and multiply integers far faster than mpf numbers.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
from mpmath.libmp.libelefun import exp_fixed

from theorycheck.oracle.reduction import Objects

_TABLE_BITS = 8


class FixedPoint:
    """Numbers with so many bits after the point, and their logarithms to so many of these."""

    def __init__(self, bits: int, log_bits: int) -> None:
        self.bits, self.log_bits = bits, min(log_bits, bits)

    def fixed(self, values: Objects) -> Objects:
        """mpf numbers in units of 2^-bits."""
        return _elementwise(lambda x: int(mpmath.ldexp(x, self.bits)), values)

    def exp(self, values: Objects) -> Objects:
        """The exponentials."""
        return _elementwise(lambda x: exp_fixed(x, self.bits), values)

    def log(self, values: Objects) -> Objects:
        """The logarithms of positive numbers.

        x = 2^k m with 1/2 <= m < 1, and log m = log c + 2 artanh((m - c) / (m + c)) for a number c
        close to m, whose logarithm is in a table; the series of artanh converges fast.
        """
        bits = self.log_bits
        exponents = _elementwise(int.bit_length, values)
        m = (values << bits) >> exponents
        cell = m >> bits - _TABLE_BITS
        c = (2 * cell + 1) << bits - _TABLE_BITS - 1
        s = ((m - c) << bits) // (m + c)
        square, terms = s * s >> bits, math.ceil(bits / (2 * _TABLE_BITS + 2))
        series: Any = (1 << bits) // (2 * terms + 1)
        for k in range(2 * terms - 1, 0, -2):
            series = (1 << bits) // k + (series * square >> bits)
        table, log_2 = _log_table(bits)
        log_m = table[cell.astype(int)] + (2 * s * series >> bits)
        log: Objects = (log_m + (exponents - self.bits) * log_2) << self.bits - bits
        return log


@functools.lru_cache(maxsize=16)
def _log_table(bits: int) -> tuple[Objects, int]:
    """The logarithms of the centres of the cells [k, k + 1) 2^-8, for k >= 2^7, and log 2."""
    cells = 1 << _TABLE_BITS
    with mpmath.workprec(bits + 10):
        table = np.zeros(cells, dtype=object)
        for k in range(cells // 2, cells):
            table[k] = int(mpmath.ldexp(mpmath.log(mpmath.mpf(2 * k + 1) / (2 * cells)), bits))
        return table, int(mpmath.ldexp(mpmath.ln2, bits))


def _elementwise(function: Callable[[Any], Any], values: Objects) -> Objects:
    return np.array([function(value) for value in values.flat], dtype=object).reshape(values.shape)
