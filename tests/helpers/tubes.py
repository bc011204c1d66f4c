"""What tests of tubes on a line and in the plane have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np


def never_short(levels: Callable[..., Any]) -> Callable[..., Any]:
    """The levels of a macro-step, of which none ever lacks what it needs: a planted fault."""

    def planted(self: Any, begun: Any, bends: Any) -> Any:
        return tuple(
            level._replace(need=level.need.max(flint.arb(1)))
            for level in levels(self, begun, bends)
        )

    return planted


def outside(y: Any, end: Any, room: float) -> int:
    """How many points (B, n) are outside a box, by more than the room."""
    low, high = [np.array(list(map(float, side))) for side in end]
    return int(((y < low - room) | (y > high + room)).any(axis=1).sum())
