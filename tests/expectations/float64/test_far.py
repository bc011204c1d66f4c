"""Far means in float64: against balls, and against sums over all of a grid."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.special import logsumexp

from theorycheck.arithmetic.arithmetics import ball, float64
from theorycheck.errors import TooExpensive
from theorycheck.expectations.float64 import regimes as fm
from theorycheck.expectations.float64.direct import gram
from theorycheck.expectations.float64.tiles import Tiles, _matters, tiles
from theorycheck.expectations.moments import Moments
from theorycheck.expectations.population import population
from theorycheck.inputs.mixture import Mixture

LINES = [
    Mixture([12, -12, "1/2"]),
    Mixture([12, -11, 1], ["1e-6", 1, 1]),
    Mixture([30, 31, -25], [1, 2, 3]),
    Mixture([60, "60.5"], [1, 2]),
]


def plane(seed: int, scale: float) -> Mixture:
    means = (scale * np.random.default_rng(seed).normal(size=(4, 2))).round(2)
    return Mixture(means.tolist(), [1, 2, 3, 4])


PLANES = [plane(0, 9), plane(1, 8), plane(4, 8)]


@pytest.mark.parametrize(
    ("mixture", "digits"), [*((line, 20) for line in LINES), *((flat, 12) for flat in PLANES)]
)
def test_fields_agree_with_balls(mixture: Mixture, digits: int) -> None:
    """Relatively in every entry, as far as balls know it."""
    found, exact = population(mixture), population(mixture, arithmetic=ball(digits))
    for name in Moments._fields:
        entries = zip(
            np.ravel(getattr(found, name)).tolist(), np.ravel(getattr(exact, name)), strict=True
        )
        for entry, enclosure in entries:
            middle, radius = float(enclosure.mid()), float(enclosure.rad())
            assert abs(entry - middle) <= 1e-12 * max(abs(middle), 1e-280) + radius, name


def turned_box(first: Mixture, second: Mixture) -> Mixture:
    """The product of two mixtures on lines, turned by the angle of the triangle 3, 4, 5."""
    corners = [
        ((3 * x - 4 * y) / 5, (4 * x + 3 * y) / 5)
        for (x,), (y,) in product(first.means, second.means)
    ]
    return Mixture(corners, [v * w for v, w in product(first.weights, second.weights)])


@pytest.mark.parametrize(("wide", "high"), [(12, 9), (6, 20)])
def test_overlaps_of_a_box_are_products(wide: int, high: int) -> None:
    """Three means per axis: each overlap is the product of two on lines, down to e^-288."""
    lines = Mixture([wide, 0, 1 - wide], [1, 2, 1]), Mixture([high, 1, -high], [3, 1, 2])
    sides = [population(line) for line in lines]
    found = population(turned_box(*lines))
    expected = np.kron(sides[0].overlap, sides[1].overlap)
    assert 0 < expected.min() < 1e-80
    np.testing.assert_allclose(found.overlap, expected, rtol=1e-12)
    assert found.loss == pytest.approx(sides[0].loss + sides[1].loss, rel=1e-14)


def refuse(*_: Any) -> None:
    raise AssertionError("the log domain")


@pytest.mark.parametrize("mixture", LINES + PLANES)
def test_far_means_need_no_sums_in_the_log_domain(
    mixture: Mixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fm, "log_domain_moments", refuse)
    assert population(mixture).loss > 0


@pytest.mark.parametrize("rank", [2, 3])
def test_tiles_lose_nothing_that_matters(rank: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as a ball of nodes, at a distance where both are quick."""
    c, w = np.random.default_rng(rank).normal(size=(4, rank)), np.array([0.1, 0.2, 0.3, 0.4])
    whole = fm.float_moments(3 * c, w, lambda: 3 * w @ c)
    monkeypatch.setattr(fm, "_TILED", 0.0)
    found = fm.float_moments(3 * c, w, lambda: 3 * w @ c)
    for name, one, other in zip(Moments._fields, found, whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, err_msg=name)


def test_a_loss_near_zero_is_summed_in_the_log_domain_over_tiles() -> None:
    """Far components of small weights: S is 1 but for them, and the loss is their weight."""
    lines = Mixture([0, 11], [999_999, 1]), Mixture([0, 13], [9_999_999, 1])
    sides = [population(line) for line in lines]
    found = population(turned_box(*lines))
    assert found.loss == pytest.approx(sides[0].loss + sides[1].loss, rel=1e-13)
    assert found.loss == pytest.approx(1.1e-6, rel=1e-4)
    expected = np.kron(sides[0].overlap, sides[1].overlap)
    np.testing.assert_allclose(found.overlap, expected, rtol=1e-12)


def test_near_components_keep_their_mass_in_the_log_domain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """E u = 0 holds only over tiles that have it; the truth alone would not need them."""
    monkeypatch.setattr(fm, "direct_moments", lambda *_: None)
    mixture = Mixture([[7, 0], [-1, 9], [0, -7]], [1, 2, 3])
    found, exact = population(mixture), population(mixture, arithmetic=ball(12))
    assert found.loss == pytest.approx(float(exact.loss.mid()), rel=1e-12)


def test_absolute_accuracy_is_kept_with_fewer_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors of overlaps and gradient are about what was asked for, and far below the floor."""
    c, w = 12 * np.random.default_rng(4).normal(size=(5, 2)), np.full(5, 0.2)
    sizes = []

    def counted(*arguments: Any) -> Tiles:
        found = tiles(*arguments)
        sizes.append(found.size)
        return found

    monkeypatch.setattr(fm, "tiles", counted)
    fine, relative, found = (
        fm.float_moments(c, w, lambda: w @ c, accuracy, is_absolute=is_absolute)
        for accuracy, is_absolute in ((1e-16, False), (1e-8, False), (1e-8, True))
    )
    assert abs(found.overlap - fine.overlap).max() < 1e-8
    assert abs(found.gradient - fine.gradient).max() < 1e-8 * abs(c).max()
    assert found.loss == pytest.approx(fine.loss, rel=1e-8)
    np.testing.assert_allclose(relative.overlap, fine.overlap, rtol=1e-8)
    assert sizes[0] > 3 * sizes[1] > 4 * sizes[2]


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("floor", [-600.0, 0.0])
def test_nothing_of_size_is_left_out(rank: int, floor: float) -> None:
    """On tiles that are not kept, wide ones, every psi_i psi_j phi is below the tolerance."""
    rng = np.random.default_rng(rank)
    c, log_weights, tolerance = 7 * rng.normal(size=(4, rank)), np.log([0.1, 0.2, 0.3, 0.4]), -12.0
    axis = np.arange(-12.0, 12.0, 2.0 if rank == 2 else 3.0)
    middles = np.stack(np.meshgrid(*[axis] * rank, indexing="ij"), axis=-1).reshape(-1, rank)
    half_widths = np.full(rank, (axis[1] - axis[0]) / 2)
    is_kept = _matters(c, log_weights, middles, half_widths, tolerance, floor)
    assert 0.05 < is_kept.mean() < 0.95
    x = middles[:, None] + rng.uniform(-1, 1, size=(300, rank)) * half_widths
    logits = x @ c.T - (c * c).sum(axis=1) / 2 + log_weights
    log_psi = logits - logsumexp(logits, axis=-1, keepdims=True)
    roots = log_psi - (x * x).sum(axis=-1, keepdims=True) / 4
    for one, other in np.ndindex(4, 4):
        values = roots[..., one] + roots[..., other]
        assert values[~is_kept].max() < max(values.max(), floor) + tolerance


def test_too_many_nodes_are_refused() -> None:
    with pytest.raises(TooExpensive, match="bring the means closer"):
        population(Mixture([[300, 0], [0, 300], [-200, -100]]))
    with pytest.raises(TooExpensive, match="bring the means closer"):
        population(Mixture([[3e4, 0], [0, 3e4], [-2e4, -1e4]]))


def test_products_of_small_numbers_keep_their_accuracy() -> None:
    """Down to 1e-290, whether or not numbers are scaled on the way."""
    psi = np.exp(-700 * np.random.default_rng(0).uniform(size=(5, 40)) ** 2)
    psi[0, 0], psi[1, 1] = 0.0, 1e-310
    with mpmath.workdps(30):
        rows = [[mpmath.mpf(entry) for entry in row] for row in psi.tolist()]
        exact = [[float(mpmath.fdot(one, other)) for other in rows] for one in rows]
    np.testing.assert_allclose(gram(psi), exact, rtol=1e-14, atol=1e-298)
    small = np.array([[1e-200, 1.0], [1.0, 1e-170], [1e-160, 1e-290]])
    expected = [[1.0, 1.0000e-170, 1e-290], [1e-170, 1.0, 1e-160], [1e-290, 1e-160, 0.0]]
    np.testing.assert_allclose(gram(small), expected, rtol=1e-14, atol=1e-298)


@pytest.mark.parametrize("means", [[30, -1, -20], [[9, 0], [0, 9], [-8, 1]]])
def test_a_weight_that_is_rounded_to_zero(means: Any) -> None:
    """No warning, and the others are as without it."""
    found = population(Mixture(means, ["1e-400", 1, 2]))
    rest = population(Mixture(means[1:], [1, 2]))
    assert found.loss == pytest.approx(rest.loss, rel=1e-13)
    np.testing.assert_allclose(found.overlap[1:, 1:], rest.overlap, rtol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("accuracy", [1e-3, 5e-4, 1e-4, 1e-8])
@pytest.mark.parametrize(
    "means",
    [
        [[-7.7, 0.16], [-18.3, 0.14], [2.9, -0.11], [-4.8, -0.12], [11.2, 0.05]],
        [[12.3, 0.17, 0.165], [-9.1, -0.012, 0.03], [18.2, -0.065, -0.021]],
    ],
)
def test_coarse_steps_across_a_thin_strip(means: list[list[float]], accuracy: float) -> None:
    """A tile of many such steps would be so wide that densities at its nodes overflow."""
    rough = population(Mixture(means), arithmetic=float64(absolute_accuracy=accuracy))
    fine = population(Mixture(means))
    assert rough.loss == pytest.approx(fine.loss, rel=0, abs=30 * accuracy)
    assert abs(rough.overlap - fine.overlap).max() < 3 * accuracy


def test_small_overlaps_of_a_thin_strip() -> None:
    """As on the line: the density in the middle of no tile that matters is rounded to zero."""
    places, weights = [29, "3.5", "3.5"], [Fraction(1, 10**200), 1, 1]
    off = ["1e-7", "-1e-7", "1e-7"]
    strip = Mixture(list(zip(places, off, strict=True)), weights)
    found, line = population(strip).overlap, population(Mixture(places, weights)).overlap
    assert found[0, 0] == pytest.approx(line[0, 0], rel=1e-11, abs=0)  # of 1.8e-258
