"""Curves and points as lean SVG paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from theorycheck.report.svg.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, frame

Array: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = list[tuple[float, float]]

STYLES = 6  # of the style sheet: s0 to s5
SHAPES = (
    "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",  # disc
    "m-2.7-2.7h5.4v5.4h-5.4z",  # square
    "m0-3.6l3.4 6h-6.8z",  # triangle
    "m0-3.8l3.8 3.8l-3.8 3.8l-3.8-3.8z",  # diamond
)
MARKERS = 5  # along a line
MAX_POINTS = 400


def curves(figure: dict[str, Any]) -> Markup:
    """Axes and all the series of a figure."""
    logs = bool(figure.get("x_log")), bool(figure.get("y_log"))
    data = [drawable(item, *logs) for item in figure["series"]]
    x = Axis.over([p[0] for points in data for p in points], LEFT, WIDTH - RIGHT, logs[0], 0.02)
    y = Axis.over([p[1] for points in data for p in points], HEIGHT - BOTTOM, TOP, logs[1])
    parts: list[str] = [frame(x.ticks(), y.ticks())]
    for index, (item, points) in enumerate(zip(figure["series"], data, strict=True)):
        pixels = [(x.pixel(a), y.pixel(b)) for a, b in points]
        parts.append(_series(index, item.get("style", "line"), pixels, _is_marked(figure)))
    return Markup("".join(parts))


def _is_marked(figure: dict[str, Any]) -> bool:
    """Whether lines need markers to be told from each other."""
    return [item.get("style", "line") for item in figure["series"]].count("line") > 1


def legend(figure: dict[str, Any]) -> list[tuple[Markup, str]]:
    """A sample of line and marker for each series, with its label; none for one series alone."""
    series = figure.get("series", [])
    if len(series) < 2:
        return []
    ends: Points = [(2, 6), (26, 6)]
    return [
        (
            Markup(_series(index, item.get("style", "line"), ends, _is_marked(figure), [(14, 6)])),
            item["label"],
        )
        for index, item in enumerate(series)
    ]


def drawable(series: dict[str, Any], x_log: bool, y_log: bool) -> Points:
    """The points that have a place on the axes."""
    return [
        (float(x), float(y))
        for x, y in zip(series["x"], series["y"], strict=True)
        if finite(x) and finite(y) and (x > 0 or not x_log) and (y > 0 or not y_log)
    ]


def finite(value: Any) -> bool:
    """Whether a value can be drawn: a missing or an unbounded one cannot."""
    return isinstance(value, (int, float)) and abs(value) < 1e300


def _series(
    index: int, style: str, pixels: Points, marked: bool, markers: Points | None = None
) -> str:
    """A line, with a few markers to tell it from others without colour, or points."""
    name = f"s{index % STYLES}"
    if style == "points":
        markers = markers or thinned(pixels, MAX_POINTS)
        return f'<path class="{name} mark" d="{_marks(index, markers)}"/>'
    dashed = " dashed" if style == "dashed" else ""
    line = f'<path class="{name} line{dashed}" d="{_path(simplified(pixels))}"/>'
    if dashed or not marked:
        return line
    return line + f'<path class="{name} mark" d="{_marks(index, markers or _spread(pixels))}"/>'


def simplified(points: Points, tolerance: float = 0.35) -> Points:
    """The fewest points whose polyline stays within a tolerance (Douglas and Peucker)."""
    if len(points) < 3:
        return points
    data = np.array(points)
    keep = {0, len(data) - 1}
    pending = [(0, len(data) - 1)]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        distance = _distances(data[first : last + 1])
        farthest = int(distance.argmax())
        if distance[farthest] > tolerance:
            keep.add(first + farthest)
            pending += [(first, first + farthest), (first + farthest, last)]
    return [points[index] for index in sorted(keep)]


def _distances(run: Array) -> Array:
    """How far the points of a run are from the chord between its ends."""
    offset, chord = run - run[0], run[-1] - run[0]
    length = math.hypot(*chord)
    if length == 0:
        distances: Array = np.hypot(offset[:, 0], offset[:, 1])
    else:
        distances = np.abs(chord[0] * offset[:, 1] - chord[1] * offset[:, 0]) / length
    return distances


def thinned(items: Sequence[Any], most: int) -> list[Any]:
    """At most so many items, evenly spread, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[k * (len(items) - 1) // (most - 1)] for k in range(most)]


def _spread(pixels: Points) -> Points:
    """A few of the points, about evenly spaced along the horizontal axis."""
    if not pixels:
        return []
    columns = np.array([x for x, _ in pixels])
    low, high = columns.min(), columns.max()
    wanted = [low + (high - low) * (k + 0.5) / MARKERS for k in range(MARKERS)]
    return [pixels[i] for i in sorted({int(np.abs(columns - x).argmin()) for x in wanted})]


def _path(pixels: Points) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in pixels) if pixels else ""


def _marks(index: int, pixels: Points) -> str:
    shape = SHAPES[index % len(SHAPES)]
    return "".join(f"M{_short(x)} {_short(y)}{shape}" for x, y in pixels)


def _short(value: float) -> str:
    """A pixel to one decimal."""
    return f"{value:.1f}".removesuffix(".0")
