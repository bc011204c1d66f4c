"""Many populations at once: the same as one by one."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from theorycheck.errors import InvalidType, InvalidValue
from theorycheck.expectations.many import population_many
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture

RNG = np.random.default_rng(5)
STUDENTS = [
    *(Mixture(s * RNG.normal(size=3), RNG.dirichlet(np.ones(3))) for s in (0.01, 0.4, 1, 3, 9, 30)),
    Mixture([7 * 2.0**-60, 2.0**-60, -3 * 2.0**-60], [1, 2, 3]),  # its mean cancels
    Mixture([70, -70, 1]),
    Mixture([2, 2, 2]),
    Mixture([3]),
    Mixture(["0.3", "-0.4"]),
    Mixture([[1, 2], [0, 1], [3, 1]]),
]


def assert_same(students: list[Mixture], truth: Mixture | None) -> None:
    for found, student in zip(population_many(students, truth=truth), students, strict=True):
        exact = population(student, truth=truth)
        assert isinstance(found.loss, float)
        for field in fields(exact):
            one, other = getattr(found, field.name), getattr(exact, field.name)
            assert np.shape(one) == np.shape(other), field.name
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-280, err_msg=field.name)


def test_the_same_as_one_by_one() -> None:
    assert_same(STUDENTS, None)


def test_under_a_mixture_truth() -> None:
    assert_same(STUDENTS[:3], Mixture([1, -1]))


def test_arrays_belong_to_the_caller() -> None:
    """The mixture keeps its own: changing a result changes nothing else."""
    student = Mixture([1, -1])
    found, other = population_many([student, student])
    found.means[:] = 7
    found.weights[:] = 7
    assert other.means.tolist() == population(student).means.tolist() == [[1.0], [-1.0]]
    assert population(student).weights.tolist() == [0.5, 0.5]


def test_bad_input() -> None:
    assert population_many([]) == []
    with pytest.raises(InvalidType, match="mixtures is 3"):
        population_many(3)  # type: ignore[arg-type]
    with pytest.raises(InvalidType, match="give a Mixture"):
        population_many([STUDENTS[0], 3])  # type: ignore[list-item]
    with pytest.raises(InvalidValue, match="dimension"):
        population_many([STUDENTS[0], STUDENTS[-1]], truth=Mixture([1]))
