"""Draw curves and points as lean SVG paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias, TypeGuard, TypeVar

import numpy as np
from markupsafe import Markup

from theorycheck.inputs.numbers import Floats
from theorycheck.report.figures.data import Figure, Plot, Series
from theorycheck.report.svg.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    axes,
    tenths,
)

Item = TypeVar("Item")
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


def curves(figure: Figure, height: int = HEIGHT, *, with_y: bool = True) -> Markup:
    """The axes and all the series of a figure. with_y: whether the vertical axis is drawn."""
    data = [_runs(series, figure) for series in figure.series]
    drawn = [point for runs in data for run in runs for point in run]
    xs, ys = ([point[axis] for point in drawn] for axis in (0, 1))
    x = Axis.over(xs, LEFT, WIDTH - RIGHT, figure.x_log, 0.02)
    y = Axis.over(ys, height - BOTTOM, TOP, figure.y_log)
    parts: list[str] = [axes(x.ticks(), y.ticks() if with_y else [], height=height)]
    for index, (series, runs) in enumerate(zip(figure.series, data, strict=True)):
        pixels = [[(x.pixel(a), y.pixel(b)) for a, b in run] for run in runs]
        parts.append(_curve(index, series.style, pixels, _needs_markers(figure)))
    return Markup("".join(parts))


def places(figure: Figure, values: Sequence[float]) -> list[float]:
    """The pixels of values along the horizontal axis; what has none is at its start."""
    xs = [x for series in figure.series for x, _ in _drawable_points(series, figure)]
    axis = Axis.over(xs, LEFT, WIDTH - RIGHT, figure.x_log, 0.02)
    return [axis.pixel(v) if v > 0 or not figure.x_log else axis.start for v in values]


def legend(plot: Plot) -> list[tuple[Markup, str]]:
    """A sample of line and marker for each series, with its label; none for one series alone."""
    if not isinstance(plot, Figure) or len(plot.series) < 2:
        return []
    ends: Points = [(2, 6), (26, 6)]
    marked = _needs_markers(plot)
    return [
        (Markup(_curve(index, series.style, [ends], marked, [(14, 6)])), series.label)
        for index, series in enumerate(plot.series)
    ]


def _needs_markers(figure: Figure) -> bool:
    """True if a reader who sees no colours could confuse two lines."""
    return [series.style for series in figure.series].count("line") > 1


def _runs(series: Series, figure: Figure) -> list[Points]:
    """The drawable points of a series, in runs between those that are missing."""
    places = [k for k, pair in enumerate(zip(series.x, series.y, strict=True)) if None in pair]
    ends = zip([-1, *places], [*places, len(series.x)], strict=True)
    parts = [
        Series(series.label, series.x[first + 1 : last], series.y[first + 1 : last], series.style)
        for first, last in ends
    ]
    return [points for part in parts if (points := _drawable_points(part, figure))]


def _drawable_points(series: Series, figure: Figure) -> Points:
    """The points of a series that have a place on the figure's axes."""
    return [
        (float(x), float(y))
        for x, y in zip(series.x, series.y, strict=True)
        if is_drawable(x) and is_drawable(y)
        if (x > 0 or not figure.x_log) and (y > 0 or not figure.y_log)
    ]


def is_drawable(value: float | None) -> TypeGuard[float]:
    """True if a value is neither missing nor unbounded."""
    return isinstance(value, (int, float)) and abs(value) < 1e300


def _curve(
    index: int, style: str, runs: list[Points], marked: bool, markers: Points | None = None
) -> str:
    """The points of a series, or its lines with a few markers if they need any."""
    pixels = [point for run in runs for point in run]
    name = f"s{index % STYLES}"
    if style == "points":
        markers = markers or thinned(pixels, MAX_POINTS)
        return f'<path class="{name} mark" d="{_marks(index, markers)}"/>'
    dashed = " dashed" if style == "dashed" else ""
    line = (
        f'<path class="{name} line{dashed}" d="{"".join(_path(simplified(run)) for run in runs)}"/>'
    )
    if dashed or not marked:
        return line
    marks = _marks(index, markers or _marker_places(pixels))
    return line + f'<path class="{name} mark" d="{marks}"/>'


def simplified(points: Points, tolerance: float = 0.35) -> Points:
    """Few of the points, with a polyline within a tolerance of all (Douglas and Peucker)."""
    if len(points) < 3:
        return points
    data = np.array(points)
    keep = {0, len(data) - 1}
    pending = [(0, len(data) - 1)]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        distance = _distances_from_chord(data[first : last + 1])
        farthest = int(distance.argmax())
        if distance[farthest] > tolerance:
            keep.add(first + farthest)
            pending += [(first, first + farthest), (first + farthest, last)]
    return [points[index] for index in sorted(keep)]


def _distances_from_chord(run: Floats) -> Floats:
    """The distances of the points of a run from the chord between its ends."""
    offset, chord = run - run[0], run[-1] - run[0]
    length = math.hypot(*chord)
    if length == 0:
        distances: Floats = np.hypot(offset[:, 0], offset[:, 1])
    else:
        distances = np.abs(chord[0] * offset[:, 1] - chord[1] * offset[:, 0]) / length
    return distances


def thinned(items: Sequence[Item], most: int) -> list[Item]:
    """Items evenly spread over all of them, `most` at most, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[k * (len(items) - 1) // (most - 1)] for k in range(most)]


def _marker_places(pixels: Points) -> Points:
    """A few of the points, about evenly spaced along the horizontal axis."""
    if not pixels:
        return []
    columns = np.array([x for x, _ in pixels])
    low, high = columns.min(), columns.max()
    wanted = [low + (high - low) * (k + 0.5) / MARKERS for k in range(MARKERS)]
    return [pixels[i] for i in sorted({int(np.abs(columns - x).argmin()) for x in wanted})]


def _path(pixels: Points) -> str:
    """A polyline, to a tenth of a pixel: from its start by steps, which are short to write."""
    if not pixels:
        return ""
    corners = [(round(10 * x), round(10 * y)) for x, y in pixels]
    start = f"M{tenths(pixels[0][0])} {tenths(pixels[0][1])}"
    steps = [f"{_step(c - a)}{_after(_step(d - b))}" for (a, b), (c, d) in pairwise(corners)]
    return start + (f"l{steps[0]}{''.join(map(_after, steps[1:]))}" if steps else "")


def _step(tenths: int) -> str:
    """A difference in tenths as SVG reads it: .5, -12.3, 4."""
    return f"{tenths / 10:g}".replace("0.", ".", 1) if abs(tenths) < 10 else f"{tenths / 10:.6g}"


def _after(number: str) -> str:
    """A number that follows another: a sign parts them as well as a space."""
    return number if number.startswith("-") else f" {number}"


def _marks(index: int, pixels: Points) -> str:
    """The path of a marker at each pixel; the index of the series chooses the shape."""
    shape = SHAPES[index % len(SHAPES)]
    return "".join(f"M{tenths(x)} {tenths(y)}{shape}" for x, y in pixels)
