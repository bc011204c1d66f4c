"""The page of a landscape: whole, well formed, and clear about what is certified."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

import theorycheck as tc
from helpers.reports import Reader
from theorycheck.landscapes.answers import landscape_answer
from theorycheck.report.page import render_landscape

AGAIN = "theorycheck landscape --truth 'a<b>.json' --components 2"


def answer_of(truth: list[Any], components: int, **options: Any) -> dict[str, Any]:
    return landscape_answer(tc.landscape(tc.Mixture(truth), components, **options), 1.25)


@pytest.fixture(scope="module")
def answer() -> dict[str, Any]:
    return answer_of([-2, 2], 2)


@pytest.fixture(scope="module")
def page(answer: dict[str, Any]) -> str:
    return render_landscape(answer, AGAIN, "1.0")


@pytest.mark.long
def test_the_page_is_well_formed(page: str) -> None:
    """Elements nest, labels refer to what exists, drawings are XML, and nothing is loaded."""
    reader = Reader(page)
    ids = reader.attributes("id")
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "aria-describedby"):
        assert {word for value in reader.attributes(name) for word in value.split()} <= set(ids)
    for text in re.findall(r"<svg[ >].*?</svg>", page, flags=re.S):
        ElementTree.fromstring(text)
    assert not re.findall(r"https?://(?!www\.w3\.org)", page)
    assert "a&lt;b&gt;.json" in page
    assert "report.json" not in page


def test_it_says_what_was_shown_and_what_was_not(page: str, answer: dict[str, Any]) -> None:
    """The headline, the points, and a mark on all that float64 alone has seen."""
    text = " ".join("".join(Reader(page).text).split())
    assert answer["sentence"][1:] in text
    assert "(−2.0000000, 2.0000000)" in text
    assert "-0.0000000" not in text
    assert "−0.0000000" not in text
    assert "index sum" in text
    for heading in ("Students and truth", "Ways down from the saddles", "Basins"):
        assert heading in text
    for figure in re.findall(r"<figure.*?</figure>", page, flags=re.S):
        words = " ".join("".join(Reader(figure).text).split())
        assert "not certified" in words or "The triangles are the student's means" in words


@pytest.mark.long
def test_equal_answers_give_equal_bytes(page: str, answer: dict[str, Any]) -> None:
    assert render_landscape(answer, AGAIN, "1.0") == page


def test_a_page_without_points() -> None:
    """No time, no table: open boxes with their size."""
    page = render_landscape(answer_of([-2, 2], 3, time_limit=1e-9), AGAIN, "1.0")
    assert "Not complete: 0 stationary points found" in page
    assert "<figure" not in page
    assert "<table" not in page
    assert "width 5.7: [−2.863" in page


def test_the_degenerate_optimum_has_its_note() -> None:
    page = render_landscape(answer_of([0], 2), AGAIN, "1.0")
    assert "unique-stationary-point" in page
    assert "degenerate" in page
    assert "Ways down" not in page


def test_the_plane_has_plans_of_means_and_no_basins() -> None:
    answer = answer_of([[-2, 0], [2, 0]], 2)
    page = render_landscape(answer, AGAIN, "1.0")
    reader = Reader(page)
    text = " ".join("".join(reader.text).split())
    assert answer["sentence"][1:] in text
    assert "((−2.0000000, 0.0000000), (2.0000000, 0.0000000))" in text
    assert "stationary-box" in text
    assert "circles of radius 1" in text
    assert "Ways down from the saddles" in text
    assert "Basins" not in text
    for drawing in re.findall(r"<svg[ >].*?</svg>", page, flags=re.S):
        ElementTree.fromstring(drawing)


@pytest.mark.long
def test_open_boxes_of_the_plane_have_a_side_for_every_coordinate() -> None:
    page = render_landscape(answer_of([[0, 0], [4, 0], [1, 3]], 2, time_limit=1e-9), AGAIN, "1.0")
    assert "width 7.8: [−1.913" in page
    assert page.count("] x [") % 3 == 0
