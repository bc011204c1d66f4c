"""Population quantities: golden values, two precisions, two arithmetics, invariances, errors."""

from __future__ import annotations

import sys
from dataclasses import fields
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.enclosures import entries
from helpers.populations import FIELDS, SLOW, assert_overlap, scaled
from theorycheck.arithmetic.arithmetics import FLOAT64, ball, float64
from theorycheck.errors import (
    InvalidType,
    InvalidValue,
    TheoryCheckError,
    TooExpensive,
    UnsupportedRank,
)
from theorycheck.expectations.population import Population, population
from theorycheck.inputs.mixture import Mixture

TINY = 1e-290  # below this float64 is not asked for relative accuracy


def worst(found: Any, exact: Any, *, by_largest: bool = False) -> float:
    """The largest relative error; relative to the largest entry of each if so asked."""
    a, b = np.array(entries(found), float), np.array([float(e) for e in entries(exact)])
    scale = np.full_like(b, abs(b).max(initial=0)) if by_largest else abs(b)
    counts = scale >= TINY
    return float((abs(a - b)[counts] / scale[counts]).max(initial=0))


def assert_close(found: Population, exact: Population, tolerance: float = 1e-12) -> None:
    """Float64 against balls (or floats): relative; the gradient by its largest entry.

    Positions are promised less: relative to the largest mean, and their balls narrow absolutely.
    """
    for name in FIELDS:
        if name == "positions":
            mean = max(abs(float(b)) for b in entries(exact.means))
            scale = max(abs(float(b)) for b in entries(exact.positions)) + 1e-4 * mean
            for a, b in zip(entries(found.positions), entries(exact.positions), strict=True):
                error = float(abs(flint.arb(a) - b.mid()))
                assert error <= tolerance * scale + float(b.rad()) + TINY, (name, error)
        else:
            error = worst(getattr(found, name), getattr(exact, name), by_largest=name == "gradient")
            assert error <= tolerance, (name, error)


# ---------------------------------------------------------------------------- golden values


@pytest.mark.parametrize("arithmetic", [FLOAT64, ball(20)], ids=["float64", "balls"])
def test_golden_values(arithmetic: Any) -> None:
    """The values that the acceptance criteria name."""
    skew = population(Mixture(["1.5", "-0.7", "2.0"], [".2", ".5", ".3"]), arithmetic=arithmetic)
    far = population(Mixture([12, -12, 0]), arithmetic=arithmetic)
    mid = population(Mixture([6, -6, 0]), arithmetic=arithmetic)
    assert float(skew.loss) == pytest.approx(0.2752736633390, abs=1e-12)
    assert float(far.responsibilities[0]) == pytest.approx(1.540273e-9, rel=1e-6)
    assert float(far.gradient[0, 0]) == pytest.approx(9.241636e-9, rel=1e-6)
    assert float(mid.responsibilities[0]) == pytest.approx(2.07554e-3, rel=1e-5)
    assert float(mid.gradient[0, 0]) == pytest.approx(6.22662e-3, rel=1e-5)
    assert float(mid.loss) == pytest.approx(1.090914, rel=1e-6)


def test_shapes_and_types() -> None:
    """Every field has its shape, in float64 as in balls."""
    mixture, n, d = Mixture([[1, 0, 2], [0, 1, 2]]), 2, 3
    shapes = {
        "loss": (),
        "responsibilities": (n,),
        "overlap": (n, n),
        "gradient": (n, d),
        "fisher_divergence": (),
        "positions": (n, d),
        "means": (n, d),
        "weights": (n,),
    }
    floats, balls = population(mixture), population(mixture, arithmetic=ball(10))
    assert set(shapes) == {field.name for field in fields(Population)}
    for name, shape in shapes.items():
        assert np.shape(getattr(floats, name)) == shape
        assert np.asarray(getattr(floats, name)).dtype == float
        assert np.shape(getattr(balls, name)) == shape
        assert all(isinstance(entry, flint.arb) for entry in entries(getattr(balls, name)))


@pytest.mark.parametrize("truth", [None, Mixture([3, 4])])
def test_the_student_is_told_as_it_was_given(truth: Mixture | None) -> None:
    """Means and weights, whatever truth the means were shifted by."""
    for arithmetic in (FLOAT64, ball(20)):
        found = population(Mixture([1, -2], [1, 3]), truth=truth, arithmetic=arithmetic)
        assert [float(mean) for mean in found.means.ravel()] == [1, -2]
        assert [float(weight) for weight in found.weights] == [0.25, 0.75]


# ------------------------------------------------------------------------ regimes of interest

PLANE = [[1, 0], ["-0.5", 1], ["0.3", "-1.7"]]


CASES: dict[str, tuple[Mixture, Mixture | None]] = {
    "one component": (Mixture([[3, 4]]), None),
    "at the optimum": (Mixture([[0, 0], [0, 0]]), None),
    "equal means": (Mixture([[1, "0.5"]] * 2), None),
    "moderate": (Mixture(["1.5", "-0.7", 2], [2, 5, 3]), None),
    "five components": (Mixture([-2, "-0.5", "0.1", 1, 3], [1, 2, 3, 4, 5]), None),
    "small": (Mixture(scaled([3, -1, 5], "1e-6"), [1, 2, 3]), None),
    "tiny": (Mixture(scaled([3, -1, 5], "1e-30"), [1, 2, 3]), None),
    "slow manifold 0.3": (Mixture(scaled(SLOW, "0.1")), None),
    "slow manifold 1e-3": (Mixture(scaled(SLOW, "1e-3")), None),
    "slow manifold 1e-6": (Mixture(scaled(SLOW, "1e-6")), None),
    "slow manifold 1e-30": (Mixture(scaled(SLOW, "1e-30")), None),
    "balanced pair 1e-6": (Mixture(["1e-6", "-1e-6"]), None),
    "1e-30 apart": (Mixture([1, 1 + Fraction(1, 10**30)]), None),
    "1e-30 apart, and one": (Mixture([1, 1 + Fraction(1, 10**30), -2], [1, 2, 3]), None),
    "trap 12": (Mixture([12, -12, 0]), None),
    "trap 24": (Mixture([24, -24, 0], [1, 2, 3]), None),
    "trap 37": (Mixture([37, 0], [3, 7]), None),
    "trap 60": (Mixture([60, 0], [1, 1]), None),
    "all far": (Mixture([60, 40, 35], [1, 2, 3]), None),
    "all far, both sides": (Mixture([30, -30], [3, 7]), None),
    "far and near": (Mixture([45, 1, -1], [1, 2, 2]), None),
    "far and slow": (Mixture([9, "1e-3", "-1e-3"], ["1e-12", 1, 1]), None),
    "weight 1e-12": (Mixture([1, -2, "0.5"], ["1e-12", 1, 2]), None),
    "weight 1e-12, mean zero": (Mixture([1, Fraction(-1, 10**12)], [1, 10**12]), None),
    "weight 1e-12, slow": (Mixture([1, "1e-6", "-1e-6"], ["1e-12", 1, 1]), None),
    "weight 1e-12, far": (Mixture([20, -1], ["1e-12", 1]), None),
    "off the line": (Mixture([["0.2", 1], ["0.2", "-0.4"], ["0.2", 2]]), None),
    "off the line, slow": (Mixture([["1e-9", "1e-6"], ["1e-9", "-1e-6"]]), None),
    "rank 2": (Mixture(PLANE, [3, 1, 1]), None),
    "rank 2, slow": (
        Mixture([scaled(row, "1e-6") for row in ([1, 0], [0, 1], [-1, -1])]),
        None,
    ),
    "rank 2, tiny": (
        Mixture([scaled(row, "1e-30") for row in ([1, 0], [0, 1], [-1, 2])]),
        None,
    ),
    "rank 2, thin": (Mixture([[1, 0], [-1, "1e-9"], ["0.5", "-1e-9"]]), None),
    "rank 2, trap": (Mixture([[4, 0], [0, 0], [0, "3.5"]], [1, 2, 3]), None),
    "mixture truth": (Mixture([1, 2, -3], [1, 2, 3]), Mixture([0, 1], [1, 2])),
    "far mixture truth": (Mixture([-2, 9, 10]), Mixture([-2, 2, 10])),
    "truth of one component": (Mixture([1, 2]), Mixture(["0.5"])),
    "plane, truth on a line": (
        Mixture([[1, 0], ["0.5", 1]]),
        Mixture([[0, 0], [1, 1], [-1, -1]], [1, 2, 1]),
    ),
}

cases = pytest.mark.parametrize(("mixture", "truth"), CASES.values(), ids=CASES.keys())


@cases
def test_float64_agrees_with_balls(mixture: Mixture, truth: Mixture | None) -> None:
    """To 1e-12, relatively, in every regime; the gradient relative to its largest entry."""
    assert_close(
        population(mixture, truth=truth),
        population(mixture, truth=truth, arithmetic=ball(18)),
    )


@pytest.mark.long
@cases
def test_two_precisions_overlap(mixture: Mixture, truth: Mixture | None) -> None:
    """Balls of p and p + 30 digits meet, and the midpoint of the finer one is inside the other."""
    digits = 8 if mixture.dimension > 1 else 12
    wide = population(mixture, truth=truth, arithmetic=ball(digits))
    narrow = population(mixture, truth=truth, arithmetic=ball(digits + 30))
    assert_overlap(wide, narrow)
    with ball(200).scope():
        for name in FIELDS:
            for a, b in zip(
                entries(getattr(wide, name)), entries(getattr(narrow, name)), strict=True
            ):
                assert b.rad() <= a.rad() * flint.arb("1e-20") or a.rad() == 0
                assert abs(a.mid() - b.mid()) <= a.rad() + b.rad()


@cases
def test_balls_keep_relative_accuracy(mixture: Mixture, truth: Mixture | None) -> None:
    """Overlaps and responsibilities to the digits asked, and the loss too near the optimum."""
    found = population(mixture, truth=truth, arithmetic=ball(15))
    for value in [*entries(found.overlap), *entries(found.responsibilities)]:
        assert value.rad() <= flint.arb("1e-14") * abs(value)
    if truth is None:
        size = 1 + max(abs(float(entry)) for row in mixture.means for entry in row)
        assert found.loss.rad() <= flint.arb("1e-12") * abs(found.loss) * size**2


# ------------------------------------------------------------------------------- identities

SOME = ["moderate", "slow manifold 1e-6", "trap 12", "weight 1e-12", "off the line", "rank 2"]

some = pytest.mark.parametrize("mixture", [CASES[name][0] for name in SOME], ids=SOME)


@some
def test_identities(mixture: Mixture) -> None:
    """p_i = sum_j G_ij, Stein (two expressions for the gradient), sum <grad_i, mu_i> = F."""
    at = population(mixture, arithmetic=ball(15))
    with ball(60).scope():
        stein = at.overlap @ at.means
        definition = at.responsibilities[:, None] * at.means - at.positions
        products = (at.gradient * at.means).sum()
        for a, b in zip(entries(at.gradient), entries(stein), strict=True):
            assert a.overlaps(b)
        for a, b in zip(entries(at.gradient), entries(definition), strict=True):
            assert a.overlaps(b)
        for a, b in zip(at.overlap.sum(axis=1), at.responsibilities, strict=True):
            assert a.overlaps(b)
        assert products.overlaps(at.fisher_divergence)
        assert at.responsibilities.sum().overlaps(flint.arb(1))
        for a, b in zip(entries(at.overlap), entries(at.overlap.T), strict=True):
            assert a.overlaps(b)


def test_identities_under_a_mixture_truth() -> None:
    """The definition E psi_i (mu_i - x) and the totals hold under any truth."""
    mixture, truth = CASES["plane, truth on a line"]
    at = population(mixture, truth=truth, arithmetic=ball(12))
    with ball(60).scope():
        definition = at.responsibilities[:, None] * at.means - at.positions
        for a, b in zip(entries(at.gradient), entries(definition), strict=True):
            assert a.overlaps(b)
        mean = [flint.fmpq(1, 4), flint.fmpq(1, 4)]  # of the truth
        for a, b in zip(at.positions.sum(axis=0), mean, strict=True):
            assert a.overlaps(flint.arb(b))
        for a, b in zip(at.overlap.sum(axis=1), at.responsibilities, strict=True):
            assert a.overlaps(b)


def test_truth_of_one_component_is_a_translation() -> None:
    """Under N(m, I) everything but the positions is that of the student moved by -m."""
    mixture = Mixture([[1, 2], ["-0.5", 1]], [2, 3])
    truth = Mixture([["0.3", -1]])
    against = population(mixture, truth=truth, arithmetic=ball(15))
    moved = population(mixture.shifted(["-0.3", 1]), arithmetic=ball(15))
    for name in ("loss", "responsibilities", "overlap", "gradient", "fisher_divergence"):
        pairs = zip(entries(getattr(against, name)), entries(getattr(moved, name)), strict=True)
        assert all(a.overlaps(b) for a, b in pairs)


@pytest.mark.parametrize("equal", [True, False])
def test_loss_and_fisher_divergence_vanish_at_the_truth_only(equal: bool) -> None:
    """L and F of a student from a mixture truth: 0 at the truth, certainly positive elsewhere."""
    truth = Mixture([1, -1, 3], [1, 2, 1])
    student = Mixture([3, 1, -1, -1], [1, 1, 1, 1]) if equal else Mixture([3, 1, "-1.01"])
    at = population(student, truth=truth, arithmetic=ball(25))
    assert at.loss.contains(0) == equal
    assert at.fisher_divergence.contains(0) == equal
    assert (at.loss > 0) == (not equal)
    assert (at.fisher_divergence > 0) == (not equal)


# ------------------------------------------------------------------------------ invariances


def rotated(mixture: Mixture) -> Mixture:
    """The first two coordinates rotated exactly, by (3/5, 4/5); then those of 5/13, 12/13."""
    rows = [list(row) for row in mixture.means]
    for k, (c, s) in enumerate(
        [(Fraction(3, 5), Fraction(4, 5)), (Fraction(5, 13), Fraction(12, 13))]
    ):
        for row in rows:
            if k + 1 < len(row):
                row[k], row[k + 1] = c * row[k] - s * row[k + 1], s * row[k] + c * row[k + 1]
    return Mixture(rows, mixture.weights)


def embedded(mixture: Mixture, extra: int) -> Mixture:
    """The same means among `extra` more coordinates, all zero."""
    return Mixture([list(row) + [0] * extra for row in mixture.means], mixture.weights)


def merged_overlap(overlap: Any, groups: list[list[int]]) -> Any:
    return np.array(
        [[sum(overlap[i, j] for i in a for j in b) for b in groups] for a in groups], dtype=object
    )


TETRAHEDRON = Mixture(
    [["0.4", 0, "0.1"], [0, "0.5", 0], [0, "0.2", "-0.6"], ["-0.5", "-0.3", "0.2"]], [1, 2, 3, 4]
)

INVARIANT = {
    "line": (Mixture([["0.5", 0], ["-1", 0], ["2.5", 0]], [1, 2, 3]), ball(14)),
    "trap": (Mixture([[12, 0], [0, 0]], [1, 3]), ball(14)),
    "rank 2": (Mixture(PLANE, [3, 1, 1]), ball(10)),
    "rank 3, float64": (TETRAHEDRON, FLOAT64),
}


invariant = pytest.mark.parametrize(
    ("mixture", "arithmetic"), INVARIANT.values(), ids=INVARIANT.keys()
)


def assert_same(found: Any, expected: Any) -> None:
    for a, b in zip(entries(found), entries(expected), strict=True):
        if isinstance(a, flint.arb) or isinstance(b, flint.arb):
            assert flint.arb(a).overlaps(flint.arb(b))
        else:
            assert a == pytest.approx(b, rel=1e-12, abs=1e-14)


def assert_scalars_same(found: Population, expected: Population) -> None:
    assert_same(found.loss, expected.loss)
    assert_same(found.fisher_divergence, expected.fisher_divergence)


@invariant
def test_rotation(mixture: Mixture, arithmetic: Any) -> None:
    """An exact rotation changes no scalar, and turns the gradient with the means."""
    before = population(mixture, arithmetic=arithmetic)
    after = population(rotated(mixture), arithmetic=arithmetic)
    assert_scalars_same(after, before)
    assert_same(after.overlap, before.overlap)
    turned = rotated(Mixture(np.eye(mixture.dimension, dtype=int).tolist()))
    with ball(40).scope():
        rotation = arithmetic.array(turned.means)
        assert_same(after.gradient, before.gradient @ rotation)
        assert_same(after.positions, before.positions @ rotation)


@invariant
def test_embedding(mixture: Mixture, arithmetic: Any) -> None:
    """Coordinates that no mean uses change nothing, and have no gradient."""
    before = population(mixture, arithmetic=arithmetic)
    after = population(embedded(mixture, 40), arithmetic=arithmetic)
    d = mixture.dimension
    assert_scalars_same(after, before)
    assert_same(after.overlap, before.overlap)
    assert_same(after.gradient[:, :d], before.gradient)
    assert all(entry == 0 for entry in entries(after.gradient[:, d:]))


@invariant
def test_permutation(mixture: Mixture, arithmetic: Any) -> None:
    """Renumbering the components renumbers the results."""
    order = [*range(1, mixture.components), 0]
    shuffled = Mixture([mixture.means[i] for i in order], [mixture.weights[i] for i in order])
    before = population(mixture, arithmetic=arithmetic)
    after = population(shuffled, arithmetic=arithmetic)
    assert_scalars_same(after, before)
    assert_same(after.overlap, before.overlap[np.ix_(order, order)])
    assert_same(after.gradient, before.gradient[order])
    assert_same(after.positions, before.positions[order])


@invariant
def test_splitting_and_merging(mixture: Mixture, arithmetic: Any) -> None:
    """A component split into two with the same mean shares its responsibility by weight."""
    share = Fraction(1, 3)
    first, rest = mixture.weights[0], mixture.weights[1:]
    split = Mixture([mixture.means[0], *mixture.means], [share * first, (1 - share) * first, *rest])
    before = population(mixture, arithmetic=arithmetic)
    after = population(split, arithmetic=arithmetic)
    groups = [[0, 1]] + [[i + 1] for i in range(1, mixture.components)]
    with ball(40).scope():
        assert_scalars_same(after, before)
        assert_same(merged_overlap(after.overlap, groups), before.overlap)
        assert_same(after.gradient[0] + after.gradient[1], before.gradient[0])
        assert_same(after.gradient[0], before.gradient[0] * arithmetic.scalar(share))
        assert_same(after.gradient[2:], before.gradient[1:])


@invariant
def test_translation_with_the_truth(mixture: Mixture, arithmetic: Any) -> None:
    """Student and truth moved together: the same loss, gradient and overlap."""
    offset = ["0.3", -2, "1.1"][: mixture.dimension]
    truth = Mixture([["0.5"] + [0] * (mixture.dimension - 1), [0] * mixture.dimension], [1, 3])
    before = population(mixture, truth=truth, arithmetic=arithmetic)
    after = population(mixture.shifted(offset), truth=truth.shifted(offset), arithmetic=arithmetic)
    assert_scalars_same(after, before)
    assert_same(after.overlap, before.overlap)
    assert_same(after.gradient, before.gradient)


def test_rank_three_of_a_box_is_a_product() -> None:
    """Means at the corners of a box: in float64 too, losses add and overlaps multiply."""
    sides = [Mixture([1, "-0.4"], [1, 2]), Mixture(["1.5", -1], [3, 1]), Mixture(["0.3", 0])]
    corners = [(i, j, k) for i in range(2) for j in range(2) for k in range(2)]
    box = Mixture(
        [[side.means[c][0] for side, c in zip(sides, corner, strict=True)] for corner in corners],
        [sides[0].weights[i] * sides[1].weights[j] * sides[2].weights[k] for i, j, k in corners],
    )
    one, two, three = (population(side, arithmetic=ball(18)) for side in sides)
    found = population(box)
    loss = one.loss + two.loss + three.loss
    fisher = one.fisher_divergence + two.fisher_divergence + three.fisher_divergence
    assert found.loss == pytest.approx(float(loss), rel=1e-13)
    assert found.fisher_divergence == pytest.approx(float(fisher), rel=1e-13)
    overlap = np.kron(np.kron(one.overlap, two.overlap), three.overlap)
    assert worst(found.overlap, overlap) < 1e-13
    weights = np.kron(two.responsibilities, three.responsibilities)
    expected = np.kron(one.gradient[:, 0], weights)
    assert worst(found.gradient[:, 0], expected, by_largest=True) < 1e-13


def test_rank_three_identities() -> None:
    """Stein and the projection identity in float64."""
    at = population(TETRAHEDRON)
    np.testing.assert_allclose(at.overlap @ at.means, at.gradient, atol=1e-14)
    definition = at.responsibilities[:, None] * at.means - at.positions
    np.testing.assert_allclose(definition, at.gradient, atol=1e-14)
    assert (at.gradient * at.means).sum() == pytest.approx(at.fisher_divergence, rel=1e-13)


# ---------------------------------------------------------------------- generated mixtures

sizes = st.sampled_from([Fraction(1, 10**30), Fraction(1, 10**6), Fraction(1, 100), 1, 5, 40])


@st.composite
def lines(draw: st.DrawFn) -> Mixture:
    n = draw(st.integers(2, 5))
    size = draw(sizes)
    shape = draw(st.lists(st.fractions(-1, 1), min_size=n, max_size=n))
    weights = draw(st.lists(st.sampled_from([1, 2, 7, 10**12]), min_size=n, max_size=n))
    if draw(st.booleans()):  # weighted mean zero: the slow manifold
        middle = sum(w * s for w, s in zip(weights, shape, strict=True)) / sum(weights)
        shape = [s - middle for s in shape]
    return Mixture([size * s for s in shape], weights)


@pytest.mark.long
@settings(deadline=None, max_examples=120)
@given(lines())
@example(Mixture([0, "-375/593"], [1, 500_000_000_000]))  # E psi_i x of the heavy one cancels
@example(
    Mixture([0, "0.4305811514", "0.4305811513"], [1, 10**12, 10**12])
)  # and of both heavy ones
def test_float64_agrees_with_balls_on_any_line(mixture: Mixture) -> None:
    """Hypothesis looks for a mixture on which float64 loses more than 1e-12."""
    assert_close(population(mixture), population(mixture, arithmetic=ball(18)))


# ----------------------------------------------------------------------------------- errors


def test_far_means_are_slow_but_right() -> None:
    """Means 1e3 apart: by symmetry, and by log 2 for the far one of two with equal weights."""
    pair = population(Mixture([500, -500]))
    assert pair.responsibilities == pytest.approx([0.5, 0.5], rel=1e-12)
    # L = a^2/2 - a E|x| + log 2 - E log(1 + e^{-2a|x|}), the last about phi(0) pi^2 / (12 a)
    last = np.pi**2 / (12 * 500) / np.sqrt(2 * np.pi)
    loss = 500**2 / 2 - 500 * np.sqrt(2 / np.pi) + np.log(2) - last
    assert pair.loss == pytest.approx(loss, rel=1e-13)
    lone = population(Mixture([1000, 0]))
    assert lone.loss == pytest.approx(np.log(2), rel=1e-12)
    assert lone.responsibilities[1] == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("mixture", [Mixture(["1e-400", 0]), Mixture([1, 0], ["1e-400", 1])])
def test_numbers_below_float64(mixture: Mixture) -> None:
    """What float64 cannot hold becomes 0 there, silently; balls hold it."""
    assert population(mixture).loss == 0
    precise = population(mixture, arithmetic=ball(10))
    assert precise.loss > 0
    assert precise.loss < flint.arb("1e-790")


@pytest.mark.parametrize(
    ("mixture", "arithmetic", "error"),
    [
        (Mixture(np.eye(5, dtype=int)), ball(13), UnsupportedRank),
        (Mixture(np.arange(90 * 90).reshape(90, 90) ** 2 % 97 / 7.0), ball(5), UnsupportedRank),
        (Mixture([1e7, 0]), FLOAT64, TooExpensive),
        (Mixture([1e200, 0]), FLOAT64, TooExpensive),
        (Mixture([1e6, 0]), ball(10), TooExpensive),
        (Mixture(["1e400", 0]), FLOAT64, InvalidValue),
        (Mixture([1e200]), FLOAT64, InvalidValue),
    ],
    ids=str,
)
def test_out_of_reach(mixture: Mixture, arithmetic: Any, error: type[TheoryCheckError]) -> None:
    """One clear error, at once, for what cannot be integrated."""
    with pytest.raises(error) as caught:
        population(mixture, arithmetic=arithmetic)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


def test_a_grid_serves_rank_five_and_points_rank_six() -> None:
    """Only what is estimated has a standard error."""
    assert population(Mixture(np.eye(6, 5, dtype=int))).standard_error is None
    assert population(Mixture(np.eye(7, 6, dtype=int))).standard_error is not None


def test_a_truth_elsewhere_keeps_the_weighted_mean_exact() -> None:
    """Under N(1/2, 1) a student balanced about 1/2 is a thousandth away from the optimum."""
    student = Mixture(["0.503", "0.498", "0.501"], [1, 2, 1])
    truth = Mixture(["1/2"])
    found = population(student, truth=truth)
    exact = population(student, truth=truth, arithmetic=ball(30))
    assert found.loss == pytest.approx(float(exact.loss.mid()), rel=1e-12)
    for a, b in zip(entries(found.gradient), entries(exact.gradient), strict=True):
        assert a == pytest.approx(float(b.mid()), rel=1e-10)


def test_standard_error_is_that_of_the_mean_of_scrambles(monkeypatch: pytest.MonkeyPatch) -> None:
    """From S independent estimates: their deviation, over the root of S - 1; in rank many axes."""
    module = sys.modules["theorycheck.expectations.population"]
    estimate = module.scrambled_moments

    def numbered(c: Any, weights: Any, mean: Any, scramble: int) -> Any:
        assert c.shape == (7, 6)
        return estimate(c, weights, mean, 0)._replace(loss=float(scramble))

    monkeypatch.setattr(module, "scrambled_moments", numbered)
    found = population(Mixture(np.eye(7, dtype=int)))
    losses = np.arange(module.SCRAMBLES)
    assert found.standard_error is not None
    assert found.loss == pytest.approx(losses.mean() + 1 / 14)
    assert found.standard_error.loss == pytest.approx(losses.std(ddof=1) / len(losses) ** 0.5)
    assert found.standard_error.overlap == pytest.approx(0 * found.overlap)


def test_rank_is_reported() -> None:
    """The error says what the rank is and what is supported."""
    with pytest.raises(UnsupportedRank, match=r"rank of the means is 4.*up to rank 3"):
        population(Mixture(np.eye(5, dtype=int)), arithmetic=ball(13))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (([1, 2], None), InvalidType),
        ((None, None), InvalidType),
        ((Mixture([1]), [0]), InvalidType),
        ((Mixture([1]), Mixture([[1, 2]])), InvalidValue),
        ((Mixture([[1, 2]]), Mixture([1])), InvalidValue),
    ],
    ids=str,
)
def test_bad_arguments(arguments: tuple[Any, Any], error: type[TheoryCheckError]) -> None:
    """A student or truth that is no mixture, or of another dimension, is one clear error."""
    mixture, truth = arguments
    with pytest.raises(error):
        population(mixture, truth=truth)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([1], None), "mixture is a list; give a Mixture"),
        ((Mixture([1]), [0]), "truth is a list; give a Mixture or None"),
        ((Mixture([1]), Mixture([[1, 2]])), "truth has dimension 2; the mixture has 1"),
        ((Mixture([1e200]), None), "the loss is beyond the range of float64 (1.8e308)"),
    ],
    ids=str,
)
def test_what_errors_say(arguments: tuple[Any, Any], sentence: str) -> None:
    """To the last word."""
    mixture, truth = arguments
    with pytest.raises(TheoryCheckError) as caught:
        population(mixture, truth=truth)
    assert str(caught.value) == sentence


def test_options_are_keywords() -> None:
    """The truth and the arithmetic are named where they are given."""
    with pytest.raises(TypeError):
        population(Mixture([1]), Mixture([2]))  # type: ignore[misc]


def test_absolute_accuracy_is_an_arithmetic() -> None:
    """On a line, in the plane and under a mixture truth; it is not the full accuracy."""
    rough = float64(absolute_accuracy=1e-6)
    for mixture, truth in (
        (Mixture([12, -12, 1]), None),
        (Mixture([[9, 3], [-9, 8], [4, -11]]), None),
        (Mixture([12, -12, 1]), Mixture([1, -1])),
    ):
        found = population(mixture, truth=truth, arithmetic=rough)
        fine = population(mixture, truth=truth)
        assert 1e-15 < abs(found.gradient - fine.gradient).max() < 2e-5
        assert abs(found.overlap - fine.overlap).max() < 1e-6
        assert found.loss == pytest.approx(fine.loss, abs=1e-5)
    with pytest.raises(InvalidValue, match="absolute_accuracy is 0"):
        float64(absolute_accuracy=0)


@pytest.mark.parametrize("scale", [1, "0.7"])
@pytest.mark.parametrize(
    ("means", "weights"),
    [
        ([["60"], ["0"]], ["0.00006", "0.99994"]),
        ([["19.556"], ["-0.132"], ["0.429"]], ["0.0018494", "0.7152", "0.2829506"]),
        ([["9", "1"], ["0.1", "-0.1"], ["-0.2", "0.2"]], ["0.0001", "0.6666", "0.3333"]),
    ],
)
@pytest.mark.parametrize("digits", [6, 12, 20])
def test_light_components_far_out_do_not_hide_that_the_loss_is_small(
    means: list[list[str]], weights: list[str], scale: object, digits: int
) -> None:
    """It is about their weights, however far they are: digits cancel, and are added."""
    mixture = Mixture(means, weights).scaled(scale)  # type: ignore[arg-type]
    loss = population(mixture, arithmetic=ball(digits)).loss
    assert float(loss.rad() / loss.mid()) < 10.0 ** (1 - digits)
