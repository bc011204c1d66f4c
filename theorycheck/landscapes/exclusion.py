"""Boxes of means examined: none, exactly one, or perhaps some stationary points in them.

For a box B with centre m and half-widths r, and enclosures g of the gradient at m, H of the Hessian
over B, every stationary point x in B has, by the mean value theorem,

    0 = g(m) + A (x - m)   with some A in H,   so that   x in K = m - Y g + (I - Y H) (B - m)

for any matrix Y. So there is none in B where a row of g + H (B - m), or the gradient over B, does
not hold 0, or where K misses B; all of them lie in the intersection of K and B otherwise. If K lies
in the interior of B there is exactly one (Krawczyk 1969; R. E. Moore, SIAM J.
Numer. Anal. 14, 1977):
x -> x - Y grad L(x) maps B into K, hence has a fixed point, Y is regular and so is all of H.

Boxes that seem to hold one point are grown before this test: a point on the common face of two
boxes lies in the interior of neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.expectations.hessian import Enclosure, Intervals
from theorycheck.inputs.numbers import Floats
from theorycheck.landscapes.problem import Problem

Mask: TypeAlias = NDArray[np.bool_]

_SLACK = 1e-13
"""More than what rounding makes of sums of 60 products, relative to the sum of their moduli."""
_FINE_RADIUS = {1: 0.05, 2: 0.003}
"""Half-width below which the gradient at the centre is to be known better, by dimension."""
_ROUGH_WIDTH = 0.12
"""Width above which the rough grid will do in the plane."""
_FINE_WIDTH = 1e-3
"""Width below which the derivatives over the box are."""
_ROUNDS = 4
"""Attempts to isolate a point, each in the box that the last one gave."""
_GROWTH = 1.25
_NARROWINGS = 8
"""Each squares the width, until rounding or the grid limits it."""


class Boxes(NamedTuple):
    """Lower and upper bounds of the coordinates of n means, mean by mean: (B, nd) each."""

    lower: Floats
    upper: Floats

    def __len__(self) -> int:
        return len(self.lower)

    def at(self, places: Mask | slice) -> Boxes:
        """Some of them."""
        return Boxes(self.lower[places], self.upper[places])


@dataclass(frozen=True)
class Examined:
    """What is left of boxes: `isolated` hold one point each, `open` all others."""

    isolated: Boxes
    open: Boxes


def examined(problem: Problem, boxes: Boxes) -> Examined:
    """Exclude, isolate or shrink the stationary points in boxes."""
    boxes = ordered(problem, boxes)
    over = _enclosed(problem, boxes)
    mask = _may_vanish(over.gradient)
    boxes, hessian = boxes.at(mask), Intervals(*(part[mask] for part in over.hessian))
    if not len(boxes):
        return Examined(boxes, boxes)
    image = _image(problem, boxes, hessian)
    mask = image.may_hold & _meets(image, boxes)
    left = _intersection(image, boxes).at(mask)
    promising = image.contraction[mask] < 1
    grown = isolating(problem, left.at(promising))
    isolated: Mask = ~np.isnan(grown.lower[:, 0])
    is_open = ~promising
    is_open[np.flatnonzero(promising)[~isolated]] = True
    return Examined(grown.at(isolated), left.at(is_open))


def ordered(problem: Problem, boxes: Boxes) -> Boxes:
    """The parts in which the first coordinates of means of equal weight can increase."""
    lower, upper, d = boxes.lower.copy(), boxes.upper.copy(), problem.dimension
    for i, j in problem.neighbours:
        lower[:, j * d] = np.maximum(lower[:, i * d], lower[:, j * d])
    for i, j in reversed(problem.neighbours):
        upper[:, i * d] = np.minimum(upper[:, i * d], upper[:, j * d])
    return Boxes(lower, upper).at(in_all(lower <= upper))


def isolating(problem: Problem, boxes: Boxes) -> Boxes:
    """Boxes that hold all stationary points of the given ones, and exactly one; NaN where none is
    found.

    Grown and mapped a few times: a box whose image lies in its interior will do.
    """
    found = Boxes(np.full_like(boxes.lower, np.nan), np.full_like(boxes.lower, np.nan))
    waiting, trial = np.arange(len(boxes)), boxes
    for _ in range(_ROUNDS):
        if not len(waiting):
            break
        trial = _grown(problem, trial)
        hessian = _enclosed(problem, trial).hessian
        image = _image(problem, trial, hessian)
        holds = _is_inside(image.box, trial) & _is_inside(
            Boxes(boxes.lower[waiting], boxes.upper[waiting]), trial
        )
        for part, own in zip(found, trial, strict=True):
            part[waiting[holds]] = own[holds]
        goes_on = ~holds & (image.contraction < 1)
        waiting = waiting[goes_on]
        trial = _hull(image.box.at(goes_on), Boxes(boxes.lower[waiting], boxes.upper[waiting]))
    return found


def narrowed(problem: Problem, boxes: Boxes) -> Boxes:
    """Smaller boxes around the points that the given ones isolate, as far as float64 leads."""
    for _ in range(_NARROWINGS if len(boxes) else 0):
        hessian = problem.fine.enclosure(*boxes).hessian
        boxes = _intersection(_image(problem, boxes, hessian), boxes)
    return boxes


class _Image(NamedTuple):
    """K of boxes, the largest row sum of |I - Y H|, and if the rows of g + H (B - m) hold 0."""

    box: Boxes
    contraction: Floats
    may_hold: Mask


def _image(problem: Problem, boxes: Boxes, hessian: Intervals) -> _Image:
    middle = boxes.lower + (boxes.upper - boxes.lower) / 2
    radius = np.maximum(boxes.upper - middle, middle - boxes.lower) * (1 + _SLACK) + 1e-300
    gradient = _gradient_at(problem, middle, radius.max(axis=1))
    g, g_radius = _middle_and_radius(gradient)
    h, h_radius = _middle_and_radius(hessian)
    reach = _applied(abs(h) + h_radius, radius) * (1 + _SLACK)
    may_hold = in_all(~(abs(g) > (g_radius + reach) * (1 + _SLACK)))
    y = _inverses(h)
    sizes = abs(y)
    rest = abs(np.eye(h.shape[1]) - y @ h) + sizes @ (h_radius + _SLACK * abs(h)) + _SLACK
    shift = _applied(y, g)
    width = _applied(rest, radius) + _applied(sizes, g_radius + _SLACK * abs(g))
    width = width * (1 + _SLACK) + _SLACK * 0.01 * (abs(middle) + abs(shift))
    centre = middle - shift
    return _Image(Boxes(centre - width, centre + width), rest.sum(axis=2).max(axis=1), may_hold)


def _enclosed(problem: Problem, boxes: Boxes) -> Enclosure:
    """Bounds of the derivatives over boxes, from grids as fine as their widths ask for."""
    width = (boxes.upper - boxes.lower).max(axis=1)
    batch, size = boxes.lower.shape
    gradient = Intervals(np.empty((batch, size)), np.empty((batch, size)))
    hessian = Intervals(np.empty((batch, size, size)), np.empty((batch, size, size)))
    is_rough = (width > _ROUGH_WIDTH) & (problem.dimension > 1)
    is_fine = width < _FINE_WIDTH
    grids = (problem.rough, is_rough), (problem.fine, is_fine)
    for grid, mask in (*grids, (problem.coarse, ~is_rough & ~is_fine)):
        if mask.any():
            over = grid.enclosure(*boxes.at(mask))
            for whole, part in (gradient, over.gradient), (hessian, over.hessian):
                whole.lower[mask], whole.upper[mask] = part
    return Enclosure(gradient, hessian)


def _gradient_at(problem: Problem, points: Floats, radius: Floats) -> Intervals:
    """Bounds of the gradient at the centres of boxes with these half-widths, (B,)."""
    lower, upper = np.empty_like(points), np.empty_like(points)
    is_rough = (radius > _ROUGH_WIDTH / 2) & (problem.dimension > 1)
    is_fine = radius < _FINE_RADIUS[problem.dimension]
    grids = (problem.rough, is_rough), (problem.fine, is_fine)
    for grid, mask in (*grids, (problem.coarse, ~is_rough & ~is_fine)):
        if mask.any():
            lower[mask], upper[mask] = grid.gradient(points[mask], points[mask])
    return Intervals(lower, upper)


def _middle_and_radius(bounds: Intervals) -> tuple[Floats, Floats]:
    """Midpoints, and radii that reach to both bounds."""
    middle = bounds.lower + (bounds.upper - bounds.lower) / 2
    return middle, np.maximum(bounds.upper - middle, middle - bounds.lower) * (1 + _SLACK)


def _inverses(matrices: Floats) -> Floats:
    """Approximate inverses: any matrix is sound. The identity where there is none."""
    found = np.empty_like(matrices)
    for place, matrix in enumerate(matrices):
        try:
            found[place] = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            found[place] = np.eye(len(matrix))
    return found


def in_all(conditions: Mask) -> Mask:
    """True where all of the conditions (B, n) on the coordinates are met."""
    met: Mask = np.all(conditions, axis=1)
    return met


def _applied(matrices: Floats, vectors: Floats) -> Floats:
    product: Floats = (matrices @ vectors[:, :, None])[:, :, 0]
    return product


def _may_vanish(bounds: Intervals) -> Mask:
    return in_all(~((bounds.lower > 0) | (bounds.upper < 0)))


def _meets(image: _Image, boxes: Boxes) -> Mask:
    """False only where they certainly do not: an image that overflowed, NaN, excludes nothing."""
    lower, upper = image.box
    return in_all(~((lower > boxes.upper) | (upper < boxes.lower)))


def _intersection(image: _Image, boxes: Boxes) -> Boxes:
    lower, upper = image.box
    return Boxes(np.fmax(lower, boxes.lower), np.fmin(upper, boxes.upper))


def _is_inside(inner: Boxes, outer: Boxes) -> Mask:
    return in_all((outer.lower < inner.lower) & (inner.upper < outer.upper))


def _hull(one: Boxes, other: Boxes) -> Boxes:
    return Boxes(np.minimum(one.lower, other.lower), np.maximum(one.upper, other.upper))


def _grown(problem: Problem, boxes: Boxes) -> Boxes:
    """Wider by a share, and by a little, as far as the grid goes."""
    middle = boxes.lower + (boxes.upper - boxes.lower) / 2
    radius = (boxes.upper - middle) * _GROWTH + 1e-10
    n, grid = len(problem.weights), problem.coarse
    low, high = np.tile(grid.low, n), np.tile(grid.high, n)
    return Boxes(np.maximum(middle - radius, low), np.minimum(middle + radius, high))
