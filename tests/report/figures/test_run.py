"""The page of a run of gradient EM."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import theorycheck as tc
from helpers.command_line import run
from theorycheck.report.figures.run import Run
from theorycheck.traps.certified import distances_within

CASE = tc.Case(tc.Mixture([5, -5, "0.5"]), 1)


def slider(page: str) -> dict:
    (block,) = re.findall(r'id="run-data">(.*?)</script>', page)
    return json.loads(block)


def test_the_page_shows_what_the_run_is(tmp_path: Path) -> None:
    """Means, distances, responsibilities, loss, F, sums of squares; and the values at each step."""
    result = run(
        "trajectory", "--case", "-", "--steps", "60", "--output", str(tmp_path), text=CASE.to_json()
    )
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"page: {tmp_path / 'trajectory.html'}"
    page = (tmp_path / "trajectory.html").read_text()
    for title in ("Means", "Distances", "Responsibilities", "Loss", "Fisher", "Sums of squares"):
        assert f">{title}" in page
    shown = slider(page)
    direct = tc.gradient_em(CASE.mixture, 1, 60)
    assert shown["times"] == list(range(61))
    assert shown["quantities"]["Loss L"] == pytest.approx(direct.loss, rel=1e-5)
    assert shown["quantities"]["Fisher divergence F"] == pytest.approx(
        direct.fisher_divergence, rel=1e-5
    )
    for i, component in enumerate(shown["components"]):
        assert np.ravel(component["means"]) == pytest.approx(direct.means[:, i, 0], rel=1e-5)
        assert component["distance"] == pytest.approx(abs(direct.means[:, i, 0]), rel=1e-5)
    last = tc.population(tc.Mixture(direct.means[-1].tolist())).responsibilities
    assert [part["p"][-1] for part in shown["components"]] == pytest.approx(last, rel=1e-5)
    assert shown["places"] == sorted(shown["places"])
    again = run(
        "trajectory",
        "--case",
        "-",
        "--steps",
        "60",
        "--output",
        str(tmp_path),
        "--json",
        text=CASE.to_json(),
    )
    assert json.loads(again.stdout)["page"] == str(tmp_path / "trajectory.html")
    assert (tmp_path / "trajectory.html").read_text() == page


def test_the_tube_is_around_the_path() -> None:
    """The bounds enclose the distances of the far means, and are drawn until one may have left."""
    found = Run.of(CASE, 60)
    assert found.escape is not None
    assert found.escape.certificate is not None
    boxes = distances_within(found.escape.certificate)
    assert boxes[0].t == 0
    assert found.escape.steps_lower is not None
    assert 10 < boxes[-1].t < found.escape.steps_lower
    for box in boxes:
        for row, i in enumerate(found.escape.far):
            distance = abs(found.trajectory.means[box.t, i, 0])
            assert box.lower[row] <= distance * (1 + 1e-12)
            assert distance <= box.upper[row] * (1 + 1e-12)
            assert box.upper[row] - box.lower[row] < 0.2
    distances = next(figure for figure in found.context()["figures"] if figure.title == "Distances")
    assert [curve.style for curve in distances.series] == ["line"] * 3 + ["dashed"] * 4


@pytest.mark.long
@pytest.mark.parametrize(
    "case",
    [
        '{"means": [0, 0]}',
        '{"means": [1]}',
        '{"means": [1, 2], "step_size": 3}',
        '{"means": [[1, 2, 3, 4], [0, 0, 0, 1]]}',
        '{"means": [[6, 0], [0, -5]], "truth": {"means": [[0, 1], [3, 0]]}}',
        json.dumps({"means": list(range(14))}),
    ],
)
@pytest.mark.parametrize("steps", [0, 1, 60])
def test_every_run_has_a_page(case: str, steps: int, tmp_path: Path) -> None:
    """At the truth, in many dimensions, against a mixture, with a large step, and without steps."""
    result = run(
        "trajectory", "--case", "-", "--steps", str(steps), "--output", str(tmp_path), text=case
    )
    assert result.exit_code == 0
    shown = slider((tmp_path / "trajectory.html").read_text())
    assert shown["times"][-1] == steps
    assert len(shown["times"]) == len(shown["places"])
