"""Figures: lean SVG without colours of its own, and the data table behind each.

Colours, dashes and type come from the page's style sheet, so the same bytes serve light, dark and
print. Titles, axis labels and legends are HTML around the drawing: they wrap and hold formulae.
"""

from __future__ import annotations

import math
from itertools import groupby, pairwise
from typing import Any

from markupsafe import Markup

from theorycheck.report.svg.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    LOW_HEIGHT,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    frame,
    plain,
)
from theorycheck.report.svg.lines import curves, finite, thinned

LEVELS = 10  # of the style sheet: l0 to l9
TABLE_ROWS = 10
TABLE_COLUMNS = 8


def drawing(figure: dict[str, Any]) -> Markup:
    """What is inside the <svg> of a figure: numbers only, no text of the caller."""
    draw = {"map": _map, "histogram": _histogram}.get(figure.get("kind", ""), curves)
    return draw(figure)


def height(figure: dict[str, Any]) -> int:
    """The height of a drawing whose width is `axes.WIDTH`."""
    return LOW_HEIGHT if figure.get("kind") == "histogram" else HEIGHT


def histogram_figure(histogram: dict[str, Any]) -> dict[str, Any]:
    """The figure of a claim's margins, from edges (log10 of relative margins) and counts."""
    return {
        "kind": "histogram",
        "title": "Distribution of the margins",
        "description": "Cases by margin relative to the size of the two sides; "
        "further left is nearer to failing.",
        "x_label": "relative margin",
        "y_label": "cases",
        "edges": histogram["edges"],
        "counts": histogram["counts"],
    }


def _histogram(figure: dict[str, Any]) -> Markup:
    edges, counts = figure["edges"], figure["counts"]
    x = Axis(edges[0], edges[-1], LEFT, WIDTH - RIGHT, log=True)
    y = Axis(0, max([*counts, 1]) * 1.05, LOW_HEIGHT - BOTTOM, TOP)
    bars = []
    for (left, right), count in zip(pairwise(edges), counts, strict=True):
        start, end = x.place(left), x.place(right)
        top = y.pixel(count)
        if count:
            bars.append(f"M{start + 0.5:.1f} {y.start:g}V{top:.1f}H{end - 0.5:.1f}V{y.start:g}z")
    whole = [(pixel, label) for pixel, label in y.ticks() if "." not in label]
    return frame(x.ticks(), whole, height=LOW_HEIGHT) + Markup(
        f'<path class="bar" d="{"".join(bars)}"/>'
    )


def _map(figure: dict[str, Any]) -> Markup:
    """Cells of equal size, one path for each level of colour; a missing value leaves a gap."""
    rows, (low, high) = figure["values"], value_range(figure)
    across, down = max(len(figure["x"]), 1), max(len(rows), 1)
    width, height = WIDTH - RIGHT - LEFT, HEIGHT - BOTTOM - TOP
    paths = [""] * LEVELS
    for j, row in enumerate(rows):
        start = 0
        for level, run in groupby(_levels(row, low, high)):
            length = len(list(run))
            if level is not None:
                paths[level] += f"M{start} {down - 1 - j}h{length}v1h-{length}z"
            start += length
    cells = "".join(f'<path class="l{k}" d="{d}"/>' for k, d in enumerate(paths) if d)
    scale = f"translate({LEFT} {TOP}) scale({width / across:.4f} {height / down:.4f})"
    x = [(LEFT + (i + 0.5) * width / across, plain(figure["x"][i])) for i in _some(across)]
    y = [(HEIGHT - BOTTOM - (j + 0.5) * height / down, plain(figure["y"][j])) for j in _some(down)]
    return Markup(f'<g class="map" transform="{scale}">{cells}</g>') + frame(x, y, grid=False)


def _levels(row: list[Any], low: float, high: float) -> list[int | None]:
    width = (high - low) or 1.0
    return [
        min(max(int((value - low) / width * LEVELS), 0), LEVELS - 1) if finite(value) else None
        for value in row
    ]


def _some(count: int) -> list[int]:
    return thinned(range(count), 5)


def value_range(figure: dict[str, Any]) -> tuple[float, float]:
    """The ends of a map's colours: its `scale`, or its least and greatest value."""
    if "scale" in figure:
        low, high = figure["scale"]
        return low, high
    values = [value for row in figure["values"] for value in row if finite(value)] or [0.0]
    return min(values), max(values)


def scale(figure: dict[str, Any]) -> tuple[Markup, str, str] | None:
    """The colour bar of a map with the values at its ends."""
    if figure.get("kind") != "map":
        return None
    low, high = value_range(figure)
    cells = (f'<path class="l{k}" d="M{k * 12} 0h12v10h-12z"/>' for k in range(LEVELS))
    return Markup("".join(cells)), plain(low), plain(high)


# --- the numbers behind a figure ------------------------------------------------------------------


def tables(figure: dict[str, Any]) -> list[dict[str, Any]]:
    """The numbers behind a figure, thinned to what a reader can take in."""
    if figure.get("kind") == "map":
        return [_map_table(figure)]
    if figure.get("kind") == "histogram":
        edges = [plain(10.0**edge) for edge in figure["edges"]]
        rows = [
            [left, right, str(count)]
            for (left, right), count in zip(pairwise(edges), figure["counts"], strict=True)
        ]
        columns = ["from", "to", "cases"]
        return [{"label": figure["title"], "note": "", "columns": columns, "rows": rows}]
    groups: list[list[dict[str, Any]]] = []
    for item in figure["series"]:
        group = next((group for group in groups if group[0]["x"] == item["x"]), None)
        if group is None:
            groups.append(group := [])
        group.append(item)
    return [_series_table(figure, group) for group in groups]


def _series_table(figure: dict[str, Any], series: list[dict[str, Any]]) -> dict[str, Any]:
    """The series that have the same x, side by side."""
    x, label = series[0]["x"], ", ".join(item["label"] for item in series)
    indices = _geometric(len(x)) if figure.get("x_log") else thinned(range(len(x)), TABLE_ROWS)
    columns = [figure["x_label"], *(item["label"] for item in series)]
    rows = [[_cell(x[i]), *(_cell(item["y"][i]) for item in series)] for i in indices]
    return {"label": label, "note": _note(len(rows), len(x)), "columns": columns, "rows": rows}


def _geometric(count: int) -> list[int]:
    """Indices that are about evenly spaced on a logarithmic axis, with the first and the last."""
    if count <= TABLE_ROWS:
        return list(range(count))
    powers = (math.log(count) * k / (TABLE_ROWS - 1) for k in range(TABLE_ROWS))
    return sorted({min(round(math.exp(power)) - 1, count - 1) for power in powers})


def _map_table(figure: dict[str, Any]) -> dict[str, Any]:
    columns = thinned(range(len(figure["x"])), TABLE_COLUMNS)
    down = thinned(range(len(figure["y"])), TABLE_ROWS)
    head = [
        f"{figure['y_label']} ↓, {figure['x_label']} →",
        *(_cell(figure["x"][i]) for i in columns),
    ]
    rows = [
        [_cell(figure["y"][j]), *(_cell(figure["values"][j][i]) for i in columns)] for j in down
    ]
    whole = len(figure["x"]) * len(figure["y"])
    note = _note(len(columns) * len(down), whole)
    return {"label": figure["value_label"], "note": note, "columns": head, "rows": rows}


def _note(shown: int, whole: int) -> str:
    return f"{shown:,} of {whole:,} values; report.json has them all" if shown < whole else ""


def _cell(value: Any) -> str:
    return plain(value) if finite(value) else "–"
