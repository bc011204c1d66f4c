"""The theorem of `tube` where it is sharp: linear fields, of which less is known than is true.

h(y) = K y + c, and K is said to be in an interval that may have both signs. Then the worst corners
of a box really are as bad as slack says, and every term of the theorem is needed. Any proposal may
be made: what is accepted has to hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import flint
import numpy as np
import pytest

from theorycheck.arithmetic.arithmetics import Ball
from theorycheck.expectations.curvature import Enclosure
from theorycheck.inputs.numbers import Floats
from theorycheck.traps.tracking import Radii, State, Surroundings, _stretched
from theorycheck.traps.tube import Box, Step, advance

ROOM = 1e-12
NO_DOUBT = (np.zeros((1, 1)),) * 2


@dataclass
class Linear:
    """A stand-in for Field and Slopes. below, above: how far the bounds of K are from it."""

    k: Floats
    c: Floats
    below: Floats
    above: Floats

    def forces(self, y):
        entries = [
            sum((flint.arb(a) * b for a, b in zip(row, y, strict=True)), flint.arb(c))
            for row, c in zip(self.k.tolist(), self.c.tolist(), strict=True)
        ]
        return entries

    @property
    def bounds(self) -> Enclosure:
        return Enclosure(self.k - self.below, self.k + self.above)

    def curvature(self, low: Floats, high: Floats) -> Linear:
        assert (low <= high).all()
        return self

    def along(self, low: Floats, high: Floats) -> Enclosure:
        low_k, high_k = self.bounds
        return Enclosure(np.stack([low_k] * len(low)), np.stack([high_k] * len(low)))


def random_field(rng: np.random.Generator, n: int, contracts: bool) -> Linear:
    k = rng.uniform(-0.5, 0.5, (n, n))
    np.fill_diagonal(k, rng.uniform(0.3, 0.9, n) if contracts else rng.uniform(-0.6, 0.9, n))
    # On one side only: twice the entry, and the corner is chosen wrongly, at the full cost
    doubt, is_below = rng.choice([0.0, 0.3, 2.01], (n, n)) * abs(k), k > 0
    np.fill_diagonal(doubt, rng.choice([0.0, 0.1], n))
    c = rng.normal(size=n) * rng.choice([0.0, 1.0])
    return Linear(k, c, np.where(is_below, doubt, 0.0), np.where(is_below, 0.0, doubt))


def corners(low: Floats, high: Floats) -> Floats:
    return np.array(list(product(*zip(low, high, strict=True))))


def outside(field: Linear, eta: float, points: Floats, count: int, end: Box) -> int:
    """How many points are outside the box after so many steps."""
    y = points
    for _ in range(count):
        y = y - eta * (y @ field.k.T + field.c)
    low, high = (np.array(list(map(float, side))) for side in end)
    room = ROOM * (1 + abs(y).max())
    return int(((y < low - room) | (y > high + room)).any(axis=1).sum())


def as_box(low: Floats, high: Floats) -> Box:
    return Box(*(tuple(map(flint.arb, side.tolist())) for side in (low, high)))


def accepted_and_wrong(seed: int, held: bool, trials: int = 120) -> tuple[int, int]:
    """Macro-steps of random fields and boxes that were accepted, and points that they lose."""
    rng = np.random.default_rng(seed)
    accepted, wrong = 0, 0
    for _ in range(trials):
        n, count = int(rng.integers(1, 4)), int(rng.integers(1, 12))
        field, eta = random_field(rng, n, held), float(rng.choice([0.125, 0.5, 1.0]))
        low = rng.normal(size=n)
        high = low + rng.choice([0.0, 0.5, 1.0], n) * rng.uniform(size=n)
        levels = ()
        if held:
            row = int(rng.integers(n))
            out = rng.choice([0.0, 0.2, 2.0, 8.0], 2) * rng.uniform(size=2)
            levels = ((row, (low[row] - out[0], high[row] + out[1])),)
        size = 10.0 ** rng.uniform(-3, 1)
        claims = tuple(
            tuple((-size * rng.uniform(), size * rng.uniform()) for _ in range(n)) for _ in range(2)
        )
        for _ in range(4):
            step = Step(count, claims, levels)
            found = advance(field, flint.arb(eta), as_box(low, high), step)
            if found.end is not None:
                accepted += 1
                wrong += outside(field, eta, corners(low, high), count, found.end)
            claims = _stretched(found, count)
    return accepted, wrong


@pytest.fixture(autouse=True)
def _precision():
    with Ball(24).scope():
        yield


@pytest.mark.parametrize("held", [False, True])
def test_what_is_accepted_holds(held) -> None:
    accepted, wrong = accepted_and_wrong(0, held)
    assert accepted > 30
    assert wrong == 0


def test_claims_that_do_not_come_true_are_refused() -> None:
    """Everything is said to rest, but moves."""
    field = Linear(np.array([[0.5]]), np.zeros(1), *NO_DOUBT)
    low = high = np.array([1.0])
    rests = (((-1e-9, 1e-9),),) * 2
    assert advance(field, flint.arb(0.5), as_box(low, high), Step(9, rests)).end is None
    moves = (((-0.3, 0.0),),) * 2
    found = advance(field, flint.arb(0.5), as_box(low, high), Step(2, moves))
    assert found.end is not None


@pytest.mark.parametrize(
    ("level", "slope"), [((0.5, 2.0), 0.5), ((0.0, 1.5), 0.5), ((-1.0, 3.0), -0.25)]
)
def test_levels_are_around_the_box_and_inward_between_them(level, slope) -> None:
    """Above the lower end, below the upper one, or where h falls: none of them holds."""
    field = Linear(np.array([[slope]]), np.array([-slope]), *NO_DOUBT)
    low, high = np.array([0.25]), np.array([1.75])
    step = Step(9, (((0.0, 0.0),),) * 2, ((0, level),))
    assert advance(field, flint.arb(0.5), as_box(low, high), step).end is None


def test_no_step_may_lead_from_a_floor_to_the_other_side() -> None:
    """From 1 on, h = 4 y leads to -1 or below with eta = 1/2, not with less."""
    field = Linear(np.array([[0.5]]), np.array([3.5]), *NO_DOUBT)
    low, high, floors = np.array([1.0]), np.array([1.25]), frozenset({0})
    for eta, holds in ((0.5, True), (0.53125, False)):
        found = advance(field, flint.arb(eta), as_box(low, high), Step(1), floors)
        assert (found.end is not None) == holds


@pytest.mark.parametrize(("radius", "is_left"), [(0.5, False), (0.875, False), (1.0, True)])
def test_a_jump_across_the_truth_is_no_arrival(radius, is_left) -> None:
    """From 1 to -1, and from 1.25 to -13/16: it has left only where it cannot be beyond -r."""
    field = Linear(np.array([[0.5]]), np.array([3.5]), *NO_DOUBT)
    radii = Radii((flint.arb(radius),), (flint.arb(radius),))
    place, box = (
        Surroundings(field, flint.arb(0.5), radii),
        as_box(np.array([1.0]), np.array([1.25])),
    )
    after, _ = State(0, box).after(place, Step(1))
    assert (after is not None and after.last == 1) == is_left
    assert after is None or is_left


def test_the_first_start_leaves_at_the_largest_radius_and_the_last_at_the_least() -> None:
    """All go from 2 by 1/8 in a step: 7/4 is reached by the second, 3/2 by the fourth."""
    field = Linear(np.zeros((1, 1)), np.array([0.125]), *NO_DOUBT)
    radii = Radii((flint.arb(1.5),), (flint.arb(1.75),))
    place, box = Surroundings(field, flint.arb(1), radii), as_box(*np.full((2, 1), 2.0))
    after, _ = State.at_start(box, radii).after(place, Step(10, (((-0.25, 0.0),),) * 2))
    assert after is not None
    assert (after.first, after.last) == (2, 4)
    between = as_box(*np.full((2, 1), 1.625))
    assert State.at_start(between, radii).first == 0
    assert State.at_start(between, radii).last is None
