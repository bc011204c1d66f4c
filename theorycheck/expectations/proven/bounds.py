"""What the sums over a grid can be off by: the counts of Lemma P, and the error of the grid.

Roundings are counted from the sizes of a grid and of its slabs; its own error and what it leaves
out come from its axes. Every bound is a double that is rounded up.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from theorycheck.arithmetic.logarithm import ERROR, SMALL_UNITS
from theorycheck.expectations.proven.axes import PreparedAxis
from theorycheck.expectations.proven.rectangles import rectangles_of, weight_left_out
from theorycheck.expectations.proven.terms import UP, Grid, Means

UNIT = 2.0**-53 * (1 + 2.0**-50)
"""v, rounded up."""
UNDERFLOW, _MODERATE_UNDERFLOW = 2.0**-1000, 2.0**-340
MORE = 1 + 1e-9
"""Covers the rounding of what was summed, where a radius is a share of it."""


class _Units(NamedTuple):
    """Roundings on the way to a sum, by Lemma P.

    overlap: of G_ij. share: of p_i and E psi_i |x|. term: of sum_j t_j at a node. log_sum: of the
    sum of w log S, but for its logarithms.
    """

    overlap: int
    share: int
    term: int
    log_sum: int


def _units(grid: Grid) -> _Units:
    axes, n, rank = grid.axes, grid.components, len(grid.axes)
    additions = rectangles_of(grid).additions if grid.is_moderate else grid.additions
    of_term = rank - 1 + sum(3 + 4 * axis.longest_walk for axis in axes)
    of_row = 2 * of_term + n + 3 * rank
    return _Units(
        overlap=2 * of_row + additions,
        share=of_row + 3 * rank + 1 + additions,
        term=of_term + n - 1,
        log_sum=3 * rank + additions,
    )


class Bounds(NamedTuple):
    """What the sums over a grid can be off by, as doubles rounded up.

    overlap, share: of G_ij, and of p_i and E psi_i |x|, relative to what was computed; all errors.
    rounding: the same of the last two, by rounding alone. left_out: absolute, of G_ij and p_i.
    moment: absolute, of E psi_i x by the grid. relative: of the grid, for all overlaps.
    log_size, log: of the sum of w log S, relative to that of w |log S|, and absolute.
    total, small: of the sum of w (S - 1 - log S), relative to that of w |S - 1|, and to itself;
    excess: absolute, with what the sum of w (S - 1) is beside 0.
    loss: of the loss by the grid; it is linear in the sizes of the means.
    """

    overlap: float
    share: float
    rounding: float
    left_out: float
    moment: float
    relative: float
    log_size: float
    log: float
    total: float
    small: float
    excess: float
    loss: _LossBound


class _LossBound(NamedTuple):
    """Factors of |r|^2, of the largest squared norm and, by axis, of spreads and largest means."""

    shift: float
    square: float
    spreads: list[float]
    largest: list[float]
    fixed: float


@lru_cache(maxsize=1024)
def bounds_of(grid: Grid) -> Bounds:
    """The bounds of Lemma P, and of `trapezoid.grid_error` for prepared axes, kept."""
    axes, units = grid.axes, _units(grid)
    rounding, total_error = relative_error(units.share), relative_error(units.term)
    # prod (1 + e_k) - 1 <= s (1 + s) for s = sum e_k <= 1
    total = UP * sum(axis.relative for axis in axes)
    assert total <= 0.6  # 1/10 an axis is the coarsest tolerance, so that relative < 1
    relative, growth = UP * total * (1 + total), 1 + UP * total * (1 + total)
    tails = sum(axis.tail for axis in axes)
    corners = _corners(grid) if grid.is_moderate else 0.0
    underflow = grid.size * (UNDERFLOW if len(axes) == 1 else _MODERATE_UNDERFLOW)

    def with_grid(share: float) -> float:
        return UP * (share + relative * (1 + share) / (1 - relative))

    moments = [
        relative * growth * (2 + axis.strip) + growth * (axis.edge + tails) + axis.reach * corners
        for axis in axes
    ]
    left_out = UP * ((growth * tails + corners) / (1 - relative) + underflow)
    return Bounds(
        overlap=with_grid(relative_error(units.overlap)),
        share=with_grid(rounding),
        rounding=rounding,
        left_out=left_out,
        moment=UP * (max(moments) + underflow),
        relative=relative,
        log_size=MORE * (relative_error(units.log_sum) + ERROR),
        log=UP * growth * (relative_error(units.term) + ERROR) + underflow,
        total=total_error * (1 + 2 * total_error),
        small=relative_error(units.log_sum + SMALL_UNITS),
        excess=UP * (4 * total_error**2 + _excess_error(axes)) + underflow,
        loss=_loss_bound(axes, relative, left_out, corners),
    )


def _corners(grid: Grid) -> float:
    """W, from sums over rows and columns, and over rectangles, of which there are fewer."""
    rounding = relative_error(2 * grid.size + 4 * len(grid.axes))
    return UP * weight_left_out(grid) * (1 + rounding)


def relative_error(units: float) -> float:
    """An upper bound of e^{units v} - 1, for at most 2^52 units."""
    exponent = units * UNIT
    return UP * exponent * (1 + exponent)


def _loss_bound(
    axes: tuple[PreparedAxis, ...], relative: float, left_out: float, corners: float
) -> _LossBound:
    """Lemma Q' axis by axis and what the grid leaves out, as in `trapezoid.grid_error`.

    With D_k the spread, b_k the largest mean and o_k = max |c_i|^2 / 2 + sum_{j != k} b_j, that is
    (1 + relative) sum_k plain_k (D_k / 2 + o_k + bend_k) + edge_k b_k + tail_k o_k. The weights of
    the grid multiply |r|^2 / 2 by nearly 1. From rank 5 on, |r|^2 may be larger than any |c_i|^2.
    corners: W of Lemma P, which left_out has in it for |r|^2 / 2.
    """
    growth = UP * (1 + relative)
    both = [axis.plain + axis.tail for axis in axes]
    return _LossBound(
        shift=growth * (relative + left_out) / 2,
        square=growth * (sum(both) + corners) / 2,
        spreads=[growth * axis.plain / 2 for axis in axes],
        largest=[
            growth * (axis.edge + sum(both[:k]) + sum(both[k + 1 :]) + 2 * axis.reach * corners)
            for k, axis in enumerate(axes)
        ],
        fixed=growth * sum(axis.plain * axis.bend for axis in axes),
    )


def _excess_error(axes: tuple[PreparedAxis, ...]) -> float:
    """An upper bound of |sum w (S - 1)| for means no farther out than X - `_SPARE_REACH`.

    Up to pi_i, e^{<x, c_i> - |c_i|^2 / 2} phi is the density of N(c_i, I), whose modulus on the
    strip is that on the line times e^{a^2/2}. So the rule sums it on each axis to 1 up to the error
    of Lemma Q without a cosine, and what is left out up to P(|z| > `_SPARE_REACH`) < 3e-19; and phi
    as well. 1e-18 also holds where rounding makes X a little smaller. prod (1 + e_k) - 1 as above.
    """
    total = sum(axis.plain + 1e-18 for axis in axes)
    return 2 * total * (1 + total)


def loss_error(grid: Grid, means: Means, rounding: float) -> float:
    """An upper bound of the error of the sum that is the loss, but for |r|^2 / 2."""
    bounds = bounds_of(grid)
    loss = bounds.loss
    absolute = bounds.excess if grid.cancels else bounds.log
    error = loss.fixed + loss.square * means.square + absolute + rounding
    for r, spread, size, of_spread, of_size in zip(
        means.middles, means.spreads, means.largest, loss.spreads, loss.largest, strict=True
    ):
        error += loss.shift * r * r + of_spread * spread + of_size * size
    return UP * error
