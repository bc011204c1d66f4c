"""The tables of numbers behind the figures, thinned to what a reader can take in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from theorycheck.report.figures.data import Figure, Histogram, Map, Plot, Series
from theorycheck.report.svg.axes import short_number
from theorycheck.report.svg.lines import is_drawable, thinned

ROWS = 10
COLUMNS = 8


@dataclass(frozen=True)
class Table:
    """Numbers as text. note: how many of the values are shown, if not all."""

    label: str
    note: str
    columns: list[str]
    rows: list[list[str]]


def tables(plot: Plot, kept: str = "report.json") -> list[Table]:
    """The tables of a figure: one for each x that its series have, or one.

    kept: the file that has all values, "" if none has.
    """
    if isinstance(plot, Map):
        return [_map_table(plot, kept)]
    if isinstance(plot, Histogram):
        return [_histogram_table(plot)]
    groups: list[list[Series]] = []
    for series in plot.series:
        group = next((group for group in groups if group[0].x == series.x), None)
        if group is None:
            groups.append(group := [])
        group.append(series)
    return [_series_table(plot, group, kept) for group in groups]


def _histogram_table(histogram: Histogram) -> Table:
    """The bins that hold a case; most are empty."""
    edges = [short_number(10.0**edge) for edge in histogram.edges]
    rows = [
        [left, right, str(count)]
        for (left, right), count in zip(pairwise(edges), histogram.counts, strict=True)
        if count
    ]
    note = "" if len(rows) == len(histogram.counts) else "the other bins are empty"
    return Table(histogram.title, note, ["from", "to", "cases"], rows)


def _series_table(figure: Figure, group: Sequence[Series], kept: str) -> Table:
    """The series that have the same x, side by side."""
    x, label = group[0].x, ", ".join(series.label for series in group)
    indices = _geometric(len(x)) if figure.x_log else thinned(range(len(x)), ROWS)
    columns = [figure.x_label, *(series.label for series in group)]
    rows = [[_cell(x[i]), *(_cell(series.y[i]) for series in group)] for i in indices]
    return Table(label, _note(len(rows), len(x), kept), columns, rows)


def _geometric(count: int) -> list[int]:
    """Indices that are about evenly spaced on a logarithmic axis, with the first and the last."""
    if count <= ROWS:
        return list(range(count))
    powers = (math.log(count) * k / (ROWS - 1) for k in range(ROWS))
    return sorted({min(round(math.exp(power)) - 1, count - 1) for power in powers})


def _map_table(plot: Map, kept: str) -> Table:
    across, down = thinned(range(len(plot.x)), COLUMNS), thinned(range(len(plot.y)), ROWS)
    columns = [f"{plot.y_label} ↓, {plot.x_label} →", *(_cell(plot.x[i]) for i in across)]
    rows = [[_cell(plot.y[j]), *(_cell(plot.values[j][i]) for i in across)] for j in down]
    note = _note(len(across) * len(down), len(plot.x) * len(plot.y), kept)
    return Table(plot.value_label, note, columns, rows)


def _note(shown: int, whole: int, kept: str) -> str:
    if shown == whole:
        return ""
    return f"{shown:,} of {whole:,} values" + (f"; {kept} has them all" if kept else "")


def _cell(value: float | None) -> str:
    return short_number(value) if is_drawable(value) else "–"
