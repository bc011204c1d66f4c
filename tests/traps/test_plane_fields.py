"""The fields of the plane hold gradients and Hessians, in float64 and in Arb alone.

Against differences of plain float64 sums that share no code with the package.
"""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import numpy as np
import pytest

from helpers.simulation import step_in_plane
from theorycheck.inputs.numbers import Floats
from theorycheck.traps import arb_plane
from theorycheck.traps.arb_plane import ArbPlaneField
from theorycheck.traps.certified import PRECISION
from theorycheck.traps.frame import frame_of
from theorycheck.traps.plane import PlaneField

WEIGHTS = tuple(Fraction(k, 10) for k in (2, 3, 5))
STARTS = [
    (np.array([3.0, 0.5, -1.0, 2.5, 0.1, -0.2]), WEIGHTS),
    (np.array([2.0, 1.0, 0.1, -0.3]), (Fraction(1, 5), Fraction(4, 5))),
]


def field_of(kind, means: Floats, weights: tuple[Fraction, ...]):
    return kind(frame_of(tuple(map(Fraction, means.tolist())), weights, (0,), 2), weights)


def gradients(points: Floats, weights: tuple[Fraction, ...]) -> Floats:
    means = points.reshape(len(points), -1, 2)
    shares = np.tile(np.array(weights, dtype=float), (len(points), 1))
    return points - step_in_plane(means, shares, 1.0).reshape(points.shape)


def hessian(point: Floats, weights: tuple[Fraction, ...]) -> Floats:
    moved = 1e-4 * np.eye(len(point))
    return (gradients(point + moved, weights) - gradients(point - moved, weights)) / 2e-4


@pytest.mark.long
@pytest.mark.parametrize("kind", [PlaneField, ArbPlaneField])
@pytest.mark.parametrize("half", [0.0, 0.2])
@pytest.mark.parametrize(("mu", "weights"), STARTS)
def test_boxes_hold_the_hessians_of_their_points(mu, weights, half, kind) -> None:
    rng = np.random.default_rng(0)
    with PRECISION.scope():
        found = field_of(kind, mu, weights)._over((mu - half)[None], (mu + half)[None], False)
    low, high = found.hessian.lower[0], found.hessian.upper[0]
    if half == 0:
        assert (high - low).max() < 1e-4
    for _ in range(10):
        point = mu + half * rng.uniform(-1, 1, len(mu)).round(int(rng.integers(0, 2)))
        exact = hessian(point, weights)
        assert (low <= exact + 1e-6).all()
        assert (exact - 1e-6 <= high).all()


@pytest.mark.long
@pytest.mark.parametrize(("digits", "light"), [(0.75, 0), (1.5, 0), (3, 0), (6, 1e-2), (6, 1e-4)])
def test_what_a_coarse_or_a_small_grid_is_off_by_is_covered(monkeypatch, digits, light) -> None:
    monkeypatch.setattr(arb_plane, "LOG_TOLERANCE", -digits * math.log(10))
    monkeypatch.setattr(arb_plane, "_LIGHT", light)
    for mu, weights in STARTS:
        with PRECISION.scope():
            found = field_of(ArbPlaneField, mu, weights)._over(mu[None], mu[None], False).hessian
        exact = hessian(mu, weights)
        assert (found.lower[0] <= exact + 1e-6).all()
        assert (exact - 1e-6 <= found.upper[0]).all()


@pytest.mark.parametrize("kind", [PlaneField, ArbPlaneField])
@pytest.mark.parametrize(("mu", "weights"), STARTS)
def test_forces_are_gradients_in_the_frame(mu, weights, kind) -> None:
    with PRECISION.scope():
        field = field_of(kind, mu, weights)
        rows = np.array(field.frame.rows, dtype=float)
        found = field.forces(list(map(flint.arb, (rows @ mu).tolist())))
    assert np.allclose(
        list(map(float, found)), rows @ gradients(mu[None], weights)[0], rtol=0, atol=1e-7
    )
    assert max(float(h.rad()) for h in found) < 1e-7


def test_both_fields_agree() -> None:
    """Over boxes, by two implementations of the same ranges."""
    mu, weights = STARTS[0]
    with PRECISION.scope():
        one, other = (
            field_of(kind, mu, weights).curvature(mu - 0.1, mu + 0.1).bounds
            for kind in (PlaneField, ArbPlaneField)
        )
    assert np.allclose(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("x", "y"), [(3, 4), (-0.2, 5), (0, -2), (7, 0), (-1e-6, -3)])
def test_frames_of_the_plane_point_at_the_far_means(x, y) -> None:
    means = tuple(map(Fraction, (x, y, 0, 0.1, 0.2, 0)))
    frame = frame_of(means, WEIGHTS, (0,), 2)
    assert frame.lengths[:2] == (1, 1)
    radial, tangential = (np.array(row[:2], dtype=float) @ [x, y] for row in frame.rows[:2])
    assert radial == pytest.approx(math.hypot(x, y), rel=1e-12)
    assert abs(tangential) < 1e-11 * radial
    assert (list(frame.tangential), list(frame.fast), frame.has_several_near) == ([1], [2, 3], True)
