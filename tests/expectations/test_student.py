"""Means known as balls: their population encloses those of all means nearby."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.enclosures import entries
from helpers.populations import FIELDS, SLOW, assert_overlap, scaled
from theorycheck.arithmetic.arithmetics import as_fmpq, ball
from theorycheck.expectations.population import Population, population, student_population
from theorycheck.expectations.reduction import linear_span, rational_matrix
from theorycheck.expectations.student import Student, _resolution
from theorycheck.inputs.mixture import Mixture

STUDENTS = {
    "line": (Mixture([1, -2, "0.5"], [1, 2, 3]), None),
    "slow manifold": (Mixture(scaled(SLOW, "1e-3")), None),
    "trap": (Mixture([12, 0]), None),
    "plane": (Mixture([[1, 0], ["0.2", 1]]), None),
    "mixture truth": (Mixture([1, -2]), Mixture([0, 3], [1, 2])),
    "largest norm n": (Mixture([2, -1]), None),
    "largest norm delta": (Mixture(["0.5", "-0.5"]), None),
    "the optimum": (Mixture([0, 0]), None),
}


def uncertain(mixture: Mixture, delta: str) -> Student:
    exact = Student.exact(mixture)
    with ball(40).scope():
        return Student(exact.means, exact.weights, flint.arb(flint.arb(delta).upper()))


@pytest.mark.parametrize(("mixture", "truth"), STUDENTS.values(), ids=STUDENTS.keys())
@pytest.mark.parametrize("delta", ["1e-12", "1e-3", "0.5"])
def test_uncertain_student_encloses_its_neighbours(
    mixture: Mixture, truth: Mixture | None, delta: str
) -> None:
    """The population of means known up to delta contains those of exact means that far away."""
    arithmetic = ball(12)
    enclosing = student_population(uncertain(mixture, delta), truth, arithmetic)
    rng = np.random.default_rng(7)
    on_a_line = mixture.dimension == 1
    for trial in range(4):
        # Integer directions, of length at most 100: moved by the full delta when on a line.
        signs = rng.choice([-100, 100], size=(mixture.components, 1))
        aside = rng.integers(-70, 71, size=(mixture.components, mixture.dimension))
        away = signs if on_a_line and trial < 3 else aside
        means = [
            [entry + int(a) * Fraction(delta) / 100 for entry, a in zip(row, b, strict=True)]
            for row, b in zip(mixture.means, away.tolist(), strict=True)
        ]
        exact = population(Mixture(means, mixture.weights), truth=truth, arithmetic=arithmetic)
        for field in fields(Population):
            pairs = zip(
                entries(getattr(enclosing, field.name)),
                entries(getattr(exact, field.name)),
                strict=True,
            )
            for a, b in pairs:
                assert a.overlaps(b), field.name


@pytest.mark.parametrize(("mixture", "truth"), STUDENTS.values(), ids=STUDENTS.keys())
def test_uncertainty_widens_in_proportion(mixture: Mixture, truth: Mixture | None) -> None:
    """Means known to 1e-20 give results known to about 1e-20: at most 10^4 times as wide."""
    found = student_population(uncertain(mixture, "1e-20"), truth, ball(40))
    for field in fields(Population):
        for value in entries(getattr(found, field.name)):
            assert value.rad() < flint.arb("1e-16")


@pytest.mark.parametrize("farthest", [2, 0.75, 0.03125])
@pytest.mark.parametrize("delta", [1e-5, 1e-3, 0.5, 1.0])
def test_widening_is_as_derived(delta: float, farthest: float) -> None:
    """Bounds of E psi_i m and E psi_i |z| m in proportion to p_i, and the product rule.

    Of the gradient also the norm 1 + rho^2 of the Hessian; of all, for large delta, E m alone.
    """
    mixture = Mixture([[farthest / 8, 0], [-farthest, 0], [farthest / 4, 0]], [1, 2, 3])
    n, rho, plain = 3, farthest + delta, (3 + farthest + delta) * delta
    size = population(mixture).responsibilities
    s = np.sqrt(2 + 2 * np.log(1 / size))
    growth = 4 * (n * s + rho) * delta
    size = np.where(growth <= 1, size * (1 + growth), 1)
    slope = np.where(growth <= 1, np.minimum(size * (n * s + rho) * delta, plain), plain)
    place = np.where(growth <= 1, np.minimum(size * (n * s + rho) * s * delta, plain), plain)
    bend = np.minimum(4 * rho * slope + size * delta, (1 + rho**2) * 3**0.5 * delta)
    expected = {
        "loss": rho * delta,
        "responsibilities": 2 * slope,
        "overlap": 4 * np.minimum(slope[:, None], slope),
        "gradient": bend[:, None] * [1, 1],
        "fisher_divergence": 2 * rho * (2 * rho * plain + delta),
        "positions": 2 * place[:, None] * [1, 1],
        "means": np.full((3, 2), delta),
        "weights": np.zeros(3),
    }
    found = student_population(uncertain(mixture, str(delta)), None, ball(25))
    for name, radii in expected.items():
        values = entries(getattr(found, name))
        for value, radius in zip(values, np.ravel(radii), strict=True):
            assert float(value.rad()) == pytest.approx(radius, rel=1e-6, abs=1e-20), name


def test_light_components_are_widened_in_proportion() -> None:
    """What is known of a component's responsibility, relative to it, does not depend on it."""
    for light in ("1e-6", "1e-30"):
        mixture = Mixture([1, -2, "0.5"], [1, 2, light])
        found = student_population(uncertain(mixture, "1e-40"), None, ball(90))
        with ball(90).scope():
            ratio = found.positions[2, 0] / found.responsibilities[2]
        assert ratio.rad() < flint.arb("1e-36")


def test_no_uncertainty_is_no_widening() -> None:
    """Means known exactly, as balls of radius 0, give the population of the exact mixture."""
    mixture = Mixture([1, -2, "0.5"], [1, 2, 3])
    plain = population(mixture, arithmetic=ball(20))
    known = student_population(uncertain(mixture, "0"), None, ball(20))
    for field in fields(Population):
        for a, b in zip(
            entries(getattr(plain, field.name)), entries(getattr(known, field.name)), strict=True
        ):
            assert str(a) == str(b)


@pytest.mark.parametrize("span", ["its own", "another", "none"])
def test_student_near_covers_the_given_balls(span: str) -> None:
    """Whatever axes the middle is taken in, middle and uncertainty cover the balls given."""
    mixture = Mixture([["1/3", 1, 0], ["2/7", -1, 0]])
    weights = [as_fmpq(w) for w in mixture.weights]
    other = rational_matrix(Mixture([[1, 0, 0]]).means)
    axes = {
        "its own": linear_span(rational_matrix(mixture.means)),
        "another": linear_span(other),
        "none": None,
    }[span]
    arithmetic = ball(20)
    with arithmetic.scope():
        means = arithmetic.array(mixture.means) / 3
        means = means + flint.arb(0, "1e-15")
        student = Student.near(means, weights, axes)
        away = means - np.array(student.means.tolist(), dtype=object)
        assert student.uncertainty is not None
        for square in (away * away).sum(axis=1):
            assert square.abs_upper().sqrt() <= student.uncertainty
        assert student.uncertainty < flint.arb("1e-14") or span != "its own"
    enclosing = student_population(student, None, ball(12))
    exact = population(mixture.scaled("1/3"), arithmetic=ball(12))
    assert_overlap(enclosing, exact)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.fractions(-3, 3, max_denominator=99), st.fractions(-1, 1)),
        min_size=2,
        max_size=4,
    ),
    st.sampled_from([Fraction(1, 4), Fraction(1, 10**6)]),
)
@example([(Fraction(2), Fraction(1)), (Fraction(-1), Fraction(1))], Fraction(1, 10**6))
@example([(Fraction(1, 4), Fraction(1)), (Fraction(-1, 4), Fraction(1))], Fraction(1, 4))
def test_any_uncertain_student(moves: list[tuple[Fraction, Fraction]], delta: Fraction) -> None:
    """Hypothesis looks for a neighbour that escapes the enclosure."""
    middle = Mixture([mean for mean, _ in moves])
    enclosing = student_population(uncertain(middle, str(delta)), None, ball(12))
    moved = Mixture([mean + delta * share for mean, share in moves])
    exact = population(moved, arithmetic=ball(12))
    for name in FIELDS:
        pairs = zip(entries(getattr(enclosing, name)), entries(getattr(exact, name)), strict=True)
        for a, b in pairs:
            assert a.overlaps(b), name


def test_resolution_is_of_the_widest_entry() -> None:
    """Radius and rounding of balls; rounding alone of floats."""
    assert _resolution(np.array([[1.0, -8.0]])) == 2.0**-50
    with ball(20).scope():
        means = np.array([[flint.arb(1, 1e-9), flint.arb(-8, 1e-12)]], dtype=object)
        assert _resolution(means) == pytest.approx(1e-9)
        exact = np.array([[flint.arb(1), flint.arb(-8)]], dtype=object)
        assert _resolution(exact) == 8 * 2.0**-flint.ctx.prec


@pytest.mark.parametrize(("share", "rank"), [(0.99, 1), (1.01, 2)])
def test_axes_are_left_only_by_means_clearly_off_them(share: float, rank: int) -> None:
    """Within 2^20 times their own resolution the means keep their rank, beyond it they do not."""
    weights = [as_fmpq(Fraction(1, 2))] * 2
    axes = rational_matrix(Mixture([[2, 0, 0]]).means)
    aside = share * 2.0**-33
    floats = Student.near(np.array([[1.0, aside, 0.0], [-1.0, aside, 0.0]]), weights, axes)
    assert floats.means.rank() == rank
    assert (floats.weights, floats.uncertainty) == (weights, None)
    with ball(20).scope():
        aside = share * 2.0**-10
        means = ball(20).array([[Fraction(sign), Fraction(aside), Fraction(0)] for sign in (1, -1)])
        student = Student.near(means + flint.arb(0, 2.0**-30), weights, axes)
        assert student.means.rank() == rank
        distance = aside if rank == 1 else 2.0**-30 * 3**0.5
        assert float(student.uncertainty) == pytest.approx(distance, rel=1e-4)
