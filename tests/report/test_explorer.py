"""The data of the explorer."""

from __future__ import annotations

import json

from helpers.reports import Reader, example
from theorycheck.report import render


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
