"""Mixtures: exact input, one clear error for bad input, JSON without loss."""

from __future__ import annotations

import itertools
import json
import pickle
from dataclasses import FrozenInstanceError
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings

from helpers.mixtures import FULL_CASE, POINT, assert_clear, mixtures
from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.inputs import json_text
from theorycheck.inputs import numbers as exact_numbers
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture


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


def test_weights_with_unrelated_denominators_are_refused_at_once() -> None:
    """A sum whose exact value would take thousands of digits per weight does not hang."""
    weights = [Fraction(1, 3**1000 + k) for k in range(1000)]
    with pytest.raises(InvalidValue, match="sum of the weights"):
        Mixture([0] * 1000, weights)


def test_an_endless_iterable_is_refused():
    """Reading stops just beyond the limit."""
    with pytest.raises(InvalidValue, match="means has"):
        Mixture(itertools.count())
