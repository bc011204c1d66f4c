"""Figures of the bad regions: exponents against the dimension, and maps of escape times."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from theorycheck.dynamics import Landscape
from theorycheck.flow import gradient_flow
from theorycheck.mixture import Mixture
from theorycheck.traps import escape_time, trap_certificate

DIMENSIONS = (1, 2, 4, 9, 16, 36, 100, 400, 1000)
RADII = tuple(float(a) for a in np.linspace(3, 14, 12))
SIMULATED_RADII = tuple(float(a) for a in np.linspace(2, 7, 8))
MOST_STEPS = 1000
START = 7.0


def region_figures() -> list[dict[str, Any]]:
    """The section "bad regions" of the report."""
    return [exponents(), *atlas(), plateau()]


def exponents() -> dict[str, Any]:
    """log(steps)/d of the paper's start: the paper's bound, the certificate, and the truth."""
    certified, true, paper = [], [], []
    for d in DIMENSIONS:
        start = 12 * math.sqrt(d)
        found = trap_certificate(Mixture([start, -start, 0]), 1)
        certified.append(found.log_steps / d if found is not None else 0.0)
        true.append(escape_time(d, 3, 1).log_steps_lower / d)
        paper.append((d - math.log(30)) / d)
    return _figure(
        "Exponent of the escape time against the dimension",
        "log(steps)/d from 12 sqrt(d) to 10 sqrt(d), n = 3, step size 1. The truth tends to 18 = "
        "12²/8; the certificate is a lower bound for any start; the paper's bound tends to 1.",
        ("dimension d", "log(steps) / d"),
        [
            _series("true, enclosed", DIMENSIONS, true, "line"),
            _series("trap certificate", DIMENSIONS, certified, "points"),
            _series("the paper's bound", DIMENSIONS, paper, "dashed"),
        ],
        logs=(True, False),
    )


def atlas() -> list[dict[str, Any]]:
    """Maps over the starts of three equal components, in one and in two dimensions."""
    return [
        _map(
            "Certified escape time in one dimension",
            "log10 of the certified number of steps from (a, -b, 0), step size 1; 0 where no step "
            "is certified.",
            RADII,
            lambda a, b: _certified(Mixture([a, -b, 0])),
        ),
        _map(
            "Certified escape time in the plane",
            "log10 of the certified number of steps from (a, 0), (0, b), (0, 0), step size 1.",
            RADII,
            lambda a, b: _certified(Mixture([[a, 0], [0, b], [0, 0]])),
        ),
        _map(
            "Simulated escape time in one dimension",
            f"log10 of the steps that gradient EM takes from (a, -b, 0) until the largest distance "
            f"is 5/6 of its start; {MOST_STEPS} stands for that many or more.",
            SIMULATED_RADII,
            lambda a, b: math.log10(max(_simulated(Mixture([a, -b, 0])), 1)),
        ),
        _map(
            "The certificate over the same starts",
            "log10 of the certified number of steps, for the map above: never larger.",
            SIMULATED_RADII,
            lambda a, b: _certified(Mixture([a, -b, 0])),
        ),
    ]


def _certified(mixture: Mixture) -> float:
    found = trap_certificate(mixture, 1)
    return 0.0 if found is None else found.log_steps / math.log(10)


def _simulated(mixture: Mixture) -> int:
    landscape = Landscape(mixture)
    y = landscape.start
    goal = 5 / 6 * float(abs(y).max())
    for t in range(MOST_STEPS):
        if abs(y).max() <= goal:
            return t
        y = y - landscape.at(y).gradient
    return MOST_STEPS


def plateau() -> dict[str, Any]:
    """Gradient flow from inside a trap to the optimum, over twelve decades of time."""
    times = np.geomspace(1, 1e12, 61)
    run = gradient_flow(Mixture([START, -START, 0]), times)
    predicted = 9 / (16 * times[-20:] ** 2)
    return _figure(
        "Plateau, escape and tail of the gradient flow",
        f"From ({START:g}, {-START:g}, 0) with equal weights: stuck, then escaping, then the "
        "predicted tail 9/(16 t²).",
        ("time t", "loss"),
        [
            _series("loss", times, run.loss, "line"),
            _series("9/(16 t²)", times[-20:], predicted, "dashed"),
        ],
        logs=(True, True),
    )


def _figure(
    title: str,
    description: str,
    labels: tuple[str, str],
    series: list[dict[str, Any]],
    logs: tuple[bool, bool],
) -> dict[str, Any]:
    return {
        "title": title,
        "description": description,
        "x_label": labels[0],
        "y_label": labels[1],
        "x_log": logs[0],
        "y_log": logs[1],
        "section": "regions",
        "series": series,
    }


def _series(label: str, x: Any, y: Any, style: str) -> dict[str, Any]:
    return {"label": label, "x": _short(x), "y": _short(y), "style": style}


def _short(values: Any) -> list[float]:
    return [float(f"{float(value):.5g}") for value in values]


def _map(
    title: str, description: str, radii: tuple[float, ...], value: Callable[[float, float], float]
) -> dict[str, Any]:
    return {
        "kind": "map",
        "title": title,
        "description": description,
        "x_label": "a",
        "y_label": "b",
        "x": _short(radii),
        "y": _short(radii),
        "values": [_short(value(a, b) for a in radii) for b in radii],
        "value_label": "log10 steps",
        "section": "regions",
    }
