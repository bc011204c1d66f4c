"""The pictures of a bad local region."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import theorycheck as tc
from theorycheck.studies import plots, trap_pictures


@pytest.mark.long
def test_the_start_of_the_pictures_is_held_as_long_as_they_show(tmp_path: Path) -> None:
    """The far means keep most of their distance until T, and the loss falls after it."""
    found = tc.escape_bounds(trap_pictures.START, 1)
    assert found.steps_lower == found.steps_upper
    density, means, loss = trap_pictures.inside()
    assert [curve.label for curve in density.series] == ["student", "truth"]
    held = means.series[0].y[found.steps_lower - 1]
    assert held is not None
    assert held > 5
    assert loss.series[0].y[found.steps_lower] > 100 * loss.series[0].y[2 * found.steps_lower]
    files = plots.write_figures([density.to_dict(), loss.to_dict()], "trap_start", str(tmp_path))
    assert [file.rpartition(".")[2] for file in files] == ["json", "svg", "png"]
    assert len(json.loads((tmp_path / "trap_start.json").read_text())) == 2
    picture = (tmp_path / "trap_start.svg").read_bytes()
    plots.write_figures([density.to_dict(), loss.to_dict()], "trap_start", str(tmp_path))
    assert (tmp_path / "trap_start.svg").read_bytes() == picture
