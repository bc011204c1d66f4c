"""The grid of costs has its shape; no time is asserted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from theorycheck.cli import main
from theorycheck.errors import InvalidValue
from theorycheck.expectations.float64 import regimes
from theorycheck.report.figures.data import Figure as CostFigure
from theorycheck.report.figures.data import Series
from theorycheck.studies import costs, plots
from theorycheck.studies.costs import UNIT, Cost, Place


def test_the_grid_doubles_every_quantity() -> None:
    """At least 60 points, each once; most have a neighbour at half their size."""
    grid = costs.places()
    assert len(grid) == len(set(grid)) >= 60
    assert UNIT in grid
    assert {place.rank for place in grid} == {1, 2, 3}
    halves = [place for place in grid if place._replace(scale=place.scale / 2) in grid]
    assert len(halves) > len(grid) / 2


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_means_are_generic_and_grow_with_the_scale(rank: int) -> None:
    one, two = (costs.mixture_at(Place(rank, 8, scale, 16)).doubles[0] for scale in (1.0, 2.0))
    assert np.linalg.matrix_rank(one - one[0]) == rank
    np.testing.assert_allclose(two, 2 * one)
    assert 0.3 < one.std() < 2


@pytest.mark.parametrize("place", [UNIT, Place(2, 3, 4.0, 16), Place(1, 6, 16.0, 16)])
def test_nodes_are_those_that_are_summed_over(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the floor is made of is what `float_moments` asks for."""
    sizes = []

    def counting(plain: Any) -> Any:
        def counted(*arguments: Any) -> Any:
            found = plain(*arguments)
            sizes.append(found.size)
            return found

        return counted

    c, weights = costs.mixture_at(place).doubles
    nodes = regimes.node_count(c, weights)
    for name in ("float_grid", "tiles"):
        monkeypatch.setattr(regimes, name, counting(getattr(regimes, name)))
    regimes.float_moments(c, weights, lambda: weights @ c)
    assert sizes == [nodes]


def test_costs_are_compared_with_the_unit_and_with_neighbours() -> None:
    grid = [UNIT, UNIT._replace(scale=2.0), UNIT._replace(components=6, digits=10)]
    first, second, third = costs.costs(grid, rounds=1)
    assert second.growth == {"scale": second.seconds / first.seconds}
    assert first.growth == third.growth == {}
    assert first.terms % 3 == 0
    assert 0 < first.peak_bytes < 10_000_000
    assert third.over_floor == pytest.approx(third.seconds / (2e-9 * third.terms))
    json.dumps(costs.as_data([first, second, third]), allow_nan=False)
    assert len(list(costs.lines([first, second, third]))) == 4


def test_a_cliff_is_a_growth_that_the_terms_do_not_explain() -> None:
    place = UNIT._replace(scale=2.0)
    before = {UNIT: Cost(UNIT, 1.0, 1.0, 100, 1.0, {}, [])}
    steep, explained = (costs._compared(place, 4.0, terms, 1.0, before) for terms in (200, 500))
    assert steep.cliffs == ["scale"]
    assert explained.cliffs == []
    assert "4.0!" in list(costs.lines([steep]))[1]


def test_what_is_slower_than_a_baseline_is_told() -> None:
    """Relatively to the unit of each run: a slow machine is no regression."""
    cost = Cost(UNIT, 1.0, 5.0, 100, 1.0, {}, [])
    before = costs.relative_costs(json.loads(json.dumps({"costs": costs.as_data([cost])})))
    assert costs.slower([replace(cost, seconds=9.0)], before) == []
    assert costs.slower([replace(cost, relative=11.0)], before) == [
        "rank 1, n 3, scale 1, 16 digits: 11 units, 5 before"
    ]
    assert costs.slower([cost], {}) == []
    for other in ([], {}, {"costs": [{}]}, {"costs": [{"place": "x", "relative": "fast"}]}):
        with pytest.raises(InvalidValue, match="baseline"):
            costs.relative_costs(other)


def code_of(*arguments: str) -> object:
    with pytest.raises(SystemExit) as stopped:
        main(["bench", *arguments])
    return stopped.value.code


@pytest.mark.long
def test_the_command_reads_its_baseline_and_tells_what_is_slower(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(costs, "places", lambda: [UNIT])
    assert code_of("--grid", "--rounds", "1", "--json") == 0
    baseline = json.loads(capsys.readouterr().out)
    baseline["costs"][0]["relative"] = 1e-3
    file = tmp_path / "bench.json"
    file.write_text(json.dumps(baseline), encoding="utf-8")
    assert code_of("--grid", "--rounds", "1", "--baseline", str(file)) == 0
    assert "slower than the baseline: rank 1, n 3" in capsys.readouterr().out
    assert code_of("--grid", "--rounds", "1", "--output", str(tmp_path / "drawn")) == 0
    assert "n = 3" in (tmp_path / "drawn" / "costs.svg").read_text(encoding="utf-8")
    file.write_text("[]", encoding="utf-8")
    assert code_of("--grid", "--baseline", str(file)) == 2
    assert code_of("--baseline", str(file)) == 2
    assert code_of("--output", str(tmp_path)) == 2


def test_the_peak_counts_what_is_held_at_a_time() -> None:
    """A megabyte that is let go before the next counts once."""

    def call() -> None:
        for _ in range(3):
            np.ones(125_000)

    assert 1_000_000 <= costs.peak_bytes(call) < 1_200_000


def test_scales_are_marked_by_their_powers_of_two() -> None:
    """Within two decades; beyond, powers of ten are enough."""
    axes = Figure().subplots()
    for largest, marked in ((8.0, ["0.25", "0.5", "1", "2", "4", "8"]), (100.0, None)):
        shown = CostFigure(
            "Rank 2", "", "scale", "s", [Series("n", [0.25, largest], [1.0, 2.0])], x_log=True
        )
        axes.clear()
        plots._draw_curves(axes, shown.to_dict())
        low, high = axes.get_xlim()
        places = [x for x in axes.xaxis.get_majorticklocs() if low <= x <= high]
        labels = axes.xaxis.get_major_formatter().format_ticks(places)
        assert (labels == marked) is (marked is not None)
