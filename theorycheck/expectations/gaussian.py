"""Expectations under N(0, I_k) for means in reduced coordinates, in either arithmetic.

`population` turns any mixture and any truth into calls of `moments`. Each field is a sum over a
grid of `trapezoid`; in ball arithmetic the grid's proven error is added to every sum.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Arithmetic, Array, Ball
from theorycheck.errors import UnsupportedRank
from theorycheck.expectations.balls import FAR_OUT, ball_moments
from theorycheck.expectations.float64.regimes import FINEST, float_moments
from theorycheck.expectations.moments import Moments, embedded
from theorycheck.expectations.proven.moments import MAX_PROVEN_RANK, proven_moments, small_moments
from theorycheck.expectations.proven.near_optimum import FARTHEST_NEAR, near_moments
from theorycheck.expectations.proven.terms import PROVEN_DIGITS
from theorycheck.inputs.numbers import Floats

SMALL_LOSS, _NOT_TINY_LOSS, _NEAR = 0.0101, 1e-4, (0, 1 / 2, 1 / 4, 1 / 4)
"""Above the first loss nothing cancels. Above the second, sums over the whole grid are faster than
those near the optimum, and as accurate, if a mean is beyond `_NEAR`, by rank."""
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


def moments_of_small_loss(
    coordinates: Array,
    weights: Array,
    mean: Callable[[], Array],
    loss: float,
    arithmetic: Ball,
) -> Moments | None:
    """Enclosures of some 12 digits by float64 sums in which a small loss does not cancel.

    coordinates: (n, k), k > 0, as balls. loss: an estimate of it, as `estimated_loss`. Other
    arguments as of `moments`. None where it is not small, or no such sums serve; and where they
    take longer than those of `moments`, if the arithmetic is quick.
    """
    rank = coordinates.shape[1]
    if loss > SMALL_LOSS or rank > MAX_BALL_RANK or arithmetic.digits > PROVEN_DIGITS:
        return None
    if arithmetic.is_quick and _is_beyond(coordinates, FARTHEST_NEAR[rank]):
        return None

    def near() -> Moments | None:
        return near_moments(coordinates, weights, mean)

    def small() -> Moments | None:
        return small_moments(coordinates, weights, loss)

    if loss > _NOT_TINY_LOSS and _is_beyond(coordinates, _NEAR[rank]):
        return small() or near()
    return near() or small()


def _is_beyond(coordinates: Array, distance: float) -> bool:
    """True if the norm of a mean is, roughly."""
    return any(math.hypot(*map(float, row)) > distance for row in coordinates.tolist())


def estimated_loss(coordinates: Array, weights: Array) -> float:
    """About |m|^2 / 2 + tr(C^2) / 4, with m the mean and C = sum_i pi_i c_i c_i^T, of balls (n, k).

    Far means count as at `FAR_OUT`: their components make the loss no larger than their weights.
    """
    columns = [list(map(float, column)) for column in coordinates.T.tolist()]
    shares = list(map(float, weights.tolist()))
    norms = list(map(math.hypot, *columns))
    if max(norms) > FAR_OUT:
        factors = [FAR_OUT / max(norm, FAR_OUT) for norm in norms]
        columns = [list(map(operator.mul, column, factors)) for column in columns]
    square, spread = 0.0, 0.0
    for k, column in enumerate(columns):
        weighted = list(map(operator.mul, shares, column))
        square += sum(weighted) ** 2
        spread += sum(map(operator.mul, weighted, column)) ** 2
        spread += 2 * sum(sum(map(operator.mul, weighted, other)) ** 2 for other in columns[:k])
    return square / 2 + spread / 4


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
