"""The answers of `theorycheck trap` and `theorycheck trajectory`, as plain data."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Context
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theorycheck.dynamics.span import SpanPopulation
from theorycheck.dynamics.trajectory import gradient_em, step_count
from theorycheck.errors import InvalidValue, TooExpensive, UnsupportedRank
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, exact
from theorycheck.inputs.region import Region
from theorycheck.traps.certificate import (
    TrapCertificate,
    escape_time,
    explain_no_trap,
    named,
    trap_certificate,
)
from theorycheck.traps.escape_bounds import EscapeBounds, escape_bounds

SIMULATED_STEPS = 20_000
PRINTED_TIMES = 60


def trap_of_case(case: Case, step_size: Number | None = None) -> dict[str, Any]:
    """The trap certificate of a start, or why there is none and the simulated time to leave.

    Raises InvalidValue for a mixture truth, or a step size outside (0, 1].
    """
    if case.truth is not None:
        raise InvalidValue("truth is a mixture; trap certificates are for the truth N(0, I)")
    eta = _step_size(case, step_size)
    found = trap_certificate(case.mixture, eta)
    if found is not None:
        return {**_held(found), "escape": _escape_of(case.mixture, eta)}
    reason = explain_no_trap(case.mixture, eta)
    steps, outcome = _time_to_leave(case.mixture, eta)
    return {
        "escape": _escape_of(case.mixture, eta),
        "held": False,
        "reason": reason,
        "simulated_steps": steps,
        "step_size": str(eta),
        "sentence": f"no trap certificate: {reason}; {outcome}",
    }


def trap_of_region(region: Region, step_size: Number | None = None) -> dict[str, Any]:
    """When the starts of a region leave, from both sides, each relative to itself.

    Raises InvalidValue for a region that is not of starts on a line, or a step size outside (0, 1].
    """
    low, high = region.step_size or (Fraction(1), Fraction(1))
    if step_size is None and low != high:
        raise InvalidValue("the region has a range of step sizes; give one with --step-size")
    eta = low if step_size is None else exact(step_size, "step_size")
    found = _bounds_as_data(escape_bounds(region, eta))
    return {
        "region": region.to_dict(),
        "step_size": str(eta),
        "escape": found,
        "sentence": found["sentence"],
    }


def _escape_of(mixture: Mixture, eta: Fraction) -> dict[str, Any] | None:
    """Bounds of the time to leave; None for a start at the truth."""
    if mixture.is_at_optimum:
        return None
    return _bounds_as_data(escape_bounds(mixture, eta))


def _bounds_as_data(found: EscapeBounds) -> dict[str, Any]:
    """The bounds as JSON-ready data, with a sentence."""
    low, high = found.log_steps_lower, found.log_steps_upper
    least = _steps(found.steps_lower, low, ROUND_FLOOR)
    far = f"{'one of ' if len(found.far) > 1 else ''}{named(found.far)}"
    if found.steps_lower is not None and found.steps_lower == found.steps_upper:
        when = f"after exactly {_counted(found.steps_lower)}"
    elif high is None:
        when = f"after at least {least} steps"
    else:
        when = f"after {least} to {_steps(found.steps_upper, high, ROUND_CEILING)} steps"
    return {
        "steps_lower": found.steps_lower,
        "steps_upper": found.steps_upper,
        "log_steps_lower": low if math.isfinite(low) else None,
        "log_steps_upper": high,
        "far": list(found.far),
        "near": list(found.near),
        "method": found.method,
        "sentence": f"{far} comes to 5/6 of its distance {when}, certified by a {found.method}",
    }


def _steps(steps: int | None, log_steps: float, rounding: str) -> str:
    """A number of steps in full, or as a power, rounded to the side on which the bound holds."""
    if steps is not None and steps <= 10**9:
        return str(steps)
    return f"e^{{{float(Context(6, rounding).create_decimal(log_steps)):.6g}}}"


def _held(found: TrapCertificate) -> dict[str, Any]:
    steps = _power(found.log_steps)
    sentence = (
        f"{named(found.far)} {'are' if len(found.far) > 1 else 'is'} held outside radius "
        f"{found.radius:.6g} for at least {steps} {'step' if steps == '1' else 'steps'}"
    )
    return {
        "held": True,
        "log_steps": found.log_steps,
        "far": list(found.far),
        "near": list(found.near),
        "radius": found.radius,
        "near_radius": found.near_radius,
        "step_size": str(found.step_size),
        "sentence": sentence,
    }


def _power(log_steps: float) -> str:
    """e^{1249.1} > 10^{542}, or the number itself while it is readable; rounded down."""
    if log_steps < math.log(1e6):
        return str(math.floor(math.exp(log_steps)))
    if log_steps > 1e15:
        return f"e^{{{float(Context(6, ROUND_DOWN).create_decimal(log_steps)):.6g}}}"
    shown = math.floor(log_steps * 10) / 10
    return f"e^{{{shown:.1f}}} > 10^{{{math.floor(shown / math.log(10))}}}"


def escape_of_family(
    dimension: int | None, components: int, step_size: Number | None = None
) -> dict[str, Any]:
    """The certified escape time of the symmetric start in a dimension."""
    found = escape_time(dimension or 0, components, step_size if step_size is not None else 1)
    low, high = found.log_steps_lower, found.log_steps_upper
    sentence = (
        f"the start (a, -a, 0, …) with a = {found.start:.6g} stays outside radius {found.end:.6g} "
        f"for at least {_power(low)} steps: log(steps) is within [{low:.9g}, {high:.9g}], "
        f"or {low / found.dimension:.6g} per dimension"
    )
    return {
        "dimension": found.dimension,
        "components": found.components,
        "step_size": str(found.step_size),
        "start": found.start,
        "end": found.end,
        "log_steps_lower": low,
        "log_steps_upper": high,
        "steps": found.steps,
        "sentence": sentence,
    }


def _step_size(case: Case, step_size: Number | None) -> Fraction:
    if step_size is not None:
        return exact(step_size, "step_size")
    return case.step_size or Fraction(1)


def _time_to_leave(mixture: Mixture, step_size: Fraction) -> tuple[int | None, str]:
    """Steps until the largest norm is 5/6 of what it was, in float64, and a sentence about it."""
    try:
        steps = steps_to_leave(mixture, step_size)
    except (TooExpensive, UnsupportedRank) as error:
        return None, f"not simulated: {error}"
    if steps == 0:
        return steps, "the start is the optimum"
    outcome = (
        f"after {_counted(steps)}" if steps is not None else f"not within {SIMULATED_STEPS} steps"
    )
    return steps, f"simulated, the largest distance falls to 5/6 of its start {outcome}"


def _counted(steps: int) -> str:
    return "1 step" if steps == 1 else f"{steps} steps"


def steps_to_leave(
    mixture: Mixture, step_size: Fraction, most: int = SIMULATED_STEPS
) -> int | None:
    """Float64 steps of gradient EM until the largest distance is 5/6 of its start.

    None if that takes `most` steps or more.
    """
    span = SpanPopulation(mixture)
    y, eta = span.start, float(step_size)
    goal = 5 / 6 * _largest_norm(y)
    for t in range(most):
        if _largest_norm(y) <= goal:
            return t
        y = y - eta * span.at(y).gradient
    return None


def steps_to_come_near(
    mixture: Mixture, step_size: Fraction, far: tuple[int, ...], most: int = SIMULATED_STEPS
) -> int | None:
    """Float64 steps of gradient EM until a far mean is at 5/6 of its start, or None."""
    span = SpanPopulation(mixture)
    y, eta, watched = span.start, float(step_size), list(far)
    goals = 5 / 6 * np.linalg.norm(y[watched], axis=1)
    for t in range(most):
        if (np.linalg.norm(y[watched], axis=1) <= goals).any():
            return t
        y = y - eta * span.at(y).gradient
    return None


def _largest_norm(rows: NDArray[np.float64]) -> float:
    """The largest norm of a row, without overflow or underflow of the squares."""
    return max(math.hypot(*row) for row in rows.tolist())


def trajectory_of_case(case: Case, step_size: Number | None, steps: int | None) -> dict[str, Any]:
    """Gradient EM from a case at log-spaced times: the measures, and the norms of the means."""
    count = steps if steps is not None else (case.steps if case.steps is not None else 1000)
    times = _spaced(step_count(count))
    eta = _step_size(case, step_size)
    run = gradient_em(case.mixture, eta, count, truth=case.truth, record=times)
    norms = np.linalg.norm(run.coordinates, axis=2).tolist()
    return {
        "t": times,
        **{name: getattr(run, name).tolist() for name in _MEASURED},
        "norms": norms,
    }


_MEASURED = ("loss", "energy", "weighted_distance", "fisher_divergence")


def _spaced(count: int) -> list[int]:
    """0, the last step, and about PRINTED_TIMES log-spaced steps between."""
    inner = np.geomspace(1, max(count, 1), PRINTED_TIMES).round().astype(int)
    return sorted({0, *(int(t) for t in inner if t <= count), count})
