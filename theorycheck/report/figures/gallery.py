"""The gallery of the report: certified cases, each with pictures and the command that repeats it.

First starts that trap gradient EM, then witnesses and counterexamples, then refuted
controls, folded.
Each item is an exhibit (see `report.figures.traps`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from theorycheck.arithmetic.rounding import floor_float
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.errors import TheoryCheckError
from theorycheck.expectations.reduction import principal_axes
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats
from theorycheck.landscapes.stationary import stationary_point
from theorycheck.report.commands import check_command, piped
from theorycheck.report.figures.data import Exhibit, Figure, series
from theorycheck.report.figures.trajectories import along, component_norms
from theorycheck.report.figures.traps import exhibit_of_case, exhibit_of_family
from theorycheck.report.svg.lines import is_drawable
from theorycheck.report.values import case_of
from theorycheck.traps.answers import escape_of_family, trap_of_case

BUMP = np.linspace(-4, 4, 33)
"""The places about each mean at which a density is drawn; elsewhere it is next to nothing."""
MOST_DRAWN = 160
FEW_STEPS, MOST_STEPS = 8, 400
TRAPPED = Case(Mixture(["9", "-10", "0.05"], ["0.2", "0.3", "0.5"]), Fraction(1))


def gallery(entries: list[dict[str, Any]]) -> list[Exhibit]:
    """Witnesses, counterexamples and refuted controls of a report's claims."""
    found = [exhibit for entry in entries for exhibit in _of_claim(entry)]
    controls = [exhibit for entry in entries for exhibit in _refuted_controls(entry)]
    return [*found, *controls]


def trap_starts() -> list[Exhibit]:
    """The paper's start, and one that is neither symmetric nor of equal weights."""
    return [
        exhibit_of_family(escape_of_family(1, 3), "Trap: the paper's start in dimension 1"),
        exhibit_of_case(
            TRAPPED, trap_of_case(TRAPPED), "Trap: three components of unequal weights"
        ),
    ]


def _of_claim(entry: dict[str, Any]) -> Iterator[Exhibit]:
    if entry["witness"]:
        found = entry["witness"]
        text = (
            f"A certified witness: this case alone proves that one exists. "
            f"Its margin is at least {found['margin']:.6g}."
            f"{_minimum(case_of(found['case']))}"
        )
        yield _exhibit(f"Witness of {entry['id']}", text, entry["id"], found)
    if entry["counterexample"]:
        found = entry["counterexample"]
        text = (
            f"A certified counterexample: the claim as stated is false. "
            f"Its margin is at most {found['margin']:.6g}."
        )
        exhibit = _exhibit(f"Counterexample to {entry['id']}", text, entry["id"], found)
        run = run_from(case_of(found["case"]), (entry.get("why") or {}).get("entry", ""))
        yield exhibit if run is None else replace(exhibit, figures=[*exhibit.figures, run])


def _minimum(case: Case) -> str:
    """A sentence on the certified local minimum next to a case with a mixture truth, if any."""
    found = stationary_point(case.mixture, case.truth) if case.truth is not None else None
    if found is None or found.kind != "minimum":
        return ""
    power = math.ceil(math.log10(found.distance_from(case.mixture)))
    return (
        f" A strict local minimum lies within $10^{{{power}}}$ of these means; its loss is "
        f"{floor_float(found.loss):.7g} and the least eigenvalue of the Hessian at least "
        f"{floor_float(found.eigenvalues[0]):.4g}. The truth itself has loss 0."
    )


def _refuted_controls(entry: dict[str, Any]) -> Iterator[Exhibit]:
    is_existence = entry["kind"] == "existence"
    fate = "This case is certainly no witness of it" if is_existence else "It is false here"
    for control in entry["controls"]:
        if control["case"]:
            text = (
                f"A control of {entry['id']}: {control['statement']}. {fate}, "
                f"with a certified margin of at most {control['margin']:.6g}."
            )
            yield _exhibit(control["id"], text, control["id"], control, folded=True)


def _exhibit(
    title: str, text: str, id: str, found: dict[str, Any], *, folded: bool = False
) -> Exhibit:
    case = found["case"]
    return Exhibit(
        title,
        text,
        _pictures(case_of(case), id),
        piped(case, check_command(id)),
        case=case,
        folded=folded,
    )


def _pictures(case: Case, id: str) -> list[Figure]:
    """For a claim about monotonicity the quantity that moves; for all others the densities."""
    if id == "component-distance-nonmonotone":
        return [component_norms(case, "One distance grows before it falls")]
    if id in ("weighted-distance-nonmonotone", "max-norm-nonmonotone"):
        return [along(case, "Along gradient EM from this start")]
    picture = densities(case)
    return [] if picture is None else [picture]


def run_from(case: Case, place: str = "") -> Figure | None:
    """The run of a case with a step size, each quantity divided by its value at the start.

    place: where the claim fails, such as "t = 3". None without a step size, and where nothing moves
    or float64 cannot follow.
    """
    if case.step_size is None:
        return None
    try:
        run = gradient_em(case.mixture, case.step_size, _shown_steps(case), truth=case.truth)
    except TheoryCheckError:
        return None
    found = {"L": run.loss, "F": run.fisher_divergence}
    if case.truth is None:
        found |= {"W": run.weighted_distance, "U": run.energy}
    curves = [series(name, run.times, y / y[0]) for name, y in found.items() if y[0] > 0]
    if not curves or not all(map(is_drawable, (y for curve in curves for y in curve.y))):
        return None
    fails = f" It fails at {place}." if place.startswith("t = ") else ""
    return Figure(
        "Along gradient EM from the counterexample",
        f"Step size {case.step_size}; each divided by its value at t = 0, in float64.{fails}",
        "t",
        "relative to t = 0",
        curves,
    )


def _shown_steps(case: Case) -> int:
    """The steps of the case, within what can be drawn; a few where it has one step or none."""
    return min(max(case.steps or 0, FEW_STEPS), MOST_STEPS)


def densities(case: Case) -> Figure | None:
    """The densities of student and truth along the direction in which the means spread most.

    None where all means agree, those of the truth with those of the student.
    """
    truth = case.truth or Mixture([[0] * case.mixture.dimension])
    means = [mixture.doubles[0] for mixture in (case.mixture, truth)]
    together = np.vstack(means)
    if (together == together[0]).all():
        return None
    axis = principal_axes(together, 1)[0]
    places = np.unique((together @ axis).round(4))
    x = np.unique((places[:, None] + BUMP).round(3))
    x = x[:: -(-len(x) // MOST_DRAWN)]
    drawn = [
        _density(x, points @ axis, mixture.doubles[1])
        for points, mixture in zip(means, (case.mixture, truth), strict=True)
    ]
    return Figure(
        "Densities of student and truth",
        "Projected on the axis along which the means spread most.",
        "x",
        "density",
        [series("student", x, drawn[0]), series("truth", x, drawn[1], "dashed")],
    )


def _density(x: Floats, places: Floats, weights: Floats) -> Floats:
    found: Floats = np.exp(-((x[:, None] - places) ** 2) / 2) @ weights / np.sqrt(2 * np.pi)
    return found
