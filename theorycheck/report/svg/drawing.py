"""Draw figures as lean SVG without colours of its own.

Colours, dashes and type come from the page's style sheet, so the same bytes serve light, dark and
print. Titles, axis labels and legends are HTML around the drawing: they wrap and hold formulae.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from markupsafe import Markup, escape

from theorycheck.report.figures.data import Figure, Histogram, Map, Numbers, Plot
from theorycheck.report.svg.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    LOW_HEIGHT,
    RIGHT,
    SKETCH_HEIGHT,
    TOP,
    WIDTH,
    Axis,
    axes,
    short_number,
    tenths,
)
from theorycheck.report.svg.lines import curves, is_drawable, legend, thinned

LEVELS = 10  # of the style sheet: l0 to l9


def drawing(plot: Plot) -> Markup:
    """The content of a figure's <svg>: it holds numbers and none of the figure's texts."""
    if isinstance(plot, Map):
        return _cells(plot)
    return _bars(plot) if isinstance(plot, Histogram) else curves(plot)


def sketch(figure: Figure) -> Markup:
    """The curves of a figure in little: low, and without a vertical axis."""
    return curves(figure, SKETCH_HEIGHT, with_y=False)


def height(plot: Plot) -> int:
    """The height of a drawing whose width is `axes.WIDTH`."""
    return LOW_HEIGHT if isinstance(plot, Histogram) else HEIGHT


def margin_histogram(stored: dict[str, Any]) -> Histogram:
    """The histogram of a claim's margins, from what the report stores.

    stored: the counts, and the edges as logarithms to base 10 of relative margins.
    """
    return Histogram(
        "Distribution of the margins",
        "Cases by margin relative to the size of the two sides; further left is nearer to failing.",
        "relative margin",
        "cases",
        stored["edges"],
        stored["counts"],
    )


def _bars(histogram: Histogram) -> Markup:
    """A bar with its count over it for each bin that holds a case."""
    edges, counts = histogram.edges, histogram.counts
    x = Axis(edges[0], edges[-1], LEFT, WIDTH - RIGHT, log=True)
    y = Axis(0, max([*counts, 1]), LOW_HEIGHT - BOTTOM, TOP + 14)
    bars, labels = "", ""
    for (left, right), count in zip(pairwise(edges), counts, strict=True):
        start, end = x.pixel_at(left), x.pixel_at(right)
        top = y.pixel(count)
        if count:
            bars += (
                f"M{tenths(start + 0.5)} {y.start:g}V{tenths(top)}H{tenths(end - 0.5)}V{y.start:g}z"
            )
            labels += f'<text x="{tenths((start + end) / 2)}" y="{tenths(top - 4)}">{count}</text>'
    drawn = Markup(f'<path class="bar" d="{bars}"/>{labels}')
    return axes(x.ticks(), [], height=LOW_HEIGHT) + drawn


def _cells(plot: Map) -> Markup:
    """Cells of equal size, one path for each level of colour; a missing value leaves a gap."""
    low, high = _colour_range(plot)
    across, down = max(len(plot.x), 1), max(len(plot.values), 1)
    width, height = WIDTH - RIGHT - LEFT, HEIGHT - BOTTOM - TOP
    paths = [""] * LEVELS
    for j, row in enumerate(plot.values):
        start = 0
        for level, run in groupby(_levels(row, low, high)):
            length = len(list(run))
            if level is not None:
                paths[level] += f"M{start} {down - 1 - j}h{length}v1h-{length}z"
            start += length
    cells = "".join(f'<path class="l{k}" d="{d}"/>' for k, d in enumerate(paths) if d)
    cells += "".join(_hints(plot.hints))
    scale = f"translate({LEFT} {TOP}) scale({width / across:.4f} {height / down:.4f})"
    x = [(LEFT + (i + 0.5) * width / across, short_number(plot.x[i])) for i in _ticked(across)]
    y = [
        (HEIGHT - BOTTOM - (j + 0.5) * height / down, short_number(plot.y[j]))
        for j in _ticked(down)
    ]
    return Markup(f'<g class="map" transform="{scale}">{cells}</g>') + axes(x, y, grid=False)


def _hints(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """An unseen cell over each cell, with a text for who points at it."""
    for j, row in enumerate(rows):
        for i, text in enumerate(row):
            y = len(rows) - 1 - j
            yield f'<path class="hint" d="M{i} {y}h1v1h-1z"><title>{escape(text)}</title></path>'


def _levels(row: Numbers, low: float, high: float) -> list[int | None]:
    """The level of colour of each value, None for a missing one."""
    width = (high - low) or 1.0
    return [
        min(max(int((value - low) / width * LEVELS), 0), LEVELS - 1) if is_drawable(value) else None
        for value in row
    ]


def _ticked(count: int) -> list[int]:
    """The indices of the rows or columns that get a tick, five at most."""
    return thinned(range(count), 5)


def _colour_range(plot: Map) -> tuple[float, float]:
    """The values at the ends of a map's colours."""
    if plot.scale is not None:
        return plot.scale
    values = [value for row in plot.values for value in row if is_drawable(value)] or [0.0]
    return min(values), max(values)


def colour_bar(plot: Plot) -> tuple[Markup, str, str] | None:
    """The colour bar of a map with the values at its ends; None for other figures."""
    if not isinstance(plot, Map) or plot.names:
        return None
    low, high = _colour_range(plot)
    cells = (f'<path class="l{k}" d="M{k * 12} 0h12v10h-12z"/>' for k in range(LEVELS))
    return Markup("".join(cells)), short_number(low), short_number(high)


def key(plot: Plot) -> list[tuple[Markup, str]]:
    """The legend of a figure: samples with labels of its curves, or of the kinds of a map."""
    if not isinstance(plot, Map):
        return legend(plot)
    levels = _levels(range(1, len(plot.names) + 1), *_colour_range(plot))
    samples = [Markup(f'<path class="l{level}" d="M2 1h24v10h-24z"/>') for level in levels]
    return list(zip(samples, plot.names, strict=True))
