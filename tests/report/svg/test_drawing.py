"""Drawings of figures."""

from __future__ import annotations

import re

from helpers.reports import curve, example, heat_map
from theorycheck.report import render


def test_maps_may_share_their_colours() -> None:
    """With a scale the same value has the same colour in two maps, and the bar says its ends."""
    base = {**heat_map(), "x": [1, 2], "y": [1], "values": [[0.0, 1.0]]}
    own = render(example() | {"figures": [base]})
    shared = render(example() | {"figures": [{**base, "scale": [0.0, 4.0]}]})
    assert '<path class="l9" d="M1 0h1v1h-1z"/>' in own
    assert '<path class="l2" d="M1 0h1v1h-1z"/>' in shared
    assert "log steps: 0 <svg" in shared
    assert "</svg> 4</p>" in shared


def test_points_without_a_place_are_left_out() -> None:
    """Zero on a logarithmic axis, a missing value and a constant series draw no nonsense."""
    figure = curve("rates")
    figure["series"] = [{"label": "a", "x": [0, 1, 2, 3], "y": [1.0, None, 0.0, 2.0]}]
    drawn = "".join(re.findall(r' d="([^"]*)"', render(example() | {"figures": [figure]})))
    assert not re.search("nan|inf", drawn)
    figure["series"] = []
    render(example() | {"figures": [figure]})
