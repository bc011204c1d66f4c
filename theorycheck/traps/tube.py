"""A tube around gradient EM: boxes that hold the iterates, over many steps at once.

On a line or in the plane, truth N(0, I), 0 < eta <= 1, mu+ = mu - eta grad. In the coordinates
y = T mu of a `Frame`, mu the vector of all coordinates of all means, with h = T grad and
K = dh/dy = T H T^{-1}, a step is y+ = y - eta h(y). With z_i = x - mu_i the blocks of H are
E psi_i psi_j z_i z_j', on the diagonal E psi_i [I - (1 - psi_i) z_i z_i']. So for v = (v_i) and
a_i = <z_i, v_i>, v'Hv = sum p_i |v_i|^2 - E [sum psi_i a_i^2 - (sum psi_i a_i)^2], of which the
last is a variance: H <= I. Rows t_i are orthogonal, so K_ii = t_i H t_i' / |t_i|^2 <= 1 and
**y_i - eta h_i(y) rises in y_i** (M). Nothing below asks for more of h, in any dimension.

**A macro-step** of m steps starts from a box, l <= y <= u. Coordinates are followed on paths

    u_i(k) = u_i + k b_i + k(k-1)/2 A_i,   0 <= k <= m,   and l_i(k) likewise,

or held between two levels. A proposal names m, the levels, and for each path an interval V that is
to hold its mean velocities b + (k-1)/2 A. Let S be the hull of all u_i + [0, m] V_i^u,
l_i + [0, m] V_i^l and levels, and K be enclosed over S. For the upper face of coordinate i:

1. The corner c has c_i = u_i, and for the others c_j = u_j where -min K_ij >= max K_ij, else l_j.
   With s_ij = max(0, max K_ij) in the first case and max(0, -min K_ij) in the second, w = u - l,
   r_i is at most h_i(c) - sum_j s_ij w_j, and b_i >= -eta r_i.
2. A_i >= eta (sum_j s_ij max(0, max V_j^u - min V_j^l) - min sum_j K_ij V_j^c), V^c the velocities
   of the corner's coordinates, that of a level 0; for this sum K may be enclosed over the path of
   the corner alone.
3. b_i and b_i + (m-1)/2 A_i must be in V_i. Then A_i may be found anew with the smaller intervals
   that these two span, and is good if those that it spans itself are no larger.

The lower face is the mirror image. For a coordinate held at levels, of width w all along, the same
numbers must give need = r_i + (m-1) min(0, -A_i / eta) >= 0, at the upper level; min K_ii > 0.

**Theorem.** If y(0) is in the box, y(k) is between the paths, or levels, for all k <= m. At the end
a coordinate held below U is at most e + (1 - eta min K_ii)^m max(0, u_i - e), with e the larger of
U - need / max K_ii and the lower level.

*Proof.* By induction on k; all of it happens in S, by 3. For an upper face let y be between the
paths at k < m and put y_i = u_i(k), which by (M) can only raise y_i+. By the mean value theorem on
the segment to the corner c(k), h_i(y) >= h_i(c(k)) - sum s_ij w_j(k): where K_ij has the good sign
the term drops. Again by it, from c(0) to c(k) = c(0) + k v with v in V^c, h_i(c(k)) >= h_i(c(0)) +
k min sum K_ij v_j; and w_j(k) <= w_j + k max(0, max V_j^u - min V_j^l). Together
-eta h_i(y) <= b_i + k A_i = u_i(k+1) - u_i(k). At a level U the same shows h_i >= need >= 0 on the
face y_i = U: by (M) it is not crossed. On y_i = e, h_i >= need - max K_ii (U - e) >= 0: from below
e it is not crossed either, and above it y_i - e shrinks by 1 - eta min K_ii, as
h_i >= min K_ii (y_i - e) there. QED

**One step** (m = 1) needs no velocities: S is the box, and the new faces are u + b and l + b.

**Leaving.** T is the first t with |mu_i| <= r_i for a far i, y_i its row. While l_i(k) > r_i for
all of them, T > t + k. Where u_i(k) <= r_i and l_i(k) >= -r_i for one, T <= t + k. Once l_i is not
known to be above r_i, it is put at r_i: the box is then for starts that have not left, and stays so
while no step leads from it below -r_i, so that y_i <= r_i means |mu_i| <= r_i. For a box of starts
r_i has two ends: the larger one counts for the first, the smaller one for all others.

**In the plane** |mu_i|^2 = y_i^2 + s_i^2, s_i the coordinate at a right angle, also a row. So while
l_i(k) > r_i for all far i, T > t + k as before. For all else r_i is replaced by the inner radius
f_i = sqrt(r_i^2 - S_i^2), S_i the largest |s_i| on all paths of the macro-step: |y_i| <= f_i means
|mu_i| <= r_i at each of its steps. And a start that has not left has |y_i| > f_i, f_i of its own
box, which is where l_i is put; during a macro-step it is held at the f_i of that step, no larger.
By induction it holds there: y_i > f_i at k is led by no step below -f_i, so at k + 1 either
y_i > f_i or the start has left. A single step, of whose s_i nothing is known beforehand, holds
nothing: l_i follows its own path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

import flint
import numpy as np

from theorycheck.arithmetic.rounding import between
from theorycheck.inputs.numbers import Floats
from theorycheck.traps.field import Field, Slopes, outward

Interval: TypeAlias = tuple[float, float]
Velocities: TypeAlias = tuple[tuple[Interval, ...], tuple[Interval, ...]]
Ends: TypeAlias = tuple[flint.arb, ...]
_REFINEMENTS = 3
_INFLATION = 0.03
_ZERO = flint.arb(0)
_Sides: TypeAlias = Sequence[Sequence[flint.arb]]
"""A number for every coordinate, on the lower and on the upper side."""
_Paths: TypeAlias = "tuple[tuple[Path, ...], tuple[Path, ...]]"


@dataclass(frozen=True)
class Step:
    """A proposal: so many steps, velocities of the paths, and levels by row.

    velocities: of the lower and of the upper paths, an interval for each coordinate that is to hold
    its mean velocities. levels: by row, the lower and the upper one. One step needs neither.
    """

    count: int
    velocities: Velocities = ((), ())
    levels: tuple[tuple[int, Interval], ...] = ()


class Box(NamedTuple):
    """Exact ends of intervals, in the coordinates of a frame."""

    lower: Ends
    upper: Ends


class Path(NamedTuple):
    """start + k b + k(k-1)/2 a, all three exact, for k up to some count."""

    start: flint.arb
    b: flint.arb
    a: flint.arb

    def at(self, k: int) -> flint.arb:
        """Its value after k steps."""
        return self.start + k * self.b + (k * (k - 1) // 2) * self.a

    def velocities(self, count: int) -> flint.arb:
        """A ball of the mean velocities of the first 1, 2, ..., count steps."""
        return self.b.union(self.b + self.a * (count - 1) / 2)


class Level(NamedTuple):
    """A coordinate held on one side: where, and what h is at least there, outward (`need`)."""

    row: int
    side: int
    at: flint.arb
    need: flint.arb


class Advance(NamedTuple):
    """What is known of a macro-step: its paths, levels, and whether all of it was checked.

    paths: the lower and the upper ones. slopes: lower and upper bounds of K over S. end: the box
    after it, or None where something could not be checked.
    """

    paths: _Paths
    levels: tuple[Level, ...]
    slopes: tuple[Floats, Floats]
    end: Box | None


LOWER, UPPER = 0, 1


def advance(
    field: Field, eta: flint.arb, box: Box, step: Step, floors: frozenset[int] = frozenset()
) -> Advance:
    """Check a proposal from a box by the theorem above; the box after it, where it holds.

    floors: rows whose lower end is the radius at which a start would have left.
    Raises TooExpensive where the gradient or the Hessian cannot be enclosed.
    """
    return _MacroStep(field, eta, box, step, floors).checked()


class _MacroStep:
    """One macro-step: edges of the start, the corners, and K."""

    def __init__(
        self, field: Field, eta: flint.arb, box: Box, step: Step, floors: frozenset[int]
    ) -> None:
        self.field, self.eta, self.box, self.step = field, eta, box, step
        self.floors, self.n = floors, len(box.lower)
        self.levels = {row: tuple(map(flint.arb, levels)) for row, levels in step.levels}
        self.edges = tuple(
            tuple(self.levels[i][side] if i in self.levels else box[side][i] for i in range(self.n))
            for side in (LOWER, UPPER)
        )
        self.claimed = self._claimed()
        self.slopes = self._slopes()
        low, high = self.slopes.bounds
        high = high.copy()
        np.fill_diagonal(high, np.minimum(np.diag(high), 1.0))  # K_ii <= 1
        self.least, self.most = low, high
        decreasing = -low >= high
        np.fill_diagonal(decreasing, True)
        # Whether the corner for the face of i has coordinate j on the same side
        self.same = decreasing.tolist()
        slack = np.where(decreasing, np.maximum(high, 0), np.maximum(-low, 0))
        np.fill_diagonal(slack, 0.0)
        self.slack = slack.tolist()
        # The corner of each face, lower ones first: the side it is on, by coordinate.
        self.corners = [
            [tuple(side if same else 1 - side for same in row) for row in self.same]
            for side in (LOWER, UPPER)
        ]

    def _claimed(self) -> _Sides:
        """Balls of the mean velocities of the lower and of the upper paths."""
        if self.step.count == 1 and not self.levels:
            return [_ZERO] * self.n, [_ZERO] * self.n
        lower, upper = (
            [
                _ZERO if self._rests(i, side) else between(low, high)
                for i, (low, high) in enumerate(velocities)
            ]
            for side, velocities in enumerate(self.step.velocities)
        )
        return lower, upper

    def _rests(self, i: int, side: int) -> bool:
        return i in self.levels or (side == LOWER and i in self.floors)

    def _ranges(self) -> _Sides:
        """Balls of the paths, or levels, for 0 <= k <= m: the lower and the upper ones."""
        moved = flint.arb(self.step.count) * _ZERO.union(flint.arb(1))
        return [
            [edge + velocity * moved for edge, velocity in zip(edges, velocities, strict=True)]
            for edges, velocities in zip(self.edges, self.claimed, strict=True)
        ]

    def _slopes(self) -> Slopes:
        self.ranges = self._ranges()
        both = [a.union(b) for a, b in zip(*self.ranges, strict=True)]
        return self.field.curvature(*outward(both, both))

    def checked(self) -> Advance:
        """All the conditions of the theorem, and the box at the end."""
        starts = self._starts()
        found: _Sides | None
        if self.step.count == 1 and not self.levels:
            found = [[_ZERO] * self.n] * 2
        else:
            found = self._bends_within_claims(starts)
        bends, holds = found or self._bends(self.claimed), found is not None
        paths, levels = self._paths(starts, bends), self._levels(starts, bends)
        holds = (
            holds
            and all(level.need >= 0 for level in levels)
            and self._levels_hold_the_box()
            and self._stays_above_floors(starts, bends)
        )
        end = self._end(paths, levels) if holds else None
        return Advance(paths, levels, (self.least, self.most), end)

    def _bends_within_claims(self, starts: _Sides) -> _Sides | None:
        """-A / eta for paths whose velocities are as claimed; None where they are not so.

        Each attempt claims less, and counts only if what it claims comes true.
        """
        bends = self._bends(self.claimed)
        found = self._velocities(self._paths(starts, bends))
        if not _within(found, self.claimed):
            return None
        for _ in range(_REFINEMENTS):
            claimed = _inflated(found)
            tried = self._bends(claimed)
            found = self._velocities(self._paths(starts, tried))
            if _within(found, claimed) and _within(claimed, self.claimed):
                bends = tried
        return bends

    def _stays_above_floors(self, starts: _Sides, bends: _Sides) -> bool:
        """True if no step leads from a floor r to below -r."""
        later = self.step.count - 1
        return all(
            self.eta * (starts[LOWER][i] + later * bends[LOWER][i].max(_ZERO))
            <= 2 * self.box.lower[i]
            for i in self.floors
        )

    def _levels_hold_the_box(self) -> bool:
        """True if the levels are around it, and h rises from one to the other."""
        return all(
            low <= self.box.lower[i]
            and self.box.upper[i] <= high
            and self.least[i][i] > 0
            and i not in self.floors
            for i, (low, high) in self.levels.items()
        )

    def _starts(self) -> _Sides:
        """r: for each side and face a bound of h there at k = 0, inward."""
        widths = [b - a for a, b in zip(*self.edges, strict=True)]
        forces = {
            sides: self.field.forces([self.edges[s][j] for j, s in enumerate(sides)])
            for sides in self.distinct
        }
        found = []
        for side, of_side in zip((LOWER, UPPER), self.corners, strict=True):
            row = []
            for i, sides in enumerate(of_side):
                slack = self._slack(i, widths)
                h = forces[sides][i]
                row.append((h - slack).lower() if side == UPPER else (h + slack).upper())
            found.append(row)
        return found

    @cached_property
    def distinct(self) -> list[tuple[int, ...]]:
        """The corners, each once, as the sides that they are on."""
        return list(dict.fromkeys(sides for of_side in self.corners for sides in of_side))

    @cached_property
    def _path_slopes(self) -> dict[tuple[int, ...], list[list[flint.arb]]]:
        """K over the path of each corner, as balls."""
        boxes = [[self.ranges[s][j] for j, s in enumerate(sides)] for sides in self.distinct]
        ends = [outward(box, box) for box in boxes]
        found = self.slopes.along(
            np.array([low for low, _ in ends]), np.array([high for _, high in ends])
        )
        lower = np.maximum(found.lower, self.least).tolist()
        upper = np.minimum(found.upper, self.most).tolist()
        return {
            sides: [
                [between(a, b) for a, b in zip(low, high, strict=True)]
                for low, high in zip(lower[k], upper[k], strict=True)
            ]
            for k, sides in enumerate(self.distinct)
        }

    def _slack(self, i: int, sizes: Sequence[flint.arb]) -> flint.arb:
        """sum_j s_ij times sizes."""
        terms = (flint.arb(s) * size for s, size in zip(self.slack[i], sizes, strict=True) if s > 0)
        return sum(terms, _ZERO)

    def _bends(self, velocities: _Sides) -> _Sides:
        """-A / eta: what h on a face changes by with every step, at the worst."""
        opening = [(up - low).upper().max(_ZERO) for low, up in zip(*velocities, strict=True)]
        found = []
        for side, of_side in zip((LOWER, UPPER), self.corners, strict=True):
            row = []
            for i, sides in enumerate(of_side):
                slopes = self._path_slopes[sides][i]
                moved = (velocities[s][j] * slopes[j] for j, s in enumerate(sides))
                total, slack = sum(moved, _ZERO), self._slack(i, opening)
                row.append((total - slack).lower() if side == UPPER else (total + slack).upper())
            found.append(row)
        return found

    def _paths(self, starts: _Sides, bends: _Sides) -> _Paths:
        lower, upper = (
            tuple(
                Path(edge, _ZERO, _ZERO)
                if self._rests(i, side)
                else Path(edge, _end(-self.eta * r, side), _end(-self.eta * bend, side))
                for i, (edge, r, bend) in enumerate(
                    zip(self.edges[side], starts[side], bends[side], strict=True)
                )
            )
            for side in (LOWER, UPPER)
        )
        return lower, upper

    def _velocities(self, paths: _Paths) -> _Sides:
        lower, upper = ([path.velocities(self.step.count) for path in side] for side in paths)
        return lower, upper

    def _levels(self, starts: _Sides, bends: _Sides) -> tuple[Level, ...]:
        later = self.step.count - 1
        found = []
        for i in self.levels:
            for side, sign in ((LOWER, -1), (UPPER, 1)):
                need = sign * starts[side][i] + later * (sign * bends[side][i]).min(_ZERO)
                found.append(Level(i, side, self.edges[side][i], need.lower()))
        return tuple(found)

    def _end(self, paths: _Paths, levels: tuple[Level, ...]) -> Box:
        ends = [
            [_end(path.at(self.step.count), side) for path in paths[side]]
            for side in (LOWER, UPPER)
        ]
        for level in levels:
            ends[level.side][level.row] = self._end_at(level)
        return Box(tuple(ends[LOWER]), tuple(ends[UPPER]))

    def _end_at(self, level: Level) -> flint.arb:
        """The upper end of a coordinate that was held below a level, or the mirror image."""
        i, sign = level.row, 1 if level.side == UPPER else -1
        slowest, fastest = (flint.arb(float(k[i][i])) for k in (self.least, self.most))
        shrunk = (1 - self.eta * slowest) ** self.step.count
        start = sign * self.box[level.side][i]
        held = (sign * level.at - level.need / fastest).max(sign * self.edges[1 - level.side][i])
        end = (held + shrunk * (start - held).max(_ZERO)).upper().min(sign * level.at)
        return sign * end


def _end(ball: flint.arb, side: int) -> flint.arb:
    """The exact lower (0) or upper (1) end of a ball."""
    return ball.upper() if side == UPPER else ball.lower()


def _inflated(velocities: _Sides) -> _Sides:
    """Balls a little wider than these: a guess that is checked afterwards."""
    return [[ball + ball.rad() * flint.arb(0, _INFLATION) for ball in side] for side in velocities]


def _within(inner: _Sides, outer: _Sides) -> bool:
    return all(
        b.lower() <= a.lower() and a.upper() <= b.upper()
        for row, other in zip(inner, outer, strict=True)
        for a, b in zip(row, other, strict=True)
    )
