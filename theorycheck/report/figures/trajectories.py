"""The figures of the rate section and of the trajectory claims: data, not drawings.

Everything is float64; the claims themselves are what is certified.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.claims import rates
from theorycheck.claims.descent import fisher_bound
from theorycheck.claims.limits import inverse_limit, inverse_uniform_limit, slowest
from theorycheck.claims.monotone import MAX_NORM_WITNESS, WEIGHTED_WITNESS
from theorycheck.claims.runs import Start
from theorycheck.claims.sharper.rates import root_rate
from theorycheck.dynamics.trajectory import Trajectory, gradient_em
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats
from theorycheck.report.figures.data import Figure, Series, series
from theorycheck.statements.point import Point

MOST_POINTS = 80
STEP_SIZE = 1.5
STEPS = 480
COMPONENTS = (2, 3, 4, 5, 6)
STARTS = 3
_BOUND_MIXTURE = Mixture(["0.5", "-0.2", "0.3"], [2, 3, 3])


def rate_figures(seed: int = 0) -> list[Figure]:
    """Loss against its bounds, fitted exponents, the limit constant, what is not monotone."""
    return [
        _loss_and_bounds(),
        _exponents(seed),
        _limits(seed),
        along(WEIGHTED_WITNESS, "One trajectory from a start where W grows"),
    ]


def measured_exponent(seed: int = 0) -> dict[str, Any]:
    """The p of L = C (t + t0)^p, fitted to the last half of runs from random starts.

    exponent: the mean over all starts. uncertainty: their standard deviation. slope: the mean
    slope of log L against log t over the same part, which leaves out t0. starts, steps: how many.
    """
    fitted, slopes = zip(*(fit for rows in _fits(seed).values() for fit in rows), strict=True)
    return {
        "exponent": round(float(np.mean(fitted)), 4),
        "uncertainty": round(float(np.std(fitted, ddof=1)), 4),
        "slope": round(float(np.mean(slopes)), 4),
        "starts": len(fitted),
        "steps": STEPS,
    }


def claim_figures(claim_id: str, seed: int = 0) -> list[Figure]:
    """The figures that belong to one claim; none for a claim about a point or a single step."""
    makers: dict[str, Callable[[], Figure]] = {
        "rate-paper": _loss_and_bounds,
        "rate-explicit": _loss_and_bounds,
        "rate-one-over-t": _loss_and_bounds,
        "rate-one-over-t-squared": _loss_and_bounds,
        "energy-rate": _energy_and_bound,
        "asymptotic-constant": lambda: _limits(seed),
        "asymptotic-constant-uniform": lambda: _uniform_limits(seed),
        "single-component": _single_against_several,
        "weighted-distance-nonmonotone": lambda: along(WEIGHTED_WITNESS, "W grows before it falls"),
        "max-norm-nonmonotone": lambda: along(
            MAX_NORM_WITNESS, "The largest norm grows before it falls"
        ),
        "component-distance-nonmonotone": lambda: component_norms(
            WEIGHTED_WITNESS, "Distance of each component along one trajectory"
        ),
        "equal-weights-distance-monotone": lambda: along(
            MAX_NORM_WITNESS, "With equal weights W never grows, though the largest norm does"
        ),
        "two-balanced-monotone": lambda: _two_balanced(seed),
        "fisher-budget": _budget,
    }
    return [makers[claim_id]()] if claim_id in makers else []


# --- the figures ----------------------------------------------------------------------------------


def _loss_and_bounds() -> Figure:
    run, start = _trajectory(_BOUND_MIXTURE, STEPS), _start(_BOUND_MIXTURE)
    loss, t = run.loss, np.arange(1, STEPS + 1)
    implied = float(rates.implied_rate(np.arange(STEPS + 1), loss))
    cubic = rates.explicit_rate(start).value
    quadratic = rates.inverse_loss_rate(start).value
    square = root_rate(start).value
    even, halved = t[1::2], rates.halfway_rate(start)
    return _figure(
        "Loss along one trajectory and every bound on it",
        f"Gradient EM with step size {STEP_SIZE} from {_BOUND_MIXTURE.components} means "
        f"{_points(run.means[0])} with weights {_listed(run.weights)}. "
        "The paper's exponent holds with the constant that this trajectory "
        rf"implies, $\gamma$ = {implied:.3g}, and the explicit bounds hold with no constant left "
        "open; "
        "the loss itself falls like $1/t^2$.",
        "t",
        "loss L",
        [
            _series("L(t)", t, loss[1:]),
            _series(r"paper, $1/\sqrt{\gamma t}$", t, 1 / np.sqrt(implied * t), "dashed"),
            _series("rate-explicit", t, 1 / np.sqrt(1 / loss[0] ** 2 + cubic * t), "dashed"),
            _series("rate-one-over-t", t, 1 / (1 / loss[0] + quadratic * t), "dashed"),
            _series(
                "rate-one-over-t-squared, measured U(t/2)",
                even,
                run.energy[even // 2] / (halved * even),
                "dashed",
            ),
            _series("rate-t2", t, 1 / (1 / np.sqrt(loss[0]) + square * t) ** 2, "dashed"),
        ],
    )


def _energy_and_bound() -> Figure:
    run, t = _trajectory(_BOUND_MIXTURE, STEPS), np.arange(1, STEPS + 1)
    bound = _energy_bound(_start(_BOUND_MIXTURE), t)
    return _figure(
        "Energy along one trajectory and its bound",
        rf"$U = \sum_i \|\mu_i\|^2$ with step size {STEP_SIZE} from the means "
        f"{_points(run.means[0])} "
        f"with weights {_listed(run.weights)}. Both fall like $1/t$ in the end.",
        "t",
        "energy U",
        [
            _series("U(t)", t, run.energy[1:]),
            _series("energy-rate", t, bound, "dashed"),
        ],
    )


def _start(mixture: Mixture) -> Start:
    return Start.of(Point(mixture), STEP_SIZE)


def _energy_bound(start: Start, t: Array) -> Array:
    """The bound of energy-rate on U(t)."""
    bound: Array = start.energy / (1 + rates.inverse_energy_rate(start).value * start.energy * t)
    return bound


def _exponents(seed: int) -> Figure:
    fits = _fits(seed)
    found = measured_exponent(seed)
    sizes = [n for n, rows in fits.items() for _ in rows]
    values = [fitted for rows in fits.values() for fitted, _ in rows]
    means = [float(np.mean([fitted for fitted, _ in rows])) for rows in fits.values()]
    spreads = [float(np.std([fitted for fitted, _ in rows], ddof=1)) for rows in fits.values()]
    ends = (COMPONENTS[0], COMPONENTS[-1])
    return _figure(
        "Measured exponent of the loss",
        f"The $p$ of $L = C (t + t_0)^p$, fitted to the last half of {STEPS} steps from {STARTS} "
        f"random starts on a line for each n, equal weights, step size {STEP_SIZE}: "
        f"{found['exponent']} ± {found['uncertainty']} (standard deviation over the starts). "
        f"Without $t_0$ the mean slope is {found['slope']}. The paper's bound has exponent $-1/2$.",
        "n",
        "exponent",
        [
            _series("one start", sizes, values, "points", every=True),
            _series("mean", COMPONENTS, means, every=True),
            _series("mean + deviation", COMPONENTS, np.add(means, spreads), "dashed", every=True),
            _series(
                "mean − deviation", COMPONENTS, np.subtract(means, spreads), "dashed", every=True
            ),
            _series("−2", ends, [-2.0, -2.0], every=True),
        ],
        x_log=False,
        y_log=False,
    )


def _limits(seed: int) -> Figure:
    found = []
    for weights in ([1, 1], [3, 7], [1, 4, 6], [1, 3, 4, 5]):
        mixture = _lightest_far(weights, seed)
        inverse = inverse_limit(STEP_SIZE, slowest(mixture.weights))
        found.append(_limit_series(mixture, inverse, f"weights {':'.join(map(str, weights))}"))
    return _limit_figure(
        r"$t^2 L$ against its limit $1/(16 \eta^2 \lambda^2)$",
        "Starts on a line, the lightest component 1.5 away and the others at random within 0.5. "
        "With unequal weights and n > 2 the slowest direction wins only by a power of t, and the "
        "approach is slower still from starts that have little of it.",
        found,
    )


def _lightest_far(weights: Sequence[int], seed: int) -> Mixture:
    draws = np.random.default_rng((seed, *weights)).uniform(-0.5, 0.5, len(weights) - 1)
    return Mixture(["1.5", *(f"{value:.3f}" for value in draws)], weights)


def _uniform_limits(seed: int) -> Figure:
    shown = [
        _limit_series(_generic(n, seed), inverse_uniform_limit(STEP_SIZE, 1, n), f"n = {n}")
        for n in COMPONENTS
    ]
    return _limit_figure(
        r"$t^2 L$ against its limit $n^2/(16 \eta^2)$",
        "Generic starts on a line, equal weights.",
        shown,
    )


def _limit_series(mixture: Mixture, inverse: float, label: str) -> Series:
    """t^2 L along a run, times the inverse of its limit."""
    loss = _trajectory(mixture, STEPS).loss[1:]
    t = np.arange(1, STEPS + 1)
    return _series(label, t, t**2 * loss * inverse)


def _limit_figure(title: str, description: str, found: list[Series]) -> Figure:
    one = _series("predicted", [1, STEPS], [1.0, 1.0], "dashed", every=True)
    return _figure(
        title, f"{description} Step size {STEP_SIZE}.", "t", "$t^2 L$ / limit", [*found, one]
    )


def along(case: Case, title: str) -> Figure:
    """W, U and the largest norm in sixty steps of gradient EM from a case with a step size."""
    assert case.step_size is not None
    run = gradient_em(case.mixture, case.step_size, 60)
    norms = np.sqrt((run.coordinates**2).sum(axis=2)).max(axis=1)
    t = np.arange(61)
    return _figure(
        title,
        f"Means {_points(run.means[0])}, weights {_listed(run.weights)}, step size "
        f"{float(case.step_size):g}; each quantity divided by its value at the start. U falls at "
        "every step.",
        "t",
        "relative to t = 0",
        [
            _series("W, weighted", t, run.weighted_distance / run.weighted_distance[0]),
            _series("U, unweighted", t, run.energy / run.energy[0]),
            _series("largest norm", t, norms / norms[0]),
        ],
        x_log=False,
        y_log=False,
    )


def component_norms(case: Case, title: str) -> Figure:
    """The norm of each mean in sixty steps of gradient EM from a case with a step size."""
    assert case.step_size is not None
    run = gradient_em(case.mixture, case.step_size, 60)
    norms = np.sqrt((run.coordinates**2).sum(axis=2))
    return _figure(
        title,
        f"Means {_points(run.means[0])}, weights {_listed(run.weights)}, step size "
        f"{float(case.step_size):g}.",
        "t",
        "distance to the optimum",
        [_series(f"component {i + 1}", np.arange(61), norms[:, i]) for i in range(norms.shape[1])],
        x_log=False,
        y_log=False,
    )


def _two_balanced(seed: int) -> Figure:
    found = []
    for k in range(5):
        run = _trajectory(_generic(2, seed + k), 60)
        norms = np.sqrt((run.coordinates**2).sum(axis=2)).max(axis=1)
        found.append(_series(f"start {k + 1}", np.arange(61), norms))
    return _figure(
        "Largest norm for two components of equal weight",
        f"Random starts, step size {STEP_SIZE}.",
        "t",
        "largest norm",
        found,
        x_log=False,
        y_log=False,
    )


def _single_against_several() -> Figure:
    t = np.arange(81)
    found = []
    for means in ([1], [1, "0.5"], [1, "0.5", "-0.75"]):
        loss = gradient_em(Mixture(means), "0.5", 80).loss
        shown = loss > 1e-20
        found.append(_series(f"n = {len(means)}", t[shown], loss[shown]))
    return _figure(
        "One component converges linearly, two and more do not",
        "Equal weights, step size 0.5: a straight line here is a linear rate.",
        "t",
        "loss L",
        found,
        x_log=False,
    )


def _budget() -> Figure:
    run = _trajectory(_BOUND_MIXTURE, STEPS)
    t = np.arange(1, STEPS + 1)
    total = fisher_bound(float(run.energy[0]), STEP_SIZE)
    return _figure(
        "Fisher divergence spent, against its budget",
        f"Step size {STEP_SIZE} from the means {_points(run.means[0])}.",
        "t",
        "sum of F",
        [
            _series("sum of F up to t", t, np.cumsum(run.fisher_divergence)[:-1]),
            _series(r"$U(0)/(\eta(2-\eta))$", [1, STEPS], [total, total], "dashed", every=True),
        ],
    )


# --- the measurements behind them -----------------------------------------------------------------


@cache
def _trajectory(mixture: Mixture, steps: int) -> Trajectory:
    return gradient_em(mixture, STEP_SIZE, steps)


def _generic(components: int, seed: int, weights: Sequence[int] | None = None) -> Mixture:
    """Standard normal means on a line, rounded to thousandths."""
    draws = np.random.default_rng((seed, components)).standard_normal(components)
    return Mixture([f"{value:.3f}" for value in draws], weights)


@cache
def _fits(seed: int) -> dict[int, list[tuple[float, float]]]:
    """For each n, and each start, the fitted exponent, and the slope of log L against log t."""
    found = {}
    for n in COMPONENTS:
        runs = [_trajectory(_generic(n, seed + 1000 * k), STEPS).loss for k in range(STARTS)]
        found[n] = [(_exponent(loss), _slope(loss)) for loss in runs]
    return found


def _exponent(loss: Floats) -> float:
    """p of L = C (t + t0)^p, for which dt/dlog L is (t + t0)/p.

    What is left of the approach to the power law is about a/t, and is taken out by extrapolation
    from the last two octaves of t.
    """
    late, early = (
        _exponent_between(loss, STEPS // 2, STEPS),
        _exponent_between(loss, STEPS // 4, STEPS // 2),
    )
    return 2 * late - early


def _exponent_between(loss: Floats, low: int, high: int) -> float:
    t = np.arange(low, high)
    change = np.log(loss[t + 1] / loss[t - 1]) / 2
    return 1 / float(np.polyfit(t, 1 / change, 1)[0])


def _slope(loss: Floats) -> float:
    """Least-squares slope of log L against log t over the last half."""
    t = np.arange(STEPS // 2, STEPS + 1)
    return float(np.polyfit(np.log(t), np.log(loss[t]), 1)[0])


def _points(means: Floats) -> str:
    """Means (n, d) in text: numbers on a line, vectors otherwise."""
    if means.shape[1] == 1:
        return _listed(means[:, 0])
    return "(" + ", ".join(_listed(row) for row in means) + ")"


def _listed(values: Floats) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in values) + ")"


def _series(label: str, x: Any, y: Any, style: str = "line", *, every: bool = False) -> Series:
    """A series, thinned to about evenly spaced points on a logarithmic axis."""
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if not every and len(xs) > MOST_POINTS:
        places = np.unique(np.geomspace(1, len(xs), MOST_POINTS).round().astype(int)) - 1
        xs, ys = xs[places], ys[places]
    return series(label, xs, ys, style)


def _figure(
    title: str,
    description: str,
    x_label: str,
    y_label: str,
    shown: list[Series],
    *,
    x_log: bool = True,
    y_log: bool = True,
) -> Figure:
    return Figure(title, description, x_label, y_label, shown, "rates", x_log, y_log)
