"""Trees of boxes, level by level: how a region was split, and what became of every box.

A box is split at the middle lo / 2 + hi / 2 of one of its rows. A level is an array of one number
a box: the row that is split, or LEAF, OUTSIDE, OPEN or TOUCHING. The two halves of the boxes that
are split make the next level: all lower halves, then all upper ones. The tree is all that a
certificate needs to hold, as the boxes follow from it.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from theorycheck.errors import InvalidValue
from theorycheck.inputs.numbers import Floats

LEAF, OUTSIDE, OPEN, TOUCHING = -1, -2, -3, -4
"""A box on which the claim is proved; without a point of the region; on which nothing is known; on
which it is proved through the set where both sides agree (`equality`)."""
Level = NDArray[np.int8]
FINER = -5
"""In a picture alone, and below: a box that was split further; FINER - k has k + 1 levels in it."""
MOST_BOXES = 50_000_000


def halves(lo: Floats, hi: Floats, level: Level) -> tuple[Floats, Floats]:
    """The boxes (P, N) of the next level."""
    which = np.flatnonzero(level >= 0)
    rows = level[which].astype(np.intp)
    columns = np.arange(len(which))
    low, high = lo[:, which], hi[:, which]
    middle = low[rows, columns] / 2 + high[rows, columns] / 2
    lower_high, upper_low = high.copy(), low.copy()
    lower_high[rows, columns] = middle
    upper_low[rows, columns] = middle
    return np.concatenate([low, upper_low], axis=1), np.concatenate([lower_high, high], axis=1)


def is_proved(level: Level) -> NDArray[np.bool_]:
    """Which boxes of a level are leaves of either kind."""
    found: NDArray[np.bool_] = (level == LEAF) | (level == TOUCHING)
    return found


def pruned(levels: Sequence[Level], most: int) -> list[Level]:
    """The first levels of a tree, as many as end in no more than so many boxes, for a picture."""
    found: list[Level] = []
    ended = 0
    for level in levels:
        if found and ended + len(level) > most:
            break
        found.append(level)
        ended += int((level < 0).sum())
    below = _levels_below(levels, len(found) - 1)
    last = np.where(found[-1] >= 0, FINER + 1 - below, found[-1]).astype(np.int8)
    return [*found[:-1], last]


def _levels_below(levels: Sequence[Level], at: int) -> NDArray[np.intp]:
    """How many levels of smaller boxes there are in every box of a level."""
    found = np.zeros(len(levels[-1]), dtype=np.intp)
    for level in reversed(levels[at:-1]):
        lower, upper = np.split(found, 2)
        found = np.zeros(len(level), dtype=np.intp)
        found[level >= 0] = 1 + np.maximum(lower, upper)
    return found


def packed(levels: Sequence[Level]) -> str:
    """The levels as text: compressed, in base 64."""
    whole = np.concatenate(levels) if levels else np.zeros(0, dtype=np.int8)
    return base64.b64encode(zlib.compress(whole.tobytes(), 9)).decode("ascii")


def unpacked(text: str) -> list[Level]:
    """The levels of a tree from its text. Raises InvalidValue if it is none."""
    try:
        engine = zlib.decompressobj()
        data = engine.decompress(base64.b64decode(text, validate=True), MOST_BOXES)
    except (ValueError, zlib.error):
        raise InvalidValue("the tree of the proof cannot be read") from None
    whole = np.frombuffer(data, dtype=np.int8)
    levels, size, start = [], 1, 0
    while size:
        level = whole[start : start + size]
        if len(level) != size:
            raise InvalidValue("the tree of the proof is incomplete")
        levels.append(level)
        start += size
        size = 2 * int((level >= 0).sum())
    if start != len(whole):
        raise InvalidValue("the tree of the proof goes on beyond its end")
    return levels
