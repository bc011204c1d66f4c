"""Float64 sums for many students on lines at once, on grids that they share.

In one dimension a student takes a few microseconds of arithmetic and ten times as much in calls. So
students with the same number of components are summed together, in groups whose means are spread
about as widely; those whose grid alone fills the cache are left to `float_moments`. The terms are
those of `direct_sums`, `far_line_sums` and `near_optimum_moments`.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.budget import charge
from theorycheck.expectations.float64.direct import NEAR_ONE
from theorycheck.expectations.float64.lattice import (
    GAUSS_REACHES,
    FloatAxis,
    float_grid,
    gauss_grid,
)
from theorycheck.expectations.float64.near_optimum import (
    divide_by_mixture,
    hermite_series,
    minus_log1p,
)
from theorycheck.expectations.float64.regimes import (
    FINEST,
    KEPT,
    SERIES_FARTHEST,
    SERIES_REACH,
)
from theorycheck.expectations.moments import Moments, gram
from theorycheck.expectations.trapezoid import FLOAT_FLOOR
from theorycheck.inputs.numbers import Floats

Alone: TypeAlias = Callable[[int], Moments]
"""Gives the moments of one student, by its number in the batch."""
Centres: TypeAlias = Callable[[NDArray[np.intp]], Floats]
"""Gives sum_i pi_i c_i of some students to full relative accuracy, by their numbers."""
_Found = TypeVar("_Found")

_LOG_TOLERANCE = math.log(FINEST)
_FAR, _FARTHEST = 12.0, 48.0
"""From the first on, exponentials might overflow; beyond the last, grids fill the cache."""
_TOGETHER = 24_000
"""Entries of an array (students, means, nodes): few calls, and arrays that stay in the cache."""
_KINDS = (SERIES_REACH, _FAR, _FARTHEST)
_NEAR, _DIRECT, _OUTER = range(3)
"""Kinds of groups, by the largest mean; those beyond `_FARTHEST` are summed one by one."""
_NEAR_RUNGS = (*GAUSS_REACHES, SERIES_REACH, SERIES_FARTHEST)
"""Groups near the optimum, by the largest mean."""
_RUNGS = 2
"""Groups farther off, for a factor of two in the spread."""


class _Group(NamedTuple):
    """Students that share an axis: their numbers in the batch, means (B, n), weights (B, n)."""

    kind: int
    some: NDArray[np.intp]
    c: Floats
    weights: Floats
    axis: FloatAxis


def in_batches(
    components: Mapping[int, int], together: Callable[[list[int]], Iterable[_Found]]
) -> dict[int, _Found]:
    """What `together` gives for students, by their numbers: a call for each number of components.

    components: n of every student, by its number.
    """
    batches: dict[int, list[int]] = defaultdict(list)
    for student, n in components.items():
        batches[n].append(student)
    found: dict[int, _Found] = {}
    for batch in batches.values():
        found.update(zip(batch, together(batch), strict=True))
    return found


def line_gradients(c: Floats, weights: Floats, alone: Alone) -> Floats:
    """The gradients (B, n) of students with means (B, n) and weights (B, n): n sums each, not n^2.

    Their rounding errors are below those of the next iterate of gradient EM.
    """
    gradient = np.empty_like(c)
    groups, left = _grouped(c, weights)
    for group in groups:
        gradient[group.some] = (_near_gradient if group.kind == _NEAR else _direct_gradient)(group)
    for b in left:
        gradient[b] = alone(b).gradient[:, 0]
    return gradient


def nearest_gradient(c: Floats, weights: Floats) -> Floats | None:
    """The same (n,) of a single student so near the optimum that Gauss's nodes suffice, or None.

    In a third of the time of all its moments.
    """
    rung = bisect_left(GAUSS_REACHES, float(abs(c).max()))
    if rung == len(GAUSS_REACHES):
        return None
    axis = gauss_grid(1, rung).parts[0].axes[0]
    charge(40, "the gradient of a step")
    alone = _Group(_NEAR, np.zeros(1, np.intp), c[None], weights[None], axis)
    gradient: Floats = _near_gradient(alone)[0]
    return gradient


def line_moments(c: Floats, weights: Floats, centres: Centres, alone: Alone) -> Moments:
    """The moments of students with means (B, n) and weights (B, n); every field begins with B.

    They are as accurate as those of `float_moments`: where direct sums cancel, by series.
    """
    b, n = c.shape
    shapes = ((b,), (b, n), (b, n, n), (b, n, 1), (b,), (b, n, 1))
    found = Moments(*(np.empty(shape) for shape in shapes))
    groups, left = _grouped(c, weights)
    near = [group for group in groups if group.kind == _NEAR]
    cancelled = [np.empty(0, dtype=np.intp)]
    for group in groups:
        if group.kind != _NEAR:
            part, is_kept = _direct_moments(group)
            _put(part, group.some, found)
            cancelled.append(group.some[~is_kept])
    some = np.concatenate(cancelled)
    is_in_reach = abs(c[some]).max(axis=1) <= SERIES_FARTHEST
    left += some[~is_in_reach].tolist()
    for group in near + _pieces(_NEAR, len(GAUSS_REACHES) + 1, some[is_in_reach], c, weights):
        _put(_near_moments(group, centres(group.some)), group.some, found)
    for k in left:
        for field, entries in zip(found, alone(k), strict=True):
            field[k] = entries
    return found


def _put(part: Moments, some: NDArray[np.intp], found: Moments) -> None:
    """Write the moments of some students into those of all."""
    for field, entries in zip(found, part, strict=True):
        field[some] = entries


def _grouped(c: Floats, weights: Floats) -> tuple[list[_Group], list[int]]:
    """The groups, in pieces that stay in the cache, and the students that are in none."""
    largest = abs(c).max(axis=1)
    kinds = np.searchsorted(_KINDS, largest)  # NaN is beyond all
    spreads = np.clip(np.ptp(c, axis=1), 2.0**-4, 2.0 * _FARTHEST)
    rungs = np.ceil(_RUNGS * np.log2(spreads)).astype(int)
    rungs[kinds == _NEAR] = np.searchsorted(_NEAR_RUNGS, largest[kinds == _NEAR])
    groups = []
    for kind in (_NEAR, _DIRECT, _OUTER):
        for rung in np.unique(rungs[kinds == kind]).tolist():
            some = np.flatnonzero((kinds == kind) & (rungs == rung))
            groups += _pieces(kind, rung, some, c, weights)
    return groups, np.flatnonzero(kinds == len(_KINDS)).tolist()


def _pieces(
    kind: int, rung: int, some: NDArray[np.intp], c: Floats, weights: Floats
) -> list[_Group]:
    """Some students on an axis that they share, in pieces that stay in the cache."""
    if not len(some):
        return []
    largest = abs(c[some]).max(axis=1)
    axis = _shared_axis(kind, rung, largest.max(), weights[some].min())
    if kind == _NEAR:  # the nearer, the shorter the series: together with their like
        some = some[largest.argsort()]
    step = max(1, _TOGETHER // (c.shape[1] * len(axis.x)))
    pieces = (some[start : start + step] for start in range(0, len(some), step))
    return [_Group(kind, few, c[few], weights[few], axis) for few in pieces]


def _shared_axis(kind: int, rung: int, largest: float, weight: float) -> FloatAxis:
    """An axis for all students of a group, whose means are within `largest`."""
    if kind == _NEAR and rung < len(GAUSS_REACHES):
        return gauss_grid(1, rung).parts[0].axes[0]
    if kind == _NEAR:
        # One of a few, so that they and their Hermite polynomials are kept.
        farthest = _NEAR_RUNGS[rung]
        spread, finer = 2 * farthest, 9
        reach = math.sqrt(2 * (6 - _LOG_TOLERANCE)) + farthest
    else:
        smallest = 2 * math.log(max(weight, 5e-324)) - largest * largest - 2
        reach = math.sqrt(2 * (1 - _LOG_TOLERANCE - max(smallest, FLOAT_FLOOR)))
        spread, finer = 2.0 ** (rung / _RUNGS), 0
    return float_grid([spread], reach, _LOG_TOLERANCE - finer).parts[0].axes[0]


def _near_gradient(group: _Group) -> Floats:
    """E psi_i v = pi_i (E v + E (psi_i / pi_i - 1) v), as in `near_optimum_moments`.

    psi_i / pi_i - 1 = (e_i - u) / (1 + u) is not formed: with r = 1 / (1 + u), v less its mean m is
    (sum_i pi_i c_i e_i - u m) r, whose sum is a Hermite series too.
    """
    weighted = group.weights * group.c
    series = hermite_series(group.c[:, :, None], group.weights)
    series = np.concatenate([series, np.vecmat(weighted, series[:, :-1])[:, None]], axis=1)
    shape, terms = series.shape[:2], series.shape[2]
    rows = (series.reshape(-1, terms) @ group.axis.hermite[:terms]).reshape(*shape, -1)
    u, mean = rows[:, -2], series[:, -2, :1]
    shares = group.axis.weights / (1 + u)
    v = (rows[:, -1] - u * mean) / (1 + u)
    sums = rows[:, :-1] @ np.stack([u * shares, v * shares], axis=-1)
    sums = sums[:, :-1] - sums[:, -1:]
    bends, turns = -sums[..., 0], sums[..., 1]
    bend = (weighted * bends).sum(axis=1, keepdims=True)
    gradient: Floats = group.weights * (mean + bend + bends * mean + turns)
    return gradient


def _ratios(group: _Group) -> tuple[Floats, Floats]:
    """pi_i e^{l_i - peak} at the nodes (B, n, N), and the peaks, 0 unless means are far."""
    table: Floats = group.axis.x - group.c[:, :, None] / 2
    table *= group.c[:, :, None]
    peaks: Floats = np.zeros((1, 1))
    if group.kind == _OUTER:
        peaks = table.max(axis=1)
        table -= peaks[:, None]
    np.exp(table, out=table)
    table *= group.weights[:, :, None]
    return table, peaks


def _direct_gradient(group: _Group) -> Floats:
    """E psi_i v as it is, from the exponentials of `direct_moments`."""
    table, _ = _ratios(group)
    total = np.add.reduce(table, axis=1)
    v = np.vecmat(group.c, table)
    v *= group.axis.weights / (total * total)
    gradient: Floats = np.matvec(table, v)
    return gradient


def _near_moments(group: _Group, means: Floats) -> Moments:
    """As `near_optimum_moments` in one dimension, for many."""
    c, weights = group.c, group.weights
    series = hermite_series(group.c[:, :, None], group.weights)
    series[:, -1, 0] = means
    shape, terms = series.shape[:2], series.shape[2]
    rows = (series.reshape(-1, terms) @ group.axis.hermite[:terms]).reshape(*shape, -1)
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
    psi, peaks = _ratios(group)
    total = np.add.reduce(psi, axis=1)
    psi *= (axis.root_weights / total)[:, None]
    log_total = np.log(total, out=total)
    log_total += peaks
    loss = -(log_total @ axis.weights)
    overlap = gram(psi)
    gradient, sizes = np.matvec(overlap, c), np.matvec(overlap, abs(c))
    fisher = (c * gradient).sum(axis=1)
    is_kept = (
        (loss > KEPT * NEAR_ONE)
        & (fisher > KEPT * (abs(c) * sizes).sum(axis=1))
        & (abs(gradient).max(axis=1) > KEPT * sizes.max(axis=1))
    )
    masses, places = overlap.sum(axis=2), _positions(c, overlap)
    return Moments(loss, masses, overlap, gradient[..., None], fisher, places), is_kept


def _positions(c: Floats, overlap: Floats) -> Floats:
    """As `positions`, for many."""
    found: Floats = (overlap * (c[:, :, None] - c[:, None])).sum(axis=2)
    return found[..., None]
