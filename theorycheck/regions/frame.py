"""The free parameters of a region, and batches of boxes of them, as numbers for claims.

A box is a product of intervals with ends in float64, (P, B) arrays for B boxes: one row for every
mean, every weight but the last, and the step size that has a range of more than one point. The last
weight that varies is 1 minus the others, and within its own range (`_WIDER`: a little more, so that
the rounding of ends does not matter). Within a box that makes a convex set, on which enclosures
hold; from its centre, if that belongs to it, every segment stays within.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from theorycheck.arithmetic.arithmetics import Array, as_fmpq
from theorycheck.arithmetic.boxes import Batch, BoxNumber, constant, refuse
from theorycheck.arithmetic.intervals import Interval, down, up
from theorycheck.arithmetic.rounding import ceil_float, floor_float
from theorycheck.errors import InvalidValue
from theorycheck.expectations.boxes import FARTHEST, LEAST_WEIGHT
from theorycheck.inputs.case import Case
from theorycheck.inputs.mixture import Mixture
from theorycheck.inputs.numbers import Floats
from theorycheck.inputs.region import Range, Region
from theorycheck.statements.statement import Statement

MOST_COMPONENTS = 4
_WIDER = Fraction(1, 10**12)
_CENTRE_BITS = 2.0**40
"""Centres of boxes that are not tiny have so many bits, so that sums of weights are exact."""
_EXACT_UNITS = 2.0**45


@dataclass(frozen=True)
class Frame:
    """The parameters of a region.

    free: names of the rows, such as ("means", 0). ranges: theirs. dependent: the index of the
    weight that is 1 minus the others, or None where all are given.
    """

    region: Region
    free: tuple[tuple[str, int], ...]
    ranges: tuple[Range, ...]
    means: tuple[Range, ...]
    weights: tuple[Range, ...]
    dependent: int | None

    @classmethod
    def of(cls, region: Region, claim: Statement) -> Frame:
        """The frame of a region for a claim. Raises where boxes, or the claim, cannot do it."""
        _check(region, claim)
        n = region.components
        assert region.means is not None
        weights = _weight_ranges(region, claim)
        varying = [k for k, (low, high) in enumerate(weights) if low < high]
        named: list[tuple[tuple[str, int], Range]] = [
            (("means", k), ends) for k, ends in enumerate(region.means)
        ]
        named += [(("weights", k), weights[k]) for k in varying[:-1]]
        if region.step_size is not None and "step_size" in claim.inputs:
            named.append((("step_size", 0), region.step_size))
        free = [(name, ends) for name, ends in named if ends[0] < ends[1]]
        if not free:
            raise InvalidValue("the region is a single point; check the claim there")
        assert n == len(weights)
        return cls(
            region,
            tuple(name for name, _ in free),
            tuple(ends for _, ends in free),
            region.means,
            weights,
            varying[-1] if varying else None,
        )

    @property
    def root(self) -> tuple[Floats, Floats]:
        """The box of the whole region, (P, 1) each, its ends rounded outwards."""
        low = [_below(ends[0]) for ends in self.ranges]
        high = [_above(ends[1]) for ends in self.ranges]
        return np.array(low)[:, None], np.array(high)[:, None]

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

    def is_outside(self, lo: Floats, hi: Floats) -> Array:
        """(B,), True for boxes that certainly have no point of the region."""
        found = np.zeros(lo.shape[1], dtype=bool)
        if self.region.spread_at_least is not None:
            found |= self.spread(lo, hi) < _below(self.region.spread_at_least)
        if self.region.radius_at_least is not None:
            found |= self._radius(lo, hi) < _below(self.region.radius_at_least)
        if self.dependent is not None:
            low, high = self._dependent_ends(lo, hi)
            least, most = self.weights[self.dependent]
            found |= (high < _below(least)) | (low > _above(most))
        return found

    def is_outside_exactly(self, lo: Floats, hi: Floats) -> bool:
        """True if a box, of ends (P,), has no point of the region: decided in rationals."""
        named = dict(zip(self.free, zip(lo.tolist(), hi.tolist(), strict=True), strict=True))

        def ends(name: str, k: int, given: Range) -> Range:
            low, high = named.get((name, k), given)
            return Fraction(low), Fraction(high)

        means = [ends("means", k, given) for k, given in enumerate(self.means)]
        region = self.region
        least, most = (
            getattr(region, name) or 0 for name in ("spread_at_least", "radius_at_least")
        )
        if max(high for _, high in means) - min(low for low, _ in means) < least:
            return True
        if max(max(-low, high) for low, high in means) < most:
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

    def _radius(self, lo: Floats, hi: Floats) -> Array:
        ends = [self._mean_ends(k, lo, hi) for k in range(len(self.means))]
        return np.asarray(np.max([np.maximum(abs(low), abs(high)) for low, high in ends], axis=0))

    def _mean_ends(self, k: int, lo: Floats, hi: Floats) -> tuple[Array, Array]:
        row = self.row("means", k)
        if row is not None:
            return lo[row], hi[row]
        low, high = self.means[k]
        size = lo.shape[1]
        return np.full(size, _below(low)), np.full(size, _above(high))

    def _dependent_ends(self, lo: Floats, hi: Floats) -> tuple[Array, Array]:
        """Bounds of 1 minus the other weights."""
        size = lo.shape[1]
        least, most = np.full(size, 1.0), np.full(size, 1.0)
        for k, ends in enumerate(self.weights):
            if k == self.dependent:
                continue
            row = self.row("weights", k)
            low, high = (_below(ends[0]), _above(ends[1])) if row is None else (lo[row], hi[row])
            least, most = down(least - high), up(most - low)
        return least, most

    def case(self, centre: dict[tuple[str, int], Fraction]) -> Case | None:
        """The case at exact values of the free parameters, or None where there is no mixture."""
        means = [centre.get(("means", k), ends[0]) for k, ends in enumerate(self.means)]
        weights = [centre.get(("weights", k), ends[0]) for k, ends in enumerate(self.weights)]
        if self.dependent is not None:
            weights[self.dependent] = Fraction(0)
            weights[self.dependent] = 1 - sum(weights, Fraction(0))
        if min(weights) <= 0:
            return None
        step = centre.get(("step_size", 0))
        if step is None and self.region.step_size is not None:
            step = self.region.step_size[0]
        return Case(Mixture(means, weights), step_size=step)

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
        step = self.region.step_size
        step_size = None if step is None else number("step_size", 0, step[0])
        return Numbers(batch, means, weights, step_size)

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
    """The parameters over a batch of boxes."""

    batch: Batch
    means: list[BoxNumber]
    weights: list[BoxNumber]
    step_size: BoxNumber | None


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


def _check(region: Region, claim: Statement) -> None:
    """Raise unless the region is one on which the claim is about something that boxes have."""
    if claim.kind in ("identity", "existence"):
        refuse(f"an {claim.kind}: {claim.id}")
    domain, n = claim.domain, region.components
    low, high = domain.components
    if n < low or (low == high and n > high):
        raise InvalidValue(f"the region has {n} components; claim {claim.id} is not about them")
    if region.dimension < domain.dimension[0]:
        raise InvalidValue(
            f"the region has dimension {region.dimension}; claim {claim.id} is not about it"
        )
    if domain.truth == "mixture":
        refuse(f"a mixture truth, which claim {claim.id} is about")
    if region.dimension != 1:
        refuse(f"dimension {region.dimension}: give a region with dimension 1")
    if n > MOST_COMPONENTS:
        refuse(f"{n} components: {MOST_COMPONENTS} at most")
    if region.means is None:
        refuse("means without a range")
    farthest = max(max(-low, high) for low, high in region.means)
    if farthest > Fraction(FARTHEST):
        refuse(f"means beyond {FARTHEST:g}")
    for name in claim.inputs:
        if name != "step_size":
            refuse(f'the input "{name}", which claim {claim.id} takes')
        if region.step_size is None:
            raise InvalidValue(
                f'claim {claim.id} needs "step_size", which the region does not give'
            )


def _weight_ranges(region: Region, claim: Statement) -> tuple[Range, ...]:
    n = region.components
    share = Fraction(1, n)
    if n == 1:
        return ((Fraction(1), Fraction(1)),)
    if claim.domain.equal_weights:
        if region.weights is not None and not all(a <= share <= b for a, b in region.weights):
            raise InvalidValue(f"claim {claim.id} is about equal weights, which the region has not")
        return ((share, share),) * n
    if region.weights is None:
        refuse("weights without a range")
    if min(low for low, _ in region.weights) < Fraction(LEAST_WEIGHT):
        refuse(f"weights below {LEAST_WEIGHT:g}")
    varying = [k for k, (low, high) in enumerate(region.weights) if low < high]
    if len(varying) != 1:
        return region.weights
    others = (low for k, (low, _) in enumerate(region.weights) if k not in varying)
    rest = 1 - sum(others, Fraction(0))
    return tuple((rest, rest) if k in varying else ends for k, ends in enumerate(region.weights))


def centres(lo: Floats, hi: Floats) -> Floats:
    """A point of every box near its middle, of few bits where the box is not tiny."""
    middle = lo / 2 + hi / 2
    short = np.rint(middle * _CENTRE_BITS) / _CENTRE_BITS
    is_inside = (lo <= short) & (short <= hi)
    return np.where(is_inside, short, np.clip(middle, lo, hi))


def _below(value: Fraction) -> float:
    return floor_float(flint.arb(as_fmpq(value)))


def _above(value: Fraction) -> float:
    return ceil_float(flint.arb(as_fmpq(value)))


def _in_arb(values: Floats) -> Array:
    found = np.empty(values.shape, dtype=object)
    found.ravel()[:] = [flint.arb(entry) for entry in values.ravel().tolist()]
    return found
