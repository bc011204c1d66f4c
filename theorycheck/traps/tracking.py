"""Following a tube until a far mean has certainly left: the state, and how steps are proposed.

Only `State` is trusted: each of its changes is checked by `tube.advance`. What `Pace` proposes may
be anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import flint
import numpy as np

from theorycheck.inputs.numbers import Floats
from theorycheck.traps.field import Field
from theorycheck.traps.tube import LOWER, UPPER, Advance, Box, Interval, Path, Step, advance


@dataclass(frozen=True)
class Radii:
    """For each far row the least and the largest radius at which a start leaves, exact."""

    least: tuple[flint.arb, ...]
    largest: tuple[flint.arb, ...]


@dataclass(frozen=True)
class Surroundings:
    """What a tube is followed in: the field, eta, and the radii of the far rows."""

    field: Field
    eta: flint.arb
    radii: Radii


@dataclass(frozen=True)
class State:
    """A box that holds the iterates after so many steps.

    steps: t. first: some start may leave at this t, and none before; None while none can have left.
    last: every start has left by this t. From `first` on, the box is for starts that have not left,
    and floors are the rows that end at the radius.
    """

    steps: int
    box: Box
    first: int | None = None
    last: int | None = None
    floors: frozenset[int] = frozenset()

    @classmethod
    def at_start(cls, box: Box, radii: Radii) -> State:
        """The state of a box of starts."""
        rows = range(len(radii.least))
        may = any(not box.lower[i] > radii.largest[i] for i in rows)
        surely = any(box.upper[i] <= radii.least[i] for i in rows)
        state = cls(0, box, 0 if may else None, 0 if surely else None)
        return state._floored(radii)

    def _floored(self, radii: Radii) -> State:
        """The same for starts that have not left, once some may have."""
        if self.first is None:
            return self
        lower = list(self.box.lower)
        floors = [i for i, r in enumerate(radii.least) if not lower[i] > r]
        for i in floors:
            lower[i] = radii.least[i]
        return replace(self, box=Box(tuple(lower), self.box.upper), floors=frozenset(floors))

    def after(self, place: Surroundings, step: Step) -> tuple[State | None, Advance]:
        """The state after a macro-step, or None where it could not be checked."""
        found = advance(place.field, place.eta, self.box, step, self.floors)
        if found.end is None:
            return None, found
        lower, upper = found.paths
        radii, rows = place.radii, range(len(place.radii.least))
        if any(_lowest(lower[i], step.count) < -radii.least[i] for i in rows):
            return None, found
        first, last = self.first, None
        if first is None:
            crossings = [_may_reach(lower[i], step.count, radii.largest[i]) for i in rows]
            first = min((self.steps + k for k in crossings if k is not None), default=None)
        reached = [_has_reached(upper[i], step.count, radii.least[i]) for i in rows]
        last = min((self.steps + k for k in reached if k is not None), default=None)
        state = State(self.steps + step.count, found.end, first, last)
        return state if last is not None else state._floored(radii), found


def _lowest(path: Path, count: int) -> flint.arb:
    """A bound of the path from below."""
    return path.start + count * path.velocities(count).lower().min(flint.arb(0))


def _may_reach(path: Path, count: int, radius: flint.arb) -> int | None:
    """The first k <= count at which the path is not certainly above a radius; None if never.

    A path is a parabola in k. Where it falls to its end, or is concave, it is above up to some k
    and then not; else a line is below it.
    """
    if path.a > 0 and path.b + (count - 1) * path.a > 0:
        speed = -path.velocities(count).lower()
        path = Path(path.start, -speed.max(flint.arb(0)), flint.arb(0))
    if path.at(count) > radius:
        return None
    return _first(count, lambda k: not path.at(k) > radius)


def _has_reached(path: Path, count: int, radius: flint.arb) -> int | None:
    """Some k <= count, about the first, at which the path is within a radius; None if not at its end."""
    if not path.at(count) <= radius:
        return None
    return _first(count, lambda k: bool(path.at(k) <= radius))


def _first(count: int, holds) -> int:
    """By bisection a k from 1 on at which it holds, given that it does at `count`."""
    before, at = 0, count
    while at - before > 1:
        middle = (before + at) // 2
        before, at = (before, middle) if holds(middle) else (middle, at)
    return at


@dataclass
class Limits:
    """When to give up, and how fine the steps are.

    attempts: macro-steps tried. fineness: change of a far mean's drift over a macro-step.
    """

    attempts: int = 2000
    fineness: float = 0.05


@dataclass
class Pace:
    """Proposes steps, by what the last ones were like."""

    place: Surroundings
    limits: Limits
    cap: int = 1
    failures: int = 0
    velocities: tuple[Floats, Floats] | None = None
    claims: tuple[tuple[Interval, ...], tuple[Interval, ...]] | None = None
    margins: Floats = field(default_factory=lambda: np.full(2, 1e-9))
    contraction: float = 0.0

    def propose(self, state: State) -> Step:
        """The next macro-step from a state."""
        if self.velocities is None:
            return Step(1)
        m = self._count(state)
        if m < 2:
            return Step(1)
        fast = self.place.field.frame.fast
        levels: tuple[tuple[int, Interval], ...] = ()
        if fast is not None and m * float(self.place.eta) * self.contraction > 0.7:
            low = float(state.box.lower[fast]) - self.margins[0]
            high = float(state.box.upper[fast]) + self.margins[1]
            levels = ((fast, (low - 1e-15 * abs(low), high + 1e-15 * abs(high))),)
        claims = self.claims or self._claimed(levels)
        return Step(m, claims, levels)

    def _count(self, state: State) -> int:
        frame = self.place.field.frame
        assert self.velocities is not None
        speed = np.maximum(*map(abs, self.velocities))
        slow = [i for i in range(len(speed)) if i != frame.fast]
        size = np.maximum(*(abs(np.array(list(map(float, side)))) for side in state.box))
        slab = 4 * self.limits.fineness / np.maximum(size, 2.0)
        lengths = [slab[i] / speed[i] for i in slow if speed[i] > 0]
        several = len(speed) - frame.far > 1
        grow = 1 + (0.04 if several else 0.2) * state.steps
        return int(min([*lengths, self.cap, grow]))

    def _claimed(
        self, levels: tuple[tuple[int, Interval], ...]
    ) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
        assert self.velocities is not None
        held = {row for row, _ in levels}
        speed = np.maximum(*map(abs, self.velocities))
        slow = [s for i, s in enumerate(speed) if i != self.place.field.frame.fast]
        room = 0.01 * max(slow) + 1e-300
        lower, upper = (
            tuple(
                (0.0, 0.0)
                if i in held
                else (v - 0.3 * abs(v) - room, v + 0.3 * abs(v) + room)
                for i, v in enumerate(side.tolist())
            )
            for side in self.velocities
        )
        return lower, upper

    def learn(self, step: Step, found: Advance, went_on: bool) -> None:
        """Take account of how a proposal fared."""
        frame = self.place.field.frame
        if frame.fast is not None:
            self.contraction = float(found.slopes[0][frame.fast, frame.fast])
        short = [level for level in found.levels if not level.need >= 0]
        if went_on:
            self.cap = int(max(self.cap, step.count) * 1.5 + 1)
            self.failures, self.claims = 0, None
            ends = [
                np.array([float(path.b + step.count * path.a) for path in side])
                for side in found.paths
            ]
            if not step.levels and step.count == 1:
                pass
            self.velocities = (ends[0], ends[1])
            self._relax(found)
            return
        self.failures += 1
        if short and self.contraction > 0 and self.failures <= 8:
            for level in short:
                self.margins[level.side] += 1.3 * float(-level.need) / self.contraction + 1e-15
            return
        if self.failures == 1 and step.count > 1:
            self.claims = self._from(found, step.count)
            return
        self.claims = None
        self.cap = max(1, step.count // 3)

    def _from(self, found: Advance, count: int):
        lower, upper = (
            tuple(_stretched(path.velocities(count)) for path in side) for side in found.paths
        )
        return lower, upper

    def _relax(self, found: Advance) -> None:
        for level in found.levels:
            end = found.end[level.side][level.row]
            # what the level had to spare
            spare = float(level.need) / max(self.contraction, 1e-9)
            used = self.margins[level.side] - spare
            self.margins[level.side] = max(1.3 * used, 1e-14) if used > 0 else 1e-14


def _stretched(ball: flint.arb) -> Interval:
    low, high = float(ball.lower()), float(ball.upper())
    room = 0.1 * max(abs(low), abs(high)) + 1e-300
    return low - room, high + room


def track(place: Surroundings, state: State, limits: Limits) -> Iterator[tuple[Step, State]]:
    """The macro-steps that were checked, each with the state after it, until every start has left."""
    pace = Pace(place, limits)
    attempts = 0
    while state.last is None and attempts < limits.attempts:
        attempts += 1
        step = pace.propose(state)
        after, found = state.after(place, step)
        pace.learn(step, found, after is not None)
        if after is None:
            if step.count == 1 and not step.levels:
                return
            continue
        state = after
        yield step, state
