"""Following a tube until a far mean has certainly left: the state, and how steps are proposed.

Only `State` is trusted: each of its changes is checked by `tube.advance`. What `Pace` proposes may
be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import flint
import numpy as np

from theorycheck.arithmetic.rounding import between
from theorycheck.errors import TooExpensive
from theorycheck.inputs.numbers import Floats
from theorycheck.traps.field import Field
from theorycheck.traps.tube import LOWER, Advance, Box, Path, Step, Velocities, advance


@dataclass(frozen=True)
class Radii:
    """For each far row the least and the largest radius at which a start leaves, exact.

    tangential: in the plane for each far row that of its other coordinate; empty on a line.
    """

    least: tuple[flint.arb, ...]
    largest: tuple[flint.arb, ...]
    tangential: tuple[int, ...] = ()

    def inner(self, lower: Sequence[flint.arb], upper: Sequence[flint.arb]) -> list[flint.arb]:
        """For each far row the largest distance that is certainly within the least radius.

        lower, upper: balls of the ends of all rows. Raises TooExpensive where there is none, as
        what is at right angles may be too large.
        """
        if not self.tangential:
            return list(self.least)
        found = []
        for r, j in zip(self.least, self.tangential, strict=True):
            rest = r * r - lower[j].union(upper[j]).abs_upper() ** 2
            if not rest > 0:
                raise TooExpensive("a far mean has turned so far that its radius says nothing")
            found.append(rest.sqrt().lower())
        return found


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
        rows, inner = range(len(radii.least)), radii.inner(box.lower, box.upper)
        may = any(not box.lower[i] > radii.largest[i] for i in rows)
        surely = any(-inner[i] <= box.lower[i] and box.upper[i] <= inner[i] for i in rows)
        state = cls(0, box, 0 if may else None, 0 if surely else None)
        return state._floored(radii)

    def _floored(self, radii: Radii) -> State:
        """The same for starts that have not left, once some may have."""
        if self.first is None:
            return self
        lower, inner = list(self.box.lower), radii.inner(self.box.lower, self.box.upper)
        floors = [i for i, r in enumerate(inner) if not lower[i] > r]
        for i in floors:
            lower[i] = inner[i]
        return replace(self, box=Box(tuple(lower), self.box.upper), floors=frozenset(floors))

    def after(self, place: Surroundings, step: Step) -> tuple[State | None, Advance]:
        """The state after a macro-step, or None where it could not be checked."""
        radii, rows = place.radii, range(len(place.radii.least))
        box, floors = self._eased(radii, step)
        found = advance(place.field, place.eta, box, step, floors)
        if found.end is None:
            return None, found
        lower, upper = found.paths
        ranges = ([_range(path, step.count) for path in side] for side in found.paths)
        inner = radii.inner(*ranges)
        holds = all(_lowest(lower[i], step.count) >= -inner[i] for i in rows)
        if not (holds and all(box.lower[i] <= inner[i] for i in floors)):
            return None, found
        first, last = self.first, None
        if first is None:
            crossings = [_may_reach(lower[i], step.count, radii.largest[i]) for i in rows]
            first = min((self.steps + k for k in crossings if k is not None), default=None)
        reached = [_has_reached(upper[i], step.count, inner[i]) for i in rows]
        last = min((self.steps + k for k in reached if k is not None), default=None)
        state = State(self.steps + step.count, found.end, first, last)
        return state if last is not None else state._floored(radii), found

    def _eased(self, radii: Radii, step: Step) -> tuple[Box, frozenset[int]]:
        """The box with floors that hold for all of a macro-step, and which rows they are.

        In the plane a floor depends on what is at right angles to it: so it is as far down as that
        is said to move, and none is held in a single step, of which nothing is said.
        """
        if not (self.floors and radii.tangential):
            return self.box, self.floors
        if not step.velocities[LOWER]:
            return self.box, frozenset()
        moved = flint.arb(step.count) * flint.arb(0).union(flint.arb(1))
        ranges = (
            [
                edge + moved * between(low, high)
                for edge, (low, high) in zip(edges, velocities, strict=True)
            ]
            for edges, velocities in zip(self.box, step.velocities, strict=True)
        )
        lower, inner = list(self.box.lower), radii.inner(*ranges)
        for i in self.floors:
            lower[i] = lower[i].min(inner[i])
        return Box(tuple(lower), self.box.upper), self.floors


def _range(path: Path, count: int) -> flint.arb:
    """A ball of the whole path."""
    return path.start + flint.arb(count) * flint.arb(0).union(flint.arb(1)) * path.velocities(count)


def _lowest(path: Path, count: int) -> flint.arb:
    """A bound of the path from below."""
    return path.start + count * path.velocities(count).lower().min(flint.arb(0))


def _may_reach(path: Path, count: int, radius: flint.arb) -> int | None:
    """The first k <= count at which the path is not certainly above a radius; None if never.

    A path is a parabola in k. Where it falls to its end, or is concave, it is above up to some k
    and then not; else a line is below it.
    """
    if path.a > 0 and not path.b + (count - 1) * path.a <= 0:
        speed = -path.velocities(count).lower()
        path = Path(path.start, -speed.max(flint.arb(0)), flint.arb(0))
    if path.at(count) > radius:
        return None
    return _first(count, lambda k: not path.at(k) > radius)


def _has_reached(path: Path, count: int, radius: flint.arb) -> int | None:
    """Some k <= count, about the first, at which the path is within a radius.

    None if it is not so at its end.
    """
    if not path.at(count) <= radius:
        return None
    return _first(count, lambda k: bool(path.at(k) <= radius))


def _first(count: int, holds: Callable[[int], bool]) -> int:
    """By bisection a k from 1 on at which it holds, given that it does at `count`."""
    before, at = 0, count
    while at - before > 1:
        middle = (before + at) // 2
        before, at = (before, middle) if holds(middle) else (middle, at)
    return at


_SHORTEST = 4
"""Shorter macro-steps are not worth their loss."""
_LONGEST = 10**100
_IS_FAST = 0.7
"""Coordinates that contract by so much (times e) in a macro-step are held between levels."""
_MOST_WIDENINGS = 8
_LEAST_MARGIN = 1e-9
"""Leaves room for other arithmetics to check the same levels."""


@dataclass(frozen=True)
class Limits:
    """When to give up, and how fine the steps are.

    attempts: macro-steps tried. fineness: change of a far mean's drift over a macro-step.
    """

    attempts: int = 1200
    fineness: float = 0.05


LIMITS = {1: Limits(), 2: Limits(attempts=400)}
"""By dimension: in the plane an attempt takes a tenth of a second."""


@dataclass
class Pace:
    """Proposes steps, by how the last ones fared.

    cap: the most steps to try. failures: in a row. velocities: of the lower and the upper paths at
    their ends. claims: what a failed attempt found its velocities to be. margins: for each fast
    row, from the box to the lower and the upper level. contraction: of each, K_ii from below.
    """

    place: Surroundings
    limits: Limits
    cap: int = 1
    failures: int = 0
    velocities: tuple[Floats, Floats] | None = None
    claims: Velocities | None = None
    margins: dict[int, Floats] = field(default_factory=dict)
    contraction: dict[int, float] = field(default_factory=dict)

    def propose(self, state: State) -> Step:
        """The next macro-step from a state."""
        if self.velocities is None:
            return Step(1)
        m = self._count(state, self.velocities)
        if m < _SHORTEST:
            return Step(1)
        pace = m * float(self.place.eta)
        held = [i for i, rate in self.contraction.items() if pace * rate > _IS_FAST]
        claims = self.claims or self._claimed(self.velocities, held)
        return Step(m, claims, tuple((i, self._levels(state, i)) for i in held))

    def _levels(self, state: State, i: int) -> tuple[float, float]:
        below, above = self._margins(i).tolist()
        return float(state.box.lower[i]) - below, float(state.box.upper[i]) + above

    def _margins(self, i: int) -> Floats:
        return self.margins.setdefault(i, np.full(2, _LEAST_MARGIN))

    def _count(self, state: State, velocities: tuple[Floats, Floats]) -> int:
        """As far as the drift of the far means changes little, and the near ones relax little."""
        frame, limits = self.place.field.frame, self.limits
        speed = np.maximum(*map(abs, velocities))
        size = np.maximum(*(abs(np.array(list(map(float, side)))) for side in state.box))
        distances = 4 * limits.fineness / np.maximum(size, 2.0)
        counts = [
            distances[i] / speed[i]
            for i in range(len(speed))
            if i not in frame.fast and speed[i] > 0
        ]
        growth = 1 + (0.04 if frame.has_several_near else 0.2) * min(state.steps, _LONGEST)
        return int(min([*counts, self.cap, growth]))

    def _claimed(self, velocities: tuple[Floats, Floats], held: list[int]) -> Velocities:
        """The last velocities, give or take a third."""
        speed = np.maximum(*map(abs, velocities))
        slow = [s for i, s in enumerate(speed) if i not in self.place.field.frame.fast]
        room = 0.01 * max(slow, default=0.0) + 1e-300
        lower, upper = (
            tuple(
                (0.0, 0.0) if i in held else (v - 0.3 * abs(v) - room, v + 0.3 * abs(v) + room)
                for i, v in enumerate(side.tolist())
            )
            for side in velocities
        )
        return lower, upper

    def learn(self, step: Step, found: Advance, went_on: bool) -> None:
        """Take account of how a proposal fared."""
        rates = found.slopes[0].diagonal()
        self.contraction = {i: float(rates[i]) for i in self.place.field.frame.fast}
        if went_on:
            self._accepted(step, found)
            return
        self.failures += 1
        if self._widen(found):
            return
        if self.failures == 1 and step.count > 1:
            self.claims = _stretched(found, step.count)
            return
        self.claims = None
        self.cap = max(1, step.count // 3)

    def _accepted(self, step: Step, found: Advance) -> None:
        self.cap = min(max(self.cap, step.count) * 3 // 2 + 1, _LONGEST)
        self.failures, self.claims = 0, None
        lower, upper = (
            np.array([float(path.b + step.count * path.a) for path in side]) for side in found.paths
        )
        self.velocities = lower, upper
        for level in found.levels:  # what of the margin was used, and a third more
            margins = self._margins(level.row)
            spare = float(level.need) / max(self.contraction[level.row], 1e-9)
            used = float(margins[level.side]) - spare
            margins[level.side] = max(1.3 * used, _LEAST_MARGIN)

    def _widen(self, found: Advance) -> bool:
        """Move levels out that were too near; False where that is not what was wrong."""
        short = [level for level in found.levels if float(level.need) < 0]
        rates = [self.contraction[level.row] for level in short]
        if not short or min(rates) <= 0 or self.failures > _MOST_WIDENINGS:
            return False
        for level, rate in zip(short, rates, strict=True):
            self._margins(level.row)[level.side] += 1.3 * float(-level.need) / rate
        return True


def _stretched(found: Advance, count: int) -> Velocities:
    """Velocities as an attempt found them, and a tenth more."""
    lower, upper = (tuple(_wider(path.velocities(count)) for path in side) for side in found.paths)
    return lower, upper


def _wider(ball: flint.arb) -> tuple[float, float]:
    low, high = float(ball.lower()), float(ball.upper())
    room = 0.1 * max(abs(low), abs(high)) + 1e-300
    return low - room, high + room


def track(place: Surroundings, state: State, limits: Limits) -> Iterator[tuple[Step, State]]:
    """The macro-steps that were checked, each with the state after it, until all starts have left.

    It ends before where not even a single step can be checked, or the attempts are used up.
    """
    pace = Pace(place, limits)
    for _ in range(limits.attempts):
        if state.last is not None:
            return
        step = pace.propose(state)
        after, found = state.after(place, step)
        pace.learn(step, found, after is not None)
        if after is not None:
            state = after
            yield step, state
        elif step.count == 1:
            return
