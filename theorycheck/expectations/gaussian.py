"""Expectations under N(0, I_k) for means in reduced coordinates, in either arithmetic.

`population` turns any mixture and any truth into calls of `moments`. Each field is a sum over a
grid of `trapezoid`; in ball arithmetic the grid's proven error is added to every sum.
"""

from __future__ import annotations

from collections.abc import Callable

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Arithmetic, Array, Ball
from theorycheck.errors import UnsupportedRank
from theorycheck.expectations.balls import ball_moments
from theorycheck.expectations.float64.regimes import FINEST, float_moments
from theorycheck.expectations.moments import Moments, embedded
from theorycheck.expectations.proven import MAX_PROVEN_RANK, PROVEN_DIGITS, proven_moments
from theorycheck.inputs.numbers import Floats

MAX_BALL_RANK = 3
"""Of grids summed in Arb; float64 sums with a proven error reach `MAX_PROVEN_RANK`."""


def moments(
    coordinates: Array,
    weights: Array,
    mean: Callable[[], Array],
    arithmetic: Arithmetic,
    accuracy: float = FINEST,
) -> Moments:
    """Population quantities of a student in reduced coordinates, truth N(0, I_k).

    coordinates: (n, k) means. weights: (n,). mean: gives (k,) sum_i pi_i c_i to full relative
    accuracy; it is called only where means are near the optimum, because it is costly.
    Balls are computed at the precision in force, which the caller sets (`Ball.scope`).
    accuracy: what float64 sums aim at, relatively; coarser is faster.
    Raises UnsupportedRank or TooExpensive. Source: theory.md, sections 0 and 2.
    """
    if coordinates.shape[1] == 0:
        return _point_moments(weights, arithmetic)
    if isinstance(arithmetic, Ball):
        return _enclosed(coordinates, weights, arithmetic)
    if arithmetic.absolute_accuracy is not None:
        aim = arithmetic.absolute_accuracy
        return float_moments(coordinates, weights, mean, aim, is_absolute=True)
    return float_moments(coordinates, weights, mean, accuracy)


def moments_along(
    axes: Floats,
    means: Floats,
    weights: Floats,
    centre: Callable[[], Floats],
    arithmetic: Arithmetic,
    accuracy: float = FINEST,
) -> Moments:
    """Float64 moments of means (n, d) in orthonormal axes (k, d) of their affine span.

    centre: gives sum_i pi_i mu_i, (d,), to full relative accuracy.
    """
    inner = moments(means @ axes.T, weights, lambda: axes @ centre(), arithmetic, accuracy)
    is_full = len(axes) == means.shape[1]
    return embedded(inner, axes, None if is_full else common_offset(axes, centre()))


def common_offset(axes: Floats, centre: Floats) -> Floats:
    """The part of the weighted mean orthogonal to the axes, which is common to all means."""
    offset: Floats = centre - (axes @ centre) @ axes
    return offset


def _enclosed(coordinates: Array, weights: Array, arithmetic: Ball) -> Moments:
    """Enclosures by float64 sums with a proven error where they suffice, by Arb's otherwise."""
    rank = coordinates.shape[1]
    check_rank(rank, arithmetic)
    if arithmetic.digits <= PROVEN_DIGITS:
        may_be_coarser = arithmetic.is_quick or rank > MAX_BALL_RANK
        found = proven_moments(coordinates, weights, arithmetic.digits, may_be_coarser)
        if found is not None:
            return found
        check_rank(rank, Ball(PROVEN_DIGITS + 1))
    return ball_moments(coordinates, weights, arithmetic)


def _point_moments(weights: Array, arithmetic: Arithmetic) -> Moments:
    """All means equal: responsibilities are the weights."""
    zero = arithmetic.scalar(flint.fmpq(0))
    no_axes = np.empty((len(weights), 0), dtype=weights.dtype)
    return Moments(zero, weights, np.outer(weights, weights), no_axes, zero, no_axes)


def check_rank(rank: int, arithmetic: Arithmetic) -> None:
    """Raise UnsupportedRank if the arithmetic does not integrate over that many dimensions."""
    if not isinstance(arithmetic, Ball):
        return
    is_short = arithmetic.digits <= PROVEN_DIGITS
    most = MAX_PROVEN_RANK if is_short else MAX_BALL_RANK
    if rank > most:
        hint = f", or {MAX_PROVEN_RANK} with at most {PROVEN_DIGITS} digits"
        raise UnsupportedRank(
            f"the affine rank of the means is {rank}; "
            f"ball arithmetic integrates up to rank {most}{'' if is_short else hint}"
        )
