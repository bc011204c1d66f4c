"""The answers of `theorycheck trap` and `theorycheck trajectory`, as plain data."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, Context
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theorycheck.dynamics.landscape import Landscape
from theorycheck.dynamics.trajectory import gradient_em, step_count
from theorycheck.errors import InvalidValue, TooExpensive, UnsupportedRank
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number, exact
from theorycheck.traps.certificate import (
    TrapCertificate,
    escape_time,
    explain_no_trap,
    trap_certificate,
)

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
        return _held(found)
    reason = explain_no_trap(case.mixture, eta)
    steps, outcome = _time_to_leave(case.mixture, eta)
    return {
        "held": False,
        "reason": reason,
        "simulated_steps": steps,
        "step_size": str(eta),
        "sentence": f"no certificate: {reason}; {outcome}",
    }


def _held(found: TrapCertificate) -> dict[str, Any]:
    sentence = (
        f"components {_listed(found.far)} are held outside radius {found.radius:.6g} "
        f"for at least {_power(found.log_steps)} steps"
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


def _listed(indices: tuple[int, ...]) -> str:
    shown = ", ".join(str(index) for index in indices[:8])
    return shown if len(indices) <= 8 else f"{shown}, …"


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
    landscape = Landscape(mixture)
    y, eta = landscape.start, float(step_size)
    goal = 5 / 6 * _largest_norm(y)
    for t in range(most):
        if _largest_norm(y) <= goal:
            return t
        y = y - eta * landscape.at(y).gradient
    return None


def _largest_norm(rows: NDArray[np.float64]) -> float:
    """The largest norm of a row, without overflow or underflow of the squares."""
    return max(math.hypot(*row) for row in rows.tolist())


def trajectory_of_case(case: Case, step_size: Number | None, steps: int | None) -> dict[str, Any]:
    """Gradient EM from a case at log-spaced times: loss, energy and weighted distance."""
    count = steps if steps is not None else (case.steps if case.steps is not None else 1000)
    times = _spaced(step_count(count))
    eta = _step_size(case, step_size)
    run = gradient_em(case.mixture, eta, count, truth=case.truth, record=times)
    return {"t": times, **{name: getattr(run, name).tolist() for name in _MEASURED}}


_MEASURED = ("loss", "energy", "weighted_distance", "fisher_divergence")


def _spaced(count: int) -> list[int]:
    """0, the last step, and about PRINTED_TIMES log-spaced steps between."""
    inner = np.geomspace(1, max(count, 1), PRINTED_TIMES).round().astype(int)
    return sorted({0, *(int(t) for t in inner if t <= count), count})
