"""Gauss-Legendre nodes and weights on panels, in fixed point."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.inputs.numbers import Floats

Integers: TypeAlias = NDArray[Any]  # Python integers, in units of 2^-bits

_FLOAT_STEPS, _FLOAT_BITS = 4, 44  # Newton steps in floats, and bits that they reach


@dataclass(frozen=True)
class Panels:
    """An interval cut into `count` panels of equal length, with a rule of this order on each."""

    low: float
    high: float
    count: int
    order: int

    def nodes(self) -> Floats:
        """All nodes, rounded to floats, in ascending order."""
        half = (self.high - self.low) / (2 * self.count)
        centres = self.low + half * np.arange(1, 2 * self.count, 2)
        x = _float_nodes(self.order)
        return np.asarray((centres[:, None] + half * x).ravel())

    def rule(self, bits: int) -> tuple[Integers, Integers]:
        """All nodes and weights, in units of 2^-bits."""
        x, w = _rule(self.order, bits)
        low, high = (_fixed(end, bits) for end in (self.low, self.high))
        half = (high - low) // (2 * self.count)
        centres = low + half * np.arange(1, 2 * self.count, 2).astype(object)
        points = centres[:, None] + (half * x >> bits)
        weights = np.tile(half * w >> bits, self.count)
        return points.ravel(), weights


@functools.lru_cache(maxsize=256)
def _float_nodes(order: int) -> Floats:
    """Nodes on [-1, 1] by Newton's method from their asymptotic form."""
    x = -np.cos(np.pi * (4 * np.arange(1, order + 1) - 1) / (4 * order + 2))
    for _ in range(_FLOAT_STEPS):
        before, value = np.ones(order), x
        for k in range(2, order + 1):
            before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
        x = x - value * (1 - x * x) / (order * (before - x * value))
    return x


@functools.lru_cache(maxsize=256)
def _rule(order: int, bits: int) -> tuple[Integers, Integers]:
    """Nodes and weights on [-1, 1], by Newton's method from the floats."""
    work = bits + 2 * order.bit_length() + 10
    one = 1 << work
    start = _float_nodes(order)[order // 2 :]
    x = np.array([_fixed(value, work) for value in start], dtype=object)
    for _ in range(math.ceil(math.log2(work / _FLOAT_BITS))):
        value, slope = _legendre(order, x, work)
        x = x - (value << work) // slope
    _, slope = _legendre(order, x, work)
    w = (2 << 4 * work) // ((one - (x * x >> work)) * slope * slope) >> work - bits
    x = x >> work - bits
    inner = order % 2  # the node 0 of an odd rule has no mirror image
    return np.concatenate([-x[inner:][::-1], x]), np.concatenate([w[inner:][::-1], w])


def _fixed(value: float, bits: int) -> int:
    """The number in units of 2^-bits, cut off 60 bits after the point."""
    return int(math.ldexp(value, 60)) << bits >> 60


def _legendre(order: int, x: Integers, bits: int) -> tuple[Integers, Integers]:
    """The Legendre polynomial of this degree and its derivative."""
    one = 1 << bits
    before, value = np.full(len(x), one, dtype=object), x
    for k in range(2, order + 1):
        before, value = value, ((2 * k - 1) * (x * value >> bits) - (k - 1) * before) // k
    slope = order * ((before - (x * value >> bits)) << bits) // (one - (x * x >> bits))
    return value, slope
