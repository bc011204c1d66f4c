"""Gradient EM and EM in float64, from exact expectations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.arithmetic.arithmetics import FLOAT64
from theorycheck.dynamics.span import SpanPopulation
from theorycheck.errors import InvalidType, InvalidValue, TooExpensive
from theorycheck.expectations.float64.regimes import FINEST
from theorycheck.expectations.moments import Moments
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, Number, positive, whole_number
from theorycheck.notebook import steps_in_cell, trajectory_html
from theorycheck.pictures import plot_trajectory

Progress: TypeAlias = Callable[[int, int], None]
Advance: TypeAlias = Callable[[Floats, Moments | None], Floats]
"""The next coordinates, from those of an iterate and its moments, where these are known."""
Record: TypeAlias = str | Sequence[int] | NDArray[np.int64]
MAX_STEPS = 100_000_000
_PER_DECADE = 50
_FIRST, _APART = 1.0, 0.3
"""Seconds until the progress of a run is told, and then from one time to the next."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The recorded iterates of gradient EM or EM, and quantities along them.

    The arrays are read-only.

    Attributes:
        coordinates: (T, n, r), the means in the axes of their span.
        axes: (r, d), orthonormal.
        weights: (n,), of the mixture.
        loss: (T,), KL(truth || iterate).
        fisher_divergence: (T,), of the iterates from the truth.
        times: (T,), the steps t that were recorded, increasing.
        start: (n, d), the means at t = 0.
    """

    coordinates: Floats
    axes: Floats
    weights: Floats
    loss: Floats
    fisher_divergence: Floats
    times: NDArray[Any]
    start: Floats

    def __post_init__(self) -> None:
        for array in vars(self).values():  # some are shared: with a mixture, a cache, a batch
            array.setflags(write=False)

    @property
    def means(self) -> Floats:
        """The iterates in the original coordinates, shape (T, n, d)."""
        means: Floats = self.coordinates @ self.axes
        if self.times[0] == 0:
            means[0] = self.start  # the coordinates are rounded
        return means

    @property
    def energy(self) -> Floats:
        """U(t) = sum_i |mu_i(t)|^2, shape (T,)."""
        energy: Floats = (self.coordinates**2).sum(axis=(1, 2))
        return energy

    @property
    def weighted_distance(self) -> Floats:
        """W(t) = sum_i pi_i |mu_i(t)|^2, shape (T,)."""
        distance: Floats = (self.coordinates**2).sum(axis=2) @ self.weights
        return distance

    def plot(self, axes: Any = None) -> Any:
        """Draw loss, Fisher divergence and distances against time, on logarithmic axes.

        axes: of Matplotlib; those of a new figure by default. Returns them.
        """
        return plot_trajectory(self, axes)

    def _repr_html_(self) -> str:
        return trajectory_html(self)


def gradient_em(
    mixture: Mixture,
    step_size: Number,
    steps: int,
    *,
    truth: Mixture | None = None,
    record: Record = "all",
    accuracy: float = FINEST,
    progress: Progress | None = None,
) -> Trajectory:
    """Gradient EM, mu_i+ = mu_i - eta grad_i, on the population loss in float64.

    Args:
        mixture: the start, n components in d dimensions.
        step_size: eta, positive.
        steps: number of iterations, at most `MAX_STEPS`.
        truth: None for N(0, I_d), or a mixture in d dimensions.
        record: "all" iterates, "log" for about 50 per factor of ten, or the steps to record,
            increasing.
        accuracy: relative accuracy aimed at in every overlap, 1e-16 to 1e-3. The loss near the
            optimum has about two digits less.
        progress: called with the steps done and all steps, a few times in a second of a run of
            more than one, and at its end. By default a line in a notebook, and nothing elsewhere.

    Returns:
        The recorded iterates, with their loss and Fisher divergence.

    Raises:
        InvalidValue: an argument is out of its range.
        InvalidType: an argument is of the wrong type.
        TooExpensive: no grid can be formed for an iterate.

    Example:
        >>> gradient_em(Mixture([2.0]), step_size=0.5, steps=2).means.ravel().tolist()
        [2.0, 1.0, 0.5]

    Source:
        theory.md, section 0.
    """
    eta = FLOAT64.scalar(positive(step_size, "step_size"))
    span = SpanPopulation(mixture, truth, accuracy)
    times = recorded_times(record, step_count(steps))
    return iterate(span, times, gradient_step(span, eta), progress)


def gradient_step(span: SpanPopulation, eta: float) -> Advance:
    """A step of gradient EM, always from all moments: so what is recorded changes no iterate."""
    return lambda y, here: y - eta * (span.at(y) if here is None else here).gradient


def iterates(
    mixture: Mixture, truth: Mixture | None, step_size: float, times: Sequence[int]
) -> Trajectory:
    """Gradient EM recorded at some times, at least one, in increasing order.

    The steps ask for the gradient alone, which on a line near the optimum takes a third of the time
    of all moments; so the last digits are not those of `gradient_em`, and no iterate depends on
    which others are asked for. Raises as `gradient_em`.
    """
    eta = float(positive(step_size, "step_size"))
    some = [whole_number(time, "times", least=0, most=MAX_STEPS) for time in times]
    if not some:
        raise InvalidValue("times is empty; give at least one step")
    span = SpanPopulation(mixture, truth)
    return iterate(span, np.array(some), lambda y, _: y - eta * span.gradient(y))


def em(
    mixture: Mixture,
    steps: int,
    *,
    truth: Mixture | None = None,
    record: Record = "all",
    accuracy: float = FINEST,
    progress: Progress | None = None,
) -> Trajectory:
    """EM, mu_i+ = E[psi_i x] / E psi_i, on the population in float64.

    Args:
        mixture: the start, n components in d dimensions.
        steps: number of iterations, at most `MAX_STEPS`.
        truth: None for N(0, I_d), or a mixture in d dimensions.
        record: "all", "log" or the steps to record, as for `gradient_em`.
        accuracy: relative accuracy aimed at in every overlap, 1e-16 to 1e-3.
        progress: as for `gradient_em`.

    Returns:
        The recorded iterates, with their loss and Fisher divergence.

    Raises:
        InvalidValue: an argument is out of its range.
        InvalidType: an argument is of the wrong type.
        TooExpensive: no grid can be formed, or a responsibility is too small to divide by.

    Example:
        >>> em(Mixture([2.0]), steps=1).means.ravel().tolist()
        [2.0, 0.0]

    Source:
        theory.md, section 0.
    """
    span = SpanPopulation(mixture, truth, accuracy)

    def advance(y: Floats, here: Moments | None) -> Floats:
        return _em_step(y, span.at(y) if here is None else here)

    return iterate(span, recorded_times(record, step_count(steps)), advance, progress)


def _em_step(y: Floats, here: Moments) -> Floats:
    p = here.responsibilities
    if p.min() < 1e-290:
        raise TooExpensive(
            f"the responsibility of component {int(p.argmin())} is below 1e-290, "
            "so float64 cannot resolve its EM step"
        )
    step: Floats = here.gradient / p[:, None]
    return y - step


def step_count(steps: object) -> int:
    """A number of iterations from 0 to `MAX_STEPS`, or a clear error."""
    return whole_number(steps, "steps", least=0, most=MAX_STEPS)


def recorded_times(record: Record, steps: int) -> NDArray[np.int64]:
    """The steps to keep, increasing, within 0 … steps; "all" and "log" end with the last one.

    >>> recorded_times([0, 7, 100], 100).tolist()
    [0, 7, 100]
    """
    if isinstance(record, str):
        if record not in ("all", "log"):
            raise InvalidValue(f'record is {record!r}; give "all", "log" or a list of steps')
        if record == "all":
            return np.arange(steps + 1)
        exponents = np.arange(0, _PER_DECADE * math.log10(max(steps, 1)))
        powers = np.rint(10 ** (exponents / _PER_DECADE)).astype(np.int64)
        return np.unique(np.concatenate([[0, steps], powers[powers <= steps]]))
    times = np.asarray(record)
    if times.ndim != 1 or times.size == 0 or not np.issubdtype(times.dtype, np.integer):
        raise InvalidType('record is neither "all", "log" nor a list of whole numbers')
    if times[0] < 0 or times[-1] > steps or (np.diff(times) <= 0).any():
        raise InvalidValue(f"record must be increasing and within 0 to {steps}")
    return times.astype(np.int64)


def iterate(
    span: SpanPopulation,
    times: NDArray[np.int64],
    advance: Advance,
    progress: Progress | None = None,
) -> Trajectory:
    """Apply `advance` step by step, and record the moments at the given times."""
    y, t, here = span.start, 0, None
    coordinates = np.empty((len(times), *y.shape))
    loss, fisher = np.empty(len(times)), np.empty(len(times))
    tell = _now_and_then(int(times[-1]), progress or steps_in_cell())
    for k, time in enumerate(times.tolist()):
        while t < time:
            y, t, here = advance(y, here), t + 1, None
            tell(t)
        here = here or span.at(y)
        coordinates[k], loss[k], fisher[k] = y, here.loss, here.fisher_divergence
    return Trajectory(*(coordinates, span.axes, span.weights, loss, fisher, times, span.given))


def _now_and_then(total: int, progress: Progress | None) -> Callable[[int], None]:
    """Tells the steps done every `_APART` seconds but for the first, and that all are."""
    if progress is None:
        return lambda done: None
    due = monotonic() + _FIRST

    def tell(done: int) -> None:
        nonlocal due
        if done == total or monotonic() > due:
            progress(done, total)
            due = monotonic() + _APART

    return tell
