"""Figures of a landscape, from the answer of `theorycheck landscape`: all in float64.

Stationary points are certified; what joins them here, and the basins, are pictures.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from theorycheck.dynamics.gradient_flow import Flow, gradient_flow
from theorycheck.errors import TheoryCheckError
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats
from theorycheck.report.figures.data import Figure, Map, Numbers, Series, rounded, series

MOST_DENSITIES = 12
MOST_DESCENTS = 8
TIMES = 10 ** np.linspace(-1, 6, 141)
"""At which the descent from a saddle is looked at, to find when it happens."""
MOMENTS = 120
"""While it happens."""
TOLERANCE = 1e-6
"""Relative error of the descents, finer than a picture shows."""
PUSH = 1e-3
"""Distance from the saddle at which a descent starts."""
SETTLED = 0.02
"""A descent or a start ends at the point whose means are as near as this."""
CELLS = 48
"""Of a map of basins, in each direction."""
STEPS = 4000
"""Of gradient EM, with step size 1, from each cell."""
_DIFFERENCE = 1e-5


@dataclass(frozen=True)
class Descent:
    """The gradient flow from a saddle down to a point, or to none that is known.

    saddle, end: places in the list of points. distance, loss: along the way.
    """

    saddle: int
    end: int | None
    distance: Floats
    loss: Floats


def shown_points(answer: dict[str, Any]) -> list[int]:
    """The points whose densities are drawn: all, or the minima and those of least loss."""
    points = answer["points"]
    ranked = sorted(range(len(points)), key=lambda k: (points[k]["kind"] != "minimum", k))
    return sorted(ranked[:MOST_DENSITIES])


def densities(answer: dict[str, Any]) -> list[Figure]:
    """The student of each point beside the truth: densities on a line, means in the plane."""
    draw = _density if len(answer["truth"]["means"][0]) == 1 else _plan
    return [draw(answer, place) for place in shown_points(answer)]


def _plan(answer: dict[str, Any], place: int) -> Figure:
    """The means of a student in the plane and those of the truth, each in a unit circle."""
    point, (centres, _) = answer["points"][place], Mixture.from_dict(answer["truth"]).doubles
    means = np.array(point["means"])
    return Figure(
        f"Point {place + 1}: {kind_in_words(answer, place)}",
        f"Loss {point['loss']:.5g}. The triangles are the student's means; circles of radius 1 are "
        "one standard deviation.",
        "$x_1$",
        "$x_2$",
        [
            Series("student", *_circles(means)),
            Series("truth", *_circles(centres), "dashed"),
            series("means", means[:, 0], means[:, 1], "points"),
        ],
    )


def _circles(centres: Floats) -> tuple[Numbers, Numbers]:
    """Unit circles around points (n, 2), each once, with a gap after each."""
    angles = np.linspace(0, 2 * math.pi, 49)
    x: list[float | None] = []
    y: list[float | None] = []
    for centre in dict.fromkeys(map(tuple, centres.round(6).tolist())):
        x += [*rounded(centre[0] + np.cos(angles)), None]
        y += [*rounded(centre[1] + np.sin(angles)), None]
    return x, y


def _density(answer: dict[str, Any], place: int) -> Figure:
    point, truth = answer["points"][place], Mixture.from_dict(answer["truth"])
    centres, shares = truth.doubles
    means = np.array(point["means"])
    both = [*centres.ravel(), *means.ravel()]
    x = np.linspace(min(both) - 3.5, max(both) + 3.5, 241)
    student = _mixture_density(x, means.ravel(), np.array(answer["weights"]))
    return Figure(
        f"Point {place + 1}: {kind_in_words(answer, place)}",
        f"Loss {point['loss']:.5g}. The triangles are the student's means.",
        "$x$",
        "density",
        [
            series("student", x, student),
            series("truth", x, _mixture_density(x, centres.ravel(), shares), "dashed"),
            series("means", means.ravel(), np.zeros(means.size), "points"),
        ],
    )


def kind_in_words(answer: dict[str, Any], place: int) -> str:
    """ "global minimum", "spurious minimum", "saddle of index 2", …"""
    point = answer["points"][place]
    if place in answer["spurious"]:
        return "spurious minimum"
    if point["kind"] == "minimum":
        minima = [k for k, other in enumerate(answer["points"]) if other["kind"] == "minimum"]
        is_alone = set(minima) - set(answer["spurious"]) == {place}
        return "global minimum" if answer["everywhere"] and is_alone else "minimum"
    return f"saddle of index {point['index']}" if point["kind"] == "saddle" else str(point["kind"])


def _mixture_density(x: Floats, means: Floats, weights: Floats) -> Floats:
    parts = np.exp(-((x[:, None] - means) ** 2) / 2) / math.sqrt(2 * math.pi)
    found: Floats = parts @ weights
    return found


# --- descents from saddles ------------------------------------------------------------------------


def descents(answer: dict[str, Any]) -> list[tuple[Descent, Descent]]:
    """The two ways down from each saddle of index 1, the lowest first."""
    saddles = [k for k, p in enumerate(answer["points"]) if p["kind"] == "saddle"]
    found = []
    for place in saddles:
        if answer["points"][place]["index"] == 1:
            direction = _unstable(answer, place)
            pair = tuple(_descent(answer, place, side * direction) for side in (-1, 1))
            found.append((pair[0], pair[1]))
    return found


def _unstable(answer: dict[str, Any], place: int) -> Floats:
    """The eigenvector of the least eigenvalue of the Hessian, by differences of the gradient."""
    means = np.array(answer["points"][place]["means"])
    n = means.size
    columns = []
    for step in np.eye(n).reshape(n, *means.shape) * _DIFFERENCE:
        ahead, behind = (_gradient(answer, means + side * step) for side in (1, -1))
        columns.append((ahead - behind) / (2 * _DIFFERENCE))
    matrix = np.array(columns)
    vectors = np.linalg.eigh((matrix + matrix.T) / 2)[1]
    direction: Floats = vectors[:, 0].reshape(means.shape)
    return direction


def _gradient(answer: dict[str, Any], means: Floats) -> Floats:
    truth = Mixture.from_dict(answer["truth"])
    student = Mixture(means.tolist(), answer["weights"])
    found: Floats = population(student, truth=truth).gradient.ravel()
    return found


def _descent(answer: dict[str, Any], saddle: int, direction: Floats) -> Descent:
    truth, point = Mixture.from_dict(answer["truth"]), answer["points"][saddle]
    start = np.array(point["means"]) + PUSH * direction
    mixture = Mixture(start.tolist(), answer["weights"])
    try:
        run = _flow(mixture, truth, TIMES)
        run = _flow(mixture, truth, _times_of_the_descent(_way(run)))
    except TheoryCheckError:  # the picture does without it
        return Descent(saddle, None, np.array([0.0]), np.array([point["loss"]]))
    return Descent(
        saddle,
        _nearest(answer, run.means[-1].ravel()),
        np.concatenate([[0.0], PUSH + _way(run)]),
        np.concatenate([[point["loss"]], run.loss]),
    )


def _flow(start: Mixture, truth: Mixture, times: Floats) -> Flow:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of LSODA, which then goes on
        return gradient_flow(start, times, truth=truth, tolerance=TOLERANCE)


def _way(run: Flow) -> Floats:
    """The length of the path from the first of its times to each of them."""
    parts = np.linalg.norm(np.diff(run.means, axis=0), axis=(1, 2))
    return np.concatenate([[0.0], parts.cumsum()])


def _times_of_the_descent(way: Floats) -> Floats:
    """Times spread evenly over where nearly all of the way is made, and the last one."""
    first, last = np.searchsorted(way, [way[-1] / 100, way[-1] * 0.99])
    begin, end = TIMES[max(first - 1, 0)], TIMES[min(last + 1, len(TIMES) - 2)]
    after = TIMES[np.searchsorted(TIMES, end, side="right") :]
    return np.concatenate([np.linspace(begin, end, MOMENTS), after[:-1:20], after[-1:]])


def _nearest(answer: dict[str, Any], means: Floats) -> int | None:
    """The point at which means have arrived, in any order of components of equal weight."""
    apart = [
        min(np.abs(version - means).max() for version in _labelled(answer, place))
        for place in range(len(answer["points"]))
    ]
    place = int(np.argmin(apart))
    return place if apart[place] < SETTLED else None


def _labelled(answer: dict[str, Any], place: int) -> list[Floats]:
    """The different points that a point becomes when components of equal weight are exchanged."""
    weights = answer["weights"]
    means = answer["points"][place]["means"]
    found: dict[tuple[float, ...], None] = {}
    for order in permutations(range(len(weights))):
        if all(weights[i] == weights[k] for k, i in enumerate(order)):
            found[tuple(entry for i in order for entry in means[i])] = None
    return [np.array(version) for version in found]


def descent_figures(
    answer: dict[str, Any], pairs: Sequence[tuple[Descent, Descent]]
) -> list[Figure]:
    """The loss along the two ways down from each saddle, those of least loss."""
    return [_along(answer, *pair) for pair in pairs[:MOST_DESCENTS]]


def _along(answer: dict[str, Any], left: Descent, right: Descent) -> Figure:
    height = answer["points"][left.saddle]["loss"]
    ends = " and ".join(_end_in_words(way) for way in (left, right))
    x = [*(-left.distance[::-1]), *right.distance[1:]]
    y = [*(left.loss[::-1] - height), *(right.loss[1:] - height)]
    return Figure(
        f"From saddle {left.saddle + 1} down to {ends}",
        "Along the gradient flow in both directions of the unstable eigenvector. Float64, not "
        "certified.",
        "distance along the path, from the saddle",
        f"loss, less the {height:.5g} of the saddle",
        [
            series("along the flow", x, y),
            series("ends and saddle", [x[0], 0.0, x[-1]], [y[0], 0.0, y[-1]], "points"),
        ],
    )


def _end_in_words(way: Descent) -> str:
    return "an unknown point" if way.end is None else f"point {way.end + 1}"


def join_rows(answer: dict[str, Any], pairs: Sequence[tuple[Descent, Descent]]) -> list[list[str]]:
    """Rows of a table: the saddle, its loss, and where each way down ends and how far below."""
    points = answer["points"]
    rows = []
    for pair in pairs:
        height = points[pair[0].saddle]["loss"]
        cells = [f"{pair[0].saddle + 1}", f"{height:.6g}"]
        for way in pair:
            depth = "" if way.end is None else f", {height - points[way.end]['loss']:.3g} lower"
            cells.append(f"{_end_in_words(way)}{depth}")
        rows.append(cells)
    return rows


# --- basins ---------------------------------------------------------------------------------------


def basins(answer: dict[str, Any]) -> Map | None:
    """Where gradient EM ends over all starts of two means on a line; None elsewhere, or where no
    minimum is known.
    """
    targets = list(_targets(answer))
    if len(answer["weights"]) != 2 or len(answer["truth"]["means"][0]) > 1 or not targets:
        return None
    low, high = answer["low"], answer["high"]
    side = low + (high - low) * (np.arange(CELLS) + 0.5) / CELLS
    starts = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    ends = _where_they_end(answer, starts, np.array([means for _, means in targets]))
    rows = ends.reshape(CELLS, CELLS)
    values = [[None if k < 0 else k + 1 for k in row] for row in rows.tolist()]
    names = [f"point {place + 1}, ({a:.4g}, {b:.4g})" for place, (a, b) in targets]
    return Map(
        "Basins of gradient EM over the two means",
        f"Where gradient EM with step size 1 arrives from each start within {STEPS} steps; blank: "
        "at no minimum by then. Float64, not certified.",
        r"$\mu_1$ at the start",
        r"$\mu_2$ at the start",
        rounded(side),
        rounded(side),
        values,
        "number of the basin",
        scale=(1.0, float(max(len(targets), 2))),
        names=names,
    )


def _targets(answer: dict[str, Any]) -> Iterator[tuple[int, tuple[float, ...]]]:
    """The minima, with exchanged components too."""
    for place, point in enumerate(answer["points"]):
        if point["kind"] == "minimum":
            for version in _labelled(answer, place):
                yield place, tuple(version.tolist())


def _where_they_end(answer: dict[str, Any], starts: Floats, targets: Floats) -> Any:
    """The number of the target at which each start arrives, -1 for none."""
    means, ends = starts.copy(), np.full(len(starts), -1)
    nodes, mass = _nodes(answer)
    weights = np.array(answer["weights"])
    for _ in range(STEPS):
        (running,) = np.nonzero(ends < 0)
        if len(running) == 0:
            break
        now = _em_step(means[running], weights, nodes, mass)
        means[running] = now
        apart = np.abs(now[:, None] - targets).max(axis=2)
        near = apart.min(axis=1) < SETTLED
        ends[running[near]] = apart[near].argmin(axis=1)
    return ends


def _nodes(answer: dict[str, Any]) -> tuple[Floats, Floats]:
    """Points and masses of the trapezoidal rule for the truth: steps of 1/4 are exact to 1e-15."""
    centres, shares = Mixture.from_dict(answer["truth"]).doubles
    nodes = np.arange(centres.min() - 9, centres.max() + 9, 0.25)
    return nodes, _mixture_density(nodes, centres.ravel(), shares) / 4


def _em_step(means: Floats, weights: Floats, nodes: Floats, mass: Floats) -> Floats:
    """One step of gradient EM with step size 1 of many students, (S, 2) each."""
    offset = nodes - means[:, :, None]
    logs = np.log(weights)[:, None] - offset**2 / 2
    parts = np.exp(logs - logs.max(axis=1, keepdims=True))
    moved: Floats = means + (parts / parts.sum(axis=1, keepdims=True) * offset) @ mass
    return moved
