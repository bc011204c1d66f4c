"""Figures as data: the modules of this folder make them, report.json keeps them, `svg` draws them.

Titles, descriptions and labels may hold formulae between dollar signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from theorycheck.inputs.case import Case

Numbers: TypeAlias = Sequence[float | None]
"""None stands for a missing value; only reports written elsewhere have any."""
DRAWN = 1e-3
"""A relative error that is thinner than a line."""


@dataclass(frozen=True)
class Series:
    """One curve of a figure. style: line, dashed or points."""

    label: str
    x: Numbers
    y: Numbers
    style: str = "line"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Series:
        """A series of report.json."""
        return cls(data["label"], data["x"], data["y"], data.get("style", "line"))

    def to_dict(self) -> dict[str, Any]:
        """The series as report.json has it."""
        return {"label": self.label, "x": list(self.x), "y": list(self.y), "style": self.style}


@dataclass(frozen=True)
class Figure:
    """Curves and points on common axes. section: the part of the report that shows the figure."""

    title: str
    description: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    section: str = "general"
    x_log: bool = False
    y_log: bool = False

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Figure:
        """A figure of report.json."""
        return cls(
            data["title"],
            data.get("description", ""),
            data["x_label"],
            data["y_label"],
            [Series.from_dict(series) for series in data["series"]],
            data.get("section", "general"),
            bool(data.get("x_log")),
            bool(data.get("y_log")),
        )

    def to_dict(self) -> dict[str, Any]:
        """The figure as report.json has it."""
        return {
            "title": self.title,
            "description": self.description,
            "x_label": self.x_label,
            "y_label": self.y_label,
            "x_log": self.x_log,
            "y_log": self.y_log,
            "section": self.section,
            "series": [series.to_dict() for series in self.series],
        }


@dataclass(frozen=True)
class Map:
    """Coloured cells over a grid.

    values: one row for each y. scale: the values at the ends of the colours; without it the least
    and the greatest value. names: of the values 1, 2, … where they only number kinds; a legend
    shows them in place of the scale. hints: what is shown of a cell that is pointed at, row by row.
    """

    title: str
    description: str
    x_label: str
    y_label: str
    x: Sequence[float]
    y: Sequence[float]
    values: Sequence[Numbers]
    value_label: str
    section: str = "general"
    scale: tuple[float, float] | None = None
    names: Sequence[str] = ()
    hints: Sequence[Sequence[str]] = ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Map:
        """A map of report.json."""
        low, high = data.get("scale", (None, None))
        return cls(
            data["title"],
            data.get("description", ""),
            data["x_label"],
            data["y_label"],
            data["x"],
            data["y"],
            data["values"],
            data["value_label"],
            data.get("section", "general"),
            None if low is None else (low, high),
            data.get("names", ()),
            data.get("hints", ()),
        )

    def to_dict(self) -> dict[str, Any]:
        """The map as report.json has it."""
        data = {
            "kind": "map",
            "title": self.title,
            "description": self.description,
            "x_label": self.x_label,
            "y_label": self.y_label,
            "x": list(self.x),
            "y": list(self.y),
            "values": [list(row) for row in self.values],
            "value_label": self.value_label,
            "section": self.section,
        }
        scale = {"scale": list(self.scale)} if self.scale is not None else {}
        names = {"names": list(self.names)} if self.names else {}
        hints = {"hints": [list(row) for row in self.hints]} if self.hints else {}
        return data | scale | names | hints


@dataclass(frozen=True)
class Histogram:
    """Counts between edges, which are logarithms to base 10.

    Made for the page from the margins that report.json keeps, and so never stored as a figure.
    """

    title: str
    description: str
    x_label: str
    y_label: str
    edges: Sequence[float]
    counts: Sequence[int]


Plot: TypeAlias = Figure | Map | Histogram


@dataclass(frozen=True)
class Exhibit:
    """A start or case on show, with the command that repeats it.

    facts: names and values. folded: whether the page shows it only on request.
    """

    title: str
    text: str
    figures: Sequence[Figure | Map]
    command: str
    facts: Sequence[tuple[str, str]] | None = None
    case: Case | dict[str, Any] | None = None
    folded: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The exhibit as report.json has it: what it lacks is left out."""
        facts = None if self.facts is None else [list(fact) for fact in self.facts]
        return {
            "title": self.title,
            "text": self.text,
            **({"facts": facts} if facts is not None else {}),
            **({"case": self.case} if self.case is not None else {}),
            "figures": [figure.to_dict() for figure in self.figures],
            "command": self.command,
            **({"folded": True} if self.folded else {}),
        }


def from_dict(data: dict[str, Any]) -> Figure | Map:
    """A figure or a map of report.json."""
    return Map.from_dict(data) if data.get("kind") == "map" else Figure.from_dict(data)


def series(label: str, x: Iterable[Any], y: Iterable[Any], style: str = "line") -> Series:
    """A series whose numbers are rounded as a drawing allows."""
    return Series(label, rounded(x), rounded(y), style)


def rounded(values: Iterable[Any]) -> list[float]:
    """Numbers to six significant digits, more than a drawing can show."""
    return [float(f"{float(value):.6g}") for value in values]
