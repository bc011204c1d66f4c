"""Draw the boxes of a proof on a region of two parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from theorycheck.inputs.numbers import Floats
from theorycheck.regions.tree import FINER, OPEN, OUTSIDE, TOUCHING, Level, halves, unpacked
from theorycheck.report.svg.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, axes

_LAST = 9
"""Of the shades of the style sheet, l0 to l9."""
_CLASSES = {OPEN: "mark s1", TOUCHING: "mark s2"}
_STYLE = (
    "path{stroke:#fff;stroke-width:.5;vector-effect:non-scaling-stroke}"
    "text{font:12px sans-serif;fill:#555;text-anchor:middle}"
    ".y{text-anchor:end}.axis{stroke:#555;fill:none}.grid{fill:none}.s1{fill:#c33}.s2{fill:#2a2}"
)


def boxes(picture: dict[str, Any]) -> Markup:
    """The content of the <svg>: where smaller boxes were needed it is darker; outside it is empty.

    picture: as a proof gives it. One path for every shade; boxes that stayed open and those through
    which both sides agree have a colour of their own.
    """
    paths: dict[str, str] = {}
    levels = unpacked(picture["tree"])
    deepest = max(int(_depths(level, depth).max()) for depth, level in enumerate(levels))
    cells = 2 ** np.array([max(_splits(levels, row)) for row in (0, 1)])
    lo, hi = np.zeros((2, 1)), cells[:, None].astype(float)
    for depth, level in enumerate(levels):
        shades = _LAST * _depths(level, depth) // max(deepest, 1)
        for k in np.flatnonzero((level < 0) & (level != OUTSIDE)):
            name = _CLASSES.get(int(level[k]), f"l{shades[k]}")
            paths[name] = paths.get(name, "") + _rectangle(lo[:, k], hi[:, k], cells[1])
        lo, hi = halves(lo, hi, level)
    drawn = "".join(f'<path class="{name}" d="{d}"/>' for name, d in sorted(paths.items()))
    (_, low, high), (_, bottom, top) = picture["axes"]
    x = Axis(low, high, LEFT, WIDTH - RIGHT).ticks()
    y = Axis(bottom, top, HEIGHT - BOTTOM, TOP).ticks()
    width, height = WIDTH - RIGHT - LEFT, HEIGHT - BOTTOM - TOP
    scale = f"translate({LEFT} {TOP}) scale({width / cells[0]:.5g} {height / cells[1]:.5g})"
    return Markup(f'<g class="boxes" transform="{scale}">{drawn}</g>') + axes(x, y, grid=False)


def whole_drawing(picture: dict[str, Any]) -> str:
    """The same as a file of its own, with the names of its axes."""
    (across, *_), (up, *_) = picture["axes"]
    shades = "".join(f".l{k}{{fill:hsl(210 60% {92 - 7 * k}%)}}" for k in range(_LAST + 1))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -16 {WIDTH} {HEIGHT + 34}">'
        f"<style>{shades}{_STYLE}</style>{boxes(picture)}"
        f'<text x="{WIDTH / 2}" y="{HEIGHT + 12}">{escape(across)}</text>'
        f'<text x="{LEFT}" y="-4">{escape(up)}</text></svg>\n'
    )


def _depths(level: Level, depth: int) -> NDArray[np.intp]:
    """The levels down to the smallest box in every box of a level."""
    below = np.where(level <= FINER, FINER + 1 - level.astype(np.intp), 0)
    found: NDArray[np.intp] = depth + below
    return found


def _splits(levels: list[Level], row: int) -> list[int]:
    """How often every box of the last levels was split along a row, and those that ended."""
    found, ended = [0], [0]
    for level in levels:
        ended += [count for count, kind in zip(found, level, strict=True) if kind < 0]
        split = [
            count + (kind == row) for count, kind in zip(found, level, strict=True) if kind >= 0
        ]
        found = split + split
    return ended


def _rectangle(lo: Floats, hi: Floats, top: int) -> str:
    """A box of whole numbers as a path, from its upper left corner."""
    (x, y), (width, height) = (lo[0], top - hi[1]), hi - lo
    return f"M{x:.0f} {y:.0f}h{width:.0f}v{height:.0f}h-{width:.0f}z"
