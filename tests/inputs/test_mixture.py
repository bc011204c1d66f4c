"""Mixtures and cases: exact input, one clear error for bad input, JSON without loss."""

from __future__ import annotations

import itertools
import json
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.malformed import MALFORMED, MENTIONED
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs import json_text
from theorycheck.inputs import numbers as exact_numbers
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import exact

POINT = Mixture([[1, 2]])

numbers = (
    st.integers() | st.fractions() | st.floats(allow_nan=False, allow_infinity=False).map(Fraction)
)
positive = numbers.map(abs).filter(bool)


def rows(components: int, dimension: int) -> st.SearchStrategy[list[list[Any]]]:
    row = st.lists(numbers, min_size=dimension, max_size=dimension)
    return st.lists(row, min_size=components, max_size=components)


@st.composite
def mixtures(draw: st.DrawFn, dimension: int | None = None) -> Mixture:
    n = draw(st.integers(1, 4))
    d = dimension or draw(st.integers(1, 3))
    weights = st.none() | st.lists(positive, min_size=n, max_size=n)
    return Mixture(draw(rows(n, d)), draw(weights))


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


FULL_CASE = Case(
    Mixture([[0.1, "1/3"], [2, -1]], [1, 2]),
    step_size="0.7",
    truth=Mixture([[0, 1e-300]]),
    x=[1, 2],
    direction=["-1", 0.5],
    target=[[0, 0], [1, 1]],
    s=0,
    steps=0,
)


@pytest.mark.parametrize(
    ("given_as", "value"),
    [
        (3, Fraction(3)),
        (-(10**40), Fraction(-(10**40))),
        (0.1, Fraction(3602879701896397, 36028797018963968)),
        (5e-324, Fraction(1, 2**1074)),
        (-0.0, Fraction(0)),
        (Fraction(1, 3), Fraction(1, 3)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Decimal("1e400"), Fraction(10**400)),
        ("0.1", Fraction(1, 10)),
        ("2/6", Fraction(1, 3)),
        ("-1/2", Fraction(-1, 2)),
        (" +1.5e-3 ", Fraction(3, 2000)),
        (".5", Fraction(1, 2)),
        ("1.", Fraction(1)),
        ("1e-999", Fraction(1, 10**999)),
        ("1e1000", Fraction(10**1000)),
        (Decimal("1E-1000"), Fraction(1, 10**1000)),
        ("0." + "0" * 3000 + "1e+3002", Fraction(10)),
        (np.float32(0.1), Fraction(13421773, 134217728)),
        (np.float64(0.1), Fraction(0.1)),
        (np.longdouble(0.5), Fraction(1, 2)),
        (np.int8(-7), Fraction(-7)),
    ],
    ids=repr,
)
def test_number_enters_exactly(given_as: object, value: Fraction) -> None:
    """A float enters at its binary value, a string or a Decimal at its decimal value."""
    assert exact(given_as) == value
    assert Mixture([given_as]).means == ((value,),)


def test_json_float_is_binary_and_json_string_decimal() -> None:
    """In a case file 0.1 is the double next to one tenth, and "0.1" is one tenth."""
    mixture = Mixture.from_json('{"means": [0.1, "0.1"]}')
    assert mixture.means == ((Fraction(0.1),), (Fraction(1, 10),))


@pytest.mark.parametrize(
    "means",
    [
        [1, 2, 3],
        (1, 2.0, "3"),
        range(1, 4),
        (k for k in (1, 2, 3)),
        [[1], [2], [3]],
        np.array([1, 2, 3]),
        np.array([[1.0], [2.0], [3.0]], dtype=np.float32),
        np.array([Fraction(1), 2, "3"], dtype=object),
        [np.array([1]), (2,), [3]],
    ],
    ids=lambda means: type(means).__name__,
)
def test_ways_to_write_means(means: object) -> None:
    """A flat list is one column; any list-like and any array is the same mixture."""
    mixture = Mixture(means)
    assert mixture == Mixture([[1], [2], [3]])
    assert (mixture.components, mixture.dimension) == (3, 1)


def test_matrix_keeps_its_shape() -> None:
    """Rows are components and columns are dimensions."""
    mixture = Mixture(np.arange(6).reshape(2, 3))
    assert mixture.means == ((0, 1, 2), (3, 4, 5))
    assert (mixture.components, mixture.dimension) == (2, 3)


def test_weights_are_normalised_exactly() -> None:
    """Weights are relative: what is kept are exact fractions of their exact sum."""
    assert Mixture([1, 2, 3], [1, "0.5", 0.25]).weights == (
        Fraction(4, 7),
        Fraction(2, 7),
        Fraction(1, 7),
    )
    assert Mixture([1, 2], [1e-300, 1e300]).weights[0] == Fraction(1e-300) / (
        Fraction(1e-300) + Fraction(1e300)
    )


def test_doubles_are_the_nearest_numbers() -> None:
    """Means, weights and their weighted mean: each the float64 number nearest to the exact one."""
    m = Mixture([["0.1", "1/3"], [-1, "1e-30"], ["1e-30", 5]], [1, 2, 7])
    means, weights = m.doubles
    assert means.tolist() == [[0.1, 1 / 3], [-1.0, 1e-30], [1e-30, 5.0]]
    assert weights.tolist() == [0.1, 0.2, 0.7]
    centred = Mixture(["0.03", "-0.02", "0.01"], [1, 2, 1])
    assert centred.centre.tolist() == [0.0]  # where float64 sums leave 1e-18
    assert m.centre.tolist() == [
        float(sum(w * row[k] for w, row in zip(m.weights, m.means, strict=True))) for k in (0, 1)
    ]
    with pytest.raises(ValueError, match="read-only"):
        means[0, 0] = 1.0
    assert pickle.loads(pickle.dumps(m)) == m == Mixture(m.means, m.weights)
    with pytest.raises(InvalidValue, match="range of float64"):
        _ = Mixture(["1e400"]).doubles


def test_weights_are_equal_by_default() -> None:
    """Without weights every component weighs 1/n, and this is noticed exactly."""
    assert Mixture([1, 2, 3]).weights == (Fraction(1, 3),) * 3
    assert Mixture([1, 2], [7, 7]).has_equal_weights
    assert not Mixture([1, 2], ["0.1", 0.1]).has_equal_weights


@given(mixtures())
@settings(deadline=None)
def test_weights_sum_to_one(mixture: Mixture) -> None:
    """Whatever was given, the weights are positive and sum to exactly 1."""
    assert sum(mixture.weights) == 1
    assert min(mixture.weights) > 0


def test_scaled_and_shifted() -> None:
    """Scaling and shifting are exact, and keep the weights."""
    mixture = Mixture([[1, 2], [3, 4]], [1, 2])
    assert mixture.scaled("1/3") == Mixture([["1/3", "2/3"], [1, "4/3"]], [1, 2])
    assert mixture.shifted(["0.1", -2]) == Mixture([["1.1", 0], ["3.1", 2]], [1, 2])
    with pytest.raises(InvalidValue, match="offset"):
        mixture.shifted([1])


@given(mixtures())
@example(Mixture([1, 2], [5e-324, 1.7e308]))
@example(Mixture(["1e-999", "1e999"]))
@settings(deadline=None)
def test_mixture_survives_json(mixture: Mixture) -> None:
    """Writing a mixture as JSON and reading it back loses nothing."""
    assert Mixture.from_json(mixture.to_json()) == mixture
    assert Mixture.from_json(mixture.to_json().encode()) == mixture


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


def test_equal_mixtures_are_interchangeable() -> None:
    """Equality and hash follow the exact values, not the way they were written."""
    one = Mixture([[0.5], [1]], [1, 3])
    other = Mixture(["1/2", 1.0], ["0.25", 0.75])
    assert one == other
    assert hash(one) == hash(other)
    assert len({Case(one, step_size=1), Case(other, step_size="1.0")}) == 1
    assert one != Mixture([0.5, 1], [1, 2])
    assert one != Mixture([1, 0.5], [3, 1])
    assert Case(one) != Case(one, s=0)


def test_pickle() -> None:
    """Mixtures and cases travel between processes."""
    assert pickle.loads(pickle.dumps(FULL_CASE)) == FULL_CASE


def test_immutable() -> None:
    """Nothing of a mixture or a case can be reassigned."""
    with pytest.raises(FrozenInstanceError):
        POINT.means = ()  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Case(POINT).steps = 1  # type: ignore[misc]


def test_repr_builds_the_same_mixture() -> None:
    """What a mixture prints can be pasted back."""
    mixture = FULL_CASE.mixture
    assert eval(repr(mixture), {"Mixture": Mixture}) == mixture


def assert_clear(error: BaseException, mention: str) -> None:
    """One short line that names what is wrong."""
    message = str(error)
    assert mention in message
    assert message.isprintable()
    assert len(message) < 200


@pytest.mark.parametrize(("name", "text"), MALFORMED, ids=[name for name, _ in MALFORMED])
def test_malformed_case_file(name: str, text: bytes) -> None:
    """Every kind of malformed case file gives one error of ours with one clear line."""
    with pytest.raises((InvalidValue, InvalidType)) as caught:
        Case.from_json(text)
    assert_clear(caught.value, MENTIONED[name])


@pytest.mark.parametrize(
    ("means", "mention"),
    [
        (float("nan"), "means"),
        pytest.param(10**5000, "means", id="huge integer"),
        ([np.nan], "means[0]"),
        ([np.float64(np.inf)], "means[0]"),
        ([Decimal("sNaN")], "means[0]"),
        ([Decimal("1e100000000")], "means[0]"),
        ([Fraction(1, 10**5000)], "means[0]"),
        ([1j], "means[0]"),
        ([b"1"], "means[0]"),
        ([np.bool_(True)], "means[0]"),
        ([np.array(1.0)], "means[0]"),
        (np.array(1.0), "means"),
        (np.ones((2, 2, 2)), "means[0][0]"),
        (np.zeros((0, 3)), "means"),
        (np.zeros((3, 0)), "means"),
        ({1, 2}, "means"),
        ("12", "means"),
        (None, "means"),
    ],
)
def test_bad_python_values(means: object, mention: str) -> None:
    """What only Python can express is refused as clearly as a bad case file."""
    with pytest.raises((InvalidValue, InvalidType)) as caught:
        Mixture(means)
    assert_clear(caught.value, mention)


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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(-3, 2), "-3/2"),
        (np.float32(0.1), "0.1"),
        (np.int64(-7), "-7"),
        (np.float64(1.5), "1.5"),
        (Decimal("-1.50"), "-1.50"),
        (Fraction(1, 10**5000), "a fraction of very large integers"),
        (10**5000, "a very large integer"),
        ("a", "'a'"),
        ([1], "a list"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_messages_show_numbers(value: object, text: str) -> None:
    """Numbers of every type as themselves, unless they are long."""
    assert exact_numbers.shown(value) == text


def test_errors_are_also_builtin_errors() -> None:
    """A caller may catch ValueError and TypeError without knowing this package."""
    with pytest.raises(ValueError, match="weights"):
        Mixture([1], [0])
    with pytest.raises(TypeError, match="means"):
        Mixture(None)


def test_size_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Components, entries and JSON bytes are counted before any work is done on them."""
    monkeypatch.setattr(exact_numbers, "MAX_COMPONENTS", 3)
    monkeypatch.setattr(exact_numbers, "MAX_ENTRIES", 6)
    monkeypatch.setattr(json_text, "MAX_JSON_BYTES", 40)
    assert Mixture([[1, 2]] * 3).components == 3
    with pytest.raises(InvalidValue, match="4 rows; at most 3"):
        Mixture([1] * 4)
    with pytest.raises(InvalidValue, match="3 x 3 entries; at most 6"):
        Mixture([[1, 2, 3]] * 3)
    with pytest.raises(InvalidValue, match="7 entries; at most 6"):
        Case(Mixture([1]), x=range(7))
    text = json.dumps({"means": [1]}).ljust(40)
    assert Case.from_json(text) == Case(Mixture([1]))
    with pytest.raises(InvalidValue, match="more than 40 bytes"):
        Case.from_json(text + " ")


def test_case_file_is_not_read_beyond_the_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A huge case file is refused after one byte too many, however long it is."""
    monkeypatch.setattr(json_text, "MAX_JSON_BYTES", 40)
    path = tmp_path / "case.json"
    path.write_text(" " * 1000)
    with pytest.raises(InvalidValue, match="more than 40 bytes"):
        Case.from_file(path)


def test_digit_limit() -> None:
    """A number of as many digits as allowed is read, one more is refused."""
    longest = "9" * exact_numbers.MAX_DIGITS
    assert exact(f"-{longest}/{longest[1:]}8") == Fraction(-int(longest), int(longest) - 1)
    for longer in (longest + "0", "1e-2000", "1e99999", "1e" + "9" * 3000, Decimal("1e9999")):
        with pytest.raises(InvalidValue, match="more than 2000 digits"):
            exact(longer)


def test_weights_with_unrelated_denominators_are_refused_at_once() -> None:
    """A sum whose exact value would take thousands of digits per weight does not hang."""
    weights = [Fraction(1, 3**1000 + k) for k in range(1000)]
    with pytest.raises(InvalidValue, match="sum of the weights"):
        Mixture([0] * 1000, weights)


def test_many_distinct_keys_are_refused_at_once() -> None:
    """Looking for duplicate keys takes time proportional to their number."""
    text = json.dumps({f"key {k}": k for k in range(100_000)})
    with pytest.raises(InvalidValue, match="unknown key"):
        Case.from_json(text)


def test_an_endless_iterable_is_refused():
    """Reading stops just beyond the limit."""
    with pytest.raises(InvalidValue, match="means has"):
        Mixture(itertools.count())
