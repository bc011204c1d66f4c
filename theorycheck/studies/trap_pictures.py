"""Pictures of a bad local region: a start inside it, the map around it, and the threshold."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.report.figures.atlas import atlas_maps
from theorycheck.report.figures.data import Figure, series
from theorycheck.report.figures.gallery import densities
from theorycheck.report.figures.regions import line_atlas, thresholds
from theorycheck.studies import plots

START = Mixture([6, -6, "0.5"])
"""It is held for 87 steps."""
STEPS = 400
PIXELS = 16


def write(output: str, style: plots.Style = plots.USUAL) -> list[str]:
    """Write the pictures as trap_start, trap_map and trap_threshold, with their data as JSON.

    Returns the paths. Raises InvalidValue if the directory cannot be written.
    """
    found = line_atlas(PIXELS)
    maps = [plot.to_dict() for plot in atlas_maps(found)]
    return [
        *plots.write_figures(
            [figure.to_dict() for figure in inside()], "trap_start", output, style
        ),
        *plots.write_maps(found, maps, "trap_map", output, style),
        *plots.write_figures([thresholds().to_dict()], "trap_threshold", output, style),
    ]


def inside() -> Iterable[Figure]:
    """The densities of a start inside a trap, and its means and loss along gradient EM."""
    run = gradient_em(START, 1, STEPS)
    t = np.arange(STEPS + 1)
    picture = densities(Case(START))
    assert picture is not None
    yield picture
    yield Figure(
        "Means",
        "",
        "t",
        "mean",
        [series(rf"$\mu_{{{i + 1}}}$", t, run.means[:, i, 0]) for i in range(START.components)],
    )
    yield Figure("Loss", "", "t", "loss", [series("loss", t, run.loss)], y_log=True)
