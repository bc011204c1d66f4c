"""Figures as plain data, as report.json has them; `report.figures` draws them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def figure(
    title: str,
    description: str,
    labels: tuple[str, str],
    series: list[dict[str, Any]],
    *,
    section: str = "general",
    x_log: bool = False,
    y_log: bool = False,
) -> dict[str, Any]:
    """A figure with axes: labels are those of x and y; text may hold formulae between $."""
    return {
        "title": title,
        "description": description,
        "x_label": labels[0],
        "y_label": labels[1],
        "x_log": x_log,
        "y_log": y_log,
        "section": section,
        "series": series,
    }


def series(label: str, x: Iterable[Any], y: Iterable[Any], style: str = "line") -> dict[str, Any]:
    """One curve of a figure. style: line, dashed or points."""
    return {"label": label, "x": short(x), "y": short(y), "style": style}


def short(values: Iterable[Any]) -> list[float]:
    """Numbers to six significant digits, more than a drawing can show."""
    return [float(f"{float(value):.6g}") for value in values]
