"""The reference experiment of theory.md, section 4, from exact expectations.

Three panels: loss and weighted distance against the iteration for several numbers of components,
and the effect of the mixing weights for two components. Beside them the curve of the paper's own
method, which estimates every gradient and loss from samples. Three more panels show predictions
of the theory beyond the paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from theorycheck.claims.limits import inverse_limit, slowest
from theorycheck.claims.monotone import WEIGHTED_WITNESS
from theorycheck.claims.rates import implied_rate
from theorycheck.dynamics.span import checked_accuracy
from theorycheck.dynamics.trajectory import MAX_STEPS, Trajectory, gradient_em
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.expectations.monte_carlo import sampled_step
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats, exact, shown, whole_number
from theorycheck.studies.competitors import SAMPLES

Panel = dict[str, Any]
Progress: TypeAlias = Callable[[int, int, str], None]
Tell: TypeAlias = Callable[[str], None]
_LEAST = {
    "dimension": 1,
    "steps": 1,
    "samples": 1,
    "sampled_steps": 0,
    "long_steps": 100,
    "seed": 0,
}
_COUNTS = range(2, 11)
"""Numbers of components of the runs in one dimension."""
_MOST_AT_ONCE = 10**8
"""Numbers held in memory at once, most of them samples."""


@dataclass(frozen=True)
class Options:
    """All numbers of the experiment.

    equal_weights: else the weights are drawn from Dirichlet(1, ..., 1). shares: first weights of
    the two components of panel 3. sampled_steps: iterations of the Monte-Carlo curves (0: none).
    accuracy: as for `gradient_em`. long_steps: of the runs in one dimension.
    Raises InvalidValue or InvalidType, naming the option.
    """

    dimension: int = 5
    components: tuple[int, ...] = (2, 5, 10)
    step_size: float = 0.7
    steps: int = 1000
    equal_weights: bool = True
    shares: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9)
    samples: int = SAMPLES
    sampled_steps: int = 150
    accuracy: float = 1e-6
    long_steps: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in _checked(self).items():
            object.__setattr__(self, name, value)


def _checked(options: Options) -> dict[str, Any]:
    """The options as plain numbers, or a clear error."""
    counts = _nonempty(options.components, "components")
    shares = _nonempty(options.shares, "shares")
    found: dict[str, Any] = {
        **{
            name: whole_number(getattr(options, name), name, least)
            for name, least in _LEAST.items()
        },
        "components": tuple(whole_number(n, f"components[{k}]", 1) for k, n in enumerate(counts)),
        "step_size": _between(options.step_size, "step_size", 2),
        "shares": tuple(_between(share, f"shares[{k}]", 1) for k, share in enumerate(shares)),
        "accuracy": checked_accuracy(options.accuracy),
    }
    for name in ("steps", "sampled_steps", "long_steps"):
        if found[name] > MAX_STEPS:
            raise InvalidValue(f"{name} is {shown(found[name])}; give at most {MAX_STEPS}")
    n, samples = max(found["components"]), found["samples"] if found["sampled_steps"] else 0
    if (samples + n) * (found["dimension"] + n) > _MOST_AT_ONCE:
        raise InvalidValue(
            f"samples is {shown(samples)}, dimension {shown(found['dimension'])} and components up "
            f"to {shown(n)}; together they need more than {_MOST_AT_ONCE} numbers at once"
        )
    return found


def _nonempty(values: object, name: str) -> Sequence[object]:
    if not isinstance(values, (tuple, list)):
        raise InvalidType(f"{name} is {shown(values)}; give a tuple of numbers")
    if not values:
        raise InvalidValue(f"{name} is empty; at least one number is needed")
    return values


def _between(value: object, name: str, most: int) -> float:
    number = exact(value, name)
    if not 0 < number < most:
        given = shown(value).strip("'")
        raise InvalidValue(f"{name} is {given}; give a number between 0 and {most}")
    return float(number)


def run(options: Options = Options(), progress: Progress | None = None) -> dict[str, Any]:
    """The data of every panel, JSON-ready: options, panels of curves, and their fitted slopes.

    progress: called after each run with the number of runs done, of all, and what the next one is.
    """
    told = _Told(options, progress)
    panels = [
        *_over_components(options, told.next),
        _over_weights(options, told.next),
        *_on_the_line(options, told.next),
        _distances(options, told.next),
    ]
    told.next("done")
    fits = [
        (panel["id"], curve["label"], curve["fit"]["slope"], curve["fit"]["uncertainty"])
        for panel in panels
        for curve in panel["curves"]
        if curve["fit"]
    ]
    return {"options": asdict(options), "panels": panels, "fits": fits}


class _Told:
    """Counts the runs of an experiment, and tells what the next one is."""

    def __init__(self, options: Options, progress: Progress | None) -> None:
        sampled = 2 if options.sampled_steps > 0 else 1
        self.done = -1
        self.total = sampled * len(options.components) + len(options.shares) + len(_COUNTS) + 1
        self._progress = progress

    def next(self, what: str) -> None:
        """Tell that a run begins."""
        self.done += 1
        if self._progress is not None:
            self._progress(self.done, self.total, what)


def _silent(what: str) -> None:
    """Tell nobody."""


def _start(options: Options, n: int, d: int, stream: int) -> Mixture:
    rng = np.random.default_rng([options.seed, n, d, stream])
    means = rng.standard_normal((n, d))
    weights = None if options.equal_weights else rng.dirichlet(np.ones(n)).tolist()
    return Mixture(means, weights)


def _path(options: Options, start: Mixture, steps: int) -> Trajectory:
    return gradient_em(start, options.step_size, steps, record="log", accuracy=options.accuracy)


def reference_panels(options: Options) -> list[Panel]:
    """The three panels of the reference experiment."""
    return [*_over_components(options, _silent), _over_weights(options, _silent)]


def reference_starts(options: Options) -> list[Mixture]:
    """The starts of the exact curves of the three panels."""
    by_count = [_start(options, n, options.dimension, 0) for n in options.components]
    return by_count + [_weighted_start(options, share) for share in options.shares]


def _weighted_start(options: Options, share: float) -> Mixture:
    return Mixture(_start(options, 2, options.dimension, 0).means, [share, 1 - share])


def _over_components(options: Options, tell: Tell) -> list[Panel]:
    loss, distance = [], []
    for n in options.components:
        tell(f"n = {n}")
        start = _start(options, n, options.dimension, 0)
        path = _path(options, start, options.steps)
        loss.append(_curve(f"n = {n}", path.times, path.loss, fitted=True))
        distance.append(_curve(f"n = {n}", path.times, path.weighted_distance, fitted=True))
        loss.append(_paper_bound(f"n = {n}", path))
        if options.sampled_steps > 0:
            tell(f"n = {n}, sampled")
            sampled = sampled_path(options, start)
            label = f"n = {n}, {options.samples} samples"
            loss.append(_curve(label, sampled[0], sampled[1], style="sampled"))
            distance.append(_curve(label, sampled[0], sampled[2], style="sampled"))
    return [
        _panel("loss", "Loss", "iteration t", "L", loss),
        _panel("distance", "Weighted distance", "iteration t", "W", distance),
    ]


def _paper_bound(family: str, path: Trajectory) -> Panel:
    """The paper's bound on a run, with the constant gamma that this run implies."""
    gamma = float(implied_rate(path.times, path.loss))
    t = path.times[path.times > 0]
    label = rf"{family}, paper: $1/\sqrt{{\gamma t}}$, $\gamma$ = {gamma:.3g}"
    return _curve(label, t, 1 / np.sqrt(gamma * t), style="bound")


def sampled_path(options: Options, start: Mixture) -> tuple[NDArray[Any], Floats, Floats]:
    """Times, estimated loss and weighted distance of the method with samples."""
    rng = np.random.default_rng([options.seed, start.components, 99])
    means, weights = start.doubles
    losses, distances = [], []
    for _ in range(options.sampled_steps + 1):
        loss, gradient = sampled_step(means, weights, rng, options.samples)
        losses.append(loss)
        distances.append(float(weights @ (means * means).sum(axis=1)))
        means = means - options.step_size * gradient
    return np.arange(len(losses)), np.array(losses), np.array(distances)


def _over_weights(options: Options, tell: Tell) -> Panel:
    curves = []
    for share in options.shares:
        tell(f"weight {share:g}")
        path = _path(options, _weighted_start(options, share), options.steps)
        curves.append(
            _curve(f"weights {share:g}, {1 - share:g}", path.times, path.loss, fitted=True)
        )
    return _panel("weights", "Effect of the mixing weights, n = 2", "iteration t", "L", curves)


def _on_the_line(options: Options, tell: Tell) -> list[Panel]:
    """Two panels in one dimension, n = 2 to 10.

    The local slopes of log L against log t, and t^2 L over the limit that asymptotic-constant
    predicts.
    """
    slopes, ratios = [], []
    for n in _COUNTS:
        tell(f"n = {n}, d = 1")
        start = _start(options, n, 1, 1)
        path = _path(options, start, options.long_steps)
        t, loss = path.times[1:], path.loss[1:]
        local = np.diff(np.log(loss)) / np.diff(np.log(t))
        slopes.append(_curve(f"n = {n}", np.sqrt(t[1:] * t[:-1]), local))
        if n in (2, 3, 5, 10):
            inverse = inverse_limit(options.step_size, slowest(start.weights))
            ratios.append(_curve(f"n = {n}", t, t**2 * loss * inverse))
    slope = _panel("slopes", "Local slope of log L, d = 1", "iteration t", "slope", slopes)
    ratio = _panel("limit", "t² L over its predicted limit, d = 1", "iteration t", "ratio", ratios)
    return [slope | {"y_log": False}, ratio | {"y_log": False}]


def _distances(options: Options, tell: Tell) -> Panel:
    """W, U and the largest norm along one trajectory, over what they were at the start."""
    tell("distances")
    path = gradient_em(WEIGHTED_WITNESS.mixture, options.step_size, 200, accuracy=options.accuracy)
    norms = np.sqrt((path.coordinates**2).sum(axis=2)).max(axis=1)
    measured = {
        "W = sum of pi |mu|²": path.weighted_distance,
        "U = sum of |mu|²": path.energy,
        "largest |mu|": norms,
    }
    t = path.times + 1
    curves = [_curve(label, t, values / values[0]) for label, values in measured.items()]
    return _panel("monotone", "Which distance is monotone", "iteration t + 1", "ratio", curves) | {
        "y_log": False
    }


def _panel(name: str, title: str, x: str, y: str, curves: Sequence[Panel]) -> Panel:
    return {
        "id": name,
        "title": title,
        "x_label": x,
        "y_label": y,
        "y_log": True,
        "curves": list(curves),
    }


def _curve(
    label: str, t: NDArray[Any], values: Floats, *, fitted: bool = False, style: str = "exact"
) -> Panel:
    shown = [(float(x), float(f"{v:.12g}")) for x, v in zip(t, values, strict=True)]
    fit = fitted_slope(t, values) if fitted else None
    return {"label": label, "style": style, "points": shown, "fit": fit}


def fitted_slope(t: NDArray[Any], values: Floats) -> dict[str, float] | None:
    """The slope of log values against log t over the last factor of ten, and its uncertainty.

    uncertainty: half the range of the slopes of the four quarters of that part, which shows the
    bend that is left; the points have no noise.
    """
    late = (t >= t[-1] / 10) & (t > 0) & (values > 0)
    if late.sum() < 8:
        return None
    x, y = np.log(np.asarray(t, dtype=float)[late]), np.log(values[late])
    slopes = [_slope(a, b) for a, b in zip(_quarters(x), _quarters(y), strict=True)]
    return {
        "slope": round(_slope(x, y), 6),
        "uncertainty": round((max(slopes) - min(slopes)) / 2, 6),
        "from": math.floor(float(np.exp(x[0])) + 0.5),
    }


def _quarters(values: Floats) -> list[Floats]:
    return [np.asarray(part) for part in np.array_split(values, 4)]


def _slope(x: Floats, y: Floats) -> float:
    centred = x - x.mean()
    return float(centred @ y / (centred @ centred))
