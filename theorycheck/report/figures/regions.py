"""Figures of the bad regions: exponents against the dimension, and maps of escape times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from theorycheck.claims.limits import inverse_uniform_limit
from theorycheck.claims.regions import log_steps_claimed
from theorycheck.dynamics.gradient_flow import gradient_flow
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Number
from theorycheck.inputs.region import Range
from theorycheck.report.figures.atlas import atlas_maps
from theorycheck.report.figures.data import DRAWN, Figure, Map, rounded, series
from theorycheck.traps.atlas import Atlas, Pixel, side
from theorycheck.traps.certificate import escape_time, trap_certificate

DIMENSIONS = (1, 2, 4, 9, 16, 36, 100, 400, 1000)
FACTORS = (2.5, 2.75, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
THRESHOLD_DIMENSIONS = (2, 10, 1000)
RADII = tuple(float(a) for a in range(3, 15))
START = 7.0
STEP_SIZE = Fraction(1, 5)
"""Of the gradient EM that is shown beside the flow."""
STEPS = 6000


@dataclass(frozen=True)
class Fineness:
    """How fine the maps are. line: pixels of the map on the line, along a side. plane: likewise of
    the map of regions in the plane; 0 for none. centres: likewise of that of single starts in the
    plane, at a, b = 3, 4, ...: the farthest take most of the time.
    """

    line: int
    plane: int
    centres: int


STANDARD, THOROUGH = Fineness(line=10, plane=0, centres=4), Fineness(line=20, plane=10, centres=5)


def exponents() -> Figure:
    """log(steps)/d of the paper's start: the paper's bound, the certificate, and the truth."""
    certified, true, paper = [], [], []
    for d in DIMENSIONS:
        start = 12 * math.sqrt(d)
        found = trap_certificate(Mixture([start, -start, 0]), 1)
        certified.append(found.log_steps / d if found is not None else 0.0)
        true.append(escape_time(d, 3, 1, accuracy=DRAWN).log_steps_lower / d)
        paper.append(log_steps_claimed(d, 1) / d)
    return Figure(
        "Exponent of the escape time against the dimension",
        r"$\log(\text{steps})/d$ from $12\sqrt d$ to $10\sqrt d$, $n = 3$, step size 1. The truth, "
        "enclosed by balls, tends to $18 = 12^2/8$; the certificate is a lower bound for any "
        "start; the paper's bound $e^d/30$ tends to 1.",
        "dimension d",
        "log(steps) / d",
        [
            series("true, enclosed", DIMENSIONS, true, "line"),
            series("trap certificate", DIMENSIONS, certified, "points"),
            series("the paper's bound", DIMENSIONS, paper, "dashed"),
        ],
        section="regions",
        x_log=True,
    )


def thresholds() -> Figure:
    """log(steps)/d against c for the symmetric start at c sqrt(d): where e^d steps begin."""
    smooth = np.linspace(FACTORS[0], FACTORS[-1], 60)
    ends = [FACTORS[0], FACTORS[-1]]
    shown = [series("$c^2/8$, the limit", smooth, smooth**2 / 8)]
    for d in THRESHOLD_DIMENSIONS:
        starts = [c * math.sqrt(d) for c in FACTORS]
        falls = [escape_time(d, 3, 1, a, 5 / 6 * a, accuracy=DRAWN) for a in starts]
        found = [fall.log_steps_lower / d for fall in falls]
        shown.append(series(f"$d = {d}$, enclosed", FACTORS, found, "points"))
    root = math.sqrt(8)
    shown += [
        series("$e^d$ steps", ends, [1.0, 1.0], "dashed"),
        series(r"threshold $c = \sqrt{8}$", [root, root], [smooth[0] ** 2 / 8, 1.0], "dashed"),
        series("the paper: $c = 12$, $e^d$", [12.0], [1.0], "points"),
    ]
    return Figure(
        "From which distance a trap lasts $e^d$ steps",
        r"$\log(\text{steps})/d$ from $c\sqrt d$ to $\tfrac56 c\sqrt d$, $n = 3$, step size 1. It "
        r"tends to $c^2/8$, which passes 1 at $c = \sqrt 8$. The paper starts at $c = 12$, where "
        "it is 18, and its bound $e^d/30$ says 1.",
        "c",
        "log(steps) / d",
        shown,
        section="regions",
        y_log=True,
    )


def line_maps(fineness: Fineness = STANDARD) -> list[Map]:
    """Maps over the starts of three equal components on the line: near, and further out."""
    return [
        *atlas_maps(line_atlas(fineness.line), section="regions"),
        _further_out("on the line", "$(a, -b, 0)$", lambda a, b: Mixture([a, -b, 0])),
    ]


def line_atlas(pixels: int) -> dict[str, Any]:
    """The answer of `theorycheck atlas` from (a, -b, 0), a and b from 3 to 7, step size 1."""
    mixture = Mixture([5, -5, 0])
    sides = side(mixture, 0, 3, 7, pixels), side(mixture, 1, -7, -3, pixels)
    return _halved(Atlas(mixture, Fraction(1), *sides), _reflected)


def plane_atlas(pixels: int, low: Number, high: Number, at_centres: bool) -> dict[str, Any]:
    """The same from ((a, 0), (0, b), (0, 0)), a and b from low to high."""
    mixture = _plane(5, 5)
    first, second = (side(mixture, i, low, high, pixels, coordinate=i) for i in (0, 1))
    return _halved(Atlas(mixture, Fraction(1), first, second, at_centres), lambda a, b: (b, a))


_Swap: TypeAlias = Callable[[tuple[Any, Any], tuple[Any, Any]], tuple[Any, Any]]
"""The other pixel of which the same is known: ranges from ranges, exact or not."""


def _reflected(one: tuple[Any, Any], other: tuple[Any, Any]) -> tuple[Any, Any]:
    return (-other[1], -other[0]), (-one[1], -one[0])


def _halved(asked: Atlas, swap: _Swap) -> dict[str, Any]:
    """The answer of a map that a symmetry leaves as it is: half of the pixels tell all."""
    found: dict[tuple[Range, Range], Pixel] = {}
    for one, other in asked.places():
        known = found.get(swap(one, other))
        found[one, other] = (
            asked.pixel(one, other) if known is None else replace(known, ranges=swap(*known.ranges))
        )
    return asked.answer([pixel.to_dict() for pixel in found.values()])


def plane_maps(fineness: Fineness = STANDARD) -> list[Map]:
    """Maps of single starts in the plane, of all starts of pixels if wanted, and further out."""
    low, centres = Fraction(5, 2), fineness.centres
    of_centres = plane_atlas(centres, low, low + centres, at_centres=True)
    maps = atlas_maps(of_centres, "regions", "Time to leave in the plane")
    if fineness.plane:
        whole = plane_atlas(fineness.plane, 3, 6, at_centres=False)
        maps += atlas_maps(whole, "regions", "Time to leave regions in the plane")
    else:
        maps[0] = replace(
            maps[0],
            description=f"{maps[0].description} Bounds for all starts of a pixel are in the "
            "thorough profile.",
        )
    return [*maps, _further_out("in the plane", "$(a, 0), (0, b), (0, 0)$", _plane)]


def _plane(a: float, b: float) -> Mixture:
    return Mixture([[a, 0], [0, b], [0, 0]])


def _further_out(place: str, starts: str, start: Callable[[float, float], Mixture]) -> Map:
    return _map(
        f"Escape time {place}, certified further out",
        f"The certified number of steps from {starts}, where no simulation arrives.",
        RADII,
        _values(RADII, lambda a, b: _certified(start(a, b))),
    )


def _values(radii: tuple[float, ...], value: Callable[[float, float], float]) -> list[list[float]]:
    """The values of a function of a and b that does not change when they are exchanged."""
    known = {(a, b): value(a, b) for b in radii for a in radii if a <= b}
    return [[known[min(a, b), max(a, b)] for a in radii] for b in radii]


def _certified(mixture: Mixture) -> float:
    """log10 of the certified number of steps, 0 where there is no certificate."""
    found = trap_certificate(mixture, 1)
    return 0.0 if found is None else found.log_steps / math.log(10)


def diagonal() -> Figure:
    """The enclosed escape time where a = b on the line, far beyond what can be simulated."""
    radii = RADII[::2]
    escapes = [escape_time(1, 3, 1, a, 5 * Fraction(a) / 6, accuracy=DRAWN) for a in radii]
    true = [found.log_steps_lower / math.log(10) for found in escapes]
    return Figure(
        "Escape time on the diagonal of the first map",
        "From $(a, -a, 0)$ until the distance is $5a/6$, enclosed by balls, and the certificate, "
        "which holds for any start: it loses a power of $a$, and none of the exponent $a^2/8$.",
        "a",
        r"$\log_{10}$ of the steps",
        [
            series("true, enclosed", radii, true),
            series(
                "trap certificate",
                radii,
                [_certified(Mixture([a, -a, 0])) for a in radii],
                "points",
            ),
        ],
        section="regions",
    )


def plateau() -> Figure:
    """Gradient flow from inside a trap to the optimum, over twelve decades of time."""
    mixture = Mixture([START, -START, 0])
    times = np.geomspace(1, 1e12, 61)
    run = gradient_flow(mixture, times)
    limit = 1 / inverse_uniform_limit(step_size=1, rank=1, components=mixture.components)
    predicted = limit / times[-20:] ** 2
    stepped = gradient_em(mixture, STEP_SIZE, STEPS)
    steps = np.unique(np.geomspace(5, STEPS, 16).round().astype(int))
    shown = steps * float(STEP_SIZE)
    off = abs(stepped.loss[steps] / gradient_flow(mixture, shown).loss - 1).max()
    return Figure(
        "Plateau, escape and tail of the gradient flow",
        f"From $({START:g}, {-START:g}, 0)$ with equal weights: stuck, then escaping, then the "
        f"predicted tail $9/(16 t^2)$. Gradient EM with step size {float(STEP_SIZE):g}, at "
        f"$t = \\eta \\cdot$ steps, is within {100 * off:.1g} % of the flow at all points shown.",
        "time t",
        "loss",
        [
            series("gradient flow", times, run.loss, "line"),
            series("gradient EM, small steps", shown, stepped.loss[steps], "points"),
            series("$9/(16 t^2)$", times[-20:], predicted, "dashed"),
        ],
        section="regions",
        x_log=True,
        y_log=True,
    )


def _map(
    title: str,
    description: str,
    radii: tuple[float, ...],
    values: list[list[float]],
) -> Map:
    """A map of log10 of a number of steps."""
    return Map(
        title,
        description,
        "a",
        "b",
        rounded(radii),
        rounded(radii),
        [rounded(row) for row in values],
        r"$\log_{10}$ of the steps",
        section="regions",
    )
