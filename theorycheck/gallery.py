"""The counterexample gallery of the report: certified cases, each with a picture and a command."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from theorycheck.arithmetic import FLOAT64
from theorycheck.geometry import principal_axes
from theorycheck.mixture import Case, Mixture

POINTS = 81


def gallery(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items for the witnesses, counterexamples and refuted controls of a report's claims."""
    items = []
    for entry in entries:
        if entry["witness"]:
            text = "A certified witness: the statement of existence is proved by this case alone."
            items.append(_item(f"Witness of {entry['id']}", text, entry["id"], entry["witness"]))
        if entry["counterexample"]:
            text = "A certified counterexample: the claim as stated is false."
            items.append(
                _item(
                    f"Counterexample to {entry['id']}", text, entry["id"], entry["counterexample"]
                )
            )
    return items


def _item(title: str, text: str, claim: str, found: dict[str, Any]) -> dict[str, Any]:
    case = found["case"]
    return {
        "title": title,
        "text": f"{text} Its margin is beyond {found['margin']:.6g}.",
        "case": case,
        "figure": density_figure(Case.from_dict(case), title),
        "command": f"echo '{json.dumps(case)}' | theorycheck check {claim} --case -",
    }


def density_figure(case: Case, title: str) -> dict[str, Any]:
    """The densities of student and truth along the direction in which the means spread most."""
    means = FLOAT64.array(case.mixture.means)
    truth = case.truth or Mixture([[0] * case.mixture.dimension])
    truth_means = FLOAT64.array(truth.means)
    axis = principal_axes(np.vstack([means, truth_means]), 1)[0]
    student_places, truth_places = means @ axis, truth_means @ axis
    reach = 4 + max(abs(student_places).max(), abs(truth_places).max())
    x = np.linspace(-reach, reach, POINTS)
    return {
        "title": f"{title}: densities",
        "description": "Student and truth, projected on the axis where the means spread most.",
        "x_label": "x",
        "y_label": "density",
        "x_log": False,
        "y_log": False,
        "section": "general",
        "series": [
            _series("truth", x, truth_places, FLOAT64.array(truth.weights), "dashed"),
            _series("student", x, student_places, FLOAT64.array(case.mixture.weights), "line"),
        ],
    }


def _series(label: str, x: Any, places: Any, weights: Any, style: str) -> dict[str, Any]:
    bumps = np.exp(-((x[:, None] - places) ** 2) / 2) / math.sqrt(2 * math.pi)
    density = bumps @ weights
    return {
        "label": label,
        "x": [round(float(value), 4) for value in x],
        "y": [float(f"{value:.5g}") for value in density],
        "style": style,
    }
