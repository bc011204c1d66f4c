"""The gradient flow of the population loss, in float64, over exponentially long times.

On a plateau the solver's steps grow until something moves, and on the t^-2 tail they grow with t:
thousands of evaluations of the gradient reach t = 10^12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.dynamics.span import SpanPopulation
from theorycheck.dynamics.trajectory import Trajectory
from theorycheck.errors import InvalidValue, TooExpensive
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Number, exact_vector, within

MAX_EVALUATIONS = 200_000
_FINEST, _COARSEST = 1e-12, 1e-2
_RELATIVE_FLOOR = 1e-6
"""Absolute tolerance in units of the relative one: means may shrink to 1e-6 and keep accuracy."""


@dataclass(frozen=True, eq=False)
class Flow(Trajectory):
    """The gradient flow at the given times: a `Trajectory` whose times are real numbers.

    Attributes:
        coordinates: (T, n, r), the means in the axes of their span.
        axes: (r, d), orthonormal.
        weights: (n,), of the mixture.
        loss: (T,), KL(truth || iterate).
        fisher_divergence: (T,), from the truth.
        times: (T,), as they were given.
        start: (n, d), the means at t = 0.
    """

    times: Floats


def gradient_flow(
    mixture: Mixture,
    times: object,
    *,
    truth: Mixture | None = None,
    tolerance: Number = 1e-9,
) -> Flow:
    """Gradient flow d mu_i / dt = -grad_i of the population loss, from the mixture at t = 0.

    Above affine rank 5 the gradient is an estimate, the same for all times (see `population`).

    Args:
        mixture: the start, n components in d dimensions.
        times: (T,), increasing and not negative.
        truth: None for N(0, I_d), or a mixture in d dimensions.
        tolerance: relative error allowed in every coordinate per step of the solver (LSODA),
            1e-12 to 1e-2.

    Returns:
        The flow at the times, with its loss and Fisher divergence.

    Raises:
        InvalidValue: an argument is out of its range.
        InvalidType: an argument is of the wrong type.
        TooExpensive: the solver gives up.

    Example:
        >>> float(gradient_flow(Mixture([2.0]), times=[1.0]).means[0, 0, 0].round(6))
        0.735759

    Source:
        theory.md, section 0.
    """
    instants = _increasing(times)
    checked = within(tolerance, "tolerance", _FINEST, _COARSEST)
    span = SpanPopulation(mixture, truth)
    coordinates = _integrate(span, instants, checked, is_centred=truth is None)
    along = [span.at(y) for y in coordinates]
    return Flow(
        coordinates=coordinates,
        axes=span.axes,
        weights=span.weights,
        loss=np.array([here.loss for here in along], dtype=float),
        fisher_divergence=np.array([here.fisher_divergence for here in along], dtype=float),
        times=instants,
        start=span.given,
    )


def _increasing(times: object) -> Floats:
    instants = FLOAT64.array(exact_vector(times, "times"))
    if len(instants) == 0:
        raise InvalidValue("times is empty; at least one is needed")
    if instants[0] < 0:
        raise InvalidValue(f"times[0] is {instants[0]}; it must not be negative")
    falling = np.flatnonzero(np.diff(instants) <= 0)
    if len(falling) > 0:
        k = int(falling[0]) + 1
        raise InvalidValue(f"times[{k}] is {instants[k]}; it must be above times[{k - 1}]")
    return instants


def _integrate(span: SpanPopulation, times: Floats, tolerance: float, is_centred: bool) -> Floats:
    """Coordinates (T, n, r) at the times."""
    shape = span.start.shape
    if times[-1] == 0 or span.start.size == 0:
        return np.repeat(span.start[None], len(times), axis=0)
    solution = scipy.integrate.solve_ivp(
        _velocity(span),
        (0.0, times[-1]),
        span.start.ravel(),
        method="LSODA",
        t_eval=times,
        rtol=tolerance,
        atol=tolerance * _RELATIVE_FLOOR,
        jac=_slope(span) if is_centred else None,
    )
    if not solution.success:
        raise TooExpensive(f"the flow was not solved to t = {times[-1]:.6g}: {solution.message}")
    coordinates: Floats = solution.y.T.reshape(len(times), *shape)
    return coordinates


def _velocity(span: SpanPopulation) -> Callable[[float, Floats], Floats]:
    """-grad, flattened; raises TooExpensive after `MAX_EVALUATIONS` calls."""
    shape, evaluations = span.start.shape, iter(range(MAX_EVALUATIONS))

    def velocity(time: float, y: Floats) -> Floats:
        if next(evaluations, None) is None:
            raise TooExpensive(f"the flow needs over {MAX_EVALUATIONS} gradients by t = {time:.6g}")
        downhill: Floats = -span.at(y.reshape(shape)).gradient.ravel()
        return downhill

    return velocity


def _slope(span: SpanPopulation) -> Callable[[float, Floats], Floats]:
    """-G for every coordinate, in place of the Jacobian of -G mu.

    It has the exact fast direction, the weights, to rounding; what it leaves out is as slow as the
    motion. Differences of the gradient would swamp the slow directions once t is 10^10. Under a
    mixture truth nothing is that slow, and the solver takes differences.
    """
    n, r = span.start.shape

    def slope(_: float, y: Floats) -> Floats:
        overlap = span.at(y.reshape(n, r)).overlap
        jacobian: Floats = np.kron(-overlap, np.eye(r)).astype(np.float64, copy=False)
        return jacobian

    return slope
