"""Float64 sums for many students on lines at once, on grids that they share.

In one dimension a student takes a few microseconds of arithmetic and ten times as much in calls. So
students with the same number of components are summed together, in groups whose means are spread
about as widely; those whose means are too far for the exponentials are left to `float_moments`.
The terms are those of `direct_moments` and `near_optimum_moments`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.expectations.float64.direct import exponentials
from theorycheck.expectations.float64.lattice import FloatAxis, float_grid
from theorycheck.expectations.float64.near_optimum import (
    divide_by_mixture,
    hermite_series,
    minus_log1p,
)
from theorycheck.expectations.float64.regimes import FINEST, KEPT, SERIES_REACH
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.trapezoid import FLOAT_FLOOR
from theorycheck.inputs.numbers import Floats

Alone: TypeAlias = Callable[[int], Moments]
"""Gives the moments of one student, by its number in the batch."""

_LOG_TOLERANCE = math.log(FINEST)
_FAR = 12.0
_CACHED = 1 << 15
"""Entries of an array (students, means, nodes) that stays in the processor's cache."""
_NEAR, _ALONE = -1000, 1000
"""Numbers of two groups: the students near the optimum, and those that are summed one by one. Every
other group is numbered by the logarithm of the spread of its means."""


class _Group(NamedTuple):
    """Students that share an axis: their numbers in the batch, means (B, n), weights (B, n)."""

    some: NDArray[np.intp]
    c: Floats
    weights: Floats
    axis: FloatAxis
    is_near: bool


def line_gradients(c: Floats, weights: Floats, alone: Alone) -> Floats:
    """The gradients (B, n) of students with means (B, n) and weights (B, n): n sums each, not n^2.

    Their rounding errors are below those of the next iterate of gradient EM.
    """
    gradient = np.empty_like(c)
    groups, left = _grouped(c, weights)
    for group in groups:
        gradient[group.some] = (_near_gradient if group.is_near else _direct_gradient)(group)
    for b in left:
        gradient[b] = alone(b).gradient[:, 0]
    return gradient


def line_moments(c: Floats, weights: Floats, means: Floats, alone: Alone) -> Moments:
    """The moments of students with means (B, n) and weights (B, n); every field begins with B.

    means: (B,), sum_i pi_i c_i of each to full relative accuracy. They are as accurate as those of
    `float_moments`.
    """
    b, n = c.shape
    shapes = ((b,), (b, n), (b, n, n), (b, n, 1), (b,), (b, n, 1))
    found = Moments(*(np.empty(shape) for shape in shapes))
    groups, left = _grouped(c, weights)
    for group in groups:
        if group.is_near:
            part = _near_moments(group, means[group.some])
        else:
            part, is_kept = _direct_moments(group)
            left += group.some[~is_kept].tolist()
        for field, entries in zip(found, part, strict=True):
            field[group.some] = entries
    for k in left:
        for field, entries in zip(found, alone(k), strict=True):
            field[k] = entries
    return found


def _grouped(c: Floats, weights: Floats) -> tuple[list[_Group], list[int]]:
    """The groups, in pieces that stay in the cache, and the students that are in none."""
    largest = abs(c).max(axis=1)
    numbers = np.ceil(np.log2(np.maximum(np.ptp(c, axis=1), 2.0**-4))).astype(int)
    numbers[largest <= SERIES_REACH] = _NEAR
    numbers[~(largest <= _FAR)] = _ALONE
    groups = []
    for number in np.unique(numbers[numbers != _ALONE]).tolist():
        some = np.flatnonzero(numbers == number)
        axis = _shared_axis(number, largest[some].max(), weights[some].min())
        step = max(1, _CACHED // (c.shape[1] * len(axis.x)))
        for start in range(0, len(some), step):
            few = some[start : start + step]
            groups.append(_Group(few, c[few], weights[few], axis, number == _NEAR))
    return groups, np.flatnonzero(numbers == _ALONE).tolist()


def _shared_axis(number: int, largest: float, weight: float) -> FloatAxis:
    """An axis for all students of a group, whose means are within `largest`."""
    if number == _NEAR:
        spread, reach, finer = 1.0, math.sqrt(2 * (6 - _LOG_TOLERANCE)) + largest, 9
    else:
        smallest = 2 * math.log(max(weight, 5e-324)) - largest * largest - 2
        reach = math.sqrt(2 * (1 - _LOG_TOLERANCE - max(smallest, FLOAT_FLOOR)))
        spread, finer = 2.0**number, 0
    return float_grid([spread], reach, _LOG_TOLERANCE - finer).parts[0].axes[0]


def _near_gradient(group: _Group) -> Floats:
    """E psi_i v = pi_i (E v + E (psi_i / pi_i - 1) v), as in `near_optimum_moments`."""
    series = hermite_series(group.c[:, :, None], group.weights)
    mean, weighted = series[:, -1, :1], group.weights * group.c
    rows = series @ group.axis.hermite
    e, u = rows[:, :-1], rows[:, -1]
    divide_by_mixture(e, u[:, None])
    v = np.vecmat(weighted, e)  # less its mean
    bends = -np.matvec(e, u * group.axis.weights)
    turns = np.matvec(e, v * group.axis.weights)
    bend = (weighted * bends).sum(axis=1, keepdims=True)
    gradient: Floats = group.weights * (mean + bend + bends * mean + turns)
    return gradient


def _direct_gradient(group: _Group) -> Floats:
    """E psi_i v as it is, from the exponentials of `direct_moments`."""
    table = exponentials(group.c[:, :, None], group.axis)
    table *= group.weights[:, :, None]
    total = np.add.reduce(table, axis=1)
    v = np.vecmat(group.c, table)
    v *= group.axis.weights / (total * total)
    gradient: Floats = np.matvec(table, v)
    return gradient


def _near_moments(group: _Group, means: Floats) -> Moments:
    """As `near_optimum_moments` in one dimension, for many."""
    c, weights = group.c, group.weights
    series = hermite_series(c[:, :, None], weights)
    series[:, -1, 0] = means
    rows = series @ group.axis.hermite
    u = rows[:, -1]
    loss = minus_log1p(u.ravel(), bool(abs(u).max() < 0.4)).reshape(u.shape) @ group.axis.weights
    divide_by_mixture(rows[:, :-1], u[:, None])
    rows[:, :-1] *= weights[:, :, None]
    rows[:, -1] *= -1.0
    products = (rows * group.axis.weights) @ rows.transpose(0, 2, 1)
    bends = products[:, -1, :-1]
    masses = weights + bends
    against = products[:, :-1, :-1] + weights[:, :, None] * bends[:, None]
    overlap = masses[:, :, None] * weights[:, None] + against
    turns = np.matvec(against, c)
    gradient = masses * means[:, None] + turns
    fisher = means * (means + (bends * c).sum(axis=1)) + (c * turns).sum(axis=1)
    return Moments(loss, masses, overlap, gradient[..., None], fisher, _positions(c, overlap))


def _direct_moments(group: _Group) -> tuple[Moments, NDArray[np.bool_]]:
    """As `direct_moments` in one dimension, for many; and whose accuracy was kept."""
    c, axis = group.c, group.axis
    psi = exponentials(c[:, :, None], axis)
    psi *= group.weights[:, :, None]
    total = np.add.reduce(psi, axis=1)
    psi *= (axis.root_weights / total)[:, None]
    log_total = np.log(total, out=total)
    loss = -(log_total @ axis.weights)
    size = np.abs(log_total, out=log_total) @ axis.weights
    overlap = psi @ psi.transpose(0, 2, 1)
    gradient, sizes = np.matvec(overlap, c), np.matvec(overlap, abs(c))
    fisher = (c * gradient).sum(axis=1)
    is_kept = (
        (loss > KEPT * np.maximum(size, 0.3))
        & (fisher > KEPT * (abs(c) * sizes).sum(axis=1))
        & (abs(gradient).max(axis=1) > KEPT * sizes.max(axis=1))
    )
    masses, places = overlap.sum(axis=2), _positions(c, overlap)
    return Moments(loss, masses, overlap, gradient[..., None], fisher, places), is_kept


def _positions(c: Floats, overlap: Floats) -> Floats:
    """As `positions`, for many."""
    found: Floats = (overlap * (c[:, :, None] - c[:, None])).sum(axis=2)
    return found[..., None]
