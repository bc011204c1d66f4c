"""Tubes in the plane hold what gradient EM does, and what is new in their proof is needed.

Simulated starts, by plain float64 sums that share no code with the package, are held against the
boxes and the times of the macro-steps; then faults are planted, and the comparison must find them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

import flint
import numpy as np
import pytest

from helpers.simulation import step_in_plane
from helpers.tubes import never_short, outside
from theorycheck.errors import InvalidValue, TooExpensive
from theorycheck.traps import tube
from theorycheck.traps.certified import PRECISION, Question, _begin
from theorycheck.traps.frame import frame_of
from theorycheck.traps.plane import PlaneField
from theorycheck.traps.tracking import LIMITS, Radii, State, Surroundings, track

ROOM = 1e-7
"""What the simulation itself may be off by."""


def question(low, high, weights=None, eta="1", far=(0, 1), radius=None) -> Question:
    n = len(low)
    ends = [tuple(Fraction(str(entry)) for mean in side for entry in mean) for side in (low, high)]
    shares = tuple(map(Fraction, weights or [Fraction(1, n)] * n))
    leaving = None if radius is None else Fraction(radius)
    return Question(*ends, shares, Fraction(eta), tuple(far), Fraction("5/6"), leaving, 2)


def point(means, *arguments, **others) -> Question:
    return question(means, means, *arguments, **others)


POINT = point([(4.3, 0.4), (-2, 4), (0.1, 0.05)], ["0.3", "0.3", "0.4"], eta="0.1")
TWO = point([(4.8, 0.5), (-0.2, 0.3)], ["0.3", "0.7"], eta="0.1", far=(0,))
BOX = question([(4, 0), (-0.1, 4), (0, -0.05)], [(4.1, 0.1), (0.1, 4.2), (0.05, 0.05)])
SPREAD = question(
    [(4, -0.25), (-0.05, 0)], [(4.02, 0.25), (0, 0.05)], eta="0.02", far=(0,), radius="3.8"
)
TWO_NEAR = point([(4.5, 1), (0.05, 0.1), (-0.1, 0)], far=(0,))
ALL = (POINT, TWO, BOX, SPREAD, TWO_NEAR)


def starts(asked: Question, count: int) -> np.ndarray:
    """Random means of the box, (count, n, 2), corners among them."""
    rng = np.random.default_rng(3)
    low, high = (np.array(ends, dtype=float).reshape(-1, 2) for ends in (asked.low, asked.high))
    t = rng.uniform(size=(count, *low.shape))
    t[: count // 2] = rng.integers(0, 2, (count // 2, *low.shape))
    return low + t * (high - low)


def followed(place: Surroundings, state: State) -> Iterator[State]:
    """The states of a tube, as far as it goes."""
    with suppress(TooExpensive):
        for _, after in track(place, state, LIMITS[2]):
            yield after


def contradictions(asked: Question, count: int = 8) -> int:
    """How often simulated starts are outside a box, leave before `first`, or after `last`.

    Boxes are for starts that have not left.
    """
    mu = starts(asked, count)
    weights = np.tile(np.array(asked.weights, dtype=float), (len(mu), 1))
    far, eta = list(asked.far), float(asked.step_size)
    radii = float(asked.shrink) * np.linalg.norm(mu[:, far], axis=2)
    if asked.radius is not None:
        radii[:] = float(asked.radius)
    left = np.full(len(mu), -1)
    found, t = 0, 0
    with PRECISION.scope():
        frame = frame_of(asked.middle, asked.weights, asked.far, 2)
        place, start = _begin(asked, frame, PlaneField(frame, asked.weights))
        rows = np.array(frame.rows, dtype=float)
        state = start
        for state in followed(place, start):
            while t < state.steps:
                mu, t = step_in_plane(mu, weights, eta), t + 1
                gone = (np.linalg.norm(mu[:, far], axis=2) <= radii).any(axis=1)
                left[(left < 0) & gone] = t
            y = mu[left < 0].reshape(-1, len(rows)) @ rows.T
            low, high = (np.array(list(map(float, side))) for side in state.box)
            found += int(((y < low - ROOM) | (y > high + ROOM)).any(axis=1).sum())
        first, last = state.first, state.last
    gone = left[left >= 0]
    found += int((gone < (t + 1 if first is None else first)).sum())
    if last is not None:
        found += int((left < 0).sum() + (gone > last).sum())
    return found


@pytest.mark.long
@pytest.mark.parametrize("asked", ALL)
def test_simulated_starts_stay_in_the_tube(asked) -> None:
    assert contradictions(asked) == 0


def random_question(rng: np.random.Generator) -> Question:
    """A box of starts with one or two far means and one or two near ones."""
    far, near = int(rng.integers(1, 3)), int(rng.choice([1, 1, 2]))
    angles = rng.uniform(0, 2 * np.pi) + np.array([0, rng.uniform(1.2, 3.1)])[:far]
    sizes = rng.uniform(2.5, 4.8, far)
    middles = np.concatenate(
        [
            sizes[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1),
            rng.normal(0, 0.15, (near, 2)),
        ]
    )
    halves = rng.choice([0, 0.01, 0.06], (far + near, 2)) if near == 1 else 0 * middles
    weights = [Fraction(int(s) + 1, 1000) for s in 1000 * rng.dirichlet([4.0] * (far + near))]
    return question(
        (middles - halves).round(3).tolist(),
        (middles + halves).round(3).tolist(),
        [weight / sum(weights) for weight in weights],
        str(rng.choice(["1", "0.7", "0.2"])),
        range(far),
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_starts_of_random_boxes_are_within_their_bounds(seed) -> None:
    assert contradictions(random_question(np.random.default_rng(seed)), count=20) == 0


def test_the_drift_must_not_be_underestimated(monkeypatch) -> None:
    """The gradient on the faces, the bound of the drift: 1 % too small."""
    forces = PlaneField.forces
    monkeypatch.setattr(
        PlaneField, "forces", lambda self, y: [h * flint.arb("0.99") for h in forces(self, y)]
    )
    assert contradictions(TWO) > 0


def test_paths_must_bend(monkeypatch) -> None:
    monkeypatch.setattr(
        tube._MacroStep, "_bends", lambda self, velocities: [[flint.arb(0)] * self.n] * 2
    )
    assert contradictions(TWO) > 0


def test_levels_need_an_inward_drift(monkeypatch) -> None:
    fault = never_short(tube._MacroStep._levels)
    monkeypatch.setattr(tube._MacroStep, "_levels", fault)
    assert contradictions(TWO) > 0


@pytest.mark.long
def test_what_is_at_a_right_angle_counts(monkeypatch) -> None:
    """A far mean whose distance is taken for its radial coordinate has left too early."""
    monkeypatch.setattr(Radii, "inner", lambda self, lower, upper: list(self.least))
    assert contradictions(SPREAD, count=16) > 0


def escapes_of_one_step(boxes: int = 24, points: int = 60) -> int:
    """How many points of wide random boxes are outside the box that one step gives."""
    rng = np.random.default_rng(4)
    found = 0
    for index in range(boxes):
        n = 2 + index % 2
        low = rng.uniform(-2, 1.5, (n, 2)).round(3)
        low[0, 0] = rng.uniform(0.3, 2.5)
        high = low + rng.uniform(0.1, 0.6, (n, 2)).round(3)
        asked = question(low.tolist(), high.tolist(), far=(0,))
        with PRECISION.scope():
            frame = frame_of(asked.middle, asked.weights, asked.far, 2)
            try:
                place, state = _begin(asked, frame, PlaneField(frame, asked.weights))
            except InvalidValue:  # turned, the box may reach beyond the truth
                continue
            end = tube.advance(place.field, place.eta, state.box, tube.Step(1)).end
        assert end is not None
        t = rng.uniform(size=(points, n, 2)).round(rng.integers(0, 2))  # corners, or anywhere
        mu = low + t * (high - low)
        weights = np.full((points, n), 1 / n)
        y = step_in_plane(mu, weights, 1.0).reshape(points, -1) @ np.array(frame.rows, float).T
        found += outside(y, end, ROOM)
    return found


@pytest.mark.long
def test_the_images_of_a_box_are_in_the_next_one() -> None:
    assert escapes_of_one_step() == 0


@pytest.mark.long
def test_coordinates_of_the_wrong_sign_cost_slack(monkeypatch) -> None:
    monkeypatch.setattr(tube._MacroStep, "_slack", lambda self, i, sizes: flint.arb(0))
    assert escapes_of_one_step() > 0


@pytest.mark.long
def test_slopes_are_those_of_the_whole_box(monkeypatch) -> None:
    """With those of its centre alone images of the box are lost."""
    over = PlaneField._over

    def at_the_centre(self, low, high, third):
        return over(self, (low + high) / 2, (low + high) / 2, third)

    monkeypatch.setattr(PlaneField, "_over", at_the_centre)
    assert escapes_of_one_step() > 0


def test_a_floor_of_a_macro_step_is_that_of_all_of_it() -> None:
    """What is at a right angle grows to 2: from the floor sqrt(24.75) down to sqrt(21)."""
    radii = Radii((flint.arb(5),), (flint.arb(5),), (1,))
    floor = flint.arb("24.75").sqrt().lower()
    box = tube.Box((floor, flint.arb("-0.5")), (flint.arb(6), flint.arb("0.5")))
    state = State(7, box, first=3, floors=frozenset({0}))
    grows = (((-0.01, 0.01), (0.0, 0.0)), ((-0.01, 0.01), (0.0, 0.15)))
    eased, floors = state._eased(radii, tube.Step(10, grows))
    assert floors == {0}
    assert flint.arb(21).sqrt() - flint.arb("1e-6") < eased.lower[0] <= flint.arb(21).sqrt()
    assert state._eased(radii, tube.Step(1)) == (box, frozenset())
