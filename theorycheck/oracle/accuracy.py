"""Number of digits that cancellation will eat, found by pilot runs."""

from __future__ import annotations

import math

import mpmath

from theorycheck.errors import TooExpensive
from theorycheck.oracle.lattice import Profile, profile, refuse_the_hopeless
from theorycheck.oracle.reduction import Problem
from theorycheck.oracle.sums import OraclePopulation, integrate

_MAX_LOST_DIGITS = 2_000
_PILOT_DIGITS = 6


def evaluate(problem: Problem, digits: int, vanishing: bool = False) -> OraclePopulation:
    """All quantities of a problem to this many digits, however small they are."""
    floats = profile(problem)
    refuse_the_hopeless(floats, problem.rank, digits)
    lost = 0 if vanishing or not problem.basis else _lost_digits(problem, floats, digits)
    return integrate(problem, floats, digits, lost)


def _lost_digits(problem: Problem, profile: Profile, digits: int) -> int:
    """How far below 1 the smallest of loss, Fisher divergence and gradient lies, in digits.

    Near an optimum the loss is of fourth order in the means, in a trap the gradient is
    exponentially small: pilot runs with ever smaller absolute error find out.
    """
    several = len(problem.truth) > 1
    lost = 0
    while not several or lost < 2 * digits:
        pilot = integrate(problem, profile, _PILOT_DIGITS, lost)
        smallest = min(pilot.loss, pilot.fisher_divergence, abs(pilot.gradient).max())
        below = math.ceil(-mpmath.log10(smallest)) if smallest > 0 else 0
        if smallest > 0 and below <= lost + _PILOT_DIGITS // 2:
            return max(below, 0)
        lost = max(2 * lost + 8, below)
        if lost > _MAX_LOST_DIGITS:
            raise TooExpensive(
                f"the loss, the Fisher divergence or the gradient is below 10^-{lost // 2}, "
                "too small for the oracle to resolve"
            )
    return 2 * digits
