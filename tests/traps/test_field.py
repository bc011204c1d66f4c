"""The field of a tube: what float64 rounds is covered, and so is a point known as balls."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest

from theorycheck.expectations.curvature import Enclosure
from theorycheck.traps.certified import PRECISION
from theorycheck.traps.field import Field
from theorycheck.traps.frame import Frame, frame_of

FRAME_OF_LENGTHS = tuple(
    tuple(Fraction(entry) for entry in row)
    for row in ((8, 8, 8), (1, -1, 0), (0.125, 0.125, -0.25))
)
WEIGHTS = tuple(Fraction(k, 21) for k in (1, 2, 3, 4, 5, 6))


@pytest.fixture(autouse=True)
def _precision():
    with PRECISION.scope():
        yield


def frames() -> list[Frame]:
    """Of six means with one to four far ones; their entries are no doubles."""
    means = tuple(map(Fraction, (5, -5, 4, -4, 0, 0)))
    return [frame_of(means, WEIGHTS, tuple(range(far))) for far in (1, 2, 3, 4)]


def product(matrix, other) -> list[list[Fraction]]:
    columns = list(zip(*other, strict=True))
    return [[sum(a * b for a, b in zip(row, c, strict=True)) for c in columns] for row in matrix]


@pytest.mark.parametrize("frame", frames())
def test_turned_matrices_and_means_hold_the_exact_ones(frame) -> None:
    field, rng = Field(frame, WEIGHTS), np.random.default_rng(0)
    for _ in range(20):
        h, y = rng.normal(size=(6, 6)), rng.normal(size=6)
        exact = product(product(frame.rows, [list(map(Fraction, row)) for row in h]), frame.inverse)
        turned = field._turned(Enclosure(h[None], h[None]))
        low, high = field._means_over(y[None], y[None])
        for i in range(6):
            mean = sum(a * Fraction(b) for a, b in zip(frame.inverse[i], y, strict=True))
            assert low[0, i] <= mean <= high[0, i]
            for j in range(6):
                assert turned.lower[0, i, j] <= exact[i][j] <= turned.upper[0, i, j]
        assert (turned.upper - turned.lower).max() < 1e-10


def test_forces_hold_those_of_all_points_of_balls() -> None:
    field = Field(frames()[1], WEIGHTS)
    centre, radius = [4.0, 5.0, 0.25, -0.25, 0.5, 0.125], 2.0**-6
    found = field.forces([flint.arb(value, radius) for value in centre])
    rng = np.random.default_rng(1)
    for _ in range(20):
        point = np.array(centre) + radius * rng.choice([-1, 1], 6)
        exact = field.forces([flint.arb(value) for value in point.tolist()])
        assert all(wide.contains(h.mid()) for wide, h in zip(found, exact, strict=True))


@pytest.mark.parametrize("half", [0.0, 0.03, 0.2])
def test_slopes_hold_those_of_smaller_boxes(half) -> None:
    """By the third derivatives too; the plain enclosure of a point is the reference."""
    field, rng = Field(frames()[2], WEIGHTS), np.random.default_rng(2)
    centre = np.array([2.0, 2.5, 1.5, 0.25, -0.25, 0.5])
    slopes = field.curvature(centre - half, centre + half)
    for _ in range(20):
        point = centre + half * rng.uniform(-1, 1, 6).round(int(rng.integers(0, 2)))
        exact = field.curvature(point, point).bounds
        part = slopes.along((point - 0.01 * half)[None], (point + 0.01 * half)[None])
        for low, high in (slopes.bounds, (part.lower[0], part.upper[0])):
            assert (low <= exact.upper).all()
            assert (exact.lower <= high).all()


def test_bends_hold_the_derivatives_of_the_slopes() -> None:
    """Row by row, in a frame whose inverse is far from its transpose."""
    weights = (Fraction(1, 4), Fraction(1, 100), Fraction(37, 50))
    field = Field(Frame(FRAME_OF_LENGTHS, 0), weights)
    rng = np.random.default_rng(3)
    for _ in range(40):
        y = rng.uniform(-2, 2, 3)
        bend = field.curvature(y, y).bend
        assert bend is not None
        for k, e in enumerate(1e-4 * np.eye(3)):
            ends = [field.curvature(y + sign * e, y + sign * e).bounds.lower for sign in (-1, 1)]
            assert (abs(ends[1] - ends[0]) / 2e-4 <= bend[:, :, k] + 1e-6).all()
