"""The trapezoidal sums over the lattice, in fixed point, refined until two of them agree."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from mpmath.libmp import from_man_exp, mpf_log, to_fixed
from numpy.typing import NDArray

from theorycheck.inputs.numbers import Floats
from theorycheck.oracle.lattice import FLOOR_DIGITS, GUARD, Plan, Profile, affordable, counts, plan
from theorycheck.oracle.reduction import (
    MAX_RANK,
    Objects,
    Problem,
    Scalar,
    dot,
    logs,
    mpf,
    mpf_array,
)

# The trapezoidal lattice and its refinements: each stage doubles the nodes, the last of a cycle
# completes the lattice of half the step. In the plane the centres of the cells come first.
_STAGES: dict[int, list[list[tuple[float, float]]]] = {
    1: [[(0.5, 0.0)]],
    2: [[(0.5, 0.5)], [(0.5, 0.0), (0.0, 0.5)]],
}


@dataclass(frozen=True, eq=False)
class OraclePopulation:
    """The population quantities of a mixture of n components in d dimensions.

    loss, fisher_divergence: mpf. responsibilities, weights: (n,). overlap: (n, n).
    gradient, positions, means: (n, d); positions are E psi_i x. Arrays are object arrays of mpf.
    """

    loss: Scalar
    responsibilities: Objects
    overlap: Objects
    gradient: Objects
    fisher_divergence: Scalar
    positions: Objects
    means: Objects
    weights: Objects


@dataclass(frozen=True, eq=False)
class _Axis:
    """Fixed-point tables along one axis of the lattice, k nodes.

    student (n, k): weighted Gaussians over their largest, whose logarithm is `largest` (k,).
    truth (m, k): the truth's weighted Gaussians.
    """

    floats: Floats
    points: Objects
    student: Objects
    largest: Objects
    truth: Objects


class _Integrator:
    """Trapezoidal sums over the lattice for one problem at one accuracy.

    Use it in a precision scope of plan.bits + 30. Numbers are integers, in units of 2^-bits.
    """

    def __init__(self, problem: Problem, profile: Profile, plan: Plan, digits: int) -> None:
        self.profile, self.plan, self.bits = profile, plan, plan.bits
        self.rank = problem.rank
        self.log_precision = math.ceil(digits * math.log2(10)) + 30
        self.centres = problem.coordinates(problem.student)
        self.truth_centres = problem.coordinates(problem.truth)
        self.log_weights = logs(problem.weights)
        self.truth_log_weights = logs(problem.truth_weights)
        self.student, self.truth = self.fixed(self.centres), self.fixed(self.truth_centres)

    def fixed(self, values: Objects) -> Objects:
        return _elementwise(lambda x: int(mpmath.ldexp(x, self.bits)), values)

    def log(self, values: Objects) -> Objects:
        precision, bits = self.log_precision, self.bits
        return _elementwise(
            lambda x: to_fixed(mpf_log(from_man_exp(x, -bits), precision, "n"), bits), values
        )

    def coset(self, steps: list[float], shift: tuple[float, float]) -> Objects:
        """The sums over the nodes (k + shift) * step: loss, Fisher, gradient and positions
        (n, 2), p, G, flat.

        In units of 2^-(2 bits), and of the cell.
        """
        inner, outer = (self._axis(k, steps[k], shift[k]) for k in range(MAX_RANK))
        n = len(self.log_weights)
        total = np.zeros(2 + 5 * n + n * n, dtype=object)
        for row, y in enumerate(outer.floats):
            counting = counts(self.profile.logs(inner.floats, y)[0], self.plan.least)
            if counting.any():
                total += self._row(inner, np.flatnonzero(counting), outer, row)
        return total

    def _axis(self, k: int, step: float, shift: float) -> _Axis:
        low, high = self.plan.box[k]
        points = np.arange(math.ceil(low / step - shift), math.floor(high / step - shift) + 1)
        floats = np.asarray((points + shift) * step if k < self.rank else [0.0], dtype=float)
        y = _elementwise(mpmath.mpf, floats.astype(object))
        student = -((y - self.centres[k][:, None]) ** 2) / 2
        truth = -((y - self.truth_centres[k][:, None]) ** 2) / 2
        if k == 0:
            student = student + self.log_weights[:, None]
            truth = truth + self.truth_log_weights[:, None]
        largest = student.max(axis=0)
        return _Axis(
            floats,
            self.fixed(y),
            self._exp(student - largest),
            self.fixed(largest),
            self._exp(truth),
        )

    def _exp(self, values: Objects) -> Objects:
        below = -self.bits  # exp(-bits) < 2^-bits
        return _elementwise(
            lambda x: int(mpmath.ldexp(mpmath.exp(x), self.bits)) if x > below else 0, values
        )

    def _row(self, inner: _Axis, nodes: NDArray[np.intp], outer: _Axis, row: int) -> Objects:
        """The contributions of some nodes along the inner axis, at one node of the outer one."""
        bits = self.bits
        density = (inner.student[:, nodes] * outer.student[:, row, None]) >> bits
        p = density.sum(axis=0)
        psi = (density << bits) // p
        truth = (inner.truth[:, nodes] * outer.truth[:, row, None]) >> bits
        p_truth = truth.sum(axis=0)
        truth_psi = (truth << bits) // p_truth
        mass = (p_truth * psi) >> bits

        log_ratio = self.log((p_truth << bits) // p) - inner.largest[nodes] - outer.largest[row]
        pull = [  # p_truth psi_i (mu_i - x), axis by axis
            (mass * (self.student[0][:, None] - inner.points[nodes])).sum(axis=1),
            mass.sum(axis=1) * (self.student[1] - outer.points[row]),
        ]
        place = [mass @ inner.points[nodes], mass.sum(axis=1) * outer.points[row]]
        fisher = 0
        for axis in range(MAX_RANK):
            # the -x of grad log p = sum psi_i (mu_i - x) is the same on both sides
            score = (self.student[axis] @ psi - self.truth[axis] @ truth_psi) >> bits
            fisher += p_truth @ (score * score >> bits)
        return np.concatenate(
            [
                [p_truth @ log_ratio, fisher],
                np.stack(pull, axis=1).ravel(),
                np.stack(place, axis=1).ravel(),
                mass.sum(axis=1) << bits,
                (mass @ psi.T).ravel(),
            ]
        )


def _elementwise(function: Callable[[Any], Any], values: Objects) -> Objects:
    return np.array([function(value) for value in values.flat], dtype=object).reshape(values.shape)


def integrate(problem: Problem, profile: Profile, digits: int, lost: int) -> OraclePopulation:
    """Halve the step until every result agrees with the one before to digits + 2 digits.

    Relatively, or to 10^-(digits + lost) for all but the responsibilities and overlaps.
    """
    n = len(problem.student)
    size = plan(profile, problem.rank, digits, lost)
    with mpmath.workprec(size.bits + 30):
        integrator = _Integrator(problem, profile, size, digits + lost + GUARD)
        split = [1, 2, 2 + 2 * n, 2 + 4 * n]
        floors = [mpmath.mpf(10) ** -k for k in (lost, lost, lost, lost, FLOOR_DIGITS)]

        def agree(old: Objects, new: Objects) -> bool:
            scales = [abs(part) for part in np.split(new, split)]
            for rows in (2, 3):
                scales[rows] = np.full(2 * n, scales[rows].max())
            scale = np.concatenate([np.maximum(a, b) for a, b in zip(scales, floors, strict=True)])
            return bool(np.all(abs(new - old) <= scale * mpmath.mpf(10) ** -(digits + 2)))

        values = _refine(integrator, agree)
        offset_squared = mpf(dot(problem.offset, problem.offset))
        _, _, pull, place, rest = np.split(values, split)
        responsibilities = rest[:n]
        in_span = problem.lifted(place.reshape(n, 2), 0 * responsibilities)
        return OraclePopulation(
            loss=values[0] + offset_squared / 2,
            responsibilities=responsibilities,
            overlap=rest[n:].reshape(n, n),
            gradient=problem.lifted(pull.reshape(n, 2), responsibilities),
            fisher_divergence=values[1] + offset_squared,
            positions=in_span + responsibilities[:, None] * mpf_array([problem.origin]),
            means=mpf_array(problem.means),
            weights=mpf_array([problem.weights])[0],
        )


def _refine(integrator: _Integrator, agree: Callable[[Objects, Objects], bool]) -> Objects:
    """The sums on ever finer lattices, each reusing the nodes of the one before."""
    steps, rank = list(integrator.plan.steps), integrator.rank
    nodes = integrator.plan.nodes
    cell = math.prod((mpmath.mpf(step) for step in steps[:rank]), start=mpmath.mpf(1))
    unit = mpmath.ldexp(cell / mpmath.sqrt(2 * mpmath.pi) ** rank, -2 * integrator.bits)
    sums = integrator.coset(steps, (0.0, 0.0))
    values: Objects = sums * unit
    for stage in itertools.cycle(_STAGES.get(rank, [])):
        sums = sums + sum(integrator.coset(steps, shift) for shift in stage)
        nodes, unit = 2 * nodes, unit / 2
        if stage is _STAGES[rank][-1]:
            steps = [step / 2 for step in steps]
        previous, values = values, sums * unit
        if agree(previous, values):
            break
        affordable(2 * nodes, integrator.bits, np.ptp(integrator.profile.student, axis=1))
    return values
