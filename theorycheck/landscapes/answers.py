"""The answer of `theorycheck landscape`, as plain data and in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import Any

import flint

from theorycheck.arithmetic.arithmetics import ball
from theorycheck.arithmetic.rounding import ceil_float, floor_float, midpoint
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture
from theorycheck.landscapes.landscape import Landscape
from theorycheck.landscapes.open_boxes import Range
from theorycheck.landscapes.stationary import DIGITS, StationaryPoint

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_MOST_OPEN = 100
"""Open boxes that are tried as a place with a smaller loss."""


def landscape_answer(found: Landscape, seconds: float) -> dict[str, Any]:
    """A landscape as data for JSON: numbers are the nearest doubles, with bounds of their errors.

    Means that are proved equal are equal numbers. spurious: which points are minima with certainly
    more than the least loss.

    Example:
        >>> from theorycheck.landscapes.landscape import landscape
        >>> answer = landscape_answer(landscape(Mixture([-2, 2]), 2), seconds=0.1)
        >>> answer["sentence"]
        'complete: 2 stationary points, 1 minimum, which is the global one: loss 0'
    """
    data = {
        "complete": found.complete,
        "everywhere": found.everywhere,
        "unresolved": [[list(lower), list(upper)] for lower, upper in found.unresolved],
        "boxes": found.boxes,
        "seconds": round(seconds, 3),
        "points": [_point(point) for point in found.points],
        "truth": found.truth.to_dict(),
        "weights": [float(weight) for weight in found.weights],
        "low": found.low,
        "high": found.high,
        "index_sum": found.index_sum,
        "note": found.note,
        "spurious": _spurious(found),
    }
    return {"sentence": _sentence(data), **data}


def _point(point: StationaryPoint) -> dict[str, Any]:
    with ball(DIGITS).scope():
        means = [[_nearest(mean) for mean in row] for row in point.means.tolist()]
        for i, j in _proved_equal(point):
            means[j] = means[i]
        pairs = zip(point.means.ravel().tolist(), chain.from_iterable(means), strict=True)
        eigenvalues = [_nearest(value) for value in point.eigenvalues]
        return {
            "means": means,
            "radius": _farthest(pairs),
            "loss": _nearest(point.loss),
            "loss_lower": max(floor_float(point.loss), 0.0),
            "loss_upper": ceil_float(point.loss),
            "kind": point.kind,
            "index": point.index,
            "eigenvalues": eigenvalues,
            "eigenvalue_radius": _farthest(zip(point.eigenvalues, eigenvalues, strict=True)),
        }


def _nearest(value: flint.arb) -> float:
    """The double nearest to a ball's midpoint; 0 where the ball holds it, without a sign."""
    return 0.0 if value.contains(0) else midpoint(value)


def _farthest(pairs: Iterable[tuple[flint.arb, float]]) -> float:
    """An upper bound of how far the numbers are from what the balls hold."""
    return max(ceil_float(abs(value - flint.arb(number))) for value, number in pairs)


def _proved_equal(point: StationaryPoint) -> Iterator[tuple[int, int]]:
    """Pairs i < j of components whose means are equal: exchanging them gives the same point.

    The ball around it holds one stationary point only, so that a point that is its own image has
    equal means there.
    """
    weights = point.mixture.weights
    for j in range(len(weights)):
        for i in range(j):
            order = list(range(len(weights)))
            order[i], order[j] = j, i
            if weights[i] == weights[j] and point.permuted(order).is_at(point):
                yield i, j
                break


def _spurious(found: Landscape) -> list[int]:
    """Which points are minima whose loss is certainly not the least."""
    with ball(DIGITS).scope():
        known = [ceil_float(point.loss) for point in found.points]
        known += [_loss_within(found, box) for box in found.unresolved[:_MOST_OPEN]]
        return [
            place
            for place, point in enumerate(found.points)
            if point.kind == "minimum" and point.loss > flint.arb(min(known))
        ]


def _loss_within(found: Landscape, box: Range) -> float:
    """An upper bound of the loss somewhere in an open box: near its middle."""
    d = found.truth.dimension
    middle = [
        ((Fraction(a) + Fraction(b)) / 2).limit_denominator(1000) for a, b in zip(*box, strict=True)
    ]
    here = Mixture([middle[k : k + d] for k in range(0, len(middle), d)], found.weights)
    return ceil_float(population(here, truth=found.truth, arithmetic=ball(DIGITS)).loss)


# --- in words -------------------------------------------------------------------------------------


def _sentence(data: dict[str, Any]) -> str:
    points = data["points"]
    minima = [k for k, point in enumerate(points) if point["kind"] == "minimum"]
    start = "complete" if data["complete"] else "not complete"
    if data["complete"] and not data["everywhere"]:
        start += f" between {_range(data)}"
    count = _counted(len(points), "stationary point") + ("" if data["complete"] else " found")
    if not points:
        return f"{start}: {count}"
    if len(points) == 1 and points[0]["kind"] == "degenerate":
        return f"{start}: {count}, degenerate, with loss {loss_text(points[0])}"
    return f"{start}: {count}, {_counted(len(minima), 'minimum', 'minima')}{_fate(data, minima)}"


def _fate(data: dict[str, Any], minima: list[int]) -> str:
    """What is known of the minima: their losses, and which are spurious."""
    points, spurious = data["points"], [minima.index(k) for k in data["spurious"]]
    losses = [loss_text(points[minima[k]]) for k in spurious]
    if len(spurious) == 1:
        which = "it" if len(minima) == 1 else f"the {_ordinal(spurious[0])}"
        return f"; {which} has loss {losses[0]}: a spurious minimum"
    if spurious:
        which = "all" if len(spurious) == len(minima) else str(len(spurious))
        return f"; {which} of them are spurious, with losses {', '.join(losses)}"
    if not minima:
        return ""
    loss = loss_text(points[minima[0]])
    if len(minima) == 1:
        return f", which is the global one: loss {loss}" if data["everywhere"] else f": loss {loss}"
    return f" whose losses agree: {loss}"


def scope_in_words(data: dict[str, Any]) -> str:
    """What the answer says of all of space, in a sentence."""
    if data["everywhere"]:
        low, high = math.floor(data["low"] * 1e4) / 1e4, math.ceil(data["high"] * 1e4) / 1e4
        what, why = "mean", "stationary-hull"
        if len(data["truth"]["means"][0]) > 1:
            what, why = "coordinate of a mean", "stationary-box"
        return (
            f"everywhere: a point with a {what} outside of [{low:.4f}, {high:.4f}] is not "
            f"stationary ({why})"
        )
    between = _range(data)
    if data["complete"]:
        return (
            f"searched: means between {between} only; outside there may be other stationary points"
        )
    if data["unresolved"]:
        return f"searched: means between {between}; there may be other points in the open boxes"
    return f"searched: means between {between}; the index sum is not 1, so that a point is missing"


def _range(data: dict[str, Any]) -> str:
    """The box that was searched; bounds of more than four decimals are rounded inwards."""
    low, high = math.ceil(data["low"] * 1e4) / 1e4, math.floor(data["high"] * 1e4) / 1e4
    if low >= high:
        low, high = data["low"], data["high"]
    return f"{low!r} and {high!r}".replace(".0 ", " ").removesuffix(".0")


def unresolved_in_words(data: dict[str, Any]) -> list[str]:
    """The open boxes, the widest first, each with its size."""
    boxes = [list(zip(*box, strict=True)) for box in data["unresolved"]]
    widths = [max(high - low for low, high in box) for box in boxes]
    ranked = sorted(range(len(boxes)), key=lambda k: -widths[k])
    return [
        f"width {widths[k]:.2g}: "
        + " x ".join(f"[{_plain(low)}, {_plain(high)}]" for low, high in boxes[k])
        for k in ranked
    ]


def means_text(point: dict[str, Any]) -> str:
    """The means of a point to seven decimals."""
    rows = [", ".join(_decimals(entry) for entry in row) for row in point["means"]]
    if len(point["means"][0]) > 1:
        rows = [f"({row})" for row in rows]
    return f"({', '.join(rows)})"


def _decimals(value: float) -> str:
    """Seven decimals, and no sign before zero."""
    return f"{round(value, 7) + 0.0:.7f}"


def loss_text(point: dict[str, Any]) -> str:
    """The loss to five significant digits."""
    return f"{point['loss']:.5g}"


def _plain(value: float) -> str:
    return f"{value:.7g}"


def _ordinal(place: int) -> str:
    return _ORDINALS[place] if place < len(_ORDINALS) else f"{place + 1}th"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
