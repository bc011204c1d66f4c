"""The field in Arb alone: it holds Hessians and third derivatives, however coarse its grid is.

Against float64 sums over a fine grid, written from the definition.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from helpers.simulation import NODE_WEIGHTS, NODES
from theorycheck.inputs.numbers import Floats
from theorycheck.traps import arb_field
from theorycheck.traps.arb_field import ArbField
from theorycheck.traps.certified import PRECISION
from theorycheck.traps.frame import frame_of

ROOM = 1e-12


def field_of(means: Floats, weights: tuple[Fraction, ...]) -> ArbField:
    middle = tuple(map(Fraction, means.tolist()))
    return ArbField(frame_of(middle, weights, (0,)), weights)


def hessian(mu: Floats, weights: tuple[Fraction, ...]) -> Floats:
    z = NODES - mu[:, None]
    logits = np.log(np.array(weights, float))[:, None] - z * z / 2
    psi = np.exp(logits - logits.max(axis=0))
    psi /= psi.sum(axis=0)
    found = (psi * z * NODE_WEIGHTS) @ (psi * z).T
    np.fill_diagonal(found, (psi * (1 - (1 - psi) * z * z)) @ NODE_WEIGHTS)
    return found


STARTS = [
    (np.array([2.0, 1.5, -1.0]), (Fraction(1, 3),) * 3),
    (np.array([4.0, -3.5, 0.25, 0.0]), tuple(Fraction(k, 10) for k in (1, 2, 3, 4))),
    (np.array([1.0, -0.5]), (Fraction(1, 5), Fraction(4, 5))),
    (np.array([2.5]), (Fraction(1),)),
]


@pytest.mark.long
@pytest.mark.parametrize("digits", [0.5, 1.0, 2.0, 14.0])
@pytest.mark.parametrize("half", [0.0, 0.4])
@pytest.mark.parametrize(("mu", "weights"), STARTS)
def test_boxes_hold_their_points(monkeypatch, mu, weights, half, digits) -> None:
    monkeypatch.setattr(arb_field, "_LOG_TOLERANCE", -digits * math.log(10))
    rng = np.random.default_rng(0)
    with PRECISION.scope():
        found = field_of(mu, weights)._over((mu - half)[None], (mu + half)[None], True)
    low, high = found.hessian.lower[0], found.hessian.upper[0]
    for _ in range(30):
        point = mu + half * rng.uniform(-1, 1, len(mu)).round(int(rng.integers(0, 2)))
        step = 1e-4 * rng.choice([-1, 1], len(mu))
        exact = hessian(point, weights)
        assert (low <= exact + ROOM).all()
        assert (exact - ROOM <= high).all()
        moved = abs(hessian(point + step, weights) - hessian(point - step, weights))
        assert (moved <= 2 * found.third[0] @ abs(step) + 1e-9).all()


def test_a_node_within_the_range_of_a_mean() -> None:
    """There the term is largest at the node, not at an end of the range."""
    weights = (Fraction(1, 2), Fraction(1, 2))
    with PRECISION.scope():
        field = field_of(np.array([1.0, 0.0]), weights)
        box = arb_field._Box.of([-0.5, -2.0], [1.5, -2.0], field._shares)
        for x, node in zip(box.axis.nodes(), box.nodes, strict=True):
            if not -0.5 < float(x) < 1.5:
                continue
            top = 1 / (1 + math.exp(-((float(x) + 2) ** 2) / 2))
            assert node.psi[0].upper >= top * (1 - 1e-12)
            assert node.rest[0].lower <= (1 - top) * (1 + 1e-12)
            assert node.square[0].lower == 0
