"""Curves with fewer points."""

from __future__ import annotations

import math
from itertools import pairwise

from theorycheck.report.svg.lines import simplified


def test_simplified_curves_stay_close() -> None:
    """Each point that is left out lies within the tolerance of the polyline that is drawn."""
    points = [(float(x), 80 * math.exp(-x / 60) + 20 * math.sin(x / 25)) for x in range(400)]
    kept = simplified(points)
    assert len(kept) < 60
    for x, y in points:
        (a, b), (c, d) = next(pair for pair in pairwise(kept) if x <= pair[1][0])
        assert abs(b + (d - b) * (x - a) / (c - a) - y) < 0.5
