"""Bounds of the time to leave from formulas: any dimension and any radius, but far apart.

T is the first t at which some far mean has |mu_i(t)| <= r_i. From below by a trap certificate that
holds all of them outside their radii. From above by escape-upper (theory2.md, group F): for
0 < eta < 2 and 0 < rho <= sqrt(U), U = sum |mu_i(0)|^2,

    #{t : max_i |mu_i(t)| >= rho} <= U Q / (eta (2 - eta) rho^2 phi(Q + 1/Q)),
    Q = sqrt(U)/2 + log(1 / min pi) / rho,

as sum_t F(t) <= U / (eta (2 - eta)) and F >= R^2 phi(q + 1/q) / q, R the largest norm. Until T all
far means are outside, so with rho the largest r_i all t < T are among those counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import flint

from theorycheck.arithmetic.arithmetics import as_fmpq
from theorycheck.arithmetic.rounding import ceil_float, floor_float
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Vector
from theorycheck.traps.certificate import trap_certificate


def square(row: Vector) -> flint.arb:
    """The squared norm of a mean, a ball: sums of long fractions would take too long."""
    return sum((flint.arb(as_fmpq(entry)) ** 2 for entry in row), flint.arb(0))


def log_steps_below(
    mixture: Mixture, eta: Fraction, far: Sequence[int], radius: flint.arb
) -> float | None:
    """log of a number of steps for which all far means stay outside a radius; None if unknown."""
    found = trap_certificate(mixture, eta)
    if found is None or not set(far) <= set(found.far):
        return None
    return found.log_steps if flint.arb(found.radius) > radius else None


def log_steps_above(
    energy: flint.arb, least_weight: Fraction, eta: Fraction, radius: flint.arb
) -> float | None:
    """log of a bound of the number of t at which the largest norm is at least a radius.

    energy: at least sum |mu_i(0)|^2; the bound grows with it. None where it is too small.
    """
    size = energy.sqrt()
    if not 0 < radius <= size:
        return None
    q = size / 2 - flint.arb(as_fmpq(least_weight)).log() / radius
    step_size = flint.arb(as_fmpq(eta))
    log_density = -((q + 1 / q) ** 2) / 2 - (2 * flint.arb.pi()).log() / 2
    count = size**2 * q / (step_size * (2 - step_size) * radius**2)
    log_count = ceil_float(count.log() - log_density)
    return log_count if math.isfinite(log_count) else None


def whole_steps(log_steps: float, up: bool) -> int | None:
    """exp of it as a whole number, rounded outward; None beyond what can be written out."""
    if log_steps > _LONGEST:
        return None
    steps = flint.arb(log_steps).exp()
    rounded = steps.upper().floor() if up else steps.lower().floor()
    return int(rounded.fmpq().p)  # exact, and whole


_LONGEST = 2000.0


def log_of(steps: int, up: bool) -> float:
    """log of a whole number, rounded outward; minus infinity for 0."""
    if steps == 0:
        return -float("inf")
    log = flint.arb(steps).log()
    return ceil_float(log) + 0.0 if up else floor_float(log)
