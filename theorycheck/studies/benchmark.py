"""Time the expectations of this package and of its competitors: the rows of `theorycheck bench`.

Both sides of a row run alternately in one process, on the same case and at matched accuracy where
the competitor can reach it. The ratio is the median over the rounds, with its smallest and largest
value. Errors are those of the gradient or of the entries, relative to the largest one. Competitors
get float64 numbers; ours gets a mixture, which rounds itself to float64 in the first call only.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Any

import flint
import mpmath
import numpy as np

from theorycheck.arithmetic.arithmetics import ball
from theorycheck.dynamics.span import SpanPopulation
from theorycheck.expectations import monte_carlo
from theorycheck.expectations.float64.regimes import float_moments
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import Population, population
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats
from theorycheck.studies import competitors, experiment

_SHORTEST = 2e-3
"""Seconds that a measurement should last; shorter calls are repeated."""
_FINE_BUDGET = 150_000_000
"""Evaluations allowed to the float64 references: enough for a finer grid than is timed."""
REFERENCE = experiment.Options(sampled_steps=0)
"""The experiment whose figure is timed."""


@dataclass(frozen=True)
class Timing:
    """One row of the table: both times (medians of seconds), their ratio and both errors.

    rival: the competitor's name. ratio: the competitor's time over ours.
    """

    case: str
    rival: str
    our_seconds: float
    rival_seconds: float
    ratio: float
    ratio_low: float
    ratio_high: float
    our_error: float
    rival_error: float


@dataclass(frozen=True)
class Growth:
    """Our time at one value of a quantity that varies while the others stay."""

    quantity: str
    value: float
    seconds: float


def cases() -> dict[str, Mixture]:
    """Near, moderate and far means of rank 1; one case each of rank 2, 3 and 5."""
    rng = np.random.default_rng(5)
    return {
        "rank 1 near": Mixture(["0.03", "-0.02", "0.01"], [1, 2, 1]),
        "rank 1 moderate": Mixture(["1.5", "-0.7", 2], [1, 2, 1]),
        "rank 1 far": Mixture([6, -6, 0], [1, 2, 1]),
        "rank 2": Mixture([["1.5", 0], ["-0.7", 1], ["0.3", "-1.2"]], [1, 2, 1]),
        "rank 3": Mixture(rng.normal(size=(4, 3))),
        "rank 5, n 10": Mixture(rng.normal(size=(10, 5))),
    }


def timings(rounds: int = 5) -> Iterator[Timing]:
    """All rows, each measured when it is asked for."""
    for name, mixture in cases().items():
        for rival, run, entries_of in _competitors(mixture):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # competitors overflow in their tails
                yield _timing(name, mixture, rival, run, entries_of, rounds)
    yield _proven_timing(rounds)
    for digits in (20, 50):
        yield from _ball_timings(digits, max(1, rounds // 2))
    yield _experiment_timing(max(1, rounds // 2))


Entries = Callable[[Population], Any]
"""The entries of a population that a competitor computes as well."""


def _gradient(at: Population) -> Any:
    return at.gradient


def _overlaps_and_loss(at: Population) -> Any:
    return [*np.asarray(at.overlap)[np.triu_indices(len(at.weights))], at.loss]


def _competitors(mixture: Mixture) -> Iterator[tuple[str, Callable[[], Any], Entries]]:
    """Names of competitors for a mixture, calls that run them, and the entries they compute."""
    c, w = mixture.doubles
    yield "Monte Carlo, 350000 samples", lambda: competitors.monte_carlo(c, w), _gradient
    compiled = competitors.jax_monte_carlo(c, w)
    if compiled is not None:
        yield f"JAX, {competitors.SAMPLES} samples", compiled, _gradient
    order = _matching_order(c, w, 1e-6 if c.shape[1] > 3 else 1e-12)
    if order is not None:
        yield (
            f"Gauss-Hermite, order {order}",
            lambda: competitors.gauss_hermite(c, w, order),
            _gradient,
        )
    if c.shape[1] == 1:
        yield "scipy quad, 1e-12", lambda: competitors.scipy_quad(c, w, 1e-12), _overlaps_and_loss
    if c.shape[1] == 2:
        yield (
            "scipy nquad, 1e-8, one entry",
            lambda: competitors.scipy_nquad(c, w, 1e-8),
            _first_overlap,
        )
    if c.shape[1] in (2, 3):
        goal = 1e-10 if c.shape[1] == 2 else 1e-4
        run = lambda: competitors.scipy_cubature(c, w, goal)  # noqa: E731
        yield f"scipy cubature, {goal:.0e}", run, _overlaps_and_loss


def _first_overlap(at: Population) -> Any:
    return [np.asarray(at.overlap)[0, 0]]


def _matching_order(c: Floats, w: Floats, error: float) -> int | None:
    """The first tried Gauss-Hermite order with this error of the gradient; None if too large."""
    exact = population(Mixture(c.tolist(), w.tolist())).gradient
    order = 4
    while order <= 400 and order ** c.shape[1] <= 3_000_000:
        with np.errstate(all="ignore"):
            found = competitors.gauss_hermite(c, w, order)
        if abs(found - exact).max() <= error * abs(exact).max():
            return order
        order = math.ceil(order * 1.15)
    return None


def _timing(
    name: str, mixture: Mixture, rival: str, run: Callable[[], Any], entries: Entries, rounds: int
) -> Timing:
    exact = _reference(mixture, entries)

    def ours() -> Population:
        return population(mixture)

    times = _alternately(ours, run, rounds)
    return _row(name, rival, times, _error(entries(ours()), exact), _error(run(), exact))


def _reference(mixture: Mixture, entries: Entries) -> Floats:
    """The exact entries: in balls up to dimension 2, else from a finer float64 grid."""
    if mixture.dimension <= 2:
        return _floats(entries(population(mixture, arithmetic=ball(20))))
    c, w = mixture.doubles
    fine = float_moments(c, w, lambda: w @ c, budget=_FINE_BUDGET)
    at = Population(*fine, means=c, weights=w)
    return _floats(entries(at))


def ball_population(mixture: Mixture, digits: int) -> Population:
    """A population in balls of which every field has been asked for: they are found only then."""
    found = population(mixture, arithmetic=ball(digits))
    for name in Moments._fields:
        getattr(found, name)
    return found


def _proven_timing(rounds: int) -> Timing:
    """A population in balls of 12 digits against the same in float64, in one run."""
    mixture = cases()["rank 1 moderate"]
    exact = _reference(mixture, _overlaps_and_loss)

    def ours() -> Population:
        return ball_population(mixture, 12)

    def rival() -> Population:
        return population(mixture)

    times = _alternately(ours, rival, rounds)
    errors = [_error(_overlaps_and_loss(found), exact) for found in (ours(), rival())]
    return _row("rank 1, 12 digits", "float64, no proof", times, *errors)


def _ball_timings(digits: int, rounds: int) -> Iterator[Timing]:
    """Balls of overlaps and loss against the same entries by arbitrary-precision quadrature."""
    mixture = cases()["rank 1 moderate"]
    c, w = mixture.doubles
    exactly = Mixture(c.tolist(), mixture.weights)
    exact = _overlaps_and_loss(population(exactly, arithmetic=ball(digits + 20)))

    def ours() -> Any:
        return _overlaps_and_loss(population(exactly, arithmetic=ball(digits)))

    by_rival: dict[str, Callable[[], list[Any]]] = {
        "flint acb.integral": lambda: competitors.acb_integral(c, w, digits),
        "mpmath quad": lambda: competitors.mpmath_quad(c, w, digits),
    }
    for rival, run in by_rival.items():
        times = _alternately(ours, run, rounds)
        errors = [_precise_error(found, exact, digits) for found in (ours(), run())]
        yield _row(f"rank 1, {digits} digits", rival, times, *errors)


def _experiment_timing(rounds: int) -> Timing:
    """The three panels of the reference experiment against the same from samples.

    Only a few sampled steps are timed, and the time is extrapolated to all of them. The errors are
    those of the gradient at the start with the last number of components.
    """
    starts = experiment.reference_starts(REFERENCE)
    few = replace(REFERENCE, sampled_steps=2)

    def theirs() -> None:
        for start in starts:
            experiment.sampled_path(few, start)

    times = _alternately(partial(experiment.reference_panels, REFERENCE), theirs, rounds)
    share = (few.sampled_steps + 1) / (REFERENCE.steps + 1)
    widest = starts[len(REFERENCE.components) - 1]
    span = SpanPopulation(widest, accuracy=REFERENCE.accuracy)
    c, w = span.start, span.weights
    exact = float_moments(c, w, lambda: w @ c, budget=_FINE_BUDGET).gradient.ravel()
    sampled = monte_carlo.sampled_step(c, w, np.random.default_rng(0), REFERENCE.samples)[1]
    return _row(
        "three panels",
        f"Monte Carlo, {REFERENCE.samples} samples",
        [(own, a_few / share) for own, a_few in times],
        *(_error(found, exact) for found in (span.at(c).gradient, sampled)),
    )


def _precise_error(found: list[Any], exact: list[Any], digits: int) -> float:
    with ball(digits + 20).scope(), mpmath.workdps(digits + 20):
        reals = [_midpoint(value, digits) for value in found]
        errors = [abs(r / e.mid() - 1).mid() for r, e in zip(reals, exact, strict=True)]
        return max(float(error) for error in errors)


def _midpoint(value: Any, digits: int) -> Any:
    """The midpoint of an arb, an acb or an mpmath number, as an arb."""
    if isinstance(value, flint.acb):
        return value.real.mid()
    if isinstance(value, flint.arb):
        return value.mid()
    return flint.arb(mpmath.nstr(value.real, digits + 15))


def _floats(values: Any) -> Floats:
    flat = np.asarray(values, dtype=object).ravel()
    return np.array([float(value) for value in flat])


def _error(found: Any, exact: Floats) -> float:
    return float(abs(_floats(found)[: len(exact)] - exact).max() / abs(exact).max())


def _row(
    name: str, rival: str, times: list[tuple[float, float]], our_error: float, error: float
) -> Timing:
    ratios = [theirs / own for own, theirs in times]
    return Timing(
        case=name,
        rival=rival,
        our_seconds=median(own for own, _ in times),
        rival_seconds=median(theirs for _, theirs in times),
        ratio=median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        our_error=our_error,
        rival_error=error,
    )


def _alternately(
    ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int
) -> list[tuple[float, float]]:
    """Seconds per call of both, a pair for each round; a first call of each is not measured."""
    ours()
    theirs()
    return [(seconds(ours), seconds(theirs)) for _ in range(rounds)]


def seconds(
    call: Callable[[], Any], clock: Callable[[], float] = time.perf_counter, runs: int = 3
) -> float:
    """Seconds per call: the shortest of a few runs, each repeated until it can be measured."""
    repeats, best = 1, math.inf
    for _ in range(runs):
        start = clock()
        for _ in range(repeats):
            call()
        spent = (clock() - start) / repeats
        best = min(best, spent)
        if spent > 0.5:
            break
        repeats = max(1, math.ceil(_SHORTEST / max(spent, 1e-9)))
    return best


def growth() -> Iterator[Growth]:
    """Our times as one quantity grows and the others stay, for each quantity in turn."""
    rng = np.random.default_rng(6)
    base = Mixture(["1.5", "-0.7", 2], [1, 2, 1])
    for n in (2, 3, 10, 30, 100):
        yield _growth("components (rank 1)", n, Mixture(rng.normal(size=n)))
    for rank in (1, 2, 3, 4, 5, 6):
        yield _growth("rank (n = rank + 1)", rank, Mixture(np.eye(rank + 1, rank)))
    for spread in (0.01, 0.1, 1, 10, 100):
        yield _growth("spread (rank 1, n = 3)", spread, base.scaled(spread))
    for digits in (10, 20, 50, 100, 200):
        call = partial(ball_population, base, digits)
        yield Growth("digits (rank 1, n = 3)", digits, seconds(call))
    yield from _dimension_growth(rng)


def _growth(quantity: str, value: float, mixture: Mixture) -> Growth:
    return Growth(quantity, value, seconds(partial(population, mixture)))


def _dimension_growth(rng: np.random.Generator) -> Iterator[Growth]:
    """Our times for a gradient in the reduced coordinates as the dimension grows."""
    for d in (3, 1_000, 100_000):
        span = SpanPopulation(Mixture(rng.integers(-9, 10, size=(3, d))))
        near = span.start / abs(span.start).max()
        call = partial(span.at, near)
        yield Growth("dimension (n = 3, reduced)", d, seconds(call))


def lines(rows: Iterable[Timing], growths: Iterable[Growth]) -> Iterator[str]:
    """The printed table, line by line as the rows are measured."""
    yield (
        f"{'case':<18} {'rival':<30} {'ours':>9} {'rival':>9} {'ratio':>9} {'range':>19} "
        f"{'our error':>9} {'rival error':>11}"
    )
    for row in rows:
        span = f"{row.ratio_low:.3g} to {row.ratio_high:.3g}"
        yield (
            f"{row.case:<18} {row.rival:<30} {shown_time(row.our_seconds):>9} "
            f"{shown_time(row.rival_seconds):>9} {row.ratio:>9.3g} {span:>19} "
            f"{row.our_error:>9.1e} {row.rival_error:>11.1e}"
        )
    for entry in growths:
        yield f"{entry.quantity:<26} {entry.value:>9g} {shown_time(entry.seconds):>10}"


def shown_time(value: float) -> str:
    """Seconds with a unit, to three digits."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms")):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-6:.3g} us"
