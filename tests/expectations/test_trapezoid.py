"""Grids with a proven error: their bounds, and how a grid is chosen."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from helpers.enclosures import FIELDS, all_made, assert_honest, entries
from theorycheck.arithmetic.arithmetics import Array, as_fmpq, as_fraction, ball
from theorycheck.arithmetic.rounding import exact_midpoint
from theorycheck.errors import TooExpensive
from theorycheck.expectations import balls, trapezoid
from theorycheck.expectations.gaussian import moments
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import population
from theorycheck.expectations.reduction import affine_reduction, rational_matrix
from theorycheck.expectations.trapezoid import (
    Axis,
    choose_grid,
    grid_error,
    grid_size,
    smallest_log_overlap,
)
from theorycheck.inputs.mixture import Mixture

# ------------------------------------------------------------------ the bounds, grid by grid


def sums_of(axes: list[Axis], c: Array, weights: Array) -> balls.GridSums:
    return all_made(balls.ball_sums(axes, c, weights))


def enclosure(axes: list[Axis], c: Array, weights: Array) -> Moments:
    return all_made(balls.enclosed(sums_of(axes, c, weights), axes, c))


def exact_moments(means: list[list[Fraction]], relative: list[int]) -> tuple[Any, Array, Array]:
    """Reference moments to 25 digits, and the ball coordinates and weights."""
    arithmetic = ball(25)
    mixture = Mixture(means, relative)
    weights = [as_fmpq(w) for w in mixture.weights]
    c, lifted = arithmetic.array(means), arithmetic.array(weights)
    mean = (lifted[:, None] * c).sum(axis=0)
    return all_made(moments(c, lifted, lambda: mean, arithmetic)), c, lifted


@st.composite
def poor_grids(draw: st.DrawFn, rank: int) -> tuple[list[list[Fraction]], list[int], list[Axis]]:
    """Means and weights with grids that nobody would choose: coarse, short, any strip."""
    n = draw(st.integers(2, 3))
    coordinate = st.fractions(-3, 3) if rank == 1 else st.fractions(-1, 1)
    means = draw(
        st.lists(st.lists(coordinate, min_size=rank, max_size=rank), min_size=n, max_size=n)
    )
    weights = draw(st.lists(st.integers(1, 30), min_size=n, max_size=n))
    axes = []
    for k in range(rank):
        column = [row[k] for row in means]
        spread = float(max(column) - min(column)) * (1 + 1e-12) + 1e-300
        step = draw(st.integers(2 if rank == 1 else 6, 40)) / 16
        half = draw(
            st.integers(max(1, math.ceil(1 / step)), math.ceil((8 if rank == 1 else 5) / step))
        )
        strip = draw(st.floats(0.01, 0.99)) * min(6.0, math.pi / spread)
        axes.append(Axis(step, half, strip, spread))
    return means, weights, axes


def assert_poor_grid_is_honest(drawn: tuple[list[list[Fraction]], list[int], list[Axis]]) -> None:
    means, relative, axes = drawn
    with ball(25).scope():
        exact, c, weights = exact_moments(means, relative)
        found = enclosure(axes, c, weights)
        for name in FIELDS:
            assert_honest(getattr(found, name), getattr(exact, name))


@settings(deadline=None, max_examples=150)
@given(poor_grids(rank=1))
def test_poor_grid_on_a_line_is_honest(
    drawn: tuple[list[list[Fraction]], list[int], list[Axis]],
) -> None:
    """A grid too coarse or too short costs width, never truth (Lemmas Q and Q')."""
    assert_poor_grid_is_honest(drawn)


@settings(deadline=None, max_examples=25)
@given(poor_grids(rank=2))
def test_poor_grid_in_the_plane_is_honest(
    drawn: tuple[list[list[Fraction]], list[int], list[Axis]],
) -> None:
    """The same for tensor grids, whose errors multiply."""
    assert_poor_grid_is_honest(drawn)


@pytest.mark.parametrize("spread", [1, 4])
@pytest.mark.parametrize("log10", [-4, -12])
def test_bound_is_of_the_order_of_the_error(spread: int, log10: int) -> None:
    """Lemma Q is not vacuous: on the grid it chooses it is at most 10^3 times the true error."""
    with ball(40).scope():
        means = [[Fraction(spread, 2)], [Fraction(-spread, 2)]]
        exact, c, weights = exact_moments(means, [1, 1])
        float_means = np.array([[spread / 2], [-spread / 2]])
        log_weights = np.log([0.5, 0.5])
        (axis,) = choose_grid(float_means, log_weights, log10 * math.log(10))
        axes = [replace(axis, half=math.ceil(20 / axis.step))]  # no tail to speak of
        sums = sums_of(axes, c, weights)
        error = abs(sums.overlap[0, 1] - exact.overlap[0, 1])
        bound = grid_error(axes, c).relative * exact.overlap[0, 1]
        assert error <= bound
        assert 1000 * error >= bound


@pytest.mark.parametrize("step", [0.25, 0.5, 1.0, 2.0])
def test_trapezoid_of_a_pure_gaussian(step: float) -> None:
    """The sum of step * phi(m step) is 1 + 2 sum_k e^{-2 (pi k / h)^2}, within the bound."""
    with ball(150).scope():
        h = flint.arb(step)
        strip = min(2 * math.pi / step, 30.0)
        axis = Axis(step, math.ceil(20 / step), strip, 1e-300)
        total = axis.weights().sum()
        theta = 1 + 2 * sum((-2 * (flint.arb.pi() * k / h) ** 2).exp() for k in range(1, 12))
        error = grid_error([axis], ball(150).array([[Fraction(0)]]))
        assert abs(total - theta) <= flint.arb(10) ** -140 + error.tail
        assert abs(total - 1) <= error.relative + error.tail
        assert error.relative <= 3 * abs(theta - 1)  # the best strip makes the bound tight


@pytest.mark.parametrize("half", [4, 8, 20])
def test_tail_bounds_what_is_left_out(half: int) -> None:
    """Against the same grid continued, a truncated one loses at most the reported tail."""
    with ball(40).scope():
        short, long = Axis(0.25, half, 6.0, 1e-300), Axis(0.25, 100, 6.0, 1e-300)
        lost = long.weights().sum() - short.weights().sum()
        tail = grid_error([short], ball(40).array([[Fraction(0)]])).tail
        assert 0 < lost < tail
        assert tail < 3 * lost


@pytest.mark.parametrize(
    "axis",
    [
        Axis(0.1, 100, 3.2, 1.0),  # the denominator may vanish on the strip
        Axis(0.1, 100, 1.0, 20.0),  # the cosine has changed sign twice
        Axis(7.0, 10, 1.0, 1.0),  # coarser than the bounds of the loss allow
        Axis(0.1, 5, 1.0, 1.0),  # ends before the tail is monotone
    ],
)
def test_no_bound_is_claimed_outside_the_hypotheses(axis: Axis) -> None:
    """Where the lemmas say nothing, the reported error is infinite."""
    error = grid_error([axis], ball(20).array([[Fraction(1, 2)], [Fraction(-1, 2)]]))
    for bound in (error.relative, error.tail, error.loss, error.moment):
        assert not bound.is_finite()


def test_loss_bound_covers_a_short_grid() -> None:
    """A fine grid that ends early: what the loss lacks is there, and within the reported error."""
    with ball(25).scope():
        exact, c, weights = exact_moments([[Fraction(1)], [Fraction(-2)]], [1, 2])
        for half in (8, 16, 32, 48):
            axis = Axis(0.125, half, 1.0, 3.0 + 1e-12)
            error = grid_error([axis], c)
            lacking = sums_of([axis], c, weights).loss - exact.loss
            assert lacking != 0
            assert abs(lacking) <= error.loss


def test_enclosures_reach_both_ends() -> None:
    """From a sum T the integral lies in [T / (1 + r), (T + tail) / (1 - r)]: all enclosed."""
    with ball(25).scope():
        c = ball(25).array([[Fraction(1)], [Fraction(-1)]])
        weights = ball(25).array([Fraction(1, 3), Fraction(2, 3)])
        axis = Axis(1.5, 3, 0.9, 2.0 + 1e-12)
        error, sums = grid_error([axis], c), sums_of([axis], c, weights)
        assert 0.1 < error.relative < 0.9
        enclosed = balls.enclosed(sums, [axis], c)
        summed = {"overlap": sums.overlap, "responsibilities": sums.overlap.sum(axis=1)}
        for name, totals in summed.items():
            for found, total in zip(entries(getattr(enclosed, name)), entries(totals), strict=True):
                assert found.lower() <= (total / (1 + error.relative)).upper()
                assert found.upper() >= ((total + error.tail) / (1 - error.relative)).lower()


def test_relative_error_above_one_encloses_everything() -> None:
    """A grid whose relative error reaches 1 bounds nothing from above: the balls are infinite."""
    with ball(20).scope():
        c = ball(20).array([[Fraction(2)], [Fraction(-2)]])
        weights = ball(20).array([Fraction(1, 2)] * 2)
        enclosed = enclosure([Axis(2.5, 4, 0.7, 4.0)], c, weights)
        assert not any(entry.is_finite() for entry in entries(enclosed.overlap))


def stated_bounds(axes: list[Axis], c: NDArray[np.float64]) -> dict[str, float]:
    """The bounds of Lemmas Q and Q' as they are stated, in floats, for `grid_error`."""

    def eps(axis: Axis, cosines: int) -> float:
        a = axis.strip
        size = 2 * math.exp(a * a / 2) / math.cos(a * axis.spread / 2) ** cosines
        return size / math.expm1(2 * math.pi * a / axis.step)

    growth = math.prod(1 + eps(axis, 2) for axis in axes)
    ends = [axis.step * axis.half for axis in axes]
    tails = [math.erfc(end / math.sqrt(2)) for end in ends]
    edges = [math.sqrt(2 / math.pi) * math.exp(-(end**2) / 2) for end in ends]
    largest, half_square = abs(c).max(axis=0), (c**2).sum(axis=1).max() / 2
    loss, moments = 0.0, []
    for k, axis in enumerate(axes):
        others = largest.sum() - largest[k]
        bend = axis.strip * axis.spread / 2
        size = axis.spread / 2 + others + half_square + bend - math.log(math.cos(bend))
        loss += growth * (eps(axis, 0) * size + edges[k] * largest[k])
        loss += growth * tails[k] * (others + half_square)
        moments.append(growth * ((growth - 1) * (2 + axis.strip) + edges[k] + sum(tails)))
    tail = sum(tails) * growth
    return {"relative": growth - 1, "tail": tail, "loss": loss, "moment": max(moments)}


@pytest.mark.parametrize(
    ("axes", "c"),
    [
        ([Axis(1.0, 3, 1.2, 1.5)], [[0.5], [-1.0]]),
        ([Axis(0.5, 40, 1.0, 0.7)], [[0.3], [-0.4]]),
        ([Axis(1.25, 3, 1.1, 1.5), Axis(0.75, 6, 0.8, 2.5)], [[0.5, 2.0], [-1.0, -0.5], [0, 0]]),
        ([Axis(0.75, 6, 0.8, 2.5), Axis(1.25, 3, 1.1, 0.5)], [[2.0, 0.1], [-0.5, 0.6]]),
    ],
)
def test_bounds_are_those_of_the_lemmas(axes: list[Axis], c: list[list[float]]) -> None:
    """No smaller, or they would prove nothing; no larger, or they would cost digits."""
    with ball(30).scope():
        lifted = ball(30).array([[Fraction(entry) for entry in row] for row in c])
        error = grid_error(axes, lifted)
    for name, stated in stated_bounds(axes, np.array(c)).items():
        bound = getattr(error, name)
        assert bound.is_exact()
        assert float(bound) == pytest.approx(stated, rel=1e-9), name


def test_bounds_are_upper_ends() -> None:
    """Of coordinates that are wide balls the largest possible values count; so of any bound."""
    axes = [Axis(1.0, 6, 1.2, 1.5)]
    with ball(30).scope():
        wide = np.array([[flint.arb(0.5, 0.5)], [flint.arb(-0.25, 0.5)]], dtype=object)
        narrow = ball(30).array([[Fraction(1)], [Fraction(-3, 4)]])
        assert grid_error(axes, wide).loss >= grid_error(axes, narrow).loss
        assert trapezoid._upper(flint.arb(1, 0.5)) >= flint.arb(1.5)


@pytest.mark.parametrize(
    ("axis", "is_bounded"),
    [
        (Axis(0.0625, 200, 3.139, 1.0), True),
        (Axis(0.0625, 200, 3.1405, 1.0), False),
        (Axis(0.125, 8, 1.0, 1.0), True),
        (Axis(0.125, 7, 1.0, 1.0), False),
        (Axis(2.5, 8, 2.0, 1e-300), True),
    ],
)
def test_where_the_hypotheses_end(axis: Axis, is_bounded: bool) -> None:
    """aD < 3.14, X >= 1 and a relative error below 1."""
    error = grid_error([axis], ball(20).array([[Fraction(1, 2)], [Fraction(-1, 2)]]))
    for bound in (error.relative, error.tail, error.loss, error.moment):
        assert bound.is_finite() == is_bounded


def test_a_relative_error_of_one_is_the_end() -> None:
    """The bounds are given as long as the relative one is below 1."""
    c = ball(20).array([[Fraction(1, 2)], [Fraction(-1, 2)]])
    for step, is_bounded in ((3.75, True), (4.0, False)):
        assert grid_error([Axis(step, 4, 1.25, 1.0)], c).relative.is_finite() == is_bounded


# ------------------------------------------------------------------------- choosing the grid


@pytest.mark.parametrize(
    "c",
    [
        [[1.0], [-1.0]],
        [[1e-6], [0.0]],
        [[9.0], [-8.0], [0.5]],
        [[1e4, 0.001], [1e4 + 3, 0.0], [1e4 - 1, 0.0015]],
        [[4.0, 1.0], [-4.0, 0.0], [0.0, 0.5]],
    ],
)
@pytest.mark.parametrize("digits", [1, 4, 30])
def test_the_step_is_the_coarsest(c: list[list[float]], digits: int) -> None:
    """On every axis the error is what was asked for, and no other strip allows a longer step."""
    means = np.array(c)
    tolerance = 10.0**-digits
    axes = choose_grid(means, np.full(len(c), -math.log(len(c))), math.log(tolerance))
    assert len(axes) == means.shape[1]
    for axis, column in zip(axes, means.T, strict=True):
        assert axis.spread == pytest.approx(np.ptp(column), rel=1e-9)
        with ball(digits + 20).scope():
            single = grid_error([axis], ball(60).array([[Fraction(0)]]))
        assert 0.97 * tolerance <= float(single.relative) <= 1.001 * tolerance
        a = np.linspace(0, min(20.0, math.pi / axis.spread), 4000)[1:-1]
        bound = np.log(2 / tolerance) + a**2 / 2 - 2 * np.log(np.cos(a * axis.spread / 2))
        longest = (2 * math.pi * a / np.logaddexp(0, bound)).max()
        assert 0.999 * longest < axis.step <= longest * (1 + 1e-6)


def pointwise_overlap(c: NDArray[np.float64], log_weights: NDArray[np.float64]) -> float:
    """min over i, j of max over points of log(psi_i psi_j e^{-|x|^2/2}), and the spread's share."""
    n = len(c)
    points = [0 * c[0], *(m / 2 for m in c), *c]
    if n <= 8:
        points += [(a + b) / 2 for a in c for b in c]
    points = points[:: 1 + len(points) // 81]
    values = []
    for x in points:
        logits = np.array(
            [w - ((x - m) ** 2).sum() / 2 for w, m in zip(log_weights, c, strict=True)]
        )
        values.append((logits - np.logaddexp.reduce(logits), -(x**2).sum() / 2))
    smallest = min(
        max(log_psi[i] + log_psi[j] + log_phi for log_psi, log_phi in values)
        for i in range(n)
        for j in range(n)
    )
    return float(smallest - sum(math.log(1 + side) for side in np.ptp(c, axis=0)))


@pytest.mark.parametrize(
    ("n", "rank", "size"), [(2, 1, 4), (3, 1, 9), (4, 2, 2), (8, 1, 20), (9, 1, 3)]
)
def test_smallest_overlap_is_estimated_from_below(n: int, rank: int, size: float) -> None:
    """By the integrand at a few points: at most the smallest overlap, within e^5 of it."""
    rng = np.random.default_rng([n, rank])
    c = np.round(rng.uniform(-size, size, (n, rank)), 3)
    weights = rng.integers(1, 20, n)
    log_weights = np.log(weights / weights.sum())
    estimate = smallest_log_overlap(c, log_weights)
    assert estimate == pytest.approx(pointwise_overlap(c, log_weights), rel=1e-9)
    found = population(Mixture(c.tolist(), weights.tolist()), arithmetic=ball(10))
    exact = min(float(entry.log().mid()) for entry in entries(found.overlap))
    assert estimate < exact < estimate + 5


def test_of_many_points_a_share_is_enough() -> None:
    """About eighty, however many components there are."""
    rng = np.random.default_rng(0)
    c, log_weights = rng.uniform(-3, 3, (120, 1)), np.full(120, -math.log(120))
    estimate = smallest_log_overlap(c, log_weights)
    assert estimate == pytest.approx(pointwise_overlap(c, log_weights), rel=1e-9)


def test_the_work_of_an_estimate_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """In microseconds, by the number of components alone."""
    announced: list[tuple[float, str]] = []
    monkeypatch.setattr(trapezoid, "charge", lambda work, what: announced.append((work, what)))
    for n in (2, 500):
        smallest_log_overlap(np.zeros((n, 1)), np.zeros(n))
    assert announced == [
        (pytest.approx(0.2032), "the overlaps of 2 components"),
        (pytest.approx(62500), "the overlaps of 500 components"),
    ]


@pytest.mark.parametrize(
    "c", [[[1.0], [-2.0]], [[6.0], [-6.0]], [[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]]
)
def test_the_reach_resolves_the_smallest_overlap(c: list[list[float]]) -> None:
    """What is left out is below the wanted share of every overlap, and the reach no longer."""
    means = np.array(c)
    log_weights = np.full(len(c), -math.log(len(c)))
    log_tolerance = -12 * math.log(10)
    for axis in choose_grid(means, log_weights, log_tolerance):
        reach = axis.step * axis.half
        left_out = log_tolerance + smallest_log_overlap(means, log_weights)
        assert -(reach**2) / 2 + math.log(means.shape[1]) <= left_out
        assert -((reach - 2 * axis.step) ** 2) / 2 + math.log(means.shape[1]) > left_out


def test_what_is_said_of_grids_out_of_reach() -> None:
    """A mean of 1e100 or more, and an axis of 10^8 nodes or more on one side."""
    with pytest.raises(TooExpensive) as error:
        choose_grid(np.array([[1e100], [0.0]]), np.log([0.5, 0.5]), -20.0)
    assert str(error.value) == "a mean is farther than 1e+100, so no grid can be chosen"
    step = trapezoid.choose_axis(100.0, -20.0, 1.0).step
    assert trapezoid.choose_axis(100.0, -20.0, 0.99e8 * step).half < 1e8
    with pytest.raises(TooExpensive) as error:
        trapezoid.choose_axis(100.0, -20.0, 1e8 * step)
    assert str(error.value) == "an axis with means spread over 100 needs 1e+08 nodes"


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.fractions(-50, 50, max_denominator=10**6), min_size=2, max_size=5),
    st.integers(1, 60),
)
def test_chosen_grid_keeps_the_wanted_error(means: list[Fraction], digits: int) -> None:
    """The error proven for the chosen grid is the one that was asked for, whatever the means."""
    c = np.array([[float(m)] for m in means])
    log_weights = np.full(len(means), -math.log(len(means)))
    axes = choose_grid(c, log_weights, -digits * math.log(10))
    with ball(digits + 20).scope():
        error = grid_error(axes, ball(digits + 20).array([[m] for m in means]))
        assert error.relative <= flint.arb("1.001") * flint.arb(10) ** -digits


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e-9, 1e-9)),
        min_size=2,
        max_size=4,
    )
)
def test_spread_is_an_upper_bound(rows: list[tuple[float, float, float]]) -> None:
    """The spread that Lemma Q is used with, found in float64, is at least the exact one."""
    mixture = Mixture([list(row) for row in rows])
    reduction = affine_reduction(rational_matrix(mixture.means))
    if reduction.rank == 0:
        return
    for digits in (1, 60):
        arithmetic = ball(digits)
        with arithmetic.scope():
            c = reduction.coordinates(arithmetic)
        floats = np.array([[float(entry.mid()) for entry in row] for row in c])
        spreads = np.ptp(floats, axis=0) + 1e-14 * abs(floats).max(axis=0) + 1e-300
        with ball(80).scope():
            precise = reduction.coordinates(ball(80))
            for k, spread in enumerate(spreads):
                exact = max(abs(a - b).upper() for a in precise[:, k] for b in precise[:, k])
                assert exact <= flint.arb(float(spread))


def test_grids_are_small() -> None:
    """The node counts of theory.md: about 70 for 1e-16, and 320 for 50 digits, within 2."""
    c, log_weights = np.array([[1.0], [-1.0]]), np.log([0.5, 0.5])
    sizes = [grid_size(choose_grid(c, log_weights, -digits * math.log(10))) for digits in (16, 50)]
    assert 50 <= sizes[0] <= 110
    assert 250 <= sizes[1] <= 420


def test_nodes_are_exact() -> None:
    """The step has few bits, so that its multiples are exact in balls too."""
    c, log_weights = np.array([[0.7], [-1.1]]), np.log([0.5, 0.5])
    (axis,) = choose_grid(c, log_weights, -40.0)
    step = Fraction(axis.step)
    assert step.numerator.bit_length() <= 20
    assert axis.size == 2 * axis.half + 1
    with ball(20).scope():
        nodes = [as_fraction(exact_midpoint(x)) for x in axis.nodes()]
    assert nodes == [step * m for m in range(-axis.half, axis.half + 1)]
