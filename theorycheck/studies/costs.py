"""What a population costs as one quantity doubles and the others stay: `theorycheck bench --grid`.

The means are the same generic points at every scale, so that the cost ought to grow smoothly. A
cliff is a place where it does not: the time grows by more than a factor of three from one value to
its double, and by more than the work does. The work is the number of terms, nodes times components,
times 1 + n / 24 for the products of pairs. The floor is two nanoseconds for each term: its
exponential, in a vectorised loop.

Times are of the processor, so that a busy machine spoils them less, and reports compare them with
one population in the same run: nothing here is a claim on seconds.
"""

from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import scipy

from theorycheck.errors import InvalidValue
from theorycheck.expectations.float64.regimes import node_count
from theorycheck.expectations.population import Population, population
from theorycheck.expectations.trapezoid import common_grid, grid_size
from theorycheck.inputs.mixture import Mixture
from theorycheck.report.figures.data import Figure, Series
from theorycheck.studies.benchmark import ball_population, seconds, shown_time

FLOOR = 2e-9
"""Seconds for a term."""
CLIFF = 3.0
"""A larger growth of the time, as a quantity doubles, is a cliff unless the work grows too."""
_TOLERATED = 1.3
"""How much faster than the work the time may grow."""
_PAIRS = 24
"""Components at which the products of all pairs cost as much as the exponentials."""
SLOWER = 2.0
"""A cost that has grown by more than this factor since the baseline is told."""
_QUANTITIES = ("components", "scale", "digits")
_FLOAT_DIGITS = 16


class Place(NamedTuple):
    """One point of the grid; digits 16 are float64, others balls."""

    rank: int
    components: int
    scale: float
    digits: int

    @property
    def name(self) -> str:
        """It names the point in a baseline."""
        return f"rank {self.rank}, n {self.components}, scale {self.scale:g}, {self.digits} digits"


UNIT = Place(1, 3, 1.0, _FLOAT_DIGITS)
"""The point that the others are compared with."""


@dataclass(frozen=True)
class Cost:
    """The cost of one population.

    relative: its time over that of `UNIT`. terms: nodes times components. over_floor: the
    time over two nanoseconds per term. growth: by quantity, the time over that of the neighbour at
    which the quantity is half as large. peak_bytes: the most memory that the call holds at a time,
    beyond the grids that are kept; of what flint holds outside of Python only the objects count.
    """

    place: Place
    seconds: float
    relative: float
    terms: int
    over_floor: float
    growth: dict[str, float]
    cliffs: list[str]
    peak_bytes: int = 0


def places() -> list[Place]:
    """The grid: every rank, number of components and scale in float64; digits of balls on lines."""
    float64 = [
        Place(rank, n, scale, _FLOAT_DIGITS)
        for rank, counts, scales in (
            (1, (3, 6, 12, 24, 48, 96), (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)),
            (2, (3, 6, 12, 24), (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)),
            (3, (4, 8), (0.25, 0.5, 1.0, 2.0)),
        )
        for n in counts
        for scale in scales
    ]
    balls = [Place(1, n, 1.0, digits) for n in (3, 6) for digits in (10, 20, 40, 80, 160)]
    return float64 + balls


def mixture_at(place: Place) -> Mixture:
    """Generic normal points, the first ones of a sequence that fills the space evenly.

    They are additive recurrences with the powers of the root of x^(k+1) = x + 1 (Roberts 2018),
    through the quantile function, centred.
    """
    root = scipy.optimize.brentq(lambda x: x ** (place.rank + 1) - x - 1, 1, 2)
    steps = root ** -np.arange(1.0, place.rank + 1)
    points = scipy.special.ndtri((0.5 + np.arange(1, place.components + 1)[:, None] * steps) % 1)
    points -= points.mean(axis=0)
    return Mixture((place.scale * points).tolist())


def costs(grid: Sequence[Place] | None = None, rounds: int = 3) -> list[Cost]:
    """The cost at every place: the shortest time of several rounds over all of them.

    So neighbours are compared at their best, whatever else the machine did in one of the rounds.
    """
    chosen = places() if grid is None else list(grid)
    terms = {place: _terms(place) for place in chosen}
    shortest = dict.fromkeys([UNIT, *chosen], math.inf)
    for _ in range(rounds):
        for place in shortest:
            shortest[place] = min(shortest[place], seconds(_call(place), time.process_time))
    found: dict[Place, Cost] = {}
    for place in chosen:
        cost = _compared(place, shortest[place], terms[place], shortest[UNIT], found)
        found[place] = replace(cost, peak_bytes=peak_bytes(_call(place)))
    return list(found.values())


def _call(place: Place) -> Callable[[], Population]:
    if place.digits == _FLOAT_DIGITS:
        return partial(population, mixture_at(place))
    return partial(ball_population, mixture_at(place), place.digits)


def peak_bytes(call: Callable[[], object]) -> int:
    """The most memory that Python and NumPy hold at a time during a second call."""
    call()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _terms(place: Place) -> int:
    """Nodes times components."""
    c, weights = mixture_at(place).doubles
    if place.digits == _FLOAT_DIGITS:
        return node_count(c, weights) * len(c)
    return grid_size(common_grid(c, np.log(weights), -place.digits * math.log(10))) * len(c)


def _compared(
    place: Place, spent: float, terms: int, unit: float, before: dict[Place, Cost]
) -> Cost:
    growth, cliffs = {}, []
    for quantity in _QUANTITIES:
        half = place._replace(**{quantity: getattr(place, quantity) / 2})
        other = before.get(half)
        if other is None:
            continue
        growth[quantity] = spent / other.seconds
        expected = _work(place, terms) / _work(half, other.terms)
        if growth[quantity] > max(CLIFF, _TOLERATED * expected):
            cliffs.append(quantity)
    return Cost(place, spent, spent / unit, terms, spent / (FLOOR * terms), growth, cliffs)


def _work(place: Place, terms: int) -> float:
    return terms * (1 + place.components / _PAIRS)


def as_data(found: Iterable[Cost]) -> list[dict[str, Any]]:
    """The costs as JSON has them, which is also a baseline."""
    return [
        {
            "place": cost.place.name,
            **cost.place._asdict(),
            "seconds": cost.seconds,
            "relative": cost.relative,
            "terms": cost.terms,
            "over_floor": cost.over_floor,
            "growth": cost.growth,
            "cliffs": cost.cliffs,
            "peak_bytes": cost.peak_bytes,
        }
        for cost in found
    ]


def relative_costs(baseline: object) -> dict[str, float]:
    """The relative cost of every place of a baseline, by name.

    baseline: what `bench --grid --json` printed. Raises InvalidValue if it is something else.
    """
    try:
        return {cost["place"]: float(cost["relative"]) for cost in baseline["costs"]}  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        raise InvalidValue("the baseline is not what `bench --grid --json` prints") from None


def figures(found: Sequence[Cost]) -> list[Figure]:
    """The time in float64 against the scale by rank, and the floor of the most components."""
    drawn = []
    for rank in sorted({cost.place.rank for cost in found}):
        here = [at for at in found if at.place.rank == rank and at.place.digits == _FLOAT_DIGITS]
        counts = sorted({at.place.components for at in here})
        curves = [(n, [at for at in here if at.place.components == n]) for n in counts]
        series = [
            Series(f"n = {n}", [at.place.scale for at in row], [at.seconds for at in row])
            for n, row in curves
        ]
        widest = curves[-1][1]
        floor = [FLOOR * at.terms for at in widest]
        series.append(Series("floor", [at.place.scale for at in widest], floor, "dashed"))
        title = f"Rank {rank}: seconds"
        drawn.append(Figure(title, "", "scale", "s", series, x_log=True, y_log=True))
    return drawn


def slower(found: Iterable[Cost], before: dict[str, float]) -> list[str]:
    """A line for every cost that has grown since a baseline, each relative to its own unit."""
    return [
        f"{cost.place.name}: {cost.relative:.3g} units, {before[cost.place.name]:.3g} before"
        for cost in found
        if cost.relative > SLOWER * before.get(cost.place.name, math.inf)
    ]


def lines(found: Iterable[Cost]) -> Iterator[str]:
    """The printed table, line by line."""
    yield (
        f"{'rank':>4} {'n':>4} {'scale':>6} {'digits':>6} {'time':>9} {'units':>8} {'terms':>9} "
        f"{'/ floor':>8} {'memory':>8} {'2n':>6} {'2 scale':>7} {'2 digits':>8}"
    )
    for cost in found:
        place = cost.place
        growths = (
            f"{cost.growth[quantity]:.1f}{'!' if quantity in cost.cliffs else ''}"
            if quantity in cost.growth
            else ""
            for quantity in _QUANTITIES
        )
        by_n, by_scale, by_digits = growths
        yield (
            f"{place.rank:>4} {place.components:>4} {place.scale:>6g} {place.digits:>6} "
            f"{shown_time(cost.seconds):>9} {cost.relative:>8.3g} {cost.terms:>9} "
            f"{cost.over_floor:>8.3g} {cost.peak_bytes / 1e3:>5.0f} kB "
            f"{by_n:>6} {by_scale:>7} {by_digits:>8}"
        ).rstrip()
