"""Branch and bound: a claim proved on a region, box by box.

On every box the margins have lower bounds (`margins`). Where they reach the threshold the box is a
leaf; otherwise it is split along the row in which the margin can change most. A margin that is
below the threshold at the centre of a box suggests a counterexample, which counts when balls
confirm it.
"""

from __future__ import annotations

import bisect
import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, as_fmpq
from theorycheck.arithmetic.boxes import BoxNumber
from theorycheck.arithmetic.rounding import ceil_float
from theorycheck.errors import InvalidValue
from theorycheck.expectations.boxes.sums import axis_for
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import Floats, positive
from theorycheck.regions.frame import Frame, centres
from theorycheck.regions.margins import margins
from theorycheck.regions.tree import LEAF, OPEN, OUTSIDE, Level, halves
from theorycheck.statements.claim import Claim
from theorycheck.statements.verdicts import Refuted

_ENTRIES = 40_000
"""Nodes times boxes of a batch, so that it stays in the cache."""
_LARGEST_BATCH = 2000
MOST_BOXES = 20_000_000
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
class Search:
    """What branch and bound found.

    levels: the tree. bound: the least of the lower bounds of all leaves; NaN without one.
    smallest: the smallest value found at the centre of a box in the region.
    """

    levels: list[Level]
    bound: float
    smallest: float
    boxes: int
    leaves: int
    undecided_share: float
    counterexample: Case | None


Progress = Callable[[int, float], None]
"""Called with the number of boxes examined and the share of the region that is still open."""


@dataclass
class _State:
    """What is known so far."""

    threshold: float
    is_measured: bool
    bound: float = math.inf
    smallest: float = math.inf
    counterexample: Case | None = None

    @property
    def goal(self) -> float:
        """What the lower bound of a leaf must exceed."""
        if self.threshold > 0 or not 0 < self.smallest < math.inf:
            return self.threshold
        return (_SHARE if self.is_measured else _MARGIN_SHARE) * self.smallest


def asked(claim: Claim, at_least: object) -> Claim:
    """The claim with the floor that is asked for, if there is one."""
    if at_least is None:
        return claim
    if claim.kind != "constant":
        raise InvalidValue(f"at_least is for an implied constant, not for an {claim.kind}")
    return replace(claim, floor=positive(at_least, "at_least"))


def threshold_of(claim: Claim) -> tuple[float, bool]:
    """What the margins must reach, and whether the claim only asks for the best constant."""
    if claim.kind != "constant" or claim.floor is None:
        return 0.0, claim.kind == "constant"
    return ceil_float(flint.arb(as_fmpq(claim.floor))), False


def search(
    claim: Claim,
    frame: Frame,
    time_limit: float | None = None,
    progress: Progress | None = None,
    start: Search | None = None,
    checkpoint: Callable[[Search], None] | None = None,
) -> Search:
    """Prove the claim on all boxes of the frame, or find where that does not succeed.

    start: an unfinished search, to go on with at its first level that has open boxes.
    checkpoint: called after every level but the last with the search so far.
    """
    state = _State(*threshold_of(claim))
    end = math.inf if time_limit is None else time.monotonic() + time_limit
    lo, hi = frame.root
    widths = (hi - lo)[:, 0]
    levels: list[Level] = []
    boxes = leaves = 0
    open_share = 0.0
    if start is not None:
        state.smallest = start.smallest
        state.bound = math.inf if math.isnan(start.bound) else start.bound
        for level in itertools.takewhile(lambda level: not (level == OPEN).any(), start.levels):
            levels.append(level)
            boxes += int((level != OUTSIDE).sum())
            leaves += int((level == LEAF).sum())
            lo, hi = halves(lo, hi, level)

    def so_far(levels: list[Level], open_share: float) -> Search:
        bound = state.bound if leaves else math.nan
        share = min(open_share, 1.0)
        return Search(levels, bound, state.smallest, boxes, leaves, share, state.counterexample)

    while lo.shape[1]:
        level = np.full(lo.shape[1], OPEN, dtype=np.int8)
        is_outside = frame.is_outside(lo, hi)
        level[is_outside] = OUTSIDE
        for which in batches(frame, lo, hi, np.flatnonzero(~is_outside)):
            if time.monotonic() > end or boxes > MOST_BOXES or state.counterexample is not None:
                break
            level[which] = _examined(claim, frame, lo[:, which], hi[:, which], widths, state)
            boxes += len(which)
        levels.append(level)
        leaves += int((level == LEAF).sum())
        open_share += _share(lo, hi, level == OPEN, widths)
        lo, hi = halves(lo, hi, level)
        rest = open_share + _share(lo, hi, np.full(lo.shape[1], True), widths)
        if progress is not None:
            progress(boxes, rest)
        if checkpoint is not None and lo.shape[1]:
            checkpoint(so_far([*levels, np.full(lo.shape[1], OPEN, dtype=np.int8)], rest))
    return so_far(levels, open_share)


def _share(lo: Floats, hi: Floats, which: Array, widths: Floats) -> float:
    """The share of the volume of the region's box in some boxes."""
    if not which.any():
        return 0.0
    return float(((hi - lo)[:, which] / widths[:, None]).prod(axis=0).sum())


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


def _examined(
    claim: Claim, frame: Frame, lo: Floats, hi: Floats, widths: Floats, state: _State
) -> Level:
    """What becomes of every box of a batch."""
    numbers = frame.numbers(lo, hi)
    found = margins(claim, frame, numbers)
    size = lo.shape[1]
    lowest = lower_bounds(found, size)
    _note_suspects(claim, frame, lo, hi, found, state)
    is_leaf = lowest >= state.goal + _SLACK * max(state.goal, 1.0)
    if is_leaf.any():
        state.bound = min(state.bound, float(lowest[is_leaf].min()))
    level = _rows(found, numbers.batch.reach, hi - lo, widths, size)
    level[is_leaf] = LEAF
    return level


def lower_bounds(found: list[BoxNumber], size: int) -> Array:
    """The least lower bound of all margins on every box; -inf where one is not known."""
    rows = [np.broadcast_to(number.span.lo, size) for number in found]
    lowest = np.min(np.array(rows), axis=0)
    return np.where(np.isnan(lowest), -np.inf, lowest)


def _rows(found: list[BoxNumber], reach: Floats, sizes: Floats, widths: Floats, size: int) -> Level:
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


def _note_suspects(
    claim: Claim,
    frame: Frame,
    lo: Floats,
    hi: Floats,
    found: list[BoxNumber],
    state: _State,
) -> None:
    """Keep the smallest value at a centre in the region, and a counterexample if there is one."""
    size = lo.shape[1]
    values = np.array([np.broadcast_to(number.centre.hi, size) for number in found]).min(axis=0)
    middle = centres(lo, hi)
    is_absent = np.isnan(values) | frame.is_outside(middle, middle)
    values = np.where(is_absent, np.inf, values)
    limit = state.threshold if not state.is_measured else 0.0
    wanted = np.minimum(state.smallest, np.inf if state.is_measured else limit)
    order = np.argsort(values, kind="stable")[:_MOST_TRIES]
    for k in order.tolist():
        value = float(values[k])
        if not (value < wanted or value < state.smallest):
            break
        case = frame.case(_point(frame, lo[:, k], hi[:, k]))
        if case is None or not _is_inside(claim, frame, case):
            continue
        state.smallest = min(state.smallest, value)
        if value < limit and isinstance(claim.check(case), Refuted):
            state.counterexample = _simplest(claim, frame, lo[:, k], hi[:, k], case)
            return


def _point(frame: Frame, lo: Floats, hi: Floats) -> dict[tuple[str, int], Fraction]:
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
