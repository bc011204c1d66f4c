"""The one primitive: expectations under N(0, I_k) for means in reduced coordinates.

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
from theorycheck.expectations.moments import Moments

MAX_BALL_RANK = 3


def moments(
    coordinates: Array,
    weights: Array,
    mean: Callable[[], Array],
    arithmetic: Arithmetic,
    accuracy: float = FINEST,
) -> Moments:
    """Population quantities of a student in reduced coordinates, truth N(0, I_k).

    coordinates: (n, k) means. weights: (n,). mean: gives (k,) sum_i pi_i c_i to full relative
    accuracy; it is asked for where means are near the optimum, as exactness has its price.
    Balls are computed at the precision in force, which the caller sets (`Ball.scope`).
    accuracy: what float64 sums aim at, relatively; coarser is faster.
    Raises UnsupportedRank or TooExpensive. Source: theory.md, sections 0 and 2.
    """
    if coordinates.shape[1] == 0:
        return _point_moments(weights, arithmetic)
    if isinstance(arithmetic, Ball):
        check_rank(coordinates.shape[1], arithmetic)
        return ball_moments(coordinates, weights, arithmetic)
    return float_moments(coordinates, weights, mean, accuracy)


def _point_moments(weights: Array, arithmetic: Arithmetic) -> Moments:
    """All means equal: responsibilities are the weights."""
    zero = arithmetic.scalar(flint.fmpq(0))
    no_axes = np.empty((len(weights), 0), dtype=weights.dtype)
    return Moments(zero, weights, np.outer(weights, weights), no_axes, zero, no_axes)


def check_rank(rank: int, arithmetic: Arithmetic) -> None:
    """Raise UnsupportedRank if the arithmetic does not integrate over so many dimensions."""
    if arithmetic.is_rigorous and rank > MAX_BALL_RANK:
        raise UnsupportedRank(
            f"the affine rank of the means is {rank}; "
            f"ball arithmetic integrates up to rank {MAX_BALL_RANK}"
        )
