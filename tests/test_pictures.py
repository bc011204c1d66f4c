"""What `.plot()` draws."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import theorycheck as tc


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    mpl.use("agg")


def test_a_trajectory_is_drawn_on_logarithmic_axes() -> None:
    """Its four measures, without t = 0; on axes that are given as well."""
    run = tc.gradient_em(tc.Mixture([2, -1]), 1, 30)
    axes = run.plot()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [line.get_label()[-1] for line in axes.lines] == ["L", "F", "W", "U"]
    assert axes.lines[0].get_ydata().tolist() == run.loss[1:].tolist()
    own = Figure().subplots()
    assert run.plot(own) is own
    flow = tc.gradient_flow(tc.Mixture([2, -1]), [0, 1, 2])
    assert len(flow.plot(own).lines) == 8


def test_a_mixture_is_drawn_up_to_the_plane() -> None:
    """Its density integrates to 1; contours in the plane; a clear error beyond."""
    x, y = tc.Mixture([3, -1], [1, 2]).plot(Figure().subplots()).lines[0].get_data()
    assert np.trapezoid(y, x) == pytest.approx(1, abs=1e-4)
    assert tc.Mixture([[3, 0], [0, 1]]).plot(Figure().subplots()).collections
    with pytest.raises(tc.InvalidValue, match="dimension 3; up to 2"):
        tc.Mixture([[1, 2, 3]]).plot()


def test_a_landscape_shows_every_point_once_in_the_legend() -> None:
    """At the heights of their losses, with the truth at 0."""
    found = tc.landscape(tc.Mixture([-2, 2]), components=2)
    axes = found.plot(Figure().subplots())
    assert len(axes.lines) == len(found.points) + 1
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(labels) == sorted({*(point.kind for point in found.points), "truth"})
    heights = [line.get_ydata()[0] for line in axes.lines[:-1]]
    assert heights == pytest.approx([float(point.loss.mid()) for point in found.points])


def test_bounds_of_the_time_to_leave_show_their_tube() -> None:
    """Every watched mean from its start on, and the two bounds; a formula has no tube."""
    found = tc.escape_bounds(tc.Mixture([5, -5, 0]), 1)
    axes = found.plot(Figure().subplots())
    *means, lower, upper = axes.lines
    assert [line.get_ydata()[0] for line in means] == pytest.approx([5, 5])
    assert all(min(line.get_ydata()) > 25 / 6 - 0.1 for line in means)
    assert (lower.get_xdata()[0], upper.get_xdata()[0]) == (found.steps_lower, found.steps_upper)
    far = tc.escape_bounds(tc.Mixture([*(9 * np.eye(4)).tolist(), [0] * 4]), 1)
    with pytest.raises(tc.InvalidValue, match="no tube to draw"):
        far.plot()


def test_a_population_has_a_row_per_component() -> None:
    """Of balls a few digits, not the whole enclosures."""
    mixture = tc.Mixture([[1, 0], [0, 2]], [1, 3])
    for found in (tc.population(mixture), tc.population(mixture, arithmetic=tc.ball(40))):
        text = found._repr_html_()
        assert "component 2" in text
        assert "weight 0.75, mean (0" in text.replace("0.750000", "0.75")
        assert len(text) < 1200


def test_matplotlib_is_not_imported_before_something_is_drawn() -> None:
    code = "import sys, theorycheck as tc; tc.gradient_em(tc.Mixture([1]), 1, 2); tc.landscape; "
    code += "sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
