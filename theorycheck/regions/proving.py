"""Branch and bound: a claim proved on a region, level by level of boxes.

Boxes of a level are examined in batches (`examination`), in this process or by the workers of an
executor. They are held against what was known when the level began, and their results are taken in
order: so what is found depends neither on the workers nor on when they are done.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.errors import InvalidValue
from theorycheck.inputs.case import Case
from theorycheck.inputs.numbers import Floats, positive
from theorycheck.regions.examination import Examined, Standard, batches, examined
from theorycheck.regions.frame import Frame
from theorycheck.regions.tree import OPEN, OUTSIDE, Level, halves, is_proved
from theorycheck.statements.claim import Claim

MOST_BOXES = 20_000_000
FIRST = 7
"""Levels that are split without a look: so few boxes cost as much as a whole batch, each level.
Not where a proof goes through a set on which both sides agree: it needs boxes that fit the set."""


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


Examiner = Callable[[list[tuple[Floats, Floats]], Standard], Generator[Examined, None, None]]
"""Examines batches of boxes, given by their ends (P, B); yields what it finds, in their order."""


def asked(claim: Claim, at_least: object) -> Claim:
    """The claim with the floor that is asked for, if there is one."""
    if at_least is None:
        return claim
    if claim.kind != "constant":
        raise InvalidValue(f"at_least is for an implied constant, not for an {claim.kind}")
    return replace(claim, floor=positive(at_least, "at_least"))


def here(claim: Claim, frame: Frame) -> Examiner:
    """An examiner in this process."""

    def examine(
        parts: list[tuple[Floats, Floats]], standard: Standard
    ) -> Generator[Examined, None, None]:
        for lo, hi in parts:
            yield examined(claim, frame, lo, hi, standard)

    return examine


def search(
    claim: Claim,
    frame: Frame,
    time_limit: float | None = None,
    progress: Progress | None = None,
    start: Search | None = None,
    checkpoint: Callable[[Search], None] | None = None,
    examiner: Examiner | None = None,
) -> Search:
    """Prove the claim on all boxes of the frame, or find where that does not succeed.

    start: an unfinished search, to go on with at its first level that has open boxes.
    checkpoint: called after every level but the last with the search so far. examiner: who examines
    boxes; None for this process.
    """
    run = _Run(frame, Standard.of(claim, frame), examiner or here(claim, frame), progress)
    if start is not None:
        run.go_on(start)
    end = math.inf if time_limit is None else time.monotonic() + time_limit
    while run.lo.shape[1]:
        run.do_level(end)
        if checkpoint is not None and run.lo.shape[1]:
            checkpoint(run.so_far())
    return run.so_far()


class _Run:
    """A search on its way: the levels that are done, and the boxes (P, N) of the next one."""

    def __init__(
        self, frame: Frame, standard: Standard, examiner: Examiner, progress: Progress | None
    ) -> None:
        self._frame, self._examiner, self._progress = frame, examiner, progress
        self._standard, self._bound = standard, math.inf
        self._levels: list[Level] = []
        self._boxes = self._leaves = 0
        self._open_share = 0.0
        self._counterexample: Case | None = None
        self.lo, self.hi = frame.root

    def go_on(self, start: Search) -> None:
        """Take over the whole levels of an earlier search."""
        self._standard = replace(self._standard, smallest=start.smallest)
        self._bound = math.inf if math.isnan(start.bound) else start.bound
        for level in itertools.takewhile(lambda level: not (level == OPEN).any(), start.levels):
            self._boxes += int((level != OUTSIDE).sum())
            self._add(level)

    def _add(self, level: Level) -> None:
        self._levels.append(level)
        self._leaves += int(is_proved(level).sum())
        self._open_share += float(self._shares()[level == OPEN].sum())
        self.lo, self.hi = halves(self.lo, self.hi, level)

    def _shares(self) -> Array:
        """(N,), the shares of the region's box, by volume."""
        shares: Array = ((self.hi - self.lo) / self._frame.widths[:, None]).prod(axis=0)
        return shares

    def do_level(self, end: float) -> None:
        """Examine all boxes of a level; after the time `end` they are left open."""
        lo, hi, shares = self.lo, self.hi, self._shares()
        level = np.full(lo.shape[1], OPEN, dtype=np.int8)
        level[self._frame.is_outside(lo, hi)] = OUTSIDE
        is_early = len(self._levels) < FIRST and self._standard.equality is None
        if is_early and not self._is_over(end):
            self._split_unseen(level)
            return
        parts = list(batches(self._frame, lo, hi, np.flatnonzero(level == OPEN)))
        if self._is_over(end):
            parts = []
        rest = self._open_share + float(shares[level == OPEN].sum())
        smallest = self._standard.smallest
        with closing(
            self._examiner([(lo[:, part], hi[:, part]) for part in parts], self._standard)
        ) as results:
            for part, found in zip(parts, results, strict=False):
                level[part] = found.level
                self._boxes += len(part)
                self._bound = min(self._bound, found.bound)
                smallest = min(smallest, found.smallest)
                self._counterexample = found.counterexample
                rest -= float(shares[part][is_proved(found.level)].sum())
                if self._progress is not None:
                    self._progress(self._boxes, max(rest, 0.0))
                if self._is_over(end):
                    break
        self._standard = replace(self._standard, smallest=smallest)
        self._add(level)

    def _split_unseen(self, level: Level) -> None:
        """Split the boxes of one of the first levels where they are widest."""
        which = level == OPEN
        relative = (self.hi - self.lo) / self._frame.widths[:, None]
        level[which] = np.argmax(relative, axis=0)[which]
        self._boxes += int(which.sum())
        self._add(level)

    def _is_over(self, end: float) -> bool:
        if self._counterexample is not None or self._boxes > MOST_BOXES:
            return True
        return time.monotonic() > end

    def so_far(self) -> Search:
        """The search; boxes that are still to be examined are open."""
        left = self.lo.shape[1]
        levels = [*self._levels, np.full(left, OPEN, dtype=np.int8)] if left else self._levels
        share = self._open_share + (float(self._shares().sum()) if left else 0.0)
        return Search(
            levels,
            self._bound if self._leaves else math.nan,
            self._standard.smallest,
            self._boxes,
            self._leaves,
            min(share, 1.0),
            self._counterexample,
        )
