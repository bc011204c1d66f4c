"""The graph of saddles and the points to which they lead."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from theorycheck.report.svg.axes import WIDTH
from theorycheck.report.svg.graph import HEIGHT, Node, graph

UPPER = [Node("2", "0.91", False), Node("<4>", "1.14", False)]
LOWER = [Node("1", "0", True), Node("3", "1.14", True), Node("5", "2", False)]


def test_every_node_and_edge_is_drawn_inside() -> None:
    """Names are text, whatever they hold; discs and squares differ without colours."""
    drawn = graph(UPPER, LOWER, [(0, 0), (0, 0), (1, 1), (1, 2)])
    tree = ElementTree.fromstring(f"<svg>{drawn}</svg>")
    assert [text.text for text in tree.iter("text")][::2] == ["2", "<4>", "1", "3", "5"]
    corners = [rect.get("rx") for rect in tree.iter("rect")]
    assert len(set(corners[:2])) == 1
    assert corners[2] == corners[3] != corners[4] == corners[0]
    path = next(tree.iter("path")).get("d") or ""
    assert path.count("M") == 4
    numbers = [tuple(map(float, pair)) for pair in re.findall(r"([-\d.]+) ([-\d.]+)", path)]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in numbers)


def test_two_edges_between_the_same_nodes_are_apart() -> None:
    path = ElementTree.fromstring(f"<svg>{graph(UPPER, LOWER, [(0, 0), (0, 0)])}</svg>")
    one, other = re.findall(r"M[^M]+", next(path.iter("path")).get("d") or "")
    assert one != other
