"""Fields of populations that are found when they are asked for."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from helpers.enclosures import FIELDS, all_made, entries
from theorycheck.arithmetic.arithmetics import Array, Ball, ball
from theorycheck.expectations import balls
from theorycheck.expectations.moments import Moments, applied, deferred, embedded, made
from theorycheck.expectations.population import Population, population, student_population
from theorycheck.expectations.student import Student
from theorycheck.inputs.mixture import Mixture

TRUTH = Mixture(["1.5", "-0.5"], [1, 2])
MIXTURES = {
    "line": Mixture([2, -1, "0.3"], [1, 2, 2]),
    "plane": Mixture([[1, 0], ["-0.5", "0.7"], ["0.2", -1]]),
    "line in the plane": Mixture([[1, 1], ["-0.5", "2.5"]]),
}
SUMS = ("_loss_sum", "_overlaps", "_places")
OWN = {name: getattr(balls, name) for name in SUMS}
NEEDED = {
    "loss": {"_loss_sum"},
    "responsibilities": {"_overlaps"},
    "overlap": {"_overlaps"},
    "gradient": {"_overlaps"},
    "fisher_divergence": {"_overlaps"},
    "positions": {"_places"},
}


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each sum is found."""
    found: Counter[str] = Counter()
    for name in SUMS:

        def counted(part: Any, name: str = name, own: Any = OWN[name]) -> Any:
            found[name] += 1
            return own(part)

        monkeypatch.setattr(balls, name, counted)
    return found


def test_a_field_is_found_once() -> None:
    calls: list[int] = []

    def make(size: int) -> Array:
        calls.append(size)
        return np.zeros((size, size))

    row = np.ones(2)
    found = Population(0, row, deferred(make, 2), row, 0, deferred(make, 3), row, row)
    assert calls == []
    assert found.overlap.shape == (2, 2)
    assert found.overlap is found.overlap
    assert calls == [2]
    again = replace(found, loss=1)
    assert calls == [2, 3]
    assert again.positions is found.positions
    assert again.overlap is found.overlap


def test_what_follows_from_it_is_deferred_too() -> None:
    calls: list[str] = []
    first = deferred(lambda: calls.append("first") or 3)
    second = applied(lambda x, y: calls.append("second") or x + y, first, 4)
    third = applied(lambda x: calls.append("third") or 2 * x, first)
    assert calls == []
    assert made(second) == 7
    assert made(third) == 6
    assert calls == ["first", "second", "third"]
    assert applied(lambda x: x + 1, 5) == 6
    assert made(5) == 5


def test_it_is_found_at_the_precision_of_its_making() -> None:
    """Whatever is in force when it is asked for, which is then restored, failures or not."""

    def third() -> flint.arb:
        return flint.arb(1) / 3

    with Ball(30).scope():
        fine, failing = deferred(third), deferred(lambda: 1 // 0)
        expected = third()
    with Ball(60).scope():
        before = flint.ctx.prec
        assert made(fine).rad() == expected.rad()
        with pytest.raises(ZeroDivisionError):
            made(failing)
        assert flint.ctx.prec == before


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("mixture", MIXTURES)
def test_only_what_is_asked_for_is_summed(summed: Counter[str], mixture: str, name: str) -> None:
    found = population(MIXTURES[mixture], arithmetic=ball(15))
    assert not summed
    getattr(found, name)
    getattr(found, name)
    assert summed == dict.fromkeys(NEEDED[name], 1)


def test_all_fields_need_three_sums(summed: Counter[str]) -> None:
    found = population(MIXTURES["line"], arithmetic=ball(15))
    for name in FIELDS:
        getattr(found, name)
    assert summed == dict.fromkeys(SUMS, 1)


@pytest.mark.parametrize("name", FIELDS)
def test_under_a_mixture_truth_too(summed: Counter[str], name: str) -> None:
    """Places are moved back by responsibilities."""
    found = population(MIXTURES["line"], truth=TRUTH, arithmetic=ball(17))
    assert not summed
    getattr(found, name)
    moved = {"_overlaps"} if name == "positions" else set()
    assert set(summed) == NEEDED[name] | moved


@pytest.mark.parametrize("name", FIELDS)
def test_of_a_student_that_is_not_known_exactly(summed: Counter[str], name: str) -> None:
    """How far a field is widened depends on the responsibilities, but of loss and F."""
    exact = Student.exact(MIXTURES["line"])
    with Ball(15).scope():
        found = student_population(replace(exact, uncertainty=flint.arb(2) ** -40), None, Ball(15))
        assert not summed
        getattr(found, name)
    is_plain = name in ("loss", "fisher_divergence")
    assert set(summed) == NEEDED[name] | (set() if is_plain else {"_overlaps"})


def test_the_densities_are_found_once_for_all_sums_of_a_slab(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not where there are several slabs: each of them would have to be kept."""
    lines: list[int] = []
    walks = balls._walks
    monkeypatch.setattr(balls, "_walks", lambda *some: lines.append(1) or walks(*some))
    found = population(MIXTURES["line"], arithmetic=ball(15))
    for name in FIELDS:
        getattr(found, name)
    assert len(lines) == 1
    monkeypatch.setattr(balls, "_SLAB_ENTRIES", 1000)
    plane = population(MIXTURES["plane"], arithmetic=ball(15))
    lines.clear()
    assert plane.loss > 0
    assert plane.gradient.shape == (3, 2)
    assert len(lines) == 4


@pytest.mark.parametrize("is_single", [True, False])
def test_rows_of_a_slab(monkeypatch: pytest.MonkeyPatch, is_single: bool) -> None:
    """All of a line; as many of a plane as memory allows, and one at least."""
    line = balls.Axis(0.5, 4, 0.5, 1.0)
    monkeypatch.setattr(balls, "_SLAB_ENTRIES", 9 * 9 * 3 if is_single else 9 * 2 * 3 + 1)
    assert balls._rows_of_slab([line], 3) == 9
    assert balls._rows_of_slab([line, line], 3) == (9 if is_single else 2)
    assert balls._rows_of_slab([line, line], 1000) == 1


@pytest.mark.parametrize("digits", [12, 15])
def test_copies_are_the_same(digits: int) -> None:
    """Also of fields that are found later."""
    first = population(MIXTURES["line"], arithmetic=ball(digits))
    second = copy.copy(first)
    for name in FIELDS:
        pairs = zip(entries(getattr(second, name)), entries(getattr(first, name)), strict=True)
        assert all(a.mid() == b.mid() and a.rad() == b.rad() for a, b in pairs)


def test_arrays_belong_to_who_asked() -> None:
    """A population's arrays may be changed: another one of the same mixture does not notice."""
    for digits in (12, 15):
        one, other = (population(MIXTURES["line"], arithmetic=ball(digits)) for _ in range(2))
        for name in ("overlap", "positions", "gradient", "responsibilities", "means", "weights"):
            before = str(getattr(other, name))
            getattr(one, name)[...] = 0
            assert str(getattr(other, name)) == before


CHANGED = (*FIELDS[1:4], FIELDS[5], "means", "weights")


@pytest.mark.parametrize("changed", CHANGED)
@pytest.mark.parametrize("case", ["line", "offset", "truth", "uncertain", "near", "small"])
def test_what_is_found_later_does_not_see_a_change(case: str, changed: str) -> None:
    """Of an array that was given away before."""
    mixture = MIXTURES["line in the plane" if case == "offset" else "line"]
    if case in ("near", "small"):
        mixture = mixture.scaled("0.1" if case == "near" else "0.3")

    def at() -> Population:
        arithmetic = ball(12 if case in ("near", "small") else 15)
        if case == "uncertain":
            with arithmetic.scope():
                student = replace(Student.exact(mixture), uncertainty=flint.arb(2) ** -40)
                return student_population(student, None, arithmetic)
        truth = TRUTH if case == "truth" else None
        return population(mixture, truth=truth, arithmetic=arithmetic)

    found, expected = at(), at()
    getattr(found, changed)[...] = flint.arb(7)
    for name in FIELDS:
        if name != changed:
            assert str(getattr(found, name)) == str(getattr(expected, name)), name


def test_the_precision_in_force_does_not_matter() -> None:
    for digits in (12, 15):
        one, other = (population(MIXTURES["line"], arithmetic=ball(digits)) for _ in range(2))
        with Ball(60).scope():
            fine = [entries(getattr(one, name)) for name in FIELDS]
        for name, values in zip(FIELDS, fine, strict=True):
            pairs = zip(values, entries(getattr(other, name)), strict=True)
            assert all(a.rad() == b.rad() for a, b in pairs), name


def test_means_without_axes_have_their_offset_alone() -> None:
    """Of equal means nothing is deferred: gradients are p_i w."""
    found = population(Mixture([[1, 2], [1, 2]], [1, 3]), arithmetic=ball(15))
    assert found.gradient.tolist() == [[0.25, 0.5], [0.75, 1.5]]
    assert found.positions.tolist() == [[0, 0], [0, 0]]
    inner = Moments(0.0, np.ones(1), np.ones((1, 1)), np.ones((1, 1)), 0.0, np.ones((1, 1)))
    axes, offset = np.array([[0.0, 1.0]]), np.array([2.0, 0.0])
    late = embedded(inner._replace(gradient=deferred(lambda: np.ones((1, 1)))), axes, offset)
    assert all_made(late).gradient.tolist() == [[2.0, 1.0]]
    assert late.fisher_divergence == Fraction(4)


def test_a_field_that_is_not_there_is_missing() -> None:
    empty = Population.__new__(Population)
    assert not hasattr(empty, "overlap")
    assert not hasattr(empty, "weights")
