"""The study of bad minima over a grid of truths."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from theorycheck.studies import plots
from theorycheck.studies.phase_diagram import as_data, phases


@pytest.mark.long
def test_the_bad_minimum_of_the_theory_is_found_and_drawn(tmp_path) -> None:
    """theory2.md, H14: truth (-2, 2, 10); at D = 4 there is none."""
    found = list(phases([Fraction(2)], [4, 10], [3]))
    assert [(phase.points, phase.minima, len(phase.bad)) for phase in found] == [
        (4, 1, 0),
        (6, 2, 1),
    ]
    assert all(phase.everywhere for phase in found)
    assert abs(found[1].bad[0] - 1.14049380) < 1e-8
    assert abs(found[1].best_of_two - 0.96665927) < 1e-8
    files = plots.write_phases(as_data(found), str(tmp_path))
    assert [file.rpartition(".")[2] for file in files] == ["json", "svg", "png"]
    assert json.loads((tmp_path / "phase_diagram.json").read_text()) == as_data(found)
    picture = (tmp_path / "phase_diagram.svg").read_bytes()
    plots.write_phases(as_data(found), str(tmp_path))
    assert (tmp_path / "phase_diagram.svg").read_bytes() == picture
