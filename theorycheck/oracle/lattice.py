"""Size of the lattice: where the integrands live and how fine they are, found in floats."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mpmath
import numpy as np
from numpy.typing import NDArray

from theorycheck.errors import TooExpensive
from theorycheck.inputs.numbers import Floats
from theorycheck.oracle.reduction import MAX_RANK, Problem, logs

GUARD = 5
FLOOR_DIGITS = 600  # overlaps below 10^-600 are accurate absolutely, not relatively
_MAX_WORK = 3e9  # nodes times bits, some minutes
_MAX_DISTANCE = 1e6  # beyond, floats cannot tell responsibilities apart


@dataclass(frozen=True, eq=False)
class Profile:
    """The integrands in floats: coordinates (2, n) and log weights (n,), and the truth's."""

    student: Floats
    log_weights: Floats
    truth: Floats
    truth_log_weights: Floats

    def logs(self, inner: Floats, outer: float) -> tuple[Floats, Floats]:
        """log(psi_i psi_j p_truth), (n, n, k), and log(p_truth / p'), (k,), along a row of k nodes.

        p' is the student density as the tables hold it: its largest term on each axis made 1.
        """
        on_inner = _exponents(inner, self.student[0], self.log_weights)
        on_outer = _exponents(np.array([outer]), self.student[1])
        student = on_inner + on_outer
        truth = _exponents(inner, self.truth[0], self.truth_log_weights)
        log_truth = np.logaddexp.reduce(truth + _exponents(np.array([outer]), self.truth[1]))
        log_student = np.logaddexp.reduce(student)
        half = student - log_student + log_truth / 2
        log_ratio = log_truth - log_student + on_inner.max(axis=0) + on_outer.max()
        return half[:, None] + half[None], log_ratio

    def first_steps(self, digits: int, lost: int) -> list[float]:
        """The initial step on each axis."""
        spread = np.maximum(np.ptp(self.student, axis=1), np.ptp(self.truth, axis=1))
        return [_first_step(width, digits, lost) for width in spread]


def _exponents(points: Floats, centres: Floats, log_weights: Floats | float = 0.0) -> Floats:
    """log of weight * exp(-(y - centre)^2 / 2), (centres, points)."""
    columns = np.reshape(log_weights, (-1, 1))
    return np.asarray(columns - (points - centres[:, None]) ** 2 / 2)


def profile(problem: Problem) -> Profile:
    """The coordinates and log weights of a problem, rounded to floats."""
    with mpmath.workprec(64):
        profile = Profile(
            problem.coordinates(problem.student).astype(float),
            logs(problem.weights).astype(float),
            problem.coordinates(problem.truth).astype(float),
            logs(problem.truth_weights).astype(float),
        )
    distance = float(np.abs(np.hstack([profile.student, profile.truth])).max())
    if not distance <= _MAX_DISTANCE:
        raise TooExpensive(
            f"some mean is {distance:.3g} away from the first mean of the truth; "
            f"the oracle reaches {_MAX_DISTANCE:.0e}"
        )
    return profile


@dataclass(frozen=True, eq=False)
class Plan:
    """Initial steps and box of the lattice, the least log(psi_i psi_j p_truth) that counts (n, n),
    the fixed-point precision, and how many nodes the initial lattice has."""

    steps: list[float]
    box: list[tuple[float, float]]
    least: Floats
    bits: int
    nodes: float


def plan(profile: Profile, rank: int, digits: int, lost: int) -> Plan:
    """Size the grid by a scan of the integrands on a coarse lattice.

    psi_i psi_j phi(y - t) is log-concave with curvature between 1 and 1 + D^2/2, D the spread of
    the means on an axis, and peaks within 2D of t. So the box contains every peak with a Gaussian
    tail around it, the scan cannot step over a peak, and the tail is small relative to it.
    """
    spread = np.ptp(profile.student, axis=1)
    curvature = 1 + spread**2 / 2
    relative = math.log(10) * (digits + GUARD) + float(np.log(curvature).sum()) / 2
    absolute = relative + math.log(10) * lost
    reach = (2 * spread + math.sqrt(2 * absolute)) * (np.arange(MAX_RANK) < rank)
    spacing = 0.7 / np.sqrt(curvature)
    low, high = profile.truth.min(axis=1) - reach, profile.truth.max(axis=1) + reach
    affordable(float(np.prod((high - low) / spacing + 1)), 53, spread)
    inner, outer = (np.arange(low[k], high[k] + spacing[k], spacing[k]) for k in range(MAX_RANK))
    peaks = np.max([profile.logs(inner, y)[0].max(axis=-1) for y in outer], axis=0)
    peaks = np.maximum(peaks, -math.log(10) * FLOOR_DIGITS)
    least = np.minimum(peaks - relative, -absolute)

    corners, scanned, cancelled = [], 0, 0.0
    for y in outer:
        pairs, log_ratio = profile.logs(inner, y)
        counting = counts(pairs, least)
        if counting.any():
            corners += [(inner[counting].min(), y), (inner[counting].max(), y)]
            scanned += int(counting.sum())
            cancelled = max(cancelled, float(log_ratio[counting].max()))
    margin = 2 * spacing * (reach > 0)
    box = list(zip(np.min(corners, axis=0) - margin, np.max(corners, axis=0) + margin, strict=True))

    steps = profile.first_steps(digits, lost)
    nodes = scanned * math.prod(float(spacing[k]) / steps[k] for k in range(rank))
    nats = cancelled - float(least.min()) + 2 * math.log(2 + float(spread.sum()))
    bits = math.ceil(nats / math.log(2)) + 30
    affordable(2 * nodes, bits, spread)
    return Plan(steps, box, least, bits, nodes)


def counts(pairs: Floats, least: Floats) -> NDArray[np.bool_]:
    """The nodes at which some integrand is not negligible."""
    return np.asarray((pairs >= least[:, :, None]).any(axis=(0, 1)))


def _first_step(spread: float, digits: int, lost: int) -> float:
    """The step expected to be fine enough, rounded to a short binary number.

    The responsibilities have poles about a = pi / spread off the real axis, where the Gaussian has
    grown by exp(a^2 / 2); what cancels has the error of the Gaussian itself, exp(-2 pi^2 / h^2).
    A wrong guess costs time only: the halving decides.
    """
    nats = math.log(10) * (digits + GUARD)
    a = min(math.sqrt(2 * nats), math.pi / spread if spread > 0 else math.inf)
    gaussian = math.pi * math.sqrt(2 / (nats + math.log(10) * lost))
    mantissa, exponent = math.frexp(min(2 * math.pi * a / (nats + a * a / 2), gaussian))
    return math.ldexp(math.floor(mantissa * 4096), exponent - 12)


def refuse_the_hopeless(profile: Profile, rank: int, digits: int) -> None:
    """Refuse, before any pilot run, if the bulk of the truth alone takes too many nodes."""
    width = 2 * math.sqrt(2 * math.log(10) * digits)
    nodes = math.prod(width / step for step in profile.first_steps(digits, lost=0)[:rank])
    bits = math.ceil((digits + GUARD) * math.log2(10)) + 30
    affordable(1.5 * nodes, bits, np.ptp(profile.student, axis=1))


def affordable(nodes: float, bits: int, spread: Floats) -> None:
    """Raise TooExpensive if the sum would take more than some minutes."""
    if nodes * bits > _MAX_WORK:
        raise TooExpensive(
            f"the oracle would need {nodes:.1e} nodes of {bits} bits for means spread over "
            f"{spread.max():.3g}; nodes times bits may be at most {_MAX_WORK:.0e}"
        )
