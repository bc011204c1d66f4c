"""Newton's method with differences in float64: a search that knows nothing of boxes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from theorycheck.inputs.numbers import Floats


def zero_near(slope: Callable[[Floats], Floats], c: Floats) -> Floats | None:
    """A zero of a gradient, or None where the iteration leaves, stalls or meets a singular one."""
    for _ in range(30):
        g = slope(c)
        columns = [(slope(c + 1e-5 * e) - slope(c - 1e-5 * e)) / 2e-5 for e in np.eye(len(c))]
        jacobian = np.array(columns)
        if not np.isfinite(jacobian).all() or np.linalg.cond(jacobian) > 1e8:
            return None
        change = np.linalg.solve(jacobian, g)
        c = c - change
        if not np.abs(c).max() < 8:
            return None
        if np.abs(change).max() < 1e-9:
            return c
    return None
