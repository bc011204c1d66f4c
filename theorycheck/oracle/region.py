"""Where the integrands live, in floats: their peaks, the box around these, the nodes that count."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.errors import TooExpensive
from theorycheck.inputs.numbers import Floats
from theorycheck.oracle.reduction import Frame, Objects

Indices: TypeAlias = NDArray[np.intp]

GUARD = 5
FLOOR_DIGITS = 600  # overlaps below 10^-600 are accurate absolutely, not relatively
_MAX_DISTANCE = 1e6  # beyond, floats cannot tell responsibilities apart
_NEWTON_STEPS, _HALVINGS = 100, 30
_CHUNK = 50_000  # nodes at a time


@dataclass(frozen=True, eq=False)
class Profile:
    """The integrands in floats: coordinates (r, n) and log weights (n,), and the truth's."""

    student: Floats
    log_weights: Floats
    truth: Floats
    truth_log_weights: Floats

    def spread(self) -> Floats:
        """The extent of the means along each axis, of student or truth, whichever is larger."""
        return np.asarray(np.maximum(np.ptp(self.student, axis=1), np.ptp(self.truth, axis=1)))

    def along(self, k: int, nodes: Floats) -> tuple[Floats, Floats]:
        """log of weight * exp(-(y - mean)^2 / 2) along axis k, (n, nodes) and (m, nodes).

        The product over the axes is the density, so the weights count on the first axis only.
        """
        student = -((nodes - self.student[k][:, None]) ** 2) / 2
        truth = -((nodes - self.truth[k][:, None]) ** 2) / 2
        if k == 0:
            student += self.log_weights[:, None]
            truth += self.truth_log_weights[:, None]
        return student, truth


def profile(frame: Frame, log_weights: Objects, truth_log_weights: Objects) -> Profile:
    """The coordinates and log weights, rounded to floats."""
    parts = (frame.student, log_weights, frame.truth, truth_log_weights)
    rounded = Profile(*(part.astype(float) for part in parts))
    distance = max(np.abs(part).max(initial=0.0) for part in (rounded.student, rounded.truth))
    if not distance <= _MAX_DISTANCE:
        raise TooExpensive(
            f"some mean is {distance:.3g} away from the centre of the truth; "
            f"the oracle reaches {_MAX_DISTANCE:.0e}"
        )
    return rounded


@dataclass(frozen=True, eq=False)
class Region:
    """Low and high end of the box on each axis, (r, 2), and for each pair i <= j of components
    the least log(psi_i psi_j p_truth) that counts."""

    box: Floats
    least: Floats


def region(profile: Profile, digits: int, lost: int) -> Region:
    """The part of the space that matters to so many digits, `lost` more of them absolutely.

    psi_i psi_j phi(y - t) is log-concave with curvature between 1 and 1 + D^2 / 2 on an axis, D
    the spread of the means there. So it is below exp(-q) times its peak from sqrt(2 q) on.
    """
    curvature = 1 + np.ptp(profile.student, axis=1) ** 2 / 2
    relative = math.log(10) * (digits + GUARD) + float(np.log(curvature).sum()) / 2
    absolute = relative + math.log(10) * lost
    points, heights = _peaks(profile)
    highest = np.maximum(heights.max(axis=-1), -math.log(10) * FLOOR_DIGITS)
    least = np.minimum(highest - relative, -absolute)
    terms = math.log(len(profile.truth_log_weights))
    drop = heights - least[:, None] + terms
    reach = np.sqrt(2 * np.maximum(drop, 0.0))[..., None]
    low, high = (points - reach)[drop > 0], (points + reach)[drop > 0]
    box = np.stack([np.floor(low.min(axis=0) * 16), np.ceil(high.max(axis=0) * 16)], axis=1) / 16
    return Region(box, least)


def _peaks(profile: Profile) -> tuple[Floats, Floats]:
    """The peaks of psi_i psi_j pi_t phi(y - t), (pairs, m, r), and the logs there, (pairs, m).

    The logarithm is concave: damped Newton steps from y = t, where a step that lowers it is halved.
    """
    means, centres = profile.student.T, profile.truth.T
    first, second = np.triu_indices(len(means))
    pairs = np.arange(len(first))

    def state(y: Floats) -> tuple[Floats, Floats]:
        logs = profile.log_weights - ((y[..., None, :] - means) ** 2).sum(axis=-1) / 2
        psi = logs - np.logaddexp.reduce(logs, axis=-1)[..., None]
        truth = profile.truth_log_weights - ((y - centres) ** 2).sum(axis=-1) / 2
        return psi[pairs, :, first] + psi[pairs, :, second] + truth, np.exp(psi)

    y = np.broadcast_to(centres, (len(pairs), *centres.shape)).copy()
    height, psi = state(y)
    for _ in range(_NEWTON_STEPS):
        mean = psi @ means
        slope = (means[first] + means[second])[:, None] - 2 * mean - (y - centres)
        around = means - mean[..., None, :]
        covariance = np.einsum("...k,...ka,...kb->...ab", psi, around, around)
        step = np.linalg.solve(np.eye(y.shape[-1]) + 2 * covariance, slope[..., None])[..., 0]
        if (slope * step).sum(axis=-1).max() < 1e-3:
            break
        for _ in range(_HALVINGS):
            if (state(y + step)[0] >= height).all():
                break
            step[state(y + step)[0] < height] /= 2
        y = y + step
        height, psi = state(y)
    return y, height


@dataclass(frozen=True, eq=False)
class Lines:
    """Some lines of a grid along the first axis: where they are on each of the other axes, which
    nodes count, as pairs (line, node on it), and the largest log(p_truth / p') at these.

    p' is the student density as the tables of the sums hold it: its largest term on each axis is 1.
    """

    others: list[Indices]
    line: Indices
    node: Indices
    cancelled: float


def counted(profile: Profile, least: Floats, nodes: Sequence[Floats]) -> Iterator[Lines]:
    """The nodes of the grid at which some integrand is not negligible, in chunks of lines."""
    student, truth = zip(*(profile.along(k, axis) for k, axis in enumerate(nodes)), strict=True)
    others = [index.ravel() for index in np.indices([len(axis) for axis in nodes[1:]])]
    lines = math.prod(len(axis) for axis in nodes[1:])
    size = max(_CHUNK // len(nodes[0]), 1)
    first, second = np.triu_indices(len(profile.log_weights))
    for start in range(0, lines, size):
        chosen = [index[start : start + size] for index in others]
        log_student = _on_lines(student, chosen)
        log_truth = np.logaddexp.reduce(_on_lines(truth, chosen))
        log_density = np.logaddexp.reduce(log_student)
        half = log_student - log_density + log_truth / 2
        counts = np.zeros(log_truth.shape, dtype=bool)
        for i, j, bound in zip(first, second, least, strict=True):
            counts |= half[i] + half[j] >= bound
        if counts.any():
            largest = _on_lines([axis.max(axis=0)[None] for axis in student], chosen)[0]
            cancelled = float((log_truth - log_density + largest)[counts].max())
            line, node = np.nonzero(counts)
            yield Lines(chosen, line, node, cancelled)


def _on_lines(tables: Sequence[Floats], others: list[Indices]) -> Floats:
    """Sums over the axes of tables (k, nodes of the axis): (k, lines, nodes of the first axis)."""
    total = tables[0][:, None]
    for table, index in zip(tables[1:], others, strict=True):
        total = total + table[:, index, None]
    return total
