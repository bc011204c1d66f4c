"""The sums over the nodes, in fixed point: integers in units of 2^-bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mpmath
import numpy as np

from theorycheck.oracle.fixed_point import FixedPoint
from theorycheck.oracle.reduction import Frame, Objects
from theorycheck.oracle.region import Lines, Profile, profile


@dataclass(frozen=True, eq=False)
class Integrands:
    """What is integrated: the means along the axes and the logarithms of the weights."""

    frame: Frame
    log_weights: Objects
    truth_log_weights: Objects

    def floats(self) -> Profile:
        """The same, rounded to floats."""
        return profile(self.frame, self.log_weights, self.truth_log_weights)


@dataclass(frozen=True, eq=False)
class _Table:
    """Fixed-point tables along one axis, k nodes.

    student (n, k): weighted Gaussians over the largest of them. truth (m, k): weighted Gaussians
    times the weight of the node. shift (k,): the logarithm of what the former were divided by and
    the latter multiplied with.
    """

    points: Objects
    student: Objects
    truth: Objects
    shift: Objects


class Sums:
    """Sums of the integrands over the nodes of a rule on each axis that count."""

    def __init__(self, integrands: Integrands, arithmetic: FixedPoint) -> None:
        fixed = arithmetic.fixed
        self.student, self.truth = fixed(integrands.frame.student), fixed(integrands.frame.truth)
        self.log_weights = fixed(integrands.log_weights)
        self.truth_log_weights = fixed(integrands.truth_log_weights)
        self.arithmetic = arithmetic

    def table(self, k: int, points: Objects, weights: Objects) -> _Table:
        """The tables along axis k."""
        bits, exp, log = self.arithmetic.bits, self.arithmetic.exp, self.arithmetic.log
        student = -((points - self.student[k][:, None]) ** 2 >> bits + 1)
        truth = -((points - self.truth[k][:, None]) ** 2 >> bits + 1)
        if k == 0:
            student = student + self.log_weights[:, None]
            truth = truth + self.truth_log_weights[:, None]
        largest = student.max(axis=0)
        normal = int(mpmath.ldexp(1 / mpmath.sqrt(2 * mpmath.pi), bits))
        density = weights * normal >> bits
        return _Table(
            points, exp(student - largest), exp(truth) * density >> bits, largest + log(density)
        )

    def over(self, lines: Lines, tables: Sequence[_Table]) -> Objects:
        """The sums over some lines, in units of 2^-(2 bits): loss, Fisher divergence, positions
        (n, r), responsibilities (n,), overlaps (n, n), flat."""
        bits, line, node = self.arithmetic.bits, lines.line, lines.node
        student = self._on_lines([table.student for table in tables], lines)
        truth = self._on_lines([table.truth for table in tables], lines)
        shift = tables[0].shift[node]
        for table, index in zip(tables[1:], lines.others, strict=True):
            shift = shift + table.shift[index][line]
        density, truth_density = student.sum(axis=0), np.maximum(truth.sum(axis=0), 1)
        inverse = (1 << 2 * bits) // density
        psi = student * inverse >> bits
        mass = truth_density * psi >> bits
        log_ratio = self.arithmetic.log(np.maximum(truth_density * inverse >> bits, 1)) - shift

        truth_psi = (truth << bits) // truth_density
        fisher = 0
        for mean, truth_mean in zip(self.student, self.truth, strict=True):
            # the -x of grad log p = sum psi_i (mu_i - x) is the same on both sides
            score = (mean @ psi - truth_mean @ truth_psi) >> bits
            fisher += truth_density @ (score * score >> bits)

        starts = np.flatnonzero(np.diff(line, prepend=-1))
        of_line = np.add.reduceat(mass, starts, axis=1)
        place = [mass @ tables[0].points[node]]
        for table, index in zip(tables[1:], lines.others, strict=True):
            place.append(of_line @ table.points[index][line[starts]])
        n = len(mass)
        overlap = np.zeros((n, n), dtype=object)
        for i in range(n):
            overlap[i, i:] = overlap[i:, i] = psi[i:] @ mass[i]
        scalars = [truth_density @ log_ratio, fisher]
        places = np.stack(place, axis=1).ravel()
        return np.concatenate([scalars, places, of_line.sum(axis=1) << bits, overlap.ravel()])

    def _on_lines(self, tables: Sequence[Objects], lines: Lines) -> Objects:
        """Products over the axes of tables (k, nodes of the axis), at the nodes that count."""
        bits = self.arithmetic.bits
        product = tables[0][:, lines.node]
        if lines.others:
            other = tables[1][:, lines.others[0]]
            for table, index in zip(tables[2:], lines.others[1:], strict=True):
                other = other * table[:, index] >> bits
            product = product * other[:, lines.line] >> bits
        return product
