"""Trajectories: closed forms, the oracle's iterates, monotone losses, accuracy, bad input."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theorycheck import oracle
from theorycheck.arithmetic.arithmetics import ball
from theorycheck.dynamics.span import SpanPopulation
from theorycheck.dynamics.trajectory import (
    MAX_STEPS,
    Trajectory,
    em,
    gradient_em,
    iterates,
    recorded_times,
)
from theorycheck.errors import (
    InvalidType,
    InvalidValue,
    TheoryCheckError,
    TooExpensive,
)
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture
from theorycheck.statements.domain import Domain
from theorycheck.strategies import trajectories

LINE = Mixture([1, -2, "0.5"], [1, 2, 3])
PLANE = Mixture([[1, "0.3"], ["-0.5", 1]], [2, 1])
SPACE = Mixture([[1, 0, "0.5"], [0, "-0.8", 1]], [1, 3])
TRUTH = Mixture([0, 3], [1, 2])

STARTS = {
    "line": (LINE, None),
    "plane": (PLANE, None),
    "space": (SPACE, None),
    "slow manifold": (Mixture(["1e-6", "-1e-6"]), None),
    "trap": (Mixture([12, -12, 0]), None),
    "mixture truth": (LINE, TRUTH),
    "one truth, moved": (LINE, Mixture([2])),
}

starts = pytest.mark.parametrize(("start", "truth"), STARTS.values(), ids=STARTS.keys())


# ----------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize("eta", ["0.7", "1", "1.9", "1/3"])
def test_single_component(eta: str) -> None:
    """n = 1: mu(t) = (1 - eta)^t mu(0), L = |mu|^2/2, F = U = W = |mu|^2."""
    path = gradient_em(Mixture([["1.5", -2]]), step_size=eta, steps=6)
    powers = (1 - float(Fraction(eta))) ** np.arange(7)
    np.testing.assert_allclose(path.means[:, 0], powers[:, None] * [1.5, -2], atol=1e-15)
    np.testing.assert_allclose(path.energy, 6.25 * powers**2, atol=1e-15)
    np.testing.assert_allclose(path.loss, path.energy / 2, rtol=1e-14)
    np.testing.assert_allclose(path.fisher_divergence, path.energy, rtol=1e-14)
    np.testing.assert_allclose(path.weighted_distance, path.energy, rtol=1e-14)


def test_equal_means_move_as_one_under_em() -> None:
    """All means equal: EM reaches the mean of the truth in one step."""
    path = em(Mixture([[3, 1], [3, 1]], [1, 4]), steps=1)
    np.testing.assert_allclose(path.means[1], np.zeros((2, 2)), atol=1e-15)
    truth = Mixture([[0, 0], [3, 6]], [2, 1])
    path = em(Mixture([[3, 1], [3, 1]], [1, 4]), steps=1, truth=truth)
    np.testing.assert_allclose(path.means[1], [[1, 2], [1, 2]], atol=1e-14)


def test_one_em_step_of_a_far_pair() -> None:
    """Two far means split the data at 0: EM moves them to -+E|x| = -+sqrt(2/pi) in one step."""
    path = em(Mixture([200, -200]), steps=1)
    half = np.sqrt(2 / np.pi)
    np.testing.assert_allclose(path.means[1, :, 0], [half, -half], rtol=1e-4)


def test_truth_is_a_fixed_point() -> None:
    """Started at a mixture truth nothing moves, and the loss is 0."""
    path = gradient_em(TRUTH, step_size=1, steps=3, truth=TRUTH)
    np.testing.assert_allclose(path.means, np.broadcast_to(path.means[0], (4, 2, 1)), atol=1e-14)
    assert abs(path.loss).max() < 1e-15
    assert abs(path.fisher_divergence).max() < 1e-14


# ----------------------------------------------------------------------- one step, many steps


@starts
def test_first_step_follows_the_gradient(start: Mixture, truth: Mixture | None) -> None:
    """mu+ = mu - eta grad and, for EM, mu - grad / p, with the gradient of `population`."""
    at = population(start, truth=truth)
    size = abs(at.means).max()
    path = gradient_em(start, step_size="0.7", steps=1, truth=truth)
    np.testing.assert_allclose(path.means[0], at.means, atol=1e-15 * size)
    np.testing.assert_allclose(path.means[1], at.means - 0.7 * at.gradient, atol=2e-15 * size)
    path = em(start, steps=1, truth=truth)
    step = at.gradient / at.responsibilities[:, None]
    np.testing.assert_allclose(path.means[1], at.means - step, atol=3e-14 * size)


@starts
def test_measurements_are_those_of_the_iterates(start: Mixture, truth: Mixture | None) -> None:
    """loss(t), F(t), U(t), W(t) belong to the means mu(t), exactly as `population` sees them."""
    path = gradient_em(start, step_size="0.9", steps=3, truth=truth)
    weights = np.array([float(w) for w in start.weights])
    np.testing.assert_allclose(path.weights, weights)
    for t, means in enumerate(path.means):
        squares = (means**2).sum(axis=1)
        assert path.energy[t] == pytest.approx(squares.sum(), rel=1e-13)
        assert path.weighted_distance[t] == pytest.approx(weights @ squares, rel=1e-13)
    t = 1
    at = population(Mixture(path.means[t], start.weights), truth=truth)
    tolerance = 1e-7 if len(start.means) == 2 and path.loss[t] < 1e-20 else 1e-11
    assert path.loss[t] == pytest.approx(at.loss, rel=tolerance, abs=0)
    assert path.fisher_divergence[t] == pytest.approx(at.fisher_divergence, rel=tolerance, abs=0)


@pytest.mark.parametrize(
    ("start", "truth"),
    [(LINE, None), (PLANE, None), (Mixture([1, -1]), None), (LINE, TRUTH)],
    ids=["line", "plane", "pair", "mixture truth"],
)
def test_iterates_agree_with_the_oracle(start: Mixture, truth: Mixture | None) -> None:
    """Four steps, against the oracle's at 20 digits."""
    steps = 2 if start.dimension > 1 else 4
    expected = oracle.gradient_em(start, "0.7", steps, digits=20, truth=truth)
    found = gradient_em(start, "0.7", steps, truth=truth)
    np.testing.assert_allclose(found.means, expected.astype(float), atol=1e-14)


@pytest.mark.parametrize("method", ["gradient EM", "EM"])
@starts
def test_loss_never_increases(start: Mixture, truth: Mixture | None, method: str) -> None:
    """Gradient EM with any step size up to 2, and EM, decrease the loss."""
    if method == "EM":
        paths = [em(start, steps=20, truth=truth)]
    else:
        paths = [gradient_em(start, eta, 20, truth=truth) for eta in ("0.3", "1", "1.9")]
    for path in paths:
        slack = 1e-13 * path.loss[0]
        assert (np.diff(path.loss) <= slack).all()
        assert (path.fisher_divergence >= -1e-15).all()
        if truth is None:
            assert (np.diff(path.energy) <= 1e-14 * path.energy[0]).all() or method == "EM"


def test_zero_steps() -> None:
    """No step: the start alone."""
    path = gradient_em(PLANE, 1, 0)
    assert path.means.shape == (1, 2, 2)
    np.testing.assert_allclose(path.means[0], [[1, 0.3], [-0.5, 1]])
    assert path.loss.shape == path.energy.shape == path.weighted_distance.shape == (1,)


def test_shapes() -> None:
    """One entry per iterate, the start included."""
    path = em(SPACE, 5)
    assert isinstance(path, Trajectory)
    assert path.means.shape == (6, 2, 3)
    assert path.coordinates.shape == (6, 2, 2)
    assert path.axes.shape == (2, 3)
    for name in ("loss", "fisher_divergence", "energy", "weighted_distance"):
        assert getattr(path, name).shape == (6,)
    assert path.weights.tolist() == [0.25, 0.75]


def test_longer_run_continues_a_shorter_one() -> None:
    """The first iterates do not depend on how many are asked for."""
    np.testing.assert_array_equal(gradient_em(LINE, 1, 3).means, gradient_em(LINE, 1, 8).means[:4])


@pytest.mark.parametrize("truth", [None, TRUTH], ids=["Gaussian", "mixture"])
def test_recorded_start_is_the_given_one(truth: Mixture | None) -> None:
    """At t = 0 the means are the given doubles to the last bit, and only there."""
    start = Mixture([2, "-3/2", 0, "0.1"], [2, 1, 1, 3])
    path = gradient_em(start, 1, 3, truth=truth)
    assert path.means[0].ravel().tolist() == [2, -1.5, 0, 0.1]
    later = gradient_em(start, 1, 3, truth=truth, record=[2, 3])
    np.testing.assert_array_equal(later.means, path.means[2:])


def test_arrays_are_read_only() -> None:
    """A claim that works in place cannot spoil a trajectory that is kept for the next one."""
    path = gradient_em(LINE, 1, 3)
    assert not any(array.flags.writeable for array in vars(path).values())
    with pytest.raises(ValueError, match="read-only"):
        path.loss[0] = 0


# -------------------------------------------------------------------------------- accuracy


# Doubles whose mean is exactly 0; with weights of 1/3 it is summed to 32 digits.
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ([1, -1], 2.0**-7),
        ([1, -1], 2.0**-20),
        ([1, -1], 2.0**-100),
        ([3, -1, -2], 2.0**-7),
        ([3, -1, -2], 2.0**-20),
        ([3, -1, -2], 2.0**-60),
    ],
)
def test_loss_keeps_its_relative_accuracy(shape: list[int], size: float) -> None:
    """On the slow manifold the loss is of fourth order: down to 1e-120, to 1e-12 of itself."""
    start = Mixture([size * s for s in shape])
    path = gradient_em(start, step_size=1, steps=2)
    precise = population(start, arithmetic=ball(20))
    assert path.loss[0] == pytest.approx(float(precise.loss), rel=1e-12, abs=0)
    fisher = float(precise.fisher_divergence)
    assert path.fisher_divergence[0] == pytest.approx(fisher, rel=1e-12, abs=0)
    # L barely changes per step there, and F = 4 L to leading order.
    assert path.loss[2] == pytest.approx(path.loss[0], rel=5 * size + 1e-12, abs=0)
    assert path.fisher_divergence[0] == pytest.approx(4 * path.loss[0], rel=10 * size + 1e-12)


def test_weights_that_are_no_doubles_keep_the_mean_at_zero() -> None:
    """Weights 1/3, 2/3 and means that cancel exactly: rounding the weights must not show."""
    start = Mixture(["2e-9", "-1e-9"], [1, 2])
    precise = population(start, arithmetic=ball(20))
    path = gradient_em(start, step_size=1, steps=1)
    assert path.loss[0] == pytest.approx(float(precise.loss), rel=1e-6, abs=0)


def test_trap_gradient_is_resolved() -> None:
    """Means 24 away move by their exponentially small gradient, not by rounding noise."""
    start = Mixture([24, -24, 0])
    precise = population(start, arithmetic=ball(20))
    gradient = SpanPopulation(start).at(SpanPopulation(start).start).gradient
    expected = np.array([float(entry) for entry in precise.gradient.ravel()])
    assert abs(expected).max() < 1e-30
    axis = float(SpanPopulation(start).axes[0, 0])
    np.testing.assert_allclose(gradient[:, 0] * axis, expected, atol=1e-12 * abs(expected).max())


@pytest.mark.slow
def test_a_million_steps_reach_the_predicted_limit() -> None:
    """A balanced pair: t^2 L -> n^2 / (16 eta^2), still accurate after 10^6 steps."""
    steps = 1_000_000
    path = gradient_em(Mixture([1, -1]), step_size=1, steps=steps, record="log")
    assert path.loss[-1] * steps**2 == pytest.approx(4 / 16, rel=1e-4)
    assert (np.diff(path.loss) < 0).all()


@pytest.mark.parametrize("method", [gradient_em, em])
def test_high_dimension_is_a_rotation_away(method: Any) -> None:
    """Three means in 1000 dimensions move as their copies in 3 dimensions do."""
    low = Mixture([["0.6", 0, 0], ["-0.5", "0.8", 0], ["0.2", "0.1", "-0.7"]], [1, 2, 2])
    # An exact isometry: each of the three coordinates spread over 300 equal entries of +-1/30 ...
    rows = []
    for x, y, z in low.means:
        rows.append(
            [x / 18 if k < 324 else y / 18 if k < 648 else z / 18 for k in range(972)] + [0] * 28
        )
    high = Mixture(rows, low.weights)  # ... and 18^2 = 324 of them have length 1 together.
    arguments = {"steps": 3} if method is em else {"steps": 3, "step_size": 1}
    here, there = method(low, **arguments), method(high, **arguments)
    assert there.means.shape == (4, 3, 1000)
    assert there.coordinates.shape == (4, 3, 3)
    for name in ("loss", "fisher_divergence", "energy", "weighted_distance"):
        np.testing.assert_allclose(getattr(there, name), getattr(here, name), rtol=1e-11)
    gram = here.means[3] @ here.means[3].T
    np.testing.assert_allclose(there.means[3] @ there.means[3].T, gram, atol=1e-13)
    np.testing.assert_allclose(there.means[3, :, 972:], 0, atol=1e-15)


def test_collinear_start_may_leave_its_line() -> None:
    """Means on a line that misses the origin: the iterates span a plane, and stay right."""
    start = Mixture([[-2, 1], [0, 1], [1, 1]], [1, 1, 2])
    path = gradient_em(start, step_size=1, steps=3)
    assert np.ptp(path.means[3, :, 1]) > 1e-3
    second = Mixture(path.means[2], start.weights)
    at = population(second)
    np.testing.assert_allclose(path.means[3], path.means[2] - at.gradient, atol=1e-14)
    assert path.loss[2] == pytest.approx(at.loss, rel=1e-12)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.fractions(-3, 3, max_denominator=50), st.integers(1, 50)),
        min_size=1,
        max_size=4,
    ),
    st.fractions(Fraction(1, 20), Fraction(39, 20), max_denominator=20),
    st.none() | st.lists(st.integers(-3, 3), min_size=1, max_size=3),
)
def test_any_start_descends(
    components: list[tuple[Fraction, int]], eta: Fraction, truth: list[int] | None
) -> None:
    """Whatever the start and the truth, the loss falls by what the theory says, at least."""
    means, weights = zip(*components, strict=True)
    start = Mixture(list(means), list(weights))
    target = None if truth is None else Mixture(truth)
    path = gradient_em(start, eta, 4, truth=target)
    moved = ((np.diff(path.means, axis=0) ** 2).sum(axis=(1, 2))) / float(eta) ** 2
    decrease = float(eta) * (1 - float(eta) / 2) * moved
    assert (np.diff(path.loss) <= -decrease + 1e-13).all()


# ------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((LINE, 0, 5), InvalidValue),
        ((LINE, -1, 5), InvalidValue),
        ((LINE, "nought", 5), InvalidValue),
        ((LINE, float("nan"), 5), InvalidValue),
        ((LINE, "1e400", 5), InvalidValue),
        ((LINE, True, 5), InvalidType),
        ((LINE, None, 5), InvalidType),
        ((LINE, 1, -1), InvalidValue),
        ((LINE, 1, MAX_STEPS + 1), InvalidValue),
        ((LINE, 1, 2.0), InvalidType),
        ((LINE, 1, True), InvalidType),
        ((LINE, 1, "5"), InvalidType),
        (([1, 2], 1, 5), InvalidType),
        ((Mixture(["1e400", 1]), 1, 5), InvalidValue),
        ((Mixture([1e308, -1e308]), 1, 1), TooExpensive),
        ((Mixture([1e7, 0]), 1, 1), TooExpensive),
        ((Mixture([1]), 1000, 60), TooExpensive),
    ],
    ids=str,
)
def test_bad_input(arguments: tuple[Any, ...], error: type[TheoryCheckError]) -> None:
    """One clear error of one line for whatever is wrong, or out of reach."""
    with pytest.raises(error) as caught:
        gradient_em(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("accuracy", "error"),
    [
        (5, InvalidValue),
        (1, InvalidValue),
        (0, InvalidValue),
        (-1, InvalidValue),
        ("1e-17", InvalidValue),
        (float("nan"), InvalidValue),
        ("a", InvalidValue),
        (None, InvalidType),
        ([1e-8], InvalidType),
    ],
    ids=str,
)
def test_accuracy_is_refused(accuracy: Any, error: type[TheoryCheckError]) -> None:
    """Coarser than 1e-3, finer than float64, or no number at all."""
    with pytest.raises(error, match="accuracy is"):
        gradient_em(LINE, 1, 3, accuracy=accuracy)
    with pytest.raises(error, match="accuracy is"):
        em(LINE, 3, accuracy=accuracy)


@pytest.mark.parametrize("accuracy", [1e-3, 1e-16])
def test_ends_of_the_accuracy_are_accepted(accuracy: float) -> None:
    """Either keeps what it promises."""
    found = gradient_em(LINE, 1, 1, accuracy=accuracy).loss
    np.testing.assert_allclose(found, gradient_em(LINE, 1, 1).loss, rtol=accuracy, atol=1e-15)


@pytest.mark.parametrize("eta", [Fraction(-3, 2), "-3/2", -1.5, np.float32(-1.5)], ids=repr)
def test_a_refused_number_is_shown(eta: Any) -> None:
    """Whatever its type, the message gives the value."""
    with pytest.raises(InvalidValue, match=r"step_size is -(3/2|1\.5); it must be positive"):
        gradient_em(LINE, eta, 1)


def test_bad_truth() -> None:
    """A truth must be a mixture of the same dimension."""
    with pytest.raises(InvalidValue, match="dimension"):
        gradient_em(LINE, 1, 1, truth=PLANE)
    with pytest.raises(InvalidType, match="truth"):
        em(LINE, 1, truth=[0])  # type: ignore[arg-type]


def test_em_that_float64_can_not_resolve() -> None:
    """A responsibility below 1e-290 has no EM step in float64: an error, not noise."""
    with pytest.raises(TooExpensive, match="component 0"):
        em(Mixture([100, 0]), steps=1)


# --------------------------------------------------------------------- recording and accuracy


def test_recorded_times() -> None:
    """Log-spaced steps, increasing, with both ends; a list as it is; errors otherwise."""
    times = recorded_times("log", 10_000)
    assert times[0] == 0
    assert times[-1] == 10_000
    assert (np.diff(times) > 0).all()
    assert 100 < len(times) < 250
    assert recorded_times("all", 3).tolist() == [0, 1, 2, 3]
    assert recorded_times("log", 0).tolist() == [0]
    for wrong, error in (("some", InvalidValue), ([2, 1], InvalidValue), ([0.5], InvalidType)):
        with pytest.raises(error):
            recorded_times(wrong, 5)  # type: ignore[arg-type]


def test_a_recorded_trajectory_is_part_of_the_whole() -> None:
    """Recording fewer iterates changes none of them."""
    start = Mixture(["1.5", "-0.7", 2], [2, 5, 3])
    whole, part = gradient_em(start, 1, 60), gradient_em(start, 1, 60, record=[0, 7, 60])
    assert part.times.tolist() == [0, 7, 60]
    assert (part.loss == whole.loss[[0, 7, 60]]).all()
    assert (part.coordinates == whole.coordinates[[0, 7, 60]]).all()


@pytest.mark.parametrize("truth", [None, Mixture([1, -1])])
def test_iterates_of_some_times_are_those_of_the_trajectory(truth: Mixture | None) -> None:
    """Up to the rounding of a step, from far out to where the gradient alone is found."""
    start = Mixture(["1.5", "-0.7", 2], [2, 5, 3])
    whole = gradient_em(start, 0.9, 60, truth=truth)
    some = iterates(start, truth, 0.9, (0, 7, 60))
    assert some.times.tolist() == [0, 7, 60]
    assert some.coordinates == pytest.approx(whole.coordinates[[0, 7, 60]], rel=1e-12)
    assert some.loss == pytest.approx(whole.loss[[0, 7, 60]], rel=1e-11)


def test_coarser_accuracy_stays_close() -> None:
    """A trajectory of accuracy 1e-8 follows the exact one."""
    start = Mixture(np.random.default_rng(1).normal(size=(4, 3)))
    exact, coarse = gradient_em(start, 1, 40), gradient_em(start, 1, 40, accuracy=1e-8)
    np.testing.assert_allclose(coarse.loss, exact.loss, rtol=1e-5)


def test_a_long_run_tells_its_progress(monkeypatch):
    """Now and then, by the clock, and at the end; a short one its end alone, and the same run."""
    clock = iter(range(10**6))
    told = []
    start = Mixture([2, -1])
    plain = gradient_em(start, 1, 9)
    quick = gradient_em(start, 1, 9, progress=lambda *steps: told.append(steps))
    assert told == [(9, 9)]
    told.clear()
    monkeypatch.setattr("theorycheck.dynamics.trajectory.monotonic", lambda: next(clock))
    slow = em(start, 9, record=[0, 9], progress=lambda *steps: told.append(steps))
    assert [done for done, _ in told] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert slow.loss[-1] == em(start, 9).loss[-1]
    assert (plain.loss == quick.loss).all()


@given(trajectories(Domain(components=(2, 3), dimension=(1, 2), radius=3), steps=5))
def test_drawn_trajectories_go_down(run):
    """In the range of step sizes of the domain, within rounding."""
    assert run.times.tolist() == list(range(6))
    assert (np.diff(run.loss) <= 1e-12 * run.loss[0] + 1e-15).all()
