"""Draw which saddles lead down to which points, as a graph of two rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from theorycheck.report.svg.axes import WIDTH

HEIGHT = 190
_UPPER, _LOWER, _RADIUS = 55, 135, 13
_APART = 16
"""Of two edges between the same nodes."""


@dataclass(frozen=True)
class Node:
    """A node with its name and a text beside it; a disc or a square."""

    name: str
    text: str
    is_disc: bool


def graph(upper: Sequence[Node], lower: Sequence[Node], edges: Sequence[tuple[int, int]]) -> Markup:
    """A graph as SVG, `WIDTH` by `HEIGHT`. edges: places in the upper and in the lower row."""
    x = [_places(len(row)) for row in (upper, lower)]
    lines = []
    for number, (top, bottom) in enumerate(edges):
        before = edges[:number].count((top, bottom))
        bend = _APART * (1 - 2 * before) if edges.count((top, bottom)) > 1 else 0
        lines.append(_edge(x[0][top], x[1][bottom], bend))
    nodes = [_node(at, _UPPER, node, -_RADIUS - 7) for at, node in zip(x[0], upper, strict=True)]
    nodes += [_node(at, _LOWER, node, _RADIUS + 18) for at, node in zip(x[1], lower, strict=True)]
    return Markup("").join([Markup(f'<path class="axis" d="{"".join(lines)}"/>'), *nodes])


def _places(count: int) -> list[float]:
    return [WIDTH * (k + 0.5) / count for k in range(count)]


def _edge(top: float, bottom: float, bend: int) -> str:
    middle = (top + bottom) / 2 + 2 * bend
    return f"M{top:.1f} {_UPPER}Q{middle:.1f} {(_UPPER + _LOWER) / 2:g} {bottom:.1f} {_LOWER}"


def _node(x: float, y: int, node: Node, below: int) -> Markup:
    style, corner, size = (
        "s0" if node.is_disc else "s1",
        _RADIUS if node.is_disc else 2,
        2 * _RADIUS,
    )
    return Markup(
        f'<rect class="{style} mark" x="{x - _RADIUS:.1f}" y="{y - _RADIUS}" width="{size}" '
        f'height="{size}" rx="{corner}"/>'
        f'<text class="on" x="{x:.1f}" y="{y + 4}">{escape(node.name)}</text>'
        f'<text x="{x:.1f}" y="{y + below}">{escape(node.text)}</text>'
    )
