"""Runs that are longer than balls follow at first: violations late in them are refuted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import FLOAT64, Ball
from theorycheck.claims import get
from theorycheck.errors import TooExpensive
from theorycheck.expectations.population import gaussian_population
from theorycheck.expectations.student import Student
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.claim import existence, inequality
from theorycheck.statements.comparison import at_most
from theorycheck.statements.decision import MOST_STEPS, decide
from theorycheck.statements.point import Point
from theorycheck.statements.verdicts import Holds, Refuted

PAIR = Case(Mixture([1, -1]), Fraction(1, 2), steps=120)


def bounded_below(least, kind=inequality, **options):
    """L(t) >= least along a run, which falls below every number in the end."""

    @kind("late", "x", **options)
    def late(at, step_size, steps):
        return at_most(at.number(Fraction(least)), at.path(step_size, steps).loss)

    return late


@pytest.mark.parametrize("only_balls", [False, True])
def test_a_violation_late_in_a_run_is_refuted(only_balls):
    """L(t) >= 2e-4 holds for about seventy steps, and is refuted by balls from the exact start."""
    claim = bounded_below(Fraction(2, 10**4), only_balls=only_balls)
    verdict = claim.check(PAIR)
    assert isinstance(verdict, Refuted)
    assert -2e-4 < verdict.margin < 0
    assert isinstance(claim.check(replace(PAIR, steps=60)), Holds)


def test_a_run_that_holds_is_not_followed():
    """Where float64 sees no violation the first steps are certified, as cheaply as before."""
    seen = []

    @inequality("falls", "x")
    def falls(at, step_size, steps):
        seen.append((at.arithmetic.digits, steps))
        return at_most(at.path(step_size, steps).loss[-1], at.loss)

    assert decide(falls, PAIR).sign == "positive"
    (balls, *_) = [steps for digits, steps in seen if digits != FLOAT64.digits]
    assert balls == falls.certified_steps


def stepwise(answer, **options):
    """A claim that float64 sees fail from 20 steps on, and balls as `answer` says."""
    seen = []

    @inequality("stepwise", "x", **options)
    def claim(at, steps):
        if at.arithmetic is FLOAT64:
            return -1.0 if steps >= 20 else 1.0
        seen.append((at.arithmetic.digits, steps))
        return answer(steps)

    return claim, seen


def test_balls_follow_to_where_float64_sees_it_fail():
    """No further: 8, 16, 32, and not all 120; at 36 digits first."""
    claim, seen = stepwise(lambda steps: flint.arb(-1) if steps > 8 else flint.arb(1))
    assert decide(claim, PAIR).sign == "negative"
    assert seen[-1] == (36, 32)
    assert {steps for _, steps in seen} == {8, 32}


def test_a_violation_that_balls_do_not_confirm_leaves_it_undecided():
    """They may see the contrary or nothing; float64 refutes and supports nothing."""
    for far in (flint.arb(1), flint.arb(0, 1)):
        claim, seen = stepwise(lambda steps, far=far: far if steps > 8 else flint.arb(1))
        found = decide(claim, PAIR)
        assert (found.sign, found.evidence, found.looks_violated) == ("unknown", "none", True)
        assert found.reason == (
            "float64 sees it fail after the first 8 steps, within 32, and balls cannot tell"
        )
        assert seen[-1] == (72, 32)


def test_what_only_balls_resolve_is_not_doubted_for_float64():
    """Its view is where to look, and no more."""
    claim, seen = stepwise(lambda steps: flint.arb(1), only_balls=True)
    found = decide(claim, PAIR)
    assert (found.sign, found.looks_violated) == ("positive", False)
    assert seen[-1] == (72, 32)


@pytest.mark.parametrize(
    ("means", "most"), [([1, -1], MOST_STEPS), ([[1, 0], [0, 1], [0, 0]], MOST_STEPS // 16)]
)
def test_balls_follow_only_so_far(means, most):
    """Further on the sign stays unknown, and the reason says how far they go."""
    claim, seen = stepwise(lambda steps: flint.arb(1), certified_steps=most)
    found = decide(claim, replace(PAIR, mixture=Mixture(means), steps=2 * most))
    assert found.sign == "unknown"
    assert found.reason.endswith(f"within {2 * most}, and balls follow {most} at most")
    assert {steps for _, steps in seen} == {most}


def test_a_run_out_of_reach_is_undecided():
    """As is one whose balls grow without bounds."""

    def answer(steps):
        if steps > 8:
            raise TooExpensive("too many nodes")
        return flint.arb(1)

    claim, _ = stepwise(answer)
    assert decide(claim, PAIR).reason.endswith("balls cannot tell")


def test_the_rest_of_a_run_is_no_matter_for_existence():
    """One witness in the first steps proves it."""
    claim = bounded_below(Fraction(2, 10**4), existence)
    assert decide(claim, PAIR).sign == "positive"


# ------------------------------------------------------- the gradient of an uncertain student


def gradients(means, weights, moved, delta):
    """The gradient of a student known up to delta, and that of one within."""
    with Ball(20).scope():
        known = Student.exact(Mixture(means, weights))
        found = gaussian_population(replace(known, uncertainty=Ball(20).scalar(delta)), Ball(20))
        other = gaussian_population(Student.exact(Mixture(moved, weights)), Ball(20))
    return found.gradient, other.gradient


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("delta", [Fraction(1, 10**6), Fraction(1, 8)])
def test_the_gradient_of_any_student_within_is_enclosed(n, delta):
    """On random means in one and two dimensions, moved by delta each."""
    rng = np.random.default_rng(n)
    for d, scale in ((1, 0.1), (1, 1), (1, 4), (2, 1)):
        if d == 2 and n > 3:
            continue
        means = rng.normal(size=(n, d)) * scale
        ways = rng.normal(size=(n, d))
        ways *= float(delta) * (1 - 1e-9) / np.linalg.norm(ways, axis=1, keepdims=True)
        found, other = gradients(means, rng.integers(1, 9, n).tolist(), means + ways, delta)
        assert all(f.contains(o) for f, o in zip(found.ravel(), other.ravel(), strict=True))


@pytest.mark.parametrize("far", [4, 6])
def test_the_bound_grows_with_the_square_of_the_means(far):
    """Two components that share the truth from afar: the gradient turns by far^2 delta / 2."""
    delta, gap = Fraction(1, 10**6), Fraction(1, 100)
    means = [far + gap, far - gap]
    moved = [far + gap + delta, far - gap - delta]
    weights = [1, 1]
    found, other = gradients(means, weights, moved, delta)
    assert all(f.contains(o) for f, o in zip(found.ravel(), other.ravel(), strict=True))
    change = abs(float(other[0, 0].mid() - found[0, 0].mid()))
    assert change > 0.4 * far**2 * float(delta)
    assert float(found[0, 0].rad()) < 1.01 * 2**0.5 * (1 + float(far + gap) ** 2) * float(delta)


def test_balls_follow_a_long_run():
    """120 steps keep 40 digits of 72: a fifth of a digit is lost at each."""
    with Ball(72).scope():
        point = Point(PAIR.mixture, None, Ball(72))
        for _ in range(120):
            point = point.step(flint.arb(1) / 2)
        assert 0 < float(point.means[0, 0].rad()) < 1e-40
        assert float(point.loss.rad()) < 1e-40


def test_a_step_that_rounding_makes_huge_is_tried_with_more_digits():
    """At 12 digits Polyak's step L / |grad L|^2 is noise, and no grid serves where it leads."""
    case = Case(Mixture([0, Fraction(143, 256_000_000)]))
    assert decide(get("polyak-contraction"), case).sign == "positive"
