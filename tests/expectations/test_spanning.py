"""Float64 populations of means that clearly span what generic ones do, without exact geometry."""

from __future__ import annotations

from fractions import Fraction
from typing import NoReturn

import numpy as np
import pytest

from helpers.enclosures import entries
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.errors import InvalidValue, TooExpensive
from theorycheck.expectations import population as module
from theorycheck.expectations.population import Population, population
from theorycheck.inputs.mixture import Mixture

SPANNING = {
    "in the plane": [[1, 0.3], [-0.7, 0.9], [0.2, -1.1]],
    "in space": [[1, 0.3, 0.1], [-0.7, 0.9, -0.5], [0.2, -1.1, 0.4], [0.5, 0.25, 1.5]],
    "a triangle in R^5": [[1, 2, 0, 0.5, 1], [-1, 0.5, 0.25, 1, 0], [0, 0.125, 1, 1, -2]],
    "a pair in R^4": [[1, 2, 0, 0.5], [-1, 0.5, 0.25, 1]],
    "far": [[9, 3], [-8, 7], [2, -11], [0, 1]],
}


def _without_geometry(monkeypatch: pytest.MonkeyPatch) -> None:
    def needed(means: object) -> NoReturn:
        raise AssertionError("the exact geometry was asked for")

    monkeypatch.setattr(module, "affine_reduction", needed)


def _agree(found: Population, exact: Population) -> None:
    for name in ("loss", "responsibilities", "overlap", "gradient", "fisher_divergence"):
        one = np.array(entries(getattr(found, name)), float)
        other = np.array([float(entry) for entry in entries(getattr(exact, name))])
        assert abs(one - other).max() <= 1e-12 * abs(other).max(), name


@pytest.mark.long
@pytest.mark.parametrize("means", SPANNING.values(), ids=SPANNING)
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e-9])
def test_generic_means_need_no_exact_geometry(
    means: list[list[float]], scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their principal axes do as well as the exact ones of balls."""
    weights = list(range(2, 2 + len(means)))
    student = Mixture([[scale * x for x in row] for row in means], weights)
    exact = population(student, arithmetic=ball(13))
    _without_geometry(monkeypatch)
    _agree(population(student), exact)


def test_the_centre_of_balanced_means_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Near the optimum all depends on it: what its rounding leaves would outweigh the gradient."""
    first, second = [1, 2, 0, Fraction(1, 2), 1], [-1, Fraction(1, 2), 3, 1, 0]
    third = [-(a + 2 * b) / Fraction(3) for a, b in zip(first, second, strict=True)]
    rows = [[x / Fraction(10**6) for x in row] for row in (first, second, third)]
    student = Mixture(rows, [1, 2, 3])
    exact = population(student, arithmetic=ball(15))
    _without_geometry(monkeypatch)
    _agree(population(student), exact)


@pytest.mark.parametrize(
    "means",
    [
        [[1, 1], [2, 2], [-3, -3]],
        [[1, 1], [2, 2.00001], [-3, -3]],
        [[1, 1, 0], [0, 0, 1e-5], [2, 2, 0], [3, 3, 1]],
        [[1e6, 1e6, 1], [1e6, 1e6, 2]],
        [[30, 1, 0], [30, -1, 0]],
        [[0, 0, 0], [12, 6, 7]],
        [[1, 2, 3], [12, 6, 7], ["13.01", 8, 10]],
        [[0, 0], [0, 0], [0, 0]],
    ],
)
def test_means_near_a_smaller_span_are_reduced_exactly(
    means: list[list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounding would decide their rank, or coordinates that are far smaller than the means."""
    asked = []
    reduced = module.affine_reduction

    def noted(means: object) -> object:
        asked.append(means)
        return reduced(means)

    monkeypatch.setattr(module, "affine_reduction", noted)
    population(Mixture(means))
    assert asked


@pytest.mark.parametrize(
    "means",
    [
        [[1e308, 0, 0], [1e308, 1, 0], [1e308, 0, 1], [1e308, 0, 0]],
        [[1.7e308, 0, 0], [-1.7e308, 1e308, 0], [-1.7e308, 0, 1e308], [0, 0, 0]],
        [[1e308, 0], [1e308, 1e308], [1.7e308, -1e308]],
        (np.eye(9) * 1e307 + 1e308).tolist(),
    ],
)
@pytest.mark.filterwarnings("error")
def test_means_at_the_end_of_float64_are_refused(means: list[list[float]]) -> None:
    """Their differences are no numbers, of which axes would be sought without end."""
    with pytest.raises((TooExpensive, InvalidValue)):
        population(Mixture(means))


def test_balls_of_means_beyond_float64() -> None:
    """They agree in what float64 could not hold: the overlaps are those without it."""
    far = [[10**400, 0], [10**400, 1], [10**400, 2]]
    found = population(Mixture(far), arithmetic=ball(12)).overlap
    near = population(Mixture([0, 1, 2]), arithmetic=ball(30)).overlap
    assert all(one.overlaps(other) for one, other in zip(found.flat, near.flat, strict=True))
