"""Tubes hold what gradient EM does, and every part of their proof is needed.

Simulated starts, by plain float64 sums that share no code with the package, are held against the
boxes and the times of the macro-steps. Then faults are planted in the proof's ingredients, and the
same comparison must find them.
"""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest

from helpers.simulation import step as simulated_step
from helpers.tubes import never_short, outside
from theorycheck.traps import tracking, tube
from theorycheck.traps.certified import PRECISION, Question, _begin
from theorycheck.traps.field import Field
from theorycheck.traps.frame import frame_of
from theorycheck.traps.tracking import Limits, State, track
from theorycheck.traps.tube import LOWER, UPPER, Path

ROOM = 1e-9
"""What the simulation itself may be off by."""


def question(low, high, weights=None, eta="1", far=(0, 1), shrink="5/6") -> Question:
    n = len(low)
    shares = weights or [Fraction(1, n)] * n
    exact = [tuple(map(Fraction, values)) for values in (low, high, shares)]
    return Question(*exact, Fraction(eta), tuple(far), Fraction(shrink), None)


POINT = question(["8", "-7.5", "0.1"], ["8", "-7.5", "0.1"], ["0.2", "0.3", "0.5"])
SMALL_STEPS = question(["7", "0.3"], ["7", "0.3"], ["0.4", "0.6"], eta="0.1", far=(0,))
TWO_NEAR = question(
    ["7", "-7.2", "0.05", "-0.08"],
    ["7.01", "-7.19", "0.06", "-0.07"],
    ["0.2", "0.3", "0.25", "0.25"],
)
BOX = question(["6", "-6.5", "-0.1"], ["6.25", "-6.25", "0.1"])
CLOSE = question(["2.5", "-3.1", "1.1"], ["2.6", "-3", "1.3"], eta="0.7")
ALL = (POINT, SMALL_STEPS, TWO_NEAR, BOX, CLOSE)


def starts(asked: Question, count: int) -> np.ndarray:
    """Random means of the box, corners among them."""
    rng = np.random.default_rng(3)
    low, high = (np.array(ends, dtype=float) for ends in (asked.low, asked.high))
    t = np.where(
        rng.uniform(size=(count, len(low))) < 0.5, rng.integers(0, 2, (count, len(low))), 0
    )
    t = np.where(rng.uniform(size=t.shape) < 0.5, t, rng.uniform(size=t.shape))
    return low + t * (high - low)


def contradictions(asked: Question, count: int = 8, most: int = 3000) -> int:
    """How often simulated starts are outside a box, leave before `first`, or after `last`.

    Boxes are for starts that have not left. At most so many steps are simulated.
    """
    mu = starts(asked, count)
    weights = np.tile(np.array(asked.weights, dtype=float), (len(mu), 1))
    far, eta = list(asked.far), float(asked.step_size)
    radii = float(asked.shrink) * abs(mu[:, far])
    left = np.full(len(mu), -1)
    found, t = 0, 0
    with PRECISION.scope():
        frame = frame_of(asked.middle, asked.weights, asked.far)
        place, state = _begin(asked, frame, Field(frame, asked.weights))
        rows = np.array(frame.rows, dtype=float)
        for _, after in track(place, state, Limits()):
            state = after
            while t < state.steps and t < most:
                left[(left < 0) & (abs(mu[:, far]) <= radii).any(axis=1)] = t
                mu, t = simulated_step(mu, weights, eta), t + 1
            left[(left < 0) & (abs(mu[:, far]) <= radii).any(axis=1)] = t
            if t < state.steps:
                break
            y = mu[left < 0] @ rows.T
            low, high = (np.array(list(map(float, side))) for side in state.box)
            found += int((y < low - ROOM).any(axis=1).sum() + (y > high + ROOM).any(axis=1).sum())
        first, last = state.first, state.last
        gone = left[left >= 0]
        found += int((gone < (first if first is not None else t)).sum())
        if last is not None and t >= state.steps:
            found += int((left < 0).sum() + (gone > last).sum())
    return found


@pytest.mark.long
@pytest.mark.parametrize("asked", ALL)
def test_simulated_starts_stay_in_the_tube(asked) -> None:
    assert contradictions(asked) == 0


def contradictions_with(monkeypatch, asked: Question, name: str, value) -> int:
    """The same with a part of the check replaced."""
    monkeypatch.setattr(tube._MacroStep, name, value)
    return contradictions(asked)


@pytest.mark.long
def test_the_drift_must_not_be_underestimated(monkeypatch) -> None:
    """The gradient on the faces, the bound of the drift: 1 % too small."""
    forces = Field.forces
    monkeypatch.setattr(
        Field, "forces", lambda self, y: [h * flint.arb("0.99") for h in forces(self, y)]
    )
    assert contradictions(POINT) > 0


@pytest.mark.long
def test_paths_must_bend(monkeypatch) -> None:
    def straight(self, velocities):
        return [[flint.arb(0)] * self.n] * 2

    assert contradictions_with(monkeypatch, POINT, "_bends", straight) > 0


def escapes_of_one_step(boxes: int = 60, points: int = 200) -> int:
    """How many of 12,000 points of wide random boxes are outside the box that one step gives."""
    rng = np.random.default_rng(4)
    found = 0
    for index in range(boxes):
        n = 2 + index % 3
        low = rng.uniform(-3, 2, n)
        low[0] = rng.uniform(0.2, 2.5)
        high = low + rng.uniform(0.1, 0.6, n)
        asked = question(low, high, [Fraction(k + 1, n * (n + 1) // 2) for k in range(n)], far=(0,))
        with PRECISION.scope():
            frame = frame_of(asked.middle, asked.weights, asked.far)
            place, state = _begin(asked, frame, Field(frame, asked.weights))
            end = tube.advance(place.field, place.eta, state.box, tube.Step(1)).end
        assert end is not None
        t = rng.uniform(size=(points, n)).round(rng.integers(0, 2))  # corners, or anywhere
        mu = low + t * (high - low)
        weights = np.tile(np.array(asked.weights, dtype=float), (points, 1))
        y = simulated_step(mu, weights, 1.0) @ np.array(frame.rows, dtype=float).T
        found += outside(y, end, ROOM)
    return found


@pytest.mark.long
def test_the_images_of_a_box_are_in_the_next_one() -> None:
    assert escapes_of_one_step() == 0


@pytest.mark.long
def test_coordinates_of_the_wrong_sign_cost_slack(monkeypatch) -> None:
    monkeypatch.setattr(tube._MacroStep, "_slack", lambda self, i, sizes: flint.arb(0))
    assert escapes_of_one_step() > 0


def test_a_face_is_judged_at_its_worst_corner(monkeypatch) -> None:
    """All other coordinates in the middle of the box, in place of their worst ends."""

    def in_the_middle(self):
        edges = self.edges
        middles = tuple(((a + b) / 2).mid() for a, b in zip(*edges, strict=True))
        found = []
        for side in (LOWER, UPPER):
            row = []
            for i in range(self.n):
                y = list(middles)
                y[i] = edges[side][i]
                h = self.field.forces(y)[i]
                row.append(h.lower() if side == UPPER else h.upper())
            found.append(row)
        return found

    assert contradictions_with(monkeypatch, BOX, "_starts", in_the_middle) > 0


@pytest.mark.long
def test_levels_need_an_inward_drift(monkeypatch) -> None:
    """A level as near as the box itself is crossed when the near mean is carried along."""
    fault = never_short(tube._MacroStep._levels)
    assert contradictions_with(monkeypatch, SMALL_STEPS, "_levels", fault) > 0


@pytest.mark.long
def test_the_end_of_a_level_needs_time(monkeypatch) -> None:
    """Contraction to the level's own equilibrium at once."""
    end_at = tube._MacroStep._end_at

    def at_once(self, level):
        kept, self.least = self.least, self.least + np.eye(self.n) * (1 / float(self.eta))
        end, self.least = end_at(self, level), kept
        return end

    assert contradictions_with(monkeypatch, SMALL_STEPS, "_end_at", at_once) > 0


def test_the_ends_of_the_radii_have_their_places(monkeypatch) -> None:
    """The smaller radius for the first, the larger for the last."""
    may, has = tracking._may_reach, tracking._has_reached
    factor = flint.arb("0.9")
    monkeypatch.setattr(tracking, "_may_reach", lambda path, m, r: may(path, m, r * factor))
    monkeypatch.setattr(tracking, "_has_reached", lambda path, m, r: has(path, m, r / factor))
    assert contradictions(BOX) > 0


@pytest.mark.parametrize(
    ("b", "a", "radius"),
    [(-0.1, -0.01, 7), (-0.1, 0.001, 9.2), (-0.3, 0.02, 8.0), (-0.1, 0.0, 9.5)],
)
def test_the_first_crossing_of_a_path(b, a, radius) -> None:
    """Never after the true one; the same where the path is concave, or falls to its end."""
    path, count, r = Path(flint.arb(10), flint.arb(b), flint.arb(a)), 40, flint.arb(radius)
    values = [10 + k * b + k * (k - 1) / 2 * a for k in range(count + 1)]
    true = next((k for k, value in enumerate(values) if value <= radius), None)
    found = tracking._may_reach(path, count, r)
    if true is None:
        return
    assert found is not None
    assert found <= true
    if b + (count - 1) * a <= 0 or a <= 0:
        assert found == true


def test_a_start_that_has_left_is_seen_at_once() -> None:
    """With a radius beyond the start, T is 0."""
    asked = question(["3", "-3", "0"], ["3", "-3", "0"])
    with PRECISION.scope():
        frame = frame_of(asked.middle, asked.weights, asked.far)
        place, _ = _begin(asked, frame, Field(frame, asked.weights))
        five = (flint.arb(5), flint.arb(5))
        state = State.at_start(_begin(asked, frame, place.field)[1].box, tracking.Radii(five, five))
    assert (state.first, state.last) == (0, 0)


def test_each_start_of_a_box_has_its_own_radius() -> None:
    """From 5/6 of the nearest one to 5/6 of the farthest, on either side of the truth."""
    asked = question(["6", "-9", "0"], ["6.6", "-8.4", "0"])
    assert asked.radii(0) == (flint.arb(5), flint.arb("5.5"))
    assert asked.radii(1) == (flint.arb(7), flint.arb("7.5"))
