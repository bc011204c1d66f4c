"""The landscapes on show in a report."""

from __future__ import annotations

import json

import pytest

from helpers.command_line import answer
from theorycheck.claims.landscapes import known_landscape
from theorycheck.inputs.mixture import Mixture
from theorycheck.report.figures.landscape_gallery import (
    STANDARD,
    THOROUGH,
    exhibit_of,
    shown_landscapes,
)


def test_the_spurious_minimum_is_named() -> None:
    shown = exhibit_of(Mixture([-2, 2, 10]), Mixture([0, 0, 0]))
    assert shown.title == "Landscape: truth (-2, 2, 10), 3 components of equal weight"
    assert shown.text.startswith("Complete: 6 stationary points, 2 minima; the second has loss")
    assert shown.facts is not None
    assert [name for name, _ in shown.facts] == [f"point {k}" for k in range(1, 7)]
    assert shown.facts[2][1] == (
        "spurious minimum at (-0.0059693, 9.7784618, 10.1981488), loss 1.1405"
    )


@pytest.mark.long
@pytest.mark.parametrize(("truth", "student"), [STANDARD[5], STANDARD[6]])
def test_its_command_repeats_it(truth: Mixture, student: Mixture) -> None:
    """Unequal weights, and a truth in the plane."""
    shown = exhibit_of(truth, student)
    result = answer(shown.command)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].lower() in shown.text.lower()


def test_what_claims_have_found_is_not_searched_again() -> None:
    truth, student = STANDARD[0]
    first = known_landscape(truth, student.weights)
    exhibit_of(truth, Mixture([1, 2]))
    assert known_landscape(truth, student.weights) is first


def test_a_thorough_report_shows_what_no_case_has_the_effort_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The limit of a claim's case is none of the report's."""
    monkeypatch.setattr("theorycheck.claims.landscapes._EFFORT", 1e-6)
    monkeypatch.setattr("theorycheck.report.figures.landscape_gallery.STANDARD", ())
    known_landscape.cache_clear()
    exhibit = exhibit_of(Mixture([-2, 2]), Mixture([0, 0]))
    assert "Complete: 2 stationary points" in exhibit.text


def test_a_quick_report_shows_none_and_a_thorough_one_more() -> None:
    assert shown_landscapes("quick") == ()
    assert shown_landscapes("standard") == STANDARD
    assert set(STANDARD) < set(shown_landscapes("thorough")) == set(THOROUGH)


def test_equal_searches_give_equal_bytes() -> None:
    """No times are told."""
    pair = STANDARD[0]
    assert json.dumps(exhibit_of(*pair).to_dict()) == json.dumps(exhibit_of(*pair).to_dict())
