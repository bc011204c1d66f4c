"""Starts of random boxes, simulated by plain sums, never contradict the bounds of their box."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import theorycheck as tc
from helpers.simulation import step
from theorycheck.inputs.numbers import Floats
from theorycheck.traps import escape_bounds as module

STARTS = 50
MOST = 3000


def random_region(rng: np.random.Generator) -> tuple[tc.Region, Fraction, tuple[int, ...]]:
    """A box of starts with one or two far means and one to three near ones, eta, and the far."""
    far, near = int(rng.integers(1, 3)), int(rng.choice([1, 1, 1, 2, 3]))
    signs = rng.permutation([1, -1])[:far]
    middles = [*signs * rng.uniform(2.5, 5.8, far), *rng.normal(0, 0.15, near)]
    widest = [0.125] * far + [0.05] * near if near == 1 else [0.01] * (far + near)
    halves = np.array(widest) * rng.choice([0, 0.3, 1], far + near)
    means = [
        (Fraction(round(1000 * (m - h)), 1000), Fraction(round(1000 * (m + h)), 1000))
        for m, h in zip(middles, halves, strict=True)
    ]
    shares = [Fraction(int(s) + 1, 1000) for s in 1000 * rng.dirichlet([4.0] * len(means))]
    weights = [(share / sum(shares),) * 2 for share in shares]
    eta = Fraction(str(rng.choice(["1", "0.7", "0.3"])))
    return tc.Region(len(means), means=means, weights=weights), eta, tuple(range(far))


def simulated(
    region: tc.Region, eta: Fraction, far: tuple[int, ...], rng: np.random.Generator
) -> Floats:
    """T of random starts of a region, corners among them; MOST stands for that many or more."""
    assert region.means is not None
    assert region.weights is not None
    low, high = (np.array([float(ends[k]) for ends in region.means]) for k in (0, 1))
    t = rng.uniform(size=(STARTS, len(low)))
    t[: STARTS // 2] = rng.integers(0, 2, t[: STARTS // 2].shape)
    mu = low + t * (high - low)
    weights = np.tile([float(share) for share, _ in region.weights], (STARTS, 1))
    radii = 5 / 6 * abs(mu[:, far])
    found = np.full(STARTS, MOST)
    running = np.arange(STARTS)
    for k in range(MOST):
        gone = (abs(mu[:, far]) <= radii[running]).any(axis=1)
        found[running[gone]] = k
        mu, running = mu[~gone], running[~gone]
        if len(running) == 0:
            break
        mu = step(mu, weights[: len(mu)], float(eta))
    return found


def contradictions(boxes: int, seed: int) -> tuple[int, int]:
    """How many starts leave too early or too late, and how many boxes have no upper bound."""
    rng = np.random.default_rng(seed)
    wrong = without = 0
    for _ in range(boxes):
        region, eta, far = random_region(rng)
        found = tc.escape_bounds(region, eta, far=far)
        steps = simulated(region, eta, far, rng)
        assert found.steps_lower is not None
        wrong += int((steps < found.steps_lower).sum())
        without += found.method != "tube"
        if found.steps_upper is not None:
            wrong += int((steps > found.steps_upper).sum())
    return wrong, without


@pytest.mark.long
def test_starts_of_random_boxes_are_within_their_bounds() -> None:
    """600 starts; all boxes but few are closed by a tube."""
    wrong, without = contradictions(12, seed=1)
    assert wrong == 0
    assert without <= 1


@pytest.mark.slow
def test_ten_thousand_starts_of_random_boxes_are_within_their_bounds() -> None:
    wrong, without = contradictions(200, seed=2)
    assert wrong == 0
    assert without <= 10


@pytest.mark.long
def test_bounds_of_the_middle_alone_would_be_contradicted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tube that forgets the size of the box: the comparison above finds it."""
    ends = module._ends_of_region

    def shrunk(region: tc.Region):  # type: ignore[no-untyped-def]
        low, high, weights = ends(region)
        middle = tuple(((a[0] + b[0]) / 2,) for a, b in zip(low, high, strict=True))
        return middle, middle, weights

    monkeypatch.setattr(module, "_ends_of_region", shrunk)
    assert contradictions(12, seed=1)[0] > 50
