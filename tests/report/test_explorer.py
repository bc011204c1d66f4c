"""The data of the explorer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import theorycheck as tc
from helpers.command_line import run
from helpers.reports import Reader, example
from theorycheck.errors import InvalidValue
from theorycheck.report import render
from theorycheck.report.explorer import own_cases


def test_text_never_leaves_the_data_of_the_explorer() -> None:
    """Titles and ids stand in a JSON block without a character that HTML reads; it reads back."""
    report = example()
    report["gallery"][0]["title"] = "</script><script>alert(1)</script><!--"
    report["claims"][0]["id"] = "a]]>&lt;</SCRIPT >\u2028"
    data = Reader(render(report)).blocks["data"]
    assert not set("<>&") & set(data)
    items = json.loads(data)
    assert "</script><script>alert(1)</script><!--" in [item["label"] for item in items]
    assert any("</SCRIPT >" in item["label"] for item in items)


def test_explorer_offers_each_showable_case_once() -> None:
    """Examples first; no case twice; what has too many dimensions or is no case is left out."""
    report = example()
    space = {"means": [[1, 2, 3]], "weights": [1]}
    many = {"means": [[k] for k in range(9)]}
    tiny = {"means": [[1], [2]], "weights": [1, "1/1" + "0" * 500]}
    far = {"means": [[1], [1000]]}
    for case in (space, many, tiny, far, {"means": "<b>"}, None):
        report["gallery"].append({"title": "not shown", "case": case})
    items = json.loads(Reader(render(report)).blocks["data"])
    assert "not shown" not in [item["label"] for item in items]
    assert items[0]["group"] == "Examples"
    cases = [json.dumps(item["case"], sort_keys=True) for item in items]
    assert len(cases) == len(set(cases)) >= 9


def test_the_explorer_opens_with_a_case_of_ones_own(tmp_path: Path) -> None:
    """The case is the first of the list, the examples follow, and the page says no more."""
    case = '{"means": [6, -6, 0.5], "weights": [1, 2, 1], "step_size": "1/2"}'
    result = run("explore", "--case", "-", "--output", str(tmp_path), text=case)
    assert result.stdout == f"page: {tmp_path / 'explorer.html'}\n"
    page = (tmp_path / "explorer.html").read_text()
    assert "cases of this report" not in page
    first, second, *_ = json.loads(Reader(page).blocks["data"])
    assert first["label"] == "Your case"
    assert first["case"]["means"] == [[6.0], [-6.0], [0.5]]
    assert first["case"]["weights"] == [0.25, 0.5, 0.25]
    assert first["case"]["step_size"] == 0.5
    assert second["group"] == "Examples"
    run("explore", "--output", str(tmp_path))
    assert json.loads(Reader((tmp_path / "explorer.html").read_text()).blocks["data"])[0] == second


@pytest.mark.parametrize("means", [[[1, 2, 3]], [[k] for k in range(7)], [[25], [0]]])
def test_a_case_that_the_explorer_cannot_show_is_refused(means: list[list[int]]) -> None:
    """With what it can show."""
    with pytest.raises(InvalidValue, match="at most 2 dimensions and 6 components"):
        own_cases(tc.Case(tc.Mixture(means)))
