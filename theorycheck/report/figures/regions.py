"""Figures of the bad regions: exponents against the dimension, and maps of escape times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from theorycheck.claims.limits import inverse_uniform_limit
from theorycheck.claims.regions import log_steps_claimed
from theorycheck.dynamics.gradient_flow import gradient_flow
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.region import Range
from theorycheck.report.figures.atlas import atlas_maps
from theorycheck.report.figures.data import Figure, Map, rounded, series
from theorycheck.traps.answers import steps_to_leave
from theorycheck.traps.atlas import Atlas, Pixel, side
from theorycheck.traps.certificate import escape_time, trap_certificate

DIMENSIONS = (1, 2, 4, 9, 16, 36, 100, 400, 1000)
FACTORS = (2.5, 2.75, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
THRESHOLD_DIMENSIONS = (2, 10, 1000)
RADII = tuple(float(a) for a in range(3, 15))
SIMULATED_RADII = (3.0, 4.0, 5.0, 6.0, 7.0)
MOST_STEPS = 500
START = 7.0
STEP_SIZE = Fraction(1, 5)
"""Of the gradient EM that is shown beside the flow."""
STEPS = 6000


PIXELS, FINE_PIXELS = 12, 24
"""Of the map on the line, along either side: in a standard run, and in a thorough one."""


def exponents() -> Figure:
    """log(steps)/d of the paper's start: the paper's bound, the certificate, and the truth."""
    certified, true, paper = [], [], []
    for d in DIMENSIONS:
        start = 12 * math.sqrt(d)
        found = trap_certificate(Mixture([start, -start, 0]), 1)
        certified.append(found.log_steps / d if found is not None else 0.0)
        true.append(escape_time(d, 3, 1).log_steps_lower / d)
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
        found = [escape_time(d, 3, 1, a, 5 / 6 * a).log_steps_lower / d for a in starts]
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


def atlas(pixels: int = PIXELS) -> list[Map]:
    """Maps over the starts of three equal components, in one and in two dimensions."""
    return [
        *atlas_maps(line_atlas(pixels), section="regions"),
        _further_out("on the line", "$(a, -b, 0)$", lambda a, b: Mixture([a, -b, 0])),
        *_in_the_plane(),
    ]


def line_atlas(pixels: int) -> dict[str, Any]:
    """The answer of `theorycheck atlas` from (a, -b, 0), a and b from 3 to 7, step size 1.

    Reflection and exchange of the first two means leave everything as it is, so that half of the
    pixels tell all.
    """
    mixture = Mixture([5, -5, 0])
    asked = Atlas(
        mixture, Fraction(1), side(mixture, 0, 3, 7, pixels), side(mixture, 1, -7, -3, pixels)
    )
    found: dict[tuple[Range, Range], Pixel] = {}
    for one, other in asked.places():
        mirrored = found.get(((-other[1], -other[0]), (-one[1], -one[0])))
        if mirrored is None:
            found[one, other] = asked.pixel(one, other)
        else:
            (a, b), (c, d) = mirrored.ranges
            found[one, other] = replace(mirrored, ranges=((-d, -c), (-b, -a)))
    return asked.answer([pixel.to_dict() for pixel in found.values()])


def _in_the_plane() -> list[Map]:
    """Simulated escape times, the certificates over the same starts, and those further out."""
    starts = "$(a, 0), (0, b), (0, 0)$"
    simulated = _values(SIMULATED_RADII, lambda a, b: _simulated(_plane(a, b)))
    return [
        _map(
            "Escape time in the plane, simulated",
            f"The steps that gradient EM takes from {starts} until the largest distance is 5/6 of "
            f"what it was. Equal weights, step size 1; {MOST_STEPS} stands for that many or more.",
            SIMULATED_RADII,
            simulated,
            scale=(0.0, max(map(max, simulated))),
        ),
        _map(
            "Escape time in the plane, certified lower bound",
            "The same starts on the same scale; 0 where not a single step is certified.",
            SIMULATED_RADII,
            _values(SIMULATED_RADII, lambda a, b: _certified(_plane(a, b))),
            scale=(0.0, max(map(max, simulated))),
        ),
        _further_out("in the plane", starts, _plane),
    ]


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


def _simulated(mixture: Mixture) -> float:
    """log10 of the steps until the largest distance is 5/6 of its start, `MOST_STEPS` at most."""
    steps = steps_to_leave(mixture, Fraction(1), MOST_STEPS)
    return math.log10(MOST_STEPS if steps is None else steps)


def diagonal() -> Figure:
    """The enclosed escape time where a = b on the line, far beyond what can be simulated."""
    radii = RADII[::2]
    escapes = [escape_time(1, 3, 1, a, Fraction(5 * round(a), 6)) for a in radii]
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
    scale: tuple[float, float] | None = None,
) -> Map:
    """A map of log10 of a number of steps; scale: the ends of its colours, if not its own."""
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
        scale=scale,
    )
