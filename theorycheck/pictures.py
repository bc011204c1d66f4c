"""What `.plot()` draws, with Matplotlib, which is imported when something is drawn and not before.

The numerics do without it: they hand themselves to a function of this module.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from theorycheck.errors import InvalidValue

_MARKS = {"minimum": "o", "saddle": "x", "maximum": "^", "degenerate": "s"}
_PLACES = 400


def plot_trajectory(trajectory: Any, axes: Any = None) -> Any:
    """Loss, Fisher divergence and distances against time, on logarithmic axes; returns the axes."""
    axes = _axes(axes)
    late = trajectory.times > 0
    measured = {
        "loss L": trajectory.loss,
        "Fisher divergence F": trajectory.fisher_divergence,
        "weighted distance W": trajectory.weighted_distance,
        "energy U": trajectory.energy,
    }
    for label, values in measured.items():
        axes.plot(trajectory.times[late], values[late], label=label)
    axes.set(xscale="log", yscale="log", xlabel="t")
    axes.legend()
    return axes


def plot_mixture(mixture: Any, axes: Any = None) -> Any:
    """The density on a line, or its contours in the plane; returns the axes.

    Raises InvalidValue above dimension 2.
    """
    if mixture.dimension > 2:
        raise InvalidValue(f"the mixture has dimension {mixture.dimension}; up to 2 can be drawn")
    axes = _axes(axes)
    means, weights = mixture.doubles
    sides = [_about(column) for column in means.T]
    if len(sides) == 1:
        axes.plot(sides[0], _density(sides[0][:, None], means, weights))
        axes.set(xlabel="x", ylabel="density")
        return axes
    x, y = np.meshgrid(*(side[::4] for side in sides))
    heights = _density(np.stack([x, y], axis=-1), means, weights)
    axes.contour(x, y, heights, 10)
    axes.plot(*means.T, "k.")
    axes.set(xlabel="x", ylabel="y", aspect="equal")
    return axes


def plot_landscape(landscape: Any, axes: Any = None) -> Any:
    """The means of every stationary point, at the height of its loss; in the plane by colour.

    The means of one point are joined. Returns the axes.
    """
    axes = _axes(axes)
    centres = landscape.truth.doubles[0]
    told: set[str] = set()
    for point in landscape.points:
        means = np.array([[float(entry.mid()) for entry in mean] for mean in point.means])
        x, y = _placed(means, float(point.loss.mid()))
        label = None if point.kind in told else point.kind
        told.add(point.kind)
        axes.plot(x, y, marker=_MARKS[point.kind], linewidth=0.6, label=label)
    if landscape.truth.dimension == 1:
        axes.plot(centres[:, 0], np.zeros(len(centres)), "k|", label="truth", markersize=12)
        axes.set(xlabel="means", ylabel="loss L")
    else:
        axes.plot(*centres.T, "k+", label="truth", linestyle="none", markersize=12)
        axes.set(xlabel="x", ylabel="y", aspect="equal")
    axes.legend()
    return axes


def plot_escape(bounds: Any, distances: Any, axes: Any = None) -> Any:
    """The distances of the watched means in their tube, and the bounds of the time to leave.

    distances: as `traps.certified.distances_within` has them. Returns the axes.
    """
    axes = _axes(axes)
    times = [at.t for at in distances]
    for k, i in enumerate(bounds.far):
        upper = [at.upper[k] for at in distances]
        axes.fill_between(times, [at.lower[k] for at in distances], upper, alpha=0.3)
        axes.plot(times, upper, linewidth=0.8, label=f"component {i}")
    for label, steps, style in (
        ("no sooner", bounds.steps_lower, "--"),
        ("no later", bounds.steps_upper, ":"),
    ):
        if steps is not None:
            axes.axvline(steps, color="k", linestyle=style, label=f"{label}: {steps}")
    axes.set(xlabel="t", ylabel="distance from the truth")
    axes.legend()
    return axes


def _placed(means: Any, loss: float) -> tuple[Any, Any]:
    """Where the means of a stationary point are drawn, in order."""
    if means.shape[1] == 1:
        return np.sort(means[:, 0]), np.full(len(means), loss)
    return means[:, 0], means[:, 1]


def _axes(axes: Any) -> Any:
    """The axes to draw on: those that are given, or those of a new figure."""
    return axes if axes is not None else importlib.import_module("matplotlib.pyplot").subplots()[1]


def _about(column: Any) -> Any:
    return np.linspace(column.min() - 4, column.max() + 4, _PLACES)


def _density(x: Any, means: Any, weights: Any) -> Any:
    squares = ((x[..., None, :] - means) ** 2).sum(axis=-1)
    return np.exp(-squares / 2) @ weights / (2 * np.pi) ** (means.shape[1] / 2)
