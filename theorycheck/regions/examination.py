"""The examination of boxes: on each the claim is proved, or it is suspected, or the box is split.

On every box the margins have lower bounds (`margins`). Where they reach the goal the box is a leaf;
otherwise it is split along the row in which the margin can change most. A margin that is below the
threshold at the centre of a box suggests a counterexample, which counts when balls confirm it.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, as_fmpq
from theorycheck.arithmetic.boxes import BoxNumber
from theorycheck.arithmetic.rounding import ceil_float
from theorycheck.expectations.boxes.sums import axis_for
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import Floats
from theorycheck.regions.equality import lower_bounds_through, order_of_equality
from theorycheck.regions.frame import Frame, Name, centres
from theorycheck.regions.margins import margins
from theorycheck.regions.tree import LEAF, OPEN, TOUCHING, Level
from theorycheck.statements.claim import Claim
from theorycheck.statements.verdicts import Refuted

_ENTRIES = 40_000
"""Nodes times boxes of a batch, so that it stays in the cache."""
_LARGEST_BATCH = 2000
_NARROW = 2.0**-40
"""Boxes no wider than this share of the region are not split."""
_SHARE = 0.95
"""Of the smallest constant found, which a measured constant is proved to reach."""
_MARGIN_SHARE = 0.1
"""Of the smallest margin found, which that of a leaf reaches: a bound just above 0 says less."""
_DENOMINATORS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 32, 50, 64, 100, 1000, 10**6)
_SLACK = 1e-7
"""By which a leaf exceeds its goal, as a replay may sum over another grid."""
_MOST_TRIES = 5
"""Suspects of a batch that are decided in balls."""


@dataclass(frozen=True)
class Standard:
    """What boxes are held against: it is the same for all boxes of a level.

    threshold: what the margins must reach. is_measured: True if only the best constant is asked
    for. smallest: the smallest value found on earlier levels, at the centre of a box in the region;
    a batch goes by what is found in it besides, as the first ones know of nothing else.
    equality: the order up to which both sides agree where all means do, if they do.
    """

    threshold: float
    is_measured: bool
    smallest: float = math.inf
    equality: int | None = None

    @classmethod
    def of(cls, claim: Claim, frame: Frame) -> Standard:
        """That of a claim, before anything was found."""
        if claim.kind != "constant" or claim.floor is None:
            equality = order_of_equality(claim, frame)
            return cls(0.0, claim.kind == "constant", equality=equality)
        return cls(ceil_float(flint.arb(as_fmpq(claim.floor))), False)

    @property
    def goal(self) -> float:
        """What the lower bound of a leaf must exceed."""
        if self.threshold > 0 or not 0 < self.smallest < math.inf:
            return self.threshold
        return (_SHARE if self.is_measured else _MARGIN_SHARE) * self.smallest


@dataclass(frozen=True)
class Examined:
    """What became of the boxes of a batch.

    level: (B,), as in a tree. bound: the least lower bound of its leaves, inf without one, 0 where
    both sides agree somewhere.
    smallest: the smallest value at a centre in the region.
    """

    level: Level
    bound: float
    smallest: float
    counterexample: Case | None


def examined(claim: Claim, frame: Frame, lo: Floats, hi: Floats, standard: Standard) -> Examined:
    """Examine a batch of boxes, (P, B)."""
    numbers = frame.numbers(lo, hi)
    found = margins(claim, frame, numbers)
    size = lo.shape[1]
    lowest = lower_bounds(found, size)
    smallest, counterexample = _suspects(claim, frame, lo, hi, found, standard)
    goal = replace(standard, smallest=smallest).goal
    is_leaf = lowest >= goal + _SLACK * max(goal, 1.0)
    level = _rows(found, hi - lo, frame.widths, size)
    level[is_leaf] = LEAF
    bound = float(lowest[is_leaf].min()) if is_leaf.any() else math.inf
    is_touching = _through(claim, frame, lo, hi, standard.equality, ~is_leaf)
    if is_touching.any():
        level[is_touching], bound = TOUCHING, 0.0
    return Examined(level, bound, smallest, counterexample)


def _through(
    claim: Claim, frame: Frame, lo: Floats, hi: Floats, order: int | None, which: Array
) -> Array:
    """Which of some boxes are proved through the set on which all means agree, if near it."""
    if order is None:
        return np.zeros_like(which)
    near = np.flatnonzero(which & frame.is_near_equality(lo, hi))
    found = np.zeros_like(which)
    if len(near):
        lowest = lower_bounds_through(claim, frame, lo[:, near], hi[:, near], order)
        found[near] = (lowest > _SLACK).all(axis=0)
    return found


def batches(
    frame: Frame, lo: Floats, hi: Floats, which: Array, largest: int = _LARGEST_BATCH
) -> Iterator[Array]:
    """Indices of boxes in batches, each of boxes that have the same grid by themselves.

    So the bounds of a box do not depend on its neighbours, and a replay finds them again.
    """
    spreads = frame.spread(lo[:, which], hi[:, which])
    order = which[np.argsort(spreads, kind="stable")]
    spreads = np.sort(spreads)
    start = 0
    while start < len(order):
        axis = axis_for(float(spreads[start]))
        most = min(len(order), start + max(1, min(largest, _ENTRIES // axis.size)))
        end = bisect.bisect_right(
            range(most), axis.spread, lo=start, key=lambda k: axis_for(float(spreads[k])).spread
        )
        yield order[start:end]
        start = end


def lower_bounds(found: list[BoxNumber], size: int) -> Array:
    """The least lower bound of all margins on every box; -inf where one is not known."""
    rows = [np.broadcast_to(number.span.lo, size) for number in found]
    lowest = np.min(np.array(rows), axis=0)
    return np.where(np.isnan(lowest), -np.inf, lowest)


def _rows(found: list[BoxNumber], sizes: Floats, widths: Floats, size: int) -> Level:
    """The row along which each box is split: where its least margin changes most.

    The widest one, relatively to the region, where no slopes are known; OPEN where it is tiny.
    """
    lows = np.array([np.broadcast_to(number.span.lo, size) for number in found])
    worst = np.argmin(np.where(np.isnan(lows), -np.inf, lows), axis=0)
    relative = sizes / widths[:, None]
    change = np.full(sizes.shape, np.nan)
    for k, number in enumerate(found):
        if number.slope is not None:
            with np.errstate(invalid="ignore"):
                change = np.where(worst == k, number.slope.magnitude * (sizes / 2), change)
    is_known = np.isfinite(change).all(axis=0) & (change.max(axis=0) > 0)
    scores = np.where(is_known, np.where(relative > _NARROW, change, -1.0), relative)
    rows = np.argmax(scores, axis=0).astype(np.int8)
    return np.where(relative.max(axis=0) > _NARROW, rows, OPEN).astype(np.int8)


def _suspects(
    claim: Claim,
    frame: Frame,
    lo: Floats,
    hi: Floats,
    found: list[BoxNumber],
    standard: Standard,
) -> tuple[float, Case | None]:
    """The smallest value at a centre in the region, and a counterexample if there is one."""
    size = lo.shape[1]
    values = np.array([np.broadcast_to(number.centre.hi, size) for number in found]).min(axis=0)
    middle = centres(lo, hi)
    is_absent = np.isnan(values) | frame.is_outside(middle, middle)
    values = np.where(is_absent, np.inf, values)
    limit = 0.0 if standard.is_measured else standard.threshold
    smallest = standard.smallest
    for k in np.argsort(values, kind="stable")[:_MOST_TRIES].tolist():
        value = float(values[k])
        if not (value < smallest or value < limit):
            break
        case = frame.case(_point(frame, lo[:, k], hi[:, k]))
        if case is None or not _is_inside(claim, frame, case):
            continue
        smallest = min(smallest, value)
        if value < limit and isinstance(claim.check(case), Refuted):
            return smallest, _simplest(claim, frame, lo[:, k], hi[:, k], case)
    return smallest, None


def _point(frame: Frame, lo: Floats, hi: Floats) -> dict[Name, Fraction]:
    """The centre of a box, exactly."""
    middle = centres(lo[:, None], hi[:, None])[:, 0]
    return {name: Fraction(float(x)) for name, x in zip(frame.free, middle, strict=True)}


def _is_inside(claim: Claim, frame: Frame, case: Case) -> bool:
    return frame.region.contains(case) and claim.domain.contains(case)


def _simplest(claim: Claim, frame: Frame, lo: Floats, hi: Floats, case: Case) -> Case:
    """A counterexample of small denominators near the one that was found, or that one."""
    centre = _point(frame, lo, hi)
    for denominator in _DENOMINATORS:
        rounded = {
            name: Fraction(round(value * denominator), denominator)
            for name, value in centre.items()
        }
        simple = frame.case(rounded)
        is_inside = simple is not None and _is_inside(claim, frame, simple)
        if simple is not None and is_inside and isinstance(claim.check(simple), Refuted):
            return simple
    return case
