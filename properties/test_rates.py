"""Group D of theory.md: rates along gradient EM. A single Gaussian is the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from theorycheck import claims
from theorycheck.dynamics.trajectory import gradient_em
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.report.figures import trajectories
from theorycheck.statements.decision import float64_view
from theorycheck.statements.point import Point
from theorycheck.statements.verdicts import Refuted
from theorycheck.testing import assert_holds, holds

BOUNDS = (
    "rate-paper",
    "rate-explicit",
    "energy-rate",
    "rate-one-over-t",
    "rate-one-over-t-squared",
    "rate-t2",
    "energy-rate-sharp",
    "rate-explicit-sharp",
    "rate-squared-explicit",
)
STUCK = Case(Mixture([12, 0]), Fraction(1), steps=8)
"""A component so far out that the other keeps the data to itself."""


def on_a_line(claim_id: str, max_examples: int = 10) -> Callable[[], None]:
    """The property for starts on a line, which balls follow fast."""
    domain = replace(claims.get(claim_id).domain, dimension=(1, 1))
    return holds(claim_id, domain=domain, max_examples=max_examples)


test_the_paper_s_rate_holds_with_the_constant_200000 = on_a_line("rate-paper")
test_the_loss_is_at_most_the_explicit_inverse_square_root = on_a_line("rate-explicit")
test_the_loss_falls_like_the_inverse_square_of_time = on_a_line("rate-t2")
test_the_loss_falls_faster_where_the_energy_is_bounded = on_a_line("rate-energy")
test_the_loss_falls_with_half_of_the_exponent = on_a_line("rate-explicit-sharp")
test_the_energy_falls_with_half_of_the_exponent = on_a_line("energy-rate-sharp")
test_the_loss_falls_like_the_inverse_square_with_explicit_constants = on_a_line(
    "rate-squared-explicit"
)
test_the_energy_falls_like_one_over_t = on_a_line("energy-rate")
test_the_loss_falls_like_one_over_t = on_a_line("rate-one-over-t")
test_the_loss_falls_like_one_over_t_squared = on_a_line("rate-one-over-t-squared")
test_two_components_approach_the_predicted_constant = on_a_line(
    "asymptotic-constant", max_examples=4
)
test_equal_weights_approach_the_predicted_constant = on_a_line(
    "asymptotic-constant-uniform", max_examples=4
)


def test_three_unequal_weights_approach_the_predicted_constant() -> None:
    start = Mixture(["1.5", "-0.4", "0.3"], [1, 4, 6])
    assert_holds("asymptotic-constant", Case(start, Fraction(3, 2)))


test_a_single_component_converges_linearly = holds("single-component")


@pytest.mark.parametrize("claim_id", ["rate-explicit", "energy-rate", "rate-one-over-t"])
def test_no_rate_is_free_of_an_exponential_in_the_energy(claim_id: str) -> None:
    """The first control of each leaves it out or nearly so, and a stuck start refutes it."""
    claim = claims.get(claim_id)
    assert isinstance(claim.as_claim(claim.controls[0]).check(STUCK), Refuted)
    assert_holds(claim, STUCK)


def test_two_components_do_not_converge_linearly() -> None:
    claim = claims.get("single-component")
    case = Case(Mixture([1, "0.5"]), Fraction(1, 2), steps=2)
    assert isinstance(claim.as_claim(claim.controls[0]).check(case), Refuted)


def test_the_limit_needs_the_eigenvalue_and_not_the_smallest_weight() -> None:
    claim = claims.get("asymptotic-constant")
    case = Case(Mixture([1, "-0.5"], [1, 2]), Fraction(3, 2))
    for control in claim.controls:
        assert isinstance(claim.as_claim(control).check(case), Refuted)
    assert_holds(claim, case)


def test_sampled_iterates_keep_the_rank_of_the_start() -> None:
    """Doubles alone would leave the line through (1, 1/3)."""
    start = Point(Mixture([[1, "1/3"], [-2, "-2/3"], ["1/2", "1/6"]]))
    late = start.iterates(1.0, (5, 50))[1]
    assert (late.affine_rank, late.rank) == (1, 1)
    run = gradient_em(start.mixture, 1, 50)
    np.testing.assert_allclose(late.means, run.means[50], rtol=1e-14, atol=1e-16)
    assert abs(late.loss / run.loss[50] - 1) < 1e-9


def test_the_measured_exponent_is_minus_two() -> None:
    found = trajectories.measured_exponent(seed=3)
    assert abs(found["exponent"] + 2) < 5 * found["uncertainty"] < 0.02


@pytest.mark.parametrize("seed", [0, 1])
def test_every_figure_can_be_drawn(seed: int) -> None:
    """Finite values, positive on logarithmic axes, and few enough for a page."""
    figures = trajectories.rate_figures(seed) + [
        figure for claim in claims.all() for figure in trajectories.claim_figures(claim.id, seed)
    ]
    for figure in (made.to_dict() for made in figures):
        for series in figure["series"]:
            assert 0 < len(series["x"]) == len(series["y"]) <= trajectories.MOST_POINTS
            for axis in "xy":
                low = 0.0 if figure[f"{axis}_log"] else -np.inf
                assert all(low < value < np.inf for value in series[axis]), figure["title"]


@pytest.mark.slow
@pytest.mark.parametrize("claim_id", BOUNDS)
@pytest.mark.parametrize("components", range(1, 7))
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_long_runs_from_random_starts(claim_id: str, components: int, rank: int) -> None:
    """n = 1 to 6, rank 1 to 3, 800 steps on a line (50 in a plane or in space), in float64."""
    if rank > components:
        pytest.skip("n means have rank at most n")
    steps = 800 if components < 5 or rank < 3 else 100
    rng = np.random.default_rng((components, rank))
    for step_size in (Fraction(1, 10), Fraction(1), Fraction(19, 10)):
        start = Mixture(
            rng.integers(-6, 7, (components, rank)) * Fraction(1, 5) + Fraction(1, 50),
            rng.integers(1, 10, components),
        )
        decision = float64_view(claims.get(claim_id), Case(start, step_size, steps=steps))
        assert decision.sign != "negative", (start, step_size, decision)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("means", "weights", "step_size"),
    [
        (["1.5", "-0.4", "0.3"], [1, 8, 9], "1.5"),
        (["1.5", "-0.4", "0.3"], [1, 5, 20], "1.9"),
        (["1.5", "-0.4", "0.3", "0.1"], [1, 3, 4, 5], "1.5"),
        (["1.5", "-0.4", "0.3", "0.1", "0.2"], [1, 7, 8, 9, 9], "1.9"),
        (["1.5", "-0.4", "0.3", "0.1", "0.2", "-0.5"], [1, 6, 7, 8, 9, 9], "1.9"),
        ([1, "-0.5"], [1, 2], "0.1"),
    ],
)
def test_more_components_approach_the_predicted_constant(
    means: list[object], weights: list[int], step_size: str
) -> None:
    case = Case(Mixture(means, weights), Fraction(step_size))
    assert_holds("asymptotic-constant", case)


@pytest.mark.slow
@pytest.mark.parametrize(
    "means",
    [
        [[1, -1, 0], [0, 1, -1], [-1, 0, 1]],
        [[1, 0], [-1, 0], [0, 1], [0, -1]],
        [1, "-1/2", "3/10", "4/5", 0, "-1/5"],
    ],
)
def test_equal_weights_in_a_plane_or_with_six_components(means: list[object]) -> None:
    assert_holds("asymptotic-constant-uniform", Case(Mixture(means), Fraction(1)))
