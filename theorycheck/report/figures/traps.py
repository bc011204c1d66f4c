"""Exhibits of starts: the answer of `theorycheck trap`, figures of it, and the command.

The report's gallery and the page of `theorycheck trap --output` show the same exhibits.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from theorycheck.claims.regions import log_steps_claimed
from theorycheck.dynamics.gradient_flow import Flow, gradient_flow
from theorycheck.errors import TooExpensive, UnsupportedRank
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats
from theorycheck.report.commands import command, piped
from theorycheck.report.figures.data import DRAWN, Exhibit, Figure, Series, series
from theorycheck.traps.certificate import trap_certificate
from theorycheck.traps.escape_time import escape_time

LAST = 12
"""The flow is drawn up to 10^12 steps; beyond them there are only certificates."""
SHOWN = np.linspace(0, LAST, 97)
TOLERANCE = 1e-4
"""The error allowed to the flow.

A figure shows no smaller one, and on a plateau the rounding of float64 would dominate it.
"""
RADII = 12
STEPS_AXIS = r"$\log_{10}$ of the number of steps"


def exhibit_of_case(case: Case, found: dict[str, Any], title: str) -> Exhibit:
    """The exhibit of a start. found: the answer of `trap_of_case`."""
    data = {**case.to_dict(), "step_size": found["step_size"]}
    figures, note = _flow_figures(case.mixture, found)
    return Exhibit(
        title,
        f"{_sentence(found)}{note}",
        figures,
        piped(data, command("trap", "--case", "-")),
        facts=_facts(found, ("log_steps", "far", "near", "radius", "near_radius", "step_size")),
        case=data,
    )


def exhibit_of_family(found: dict[str, Any], title: str) -> Exhibit:
    """The exhibit of the symmetric start. found: the answer of `escape_of_family`."""
    d, n, eta = found["dimension"], found["components"], found["step_size"]
    names = ("dimension", "components", "step_size", "start", "end", "steps")
    options = ("--dimension", d, "--components", n, "--step-size", eta)
    return Exhibit(
        title,
        _sentence(found),
        [_escape(found)],
        command("trap", *map(str, options)),
        facts=_facts(found, (*names, "log_steps_lower", "log_steps_upper")),
    )


def _sentence(found: dict[str, Any]) -> str:
    """The sentence of an answer with its powers as formulae."""
    text = re.sub(r"\b(e|10)\^\{?(-?[\d.]*\d)\}?", r"$\1^{\2}$", found["sentence"])
    return f"{text[:1].upper()}{text[1:]}."


_NAMES = {
    "log_steps": "log(steps), at least",
    "far": "far components, held outside",
    "near": "near components, held within",
    "radius": "outer radius a",
    "near_radius": "inner radius B",
    "step_size": "step size",
    "start": "radius at the start",
    "end": "radius at the end",
    "steps": "steps, counted one by one",
    "log_steps_lower": "log(steps), at least",
    "log_steps_upper": "log(steps), at most",
}


def _facts(found: dict[str, Any], names: Sequence[str]) -> list[tuple[str, str]]:
    """The entries of an answer that have a value, each with a readable name, unrounded."""
    shown = {name: found[name] for name in names if found.get(name) is not None}
    return [(_NAMES.get(name, name), _plain(value)) for name, value in shown.items()]


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value).removesuffix(".0")


# --- figures --------------------------------------------------------------------------------------


def _flow_figures(mixture: Mixture, found: dict[str, Any]) -> tuple[list[Figure], str]:
    """Figures of distances and loss along the gradient flow; or none, and a sentence why."""
    eta = float(Case(mixture, found["step_size"]).step_size or 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of LSODA, which then goes on
            run = gradient_flow(mixture, eta * 10**SHOWN, tolerance=TOLERANCE)
    except (TooExpensive, UnsupportedRank) as error:
        return [], f" There is no picture: {error}."
    return [_distances(run, found), _loss(run, found)], ""


def _distances(run: Flow, found: dict[str, Any]) -> Figure:
    norms = np.linalg.norm(run.coordinates, axis=2)
    if not found["held"]:
        shown = [series("largest distance", SHOWN, norms.max(axis=1))]
        if found["simulated_steps"]:
            at = math.log10(found["simulated_steps"])
            goal = 5 / 6 * norms[0].max()
            shown.append(series("5/6 of the start, simulated", [at], [goal], "points"))
        return _flow_figure("Distance from the truth against time", shown)
    until = [0, found["log_steps"] / math.log(10)]
    far, near = norms[:, found["far"]].min(axis=1), norms[:, found["near"]].max(axis=1)
    shown = [
        series("nearest far mean", SHOWN, far),
        series("farthest near mean", SHOWN, near),
        series("certified: far means above", until, [found["radius"]] * 2, "dashed"),
        series("certified: near means below", until, [found["near_radius"]] * 2, "dashed"),
    ]
    return _flow_figure("Distances from the truth against time", shown)


def _loss(run: Flow, found: dict[str, Any]) -> Figure:
    ends = [run.loss.min(), run.loss.max()]
    shown = [series("loss", SHOWN, run.loss)]
    if found["held"]:
        shown.append(
            series("certified until here", [found["log_steps"] / math.log(10)] * 2, ends, "dashed")
        )
    elif found["simulated_steps"]:
        at = math.log10(found["simulated_steps"])
        shown.append(series("simulated escape", [at, at], ends, "dashed"))
    return _flow_figure("Loss against time", shown, y_label="loss", y_log=True)


def _flow_figure(
    title: str, shown: list[Series], y_label: str = "distance", y_log: bool = False
) -> Figure:
    description = (
        rf"Along the gradient flow, at time $t = \eta \cdot$ steps, up to $10^{{{LAST}}}$ steps."
    )
    return Figure(title, description, STEPS_AXIS, y_label, shown, y_log=y_log)


def _escape(found: dict[str, Any]) -> Figure:
    """Radius against the enclosed time at which the symmetric start reaches it."""
    d, n, eta = found["dimension"], found["components"], found["step_size"]
    start, end = found["start"], found["end"]
    radii = start - (start - end) * np.linspace(0, 1, RADII + 1)[1:] ** 2
    falls = [escape_time(d, n, eta, start, radius, accuracy=DRAWN) for radius in radii]
    times = [fall.log_steps_lower for fall in falls]
    shown = [
        series("enclosed by balls", [0, *_decimal(times)], [start, *radii]),
        *_bounds(found, [min(radii), start]),
    ]
    return Figure(
        "Radius against time",
        "When the symmetric start reaches a radius: the enclosure is thinner than the line. "
        "Upright: lower bounds of the time to the smallest radius, where they say a step or more.",
        STEPS_AXIS,
        "radius",
        shown,
    )


def _bounds(found: dict[str, Any], ends: list[float]) -> list[Series]:
    """Vertical lines at the lower bounds of at least one step."""
    d, n, start = found["dimension"], found["components"], found["start"]
    certificate = trap_certificate(Mixture([start, -start, 0], [1, 1, n - 2]), found["step_size"])
    eta = float(Case(Mixture([0]), found["step_size"]).step_size or 1)
    known = {
        "certificate for any start": certificate.log_steps if certificate else 0.0,
        r"the paper's $e^d/(30 \eta)$": float(log_steps_claimed(d, eta)),
    }
    drawn = {label: _decimal([log, log]) for label, log in known.items() if log > 0}
    return [series(label, x, ends, "dashed") for label, x in drawn.items()]


def _decimal(logs: Sequence[float]) -> Floats:
    """Natural logarithms to base 10."""
    return np.array(logs) / math.log(10)
