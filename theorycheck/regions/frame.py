"""The free parameters of a region, and batches of boxes of them, as numbers for claims.

A box is a product of intervals with ends in float64, (P, B) arrays for B boxes: one row for every
mean, the offset, every weight but the last, and every input that has a range of more than one
point. In more than one dimension means are places on a line: mu_k is c_k along it, and the offset
h >= 0 is the distance of the line from 0 (`expectations.boxes.vectors`); the direction of the line
is chosen such that c_1 >= 0. A region of coordinates is covered by a larger one, of norms: what is
proved there is proved in the region, and a counterexample must be in the region itself. The last
weight that varies is 1 minus the others, and within its own range (`_WIDER`: a little more, so that
the rounding of ends does not matter). Within a box that makes a convex set, on which enclosures
hold; from its centre, if that belongs to it, every segment stays within.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array
from theorycheck.arithmetic.boxes import Batch, BoxNumber, constant
from theorycheck.arithmetic.intervals import Interval, down, up
from theorycheck.errors import InvalidValue
from theorycheck.expectations.trapezoid import objects
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats
from theorycheck.inputs.region import ANY, Range, Region
from theorycheck.regions.scope import (
    above,
    below,
    check_scope,
    mean_ranges,
    offset_range,
    reach_of_means,
    weight_ranges,
)
from theorycheck.statements.statement import Statement

Name: TypeAlias = tuple[str, int]
"""Of a parameter, such as ("means", 0)."""
_NUMBERS = ("step_size", "s")
"""Inputs that are numbers; the others are vectors."""
_NEAR = 1.0
"""Of means: farther ones are not taken for nearly equal."""
_NONE = (Fraction(0), Fraction(0))
_WIDER = Fraction(1, 10**12)
_CENTRE_BITS = 2.0**40
"""Centres of boxes that are not tiny have so many bits, so that sums of weights are exact."""
_EXACT_UNITS = 2.0**45


@dataclass(frozen=True)
class Frame:
    """The parameters of a region.

    free: names of the rows, such as ("means", 0). ranges: theirs. dependent: the index of the
    weight that is 1 minus the others, or None where all are given. inputs: the ranges of the extra
    inputs. squares: upper bounds of |mu_k|^2.
    """

    region: Region
    free: tuple[Name, ...]
    ranges: tuple[Range, ...]
    means: tuple[Range, ...]
    weights: tuple[Range, ...]
    dependent: int | None
    inputs: dict[Name, Range]
    squares: tuple[Fraction, ...]

    @classmethod
    def of(cls, region: Region, claim: Statement) -> Frame:
        """The frame of a region for a claim. Raises where boxes, or the claim, cannot do it."""
        check_scope(region, claim)
        means, weights = mean_ranges(region), weight_ranges(region, claim)
        varying = [k for k, (low, high) in enumerate(weights) if low < high]
        inputs = _input_ranges(region, claim)
        named: dict[Name, Range] = {("means", k): ends for k, ends in enumerate(means)}
        named["offset", 0] = offset_range(region)
        named |= {("weights", k): weights[k] for k in varying[:-1]} | inputs
        free = {name: ends for name, ends in named.items() if ends[0] < ends[1]}
        if not free:
            raise InvalidValue("the region is a single point; check the claim there")
        return cls(
            region,
            tuple(free),
            tuple(free.values()),
            means,
            weights,
            varying[-1] if varying else None,
            inputs,
            tuple(most**2 for most in reach_of_means(region)),
        )

    @property
    def root(self) -> tuple[Floats, Floats]:
        """The box of the whole region, (P, 1) each, its ends rounded outwards."""
        low = [below(ends[0]) for ends in self.ranges]
        high = [above(ends[1]) for ends in self.ranges]
        return np.array(low)[:, None], np.array(high)[:, None]

    @property
    def widths(self) -> Floats:
        """(P,), the widths of that box."""
        low, high = self.root
        found: Floats = (high - low)[:, 0]
        return found

    def row(self, name: str, index: int) -> int | None:
        """The row of a parameter, None if it does not vary."""
        return self.free.index((name, index)) if (name, index) in self.free else None

    def spread(self, lo: Array, hi: Array) -> Array:
        """Upper bounds of the spread of the means over boxes, (B,)."""
        ends = [self._mean_ends(k, lo, hi) for k in range(len(self.means))]
        least, most = ends[0]
        for low, high in ends[1:]:
            least, most = np.minimum(least, low), np.maximum(most, high)
        found: Array = up(most - least)
        return found

    def is_near_equality(self, lo: Floats, hi: Floats) -> Array:
        """(B,), True for boxes of two means that are nearer to each other than the box is wide."""
        first, second = (Interval(*self._mean_ends(k, lo, hi)) for k in range(2))
        gap = first - second
        nearest = np.maximum(np.maximum(gap.lo, -gap.hi), 0.0)
        found: Array = (nearest <= (gap.hi - gap.lo) / 2) & (gap.magnitude <= _NEAR)
        return found

    def is_outside(self, lo: Floats, hi: Floats) -> Array:
        """(B,), True for boxes that certainly have no point of the region."""
        found = np.zeros(lo.shape[1], dtype=bool)
        if self.region.spread_at_least is not None:
            found |= self.spread(lo, hi) < below(self.region.spread_at_least)
        squares = self._squared_norms(lo, hi)
        if self.region.radius_at_least is not None:
            largest = np.max([most for _, most in squares], axis=0)
            found |= largest < below(self.region.radius_at_least**2)
        for (least, _), bound in zip(squares, self.squares, strict=True):
            found |= least > above(bound)
        if self.region.energy_at_most is not None:
            lowest = squares[0][0]
            for least, _ in squares[1:]:
                lowest = down(lowest + least)
            found |= lowest > above(self.region.energy_at_most)
        if self.dependent is not None:
            low, high = self._dependent_ends(lo, hi)
            smallest, greatest = self.weights[self.dependent]
            found |= (high < below(smallest)) | (low > above(greatest))
        return found

    def is_outside_exactly(self, lo: Floats, hi: Floats) -> bool:
        """True if a box, of ends (P,), has no point of the region: decided in rationals."""
        named = dict(zip(self.free, zip(lo.tolist(), hi.tolist(), strict=True), strict=True))

        def ends(name: str, k: int, given: Range) -> Range:
            low, high = named.get((name, k), given)
            return Fraction(low), Fraction(high)

        means = [ends("means", k, given) for k, given in enumerate(self.means)]
        low, high = ends("offset", 0, _NONE)
        squares = [
            (_least_square(*place) + low**2, max(place[0] ** 2, place[1] ** 2) + high**2)
            for place in means
        ]
        least, most = self.region.spread_at_least or 0, self.region.radius_at_least or 0
        if max(high for _, high in means) - min(low for low, _ in means) < least:
            return True
        if max(high for _, high in squares) < most**2:
            return True
        if any(low > bound for (low, _), bound in zip(squares, self.squares, strict=True)):
            return True
        energy = self.region.energy_at_most
        if energy is not None and sum(low for low, _ in squares) > energy:
            return True
        if self.dependent is None:
            return False
        others = [
            ends("weights", k, given) for k, given in enumerate(self.weights) if k != self.dependent
        ]
        low, high = self.weights[self.dependent]
        return (
            1 - sum(part[0] for part in others) < low or 1 - sum(part[1] for part in others) > high
        )

    def _squared_norms(self, lo: Floats, hi: Floats) -> list[tuple[Array, Array]]:
        """Bounds of every |mu_k|^2 over boxes."""
        offset = Interval(*self._ends("offset", 0, _NONE, lo, hi)).square()
        found = []
        for k in range(len(self.means)):
            square = Interval(*self._mean_ends(k, lo, hi)).square() + offset
            found.append((square.lo, square.hi))
        return found

    def _mean_ends(self, k: int, lo: Floats, hi: Floats) -> tuple[Array, Array]:
        return self._ends("means", k, self.means[k], lo, hi)

    def _ends(
        self, name: str, index: int, given: Range, lo: Floats, hi: Floats
    ) -> tuple[Array, Array]:
        """The ends of a parameter over boxes, also of one that does not vary."""
        row = self.row(name, index)
        if row is not None:
            return lo[row], hi[row]
        size = lo.shape[1]
        return np.full(size, below(given[0])), np.full(size, above(given[1]))

    def _dependent_ends(self, lo: Floats, hi: Floats) -> tuple[Array, Array]:
        """Bounds of 1 minus the other weights."""
        size = lo.shape[1]
        least, most = np.full(size, 1.0), np.full(size, 1.0)
        for k, ends in enumerate(self.weights):
            if k == self.dependent:
                continue
            low, high = self._ends("weights", k, ends, lo, hi)
            least, most = down(least - high), up(most - low)
        return least, most

    def case(self, centre: dict[Name, Fraction]) -> Case | None:
        """The case at exact values of the free parameters, or None where there is no mixture."""
        means = [centre.get(("means", k), ends[0]) for k, ends in enumerate(self.means)]
        weights = [centre.get(("weights", k), ends[0]) for k, ends in enumerate(self.weights)]
        if self.dependent is not None:
            weights[self.dependent] = Fraction(0)
            weights[self.dependent] = 1 - sum(weights, Fraction(0))
        if min(weights) <= 0:
            return None
        offset = centre.get(("offset", 0), Fraction(0))
        given = self._inputs_at(centre)
        if given.get("s", 0) < 0:
            return None
        return Case(Mixture([self._row(place, offset) for place in means], weights), **given)

    def _row(self, place: Fraction, offset: Fraction) -> list[Fraction]:
        """A mean in the least dimension that the region has, from its place on the line."""
        if self.region.dimension == 1:
            return [place]
        dimension = 2 if self.region.dimension == ANY else self.region.dimension
        return [place, offset, *[Fraction(0)] * (dimension - 2)]

    def _inputs_at(self, centre: dict[Name, Fraction]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for (name, _), ends in self.inputs.items():
            value = centre.get((name, _), ends[0])
            if name in _NUMBERS:
                found[name] = value
            else:
                found.setdefault(name, []).append(value)
        if "target" in found:
            found["target"] = [[value] for value in found["target"]]
        return found

    def numbers(self, lo: Array, hi: Array, *, arb: bool = False) -> Numbers:
        """The parameters over boxes (P, B), as numbers; their ends in Arb if so wanted."""
        centre = centres(lo, hi)
        reach = np.maximum(np.nextafter(hi - centre, np.inf), np.nextafter(centre - lo, np.inf))
        ends = [lo, hi, centre, reach]
        lo, hi, centre, reach = (_in_arb(part) for part in ends) if arb else ends
        batch = Batch(reach)
        rows = [batch.coordinate(k, centre[k], lo[k], hi[k]) for k in range(len(lo))]

        def number(name: str, index: int, value: Fraction) -> BoxNumber:
            row = self.row(name, index)
            return constant(batch, value) if row is None else rows[row]

        means = [number("means", k, low) for k, (low, _) in enumerate(self.means)]
        weights = [number("weights", k, low) for k, (low, _) in enumerate(self.weights)]
        if self.dependent is not None:
            last, is_within = self._last_weight(batch, weights)
            weights[self.dependent] = last
            batch.reach[:, ~is_within] = flint.arb("inf") if arb else np.inf
        is_beside = self.region.dimension != 1
        offset = number("offset", 0, Fraction(0)) if is_beside else None
        inputs: dict[str, list[BoxNumber]] = {}
        for (name, k), (low, _) in self.inputs.items():
            inputs.setdefault(name, []).append(number(name, k, low))
        named = dict(zip(self.free, rows, strict=True))
        return Numbers(batch, means, weights, offset, inputs, named)

    def _last_weight(self, batch: Batch, weights: list[BoxNumber]) -> tuple[BoxNumber, Array]:
        """The dependent weight within its range, and where the centre has it there."""
        rest = constant(batch, 1)
        for k, weight in enumerate(weights):
            if k != self.dependent:
                rest = rest - weight
        assert self.dependent is not None
        low, high = self.weights[self.dependent]
        least = Interval.of(low * (1 - _WIDER), batch.reach)
        most = Interval.of(high * (1 + _WIDER), batch.reach)
        allowed = Interval(least.lo, most.hi)
        centre = rest.centre
        if not centre.is_arb:
            others = [w.centre for k, w in enumerate(weights) if k != self.dependent]
            if all(ends.is_thin for ends in others):
                centre = _exact_rest([ends.lo for ends in others], centre)
        is_within = np.asarray((centre.lo >= allowed.lo) & (centre.hi <= allowed.hi), dtype=bool)
        return BoxNumber(batch, centre, rest.span.meet(allowed), rest.slope), is_within


@dataclass(frozen=True, eq=False)
class Numbers:
    """The parameters over a batch of boxes.

    means: their places on a line. offset: of that line, None in one dimension. inputs: the numbers
    of every extra input, by its name. rows: the parameters that vary.
    """

    batch: Batch
    means: list[Any]
    weights: list[BoxNumber]
    offset: BoxNumber | None
    inputs: dict[str, list[BoxNumber]]
    rows: dict[Name, BoxNumber]

    def given(self, name: str) -> Any:
        """An extra input as a claim takes it: a number, a vector (1,) or rows (n, 1)."""
        values = self.inputs[name]
        if name in _NUMBERS:
            return values[0]
        found = objects(values)
        return found[:, None] if name == "target" else found


def _exact_rest(parts: list[Array], ends: Interval) -> Interval:
    """1 minus the parts, between these ends; the number itself where doubles have it exactly.

    Multiples of 2^-45 between 0 and 1 are added and subtracted exactly.
    """
    rest, is_exact = np.ones(1), np.array(True)
    for part in parts:
        rest = rest - part
        is_exact = is_exact & (part * _EXACT_UNITS == np.rint(part * _EXACT_UNITS))
    if is_exact.all():
        return Interval(rest, rest)
    return Interval(np.where(is_exact, rest, ends.lo), np.where(is_exact, rest, ends.hi))


def _input_ranges(region: Region, claim: Statement) -> dict[Name, Range]:
    """The ranges of the inputs that a claim takes, and of the step size that a case may need."""
    found: dict[Name, Range] = {}
    for name in (*_NUMBERS, "x", "direction", "target"):
        given = getattr(region, name)
        if name not in claim.inputs or given is None:
            continue
        rows = given if name == "target" else (given,)
        found |= {(name, k): ends for k, ends in enumerate(rows)}
    return found


def _least_square(low: Fraction, high: Fraction) -> Fraction:
    return Fraction(0) if low <= 0 <= high else min(low**2, high**2)


def centres(lo: Floats, hi: Floats) -> Floats:
    """A point of every box near its middle, of few bits where the box is not tiny."""
    middle = lo / 2 + hi / 2
    short = np.rint(middle * _CENTRE_BITS) / _CENTRE_BITS
    is_inside = (lo <= short) & (short <= hi)
    return np.where(is_inside, short, np.clip(middle, lo, hi))


def _in_arb(values: Floats) -> Array:
    found = np.empty(values.shape, dtype=object)
    found.ravel()[:] = [flint.arb(entry) for entry in values.ravel().tolist()]
    return found
