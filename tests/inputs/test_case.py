"""Cases and their files."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.malformed import MALFORMED, MENTIONED
from helpers.mixtures import FULL_CASE, POINT, assert_clear, mixtures, numbers, positive, rows
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs import json_text
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture


@st.composite
def cases(draw: st.DrawFn) -> Case:
    mixture = draw(mixtures())
    n, d = mixture.components, mixture.dimension
    vector = st.lists(numbers, min_size=d, max_size=d)
    optional = {
        "step_size": positive,
        "truth": mixtures(dimension=d),
        "x": vector,
        "direction": vector,
        "target": rows(n, d),
        "s": numbers.map(abs),
        "steps": st.integers(0, 10**6),
    }
    return Case(mixture, **{name: draw(st.none() | values) for name, values in optional.items()})


def test_json_float_is_binary_and_json_string_decimal() -> None:
    """In a case file 0.1 is the double next to one tenth, and "0.1" is one tenth."""
    mixture = Mixture.from_json('{"means": [0.1, "0.1"]}')
    assert mixture.means == ((Fraction(0.1),), (Fraction(1, 10),))


@pytest.mark.long
@given(cases())
@example(FULL_CASE)
@settings(deadline=None)
def test_case_survives_json(case: Case) -> None:
    """Writing a case with any of its optional fields as JSON and reading it back loses nothing."""
    assert Case.from_json(case.to_json()) == case


def test_full_case_has_every_field() -> None:
    """The explicit example of the round trip leaves no field out, so none is forgotten later."""
    assert all(getattr(FULL_CASE, field.name) is not None for field in fields(Case))


def test_case_fields_are_exact() -> None:
    """Every optional number of a case is as exact as a mean."""
    assert FULL_CASE.step_size == Fraction(7, 10)
    assert FULL_CASE.direction == (-1, Fraction(1, 2))
    assert FULL_CASE.target == ((0, 0), (1, 1))
    assert Case(Mixture([1, 2]), target=[3, 4]).target == ((3,), (4,))
    assert Case(POINT, steps=np.int64(3)) == Case(POINT, steps=3)


def test_case_file(tmp_path: Any) -> None:
    """The case file of the documentation is read from disk; null means left out."""
    path = tmp_path / "case.json"
    path.write_text('{"means": [[0.1, "1/3"], [2, -1]], "weights": null, "step_size": "0.7"}')
    assert Case.from_file(path) == Case(Mixture([[0.1, "1/3"], [2, -1]]), step_size="0.7")


def test_missing_case_file(tmp_path: Any) -> None:
    """A case file that is absent or is a directory is an error that names it."""
    for path in (tmp_path / "absent.json", tmp_path):
        with pytest.raises(InvalidValue, match=path.name):
            Case.from_file(path)


@pytest.mark.parametrize(("name", "text"), MALFORMED, ids=[name for name, _ in MALFORMED])
def test_malformed_case_file(name: str, text: bytes) -> None:
    """Every kind of malformed case file gives one error of ours with one clear line."""
    with pytest.raises((InvalidValue, InvalidType)) as caught:
        Case.from_json(text)
    assert_clear(caught.value, MENTIONED[name])


@pytest.mark.parametrize("name", ["step_size", "s", "steps"])
def test_huge_negative_number(name: str) -> None:
    """A number too long for Python to print is still refused in one line."""
    with pytest.raises(InvalidValue) as caught:
        replace(Case(POINT), **{name: -(10**5000)})
    assert_clear(caught.value, name)


@pytest.mark.parametrize("name", ["mixture", "truth"])
def test_case_wants_mixtures(name: str) -> None:
    """A list is not taken for a mixture."""
    with pytest.raises(InvalidType, match=name):
        Case(**{"mixture": POINT, name: [1, 2]})


def test_what_is_read_must_be_text_or_a_path() -> None:
    """Neither None nor a number, which Python would take for an open file."""
    with pytest.raises(InvalidType, match="the JSON is None; give text"):
        Case.from_json(None)  # type: ignore[arg-type]
    with pytest.raises(InvalidType, match="the JSON is 3"):
        Mixture.from_json(3)  # type: ignore[arg-type]
    for path in (None, 0, True):
        with pytest.raises(InvalidType, match=f"path is {path}; give the name of a case file"):
            Case.from_file(path)  # type: ignore[arg-type]


def test_case_file_is_not_read_beyond_the_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A huge case file is refused after one byte too many, however long it is."""
    monkeypatch.setattr(json_text, "MAX_JSON_BYTES", 40)
    path = tmp_path / "case.json"
    path.write_text(" " * 1000)
    with pytest.raises(InvalidValue, match="more than 40 bytes"):
        Case.from_file(path)


def test_many_distinct_keys_are_refused_at_once() -> None:
    """Looking for duplicate keys takes time proportional to their number."""
    text = json.dumps({f"key {k}": k for k in range(100_000)})
    with pytest.raises(InvalidValue, match="unknown key"):
        Case.from_json(text)
